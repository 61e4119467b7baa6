//! What the engine asks of itself.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ShiftDeadlines;
use crate::id::{FieldKey, ItemId, JobId, Tag};
use crate::store::ActionOrigin;

/// A change on another record that a job reacts to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// The account's tags changed.
    AccountTags {
        /// The job that reacts.
        job: JobId,
        /// Tags the account got.
        added: Vec<Tag>,
        /// Tags it lost.
        removed: Vec<Tag>,
    },
    /// A custom field of the account changed.
    AccountField {
        /// The job that reacts.
        job: JobId,
        /// Which field.
        field: FieldKey,
    },
    /// A job that it waits for was finished or opened again.
    Dependency {
        /// The job that reacts.
        job: JobId,
        /// The one it waits for.
        on: JobId,
        /// Whether that one is finished, or gone.
        finished: bool,
    },
    /// An item of it was reported on.
    Item {
        /// The job that reacts.
        job: JobId,
        /// Which item.
        item: ItemId,
    },
    /// An action of an automation on it could not be done after all.
    ActionFailed {
        /// Which.
        origin: ActionOrigin,
        /// Why.
        why: String,
    },
    /// Time has passed: what is due on it is done.
    Clock {
        /// The job.
        job: JobId,
    },
    /// What its dates count from may have changed.
    Dates {
        /// The job that reacts.
        job: JobId,
    },
    /// Its deadlines are among those that are moved.
    ShiftDeadlines {
        /// The job that reacts.
        job: JobId,
        /// How they are moved.
        order: Box<ShiftDeadlines>,
        /// When that was ordered: jobs created later are not concerned.
        at: DateTime<Utc>,
    },
    /// Something around it changed: a newer version of its pipeline, a stage with room again.
    Reconsider {
        /// The job that reacts.
        job: JobId,
    },
}

impl Reaction {
    /// Whether it is the passing of time.
    #[must_use]
    pub fn is_clock(&self) -> bool {
        matches!(self, Self::Clock { .. })
    }

    /// The job that reacts.
    #[must_use]
    pub fn job(&self) -> JobId {
        match self {
            Self::AccountTags { job, .. }
            | Self::AccountField { job, .. }
            | Self::Dependency { job, .. }
            | Self::Item { job, .. }
            | Self::Clock { job }
            | Self::Dates { job }
            | Self::ShiftDeadlines { job, .. }
            | Self::Reconsider { job } => *job,
            Self::ActionFailed { origin, .. } => origin.job,
        }
    }
}
