//! Limits that do not refuse: what happens past each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::{BulkMode, Command, Request};
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::error::{Error, ErrorKind, Rejection, StoreError};
use workflow_core::event::{Actor, Event};
use workflow_core::id::{FirmId, JobId, NotificationId};
use workflow_core::limits;
use workflow_core::model::{AttentionReason, FirmSettings, Job};
use workflow_core::query::{Basis, Interval, JobQuery, JobScope, MeasuresQuery, PageRequest};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, DocId, Document, Put, Queue, QueuedState, Transact};
use workflow_suites::around::{Around, Hand};

use crate::kit::{Office, account, command, firm, key, plain};

/// Limits past which something else happens than a refusal, proved here.
pub(crate) const BOUNDED: &[&str] = &[
    "PROBLEMS",
    "ATTENTION",
    "FAILED_ACTIONS",
    "AUTOMATION_RUNS",
    "CASCADE_EVENTS",
    "WAITS",
    "REMINDERS",
    "TIMERS_AT_ONCE",
    "JOB_TIMERS",
    "TICK",
    "FOLLOW_UP_HOPS",
    "FOLLOW_UPS",
    "CONFLICT_RETRIES",
    "SCAN",
    "OVERDUE_COUNTED",
    "CLAIM",
    "REASON_CHARS",
    "DELIVERY_ATTEMPTS",
    "COMPILED_VERSIONS",
    "CACHED_FIRMS",
    "SERIES_AT_ONCE",
    "MEASURED_JOBS",
    "FORECAST_JOBS",
    "FORECAST_LEAST",
    "EXPORT_ACTIVITIES",
    "EXPORT_CHANGES",
    "SEAL_ENTRIES",
];

#[test]
fn s12_1_so_much_is_kept_of_a_hosts_reason() {
    let mut pipeline = plain();
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "a", "do": [{ "signal": { "name": "s" } }] }]);
    let office = Office::with(pipeline);
    office.job();
    let delivery =
        office.engine.claim_notifications(Some(firm()), chrono::TimeDelta::minutes(1), 1).expect("claimed").remove(0);
    assert!(office.engine.reject(&delivery.receipt, &"é".repeat(limits::REASON_CHARS + 1)).expect("settled"));
    let dead = office.engine.dead_letters(firm(), None, 10).expect("listed");
    assert_eq!(dead[0].why, "é".repeat(limits::REASON_CHARS));
}

#[test]
fn s12_1_one_answer_lists_so_many_problems() {
    let office = Office::new();
    let mut pipeline = plain();
    let bad = |number: usize| json!({ "key": format!("a{number}"), "on": "by_hand", "do": [{ "move_to": "nowhere" }] });
    pipeline["automations"] = (0..limits::PROBLEMS + 50).map(bad).collect();
    let Err(Error::Rejected(Rejection::Document(problems))) = office.try_publish(pipeline, json!({})) else {
        panic!("not refused")
    };
    assert_eq!(problems.len(), limits::PROBLEMS);
    let office = Office::with(plain());
    let commands = vec![command(json!({ "archive_job": { "job": uuid::Uuid::nil() } })); limits::PROBLEMS + 50];
    let Rejection::Document(problems) = office.refused(Command::Bulk { mode: BulkMode::AllOrNothing, commands }) else {
        panic!("not refused")
    };
    assert_eq!(problems.len(), limits::PROBLEMS);
}

#[test]
fn s12_1_past_so_many_reasons_for_attention_the_oldest_is_dropped() {
    let office = Office::with(plain());
    let job = office.job();
    let rejected = |number: usize| NotificationId(uuid::Uuid::from_u128(number as u128));
    for number in 0..limits::ATTENTION + 3 {
        office.run(Command::RejectNotification { job, notification: rejected(number), why: "no".into() });
    }
    let reasons: Vec<AttentionReason> = office.get(job).attention.iter().map(|a| a.reason.clone()).collect();
    let newest = (3..limits::ATTENTION + 3).map(|number| AttentionReason::Rejected(rejected(number)));
    assert_eq!(reasons, newest.collect::<Vec<_>>());
}

