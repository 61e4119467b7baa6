//! Tables as CSV. Columns keep their names and order; new ones come last.

use std::fmt::Display;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::csv::Rows;
use super::happening::{ATTRIBUTES, resource};
use super::log::each_happening;
use super::out::Out;
use super::source::{Source, Step};
use super::things::Things;
use super::word::{priority_word, progress_word};
use super::{Exported, ExportedTable};
use crate::definition::Party;
use crate::error::Error;
use crate::event::Actor;
use crate::id::{MemberId, StageKey};
use crate::measure::Elapsed;
use crate::model::{Account, Item, Job, Task};
use crate::query::JobMeasures;
use crate::store::{Cell, Document, Hit, IndexName};

/// Tasks and items that are read in one go.
const AT_ONCE: usize = 100;

const ACCOUNTS: &[&str] = &["id", "name", "external", "tags", "roles", "fields", "created", "updated"];
#[rustfmt::skip]
const JOBS: &[&str] = &[
    "id", "name", "account", "account_name", "pipeline", "pipeline_name", "version", "stage", "stage_name",
    "stage_since", "status", "priority", "assignees", "assignee_names", "start", "due", "statutory", "extended",
    "overdue", "period_start", "period_end", "series", "period", "budget_minutes", "tags", "fields", "client_status",
    "open_blockers", "done_blockers", "attention", "created", "updated", "completed", "archived",
];
#[rustfmt::skip]
const TASKS: &[&str] = &[
    "id", "title", "job", "job_name", "pipeline", "account", "state", "custom_status", "priority", "assignees",
    "assignee_names", "start", "due", "overdue", "tags", "steps", "steps_done", "budget_minutes", "template",
    "created", "updated", "completed",
];
#[rustfmt::skip]
const ITEMS: &[&str] = &[
    "id", "title", "kind", "account", "jobs", "template", "external", "status", "progress", "created", "updated",
];
#[rustfmt::skip]
const EVENTS: &[&str] = &[
    "entry", "place", "at", "event", "label", "activity", "transition", "actor", "actor_id", "resource", "command",
    "job", "job_name", "account", "pipeline", "version", "stage", "task", "item", ATTRIBUTES[0], ATTRIBUTES[1],
    ATTRIBUTES[2], ATTRIBUTES[3], ATTRIBUTES[4], ATTRIBUTES[5], ATTRIBUTES[6], ATTRIBUTES[7], ATTRIBUTES[8],
    ATTRIBUTES[9],
];
#[rustfmt::skip]
const MEASURES: &[&str] = &[
    "job", "name", "account", "account_name", "pipeline", "stage", "status", "due", "late", "created", "started",
    "completed", "lead_seconds", "lead_business_seconds", "cycle_seconds", "cycle_business_seconds", "age_seconds",
    "age_business_seconds", "reentries", "firm_seconds", "firm_business_seconds", "client_seconds",
    "client_business_seconds", "third_party_seconds", "third_party_business_seconds",
];
#[rustfmt::skip]
const STAGE_TIMES: &[&str] = &[
    "job", "job_name", "account", "pipeline", "stage", "stage_name", "visits", "seconds", "business_seconds",
];

/// Writes a table.
pub(super) fn write(source: &Source<'_>, table: ExportedTable, out: &mut Out<'_>) -> Result<Exported, Error> {
    let columns = match table {
        ExportedTable::Accounts => ACCOUNTS,
        ExportedTable::Jobs => JOBS,
        ExportedTable::Tasks => TASKS,
        ExportedTable::Items => ITEMS,
        ExportedTable::Events => EVENTS,
        ExportedTable::Measures => MEASURES,
        ExportedTable::StageTimes => STAGE_TIMES,
    };
    let mut rows = Rows::begin(out, columns, source.query.raw)?;
    match table {
        ExportedTable::Accounts => source.walk(&mut |step| match step {
            Step::Account(account) => account_row(account, &mut rows),
            Step::Jobs(..) => Ok(()),
        })?,
        ExportedTable::Jobs => source.walk(&mut |step| match step {
            Step::Jobs(account, jobs) => jobs.iter().try_for_each(|job| job_row(source, account, job, &mut rows)),
            Step::Account(_) => Ok(()),
        })?,
        ExportedTable::Tasks => tasks(source, &mut rows)?,
        ExportedTable::Items => items(source, &mut rows)?,
        ExportedTable::Events => events(source, &mut rows)?,
        ExportedTable::Measures => {
            each_measures(source, &mut |found| measures_row(&found, &mut rows))?;
        }
        ExportedTable::StageTimes => {
            each_measures(source, &mut |found| stage_rows(source, &found, &mut rows))?;
        }
    }
    Ok(Exported { rows: rows.written, ..Exported::default() })
}

