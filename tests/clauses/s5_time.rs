//! What time sets off: dates that come near or pass, limits of stages, waits, reminders.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::{Command, ItemRef};
use workflow_core::engine::Ticked;
use workflow_core::error::Rejection;
use workflow_core::event::Event;
use workflow_core::id::JobId;
use workflow_core::model::{AttentionReason, TaskState, WaitCancelled, WaitEnd};
use workflow_core::store::{Queue, QueuedState};

use crate::kit::{Office, account, firm, intents, key, names, ran, set_task};

impl Office {
    /// Goes to a local time in New York in winter, such as `2026-02-05T09:00`, and ticks until
    /// nothing is due.
    fn go_to(&self, local: &str) -> Vec<Ticked> {
        self.go_to_instant(winter(local))
    }

    fn go_to_instant(&self, instant: DateTime<Utc>) -> Vec<Ticked> {
        self.clock.advance(instant - self.now());
        let mut ticks = Vec::new();
        loop {
            let ticked = self.engine.tick(self.now(), 100).expect("a store that works");
            let done = ticked.next.is_none_or(|next| next > self.now());
            ticks.push(ticked);
            if done {
                return ticks;
            }
            assert!(ticks.len() < 1_000, "ticking does not come to an end");
        }
    }

    fn titles(&self, job: JobId, kind: &str) -> Vec<String> {
        self.items(job, kind).iter().map(|item| item.title.to_string()).collect()
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        self.engine.tick(self.now(), 0).expect("a store that works").next
    }

    /// How the job's waits have ended, by the log.
    fn wait_ends(&self) -> Vec<WaitEnd> {
        let end = |recorded: &workflow_core::event::Recorded| match &recorded.event {
            Event::WaitEnded { how, .. } => Some(*how),
            _ => None,
        };
        self.log().iter().flat_map(|entry| &entry.events).filter_map(end).collect()
    }
}

/// An instant by New York's clocks in winter.
fn winter(local: &str) -> DateTime<Utc> {
    format!("{local}:00-05:00").parse().expect("an instant")
}

fn email(title: &str) -> Value {
    json!({ "request": { "kind": "email", "title": title } })
}

/// Two stages; `on_entry` of the first does these things.
fn doing(actions: Value) -> Value {
    json!({
        "key": "p", "name": "P", "statuses": [{ "key": "held" }],
        "stages": [{ "key": "one", "on_entry": [{ "key": "act", "do": actions }] }, { "key": "two" }, { "key": "end" }]
    })
}

/// One automation of the pipeline's own that sends an email.
fn watching(on: Value) -> Value {
    json!({
        "key": "p", "name": "P", "statuses": [{ "key": "held" }],
        "stages": [{ "key": "one" }, { "key": "two" }, { "key": "end" }],
        "automations": [{ "key": "watch", "on": on, "do": [email("watch")] }]
    })
}

fn set_due(office: &Office, job: JobId, due: Value) {
    let change = if due.is_null() { json!("clear") } else { json!({ "to": due }) };
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": change } } } }));
}

fn on(day: &str) -> Value {
    json!(day)
}

#[test]
fn s5_1_a_date_that_comes_near_sets_an_automation_off_once() {
    let office = Office::with(watching(json!({ "due_approaching": { "before": "3 business days" } })));
    let job = office.job();
    assert_eq!(office.next_due(), None);
    // Thursday 12th; three business days before it is Monday 9th.
    set_due(&office, job, on("2026-02-12"));
    assert_eq!(office.next_due(), Some(winter("2026-02-09T00:00")));
    office.go_to("2026-02-08T23:59");
    assert_eq!(office.titles(job, "email").len(), 0);
    let ticks = office.go_to("2026-02-09T00:00");
    assert_eq!(names(&ticks[0].outcomes[0])[0], "timer_fired");
    assert_eq!(ran(&ticks[0].outcomes[0]), ["watch"]);
    assert_eq!(office.titles(job, "email").len(), 1);
    office.go_to("2026-02-11T00:00");
    // The same date again is no news; another is.
    set_due(&office, job, Value::Null);
    set_due(&office, job, on("2026-02-12"));
    office.go_to("2026-02-11T12:00");
    assert_eq!(office.titles(job, "email").len(), 1);
    set_due(&office, job, on("2026-03-12"));
    assert_eq!(office.next_due(), Some(winter("2026-03-09T00:00") - TimeDelta::hours(1)), "clocks go forward");
    office.go_to("2026-03-12T00:00");
    assert_eq!(office.titles(job, "email").len(), 2);
}

