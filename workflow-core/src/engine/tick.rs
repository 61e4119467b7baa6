//! The passing of time: everything that is due is done.
//!
//! Each job says when it wants to be looked at; the store keeps one timer row for it. A tick takes
//! rows that are due under a lease and gives an ordinary command to each job, which does what is
//! due on it and sets its next timer in the same commit. A row that is handed out twice finds
//! nothing left to do: a timer fires once, whoever dies in between.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::clock::after;
use super::follow::backoff;
use super::many::CHUNK;
use super::{Engine, Outcome};
use crate::command::{Command, Reaction, Request};
use crate::error::{Error, Rejection, Report};
use crate::event::Actor;
use crate::id::FirmId;
use crate::limits;
use crate::store::{Batch, Claim, Claimed, DocId, Queue, QueuedBody, Settle, SettleHow, TimerOf};

/// Why a record that is never done with is not looked at again at once.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// What a tick did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Ticked {
    /// What it did to each record that had something due, in the order it was due.
    pub outcomes: Vec<Outcome>,
    /// Records on which it could not be done. Each is tried again later, and kept as a dead letter
    /// after [`limits::DELIVERY_ATTEMPTS`] tries.
    pub failures: Vec<TimerFailure>,
    /// When the next is due: not after the tick's time when its limit left some undone. Nothing
    /// is when absent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "crate::instant::write_some")]
    pub next: Option<DateTime<Utc>>,
}

/// A record on which what is due could not be done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimerFailure {
    /// Of which firm.
    pub firm: FirmId,
    /// Which.
    pub of: TimerOf,
    /// Why.
    #[serde(serialize_with = "report")]
    #[schemars(with = "Report")]
    pub error: Error,
}

fn report<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    error.report().serialize(serializer)
}

impl Engine {
    /// Does what is due by an instant, of all firms, in the order it is due; no more than `limit`
    /// records, and [`limits::TICK`] at most. Everything that it does happens at that instant.
    ///
    /// Call it again while [`Ticked::next`] is not past the instant. Several hosts may tick at
    /// once: each record is handed to one of them, and if that one dies, to another when its lease
    /// of 60 seconds has run out.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use workflow_core::engine::Engine;
    /// use workflow_core::store::memory::MemoryStore;
    ///
    /// let engine = Engine::new(Arc::new(MemoryStore::new()));
    /// let ticked = engine.tick(engine.now(), 100)?;
    /// assert!(ticked.outcomes.is_empty() && ticked.next.is_none());
    /// # Ok::<(), workflow_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the store fails. What was done before is committed.
    pub fn tick(&self, now: DateTime<Utc>, limit: usize) -> Result<Ticked, Error> {
        let engine = self.at(now);
        let now = engine.now();
        let mut ticked = Ticked::default();
        let mut left = limit.min(limits::TICK);
        while left > 0 {
            let claim =
                Claim { queue: Queue::Timers, firm: None, now, lease: engine.lease(now), limit: left.min(CHUNK) };
            let rows = engine.shared.store.claim(&claim)?;
            if rows.is_empty() {
                break;
            }
            left = left.saturating_sub(rows.len());
            engine.fire_all(&rows, &mut ticked)?;
        }
        ticked.next = engine.shared.store.next_due(Queue::Timers, None)?;
        Ok(ticked)
    }

    /// Does what is due on records, in the order given.
    pub(super) fn fire_all(&self, rows: &[Claimed], ticked: &mut Ticked) -> Result<(), Error> {
        rows.chunk_by(|a, b| a.firm == b.firm).try_for_each(|of_firm| self.fire(of_firm, ticked))
    }

    /// Does what is due on records of one firm.
    fn fire(&self, rows: &[Claimed], ticked: &mut Ticked) -> Result<(), Error> {
        let request = |row: &Claimed| {
            let QueuedBody::Timer(of) = &row.body else { return None };
            Some(Request::new(row.firm, Actor::Automation, of.command()))
        };
        let requests: Vec<Request> = rows.iter().filter_map(request).collect();
        let Some(firm) = requests.first().map(|request| request.firm) else { return Ok(()) };
        let answers = self.execute_chunks(firm, &requests);
        let mut batches = Vec::new();
        for (row, answer) in rows.iter().zip(answers) {
            let QueuedBody::Timer(of) = row.body else { continue };
            let how = match answer {
                Ok(outcome) if outcome.position.is_some() => {
                    ticked.outcomes.push(outcome);
                    // Its own commit has set the timer anew, or taken it away.
                    continue;
                }
                Ok(_) => self.stale(firm, of)?,
                Err(error) => {
                    let how = self.try_again(row, &error);
                    ticked.failures.push(TimerFailure { firm, of, error });
                    how
                }
            };
            let mut batch = Batch::new(firm);
            batch.settle.push(Settle { queue: Queue::Timers, id: row.id, generation: Some(row.generation), how });
            batches.push(batch);
        }
        if !batches.is_empty() {
            // Who has lost a lease by now has nothing to settle.
            self.shared.store.commit(&batches)?;
        }
        Ok(())
    }

    /// What becomes of a row on whose record nothing was due: the record says when it is.
    fn stale(&self, firm: FirmId, of: TimerOf) -> Result<SettleHow, Error> {
        let record = self.shared.store.get(firm, &[of.record()])?.into_iter().flatten().next();
        let due = record.and_then(|record| record.document.timer()).and_then(|(_, due)| due);
        let soonest = after(self.now(), PAUSE);
        Ok(match due {
            Some(due) => SettleHow::Retry { at: due.max(soonest), error: "nothing was due yet".to_owned() },
            None => SettleHow::Done,
        })
    }

    fn try_again(&self, row: &Claimed, error: &Error) -> SettleHow {
        let why = error.to_string();
        match error {
            Error::Rejected(Rejection::NotFound { .. }) => SettleHow::Done,
            _ if row.attempts >= limits::DELIVERY_ATTEMPTS => SettleHow::Dead { error: why },
            _ => SettleHow::Retry { at: after(self.now(), backoff(row.attempts)), error: why },
        }
    }
}

impl TimerOf {
    /// The record that it is the timer of.
    #[must_use]
    pub fn record(self) -> DocId {
        match self {
            Self::Job(job) => DocId::Job(job),
            Self::Series(series) => DocId::Series(series),
        }
    }

    /// What is to be done when it is due.
    fn command(self) -> Command {
        match self {
            Self::Job(job) => Command::React(Box::new(Reaction::Clock { job })),
            Self::Series(series) => Command::AdvanceSeries { series },
        }
    }
}
