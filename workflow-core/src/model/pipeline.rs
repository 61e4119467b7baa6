//! Published pipelines.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::{PipelineDefinition, is_default};
use crate::id::{AutomationKey, PipelineKey, StageKey};

/// What is true of a pipeline whatever its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PipelineHead {
    /// Its key.
    pub key: PipelineKey,
    /// The newest version.
    pub newest: u32,
    /// Automations switched on or off since they were written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub switches: BTreeMap<AutomationKey, bool>,
    /// Stages that newer versions dropped, and where the jobs in them belong now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub moved_stages: BTreeMap<StageKey, StageKey>,
    /// Whether it takes no new jobs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub archived: bool,
    /// When the newest version was published.
    pub published: DateTime<Utc>,
}

/// One version of a pipeline. Never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PipelineVersion {
    /// Of which pipeline.
    pub key: PipelineKey,
    /// Counted from 1.
    pub version: u32,
    /// What was published.
    pub definition: Arc<PipelineDefinition>,
    /// When.
    pub published: DateTime<Utc>,
}
