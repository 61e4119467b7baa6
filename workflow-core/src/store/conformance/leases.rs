//! Leases: who handles a row, and what becomes of it.

use uuid::Uuid;

use super::fixture::{Wrap, account, notice};
use super::probe::{Outcome, Probe, at, insert, same, settle};
use crate::store::{Conflict, Enqueue, Lease, Queue, QueuedState, Settle, SettleHow, Store};

area! {
    "leases":
    a_leased_row_is_not_handed_out,
    a_row_whose_lease_ran_out_is_handed_out_again,
    each_claim_counts_attempts_and_generation_up,
    a_lease_that_ran_out_untaken_can_be_settled,
    who_lost_the_lease_settles_nothing,
    a_row_that_is_gone_cannot_be_settled,
    settling_without_a_generation_needs_no_lease,
    a_row_is_tried_again_at_its_time,
    a_lease_can_be_renewed,
    renewing_leases_nothing_that_is_free,
    a_dead_letter_is_listed_and_not_handed_out,
    a_revived_row_begins_anew_at_the_end_of_its_lane,
    a_revived_row_waits_for_its_time,
    a_row_can_be_born_leased,
    a_row_born_leased_holds_up_its_lane,
    a_row_done_is_gone,
}

const OUTBOX: Queue = Queue::Outbox;

/// One row without a lane, due from the beginning.
fn one(probe: &Probe<'_>) -> Result<Enqueue, String> {
    let row = notice(probe, None, at(0))?;
    probe.enqueue(std::slice::from_ref(&row))?;
    Ok(row)
}

fn retry(seconds: i64) -> SettleHow {
    SettleHow::Retry { at: at(seconds), error: "no answer, läuft nicht".to_owned() }
}

fn dead() -> SettleHow {
    SettleHow::Dead { error: "refused, für immer".to_owned() }
}

fn anyhow(id: Uuid, how: SettleHow) -> Settle {
    Settle { queue: OUTBOX, id, generation: None, how }
}

fn a_leased_row_is_not_handed_out(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    same("rows handed out", probe.claim(OUTBOX, at(1), 60, 10)?.len(), 1)?;
    for now in [1, 2, 60] {
        probe.hands_out("a leased row", at(now), &[])?;
    }
    let listed = probe.waiting(OUTBOX, QueuedState::Waiting, row.id)?;
    same("until when the row is leased", listed.leased_until, Some(at(61)))?;
    same("attempts listed", listed.attempts, 1)
}

fn a_row_whose_lease_ran_out_is_handed_out_again(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let first = probe.hands_out_one("at first", at(1), row.id)?;
    same("attempts and generation", (first.attempts, first.generation), (1, 1))?;
    let second = probe.hands_out_one("the instant the lease runs out", at(61), row.id)?;
    same("attempts and generation", (second.attempts, second.generation), (2, 2))?;
    probe.hands_out("under the second lease", at(120), &[])?;
    let third = probe.hands_out_one("long after it", at(5_000), row.id)?;
    same("attempts and generation", (third.attempts, third.generation), (3, 3))?;
    same("what the row carries", third.body, row.body)
}

fn each_claim_counts_attempts_and_generation_up(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    for number in 1..=5u32 {
        let now = i64::from(number).saturating_mul(1_000);
        let claimed = probe.hands_out_one("a row tried again", at(now), row.id)?;
        same("attempts and generation", (claimed.attempts, claimed.generation), (number, u64::from(number)))?;
        same("attempts listed", probe.waiting(OUTBOX, QueuedState::Waiting, row.id)?.attempts, number)?;
        // In turn with a lease that runs out.
        if number % 2 == 0 {
            probe.settle(settle(&claimed, retry(now.saturating_add(10))))?;
            same("attempts listed", probe.waiting(OUTBOX, QueuedState::Waiting, row.id)?.attempts, number)?;
        }
    }
    Ok(())
}

