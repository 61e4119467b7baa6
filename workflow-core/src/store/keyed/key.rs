//! How keys are written: so that their bytes order as what they stand for does.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{Cell, DocId, IndexName, Kind, LogPosition, Queue, QueuedState};
use super::KeyRange;
use crate::error::{ErrorKind, StoreError};
use crate::id::{FirmId, IdempotencyKey, PipelineKey, StageKey};

/// Where the version of the layout is kept.
pub(super) const FORMAT_KEY: &[u8] = b"\x00workflow";

/// What belongs to one firm.
const FIRM: u8 = 1;
/// Rows of all firms that may be handed out, by queue and instant.
const READY: u8 = 2;

/// What there is of a firm. The numbers are part of the layout.
#[derive(Debug, Clone, Copy)]
enum Space {
    /// Kind, key: revision and body.
    Documents = 1,
    /// Index, partition, sort cell, key of the document: nothing.
    Indexes = 2,
    /// Pipeline, stage: four numbers.
    Tallies = 3,
    /// Position: body.
    Log = 4,
    /// What about, whom, position: nothing.
    LogBy = 5,
    /// Identifier of an entry: position.
    Entries = 6,
    /// Idempotency key: position.
    Keys = 7,
    /// Nothing: the last position and the last place in a queue.
    Counters = 8,
    /// Queue, state, place: a row.
    Queued = 9,
    /// Queue, identifier: state and place.
    QueuedIds = 10,
    /// Queue, lane, place: nothing.
    Lanes = 11,
    /// Queue, instant, place: nothing.
    Ready = 12,
}

/// By what entries of the log are found.
#[derive(Debug, Clone, Copy)]
pub(super) enum LogIndex {
    Job = 1,
    Account = 2,
    Member = 3,
}

/// A key that is being written.
#[derive(Debug, Clone)]
pub(super) struct Key(Vec<u8>);

impl Key {
    fn of(firm: FirmId, space: Space) -> Self {
        let mut bytes = Vec::with_capacity(80);
        bytes.push(FIRM);
        bytes.extend_from_slice(firm.0.as_bytes());
        bytes.push(space as u8);
        Self(bytes)
    }

    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// An instant, in microseconds. Those before 1970 come before.
    fn instant(self, at: DateTime<Utc>) -> Self {
        self.number(ordered(at.timestamp_micros()))
    }

    fn uuid(mut self, uuid: Uuid) -> Self {
        self.0.extend_from_slice(uuid.as_bytes());
        self
    }

    /// A text, after which more may come. A zero and a one end it; a zero within it is followed by
    /// all ones. So no text begins with another one as it is written here, and they order by their
    /// bytes.
    fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend_from_slice(&[0, 1]);
        self
    }

    fn cell(self, cell: &Cell) -> Self {
        match cell {
            Cell::Null => self.byte(1),
            Cell::Int(number) => self.byte(2).number(ordered(*number)),
            Cell::Text(text) => self.byte(3).text(text),
            Cell::Uuid(uuid) => self.byte(4).uuid(*uuid),
        }
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }

    /// Every key that begins so.
    pub(super) fn all(self) -> KeyRange {
        let to = self.clone().past();
        KeyRange { from: self.0, to, descending: false, limit: usize::MAX, keys_only: false }
    }

    /// The least key that is greater than all that begin so.
    fn past(self) -> Vec<u8> {
        let mut bytes = self.0;
        // The greatest byte that is not all ones goes up by one; those after it go.
        while let Some(last) = bytes.pop() {
            if last < u8::MAX {
                bytes.push(last.saturating_add(1));
                break;
            }
        }
        bytes
    }
}

/// A signed number in the order of unsigned ones.
fn ordered(number: i64) -> u64 {
    number.cast_unsigned() ^ 1 << 63
}

fn signed(number: u64) -> i64 {
    (number ^ 1 << 63).cast_signed()
}

