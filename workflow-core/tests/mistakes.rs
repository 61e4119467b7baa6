//! Mistakes of form and of sense in one answer, and none that are not there.

use serde_json::Value;
use workflow_core::document::{read, read_pipeline};
use workflow_core::error::{Problem, Rejection};

fn problems(text: &str) -> Vec<Problem> {
    match read_pipeline(text.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(Rejection::Document(problems)) => problems,
        Err(other) => panic!("another refusal: {other}"),
    }
}

#[test]
fn s2_1_mistakes_of_form_and_of_sense_come_in_one_answer() {
    let found = problems(include_str!("documents/mixed-mistakes.yaml"));
    let found: Vec<_> =
        found.iter().map(|problem| (problem.path.as_str(), problem.code, problem.line.expect("a line"))).collect();
    let expected = [
        ("descripton", "unknown_field", 3),
        ("statuses[1].key", "duplicate_key", 6),
        ("stages[0].when", "condition_on_first", 9),
        ("stages[0].on_entry[0].do[0].add_acount_tags", "unknown_variant", 13),
        ("stages[0].on_entry[0].do[1].set_status", "unknown_status", 14),
        ("stages[1].time_limit", "invalid", 16),
        ("stages[2].key", "duplicate_key", 17),
        ("stages[2].automoove", "unknown_field", 18),
        ("stages[2].automove", "automove_on_final", 18),
        ("transitions[0]", "transition_to_itself", 20),
        ("transitions[1].to", "unknown_stage", 21),
        ("automations[0].key", "duplicate_key", 23),
    ];
    assert_eq!(found, expected);
}

#[test]
fn s2_1_without_its_stages_nothing_is_said_of_sense() {
    let text = "key: p\nname: P\nstages:\n- key: a\n- kez: b\n  key: 7\ntransitions:\n- {from: a, to: b}\n";
    let found: Vec<_> = problems(text).into_iter().map(|problem| problem.path).collect();
    assert_eq!(found, ["stages[1].kez", "stages[1].key"]);
}

#[test]
fn s2_1_a_field_of_a_stage_that_is_not_known_may_have_made_it_final() {
    let text = "key: p\nname: P\nstages:\n- key: a\n- {key: b, is_the_last: true}\n- {key: c, automove: true}\n";
    let found: Vec<_> = problems(text).into_iter().map(|problem| problem.path).collect();
    assert_eq!(found, ["stages[1].is_the_last"]);
}

/// Every place in a document, as its path and how to reach it.
fn each_place(value: &Value, path: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    let mut go = |step: String, key: &str, inner: &Value| {
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push((step.clone(), pointer.clone()));
        each_place(inner, &step, &pointer, found);
    };
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
                let step = match (plain, path.is_empty()) {
                    (true, true) => key.clone(),
                    (true, false) => format!("{path}.{key}"),
                    (false, _) => format!("{path}[{key:?}]"),
                };
                go(step, key, inner);
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                go(format!("{path}[{place}]"), &place.to_string(), inner);
            }
        }
        _ => {}
    }
}

fn is_within(path: &str, outer: &str) -> bool {
    outer.is_empty() || path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn parent(path: &str) -> &str {
    path.rfind(['.', '[']).map_or("", |end| &path[..end])
}

#[test]
fn s2_1_one_mistake_of_form_brings_no_complaint_about_another_place() {
    let mut tried = 0;
    for text in [
        include_str!("documents/individual-return.yaml"),
        include_str!("../../examples/pipelines/individual-1040.yaml"),
        include_str!("../../examples/pipelines/business-1120s.yaml"),
        include_str!("../../examples/pipelines/monthly-bookkeeping.yaml"),
        include_str!("../../examples/pipelines/payroll.yaml"),
        include_str!("../../examples/pipelines/client-onboarding.yaml"),
    ] {
        let pipeline = read_pipeline(text.as_bytes()).expect("a good document");
        let good = serde_json::to_value(&pipeline).expect("JSON");
        let mut places = Vec::new();
        each_place(&good, "", "", &mut places);
        for (path, pointer) in &places {
            let (outer, key) = pointer.rsplit_once('/').expect("a step");
            let mut broken = Vec::new();
            let mut wrong = good.clone();
            *wrong.pointer_mut(pointer).expect("a place") = serde_json::json!({ "zzz": [1] });
            broken.push(("a wrong value", wrong));
            if let Some(Value::Object(entries)) = good.clone().pointer_mut(outer) {
                let inner = entries.remove(key).expect("an entry");
                let mut lost = good.clone();
                *lost.pointer_mut(outer).expect("a place") = Value::Object(entries.clone());
                broken.push(("lost", lost));
                entries.insert(format!("{key}z"), inner);
                let mut misspelt = good.clone();
                *misspelt.pointer_mut(outer).expect("a place") = Value::Object(entries.clone());
                broken.push(("misspelt", misspelt));
            }
            for (how, document) in broken {
                let text = document.to_string();
                // A document that can be read is for the publish to judge.
                if read::<workflow_core::definition::PipelineDefinition>("pipeline", text.as_bytes()).is_ok() {
                    continue;
                }
                tried += 1;
                let found = problems(&text);
                let misspelt = format!("{path}z");
                let related = |problem: &Problem| {
                    is_within(&problem.path, path)
                        || is_within(&problem.path, &misspelt)
                        || is_within(path, &problem.path)
                        || problem.path == parent(path)
                };
                assert!(!found.is_empty() && found.iter().all(related), "{path} {how}: {found:#?}");
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}
