//! Many commands on a store that commits some while the next are decided.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use workflow_core::command::{Command, MoveJob, NewJob, Request};
use workflow_core::engine::{Engine, Outcome};
use workflow_core::error::{Error, ErrorKind, StoreError};
use workflow_core::event::{Actor, Event};
use workflow_core::id::{EntryId, FirmId, JobId};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, Found, LogBy, LogScan, Read, Ready, Transact};
use workflow_suites::around::{Around, Hand};

use crate::kit::{account, command, firm, key};

/// What happens to a commit of several batches.
#[derive(Clone, Copy, PartialEq)]
enum Mishap {
    None,
    /// Somebody else changes one of its jobs before it.
    Foreign,
    /// It fails, and nothing is written.
    Fails,
    /// It is made, and its answer is lost.
    LosesAnswer,
    /// It is made, and half of the answers are missing, which no store should do.
    AnswersLess,
    Panics,
}

/// A store whose commits are slow, and made aside from the eighth batch on.
struct Slow {
    store: Arc<MemoryStore>,
    least: Option<NonZeroUsize>,
    /// Commits of several batches so far, and what happens to the second of them.
    commits: AtomicUsize,
    mishap: Mutex<Mishap>,
    threads: Mutex<BTreeSet<String>>,
    /// The threads that made batches ready.
    readied: Mutex<BTreeSet<String>>,
    /// Batches committed so far, and how many of them a look at the stages' counts waits for.
    made: AtomicUsize,
    looks_after: AtomicUsize,
}

fn entries_of(batches: &[Batch]) -> Vec<EntryId> {
    batches.iter().flat_map(|batch| &batch.entries).map(|entry| entry.id).collect()
}

fn thread(id: ThreadId) -> String {
    format!("{id:?}")
}

impl Hand for Slow {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }
    fn commits_aside(&self) -> Option<NonZeroUsize> {
        self.least
    }
    fn read(&self, firm: FirmId, reads: &[Read]) -> Result<Vec<Found>, StoreError> {
        let patience = Instant::now() + Duration::from_millis(500);
        let looks_after = self.looks_after.load(Ordering::SeqCst);
        while reads.iter().any(|read| matches!(read, Read::Tallies(_)))
            && self.made.load(Ordering::SeqCst) < looks_after
            && Instant::now() < patience
        {
            std::thread::yield_now();
        }
        self.store.read(firm, reads)
    }
    fn make_ready(&self, batches: Vec<Batch>) -> Ready {
        self.readied.lock().unwrap().insert(thread(std::thread::current().id()));
        let entries = entries_of(&batches);
        Ready { batches, made: Some(Box::new(entries)) }
    }
    fn commit_ready(&self, ready: &Ready) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let made: &Vec<EntryId> = ready.made.as_ref().and_then(|made| made.downcast_ref()).expect("what was made");
        assert_eq!(*made, entries_of(&ready.batches), "made of these very batches");
        self.commit(&ready.batches)
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let answers = self.make(batches)?;
        self.made.fetch_add(batches.len(), Ordering::SeqCst);
        Ok(answers)
    }
}

impl Slow {
    fn make(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        if batches.len() < 2 {
            return self.store.commit(batches);
        }
        self.threads.lock().unwrap().insert(thread(std::thread::current().id()));
        std::thread::sleep(Duration::from_millis(2));
        let mishap = match self.commits.fetch_add(1, Ordering::SeqCst) {
            1 => std::mem::replace(&mut *self.mishap.lock().unwrap(), Mishap::None),
            _ => Mishap::None,
        };
        match mishap {
            Mishap::None => self.store.commit(batches),
            Mishap::Foreign => {
                let job = batches.iter().flat_map(|batch| &batch.entries).find_map(|entry| entry.job).expect("a job");
                let tag = command(json!({ "tag_job": { "job": job, "add": ["urgent"] } }));
                let other = Engine::new(Arc::clone(&self.store) as _);
                other.execute(&Request::new(firm(), Actor::system("another host"), tag)).expect("tagged");
                let answers = self.store.commit(batches)?;
                assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1, "one conflicts");
                Ok(answers)
            }
            Mishap::Fails => Err(StoreError::new(ErrorKind::Unavailable, "the store is away")),
            Mishap::LosesAnswer => {
                self.store.commit(batches)?;
                Err(StoreError::new(ErrorKind::Ambiguous, "the answer was lost"))
            }
            Mishap::AnswersLess => {
                let mut answers = self.store.commit(batches)?;
                answers.truncate(batches.len() / 2);
                Ok(answers)
            }
            Mishap::Panics => panic!("a bug in the store"),
        }
    }
}

struct Firm {
    engine: Engine,
    store: Arc<Around<Slow>>,
}

fn job(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(0x10_0000 + number))
}

fn create(number: u128) -> Command {
    let mut new = NewJob::new(account(1), key("p"));
    new.id = Some(job(number));
    Command::CreateJob(Box::new(new))
}

