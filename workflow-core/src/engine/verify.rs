//! Checks that the stored records are what the log says.

use std::collections::BTreeMap;

use super::Engine;
use super::commit::contribution;
use crate::apply::apply_entry;
use crate::error::Error;
use crate::id::{FirmId, PipelineKey, StageKey};
use crate::limits;
use crate::state::State;
use crate::store::{DocId, Document, LogBy, LogScan, StageTally};

/// What a check of a firm's records found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Entries of the log that were read.
    pub entries: usize,
    /// Records that were compared.
    pub records: usize,
    /// What does not agree, in words. Empty when all is well.
    pub differences: Vec<String>,
}

impl Engine {
    /// Folds a firm's log from its beginning and compares every record, and the stages' counts,
    /// with what the store holds. Takes as much memory as the firm has records: for tests, and for
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
}