/// The lease ran out, but nobody has taken the row: it is not lost.
fn a_lease_that_ran_out_untaken_can_be_settled(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.claim(OUTBOX, at(0), 1, 10)?.pop().ok_or("no row is handed out")?;
    // A claim that finds no room for the row does not take it.
    same("rows handed out with limit 0", probe.claim(OUTBOX, at(100), 60, 0)?.len(), 0)?;
    probe.settle(settle(&claimed, SettleHow::Done))?;
    probe.hands_out("a row that is done", at(1_000), &[])?;
    probe.settle_is_refused("settling it again", anyhow(row.id, SettleHow::Done))
}

fn who_lost_the_lease_settles_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let slow = probe.hands_out_one("the slow one", at(0), row.id)?;
    let fast = probe.hands_out_one("the fast one", at(100), row.id)?;
    let ways = [SettleHow::Done, retry(0), dead(), SettleHow::Renew { until: at(10_000) }];
    for how in ways {
        let written = account(probe.uuid(), "late").doc();
        let other = notice(&probe, None, at(1_000_000))?;
        let mut batch = probe.batch();
        batch.puts.push(insert(&written));
        batch.enqueue.push(other);
        let what = format!("{how:?} under a lost lease");
        batch.settle.push(settle(&slow, how));
        probe.conflicts(&what, &batch, &Conflict::Lease)?;
        probe.lacks(&written.id())?;
        let listed = probe.queued(OUTBOX, QueuedState::Waiting)?;
        same(format!("rows after {what}"), listed.iter().map(|row| row.id).collect::<Vec<_>>(), vec![row.id])?;
        same("the lease of the fast one", listed.first().and_then(|row| row.leased_until), Some(at(160)))?;
    }
    // Nor does who names a lease that was not given yet.
    let early = Settle { generation: Some(3), ..settle(&fast, SettleHow::Done) };
    probe.settle_is_refused("settling under a lease to come", early)?;
    probe.settle(settle(&fast, SettleHow::Done))
}

fn a_row_that_is_gone_cannot_be_settled(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.hands_out_one("a row", at(0), row.id)?;
    probe.settle(settle(&claimed, SettleHow::Done))?;
    let ways = [SettleHow::Done, retry(0), dead(), SettleHow::Renew { until: at(9) }, SettleHow::Revive { at: at(0) }];
    for how in ways {
        for generation in [Some(claimed.generation), None] {
            for id in [row.id, probe.uuid()] {
                let what = format!("{how:?} of a row that is not there");
                probe.settle_is_refused(&what, Settle { queue: OUTBOX, id, generation, how: how.clone() })?;
            }
        }
    }
    same("rows", probe.queued(OUTBOX, QueuedState::Waiting)?.len(), 0)?;
    same("dead letters", probe.queued(OUTBOX, QueuedState::Dead)?.len(), 0)
}

fn settling_without_a_generation_needs_no_lease(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (leased, free) = (one(&probe)?, one(&probe)?);
    same("rows handed out", probe.claim(OUTBOX, at(1), 60, 1)?.len(), 1)?;
    probe.settle(anyhow(leased.id, SettleHow::Done))?;
    probe.settle(anyhow(free.id, dead()))?;
    same("rows", probe.queued(OUTBOX, QueuedState::Waiting)?.len(), 0)?;
    let listed = probe.queued(OUTBOX, QueuedState::Dead)?;
    same("dead letters", listed.iter().map(|row| row.id).collect::<Vec<_>>(), vec![free.id])
}

fn a_row_is_tried_again_at_its_time(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.hands_out_one("at first", at(1), row.id)?;
    probe.settle(settle(&claimed, retry(30)))?;
    let listed = probe.waiting(OUTBOX, QueuedState::Waiting, row.id)?;
    same("why it did not work", listed.error.as_deref(), Some("no answer, läuft nicht"))?;
    same("when it is due", listed.due, at(30))?;
    same("attempts", listed.attempts, 1)?;
    same("until when it is leased", listed.leased_until, None)?;
    probe.hands_out("before its time", at(29), &[])?;
    // Its time is before the first lease would have run out.
    let again = probe.hands_out_one("at its time", at(30), row.id)?;
    same("attempts and generation", (again.attempts, again.generation), (2, 2))?;
    probe.settle_is_refused("settling under the first lease", settle(&claimed, SettleHow::Done))?;
    probe.settle(settle(&again, SettleHow::Done))
}

