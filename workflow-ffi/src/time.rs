//! Instants as microseconds since 1970.

use chrono::{DateTime, Utc};

use crate::code::workflow_code;
use crate::failure::Failure;

/// The instant that a number means.
pub(crate) fn instant(what: &str, micros: i64) -> Result<DateTime<Utc>, Failure> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| {
        let why = format!("`{what}` of {micros} is no instant: write microseconds since 1970");
        Failure::boundary(workflow_code::OutOfRange, why)
    })
}
