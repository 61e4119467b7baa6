//! Any number of hosts, threads and processes on one store (10.3): on memory and on SQLite, through
//! one engine, through two engines on one store, and through two stores on one file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Engine, ManualClock, Outcome};
use workflow_core::error::{Error, Rejection};
use workflow_core::event::{Actor, Entry, Event};
use workflow_core::id::{AccountId, EntryId, FirmId, JobId, MemberId, NotificationId, TaskId};
use workflow_core::model::{Job, JobStatus, TaskState};
use workflow_core::query::{JobQuery, PageRequest, TaskQuery};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{DocId, Document, Durability, LogBy, LogScan, Store};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

/// Engines that work on the same firm.
struct Hosts {
    name: &'static str,
    engines: Vec<Engine>,
    clock: Arc<ManualClock>,
    folder: Option<tempfile::TempDir>,
}

fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

fn member(number: u128) -> MemberId {
    MemberId(uuid::Uuid::from_u128(0xb0 + number))
}

fn account(number: usize) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number as u128))
}

fn command(written: Value) -> Command {
    serde_json::from_value(written).expect("a command")
}

fn request(written: Value) -> Request {
    Request::new(firm(), Actor::system("host"), command(written))
}

/// A firm of two members, some accounts and a pipeline, on every kind of store and set of engines.
fn everywhere(accounts: usize, pipeline: &Value, test: impl Fn(&Hosts)) {
    let file = |folder: &tempfile::TempDir| -> Arc<dyn Store> {
        let options = SqliteOptions { durability: Durability::Process, ..SqliteOptions::default() };
        Arc::new(SqliteStore::open(folder.path().join("firm.db"), options).expect("opened"))
    };
    let memory = || -> Arc<dyn Store> { Arc::new(MemoryStore::new()) };
    let folder = || tempfile::tempdir().expect("a folder");
    let (one, two, three) = (folder(), folder(), folder());
    let settings = [
        ("memory, one engine", vec![memory()], 1, None),
        ("memory, two engines", vec![memory()], 2, None),
        ("SQLite, one engine", vec![file(&one)], 1, Some(one)),
        ("SQLite, two engines", vec![file(&two)], 2, Some(two)),
        ("SQLite, two stores on one file", vec![file(&three), file(&three)], 1, Some(three)),
    ];
    for (name, stores, each, folder) in settings {
        let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
        let engine = |store: &Arc<dyn Store>| Engine::with_clock(Arc::clone(store), Arc::clone(&clock) as _);
        let engines = stores.iter().flat_map(|store| std::iter::repeat_with(|| engine(store)).take(each)).collect();
        let hosts = Hosts { name, engines, clock: Arc::clone(&clock), folder };
        hosts.run(json!({ "save_firm": { "name": "Ledger & Sons", "roles": ["preparer"] } }));
        for number in 1..=2 {
            hosts.run(json!({ "save_member": { "id": member(number), "name": format!("Member {number}") } }));
        }
        for number in 0..accounts {
            let record = json!({ "id": account(number), "name": format!("Account {number}") });
            hosts.run(json!({ "save_account": record }));
        }
        hosts.run(json!({ "publish_pipeline": { "definition": pipeline } }));
        test(&hosts);
        let found = hosts.engines[0].verify(firm()).expect("readable");
        assert_eq!(found.differences, Vec::<String>::new(), "{name}: the records are not what the log says");
    }
}

impl Hosts {
    /// The engine that a thread works with.
    fn engine(&self, thread: usize) -> &Engine {
        &self.engines[thread % self.engines.len()]
    }

    #[track_caller]
    fn run(&self, written: Value) -> Outcome {
        self.engines[0].execute(&request(written)).expect("a command that works")
    }

    fn job(&self, account_number: usize) -> JobId {
        let outcome = self.run(json!({ "create_job": { "account": account(account_number), "pipeline": "p" } }));
        outcome.job().expect("a job")
    }

