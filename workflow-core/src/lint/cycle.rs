//! Cycles of a directed graph, in order.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

/// The sets of nodes that lead to each other, each in the order in which its nodes were added, the
/// sets in the order of their first nodes. Nodes that are on no cycle are left out.
pub(crate) fn knots<N, E>(graph: &DiGraph<N, E>) -> Vec<Vec<NodeIndex>> {
    // NOTE: of the library's ways to find these, this is the one that does not recurse.
    let mut knots: Vec<Vec<NodeIndex>> = kosaraju_scc(graph)
        .into_iter()
        .filter(|knot| knot.len() > 1 || knot.first().is_some_and(|node| graph.contains_edge(*node, *node)))
        .collect();
    knots.iter_mut().for_each(|knot| knot.sort_unstable());
    knots.sort_unstable();
    knots
}

/// A shortest cycle through the first node of a knot, in order, beginning with that node.
pub(crate) fn through<N, E>(graph: &DiGraph<N, E>, knot: &[NodeIndex]) -> Vec<NodeIndex> {
    let Some(first) = knot.first().copied() else { return Vec::new() };
    let members: FxHashSet<NodeIndex> = knot.iter().copied().collect();
    let mut before: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
    let mut queue = VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        if graph.contains_edge(node, first) {
            return way_back(node, first, &before);
        }
        for next in graph.neighbors(node).filter(|next| members.contains(next) && *next != first) {
            if let Entry::Vacant(entry) = before.entry(next) {
                entry.insert(node);
                queue.push_back(next);
            }
        }
    }
    Vec::new()
}

fn way_back(last: NodeIndex, first: NodeIndex, before: &FxHashMap<NodeIndex, NodeIndex>) -> Vec<NodeIndex> {
    let mut cycle = vec![last];
    let mut node = last;
    while node != first {
        let Some(previous) = before.get(&node) else { break };
        node = *previous;
        cycle.push(node);
    }
    cycle.reverse();
    cycle
}

/// One cycle of each knot, in order.
pub(crate) fn all<N, E>(graph: &DiGraph<N, E>) -> Vec<Vec<NodeIndex>> {
    knots(graph).iter().map(|knot| through(graph, knot)).collect()
}
