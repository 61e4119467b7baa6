//! The automations of a document with their places, and the tests of a condition.

use crate::compile::Place;
use crate::definition::{Action, Automation, Condition, PipelineDefinition};
use crate::limits;

/// An automation with its place in the document.
#[derive(Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) automation: &'a Automation,
    pub(crate) place: Place,
    /// Such as `stages[2].on_entry[0]`.
    pub(crate) path: String,
}

impl<'a> Rule<'a> {
    /// Its actions with their paths, such as `stages[2].on_entry[0].do[1]`, those within others
    /// after them.
    pub(crate) fn actions(&self) -> Vec<(String, &'a Action)> {
        let mut found = Vec::new();
        gather(&format!("{}.do", self.path), &self.automation.actions, limits::WAIT_DEPTH, &mut found);
        found
    }
}

/// Gathers actions with their paths. Those deeper than waits may be written within waits are left
/// out.
pub(crate) fn gather<'a>(list: &str, actions: &'a [Action], depth: usize, found: &mut Vec<(String, &'a Action)>) {
    for (place, action) in actions.iter().enumerate() {
        let path = format!("{list}[{place}]");
        found.push((path.clone(), action));
        if let Some(below) = depth.checked_sub(1) {
            gather(&format!("{path}.wait.otherwise"), action.within(), below, found);
        }
    }
}

/// Every automation of a document, in declared order: those of stages, of statuses, of the pipeline.
pub(crate) fn rules<'a>(definition: &'a PipelineDefinition) -> Vec<Rule<'a>> {
    let mut rules = Vec::new();
    let mut add = |list: &str, automations: &'a [Automation], place: &Place| {
        for (number, automation) in automations.iter().enumerate() {
            rules.push(Rule { automation, place: place.clone(), path: format!("{list}[{number}]") });
        }
    };
    for (place, stage) in definition.stages.iter().enumerate() {
        add(&format!("stages[{place}].on_entry"), &stage.on_entry, &Place::Entry(place));
        add(&format!("stages[{place}].on_exit"), &stage.on_exit, &Place::Exit(place));
    }
    for (place, status) in definition.statuses.iter().enumerate() {
        add(&format!("statuses[{place}].on_set"), &status.on_set, &Place::Status(status.key.clone()));
    }
    add("automations", &definition.automations, &Place::Pipeline);
    rules
}

/// Calls back for every part of a condition with its path, parents first. Parts deeper than a
/// condition may be are left out.
pub(crate) fn each_test<'a>(path: &str, condition: &'a Condition, visit: &mut impl FnMut(&str, &'a Condition)) {
    visit_parts(path, condition, limits::CONDITION_DEPTH, visit);
}

fn visit_parts<'a>(path: &str, condition: &'a Condition, depth: usize, visit: &mut impl FnMut(&str, &'a Condition)) {
    let Some(below) = depth.checked_sub(1) else { return };
    visit(path, condition);
    let (word, parts) = match condition {
        Condition::All(parts) => ("all", parts),
        Condition::Any(parts) => ("any", parts),
        Condition::Not(part) => return visit_parts(&format!("{path}.not"), part, below, visit),
        _ => return,
    };
    for (place, part) in parts.iter().enumerate() {
        visit_parts(&format!("{path}.{word}[{place}]"), part, below, visit);
    }
}