#[test]
fn s12_1_past_so_many_failed_actions_the_oldest_is_dropped() {
    let mut pipeline = plain();
    let broken = json!({ "assign": { "roles": ["partner"] } });
    pipeline["automations"] = json!([{ "key": "a", "on": "by_hand", "do": [broken] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    let count = u32::try_from(limits::FAILED_ACTIONS).expect("a number");
    for _ in 0..count + 3 {
        office.give(json!({ "fire_automation": { "job": job, "automation": "a" } }));
    }
    let numbers: Vec<u32> = office.get(job).failed.iter().map(|failed| failed.number).collect();
    assert_eq!(numbers, (4..=count + 3).collect::<Vec<_>>());
    assert_eq!(office.get(job).failures, count + 3);
}

#[test]
fn s12_1_one_automation_runs_so_often_in_one_cascade() {
    let mut pipeline = plain();
    let there = json!({ "role_filled": "preparer" });
    let flip = |key: &str, on: &str, off: &str| {
        json!({ "key": key, "on": { "job_tag_added": { "tag": on } }, "if": there,
            "do": [{ "remove_job_tags": [on] }, { "add_job_tags": [off] }] })
    };
    pipeline["automations"] = json!([flip("tick", "a", "b"), flip("tock", "b", "a")]);
    let office = Office::with(pipeline);
    let job = office.job();
    let outcome = office.give(json!({ "tag_job": { "job": job, "add": ["a"] } }));
    let runs = |name: &str| {
        let ran = |e: &Event| matches!(e, Event::AutomationRan { automation, .. } if automation.as_str() == name);
        outcome.events().iter().filter(|recorded| ran(&recorded.event)).count()
    };
    let most = limits::AUTOMATION_RUNS as usize;
    assert_eq!((runs("tick"), runs("tock")), (most, most));
    assert!(office.get(job).attention.iter().any(|a| a.reason == AttentionReason::Loop));
}

/// Sixty automations of a hundred actions each, on one signal.
fn heavy(count: usize) -> Value {
    let mut pipeline = plain();
    let field = |n: usize| json!({ "set_field": { "scope": "job", "field": format!("f{}", n % 150), "value": n } });
    let automation = |a: usize| {
        let actions: Vec<Value> = (0..limits::ACTIONS).map(|n| field(a * 101 + n)).collect();
        json!({ "key": format!("a{a:03}"), "on": { "signal": { "name": "go" } }, "do": actions })
    };
    pipeline["automations"] = (0..count).map(automation).collect();
    pipeline
}

#[test]
fn s12_1_a_cascade_has_so_many_events() {
    let office = Office::with(heavy(130));
    let job = office.job();
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    let events = outcome.events();
    // The automation that was running came to its end; then the cascade was cut.
    assert!(events.len() > limits::CASCADE_EVENTS, "{}", events.len());
    assert!(events.len() <= limits::CASCADE_EVENTS + limits::ACTIONS + 5, "{}", events.len());
    let cut = events.iter().any(|recorded| matches!(&recorded.event, Event::LoopCut { .. }));
    assert!(cut, "{:?}", events.last());
    assert!(office.get(job).attention.iter().any(|a| a.reason == AttentionReason::Loop));
    assert!(!office.get(job).fields.is_empty(), "what was done before is kept");
    // Fewer are not cut.
    let office = Office::with(heavy(90));
    let job = office.job();
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert!(!outcome.events().iter().any(|recorded| matches!(&recorded.event, Event::LoopCut { .. })));
}

#[test]
fn s12_1_a_chain_of_follow_ups_has_an_end() {
    let mut pipeline = plain();
    let again = json!([{ "key": "again", "if": { "role_filled": "preparer" }, "do": [{ "create_job": {} }] }]);
    pipeline["stages"][0]["on_entry"] = again;
    let office = Office::with(pipeline);
    let first = office.job();
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let jobs = query.board(&key("p"), 1).expect("a board").columns[0].jobs;
    assert!(jobs > 1 && jobs <= u64::from(limits::FOLLOW_UP_HOPS) + 1, "{jobs}");
    assert!(office.find(first).is_some());
    let waiting = office.engine.queued(Queue::FollowUps, firm(), QueuedState::Waiting, None, 10).expect("listed");
    let dead = office.engine.queued(Queue::FollowUps, firm(), QueuedState::Dead, None, 10).expect("listed");
    assert_eq!((waiting.len(), dead.len()), (0, 1));
    let why = dead[0].error.clone().unwrap_or_default();
    assert!(why.contains("FOLLOW_UP_HOPS of 100"), "{why}");
}

/// A store where others are always faster, when it is told to be.
struct Crowded {
    inner: MemoryStore,
    crowded: AtomicBool,
    commits: AtomicUsize,
}

impl Hand for Crowded {
    fn store(&self) -> &dyn Transact {
        &self.inner
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        if !self.crowded.load(Ordering::SeqCst) {
            return self.inner.commit(batches);
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        Ok(batches.iter().map(|_| Err(Conflict::Document(DocId::Firm))).collect())
    }
}

#[test]
fn s12_1_a_command_is_tried_so_often() {
    let inner = MemoryStore::new();
    let store = Arc::new(Around(Crowded { inner, crowded: AtomicBool::new(false), commits: AtomicUsize::new(0) }));
    let engine = Engine::new(Arc::clone(&store) as _);
    let request = |name: &str| {
        let settings = Box::new(FirmSettings::named(name));
        Request::new(firm(), Actor::system("t"), Command::SaveFirm(settings))
    };
    engine.execute(&request("F")).expect("a firm");
    store.0.crowded.store(true, Ordering::SeqCst);
    let error = engine.execute(&request("G")).expect_err("others were faster");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Conflict, true));
    assert!(error.to_string().contains("20 times (CONFLICT_RETRIES)"), "{error}");
    assert_eq!(store.0.commits.load(Ordering::SeqCst), limits::CONFLICT_RETRIES as usize + 1);
    store.0.crowded.store(false, Ordering::SeqCst);
    engine.execute(&request("G")).expect("now it is done");
}

/// Puts copies of a job into the store past the log, so that there are many quickly.
fn copies(office: &Office, job: JobId, count: usize, change: impl Fn(usize, &mut Job)) {
    let found = office.get(job);
    let copy = |number: usize| {
        let mut copy = (*found).clone();
        copy.id = JobId(uuid::Uuid::from_u128(0x5000_0000 + number as u128));
        change(number, &mut copy);
        Put { expected: None, document: Document::Job(Arc::new(copy)), previous: None }
    };
    let mut batch = Batch::new(firm());
    batch.puts = (0..count).map(copy).collect();
    office.store.commit(&[batch]).expect("readable").remove(0).expect("committed");
}

#[test]
fn s12_1_a_page_looks_at_so_many_rows() {
    let office = Office::with(plain());
    let job = office.job();
    let count = limits::SCAN + 5_000;
    copies(&office, job, count, |number, job| {
        if number == count - 1 {
            job.name = "The needle".into();
        }
    });
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let needle = JobQuery { text: Some("needle".into()), ..JobQuery::default() };
    let first = query.jobs(&needle, &PageRequest::first(10)).expect("jobs");
    assert!(first.rows.is_empty(), "nothing found so far");
    let next = first.next.expect("there is more to look at");
    let second = query.jobs(&needle, &PageRequest::after(10, next)).expect("jobs");
    assert_eq!((second.rows.len(), second.next.is_none()), (1, true));
    office.leave();
}

#[test]
fn s12_1_measures_are_taken_of_so_many_jobs() {
    let office = Office::with(plain());
    let job = office.job();
    copies(&office, job, limits::MEASURED_JOBS - 1, |_, _| {});
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let day = query.today();
    let asked = MeasuresQuery { pipeline: key("p"), from: day, to: day, by: Interval::Day };
    let measures = || query.measures(&asked).expect("measures");
    assert_eq!((measures().jobs, measures().more), (limits::MEASURED_JOBS as u64, false));
    copies(&office, job, 5, |number, job| job.id = JobId(uuid::Uuid::from_u128(0x6000_0000 + number as u128)));
    let found = measures();
    assert_eq!(
        (found.jobs, found.open, found.more),
        (limits::MEASURED_JOBS as u64, limits::MEASURED_JOBS as u64, true)
    );
    office.leave();
}

#[test]
fn s12_1_a_forecast_learns_from_so_many_jobs_and_no_fewer_than_so_few() {
    let office = Office::with(plain());
    let job = office.job();
    let open = office.job();
    office.advance(TimeDelta::hours(1));
    office.move_to(job, "three");
    let forecast = || {
        let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
        let one = JobQuery { scope: JobScope::Job(open), ..JobQuery::default() };
        query.forecasts(&one, &PageRequest::first(1)).expect("forecasts").rows.remove(0)
    };
    copies(&office, job, limits::FORECAST_LEAST - 2, |_, _| {});
    assert_eq!((forecast().basis, forecast().done), (Basis::Nothing, 0));
    copies(&office, job, 1, |_, job| job.id = JobId(uuid::Uuid::from_u128(0x6000_0000)));
    assert_eq!((forecast().basis, forecast().done), (Basis::Age, limits::FORECAST_LEAST as u64));
    copies(&office, job, limits::FORECAST_JOBS, |number, job| {
        job.id = JobId(uuid::Uuid::from_u128(0x7000_0000 + number as u128));
    });
    assert_eq!(forecast().done, limits::FORECAST_JOBS as u64 - 1, "it is one of them itself");
    office.leave();
}

#[test]
fn s12_1_late_jobs_are_counted_so_far() {
    let office = Office::with(plain());
    let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p",
        "due": "2026-01-01" } }));
    let job = job.job().expect("a job");
    copies(&office, job, limits::OVERDUE_COUNTED - 2, |_, _| {});
    // Counts are sums kept with the commits; these copies were put in past them.
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let late = || query.board(&key("p"), 1).expect("a board").columns[0].overdue;
    assert_eq!((late().counted, late().more), (limits::OVERDUE_COUNTED as u64 - 1, false));
    copies(&office, job, 5, |number, job| job.id = JobId(uuid::Uuid::from_u128(0x6000_0000 + number as u128)));
    assert_eq!((late().counted, late().more), (limits::OVERDUE_COUNTED as u64, true));
    office.leave();
}

