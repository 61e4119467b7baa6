//! The store in memory passes the conformance suite; stores with a fault do not.
#![cfg(feature = "conformance")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use workflow_core::error::StoreError;
use workflow_core::id::{ExternalRef, FirmId, PipelineKey, StageKey};
use workflow_core::model::{Account, Item};
use workflow_core::store::conformance::{self, Report};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{
    Batch, Capabilities, Cell, Claim, Claimed, Committed, Conflict, DocId, Document, Hit, IndexName, LogPosition,
    LogScan, Logged, Queue, QueueScan, ReadMoment, Ready, Record, Restore, Scan, StageTally, Store, Transact, Waiting,
};

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nothing: the wrapper itself harms no store.
    None,
    IgnoresRevisions,
    IgnoresChecks,
    ForgetsLanes,
    IgnoresAfter,
    LosesUniqueness,
    WritesBatchesInPieces,
    StopsAtTheFirstConflict,
    IgnoresGuards,
    IgnoresGenerations,
    HandsOutLeasedRows,
    ClaimsForEverybody,
    FoldsCase,
    CountsPastTheLimit,
    IncludesExcludedBounds,
    ReadsTheLogFromTheBeginning,
    ForgetsLeasesOfNewRows,
    ForgetsErrors,
    AnswersGetSorted,
    DropsNanoseconds,
    ReadsDocumentsOneByOne,
    ForgetsHowOftenRestoredRowsWereTried,
    RestoresDocumentsAnew,
    ShowsMomentsThatPass,
    CommitsWhatIsToBeReady,
    Panics,
}

/// A store in memory with a fault.
struct Faulty {
    inner: MemoryStore,
    fault: Fault,
}

/// A reference as a store keeps it that never notices two of the same.
fn salted(external: &ExternalRef, id: Uuid) -> ExternalRef {
    ExternalRef::new(format!("{external}#{id}")).expect("short enough")
}

fn unsalted(external: &ExternalRef) -> ExternalRef {
    let text = external.as_str().rsplit_once('#').expect("salted").0;
    ExternalRef::new(text).expect("was one before")
}

fn with_external(document: &Document, change: impl Fn(&ExternalRef, Uuid) -> ExternalRef) -> Document {
    match document {
        Document::Account(account) => {
            let external = account.external.as_ref().map(|external| change(external, account.id.0));
            Document::Account(Arc::new(Account { external, ..Account::clone(account) }))
        }
        Document::Item(item) => {
            let external = item.external.as_ref().map(|external| change(external, item.id.0));
            Document::Item(Arc::new(Item { external, ..Item::clone(item) }))
        }
        other => other.clone(),
    }
}

fn to_micros(document: &Document) -> Document {
    match document {
        Document::Account(account) => {
            let updated = chrono::DateTime::from_timestamp_micros(account.updated.timestamp_micros());
            let updated = updated.expect("in range");
            Document::Account(Arc::new(Account { updated, ..Account::clone(account) }))
        }
        other => other.clone(),
    }
}

impl Faulty {
    /// A document as it comes out.
    fn outward(&self, mut record: Record) -> Record {
        if self.fault == Fault::LosesUniqueness {
            record.document = with_external(&record.document, |external, _| unsalted(external));
        }
        record
    }

    fn revision(&self, firm: FirmId, id: &DocId) -> Option<Record> {
        self.inner.get(firm, std::slice::from_ref(id)).expect("memory is readable").pop().flatten()
    }

