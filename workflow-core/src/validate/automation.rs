//! Checks of automations and their actions.

use std::collections::BTreeSet;

use super::template::{check_assignment, check_date, check_task};
use super::{
    Findings, Names, Rule, check_limit, check_name, check_optional_name, check_optional_text, condition, duplicate,
    rules,
};
use crate::compile::Place;
use crate::dates::Span;
use crate::definition::{
    AccessChange, AccountTarget, Action, Assignment, CreateJob, Delay, PipelineDefinition, Refire, Reminders,
    RequestItem, SendSignal, SetField, Trigger, WatchedDate, count,
};
use crate::id::{StatusKey, Tag};
use crate::limits;
use crate::recurrence::Schedule;

/// How many reminders of one thing there may be.
const REMINDERS_AT_MOST: u32 = 1_000;

/// Checks every automation of a pipeline.
pub(super) fn check(definition: &PipelineDefinition, names: &Names<'_>, found: &mut Findings) {
    let rules = rules(definition);
    let what = "the number of automations, those of stages and statuses included,";
    check_limit("automations", "AUTOMATIONS", limits::AUTOMATIONS, rules.len(), what, found);
    let mut seen = BTreeSet::new();
    for rule in &rules {
        let automation = rule.automation;
        if !seen.insert(&automation.key) {
            duplicate(&format!("{}.key", rule.path), "automation", automation.key.as_str(), found);
        }
        check_optional_name(&rule.path, ".name", automation.name.as_deref(), found);
        check_place(rule, names, found);
        if let Some(test) = &automation.condition {
            condition::check(&format!("{}.if", rule.path), test, names, found);
        }
        let list = format!("{}.do", rule.path);
        if automation.actions.is_empty() {
            found.error(&list, "no_actions", || format!("`{}` does nothing: write its actions", automation.key));
        }
        let actions = usize::try_from(count(&automation.actions)).unwrap_or(usize::MAX);
        check_limit(&list, "ACTIONS", limits::ACTIONS, actions, "the number of actions", found);
        if is_deeper(&automation.actions, limits::WAIT_DEPTH) {
            let what = "the depth of waits written within waits";
            check_limit(&list, "WAIT_DEPTH", limits::WAIT_DEPTH, limits::WAIT_DEPTH.saturating_add(1), what, found);
        }
        for (path, action) in rule.actions() {
            check_action(&path, action, names, found);
        }
    }
}

/// What an automation says of when it runs, against where it is written.
fn check_place(rule: &Rule<'_>, names: &Names<'_>, found: &mut Findings) {
    let (path, automation) = (&rule.path, rule.automation);
    match (&rule.place, &automation.on) {
        (Place::Pipeline, None) => found.error(&format!("{path}.on"), "no_trigger", || {
            format!("nothing sets `{}` off: write `on`", automation.key)
        }),
        (Place::Pipeline, Some(trigger)) => check_trigger(&format!("{path}.on"), trigger, names, found),
        (_, Some(_)) => found.error(&format!("{path}.on"), "misplaced", || {
            "the place of the automation says what sets it off: remove `on`, or move it to `automations`".to_owned()
        }),
        (_, None) => {}
    }
    if rule.place == Place::Pipeline {
        automation.stages.iter().for_each(|stage| names.check_stage(&format!("{path}.stages"), stage, found));
    } else if !automation.stages.is_empty() {
        found.error(&format!("{path}.stages"), "misplaced", || {
            "only an automation of the pipeline is bound to stages: remove `stages`, or move it to `automations`"
                .to_owned()
        });
    }
    let on_entry =
        matches!((&rule.place, &automation.on), (Place::Entry(_), _) | (Place::Pipeline, Some(Trigger::StageEntered)));
    if automation.refire != Refire::EveryEntry && !on_entry {
        found.error(&format!("{path}.refire"), "misplaced", || {
            "only what a stage's entry sets off can be kept from running again: remove `refire`".to_owned()
        });
    }
}

/// Whether actions are written within others deeper than this.
fn is_deeper(actions: &[Action], depth: usize) -> bool {
    match depth.checked_sub(1) {
        None => actions.iter().any(|action| !action.within().is_empty()),
        Some(below) => actions.iter().any(|action| is_deeper(action.within(), below)),
    }
}

