//! The ledger of series (9.4): a simulated decade, processes that die, and hosts that race.
//!
//! `make decade` runs the whole decade, built for speed; here it is smaller.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Engine, ManualClock, Outcome};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, FirmId, SeriesId};
use workflow_core::model::OccurrenceOutcome;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{
    Batch, Cell, Committed, Conflict, Document, IndexName, Queue, QueuedState, Scan, Store, Transact,
};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::around::{Around, Hand};

fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number))
}

fn begin() -> DateTime<Utc> {
    "2026-01-01T06:00:00Z".parse().expect("an instant")
}

#[track_caller]
fn run(engine: &Engine, written: Value) -> Outcome {
    let command: Command = serde_json::from_value(written).expect("a command");
    engine.execute(&Request::new(firm(), Actor::system("host"), command)).expect("a command that works")
}

/// A firm with a pipeline and so many accounts, and three series for all of them: two by name, one
/// by tag.
fn set_up(engine: &Engine, accounts: u128, catch_up: &str) -> Vec<SeriesId> {
    run(engine, json!({ "save_firm": { "name": "Ledger & Sons", "time_zone": "America/New_York" } }));
    for number in 0..accounts {
        run(engine, json!({ "save_account": { "id": account(number), "name": format!("Account {number:04}") } }));
        run(engine, json!({ "tag_account": { "account": account(number), "add": ["annual"] } }));
    }
    run(
        engine,
        json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P",
        "stages": [{ "key": "one" }, { "key": "two" }] } } }),
    );
    let all: Vec<AccountId> = (0..accounts).map(account).collect();
    let audiences = [json!({ "accounts": all }), json!({ "accounts": all }), json!({ "tags": ["annual"] })];
    let presets = [
        json!({ "monthly": { "day": 10 } }),
        json!({ "quarterly": { "month": 1, "day": "last" } }),
        json!({ "annual": { "month": 4, "day": 15 } }),
    ];
    let create = |(preset, audience)| create(engine, preset, audience, catch_up);
    presets.into_iter().zip(audiences).map(create).collect()
}

fn create(engine: &Engine, preset: Value, audience: Value, catch_up: &str) -> SeriesId {
    let name = "{{ account.name }} {{ period.year }}-{{ period.month }}";
    let schedule = json!({ "preset": preset, "start": "2026-01-01", "adjust": "following", "covers": "previous" });
    let series = json!({ "name": "Work", "makes": { "job": { "pipeline": "p", "name": name } }, "for": audience,
        "schedule": schedule, "catch_up": catch_up, "lead": "10 days" });
    run(engine, json!({ "create_series": series })).series().expect("a series")
}

/// Beside those, a series for each account alone.
fn set_up_all(engine: &Engine, accounts: u128) -> Vec<SeriesId> {
    let mut series = set_up(engine, accounts, "all");
    let own = (0..accounts).map(|number| json!({ "accounts": [account(number)] }));
    series.extend(own.map(|audience| create(engine, json!({ "monthly": { "day": 20 } }), audience, "all")));
    series
}

/// What is known of one line of the ledger, whatever identifiers the run made.
type Line = (SeriesId, AccountId, String);

/// The ledger of all accounts: every line once, and every job that it names, with no other jobs.
fn ledger(engine: &Engine, series: &[SeriesId]) -> BTreeSet<Line> {
    let mut lines = BTreeSet::new();
    let mut jobs = BTreeSet::new();
    for id in series {
        each(engine, IndexName::SeriesLedger, vec![Cell::Uuid(id.0)], |document| {
            let Document::Occurrence(line) = document else { panic!("a line of the ledger") };
            let OccurrenceOutcome::Job(job) = line.outcome else { panic!("not made: {line:?}") };
            assert!(jobs.insert(job), "a job of two periods");
            let line = (line.id.series, line.id.account.expect("of an account"), line.id.period.to_string());
            assert!(lines.insert(line), "a period twice");
        });
    }
    let mut found = 0;
    each(engine, IndexName::Jobs, vec![Cell::Int(0)], |document| {
        let Document::Job(job) = document else { panic!("a job") };
        assert!(jobs.contains(&job.id), "a job that the ledger does not know: {job:?}");
        let line = (job.series.expect("a series"), job.account, job.period.as_ref().expect("a period").to_string());
        assert!(lines.contains(&line), "a job of another period: {line:?}");
        found += 1;
    });
    assert_eq!(found, jobs.len(), "jobs and lines of the ledger");
    lines
}

fn each(engine: &Engine, index: IndexName, partition: Vec<Cell>, mut see: impl FnMut(&Document)) {
    let mut scan = Scan::all(index, partition, 1_000);
    loop {
        let hits = engine.store().scan(firm(), &scan).expect("readable");
        hits.iter().for_each(|hit| see(&hit.record.document));
        scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
        if hits.len() < scan.limit {
            return;
        }
    }
}

