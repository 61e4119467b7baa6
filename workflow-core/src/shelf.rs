//! The records of one kind that a decision works on.

use crate::state::Slot;

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
    pub(crate) fn put(&mut self, key: K, record: std::sync::Arc<T>) {
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
