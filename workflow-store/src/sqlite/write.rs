//! Writing batches, inside a transaction that the caller has begun.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ToSql, params_from_iter};
use rustc_hash::FxHashMap;
use workflow_core::event::{Actor, Entry};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Cell, Committed, Conflict, Delete, DocId, Document, IndexName, LogPosition, Put, Restore, Revision,
    StageGuard, StageTally, encode_entry,
};

use super::bind::{Bound, Id, micros};
use super::decoded::Decoded;
use super::fault::{Clash, Stop, clash};
use super::{queue, read, statements};

type Step<T = ()> = Result<T, Stop>;

/// What has been seen and done in a transaction, so that its batches together do it once.
#[derive(Default)]
pub(super) struct Progress {
    /// Revisions of documents, as they are by now.
    revisions: FxHashMap<(FirmId, DocId), Option<Revision>>,
    /// What stages' counts are still to be changed by.
    tallies: BTreeMap<(FirmId, PipelineKey, StageKey), StageTally>,
    written: Vec<(FirmId, DocId, Vec<u8>, Document)>,
}

impl Progress {
    /// Writes what was put off. To be called before the transaction, or a savepoint, ends.
    pub(super) fn finish(&mut self, connection: &Connection) -> Step {
        while let Some(((firm, pipeline, stage), by)) = self.tallies.pop_first() {
            add(connection, firm, (&pipeline, &stage), by)?;
        }
        Ok(())
    }

    /// Remembers what was written. To be called when it is committed.
    pub(super) fn remember(self, decoded: &Decoded) {
        for (firm, id, body, document) in self.written {
            decoded.keep(firm, id, body, document);
        }
    }

    fn revision(&mut self, connection: &Connection, firm: FirmId, id: &DocId) -> Step<Option<Revision>> {
        let key = (firm, id.clone());
        if let Some(known) = self.revisions.get(&key) {
            return Ok(*known);
        }
        let revision = read::revision(connection, firm, id)?;
        self.revisions.insert(key, revision);
        Ok(revision)
    }
}

/// Writes a batch by itself, with all that belongs to it.
pub(super) fn whole(connection: &Connection, of: &Batch) -> Step<(Committed, Progress)> {
    let mut progress = Progress::default();
    let committed = batch(connection, of, &mut progress)?;
    progress.finish(connection)?;
    Ok((committed, progress))
}

/// Writes a batch, or finds why it conflicts. When it stops, what it wrote is to be rolled back,
/// and what had been in progress is to be forgotten.
pub(super) fn batch(connection: &Connection, batch: &Batch, progress: &mut Progress) -> Step<Committed> {
    for check in &batch.checks {
        if progress.revision(connection, batch.firm, &check.id)? != check.expected {
            return Err(Conflict::Document(check.id.clone()).into());
        }
    }
    for settle in &batch.settle {
        queue::settle(connection, batch.firm, settle)?;
    }
    for delete in &batch.deletes {
        remove(connection, batch.firm, delete)?;
        progress.revisions.insert((batch.firm, delete.previous.id()), None);
    }
    for put in &batch.puts {
        let last = put.expected.unwrap_or(0);
        let body = write(connection, batch.firm, put, last)?;
        progress.revisions.insert((batch.firm, put.document.id()), Some(last.saturating_add(1)));
        progress.written.push((batch.firm, put.document.id(), body, put.document.clone()));
    }
    for delta in &batch.tallies {
        let tally = progress.tallies.entry((batch.firm, delta.pipeline.clone(), delta.stage.clone())).or_default();
        *tally = tally.plus(delta.by);
    }
    if !batch.guards.is_empty() {
        progress.finish(connection)?;
    }
    for guard in &batch.guards {
        keep(connection, batch.firm, guard)?;
    }
    let mut position = None;
    for entry in &batch.entries {
        position = Some(append(connection, entry)?);
    }
    for row in &batch.enqueue {
        queue::add(connection, batch.firm, row)?;
    }
    for timer in &batch.timers {
        queue::set_timer(connection, batch.firm, timer)?;
    }
    for restored in &batch.restore {
        match restored {
            Restore::Record(record) => {
                let put = Put { expected: None, document: record.document.clone(), previous: None };
                write(connection, batch.firm, &put, record.revision.saturating_sub(1))?;
                progress.revisions.insert((batch.firm, record.document.id()), Some(record.revision));
            }
            Restore::Row(row) => queue::restore(connection, batch.firm, row)?,
        }
    }
    let position = match position {
        Some(position) => position,
        None => connection
            .prepare_cached("SELECT coalesce(max(position), 0) FROM wf_log")?
            .query_row([], |row| row.get::<_, i64>(0))?,
    };
    Ok(Committed { position: LogPosition(position.unsigned_abs()) })
}

