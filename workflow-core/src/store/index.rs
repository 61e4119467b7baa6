//! Which columns and indexes the core declares, so that every store answers queries alike.
//!
//! An index is simple on purpose: columns compared for equality (the partition), one column that
//! orders the rows within it, and the document's key to break ties. A scan names the whole
//! partition and a range of the sort column.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use uuid::Uuid;

use super::document::{Document, Kind};
use crate::definition::TemplateKind;
use crate::model::{Account, Job, JobStatus, Priority, Task};

/// A value in a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// No value.
    Null,
    /// A number: a count, a date (days since 0001-01-01 is 1) or an instant (microseconds since 1970).
    Int(i64),
    /// A text. Texts order by their bytes.
    Text(Arc<str>),
    /// A UUID. UUIDs order by their bytes.
    Uuid(Uuid),
}

impl From<Uuid> for Cell {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// The sort cell of a record without a date: after every date.
pub const NO_DATE: i64 = i64::MAX;

/// A date as a cell; absent dates sort last.
#[must_use]
pub fn date_cell(date: Option<NaiveDate>) -> Cell {
    Cell::Int(date.map_or(NO_DATE, |date| i64::from(date.num_days_from_ce())))
}

/// An instant as a cell.
#[must_use]
pub fn time_cell(at: DateTime<Utc>) -> Cell {
    Cell::Int(at.timestamp_micros())
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// [`Cell::Int`].
    Int,
    /// [`Cell::Text`].
    Text,
    /// [`Cell::Uuid`].
    Uuid,
}

/// A column of a kind's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type. A cell of it may also be [`Cell::Null`].
    pub cell: CellType,
}

const fn int(name: &'static str) -> Column {
    Column { name, cell: CellType::Int }
}
const fn text(name: &'static str) -> Column {
    Column { name, cell: CellType::Text }
}
const fn uuid(name: &'static str) -> Column {
    Column { name, cell: CellType::Uuid }
}

/// The table of a kind.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// Of which kind.
    pub kind: Kind,
    /// Its name.
    pub name: &'static str,
    /// Type of the document's key.
    pub key: CellType,
    /// Its columns besides firm, key, revision and body, in the order of [`Document::columns`].
    pub columns: &'static [Column],
}

impl Kind {
    /// The table of this kind.
    #[must_use]
    pub fn table(self) -> TableSpec {
        let (name, key, columns): (_, _, &'static [Column]) = match self {
            Self::Firm => ("firms", CellType::Text, &[]),
            Self::Member => ("members", CellType::Uuid, const { &[text("name")] }),
            Self::Template => ("templates", CellType::Text, const { &[text("kind"), text("key")] }),
            Self::Pipeline => ("pipelines", CellType::Text, const { &[text("key")] }),
            Self::PipelineVersion => ("pipeline_versions", CellType::Text, &[]),
            Self::Account => ("accounts", CellType::Uuid, const { &[text("name"), text("external")] }),
            Self::Job => (
                "jobs",
                CellType::Uuid,
                const {
                    &[
                        uuid("account"),
                        text("pipeline"),
                        text("stage"),
                        int("shelf"),
                        int("urgency"),
                        int("due"),
                        int("created"),
                    ]
                },
            ),
            Self::Task => {
                ("tasks", CellType::Uuid, const { &[uuid("job"), uuid("account"), int("ended"), int("due")] })
            }
            Self::Item => {
                ("items", CellType::Uuid, const { &[uuid("account"), text("kind"), text("external"), int("created")] })
            }
            Self::Comment => ("comments", CellType::Uuid, const { &[uuid("job"), int("at")] }),
            Self::Series => ("series", CellType::Uuid, const { &[text("name")] }),
            Self::Occurrence => (
                "occurrences",
                CellType::Text,
                const { &[uuid("series"), uuid("account"), int("starts"), int("date")] },
            ),
        };
        TableSpec { kind: self, name, key, columns }
    }
}

