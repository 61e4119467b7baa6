//! Lists of jobs.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pager::{Stretch, fingerprint, jobs};
use super::{Page, PageRequest, Queries};
use crate::definition::is_default;
use crate::error::{Error, Rejection};
use crate::id::{AccountId, JobId, MemberId, PipelineKey, StageKey, StatusKey, Tag};
use crate::model::{Account, Attention, Job, JobStatus, Priority};
use crate::store::{Cell, DocId, Document, Hit, IndexName, Revision, Scan, date_cell, time_cell};

/// Which jobs, among those that the filters leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobScope {
    /// All of the firm, by due date.
    #[default]
    Firm,
    /// Those of a pipeline, or of some of its stages, by due date.
    Pipeline {
        /// Which.
        pipeline: PipelineKey,
        /// Only in these stages; all when empty.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        stages: BTreeSet<StageKey>,
    },
    /// Those of an account, by creation.
    Account(AccountId),
    /// Those assigned to a member, by due date.
    Assignee(MemberId),
    /// Those assigned to nobody, by due date.
    Unassigned,
    /// Those that somebody should look at, by creation.
    Attention,
    /// One job, also when it is archived.
    Job(JobId),
}

/// A list of jobs. Filters that are absent or empty let every job through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JobQuery {
    /// Which.
    pub scope: JobScope,
    /// With one of these statuses; all but archived ones when empty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub statuses: BTreeSet<StatusKey>,
    /// Archived ones too, when no status is named.
    #[serde(skip_serializing_if = "is_default")]
    pub archived: bool,
    /// With all of these tags.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// At least this urgent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Priority>,
    /// Due on this day or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_to: Option<NaiveDate>,
    /// Active and due before today.
    #[serde(skip_serializing_if = "is_default")]
    pub overdue: bool,
    /// Whose name has this text in it, whatever the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The other way round.
    #[serde(skip_serializing_if = "is_default")]
    pub descending: bool,
}

/// A job in a list, or a card on a board.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobRow {
    /// Its identifier.
    pub id: JobId,
    /// Its revision.
    pub revision: Revision,
    /// What it is called.
    pub name: Arc<str>,
    /// For whom.
    pub account: AccountId,
    /// What they are called.
    pub account_name: String,
    /// Which pipeline.
    pub pipeline: PipelineKey,
    /// Which stage.
    pub stage: StageKey,
    /// Since when.
    pub stage_since: Option<DateTime<Utc>>,
    /// Its status.
    pub status: JobStatus,
    /// How urgent.
    pub priority: Priority,
    /// Who is responsible.
    pub assignees: BTreeSet<MemberId>,
    /// When it is due.
    pub due: Option<NaiveDate>,
    /// Whether it is late.
    pub overdue: bool,
    /// Its tags.
    pub tags: BTreeSet<Tag>,
    /// Blockers of its present visit that are not done.
    pub open_blockers: u32,
    /// And those that are.
    pub done_blockers: u32,
    /// Why somebody should look at it.
    pub attention: Vec<Attention>,
    /// What the client sees.
    pub client_status: Option<Arc<str>>,
}

/// A job that the actor sees, with its account.
pub(super) type Seen = (Arc<Job>, Option<Arc<Account>>);