fn a_lease_can_be_renewed(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.hands_out_one("at first", at(0), row.id)?;
    for until in [100, 200] {
        probe.settle(settle(&claimed, SettleHow::Renew { until: at(until) }))?;
        let listed = probe.waiting(OUTBOX, QueuedState::Waiting, row.id)?;
        same("until when it is leased", listed.leased_until, Some(at(until)))?;
        same("attempts", listed.attempts, 1)?;
        probe.hands_out("under a renewed lease", at(until.saturating_sub(1)), &[])?;
    }
    // The lease is the same: its generation settles, and expiry counts as ever.
    probe.settle(settle(&claimed, SettleHow::Renew { until: at(300) }))?;
    let again = probe.hands_out_one("after a renewed lease", at(300), row.id)?;
    same("attempts and generation", (again.attempts, again.generation), (2, 2))?;
    probe.settle_is_refused("renewing a lost lease", settle(&claimed, SettleHow::Renew { until: at(900) }))?;
    probe.settle(settle(&again, SettleHow::Done))
}

/// It was given back: who renews all the same does not keep it from others.
fn renewing_leases_nothing_that_is_free(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.hands_out_one("at first", at(0), row.id)?;
    probe.settle(settle(&claimed, retry(5)))?;
    let mut batch = probe.batch();
    batch.settle.push(settle(&claimed, SettleHow::Renew { until: at(10_000) }));
    // Whether it says so is the store's affair.
    probe.commit(&batch).map(drop)?;
    same("its lease", probe.waiting(OUTBOX, QueuedState::Waiting, row.id)?.leased_until, None)?;
    probe.hands_out_one("when it is due", at(5), row.id).map(drop)
}

fn a_dead_letter_is_listed_and_not_handed_out(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (first, second) = (one(&probe)?, one(&probe)?);
    let claimed = probe.claim(OUTBOX, at(1), 60, 10)?;
    for row in &claimed {
        probe.settle(settle(row, dead()))?;
    }
    let listed = probe.queued(OUTBOX, QueuedState::Dead)?;
    same("dead letters", listed.iter().map(|row| row.id).collect::<Vec<_>>(), vec![first.id, second.id])?;
    for (row, sent) in listed.iter().zip([&first, &second]) {
        same("why it is dead", row.error.as_deref(), Some("refused, für immer"))?;
        same("attempts", row.attempts, 1)?;
        same("until when it is leased", row.leased_until, None)?;
        same("what it carries", &row.body, &sent.body)?;
    }
    let page = probe.queued_after(OUTBOX, QueuedState::Dead, listed.first().map(|row| row.sequence), 10)?;
    same("dead letters after the first", page.iter().map(|row| row.id).collect::<Vec<_>>(), vec![second.id])?;
    same("rows that wait", probe.queued(OUTBOX, QueuedState::Waiting)?.len(), 0)?;
    probe.hands_out("dead letters", at(1_000_000), &[]).map(drop)
}

fn a_revived_row_begins_anew_at_the_end_of_its_lane(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let lane = Some(probe.uuid());
    let rows = [notice(&probe, lane, at(0))?, notice(&probe, lane, at(0))?, notice(&probe, lane, at(0))?];
    let [a, b, c] = &rows;
    probe.enqueue(&rows)?;
    let first = probe.hands_out_one("the first row", at(1), a.id)?;
    probe.settle(settle(&first, retry(2)))?;
    let second = probe.hands_out_one("the first row again", at(2), a.id)?;
    probe.settle(settle(&second, dead()))?;
    probe.settle(anyhow(a.id, SettleHow::Revive { at: at(3) }))?;
    same("dead letters", probe.queued(OUTBOX, QueuedState::Dead)?.len(), 0)?;
    let listed = probe.waiting(OUTBOX, QueuedState::Waiting, a.id)?;
    same("attempts and time of a revived row", (listed.attempts, listed.due), (0, at(3)))?;
    same("until when it is leased", listed.leased_until, None)?;
    // Queued after it was revived, so behind it.
    let d = notice(&probe, lane, at(0))?;
    probe.enqueue(std::slice::from_ref(&d))?;
    for row in [b, c] {
        let claimed = probe.hands_out_one("rows before the revived one", at(10), row.id)?;
        probe.settle(settle(&claimed, SettleHow::Done))?;
    }
    let revived = probe.hands_out_one("the revived row", at(10), a.id)?;
    same("attempts of a revived row", revived.attempts, 1)?;
    ensure!(revived.generation > second.generation, "the generation of a revived row began anew");
    probe.settle_is_refused("settling under a lease from before", settle(&second, SettleHow::Done))?;
    probe.settle(settle(&revived, SettleHow::Done))?;
    probe.hands_out("a row behind the revived one", at(10), &[d.id]).map(drop)
}

