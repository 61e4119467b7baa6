//! Queues: work committed with the change that caused it, to be done after it.
//!
//! There are three. The outbox holds notifications for the host; follow-ups are what a command
//! leaves for other jobs; timers say when a record wants to be looked at again. Rows of one lane
//! (a job's notifications) are handed out in order, one at a time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::command::{NewJob, ShiftDeadlines};
use crate::definition::is_default;
use crate::id::{
    AccountId, AutomationKey, EntryId, FieldKey, FirmId, FollowUpId, ItemId, JobId, PipelineKey, SeriesId, StageKey,
    Tag,
};
use crate::model::{Notification, SeriesTurn};

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Notifications for the host.
    Outbox,
    /// Work that commands left for other jobs.
    FollowUps,
    /// Records that want to be looked at when their time has come, one row each.
    Timers,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 3] = [Self::Outbox, Self::FollowUps, Self::Timers];
}

/// What a queued row carries.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueuedBody {
    /// In the outbox.
    Notification(Arc<Notification>),
    /// Among the follow-ups.
    FollowUp(Arc<FollowUp>),
    /// Among the timers.
    Timer(TimerOf),
}

/// Whose timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimerOf {
    /// A job's.
    Job(JobId),
    /// A series'.
    Series(SeriesId),
}

impl TimerOf {
    /// The identifier of its row. Another for every record of every kind.
    #[must_use]
    pub fn row(self) -> Uuid {
        /// Keeps a series apart from a job to which the host gave the same identifier.
        const SERIES: u128 = 0x5e71_e500_0000_0000_0000_0000_0000_0000;
        match self {
            Self::Job(id) => id.0,
            Self::Series(id) => Uuid::from_u128(id.0.as_u128() ^ SERIES),
        }
    }
}

/// Sets a record's one timer: its row in [`Queue::Timers`] is made, replaced or taken away.
///
/// A row that is replaced waits again, with its attempts forgotten, and is nobody's: whoever had
/// it under a lease settles nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetTimer {
    /// Whose.
    pub of: TimerOf,
    /// When it wants to be looked at; never when absent.
    pub due: Option<DateTime<Utc>>,
    /// The generation that the row begins with: greater than any that a row of this record had.
    pub generation: u64,
}

/// A lease: who handles a row, and until when nobody else may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Who.
    pub owner: Uuid,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// A row to queue. Waits until its time has come and every earlier row of its lane is settled.
#[derive(Debug, Clone)]
pub struct Enqueue {
    /// Its identifier.
    pub id: Uuid,
    /// Rows of one lane are handed out in the order they were queued, the next when the one
    /// before is done or dead. Rows without a lane wait for nobody.
    pub lane: Option<Uuid>,
    /// Not before this instant.
    pub due: DateTime<Utc>,
    /// Leased from the beginning, under generation 1: whoever commits it means to handle it.
    pub lease: Option<Lease>,
    /// What it carries. Says which queue it belongs to; never that of the timers, which are set.
    pub body: QueuedBody,
}

/// A row as another store held it. It comes to the end of its queue and is leased to nobody.
///
/// It keeps its generation, so that it is settled by whom it would have been settled by there:
/// whoever had it last, as long as nobody else has taken it.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoredRow {
    /// Its identifier.
    pub id: Uuid,
    /// Its lane; see [`Enqueue::lane`].
    pub lane: Option<Uuid>,
    /// Waiting, or dead.
    pub state: QueuedState,
    /// When it is due.
    pub due: DateTime<Utc>,
    /// How often it was handed out.
    pub attempts: u32,
    /// Counts the leases it had: the next one gets one more.
    pub generation: u64,
    /// Why it did not work last time.
    pub error: Option<String>,
    /// What it carries. Says which queue it belongs to; of every queue.
    pub body: QueuedBody,
}

/// Asks for rows to handle.
#[derive(Debug, Clone)]
pub struct Claim {
    /// From which queue.
    pub queue: Queue,
    /// Of one firm only.
    pub firm: Option<FirmId>,
    /// Rows due by this instant, and rows whose lease ran out by it.
    pub now: DateTime<Utc>,
    /// The lease that the rows get.
    pub lease: Lease,
    /// No more than this many.
    pub limit: usize,
}

/// A row handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Its identifier.
    pub id: Uuid,
    /// Of which firm.
    pub firm: FirmId,
    /// How often it was handed out, this time included.
    pub attempts: u32,
    /// Counts the leases it had. Settling names it, so that who lost the lease settles nothing.
    pub generation: u64,
    /// What it carries.
    pub body: QueuedBody,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// In which queue.
    pub queue: Queue,
    /// Which row.
    pub id: Uuid,
    /// The lease's generation; `None` settles whoever holds it.
    pub generation: Option<u64>,
    /// What became of it.
    pub how: SettleHow,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettleHow {
    /// It was done: the row goes away.
    Done,
    /// It is to be tried again at this instant.
    Retry {
        /// When.
        at: DateTime<Utc>,
        /// Why it did not work.
        error: String,
    },
    /// It cannot be done: it stays as a dead letter, and its lane goes on.
    Dead {
        /// Why.
        error: String,
    },
    /// The lease lasts longer. A row that is not leased stays free.
    Renew {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// A dead letter is to be tried again, with its attempts forgotten, at the end of its lane.
    Revive {
        /// When.
        at: DateTime<Utc>,
    },
}

/// In which state a queued row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueuedState {
    /// Waiting to be handed out, or handed out under a lease.
    Waiting,
    /// Dead.
    Dead,
}