impl Queries<'_> {
    /// A list of jobs. Late jobs first, since they are due first; those without a due date last.
    ///
    /// # Errors
    /// When the cursor is not of this query, a limit is passed, or the store failed.
    pub fn jobs(&self, query: &JobQuery, page: &PageRequest) -> Result<Page<JobRow>, Error> {
        self.pages_of_jobs(fingerprint(query), query, page, |hits, seen| Ok(self.rows_of(hits, seen)))
    }

    /// A page of something about each job of a list. `keep` is given a handful of hits at a time, with the
    /// jobs among them that are listed.
    pub(super) fn pages_of_jobs<T>(
        &self,
        fingerprint: u64,
        query: &JobQuery,
        page: &PageRequest,
        mut keep: impl FnMut(&[Hit], Vec<Option<Seen>>) -> Result<Vec<Option<T>>, Error>,
    ) -> Result<Page<T>, Error> {
        self.for_the_firm()?;
        let stretches = self.job_stretches(query)?;
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        self.page(fingerprint, &stretches, page, |hits| {
            keep(hits, self.seen_jobs(hits, |job| self.job_passes(query, text.as_deref(), job))?)
        })
    }

    pub(super) fn job_stretches(&self, query: &JobQuery) -> Result<Vec<Stretch>, Error> {
        let shelves: Vec<i64> = if query.overdue {
            vec![0]
        } else if !query.statuses.is_empty() {
            let shelf = |status: &StatusKey| match status.as_str() {
                "active" => 0,
                "archived" => 2,
                _ => 1,
            };
            query.statuses.iter().map(shelf).collect::<BTreeSet<i64>>().into_iter().collect()
        } else if query.archived {
            vec![0, 1, 2]
        } else {
            vec![0, 1]
        };
        let due = |index, partition| {
            let mut scan = Scan::all(index, partition, 0);
            scan.from = query.due_from.map_or(Bound::Unbounded, |day| Bound::Included(date_cell(Some(day))));
            let before = query.overdue.then(|| Bound::Excluded(date_cell(Some(self.today))));
            let to = query.due_to.map_or(Bound::Unbounded, |day| Bound::Included(date_cell(Some(day))));
            scan.to = match before {
                Some(before) if query.due_to.is_none_or(|day| day >= self.today) => before,
                _ => to,
            };
            scan.descending = query.descending;
            scan
        };
        let created = |index, partition| {
            let mut scan = Scan::all(index, partition, 0);
            scan.descending = query.descending;
            scan
        };
        let assigned = |member: Uuid| {
            let shelf = |shelf: &i64| due(IndexName::JobAssignees, vec![Cell::Uuid(member), Cell::Int(*shelf)]);
            vec![shelves.iter().map(shelf).collect::<Stretch>()]
        };
        Ok(match &query.scope {
            JobScope::Firm => {
                vec![shelves.iter().map(|shelf| due(IndexName::Jobs, vec![Cell::Int(*shelf)])).collect()]
            }
            JobScope::Pipeline { pipeline, stages } => {
                let partitions = self.board_partitions(pipeline, stages, &shelves)?;
                vec![partitions.into_iter().map(|partition| due(IndexName::Board, partition)).collect()]
            }
            JobScope::Account(account) => vec![vec![created(IndexName::JobAccounts, vec![Cell::Uuid(account.0)])]],
            JobScope::Assignee(member) => assigned(member.0),
            JobScope::Unassigned => assigned(Uuid::nil()),
            JobScope::Attention => vec![vec![created(IndexName::JobAttention, Vec::new())]],
            JobScope::Job(id) => {
                let found = self.documents(&[DocId::Job(*id)])?.into_iter().flatten().next();
                let Some(Document::Job(job)) = found else { return Err(Rejection::not_found("job", id).into()) };
                let mut scan = created(IndexName::JobAccounts, vec![Cell::Uuid(job.account.0)]);
                let at = time_cell(job.created);
                (scan.from, scan.to) = (Bound::Included(at.clone()), Bound::Included(at));
                vec![vec![scan]]
            }
        })
    }

    /// Partitions of the board's index: every stage, shelf and urgency that is asked for.
    fn board_partitions(
        &self,
        pipeline: &PipelineKey,
        stages: &BTreeSet<StageKey>,
        shelves: &[i64],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        let Some(newest) = self.catalog.newest(pipeline) else {
            return Err(Rejection::not_found("pipeline", pipeline).into());
        };
        let dropped = self.dropped_stages(pipeline)?;
        let known = |stage: &StageKey| newest.graph().position(stage).is_some() || dropped.contains(stage);
        if let Some(unknown) = stages.iter().find(|stage| !known(stage)) {
            return Err(Rejection::not_found("stage", unknown).into());
        }
        let wanted = newest.definition().stages.iter().map(|stage| &stage.key).chain(&dropped);
        let mut partitions = Vec::new();
        for stage in wanted.filter(|stage| stages.is_empty() || stages.contains(*stage)) {
            for shelf in shelves {
                partitions.extend((0..4).map(|urgency| board_partition(pipeline, stage, *shelf, urgency)));
            }
        }
        Ok(partitions)
    }

    /// Stages that held jobs once and that the newest version of a pipeline does not have. Jobs
    /// that are pinned to an older version can still be in them.
    pub(super) fn dropped_stages(&self, pipeline: &PipelineKey) -> Result<Vec<StageKey>, Error> {
        let newest = self.catalog.newest(pipeline);
        let is_dropped = |stage: &StageKey| newest.is_some_and(|newest| newest.graph().position(stage).is_none());
        let tallies = self.store.tallies(self.firm, pipeline)?;
        Ok(tallies.into_iter().map(|(stage, _)| stage).filter(is_dropped).collect())
    }

    fn job_passes(&self, query: &JobQuery, text: Option<&str>, job: &Job) -> bool {
        let status = if query.statuses.is_empty() {
            query.archived || job.status != JobStatus::Archived || matches!(query.scope, JobScope::Job(_))
        } else {
            query.statuses.contains(job.status.as_str())
        };
        status
            && !matches!(&query.scope, JobScope::Job(id) if *id != job.id)
            && query.tags.is_subset(&job.tags)
            && query.at_least.is_none_or(|least| job.priority >= least)
            && query.due_from.is_none_or(|from| job.due.is_some_and(|due| due >= from))
            && query.due_to.is_none_or(|to| job.due.is_some_and(|due| due <= to))
            && (!query.overdue || job.is_overdue(self.today))
            && text.is_none_or(|text| job.name.to_lowercase().contains(text))
    }

    /// The jobs of hits that pass and that the actor sees, with their accounts.
    pub(super) fn seen_jobs(&self, hits: &[Hit], passes: impl Fn(&Job) -> bool) -> Result<Vec<Option<Seen>>, Error> {
        let wanted: Vec<Option<&Arc<Job>>> = jobs(hits).into_iter().map(|job| job.filter(|job| passes(job))).collect();
        let accounts = self.accounts_of(wanted.iter().flatten().map(|job| job.account))?;
        let row = |job: Option<&Arc<Job>>| {
            let job = job?;
            let account = accounts.get(&job.account).cloned();
            self.sees(job, account.as_deref()).then(|| (Arc::clone(job), account))
        };
        Ok(wanted.into_iter().map(row).collect())
    }

    /// The rows of hits that pass and that the actor sees.
    pub(super) fn job_rows(&self, hits: &[Hit], passes: impl Fn(&Job) -> bool) -> Result<Vec<Option<JobRow>>, Error> {
        Ok(self.rows_of(hits, self.seen_jobs(hits, passes)?))
    }

    fn rows_of(&self, hits: &[Hit], seen: Vec<Option<Seen>>) -> Vec<Option<JobRow>> {
        let row = |(hit, found): (&Hit, Option<Seen>)| {
            let (job, account) = found?;
            Some(self.job_row(&job, hit.record.revision, account.as_deref()))
        };
        hits.iter().zip(seen).map(row).collect()
    }

    pub(super) fn job_row(&self, job: &Job, revision: Revision, account: Option<&Account>) -> JobRow {
        let blockers = job.blockers();
        JobRow {
            id: job.id,
            revision,
            name: Arc::clone(&job.name),
            account: job.account,
            account_name: account.map(|account| account.name.clone()).unwrap_or_default(),
            pipeline: job.pipeline.clone(),
            stage: job.stage.clone(),
            stage_since: job.visit().map(|visit| visit.entered),
            status: job.status.clone(),
            priority: job.priority,
            assignees: job.assignees.clone(),
            due: job.due,
            overdue: job.is_overdue(self.today),
            tags: job.tags.clone(),
            open_blockers: blockers.open,
            done_blockers: blockers.done,
            attention: job.attention.clone(),
            client_status: job.client_status.clone(),
        }
    }
}

pub(super) fn board_partition(pipeline: &PipelineKey, stage: &StageKey, shelf: i64, urgency: i64) -> Vec<Cell> {
    vec![Cell::Text(pipeline.shared()), Cell::Text(stage.shared()), Cell::Int(shelf), Cell::Int(urgency)]
}
