//! A made-up office and its clients.
//!
//! What somebody does about a piece of work, and how long they take, follows from the seed, from
//! what the work is and from how the job stands when the day begins, not from when the program
//! runs: an interrupted year comes to the same end.

use chrono::NaiveDate;
use workflow_core::command::{Command, ItemRef, Request};
use workflow_core::id::{IdempotencyKey, StatusKey};
use workflow_core::model::{ItemLink, ItemProgress, Job, JobStatus, TaskLink, TaskState};
use workflow_core::store::{Cell, Document, IndexName, Scan};

use crate::year::moves;
use crate::{Demo, Outcome};

/// What everybody sets out to do on a day.
pub(crate) fn plan(demo: &Demo, day: NaiveDate) -> Outcome<Vec<Request>> {
    let mut requests = Vec::new();
    for job in open_jobs(demo)? {
        for (what, command) in actions(demo, &job, day)? {
            let key = IdempotencyKey::new(format!("{}/{what}", job.id))?;
            requests.push(demo.request(command).keyed(key));
        }
    }
    Ok(requests)
}

/// Lets everybody do what they set out to do; what was done before is not done again. Answers how
/// many stages jobs moved on.
pub(crate) fn work(demo: &Demo, plan: &[Request]) -> Outcome<usize> {
    let answers = demo.engine.execute_many(plan);
    demo.note(answers.iter().flatten())?;
    // A refusal is part of life: a task that waits for another is tried again tomorrow.
    let fresh = answers.iter().flatten().filter(|outcome| !outcome.replayed);
    Ok(fresh.flat_map(|outcome| outcome.events()).filter(moves).count())
}

/// What tells a job from all others in every run: a series gives its jobs new identifiers.
pub(crate) fn seat(job: &Job) -> String {
    match &job.period {
        Some(period) => format!("{}/{}/{period}", job.account, job.pipeline),
        None => job.id.to_string(),
    }
}

/// Jobs that are neither completed nor archived, always in the same order.
fn open_jobs(demo: &Demo) -> Outcome<Vec<std::sync::Arc<Job>>> {
    let mut jobs = Vec::new();
    for shelf in [0, 1] {
        let mut scan = Scan::all(IndexName::Jobs, vec![Cell::Int(shelf)], 1_000);
        loop {
            let hits = demo.engine.store().scan(demo.firm, &scan)?;
            let full = hits.len() == scan.limit;
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            jobs.extend(hits.into_iter().filter_map(|hit| match hit.record.document {
                Document::Job(job) if job.status != JobStatus::Completed => Some(job),
                _ => None,
            }));
            if !full {
                break;
            }
        }
    }
    jobs.sort_by_cached_key(|job| seat(job));
    Ok(jobs)
}

/// What is done about a job today, each with a name of its own.
fn actions(demo: &Demo, job: &Job, day: NaiveDate) -> Outcome<Vec<(String, Command)>> {
    let mut found = Vec::new();
    for (place, link) in job.tasks.iter().enumerate() {
        found.extend(task_action(demo, job, place, link, day));
    }
    for (place, link) in job.items.iter().enumerate() {
        found.extend(item_action(demo, job, place, link, day)?);
    }
    // A client who has been asked for documents lets the office wait; the office notes it.
    if job.status == JobStatus::Active
        && let Some(missing) = missing_documents(demo, job, day)
    {
        found.push(missing);
    }
    Ok(found)
}

/// How many days ago the visit began in which a piece of work came up.
fn age(demo: &Demo, job: &Job, visit: u32, day: NaiveDate) -> Option<i64> {
    let visit = job.visits.get(usize::try_from(visit).ok()?)?;
    Some(day.signed_duration_since(demo.calendar.civil_date(visit.entered)).num_days())
}

fn task_action(demo: &Demo, job: &Job, place: usize, link: &TaskLink, day: NaiveDate) -> Option<(String, Command)> {
    if link.state.is_ended() {
        return None;
    }
    let chance = chance(demo, &format!("{}/task/{place}", seat(job)));
    let takes = 1 + i64::try_from(chance % if job.series.is_some() { 3 } else { 5 }).unwrap_or(0);
    let age = age(demo, job, link.origin.visit, day)?;
    let set = |what: &str, state| {
        let name = format!("task/{place}/{what}/{day}");
        Some((name, Command::SetTaskState { task: link.task, state, custom: None, override_rules: false }))
    };
    if age >= takes {
        set("complete", TaskState::Completed)
    } else if age >= 1 && link.state == TaskState::Planned {
        set("start", TaskState::InProgress)
    } else {
        None
    }
}

