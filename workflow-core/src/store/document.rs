//! Documents, their keys and revisions.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::index::Cell;
use super::queue::TimerOf;
use crate::definition::{Template, TemplateKind};
use crate::id::{AccountId, CommentId, ItemId, JobId, MemberId, PeriodKey, PipelineKey, SeriesId, TaskId, TemplateKey};
use crate::model::{
    Account, Comment, Firm, Item, Job, Member, Occurrence, OccurrenceId, PipelineHead, PipelineVersion, Series, Task,
};

/// How many commits have touched a document, counted from 1.
pub type Revision = u64;

/// The kinds of document. A SQL store keeps a table for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The firm itself.
    Firm,
    /// A member.
    Member,
    /// A template of the firm's.
    Template,
    /// What is true of a pipeline whatever its version.
    Pipeline,
    /// One version of a pipeline.
    PipelineVersion,
    /// An account.
    Account,
    /// A job.
    Job,
    /// A task.
    Task,
    /// An item.
    Item,
    /// A comment.
    Comment,
    /// A series.
    Series,
    /// A line of the ledger of series.
    Occurrence,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 12] = [
        Self::Firm,
        Self::Member,
        Self::Template,
        Self::Pipeline,
        Self::PipelineVersion,
        Self::Account,
        Self::Job,
        Self::Task,
        Self::Item,
        Self::Comment,
        Self::Series,
        Self::Occurrence,
    ];
}

impl Kind {
    /// Whether it is part of the work that is done, as against what the firm has set up, and when.
    pub(crate) fn is_work(self) -> bool {
        matches!(self, Self::Account | Self::Job | Self::Task | Self::Item | Self::Comment)
    }

    /// The key of a document of this kind, from the cell it is written as.
    #[must_use]
    pub fn id_of(self, cell: &Cell) -> Option<DocId> {
        match (self, cell) {
            (Self::Firm, _) => Some(DocId::Firm),
            (Self::Member, Cell::Uuid(id)) => Some(DocId::Member(MemberId(*id))),
            (Self::Account, Cell::Uuid(id)) => Some(DocId::Account(AccountId(*id))),
            (Self::Job, Cell::Uuid(id)) => Some(DocId::Job(JobId(*id))),
            (Self::Task, Cell::Uuid(id)) => Some(DocId::Task(TaskId(*id))),
            (Self::Item, Cell::Uuid(id)) => Some(DocId::Item(ItemId(*id))),
            (Self::Comment, Cell::Uuid(id)) => Some(DocId::Comment(CommentId(*id))),
            (Self::Series, Cell::Uuid(id)) => Some(DocId::Series(SeriesId(*id))),
            (Self::Occurrence, Cell::Text(text)) => {
                let mut parts = text.splitn(3, '/');
                let series = parts.next()?.parse().ok()?;
                let account = match parts.next()? {
                    "firm" => None,
                    account => Some(account.parse().ok()?),
                };
                let period = PeriodKey::new(parts.next()?).ok()?;
                Some(DocId::Occurrence(Arc::new(OccurrenceId { period, series, account })))
            }
            (Self::Pipeline, Cell::Text(key)) => Some(DocId::Pipeline(PipelineKey::new(key).ok()?)),
            (Self::Template, Cell::Text(text)) => {
                let (kind, key) = text.split_once('/')?;
                let kind = match kind {
                    "task" => TemplateKind::Task,
                    "job" => TemplateKind::Job,
                    _ => return None,
                };
                Some(DocId::Template(kind, TemplateKey::new(key).ok()?))
            }
            (Self::PipelineVersion, Cell::Text(text)) => {
                let (key, version) = text.rsplit_once('/')?;
                Some(DocId::PipelineVersion(PipelineKey::new(key).ok()?, version.parse().ok()?))
            }
            _ => None,
        }
    }
}

/// The key of a document within its firm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocId {
    /// The firm itself.
    Firm,
    /// A member.
    Member(MemberId),
    /// A template.
    Template(TemplateKind, TemplateKey),
    /// A pipeline.
    Pipeline(PipelineKey),
    /// One version of a pipeline.
    PipelineVersion(PipelineKey, u32),
    /// An account.
    Account(AccountId),
    /// A job.
    Job(JobId),
    /// A task.
    Task(TaskId),
    /// An item.
    Item(ItemId),
    /// A comment.
    Comment(CommentId),
    /// A series.
    Series(SeriesId),
    /// A line of the ledger of series.
    Occurrence(Arc<OccurrenceId>),
}

