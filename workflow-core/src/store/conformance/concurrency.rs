//! Threads: none sees half of a commit, and none undoes what another did.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::fixture::{Wrap, account, called, delta, entry, firm, key, keyed, notice};
use super::probe::{Outcome, Probe, at, insert, patiently, same, settle, update};
use crate::id::{EntryId, PipelineKey};
use crate::store::{
    Batch, Claim, Conflict, DocId, Document, IndexName, Lease, LogBy, LogScan, Queue, QueuedState, Record, Scan,
    SettleHow, StageGuard, Store,
};

area! {
    "concurrency":
    increments_are_not_lost,
    claims_never_hand_out_a_row_twice,
    readers_see_whole_batches,
    a_read_sees_what_was_acknowledged_before_it,
    a_reader_of_the_log_misses_nothing,
    one_of_several_wins_a_unique_place,
    one_of_several_wins_an_idempotency_key,
    guards_hold_among_threads,
}

const THREADS: u64 = 4;
const INCREMENTS: u64 = 50;

/// How long a thread goes on without coming any further.
const STUCK: Duration = Duration::from_secs(30);

/// How often the writers of a check commit.
const ROUNDS: u64 = 40;

/// How long a writer rests after a commit, so that others get to run on few processors too.
const PACE: Duration = Duration::from_micros(200);

fn joined<T>(handle: ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    handle.join().unwrap_or_else(|_| Err("a thread panicked".to_owned()))
}

/// Runs the same in several threads and collects what they answer.
fn in_threads<T: Send>(work: impl Fn(u64) -> Result<T, String> + Sync) -> Result<Vec<T>, String> {
    thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || work(number))).collect();
        handles.into_iter().map(joined).collect()
    })
}

/// Commits one batch, patiently.
fn commit(probe: &Probe<'_>, batch: &Batch) -> Result<Result<(), Conflict>, String> {
    let answers = patiently("commit", || probe.store.commit(std::slice::from_ref(batch)))?;
    let answer = answers.into_iter().next().ok_or("commit answered nothing")?;
    Ok(answer.map(drop))
}

/// The documents of keys, patiently.
fn get(probe: &Probe<'_>, ids: &[DocId]) -> Result<Vec<Option<Record>>, String> {
    patiently("get", || probe.store.get(probe.firm, ids))
}

/// The number that a firm's document counts.
fn counted(record: Option<&Record>) -> Result<u64, String> {
    match record.map(|record| &record.document) {
        Some(Document::Firm(firm)) => Ok(firm.definitions),
        other => Err(format!("expected the firm, got {other:?}")),
    }
}

fn increments_are_not_lost(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.insert(&[firm(&probe, 0)])?;
    let increment = || -> Result<bool, String> {
        let held = get(&probe, &[DocId::Firm])?.into_iter().next().flatten().ok_or("the firm is gone")?;
        // Lets another thread in between.
        thread::yield_now();
        let next = firm(&probe, counted(Some(&held))?.saturating_add(1));
        let mut batch = probe.batch();
        batch.puts.push(update(held.revision, &held.document, &next));
        match commit(&probe, &batch)? {
            Ok(()) => Ok(true),
            Err(Conflict::Document(DocId::Firm)) => Ok(false),
            Err(conflict) => Err(format!("an increment conflicts by {conflict:?}")),
        }
    };
    in_threads(|_| {
        let (mut done, mut last) = (0, Instant::now());
        while done < INCREMENTS {
            if increment()? {
                (done, last) = (done.saturating_add(1), Instant::now());
            }
            ensure!(last.elapsed() < STUCK, "an increment does not come through, however often it is tried");
        }
        Ok(())
    })?;
    let wanted = THREADS.saturating_mul(INCREMENTS);
    probe.holds(&firm(&probe, wanted), wanted.saturating_add(1))
}

