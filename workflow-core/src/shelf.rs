//! The records of one kind that a decision works on.

use std::sync::Arc;

use crate::store::{Delete, Document, Put, Revision};

/// One record: as it was loaded, and as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Slot<T> {
    stored: Option<(Revision, Arc<T>)>,
    now: Option<Arc<T>>,
    pub(crate) touched: bool,
}

impl<T: Clone> Slot<T> {
    /// A record as the store has it, or its absence.
    pub(crate) fn loaded(stored: Option<(Revision, Arc<T>)>) -> Self {
        let now = stored.as_ref().map(|(_, record)| Arc::clone(record));
        Self { stored, now, touched: false }
    }

    /// The record as it is now.
    pub(crate) fn get(&self) -> Option<&Arc<T>> {
        self.now.as_ref()
    }

    /// The record as it was loaded.
    pub(crate) fn before(&self) -> Option<&Arc<T>> {
        self.stored.as_ref().map(|(_, record)| record)
    }

    /// The revision it was loaded at.
    pub(crate) fn revision(&self) -> Option<Revision> {
        self.stored.as_ref().map(|(revision, _)| *revision)
    }

    /// The revision it has once it is committed.
    pub(crate) fn next_revision(&self) -> Revision {
        let stored = self.revision().unwrap_or(0);
        if self.touched { stored.saturating_add(1) } else { stored }
    }

    pub(crate) fn edit(&mut self) -> Option<&mut T> {
        let record = self.now.as_mut()?;
        self.touched = true;
        Some(Arc::make_mut(record))
    }

    pub(crate) fn put(&mut self, record: Arc<T>) {
        self.touched = true;
        self.now = Some(record);
    }

    pub(crate) fn remove(&mut self) {
        self.touched = true;
        self.now = None;
    }

    pub(crate) fn write(&self, wrap: impl Fn(Arc<T>) -> Document, puts: &mut Vec<Put>, deletes: &mut Vec<Delete>) {
        if !self.touched {
            return;
        }
        let previous = self.stored.as_ref().map(|(_, record)| wrap(Arc::clone(record)));
        match (&self.now, previous) {
            (Some(now), previous) => {
                puts.push(Put { expected: self.revision(), document: wrap(Arc::clone(now)), previous });
            }
            (None, Some(previous)) => deletes.push(Delete { expected: self.revision().unwrap_or(0), previous }),
            (None, None) => {}
        }
    }

    /// Makes what the record is now what it was loaded as.
    pub(crate) fn settle(&mut self) {
        if self.touched {
            let revision = self.next_revision();
            self.stored = self.now.as_ref().map(|record| (revision, Arc::clone(record)));
            self.touched = false;
        }
    }
}

/// Slots by key, in order. Most decisions hold one or two records of a kind: a list that is
/// searched is smaller and quicker than a tree, and grows at its end since new keys are greatest.
#[derive(Debug, Clone)]
pub(crate) struct Shelf<K, T> {
    slots: Vec<(K, Slot<T>)>,
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<K: Ord, T: Clone> Shelf<K, T> {
    fn find(&self, key: &K) -> Result<usize, usize> {
        match self.slots.last() {
            // New keys are greatest, and the newest is asked for most.
            Some((last, _)) if last < key => Err(self.slots.len()),
            _ => self.slots.binary_search_by(|(known, _)| known.cmp(key)),
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&Slot<T>> {
        let place = self.find(key).ok()?;
        self.slots.get(place).map(|(_, slot)| slot)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut Slot<T>> {
        let place = self.find(key).ok()?;
        self.slots.get_mut(place).map(|(_, slot)| slot)
    }

    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    pub(crate) fn insert(&mut self, key: K, slot: Slot<T>) {
        match self.find(&key) {
            Ok(place) => {
                if let Some((_, known)) = self.slots.get_mut(place) {
                    *known = slot;
                }
            }
            Err(place) => self.slots.insert(place, (key, slot)),
        }
    }

    /// Puts a record under its key, whether or not there was one.
    pub(crate) fn put(&mut self, key: K, record: Arc<T>) {
        match self.find(&key) {
            Ok(place) => {
                if let Some((_, slot)) = self.slots.get_mut(place) {
                    slot.put(record);
                }
            }
            Err(place) => {
                let mut slot = Slot::loaded(None);
                slot.put(record);
                self.slots.insert(place, (key, slot));
            }
        }
    }

    /// Takes a record off the shelf, as if it had never been loaded.
    pub(crate) fn forget(&mut self, key: &K) {
        if let Ok(place) = self.find(key) {
            self.slots.remove(place);
        }
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Slot<T>> {
        self.slots.iter().map(|(_, slot)| slot)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Slot<T>> {
        self.slots.iter_mut().map(|(_, slot)| slot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &Slot<T>)> {
        self.slots.iter().map(|(key, slot)| (key, slot))
    }
}
