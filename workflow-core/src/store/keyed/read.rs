//! Documents, indexes, counts and the log.

use std::ops::Bound;

use super::super::{
    Cell, DocId, Document, Hit, LogBy, LogPosition, LogScan, Logged, Record, Revision, Scan, StageTally, decode_entry,
};
use super::KeyRange;
use super::buffer::Buffer;
use super::key::{self, Head, Key, LogIndex, Tail, torn};
use crate::error::StoreError;
use crate::id::{FirmId, PipelineKey, StageKey};

/// The revision and the body of a document, as they are kept.
pub(super) fn split(value: &[u8]) -> Result<(Revision, &[u8]), StoreError> {
    let (revision, body) = value.split_first_chunk::<8>().ok_or_else(torn)?;
    Ok((Revision::from_be_bytes(*revision), body))
}

pub(super) fn get(buffer: &mut Buffer<'_>, firm: FirmId, id: &DocId) -> Result<Option<Record>, StoreError> {
    let Some(value) = buffer.get(&key::document(firm, id))? else { return Ok(None) };
    let (revision, body) = split(&value)?;
    Ok(Some(Record { revision, document: Document::decode(id.kind(), body)? }))
}

/// The keys of a scan, `after` left out, and what they all begin with. Nothing when no row can be
/// in it.
fn range(firm: FirmId, scan: &Scan) -> Option<(Key, KeyRange)> {
    if scan.partition.len() != scan.index.spec().partition.len() {
        return None;
    }
    let partition = key::partition(firm, scan.index, &scan.partition);
    let mut range = partition.clone().all();
    match &scan.from {
        Bound::Unbounded => {}
        Bound::Included(cell) => range.from = key::sorted(partition.clone(), cell).done(),
        Bound::Excluded(cell) => range.from = key::sorted(partition.clone(), cell).all().to,
    }
    match &scan.to {
        Bound::Unbounded => {}
        Bound::Included(cell) => range.to = key::sorted(partition.clone(), cell).all().to,
        Bound::Excluded(cell) => range.to = key::sorted(partition.clone(), cell).done(),
    }
    (range.limit, range.keys_only, range.descending) = (scan.limit, true, scan.descending);
    (range.from < range.to).then_some((partition, range))
}

pub(super) fn scan(buffer: &mut Buffer<'_>, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
    let Some((partition, mut range)) = range(firm, scan) else { return Ok(Vec::new()) };
    if let Some((sort, id)) = &scan.after {
        let mut after = key::index_row(partition.clone(), sort, id);
        if scan.descending {
            range.to = range.to.min(after);
        } else {
            after.push(0);
            range.from = range.from.max(after);
        }
    }
    let kind = scan.index.spec().kind;
    let mut hits = Vec::new();
    for (row, _) in buffer.range(&range)? {
        let mut row = Head::after(&row, &partition)?;
        let (sort, id) = (row.cell()?, row.cell()?);
        let id = kind.id_of(&id).ok_or_else(torn)?;
        let record = get(buffer, firm, &id)?.ok_or_else(torn)?;
        hits.push(Hit { sort, record });
    }
    Ok(hits)
}

pub(super) fn count(buffer: &mut Buffer<'_>, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
    let Some((_, range)) = range(firm, scan) else { return Ok(0) };
    Ok(buffer.range(&range)?.len())
}

/// A stage's counts as they are kept.
pub(super) fn tally(value: &[u8]) -> Result<StageTally, StoreError> {
    let mut rest = Tail(value);
    let mut number = || Ok::<_, StoreError>(rest.number()?.cast_signed());
    let (done_blockers, open_blockers, attention, jobs) = (number()?, number()?, number()?, number()?);
    Ok(StageTally { jobs, attention, open_blockers, done_blockers })
}

pub(super) fn tallies(
    buffer: &mut Buffer<'_>,
    firm: FirmId,
    pipeline: &PipelineKey,
) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
    let list = key::tallies(firm, pipeline);
    let rows = buffer.range(&list.clone().all())?;
    let stage = |(row, value): (Vec<u8>, Vec<u8>)| {
        let stage = StageKey::new(Head::after(&row, &list)?.text()?).map_err(|_| torn())?;
        Ok((stage, tally(&value)?))
    };
    rows.into_iter().map(stage).collect()
}

pub(super) fn log(buffer: &mut Buffer<'_>, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
    let (list, whole) = match &scan.by {
        LogBy::Firm => (key::log(firm), true),
        LogBy::Job(job) => (key::log_by(firm, LogIndex::Job, job.0), false),
        LogBy::Account(account) => (key::log_by(firm, LogIndex::Account, account.0), false),
        LogBy::Member(member) => (key::log_by(firm, LogIndex::Member, member.0), false),
        LogBy::Entry(id) => return one(buffer, firm, scan, &key::entry(firm, id.0)),
        LogBy::Key(key) => return one(buffer, firm, scan, &key::idempotency(firm, key)),
    };
    let range = KeyRange { descending: scan.descending, limit: scan.limit, keys_only: !whole, ..list.clone().all() };
    let range = match scan.after {
        None => range,
        Some(after) if scan.descending => KeyRange { to: key::position(list, after), ..range },
        Some(LogPosition(u64::MAX)) => return Ok(Vec::new()),
        Some(LogPosition(after)) => {
            KeyRange { from: key::position(list, LogPosition(after.saturating_add(1))), ..range }
        }
    };
    let mut found = Vec::new();
    for (row, value) in buffer.range(&range)? {
        let position = LogPosition(Tail(&row).number()?);
        let body = if whole { value } else { body_at(buffer, firm, position)? };
        found.push(Logged { position, entry: decode_entry(&body)? });
    }
    Ok(found)
}

fn body_at(buffer: &mut Buffer<'_>, firm: FirmId, position: LogPosition) -> Result<Vec<u8>, StoreError> {
    buffer.get(&key::position(key::log(firm), position))?.ok_or_else(torn)
}

/// The one entry to which a key leads.
fn one(buffer: &mut Buffer<'_>, firm: FirmId, scan: &LogScan, key: &[u8]) -> Result<Vec<Logged>, StoreError> {
    let Some(value) = buffer.get(key)?.filter(|_| scan.limit > 0) else { return Ok(Vec::new()) };
    let position = LogPosition(Tail(&value).number()?);
    let past = match scan.after {
        None => true,
        Some(after) if scan.descending => position < after,
        Some(after) => position > after,
    };
    if !past {
        return Ok(Vec::new());
    }
    Ok(vec![Logged { position, entry: decode_entry(&body_at(buffer, firm, position)?)? }])
}

/// The document's key in an index row.
pub(super) fn id_in(row: &[u8], partition: &Key) -> Result<Cell, StoreError> {
    let mut row = Head::after(row, partition)?;
    row.cell()?;
    row.cell()
}
