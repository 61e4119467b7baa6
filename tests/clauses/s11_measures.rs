//! How long work takes, and when it may be expected to be done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use workflow_core::apply::apply_entry;
use workflow_core::command::Command;
use workflow_core::definition::Party;
use workflow_core::engine::Engine;
use workflow_core::error::{Error, Rejection, StoreError};
use workflow_core::event::Actor;
use workflow_core::id::{FirmId, JobId};
use workflow_core::limits;
use workflow_core::measure::{Elapsed, Quantiles};
use workflow_core::model::JobStatus;
use workflow_core::query::{
    Basis, Interval, JobForecast, JobMeasures, JobQuery, JobScope, Measures, MeasuresQuery, PageRequest, Queries,
};
use workflow_core::state::State;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, Hit, LogBy, LogScan, Scan, Transact};
use workflow_suites::around::{Around, Hand};

use crate::crowd::{Crowd, Records, lookers};
use crate::kit::{Office, account, firm, key};
use crate::s11_queries::all;

fn hours(calendar: i64, business: i64) -> Elapsed {
    Elapsed { seconds: calendar * 3_600, business_seconds: business * 3_600 }
}

fn asker(office: &Office) -> Queries<'_> {
    office.engine.query(firm(), Actor::system("test")).expect("a firm")
}

fn one(job: JobId) -> JobQuery {
    JobQuery { scope: JobScope::Job(job), ..JobQuery::default() }
}

fn measured(office: &Office, job: JobId) -> JobMeasures {
    let page = asker(office).job_measures(&one(job), &PageRequest::default()).expect("measures");
    assert_eq!(page.next, None);
    page.rows.into_iter().next().expect("a job")
}

