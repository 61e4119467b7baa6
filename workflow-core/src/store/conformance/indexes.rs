//! Indexes: which rows a scan finds, and in which order.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::fixture::{
    Wrap, account, attention, comment, day, item, job, job_template, key, keys, member, occurrence, pipeline, series,
    task, task_template,
};
use super::probe::{Outcome, Probe, at, same};
use super::shadow::Shadow;
use crate::id::{AccountId, JobId, MemberId};
use crate::model::{Account, Comment, Item, Job, JobStatus, Member, Occurrence, Priority, Task, TaskState};
use crate::store::{Cell, DocId, Document, IndexName, Kind, NO_DATE, Scan, Store, date_cell};

area! {
    "indexes":
    every_index_orders_its_rows,
    texts_order_by_their_bytes,
    equal_rows_order_by_the_documents_key,
    ranges_include_and_exclude_their_bounds,
    a_limit_bounds_scan_and_count,
    count_heeds_neither_after_nor_direction,
    partitions_do_not_mix,
    rows_follow_updates,
    rows_go_with_their_documents,
    a_document_has_as_many_rows_as_it_should,
    no_date_sorts_last,
    a_null_cell_is_a_partition_of_its_own,
    hits_carry_the_newest_revision,
}

/// Names whose order by bytes differs from that by language, by case, and by UTF-16.
const NAMES: [&str; 16] =
    ["", " ", "A", "B", "Z", "a", "a ", "a b", "ab", "b", "e\u{301}", "z", "\u{e4}", "\u{e9}", "\u{ff5e}", "\u{1f9fe}"];

const ROWS: u8 = 24;

/// One of several values, by number.
fn pick<T: Copy>(from: &[T], number: u8) -> Option<T> {
    let place = usize::from(number).checked_rem(from.len())?;
    from.get(place).copied()
}

/// A day, or none: with ties and with days at both ends of the calendar.
fn due(number: u8) -> Option<NaiveDate> {
    let days = [
        None,
        Some(day(3)),
        Some(day(1)),
        Some(day(3)),
        NaiveDate::from_ymd_opt(9999, 12, 31),
        NaiveDate::from_ymd_opt(1, 1, 1),
    ];
    pick(&days, number).flatten()
}

/// An instant: with ties, a microsecond apart, and before 1970.
fn instant(number: u8) -> chrono::DateTime<chrono::Utc> {
    let micros = [0, 1, -1, 1, 1_000_000, -3_000_000_000_000_000];
    let distance = TimeDelta::microseconds(pick(&micros, number).unwrap_or(0));
    at(0).checked_add_signed(distance).unwrap_or_default()
}

/// Those that records of a crowd refer to.
struct Pool {
    members: [Uuid; 3],
    accounts: [Uuid; 2],
    jobs: [Uuid; 2],
}

impl Pool {
    fn new(probe: &Probe<'_>) -> Self {
        let new = || probe.uuid();
        Self { members: [new(), new(), new()], accounts: [new(), new()], jobs: [new(), new()] }
    }

    fn some_members(&self, number: u8) -> BTreeSet<MemberId> {
        let how_many = usize::from(number % 4);
        self.members.iter().take(how_many).map(|id| MemberId(*id)).collect()
    }

    /// Document number so of a kind. Numbers give partitions, ties and several rows alike.
    fn document(&self, kind: Kind, id: Uuid, number: u8) -> Result<Option<Document>, String> {
        Ok(Some(match kind {
            Kind::Member => member(id, pick(&NAMES, number).unwrap_or("")).doc(),
            Kind::Account => self.account(id, number)?,
            Kind::Job => self.job(id, number)?,
            Kind::Task => self.task(id, number)?,
            Kind::Item => {
                let external = (!number.is_multiple_of(3)).then(|| key(&format!("item {id}"))).transpose()?;
                let account = if number.is_multiple_of(4) { None } else { pick(&self.accounts, number).map(AccountId) };
                Item { account, external, created: instant(number), ..item(id) }.doc()
            }
            Kind::Series => series(id, pick(&NAMES, number).unwrap_or("")).doc(),
            Kind::Occurrence => {
                let account = if number.is_multiple_of(4) { None } else { pick(&self.accounts, number) };
                let on = due(number / 2).unwrap_or_else(|| day(0));
                occurrence(id, pick(&self.jobs, number / 6).unwrap_or(id), account, on)?.doc()
            }
            Kind::Comment => comment(id, pick(&self.jobs, number / 6).unwrap_or(id), instant(number)).doc(),
            _ => return Ok(None),
        }))
    }

