//! Several processes on one SQLite file, and processes that are killed while they work on it.
//!
//! The worker processes are this program again, told by an environment variable what to do. They
//! say on their output what was acknowledged, each before the next command.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use workflow_core::command::{BulkMode, Command, MoveJob, NewJob, Request};
use workflow_core::engine::{Clock, Engine, ManualClock, SystemClock};
use workflow_core::error::StoreError;
use workflow_core::event::{AccountRecord, Actor, Entry, Event};
use workflow_core::id::{AccountId, FirmId, IdempotencyKey, JobId, NotificationId, PipelineKey};
use workflow_core::model::{FirmSettings, Intent};
use workflow_core::store::{
    Batch, Committed, Conflict, Durability, LogBy, LogScan, Queue, QueueScan, QueuedState, Transact, Waiting,
};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::around::{Around, Hand};

const ACCOUNTS: u128 = 3;
/// Jobs of each account.
const JOBS: u128 = 4;
const ROLE: &str = "WORKFLOW_WORKER";

fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number % ACCOUNTS))
}

/// The jobs `0..ACCOUNTS * JOBS`; the remainder says whose.
fn job(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(0x10b00 + number % (ACCOUNTS * JOBS)))
}

fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a key")
}

fn open(file: &Path, durability: Durability) -> SqliteStore {
    let options = SqliteOptions { durability, busy_timeout: Duration::from_secs(60), ..SqliteOptions::default() };
    SqliteStore::open(file, options).expect("a store")
}

/// A firm whose jobs send a signal for every tag that their account gets, and one per stage.
fn set_up(file: &Path) {
    let engine = Engine::new(Arc::new(open(file, Durability::PowerCut)));
    let run = |command| {
        engine.execute(&Request::new(firm(), Actor::system("setup"), command)).expect("a command that works");
    };
    run(Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons"))));
    let signal = |name: &str| json!({ "key": name, "do": [{ "signal": { "name": name } }] });
    let definition = json!({
        "key": "p", "name": "P",
        "stages": [{ "key": "one", "on_entry": [signal("one")] }, { "key": "two", "on_entry": [signal("two")] },
                   { "key": "three" }],
        "automations": [{ "key": "tagged", "on": { "account_tag_added": {} }, "do": [{ "signal": { "name": "tagged" } }] }]
    });
    let definition = serde_json::from_value(definition).expect("a definition");
    run(Command::PublishPipeline { definition, mapping: [].into() });
    for number in 0..ACCOUNTS {
        let name = format!("Client {number}");
        let (id, fields, roles) = (account(number), [].into(), [].into());
        run(Command::SaveAccount(AccountRecord { id, name, external: None, fields, roles, linked: vec![] }));
    }
    for number in 0..ACCOUNTS * JOBS {
        let new = NewJob::new(account(number), PipelineKey::new("p").expect("a key"));
        run(Command::CreateJob(Box::new(NewJob { id: Some(job(number)), ..new })));
    }
}

/// The command that a worker gives under a key: always the same for the same numbers.
fn command(name: &str, lane: u128, number: u128) -> Command {
    let job = job(lane * 5 + number * 7);
    let comment = |job| Command::CommentJob { job, text: name.to_owned() };
    match number % 5 {
        0 => Command::TagAccount {
            account: account(lane + number / 5),
            add: [key(&format!("{lane}-{}", number / 5 % 7))].into(),
            remove: [key(&format!("{lane}-{}", (number / 5 + 3) % 7))].into(),
        },
        1 => comment(job),
        2 => Command::MoveJob(MoveJob::to(job, key(if number.is_multiple_of(2) { "two" } else { "one" }))),
        3 => Command::TagJob { job, add: [key(&format!("t{}", number % 9))].into(), remove: [key("t1")].into() },
        _ => {
            let next = JobId(uuid::Uuid::from_u128(0x10b00 + (lane + number) % (ACCOUNTS * JOBS)));
            Command::Bulk { mode: BulkMode::AllOrNothing, commands: vec![comment(job), comment(next)] }
        }
    }
}

/// How many comments a command leaves.
fn comments(number: u128) -> usize {
    match number % 5 {
        1 => 1,
        4 => 2,
        _ => 0,
    }
}

// ---- The worker's side. ----

fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The name of the test may stand on the line before.
    write!(out, "\n{line}\n").and_then(|()| out.flush()).expect("somebody who listens");
}