    fn get(&self, id: JobId) -> Arc<Job> {
        let records = self.engines[0].store().get(firm(), &[DocId::Job(id)]).expect("readable");
        match records.into_iter().flatten().next().map(|record| record.document) {
            Some(Document::Job(job)) => job,
            other => panic!("no job {id}: {other:?}"),
        }
    }

    /// The log, from its beginning.
    fn log(&self) -> Vec<Arc<Entry>> {
        let mut scan = LogScan::new(LogBy::Firm, 500);
        let mut entries = Vec::new();
        loop {
            let page = self.engines[0].store().log(firm(), &scan).expect("readable");
            let Some(last) = page.last() else { return entries };
            scan.after = Some(last.position);
            entries.extend(page.into_iter().map(|logged| logged.entry));
        }
    }

    /// Asserts that the log has each of these entries once.
    fn assert_logged_once(&self, acknowledged: &[EntryId]) {
        let mut times: BTreeMap<EntryId, usize> = BTreeMap::new();
        for entry in self.log() {
            *times.entry(entry.id).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "{}: an entry is in the log twice", self.name);
        for id in acknowledged {
            assert_eq!(times.get(id), Some(&1), "{}: an acknowledged command is not in the log", self.name);
        }
        let distinct: BTreeSet<&EntryId> = acknowledged.iter().collect();
        assert_eq!(distinct.len(), acknowledged.len(), "{}: an entry answers two commands", self.name);
    }
}

/// Runs threads that begin at the same moment. Answers what each answered.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let start = |number| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(number)
            })
        };
        let handles: Vec<_> = (0..threads).map(start).collect();
        handles.into_iter().map(|handle| handle.join().expect("a thread that does not panic")).collect()
    })
}

/// Gives a command until it is done or refused: conflicts may be tried again.
fn insist(engine: &Engine, request: &Request) -> Result<Outcome, Rejection> {
    loop {
        match engine.execute(request) {
            Ok(outcome) => return Ok(outcome),
            Err(Error::Rejected(rejection)) => return Err(rejection),
            Err(error) => assert!(error.retryable(), "{error}"),
        }
    }
}