#[test]
fn s12_1_one_claim_hands_out_so_many() {
    let mut pipeline = plain();
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "tell", "do": [{ "signal": { "name": "s" } }] }]);
    let office = Office::with(pipeline);
    let new = json!({ "create_job": { "account": account(1), "pipeline": "p" } });
    let commands = vec![command(new); limits::CLAIM + 7];
    office.run(Command::Bulk { mode: BulkMode::Each, commands });
    let claim = || office.engine.claim_notifications(Some(firm()), TimeDelta::seconds(60), 100_000).expect("claimed");
    assert_eq!((claim().len(), claim().len()), (limits::CLAIM, 7));
}

#[test]
fn s12_1_a_notification_is_tried_so_often() {
    let mut pipeline = plain();
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "tell", "do": [{ "signal": { "name": "s" } }] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    for attempt in 1..=limits::DELIVERY_ATTEMPTS {
        assert!(office.engine.dead_letters(firm(), None, 10).expect("letters").is_empty(), "before {attempt}");
        let claimed = office.engine.claim_notifications(Some(firm()), TimeDelta::seconds(60), 10).expect("claimed");
        assert_eq!((claimed.len(), claimed[0].attempts), (1, attempt));
        assert!(office.engine.fail(&claimed[0].receipt, "not now", None).expect("noted"));
        office.advance(TimeDelta::hours(2));
    }
    assert_eq!(office.engine.dead_letters(firm(), None, 10).expect("letters").len(), 1);
    assert!(office.engine.claim_notifications(Some(firm()), TimeDelta::seconds(60), 10).expect("claimed").is_empty());
    assert!(matches!(office.get(job).attention[0].reason, AttentionReason::Rejected(_)));
}

