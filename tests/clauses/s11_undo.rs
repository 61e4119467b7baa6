//! Clause 11.4: a command is undone with everything that followed from it, as far as that is still possible.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::{BulkMode, Command, MoveJob};
use workflow_core::engine::Outcome;
use workflow_core::error::{Error, Rejection};
use workflow_core::event::{Actor, Event};
use workflow_core::export::{ExportFormat, ExportQuery};
use workflow_core::id::{EntryId, JobId};
use workflow_core::model::{KeptReason, Subject, TaskState, Undone};
use workflow_core::query::{PageRequest, When};
use workflow_core::store::{Document, LogBy, LogScan, Queue, QueuedState, Record, Transact};

use crate::exported::traces;
use crate::kit::{Office, account, command, firm, key, member, names, plain, set_task};

/// A pipeline in which a lot happens by itself.
fn busy() -> Value {
    json!({ "key": "p", "name": "P",
        "statuses": [{ "key": "stuck" }],
        "automations": [
            { "key": "hear", "on": { "account_tag_added": { "tag": "vip" } }, "do": [{ "add_job_tags": ["heard"] }] } ],
        "stages": [
            { "key": "in", "automove": true, "on_entry": [{ "key": "ask", "do": [
                { "create_task": { "key": "gather", "title": "Gather papers", "due": "3 days after stage entry" } } ] }] },
            { "key": "work", "automove": true, "on_entry": [{ "key": "start", "do": [
                { "create_task": { "key": "prepare", "title": "Prepare" } },
                { "request": { "kind": "organizer" } },
                { "add_account_tags": ["vip"] },
                { "signal": { "name": "started" } } ] }] },
            { "key": "check" },
            { "key": "out" } ] })
}

/// Every record of work, as it is written, without the time it was changed.
fn records(office: &Office) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut add = |record: Record| {
        let mut written = match &record.document {
            Document::Account(account) => serde_json::to_value(account),
            Document::Job(job) => serde_json::to_value(job),
            Document::Task(task) => serde_json::to_value(task),
            Document::Item(item) => serde_json::to_value(item),
            Document::Comment(comment) => serde_json::to_value(comment),
            _ => return,
        }
        .expect("written");
        written.as_object_mut().expect("a record").remove("updated");
        found.insert(record.document.id().to_string(), written);
    };
    // What the log knows of, as the store has it: that they agree is looked at when the office closes.
    let mut state = workflow_core::state::State::default();
    office.log().iter().for_each(|entry| workflow_core::apply::apply_entry(&mut state, entry));
    state.records().into_values().for_each(&mut add);
    found
}

fn last(office: &Office) -> EntryId {
    office.log().last().expect("an entry").id
}

fn entry(outcome: &Outcome) -> EntryId {
    outcome.entries.last().expect("an entry").id
}

fn undo(office: &Office, entry: EntryId) -> Undone {
    office.run(Command::Undo { entry }).undone().expect("undone").clone()
}

fn refusal(office: &Office, entry: EntryId) -> (&'static str, String) {
    match office.refused(Command::Undo { entry }) {
        Rejection::Refused { rule, why } => (rule, why),
        other => panic!("{other:?}"),
    }
}

/// The outbox as far as it waits, by the names of what is asked for.
fn waiting(office: &Office) -> Vec<String> {
    let rows = office.engine.queued(Queue::Outbox, firm(), QueuedState::Waiting, None, 1_000).expect("listed");
    let name = |row: workflow_core::store::Waiting| serde_json::to_value(row.body).expect("written");
    rows.into_iter()
        .map(name)
        .map(|row| {
            let intent = row["notification"]["intent"].as_object().expect("an intent").clone();
            intent.keys().next().expect("a name").clone()
        })
        .collect()
}

