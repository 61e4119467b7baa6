//! Commits: everything is checked before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::{
    Batch, Cell, Committed, Conflict, DocId, Document, IndexName, LogPosition, Put, Record, Restore, Revision,
    StageTally, encode_entry,
};
use super::buffer::Buffer;
use super::key::{self, LogIndex, Tail};
use super::{queues, read};
use crate::error::StoreError;
use crate::event::{Actor, Entry};
use crate::id::{FirmId, PipelineKey, StageKey};

/// What stops a batch.
pub(super) enum Stop {
    Conflict(Conflict),
    Failed(StoreError),
}

impl From<Conflict> for Stop {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// The last position in a firm's log, and the last place in its queues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) position: u64,
    pub(super) place: u64,
}

impl Counters {
    fn read(buffer: &mut Buffer<'_>, firm: FirmId) -> Result<Self, StoreError> {
        let Some(value) = buffer.get(&key::counters(firm))? else { return Ok(Self::default()) };
        let mut rest = Tail(&value);
        let (place, position) = (rest.number()?, rest.number()?);
        Ok(Self { position, place })
    }

    fn write(self, buffer: &mut Buffer<'_>, firm: FirmId) {
        let value = [self.position.to_be_bytes(), self.place.to_be_bytes()].concat();
        buffer.put(key::counters(firm), value);
    }

    /// A new place, after all others.
    pub(super) fn next_place(&mut self) -> u64 {
        self.place = self.place.saturating_add(1);
        self.place
    }
}

/// Commits a batch into the buffer, all of it or nothing.
pub(super) fn commit(buffer: &mut Buffer<'_>, batch: &Batch) -> Result<Result<Committed, Conflict>, StoreError> {
    match check(buffer, batch) {
        Ok(()) => apply(buffer, batch).map(Ok),
        Err(Stop::Conflict(conflict)) => Ok(Err(conflict)),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn revision(buffer: &mut Buffer<'_>, firm: FirmId, id: &DocId) -> Result<Option<Revision>, StoreError> {
    let value = buffer.get(&key::document(firm, id))?;
    value.map(|value| read::split(&value).map(|(revision, _)| revision)).transpose()
}

fn check(buffer: &mut Buffer<'_>, batch: &Batch) -> Result<(), Stop> {
    let expect = |buffer: &mut Buffer<'_>, id: DocId, expected: Option<Revision>| {
        let found = revision(buffer, batch.firm, &id)?;
        if found == expected { Ok(()) } else { Err(Stop::from(Conflict::Document(id))) }
    };
    for check in &batch.checks {
        expect(buffer, check.id.clone(), check.expected)?;
    }
    let mut taken = BTreeSet::new();
    for put in &batch.puts {
        expect(buffer, put.document.id(), put.expected)?;
        check_unique(buffer, batch, &put.document, &mut taken)?;
    }
    for delete in &batch.deletes {
        expect(buffer, delete.previous.id(), Some(delete.expected))?;
    }
    for restored in &batch.restore {
        let Restore::Record(record) = restored else { continue };
        let id = record.document.id();
        if batch.puts.iter().any(|put| put.document.id() == id) {
            return Err(Conflict::Document(id).into());
        }
        expect(buffer, id, None)?;
        check_unique(buffer, batch, &record.document, &mut taken)?;
    }
    check_guards(buffer, batch)?;
    check_entries(buffer, batch)?;
    queues::check(buffer, batch)
}

/// Whether each partition of a unique index would hold one row, once the whole batch is written.
fn check_unique(
    buffer: &mut Buffer<'_>,
    batch: &Batch,
    document: &Document,
    taken: &mut BTreeSet<(IndexName, Vec<Cell>)>,
) -> Result<(), Stop> {
    let (kind, own) = (document.kind(), document.id().cell());
    for index in kind.indexes().iter().filter(|index| index.spec().unique) {
        // Rows of what the batch writes or deletes go; those that come are in `taken`.
        let goes = |key: &Cell| {
            let touched = |id: DocId| id.kind() == kind && id.cell() == *key;
            batch.puts.iter().any(|put| touched(put.document.id()))
                || batch.deletes.iter().any(|delete| touched(delete.previous.id()))
        };
        for entry in document.index_entries(*index) {
            let partition = key::partition(batch.firm, *index, &entry.partition);
            let rows = buffer.range(&key::keys(partition.clone()))?;
            let others = rows.iter().map(|(row, _)| read::id_in(row, &partition));
            let stays = others.collect::<Result<Vec<_>, _>>()?.iter().any(|other| *other != own && !goes(other));
            if stays || !taken.insert((*index, entry.partition)) {
                return Err(Conflict::Unique(*index).into());
            }
        }
    }
    Ok(())
}

fn tally(
    buffer: &mut Buffer<'_>,
    firm: FirmId,
    pipeline: &PipelineKey,
    stage: &StageKey,
) -> Result<StageTally, StoreError> {
    let value = buffer.get(&key::tally(firm, pipeline, stage))?;
    value.map_or(Ok(StageTally::default()), |value| read::tally(&value))
}

fn check_guards(buffer: &mut Buffer<'_>, batch: &Batch) -> Result<(), Stop> {
    for guard in &batch.guards {
        let before = tally(buffer, batch.firm, &guard.pipeline, &guard.stage)?.jobs;
        let deltas =
            batch.tallies.iter().filter(|delta| (&delta.pipeline, &delta.stage) == (&guard.pipeline, &guard.stage));
        let added = deltas.fold(0i64, |sum, delta| sum.saturating_add(delta.by.jobs));
        if before.saturating_add(added) > guard.at_most {
            return Err(Conflict::Guard(guard.stage.clone()).into());
        }
    }
    Ok(())
}

fn check_entries(buffer: &mut Buffer<'_>, batch: &Batch) -> Result<(), Stop> {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for entry in &batch.entries {
        if let Some(name) = &entry.key
            && (!keys.insert(name) || buffer.get(&key::idempotency(batch.firm, name))?.is_some())
        {
            return Err(Conflict::Key(name.clone()).into());
        }
        if !ids.insert(entry.id) || buffer.get(&key::entry(batch.firm, entry.id.0))?.is_some() {
            // The same commit, given again. Who loads and looks for its entry finds it.
            return Err(Conflict::Document(DocId::Firm).into());
        }
    }
    Ok(())
}

