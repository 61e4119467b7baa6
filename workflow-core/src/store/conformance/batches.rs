//! Batches: each entirely or not at all, one after the other.

use std::sync::Arc;

use super::fixture::{Wrap, account, called, day, delta, entry, firm, follow_up, key, keyed, notice, task};
use super::probe::{Outcome, Probe, at, delete, insert, same, update};
use crate::event::Entry;
use crate::id::{MemberId, PipelineKey, StageKey};
use crate::model::{Account, Task};
use crate::store::{
    Batch, Check, Conflict, DocId, Document, Enqueue, IndexName, LogBy, LogPosition, LogScan, Queue, QueuedState,
    Record, Scan, Settle, SettleHow, StageGuard, StageTally, Store,
};

area! {
    "batches":
    everything_of_a_batch_is_written,
    nothing_of_a_batch_that_conflicts_is_written,
    a_later_batch_sees_the_earlier_ones,
    a_document_that_several_batches_write_is_as_the_last_one_leaves_it,
    a_batch_that_conflicts_does_not_stop_the_others,
    one_commit_takes_batches_of_several_firms,
    a_commit_answers_the_position_of_its_last_entry,
    a_batch_without_entries_answers_the_logs_end,
    an_empty_batch_changes_nothing,
    what_was_made_ready_is_committed_like_anything_else,
}

/// What a firm holds, as far as these checks write it.
#[derive(Debug, PartialEq)]
struct Everything {
    documents: Vec<Option<Record>>,
    by_name: Vec<Record>,
    tallies: Vec<(StageKey, StageTally)>,
    log: Vec<Arc<Entry>>,
    rows: Vec<crate::store::Waiting>,
}

fn everything(probe: &Probe<'_>, ids: &[DocId]) -> Result<Everything, String> {
    let pipeline: PipelineKey = key("returns")?;
    let mut tallies = probe.store.tallies(probe.firm, &pipeline).map_err(|error| error.to_string())?;
    tallies.retain(|(_, tally)| *tally != StageTally::default());
    tallies.sort_by(|a, b| a.0.cmp(&b.0));
    let mut rows = Vec::new();
    for queue in [Queue::Outbox, Queue::FollowUps] {
        for state in [QueuedState::Waiting, QueuedState::Dead] {
            rows.extend(probe.queued(queue, state)?);
        }
    }
    let by_name = probe.scan(&Scan::all(IndexName::Accounts, Vec::new(), 100))?;
    Ok(Everything {
        documents: probe.get(ids)?,
        by_name: by_name.into_iter().map(|hit| hit.record).collect(),
        tallies,
        log: probe.logged(LogBy::Firm)?,
        rows,
    })
}

/// A firm with a little of everything.
struct Setup {
    kept: Document,
    gone: Document,
    taken: Document,
    settled: Enqueue,
    dead: Enqueue,
    known: Arc<Entry>,
}

fn set_up(probe: &Probe<'_>) -> Result<Setup, String> {
    let setup = Setup {
        kept: account(probe.uuid(), "kept").doc(),
        gone: account(probe.uuid(), "gone").doc(),
        taken: called(probe.uuid(), "taken", "ext-1")?,
        settled: notice(probe, None, at(0))?,
        dead: notice(probe, None, at(0))?,
        known: Arc::new(keyed(probe, "key-1")?),
    };
    let mut batch = probe.batch();
    batch.puts = [&setup.kept, &setup.gone, &setup.taken].into_iter().map(insert).collect();
    batch.enqueue = vec![setup.settled.clone(), setup.dead.clone()];
    batch.entries = vec![Arc::clone(&setup.known)];
    batch.tallies = vec![delta("returns", "intake", 3)?];
    probe.done(&batch)?;
    Ok(setup)
}

fn settled(row: &Enqueue, how: SettleHow) -> Settle {
    Settle { queue: row.body.queue(), id: row.id, generation: None, how }
}

