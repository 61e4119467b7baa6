//! The engine beside a hand-written SQLite program: `make yardstick`.
//!
//! The engine runs the reference workload on a store that notes every batch. The program then
//! writes the same rows, with the same indexes, in the same transactions, through the same driver,
//! with every value computed beforehand. Both are timed in turn; what counts is the ratio.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use workflow_core::command::{Command, ItemRef};
use workflow_core::engine::Engine;
use workflow_core::error::StoreError;
use workflow_core::event::Actor;
use workflow_core::id::{FirmId, PipelineKey};
use workflow_core::model::ItemProgress;
use workflow_core::query::{JobQuery, PageRequest};
use workflow_core::store::{
    Batch, Cell, Committed, Conflict, Document, Durability, Put, QueuedBody, Store, Transact, encode_entry,
    encode_queued, memory::MemoryStore,
};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::around::{Around, Hand};
use workflow_suites::season::{Runner, Season, drive, drive_many};

/// The allocator is the host's choice; this is the one we recommend to busy hosts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many commands a call of `execute_many` is given.
const TOGETHER: usize = 2_000;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A store that notes what is committed.
struct Recorder {
    store: SqliteStore,
    groups: Mutex<Vec<Vec<Batch>>>,
}

impl Hand for Recorder {
    fn store(&self) -> &dyn Transact {
        &self.store
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let answers = self.store.commit(batches)?;
        let kept = batches.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(batch, _)| batch.clone());
        let kept: Vec<Batch> = kept.collect();
        if !kept.is_empty() {
            self.groups.lock().map_err(|_| "poisoned").expect("a lock").push(kept);
        }
        Ok(answers)
    }
}

/// A statement with its values.
type Row = (String, Vec<Value>);

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => Value::Integer(*number),
        Cell::Text(text) => Value::Text(text.to_string()),
        Cell::Uuid(uuid) => Value::Blob(uuid.as_bytes().to_vec()),
    }
}

fn blob(uuid: uuid::Uuid) -> Value {
    Value::Blob(uuid.as_bytes().to_vec())
}

fn text(bytes: Vec<u8>) -> Outcome<Value> {
    Ok(Value::Text(String::from_utf8(bytes)?))
}

fn marks(count: usize) -> String {
    (1..=count).map(|mark| format!("?{mark}")).collect::<Vec<_>>().join(", ")
}

/// The rows that a document's write comes to.
fn put_rows(firm: FirmId, put: &Put, rows: &mut Vec<Row>) -> Outcome {
    let id = put.document.id();
    let table = id.kind().table();
    let name = format!("wf_{}", table.name);
    let (cells, body) = (put.document.columns(), text(put.document.encode()?)?);
    let before = put.previous.as_ref().map(Document::columns);
    let quoted = |name: &str| if name == "key" { "\"key\"".to_owned() } else { name.to_owned() };
    match &before {
        None => {
            let names: String = table.columns.iter().map(|column| format!(", {}", quoted(column.name))).collect();
            let mut values = vec![blob(firm.0), value(&id.cell()), Value::Integer(1), body];
            values.extend(cells.iter().map(value));
            let sql = format!("INSERT INTO {name} (firm, id, revision, body{names}) VALUES ({})", marks(values.len()));
            rows.push((sql, values));
        }
        Some(before) => {
            let changed = (0..cells.len()).filter(|place| cells[*place] != before[*place]);
            let (mut set, mut values) = (String::new(), vec![blob(firm.0), value(&id.cell()), body]);
            for place in changed {
                values.push(value(&cells[place]));
                set += &format!(", {} = ?{}", quoted(table.columns[place].name), values.len());
            }
            let sql = format!("UPDATE {name} SET revision = revision + 1, body = ?3{set} WHERE firm = ?1 AND id = ?2");
            rows.push((sql, values));
        }
    }
    for index in id.kind().indexes().iter().filter(|index| index.spec().several) {
        let spec = index.spec();
        let now = put.document.index_entries(*index);
        let was = put.previous.as_ref().map(|document| document.index_entries(*index)).unwrap_or_default();
        let columns: Vec<&str> = spec.partition.iter().chain([&spec.sort]).map(|column| column.name).collect();
        let values = |entry: &workflow_core::store::IndexEntry| {
            let mut values = vec![blob(firm.0), value(&id.cell())];
            values.extend(entry.partition.iter().chain([&entry.sort]).map(value));
            values
        };
        for entry in was.iter().filter(|entry| !now.contains(entry)) {
            let equal: String =
                columns.iter().enumerate().map(|(place, column)| format!(" AND {column} = ?{}", place + 3)).collect();
            rows.push((format!("DELETE FROM wf_{} WHERE firm = ?1 AND id = ?2{equal}", spec.name), values(entry)));
        }
        for entry in now.iter().filter(|entry| !was.contains(entry)) {
            let names: String = columns.iter().map(|column| format!(", {column}")).collect();
            let values = values(entry);
            let sql = format!("INSERT INTO wf_{} (firm, id{names}) VALUES ({})", spec.name, marks(values.len()));
            rows.push((sql, values));
        }
    }
    Ok(())
}

