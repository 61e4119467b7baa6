//! What diagrams show.

use serde_json::{Value, json};

use super::{to_dot, to_mermaid};
use crate::definition::PipelineDefinition;

fn read(document: Value) -> PipelineDefinition {
    serde_json::from_value(document).expect("a definition")
}

fn tax() -> PipelineDefinition {
    read(json!({
        "key": "tax", "name": "Tax",
        "stages": [
            {"key": "prepare", "name": "Prepare it", "automove": true},
            {"key": "check", "when": {"account_tags": {"all": ["vip"]}}},
            {"key": "review"},
            {"key": "done"},
        ],
        "transitions": [{"from": "review", "to": "prepare"}],
    }))
}

#[test]
fn s2_7_dot_shows_stages_and_ways() {
    let expected = r#"digraph "tax" {
  rankdir=LR;
  label="Tax";
  node [shape=box];
  s0 [label="Prepare it"];
  s1 [label="check", style=dashed];
  s2 [label="review"];
  s3 [label="done", peripheries=2];
  s0 -> s1 [style=bold];
  s0 -> s2 [style=bold];
  s1 -> s2;
  s2 -> s0 [style=dashed];
  s2 -> s3;
}
"#;
    assert_eq!(to_dot(&tax()), expected);
}

#[test]
fn s2_7_mermaid_shows_stages_and_ways() {
    let expected = r#"flowchart LR
  s0["Prepare it"]
  s1["check"]
  s2["review"]
  s3[["done"]]
  s0 ==> s1
  s0 ==> s2
  s1 --> s2
  s2 -.-> s0
  s2 --> s3
  classDef conditional stroke-dasharray: 5 5
  class s1 conditional
"#;
    assert_eq!(to_mermaid(&tax()), expected);
}

#[test]
fn s2_7_a_name_cannot_break_out_of_its_label() {
    let hostile = "a\"]; x -> y [label=\"\\N &lt;b&gt; `#quot;`\n-->|z|";
    let definition = read(json!({"key": "k\"", "name": hostile, "stages": [{"key": "s", "name": hostile}]}));
    let dot = to_dot(&definition);
    assert!(dot.starts_with("digraph \"k\\\"\" {\n"), "{dot}");
    let label = "\"a\\\"]; x -> y [label=\\\"\\\\N &amp;lt;b&amp;gt; `#quot;` -->|z|\"";
    assert!(dot.contains(&format!("  s0 [label={label}, peripheries=2];\n")), "{dot}");
    assert_eq!(dot.lines().count(), 6);
    let chart = to_mermaid(&definition);
    assert_eq!(chart.lines().count(), 2);
    let label = chart.lines().nth(1).expect("a stage").trim().trim_start_matches("s0[[\"").trim_end_matches("\"]]");
    assert!(!label.contains(['"', '[', ']', '<', '`', '|', '\\']), "{label}");
}

#[test]
fn s2_7_diagrams_are_the_same_every_time() {
    assert_eq!(to_dot(&tax()), to_dot(&tax()));
    assert_eq!(to_mermaid(&tax()), to_mermaid(&tax()));
}

#[test]
fn s2_7_a_pipeline_without_stages_is_an_empty_diagram() {
    let definition = read(json!({"key": "p", "name": "P", "stages": []}));
    assert_eq!(to_mermaid(&definition), "flowchart LR\n");
    assert!(to_dot(&definition).ends_with("  node [shape=box];\n}\n"));
}
