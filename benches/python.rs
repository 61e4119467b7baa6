//! What a step costs in Rust, for `workflow-py/benches` to set beside what it costs in Python: the
//! same workload, the same profile as the wheel's. One line of JSON, in microseconds a step of the
//! processor's time, so that a busy machine tells the same.

use std::sync::Arc;
use std::time::Instant;

use workflow_core::engine::Engine;
use workflow_core::store::memory::MemoryStore;
use workflow_suites::season::{Season, drive, drive_many};

const ROUNDS: usize = 7;
/// Jobs side by side where each step is a call of its own.
const JOBS: usize = 1_000;
/// Jobs whose steps are one call each: what the call is given.
const MANY: usize = 10_000;

/// How long this process has had a processor; how long it has run, where the system does not tell.
fn had(began: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    nanoseconds.map_or_else(|| began.elapsed().as_secs_f64() * 1e6, |nanoseconds| nanoseconds as f64 / 1e3)
}

fn microseconds(jobs: usize, many: bool) -> f64 {
    let season = Season::new(Engine::new(Arc::new(MemoryStore::new())), jobs).expect("a season");
    let mut runners = season.start().expect("jobs");
    let began = Instant::now();
    let before = had(began);
    let steps = if many { drive_many(&season, &mut runners, jobs) } else { drive(&season, &mut runners) };
    (had(began) - before) / steps.expect("steps") as f64
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut found: Vec<f64> = (0..ROUNDS).map(|_| measure()).collect();
    found.sort_by(f64::total_cmp);
    found[ROUNDS / 2]
}

fn main() {
    let step = median(|| microseconds(JOBS, false));
    let many = median(|| microseconds(MANY, true));
    println!("{{\"step\": {step:.3}, \"many\": {many:.3}}}");
}
