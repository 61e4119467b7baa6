//! The outbox, the follow-ups and the timers.
//!
//! A row lies under its state and place. One that may be handed out, the first of its lane or one
//! without a lane, is also under the instant from which on it may be: once for its firm, once for
//! all firms.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{
    Batch, Claim, Claimed, Conflict, DocId, Enqueue, Lease, Queue, QueueScan, QueuedBody, QueuedState, Restore,
    RestoredRow, SetTimer, Settle, SettleHow, Waiting, encode_queued,
};
use super::KeyRange;
use super::buffer::Buffer;
use super::commit::{Counters, Stop};
use super::key::{self, Tail, torn};
use super::row::Row;
use crate::error::StoreError;
use crate::id::FirmId;

/// Where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    firm: FirmId,
    queue: Queue,
    state: QueuedState,
    place: u64,
}

impl Spot {
    fn key(self) -> Vec<u8> {
        key::queued_row(self.firm, self.queue, self.state, self.place)
    }
}

/// The row of an identifier.
fn find(buffer: &mut Buffer<'_>, firm: FirmId, queue: Queue, id: Uuid) -> Result<Option<(Spot, Row)>, StoreError> {
    let Some(value) = buffer.get(&key::queued_id(firm, queue, id))? else { return Ok(None) };
    let (state, place) = value.split_first().ok_or_else(torn)?;
    let state = if *state == key::state(QueuedState::Dead) { QueuedState::Dead } else { QueuedState::Waiting };
    let spot = Spot { firm, queue, state, place: Tail(place).number()? };
    let row = buffer.get(&spot.key())?.ok_or_else(torn)?;
    Ok(Some((spot, Row::read(&row)?)))
}

/// The waiting row of a lane that is first in it.
fn head(buffer: &mut Buffer<'_>, spot: Spot, lane: Uuid) -> Result<Option<u64>, StoreError> {
    let first = KeyRange { limit: 1, ..key::keys(key::lane(spot.firm, spot.queue, lane)) };
    buffer.range(&first)?.first().map(|(row, _)| Tail(row).number()).transpose()
}

fn set_ready(buffer: &mut Buffer<'_>, spot: Spot, row: &Row, ready: bool) {
    for key in key::ready_row(spot.firm, spot.queue, row.free_at(), spot.place) {
        if ready {
            buffer.put(key, Vec::new());
        } else {
            buffer.delete(key);
        }
    }
}

/// The same for the row at a place, when there is one.
fn set_ready_at(buffer: &mut Buffer<'_>, spot: Spot, ready: bool) -> Result<(), StoreError> {
    let value = buffer.get(&spot.key())?.ok_or_else(torn)?;
    set_ready(buffer, spot, &Row::read(&value)?, ready);
    Ok(())
}

/// Puts a row in its place.
fn insert(buffer: &mut Buffer<'_>, spot: Spot, row: &Row) -> Result<(), StoreError> {
    let Spot { firm, queue, state, place } = spot;
    if state == QueuedState::Waiting {
        match row.lane {
            None => set_ready(buffer, spot, row, true),
            Some(lane) => {
                // A row that comes back keeps its place; a new one is the last.
                let first = head(buffer, spot, lane)?;
                if first.is_none_or(|first| place < first) {
                    if let Some(first) = first {
                        set_ready_at(buffer, Spot { place: first, ..spot }, false)?;
                    }
                    set_ready(buffer, spot, row, true);
                }
                buffer.put(key::in_lane(firm, queue, lane, place), Vec::new());
            }
        }
    }
    let at = [[key::state(state)].as_slice(), &place.to_be_bytes()].concat();
    buffer.put(key::queued_id(firm, queue, row.id), at);
    buffer.put(spot.key(), row.write());
    Ok(())
}

/// Takes a row out; the next of its lane comes forward.
fn remove(buffer: &mut Buffer<'_>, spot: Spot, row: &Row) -> Result<(), StoreError> {
    let Spot { firm, queue, state, place } = spot;
    buffer.delete(spot.key());
    buffer.delete(key::queued_id(firm, queue, row.id));
    if state == QueuedState::Dead {
        return Ok(());
    }
    let Some(lane) = row.lane else {
        set_ready(buffer, spot, row, false);
        return Ok(());
    };
    let was_first = head(buffer, spot, lane)? == Some(place);
    buffer.delete(key::in_lane(firm, queue, lane, place));
    if was_first {
        set_ready(buffer, spot, row, false);
        if let Some(next) = head(buffer, spot, lane)? {
            set_ready_at(buffer, Spot { place: next, ..spot }, true)?;
        }
    }
    Ok(())
}

