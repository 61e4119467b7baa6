//! Events of items.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::job;
use crate::event::Event;
use crate::id::ItemId;
use crate::model::Item;
use crate::shelf::Slot;
use crate::state::State;

pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::ItemCreated(item) => {
            state.items.put(item.id, Arc::clone(item));
        }
        Event::ItemLinked { job, link } => {
            // An item that was made for the job names it already.
            if !state.item(link.item).is_some_and(|item| item.jobs.contains(job)) {
                edit(state, at, link.item, |item| {
                    item.jobs.insert(*job);
                });
            }
            job::edit(state, at, *job, |job| job.items.push((**link).clone()));
        }
        Event::ItemUnlinked { item, job } => {
            edit(state, at, *item, |item| {
                item.jobs.remove(job);
            });
            job::edit(state, at, *job, |job| job.items.retain(|link| link.item != *item));
        }
        Event::ItemReported { item, status, progress } => edit(state, at, *item, |item| {
            item.status = Some(status.clone());
            // An item that is opened again begins anew: what was reported before counts no longer.
            if status.as_str() == "reopened" {
                item.reached.clear();
            }
            item.reached.insert(status.clone());
            item.progress = *progress;
        }),
        Event::JobItemChanged { job, item, status, progress } => job::edit(state, at, *job, |job| {
            if let Some(link) = job.items.iter_mut().find(|link| link.item == *item) {
                link.status.clone_from(status);
                link.progress = *progress;
            }
        }),
        Event::ItemNamed { item, external } => edit(state, at, *item, |item| item.external = Some(external.clone())),
        _ => {}
    }
}

fn edit(state: &mut State, at: DateTime<Utc>, id: ItemId, change: impl FnOnce(&mut Item)) {
    if let Some(item) = state.items.get_mut(&id).and_then(Slot::edit) {
        change(item);
        item.updated = at;
    }
}
