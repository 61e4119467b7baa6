//! How often a command waits for the server: once to load or twice, once to commit.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::Request;
use workflow_core::engine::Engine;
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_test_support::postgres::Server;

use crate::kit::{account, engine, firm, give, job, job_of, open, request, schema_of, set_up, store};

/// A firm with enough jobs to give every command twice: what it does first may prepare statements.
fn office() -> (Arc<PostgresStore>, Engine) {
    let store = store();
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 6);
    (store, engine)
}

/// Round trips of the second of two like commands.
#[track_caller]
fn trips(store: &PostgresStore, engine: &Engine, commands: [Value; 2]) -> u64 {
    let mut trips = 0;
    for written in commands {
        let before = store.statistics().round_trips;
        give(engine, 1, written);
        trips = store.statistics().round_trips - before;
    }
    trips
}

#[test]
fn a_command_on_a_task_loads_once_and_commits_once() {
    let (store, engine) = office();
    let task = |place| job_of(&*store, 1, place).tasks[0].task;
    let complete = |place| json!({ "set_task_state": { "task": task(place), "state": "completed" } });
    assert_eq!(trips(&store, &engine, [complete(1), complete(2)]), 2);
}

#[test]
fn a_command_on_a_job_loads_once_and_commits_once() {
    let (store, engine) = office();
    let tag = |place| json!({ "tag_job": { "job": job(place), "add": ["vip"], "remove": [] } });
    assert_eq!(trips(&store, &engine, [tag(1), tag(2)]), 2);
}

#[test]
fn a_move_into_a_bounded_stage_loads_twice_and_commits_once() {
    let (store, engine) = office();
    let go = |place| json!({ "move_job": { "job": job(place), "to": "two" } });
    assert_eq!(trips(&store, &engine, [go(1), go(2)]), 3);
}

#[test]
fn a_new_job_loads_once_and_commits_once() {
    let (store, engine) = office();
    let new = |place| json!({ "create_job": { "id": job(place), "account": account(1), "pipeline": "p" } });
    assert_eq!(trips(&store, &engine, [new(20), new(21)]), 2);
}

#[test]
fn a_report_on_an_item_loads_twice_at_most_and_commits_once() {
    let (store, engine) = office();
    let item = |place| job_of(&*store, 1, place).items[0].item;
    let name = |place: u128| format!("inv-{place}");
    for place in 3..=4 {
        give(
            &engine,
            1,
            json!({ "create_item": { "job": job(place), "kind": "invoice", "title": "Bill", "external": name(place) } }),
        );
    }
    let by_id = |place| json!({ "report_item": { "item": { "id": item(place) }, "status": "paid" } });
    assert_eq!(trips(&store, &engine, [by_id(1), by_id(2)]), 2);
    let by_name = |place| json!({ "report_item": { "item": { "external": name(place) }, "status": "paid" } });
    assert_eq!(trips(&store, &engine, [by_name(3), by_name(4)]), 3);
}

/// Reads ahead grow, so that many commands cost a few waits, not one or two each. Over one connection
/// they share a commit; over several the first are committed, 64 or more at once, while the next are
/// decided.
#[test]
fn many_commands_share_their_loads_and_their_commits() {
    for (pool, commits) in [(1, 1), (2, 4), (8, 4)] {
        let url = Server::shared().fresh();
        let options = PostgresOptions { pool, ..PostgresOptions::default() };
        let store = Arc::new(PostgresStore::open(&url, options).expect("a store"));
        let engine = engine(Arc::clone(&store) as _);
        set_up(&engine, 1, 6);
        let new =
            |place| request(1, json!({ "create_job": { "id": job(place), "account": account(1), "pipeline": "p" } }));
        let many = |from: u128| -> Vec<Request> { (from..from + 200).map(new).collect() };
        for from in [1_000, 2_000] {
            let before = store.statistics().round_trips;
            for answer in engine.execute_many(&many(from)) {
                answer.expect("a job");
            }
            let trips = store.statistics().round_trips - before;
            // The firm's record before and after, six reads ahead, the commits; the first time what is
            // prepared, on each connection. Later one that has only read may be the one to commit.
            let prepares = match (from, pool) {
                (1_000, _) => 5 + commits,
                (_, 1) => 0,
                _ => 2,
            };
            let most = 8 + commits + prepares;
            assert!(trips <= most, "{trips} round trips for 200 commands over {pool} connections");
        }
        assert_eq!(engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
    }
}

/// Plans that are made while a table is empty must serve when it is not: a lane is found by its own index.
#[test]
fn commands_and_settling_look_at_no_more_rows_than_they_are_about() {
    const JOBS: u32 = 300;
    let url = Server::shared().fresh();
    let store = Arc::new(open(&url).expect("a store"));
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, JOBS.into());
    let claimed = engine.claim_notifications(Some(firm(1)), TimeDelta::minutes(1), 100).expect("work");
    for delivery in &claimed {
        engine.acknowledge(&delivery.receipt).expect("held");
    }
    drop((engine, store));
    // What a connection did is told when it ends.
    let waiting = format!(
        "SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_all_indexes WHERE schemaname = '{}'",
        schema_of(&url)
    );
    let wait = Duration::from_millis(50);
    let mut read = u64::MAX;
    for _ in 0..100 {
        let now = Server::shared().sql(&waiting).parse().expect("a number");
        if now == read && now > 0 {
            break;
        }
        read = now;
        std::thread::sleep(wait);
    }
    // Ten or so of all tables for a new job with its tasks and its notification, and for settling that.
    assert!(
        read < u64::from(JOBS) * 15,
        "{read} entries of indexes were read for {JOBS} rows, {} settled",
        claimed.len()
    );
}
