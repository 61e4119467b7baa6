//! Time that passes (10.2): ticks, clocks that jump, processes that die, and the runner.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Clock, Delivered, Engine, ManualClock, Notifier, Outcome, RunnerOptions, SystemClock};
use workflow_core::error::{Error, ErrorKind, StoreError};
use workflow_core::event::{Actor, Event};
use workflow_core::id::{AccountId, FirmId, JobId};
use workflow_core::model::Notification;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{
    Batch, Committed, Conflict, DocId, Document, LogBy, LogScan, Queue, QueuedState, Store, Transact,
};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::around::{Around, Hand};

fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

fn account() -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac))
}

fn begin() -> DateTime<Utc> {
    "2026-02-02T15:00:00Z".parse().expect("an instant")
}

fn request(written: Value) -> Request {
    let command: Command = serde_json::from_value(written).expect("a command");
    Request::new(firm(), Actor::system("host"), command)
}

#[track_caller]
fn run(engine: &Engine, written: Value) -> Outcome {
    engine.execute(&request(written)).expect("a command that works")
}

/// A firm whose pipeline does this on entry of its first stage.
fn set_up(engine: &Engine, actions: Value) {
    run(engine, json!({ "save_firm": { "name": "Ledger & Sons", "time_zone": "America/New_York" } }));
    run(engine, json!({ "save_account": { "id": account(), "name": "Jane Doe" } }));
    let stages = json!([{ "key": "one", "on_entry": [{ "key": "act", "do": actions }] }, { "key": "two" }]);
    run(engine, json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P", "stages": stages } } }));
}

fn job(engine: &Engine) -> JobId {
    run(engine, json!({ "create_job": { "account": account(), "pipeline": "p" } })).job().expect("a job")
}

fn late() -> Value {
    json!([{ "wait": { "for": "1 hour" } }, { "request": { "kind": "email", "title": "late" } }])
}

/// How many items each job got, by the log.
fn items(engine: &Engine) -> BTreeMap<JobId, usize> {
    let mut found: BTreeMap<JobId, usize> = BTreeMap::new();
    let mut scan = LogScan::new(LogBy::Firm, 1_000);
    loop {
        let page = engine.store().log(firm(), &scan).expect("readable");
        let Some(last) = page.last() else { return found };
        scan.after = Some(last.position);
        for recorded in page.iter().flat_map(|logged| &logged.entry.events) {
            if let Event::ItemLinked { job, .. } = &recorded.event {
                *found.entry(*job).or_default() += 1;
            }
        }
    }
}

fn verified(engine: &Engine) {
    let found = engine.verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new(), "the records are not what the log says");
}

fn memory() -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(begin()));
    (Engine::deterministic(Arc::new(MemoryStore::new()), Arc::clone(&clock) as _, 7), clock)
}

fn waiting(engine: &Engine, state: QueuedState) -> usize {
    engine.queued(Queue::Timers, firm(), state, None, 10_000).expect("readable").len()
}

#[test]
fn s10_2_a_tick_does_what_is_due_in_order_and_no_more_than_asked() {
    let (engine, clock) = memory();
    set_up(&engine, late());
    let jobs: Vec<JobId> = (0..5)
        .map(|_| {
            clock.advance(TimeDelta::minutes(1));
            job(&engine)
        })
        .collect();
    let due = |number: i64| begin() + TimeDelta::minutes(60 + number);
    let ticked = engine.tick(begin(), 100).expect("works");
    assert!(ticked.outcomes.is_empty());
    assert_eq!(ticked.next, Some(due(1)));
    // Two of the four that are due.
    let ticked = engine.tick(due(4), 2).expect("works");
    let done: Vec<JobId> = ticked.outcomes.iter().filter_map(Outcome::job).collect();
    assert_eq!(done, jobs[..2]);
    assert_eq!(ticked.next, Some(due(3)), "not past the tick: more is due");
    let ticked = engine.tick(due(4), 100).expect("works");
    let done: Vec<JobId> = ticked.outcomes.iter().filter_map(Outcome::job).collect();
    assert_eq!(done, jobs[2..4]);
    assert_eq!(ticked.next, Some(due(5)));
    // All that a tick does happens at its instant, and the engine's clock has no part in it.
    assert_eq!(ticked.outcomes[0].entries[0].at, due(4));
    verified(&engine);
}

#[test]
fn s10_2_a_clock_that_jumps_back_fires_nothing_twice() {
    let (engine, _) = memory();
    set_up(&engine, late());
    let job = job(&engine);
    for hours in [2, 1, 0, 3, 2, 500, 1] {
        engine.tick(begin() + TimeDelta::hours(hours), 100).expect("works");
    }
    assert_eq!(items(&engine), [(job, 1)].into());
    verified(&engine);
}