/// The number of a kind. Part of the layout.
fn kind(kind: Kind) -> u8 {
    match kind {
        Kind::Firm => 1,
        Kind::Member => 2,
        Kind::Template => 3,
        Kind::Pipeline => 4,
        Kind::PipelineVersion => 5,
        Kind::Account => 6,
        Kind::Job => 7,
        Kind::Task => 8,
        Kind::Item => 9,
        Kind::Comment => 10,
        Kind::Series => 11,
        Kind::Occurrence => 12,
    }
}

/// The number of an index. Part of the layout.
fn index(index: IndexName) -> u8 {
    match index {
        IndexName::Members => 1,
        IndexName::Templates => 2,
        IndexName::Pipelines => 3,
        IndexName::Accounts => 4,
        IndexName::AccountExternal => 5,
        IndexName::AccountTags => 6,
        IndexName::Board => 7,
        IndexName::Jobs => 8,
        IndexName::JobAccounts => 9,
        IndexName::JobAssignees => 10,
        IndexName::JobAttention => 11,
        IndexName::Tasks => 12,
        IndexName::TaskAccounts => 13,
        IndexName::TaskAssignees => 14,
        IndexName::TaskRoles => 15,
        IndexName::ItemAccounts => 16,
        IndexName::ItemExternal => 17,
        IndexName::Comments => 18,
        IndexName::Series => 19,
        IndexName::SeriesLedger => 20,
        IndexName::AccountLedger => 21,
    }
}

/// The number of a queue. Part of the layout.
fn queue(queue: Queue) -> u8 {
    match queue {
        Queue::Outbox => 1,
        Queue::FollowUps => 2,
        Queue::Timers => 3,
    }
}

/// The number of a state. Part of the layout.
pub(super) fn state(state: QueuedState) -> u8 {
    match state {
        QueuedState::Waiting => 1,
        QueuedState::Dead => 2,
    }
}

pub(super) fn document(firm: FirmId, id: &DocId) -> Vec<u8> {
    let key = Key::of(firm, Space::Documents).byte(kind(id.kind()));
    match id.uuid() {
        Some(uuid) => key.byte(4).uuid(uuid).done(),
        None => key.cell(&id.cell()).done(),
    }
}

pub(super) fn partition(firm: FirmId, name: IndexName, partition: &[Cell]) -> Key {
    partition.iter().fold(Key::of(firm, Space::Indexes).byte(index(name)), Key::cell)
}

/// The rows of a partition whose sort cell is before another's, or up to it.
pub(super) fn sorted(partition: Key, sort: &Cell) -> Key {
    partition.cell(sort)
}

pub(super) fn index_row(partition: Key, sort: &Cell, id: &Cell) -> Vec<u8> {
    partition.cell(sort).cell(id).done()
}

pub(super) fn tallies(firm: FirmId, pipeline: &PipelineKey) -> Key {
    Key::of(firm, Space::Tallies).text(pipeline.as_str())
}

pub(super) fn tally(firm: FirmId, pipeline: &PipelineKey, stage: &StageKey) -> Vec<u8> {
    tallies(firm, pipeline).text(stage.as_str()).done()
}

pub(super) fn log(firm: FirmId) -> Key {
    Key::of(firm, Space::Log)
}

pub(super) fn log_by(firm: FirmId, index: LogIndex, whom: Uuid) -> Key {
    Key::of(firm, Space::LogBy).byte(index as u8).uuid(whom)
}

/// An entry's place in the log, or in a list of entries about something.
pub(super) fn position(list: Key, position: LogPosition) -> Vec<u8> {
    list.number(position.0).done()
}

pub(super) fn entry(firm: FirmId, id: Uuid) -> Vec<u8> {
    Key::of(firm, Space::Entries).uuid(id).done()
}

pub(super) fn idempotency(firm: FirmId, key: &IdempotencyKey) -> Vec<u8> {
    Key::of(firm, Space::Keys).text(key.as_str()).done()
}

pub(super) fn counters(firm: FirmId) -> Vec<u8> {
    Key::of(firm, Space::Counters).done()
}

pub(super) fn queued(firm: FirmId, name: Queue, in_state: QueuedState) -> Key {
    Key::of(firm, Space::Queued).byte(queue(name)).byte(state(in_state))
}

