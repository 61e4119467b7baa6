//! What a firm's documents and index rows should be, to hold the store's answers against.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, RangeBounds};

use super::probe::{Outcome, Probe, delete, insert, same, update};
use crate::store::{Cell, DocId, Document, IndexName, Record, Scan};

/// Most documents of one batch.
const BATCH: usize = 50;

/// A row of an index: its sort cell and the document's key.
pub(super) type Row = (Cell, Cell);

/// Documents that were written, besides those that the store holds.
pub(super) struct Shadow<'a> {
    pub(super) probe: &'a Probe<'a>,
    held: BTreeMap<DocId, Record>,
}

impl<'a> Shadow<'a> {
    pub(super) fn new(probe: &'a Probe<'a>) -> Self {
        Self { probe, held: BTreeMap::new() }
    }

    pub(super) fn documents(&self) -> Vec<Document> {
        self.held.values().map(|record| record.document.clone()).collect()
    }

    /// Inserts or updates documents.
    pub(super) fn put(&mut self, documents: &[Document]) -> Outcome {
        for some in documents.chunks(BATCH) {
            let mut batch = self.probe.batch();
            for document in some {
                let put = match self.held.get(&document.id()) {
                    None => insert(document),
                    Some(held) => update(held.revision, &held.document, document),
                };
                let revision = put.expected.unwrap_or(0).saturating_add(1);
                self.held.insert(document.id(), Record { revision, document: document.clone() });
                batch.puts.push(put);
            }
            self.probe.done(&batch)?;
        }
        Ok(())
    }

    /// Deletes documents that are there.
    pub(super) fn delete(&mut self, ids: &[DocId]) -> Outcome {
        let mut batch = self.probe.batch();
        for id in ids {
            if let Some(held) = self.held.remove(id) {
                batch.deletes.push(delete(held.revision, &held.document));
            }
        }
        self.probe.done(&batch).map(drop)
    }

    /// The partitions of an index that hold rows.
    pub(super) fn partitions(&self, index: IndexName) -> BTreeSet<Vec<Cell>> {
        let rows = self.of(index).flat_map(|document| document.index_entries(index));
        rows.map(|entry| entry.partition).collect()
    }

    fn of(&self, index: IndexName) -> impl Iterator<Item = &Document> {
        let kind = index.spec().kind;
        self.held.values().map(|record| &record.document).filter(move |document| document.kind() == kind)
    }

    /// Every row of a partition, in order.
    fn partition(&self, index: IndexName, partition: &[Cell]) -> BTreeSet<Row> {
        let mut rows = BTreeSet::new();
        for document in self.of(index) {
            let entries = document.index_entries(index).into_iter().filter(|entry| entry.partition == partition);
            rows.extend(entries.map(|entry| (entry.sort, document.id().cell())));
        }
        rows
    }

    /// The rows that a scan should find.
    pub(super) fn rows(&self, scan: &Scan) -> Vec<Row> {
        let mut rows: Vec<Row> = self.within(scan).into_iter().collect();
        if scan.descending {
            rows.reverse();
        }
        if let Some(after) = &scan.after {
            rows.retain(|row| if scan.descending { row < after } else { row > after });
        }
        rows.truncate(scan.limit);
        rows
    }

    fn within(&self, scan: &Scan) -> BTreeSet<Row> {
        let mut rows = self.partition(scan.index, &scan.partition);
        let range: (Bound<&Cell>, Bound<&Cell>) = (scan.from.as_ref(), scan.to.as_ref());
        rows.retain(|(sort, _)| range.contains(sort));
        rows
    }

    /// Ends the check unless the store finds what it should: rows in order, whole documents, and
    /// their number.
    pub(super) fn agrees(&self, scan: &Scan) -> Outcome {
        let what = || format!("scan of {:?}, partition {:?}, {}", scan.index, scan.partition, in_words(scan));
        let mut found = Vec::new();
        for hit in self.probe.scan(scan)? {
            let id = hit.record.document.id();
            let held = self.held.get(&id);
            ensure!(held.is_some(), "{}: it finds {id}, which is not there", what());
            ensure!(held == Some(&hit.record), "{}: it finds {id} as it is not (any more)", what());
            found.push((hit.sort, id.cell()));
        }
        same(what(), found, self.rows(scan))?;
        let number = self.within(scan).len().min(scan.limit);
        same(format!("count of the {}", what()), self.probe.count(scan)?, number)
    }

    /// The same for every partition of every index, in both directions.
    pub(super) fn agrees_everywhere(&self) -> Outcome {
        for index in IndexName::ALL {
            for partition in self.partitions(index) {
                self.agrees_on(index, partition)?;
            }
        }
        Ok(())
    }

    /// The same for one partition.
    pub(super) fn agrees_on(&self, index: IndexName, partition: Vec<Cell>) -> Outcome {
        let scan = Scan::all(index, partition, 1_000);
        self.agrees(&scan)?;
        self.agrees(&Scan { descending: true, ..scan })
    }
}

/// A scan's range and direction, for a reason.
fn in_words(scan: &Scan) -> String {
    let direction = if scan.descending { "descending" } else { "ascending" };
    format!("from {:?} to {:?} after {:?}, {direction}, limit {}", scan.from, scan.to, scan.after, scan.limit)
}
