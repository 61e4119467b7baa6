//! What a firm brings along from another store: documents at their revisions, rows as they were.

use uuid::Uuid;

use super::fixture::{Wrap, account, called, follow_up, notice};
use super::probe::{Outcome, Probe, at, delete, insert, same, settle, update};
use crate::id::JobId;
use crate::store::{
    Cell, Conflict, DocId, Document, Enqueue, IndexName, Queue, QueuedBody, QueuedState, Record, Restore, RestoredRow,
    Scan, SetTimer, Settle, SettleHow, Store, TimerOf,
};

area! {
    "restores":
    a_document_keeps_its_revision,
    a_document_that_exists_conflicts,
    a_document_heeds_unique_indexes,
    a_row_is_as_it_was,
    a_row_is_settled_under_its_generation,
    a_row_comes_to_the_end_of_its_lane,
    a_dead_letter_stays_dead_until_it_is_revived,
    a_timer_is_set_anew,
    a_row_that_exists_conflicts,
    a_batch_that_conflicts_restores_nothing,
}

fn record(document: &Document, revision: u64) -> Restore {
    Restore::Record(Record { revision, document: document.clone() })
}

/// A row of another store with a history.
fn row(queued: &Enqueue) -> RestoredRow {
    RestoredRow {
        id: queued.id,
        lane: queued.lane,
        state: QueuedState::Waiting,
        due: queued.due,
        attempts: 5,
        generation: 1_000_000_007,
        error: Some("no answer, läuft nicht".to_owned()),
        body: queued.body.clone(),
    }
}

fn restore(probe: &Probe<'_>, what: Vec<Restore>) -> Outcome {
    let mut batch = probe.batch();
    batch.restore = what;
    probe.done(&batch).map(drop)
}

fn refused(probe: &Probe<'_>, what: &str, restored: Restore, conflict: &Conflict) -> Outcome {
    let mut batch = probe.batch();
    batch.restore.push(restored);
    probe.conflicts(what, &batch, conflict)
}

fn a_document_keeps_its_revision(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = called(probe.uuid(), "name", "client-1")?;
    restore(&probe, vec![record(&document, 41)])?;
    probe.holds(&document, 41)?;
    let scan = Scan::all(IndexName::AccountExternal, vec![Cell::Text("client-1".into())], 10);
    same("rows of the unique index", probe.scan(&scan)?.len(), 1)?;
    let names = Scan::all(IndexName::Accounts, Vec::new(), 10);
    same("rows of an index", probe.count(&names)?, 1)?;
    let changed = called(document.id().uuid().unwrap_or_default(), "another name", "client-1")?;
    probe.update(41, &document, &changed)?;
    probe.holds(&changed, 42)?;
    let mut batch = probe.batch();
    batch.deletes.push(delete(42, &changed));
    probe.done(&batch)?;
    same("rows of an index", probe.count(&names)?, 0)
}

fn a_document_that_exists_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = account(probe.uuid(), "name").doc();
    probe.insert(std::slice::from_ref(&document))?;
    let other = account(document.id().uuid().unwrap_or_default(), "other").doc();
    refused(&probe, "what exists", record(&other, 7), &Conflict::Document(document.id()))?;
    probe.holds(&document, 1)?;
    let new = account(probe.uuid(), "new").doc();
    let mut batch = probe.batch();
    batch.puts.push(insert(&new));
    batch.restore.push(record(&new, 7));
    probe.conflicts("what the same batch puts", &batch, &Conflict::Document(new.id()))?;
    probe.lacks(&new.id())
}

fn a_document_heeds_unique_indexes(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.insert(&[called(probe.uuid(), "first", "client-1")?])?;
    let second = called(probe.uuid(), "second", "client-1")?;
    refused(&probe, "a second row", record(&second, 3), &Conflict::Unique(IndexName::AccountExternal))?;
    probe.lacks(&second.id())
}

fn a_row_is_as_it_was(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = TimerOf::Job(JobId(probe.uuid()));
    let timer = RestoredRow { id: of.row(), body: QueuedBody::Timer(of), ..row(&notice(&probe, None, at(3))?) };
    let rows = [row(&notice(&probe, None, at(1))?), row(&follow_up(&probe, None, at(2))?), timer];
    restore(&probe, rows.iter().cloned().map(Restore::Row).collect())?;
    for row in rows {
        let queue = row.body.queue();
        let listed = probe.waiting(queue, QueuedState::Waiting, row.id)?;
        same("when it is due", listed.due, row.due)?;
        same("attempts and generation listed", (listed.attempts, listed.generation), (5, row.generation))?;
        same("its lease", listed.leased_until, None)?;
        same("why it did not work", &listed.error, &row.error)?;
        same("what it carries", &listed.body, &row.body)?;
        same("rows handed out before it is due", probe.claim(queue, at(0), 60, 10)?.len(), 0)?;
        let claimed = probe.claim(queue, row.due, 60, 10)?.pop().ok_or("it is not handed out when it is due")?;
        let next = row.generation.saturating_add(1);
        same("attempts and generation", (claimed.attempts, claimed.generation), (6, next))?;
        let listed = probe.waiting(queue, QueuedState::Waiting, row.id)?;
        same("the generation listed", listed.generation, next)?;
    }
    Ok(())
}

