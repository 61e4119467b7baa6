//! The indexes of a firm.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;
use std::ops::{Bound, RangeBounds};

use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::store::{Cell, DocId, Document, IndexName, Scan};

/// Per index, in the order of their names, the partitions with their rows.
#[derive(Debug, Clone)]
pub(super) struct Indexes(Vec<Partitions>);

/// The partitions of an index.
#[derive(Debug, Clone, Default)]
struct Partitions {
    /// Those of an account, a job or a member, which are many: they are kept as numbers in the table itself, and
    /// a command that comes to one goes to no other place in memory.
    owned: FxHashMap<Owned, Rows>,
    others: FxHashMap<Box<[Cell]>, Rows>,
}

/// A partition of a UUID, of which both halves are kept, and perhaps a number.
type Owned = (u64, u64, Option<i64>);

fn owned(partition: &[Cell]) -> Option<Owned> {
    let (owner, number) = match partition {
        [Cell::Uuid(owner)] => (owner, None),
        [Cell::Uuid(owner), Cell::Int(number)] => (owner, Some(*number)),
        _ => return None,
    };
    let (high, low) = owner.as_u64_pair();
    Some((high, low, number))
}

impl Partitions {
    fn get(&self, partition: &[Cell]) -> Option<&Rows> {
        match owned(partition) {
            Some(owned) => self.owned.get(&owned),
            None => self.others.get(partition),
        }
    }

    fn add(&mut self, partition: &[Cell], sort: &Cell, id: &DocId) {
        let rows = match owned(partition) {
            Some(owned) => match self.owned.entry(owned) {
                Entry::Occupied(rows) => rows.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(Rows::new(sort, id));
                    return;
                }
            },
            None => match self.others.get_mut(partition) {
                Some(rows) => rows,
                None => return drop(self.others.insert(partition.into(), Rows::new(sort, id))),
            },
        };
        rows.insert(sort, id);
    }

    fn remove(&mut self, partition: &[Cell], sort: &Cell, id: &DocId) {
        match owned(partition) {
            Some(owned) => {
                if self.owned.get_mut(&owned).is_some_and(|rows| rows.remove(sort, id)) {
                    self.owned.remove(&owned);
                }
            }
            None => {
                if self.others.get_mut(partition).is_some_and(|rows| rows.remove(sort, id)) {
                    self.others.remove(partition);
                }
            }
        }
    }
}

/// Rows of a partition, sort cell and document key, in order.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    /// One, sorted by a number and keyed by a UUID, as nearly all are.
    Number(Number),
    /// Several such: half as large as cells, and compared at once.
    Numbers(BTreeSet<Number>),
    Cells(BTreeSet<(Cell, Cell)>),
}

/// A number to sort by, and both halves of a UUID.
type Number = (i64, u64, u64);

impl Default for Indexes {
    fn default() -> Self {
        Self(IndexName::ALL.iter().map(|_| Partitions::default()).collect())
    }
}

impl Indexes {
    pub(super) fn rows(&self, index: IndexName, partition: &[Cell]) -> Option<&Rows> {
        self.0.get(index as usize)?.get(partition)
    }

    pub(super) fn add(&mut self, index: IndexName, document: &Document, id: &DocId) {
        let Some(partitions) = self.0.get_mut(index as usize) else { return };
        document.each_entry(index, &mut |partition, sort| partitions.add(partition, sort, id));
    }

    pub(super) fn remove(&mut self, index: IndexName, document: &Document, id: &DocId) {
        let Some(partitions) = self.0.get_mut(index as usize) else { return };
        document.each_entry(index, &mut |partition, sort| partitions.remove(partition, sort, id));
    }
}

/// A row as a number and a UUID, if it is that.
fn number(sort: &Cell, id: &DocId) -> Option<Number> {
    let (Cell::Int(number), Some(key)) = (sort, id.uuid()) else { return None };
    let (high, low) = key.as_u64_pair();
    Some((*number, high, low))
}

impl Rows {
    fn new(sort: &Cell, id: &DocId) -> Self {
        match number(sort, id) {
            Some(row) => Self::Number(row),
            None => Self::Cells(BTreeSet::from([(sort.clone(), id.cell())])),
        }
    }