#[test]
fn s5_1_a_date_set_too_late_to_warn_of_warns_at_once_and_one_that_has_passed_does_not() {
    let office = Office::with(watching(json!({ "due_approaching": { "before": "2 weeks" } })));
    let (near, past) = (office.job(), office.job());
    set_due(&office, near, on("2026-02-03"));
    set_due(&office, past, on("2026-02-01"));
    office.go_to("2026-02-02T11:00");
    assert_eq!(office.titles(near, "email").len(), 1);
    assert_eq!(office.titles(past, "email").len(), 0);
}

#[test]
fn s5_1_a_job_that_is_overdue_sets_an_automation_off_while_it_is_active() {
    let office = Office::with(watching(json!({ "overdue": {} })));
    let (job, held) = (office.job(), office.job());
    set_due(&office, job, on("2026-02-04"));
    set_due(&office, held, on("2026-02-04"));
    office.set_status(held, "held");
    office.go_to("2026-02-04T23:59");
    assert_eq!(office.titles(job, "email").len(), 0);
    office.go_to("2026-02-05T00:00");
    assert_eq!(office.titles(job, "email").len(), 1);
    // Only active jobs are overdue; this one is when it becomes active.
    assert_eq!(office.titles(held, "email").len(), 0);
    office.set_status(held, "active");
    office.go_to("2026-02-05T00:01");
    assert_eq!(office.titles(held, "email").len(), 1);
}

#[test]
fn s5_1_overdue_may_be_told_some_time_later_and_of_another_date() {
    let office = Office::with(watching(json!({ "overdue": { "date": "statutory", "after": "36 hours" } })));
    let job = office.job();
    office.give(
        json!({ "edit_job": { "job": job, "changes": { "dates": { "statutory": { "to": on("2026-02-04") } } } } }),
    );
    assert_eq!(office.next_due(), Some(winter("2026-02-06T12:00")));
    office.go_to("2026-02-06T12:00");
    assert_eq!(office.titles(job, "email").len(), 1);
}

#[test]
fn s5_1_due_dates_of_tasks_are_watched_too() {
    let mut pipeline = watching(json!({ "overdue": { "date": "task_due", "template": "draft" } }));
    pipeline["task_templates"] = json!([
        { "key": "draft", "title": "draft", "due": "2 days after creation" },
        { "key": "check", "title": "check", "due": "1 day after creation" }
    ]);
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "make", "do": [{ "create_tasks": ["draft", "check"] }] }]);
    let office = Office::with(pipeline);
    let (late, done) = (office.job(), office.job());
    assert_eq!(office.next_due(), Some(winter("2026-02-05T00:00")));
    let task = office.tasks(done, "draft")[0].id;
    office.run(set_task(task, TaskState::Completed));
    office.go_to("2026-02-05T00:00");
    assert_eq!(office.titles(late, "email").len(), 1);
    assert_eq!(office.titles(done, "email").len(), 0);
    // A task that is opened again is late anew.
    let task = office.tasks(late, "draft")[0].id;
    office.run(set_task(task, TaskState::Completed));
    office.run(set_task(task, TaskState::Planned));
    office.go_to("2026-02-05T00:01");
    assert_eq!(office.titles(late, "email").len(), 2);
    assert_eq!(office.get(late).fired.len(), 1);
    // A task whose date is put off is overdue again later.
    office.give(json!({ "set_task_dates": { "task": task, "due": "2026-02-06" } }));
    office.go_to("2026-02-07T00:00");
    assert_eq!(office.titles(late, "email").len(), 3);
    office.run(set_task(task, TaskState::Completed));
    assert!(office.get(late).fired.is_empty());
}

