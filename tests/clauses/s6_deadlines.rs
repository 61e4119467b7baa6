//! Layered deadlines: dates that follow others, and deadlines moved for many clients at once.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use workflow_core::command::{Command, Reaction, Request, ShiftDeadlines};
use workflow_core::definition::JobDate;
use workflow_core::engine::{Engine, Outcome, ShiftPreview};
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::model::TaskState;
use workflow_core::store::{FollowUpWork, QueuedBody, QueuedState};

use crate::kit::{Office, account, command, firm, key, names, plain, set_task};

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().expect("a date"))
}

/// A firm with the pipeline `p`, whose jobs have these defaults.
fn office(defaults: Value) -> Office {
    let mut pipeline = plain();
    pipeline["job_defaults"] = defaults;
    Office::with(pipeline)
}

/// A job of account 1 for the year 2025.
fn job_for_2025(office: &Office) -> JobId {
    let new = json!({ "create_job": { "account": account(1), "pipeline": "p",
        "period_start": "2025-01-01", "period_end": "2025-12-31" } });
    office.give(new).job().expect("a job")
}

fn layered() -> Value {
    json!({
        "statutory": "due date of form 1040", "extended": "extended due date of form 1040",
        "due": "10 business days before statutory", "start": "6 weeks before due"
    })
}

/// Start, due, statutory and extended.
fn dates(office: &Office, job: JobId) -> [Option<NaiveDate>; 4] {
    let job = office.get(job);
    [job.start, job.due, job.statutory, job.extended]
}

fn edit(office: &Office, job: JobId, changes: Value) -> Outcome {
    office.give(json!({ "edit_job": { "job": job, "changes": changes } }))
}

/// The dates that followed, in order.
fn derived(outcome: &Outcome) -> Vec<JobDate> {
    let date = |recorded: &&workflow_core::event::Recorded| match &recorded.event {
        Event::JobDateSet { date, derived: true, .. } => Some(*date),
        _ => None,
    };
    outcome.events().iter().filter_map(date).collect()
}

#[test]
fn s6_1_a_job_has_an_internal_a_statutory_and_an_extended_deadline() {
    let office = office(layered());
    let job = job_for_2025(&office);
    let expected = [day("2026-02-18"), day("2026-04-01"), day("2026-04-15"), day("2026-10-15")];
    assert_eq!(dates(&office, job), expected);
    let rules = &office.get(job).date_rules;
    assert_eq!(rules[&JobDate::Due].to_string(), "10 business days before statutory");
    assert_eq!(rules.len(), 4);
}

#[test]
fn s6_2_dates_follow_when_their_anchor_moves_and_each_change_is_an_event() {
    let office = office(layered());
    let job = job_for_2025(&office);
    let outcome = edit(&office, job, json!({ "dates": { "statutory": { "to": "2026-05-15" } } }));
    assert_eq!(names(&outcome), ["job_date_set", "job_date_set", "job_date_set"]);
    assert_eq!(derived(&outcome), [JobDate::Due, JobDate::Start]);
    assert_eq!(dates(&office, job), [day("2026-03-20"), day("2026-05-01"), day("2026-05-15"), day("2026-10-15")]);
    // What was set by hand follows no more, and what counts from it still does.
    assert!(!office.get(job).date_rules.contains_key(&JobDate::Statutory));
    edit(&office, job, json!({ "dates": { "due": { "to": "2026-04-30" } } }));
    let outcome = edit(&office, job, json!({ "dates": { "statutory": { "to": "2026-06-15" } } }));
    assert_eq!(derived(&outcome), []);
    assert_eq!(dates(&office, job)[..2], [day("2026-03-19"), day("2026-04-30")]);
    // An expression is followed from then on.
    edit(&office, job, json!({ "dates": { "due": { "to": "1 week before extended" } } }));
    let outcome = edit(&office, job, json!({ "dates": { "extended": { "to": "2026-11-16" } } }));
    assert_eq!(derived(&outcome), [JobDate::Due, JobDate::Start]);
    assert_eq!(office.get(job).due, day("2026-11-09"));
    // A date that is taken away takes those along that count from it.
    edit(&office, job, json!({ "dates": { "extended": "clear" } }));
    assert_eq!(dates(&office, job)[..2], [None, None]);
    edit(&office, job, json!({ "dates": { "extended": { "to": "2026-10-15" } } }));
    assert_eq!(office.get(job).due, day("2026-10-08"));
}

