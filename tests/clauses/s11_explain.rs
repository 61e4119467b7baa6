//! Why is this job here and not moving; why did this fire; why did it not: with the values compared.

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::definition::Party;
use workflow_core::error::{Error, ErrorKind};
use workflow_core::event::{Actor, MoveKind};
use workflow_core::explain::{AutomationExplanation, Hold, HoldReason, JobExplanation, Occasion, WhyNot};
use workflow_core::id::JobId;
use workflow_core::model::TaskState;

use crate::kit::{Office, account, command, firm, key, member, set_task};

fn explained(office: &Office, job: JobId) -> JobExplanation {
    asked(office, Actor::system("test"), job).expect("an explanation")
}

fn asked(office: &Office, actor: Actor, job: JobId) -> Result<JobExplanation, Error> {
    office.engine.query(firm(), actor)?.explain_job(job)
}

fn automation(office: &Office, job: JobId, automation: &str) -> AutomationExplanation {
    let queries = office.engine.query(firm(), Actor::system("test")).expect("a firm");
    queries.explain_automation(job, &key(automation), 100).expect("an explanation")
}

fn reasons(told: &JobExplanation) -> Vec<HoldReason> {
    told.holds.iter().map(|hold| hold.reason).collect()
}

fn only(told: &JobExplanation) -> &Hold {
    assert_eq!(told.holds.len(), 1, "{:?}", told.holds);
    &told.holds[0]
}

/// Whether it ran or why not, the newest first.
fn outcomes(told: &AutomationExplanation) -> Vec<Option<WhyNot>> {
    told.occasions.iter().map(|occasion| occasion.why_not).collect()
}

fn newest(told: &AutomationExplanation) -> &Occasion {
    told.occasions.first().expect("an occasion")
}

/// A client is asked, somebody prepares, extensions are filed for some, and it is signed.
fn returns() -> Value {
    json!({ "key": "p", "name": "Returns",
        "statuses": [
            { "key": "stuck" },
            { "key": "missing", "automove": true, "waiting_for": "client", "on_set": [
                { "key": "chase", "do": [{ "create_task": { "key": "c", "title": "Chase" } }] }] }],
        "stages": [
            { "key": "intake", "automove": true, "on_entry": [{ "key": "ask", "do": [
                { "request": { "kind": "organizer", "title": "Questions" } },
                { "create_task": { "key": "t", "title": "Call", "assign": { "roles": ["preparer"] }, "due": "2026-02-05" } }] }] },
            { "key": "extend", "when": { "account_tags": { "any": ["late"] } } },
            { "key": "prepare", "automove": true, "exit": { "field": { "scope": "job", "field": "reviewed", "is": { "equals": true } } },
              "on_entry": [{ "key": "work", "do": [{ "create_task": { "key": "w", "title": "Prepare" } }] }] },
            { "key": "sign", "wip_limit": { "max": 1, "mode": "refuse" } },
            { "key": "done" }],
        "automations": [
            { "key": "hurry", "on": { "account_tag_added": { "tag": "vip" } }, "if": { "priority": { "at_most": "medium" } },
              "do": [{ "set_priority": "urgent" }] },
            { "key": "big", "on": { "field_changed": { "scope": "job", "field": "fee" } }, "stages": ["prepare"],
              "if": { "field": { "scope": "job", "field": "fee", "is": { "at_least": 500 } } }, "do": [{ "add_job_tags": ["big"] }] },
            { "key": "late", "on": { "overdue": {} }, "do": [{ "add_job_tags": ["late"] }] },
            { "key": "never", "on": { "signal": { "name": "ping" } }, "do": [{ "add_job_tags": ["pinged"] }] }] })
}

