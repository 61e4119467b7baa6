//! Events, actors, triggers and what counts as done, in words.

use std::fmt::{self, Write};

use chrono::{DateTime, Utc};

use crate::catalog::Catalog;
use crate::compile::{Compiled, Place, Rule};
use crate::definition::{Automation, FieldScope, Trigger, WatchedDate};
use crate::event::{Actor, Event, MoveKind};
use crate::id::StageKey;
use crate::model::{DoneRule, Item, ItemKind, TaskState, TimerKey};
use crate::store::DocId;

/// Puts things into words, by the names that the firm has for them.
pub(crate) struct Words<'a> {
    pub(crate) catalog: &'a Catalog,
    /// What tasks, items and jobs are called, as far as they are known.
    pub(crate) title: &'a dyn Fn(&DocId) -> Option<String>,
}

impl Words<'_> {
    /// An instant by the firm's clocks.
    pub(crate) fn time(&self, at: DateTime<Utc>) -> String {
        self.catalog.calendar().local(at).format("%-d %b %Y, %H:%M").to_string()
    }

    /// Who gave a command.
    pub(crate) fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Member(id) => self.catalog.member(*id).map_or_else(|| id.to_string(), |member| member.name.clone()),
            Actor::Client(_) => "the client".to_owned(),
            Actor::Automation => "the engine".to_owned(),
            Actor::System(name) => format!("the system `{name}`"),
        }
    }

    /// A record by its title, or by what it is.
    fn named(&self, what: &str, id: &DocId) -> String {
        (self.title)(id).map_or_else(|| format!("a {what}"), |title| format!("the {what} `{title}`"))
    }

    /// What happened.
    pub(crate) fn event(&self, event: &Event) -> String {
        match event {
            Event::JobCreated(job) => format!("the job was created in `{}`", job.stage),
            Event::JobMoved { from, to, how, .. } => {
                let how = match how {
                    MoveKind::Manual => "was moved",
                    MoveKind::Automove => "moved on by itself",
                    MoveKind::Automation => "was moved by an automation",
                    MoveKind::Migration => "went by a new version",
                };
                format!("the job {how} from `{from}` to `{to}`")
            }
            Event::JobStatusSet { job, to } => {
                let name = (self.title)(&DocId::Job(*job)).map_or_else(String::new, |name| format!(" `{name}`"));
                format!("the job{name} became `{}`", to.as_str())
            }
            Event::TaskStateSet { task, to, .. } => {
                let became = match to {
                    TaskState::Planned => "was opened again",
                    TaskState::InProgress => "was begun",
                    TaskState::Completed => "was completed",
                    TaskState::Cancelled => "was cancelled",
                };
                format!("{} {became}", self.named("task", &DocId::Task(*task)))
            }
            Event::JobItemChanged { item, status: Some(status), .. } | Event::ItemReported { item, status, .. } => {
                format!("{} was reported `{status}`", self.named("item", &DocId::Item(*item)))
            }
            Event::JobTagsChanged { added, removed, .. } => format!("the job {}", tags(added, removed)),
            Event::AccountTagsChanged { added, removed, .. } => format!("the account {}", tags(added, removed)),
            Event::JobFieldSet { field, .. } => format!("the job's field `{field}` changed"),
            Event::AccountFieldSet { field, .. } => format!("the account's field `{field}` changed"),
            Event::CommandUndone(undone) => format!("`{}` was undone", undone.command),
            Event::RecordRestored(_) => "a command was undone".to_owned(),
            Event::AutomationRan { automation, .. } => format!("the automation `{automation}` ran"),
            Event::SignalReceived { name, .. } => format!("the host sent the signal `{name}`"),
            Event::FiredByHand { automation, .. } => format!("somebody fired `{automation}`"),
            Event::TimerFired { key, due, .. } => {
                let what = match key {
                    TimerKey::StageLimit => "the time limit of the stage was reached".to_owned(),
                    TimerKey::Automation(automation) => format!("the time came that `{automation}` waits for"),
                    TimerKey::Task { automation, task } => {
                        format!(
                            "the time came that `{automation}` waits for with {}",
                            self.named("task", &DocId::Task(*task))
                        )
                    }
                };
                format!("{what} ({})", self.time(*due))
            }
            Event::WaitEnded { automation, .. } => format!("what `{automation}` waited for was over"),
            Event::JobDependencyChanged { on, finished, .. } => {
                let other = self.named("job", &DocId::Job(*on));
                format!("{other}, which it waits for, was {}", if *finished { "finished" } else { "opened again" })
            }
            other => plain(other),
        }
    }
}

fn tags(added: &[crate::id::Tag], removed: &[crate::id::Tag]) -> String {
    let mut words = Vec::new();
    if !added.is_empty() {
        words.push(format!("got {}", list(added)));
    }
    if !removed.is_empty() {
        words.push(format!("lost {}", list(removed)));
    }
    format!("{} (tags)", words.join(" and "))
}

/// Names, one after the other.
pub(crate) fn list<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// An event by the name of its kind: `JobRenamed` is "job renamed".
fn plain(event: &Event) -> String {
    /// Takes a name and refuses what comes after it.
    struct Name(String);
    impl Write for Name {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for letter in text.chars() {
                if !letter.is_ascii_alphanumeric() {
                    return Err(fmt::Error);
                }
                if letter.is_ascii_uppercase() && !self.0.is_empty() {
                    self.0.push(' ');
                }
                self.0.push(letter.to_ascii_lowercase());
            }
            Ok(())
        }
    }
    let mut name = Name(String::new());
    // It ends with the name, whether or not all was written.
    let _ = write!(name, "{event:?}");
    name.0
}

