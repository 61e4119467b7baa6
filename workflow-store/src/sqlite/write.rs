//! Writing batches, inside a transaction that the caller has begun.

use std::collections::BTreeMap;

use rusqlite::{Connection, ToSql, params_from_iter};
use rustc_hash::FxHashMap;
use workflow_core::event::{Actor, Entry};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Cell, Committed, Conflict, Delete, DocId, Document, IndexName, LogPosition, Put, Record, Restore, Revision,
    StageGuard, StageTally, encode_entry,
};

use super::bind::{Body, Bound, Id, micros};
use super::decoded::{Decoded, Spell};
use super::fault::{Clash, Stop, clash};
use super::prepared::Prepared;
use super::{queue, read, statements};

type Step<T = ()> = Result<T, Stop>;

/// What batches have written, in order, to be remembered when it is committed: nothing of a document that was
/// deleted, or that is to be read before it is known.
#[derive(Default)]
pub(super) struct Written(Vec<(FirmId, DocId, Option<WithBody>)>);

/// A document as it was written.
type WithBody = (Record, Vec<u8>);

impl Written {
    /// Remembers the documents, and forgets those that are gone. To be called when they are committed, by whoever
    /// holds the connection that writes.
    pub(super) fn remember(self, decoded: &Decoded) {
        for (firm, id, written) in self.0 {
            match written {
                Some((record, body)) => decoded.written(firm, id, record, body),
                None => decoded.forget(firm, id),
            }
        }
    }
}

/// Writes batches in order, or finds why one of them conflicts. When it stops, what it wrote is to
/// be rolled back.
///
/// What is remembered of documents may only be given when nothing was written in the transaction before.
pub(super) fn write<'a>(
    connection: &'a Connection,
    batches: &[&'a Batch],
    decoded: Option<&'a Decoded>,
) -> Step<(Vec<Committed>, Written)> {
    let current = match decoded {
        Some(decoded) => Some((decoded, decoded.spell(read::data_version(connection)?))),
        None => None,
    };
    let mut group = Group {
        prepared: Prepared::new(connection),
        current,
        revisions: FxHashMap::default(),
        tallies: BTreeMap::new(),
        waiting: Vec::new(),
        written: Written::default(),
        answers: Vec::with_capacity(batches.len()),
    };
    for batch in batches {
        group.take(batch)?;
    }
    group.write_rows()?;
    group.write_tallies()?;
    Ok((group.answers, group.written))
}

/// Batches that are written together.
///
/// Their rows wait until the last batch is there, and are written table by table: batch by batch,
/// each command would go through all tables, and find neither their pages nor the statements'
/// code where the processor has them at hand.
struct Group<'a> {
    prepared: Prepared<'a>,
    /// What is known of documents as they were when the transaction began.
    current: Option<(&'a Decoded, Spell)>,
    /// Revisions of documents, as they are by now.
    revisions: FxHashMap<(FirmId, DocId), Option<Revision>>,
    /// What stages' counts are still to be changed by.
    tallies: BTreeMap<(FirmId, PipelineKey, StageKey), StageTally>,
    /// Batches whose rows are still to be written.
    waiting: Vec<&'a Batch>,
    written: Written,
    answers: Vec<Committed>,
}

impl<'a> Group<'a> {
    /// Takes a batch in: looks whether it conflicts, and writes what cannot wait.
    fn take(&mut self, batch: &'a Batch) -> Step {
        let firm = batch.firm;
        // What it settles, deletes or restores may be what a batch before it writes.
        let at_once = !(batch.settle.is_empty() && batch.deletes.is_empty() && batch.restore.is_empty());
        if at_once {
            self.write_rows()?;
        }
        for check in &batch.checks {
            if self.revision(firm, &check.id)? != check.expected {
                return Err(Conflict::Document(check.id.clone()).into());
            }
        }
        for settle in &batch.settle {
            queue::settle(&mut self.prepared, firm, settle)?;
        }
        for delete in &batch.deletes {
            remove(&mut self.prepared, firm, delete)?;
            self.revisions.insert((firm, delete.previous.id()), None);
            self.written.0.push((firm, delete.previous.id(), None));
        }
        for put in &batch.puts {
            self.revisions.insert((firm, put.document.id()), Some(last(put).saturating_add(1)));
        }
        for delta in &batch.tallies {
            let tally = self.tallies.entry((firm, delta.pipeline.clone(), delta.stage.clone())).or_default();
            *tally = tally.plus(delta.by);
        }
        if !batch.guards.is_empty() {
            self.write_tallies()?;
        }
        for guard in &batch.guards {
            keep(&mut self.prepared, firm, guard)?;
        }
        self.waiting.push(batch);
        if at_once {
            self.write_rows()?;
        }
        for restored in &batch.restore {
            match restored {
                Restore::Record(record) => {
                    let put = Put { expected: None, document: record.document.clone(), previous: None };
                    write_document(&mut self.prepared, firm, &put, record.revision.saturating_sub(1))?;
                    write_sides(&mut self.prepared, firm, &put)?;
                    self.revisions.insert((firm, record.document.id()), Some(record.revision));
                    self.written.0.push((firm, record.document.id(), None));
                }
                Restore::Row(row) => queue::restore(&mut self.prepared, firm, row)?,
            }
        }
        Ok(())
    }