fn plain() -> Value {
    json!({ "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }] })
}

#[test]
fn s10_3_two_actors_move_one_job_and_nothing_is_lost() {
    everywhere(1, &plain(), |hosts| {
        for round in 0..15 {
            let job = hosts.job(0);
            let answers = at_once(2, |thread| {
                let to = ["two", "three"][thread];
                let order = command(json!({ "move_job": { "job": job, "to": to } }));
                let actor = Actor::Member(member(thread as u128 + 1));
                (to, hosts.engine(thread).execute(&Request::new(firm(), actor, order)))
            });
            let mut acknowledged = Vec::new();
            let mut reached = BTreeSet::new();
            for (to, answer) in answers {
                match answer {
                    Ok(outcome) => {
                        assert!(outcome.unchanged.is_none() && !outcome.replayed, "{}: {outcome:?}", hosts.name);
                        acknowledged.extend(outcome.entries.iter().map(|entry| entry.id));
                        reached.insert(to);
                    }
                    Err(error) => assert!(error.retryable(), "{}: {error}", hosts.name),
                }
            }
            assert!(!reached.is_empty(), "{}, round {round}: nobody got through", hosts.name);
            hosts.assert_logged_once(&acknowledged);
            // The log tells the way that the job went, one move after the other.
            let mut way = vec!["one".to_owned()];
            for entry in hosts.log().into_iter().filter(|entry| entry.job == Some(job)) {
                for recorded in &entry.events {
                    if let Event::JobMoved { from, to, .. } = &recorded.event {
                        assert_eq!(Some(from.as_str()), way.last().map(String::as_str), "{}", hosts.name);
                        way.push(to.to_string());
                    }
                }
            }
            let went: BTreeSet<&str> = way[1..].iter().map(String::as_str).collect();
            assert_eq!(went, reached, "{}: moves that were acknowledged, and no others", hosts.name);
            let now = hosts.get(job);
            let visits: Vec<&str> = now.visits.iter().map(|visit| visit.stage.as_str()).collect();
            assert_eq!(visits, way, "{}", hosts.name);
            assert_eq!(now.stage.as_str(), way[way.len() - 1], "{}", hosts.name);
        }
    });
}

#[test]
fn s10_3_changes_of_one_job_by_many_threads_are_all_there() {
    everywhere(1, &plain(), |hosts| {
        let job = hosts.job(0);
        let acknowledged = at_once(8, |thread| {
            let comment = |number: usize| {
                let text = format!("{thread}/{number}");
                let request = request(json!({ "comment_job": { "job": job, "text": text } }));
                insist(hosts.engine(thread), &request).expect("nothing stands against it").entries[0].id
            };
            (0..10).map(comment).collect::<Vec<_>>()
        });
        hosts.assert_logged_once(&acknowledged.concat());
        assert_eq!(hosts.get(job).comments, 80, "{}", hosts.name);
        let mut said: Vec<String> = Vec::new();
        for entry in hosts.log() {
            said.extend(entry.events.iter().filter_map(|recorded| match &recorded.event {
                Event::JobCommented(comment) => Some(comment.text.clone()),
                _ => None,
            }));
        }
        for thread in 0..8 {
            let own: Vec<&String> = said.iter().filter(|text| text.starts_with(&format!("{thread}/"))).collect();
            let expected: Vec<String> = (0..10).map(|number| format!("{thread}/{number}")).collect();
            assert_eq!(own, expected.iter().collect::<Vec<_>>(), "{}: each once, in its thread's order", hosts.name);
        }
    });
}

#[test]
fn s10_3_a_limit_of_a_stage_is_never_exceeded() {
    let pipeline = json!({ "key": "p", "name": "P", "stages": [
        { "key": "one" }, { "key": "two", "wip_limit": { "max": 3, "mode": "refuse" } }, { "key": "three" }] });
    everywhere(8, &pipeline, |hosts| {
        let jobs: Vec<Vec<JobId>> =
            (0..8).map(|thread| std::iter::repeat_with(|| hosts.job(thread)).take(3).collect()).collect();
        let working = AtomicUsize::new(8);
        let counted = at_once(9, |thread| {
            if thread == 8 {
                // Looks on.
                let mut most = 0;
                while working.load(Ordering::SeqCst) > 0 {
                    let queries = hosts.engine(1).query(firm(), Actor::system("host")).expect("queries");
                    let board = queries.board(&"p".parse().expect("a key"), 10).expect("a board");
                    most = most.max(board.columns[1].jobs).max(board.columns[1].cards.len() as u64);
                }
                return (most, 0);
            }
            let (mut entered, mut refused) = (0, 0);
            let engine = hosts.engine(thread);
            let move_to =
                |job: &JobId, to: &str| insist(engine, &request(json!({ "move_job": { "job": job, "to": to } })));
            for (place, job) in jobs[thread].iter().enumerate() {
                for _ in 0..4 {
                    match move_to(job, "two") {
                        Ok(outcome) => {
                            assert!(outcome.unchanged.is_none());
                            entered += 1;
                            // The last stays if it can.
                            if place < 2 {
                                move_to(job, "three").expect("a way out");
                            }
                            break;
                        }
                        Err(Rejection::Refused { rule, .. }) => {
                            assert_eq!(rule, "wip_limit");
                            refused += 1;
                        }
                        Err(other) => panic!("{}: {other}", hosts.name),
                    }
                }
            }
            working.fetch_sub(1, Ordering::SeqCst);
            (entered, refused)
        });
        assert!(counted[8].0 <= 3, "{}: {} jobs were seen in the stage", hosts.name, counted[8].0);
        let entered: u64 = counted[..8].iter().map(|(entered, _)| entered).sum();
        let refused: u64 = counted[..8].iter().map(|(_, refused)| refused).sum();
        assert!(refused > 0, "{}: five of the jobs that would stay find no room", hosts.name);
        // Counted along the log, the stage is never too full.
        let (mut here, mut entries) = (0i64, 0u64);
        for entry in hosts.log() {
            for recorded in &entry.events {
                if let Event::JobMoved { from, to, .. } = &recorded.event {
                    here += i64::from(to.as_str() == "two") - i64::from(from.as_str() == "two");
                    entries += u64::from(to.as_str() == "two");
                    assert!((0..=3).contains(&here), "{}: {here} jobs in the stage", hosts.name);
                }
            }
        }
        assert_eq!((entries, here), (entered, 3), "{}", hosts.name);
    });
}

#[test]
fn s10_3_a_command_under_one_key_is_done_once_and_all_get_the_first_answer() {
    everywhere(1, &plain(), |hosts| {
        for round in 0..10 {
            let key = format!("round {round}").parse::<workflow_core::id::IdempotencyKey>().expect("a key");
            let create = request(json!({ "create_job": { "account": account(0), "pipeline": "p" } })).keyed(key);
            let answers = at_once(8, |thread| insist(hosts.engine(thread), &create).expect("done by somebody"));
            let first = answers.iter().filter(|outcome| !outcome.replayed).count();
            assert_eq!(first, 1, "{}: one did it", hosts.name);
            for outcome in &answers {
                assert_eq!(outcome.entries, answers[0].entries, "{}: all get one answer", hosts.name);
                assert_eq!(outcome.position, answers[0].position, "{}", hosts.name);
            }
            hosts.assert_logged_once(&[answers[0].entries[0].id]);
            let created = hosts.log().iter().filter(|entry| entry.command == "create_job").count();
            assert_eq!(created, round + 1, "{}: one job a round", hosts.name);
        }
    });
}

#[test]
fn s10_3_of_two_commands_under_one_key_one_is_done() {
    everywhere(1, &plain(), |hosts| {
        for round in 0..10 {
            let key = format!("round {round}").parse::<workflow_core::id::IdempotencyKey>().expect("a key");
            let job = hosts.job(0);
            let answers = at_once(4, |thread| {
                let order = request(json!({ "comment_job": { "job": job, "text": format!("by {thread}") } }));
                insist(hosts.engine(thread), &order.keyed(key.clone()))
            });
            let done = answers.iter().filter(|answer| matches!(answer, Ok(outcome) if !outcome.replayed)).count();
            let reused = answers.iter().filter(|answer| matches!(answer, Err(Rejection::KeyReused(_)))).count();
            assert_eq!((done, reused), (1, 3), "{}: {answers:?}", hosts.name);
            assert_eq!(hosts.get(job).comments, 1, "{}", hosts.name);
        }
    });
}

/// Each entry of a stage sends three signals.
fn talkative() -> Value {
    let signals: Vec<Value> =
        (1..=3).map(|number| json!({ "signal": { "name": format!("signal {number}") } })).collect();
    json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "on_entry": [{ "key": "tell", "do": signals }] }, { "key": "two" }] })
}

