//! Reminders of what is not done.

use chrono::{DateTime, Utc};

use super::clock::is_open;
use super::{Decider, Step, check_limit};
use crate::definition::Reminders;
use crate::event::Event;
use crate::id::JobId;
use crate::limits;
use crate::model::{Intent, Job, Reminder, ReminderOf};

impl Decider<'_> {
    /// When the first of some reminders comes, if a job can have so many more of them at once.
    /// Asked before what they remind of is made: a retry must not make it twice.
    pub(super) fn first_reminder(&self, job: &Job, rule: &Reminders, more: usize) -> Result<DateTime<Utc>, String> {
        let count = job.reminders.len().saturating_add(more);
        check_limit("REMINDERS", limits::REMINDERS, count, "what the job reminds of").map_err(|why| why.to_string())?;
        let span = rule.first.unwrap_or(rule.every);
        self.later(span).ok_or_else(|| format!("{span} from now is out of range"))
    }

    /// Begins to remind of something at an instant.
    pub(super) fn begin_reminders(&mut self, id: JobId, of: ReminderOf, rule: &Reminders, next: DateTime<Utc>) {
        let number = self.state.job(id).map_or(1, |job| job.reminders_begun.saturating_add(1));
        let reminder = Reminder { number, of, rule: *rule, sent: 0, next };
        self.emit(Event::RemindersBegun { job: id, reminder: Box::new(reminder) });
    }

    /// Sends the next reminder.
    pub(super) fn remind(&mut self, id: JobId, number: u32) -> Step {
        let job = self.job(id)?;
        let Some(reminder) = job.reminders.iter().find(|reminder| reminder.number == number).cloned() else {
            return Ok(());
        };
        if !is_open(&job, reminder.of) {
            self.emit(Event::RemindersEnded { job: id, number });
            return Ok(());
        }
        let count = reminder.sent.saturating_add(1);
        let at_most = reminder.rule.at_most;
        let intent = match reminder.of {
            ReminderOf::Item(item) => {
                let record = self.item(item)?;
                let (kind, title) = (record.kind.clone(), record.title.clone());
                Intent::RemindOfItem { item, kind, title, count, at_most }
            }
            ReminderOf::Task(task) => {
                let record = self.task(task)?;
                let (title, assignees) = (record.title.clone(), record.assignees.clone());
                Intent::RemindOfTask { task, title, assignees, count, at_most }
            }
        };
        let account = job.account;
        drop(job);
        self.notify(Some(id), Some(account), intent);
        let next = if count < at_most { self.later(reminder.rule.every) } else { None };
        self.emit(Event::Reminded { job: id, number, next });
        Ok(())
    }
}
