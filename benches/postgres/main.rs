//! The engine beside a hand-written PostgreSQL program: `make bench-postgres`.
//!
//! The engine runs the reference workload. The program writes the same rows, with the same indexes,
//! in the same transactions, through the same driver, each transaction as one pipeline of statements
//! for many rows, with every value and every statement computed beforehand; it reads nothing. Both are
//! timed in turn on one server that syncs every commit; what counts is the ratio. In the end the same from
//! a distance, since hosts that are many are not on the server's machine.

#[path = "distance.rs"]
mod distance;
#[path = "program.rs"]
mod program;

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use uuid::Uuid;
use workflow_core::engine::Engine;
use workflow_core::error::StoreError;
use workflow_core::id::FirmId;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, DocId, Store, Transact};
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_suites::around::{Around, Hand};
use workflow_suites::season::{Runner, Season, drive, drive_many};
use workflow_test_support::postgres::{Options, Server, computed_by};

use distance::Distance;
use program::Program;

/// The allocator is the host's choice; this is the one we recommend to busy hosts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many commands a call of `execute_many` is given.
const TOGETHER: usize = 2_000;

/// How long the way is to a server on another machine, in one data centre.
const ONE_WAY: Duration = Duration::from_micros(100);

/// How often all are timed in turn; the median counts.
const TURNS: usize = 5;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// A store that notes what is committed.
struct Recorder {
    store: MemoryStore,
    groups: Mutex<Vec<Vec<Batch>>>,
}

impl Hand for Recorder {
    fn store(&self) -> &dyn Transact {
        &self.store
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let answers = self.store.commit(batches)?;
        let kept: Vec<Batch> =
            batches.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(batch, _)| batch.clone()).collect();
        if !kept.is_empty() {
            self.groups.lock().expect("not poisoned").push(kept);
        }
        Ok(answers)
    }
}

/// The workload as groups of batches, each one transaction: what comes before, and the steps.
struct Noted {
    before: Vec<Vec<Batch>>,
    steps: Vec<Vec<Batch>>,
}

/// Drives jobs to the end.
fn driven(season: &Season, runners: &mut [Runner], many: bool) -> Outcome<usize> {
    Ok(if many { drive_many(season, runners, TOGETHER)? } else { drive(season, runners)? })
}

fn note(clients: usize, many: bool) -> Outcome<Noted> {
    let recorder = Arc::new(Around(Recorder { store: MemoryStore::new(), groups: Mutex::default() }));
    let season = Season::new(Engine::new(Arc::clone(&recorder) as _), clients)?;
    let mut runners = season.start()?;
    let take = || std::mem::take(&mut *recorder.0.groups.lock().expect("not poisoned"));
    let (warm, timed) = runners.split_at_mut(clients / 2);
    driven(&season, warm, many)?;
    let before = take();
    driven(&season, timed, many)?;
    Ok(Noted { before, steps: take() })
}

fn firm(number: usize) -> FirmId {
    FirmId(Uuid::from_u128(0x0190_0000_0000_7000_8000_00f1_0000_0000 | number as u128))
}

/// A server, and the way to it.
#[derive(Clone, Copy)]
struct Place<'a> {
    server: &'a Server,
    distance: Option<&'a Distance>,
}

fn open(place: Place<'_>, connections: usize) -> Outcome<(Arc<PostgresStore>, String)> {
    let url = place.server.fresh();
    let url = place.distance.map_or(Ok(url.clone()), |distance| distance.address_of(&url))?;
    let options = PostgresOptions { pool: connections, ..PostgresOptions::default() };
    Ok((Arc::new(PostgresStore::open(&url, options)?), url))
}

/// How the work is spread: so many connections, each on a firm of its own.
#[derive(Clone, Copy)]
struct Spread {
    connections: usize,
    clients: usize,
    many: bool,
}

/// What some steps have cost.
#[derive(Clone, Copy)]
struct Cost {
    steps: usize,
    time: Duration,
    /// How long this process computed, and the server.
    client: Duration,
    server: Duration,
    round_trips: u64,
}

impl Cost {
    fn rate(self) -> f64 {
        self.steps as f64 / self.time.as_secs_f64()
    }

