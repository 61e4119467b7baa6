//! Loops that are cut, actions that cannot be done, automations switched off.

use serde_json::{Value, json};
use workflow_core::event::{Entry, Event};
use workflow_core::id::JobId;
use workflow_core::limits;
use workflow_core::model::{AttentionReason, ItemProgress, JobStatus, TaskState};
use workflow_core::store::QueuedState;

use crate::kit::{Office, account, command, key, member, names, ran};

const RUNS: usize = limits::AUTOMATION_RUNS as usize;

fn note() -> Value {
    json!({ "request": { "kind": "note" } })
}

/// An automation with a condition that always holds, which the linter does not know.
fn may(name: &str, on: &Value, actions: &Value) -> Value {
    json!({ "key": name, "on": on, "if": { "role_filled": "preparer" }, "do": actions })
}

fn pipeline(name: &str, automations: &Value) -> Value {
    json!({
        "key": name, "name": "P", "statuses": [{ "key": "waiting" }],
        "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }],
        "automations": automations
    })
}

/// The cuts in these entries of the log: on which job, and the circle.
fn cuts<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<(JobId, Vec<String>)> {
    let cut = |recorded: &workflow_core::event::Recorded| match &recorded.event {
        Event::LoopCut { job, cycle } => Some((*job, cycle.iter().map(ToString::to_string).collect())),
        _ => None,
    };
    entries.into_iter().flat_map(|entry| &entry.events).filter_map(cut).collect()
}

fn all_cuts(office: &Office) -> Vec<(JobId, Vec<String>)> {
    cuts(office.log().iter().map(|entry| &**entry))
}

fn looped(office: &Office, job: JobId) -> Vec<String> {
    let attention = office.get(job).attention.clone();
    attention.into_iter().filter(|one| one.reason == AttentionReason::Loop).map(|one| one.text).collect()
}

#[test]
fn s5_9_a_loop_is_cut_and_named() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "on_entry": [
                { "key": "forth", "if": { "role_filled": "preparer" }, "do": [{ "move_to": "two" }] }
            ] },
            { "key": "two", "on_entry": [{ "key": "back", "do": [{ "move_to": "one" }] }] },
            { "key": "three" }
        ]
    }));
    let job = office.job();
    assert_eq!((office.runs(job, "forth"), office.runs(job, "back")), (RUNS, RUNS));
    // All before the cut is kept: the job is where the last run took it.
    assert_eq!((office.stage(job), office.get(job).visits.len()), ("one".to_owned(), 1 + 2 * RUNS));
    assert_eq!(all_cuts(&office), [(job, vec!["forth".to_owned(), "back".to_owned()])]);
    let marks = looped(&office, job);
    assert_eq!(marks.len(), 1);
    assert!(marks[0].contains("forth → back"), "{marks:?}");
    // The next command is another cascade, with its own count.
    let outcome = office.move_to(job, "two");
    assert_eq!(ran(&outcome).len(), 2 * RUNS);
    assert_eq!(cuts(outcome.entries.iter().map(|entry| &**entry)).len(), 1);
    let marks = looped(&office, job);
    assert!(marks.len() == 1 && marks[0].contains("back → forth"), "{marks:?}");
}

#[test]
fn s5_9_a_bounded_number_of_runs_is_no_loop() {
    // Every tag sets it off: eight tags at once are eight runs, nine are one too many.
    for (count, cut) in [(RUNS, false), (RUNS + 1, true)] {
        let office =
            Office::with(pipeline("p", &json!([may("each", &json!({ "job_tag_added": {} }), &json!([note()]))])));
        let job = office.job();
        let tags: Vec<String> = (0..count).map(|number| format!("t{number}")).collect();
        office.give(json!({ "tag_job": { "job": job, "add": tags } }));
        assert_eq!((office.runs(job, "each"), looped(&office, job).is_empty()), (RUNS, !cut));
        assert_eq!(office.get(job).tags.len(), count);
        // It was not set off by itself: the circle is the automation alone.
        let expected = if cut { vec![(job, vec!["each".to_owned()])] } else { vec![] };
        assert_eq!(all_cuts(&office), expected);
    }
}

