//! Recurring work (9.4): series, their ledger, catching up, and edits.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow_core::engine::Outcome;
use workflow_core::id::SeriesId;
use workflow_core::model::{Job, Occurrence, OccurrenceOutcome, Series};
use workflow_core::store::{Cell, DocId, Document, IndexName, QueuedState, Scan, Transact};

use crate::kit::{Office, account, command, firm, key, member, names, plain};

impl Office {
    /// Creates a series, written as JSON over one of monthly jobs for account 1 from February 15.
    #[track_caller]
    fn series(&self, parts: Value) -> SeriesId {
        self.series_of(self.give(json!({ "create_series": monthly(parts) })))
    }

    fn series_of(&self, outcome: Outcome) -> SeriesId {
        outcome.series().expect("a series was created")
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

#[test]
fn s9_4_a_job_comes_from_the_template_as_it_is_then() {
    let office = Office::with(plain());
    let template = |minutes: u32| {
        json!({ "save_template": { "job": { "key": "books", "defaults": {
        "name": "Close {{ period.start | date('%m/%Y') }}", "budget_minutes": minutes, "due": "last day of the period" } } } })
    };
    office.give(template(60));
    office.series(json!({ "makes": { "job": { "pipeline": "p", "template": "books", "priority": "high" } } }));
    office.tick_at("2026-02-15T12:00:00Z");
    office.give(template(90));
    // The job before is changed by hand: the next is no copy of it.
    let first = office.made(1).remove(0);
    office.give(json!({ "edit_job": { "job": first.id, "changes": { "name": "By hand", "priority": "low" } } }));
    office.tick_at("2026-03-15T12:00:00Z");
    let jobs = office.made(1);
    assert_eq!((&*jobs[1].name, jobs[1].budget_minutes), ("Close 03/2026", Some(90)));
    assert_eq!(jobs[1].priority, workflow_core::model::Priority::High);
    // The template says when it is due, and the schedule does not.
    assert_eq!((jobs[0].due, jobs[1].due), ("2026-02-28".parse().ok(), "2026-03-31".parse().ok()));
}

#[test]
fn s9_4_accounts_belong_by_name_and_by_tag() {
    let office = Office::with(plain());
    for number in 2..=4 {
        office.account(number, &format!("Account {number}"));
    }
    let tag = |number: u128, tag: &str| {
        office.give(json!({ "tag_account": { "account": account(number), "add": [tag] } }));
    };
    tag(1, "monthly");
    tag(2, "monthly");
    tag(2, "books");
    let id = office.series(json!({ "for": { "accounts": [account(1)], "tags": ["books", "monthly"] } }));
    office.tick_at("2026-02-15T12:00:00Z");
    assert_eq!((office.made(1).len(), office.made(2).len(), office.made(3).len()), (1, 1, 0));
    // Who gets the tag joins with the next occurrence; who leaves stays out, tag or not.
    tag(3, "books");
    office.give(json!({ "change_series_accounts": { "series": id, "add": [account(4)], "remove": [account(2)] } }));
    let again = office.give(json!({ "change_series_accounts": { "series": id, "add": [account(4)] } }));
    assert!(again.unchanged.is_some());
    office.tick_at("2026-03-15T12:00:00Z");
    let counts: Vec<usize> = (1..=4).map(|number| office.made(number).len()).collect();
    assert_eq!(counts, [2, 1, 1, 1]);
    office.give(json!({ "change_series_accounts": { "series": id, "add": [account(2)] } }));
    office.tick_at("2026-04-15T12:00:00Z");
    assert_eq!(office.made(2).len(), 2);
}

#[test]
fn s9_4_after_downtime_the_policy_says_what_is_made_up_for() {
    for (policy, made) in
        [("all", vec!["2026-02", "2026-03", "2026-04", "2026-05"]), ("latest", vec!["2026-05"]), ("none", vec![])]
    {
        let office = Office::with(plain());
        let id = office.series(json!({ "catch_up": policy }));
        office.tick_at("2026-05-20T12:00:00Z");
        assert_eq!(office.periods(id), made, "{policy}");
        assert_eq!(office.made(1).len(), made.len());
        office.tick_at("2026-06-15T12:00:00Z");
        assert_eq!(office.periods(id).last().map(String::as_str), Some("2026-06"), "{policy}");
    }
}

#[test]
fn s9_4_a_pause_ends_as_the_policy_says() {
    let office = Office::with(plain());
    let id = office.series(json!({ "catch_up": "all" }));
    let pause = |paused: bool| office.give(json!({ "pause_series": { "series": id, "paused": paused } }));
    pause(true);
    assert!(pause(true).unchanged.is_some());
    assert_eq!(office.get_series(id).next, None);
    assert_eq!(office.tick_at("2026-04-20T12:00:00Z"), 0);
    pause(false);
    office.tick_at("2026-04-20T12:00:01Z");
    assert_eq!(office.periods(id), ["2026-02", "2026-03", "2026-04"]);
    office.give(json!({ "end_series": { "series": id } }));
    assert_eq!(office.tick_at("2027-01-01T12:00:00Z"), 0);
    let refused = office.refused(command(json!({ "pause_series": { "series": id, "paused": false } })));
    assert!(refused.to_string().contains("has ended"), "{refused}");
}

#[test]
fn s9_4_occurrences_are_skipped_and_taken_in_again() {
    let office = Office::with(plain());
    office.account(2, "Second");
    let id = office.series(json!({ "for": { "accounts": [account(1), account(2)] } }));
    let skip = |day: &str, accounts: Value, skip: bool| {
        office.give(json!({ "skip_occurrence": { "series": id, "day": day, "accounts": accounts, "skip": skip } }))
    };
    skip("2026-02-15", json!([]), true);
    assert!(skip("2026-02-15", json!([]), true).unchanged.is_some());
    skip("2026-03-15", json!([account(2)]), true);
    skip("2026-04-15", json!([]), true);
    skip("2026-04-15", json!([]), false);
    office.tick_at("2026-03-15T12:00:00Z");
    assert_eq!((office.made(1).len(), office.made(2).len()), (1, 0));
    let skipped: Vec<_> =
        office.ledger(id).iter().filter(|line| line.outcome == OccurrenceOutcome::Skipped).cloned().collect();
    assert_eq!((skipped.len(), skipped[0].id.account, skipped[0].id.period.as_str()), (1, Some(account(2)), "2026-03"));
    office.tick_at("2026-04-15T12:00:00Z");
    assert_eq!((office.made(1).len(), office.made(2).len()), (2, 1));
    // What has gone by cannot be skipped any more. What was skipped can be run by hand: once.
    let late = office.refused(command(json!({ "skip_occurrence": { "series": id, "day": "2026-03-15" } })));
    assert!(late.to_string().contains("has had its turn"), "{late}");
    for _ in 0..2 {
        office.give(json!({ "run_occurrence": { "series": id, "day": "2026-02-15" } }));
        office.give(json!({ "run_occurrence": { "series": id, "day": "2026-03-15", "accounts": [account(2)] } }));
    }
    assert_eq!((office.made(1).len(), office.made(2).len()), (3, 3));
    let no_such = office.refused(command(json!({ "skip_occurrence": { "series": id, "day": "2026-05-16" } })));
    assert!(no_such.to_string().contains("does not occur on 2026-05-16"), "{no_such}");
}

#[test]
fn s9_4_an_edit_is_for_this_occurrence_alone() {
    let office = Office::with(plain());
    let id = office.series(json!({}));
    let edit = |day: &str, changes: Value| {
        office.give(json!({ "edit_series": { "series": id, "scope": { "this": day }, "changes": changes } }))
    };
    edit("2026-02-15", json!({ "date": { "to": "2026-02-20" } }));
    edit("2026-03-15", json!({ "makes": { "job": { "pipeline": "p", "name": "Special" } } }));
    let whole =
        json!({ "edit_series": { "series": id, "scope": { "this": "2026-03-15" }, "changes": { "name": "x" } } });
    assert!(office.refused(command(whole)).to_string().contains("of the series"));
    office.tick_at("2026-02-19T12:00:00Z");
    assert!(office.made(1).is_empty());
    office.tick_at("2026-02-20T12:00:00Z");
    assert_eq!(office.made(1)[0].due, "2026-02-20".parse().ok(), "the day it was put on");
    office.tick_at("2026-03-15T12:00:00Z");
    office.tick_at("2026-04-15T12:00:00Z");
    let names: Vec<String> = office.made(1).iter().map(|job| job.name.to_string()).collect();
    assert_eq!(names[1..], ["Special", "Jane Doe – P"]);
    assert_eq!(office.periods(id), ["2026-02", "2026-03", "2026-04"]);
    assert!(office.get_series(id).exceptions.is_empty(), "what has had its turn is forgotten");
}

#[test]
fn s9_4_an_edit_of_this_and_following_goes_on_as_another_series() {
    let office = Office::with(plain());
    let id = office
        .series(json!({ "schedule": { "rule": "FREQ=MONTHLY;BYMONTHDAY=15", "start": "2026-02-15", "count": 4 } }));
    office.tick_at("2026-02-15T12:00:00Z");
    let split = json!({ "edit_series": { "series": id, "scope": { "this_and_following": "2026-04-15" },
        "changes": { "name": "Books", "makes": { "job": { "pipeline": "p", "name": "New" } } } } });
    let preview = office.engine.preview(&workflow_core::command::Request::new(
        firm(),
        workflow_core::event::Actor::system("test"),
        command(split.clone()),
    ));
    assert_eq!(preview.expect("previewable").events.len(), 2);
    let outcome = office.give(split);
    let next = outcome.series().expect("another series");
    assert_eq!(names(&outcome), ["series_continued", "series_created"]);
    assert_eq!((office.get_series(id).continued_by, office.get_series(next).continues), (Some(next), Some(id)));
    office.tick_at("2026-03-15T12:00:00Z");
    office.tick_at("2026-04-15T12:00:00Z");
    office.tick_at("2026-12-15T12:00:00Z");
    assert_eq!(office.periods(id), ["2026-02", "2026-03"]);
    // The count goes on: four occurrences in all. The last of those missed is made up for.
    assert_eq!(office.periods(next), ["2026-04", "2026-05"]);
    assert_eq!(office.made(1).iter().filter(|job| &*job.name == "New").count(), 2);
    let gone = json!({ "edit_series": { "series": next, "scope": { "this_and_following": "2026-04-15" }, "changes": { "name": "y" } } });
    assert!(office.refused(command(gone)).to_string().contains("has had its turn"));
}

#[test]
fn s9_4_an_edit_of_all_changes_what_has_not_had_its_turn() {
    let office = Office::with(plain());
    let id = office.series(json!({}));
    office.tick_at("2026-02-15T12:00:00Z");
    let edit =
        |changes: Value| office.give(json!({ "edit_series": { "series": id, "scope": "all", "changes": changes } }));
    let schedule = json!({ "preset": { "monthly": { "day": 20 } }, "start": "2026-02-01" });
    edit(json!({ "schedule": schedule, "lead": { "to": "5 days" } }));
    assert!(edit(json!({ "schedule": schedule, "lead": { "to": "5 days" } })).unchanged.is_some());
    // February's period is in the ledger: it is not made again on the 20th.
    office.tick_at("2026-02-21T12:00:00Z");
    assert_eq!(office.periods(id), ["2026-02"]);
    office.tick_at("2026-03-15T12:00:00Z");
    assert_eq!(office.made(1)[1].due, "2026-03-20".parse().ok());
}

#[test]
fn s9_4_what_cannot_be_made_is_in_the_ledger_with_its_reason() {
    let office = Office::with(plain());
    office.account(2, "Second");
    let id = office.series(json!({ "for": { "accounts": [account(1), account(2)] } }));
    office.give(json!({ "archive_pipeline": { "pipeline": "p", "archived": true } }));
    office.tick_at("2026-02-15T12:00:00Z");
    let lines = office.ledger(id);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.outcome.refusal().is_some_and(|why| why.contains("archived"))), "{lines:?}");
    office.give(json!({ "archive_pipeline": { "pipeline": "p", "archived": false } }));
    // On request it is tried again.
    office.give(json!({ "run_occurrence": { "series": id, "day": "2026-02-15", "accounts": [account(2)] } }));
    assert_eq!((office.made(1).len(), office.made(2).len()), (0, 1));
    office.give(json!({ "run_occurrence": { "series": id, "day": "2026-02-15" } }));
    assert_eq!((office.made(1).len(), office.made(2).len()), (1, 1));
    assert_eq!(office.ledger(id).len(), 2);
}

