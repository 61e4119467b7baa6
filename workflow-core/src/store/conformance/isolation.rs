//! Firms: what belongs to another does not exist.

use std::sync::Arc;

use super::fixture::{Wrap, account, delta, entry, firm, key, keyed, notice};
use super::probe::{Outcome, Probe, at, delete, insert, same, update, why};
use crate::event::Entry;
use crate::id::{AccountId, JobId};
use crate::store::{
    Batch, Check, Conflict, DocId, Document, Enqueue, IndexName, LogBy, Queue, QueuedState, Record, Scan, Settle,
    SettleHow, StageGuard, Store,
};

area! {
    "isolation":
    reads_find_nothing_of_another_firm,
    twins_live_in_two_firms,
    writes_do_not_reach_into_another_firm,
    guards_heed_their_own_firm,
    keys_and_identifiers_are_a_firms_own,
    rows_of_queues_are_a_firms_own,
}

/// A firm with something of every kind.
struct Settled {
    document: Document,
    entry: Arc<Entry>,
    row: Enqueue,
}

fn settle_in(probe: &Probe<'_>) -> Result<Settled, String> {
    let document = account(probe.uuid(), "name").doc();
    let about =
        Entry { job: Some(JobId(probe.uuid())), account: Some(AccountId(probe.uuid())), ..keyed(probe, "key")? };
    let settled = Settled { document, entry: Arc::new(about), row: notice(probe, Some(probe.uuid()), at(0))? };
    probe.done(&everything(probe, &settled)?)?;
    Ok(settled)
}

fn everything(probe: &Probe<'_>, settled: &Settled) -> Result<Batch, String> {
    let mut batch = probe.batch();
    batch.puts = vec![insert(&settled.document), insert(&firm(probe, 1))];
    batch.entries.push(Arc::clone(&settled.entry));
    batch.enqueue.push(settled.row.clone());
    batch.tallies.push(delta("p", "s", 5)?);
    Ok(batch)
}

fn reads_find_nothing_of_another_firm(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let settled = settle_in(&theirs)?;
    same("get", ours.get(&[settled.document.id(), DocId::Firm])?, vec![None::<Record>, None])?;
    let scan = Scan::all(IndexName::Accounts, Vec::new(), 10);
    same("rows of a scan", ours.scan(&scan)?.len(), 0)?;
    same("count", ours.count(&scan)?, 0)?;
    let tallies = store.tallies(ours.firm, &key("p")?).map_err(why)?;
    ensure!(tallies.iter().all(|(_, tally)| tally.jobs == 0), "tallies of another firm are told: {tallies:?}");
    let entry = &settled.entry;
    let mut by = vec![LogBy::Firm, LogBy::Entry(entry.id)];
    by.extend(entry.key.clone().map(LogBy::Key));
    by.extend(entry.job.map(LogBy::Job));
    by.extend(entry.account.map(LogBy::Account));
    for by in by {
        same(format!("entries by {by:?}"), ours.logged(by)?.len(), 0)?;
    }
    for state in [QueuedState::Waiting, QueuedState::Dead] {
        same("rows of a queue", ours.queued(Queue::Outbox, state)?.len(), 0)?;
    }
    ours.hands_out("another firm's rows", at(100), &[]).map(drop)
}

/// Documents of the same key in two firms: each has its own revision, body and index rows.
fn twins_live_in_two_firms(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let id = ours.uuid();
    let named = |name: &str| account(id, name).doc();
    ours.insert(&[named("a")])?;
    ours.update(1, &named("a"), &named("b"))?;
    theirs.insert(&[named("z")])?;
    ours.holds(&named("b"), 2)?;
    theirs.holds(&named("z"), 1)?;
    let scan = Scan::all(IndexName::Accounts, Vec::new(), 10);
    for (probe, name, revision) in [(&ours, "b", 2), (&theirs, "z", 1)] {
        let found: Vec<Record> = probe.scan(&scan)?.into_iter().map(|hit| hit.record).collect();
        same("accounts by name", found, vec![Record { revision, document: named(name) }])?;
        same("their number", probe.count(&scan)?, 1)?;
    }
    let mut batch = theirs.batch();
    batch.deletes.push(delete(1, &named("z")));
    theirs.done(&batch)?;
    theirs.lacks(&named("z").id())?;
    ours.holds(&named("b"), 2)?;
    same("accounts of the firm whose twin was deleted", ours.count(&scan)?, 1)
}