#[test]
fn s10_2_a_clock_that_jumps_a_year_forward_catches_up_without_a_flood() {
    let (engine, _) = memory();
    let remind = json!({ "every": "1 day", "at_most": 300 });
    set_up(&engine, json!([{ "request": { "kind": "organizer", "remind": remind } }]));
    let job = job(&engine);
    let later = begin() + TimeDelta::days(365);
    let ticked = engine.tick(later, 1_000).expect("works");
    assert_eq!(ticked.outcomes.len(), 1);
    // One reminder for the year, and the next a day after it.
    assert_eq!(ticked.outcomes[0].notifications().len(), 1);
    assert_eq!(ticked.next, Some(later + TimeDelta::days(1)));
    let record = engine.store().get(firm(), &[DocId::Job(job)]).expect("readable").remove(0).expect("the job");
    let Document::Job(record) = record.document else { panic!("a job") };
    assert_eq!(record.reminders[0].sent, 1);
    verified(&engine);
}

#[test]
fn s10_2_many_timers_of_one_job_fire_over_several_commits() {
    let (engine, _) = memory();
    let wait = |n: usize| {
        json!({ "key": format!("act {n}"), "do": [{ "wait": { "for": "1 hour" } },
        { "request": { "kind": "email" } }] })
    };
    set_up(&engine, json!(["move_next"]));
    let entry: Vec<Value> = (0..150).map(wait).collect();
    let stages = json!([{ "key": "one", "on_entry": entry }, { "key": "two" }]);
    run(&engine, json!({ "publish_pipeline": { "definition": { "key": "q", "name": "Q", "stages": stages } } }));
    let created = run(&engine, json!({ "create_job": { "account": account(), "pipeline": "q" } }));
    let mut commits = 0;
    loop {
        let ticked = engine.tick(begin() + TimeDelta::hours(1), 100).expect("works");
        commits += ticked.outcomes.len();
        if ticked.next.is_none() {
            break;
        }
        assert!(commits < 10, "it does not come to an end");
    }
    assert_eq!(commits, 3);
    assert_eq!(items(&engine)[&created.job().expect("a job")], 150);
    verified(&engine);
}

/// A store that dies at commits: before they happen, or after, so that nobody knows.
struct Dying {
    store: Arc<dyn Store>,
    commits: AtomicUsize,
    /// At which commits, and whether after it happened.
    deaths: Mutex<Vec<(usize, bool)>>,
    dead: AtomicBool,
}

struct Guest(Arc<Dying>);

impl Hand for Guest {
    fn store(&self) -> &dyn Transact {
        &*self.0.store
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let gone = || StoreError::new(ErrorKind::Unavailable, "the process has died");
        if self.0.dead.load(Ordering::SeqCst) {
            return Err(gone());
        }
        let number = self.0.commits.fetch_add(1, Ordering::SeqCst);
        let death = self.0.deaths.lock().expect("no panic").iter().copied().find(|(at, _)| *at == number);
        match death {
            None => self.0.store.commit(batches),
            Some((_, after)) => {
                if after {
                    drop(self.0.store.commit(batches));
                }
                self.0.dead.store(true, Ordering::SeqCst);
                Err(gone())
            }
        }
    }
}

/// Kills the process at random commits of its ticks, and lets others go on after its leases.
fn survives(store: Arc<dyn Store>) {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::deterministic(Arc::clone(&store), Arc::clone(&clock) as _, 1);
    set_up(
        &engine,
        json!([{ "wait": { "for": "1 hour" } }, { "request": { "kind": "email" } },
        { "wait": { "for": "1 hour" } }, { "add_account_tags": ["late"] }, { "request": { "kind": "note" } }]),
    );
    let jobs: Vec<JobId> = (0..40).map(|_| job(&engine)).collect();
    let (mut now, mut random) = (begin() + TimeDelta::hours(1), 0x2545_f491_4f6c_dd1d_u64);
    for life in 0..50u64 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let death = (usize::try_from(random % 5).expect("small"), random & 64 == 0);
        let dying = Arc::new(Dying {
            store: Arc::clone(&store),
            commits: AtomicUsize::new(0),
            deaths: Mutex::new(vec![death]),
            dead: AtomicBool::new(false),
        });
        clock.advance(now - clock.now());
        let host = Engine::deterministic(Arc::new(Around(Guest(dying))) as _, Arc::clone(&clock) as _, 100 + life);
        drop(host.tick(now, 7));
        // A minute later the leases of the dead have run out.
        now += TimeDelta::seconds(61);
    }
    now += TimeDelta::days(1);
    clock.advance(now - clock.now());
    let engine = Engine::deterministic(Arc::clone(&store), Arc::clone(&clock) as _, 2);
    loop {
        let ticked = engine.tick(now, 1_000).expect("works");
        assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
        if ticked.next.is_none_or(|next| next > now) {
            break;
        }
    }
    now += TimeDelta::hours(2);
    clock.advance(now - clock.now());
    while engine.tick(now, 1_000).expect("works").next.is_some_and(|next| next <= now) {}
    while engine.run_follow_ups(1_000).expect("works") > 0 {}
    let wanted: BTreeMap<JobId, usize> = jobs.into_iter().map(|job| (job, 2)).collect();
    assert_eq!(items(&engine), wanted, "each timer fired once");
    assert_eq!(waiting(&engine, QueuedState::Waiting), 0);
    assert_eq!(waiting(&engine, QueuedState::Dead), 0);
    verified(&engine);
}

