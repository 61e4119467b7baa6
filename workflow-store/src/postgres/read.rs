//! Reading: what is asked as steps, and the answers from rows.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use tokio_postgres::Row;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Cell, DocId, Document, Found, Hit, Kind, LogBy, LogPosition, LogScan, Logged, Queue, QueueScan, QueuedState, Read,
    Record, Scan, StageTally, Waiting, decode_entry, decode_queued,
};

use super::link::Step;
use super::param::{Columns, Id, Param, body, cell, corrupt, count, fits, instant, signed, uuid, value};
use super::statement::{After, Kinds, LogColumn, Shape, Statement};

fn limit(limit: usize) -> Param {
    Param::Int(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Asks for documents by key, those of all kinds in one statement. `None` when none are asked for.
pub(super) fn get(firm: FirmId, ids: &[DocId]) -> Result<Option<Step>, StoreError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let mut keys: BTreeMap<Kind, Columns> = BTreeMap::new();
    for id in ids {
        let kind = id.kind();
        keys.entry(kind).or_insert_with(|| Columns::new([kind.table().key])).push([&id.cell()])?;
    }
    let (mut kinds, mut params) = (Kinds::default(), vec![Param::Id(firm.0)]);
    for (kind, keys) in keys {
        kinds.add(kind);
        params.extend(keys.into_params());
    }
    Ok(Some(Step::Run(Statement::Get(kinds), params)))
}

fn record(row: &Row, place: usize, kind: Kind) -> Result<Record, StoreError> {
    Ok(Record { revision: count(row, place)?, document: Document::decode(kind, body(row, place + 1)?)? })
}

fn documents(rows: &[Row]) -> Result<HashMap<DocId, Record>, StoreError> {
    let mut found: HashMap<DocId, Record> = HashMap::with_capacity(rows.len());
    for row in rows {
        let number: usize = count(row, 0)?;
        let kind = *Kind::ALL.get(number).ok_or_else(|| corrupt("a kind that there is not"))?;
        let key = match value::<Option<Id>>(row, 1)? {
            Some(id) => Cell::Uuid(id.0),
            None => Cell::Text(value::<&str>(row, 2)?.into()),
        };
        let id = kind.id_of(&key).ok_or_else(|| corrupt("a key that is none"))?;
        if let Entry::Vacant(place) = found.entry(id) {
            place.insert(record(row, 3, kind)?);
        }
    }
    Ok(found)
}

/// The documents in the order they were asked for.
pub(super) fn got(ids: &[DocId], rows: &[Row]) -> Result<Vec<Option<Record>>, StoreError> {
    let found = documents(rows)?;
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

/// The documents that were asked for, and others that came along.
fn gathered(ids: &[DocId], rows: &[Row]) -> Result<Vec<(DocId, Option<Record>)>, StoreError> {
    let mut found = documents(rows)?;
    let mut all: Vec<(DocId, Option<Record>)> = ids.iter().map(|id| (id.clone(), found.remove(id))).collect();
    all.extend(found.into_iter().map(|(id, record)| (id, Some(record))));
    Ok(all)
}

/// Whether a scan can find anything: it names every cell of the partition, all of the right types.
fn makes_sense(scan: &Scan, count: bool) -> bool {
    let spec = scan.index.spec();
    let edge = |bound: &Bound<Cell>| match bound {
        Bound::Unbounded => true,
        Bound::Included(cell) | Bound::Excluded(cell) => *cell != Cell::Null && fits(cell, spec.sort.cell),
    };
    let place = |(sort, _): &(Cell, Cell)| *sort != Cell::Null && fits(sort, spec.sort.cell);
    scan.partition.len() == spec.partition.len()
        && scan.partition.iter().zip(spec.partition).all(|(cell, column)| fits(cell, column.cell))
        && edge(&scan.from)
        && edge(&scan.to)
        && (count || scan.after.as_ref().is_none_or(place))
}

/// Asks for rows of an index, or how many there are. `None` when there can be none.
pub(super) fn scan(firm: FirmId, scan: &Scan, count: bool) -> Result<Option<Step>, StoreError> {
    if !makes_sense(scan, count) {
        return Ok(None);
    }
    let mut params = vec![Param::Id(firm.0)];
    for cell in &scan.partition {
        params.extend(Param::cell(cell)?);
    }
    for bound in [&scan.from, &scan.to] {
        if let Bound::Included(cell) | Bound::Excluded(cell) = bound {
            params.extend(Param::cell(cell)?);
        }
    }
    if let Some((sort, key)) = scan.after.as_ref().filter(|_| !count) {
        params.extend(Param::cell(sort)?);
        if After::of(scan) == After::Place {
            params.extend(Param::cell(key)?);
        }
    }
    params.push(limit(scan.limit));
    let shape = Shape::of(scan, count);
    Ok(Some(Step::Run(if count { Statement::Count(shape) } else { Statement::Scan(shape) }, params)))
}

pub(super) fn scanned(scan: &Scan, rows: &[Row]) -> Result<Vec<Hit>, StoreError> {
    let spec = scan.index.spec();
    let hit = |row: &Row| Ok(Hit { sort: cell(row, 0, spec.sort.cell)?, record: record(row, 1, spec.kind)? });
    rows.iter().map(hit).collect()
}

pub(super) fn counted(rows: &[Row]) -> Result<usize, StoreError> {
    rows.first().map_or(Ok(0), |row| count(row, 0))
}

pub(super) fn tallies(firm: FirmId, pipeline: &PipelineKey) -> Step {
    Step::Run(Statement::Tallies, vec![Param::Id(firm.0), Param::Text(pipeline.shared())])
}

pub(super) fn tallied(rows: &[Row]) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
    let tally = |row: &Row| {
        let stage = StageKey::new(value::<&str>(row, 0)?).map_err(|error| corrupt(&error.to_string()))?;
        let tally = StageTally {
            jobs: value(row, 1)?,
            attention: value(row, 2)?,
            open_blockers: value(row, 3)?,
            done_blockers: value(row, 4)?,
        };
        Ok((stage, tally))
    };
    rows.iter().map(tally).collect()
}

pub(super) fn log(firm: FirmId, scan: &LogScan) -> Result<Step, StoreError> {
    let Some(by) = LogColumn::of(&scan.by) else {
        let why = "this version of the store cannot read the log by that";
        return Err(StoreError::new(ErrorKind::Unsupported, why));
    };
    let after = match scan.after {
        Some(LogPosition(after)) => signed(after),
        None if scan.descending => i64::MAX,
        None => -1,
    };
    let mut params = vec![Param::Id(firm.0), Param::Int(after), limit(scan.limit)];
    params.extend(match &scan.by {
        LogBy::Job(job) => Some(Param::Id(job.0)),
        LogBy::Account(account) => Some(Param::Id(account.0)),
        LogBy::Member(member) => Some(Param::Id(member.0)),
        LogBy::Entry(entry) => Some(Param::Id(entry.0)),
        LogBy::Key(key) => Some(Param::Text(key.shared())),
        _ => None,
    });
    Ok(Step::Run(Statement::Log { by, descending: scan.descending }, params))
}

pub(super) fn logged(rows: &[Row]) -> Result<Vec<Logged>, StoreError> {
    let logged = |row: &Row| {
        let position = LogPosition(count(row, 0)?);
        Ok(Logged { position, entry: decode_entry(body(row, 1)?)? })
    };
    rows.iter().map(logged).collect()
}

pub(super) fn queued(scan: &QueueScan) -> Step {
    let after = scan.after.map_or(-1, signed);
    let dead = scan.state == QueuedState::Dead;
    let params = vec![Param::Id(scan.firm.0), Param::Int(after), limit(scan.limit)];
    Step::Run(Statement::Queued { queue: scan.queue, dead }, params)
}

pub(super) fn waiting(queue: Queue, rows: &[Row]) -> Result<Vec<Waiting>, StoreError> {
    let waiting = |row: &Row| {
        Ok(Waiting {
            sequence: count(row, 0)?,
            id: uuid(row, 1)?,
            due: instant(value(row, 2)?)?,
            attempts: count(row, 3)?,
            generation: count(row, 4)?,
            leased_until: value::<Option<i64>>(row, 5)?.map(instant).transpose()?,
            error: value::<Option<String>>(row, 6)?,
            body: decode_queued(queue, body(row, 7)?)?,
        })
    };
    rows.iter().map(waiting).collect()
}

/// Asks for several things at once. `None` for what can find nothing.
pub(super) fn ask(firm: FirmId, read: &Read) -> Result<Option<Step>, StoreError> {
    match read {
        Read::Documents(ids) => Ok(get(firm, ids)?.map(|step| match step {
            Step::Run(Statement::Get(kinds), params) => Step::Run(Statement::Gather(kinds), params),
            other => other,
        })),
        Read::Scan(wanted) => scan(firm, wanted, false),
        Read::Tallies(pipeline) => Ok(Some(tallies(firm, pipeline))),
        Read::Log(wanted) => log(firm, wanted).map(Some),
        _ => Err(StoreError::new(ErrorKind::Unsupported, "this version of the store cannot read that")),
    }
}

/// What several reads find, asked in one go.
pub(super) fn together(
    firm: FirmId,
    reads: &[Read],
    run: impl FnOnce(Vec<Step>) -> Result<Vec<Vec<Row>>, StoreError>,
) -> Result<Vec<Found>, StoreError> {
    let asked = reads.iter().map(|read| ask(firm, read)).collect::<Result<Vec<_>, _>>()?;
    let asks: Vec<bool> = asked.iter().map(Option::is_some).collect();
    let steps: Vec<Step> = asked.into_iter().flatten().collect();
    let mut rows = if steps.is_empty() { Vec::new() } else { run(steps)? }.into_iter();
    let mut answer = |asked: bool| if asked { rows.next().unwrap_or_default() } else { Vec::new() };
    reads.iter().zip(asks).map(|(read, asked)| found(read, &answer(asked))).collect()
}

/// What the rows of such a question are.
pub(super) fn found(read: &Read, rows: &[Row]) -> Result<Found, StoreError> {
    Ok(match read {
        Read::Documents(ids) => Found::Documents(gathered(ids, rows)?),
        Read::Scan(scan) => Found::Hits(scanned(scan, rows)?),
        Read::Tallies(_) => Found::Tallies(tallied(rows)?),
        _ => Found::Log(logged(rows)?),
    })
}