#[test]
fn s6_2_the_same_day_set_by_hand_ends_the_derivation() {
    let office = office(layered());
    let job = job_for_2025(&office);
    let outcome = edit(&office, job, json!({ "dates": { "due": { "to": "2026-04-01" } } }));
    assert_eq!(names(&outcome), ["job_date_set"]);
    let again = edit(&office, job, json!({ "dates": { "due": { "to": "2026-04-01" } } }));
    assert!(again.unchanged.is_some());
    edit(&office, job, json!({ "dates": { "statutory": { "to": "2026-05-15" } } }));
    assert_eq!(office.get(job).due, day("2026-04-01"));
}

#[test]
fn s6_2_a_period_is_edited_and_what_counts_from_it_follows() {
    let office = office(layered());
    let job = office.job();
    assert_eq!(dates(&office, job), [None; 4]);
    let outcome = edit(
        &office,
        job,
        json!({
        "period_start": { "to": "2024-01-01" }, "period_end": { "to": "2024-12-31" } }),
    );
    assert_eq!(names(&outcome)[0], "job_period_set");
    assert_eq!(derived(&outcome), [JobDate::Statutory, JobDate::Due, JobDate::Start, JobDate::Extended]);
    assert_eq!(dates(&office, job)[1..], [day("2025-04-01"), day("2025-04-15"), day("2025-10-15")]);
    let wrong = json!({ "edit_job": { "job": job, "changes": { "period_end": { "to": "2023-12-31" } } } });
    assert!(office.refused(command(wrong)).to_string().contains("before it begins"));
    let cleared = edit(&office, job, json!({ "period_start": "clear", "period_end": "clear" }));
    assert_eq!(derived(&cleared).len(), 4);
    assert_eq!(dates(&office, job), [None; 4]);
}

#[test]
fn s6_2_a_custom_field_holds_an_anchor() {
    let office = office(json!({
        "statutory": "15th of the 4th month after account.fiscal_year_end, following on us-dc",
        "due": "5 days before job.hearing" }));
    let set = |field: &str, value: &str| {
        office.give(json!({ "set_account_field": { "account": account(1), "field": field, "value": value } }))
    };
    set("fiscal_year_end", "06-30");
    let (one, two) = (job_for_2025(&office), job_for_2025(&office));
    // The year that ended on 30 June 2025, the last one up to the end of the period.
    assert_eq!(office.get(one).statutory, day("2025-10-15"));
    set("fiscal_year_end", "12-31");
    assert_eq!([one, two].map(|job| office.get(job).statutory), [day("2026-04-15"); 2]);
    set("fiscal_year_end", "2025-09-30");
    assert_eq!([one, two].map(|job| office.get(job).statutory), [day("2026-01-15"); 2]);
    // What is no date is none, and a job that is done keeps its dates.
    office.set_status(two, "completed");
    set("fiscal_year_end", "unknown");
    assert_eq!([one, two].map(|job| office.get(job).statutory), [None, day("2026-01-15")]);
    // The host may also save the account as a whole.
    office.save_account(1, json!({ "fields": { "fiscal_year_end": "2025-12-31" } }));
    assert_eq!(office.get(one).statutory, day("2026-04-15"));
    let outcome = edit(&office, one, json!({ "fields": { "hearing": { "to": "2026-06-10" } } }));
    assert_eq!(names(&outcome), ["job_field_set", "job_date_set"]);
    assert_eq!(office.get(one).due, day("2026-06-05"));
}

#[test]
fn s6_2_jobs_that_do_not_look_at_a_field_are_not_touched_by_it() {
    let office = office(layered());
    let job = job_for_2025(&office);
    let (before, log) = (office.get(job), office.log().len());
    office.give(json!({ "set_account_field": { "account": account(1), "field": "founded", "value": "1999-01-01" } }));
    assert_eq!((office.get(job), office.log().len()), (before, log + 1));
}

#[test]
fn s6_2_stage_entry_is_that_of_the_present_stage() {
    let office = office(json!({ "due": "3 days after stage entry" }));
    let job = office.job();
    assert_eq!(office.get(job).due, day("2026-02-05"));
    office.advance(TimeDelta::days(10));
    let outcome = office.move_to(job, "two");
    assert_eq!(derived(&outcome), [JobDate::Due]);
    assert_eq!(office.get(job).due, day("2026-02-15"));
}