fn writes_do_not_reach_into_another_firm(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let settled = settle_in(&theirs)?;
    let id = settled.document.id();
    let absent = Conflict::Document(id.clone());
    let mut batch = ours.batch();
    batch.puts.push(update(1, &settled.document, &settled.document));
    ours.conflicts("an update of another firm's document", &batch, &absent)?;
    let mut batch = ours.batch();
    batch.deletes.push(delete(1, &settled.document));
    ours.conflicts("a delete of another firm's document", &batch, &absent)?;
    let mut batch = ours.batch();
    batch.checks.push(Check { id: id.clone(), expected: Some(1) });
    ours.conflicts("a check of another firm's document", &batch, &absent)?;
    batch.checks = vec![Check { id, expected: None }];
    ours.done(&batch)?;
    for how in [SettleHow::Done, SettleHow::Dead { error: "no".to_owned() }] {
        let settle = Settle { queue: Queue::Outbox, id: settled.row.id, generation: None, how };
        ours.settle_is_refused("settling another firm's row", settle)?;
    }
    theirs.holds(&settled.document, 1)?;
    theirs.hands_out_one("the other firm's row", at(100), settled.row.id).map(drop)
}

fn guards_heed_their_own_firm(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    settle_in(&theirs)?;
    let mut batch = ours.batch();
    batch.tallies.push(delta("p", "s", 1)?);
    batch.guards.push(StageGuard { pipeline: key("p")?, stage: key("s")?, at_most: 1 });
    ours.done(&batch)?;
    for (probe, jobs) in [(&ours, 1), (&theirs, 5)] {
        let tallies = store.tallies(probe.firm, &key("p")?).map_err(why)?;
        let found: Vec<i64> = tallies.into_iter().map(|(_, tally)| tally.jobs).filter(|jobs| *jobs != 0).collect();
        same("jobs of the stage", found, vec![jobs])?;
    }
    Ok(())
}

fn keys_and_identifiers_are_a_firms_own(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let settled = settle_in(&theirs)?;
    // The same idempotency key, and even the same identifier.
    let twin = Arc::new(Entry { firm: ours.firm, ..Entry::clone(&settled.entry) });
    let mut batch = ours.batch();
    batch.entries = vec![Arc::clone(&twin), Arc::new(entry(&ours))];
    ours.done(&batch)?;
    same("our entry of the key", ours.logged(LogBy::Key(key("key")?))?, vec![Arc::clone(&twin)])?;
    same("our entry of the identifier", ours.logged(LogBy::Entry(twin.id))?, vec![twin])?;
    same("our log", ours.logged(LogBy::Firm)?.len(), 2)?;
    same("their log", theirs.logged(LogBy::Firm)?, vec![settled.entry])
}

fn rows_of_queues_are_a_firms_own(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let settled = settle_in(&theirs)?;
    let claimed = theirs.hands_out_one("their row", at(1), settled.row.id)?;
    // A twin of the row, in a lane of the same name: theirs being leased holds up nothing here.
    ours.enqueue(std::slice::from_ref(&settled.row))?;
    let twin = ours.hands_out_one("our twin of it", at(1), settled.row.id)?;
    same("the firm of the twin", twin.firm, ours.firm)?;
    let mut batch = ours.batch();
    batch.settle.push(super::probe::settle(&twin, SettleHow::Done));
    ours.done(&batch)?;
    same("our rows", ours.queued(Queue::Outbox, QueuedState::Waiting)?.len(), 0)?;
    same("their rows", theirs.queued(Queue::Outbox, QueuedState::Waiting)?.len(), 1)?;
    theirs.settle(super::probe::settle(&claimed, SettleHow::Done))
}
