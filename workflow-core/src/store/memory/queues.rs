//! The queues of a firm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hint::black_box;

use chrono::{DateTime, Utc};
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use crate::id::FirmId;
use crate::store::{
    Batch, Claim, Claimed, Conflict, DocId, Enqueue, Lease, Queue, QueueScan, QueuedBody, QueuedState, Restore,
    RestoredRow, SetTimer, Settle, SettleHow, Waiting,
};

#[derive(Debug, Clone, Default)]
pub(super) struct Queues {
    outbox: Rows,
    follow_ups: Rows,
    timers: Rows,
}

#[derive(Debug, Clone, Default)]
struct Rows {
    rows: BTreeMap<u64, Row>,
    /// Sorted, since those of new rows grow: one is looked for and put where the last one was.
    ids: BTreeMap<(u64, u64), u64>,
    /// Waiting rows of each lane, oldest first.
    lanes: FxHashMap<Uuid, VecDeque<u64>>,
    /// Rows that may be handed out, by when: heads of their lanes, and rows without one.
    ready: BTreeSet<(DateTime<Utc>, u64)>,
}

#[derive(Debug, Clone)]
struct Row {
    id: Uuid,
    lane: Option<Uuid>,
    dead: bool,
    due: DateTime<Utc>,
    lease: Option<Lease>,
    attempts: u32,
    generation: u64,
    error: Option<String>,
    body: QueuedBody,
}

impl Row {
    /// From when on it may be handed out.
    fn free_at(&self) -> DateTime<Utc> {
        self.lease.map_or(self.due, |lease| lease.until.max(self.due))
    }
}

impl Queues {
    /// Reads the last row of a lane of notifications.
    pub(super) fn reach(&self, lane: Uuid) {
        black_box(self.outbox.lanes.get(&lane).and_then(|rows| rows.back().copied()));
    }

    fn rows(&self, queue: Queue) -> &Rows {
        match queue {
            Queue::Outbox => &self.outbox,
            Queue::FollowUps => &self.follow_ups,
            Queue::Timers => &self.timers,
        }
    }

    fn rows_mut(&mut self, queue: Queue) -> &mut Rows {
        match queue {
            Queue::Outbox => &mut self.outbox,
            Queue::FollowUps => &mut self.follow_ups,
            Queue::Timers => &mut self.timers,
        }
    }

    pub(super) fn check(&self, batch: &Batch) -> Result<(), Conflict> {
        for settle in &batch.settle {
            let rows = self.rows(settle.queue);
            let row = rows.place(settle.id).and_then(|place| rows.rows.get(&place));
            let revives = matches!(settle.how, SettleHow::Revive { .. });
            let held = row.is_some_and(|row| {
                row.dead == revives && settle.generation.is_none_or(|generation| generation == row.generation)
            });
            if !held {
                return Err(Conflict::Lease);
            }
        }
        let mut new = FxHashSet::default();
        let several = batch.timers.len().saturating_add(batch.enqueue.len()).saturating_add(batch.restore.len()) > 1;
        let set = batch.timers.iter().filter(|timer| several && timer.due.is_some());
        new.extend(set.map(|timer| (Queue::Timers, timer.of.row())));
        let restored = batch.restore.iter().filter_map(|restored| match restored {
            Restore::Row(row) => Some((row.body.queue(), row.id)),
            Restore::Record(_) => None,
        });
        for (queue, id) in batch.enqueue.iter().map(|row| (row.body.queue(), row.id)).chain(restored) {
            if self.rows(queue).place(id).is_some() || (several && !new.insert((queue, id))) {
                // The same commit, given again.
                return Err(Conflict::Document(DocId::Firm));
            }
        }
        Ok(())
    }

    pub(super) fn add(&mut self, sequence: u64, row: &Enqueue) {
        let rows = self.rows_mut(row.body.queue());
        let born_leased = u64::from(row.lease.is_some());
        rows.insert(
            sequence,
            Row {
                id: row.id,
                lane: row.lane,
                dead: false,
                due: row.due,
                lease: row.lease,
                attempts: u32::from(row.lease.is_some()),
                generation: born_leased,
                error: None,
                body: row.body.clone(),
            },
        );
    }

    /// Adds a row as another store held it.
    pub(super) fn restore(&mut self, sequence: u64, row: &RestoredRow) {
        let RestoredRow { id, lane, state, due, attempts, generation, error, body } = row.clone();
        let dead = state == QueuedState::Dead;
        let row = Row { id, lane, dead, due, lease: None, attempts, generation, error, body };
        self.rows_mut(row.body.queue()).insert(sequence, row);
    }

    pub(super) fn set_timer(&mut self, sequence: u64, timer: &SetTimer) {
        let id = timer.of.row();
        let known = self.timers.place(id);
        if let Some(place) = known {
            self.timers.take(place);
        }
        let Some(due) = timer.due else { return };
        let row = Row {
            id,
            lane: None,
            dead: false,
            due,
            lease: None,
            attempts: 0,
            generation: timer.generation,
            error: None,
            body: QueuedBody::Timer(timer.of),
        };
        // A row that is replaced keeps its place in the order of the queue.
        self.timers.insert(known.unwrap_or(sequence), row);
    }

