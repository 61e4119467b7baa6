//! A small firm to try things out on.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::command::{Command, ItemRef, MoveJob, NewJob, Request};
use workflow_core::engine::{Engine, ManualClock, Outcome};
use workflow_core::error::{Error, Rejection};
use workflow_core::event::{AccountRecord, Actor};
use workflow_core::id::{AccountId, FirmId, JobId, MemberId, TaskId};
use workflow_core::model::{Account, Item, ItemKind, Job, Member, Task, TaskState};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{DocId, Document, Transact};

/// The firm's identifier.
pub(crate) fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

/// A member's identifier by number: 1 is Ann, an admin; 2 is Bob; 3 is Cy.
pub(crate) fn member(number: u128) -> MemberId {
    MemberId(uuid::Uuid::from_u128(0xb0 + number))
}

/// An account's identifier by number.
pub(crate) fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number))
}

/// The text as a key of whatever type is asked for.
pub(crate) fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a key")
}

/// A firm in memory, with a clock that stands still. When it goes away it checks that the stored
/// records are what the log says.
pub(crate) struct Office {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<MemoryStore>,
}

impl Office {
    /// A firm with Ann (admin), Bob and Cy; account 1 with Ann as preparer and Bob as reviewer.
    pub(crate) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
        let engine = Engine::deterministic(Arc::clone(&store) as _, Arc::clone(&clock) as _, 7);
        let office = Self { engine, clock, store };
        office.save_firm(json!({
            "name": "Ledger & Sons", "time_zone": "America/New_York", "roles": ["preparer", "reviewer", "partner"],
            "item_kinds": { "audit_letter": { "actionable": true, "done": ["answered"], "declined": ["refused"] } }
        }));
        for (number, name) in [(1, "Ann"), (2, "Bob"), (3, "Cy")] {
            let record = Member {
                id: member(number),
                name: name.into(),
                email: None,
                admin: number == 1,
                weekly_minutes: None,
                active: true,
            };
            office.run(Command::SaveMember(record));
        }
        office.account(1, "Jane Doe");
        office
    }

    /// The same with a pipeline published, written as JSON.
    pub(crate) fn with(pipeline: Value) -> Self {
        let office = Self::new();
        office.publish(pipeline);
        office
    }

    pub(crate) fn save_firm(&self, settings: Value) {
        self.run(Command::SaveFirm(Box::new(serde_json::from_value(settings).expect("settings"))));
    }

    /// Adds an account with Ann as preparer and Bob as reviewer.
    pub(crate) fn account(&self, number: u128, name: &str) {
        let roles = [(key("preparer"), [member(1)].into()), (key("reviewer"), [member(2)].into())];
        self.run(Command::SaveAccount(AccountRecord {
            id: account(number),
            name: name.into(),
            external: None,
            fields: [].into(),
            roles: roles.into(),
            linked: vec![],
        }));
    }

    pub(crate) fn publish(&self, pipeline: Value) -> Outcome {
        self.try_publish(pipeline, json!({})).expect("a pipeline that can be published")
    }

    pub(crate) fn try_publish(&self, pipeline: Value, mapping: Value) -> Result<Outcome, Error> {
        let definition = serde_json::from_value(pipeline).expect("a definition");
        let mapping = serde_json::from_value(mapping).expect("a mapping");
        self.attempt(Command::PublishPipeline { definition, mapping })
    }

    /// Gives a command as the host's system; it must work.
    #[track_caller]
    pub(crate) fn run(&self, command: Command) -> Outcome {
        self.attempt(command).expect("a command that works")
    }

    /// Gives a command as the host's system.
    pub(crate) fn attempt(&self, command: Command) -> Result<Outcome, Error> {
        self.as_actor(Actor::system("test"), command)
    }

    pub(crate) fn as_actor(&self, actor: Actor, command: Command) -> Result<Outcome, Error> {
        self.engine.execute(&Request::new(firm(), actor, command))
    }

    pub(crate) fn as_member(&self, number: u128, command: Command) -> Result<Outcome, Error> {
        self.as_actor(Actor::Member(member(number)), command)
    }

    /// Gives a command that must be refused.
    #[track_caller]
    pub(crate) fn refused(&self, command: Command) -> Rejection {
        match self.attempt(command) {
            Err(Error::Rejected(rejection)) => rejection,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// A job of account 1 in the pipeline `p`.
    pub(crate) fn job(&self) -> JobId {
        self.job_of(1, "p")
    }

    pub(crate) fn job_of(&self, number: u128, pipeline: &str) -> JobId {
        let outcome = self.run(Command::CreateJob(Box::new(NewJob::new(account(number), key(pipeline)))));
        outcome.job().expect("a job")
    }

    /// Gives a command written as JSON; it must work.
    #[track_caller]
    pub(crate) fn give(&self, written: Value) -> Outcome {
        self.run(command(written))
    }

    /// Creates a task, written as JSON.
    #[track_caller]
    pub(crate) fn new_task(&self, written: Value) -> TaskId {
        self.give(json!({ "create_task": written })).tasks_created()[0]
    }

    /// Creates an item, written as JSON.
    #[track_caller]
    pub(crate) fn new_item(&self, written: Value) -> workflow_core::id::ItemId {
        self.give(json!({ "create_item": written })).items_created()[0]
    }

    fn document(&self, id: DocId) -> Option<Document> {
        self.store.get(firm(), &[id]).expect("readable").into_iter().flatten().next().map(|record| record.document)
    }

    #[track_caller]
    pub(crate) fn get(&self, id: JobId) -> Arc<Job> {
        match self.document(DocId::Job(id)) {
            Some(Document::Job(job)) => job,
            other => panic!("no job {id}: {other:?}"),
        }
    }

    pub(crate) fn find(&self, id: JobId) -> Option<Arc<Job>> {
        match self.document(DocId::Job(id)) {
            Some(Document::Job(job)) => Some(job),
            _ => None,
        }
    }

    #[track_caller]
    pub(crate) fn get_account(&self, number: u128) -> Arc<Account> {
        match self.document(DocId::Account(account(number))) {
            Some(Document::Account(account)) => account,
            other => panic!("no account: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn get_task(&self, id: TaskId) -> Arc<Task> {
        match self.document(DocId::Task(id)) {
            Some(Document::Task(task)) => task,
            other => panic!("no task {id}: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn get_item(&self, id: workflow_core::id::ItemId) -> Arc<Item> {
        match self.document(DocId::Item(id)) {
            Some(Document::Item(item)) => item,
            other => panic!("no item {id}: {other:?}"),
        }
    }

    pub(crate) fn stage(&self, id: JobId) -> String {
        self.get(id).stage.to_string()
    }

    pub(crate) fn status(&self, id: JobId) -> String {
        self.get(id).status.as_str().to_owned()
    }

    /// The tasks of a job with this title, as they were linked.
    pub(crate) fn tasks(&self, id: JobId, title: &str) -> Vec<Arc<Task>> {
        let job = self.get(id);
        let tasks = job.tasks.iter().map(|link| self.get_task(link.task));
        tasks.filter(|task| &*task.title == title).collect()
    }

    /// Completes the job's open task of this title.
    #[track_caller]
    pub(crate) fn complete(&self, id: JobId, title: &str) -> Outcome {
        let task = self.tasks(id, title).into_iter().find(|task| !task.state.is_ended());
        let task = task.unwrap_or_else(|| panic!("no open task `{title}`")).id;
        self.run(set_task(task, TaskState::Completed))
    }

    /// The items of a job of this kind.
    pub(crate) fn items(&self, id: JobId, kind: &str) -> Vec<Arc<Item>> {
        let kind = ItemKind::from_key(key(kind));
        let job = self.get(id);
        job.items.iter().filter(|link| link.kind == kind).map(|link| self.get_item(link.item)).collect()
    }

    /// Reports the status of the job's last item of this kind.
    #[track_caller]
    pub(crate) fn report(&self, id: JobId, kind: &str, status: &str) -> Outcome {
        let item = self.items(id, kind).last().unwrap_or_else(|| panic!("no item `{kind}`")).id;
        self.run(Command::ReportItem { item: ItemRef::Id(item), status: key(status) })
    }

    pub(crate) fn move_to(&self, id: JobId, stage: &str) -> Outcome {
        self.run(Command::MoveJob(MoveJob::to(id, key(stage))))
    }

    pub(crate) fn set_status(&self, id: JobId, status: &str) -> Outcome {
        self.run(Command::SetStatus { job: id, status: key(status), leave_out: [].into() })
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.engine.now()
    }
}

/// A command written as JSON.
#[track_caller]
pub(crate) fn command(written: Value) -> Command {
    serde_json::from_value(written).expect("a command")
}

/// A pipeline `p` of three stages, without automations.
pub(crate) fn plain() -> Value {
    json!({ "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }] })
}

pub(crate) fn set_task(task: TaskId, state: TaskState) -> Command {
    Command::SetTaskState { task, state, custom: None, override_rules: false }
}

/// The names of the events, in order.
pub(crate) fn names(outcome: &Outcome) -> Vec<String> {
    let name = |recorded: &&workflow_core::event::Recorded| match serde_json::to_value(&recorded.event) {
        Ok(Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        Ok(Value::String(name)) => name,
        _ => String::new(),
    };
    outcome.events().iter().map(name).collect()
}

impl Drop for Office {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let found = self.engine.verify(firm()).expect("readable");
            assert_eq!(found.differences, Vec::<String>::new(), "the records are not what the log says");
        }
    }
}

impl Office {
    /// Goes away without a look at the records.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }
}
/// The automations that ran on the command's own job, in order.
pub(crate) fn ran(outcome: &Outcome) -> Vec<String> {
    let run = |recorded: &&workflow_core::event::Recorded| match &recorded.event {
        workflow_core::event::Event::AutomationRan { automation, .. } => Some(automation.to_string()),
        _ => None,
    };
    outcome.events().iter().filter_map(run).collect()
}

impl Office {
    /// The jobs of an account, by their identifiers.
    pub(crate) fn jobs_of(&self, number: u128) -> Vec<Arc<Job>> {
        use workflow_core::store::{Cell, IndexName, Scan};
        let scan = Scan::all(IndexName::JobAccounts, vec![Cell::Uuid(account(number).0)], 1_000);
        let hits = self.store.scan(firm(), &scan).expect("readable");
        let job = |hit: workflow_core::store::Hit| match hit.record.document {
            Document::Job(job) => Some(job),
            _ => None,
        };
        let mut jobs: Vec<Arc<Job>> = hits.into_iter().filter_map(job).collect();
        jobs.sort_by_key(|job| job.id);
        jobs
    }

    /// The account as the host tells of it, with parts of it changed.
    pub(crate) fn save_account(&self, number: u128, parts: Value) {
        let mut record = json!({ "id": account(number), "name": format!("Account {number}") });
        for (name, value) in parts.as_object().expect("parts of an account") {
            record[name] = value.clone();
        }
        self.give(json!({ "save_account": record }));
    }
}

/// What the host is asked to do, in order, as JSON.
pub(crate) fn intents(outcome: &Outcome) -> Vec<Value> {
    let json = |notification: &Arc<workflow_core::model::Notification>| serde_json::to_value(&notification.intent);
    outcome.notifications().into_iter().map(|notification| json(notification).expect("json")).collect()
}

impl Office {
    /// The whole log of the firm, oldest first.
    pub(crate) fn log(&self) -> Vec<Arc<workflow_core::event::Entry>> {
        use workflow_core::store::{LogBy, LogScan};
        let scan = LogScan::new(LogBy::Firm, 1_000_000);
        self.store.log(firm(), &scan).expect("readable").into_iter().map(|logged| logged.entry).collect()
    }

    /// How often an automation has run on a job, by the log.
    pub(crate) fn runs(&self, id: JobId, key: &str) -> usize {
        let run = |recorded: &workflow_core::event::Recorded| {
            matches!(&recorded.event, workflow_core::event::Event::AutomationRan { job, automation }
                if *job == id && automation.as_str() == key)
        };
        self.log().iter().flat_map(|entry| &entry.events).filter(|recorded| run(recorded)).count()
    }

    /// What waits among the follow-ups, or is dead.
    pub(crate) fn follow_ups(&self, state: workflow_core::store::QueuedState) -> Vec<workflow_core::store::Waiting> {
        let queue = workflow_core::store::Queue::FollowUps;
        self.engine.queued(queue, firm(), state, None, 1_000).expect("readable")
    }
}

/// A date that counts from another, in words: `counted("due", -5, "days")`.
pub(crate) fn counted(from: &str, offset: i32, unit: &str) -> String {
    let direction = if offset < 0 { "before" } else { "after" };
    let from = from.replace('_', " ");
    format!("{} {} {direction} {from}", offset.abs(), unit.replace('_', " "))
}

impl Office {
    /// Goes to an instant and ticks until nothing is due. Answers how many records had something due.
    pub(crate) fn tick_at(&self, at: &str) -> usize {
        let at: DateTime<Utc> = at.parse().expect("an instant");
        self.clock.advance(at - self.now());
        let mut done = 0;
        loop {
            let ticked = self.engine.tick(self.now(), 100).expect("a store that works");
            assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
            done += ticked.outcomes.len();
            if ticked.next.is_none_or(|next| next > self.now()) {
                return done;
            }
            assert!(done < 10_000, "ticking does not come to an end");
        }
    }
}