#[test]
fn s9_4_the_ledger_stays_when_the_job_is_deleted() {
    let office = Office::with(plain());
    let id = office.series(json!({}));
    office.tick_at("2026-02-15T12:00:00Z");
    let job = office.made(1).remove(0).id;
    office.give(json!({ "delete_job": { "job": job } }));
    office.give(json!({ "run_occurrence": { "series": id, "day": "2026-02-15" } }));
    assert!(office.made(1).is_empty());
    assert_eq!(office.ledger(id)[0].outcome, OccurrenceOutcome::Job(job));
}

#[test]
fn s7_1_tasks_recur_for_accounts_and_for_the_firm() {
    let office = Office::with(plain());
    let task = json!({ "key": "t", "title": "Payroll {{ period.start | date('%B') }}", "budget_minutes": 30 });
    let make = json!({ "task": { "task": task } });
    let of_account = office.series(json!({ "makes": make }));
    let of_firm = office.series(json!({ "makes": make, "for": { "firm": true } }));
    office.tick_at("2026-02-15T12:00:00Z");
    for (id, whose) in [(of_account, Some(account(1))), (of_firm, None)] {
        let OccurrenceOutcome::Task(task) = office.ledger(id)[0].outcome else { panic!("a task") };
        let task = office.get_task(task);
        assert_eq!((&*task.title, task.account, task.due), ("Payroll February", whose, "2026-02-15".parse().ok()));
    }
    let job = json!({ "create_series": monthly(json!({ "for": { "firm": true } })) });
    assert!(office.refused(command(job)).to_string().contains("a job is for an account"));
}

