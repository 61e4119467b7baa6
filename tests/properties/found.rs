//! What broke a law once, each by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use workflow_core::command::Request;
use workflow_core::engine::{Engine, Outcome};
use workflow_core::error::{Error, ErrorKind, Rejection, StoreError};
use workflow_core::id::JobId;
use workflow_core::model::{Job, Priority};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, DocId, Transact};
use workflow_suites::around::{Around, Hand};

use crate::draw::Step;
use crate::firm::{account, command, firm, setup, system};
use crate::laws::{every_store_ends_alike, many_at_once_do_what_they_do_one_by_one};
use crate::office::{Office, job};

fn request(written: Value) -> Request {
    system(command(written))
}

fn run(office: &mut Office, written: Value) -> Outcome {
    let outcome = office.engine.execute(&request(written)).expect("a command that works");
    office.read_on();
    outcome
}

fn new_job(office: &mut Office) -> JobId {
    let outcome = run(office, json!({ "create_job": { "account": account(1), "pipeline": "main" } }));
    outcome.job().expect("a job")
}

fn get(office: &Office, id: JobId) -> Arc<Job> {
    Arc::clone(job(&office.records(), id).expect("the job"))
}

#[test]
fn s6_6_what_a_command_leaves_for_other_jobs_comes_before_the_next_command() {
    let mut office = Office::new();
    let job = new_job(&mut office);
    // The tag makes the account's jobs urgent; then this one is said to be of low priority.
    let answers = office.engine.execute_many(&[
        request(json!({ "tag_account": { "account": account(1), "add": ["vip"] } })),
        request(json!({ "edit_job": { "job": job, "changes": { "priority": "low" } } })),
    ]);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let job = get(&office, job);
    assert!(job.tags.contains("vip"), "it was told of the tag");
    assert_eq!(job.priority, Priority::Low);
}

#[test]
fn s6_6_a_command_that_changes_nothing_has_its_turn_like_any_other() {
    let mut office = Office::new();
    let job = new_job(&mut office);
    let medium = json!({ "edit_job": { "job": job, "changes": { "priority": "medium" } } });
    let answers = office.engine.execute_many(&[
        request(medium.clone()),
        request(json!({ "edit_job": { "job": job, "changes": { "priority": "urgent" } } })),
    ]);
    assert!(answers[0].as_ref().is_ok_and(|outcome| outcome.unchanged.is_some()), "{answers:?}");
    assert_eq!(get(&office, job).priority, Priority::Urgent);
    // The same under a key, which is remembered although nothing changed.
    let key = "once".parse::<workflow_core::id::IdempotencyKey>().expect("a key");
    let urgent = json!({ "edit_job": { "job": job, "changes": { "priority": "urgent" } } });
    let answers = office.engine.execute_many(&[
        request(urgent.clone()).keyed(key.clone()),
        request(medium),
        request(urgent).keyed(key),
    ]);
    assert!(answers[2].as_ref().is_ok_and(|outcome| outcome.replayed), "{answers:?}");
    assert_eq!(get(&office, job).priority, Priority::Medium);
}

#[test]
fn s6_6_a_refused_command_is_not_tried_again_after_those_behind_it() {
    let mut office = Office::new();
    let job = new_job(&mut office);
    let key = "once".parse::<workflow_core::id::IdempotencyKey>().expect("a key");
    // In `prepare` the job may leave only when it is ready, which it is a command later.
    run(&mut office, json!({ "move_job": { "job": job, "to": "prepare" } }));
    let answers = office.engine.execute_many(&[
        request(json!({ "move_job": { "job": job, "to": "review" } })).keyed(key),
        request(json!({ "tag_job": { "job": job, "add": ["ready"] } })),
    ]);
    let refused = matches!(&answers[0], Err(Error::Rejected(Rejection::Refused { rule: "exit_requirement", .. })));
    assert!(refused && answers[1].is_ok(), "{answers:?}");
    assert_eq!(get(&office, job).stage.as_str(), "prepare");
}

#[test]
fn s8_1_an_item_is_not_found_by_a_name_that_it_gave_up_in_the_same_call() {
    let mut office = Office::new();
    let create = json!({ "create_item": { "kind": "document", "title": "W-2", "external": "old" } });
    let item = run(&mut office, create).items_created()[0];
    let answers = office.engine.execute_many(&[
        request(json!({ "name_item": { "item": item, "external": "new" } })),
        request(json!({ "report_item": { "item": { "external": "old" }, "status": "accepted" } })),
        request(json!({ "create_item": { "kind": "document", "title": "1099", "external": "old" } })),
        request(json!({ "report_item": { "item": { "external": "new" }, "status": "accepted" } })),
    ]);
    assert!(matches!(&answers[1], Err(Error::Rejected(Rejection::NotFound { .. }))), "{answers:?}");
    assert!(answers[2].is_ok() && answers[3].is_ok(), "{answers:?}");
}