#[test]
fn s10_2_a_timer_fires_once_when_processes_die_in_between() {
    survives(Arc::new(MemoryStore::new()));
}

#[test]
fn s10_2_a_timer_on_sqlite_fires_once_when_processes_die_in_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("firm.db"), SqliteOptions::default()).expect("opened");
    survives(Arc::new(store));
}

/// The system's clock, set otherwise.
struct Shifted(Mutex<TimeDelta>);

impl Clock for Shifted {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + *self.0.lock().expect("no panic")
    }
}

/// Waits until something is so, and says whether it came to be.
fn eventually(what: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn s10_2_a_runner_wakes_when_the_next_is_due_and_stops_when_told() {
    let clock = Arc::new(Shifted(Mutex::new(TimeDelta::zero())));
    let engine = Engine::with_clock(Arc::new(MemoryStore::new()), Arc::clone(&clock) as _);
    set_up(&engine, json!([{ "wait": { "for": "1 minute" } }, { "request": { "kind": "email" } }]));
    let runner = engine
        .start_runner(RunnerOptions { longest_sleep: Duration::from_secs(3_600), ..RunnerOptions::default() })
        .expect("a thread");
    let waits = job(&engine);
    assert_eq!(items(&engine).len(), 0);
    // All but a fifth of a second of its minute passes at once: the runner sleeps the rest.
    *clock.0.lock().expect("no panic") = TimeDelta::milliseconds(59_800);
    runner.wake();
    assert!(eventually(|| items(&engine).contains_key(&waits)), "it did not wake by itself");
    let begun = Instant::now();
    runner.stop();
    assert!(begun.elapsed() < Duration::from_secs(10), "it slept on");
    verified(&engine);
}

/// Panics at first, then fails, then delivers.
struct Moody {
    calls: AtomicUsize,
    delivered: Mutex<Vec<Notification>>,
}

impl Notifier for Moody {
    fn deliver(&self, notification: &Notification) -> Delivered {
        match self.calls.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("out of paper"),
            1 => Delivered::Retry { at: Some(begin()), why: "jammed".to_owned() },
            _ => {
                self.delivered.lock().expect("no panic").push(notification.clone());
                Delivered::Done
            }
        }
    }
}

#[test]
fn s10_2_a_runner_delivers_and_outlives_what_goes_wrong() {
    let clock = Arc::new(Shifted(Mutex::new(TimeDelta::zero())));
    let engine = Engine::with_clock(Arc::new(MemoryStore::new()), Arc::clone(&clock) as _);
    set_up(&engine, json!([{ "request": { "kind": "email" } }]));
    let errors = Arc::new(Mutex::new(Vec::new()));
    let moody = Arc::new(Moody { calls: AtomicUsize::new(0), delivered: Mutex::new(Vec::new()) });
    let heard = Arc::clone(&errors);
    let options = RunnerOptions {
        notifier: Some(Arc::clone(&moody) as _),
        longest_sleep: Duration::from_millis(50),
        on_error: Some(Box::new(move |_, error: &Error| heard.lock().expect("no panic").push(error.to_string()))),
        ..RunnerOptions::default()
    };
    let runner = engine.start_runner(options).expect("a thread");
    job(&engine);
    assert!(eventually(|| !errors.lock().expect("no panic").is_empty()), "the panic was not told");
    // The lease of what it was about to deliver runs out.
    *clock.0.lock().expect("no panic") = TimeDelta::seconds(61);
    assert!(eventually(|| moody.delivered.lock().expect("no panic").len() == 1), "it was not delivered");
    drop(runner);
    assert!(errors.lock().expect("no panic")[0].contains("panicked"));
}
