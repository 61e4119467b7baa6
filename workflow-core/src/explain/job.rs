//! What an explanation of a job tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::Cause;
use crate::definition::Party;
use crate::evaluate::Explanation;
use crate::event::{Actor, MoveKind};
use crate::id::{AccountId, AutomationKey, EntryId, ItemId, JobId, MemberId, PipelineKey, StageKey, TaskId};
use crate::model::{Attention, JobStatus};
use crate::store::LogPosition;

/// Why a job is where it is, why it is not moving, and where it would go.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobExplanation {
    /// Which job.
    pub id: JobId,
    /// What it is called.
    pub name: Arc<str>,
    /// For whom.
    pub account: AccountId,
    /// What they are called.
    pub account_name: String,
    /// The pipeline it is in.
    pub pipeline: PipelineKey,
    /// The version that it goes by.
    pub version: u32,
    /// The stage it is in.
    pub stage: StageKey,
    /// Its status.
    pub status: JobStatus,
    /// Everything in a few sentences.
    pub summary: String,
    /// How it came into the stage.
    pub here: Arrival,
    /// Everything that holds it; nothing when it is empty.
    pub holds: Vec<Hold>,
    /// What it would do by itself if nothing held it; nothing in a stage that leads nowhere.
    pub next: Option<NextStep>,
    /// Whose turn it is; nobody's when it is finished.
    pub waiting_for: Option<Party>,
    /// Actions of automations that wait, whether or not they hold it.
    pub waits: Vec<WaitingAction>,
    /// When time next does something to it.
    pub next_timer: Option<DateTime<Utc>>,
    /// Why somebody should look at it.
    pub attention: Vec<Attention>,
}

/// How a job came into its stage.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Arrival {
    /// Since when it is there.
    pub since: DateTime<Utc>,
    /// How it was moved; absent when it was created there.
    pub how: Option<MoveKind>,
    /// From which stage.
    pub from: Option<StageKey>,
    /// Conditional stages that it passed over then.
    pub passed: Vec<StageKey>,
    /// Who gave the command that moved it.
    pub actor: Actor,
    /// The name of that command.
    pub command: String,
    /// The automation that moved it.
    pub automation: Option<AutomationKey>,
    /// The entry of the log.
    pub entry: EntryId,
    /// Its place in the log.
    pub position: LogPosition,
    /// The event, by its place in the entry.
    pub event: u32,
    /// What led to it: what set it off first, the command that began it last. It ends where the actor may
    /// see no further.
    pub causes: Vec<Cause>,
    /// In words.
    pub text: String,
}

/// What sort of thing holds a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// It is put away.
    Archived,
    /// It is completed.
    Completed,
    /// It has a custom status that stays until somebody sets another.
    Status,
    /// It has a custom status that waits for what its automations create, and they created nothing.
    EmptyStatus,
    /// A task is not done.
    OpenTask,
    /// An item is not done.
    OpenItem,
    /// An item was declined.
    DeclinedItem,
    /// An action could not be done.
    FailedAction,
    /// Automations went in circles and were stopped: what they would have done next was not done.
    LoopCut,
    /// A job that it waits for is not finished.
    Prerequisite,
    /// An action of an automation waits.
    Wait,
    /// Its stage is final, and completing it is left to people.
    FinalStage,
    /// Its stage does not move jobs on.
    NoAutomove,
    /// Nothing was asked for in this stage, and then it holds.
    EmptyVisit,
    /// What must hold before it leaves the stage does not.
    ExitRequirement,
    /// No stage further on takes it.
    NoWayOn,
    /// The stage that it would go to is full.
    WipLimit,
    /// It has been in as many stages as a job may.
    Visits,
}

/// One thing that holds a job, with the values behind it. What does not apply is absent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Hold {
    /// What sort of thing.
    pub reason: HoldReason,
    /// In a sentence.
    pub text: String,
    /// The task that is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The item that is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// The job that is not finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// What the task, item or job is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its state, or the item's last status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What counts as done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_when: Option<String>,
    /// Who has it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub assignees: BTreeSet<MemberId>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// The automation that made it, failed, or waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation: Option<AutomationKey>,
    /// The number of the failed action, or of the wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Until when, at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// The stage that is full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageKey>,
    /// How many jobs are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// How many may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// What must hold, with the values that were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Explanation>,
}

/// What a job would do by itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NextStep {
    /// The stage that it would move to; absent when it would be completed where it is.
    pub to: Option<StageKey>,
    /// Conditional stages that it would pass over, with their conditions.
    pub passed: Vec<Passed>,
    /// The condition of the stage that it would move to.
    pub condition: Option<Explanation>,
}

/// A conditional stage that is passed over.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Passed {
    /// Which.
    pub stage: StageKey,
    /// Its condition, which does not hold.
    pub condition: Explanation,
}

/// An action that waits.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WaitingAction {
    /// Tells it from the job's other waits.
    pub number: u32,
    /// Of which automation.
    pub automation: AutomationKey,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, at the latest; for ever when absent.
    pub until: Option<DateTime<Utc>>,
    /// The condition that it waits for, as it is now.
    pub condition: Option<Explanation>,
    /// In words.
    pub text: String,
}

impl Hold {
    pub(crate) fn new(reason: HoldReason, text: impl Into<String>) -> Self {
        Self {
            reason,
            text: text.into(),
            task: None,
            item: None,
            job: None,
            title: None,
            state: None,
            done_when: None,
            assignees: BTreeSet::new(),
            due: None,
            automation: None,
            number: None,
            since: None,
            until: None,
            stage: None,
            count: None,
            most: None,
            condition: None,
        }
    }
}