#[test]
fn s10_3_no_two_workers_hold_a_notification_and_each_is_delivered() {
    everywhere(1, &talkative(), |hosts| {
        let jobs: Vec<JobId> = std::iter::repeat_with(|| hosts.job(0)).take(20).collect();
        let held: Mutex<BTreeSet<NotificationId>> = Mutex::default();
        let delivered: Mutex<Vec<(JobId, NotificationId)>> = Mutex::default();
        at_once(4, |thread| {
            let engine = hosts.engine(thread);
            let lock = "nobody panicked with it";
            while delivered.lock().expect(lock).len() < 60 {
                let page = engine.claim_notifications(Some(firm()), TimeDelta::seconds(60), 5).expect("claimed");
                for delivery in &page {
                    assert_eq!(delivery.attempts, 1, "{}", hosts.name);
                    let new = held.lock().expect(lock).insert(delivery.notification.id);
                    assert!(new, "{}: two workers hold {}", hosts.name, delivery.notification.id);
                }
                for delivery in page {
                    // Noted before it is acknowledged: then the next of the job may go out.
                    let job = delivery.notification.job.expect("a job");
                    delivered.lock().expect(lock).push((job, delivery.notification.id));
                    assert!(
                        engine.acknowledge(&delivery.receipt).expect("settled"),
                        "{}: the lease is good",
                        hosts.name
                    );
                }
            }
        });
        let delivered = delivered.into_inner().expect("nobody panicked with it");
        let distinct: BTreeSet<NotificationId> = delivered.iter().map(|(_, id)| *id).collect();
        assert_eq!((delivered.len(), distinct.len()), (60, 60), "{}: each is delivered once", hosts.name);
        for job in jobs {
            let own: Vec<NotificationId> = delivered.iter().filter(|(of, _)| *of == job).map(|(_, id)| *id).collect();
            assert_eq!(own.len(), 3, "{}", hosts.name);
            assert!(own.is_sorted(), "{}: those of one job go out in order", hosts.name);
        }
        let rest = hosts.engine(0).claim_notifications(Some(firm()), TimeDelta::seconds(60), 5).expect("claimed");
        assert_eq!(rest, [], "{}", hosts.name);
    });
}