    /// A batch as it goes in.
    fn inward(&self, batch: &Batch) -> Batch {
        let mut batch = batch.clone();
        match self.fault {
            Fault::IgnoresChecks => batch.checks.clear(),
            Fault::IgnoresRevisions => {
                batch.checks.clear();
                for put in &mut batch.puts {
                    let held = self.revision(batch.firm, &put.document.id());
                    put.expected = held.as_ref().map(|held| held.revision);
                    put.previous = held.map(|held| held.document);
                }
            }
            Fault::ForgetsLanes => batch.enqueue.iter_mut().for_each(|row| row.lane = None),
            Fault::ForgetsLeasesOfNewRows => batch.enqueue.iter_mut().for_each(|row| row.lease = None),
            Fault::IgnoresGuards => batch.guards.clear(),
            Fault::IgnoresGenerations => batch.settle.iter_mut().for_each(|settle| settle.generation = None),
            Fault::ForgetsHowOftenRestoredRowsWereTried | Fault::RestoresDocumentsAnew => {
                for restored in &mut batch.restore {
                    match restored {
                        Restore::Row(row) if self.fault != Fault::RestoresDocumentsAnew => {
                            (row.attempts, row.generation) = (0, 0);
                        }
                        Restore::Record(record) if self.fault == Fault::RestoresDocumentsAnew => record.revision = 1,
                        _ => {}
                    }
                }
            }
            Fault::LosesUniqueness | Fault::DropsNanoseconds => {
                let change = |document: &Document| match self.fault {
                    Fault::LosesUniqueness => with_external(document, salted),
                    _ => to_micros(document),
                };
                for put in &mut batch.puts {
                    put.document = change(&put.document);
                    put.previous = put.previous.as_ref().map(change);
                }
                batch.deletes.iter_mut().for_each(|delete| delete.previous = change(&delete.previous));
            }
            _ => {}
        }
        batch
    }

    /// The pieces of a batch, each a batch by itself.
    fn in_pieces(batch: &Batch) -> Vec<Batch> {
        let piece = || Batch { checks: batch.checks.clone(), guards: batch.guards.clone(), ..Batch::new(batch.firm) };
        let puts = batch.puts.iter().map(|put| Batch { puts: vec![put.clone()], ..piece() });
        let mut rest = batch.clone();
        rest.puts.clear();
        puts.chain([rest]).collect()
    }

    /// Uniqueness was lost: looks through all documents instead.
    fn scan_by_external(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        let all = match scan.index {
            IndexName::AccountExternal => vec![Scan::all(IndexName::Accounts, Vec::new(), usize::MAX)],
            _ => vec![Scan::all(IndexName::ItemAccounts, vec![Cell::Null], usize::MAX)],
        };
        let mut found = Vec::new();
        for scan_all in all {
            for hit in self.inner.scan(firm, &scan_all)? {
                let record = self.outward(hit.record);
                let entries = record.document.index_entries(scan.index);
                let belongs = entries.into_iter().find(|entry| entry.partition == scan.partition);
                found.extend(belongs.map(|entry| Hit { sort: entry.sort, record }));
            }
        }
        Ok(found)
    }
}