/// Whether leases are still held and what is to be queued is new.
pub(super) fn check(buffer: &mut Buffer<'_>, batch: &Batch) -> Result<(), Stop> {
    for settle in &batch.settle {
        let revives = matches!(settle.how, SettleHow::Revive { .. });
        let held = find(buffer, batch.firm, settle.queue, settle.id)?.is_some_and(|(spot, row)| {
            (spot.state == QueuedState::Dead) == revives
                && settle.generation.is_none_or(|generation| generation == row.generation)
        });
        if !held {
            return Err(Conflict::Lease.into());
        }
    }
    let timers = batch.timers.iter().filter(|timer| timer.due.is_some());
    let timer = |timer: &SetTimer| key::queued_id(batch.firm, Queue::Timers, timer.of.row());
    let mut new: BTreeSet<Vec<u8>> = timers.map(timer).collect();
    let restored = batch.restore.iter().filter_map(|restored| match restored {
        Restore::Row(row) => Some((row.body.queue(), row.id)),
        Restore::Record(_) => None,
    });
    for (queue, id) in batch.enqueue.iter().map(|row| (row.body.queue(), row.id)).chain(restored) {
        let id = key::queued_id(batch.firm, queue, id);
        if buffer.get(&id)?.is_some() || !new.insert(id) {
            // The same commit, given again.
            return Err(Conflict::Document(DocId::Firm).into());
        }
    }
    Ok(())
}

pub(super) fn apply(buffer: &mut Buffer<'_>, batch: &Batch, counters: &mut Counters) -> Result<(), StoreError> {
    for settle in &batch.settle {
        self::settle(buffer, batch.firm, settle, counters)?;
    }
    for row in &batch.enqueue {
        enqueue(buffer, batch.firm, row, counters.next_place())?;
    }
    for timer in &batch.timers {
        set_timer(buffer, batch.firm, timer, counters)?;
    }
    Ok(())
}

fn settle(buffer: &mut Buffer<'_>, firm: FirmId, settle: &Settle, counters: &mut Counters) -> Result<(), StoreError> {
    let Some((spot, mut row)) = find(buffer, firm, settle.queue, settle.id)? else { return Ok(()) };
    remove(buffer, spot, &row)?;
    match &settle.how {
        SettleHow::Done => Ok(()),
        SettleHow::Retry { at, error } => {
            (row.due, row.lease, row.error) = (*at, None, Some(error.clone()));
            insert(buffer, spot, &row)
        }
        SettleHow::Dead { error } => {
            (row.lease, row.error) = (None, Some(error.clone()));
            insert(buffer, Spot { state: QueuedState::Dead, ..spot }, &row)
        }
        SettleHow::Renew { until } => {
            row.lease = row.lease.map(|lease| Lease { until: *until, ..lease });
            insert(buffer, spot, &row)
        }
        SettleHow::Revive { at } => {
            (row.due, row.attempts, row.error) = (*at, 0, None);
            let place = counters.next_place();
            insert(buffer, Spot { state: QueuedState::Waiting, place, ..spot }, &row)
        }
    }
}

fn enqueue(buffer: &mut Buffer<'_>, firm: FirmId, new: &Enqueue, place: u64) -> Result<(), StoreError> {
    let leased = new.lease.is_some();
    let row = Row {
        id: new.id,
        due: new.due,
        attempts: u32::from(leased),
        generation: u64::from(leased),
        lane: new.lane,
        lease: new.lease,
        error: None,
        body: encode_queued(&new.body)?,
    };
    insert(buffer, Spot { firm, queue: new.body.queue(), state: QueuedState::Waiting, place }, &row)
}

