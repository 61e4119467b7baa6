//! What the demo prints.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use workflow_core::event::Event;
use workflow_core::id::{PipelineKey, StageKey};
use workflow_core::model::{AttentionReason, Job, JobStatus, TimerKey};
use workflow_core::query::{JobQuery, JobScope, PageRequest};
use workflow_core::store::{Cell, Document, IndexName, LogBy, LogScan, Scan};

use crate::outbox::Outbox;
use crate::{Demo, Outcome};

/// Days ahead within which the boards count what is due.
const SOON: u64 = 14;

/// What a stage's dates come to.
#[derive(Default)]
struct Dates {
    next: Option<NaiveDate>,
    soon: usize,
}

/// Prints the boards of all pipelines.
pub(crate) fn boards(demo: &Demo, pipelines: &[PipelineKey], when: &str) -> Outcome {
    println!("\n{when}");
    let queries = demo.engine.query(demo.firm, demo.actor.clone())?;
    let (today, jobs) = (queries.today(), all_jobs(demo)?);
    let horizon = today.checked_add_days(Days::new(SOON)).ok_or("the calendar ends")?;
    let mut dates: BTreeMap<(&PipelineKey, &StageKey), Dates> = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.status == JobStatus::Active) {
        let Some(due) = job.due.filter(|due| *due >= today) else { continue };
        let of_stage = dates.entry((&job.pipeline, &job.stage)).or_default();
        of_stage.soon += usize::from(due <= horizon);
        of_stage.next = Some(of_stage.next.map_or(due, |next| next.min(due)));
    }
    for pipeline in pipelines {
        let board = queries.board(pipeline, 1)?;
        let jobs: u64 = board.columns.iter().map(|column| column.jobs).sum();
        println!("\n  {} (version {}, {jobs} jobs)", board.name, board.version);
        println!(
            "  {:<28} {:>5} {:>5} {:>5} {:>11} {:>8} {:>8} {:>9}",
            "stage",
            "jobs",
            "open",
            "done",
            "next due",
            format!("in {SOON} d"),
            "overdue",
            "attention"
        );
        for column in &board.columns {
            let dates = dates.get(&(pipeline, &column.stage));
            println!(
                "  {:<28} {:>5} {:>5} {:>5} {:>11} {:>8} {:>8} {:>9}",
                column.name,
                column.jobs,
                column.open_blockers,
                column.done_blockers,
                dates.and_then(|dates| dates.next).map_or_else(|| "-".to_owned(), |day| day.to_string()),
                dates.map_or(0, |dates| dates.soon),
                column.overdue.counted,
                column.attention
            );
        }
    }
    println!();
    Ok(())
}

/// Hands every event of the log to a closure, in order. Answers how many entries there are.
pub(crate) fn all_events(demo: &Demo, mut each: impl FnMut(&Event)) -> Outcome<usize> {
    let mut entries = 0;
    let mut scan = LogScan::new(LogBy::Firm, 1_000);
    loop {
        let page = demo.engine.store().log(demo.firm, &scan)?;
        let Some(last) = page.last() else { return Ok(entries) };
        scan.after = Some(last.position);
        entries += page.len();
        page.iter().flat_map(|logged| &logged.entry.events).for_each(|recorded| each(&recorded.event));
    }
}

/// Prints what the whole year came to.
pub(crate) fn totals(demo: &Demo, outbox: &Outbox, moved: usize, seconds: f64) -> Outcome {
    let (mut steps, mut runs, mut queued) = (0usize, 0usize, 0usize);
    let entries = all_events(demo, |event| match event {
        Event::JobMoved { .. } => steps += 1,
        Event::AutomationRan { .. } => runs += 1,
        Event::NotificationQueued(_) => queued += 1,
        _ => {}
    })?;
    let jobs = all_jobs(demo)?;
    let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
    for job in &jobs {
        *by_status.entry(job.status.as_str()).or_default() += 1;
    }
    let statuses: Vec<String> = by_status.iter().map(|(status, jobs)| format!("{jobs} {status}")).collect();
    println!("{} jobs ({})", jobs.len(), statuses.join(", "));
    println!("{entries} commands, {steps} steps, {runs} automations run");
    println!("{queued} notifications, {} delivered", outbox.delivered());
    if moved > 0 {
        println!("{moved} steps in this run, {:.0} a second", moved as f64 / seconds);
    }
    waiting(demo, &jobs)
}

