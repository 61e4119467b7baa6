//! Threads that do what is due when it is due.
//!
//! One thread at a time leads: it looks for work, and sleeps until there is some. When it has taken
//! some, it lets another lead and does it. So as many threads work as there is work for, and one that
//! sleeps is all that an idle runner costs. A thread of its own keeps the leases of what is in hand.

mod crew;
mod deliver;
mod keeper;
mod status;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use status::{RunnerStatus, WorkStatus};

use super::{Engine, Notifier};
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::limits;
use crate::store::Queue;
use crew::Crew;

/// Is told of a failure, and with what kind of work it was. It is called by the runner's threads, one
/// after the other or at once, and should not keep them.
pub type OnError = Box<dyn Fn(Queue, &Error) + Send + Sync>;

/// How a runner runs.
pub struct RunnerOptions {
    /// How many threads work, from 1 to [`limits::RUNNER_WORKERS`]. Where there are two or more, one is
    /// kept free of deliveries, so that a slow notifier does not keep timers waiting.
    pub workers: usize,
    /// Delivers notifications; when absent they are left to the host.
    pub notifier: Option<Arc<dyn Notifier + Send + Sync>>,
    /// How many notifications a thread takes at once. It finishes them before it stops.
    pub in_hand: usize,
    /// How long it sleeps at most. What other processes, and transactions of the host's, make due
    /// earlier is noticed after this time, when [`Runner::wake`] is called, or when the store hears of
    /// it ([`when_hinted`](crate::store::Transact::when_hinted)).
    pub longest_sleep: Duration,
    /// How long it pauses at most after failures of the store. The first pause is a tenth of a
    /// second, and each is about twice the one before, by chance a little less.
    pub longest_pause: Duration,
    /// Told of every failure. The runner goes on.
    pub on_error: Option<OnError>,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            notifier: None,
            in_hand: 16,
            longest_sleep: Duration::from_secs(30),
            longest_pause: Duration::from_secs(30),
            on_error: None,
        }
    }
}

impl std::fmt::Debug for RunnerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunnerOptions")
            .field("workers", &self.workers)
            .field("notifies", &self.notifier.is_some())
            .field("in_hand", &self.in_hand)
            .field("longest_sleep", &self.longest_sleep)
            .field("longest_pause", &self.longest_pause)
            .finish_non_exhaustive()
    }
}

/// Running threads of an engine. They stop when they are told to, or when this is dropped.
///
/// It may be shared between threads, and stopped by any of them.
pub struct Runner {
    crew: Arc<Crew>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts threads that do what is due (as [`Engine::tick`] does), run follow-ups that nobody
    /// holds, and deliver notifications when a notifier is given. They sleep until the next of them
    /// is due, on the engine's clock.
    ///
    /// What they take is theirs for as long as it takes: they renew their leases. When the process
    /// dies, others take it over within a minute. Any number of runners, of any number of hosts, may
    /// run on one store; notifications of one job are delivered in order by all of them together.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use workflow_core::engine::{Engine, RunnerOptions};
    /// use workflow_core::store::memory::MemoryStore;
    ///
    /// let engine = Engine::new(Arc::new(MemoryStore::new()));
    /// let runner = engine.start_runner(RunnerOptions { workers: 4, ..RunnerOptions::default() })?;
    /// // … the host goes about its business …
    /// println!("{:?}", runner.status());
    /// let finished = runner.stop_within(Duration::from_secs(10));
    /// assert!(finished, "it held nothing that takes longer");
    /// # Ok::<(), workflow_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is to have no worker, or too many. When the system has no threads to give.
    pub fn start_runner(&self, options: RunnerOptions) -> Result<Runner, Error> {
        let workers = options.workers;
        if workers == 0 {
            return Err(Rejection::invalid("workers", "a runner needs one at least").into());
        }
        if workers > limits::RUNNER_WORKERS {
            let [max, actual] = [limits::RUNNER_WORKERS, workers].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
            let what = "the number of workers".to_owned();
            return Err(Rejection::Limit { limit: "RUNNER_WORKERS", max, actual, what }.into());
        }
        let crew = Arc::new(Crew::new(self.clone(), options, workers));
        let runner = Runner { crew: Arc::clone(&crew), threads: Mutex::default() };
        self.shared.alarm.runners.fetch_add(1, Ordering::SeqCst);
        if !self.shared.alarm.hinted.swap(true, Ordering::SeqCst) {
            let shared = Arc::downgrade(&self.shared);
            let wake = move || shared.upgrade().map(|shared| shared.alarm.hint()).is_some();
            self.shared.store.when_hinted(Box::new(wake));
        }
        // When one of them cannot be started, the runner is dropped and stops the others.
        runner.spawn("workflow-leases", |crew| crew.keep())?;
        for _ in 0..workers {
            crew.joins();
            runner.spawn("workflow-runner", |crew| crew.work()).inspect_err(|_| crew.leaves())?;
        }
        Ok(runner)
    }
}

impl Runner {
    fn spawn(&self, name: &str, run: fn(&Crew)) -> Result<(), Error> {
        let crew = Arc::clone(&self.crew);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&crew)).map_err(|error| {
            StoreError::new(ErrorKind::Unavailable, "the system gave no thread for the runner").caused_by(error)
        })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Makes it look at once what is due: when the clock was set, or another process has worked. A
    /// pause after a failure ends too.
    pub fn wake(&self) {
        self.crew.wake();
    }

    /// What it has done so far, and what it is at.
    #[must_use]
    pub fn status(&self) -> RunnerStatus {
        self.crew.status()
    }

    /// Tells it to stop and does not wait: it takes nothing up any more, and finishes what it holds.
    pub fn begin_stop(&self) {
        self.crew.begin_stop();
    }

    /// Stops it, and waits until what it holds is finished: no longer than this. Answers whether it
    /// is. When it is not, it goes on finishing by itself, and this may be called again. It answers
    /// false to a thread of the runner's own, which cannot wait for itself.
    pub fn stop_within(&self, at_most: Duration) -> bool {
        self.begin_stop();
        if self.is_own_thread() || !self.crew.ended_by(Instant::now().checked_add(at_most)) {
            return false;
        }
        self.join();
        true
    }

    /// Stops it, when it is through with what it holds.
    pub fn stop(self) {
        drop(self);
    }

    fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            drop(thread.join());
        }
    }

    fn is_own_thread(&self) -> bool {
        let me = std::thread::current().id();
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().any(|thread| thread.thread().id() == me)
    }
}

impl Drop for Runner {
    /// Stops it and waits, unless it was given a time to stop within that was not enough.
    fn drop(&mut self) {
        let left_alone = self.crew.begin_stop();
        if !left_alone && !self.is_own_thread() {
            self.crew.ended_by(None);
            self.join();
        }
        self.crew.engine.shared.alarm.runners.fetch_sub(1, Ordering::SeqCst);
    }
}
