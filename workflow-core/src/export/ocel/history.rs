//! What became of a job, its tasks and its items, as its entries of the log tell it.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Value, instant};
use crate::definition::JobDate;
use crate::event::{Entry, Event};
use crate::export::word::{priority_word, progress_word};
use crate::id::JobId;
use crate::limits;
use crate::model::Restored;

/// The values that attributes took, with the instants from which on they had them.
#[derive(Default)]
pub(super) struct History {
    of: BTreeMap<Uuid, VecDeque<Value>>,
}

impl History {
    /// The values of an object, the oldest first.
    pub(super) fn take(&mut self, object: Uuid) -> impl Iterator<Item = Value> + use<> {
        self.of.remove(&object).unwrap_or_default().into_iter()
    }

    fn note(&mut self, object: Uuid, at: DateTime<Utc>, name: &'static str, value: impl Into<String>) {
        let values = self.of.entry(object).or_default();
        if values.len() >= limits::EXPORT_CHANGES {
            values.pop_front();
        }
        values.push_back(Value { name, value: value.into(), time: instant(at) });
    }

    /// Goes on with the next entry about a job.
    pub(super) fn follow(&mut self, job: JobId, entry: &Entry) {
        let (at, job) = (entry.at, job.0);
        for recorded in &entry.events {
            match &recorded.event {
                Event::JobCreated(created) | Event::RecordRestored(Restored::Job(created)) => {
                    self.note(job, at, "name", &*created.name);
                    self.note(job, at, "pipeline", created.pipeline.as_str());
                    self.note(job, at, "stage", created.stage.as_str());
                    self.note(job, at, "status", created.status.as_str());
                    self.note(job, at, "priority", priority_word(created.priority));
                    if let Some(due) = created.due {
                        self.note(job, at, "due", due.to_string());
                    }
                }
                Event::RecordRestored(Restored::Item(item)) => {
                    if let Some(status) = &item.status {
                        self.note(item.id.0, at, "status", status.as_str());
                    }
                    self.note(item.id.0, at, "progress", progress_word(item.progress));
                }
                Event::JobRenamed { name, .. } => self.note(job, at, "name", &**name),
                Event::JobMoved { to, pipeline, .. } => {
                    if let Some(pipeline) = pipeline {
                        self.note(job, at, "pipeline", pipeline.as_str());
                    }
                    self.note(job, at, "stage", to.as_str());
                }
                Event::JobStatusSet { to, .. } => self.note(job, at, "status", to.as_str()),
                Event::JobPrioritySet { to, .. } => self.note(job, at, "priority", priority_word(*to)),
                Event::JobDateSet { date: JobDate::Due, to, .. } => {
                    self.note(job, at, "due", to.map(|due| due.to_string()).unwrap_or_default());
                }
                Event::TaskCreated { task, .. } | Event::RecordRestored(Restored::Task(task)) => {
                    self.note(task.id.0, at, "state", task.state.as_str())
                }
                Event::TaskStateSet { task, to, .. } => self.note(task.0, at, "state", to.as_str()),
                Event::ItemLinked { link, .. } => {
                    self.note(link.item.0, at, "progress", progress_word(link.progress));
                    if let Some(status) = &link.status {
                        self.note(link.item.0, at, "status", status.as_str());
                    }
                }
                Event::JobItemChanged { item, status, progress, .. } => {
                    if let Some(status) = status {
                        self.note(item.0, at, "status", status.as_str());
                    }
                    self.note(item.0, at, "progress", progress_word(*progress));
                }
                _ => {}
            }
        }
    }
}