/// The indexes that the core declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexName {
    /// Members by name.
    Members,
    /// Templates of a kind by key.
    Templates,
    /// Pipelines by key.
    Pipelines,
    /// Accounts by name.
    Accounts,
    /// The account of an external reference.
    AccountExternal,
    /// Accounts with a tag, by name.
    AccountTags,
    /// Jobs of a stage, shelf and urgency, by due date: the board.
    Board,
    /// Jobs of a shelf by due date.
    Jobs,
    /// Jobs of an account by creation.
    JobAccounts,
    /// Jobs of an assignee on a shelf, by due date. Jobs of nobody are under the nil UUID.
    JobAssignees,
    /// Jobs that somebody should look at, by creation.
    JobAttention,
    /// Tasks, open or ended, by due date.
    Tasks,
    /// Tasks of an account, open or ended, by due date.
    TaskAccounts,
    /// Tasks of an assignee, open or ended, by due date. Tasks of nobody are under the nil UUID.
    TaskAssignees,
    /// Tasks assigned by role, open or ended, by due date.
    TaskRoles,
    /// Items of an account by creation.
    ItemAccounts,
    /// The item of an external reference.
    ItemExternal,
    /// Comments on a job, oldest first.
    Comments,
    /// Series by name.
    Series,
    /// Lines of the ledger of a series, by the first day of the period.
    SeriesLedger,
    /// Lines of the ledger of an account, by day. Those of the firm itself are under null.
    AccountLedger,
}

/// An index.
#[derive(Debug, Clone, Copy)]
pub struct IndexSpec {
    /// Which.
    pub index: IndexName,
    /// Its name in a database.
    pub name: &'static str,
    /// The documents it is over.
    pub kind: Kind,
    /// Columns compared for equality.
    pub partition: &'static [Column],
    /// The column that orders rows of one partition.
    pub sort: Column,
    /// Whether a document can have several rows, or none, in the index. Such an index cannot be
    /// made from the table's columns: a SQL store keeps it as a table of its own. The columns of
    /// the other indexes are all columns of the kind's table.
    pub several: bool,
    /// Whether a partition holds one row at most. Rows with a null in the partition are not
    /// indexed.
    pub unique: bool,
}

impl IndexName {
    /// Every index.
    pub const ALL: [IndexName; 21] = [
        Self::Members,
        Self::Templates,
        Self::Pipelines,
        Self::Accounts,
        Self::AccountExternal,
        Self::AccountTags,
        Self::Board,
        Self::Jobs,
        Self::JobAccounts,
        Self::JobAssignees,
        Self::JobAttention,
        Self::Tasks,
        Self::TaskAccounts,
        Self::TaskAssignees,
        Self::TaskRoles,
        Self::ItemAccounts,
        Self::ItemExternal,
        Self::Comments,
        Self::Series,
        Self::SeriesLedger,
        Self::AccountLedger,
    ];

    /// What the index is.
    #[must_use]
    pub fn spec(self) -> IndexSpec {
        let (name, kind, partition, sort): (_, _, &'static [Column], _) = match self {
            Self::Members => ("members_by_name", Kind::Member, &[], text("name")),
            Self::Templates => ("templates_by_key", Kind::Template, const { &[text("kind")] }, text("key")),
            Self::Pipelines => ("pipelines_by_key", Kind::Pipeline, &[], text("key")),
            Self::Accounts => ("accounts_by_name", Kind::Account, &[], text("name")),
            Self::AccountExternal => {
                ("accounts_by_external", Kind::Account, const { &[text("external")] }, text("name"))
            }
            Self::AccountTags => ("account_tags", Kind::Account, const { &[text("tag")] }, text("name")),
            Self::Board => (
                "jobs_by_stage",
                Kind::Job,
                const { &[text("pipeline"), text("stage"), int("shelf"), int("urgency")] },
                int("due"),
            ),
            Self::Jobs => ("jobs_by_due", Kind::Job, const { &[int("shelf")] }, int("due")),
            Self::JobAccounts => ("jobs_by_account", Kind::Job, const { &[uuid("account")] }, int("created")),
            Self::JobAssignees => ("job_assignees", Kind::Job, const { &[uuid("member"), int("shelf")] }, int("due")),
            Self::JobAttention => ("job_attention", Kind::Job, &[], int("created")),
            Self::Tasks => ("tasks_by_due", Kind::Task, const { &[int("ended")] }, int("due")),
            Self::TaskAccounts => {
                ("tasks_by_account", Kind::Task, const { &[uuid("account"), int("ended")] }, int("due"))
            }
            Self::TaskAssignees => {
                ("task_assignees", Kind::Task, const { &[uuid("member"), int("ended")] }, int("due"))
            }
            Self::TaskRoles => ("task_roles", Kind::Task, const { &[text("role"), int("ended")] }, int("due")),
            Self::ItemAccounts => ("items_by_account", Kind::Item, const { &[uuid("account")] }, int("created")),
            Self::ItemExternal => ("items_by_external", Kind::Item, const { &[text("external")] }, int("created")),
            Self::Comments => ("comments_by_job", Kind::Comment, const { &[uuid("job")] }, int("at")),
            Self::Series => ("series_by_name", Kind::Series, &[], text("name")),
            Self::SeriesLedger => {
                ("occurrences_by_series", Kind::Occurrence, const { &[uuid("series")] }, int("starts"))
            }
            Self::AccountLedger => {
                ("occurrences_by_account", Kind::Occurrence, const { &[uuid("account")] }, int("date"))
            }
        };
        let several = matches!(
            self,
            Self::AccountTags | Self::JobAssignees | Self::JobAttention | Self::TaskAssignees | Self::TaskRoles
        );
        let unique = matches!(self, Self::AccountExternal | Self::ItemExternal);
        IndexSpec { index: self, name, kind, partition, sort, several, unique }
    }
}