/// JSON as SQLite keeps it.
struct Body<'a>(&'a [u8]);

impl ToSql for Body<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

/// Writes a document and answers its body. Its revision becomes one more than `last`.
fn write(connection: &Connection, firm: FirmId, put: &Put, last: Revision) -> Step<Vec<u8>> {
    let id = put.document.id();
    let Some(sql) = statements::table(id.kind()) else { return Err(Conflict::Document(id).into()) };
    let (firm_id, key, encoded) = (Id(firm.0), id.cell(), put.document.encode()?);
    let (key, body, revision) = (Bound(&key), Body(&encoded), signed(last));
    let columns = put.document.columns();
    let before = put.previous.as_ref().map(Document::columns);
    let (changed, statement): (Vec<&Cell>, &str) = match (put.expected, &before) {
        (None, _) => (columns.iter().collect(), &sql.insert),
        (Some(_), before) => {
            let differs = |place: usize, cell: &Cell| before.as_ref().and_then(|cells| cells.get(place)) != Some(cell);
            let changed: Vec<(usize, &Cell)> =
                columns.iter().enumerate().filter(|(place, cell)| differs(*place, cell)).collect();
            let mask = changed.iter().fold(0usize, |mask, (place, _)| mask | 1 << place);
            let statement = sql.update.get(mask).map_or(sql.delete.as_str(), String::as_str);
            (changed.into_iter().map(|(_, cell)| cell).collect(), statement)
        }
    };
    let cells: Vec<Bound<'_>> = changed.into_iter().map(Bound).collect();
    let mut params: Vec<&dyn ToSql> = vec![&firm_id, &key, &revision, &body];
    params.extend(cells.iter().map(|cell| cell as &dyn ToSql));
    let rows = connection.prepare_cached(statement)?.execute(params_from_iter(params)).map_err(|error| {
        document_clash(error, &id, || {
            put.expected.is_none() && matches!(read::revision(connection, firm, &id), Ok(Some(_)))
        })
    })?;
    if rows != 1 {
        return Err(Conflict::Document(id).into());
    }
    for index in id.kind().indexes() {
        update_side(connection, firm, *index, &id, Some(&put.document), put.previous.as_ref())?;
    }
    Ok(encoded)
}

fn remove(connection: &Connection, firm: FirmId, delete: &Delete) -> Step {
    let id = delete.previous.id();
    let Some(sql) = statements::table(id.kind()) else { return Err(Conflict::Document(id).into()) };
    let key = id.cell();
    let rows = connection.prepare_cached(&sql.delete)?.execute((Id(firm.0), Bound(&key), signed(delete.expected)))?;
    if rows != 1 {
        return Err(Conflict::Document(id).into());
    }
    for index in id.kind().indexes() {
        update_side(connection, firm, *index, &id, None, Some(&delete.previous))?;
    }
    Ok(())
}