#[test]
fn s6_2_a_date_set_by_a_stage_s_automation_stays_with_that_stay() {
    let mut pipeline = plain();
    pipeline["stages"][1]["on_entry"] = json!([{ "key": "due", "do": [
        { "set_date": { "date": "due", "to": "3 days after stage entry" } } ] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    office.move_to(job, "two");
    office.advance(TimeDelta::days(10));
    office.move_to(job, "three");
    assert_eq!(office.get(job).due, day("2026-02-05"));
}

#[test]
fn s6_2_the_completion_of_a_task_is_an_anchor() {
    let mut pipeline = plain();
    pipeline["job_defaults"] = json!({ "due": "2 business days after completion of task review" });
    pipeline["task_templates"] = json!([{ "key": "review", "title": "Review" }]);
    let office = Office::with(pipeline);
    let job = office.job();
    let new = |title: &str, due: &str| {
        office.new_task(json!({ "job": job, "task": { "key": title, "title": title, "due": due } }))
    };
    let review = new("review", "due");
    let file = new("file", "1 day after completion of task review");
    assert_eq!((office.get(job).due, office.get_task(file).due), (None, None));
    // Completed on Monday, 2 February.
    let outcome = office.run(set_task(review, TaskState::Completed));
    assert_eq!(names(&outcome), ["task_state_set", "job_date_set", "task_dates_set"]);
    assert_eq!((office.get(job).due, office.get_task(file).due), (day("2026-02-04"), day("2026-02-03")));
    assert_eq!(office.get(job).tasks[0].completed, Some(office.now()));
    // Opened again, it has no completion; completed later, it has another.
    office.run(set_task(review, TaskState::InProgress));
    assert_eq!((office.get(job).due, office.get_task(file).due), (None, None));
    office.advance(TimeDelta::days(3));
    office.run(set_task(review, TaskState::Completed));
    assert_eq!((office.get(job).due, office.get_task(file).due), (day("2026-02-09"), day("2026-02-06")));
    office.run(Command::DeleteTask { task: review });
    assert_eq!((office.get(job).due, office.get_task(file).due), (None, None));
}

#[test]
fn s7_2_tasks_follow_through_all_layers_in_one_cascade() {
    let mut pipeline = plain();
    pipeline["job_defaults"] = layered();
    pipeline["automations"] = json!([{ "key": "late", "on": { "signal": { "name": "notice" } }, "do": [
        { "set_date": { "date": "statutory", "to": "2026-05-15" } },
        // The next action sees what followed.
        { "set_client_status": "Due {{ job.due }}" } ] }]);
    let office = Office::with(pipeline);
    let job = job_for_2025(&office);
    let task = |due: &str| office.new_task(json!({ "job": job, "task": { "key": "t", "title": "t", "due": due } }));
    let (first, second) = (task("2 days before due"), task("1 month after period end"));
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "notice" } }));
    let expected = [
        "signal_received",
        "automation_ran",
        "job_date_set",
        "job_date_set",
        "job_date_set",
        "task_dates_set",
        "job_client_status_set",
    ];
    assert_eq!(names(&outcome), expected);
    assert_eq!(outcome.entries.len(), 1);
    assert_eq!(office.get(job).client_status.as_deref(), Some("Due 2026-05-01"));
    assert_eq!([first, second].map(|task| office.get_task(task).due), [day("2026-04-29"), day("2026-01-31")]);
    edit(&office, job, json!({ "period_end": { "to": "2025-06-30" } }));
    assert_eq!(office.get_task(second).due, day("2025-07-30"));
}

#[test]
fn s6_2_dates_that_count_from_each_other_are_refused() {
    let mut pipeline = plain();
    pipeline["job_defaults"] = json!({ "due": "1 day before statutory", "statutory": "1 day after due" });
    let office = Office::new();
    let error = office.try_publish(pipeline, json!({})).expect_err("a circle").to_string();
    assert!(error.contains("due → statutory → due"), "{error}");
    // What a command gives can close a circle with what the pipeline has.
    pipeline = plain();
    pipeline["job_defaults"] = json!({ "due": "1 day before statutory" });
    office.publish(pipeline);
    let new = json!({ "create_job": { "account": account(1), "pipeline": "p", "statutory": "3 days after due" } });
    let refused = office.refused(command(new));
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("due → statutory → due"), "{refused}");
    // A later edit that would close one is carried out once.
    let job = office.job();
    edit(&office, job, json!({ "dates": { "statutory": { "to": "2026-04-15" } } }));
    edit(&office, job, json!({ "dates": { "statutory": { "to": "3 days after due" } } }));
    assert_eq!(dates(&office, job)[1..3], [day("2026-04-16"), day("2026-04-17")]);
    assert!(!office.get(job).date_rules.contains_key(&JobDate::Statutory));
}