    fn account(&self, id: Uuid, number: u8) -> Result<Document, String> {
        let tags: &[&str] = match number % 4 {
            0 => &[],
            1 => &["vip"],
            2 => &["vip", "VIP"],
            _ => &["vip", "é", "e\u{301}", "v_p", "v%p"],
        };
        let external = (!number.is_multiple_of(3)).then(|| key(&format!("account {id}"))).transpose()?;
        Ok(Account { tags: keys(tags)?, external, ..account(id, pick(&NAMES, number).unwrap_or("")) }.doc())
    }

    fn job(&self, id: Uuid, number: u8) -> Result<Document, String> {
        let plain = job(id, pick(&self.accounts, number).unwrap_or(id))?;
        let attention = if number.is_multiple_of(3) { vec![attention()] } else { Vec::new() };
        let plain = Job {
            due: due(number),
            created: instant(number),
            assignees: self.some_members(number),
            attention,
            ..plain
        };
        let held = JobStatus::Custom(key("held")?);
        Ok(match number {
            0..12 => plain,
            12..14 => Job { status: JobStatus::Completed, ..plain },
            14..16 => Job { status: held, ..plain },
            16..18 => Job { status: JobStatus::Archived, ..plain },
            18 => Job { priority: Priority::Urgent, ..plain },
            19 => Job { priority: Priority::Low, ..plain },
            20..22 => Job { stage: key("Intake")?, ..plain },
            _ => Job { pipeline: key("advice")?, ..plain },
        }
        .doc())
    }

    fn task(&self, id: Uuid, number: u8) -> Result<Document, String> {
        let states = [TaskState::Planned, TaskState::InProgress, TaskState::Completed, TaskState::Cancelled];
        let roles: &[&str] = match number % 3 {
            0 => &[],
            1 => &["Preparer"],
            _ => &["Preparer", "preparer"],
        };
        Ok(Task {
            account: if number.is_multiple_of(4) { None } else { pick(&self.accounts, number).map(AccountId) },
            job: pick(&self.jobs, number).map(JobId),
            state: if number < 14 { TaskState::Planned } else { pick(&states, number).unwrap_or_default() },
            due: due(number),
            assignees: self.some_members(number),
            assigned_roles: keys(roles)?,
            ..task(id)
        }
        .doc())
    }
}

/// The kinds that have indexes and records whose sort cell can change.
const MOVING: [Kind; 7] = [Kind::Member, Kind::Account, Kind::Job, Kind::Task, Kind::Item, Kind::Comment, Kind::Series];

/// Documents of every kind that has an index.
fn crowd(probe: &Probe<'_>, pool: &Pool) -> Result<Vec<Document>, String> {
    let mut documents = Vec::new();
    for kind in MOVING {
        for number in 0..ROWS {
            // Two keys at the ends of their order.
            let id = match number {
                0 => Uuid::max(),
                1 => Uuid::nil(),
                _ => probe.uuid(),
            };
            documents.extend(pool.document(kind, id, number)?);
        }
    }
    for number in 0..ROWS {
        documents.extend(pool.document(Kind::Occurrence, probe.uuid(), number)?);
    }
    for name in NAMES.iter().filter(|name| !name.is_empty() && name.trim() == **name) {
        documents.extend([task_template(name)?.doc(), job_template(name)?.doc(), pipeline(name)?.doc()]);
    }
    Ok(documents)
}

fn every_index_orders_its_rows(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut shadow = Shadow::new(&probe);
    shadow.put(&crowd(&probe, &Pool::new(&probe))?)?;
    for index in IndexName::ALL {
        ensure!(!shadow.partitions(index).is_empty(), "the check has no rows for {index:?}");
    }
    shadow.agrees_everywhere()
}

fn texts_order_by_their_bytes(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let documents: Vec<Document> = NAMES.iter().rev().map(|name| member(probe.uuid(), name).doc()).collect();
    probe.insert(&documents)?;
    let hits = probe.scan(&Scan::all(IndexName::Members, Vec::new(), 100))?;
    let found: Vec<Cell> = hits.into_iter().map(|hit| hit.sort).collect();
    same("names in order", found, NAMES.map(Cell::from).to_vec())
}

fn equal_rows_order_by_the_documents_key(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut ids: Vec<Uuid> = (0..30).map(|_| probe.uuid()).collect();
    ids.extend([Uuid::nil(), Uuid::max(), Uuid::from_u128(1), Uuid::from_u128(1 << 127)]);
    let documents: Vec<Document> = ids.iter().map(|id| account(*id, "same").doc()).collect();
    probe.insert(&documents)?;
    ids.sort_unstable();
    for descending in [false, true] {
        let scan = Scan { descending, ..Scan::all(IndexName::Accounts, Vec::new(), 100) };
        let found: Vec<Cell> = probe.scan(&scan)?.iter().map(|hit| hit.record.document.id().cell()).collect();
        same(
            format!("keys of equal rows, descending: {descending}"),
            found,
            ids.iter().map(|id| Cell::Uuid(*id)).collect::<Vec<_>>(),
        )?;
        ids.reverse();
    }
    Ok(())
}