/// The statuses that an item of a kind goes through when all goes well.
fn course(kind: &str) -> &'static [&'static str] {
    match kind {
        "organizer" => &["started", "submitted"],
        "proposal" => &["seen", "signed", "paid"],
        "invoice" => &["seen", "paid"],
        "document" => &["uploaded", "accepted"],
        "signature_request" => &["seen", "signed"],
        "chat" => &["answered", "resolved"],
        _ => &[],
    }
}

fn item_action(
    demo: &Demo,
    job: &Job,
    place: usize,
    link: &ItemLink,
    day: NaiveDate,
) -> Outcome<Option<(String, Command)>> {
    let course = course(link.kind.as_str());
    let chance = chance(demo, &format!("{}/item/{place}", seat(job)));
    let Some(age) = age(demo, job, link.origin.visit, day) else { return Ok(None) };
    let report = |status: &str, what: String| -> Outcome<Option<(String, Command)>> {
        let command = Command::ReportItem { item: ItemRef::Id(link.item), status: StatusKey::new(status)? };
        Ok(Some((format!("item/{place}/{what}"), command)))
    };
    // One proposal in twenty-five is declined; two clients in three think better of it later.
    let declines = link.kind.as_str() == "proposal" && chance.is_multiple_of(25);
    let comes_round = !(chance / 25).is_multiple_of(3);
    let now = link.status.as_ref().map(StatusKey::as_str);
    match link.progress {
        ItemProgress::Declined if comes_round && age >= 14 => return report("signed", "signed after all".to_owned()),
        ItemProgress::Declined => return Ok(None),
        // One host in ten tells the same thing twice.
        ItemProgress::Done if chance % 10 == 3 && age < 60 => {
            let Some(status) = now else { return Ok(None) };
            return report(status, format!("{status} again"));
        }
        ItemProgress::Open => {}
        _ => return Ok(None),
    }
    if declines && now == Some("seen") && age >= 5 {
        return report("declined", "declined".to_owned());
    }
    let next = now.and_then(|now| course.iter().position(|status| *status == now)).map_or(0, |place| place + 1);
    let Some(status) = course.get(next) else { return Ok(None) };
    // One client in thirty never answers: the job waits, and says for what.
    let silent = chance % 30 == 7 && next > 0;
    // Who sends something every month has it at hand.
    let slowest = if job.series.is_some() { 4 } else { 7 };
    let pace = 1 + i64::try_from(chance / 7 % slowest).unwrap_or(0);
    let mut due = pace * i64::try_from(next + 1).unwrap_or(1);
    // The papers of a year take most people a while, and some a long one.
    if matches!(link.template.as_ref().map(|key| key.as_str()), Some("organizer-1040" | "organizer-business")) {
        due += gathering(chance / 1_000);
    }
    if silent || age < due { Ok(None) } else { report(status, (*status).to_owned()) }
}

/// How many days a client takes to find the papers of a year.
fn gathering(chance: u64) -> i64 {
    let within = |most: u64| i64::try_from(chance / 100 % most).unwrap_or(0);
    match chance % 100 {
        0..60 => within(45),
        60..85 => 40 + within(40),
        85..94 => 80 + within(60),
        _ => 140 + within(140),
    }
}

/// Some clients leave documents out: the job is held up until they are there.
fn missing_documents(demo: &Demo, job: &Job, day: NaiveDate) -> Option<(String, Command)> {
    let first = job.visits.len() <= 2;
    let chance = chance(demo, &format!("{}/missing", seat(job)));
    let age = age(demo, job, job.visit_number(), day)?;
    if !first || !chance.is_multiple_of(8) || age < 1 || job.pipeline.as_str() != "individual-1040" {
        return None;
    }
    let status: StatusKey = "missing-documents".parse().ok()?;
    let command = Command::SetStatus { job: job.id, status, leave_out: std::collections::BTreeSet::new() };
    Some((format!("missing documents/{}", job.visit_number()), command))
}

/// A number that follows from the seed and a name.
fn chance(demo: &Demo, name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(demo.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 17
}
