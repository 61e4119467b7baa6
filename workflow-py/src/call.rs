//! The way in: every call of the engine goes through [`released`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;

use crate::failure::{Failure, words_of};
use crate::host::HostClock;

/// Runs something without the interpreter's lock, at the time that the host's clock tells.
///
/// The clock is asked before anything else: what it raises is raised, and nothing was done. A panic
/// never leaves this function, as it would go past every `except Exception`.
pub(crate) fn released<T: Send>(
    py: Python<'_>,
    clock: Option<&HostClock>,
    body: impl FnOnce() -> Result<T, Failure> + Send,
) -> PyResult<T> {
    let time = clock.map(|clock| clock.ask(py)).transpose()?;
    let run = || {
        let _told = time.map(HostClock::tell);
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(Failure::Panicked(words_of(&*panic))))
    };
    py.detach(run).map_err(PyErr::from)
}