pub(super) fn queued_row(firm: FirmId, name: Queue, in_state: QueuedState, place: u64) -> Vec<u8> {
    queued(firm, name, in_state).number(place).done()
}

pub(super) fn queued_id(firm: FirmId, name: Queue, id: Uuid) -> Vec<u8> {
    Key::of(firm, Space::QueuedIds).byte(queue(name)).uuid(id).done()
}

pub(super) fn lane(firm: FirmId, name: Queue, lane: Uuid) -> Key {
    Key::of(firm, Space::Lanes).byte(queue(name)).uuid(lane)
}

pub(super) fn in_lane(firm: FirmId, name: Queue, of: Uuid, place: u64) -> Vec<u8> {
    lane(firm, name, of).number(place).done()
}

/// Rows of a queue that may be handed out: of one firm, or of all.
pub(super) fn ready(firm: Option<FirmId>, name: Queue) -> Key {
    match firm {
        Some(firm) => Key::of(firm, Space::Ready).byte(queue(name)),
        None => Key(vec![READY, queue(name)]),
    }
}

/// The two keys of a row that may be handed out from an instant on: its firm's, and that of all.
pub(super) fn ready_row(firm: FirmId, name: Queue, at: DateTime<Utc>, place: u64) -> [Vec<u8>; 2] {
    [
        ready(Some(firm), name).instant(at).number(place).done(),
        ready(None, name).instant(at).number(place).uuid(firm.0).done(),
    ]
}

/// The rows that may be handed out by an instant.
pub(super) fn ready_by(firm: Option<FirmId>, name: Queue, now: DateTime<Utc>) -> KeyRange {
    let list = ready(firm, name);
    KeyRange { to: list.clone().instant(now).past(), ..list.all() }
}

/// All keys that begin so; their values will not be looked at.
pub(super) fn keys(list: Key) -> KeyRange {
    KeyRange { keys_only: true, ..list.all() }
}

/// Reads a key back, from its end.
pub(super) struct Tail<'a>(pub(super) &'a [u8]);

impl Tail<'_> {
    pub(super) fn number(&mut self) -> Result<u64, StoreError> {
        let (rest, number) = self.0.split_last_chunk::<8>().ok_or_else(torn)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*number))
    }

    pub(super) fn instant(&mut self) -> Result<DateTime<Utc>, StoreError> {
        DateTime::from_timestamp_micros(signed(self.number()?)).ok_or_else(torn)
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, StoreError> {
        let (rest, uuid) = self.0.split_last_chunk::<16>().ok_or_else(torn)?;
        self.0 = rest;
        Ok(Uuid::from_bytes(*uuid))
    }
}

/// Reads a key back from where a part of it begins.
pub(super) struct Head<'a>(pub(super) &'a [u8]);

impl<'a> Head<'a> {
    /// A key after what it is known to begin with.
    pub(super) fn after(key: &'a [u8], begins: &Key) -> Result<Self, StoreError> {
        key.strip_prefix(begins.0.as_slice()).map(Self).ok_or_else(torn)
    }

    /// The next bytes.
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or_else(torn)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        let mut text = Vec::new();
        loop {
            let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(torn)?;
            let (part, rest) = self.0.split_at(end);
            text.extend_from_slice(part);
            match rest {
                [0, 0xff, rest @ ..] => {
                    text.push(0);
                    self.0 = rest;
                }
                [0, 1, rest @ ..] => {
                    self.0 = rest;
                    return String::from_utf8(text).map_err(|_| torn());
                }
                _ => return Err(torn()),
            }
        }
    }

    pub(super) fn cell(&mut self) -> Result<Cell, StoreError> {
        Ok(match self.take::<1>()? {
            [1] => Cell::Null,
            [2] => Cell::Int(signed(u64::from_be_bytes(self.take()?))),
            [3] => Cell::Text(self.text()?.into()),
            [4] => Cell::Uuid(Uuid::from_bytes(self.take()?)),
            _ => return Err(torn()),
        })
    }
}

pub(super) fn torn() -> StoreError {
    StoreError::new(ErrorKind::Corrupt, "a key or value is not one that the engine wrote")
}