impl Kind {
    /// The indexes over documents of this kind.
    #[must_use]
    pub fn indexes(self) -> &'static [IndexName] {
        match self {
            Self::Firm | Self::PipelineVersion => &[],
            Self::Member => &[IndexName::Members],
            Self::Template => &[IndexName::Templates],
            Self::Pipeline => &[IndexName::Pipelines],
            Self::Account => &[IndexName::Accounts, IndexName::AccountExternal, IndexName::AccountTags],
            Self::Job => &[
                IndexName::Board,
                IndexName::Jobs,
                IndexName::JobAccounts,
                IndexName::JobAssignees,
                IndexName::JobAttention,
            ],
            Self::Task => &[IndexName::Tasks, IndexName::TaskAccounts, IndexName::TaskAssignees, IndexName::TaskRoles],
            Self::Item => &[IndexName::ItemAccounts, IndexName::ItemExternal],
            Self::Comment => &[IndexName::Comments],
            Self::Series => &[IndexName::Series],
            Self::Occurrence => &[IndexName::SeriesLedger, IndexName::AccountLedger],
        }
    }
}

/// A row of an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexEntry {
    /// Cells of the partition, in the spec's order.
    pub partition: Vec<Cell>,
    /// The cell that orders it.
    pub sort: Cell,
}

/// On which shelf a job lies: 0 active, 1 completed or held by a custom status, 2 archived.
#[must_use]
pub(crate) fn shelf(status: &JobStatus) -> i64 {
    match status {
        JobStatus::Active => 0,
        JobStatus::Completed | JobStatus::Custom(_) => 1,
        JobStatus::Archived => 2,
    }
}

/// A priority as a column: 0 is the most urgent.
#[must_use]
pub(crate) fn urgency(priority: Priority) -> i64 {
    match priority {
        Priority::Urgent => 0,
        Priority::High => 1,
        Priority::Medium => 2,
        Priority::Low => 3,
    }
}

