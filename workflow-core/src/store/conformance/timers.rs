//! Timers: one row for each record, set rather than queued.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fixture::{Wrap, account, follow_up, notice};
use super::probe::{Outcome, Probe, at, insert, same, settle};
use crate::id::{JobId, SeriesId};
use crate::store::{
    Check, Claimed, Conflict, DocId, Lease, Queue, QueuedBody, QueuedState, SetTimer, Settle, SettleHow, Store, TimerOf,
};

area! {
    "timers":
    a_timer_is_handed_out_when_it_is_due,
    setting_a_timer_again_replaces_it,
    a_timer_is_taken_away,
    who_had_a_timer_before_it_was_set_anew_settles_nothing,
    a_timer_that_died_waits_again_when_it_is_set,
    timers_of_a_job_and_a_series_are_two,
    timers_of_two_firms_are_two,
    timers_of_a_batch_that_conflicts_are_not_set,
    the_last_of_a_batch_counts,
    the_next_due_is_the_earliest_that_a_claim_would_find,
    the_next_due_is_that_of_the_queue_and_the_firm,
    the_next_due_leaves_out_what_is_not_handed_out,
}

fn of(id: Uuid) -> TimerOf {
    TimerOf::Job(JobId(id))
}

fn set(probe: &Probe<'_>, of: TimerOf, due: Option<DateTime<Utc>>, generation: u64) -> Outcome {
    let mut batch = probe.batch();
    batch.timers.push(SetTimer { of, due, generation });
    probe.done(&batch).map(drop)
}

/// Claims timers of the firm that are due, for 60 seconds.
fn claim(probe: &Probe<'_>, now: i64) -> Result<Vec<Claimed>, String> {
    probe.claim(Queue::Timers, at(now), 60, 100)
}

fn claim_one(probe: &Probe<'_>, now: i64) -> Result<Claimed, String> {
    claim(probe, now)?.pop().ok_or_else(|| format!("no timer is handed out at {now}"))
}

fn next(probe: &Probe<'_>, queue: Queue) -> Result<Option<DateTime<Utc>>, String> {
    probe.store.next_due(queue, Some(probe.firm)).map_err(|error| format!("next_due failed: {error}"))
}

fn a_timer_is_handed_out_when_it_is_due(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (first, second) = (of(probe.uuid()), of(probe.uuid()));
    set(&probe, first, Some(at(20)), 7)?;
    set(&probe, second, Some(at(10)), 1 << 40)?;
    same("timers handed out before any is due", claim(&probe, 9)?.len(), 0)?;
    let due = claim(&probe, 20)?;
    let wanted = [(second, 1u64 << 40), (first, 7)].map(|(of, generation)| Claimed {
        id: of.row(),
        firm: probe.firm,
        attempts: 1,
        generation: generation.saturating_add(1),
        body: QueuedBody::Timer(of),
    });
    same("timers in the order they are due", due, wanted.to_vec())?;
    same("timers handed out twice", claim(&probe, 21)?.len(), 0)?;
    same("timers handed out when their lease ran out", claim(&probe, 80)?.len(), 2)
}

fn setting_a_timer_again_replaces_it(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = of(probe.uuid());
    set(&probe, of, Some(at(10)), 1)?;
    set(&probe, of, Some(at(50)), 2)?;
    same("timers listed", probe.queued(Queue::Timers, QueuedState::Waiting)?.len(), 1)?;
    same("timers handed out when the first was due", claim(&probe, 49)?.len(), 0)?;
    same("timers handed out when the second is due", claim(&probe, 50)?.len(), 1)?;
    // Set anew while it is leased: it waits again, as if it had never been handed out.
    set(&probe, of, Some(at(51)), 100)?;
    let again = claim_one(&probe, 51)?;
    same("its attempts and generation", (again.attempts, again.generation), (1, 101))?;
    set(&probe, of, Some(at(5)), 200)?;
    same("attempts of a timer set to an earlier time", claim_one(&probe, 6)?.attempts, 1)
}