#[test]
fn s11_2_a_preview_knows_what_was_done_under_the_key_before() {
    let mut office = Office::new();
    let key = "once".parse::<workflow_core::id::IdempotencyKey>().expect("a key");
    let create = request(json!({ "create_job": { "account": account(1), "pipeline": "main" } })).keyed(key.clone());
    assert!(!office.engine.preview(&create).expect("foreseen").events.is_empty());
    office.engine.execute(&create).expect("done");
    office.read_on();
    let preview = office.engine.preview(&create).expect("foreseen");
    assert!(preview.events.is_empty() && preview.unchanged.is_some(), "{preview:?}");
    let other = request(json!({ "tag_account": { "account": account(1), "add": ["vip"] } })).keyed(key);
    let refused = office.engine.preview(&other);
    assert!(matches!(&refused, Err(Error::Rejected(Rejection::KeyReused(_)))), "{refused:?}");
}

#[test]
fn s11_2_a_preview_of_a_bulk_changes_something_when_one_of_its_commands_does() {
    let office = Office::new();
    let tag = json!({ "tag_account": { "account": account(1), "add": ["other"] } });
    let bulk = request(json!({ "bulk": { "mode": "all_or_nothing", "commands": [tag, tag] } }));
    assert_eq!(office.engine.preview(&bulk).expect("foreseen").unchanged, None);
    assert_eq!(office.engine.execute(&bulk).expect("done").unchanged, None);
    // Now neither changes anything.
    let foreseen = office.engine.preview(&bulk).expect("foreseen").unchanged;
    assert!(foreseen.is_some());
    assert_eq!(foreseen, office.engine.execute(&bulk).expect("done").unchanged);
}

#[test]
fn s11_1_a_template_saved_and_then_deleted_is_gone_from_a_file_too() {
    every_store_ends_alike(&[Step([92, 603, 371, 1, 0, 0, 0, 0]), Step([92, 177, 926, 0, 0, 0, 0, 0])]);
    let mut office = Office::in_a_file();
    run(&mut office, json!({ "save_template": { "task": { "key": "gather", "title": "Gather" } } }));
    run(&mut office, json!({ "delete_template": { "kind": "task", "key": "gather" } }));
    let template = DocId::Template(workflow_core::definition::TemplateKind::Task, "gather".parse().expect("a key"));
    assert_eq!(office.store().get(firm(), &[template]).expect("readable"), [None]);
}

#[test]
fn s6_6_a_signal_that_creates_a_job_for_another_account_among_many() {
    many_at_once_do_what_they_do_one_by_one(&[
        Step([0, 0, 0, 0, 4, 0, 0, 0]),
        Step([15, 0, 717, 0, 0, 0, 0, 0]),
        Step([0, 0, 0, 0, 0, 0, 0, 0]),
        Step([42, 0, 1828, 0, 0, 0, 0, 0]),
        Step([0, 0, 0, 0, 0, 0, 0, 0]),
    ]);
}

/// A store whose answer to a commit is lost when it is told so.
struct Forgetful {
    store: MemoryStore,
    loses_answers: AtomicBool,
}

impl Hand for Forgetful {
    fn store(&self) -> &dyn Transact {
        &self.store
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let committed = self.store.commit(batches)?;
        if self.loses_answers.load(Ordering::SeqCst) {
            return Err(StoreError::new(ErrorKind::Ambiguous, "the answer was lost"));
        }
        Ok(committed)
    }
}

#[test]
fn s10_3_many_commands_whose_answer_was_lost_are_done_once() {
    let store = Arc::new(Around(Forgetful { store: MemoryStore::new(), loses_answers: AtomicBool::new(false) }));
    let engine = Engine::new(Arc::clone(&store) as _);
    for request in setup() {
        engine.execute(&request).expect("a firm that can be set up");
    }
    store.0.loses_answers.store(true, Ordering::SeqCst);
    let create = request(json!({ "create_job": { "account": account(1), "pipeline": "main" } }));
    let answers = engine.execute_many(&[create.clone(), create.clone(), create]);
    let created: std::collections::BTreeSet<JobId> =
        answers.iter().filter_map(|answer| answer.as_ref().ok()?.job()).collect();
    assert_eq!(created.len(), 3, "{answers:?}");
    let queries = engine.query(firm(), workflow_core::event::Actor::system("host")).expect("queries");
    let board = queries.board(&"main".parse().expect("a key"), 10).expect("a board");
    assert_eq!(board.columns.iter().map(|column| column.jobs).sum::<u64>(), 3);
    assert_eq!(engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
}

#[test]
fn s3_2_a_bulk_that_fills_a_stage_is_refused_and_not_tried_for_ever() {
    crate::times::a_job_knows_what_it_waits_for(&[
        Step([15, 0, 0, 0, 0, 0, 0, 0]),
        Step([15, 0, 1712, 1, 0, 0, 0, 0]),
        Step([15, 0, 515, 0, 0, 0, 0, 0]),
        Step([510, 0, 0, 0, 0, 0, 0, 0]),
        Step([0, 0, 421, 0, 0, 0, 0, 0]),
        Step([543, 0, 18, 0, 1965, 0, 0, 0]),
        Step([543, 852, 0, 0, 0, 0, 0, 0]),
        Step([0, 1252, 0, 0, 0, 0, 0, 0]),
        Step([715, 1884, 172, 130, 963, 0, 0, 0]),
        Step([609, 0, 0, 0, 0, 0, 0, 0]),
        Step([460, 1378, 1045, 0, 1503, 0, 0, 0]),
    ]);
}
