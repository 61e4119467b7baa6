//! Every statement of the store, by name. `sql` has what they say.

use std::ops::Bound;

use workflow_core::store::{Cell, CellType, IndexName, Kind, LogBy, Queue, Scan};

use super::change::{Change, Changes};
use super::param::fits;

/// Kinds of document, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u16;
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.0 & (1 << *kind as u16) != 0)
    }
}

/// How a scan is bounded, as far as its SQL goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub(super) index: IndexName,
    pub(super) from: Edge,
    pub(super) to: Edge,
    pub(super) after: After,
    pub(super) descending: bool,
    /// Which cells of the partition are null: bit n stands for cell n.
    pub(super) nulls: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Edge {
    None,
    Included,
    Excluded,
}

/// From where on a scan goes, in its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum After {
    /// From its beginning.
    Nowhere,
    /// After a sort cell and a key.
    Place,
    /// From a sort cell: all keys in it are after the one that was given.
    From,
    /// After a sort cell: no key in it is.
    Past,
}

impl After {
    /// A key can be of another type than those of the index. Types have an order too.
    pub(super) fn of(scan: &Scan) -> Self {
        let Some((_, key)) = &scan.after else { return Self::Nowhere };
        let own = scan.index.spec().kind.table().key;
        match (fits(key, own) && *key != Cell::Null, rank(key) < rank_of(own), scan.descending) {
            (true, ..) => Self::Place,
            (false, true, false) | (false, false, true) => Self::From,
            (false, true, true) | (false, false, false) => Self::Past,
        }
    }
}

fn rank(cell: &Cell) -> u8 {
    match cell {
        Cell::Null => 0,
        Cell::Int(_) => 1,
        Cell::Text(_) => 2,
        Cell::Uuid(_) => 3,
    }
}

fn rank_of(ty: CellType) -> u8 {
    match ty {
        CellType::Int => 1,
        CellType::Text => 2,
        CellType::Uuid => 3,
    }
}

impl Edge {
    fn of<T>(bound: &Bound<T>) -> Self {
        match bound {
            Bound::Unbounded => Self::None,
            Bound::Included(_) => Self::Included,
            Bound::Excluded(_) => Self::Excluded,
        }
    }
}

impl Shape {
    /// The shape of a scan that names the whole partition, or of counting its rows.
    pub(super) fn of(scan: &Scan, count: bool) -> Self {
        let null = |(place, cell): (usize, &Cell)| u8::from(*cell == Cell::Null) << place;
        Self {
            index: scan.index,
            from: Edge::of(&scan.from),
            to: Edge::of(&scan.to),
            after: if count { After::Nowhere } else { After::of(scan) },
            descending: scan.descending && !count,
            nulls: scan.partition.iter().enumerate().map(null).fold(0, |all, bit| all | bit),
        }
    }
}

/// By what the log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LogColumn {
    Firm,
    Job,
    Account,
    Member,
    Entry,
    Key,
}

impl LogColumn {
    pub(super) fn of(by: &LogBy) -> Option<Self> {
        Some(match by {
            LogBy::Firm => Self::Firm,
            LogBy::Job(_) => Self::Job,
            LogBy::Account(_) => Self::Account,
            LogBy::Member(_) => Self::Member,
            LogBy::Entry(_) => Self::Entry,
            LogBy::Key(_) => Self::Key,
            _ => return None,
        })
    }

    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Job => "job",
            Self::Account => "account",
            Self::Member => "member",
            Self::Entry => "id",
            Self::Key => "key",
        }
    }
}

/// A statement of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Statement {
    // Reading.
    /// Documents by key.
    Get(Kinds),
    /// The same, and their owners.
    Gather(Kinds),
    Scan(Shape),
    Count(Shape),
    Tallies,
    Log {
        by: LogColumn,
        descending: bool,
    },
    Queued {
        queue: Queue,
        dead: bool,
    },
    NextDue {
        queue: Queue,
        of_firm: bool,
    },
    // Writing.
    /// Locks the firm's counters and counts them up.
    Advance,
    /// Documents are at these revisions, or absent.
    Check(Kinds),
    Delete(Kind),
    /// Takes unique references away before they are given anew.
    Release(Kind),
    Change(Change),
    Changes(Changes),
    Guard,
    /// Tells other hosts that something was queued.
    Hint,
    /// Puts rows in as another store held them.
    Restore(Queue),
    Revive(Queue),
    // Looking what stands against a commit.
    Revisions(Kind),
    Holders(Kind),
    Stages,
    KnownEntries,
    KnownKeys,
    Rows(Queue),
    // Handing out.
    Claim {
        queue: Queue,
        of_firm: bool,
        own: bool,
    },
}