#[test]
fn s11_3_a_new_job_waits_for_what_was_asked_of_it() {
    let office = Office::with(returns());
    let job = office.job();
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::OpenTask, HoldReason::OpenItem]);
    let (task, item) = (&told.holds[0], &told.holds[1]);
    assert_eq!((task.title.as_deref(), task.state.as_deref()), (Some("Call"), Some("planned")));
    assert_eq!(task.assignees, [member(1)].into());
    assert_eq!(task.automation, Some(key("ask")));
    assert_eq!(task.text, "the task `Call` is planned, due 2026-02-05, with Ann");
    assert_eq!((item.title.as_deref(), item.done_when.as_deref()), (Some("Questions"), Some("`submitted`")));
    assert_eq!(
        item.text,
        "the item `Questions` (organizer) is not done: nothing was reported of it, done is `submitted`"
    );
    let next = told.next.as_ref().expect("a way on");
    assert_eq!(next.to, Some(key("prepare")));
    let passed = &next.passed[0];
    assert_eq!((passed.stage.as_str(), passed.condition.holds), ("extend", false));
    assert_eq!(passed.condition.found, "nothing");
    assert_eq!(told.waiting_for, Some(Party::Firm), "a task is open");
    let here = &told.here;
    assert_eq!((here.how, &here.from, here.since), (None, &None, office.now()));
    assert_eq!((&here.actor, here.command.as_str()), (&Actor::system("test"), "create_job"));
    assert!(told.summary.starts_with("It is in `intake` since 2 Feb 2026, 10:00: the system `test` created it there."));
    assert!(told.summary.ends_with("After that it goes on to `prepare`."), "{}", told.summary);
}

#[test]
fn s11_3_a_declined_item_holds_on_and_says_what_to_do() {
    let office = Office::with(returns());
    let job = office.job();
    office.complete(job, "Call");
    office.report(job, "organizer", "declined");
    let told = explained(&office, job);
    let hold = only(&told);
    assert_eq!((hold.reason, hold.state.as_deref()), (HoldReason::DeclinedItem, Some("declined")));
    assert!(hold.text.contains("was declined: report something else of it, or unlink it"), "{}", hold.text);
    assert_eq!(told.attention.len(), 1);
}

#[test]
fn s11_3_a_job_that_moved_by_itself_says_what_let_it_go_and_whose_command_that_was() {
    let office = Office::with(returns());
    let job = office.job();
    office.report(job, "organizer", "submitted");
    office.advance(TimeDelta::hours(1));
    let call = office.tasks(job, "Call")[0].id;
    let moved = office.as_member(2, set_task(call, TaskState::Completed)).expect("completed");
    let told = explained(&office, job);
    let here = &told.here;
    assert_eq!((here.how, here.from.clone()), (Some(MoveKind::Automove), Some(key("intake"))));
    assert_eq!(here.passed, [key("extend")]);
    assert_eq!((here.since, here.entry), (office.now(), moved.entries[0].id));
    assert_eq!(Some(here.position), moved.position);
    let causes: Vec<_> = here.causes.iter().map(|cause| (cause.text.as_str(), cause.event.is_some())).collect();
    let expected = [("the task `Call` was completed", true), ("Bob gave the command `set_task_state`", false)];
    assert_eq!(causes, expected);
    assert_eq!(here.causes[1].actor, Actor::Member(member(2)));
    assert!(here.text.contains("it moved on by itself from `intake`, past `extend`"), "{}", here.text);
}

#[test]
fn s11_3_unmet_exit_requirements_show_the_values_compared() {
    let office = Office::with(returns());
    let job = office.job();
    office.move_to(job, "prepare");
    office.complete(job, "Prepare");
    let told = explained(&office, job);
    let hold = only(&told);
    assert_eq!(hold.reason, HoldReason::ExitRequirement);
    let condition = hold.condition.as_ref().expect("explained");
    assert_eq!((condition.test.as_str(), condition.found.as_str()), ("job field `reviewed` is true", "not set"));
    assert!(!condition.holds && condition.missing);
    assert_eq!(told.next.as_ref().and_then(|next| next.to.clone()), Some(key("sign")));
    office.give(json!({ "edit_job": { "job": job, "changes": { "fields": { "reviewed": { "to": true } } } } }));
    assert_eq!(office.stage(job), "sign");
}

#[test]
fn s11_3_a_full_stage_is_named_with_its_bound() {
    let office = Office::with(returns());
    let (first, second) = (office.job(), office.job());
    office.move_to(first, "sign");
    office.move_to(second, "prepare");
    office.give(json!({ "edit_job": { "job": second, "changes": { "fields": { "reviewed": { "to": true } } } } }));
    office.complete(second, "Prepare");
    let told = explained(&office, second);
    let hold = only(&told);
    assert_eq!((hold.reason, hold.count, hold.most), (HoldReason::WipLimit, Some(1), Some(1)));
    assert_eq!(hold.stage, Some(key("sign")));
    let told = explained(&office, first);
    assert_eq!(reasons(&told), [HoldReason::NoAutomove]);
    assert_eq!(told.here.how, Some(MoveKind::Manual));
    assert_eq!(told.here.text, "It is in `sign` since 2 Feb 2026, 10:00: the system `test` moved it from `intake`.");
}