/// Adds a row as another store held it.
pub(super) fn restore(
    buffer: &mut Buffer<'_>,
    firm: FirmId,
    restored: &RestoredRow,
    place: u64,
) -> Result<(), StoreError> {
    let RestoredRow { id, lane, state, due, attempts, generation, error, body } = restored.clone();
    let queue = body.queue();
    let row = Row { id, due, attempts, generation, lane, lease: None, error, body: encode_queued(&body)? };
    insert(buffer, Spot { firm, queue, state, place }, &row)
}

fn set_timer(
    buffer: &mut Buffer<'_>,
    firm: FirmId,
    timer: &SetTimer,
    counters: &mut Counters,
) -> Result<(), StoreError> {
    let (queue, id) = (Queue::Timers, timer.of.row());
    let known = find(buffer, firm, queue, id)?;
    if let Some((spot, row)) = &known {
        remove(buffer, *spot, row)?;
    }
    let Some(due) = timer.due else { return Ok(()) };
    // A row that is replaced keeps its place in the order of the queue.
    let place = known.map_or_else(|| counters.next_place(), |(spot, _)| spot.place);
    let row = Row {
        id,
        due,
        attempts: 0,
        generation: timer.generation,
        lane: None,
        lease: None,
        error: None,
        body: encode_queued(&QueuedBody::Timer(timer.of))?,
    };
    insert(buffer, Spot { firm, queue, state: QueuedState::Waiting, place }, &row)
}

/// Whether a claim would find anything.
pub(super) fn any_due(buffer: &mut Buffer<'_>, claim: &Claim) -> Result<bool, StoreError> {
    let first = KeyRange { limit: 1, keys_only: true, ..key::ready_by(claim.firm, claim.queue, claim.now) };
    Ok(claim.limit > 0 && !buffer.range(&first)?.is_empty())
}

pub(super) fn claim(buffer: &mut Buffer<'_>, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
    let due = KeyRange { limit: claim.limit, keys_only: true, ..key::ready_by(claim.firm, claim.queue, claim.now) };
    let mut claimed = Vec::new();
    for (ready, _) in buffer.range(&due)? {
        let mut ready = Tail(&ready);
        let firm = match claim.firm {
            Some(firm) => firm,
            None => FirmId(ready.uuid()?),
        };
        let spot = Spot { firm, queue: claim.queue, state: QueuedState::Waiting, place: ready.number()? };
        let mut row = Row::read(&buffer.get(&spot.key())?.ok_or_else(torn)?)?;
        let body = row.carries(claim.queue)?;
        set_ready(buffer, spot, &row, false);
        row.lease = Some(claim.lease);
        row.attempts = row.attempts.saturating_add(1);
        row.generation = row.generation.saturating_add(1);
        set_ready(buffer, spot, &row, true);
        buffer.put(spot.key(), row.write());
        let Row { id, attempts, generation, .. } = row;
        claimed.push(Claimed { id, firm, attempts, generation, body });
    }
    Ok(claimed)
}

/// When a row may be handed out next.
pub(super) fn next_due(
    buffer: &mut Buffer<'_>,
    queue: Queue,
    firm: Option<FirmId>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let first = KeyRange { limit: 1, ..key::keys(key::ready(firm, queue)) };
    let found = buffer.range(&first)?;
    let Some((row, _)) = found.first() else { return Ok(None) };
    let mut row = Tail(row);
    if firm.is_none() {
        row.uuid()?;
    }
    row.number()?;
    row.instant().map(Some)
}

pub(super) fn queued(buffer: &mut Buffer<'_>, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
    let list = key::queued(scan.firm, scan.queue, scan.state);
    let mut range = KeyRange { limit: scan.limit, ..list.all() };
    if let Some(after) = scan.after {
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        range.from = key::queued_row(scan.firm, scan.queue, scan.state, first);
    }
    let waiting = |(key, value): (Vec<u8>, Vec<u8>)| {
        let row = Row::read(&value)?;
        Ok(Waiting {
            sequence: Tail(&key).number()?,
            body: row.carries(scan.queue)?,
            id: row.id,
            due: row.due,
            attempts: row.attempts,
            generation: row.generation,
            leased_until: row.lease.map(|lease| lease.until),
            error: row.error,
        })
    };
    buffer.range(&range)?.into_iter().map(waiting).collect()
}