/// Prints why the jobs that are not finished wait.
fn waiting(demo: &Demo, jobs: &[std::sync::Arc<Job>]) -> Outcome {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut unexplained = 0;
    for job in jobs.iter().filter(|job| !matches!(job.status, JobStatus::Completed | JobStatus::Archived)) {
        let open: Vec<String> = job
            .items
            .iter()
            .filter(|link| matches!(link.progress, workflow_core::model::ItemProgress::Open))
            .map(|link| format!("the client has not finished the {}", link.kind))
            .collect();
        let attention = job.attention.first().map(|attention| match &attention.reason {
            AttentionReason::Declined(_) => "the client declined".to_owned(),
            _ => attention.text.clone(),
        });
        let tasks = job.tasks.iter().any(|link| !link.state.is_ended());
        let office = tasks.then(|| "the office is at work".to_owned());
        match attention.or_else(|| open.into_iter().next()).or(office) {
            Some(reason) => *reasons.entry(reason).or_default() += 1,
            None => unexplained += 1,
        }
    }
    println!("\nWhat waits, and for what");
    for (reason, jobs) in &reasons {
        println!("  {jobs:>4}  {reason}");
    }
    if unexplained > 0 {
        return Err(format!("{unexplained} jobs wait, and nothing says for what").into());
    }
    let query = JobQuery { scope: JobScope::Attention, ..JobQuery::default() };
    let queries = demo.engine.query(demo.firm, demo.actor.clone())?;
    let page = queries.jobs(&query, &PageRequest::first(10))?;
    println!("\nSomebody should look at");
    for row in &page.rows {
        let why: Vec<&str> = row.attention.iter().map(|attention| attention.text.as_str()).collect();
        println!("  {} in {}: {}", row.name, row.stage, why.join("; "));
    }
    if page.next.is_some() {
        println!("  …");
    }
    println!();
    Ok(())
}

/// Every job there is.
pub(crate) fn all_jobs(demo: &Demo) -> Outcome<Vec<std::sync::Arc<Job>>> {
    let mut jobs = Vec::new();
    for shelf in [0, 1, 2] {
        let mut scan = Scan::all(IndexName::Jobs, vec![Cell::Int(shelf)], 1_000);
        loop {
            let hits = demo.engine.store().scan(demo.firm, &scan)?;
            let full = hits.len() == scan.limit;
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            jobs.extend(hits.into_iter().filter_map(|hit| match hit.record.document {
                Document::Job(job) => Some(job),
                _ => None,
            }));
            if !full {
                break;
            }
        }
    }
    Ok(jobs)
}

/// A number that stands for the final state of every job and client, whenever and in how many runs
/// it was reached: how far everything came, on which days, and what is still to happen when.
pub(crate) fn digest(demo: &Demo) -> Outcome<u64> {
    let mut lines: Vec<String> = all_jobs(demo)?.iter().map(|job| line(demo, job)).collect();
    let mut scan = Scan::all(IndexName::Accounts, Vec::new(), 1_000);
    loop {
        let hits = demo.engine.store().scan(demo.firm, &scan)?;
        let Some(last) = hits.last() else { break };
        scan.after = Some((last.sort.clone(), last.record.document.id().cell()));
        lines.extend(hits.iter().filter_map(|hit| match &hit.record.document {
            Document::Account(account) => Some(format!("{} {:?} {:?}", account.id, account.tags, account.fields)),
            _ => None,
        }));
    }
    lines.sort();
    let text = lines.join("\n");
    Ok(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)))
}

fn line(demo: &Demo, job: &Job) -> String {
    let day = |at: DateTime<Utc>| demo.calendar.civil_date(at);
    let visits: Vec<_> = job.visits.iter().map(|visit| (visit.stage.as_str(), day(visit.entered))).collect();
    let tasks: Vec<_> = job
        .tasks
        .iter()
        .map(|link| (link.template.as_ref(), link.state.as_str(), link.due, link.completed.map(day)))
        .collect();
    let items: Vec<String> =
        job.items.iter().map(|link| format!("{}:{:?}:{:?}", link.kind, link.template, link.progress)).collect();
    let dates = (job.start, job.due, job.statutory, job.extended, job.period_start, job.period_end);
    let timers: Vec<String> = job
        .timers
        .iter()
        .map(|timer| match &timer.key {
            TimerKey::StageLimit => format!("limit {}", day(timer.due)),
            TimerKey::Automation(automation) | TimerKey::Task { automation, .. } => {
                format!("{automation} {}", day(timer.due))
            }
        })
        .collect();
    let waits: Vec<_> = job.waits.iter().map(|wait| (&wait.automation, wait.until.map(day))).collect();
    let reminders: Vec<_> = job.reminders.iter().map(|reminder| (reminder.sent, day(reminder.next))).collect();
    format!(
        "{} {} {} {} {:?} {:?} {visits:?} {tasks:?} {items:?} {dates:?} {timers:?} {waits:?} {reminders:?} {:?} {}",
        job.account,
        job.name,
        job.pipeline,
        job.status.as_str(),
        job.priority,
        job.tags,
        job.period,
        job.attention.len()
    )
}
