//! Jobs: one service for one account, one card.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FieldValue, Fired, ItemKind, ItemProgress, Priority, Reminder, Task, TaskState, Timer, Wait};
use crate::dates::{DateAnchor, DateExpression};
use crate::definition::{JobDate, is_default};
use crate::id::{
    AccountId, AutomationKey, CommentId, FieldKey, ItemId, JobId, MemberId, PeriodKey, PipelineKey, RoleKey, SeriesId,
    StageKey, StatusKey, Tag, TaskId, TemplateKey,
};

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Its identifier.
    pub id: JobId,
    /// For whom.
    pub account: AccountId,
    /// What it is called.
    pub name: Arc<str>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
    /// The pipeline it goes through.
    pub pipeline: PipelineKey,
    /// The version it last went by.
    pub version: u32,
    /// Whether it stays on that version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pinned: bool,
    /// The stage it is in.
    pub stage: StageKey,
    /// Active, completed, archived, or a custom status.
    pub status: JobStatus,
    /// The status it had when it was archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before_archive: Option<JobStatus>,
    /// Counts how often the status was set, so that what a status automation created is told from
    /// what an earlier one did.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status_round: u32,
    /// How urgent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// Who is responsible.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assignees: BTreeSet<MemberId>,
    /// The roles that assignees were resolved from; they can be resolved again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assigned_roles: BTreeSet<RoleKey>,
    /// Those of the assignees who were assigned by name; they stay when roles are resolved again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assigned_members: BTreeSet<MemberId>,
    /// When work should begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<NaiveDate>,
    /// When the firm wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// When the law wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statutory: Option<NaiveDate>,
    /// When the law wants it done after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<NaiveDate>,
    /// How its dates follow from others, those that do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub date_rules: BTreeMap<JobDate, Arc<DateExpression>>,
    /// First day of the period it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<NaiveDate>,
    /// Last day of the period it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<NaiveDate>,
    /// The series that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// The name of its period in that series' ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodKey>,
    /// Time budgeted, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Custom fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// What the client sees of its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_status: Option<Arc<str>>,
    /// Why somebody should look at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<Attention>,
    /// Actions that could not be done and wait to be retried or dismissed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedAction>,
    /// The number of the last failed action there was.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failures: u32,
    /// Its stage visits, the present one last. Never empty.
    pub visits: Vec<Visit>,
    /// Its tasks, in the order they were linked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskLink>,
    /// Its items, in the order they were linked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemLink>,
    /// Times at which automations and its stage's limit fire, in the order of their keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
    /// Timers that have fired, and for when; in the order of their keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fired: Vec<Fired>,
    /// Actions of automations that wait, in the order they began to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// The number of the last wait there was.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waits_begun: u32,
    /// Reminders of what is not done, in the order they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Reminder>,
    /// The number of the last reminder there was.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reminders_begun: u32,
    /// Jobs it waits for, and whether each is finished.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waits_for: BTreeMap<JobId, bool>,
    /// Jobs that wait for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub awaited_by: BTreeSet<JobId>,
    /// How many comments were left on it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub comments: u32,
    /// When it was created.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub created: DateTime<Utc>,
    /// When it last changed.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub updated: DateTime<Utc>,
    /// When it was completed, if it is.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::instant::write_some",
        deserialize_with = "crate::instant::read_some"
    )]
    pub completed: Option<DateTime<Utc>>,
    /// When it was archived, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<DateTime<Utc>>,
}

/// The status of a job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobStatus {
    /// Being worked on; written `active`.
    Active,
    /// Finished; written `completed`.
    Completed,
    /// Put away; written `archived`.
    Archived,
    /// Held up, in the pipeline's own words; written as its key.
    Custom(StatusKey),
}

impl JobStatus {
    /// How it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Archived => "archived",
            Self::Custom(key) => key.as_str(),
        }
    }

    /// Whether nothing is to be done on a job that has it: completed or archived.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Completed | Self::Archived)
    }

    /// Reads it as it is written.
    #[must_use]
    pub fn from_key(key: &StatusKey) -> Self {
        match key.as_str() {
            "active" => Self::Active,
            "completed" => Self::Completed,
            "archived" => Self::Archived,
            _ => Self::Custom(key.clone()),
        }
    }
}

