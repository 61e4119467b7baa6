//! A firm filled at random, and all of its records at a glance, to hold answers against.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use workflow_core::command::Command;
use workflow_core::definition::Access;
use workflow_core::event::{Actor, Event};
use workflow_core::id::{AccountId, JobId, MemberId, PipelineKey, TaskId};
use workflow_core::limits;
use workflow_core::model::{Account, Item, ItemProgress, Job, JobStatus, Task, TaskState};
use workflow_core::query::JobRow;
use workflow_core::store::{DocId, Document, LogBy, LogScan, Logged, Transact};

use crate::kit::{Office, account, command, firm, member};

/// Chance that is the same for the same seed (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        mixed as usize % sides
    }

    pub(crate) fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }

    /// A day within three weeks of the firm's today.
    pub(crate) fn day(&mut self) -> NaiveDate {
        today() + TimeDelta::days(self.roll(41) as i64 - 20)
    }
}

/// The day the clock of a new office shows.
pub(crate) fn today() -> NaiveDate {
    "2026-02-02".parse().expect("a day")
}

pub(crate) const TAGS: &[&str] = &["rush", "vip", "late"];
pub(crate) const PRIORITIES: &[&str] = &["low", "medium", "high", "urgent"];
pub(crate) const MEMBERS: std::ops::RangeInclusive<u128> = 1..=5;
pub(crate) const ACCOUNTS: std::ops::RangeInclusive<u128> = 1..=8;

/// `p` is open to all; `q` to reviewers, by priority; `r` to Cy alone.
fn pipelines() -> [Value; 3] {
    let stages = json!([
        { "key": "in", "name": "Incoming", "client_name": "Received", "automove": true, "on_entry": [{ "key": "start",
            "do": [{ "create_task": { "key": "a", "title": "Gather papers", "assign": { "roles": ["preparer"] },
                "due": "3 days before due", "tags": ["rush"], "budget_minutes": 15 } },
                { "request": { "kind": "organizer" } }] }] },
        { "key": "work", "name": "In work", "on_entry": [{ "key": "ask", "do": [
            { "request": { "kind": "document" } }, { "create_task": { "key": "b", "title": "Prepare",
                "priority": "high", "due": "2 days after stage entry" } }] }] },
        { "key": "check" },
        { "key": "out", "name": "Filed" }
    ]);
    let statuses = json!([{ "key": "on hold", "client_name": "We wait for you" }, { "key": "stuck" }]);
    let pipeline = |key: &str, sort: &str, access: Value| {
        json!({ "key": key, "name": format!("Pipeline {key}"), "sort": sort, "access": access,
            "statuses": statuses, "stages": stages })
    };
    [
        pipeline("p", "due", json!("everyone")),
        pipeline("q", "priority", json!({ "only": { "roles": ["reviewer"] } })),
        pipeline("r", "due", json!({ "only": { "members": [member(3)] } })),
    ]
}

/// What is done to a firm at random.
pub(crate) struct Crowd {
    pub(crate) office: Office,
    pub(crate) dice: Dice,
    jobs: Vec<JobId>,
}

impl Crowd {
    /// A firm with so many jobs, to each of which a handful of things has happened.
    pub(crate) fn new(seed: u64, jobs: usize) -> Self {
        let office = Office::new();
        let mut dice = Dice::new(seed);
        for (number, name) in [(4, "Dee"), (5, "Eve")] {
            let record = json!({ "id": member(number), "name": name, "admin": false, "active": true });
            office.give(json!({ "save_member": record }));
        }
        for number in ACCOUNTS {
            let mut holders = || (0..dice.roll(3)).map(|_| member(1 + dice.roll(4) as u128)).collect::<Vec<_>>();
            office.give(json!({ "save_account": { "id": account(number),
                "name": format!("{} {number}", ["Zoe", "adam", "Bea"][number as usize % 3]),
                "roles": { "preparer": holders(), "reviewer": holders() } } }));
        }
        pipelines().into_iter().for_each(|pipeline| drop(office.publish(pipeline)));
        let mut crowd = Self { office, dice, jobs: Vec::new() };
        for _ in 0..jobs {
            crowd.add_job();
        }
        (0..jobs * 6).for_each(|_| crowd.stir());
        crowd
            .office
            .give(json!({ "save_member": { "id": member(5), "name": "Eve", "admin": false, "active": false } }));
        crowd
    }