#[test]
fn s11_3_a_status_holds_and_so_does_what_waits_behind_it() {
    let office = Office::with(returns());
    let job = office.job();
    office.set_status(job, "stuck");
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::Status, HoldReason::OpenTask, HoldReason::OpenItem]);
    assert_eq!(told.holds[0].text, "its status is `stuck`, which stays until somebody sets another");
    office.set_status(job, "missing");
    let told = explained(&office, job);
    assert_eq!(
        reasons(&told),
        [HoldReason::OpenTask, HoldReason::OpenTask, HoldReason::OpenItem],
        "no status: it waits"
    );
    assert!(told.holds.iter().any(|hold| hold.title.as_deref() == Some("Chase")));
    assert_eq!(told.waiting_for, Some(Party::Client), "the status says so");
    office.set_status(job, "completed");
    let told = explained(&office, job);
    assert_eq!((reasons(&told), told.waiting_for), (vec![HoldReason::Completed], None));
    office.give(json!({ "archive_job": { "job": job, "archived": true } }));
    assert_eq!(reasons(&explained(&office, job)), [HoldReason::Archived]);
}

#[test]
fn s11_3_jobs_that_are_waited_for_are_named() {
    let office = Office::with(returns());
    let (job, other) = (office.job(), office.job());
    office.move_to(job, "done");
    office.set_status(job, "active");
    office.give(json!({ "move_job": { "job": job, "to": "prepare" } }));
    office.complete(job, "Prepare");
    office.give(json!({ "add_job_dependency": { "job": job, "on": other } }));
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::Prerequisite, HoldReason::ExitRequirement]);
    let hold = &told.holds[0];
    assert_eq!((hold.job, hold.title.as_deref()), (Some(other), Some("Jane Doe – Returns")));
}

#[test]
fn s11_3_what_holds_an_empty_visit_a_failure_and_a_final_stage() {
    let office = Office::with(json!({ "key": "p", "name": "P", "complete_at_final": false, "stages": [
        { "key": "one", "automove": true },
        { "key": "two", "automove": true, "on_entry": [{ "key": "bad", "do": [
            { "create_task": { "key": "t", "title": "T", "assign": { "roles": ["partner"] } } }] }] },
        { "key": "end" }] }));
    let job = office.job();
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::EmptyVisit]);
    assert_eq!(told.next.as_ref().and_then(|next| next.to.clone()), Some(key("two")));
    office.move_to(job, "two");
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::FailedAction, HoldReason::EmptyVisit]);
    let hold = &told.holds[0];
    assert_eq!((hold.automation.clone(), hold.number), (Some(key("bad")), Some(1)));
    assert!(hold.text.contains("retry or dismiss it") && hold.text.contains("partner"), "{}", hold.text);
    office.move_to(job, "end");
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::FinalStage]);
    assert_eq!(told.next.as_ref().map(|next| next.to.clone()), Some(None), "it would be completed");
}

#[test]
fn s11_3_waits_say_until_when_and_for_what() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true, "on_empty": "advance", "on_entry": [
            { "key": "later", "do": [{ "wait": { "for": "2 days" } }, { "add_job_tags": ["a"] }] },
            { "key": "paid", "do": [{ "wait": { "condition": { "job_tags": { "all": ["paid"] } } } }, { "add_job_tags": ["b"] }] }] },
        { "key": "two" }] }));
    let job = office.job();
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::Wait, HoldReason::Wait]);
    assert_eq!(told.waits.len(), 2);
    let (later, paid) = (&told.waits[0], &told.waits[1]);
    assert_eq!(later.text, "an action of `later` waits until 4 Feb 2026, 10:00");
    assert_eq!((later.until, told.next_timer), (Some(office.now() + TimeDelta::days(2)), later.until));
    let condition = paid.condition.as_ref().expect("explained");
    assert_eq!((condition.test.as_str(), condition.holds), ("job has all of paid", false));
    assert_eq!(paid.text, "an action of `paid` waits for a condition");
}