#[test]
fn s9_1_dates_follow_the_firm_s_calendar() {
    let office = office(layered());
    let (open, done) = (job_for_2025(&office), job_for_2025(&office));
    office.set_status(done, "completed");
    let task = office.new_task(json!({ "job": open, "task": {
        "key": "t", "title": "t", "due": "1 business day before due" } }));
    office.save_firm(
        json!({ "name": "Ledger & Sons", "time_zone": "America/New_York", "roles": ["preparer", "reviewer", "partner"],
        "holidays": ["2026-04-03", "2026-03-31"] }),
    );
    // Good Friday is a holiday now: ten business days before 15 April are one day more.
    assert_eq!([open, done].map(|job| office.get(job).due), [day("2026-03-30"), day("2026-04-01")]);
    assert_eq!(office.get_task(task).due, day("2026-03-27"));
    // Other settings change no date.
    let log = office.log().len();
    office.save_firm(json!({ "name": "Ledger & Daughters", "time_zone": "America/New_York",
        "roles": ["preparer", "reviewer", "partner"], "holidays": ["2026-04-03", "2026-03-31"] }));
    assert_eq!(office.log().len(), log + 1);
}

#[test]
fn s9_1_a_time_zone_moves_the_days_of_instants() {
    let office = office(json!({ "due": "creation" }));
    office.advance(TimeDelta::hours(12));
    // Ten in the evening in New York.
    let job = office.job();
    assert_eq!(office.get(job).due, day("2026-02-02"));
    office.save_firm(json!({ "name": "F", "time_zone": "Asia/Tokyo", "roles": ["preparer", "reviewer", "partner"] }));
    assert_eq!(office.get(job).due, day("2026-02-03"));
}

fn relief() -> Value {
    json!({ "accounts": { "all": ["disaster-ca"] }, "from": "2026-01-07", "until": "2026-10-15",
        "postpone": { "to": "2026-10-15" }, "reason": "Relief for the fires of January" })
}

fn order(written: Value) -> ShiftDeadlines {
    serde_json::from_value(written).expect("an order")
}

/// A firm with three clients of whom two were struck, with a job each.
fn struck(defaults: Value) -> (Office, [JobId; 3]) {
    let office = office(defaults);
    let mut jobs = Vec::new();
    for number in [1, 2, 3] {
        office.account(number, &format!("Client {number}"));
        if number != 3 {
            office.give(json!({ "tag_account": { "account": account(number), "add": ["disaster-ca"] } }));
        }
        let new = json!({ "create_job": { "account": account(number), "pipeline": "p",
            "period_start": "2025-01-01", "period_end": "2025-12-31" } });
        jobs.push(office.give(new).job().expect("a job"));
    }
    (office, jobs.try_into().expect("three"))
}

