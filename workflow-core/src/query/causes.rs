//! What led to an event, back to the command that began it.

use std::collections::BTreeMap;

use super::Queries;
use crate::error::Error;
use crate::event::{Actor, Entry, Event, MoveKind};
use crate::explain::{Cause, Words};
use crate::limits;
use crate::store::{DocId, Document, LogBy, LogScan, Logged};

impl Queries<'_> {
    /// What led to an event of an entry: what set it off first, the command that began it last. It ends
    /// where the actor may see no further.
    pub(super) fn causes(&self, logged: &Logged, event: u32) -> Result<Vec<Cause>, Error> {
        let mut causes = Vec::new();
        let (mut logged, mut event) = (logged.clone(), Some(event));
        for _ in 0..=limits::FOLLOW_UP_HOPS {
            while let Some(place) = event.and_then(|place| before(&logged.entry, place)) {
                causes.push(self.cause(&logged, Some(place))?);
                event = Some(place);
            }
            let Some(from) = self.entry_before(&logged)? else {
                causes.push(self.cause(&logged, None)?);
                break;
            };
            if !self.seen(std::slice::from_ref(&from))?.first().is_some_and(|seen| *seen) {
                break;
            }
            event = left_by(&from.entry, &logged.entry);
            logged = from;
            if event.is_some() {
                causes.push(self.cause(&logged, event)?);
            }
        }
        Ok(causes)
    }

    /// The entry that left another to be done.
    fn entry_before(&self, logged: &Logged) -> Result<Option<Logged>, Error> {
        let Some(cause) = logged.entry.cause else { return Ok(None) };
        Ok(self.store.log(self.firm, &LogScan::new(LogBy::Entry(cause), 1))?.into_iter().next())
    }

    /// An event, or the command itself, as a cause.
    pub(super) fn cause(&self, logged: &Logged, event: Option<u32>) -> Result<Cause, Error> {
        let entry = &logged.entry;
        let recorded = event.and_then(|place| at(entry, place));
        let text = match recorded {
            Some(recorded) => self.tell(&recorded.event)?,
            None => self.tell_command(entry),
        };
        Ok(Cause {
            at: entry.at,
            entry: entry.id,
            position: logged.position,
            event,
            actor: entry.actor.clone(),
            command: entry.command.to_string(),
            automation: recorded.and_then(|recorded| recorded.by.clone()),
            text,
        })
    }

    /// An event in words, with the names of what it is about.
    pub(super) fn tell(&self, event: &Event) -> Result<String, Error> {
        let mut wanted = Vec::new();
        match event {
            Event::TaskStateSet { task, .. } => wanted.push(DocId::Task(*task)),
            Event::TimerFired { key: crate::model::TimerKey::Task { task, .. }, .. } => wanted.push(DocId::Task(*task)),
            Event::JobItemChanged { item, .. } | Event::ItemReported { item, .. } => wanted.push(DocId::Item(*item)),
            Event::JobDependencyChanged { on, .. } => wanted.push(DocId::Job(*on)),
            Event::JobStatusSet { job, .. } => wanted.push(DocId::Job(*job)),
            _ => {}
        }
        let titles = self.titles(&wanted)?;
        let words = Words { catalog: &self.catalog, title: &|id| titles.get(id).cloned() };
        Ok(words.event(event))
    }

    /// What tasks, items and jobs are called; only of jobs that the actor may see.
    pub(super) fn titles(&self, wanted: &[DocId]) -> Result<BTreeMap<DocId, String>, Error> {
        let mut titles = BTreeMap::new();
        let documents: Vec<Document> = self.documents(wanted)?.into_iter().flatten().collect();
        let job = |document: &Document| match document {
            Document::Job(job) => Some(job.account),
            _ => None,
        };
        let accounts = self.accounts_of(documents.iter().filter_map(job))?;
        for document in documents {
            let title = match &document {
                Document::Task(task) => task.title.to_string(),
                Document::Item(item) => item.title.to_string(),
                Document::Job(job) if self.sees(job, accounts.get(&job.account).map(|account| &**account)) => {
                    job.name.to_string()
                }
                _ => continue,
            };
            titles.insert(document.id(), title);
        }
        Ok(titles)
    }

    fn tell_command(&self, entry: &Entry) -> String {
        let words = Words { catalog: &self.catalog, title: &|_| None };
        let timed = |event: &Event| {
            matches!(event, Event::TimerFired { .. } | Event::WaitEnded { .. } | Event::Reminded { .. })
        };
        match &entry.actor {
            Actor::Automation if entry.events.iter().any(|recorded| timed(&recorded.event)) => "time passed".to_owned(),
            Actor::Automation if entry.command == "make_occurrence" => "a series made it".to_owned(),
            Actor::Automation => "the engine carried on what was begun before".to_owned(),
            actor => format!("{} gave the command `{}`", words.actor(actor), entry.command),
        }
    }
}

