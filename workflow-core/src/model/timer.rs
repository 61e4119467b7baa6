//! What a job waits for: timers of its automations, waits of their actions, reminders.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Job, JobStatus};
use crate::definition::{Reminders, is_default};
use crate::id::{AutomationKey, ItemId, TaskId};

/// A time at which something happens to a job by itself. It counts while the job is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timer {
    /// What for. A job has one timer of each key at most: setting it again replaces it.
    pub key: TimerKey,
    /// When.
    pub due: DateTime<Utc>,
    /// The date that it warns of, or that has passed by then, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimerKey {
    /// The time limit of the job's stage.
    StageLimit,
    /// An automation that a date of the job, or a schedule, sets off.
    Automation(AutomationKey),
    /// An automation that the due date of a task sets off.
    Task {
        /// Which automation.
        automation: AutomationKey,
        /// Which task.
        task: TaskId,
    },
}

/// A timer that has fired: it does not fire for the same time again, nor for the same date when the
/// firm's calendar or time zone puts that at another time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fired {
    /// Which timer.
    pub key: TimerKey,
    /// The time it was set for.
    pub due: DateTime<Utc>,
    /// The date that it was about, if it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
}

/// Actions of an automation that wait for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// Tells it from the job's other waits; counted up.
    pub number: u32,
    /// Of which automation.
    pub automation: AutomationKey,
    /// The number of the waiting action in the automation.
    pub action: u32,
    /// The version of the job's pipeline whose actions go on.
    pub version: u32,
    /// During which visit it began.
    pub visit: u32,
    /// In which round of status automations, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_round: Option<u32>,
    /// Since when.
    pub began: DateTime<Utc>,
    /// When it is over, at the latest; never by itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// When its condition is looked at again because the day changes, if it looks at the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<DateTime<Utc>>,
    /// Whether it waits for a condition.
    #[serde(default, skip_serializing_if = "is_default")]
    pub for_condition: bool,
    /// Whether it goes on when the job leaves the stage or is held up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep: bool,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitEnd {
    /// Its time had come.
    Elapsed,
    /// Its condition held.
    Met,
    /// Its condition did not hold in time.
    TimedOut,
    /// Somebody let it go on at once.
    Skipped,
    /// It was cancelled: the actions after it are not done.
    Cancelled(WaitCancelled),
}

/// Why a wait was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitCancelled {
    /// The job left the stage.
    LeftStage,
    /// The job went to another pipeline.
    LeftPipeline,
    /// The job is no longer active, or no longer in the status whose automation waited.
    StatusChanged,
    /// The job was put away.
    Archived,
    /// The automation was switched off, or is gone from the pipeline.
    SwitchedOff,
    /// Somebody cancelled it.
    ByHand,
}

/// Reminders of something that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reminder {
    /// Tells it from the job's other reminders; counted up.
    pub number: u32,
    /// Of what.
    pub of: ReminderOf,
    /// How often.
    pub rule: Reminders,
    /// How many there were.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sent: u32,
    /// When the next one comes.
    pub next: DateTime<Utc>,
}

/// What a reminder is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReminderOf {
    /// An item that the client, or another, has to do something with.
    Item(ItemId),
    /// A task.
    Task(TaskId),
}

/// What is due on a job at some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Timer(TimerKey),
    Wait(u32),
    Reminder(u32),
}

impl Wait {
    /// When something is to be done about it next.
    #[must_use]
    pub fn next(&self) -> Option<DateTime<Utc>> {
        match (self.look, self.until) {
            (Some(look), Some(until)) => Some(look.min(until)),
            (look, until) => look.or(until),
        }
    }
}

impl Job {
    /// When something happens to the job by itself next, as far as that is a matter of time.
    ///
    /// Waits count whatever the job's status is; timers and reminders while it is active.
    #[must_use]
    pub fn next_timer(&self) -> Option<DateTime<Utc>> {
        if self.timers.is_empty() && self.waits.is_empty() && self.reminders.is_empty() {
            return None;
        }
        self.all_due().map(|(due, _)| due).min()
    }

    /// What is due by an instant, in the order it is due.
    pub(crate) fn due_by(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Due)> {
        let mut due: Vec<_> = self.all_due().filter(|(at, _)| *at <= now).collect();
        due.sort();
        due
    }

    fn all_due(&self) -> impl Iterator<Item = (DateTime<Utc>, Due)> {
        let (stored, active) = (self.status != JobStatus::Archived, self.status == JobStatus::Active);
        let waits = self.waits.iter().filter(move |_| stored);
        let waits = waits.filter_map(|wait| Some((wait.next()?, Due::Wait(wait.number))));
        let timers = self.timers.iter().filter(move |_| active);
        let timers = timers.map(|timer| (timer.due, Due::Timer(timer.key.clone())));
        let reminders = self.reminders.iter().filter(move |_| active);
        let reminders = reminders.map(|reminder| (reminder.next, Due::Reminder(reminder.number)));
        waits.chain(timers).chain(reminders)
    }

    /// What a timer fired for last.
    #[must_use]
    pub fn fired_for(&self, key: &TimerKey) -> Option<&Fired> {
        self.fired.iter().find(|fired| fired.key == *key)
    }
}