/// The rows that a batch comes to.
fn rows_of(batch: &Batch) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let firm = batch.firm;
    for put in &batch.puts {
        put_rows(firm, put, &mut rows)?;
    }
    for delta in &batch.tallies {
        let by = delta.by;
        let sql = "INSERT INTO wf_stage_tallies VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET \
                   jobs = jobs + ?4, attention = attention + ?5, open_blockers = open_blockers + ?6, \
                   done_blockers = done_blockers + ?7";
        let mut values =
            vec![blob(firm.0), Value::Text(delta.pipeline.to_string()), Value::Text(delta.stage.to_string())];
        values.extend([by.jobs, by.attention, by.open_blockers, by.done_blockers].map(Value::Integer));
        rows.push((sql.to_owned(), values));
    }
    for entry in &batch.entries {
        let id = |id: Option<uuid::Uuid>| id.map_or(Value::Null, blob);
        let member = match &entry.actor {
            Actor::Member(member) => Some(member.0),
            _ => None,
        };
        let sql = "INSERT INTO wf_log (firm, id, \"key\", job, account, member, at, command, body) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let values = vec![
            blob(firm.0),
            blob(entry.id.0),
            entry.key.as_ref().map_or(Value::Null, |key| Value::Text(key.to_string())),
            id(entry.job.map(|job| job.0)),
            id(entry.account.map(|account| account.0)),
            id(member),
            Value::Integer(entry.at.timestamp_micros()),
            Value::Text(entry.command.to_string()),
            text(encode_entry(entry)?)?,
        ];
        rows.push((sql.to_owned(), values));
    }
    for row in &batch.enqueue {
        let table = match row.body {
            QueuedBody::Notification(_) => "wf_outbox",
            QueuedBody::FollowUp(_) => "wf_follow_ups",
            QueuedBody::Timer(_) => "wf_timers",
        };
        let sql = format!(
            "INSERT INTO {table} (firm, id, lane, state, head, due, attempts, generation, body) \
             VALUES (?1, ?2, ?3, 0, 0, ?4, 0, 0, ?5)"
        );
        let values = vec![
            blob(firm.0),
            blob(row.id),
            row.lane.map_or(Value::Null, blob),
            Value::Integer(row.due.timestamp_micros()),
            text(encode_queued(&row.body)?)?,
        ];
        rows.push((sql, values));
    }
    for timer in &batch.timers {
        let id = blob(timer.of.row());
        let Some(due) = timer.due else {
            rows.push(("DELETE FROM wf_timers WHERE firm = ?1 AND id = ?2".to_owned(), vec![blob(firm.0), id]));
            continue;
        };
        let sql = "INSERT OR REPLACE INTO wf_timers (firm, id, state, head, due, attempts, generation, body) \
                   VALUES (?1, ?2, 0, 1, ?3, 0, ?4, ?5)";
        let generation = i64::try_from(timer.generation).unwrap_or(i64::MAX);
        let body = text(encode_queued(&QueuedBody::Timer(timer.of))?)?;
        let values = vec![blob(firm.0), id, Value::Integer(due.timestamp_micros()), Value::Integer(generation), body];
        rows.push((sql.to_owned(), values));
    }
    Ok(rows)
}

fn open(path: &Path, durability: Durability) -> Outcome<SqliteStore> {
    Ok(SqliteStore::open(path, SqliteOptions { durability, ..SqliteOptions::default() })?)
}

/// How many seasons are timed, one after the other in one file: enough for the log to be folded into it several
/// times, whichever way they are driven.
const SEASONS: usize = 4;

/// The batches of a season by the engine, as they were committed together.
struct Noted {
    setup: Vec<Vec<Batch>>,
    steps: Vec<Vec<Batch>>,
}