    pub(crate) fn add_job(&mut self) -> Option<JobId> {
        let dice = &mut self.dice;
        let mut new = json!({ "account": account(1 + dice.roll(8) as u128), "pipeline": dice.pick(&["p", "p", "q", "r"]),
            "stage": dice.pick(&["in", "work", "check", "out"]), "priority": dice.pick(PRIORITIES),
            "name": format!("{} {}", dice.pick(&["Return", "AUDIT", "payroll"]), dice.roll(100)) });
        if !dice.one_in(4) {
            new["due"] = json!(dice.day());
        }
        if dice.one_in(2) {
            new["assign"] = json!({ "members": [member(1 + dice.roll(4) as u128)] });
        }
        if dice.one_in(2) {
            new["tags"] = json!([dice.pick(TAGS)]);
        }
        if dice.one_in(3) {
            self.office.advance(TimeDelta::microseconds(1));
        }
        let job = self.office.attempt(command(json!({ "create_job": new }))).ok()?.job()?;
        self.jobs.push(job);
        Some(job)
    }

    /// Changes one thing of one job, if that is not refused.
    pub(crate) fn change(&mut self, job: JobId) {
        if let Some((actor, command)) = self.next_change(job) {
            drop(self.office.as_actor(actor, command));
        }
    }

    /// A change of one thing of one job; none when it is gone.
    pub(crate) fn next_change(&mut self, job: JobId) -> Option<(Actor, Command)> {
        let dice = &mut self.dice;
        let found = self.office.find(job)?;
        let task = (!found.tasks.is_empty()).then(|| dice.pick(&found.tasks).task);
        let item = (!found.items.is_empty()).then(|| dice.pick(&found.items).item);
        let written = match (dice.roll(13), task, item) {
            (0, ..) => json!({ "move_job": { "job": job, "to": dice.pick(&["in", "work", "check", "out"]) } }),
            (1, ..) => json!({ "move_job": { "job": job, "to": dice.pick(&["in", "work"]),
                "pipeline": dice.pick(&["p", "q", "r"]) } }),
            (2, ..) => json!({ "set_status": { "job": job,
                "status": dice.pick(&["active", "active", "completed", "on hold", "stuck"]) } }),
            (3, ..) => json!({ "archive_job": { "job": job, "archived": dice.one_in(2) } }),
            (4, ..) => json!({ "tag_job": { "job": job, "add": [dice.pick(TAGS)], "remove": [dice.pick(TAGS)] } }),
            (5, ..) => json!({ "assign_job": { "job": job, "mode": dice.pick(&["add", "remove", "replace"]),
                "who": { "members": [member(1 + dice.roll(5) as u128)] } } }),
            (6, ..) => json!({ "edit_job": { "job": job, "changes": { "priority": dice.pick(PRIORITIES),
                "dates": { "due": if dice.one_in(5) { json!("clear") } else { json!({ "to": dice.day() }) } } } } }),
            (7, ..) => json!({ "create_task": { "job": job, "task": { "key": dice.pick(&["x", "y"]),
                "title": dice.pick(&["Call back", "Review DRAFT"]), "due": dice.day(),
                "budget_minutes": dice.roll(90), "tags": [dice.pick(TAGS)], "priority": dice.pick(PRIORITIES) } } }),
            (8, Some(task), _) => json!({ "set_task_state": { "task": task,
                "state": dice.pick(&["planned", "in_progress", "completed", "cancelled"]), "override": true } }),
            (9, Some(task), _) => json!({ "assign_task": { "task": task, "mode": dice.pick(&["add", "remove"]),
                "who": { "members": [member(1 + dice.roll(5) as u128)] } } }),
            (10, _, Some(item)) => json!({ "report_item": { "item": { "id": item },
                "status": dice.pick(&["submitted", "accepted", "declined", "seen"]) } }),
            (11, ..) => json!({ "edit_job": { "job": job, "changes": { "client_status":
                if dice.one_in(2) { json!("clear") } else { json!({ "to": "Nearly there" }) } } } }),
            _ => json!({ "comment_job": { "job": job, "text": "a remark" } }),
        };
        let actor = if dice.one_in(3) { Actor::Member(member(1)) } else { Actor::system("test") };
        Some((actor, command(written)))
    }