impl Serialize for JobStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for JobStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_key(&StatusKey::deserialize(deserializer)?))
    }
}

impl JsonSchema for JobStatus {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JobStatus".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<StatusKey>()
    }
}

/// A stay in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Visit {
    /// Of which pipeline; absent when it is that of the visit before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineKey>,
    /// Which stage.
    pub stage: StageKey,
    /// Since when.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub entered: DateTime<Utc>,
    /// Until when; absent while it lasts.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::instant::write_some",
        deserialize_with = "crate::instant::read_some"
    )]
    pub left: Option<DateTime<Utc>>,
}

/// How a task or item came to a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkOrigin {
    /// During which visit, as a place in [`Job::visits`]. It blocks that visit.
    pub visit: u32,
    /// By which automation; by hand when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automation: Option<AutomationKey>,
    /// In which round of status automations, if one of them made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_round: Option<u32>,
}

/// A task of a job, as far as the job needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskLink {
    /// Which task.
    pub task: TaskId,
    /// Its state.
    pub state: TaskState,
    /// The template it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// When it was completed, if it is.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::instant::write_some",
        deserialize_with = "crate::instant::read_some"
    )]
    pub completed: Option<DateTime<Utc>>,
    /// Whether its dates follow from others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub anchored: bool,
    /// What its dates count from that may change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<DateAnchor>,
    /// How it came.
    #[serde(flatten)]
    pub origin: LinkOrigin,
}

impl TaskLink {
    /// What a job knows of a task that came to it in this way.
    #[must_use]
    pub fn new(task: &Task, origin: LinkOrigin) -> Self {
        let rules = || [&task.start_rule, &task.due_rule].into_iter().flatten();
        // A task stays with the visit it came in: that one's day does not change.
        let watched = rules().flat_map(DateExpression::watched).filter(|anchor| *anchor != DateAnchor::StageEntry);
        let mut anchors: Vec<DateAnchor> = watched.collect();
        anchors.sort();
        anchors.dedup();
        Self {
            task: task.id,
            state: task.state,
            template: task.template.clone(),
            due: task.due,
            completed: task.completed,
            anchored: rules().next().is_some(),
            anchors,
            origin,
        }
    }
}

/// An item of a job, as far as the job needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemLink {
    /// Which item.
    pub item: ItemId,
    /// What kind.
    pub kind: ItemKind,
    /// The template it was requested from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// How far it has come.
    pub progress: ItemProgress,
    /// Its last reported status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusKey>,
    /// How it came.
    #[serde(flatten)]
    pub origin: LinkOrigin,
}

/// Why somebody should look at a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attention {
    /// What kind of reason.
    pub reason: AttentionReason,
    /// In words.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What kind of reason there is to look at a job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionReason {
    /// The client declined this item.
    Declined(ItemId),
    /// An action could not be done; the number is that of the [`FailedAction`].
    ActionFailed(u32),
    /// A chain of automations was cut because it went in circles.
    Loop,
    /// Nobody holds a role that the job was to be assigned to.
    UnfilledRole(RoleKey),
    /// A stage holds more jobs than it should.
    WipLimit(StageKey),
    /// Everything is done, and the job waits for room in this stage.
    Held(StageKey),
    /// It has been in this stage for longer than it should.
    OverTime(StageKey),
    /// The host refused a notification.
    Rejected(crate::id::NotificationId),
}

/// An action that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedAction {
    /// Tells it from the job's other failures; counted up.
    pub number: u32,
    /// Of which automation.
    pub automation: AutomationKey,
    /// Its place among the automation's actions, from 0.
    pub action: u32,
    /// During which visit.
    pub visit: u32,
    /// In which round of status automations, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_round: Option<u32>,
    /// Why.
    pub why: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A remark left on a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Its identifier.
    pub id: CommentId,
    /// On which job.
    pub job: JobId,
    /// By whom; absent when the host's system left it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<MemberId>,
    /// What it says.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How much of what a visit asked for is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Blockers not done.
    pub open: u32,
    /// Blockers done.
    pub done: u32,
}