/// A batch that does one of everything; with it, the keys of the documents that it touches.
fn one_of_everything(probe: &Probe<'_>, setup: &Setup) -> Result<(Batch, Vec<DocId>), String> {
    let new = called(probe.uuid(), "new", "ext-2")?;
    let DocId::Account(kept) = setup.kept.id() else { return Err("not an account".to_owned()) };
    let mut batch = probe.batch();
    batch.checks.push(Check { id: setup.taken.id(), expected: Some(1) });
    batch.puts.push(insert(&new));
    batch.puts.push(update(1, &setup.kept, &account(kept.0, "kept, renamed").doc()));
    batch.puts.push(insert(&firm(probe, 1)));
    batch.deletes.push(delete(1, &setup.gone));
    batch.tallies = vec![delta("returns", "intake", -1)?, delta("returns", "review", 1)?];
    batch.guards.push(StageGuard { pipeline: key("returns")?, stage: key("review")?, at_most: 1 });
    batch.entries = vec![Arc::new(keyed(probe, "key-2")?), Arc::new(entry(probe))];
    batch.enqueue = vec![notice(probe, None, at(5))?, follow_up(probe, None, at(6))?];
    batch.settle = vec![settled(&setup.settled, SettleHow::Done)];
    batch.settle.push(settled(&setup.dead, SettleHow::Dead { error: "no".to_owned() }));
    let ids = vec![new.id(), setup.kept.id(), DocId::Firm, setup.gone.id(), setup.taken.id()];
    Ok((batch, ids))
}

fn everything_of_a_batch_is_written(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let setup = set_up(&probe)?;
    let (batch, ids) = one_of_everything(&probe, &setup)?;
    probe.done(&batch)?;
    let now = everything(&probe, &ids)?;
    let revisions: Vec<_> = now.documents.iter().map(|record| record.as_ref().map(|record| record.revision)).collect();
    same("revisions after the batch", revisions, vec![Some(1), Some(2), Some(1), None, Some(1)])?;
    let names: Vec<_> = now.by_name.iter().map(|record| record.document.columns().into_iter().next()).collect();
    let wanted = ["kept, renamed", "new", "taken"].map(|name| Some(name.into()));
    same("accounts by name after the batch", names, wanted.to_vec())?;
    let jobs: Vec<_> = now.tallies.iter().map(|(stage, tally)| (stage.as_str(), tally.jobs)).collect();
    same("jobs of the stages", jobs, vec![("intake", 2), ("review", 1)])?;
    same("entries of the log", now.log.len(), 3)?;
    let rows: Vec<_> = now.rows.iter().map(|row| row.id).collect();
    let wanted = batch.enqueue.iter().map(|row| row.id);
    let (outbox, follow_ups): (Vec<_>, Vec<_>) = (wanted.clone().take(1).collect(), wanted.skip(1).collect());
    same("queued rows", rows, [outbox, vec![setup.dead.id], follow_ups].concat())
}