#[test]
fn s5_9_what_stands_beside_the_loop_goes_on() {
    let added = |tag: &str| json!({ "job_tag_added": { "tag": tag } });
    let office = Office::with(pipeline(
        "p",
        &json!([
            may("on", &added("x"), &json!([{ "remove_job_tags": ["x"] }])),
            may("off", &json!({ "job_tag_removed": { "tag": "x" } }), &json!([{ "add_job_tags": ["x"] }])),
            may("beside", &added("y"), &json!([{ "create_task": { "key": "t", "title": "t" } }])),
        ]),
    ));
    let job = office.job();
    office.give(json!({ "tag_job": { "job": job, "add": ["x", "y"] } }));
    assert_eq!(office.tasks(job, "t").len(), 1);
    assert_eq!(all_cuts(&office), [(job, vec!["on".to_owned(), "off".to_owned()])]);
}

/// Two pipelines whose automations answer each other over the account's tags.
fn ping_pong() -> Office {
    let answer = |from: &str, to: &str| json!([{ "replace_account_tags": { "remove": [from], "add": [to] } }]);
    let added = |tag: &str| json!({ "account_tag_added": { "tag": tag } });
    let office = Office::with(pipeline("p", &json!([may("answer-ping", &added("ping"), &answer("ping", "pong"))])));
    office.publish(pipeline("q", &json!([may("answer-pong", &added("pong"), &answer("pong", "ping"))])));
    office
}

#[test]
fn s5_9_a_loop_over_two_jobs_of_an_account_is_cut_and_named() {
    let office = ping_pong();
    let (left, right) = (office.job(), office.job_of(1, "q"));
    office.give(json!({ "tag_account": { "account": account(1), "add": ["ping", "stays"] } }));
    assert_eq!((office.runs(left, "answer-ping"), office.runs(right, "answer-pong")), (RUNS, RUNS));
    assert_eq!(all_cuts(&office), [(left, vec!["answer-ping".to_owned(), "answer-pong".to_owned()])]);
    let marks = looped(&office, left);
    assert!(marks.len() == 1 && marks[0].contains("answer-ping → answer-pong"), "{marks:?}");
    // The fact that began it, and all that was done before the cut.
    assert_eq!(office.get_account(1).tags, [key("ping"), key("stays")].into());
    assert!(office.follow_ups(QueuedState::Waiting).is_empty() && office.follow_ups(QueuedState::Dead).is_empty());
    // Both can be worked with as before.
    office.move_to(left, "two");
    assert_eq!(ran(&office.move_to(right, "two")), Vec::<String>::new());
}

#[test]
fn s5_9_a_loop_over_many_jobs_ends_and_marks_every_one_that_was_cut() {
    let office = Office::with(pipeline(
        "p",
        &json!([
            may("off", &json!({ "account_tag_added": { "tag": "x" } }), &json!([{ "remove_account_tags": ["x"] }])),
            may("on", &json!({ "account_tag_removed": { "tag": "x" } }), &json!([{ "add_account_tags": ["x"] }])),
        ]),
    ));
    let jobs: Vec<JobId> = (0..6).map(|_| office.job()).collect();
    let before = office.log().len();
    office.give(json!({ "tag_account": { "account": account(1), "add": ["x"] } }));
    for job in &jobs {
        assert!(office.runs(*job, "on") <= RUNS && office.runs(*job, "off") <= RUNS, "{job}");
        assert!(!looped(&office, *job).is_empty(), "{job}");
    }
    // Each automation is cut on each job once at most, and each cut names the circle.
    let cuts = all_cuts(&office);
    assert!(cuts.len() <= 2 * jobs.len(), "{cuts:?}");
    assert!(cuts.iter().any(|(_, cycle)| cycle.len() == 2), "{cuts:?}");
    // Every run leaves one follow-up, which tells every other job.
    let most = 2 * RUNS * jobs.len() * jobs.len() + jobs.len() + 1;
    assert!(office.log().len() - before <= most, "{} entries", office.log().len() - before);
}