/// Drives the season's jobs to the end.
fn drive_all(season: &Season, runners: &mut [Runner], many: bool) -> Outcome<usize> {
    Ok(if many { drive_many(season, runners, TOGETHER)? } else { drive(season, runners)? })
}

fn note(clients: usize, many: bool) -> Outcome<Vec<Noted>> {
    let folder = tempfile::tempdir()?;
    let store = open(&folder.path().join("engine.db"), Durability::Process)?;
    let recorder = Arc::new(Around(Recorder { store, groups: Mutex::default() }));
    let season = Season::new(Engine::new(Arc::clone(&recorder) as _), clients)?;
    let take = || std::mem::take(&mut *recorder.0.groups.lock().map_err(|_| "poisoned").expect("a lock"));
    let one = |_| {
        let mut runners = season.start()?;
        let setup = take();
        drive_all(&season, &mut runners, many)?;
        Ok(Noted { setup, steps: take() })
    };
    (0..SEASONS).map(one).collect()
}

fn engine_time(clients: usize, durability: Durability, many: bool) -> Outcome<(Duration, usize)> {
    let folder = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(open(&folder.path().join("engine.db"), durability)?);
    let season = Season::new(Engine::new(store), clients)?;
    let (mut took, mut steps) = (Duration::ZERO, 0);
    for _ in 0..SEASONS {
        let mut runners = season.start()?;
        let began = Instant::now();
        steps += drive_all(&season, &mut runners, many)?;
        took += began.elapsed();
    }
    Ok((took, steps))
}

fn program_time(noted: &[Noted], durability: Durability) -> Outcome<Duration> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("program.db");
    drop(open(&path, durability)?);
    let connection = Connection::open(&path)?;
    connection.set_prepared_statement_cache_capacity(256);
    let synchronous = if durability == Durability::PowerCut { "FULL" } else { "NORMAL" };
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -16000; \
         PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000;"
    ))?;
    let rows = |groups: &[Vec<Batch>]| -> Outcome<Vec<Vec<Row>>> {
        let group = |batches: &Vec<Batch>| -> Outcome<Vec<Row>> {
            let mut all = Vec::new();
            for batch in batches {
                all.extend(rows_of(batch)?);
            }
            Ok(all)
        };
        groups.iter().map(group).collect()
    };
    let run = |groups: &[Vec<Row>]| -> Outcome {
        for group in groups {
            connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for (sql, values) in group {
                connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
            }
            connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    };
    let mut took = Duration::ZERO;
    for season in noted {
        let (setup, steps) = (rows(&season.setup)?, rows(&season.steps)?);
        run(&setup)?;
        let began = Instant::now();
        run(&steps)?;
        took += began.elapsed();
    }
    Ok(took)
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn per_second(steps: usize, time: Duration) -> f64 {
    steps as f64 / time.as_secs_f64()
}

/// The work in one way of doing it, to be timed.
struct Way {
    name: &'static str,
    clients: usize,
    durability: Durability,
    many: bool,
    noted: Vec<Noted>,
}

/// Steps per second in one turn.
struct Turn {
    engine: f64,
    program: f64,
}

impl Way {
    fn new(name: &'static str, clients: usize, durability: Durability, many: bool) -> Outcome<Self> {
        Ok(Self { name, clients, durability, many, noted: note(clients, many)? })
    }

    /// Engine and program, one after the other.
    fn turn(&self) -> Outcome<Turn> {
        let (engine, steps) = engine_time(self.clients, self.durability, self.many)?;
        let program = program_time(&self.noted, self.durability)?;
        Ok(Turn { engine: per_second(steps, engine), program: per_second(steps, program) })
    }

    /// Tells the medians.
    fn tell(&self, turns: &[Turn]) {
        let of = |value: fn(&Turn) -> f64| median(turns.iter().map(value).collect());
        let (engine, program) = (of(|turn| turn.engine), of(|turn| turn.program));
        let (name, ratio) = (self.name, of(|turn| turn.program / turn.engine));
        println!("{name:<34} engine {engine:>9.0} steps/s   program {program:>9.0} steps/s   ratio {ratio:.2}");
    }
}

/// How often engine and program are timed in turn.
const ROUNDS: usize = 5;

fn compare(name: &'static str, clients: usize, durability: Durability, many: bool) -> Outcome {
    let way = Way::new(name, clients, durability, many)?;
    let turns: Vec<Turn> = (0..ROUNDS).map(|_| way.turn()).collect::<Outcome<_>>()?;
    way.tell(&turns);
    Ok(())
}

/// How long the disk takes to keep a page for good, in seconds: the median of many times.
fn sync_time() -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let mut file = std::fs::File::create(folder.path().join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64());
    }
    Ok(median(times))
}

