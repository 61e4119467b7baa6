//! A pipeline and its stages.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Automation, Condition, JobTemplate, TaskTemplate, is_default, is_true, yes};
use crate::dates::Span;
use crate::id::{MemberId, PipelineKey, RoleKey, StageKey, StatusKey, TemplateKey};

/// A pipeline as it is authored and published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineDefinition {
    /// Names the pipeline in its firm; publishing the same key again makes a new version.
    pub key: PipelineKey,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who sees and works on it; everyone unless said.
    #[serde(default, skip_serializing_if = "is_default")]
    pub access: Access,
    /// Where a person may move a job.
    #[serde(default, skip_serializing_if = "is_default")]
    pub moves: MoveRule,
    /// Whether new jobs follow the newest version or stay on theirs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub versioning: Versioning,
    /// Whether a job that comes to rest in a final stage is completed.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub complete_at_final: bool,
    /// Order of the cards on the board.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sort: JobSort,
    /// Template of new jobs, by key, for jobs that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_template: Option<TemplateKey>,
    /// Defaults of new jobs, for what neither the command nor its template says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_defaults: Option<JobTemplate>,
    /// Custom job statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
    /// The stages; their order is the default path.
    pub stages: Vec<Stage>,
    /// Further transitions, besides each stage to the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    /// Automations that do not belong to one stage or status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub automations: Vec<Automation>,
    /// Task templates of this pipeline alone; they hide the firm's of the same key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_templates: Vec<TaskTemplate>,
}

/// Who may see and work on a pipeline's jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Every member of the firm.
    #[default]
    Everyone,
    /// The members named, and the holders of the roles named on the job's account.
    Only {
        /// Members by id.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        members: BTreeSet<MemberId>,
        /// Roles on the job's account.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        roles: BTreeSet<RoleKey>,
    },
}

/// Where a person may move a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoveRule {
    /// To any stage.
    #[default]
    Free,
    /// Along the pipeline's own ways only: the declared transitions, and the default path where a
    /// stage does not branch.
    Transitions,
}

/// Which version of a pipeline its new jobs go by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// The newest, from the moment it is published.
    #[default]
    Follow,
    /// The one that was newest when the job came in.
    Pin,
}

/// Order of the cards on a board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobSort {
    /// Earliest due date first, those without one last.
    #[default]
    Due,
    /// Most urgent first, then by due date.
    Priority,
}

/// A custom job status: what holds a job up without moving it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Names the status in its pipeline.
    pub key: StatusKey,
    /// What people call it; the key when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the client sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Whose turn it is while a job has it, for measures; told by what it waits for when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<Party>,
    /// Whether the job becomes active again when all that these automations created is done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub automove: bool,
    /// What happens when the status is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_set: Vec<Automation>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The firm's.
    Firm,
    /// The client's.
    Client,
    /// Somebody else's: a tax office, a bank, a notary.
    ThirdParty,
}

/// One step of a pipeline: a column of the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Names the stage in its pipeline.
    pub key: StageKey,
    /// What people call it; the key when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the client sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// What is done here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whose turn it is while a job is here, for measures; told by what it waits for when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<Party>,
    /// Makes it a conditional stage: jobs moving by themselves skip it unless this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Whether the job moves on when everything asked for is done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub automove: bool,
    /// What automove does with a visit that never had anything to wait for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_empty: OnEmpty,
    /// Whether the pipeline ends here; when no stage says so, the last is final.
    #[serde(default, rename = "final", skip_serializing_if = "is_default")]
    pub is_final: bool,
    /// How long a job should stay, such as `5 business days`. Past it the job is marked for
    /// attention, and automations on `stage_time_limit` run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<Span>,
    /// How many jobs should be here at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wip_limit: Option<WipLimit>,
    /// What must hold before anything but an explicit override leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Condition>,
    /// What happens when a job comes in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_entry: Vec<Automation>,
    /// What happens when a job goes out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_exit: Vec<Automation>,
}

/// A visit without blockers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnEmpty {
    /// The job stays until a person moves it.
    #[default]
    Hold,
    /// The job moves on at once.
    Advance,
}

/// How many jobs should be in a stage at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WipLimit {
    /// The most jobs.
    #[schemars(range(min = 1))]
    pub max: u32,
    /// What happens to one more.
    #[serde(default)]
    pub mode: WipMode,
}

/// What happens to a job that would exceed a work-in-progress limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WipMode {
    /// It comes in and is marked for attention.
    #[default]
    Warn,
    /// It is refused; a job moving by itself waits where it is.
    Refuse,
}

/// A way from one stage to another, besides the default path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// From this stage.
    pub from: StageKey,
    /// To this one. A stage with a forward transition is a branching stage: automove tries its
    /// forward transitions in declared order.
    pub to: StageKey,
}
