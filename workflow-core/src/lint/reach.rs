//! Stages that no job reaches, and stages from which none gets to an end.

use std::collections::BTreeSet;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed};

use super::scene::Scene;
use crate::compile::Place;
use crate::definition::{Action, MoveRule};
use crate::validate::{Findings, Rule};

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let ways = ways(scene);
    let restricted = scene.definition.moves == MoveRule::Transitions;
    let branches = (0..scene.stages().len()).any(|place| scene.graph.is_branching(place));
    let reached = reached(scene, &ways);
    let ending = ending(scene, &ways);
    for (place, stage) in scene.stages().iter().enumerate() {
        let (path, key) = (format!("stages[{place}]"), &stage.key);
        if !reached.contains(&place) && restricted {
            found.error(&path, "unreachable_stage", || {
                format!(
                    "no job can get into `{key}`: moves are restricted to transitions, and neither the declared \
                     order, nor a transition, nor an automation leads there; add a transition to it"
                )
            });
        } else if !reached.contains(&place) && branches {
            found.warning(&path, "unreachable_stage", || {
                format!(
                    "jobs get into `{key}` by hand only: neither the declared order, nor a transition, nor an \
                     automation leads there; add a transition to it if that is not meant"
                )
            });
        }
        if ending.contains(&place) {
            continue;
        }
        if restricted || branches {
            found.error(&path, "no_way_to_final", || {
                format!("no way leads from `{key}` to a final stage: add a transition towards one, or make it final")
            });
        } else {
            found.warning(&path, "no_way_to_final", || {
                format!(
                    "jobs leave `{key}` by hand only: no way leads from it to a final stage; make it final, or \
                     declare it before a final stage, if that is not meant"
                )
            });
        }
    }
}

/// The ways between stages: the declared order, transitions, and moves of automations. Automove
/// follows the first two.
fn ways(scene: &Scene<'_>) -> DiGraph<(), ()> {
    let stages = scene.stages().len();
    let mut ways: BTreeSet<(usize, usize)> = BTreeSet::new();
    for from in 0..stages {
        ways.extend((0..stages).filter(|to| scene.graph.may_move(from, *to)).map(|to| (from, to)));
    }
    let mut from_anywhere: BTreeSet<usize> = BTreeSet::new();
    for rule in &scene.rules {
        let targets = targets(scene, rule);
        if targets.is_empty() {
            continue;
        }
        match scene.bound_to(rule) {
            None => from_anywhere.extend(targets),
            Some(places) => {
                for from in places {
                    ways.extend(targets.iter().map(|to| (from, *to)));
                }
            }
        }
    }
    for from in 0..stages {
        ways.extend(from_anywhere.iter().map(|to| (from, *to)));
    }
    let mut graph = DiGraph::with_capacity(stages, ways.len());
    let nodes: Vec<NodeIndex> = (0..stages).map(|_| graph.add_node(())).collect();
    for (from, to) in ways {
        if let (Some(from), Some(to)) = (nodes.get(from), nodes.get(to)) {
            graph.add_edge(*from, *to, ());
        }
    }
    graph
}

/// The stages of this pipeline that an automation moves jobs to.
fn targets(scene: &Scene<'_>, rule: &Rule<'_>) -> BTreeSet<usize> {
    let target = |action: &Action| match action {
        Action::MoveTo(stage) => scene.target(Some(stage)),
        Action::MoveToPipeline { pipeline, stage } if scene.is_own(pipeline) => scene.target(stage.as_ref()),
        _ => None,
    };
    rule.actions().into_iter().filter_map(|(_, action)| target(action)).collect()
}

/// The stages that jobs get into from where they begin.
fn reached(scene: &Scene<'_>, ways: &DiGraph<(), ()>) -> BTreeSet<usize> {
    let mut begin = BTreeSet::from([0]);
    for action in scene.rules.iter().flat_map(Rule::actions).map(|(_, action)| action) {
        if let Action::CreateJob(job) = action
            && job.pipeline.as_ref().is_none_or(|pipeline| scene.is_own(pipeline))
        {
            begin.extend(scene.target(job.stage.as_ref()));
        }
    }
    let mut search = Dfs::from_parts(nodes_of(begin, ways), petgraph::visit::Visitable::visit_map(ways));
    let mut reached = BTreeSet::new();
    while let Some(node) = search.next(ways) {
        reached.insert(node.index());
    }
    reached
}

/// The stages from which jobs get to an end.
fn ending(scene: &Scene<'_>, ways: &DiGraph<(), ()>) -> BTreeSet<usize> {
    let mut ends: BTreeSet<usize> = (0..scene.stages().len()).filter(|place| scene.graph.is_final(*place)).collect();
    for rule in &scene.rules {
        if rule.place != Place::Pipeline || !rule.automation.stages.is_empty() {
            let done = rule.actions().into_iter().any(|(_, action)| ends_job(scene, action));
            ends.extend(scene.bound_to(rule).filter(|_| done).into_iter().flatten());
        }
    }
    let mut search = Dfs::from_parts(nodes_of(ends, ways), petgraph::visit::Visitable::visit_map(ways));
    let mut ending = BTreeSet::new();
    while let Some(node) = search.next(Reversed(ways)) {
        ending.insert(node.index());
    }
    ending
}

/// Whether an action is an end of the job in this pipeline as good as a final stage.
fn ends_job(scene: &Scene<'_>, action: &Action) -> bool {
    match action {
        Action::Archive => true,
        Action::SetStatus(status) => status.as_str() == "completed",
        Action::MoveToPipeline { pipeline, .. } => !scene.is_own(pipeline),
        _ => false,
    }
}

fn nodes_of(places: BTreeSet<usize>, ways: &DiGraph<(), ()>) -> Vec<NodeIndex> {
    places.into_iter().filter(|place| *place < ways.node_count()).map(NodeIndex::new).collect()
}
