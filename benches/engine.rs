//! Benches of the engine: `make bench`.

#![allow(missing_docs, reason = "criterion makes public functions without docs")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use workflow_core::Compiled;
use workflow_core::definition::{PipelineDefinition, Stage};
use workflow_core::engine::Engine;
use workflow_core::event::Actor;
use workflow_core::id::{PipelineKey, StageKey};
use workflow_core::query::{JobQuery, PageRequest, TaskQuery};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Durability, Store};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::season::{Season, drive, drive_many, individual_1040};

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn sqlite(folder: &tempfile::TempDir, durability: Durability) -> Arc<dyn Store> {
    let options = SqliteOptions { durability, ..SqliteOptions::default() };
    Arc::new(SqliteStore::open(folder.path().join("bench.db"), options).expect("a store"))
}

/// The time that so many steps take, jobs made in advance.
fn steps(store: Arc<dyn Store>, wanted: u64, many: bool) -> Duration {
    // A job takes seven steps.
    let clients = usize::try_from(wanted).unwrap_or(1).div_ceil(7).max(1);
    let season = Season::new(Engine::new(store), clients).expect("a season");
    let mut runners = season.start().expect("jobs");
    let began = Instant::now();
    let taken =
        if many { drive_many(&season, &mut runners, 256) } else { drive(&season, &mut runners) }.expect("steps");
    began.elapsed().mul_f64(wanted as f64 / taken as f64)
}

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group.throughput(Throughput::Elements(1)).sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("memory", |bencher| bencher.iter_custom(|count| steps(memory(), count, false)));
    for (name, durability, many) in [
        ("sqlite_normal", Durability::Process, false),
        ("sqlite_normal_many", Durability::Process, true),
        ("sqlite_full", Durability::PowerCut, false),
        ("sqlite_full_many", Durability::PowerCut, true),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let folder = tempfile::tempdir().expect("a folder");
                steps(sqlite(&folder, durability), count, many)
            });
        });
    }
    group.finish();
}

fn queries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("query");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    for jobs in [1_000usize, 10_000, 100_000] {
        let folder = tempfile::tempdir().expect("a folder");
        let season = Season::new(Engine::new(sqlite(&folder, Durability::Process)), jobs).expect("a season");
        let mut runners = season.start().expect("jobs");
        // Spread over the stages, as boards are.
        for (place, runner) in runners.iter_mut().enumerate().take(1_000) {
            for _ in 0..place % 7 {
                runner.step(&season).expect("a step");
            }
        }
        let pipeline: PipelineKey = "individual-1040".parse().expect("a key");
        let queries = season.engine.query(season.firm, Actor::system("bench")).expect("queries");
        group.bench_with_input(BenchmarkId::new("board", jobs), &jobs, |bencher, _| {
            bencher.iter(|| queries.board(&pipeline, 20).expect("a board"));
        });
        group.bench_with_input(BenchmarkId::new("jobs", jobs), &jobs, |bencher, _| {
            bencher.iter(|| queries.jobs(&JobQuery::default(), &PageRequest::first(50)).expect("jobs"));
        });
        group.bench_with_input(BenchmarkId::new("tasks", jobs), &jobs, |bencher, _| {
            bencher.iter(|| queries.tasks(&TaskQuery::default(), &PageRequest::first(50)).expect("tasks"));
        });
    }
    group.finish();
}

/// A pipeline of fifty stages, each with the automations of one of the nine.
fn fifty_stages() -> PipelineDefinition {
    let mut definition = individual_1040();
    let nine = definition.stages.clone();
    let stage = |place: usize, stage: &Stage| {
        let mut stage = stage.clone();
        stage.key = StageKey::new(format!("{} {place}", stage.key)).expect("a key");
        for automation in &mut stage.on_entry {
            automation.key = format!("{} {place}", automation.key).parse().expect("a key");
        }
        stage
    };
    definition.stages =
        nine.iter().take(8).cycle().take(49).enumerate().map(|(place, one)| stage(place, one)).collect();
    definition.stages.extend(nine.last().map(|last| stage(49, last)));
    definition
}

fn pipelines(criterion: &mut Criterion) {
    let definition = Arc::new(fifty_stages());
    let season = Season::new(Engine::new(memory()), 1).expect("a season");
    let mut group = criterion.benchmark_group("pipeline");
    group.bench_function("compile_50_stages", |bencher| {
        bencher.iter(|| Compiled::new(Arc::clone(&definition), 1).expect("a pipeline"));
    });
    group.bench_function("lint_50_stages", |bencher| {
        bencher.iter(|| season.engine.lint(season.firm, &definition).expect("problems"));
    });
    let mut number = 0u32;
    group.bench_function("publish_50_stages", |bencher| {
        bencher.iter(|| {
            number += 1;
            let mut version = PipelineDefinition::clone(&definition);
            version.description = Some(number.to_string());
            let command =
                workflow_core::command::Command::PublishPipeline { definition: Box::new(version), mapping: [].into() };
            season.run(command).expect("published")
        });
    });
    group.finish();
}

criterion_group!(benches, step, queries, pipelines);
criterion_main!(benches);