    /// Changes something, somewhere.
    fn stir(&mut self) {
        if self.dice.one_in(5) {
            self.office.advance(TimeDelta::seconds(self.dice.roll(40) as i64));
        }
        if self.dice.one_in(25) {
            let due = self.dice.day();
            let account = account(1 + self.dice.roll(8) as u128);
            let task = json!({ "account": account, "task": { "key": "x", "title": "Loose", "due": due } });
            self.office.new_task(task);
        }
        let job = self.dice.pick(&self.jobs);
        if self.dice.one_in(60) {
            self.office.give(json!({ "delete_job": { "job": job } }));
            self.jobs.retain(|other| *other != job);
        } else {
            self.change(job);
        }
    }
}

/// All records of a firm.
pub(crate) struct Records {
    pub(crate) jobs: BTreeMap<JobId, (u64, Arc<Job>)>,
    pub(crate) tasks: BTreeMap<TaskId, (u64, Arc<Task>)>,
    pub(crate) items: Vec<Arc<Item>>,
    pub(crate) accounts: BTreeMap<AccountId, Arc<Account>>,
    pub(crate) log: Vec<Logged>,
}

impl Records {
    fn log(office: &Office) -> Vec<Logged> {
        let mut scan = LogScan::new(LogBy::Firm, limits::PAGE);
        let mut log: Vec<Logged> = Vec::new();
        loop {
            let page = office.store.log(firm(), &scan).expect("a log");
            let Some(last) = page.last() else { return log };
            scan.after = Some(last.position);
            log.extend(page);
        }
    }

    /// Jobs, and everything else by its place in the store, as far as the log ever spoke of it.
    fn ids(office: &Office) -> (Vec<JobId>, Vec<DocId>) {
        let (mut jobs, mut others, mut gone) = (Vec::new(), Vec::new(), std::collections::BTreeSet::new());
        for recorded in Self::log(office).iter().flat_map(|logged| &logged.entry.events) {
            match &recorded.event {
                Event::JobCreated(job) => jobs.push(job.id),
                Event::JobDeleted { job } => drop(gone.insert(*job)),
                Event::TaskCreated { task, .. } => others.push(DocId::Task(task.id)),
                Event::ItemCreated(item) => others.push(DocId::Item(item.id)),
                _ => {}
            }
        }
        jobs.retain(|job| !gone.contains(job));
        (jobs, others)
    }