    /// Microseconds of computing a step, here and on the server.
    fn computing(self) -> (f64, f64) {
        let a_step = |time: Duration| time.as_secs_f64() * 1e6 / self.steps as f64;
        (a_step(self.client), a_step(self.server))
    }
}

/// Runs something for each connection at once. Answers what all cost together.
fn at_once<T: Send>(server: &Server, work: Vec<T>, run: impl Fn(T) -> Outcome<usize> + Sync) -> Outcome<Cost> {
    let before = (computed_by("self", 2), server.computed());
    let began = Instant::now();
    let steps: Outcome<Vec<usize>> = std::thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = work.into_iter().map(|one| scope.spawn(move || run(one))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked")?).collect()
    });
    let time = began.elapsed();
    let (client, server) = (computed_by("self", 2) - before.0, server.computed() - before.1);
    Ok(Cost { steps: steps?.into_iter().sum(), time, client, server, round_trips: 0 })
}

/// What the steps cost the engine.
fn engine_cost(place: Place<'_>, spread: Spread) -> Outcome<Cost> {
    // Of many at once some are committed while the next are read: that takes two.
    let (store, _) = open(place, spread.connections + usize::from(spread.many))?;
    let mut seasons = Vec::new();
    for number in 0..spread.connections {
        let engine = Engine::new(Arc::clone(&store) as Arc<dyn Store>);
        let season = Season::of(engine, firm(number), spread.clients)?;
        let runners = season.start()?;
        seasons.push((season, runners));
    }
    // Half of the jobs go first: hosts stay connected, and what they begin with is not what a step costs.
    let half = spread.clients / 2;
    let warm: Vec<_> = seasons.iter_mut().map(|(season, runners)| (&*season, &mut runners[..half])).collect();
    at_once(place.server, warm, |(season, runners)| driven(season, runners, spread.many))?;
    let before = store.statistics().round_trips;
    let cost =
        at_once(place.server, seasons, |(season, mut runners)| driven(&season, &mut runners[half..], spread.many))?;
    Ok(Cost { round_trips: store.statistics().round_trips - before, ..cost })
}

