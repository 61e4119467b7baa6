//! Checks that the stored records are what the log says.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Engine;
use super::commit::contribution;
use crate::apply::apply_entry;
use crate::error::Error;
use crate::id::{FirmId, PipelineKey, StageKey};
use crate::limits;
use crate::state::State;
use crate::store::{Cell, DocId, Document, IndexName, LogBy, LogScan, Record, Scan, StageTally};

/// What a check of a firm's records found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// Entries of the log that were read.
    pub entries: usize,
    /// Records that were compared.
    pub records: usize,
    /// What does not agree, in words. Empty when all is well.
    pub differences: Vec<String>,
}

impl Engine {
    /// Folds a firm's log from its beginning and compares every record, the rows of its indexes, and
    /// the stages' counts with what the store holds. Takes as much memory as the firm has records: for tests, and for
    /// a look after trouble.
    ///
    /// Commands that are carried out meanwhile can show as differences.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn verify(&self, firm: FirmId) -> Result<Verification, Error> {
        let mut found = Verification::default();
        let mut state = State::default();
        let mut scan = LogScan::new(LogBy::Firm, limits::PAGE);
        loop {
            let page = self.shared.store.log(firm, &scan)?;
            let Some(last) = page.last() else { break };
            scan.after = Some(last.position);
            found.entries = found.entries.saturating_add(page.len());
            page.iter().for_each(|logged| apply_entry(&mut state, &logged.entry));
        }
        let records = state.records();
        let ids: Vec<DocId> = records.keys().cloned().collect();
        found.records = ids.len();
        let mut counts: BTreeMap<PipelineKey, BTreeMap<StageKey, StageTally>> = BTreeMap::new();
        for some in ids.chunks(limits::PAGE) {
            for (id, stored) in some.iter().zip(self.shared.store.get(firm, some)?) {
                let folded = records.get(id);
                if stored.as_ref() != folded {
                    found.differences.push(format!("{id}: the store has {stored:?}, the log says {folded:?}"));
                }
                if let Some(Document::Job(job)) = folded.map(|record| &record.document) {
                    let tally = counts.entry(job.pipeline.clone()).or_default().entry(job.stage.clone()).or_default();
                    *tally = tally.plus(contribution(job));
                }
                if let DocId::Pipeline(key) = id {
                    counts.entry(key.clone()).or_default();
                }
            }
        }
        self.find_strays(firm, &records, &mut found)?;
        for (pipeline, stages) in counts {
            let mut stored: BTreeMap<StageKey, StageTally> =
                self.shared.store.tallies(firm, &pipeline)?.into_iter().collect();
            stored.retain(|_, tally| *tally != StageTally::default());
            let counted: BTreeMap<StageKey, StageTally> =
                stages.into_iter().filter(|(_, tally)| *tally != StageTally::default()).collect();
            if stored != counted {
                found.differences.push(format!("counts of `{pipeline}`: {stored:?}, counted {counted:?}"));
            }
        }
        Ok(found)
    }

    /// Looks through the indexes for records that the log knows nothing of, and for records that
    /// an index has lost.
    fn find_strays(
        &self,
        firm: FirmId,
        records: &BTreeMap<DocId, Record>,
        found: &mut Verification,
    ) -> Result<(), Error> {
        let mut expected: BTreeMap<(IndexName, Vec<Cell>), BTreeSet<DocId>> = BTreeMap::new();
        // Where strays are looked for although nothing should be there.
        for index in [IndexName::Members, IndexName::Pipelines, IndexName::Accounts, IndexName::JobAttention] {
            expected.entry((index, Vec::new())).or_default();
        }
        for place in 0..3 {
            expected.entry((IndexName::Jobs, vec![Cell::Int(place)])).or_default();
            expected.entry((IndexName::Tasks, vec![Cell::Int(place)])).or_default();
        }
        for (id, record) in records {
            for index in record.document.kind().indexes() {
                record.document.each_entry(*index, &mut |partition, _| {
                    expected.entry((*index, partition.to_vec())).or_default().insert(id.clone());
                });
            }
        }
        for ((index, partition), expected) in expected {
            let mut scan = Scan::all(index, partition, limits::PAGE);
            let mut stored = BTreeSet::new();
            loop {
                let hits = self.shared.store.scan(firm, &scan)?;
                scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
                stored.extend(hits.iter().map(|hit| hit.record.document.id()));
                if hits.len() < scan.limit {
                    break;
                }
            }
            for id in stored.difference(&expected).filter(|id| !records.contains_key(*id)) {
                found.differences.push(format!("{id}: the store has it, the log knows nothing of it"));
            }
            for id in stored.symmetric_difference(&expected).filter(|id| records.contains_key(*id)) {
                found.differences.push(format!("{id}: the index {} does not agree with the log", index.spec().name));
            }
        }
        Ok(())
    }
}
