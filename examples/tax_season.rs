//! A firm's year on one SQLite file, or on PostgreSQL: `cargo run --release --example tax_season`.
//!
//! Sets a firm up from the files beside this one, imports its clients, opens the season's jobs and
//! the series of monthly books and quarterly payroll, and lets a made-up office and its clients
//! work through the year on a clock of its own. Deadlines come near and pass, reminders go out,
//! waits end, jobs come again. Killed at any moment and started again it goes on where it was, and
//! ends in the same state.

#[path = "tax_season/deadlines.rs"]
mod deadlines;
#[path = "tax_season/diary.rs"]
mod diary;
#[path = "tax_season/import.rs"]
mod import;
#[path = "tax_season/office.rs"]
mod office;
#[path = "tax_season/outbox.rs"]
mod outbox;
#[path = "tax_season/page.rs"]
mod page;
#[path = "tax_season/place.rs"]
mod place;
#[path = "tax_season/report.rs"]
mod report;
#[path = "tax_season/year.rs"]
mod year;

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use workflow_core::calendar::FirmCalendar;
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::model::FirmSettings;

/// What goes wrong is told in words.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Everything that the parts of the demo share.
pub(crate) struct Demo {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) firm: FirmId,
    /// The firm's working days and time zone, as its file says.
    pub(crate) calendar: FirmCalendar,
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
    store: Option<String>,
    data: PathBuf,
    seed: u64,
    quiet: bool,
    acknowledged: Option<PathBuf>,
}

fn arguments() -> Outcome<Arguments> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folder = PathBuf::from("demo-out");
    let mut found = Arguments { folder, store: None, data, seed: 2026, quiet: false, acknowledged: None };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--folder" => found.folder = value()?.into(),
            "--store" => found.store = Some(value()?),
            "--data" => found.data = value()?.into(),
            "--seed" => found.seed = value()?.parse()?,
            "--quiet" => found.quiet = true,
            "--acknowledged" => found.acknowledged = Some(value()?.into()),
            other => {
                let usage = "tax_season [--folder demo-out] [--store sqlite|postgres|postgres://…] [--data examples] \
                             [--seed 2026] [--quiet] [--acknowledged FILE]";
                return Err(format!("`{other}` means nothing here; usage: {usage}").into());
            }
        }
    }
    Ok(found)
}

fn main() -> Outcome {
    let arguments = arguments()?;
    std::fs::create_dir_all(&arguments.folder)?;
    let (place, diary) = place::Place::open(arguments.store.as_deref(), &arguments.folder)?;
    let firm: FirmId = "0190a5d0-0000-7000-8000-000000000001".parse()?;
    let says: FirmSettings = serde_json::from_slice(&std::fs::read(arguments.data.join("firm.json"))?)?;
    let calendar = FirmCalendar::new(&says)?;
    let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
    let engine = Engine::with_clock(place.store(), Arc::clone(&clock) as _);
    let acknowledged = arguments.acknowledged.map(|path| OpenOptions::new().create(true).append(true).open(path));
    let acknowledged = acknowledged.transpose()?;
    let actor = Actor::system("office");
    let demo = Demo { engine, clock, firm, calendar, actor, seed: arguments.seed, acknowledged };

    let began = Instant::now();
    let outbox = outbox::Outbox::open(&arguments.folder.join("outbox"))?;
    let mut year = year::Year::take_up(&demo, diary, outbox)?;
    let pipelines = import::set_up(&demo, &arguments.data)?;
    let opened = import::import_clients(&demo, &arguments.data.join("clients.csv"), year.is_opening())?;
    println!(
        "{} clients ({} lines skipped, {} seen before), {} jobs opened, {} series",
        opened.clients, opened.skipped, opened.duplicates, opened.jobs, opened.series
    );
    report::boards(&demo, &pipelines, &format!("On {}", year::spoken(year.day())))?;
    year.work(arguments.quiet, &pipelines, &arguments.folder)?;
    report::boards(&demo, &pipelines, &format!("On {}", year::spoken(year.day())))?;
    let seconds = began.elapsed().as_secs_f64();
    report::totals(&demo, &year.outbox, year.moved, seconds)?;
    deadlines::print(&demo)?;
    page::write(&demo, &pipelines, &arguments.folder)?;
    let faults = place.faults(&demo.engine, firm)?;
    if !faults.is_empty() {
        return Err(format!("what was kept is damaged: {}", faults.join("; ")).into());
    }
    println!("final state {:016x}", report::digest(&demo)?);
    Ok(())
}