fn a_timer_is_taken_away(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = of(probe.uuid());
    set(&probe, of, None, 1)?;
    set(&probe, of, Some(at(10)), 1)?;
    set(&probe, of, None, 2)?;
    same("timers handed out after they were taken away", claim(&probe, 1_000)?.len(), 0)?;
    same("timers listed", probe.queued(Queue::Timers, QueuedState::Waiting)?.len(), 0)?;
    set(&probe, of, Some(at(10)), 3)?;
    same("timers handed out after they were set again", claim(&probe, 10)?.len(), 1)
}

fn who_had_a_timer_before_it_was_set_anew_settles_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = of(probe.uuid());
    for (anew, generation) in [(Some(at(5)), 10), (None, 20)] {
        set(&probe, of, Some(at(0)), generation)?;
        let claimed = claim_one(&probe, 1)?;
        set(&probe, of, anew, generation.saturating_add(5))?;
        let late = SettleHow::Retry { at: at(500), error: "late".to_owned() };
        probe.settle_is_refused("by who had it before", settle(&claimed, late))?;
        probe.settle_is_refused("as done by who had it before", settle(&claimed, SettleHow::Done))?;
    }
    Ok(())
}

fn a_timer_that_died_waits_again_when_it_is_set(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = of(probe.uuid());
    set(&probe, of, Some(at(0)), 1)?;
    let claimed = claim_one(&probe, 1)?;
    probe.settle(settle(&claimed, SettleHow::Dead { error: "it was refused".to_owned() }))?;
    let dead = probe.waiting(Queue::Timers, QueuedState::Dead, of.row())?;
    same("why it died", dead.error, Some("it was refused".to_owned()))?;
    same("what it carries", dead.body, QueuedBody::Timer(of))?;
    set(&probe, of, Some(at(2)), 10)?;
    same("dead timers", probe.queued(Queue::Timers, QueuedState::Dead)?.len(), 0)?;
    let waiting = probe.waiting(Queue::Timers, QueuedState::Waiting, of.row())?;
    same("its error and attempts", (waiting.error, waiting.attempts), (None, 0))?;
    same("timers handed out", claim(&probe, 3)?.len(), 1)
}

fn timers_of_a_job_and_a_series_are_two(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let id = probe.uuid();
    let (job, series) = (TimerOf::Job(JobId(id)), TimerOf::Series(SeriesId(id)));
    set(&probe, job, Some(at(1)), 1)?;
    set(&probe, series, Some(at(2)), 1)?;
    let found: Vec<QueuedBody> = claim(&probe, 3)?.into_iter().map(|claimed| claimed.body).collect();
    same("timers of two records of one identifier", found, vec![QueuedBody::Timer(job), QueuedBody::Timer(series)])
}

fn timers_of_two_firms_are_two(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let of = of(ours.uuid());
    set(&ours, of, Some(at(1)), 1)?;
    set(&theirs, of, Some(at(2)), 1)?;
    set(&theirs, of, None, 2)?;
    same("the timer of another firm", claim(&theirs, 10)?.len(), 0)?;
    same("our timer", claim(&ours, 10)?.len(), 1)
}

fn timers_of_a_batch_that_conflicts_are_not_set(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (kept, id) = (of(probe.uuid()), probe.uuid());
    set(&probe, kept, Some(at(10)), 1)?;
    let mut batch = probe.batch();
    let missing = DocId::Account(crate::id::AccountId(id));
    batch.checks.push(Check { id: missing.clone(), expected: Some(4) });
    batch.puts.push(insert(&account(probe.uuid(), "Zoë").doc()));
    batch.timers.push(SetTimer { of: kept, due: None, generation: 2 });
    batch.timers.push(SetTimer { of: of(id), due: Some(at(0)), generation: 1 });
    probe.conflicts("a batch with a wrong check", &batch, &Conflict::Document(missing))?;
    let found: Vec<Uuid> = claim(&probe, 10)?.into_iter().map(|claimed| claimed.id).collect();
    same("timers after the conflict", found, vec![kept.row()])
}

