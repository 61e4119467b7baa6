//! What the office keeps of its own, in a table of its own in the same file: which part of which
//! day it is in, and what everybody has set out to do that morning.
//!
//! It is written before the part begins. Whoever is started again finds where to go on, does what
//! was planned and nothing else, and so comes to the same end.

use std::path::Path;

use chrono::NaiveDate;
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
pub(crate) struct Diary {
    file: Connection,
}

impl Diary {
    pub(crate) fn open(file: &Path) -> Outcome<Self> {
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
        Ok(Self { file })
    }

    /// Where it was left, if it was begun.
    pub(crate) fn read(&self) -> Outcome<Option<Entry>> {
        let row = self
            .file
            .query_row("SELECT day, part, starts, plan FROM office_diary", [], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, u32>(2)?,
                    row.get::<_, String>(3)?,
                ))
            })
            .optional()?;
        let Some((day, part, starts, plan)) = row else { return Ok(None) };
        let known = [Part::Opening, Part::Work, Part::Clock].into_iter().find(|known| known.name() == part);
        let part = known.ok_or_else(|| format!("the diary has a part `{part}`"))?;
        Ok(Some(Entry { day: day.parse()?, part, starts, plan: serde_json::from_str(&plan)? }))
    }

    /// Turns to another page, or marks this one.
    pub(crate) fn write(&self, entry: &Entry) -> Outcome {
        let (day, plan) = (entry.day.to_string(), serde_json::to_string(&entry.plan)?);
        self.file.execute(
            "INSERT OR REPLACE INTO office_diary (one, day, part, starts, plan) VALUES (1, ?1, ?2, ?3, ?4)",
            params![day, entry.part.name(), entry.starts, plan],
        )?;
        Ok(())
    }
}