#[test]
fn s6_6_deadlines_of_all_clients_with_a_tag_are_postponed_with_one_command() {
    let (office, jobs) = struck(layered());
    let before = office.get(jobs[2]);
    let preview =
        office.engine.acting(firm(), Actor::system("test")).preview_shift(&order(relief())).expect("readable");
    let dates_moved = [(JobDate::Statutory, 2)].into();
    assert_eq!(preview, ShiftPreview { accounts: 2, jobs: 2, dates: dates_moved });
    let outcome = office.give(json!({ "shift_deadlines": relief() }));
    assert_eq!(names(&outcome), ["deadlines_shifted"]);
    for job in &jobs[..2] {
        // Extended is on that day already; due follows statutory.
        let expected = [day("2026-08-20"), day("2026-10-01"), day("2026-10-15"), day("2026-10-15")];
        assert_eq!(dates(&office, *job), expected);
    }
    assert_eq!(office.get(jobs[2]), before);
    let reasons: Vec<String> = office
        .log()
        .iter()
        .flat_map(|entry| &entry.events)
        .filter_map(|recorded| match &recorded.event {
            Event::JobDateSet { reason: Some(reason), derived: false, .. } => Some(reason.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["Relief for the fires of January"; 2]);
    // Once more, nothing is left to move.
    let log = office.log().len();
    office.give(json!({ "shift_deadlines": relief() }));
    assert_eq!(office.log().len(), log + 1);
    // A job created afterwards has the dates of the law.
    assert_eq!(office.get(job_for_2025(&office)).statutory, day("2026-04-15"));
}

#[test]
fn s6_6_a_shift_moves_what_is_named_within_the_range_and_never_back() {
    let (office, jobs) = struck(json!({
        "statutory": "2026-04-15", "extended": "2026-10-15", "due": "2026-03-02", "start": "2026-02-02" }));
    // Due does not follow statutory: it is moved by itself.
    let mut by_span = relief();
    by_span["postpone"] = json!({ "by": "2 months" });
    by_span["until"] = json!("2026-06-30");
    office.give(json!({ "shift_deadlines": by_span }));
    let expected = [day("2026-02-02"), day("2026-05-02"), day("2026-06-15"), day("2026-10-15")];
    assert_eq!(dates(&office, jobs[0]), expected);
    // To a day that is earlier for one of them.
    let mut to = relief();
    to["postpone"] = json!({ "to": "2026-06-01" });
    to["dates"] = json!(["due", "statutory", "start"]);
    office.give(json!({ "shift_deadlines": to }));
    let expected = [day("2026-06-01"), day("2026-06-01"), day("2026-06-15"), day("2026-10-15")];
    assert_eq!(dates(&office, jobs[0]), expected);
    assert_eq!(office.get(jobs[2]).start, day("2026-02-02"));
}

#[test]
fn s6_6_a_shift_is_for_pipelines_and_fields_too_and_leaves_finished_jobs() {
    let (office, jobs) = struck(layered());
    let mut other = plain();
    other["key"] = json!("q");
    office.publish(other);
    edit(&office, jobs[0], json!({ "fields": { "state": { "to": "CA" } } }));
    office.give(json!({ "set_status": { "job": jobs[1], "status": "completed" } }));
    let state = json!({ "scope": "job", "field": "state", "is": { "equals": "CA" } });
    let shift = |pipelines: Value, field: Value| {
        let mut written = relief();
        written["pipelines"] = pipelines;
        if !field.is_null() {
            written["field"] = field;
        }
        let acting = office.engine.acting(firm(), Actor::system("test"));
        let preview = acting.preview_shift(&order(written.clone())).expect("readable");
        office.give(json!({ "shift_deadlines": written }));
        preview.jobs
    };
    assert_eq!(shift(json!(["q"]), json!(null)), 0);
    assert_eq!(office.get(jobs[0]).statutory, day("2026-04-15"));
    assert_eq!(shift(json!(["p", "q"]), state), 1);
    let moved = jobs.map(|job| office.get(job).statutory);
    assert_eq!(moved, [day("2026-10-15"), day("2026-04-15"), day("2026-04-15")]);
}

#[test]
fn s6_6_a_shift_that_says_too_little_is_refused() {
    let (office, _) = struck(layered());
    let wrong = |part: &str, value: Value| {
        let mut written = relief();
        written[part] = value;
        let log = office.log().len();
        let refused = office.refused(command(json!({ "shift_deadlines": written })));
        assert_eq!(office.log().len(), log);
        refused
    };
    assert!(wrong("accounts", json!({})).to_string().contains("every client"));
    assert!(wrong("reason", json!(" ")).to_string().contains("reason"));
    assert!(wrong("dates", json!([])).to_string().contains("`statutory`"));
    assert!(wrong("until", json!("2026-01-01")).to_string().contains("before 2026-01-07"));
    assert!(wrong("postpone", json!({ "by": "3 hours" })).to_string().contains("days"));
    assert_eq!(wrong("pipelines", json!(["nowhere"])), Rejection::not_found("pipeline", "nowhere"));
    let bulk = json!({ "bulk": { "commands": [{ "shift_deadlines": relief() }] } });
    assert!(office.attempt(command(bulk)).is_err() || office.follow_ups(QueuedState::Waiting).is_empty());
}

#[test]
fn s6_6_a_shift_survives_a_crash_and_moves_each_job_once() {
    let (office, jobs) = struck(json!({ "statutory": "2026-04-15" }));
    let written =
        json!({ "accounts": { "any": ["disaster-ca", "other"] }, "postpone": { "by": "10 days" }, "reason": "r" });
    // The program dies right after the command.
    let request = Request::new(firm(), Actor::system("test"), command(json!({ "shift_deadlines": written })));
    office.engine.within(&*office.store).execute(&request).expect("a command that works");
    assert_eq!(office.get(jobs[0]).statutory, day("2026-04-15"));
    // A job of the same client that is created before it is taken up is not concerned.
    office.advance(TimeDelta::seconds(1));
    let later = job_for_2025(&office);
    let follow_ups = office.follow_ups(QueuedState::Waiting);
    let QueuedBody::FollowUp(follow_up) = &follow_ups[0].body else { panic!("a follow-up") };
    let FollowUpWork::ShiftDeadlines { order, at } = &follow_up.work else { panic!("{follow_up:?}") };
    // Another engine told the second job, and died too.
    let reaction = Reaction::ShiftDeadlines { job: jobs[1], order: order.clone(), at: *at };
    let told = Request::new(firm(), Actor::Automation, Command::React(Box::new(reaction)));
    let told = told.keyed(key(&format!("follow-up/{}/{}", follow_up.id, jobs[1])));
    office.engine.execute(&told).expect("a reaction");
    let engine = Engine::deterministic(Arc::clone(&office.store) as _, Arc::clone(&office.clock) as _, 99);
    assert_eq!(engine.run_follow_ups(10).expect("a store that works"), 1);
    let moved = [jobs[0], jobs[1], jobs[2], later].map(|job| office.get(job).statutory);
    assert_eq!(moved, [day("2026-04-25"), day("2026-04-25"), day("2026-04-15"), day("2026-04-15")]);
    assert!(office.follow_ups(QueuedState::Waiting).is_empty() && office.follow_ups(QueuedState::Dead).is_empty());
}

#[test]
fn s6_6_a_shift_reaches_thousands_of_jobs() {
    let office = office(json!({ "statutory": "2026-04-15", "due": "3 days before statutory" }));
    let count = 1_500;
    for number in 0..count {
        office.account(1_000 + number, &format!("Client {number}"));
        office.give(json!({ "tag_account": { "account": account(1_000 + number), "add": ["disaster-ca"] } }));
        office.job_of(1_000 + number, "p");
    }
    office.give(json!({ "shift_deadlines": relief() }));
    for number in 0..count {
        let job = &office.jobs_of(1_000 + number)[0];
        assert_eq!((job.statutory, job.due), (day("2026-10-15"), day("2026-10-12")));
    }
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
}

#[test]
fn s6_2_a_template_names_calendars_that_exist() {
    let office = Office::new();
    let save = |due: &str| {
        let template = json!({ "job": { "key": "t", "defaults": { "due": due } } });
        office.attempt(command(json!({ "save_template": template })))
    };
    save("15th of the month after period end, following on us-dc").expect("a calendar that is built in");
    let Err(Error::Rejected(Rejection::Document(problems))) = save("creation, following on us-cd") else {
        panic!("not refused");
    };
    assert_eq!((problems[0].path.as_str(), problems[0].code), ("job.defaults.due", "unknown_calendar"));
    assert!(problems[0].message.contains("did you mean `us-dc`?"), "{}", problems[0].message);
    let task = json!({ "task": { "key": "t", "title": "T", "due": "creation, following on nowhere" } });
    assert!(office.attempt(command(json!({ "save_template": task }))).is_err());
}

#[test]
fn s7_2_a_task_that_is_opened_again_catches_up_with_what_its_dates_follow() {
    let mut pipeline = plain();
    let task = json!({ "key": "t", "title": "t", "due": "2 days before due" });
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "make", "do": [{ "create_task": task }] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    let set = |day: &str| {
        office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": day } } } } }));
    };
    set("2026-03-10");
    let task = office.tasks(job, "t")[0].id;
    office.run(set_task(task, TaskState::Completed));
    set("2026-04-10");
    let due = || office.get_task(task).due.map(|day| day.to_string());
    assert_eq!(due().as_deref(), Some("2026-03-08"), "a completed task keeps its dates");
    office.run(set_task(task, TaskState::Planned));
    assert_eq!(due().as_deref(), Some("2026-04-08"));
}
