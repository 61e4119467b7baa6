//! What the tests of this store share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Engine, ManualClock, Outcome};
use workflow_core::error::{Error, StoreError};
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::model::Job;
use workflow_core::store::{DocId, Document, Transact};
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_test_support::postgres::Server;

pub(crate) fn open(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(url, PostgresOptions::default())
}

/// A store in a schema that nobody used before, on the server that all tests share.
pub(crate) fn store() -> Arc<PostgresStore> {
    Arc::new(open(&Server::shared().fresh()).expect("a store"))
}

/// The schema that an address names.
pub(crate) fn schema_of(url: &str) -> &str {
    url.split_once("schema=").map_or("workflow", |(_, rest)| rest.split('&').next().unwrap_or(rest))
}

pub(crate) fn firm(number: u128) -> FirmId {
    FirmId(Uuid::from_u128(0xf0 + number))
}

pub(crate) fn account(number: u128) -> Uuid {
    Uuid::from_u128(0xac00 + number)
}

pub(crate) fn job(number: u128) -> Uuid {
    Uuid::from_u128(0x10b00 + number)
}

/// An engine on a store, as a host of its own has it: its identifiers are no other engine's.
pub(crate) fn engine(store: Arc<dyn workflow_core::store::Store>) -> Engine {
    static SEED: AtomicU64 = AtomicU64::new(7);
    let clock = ManualClock::at("2026-02-02T15:00:00.25Z".parse().expect("an instant"));
    Engine::deterministic(store, Arc::new(clock), SEED.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn request(number: u128, written: Value) -> Request {
    let command: Command = serde_json::from_value(written).expect("a command");
    Request::new(firm(number), Actor::system("test"), command)
}

#[track_caller]
pub(crate) fn give(engine: &Engine, number: u128, written: Value) -> Outcome {
    engine.execute(&request(number, written)).expect("a command that works")
}

pub(crate) fn try_give(engine: &Engine, number: u128, written: Value) -> Result<Outcome, Error> {
    engine.execute(&request(number, written))
}

/// Sets a firm up: one account, a pipeline `p` whose first stage makes two tasks and asks for an
/// invoice, a bound of 50 on its second stage, and so many jobs.
pub(crate) fn set_up(engine: &Engine, number: u128, jobs: u128) {
    let task = |title: &str| json!({ "create_task": { "key": title, "title": title, "due": "2026-03-02" } });
    for command in [
        json!({ "save_firm": { "name": format!("Firm {number}"), "time_zone": "America/New_York" } }),
        json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P", "stages": [
            { "key": "one", "automove": true, "on_entry": [{ "key": "start", "do": [
                task("call"), task("write"), { "request": { "kind": "invoice", "title": "Bill" } }] }] },
            { "key": "two", "wip_limit": { "max": 50, "mode": "refuse" } }, { "key": "end" }
        ] } } }),
        json!({ "save_account": { "id": account(1), "name": "Jane Doe", "external": "crm-1" } }),
    ] {
        give(engine, number, command);
    }
    for place in 1..=jobs {
        give(engine, number, json!({ "create_job": { "id": job(place), "account": account(1), "pipeline": "p" } }));
    }
}

/// A job of a firm as its store has it.
pub(crate) fn job_of(store: &dyn Transact, number: u128, place: u128) -> Arc<Job> {
    match store.get(firm(number), &[DocId::Job(job(place).into())]).expect("readable").pop().flatten() {
        Some(record) => match record.document {
            Document::Job(job) => job,
            other => panic!("a job, not {other:?}"),
        },
        None => panic!("there is no job {place}"),
    }
}
