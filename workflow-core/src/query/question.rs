//! Questions: everything that can be asked of the engine, as documents.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AccountQuery, ActivityQuery, CalendarQuery, JobQuery, LedgerQuery, MeasuresQuery, PageRequest, SeriesQuery,
    TaskQuery, WorkloadQuery,
};
use crate::command::{Command, ShiftDeadlines};
use crate::definition::{PipelineDefinition, TemplateKind, is_default};
use crate::engine::KnownSeal;
use crate::event::Actor;
use crate::id::{AccountId, AutomationKey, ExternalRef, FirmId, JobId, PipelineKey, SeriesId, StageKey};
use crate::store::{LogPosition, Queue, QueuedState};

/// A question with who asks it: what [`crate::command::Request`] is for commands.
///
/// ```
/// use workflow_core::document::read;
/// use workflow_core::query::{Inquiry, Question};
///
/// let inquiry: Inquiry = read("inquiry", br#"{
///     "firm": "0190a5d0-0000-7000-8000-000000000001",
///     "actor": {"system": "reports"},
///     "question": {"jobs": {"query": {"overdue": true}, "page": {"limit": 20}}}
/// }"#)?;
/// assert!(matches!(inquiry.question, Question::Jobs { .. }));
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// In which firm.
    pub firm: FirmId,
    /// Who asks. What they may not see is left out, or refused.
    pub actor: Actor,
    /// What is asked.
    pub question: Question,
}

impl Inquiry {
    /// A question that somebody asks in a firm.
    #[must_use]
    pub fn new(firm: FirmId, actor: Actor, question: Question) -> Self {
        Self { firm, actor, question }
    }
}

/// In which notation a graph is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notation {
    /// Graphviz, to be drawn with `dot -Tsvg`.
    #[default]
    Dot,
    /// Mermaid, for Markdown.
    Mermaid,
}

