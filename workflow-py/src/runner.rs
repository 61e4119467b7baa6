//! The threads that do what is due when it is due.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use workflow_core::engine::{self as core, RunnerOptions};
use workflow_core::error::Error;
use workflow_core::store::Queue;

use crate::document::json;
use crate::failure::Failure;
use crate::host::HostNotifier;

/// Running threads of an engine.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Runner(Option<core::Runner>);

/// How a runner is to run.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Orders {
    workers: usize,
    notifier: Option<Py<PyAny>>,
    in_hand: usize,
    longest_sleep_seconds: f64,
    longest_pause_seconds: f64,
    on_error: Py<PyAny>,
}

/// A length of time; what is none saturates.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

impl Runner {
    /// Starts the threads.
    pub(crate) fn start(engine: &core::Engine, orders: Orders) -> Result<Self, Failure> {
        let notifier = orders.notifier.map(|notify| Arc::new(HostNotifier::new(notify)) as _);
        let on_error = orders.on_error;
        let options = RunnerOptions {
            workers: orders.workers,
            notifier,
            in_hand: orders.in_hand,
            longest_sleep: duration(orders.longest_sleep_seconds),
            longest_pause: duration(orders.longest_pause_seconds),
            on_error: Some(Box::new(move |queue, error| tell(&on_error, queue, error))),
        };
        Ok(Self(Some(engine.start_runner(options)?)))
    }

    fn running(&self) -> Result<&core::Runner, Failure> {
        // It is there until this is dropped.
        self.0.as_ref().ok_or_else(|| Failure::Panicked("the runner is gone".to_owned()))
    }
}

#[pymethods]
impl Runner {
    /// Makes it look at once what is due.
    fn wake(&self) -> Result<(), Failure> {
        self.running()?.wake();
        Ok(())
    }

    /// Stops it, and waits so long for what it holds. Answers whether that is finished.
    fn stop(&self, py: Python<'_>, seconds: f64) -> Result<bool, Failure> {
        let runner = self.running()?;
        Ok(py.detach(|| runner.stop_within(duration(seconds))))
    }

    /// What it has done so far, as JSON.
    fn status<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>, Failure> {
        let runner = self.running()?;
        json(py, &py.detach(|| runner.status()))
    }
}

impl Drop for Runner {
    /// Without the interpreter's lock: its threads may be waiting for it.
    fn drop(&mut self) {
        let runner = self.0.take();
        Python::attach(|py| py.detach(|| drop(runner)));
    }
}

fn tell(on_error: &Py<PyAny>, queue: Queue, error: &Error) {
    let queue = match queue {
        Queue::Outbox => "outbox",
        Queue::FollowUps => "follow_ups",
        Queue::Timers => "timers",
    };
    Python::attach(|py| {
        let told = crate::failure::exception(py, error).into_value(py);
        if let Err(raised) = on_error.bind(py).call1((queue, told)) {
            raised.write_unraisable(py, Some(on_error.bind(py)));
        }
    });
}