#[test]
fn s10_3_the_lease_of_a_dead_holder_expires() {
    everywhere(1, &talkative(), |hosts| {
        let jobs: BTreeSet<JobId> = std::iter::repeat_with(|| hosts.job(0)).take(5).collect();
        let claim = |thread: usize| {
            hosts.engine(thread).claim_notifications(Some(firm()), TimeDelta::seconds(60), 100).expect("claimed")
        };
        // One of each job; the holder dies.
        let dead = claim(0);
        assert_eq!(dead.iter().filter_map(|delivery| delivery.notification.job).collect::<BTreeSet<_>>(), jobs);
        hosts.clock.advance(TimeDelta::seconds(59));
        assert_eq!(claim(1), [], "{}: the lease lasts", hosts.name);
        hosts.clock.advance(TimeDelta::seconds(2));
        let again = at_once(2, |thread| claim(thread + 1)).concat();
        let ids = |deliveries: &[workflow_core::engine::Delivery]| -> BTreeSet<NotificationId> {
            deliveries.iter().map(|delivery| delivery.notification.id).collect()
        };
        assert_eq!((again.len(), ids(&again)), (5, ids(&dead)), "{}: each to one of them", hosts.name);
        assert!(again.iter().all(|delivery| delivery.attempts == 2), "{}", hosts.name);
        // The dead one comes to: it settles nothing any more.
        for delivery in &dead {
            assert!(!hosts.engine(0).acknowledge(&delivery.receipt).expect("answered"), "{}", hosts.name);
        }
        assert_eq!(claim(0), [], "{}: it is with others still", hosts.name);
        for delivery in &again {
            assert!(hosts.engine(1).acknowledge(&delivery.receipt).expect("settled"), "{}", hosts.name);
        }
        let next = claim(0);
        assert_eq!(next.len(), 5, "{}: the second of each job", hosts.name);
        assert!(ids(&next).is_disjoint(&ids(&again)), "{}", hosts.name);
    });
}

/// Three stages of work that end by themselves; the last tags the account, and the account's other
/// jobs take note.
fn busy() -> Value {
    let stage = |name: &str| {
        let tasks: Vec<Value> = ["a", "b"]
            .map(
                |task| json!({ "create_task": { "key": format!("{name} {task}"), "title": format!("{name} {task}") } }),
            )
            .into();
        json!({ "key": name, "automove": true, "on_entry": [{ "key": format!("work {name}"), "do": tasks }] })
    };
    json!({
        "key": "p", "name": "P",
        "stages": [stage("one"), stage("two"), stage("three"), { "key": "done", "on_entry": [
            { "key": "tag", "do": [{ "add_account_tags": ["client"] }, { "signal": { "name": "done" } }] }] }],
        "automations": [{ "key": "note", "on": { "account_tag_added": { "tag": "client" } }, "do": [{ "add_job_tags": ["known"] }] }],
    })
}