fn forecast(office: &Office, job: JobId) -> JobForecast {
    let page = asker(office).forecasts(&one(job), &PageRequest::default()).expect("forecasts");
    page.rows.into_iter().next().expect("an open job")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn of(from: &str, to: &str) -> MeasuresQuery {
    MeasuresQuery { pipeline: key("p"), from: day(from), to: day(to), by: Interval::default() }
}

fn measures(office: &Office, from: &str, to: &str) -> Measures {
    asker(office).measures(&of(from, to)).expect("measures")
}

/// A client is asked, somebody prepares, a tax office looks at it.
fn pipeline() -> Value {
    json!({ "key": "p", "name": "P",
        "statuses": [{ "key": "missing", "name": "Missing documents", "waiting_for": "client" }],
        "stages": [
            { "key": "intake", "automove": true, "on_entry": [{ "key": "ask", "do": [{ "request": { "kind": "organizer" } }] }] },
            { "key": "prepare", "name": "Prepare", "automove": true, "on_entry": [{ "key": "work", "do": [
                { "create_task": { "key": "a", "title": "Prepare" } }] }] },
            { "key": "office", "waiting_for": "third_party" },
            { "key": "done" }
        ] })
}

/// The story of one job. The office's clock shows Monday, 10:00 of the firm's zone; it is open 9 to 17.
fn story(office: &Office) -> JobId {
    let job = office.job();
    let later = |hours| office.advance(TimeDelta::hours(hours));
    later(26);
    office.report(job, "organizer", "submitted"); // Tuesday 12:00: the firm's turn
    later(2);
    office.set_status(job, "missing"); // Tuesday 14:00
    later(24);
    office.set_status(job, "active"); // Wednesday 14:00
    later(2);
    office.complete(job, "Prepare"); // Wednesday 16:00: to the tax office
    later(18);
    office.move_to(job, "prepare"); // Thursday 10:00: back again
    later(2);
    office.complete(job, "Prepare"); // Thursday 12:00
    later(3);
    office.move_to(job, "done"); // Thursday 15:00
    job
}

#[test]
fn s11_6_time_in_stage_status_and_waiting_party_is_told_in_calendar_and_business_hours() {
    let office = Office::with(pipeline());
    let job = story(&office);
    office.advance(TimeDelta::days(9)); // what is done gets no older
    let found = measured(&office, job);
    assert_eq!((found.lead, found.cycle), (hours(77, 29), Some(hours(51, 19))));
    assert_eq!(found.started, Some(at("2026-02-03T17:00:00Z")), "when the organizer was in");
    assert_eq!(found.completed, Some(at("2026-02-05T20:00:00Z")));
    assert_eq!((found.age, found.reentries, found.late), (None, 2, false), "prepare and office again");
    let stages: Vec<_> = found.stages.iter().map(|stage| (stage.stage.as_str(), stage.visits, stage.time)).collect();
    let expected = [
        ("intake", 1, hours(26, 10)),
        ("prepare", 2, hours(30, 14)),
        ("office", 2, hours(21, 5)),
        ("done", 1, hours(0, 0)),
    ];
    assert_eq!(stages, expected);
    let statuses: Vec<_> = found.statuses.iter().map(|status| (status.status.as_str(), status.time)).collect();
    assert_eq!(statuses, [("active", hours(53, 21)), ("missing", hours(24, 8))]);
    let waiting: Vec<_> = found.waiting.iter().map(|waiting| (waiting.party, waiting.time)).collect();
    let expected = [(Party::Firm, hours(6, 6)), (Party::Client, hours(50, 18)), (Party::ThirdParty, hours(21, 5))];
    assert_eq!(waiting, expected);
}

#[test]
fn s11_6_ageing_goes_on_while_a_job_is_open() {
    let office = Office::with(pipeline());
    let job = office.job();
    office.advance(TimeDelta::hours(3));
    let found = measured(&office, job);
    assert_eq!((found.age, found.lead), (Some(hours(3, 3)), hours(3, 3)));
    assert_eq!((found.started, found.cycle), (None, None), "nobody has begun");
    office.advance(TimeDelta::hours(24));
    assert_eq!(measured(&office, job).age, Some(hours(27, 11)));
    office.report(job, "organizer", "submitted");
    office.advance(TimeDelta::hours(1));
    let found = measured(&office, job);
    assert_eq!((found.age, found.cycle, found.lead), (Some(hours(1, 1)), Some(hours(1, 1)), hours(28, 12)));
}

#[test]
fn s11_6_a_task_taken_up_begins_the_cycle_and_a_declined_item_is_the_firms_turn() {
    let office = Office::with(pipeline());
    let job = office.job();
    office.advance(TimeDelta::hours(1));
    office.report(job, "organizer", "declined");
    office.advance(TimeDelta::hours(2));
    let task = office.new_task(json!({ "job": job, "task": { "key": "x", "title": "Call" } }));
    office.advance(TimeDelta::hours(1));
    let before = measured(&office, job);
    let waiting: Vec<_> = before.waiting.iter().map(|waiting| (waiting.party, waiting.time)).collect();
    assert_eq!(waiting, [(Party::Firm, hours(3, 3)), (Party::Client, hours(1, 1))]);
    assert_eq!(before.started, None);
    office.run(crate::kit::set_task(task, workflow_core::model::TaskState::InProgress));
    assert_eq!(measured(&office, job).started, Some(office.now()));
}

#[test]
fn s11_6_a_pipeline_is_measured_over_a_stretch() {
    let office = Office::with(pipeline());
    story(&office);
    // One that is late, one that is open and late, one that was put away unfinished.
    let due = |day: &str| {
        let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "due": day } }));
        job.job().expect("a job")
    };
    let (late, gone) = (due("2026-02-06"), due("2026-03-01"));
    due("2026-02-06");
    office.give(json!({ "archive_job": { "job": gone, "archived": true } }));
    office.clock.set(at("2026-02-09T15:00:00Z")); // Monday 10:00
    office.move_to(late, "done");
    office.advance(TimeDelta::hours(2));
    let found = measures(&office, "2026-02-01", "2026-02-14");
    assert_eq!((found.jobs, found.more, found.created, found.completed), (4, false, 4, 2));
    let steps: Vec<_> = found
        .throughput
        .iter()
        .map(|step| (step.from.to_string(), step.to.to_string(), step.created, step.completed))
        .collect();
    let expected = [
        ("2026-02-01".to_owned(), "2026-02-01".to_owned(), 0, 0),
        ("2026-02-02".to_owned(), "2026-02-08".to_owned(), 4, 1),
        ("2026-02-09".to_owned(), "2026-02-14".to_owned(), 0, 1),
    ];
    assert_eq!(steps, expected, "weeks begin on Monday, and the stretch on a Sunday");
    assert_eq!((found.completed_with_due, found.completed_late, found.late_rate), (1, 1, Some(1.0)));
    assert_eq!((found.open, found.open_late), (1, 1));
    assert_eq!((found.reworked, found.reentries), (1, 2));
    // Thursday 15:00 to Monday 10:00 is 91 hours, 11 of them business hours.
    let lead = found.lead;
    let quantiles = |mean: i64, p50: i64, max: i64| {
        Some(Quantiles { mean: mean * 3_600, p50: p50 * 3_600, p85: max * 3_600, p95: max * 3_600, max: max * 3_600 })
    };
    assert_eq!((lead.count, lead.calendar, lead.business), (2, quantiles(84, 77, 91), quantiles(20, 11, 29)));
    assert_eq!(
        (found.cycle.count, found.cycle.calendar),
        (2, Some(Quantiles { mean: 91_800, p50: 0, p85: 183_600, p95: 183_600, max: 183_600 }))
    );
    assert_eq!(found.age.calendar, quantiles(93, 93, 93));
    let stages: Vec<_> = found
        .stages
        .iter()
        .map(|stage| (stage.stage.as_str(), stage.time.count, stage.reentries, stage.age.count))
        .collect();
    assert_eq!(stages, [("intake", 3, 0, 1), ("prepare", 2, 1, 0), ("office", 2, 1, 0), ("done", 2, 0, 0)]);
    let statuses: Vec<_> = found.statuses.iter().map(|status| (status.name.as_str(), status.time.count)).collect();
    assert_eq!(statuses, [("active", 2), ("Missing documents", 1)]);
    let shares: f64 = found.waiting.iter().map(|waiting| waiting.share).sum();
    assert!((shares - 1.0).abs() < 1e-9);
    let client = found.waiting.iter().find(|waiting| waiting.party == Party::Client).expect("the client");
    assert_eq!((client.time.count, client.share), (2, (50.0 + 91.0) / (77.0 + 91.0)));
    // Outside of the stretch there is nothing, but for what is open now.
    let before = measures(&office, "2026-01-01", "2026-01-31");
    assert_eq!((before.created, before.completed, before.open, before.late_rate), (0, 0, 1, None));
    assert_eq!(before.lead.calendar, None);
    assert_eq!(before.throughput.len(), 5);
}

