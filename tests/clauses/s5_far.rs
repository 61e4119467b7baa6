//! Waits, reminders and timers at the ends of the calendar and at the edges of what a job goes through.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::Request;
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::model::{WaitCancelled, WaitEnd};
use workflow_core::store::{Queue, QueuedState};

use crate::kit::{Office, account, command, firm};

fn email(title: &str) -> Value {
    json!({ "request": { "kind": "email", "title": title } })
}

/// Every kind of timer, wait and reminder.
fn all_kinds(span: &str) -> Value {
    json!({
        "key": "p", "name": "P", "statuses": [{ "key": "held", "automove": true, "on_set": [
            { "key": "ask", "do": [{ "request": { "kind": "document" } }, { "wait": { "for": "1 day" } }, email("held")] }] }],
        "stages": [
            { "key": "one", "time_limit": span, "on_entry": [
                { "key": "for", "do": [{ "wait": { "for": span } }, email("for")] },
                { "key": "until", "do": [{ "wait": { "until": (if span.contains("business hours") || span.contains("minute") { "due".to_owned() } else { format!("{span} after creation") }) } }, email("until")] },
                { "key": "met", "do": [{ "wait": { "condition": { "date": { "date": "due", "past": true } }, "at_most": span,
                    "otherwise": [email("otherwise")] } }, email("met")] },
                { "key": "ask-for", "do": [{ "request": { "kind": "organizer", "remind": { "every": span, "at_most": 3 } } }] } ] },
            { "key": "two", "on_exit": [{ "key": "bye", "do": [{ "wait": { "for": "1 day" } }, email("bye")] }] },
            { "key": "end", "on_entry": [{ "key": "last", "do": [{ "wait": { "for": "1 day" } }, email("last")] }] } ],
        "automations": [
            { "key": "near", "on": { "due_approaching": { "before": span } }, "do": [email("near")] },
            { "key": "past", "on": { "overdue": { "after": span } }, "do": [email("past")] },
            { "key": "past-task", "on": { "overdue": { "date": "task_due", "after": span } }, "do": [email("past")] },
            { "key": "daily", "on": { "schedule": { "rule": "FREQ=DAILY", "start": "2025-01-01" } }, "do": [email("daily")] },
            { "key": "go", "on": "by_hand", "do": ["move_next", { "wait": { "for": "1 day" } }, email("went")] } ]
    })
}

impl Office {
    fn tick_through(&self) {
        for _ in 0..50 {
            let ticked = self.engine.tick(self.now(), 100).expect("a store that works");
            assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
            if ticked.next.is_none_or(|next| next > self.now()) {
                return;
            }
        }
        panic!("ticking at {} does not come to an end", self.now());
    }

    fn sent(&self, job: JobId) -> Vec<String> {
        self.items(job, "email").iter().map(|item| item.title.to_string()).collect()
    }

    fn rows(&self) -> usize {
        self.engine.queued(Queue::Timers, firm(), QueuedState::Waiting, None, 100).expect("readable").len()
    }
}

fn ends(office: &Office) -> Vec<WaitEnd> {
    let log = office.log();
    let events = log.iter().flat_map(|entry| &entry.events);
    let ends = events.filter_map(|recorded| match &recorded.event {
        Event::WaitEnded { how, .. } => Some(*how),
        _ => None,
    });
    ends.collect()
}

