//! Series: work that comes again, period after period, for many accounts (clause 9.4).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FieldValue, Priority};
use crate::dates::{DateExpression, Span};
use crate::definition::{Assignment, TaskTemplate, is_default};
use crate::id::{AccountId, FieldKey, JobId, PeriodKey, PipelineKey, SeriesId, StageKey, Tag, TaskId, TemplateKey};
use crate::recurrence::{Period, Schedule};

/// Work that comes again, period after period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Its identifier.
    pub id: SeriesId,
    /// What it is called in the firm.
    pub name: String,
    /// What it makes.
    pub makes: SeriesWork,
    /// For whom.
    #[serde(rename = "for")]
    pub audience: Audience,
    /// When it occurs.
    pub schedule: Schedule,
    /// How long before an occurrence its work is made; on the day itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Span>,
    /// What becomes of occurrences whose day has gone by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub catch_up: CatchUp,
    /// Whether it runs.
    pub state: SeriesState,
    /// Occurrences up to this day by the rule have had their turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<NaiveDate>,
    /// The last day by the rule that is this series' own, when another continues it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<NaiveDate>,
    /// Occurrences that are not as the rest, by their day by the rule. Those that have had their
    /// turn are forgotten.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<NaiveDate, SeriesException>,
    /// The series that it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<SeriesId>,
    /// The series that goes on from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued_by: Option<SeriesId>,
    /// When it next has something to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<DateTime<Utc>>,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// When it last changed.
    pub updated: DateTime<Utc>,
}

/// What a series makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeriesWork {
    /// A job for each account.
    Job(Box<SeriesJob>),
    /// A task for each account, or one for the firm.
    Task(Box<SeriesTask>),
}

/// A job as a series makes it. What it leaves out comes from its template, then from the
/// pipeline's defaults, as they are when the job is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesJob {
    /// In which pipeline.
    pub pipeline: PipelineKey,
    /// In which stage; the first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageKey>,
    /// From which template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// What it is called; shortcodes allowed, those of the period among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is to be done; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Who is responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Assignment>,
    /// When work should begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateExpression>,
    /// When the firm wants it done. When no template says so either, on the day of the occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateExpression>,
    /// When the law wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statutory: Option<DateExpression>,
    /// When the law wants it done after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<DateExpression>,
    /// Time budgeted, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// Its tags, besides the template's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Its custom fields, over the template's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldValue>,
}

impl SeriesJob {
    /// A job of which everything else comes from templates.
    #[must_use]
    pub fn new(pipeline: PipelineKey) -> Self {
        Self {
            pipeline,
            stage: None,
            template: None,
            name: None,
            description: None,
            priority: None,
            assign: None,
            start: None,
            due: None,
            statutory: None,
            extended: None,
            budget_minutes: None,
            tags: BTreeSet::new(),
            fields: BTreeMap::new(),
        }
    }
}

/// A task as a series makes it: from a template of the firm's, or as described. When neither says
/// when it is due, it is due on the day of the occurrence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesTask {
    /// From which of the firm's templates, as it is when the task is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// What it is, when it comes from no template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Box<TaskTemplate>>,
}

/// For whom a series makes its work: the accounts named, and those that have one of the tags when
/// their turn comes. An account that gets a tag later joins with the next occurrence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// One task for the firm itself, and no account.
    #[serde(default, skip_serializing_if = "is_default")]
    pub firm: bool,
    /// These accounts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<AccountId>,
    /// Accounts with any of these tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Not these, whatever tags they have.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<AccountId>,
}

impl Audience {
    /// These accounts and nobody else.
    #[must_use]
    pub fn of(accounts: impl IntoIterator<Item = AccountId>) -> Self {
        Self { accounts: accounts.into_iter().collect(), ..Self::default() }
    }

    /// Whether it names nobody, and no tag.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.firm && self.accounts.is_empty() && self.tags.is_empty()
    }
}

/// What becomes of occurrences whose day has gone by before their work was made: after downtime,
/// a pause, or a clock that jumped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// All are made up for, the oldest first.
    All,
    /// The latest is made up for, unless one whose day has not gone by is due as well.
    #[default]
    Latest,
    /// None is.
    None,
}

/// Whether a series runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeriesState {
    /// It makes work when its time has come.
    #[default]
    Active,
    /// It makes nothing until it is resumed.
    Paused,
    /// It makes nothing any more.
    Ended,
}

impl SeriesState {
    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// How one occurrence of a series is not as the rest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesException {
    /// Nothing is made for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skip: bool,
    /// Nothing is made for these accounts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skip_accounts: BTreeSet<AccountId>,
    /// It is on this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// It makes this instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes: Option<SeriesWork>,
}

/// One time of a series: what its work is about, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesTurn {
    /// The day by the rule, by which commands name it.
    pub day: NaiveDate,
    /// The day by the calendar, or the one it was put on by hand.
    pub date: NaiveDate,
    /// Whether it was put on its day by hand: its work is due then, whatever templates say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub moved: bool,
    /// What it is about.
    pub period: Period,
    /// The name of that.
    pub key: PeriodKey,
    /// It makes this instead of what the series makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes: Option<SeriesWork>,
    /// Nothing is made for these accounts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skip_accounts: BTreeSet<AccountId>,
}

/// Names a line of the ledger. Ordered by period first, so that a ledger grows at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct OccurrenceId {
    /// Of which period.
    pub period: PeriodKey,
    /// Of which series.
    pub series: SeriesId,
    /// Of which account; of the firm itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

/// A line of the ledger: what became of one period of a series for one account. There is one at
/// most, and it stays when the work is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Occurrence {
    /// Which.
    #[serde(flatten)]
    pub id: OccurrenceId,
    /// The day by the rule.
    pub day: NaiveDate,
    /// The day by the calendar, or the one it was put on by hand.
    pub date: NaiveDate,
    /// First day of the period.
    pub starts: NaiveDate,
    /// Last day of the period.
    pub ends: NaiveDate,
    /// What became of it.
    pub outcome: OccurrenceOutcome,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of one period of a series for one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OccurrenceOutcome {
    /// This job was made.
    Job(JobId),
    /// This task was made.
    Task(TaskId),
    /// It was left out on purpose.
    Skipped,
    /// It could not be made, for this reason. It can be run again.
    Refused(String),
}

impl OccurrenceOutcome {
    /// Whether work was made.
    #[must_use]
    pub fn is_made(&self) -> bool {
        matches!(self, Self::Job(_) | Self::Task(_))
    }
}

impl Series {
    /// When it wants to be looked at.
    #[must_use]
    pub fn next_timer(&self) -> Option<DateTime<Utc>> {
        self.next.filter(|_| self.state == SeriesState::Active)
    }

    /// Whether it makes one task for the firm itself.
    #[must_use]
    pub fn is_for_the_firm(&self) -> bool {
        self.audience.firm
    }

    /// The pipeline of the jobs that it makes.
    #[must_use]
    pub fn pipeline(&self) -> Option<&PipelineKey> {
        match &self.makes {
            SeriesWork::Job(job) => Some(&job.pipeline),
            SeriesWork::Task(_) => None,
        }
    }
}