#[test]
fn s5_3_automations_start_and_stop_a_recurrence() {
    let office = Office::with(plain());
    office.account(2, "Second");
    let id = office.series(json!({ "for": {} }));
    office.publish(json!({ "key": "q", "name": "Q", "stages": [
        { "key": "one", "on_entry": [{ "key": "in", "do": [{ "start_series": id }] }] },
        { "key": "two", "on_entry": [{ "key": "out", "do": [{ "stop_series": id }] }] }] }));
    let job = office.job_of(2, "q");
    assert!(office.get_series(id).audience.accounts.contains(&account(2)));
    office.tick_at("2026-02-15T12:00:00Z");
    office.move_to(job, "two");
    office.tick_at("2026-03-15T12:00:00Z");
    assert_eq!(office.made(2).len(), 1);
    // A series that has ended takes nobody in: the action has failed.
    office.give(json!({ "end_series": { "series": id } }));
    let late = office.job_of(1, "q");
    let failed = &office.get(late).failed;
    assert!(failed.len() == 1 && failed[0].why.contains("has ended"), "{failed:?}");
}

#[test]
fn s9_4_a_series_is_refused_with_the_reason() {
    let office = Office::with(plain());
    let why = |parts: Value| office.refused(command(json!({ "create_series": monthly(parts) }))).to_string();
    assert!(why(json!({ "makes": { "job": { "pipeline": "none" } } })).contains("pipeline `none`"));
    assert!(why(json!({ "makes": { "job": { "pipeline": "p", "stage": "x" } } })).contains("stage `x`"));
    assert!(
        why(json!({ "makes": { "job": { "pipeline": "p", "name": "{{ acount.name }}" } } })).contains("makes.job.name")
    );
    assert!(why(json!({ "makes": { "task": {} } })).contains("makes.task"));
    assert!(why(json!({ "for": { "accounts": [account(9)] } })).contains("account"));
    assert!(why(json!({ "lead": "3 hours" })).contains("less than a day"));
    assert!(why(json!({ "name": " " })).contains("name"));
    let past = json!({ "schedule": { "preset": { "monthly": {} }, "start": "2020-01-01", "end": "2021-01-01" } });
    assert!(why(past).contains("backfill"));
    let calendar = json!({ "schedule": { "preset": { "monthly": {} }, "start": "2026-01-01", "calendar": "moon" } });
    assert!(why(calendar).contains("`moon`"));
    let twice = json!({ "schedule": { "preset": { "monthly": {} }, "rule": "FREQ=DAILY", "start": "2026-01-01" } });
    assert!(why(twice).contains("schedule.preset"));
}