/// When an item counts as done.
pub(crate) fn done_when(item: &Item, catalog: &Catalog) -> String {
    let settings = catalog.firm.as_ref().map(|(_, firm)| &firm.settings);
    match settings.and_then(|settings| item.kind.done_rule(settings)) {
        Some(DoneRule::All(statuses)) => {
            list(statuses.iter().filter(|status| !(**status == "paid" && item.without_invoice)))
        }
        Some(DoneRule::Any(statuses)) => {
            let submitted =
                item.payment_submitted_is_done || settings.is_some_and(|settings| settings.payment_submitted_is_done);
            let also = (item.kind == ItemKind::Invoice && submitted).then_some("payment_submitted");
            either(statuses.iter().copied().chain(also))
        }
        Some(DoneRule::Host(definition)) => either(definition.done.iter()),
        Some(DoneRule::NotActionable) | None => "`completed`".to_owned(),
    }
}

fn either<T: fmt::Display>(statuses: impl IntoIterator<Item = T>) -> String {
    let statuses: Vec<String> = statuses.into_iter().map(|status| format!("`{status}`")).collect();
    if statuses.is_empty() { "`completed`".to_owned() } else { statuses.join(" or ") }
}

/// What sets an automation off.
pub(crate) fn trigger(compiled: &Compiled, rule: &Rule) -> String {
    let stage = |place: usize| compiled.stage(place).map_or_else(String::new, |stage| format!("`{}`", stage.key));
    match &rule.place {
        Place::Entry(place) => format!("the job enters {}", stage(*place)),
        Place::Exit(place) => format!("the job leaves {}", stage(*place)),
        Place::Status(status) => format!("the job becomes `{status}`"),
        Place::Pipeline => on_pipeline(&rule.automation),
    }
}

fn on_pipeline(automation: &Automation) -> String {
    let Some(on) = &automation.on else { return "nothing sets it off".to_owned() };
    let stages = &automation.stages;
    match on {
        Trigger::StageEntered => format!("the job enters {}", which(stages)),
        Trigger::StageLeft => format!("the job leaves {}", which(stages)),
        other if stages.is_empty() => of_trigger(other),
        other => format!("{}, while the job is in {}", of_trigger(other), which(stages)),
    }
}

fn which(stages: &std::collections::BTreeSet<StageKey>) -> String {
    if stages.is_empty() { "a stage".to_owned() } else { either(stages) }
}

fn of_trigger(on: &Trigger) -> String {
    let date = |date: WatchedDate| match date {
        WatchedDate::Start => "the start date",
        WatchedDate::Due => "the due date",
        WatchedDate::Statutory => "the statutory deadline",
        WatchedDate::Extended => "the extended deadline",
        WatchedDate::TaskDue => "the due date of an open task",
    };
    fn one<T: fmt::Display>(what: &str, named: Option<&T>) -> String {
        named.map_or_else(|| format!("a {what}"), |name| format!("the {what} `{name}`"))
    }
    let of = |template: Option<&crate::id::TemplateKey>| {
        template.map_or_else(String::new, |template| format!(" of the template `{template}`"))
    };
    match on {
        Trigger::StageEntered => "the job enters a stage".to_owned(),
        Trigger::StageLeft => "the job leaves a stage".to_owned(),
        Trigger::JobCreated => "the job is created".to_owned(),
        Trigger::StatusSet { status } => format!("the job becomes `{status}`"),
        Trigger::TaskCompleted { template } => format!("a task{} is completed", of(template.as_ref())),
        Trigger::AllTasksCompleted => "the last open task is completed".to_owned(),
        Trigger::ItemReached { kind, template, status } => {
            let kind = kind.as_ref().map_or("item", ItemKind::as_str);
            format!("an item (`{kind}`){} reaches `{status}`", of(template.as_ref()))
        }
        Trigger::AccountTagAdded { tag } => format!("the account gets {}", one("tag", tag.as_ref())),
        Trigger::AccountTagRemoved { tag } => format!("the account loses {}", one("tag", tag.as_ref())),
        Trigger::JobTagAdded { tag } => format!("the job gets {}", one("tag", tag.as_ref())),
        Trigger::JobTagRemoved { tag } => format!("the job loses {}", one("tag", tag.as_ref())),
        Trigger::FieldChanged { scope, field } => {
            let whose = match scope {
                FieldScope::Account => "account",
                FieldScope::Job => "job",
            };
            format!("{} of the {whose} changes", one("field", field.as_ref()))
        }
        Trigger::DueApproaching { date: watched, before, template } => {
            format!("{before} before {}{}", date(*watched), of(template.as_ref()))
        }
        Trigger::Overdue { date: watched, after, template } => {
            let after = after.map_or_else(String::new, |after| format!("{after} after "));
            format!("{after}{}{} has passed", date(*watched), of(template.as_ref()))
        }
        Trigger::Schedule(_) => "a time of its schedule comes".to_owned(),
        Trigger::StageTimeLimit => "the time limit of the stage is reached".to_owned(),
        Trigger::ByHand => "somebody fires it by hand".to_owned(),
        Trigger::Signal { name } => format!("the host sends the signal `{name}`"),
    }
}
