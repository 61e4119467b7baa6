//! Recurring work (9.4): series, their ledger, catching up, and edits.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::Command;
use workflow_core::engine::Outcome;
use workflow_core::error::Rejection;
use workflow_core::event::Event;
use workflow_core::id::SeriesId;
use workflow_core::model::{Job, Occurrence, OccurrenceOutcome, Series};
use workflow_core::store::{Cell, DocId, Document, IndexName, QueuedState, Scan, Transact};

use crate::kit::{Office, account, command, firm, key, names, plain};

impl Office {
    /// Creates a series, written as JSON over one of monthly jobs for account 1 from February 15.
    #[track_caller]
    fn series(&self, parts: Value) -> SeriesId {
        self.series_of(self.give(json!({ "create_series": monthly(parts) })))
    }

    fn series_of(&self, outcome: Outcome) -> SeriesId {
        let created = outcome.events().iter().rev().find_map(|recorded| match &recorded.event {
            Event::SeriesCreated(series) => Some(series.id),
            _ => None,
        });
        created.expect("a series was created")
    }

    #[track_caller]
    fn get_series(&self, id: SeriesId) -> Arc<Series> {
        let record = self.store.get(firm(), &[DocId::Series(id)]).expect("readable").remove(0).expect("the series");
        let Document::Series(series) = record.document else { panic!("a series") };
        series
    }

    /// The ledger of a series: account number, period and what became of it, in order.
    fn ledger(&self, id: SeriesId) -> Vec<Arc<Occurrence>> {
        let scan = Scan::all(IndexName::SeriesLedger, vec![Cell::Uuid(id.0)], 100_000);
        let hits = self.store.scan(firm(), &scan).expect("readable");
        let line = |hit: workflow_core::store::Hit| match hit.record.document {
            Document::Occurrence(occurrence) => Some(occurrence),
            _ => None,
        };
        hits.into_iter().filter_map(line).collect()
    }

    fn periods(&self, id: SeriesId) -> Vec<String> {
        self.ledger(id).iter().map(|line| line.id.period.to_string()).collect()
    }

    /// Goes to an instant and ticks until nothing is due.
    fn tick_at(&self, at: &str) -> usize {
        let at: DateTime<Utc> = at.parse().expect("an instant");
        self.clock.advance(at - self.now());
        let mut done = 0;
        loop {
            let ticked = self.engine.tick(self.now(), 100).expect("a store that works");
            assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
            done += ticked.outcomes.len();
            if ticked.next.is_none_or(|next| next > self.now()) {
                return done;
            }
            assert!(done < 10_000, "ticking does not come to an end");
        }
    }

    /// The jobs of an account that a series made, in order.
    fn made(&self, number: u128) -> Vec<Arc<Job>> {
        self.jobs_of(number).into_iter().filter(|job| job.series.is_some()).collect()
    }
}

/// A series of monthly jobs in the pipeline `p`, for account 1, with parts changed.
fn monthly(parts: Value) -> Value {
    let mut series = json!({
        "name": "Bookkeeping", "makes": { "job": { "pipeline": "p" } }, "for": { "accounts": [account(1)] },
        "schedule": { "preset": { "monthly": { "day": 15 } }, "start": "2026-02-15" }
    });
    for (name, value) in parts.as_object().expect("parts of a series") {
        series[name] = value.clone();
    }
    series
}

#[test]
fn s9_4_a_series_makes_a_job_ahead_of_each_period() {
    let office = Office::with(plain());
    let id = office.series(json!({
        "lead": "10 days",
        "makes": { "job": { "pipeline": "p", "name": "Books {{ period.start | date('%B %Y') }}" } }
    }));
    // Ten days before the 15th begins in New York.
    assert_eq!(office.get_series(id).next, Some("2026-02-05T05:00:00Z".parse().expect("an instant")));
    assert_eq!(office.tick_at("2026-02-05T04:59:00Z"), 0);
    assert!(office.made(1).is_empty());
    assert_eq!(office.tick_at("2026-02-05T05:00:00Z"), 1);
    let job = office.made(1).remove(0);
    assert_eq!(&*job.name, "Books February 2026");
    assert_eq!((job.period_start, job.period_end), ("2026-02-01".parse().ok(), "2026-02-28".parse().ok()));
    assert_eq!(job.due, "2026-02-15".parse().ok(), "nothing else says when it is due");
    assert_eq!((job.series, job.period.clone()), (Some(id), Some(key("2026-02"))));
    let line = office.ledger(id).remove(0);
    assert_eq!((&line.outcome, line.id.account), (&OccurrenceOutcome::Job(job.id), Some(account(1))));
    // And again the next month; once.
    office.tick_at("2026-03-06T12:00:00Z");
    office.tick_at("2026-03-06T12:00:01Z");
    assert_eq!(office.periods(id), ["2026-02", "2026-03"]);
    assert_eq!(office.made(1).len(), 2);
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
}