/// A way to spoil a batch: its name, what is added, and the conflict; any when there is none.
type Poison = (&'static str, Batch, Option<Conflict>);

/// Ways to spoil a batch.
fn poisons(probe: &Probe<'_>, setup: &Setup) -> Result<Vec<Poison>, String> {
    let absent = account(probe.uuid(), "absent").doc();
    let with = |change: &dyn Fn(&mut Batch)| {
        let mut batch = probe.batch();
        change(&mut batch);
        batch
    };
    let stale = Conflict::Document(setup.taken.id());
    let unique = called(probe.uuid(), "late", "ext-1")?;
    let guard = StageGuard { pipeline: key("returns")?, stage: key("intake")?, at_most: 1 };
    let again = Arc::new(keyed(probe, "key-1")?);
    let same_id = Arc::new(Entry { id: setup.known.id, ..entry(probe) });
    let lost = Settle { generation: Some(77), ..settled(&setup.settled, SettleHow::Done) };
    let unknown = Settle { id: probe.uuid(), ..settled(&setup.settled, SettleHow::Done) };
    let check = Check { id: setup.taken.id(), expected: Some(2) };
    Ok(vec![
        ("a check", with(&|batch| batch.checks.push(check.clone())), Some(stale.clone())),
        ("an update", with(&|batch| batch.puts.push(update(2, &setup.taken, &setup.taken))), Some(stale.clone())),
        ("an insert", with(&|batch| batch.puts.push(insert(&setup.taken))), Some(stale.clone())),
        ("a delete", with(&|batch| batch.deletes.push(delete(2, &setup.taken))), Some(stale)),
        (
            "a delete of what is absent",
            with(&|batch| batch.deletes.push(delete(1, &absent))),
            Some(Conflict::Document(absent.id())),
        ),
        (
            "a unique index",
            with(&|batch| batch.puts.push(insert(&unique))),
            Some(Conflict::Unique(IndexName::AccountExternal)),
        ),
        ("a guard", with(&|batch| batch.guards.push(guard.clone())), Some(Conflict::Guard(key("intake")?))),
        (
            "an idempotency key",
            with(&|batch| batch.entries.push(Arc::clone(&again))),
            Some(Conflict::Key(key("key-1")?)),
        ),
        ("an entry's identifier", with(&|batch| batch.entries.push(Arc::clone(&same_id))), None),
        ("a lost lease", with(&|batch| batch.settle.push(lost.clone())), Some(Conflict::Lease)),
        ("a lost row", with(&|batch| batch.settle.push(unknown.clone())), Some(Conflict::Lease)),
    ])
}

fn nothing_of_a_batch_that_conflicts_is_written(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let setup = set_up(&probe)?;
    for (what, poison, wanted) in poisons(&probe, &setup)? {
        let (mut batch, ids) = one_of_everything(&probe, &setup)?;
        let before = everything(&probe, &ids)?;
        // At the end, so that a store that writes as it goes has written already.
        batch.checks.extend(poison.checks);
        batch.puts.extend(poison.puts);
        batch.deletes.extend(poison.deletes);
        batch.guards.extend(poison.guards);
        batch.entries.extend(poison.entries);
        batch.settle.extend(poison.settle);
        match (probe.commit(&batch)?, wanted) {
            (Err(conflict), wanted) if wanted.as_ref().is_none_or(|wanted| *wanted == conflict) => {}
            (answer, wanted) => return Err(format!("a batch spoilt by {what}: expected {wanted:?}, got {answer:?}")),
        }
        same(format!("the firm after a batch spoilt by {what}"), everything(&probe, &ids)?, before)?;
    }
    // And what was left out of it can be committed still.
    let (batch, _) = one_of_everything(&probe, &setup)?;
    probe.done(&batch).map(drop)
}

fn a_later_batch_sees_the_earlier_ones(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let id = probe.uuid();
    let named = |name: &str| account(id, name).doc();
    let row = notice(&probe, None, at(0))?;
    let mut batches: Vec<Batch> = (0..6).map(|_| probe.batch()).collect();
    if let [first, second, third, fourth, fifth, sixth] = batches.as_mut_slice() {
        first.puts.push(insert(&named("a")));
        first.tallies.push(delta("returns", "intake", 2)?);
        first.enqueue.push(row.clone());
        first.entries.push(Arc::new(keyed(&probe, "key-1")?));
        second.checks.push(Check { id: named("a").id(), expected: Some(1) });
        second.puts.push(update(1, &named("a"), &named("b")));
        second.settle.push(settled(&row, SettleHow::Done));
        third.guards.push(StageGuard { pipeline: key("returns")?, stage: key("intake")?, at_most: 2 });
        third.tallies.push(delta("returns", "intake", 1)?);
        fourth.entries.push(Arc::new(keyed(&probe, "key-1")?));
        fifth.deletes.push(delete(2, &named("b")));
        sixth.settle.push(settled(&row, SettleHow::Done));
    }
    let answers: Vec<_> = probe.commit_all(&batches)?.into_iter().map(|answer| answer.map(drop)).collect();
    let wanted = vec![
        Ok(()),
        Ok(()),
        Err(Conflict::Guard(key("intake")?)),
        Err(Conflict::Key(key("key-1")?)),
        Ok(()),
        Err(Conflict::Lease),
    ];
    same("answers of a commit whose batches build on each other", answers, wanted)?;
    probe.lacks(&named("b").id())
}

/// With what its indexes say, in tables of their own too, and whatever else is between.
fn a_document_that_several_batches_write_is_as_the_last_one_leaves_it(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (id, owner) = (probe.uuid(), probe.uuid());
    let members = [probe.uuid(), probe.uuid()].map(MemberId);
    let assigned = |to: &[MemberId], task_due: u64| {
        Task { assignees: to.iter().copied().collect(), due: Some(day(task_due)), ..task(id) }.doc()
    };
    let [first, second] = members;
    let versions =
        [assigned(&[first], 1), assigned(&[first, second], 1), assigned(&[second], 2), assigned(&[first, second], 3)];
    let renamed = |name: &str| account(owner, name).doc();
    let mut batches = Vec::new();
    for (number, version) in (0u64..).zip(&versions) {
        let before = usize::try_from(number).ok().and_then(|place| place.checked_sub(1));
        let mut batch = probe.batch();
        batch.puts.push(match before.and_then(|place| versions.get(place)) {
            Some(before) => update(number, before, version),
            None => insert(version),
        });
        batch.puts.push(match number {
            0 => insert(&renamed("0")),
            _ => update(number, &renamed(&(number - 1).to_string()), &renamed(&number.to_string())),
        });
        batch.entries.push(Arc::new(entry(&probe)));
        batches.push(batch);
    }
    let answers = probe.commit_all(&batches)?;
    let positions: Vec<_> = answers.iter().filter_map(|answer| Some(answer.as_ref().ok()?.position)).collect();
    same("the batches that fit", positions.len(), batches.len())?;
    ensure!(positions.is_sorted_by(|one, next| one < next), "positions in another order: {positions:?}");
    let logged: Vec<_> = probe.logged(LogBy::Firm)?.iter().map(|entry| entry.id).collect();
    let wanted: Vec<_> = batches.iter().flat_map(|batch| &batch.entries).map(|entry| entry.id).collect();
    same("entries of the log, in order", logged, wanted)?;
    let [.., last] = &versions;
    probe.holds(last, 4)?;
    probe.holds(&renamed("3"), 4)?;
    for member in members {
        let mine = Scan::all(IndexName::TaskAssignees, vec![member.0.into(), 0.into()], 10);
        let found: Vec<_> = probe.scan(&mine)?.into_iter().map(|hit| hit.record.document).collect();
        same("tasks of a member", found, vec![last.clone()])?;
    }
    Ok(())
}

fn a_batch_that_conflicts_does_not_stop_the_others(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let documents: Vec<Document> = (0..5).map(|number| account(probe.uuid(), &number.to_string()).doc()).collect();
    let stale = account(probe.uuid(), "stale").doc();
    let mut batches = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        let mut batch = probe.batch();
        batch.puts.push(insert(document));
        if place % 2 == 1 {
            batch.puts.push(update(9, &stale, &stale));
        }
        batches.push(batch);
    }
    let answers: Vec<_> = probe.commit_all(&batches)?.into_iter().map(|answer| answer.map(drop)).collect();
    let lost = || Err(Conflict::Document(stale.id()));
    same("answers", answers, vec![Ok(()), lost(), Ok(()), lost(), Ok(())])?;
    for (place, document) in documents.iter().enumerate() {
        if place % 2 == 1 { probe.lacks(&document.id())? } else { probe.holds(document, 1)? }
    }
    Ok(())
}