fn claims_never_hand_out_a_row_twice(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let lanes = [None, Some(probe.uuid()), None, Some(probe.uuid()), Some(probe.uuid())];
    let rows = lanes.iter().cycle().take(80).map(|lane| notice(&probe, *lane, at(0))).collect::<Result<Vec<_>, _>>()?;
    probe.enqueue(&rows)?;
    let left = AtomicU64::new(80);
    let taken = in_threads(|_| {
        let lease = Lease { owner: probe.uuid(), until: at(1_000_000) };
        let claim = Claim { queue: Queue::Outbox, firm: Some(probe.firm), now: at(1), lease, limit: 3 };
        let (mut taken, mut last) = (Vec::new(), Instant::now());
        while left.load(Ordering::Acquire) > 0 {
            let claimed = patiently("claim", || store.claim(&claim))?;
            if claimed.is_empty() {
                ensure!(last.elapsed() < STUCK, "{} rows are never handed out", left.load(Ordering::Acquire));
                thread::yield_now();
            } else {
                last = Instant::now();
            }
            for row in claimed {
                taken.push((row.id, row.generation));
                let mut batch = probe.batch();
                batch.settle.push(settle(&row, SettleHow::Done));
                same("settling a row that was handed out", commit(&probe, &batch)?, Ok(()))?;
                left.fetch_sub(1, Ordering::AcqRel);
            }
        }
        Ok(taken)
    });
    let mut taken: Vec<(Uuid, u64)> = taken?.concat();
    taken.sort_unstable();
    let mut wanted: Vec<(Uuid, u64)> = rows.iter().map(|row| (row.id, 1)).collect();
    wanted.sort_unstable();
    same("rows handed out and their generations", taken == wanted, true)?;
    same("rows left", probe.queued(Queue::Outbox, QueuedState::Waiting)?.len(), 0)
}

/// The accounts that one batch renames together, under a number.
fn renamed(ids: &[Uuid], number: u64) -> Vec<Document> {
    // Even numbers sort before odd ones, so that rows move over each other.
    let side = if number.is_multiple_of(2) { "a" } else { "b" };
    ids.iter().map(|id| account(*id, &format!("{side}{number:04}")).doc()).collect()
}

/// Writes rounds of batches that belong together: accounts, the firm, a tally and an entry.
fn write_rounds(probe: &Probe<'_>, ids: &[Uuid]) -> Outcome {
    for number in 1..=ROUNDS {
        let before = number.saturating_sub(1);
        let mut batch = probe.batch();
        for (previous, next) in renamed(ids, before).iter().zip(&renamed(ids, number)) {
            batch.puts.push(update(number, previous, next));
        }
        batch.puts.push(update(number, &firm(probe, before), &firm(probe, number)));
        batch.tallies.push(delta("p", "s", 1)?);
        batch.entries.push(Arc::new(entry(probe)));
        same("a commit of the only writer", commit(probe, &batch)?, Ok(()))?;
        thread::sleep(PACE);
    }
    Ok(())
}

/// Reads in every way, and holds the answers against each other.
fn read_whole(probe: &Probe<'_>, ids: &[Uuid], keys: &[DocId], pipeline: &PipelineKey) -> Outcome {
    let at_once = get(probe, keys)?;
    let number = counted(at_once.last().and_then(Option::as_ref))?;
    let revision = number.saturating_add(1);
    let mut documents = renamed(ids, number);
    documents.push(firm(probe, number));
    let wanted: Vec<_> = documents.into_iter().map(|document| Some(Record { revision, document })).collect();
    same("documents read at one instant", &at_once, &wanted)?;
    let scan = Scan::all(IndexName::Accounts, Vec::new(), 100);
    let hits = patiently("scan", || probe.store.scan(probe.firm, &scan))?;
    let names: BTreeSet<_> = hits.iter().map(|hit| hit.sort.clone()).collect();
    let revisions: BTreeSet<_> = hits.iter().map(|hit| hit.record.revision).collect();
    same("rows of a scan during commits", hits.len(), ids.len())?;
    same("names and revisions among them", (names.len(), revisions.len()), (1, 1))?;
    same("count during commits", patiently("count", || probe.store.count(probe.firm, &scan))?, ids.len())?;
    // What is read later is of the same commit or of a later one.
    let tallies = patiently("tallies", || probe.store.tallies(probe.firm, pipeline))?;
    let jobs: i64 = tallies.iter().map(|(_, tally)| tally.jobs).sum();
    let entries = patiently("log", || probe.store.log(probe.firm, &LogScan::new(LogBy::Firm, 1_000)))?.len();
    let after = get(probe, keys)?;
    let after = counted(after.last().and_then(Option::as_ref))?;
    let within = |what: &str, told: u64| {
        ensure!((number..=after).contains(&told), "{what} are {told} between commits {number} and {after}");
        Ok(())
    };
    within("jobs", u64::try_from(jobs).unwrap_or(0))?;
    within("entries", u64::try_from(entries).unwrap_or(0))
}