#[test]
fn s12_1_versions_past_what_the_cache_holds_are_read_again() {
    let office = Office::new();
    let version = |number: usize| {
        let mut pipeline = plain();
        pipeline["versioning"] = json!("pin");
        pipeline["description"] = json!(format!("Version {number}"));
        pipeline["stages"][1]["on_entry"] =
            json!([{ "key": "note", "do": [{ "set_client_status": format!("By version {number}") }] }]);
        pipeline
    };
    let count = limits::COMPILED_VERSIONS + 4;
    let jobs: Vec<JobId> = (1..=count)
        .map(|number| {
            office.publish(version(number));
            office.job()
        })
        .collect();
    for (job, number) in jobs.iter().zip(1..) {
        assert_eq!(office.get(*job).version, number);
        office.move_to(*job, "two");
        assert_eq!(office.get(*job).client_status.as_deref(), Some(&*format!("By version {number}")));
    }
}

#[test]
fn s12_1_firms_past_what_the_cache_holds_are_read_again() {
    let store = Arc::new(MemoryStore::new());
    let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
    let engine = Engine::deterministic(store, clock, 3);
    let firms: Vec<FirmId> =
        (1..=limits::CACHED_FIRMS as u128 + 6).map(|number| FirmId(uuid::Uuid::from_u128(number))).collect();
    let give = |firm: FirmId, written: Value| {
        engine.execute(&Request::new(firm, Actor::system("t"), command(written))).expect("done")
    };
    for firm in &firms {
        give(*firm, json!({ "save_firm": { "name": format!("Firm {firm}") } }));
        give(*firm, json!({ "publish_pipeline": { "definition": plain() } }));
        give(*firm, json!({ "save_account": { "id": account(1), "name": "A" } }));
    }
    for firm in &firms {
        let name = json!({ "account": account(1), "pipeline": "p", "name": "{{ firm.name }}" });
        let job = give(*firm, json!({ "create_job": name })).job().expect("a job");
        let view = engine.query(*firm, Actor::system("t")).expect("a firm").job(job).expect("a job");
        assert_eq!(*view.job.name, *format!("Firm {firm}"));
        assert!(engine.verify(*firm).expect("readable").differences.is_empty());
    }
}