fn one_commit_takes_batches_of_several_firms(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let document = account(ours.uuid(), "ours").doc();
    let twin = match &document {
        Document::Account(account) => Account { name: "theirs".to_owned(), ..Account::clone(account) }.doc(),
        other => other.clone(),
    };
    let (mut first, mut second) = (ours.batch(), theirs.batch());
    first.puts.push(insert(&document));
    first.entries.push(Arc::new(entry(&ours)));
    second.puts.push(insert(&twin));
    second.entries.push(Arc::new(entry(&theirs)));
    let answers = ours.commit_all(&[first.clone(), second, first])?;
    let answers: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    same("whether the batches fit", answers, vec![true, true, false])?;
    ours.holds(&document, 1)?;
    theirs.holds(&twin, 1)
}

fn a_commit_answers_the_position_of_its_last_entry(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut last = LogPosition(0);
    for size in [1, 3, 2] {
        let mut batch = probe.batch();
        batch.entries = (0..size).map(|_| Arc::new(entry(&probe))).collect();
        let answer = probe.done(&batch)?;
        let newest = LogScan { descending: true, ..LogScan::new(LogBy::Firm, 1) };
        let newest = probe.log(&newest)?.pop().ok_or("the log is empty after a commit")?;
        same("the newest entry", newest.entry.id, batch.entries.last().map_or(newest.entry.id, |entry| entry.id))?;
        same("the position a commit answers", answer.position, newest.position)?;
        ensure!(answer.position > last, "the log's position went from {last} to {}", answer.position);
        last = answer.position;
    }
    Ok(())
}

