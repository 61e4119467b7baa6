//! Benches of time: ticks, timers and series: `cargo bench --bench clock`.

#![allow(missing_docs, reason = "criterion makes public functions without docs")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::event::Actor;
use workflow_core::id::{FirmId, JobId};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Durability, SetTimer, Store, TimerOf};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::recurring::Recurring;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

fn begin() -> DateTime<Utc> {
    "2026-01-05T14:00:00Z".parse().expect("an instant")
}

fn id(number: u64) -> uuid::Uuid {
    uuid::Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number)
}

/// A store of each kind. A folder goes with the one on disk.
fn stores() -> Vec<(&'static str, Arc<dyn Store>, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions { durability: Durability::Process, ..SqliteOptions::default() };
    let sqlite = SqliteStore::open(folder.path().join("bench.db"), options).expect("a store");
    vec![("memory", Arc::new(MemoryStore::new()), None), ("sqlite_normal", Arc::new(sqlite), Some(folder))]
}

fn give(engine: &Engine, commands: impl IntoIterator<Item = Value>) {
    let request = |written: Value| {
        let command: Command = serde_json::from_value(written).expect("a command");
        Request::new(firm(), Actor::system("bench"), command)
    };
    let requests: Vec<Request> = commands.into_iter().map(request).collect();
    for chunk in requests.chunks(5_000) {
        for answer in engine.execute_many(chunk) {
            answer.expect("a command that works");
        }
    }
}

/// A firm of so many accounts, with a pipeline that waits for an hour and then sends an email.
fn set_up(store: &Arc<dyn Store>, accounts: u64) -> Engine {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::deterministic(Arc::clone(store), clock, 7);
    let actions = json!([{ "wait": { "for": "1 hour" } }, { "request": { "kind": "email" } }]);
    let stages = json!([{ "key": "one", "on_entry": [{ "key": "act", "do": actions }] }, { "key": "two" }]);
    give(
        &engine,
        [
            json!({ "save_firm": { "name": "Ledger & Sons", "time_zone": "America/New_York" } }),
            json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P", "stages": stages } } }),
        ],
    );
    give(&engine, (0..accounts).map(|n| json!({ "save_account": { "id": id(n), "name": format!("Account {n}") } })));
    engine
}

/// Ticks until nothing is due; how long it took.
fn drain(engine: &Engine, now: DateTime<Utc>) -> (Duration, usize) {
    let (began, mut done) = (Instant::now(), 0);
    loop {
        let ticked = engine.tick(now, 1_000).expect("a store that works");
        assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
        done += ticked.outcomes.len();
        if ticked.next.is_none_or(|next| next > now) {
            return (began.elapsed(), done);
        }
    }
}

/// 10,000 timers due at once.
fn drains(criterion: &mut Criterion) {
    const MANY: u64 = 10_000;
    let mut group = criterion.benchmark_group("drain");
    group.throughput(Throughput::Elements(MANY)).sample_size(10).measurement_time(Duration::from_secs(2));
    for place in 0..2 {
        let name = if place == 0 { "memory" } else { "sqlite_normal" };
        group.bench_function(BenchmarkId::new("10,000 timers", name), |bencher| {
            bencher.iter_custom(|times| {
                let mut sum = Duration::ZERO;
                for _ in 0..times {
                    let (_, store, _folder) = stores().swap_remove(place);
                    let engine = set_up(&store, 1);
                    give(&engine, (0..MANY).map(|_| json!({ "create_job": { "account": id(0), "pipeline": "p" } })));
                    let (took, done) = drain(&engine, begin() + TimeDelta::hours(1));
                    assert_eq!(done as u64, MANY);
                    sum += took;
                }
                sum
            });
        });
    }
    group.finish();
}

/// One tick with nothing due, beside many timers that are not.
fn idle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick with none due");
    group.sample_size(20);
    for pending in [1_000_u64, 1_000_000] {
        for (name, store, _folder) in stores() {
            let engine = Engine::new(Arc::clone(&store));
            for first in (0..pending).step_by(10_000) {
                let mut batch = Batch::new(firm());
                for n in first..pending.min(first + 10_000) {
                    let due = Some(begin() + TimeDelta::minutes(i64::try_from(n).unwrap_or(i64::MAX) + 60));
                    batch.timers.push(SetTimer { of: TimerOf::Job(JobId(id(n))), due, generation: 1 });
                }
                assert!(store.commit(&[batch]).expect("a store that works").iter().all(Result::is_ok));
            }
            group.bench_function(BenchmarkId::new(name, pending), |bencher| {
                bencher.iter(|| {
                    let ticked = engine.tick(begin(), 1_000).expect("a store that works");
                    assert!(ticked.outcomes.is_empty() && ticked.next.is_some());
                });
            });
        }
    }
    group.finish();
}

/// 10,000 series advanced one period, each making a job.
fn series(criterion: &mut Criterion) {
    const MANY: usize = 10_000;
    let mut group = criterion.benchmark_group("series");
    group.throughput(Throughput::Elements(MANY as u64)).sample_size(10).measurement_time(Duration::from_secs(2));
    for place in 0..2 {
        let name = if place == 0 { "memory" } else { "sqlite_normal" };
        group.bench_function(BenchmarkId::new("10,000 advanced one period", name), |bencher| {
            bencher.iter_custom(|times| {
                let mut sum = Duration::ZERO;
                for _ in 0..times {
                    let (_, store, _folder) = stores().swap_remove(place);
                    let engine = Engine::deterministic(store, Arc::new(ManualClock::at(begin())), 7);
                    let mut recurring = Recurring::new(engine, MANY).expect("set up");
                    let began = Instant::now();
                    assert_eq!(recurring.advance().expect("a store that works"), MANY);
                    let took = began.elapsed();
                    sum += took;
                }
                sum
            });
        });
    }
    group.finish();
}

criterion_group!(benches, drains, idle, series);
criterion_main!(benches);