/// Actions that a job's first stage does more often than the limit allows.
fn too_many(action: &Value, times: usize) -> Office {
    let mut pipeline = plain();
    let act = |number: usize| json!({ "key": format!("a{number}"), "do": [action] });
    pipeline["stages"][0]["on_entry"] = (0..times).map(act).collect();
    Office::with(pipeline)
}

#[test]
fn s12_1_so_many_actions_wait_and_so_much_is_reminded_of() {
    let remind = json!({ "every": "1 day", "at_most": 2 });
    let request = json!({ "request": { "kind": "organizer", "remind": remind } });
    let wait = json!({ "wait": { "for": "1 day" } });
    for (action, limit, max) in [(wait, "WAITS", limits::WAITS), (request, "REMINDERS", limits::REMINDERS)] {
        let office = too_many(&action, max + 1);
        let job = office.get(office.job());
        let counts = (job.waits.len(), job.reminders.len());
        assert!(counts == (max, 0) || counts == (0, max), "{counts:?}");
        assert_eq!(job.failed.len(), 1);
        assert!(job.failed[0].why.contains(&format!("{limit} of {max}")), "{}", job.failed[0].why);
    }
}

#[test]
fn s12_1_so_many_timers_of_a_job_fire_at_once_and_so_many_records_in_a_tick() {
    let office = too_many(&json!({ "wait": { "for": "1 day" } }), limits::TIMERS_AT_ONCE + 1);
    office.job();
    office.advance(TimeDelta::days(1));
    let fired = |limit: usize| {
        let ticked = office.engine.tick(office.now(), limit).expect("a store that works");
        ticked.outcomes.iter().map(|outcome| outcome.events().len()).collect::<Vec<_>>()
    };
    assert_eq!(fired(1), [limits::TIMERS_AT_ONCE]);
    assert_eq!(fired(1), [1]);
    // A tick of everything there is stops somewhere too.
    let mut pipeline = plain();
    pipeline["key"] = json!("q");
    pipeline["stages"][0]["time_limit"] = json!("1 hour");
    office.publish(pipeline);
    let new = |_| json!({ "create_job": { "account": account(1), "pipeline": "q" } });
    for _ in 0..2 {
        let commands: Vec<Value> = (0..limits::TICK / 2 + 1).map(new).collect();
        office.give(json!({ "bulk": { "mode": "each", "commands": commands } }));
    }
    office.advance(TimeDelta::hours(1));
    assert_eq!(fired(usize::MAX).len(), limits::TICK);
    assert_eq!(fired(usize::MAX).len(), 2);
}

