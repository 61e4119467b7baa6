//! The thread that does what is due when it is due.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use workflow_core::engine::{self as core, RunnerOptions};
use workflow_core::error::Error;

use crate::failure::Failure;
use crate::host::HostNotifier;

/// A running thread of an engine.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Runner(Mutex<Option<core::Runner>>);

#[pymethods]
impl Runner {
    /// Makes it look at once what is due.
    fn wake(&self) {
        if let Some(runner) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            runner.wake();
        }
    }

    /// Stops it, when it is through with what it is doing.
    fn stop(&self, py: Python<'_>) {
        let runner = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(runner));
    }

    #[getter]
    fn running(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Drop for Runner {
    /// Without the interpreter's lock: the thread may be waiting for it.
    fn drop(&mut self) {
        let runner = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if runner.is_some() {
            Python::attach(|py| py.detach(|| drop(runner)));
        }
    }
}

impl Runner {
    /// Starts the thread.
    pub(crate) fn start(
        engine: &core::Engine,
        notifier: Option<Py<PyAny>>,
        longest_sleep_seconds: f64,
        on_error: Py<PyAny>,
    ) -> Result<Self, Failure> {
        let notifier = notifier.map(|notify| Arc::new(HostNotifier::new(notify)) as _);
        let options = RunnerOptions {
            notifier,
            longest_sleep: Duration::try_from_secs_f64(longest_sleep_seconds.max(0.0)).unwrap_or(Duration::MAX),
            on_error: Some(Box::new(move |_, error| tell(&on_error, error))),
            ..RunnerOptions::default()
        };
        Ok(Self(Mutex::new(Some(engine.start_runner(options)?))))
    }
}

fn tell(on_error: &Py<PyAny>, error: &Error) {
    Python::attach(|py| {
        let told = crate::failure::exception(py, error).into_value(py);
        if let Err(raised) = on_error.bind(py).call1((told,)) {
            raised.write_unraisable(py, Some(on_error.bind(py)));
        }
    });
}
