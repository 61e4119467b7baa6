//! A thread that does what is due when it is due.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Engine, Notifier};
use crate::error::{Error, ErrorKind, StoreError};
use crate::limits;
use crate::store::Queue;

/// Is told of a failure.
pub type OnError = Box<dyn Fn(&Error) + Send>;

/// How a runner runs.
pub struct RunnerOptions {
    /// Delivers notifications; when absent they are left to the host.
    pub notifier: Option<Arc<dyn Notifier + Send + Sync>>,
    /// How long it sleeps at most. What other processes, and transactions of the host's, make due
    /// earlier is noticed after this time.
    pub longest_sleep: Duration,
    /// Told of every failure. The runner goes on, after a pause that grows while it fails.
    pub on_error: Option<OnError>,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        Self { notifier: None, longest_sleep: Duration::from_secs(30), on_error: None }
    }
}

impl std::fmt::Debug for RunnerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let notifies = self.notifier.is_some();
        f.debug_struct("RunnerOptions")
            .field("notifies", &notifies)
            .field("longest_sleep", &self.longest_sleep)
            .finish()
    }
}

/// A running thread of an engine. It stops when it is told to, or dropped.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts a thread that ticks, runs follow-ups that nobody holds, and delivers notifications
    /// when a notifier is given. It sleeps until the next of them is due, on the engine's clock.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use workflow_core::engine::{Engine, RunnerOptions};
    /// use workflow_core::store::memory::MemoryStore;
    ///
    /// let engine = Engine::new(Arc::new(MemoryStore::new()));
    /// let runner = engine.start_runner(RunnerOptions::default())?;
    /// // … the host goes about its business …
    /// runner.stop();
    /// # Ok::<(), workflow_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start_runner(&self, options: RunnerOptions) -> Result<Runner, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        self.shared.alarm.runners.fetch_add(1, Ordering::SeqCst);
        let (engine, stopped) = (self.clone(), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("workflow-runner".to_owned())
            .spawn(move || run(&engine, &options, &stopped))
            .map_err(|error| {
                self.shared.alarm.runners.fetch_sub(1, Ordering::SeqCst);
                StoreError::new(ErrorKind::Unavailable, "the system gave no thread for the runner").caused_by(error)
            })?;
        Ok(Runner { engine: self.clone(), stop, thread: Some(thread) })
    }
}

impl Runner {
    /// Makes it look at once what is due: when the clock was set, or another process has worked.
    pub fn wake(&self) {
        self.engine.shared.alarm.ring();
    }

    /// Stops it, when it is through with what it is doing.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.engine.shared.alarm.ring();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
            self.engine.shared.alarm.runners.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(engine: &Engine, options: &RunnerOptions, stop: &AtomicBool) {
    let mut failures = 0u32;
    while !stop.load(Ordering::SeqCst) {
        let changes = engine.shared.alarm.changes();
        let turn = catch_unwind(AssertUnwindSafe(|| engine.turn(options)));
        let turn = turn.unwrap_or_else(|_| {
            Err(StoreError::new(ErrorKind::Unavailable, "what the runner called panicked; it goes on").into())
        });
        let sleep = match turn {
            Ok(next) => {
                failures = 0;
                next.map_or(options.longest_sleep, |next| until(engine.now(), next).min(options.longest_sleep))
            }
            Err(error) => {
                if let Some(tell) = &options.on_error {
                    tell(&error);
                }
                failures = failures.saturating_add(1);
                Duration::from_millis(100u64.saturating_mul(1 << failures.min(10))).min(options.longest_sleep)
            }
        };
        if !sleep.is_zero() && !stop.load(Ordering::SeqCst) {
            engine.shared.alarm.wait(changes, sleep);
        }
    }
}

/// How long it is until an instant; no time when it has come.
fn until(now: DateTime<Utc>, next: DateTime<Utc>) -> Duration {
    let left: TimeDelta = next - now;
    left.to_std().unwrap_or_default()
}

impl Engine {
    /// Does what is due now, of everything that a runner sees to. Answers when the next is.
    fn turn(&self, options: &RunnerOptions) -> Result<Option<DateTime<Utc>>, Error> {
        let mut next = self.tick(self.now(), limits::TICK)?.next;
        self.run_follow_ups(limits::CLAIM)?;
        let mut earliest = |other: Option<DateTime<Utc>>| {
            next = match (next, other) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        };
        earliest(self.shared.store.next_due(Queue::FollowUps, None)?);
        if let Some(notifier) = &options.notifier {
            self.deliver(&**notifier, limits::CLAIM)?;
            earliest(self.shared.store.next_due(Queue::Outbox, None)?);
        }
        Ok(next)
    }
}