#[test]
fn s11_4_completing_the_last_task_is_undone_with_the_move_and_all_that_it_set_off() {
    let office = Office::with(busy());
    let job = office.job();
    let other = office.job_of(1, "p");
    let (before, outbox) = (records(&office), waiting(&office));
    let outcome = office.complete(job, "Gather papers");
    assert_eq!(office.stage(job), "work");
    assert_eq!(waiting(&office), ["request_item", "signal"]);
    assert!(office.get(other).tags.contains("heard"), "the account's other job reacted");
    office.advance(TimeDelta::minutes(3));

    let undone = undo(&office, entry(&outcome));
    assert_eq!(undone.command, "set_task_state");
    assert_eq!(undone.kept, []);
    assert_eq!(undone.entries.len(), 2, "{undone:?}");
    assert_eq!(records(&office), before);
    assert_eq!(waiting(&office), outbox);
    assert_eq!((office.stage(job).as_str(), office.get(job).updated), ("in", office.now()));
    assert!(!office.get(other).tags.contains("heard"));
    assert!(!office.get_account(1).tags.contains("vip"));
    assert_eq!(office.tasks(job, "Prepare").len(), 0);

    // And the office goes on from there as if it had never been.
    office.complete(job, "Gather papers");
    assert_eq!(office.stage(job), "work");
    assert_eq!(waiting(&office), ["request_item", "signal"]);
}

#[test]
fn s11_4_an_undo_can_be_undone_and_says_what_does_not_come_back() {
    let office = Office::with(busy());
    let job = office.job();
    let outcome = office.complete(job, "Gather papers");
    let after = records(&office);
    let undone = office.run(Command::Undo { entry: entry(&outcome) });
    let again = undo(&office, entry(&undone));
    assert_eq!(records(&office), after);
    assert_eq!(office.stage(job), "work");
    let kept: Vec<KeptReason> = again.kept.iter().map(|kept| kept.reason).collect();
    assert_eq!(kept, [KeptReason::Withdrawn, KeptReason::Withdrawn]);
    assert_eq!(waiting(&office), Vec::<String>::new());
    // The command is not undone twice: it has been changed since.
    let (rule, why) = refusal(&office, entry(&outcome));
    assert_eq!(rule, "changed_since");
    assert!(why.contains("`undo`"), "{why}");
}

#[test]
fn s11_4_what_was_delivered_is_named_and_the_host_asked_to_withdraw_it() {
    let office = Office::with(busy());
    let job = office.job();
    let outcome = office.complete(job, "Gather papers");
    let item = office.items(job, "organizer")[0].id;
    let delivered = office.engine.claim_notifications(None, TimeDelta::seconds(60), 10).expect("handed out");
    assert_eq!(delivered.len(), 1);
    assert!(office.engine.acknowledge(&delivered[0].receipt).expect("acknowledged"));

    let answer = office.run(Command::Undo { entry: entry(&outcome) });
    let undone = answer.undone().expect("undone");
    let kept: Vec<(&Subject, KeptReason)> = undone.kept.iter().map(|kept| (&kept.what, kept.reason)).collect();
    let id = delivered[0].notification.id;
    assert_eq!(
        kept,
        [(&Subject::Item(item), KeptReason::Delivered), (&Subject::Notification(id), KeptReason::Delivered)]
    );
    // The signal behind it was still waiting, and the host hears that it is to withdraw the organizer.
    assert_eq!(waiting(&office), ["cancel_item"]);
    assert_eq!(office.stage(job), "in");
    assert!(office.get(job).items.is_empty());
    assert!(office.get_item(item).jobs.is_empty(), "the host can still report on it");
    office.give(json!({ "report_item": { "item": { "id": item }, "status": "submitted" } }));
    assert_eq!(office.stage(job), "in");
}

#[test]
fn s11_4_a_notification_that_somebody_holds_may_have_been_delivered() {
    let office = Office::with(busy());
    let job = office.job();
    let outcome = office.complete(job, "Gather papers");
    let held = office.engine.claim_notifications(None, TimeDelta::seconds(60), 10).expect("handed out");
    let undone = undo(&office, entry(&outcome));
    assert!(undone.kept.iter().any(|kept| kept.what == Subject::Notification(held[0].notification.id)));
    // Whoever holds it can say so still.
    assert!(office.engine.acknowledge(&held[0].receipt).expect("acknowledged"));
}

