//! How time goes by: what is measured of jobs, and what may be expected of them.
//!
//! What users ask for is in [`crate::query`]: [`Queries::measures`](crate::query::Queries::measures),
//! [`Queries::job_measures`](crate::query::Queries::job_measures) and
//! [`Queries::forecasts`](crate::query::Queries::forecasts).

mod course;
mod spread;
mod survival;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use course::{Course, party};
pub use spread::{Quantiles, Spread};
pub(crate) use survival::Survival;

use crate::calendar::FirmCalendar;

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Elapsed {
    /// Seconds that went by.
    pub seconds: i64,
    /// Those of them within the firm's business hours, on days that it is open.
    pub business_seconds: i64,
}

impl Elapsed {
    /// From one instant to another; nothing when the other is not later.
    #[must_use]
    pub fn between(calendar: &FirmCalendar, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        if to <= from {
            return Self::default();
        }
        Self {
            seconds: to.signed_duration_since(from).num_seconds(),
            business_seconds: calendar.business_time_between(from, to).num_seconds(),
        }
    }

    /// One after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.saturating_add(other.seconds),
            business_seconds: self.business_seconds.saturating_add(other.business_seconds),
        }
    }
}