#[test]
fn s11_6_throughput_is_counted_by_day_week_or_month() {
    let office = Office::with(pipeline());
    for (when, jobs) in [("2026-01-31T15:00:00Z", 1), ("2026-02-01T04:59:00Z", 2), ("2026-02-01T05:00:00Z", 4)] {
        office.clock.set(at(when)); // the firm's January ends at 05:00 UTC
        for _ in 0..jobs {
            office.job();
        }
    }
    let counted = |by| {
        let query = MeasuresQuery { by, ..of("2026-01-30", "2026-03-02") };
        let found = asker(&office).measures(&query).expect("measures");
        found.throughput.iter().map(|step| step.created).collect::<Vec<_>>()
    };
    assert_eq!(counted(Interval::Month), [3, 4, 0]);
    assert_eq!(counted(Interval::Week)[..2], [7, 0]);
    assert_eq!(counted(Interval::Day)[..4], [0, 3, 4, 0]);
    assert_eq!(counted(Interval::Day).len(), 32);
}

#[test]
fn s11_6_a_forecast_is_the_share_of_those_that_went_before() {
    let office = Office::with(crate::kit::plain());
    let jobs: Vec<JobId> = (0..5).map(|_| office.job()).collect();
    for job in &jobs[..4] {
        office.advance(TimeDelta::hours(1));
        office.move_to(*job, "three");
    }
    // Monday 14:00. Four of the five are not enough to tell.
    let due_today = office
        .give(json!({ "create_job": { "account": account(1), "pipeline": "p", "due": "2026-02-02",
            "statutory": "2026-02-03", "extended": "2026-02-01" } }))
        .job()
        .expect("a job");
    let found = forecast(&office, due_today);
    assert_eq!((found.basis, found.before_due, found.p50), (Basis::Nothing, None, None));
    office.advance(TimeDelta::hours(1));
    office.move_to(jobs[4], "three");
    // They took 1 to 5 hours. It is there for an hour, and two are left today.
    let found = forecast(&office, due_today);
    assert_eq!((found.basis, found.jobs, found.done), (Basis::Age, 5, 5));
    // From here the others had 0 to 4 hours left: three of five no more than two.
    assert!((found.before_due.expect("a share") - 0.6).abs() < 1e-9, "{:?}", found.before_due);
    assert_eq!(found.before_statutory, Some(1.0), "all of Tuesday is left");
    assert_eq!(found.before_extended, Some(0.0), "it is over");
    assert_eq!(found.p50, Some(at("2026-02-02T22:00:00Z")), "Monday 17:00");
    assert_eq!(found.p95, Some(at("2026-02-03T16:00:00Z")), "Tuesday 11:00, over the night");
    // Once the day is over it cannot be.
    office.advance(TimeDelta::hours(18));
    assert_eq!(forecast(&office, due_today).before_due, Some(0.0));
}