impl Transact for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        let found = match self.fault {
            Fault::AnswersGetSorted => {
                let mut ids = ids.to_vec();
                ids.sort();
                self.inner.get(firm, &ids)?
            }
            Fault::ReadsDocumentsOneByOne => ids
                .iter()
                .map(|id| {
                    std::thread::sleep(std::time::Duration::from_micros(100));
                    self.revision(firm, id)
                })
                .collect(),
            Fault::Panics if ids.is_empty() => panic!("there is nothing to get"),
            _ => self.inner.get(firm, ids)?,
        };
        Ok(found.into_iter().map(|record| record.map(|record| self.outward(record))).collect())
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        let mut scan = scan.clone();
        match self.fault {
            Fault::IgnoresAfter => scan.after = None,
            Fault::LosesUniqueness if scan.index.spec().unique => return self.scan_by_external(firm, &scan),
            Fault::IncludesExcludedBounds => {
                if let std::ops::Bound::Excluded(cell) = scan.to {
                    scan.to = std::ops::Bound::Included(cell);
                }
            }
            Fault::FoldsCase if scan.index == IndexName::Members => {
                let mut hits = self.inner.scan(firm, &scan)?;
                hits.sort_by_key(|hit| match &hit.sort {
                    Cell::Text(text) => text.to_lowercase(),
                    _ => String::new(),
                });
                return Ok(hits);
            }
            _ => {}
        }
        let hits = self.inner.scan(firm, &scan)?;
        Ok(hits.into_iter().map(|hit| Hit { record: self.outward(hit.record), ..hit }).collect())
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        match self.fault {
            Fault::CountsPastTheLimit => self.inner.count(firm, &Scan { limit: usize::MAX, ..scan.clone() }),
            Fault::LosesUniqueness if scan.index.spec().unique => {
                Ok(self.scan_by_external(firm, scan)?.len().min(scan.limit))
            }
            _ => self.inner.count(firm, scan),
        }
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        self.inner.tallies(firm, pipeline)
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        if self.fault == Fault::ReadsTheLogFromTheBeginning {
            return self.inner.log(firm, &LogScan { after: None, ..scan.clone() });
        }
        self.inner.log(firm, scan)
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let mut answers = Vec::new();
        for batch in batches {
            let batch = self.inward(batch);
            let pieces = match self.fault {
                Fault::WritesBatchesInPieces => Self::in_pieces(&batch),
                _ => vec![batch],
            };
            let stopped = self.fault == Fault::StopsAtTheFirstConflict && answers.iter().any(Result::is_err);
            let mut answer = if stopped { Err(Conflict::Lease) } else { Ok(Committed { position: LogPosition(0) }) };
            for piece in pieces {
                if answer.is_ok() {
                    answer = self.inner.commit(&[piece])?.pop().expect("an answer for each batch");
                }
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    fn make_ready(&self, batches: Vec<Batch>) -> Ready {
        if self.fault == Fault::CommitsWhatIsToBeReady {
            self.inner.commit(&batches).expect("committed");
        }
        Ready::new(batches)
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        let mut claim = claim.clone();
        match self.fault {
            Fault::HandsOutLeasedRows => claim.lease.until = claim.now,
            Fault::ClaimsForEverybody => claim.firm = None,
            _ => {}
        }
        self.inner.claim(&claim)
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.inner.next_due(queue, firm)
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        let mut rows = self.inner.queued(scan)?;
        if self.fault == Fault::ForgetsErrors {
            rows.iter_mut().for_each(|row| row.error = None);
        }
        Ok(rows)
    }

    fn at_one_moment(&self, firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        match self.fault {
            Fault::ShowsMomentsThatPass => read(self),
            _ => self.inner.at_one_moment(firm, read),
        }
    }
}

fn report(fault: Fault) -> Report {
    conformance::run(&move || Arc::new(Faulty { inner: MemoryStore::new(), fault }))
}

/// The suite finds the fault, and by the checks that are meant to.
#[track_caller]
fn caught(fault: Fault, by: &[&str]) {
    let report = report(fault);
    let failed: Vec<&str> = report.failed.iter().map(|failure| failure.check).collect();
    for check in by {
        assert!(failed.contains(check), "{fault:?} is not noticed by `{check}`, but by {failed:?}");
    }
    assert!(!report.passed.is_empty(), "a fault in one place fails every check");
}

#[test]
fn the_store_in_memory_conforms() {
    let report = conformance::run(&|| Arc::new(MemoryStore::new()));
    report.assert();
    assert_eq!(report.passed.len(), conformance::checks().len());
}

#[test]
fn the_checks_share_a_store_and_run_again() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for _ in 0..2 {
        conformance::run(&|| Arc::clone(&store)).assert();
    }
}

#[test]
fn the_names_of_the_checks_are_unique() {
    let mut names: Vec<&str> = conformance::checks().iter().map(|check| check.name).collect();
    let number = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), number);
}

#[test]
fn a_wrapper_without_a_fault_conforms() {
    let report = report(Fault::None);
    assert_eq!(report.failed, []);
}

#[test]
fn ignored_revisions_are_caught() {
    let by = [
        "documents/an_insert_of_what_exists_conflicts",
        "documents/an_update_at_another_revision_conflicts",
        "documents/a_check_that_does_not_hold_conflicts",
    ];
    caught(Fault::IgnoresRevisions, &by);
    caught(Fault::IgnoresChecks, &["documents/a_check_that_does_not_hold_conflicts"]);
}

#[test]
fn forgotten_lanes_are_caught() {
    let by = ["queues/a_lane_is_handed_out_in_order_one_at_a_time", "queues/a_lane_waits_for_a_row_that_is_not_due"];
    caught(Fault::ForgetsLanes, &by);
}