#[test]
fn s12_2_time_at_the_ends_of_the_calendar_does_not_panic() {
    for span in [
        "1 minute",
        "3 business days",
        "5 business hours",
        "1 month",
        "9999 years",
        "10000 years",
        "2000 business days",
    ] {
        for instant in [
            "9999-12-31T23:59:59Z".parse().expect("an instant"),
            "-9999-01-01T00:00:00Z".parse().expect("an instant"),
            "0001-01-01T00:00:00Z".parse().expect("an instant"),
            DateTime::<Utc>::MAX_UTC,
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC - TimeDelta::hours(30),
            DateTime::<Utc>::MIN_UTC + TimeDelta::hours(30),
        ] {
            for zone in ["America/New_York", "Pacific/Kiritimati"] {
                let office = Office::new();
                office.save_firm(json!({ "name": "F", "time_zone": zone, "roles": ["preparer", "reviewer"] }));
                if office.try_publish(all_kinds(span), json!({})).is_err() {
                    assert!(span.ends_with("years"), "{span} is refused");
                    continue;
                }
                let first = office.job();
                for day in ["9999-12-31", "0001-01-01"] {
                    let dates = json!({ "due": { "to": day }, "start": { "to": day } });
                    office.give(json!({ "edit_job": { "job": first, "changes": { "dates": dates } } }));
                    office.give(
                        json!({ "create_task": { "job": first, "task": { "key": "t", "title": "t", "due": day } } }),
                    );
                }
                office.clock.set(instant);
                office.tick_through();
                let create = json!({ "create_job": { "account": account(1), "pipeline": "p" } });
                drop(office.attempt(command(create)));
                office.set_status(first, "held");
                office.set_status(first, "active");
                office.tick_through();
                assert_eq!(office.engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
            }
        }
    }
}

#[test]
fn s5_8_a_wait_that_begins_after_the_job_has_moved_ends_when_it_moves_on() {
    let office = Office::with(all_kinds("9 days"));
    let (goes_on, leaves) = (office.job(), office.job());
    for job in [goes_on, leaves] {
        // The first action of the automation moves the job, and the second waits.
        office.give(json!({ "fire_automation": { "job": job, "automation": "go" } }));
        assert_eq!(office.stage(job), "two");
        let waits: Vec<String> = office.get(job).waits.iter().map(|wait| wait.automation.to_string()).collect();
        assert_eq!(waits, ["go"]);
    }
    office.move_to(leaves, "end");
    let waits: Vec<String> = office.get(leaves).waits.iter().map(|wait| wait.automation.to_string()).collect();
    assert_eq!(waits, ["bye", "last"], "what is begun by leaving stays until the job moves on again");
    office.advance(TimeDelta::hours(25));
    office.tick_through();
    assert!(office.sent(goes_on).contains(&"went".to_owned()) && !office.sent(leaves).contains(&"went".to_owned()));
    assert!(office.sent(leaves).contains(&"bye".to_owned()) && office.sent(leaves).contains(&"last".to_owned()));
}

#[test]
fn s5_8_what_waits_of_a_status_is_over_when_all_is_done_in_it() {
    let office = Office::with(all_kinds("9 days"));
    let job = office.job();
    office.set_status(job, "held");
    office.report(job, "document", "accepted");
    assert_eq!(office.status(job), "active");
    assert_eq!(ends(&office).last(), Some(&WaitEnd::Cancelled(WaitCancelled::StatusChanged)));
    office.advance(TimeDelta::days(3));
    office.tick_through();
    assert!(!office.sent(job).contains(&"held".to_owned()));
}

#[test]
fn s5_8_another_branch_goes_on_as_it_was_when_the_wait_began() {
    let otherwise = |title: &str| {
        json!([{ "key": "act", "do": [{ "wait": { "condition": { "job_tags": { "any": ["x"] } }, "at_most": "2 days",
            "otherwise": [email(title), { "wait": { "for": "1 day" } }, email("and then")] } }] }])
    };
    let pipeline = |title: &str| json!({ "key": "p", "name": "P", "stages": [{ "key": "one", "on_entry": otherwise(title) }, { "key": "two" }] });
    let office = Office::with(pipeline("before"));
    let (follows, pinned) = (office.job(), office.job());
    office.give(json!({ "pin_job": { "job": pinned, "pinned": true } }));
    office.advance(TimeDelta::days(1));
    office.publish(pipeline("after"));
    for _ in 0..3 {
        office.advance(TimeDelta::days(1));
        office.tick_through();
    }
    assert_eq!(office.sent(follows), ["before", "and then"]);
    assert_eq!(office.sent(pinned), ["before", "and then"]);
}

#[test]
fn s10_2_a_job_that_is_deleted_leaves_no_row() {
    let office = Office::with(all_kinds("2 days"));
    let job = office.job();
    assert_eq!(office.rows(), 1);
    office.give(json!({ "delete_job": { "job": job } }));
    assert_eq!(office.rows(), 0);
    office.advance(TimeDelta::days(30));
    office.tick_through();
}

#[test]
fn s11_2_a_preview_tells_what_begins_to_wait_and_what_ends() {
    let office = Office::with(all_kinds("2 days"));
    let job = office.job();
    let request = |written: Value| Request::new(firm(), Actor::system("test"), command(written));
    for written in [
        json!({ "end_wait": { "job": job, "number": 1 } }),
        json!({ "end_wait": { "job": job, "number": 2, "cancel": true } }),
        json!({ "move_job": { "job": job, "to": "end" } }),
        json!({ "archive_job": { "job": job, "archived": true } }),
    ] {
        let (rows, preview) = (office.rows(), office.engine.preview(&request(written.clone())).expect("foreseen"));
        assert_eq!(office.rows(), rows, "a preview sets no timer");
        let name = |recorded: &workflow_core::event::Recorded| {
            let event = serde_json::to_value(&recorded.event).expect("JSON");
            event.as_object().and_then(|event| event.keys().next().cloned()).expect("a name")
        };
        let foreseen: Vec<String> = preview.events.iter().map(name).collect();
        let done: Vec<String> = office.give(written.clone()).events().into_iter().map(name).collect();
        assert_eq!(foreseen, done, "{written}");
        assert!(foreseen.iter().any(|name| name == "wait_ended"), "{written}: {foreseen:?}");
    }
}

#[test]
fn s6_6_all_or_nothing_leaves_no_wait_and_no_row_behind() {
    let office = Office::with(all_kinds("2 days"));
    let create = json!({ "create_job": { "account": account(1), "pipeline": "p" } });
    let wrong = json!({ "create_job": { "account": account(1), "pipeline": "nowhere" } });
    let bulk = |commands: Value| command(json!({ "bulk": { "mode": "all_or_nothing", "commands": commands } }));
    office.attempt(bulk(json!([create, wrong]))).expect_err("one is refused");
    assert_eq!((office.rows(), office.engine.tick(office.now(), 0).expect("works").next), (0, None));
    office.attempt(bulk(json!([create, create]))).expect("both are done");
    assert_eq!(office.rows(), 2);
}

#[test]
fn s10_2_timers_of_commands_in_a_host_s_transaction_are_its_own() {
    let office = Office::with(all_kinds("2 days"));
    let create = command(json!({ "create_job": { "account": account(1), "pipeline": "p" } }));
    let create = Request::new(firm(), Actor::system("test"), create);
    let outcome = office.engine.within(&*office.store).execute(&create).expect("a command that works");
    let job = outcome.job().expect("a job");
    assert_eq!(office.rows(), 1);
    office.advance(TimeDelta::hours(49));
    office.tick_through();
    assert!(office.sent(job).contains(&"for".to_owned()), "{:?}", office.sent(job));
}
