//! Reading rows, over whatever connection or transaction it is given.

use std::ops::Bound as RangeBound;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, ToSql, params_from_iter};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Cell, DocId, Document, Hit, Kind, LogBy, LogPosition, LogScan, Logged, Queue, QueueScan, QueuedState, Record, Scan,
    StageTally, Waiting, decode_entry, decode_queued,
};

use super::bind::{Bound, Id, bytes, cell, count as counted, instant, text, uuid};
use super::decoded::{Decoded, Spell};
use super::fault::fault;
use super::queue::queue_sql;
use super::statements;

/// A parameter that is a cell or a number.
enum Param<'a> {
    Cell(&'a Cell),
    Int(i64),
    Firm(FirmId),
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Cell(Cell::Null) => Ok(ToSqlOutput::Owned(Value::Null)),
            Self::Cell(Cell::Int(number)) | Self::Int(number) => Ok(ToSqlOutput::Owned(Value::Integer(*number))),
            Self::Cell(Cell::Text(text)) => Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            Self::Cell(Cell::Uuid(uuid)) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(uuid.as_bytes()))),
            Self::Firm(firm) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(firm.0.as_bytes()))),
        }
    }
}

fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Ends a read: what SQLite reported, or what a row turned out to hold.
fn failed(error: rusqlite::Error) -> StoreError {
    fault("reading", error)
}

fn missing_sql() -> StoreError {
    StoreError::new(ErrorKind::Unsupported, "this version of the store does not know the index")
}

/// Runs a query and reads its rows.
fn rows<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut found = statement.query(params).map_err(failed)?;
    let mut all = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        all.push(read(row)?);
    }
    Ok(all)
}

fn value<'a>(row: &'a Row<'_>, place: usize) -> Result<ValueRef<'a>, StoreError> {
    row.get_ref(place).map_err(failed)
}

fn record(row: &Row<'_>, place: usize, kind: Kind) -> Result<Record, StoreError> {
    let revision = counted(value(row, place)?)?;
    Ok(Record { revision, document: Document::decode(kind, bytes(value(row, place + 1)?)?)? })
}

/// What is remembered of documents, and in which spell whoever reads saw them: none for a connection that only
/// reads.
#[derive(Clone, Copy)]
pub(super) struct Remembered<'a> {
    pub(super) decoded: &'a Decoded,
    pub(super) seen: Option<Spell>,
}

/// Reads documents on the connection that writes, as they are at one moment. Those that are known to be what the
/// file holds are not read.
pub(super) fn get_current(
    connection: &Connection,
    firm: FirmId,
    ids: &[DocId],
    decoded: &Decoded,
) -> Result<Vec<Option<Record>>, StoreError> {
    let spell = decoded.spell(data_version(connection)?);
    let known = decoded.current(firm, ids, spell);
    if known.iter().all(Option::is_some) {
        return Ok(known);
    }
    if let [_] = ids {
        return get(connection, firm, ids, Some(Remembered { decoded, seen: Some(spell) }));
    }
    at_one_moment(connection, || {
        let spell = decoded.spell(data_version(connection)?);
        let mut known = decoded.current(firm, ids, spell);
        let missing = ids.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(id, _)| id.clone());
        let missing: Vec<DocId> = missing.collect();
        let mut read = get(connection, firm, &missing, Some(Remembered { decoded, seen: Some(spell) }))?.into_iter();
        known.iter_mut().filter(|known| known.is_none()).for_each(|known| *known = read.next().flatten());
        Ok(known)
    })
}

/// A number that is another one as soon as another connection has changed the file.
pub(super) fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failed)
}

/// Reads documents, each as it is when its turn comes; those of one kind that follow one another with one statement.
pub(super) fn get(
    connection: &Connection,
    firm: FirmId,
    ids: &[DocId],
    remembered: Option<Remembered<'_>>,
) -> Result<Vec<Option<Record>>, StoreError> {
    let mut records = Vec::with_capacity(ids.len());
    for alike in ids.chunk_by(|one, other| one.kind() == other.kind()) {
        let Some(kind) = alike.first().map(DocId::kind) else { continue };
        let sql = statements::table(kind).ok_or_else(missing_sql)?;
        let mut statement = connection.prepare_cached(&sql.get).map_err(failed)?;
        for id in alike {
            let key = id.cell();
            let mut found = statement.query((Id(firm.0), Bound(&key))).map_err(failed)?;
            let row = found.next().map_err(failed)?;
            records.push(row.map(|row| recognise(row, firm, id, remembered)).transpose()?);
        }
    }
    Ok(records)
}

/// The document of a row: decoded, unless its body is one that was decoded lately.
fn recognise(
    row: &Row<'_>,
    firm: FirmId,
    id: &DocId,
    remembered: Option<Remembered<'_>>,
) -> Result<Record, StoreError> {
    let Some(Remembered { decoded, seen }) = remembered else { return record(row, 0, id.kind()) };
    let (revision, body) = (counted(value(row, 0)?)?, bytes(value(row, 1)?)?);
    if let Some(record) = decoded.find(firm, id, (revision, body), seen) {
        return Ok(record);
    }
    let record = Record { revision, document: Document::decode(id.kind(), body)? };
    decoded.keep(firm, id.clone(), record.clone(), body.to_vec(), seen);
    Ok(record)
}

pub(super) fn revision(connection: &Connection, firm: FirmId, id: &DocId) -> Result<Option<u64>, StoreError> {
    let sql = statements::table(id.kind()).ok_or_else(missing_sql)?;
    let key = id.cell();
    let mut found = rows(connection, &sql.revision, (Id(firm.0), Bound(&key)), |row| counted(value(row, 0)?))?;
    Ok(found.pop())
}

