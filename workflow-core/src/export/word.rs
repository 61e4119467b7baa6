//! What events and values are called in exports, and how much has to be told for events to be told.

use std::borrow::Cow;

use super::ExportDetail;
use crate::definition::JobDate;
use crate::event::{Event, Recorded};
use crate::model::{FieldValue, ItemProgress, JobStatus, Priority, Restored, TaskState};

/// An event's word, which does not change from version to version, and from which detail on it is
/// told. None for what is bookkeeping alone.
pub(super) fn word(recorded: &Recorded) -> Option<(&'static str, ExportDetail)> {
    let event = &recorded.event;
    if matches!(event, Event::ItemLinked { .. }) && recorded.by.is_some() {
        return Some(("item_requested", ExportDetail::Work));
    }
    of_work(event)
        .map(|word| (word, ExportDetail::Work))
        .or_else(|| of_the_rest(event).map(|word| (word, ExportDetail::All)))
}

/// How a job enters its stages.
pub(super) const STAGE_ENTERED: &str = "stage_entered";

fn of_work(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::JobCreated(_) => "job_created",
        Event::JobMoved { .. } => STAGE_ENTERED,
        Event::JobStatusSet { to, .. } => match to {
            JobStatus::Active => "job_activated",
            JobStatus::Completed => "job_completed",
            JobStatus::Archived => "job_archived",
            JobStatus::Custom(_) => "status_set",
        },
        Event::TaskCreated { .. } => "task_created",
        Event::TaskStateSet { to, .. } => match to {
            TaskState::Planned => "task_planned",
            TaskState::InProgress => "task_started",
            TaskState::Completed => "task_completed",
            TaskState::Cancelled => "task_cancelled",
        },
        Event::ItemLinked { .. } => "item_linked",
        Event::JobItemChanged { .. } => "item_reported",
        Event::AutomationRan { .. } => "automation_ran",
        Event::SignalReceived { .. } => "signal_received",
        Event::RecordRestored(Restored::Job(_)) => "job_undone",
        _ => return None,
    })
}

fn of_the_rest(event: &Event) -> Option<&'static str> {
    of_jobs(event).or_else(|| {
        Some(match event {
            Event::FirmCreated { .. } => "firm_created",
            Event::FirmConfigured { .. } => "firm_configured",
            Event::MemberSaved(_) => "member_saved",
            Event::TemplateSaved(_) => "template_saved",
            Event::TemplateDeleted { .. } => "template_deleted",
            Event::PipelinePublished { .. } => "pipeline_published",
            Event::PipelineArchived { .. } => "pipeline_archived",
            Event::AutomationSwitched { .. } => "automation_switched",
            Event::AccountSaved(_) => "account_saved",
            Event::AccountTagsChanged { .. } => "account_tags_changed",
            Event::AccountFieldSet { .. } => "account_field_set",
            Event::AccountAccessChanged { .. } => "account_access_changed",
            Event::DeadlinesShifted { .. } => "deadlines_shifted",
            Event::SeriesCreated(_) => "series_created",
            Event::SeriesEdited { .. } => "series_edited",
            Event::SeriesAccountsChanged { .. } => "series_accounts_changed",
            Event::SeriesExceptionSet { .. } => "series_exception_set",
            Event::SeriesStateSet { .. } => "series_state_set",
            Event::SeriesContinued { .. } => "series_continued",
            Event::SeriesAdvanced { .. } => "series_advanced",
            Event::OccurrenceRun { .. } => "occurrence_run",
            Event::OccurrenceRecorded(_) => "occurrence_recorded",
            Event::TaskEdited { .. } => "task_edited",
            Event::TaskDatesSet { .. } => "task_dates_set",
            Event::TaskAssigneesChanged { .. } => "task_assigned",
            Event::TaskChecklistSet { .. } => "task_checklist_set",
            Event::TaskWaitsChanged { .. } => "task_waits_changed",
            Event::TaskLinked { .. } => "task_linked",
            Event::TaskUnlinked { .. } => "task_unlinked",
            Event::TaskDeleted { .. } => "task_deleted",
            Event::ItemCreated(_) => "item_created",
            Event::ItemUnlinked { .. } => "item_unlinked",
            Event::ItemReported { .. } => "report_received",
            Event::ItemNamed { .. } => "item_named",
            Event::NotificationQueued(_) => "notification_queued",
            Event::NotificationWithdrawn { .. } => "notification_withdrawn",
            Event::CommandUndone(_) => "command_undone",
            Event::RecordRestored(_) => "record_restored",
            Event::RecordUnmade(_) => "record_unmade",
            Event::LogSealed(_) => "log_sealed",
            _ => return None,
        })
    })
}

