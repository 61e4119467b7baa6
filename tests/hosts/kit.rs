//! The firm that all work on, the clock that all go by, and processes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Clock, Engine, SystemClock};
use workflow_core::error::StoreError;
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, FirmId, JobId, NotificationId};
use workflow_store::postgres::{PostgresOptions, PostgresStore};

pub(crate) const ACCOUNTS: u128 = 3;
pub(crate) const JOBS: u128 = 12;

/// How much faster than the world's the clock of these hosts goes: leases of a minute that a dead
/// host holds run out after three seconds.
const HASTE: i32 = 20;

pub(crate) fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

pub(crate) fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number % ACCOUNTS))
}

/// The jobs that all work on; the remainder says whose.
pub(crate) fn job(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(0x10b00 + number % JOBS))
}

/// A clock that goes faster than the world's, the same in all processes.
pub(crate) struct Hasty {
    pub(crate) since: DateTime<Utc>,
}

impl Clock for Hasty {
    fn now(&self) -> DateTime<Utc> {
        self.since + (SystemClock.now() - self.since) * HASTE
    }
}

pub(crate) fn open(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(url, PostgresOptions::default())
}

pub(crate) fn command(written: Value) -> Command {
    serde_json::from_value(written).expect("a command")
}

#[track_caller]
pub(crate) fn run(engine: &Engine, written: Value) -> workflow_core::engine::Outcome {
    let request = Request::new(firm(), Actor::system("setup"), command(written));
    engine.execute(&request).expect("a command that works")
}

/// A firm whose jobs send signals: one per stage at once and one a minute later, and one for every
/// tag that their account gets.
pub(crate) fn set_up(engine: &Engine) {
    run(engine, json!({ "save_firm": { "name": "Ledger & Sons" } }));
    let signal = |name: &str| json!({ "signal": { "name": name } });
    let stage = |key: &str| {
        json!({ "key": key, "on_entry": [
            { "key": format!("{key} at once"), "do": [signal(key)] },
            { "key": format!("{key} later"), "do": [{ "wait": { "for": "1 minute" } }, signal("later")] } ] })
    };
    run(
        engine,
        json!({ "publish_pipeline": { "definition": {
        "key": "p", "name": "P", "stages": [stage("one"), stage("two"), { "key": "three" }],
        "automations": [{ "key": "tagged", "on": { "account_tag_added": {} }, "do": [signal("tagged")] }]
    } } }),
    );
    for number in 0..ACCOUNTS {
        run(engine, json!({ "save_account": { "id": account(number), "name": format!("Client {number}") } }));
    }
    for number in 0..JOBS {
        run(engine, json!({ "create_job": { "id": job(number), "account": account(number), "pipeline": "p" } }));
    }
}

/// What processes said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Keys that were acknowledged, with how often each was said to be the first time.
    pub(crate) acknowledged: BTreeMap<String, usize>,
    /// When each notification was delivered first, in nanoseconds.
    pub(crate) delivered: BTreeMap<NotificationId, u128>,
    /// How often anything was delivered.
    pub(crate) deliveries: usize,
    pub(crate) settled: BTreeSet<NotificationId>,
    /// Notifications that were said to be acknowledged twice.
    pub(crate) twice: Vec<NotificationId>,
    /// Processes that ended when they were told to.
    pub(crate) ended: usize,
    pub(crate) ready: usize,
}

impl Said {
    /// Takes note of a whole line.
    fn note(&mut self, line: &str) {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("ack"), Some(key), _) => *self.acknowledged.entry(key.to_owned()).or_default() += 1,
            (Some("again"), Some(key), _) => *self.acknowledged.entry(key.to_owned()).or_default() += 0,
            (Some("delivered"), Some(id), Some(at)) => {
                let at: u128 = at.parse().expect("a time");
                let first = self.delivered.entry(id.parse().expect("an id")).or_insert(at);
                *first = at.min(*first);
                self.deliveries += 1;
            }
            (Some("settled"), Some(id), _) => {
                let id = id.parse().expect("an id");
                if !self.settled.insert(id) {
                    self.twice.push(id);
                }
            }
            (Some("ready"), ..) => self.ready += 1,
            (Some("end"), ..) => self.ended += 1,
            _ => {}
        }
    }
}

/// A process, and what reads what it says.
pub(crate) struct Host {
    child: Child,
    reader: JoinHandle<()>,
}

impl Host {
    /// Starts one in a role.
    pub(crate) fn start(role: &str, number: u128, url: &str, since: DateTime<Utc>, said: &Arc<Mutex<Said>>) -> Self {
        let mut child = Process::new(std::env::current_exe().expect("this program's path"))
            .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
            .env("WORKFLOW_WORKER", role)
            .env("WORKFLOW_NUMBER", number.to_string())
            .env("WORKFLOW_STORE", url)
            .env("WORKFLOW_SINCE", since.to_rfc3339())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let (out, said) = (child.stdout.take().expect("its output"), Arc::clone(said));
        let reader = std::thread::spawn(move || {
            let (mut out, mut line) = (BufReader::new(out), String::new());
            while out.read_line(&mut line).expect("text") > 0 {
                // One that was cut off by a kill counts for nothing.
                if let Some(whole) = line.strip_suffix('\n') {
                    said.lock().expect("not poisoned").note(whole);
                }
                line.clear();
            }
        });
        Self { child, reader }
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
        self.reader.join().expect("it was listened to");
    }

    /// Tells it to end, by the end of its input.
    pub(crate) fn tell_to_end(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits until it has ended, as it should.
    pub(crate) fn end(mut self) {
        self.tell_to_end();
        assert!(self.child.wait().expect("its end").success(), "a host failed: see what it wrote");
        self.reader.join().expect("it was listened to");
    }
}

/// Waits until something is so. It is long in coming on a busy machine, and comes in the end.
#[track_caller]
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it does not come to pass that {what}");
}

/// After every lease and wait of hosts that go by the hasty clock has run out.
pub(crate) fn long_after(since: DateTime<Utc>) -> DateTime<Utc> {
    Hasty { since }.now() + TimeDelta::days(3)
}