impl Document {
    /// The cells of its table's columns, in the order of [`TableSpec::columns`].
    #[must_use]
    pub fn columns(&self) -> Vec<Cell> {
        match self {
            Self::Firm(_) | Self::PipelineVersion(_) => Vec::new(),
            Self::Member(member) => vec![Cell::Text(member.name.as_str().into())],
            Self::Template(template) => {
                vec![kind_cell(template.kind()), Cell::Text(template.key().shared())]
            }
            Self::Pipeline(head) => vec![Cell::Text(head.key.shared())],
            Self::Account(account) => vec![
                Cell::Text(account.name.as_str().into()),
                account.external.as_ref().map_or(Cell::Null, |external| Cell::Text(external.shared())),
            ],
            Self::Job(job) => vec![
                Cell::Uuid(job.account.0),
                Cell::Text(job.pipeline.shared()),
                Cell::Text(job.stage.shared()),
                Cell::Int(shelf(&job.status)),
                Cell::Int(urgency(job.priority)),
                date_cell(job.due),
                time_cell(job.created),
            ],
            Self::Task(task) => vec![
                task.job.map_or(Cell::Null, |job| Cell::Uuid(job.0)),
                task.account.map_or(Cell::Null, |account| Cell::Uuid(account.0)),
                Cell::Int(i64::from(task.state.is_ended())),
                date_cell(task.due),
            ],
            Self::Item(item) => vec![
                item.account.map_or(Cell::Null, |account| Cell::Uuid(account.0)),
                Cell::Text(item.kind.as_str().into()),
                item.external.as_ref().map_or(Cell::Null, |external| Cell::Text(external.shared())),
                time_cell(item.created),
            ],
            Self::Comment(comment) => vec![Cell::Uuid(comment.job.0), time_cell(comment.at)],
            Self::Series(series) => vec![Cell::Text(series.name.as_str().into())],
            Self::Occurrence(occurrence) => vec![
                Cell::Uuid(occurrence.id.series.0),
                optional(occurrence.id.account.map(|account| account.0)),
                date_cell(Some(occurrence.starts)),
                date_cell(Some(occurrence.date)),
            ],
        }
    }

    /// Its rows in an index over its kind.
    #[must_use]
    pub fn index_entries(&self, index: IndexName) -> Vec<IndexEntry> {
        let mut entries = Vec::new();
        self.each_entry(index, &mut |partition, sort| {
            entries.push(IndexEntry { partition: partition.to_vec(), sort: sort.clone() });
        });
        entries
    }

    /// Hands out its rows in an index over its kind, one by one: the partition's cells and the
    /// cell that orders it.
    pub fn each_entry(&self, index: IndexName, row: &mut dyn FnMut(&[Cell], &Cell)) {
        match self {
            Self::Member(member) => row(&[], &Cell::Text(member.name.as_str().into())),
            Self::Template(template) => row(&[kind_cell(template.kind())], &Cell::Text(template.key().shared())),
            Self::Pipeline(head) => row(&[], &Cell::Text(head.key.shared())),
            Self::Account(account) => account_entries(account, index, row),
            Self::Job(job) => job_entries(job, index, row),
            Self::Task(task) => task_entries(task, index, row),
            Self::Item(item) => match (index, &item.external) {
                (IndexName::ItemExternal, None) => {}
                (IndexName::ItemExternal, Some(external)) => {
                    row(&[Cell::Text(external.shared())], &time_cell(item.created));
                }
                _ => row(&[optional(item.account.map(|account| account.0))], &time_cell(item.created)),
            },
            Self::Comment(comment) => row(&[Cell::Uuid(comment.job.0)], &time_cell(comment.at)),
            Self::Series(series) => row(&[], &Cell::Text(series.name.as_str().into())),
            Self::Occurrence(occurrence) => match index {
                IndexName::SeriesLedger => {
                    row(&[Cell::Uuid(occurrence.id.series.0)], &date_cell(Some(occurrence.starts)));
                }
                _ => {
                    let account = optional(occurrence.id.account.map(|account| account.0));
                    row(&[account], &date_cell(Some(occurrence.date)));
                }
            },
            Self::Firm(_) | Self::PipelineVersion(_) => {}
        }
    }