impl Job {
    /// Whether any of its dates, or of its open tasks', follows from another.
    #[must_use]
    pub fn has_derived_dates(&self) -> bool {
        !self.date_rules.is_empty() || self.tasks.iter().any(|link| link.anchored && !link.state.is_ended())
    }

    /// Whether any of its dates, or of its open tasks', counts from an anchor.
    #[must_use]
    pub fn watches(&self, anchor: &DateAnchor) -> bool {
        self.date_rules.values().any(|rule| rule.watched().contains(anchor))
            || self.tasks.iter().any(|link| !link.state.is_ended() && link.anchors.contains(anchor))
    }

    /// The place of the present visit in [`Job::visits`].
    #[must_use]
    pub fn visit_number(&self) -> u32 {
        u32::try_from(self.visits.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The present visit.
    #[must_use]
    pub fn visit(&self) -> Option<&Visit> {
        self.visits.last()
    }

    /// How often the job entered this stage of its present pipeline, the present visit included.
    #[must_use]
    pub fn visits_of(&self, stage: &StageKey) -> u32 {
        let since = self.visits.iter().rposition(|visit| visit.pipeline.is_some()).unwrap_or(0);
        let mut pipeline = None;
        let mut count = 0u32;
        for (place, visit) in self.visits.iter().enumerate() {
            if visit.pipeline.is_some() {
                pipeline = visit.pipeline.as_ref();
            }
            let here = place >= since || pipeline == Some(&self.pipeline);
            if here && visit.stage == *stage {
                count = count.saturating_add(1);
            }
        }
        count
    }

    /// Blockers of the present visit: tasks and actionable items created or linked during it.
    #[must_use]
    pub fn blockers(&self) -> Tally {
        let visit = self.visit_number();
        self.tally(|origin| origin.visit == visit)
    }

    /// Whether the present visit has, or had, anything to wait for. What was cancelled counts;
    /// what was unlinked or deleted leaves no trace.
    #[must_use]
    pub fn had_blockers(&self) -> bool {
        let visit = self.visit_number();
        self.has_any(|origin| origin.visit == visit)
    }

    /// The same for what the present custom status waits for.
    #[must_use]
    pub fn had_status_blockers(&self) -> bool {
        let round = Some(self.status_round);
        self.has_any(|origin| origin.status_round == round)
    }

    fn has_any(&self, belongs: impl Fn(&LinkOrigin) -> bool) -> bool {
        self.tasks.iter().any(|link| belongs(&link.origin))
            || self.items.iter().any(|link| belongs(&link.origin) && link.progress != ItemProgress::NotActionable)
    }

    /// Blockers that the present custom status waits for.
    #[must_use]
    pub fn status_blockers(&self) -> Tally {
        let round = Some(self.status_round);
        self.tally(|origin| origin.status_round == round)
    }

    fn tally(&self, belongs: impl Fn(&LinkOrigin) -> bool) -> Tally {
        let mut tally = Tally::default();
        for link in self.tasks.iter().filter(|link| belongs(&link.origin)) {
            match link.state {
                TaskState::Planned | TaskState::InProgress => tally.open = tally.open.saturating_add(1),
                TaskState::Completed => tally.done = tally.done.saturating_add(1),
                TaskState::Cancelled => {}
            }
        }
        for link in self.items.iter().filter(|link| belongs(&link.origin)) {
            match link.progress {
                ItemProgress::Open | ItemProgress::Declined => tally.open = tally.open.saturating_add(1),
                ItemProgress::Done => tally.done = tally.done.saturating_add(1),
                ItemProgress::Cancelled | ItemProgress::NotActionable => {}
            }
        }
        tally
    }

    /// Whether the job is active and its due date is before this day. Only active jobs are late.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.status == JobStatus::Active && self.due.is_some_and(|due| due < today)
    }
}
