//! What is true of time: timers, waits, reminders and dates that follow from others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use workflow_core::calendar::FirmCalendar;
use workflow_core::command::{Command, Reaction, Request};
use workflow_core::dates::{DateAnchor, DateExpression, field_date};
use workflow_core::definition::{FieldScope, JobDate, Reminders};
use workflow_core::engine::Engine;
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::model::{Account, Job, JobStatus, Restored, TaskState, TimerKey};
use workflow_core::store::{DocId, Document, Logged, Queue, QueuedBody, QueuedState, Record, TimerOf};

use crate::always;
use crate::draw::Step;
use crate::firm::firm;
use crate::office::{Office, jobs, tasks};

/// Works through a sequence, on a clock that goes back now and then, and looks after each command.
fn after_each(steps: &[Step], look: impl FnMut(&Office, &BTreeMap<DocId, Record>, &[Logged])) {
    let mut office = Office::new();
    office.turns_back = true;
    after_each_of(office, steps, look);
}

fn after_each_of(
    mut office: Office,
    steps: &[Step],
    mut look: impl FnMut(&Office, &BTreeMap<DocId, Record>, &[Logged]),
) {
    for step in steps {
        let mut news = office.wait(*step);
        news.extend(office.carry_out_now(*step).2);
        look(&office, &office.records(), &news);
    }
}

/// When each job has its row in the store.
fn rows(office: &Office) -> BTreeMap<JobId, DateTime<Utc>> {
    let found = office.engine.queued(Queue::Timers, firm(), QueuedState::Waiting, None, 500).expect("readable");
    let row = |row: &workflow_core::store::Waiting| match row.body {
        QueuedBody::Timer(TimerOf::Job(job)) => (job, row.due),
        ref other => panic!("a row of {other:?}"),
    };
    let by_job: BTreeMap<JobId, DateTime<Utc>> = found.iter().map(row).collect();
    assert_eq!(by_job.len(), found.len(), "a job has one row");
    by_job
}

fn assert_rows(office: &Office, records: &BTreeMap<DocId, Record>) {
    let wanted: BTreeMap<JobId, DateTime<Utc>> =
        jobs(records).into_iter().filter_map(|(job, _)| Some((job.id, job.next_timer()?))).collect();
    assert_eq!(rows(office), wanted);
}

#[test]
fn s10_2_a_job_has_its_row_among_the_timers_when_it_waits_for_something() {
    always(a_job_has_its_row);
}

pub(crate) fn a_job_has_its_row(steps: &[Step]) {
    after_each(steps, |office, records, _| assert_rows(office, records));
}

#[test]
fn s10_2_a_job_knows_what_it_waits_for_after_every_command() {
    always(a_job_knows_what_it_waits_for);
}

/// Looking at a job of which nothing is due changes nothing: its timers were right.
pub(crate) fn a_job_knows_what_it_waits_for(steps: &[Step]) {
    let mut place = 0usize;
    // When a clock is set back, the next time of a schedule may come earlier than it was.
    after_each_of(Office::new(), steps, |office, records, _| {
        let now = office.engine.now();
        let all = jobs(records);
        // Some of the jobs, others each time.
        for (job, _) in all.iter().skip(place % 5).step_by(5) {
            // Of one that is held up, a date may go by that was to come near.
            if job.status != JobStatus::Active || job.next_timer().is_some_and(|due| due <= now) {
                continue;
            }
            let clock = Command::React(Box::new(Reaction::Clock { job: job.id }));
            let preview = office.engine.preview(&Request::new(firm(), Actor::Automation, clock)).expect("foreseen");
            assert_eq!(preview.events, [], "{job:?}");
        }
        place += 1;
    });
}

fn assert_waits(records: &BTreeMap<DocId, Record>) {
    for (job, _) in jobs(records) {
        let mut numbers = BTreeSet::new();
        for wait in &job.waits {
            assert!(numbers.insert(wait.number) && wait.number <= job.waits_begun, "{job:?}");
            assert!(wait.until.is_none_or(|until| until > wait.began), "{wait:?}");
            assert!(wait.until.is_some() || wait.for_condition, "{wait:?} never ends");
            // One of a status lasts while the job has the status.
            let held = wait.status_round.is_some() && job.status == JobStatus::Active;
            assert!(!held || wait.keep, "{:?}: {wait:?}", job.id);
        }
        for reminder in &job.reminders {
            assert!(reminder.sent < reminder.rule.at_most, "{reminder:?}");
        }
        let sorted = job.timers.is_sorted_by(|one, other| one.key < other.key);
        assert!(sorted && job.fired.is_sorted_by(|one, other| one.key < other.key), "{job:?}");
        if job.status == JobStatus::Archived {
            assert!(job.waits.is_empty() && job.next_timer().is_none(), "{job:?}");
        }
    }
}

