//! Why things are as they are: what was recorded and what is so now, told with the values behind it.
//!
//! What users ask for is in [`crate::query`]: [`Queries::explain_job`](crate::query::Queries::explain_job)
//! and [`Queries::explain_automation`](crate::query::Queries::explain_automation). What holds a job is
//! found by the functions that the engine decides by, and so is what sets an automation off.

mod automation;
mod job;
mod words;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

pub use automation::{AutomationExplanation, Occasion, WhyNot};
pub use job::{Arrival, Hold, HoldReason, JobExplanation, NextStep, Passed, WaitingAction};
pub(crate) use words::{Words, done_when, list, trigger};

use crate::event::Actor;
use crate::id::{AutomationKey, EntryId};
use crate::store::LogPosition;

/// One link of the chain that led to something: an event, or the command that began it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cause {
    /// When.
    pub at: DateTime<Utc>,
    /// The entry of the log.
    pub entry: EntryId,
    /// Its place in the log.
    pub position: LogPosition,
    /// The event, by its place in the entry; absent when this is the command itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u32>,
    /// Who gave the command of the entry.
    pub actor: Actor,
    /// The name of that command.
    pub command: String,
    /// The automation that did it; absent when the command did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation: Option<AutomationKey>,
    /// In words.
    pub text: String,
}
