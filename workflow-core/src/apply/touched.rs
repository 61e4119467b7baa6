//! Which records an event changes: what has to be loaded before it can be folded in.

use crate::event::Event;
use crate::model::{Restored, Unmade};
use crate::state::State;
use crate::store::DocId;

/// Names the records that an event changes. A state that has looked for them all is changed by
/// [`super::apply`] as one that holds every record of the firm is.
///
/// Which job a task belongs to, the task says: it has to be loaded first, and this asked again.
///
/// A table, so that whoever adds an event has to say.
pub(crate) fn touched(event: &Event, state: &State, each: &mut dyn FnMut(DocId)) {
    match event {
        Event::FirmCreated { .. } | Event::FirmConfigured { .. } => each(DocId::Firm),
        // Everything that sets a firm up counts up the firm's definitions.
        Event::MemberSaved(member) => [DocId::Firm, DocId::Member(member.id)].into_iter().for_each(each),
        Event::TemplateSaved(template) => {
            each(DocId::Firm);
            each(DocId::Template(template.kind(), template.key().clone()));
        }
        Event::TemplateDeleted { kind, key } => {
            each(DocId::Firm);
            each(DocId::Template(*kind, key.clone()));
        }
        Event::PipelinePublished { version, definition, .. } => {
            each(DocId::Firm);
            each(DocId::Pipeline(definition.key.clone()));
            each(DocId::PipelineVersion(definition.key.clone(), *version));
        }
        Event::PipelineArchived { pipeline, .. } | Event::AutomationSwitched { pipeline, .. } => {
            each(DocId::Firm);
            each(DocId::Pipeline(pipeline.clone()));
        }
        Event::AccountSaved(record) => each(DocId::Account(record.id)),
        Event::AccountTagsChanged { account, .. }
        | Event::AccountFieldSet { account, .. }
        | Event::AccountAccessChanged { account, .. } => each(DocId::Account(*account)),
        Event::JobCreated(job) => each(DocId::Job(job.id)),
        Event::JobCommented(comment) => {
            each(DocId::Comment(comment.id));
            each(DocId::Job(comment.job));
        }
        Event::JobDependencyAdded { job, on, .. } | Event::JobDependencyRemoved { job, on } => {
            each(DocId::Job(*job));
            each(DocId::Job(*on));
        }
        Event::JobMoved { job, .. }
        | Event::JobStatusSet { job, .. }
        | Event::JobRenamed { job, .. }
        | Event::JobDescribed { job, .. }
        | Event::JobPrioritySet { job, .. }
        | Event::JobDateSet { job, .. }
        | Event::JobPeriodSet { job, .. }
        | Event::JobBudgetSet { job, .. }
        | Event::JobFieldSet { job, .. }
        | Event::JobTagsChanged { job, .. }
        | Event::JobAssigneesChanged { job, .. }
        | Event::JobClientStatusSet { job, .. }
        | Event::JobPinned { job, .. }
        | Event::JobDependencyChanged { job, .. }
        | Event::AttentionRaised { job, .. }
        | Event::AttentionCleared { job, .. }
        | Event::JobDeleted { job }
        | Event::ActionFailed { job, .. }
        | Event::FailureEnded { job, .. }
        | Event::TimerSet { job, .. }
        | Event::TimerDropped { job, .. }
        | Event::TimerFired { job, .. }
        | Event::WaitBegun { job, .. }
        | Event::WaitLookedAt { job, .. }
        | Event::WaitEnded { job, .. }
        | Event::RemindersBegun { job, .. }
        | Event::Reminded { job, .. }
        | Event::RemindersEnded { job, .. }
        | Event::JobItemChanged { job, .. } => each(DocId::Job(*job)),
        Event::SeriesCreated(series) => each(DocId::Series(series.id)),
        Event::SeriesEdited { series, .. }
        | Event::SeriesAccountsChanged { series, .. }
        | Event::SeriesExceptionSet { series, .. }
        | Event::SeriesStateSet { series, .. }
        | Event::SeriesContinued { series, .. }
        | Event::SeriesAdvanced { series, .. }
        | Event::SeriesTimed { series, .. } => each(DocId::Series(*series)),
        Event::OccurrenceRecorded(occurrence) => each(DocId::Occurrence(occurrence.id.clone().into())),
        Event::TaskCreated { task, .. } => {
            each(DocId::Task(task.id));
            task.job.into_iter().for_each(|job| each(DocId::Job(job)));
        }
        Event::TaskStateSet { task, job, .. } | Event::TaskDeleted { task, job } => {
            each(DocId::Task(*task));
            job.iter().for_each(|job| each(DocId::Job(*job)));
        }
        Event::TaskLinked { task, job, .. } | Event::TaskUnlinked { task, job } => {
            each(DocId::Task(*task));
            each(DocId::Job(*job));
        }
        Event::TaskDatesSet { task, .. } => {
            each(DocId::Task(*task));
            let job = state.task(*task).and_then(|task| task.job);
            job.into_iter().for_each(|job| each(DocId::Job(job)));
        }
        Event::TaskEdited { task, .. }
        | Event::TaskAssigneesChanged { task, .. }
        | Event::TaskChecklistSet { task, .. }
        | Event::TaskWaitsChanged { task, .. } => each(DocId::Task(*task)),
        Event::ItemCreated(item) => each(DocId::Item(item.id)),
        Event::ItemReported { item, .. } | Event::ItemNamed { item, .. } => each(DocId::Item(*item)),
        Event::ItemLinked { job, link } => {
            each(DocId::Job(*job));
            each(DocId::Item(link.item));
        }
        Event::ItemUnlinked { job, item } => {
            each(DocId::Job(*job));
            each(DocId::Item(*item));
        }
        Event::RecordRestored(restored) => each(match restored {
            Restored::Account(account) => DocId::Account(account.id),
            Restored::Job(job) => DocId::Job(job.id),
            Restored::Task(task) => DocId::Task(task.id),
            Restored::Item(item) => DocId::Item(item.id),
            Restored::Comment(comment) => DocId::Comment(comment.id),
        }),
        Event::RecordUnmade(unmade) => each(match unmade {
            Unmade::Job(id) => DocId::Job(*id),
            Unmade::Task(id) => DocId::Task(*id),
            Unmade::Item(id) => DocId::Item(*id),
            Unmade::Comment(id) => DocId::Comment(*id),
        }),
        // Facts that change no record.
        Event::DeadlinesShifted { .. }
        | Event::AutomationRan { .. }
        | Event::AutomationsLeftOut { .. }
        | Event::LoopCut { .. }
        | Event::OccurrenceRun { .. }
        | Event::SignalReceived { .. }
        | Event::FiredByHand { .. }
        | Event::NotificationQueued(_)
        | Event::NotificationWithdrawn { .. }
        | Event::CommandUndone(_)
        | Event::LogSealed(_) => {}
    }
}
