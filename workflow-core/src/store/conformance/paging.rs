//! Paging: going on after a row, also while rows change.

use std::ops::Bound;

use chrono::TimeDelta;
use uuid::Uuid;

use super::fixture::{Wrap, account, attention, comment, day, item, job, keys, member, occurrence, series, task};
use super::probe::{Outcome, Probe, at, same};
use super::shadow::{Row, Shadow};
use crate::id::{AccountId, MemberId};
use crate::model::{Account, Item, Job, Member, Task};
use crate::store::{Cell, CellType, DocId, Document, IndexName, Kind, Scan, Store};

area! {
    "paging":
    pages_are_complete_and_without_duplicates,
    pages_go_through_ties,
    pages_stay_within_their_range,
    after_names_a_place_and_not_a_row,
    pages_stay_right_while_rows_change,
}

/// Where all rows of these checks are.
struct Place {
    account: Uuid,
    job: Uuid,
    member: Uuid,
}

impl Place {
    fn new(probe: &Probe<'_>) -> Self {
        Self { account: probe.uuid(), job: probe.uuid(), member: probe.uuid() }
    }

    /// A document whose rows sort by a number in every index of its kind.
    fn document(&self, kind: Kind, id: Uuid, number: u32) -> Result<Option<Document>, String> {
        let name = format!("{number:06}");
        let instant = at(0).checked_add_signed(TimeDelta::microseconds(i64::from(number))).unwrap_or_default();
        let due = Some(day(u64::from(number)));
        Ok(Some(match kind {
            Kind::Member => Member { ..member(id, &name) }.doc(),
            Kind::Account => Account { tags: keys(&["x", "y"])?, ..account(id, &name) }.doc(),
            Kind::Job => Job {
                due,
                created: instant,
                assignees: [MemberId(self.member)].into(),
                attention: vec![attention()],
                ..job(id, self.account)?
            }
            .doc(),
            Kind::Task => Task {
                due,
                account: Some(AccountId(self.account)),
                assignees: [MemberId(self.member)].into(),
                assigned_roles: keys(&["x", "y"])?,
                ..task(id)
            }
            .doc(),
            Kind::Item => Item { account: Some(AccountId(self.account)), created: instant, ..item(id) }.doc(),
            Kind::Comment => comment(id, self.job, instant).doc(),
            Kind::Series => series(id, &name).doc(),
            Kind::Occurrence => occurrence(id, self.job, Some(self.account), day(u64::from(number)))?.doc(),
            _ => return Ok(None),
        }))
    }

    /// Puts a document of every kind into the shadow under this number.
    fn put(&self, shadow: &mut Shadow<'_>, id: Uuid, number: u32) -> Outcome {
        let mut documents = Vec::new();
        for kind in Kind::ALL {
            documents.extend(self.document(kind, id, number)?);
        }
        shadow.put(&documents)
    }

    /// Every index that has such rows, with their partition.
    fn partitions(shadow: &Shadow<'_>) -> Vec<(IndexName, Vec<Cell>)> {
        let of = |index: IndexName| shadow.partitions(index).into_iter().next().map(|partition| (index, partition));
        IndexName::ALL.into_iter().filter_map(of).collect()
    }
}

/// Goes through a scan page by page, up to a bound.
fn pages(shadow: &Shadow<'_>, scan: &Scan) -> Result<Vec<Row>, String> {
    let mut found: Vec<Row> = Vec::new();
    let mut scan = scan.clone();
    loop {
        let page = shadow.probe.scan(&scan)?;
        ensure!(page.len() <= scan.limit, "a page of {} holds {} rows", scan.limit, page.len());
        let Some(last) = page.last() else { return Ok(found) };
        scan.after = Some((last.sort.clone(), last.record.document.id().cell()));
        found.extend(page.into_iter().map(|hit| (hit.sort, hit.record.document.id().cell())));
        ensure!(found.len() < 500, "paging through {:?} does not come to an end", scan.index);
    }
}

/// Ends the check unless pages of several sizes find what one scan should.
fn in_pages(shadow: &Shadow<'_>, scan: &Scan) -> Outcome {
    for limit in [1, 2, 3, 7] {
        for descending in [false, true] {
            let scan = Scan { limit, descending, ..scan.clone() };
            let wanted = shadow.rows(&Scan { limit: usize::MAX, ..scan.clone() });
            let what = format!("{:?} in pages of {limit}, descending: {descending}", scan.index);
            same(what, pages(shadow, &scan)?, wanted)?;
        }
    }
    Ok(())
}

fn pages_are_complete_and_without_duplicates(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let place = Place::new(&probe);
    let mut shadow = Shadow::new(&probe);
    for number in 0..11 {
        place.put(&mut shadow, probe.uuid(), number)?;
    }
    let partitions = Place::partitions(&shadow);
    same("indexes paged through", partitions.len(), 17)?;
    partitions.into_iter().try_for_each(|(index, partition)| in_pages(&shadow, &Scan::all(index, partition, 1)))
}

fn pages_go_through_ties(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let place = Place::new(&probe);
    let mut shadow = Shadow::new(&probe);
    for number in [1, 1, 1, 1, 1, 2, 3, 3, 3] {
        place.put(&mut shadow, probe.uuid(), number)?;
    }
    place.put(&mut shadow, Uuid::nil(), 1)?;
    place.put(&mut shadow, Uuid::max(), 1)?;
    let mut partitions = Place::partitions(&shadow).into_iter();
    partitions.try_for_each(|(index, partition)| in_pages(&shadow, &Scan::all(index, partition, 1)))
}

