//! Queues: what is handed out, and when.

use uuid::Uuid;

use super::fixture::{follow_up, notice};
use super::probe::{Outcome, Probe, at, long_ago, same, settle};
use super::samples;
use crate::store::{Claim, Claimed, Enqueue, Lease, Queue, QueuedBody, QueuedState, SettleHow, Store};

area! {
    "queues":
    rows_are_handed_out_when_they_are_due,
    the_oldest_due_comes_first,
    the_oldest_due_of_all_firms_comes_first,
    a_limit_bounds_a_claim,
    a_lane_is_handed_out_in_order_one_at_a_time,
    a_lane_goes_on_when_a_row_is_done_or_dead,
    a_lane_waits_for_a_row_that_is_tried_again,
    a_lane_waits_for_a_row_that_is_not_due,
    a_lane_goes_on_when_a_row_is_settled_and_another_queued_at_once,
    lanes_do_not_wait_for_each_other,
    rows_without_a_lane_wait_for_nobody,
    a_claim_is_limited_to_its_firm,
    the_queues_are_independent,
    rows_are_listed_in_the_order_they_were_queued,
    listing_goes_on_after_a_row,
    what_rows_carry_round_trips,
}

fn ids(rows: &[Enqueue]) -> Vec<Uuid> {
    rows.iter().map(|row| row.id).collect()
}

/// Notifications of a lane, all due from the beginning.
fn lane(probe: &Probe<'_>, lane: Option<Uuid>, how_many: usize) -> Result<Vec<Enqueue>, String> {
    (0..how_many).map(|_| notice(probe, lane, at(0))).collect()
}

fn rows_are_handed_out_when_they_are_due(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let row = notice(&probe, None, at(10))?;
    probe.enqueue(std::slice::from_ref(&row))?;
    let just_before = at(10).checked_sub_signed(chrono::TimeDelta::microseconds(1)).unwrap_or_default();
    probe.hands_out("long before a row is due", at(-1_000_000), &[])?;
    probe.hands_out("a microsecond before a row is due", just_before, &[])?;
    let claimed = probe.hands_out_one("when it is due", at(10), row.id)?;
    let wanted = Claimed { id: row.id, firm: probe.firm, attempts: 1, generation: 1, body: row.body };
    same("the row handed out", claimed, wanted)
}

fn the_oldest_due_comes_first(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut rows = Vec::new();
    for due in [5, 1, 9, 3, -2_500_000_000, 7] {
        rows.push(notice(&probe, None, at(due))?);
    }
    probe.enqueue(&rows)?;
    rows.sort_by_key(|row| row.due);
    // The same over several claims as in one.
    let first = probe.claim(Queue::Outbox, at(8), 60, 2)?;
    let rest = probe.claim(Queue::Outbox, at(8), 60, 100)?;
    let found: Vec<Uuid> = first.iter().chain(&rest).map(|row| row.id).collect();
    rows.pop();
    same("rows in the order they are due", found, ids(&rows))
}

/// Other firms of a shared store have nothing due as long ago as this.
fn the_oldest_due_of_all_firms_comes_first(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let mut rows = Vec::new();
    for (number, due) in [4, 1, 3, 2, 6, 5].into_iter().enumerate() {
        let probe = if number % 2 == 0 { &ours } else { &theirs };
        let row = notice(probe, None, long_ago(due))?;
        probe.enqueue(std::slice::from_ref(&row))?;
        rows.push((row.due, probe.firm, row.id));
    }
    rows.sort_unstable();
    let mut found = Vec::new();
    let mut claimed = Vec::new();
    for limit in [3, 10] {
        let lease = Lease { owner: ours.uuid(), until: long_ago(1_000) };
        let claim = Claim { queue: Queue::Outbox, firm: None, now: long_ago(100), lease, limit };
        claimed.extend(ours.claim_by(&claim)?);
        found.push(claimed.len());
    }
    claimed.retain(|row| row.firm == ours.firm || row.firm == theirs.firm);
    for row in &claimed {
        let mut batch = if row.firm == ours.firm { ours.batch() } else { theirs.batch() };
        batch.settle.push(settle(row, SettleHow::Done));
        ours.done(&batch)?;
    }
    let found: Vec<(crate::id::FirmId, Uuid)> = claimed.iter().map(|row| (row.firm, row.id)).collect();
    let wanted: Vec<_> = rows.into_iter().map(|(_, firm, id)| (firm, id)).collect();
    same("rows of two firms in the order they are due", found, wanted)
}

