//! The runner: workers, leases that are kept, failures, and how it stops.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Delivered, Engine, ManualClock, Notifier, Outcome, Runner, RunnerOptions, RunnerStatus};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, FirmId, JobId, NotificationId};
use workflow_core::model::{Intent, Notification};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{
    Batch, Claim, Claimed, Committed, Conflict, Queue, QueuedState, SettleHow, Store, Transact, Waiting,
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

#[track_caller]
fn run(engine: &Engine, written: Value) -> Outcome {
    let command: Command = serde_json::from_value(written).expect("a command");
    engine.execute(&Request::new(firm(), Actor::system("host"), command)).expect("a command that works")
}

/// A firm whose pipeline does this on entry of its first stage.
fn set_up(engine: &Engine, actions: Value) {
    run(engine, json!({ "save_firm": { "name": "Ledger & Sons" } }));
    run(engine, json!({ "save_account": { "id": account(), "name": "Jane Doe" } }));
    let stages = json!([{ "key": "one", "on_entry": [{ "key": "act", "do": actions }] }, { "key": "two" }]);
    let vip =
        json!([{ "key": "vip", "on": { "account_tag_added": { "tag": "vip" } }, "do": [{ "add_job_tags": ["vip"] }] }]);
    let pipeline = json!({ "key": "p", "name": "P", "stages": stages, "automations": vip });
    run(engine, json!({ "publish_pipeline": { "definition": pipeline } }));
}

fn job(engine: &Engine) -> JobId {
    run(engine, json!({ "create_job": { "account": account(), "pipeline": "p" } })).job().expect("a job")
}

fn signal(name: &str) -> Value {
    json!({ "signal": { "name": name } })
}

fn engine_on(store: Arc<dyn Store>, clock: &Arc<ManualClock>, number: u64) -> Engine {
    Engine::deterministic(store, Arc::clone(clock) as _, number)
}

fn outbox(engine: &Engine, state: QueuedState) -> Vec<Waiting> {
    engine.queued(Queue::Outbox, firm(), state, None, 1_000).expect("listed")
}

/// Waits until something is so. The time is for a machine that is stuck, not part of what is tested.
#[track_caller]
fn eventually(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(40), "it did not come to be: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[track_caller]
fn comes_to(runner: &Runner, what: &str, is: impl Fn(&RunnerStatus) -> bool) -> RunnerStatus {
    let begun = Instant::now();
    loop {
        let status = runner.status();
        if is(&status) {
            return status;
        }
        assert!(begun.elapsed() < LONG, "it did not come to be: {what}; {status:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

const LONG: Duration = Duration::from_secs(40);

/// A notifier that tells what it was given, and answers what it is told to: it delivers nothing
/// before.
struct Desk {
    given: Mutex<Sender<NotificationId>>,
    answers: Mutex<Receiver<Delivered>>,
}

/// The other side of it.
struct Clerk {
    given: Receiver<NotificationId>,
    answers: Sender<Delivered>,
}

fn desk() -> (Arc<Desk>, Clerk) {
    let ((given, heard), (answers, told)) = (channel(), channel());
    let desk = Desk { given: Mutex::new(given), answers: Mutex::new(told) };
    (Arc::new(desk), Clerk { given: heard, answers })
}

impl Notifier for Desk {
    fn deliver(&self, notification: &Notification) -> Delivered {
        self.given.lock().expect("no panic").send(notification.id).expect("somebody listens");
        // Nobody answers any more when a test has failed.
        let answer = self.answers.lock().expect("no panic").recv_timeout(LONG);
        answer.unwrap_or(Delivered::Retry { at: None, why: "nobody answers".to_owned() })
    }
}

impl Clerk {
    #[track_caller]
    fn hears(&self) -> NotificationId {
        self.given.recv_timeout(LONG).expect("a notification is delivered")
    }

    fn says(&self, answer: Delivered) {
        self.answers.send(answer).expect("the runner listens");
    }
}

fn options(notifier: &Arc<Desk>) -> RunnerOptions {
    let longest_sleep = Duration::from_secs(3_600);
    RunnerOptions { notifier: Some(Arc::clone(notifier) as _), longest_sleep, ..RunnerOptions::default() }
}

#[test]
fn s10_2_a_slow_notifier_does_not_keep_timers_and_follow_ups_waiting() {
    let clock = Arc::new(ManualClock::at(begin()));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let engine = engine_on(Arc::clone(&store), &clock, 1);
    set_up(&engine, json!([signal("first"), { "wait": { "for": "1 hour" } }, { "add_job_tags": ["late"] }]));
    let (desk, clerk) = desk();
    let runner = engine.start_runner(options(&desk)).expect("threads");
    job(&engine);
    clerk.hears();
    // It is still at it when the timer is due, and when work is left by somebody else.
    clock.advance(TimeDelta::hours(1));
    let tag = json!({ "tag_account": { "account": account(), "add": ["vip"] } });
    let command: Command = serde_json::from_value(tag).expect("a command");
    let elsewhere = engine_on(Arc::clone(&store), &clock, 2);
    elsewhere.within(&*store).execute(&Request::new(firm(), Actor::system("host"), command)).expect("tagged");
    runner.wake();
    let status = comes_to(&runner, "all but the delivery is done", |status| {
        status.timers.done == 1 && status.follow_ups.done == 1
    });
    assert_eq!((status.notifications.done, status.idle), (0, false));
    clerk.says(Delivered::Done);
    let status = comes_to(&runner, "it is idle", |status| status.idle);
    assert_eq!((status.notifications.done, status.working), (1, 0));
    assert!(status.looks_again.is_some() && !status.stopping);
    runner.stop();
    assert_eq!(outbox(&engine, QueuedState::Waiting), []);
}

#[test]
fn s10_3_a_lease_does_not_run_out_under_a_worker_that_is_alive() {
    let clock = Arc::new(ManualClock::at(begin()));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let engine = engine_on(Arc::clone(&store), &clock, 1);
    set_up(&engine, json!([signal("first")]));
    let (desk, clerk) = desk();
    let runner = engine.start_runner(options(&desk)).expect("threads");
    job(&engine);
    let held = clerk.hears();
    let other = engine_on(store, &clock, 2);
    // Ten leases long.
    for _ in 0..20 {
        clock.advance(TimeDelta::seconds(30));
        runner.wake();
        let until = clock_of(&clock) + TimeDelta::seconds(60);
        eventually("the lease is renewed", || outbox(&engine, QueuedState::Waiting)[0].leased_until == Some(until));
        let taken = other.claim_notifications(None, TimeDelta::seconds(60), 10).expect("claimed");
        assert_eq!(taken, [], "{held} is still being delivered");
    }
    clerk.says(Delivered::Done);
    let status = comes_to(&runner, "it is acknowledged", |status| status.notifications.done == 1);
    assert_eq!((status.notifications.lost, status.notifications.failed), (0, 0));
    assert_eq!(outbox(&engine, QueuedState::Waiting), []);
    assert!(runner.stop_within(LONG));
}

fn clock_of(clock: &ManualClock) -> DateTime<Utc> {
    use workflow_core::engine::Clock;
    clock.now()
}

/// A store that can be made to fail.
struct Failing {
    store: Arc<dyn Store>,
    /// Renewals fail: the host is as good as asleep.
    renewals: AtomicBool,
    /// So many acknowledgements fail, after they were heard or before.
    acks: AtomicUsize,
    heard: bool,
    /// Batches that were tried.
    tried: AtomicUsize,
}

impl Failing {
    fn new(store: Arc<dyn Store>) -> Self {
        let (acks, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { store, renewals: AtomicBool::new(false), acks, heard: false, tried }
    }
}

struct Through(Arc<Failing>);

impl Hand for Through {
    fn store(&self) -> &dyn Transact {
        &*self.0.store
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.0.tried.fetch_add(1, Ordering::SeqCst);
        let gone = || StoreError::new(ErrorKind::Unavailable, "the network is gone");
        let settles = |how: fn(&SettleHow) -> bool| {
            batches
                .iter()
                .flat_map(|batch| &batch.settle)
                .any(|settle| settle.queue == Queue::Outbox && how(&settle.how))
        };
        if settles(|how| matches!(how, SettleHow::Renew { .. })) && self.0.renewals.load(Ordering::SeqCst) {
            return Err(gone());
        }
        let fails = |left: usize| left.checked_sub(1);
        if settles(|how| *how == SettleHow::Done)
            && self.0.acks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok()
        {
            if self.0.heard {
                self.0.store.commit(batches)?;
                return Err(StoreError::new(ErrorKind::Ambiguous, "the answer was lost"));
            }
            return Err(gone());
        }
        self.0.store.commit(batches)
    }
}

#[test]
fn s10_3_who_was_paused_does_not_finish_what_another_took() {
    let clock = Arc::new(ManualClock::at(begin()));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let failing = Arc::new(Failing::new(Arc::clone(&store)));
    failing.renewals.store(true, Ordering::SeqCst);
    let engine = engine_on(Arc::new(Around(Through(Arc::clone(&failing)))), &clock, 1);
    set_up(&engine, json!([signal("first"), signal("second")]));
    let (desk, clerk) = desk();
    let runner = engine.start_runner(options(&desk)).expect("threads");
    job(&engine);
    let first = clerk.hears();
    // It sleeps, or its network does, for longer than its lease. Another host takes over.
    clock.advance(TimeDelta::seconds(61));
    runner.wake();
    let other = engine_on(Arc::clone(&store), &clock, 2);
    let taken = other.claim_notifications(None, TimeDelta::hours(1), 10).expect("claimed");
    assert_eq!(
        taken.iter().map(|delivery| (delivery.receipt.notification, delivery.attempts)).collect::<Vec<_>>(),
        [(first, 2)]
    );
    failing.renewals.store(false, Ordering::SeqCst);
    clerk.says(Delivered::Done);
    let status = comes_to(&runner, "it notices", |status| status.notifications.lost == 1);
    assert_eq!(status.notifications.done, 0);
    let waiting = outbox(&engine, QueuedState::Waiting);
    assert_eq!(waiting.len(), 2, "the other host has it, and the next one waits for it");
    assert!(other.acknowledge(&taken[0].receipt).expect("settled"));
    runner.wake();
    let second = clerk.hears();
    assert_ne!(second, first, "it is not delivered once more");
    clerk.says(Delivered::Done);
    comes_to(&runner, "the second is done", |status| status.notifications.done == 1);
    assert_eq!(outbox(&engine, QueuedState::Waiting), []);
}

/// Of many in hand, those that others have taken over meanwhile are left to them.
#[test]
fn s10_3_what_is_lost_before_its_turn_is_not_delivered() {
    let clock = Arc::new(ManualClock::at(begin()));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let failing = Arc::new(Failing::new(Arc::clone(&store)));
    failing.renewals.store(true, Ordering::SeqCst);
    let engine = engine_on(Arc::new(Around(Through(Arc::clone(&failing)))), &clock, 1);
    set_up(&engine, json!([signal("first")]));
    for _ in 0..5 {
        job(&engine);
    }
    let (desk, clerk) = desk();
    let runner = engine.start_runner(options(&desk)).expect("threads");
    clerk.hears();
    clock.advance(TimeDelta::seconds(61));
    let other = engine_on(Arc::clone(&store), &clock, 2);
    assert_eq!(other.claim_notifications(None, TimeDelta::hours(1), 10).expect("claimed").len(), 5);
    clerk.says(Delivered::Done);
    comes_to(&runner, "all are lost", |status| status.notifications.lost == 5);
    assert!(clerk.given.try_recv().is_err(), "only the one in hand was delivered");
    assert!(runner.stop_within(LONG));
}

#[test]
fn s10_1_what_was_delivered_is_acknowledged_when_the_store_comes_back() {
    for (heard, times) in [(false, 3), (true, 1)] {
        let clock = Arc::new(ManualClock::at(begin()));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let failing = Arc::new(Failing { acks: AtomicUsize::new(times), heard, ..Failing::new(Arc::clone(&store)) });
        let engine = engine_on(Arc::new(Around(Through(Arc::clone(&failing)))), &clock, 1);
        set_up(&engine, json!([signal("first")]));
        let (desk, clerk) = desk();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let on_error = Box::new(move |queue, error: &workflow_core::error::Error| {
            listener.lock().expect("no panic").push((queue, error.kind()));
        });
        let runner = engine
            .start_runner(RunnerOptions {
                on_error: Some(on_error),
                longest_pause: Duration::from_millis(1),
                ..options(&desk)
            })
            .expect("threads");
        job(&engine);
        clerk.hears();
        clerk.says(Delivered::Done);
        let status = comes_to(&runner, "it is acknowledged", |status| status.notifications.done == 1);
        assert!(clerk.given.try_recv().is_err(), "it is delivered once");
        assert_eq!(outbox(&engine, QueuedState::Waiting), []);
        let kind = if heard { ErrorKind::Ambiguous } else { ErrorKind::Unavailable };
        assert_eq!(*told.lock().expect("no panic"), vec![(Queue::Outbox, kind); times]);
        assert_eq!(status.notifications.last_error_kind, Some(kind));
    }
}

#[test]
fn s10_2_a_runner_finishes_what_it_holds_and_says_whether_it_did() {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = engine_on(Arc::new(MemoryStore::new()), &clock, 1);
    set_up(&engine, json!([signal("first"), signal("second")]));
    for _ in 0..3 {
        job(&engine);
    }
    let (desk, clerk) = desk();
    let runner = engine.start_runner(options(&desk)).expect("threads");
    let first = clerk.hears();
    assert!(!runner.stop_within(Duration::ZERO), "it holds one");
    assert!(runner.status().stopping);
    let mut heard = vec![first];
    for _ in 0..2 {
        clerk.says(Delivered::Done);
        heard.push(clerk.hears());
        assert!(!runner.stop_within(Duration::ZERO));
    }
    clerk.says(Delivered::Done);
    assert!(runner.stop_within(LONG), "it is through with the three that it held");
    assert!(runner.stop_within(Duration::ZERO), "it has stopped");
    assert_eq!(runner.status().notifications.done, 3);
    assert!(clerk.given.try_recv().is_err(), "it took nothing up any more");
    let left = outbox(&engine, QueuedState::Waiting);
    assert_eq!(left.len(), 3);
    assert!(left.iter().all(|row| row.attempts == 0 && row.leased_until.is_none()));
}

#[test]
fn s10_2_a_runner_that_was_given_up_on_goes_on_finishing_without_anybody_waiting() {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = engine_on(Arc::new(MemoryStore::new()), &clock, 1);
    set_up(&engine, json!([signal("first")]));
    job(&engine);
    let (desk, clerk) = desk();
    let runner = engine.start_runner(options(&desk)).expect("threads");
    clerk.hears();
    assert!(!runner.stop_within(Duration::ZERO));
    // Does not wait: nobody has answered yet.
    drop(runner);
    clerk.says(Delivered::Done);
    eventually("it is acknowledged", || outbox(&engine, QueuedState::Waiting).is_empty());
}

/// Stops the runner that it is called by.
struct Suicidal {
    runner: Mutex<Option<Arc<Runner>>>,
    answered: Mutex<Vec<bool>>,
}

impl Notifier for Suicidal {
    fn deliver(&self, _: &Notification) -> Delivered {
        let runner = self.runner.lock().expect("no panic").take();
        if let Some(runner) = runner {
            self.answered.lock().expect("no panic").push(runner.stop_within(LONG));
            drop(runner);
        }
        Delivered::Done
    }
}

#[test]
fn s10_2_a_runner_stopped_by_its_own_notifier_does_not_wait_for_itself() {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = engine_on(Arc::new(MemoryStore::new()), &clock, 1);
    set_up(&engine, json!([signal("first")]));
    let notifier = Arc::new(Suicidal { runner: Mutex::new(None), answered: Mutex::default() });
    let options = RunnerOptions { notifier: Some(Arc::clone(&notifier) as _), ..RunnerOptions::default() };
    *notifier.runner.lock().expect("no panic") = Some(Arc::new(engine.start_runner(options).expect("threads")));
    job(&engine);
    eventually("it is delivered", || outbox(&engine, QueuedState::Waiting).is_empty());
    assert_eq!(*notifier.answered.lock().expect("no panic"), [false]);
}

/// A store whose outbox cannot be claimed from.
struct NoOutbox {
    store: MemoryStore,
    down: AtomicBool,
    asked: AtomicUsize,
}

struct Outage(Arc<NoOutbox>);

impl Transact for Outage {
    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        if claim.queue == Queue::Outbox {
            self.0.asked.fetch_add(1, Ordering::SeqCst);
            if self.0.down.load(Ordering::SeqCst) {
                return Err(StoreError::new(ErrorKind::Busy, "the outbox is locked"));
            }
        }
        self.0.store.claim(claim)
    }
    fn capabilities(&self) -> workflow_core::store::Capabilities {
        self.0.store.capabilities()
    }
    fn get(
        &self,
        firm: FirmId,
        ids: &[workflow_core::store::DocId],
    ) -> Result<Vec<Option<workflow_core::store::Record>>, StoreError> {
        self.0.store.get(firm, ids)
    }
    fn scan(
        &self,
        firm: FirmId,
        scan: &workflow_core::store::Scan,
    ) -> Result<Vec<workflow_core::store::Hit>, StoreError> {
        self.0.store.scan(firm, scan)
    }
    fn count(&self, firm: FirmId, scan: &workflow_core::store::Scan) -> Result<usize, StoreError> {
        self.0.store.count(firm, scan)
    }
    fn tallies(
        &self,
        firm: FirmId,
        pipeline: &workflow_core::id::PipelineKey,
    ) -> Result<Vec<(workflow_core::id::StageKey, workflow_core::store::StageTally)>, StoreError> {
        self.0.store.tallies(firm, pipeline)
    }
    fn log(
        &self,
        firm: FirmId,
        scan: &workflow_core::store::LogScan,
    ) -> Result<Vec<workflow_core::store::Logged>, StoreError> {
        self.0.store.log(firm, scan)
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.0.store.commit(batches)
    }
    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.0.store.next_due(queue, firm)
    }
    fn queued(&self, scan: &workflow_core::store::QueueScan) -> Result<Vec<Waiting>, StoreError> {
        self.0.store.queued(scan)
    }
}

#[test]
fn s10_2_a_failure_of_one_kind_of_work_pauses_that_kind_and_no_other() {
    let clock = Arc::new(ManualClock::at(begin()));
    let (down, asked) = (AtomicBool::new(true), AtomicUsize::new(0));
    let outage = Arc::new(NoOutbox { store: MemoryStore::new(), down, asked });
    let engine = engine_on(Arc::new(Outage(Arc::clone(&outage))), &clock, 1);
    set_up(&engine, json!([signal("first"), { "wait": { "for": "1 hour" } }, { "add_job_tags": ["late"] }]));
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let (desk, clerk) = desk();
    let runner = engine
        .start_runner(RunnerOptions {
            longest_pause: Duration::from_secs(3_600),
            on_error: Some(Box::new(move |queue, error: &workflow_core::error::Error| {
                listener.lock().expect("no panic").push((queue, error.to_string()));
                panic!("whoever listens may panic");
            })),
            ..options(&desk)
        })
        .expect("threads");
    // Every command rings the alarm. A pause is not cut short by it.
    for _ in 0..300 {
        job(&engine);
    }
    clock.advance(TimeDelta::hours(1));
    runner.wake();
    comes_to(&runner, "timers go on", |status| status.timers.done == 300);
    let status = comes_to(&runner, "the outbox fails", |status| status.notifications.failing > 0);
    assert!(!status.idle && status.timers.failing == 0 && status.timers.last_error.is_none());
    assert_eq!(status.notifications.last_error.as_deref(), Some("the outbox is locked"));
    assert_eq!(status.notifications.last_error_kind, Some(ErrorKind::Busy));
    let asked = outage.asked.load(Ordering::SeqCst);
    assert!(asked < 30, "it was asked {asked} times: each pause is twice the one before");
    assert!(
        told.lock().expect("no panic").iter().all(|told| *told == (Queue::Outbox, "the outbox is locked".to_owned()))
    );
    outage.down.store(false, Ordering::SeqCst);
    // A pause ends when somebody says that things may be better.
    runner.wake();
    clerk.hears();
    assert_eq!(runner.status().notifications.failing, 0);
    (0..300).for_each(|_| clerk.says(Delivered::Done));
    comes_to(&runner, "all is delivered", |status| status.notifications.done == 300 && status.idle);
}

/// Notes what it delivers, per job.
#[derive(Default)]
struct Book(Mutex<BTreeMap<JobId, Vec<(String, NotificationId)>>>);

impl Notifier for Book {
    fn deliver(&self, notification: &Notification) -> Delivered {
        let Intent::Signal { name, .. } = &notification.intent else { panic!("a signal") };
        let mut book = self.0.lock().expect("no panic");
        book.entry(notification.job.expect("a job")).or_default().push((name.to_string(), notification.id));
        Delivered::Done
    }
}

#[test]
fn s10_1_order_per_job_is_kept_by_many_workers_of_many_hosts() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || {
        let options =
            SqliteOptions { durability: workflow_core::store::Durability::Process, ..SqliteOptions::default() };
        Arc::new(SqliteStore::open(folder.path().join("firm.db"), options).expect("opened")) as Arc<dyn Store>
    };
    let clock = Arc::new(ManualClock::at(begin()));
    let names: Vec<String> = (0..6).map(|number| format!("signal-{number}")).collect();
    let engines: Vec<Engine> = (0..3).map(|number| engine_on(open(), &clock, 1 + number)).collect();
    set_up(&engines[0], names.iter().map(|name| signal(name)).collect());
    let book = Arc::new(Book::default());
    let start = |engine: &Engine| {
        let notifier: Arc<dyn Notifier + Send + Sync> = Arc::clone(&book) as _;
        let longest_sleep = Duration::from_millis(20);
        let options = RunnerOptions {
            workers: 4,
            in_hand: 3,
            notifier: Some(notifier),
            longest_sleep,
            ..RunnerOptions::default()
        };
        engine.start_runner(options).expect("threads")
    };
    let runners: Vec<Runner> = engines.iter().map(start).collect();
    let jobs: Vec<JobId> = (0..30).map(|number| job(&engines[number % 3])).collect();
    eventually("all is delivered", || outbox(&engines[0], QueuedState::Waiting).is_empty());
    let done: u64 = runners.iter().map(|runner| runner.status().notifications.done).sum();
    for runner in runners {
        assert!(runner.stop_within(LONG));
    }
    assert!(done <= 180);
    let book = book.0.lock().expect("no panic");
    assert_eq!(book.len(), jobs.len());
    for (job, heard) in book.iter() {
        assert_eq!(heard.iter().map(|(name, _)| name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>(), "{job}");
    }
}

#[test]
fn s10_2_a_runner_that_has_nothing_to_do_asks_the_store_nothing() {
    let clock = Arc::new(ManualClock::at(begin()));
    let (down, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let outage = Arc::new(NoOutbox { store: MemoryStore::new(), down, asked });
    let engine = engine_on(Arc::new(Outage(Arc::clone(&outage))), &clock, 1);
    set_up(&engine, json!([signal("first")]));
    let (desk, clerk) = desk();
    let runner = engine.start_runner(RunnerOptions { workers: 16, ..options(&desk) }).expect("threads");
    comes_to(&runner, "it sleeps", |status| status.idle);
    let before = outage.asked.load(Ordering::SeqCst);
    assert!(before <= 2, "sixteen threads begin, and one looks: {before}");
    // Commands that leave nothing to do wake nobody up.
    for number in 0..50 {
        run(&engine, json!({ "save_account": { "id": account(), "name": format!("Jane {number}") } }));
    }
    assert_eq!(outage.asked.load(Ordering::SeqCst), before);
    // One that does wakes one of them, which looks until there is nothing more.
    let looked = || outage.asked.load(Ordering::SeqCst) - before;
    job(&engine);
    clerk.hears();
    clerk.says(Delivered::Done);
    comes_to(&runner, "it sleeps again", |status| status.idle && status.notifications.done == 1);
    assert!(looked() <= 8, "it looked {} times", looked());
    assert!(runner.stop_within(LONG));
}
