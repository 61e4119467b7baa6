//! The threads of a runner: who leads, what is taken up, and what becomes of it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::RunnerOptions;
use super::keeper::Keeper;
use super::status::{RunnerStatus, more};
use crate::engine::Engine;
use crate::engine::many::CHUNK;
use crate::engine::round::{Held, Round};
use crate::engine::tick::Ticked;
use crate::error::{Error, ErrorKind, StoreError};
use crate::store::{Claim, Claimed, Queue, QueuedBody};

/// The first pause after a failure of the store.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Follow-ups that a thread takes at once.
const FOLLOW_UPS: usize = 16;
/// In which order kinds of work have their turn.
const TURNS: [Queue; 3] = [Queue::Timers, Queue::FollowUps, Queue::Outbox];

pub(super) struct Crew {
    pub(super) engine: Engine,
    pub(super) options: RunnerOptions,
    pub(super) keeper: Keeper,
    /// Threads that may deliver at once.
    deliverers: usize,
    stop: AtomicBool,
    /// Whoever waits for it to end has waited long enough.
    left_alone: AtomicBool,
    desk: Mutex<Desk>,
    /// The lead is free, or there is none any more.
    lead: Condvar,
    /// A thread has ended.
    ended: Condvar,
}

/// What the threads know of each other.
#[derive(Debug, Default)]
struct Desk {
    status: RunnerStatus,
    /// Threads that have not ended.
    threads: usize,
    led: bool,
    delivering: usize,
    /// Whose turn it is to be looked at first.
    turn: usize,
    /// Until when each kind rests after a failure, in the order of their turns.
    rests: [Option<Instant>; 3],
}

/// Rows in hand.
struct Taken {
    queue: Queue,
    rows: Vec<Claimed>,
    /// Until when, unless the lease is renewed.
    until: DateTime<Utc>,
}

/// What looking for work came to.
enum Look {
    Found(Taken),
    /// Nothing, until then at the latest.
    Nothing(Duration),
}