#[test]
fn s5_1_an_automation_bound_to_stages_watches_in_these_stages() {
    let mut pipeline = watching(json!({ "overdue": {} }));
    pipeline["automations"][0]["stages"] = json!(["two"]);
    let office = Office::with(pipeline);
    let job = office.job();
    set_due(&office, job, on("2026-02-03"));
    assert_eq!(office.next_due(), None);
    office.go_to("2026-02-06T00:00");
    office.move_to(job, "two");
    office.go_to("2026-02-06T00:01");
    assert_eq!(office.titles(job, "email").len(), 1);
    office.move_to(job, "one");
    office.move_to(job, "two");
    office.go_to("2026-02-06T00:02");
    assert_eq!(office.titles(job, "email").len(), 1, "it fired for that date");
}

#[test]
fn s3_2_a_job_in_a_stage_for_longer_than_its_limit_is_marked_until_it_leaves() {
    let mut pipeline = watching(json!("stage_time_limit"));
    pipeline["stages"][0]["time_limit"] = json!("2 business days");
    pipeline["stages"][1]["time_limit"] = json!("90 minutes");
    let office = Office::with(pipeline);
    let job = office.job();
    // Monday at ten in the morning and two business days.
    assert_eq!(office.next_due(), Some(winter("2026-02-04T10:00")));
    office.go_to("2026-02-04T10:00");
    assert_eq!(office.titles(job, "email").len(), 1);
    let reasons = |office: &Office| -> Vec<AttentionReason> {
        office.get(job).attention.iter().map(|attention| attention.reason.clone()).collect()
    };
    assert_eq!(reasons(&office), [AttentionReason::OverTime(key("one"))]);
    assert_eq!(office.get(job).attention[0].text, "the job has been in `one` for more than 2 business days");
    office.move_to(job, "two");
    assert_eq!(reasons(&office), []);
    office.go_to("2026-02-04T11:30");
    assert_eq!(reasons(&office), [AttentionReason::OverTime(key("two"))]);
    // A re-entry is a new visit like any other.
    office.move_to(job, "one");
    assert_eq!(office.next_due(), Some(winter("2026-02-06T11:30")));
    office.go_to("2026-02-06T11:30");
    assert_eq!(office.titles(job, "email").len(), 3);
}

#[test]
fn s5_8_actions_after_a_wait_are_done_when_it_is_over() {
    let office = Office::with(doing(json!([email("a"), { "wait": { "for": "3 business days" } }, email("b")])));
    let job = office.job();
    assert_eq!(office.titles(job, "email"), ["a"]);
    let wait = office.get(job).waits[0].clone();
    assert_eq!(wait.until, Some(winter("2026-02-05T10:00")));
    office.go_to("2026-02-05T09:59");
    assert_eq!(office.titles(job, "email"), ["a"]);
    let ticks = office.go_to("2026-02-05T10:00");
    assert_eq!(office.titles(job, "email"), ["a", "b"]);
    assert!(office.get(job).waits.is_empty());
    let outcome = &ticks[0].outcomes[0];
    assert_eq!(names(outcome)[0], "wait_ended");
    // Every event says what caused it.
    let made = outcome.events().into_iter().find(|recorded| matches!(recorded.event, Event::ItemCreated(_)));
    let made = made.expect("an item");
    assert_eq!((made.by.as_ref().map(|by| by.as_str()), made.of), (Some("act"), Some(0)));
    // What it made belongs to the visit that waited.
    assert_eq!(office.get(job).items[1].origin.visit, 0);
}

#[test]
fn s5_8_waits_follow_each_other_and_count_calendar_or_business_time() {
    let waits = json!([
        { "wait": { "for": "1 week" } }, email("a"),
        { "wait": { "for": "90 minutes" } }, email("b"),
        { "wait": { "until": on("2026-03-20") } }, email("c"),
        { "wait": { "until": on("2026-03-01") } }, email("d")
    ]);
    let office = Office::with(doing(waits));
    let job = office.job();
    let expect = |at: DateTime<Utc>, sent: &[&str]| {
        assert_eq!(office.next_due(), Some(at));
        office.go_to_instant(at);
        assert_eq!(office.titles(job, "email"), sent);
    };
    expect(winter("2026-02-09T10:00"), &["a"]);
    expect(winter("2026-02-09T11:30"), &["a", "b"]);
    // Midnight by New York's clocks in summer; a day that has gone by is not waited for.
    expect("2026-03-20T04:00:00Z".parse().expect("an instant"), &["a", "b", "c", "d"]);
    assert_eq!(office.next_due(), None);
}