fn a_limit_bounds_a_claim(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.enqueue(&lane(&probe, None, 6)?)?;
    let mut seen = Vec::new();
    for (limit, wanted) in [(0, 0), (1, 1), (2, 2), (usize::MAX, 3), (10, 0)] {
        let claimed = probe.claim(Queue::Outbox, at(1), 60, limit)?;
        same(format!("rows handed out with limit {limit}"), claimed.len(), wanted)?;
        seen.extend(claimed.into_iter().map(|row| row.id));
    }
    seen.sort_unstable();
    seen.dedup();
    same("different rows handed out", seen.len(), 6)
}

fn a_lane_is_handed_out_in_order_one_at_a_time(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    // Queued in the opposite order of their due times: the order of queueing counts.
    let job = Some(probe.uuid());
    let rows = [notice(&probe, job, at(3))?, notice(&probe, job, at(2))?, notice(&probe, job, at(1))?];
    probe.enqueue(rows.get(..2).unwrap_or_default())?;
    probe.enqueue(rows.get(2..).unwrap_or_default())?;
    for row in &rows {
        let claimed = probe.hands_out_one("the lane's next row", at(10), row.id)?;
        probe.hands_out("a lane whose row is leased", at(11), &[])?;
        probe.settle(settle(&claimed, SettleHow::Done))?;
    }
    probe.hands_out("a lane that is through", at(12), &[]).map(drop)
}

fn a_lane_goes_on_when_a_row_is_done_or_dead(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let rows = lane(&probe, Some(probe.uuid()), 4)?;
    probe.enqueue(&rows)?;
    let dead = || SettleHow::Dead { error: "never".to_owned() };
    for (row, how) in rows.iter().zip([SettleHow::Done, dead(), dead(), SettleHow::Done]) {
        let what = format!("the row before {how:?}");
        let claimed = probe.hands_out_one(&what, at(10), row.id)?;
        probe.settle(settle(&claimed, how))?;
    }
    probe.hands_out("a lane whose rows are done or dead", at(1_000_000), &[]).map(drop)
}

fn a_lane_waits_for_a_row_that_is_tried_again(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let rows = lane(&probe, Some(probe.uuid()), 2)?;
    let [first, second] = rows.as_slice() else { return Ok(()) };
    probe.enqueue(&rows)?;
    let claimed = probe.hands_out_one("the first row", at(1), first.id)?;
    probe.settle(settle(&claimed, SettleHow::Retry { at: at(100), error: "not yet".to_owned() }))?;
    probe.hands_out("a lane whose first row is to be tried later", at(99), &[])?;
    let claimed = probe.hands_out_one("the first row again", at(100), first.id)?;
    probe.settle(settle(&claimed, SettleHow::Done))?;
    probe.hands_out("the second row", at(100), &[second.id]).map(drop)
}

fn a_lane_waits_for_a_row_that_is_not_due(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let job = Some(probe.uuid());
    let (first, second) = (notice(&probe, job, at(50))?, notice(&probe, job, at(0))?);
    probe.enqueue(&[first.clone(), second.clone()])?;
    probe.hands_out("a lane whose first row is not due", at(49), &[])?;
    let claimed = probe.hands_out_one("its first row when it is", at(50), first.id)?;
    probe.settle(settle(&claimed, SettleHow::Done))?;
    probe.hands_out("its second row", at(50), &[second.id]).map(drop)
}