impl Crew {
    pub(super) fn new(engine: Engine, options: RunnerOptions, workers: usize) -> Self {
        Self {
            engine,
            options,
            keeper: Keeper::default(),
            deliverers: workers.saturating_sub(1).max(1),
            stop: AtomicBool::new(false),
            left_alone: AtomicBool::new(false),
            desk: Mutex::default(),
            lead: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    pub(super) fn status(&self) -> RunnerStatus {
        let stopping = self.stops();
        RunnerStatus { stopping, ..self.desk().status.clone() }
    }

    pub(super) fn wake(&self) {
        self.desk().rests = [None; 3];
        self.engine.shared.alarm.ring();
        self.keeper.nudge();
    }

    /// Takes nothing up any more. Answers whether somebody has given up waiting for the end.
    pub(super) fn begin_stop(&self) -> bool {
        self.stop.store(true, Ordering::SeqCst);
        // Under the lock, so that nobody is between looking and waiting.
        let desk = self.desk();
        self.lead.notify_all();
        drop(desk);
        self.engine.shared.alarm.ring();
        self.keeper.nudge();
        self.left_alone.load(Ordering::SeqCst)
    }

    /// A thread is about to begin.
    pub(super) fn joins(&self) {
        let mut desk = self.desk();
        desk.threads = desk.threads.saturating_add(1);
    }

    /// A thread has ended.
    pub(super) fn leaves(&self) {
        let mut desk = self.desk();
        desk.threads = desk.threads.saturating_sub(1);
        self.ended.notify_all();
        drop(desk);
        self.keeper.nudge();
    }

    /// Waits until every thread has ended, or until then. Answers whether they have.
    pub(super) fn ended_by(&self, limit: Option<Instant>) -> bool {
        let mut desk = self.desk();
        while desk.threads > 0 {
            let Some(limit) = limit else {
                desk = self.ended.wait(desk).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.left_alone.store(true, Ordering::SeqCst);
                return false;
            }
            desk = self.ended.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        self.left_alone.store(false, Ordering::SeqCst);
        true
    }

    /// What the thread of the leases does: to the end of the last worker.
    pub(super) fn keep(&self) {
        let ended = || self.stops() && self.desk().threads == 0;
        self.keeper.run(&self.engine, &ended, &|queue, error| self.report(queue, error));
    }

    /// What a worker does.
    pub(super) fn work(&self) {
        while self.take_lead() {
            let taken = self.look_until_found();
            self.pass_lead();
            if let Some(taken) = taken {
                self.carry_out(taken);
            }
        }
        self.leaves();
    }

    /// Waits to lead. Answers false when there is nothing to lead any more.
    fn take_lead(&self) -> bool {
        let desk = self.desk();
        let waits = |desk: &mut Desk| desk.led && !self.stops();
        let mut desk = self.lead.wait_while(desk, waits).unwrap_or_else(PoisonError::into_inner);
        if self.stops() {
            return false;
        }
        desk.led = true;
        true
    }

    fn pass_lead(&self) {
        let mut desk = self.desk();
        desk.led = false;
        self.lead.notify_one();
    }

    /// Looks for work, and sleeps until there is some. Nothing when it is to stop.
    fn look_until_found(&self) -> Option<Taken> {
        while !self.stops() {
            let changes = self.engine.shared.alarm.changes();
            match self.look() {
                Look::Found(taken) => return Some(taken),
                Look::Nothing(sleep) => {
                    self.sleeps(Some(sleep));
                    if !self.stops() {
                        self.engine.shared.alarm.wait(changes, sleep);
                    }
                    self.sleeps(None);
                }
            }
        }
        None
    }

    /// Notes that the leader falls asleep for so long, or has woken.
    fn sleeps(&self, sleep: Option<Duration>) {
        let now = self.engine.now();
        let mut desk = self.desk();
        let fails = Queue::ALL.iter().any(|queue| desk.status.of(*queue).failing > 0);
        desk.status.idle = sleep.is_some() && desk.status.working == 0 && !fails;
        desk.status.looks_again =
            sleep.and_then(|sleep| now.checked_add_signed(chrono::TimeDelta::from_std(sleep).ok()?));
    }

    /// Looks at each kind of work once, beginning with whose turn it is.
    fn look(&self) -> Look {
        let mut sleep = self.options.longest_sleep;
        let first = self.desk().turn;
        for place in (0..TURNS.len()).map(|step| (first.wrapping_add(step)) % TURNS.len()) {
            let Some(queue) = TURNS.get(place).copied() else { continue };
            match self.wants(place, queue) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(rest) => {
                    sleep = sleep.min(rest);
                    continue;
                }
            }
            match self.attempt(|| self.take(queue)) {
                Ok(Ok(taken)) => {
                    self.begins(place, &taken);
                    return Look::Found(taken);
                }
                Ok(Err(due)) => {
                    self.desk().status.of_mut(queue).failing = 0;
                    let until = due.map(|due| (due - self.engine.now()).to_std().unwrap_or_default());
                    sleep = until.map_or(sleep, |until| sleep.min(until));
                }
                Err(error) => sleep = sleep.min(self.rests(place, queue, &error)),
            }
        }
        Look::Nothing(sleep)
    }

    /// Whether a kind of work is to be looked at now; the time that it rests for, otherwise.
    fn wants(&self, place: usize, queue: Queue) -> Result<bool, Duration> {
        let desk = self.desk();
        if queue == Queue::Outbox && (self.options.notifier.is_none() || desk.delivering >= self.deliverers) {
            // Whoever delivers rings when it is through.
            return Ok(false);
        }
        match desk.rests.get(place).copied().flatten() {
            Some(until) if until > Instant::now() => Err(until.saturating_duration_since(Instant::now())),
            _ => Ok(true),
        }
    }

    /// Takes rows of a kind, or tells when the next is due.
    fn take(&self, queue: Queue) -> Result<Result<Taken, Option<DateTime<Utc>>>, Error> {
        let limit = match queue {
            Queue::Timers => CHUNK,
            Queue::FollowUps => FOLLOW_UPS,
            Queue::Outbox => self.options.in_hand.clamp(1, crate::limits::CLAIM),
        };
        let (store, now) = (&self.engine.shared.store, self.engine.now());
        let lease = self.engine.lease(now);
        let rows = store.claim(&Claim { queue, firm: None, now, lease, limit })?;
        if rows.is_empty() {
            return Ok(Err(store.next_due(queue, None)?));
        }
        Ok(Ok(Taken { queue, rows, until: lease.until }))
    }

    fn begins(&self, place: usize, taken: &Taken) {
        let mut desk = self.desk();
        desk.turn = place.wrapping_add(1) % TURNS.len();
        desk.status.working = desk.status.working.saturating_add(1);
        desk.status.idle = false;
        desk.status.of_mut(taken.queue).failing = 0;
        if taken.queue == Queue::Outbox {
            desk.delivering = desk.delivering.saturating_add(1);
        }
    }

    fn ends(&self, queue: Queue) {
        let mut desk = self.desk();
        desk.status.working = desk.status.working.saturating_sub(1);
        if queue == Queue::Outbox {
            desk.delivering = desk.delivering.saturating_sub(1);
            drop(desk);
            self.engine.shared.alarm.ring();
        }
    }

    /// Lets a kind of work rest after a failure. Answers for how long.
    fn rests(&self, place: usize, queue: Queue, error: &Error) -> Duration {
        let rest = {
            let mut desk = self.desk();
            let status = desk.status.of_mut(queue);
            let rest = pause(status.failing, self.options.longest_pause);
            status.failing = status.failing.saturating_add(1);
            if let Some(until) = desk.rests.get_mut(place) {
                *until = Instant::now().checked_add(rest);
            }
            rest
        };
        self.report(queue, error);
        rest
    }

    /// Tells of a failure.
    pub(super) fn report(&self, queue: Queue, error: &Error) {
        self.desk().status.of_mut(queue).note(error);
        if let Some(tell) = &self.options.on_error {
            // What a host does when it is told is its own affair.
            drop(catch_unwind(AssertUnwindSafe(|| tell(queue, error))));
        }
    }

    /// Counts what has become of work.
    pub(super) fn count(&self, queue: Queue, done: usize, failed: usize, lost: usize) {
        let mut desk = self.desk();
        let status = desk.status.of_mut(queue);
        more(&mut status.done, done);
        more(&mut status.failed, failed);
        more(&mut status.lost, lost);
    }

    /// Runs something that may panic.
    fn attempt<T>(&self, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
            Err(StoreError::new(ErrorKind::Unavailable, "what the runner called panicked; it goes on").into())
        })
    }

