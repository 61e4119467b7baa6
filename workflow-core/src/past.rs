//! What was so once: records folded from what the log says of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::apply::{apply, touched};
use crate::error::Error;
use crate::event::{Entry, Event};
use crate::id::{FirmId, JobId, TaskId};
use crate::limits;
use crate::model::{Job, Priority, Task, TaskLink};
use crate::state::State;
use crate::store::{DocId, Found, LogBy, LogPosition, LogScan, Logged, Read, Revision, Transact};

/// Shows a stretch of the log, oldest first: after one place and up to the end of the commit at another,
/// and not much later than an instant. No longer than [`limits::HISTORY_ENTRIES`].
pub(crate) fn each_entry(
    store: &dyn Transact,
    firm: FirmId,
    by: LogBy,
    (after, through): (Option<LogPosition>, LogPosition),
    until: Option<DateTime<Utc>>,
    each: &mut dyn FnMut(Logged) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut scan = LogScan { after, ..LogScan::new(by, limits::PAGE) };
    let (mut count, mut open) = (0usize, false);
    loop {
        let page = store.log(firm, &scan)?;
        let full = page.len() >= scan.limit;
        let Some(last) = page.last() else { return Ok(()) };
        scan.after = Some(last.position);
        let late = until.is_some_and(|until| last.entry.at > until);
        let passed = (last.position >= through || late) && !last.entry.more;
        count = count.saturating_add(page.len());
        let what = "the number of entries of the log to look through";
        crate::decide::check_limit("HISTORY_ENTRIES", limits::HISTORY_ENTRIES, count, what)?;
        for logged in page {
            if logged.position > through && !open {
                return Ok(());
            }
            open = logged.entry.more;
            each(logged)?;
        }
        if !full || passed {
            return Ok(());
        }
    }
}

/// The end of the log.
pub(crate) const END: LogPosition = LogPosition(u64::MAX);

/// A moment of a job's history.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// When everything up to this place of the log had happened.
    Position(LogPosition),
    /// At an instant.
    Instant(DateTime<Utc>),
}

/// A job as the log knows it at some moment.
pub(crate) struct Folded {
    /// The job; absent when it is deleted.
    pub(crate) job: Option<Arc<Job>>,
    /// Its revision.
    pub(crate) revision: Revision,
    /// Those of its tasks of which its log tells everything, in the order they were linked.
    pub(crate) tasks: Vec<Arc<Task>>,
    /// The last entry that changed it.
    pub(crate) by: Option<Logged>,
}

/// What the log says of one job: its own entries, and those of other jobs that changed it too.
pub(crate) struct History<'a> {
    store: &'a dyn Transact,
    firm: FirmId,
    job: JobId,
    /// In the order of the log.
    entries: Vec<Logged>,
    /// Up to here the whole log was looked through for entries of others.
    looked: LogPosition,
}

/// Where entries are missing: after one place, and up to another.
type Gap = (LogPosition, LogPosition);

impl<'a> History<'a> {
    /// Reads the job's own entries.
    pub(crate) fn of(store: &'a dyn Transact, firm: FirmId, job: JobId) -> Result<Self, Error> {
        let mut entries = Vec::new();
        each_entry(store, firm, LogBy::Job(job), (None, END), None, &mut |logged| {
            entries.push(logged);
            Ok(())
        })?;
        Ok(Self { store, firm, job, entries, looked: LogPosition::default() })
    }

    /// The job as it was at a moment. `None` when the log knows nothing of it by then.
    ///
    /// A job that others wait for is changed by entries of theirs. That some are missing is noticed by
    /// the revisions that the job's own entries name, and by the one that is stored.
    pub(crate) fn at(mut self, moment: Moment, stored: Option<(Revision, &Job)>) -> Result<Option<Folded>, Error> {
        let own = self.entries.iter().rposition(|logged| match moment {
            Moment::Position(position) => logged.position <= position,
            Moment::Instant(at) => logged.entry.at <= at,
        });
        let Some(own) = own else { return Ok(None) };
        let last = self.entries.get(own).map_or(END, |logged| logged.position);
        // What others did after the job's last entry counts as well, until its next one.
        let next = self.entries.get(own.saturating_add(1)).map_or(END, |logged| logged.position);
        self.add_commits()?;
        let within = |logged: &Logged| match moment {
            Moment::Position(position) => logged.position <= position,
            Moment::Instant(at) => logged.position <= last || (logged.position < next && logged.entry.at <= at),
        };
        let (end, until) = match moment {
            Moment::Position(position) => (position.min(next), None),
            Moment::Instant(at) => (next, Some(at)),
        };
        let mut dependents = stored.map(|(_, job)| job.awaited_by.clone()).unwrap_or_default();
        loop {
            let (folded, gap) = self.pass(&within, end, stored.map(|(revision, _)| revision));
            let Some(gap) = gap else { return Ok(Some(folded)) };
            if dependents.is_empty() {
                self.add_all((Some(gap.0), gap.1), until.filter(|_| gap.1 == END))?;
                self.looked = gap.1;
            } else {
                self.add_dependents(&std::mem::take(&mut dependents))?;
            }
        }
    }