fn until_signed(rest: Value) -> Value {
    let mut wait = json!({ "condition": { "items": { "kind": "proposal", "progress": ["done"] } } });
    for (name, value) in rest.as_object().expect("parts of a wait") {
        wait[name] = value.clone();
    }
    json!([{ "request": { "kind": "proposal", "without_invoice": true } }, { "wait": wait }, email("thanks")])
}

#[test]
fn s5_8_a_wait_for_a_condition_goes_on_as_soon_as_it_holds() {
    let office = Office::with(doing(until_signed(json!({ "at_most": "10 days" }))));
    let job = office.job();
    assert_eq!(office.next_due(), Some(winter("2026-02-12T10:00")));
    let outcome = office.report(job, "proposal", "signed");
    assert_eq!(office.titles(job, "email"), ["thanks"]);
    assert!(names(&outcome).contains(&"wait_ended".to_owned()));
    assert_eq!(office.wait_ends(), [WaitEnd::Met]);
    assert_eq!(office.next_due(), None);
}

#[test]
fn s5_8_a_wait_for_a_condition_that_holds_already_waits_for_nothing() {
    let office = Office::with(doing(json!([
        { "add_job_tags": ["ready"] }, { "wait": { "condition": { "job_tags": { "all": ["ready"] } } } }, email("go")
    ])));
    let job = office.job();
    assert_eq!(office.titles(job, "email"), ["go"]);
    assert_eq!(office.get(job).waits_begun, 0);
}

#[test]
fn s5_8_when_time_is_out_the_other_branch_is_taken() {
    let otherwise = json!([email("chase"), { "wait": { "for": "2 days" } }, email("chase again")]);
    let office = Office::with(doing(until_signed(json!({ "at_most": "10 days", "otherwise": otherwise }))));
    let job = office.job();
    office.go_to("2026-02-12T10:00");
    assert_eq!(office.titles(job, "email"), ["chase"]);
    assert_eq!(office.wait_ends(), [WaitEnd::TimedOut]);
    office.report(job, "proposal", "signed");
    office.go_to("2026-02-14T10:00");
    // The branch is done to its end, and what comes after the wait is not done.
    assert_eq!(office.titles(job, "email"), ["chase", "chase again"]);
    assert_eq!(office.next_due(), None);
    // Without a branch it goes on.
    let office = Office::with(doing(until_signed(json!({ "at_most": "10 days" }))));
    let job = office.job();
    office.go_to("2026-02-12T10:00");
    assert_eq!(office.titles(job, "email"), ["thanks"]);
}

#[test]
fn s5_8_a_condition_on_the_day_is_looked_at_when_a_day_begins() {
    let within = json!({ "date": { "date": "due", "within": { "count": 2, "unit": "days" } } });
    let office = Office::with(doing(json!([{ "wait": { "condition": within } }, email("soon")])));
    let job = office.job();
    set_due(&office, job, on("2026-02-07"));
    office.go_to("2026-02-04T23:59");
    assert_eq!(office.titles(job, "email").len(), 0);
    office.go_to("2026-02-05T00:00");
    assert_eq!(office.titles(job, "email"), ["soon"]);
    assert_eq!(office.next_due(), None);
}

#[test]
fn s5_8_a_wait_for_a_tag_of_the_account_hears_of_it() {
    let tagged = json!({ "account_tags": { "all": ["paid"] } });
    let office = Office::with(doing(json!([{ "wait": { "condition": tagged } }, email("paid")])));
    let (job, other) = (office.job(), office.job());
    office.give(json!({ "tag_account": { "account": account(1), "add": ["paid"] } }));
    assert_eq!(office.titles(job, "email"), ["paid"]);
    assert_eq!(office.titles(other, "email"), ["paid"]);
}

/// What a job does that waits.
type Leave = fn(&Office, JobId);

