//! Events of accounts.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::Event;
use crate::model::{Account, Seats};
use crate::shelf::Slot;
use crate::state::State;

pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::AccountSaved(record) => {
            let before = state.accounts.get(&record.id).and_then(Slot::get);
            let account = Account {
                id: record.id,
                name: record.name.clone(),
                external: record.external.clone(),
                fields: record.fields.clone(),
                tags: before.map(|account| account.tags.clone()).unwrap_or_default(),
                roles: Seats::from(&record.roles),
                linked: record.linked.clone(),
                access: before.map_or_else(BTreeSet::new, |account| account.access.clone()),
                created: before.map_or(at, |account| account.created),
                updated: at,
            };
            state.accounts.put(record.id, Arc::new(account));
        }
        Event::AccountTagsChanged { account, added, removed } => edit(state, at, *account, |account| {
            for tag in removed {
                account.tags.remove(tag);
            }
            account.tags.extend(added.iter().cloned());
        }),
        Event::AccountFieldSet { account, field, value } => edit(state, at, *account, |account| {
            match value {
                Some(value) => account.fields.insert(field.clone(), value.clone()),
                None => account.fields.remove(field),
            };
        }),
        Event::AccountAccessChanged { account, access } => {
            edit(state, at, *account, |account| account.access.clone_from(access));
        }
        _ => {}
    }
}

fn edit(state: &mut State, at: DateTime<Utc>, id: crate::id::AccountId, change: impl FnOnce(&mut Account)) {
    if let Some(account) = state.accounts.get_mut(&id).and_then(Slot::edit) {
        change(account);
        account.updated = at;
    }
}
