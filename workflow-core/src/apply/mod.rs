//! How an event changes records. The only way that anything changes.
//!
//! `apply` is pure and total: an event about a record that is not there changes nothing.

mod account;
mod definitions;
mod item;
mod job;
mod series;
mod task;
mod timer;
mod touched;
mod undo;

use chrono::{DateTime, Utc};

use crate::event::{Entry, Event};
use crate::id::FirmId;
use crate::state::State;
pub(crate) use touched::touched;

/// Folds one event into the records.
pub fn apply(state: &mut State, firm: FirmId, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::FirmCreated { .. }
        | Event::FirmConfigured { .. }
        | Event::MemberSaved(_)
        | Event::TemplateSaved(_)
        | Event::TemplateDeleted { .. }
        | Event::PipelinePublished { .. }
        | Event::PipelineArchived { .. }
        | Event::AutomationSwitched { .. } => definitions::apply(state, firm, at, event),
        Event::AccountSaved(_)
        | Event::AccountTagsChanged { .. }
        | Event::AccountFieldSet { .. }
        | Event::AccountAccessChanged { .. } => account::apply(state, at, event),
        Event::TaskCreated { .. }
        | Event::TaskStateSet { .. }
        | Event::TaskEdited { .. }
        | Event::TaskDatesSet { .. }
        | Event::TaskAssigneesChanged { .. }
        | Event::TaskChecklistSet { .. }
        | Event::TaskWaitsChanged { .. }
        | Event::TaskLinked { .. }
        | Event::TaskUnlinked { .. }
        | Event::TaskDeleted { .. } => task::apply(state, at, event),
        Event::ItemCreated(_)
        | Event::ItemLinked { .. }
        | Event::ItemUnlinked { .. }
        | Event::ItemReported { .. }
        | Event::JobItemChanged { .. }
        | Event::ItemNamed { .. } => item::apply(state, at, event),
        Event::SeriesCreated(_)
        | Event::SeriesEdited { .. }
        | Event::SeriesAccountsChanged { .. }
        | Event::SeriesExceptionSet { .. }
        | Event::SeriesStateSet { .. }
        | Event::SeriesContinued { .. }
        | Event::SeriesAdvanced { .. }
        | Event::OccurrenceRun { .. }
        | Event::SeriesTimed { .. }
        | Event::OccurrenceRecorded(_) => series::apply(state, at, event),
        Event::TimerSet { .. }
        | Event::TimerDropped { .. }
        | Event::TimerFired { .. }
        | Event::WaitBegun { .. }
        | Event::WaitLookedAt { .. }
        | Event::WaitEnded { .. }
        | Event::RemindersBegun { .. }
        | Event::Reminded { .. }
        | Event::RemindersEnded { .. } => timer::apply(state, at, event),
        Event::RecordRestored(_) | Event::RecordUnmade(_) => undo::apply(state, at, event),
        _ => job::apply(state, at, event),
    }
}

/// Folds one entry of the log, as its commit did: each record that the commit touched gains one
/// revision, also when several entries share the commit.
pub fn apply_entry(state: &mut State, entry: &Entry) {
    for recorded in &entry.events {
        apply(state, entry.firm, entry.at, &recorded.event);
    }
    if !entry.more {
        state.settle();
    }
}
