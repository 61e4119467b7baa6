//! A firm with something of everything, and ways to carry and compare it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Carried, Delivered, Engine, ManualClock, Notifier, Outcome};
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, FirmId, JobId};
use workflow_core::model::{Intent, Notification};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Durability, Queue, QueuedState, Store, Waiting};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::season::{Season, drive};

pub(crate) fn begin() -> DateTime<Utc> {
    "2027-01-04T15:00:00Z".parse().expect("an instant")
}

/// A store in a file, with the folder that it is in.
pub(crate) fn in_a_file() -> (Arc<dyn Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions { durability: Durability::Process, ..SqliteOptions::default() };
    (Arc::new(SqliteStore::open(folder.path().join("firm.db"), options).expect("opened")), folder)
}

pub(crate) fn in_memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// An engine over a store whose identifiers are others than those of an engine of another number.
pub(crate) fn engine(store: Arc<dyn Store>, clock: &Arc<ManualClock>, number: u64) -> Engine {
    Engine::deterministic(store, Arc::clone(clock) as _, number)
}

#[track_caller]
pub(crate) fn export(engine: &Engine, firm: FirmId) -> (Vec<u8>, Carried) {
    let mut file = Vec::new();
    let carried = engine.export_firm(firm, &mut file).expect("exported");
    (file, carried)
}

#[track_caller]
pub(crate) fn verified(engine: &Engine, firm: FirmId) {
    let found = engine.verify(firm).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new(), "the records are not what the log says");
    assert!(found.records > 10, "only {} records", found.records);
}

/// Rows as they are, but for their places, which are the store's own.
pub(crate) fn rows(engine: &Engine, firm: FirmId, queue: Queue, state: QueuedState) -> Vec<Waiting> {
    let mut rows: Vec<Waiting> = Vec::new();
    loop {
        let after = rows.last().map(|row| row.sequence);
        let page = engine.queued(queue, firm, state, after, 1_000).expect("listed");
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    rows.into_iter().map(|row| Waiting { sequence: 0, ..row }).collect()
}

/// A firm in the middle of its season.
pub(crate) struct Office {
    pub(crate) season: Season,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) jobs: Vec<JobId>,
    /// A job of account 3 that waits, and hears of the account's tags.
    pub(crate) slow: JobId,
}

/// Delivers most things, cannot ask for signatures now, and refuses proposals for ever.
struct Fussy;

impl Notifier for Fussy {
    fn deliver(&self, notification: &Notification) -> Delivered {
        match &notification.intent {
            Intent::RequestItem { kind, .. } if kind.as_str() == "signature_request" => {
                Delivered::Retry { at: None, why: "the portal does not answer".to_owned() }
            }
            Intent::RequestItem { kind, .. } if kind.as_str() == "proposal" => {
                Delivered::Reject { why: "there is no such letter".to_owned() }
            }
            _ => Delivered::Done,
        }
    }
}

impl Office {
    /// The reference workload, with series, timers, waits, dead letters, notifications that are tried
    /// again, and follow-ups that nobody has run.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self::begun(store, begin())
    }

    /// The same, begun then.
    pub(crate) fn begun(store: Arc<dyn Store>, at: DateTime<Utc>) -> Self {
        let clock = Arc::new(ManualClock::at(at));
        let season = Season::new(engine(store, &clock, 1), 12).expect("set up");
        let mut office = Self { season, clock, jobs: Vec::new(), slow: JobId(uuid::Uuid::nil()) };
        office.set_up_time();
        let mut runners = office.season.start().expect("started");
        office.jobs = runners.iter().map(|runner| runner.job).collect();
        drive(&office.season, &mut runners[..3]).expect("driven");
        for runner in &mut runners[3..6] {
            for _ in 0..3 {
                runner.step(&office.season).expect("stepped");
                office.days(1);
            }
        }
        office.season.engine.deliver(&Fussy, 45).expect("delivered");
        office.leave_follow_ups();
        office
    }

    /// A series, a pipeline with waits and reminders, and a job on it.
    fn set_up_time(&mut self) {
        self.run(json!({ "publish_pipeline": { "definition": { "key": "slow", "name": "Slow", "stages": [
            { "key": "wait", "time_limit": "3 days", "on_entry": [{ "key": "act", "do": [
                { "request": { "kind": "proposal", "title": "Letter",
                               "remind": { "every": "2 days", "at_most": 5 } } },
                { "wait": { "for": "10 days" } },
                { "request": { "kind": "email", "title": "late" } }] }] },
            { "key": "over" }],
            "automations": [{ "key": "tagged", "on": { "account_tag_added": { "tag": "vip" } },
                              "do": [{ "signal": { "name": "vip" } }] }] } } }));
        self.run(json!({ "create_series": { "name": "Books", "makes": { "job": { "pipeline": "slow" } },
            "for": { "accounts": [account(0), account(1)] }, "lead": "10 days", "catch_up": "all",
            "schedule": { "preset": { "monthly": { "day": 10 } }, "start": "2027-01-01", "covers": "previous" } } }));
        for number in 2..4 {
            let made = self.run(json!({ "create_job": { "account": account(number), "pipeline": "slow" } }));
            self.slow = made.job().expect("a job");
        }
        self.tick();
    }

    /// What a command left for other jobs, in a transaction of the host's own.
    fn leave_follow_ups(&self) {
        let Season { engine, .. } = &self.season;
        let store = Arc::clone(engine.store());
        for tag in ["vip", "rush"] {
            let command = json!({ "tag_account": { "account": account(2), "add": [tag] } });
            engine.within(&*store).execute(&self.request(command)).expect("tagged");
        }
    }

    /// Lets days pass, and does what is due.
    pub(crate) fn days(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
        self.tick();
    }

    fn tick(&self) {
        let now = self.season.engine.now();
        while self.season.engine.tick(now, 500).expect("ticked").next.is_some_and(|next| next <= now) {}
    }

    pub(crate) fn request(&self, written: Value) -> Request {
        let command: Command = serde_json::from_value(written).expect("a command");
        Request::new(self.season.firm, Actor::system("host"), command)
    }

    #[track_caller]
    pub(crate) fn run(&self, written: Value) -> Outcome {
        self.season.engine.execute(&self.request(written)).expect("a command that works")
    }

    pub(crate) fn export(&self) -> (Vec<u8>, Carried) {
        export(&self.season.engine, self.season.firm)
    }
}

/// An account of the season.
pub(crate) fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8003_0000_0000_0000 | number))
}