    /// Whether the document has the same rows in an index as another version of it had, told
    /// without making the rows.
    #[must_use]
    pub fn same_entries(&self, index: IndexName, other: &Document) -> bool {
        match (self, other) {
            (Self::Member(a), Self::Member(b)) => a.name == b.name,
            (Self::Template(a), Self::Template(b)) => (a.kind(), a.key()) == (b.kind(), b.key()),
            (Self::Pipeline(a), Self::Pipeline(b)) => a.key == b.key,
            (Self::Account(a), Self::Account(b)) => {
                a.name == b.name
                    && match index {
                        IndexName::AccountExternal => a.external == b.external,
                        IndexName::AccountTags => a.tags == b.tags,
                        _ => true,
                    }
            }
            (Self::Job(a), Self::Job(b)) => {
                let shelved = a.due == b.due && shelf(&a.status) == shelf(&b.status);
                match index {
                    IndexName::Board => {
                        shelved && a.stage == b.stage && a.priority == b.priority && a.pipeline == b.pipeline
                    }
                    IndexName::Jobs => shelved,
                    IndexName::JobAssignees => shelved && a.assignees == b.assignees,
                    IndexName::JobAttention => {
                        a.attention.is_empty() == b.attention.is_empty() && a.created == b.created
                    }
                    _ => a.account == b.account && a.created == b.created,
                }
            }
            (Self::Task(a), Self::Task(b)) => {
                let placed = a.due == b.due && a.state.is_ended() == b.state.is_ended();
                placed
                    && match index {
                        IndexName::TaskAccounts => a.account == b.account,
                        IndexName::TaskAssignees => a.assignees == b.assignees,
                        IndexName::TaskRoles => a.assigned_roles == b.assigned_roles,
                        _ => true,
                    }
            }
            (Self::Item(a), Self::Item(b)) => {
                a.created == b.created
                    && match index {
                        IndexName::ItemExternal => a.external == b.external,
                        _ => a.account == b.account,
                    }
            }
            (Self::Comment(a), Self::Comment(b)) => (a.job, a.at) == (b.job, b.at),
            (Self::Series(a), Self::Series(b)) => a.name == b.name,
            _ => self.index_entries(index) == other.index_entries(index),
        }
    }
}

fn optional(uuid: Option<Uuid>) -> Cell {
    uuid.map_or(Cell::Null, Cell::Uuid)
}

fn kind_cell(kind: TemplateKind) -> Cell {
    match kind {
        TemplateKind::Task => "task".into(),
        TemplateKind::Job => "job".into(),
    }
}

fn account_entries(account: &Account, index: IndexName, row: &mut dyn FnMut(&[Cell], &Cell)) {
    let name = Cell::Text(account.name.as_str().into());
    match index {
        IndexName::AccountTags => {
            for tag in &account.tags {
                row(&[Cell::Text(tag.shared())], &name);
            }
        }
        IndexName::AccountExternal => {
            if let Some(external) = &account.external {
                row(&[Cell::Text(external.shared())], &name);
            }
        }
        _ => row(&[], &name),
    }
}

fn job_entries(job: &Job, index: IndexName, row: &mut dyn FnMut(&[Cell], &Cell)) {
    let shelf = || Cell::Int(shelf(&job.status));
    match index {
        IndexName::Board => {
            let (pipeline, stage) = (Cell::Text(job.pipeline.shared()), Cell::Text(job.stage.shared()));
            row(&[pipeline, stage, shelf(), Cell::Int(urgency(job.priority))], &date_cell(job.due));
        }
        IndexName::JobAccounts => row(&[Cell::Uuid(job.account.0)], &time_cell(job.created)),
        IndexName::JobAssignees => {
            for member in members_or_nil(job.assignees.iter().map(|member| member.0)) {
                row(&[Cell::Uuid(member), shelf()], &date_cell(job.due));
            }
        }
        IndexName::JobAttention => {
            if !job.attention.is_empty() {
                row(&[], &time_cell(job.created));
            }
        }
        _ => row(&[shelf()], &date_cell(job.due)),
    }
}

fn task_entries(task: &Task, index: IndexName, row: &mut dyn FnMut(&[Cell], &Cell)) {
    let (ended, due) = (|| Cell::Int(i64::from(task.state.is_ended())), date_cell(task.due));
    match index {
        IndexName::TaskAccounts => row(&[optional(task.account.map(|account| account.0)), ended()], &due),
        IndexName::TaskAssignees => {
            for member in members_or_nil(task.assignees.iter().map(|member| member.0)) {
                row(&[Cell::Uuid(member), ended()], &due);
            }
        }
        IndexName::TaskRoles => {
            for role in &task.assigned_roles {
                row(&[Cell::Text(role.shared()), ended()], &due);
            }
        }
        _ => row(&[ended()], &due),
    }
}

/// The members, or the nil UUID when there are none: so that the unassigned can be listed.
fn members_or_nil(members: impl ExactSizeIterator<Item = Uuid>) -> impl Iterator<Item = Uuid> {
    let nil = (members.len() == 0).then_some(Uuid::nil());
    members.chain(nil)
}
