//! Events of series.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::command::{Change, SeriesChanges};
use crate::event::Event;
use crate::id::SeriesId;
use crate::model::Series;
use crate::shelf::Slot;
use crate::state::State;

pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::SeriesCreated(series) => state.series.put(series.id, Arc::clone(series)),
        Event::OccurrenceRecorded(occurrence) => {
            state.occurrences.put(occurrence.id.clone(), Arc::clone(occurrence));
        }
        Event::SeriesEdited { series, changes } => edit(state, at, *series, |series| change(series, changes)),
        Event::SeriesAccountsChanged { series, added, removed } => edit(state, at, *series, |series| {
            for account in added {
                series.audience.accounts.insert(*account);
                series.audience.except.remove(account);
            }
            for account in removed {
                series.audience.accounts.remove(account);
                // One that is in by its tag alone has to be named to be out.
                if !series.audience.tags.is_empty() {
                    series.audience.except.insert(*account);
                }
            }
        }),
        Event::SeriesExceptionSet { series, day, exception } => edit(state, at, *series, |series| {
            match exception {
                Some(exception) => series.exceptions.insert(*day, (**exception).clone()),
                None => series.exceptions.remove(day),
            };
        }),
        Event::SeriesStateSet { series, to } => edit(state, at, *series, |series| series.state = *to),
        Event::SeriesContinued { series, through, by } => edit(state, at, *series, |series| {
            series.through = Some(*through);
            series.continued_by = Some(*by);
            series.exceptions.retain(|day, _| day <= through);
        }),
        Event::SeriesAdvanced { series, cursor, made, .. } => edit(state, at, *series, |series| {
            series.cursor = *cursor;
            let pending = |exception: &crate::model::SeriesException| exception.date.is_some() && !exception.skip;
            series.exceptions.retain(|day, exception| {
                !made.contains(day) && (cursor.is_none_or(|cursor| *day > cursor) || pending(exception))
            });
        }),
        Event::SeriesTimed { series, next } => edit(state, at, *series, |series| series.next = *next),
        _ => {}
    }
}

fn change(series: &mut Series, changes: &SeriesChanges) {
    let SeriesChanges { name, makes, schedule, lead, catch_up, tags, date: _ } = changes;
    if let Some(name) = name {
        series.name.clone_from(name);
    }
    if let Some(makes) = makes {
        series.makes = makes.clone();
    }
    if let Some(schedule) = schedule {
        series.schedule = schedule.clone();
    }
    match lead {
        Some(Change::To(lead)) => series.lead = Some(*lead),
        Some(Change::Clear) => series.lead = None,
        None => {}
    }
    if let Some(catch_up) = catch_up {
        series.catch_up = *catch_up;
    }
    if let Some(tags) = tags {
        series.audience.tags.clone_from(tags);
    }
}

fn edit(state: &mut State, at: DateTime<Utc>, id: SeriesId, change: impl FnOnce(&mut Series)) {
    if let Some(series) = state.series.get_mut(&id).and_then(Slot::edit) {
        change(series);
        series.updated = at;
    }
}
