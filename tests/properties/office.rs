//! A firm on a store, worked on by a sequence.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use workflow_core::command::Request;
use workflow_core::definition::TemplateKind;
use workflow_core::engine::{Engine, ManualClock, Outcome};
use workflow_core::error::{Error, Problem, StoreError};
use workflow_core::event::{Entry, Recorded};
use workflow_core::id::{IdempotencyKey, JobId, PipelineKey};
use workflow_core::model::{Job, PipelineHead, Task};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{
    Batch, Committed, Conflict, DocId, Document, LogPosition, Logged, Queue, QueuedState, Record, StageTally, Store,
    Transact, Waiting,
};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_suites::around::{Around, Hand};

use crate::draw::Step;
use crate::firm::{account, firm, member, setup};
use crate::view::View;

/// A firm with its engine, on a clock that moves with the sequence.
pub(crate) struct Office {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) view: View,
    /// What was given under each key.
    given: BTreeMap<IdempotencyKey, Request>,
    /// Whether its clock goes back now and then.
    pub(crate) turns_back: bool,
    /// Keeps the store's folder until the office closes.
    _folder: Option<tempfile::TempDir>,
}

/// What a command answered, without positions in a log.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Done {
        entries: Vec<Arc<Entry>>,
        replayed: bool,
        unchanged: Option<String>,
        warnings: Vec<Problem>,
        each: Vec<Answer>,
    },
    Refused(String),
}

impl Answer {
    pub(crate) fn of(answer: &Result<Outcome, Error>) -> Self {
        match answer {
            Ok(outcome) => Self::Done {
                entries: outcome.entries.clone(),
                replayed: outcome.replayed,
                unchanged: outcome.unchanged.clone(),
                warnings: outcome.warnings.clone(),
                each: outcome.each.iter().map(Self::of).collect(),
            },
            Err(error @ Error::Rejected(_)) => Self::Refused(format!("{:?}: {error}", error.kind())),
            Err(error) => panic!("the store failed: {error:?}"),
        }
    }

    pub(crate) fn events(&self) -> Vec<&Recorded> {
        match self {
            Self::Done { entries, .. } => entries.iter().flat_map(|entry| &entry.events).collect(),
            Self::Refused(_) => Vec::new(),
        }
    }
}

/// A store in memory whose commits are made on a thread of their own, from the second batch on, and
/// take now longer, now shorter than deciding.
struct Aside {
    store: MemoryStore,
    commits: AtomicUsize,
}

impl Hand for Aside {
    fn store(&self) -> &dyn Transact {
        &self.store
    }
    fn commits_aside(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(2)
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let pause = self.commits.fetch_add(1, Ordering::Relaxed) % 4;
        if pause > 1 && batches.len() > 1 {
            std::thread::sleep(Duration::from_micros(30 * pause as u64));
        }
        self.store.commit(batches)
    }
}

/// All that the store holds of the firm.
#[derive(Debug, PartialEq)]
pub(crate) struct Holdings {
    pub(crate) records: BTreeMap<DocId, Record>,
    pub(crate) tallies: BTreeMap<PipelineKey, BTreeMap<String, StageTally>>,
    pub(crate) outbox: Vec<Waiting>,
    pub(crate) follow_ups: Vec<Waiting>,
    pub(crate) timers: Vec<Waiting>,
    pub(crate) dead: Vec<Waiting>,
    pub(crate) end_of_log: LogPosition,
}