#[test]
fn a_scan_that_ignores_after_is_caught() {
    let by = [
        "paging/pages_are_complete_and_without_duplicates",
        "paging/after_names_a_place_and_not_a_row",
        "paging/pages_stay_right_while_rows_change",
    ];
    caught(Fault::IgnoresAfter, &by);
}

#[test]
fn lost_uniqueness_is_caught() {
    let by = [
        "unique/an_insert_of_a_second_row_conflicts",
        "unique/an_update_to_a_second_row_conflicts",
        "unique/two_inserts_of_one_batch_conflict",
        "concurrency/one_of_several_wins_a_unique_place",
    ];
    caught(Fault::LosesUniqueness, &by);
}

#[test]
fn batches_written_in_pieces_are_caught() {
    let by = ["batches/nothing_of_a_batch_that_conflicts_is_written", "unique/two_inserts_of_one_batch_conflict"];
    caught(Fault::WritesBatchesInPieces, &by);
    caught(Fault::StopsAtTheFirstConflict, &["batches/a_batch_that_conflicts_does_not_stop_the_others"]);
    caught(Fault::CommitsWhatIsToBeReady, &["batches/what_was_made_ready_is_committed_like_anything_else"]);
}

#[test]
fn ignored_guards_are_caught() {
    let by = ["tallies/a_stage_may_not_be_fuller_than_its_bound", "concurrency/guards_hold_among_threads"];
    caught(Fault::IgnoresGuards, &by);
}

#[test]
fn lost_leases_are_caught() {
    caught(Fault::IgnoresGenerations, &["leases/who_lost_the_lease_settles_nothing"]);
    caught(Fault::HandsOutLeasedRows, &["leases/a_leased_row_is_not_handed_out"]);
    caught(Fault::ForgetsLeasesOfNewRows, &["leases/a_row_can_be_born_leased"]);
    caught(Fault::ForgetsErrors, &["leases/a_row_is_tried_again_at_its_time"]);
}

#[test]
fn firms_that_mix_are_caught() {
    let by = ["queues/a_claim_is_limited_to_its_firm", "isolation/reads_find_nothing_of_another_firm"];
    caught(Fault::ClaimsForEverybody, &by);
}

#[test]
fn wrong_order_and_bounds_are_caught() {
    caught(Fault::FoldsCase, &["indexes/texts_order_by_their_bytes"]);
    caught(Fault::IncludesExcludedBounds, &["indexes/ranges_include_and_exclude_their_bounds"]);
    caught(Fault::CountsPastTheLimit, &["indexes/count_heeds_neither_after_nor_direction"]);
    caught(Fault::ReadsTheLogFromTheBeginning, &["log/a_reader_goes_on_after_a_position"]);
    caught(Fault::AnswersGetSorted, &["documents/get_answers_in_the_order_asked"]);
}

#[test]
fn changed_documents_are_caught() {
    caught(Fault::DropsNanoseconds, &["documents/every_kind_round_trips_with_all_fields_set"]);
}

#[test]
fn what_is_not_restored_as_it_was_is_caught() {
    let by = ["restores/a_row_is_as_it_was", "restores/a_row_is_settled_under_its_generation"];
    caught(Fault::ForgetsHowOftenRestoredRowsWereTried, &by);
    caught(Fault::RestoresDocumentsAnew, &["restores/a_document_keeps_its_revision"]);
}

#[test]
fn moments_that_pass_are_caught() {
    let by = ["moments/a_moment_stands_still_while_others_commit", "moments/a_moment_cannot_be_changed"];
    caught(Fault::ShowsMomentsThatPass, &by);
}

#[test]
fn torn_reads_are_caught() {
    caught(Fault::ReadsDocumentsOneByOne, &["concurrency/readers_see_whole_batches"]);
}

#[test]
fn a_panic_fails_its_check_alone() {
    let report = report(Fault::Panics);
    let [failure] = report.failed.as_slice() else { panic!("{report}") };
    assert_eq!(failure.check, "documents/get_answers_in_the_order_asked");
    assert_eq!(failure.why, "it panicked: there is nothing to get");
    assert!(report.to_string().ends_with("get_answers_in_the_order_asked: it panicked: there is nothing to get"));
}