    /// When a row may be handed out next.
    pub(super) fn next_due(&self, queue: Queue) -> Option<DateTime<Utc>> {
        self.rows(queue).ready.first().map(|(at, _)| *at)
    }

    pub(super) fn settle(&mut self, settle: &Settle, sequence: &mut u64) {
        let rows = self.rows_mut(settle.queue);
        let Some(place) = rows.place(settle.id) else { return };
        let Some(mut row) = rows.take(place) else { return };
        match &settle.how {
            SettleHow::Done => {}
            SettleHow::Retry { at, error } => {
                (row.due, row.lease, row.error) = (*at, None, Some(error.clone()));
                rows.insert(place, row);
            }
            SettleHow::Dead { error } => {
                (row.dead, row.lease, row.error) = (true, None, Some(error.clone()));
                rows.insert(place, row);
            }
            SettleHow::Renew { until } => {
                row.lease = row.lease.map(|lease| Lease { until: *until, ..lease });
                rows.insert(place, row);
            }
            SettleHow::Revive { at } => {
                *sequence = sequence.saturating_add(1);
                (row.dead, row.due, row.attempts, row.error) = (false, *at, 0, None);
                rows.insert(*sequence, row);
            }
        }
    }

    /// The rows that a claim may have, oldest first, no more than its limit.
    pub(super) fn due(&self, claim: &Claim) -> impl Iterator<Item = (DateTime<Utc>, u64)> {
        let now = claim.now;
        self.rows(claim.queue).ready.iter().take_while(move |(at, _)| *at <= now).take(claim.limit).copied()
    }

    /// Hands out one of them.
    pub(super) fn hand_out(&mut self, firm: FirmId, claim: &Claim, place: (DateTime<Utc>, u64)) -> Option<Claimed> {
        let rows = self.rows_mut(claim.queue);
        let row = rows.rows.get_mut(&place.1)?;
        row.lease = Some(claim.lease);
        row.attempts = row.attempts.saturating_add(1);
        row.generation = row.generation.saturating_add(1);
        rows.ready.remove(&place);
        rows.ready.insert((row.free_at(), place.1));
        Some(Claimed { id: row.id, firm, attempts: row.attempts, generation: row.generation, body: row.body.clone() })
    }

    pub(super) fn list(&self, scan: &QueueScan) -> Vec<Waiting> {
        let dead = scan.state == QueuedState::Dead;
        let from = scan.after.map_or(0, |after| after.saturating_add(1));
        let waiting = |(sequence, row): (&u64, &Row)| Waiting {
            sequence: *sequence,
            id: row.id,
            due: row.due,
            attempts: row.attempts,
            generation: row.generation,
            leased_until: row.lease.map(|lease| lease.until),
            error: row.error.clone(),
            body: row.body.clone(),
        };
        let rows = self.rows(scan.queue).rows.range(from..);
        rows.filter(|(_, row)| row.dead == dead).map(waiting).take(scan.limit).collect()
    }
}

impl Rows {
    /// Where a row is in the order of the queue.
    fn place(&self, id: Uuid) -> Option<u64> {
        self.ids.get(&id.as_u64_pair()).copied()
    }

    fn insert(&mut self, sequence: u64, row: Row) {
        self.ids.insert(row.id.as_u64_pair(), sequence);
        if !row.dead {
            match row.lane {
                None => drop(self.ready.insert((row.free_at(), sequence))),
                Some(lane) => {
                    let lane = self.lanes.entry(lane).or_default();
                    // A row that comes back keeps its place; a new one is the last.
                    let place = lane.partition_point(|other| *other < sequence);
                    if place == 0 {
                        if let Some(head) = lane.front() {
                            let free_at = self.rows.get(head).map(Row::free_at);
                            self.ready.remove(&(free_at.unwrap_or_default(), *head));
                        }
                        self.ready.insert((row.free_at(), sequence));
                    }
                    lane.insert(place, sequence);
                }
            }
        }
        self.rows.insert(sequence, row);
    }

    /// Takes a row out; the next of its lane comes forward.
    fn take(&mut self, sequence: u64) -> Option<Row> {
        let row = self.rows.remove(&sequence)?;
        self.ids.remove(&row.id.as_u64_pair());
        self.ready.remove(&(row.free_at(), sequence));
        if let Some(lane) = row.lane.filter(|_| !row.dead)
            && let Some(waiting) = self.lanes.get_mut(&lane)
        {
            waiting.retain(|other| *other != sequence);
            match waiting.front().and_then(|head| Some((self.rows.get(head)?.free_at(), *head))) {
                Some(head) => drop(self.ready.insert(head)),
                None => drop(self.lanes.remove(&lane)),
            }
        }
        Some(row)
    }
}
