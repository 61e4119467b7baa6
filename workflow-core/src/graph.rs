//! The stages of a pipeline as a directed graph.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::definition::PipelineDefinition;
use crate::id::StageKey;

/// Why there is a way from one stage to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the declared order.
    DefaultPath,
    /// By a transition, in the order they were declared.
    Transition(usize),
}

/// The stages of a pipeline as a directed graph. A stage is named by its place in the declared
/// order.
///
/// ```
/// use workflow_core::definition::PipelineDefinition;
/// use workflow_core::graph::StageGraph;
///
/// let definition: PipelineDefinition = serde_json::from_str(
///     r#"{"key": "p", "name": "P", "stages": [{"key": "a"}, {"key": "b"}, {"key": "c"}]}"#,
/// )?;
/// let graph = StageGraph::new(&definition);
/// assert_eq!(graph.position(&"b".try_into()?), Some(1));
/// assert!(graph.is_final(2) && !graph.is_final(1));
/// assert_eq!(graph.automove_candidates(0), [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StageGraph {
    graph: DiGraph<(), Way>,
    places: FxHashMap<StageKey, usize>,
    conditional: Vec<bool>,
    finals: Vec<bool>,
    /// Where automove can take a job from each stage, first choice first.
    candidates: Vec<Vec<usize>>,
}

impl StageGraph {
    /// Builds the graph. Transitions that name stages which do not exist are left out.
    #[must_use]
    pub fn new(definition: &PipelineDefinition) -> Self {
        let stages = &definition.stages;
        let places: FxHashMap<StageKey, usize> =
            stages.iter().enumerate().map(|(place, stage)| (stage.key.clone(), place)).collect();
        let mut graph = DiGraph::with_capacity(stages.len(), definition.transitions.len());
        let nodes: Vec<NodeIndex> = stages.iter().map(|_| graph.add_node(())).collect();
        let mut finals: Vec<bool> = stages.iter().map(|stage| stage.is_final).collect();
        if !finals.contains(&true)
            && let Some(last) = finals.last_mut()
        {
            *last = true;
        }
        for (number, transition) in definition.transitions.iter().enumerate() {
            let ends = places.get(&transition.from).zip(places.get(&transition.to));
            if let Some((from, to)) = ends.and_then(|(from, to)| nodes.get(*from).zip(nodes.get(*to))) {
                graph.add_edge(*from, *to, Way::Transition(number));
            }
        }
        let conditional: Vec<bool> = stages.iter().map(|stage| stage.when.is_some()).collect();
        let mut built = Self { graph, places, conditional, finals, candidates: Vec::new() };
        built.add_default_path(&nodes);
        built.candidates = (0..nodes.len()).map(|place| built.find_candidates(place)).collect();
        built
    }

    /// A stage that does not branch and is not final leads on along the declared order: to every
    /// further stage up to the first that takes any job.
    fn add_default_path(&mut self, nodes: &[NodeIndex]) {
        for (place, node) in nodes.iter().enumerate() {
            if self.is_final(place) || self.is_branching(place) {
                continue;
            }
            for (next, other) in nodes.iter().enumerate().skip(place.saturating_add(1)) {
                self.graph.add_edge(*node, *other, Way::DefaultPath);
                if !self.is_conditional(next) {
                    break;
                }
            }
        }
    }

    /// The place of a stage in the declared order.
    #[must_use]
    pub fn position(&self, key: &StageKey) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Whether jobs end in this stage.
    #[must_use]
    pub fn is_final(&self, place: usize) -> bool {
        self.finals.get(place).copied().unwrap_or(false)
    }

    /// Whether the stage has an entry condition.
    #[must_use]
    pub fn is_conditional(&self, place: usize) -> bool {
        self.conditional.get(place).copied().unwrap_or(false)
    }

    /// Whether declared transitions lead on from the stage. Those that go back do not count: they
    /// are for people and automations.
    #[must_use]
    pub fn is_branching(&self, place: usize) -> bool {
        self.outgoing(place).any(|(to, way)| to > place && way != Way::DefaultPath)
    }

    /// The stages that automove can take a job to, first choice first: the first whose entry
    /// condition holds is taken. Conditional stages among them are followed by those that come
    /// after them; the list ends with a stage that takes any job, where there is one.
    #[must_use]
    pub fn automove_candidates(&self, place: usize) -> &[usize] {
        self.candidates.get(place).map_or(&[], Vec::as_slice)
    }