/// Reads several things as they are at one moment.
pub(super) fn at_one_moment<T>(
    connection: &Connection,
    read: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map_err(failed);
    run("BEGIN")?;
    let result = read();
    run("COMMIT")?;
    result
}

fn scan_params(firm: FirmId, scan: &Scan, with_after: bool) -> Vec<Param<'_>> {
    let mut params = vec![Param::Firm(firm)];
    params.extend(scan.partition.iter().map(Param::Cell));
    for bound in [&scan.from, &scan.to] {
        if let RangeBound::Included(cell) | RangeBound::Excluded(cell) = bound {
            params.push(Param::Cell(cell));
        }
    }
    if let Some((sort, key)) = scan.after.as_ref().filter(|_| with_after) {
        params.extend([Param::Cell(sort), Param::Cell(key)]);
    }
    params.push(Param::Int(limit(scan.limit)));
    params
}

/// Whether a scan names every cell of its index's partition.
fn is_whole(scan: &Scan) -> bool {
    scan.partition.len() == scan.index.spec().partition.len()
}

pub(super) fn scan(connection: &Connection, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
    if !is_whole(scan) {
        return Ok(Vec::new());
    }
    let kind = scan.index.spec().kind;
    let sql = statements::scan(scan, false).ok_or_else(missing_sql)?;
    rows(connection, sql, params_from_iter(scan_params(firm, scan, true)), |row| {
        Ok(Hit { sort: cell(value(row, 0)?)?, record: record(row, 1, kind)? })
    })
}

pub(super) fn count(connection: &Connection, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
    if !is_whole(scan) {
        return Ok(0);
    }
    let sql = statements::scan(scan, true).ok_or_else(missing_sql)?;
    let params = params_from_iter(scan_params(firm, scan, false));
    let found = rows(connection, sql, params, |row| counted(value(row, 0)?))?;
    Ok(found.into_iter().next().unwrap_or(0))
}

pub(super) fn tallies(
    connection: &Connection,
    firm: FirmId,
    pipeline: &PipelineKey,
) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
    let sql = "SELECT stage, jobs, attention, open_blockers, done_blockers FROM wf_stage_tallies \
               WHERE firm = ?1 AND pipeline = ?2";
    rows(connection, sql, (Id(firm.0), pipeline.as_str()), |row| {
        let number = |place| row.get::<_, i64>(place).map_err(failed);
        let stage = StageKey::new(text(value(row, 0)?)?)
            .map_err(|error| StoreError::new(ErrorKind::Corrupt, error.to_string()))?;
        let tally = StageTally {
            jobs: number(1)?,
            attention: number(2)?,
            open_blockers: number(3)?,
            done_blockers: number(4)?,
        };
        Ok((stage, tally))
    })
}

pub(super) fn log(connection: &Connection, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
    let logged = |row: &Row<'_>| {
        let position = LogPosition(counted(value(row, 0)?)?);
        Ok(Logged { position, entry: decode_entry(bytes(value(row, 1)?)?)? })
    };
    let after = match scan.after {
        Some(LogPosition(after)) => i64::try_from(after).unwrap_or(i64::MAX),
        None if scan.descending => i64::MAX,
        None => -1,
    };
    macro_rules! run {
        ($column:literal, $value:expr) => {{
            let sql = if scan.descending {
                concat!(
                    "SELECT position, body FROM wf_log WHERE firm = ?1 AND ",
                    $column,
                    " = ?2 AND position < ?3 ORDER BY position DESC LIMIT ?4"
                )
            } else {
                concat!(
                    "SELECT position, body FROM wf_log WHERE firm = ?1 AND ",
                    $column,
                    " = ?2 AND position > ?3 ORDER BY position LIMIT ?4"
                )
            };
            rows(connection, sql, (Id(firm.0), $value, after, limit(scan.limit)), logged)
        }};
    }
    match &scan.by {
        LogBy::Firm => run!("firm", Id(firm.0)),
        LogBy::Job(job) => run!("job", Id(job.0)),
        LogBy::Account(account) => run!("account", Id(account.0)),
        LogBy::Member(member) => run!("member", Id(member.0)),
        LogBy::Entry(entry) => run!("id", Id(entry.0)),
        LogBy::Key(key) => run!("\"key\"", key.as_str()),
        _ => Err(StoreError::new(ErrorKind::Unsupported, "this version of the store cannot read the log by that")),
    }
}

pub(super) fn queued(connection: &Connection, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
    let sql = queue_sql!(
        scan.queue,
        "SELECT sequence, id, due, attempts, leased_until, error, body, generation FROM ",
        " WHERE firm = ?1 AND state = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4"
    );
    let state = i64::from(scan.state == QueuedState::Dead);
    let after = scan.after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
    rows(connection, sql, (Id(scan.firm.0), state, after, limit(scan.limit)), |row| waiting(row, scan.queue))
}

fn waiting(row: &Row<'_>, queue: Queue) -> Result<Waiting, StoreError> {
    let leased_until = match value(row, 4)? {
        ValueRef::Null => None,
        at => Some(instant(at)?),
    };
    let error = match value(row, 5)? {
        ValueRef::Null => None,
        error => Some(text(error)?.to_owned()),
    };
    Ok(Waiting {
        sequence: counted(value(row, 0)?)?,
        id: uuid(value(row, 1)?)?,
        due: instant(value(row, 2)?)?,
        attempts: counted(value(row, 3)?)?,
        generation: counted(value(row, 7)?)?,
        leased_until,
        error,
        body: decode_queued(queue, bytes(value(row, 6)?)?)?,
    })
}