/// Writes a batch that was checked.
fn apply(buffer: &mut Buffer<'_>, batch: &Batch) -> Result<Committed, StoreError> {
    let firm = batch.firm;
    let before = Counters::read(buffer, firm)?;
    let mut counters = before;
    for delete in &batch.deletes {
        let id = delete.previous.id();
        for index in id.kind().indexes() {
            each_row(firm, *index, &delete.previous, &id, &mut |row| buffer.delete(row));
        }
        buffer.delete(key::document(firm, &id));
    }
    for put in &batch.puts {
        write(buffer, firm, put)?;
    }
    // Changes of one stage are summed up before it is written.
    let mut tallies: BTreeMap<(&PipelineKey, &StageKey), StageTally> = BTreeMap::new();
    for delta in &batch.tallies {
        let sum = tallies.entry((&delta.pipeline, &delta.stage)).or_default();
        *sum = sum.plus(delta.by);
    }
    for ((pipeline, stage), by) in tallies {
        let sum = tally(buffer, firm, pipeline, stage)?.plus(by);
        let numbers = [sum.jobs, sum.attention, sum.open_blockers, sum.done_blockers];
        buffer.put(key::tally(firm, pipeline, stage), numbers.map(i64::to_be_bytes).concat());
    }
    for entry in &batch.entries {
        counters.position = counters.position.saturating_add(1);
        append(buffer, firm, LogPosition(counters.position), entry)?;
    }
    queues::apply(buffer, batch, &mut counters)?;
    for restored in &batch.restore {
        match restored {
            Restore::Record(record) => insert(buffer, firm, record)?,
            Restore::Row(row) => queues::restore(buffer, firm, row, counters.next_place())?,
        }
    }
    if counters != before {
        counters.write(buffer, firm);
    }
    Ok(Committed { position: LogPosition(counters.position) })
}

/// Hands out the keys of a document's rows in an index.
fn each_row(firm: FirmId, index: IndexName, document: &Document, id: &DocId, row: &mut dyn FnMut(Vec<u8>)) {
    let id = id.cell();
    document.each_entry(index, &mut |partition, sort| {
        row(key::index_row(key::partition(firm, index, partition), sort, &id));
    });
}

fn write(buffer: &mut Buffer<'_>, firm: FirmId, put: &Put) -> Result<(), StoreError> {
    let id = put.document.id();
    for index in id.kind().indexes() {
        if let Some(previous) = &put.previous {
            if put.document.same_entries(*index, previous) {
                continue;
            }
            each_row(firm, *index, previous, &id, &mut |row| buffer.delete(row));
        }
        each_row(firm, *index, &put.document, &id, &mut |row| buffer.put(row, Vec::new()));
    }
    keep(buffer, firm, &put.document, put.expected.unwrap_or(0).saturating_add(1))
}

fn keep(buffer: &mut Buffer<'_>, firm: FirmId, document: &Document, revision: Revision) -> Result<(), StoreError> {
    let body = document.encode()?;
    buffer.put(key::document(firm, &document.id()), [revision.to_be_bytes().as_slice(), &body].concat());
    Ok(())
}

/// Adds a document that is not there yet.
fn insert(buffer: &mut Buffer<'_>, firm: FirmId, record: &Record) -> Result<(), StoreError> {
    let id = record.document.id();
    for index in id.kind().indexes() {
        each_row(firm, *index, &record.document, &id, &mut |row| buffer.put(row, Vec::new()));
    }
    keep(buffer, firm, &record.document, record.revision)
}

fn append(buffer: &mut Buffer<'_>, firm: FirmId, at: LogPosition, entry: &Arc<Entry>) -> Result<(), StoreError> {
    let place = at.0.to_be_bytes().to_vec();
    buffer.put(key::position(key::log(firm), at), encode_entry(entry)?);
    buffer.put(key::entry(firm, entry.id.0), place.clone());
    if let Some(name) = &entry.key {
        buffer.put(key::idempotency(firm, name), place);
    }
    let member = if let Actor::Member(member) = entry.actor { Some(member.0) } else { None };
    let about = [
        (LogIndex::Job, entry.job.map(|job| job.0)),
        (LogIndex::Account, entry.account.map(|account| account.0)),
        (LogIndex::Member, member),
    ];
    for (index, whom) in about {
        if let Some(whom) = whom {
            buffer.put(key::position(key::log_by(firm, index, whom), at), Vec::new());
        }
    }
    Ok(())
}