/// What they cost the program, of which each connection carries out as many as the engine's does.
fn program_cost(place: Place<'_>, noted: &Noted, spread: Spread, steps: usize) -> Outcome<Cost> {
    let (store, url) = open(place, 1)?;
    drop(store);
    let mut programs = Vec::new();
    for number in 0..spread.connections {
        let mut program = Program::connect(&url, firm(number).0)?;
        let (before, steps) = (program.prepare(&noted.before)?, program.prepare(&noted.steps)?);
        program.run(&before)?;
        programs.push((program, steps));
    }
    let cost = at_once(place.server, programs, |(mut program, steps)| program.run(&steps).map(|()| 0))?;
    Ok(Cost { steps, ..cost })
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A way to spread the work, and what it cost each time it was done so.
struct Way {
    name: String,
    spread: Spread,
    noted: Noted,
    engine: Vec<Cost>,
    program: Vec<Cost>,
}

impl Way {
    fn new(name: &str, spread: Spread) -> Outcome<Self> {
        let noted = note(spread.clients, spread.many)?;
        Ok(Self { name: name.to_owned(), spread, noted, engine: Vec::new(), program: Vec::new() })
    }

    /// Has engine and program do it.
    fn turn(&mut self, place: Place<'_>) -> Outcome {
        let engine = engine_cost(place, self.spread)?;
        self.program.push(program_cost(place, &self.noted, self.spread, engine.steps)?);
        self.engine.push(engine);
        Ok(())
    }

    /// Tells the medians.
    fn tell(&self) {
        let of = |costs: &[Cost], what: &dyn Fn(Cost) -> f64| median(costs.iter().map(|cost| what(*cost)).collect());
        let both = || self.engine.iter().zip(&self.program);
        let ratio = median(both().map(|(engine, program)| program.rate() / engine.rate()).collect());
        let (rate, bare) = (of(&self.engine, &Cost::rate), of(&self.program, &Cost::rate));
        let trips = of(&self.engine, &|cost| cost.round_trips as f64 / cost.steps as f64);
        let name = &self.name;
        println!("{name:<28} engine {rate:>6.0} steps/s   program {bare:>6.0} steps/s   ratio of times {ratio:.2}");
        let computing = |costs: &[Cost]| (of(costs, &|cost| cost.computing().0), of(costs, &|cost| cost.computing().1));
        let ((own, server), (bare_own, bare_server)) = (computing(&self.engine), computing(&self.program));
        println!(
            "{:28} computing a step: engine {own:.0} us and server {server:.0} us; program {bare_own:.0} us and server \
             {bare_server:.0} us; ratio {:.2}; {trips:.2} round trips a step",
            "",
            (own + server) / (bare_own + bare_server)
        );
    }
}

/// What jobs driven to the end take on the disk, with all that belongs to them.
fn tell_size(place: Place<'_>, jobs: usize) -> Outcome {
    let (store, url) = open(place, 1)?;
    let season = Season::of(Engine::new(store as Arc<dyn Store>), firm(0), jobs)?;
    let steps = drive_many(&season, &mut season.start()?, TOGETHER)?;
    let schema = url.split_once("?schema=").ok_or("an address without a schema")?.1;
    let size = |tables: &str| -> Outcome<u64> {
        let sql = format!(
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = '{schema}' AND c.relkind = 'r' AND {tables}"
        );
        Ok(place.server.sql(&sql).parse()?)
    };
    drop(place.server.sql(&format!("VACUUM FULL {schema}.log")));
    let (log, all) = (size("c.relname = 'log'")?, size("true")?);
    let per_job = |bytes: u64| bytes as f64 / jobs as f64 / 1024.0;
    println!(
        "\n{jobs} jobs driven to the end in {steps} steps: {:.1} KB a job on the disk, {:.1} KB of it in the log",
        per_job(all),
        per_job(log)
    );
    Ok(())
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// One by one at so many connections, and many at once, in turn, so that an hour that is slow is so for
/// all; tells what is gained.
fn gain(place: Place<'_>, clients: usize, connections: &[usize]) -> Outcome {
    let one_by_one = |connections: &usize| {
        let spread = Spread { connections: *connections, clients: clients.max(16), many: false };
        Way::new(&format!("one by one, {connections} connections"), spread)
    };
    let mut ways = connections.iter().map(one_by_one).collect::<Outcome<Vec<_>>>()?;
    ways.push(Way::new("execute_many, 1 caller", Spread { connections: 1, clients: clients * 10, many: true })?);
    for _ in 0..TURNS {
        ways.iter_mut().try_for_each(|way| way.turn(place))?;
    }
    ways.iter().for_each(Way::tell);
    let (Some(one), Some(many)) = (ways.first(), ways.last()) else { return Ok(()) };
    let gained = |costs: fn(&Way) -> &Vec<Cost>| -> Vec<f64> {
        costs(many).iter().zip(costs(one)).map(|(many, one)| many.rate() / one.rate()).collect()
    };
    let (engine, program) = (gained(|way| &way.engine), gained(|way| &way.program));
    let each: Vec<String> = engine.iter().map(|times| format!("{times:.1}")).collect();
    println!(
        "\nexecute_many over one by one: {:.1} times ({}); the program's own gain: {:.1} times; load average {}",
        median(engine),
        each.join(", "),
        median(program),
        load()
    );
    Ok(())
}

/// How long the server takes to answer next to nothing.
fn there_and_back(place: Place<'_>) -> Outcome<Duration> {
    let (store, _) = open(place, 1)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        store.get(firm(0), &[DocId::Firm])?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}

fn main() -> Outcome {
    let clients: usize = std::env::var("CLIENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let server = Server::start(&Options { sync: true, ..Options::default() });
    let here = Place { server: &server, distance: None };
    println!("The reference workload on PostgreSQL (fsync and synchronous_commit on), load average {}\n", load());
    gain(here, clients, &[1, 4, 16])?;

    let distance = Distance::to(&server.fresh(), ONE_WAY)?;
    let there = Place { server: &server, distance: Some(&distance) };
    let (near, far) = (there_and_back(here)?, there_and_back(there)?);
    println!(
        "\nThe same from a distance: a read takes {far:.0?} there and back, and {near:.0?} on the server's machine\n"
    );
    gain(there, clients, &[1])?;
    tell_size(here, clients * 3)
}