/// Lists queued rows of a firm, oldest first.
#[derive(Debug, Clone)]
pub struct QueueScan {
    /// Of which queue.
    pub queue: Queue,
    /// Of which firm.
    pub firm: FirmId,
    /// In which state.
    pub state: QueuedState,
    /// After the row of this sequence number.
    pub after: Option<u64>,
    /// No more than this many.
    pub limit: usize,
}

/// A queued row as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Waiting {
    /// Its place in the order of the queue.
    pub sequence: u64,
    /// Its identifier.
    pub id: Uuid,
    /// When it is due.
    pub due: DateTime<Utc>,
    /// How often it was handed out.
    pub attempts: u32,
    /// Counts the leases it had, as [`Claimed::generation`] does.
    pub generation: u64,
    /// Until when it is leased, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<DateTime<Utc>>,
    /// Why it did not work last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it carries.
    pub body: QueuedBody,
}

/// Work that a command left for later, committed with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FollowUp {
    /// Its identifier, from which the idempotency keys of its commands derive.
    pub id: FollowUpId,
    /// What is to be done.
    pub work: FollowUpWork,
    /// What went before it.
    pub chain: Chain,
}

/// What a follow-up does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpWork {
    /// Let the account's jobs react to its tags.
    AccountTags {
        /// Which account.
        account: AccountId,
        /// Tags it got.
        added: Vec<Tag>,
        /// Tags it lost.
        removed: Vec<Tag>,
        /// The job that has reacted already.
        except: Option<JobId>,
    },
    /// Let the account's jobs react to a custom field.
    AccountField {
        /// Which account.
        account: AccountId,
        /// Which field.
        field: FieldKey,
        /// The job that has reacted already.
        except: Option<JobId>,
    },
    /// Let the account's jobs derive dates that count from a custom field again.
    AccountDates {
        /// Which account.
        account: AccountId,
        /// Which field.
        field: FieldKey,
        /// The job that has done so already.
        except: Option<JobId>,
    },
    /// Let the firm's open jobs derive their dates again: its calendar or time zone changed.
    FirmDates,
    /// Move deadlines of many jobs.
    ShiftDeadlines {
        /// How, and of which.
        order: Box<ShiftDeadlines>,
        /// When it was ordered.
        at: DateTime<Utc>,
    },
    /// Create a job.
    CreateJob {
        /// The job.
        new: Box<NewJob>,
        /// The action that wants it, to be told when it is refused.
        origin: ActionOrigin,
    },
    /// Tell a job that one it waits for was finished or opened again.
    Dependency {
        /// Which job.
        job: JobId,
        /// The one it waits for.
        on: JobId,
        /// Whether that one is finished, or gone.
        finished: bool,
    },
    /// Tell a job of an item's status.
    Item {
        /// Which job.
        job: JobId,
        /// Which item.
        item: ItemId,
    },
    /// Move jobs out of stages that the newest version dropped.
    Migrate {
        /// Of which pipeline.
        pipeline: PipelineKey,
    },
    /// Let the jobs of a pipeline look at their timers and waits again: its automations, or the
    /// firm's calendar, have changed.
    Retime {
        /// Of which pipeline.
        pipeline: PipelineKey,
    },
    /// Make the work of one occurrence of a series, account by account.
    Occurrence {
        /// Of which series.
        series: SeriesId,
        /// Which time of it.
        turn: Arc<SeriesTurn>,
        /// For these accounts; for all of the series when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accounts: Vec<AccountId>,
        /// Try again what was refused, and make what was skipped.
        #[serde(default, skip_serializing_if = "is_default")]
        again: bool,
    },
    /// Let an account join a series, or leave it.
    SeriesAccount {
        /// Which series.
        series: SeriesId,
        /// Which account.
        account: AccountId,
        /// Whether it joins.
        join: bool,
        /// The action that wants it, to be told when it is refused.
        origin: ActionOrigin,
    },
    /// Let every series look at its time again: the firm's calendar has changed.
    RetimeSeries,
    /// Let jobs that wait to enter a full stage try again.
    StageFreed {
        /// Of which pipeline.
        pipeline: PipelineKey,
        /// Which stage.
        stage: StageKey,
    },
}

/// The action that left a follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionOrigin {
    /// On which job.
    pub job: JobId,
    /// Of which automation.
    pub automation: AutomationKey,
    /// Its place among the automation's actions, from 0.
    pub action: u32,
    /// During which visit.
    pub visit: u32,
    /// In which round of status automations, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_round: Option<u32>,
}

/// What a chain of follow-ups has done so far, so that one that goes in circles is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chain {
    /// The first follow-up of the command that began it: the same in all its branches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<FollowUpId>,
    /// How many follow-ups went before.
    pub hops: u32,
    /// How often each automation ran on each job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<(JobId, AutomationKey, u32)>,
    /// The entry of the log that left this to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EntryId>,
}