    /// Whether the pipeline's own ways lead from one stage to the other: a transition, or the
    /// declared order.
    #[must_use]
    pub fn may_move(&self, from: usize, to: usize) -> bool {
        self.outgoing(from).any(|(place, _)| place == to)
    }

    fn outgoing(&self, place: usize) -> impl Iterator<Item = (usize, Way)> {
        self.graph.edges(NodeIndex::new(place)).map(|edge| (edge.target().index(), *edge.weight()))
    }

    fn find_candidates(&self, from: usize) -> Vec<usize> {
        if self.is_final(from) {
            return Vec::new();
        }
        let mut found = self.ways_on(from);
        let mut seen: FxHashSet<usize> = found.iter().copied().chain([from]).collect();
        let mut next = 0;
        // A conditional stage that is passed over leads on to what comes after it.
        while let Some(place) = found.get(next).copied() {
            next = next.saturating_add(1);
            if self.is_branching(from) && self.is_conditional(place) {
                found.extend(self.ways_on(place).into_iter().filter(|further| seen.insert(*further)));
            }
        }
        found
    }

    /// Direct ways on from a stage, in the order they are tried.
    fn ways_on(&self, from: usize) -> Vec<usize> {
        let branching = self.is_branching(from);
        let mut ways: Vec<(usize, usize)> = self
            .outgoing(from)
            .filter_map(|(to, way)| match way {
                Way::Transition(number) if branching && to > from => Some((number, to)),
                Way::DefaultPath => Some((to, to)),
                Way::Transition(_) => None,
            })
            .collect();
        ways.sort_unstable();
        ways.into_iter().map(|(_, to)| to).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(stages: &[(&str, bool)], transitions: &[(&str, &str)]) -> StageGraph {
        let stages: Vec<_> = stages
            .iter()
            .map(|(key, conditional)| {
                let mut stage = serde_json::json!({ "key": key });
                if *conditional {
                    stage["when"] = serde_json::json!({ "account_tags": { "all": ["x"] } });
                }
                stage
            })
            .collect();
        let transitions: Vec<_> =
            transitions.iter().map(|(from, to)| serde_json::json!({ "from": from, "to": to })).collect();
        let document = serde_json::json!({ "key": "p", "name": "P", "stages": stages, "transitions": transitions });
        StageGraph::new(&serde_json::from_value(document).expect("a definition"))
    }

    #[test]
    fn s4_4_the_default_path_passes_over_conditional_stages() {
        let graph = graph(&[("a", false), ("b", true), ("c", true), ("d", false), ("e", false)], &[]);
        assert_eq!(graph.automove_candidates(0), [1, 2, 3]);
        assert_eq!(graph.automove_candidates(3), [4]);
        assert!(graph.automove_candidates(4).is_empty());
        assert!(graph.may_move(0, 3) && !graph.may_move(0, 4) && !graph.may_move(3, 0));
    }

    #[test]
    fn s4_4_a_branching_stage_follows_its_transitions_in_declared_order() {
        let graph = graph(
            &[("a", false), ("b", true), ("c", false), ("d", false)],
            &[("a", "c"), ("a", "b"), ("c", "a"), ("c", "d")],
        );
        assert_eq!(graph.automove_candidates(0), [2, 1]);
        // The way back is for people; automove goes on.
        assert_eq!(graph.automove_candidates(2), [3]);
        assert!(graph.may_move(2, 0));
    }

    #[test]
    fn s3_1_a_branch_into_a_conditional_stage_goes_on_past_it() {
        let graph = graph(&[("a", false), ("b", true), ("c", false), ("d", false)], &[("a", "b"), ("b", "d")]);
        assert_eq!(graph.automove_candidates(0), [1, 3]);
    }

    #[test]
    fn s4_4_a_way_back_alone_does_not_make_a_stage_branch() {
        let graph = graph(&[("a", false), ("b", false), ("c", false)], &[("b", "a")]);
        assert_eq!(graph.automove_candidates(1), [2]);
        assert!(graph.may_move(1, 0) && graph.may_move(1, 2));
    }
}