fn a_batch_without_entries_answers_the_logs_end(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut with = probe.batch();
    with.entries.push(Arc::new(entry(&probe)));
    let mut without = probe.batch();
    without.puts.push(insert(&account(probe.uuid(), "a").doc()));
    let first = probe.done(&with)?.position;
    let end = probe.done(&without)?.position;
    ensure!(end >= first, "the log's end is {end}, but an entry is at {first}");
    let past = LogScan { after: Some(end), ..LogScan::new(LogBy::Firm, 10) };
    same("entries past the log's end", probe.log(&past)?.len(), 0)?;
    let mut next = probe.batch();
    next.entries.push(Arc::new(entry(&probe)));
    let next = probe.done(&next)?.position;
    ensure!(next > end, "an entry is at {next}, but the log's end was at {end} before it");
    same("entries past the former end", probe.log(&past)?.len(), 1)
}

fn an_empty_batch_changes_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let setup = set_up(&probe)?;
    let ids = [setup.kept.id(), setup.gone.id(), setup.taken.id()];
    let before = everything(&probe, &ids)?;
    same("answers of a commit without batches", probe.commit_all(&[])?.len(), 0)?;
    probe.done(&probe.batch())?;
    same("the firm after an empty batch", everything(&probe, &ids)?, before)
}

/// Nothing is written before its turn, and then everything that does not conflict by then.
fn what_was_made_ready_is_committed_like_anything_else(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let setup = set_up(&probe)?;
    let DocId::Account(kept) = setup.kept.id() else { return Err("not an account".to_owned()) };
    let named = |name: &str| account(kept.0, name).doc();
    let row = notice(&probe, None, at(5))?;
    let put = |put| {
        let mut batch = probe.batch();
        batch.puts.push(put);
        batch.entries.push(Arc::new(entry(&probe)));
        batch
    };
    let mut first = put(update(1, &setup.kept, &named("renamed")));
    first.enqueue.push(row.clone());
    first.tallies.push(delta("returns", "intake", 1)?);
    let batches =
        [first, put(update(1, &setup.taken, &setup.taken)), put(update(2, &named("renamed"), &named("again")))];

    let ids = [setup.kept.id(), setup.taken.id()];
    let before = everything(&probe, &ids)?;
    let ready = store.make_ready(batches.to_vec());
    same("the number of batches made ready", ready.batches.len(), batches.len())?;
    same("the firm when batches were made ready", everything(&probe, &ids)?, before)?;

    // By the time they are committed, one of them conflicts.
    probe.done(&put(update(1, &setup.taken, &setup.taken)))?;
    let commit = || store.commit_ready(&ready).map_err(|error| format!("commit_ready failed: {error}"));
    let answers: Vec<_> = commit()?.into_iter().map(|answer| answer.map(drop)).collect();
    let stale = || Err(Conflict::Document(setup.taken.id()));
    same("answers of what was made ready", answers, vec![Ok(()), stale(), Ok(())])?;
    probe.holds(&named("again"), 3)?;
    probe.holds(&setup.taken, 2)?;
    let after = everything(&probe, &ids)?;
    let logged: Vec<_> = after.log.iter().map(|entry| entry.id).skip(2).collect();
    let wanted: Vec<_> =
        [0, 2].iter().filter_map(|place| batches.get(*place)?.entries.first()).map(|it| it.id).collect();
    same("the log's end", logged, wanted)?;
    ensure!(after.rows.iter().any(|waiting| waiting.id == row.id), "nothing was queued");

    let answers = commit()?;
    ensure!(answers.len() == batches.len() && answers.iter().all(Result::is_err), "done twice: {answers:?}");
    same("the firm when it was committed once more", everything(&probe, &ids)?, after)
}