/// Lets time pass from one thing that is due to the next.
fn live(engine: &Engine, clock: &ManualClock, until: DateTime<Utc>) {
    loop {
        let ticked = engine.tick(engine.now(), 1_000).expect("a store that works");
        assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
        match ticked.next.filter(|next| *next <= until) {
            Some(next) => clock.advance((next - engine.now()).max(TimeDelta::zero())),
            None => break,
        }
    }
}

fn settled(engine: &Engine) {
    while engine.run_follow_ups(1_000).expect("works") > 0 {}
    for state in [QueuedState::Waiting, QueuedState::Dead] {
        let left = engine.queued(Queue::FollowUps, firm(), state, None, 10).expect("readable");
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn s9_4_a_decade_makes_every_period_of_every_account_once() {
    let accounts: u128 = 500;
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::deterministic(Arc::new(MemoryStore::new()), Arc::clone(&clock) as _, 7);
    let series = set_up(&engine, accounts, "all");
    let begun = Instant::now();
    // The last turns of the decade: those of work that is on a day of its last year.
    live(&engine, &clock, "2035-12-22T00:00:00Z".parse().expect("an instant"));
    let passed = begun.elapsed();
    settled(&engine);
    let lines = ledger(&engine, &series);
    println!("{} jobs of {accounts} accounts in {passed:.1?}", lines.len());
    let mut periods: BTreeMap<(SeriesId, AccountId), usize> = BTreeMap::new();
    lines.iter().for_each(|(series, account, _)| *periods.entry((*series, *account)).or_default() += 1);
    for number in 0..accounts {
        let counts: Vec<usize> = series.iter().map(|id| periods[&(*id, account(number))]).collect();
        assert_eq!(counts, [120, 40, 10]);
    }
    let found = engine.verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
}

/// A store that dies at one of its commits: before it happens, or after, so that nobody knows.
struct Dying {
    store: Arc<dyn Store>,
    left: AtomicUsize,
    after: bool,
    dead: Arc<AtomicBool>,
}

impl Hand for Dying {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let gone = || Err(StoreError::new(ErrorKind::Unavailable, "the process has died"));
        if self.dead.load(Ordering::SeqCst) {
            return gone();
        }
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return self.store.commit(batches);
        }
        self.dead.store(true, Ordering::SeqCst);
        if self.after {
            drop(self.store.commit(batches));
        }
        gone()
    }
}

/// Lives so many lives, each killed at a commit, through the time that a decade's ledger takes; the
/// last one lives on.
fn survives(store: Arc<dyn Store>, accounts: u128, deaths: &[(usize, bool)], until: DateTime<Utc>) -> BTreeSet<Line> {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::deterministic(Arc::clone(&store), Arc::clone(&clock) as _, 1);
    let series = set_up_all(&engine, accounts);
    let mut killed = 0;
    for (life, (left, after)) in deaths.iter().enumerate() {
        let dead = Arc::new(AtomicBool::new(false));
        let dying =
            Dying { store: Arc::clone(&store), left: AtomicUsize::new(*left), after: *after, dead: Arc::clone(&dead) };
        let seed = 100 + life as u64;
        let host = Engine::deterministic(Arc::new(Around(dying)) as _, Arc::clone(&clock) as _, seed);
        // It goes about its business until it dies.
        loop {
            let Ok(ticked) = host.tick(host.now(), 1_000) else { break };
            if host.run_follow_ups(1_000).is_err() || !ticked.failures.is_empty() {
                break;
            }
            match ticked.next.filter(|next| *next <= until) {
                Some(next) => clock.advance((next - host.now()).max(TimeDelta::seconds(1))),
                None => break,
            }
        }
        // A minute later the leases of the dead have run out.
        clock.advance(TimeDelta::seconds(61));
        killed += usize::from(dead.load(Ordering::SeqCst));
    }
    if deaths.len() >= 50 {
        assert!(killed >= 45, "{killed} of {} were killed at work", deaths.len());
    }
    loop {
        let ticked = engine.tick(engine.now(), 1_000).expect("works");
        while engine.run_follow_ups(1_000).expect("works") > 0 {}
        match ticked.next.filter(|next| *next <= until) {
            Some(next) => clock.advance((next - engine.now()).max(TimeDelta::seconds(1))),
            None => break,
        }
    }
    clock.advance(TimeDelta::hours(2));
    while engine.run_follow_ups(1_000).expect("works") > 0 {}
    settled(&engine);
    let found = engine.verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
    // The series' identifiers are those of the engine that made them, the same in every run.
    ledger(&engine, &series)
}

fn some_years() -> DateTime<Utc> {
    "2028-01-05T00:00:00Z".parse().expect("an instant")
}

/// Numbers that look random and are the same in every run.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |last| {
        let mut next = last ^ (last << 13);
        next ^= next >> 7;
        Some(next ^ (next << 17))
    })
}

