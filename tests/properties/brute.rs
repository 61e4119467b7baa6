//! What queries must answer, worked out from every record without an index.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use workflow_core::definition::{Access, JobSort, PipelineDefinition};
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, PipelineKey, StageKey};
use workflow_core::model::{Account, ItemProgress, Job, JobStatus, Member, Priority, Task, TaskState};
use workflow_core::query::{JobQuery, JobRow, JobScope, TaskQuery, TaskRow, TaskScope};
use workflow_core::store::{DocId, Document, Record};

use crate::office::{head, job, jobs, tasks};

/// Every record of the firm, seen by an actor on a day.
pub(crate) struct Brute<'a> {
    pub(crate) records: &'a BTreeMap<DocId, Record>,
    pub(crate) actor: Actor,
    pub(crate) today: NaiveDate,
}

/// A stage of a board: its cards in order, and sums over them.
#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) stage: StageKey,
    pub(crate) cards: Vec<JobRow>,
    pub(crate) jobs: u64,
    pub(crate) attention: u64,
    pub(crate) overdue: u64,
    pub(crate) open_blockers: u64,
    pub(crate) done_blockers: u64,
}

impl Brute<'_> {
    fn account(&self, id: AccountId) -> &Account {
        match self.records.get(&DocId::Account(id)).map(|record| &record.document) {
            Some(Document::Account(account)) => account,
            other => panic!("no account {id}: {other:?}"),
        }
    }

    fn member(&self) -> Option<&Member> {
        let Actor::Member(id) = &self.actor else { return None };
        match &self.records.get(&DocId::Member(*id))?.document {
            Document::Member(member) => Some(member),
            _ => None,
        }
    }

    /// Whether the actor is one whom queries answer at all.
    pub(crate) fn may_ask(&self) -> bool {
        !matches!(self.actor, Actor::Member(_)) || self.member().is_some_and(|member| member.active)
    }

    /// The newest version of a pipeline.
    pub(crate) fn newest(&self, pipeline: &PipelineKey) -> &PipelineDefinition {
        let version = head(self.records, pipeline).newest;
        match self.records.get(&DocId::PipelineVersion(pipeline.clone(), version)).map(|record| &record.document) {
            Some(Document::PipelineVersion(version)) => &version.definition,
            other => panic!("no version {version} of `{pipeline}`: {other:?}"),
        }
    }

    fn sees(&self, job: &Job) -> bool {
        let Some(member) = self.member() else { return true };
        let holds = |roles: &BTreeSet<workflow_core::id::RoleKey>| {
            let account = self.account(job.account);
            roles.iter().any(|role| account.roles.holders(role).is_some_and(|holders| holders.contains(&member.id)))
        };
        member.admin
            || match &self.newest(&job.pipeline).access {
                Access::Everyone => true,
                Access::Only { members, roles } => members.contains(&member.id) || holds(roles),
            }
    }

    fn is_late(&self, job: &Job) -> bool {
        job.status == JobStatus::Active && job.due.is_some_and(|due| due < self.today)
    }

    /// Open and done blockers of a job's present visit, from the tasks and items themselves.
    pub(crate) fn blockers(&self, job: &Job) -> (u32, u32) {
        let visit = u32::try_from(job.visits.len()).expect("few") - 1;
        let mut count = (0, 0);
        for link in job.tasks.iter().filter(|link| link.origin.visit == visit) {
            match self.task(link.task).state {
                TaskState::Planned | TaskState::InProgress => count.0 += 1,
                TaskState::Completed => count.1 += 1,
                TaskState::Cancelled => {}
            }
        }
        for link in job.items.iter().filter(|link| link.origin.visit == visit) {
            match self.progress(link.item) {
                ItemProgress::Open | ItemProgress::Declined => count.0 += 1,
                ItemProgress::Done => count.1 += 1,
                ItemProgress::Cancelled | ItemProgress::NotActionable => {}
            }
        }
        count
    }

    fn task(&self, id: workflow_core::id::TaskId) -> &Task {
        match self.records.get(&DocId::Task(id)).map(|record| &record.document) {
            Some(Document::Task(task)) => task,
            other => panic!("a job has a task {id} that is not there: {other:?}"),
        }
    }

    fn progress(&self, id: workflow_core::id::ItemId) -> ItemProgress {
        match self.records.get(&DocId::Item(id)).map(|record| &record.document) {
            Some(Document::Item(item)) => item.progress,
            other => panic!("a job has an item {id} that is not there: {other:?}"),
        }
    }

    fn row(&self, job: &Job, revision: u64) -> JobRow {
        let (open_blockers, done_blockers) = self.blockers(job);
        JobRow {
            id: job.id,
            revision,
            name: Arc::clone(&job.name),
            account: job.account,
            account_name: self.account(job.account).name.clone(),
            pipeline: job.pipeline.clone(),
            stage: job.stage.clone(),
            stage_since: job.visits.last().map(|visit| visit.entered),
            status: job.status.clone(),
            priority: job.priority,
            assignees: job.assignees.clone(),
            due: job.due,
            overdue: self.is_late(job),
            tags: job.tags.clone(),
            open_blockers,
            done_blockers,
            attention: job.attention.clone(),
            client_status: job.client_status.clone(),
        }
    }

    /// The list of jobs.
    pub(crate) fn jobs(&self, query: &JobQuery) -> Vec<JobRow> {
        let in_scope = |job: &Job| match &query.scope {
            JobScope::Firm => true,
            JobScope::Pipeline { pipeline, stages } => {
                job.pipeline == *pipeline && (stages.is_empty() || stages.contains(&job.stage))
            }
            JobScope::Account(account) => job.account == *account,
            JobScope::Assignee(member) => job.assignees.contains(member),
            JobScope::Unassigned => job.assignees.is_empty(),
            JobScope::Attention => !job.attention.is_empty(),
            JobScope::Job(id) => job.id == *id,
        };
        let status = |job: &Job| match query.statuses.is_empty() {
            true => query.archived || job.status != JobStatus::Archived || matches!(query.scope, JobScope::Job(_)),
            false => query.statuses.iter().any(|status| status.as_str() == job.status.as_str()),
        };
        let passes = |job: &Job| {
            query.tags.iter().all(|tag| job.tags.contains(tag))
                && query.at_least.is_none_or(|least| job.priority >= least)
                && query.due_from.is_none_or(|from| job.due.is_some_and(|due| due >= from))
                && query.due_to.is_none_or(|to| job.due.is_some_and(|due| due <= to))
                && (!query.overdue || self.is_late(job))
                && query.text.as_ref().is_none_or(|text| job.name.to_lowercase().contains(&text.to_lowercase()))
        };
        let mut found = jobs(self.records);
        found.retain(|(job, _)| in_scope(job) && status(job) && passes(job) && self.sees(job));
        match query.scope {
            JobScope::Account(_) | JobScope::Attention => found.sort_by_key(|(job, _)| (job.created, job.id)),
            _ => found.sort_by_key(|(job, _)| (job.due.unwrap_or(NaiveDate::MAX), job.id)),
        }
        if query.descending {
            found.reverse();
        }
        found.into_iter().map(|(job, revision)| self.row(job, revision)).collect()
    }

    /// The board of a pipeline: stages of its newest version, then others that hold jobs.
    pub(crate) fn board(&self, pipeline: &PipelineKey) -> Vec<Column> {
        let newest = self.newest(pipeline);
        let mut here = jobs(self.records);
        here.retain(|(job, _)| job.pipeline == *pipeline && job.status != JobStatus::Archived && self.sees(job));
        let declared: Vec<StageKey> = newest.stages.iter().map(|stage| stage.key.clone()).collect();
        let others: BTreeSet<StageKey> =
            here.iter().map(|(job, _)| job.stage.clone()).filter(|stage| !declared.contains(stage)).collect();
        let urgency = |job: &Job| match newest.sort {
            JobSort::Due => Priority::Low,
            JobSort::Priority => job.priority,
        };
        let column = |stage: StageKey| {
            let mut cards: Vec<_> = here.iter().filter(|(job, _)| job.stage == stage).collect();
            cards.sort_by_key(|(job, _)| {
                let due = job.due.unwrap_or(NaiveDate::MAX);
                (job.status != JobStatus::Active, std::cmp::Reverse(urgency(job)), due, job.id)
            });
            let cards: Vec<JobRow> = cards.into_iter().map(|(job, revision)| self.row(job, *revision)).collect();
            let sum = |number: &dyn Fn(&JobRow) -> u64| cards.iter().map(number).sum::<u64>();
            Column {
                stage,
                jobs: sum(&|_| 1),
                attention: sum(&|row| u64::from(!row.attention.is_empty())),
                overdue: sum(&|row| u64::from(row.overdue)),
                open_blockers: sum(&|row| u64::from(row.open_blockers)),
                done_blockers: sum(&|row| u64::from(row.done_blockers)),
                cards,
            }
        };
        declared.into_iter().chain(others).map(column).collect()
    }

    /// The list of tasks.
    pub(crate) fn tasks(&self, query: &TaskQuery) -> Vec<TaskRow> {
        let in_scope = |task: &Task| match &query.scope {
            TaskScope::Firm => true,
            TaskScope::Assignee(member) => task.assignees.contains(member),
            TaskScope::Role(role) => task.assigned_roles.contains(role),
            TaskScope::Account(account) => task.account == Some(*account),
            TaskScope::Unassigned => task.assignees.is_empty(),
        };
        let open = |task: &Task| matches!(task.state, TaskState::Planned | TaskState::InProgress);
        let late = |task: &Task| open(task) && task.due.is_some_and(|due| due < self.today);
        let passes = |task: &Task| {
            (if query.states.is_empty() { open(task) } else { query.states.contains(&task.state) })
                && query.tags.iter().all(|tag| task.tags.contains(tag))
                && (query.template.is_none() || query.template == task.template)
                && query.at_least.is_none_or(|least| task.priority >= least)
                && query.due_from.is_none_or(|from| task.due.is_some_and(|due| due >= from))
                && query.due_to.is_none_or(|to| task.due.is_some_and(|due| due <= to))
                && (!query.overdue || late(task))
                && query.text.as_ref().is_none_or(|text| task.title.to_lowercase().contains(&text.to_lowercase()))
        };
        let job_of = |task: &Task| {
            task.job.map(|id| job(self.records, id).unwrap_or_else(|| panic!("{} is of a job that is gone", task.id)))
        };
        let mut found = tasks(self.records);
        found.retain(|(task, _)| in_scope(task) && passes(task) && job_of(task).is_none_or(|job| self.sees(job)));
        found.sort_by_key(|(task, _)| (task.due.unwrap_or(NaiveDate::MAX), task.id));
        if query.descending {
            found.reverse();
        }
        let row = |(task, revision): (&Arc<Task>, u64)| TaskRow {
            task: Arc::clone(task),
            revision,
            job_name: job_of(task).map(|job| Arc::clone(&job.name)),
            overdue: late(task),
        };
        found.into_iter().map(row).collect()
    }
}