fn a_revived_row_waits_for_its_time(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.hands_out_one("a row", at(0), row.id)?;
    probe.settle(settle(&claimed, dead()))?;
    probe.settle(anyhow(row.id, SettleHow::Revive { at: at(500) }))?;
    probe.hands_out("before its time", at(499), &[])?;
    let revived = probe.hands_out_one("at its time", at(500), row.id)?;
    // It can die and be revived again.
    probe.settle(settle(&revived, dead()))?;
    same("dead letters", probe.queued(OUTBOX, QueuedState::Dead)?.len(), 1)?;
    probe.settle(anyhow(row.id, SettleHow::Revive { at: at(0) }))?;
    probe.hands_out_one("revived again", at(501), row.id).map(drop)
}

/// A notification that is leased from the beginning.
fn born_leased(probe: &Probe<'_>, lane: Option<Uuid>, until: i64) -> Result<Enqueue, String> {
    let lease = Some(Lease { owner: probe.uuid(), until: at(until) });
    Ok(Enqueue { lease, ..notice(probe, lane, at(0))? })
}

fn a_row_can_be_born_leased(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let rows = [born_leased(&probe, None, 60)?, born_leased(&probe, None, 60)?];
    let [kept, lost] = &rows;
    probe.enqueue(&rows)?;
    let listed = probe.waiting(OUTBOX, QueuedState::Waiting, kept.id)?;
    same("until when it is leased", listed.leased_until, Some(at(60)))?;
    probe.hands_out("rows born leased", at(59), &[])?;
    // Whoever committed it holds generation 1.
    let first = |row: &Enqueue| Settle { generation: Some(1), ..anyhow(row.id, SettleHow::Done) };
    probe.settle_is_refused("settling under generation 2", Settle { generation: Some(2), ..first(kept) })?;
    probe.settle(first(kept))?;
    let claimed = probe.hands_out_one("when the lease ran out", at(60), lost.id)?;
    same("generation", claimed.generation, 2)?;
    probe.settle_is_refused("settling under the lost lease", first(lost))?;
    probe.settle(settle(&claimed, SettleHow::Done))
}

fn a_row_born_leased_holds_up_its_lane(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let lane = Some(probe.uuid());
    let (first, second) = (born_leased(&probe, lane, 60)?, notice(&probe, lane, at(0))?);
    probe.enqueue(&[first.clone(), second.clone()])?;
    probe.hands_out("a lane whose first row was born leased", at(59), &[])?;
    probe.settle(Settle { generation: Some(1), ..anyhow(first.id, SettleHow::Done) })?;
    let claimed = probe.hands_out_one("the next of the lane", at(59), second.id)?;
    // One born leased behind others waits for them, whatever its lease.
    let third = born_leased(&probe, lane, 60)?;
    probe.enqueue(std::slice::from_ref(&third))?;
    probe.hands_out("a row born leased behind another, its lease run out", at(61), &[])?;
    probe.settle(settle(&claimed, SettleHow::Done))?;
    probe.hands_out_one("the same when it is the first", at(61), third.id).map(drop)
}

fn a_row_done_is_gone(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = one(&probe)?;
    let claimed = probe.hands_out_one("a row", at(0), row.id)?;
    probe.settle(settle(&claimed, SettleHow::Done))?;
    for state in [QueuedState::Waiting, QueuedState::Dead] {
        same(format!("rows that are {state:?}"), probe.queued(OUTBOX, state)?.len(), 0)?;
    }
    probe.hands_out("a row that is done", at(1_000_000), &[]).map(drop)
}
