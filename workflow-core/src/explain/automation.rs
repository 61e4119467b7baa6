//! What an explanation of an automation tells.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::Cause;
use crate::evaluate::Explanation;
use crate::id::{AutomationKey, EntryId, JobId, PipelineKey, StageKey};
use crate::store::LogPosition;

/// Why an automation ran on a job, or did not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AutomationExplanation {
    /// Which automation.
    pub automation: AutomationKey,
    /// What it is called.
    pub name: Option<String>,
    /// On which job.
    pub job: JobId,
    /// Of which pipeline.
    pub pipeline: PipelineKey,
    /// The version that it is told by: the job's, or the last one that had the automation.
    pub version: u32,
    /// Whether the version that the job goes by has it.
    pub current: bool,
    /// Everything in a few sentences.
    pub summary: String,
    /// What sets it off, in words.
    pub trigger: String,
    /// Whether it is switched on now.
    pub enabled: bool,
    /// Whether the job is where it runs: in one of the stages that it is bound to, if it is to some.
    pub in_stage: bool,
    /// Its condition with the values as they are now.
    pub condition: Option<Explanation>,
    /// When what sets it off last happened on the job; never when absent.
    pub last_set_off: Option<DateTime<Utc>>,
    /// When a date or a schedule next sets it off.
    pub next_due: Option<DateTime<Utc>>,
    /// When it ran, and when it was set off and did not, the newest first.
    pub occasions: Vec<Occasion>,
}

/// One time that something happened which sets an automation off.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Occasion {
    /// When it ran, or was passed over.
    pub at: DateTime<Utc>,
    /// Whether it ran.
    pub ran: bool,
    /// Why it did not.
    pub why_not: Option<WhyNot>,
    /// In words.
    pub text: String,
    /// The entry of the log.
    pub entry: EntryId,
    /// Its place in the log.
    pub position: LogPosition,
    /// The event that says that it ran, by its place in the entry.
    pub event: Option<u32>,
    /// The version of the pipeline that was gone by.
    pub version: u32,
    /// The stage that the job was in.
    pub stage: StageKey,
    /// Its condition with the values that were compared then.
    pub condition: Option<Explanation>,
    /// Why actions of it could not be done.
    pub failed: Vec<String>,
    /// What set it off first, then what led to that, back to the command that began it. It ends where
    /// the actor may see no further.
    pub causes: Vec<Cause>,
}

/// Why an automation did not run when something happened that sets it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// It was switched off.
    SwitchedOff,
    /// Whoever moved the job, or set its status, left it out.
    LeftOut,
    /// The job was moved past its stage, and only the automations of the stage that it came to run.
    JumpedOver,
    /// It is bound to stages, and the job was in another.
    OtherStage,
    /// It runs on the first entry only, and the job had been in the stage before.
    NotFirstEntry,
    /// It runs on the way forward only, and the job went back.
    NotForward,
    /// Its condition did not hold.
    ConditionFails,
    /// Automations went in circles and were stopped.
    LoopCut,
    /// The job was archived.
    Archived,
    /// What happened to the account was not told to the job: it waits in a queue still, or it was not
    /// to be told.
    NotReached,
}

impl WhyNot {
    /// In words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::SwitchedOff => "it was switched off",
            Self::LeftOut => "the command left it out",
            Self::JumpedOver => "the job was moved past its stage",
            Self::OtherStage => "it is bound to stages, and the job was in another",
            Self::NotFirstEntry => "it runs on the first entry only, and the job had been in the stage before",
            Self::NotForward => "it runs on the way forward only, and the job went back",
            Self::ConditionFails => "its condition did not hold",
            Self::LoopCut => "automations went in circles and were stopped",
            Self::Archived => "the job was archived",
            Self::NotReached => "the job was not told of it",
        }
    }
}