#[test]
fn s11_6_a_forecast_says_what_it_is_told_by() {
    let office = Office::with(crate::kit::plain());
    let jobs: Vec<JobId> = (0..6).map(|_| office.job()).collect();
    office.advance(TimeDelta::hours(2));
    for job in &jobs {
        office.move_to(*job, "three");
    }
    let job = office.job();
    assert_eq!(forecast(&office, job).basis, Basis::Age);
    office.advance(TimeDelta::hours(3));
    let found = forecast(&office, job);
    assert_eq!(found.basis, Basis::Stage, "none was there for three hours");
    office.move_to(job, "two");
    let found = forecast(&office, job);
    assert_eq!((found.basis, found.p50), (Basis::Nothing, None), "none came through here, none took so long");
    let fresh = office
        .give(json!({ "create_job": { "account": account(1), "pipeline": "p", "stage": "two" } }))
        .job()
        .expect("a job");
    assert_eq!(forecast(&office, fresh).basis, Basis::Pipeline);
    // What is finished has no forecast.
    let page = asker(&office).forecasts(&one(jobs[0]), &PageRequest::default()).expect("forecasts");
    assert_eq!(page.rows, []);
    let open = asker(&office).forecasts(&JobQuery::default(), &PageRequest::default()).expect("forecasts");
    assert_eq!(open.rows.len(), 2);
}

#[test]
fn s11_6_what_is_not_done_makes_a_forecast_later() {
    let office = Office::with(crate::kit::plain());
    let jobs: Vec<JobId> = (0..10).map(|_| office.job()).collect();
    office.advance(TimeDelta::hours(1));
    jobs[..5].iter().for_each(|job| drop(office.move_to(*job, "three")));
    let job = office.job();
    assert_eq!(forecast(&office, job).p50, Some(office.now() + TimeDelta::hours(1)), "half of ten within the hour");
    assert_eq!(forecast(&office, job).p85, None, "the others have not shown how long they take");
    office.give(json!({ "archive_job": { "job": jobs[9], "archived": true } }));
    office.advance(TimeDelta::hours(2));
    office.move_to(jobs[5], "three");
    let found = forecast(&office, job);
    assert_eq!((found.basis, found.jobs, found.done), (Basis::Stage, 10, 6));
    let fresh = office.job();
    let due = |day: &str| json!({ "edit_job": { "job": fresh, "changes": { "dates": { "due": { "to": day } } } } });
    office.give(due("2026-02-02"));
    // Of eleven, five were done in one hour; one was put away then, one is there for two; of the other four
    // one was done in three.
    let share = 1.0 - 6.0 / 11.0 * 0.75;
    assert!((forecast(&office, fresh).before_due.expect("a share") - share).abs() < 1e-9, "4 hours are left today");
}