#[test]
fn s11_4_a_job_that_has_gone_on_since_is_not_put_back() {
    let office = Office::with(busy());
    let job = office.job();
    let outcome = office.complete(job, "Gather papers");
    let task = office.tasks(job, "Prepare")[0].id;
    let since = office.as_member(2, set_task(task, TaskState::InProgress)).expect("begun");
    let before = records(&office);
    let (rule, why) = refusal(&office, entry(&outcome));
    assert_eq!(rule, "changed_since");
    for word in ["set_task_state", &member(2).to_string(), &entry(&since).to_string(), "undo that first"] {
        assert!(why.contains(word), "{why}");
    }
    assert_eq!(records(&office), before);
    // Step by step it can be.
    undo(&office, entry(&since));
    let (rule, _) = refusal(&office, entry(&outcome));
    assert_eq!(rule, "changed_since", "that it was undone is a change too");
}

#[test]
fn s11_4_other_records_that_have_gone_on_stay_and_are_named() {
    let office = Office::with(busy());
    let job = office.job();
    let other = office.job_of(1, "p");
    let outcome = office.complete(job, "Gather papers");
    office.run(Command::CommentJob { job: other, text: "heard of it".into() });
    office.save_account(1, json!({ "name": "Jane Roe" }));
    let undone = undo(&office, entry(&outcome));
    let kept: Vec<(&Subject, KeptReason)> = undone.kept.iter().map(|kept| (&kept.what, kept.reason)).collect();
    assert!(kept.contains(&(&Subject::Account(account(1)), KeptReason::ChangedSince)), "{kept:?}");
    assert!(kept.contains(&(&Subject::Job(other), KeptReason::ChangedSince)), "{kept:?}");
    assert_eq!(kept.len(), 2);
    assert_eq!(office.stage(job), "in");
    assert!(office.get_account(1).tags.contains("vip"));
    assert!(office.get(other).tags.contains("heard"));
}

#[test]
fn s11_4_a_deleted_job_comes_back_with_its_tasks_items_and_dependencies() {
    let office = Office::with(busy());
    let (job, on, waits) = (office.job(), office.job_of(1, "p"), office.job_of(1, "p"));
    office.complete(job, "Gather papers");
    office.run(Command::AddJobDependency { job, on });
    office.run(Command::AddJobDependency { job: waits, on: job });
    office.run(Command::CommentJob { job, text: "nearly done".into() });
    let before = records(&office);
    let outcome = office.run(Command::DeleteJob { job });
    assert!(office.find(job).is_none());
    assert_eq!(office.get(waits).waits_for.get(&job), Some(&true), "it waits no longer");
    let undone = undo(&office, entry(&outcome));
    assert_eq!(undone.kept, []);
    assert_eq!(records(&office), before);
    assert_eq!(office.stage(job), "work");
    let board =
        office.engine.query(firm(), Actor::system("test")).expect("a firm").board(&key("p"), 10).expect("a board");
    assert_eq!(board.columns.iter().map(|column| column.jobs).sum::<u64>(), 3);
}

#[test]
fn s11_4_a_job_that_was_made_is_gone_again() {
    let office = Office::with(busy());
    let before = records(&office);
    let job = office.job();
    undo(&office, last(&office));
    assert_eq!(records(&office), before);
    assert!(office.find(job).is_none());
    let again = office.give(json!({ "create_job": { "id": job, "account": account(1), "pipeline": "p" } }));
    assert_eq!(again.job(), Some(job));
}

