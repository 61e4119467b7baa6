//! Events of commands that are undone.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::Event;
use crate::model::{Restored, Unmade};
use crate::state::State;

/// Records come back as they were, but for the time they were changed: that is now.
pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    macro_rules! restore {
        ($shelf:ident, $record:expr) => {{
            let mut record = Arc::clone($record);
            Arc::make_mut(&mut record).updated = at;
            state.$shelf.put(record.id, record);
        }};
    }
    macro_rules! unmake {
        ($shelf:ident, $id:expr) => {
            if let Some(slot) = state.$shelf.get_mut($id) {
                slot.remove();
            }
        };
    }
    match event {
        Event::RecordRestored(Restored::Account(account)) => restore!(accounts, account),
        Event::RecordRestored(Restored::Job(job)) => restore!(jobs, job),
        Event::RecordRestored(Restored::Task(task)) => restore!(tasks, task),
        Event::RecordRestored(Restored::Item(item)) => restore!(items, item),
        Event::RecordRestored(Restored::Comment(comment)) => state.comments.put(comment.id, Arc::clone(comment)),
        Event::RecordUnmade(Unmade::Job(id)) => unmake!(jobs, id),
        Event::RecordUnmade(Unmade::Task(id)) => unmake!(tasks, id),
        Event::RecordUnmade(Unmade::Item(id)) => unmake!(items, id),
        Event::RecordUnmade(Unmade::Comment(id)) => unmake!(comments, id),
        _ => {}
    }
}