/// An event of an entry by its place.
pub(super) fn at(entry: &Entry, place: u32) -> Option<&crate::event::Recorded> {
    entry.events.get(usize::try_from(place).ok()?)
}

/// The event of the same entry that an event came of.
fn before(entry: &Entry, place: u32) -> Option<u32> {
    let recorded = at(entry, place)?;
    if let Some(of) = recorded.of {
        return (of < place).then_some(of);
    }
    if recorded.by.is_some() {
        return None;
    }
    let by_itself = match &recorded.event {
        Event::JobMoved { how, .. } => *how == MoveKind::Automove,
        // Set by a command it is what the command began with.
        Event::JobStatusSet { .. } => !matches!(&*entry.command, "set_status" | "archive_job") || place > 1,
        _ => false,
    };
    if !by_itself {
        return None;
    }
    // What a job does by itself it does after the last thing that mattered to it.
    (0..place).rev().find(|place| at(entry, *place).is_some_and(|recorded| matters(&recorded.event)))
}

/// Whether an event can be the reason that nothing holds a job any more.
fn matters(event: &Event) -> bool {
    matches!(
        event,
        Event::JobCreated(_)
            | Event::JobMoved { .. }
            | Event::JobStatusSet { .. }
            | Event::JobDateSet { .. }
            | Event::JobPrioritySet { .. }
            | Event::JobFieldSet { .. }
            | Event::JobTagsChanged { .. }
            | Event::AccountTagsChanged { .. }
            | Event::AccountFieldSet { .. }
            | Event::JobDependencyAdded { .. }
            | Event::JobDependencyChanged { .. }
            | Event::JobDependencyRemoved { .. }
            | Event::FailureEnded { .. }
            | Event::WaitEnded { .. }
            | Event::TaskStateSet { .. }
            | Event::TaskUnlinked { .. }
            | Event::TaskDeleted { .. }
            | Event::JobItemChanged { .. }
            | Event::ItemUnlinked { .. }
            | Event::TimerFired { .. }
    )
}

/// The event of an entry that left another entry to be done, by what that one begins with.
fn left_by(entry: &Entry, left: &Entry) -> Option<u32> {
    let told = left.events.iter().find_map(|recorded| match &recorded.event {
        Event::JobDependencyChanged { on, .. } => Some(DocId::Job(*on)),
        Event::JobItemChanged { item, .. } => Some(DocId::Item(*item)),
        _ => None,
    });
    let left_it = |event: &Event| match (event, &told) {
        (Event::JobStatusSet { job, .. } | Event::JobDeleted { job }, Some(DocId::Job(on))) => job == on,
        (Event::ItemReported { item, .. }, Some(DocId::Item(told))) => item == told,
        (Event::AccountTagsChanged { account, .. } | Event::AccountFieldSet { account, .. }, None) => {
            left.account == Some(*account) && left.command != "create_job"
        }
        (Event::AutomationRan { .. }, None) => left.command == "create_job",
        (Event::PipelinePublished { .. } | Event::AutomationSwitched { .. } | Event::DeadlinesShifted { .. }, None)
        | (Event::FirmConfigured { .. } | Event::OccurrenceRun { .. } | Event::SeriesAdvanced { .. }, None) => true,
        _ => false,
    };
    let mut places = (0u32..).zip(&entry.events).filter(|(_, recorded)| left_it(&recorded.event));
    let first = places.next().map(|(place, _)| place);
    // Which of several automations wanted the job is not recorded.
    first.filter(|_| left.command != "create_job" || places.next().is_none())
}
