//! What no caller should ask, and what no store may panic over.

use std::ops::Bound;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fixture::{Wrap, account, delta, entry, job, notice};
use super::probe::{Outcome, Probe, insert, update};
use crate::model::Job;
use crate::store::{
    Batch, Cell, Check, Claim, Enqueue, IndexName, Lease, LogBy, LogPosition, LogScan, NO_DATE, Put, Queue, QueueScan,
    QueuedState, Revision, Scan, Settle, SettleHow, StageDelta, StageTally, Store,
};

area! {
    "hostile":
    no_scan_panics,
    no_read_of_log_or_queue_panics,
    no_batch_panics,
    no_instant_panics,
    no_tally_panics,
}

/// The store works as ever: what came before harmed nothing.
fn still_works(probe: &Probe<'_>) -> Outcome {
    let probe = probe.another();
    let document = account(probe.uuid(), "name").doc();
    probe.insert(std::slice::from_ref(&document))?;
    probe.holds(&document, 1)
}

/// Cells of every type, and those at the ends of their order.
fn cells() -> Vec<Cell> {
    vec![
        Cell::Null,
        Cell::Int(i64::MIN),
        Cell::Int(NO_DATE),
        "".into(),
        "\u{10ffff}".into(),
        Cell::Uuid(Uuid::nil()),
        Cell::Uuid(Uuid::max()),
    ]
}

/// Partitions that have too few cells, too many, or of the wrong type, are asked for too: an empty
/// answer and an error are both right.
fn no_scan_panics(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let id = probe.uuid();
    probe.insert(&[account(id, "a").doc(), Job { due: None, ..job(id, id)? }.doc()])?;
    for index in IndexName::ALL {
        for width in 0..=5 {
            for cell in cells() {
                let ends = [
                    (Bound::Unbounded, Bound::Unbounded),
                    (Bound::Excluded(cell.clone()), Bound::Excluded(cell.clone())),
                    (Bound::Included(Cell::Uuid(Uuid::max())), Bound::Included(Cell::Null)),
                ];
                for (from, to) in ends {
                    let partition = vec![cell.clone(); width];
                    let scan = Scan { from, to, ..Scan::all(index, partition, usize::MAX) };
                    let after = Some((cell.clone(), Cell::Null));
                    let scans = [Scan { descending: true, after, ..scan.clone() }, scan];
                    for scan in scans {
                        drop(store.scan(probe.firm, &scan));
                        drop(store.count(probe.firm, &scan));
                    }
                }
            }
        }
    }
    still_works(&probe)
}

fn no_read_of_log_or_queue_panics(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut batch = probe.batch();
    batch.entries.push(std::sync::Arc::new(entry(&probe)));
    probe.done(&batch)?;
    probe.enqueue(&[notice(&probe, None, super::probe::at(0))?])?;
    for number in [0, 1, u64::MAX >> 1, (u64::MAX >> 1).saturating_add(1), u64::MAX] {
        for limit in [0, 1, usize::MAX] {
            for descending in [false, true] {
                let scan = LogScan { after: Some(LogPosition(number)), descending, ..LogScan::new(LogBy::Firm, limit) };
                drop(store.log(probe.firm, &scan));
            }
            let (queue, state) = (Queue::Outbox, QueuedState::Waiting);
            drop(store.queued(&QueueScan { queue, firm: probe.firm, state, after: Some(number), limit }));
        }
    }
    still_works(&probe)
}

fn no_batch_panics(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = account(probe.uuid(), "a").doc();
    let other = account(probe.uuid(), "b").doc();
    probe.insert(std::slice::from_ref(&document))?;
    for expected in [0, u64::MAX >> 1, Revision::MAX] {
        let mut batch = probe.batch();
        batch.puts.push(update(expected, &document, &document));
        drop(store.commit(&[batch]));
        let mut batch = probe.batch();
        batch.checks.push(Check { id: document.id(), expected: Some(expected) });
        drop(store.commit(&[batch]));
    }
    let row = notice(&probe, None, super::probe::at(0))?;
    let settle = |generation, how| Settle { queue: Queue::Outbox, id: row.id, generation, how };
    let odd: [&dyn Fn(&mut Batch); 7] = [
        &|batch| batch.puts = vec![insert(&other), insert(&other)],
        &|batch| batch.puts = vec![Put { previous: None, ..update(1, &document, &document) }],
        &|batch| batch.puts = vec![Put { previous: Some(document.clone()), ..insert(&other) }],
        &|batch| batch.enqueue = vec![row.clone(), row.clone()],
        &|batch| batch.enqueue = vec![Enqueue { lane: Some(row.id), ..row.clone() }],
        &|batch| batch.settle = vec![settle(None, SettleHow::Done), settle(None, SettleHow::Done)],
        &|batch| batch.settle = vec![settle(Some(u64::MAX), SettleHow::Done)],
    ];
    for change in odd {
        let mut batch = probe.batch();
        change(&mut batch);
        drop(store.commit(&[batch]));
    }
    still_works(&probe)
}

fn no_instant_panics(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let ends = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC];
    for due in ends {
        let mut batch = probe.batch();
        let lease = Some(Lease { owner: Uuid::nil(), until: due });
        batch.enqueue = vec![notice(&probe, None, due)?, Enqueue { lease, ..notice(&probe, None, due)? }];
        drop(store.commit(&[batch]));
    }
    for now in ends {
        for until in ends {
            let lease = Lease { owner: Uuid::max(), until };
            let claim = Claim { queue: Queue::Outbox, firm: Some(probe.firm), now, lease, limit: usize::MAX };
            for claimed in store.claim(&claim).unwrap_or_default() {
                let mut batch = probe.batch();
                let how = SettleHow::Retry { at: until, error: String::new() };
                batch.settle.push(super::probe::settle(&claimed, how));
                drop(store.commit(&[batch]));
            }
        }
    }
    let scan =
        QueueScan { queue: Queue::Outbox, firm: probe.firm, state: QueuedState::Waiting, after: None, limit: 100 };
    // Takes away what is left, so that no row due before all others stays in a shared store.
    for row in store.queued(&scan).unwrap_or_default() {
        let mut batch = probe.batch();
        batch.settle.push(Settle { queue: Queue::Outbox, id: row.id, generation: None, how: SettleHow::Done });
        drop(store.commit(&[batch]));
    }
    still_works(&probe)
}

fn no_tally_panics(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for number in [i64::MAX, i64::MAX, i64::MIN, i64::MIN, i64::MIN] {
        let StageDelta { pipeline, stage, .. } = delta("p", "s", 0)?;
        let by = StageTally { jobs: number, attention: number, open_blockers: number, done_blockers: number };
        let mut batch = probe.batch();
        batch.tallies.push(StageDelta { pipeline: pipeline.clone(), stage, by });
        drop(store.commit(&[batch]));
        drop(store.tallies(probe.firm, &pipeline));
    }
    still_works(&probe)
}