#[test]
fn s11_4_a_bulk_that_is_all_or_nothing_is_undone_as_one() {
    let office = Office::with(busy());
    let jobs: Vec<JobId> = (0..5).map(|_| office.job()).collect();
    let before = records(&office);
    let commands = jobs.iter().map(|job| Command::MoveJob(MoveJob::to(*job, key("check")))).collect();
    let outcome = office.run(Command::Bulk { mode: BulkMode::AllOrNothing, commands });
    assert_eq!(outcome.entries.len(), 5);
    // Whichever of its entries is named.
    let undone = undo(&office, outcome.entries[2].id);
    assert_eq!(undone.entries.len(), 5);
    assert_eq!(records(&office), before);
    // When one of the jobs has gone on, none is put back.
    let commands = jobs.iter().map(|job| Command::MoveJob(MoveJob::to(*job, key("check")))).collect();
    let outcome = office.run(Command::Bulk { mode: BulkMode::AllOrNothing, commands });
    office.run(Command::CommentJob { job: jobs[4], text: "on we go".into() });
    assert_eq!(refusal(&office, outcome.entries[0].id).0, "changed_since");
    assert!(jobs.iter().all(|job| office.stage(*job) == "check"));
}

#[test]
fn s11_4_what_the_firm_has_set_up_and_what_time_did_are_not_undone() {
    let mut pipeline = busy();
    pipeline["automations"].as_array_mut().expect("a list").push(json!({ "key": "late", "on": { "overdue": {} },
        "do": [{ "add_job_tags": ["late"] }] }));
    let office = Office::with(pipeline.clone());
    for (entry, word) in office.log().iter().map(|entry| (entry.id, entry.command.clone())).collect::<Vec<_>>() {
        let (rule, why) = refusal(&office, entry);
        assert_eq!(rule, "not_reversible", "{word}: {why}");
    }
    let job = office.job();
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-02-03" } } } } }));
    office.tick_at("2026-02-05T12:00:00Z");
    assert!(office.get(job).tags.contains("late"));
    let (rule, why) = refusal(&office, last(&office));
    assert_eq!(rule, "not_reversible", "{why}");
    let nobody = office.refused(Command::Undo { entry: EntryId(uuid::Uuid::from_u128(1)) });
    assert!(matches!(nobody, Rejection::NotFound { what: "entry", .. }), "{nobody:?}");
}