    /// Writes the rows that wait, table by table.
    fn write_rows(&mut self) -> Step {
        let prepared = &mut self.prepared;
        let waiting = std::mem::take(&mut self.waiting);
        let puts = waiting.iter().flat_map(|batch| batch.puts.iter().map(|put| (batch.firm, put)));
        let mut puts: Vec<(FirmId, &Put)> = puts.collect();
        // Stable: what is written twice is so in order.
        puts.sort_by_key(|(_, put)| put.document.kind());
        for table in puts.chunk_by(|(_, one), (_, other)| one.document.kind() == other.document.kind()) {
            for (firm, put) in table {
                let body = write_document(prepared, *firm, put, last(put))?;
                let record = Record { revision: last(put).saturating_add(1), document: put.document.clone() };
                self.written.0.push((*firm, put.document.id(), Some((record, body))));
            }
            for (firm, put) in table {
                write_sides(prepared, *firm, put)?;
            }
        }
        for batch in &waiting {
            let mut position = None;
            for entry in &batch.entries {
                position = Some(append(prepared, entry)?);
            }
            let position = match position {
                Some(position) => position,
                None => prepared
                    .get("SELECT coalesce(max(position), 0) FROM wf_log")?
                    .query_row([], |row| row.get::<_, i64>(0))?,
            };
            self.answers.push(Committed { position: LogPosition(position.unsigned_abs()) });
        }
        for batch in &waiting {
            for row in &batch.enqueue {
                queue::add(prepared, batch.firm, row)?;
            }
        }
        for batch in &waiting {
            for timer in &batch.timers {
                queue::set_timer(prepared, batch.firm, timer)?;
            }
        }
        Ok(())
    }

    fn write_tallies(&mut self) -> Step {
        while let Some(((firm, pipeline, stage), by)) = self.tallies.pop_first() {
            add(&mut self.prepared, firm, (&pipeline, &stage), by)?;
        }
        Ok(())
    }

    fn revision(&mut self, firm: FirmId, id: &DocId) -> Step<Option<Revision>> {
        let key = (firm, id.clone());
        if let Some(known) = self.revisions.get(&key) {
            return Ok(*known);
        }
        let current = self.current.and_then(|(decoded, spell)| decoded.revision(&key, spell));
        let revision = match current {
            Some(revision) => Some(revision),
            None => read::revision(self.prepared.connection(), firm, id)?,
        };
        self.revisions.insert(key, revision);
        Ok(revision)
    }
}

/// The revision that a document had.
fn last(put: &Put) -> Revision {
    put.expected.unwrap_or(0)
}

fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

/// Writes a document's row and answers its body. Its revision becomes one more than `last`.
fn write_document(prepared: &mut Prepared<'_>, firm: FirmId, put: &Put, last: Revision) -> Step<Vec<u8>> {
    let (id, connection) = (put.document.id(), prepared.connection());
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
    let rows = prepared.get(statement)?.execute(params_from_iter(params)).map_err(|error| {
        document_clash(error, &id, || {
            put.expected.is_none() && matches!(read::revision(connection, firm, &id), Ok(Some(_)))
        })
    })?;
    if rows != 1 {
        return Err(Conflict::Document(id).into());
    }
    Ok(encoded)
}

/// Keeps the tables of a document's indexes that have one.
fn write_sides(prepared: &mut Prepared<'_>, firm: FirmId, put: &Put) -> Step {
    let id = put.document.id();
    for index in id.kind().indexes() {
        update_side(prepared, firm, *index, &id, Some(&put.document), put.previous.as_ref())?;
    }
    Ok(())
}

fn remove(prepared: &mut Prepared<'_>, firm: FirmId, delete: &Delete) -> Step {
    let id = delete.previous.id();
    let Some(sql) = statements::table(id.kind()) else { return Err(Conflict::Document(id).into()) };
    let key = id.cell();
    let rows = prepared.get(&sql.delete)?.execute((Id(firm.0), Bound(&key), signed(delete.expected)))?;
    if rows != 1 {
        return Err(Conflict::Document(id).into());
    }
    for index in id.kind().indexes() {
        update_side(prepared, firm, *index, &id, None, Some(&delete.previous))?;
    }
    Ok(())
}

/// Keeps an index's own table, where it has one.
fn update_side(
    prepared: &mut Prepared<'_>,
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
            prepared.get(statement)?.execute(params_from_iter(params))?;
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

fn add(prepared: &mut Prepared<'_>, firm: FirmId, stage: (&PipelineKey, &StageKey), by: StageTally) -> Step {
    let sql = "INSERT INTO wf_stage_tallies (firm, pipeline, stage, jobs, attention, open_blockers, done_blockers) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs, \
               attention = attention + excluded.attention, open_blockers = open_blockers + excluded.open_blockers, \
               done_blockers = done_blockers + excluded.done_blockers";
    prepared.get(sql)?.execute((
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

fn keep(prepared: &mut Prepared<'_>, firm: FirmId, guard: &StageGuard) -> Step {
    let sql = "SELECT 1 WHERE coalesce((SELECT jobs FROM wf_stage_tallies WHERE firm = ?1 AND pipeline = ?2 \
               AND stage = ?3), 0) > ?4";
    let statement = prepared.get(sql)?;
    let past = statement.exists((Id(firm.0), guard.pipeline.as_str(), guard.stage.as_str(), guard.at_most))?;
    if past { Err(Conflict::Guard(guard.stage.clone()).into()) } else { Ok(()) }
}

fn append(prepared: &mut Prepared<'_>, entry: &Entry) -> Step<i64> {
    let sql = "INSERT INTO wf_log (firm, id, \"key\", job, account, member, at, command, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let member = match &entry.actor {
        Actor::Member(member) => Some(Id(member.0)),
        _ => None,
    };
    let body = encode_entry(entry)?;
    let result = prepared.get(sql)?.execute((
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
        Ok(_) => Ok(prepared.connection().last_insert_rowid()),
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