/// Keeps an index's own table, where it has one.
fn update_side(
    connection: &Connection,
    firm: FirmId,
    index: IndexName,
    id: &DocId,
    now: Option<&Document>,
    before: Option<&Document>,
) -> Step {
    let Some(sql) = statements::side(index) else { return Ok(()) };
    if let (Some(now), Some(before)) = (now, before)
        && now.same_entries(index, before)
    {
        return Ok(());
    }
    let entries =
        |document: Option<&Document>| document.map(|document| document.index_entries(index)).unwrap_or_default();
    let (now, before) = (entries(now), entries(before));
    let key = id.cell();
    for (statement, rows, others) in [(&sql.delete, &before, &now), (&sql.insert, &now, &before)] {
        for row in rows.iter().filter(|row| !others.contains(row)) {
            let cells: Vec<Bound<'_>> = row.partition.iter().chain([&row.sort]).map(Bound).collect();
            let (firm, key) = (Id(firm.0), Bound(&key));
            let mut params: Vec<&dyn ToSql> = vec![&firm, &key];
            params.extend(cells.iter().map(|cell| cell as &dyn ToSql));
            connection.prepare_cached(statement)?.execute(params_from_iter(params))?;
        }
    }
    Ok(())
}

fn document_clash(error: rusqlite::Error, id: &DocId, exists: impl FnOnce() -> bool) -> Stop {
    match clash(&error) {
        Some(Clash::Key) => Conflict::Document(id.clone()).into(),
        // A row that clashes twice is told as the document that exists already.
        Some(Clash::Unique(_)) if exists() => Conflict::Document(id.clone()).into(),
        Some(Clash::Unique(columns)) if columns.contains("wf_accounts.external") => {
            Conflict::Unique(IndexName::AccountExternal).into()
        }
        Some(Clash::Unique(columns)) if columns.contains("wf_items.external") => {
            Conflict::Unique(IndexName::ItemExternal).into()
        }
        Some(Clash::Unique(_)) => Conflict::Document(id.clone()).into(),
        None => error.into(),
    }
}

fn add(connection: &Connection, firm: FirmId, stage: (&PipelineKey, &StageKey), by: StageTally) -> Step {
    let sql = "INSERT INTO wf_stage_tallies (firm, pipeline, stage, jobs, attention, open_blockers, done_blockers) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs, \
               attention = attention + excluded.attention, open_blockers = open_blockers + excluded.open_blockers, \
               done_blockers = done_blockers + excluded.done_blockers";
    connection.prepare_cached(sql)?.execute((
        Id(firm.0),
        stage.0.as_str(),
        stage.1.as_str(),
        by.jobs,
        by.attention,
        by.open_blockers,
        by.done_blockers,
    ))?;
    Ok(())
}

fn keep(connection: &Connection, firm: FirmId, guard: &StageGuard) -> Step {
    let sql = "SELECT 1 WHERE coalesce((SELECT jobs FROM wf_stage_tallies WHERE firm = ?1 AND pipeline = ?2 \
               AND stage = ?3), 0) > ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let past = statement.exists((Id(firm.0), guard.pipeline.as_str(), guard.stage.as_str(), guard.at_most))?;
    if past { Err(Conflict::Guard(guard.stage.clone()).into()) } else { Ok(()) }
}

fn append(connection: &Connection, entry: &Entry) -> Step<i64> {
    let sql = "INSERT INTO wf_log (firm, id, \"key\", job, account, member, at, command, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let member = match &entry.actor {
        Actor::Member(member) => Some(Id(member.0)),
        _ => None,
    };
    let body = encode_entry(entry)?;
    let result = connection.prepare_cached(sql)?.execute((
        Id(entry.firm.0),
        Id(entry.id.0),
        entry.key.as_ref().map(|key| key.as_str()),
        entry.job.map(|job| Id(job.0)),
        entry.account.map(|account| Id(account.0)),
        member,
        micros(entry.at),
        &*entry.command,
        Body(&body),
    ));
    match result {
        Ok(_) => Ok(connection.last_insert_rowid()),
        Err(error) => Err(match (clash(&error), &entry.key) {
            (Some(Clash::Unique(columns)), Some(key)) if columns.contains("wf_log.key") => {
                Conflict::Key(key.clone()).into()
            }
            // The same commit, given again. Who loads and looks for its entry finds it.
            (Some(_), _) => Conflict::Document(DocId::Firm).into(),
            (None, _) => error.into(),
        }),
    }
}