fn of_jobs(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::JobRenamed { .. } => "job_renamed",
        Event::JobDescribed { .. } => "job_described",
        Event::JobPrioritySet { .. } => "job_priority_set",
        Event::JobDateSet { .. } => "job_date_set",
        Event::JobPeriodSet { .. } => "job_period_set",
        Event::JobBudgetSet { .. } => "job_budget_set",
        Event::JobFieldSet { .. } => "job_field_set",
        Event::JobTagsChanged { .. } => "job_tags_changed",
        Event::JobAssigneesChanged { .. } => "job_assigned",
        Event::JobClientStatusSet { .. } => "job_client_status_set",
        Event::JobPinned { .. } => "job_pinned",
        Event::JobCommented(_) => "job_commented",
        Event::JobDependencyAdded { .. } => "job_dependency_added",
        Event::JobDependencyRemoved { .. } => "job_dependency_removed",
        Event::JobDependencyChanged { .. } => "job_dependency_changed",
        Event::AttentionRaised { .. } => "attention_raised",
        Event::AttentionCleared { .. } => "attention_cleared",
        Event::JobDeleted { .. } => "job_deleted",
        Event::AutomationsLeftOut { .. } => "automations_left_out",
        Event::LoopCut { .. } => "loop_cut",
        Event::ActionFailed { .. } => "action_failed",
        Event::FailureEnded { .. } => "failure_ended",
        Event::FiredByHand { .. } => "fired_by_hand",
        Event::TimerFired { .. } => "timer_fired",
        Event::WaitBegun { .. } => "wait_begun",
        Event::WaitEnded { .. } => "wait_ended",
        Event::RemindersBegun { .. } => "reminders_begun",
        Event::Reminded { .. } => "reminded",
        Event::RemindersEnded { .. } => "reminders_ended",
        _ => return None,
    })
}

/// A priority as documents have it.
pub(super) fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Urgent => "urgent",
    }
}

/// How far an item has come, as documents have it.
pub(super) fn progress_word(progress: ItemProgress) -> &'static str {
    match progress {
        ItemProgress::Open => "open",
        ItemProgress::Done => "done",
        ItemProgress::Declined => "declined",
        ItemProgress::Cancelled => "cancelled",
        ItemProgress::NotActionable => "not_actionable",
    }
}

/// One of a job's dates, as documents have it.
pub(super) fn date_word(date: JobDate) -> &'static str {
    match date {
        JobDate::Start => "start",
        JobDate::Due => "due",
        JobDate::Statutory => "statutory",
        JobDate::Extended => "extended",
    }
}

/// The value of a field in one text.
pub(super) fn field_text(value: &FieldValue) -> Cow<'_, str> {
    match value {
        FieldValue::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        FieldValue::Integer(number) => Cow::Owned(number.to_string()),
        FieldValue::Decimal(number) => Cow::Owned(number.to_string()),
        FieldValue::Text(text) => Cow::Borrowed(text),
        FieldValue::List(texts) => Cow::Owned(texts.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s11_7_words_are_those_of_documents() {
        let written = |value: serde_json::Value| value.as_str().expect("a word").to_owned();
        for priority in [Priority::Low, Priority::Medium, Priority::High, Priority::Urgent] {
            assert_eq!(priority_word(priority), written(serde_json::json!(priority)));
        }
        for progress in [
            ItemProgress::Open,
            ItemProgress::Done,
            ItemProgress::Declined,
            ItemProgress::Cancelled,
            ItemProgress::NotActionable,
        ] {
            assert_eq!(progress_word(progress), written(serde_json::json!(progress)));
        }
        for date in JobDate::ALL {
            assert_eq!(date_word(date), written(serde_json::json!(date)));
        }
    }
}