#[test]
fn s11_3_what_nothing_holds_is_said_to_go_on_with_the_next_command() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true, "on_empty": "advance", "exit": { "date": { "date": "start", "past": true } } },
        { "key": "two" }, { "key": "end" }] }));
    let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "start": "2026-02-02" } }));
    let job = job.job().expect("a job");
    assert_eq!(reasons(&explained(&office, job)), [HoldReason::ExitRequirement]);
    office.advance(TimeDelta::days(1));
    let told = explained(&office, job);
    assert_eq!(told.holds, []);
    assert!(told.summary.ends_with("Nothing holds it: it goes on to `two` with the next command on it."));
    office.give(json!({ "comment_job": { "job": job, "text": "and?" } }));
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s11_3_a_loop_that_was_cut_is_told() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "two" }],
        "automations": [
            { "key": "on", "on": { "signal": { "name": "go" } }, "do": [{ "add_job_tags": ["x"] }] },
            { "key": "off", "on": { "job_tag_added": {} }, "if": { "priority": { "at_least": "low" } }, "do": [{ "remove_job_tags": ["x"] }] },
            { "key": "again", "on": { "job_tag_removed": {} }, "do": [{ "add_job_tags": ["x"] }] }] }));
    let job = office.job();
    office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    let told = explained(&office, job);
    assert_eq!(reasons(&told), [HoldReason::NoAutomove, HoldReason::LoopCut]);
    assert!(told.holds[1].text.contains("went in circles"));
    let off = automation(&office, job, "off");
    assert_eq!(outcomes(&off)[0], Some(WhyNot::LoopCut));
    assert_eq!(outcomes(&off).iter().filter(|why| why.is_none()).count(), 8, "as often as AUTOMATION_RUNS allows");
}

#[test]
fn s11_3_an_automation_that_ran_tells_when_and_why_back_to_the_command() {
    let office = Office::with(returns());
    let job = office.job();
    office.advance(TimeDelta::hours(2));
    office.as_member(1, command(json!({ "tag_account": { "account": account(1), "add": ["vip"] } }))).expect("tagged");
    let told = automation(&office, job, "hurry");
    assert_eq!((told.enabled, told.current, told.in_stage), (true, true, true));
    assert_eq!(told.trigger, "the account gets the tag `vip`");
    let ran = newest(&told);
    assert!(ran.ran && ran.at == office.now() && ran.stage == key("intake"));
    let condition = ran.condition.as_ref().expect("a condition");
    assert_eq!((condition.holds, condition.found.as_str()), (true, "medium"), "as it was before it ran");
    assert_eq!(told.condition.as_ref().map(|now| (now.holds, now.found.as_str())), Some((false, "urgent")));
    let causes: Vec<_> = ran.causes.iter().map(|cause| cause.text.as_str()).collect();
    assert_eq!(causes, ["the account got `vip` (tags)", "Ann gave the command `tag_account`"], "over a follow-up");
    assert_eq!(told.last_set_off, Some(office.now()));
    let again = json!({ "tag_account": { "account": account(1), "remove": ["vip"] } });
    office.give(again);
    office.advance(TimeDelta::hours(1));
    office.give(json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    let told = automation(&office, job, "hurry");
    assert_eq!(outcomes(&told), [Some(WhyNot::ConditionFails), None]);
    assert_eq!(newest(&told).condition.as_ref().map(|then| then.found.as_str()), Some("urgent"));
    assert!(
        told.summary.contains("it did not run: its condition did not hold (priority is at most medium; found: urgent)")
    );
}

#[test]
fn s11_3_of_several_things_that_one_entry_left_to_be_told_each_has_its_own_run() {
    let told = |key: &str, tag: &str| {
        json!({ "key": key, "on": { "account_tag_added": { "tag": tag } },
        "do": [{ "add_job_tags": [key] }] })
    };
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one" },
        { "key": "two", "on_entry": [{ "key": "both", "do": [{ "add_account_tags": ["a"] }, { "add_account_tags": ["b"] }] }] },
        { "key": "three" }],
        "automations": [told("saw-a", "a"), told("saw-b", "b"), told("saw-c", "c")] }));
    let (mover, other) = (office.job(), office.job());
    office.move_to(mover, "two");
    for (seen, tag) in [("saw-a", "a"), ("saw-b", "b")] {
        let told = automation(&office, other, seen);
        assert_eq!(outcomes(&told), [None], "{seen}");
        let causes: Vec<_> = newest(&told).causes.iter().map(|cause| cause.text.as_str()).collect();
        let got = format!("the account got `{tag}` (tags)");
        let moved = "the job was moved from `one` to `two`";
        assert_eq!(causes, [got.as_str(), moved, "the system `test` gave the command `move_job`"], "{seen}");
        assert_eq!(newest(&told).causes[0].automation, Some(key("both")));
    }
    assert_eq!(outcomes(&automation(&office, other, "saw-c")), []);
}