fn move_to(number: u128, stage: &str) -> Command {
    Command::MoveJob(MoveJob::to(job(number), key(stage)))
}

impl Firm {
    /// A firm with jobs 1 to `jobs` in the first stage.
    fn with(jobs: u128, stages: Value, least: usize) -> Self {
        let store = Arc::new(Around(Slow {
            store: Arc::new(MemoryStore::new()),
            least: NonZeroUsize::new(least),
            commits: AtomicUsize::new(0),
            mishap: Mutex::new(Mishap::None),
            threads: Mutex::default(),
            readied: Mutex::default(),
            made: AtomicUsize::new(0),
            looks_after: AtomicUsize::new(0),
        }));
        let firm = Self { engine: Engine::new(Arc::clone(&store) as _), store };
        let definition = json!({ "key": "p", "name": "P", "stages": stages });
        for setup in [
            json!({ "save_firm": { "name": "Ledger & Sons" } }),
            json!({ "save_account": { "id": account(1), "name": "Jane Doe" } }),
            json!({ "publish_pipeline": { "definition": definition } }),
        ] {
            firm.engine.execute(&firm.request(command(setup))).expect("a firm that can be set up");
        }
        let created = firm.many((1..=jobs).map(create));
        assert!(created.iter().all(Result::is_ok), "{created:?}");
        firm.store.0.commits.store(0, Ordering::SeqCst);
        firm.store.0.threads.lock().unwrap().clear();
        firm.store.0.readied.lock().unwrap().clear();
        firm
    }

    fn request(&self, command: Command) -> Request {
        Request::new(firm(), Actor::system("host"), command)
    }

    fn many(&self, commands: impl Iterator<Item = Command>) -> Vec<Result<Outcome, Error>> {
        self.engine.execute_many(&commands.map(|command| self.request(command)).collect::<Vec<_>>())
    }

    fn column(&self, stage: &str) -> u64 {
        let queries = self.engine.query(firm(), Actor::system("host")).expect("queries");
        let board = queries.board(&key("p"), 1).expect("a board");
        board.columns.iter().find(|column| column.stage == key(stage)).expect("a column").jobs
    }

    /// Every job has moved once, and the log and the records say the same.
    #[track_caller]
    fn all_moved_once(&self, jobs: u128, answers: &[Result<Outcome, Error>]) {
        for (number, answer) in (1..=jobs).zip(answers) {
            let outcome = answer.as_ref().unwrap_or_else(|error| panic!("job {number}: {error}"));
            assert!(outcome.position.is_some(), "job {number}");
            let scan = LogScan::new(LogBy::Job(job(number)), 10);
            let entries = self.store.log(firm(), &scan).expect("readable");
            let moved = entries.iter().filter(|logged| &*logged.entry.command == "move_job").count();
            assert_eq!(moved, 1, "job {number}");
        }
        assert_eq!(answers.len() as u128, jobs);
        assert_eq!(u128::from(self.column("b")), jobs);
        assert_eq!(self.engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
    }
}

fn two() -> Value {
    json!([{ "key": "a", "name": "A" }, { "key": "b", "name": "B" }])
}

const JOBS: u128 = 300;

#[test]
fn s6_6_what_is_decided_is_committed_while_more_is_decided() {
    let firm = Firm::with(JOBS, two(), 8);
    let answers = firm.many((1..=JOBS).map(|number| move_to(number, "b")));
    firm.all_moved_once(JOBS, &answers);
    let threads = firm.store.0.threads.lock().unwrap().clone();
    assert!(firm.store.0.commits.load(Ordering::SeqCst) > 1, "in several commits");
    assert!(!threads.contains(&thread(std::thread::current().id())), "{threads:?}");
    let positions: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().position).collect();
    assert!(positions.is_sorted(), "in the order of the commands");
    let own = [thread(std::thread::current().id())].into();
    assert_eq!(*firm.store.0.readied.lock().unwrap(), own, "made ready by who decides");
}

#[test]
fn s6_6_a_store_that_does_not_ask_for_it_is_committed_to_by_the_caller() {
    let firm = Firm::with(JOBS, two(), 0);
    let answers = firm.many((1..=JOBS).map(|number| move_to(number, "b")));
    firm.all_moved_once(JOBS, &answers);
    let threads = firm.store.0.threads.lock().unwrap().clone();
    assert_eq!(threads, [thread(std::thread::current().id())].into());
    assert_eq!(firm.store.0.commits.load(Ordering::SeqCst), 1, "all in one commit");
    assert!(firm.store.0.readied.lock().unwrap().is_empty(), "nothing is made ready in vain");
}