#[test]
fn s5_9_facts_reported_by_the_host_are_never_lost_to_a_loop() {
    let added = json!({ "job_tag_added": { "tag": "x" } });
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_entry": [
                { "key": "ask", "do": [{ "request": { "kind": "organizer" } }] }
            ] },
            { "key": "two" }, { "key": "three" }
        ],
        "automations": [
            may("start", &json!({ "item_reached": { "status": "submitted" } }), &json!([{ "add_job_tags": ["x"] }])),
            may("signalled", &json!({ "signal": { "name": "irs" } }), &json!([{ "add_job_tags": ["x"] }])),
            may("off", &added, &json!([{ "remove_job_tags": ["x"] }])),
            may("on", &json!({ "job_tag_removed": { "tag": "x" } }), &json!([{ "add_job_tags": ["x"] }]))
        ]
    }));
    let job = office.job();
    let outcome = office.report(job, "organizer", "submitted");
    assert_eq!(cuts(outcome.entries.iter().map(|entry| &**entry)).len(), 1);
    assert_eq!(names(&outcome)[..2], ["item_reported", "job_item_changed"]);
    let item = &office.items(job, "organizer")[0];
    assert_eq!((item.status.clone(), item.progress), (Some(key("submitted")), ItemProgress::Done));
    assert_eq!(office.get(job).items[0].progress, ItemProgress::Done);
    // What the report means to the job is not lost either.
    assert_eq!(office.stage(job), "two");

    let job = office.job();
    let payload = json!({ "accepted": true });
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "irs", "payload": payload } }));
    assert_eq!(cuts(outcome.entries.iter().map(|entry| &**entry)).len(), 1);
    let kept = serde_json::to_value(&outcome.events()[0].event).expect("json");
    assert_eq!(kept["signal_received"]["payload"], payload);
}

#[test]
fn s5_9_a_cascade_of_too_many_events_is_cut() {
    let fields = |number: usize| -> Vec<Value> {
        let set =
            |value: usize| json!({ "set_field": { "scope": "job", "field": "f", "value": number * 1_000 + value } });
        (0..limits::ACTIONS).map(set).collect()
    };
    let count = limits::CASCADE_EVENTS / limits::ACTIONS + 5;
    let mut automations: Vec<Value> = (0..count)
        .map(|number| may(&format!("a{number}"), &json!({ "signal": { "name": "go" } }), &json!(fields(number))))
        .collect();
    automations.push(may("late", &json!({ "field_changed": { "scope": "job" } }), &json!([note()])));
    let office = Office::with(pipeline("p", &json!(automations)));
    let job = office.job();
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    // The signal, and of each automation its run and what it set: the first that begins past the
    // limit is the one that is cut.
    let run = (limits::CASCADE_EVENTS - 1) / (limits::ACTIONS + 1) + 1;
    assert!(run < count);
    assert_eq!(ran(&outcome).len(), run);
    assert_eq!(cuts(outcome.entries.iter().map(|entry| &**entry)), [(job, vec![format!("a{run}")])]);
    assert_eq!((looped(&office, job).len(), office.runs(job, "late")), (1, 0));
    let last = (run - 1) * 1_000 + limits::ACTIONS - 1;
    assert_eq!(json!(office.get(job).fields["f"]), json!(last));
}

/// An automove stage whose automation does these things.
fn moving(actions: &Value) -> Value {
    json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_entry": [{ "key": "start", "do": actions }] },
            { "key": "two" }, { "key": "three" }
        ]
    })
}

fn task(title: &str) -> Value {
    json!({ "create_task": { "key": title, "title": title } })
}

fn task_for(role: &str) -> Value {
    json!({ "create_task": { "key": "review", "title": "review", "assign": { "roles": [role] } } })
}

fn fill(office: &Office, role: &str) {
    office.save_account(1, json!({ "roles": { role: [member(3)] } }));
}