fn pages_stay_within_their_range(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let place = Place::new(&probe);
    let mut shadow = Shadow::new(&probe);
    for number in [0, 1, 2, 2, 2, 3, 4, 4, 5, 6] {
        place.put(&mut shadow, probe.uuid(), number)?;
    }
    for (index, partition) in Place::partitions(&shadow) {
        let scan = Scan::all(index, partition, 100);
        let rows = shadow.rows(&scan);
        let cell = |place: usize| rows.get(place).map_or(Cell::Null, |(sort, _)| sort.clone());
        let (two, four) = (cell(2), cell(6));
        let froms = [Bound::Included(two.clone()), Bound::Excluded(two)];
        let tos = [Bound::Included(four.clone()), Bound::Excluded(four)];
        for (from, to) in froms.iter().zip(&tos) {
            let scan = Scan { from: from.clone(), to: to.clone(), ..scan.clone() };
            in_pages(&shadow, &scan)?;
            // From every row of the partition, those outside of the range too.
            for after in &rows {
                let scan = Scan { after: Some(after.clone()), ..scan.clone() };
                shadow.agrees(&scan)?;
                shadow.agrees(&Scan { descending: true, ..scan })?;
            }
        }
    }
    Ok(())
}

fn after_names_a_place_and_not_a_row(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let place = Place::new(&probe);
    let mut shadow = Shadow::new(&probe);
    for number in [2, 4, 4, 6] {
        place.put(&mut shadow, probe.uuid(), number)?;
    }
    for (index, partition) in Place::partitions(&shadow) {
        let scan = Scan::all(index, partition, 100);
        for (sort, _) in shadow.rows(&scan) {
            let next = match &sort {
                Cell::Int(number) => Cell::Int(number.saturating_add(1)),
                Cell::Text(text) => Cell::Text(format!("{text}0").into()),
                other => other.clone(),
            };
            for sort in [sort, next] {
                for key in [Uuid::nil(), probe.uuid(), Uuid::max()] {
                    let scan = Scan { after: Some((sort.clone(), Cell::Uuid(key))), ..scan.clone() };
                    shadow.agrees(&scan)?;
                    shadow.agrees(&Scan { descending: true, ..scan })?;
                }
            }
        }
    }
    Ok(())
}

fn pages_stay_right_while_rows_change(store: &dyn Store) -> Outcome {
    for descending in [false, true] {
        let all = Place::partitions(&sample(&Probe::new(store))?).into_iter().map(|(index, _)| index);
        // Those over kinds whose keys are UUIDs.
        for index in all.filter(|index| index.spec().kind.table().key == CellType::Uuid) {
            let probe = Probe::new(store);
            while_rows_change(&probe, index, descending)?;
        }
    }
    Ok(())
}

/// Rows of every kind, to see which indexes there are.
fn sample<'a>(probe: &'a Probe<'a>) -> Result<Shadow<'a>, String> {
    let mut shadow = Shadow::new(probe);
    Place::new(probe).put(&mut shadow, probe.uuid(), 1)?;
    Ok(shadow)
}

/// Where a number lies when numbers run the way of the scan.
fn turned(number: u32, descending: bool) -> u32 {
    if descending { 10_000u32.saturating_sub(number) } else { number }
}

fn while_rows_change(probe: &Probe<'_>, index: IndexName, descending: bool) -> Outcome {
    let place = Place::new(probe);
    let kind = index.spec().kind;
    let mut shadow = Shadow::new(probe);
    let ids: Vec<Uuid> = (0..14).map(|_| probe.uuid()).collect();
    let numbered = |id: Uuid, number: u32| place.document(kind, id, turned(number, descending));
    for (number, id) in (100u32..).step_by(10).zip(&ids) {
        shadow.put(&numbered(*id, number)?.into_iter().collect::<Vec<_>>())?;
    }
    let partition = shadow.partitions(index).into_iter().next().unwrap_or_default();
    let mut scan = Scan { descending, ..Scan::all(index, partition, 2) };
    let mut seen: Vec<Cell> = Vec::new();
    for step in 0u32..20 {
        let page = probe.scan(&scan)?;
        let found: Vec<Row> = page.iter().map(|hit| (hit.sort.clone(), hit.record.document.id().cell())).collect();
        same(format!("page {step} of {index:?}, descending: {descending}"), &found, &shadow.rows(&scan))?;
        let Some((sort, key)) = found.last().cloned() else { break };
        seen.extend(found.iter().map(|(_, key)| key.clone()));
        scan.after = Some((sort, key.clone()));
        let last = kind.id_of(&key).ok_or("a key is not of its kind")?;
        // Numbers below 100 lie behind the first page, those above 200 ahead of the next.
        let changed = match (step, last.uuid()) {
            (0, _) => shadow.delete(&[last]).map(|()| None)?,
            (1, Some(id)) => numbered(id, 50)?,
            (2, _) => numbered(probe.uuid(), 60)?,
            (3, _) => numbered(probe.uuid(), 215)?,
            (4, _) => {
                let gone: Option<DocId> = ids.last().and_then(|id| kind.id_of(&Cell::Uuid(*id)));
                shadow.delete(gone.as_slice()).map(|()| None)?
            }
            _ => None,
        };
        shadow.put(&changed.into_iter().collect::<Vec<_>>())?;
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    same("rows seen more than once", seen.len().saturating_sub(once.len()), 0)?;
    // All but the one that was deleted ahead were there all the time, until they were seen.
    let missed = ids.iter().rev().skip(1).filter(|id| !seen.contains(&Cell::Uuid(**id))).count();
    same(format!("rows of {index:?} never seen"), missed, 0)
}