    pub(crate) fn of(office: &Office) -> Self {
        let (jobs, others) = Self::ids(office);
        let mut ids: Vec<DocId> = jobs.into_iter().map(DocId::Job).chain(others).collect();
        ids.extend(ACCOUNTS.map(|number| DocId::Account(account(number))));
        let (mut jobs, mut tasks, mut accounts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut items = Vec::new();
        for ids in ids.chunks(limits::PAGE) {
            for record in office.store.get(firm(), ids).expect("records").into_iter().flatten() {
                match record.document {
                    Document::Job(job) => drop(jobs.insert(job.id, (record.revision, job))),
                    Document::Task(task) => drop(tasks.insert(task.id, (record.revision, task))),
                    Document::Account(account) => drop(accounts.insert(account.id, account)),
                    Document::Item(item) => items.push(item),
                    _ => {}
                }
            }
        }
        Self { jobs, tasks, items, accounts, log: Self::log(office) }
    }

    /// Whether a member or the system may see what belongs to a pipeline and an account.
    pub(crate) fn may_see(&self, actor: &Actor, pipeline: &PipelineKey, account: AccountId) -> bool {
        let Actor::Member(id) = actor else { return true };
        match (pipeline.as_str(), Self::access(pipeline)) {
            _ if *id == member(1) => true,
            (_, Access::Everyone) => true,
            (_, Access::Only { members, roles }) => {
                let account = &self.accounts[&account];
                members.contains(id)
                    || roles.iter().any(|role| account.roles.holders(role).is_some_and(|holders| holders.contains(id)))
            }
        }
    }

    pub(crate) fn access(pipeline: &PipelineKey) -> Access {
        let place = ["p", "q", "r"].iter().position(|key| *key == pipeline.as_str()).expect("a pipeline");
        serde_json::from_value(pipelines()[place]["access"].clone()).expect("access")
    }

    pub(crate) fn sees_job(&self, actor: &Actor, job: &Job) -> bool {
        self.may_see(actor, &job.pipeline, job.account)
    }

    /// A task is seen with its job.
    pub(crate) fn sees_task(&self, actor: &Actor, task: &Task) -> bool {
        task.job.is_none_or(|job| self.sees_job(actor, &self.jobs[&job].1))
    }

    /// Open and done blockers of a job's present visit, from the tasks and items themselves.
    pub(crate) fn blockers(&self, job: &Job) -> (u32, u32) {
        let visit = job.visits.len() as u32 - 1;
        let (mut open, mut done) = (0, 0);
        for link in job.tasks.iter().filter(|link| link.origin.visit == visit) {
            match self.tasks[&link.task].1.state {
                TaskState::Planned | TaskState::InProgress => open += 1,
                TaskState::Completed => done += 1,
                TaskState::Cancelled => {}
            }
        }
        for link in job.items.iter().filter(|link| link.origin.visit == visit) {
            match link.progress {
                ItemProgress::Open | ItemProgress::Declined => open += 1,
                ItemProgress::Done => done += 1,
                ItemProgress::Cancelled | ItemProgress::NotActionable => {}
            }
        }
        (open, done)
    }

    pub(crate) fn is_late(job: &Job) -> bool {
        job.status == JobStatus::Active && job.due.is_some_and(|due| due < today())
    }

    /// The job as a row of a list.
    pub(crate) fn row(&self, id: JobId) -> JobRow {
        let (revision, job) = &self.jobs[&id];
        let (open_blockers, done_blockers) = self.blockers(job);
        JobRow {
            id,
            revision: *revision,
            name: Arc::clone(&job.name),
            account: job.account,
            account_name: self.accounts[&job.account].name.clone(),
            pipeline: job.pipeline.clone(),
            stage: job.stage.clone(),
            stage_since: job.visits.last().map(|visit| visit.entered),
            status: job.status.clone(),
            priority: job.priority,
            assignees: job.assignees.clone(),
            due: job.due,
            overdue: Self::is_late(job),
            tags: job.tags.clone(),
            open_blockers,
            done_blockers,
            attention: job.attention.clone(),
            client_status: job.client_status.clone(),
        }
    }
}

/// The actors that look at a crowd: the host, an admin, and members who see parts.
pub(crate) fn lookers() -> Vec<Actor> {
    let members = (1..=4).map(|number| Actor::Member(member(number)));
    std::iter::once(Actor::system("t")).chain(members).collect()
}

pub(crate) fn members() -> Vec<MemberId> {
    MEMBERS.map(member).collect()
}