#[test]
fn s5_10_an_unfilled_role_fails_its_action_and_the_others_go_on() {
    let office = Office::with(moving(&json!([task("before"), task_for("partner"), task("after")])));
    let job = office.job();
    let record = office.get(job);
    assert_eq!(record.failed.len(), 1);
    let failure = &record.failed[0];
    assert_eq!((failure.number, failure.automation.as_str(), failure.action), (1, "start", 1));
    assert!(failure.why.contains("nobody holds the role `partner`"), "{failure:?}");
    assert_eq!((failure.visit, failure.at), (0, office.now()));
    assert_eq!(record.attention[0].reason, AttentionReason::ActionFailed(1));
    assert!(record.attention[0].text.contains("partner"), "{:?}", record.attention);
    assert_eq!((office.tasks(job, "before").len(), office.tasks(job, "after").len()), (1, 1));
    // Automove is held although everything that there is is done.
    office.complete(job, "before");
    office.complete(job, "after");
    assert_eq!(office.stage(job), "one");
    // A person may move it.
    office.move_to(job, "two");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s5_10_a_retry_does_the_one_action_again() {
    let office = Office::with(moving(&json!([task("before"), task_for("partner"), task("after")])));
    let job = office.job();
    office.complete(job, "before");
    office.complete(job, "after");
    let retry = json!({ "retry_action": { "job": job, "number": 1 } });
    let refused = office.refused(command(retry.clone()));
    assert!(refused.to_string().contains("partner"), "{refused}");
    assert_eq!((office.get(job).failed.len(), office.get(job).attention.len()), (1, 1));
    fill(&office, "partner");
    office.give(retry.clone());
    assert!(office.get(job).failed.is_empty() && office.get(job).attention.is_empty());
    assert_eq!((office.tasks(job, "before").len(), office.tasks(job, "review").len()), (1, 1));
    assert_eq!(office.tasks(job, "review")[0].assignees, [member(3)].into());
    assert_eq!(office.get(job).tasks[2].origin.automation, Some(key("start")));
    // It blocks like what the others made.
    assert_eq!(office.stage(job), "one");
    office.complete(job, "review");
    assert_eq!(office.stage(job), "two");
    assert!(office.refused(command(retry)).to_string().contains("no failed action `1`"));
}

#[test]
fn s5_10_what_a_late_retry_creates_belongs_to_the_visit_of_the_failure() {
    let office = Office::with(moving(&json!([task_for("partner")])));
    let job = office.job();
    office.move_to(job, "two");
    // The failure belongs to a visit that has ended: it holds nothing here.
    let by_hand = office.new_task(json!({ "job": job, "task": { "key": "x", "title": "x" } }));
    fill(&office, "partner");
    office.give(json!({ "retry_action": { "job": job, "number": 1 } }));
    assert_eq!(office.get(job).tasks.iter().map(|link| link.origin.visit).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(office.get(job).blockers().open, 1);
    assert_eq!(office.get(job).tasks[0].task, by_hand);
}

#[test]
fn s5_10_dismissing_goes_on_without_the_action() {
    let office = Office::with(moving(&json!([task("a"), task_for("partner")])));
    let job = office.job();
    office.complete(job, "a");
    // Taking note of the mark settles nothing.
    office.give(json!({ "clear_attention": { "job": job, "reason": { "action_failed": 1 } } }));
    assert_eq!((office.stage(job), office.get(job).failed.len()), ("one".to_owned(), 1));
    let outcome = office.give(json!({ "dismiss_action": { "job": job, "number": 1 } }));
    assert!(names(&outcome).contains(&"failure_ended".to_owned()));
    assert_eq!(office.stage(job), "two");
    assert!(office.get(job).failed.is_empty() && office.tasks(job, "review").is_empty());
    let again = office.refused(command(json!({ "dismiss_action": { "job": job, "number": 1 } })));
    assert!(again.to_string().contains("no failed action `1`"), "{again}");
}

#[test]
fn s5_10_dismissing_clears_the_mark() {
    let office = Office::with(moving(&json!([task("a"), task_for("partner")])));
    let job = office.job();
    office.give(json!({ "dismiss_action": { "job": job, "number": 1 } }));
    assert!(office.get(job).attention.is_empty());
    assert_eq!(office.stage(job), "one");
}

#[test]
fn s5_10_everything_that_cannot_be_done_is_recorded_with_its_reason() {
    for (action, why) in [
        (json!({ "create_tasks": ["fine", "gone"] }), "no task template `gone`"),
        (json!({ "request": { "kind": "organizer", "template": "1099" } }), "no organizer template `1099`"),
        (json!({ "apply_folder_template": "other" }), "no folder template `other`"),
        (json!({ "assign": { "roles": ["partner"] } }), "nobody holds the role `partner`"),
        (json!({ "assign": { "members": [member(9)] } }), "not a working member"),
        (json!({ "replace_assignees": { "members": [member(2)] } }), "not a working member"),
        (
            json!({ "update_account_access": { "mode": "add", "who": { "roles": ["partner"] } } }),
            "nobody holds the role",
        ),
        (json!({ "move_to": "full" }), "holds 1 jobs already"),
        (json!({ "set_date": { "date": "due", "to": "period end" } }), "not set"),
        (json!({ "create_job": { "template": "gone-too" } }), "no job template `gone-too`"),
        (json!({ "create_job": { "account": { "linked": "spouse" } } }), "no account is linked"),
    ] {
        let office = Office::new();
        office.save_firm(json!({
            "name": "Ledger & Sons", "roles": ["preparer", "reviewer", "partner"],
            "host_templates": { "organizer": ["1040"] }, "folder_templates": ["client"]
        }));
        for template in ["gone", "fine"] {
            office.give(json!({ "save_template": { "task": { "key": template, "title": template } } }));
        }
        office.give(json!({ "save_template": { "job": { "key": "gone-too", "defaults": {} } } }));
        office.publish(json!({
            "key": "p", "name": "P",
            "stages": [{ "key": "one" }, { "key": "full", "wip_limit": { "max": 1, "mode": "refuse" } }, { "key": "end" }],
            "automations": [{ "key": "go", "on": { "signal": { "name": "go" } }, "do": [
                { "add_job_tags": ["before"] }, action, { "add_job_tags": ["after"] }
            ] }]
        }));
        office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "stage": "full" } }));
        let job = office.job();
        office.give(json!({ "delete_template": { "kind": "task", "key": "gone" } }));
        office.give(json!({ "delete_template": { "kind": "job", "key": "gone-too" } }));
        office.give(json!({ "save_member": { "id": member(2), "name": "Bob", "active": false } }));
        office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
        let record = office.get(job);
        assert_eq!(record.failed.len(), 1, "{action}");
        assert!(record.failed[0].why.contains(why), "{action}: {}", record.failed[0].why);
        assert_eq!(record.failed[0].action, 1);
        assert_eq!(record.attention.len(), 1, "{action}");
        assert_eq!(record.tags, [key("before"), key("after")].into(), "{action}");
        // Nothing of the failed action was done: not even the task whose template is there.
        assert!(record.tasks.is_empty() && record.items.is_empty() && record.assignees.is_empty(), "{action}");
        assert_eq!((record.stage.as_str(), office.jobs_of(1).len()), ("one", 2));
    }
}