    /// Folds the entries. Answers the job at the moment, and the first gap before its end.
    fn pass(
        &self,
        within: &dyn Fn(&Logged) -> bool,
        end: LogPosition,
        stored: Option<Revision>,
    ) -> (Folded, Option<Gap>) {
        let id = DocId::Job(self.job);
        let (mut state, mut folded, mut by) = (State::default(), None, None);
        // Tasks that were made elsewhere.
        let mut strangers = BTreeSet::new();
        // The last place at which nothing was missing, and how many revisions nothing accounts for.
        let (mut good, mut said, mut lost) = (LogPosition::default(), None, 0);
        for (place, logged) in self.entries.iter().enumerate() {
            if folded.is_none() && !within(logged) {
                folded = Some(self.folded(&state, &strangers, lost, by.take()));
            }
            self.apply(&mut state, &mut strangers, &logged.entry, &id);
            if state.has_touched(self.job) {
                by = Some(logged.clone());
            }
            if logged.entry.job == Some(self.job) && names_job(&logged.entry.command) {
                said = Some(logged.entry.revision);
            }
            let next = self.entries.get(place.saturating_add(1));
            if next.is_some_and(|next| together(&logged.entry, &next.entry)) {
                continue;
            }
            let revision = state.next_revision(&id).saturating_add(lost);
            state.settle();
            if let Some(said) = said.take() {
                if said > revision {
                    if logged.position > self.looked && good < end {
                        return (self.folded(&state, &strangers, lost, by), Some((good, logged.position)));
                    }
                    lost = lost.saturating_add(said.saturating_sub(revision));
                }
                good = logged.position;
            }
        }
        let known = state.next_revision(&id).saturating_add(lost);
        let folded = folded.unwrap_or_else(|| self.folded(&state, &strangers, lost, by));
        let short = stored.is_some_and(|stored| stored > known) && good < end && end > self.looked;
        (folded, short.then_some((good, end)))
    }

    fn apply(&self, state: &mut State, strangers: &mut BTreeSet<TaskId>, entry: &Entry, id: &DocId) {
        let own = entry.job == Some(self.job);
        for recorded in &entry.events {
            if let Event::TaskLinked { task, job, link, .. } = &recorded.event
                && *job == self.job
                && state.task(*task).is_none()
            {
                state.tasks.put(*task, Arc::new(stand_in(link, entry.at)));
                strangers.insert(*task);
            }
            if own || changes(&recorded.event, state, id) {
                apply(state, self.firm, entry.at, &recorded.event);
            }
            // What happens to a task elsewhere is not in this job's log.
            if let Event::TaskUnlinked { task, .. } = &recorded.event {
                state.forget_task(*task);
                strangers.remove(task);
            }
        }
    }

    fn folded(&self, state: &State, strangers: &BTreeSet<TaskId>, lost: Revision, by: Option<Logged>) -> Folded {
        let job = state.job(self.job).cloned();
        let links = job.iter().flat_map(|job| &job.tasks).filter(|link| !strangers.contains(&link.task));
        let tasks = links.filter_map(|link| state.task(link.task).cloned()).collect();
        let revision = state.next_revision(&DocId::Job(self.job)).saturating_add(lost);
        Folded { job, tasks, revision, by }
    }

    /// Takes in what a stretch of the firm's log says of the job.
    fn add_all(
        &mut self,
        range: (Option<LogPosition>, LogPosition),
        until: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let (id, mut found) = (DocId::Job(self.job), Vec::new());
        each_entry(self.store, self.firm, LogBy::Firm, range, until, &mut |logged| {
            found.extend(concerns(&logged.entry, self.job, &id).then_some(logged));
            Ok(())
        })?;
        self.add(found);
        Ok(())
    }

