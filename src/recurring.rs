//! Many series on one store, advanced period by period: for benches, and for suites that look at
//! how long it takes.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::json;
use workflow_core::command::{Command, Request};
use workflow_core::engine::Engine;
use workflow_core::error::Error;
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::limits;

/// A firm with many series on an engine, each monthly and for one account of its own.
pub struct Recurring {
    /// The engine.
    pub engine: Engine,
    /// The firm.
    pub firm: FirmId,
    next: NaiveDate,
}

fn uuid(kind: u128, number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | kind << 48 | number)
}

impl Recurring {
    /// Sets so many series up. Their first turns come with the month after the engine's present.
    ///
    /// # Errors
    /// When the store failed.
    pub fn new(engine: Engine, series: usize) -> Result<Self, Error> {
        let firm = FirmId(uuid(0xf, 2));
        let today = engine.now().date_naive();
        let next = today.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)));
        let next = next.unwrap_or(today);
        let recurring = Self { engine, firm, next };
        recurring.run(json!({ "save_firm": { "name": "Ledger & Sons", "time_zone": "UTC" } }))?;
        recurring.run(json!({ "publish_pipeline": { "definition": { "key": "books", "name": "Books",
            "job_defaults": { "name": "{{ account.name }} {{ period.year }}-{{ period.month }}" },
            "stages": [{ "key": "open" }, { "key": "closed" }] } } }))?;
        let count = series as u128;
        let account =
            |number| json!({ "save_account": { "id": uuid(0xa, number), "name": format!("Client {number}") } });
        recurring.all((0..count).map(account))?;
        let create = |number| {
            json!({ "create_series": {
                "id": uuid(0x5, number), "name": format!("Books of client {number}"),
                "makes": { "job": { "pipeline": "books" } }, "for": { "accounts": [uuid(0xa, number)] },
                "schedule": { "preset": { "monthly": { "day": 1 } }, "start": next, "covers": "previous" },
                "catch_up": "all",
            } })
        };
        recurring.all((0..count).map(create))?;
        Ok(recurring)
    }

    /// Advances every series by one period. Answers how many had their turn.
    ///
    /// # Errors
    /// When the store failed.
    pub fn advance(&mut self) -> Result<usize, Error> {
        let now: DateTime<Utc> = self.next.and_time(chrono::NaiveTime::MIN).and_utc();
        self.next = self.next.checked_add_months(chrono::Months::new(1)).unwrap_or(self.next);
        let mut turns = 0;
        loop {
            let ticked = self.engine.tick(now, limits::TICK)?;
            turns += ticked.outcomes.len();
            if ticked.next.is_none_or(|next| next > now) {
                return Ok(turns);
            }
        }
    }

    fn request(&self, written: serde_json::Value) -> Request {
        let command: Command = serde_json::from_value(written).expect("a command");
        Request::new(self.firm, Actor::system("bench"), command)
    }

    fn run(&self, written: serde_json::Value) -> Result<(), Error> {
        self.engine.execute(&self.request(written)).map(drop)
    }

    fn all(&self, written: impl Iterator<Item = serde_json::Value>) -> Result<(), Error> {
        let requests: Vec<Request> = written.map(|written| self.request(written)).collect();
        self.engine.execute_many(&requests).into_iter().try_for_each(|answer| answer.map(drop))
    }
}