impl Office {
    /// A firm in memory.
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new()), None)
    }

    /// A firm in memory, on a store that commits aside.
    pub(crate) fn committing_aside() -> Self {
        Self::on(Arc::new(Around(Aside { store: MemoryStore::new(), commits: AtomicUsize::new(0) })), None)
    }

    /// A firm in a SQLite file of its own.
    pub(crate) fn in_a_file() -> Self {
        let (store, folder) = file();
        Self::on(store, Some(folder))
    }

    /// A file without a firm.
    pub(crate) fn empty_file() -> Self {
        let (store, folder) = file();
        Self::bare(store, Some(folder))
    }

    fn on(store: Arc<dyn Store>, folder: Option<tempfile::TempDir>) -> Self {
        let mut office = Self::bare(store, folder);
        for request in setup() {
            office.engine.execute(&request).expect("a firm that can be set up");
        }
        office.read_on();
        office
    }

    fn bare(store: Arc<dyn Store>, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
        let engine = Engine::deterministic(store, Arc::clone(&clock) as _, 7);
        Self { engine, clock, view: View::default(), given: BTreeMap::new(), turns_back: false, _folder: folder }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &**self.engine.store()
    }

    pub(crate) fn read_on(&mut self) -> Vec<Logged> {
        let store = Arc::clone(self.engine.store());
        self.view.read_on(&*store)
    }

    /// Lets the time before a step pass, and does what is due then. Answers what was new in the log.
    pub(crate) fn wait(&mut self, step: Step) -> Vec<Logged> {
        let minutes = step.minutes();
        if minutes == 0 {
            return Vec::new();
        }
        let back = self.turns_back && step.goes_back();
        self.clock.advance(TimeDelta::minutes(if back { -minutes } else { minutes }));
        // As much at once as the number says: one record, or some.
        self.tick(usize::try_from(minutes % 7).unwrap_or(0) + 1);
        self.read_on()
    }

    /// Does what is due now, so many records at once.
    pub(crate) fn tick(&self, limit: usize) {
        let now = self.engine.now();
        for _ in 0..2_000 {
            let ticked = self.engine.tick(now, limit).expect("a store that works");
            assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
            assert!(ticked.outcomes.len() <= limit);
            if ticked.next.is_none_or(|next| next > now) {
                return;
            }
        }
        panic!("ticking at {now} does not come to an end");
    }

    /// The request of a step, by what exists here. One under a key that was used before is mostly
    /// what was given under it.
    pub(crate) fn request(&mut self, step: Step) -> Request {
        let request = step.request(&self.view);
        let Some(key) = &request.key else { return request };
        match self.given.get(key) {
            Some(before) if step.repeats() => before.clone(),
            Some(_) => request,
            None => {
                self.given.insert(key.clone(), request.clone());
                request
            }
        }
    }

    /// Carries a step out. Answers what was new in the log after it.
    pub(crate) fn carry_out(&mut self, step: Step) -> (Request, Answer, Vec<Logged>) {
        self.wait(step);
        self.carry_out_now(step)
    }

    /// Carries a step out when the time before it has passed.
    pub(crate) fn carry_out_now(&mut self, step: Step) -> (Request, Answer, Vec<Logged>) {
        let request = self.request(step);
        let answer = Answer::of(&self.engine.execute(&request));
        let news = self.read_on();
        (request, answer, news)
    }

    /// Carries all steps out.
    pub(crate) fn run(&mut self, steps: &[Step]) -> Vec<Answer> {
        steps.iter().map(|step| self.carry_out(*step).1).collect()
    }

    /// The keys of every record that there could be.
    fn ids(&self) -> Vec<DocId> {
        let mut ids = vec![DocId::Firm];
        ids.extend((1..=4).map(|number| DocId::Member(member(number))));
        ids.extend((1..=4).map(|number| DocId::Account(account(number))));
        for key in ["gather", "file", "call", "standard", "seated"] {
            for kind in [TemplateKind::Task, TemplateKind::Job] {
                ids.push(DocId::Template(kind, key.parse().expect("a key")));
            }
        }
        for (key, newest) in &self.view.versions {
            ids.push(DocId::Pipeline(key.clone()));
            ids.extend((1..=*newest).map(|version| DocId::PipelineVersion(key.clone(), version)));
        }
        ids.extend(self.view.jobs.ever().map(DocId::Job));
        ids.extend(self.view.tasks.ever().map(DocId::Task));
        ids.extend(self.view.items.ever().map(DocId::Item));
        ids.extend(self.view.comments.iter().copied().map(DocId::Comment));
        ids
    }

    /// Every record, by its key.
    pub(crate) fn records(&self) -> BTreeMap<DocId, Record> {
        let ids = self.ids();
        let records = self.store().get(firm(), &ids).expect("readable");
        ids.into_iter().zip(records).filter_map(|(id, record)| Some((id, record?))).collect()
    }

    /// All that the store holds.
    pub(crate) fn holdings(&self) -> Holdings {
        let tallies = |key: &PipelineKey| {
            let found = self.store().tallies(firm(), key).expect("readable");
            let some = found.into_iter().filter(|(_, tally)| *tally != StageTally::default());
            (key.clone(), some.map(|(stage, tally)| (stage.to_string(), tally)).collect())
        };
        let queued = |queue, state| {
            let mut rows: Vec<Waiting> = Vec::new();
            loop {
                let after = rows.last().map(|row| row.sequence);
                let page = self.engine.queued(queue, firm(), state, after, 500).expect("readable");
                if page.is_empty() {
                    return rows;
                }
                rows.extend(page);
            }
        };
        Holdings {
            records: self.records(),
            tallies: self.view.versions.keys().map(tallies).collect(),
            outbox: queued(Queue::Outbox, QueuedState::Waiting),
            follow_ups: queued(Queue::FollowUps, QueuedState::Waiting),
            timers: queued(Queue::Timers, QueuedState::Waiting),
            dead: queued(Queue::FollowUps, QueuedState::Dead),
            end_of_log: self.view.position,
        }
    }

    /// Asserts that the stored records are what the log says.
    pub(crate) fn verify(&self, when: &str) {
        let found = self.engine.verify(firm()).expect("readable");
        assert_eq!(found.differences, Vec::<String>::new(), "{when}");
        assert!(found.records >= 15, "{when}: only {} records were compared", found.records);
    }
}

/// A store in a file of its own.
fn file() -> (Arc<dyn Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions { durability: workflow_core::store::Durability::Process, ..SqliteOptions::default() };
    let store = SqliteStore::open(folder.path().join("firm.db"), options).expect("opened");
    assert_eq!(store.settings().synchronous, "NORMAL");
    (Arc::new(store), folder)
}

/// The jobs among records, with their revisions.
pub(crate) fn jobs(records: &BTreeMap<DocId, Record>) -> Vec<(&Arc<Job>, u64)> {
    let mut found = Vec::new();
    for record in records.values() {
        if let Document::Job(job) = &record.document {
            found.push((job, record.revision));
        }
    }
    found
}

/// The tasks among records, with their revisions.
pub(crate) fn tasks(records: &BTreeMap<DocId, Record>) -> Vec<(&Arc<Task>, u64)> {
    let mut found = Vec::new();
    for record in records.values() {
        if let Document::Task(task) = &record.document {
            found.push((task, record.revision));
        }
    }
    found
}

/// A job by its identifier.
pub(crate) fn job(records: &BTreeMap<DocId, Record>, id: JobId) -> Option<&Arc<Job>> {
    match records.get(&DocId::Job(id)).map(|record| &record.document) {
        Some(Document::Job(job)) => Some(job),
        _ => None,
    }
}

/// What is true of a pipeline whatever its version.
pub(crate) fn head<'a>(records: &'a BTreeMap<DocId, Record>, key: &PipelineKey) -> &'a PipelineHead {
    match records.get(&DocId::Pipeline(key.clone())).map(|record| &record.document) {
        Some(Document::Pipeline(head)) => head,
        other => panic!("no pipeline `{key}`: {other:?}"),
    }
}