/// What sharing syncs gains, and from which disk on it would gain so much. Both ways in turn, so that
/// both meet the disk as it is then.
fn gain(clients: usize) -> Outcome {
    const WANTED: f64 = 8.0;
    let one = Way::new("SQLite FULL, one by one", clients, Durability::PowerCut, false)?;
    let many = Way::new("SQLite FULL, execute_many", clients, Durability::PowerCut, true)?;
    let (mut ones, mut manies, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ones.push(one.turn()?);
        manies.push(many.turn()?);
        syncs.push(sync_time()?);
    }
    one.tell(&ones);
    many.tell(&manies);
    let gains = |value: fn(&Turn) -> f64| {
        median(ones.iter().zip(&manies).map(|(one, many)| value(many) / value(one)).collect())
    };
    let (engine, program, sync) = (gains(|turn| turn.engine), gains(|turn| turn.program), median(syncs));
    println!(
        "\nexecute_many over one by one under FULL: {engine:.1} times; the program's own gain: {program:.1} times"
    );
    // One by one, a step takes its work and a sync; among many, next to nothing of one.
    let rate = |turns: &[Turn]| median(turns.iter().map(|turn| turn.engine).collect());
    let enough = WANTED / rate(&manies) - (1.0 / rate(&ones) - sync);
    let (sync, enough) = (sync * 1e3, enough.max(0.0) * 1e3);
    println!("on a disk that takes {sync:.2} ms to synchronise; {WANTED:.0} times from {enough:.2} ms on\n");
    Ok(())
}

/// The most memory that this process has held, in megabytes.
fn held() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// How often the cost of a step at one size is taken.
const TURNS: usize = 8;

/// The cost of a step among so many jobs, in each of some turns, and of a page of the board.
fn scale(jobs: usize, store: Arc<dyn Store>) -> Outcome<(Vec<f64>, Duration)> {
    const DRIVEN: usize = 500;
    let season = Season::new(Engine::new(store), jobs)?;
    let runners = season.start()?;
    // Jobs from all over, not the newest ones that lie together; others in each turn.
    let turns = (jobs / DRIVEN).min(TURNS);
    let every = jobs / DRIVEN;
    let mut costs = Vec::new();
    for turn in 0..turns {
        // Their commands lie at hand, as those of a host do that has just been asked for them: what it costs to find
        // them in the list of all is not the engine's.
        let some = runners.iter().skip(turn * every / turns).step_by(every).take(DRIVEN);
        let mut some: Vec<Runner> = some.map(|runner| Runner { job: runner.job, next: runner.next.clone() }).collect();
        let began = Instant::now();
        let mut steps = 0u32;
        for _ in 0..7 {
            for runner in &mut some {
                steps += u32::from(runner.step(&season)?);
            }
        }
        costs.push(began.elapsed().as_secs_f64() / f64::from(steps.max(1)));
    }
    let pipeline: PipelineKey = "individual-1040".parse()?;
    let queries = season.engine.query(season.firm, Actor::system("bench"))?;
    queries.board(&pipeline, 20)?;
    let began = Instant::now();
    for _ in 0..10 {
        queries.board(&pipeline, 20)?;
    }
    Ok((costs, began.elapsed() / 10))
}

/// Works on a file of so many jobs as a host would that has just started, and tells how much
/// memory that took: lists, a board, and steps found by listing what is open.
fn work_on(path: &Path) -> Outcome {
    let season = Season::resume(Engine::new(Arc::new(open(path, Durability::Process)?)));
    let queries = season.engine.query(season.firm, Actor::system("bench"))?;
    queries.board(&"individual-1040".parse()?, 20)?;
    let mut page = PageRequest::first(200);
    for _ in 0..20 {
        let jobs = queries.jobs(&JobQuery::default(), &page)?;
        for row in &jobs.rows {
            let view = queries.job(row.id)?;
            let Some(item) = view.items.iter().find(|item| item.progress == ItemProgress::Open) else { continue };
            season.run(Command::ReportItem { item: ItemRef::Id(item.id), status: "submitted".parse()? })?;
        }
        let Some(next) = jobs.next else { break };
        page.after = Some(next);
    }
    println!("{:.0}", held());
    Ok(())
}