#[test]
fn s11_6_measures_of_anything_add_up() {
    let mut finished = 0;
    for seed in 61..=64 {
        let crowd = Crowd::new(seed, 30);
        let office = &crowd.office;
        let records = Records::of(office);
        let asker = asker(office);
        let query = JobQuery { archived: true, ..JobQuery::default() };
        let rows = all(7, |page| asker.job_measures(&query, page).expect("measures"));
        assert_eq!(rows.len(), records.jobs.len());
        let sum = |times: Vec<Elapsed>| times.into_iter().fold(Elapsed::default(), Elapsed::plus);
        for row in rows {
            let job = &records.jobs[&row.id].1;
            let near = |one: Elapsed, other: Elapsed| {
                // Seconds are whole, one may be lost at each change.
                let changes = 2 * (job.visits.len() as i64 + i64::from(job.status_round)) + 2;
                assert!((one.seconds - other.seconds).abs() <= changes, "{one:?} {other:?} {row:?}");
                assert!((one.business_seconds - other.business_seconds).abs() <= changes, "{one:?} {other:?}");
            };
            near(sum(row.stages.iter().map(|stage| stage.time).collect()), row.lead);
            let statuses = sum(row.statuses.iter().map(|status| status.time).collect());
            let waiting = sum(row.waiting.iter().map(|waiting| waiting.time).collect());
            near(statuses, waiting);
            assert!(statuses.seconds <= row.lead.seconds);
            let never_ended = records.log.iter().filter(|logged| logged.entry.job == Some(row.id)).all(|logged| {
                logged.entry.events.iter().all(|recorded| {
                    !matches!(
                        &recorded.event,
                        workflow_core::event::Event::JobStatusSet {
                            to: JobStatus::Completed | JobStatus::Archived,
                            ..
                        }
                    )
                })
            });
            if never_ended {
                near(statuses, row.lead);
            }
            let visits: u32 = row.stages.iter().map(|stage| stage.visits).sum();
            assert_eq!(visits as usize, job.visits.len());
            assert_eq!(row.reentries as usize, job.visits.len() - row.stages.len());
            assert_eq!(row.age.is_some(), !matches!(job.status, JobStatus::Completed | JobStatus::Archived));
            finished += usize::from(row.completed.is_some());
        }
    }
    assert!(finished > 10, "{finished}");
}

/// What measures rest on: the entries about a job say all there is to know of its state.
#[test]
fn s11_5_the_entries_of_a_job_fold_to_the_job() {
    for seed in 65..=68 {
        let crowd = Crowd::new(seed, 30);
        let records = Records::of(&crowd.office);
        for (id, (_, job)) in &records.jobs {
            let mut state = State::default();
            let log = crowd.office.store.log(firm(), &LogScan::new(LogBy::Job(*id), limits::PAGE)).expect("a log");
            log.iter().for_each(|logged| apply_entry(&mut state, &logged.entry));
            assert_eq!(state.job(*id), Some(job));
        }
    }
}

#[test]
fn s11_6_an_actor_is_told_of_the_jobs_that_they_see() {
    let crowd = Crowd::new(69, 40);
    let records = Records::of(&crowd.office);
    for actor in lookers() {
        let asker = crowd.office.engine.query(firm(), actor.clone()).expect("a firm");
        let query = JobQuery { archived: true, ..JobQuery::default() };
        let rows = all(9, |page| asker.job_measures(&query, page).expect("measures"));
        let seen = records.jobs.values().filter(|(_, job)| records.sees_job(&actor, job)).count();
        assert_eq!(rows.len(), seen, "{actor:?}");
        let open = all(9, |page| asker.forecasts(&query, page).expect("forecasts"));
        assert_eq!(open.len(), rows.iter().filter(|row| row.age.is_some()).count());
        for pipeline in ["p", "q", "r"] {
            let query = MeasuresQuery { pipeline: key(pipeline), ..of("2026-01-01", "2026-12-31") };
            let here = rows.iter().filter(|row| row.pipeline.as_str() == pipeline);
            match asker.measures(&query) {
                Ok(found) => {
                    assert_eq!(found.jobs as usize, here.clone().count(), "{actor:?} {pipeline}");
                    assert_eq!(found.open as usize, here.clone().filter(|row| row.age.is_some()).count());
                    assert_eq!(found.completed as usize, here.clone().filter(|row| row.completed.is_some()).count());
                    let late = here.filter(|row| row.completed.is_some() && row.late).count();
                    assert_eq!(found.completed_late as usize, late);
                }
                Err(Error::Rejected(Rejection::Forbidden(_))) => assert_eq!(here.count(), 0, "{actor:?}"),
                Err(other) => panic!("{other}"),
            }
        }
    }
    let client = crowd.office.engine.query(firm(), Actor::Client(account(1))).expect("a firm");
    for refused in [
        client.measures(&of("2026-01-01", "2026-01-02")).err(),
        client.job_measures(&JobQuery::default(), &PageRequest::default()).err(),
        client.forecasts(&JobQuery::default(), &PageRequest::default()).err(),
    ] {
        assert!(matches!(refused, Some(Error::Rejected(Rejection::Forbidden(_)))), "{refused:?}");
    }
}