#[test]
fn s5_8_a_wait_is_cancelled_when_the_job_leaves_the_stage_or_is_not_active() {
    let leave: [(Leave, WaitCancelled); 5] = [
        (|office, job| drop(office.move_to(job, "two")), WaitCancelled::LeftStage),
        (|office, job| drop(office.set_status(job, "held")), WaitCancelled::StatusChanged),
        (|office, job| drop(office.set_status(job, "completed")), WaitCancelled::StatusChanged),
        (
            |office, job| drop(office.give(json!({ "archive_job": { "job": job, "archived": true } }))),
            WaitCancelled::Archived,
        ),
        (
            |office, job| drop(office.give(json!({ "end_wait": { "job": job, "number": 1, "cancel": true } }))),
            WaitCancelled::ByHand,
        ),
    ];
    for (leave, why) in leave {
        let office = Office::with(doing(json!([{ "wait": { "for": "1 day" } }, email("late")])));
        let job = office.job();
        leave(&office, job);
        assert_eq!(office.wait_ends(), [WaitEnd::Cancelled(why)]);
        assert_eq!(office.next_due(), None);
        office.go_to("2026-02-10T00:00");
        assert_eq!(office.titles(job, "email").len(), 0, "{why:?}");
    }
}

#[test]
fn s5_8_a_wait_goes_away_with_its_pipeline_and_its_job() {
    let office = Office::with(doing(json!([{ "wait": { "for": "1 day", "keep": true } }, email("late")])));
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "a" }, { "key": "b" }] }));
    let (moved, deleted) = (office.job(), office.job());
    office.give(json!({ "move_job": { "job": moved, "pipeline": "q", "to": "a" } }));
    assert_eq!(office.wait_ends(), [WaitEnd::Cancelled(WaitCancelled::LeftPipeline)]);
    office.give(json!({ "delete_job": { "job": deleted } }));
    assert_eq!(office.next_due(), None);
    assert!(office.engine.queued(Queue::Timers, firm(), QueuedState::Waiting, None, 10).expect("readable").is_empty());
}

#[test]
fn s5_8_a_wait_that_is_kept_outlives_its_stage_and_a_custom_status() {
    let office = Office::with(doing(json!([{ "wait": { "for": "1 day", "keep": true } }, email("late")])));
    let job = office.job();
    office.move_to(job, "two");
    office.set_status(job, "held");
    office.go_to("2026-02-03T10:00");
    assert_eq!(office.titles(job, "email"), ["late"]);
    assert_eq!(office.get(job).items[0].origin.visit, 0);
}

#[test]
fn s5_8_a_wait_of_a_status_ends_with_the_status() {
    let mut pipeline = doing(json!([email("first")]));
    pipeline["statuses"][0]["on_set"] =
        json!([{ "key": "chase", "do": [{ "wait": { "for": "2 days" } }, email("chase")] }]);
    let office = Office::with(pipeline);
    let (back, stays) = (office.job(), office.job());
    office.set_status(back, "held");
    office.set_status(stays, "held");
    // Moving a held job ends nothing of its status.
    office.move_to(stays, "two");
    office.set_status(back, "active");
    assert_eq!(office.wait_ends(), [WaitEnd::Cancelled(WaitCancelled::StatusChanged)]);
    office.go_to("2026-02-04T10:00");
    assert_eq!(office.titles(back, "email"), ["first"]);
    assert_eq!(office.titles(stays, "email"), ["first", "chase"]);
}

#[test]
fn s5_11_switching_an_automation_off_or_dropping_it_cancels_its_waits() {
    let pipeline = doing(json!([{ "wait": { "for": "2 days" } }, email("late")]));
    let office = Office::with(pipeline.clone());
    let job = office.job();
    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "act", "enabled": false } }));
    assert_eq!(office.wait_ends(), [WaitEnd::Cancelled(WaitCancelled::SwitchedOff)]);
    office.go_to("2026-02-10T00:00");
    assert_eq!(office.titles(job, "email").len(), 0);
    let office = Office::with(pipeline.clone());
    office.job();
    let mut dropped = pipeline;
    dropped["stages"][0]["on_entry"] = json!([]);
    office.publish(dropped);
    assert_eq!(office.wait_ends(), [WaitEnd::Cancelled(WaitCancelled::SwitchedOff)]);
    assert_eq!(office.next_due(), None);
}

#[test]
fn s5_8_a_wait_goes_on_with_the_actions_it_began_with() {
    let mut pipeline = doing(json!([email("a"), { "wait": { "for": "2 days" } }, email("b")]));
    let office = Office::with(pipeline.clone());
    let old = office.job();
    pipeline["stages"][0]["on_entry"][0]["do"] = json!([{ "wait": { "for": "5 days" } }, email("x"), email("y")]);
    office.publish(pipeline);
    let new = office.job();
    office.go_to("2026-02-20T00:00");
    assert_eq!(office.titles(old, "email"), ["a", "b"]);
    assert_eq!(office.titles(new, "email"), ["x", "y"]);
}