/// Bounds at, between and beyond the sort cells of a partition.
fn bounds(shadow: &Shadow<'_>, index: IndexName, partition: &[Cell]) -> Vec<Bound<Cell>> {
    let rows = shadow.rows(&Scan::all(index, partition.to_vec(), 1_000));
    let cells: BTreeSet<Cell> = rows.into_iter().map(|(sort, _)| sort).collect();
    let cells: Vec<Cell> = cells.into_iter().collect();
    let middle = cells.len() / 2;
    let mut pivots: BTreeSet<Cell> = BTreeSet::new();
    for place in [0, middle, cells.len().saturating_sub(1)] {
        let Some(cell) = cells.get(place) else { continue };
        pivots.insert(cell.clone());
        pivots.extend(match cell {
            Cell::Int(number) => Some(Cell::Int(number.saturating_add(1))),
            Cell::Text(text) => Some(Cell::Text(format!("{text}\u{1}").into())),
            _ => None,
        });
    }
    let ends = pivots.into_iter().flat_map(|cell| [Bound::Included(cell.clone()), Bound::Excluded(cell)]);
    std::iter::once(Bound::Unbounded).chain(ends).collect()
}

fn ranges_include_and_exclude_their_bounds(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut shadow = Shadow::new(&probe);
    shadow.put(&crowd(&probe, &Pool::new(&probe))?)?;
    for index in IndexName::ALL {
        let size = |partition: &Vec<Cell>| shadow.rows(&Scan::all(index, partition.clone(), 1_000)).len();
        let Some(partition) = shadow.partitions(index).into_iter().max_by_key(size) else { continue };
        let ends = bounds(&shadow, index, &partition);
        for (place, from) in ends.iter().enumerate() {
            for to in &ends {
                let descending = place % 2 == 0;
                let all = Scan::all(index, partition.clone(), 1_000);
                shadow.agrees(&Scan { from: from.clone(), to: to.clone(), descending, ..all.clone() })?;
                let limit = 2;
                shadow.agrees(&Scan { from: from.clone(), to: to.clone(), descending: !descending, limit, ..all })?;
            }
        }
    }
    Ok(())
}

fn a_limit_bounds_scan_and_count(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut shadow = Shadow::new(&probe);
    shadow.put(&crowd(&probe, &Pool::new(&probe))?)?;
    for index in IndexName::ALL {
        for partition in shadow.partitions(index) {
            for limit in [0, 1, 2, 5, usize::MAX] {
                let scan = Scan::all(index, partition.clone(), limit);
                shadow.agrees(&scan)?;
                shadow.agrees(&Scan { descending: true, ..scan })?;
            }
        }
    }
    Ok(())
}

fn count_heeds_neither_after_nor_direction(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let documents: Vec<Document> = NAMES.iter().map(|name| account(probe.uuid(), name).doc()).collect();
    probe.insert(&documents)?;
    let scan = Scan { from: Bound::Included("A".into()), ..Scan::all(IndexName::Accounts, Vec::new(), 100) };
    let all = probe.scan(&scan)?.len();
    same("the number of rows", all, NAMES.len().saturating_sub(2))?;
    for after in [None, Some((Cell::from("z"), Cell::Uuid(Uuid::nil())))] {
        for descending in [false, true] {
            let counted = probe.count(&Scan { after: after.clone(), descending, ..scan.clone() })?;
            same(format!("count after {after:?}, descending: {descending}"), counted, all)?;
        }
    }
    same("count up to a limit", probe.count(&Scan { limit: 3, ..scan.clone() })?, 3)?;
    same("count up to nothing", probe.count(&Scan { limit: 0, ..scan })?, 0)
}

