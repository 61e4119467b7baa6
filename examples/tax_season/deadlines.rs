//! What became of the year's deadlines, and what comes next.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use workflow_core::event::Event;
use workflow_core::id::{PipelineKey, TemplateKey};
use workflow_core::model::{Job, JobStatus, WaitEnd};

use crate::report::{all_events, all_jobs};
use crate::year::spoken;
use crate::{Demo, Outcome};

/// How a job stands to its deadline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Met,
    /// Met by the later day of an extension.
    Extended,
    Missed,
    /// Not done, and the day has not come.
    Ahead,
}

/// The day on which a job was finished, if it is.
fn finished(demo: &Demo, job: &Job) -> Option<NaiveDate> {
    let ended = matches!(job.status, JobStatus::Completed | JobStatus::Archived);
    job.visits.last().filter(|_| ended).map(|visit| demo.calendar.civil_date(visit.entered))
}

/// The tasks that file what a deadline is about. Whether the invoice is paid is another matter.
const FILING: [&str; 3] = ["e-file", "e-file-business", "form-941"];

/// The day on which what a deadline is about was done, if it was.
fn filed(demo: &Demo, job: &Job) -> Option<NaiveDate> {
    let files = |key: Option<&TemplateKey>| key.is_some_and(|key| FILING.contains(&key.as_str()));
    let filing = job.tasks.iter().filter(|link| files(link.template.as_ref()));
    let day = filing.filter_map(|link| link.completed).max().map(|at| demo.calendar.civil_date(at));
    day.or_else(|| finished(demo, job))
}

/// The law's deadline, or where there is none the firm's.
fn fate(demo: &Demo, job: &Job, today: NaiveDate) -> Option<Fate> {
    let first = job.statutory.or(job.due)?;
    let done = filed(demo, job);
    if done.is_some_and(|day| day <= first) {
        return Some(Fate::Met);
    }
    let last = job.extended.filter(|_| job.tags.iter().any(|tag| tag.as_str() == "extended")).unwrap_or(first);
    Some(match done {
        Some(day) if day <= last => Fate::Extended,
        None if today <= last => Fate::Ahead,
        _ => Fate::Missed,
    })
}

/// Prints how time went.
pub(crate) fn print(demo: &Demo) -> Outcome {
    clockwork(demo)?;
    let jobs = all_jobs(demo)?;
    let queries = demo.engine.query(demo.firm, demo.actor.clone())?;
    let today = queries.today();
    let mut by_pipeline: BTreeMap<&PipelineKey, Vec<&Arc<Job>>> = BTreeMap::new();
    for job in &jobs {
        by_pipeline.entry(&job.pipeline).or_default().push(job);
    }
    println!("\nDeadlines of the year: the law's, or the firm's where the law has none");
    println!(
        "  {:<28} {:>5} {:>10} {:>5} {:>9} {:>7} {:>6}",
        "pipeline", "jobs", "recurring", "met", "extended", "missed", "ahead"
    );
    for (pipeline, jobs) in by_pipeline {
        let count = |wanted: Fate| jobs.iter().filter(|job| fate(demo, job, today) == Some(wanted)).count();
        println!(
            "  {:<28} {:>5} {:>10} {:>5} {:>9} {:>7} {:>6}",
            queries.definition(pipeline)?.name,
            jobs.len(),
            jobs.iter().filter(|job| job.series.is_some()).count(),
            count(Fate::Met),
            count(Fate::Extended),
            count(Fate::Missed),
            count(Fate::Ahead)
        );
    }
    println!("\nNext");
    let mut due: BTreeMap<(NaiveDate, &PipelineKey), usize> = BTreeMap::new();
    for job in jobs.iter().filter(|job| finished(demo, job).is_none()) {
        if let Some(day) = job.due.filter(|day| *day >= today) {
            *due.entry((day, &job.pipeline)).or_default() += 1;
        }
    }
    for ((day, pipeline), jobs) in due.iter().take(5) {
        println!("  due {:<17} {jobs:>4} in {}", spoken(*day), queries.definition(pipeline)?.name);
    }
    let horizon = today.checked_add_days(Days::new(45)).ok_or("the calendar ends")?;
    for row in queries.planned(today, horizon, None)? {
        let opens = row.occurrence.opens.map(|opens| spoken(demo.calendar.civil_date(opens)));
        let from = opens.map(|opens| format!(", made on {opens}")).unwrap_or_default();
        println!("  {} for {} on {}{from}", row.name, row.occurrence.key, spoken(row.occurrence.date));
    }
    println!();
    Ok(())
}

/// Prints what time did by itself.
fn clockwork(demo: &Demo) -> Outcome {
    let (mut fired, mut reminded) = (0usize, 0usize);
    let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
    all_events(demo, |event| match event {
        Event::TimerFired { .. } => fired += 1,
        Event::Reminded { .. } => reminded += 1,
        Event::WaitEnded { how, .. } => {
            let how = match how {
                WaitEnd::Elapsed => "elapsed",
                WaitEnd::Met => "met",
                WaitEnd::TimedOut => "timed out",
                WaitEnd::Skipped => "skipped",
                WaitEnd::Cancelled(_) => "cancelled",
            };
            *waits.entry(how).or_default() += 1;
        }
        _ => {}
    })?;
    let ended: usize = waits.values().sum();
    let how: Vec<String> = waits.iter().map(|(how, waits)| format!("{waits} {how}")).collect();
    println!("{fired} timers fired, {reminded} reminders sent, {ended} waits ended ({})", how.join(", "));
    Ok(())
}
