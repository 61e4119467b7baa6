//! The indexes of a firm.

use std::collections::BTreeSet;
use std::ops::Bound;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::store::{Cell, DocId, Document, IndexName, Scan};

/// Per index, in the order of their names, the partitions with their rows.
#[derive(Debug, Clone)]
pub(super) struct Indexes(Vec<FxHashMap<Box<[Cell]>, Rows>>);

/// Rows of a partition, sort cell and document key, in order.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    /// All sorted by a number and keyed by a UUID, as nearly all are: half as large, and compared
    /// at once.
    Numbers(BTreeSet<(i64, u128)>),
    Cells(BTreeSet<(Cell, Cell)>),
}

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
        document.each_entry(index, &mut |partition, sort| match partitions.get_mut(partition) {
            Some(rows) => rows.insert(sort, id),
            None => {
                let mut rows = Rows::Numbers(BTreeSet::new());
                rows.insert(sort, id);
                partitions.insert(partition.into(), rows);
            }
        });
    }

    pub(super) fn remove(&mut self, index: IndexName, document: &Document, id: &DocId) {
        let Some(partitions) = self.0.get_mut(index as usize) else { return };
        document.each_entry(index, &mut |partition, sort| {
            let Some(rows) = partitions.get_mut(partition) else { return };
            rows.remove(sort, id);
            if rows.is_empty() {
                partitions.remove(partition);
            }
        });
    }
}

impl Rows {
    fn insert(&mut self, sort: &Cell, id: &DocId) {
        match (&mut *self, sort, id.uuid()) {
            (Self::Numbers(rows), Cell::Int(number), Some(key)) => drop(rows.insert((*number, key.as_u128()))),
            (Self::Cells(rows), ..) => drop(rows.insert((sort.clone(), id.cell()))),
            (Self::Numbers(rows), ..) => {
                let mut cells: BTreeSet<(Cell, Cell)> = std::mem::take(rows).into_iter().map(cells).collect();
                cells.insert((sort.clone(), id.cell()));
                *self = Self::Cells(cells);
            }
        }
    }

    fn remove(&mut self, sort: &Cell, id: &DocId) {
        match (self, sort, id.uuid()) {
            (Self::Numbers(rows), Cell::Int(number), Some(key)) => drop(rows.remove(&(*number, key.as_u128()))),
            (Self::Numbers(_), ..) => {}
            (Self::Cells(rows), ..) => drop(rows.remove(&(sort.clone(), id.cell()))),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Numbers(rows) => rows.is_empty(),
            Self::Cells(rows) => rows.is_empty(),
        }
    }

    /// The keys of all rows.
    pub(super) fn keys(&self) -> Box<dyn Iterator<Item = Cell> + '_> {
        match self {
            Self::Numbers(rows) => Box::new(rows.iter().map(|row| cells(*row).1)),
            Self::Cells(rows) => Box::new(rows.iter().map(|(_, key)| key.clone())),
        }
    }

    /// The rows between the bounds of a scan, `after` left out.
    fn range(&self, scan: &Scan) -> Box<dyn DoubleEndedIterator<Item = (Cell, Cell)> + '_> {
        match self {
            Self::Numbers(rows) => {
                let (Some(from), Some(to)) = (lower(&scan.from), upper(&scan.to)) else {
                    return Box::new(std::iter::empty());
                };
                if is_empty(&from, &to) {
                    return Box::new(std::iter::empty());
                }
                Box::new(rows.range((from, to)).map(|row| cells(*row)))
            }
            Self::Cells(rows) => {
                // No document key is less than `Null`, and none is greater than the greatest UUID.
                let (least, most) = (Cell::Null, Cell::Uuid(Uuid::max()));
                let from = match &scan.from {
                    Bound::Unbounded => Bound::Unbounded,
                    Bound::Included(cell) => Bound::Included((cell.clone(), least.clone())),
                    Bound::Excluded(cell) => Bound::Excluded((cell.clone(), most.clone())),
                };
                let to = match &scan.to {
                    Bound::Unbounded => Bound::Unbounded,
                    Bound::Included(cell) => Bound::Included((cell.clone(), most)),
                    Bound::Excluded(cell) => Bound::Excluded((cell.clone(), least)),
                };
                if is_empty(&from, &to) {
                    return Box::new(std::iter::empty());
                }
                Box::new(rows.range((from, to)).cloned())
            }
        }
    }

    /// The rows of a scan, in its direction. Its limit is the caller's to heed.
    pub(super) fn scan(&self, scan: &Scan) -> Box<dyn Iterator<Item = (Cell, Cell)> + '_> {
        let Some(after) = scan.after.clone() else {
            let rows = self.range(scan);
            return if scan.descending { Box::new(rows.rev()) } else { rows };
        };
        // Where `after` lies is searched for, not walked to.
        let mut scan_on = scan.clone();
        if scan.descending {
            scan_on.to = tighter(&scan.to, &after.0, true);
            Box::new(self.range(&scan_on).rev().filter(move |row| *row < after))
        } else {
            scan_on.from = tighter(&scan.from, &after.0, false);
            Box::new(self.range(&scan_on).filter(move |row| *row > after))
        }
    }

    pub(super) fn count(&self, scan: &Scan) -> usize {
        self.range(scan).take(scan.limit).count()
    }
}

fn cells((number, key): (i64, u128)) -> (Cell, Cell) {
    (Cell::Int(number), Cell::Uuid(Uuid::from_u128(key)))
}

/// Where numbers begin that are within a lower bound; nothing when none is.
fn lower(bound: &Bound<Cell>) -> Option<Bound<(i64, u128)>> {
    match bound {
        // Every cell orders after `Null`, and numbers before texts and UUIDs.
        Bound::Unbounded | Bound::Included(Cell::Null) | Bound::Excluded(Cell::Null) => Some(Bound::Unbounded),
        Bound::Included(Cell::Int(number)) => Some(Bound::Included((*number, 0))),
        Bound::Excluded(Cell::Int(number)) => Some(Bound::Excluded((*number, u128::MAX))),
        Bound::Included(_) | Bound::Excluded(_) => None,
    }
}

/// Where numbers end that are within an upper bound; nothing when none is.
fn upper(bound: &Bound<Cell>) -> Option<Bound<(i64, u128)>> {
    match bound {
        Bound::Included(Cell::Null) | Bound::Excluded(Cell::Null) => None,
        Bound::Included(Cell::Int(number)) => Some(Bound::Included((*number, u128::MAX))),
        Bound::Excluded(Cell::Int(number)) => Some(Bound::Excluded((*number, 0))),
        Bound::Unbounded | Bound::Included(_) | Bound::Excluded(_) => Some(Bound::Unbounded),
    }
}

/// The bound of a range, drawn in to a sort cell.
fn tighter(bound: &Bound<Cell>, sort: &Cell, upper: bool) -> Bound<Cell> {
    match bound {
        Bound::Included(cell) | Bound::Excluded(cell) if (upper && cell < sort) || (!upper && cell > sort) => {
            bound.clone()
        }
        Bound::Excluded(cell) if cell == sort => bound.clone(),
        _ => Bound::Included(sort.clone()),
    }
}

fn is_empty<T: Ord>(from: &Bound<T>, to: &Bound<T>) -> bool {
    match (from, to) {
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
        _ => false,
    }
}