#[test]
fn s5_11_a_trigger_of_a_date_published_later_counts_for_jobs_that_are_there() {
    let office = Office::with(crate::kit::plain());
    let job = office.job();
    set_due(&office, job, on("2026-02-04"));
    let mut pipeline = watching(json!({ "overdue": {} }));
    pipeline["stages"] = crate::kit::plain()["stages"].clone();
    office.publish(pipeline.clone());
    assert_eq!(office.next_due(), Some(winter("2026-02-05T00:00")));
    let switch = |enabled: bool| {
        office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "watch", "enabled": enabled } }));
    };
    switch(false);
    assert_eq!(office.next_due(), None);
    switch(true);
    assert_eq!(office.next_due(), Some(winter("2026-02-05T00:00")));
    // The firm's clocks are others now.
    office.save_firm(json!({ "name": "Ledger & Sons", "time_zone": "Asia/Tokyo", "roles": ["preparer", "reviewer"] }));
    assert_eq!(office.next_due(), Some("2026-02-04T15:00:00Z".parse().expect("an instant")));
    office.go_to_instant("2026-02-04T15:00:00Z".parse().expect("an instant"));
    assert_eq!(office.titles(job, "email").len(), 1);
}

#[test]
fn s4_3_an_empty_visit_is_not_over_while_its_automations_wait() {
    let mut pipeline = doing(json!([{ "wait": { "for": "30 days" } }]));
    pipeline["stages"][0]["automove"] = json!(true);
    pipeline["stages"][0]["on_empty"] = json!("advance");
    let office = Office::with(pipeline.clone());
    let job = office.job();
    assert_eq!(office.stage(job), "one");
    office.go_to_instant("2026-03-04T15:00:00Z".parse().expect("an instant"));
    assert_eq!(office.stage(job), "two");
    // Nor is a job completed whose final stage still waits to do something.
    let last = json!([{ "key": "ask", "do": [{ "wait": { "for": "14 days" } }, email("how did we do?")] }]);
    pipeline["stages"][0]["on_entry"] = json!([]);
    pipeline["stages"][1]["automove"] = json!(true);
    pipeline["stages"][1]["on_empty"] = json!("advance");
    pipeline["stages"][2]["on_entry"] = last;
    let office = Office::with(pipeline);
    let job = office.job();
    assert_eq!((office.stage(job).as_str(), office.status(job).as_str()), ("end", "active"));
    office.go_to("2026-02-16T10:00");
    assert_eq!(office.titles(job, "email"), ["how did we do?"]);
    assert_eq!(office.status(job), "completed");
}

#[test]
fn s5_10_a_wait_that_cannot_be_counted_fails_and_can_be_retried() {
    let wait = json!({ "wait": { "until": "5 days before statutory" } });
    let office = Office::with(doing(json!([wait, email("file")])));
    let job = office.job();
    assert_eq!(office.titles(job, "email").len(), 0);
    assert_eq!(office.get(job).failed[0].why, "`statutory`, which it counts from, is not set");
    let retry = json!({ "retry_action": { "job": job, "number": 1 } });
    assert!(matches!(office.refused(crate::kit::command(retry.clone())), Rejection::Refused { .. }));
    office.give(
        json!({ "edit_job": { "job": job, "changes": { "dates": { "statutory": { "to": on("2026-02-20") } } } } }),
    );
    office.give(retry.clone());
    assert!(office.get(job).failed.is_empty());
    assert_eq!(office.next_due(), Some(winter("2026-02-15T00:00")));
    office.go_to("2026-02-15T00:00");
    assert_eq!(office.titles(job, "email"), ["file"]);
    // When the day has come by the time it is retried, it goes on at once.
    let office = Office::with(doing(json!([
        { "wait": { "until": "5 days before statutory" } }, email("file"), email("too")
    ])));
    let job = office.job();
    office.give(
        json!({ "edit_job": { "job": job, "changes": { "dates": { "statutory": { "to": on("2026-02-04") } } } } }),
    );
    office.give(json!({ "retry_action": { "job": job, "number": 1 } }));
    assert_eq!(office.titles(job, "email"), ["file", "too"]);
}