/// An instant, always with as many digits, which readers of tables count on.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Several values in one cell.
fn several(values: impl IntoIterator<Item = impl Display>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join("; ")
}

fn names<'m>(source: &Source<'_>, members: impl IntoIterator<Item = &'m MemberId>) -> String {
    let name = |id: &MemberId| source.queries.catalog.member(*id).map_or_else(|| id.to_string(), |m| m.name.clone());
    several(members.into_iter().map(name))
}

/// A map as a JSON object; an empty one as nothing.
fn object(map: &impl serde::Serialize) -> String {
    let mut json = Vec::new();
    crate::document::write(map, &mut json);
    String::from_utf8(json).ok().filter(|json| json != "{}").unwrap_or_default()
}

fn account_row(account: &Account, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    rows.maybe(Some(account.id)).cell(&account.name).maybe(account.external.as_ref()).cell(several(&account.tags));
    rows.cell(object(&account.roles)).cell(object(&account.fields));
    rows.cell(instant(account.created)).cell(instant(account.updated)).end()
}

fn job_row(source: &Source<'_>, account: &Account, job: &Job, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    let blockers = job.blockers();
    rows.maybe(Some(job.id)).cell(&*job.name).maybe(Some(account.id)).cell(&account.name);
    rows.cell(job.pipeline.as_str()).cell(source.pipeline_name(&job.pipeline)).maybe(Some(job.version));
    rows.cell(job.stage.as_str()).cell(source.stage_name(&job.pipeline, &job.stage));
    rows.maybe(job.visit().map(|visit| instant(visit.entered)))
        .cell(job.status.as_str())
        .cell(priority_word(job.priority));
    rows.cell(several(&job.assignees)).cell(names(source, &job.assignees));
    rows.maybe(job.start).maybe(job.due).maybe(job.statutory).maybe(job.extended);
    rows.maybe(Some(job.is_overdue(source.queries.today()))).maybe(job.period_start).maybe(job.period_end);
    rows.maybe(job.series).maybe(job.period.as_ref()).maybe(job.budget_minutes);
    rows.cell(several(&job.tags)).cell(object(&job.fields)).maybe(job.client_status.as_ref());
    rows.maybe(Some(blockers.open)).maybe(Some(blockers.done)).maybe(Some(job.attention.len()));
    rows.cell(instant(job.created)).cell(instant(job.updated));
    rows.maybe(job.completed.map(instant)).maybe(job.archived.map(instant)).end()
}

/// Tasks, open ones first, by due date.
fn tasks(source: &Source<'_>, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    for ended in [0, 1] {
        source.each_page(IndexName::Tasks, vec![Cell::Int(ended)], AT_ONCE, &mut |hits| {
            let things = Things::with(source, hits.iter().map(|hit| hit.record.document.id()).collect())?;
            let task = |hit: &Hit| match &hit.record.document {
                Document::Task(task) => things.task(source, task.id),
                _ => None,
            };
            hits.iter().filter_map(task).try_for_each(|task| {
                let job = task.job.and_then(|job| things.jobs.get(&job));
                task_row(source, task, job, rows)
            })
        })?;
    }
    Ok(())
}

fn task_row(source: &Source<'_>, task: &Task, job: Option<&Arc<Job>>, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    rows.maybe(Some(task.id)).cell(&*task.title).maybe(task.job).maybe(job.map(|job| &job.name));
    rows.maybe(job.map(|job| &job.pipeline)).maybe(task.account).cell(task.state.as_str());
    rows.maybe(task.custom_status.as_ref()).cell(priority_word(task.priority));
    rows.cell(several(&task.assignees)).cell(names(source, &task.assignees)).maybe(task.start).maybe(task.due);
    rows.maybe(Some(source.queries.is_late(task))).cell(several(&task.tags));
    let done = task.checklist.iter().filter(|step| step.done).count();
    rows.maybe(Some(task.checklist.len())).maybe(Some(done)).maybe(task.budget_minutes).maybe(task.template.as_ref());
    rows.cell(instant(task.created)).cell(instant(task.updated)).maybe(task.completed.map(instant)).end()
}