/// What the other tests run as processes of their own; nothing when it is run as a test.
#[test]
fn worker() {
    let file = PathBuf::from(told("WORKFLOW_FILE"));
    let durability = if told("WORKFLOW_DURABILITY") == "process" { Durability::Process } else { Durability::PowerCut };
    let number: u128 = told("WORKFLOW_NUMBER").parse().unwrap_or_default();
    match told(ROLE).as_str() {
        "load" => load(open(&file, durability), number),
        "crash" => until_killed(open(&file, durability), number),
        "die" => die(open(&file, durability), number),
        _ => {}
    }
}

/// Gives a command until it is acknowledged, and says so.
fn give(engine: &Engine, name: &str, actor: &str, command: Command) {
    let request = Request::new(firm(), Actor::system(actor), command).keyed(IdempotencyKey::new(name).expect("a key"));
    loop {
        match engine.execute(&request) {
            Ok(outcome) => return say(&format!("{} {name}", if outcome.replayed { "again" } else { "ack" })),
            Err(error) if error.retryable() => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

const LOAD_THREADS: u128 = 3;
const LOAD_COMMANDS: u128 = 100;

fn load(store: SqliteStore, process: u128) {
    let engine = Engine::new(Arc::new(store));
    say("ready");
    std::io::stdin().read_exact(&mut [0]).expect("the start");
    std::thread::scope(|scope| {
        for thread in 0..LOAD_THREADS {
            let engine = &engine;
            scope.spawn(move || {
                for number in 0..LOAD_COMMANDS {
                    // Every eighth is given by both processes under one key.
                    let (name, lane) = if number % 8 == 7 {
                        (format!("both-{thread}-{number}"), thread)
                    } else {
                        (format!("{process}-{thread}-{number}"), process * LOAD_THREADS + thread)
                    };
                    give(engine, &name, "load", command(&name, lane, number));
                }
            });
        }
    });
    say("end");
}

fn until_killed(store: SqliteStore, round: u128) {
    let engine = Engine::new(Arc::new(store));
    say("ready");
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let engine = &engine;
            scope.spawn(move || {
                for number in 0.. {
                    let name = format!("{round}-{thread}-{number}");
                    give(engine, &name, "crash", command(&name, thread, number));
                }
            });
        }
        // And a host that delivers.
        loop {
            let page = engine.claim_notifications(None, TimeDelta::seconds(1), 20).expect("notifications");
            for delivery in page {
                say(&format!("delivered {}", delivery.notification.id));
                if engine.acknowledge(&delivery.receipt).expect("an answer") {
                    say(&format!("settled {}", delivery.notification.id));
                }
            }
        }
    });
}

/// Dies at a commit: an even number before it, an odd one after it.
fn die(store: SqliteStore, number: u128) {
    let left = AtomicI64::new(i64::try_from(number / 2).expect("a small number"));
    let engine = Engine::new(Arc::new(Around(Dying { store, left, after: number % 2 == 1 })));
    give(&engine, "tag", "die", command("tag", 0, 0));
    say("end");
}

/// A store that ends its process at a commit.
struct Dying {
    store: SqliteStore,
    left: AtomicI64,
    after: bool,
}

impl Hand for Dying {
    fn store(&self) -> &dyn Transact {
        &self.store
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let last = self.left.fetch_sub(1, Ordering::SeqCst) == 0;
        if last && !self.after {
            std::process::abort();
        }
        let done = self.store.commit(batches);
        if last {
            std::process::abort();
        }
        done
    }
}

// ---- The tests' side. ----

fn spawn(role: &str, file: &Path, number: u128, durability: Durability) -> Child {
    Process::new(std::env::current_exe().expect("this program's path"))
        .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env("WORKFLOW_FILE", file)
        .env("WORKFLOW_NUMBER", number.to_string())
        .env("WORKFLOW_DURABILITY", if durability == Durability::Process { "process" } else { "power_cut" })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(if role == "die" { Stdio::null() } else { Stdio::inherit() })
        .spawn()
        .expect("a process")
}

