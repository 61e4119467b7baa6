//! Clocks of the host's.

use std::cell::Cell;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use pyo3::prelude::*;
use workflow_core::engine::{self as core, Clock, SystemClock};

use crate::instant::Instant;

thread_local! {
    /// The time at which this thread's call is carried out.
    static TOLD: Cell<Option<DateTime<Utc>>> = const { Cell::new(None) };
}

/// A clock that is a Python callable: it answers an aware `datetime`.
pub(crate) struct HostClock(Py<PyAny>);

/// While it lives, it is the time told for this thread.
pub(crate) struct Told(Option<DateTime<Utc>>);

impl Drop for Told {
    fn drop(&mut self) {
        TOLD.set(self.0);
    }
}

impl HostClock {
    /// Asks it.
    pub(crate) fn ask(&self, py: Python<'_>) -> PyResult<DateTime<Utc>> {
        self.0.bind(py).call0()?.extract::<Instant>().map(|instant| instant.0)
    }

    /// Lets it be this time for what this thread does meanwhile.
    pub(crate) fn tell(time: DateTime<Utc>) -> Told {
        Told(TOLD.replace(Some(time)))
    }
}

/// The clock that an engine over a [`HostClock`] has: the time that its caller was told, or, on a
/// thread that nobody called from Python, what the host's clock says.
struct Reading(HostClock);

impl Clock for Reading {
    fn now(&self) -> DateTime<Utc> {
        TOLD.get().unwrap_or_else(|| {
            Python::attach(|py| {
                self.0.ask(py).unwrap_or_else(|error| {
                    error.write_unraisable(py, Some(self.0.0.bind(py)));
                    SystemClock.now()
                })
            })
        })
    }
}

/// A clock that stands still until it is set: for tests, simulations and replays.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct ManualClock(Arc<core::ManualClock>);

#[pymethods]
impl ManualClock {
    #[new]
    fn new(now: Instant) -> Self {
        Self(Arc::new(core::ManualClock::at(now.0)))
    }

    /// Sets it.
    fn set(&self, now: Instant) {
        self.0.set(now.0);
    }

    /// Moves it on.
    fn advance(&self, by: TimeDelta) {
        self.0.advance(by);
    }

    /// Now.
    fn __call__(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn __repr__(&self) -> String {
        format!("ManualClock({})", self.0.now().format("%Y-%m-%dT%H:%M:%S%.fZ"))
    }
}

/// The engine's clock of what the host gave, and the host's own to be asked before each call.
pub(crate) fn clock_of(clock: Option<&Bound<'_, PyAny>>) -> (Arc<dyn Clock>, Option<HostClock>) {
    let Some(clock) = clock else { return (Arc::new(SystemClock), None) };
    if let Ok(manual) = clock.cast::<ManualClock>() {
        let manual: Arc<dyn Clock> = Arc::clone(&manual.get().0) as _;
        return (manual, None);
    }
    let host = || HostClock(clock.clone().unbind());
    (Arc::new(Reading(host())), Some(host()))
}
