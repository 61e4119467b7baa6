//! A firm as it is at one moment. A store that cannot show one passes by saying so.

use std::sync::Arc;

use super::fixture::{Wrap, account, entry, notice};
use super::probe::{Outcome, Probe, at, insert, same, settle, why};
use crate::error::{ErrorKind, StoreError};
use crate::store::{
    Claim, DocId, Document, IndexName, Lease, LogBy, LogScan, Queue, QueueScan, QueuedState, Scan, SettleHow, Store,
    Transact,
};

area! {
    "moments":
    a_moment_stands_still_while_others_commit,
    a_moment_sees_what_was_acknowledged_before,
    a_moment_cannot_be_changed,
    what_the_reader_answers_is_answered,
}

/// Shows a moment to a reader that answers what is wrong. Nothing is, where a store cannot.
fn show(probe: &Probe<'_>, read: &mut dyn FnMut(&dyn Transact) -> Outcome) -> Outcome {
    let mut answered: Option<Outcome> = None;
    let shown = probe.store.at_one_moment(probe.firm, &mut |moment| {
        answered = Some(read(moment));
        Ok(())
    });
    match (shown, answered) {
        (Ok(()), Some(answered)) => answered,
        (Ok(()), None) => Err("no moment was shown".to_owned()),
        (Err(error), None) if error.kind() == ErrorKind::Unsupported => Ok(()),
        (Err(error), _) => Err(format!("a moment cannot be shown: {error} ({:?})", error.kind())),
    }
}

/// How much there is of everything: documents found, entries, waiting and dead rows.
fn counts(probe: &Probe<'_>, seen: &dyn Transact, id: &DocId) -> Result<[usize; 5], String> {
    let found = seen.get(probe.firm, std::slice::from_ref(id)).map_err(why)?.into_iter().flatten().count();
    let scan = Scan::all(IndexName::Accounts, Vec::new(), 100);
    let scanned = seen.scan(probe.firm, &scan).map_err(why)?.len();
    let entries = seen.log(probe.firm, &LogScan::new(LogBy::Firm, 100)).map_err(why)?.len();
    let rows = |state| {
        let scan = QueueScan { queue: Queue::Outbox, firm: probe.firm, state, after: None, limit: 100 };
        Ok::<usize, String>(seen.queued(&scan).map_err(why)?.len())
    };
    Ok([found, scanned, entries, rows(QueuedState::Waiting)?, rows(QueuedState::Dead)?])
}

/// Writes one of everything.
fn write(probe: &Probe<'_>, document: &Document) -> Outcome {
    let mut batch = probe.batch();
    batch.puts.push(insert(document));
    batch.entries.push(Arc::new(entry(probe)));
    batch.enqueue.push(notice(probe, None, at(0))?);
    probe.done(&batch).map(drop)
}

fn a_moment_stands_still_while_others_commit(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (old, new) = (account(probe.uuid(), "old").doc(), account(probe.uuid(), "new").doc());
    write(&probe, &old)?;
    let mut shown = false;
    show(&probe, &mut |moment| {
        shown = true;
        same("at first", counts(&probe, moment, &new.id())?, [0, 1, 1, 1, 0])?;
        let commit = || {
            write(&probe, &new)?;
            for claimed in probe.claim(Queue::Outbox, at(1), 60, 1)? {
                probe.settle(settle(&claimed, SettleHow::Dead { error: "refused".to_owned() }))?;
            }
            Ok::<(), String>(())
        };
        std::thread::scope(|scope| {
            scope.spawn(commit).join().map_err(|_| "committing meanwhile panicked".to_owned())
        })??;
        same("in the store", counts(&probe, store, &new.id())?, [1, 2, 2, 1, 1])?;
        same("in the moment", counts(&probe, moment, &new.id())?, [0, 1, 1, 1, 0])
    })?;
    // A store that shows no moment has let nobody write in it.
    let expected = if shown { [1, 2, 2, 1, 1] } else { [0, 1, 1, 1, 0] };
    same("afterwards", counts(&probe, store, &new.id())?, expected)
}

fn a_moment_sees_what_was_acknowledged_before(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for number in 1..=3 {
        let document = account(probe.uuid(), "name").doc();
        write(&probe, &document)?;
        show(&probe, &mut |moment| {
            same("in the moment", counts(&probe, moment, &document.id())?, [1, number, number, number, 0])
        })?;
    }
    Ok(())
}

fn a_moment_cannot_be_changed(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (old, new) = (account(probe.uuid(), "old").doc(), account(probe.uuid(), "new").doc());
    write(&probe, &old)?;
    show(&probe, &mut |moment| {
        let mut batch = probe.batch();
        batch.puts.push(insert(&new));
        ensure!(moment.commit(&[batch]).is_err(), "a commit through a moment is not refused");
        let lease = Lease { owner: probe.uuid(), until: at(60) };
        let claim = Claim { queue: Queue::Outbox, firm: Some(probe.firm), now: at(1), lease, limit: 10 };
        ensure!(moment.claim(&claim).is_err(), "a claim through a moment is not refused");
        Ok(())
    })?;
    probe.lacks(&new.id())?;
    same("attempts", probe.queued(Queue::Outbox, QueuedState::Waiting)?.iter().map(|row| row.attempts).sum::<u32>(), 0)
}

fn what_the_reader_answers_is_answered(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut called = 0u32;
    let shown = store.at_one_moment(probe.firm, &mut |_| {
        called = called.saturating_add(1);
        Err(StoreError::new(ErrorKind::NotAStore, "the reader gives up"))
    });
    match shown {
        Err(error) if error.kind() == ErrorKind::Unsupported => same("calls of the reader", called, 0),
        Err(error) => {
            same("calls of the reader", called, 1)?;
            same("the kind of error", error.kind(), ErrorKind::NotAStore)
        }
        Ok(()) => Err("the reader's error is lost".to_owned()),
    }
}