fn readers_see_whole_batches(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let ids: Vec<Uuid> = (0..6).map(|_| probe.uuid()).collect();
    let mut documents = renamed(&ids, 0);
    documents.push(firm(&probe, 0));
    probe.insert(&documents)?;
    let keys: Vec<DocId> = documents.iter().map(Document::id).collect();
    let pipeline = key("p")?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let read = || {
            while !done.load(Ordering::Acquire) {
                read_whole(&probe, &ids, &keys, &pipeline)?;
            }
            read_whole(&probe, &ids, &keys, &pipeline)
        };
        let readers = [scope.spawn(read), scope.spawn(read)];
        let written = write_rounds(&probe, &ids);
        done.store(true, Ordering::Release);
        let read: Result<Vec<()>, String> = readers.into_iter().map(joined).collect();
        written.and(read.map(drop))
    })
}

fn a_read_sees_what_was_acknowledged_before_it(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.insert(&[firm(&probe, 0)])?;
    let acknowledged = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let write = || {
        for number in 1..=ROUNDS {
            let mut batch = probe.batch();
            batch.puts.push(update(number, &firm(&probe, number.saturating_sub(1)), &firm(&probe, number)));
            batch.entries.push(Arc::new(entry(&probe)));
            same("a commit of the only writer", commit(&probe, &batch)?, Ok(()))?;
            acknowledged.store(number, Ordering::Release);
            thread::sleep(PACE);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let read = || {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let before = acknowledged.load(Ordering::Acquire);
                let found = counted(get(&probe, &[DocId::Firm])?.first().and_then(Option::as_ref))?;
                ensure!(found >= before, "a read sees commit {found}, but {before} was acknowledged before it");
                ensure!(found >= last, "a read sees commit {found}, but {last} was seen before it");
                last = found;
                let scan = LogScan::new(LogBy::Firm, 1_000);
                let entries = patiently("log", || store.log(probe.firm, &scan))?.len();
                let entries = u64::try_from(entries).unwrap_or(0);
                ensure!(entries >= last, "the log has {entries} entries, but commit {last} was seen before");
            }
            Ok(())
        };
        let readers = [scope.spawn(read), scope.spawn(read)];
        let written = write();
        done.store(true, Ordering::Release);
        let read: Result<Vec<()>, String> = readers.into_iter().map(joined).collect();
        written.and(read.map(drop))
    })
}