#[test]
fn s11_4_what_followed_from_a_command_is_undone_with_it_and_not_alone() {
    let office = Office::with(busy());
    office.job();
    let outcome = office.give(json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    let followed = last(&office);
    assert_ne!(followed, entry(&outcome));
    let (rule, why) = refusal(&office, followed);
    assert_eq!(rule, "not_a_command");
    assert!(why.contains(&entry(&outcome).to_string()), "{why}");
    assert_eq!(undo(&office, entry(&outcome)).entries, [entry(&outcome), followed]);
}

#[test]
fn s11_4_a_stage_that_is_gone_takes_nobody_back() {
    let office = Office::with(plain());
    let job = office.job();
    let outcome = office.move_to(job, "two");
    office.publish(json!({ "key": "p", "name": "P", "stages": [{ "key": "two" }, { "key": "three" }] }));
    let (rule, why) = refusal(&office, entry(&outcome));
    assert_eq!(rule, "stage_gone", "{why}");
    assert!(why.contains("`one`"), "{why}");
}

#[test]
fn s11_4_what_is_filed_under_another_account_is_known_too() {
    let office = Office::with(plain());
    office.account(2, "Joe Bloggs");
    let (job, other) = (office.job(), office.job_of(2, "p"));
    // In one commit, and what the job hears of it is filed under the other one's account.
    let commands = vec![
        Command::AddJobDependency { job: other, on: job },
        Command::CommentJob { job, text: "somebody waits".into() },
    ];
    office.run(Command::Bulk { mode: BulkMode::AllOrNothing, commands });
    let before = records(&office);
    let outcome = office.move_to(job, "two");
    undo(&office, entry(&outcome));
    assert!(office.get(job).awaited_by.contains(&other));
    assert_eq!(records(&office), before);
}

#[test]
fn s11_4_a_name_that_another_has_taken_is_not_taken_back() {
    let office = Office::with(plain());
    let job = office.job();
    let first = office.new_item(json!({ "job": job, "kind": "invoice", "title": "One", "external": "inv-1" }));
    let second = office.new_item(json!({ "job": job, "kind": "invoice", "title": "Two", "external": "inv-2" }));
    let outcome = office.give(json!({ "name_item": { "item": first, "external": "inv-3" } }));
    office.give(json!({ "name_item": { "item": second, "external": "inv-1" } }));
    let (rule, why) = refusal(&office, entry(&outcome));
    assert_eq!(rule, "name_taken");
    assert!(why.contains("`inv-1`") && why.contains(&second.to_string()), "{why}");
    office.save_account(1, json!({ "external": "C-1" }));
    office.save_account(1, json!({ "external": "C-2" }));
    let renamed = last(&office);
    office.account(2, "Joe Bloggs");
    office.save_account(2, json!({ "external": "C-1" }));
    assert_eq!(refusal(&office, renamed).0, "name_taken");
}

#[test]
fn s11_4_who_has_no_access_undoes_nothing() {
    let mut pipeline = plain();
    pipeline["access"] = json!({ "only": { "members": [member(1)] } });
    let office = Office::with(pipeline);
    let job = office.job();
    let outcome = office.move_to(job, "two");
    let undo = || Command::Undo { entry: entry(&outcome) };
    for actor in [Actor::Member(member(2)), Actor::Client(account(1))] {
        let refused = office.as_actor(actor, undo());
        assert!(matches!(refused, Err(Error::Rejected(Rejection::Forbidden(_)))), "{refused:?}");
    }
    office.as_member(1, undo()).expect("undone");
    assert_eq!(office.stage(job), "one");
    // Also when the job is gone.
    let deleted = office.run(Command::DeleteJob { job });
    let refused = office.as_member(2, Command::Undo { entry: entry(&deleted) });
    assert!(matches!(refused, Err(Error::Rejected(Rejection::Forbidden(_)))), "{refused:?}");
}

#[test]
fn s11_4_a_preview_tells_what_an_undo_would_do_and_a_key_makes_it_once() {
    let office = Office::with(busy());
    let job = office.job();
    let outcome = office.complete(job, "Gather papers");
    let before = records(&office);
    let acting = office.engine.acting(firm(), Actor::system("test"));
    let preview = acting.preview(Command::Undo { entry: entry(&outcome) }).expect("told");
    assert!(
        preview
            .events
            .iter()
            .any(|recorded| matches!(&recorded.event, Event::CommandUndone(undone) if undone.kept.is_empty()))
    );
    assert_eq!(records(&office), before);
    let keyed = acting.under(workflow_core::id::IdempotencyKey::new("undo-1").expect("a key"));
    let first = keyed.undo(entry(&outcome)).expect("undone");
    let again = keyed.undo(entry(&outcome)).expect("undone before");
    assert!(again.replayed && !first.replayed);
    assert_eq!(names(&first), names(&again));
    assert_eq!(first.undone(), again.undone());
}

#[test]
fn s11_4_follow_ups_that_were_not_run_are_left_undone() {
    let office = Office::with(busy());
    let job = office.job();
    // As a host does in a transaction of its own: what follows waits.
    let session = office.engine.within(&*office.store);
    let request = workflow_core::command::Request::new(
        firm(),
        Actor::system("test"),
        command(json!({ "tag_account": { "account": account(1), "add": ["vip"] } })),
    );
    let outcome = session.execute(&request).expect("done");
    assert_eq!(office.follow_ups(QueuedState::Waiting).len(), 1);
    undo(&office, entry(&outcome));
    assert_eq!(office.follow_ups(QueuedState::Waiting).len(), 0);
    assert_eq!(office.engine.run_follow_ups(10).expect("run"), 0);
    assert!(!office.get(job).tags.contains("heard"));
}

#[test]
fn s11_4_a_command_is_undone_when_little_has_happened_since() {
    let office = Office::with(plain());
    let job = office.job();
    let outcome = office.move_to(job, "two");
    let other = office.job();
    let comment = || Command::CommentJob { job: other, text: "a word".into() };
    let requests: Vec<_> = (0..workflow_core::limits::UNDO_ENTRIES)
        .map(|_| workflow_core::command::Request::new(firm(), Actor::system("test"), comment()))
        .collect();
    for some in requests.chunks(workflow_core::limits::BULK) {
        assert!(office.engine.execute_many(some).iter().all(Result::is_ok));
    }
    let refused = office.refused(Command::Undo { entry: entry(&outcome) });
    assert!(matches!(refused, Rejection::Limit { limit: "UNDO_ENTRIES", .. }), "{refused:?}");
}

#[test]
fn s11_4_the_entries_of_each_job_still_fold_to_the_job_and_its_measures_are_of_what_is_so_now() {
    let office = Office::with(busy());
    let job = office.job();
    let other = office.job_of(1, "p");
    office.advance(TimeDelta::hours(2));
    let outcome = office.complete(job, "Gather papers");
    office.advance(TimeDelta::hours(1));
    undo(&office, entry(&outcome));
    office.advance(TimeDelta::hours(1));
    // Each job's own entries fold to the job.
    for id in [job, other] {
        let scan = LogScan::new(LogBy::Job(id), 1_000);
        let mut state = workflow_core::state::State::default();
        let log = office.store.log(firm(), &scan).expect("readable");
        log.iter().for_each(|logged| workflow_core::apply::apply_entry(&mut state, &logged.entry));
        assert_eq!(state.job(id), Some(&office.get(id)));
    }
    let asker = office.engine.query(firm(), Actor::system("test")).expect("a firm");
    let page = asker.job_measures(&Default::default(), &PageRequest::default()).expect("measures");
    let measured = page.rows.iter().find(|row| row.id == job).expect("measured");
    assert_eq!(measured.stages.len(), 1, "{measured:?}");
    assert_eq!(measured.reentries, 0);
}

#[test]
fn s11_4_what_was_undone_is_known_to_explanations_past_states_and_exports() {
    let office = Office::with(busy());
    let job = office.job();
    office.advance(TimeDelta::hours(1));
    let outcome = office.complete(job, "Gather papers");
    let moved = office.now();
    office.advance(TimeDelta::hours(1));
    undo(&office, entry(&outcome));
    let asker = || office.engine.query(firm(), Actor::system("test")).expect("a firm");

    let told = asker().explain_job(job).expect("explained");
    assert_eq!((told.here.how, told.here.since), (None, office.get(job).created), "it is where it was created");
    assert_eq!(told.holds.len(), 1, "{:?}", told.holds);
    let ran = asker().explain_automation(job, &key("start"), 10).expect("explained");
    assert_eq!(ran.occasions.iter().filter(|occasion| occasion.ran).count(), 1, "it ran, whatever became of it");

    let then = |at| asker().job_at(job, When::At(at)).expect("a state").job;
    assert_eq!(then(moved).stage, key("work"));
    assert_eq!(then(office.now()), office.get(job));

    let mut file = Vec::new();
    asker().export(&ExportQuery::new(ExportFormat::Xes), &mut file).expect("written");
    let traces = traces(&String::from_utf8(file).expect("UTF-8"));
    let events: Vec<(&str, &str)> =
        traces[0].1.iter().map(|event| (event["concept:name"].as_str(), event["stage"].as_str())).collect();
    assert!(events.contains(&("Job undone", "in")), "{events:?}");
    assert_eq!(events.last(), Some(&("Job undone", "in")));
    // The move, which was undone at the same instant, is not how it came to where it is now.
    let again = office.complete(job, "Gather papers");
    undo(&office, entry(&again));
    assert_eq!(asker().explain_job(job).expect("explained").here.how, None);
}
