//! The indexes of a firm.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::store::{Cell, DocId, Document, IndexName};

/// Rows of a partition: sort cell and document key.
pub(super) type Rows = BTreeSet<(Cell, Cell)>;

/// Per index, in the order of their names, the partitions with their rows.
#[derive(Debug)]
pub(super) struct Indexes(Vec<FxHashMap<Box<[Cell]>, Rows>>);

impl Default for Indexes {
    fn default() -> Self {
        Self(IndexName::ALL.iter().map(|_| FxHashMap::default()).collect())
    }
}

impl Indexes {
    pub(super) fn rows(&self, index: IndexName, partition: &[Cell]) -> Option<&Rows> {
        self.0.get(index as usize)?.get(partition)
    }

    pub(super) fn add(&mut self, index: IndexName, document: &Document, id: &DocId) {
        let Some(partitions) = self.0.get_mut(index as usize) else { return };
        document.each_entry(index, &mut |partition, sort| {
            let row = (sort.clone(), id.cell());
            match partitions.get_mut(partition) {
                Some(rows) => drop(rows.insert(row)),
                None => drop(partitions.insert(partition.into(), Rows::from([row]))),
            }
        });
    }

    pub(super) fn remove(&mut self, index: IndexName, document: &Document, id: &DocId) {
        let Some(partitions) = self.0.get_mut(index as usize) else { return };
        document.each_entry(index, &mut |partition, sort| {
            let Some(rows) = partitions.get_mut(partition) else { return };
            rows.remove(&(sort.clone(), id.cell()));
            if rows.is_empty() {
                partitions.remove(partition);
            }
        });
    }
}