#[test]
fn s9_4_a_series_begins_today_unless_it_is_to_fill_in_the_past() {
    let office = Office::with(plain());
    let parts =
        json!({ "catch_up": "all", "schedule": { "preset": { "monthly": { "day": 1 } }, "start": "2025-11-01" } });
    let fresh = office.series(parts.clone());
    office.tick_at("2026-02-02T15:00:00Z");
    assert!(office.periods(fresh).is_empty());
    let mut filled = parts;
    filled["backfill"] = json!(true);
    let filled = office.series(filled);
    office.tick_at("2026-02-02T15:00:01Z");
    assert_eq!(office.periods(filled), ["2025-11", "2025-12", "2026-01", "2026-02"]);
}

#[test]
fn s9_4_a_change_of_the_calendar_moves_what_is_next() {
    let office = Office::with(plain());
    let schedule = json!({ "preset": { "monthly": { "day": 16 } }, "start": "2026-02-01", "adjust": "following" });
    let id = office.series(json!({ "schedule": schedule }));
    let next = || office.get_series(id).next.expect("something to do").to_rfc3339();
    assert_eq!(next(), "2026-02-16T05:00:00+00:00");
    office.save_firm(json!({ "name": "Ledger & Sons", "time_zone": "Europe/Berlin", "holidays": ["2026-02-16"],
        "roles": ["preparer", "reviewer", "partner"] }));
    assert_eq!(next(), "2026-02-16T23:00:00+00:00");
}

