//! What time sets off is set off once, whatever happens to clocks, calendars and definitions.

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::Request;
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::model::{WaitCancelled, WaitEnd};

use crate::kit::{Office, command, firm};

fn email(title: &str) -> Value {
    json!({ "request": { "kind": "email", "title": title } })
}

fn pipeline(entry: Value, automations: Value) -> Value {
    json!({
        "key": "p", "name": "P",
        "stages": [{ "key": "one", "on_entry": entry }, { "key": "two" }, { "key": "end" }],
        "automations": automations
    })
}

fn watching(on: Value) -> Value {
    pipeline(json!([]), json!([{ "key": "watch", "on": on, "do": [email("watch")] }]))
}

fn settings(zone: &str, holidays: Value) -> Value {
    json!({ "name": "Ledger & Sons", "time_zone": zone, "roles": ["preparer", "reviewer"], "holidays": holidays })
}

impl Office {
    fn emails(&self, job: JobId) -> usize {
        self.items(job, "email").len()
    }

    fn ends(&self) -> Vec<WaitEnd> {
        let log = self.log();
        let events = log.iter().flat_map(|entry| &entry.events);
        let ends = events.filter_map(|recorded| match &recorded.event {
            Event::WaitEnded { how, .. } => Some(*how),
            _ => None,
        });
        ends.collect()
    }
}

#[test]
fn s5_1_another_time_zone_does_not_make_what_was_told_news() {
    let office = Office::with(watching(json!({ "overdue": {} })));
    let job = office.job();
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-02-04" } } } } }));
    office.tick_at("2026-02-05T12:00:00Z");
    assert_eq!(office.emails(job), 1);
    office.save_firm(settings("America/Los_Angeles", json!([])));
    office.tick_at("2026-02-09T12:00:00Z");
    office.give(json!({ "edit_job": { "job": job, "changes": { "priority": "high" } } }));
    office.tick_at("2026-02-10T12:00:00Z");
    assert_eq!(office.emails(job), 1, "the date has passed once");
    // Another date is news.
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-02-11" } } } } }));
    office.tick_at("2026-02-13T12:00:00Z");
    assert_eq!(office.emails(job), 2);
}

#[test]
fn s5_1_another_holiday_does_not_make_what_was_told_news() {
    let office = Office::with(watching(json!({ "due_approaching": { "before": "3 business days" } })));
    let job = office.job();
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-02-20" } } } } }));
    office.tick_at("2026-02-17T12:00:00Z");
    assert_eq!(office.emails(job), 1);
    office.save_firm(settings("America/New_York", json!(["2026-02-19"])));
    office.give(json!({ "edit_job": { "job": job, "changes": { "priority": "high" } } }));
    office.tick_at("2026-02-18T12:00:00Z");
    assert_eq!(office.emails(job), 1, "the date came near once");
}

#[test]
fn s3_2_a_limit_of_a_stage_is_passed_once_in_a_visit() {
    let mut pipeline = watching(json!("stage_time_limit"));
    pipeline["stages"][0]["time_limit"] = json!("2 business days");
    let office = Office::with(pipeline);
    let job = office.job();
    office.tick_at("2026-02-05T12:00:00Z");
    assert_eq!(office.emails(job), 1);
    // Two business days are longer than they were thought to be.
    office.save_firm(settings("America/New_York", json!(["2026-02-03"])));
    office.give(json!({ "edit_job": { "job": job, "changes": { "priority": "high" } } }));
    office.tick_at("2026-02-10T12:00:00Z");
    assert_eq!(office.emails(job), 1);
    office.move_to(job, "two");
    office.move_to(job, "one");
    office.tick_at("2026-02-13T12:00:00Z");
    assert_eq!(office.emails(job), 2, "another visit has its own limit");
}

#[test]
fn s10_2_a_clock_that_is_behind_does_not_set_a_schedule_off_again() {
    let daily = json!({ "rule": "FREQ=DAILY", "start": "2025-01-01", "at": "09:30:00" });
    let office = Office::with(watching(json!({ "schedule": daily })));
    let job = office.job();
    office.tick_at("2026-02-03T14:30:00Z");
    assert_eq!(office.emails(job), 1);
    // Another host, whose clock is two seconds behind, works on the job.
    office.clock.advance(TimeDelta::seconds(-2));
    office.give(json!({ "edit_job": { "job": job, "changes": { "priority": "high" } } }));
    office.tick_at("2026-02-03T14:31:00Z");
    assert_eq!(office.emails(job), 1);
    office.tick_at("2026-02-04T14:30:00Z");
    assert_eq!(office.emails(job), 2);
}

#[test]
fn s5_11_waits_of_finished_jobs_are_cancelled_with_their_automation() {
    let on_done = json!([{ "key": "watch", "on": { "status_set": { "status": "completed" } },
        "do": [{ "wait": { "for": "2 days" } }, email("late")] }]);
    let office = Office::with(pipeline(json!([]), on_done));
    let job = office.job();
    office.set_status(job, "completed");
    assert_eq!(office.get(job).waits.len(), 1);
    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "watch", "enabled": false } }));
    assert_eq!(office.ends(), [WaitEnd::Cancelled(WaitCancelled::SwitchedOff)]);
}

#[test]
fn s5_11_a_wait_of_an_automation_that_is_off_does_not_go_on_before_it_is_cancelled() {
    let until = json!([{ "key": "act", "do": [
        { "wait": { "condition": { "job_tags": { "any": ["go"] } } } }, email("late")] }]);
    for by_hand in [false, true] {
        let office = Office::with(pipeline(until.clone(), json!([])));
        let job = office.job();
        let off = json!({ "switch_automation": { "pipeline": "p", "automation": "act", "enabled": false } });
        // The process dies before it has told the jobs.
        let off = Request::new(firm(), Actor::system("test"), command(off));
        office.engine.within(&*office.store).execute(&off).expect("a command that works");
        let goes_on = match by_hand {
            false => json!({ "tag_job": { "job": job, "add": ["go"] } }),
            true => json!({ "end_wait": { "job": job, "number": 1 } }),
        };
        drop(office.attempt(command(goes_on)));
        assert_eq!(office.emails(job), 0, "by hand: {by_hand}");
        office.give(json!({ "edit_job": { "job": job, "changes": { "priority": "high" } } }));
        assert_eq!(office.ends(), [WaitEnd::Cancelled(WaitCancelled::SwitchedOff)]);
    }
}

#[test]
fn s5_10_an_action_whose_reminders_cannot_begin_makes_nothing_twice() {
    let remind = json!({ "every": "1 day", "at_most": 3 });
    let hundred: Vec<Value> = (0..100)
        .map(|number| json!({ "create_task": { "key": format!("t{number}"), "title": "t", "remind": remind } }))
        .collect();
    let last = json!({ "create_task": { "key": "last", "title": "Last", "remind": remind } });
    let organizer = json!({ "request": { "kind": "organizer", "remind": remind } });
    let office = Office::with(pipeline(
        json!([]),
        json!([{ "key": "many", "on": "by_hand", "do": hundred }, { "key": "more", "on": "by_hand", "do": [last, organizer] }]),
    ));
    let job = office.job();
    let fire = |automation: &str| office.give(json!({ "fire_automation": { "job": job, "automation": automation } }));
    fire("many");
    fire("many");
    assert_eq!(office.get(job).reminders.len(), 200);
    fire("more");
    let failed = office.get(job).failed.clone();
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert_eq!(office.get(job).tasks.len(), 200, "nothing is made that cannot be reminded of");
    assert_eq!(office.items(job, "organizer").len(), 0);
}
