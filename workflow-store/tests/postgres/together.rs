//! Batches that share a commit, as the server sees them.

use std::sync::Arc;
use std::thread;

use serde_json::json;
use workflow_core::error::ErrorKind;

use crate::kit::{account, engine, firm, give, job, set_up, store, try_give};

/// Threads of one process on one firm: every command is done, and the records are what the log says.
#[test]
fn s10_3_commands_of_many_threads_on_one_firm_are_all_done() {
    let store = store();
    let engine = Arc::new(engine(Arc::clone(&store) as _));
    set_up(&engine, 1, 1);
    let transactions = || store.statistics().round_trips;
    let before = transactions();
    thread::scope(|scope| {
        for number in 0..8u128 {
            let engine = Arc::clone(&engine);
            scope.spawn(move || {
                for place in 0..10u128 {
                    let id = job(1_000 + number * 100 + place);
                    give(&engine, 1, json!({ "create_job": { "id": id, "account": account(1), "pipeline": "p" } }));
                    give(
                        &engine,
                        1,
                        json!({ "tag_job": { "job": job(1), "add": [format!("t{number}")], "remove": [] } }),
                    );
                }
            });
        }
    });
    assert!(transactions() > before);
    let found = engine.verify(firm(1)).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
}

/// One caller's batch that cannot be written does not take others' with it.
#[test]
fn a_name_that_the_server_cannot_keep_is_refused_and_others_go_on() {
    let store = store();
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 0);
    let named = |id, name: &str| json!({ "save_account": { "id": account(id), "name": name } });
    let error = try_give(&engine, 1, named(2, "A\0B")).expect_err("U+0000");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("U+0000"), "{error}");
    give(&engine, 1, named(2, "A B"));
}

/// What JSON cannot say twice the same way is kept to the last digit and character.
#[test]
fn numbers_and_characters_that_jsonb_changes_come_back_as_they_were() {
    let store = store();
    let engine = engine(Arc::clone(&store) as _);
    set_up(&engine, 1, 1);
    let fields = json!({ "big": 1e16, "small": 1e-7, "less": -0.0, "whole": 10_000_000_000_000_000u64 });
    for (field, value) in fields.as_object().expect("an object") {
        let written = json!({ "set_account_field": { "account": account(1), "field": field, "value": value } });
        give(&engine, 1, written);
    }
    give(&engine, 1, json!({ "comment_job": { "job": job(1), "text": "null \u{0} and \\u0000" } }));
    assert_eq!(engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
}