#[test]
fn s5_10_an_unmet_exit_requirement_fails_an_automation_s_move() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [{ "key": "one", "exit": { "job_tags": { "all": ["checked"] } } }, { "key": "two" }, { "key": "three" }],
        "automations": [{ "key": "go", "on": { "signal": { "name": "go" } }, "do": ["move_next"] }]
    }));
    let job = office.job();
    office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert!(office.get(job).failed[0].why.contains("exit requirements of `one`"), "{:?}", office.get(job).failed);
    office.give(json!({ "tag_job": { "job": job, "add": ["checked"] } }));
    assert_eq!(office.stage(job), "one");
    office.give(json!({ "retry_action": { "job": job, "number": 1 } }));
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s5_10_a_failure_holds_completion_in_a_final_stage_and_a_custom_status() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "statuses": [{ "key": "waiting", "automove": true, "on_set": [
            { "key": "chase", "do": [task("call"), task_for("partner")] }
        ] }],
        "stages": [{ "key": "one" }, { "key": "two", "on_entry": [{ "key": "close", "do": [task_for("partner")] }] }]
    }));
    let job = office.job();
    office.move_to(job, "two");
    assert_eq!(office.get(job).status, JobStatus::Active);
    office.give(json!({ "dismiss_action": { "job": job, "number": 1 } }));
    assert_eq!(office.get(job).status, JobStatus::Completed);

    let job = office.job();
    office.set_status(job, "waiting");
    office.complete(job, "call");
    assert_eq!(office.status(job), "waiting");
    office.give(json!({ "dismiss_action": { "job": job, "number": 1 } }));
    assert_eq!(office.status(job), "active");
}

#[test]
fn s5_10_an_action_that_is_gone_from_the_pipeline_can_only_be_dismissed() {
    let office = Office::with(moving(&json!([task("a"), task_for("partner")])));
    let job = office.job();
    office.publish(moving(&json!([task("a")])));
    fill(&office, "partner");
    let refused = office.refused(command(json!({ "retry_action": { "job": job, "number": 1 } })));
    assert!(refused.to_string().contains("not in the pipeline any more"), "{refused}");
    office.give(json!({ "dismiss_action": { "job": job, "number": 1 } }));
    assert!(office.get(job).failed.is_empty());
}

