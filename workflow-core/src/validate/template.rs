//! Checks of task and job templates, of the people and the dates in them.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};

use super::automation::check_reminders;
use super::condition::check_value;
use super::{
    Findings, check_limit, check_name, check_optional_name, check_optional_text, check_text, duplicate, rules,
};
use crate::dates;
use crate::definition::{Action, Assignment, DateExpression, JobDate, JobTemplate, PipelineDefinition, TaskTemplate};
use crate::id::TemplateKey;
use crate::limits;
use crate::lint::cycle;

/// Checks a pipeline's own task templates, and the order among them and the tasks written in place.
pub(super) fn check_all(definition: &PipelineDefinition, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (place, task) in definition.task_templates.iter().enumerate() {
        let path = format!("task_templates[{place}]");
        if !seen.insert(&task.key) {
            duplicate(&format!("{path}.key"), "task template", task.key.as_str(), found);
        }
        check_task(&path, task, found);
    }
    for circle in circles(&written_tasks(definition)) {
        if let Some((path, _)) = circle.first() {
            let names: Vec<String> = circle.iter().map(|(_, task)| format!("`{}`", task.key)).collect();
            found.error(&format!("{path}.after"), "task_circle", || circle_message(&names));
        }
    }
}

/// A task template with its place in the document.
pub(crate) type WrittenTask<'a> = (String, &'a TaskTemplate);

/// Every task template that a document writes down: its own, and those of `create_task`.
pub(crate) fn written_tasks(definition: &PipelineDefinition) -> Vec<WrittenTask<'_>> {
    let own = definition.task_templates.iter().enumerate();
    let mut tasks: Vec<_> = own.map(|(place, task)| (format!("task_templates[{place}]"), task)).collect();
    for rule in rules(definition) {
        for (path, action) in rule.actions() {
            if let Action::CreateTask(task) = action {
                tasks.push((format!("{path}.create_task"), &**task));
            }
        }
    }
    tasks
}

/// Task templates that wait for each other in a circle, each circle in order.
pub(crate) fn circles<'a, 't>(tasks: &'t [WrittenTask<'a>]) -> Vec<Vec<&'t WrittenTask<'a>>> {
    // Keys are nodes of their own: many tasks may share one.
    let mut graph: DiGraph<Option<&WrittenTask<'a>>, ()> = DiGraph::new();
    let nodes: Vec<_> = tasks.iter().map(|task| (graph.add_node(Some(task)), task.1)).collect();
    let mut keys: BTreeMap<&TemplateKey, NodeIndex> = BTreeMap::new();
    for (node, task) in &nodes {
        let key = *keys.entry(&task.key).or_insert_with(|| graph.add_node(None));
        graph.add_edge(key, *node, ());
    }
    for (node, task) in &nodes {
        for key in task.after.iter().filter_map(|key| keys.get(key)) {
            graph.add_edge(*node, *key, ());
        }
    }
    let tasks_of = |circle: &Vec<NodeIndex>| {
        circle.iter().filter_map(|node| graph.node_weight(*node).copied().flatten()).collect()
    };
    cycle::all(&graph).iter().map(tasks_of).collect()
}

/// Says that tasks wait for each other.
pub(crate) fn circle_message(names: &[String]) -> String {
    let first = names.first().map_or("", String::as_str);
    format!(
        "these tasks would wait for each other in a circle: {} → {first}; take one of them out of `after`",
        names.join(" → ")
    )
}

/// Checks a task template, of the pipeline or written in place.
pub(super) fn check_task(path: &str, task: &TaskTemplate, found: &mut Findings) {
    check_name(&format!("{path}.title"), &task.title, found);
    check_optional_text(path, ".description", task.description.as_deref(), found);
    check_assignment(&format!("{path}.assign"), &task.assign, found);
    check_dates(path, &[("start", &task.start), ("due", &task.due)], found);
    check_limit(&format!("{path}.tags"), "TAGS", limits::TAGS, task.tags.len(), "the number of tags", found);
    let steps = task.checklist.len();
    let list = format!("{path}.checklist");
    check_limit(&list, "CHECKLIST", limits::CHECKLIST, steps, "the number of checklist steps", found);
    for (place, step) in task.checklist.iter().take(limits::CHECKLIST).enumerate() {
        let path = format!("{list}[{place}]");
        if step.trim().is_empty() {
            found.error(&path, "empty", || "a checklist step needs a text".to_owned());
        }
        check_text(&path, step, found);
    }
    if let Some(rule) = &task.remind {
        check_reminders(&format!("{path}.remind"), rule, found);
    }
    let after = task.after.len();
    let what = "the number of templates that it waits for";
    check_limit(&format!("{path}.after"), "PREREQUISITES", limits::PREREQUISITES, after, what, found);
}

/// Checks defaults of a job.
pub(super) fn check_job(path: &str, job: &JobTemplate, found: &mut Findings) {
    check_optional_name(path, ".name", job.name.as_deref(), found);
    check_optional_text(path, ".description", job.description.as_deref(), found);
    check_optional_name(path, ".client_status", job.client_status.as_deref(), found);
    check_assignment(&format!("{path}.assign"), &job.assign, found);
    let dates = [("start", &job.start), ("due", &job.due), ("statutory", &job.statutory), ("extended", &job.extended)];
    check_dates(path, &dates, found);
    let rules = [JobDate::Start, JobDate::Due, JobDate::Statutory, JobDate::Extended].into_iter().zip(dates);
    let rules = rules.filter_map(|(date, (_, rule))| Some((date, rule.as_ref()?))).collect();
    if let Some(circle) = dates::circle(&rules) {
        found.error(path, "date_circle", || dates::circle_message(&circle));
    }
    check_limit(&format!("{path}.tags"), "TAGS", limits::TAGS, job.tags.len(), "the number of tags", found);
    let fields = job.fields.len();
    check_limit(&format!("{path}.fields"), "FIELDS", limits::FIELDS, fields, "the number of custom fields", found);
    for (field, value) in &job.fields {
        check_value(&format!("{path}.fields.{field}"), value, found);
    }
}

pub(super) fn check_assignment(path: &str, who: &Assignment, found: &mut Findings) {
    check_people(path, who.members.len(), who.roles.len(), found);
}

pub(super) fn check_people(path: &str, members: usize, roles: usize, found: &mut Findings) {
    let what = "the number of members";
    check_limit(&format!("{path}.members"), "ASSIGNEES", limits::ASSIGNEES, members, what, found);
    let what = "the number of roles";
    check_limit(&format!("{path}.roles"), "ROLE_HOLDERS", limits::ROLE_HOLDERS, roles, what, found);
}

fn check_dates(path: &str, dates: &[(&str, &Option<DateExpression>)], found: &mut Findings) {
    for (part, rule) in dates {
        if let Some(rule) = rule {
            check_date(&format!("{path}.{part}"), rule, found);
        }
    }
}

/// Checks what a date expression built in Rust may have that its text may not.
pub(super) fn check_date(path: &str, rule: &DateExpression, found: &mut Findings) {
    if let Err(why) = rule.check() {
        found.error(path, "date", || why);
    }
}
