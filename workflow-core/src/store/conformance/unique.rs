//! Unique indexes: one row in a partition.

use uuid::Uuid;

use super::fixture::{Wrap, account, called, item, key};
use super::probe::{Outcome, Probe, delete, insert, same, update};
use crate::model::Item;
use crate::store::{Batch, Conflict, Document, IndexName, Scan, Store};

area! {
    "unique":
    an_insert_of_a_second_row_conflicts,
    an_update_to_a_second_row_conflicts,
    a_row_does_not_conflict_with_itself,
    two_inserts_of_one_batch_conflict,
    a_delete_frees_the_place,
    a_change_frees_the_place,
    a_batch_may_hand_the_place_on,
    a_later_batch_may_take_what_an_earlier_one_freed,
    absent_references_do_not_collide,
    references_are_compared_by_their_bytes,
    the_indexes_do_not_mix,
}

/// The two unique indexes, with a record that has the reference or has none.
type Make = fn(Uuid, Option<&str>) -> Result<Document, String>;

const BOTH: [(IndexName, Make); 2] = [(IndexName::AccountExternal, an_account), (IndexName::ItemExternal, an_item)];

fn an_account(id: Uuid, external: Option<&str>) -> Result<Document, String> {
    external.map_or_else(|| Ok(account(id, "name").doc()), |external| called(id, "name", external))
}

fn an_item(id: Uuid, external: Option<&str>) -> Result<Document, String> {
    Ok(Item { external: external.map(key).transpose()?, ..item(id) }.doc())
}

fn in_both(store: &dyn Store, check: fn(&Probe<'_>, IndexName, Make) -> Outcome) -> Outcome {
    BOTH.into_iter()
        .try_for_each(|(index, make)| check(&Probe::new(store), index, make).map_err(|why| format!("{index:?}: {why}")))
}

fn putting(probe: &Probe<'_>, documents: &[&Document]) -> Batch {
    let mut batch = probe.batch();
    batch.puts = documents.iter().map(|document| insert(document)).collect();
    batch
}

/// Ends the check unless a reference leads to this document, or to none.
fn leads_to(probe: &Probe<'_>, index: IndexName, external: &str, document: Option<&Document>) -> Outcome {
    let hits = probe.scan(&Scan::all(index, vec![external.into()], 10))?;
    let found: Vec<_> = hits.into_iter().map(|hit| hit.record.document.id()).collect();
    same(format!("documents called `{external}`"), found, document.map(Document::id).into_iter().collect::<Vec<_>>())
}

fn an_insert_of_a_second_row_conflicts(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let (a, b) = (make(probe.uuid(), Some("x"))?, make(probe.uuid(), Some("x"))?);
        probe.insert(std::slice::from_ref(&a))?;
        probe.conflicts("a second insert", &putting(probe, &[&b]), &Conflict::Unique(index))?;
        probe.lacks(&b.id())?;
        leads_to(probe, index, "x", Some(&a))
    })
}

fn an_update_to_a_second_row_conflicts(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let a = make(probe.uuid(), Some("x"))?;
        probe.insert(std::slice::from_ref(&a))?;
        for before in [None, Some("y")] {
            let id = probe.uuid();
            let (b, changed) = (make(id, before)?, make(id, Some("x"))?);
            probe.insert(std::slice::from_ref(&b))?;
            let mut batch = probe.batch();
            batch.puts.push(update(1, &b, &changed));
            probe.conflicts("an update", &batch, &Conflict::Unique(index))?;
            probe.holds(&b, 1)?;
        }
        leads_to(probe, index, "x", Some(&a))
    })
}

fn a_row_does_not_conflict_with_itself(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let a = make(probe.uuid(), Some("x"))?;
        probe.insert(std::slice::from_ref(&a))?;
        probe.update(1, &a, &a)?;
        leads_to(probe, index, "x", Some(&a))
    })
}

fn two_inserts_of_one_batch_conflict(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let (a, b) = (make(probe.uuid(), Some("x"))?, make(probe.uuid(), Some("x"))?);
        probe.conflicts("two inserts of one batch", &putting(probe, &[&a, &b]), &Conflict::Unique(index))?;
        probe.lacks(&a.id())?;
        probe.lacks(&b.id())?;
        leads_to(probe, index, "x", None)
    })
}

