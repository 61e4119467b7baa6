//! What exists in the firm, as its log tells: what a sequence draws its references from.

use std::collections::BTreeMap;

use workflow_core::event::Event;
use workflow_core::id::{CommentId, EntryId, ItemId, JobId, NotificationId, PipelineKey, TaskId};
use workflow_core::model::{AttentionReason, Restored, Unmade};
use workflow_core::store::{LogBy, LogPosition, LogScan, Logged, Transact};

use crate::firm::firm;

/// Records of a kind: those that exist, in the order they came, and those that are gone.
#[derive(Debug, Clone)]
pub(crate) struct Known<T> {
    pub(crate) here: Vec<T>,
    pub(crate) gone: Vec<T>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { here: Vec::new(), gone: Vec::new() }
    }
}

impl<T: Copy + PartialEq> Known<T> {
    fn lose(&mut self, id: T) {
        self.here.retain(|known| *known != id);
        self.gone.retain(|known| *known != id);
        self.gone.push(id);
    }

    /// It is there, whether or not it was gone.
    fn have(&mut self, id: T) {
        self.gone.retain(|known| *known != id);
        if !self.here.contains(&id) {
            self.here.push(id);
        }
    }

    /// One of them by its place, now and then one that is gone.
    pub(crate) fn pick(&self, place: u16) -> Option<T> {
        let from = if place % 16 == 15 { &self.gone } else { &self.here };
        from.get(usize::from(place / 16 + place % 16) % from.len().max(1)).copied()
    }

    /// All that there ever were.
    pub(crate) fn ever(&self) -> impl Iterator<Item = T> + '_ {
        self.here.iter().chain(&self.gone).copied()
    }
}

/// What exists.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) position: LogPosition,
    pub(crate) jobs: Known<JobId>,
    pub(crate) tasks: Known<TaskId>,
    pub(crate) items: Known<ItemId>,
    pub(crate) notifications: Known<NotificationId>,
    pub(crate) comments: Vec<CommentId>,
    /// The entries of the log that followed from nothing but a command.
    pub(crate) entries: Vec<EntryId>,
    /// The pipeline each job is in.
    pub(crate) pipelines: BTreeMap<JobId, PipelineKey>,
    /// How many versions each pipeline has.
    pub(crate) versions: BTreeMap<PipelineKey, u32>,
    pub(crate) failures: Vec<(JobId, u32)>,
    pub(crate) waits: Vec<(JobId, u32)>,
    pub(crate) attention: Vec<(JobId, AttentionReason)>,
}

impl View {
    /// Reads on in the log. Answers what was new.
    pub(crate) fn read_on(&mut self, store: &dyn Transact) -> Vec<Logged> {
        let mut news = Vec::new();
        loop {
            let mut scan = LogScan::new(LogBy::Firm, 500);
            scan.after = Some(self.position).filter(|position| position.0 > 0);
            let page = store.log(firm(), &scan).expect("readable");
            let Some(last) = page.last() else { return news };
            self.position = last.position;
            for logged in &page {
                if logged.entry.cause.is_none() {
                    self.entries.push(logged.entry.id);
                }
                logged.entry.events.iter().for_each(|recorded| self.absorb(&recorded.event));
            }
            news.extend(page);
        }
    }

    fn absorb(&mut self, event: &Event) {
        match event {
            Event::JobCreated(job) => {
                self.jobs.here.push(job.id);
                self.pipelines.insert(job.id, job.pipeline.clone());
            }
            Event::JobMoved { job, pipeline: Some(pipeline), .. } => {
                self.pipelines.insert(*job, pipeline.clone());
            }
            Event::JobDeleted { job } => {
                self.jobs.lose(*job);
                self.failures.retain(|(of, _)| of != job);
                self.waits.retain(|(of, _)| of != job);
                self.attention.retain(|(of, _)| of != job);
            }
            Event::RecordRestored(Restored::Job(job)) => {
                self.jobs.have(job.id);
                self.pipelines.insert(job.id, job.pipeline.clone());
            }
            Event::RecordRestored(Restored::Task(task)) => self.tasks.have(task.id),
            Event::RecordRestored(Restored::Item(item)) => self.items.have(item.id),
            Event::RecordUnmade(Unmade::Job(job)) => self.jobs.lose(*job),
            Event::RecordUnmade(Unmade::Task(task)) => self.tasks.lose(*task),
            Event::RecordUnmade(Unmade::Item(item)) => self.items.lose(*item),
            Event::JobCommented(comment) => self.comments.push(comment.id),
            Event::TaskCreated { task, .. } => self.tasks.here.push(task.id),
            Event::TaskDeleted { task, .. } => self.tasks.lose(*task),
            Event::ItemCreated(item) => self.items.here.push(item.id),
            Event::NotificationQueued(notification) => self.notifications.here.push(notification.id),
            Event::ActionFailed { job, failure } => self.failures.push((*job, failure.number)),
            Event::FailureEnded { job, number, .. } => self.failures.retain(|failure| *failure != (*job, *number)),
            Event::WaitBegun { job, wait } => self.waits.push((*job, wait.number)),
            Event::WaitEnded { job, number, .. } => self.waits.retain(|wait| *wait != (*job, *number)),
            Event::AttentionRaised { job, attention } => self.attention.push((*job, attention.reason.clone())),
            Event::PipelinePublished { version, definition, .. } => {
                self.versions.insert(definition.key.clone(), *version);
            }
            _ => {}
        }
    }
}
