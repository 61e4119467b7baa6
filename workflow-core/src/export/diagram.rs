//! Pipelines as diagrams.
//!
//! In both notations a final stage has a doubled border, a conditional stage a dashed one, and the
//! ways that automove takes are bold. Ways that only a declared transition opens are dashed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::definition::{PipelineDefinition, Stage};
use crate::graph::StageGraph;

/// A way from one stage to another, as drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    from: usize,
    to: usize,
    kind: WayKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WayKind {
    Automove,
    DefaultPath,
    Transition,
}

/// A pipeline as a Graphviz graph in the DOT language, to be drawn with `dot -Tsvg`.
///
/// ```
/// use workflow_core::definition::PipelineDefinition;
/// use workflow_core::export::to_dot;
///
/// let definition: PipelineDefinition =
///     serde_json::from_str(r#"{"key": "p", "name": "Tax", "stages": [{"key": "a"}, {"key": "b"}]}"#)?;
/// let dot = to_dot(&definition);
/// assert!(dot.starts_with("digraph \"p\" {"));
/// assert!(dot.contains("  s0 -> s1;"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn to_dot(definition: &PipelineDefinition) -> String {
    let graph = StageGraph::new(definition);
    let mut dot = format!("digraph {} {{\n", quoted(definition.key.as_str()));
    dot.push_str("  rankdir=LR;\n");
    line(&mut dot, format_args!("  label={};", quoted(&definition.name)));
    dot.push_str("  node [shape=box];\n");
    for (place, stage) in definition.stages.iter().enumerate() {
        let last = if graph.is_final(place) { ", peripheries=2" } else { "" };
        let conditional = if graph.is_conditional(place) { ", style=dashed" } else { "" };
        line(&mut dot, format_args!("  s{place} [label={}{last}{conditional}];", quoted(label(stage))));
    }
    for Way { from, to, kind } in ways(definition, &graph) {
        let style = match kind {
            WayKind::Automove => " [style=bold]",
            WayKind::DefaultPath => "",
            WayKind::Transition => " [style=dashed]",
        };
        line(&mut dot, format_args!("  s{from} -> s{to}{style};"));
    }
    dot.push_str("}\n");
    dot
}

/// A pipeline as a Mermaid flowchart, for Markdown.
///
/// ```
/// use workflow_core::definition::PipelineDefinition;
/// use workflow_core::export::to_mermaid;
///
/// let definition: PipelineDefinition =
///     serde_json::from_str(r#"{"key": "p", "name": "Tax", "stages": [{"key": "a"}, {"key": "b"}]}"#)?;
/// assert_eq!(to_mermaid(&definition), "flowchart LR\n  s0[\"a\"]\n  s1[[\"b\"]]\n  s0 --> s1\n");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn to_mermaid(definition: &PipelineDefinition) -> String {
    let graph = StageGraph::new(definition);
    let mut chart = "flowchart LR\n".to_owned();
    let mut conditional = Vec::new();
    for (place, stage) in definition.stages.iter().enumerate() {
        let text = escaped(label(stage));
        if graph.is_final(place) {
            line(&mut chart, format_args!("  s{place}[[\"{text}\"]]"));
        } else {
            line(&mut chart, format_args!("  s{place}[\"{text}\"]"));
        }
        if graph.is_conditional(place) {
            conditional.push(format!("s{place}"));
        }
    }
    for Way { from, to, kind } in ways(definition, &graph) {
        let arrow = match kind {
            WayKind::Automove => "==>",
            WayKind::DefaultPath => "-->",
            WayKind::Transition => "-.->",
        };
        line(&mut chart, format_args!("  s{from} {arrow} s{to}"));
    }
    if !conditional.is_empty() {
        chart.push_str("  classDef conditional stroke-dasharray: 5 5\n");
        line(&mut chart, format_args!("  class {} conditional", conditional.join(",")));
    }
    chart
}

/// The ways between stages, by stage, in the order they are tried.
fn ways(definition: &PipelineDefinition, graph: &StageGraph) -> Vec<Way> {
    let transitions: BTreeSet<(usize, usize)> = definition
        .transitions
        .iter()
        .filter_map(|transition| graph.position(&transition.from).zip(graph.position(&transition.to)))
        .collect();
    let mut ways = Vec::new();
    for (from, stage) in definition.stages.iter().enumerate() {
        let automove = if stage.automove { graph.automove_candidates(from) } else { &[] };
        ways.extend(automove.iter().map(|to| Way { from, to: *to, kind: WayKind::Automove }));
        for to in 0..definition.stages.len() {
            if graph.may_move(from, to) && !automove.contains(&to) {
                let declared = transitions.contains(&(from, to));
                ways.push(Way { from, to, kind: if declared { WayKind::Transition } else { WayKind::DefaultPath } });
            }
        }
    }
    ways
}

fn label(stage: &Stage) -> &str {
    stage.name.as_deref().unwrap_or(stage.key.as_str())
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(arguments);
    text.push('\n');
}

/// A DOT string. Graphviz also reads backslashes and HTML entities in labels.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '&' => quoted.push_str("&amp;"),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A text in a Mermaid label: everything that could end the label or be read as markup becomes
/// one of its entity codes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | ';' | '*' | '_' | '[' | ']' | '{' | '}' | '(' | ')' | '|' => {
                escaped.push_str(&format!("#{};", u32::from(letter)));
            }
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
