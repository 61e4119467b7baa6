//! What a command answers.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::decide::Outlook;
use crate::error::{Error, Problem, Report};
use crate::event::{Entry, Event, Recorded};
use crate::id::{ItemId, JobId, SeriesId, TaskId};
use crate::model::{Notification, Undone};
use crate::store::{LogPosition, Revision};

/// What a command did.
///
/// As a document it also names the job that the command was about and the record's revision, and
/// what became of each command of a bulk is an outcome or an error ([`crate::error::Report`]).
///
/// ```
/// # use std::sync::Arc;
/// # use workflow_core::engine::Engine;
/// # use workflow_core::event::Actor;
/// # use workflow_core::model::FirmSettings;
/// # use workflow_core::store::memory::MemoryStore;
/// # let engine = Engine::new(Arc::new(MemoryStore::new()));
/// # let firm = engine.acting("0190a5d0-0000-7000-8000-000000000001".parse()?, Actor::system("setup"));
/// let outcome = firm.save_firm(FirmSettings::named("Ledger & Sons"))?;
/// let written = serde_json::to_value(&outcome)?;
/// assert_eq!(written["revision"], 1);
/// assert!(written["entries"][0]["events"][0]["event"]["firm_created"].is_object());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Outcome {
    /// What was written to the log: one entry, or one for each command of a bulk that is all or
    /// nothing. An entry without a position is of a command that changed nothing.
    pub entries: Vec<Arc<Entry>>,
    /// Where the last of them is in the log; `None` when nothing had to be written.
    pub position: Option<LogPosition>,
    /// Whether an earlier command under the same idempotency key did all this.
    pub replayed: bool,
    /// Why nothing changed, when nothing did.
    pub unchanged: Option<String>,
    /// What is worth a look in a definition that was published all the same.
    pub warnings: Vec<Problem>,
    /// What became of each command of a bulk in which each is by itself.
    pub each: Vec<Result<Outcome, Error>>,
}

impl Outcome {
    /// What happened, in order.
    #[must_use]
    pub fn events(&self) -> Vec<&Recorded> {
        self.entries.iter().flat_map(|entry| &entry.events).collect()
    }

    /// The notifications that it caused, in order.
    #[must_use]
    pub fn notifications(&self) -> Vec<&Arc<Notification>> {
        self.entries.iter().flat_map(|entry| notifications(&entry.events)).collect()
    }

    /// What became of the command that this one undid, if it is an undo.
    #[must_use]
    pub fn undone(&self) -> Option<&Undone> {
        self.events().into_iter().find_map(|recorded| match &recorded.event {
            Event::CommandUndone(undone) => Some(&**undone),
            _ => None,
        })
    }

    /// The revision of the record that the command was about, after it; 0 when there is none.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.entries.last().map_or(0, |entry| entry.revision)
    }

    /// The job that the command was about.
    #[must_use]
    pub fn job(&self) -> Option<JobId> {
        self.entries.last()?.job
    }

    /// The last series that it created.
    #[must_use]
    pub fn series(&self) -> Option<SeriesId> {
        self.events().iter().rev().find_map(|recorded| match &recorded.event {
            Event::SeriesCreated(series) => Some(series.id),
            _ => None,
        })
    }

    /// The tasks that it created.
    #[must_use]
    pub fn tasks_created(&self) -> Vec<TaskId> {
        let created = |recorded: &&Recorded| match &recorded.event {
            Event::TaskCreated { task, .. } => Some(task.id),
            _ => None,
        };
        self.events().iter().filter_map(created).collect()
    }

    /// The items that it created.
    #[must_use]
    pub fn items_created(&self) -> Vec<ItemId> {
        let created = |recorded: &&Recorded| match &recorded.event {
            Event::ItemCreated(item) => Some(item.id),
            _ => None,
        };
        self.events().iter().filter_map(created).collect()
    }
}

/// What became of many commands, as a document: see [`Engine::execute_many`](super::Engine::execute_many).
///
/// ```
/// use workflow_core::engine::Results;
/// use workflow_core::error::Rejection;
///
/// let results = [Err(Rejection::not_found("firm", "0190a5d0").into())];
/// let written = serde_json::to_value(Results(&results))?;
/// assert_eq!(written[0]["error"]["kind"], "not_found");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Results<'a>(pub &'a [Result<Outcome, Error>]);

/// What became of one command of many.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OutcomeOrError")]
enum Became<'a> {
    /// It was carried out.
    Outcome(&'a Outcome),
    /// It was refused, or failed.
    Error(Box<Report>),
}

impl<'a> From<&'a Result<Outcome, Error>> for Became<'a> {
    fn from(result: &'a Result<Outcome, Error>) -> Self {
        match result {
            Ok(outcome) => Self::Outcome(outcome),
            Err(error) => Self::Error(Box::new(error.report())),
        }
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Became::from))
    }
}

impl JsonSchema for Results<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Results".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Vec<Became<'static>>>::json_schema(generator)
    }
}

/// What a command did.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Outcome")]
struct Written<'a> {
    /// The job that the command was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    /// The revision of the record that the command was about, after it; 0 when there is none.
    revision: Revision,
    /// Where the last entry is in the log; absent when nothing had to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<LogPosition>,
    /// Whether an earlier command under the same idempotency key did all this.
    replayed: bool,
    /// Why nothing changed, when nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    unchanged: Option<&'a str>,
    /// What was written to the log: one entry, or one for each command of a bulk that is all or
    /// nothing.
    entries: &'a [Arc<Entry>],
    /// What is worth a look in a definition that was published all the same.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [Problem],
    /// What became of each command of a bulk in which each is by itself.
    #[serde(skip_serializing_if = "Results::is_empty")]
    each: Results<'a>,
}

impl Results<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { entries, position, replayed, unchanged, warnings, each } = self;
        let written = Written {
            job: self.job(),
            revision: self.revision(),
            position: *position,
            replayed: *replayed,
            unchanged: unchanged.as_deref(),
            entries,
            warnings,
            each: Results(each),
        };
        written.serialize(serializer)
    }
}

impl JsonSchema for Outcome {
    fn schema_name() -> Cow<'static, str> {
        "Outcome".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

fn notifications(events: &[Recorded]) -> impl Iterator<Item = &Arc<Notification>> {
    events.iter().filter_map(|recorded| match &recorded.event {
        Event::NotificationQueued(notification) => Some(notification),
        _ => None,
    })
}

/// What a command would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Preview {
    /// What would happen, in order.
    pub events: Vec<Recorded>,
    /// Automations that it would run or not run, and why; for a publish, where jobs would go.
    pub outlook: Outlook,
    /// Why nothing would change, when nothing would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<String>,
    /// What is worth a look in a definition that would be published all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Problem>,
}

impl Preview {
    /// The notifications that it would cause.
    #[must_use]
    pub fn notifications(&self) -> Vec<&Arc<Notification>> {
        notifications(&self.events).collect()
    }
}
