//! Four workers drain notifications and timers, and four workers of graphile_worker as many jobs, on
//! one PostgreSQL server that syncs every commit: `make bench-peers`.
//!
//! Plain: each worker takes one item, does it and settles it. Batched: they take and settle many at
//! once. What a worker does with an item is nothing, on both sides; but firing one of the engine's
//! timers is a whole command on a job, with its record, its entry in the log, and the notification
//! that it queues.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use graphile_worker::{IntoTaskHandlerResult, LocalQueueConfig, TaskHandler, WorkerContext, WorkerOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_test_support::postgres::{Options, Server};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WORKERS: usize = 4;
const FIRMS: usize = 4;
const TURNS: usize = 3;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn firm(number: usize) -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf100 + number as u128))
}

fn begin() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// Firms whose jobs do this when they are created, and the clock that they go by.
fn firms(server: &Server, items: usize, on_entry: &Value) -> Outcome<(Engine, Arc<ManualClock>)> {
    let options = PostgresOptions { pool: WORKERS, ..PostgresOptions::default() };
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::with_clock(Arc::new(PostgresStore::open(&server.fresh(), options)?), Arc::clone(&clock) as _);
    for number in 0..FIRMS {
        let request = |written: Value| -> Outcome<Request> {
            let command: Command = serde_json::from_value(written)?;
            Ok(Request::new(firm(number), Actor::system("bench"), command))
        };
        let account = uuid::Uuid::from_u128(0xac);
        engine.execute(&request(json!({ "save_firm": { "name": "Ledger & Sons" } }))?)?;
        engine.execute(&request(json!({ "save_account": { "id": account, "name": "Jane Doe" } }))?)?;
        let stages = json!([{ "key": "one", "on_entry": [{ "key": "act", "do": on_entry }] }, { "key": "two" }]);
        let definition = json!({ "key": "p", "name": "P", "stages": stages });
        engine.execute(&request(json!({ "publish_pipeline": { "definition": definition } }))?)?;
        let create = json!({ "create_job": { "account": account, "pipeline": "p" } });
        let requests = (0..items / FIRMS).map(|_| request(create.clone())).collect::<Outcome<Vec<_>>>()?;
        for answer in engine.execute_many(&requests) {
            answer?;
        }
    }
    Ok((engine, clock))
}

/// Lets the workers take items until all are done. Answers items a second.
fn drain(items: usize, take: impl Fn() -> Outcome<usize> + Sync) -> Outcome<f64> {
    let done = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let work = || -> Outcome {
            while done.load(Ordering::Relaxed) < items {
                done.fetch_add(take()?, Ordering::Relaxed);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })?;
    Ok(items as f64 / began.elapsed().as_secs_f64())
}

fn outbox(server: &Server, items: usize, at_once: usize) -> Outcome<f64> {
    let (engine, _) = firms(server, items, &json!([{ "signal": { "name": "hello" } }]))?;
    drain(items, || {
        let page = engine.claim_notifications(None, TimeDelta::seconds(60), at_once)?;
        let mut receipts: Vec<_> = page.into_iter().map(|delivery| delivery.receipt).collect();
        if let ([receipt], 1) = (receipts.as_slice(), at_once) {
            return Ok(usize::from(engine.acknowledge(receipt)?));
        }
        receipts.sort_by_key(|receipt| receipt.firm);
        let mut done = 0;
        for of_firm in receipts.chunk_by(|a, b| a.firm == b.firm) {
            done += engine.acknowledge_many(of_firm)?.into_iter().filter(|kept| *kept).count();
        }
        Ok(done)
    })
}

fn timers(server: &Server, items: usize, at_once: usize) -> Outcome<f64> {
    let (engine, clock) =
        firms(server, items, &json!([{ "wait": { "for": "1 hour" } }, { "signal": { "name": "late" } }]))?;
    clock.set(begin() + TimeDelta::hours(2));
    drain(items, || Ok(engine.tick(engine.now(), at_once)?.outcomes.len()))
}

#[derive(Deserialize, Serialize, Clone)]
struct Item {
    number: usize,
}

static DONE: AtomicUsize = AtomicUsize::new(0);

impl TaskHandler for Item {
    const IDENTIFIER: &'static str = "item";

    async fn run(self, _context: WorkerContext) -> impl IntoTaskHandlerResult {
        DONE.fetch_add(1, Ordering::Relaxed);
    }
}

/// The peer's jobs a second: due at once, as notifications are, or at a time that has come.
async fn peer(url: &str, schema: &str, items: usize, batched: bool, timed: bool) -> Outcome<f64> {
    let mut options = WorkerOptions::default()
        .concurrency(WORKERS)
        .schema(schema)
        .max_pg_conn(WORKERS as u32)
        .database_url(url)
        .listen_os_shutdown_signals(false)
        .define_job::<Item>();
    if batched {
        options = options
            .local_queue(LocalQueueConfig::builder().size(100).build())
            .complete_job_batch_delay(Duration::from_millis(1));
    }
    let worker = Arc::new(options.init().await?);
    let utils = worker.create_utils();
    let run_at = Utc::now() - TimeDelta::minutes(1);
    let spec =
        || if timed { graphile_worker::JobSpecBuilder::new().run_at(run_at).build() } else { Default::default() };
    let jobs: Vec<_> = (0..items).map(|number| (Item { number }, spec())).collect();
    let jobs: Vec<_> = jobs.iter().map(|(item, spec)| (item.clone(), spec)).collect();
    for some in jobs.chunks(1_000) {
        utils.add_jobs::<Item>(some).await?;
    }
    DONE.store(0, Ordering::Relaxed);
    let began = Instant::now();
    if batched {
        let running = tokio::spawn({
            let worker = Arc::clone(&worker);
            async move { worker.run().await }
        });
        while DONE.load(Ordering::Relaxed) < items {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let took = began.elapsed();
        worker.request_shutdown();
        drop(running.await?);
        return Ok(items as f64 / took.as_secs_f64());
    }
    worker.run_once().await?;
    if DONE.load(Ordering::Relaxed) != items {
        return Err("the peer has not done all".into());
    }
    Ok(items as f64 / began.elapsed().as_secs_f64())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() -> Outcome {
    let items: usize = std::env::var("ITEMS").ok().and_then(|text| text.parse().ok()).unwrap_or(4_000);
    let server = Server::start(&Options { sync: true, ..Options::default() });
    let url = server.address("wf", "postgres");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{items} items, {WORKERS} workers, fsync and synchronous_commit on; load average {load}");
    for (name, batched, timed) in [
        ("outbox, plain", false, false),
        ("outbox, batched", true, false),
        ("timers, plain", false, true),
        ("timers, batched", true, true),
    ] {
        let at_once = if batched { 100 } else { 1 };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for turn in 0..TURNS {
            ours.push(if timed { timers(&server, items, at_once)? } else { outbox(&server, items, at_once)? });
            let schema = format!("peer_{batched}_{timed}_{turn}");
            theirs.push(runtime.block_on(peer(&url, &schema, items, batched, timed))?);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "{name:<18} engine {ours:>8.0}/s   graphile_worker {theirs:>8.0}/s   engine over peer {:.2}",
            ours / theirs
        );
    }
    Ok(())
}