#[test]
fn s5_8_somebody_can_let_a_wait_go_on_at_once() {
    let office = Office::with(doing(json!([{ "wait": { "for": "30 days" } }, email("late")])));
    let job = office.job();
    let missing = json!({ "end_wait": { "job": job, "number": 2 } });
    assert!(matches!(office.refused(crate::kit::command(missing)), Rejection::NotFound { .. }));
    office.give(json!({ "end_wait": { "job": job, "number": 1 } }));
    assert_eq!(office.wait_ends(), [WaitEnd::Skipped]);
    assert_eq!(office.titles(job, "email"), ["late"]);
}

#[test]
fn s5_8_reminders_come_until_it_is_done_and_pause_with_the_job() {
    let remind = json!({ "every": "2 days", "first": "1 week", "at_most": 3 });
    let office = Office::with(doing(json!([{ "request": { "kind": "organizer", "remind": remind } }])));
    let (job, done) = (office.job(), office.job());
    let reminders = |ticks: &[Ticked]| -> Vec<Value> {
        ticks.iter().flat_map(|ticked| &ticked.outcomes).flat_map(intents).collect()
    };
    assert_eq!(office.next_due(), Some(winter("2026-02-09T10:00")));
    office.report(done, "organizer", "submitted");
    let item = office.items(job, "organizer")[0].id;
    let first = json!({ "remind_of_item":
        { "item": item, "kind": "organizer", "title": "organizer", "count": 1, "at_most": 3 } });
    assert_eq!(reminders(&office.go_to("2026-02-09T10:00")), [first]);
    assert_eq!(office.next_due(), Some(winter("2026-02-11T10:00")));
    // Held up: no reminders. Active again: one at once, the others after it.
    office.set_status(job, "held");
    assert_eq!(office.next_due(), None);
    office.go_to("2026-02-15T12:00");
    office.set_status(job, "active");
    let second = reminders(&office.go_to("2026-02-15T12:01"));
    assert_eq!(second.len(), 1);
    assert_eq!(second[0]["remind_of_item"]["count"], 2);
    assert_eq!(office.next_due(), Some(winter("2026-02-17T12:01")));
    assert_eq!(reminders(&office.go_to("2026-03-01T00:00")).len(), 1, "the third is the last");
    assert_eq!(office.next_due(), None);
    assert!(office.get(job).reminders.is_empty());
}

#[test]
fn s5_8_reminders_end_when_it_is_done_withdrawn_or_unlinked() {
    let remind = json!({ "every": "1 day", "at_most": 5 });
    let task = json!({ "key": "sign", "title": "sign", "assign": { "roles": ["preparer"] }, "remind": remind });
    let actions = json!([{ "request": { "kind": "organizer", "remind": remind } }, { "create_task": task }]);
    let office = Office::with(doing(actions));
    let job = office.job();
    let ticks = office.go_to("2026-02-03T10:00");
    let sent: Vec<Value> = ticks.iter().flat_map(|ticked| &ticked.outcomes).flat_map(intents).collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1]["remind_of_task"]["title"], "sign");
    assert_eq!(sent[1]["remind_of_task"]["assignees"], json!([crate::kit::member(1)]));
    office.complete(job, "sign");
    assert_eq!(office.get(job).reminders.len(), 1);
    let item = office.items(job, "organizer")[0].id;
    office.run(Command::UnlinkItem { item: ItemRef::Id(item), job });
    assert!(office.get(job).reminders.is_empty());
    assert_eq!(office.next_due(), None);
}

