//! The records of a firm: what the store keeps, one document each.
//!
//! Documents are values. They change in one way: [`crate::apply`] folds an event into them.

mod account;
mod firm;
mod item;
mod job;
mod member;
mod notification;
mod pipeline;
mod seats;
mod series;
mod task;
mod timer;
mod undo;
mod value;

pub use account::{Account, LinkedAccount};
pub(crate) use firm::monday_to_friday;
pub use firm::{DoneRule, Firm, FirmSettings, ItemKindDefinition};
pub use item::{Item, ItemKind, ItemProgress};
pub use job::{
    Attention, AttentionReason, Comment, FailedAction, ItemLink, Job, JobStatus, LinkOrigin, Tally, TaskLink, Visit,
};
pub use member::Member;
pub use notification::{Intent, Notification};
pub use pipeline::{PipelineHead, PipelineVersion};
pub use seats::Seats;
pub use series::{
    Audience, CatchUp, Occurrence, OccurrenceId, OccurrenceOutcome, Series, SeriesException, SeriesJob, SeriesState,
    SeriesTask, SeriesTurn, SeriesWork,
};
pub use task::{ChecklistItem, Task, TaskState};
pub(crate) use timer::Due;
pub use timer::{Fired, Reminder, ReminderOf, Timer, TimerKey, Wait, WaitCancelled, WaitEnd};
pub use undo::{Kept, KeptReason, Restored, Subject, Undone, Unmade};
pub use value::{FieldValue, Priority};
