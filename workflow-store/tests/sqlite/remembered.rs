//! The store remembers documents, but not beyond what anybody commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use workflow_core::command::{Command, JobChanges};
use workflow_core::engine::Engine;
use workflow_core::model::Job;
use workflow_core::store::{DocId, Document, Record, Transact};
use workflow_store::sqlite::SqliteStore;

use crate::kit::{Home, account, comment, firm, job, quick, request};

fn job_of(store: &SqliteStore) -> Option<(u64, Arc<Job>)> {
    let found = store.get(firm(), &[DocId::Job(job(1))]).expect("read").remove(0);
    found.map(|Record { revision, document }| match document {
        Document::Job(job) => (revision, job),
        other => panic!("{other:?} is no job"),
    })
}

fn name(text: &str) -> Command {
    let changes = JobChanges { name: Some(text.to_owned()), ..JobChanges::default() };
    Command::EditJob { job: job(1), changes: Box::new(changes) }
}

#[test]
fn s10_3_what_another_store_commits_is_seen_at_once() {
    let home = Home::new();
    let (one, engine) = home.office(quick());
    let other = Arc::new(SqliteStore::open(home.database(), quick()).expect("a store"));
    let other_engine = Engine::new(Arc::clone(&other) as _);
    let (first, _) = job_of(&one).expect("a job");
    for turn in 1..=20 {
        let engine = if turn % 3 == 0 { &other_engine } else { &engine };
        let text = format!("name {turn}");
        engine.execute(&request(name(&text))).expect("renamed");
        for store in [&one, &other] {
            let (revision, job) = job_of(store).expect("a job");
            assert_eq!((revision, &*job.name), (first + turn, text.as_str()));
        }
    }
    other_engine.execute(&request(Command::DeleteJob { job: job(1) })).expect("deleted");
    assert_eq!((job_of(&one), job_of(&other)), (None, None));
}

/// Several at once: some that are remembered, some that are not, and one that another has changed meanwhile.
#[test]
fn s10_3_several_documents_are_of_one_moment() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let ids: Vec<DocId> = (0..8).map(|number| DocId::Job(job(number))).chain([DocId::Account(account(1))]).collect();
    let revisions = || -> BTreeMap<usize, u64> {
        let found = store.get(firm(), &ids).expect("read");
        found.iter().enumerate().filter_map(|(place, record)| Some((place, record.as_ref()?.revision))).collect()
    };
    let before = revisions();
    assert_eq!((before.len(), &before), (9, &revisions()), "the same from memory");
    let host = Connection::open(home.database()).expect("a connection");
    let id = job(3).0.as_bytes().to_vec();
    host.execute("UPDATE wf_jobs SET revision = revision + 5 WHERE id = ?1", [&id]).expect("changed");
    host.execute("DELETE FROM wf_jobs WHERE id = ?1", [job(4).0.as_bytes().to_vec()]).expect("deleted");
    let mut wanted = before;
    wanted.remove(&4);
    *wanted.get_mut(&3).expect("a job") += 5;
    assert_eq!(revisions(), wanted, "with the same body, and without one");
    engine.execute(&request(name("renamed"))).expect("renamed");
    *wanted.get_mut(&1).expect("a job") += 1;
    assert_eq!(revisions(), wanted);
}

/// A command that fails, and one whose commit is broken off, leave what was before.
#[test]
fn s5_5_what_was_not_committed_is_not_remembered() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    engine.execute(&request(name("before"))).expect("renamed");
    let host = Connection::open(home.database()).expect("a connection");
    // The log refuses every entry: the job's row is written before, and rolled back.
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON wf_log BEGIN SELECT RAISE(ABORT, 'no room'); END";
    host.execute_batch(refuse).expect("a trigger");
    engine.execute(&request(name("after"))).expect_err("refused");
    engine.execute(&request(comment(1, "after"))).expect_err("refused");
    let (revision, job) = job_of(&store).expect("a job");
    assert_eq!(&*job.name, "before");
    host.execute_batch("DROP TRIGGER refuse").expect("dropped");
    engine.execute(&request(name("at last"))).expect("renamed");
    let (now, job) = job_of(&store).expect("a job");
    assert_eq!((now, &*job.name), (revision + 1, "at last"));
}
