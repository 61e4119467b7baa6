//! Looks what stands against batches, in the transaction that is to write them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use tokio_postgres::Row as Found;
use uuid::Uuid;
use workflow_core::error::StoreError;
use workflow_core::id::{EntryId, FirmId, IdempotencyKey, PipelineKey, StageKey};
use workflow_core::store::{Batch, Cell, CellType, DocId, Document, IndexName, Kind, Queue, Restore};

use super::link::Step;
use super::param::{Columns, Param, cell, corrupt, count, uuid, value};
use super::plan::{Facts, Row};
use super::statement::Statement;

/// What is asked, in the order of the steps.
enum Question {
    Nothing,
    Revisions(Kind),
    Holders(Kind, IndexName),
    Jobs,
    Entries,
    Keys,
    Rows(Queue),
}

/// Questions about batches of a firm.
pub(super) struct Inquiry {
    questions: Vec<Question>,
    pub(super) steps: Vec<Step>,
}

impl Inquiry {
    /// Asks for everything that the batches depend on. The first step locks the firm.
    pub(super) fn new(firm: FirmId, batches: &[&Batch]) -> Result<Self, StoreError> {
        let mut inquiry = Self { questions: Vec::new(), steps: Vec::new() };
        let lock = vec![Param::Id(firm.0), Param::Int(0), Param::Int(0)];
        inquiry.ask(Question::Nothing, Statement::Advance, lock);
        inquiry.ask_documents(firm, batches)?;
        let pipelines: BTreeSet<Arc<str>> =
            batches.iter().flat_map(|batch| &batch.guards).map(|guard| guard.pipeline.shared()).collect();
        if !pipelines.is_empty() {
            inquiry.ask(Question::Jobs, Statement::Stages, vec![Param::Id(firm.0), Param::texts(&pipelines)?]);
        }
        let entries = || batches.iter().flat_map(|batch| &batch.entries);
        if entries().next().is_some() {
            let ids = Param::ids(entries().map(|entry| entry.id.0));
            inquiry.ask(Question::Entries, Statement::KnownEntries, vec![Param::Id(firm.0), ids]);
        }
        let keys: Vec<Arc<str>> = entries().filter_map(|entry| entry.key.as_ref()).map(|key| key.shared()).collect();
        if !keys.is_empty() {
            inquiry.ask(Question::Keys, Statement::KnownKeys, vec![Param::Id(firm.0), Param::texts(&keys)?]);
        }
        for queue in Queue::ALL {
            let settled = batches.iter().flat_map(|batch| &batch.settle).filter(|settle| settle.queue == queue);
            let queued = batches.iter().flat_map(|batch| &batch.enqueue).filter(|row| row.body.queue() == queue);
            let restored = batches.iter().flat_map(|batch| &batch.restore).filter_map(|restored| match restored {
                Restore::Row(row) if row.body.queue() == queue => Some(row.id),
                _ => None,
            });
            let ids: BTreeSet<Uuid> =
                settled.map(|settle| settle.id).chain(queued.map(|row| row.id)).chain(restored).collect();
            if !ids.is_empty() {
                inquiry.ask(Question::Rows(queue), Statement::Rows(queue), vec![Param::Id(firm.0), Param::ids(ids)]);
            }
        }
        Ok(inquiry)
    }

    fn ask(&mut self, question: Question, statement: Statement, params: Vec<Param>) {
        self.questions.push(question);
        self.steps.push(Step::Run(statement, params));
    }

    fn ask_documents(&mut self, firm: FirmId, batches: &[&Batch]) -> Result<(), StoreError> {
        let mut ids: BTreeMap<Kind, BTreeSet<Cell>> = BTreeMap::new();
        let mut names: BTreeMap<Kind, BTreeSet<Cell>> = BTreeMap::new();
        for batch in batches {
            let checked = batch.checks.iter().map(|check| check.id.clone());
            let put = batch.puts.iter().map(|put| put.document.id());
            let deleted = batch.deletes.iter().map(|delete| delete.previous.id());
            let restored = || batch.restore.iter().filter_map(Restore::document);
            for id in checked.chain(put).chain(deleted).chain(restored().map(Document::id)) {
                ids.entry(id.kind()).or_default().insert(id.cell());
            }
            for document in batch.puts.iter().map(|put| &put.document).chain(restored()) {
                let Some(index) = unique_index(document.kind()) else { continue };
                for entry in document.index_entries(index) {
                    names.entry(document.kind()).or_default().extend(entry.partition);
                }
            }
        }
        for (kind, ids) in ids {
            let mut keys = Columns::new([kind.table().key]);
            ids.iter().try_for_each(|id| keys.push([id]))?;
            let params = std::iter::once(Param::Id(firm.0)).chain(keys.into_params()).collect();
            self.ask(Question::Revisions(kind), Statement::Revisions(kind), params);
        }
        for (kind, names) in names {
            let Some(index) = unique_index(kind) else { continue };
            let mut keys = Columns::new([CellType::Text]);
            names.iter().try_for_each(|name| keys.push([name]))?;
            let params = std::iter::once(Param::Id(firm.0)).chain(keys.into_params()).collect();
            self.ask(Question::Holders(kind, index), Statement::Holders(kind), params);
        }
        Ok(())
    }

    /// The answers as facts. `answers` are those of the inquiry's steps.
    pub(super) fn facts(&self, answers: &[Vec<Found>]) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        for (question, rows) in self.questions.iter().zip(answers) {
            for row in rows {
                learn(&mut facts, question, row)?;
            }
        }
        Ok(facts)
    }
}

fn unique_index(kind: Kind) -> Option<IndexName> {
    match kind {
        Kind::Account => Some(IndexName::AccountExternal),
        Kind::Item => Some(IndexName::ItemExternal),
        _ => None,
    }
}

fn document(row: &Found, kind: Kind) -> Result<DocId, StoreError> {
    kind.id_of(&cell(row, 0, kind.table().key)?).ok_or_else(|| corrupt("a key that is none"))
}

fn learn(facts: &mut Facts, question: &Question, row: &Found) -> Result<(), StoreError> {
    match question {
        Question::Nothing => {}
        Question::Revisions(kind) => {
            facts.revisions.insert(document(row, *kind)?, count(row, 1)?);
        }
        Question::Holders(kind, index) => {
            facts.holders.insert((*index, cell(row, 1, CellType::Text)?), document(row, *kind)?);
        }
        Question::Jobs => {
            let odd = |error: workflow_core::id::InvalidKey| corrupt(&error.to_string());
            let pipeline = PipelineKey::new(value::<&str>(row, 0)?).map_err(odd)?;
            let stage = StageKey::new(value::<&str>(row, 1)?).map_err(odd)?;
            facts.jobs.insert((pipeline, stage), value(row, 2)?);
        }
        Question::Entries => {
            facts.entries.insert(EntryId(uuid(row, 0)?));
        }
        Question::Keys => {
            let key = IdempotencyKey::new(value::<&str>(row, 0)?).map_err(|error| corrupt(&error.to_string()))?;
            let keys: &mut HashSet<_> = &mut facts.keys;
            keys.insert(key);
        }
        Question::Rows(queue) => {
            let state = Row { dead: value::<i64>(row, 1)? == 1, generation: Some(count(row, 2)?) };
            facts.rows.insert((*queue, uuid(row, 0)?), state);
        }
    }
    Ok(())
}