#[test]
fn s11_3_an_automation_whose_trigger_never_happened_says_so() {
    let office = Office::with(returns());
    let job = office.job();
    let told = automation(&office, job, "never");
    assert_eq!((told.occasions.len(), told.last_set_off), (0, None));
    let expected = "`never` runs when the host sends the signal `ping`. That has not happened on this job.";
    assert_eq!(told.summary, expected);
}

#[test]
fn s11_3_an_automation_that_was_switched_off_or_elsewhere_says_so() {
    let office = Office::with(returns());
    let job = office.job();
    let fee = |fee: i64| {
        office.give(json!({ "edit_job": { "job": job, "changes": { "fields": { "fee": { "to": fee } } } } }));
        office.advance(TimeDelta::minutes(1));
    };
    fee(900); // in intake
    office.move_to(job, "prepare");
    fee(100);
    fee(600);
    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "big", "enabled": false } }));
    fee(700);
    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "big", "enabled": true } }));
    let told = automation(&office, job, "big");
    let expected = [Some(WhyNot::SwitchedOff), None, Some(WhyNot::ConditionFails), Some(WhyNot::OtherStage)];
    assert_eq!(outcomes(&told), expected);
    let found: Vec<_> =
        told.occasions.iter().map(|occasion| occasion.condition.as_ref().expect("one").found.as_str()).collect();
    assert_eq!(found, ["700", "600", "100", "900"], "the values of then");
    assert!(told.enabled);
}

#[test]
fn s11_3_entries_that_do_not_count_and_automations_left_out_say_so() {
    let entry = |key: &str, refire: &str| json!({ "key": key, "refire": refire, "do": [{ "add_job_tags": [key] }] });
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one" },
        { "key": "two", "on_entry": [entry("every", "every_entry"), entry("first", "first_entry"), entry("forward", "forward_only")] },
        { "key": "three" }, { "key": "four" }] }));
    let job = office.job();
    office.give(json!({ "move_job": { "job": job, "to": "two", "leave_out": ["every"] } }));
    office.move_to(job, "three");
    office.move_to(job, "two"); // back
    office.move_to(job, "one");
    office.move_to(job, "three"); // over it
    office.move_to(job, "one");
    office.give(json!({ "move_job": { "job": job, "to": "three", "fire_jumped": true } }));
    let of = |key| outcomes(&automation(&office, job, key));
    assert_eq!(of("every"), [None, Some(WhyNot::JumpedOver), None, Some(WhyNot::LeftOut)]);
    let not = Some(WhyNot::NotFirstEntry);
    assert_eq!(of("first"), [not, Some(WhyNot::JumpedOver), not, None]);
    assert_eq!(of("forward"), [None, Some(WhyNot::JumpedOver), Some(WhyNot::NotForward), None]);
}

#[test]
fn s11_3_each_automation_is_judged_by_what_those_before_it_left() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one" },
        { "key": "two", "on_entry": [
            { "key": "untag", "do": [{ "remove_job_tags": ["x"] }] },
            { "key": "tagged", "if": { "job_tags": { "all": ["x"] } }, "do": [{ "add_job_tags": ["seen"] }] },
            { "key": "retag", "do": [{ "add_job_tags": ["x"] }] },
            { "key": "tagged-again", "if": { "job_tags": { "all": ["x"] } }, "do": [{ "add_job_tags": ["seen-again"] }] }] },
        { "key": "three" }] }));
    let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "tags": ["x"] } }));
    let job = job.job().expect("a job");
    office.move_to(job, "two");
    let told = automation(&office, job, "tagged");
    assert_eq!(outcomes(&told), [Some(WhyNot::ConditionFails)], "not switched off: the tag was gone by then");
    assert_eq!(newest(&told).condition.as_ref().map(|then| then.found.as_str()), Some("nothing"));
    let told = automation(&office, job, "tagged-again");
    assert_eq!((outcomes(&told), newest(&told).condition.as_ref().expect("one").found.as_str()), (vec![None], "x"));
}

