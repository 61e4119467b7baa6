//! Instants from Python: aware datetimes of any zone.

use chrono::{DateTime, Utc};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyTzInfo};

/// An instant that a host gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(pub(crate) DateTime<Utc>);

impl<'py> FromPyObject<'_, 'py> for Instant {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        if let Ok(at) = value.extract::<DateTime<Utc>>() {
            return Ok(Self(at));
        }
        if !value.is_instance_of::<PyDateTime>() {
            return Err(PyTypeError::new_err(format!("an aware datetime is wanted, not {}", value.get_type().name()?)));
        }
        if value.call_method0("utcoffset")?.is_none() {
            let why = format!("{} has no time zone: give an aware datetime, such as datetime.now(UTC)", value.repr()?);
            return Err(PyValueError::new_err(why));
        }
        Ok(Self(value.call_method1("astimezone", (PyTzInfo::utc(py)?,))?.extract()?))
    }
}