fn a_delete_frees_the_place(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let (a, b) = (make(probe.uuid(), Some("x"))?, make(probe.uuid(), Some("x"))?);
        probe.insert(std::slice::from_ref(&a))?;
        let mut batch = probe.batch();
        batch.deletes.push(delete(1, &a));
        probe.done(&batch)?;
        leads_to(probe, index, "x", None)?;
        probe.insert(std::slice::from_ref(&b))?;
        leads_to(probe, index, "x", Some(&b))
    })
}

fn a_change_frees_the_place(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let (id, b) = (probe.uuid(), make(probe.uuid(), Some("x"))?);
        let (first, other, none) = (make(id, Some("x"))?, make(id, Some("y"))?, make(id, None)?);
        probe.insert(std::slice::from_ref(&first))?;
        probe.update(1, &first, &other)?;
        probe.insert(std::slice::from_ref(&b))?;
        leads_to(probe, index, "x", Some(&b))?;
        probe.update(2, &other, &none)?;
        leads_to(probe, index, "y", None)?;
        let c = make(probe.uuid(), Some("y"))?;
        probe.insert(std::slice::from_ref(&c))?;
        leads_to(probe, index, "y", Some(&c))
    })
}

/// What counts is what the index would hold after the batch.
fn a_batch_may_hand_the_place_on(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let id = probe.uuid();
        let (a, freed, b) = (make(id, Some("x"))?, make(id, Some("y"))?, make(probe.uuid(), Some("x"))?);
        probe.insert(std::slice::from_ref(&a))?;
        let mut batch = probe.batch();
        batch.puts = vec![update(1, &a, &freed), insert(&b)];
        probe.done(&batch)?;
        leads_to(probe, index, "x", Some(&b))?;
        leads_to(probe, index, "y", Some(&freed))?;
        let c = make(probe.uuid(), Some("x"))?;
        let mut batch = putting(probe, &[&c]);
        batch.deletes.push(delete(1, &b));
        probe.done(&batch)?;
        leads_to(probe, index, "x", Some(&c))
    })
}

fn a_later_batch_may_take_what_an_earlier_one_freed(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let id = probe.uuid();
        let (a, freed, b) = (make(id, Some("x"))?, make(id, Some("y"))?, make(probe.uuid(), Some("x"))?);
        probe.insert(std::slice::from_ref(&a))?;
        let mut free = probe.batch();
        free.puts.push(update(1, &a, &freed));
        let answers = probe.commit_all(&[free, putting(probe, &[&b])])?;
        same("batches that fit", answers.iter().filter(|answer| answer.is_ok()).count(), 2)?;
        leads_to(probe, index, "x", Some(&b))?;
        leads_to(probe, index, "y", Some(&freed))
    })
}

fn absent_references_do_not_collide(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let documents = (0..3).map(|_| make(probe.uuid(), None)).collect::<Result<Vec<_>, _>>()?;
        probe.insert(&documents)?;
        documents.iter().try_for_each(|document| probe.update(1, document, document))?;
        leads_to(probe, index, "", None)?;
        let nulls = Scan::all(index, vec![crate::store::Cell::Null], 10);
        same("rows of those without a reference", probe.scan(&nulls)?.len(), 0)?;
        same("their number", probe.count(&nulls)?, 0)
    })
}

fn references_are_compared_by_their_bytes(store: &dyn Store) -> Outcome {
    in_both(store, |probe, index, make| {
        let texts = ["x", "X", "é", "e\u{301}", "1", "1.0", "01", "x y", "x  y", "%", "_"];
        let documents = texts.iter().map(|text| make(probe.uuid(), Some(text))).collect::<Result<Vec<_>, _>>()?;
        probe.insert(&documents)?;
        texts.iter().zip(&documents).try_for_each(|(text, document)| leads_to(probe, index, text, Some(document)))
    })
}

fn the_indexes_do_not_mix(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (a, b) = (an_account(probe.uuid(), Some("x"))?, an_item(probe.uuid(), Some("x"))?);
    probe.insert(&[a.clone(), b.clone()])?;
    leads_to(&probe, IndexName::AccountExternal, "x", Some(&a))?;
    leads_to(&probe, IndexName::ItemExternal, "x", Some(&b))?;
    // Nor do the firms.
    let other = probe.another();
    let theirs = an_account(other.uuid(), Some("x"))?;
    other.insert(std::slice::from_ref(&theirs))?;
    leads_to(&other, IndexName::AccountExternal, "x", Some(&theirs))?;
    leads_to(&probe, IndexName::AccountExternal, "x", Some(&a))
}