#[test]
fn s11_3_what_a_date_sets_off_tells_its_time_and_when_it_comes_next() {
    let office = Office::with(returns());
    let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "due": "2026-02-04" } }));
    let job = job.job().expect("a job");
    let told = automation(&office, job, "late");
    assert_eq!(told.next_due.map(|due| due.to_rfc3339()), Some("2026-02-05T05:00:00+00:00".to_owned()));
    assert!(told.summary.ends_with("Its time comes next on 5 Feb 2026, 00:00."), "{}", told.summary);
    office.tick_at("2026-02-05T06:00:00Z");
    let told = automation(&office, job, "late");
    let ran = newest(&told);
    assert!(ran.ran);
    let causes: Vec<_> = ran.causes.iter().map(|cause| cause.text.as_str()).collect();
    assert_eq!(causes, ["the time came that `late` waits for (5 Feb 2026, 00:00)", "time passed"]);
}

#[test]
fn s11_3_an_automation_that_is_gone_is_told_by_the_last_version_that_had_it() {
    let office = Office::with(returns());
    let job = office.job();
    let mut without = returns();
    without["stages"][0].as_object_mut().expect("a stage").remove("on_entry");
    office.publish(without);
    let told = automation(&office, job, "ask");
    assert_eq!((told.current, told.version, outcomes(&told)), (false, 1, vec![None]));
    assert_eq!(newest(&told).version, 1);
    assert!(told.summary.contains("does not have it any more"), "{}", told.summary);
}

#[test]
fn s11_3_an_unknown_automation_is_not_found_with_a_suggestion() {
    let office = Office::with(returns());
    let job = office.job();
    let queries = office.engine.query(firm(), Actor::system("test")).expect("a firm");
    let error = queries.explain_automation(job, &key("hury"), 10).expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), "there is no automation `hury` in this firm; did you mean `hurry`?");
    assert_eq!(queries.explain_automation(job, &key("hurry"), 0).expect_err("none").kind(), ErrorKind::Invalid);
}

#[test]
fn s11_3_what_the_actor_may_not_see_is_not_explained() {
    let mut pipeline = returns();
    pipeline["access"] = json!({ "only": { "members": [member(2)] } });
    let office = Office::with(pipeline);
    let job = office.job();
    assert!(asked(&office, Actor::Member(member(2)), job).is_ok());
    for actor in [Actor::Member(member(3)), Actor::Client(account(1))] {
        assert_eq!(asked(&office, actor.clone(), job).expect_err("forbidden").kind(), ErrorKind::Forbidden);
        let told = office.engine.query(firm(), actor).expect("a firm").explain_automation(job, &key("ask"), 1);
        assert_eq!(told.expect_err("forbidden").kind(), ErrorKind::Forbidden);
    }
    let nobody = JobId(uuid::Uuid::from_u128(9));
    assert_eq!(asked(&office, Actor::system("t"), nobody).expect_err("none").kind(), ErrorKind::NotFound);
}

#[test]
fn s11_3_a_chain_of_causes_leads_over_jobs_to_the_command_of_a_person() {
    let office = Office::with(json!({ "key": "q", "name": "Q", "stages": [{ "key": "a" }, { "key": "b" }] }));
    office.publish(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one" },
        { "key": "two", "on_entry": [{ "key": "spawn", "do": [{ "create_job": { "pipeline": "q" } }] }] }, { "key": "three" }] }));
    let job = office.job();
    let moved = office.as_member(2, command(json!({ "move_job": { "job": job, "to": "two" } }))).expect("moved");
    let child = office.jobs_of(1).into_iter().find(|child| child.pipeline == key("q")).expect("a job");
    let told = explained(&office, child.id);
    let causes: Vec<_> = told.here.causes.iter().map(|cause| cause.text.as_str()).collect();
    let expected =
        ["the automation `spawn` ran", "the job was moved from `one` to `two`", "Bob gave the command `move_job`"];
    assert_eq!(causes, expected);
    assert_eq!(told.here.causes[2].entry, moved.entries[0].id);
    assert_eq!(told.here.actor, Actor::Automation);
}