#[test]
fn s9_4_fifty_deaths_leave_the_ledger_of_a_quiet_life() {
    let quiet = survives(Arc::new(MemoryStore::new()), 7, &[], some_years());
    assert_eq!(quiet.len(), 7 * (25 + 8 + 2 + 24), "{} lines", quiet.len());
    let deaths: Vec<(usize, bool)> = numbers(0x2545_f491_4f6c_dd1d)
        .take(50)
        .map(|number| (usize::try_from(number % 7).expect("small"), number & 64 == 0))
        .collect();
    assert_eq!(survives(Arc::new(MemoryStore::new()), 7, &deaths, some_years()), quiet);
}

#[test]
fn s9_4_deaths_on_sqlite_leave_the_ledger_of_a_quiet_life() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("firm.db"), SqliteOptions::default()).expect("opened");
    let until = "2026-06-01T00:00:00Z".parse().expect("an instant");
    let quiet = survives(Arc::new(MemoryStore::new()), 3, &[], until);
    let deaths: Vec<(usize, bool)> =
        numbers(7).take(10).map(|number| (usize::try_from(number % 6).expect("small"), number & 64 == 0)).collect();
    assert_eq!(survives(Arc::new(store), 3, &deaths, until), quiet);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However often and wherever processes die, the ledger is that of one that never did.
    #[test]
    fn s9_4_deaths_anywhere_leave_the_ledger_as_it_is_without(
        deaths in prop::collection::vec((0usize..12, any::<bool>()), 0..12),
        accounts in 1u128..5,
    ) {
        let until = "2026-09-01T00:00:00Z".parse().expect("an instant");
        let quiet = survives(Arc::new(MemoryStore::new()), accounts, &[], until);
        prop_assert_eq!(survives(Arc::new(MemoryStore::new()), accounts, &deaths, until), quiet);
    }
}

/// Engines on one store, which all tick at once until nothing is due.
fn race(stores: Vec<Arc<dyn Store>>, accounts: u128) {
    let clock = Arc::new(ManualClock::at(begin()));
    let first = Engine::deterministic(Arc::clone(&stores[0]), Arc::clone(&clock) as _, 1);
    let series = set_up_all(&first, accounts);
    clock.advance(TimeDelta::days(800));
    let barrier = Barrier::new(stores.len());
    std::thread::scope(|scope| {
        for (number, store) in stores.iter().enumerate() {
            let (clock, barrier) = (Arc::clone(&clock), &barrier);
            let engine = Engine::deterministic(Arc::clone(store), clock as _, 100 + number as u64);
            scope.spawn(move || {
                barrier.wait();
                for _ in 0..200 {
                    let ticked = engine.tick(engine.now(), 5).expect("works");
                    engine.run_follow_ups(5).expect("works");
                    if ticked.outcomes.is_empty() && ticked.next.is_none_or(|next| next > engine.now()) {
                        break;
                    }
                }
            });
        }
    });
    // Whatever a host was holding when the others had finished.
    clock.advance(TimeDelta::hours(2));
    while first.tick(first.now(), 1_000).expect("works").next.is_some_and(|next| next <= first.now()) {}
    settled(&first);
    let lines = ledger(&first, &series);
    // By March 11, 2028 plus ten days of lead: 27 months, 9 quarters and 2 years, and 27 months again.
    assert_eq!(lines.len(), usize::try_from(accounts).expect("few") * (27 + 9 + 2 + 27));
    let found = first.verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
}

#[test]
fn s9_4_hosts_that_race_make_every_period_once() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    race(vec![store; 4], 5);
}

#[test]
fn s9_4_hosts_that_race_on_one_file_make_every_period_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(folder.path().join("firm.db"), SqliteOptions::default()).expect("opened"))
    };
    race(vec![open(), open()], 2);
}

#[test]
fn s10_2_a_clock_that_jumps_a_decade_makes_the_latest_alone() {
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::deterministic(Arc::new(MemoryStore::new()), Arc::clone(&clock) as _, 7);
    let series = set_up(&engine, 3, "latest");
    clock.advance(TimeDelta::days(3_700));
    live(&engine, &clock, engine.now());
    settled(&engine);
    let lines = ledger(&engine, &series);
    assert_eq!(lines.len(), 3 * 3, "{lines:?}");
    // Back again, and nothing comes twice.
    for days in [10, 3_650, 200] {
        engine.tick(begin() + TimeDelta::days(days), 1_000).expect("works");
    }
    assert_eq!(ledger(&engine, &series), lines);
}

#[test]
fn s9_4_many_series_advance_a_period_at_once() {
    let whole = std::env::var_os("WORKFLOW_DECADE").is_some();
    let count = if whole { 10_000 } else { 300 };
    let clock = Arc::new(ManualClock::at(begin()));
    let engine = Engine::deterministic(Arc::new(MemoryStore::new()), Arc::clone(&clock) as _, 7);
    let mut recurring = workflow_suites::recurring::Recurring::new(engine, count).expect("set up");
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(recurring.advance().expect("works"), count);
        println!("{count} series advanced one period in {:.1?}", begun.elapsed());
    }
    let jobs = Scan::all(IndexName::Jobs, vec![Cell::Int(0)], 1_000_000);
    assert_eq!(recurring.engine.store().count(recurring.firm, &jobs).expect("readable"), 2 * count);
}
