//! What the office keeps of its own, in a table of its own in the same database: which part of which
//! day it is in, and what everybody has set out to do that morning.
//!
//! It is written before the part begins. Whoever is started again finds where to go on, does what
//! was planned and nothing else, and so comes to the same end.

use std::cell::RefCell;
use std::path::Path;

use chrono::NaiveDate;
use postgres::{Client, NoTls};
use rusqlite::{Connection, OptionalExtension, params};
use workflow_core::command::Request;

use crate::Outcome;

/// The parts of a day, in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The first morning, before anybody works: the firm is set up.
    Opening,
    /// The office and its clients work.
    Work,
    /// What is due happens.
    Clock,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Work => "work",
            Self::Clock => "clock",
        }
    }
}

/// Where the office is.
pub(crate) struct Entry {
    pub(crate) day: NaiveDate,
    pub(crate) part: Part,
    /// How often a process was started anew in this part.
    pub(crate) starts: u32,
    pub(crate) plan: Vec<Request>,
}

/// The table.
pub(crate) enum Diary {
    File(Connection),
    Server(RefCell<Client>),
}

impl Diary {
    pub(crate) fn in_file(file: &Path) -> Outcome<Self> {
        let file = Connection::open(file)?;
        file.busy_timeout(std::time::Duration::from_secs(10))?;
        // The engine's next commit takes these to the disk with its own: both are in one log.
        file.pragma_update(None, "synchronous", "NORMAL")?;
        file.execute_batch(
            "CREATE TABLE IF NOT EXISTS office_diary (
                 one INTEGER PRIMARY KEY CHECK (one = 1),
                 day TEXT NOT NULL, part TEXT NOT NULL, starts INTEGER NOT NULL, plan TEXT NOT NULL
             ) STRICT",
        )?;
        Ok(Self::File(file))
    }

    /// In a schema of its own. The address is the store's; what is said to the store in it is left out.
    pub(crate) fn on_server(url: &str) -> Outcome<Self> {
        let mut client = Client::connect(url.split('?').next().unwrap_or(url), NoTls)?;
        client.batch_execute(
            "CREATE SCHEMA IF NOT EXISTS office;
             CREATE TABLE IF NOT EXISTS office.diary (
                 one integer PRIMARY KEY CHECK (one = 1),
                 day text NOT NULL, part text NOT NULL, starts bigint NOT NULL, plan text NOT NULL
             )",
        )?;
        Ok(Self::Server(RefCell::new(client)))
    }

    /// Where it was left, if it was begun.
    pub(crate) fn read(&self) -> Outcome<Option<Entry>> {
        type Row = (String, String, u32, String);
        let row: Option<Row> = match self {
            Self::File(file) => file
                .query_row("SELECT day, part, starts, plan FROM office_diary", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?,
            Self::Server(client) => {
                let row = client.borrow_mut().query_opt("SELECT day, part, starts, plan FROM office.diary", &[])?;
                match row {
                    Some(row) => {
                        let starts = u32::try_from(row.try_get::<_, i64>(2)?)?;
                        Some((row.try_get(0)?, row.try_get(1)?, starts, row.try_get(3)?))
                    }
                    None => None,
                }
            }
        };
        let Some((day, part, starts, plan)) = row else { return Ok(None) };
        let known = [Part::Opening, Part::Work, Part::Clock].into_iter().find(|known| known.name() == part);
        let part = known.ok_or_else(|| format!("the diary has a part `{part}`"))?;
        Ok(Some(Entry { day: day.parse()?, part, starts, plan: serde_json::from_str(&plan)? }))
    }

    /// Turns to another page, or marks this one.
    pub(crate) fn write(&self, entry: &Entry) -> Outcome {
        let (day, plan) = (entry.day.to_string(), serde_json::to_string(&entry.plan)?);
        match self {
            Self::File(file) => {
                file.execute(
                    "INSERT OR REPLACE INTO office_diary (one, day, part, starts, plan) VALUES (1, ?1, ?2, ?3, ?4)",
                    params![day, entry.part.name(), entry.starts, plan],
                )?;
            }
            Self::Server(client) => {
                client.borrow_mut().execute(
                    "INSERT INTO office.diary (one, day, part, starts, plan) VALUES (1, $1, $2, $3, $4)
                     ON CONFLICT (one) DO UPDATE SET day = $1, part = $2, starts = $3, plan = $4",
                    &[&day, &entry.part.name(), &i64::from(entry.starts), &plan],
                )?;
            }
        }
        Ok(())
    }
}