fn the_last_of_a_batch_counts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let of = of(probe.uuid());
    let mut batch = probe.batch();
    for (due, generation) in [(Some(at(1)), 1), (None, 2), (Some(at(30)), 3)] {
        batch.timers.push(SetTimer { of, due, generation });
    }
    probe.done(&batch)?;
    same("timers handed out too early", claim(&probe, 29)?.len(), 0)?;
    same("its generation", claim_one(&probe, 30)?.generation, 4)
}

fn the_next_due_is_the_earliest_that_a_claim_would_find(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    same("the next due of no timers", next(&probe, Queue::Timers)?, None)?;
    let (early, late) = (of(probe.uuid()), of(probe.uuid()));
    set(&probe, late, Some(at(90)), 1)?;
    set(&probe, early, Some(at(10)), 1)?;
    same("the next due of two", next(&probe, Queue::Timers)?, Some(at(10)))?;
    // The earlier one is leased until 71.
    let claimed = claim_one(&probe, 11)?;
    same("the next due while the first is leased", next(&probe, Queue::Timers)?, Some(at(71)))?;
    let lease = SettleHow::Renew { until: at(200) };
    probe.settle(settle(&claimed, lease))?;
    same("the next due while the first is leased for long", next(&probe, Queue::Timers)?, Some(at(90)))?;
    probe.settle(settle(&claimed, SettleHow::Retry { at: at(80), error: "busy".to_owned() }))?;
    same("the next due when the first is tried again", next(&probe, Queue::Timers)?, Some(at(80)))?;
    set(&probe, early, None, 50)?;
    same("the next due when the first is gone", next(&probe, Queue::Timers)?, Some(at(90)))
}

fn the_next_due_is_that_of_the_queue_and_the_firm(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    set(&ours, of(ours.uuid()), Some(at(30)), 1)?;
    set(&theirs, of(ours.uuid()), Some(at(20)), 1)?;
    ours.enqueue(&[notice(&ours, None, at(5))?, follow_up(&ours, None, at(7))?])?;
    for (queue, wanted) in [(Queue::Timers, 30), (Queue::Outbox, 5), (Queue::FollowUps, 7)] {
        same(format!("the next due of {queue:?}"), next(&ours, queue)?, Some(at(wanted)))?;
    }
    same("the next due of another firm", next(&theirs, Queue::Timers)?, Some(at(20)))?;
    let all = store.next_due(Queue::Timers, None).map_err(|error| error.to_string())?;
    ensure!(all.is_some_and(|due| due <= at(20)), "the next due of all firms is {all:?}, later than that of one");
    Ok(())
}

fn the_next_due_leaves_out_what_is_not_handed_out(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let lane = Some(probe.uuid());
    // The second of a lane waits for the first, however early it is due.
    let rows = [notice(&probe, lane, at(40))?, notice(&probe, lane, at(10))?];
    probe.enqueue(&rows)?;
    same("the next due of a lane", next(&probe, Queue::Outbox)?, Some(at(40)))?;
    let dead = rows.first().map(|row| Settle {
        queue: Queue::Outbox,
        id: row.id,
        generation: None,
        how: SettleHow::Dead { error: "no".to_owned() },
    });
    probe.settle(dead.ok_or("two rows were made")?)?;
    same("the next due when the first is dead", next(&probe, Queue::Outbox)?, Some(at(10)))?;
    let lease = Lease { owner: probe.uuid(), until: at(100) };
    let mut born = notice(&probe, None, at(0))?;
    born.lease = Some(lease);
    probe.enqueue(std::slice::from_ref(&born))?;
    same("the next due beside a row born leased", next(&probe, Queue::Outbox)?, Some(at(10)))
}