#[test]
fn s5_8_waits_and_reminders_go_with_what_they_belong_to() {
    always(waits_go_with_what_they_belong_to);
}

pub(crate) fn waits_go_with_what_they_belong_to(steps: &[Step]) {
    // Those that began before the job left their stage, by the log.
    let mut begun: BTreeMap<(JobId, u32), bool> = BTreeMap::new();
    after_each(steps, |_, records, news| {
        assert_waits(records);
        for recorded in news.iter().flat_map(|logged| &logged.entry.events) {
            match &recorded.event {
                Event::WaitBegun { job, wait } => {
                    begun.insert((*job, wait.number), wait.keep || wait.status_round.is_some());
                }
                Event::RecordRestored(Restored::Job(job)) => {
                    let waits = job.waits.iter();
                    begun.extend(waits.map(|wait| ((job.id, wait.number), wait.keep || wait.status_round.is_some())));
                }
                Event::JobMoved { job, how, .. } if *how != workflow_core::event::MoveKind::Migration => {
                    let left: Vec<u32> = begun
                        .iter()
                        .filter(|((of, _), stays)| of == job && !**stays)
                        .map(|((_, number), _)| *number)
                        .collect();
                    for number in left {
                        begun.insert((*job, number), false);
                        let waits = crate::office::job(records, *job)
                            .is_some_and(|job| job.waits.iter().any(|wait| wait.number == number));
                        assert!(!waits, "wait {number} of {job} outlived its stage");
                    }
                }
                _ => {}
            }
        }
    });
}

#[test]
fn s5_8_what_happens_once_is_in_the_log_once_and_never_too_early() {
    always(what_happens_once_is_in_the_log_once);
}

pub(crate) fn what_happens_once_is_in_the_log_once(steps: &[Step]) {
    let mut told = Told::default();
    after_each(steps, |_, _, news| told.read(news));
}

fn is_of(key: &TimerKey, task: workflow_core::id::TaskId) -> bool {
    matches!(key, TimerKey::Task { task: other, .. } if *other == task)
}

/// What the log says has happened so far.
#[derive(Default)]
struct Told {
    /// What each timer fired for last: a date that is set anew after another has fired is news.
    fired: BTreeMap<(JobId, TimerKey), DateTime<Utc>>,
    ended: BTreeSet<(JobId, u32)>,
    until: BTreeMap<(JobId, u32), Option<DateTime<Utc>>>,
    reminders: BTreeMap<(JobId, u32), (Reminders, DateTime<Utc>, u32)>,
}

impl Told {
    fn read(&mut self, news: &[Logged]) {
        for logged in news {
            for recorded in &logged.entry.events {
                self.note(&recorded.event, logged.entry.at);
            }
        }
    }

    fn forget(&mut self, which: impl Fn(JobId, &TimerKey) -> bool) {
        self.fired.retain(|(job, key), _| !which(*job, key));
    }

