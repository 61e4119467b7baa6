//! Dates that name a calendar which the firm does not have, or the completion of a task that no
//! template makes.

use std::collections::BTreeSet;

use super::Surroundings;
use super::scene::Scene;
use crate::dates::{DateAnchor, DateExpression};
use crate::definition::{Action, JobTemplate, Template, Trigger};
use crate::id::{CalendarKey, TemplateKey};
use crate::suggest::near;
use crate::validate::{Findings, written_tasks};

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let tasks = written_tasks(scene.definition);
    let mut templates: BTreeSet<&TemplateKey> = tasks.iter().map(|(_, task)| &task.key).collect();
    templates.extend(scene.around.task_templates.keys());
    let mut check = |path: String, rule: &Option<DateExpression>| {
        if let Some(rule) = rule {
            check_calendar(&path, rule.calendar.as_ref(), scene.around.calendars.as_ref(), found);
            check_completion(&path, rule, &templates, found);
        }
    };
    if let Some(JobTemplate { start, due, statutory, extended, .. }) = &scene.definition.job_defaults {
        for (part, rule) in [("start", start), ("due", due), ("statutory", statutory), ("extended", extended)] {
            check(format!("job_defaults.{part}"), rule);
        }
    }
    for (path, task) in &tasks {
        check(format!("{path}.start"), &task.start);
        check(format!("{path}.due"), &task.due);
    }
    for (path, action) in scene.rules.iter().flat_map(|rule| rule.actions()) {
        match action {
            Action::SetDate(order) => check(format!("{path}.set_date.to"), &order.to),
            Action::Wait(delay) => check(format!("{path}.wait.until"), &delay.until),
            _ => {}
        }
    }
    for (path, trigger) in scene.triggers() {
        if let Trigger::Schedule(schedule) = trigger {
            let (path, known) = (format!("{path}.schedule.calendar"), scene.around.calendars.as_ref());
            check_calendar(&path, schedule.calendar.as_ref(), known, found);
        }
    }
}

/// Calendars that the dates of a template name and the firm does not have.
pub(crate) fn check_template(template: &Template, around: &Surroundings, found: &mut Findings) {
    let dates = match template {
        Template::Task(task) => vec![("task.start", &task.start), ("task.due", &task.due)],
        Template::Job { defaults, .. } => vec![
            ("job.defaults.start", &defaults.start),
            ("job.defaults.due", &defaults.due),
            ("job.defaults.statutory", &defaults.statutory),
            ("job.defaults.extended", &defaults.extended),
        ],
    };
    for (path, rule) in dates {
        if let Some(rule) = rule {
            check_calendar(path, rule.calendar.as_ref(), around.calendars.as_ref(), found);
        }
    }
}

fn check_calendar(
    path: &str,
    calendar: Option<&CalendarKey>,
    known: Option<&BTreeSet<CalendarKey>>,
    found: &mut Findings,
) {
    let (Some(calendar), Some(known)) = (calendar, known) else { return };
    if !known.contains(calendar) {
        found.error(path, "unknown_calendar", || {
            let near = near(calendar.as_str(), known.iter().map(CalendarKey::as_str));
            format!("there is no calendar `{calendar}`, neither in the firm nor built in{near}")
        });
    }
}

fn check_completion(path: &str, rule: &DateExpression, known: &BTreeSet<&TemplateKey>, found: &mut Findings) {
    let Some(DateAnchor::Completion(template)) = rule.anchor() else { return };
    if !known.contains(template) {
        found.error(path, "unknown_task_template", || {
            let near = near(template.as_str(), known.iter().map(|key| key.as_str()));
            format!("there is no task template `{template}`, neither in this pipeline nor in the firm{near}")
        });
    }
}