fn a_lane_goes_on_when_a_row_is_settled_and_another_queued_at_once(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let rows = lane(&probe, Some(probe.uuid()), 3)?;
    let mut left = rows.iter();
    probe.enqueue(left.next().map(std::slice::from_ref).unwrap_or_default())?;
    for row in &rows {
        let claimed = probe.hands_out_one("the lane's only row", at(1), row.id)?;
        let mut batch = probe.batch();
        batch.settle.push(settle(&claimed, SettleHow::Done));
        batch.enqueue.extend(left.next().cloned());
        probe.done(&batch)?;
    }
    probe.hands_out("a lane that is through", at(1), &[]).map(drop)
}

fn lanes_do_not_wait_for_each_other(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (a, b) = (lane(&probe, Some(probe.uuid()), 2)?, lane(&probe, Some(Uuid::nil()), 2)?);
    let free = lane(&probe, None, 1)?;
    probe.enqueue(&[a.clone(), b.clone(), free.clone()].concat())?;
    let sorted = |rows: &mut Vec<Uuid>| rows.sort_unstable();
    let claimed = probe.claim(Queue::Outbox, at(1), 60, 100)?;
    let mut found: Vec<Uuid> = claimed.iter().map(|row| row.id).collect();
    let mut wanted: Vec<Uuid> = [&a, &b, &free].into_iter().filter_map(|rows| rows.first()).map(|row| row.id).collect();
    sorted(&mut found);
    sorted(&mut wanted);
    same("the first rows of two lanes and a row without one", found, wanted)?;
    let done = claimed.iter().find(|row| a.first().is_some_and(|first| first.id == row.id));
    probe.settle(settle(done.ok_or("the lane's row was not handed out")?, SettleHow::Done))?;
    probe.hands_out("the next of the lane whose row is done", at(1), &ids(a.get(1..).unwrap_or_default())).map(drop)
}

fn rows_without_a_lane_wait_for_nobody(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let rows = lane(&probe, None, 5)?;
    probe.enqueue(&rows)?;
    let mut found: Vec<Uuid> = probe.claim(Queue::Outbox, at(1), 60, 100)?.into_iter().map(|row| row.id).collect();
    let mut wanted = ids(&rows);
    found.sort_unstable();
    wanted.sort_unstable();
    same("rows without a lane, all at once", found, wanted)
}

fn a_claim_is_limited_to_its_firm(store: &dyn Store) -> Outcome {
    let (ours, theirs) = (Probe::new(store), Probe::new(store));
    let rows = [notice(&ours, None, at(0))?, notice(&ours, None, at(1))?];
    ours.enqueue(&rows)?;
    theirs.hands_out("a firm without rows, where another has some", at(10), &[])?;
    let row = notice(&theirs, None, at(0))?;
    theirs.enqueue(std::slice::from_ref(&row))?;
    let claimed = theirs.hands_out_one("a firm with one row", at(10), row.id)?;
    same("the firm of the row", claimed.firm, theirs.firm)?;
    let claimed = ours.hands_out("a firm with two rows", at(10), &ids(&rows))?;
    ensure!(claimed.iter().all(|row| row.firm == ours.firm), "rows are handed out as another firm's");
    Ok(())
}

fn the_queues_are_independent(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let lane = Some(probe.uuid());
    let (notice, work) = (notice(&probe, lane, at(0))?, follow_up(&probe, lane, at(0))?);
    probe.enqueue(&[notice.clone(), work.clone()])?;
    for queue in [Queue::Outbox, Queue::FollowUps] {
        let (here, there) = if queue == Queue::Outbox { (&notice, &work) } else { (&work, &notice) };
        let listed = probe.queued(queue, QueuedState::Waiting)?;
        same(format!("rows of {queue:?}"), listed.iter().map(|row| row.id).collect::<Vec<_>>(), vec![here.id])?;
        // The same lane in the other queue holds nothing up.
        let claimed = probe.claim(queue, at(1), 60, 100)?;
        same(
            format!("rows handed out of {queue:?}"),
            claimed.iter().map(|row| row.id).collect::<Vec<_>>(),
            vec![here.id],
        )?;
        let how = SettleHow::Done;
        let elsewhere = crate::store::Settle { queue, id: there.id, generation: None, how };
        probe.settle_is_refused("settling a row of the other queue", elsewhere)?;
    }
    let claimed = probe.waiting(Queue::FollowUps, QueuedState::Waiting, work.id)?;
    same("attempts of a follow-up handed out once", claimed.attempts, 1)
}

