//! Errors on their way to Python, and exceptions of the host's on their way through the engine.

use std::error::Error as StdError;
use std::fmt;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use workflow_core::error::{Error, ErrorKind, Rejection, StoreError};

/// Why a call did nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine's answer.
    Engine(Error),
    /// An exception of the host's own code, to be raised again as it is.
    Host(PyErr),
    /// The library panicked, with these words.
    Panicked(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Engine(rejection.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<PyErr> for Failure {
    fn from(exception: PyErr) -> Self {
        Self::Host(exception)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| match failure {
            Failure::Host(exception) => exception,
            Failure::Engine(error) => exception(py, &error),
            Failure::Panicked(words) => made(py, "from_panic", words.into_bytes()),
        })
    }
}

/// The exception that an error is in Python: that of the host's which is behind it, or one of ours.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    host_exception(py, error)
        .unwrap_or_else(|| made(py, "from_report", serde_json::to_vec(&error.report()).unwrap_or_default()))
}

/// The exception of the Python package that a constructor there makes of some text.
fn made(py: Python<'_>, constructor: &str, text: Vec<u8>) -> PyErr {
    let exception = base(py).and_then(|class| class.call_method1(constructor, (text,)));
    exception.map_or_else(|failed| failed, PyErr::from_value)
}

/// `workflow_py.WorkflowError`, of which everything that the engine refuses is.
fn base(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "workflow_py.errors", "WorkflowError")
}

/// An exception of the host's own code, where the engine takes a store's error.
#[derive(Debug)]
struct HostException(PyErr);

impl fmt::Display for HostException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for HostException {}

/// What the engine is told of an exception that a store of the host's raised: its own kind when it
/// is one of ours, else that the store cannot be read or written.
pub(crate) fn store_error(py: Python<'_>, exception: PyErr) -> StoreError {
    let value = exception.value(py);
    let code = base(py).ok().filter(|class| value.is_instance(class).unwrap_or(false));
    let code = code.and_then(|_| value.getattr("code").ok()?.extract::<i32>().ok());
    let kind = match code {
        Some(200) => ErrorKind::Conflict,
        Some(201) => ErrorKind::Busy,
        Some(203) => ErrorKind::Corrupt,
        Some(204) => ErrorKind::NewerVersion,
        Some(205) => ErrorKind::NotAStore,
        Some(206) => ErrorKind::Unsupported,
        Some(207) => ErrorKind::Ambiguous,
        _ => ErrorKind::Unavailable,
    };
    let words = format!("the store raised {exception}");
    StoreError::new(kind, words).caused_by(HostException(exception))
}

/// The exception of the host's that is behind an error, if there is one.
fn host_exception(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let mut source = error.source();
    while let Some(behind) = source {
        if let Some(HostException(exception)) = behind.downcast_ref() {
            return Some(exception.clone_ref(py));
        }
        source = behind.source();
    }
    None
}

/// What a panic said.
pub(crate) fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    let words = owned.or_else(|| panic.downcast_ref::<&str>().copied());
    words.unwrap_or("nothing is known of it").to_owned()
}