fn check_trigger(path: &str, trigger: &Trigger, names: &Names<'_>, found: &mut Findings) {
    let (path, date, template, span) = match trigger {
        Trigger::StatusSet { status } => {
            return names.check_status(&format!("{path}.status_set.status"), status, found);
        }
        Trigger::Schedule(schedule) => return check_schedule(&format!("{path}.schedule"), schedule, found),
        Trigger::DueApproaching { date, template, before } => {
            (format!("{path}.due_approaching"), *date, template, Some(("before", *before)))
        }
        Trigger::Overdue { date, template, after } => {
            (format!("{path}.overdue"), *date, template, after.map(|after| ("after", after)))
        }
        _ => return,
    };
    if let Some((part, span)) = span {
        check_span(&format!("{path}.{part}"), span, found);
    }
    if template.is_some() && date != WatchedDate::TaskDue {
        found.error(&format!("{path}.template"), "misplaced", || {
            "only tasks have a template: remove it, or write `date: task_due`".to_owned()
        });
    }
}

/// Checks that something recurs, and where.
pub(super) fn check_schedule(path: &str, schedule: &Schedule, found: &mut Findings) {
    if let Err(error) = schedule.compile() {
        // Parts of a rule are written in capitals, fields are not.
        let part = Some(error.part()).filter(|part| part.chars().all(|letter| letter.is_lowercase() || letter == '_'));
        let path = part.map_or_else(|| path.to_owned(), |part| format!("{path}.{part}"));
        found.error(&path, "schedule", || error.to_string());
    }
}

/// Checks a duration that has to last.
pub(super) fn check_span(path: &str, span: Span, found: &mut Findings) {
    if span.count == 0 {
        found.error(path, "out_of_range", || format!("`{span}` is over at once: write at least 1"));
    }
    let (max, count) = (limits::DATE_OFFSET as usize, span.count as usize);
    check_limit(path, "DATE_OFFSET", max, count, "its length", found);
}

pub(super) fn check_reminders(path: &str, rule: &Reminders, found: &mut Findings) {
    check_span(&format!("{path}.every"), rule.every, found);
    if let Some(first) = rule.first {
        check_span(&format!("{path}.first"), first, found);
    }
    if !(1..=REMINDERS_AT_MOST).contains(&rule.at_most) {
        found.error(&format!("{path}.at_most"), "out_of_range", || {
            format!("`{}` reminders: write a number from 1 to {REMINDERS_AT_MOST}", rule.at_most)
        });
    }
}

/// For what a wait waits must be said once, and what only a condition has left out elsewhere.
fn check_wait(path: &str, delay: &Delay, names: &Names<'_>, found: &mut Findings) {
    let said = [delay.span.is_some(), delay.until.is_some(), delay.condition.is_some()];
    match said.into_iter().filter(|said| *said).count() {
        1 => {}
        0 => found.error(path, "empty_action", || {
            "it does not say for what to wait: write `for`, `until` or `condition`".to_owned()
        }),
        _ => found.error(path, "ambiguous", || "write one of `for`, `until` and `condition`".to_owned()),
    }
    if let Some(span) = delay.span {
        check_span(&format!("{path}.for"), span, found);
    }
    if let Some(rule) = &delay.until {
        check_date(&format!("{path}.until"), rule, found);
    }
    if let Some(test) = &delay.condition {
        condition::check(&format!("{path}.condition"), test, names, found);
    }
    if let Some(span) = delay.at_most {
        check_span(&format!("{path}.at_most"), span, found);
    }
    if delay.condition.is_none() && delay.at_most.is_some() {
        found.error(&format!("{path}.at_most"), "misplaced", || {
            "only a wait for a condition has a time-out: write how long to wait as `for`".to_owned()
        });
    }
    if delay.otherwise.is_some() && delay.at_most.is_none() {
        found.error(&format!("{path}.otherwise"), "misplaced", || {
            "it is never done: write `condition` and `at_most`, or remove it".to_owned()
        });
    }
}