/// What workers said.
#[derive(Default)]
struct Said {
    /// Keys that were acknowledged, with how often each was said to be the first time.
    acknowledged: BTreeMap<String, usize>,
    delivered: BTreeSet<NotificationId>,
    settled: BTreeSet<NotificationId>,
    ended: bool,
}

impl Said {
    /// Takes note of a whole line; one that was cut off by a kill counts for nothing.
    fn note(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("ack", name)) => *self.acknowledged.entry(name.to_owned()).or_default() += 1,
            Some(("again", name)) => *self.acknowledged.entry(name.to_owned()).or_default() += 0,
            Some(("delivered", id)) => {
                let id = id.parse().expect("an id");
                assert!(!self.settled.contains(&id), "{id} was delivered again after that was acknowledged");
                self.delivered.insert(id);
            }
            Some(("settled", id)) => assert!(self.settled.insert(id.parse().expect("an id")), "settled twice: {id}"),
            None if line == "end" => self.ended = true,
            _ => {}
        }
    }

    fn read(&mut self, from: impl Read, mut each: impl FnMut(&str)) {
        let mut reader = BufReader::new(from);
        let mut line = String::new();
        while reader.read_line(&mut line).expect("text") > 0 {
            if let Some(whole) = line.strip_suffix('\n') {
                self.note(whole);
                each(whole);
            }
            line.clear();
        }
    }
}

/// Every entry of the log, in order.
fn log(store: &SqliteStore) -> Vec<Arc<Entry>> {
    let (mut scan, mut found) = (LogScan::new(LogBy::Firm, 500), Vec::new());
    loop {
        let page = store.log(firm(), &scan).expect("a page of the log");
        let Some(last) = page.last() else { return found };
        scan.after = Some(last.position);
        found.extend(page.into_iter().map(|logged| logged.entry));
    }
}

fn waiting(store: &SqliteStore, queue: Queue, state: QueuedState) -> Vec<Waiting> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = store.queued(&QueueScan { queue, firm: firm(), state, after, limit: 500 }).expect("queued rows");
        let Some(last) = page.last() else { return found };
        after = Some(last.sequence);
        found.extend(page);
    }
}

/// Opens what the workers left, lets a living engine take up what dead ones held, and looks
/// whether everything is there, once. Answers the log.
fn look(file: &Path, said: &Said) -> Vec<Arc<Entry>> {
    let store = Arc::new(open(file, Durability::PowerCut));
    assert_eq!(store.integrity_check().expect("a check"), Vec::<String>::new());
    let before = Engine::new(Arc::clone(&store) as _).verify(firm()).expect("readable");
    assert_eq!(before.differences, Vec::<String>::new(), "before anything is taken up");
    // Once every lease has run out.
    let clock = Arc::new(ManualClock::at(SystemClock.now() + TimeDelta::minutes(2)));
    let engine = Engine::with_clock(Arc::clone(&store) as _, clock);
    while engine.run_follow_ups(100).expect("follow-ups") > 0 {}
    for state in [QueuedState::Waiting, QueuedState::Dead] {
        assert_eq!(waiting(&store, Queue::FollowUps, state), []);
    }
    let after = engine.verify(firm()).expect("readable");
    assert_eq!(after.differences, Vec::<String>::new(), "after follow-ups were taken up");

    let entries = log(&store);
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), entries.len(), "an entry is in the log twice");
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    for key in entries.iter().filter_map(|entry| entry.key.as_ref()) {
        *keys.entry(key.to_string()).or_default() += 1;
    }
    assert_eq!(keys.iter().find(|(_, times)| **times != 1), None, "a key is in the log twice");
    for (key, firsts) in &said.acknowledged {
        assert!(keys.contains_key(key), "the acknowledged command `{key}` is missing");
        assert!(*firsts <= 1, "`{key}` was said to be carried out {firsts} times");
    }
    comments_are_whole(&entries, said);
    each_job_reacted_once(&entries);
    notifications_are_whole(&entries, &store, said);
    entries
}

