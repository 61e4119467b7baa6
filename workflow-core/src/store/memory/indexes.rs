//! The indexes of a firm.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;
use std::hint::black_box;
use std::ops::{Bound, RangeBounds};

use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::store::{Cell, DocId, Document, IndexName, Scan};

/// The rows of all indexes.
#[derive(Debug, Clone)]
pub(super) struct Indexes {
    /// Those of accounts and jobs, of which there are many: all that one has are in one place, so that a command
    /// that comes to several of its partitions goes to one.
    owners: FxHashMap<Owner, BTreeSet<Owned>>,
    /// The others, per index in the order of their names.
    partitions: Vec<FxHashMap<Box<[Cell]>, Rows>>,
}

/// Both halves of the UUID of an account or a job.
type Owner = (u64, u64);

/// Which of an owner's partitions: of which index, and the number in it if it has one.
type Part = (u8, u8);

/// A row of an owner.
type Owned = (Part, Number);

/// The owner of a partition, if it has one.
fn owner(index: IndexName, partition: &[Cell]) -> Option<(Owner, Part)> {
    let (IndexName::JobAccounts | IndexName::TaskAccounts | IndexName::ItemAccounts | IndexName::Comments) = index
    else {
        return None;
    };
    let (owner, number) = match partition {
        [Cell::Uuid(owner)] => (owner, 0),
        [Cell::Uuid(owner), Cell::Int(number)] => (owner, u8::try_from(*number).ok()?),
        _ => return None,
    };
    Some((owner.as_u64_pair(), (index as u8, number)))
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
        let partitions = IndexName::ALL.iter().map(|_| FxHashMap::default()).collect();
        Self { owners: FxHashMap::default(), partitions }
    }
}

impl Indexes {
    pub(super) fn partition(&self, index: IndexName, partition: &[Cell]) -> Option<Partition<'_>> {
        match owner(index, partition) {
            Some((owner, part)) => Some(Partition::Owned(self.owners.get(&owner)?, part)),
            None => Some(Partition::Rows(self.partitions.get(index as usize)?.get(partition)?)),
        }
    }

    /// Reads the first row of an account or a job, and the last.
    pub(super) fn reach(&self, owner: Uuid) {
        let rows = self.owners.get(&owner.as_u64_pair());
        black_box(rows.and_then(|rows| Some((rows.first()?.1, rows.last()?.1))));
    }

    pub(super) fn add(&mut self, index: IndexName, document: &Document, id: &DocId) {
        document.each_entry(index, &mut |partition, sort| {
            if let (Some((owner, part)), Some(row)) = (owner(index, partition), number(sort, id)) {
                self.owners.entry(owner).or_default().insert((part, row));
                return;
            }
            let Some(partitions) = self.partitions.get_mut(index as usize) else { return };
            match partitions.get_mut(partition) {
                Some(rows) => rows.insert(sort, id),
                None => drop(partitions.insert(partition.into(), Rows::new(sort, id))),
            }
        });
    }

    pub(super) fn remove(&mut self, index: IndexName, document: &Document, id: &DocId) {
        document.each_entry(index, &mut |partition, sort| {
            if let (Some((owner, part)), Some(row)) = (owner(index, partition), number(sort, id)) {
                if let Entry::Occupied(mut rows) = self.owners.entry(owner) {
                    rows.get_mut().remove(&(part, row));
                    if rows.get().is_empty() {
                        rows.remove();
                    }
                }
                return;
            }
            let Some(partitions) = self.partitions.get_mut(index as usize) else { return };
            if partitions.get_mut(partition).is_some_and(|rows| rows.remove(sort, id)) {
                partitions.remove(partition);
            }
        });
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
}

/// A partition, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Partition<'a> {
    Rows(&'a Rows),
    /// One among those of an owner.
    Owned(&'a BTreeSet<Owned>, Part),
}

impl<'a> Partition<'a> {
    /// The keys of all rows.
    pub(super) fn keys(self) -> impl Iterator<Item = Cell> + 'a {
        let rows: Box<dyn Iterator<Item = (Cell, Cell)>> = match self {
            Self::Rows(rows) => rows.all(),
            Self::Owned(rows, part) => {
                let of = rows.range((part, first(i64::MIN))..=(part, last(i64::MAX)));
                Box::new(of.map(|(_, row)| cells(*row)))
            }
        };
        rows.map(|(_, key)| key)
    }

    /// The rows between the bounds of a scan, `after` left out.
    fn range(self, scan: &Scan) -> Box<dyn DoubleEndedIterator<Item = (Cell, Cell)> + 'a> {
        match self {
            Self::Rows(rows) => rows.range(scan),
            Self::Owned(rows, part) => {
                let rows = between(scan).map(|(from, to)| {
                    let from = match from {
                        Bound::Unbounded => Bound::Included(first(i64::MIN)),
                        bound => bound,
                    };
                    let to = match to {
                        Bound::Unbounded => Bound::Included(last(i64::MAX)),
                        bound => bound,
                    };
                    rows.range((from.map(|row| (part, row)), to.map(|row| (part, row))))
                });
                Box::new(rows.into_iter().flatten().map(|(_, row)| cells(*row)))
            }
        }
    }

    /// The rows of a scan, in its direction. Its limit is the caller's to heed.
    pub(super) fn scan(self, scan: &Scan) -> Box<dyn Iterator<Item = (Cell, Cell)> + 'a> {
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

    pub(super) fn count(self, scan: &Scan) -> usize {
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