fn rows_are_listed_in_the_order_they_were_queued(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    same("rows of a firm without any", probe.queued(Queue::Outbox, QueuedState::Waiting)?.len(), 0)?;
    let mut rows = Vec::new();
    for due in [9, 2, 7, 4] {
        rows.push(notice(&probe, (due > 4).then(|| probe.uuid()), at(due))?);
    }
    probe.enqueue(rows.get(..3).unwrap_or_default())?;
    probe.enqueue(rows.get(3..).unwrap_or_default())?;
    let listed = probe.queued(Queue::Outbox, QueuedState::Waiting)?;
    same("rows as they are listed", listed.iter().map(|row| row.id).collect::<Vec<_>>(), ids(&rows))?;
    for (listed, row) in listed.iter().zip(&rows) {
        same("when a row is due", listed.due, row.due)?;
        same("attempts of a row never handed out", listed.attempts, 0)?;
        same("the lease of a row never handed out", listed.leased_until, None)?;
        same("the error of a row never handed out", listed.error.clone(), None)?;
        same("what a row carries", &listed.body, &row.body)?;
    }
    let mut pairs = listed.iter().zip(listed.iter().skip(1));
    ensure!(pairs.all(|(a, b)| a.sequence < b.sequence), "sequence numbers do not ascend");
    // Being handed out changes no place.
    probe.claim(Queue::Outbox, at(5), 60, 2)?;
    let again = probe.queued(Queue::Outbox, QueuedState::Waiting)?;
    same("rows as they are listed after a claim", again.iter().map(|row| row.id).collect::<Vec<_>>(), ids(&rows))
}

fn listing_goes_on_after_a_row(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let rows = lane(&probe, None, 7)?;
    probe.enqueue(&rows)?;
    for limit in [1, 2, 3, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = probe.queued_after(Queue::Outbox, QueuedState::Waiting, after, limit)?;
            ensure!(page.len() <= limit, "a page of {limit} holds {} rows", page.len());
            let Some(last) = page.last() else { break };
            after = Some(last.sequence);
            found.extend(page.iter().map(|row| row.id));
            ensure!(found.len() < 50, "listing in pages does not come to an end");
        }
        same(format!("rows listed in pages of {limit}"), found, ids(&rows))?;
    }
    let none = probe.queued_after(Queue::Outbox, QueuedState::Waiting, None, 0)?;
    same("rows listed with limit 0", none.len(), 0)?;
    let all = probe.queued_after(Queue::Outbox, QueuedState::Waiting, None, usize::MAX)?;
    same("rows listed without a limit", all.len(), 7)?;
    let past = probe.queued_after(Queue::Outbox, QueuedState::Waiting, Some(u64::MAX), 10)?;
    same("rows listed after the last place there is", past.len(), 0)
}

fn what_rows_carry_round_trips(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for queue in [Queue::Outbox, Queue::FollowUps] {
        let rows = samples::queued(&probe, queue, at(0))?;
        probe.enqueue(&rows)?;
        let bodies: Vec<&QueuedBody> = rows.iter().map(|row| &row.body).collect();
        let listed = probe.queued(queue, QueuedState::Waiting)?;
        same("bodies as they are listed", listed.iter().map(|row| &row.body).collect::<Vec<_>>(), bodies)?;
        let claimed = probe.claim(queue, at(1), 60, 100)?;
        same("rows handed out", claimed.len(), rows.len())?;
        for row in &rows {
            let found = claimed.iter().find(|claimed| claimed.id == row.id).map(|claimed| &claimed.body);
            same("a body as it is handed out", found, Some(&row.body))?;
        }
    }
    Ok(())
}