    /// Does what was taken, under leases that are kept until it is done.
    fn carry_out(&self, Taken { queue, rows, until }: Taken) {
        let holds = self.keeper.hold(&rows, until);
        let done = self.attempt(move || {
            match queue {
                Queue::Timers => {
                    self.fire(&rows)?;
                    drop(holds);
                }
                Queue::FollowUps => {
                    self.follow(rows);
                    drop(holds);
                }
                Queue::Outbox => self.deliver(rows, holds),
            }
            Ok(())
        });
        if let Err(error) = done {
            let place = TURNS.iter().position(|other| *other == queue).unwrap_or_default();
            self.rests(place, queue, &error);
        }
        self.ends(queue);
    }

    fn fire(&self, rows: &[Claimed]) -> Result<(), Error> {
        let mut ticked = Ticked::default();
        let fired = self.engine.at(self.engine.now()).fire_all(rows, &mut ticked);
        self.count(Queue::Timers, ticked.outcomes.len(), ticked.failures.len(), 0);
        ticked.failures.iter().for_each(|failure| self.report(Queue::Timers, &failure.error));
        fired
    }

    fn follow(&self, rows: Vec<Claimed>) {
        let held = rows.into_iter().filter_map(|claimed| match claimed.body {
            QueuedBody::FollowUp(follow_up) => {
                Some(Held { firm: claimed.firm, follow_up, generation: claimed.generation, attempts: claimed.attempts })
            }
            QueuedBody::Notification(_) | QueuedBody::Timer(_) => None,
        });
        let mut failed = 0usize;
        let run = self.engine.run_all(Round::new(held), &mut |error| {
            failed = failed.saturating_add(1);
            self.report(Queue::FollowUps, error);
        });
        self.count(Queue::FollowUps, run.saturating_sub(failed), failed, 0);
    }
}

/// How long to pause after so many failures before this one: by chance between a half of it and all.
pub(super) fn pause(failures: u32, longest: Duration) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(longest);
    let random = RandomState::new().build_hasher().finish();
    let half = full / 2;
    let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
    half.saturating_add(Duration::from_micros(random.checked_rem(micros.saturating_add(1)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s10_3_pauses_grow_to_a_bound_and_are_left_to_chance() {
        let longest = Duration::from_secs(5);
        for failures in 0..40 {
            let full = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(longest);
            for _ in 0..20 {
                let pause = pause(failures, longest);
                assert!(pause >= full / 2 && pause <= full, "{pause:?} after {failures}");
            }
        }
        let many: std::collections::BTreeSet<Duration> = (0..50).map(|_| pause(9, longest)).collect();
        assert!(many.len() > 10, "hosts that failed together do not try again together");
        assert!(pause(3, Duration::ZERO).is_zero());
    }
}