fn check_action(path: &str, action: &Action, names: &Names<'_>, found: &mut Findings) {
    match action {
        Action::CreateTasks(keys) => {
            let path = format!("{path}.create_tasks");
            if keys.is_empty() {
                does_nothing(&path, "name at least one task template", found);
            }
            check_limit(&path, "JOB_TASKS", limits::JOB_TASKS, keys.len(), "the number of tasks", found);
        }
        Action::CreateTask(task) => check_task(&format!("{path}.create_task"), task, found),
        Action::Request(request) => check_request(&format!("{path}.request"), request, found),
        Action::AddAccountTags(tags) => check_tags(&format!("{path}.add_account_tags"), tags, found),
        Action::RemoveAccountTags(tags) => check_tags(&format!("{path}.remove_account_tags"), tags, found),
        Action::ReplaceAccountTags(tags) => {
            let path = format!("{path}.replace_account_tags");
            if tags.remove.is_empty() && tags.add.is_empty() {
                does_nothing(&path, "name tags", found);
            }
            check_limit(&path, "TAGS", limits::TAGS, tags.remove.len(), "the number of tags removed", found);
            check_limit(&path, "TAGS", limits::TAGS, tags.add.len(), "the number of tags added", found);
        }
        Action::AddJobTags(tags) => check_tags(&format!("{path}.add_job_tags"), tags, found),
        Action::RemoveJobTags(tags) => check_tags(&format!("{path}.remove_job_tags"), tags, found),
        Action::SetStatus(status) => check_set_status(&format!("{path}.set_status"), status, names, found),
        Action::SetDate(order) => {
            if let Some(rule) = &order.to {
                check_date(&format!("{path}.set_date.to"), rule, found);
            }
        }
        Action::SetField(SetField { value: Some(value), .. }) => {
            condition::check_value(&format!("{path}.set_field.value"), value, found);
        }
        Action::SetClientStatus(text) => check_name(&format!("{path}.set_client_status"), text, found),
        Action::Assign(who) => check_named(&format!("{path}.assign"), who, found),
        Action::Unassign(who) => check_named(&format!("{path}.unassign"), who, found),
        // To replace the assignees by nobody is to clear them.
        Action::ReplaceAssignees(who) => check_assignment(&format!("{path}.replace_assignees"), who, found),
        Action::UpdateAccountAccess(AccessChange { who, .. }) => {
            check_named(&format!("{path}.update_account_access.who"), who, found);
        }
        Action::CreateJob(job) => check_create_job(&format!("{path}.create_job"), job, found),
        Action::Signal(signal) => check_signal(&format!("{path}.signal"), signal, found),
        Action::Wait(delay) => check_wait(&format!("{path}.wait"), delay, names, found),
        Action::ApplyFolderTemplate(_)
        | Action::ClearAccountTags
        | Action::SetPriority(_)
        | Action::SetField(SetField { value: None, .. })
        | Action::MoveTo(_)
        | Action::MoveNext
        | Action::MoveToPipeline { .. }
        | Action::CompleteTasks(_)
        | Action::CancelTasks(_)
        | Action::CompleteItems(_)
        | Action::CancelItems(_)
        | Action::StartSeries(_)
        | Action::StopSeries(_)
        | Action::Archive => {}
    }
}

fn does_nothing(path: &str, remedy: &str, found: &mut Findings) {
    found.error(path, "empty_action", || format!("it does nothing: {remedy}, or remove it"));
}

fn check_tags(path: &str, tags: &BTreeSet<Tag>, found: &mut Findings) {
    if tags.is_empty() {
        does_nothing(path, "name at least one tag", found);
    }
    check_limit(path, "TAGS", limits::TAGS, tags.len(), "the number of tags", found);
}

fn check_named(path: &str, who: &Assignment, found: &mut Findings) {
    if who.is_empty() {
        does_nothing(path, "name members or roles", found);
    }
    check_assignment(path, who, found);
}

fn check_set_status(path: &str, status: &StatusKey, names: &Names<'_>, found: &mut Findings) {
    if status.as_str() == "archived" {
        found.error(path, "status_archived", || "to archive the job, write the action `archive`".to_owned());
    } else {
        names.check_status(path, status, found);
    }
}

fn check_request(path: &str, request: &RequestItem, found: &mut Findings) {
    check_optional_name(path, ".title", request.title.as_deref(), found);
    check_optional_text(path, ".body", request.body.as_deref(), found);
    if let Some(rule) = &request.remind {
        check_reminders(&format!("{path}.remind"), rule, found);
    }
}

fn check_create_job(path: &str, job: &CreateJob, found: &mut Findings) {
    check_optional_name(path, ".name", job.name.as_deref(), found);
    if let AccountTarget::Linked(relation) = &job.account {
        check_name(&format!("{path}.account.linked"), relation, found);
    }
}

fn check_signal(path: &str, signal: &SendSignal, found: &mut Findings) {
    if let Some(payload) = &signal.payload {
        let depth = crate::payload::depth(payload);
        if depth > limits::PAYLOAD_DEPTH {
            let what = "the payload's nesting";
            return check_limit(&format!("{path}.payload"), "PAYLOAD_DEPTH", limits::PAYLOAD_DEPTH, depth, what, found);
        }
        let bytes = payload.to_string().len();
        let what = "the payload's length in bytes";
        check_limit(&format!("{path}.payload"), "PAYLOAD_BYTES", limits::PAYLOAD_BYTES, bytes, what, found);
    }
}