#[test]
fn s5_10_failures_are_counted_up_and_settled_one_by_one() {
    let office = Office::with(moving(&json!([task_for("partner"), { "assign": { "roles": ["partner"] } }])));
    let job = office.job();
    assert_eq!(office.get(job).failed.iter().map(|failure| failure.number).collect::<Vec<_>>(), [1, 2]);
    office.give(json!({ "dismiss_action": { "job": job, "number": 1 } }));
    let record = office.get(job);
    assert_eq!((record.failed[0].number, record.attention[0].reason.clone()), (2, AttentionReason::ActionFailed(2)));
    fill(&office, "partner");
    office.give(json!({ "retry_action": { "job": job, "number": 2 } }));
    assert_eq!(office.get(job).assignees, [member(3)].into());
    assert!(office.tasks(job, "review").is_empty());
    // What has failed later has a number of its own.
    office.save_account(1, json!({}));
    let again = office.give(json!({ "move_job": { "job": job, "to": "one", "reenter": true } }));
    assert_eq!(names(&again).iter().filter(|name| *name == "action_failed").count(), 2);
    assert_eq!(office.get(job).failed.iter().map(|failure| failure.number).collect::<Vec<_>>(), [3, 4]);
}

fn switch(office: &Office, automation: &str, enabled: bool) {
    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": automation, "enabled": enabled } }));
}

#[test]
fn s5_11_switching_off_affects_future_events_only() {
    let office = Office::with(moving(&json!([task("a")])));
    let before = office.job();
    switch(&office, "start", false);
    let after = office.job();
    assert_eq!((office.tasks(before, "a").len(), office.tasks(after, "a").len()), (1, 0));
    // What it has made stays, blocks, and moves the job when it is done.
    assert_eq!(office.tasks(before, "a")[0].state, TaskState::Planned);
    office.complete(before, "a");
    assert_eq!(office.stage(before), "two");
    // Switched on again it does not make up for what it missed.
    switch(&office, "start", true);
    assert!(office.tasks(after, "a").is_empty());
    assert_eq!(office.tasks(office.job(), "a").len(), 1);
}

#[test]
fn s5_11_a_failure_of_an_automation_switched_off_can_still_be_settled() {
    let office = Office::with(moving(&json!([task_for("partner")])));
    let job = office.job();
    switch(&office, "start", false);
    assert_eq!(office.get(job).failed.len(), 1);
    fill(&office, "partner");
    office.give(json!({ "retry_action": { "job": job, "number": 1 } }));
    assert_eq!(office.tasks(job, "review").len(), 1);
}

#[test]
fn s5_11_a_switch_makes_no_version_and_stays_over_new_ones() {
    let office = Office::with(moving(&json!([task("a")])));
    let job = office.job();
    switch(&office, "start", false);
    let again =
        office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "start", "enabled": false } }));
    assert!(again.unchanged.is_some());
    assert_eq!(office.get(office.job()).version, office.get(job).version);
    office.publish(moving(&json!([task("b")])));
    assert!(office.tasks(office.job(), "b").is_empty());
    // A version without the automation forgets its switch.
    let mut without = moving(&json!([task("c")]));
    without["stages"][0]["on_entry"][0]["key"] = json!("other");
    office.publish(without);
    office.publish(moving(&json!([task("d")])));
    assert_eq!(office.tasks(office.job(), "d").len(), 1);
}

#[test]
fn s5_11_an_automation_that_begins_switched_off_can_be_switched_on() {
    let mut pipeline = moving(&json!([task("a")]));
    pipeline["stages"][0]["on_entry"][0]["enabled"] = json!(false);
    let office = Office::with(pipeline);
    assert!(office.tasks(office.job(), "a").is_empty());
    switch(&office, "start", true);
    assert_eq!(office.tasks(office.job(), "a").len(), 1);
    let unknown = json!({ "switch_automation": { "pipeline": "p", "automation": "nobody", "enabled": true } });
    assert!(office.refused(command(unknown)).to_string().contains("nobody"));
}