/// Counts the rows that are read of indexes.
struct Counting {
    store: Arc<MemoryStore>,
    rows: AtomicUsize,
}

impl Hand for Counting {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.store.commit(batches)
    }
    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        let hits = self.store.scan(firm, scan)?;
        self.rows.fetch_add(hits.len(), Ordering::Relaxed);
        Ok(hits)
    }
}

#[test]
fn s11_6_every_job_of_a_pipeline_is_read_once_wherever_it_is() {
    let stages: Vec<Value> = (0..10).map(|number| json!({ "key": format!("s{number}") })).collect();
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": stages }));
    for number in 0..2_500 {
        let priority = ["low", "medium", "high", "urgent"][number % 4];
        let stage = format!("s{}", number / 4 % 9);
        let day = format!("2026-{:02}-{:02}", 3 + number % 9, 1 + number % 28);
        office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "stage": stage,
            "priority": priority, "due": day } }));
    }
    let counting = Arc::new(Around(Counting { store: Arc::clone(&office.store), rows: AtomicUsize::new(0) }));
    let engine = Engine::new(Arc::clone(&counting) as _);
    let asker = engine.query(firm(), Actor::system("test")).expect("a firm");
    let read = || counting.0.rows.swap(0, Ordering::Relaxed);
    read();
    assert_eq!(asker.measures(&of("2026-02-01", "2026-02-03")).expect("measures").jobs, 2_500);
    assert_eq!(read(), 2_500);
    let first = asker.forecasts(&JobQuery::default(), &PageRequest::first(1)).expect("forecasts");
    assert_eq!(first.rows.len(), 1);
    let read = read();
    assert!(read < 2_600, "{read}");
}

#[test]
fn s11_6_a_stretch_has_its_bounds_and_a_pipeline_its_name() {
    let office = Office::with(pipeline());
    let refused = |query: MeasuresQuery| match asker(&office).measures(&query) {
        Err(Error::Rejected(rejection)) => rejection.to_string(),
        other => panic!("not refused: {other:?}"),
    };
    assert!(refused(of("2026-02-02", "2026-02-01")).contains("before the first"));
    assert!(refused(of("2000-01-01", "2026-02-01")).contains("MEASURED_DAYS"));
    assert!(refused(MeasuresQuery { pipeline: key("q"), ..of("2026-02-01", "2026-02-02") }).contains("`q`"));
    let nobody = JobId(uuid::Uuid::from_u128(1));
    let found = asker(&office).job_measures(&one(nobody), &PageRequest::default());
    assert!(matches!(found, Err(Error::Rejected(Rejection::NotFound { .. }))), "{found:?}");
}

#[test]
fn s11_6_whose_turn_it_is_follows_the_newest_version() {
    let office = Office::with(pipeline());
    let job = office.job();
    office.advance(TimeDelta::hours(4));
    let parties = || measured(&office, job).waiting.iter().map(|waiting| waiting.party).collect::<Vec<_>>();
    assert_eq!(parties(), [Party::Client]);
    let mut changed = pipeline();
    changed["stages"][0]["waiting_for"] = json!("firm");
    office.publish(changed);
    assert_eq!(parties(), [Party::Firm]);
    office.as_member(1, Command::SetStatus { job, status: key("missing"), leave_out: [].into() }).expect("set");
    office.advance(TimeDelta::hours(1));
    assert_eq!(parties(), [Party::Firm, Party::Client]);
}