fn a_row_is_settled_under_its_generation(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = row(&notice(&probe, None, at(0))?);
    restore(&probe, vec![Restore::Row(row.clone())])?;
    let done = |generation: u64| Settle {
        queue: Queue::Outbox,
        id: row.id,
        generation: Some(generation),
        how: SettleHow::Done,
    };
    probe.settle_is_refused("settling under an older lease", done(row.generation.saturating_sub(1)))?;
    probe.settle(done(row.generation))?;
    probe.hands_out("what is done", at(1_000), &[]).map(drop)
}

fn a_row_comes_to_the_end_of_its_lane(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let lane = Some(probe.uuid());
    let first = notice(&probe, lane, at(0))?;
    probe.enqueue(std::slice::from_ref(&first))?;
    let dead = RestoredRow { state: QueuedState::Dead, ..row(&notice(&probe, lane, at(0))?) };
    let (second, third) = (row(&notice(&probe, lane, at(0))?), row(&notice(&probe, lane, at(0))?));
    restore(&probe, [&dead, &second, &third].map(|row| Restore::Row(row.clone())).to_vec())?;
    for id in [first.id, second.id, third.id] {
        let claimed = probe.hands_out_one("the next of the lane", at(1), id)?;
        probe.settle(settle(&claimed, SettleHow::Done))?;
    }
    probe.hands_out("when only a dead letter is left", at(1), &[]).map(drop)
}

fn a_dead_letter_stays_dead_until_it_is_revived(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let dead = RestoredRow { state: QueuedState::Dead, ..row(&notice(&probe, None, at(0))?) };
    restore(&probe, vec![Restore::Row(dead.clone())])?;
    probe.hands_out("a dead letter", at(10_000), &[])?;
    let listed = probe.waiting(Queue::Outbox, QueuedState::Dead, dead.id)?;
    same("attempts and reason", (listed.attempts, &listed.error), (5, &dead.error))?;
    let revive =
        Settle { queue: Queue::Outbox, id: dead.id, generation: None, how: SettleHow::Revive { at: at(10_000) } };
    probe.settle(revive)?;
    let claimed = probe.hands_out_one("a revived one", at(10_000), dead.id)?;
    same("attempts and generation", (claimed.attempts, claimed.generation), (1, dead.generation.saturating_add(1)))
}

fn a_timer_is_set_anew(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = TimerOf::Job(JobId(probe.uuid()));
    let put_off = RestoredRow { id: of.row(), body: QueuedBody::Timer(of), ..row(&notice(&probe, None, at(50))?) };
    restore(&probe, vec![Restore::Row(put_off)])?;
    let mut batch = probe.batch();
    batch.timers.push(SetTimer { of, due: Some(at(5)), generation: 2_000_000_000 });
    probe.done(&batch)?;
    let listed = probe.waiting(Queue::Timers, QueuedState::Waiting, of.row())?;
    same("when it is due, and attempts", (listed.due, listed.attempts), (at(5), 0))?;
    same("the generation listed", listed.generation, 2_000_000_000)?;
    same("rows listed", probe.queued(Queue::Timers, QueuedState::Waiting)?.len(), 1)
}

fn a_row_that_exists_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let queued = notice(&probe, None, at(0))?;
    probe.enqueue(std::slice::from_ref(&queued))?;
    let again = Conflict::Document(DocId::Firm);
    refused(&probe, "a row that is queued", Restore::Row(row(&queued)), &again)?;
    let dead = RestoredRow { state: QueuedState::Dead, ..row(&notice(&probe, None, at(0))?) };
    restore(&probe, vec![Restore::Row(dead.clone())])?;
    refused(&probe, "a row that is dead", Restore::Row(dead), &again)?;
    let of = TimerOf::Job(JobId(probe.uuid()));
    let mut batch = probe.batch();
    batch.timers.push(SetTimer { of, due: Some(at(5)), generation: 1 });
    let timer = RestoredRow { id: of.row(), body: QueuedBody::Timer(of), ..row(&queued) };
    batch.restore.push(Restore::Row(timer));
    probe.conflicts("a timer that the same batch sets", &batch, &again)?;
    same("timers listed", probe.queued(Queue::Timers, QueuedState::Waiting)?.len(), 0)
}

fn a_batch_that_conflicts_restores_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = account(probe.uuid(), "name").doc();
    let row = row(&notice(&probe, None, at(0))?);
    let mut batch = probe.batch();
    batch.restore = vec![record(&document, 9), Restore::Row(row.clone())];
    let gone = Settle { queue: Queue::Outbox, id: Uuid::nil(), generation: None, how: SettleHow::Done };
    batch.settle.push(gone);
    probe.conflicts("a batch with a lost lease", &batch, &Conflict::Lease)?;
    probe.lacks(&document.id())?;
    same("rows listed", probe.queued(Queue::Outbox, QueuedState::Waiting)?.len(), 0)?;
    batch.settle.clear();
    probe.done(&batch)?;
    let changed = account(document.id().uuid().unwrap_or_default(), "changed").doc();
    let mut batch = probe.batch();
    batch.puts.push(update(9, &document, &changed));
    batch.restore.push(Restore::Row(row));
    probe.conflicts("a batch with a row that exists", &batch, &Conflict::Document(DocId::Firm))?;
    probe.holds(&document, 9)
}
