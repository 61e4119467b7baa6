//! Lists of tasks.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pager::fingerprint;
use super::{Page, PageRequest, Queries};
use crate::definition::is_default;
use crate::error::Error;
use crate::id::{AccountId, MemberId, RoleKey, Tag, TemplateKey};
use crate::model::{Job, Priority, Task, TaskState};
use crate::store::{Cell, DocId, Document, Hit, IndexName, Revision, Scan, date_cell};

/// Which tasks, among those that the filters leave. All by due date.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskScope {
    /// All of the firm.
    #[default]
    Firm,
    /// Those assigned to a member.
    Assignee(MemberId),
    /// Those assigned to a role.
    Role(RoleKey),
    /// Those of an account.
    Account(AccountId),
    /// Those assigned to nobody.
    Unassigned,
}

/// A list of tasks. Filters that are absent or empty let every task through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TaskQuery {
    /// Which.
    pub scope: TaskScope,
    /// In one of these states; open ones when empty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub states: BTreeSet<TaskState>,
    /// With all of these tags.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Made from this template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// At least this urgent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Priority>,
    /// Due on this day or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_to: Option<NaiveDate>,
    /// Open and due before today.
    #[serde(skip_serializing_if = "is_default")]
    pub overdue: bool,
    /// Whose title has this text in it, whatever the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The other way round.
    #[serde(skip_serializing_if = "is_default")]
    pub descending: bool,
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskRow {
    /// The task.
    #[serde(flatten)]
    pub task: Arc<Task>,
    /// Its revision.
    pub revision: Revision,
    /// What its job is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_name: Option<Arc<str>>,
    /// Whether it is late.
    pub overdue: bool,
}

impl Queries<'_> {
    /// A list of tasks, by due date; those without one last.
    ///
    /// # Errors
    /// When the cursor is not of this query, a limit is passed, or the store failed.
    pub fn tasks(&self, query: &TaskQuery, page: &PageRequest) -> Result<Page<TaskRow>, Error> {
        self.for_the_firm()?;
        let ended: Vec<i64> = match (query.overdue, query.states.is_empty()) {
            (true, _) | (_, true) => vec![0],
            (false, false) => {
                let ended = query.states.iter().map(|state| i64::from(state.is_ended()));
                ended.collect::<BTreeSet<i64>>().into_iter().collect()
            }
        };
        let scan = |ended: &i64| {
            let (index, mut partition) = match &query.scope {
                TaskScope::Firm => (IndexName::Tasks, vec![]),
                TaskScope::Assignee(member) => (IndexName::TaskAssignees, vec![Cell::Uuid(member.0)]),
                TaskScope::Unassigned => (IndexName::TaskAssignees, vec![Cell::Uuid(Uuid::nil())]),
                TaskScope::Role(role) => (IndexName::TaskRoles, vec![Cell::Text(role.shared())]),
                TaskScope::Account(account) => (IndexName::TaskAccounts, vec![Cell::Uuid(account.0)]),
            };
            partition.push(Cell::Int(*ended));
            let mut scan = Scan::all(index, partition, 0);
            scan.from = query.due_from.map_or(Bound::Unbounded, |day| Bound::Included(date_cell(Some(day))));
            scan.to = if query.overdue {
                Bound::Excluded(date_cell(Some(self.today)))
            } else {
                query.due_to.map_or(Bound::Unbounded, |day| Bound::Included(date_cell(Some(day))))
            };
            scan.descending = query.descending;
            scan
        };
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        let stretches = [ended.iter().map(scan).collect()];
        self.page(fingerprint(query), &stretches, page, |hits| {
            self.task_rows(hits, |task| self.task_passes(query, text.as_deref(), task))
        })
    }

    fn task_passes(&self, query: &TaskQuery, text: Option<&str>, task: &Task) -> bool {
        let state = if query.states.is_empty() { !task.state.is_ended() } else { query.states.contains(&task.state) };
        state
            && query.tags.is_subset(&task.tags)
            && (query.template.is_none() || query.template == task.template)
            && query.at_least.is_none_or(|least| task.priority >= least)
            && query.due_from.is_none_or(|from| task.due.is_some_and(|due| due >= from))
            && query.due_to.is_none_or(|to| task.due.is_some_and(|due| due <= to))
            && (!query.overdue || self.is_late(task))
            && text.is_none_or(|text| task.title.to_lowercase().contains(text))
    }

    pub(crate) fn is_late(&self, task: &Task) -> bool {
        !task.state.is_ended() && task.due.is_some_and(|due| due < self.today)
    }

    /// The rows of hits that pass and that the actor sees: a task is seen with its job.
    pub(super) fn task_rows(
        &self,
        hits: &[Hit],
        passes: impl Fn(&Task) -> bool,
    ) -> Result<Vec<Option<TaskRow>>, Error> {
        let task = |hit: &Hit| match &hit.record.document {
            Document::Task(task) => Some(Arc::clone(task)).filter(|task| passes(task)),
            _ => None,
        };
        let tasks: Vec<Option<Arc<Task>>> = hits.iter().map(task).collect();
        let mut wanted: Vec<DocId> = tasks.iter().flatten().filter_map(|task| task.job.map(DocId::Job)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let job = |document| match document {
            Some(Document::Job(job)) => Some((job.id, job)),
            _ => None,
        };
        let jobs: std::collections::BTreeMap<_, Arc<Job>> =
            self.documents(&wanted)?.into_iter().filter_map(job).collect();
        let accounts = if self.sees_all() {
            std::collections::BTreeMap::new()
        } else {
            self.accounts_of(jobs.values().map(|job| job.account))?
        };
        let row = |(hit, task): (&Hit, Option<Arc<Task>>)| {
            let task = task?;
            let job = task.job.and_then(|id| jobs.get(&id));
            if let Some(job) = job
                && !self.sees(job, accounts.get(&job.account).map(|account| &**account))
            {
                return None;
            }
            let overdue = self.is_late(&task);
            let job_name = job.map(|job| Arc::clone(&job.name));
            Some(TaskRow { revision: hit.record.revision, job_name, overdue, task })
        };
        Ok(hits.iter().zip(tasks).map(row).collect())
    }
}