    fn note(&mut self, event: &Event, at: DateTime<Utc>) {
        use workflow_core::model::WaitEnd;
        match event {
            Event::TimerFired { job, key, due } => {
                assert!(*due <= at, "{key:?} of {job} fired at {at}, before {due}");
                let last = self.fired.insert((*job, key.clone()), *due);
                assert_ne!(last, Some(*due), "{key:?} of {job} fired twice for {due}");
            }
            // A task that is opened or linked again is late anew, and so is a job that comes back from
            // another pipeline.
            Event::TaskStateSet { task, to, .. } if to.is_ended() => self.forget(|_, key| is_of(key, *task)),
            Event::TaskUnlinked { task, .. } | Event::TaskDeleted { task, .. } => {
                self.forget(|_, key| is_of(key, *task));
            }
            Event::JobMoved { job, pipeline: Some(_), .. } => self.forget(|other, _| other == *job),
            // What was undone may happen once more.
            Event::RecordRestored(Restored::Job(job)) => {
                self.forget(|other, _| other == job.id);
                for wait in &job.waits {
                    self.ended.remove(&(job.id, wait.number));
                }
                let reminders = job.reminders.iter();
                let known = reminders.map(|known| ((job.id, known.number), (known.rule, known.next, known.sent)));
                self.reminders.extend(known);
            }
            Event::WaitBegun { job, wait } => {
                assert!(
                    self.until.insert((*job, wait.number), wait.until).is_none(),
                    "{job} has two of {}",
                    wait.number
                );
            }
            Event::WaitEnded { job, number, how, .. } => {
                assert!(self.ended.insert((*job, *number)), "wait {number} of {job} ended twice");
                let until = self.until.get(&(*job, *number)).unwrap_or_else(|| panic!("{number} of {job} never began"));
                if matches!(how, WaitEnd::Elapsed | WaitEnd::TimedOut) {
                    assert!(
                        until.is_some_and(|until| until <= at),
                        "{number} of {job} ended at {at}, before {until:?}"
                    );
                }
            }
            Event::RemindersBegun { job, reminder } => {
                self.reminders.insert((*job, reminder.number), (reminder.rule, reminder.next, 0));
            }
            Event::Reminded { job, number, next } => {
                let (rule, due, sent) = self.reminders.get_mut(&(*job, *number)).expect("they began");
                *sent += 1;
                assert!(*due <= at && *sent <= rule.at_most, "{sent} of {}, at {at} for {due}", rule.at_most);
                assert_eq!(next.is_none(), *sent == rule.at_most, "the last one is the last");
                *due = next.unwrap_or(*due);
            }
            _ => {}
        }
    }
}

/// What a date counts from, looked up in the records themselves.
fn anchor(
    records: &BTreeMap<DocId, Record>,
    calendar: &FirmCalendar,
    job: &Job,
    visit: u32,
    anchor: &DateAnchor,
) -> Option<NaiveDate> {
    match anchor {
        DateAnchor::Creation => Some(calendar.civil_date(job.created)),
        DateAnchor::Start => job.start,
        DateAnchor::Due => job.due,
        DateAnchor::Statutory => job.statutory,
        DateAnchor::Extended => job.extended,
        DateAnchor::PeriodStart => job.period_start,
        DateAnchor::PeriodEnd => job.period_end,
        DateAnchor::StageEntry => Some(calendar.civil_date(job.visits.get(visit as usize)?.entered)),
        DateAnchor::Completion(template) => {
            let of_job = tasks(records).into_iter().filter(|(task, _)| task.job == Some(job.id));
            let done = of_job.filter(|(task, _)| task.template.as_ref() == Some(template));
            done.filter_map(|(task, _)| task.completed).max().map(|at| calendar.civil_date(at))
        }
        DateAnchor::Field { scope: FieldScope::Job, field, yearly } => {
            field_date(job.fields.get(field)?, *yearly, job.period_end)
        }
        DateAnchor::Field { scope: FieldScope::Account, field, yearly } => {
            field_date(account(records, job).fields.get(field)?, *yearly, job.period_end)
        }
        other => panic!("an anchor of another kind: {other:?}"),
    }
}

fn account<'a>(records: &'a BTreeMap<DocId, Record>, job: &Job) -> &'a Account {
    match records.get(&DocId::Account(job.account)).map(|record| &record.document) {
        Some(Document::Account(account)) => account,
        other => panic!("no account: {other:?}"),
    }
}

#[test]
fn s7_2_every_date_that_follows_is_what_its_expression_comes_to() {
    always(every_date_is_what_its_expression_comes_to);
}

