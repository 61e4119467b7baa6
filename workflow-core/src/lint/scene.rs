//! What every check looks at.

use super::Surroundings;
use crate::compile::Place;
use crate::definition::{Action, Automation, Condition, PipelineDefinition, Stage, Trigger};
use crate::graph::StageGraph;
use crate::id::{PipelineKey, StageKey};
use crate::validate::{Rule, each_test, rules};

/// A definition with what surrounds it, its graph and its automations.
pub(super) struct Scene<'a> {
    pub(super) definition: &'a PipelineDefinition,
    pub(super) around: &'a Surroundings,
    pub(super) graph: StageGraph,
    pub(super) rules: Vec<Rule<'a>>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(definition: &'a PipelineDefinition, around: &'a Surroundings) -> Self {
        Self { definition, around, graph: StageGraph::new(definition), rules: rules(definition) }
    }

    pub(super) fn stages(&self) -> &'a [Stage] {
        &self.definition.stages
    }

    pub(super) fn stage_key(&self, place: usize) -> &'a str {
        self.stages().get(place).map_or("", |stage| stage.key.as_str())
    }

    /// Whether a pipeline that an action names is this one.
    pub(super) fn is_own(&self, pipeline: &PipelineKey) -> bool {
        *pipeline == self.definition.key
    }

    /// The place of a stage that an action names in this pipeline; the first when it names none.
    pub(super) fn target(&self, stage: Option<&StageKey>) -> Option<usize> {
        stage.map_or(Some(0), |key| self.graph.position(key))
    }

    /// The stages that an automation is bound to; `None` when it may run in any. One of a stage's
    /// exit is bound to the stage that the job leaves.
    pub(super) fn bound_to(&self, rule: &Rule<'_>) -> Option<Vec<usize>> {
        match rule.place {
            Place::Entry(stage) | Place::Exit(stage) => Some(vec![stage]),
            Place::Status(_) => None,
            Place::Pipeline if rule.automation.stages.is_empty() => None,
            Place::Pipeline => Some(rule.automation.stages.iter().filter_map(|key| self.graph.position(key)).collect()),
        }
    }

    /// The conditions of stages and automations, with their paths.
    pub(super) fn conditions(&self) -> Vec<(String, &'a Condition)> {
        let stages = self.stages().iter().enumerate();
        let of_stage = |(place, stage): (usize, &'a Stage)| {
            let parts = [("when", &stage.when), ("exit", &stage.exit)];
            parts.map(|(part, test)| Some((format!("stages[{place}].{part}"), test.as_ref()?)))
        };
        let of_rule = |rule: &Rule<'a>| {
            let automation: &'a Automation = rule.automation;
            Some((format!("{}.if", rule.path), automation.condition.as_ref()?))
        };
        let of_waits = |rule: &Rule<'a>| {
            let condition = |(path, action): (String, &'a Action)| match action {
                Action::Wait(delay) => Some((format!("{path}.wait.condition"), delay.condition.as_ref()?)),
                _ => None,
            };
            rule.actions().into_iter().filter_map(condition).collect::<Vec<_>>()
        };
        let of_rules = self.rules.iter().flat_map(|rule| of_rule(rule).into_iter().chain(of_waits(rule)));
        stages.flat_map(of_stage).flatten().chain(of_rules).collect()
    }

    /// Calls back for every part of every condition, with its path.
    pub(super) fn each_test(&self, mut visit: impl FnMut(&str, &'a Condition)) {
        for (path, condition) in self.conditions() {
            each_test(&path, condition, &mut visit);
        }
    }

    /// The triggers of automations, with their paths.
    pub(super) fn triggers(&self) -> impl Iterator<Item = (String, &'a Trigger)> {
        self.rules.iter().filter_map(|rule| {
            let automation: &'a Automation = rule.automation;
            Some((format!("{}.on", rule.path), automation.on.as_ref()?))
        })
    }
}
