//! Connections that are lost, and servers that go away and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use workflow_core::error::ErrorKind;
use workflow_core::id::IdempotencyKey;
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{account, engine, firm, give, job, open, request, set_up, try_give};

/// Ends every connection but the one that does it.
fn end_all(server: &Server, name: &str) -> usize {
    let sql =
        format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{name}'");
    server.sql(&sql).parse().expect("a number")
}

#[test]
fn a_connection_that_was_ended_while_idle_is_replaced_unnoticed() {
    let url = format!("{}&application_name=idle", Server::shared().fresh());
    let store = Arc::new(open(&url).expect("a store"));
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 1);
    for round in 0..5u128 {
        assert!(end_all(Server::shared(), "idle") > 0);
        give(&engine, 1, json!({ "create_job": { "id": job(10 + round), "account": account(1), "pipeline": "p" } }));
    }
    assert_eq!(engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
}

/// Whatever moment a connection ends at, a command is done once or reported as what can be repeated,
/// and repeating it with its key does it once.
#[test]
fn s10_3_commands_whose_connections_are_ended_are_done_once() {
    let url = format!("{}&application_name=ended", Server::shared().fresh());
    let store = Arc::new(open(&url).expect("a store"));
    let engine = Arc::new(engine(Arc::clone(&store) as _));
    set_up(&engine, 1, 0);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                end_all(Server::shared(), "ended");
                thread::sleep(Duration::from_millis(3));
            }
        });
        let workers: Vec<_> = (0..3u128)
            .map(|number| {
                let engine = Arc::clone(&engine);
                scope.spawn(move || {
                    for place in 0..20u128 {
                        let id = job(1_000 + number * 100 + place);
                        let written = json!({ "create_job": { "id": id, "account": account(1), "pipeline": "p" } });
                        let key = IdempotencyKey::new(format!("{number}/{place}")).expect("a key");
                        let request = request(1, written).keyed(key);
                        while let Err(error) = engine.execute(&request) {
                            assert!(error.retryable(), "{error} ({:?})", error.kind());
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().expect("no panic");
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
    let jobs = format!("SELECT count(*) FROM {}.jobs", crate::kit::schema_of(&url));
    assert_eq!(Server::shared().sql(&jobs), "60");
}

#[test]
fn a_server_that_lost_its_power_is_unavailable_and_then_as_before() {
    let server = Server::start(&Options { sync: true, ..Options::default() });
    let store = Arc::new(open(&server.fresh()).expect("a store"));
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 2);
    server.crash();
    let tag = || json!({ "tag_job": { "job": job(1), "add": ["vip"], "remove": [] } });
    let error = try_give(&engine, 1, tag()).expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    server.start_again();
    give(&engine, 1, tag());
    assert_eq!(engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
}

/// A firm that is locked for too long keeps nobody waiting for ever.
#[test]
fn a_statement_that_takes_too_long_is_busy() {
    let url = format!("{}&statement_timeout=300", Server::shared().fresh());
    let store = Arc::new(open(&url).expect("a store"));
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 1);
    let schema = crate::kit::schema_of(&url).to_owned();
    let address = Server::shared().address("wf", "postgres");
    let mut other = postgres::Client::connect(&address, postgres::NoTls).expect("a connection");
    let mut transaction = other.transaction().expect("a transaction");
    transaction.batch_execute(&format!("SELECT 1 FROM {schema}.heads FOR UPDATE")).expect("a lock");
    let error = try_give(&engine, 1, json!({ "tag_job": { "job": job(1), "add": ["a"], "remove": [] } }))
        .expect_err("the firm is locked");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    transaction.rollback().expect("rolled back");
    give(&engine, 1, json!({ "tag_job": { "job": job(1), "add": ["a"], "remove": [] } }));
}