    fn insert(&mut self, sort: &Cell, id: &DocId) {
        match (&mut *self, number(sort, id)) {
            (Self::Number(row), Some(other)) if *row == other => {}
            (Self::Number(row), Some(other)) => *self = Self::Numbers(BTreeSet::from([*row, other])),
            (Self::Numbers(rows), Some(row)) => drop(rows.insert(row)),
            (Self::Cells(rows), _) => drop(rows.insert((sort.clone(), id.cell()))),
            (Self::Number(_) | Self::Numbers(_), None) => {
                let mut rows: BTreeSet<(Cell, Cell)> = self.all().collect();
                rows.insert((sort.clone(), id.cell()));
                *self = Self::Cells(rows);
            }
        }
    }

    /// Takes a row out, and answers whether none is left.
    fn remove(&mut self, sort: &Cell, id: &DocId) -> bool {
        match (self, number(sort, id)) {
            (Self::Number(row), removed) => removed == Some(*row),
            (Self::Numbers(rows), removed) => {
                if let Some(row) = removed {
                    rows.remove(&row);
                }
                rows.is_empty()
            }
            (Self::Cells(rows), _) => {
                rows.remove(&(sort.clone(), id.cell()));
                rows.is_empty()
            }
        }
    }

    fn all(&self) -> Box<dyn Iterator<Item = (Cell, Cell)> + '_> {
        match self {
            Self::Number(row) => Box::new(std::iter::once(cells(*row))),
            Self::Numbers(rows) => Box::new(rows.iter().map(|row| cells(*row))),
            Self::Cells(rows) => Box::new(rows.iter().cloned()),
        }
    }

    /// The keys of all rows.
    pub(super) fn keys(&self) -> impl Iterator<Item = Cell> + '_ {
        self.all().map(|(_, key)| key)
    }

    /// The rows between the bounds of a scan, `after` left out.
    fn range(&self, scan: &Scan) -> Box<dyn DoubleEndedIterator<Item = (Cell, Cell)> + '_> {
        match self {
            Self::Number(row) => {
                Box::new(between(scan).filter(|range| range.contains(row)).map(|_| cells(*row)).into_iter())
            }
            Self::Numbers(rows) => {
                Box::new(between(scan).into_iter().flat_map(|range| rows.range(range)).map(|row| cells(*row)))
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

fn cells((number, high, low): Number) -> (Cell, Cell) {
    (Cell::Int(number), Cell::Uuid(Uuid::from_u64_pair(high, low)))
}

/// The first row that a number can sort, and the last.
fn first(number: i64) -> Number {
    (number, 0, 0)
}

fn last(number: i64) -> Number {
    (number, u64::MAX, u64::MAX)
}

/// The rows sorted by numbers that are within the bounds of a scan; nothing where none can be.
fn between(scan: &Scan) -> Option<(Bound<Number>, Bound<Number>)> {
    let (from, to) = (lower(&scan.from)?, upper(&scan.to)?);
    (!is_empty(&from, &to)).then_some((from, to))
}

/// Where numbers begin that are within a lower bound; nothing when none is.
fn lower(bound: &Bound<Cell>) -> Option<Bound<Number>> {
    match bound {
        // Every cell orders after `Null`, and numbers before texts and UUIDs.
        Bound::Unbounded | Bound::Included(Cell::Null) | Bound::Excluded(Cell::Null) => Some(Bound::Unbounded),
        Bound::Included(Cell::Int(number)) => Some(Bound::Included(first(*number))),
        Bound::Excluded(Cell::Int(number)) => Some(Bound::Excluded(last(*number))),
        Bound::Included(_) | Bound::Excluded(_) => None,
    }
}

/// Where numbers end that are within an upper bound; nothing when none is.
fn upper(bound: &Bound<Cell>) -> Option<Bound<Number>> {
    match bound {
        Bound::Included(Cell::Null) | Bound::Excluded(Cell::Null) => None,
        Bound::Included(Cell::Int(number)) => Some(Bound::Included(last(*number))),
        Bound::Excluded(Cell::Int(number)) => Some(Bound::Excluded(first(*number))),
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