/// Completes tasks of jobs, beginning at a job of the thread's own, until all jobs are completed.
fn work(hosts: &Hosts, thread: usize, jobs: &[JobId]) -> Vec<EntryId> {
    let engine = hosts.engine(thread);
    let mut acknowledged = Vec::new();
    loop {
        let mut open = false;
        for job in jobs.iter().cycle().skip(thread * jobs.len() / 8).take(jobs.len()) {
            let job = hosts.get(*job);
            open |= job.status != JobStatus::Completed;
            let tasks = job.tasks.iter().filter(|link| !link.state.is_ended());
            for task in tasks.map(|link| link.task) {
                let complete = request(json!({ "set_task_state": { "task": task, "state": "completed" } }));
                let outcome = insist(engine, &complete).expect("nothing stands against it");
                if outcome.unchanged.is_none() {
                    acknowledged.extend(outcome.entries.iter().map(|entry| entry.id));
                }
            }
        }
        if !open {
            return acknowledged;
        }
    }
}

#[test]
fn s10_3_eight_threads_work_a_hundred_jobs_to_the_end_and_lose_nothing() {
    everywhere(10, &busy(), |hosts| {
        let jobs: Vec<JobId> = (0..100).map(|number| hosts.job(number % 10)).collect();
        let acknowledged = at_once(8, |thread| work(hosts, thread, &jobs)).concat();
        // Six tasks of each job, each completed by one of the threads.
        assert_eq!(acknowledged.len(), 600, "{}", hosts.name);
        hosts.assert_logged_once(&acknowledged);
        let mut completed: BTreeMap<TaskId, usize> = BTreeMap::new();
        let mut signals = 0;
        for entry in hosts.log() {
            for recorded in &entry.events {
                match &recorded.event {
                    Event::TaskStateSet { task, to: TaskState::Completed, .. } => {
                        *completed.entry(*task).or_default() += 1
                    }
                    Event::NotificationQueued(_) => signals += 1,
                    _ => {}
                }
            }
        }
        assert_eq!(completed.len(), 600, "{}", hosts.name);
        assert!(completed.values().all(|times| *times == 1), "{}", hosts.name);
        assert_eq!(signals, 100, "{}: each job came to its end once", hosts.name);
        for (number, job) in jobs.iter().enumerate() {
            let job = hosts.get(*job);
            let visits: Vec<&str> = job.visits.iter().map(|visit| visit.stage.as_str()).collect();
            assert_eq!(visits, ["one", "two", "three", "done"], "{}", hosts.name);
            assert_eq!((job.tasks.len(), &job.status), (6, &JobStatus::Completed), "{}", hosts.name);
            // The tag of the account came once, and every job of it was told.
            assert!(job.tags.contains("known"), "{}: job {number} was not told", hosts.name);
        }
        let waiting = hosts.engine(0).run_follow_ups(100).expect("claimed");
        assert_eq!(waiting, 0, "{}: follow-ups were left", hosts.name);
    });
}

#[test]
fn s10_3_readers_neither_fail_nor_see_half_of_a_change_while_writers_work() {
    everywhere(10, &busy(), |hosts| {
        let jobs: Vec<JobId> = (0..40).map(|number| hosts.job(number % 10)).collect();
        let (working, reads) = (AtomicUsize::new(4), AtomicUsize::new(0));
        at_once(6, |thread| {
            if thread < 4 {
                work(hosts, thread, &jobs);
                working.fetch_sub(1, Ordering::SeqCst);
                return;
            }
            loop {
                let last = working.load(Ordering::SeqCst) == 0;
                let queries = hosts.engine(thread).query(firm(), Actor::Member(member(1))).expect("queries");
                let board = queries.board(&"p".parse().expect("a key"), 5).expect("a board");
                let counted: u64 = board.columns.iter().map(|column| column.jobs).sum();
                assert_eq!(counted, 40, "{}: no job is counted twice or not at all", hosts.name);
                let page = PageRequest::first(100);
                let listed = queries.jobs(&JobQuery { archived: true, ..JobQuery::default() }, &page).expect("a list");
                assert!(listed.rows.len() <= 40 && listed.next.is_none(), "{}", hosts.name);
                for row in queries.tasks(&TaskQuery::default(), &PageRequest::first(500)).expect("a list").rows {
                    assert!(!row.task.state.is_ended(), "{}: only open ones are listed", hosts.name);
                    assert!(row.job_name.is_some(), "{}: a task without the job it is of", hosts.name);
                }
                reads.fetch_add(1, Ordering::SeqCst);
                if last {
                    let columns: Vec<u64> = board.columns.iter().map(|column| column.jobs).collect();
                    assert_eq!(columns, [0, 0, 0, 40], "{}: the last look sees all that was done", hosts.name);
                    return;
                }
            }
        });
        assert!(reads.load(Ordering::SeqCst) >= 2, "{}", hosts.name);
    });
}