fn partitions_do_not_mix(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let pool = Pool::new(&probe);
    let mut shadow = Shadow::new(&probe);
    shadow.put(&crowd(&probe, &pool)?)?;
    let [someone, ..] = pool.members;
    let nothing = Cell::Uuid(probe.uuid());
    let empty: [(IndexName, Vec<Cell>); 10] = [
        (IndexName::AccountTags, vec!["Vip".into()]),
        (IndexName::AccountTags, vec!["v".into()]),
        (IndexName::AccountExternal, vec!["nobody".into()]),
        (IndexName::Board, vec!["returns".into(), "INTAKE".into(), Cell::Int(0), Cell::Int(2)]),
        (IndexName::Board, vec!["intake".into(), "returns".into(), Cell::Int(0), Cell::Int(2)]),
        (IndexName::Jobs, vec![Cell::Int(3)]),
        (IndexName::JobAccounts, vec![nothing.clone()]),
        (IndexName::JobAssignees, vec![nothing, Cell::Int(0)]),
        (IndexName::TaskAssignees, vec![Cell::Uuid(someone), Cell::Int(2)]),
        (IndexName::TaskRoles, vec!["PREPARER".into(), Cell::Int(0)]),
    ];
    for (index, partition) in empty {
        same(
            format!("rows that the check has in {partition:?}"),
            shadow.partitions(index).contains(&partition),
            false,
        )?;
        shadow.agrees_on(index, partition)?;
    }
    Ok(())
}

fn rows_follow_updates(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let pool = Pool::new(&probe);
    let mut shadow = Shadow::new(&probe);
    shadow.put(&crowd(&probe, &pool)?)?;
    let mut partitions: BTreeMap<IndexName, BTreeSet<Vec<Cell>>> = BTreeMap::new();
    for shift in [1, 5, 7] {
        for index in IndexName::ALL {
            partitions.entry(index).or_default().extend(shadow.partitions(index));
        }
        let mut changed = Vec::new();
        for (number, document) in shadow.documents().into_iter().enumerate() {
            let number = u8::try_from(number % usize::from(ROWS)).unwrap_or(0).saturating_add(shift) % ROWS;
            if let Document::Occurrence(line) = &document {
                // Its key stays, its days do not.
                let on = due(number).unwrap_or_else(|| day(0));
                changed.push(Occurrence { date: on, starts: on, ..Occurrence::clone(line) }.doc());
                continue;
            }
            let id = document.id().uuid().unwrap_or_default();
            // Of the templates and pipelines, the same again.
            changed.push(pool.document(document.kind(), id, number)?.unwrap_or(document));
        }
        shadow.put(&changed)?;
        shadow.agrees_everywhere()?;
    }
    // Nothing is left where rows were.
    for (index, partitions) in partitions {
        partitions.into_iter().try_for_each(|partition| shadow.agrees_on(index, partition))?;
    }
    Ok(())
}

fn rows_go_with_their_documents(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut shadow = Shadow::new(&probe);
    shadow.put(&crowd(&probe, &Pool::new(&probe))?)?;
    let partitions: Vec<_> = IndexName::ALL.into_iter().map(|index| (index, shadow.partitions(index))).collect();
    let ids: Vec<DocId> = shadow.documents().iter().map(Document::id).collect();
    let (some, others): (Vec<_>, Vec<_>) = ids.into_iter().enumerate().partition(|(place, _)| place % 2 == 0);
    for half in [some, others] {
        let half: Vec<DocId> = half.into_iter().map(|(_, id)| id).collect();
        shadow.delete(&half)?;
        for (index, partitions) in &partitions {
            partitions.iter().try_for_each(|partition| shadow.agrees_on(*index, partition.clone()))?;
        }
    }
    Ok(())
}

fn a_document_has_as_many_rows_as_it_should(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut shadow = Shadow::new(&probe);
    let (id, a, b) = (probe.uuid(), MemberId(probe.uuid()), MemberId(probe.uuid()));
    let nil = Uuid::nil();
    let partitions = [
        (IndexName::AccountTags, vec!["x".into()]),
        (IndexName::AccountTags, vec!["y".into()]),
        (IndexName::JobAttention, Vec::new()),
        (IndexName::JobAssignees, vec![nil.into(), Cell::Int(0)]),
        (IndexName::JobAssignees, vec![a.0.into(), Cell::Int(0)]),
        (IndexName::JobAssignees, vec![b.0.into(), Cell::Int(0)]),
        (IndexName::TaskAssignees, vec![nil.into(), Cell::Int(0)]),
        (IndexName::TaskAssignees, vec![a.0.into(), Cell::Int(0)]),
        (IndexName::TaskAssignees, vec![b.0.into(), Cell::Int(0)]),
        (IndexName::TaskRoles, vec!["x".into(), Cell::Int(0)]),
        (IndexName::TaskRoles, vec!["y".into(), Cell::Int(0)]),
    ];
    let steps: [(&[&str], &[MemberId]); 7] = [
        (&[], &[]),
        (&["x"], &[a]),
        (&["x", "y"], &[a, b]),
        (&["y"], &[b]),
        (&["y"], &[b]),
        (&["x"], &[a]),
        (&[], &[]),
    ];
    for (words, members) in steps {
        let assignees: BTreeSet<MemberId> = members.iter().copied().collect();
        let attention = words.iter().map(|_| attention()).collect();
        shadow.put(&[
            Account { tags: keys(words)?, ..account(id, "a") }.doc(),
            Job { assignees: assignees.clone(), attention, ..job(id, id)? }.doc(),
            Task { assignees, assigned_roles: keys(words)?, ..task(id) }.doc(),
        ])?;
        for (index, partition) in &partitions {
            shadow.agrees_on(*index, partition.clone())?;
        }
    }
    Ok(())
}