pub(crate) fn every_date_is_what_its_expression_comes_to(steps: &[Step]) {
    after_each(steps, |_, records, _| {
        let Some(Document::Firm(settings)) = records.get(&DocId::Firm).map(|record| &record.document) else {
            panic!("no firm")
        };
        let calendar = FirmCalendar::new(&settings.settings).expect("a calendar");
        for (job, _) in jobs(records) {
            // Finished jobs keep their dates.
            if !matches!(job.status, JobStatus::Active | JobStatus::Custom(_)) || job.completed.is_some() {
                continue;
            }
            for (date, rule) in &job.date_rules {
                let visit = job.visit_number();
                let comes_to = rule.resolve(&calendar, &|wanted| anchor(records, &calendar, job, visit, wanted)).ok();
                let found = match date {
                    JobDate::Start => job.start,
                    JobDate::Due => job.due,
                    JobDate::Statutory => job.statutory,
                    JobDate::Extended => job.extended,
                };
                assert_eq!(found, comes_to, "{date:?} by {rule:?}: {job:?}");
            }
            for link in &job.tasks {
                let Some(Document::Task(task)) = records.get(&DocId::Task(link.task)).map(|record| &record.document)
                else {
                    panic!("no task {}", link.task)
                };
                if matches!(task.state, TaskState::Completed | TaskState::Cancelled) {
                    continue;
                }
                assert_eq!(task.due, link.due, "{task:?}");
                let created = calendar.civil_date(task.created);
                let resolve = |rule: &DateExpression| {
                    let anchors = |wanted: &DateAnchor| match wanted {
                        DateAnchor::Creation => Some(created),
                        wanted => anchor(records, &calendar, job, link.origin.visit, wanted),
                    };
                    rule.resolve(&calendar, &anchors).ok()
                };
                if let Some(rule) = &task.start_rule {
                    assert_eq!(task.start, resolve(rule), "start by {rule:?}: {task:?} of {job:?}");
                }
                if let Some(rule) = &task.due_rule {
                    assert_eq!(task.due, resolve(rule), "due by {rule:?}: {task:?} of {job:?}");
                }
            }
        }
    });
}

#[test]
fn s10_2_ticking_comes_to_an_end_and_again_at_once_does_nothing() {
    always(ticking_comes_to_an_end);
}

pub(crate) fn ticking_comes_to_an_end(steps: &[Step]) {
    let mut office = Office::new();
    office.turns_back = true;
    for step in steps {
        office.carry_out(*step);
        if step.minutes() > 0 {
            // The command may have made something due at once.
            office.tick(1_000);
            office.read_on();
            let ticked = office.engine.tick(office.engine.now(), 1_000).expect("a store that works");
            assert!(ticked.outcomes.is_empty() && ticked.failures.is_empty(), "{ticked:?}");
            assert_eq!(office.read_on(), []);
        }
    }
}

#[test]
fn s10_2_small_steps_and_a_jump_both_end_well() {
    always(small_steps_and_a_jump_both_end_well);
}

pub(crate) fn small_steps_and_a_jump_both_end_well(steps: &[Step]) {
    let (mut small, mut jump) = (Office::new(), Office::new());
    small.run(steps);
    jump.run(steps);
    assert_eq!(small.view.position, jump.view.position);
    let mut told = Told::default();
    let mut seen = crate::view::View::default();
    told.read(&seen.read_on(small.store()));
    for _ in 0..20 {
        small.clock.advance(TimeDelta::days(3));
        small.tick(7);
        told.read(&small.read_on());
    }
    jump.clock.advance(TimeDelta::days(60));
    jump.tick(1_000);
    jump.read_on();
    let mut told = Told::default();
    told.read(&crate::view::View::default().read_on(jump.store()));
    for office in [&small, &jump] {
        let records = office.records();
        assert_rows(office, &records);
        assert_waits(&records);
        office.verify("sixty days later");
        for (job, _) in jobs(&records) {
            assert!(job.next_timer().is_none_or(|due| due > office.engine.now()), "{job:?}");
        }
    }
}

#[test]
fn s10_3_two_engines_that_tick_by_turns_do_each_thing_once() {
    always(two_engines_do_each_thing_once);
}

pub(crate) fn two_engines_do_each_thing_once(steps: &[Step]) {
    let mut office = Office::new();
    let other = Engine::deterministic(
        std::sync::Arc::clone(office.engine.store()),
        std::sync::Arc::clone(&office.clock) as _,
        8,
    );
    let mut told = Told::default();
    for step in steps {
        if step.minutes() > 0 {
            office.clock.advance(TimeDelta::minutes(step.minutes()));
            let now = other.now();
            // Who is next, and how much they take, the numbers of the step say; one is a second behind.
            for turn in 0..400u16 {
                let number = step.0[1] >> (turn % 11);
                let (engine, at) = match number % 2 {
                    0 => (&office.engine, now),
                    _ => (&other, now - TimeDelta::seconds(1)),
                };
                let ticked = engine.tick(at, usize::from(number % 3) + 1).expect("a store that works");
                assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
                if ticked.next.is_none_or(|next| next > now) {
                    break;
                }
            }
            office.tick(100);
            told.read(&office.read_on());
        }
        told.read(&office.carry_out_now(*step).2);
    }
    assert_rows(&office, &office.records());
    office.verify("two engines");
}