/// Items, account by account: those of no account last.
fn items(source: &Source<'_>, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    let mut of = |account: Cell| {
        source.each_page(IndexName::ItemAccounts, vec![account], AT_ONCE, &mut |hits| {
            let things = Things::with(source, hits.iter().map(|hit| hit.record.document.id()).collect())?;
            let item = |hit: &Hit| match &hit.record.document {
                Document::Item(item) => things.item(source, item.id),
                _ => None,
            };
            hits.iter().filter_map(item).try_for_each(|item| item_row(source, item, &things, rows))
        })
    };
    source.walk(&mut |step| match step {
        Step::Account(account) => of(Cell::Uuid(account.id.0)),
        Step::Jobs(..) => Ok(()),
    })?;
    of(Cell::Null)
}

fn item_row(source: &Source<'_>, item: &Item, things: &Things, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    let jobs = item.jobs.iter().filter(|job| things.job(source, **job).is_some());
    rows.maybe(Some(item.id)).cell(&*item.title).cell(item.kind.as_str()).maybe(item.account).cell(several(jobs));
    rows.maybe(item.template.as_ref()).maybe(item.external.as_ref()).maybe(item.status.as_ref());
    rows.cell(progress_word(item.progress)).cell(instant(item.created)).cell(instant(item.updated)).end()
}

/// What happened, oldest first.
fn events(source: &Source<'_>, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    each_happening(source, &mut |happening, job, _| {
        let (entry, about) = (happening.entry, &happening.about);
        let (name, kind) = resource(source, &entry.actor);
        let id = match &entry.actor {
            Actor::Member(member) => Some(member.0),
            Actor::Client(account) => Some(account.0),
            _ => None,
        };
        rows.maybe(Some(entry.id)).maybe(Some(happening.place)).cell(instant(entry.at)).cell(happening.word);
        rows.cell(&happening.label).cell(&happening.activity).cell(happening.transition);
        rows.cell(kind).maybe(id).cell(name).cell(&entry.command);
        rows.maybe(entry.job).maybe(job.map(|job| &job.name)).maybe(entry.account);
        let pipeline = about.entered.map(|(pipeline, _)| pipeline).or_else(|| job.map(|job| &job.pipeline));
        rows.maybe(pipeline).maybe(entry.definition);
        rows.cell(about.entered.map_or("", |(_, stage)| StageKey::as_str(stage)));
        rows.maybe(about.task).maybe(about.item);
        for value in happening.attributes() {
            rows.cell(value.unwrap_or_default());
        }
        rows.end()
    })
}

/// Goes through how long each job took.
fn each_measures(source: &Source<'_>, each: &mut dyn FnMut(JobMeasures) -> Result<(), Error>) -> Result<(), Error> {
    source.walk(&mut |step| {
        let Step::Jobs(account, jobs) = step else { return Ok(()) };
        for jobs in jobs.chunks(super::source::HISTORIES_AT_ONCE) {
            let courses = source.queries.courses(source.store, jobs.iter().map(|job| &**job))?;
            for (job, course) in jobs.iter().zip(courses) {
                each(source.queries.measured(job, Some(account), course))?;
            }
        }
        Ok(())
    })
}

fn measures_row(found: &JobMeasures, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    rows.maybe(Some(found.id)).cell(&*found.name).maybe(Some(found.account)).cell(&found.account_name);
    rows.cell(found.pipeline.as_str()).cell(found.stage.as_str()).cell(found.status.as_str()).maybe(found.due);
    rows.maybe(Some(found.late)).cell(instant(found.created)).maybe(found.started.map(instant));
    rows.maybe(found.completed.map(instant));
    elapsed(rows, Some(found.lead));
    elapsed(rows, found.cycle);
    elapsed(rows, found.age);
    rows.maybe(Some(found.reentries));
    for party in [Party::Firm, Party::Client, Party::ThirdParty] {
        let time = found.waiting.iter().find(|waiting| waiting.party == party).map(|waiting| waiting.time);
        elapsed(rows, Some(time.unwrap_or_default()));
    }
    rows.end()
}

fn stage_rows(source: &Source<'_>, found: &JobMeasures, rows: &mut Rows<'_, '_>) -> Result<(), Error> {
    found.stages.iter().try_for_each(|time| {
        rows.maybe(Some(found.id)).cell(&*found.name).maybe(Some(found.account)).cell(time.pipeline.as_str());
        rows.cell(time.stage.as_str()).cell(source.stage_name(&time.pipeline, &time.stage)).maybe(Some(time.visits));
        elapsed(rows, Some(time.time));
        rows.end()
    })
}

fn elapsed(rows: &mut Rows<'_, '_>, time: Option<Elapsed>) {
    rows.maybe(time.map(|time| time.seconds)).maybe(time.map(|time| time.business_seconds));
}