fn no_date_sorts_last(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut wanted = Vec::new();
    for date in
        [None, Some(day(2)), NaiveDate::from_ymd_opt(9999, 12, 31), NaiveDate::from_ymd_opt(1, 1, 1), Some(day(1))]
    {
        let id = probe.uuid();
        probe.insert(&[Job { due: date, ..job(id, id)? }.doc(), Task { due: date, ..task(id) }.doc()])?;
        wanted.push((date_cell(date), Cell::Uuid(id)));
    }
    wanted.sort();
    same("the last sort cell", wanted.last().map(|(sort, _)| sort.clone()), Some(Cell::Int(NO_DATE)))?;
    for index in [IndexName::Jobs, IndexName::Tasks] {
        let scan = Scan::all(index, vec![Cell::Int(0)], 10);
        let row = |hit: crate::store::Hit| (hit.sort, hit.record.document.id().cell());
        let found: Vec<_> = probe.scan(&scan)?.into_iter().map(row).collect();
        same(format!("rows of {index:?}"), found, wanted.clone())?;
        let dated = Scan { to: Bound::Excluded(Cell::Int(NO_DATE)), ..scan.clone() };
        same(format!("rows of {index:?} with a date"), probe.scan(&dated)?.len(), 4)?;
        let undated = Scan { from: Bound::Included(Cell::Int(NO_DATE)), ..scan };
        same(format!("rows of {index:?} without a date"), probe.scan(&undated)?.len(), 1)?;
    }
    Ok(())
}

fn a_null_cell_is_a_partition_of_its_own(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut shadow = Shadow::new(&probe);
    let someone = Some(AccountId(probe.uuid()));
    let nil = Some(AccountId(Uuid::nil()));
    let mut documents = Vec::new();
    for account in [None, someone, None, nil] {
        documents.push(Task { account, ..task(probe.uuid()) }.doc());
        documents.push(Item { account, ..item(probe.uuid()) }.doc());
    }
    shadow.put(&documents)?;
    same(
        "tasks of no account",
        shadow.rows(&Scan::all(IndexName::TaskAccounts, vec![Cell::Null, Cell::Int(0)], 9)).len(),
        2,
    )?;
    shadow.agrees_everywhere()?;
    let taken: Vec<Document> = documents
        .into_iter()
        .map(|document| match document {
            Document::Task(task) => Task { account: someone, ..Task::clone(&task) }.doc(),
            Document::Item(item) => Item { account: someone, ..Item::clone(&item) }.doc(),
            other => other,
        })
        .collect();
    shadow.put(&taken)?;
    shadow.agrees_on(IndexName::TaskAccounts, vec![Cell::Null, Cell::Int(0)])?;
    shadow.agrees_on(IndexName::ItemAccounts, vec![Cell::Null])?;
    shadow.agrees_everywhere()
}

fn hits_carry_the_newest_revision(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let id = probe.uuid();
    let mut document = comment(id, id, at(0)).doc();
    probe.insert(std::slice::from_ref(&document))?;
    for revision in 1..4u64 {
        // A change that no index has a part in.
        let next = Comment { text: format!("text {revision}"), ..comment(id, id, at(0)) }.doc();
        probe.update(revision, &document, &next)?;
        document = next;
    }
    let hits = probe.scan(&Scan::all(IndexName::Comments, vec![Cell::Uuid(id)], 10))?;
    let found: Vec<_> = hits.into_iter().map(|hit| (hit.record.revision, hit.record.document)).collect();
    same("what a scan finds after updates", found, vec![(4, document)])?;
    let named = |name: &str| Member { email: Some(name.to_owned()), ..member(id, "same") }.doc();
    probe.insert(&[named("a")])?;
    probe.update(1, &named("a"), &named("b"))?;
    let hits = probe.scan(&Scan::all(IndexName::Members, Vec::new(), 10))?;
    let found: Vec<_> = hits.into_iter().map(|hit| (hit.record.revision, hit.record.document)).collect();
    same("members after an update", found, vec![(2, named("b"))])
}