/// A command's comments are all there or none is, and those of acknowledged ones are there.
fn comments_are_whole(entries: &[Arc<Entry>], said: &Said) {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for recorded in entries.iter().flat_map(|entry| &entry.events) {
        if let Event::JobCommented(comment) = &recorded.event {
            *found.entry(comment.text.clone()).or_default() += 1;
        }
    }
    let wanted =
        |name: &str| name.rsplit('-').next().and_then(|number| number.parse::<u128>().ok()).map_or(0, comments);
    for (name, count) in &found {
        assert_eq!(*count, wanted(name), "comments of `{name}`");
    }
    for name in said.acknowledged.keys().filter(|name| wanted(name) > 0) {
        assert!(found.contains_key(name), "comments of `{name}` are missing");
    }
}

/// Every job has sent one signal for each tag that its account got.
fn each_job_reacted_once(entries: &[Arc<Entry>]) {
    let mut wanted: BTreeMap<JobId, usize> = BTreeMap::new();
    let mut found: BTreeMap<JobId, usize> = BTreeMap::new();
    for recorded in entries.iter().flat_map(|entry| &entry.events) {
        match &recorded.event {
            Event::AccountTagsChanged { account: whose, added, .. } => {
                for number in (0..ACCOUNTS * JOBS).filter(|number| account(*number) == *whose) {
                    *wanted.entry(job(number)).or_default() += added.len();
                }
            }
            Event::NotificationQueued(notification) => {
                if matches!(&notification.intent, Intent::Signal { name, .. } if name.as_str() == "tagged") {
                    *found.entry(notification.job.expect("a job's")).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    wanted.retain(|_, count| *count > 0);
    assert_eq!(found, wanted, "signals for tags, by job");
}

/// Each notification is known by one key, and is waiting or was delivered.
fn notifications_are_whole(entries: &[Arc<Entry>], store: &SqliteStore, said: &Said) {
    let queued: Vec<NotificationId> = entries
        .iter()
        .flat_map(|entry| &entry.events)
        .filter_map(|recorded| match &recorded.event {
            Event::NotificationQueued(notification) => Some(notification.id),
            _ => None,
        })
        .collect();
    let known: BTreeSet<NotificationId> = queued.iter().copied().collect();
    assert_eq!(known.len(), queued.len(), "two notifications of one key");
    let rows: Vec<NotificationId> =
        waiting(store, Queue::Outbox, QueuedState::Waiting).iter().map(|row| NotificationId(row.id)).collect();
    let in_outbox: BTreeSet<NotificationId> = rows.iter().copied().collect();
    assert_eq!(in_outbox.len(), rows.len(), "a notification waits twice");
    assert!(in_outbox.is_subset(&known));
    assert_eq!(said.settled.intersection(&in_outbox).next(), None, "a settled notification waits again");
    let lost = |id: &&NotificationId| !in_outbox.contains(id) && !said.delivered.contains(id);
    assert_eq!(known.iter().find(lost), None, "a notification is neither waiting nor delivered");
    assert!(said.delivered.is_subset(&known), "something was delivered that is not in the log");
}

fn two_processes_at_once(durability: Durability) {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("practice.db");
    set_up(&file);
    let mut children: Vec<Child> = (0..2).map(|number| spawn("load", &file, number, durability)).collect();
    let (ready, wait) = std::sync::mpsc::channel();
    let all: Vec<Said> = std::thread::scope(|scope| {
        let readers: Vec<_> = children
            .iter_mut()
            .map(|child| {
                let (out, ready) = (child.stdout.take().expect("its output"), ready.clone());
                scope.spawn(move || {
                    let mut said = Said::default();
                    said.read(out, |line| {
                        if line == "ready" {
                            ready.send(()).expect("somebody who waits");
                        }
                    });
                    said
                })
            })
            .collect();
        drop(ready);
        for _ in 0..2 {
            wait.recv().expect("both are ready");
        }
        for child in &mut children {
            child.stdin.take().expect("its input").write_all(b"!").expect("started");
        }
        readers.into_iter().map(|reader| reader.join().expect("a reader")).collect()
    });
    let mut said = Said::default();
    for (mut child, one) in children.into_iter().zip(all) {
        assert!(child.wait().expect("its end").success());
        assert!(one.ended);
        assert_eq!(one.acknowledged.len() as u128, LOAD_THREADS * LOAD_COMMANDS);
        for (name, firsts) in one.acknowledged {
            *said.acknowledged.entry(name).or_default() += firsts;
        }
    }
    let shared = LOAD_THREADS * (LOAD_COMMANDS / 8);
    assert_eq!(said.acknowledged.len() as u128, 2 * LOAD_THREADS * LOAD_COMMANDS - shared);
    assert!(said.acknowledged.values().all(|firsts| *firsts == 1), "each was carried out by exactly one process");
    let entries = look(&file, &said);
    // They were at it at the same time: their entries are mixed.
    let whose = |entry: &Arc<Entry>| match entry.key.as_ref()?.as_str().split('-').next()? {
        name @ ("0" | "1") => Some(name.to_owned()),
        _ => None,
    };
    let whose: Vec<String> = entries.iter().filter_map(whose).collect();
    let turns = whose.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(turns > 4, "the processes took turns {turns} times only");
}

#[test]
fn s10_3_two_processes_share_a_file_that_survives_power_cuts() {
    two_processes_at_once(Durability::PowerCut);
}

#[test]
fn s10_3_two_processes_share_a_file_that_survives_processes() {
    two_processes_at_once(Durability::Process);
}

fn killed_again_and_again(durability: Durability) {
    let rounds: u128 = std::env::var("WORKFLOW_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("practice.db");
    set_up(&file);
    let mut said = Said::default();
    let mut random = 0x9e37_79b9_7f4a_7c15u64 ^ u64::from(std::process::id());
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = spawn("crash", &file, round, durability);
        let out = child.stdout.take().expect("its output");
        // A random while after the start, or after a random number of acknowledgements.
        let after = if round % 3 == 2 { 0 } else { 1 + random % 40 };
        let pause = Duration::from_micros(random / 64 % if after == 0 { 200_000 } else { 20_000 });
        let (reached, wait) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let said = &mut said;
            scope.spawn(move || {
                let mut acknowledged = 0;
                said.read(out, |line| {
                    acknowledged += u64::from(line.starts_with("ack "));
                    if acknowledged == after {
                        let _ = reached.send(());
                    }
                });
            });
            if after > 0 {
                wait.recv().expect("a worker that comes so far");
            }
            std::thread::sleep(pause);
            child.kill().expect("killed");
            assert!(!child.wait().expect("gone").success());
        });
        look(&file, &said);
    }
    assert!(!said.ended);
    assert!(said.acknowledged.len() as u128 >= rounds / 2, "the workers did something before they died");
    assert!(said.acknowledged.values().all(|firsts| *firsts == 1));
}

#[test]
fn s5_5_a_killed_process_loses_nothing_that_survives_power_cuts() {
    killed_again_and_again(Durability::PowerCut);
}

#[test]
fn s5_5_a_killed_process_loses_nothing_that_survives_processes() {
    killed_again_and_again(Durability::Process);
}

/// A tag on an account is one commit for the account, one for each of its jobs, and one for the
/// follow-up that is done. A process that dies before or after any of them is made good.
#[test]
fn s5_5_follow_ups_of_a_process_that_died_at_any_commit_run_once() {
    for number in 0..2 * (JOBS + 2) {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("practice.db");
        set_up(&file);
        let mut child = spawn("die", &file, number, Durability::Process);
        let mut said = Said::default();
        said.read(child.stdout.take().expect("its output"), |_| {});
        assert!(!child.wait().expect("its end").success(), "it came through ({number})");
        assert!(said.acknowledged.is_empty(), "nothing was acknowledged before the end ({number})");
        let entries = look(&file, &said);
        let tagged = entries.iter().filter(|entry| entry.key.as_ref().is_some_and(|key| key.as_str() == "tag")).count();
        assert_eq!(tagged, usize::from(number > 0), "the command is there once it was committed ({number})");
        let reactions = entries.iter().filter(|entry| entry.command == "react").count();
        assert_eq!(reactions as u128, if number > 0 { JOBS } else { 0 }, "{number}");
    }
    // One commit later there is nothing left to die at.
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("practice.db");
    set_up(&file);
    let mut child = spawn("die", &file, 2 * (JOBS + 2), Durability::Process);
    let mut said = Said::default();
    said.read(child.stdout.take().expect("its output"), |_| {});
    assert!(child.wait().expect("its end").success());
    assert!(said.ended && said.acknowledged.contains_key("tag"));
    look(&file, &said);
}