/// Something to be told. Its [`super::Answer`] goes by the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Question {
    /// Which day it is for the firm.
    Today,
    /// The firm with its settings.
    Firm,
    /// The firm's members, by identifier.
    Members,
    /// The firm's templates, by kind and key.
    Templates {
        /// Of one kind; of every kind when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<TemplateKind>,
    },
    /// The firm's pipelines that are open to the actor, by key.
    Pipelines,
    /// The newest version of a pipeline, as it was published.
    Definition {
        /// Of which.
        pipeline: PipelineKey,
    },
    /// The newest version of a pipeline, drawn.
    Graph {
        /// Which.
        pipeline: PipelineKey,
        /// How.
        #[serde(default, skip_serializing_if = "is_default")]
        notation: Notation,
    },
    /// The board of a pipeline.
    Board {
        /// Which.
        pipeline: PipelineKey,
        /// So many cards per stage.
        #[serde(default = "cards")]
        cards: usize,
    },
    /// The cards of one stage of a board.
    Column {
        /// Of which pipeline.
        pipeline: PipelineKey,
        /// Of which stage.
        stage: StageKey,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// A list of jobs.
    Jobs {
        /// Which.
        #[serde(default, skip_serializing_if = "is_default")]
        query: JobQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// One job in full.
    Job {
        /// Which.
        job: JobId,
    },
    /// A job as it was once: at an instant, or at a place of the log.
    JobAt {
        /// Which.
        job: JobId,
        /// At this instant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
        /// When everything up to this place of the log had happened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<LogPosition>,
    },
    /// Why a job is where it is, and why it is not moving.
    ExplainJob {
        /// Which.
        job: JobId,
    },
    /// Why an automation ran on a job, or did not.
    ExplainAutomation {
        /// On which job.
        job: JobId,
        /// Which automation.
        automation: AutomationKey,
        /// No more runs than this, and no more times that it did not run.
        #[serde(default = "occasions")]
        limit: usize,
    },
    /// A list of tasks.
    Tasks {
        /// Which.
        #[serde(default, skip_serializing_if = "is_default")]
        query: TaskQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// A list of accounts, by name.
    Accounts {
        /// Which.
        #[serde(default, skip_serializing_if = "is_default")]
        query: AccountQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// One account.
    Account {
        /// Which.
        account: AccountId,
    },
    /// The account that the host's own system calls so, if there is one.
    AccountByExternal {
        /// How.
        external: ExternalRef,
    },
    /// The jobs of an account in client-facing words, newest first.
    ClientJobs {
        /// Whose.
        account: AccountId,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// What each working member has to do.
    Workload,
    /// What each working member has to do in which week.
    WorkloadByWeek {
        /// In which weeks.
        query: WorkloadQuery,
    },
    /// The days of a stretch on which something is due.
    Calendar {
        /// Which stretch.
        query: CalendarQuery,
    },
    /// A list of series, by name.
    SeriesList {
        /// Which.
        #[serde(default, skip_serializing_if = "is_default")]
        query: SeriesQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// One series with its next occurrences.
    Series {
        /// Which.
        series: SeriesId,
        /// So many occurrences.
        #[serde(default = "upcoming")]
        upcoming: usize,
    },
    /// What the active series are to make on the days of a stretch.
    Planned {
        /// From this day.
        from: NaiveDate,
        /// To this day, which is part of it.
        to: NaiveDate,
        /// For one account; for all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<AccountId>,
    },
    /// Lines of the ledger of series.
    Ledger {
        /// Which.
        query: LedgerQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// What happened.
    Activity {
        /// To what.
        #[serde(default, skip_serializing_if = "is_default")]
        query: ActivityQuery,
        /// Which page of it.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// How long a list of jobs took, each: in its stages, statuses, and waiting for whom.
    JobMeasures {
        /// Which.
        #[serde(default, skip_serializing_if = "is_default")]
        query: JobQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// How the jobs of a pipeline went through it in a stretch of days.
    Measures {
        /// Of which pipeline, and when.
        query: MeasuresQuery,
    },
    /// When the unfinished ones of a list of jobs may be expected to be done, and how likely that
    /// is before their deadlines, by how their pipelines' jobs went.
    Forecasts {
        /// Which.
        #[serde(default, skip_serializing_if = "is_default")]
        query: JobQuery,
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// What a command of the actor's would do, and which automations it would run or not run.
    Preview {
        /// The command.
        command: Box<Command>,
    },
    /// Which deadlines an order would move. For the host and for admins.
    PreviewShift {
        /// The order.
        order: Box<ShiftDeadlines>,
    },
    /// What is wrong or worth a look in a definition, as publishing it would find.
    Lint {
        /// The definition.
        definition: Box<PipelineDefinition>,
    },
    /// Notifications that could not be delivered, oldest first. For the host and for admins.
    DeadLetters {
        /// Which page of them.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// Queued work, oldest first. For the host and for admins.
    Queued {
        /// In which queue.
        queue: Queue,
        /// What waits, or what died.
        #[serde(default = "waiting")]
        state: QueuedState,
        /// Which page of it.
        #[serde(default, skip_serializing_if = "is_default")]
        page: PageRequest,
    },
    /// Whether the stored records are what the log says. Reads everything that the firm has. For
    /// the host and for admins.
    Verify,
    /// Whether the log is as it was sealed. Reads all of it. For the host and for admins.
    VerifyLog {
        /// A seal as it was written down outside the store, to be compared.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<KnownSeal>,
    },
}

fn cards() -> usize {
    20
}

fn occasions() -> usize {
    10
}

fn upcoming() -> usize {
    12
}

fn waiting() -> QueuedState {
    QueuedState::Waiting
}

impl Question {
    /// Which page is asked for, where the answer is one.
    pub fn page_mut(&mut self) -> Option<&mut PageRequest> {
        match self {
            Self::Column { page, .. }
            | Self::Jobs { page, .. }
            | Self::Tasks { page, .. }
            | Self::Accounts { page, .. }
            | Self::ClientJobs { page, .. }
            | Self::SeriesList { page, .. }
            | Self::Ledger { page, .. }
            | Self::Activity { page, .. }
            | Self::JobMeasures { page, .. }
            | Self::Forecasts { page, .. }
            | Self::DeadLetters { page }
            | Self::Queued { page, .. } => Some(page),
            _ => None,
        }
    }

    /// Its name, as it is written in documents, which is its answer's too.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Firm => "firm",
            Self::Members => "members",
            Self::Templates { .. } => "templates",
            Self::Pipelines => "pipelines",
            Self::Definition { .. } => "definition",
            Self::Graph { .. } => "graph",
            Self::Board { .. } => "board",
            Self::Column { .. } => "column",
            Self::Jobs { .. } => "jobs",
            Self::Job { .. } => "job",
            Self::JobAt { .. } => "job_at",
            Self::ExplainJob { .. } => "explain_job",
            Self::ExplainAutomation { .. } => "explain_automation",
            Self::Tasks { .. } => "tasks",
            Self::Accounts { .. } => "accounts",
            Self::Account { .. } => "account",
            Self::AccountByExternal { .. } => "account_by_external",
            Self::ClientJobs { .. } => "client_jobs",
            Self::Workload => "workload",
            Self::WorkloadByWeek { .. } => "workload_by_week",
            Self::Calendar { .. } => "calendar",
            Self::SeriesList { .. } => "series_list",
            Self::Series { .. } => "series",
            Self::Planned { .. } => "planned",
            Self::Ledger { .. } => "ledger",
            Self::Activity { .. } => "activity",
            Self::JobMeasures { .. } => "job_measures",
            Self::Measures { .. } => "measures",
            Self::Forecasts { .. } => "forecasts",
            Self::Preview { .. } => "preview",
            Self::PreviewShift { .. } => "preview_shift",
            Self::Lint { .. } => "lint",
            Self::DeadLetters { .. } => "dead_letters",
            Self::Queued { .. } => "queued",
            Self::Verify => "verify",
            Self::VerifyLog { .. } => "verify_log",
        }
    }
}