#[test]
fn s12_1_a_job_keeps_so_many_timers_and_all_of_them_fire() {
    let mut pipeline = plain();
    let watch = |number: usize| {
        json!({ "key": format!("w{number}"), "on": { "overdue": { "date": "task_due" } },
        "do": [{ "signal": { "name": "late" } }] })
    };
    pipeline["automations"] = (0..3).map(watch).collect();
    let office = Office::with(pipeline);
    let job = office.job();
    let tasks = limits::JOB_TIMERS / 3 + 20;
    for number in 0..tasks {
        office.new_task(json!({ "job": job,
            "task": { "key": format!("t{number}"), "title": "T", "due": format!("{} days after creation", number % 5) } }));
    }
    assert_eq!(office.get(job).timers.len(), limits::JOB_TIMERS);
    office.advance(TimeDelta::days(10));
    let mut signals = 0;
    loop {
        let ticked = office.engine.tick(office.now(), 1).expect("a store that works");
        signals += ticked.outcomes.iter().map(|outcome| outcome.notifications().len()).sum::<usize>();
        if ticked.next.is_none() {
            break;
        }
    }
    assert_eq!(signals, 3 * tasks);
    assert!(office.get(job).timers.is_empty());
}

#[test]
fn s12_1_so_many_turns_of_a_series_come_in_one_commit() {
    let office = Office::with(plain());
    let series = office.give(json!({ "create_series": { "name": "S", "makes": { "job": { "pipeline": "p" } },
        "for": { "accounts": [account(1)] }, "catch_up": "all",
        "schedule": { "rule": "FREQ=DAILY", "start": "2026-02-03" } } }));
    assert!(series.series().is_some());
    let later = office.now() + TimeDelta::days(40);
    let made = |ticked: &workflow_core::engine::Ticked| {
        let of = |recorded: &&workflow_core::event::Recorded| match &recorded.event {
            Event::SeriesAdvanced { made, .. } => made.len(),
            _ => 0,
        };
        let outcomes = ticked.outcomes.iter();
        outcomes.map(|outcome| outcome.events().iter().map(&of).sum::<usize>()).collect::<Vec<_>>()
    };
    let ticked = office.engine.tick(later, 1).expect("works");
    assert_eq!(made(&ticked), [limits::SERIES_AT_ONCE]);
    assert!(ticked.next.is_some_and(|next| next <= later), "the rest follows at once");
    let ticked = office.engine.tick(later, 100).expect("works");
    assert_eq!(made(&ticked), [limits::SERIES_AT_ONCE, 40 - 2 * limits::SERIES_AT_ONCE]);
    assert_eq!(office.jobs_of(1).len(), 40);
}
