//! People on the firm's team.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::{is_default, is_true, yes};
use crate::id::MemberId;

/// A person on the firm's team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Their identifier.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their email address, for the host's use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether they set the firm up: settings, members, templates, pipelines; and see everything.
    #[serde(default, skip_serializing_if = "is_default")]
    pub admin: bool,
    /// How many minutes a week they have for their work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly_minutes: Option<u32>,
    /// Whether they work here now. One who does not can act no longer and is assigned nothing.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
}