#[test]
fn s2_1_mistakes_in_what_waits_are_all_told() {
    let problems = |actions: Value| -> Vec<(String, String)> {
        let office = Office::new();
        match office.try_publish(doing(actions), json!({})) {
            Err(workflow_core::error::Error::Rejected(Rejection::Document(problems))) => {
                problems.into_iter().map(|problem| (problem.path, problem.code.to_string())).collect()
            }
            other => panic!("not refused: {other:?}"),
        }
    };
    let at = |path: &str, code: &str| (format!("stages[0].on_entry[0].do[0].wait{path}"), code.to_owned());
    assert_eq!(problems(json!([{ "wait": {} }])), [at("", "empty_action")]);
    assert_eq!(problems(json!([{ "wait": { "for": "1 day", "until": on("2026-01-01") } }])), [at("", "ambiguous")]);
    assert_eq!(problems(json!([{ "wait": { "for": "0 days" } }])), [at(".for", "out_of_range")]);
    let misplaced = json!([{ "wait": { "for": "1 day", "at_most": "2 days", "otherwise": ["archive"] } }]);
    assert_eq!(problems(misplaced), [at(".at_most", "misplaced")]);
    let never = json!([{ "wait": { "condition": { "status": ["active"] }, "otherwise": ["archive"] } }]);
    assert_eq!(problems(never), [at(".otherwise", "misplaced")]);
    let within = json!([{ "wait": { "condition": { "status": ["active"] }, "at_most": "1 day",
        "otherwise": [{ "set_status": "hold" }] } }]);
    assert_eq!(problems(within)[0].0, "stages[0].on_entry[0].do[0].wait.otherwise[0].set_status");
}

#[test]
fn s5_1_a_schedule_sets_an_automation_off_at_its_times() {
    let weekly =
        json!({ "rule": "FREQ=WEEKLY;BYDAY=MO", "start": "2025-01-01", "at": "09:30:00", "adjust": "following" });
    let mut pipeline = watching(json!({ "schedule": weekly }));
    pipeline["automations"][0]["stages"] = json!(["one"]);
    let office = Office::with(pipeline);
    office.save_firm(json!({ "name": "Ledger & Sons", "time_zone": "America/New_York",
        "roles": ["preparer", "reviewer"], "holiday_sets": ["us-federal"] }));
    // The job comes in on Monday at ten: the next time is a week later.
    let job = office.job();
    assert_eq!(office.next_due(), Some(winter("2026-02-09T09:30")));
    office.go_to("2026-02-09T09:30");
    assert_eq!(office.titles(job, "email").len(), 1);
    // Presidents' Day: on the day after it.
    assert_eq!(office.next_due(), Some(winter("2026-02-17T09:30")));
    office.go_to("2026-02-17T09:30");
    assert_eq!(office.titles(job, "email").len(), 2);
    // Times that passed while nobody ticked, or while the job was held up, come once.
    office.set_status(job, "held");
    office.go_to("2026-03-06T00:00");
    assert_eq!(office.titles(job, "email").len(), 2);
    office.set_status(job, "active");
    office.go_to("2026-03-06T00:01");
    assert_eq!(office.titles(job, "email").len(), 3);
    // In summer time, half past nine is half past thirteen in Greenwich.
    assert_eq!(office.next_due(), Some("2026-03-09T13:30:00Z".parse().expect("an instant")));
    office.move_to(job, "two");
    assert_eq!(office.next_due(), None);
}

#[test]
fn s5_1_a_schedule_that_cannot_be_is_refused_with_its_reason() {
    let why = |schedule: Value| -> (String, String) {
        let office = Office::new();
        match office.try_publish(watching(json!({ "schedule": schedule })), json!({})) {
            Err(workflow_core::error::Error::Rejected(Rejection::Document(problems))) => {
                (problems[0].path.clone(), problems[0].message.clone())
            }
            other => panic!("not refused: {other:?}"),
        }
    };
    let both = why(json!({ "rule": "FREQ=DAILY", "preset": "last_business_day", "start": "2026-01-01" }));
    assert_eq!(both.0, "automations[0].on.schedule.preset");
    assert!(both.1.contains("leave one of them out"), "{}", both.1);
    let never = b"key: p
name: P
stages: [{key: a}, {key: b}]
automations:
  - key: w
    on:
      schedule: {rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', start: 2026-01-01}
    do: [archive]
";
    let Err(Rejection::Document(problems)) = workflow_core::document::read_pipeline(never) else { panic!("read") };
    assert_eq!((problems[0].path.as_str(), problems[0].line), ("automations[0].on.schedule.rule", Some(7)));
    assert!(problems[0].message.contains("it never occurs"), "{}", problems[0].message);
    let nowhere = json!({ "preset": "last_business_day", "start": "2026-01-01", "time_zone": "America/New_Yrok" });
    let (path, message) = why(nowhere);
    assert_eq!(path, "automations[0].on.schedule.time_zone");
    assert!(message.contains("did you mean `America/New_York`?"), "{message}");
}
