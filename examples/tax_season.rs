//! A firm's tax season on one SQLite file: `cargo run --release --example tax_season`.
//!
//! Sets a firm up from the files beside this one, imports its clients, opens the season's jobs,
//! and lets a made-up office and its clients work through them. Killed at any moment and started
//! again it goes on where it was, and ends in the same state.

#[path = "tax_season/import.rs"]
mod import;
#[path = "tax_season/office.rs"]
mod office;
#[path = "tax_season/outbox.rs"]
mod outbox;
#[path = "tax_season/page.rs"]
mod page;
#[path = "tax_season/report.rs"]
mod report;

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::event::Actor;
use workflow_core::id::{FirmId, PipelineKey};
use workflow_core::store::{LogBy, LogScan, Store};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

/// What goes wrong is told in words.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The season: from the first working day of the year to the autumn's last deadline.
const FIRST_DAY: &str = "2027-01-04";
const LAST_DAY: &str = "2027-10-29";

/// Everything that the parts of the demo share.
pub(crate) struct Demo {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) firm: FirmId,
    pub(crate) actor: Actor,
    pub(crate) seed: u64,
    /// Where the entries of acknowledged commands are noted, if they are.
    acknowledged: Option<File>,
}

impl Demo {
    /// Notes that commands were acknowledged. Whoever kills this process finds them in the log.
    pub(crate) fn note<'a>(&self, outcomes: impl IntoIterator<Item = &'a workflow_core::engine::Outcome>) -> Outcome {
        let Some(mut file) = self.acknowledged.as_ref() else { return Ok(()) };
        let logged = outcomes.into_iter().filter(|outcome| outcome.position.is_some());
        let lines: String =
            logged.flat_map(|outcome| &outcome.entries).map(|entry| format!("{}\n", entry.id)).collect();
        Ok(file.write_all(lines.as_bytes())?)
    }
}

struct Arguments {
    folder: PathBuf,
    data: PathBuf,
    seed: u64,
    quiet: bool,
    acknowledged: Option<PathBuf>,
}

fn arguments() -> Outcome<Arguments> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = Arguments { folder: PathBuf::from("demo-out"), data, seed: 2027, quiet: false, acknowledged: None };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--folder" => found.folder = value()?.into(),
            "--data" => found.data = value()?.into(),
            "--seed" => found.seed = value()?.parse()?,
            "--quiet" => found.quiet = true,
            "--acknowledged" => found.acknowledged = Some(value()?.into()),
            other => {
                let usage =
                    "tax_season [--folder demo-out] [--data examples] [--seed 2027] [--quiet] [--acknowledged FILE]";
                return Err(format!("`{other}` means nothing here; usage: {usage}").into());
            }
        }
    }
    Ok(found)
}

fn main() -> Outcome {
    let arguments = arguments()?;
    std::fs::create_dir_all(&arguments.folder)?;
    let file = arguments.folder.join("practice.db");
    let again = file.exists();
    let store = Arc::new(SqliteStore::open(&file, SqliteOptions::default())?);
    let settings = store.settings();
    println!(
        "{} {} (SQLite {}, {}, synchronous {})",
        if again { "Going on with" } else { "A new file," },
        file.display(),
        settings.sqlite_version,
        settings.journal_mode,
        settings.synchronous
    );
    let firm: FirmId = "0190a5d0-0000-7000-8000-000000000001".parse()?;
    let first: NaiveDate = FIRST_DAY.parse()?;
    let start = last_day(&*store, firm)?.unwrap_or(first);
    let clock = Arc::new(ManualClock::at(morning(start)));
    let engine = Engine::with_clock(Arc::clone(&store) as _, Arc::clone(&clock) as _);
    let acknowledged = arguments.acknowledged.map(|path| OpenOptions::new().create(true).append(true).open(path));
    let acknowledged = acknowledged.transpose()?;
    let demo = Demo { engine, clock, firm, actor: Actor::system("office"), seed: arguments.seed, acknowledged };
    // What a killed process left half done is taken up once its leases have run out.
    demo.clock.set(morning(start) + chrono::TimeDelta::minutes(2));
    while demo.engine.run_follow_ups(500)? > 0 {}
    demo.clock.set(morning(start));

    let began = Instant::now();
    let pipelines = import::set_up(&demo, &arguments.data)?;
    let opened = import::import_clients(&demo, &arguments.data.join("clients.csv"), start == first)?;
    println!(
        "{} clients ({} lines skipped, {} seen before), {} jobs opened",
        opened.clients, opened.skipped, opened.duplicates, opened.jobs
    );
    report::boards(&demo, &pipelines, "At the start of the season")?;
    let mut outbox = outbox::Outbox::open(&arguments.folder.join("outbox"))?;
    let worked = work(&demo, &mut outbox, start, arguments.quiet, &pipelines)?;
    report::boards(&demo, &pipelines, "At the end of the season")?;
    let seconds = began.elapsed().as_secs_f64();
    report::totals(&demo, &outbox, worked, seconds)?;
    page::write(&demo, &pipelines, &arguments.folder)?;
    let faults = store.integrity_check()?;
    if !faults.is_empty() {
        return Err(format!("the file is damaged: {}", faults.join("; ")).into());
    }
    println!("final state {:016x}", report::digest(&demo)?);
    Ok(())
}

/// Goes through the season day by day. Answers how many stages jobs moved on.
fn work(
    demo: &Demo,
    outbox: &mut outbox::Outbox,
    start: NaiveDate,
    quiet: bool,
    pipelines: &[PipelineKey],
) -> Outcome<usize> {
    let (first, last): (NaiveDate, NaiveDate) = (FIRST_DAY.parse()?, LAST_DAY.parse()?);
    let days = last.signed_duration_since(first).num_days().unsigned_abs();
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(days) };
    bar.set_style(ProgressStyle::with_template("{bar:40} {msg} {elapsed}")?);
    let middle: NaiveDate = "2027-03-31".parse()?;
    let mut shown = start > middle;
    let mut moved = 0;
    let mut idle = 0;
    let mut day = start;
    while day <= last && idle < 45 {
        demo.clock.set(morning(day));
        bar.set_position(day.signed_duration_since(first).num_days().unsigned_abs());
        bar.set_message(day.to_string());
        let done = office::work_day(demo, day)?;
        moved += done.moved;
        idle = if done.actions == 0 { idle + 1 } else { 0 };
        outbox.deliver(&demo.engine)?;
        if day >= middle && !shown {
            shown = true;
            bar.suspend(|| report::boards(demo, pipelines, "In the middle of the season"))?;
        }
        day = day.succ_opt().ok_or("the calendar ends")?;
    }
    bar.finish_and_clear();
    Ok(moved)
}

/// Half past ten in New York.
fn morning(day: NaiveDate) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(15, 30, 0).unwrap_or_default();
    day.and_time(time).and_utc()
}

/// The day of the last entry in the log.
fn last_day(store: &dyn Store, firm: FirmId) -> Outcome<Option<NaiveDate>> {
    let newest = LogScan { by: LogBy::Firm, after: None, descending: true, limit: 1 };
    Ok(store.log(firm, &newest)?.first().map(|logged| logged.entry.at.date_naive()))
}