impl DocId {
    /// Of which kind the document is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Firm => Kind::Firm,
            Self::Member(_) => Kind::Member,
            Self::Template(..) => Kind::Template,
            Self::Pipeline(_) => Kind::Pipeline,
            Self::PipelineVersion(..) => Kind::PipelineVersion,
            Self::Account(_) => Kind::Account,
            Self::Job(_) => Kind::Job,
            Self::Task(_) => Kind::Task,
            Self::Item(_) => Kind::Item,
            Self::Comment(_) => Kind::Comment,
            Self::Series(_) => Kind::Series,
            Self::Occurrence(_) => Kind::Occurrence,
        }
    }

    /// The key as one cell: a UUID where the record has one, else a text that is unique among
    /// documents of its kind (`task/review`, `individual-1040/3`). A line of the ledger is called
    /// by series, account (`firm` for the firm itself) and period.
    #[must_use]
    pub fn cell(&self) -> Cell {
        match self {
            Self::Firm => Cell::Text("firm".into()),
            Self::Member(id) => Cell::Uuid(id.0),
            Self::Template(TemplateKind::Task, key) => Cell::Text(format!("task/{key}").into()),
            Self::Template(TemplateKind::Job, key) => Cell::Text(format!("job/{key}").into()),
            Self::Pipeline(key) => Cell::Text(key.shared()),
            Self::PipelineVersion(key, version) => Cell::Text(format!("{key}/{version}").into()),
            Self::Account(id) => Cell::Uuid(id.0),
            Self::Job(id) => Cell::Uuid(id.0),
            Self::Task(id) => Cell::Uuid(id.0),
            Self::Item(id) => Cell::Uuid(id.0),
            Self::Comment(id) => Cell::Uuid(id.0),
            Self::Series(id) => Cell::Uuid(id.0),
            Self::Occurrence(id) => {
                let OccurrenceId { period, series, account } = &**id;
                Cell::Text(match account {
                    Some(account) => format!("{series}/{account}/{period}").into(),
                    None => format!("{series}/firm/{period}").into(),
                })
            }
        }
    }

    /// The key's UUID, for the kinds that have one.
    #[must_use]
    pub fn uuid(&self) -> Option<Uuid> {
        match self {
            Self::Member(id) => Some(id.0),
            Self::Account(id) => Some(id.0),
            Self::Job(id) => Some(id.0),
            Self::Task(id) => Some(id.0),
            Self::Item(id) => Some(id.0),
            Self::Comment(id) => Some(id.0),
            Self::Series(id) => Some(id.0),
            Self::Firm | Self::Template(..) | Self::Pipeline(_) | Self::PipelineVersion(..) | Self::Occurrence(_) => {
                None
            }
        }
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cell() {
            Cell::Uuid(uuid) => write!(f, "{:?} {uuid}", self.kind()),
            Cell::Text(text) => write!(f, "{:?} {text}", self.kind()),
            Cell::Int(number) => write!(f, "{:?} {number}", self.kind()),
            Cell::Null => write!(f, "{:?}", self.kind()),
        }
    }
}

/// A document, shared rather than copied.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Document {
    /// The firm itself.
    Firm(Arc<Firm>),
    /// A member.
    Member(Arc<Member>),
    /// A template.
    Template(Arc<Template>),
    /// A pipeline.
    Pipeline(Arc<PipelineHead>),
    /// One version of a pipeline.
    PipelineVersion(Arc<PipelineVersion>),
    /// An account.
    Account(Arc<Account>),
    /// A job.
    Job(Arc<Job>),
    /// A task.
    Task(Arc<Task>),
    /// An item.
    Item(Arc<Item>),
    /// A comment.
    Comment(Arc<Comment>),
    /// A series.
    Series(Arc<Series>),
    /// A line of the ledger of series.
    Occurrence(Arc<Occurrence>),
}

impl Document {
    /// Its key.
    #[must_use]
    pub fn id(&self) -> DocId {
        match self {
            Self::Firm(_) => DocId::Firm,
            Self::Member(member) => DocId::Member(member.id),
            Self::Template(template) => DocId::Template(template.kind(), template.key().clone()),
            Self::Pipeline(head) => DocId::Pipeline(head.key.clone()),
            Self::PipelineVersion(version) => DocId::PipelineVersion(version.key.clone(), version.version),
            Self::Account(account) => DocId::Account(account.id),
            Self::Job(job) => DocId::Job(job.id),
            Self::Task(task) => DocId::Task(task.id),
            Self::Item(item) => DocId::Item(item.id),
            Self::Comment(comment) => DocId::Comment(comment.id),
            Self::Series(series) => DocId::Series(series.id),
            Self::Occurrence(occurrence) => DocId::Occurrence(Arc::new(occurrence.id.clone())),
        }
    }

    /// Whose timer it has, and when the record wants to be looked at: never when absent. `None` for
    /// kinds that have no timer.
    #[must_use]
    pub fn timer(&self) -> Option<(TimerOf, Option<DateTime<Utc>>)> {
        match self {
            Self::Job(job) => Some((TimerOf::Job(job.id), job.next_timer())),
            Self::Series(series) => Some((TimerOf::Series(series.id), series.next_timer())),
            _ => None,
        }
    }

    /// The documents that it belongs to, which a decision about it reads as well: a task's job and
    /// account, an item's first job and its account, a job's account.
    #[must_use]
    pub fn owners(&self) -> Vec<DocId> {
        let (job, account) = match self {
            Self::Task(task) => (task.job, task.account),
            Self::Job(job) => (None, Some(job.account)),
            Self::Item(item) => (item.jobs.first().copied(), item.account),
            _ => (None, None),
        };
        job.map(DocId::Job).into_iter().chain(account.map(DocId::Account)).collect()
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Firm(_) => Kind::Firm,
            Self::Member(_) => Kind::Member,
            Self::Template(_) => Kind::Template,
            Self::Pipeline(_) => Kind::Pipeline,
            Self::PipelineVersion(_) => Kind::PipelineVersion,
            Self::Account(_) => Kind::Account,
            Self::Job(_) => Kind::Job,
            Self::Task(_) => Kind::Task,
            Self::Item(_) => Kind::Item,
            Self::Comment(_) => Kind::Comment,
            Self::Series(_) => Kind::Series,
            Self::Occurrence(_) => Kind::Occurrence,
        }
    }
}

/// A document as a store holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its revision.
    pub revision: Revision,
    /// The document.
    pub document: Document,
}