/// What [`work_on`] says in a process of its own.
fn held_by_another(path: &Path) -> Outcome<String> {
    let output = std::process::Command::new(std::env::current_exe()?).arg("work-on").arg(path).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Has as much memory as the scales in memory take, and gives it back to the allocator, which keeps it where
/// `MIMALLOC_PURGE_DELAY` says so.
///
/// A store in memory grows with every step. Into memory that the process has not had before, half of the time
/// would be the system's, which has to find and clear it: as much as that takes on a virtual machine from one
/// moment to the next.
fn have_memory() {
    const MEGABYTES: usize = 1_800;
    let blocks: Vec<Vec<u8>> = (0..MEGABYTES).map(|_| vec![1; 1 << 20]).collect();
    drop(std::hint::black_box(blocks));
}

/// The cost of a step at three sizes: the median of some turns, at the smallest size on several stores. What
/// stores in memory leave is in pieces: all are kept to the end.
fn scales(durability: Durability) -> Outcome {
    let (memory, name) = match durability {
        Durability::None => (true, "memory"),
        Durability::Process => (false, "SQLite NORMAL"),
        Durability::PowerCut => (false, "SQLite FULL"),
    };
    if memory {
        have_memory();
    }
    let mut first = None;
    let mut kept: Vec<Arc<dyn Store>> = Vec::new();
    for jobs in [1_000, 10_000, 100_000] {
        let (mut steps, mut board, mut held) = (Vec::new(), Duration::MAX, String::new());
        while steps.len() < TURNS {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("scale.db");
            let store: Arc<dyn Store> =
                if memory { Arc::new(MemoryStore::new()) } else { Arc::new(open(&path, durability)?) };
            kept.extend(memory.then(|| Arc::clone(&store)));
            let (costs, page) = scale(jobs, store)?;
            steps.extend(costs);
            board = board.min(page);
            if !memory {
                held = format!(", {:>4} MB in a process that goes on with them", held_by_another(&path)?);
            }
        }
        let step = median(steps);
        let times = step / *first.get_or_insert(step);
        let (step, board) = (step * 1e6, board.as_secs_f64() * 1e3);
        println!(
            "{name}, {jobs:>7} jobs: {step:>6.1} us a step ({times:.2} times that at 1,000), board {board:>5.2} ms{held}"
        );
    }
    Ok(())
}

/// Steps per second in memory, all jobs side by side: the best of five, since what else the machine
/// does can only slow a run down.
fn in_memory(clients: usize) -> Outcome<f64> {
    let mut best = 0.0f64;
    for _ in 0..5 {
        let season = Season::new(Engine::new(Arc::new(MemoryStore::new())), clients)?;
        let mut runners = season.start()?;
        let began = Instant::now();
        let steps = drive(&season, &mut runners)?;
        best = best.max(per_second(steps, began.elapsed()));
    }
    Ok(best)
}

/// Everything; or one thing alone: `memory`, `one`, `many` or `gain` and how many clients, `work-on` with a
/// file, and `scale` with `memory`, `NORMAL` or `FULL`.
fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [what, clients] = arguments.as_slice() {
        return match what.as_str() {
            "work-on" => work_on(Path::new(clients)),
            "gain" => gain(clients.parse()?),
            "scale" => scales(match clients.as_str() {
                "memory" => Durability::None,
                "NORMAL" => Durability::Process,
                "FULL" => Durability::PowerCut,
                other => return Err(format!("`{other}` is none of `memory`, `NORMAL` and `FULL`").into()),
            }),
            "memory" => {
                println!("memory: {:.0} steps/s on one core", in_memory(clients.parse()?)?);
                Ok(())
            }
            "one" | "many" => {
                let (time, steps) = engine_time(clients.parse()?, Durability::Process, what == "many")?;
                println!("SQLite NORMAL, {what}: {:.0} steps/s", per_second(steps, time));
                Ok(())
            }
            other => Err(format!("`{other}` is none of `memory`, `one`, `many`, `gain`, `scale` and `work-on`").into()),
        };
    }
    println!("The reference workload, steps per second, in one run\n");
    compare("SQLite NORMAL, one by one", 300, Durability::Process, false)?;
    compare("SQLite NORMAL, execute_many", 300, Durability::Process, true)?;
    gain(300)?;
    for clients in [300, 1_000, 5_000] {
        println!("memory, {clients:>4} jobs side by side: {:>7.0} steps/s on one core", in_memory(clients)?);
    }
    println!();
    scales(Durability::None)?;
    scales(Durability::Process)?;
    scales(Durability::PowerCut)?;
    Ok(())
}
