//! What is known of a command that is to be undone, for the decision to go by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Entry, Event};
use crate::id::{EntryId, NotificationId};
use crate::model::Notification;
use crate::store::{DocId, Document, Settle};

/// A command with what followed from it, and what has happened since.
#[derive(Debug, Clone)]
pub(crate) struct Undoing {
    /// The entry that was named.
    pub(crate) named: Arc<Entry>,
    /// The entries of its commit, in their order, and then those that followed.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// How many of them are of its commit.
    pub(crate) own: usize,
    /// The records that they changed.
    pub(crate) records: BTreeMap<DocId, Involved>,
    /// What became of the notifications that they queued.
    pub(crate) outbox: BTreeMap<NotificationId, Sent>,
    /// What follows and was not begun yet, to be left undone.
    pub(crate) to_follow: Vec<Settle>,
    /// Until when somebody has something that follows in hand, if anybody has.
    pub(crate) in_hand: Option<DateTime<Utc>>,
}

/// A record that a command, or what followed from it, has changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Involved {
    /// By which of the entries, by their places.
    pub(crate) by: BTreeSet<usize>,
    /// What it was before all of them. Known when nothing else has changed it since.
    pub(crate) before: Option<Document>,
    /// The first entry that has changed it since and is not one of them.
    pub(crate) since: Option<Arc<Entry>>,
}

/// What became of a notification.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    /// It waits, and nobody was ever given it: this takes it out of the outbox.
    Waits(Settle),
    /// Somebody was given it, or it is gone from the outbox.
    Gone,
}

impl Undoing {
    /// The entries of the command itself.
    pub(crate) fn own_entries(&self) -> &[Arc<Entry>] {
        self.entries.get(..self.own).unwrap_or(&self.entries)
    }

    pub(crate) fn ids(&self) -> Vec<EntryId> {
        self.entries.iter().map(|entry| entry.id).collect()
    }

    /// The notifications that the entries queued, each with the place of its entry.
    pub(crate) fn notifications(&self) -> impl Iterator<Item = (usize, &Arc<Notification>)> {
        self.entries.iter().enumerate().flat_map(|(place, entry)| {
            entry.events.iter().filter_map(move |recorded| match &recorded.event {
                Event::NotificationQueued(notification) => Some((place, notification)),
                _ => None,
            })
        })
    }
}