fn a_reader_of_the_log_misses_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let done = AtomicBool::new(false);
    let read_on = |scan: &mut LogScan, seen: &mut Vec<EntryId>| -> Outcome {
        let page = patiently("log", || store.log(probe.firm, scan))?;
        scan.after = page.last().map(|logged| logged.position).or(scan.after);
        seen.extend(page.into_iter().map(|logged| logged.entry.id));
        ensure!(seen.len() < 10_000, "a reader that goes on from the last position sees entries without end");
        Ok(())
    };
    let seen = thread::scope(|scope| {
        let tail = scope.spawn(|| {
            let (mut scan, mut seen) = (LogScan::new(LogBy::Firm, 7), Vec::new());
            while !done.load(Ordering::Acquire) {
                read_on(&mut scan, &mut seen)?;
            }
            let mut before = usize::MAX;
            while seen.len() != before {
                before = seen.len();
                read_on(&mut scan, &mut seen)?;
            }
            Ok(seen)
        });
        let written = in_threads(|_| {
            for number in 0..ROUNDS {
                let mut batch = probe.batch();
                batch.entries = (0..number % 3).map(|_| Arc::new(entry(&probe))).collect();
                same("a commit of entries alone", commit(&probe, &batch)?, Ok(()))?;
                thread::sleep(PACE);
            }
            Ok(())
        });
        done.store(true, Ordering::Release);
        let seen = joined(tail);
        written.and(seen)
    })?;
    let all: Vec<EntryId> = probe.logged(LogBy::Firm)?.iter().map(|entry| entry.id).collect();
    let wanted = (0..ROUNDS).map(|number| number % 3).sum::<u64>().saturating_mul(THREADS);
    same("entries of the log", u64::try_from(all.len()).unwrap_or(0), wanted)?;
    same("entries that a reader saw while they were written", seen, all)
}

/// Each thread commits a batch of its own; tells how many came through, and how the others failed.
fn race(probe: &Probe<'_>, batches: &[Batch]) -> Result<(usize, Vec<Conflict>), String> {
    let answers = in_threads(|number| {
        let place = usize::try_from(number).unwrap_or(0);
        batches.get(place).map_or_else(|| Err("no batch".to_owned()), |batch| commit(probe, batch))
    })?;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    Ok((won, answers.into_iter().filter_map(Result::err).collect()))
}

fn one_of_several_wins_a_unique_place(store: &dyn Store) -> Outcome {
    for _ in 0..10 {
        let probe = Probe::new(store);
        let mut batches = Vec::new();
        for _ in 0..THREADS {
            let mut batch = probe.batch();
            batch.puts.push(insert(&called(probe.uuid(), "name", "x")?));
            batches.push(batch);
        }
        let (won, lost) = race(&probe, &batches)?;
        same("accounts that got the reference", won, 1)?;
        same("conflicts of the others", lost, vec![Conflict::Unique(IndexName::AccountExternal); 3])?;
        same("accounts", probe.count(&Scan::all(IndexName::Accounts, Vec::new(), 10))?, 1)?;
    }
    Ok(())
}

fn one_of_several_wins_an_idempotency_key(store: &dyn Store) -> Outcome {
    for _ in 0..10 {
        let probe = Probe::new(store);
        let mut batches = Vec::new();
        for _ in 0..THREADS {
            let mut batch = probe.batch();
            batch.entries.push(Arc::new(keyed(&probe, "key")?));
            batches.push(batch);
        }
        let (won, lost) = race(&probe, &batches)?;
        same("entries that got the key", won, 1)?;
        same("conflicts of the others", lost, vec![Conflict::Key(key("key")?); 3])?;
        same("entries", probe.logged(LogBy::Firm)?.len(), 1)?;
    }
    Ok(())
}

fn guards_hold_among_threads(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let pipeline = key("p")?;
    let won = in_threads(|_| {
        let mut won = 0usize;
        for _ in 0..10 {
            let mut batch = probe.batch();
            batch.tallies.push(delta("p", "s", 1)?);
            batch.guards.push(StageGuard { pipeline: key("p")?, stage: key("s")?, at_most: 13 });
            match commit(&probe, &batch)? {
                Ok(()) => won = won.saturating_add(1),
                Err(Conflict::Guard(_)) => {}
                Err(conflict) => return Err(format!("a guarded batch conflicts by {conflict:?}")),
            }
        }
        Ok(won)
    })?;
    same("batches that came in", won.into_iter().sum::<usize>(), 13)?;
    let tallies = patiently("tallies", || store.tallies(probe.firm, &pipeline))?;
    same("jobs of the stage", tallies.iter().map(|(_, tally)| tally.jobs).sum::<i64>(), 13)
}
