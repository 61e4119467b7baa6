//! Answers to questions, as documents.

use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Board, CalendarDay, ClientJob, Cursor, JobAt, JobForecast, JobMeasures, JobRow, JobView, Measures, MemberLoad,
    MemberWeek, Page, PipelineRow, PlannedRow, SeriesView, TaskRow,
};
use crate::definition::{PipelineDefinition, Template};
use crate::engine::{DeadLetter, LogVerification, Preview, ShiftPreview, Verification};
use crate::error::Problem;
use crate::explain::{AutomationExplanation, JobExplanation};
use crate::model::{Account, Firm, Member, Occurrence, Series};
use crate::store::{Logged, Waiting};

/// What a [`super::Question`] is answered with, under its name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// Which day it is for the firm.
    Today(NaiveDate),
    /// The firm with its settings.
    Firm(Arc<Firm>),
    /// The firm's members, by identifier.
    Members(Vec<Arc<Member>>),
    /// The firm's templates, by kind and key.
    Templates(Vec<Arc<Template>>),
    /// The firm's pipelines that are open to the actor, by key.
    Pipelines(Vec<PipelineRow>),
    /// The newest version of a pipeline.
    Definition(Arc<PipelineDefinition>),
    /// A pipeline, drawn.
    Graph(String),
    /// The board of a pipeline.
    Board(Board),
    /// The cards of one stage.
    Column(Page<JobRow>),
    /// A list of jobs.
    Jobs(Page<JobRow>),
    /// One job in full.
    Job(Box<JobView>),
    /// A job as it was once.
    JobAt(Box<JobAt>),
    /// Why a job is where it is, and why it is not moving.
    ExplainJob(Box<JobExplanation>),
    /// Why an automation ran on a job, or did not.
    ExplainAutomation(Box<AutomationExplanation>),
    /// A list of tasks.
    Tasks(Page<TaskRow>),
    /// A list of accounts.
    Accounts(Page<Arc<Account>>),
    /// One account.
    Account(Arc<Account>),
    /// The account that the host's own system calls so, if there is one.
    AccountByExternal(Option<Arc<Account>>),
    /// The jobs of an account in client-facing words.
    ClientJobs(Page<ClientJob>),
    /// What each working member has to do.
    Workload(Vec<MemberLoad>),
    /// What each working member has to do in which week.
    WorkloadByWeek(Vec<MemberWeek>),
    /// The days on which something is due.
    Calendar(Vec<CalendarDay>),
    /// A list of series.
    SeriesList(Page<Arc<Series>>),
    /// One series with its next occurrences.
    Series(Box<SeriesView>),
    /// What the active series are to make.
    Planned(Vec<PlannedRow>),
    /// Lines of the ledger of series.
    Ledger(Page<Arc<Occurrence>>),
    /// What happened.
    Activity(Page<Logged>),
    /// How long a list of jobs took, each.
    JobMeasures(Page<JobMeasures>),
    /// How the jobs of a pipeline went through it.
    Measures(Box<Measures>),
    /// When jobs may be expected to be done.
    Forecasts(Page<JobForecast>),
    /// What a command would do.
    Preview(Box<Preview>),
    /// Which deadlines an order would move.
    PreviewShift(ShiftPreview),
    /// What is wrong or worth a look in a definition.
    Lint(Vec<Problem>),
    /// Notifications that could not be delivered.
    DeadLetters(Page<DeadLetter>),
    /// Queued work.
    Queued(Page<Waiting>),
    /// Whether the stored records are what the log says.
    Verify(Verification),
    /// Whether the log is as it was sealed.
    VerifyLog(LogVerification),
}

impl Answer {
    /// How many rows it has: of a page, or of a list that comes whole. One for anything else, and
    /// none for an account that there is not.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Members(rows) => rows.len(),
            Self::Templates(rows) => rows.len(),
            Self::Pipelines(rows) => rows.len(),
            Self::Workload(rows) => rows.len(),
            Self::WorkloadByWeek(rows) => rows.len(),
            Self::Calendar(rows) => rows.len(),
            Self::Planned(rows) => rows.len(),
            Self::Lint(rows) => rows.len(),
            Self::Column(page) | Self::Jobs(page) => page.rows.len(),
            Self::Tasks(page) => page.rows.len(),
            Self::Accounts(page) => page.rows.len(),
            Self::ClientJobs(page) => page.rows.len(),
            Self::SeriesList(page) => page.rows.len(),
            Self::Ledger(page) => page.rows.len(),
            Self::Activity(page) => page.rows.len(),
            Self::JobMeasures(page) => page.rows.len(),
            Self::Forecasts(page) => page.rows.len(),
            Self::DeadLetters(page) => page.rows.len(),
            Self::Queued(page) => page.rows.len(),
            Self::AccountByExternal(account) => usize::from(account.is_some()),
            Self::Today(_)
            | Self::Firm(_)
            | Self::Definition(_)
            | Self::Graph(_)
            | Self::Board(_)
            | Self::Job(_)
            | Self::JobAt(_)
            | Self::ExplainJob(_)
            | Self::ExplainAutomation(_)
            | Self::Account(_)
            | Self::Series(_)
            | Self::Measures(_)
            | Self::Preview(_)
            | Self::PreviewShift(_)
            | Self::Verify(_)
            | Self::VerifyLog(_) => 1,
        }
    }

    /// Where the next page begins, when this is one and another follows.
    #[must_use]
    pub fn next(&self) -> Option<&Cursor> {
        match self {
            Self::Column(page) | Self::Jobs(page) => page.next.as_ref(),
            Self::Tasks(page) => page.next.as_ref(),
            Self::Accounts(page) => page.next.as_ref(),
            Self::ClientJobs(page) => page.next.as_ref(),
            Self::SeriesList(page) => page.next.as_ref(),
            Self::Ledger(page) => page.next.as_ref(),
            Self::Activity(page) => page.next.as_ref(),
            Self::JobMeasures(page) => page.next.as_ref(),
            Self::Forecasts(page) => page.next.as_ref(),
            Self::DeadLetters(page) => page.next.as_ref(),
            Self::Queued(page) => page.next.as_ref(),
            _ => None,
        }
    }
}
