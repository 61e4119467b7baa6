//! Keeps the leases of what is in hand: renews each before it runs out.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::engine::clock::after;
use crate::engine::{Engine, LEASE};
use crate::error::{Error, StoreError};
use crate::id::FirmId;
use crate::store::{Batch, Claimed, Queue, Settle, SettleHow};

/// How long before a lease runs out it is renewed.
const AHEAD: TimeDelta = TimeDelta::seconds(40);
/// How long it waits when a lease could not be renewed.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Keeper {
    kept: Mutex<All>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct All {
    next: u64,
    rows: BTreeMap<u64, Kept>,
    /// Counts what has happened to it, so that nobody sleeps through it.
    changes: u64,
}

/// A row under a lease.
#[derive(Debug, Clone)]
struct Kept {
    firm: FirmId,
    queue: Queue,
    id: Uuid,
    generation: u64,
    until: DateTime<Utc>,
    /// Another has it.
    lost: bool,
}

/// Keeps a lease for as long as it lives.
pub(super) struct Hold<'a> {
    keeper: &'a Keeper,
    number: u64,
}

impl Keeper {
    fn lock(&self) -> MutexGuard<'_, All> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the leases of rows that were handed out until then.
    pub(super) fn hold(&self, rows: &[Claimed], until: DateTime<Utc>) -> Vec<Hold<'_>> {
        let mut all = self.lock();
        let hold = |row: &Claimed| {
            let number = all.next;
            all.next = number.wrapping_add(1);
            let (queue, generation) = (row.body.queue(), row.generation);
            all.rows.insert(number, Kept { firm: row.firm, queue, id: row.id, generation, until, lost: false });
            Hold { keeper: self, number }
        };
        let holds = rows.iter().map(hold).collect();
        drop(all);
        self.nudge();
        holds
    }

    /// Makes it look at its leases at once.
    pub(super) fn nudge(&self) {
        let mut all = self.lock();
        all.changes = all.changes.wrapping_add(1);
        self.changed.notify_all();
    }

    /// Renews leases until it has ended.
    pub(super) fn run(&self, engine: &Engine, ended: &dyn Fn() -> bool, failed: &dyn Fn(Queue, &Error)) {
        let mut seen = 0u64;
        while !ended() {
            let now = engine.now();
            let due: Vec<(u64, Kept)> = {
                let all = self.lock();
                let due = all.rows.iter().filter(|(_, kept)| !kept.lost && renewed_at(kept) <= now);
                due.map(|(number, kept)| (*number, kept.clone())).collect()
            };
            let mut pause = None;
            if !due.is_empty()
                && let Err((queue, error)) = self.renew(engine, &due, after(now, LEASE))
            {
                failed(queue, &error.into());
                pause = Some(PAUSE);
            }
            seen = self.sleep(seen, pause, now);
        }
    }

    /// Sleeps until a lease is to be renewed, or something has changed. Answers what it has seen.
    fn sleep(&self, seen: u64, pause: Option<Duration>, now: DateTime<Utc>) -> u64 {
        let all = self.lock();
        let next = all.rows.values().filter(|kept| !kept.lost).map(renewed_at).min();
        let next = pause.or_else(|| next.map(|next| (next - now).to_std().unwrap_or_default()));
        let same = |all: &mut All| all.changes == seen;
        let all = match next {
            Some(at_most) => {
                let waited = self.changed.wait_timeout_while(all, at_most, same);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait_while(all, same).unwrap_or_else(PoisonError::into_inner),
        };
        all.changes
    }

    fn renew(&self, engine: &Engine, due: &[(u64, Kept)], until: DateTime<Utc>) -> Result<(), (Queue, StoreError)> {
        let batch = |(_, kept): &(u64, Kept)| {
            let Kept { firm, queue, id, generation, .. } = *kept;
            let mut batch = Batch::new(firm);
            let how = SettleHow::Renew { until };
            batch.settle.push(Settle { queue, id, generation: Some(generation), how });
            batch
        };
        let batches: Vec<Batch> = due.iter().map(batch).collect();
        let queue = due.first().map_or(Queue::Outbox, |(_, kept)| kept.queue);
        let answers = engine.shared.store.commit(&batches).map_err(|error| (queue, error))?;
        let mut all = self.lock();
        for ((number, _), answer) in due.iter().zip(answers) {
            if let Some(kept) = all.rows.get_mut(number) {
                match answer {
                    Ok(_) => kept.until = until,
                    Err(_) => kept.lost = true,
                }
            }
        }
        Ok(())
    }
}

fn renewed_at(kept: &Kept) -> DateTime<Utc> {
    kept.until.checked_sub_signed(AHEAD).unwrap_or(kept.until)
}

impl Hold<'_> {
    /// Whether the row is still held.
    pub(super) fn lasts(&self, now: DateTime<Utc>) -> bool {
        self.keeper.lock().rows.get(&self.number).is_some_and(|kept| !kept.lost && now < kept.until)
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.keeper.lock().rows.remove(&self.number);
    }
}