    /// Takes in what other entries of the same commits say of the job: a commit is one revision, however
    /// many of its entries changed the job.
    fn add_commits(&mut self) -> Result<(), Error> {
        let before =
            |position, limit| LogScan { after: Some(position), descending: true, ..LogScan::new(LogBy::Firm, limit) };
        let own = self.entries.clone();
        let mut read = LogPosition::default();
        for logged in &own {
            if logged.position <= read || !(logged.entry.continues || logged.entry.more) {
                continue;
            }
            let (mut scan, mut first) = (before(logged.position, limits::PAGE), logged.position);
            while first > read {
                let page = self.store.log(self.firm, &scan)?;
                let of_commit = page.iter().take_while(|logged| logged.entry.more);
                let (count, last) =
                    of_commit.fold((0usize, first), |(count, _), logged| (count.saturating_add(1), logged.position));
                first = last;
                scan.after = Some(last);
                if count < scan.limit {
                    break;
                }
            }
            self.add_all((Some(LogPosition(first.0.saturating_sub(1))), logged.position), None)?;
            read = logged.position;
        }
        Ok(())
    }

    /// Takes in what the logs of jobs that wait for this one say of it.
    fn add_dependents(&mut self, dependents: &BTreeSet<JobId>) -> Result<(), Error> {
        let scan = |job: &JobId| LogScan::new(LogBy::Job(*job), limits::PAGE);
        let reads: Vec<Read> = dependents.iter().map(|job| Read::Log(scan(job))).collect();
        for found in self.store.read(self.firm, &reads)? {
            if let Found::Log(found) = found {
                self.add(found);
            }
        }
        Ok(())
    }

    /// Takes in those of these entries that changed the job and are not known yet.
    fn add(&mut self, found: Vec<Logged>) {
        let id = DocId::Job(self.job);
        self.entries.extend(found.into_iter().filter(|logged| concerns(&logged.entry, self.job, &id)));
        self.entries.sort_by_key(|logged| logged.position);
        self.entries.dedup_by_key(|logged| logged.position);
    }
}

/// Whether an entry is about a job, or changed it.
fn concerns(entry: &Entry, job: JobId, id: &DocId) -> bool {
    let state = State::default();
    entry.job == Some(job) || entry.events.iter().any(|recorded| changes(&recorded.event, &state, id))
}

/// What stands for a task that was made before it was linked: enough for the job's log to be folded.
fn stand_in(link: &TaskLink, at: DateTime<Utc>) -> Task {
    Task {
        id: link.task,
        job: None,
        account: None,
        title: Arc::from(""),
        description: None,
        state: link.state,
        custom_status: None,
        priority: Priority::default(),
        assignees: BTreeSet::new(),
        assigned_roles: BTreeSet::new(),
        start: None,
        due: link.due,
        start_rule: None,
        due_rule: None,
        tags: BTreeSet::new(),
        checklist: Vec::new(),
        budget_minutes: None,
        template: link.template.clone(),
        waits_for: BTreeSet::new(),
        created: at,
        updated: at,
        completed: link.completed,
    }
}

/// Whether an event changes a record.
fn changes(event: &Event, state: &State, id: &DocId) -> bool {
    let mut found = false;
    touched(event, state, &mut |other| found |= other == *id);
    found
}

/// Whether two entries are of the same commit: their identifiers count up from one beginning.
fn together(one: &Entry, next: &Entry) -> bool {
    /// The bits that the identifiers of one commit are counted in.
    const COUNTER: u32 = 22;
    one.more && one.id.0.as_u128() >> COUNTER == next.id.0.as_u128() >> COUNTER
}

/// Whether the revision that an entry names is that of its job: not when the command was about a
/// task, an item or a series.
fn names_job(command: &str) -> bool {
    matches!(
        command,
        "create_job"
            | "edit_job"
            | "move_job"
            | "set_status"
            | "assign_job"
            | "resolve_roles"
            | "tag_job"
            | "archive_job"
            | "delete_job"
            | "comment_job"
            | "pin_job"
            | "add_job_dependency"
            | "remove_job_dependency"
            | "clear_attention"
            | "retry_action"
            | "dismiss_action"
            | "fire_automation"
            | "end_wait"
            | "signal_job"
            | "reject_notification"
            | "react"
    )
}
