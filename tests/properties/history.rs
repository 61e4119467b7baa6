//! What was so once can be rebuilt from the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use workflow_core::error::{Error, ErrorKind};
use workflow_core::event::Actor;
use workflow_core::id::JobId;
use workflow_core::model::{Job, Task};
use workflow_core::query::{JobAt, When};
use workflow_core::store::{DocId, Document, LogBy, LogPosition, LogScan, Record};

use crate::always;
use crate::draw::Step;
use crate::firm::firm;
use crate::office::{Office, jobs};

/// What was stored at a place of the log.
struct Snapshot {
    position: LogPosition,
    records: BTreeMap<DocId, Record>,
}

#[test]
fn s11_5_a_job_is_rebuilt_as_it_was_stored() {
    always(a_job_is_rebuilt_as_it_was_stored);
}

pub(crate) fn a_job_is_rebuilt_as_it_was_stored(steps: &[Step]) {
    let mut office = Office::new();
    let mut snapshots = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        office.carry_out(*step);
        if place % 9 == 8 {
            let position = office.holdings().end_of_log;
            snapshots.push(Snapshot { position, records: office.records() });
        }
    }
    let log = office.store().log(firm(), &LogScan::new(LogBy::Firm, 1_000_000)).expect("readable");
    let ever: Vec<JobId> = snapshots.iter().flat_map(|taken| jobs(&taken.records)).map(|(job, _)| job.id).collect();
    let ever: std::collections::BTreeSet<JobId> = ever.into_iter().collect();
    let queries = office.engine.query(firm(), Actor::system("host")).expect("queries");
    for taken in &snapshots {
        // An instant that parts what had happened by then from what happened later.
        let (before, after): (Vec<_>, Vec<_>) = log.iter().partition(|logged| logged.position <= taken.position);
        let last = before.iter().map(|logged| logged.entry.at).max().expect("entries");
        let parts = after.iter().all(|logged| logged.entry.at > last);
        for job in &ever {
            let stored = taken.records.get(&DocId::Job(*job));
            let by_place = queries.job_at(*job, When::Position(taken.position));
            hold(stored, &taken.records, by_place, &format!("{job} at {}", taken.position));
            if parts {
                hold(stored, &taken.records, queries.job_at(*job, When::At(last)), &format!("{job} at {last}"));
            }
        }
    }
}

/// Holds a job that was rebuilt against what was stored.
fn hold(stored: Option<&Record>, records: &BTreeMap<DocId, Record>, found: Result<JobAt, Error>, what: &str) {
    let found = match (stored, found) {
        (None, Err(error)) => {
            assert!(matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused), "{what}: {error}");
            return;
        }
        (Some(_), Ok(found)) => found,
        (stored, found) => panic!("{what}: stored {stored:?}, rebuilt {found:?}"),
    };
    let as_record = |job: &Arc<Job>| Record { revision: found.revision, document: Document::Job(Arc::clone(job)) };
    assert_eq!(Some(&as_record(&found.job)), stored, "{what}");
    for task in &found.tasks {
        let stored = records.get(&DocId::Task(task.id)).map(|record| &record.document);
        let rebuilt: &Arc<Task> = task;
        assert_eq!(stored, Some(&Document::Task(Arc::clone(rebuilt))), "{what}");
    }
}