#[test]
fn s11_1_series_are_seen_before_they_happen() {
    let office = Office::with(plain());
    office.give(json!({ "tag_account": { "account": account(1), "add": ["books"] } }));
    let schedule = json!({ "preset": { "monthly": { "day": 15 } }, "start": "2026-02-15", "adjust": "following", "covers": "previous" });
    let id = office.series(json!({ "schedule": schedule, "lead": "1 week", "for": { "tags": ["books"] } }));
    office.give(json!({ "skip_occurrence": { "series": id, "day": "2026-03-15" } }));
    office.give(json!({ "edit_series": { "series": id, "scope": { "this": "2026-04-15" }, "changes": { "date": { "to": "2026-04-20" } } } }));
    let queries = office.engine.query(firm(), workflow_core::event::Actor::system("test")).expect("the firm");
    let view = queries.series(id, 3).expect("the series");
    let shown: Vec<(String, String, bool, bool)> = view
        .upcoming
        .iter()
        .map(|planned| (planned.key.to_string(), planned.date.to_string(), planned.skip, planned.moved))
        .collect();
    let shown: Vec<(&str, &str, bool, bool)> =
        shown.iter().map(|(a, b, c, d)| (a.as_str(), b.as_str(), *c, *d)).collect();
    assert_eq!(
        shown,
        [
            ("2026-01", "2026-02-16", false, false),
            ("2026-02", "2026-03-16", true, false),
            ("2026-03", "2026-04-20", false, true)
        ]
    );
    assert_eq!(view.upcoming[0].opens, Some("2026-02-09T05:00:00Z".parse().expect("an instant")));
    assert!(office.made(1).is_empty(), "nothing is made by looking");
    let (from, to) = ("2026-02-01".parse().expect("a date"), "2026-04-30".parse().expect("a date"));
    let days = queries.calendar(&workflow_core::query::CalendarQuery { from, to, member: None }).expect("days");
    let planned: Vec<String> =
        days.iter().filter(|day| !day.planned.is_empty()).map(|day| day.day.to_string()).collect();
    assert_eq!(planned, ["2026-02-16", "2026-03-16", "2026-04-20"]);
    let of_account = queries.planned(from, to, Some(account(1))).expect("rows");
    assert_eq!(of_account.len(), 3);
    let list = queries.series_list(&Default::default(), &workflow_core::query::PageRequest::first(10)).expect("a page");
    assert_eq!(list.rows.len(), 1);
    drop(queries);
    office.tick_at("2026-02-09T12:00:00Z");
    let queries = office.engine.query(firm(), workflow_core::event::Actor::system("test")).expect("the firm");
    let lines = |of| {
        let query = workflow_core::query::LedgerQuery { of, refused: false, descending: false };
        queries.ledger(&query, &workflow_core::query::PageRequest::first(10)).expect("a page").rows.len()
    };
    assert_eq!(lines(workflow_core::query::LedgerOf::Series(id)), 1);
    assert_eq!(lines(workflow_core::query::LedgerOf::Account(account(1))), 1);
    assert_eq!(lines(workflow_core::query::LedgerOf::Firm), 0);
}