#[test]
fn s3_2_a_stage_is_counted_right_while_what_fills_it_is_committed() {
    let limit = json!({ "max": 200, "mode": "refuse" });
    let stages = json!([{ "key": "a", "name": "A" }, { "key": "b", "name": "B", "wip_limit": limit }]);
    for least in [0, 1, 8, 64] {
        let firm = Firm::with(JOBS, stages.clone(), least);
        // The first moves go elsewhere, so that some are committed before the stage is first looked at.
        let aside = (1..=60).map(|number| {
            command(json!({ "comment_job": { "job": job(number), "text": "There will be room for some." } }))
        });
        let answers = firm.many(aside.chain((1..=JOBS).map(|number| move_to(number, "b"))));
        let let_in: Vec<bool> = answers.iter().skip(60).map(Result::is_ok).collect();
        let expected: Vec<bool> = (1..=JOBS).map(|number| number <= 200).collect();
        assert_eq!(let_in, expected, "aside from {least} on");
        assert_eq!(firm.column("b"), 200);
        let out = (1..=50).map(|number| move_to(number, "a"));
        let answers = firm.many(out.chain((201..=JOBS).map(|number| move_to(number, "b"))));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 100, "fifty leave, fifty come in");
        assert_eq!(firm.column("b"), 200);
        assert_eq!(firm.engine.verify(self::firm()).expect("readable").differences, Vec::<String>::new());
    }
}

#[test]
fn s3_2_what_left_a_stage_counts_once_whether_it_is_committed_or_not() {
    let limit = json!({ "max": 200, "mode": "warn" });
    let stages = json!([{ "key": "a", "name": "A" }, { "key": "b", "name": "B", "wip_limit": limit }]);
    for least in [0, 1, 8, 60] {
        let firm = Firm::with(JOBS, stages.clone(), least);
        assert!(firm.many((1..=250).map(|number| move_to(number, "b"))).iter().all(Result::is_ok));
        // Of 250 in the stage sixty leave, and then twenty come: ten find room. The store is asked how
        // many there are when it has committed some of those who left.
        let some = firm.store.0.made.load(Ordering::SeqCst) + least.min(50);
        firm.store.0.looks_after.store(some, Ordering::SeqCst);
        let leave = (1..=60).map(|number| move_to(number, "a"));
        let answers = firm.many(leave.chain((251..=270).map(|number| move_to(number, "b"))));
        let warned = |answer: &Result<Outcome, Error>| {
            let outcome = answer.as_ref().expect("moved");
            outcome.events().iter().any(|recorded| matches!(recorded.event, Event::AttentionRaised { .. }))
        };
        let warned: Vec<bool> = answers.iter().skip(60).map(warned).collect();
        let expected: Vec<bool> = (1..=20).map(|place| place > 10).collect();
        assert_eq!(warned, expected, "aside from {least} on");
        assert_eq!(firm.column("b"), 210);
    }
}

#[test]
fn s10_3_a_commit_that_conflicts_or_fails_among_others_is_made_up_for() {
    for mishap in [Mishap::Foreign, Mishap::Fails, Mishap::LosesAnswer] {
        let firm = Firm::with(JOBS, two(), 8);
        *firm.store.0.mishap.lock().unwrap() = mishap;
        let answers = firm.many((1..=JOBS).map(|number| move_to(number, "b")));
        assert!(*firm.store.0.mishap.lock().unwrap() == Mishap::None, "it happened");
        firm.all_moved_once(JOBS, &answers);
    }
}

#[test]
fn s10_3_no_command_is_answered_with_what_became_of_another() {
    let firm = Firm::with(JOBS, two(), 8);
    *firm.store.0.mishap.lock().unwrap() = Mishap::AnswersLess;
    // Every third job goes nowhere: its answer tells itself from its neighbours'.
    let stage = |number: u128| if number.is_multiple_of(3) { "nowhere" } else { "b" };
    let answers = firm.many((1..=JOBS).map(|number| move_to(number, stage(number))));
    for (number, answer) in (1..=JOBS).zip(answers) {
        match answer {
            Ok(outcome) => {
                let scan = LogScan::new(LogBy::Job(job(number)), 10);
                let own = firm.store.log(self::firm(), &scan).expect("readable");
                // Those that were not answered had been done by the time they were tried again.
                let found = outcome.position.map(|position| own.iter().any(|logged| logged.position == position));
                assert_ne!(found, Some(false), "{number}: another's place in the log");
                assert_ne!(stage(number), "nowhere");
            }
            Err(error) => assert_eq!((error.kind(), stage(number)), (ErrorKind::NotFound, "nowhere")),
        }
    }
    assert_eq!(firm.column("b"), 200);
}

#[test]
fn s12_2_a_store_that_panics_aside_panics_and_nobody_waits_for_ever() {
    let firm = Firm::with(JOBS, two(), 8);
    *firm.store.0.mishap.lock().unwrap() = Mishap::Panics;
    let moving = AssertUnwindSafe(|| firm.many((1..=JOBS).map(|number| move_to(number, "b"))));
    assert!(catch_unwind(moving).is_err());
    // What was acknowledged to nobody may have happened or not; all of it can be done now.
    let left = (1..=JOBS).map(|number| move_to(number, "b"));
    assert!(firm.many(left).iter().all(Result::is_ok));
    assert_eq!(u128::from(firm.column("b")), JOBS);
    assert_eq!(firm.engine.verify(self::firm()).expect("readable").differences, Vec::<String>::new());
}