#[test]
fn s10_3_readers_of_a_file_do_not_wait_for_who_writes_it() {
    everywhere(1, &plain(), |hosts| {
        let Some(folder) = &hosts.folder else { return };
        let job = hosts.job(0);
        let writer = rusqlite::Connection::open(folder.path().join("firm.db")).expect("opened");
        writer.execute_batch("BEGIN IMMEDIATE; UPDATE wf_jobs SET urgency = urgency;").expect("the only writer");
        let begun = Instant::now();
        let queries = hosts.engine(0).query(firm(), Actor::system("host")).expect("queries");
        for _ in 0..20 {
            let board = queries.board(&"p".parse().expect("a key"), 5).expect("a board");
            assert_eq!(board.columns[0].jobs, 1, "{}", hosts.name);
            let listed = queries.jobs(&JobQuery::default(), &PageRequest::default()).expect("a list");
            assert_eq!(listed.rows.len(), 1, "{}", hosts.name);
            let tasks = queries.tasks(&TaskQuery::default(), &PageRequest::default()).expect("a list");
            assert_eq!(tasks.rows.len(), 0, "{}", hosts.name);
        }
        // Who writes waits up to ten seconds; who reads does not.
        assert!(begun.elapsed() < Duration::from_secs(5), "{}: {:?}", hosts.name, begun.elapsed());
        let released = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let moving = scope.spawn(|| {
                let order = request(json!({ "move_job": { "job": job, "to": "two" } }));
                let outcome = hosts.engine(0).execute(&order).expect("it waits for its turn");
                assert!(released.load(Ordering::SeqCst), "{}: it wrote while another did", hosts.name);
                outcome
            });
            std::thread::sleep(Duration::from_millis(50));
            released.store(true, Ordering::SeqCst);
            writer.execute_batch("COMMIT").expect("committed");
            assert!(moving.join().expect("no panic").unchanged.is_none());
        });
        assert_eq!(hosts.get(job).stage.as_str(), "two", "{}", hosts.name);
    });
}

/// On entry it waits an hour, then makes an item and tags the account.
fn patient() -> Value {
    let actions = json!([{ "wait": { "for": "1 hour" } }, { "request": { "kind": "note" } }]);
    json!({ "key": "p", "name": "P",
        "stages": [{ "key": "one", "on_entry": [{ "key": "act", "do": actions }] }, { "key": "two" }] })
}

#[test]
fn s10_3_many_hosts_tick_at_once_and_each_timer_fires_once() {
    everywhere(1, &patient(), |hosts| {
        let jobs: Vec<JobId> = (0..120).map(|_| hosts.job(0)).collect();
        hosts.clock.advance(TimeDelta::hours(1));
        let now = hosts.engines[0].now();
        let done = at_once(6, |thread| {
            let mut done = 0;
            for _ in 0..1_000 {
                let ticked = hosts.engine(thread).tick(now, 10).expect("a store that works");
                assert!(ticked.failures.is_empty(), "{}: {:?}", hosts.name, ticked.failures);
                done += ticked.outcomes.len();
                // What another holds is due when its lease has run out.
                if ticked.next.is_none_or(|next| next > now) {
                    return done;
                }
            }
            panic!("{}: ticking does not come to an end", hosts.name)
        });
        assert_eq!(done.iter().sum::<usize>(), jobs.len(), "{}: {done:?}", hosts.name);
        for job in jobs {
            assert_eq!(hosts.get(job).items.len(), 1, "{}", hosts.name);
        }
    });
}