#[test]
fn s11_1_workload_is_told_by_week_with_capacity() {
    let office = Office::with(plain());
    office.give(json!({ "save_member": { "id": member(2), "name": "Bob", "weekly_minutes": 1800 } }));
    let task = |due: &str, minutes: u32| {
        office.new_task(json!({ "account": account(1), "task": { "key": "t", "title": "T", "due": due,
            "budget_minutes": minutes, "assign": { "members": [member(2)] } } }))
    };
    // Today is Monday, February 2: what is late is for this week.
    task("2026-01-20", 30);
    task("2026-02-06", 60);
    task("2026-02-10", 90);
    office.give(
        json!({ "create_job": { "account": account(1), "pipeline": "p", "due": "2026-02-11", "budget_minutes": 200,
        "assign": { "members": [member(2)] } } }),
    );
    let queries = office.engine.query(firm(), workflow_core::event::Actor::system("test")).expect("the firm");
    let query = workflow_core::query::WorkloadQuery {
        from: "2026-02-04".parse().expect("a date"),
        to: "2026-02-16".parse().expect("a date"),
        member: Some(member(2)),
    };
    let weeks = queries.workload_by_week(&query).expect("weeks");
    let told: Vec<(&str, u64, u64, u64, Option<u32>)> = weeks
        .iter()
        .map(|week| (week.week.as_str(), week.tasks, week.jobs, week.planned_minutes, week.capacity_minutes))
        .collect();
    assert_eq!(
        told,
        [("2026-W06", 2, 0, 90, Some(1800)), ("2026-W07", 1, 1, 290, Some(1800)), ("2026-W08", 0, 0, 0, Some(1800))]
    );
}

#[test]
fn s9_4_members_work_on_the_series_of_pipelines_that_are_open_to_them() {
    let office = Office::with(
        json!({ "key": "p", "name": "P", "access": { "only": { "members": [member(2)] } }, "stages": [{ "key": "one" }] }),
    );
    let create = || command(json!({ "create_series": monthly(json!({})) }));
    let forbidden = office.as_member(3, create()).expect_err("not open to Cy").to_string();
    assert!(forbidden.contains("not open to you"), "{forbidden}");
    let id = office.series_of(office.as_member(2, create()).expect("open to Bob"));
    let pause = || command(json!({ "pause_series": { "series": id } }));
    assert!(office.as_member(3, pause()).is_err());
    let cy = office.engine.query(firm(), workflow_core::event::Actor::Member(member(3))).expect("Cy works here");
    assert!(cy.series(id, 1).is_err());
    let make = json!({ "advance_series": { "series": id } });
    assert!(office.refused(command(make)).to_string().contains("for the engine itself"));
}
