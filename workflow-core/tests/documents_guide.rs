//! docs/documents.md tells what is so: its examples are run in their order on one firm.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::Value;
use workflow_core::command::Request;
use workflow_core::document::{check, read, read_many, schema, schema_names};
use workflow_core::engine::{Engine, ManualClock, Receipt, Results};
use workflow_core::error::Error;
use workflow_core::query::Inquiry;
use workflow_core::store::memory::MemoryStore;

const GUIDE: &str = include_str!("../../docs/documents.md");

/// The examples: what each is, and its text.
fn examples() -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in GUIDE.lines() {
        match (inside, line.strip_prefix("```json ")) {
            (false, Some(what)) => {
                inside = true;
                examples.push((what.to_owned(), String::new()));
            }
            (true, _) if line == "```" => inside = false,
            (true, _) => {
                let (_, text) = examples.last_mut().expect("begun");
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    examples
}

/// Whether everything that is shown is there.
fn shows(shown: &Value, whole: &Value) -> bool {
    match (shown, whole) {
        (Value::Object(shown), Value::Object(whole)) => {
            shown.iter().all(|(name, shown)| whole.get(name).is_some_and(|whole| shows(shown, whole)))
        }
        (Value::Array(shown), Value::Array(whole)) => {
            shown.len() == whole.len() && shown.iter().zip(whole).all(|(shown, whole)| shows(shown, whole))
        }
        (shown, whole) => shown == whole,
    }
}

/// What a call answers, after holding it against its schema.
fn answered(name: &str, document: &impl serde::Serialize) -> (String, Value) {
    let value = serde_json::to_value(document).expect("JSON");
    check(name, value.to_string().as_bytes()).unwrap_or_else(|why| panic!("{name}: {why}"));
    (name.to_owned(), value)
}

fn call(engine: &Engine, what: &str, text: &str) -> Result<(String, Value), Error> {
    Ok(match what {
        "request" => answered("outcome", &engine.execute(&read::<Request>("request", text.as_bytes())?)?),
        "requests" => {
            let requests = read_many::<Request>("request", text.as_bytes())?;
            answered("results", &Results(&engine.execute_many(&requests)))
        }
        "inquiry" => answered("answer", &engine.ask(&read::<Inquiry>("inquiry", text.as_bytes())?)?),
        other => panic!("the guide calls with `{other}`"),
    })
}

#[test]
fn s12_1_the_guide_to_documents_tells_what_is_so() {
    let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
    let engine = Engine::with_clock(Arc::new(MemoryStore::new()), clock);
    let mut last = (String::new(), Value::Null);
    let examples = examples();
    assert_eq!(examples.len(), 18);
    for (place, (what, text)) in examples.iter().enumerate() {
        match what.as_str() {
            "outcome" | "answer" | "error" | "results" => {
                let shown: Value = serde_json::from_str(text).expect("JSON");
                assert_eq!(*what, last.0, "{text}\n{}", last.1);
                assert!(shows(&shown, &last.1), "{text}\n{:#}", last.1);
            }
            "delivery" => {
                let delivery = engine.claim_notifications(None, TimeDelta::minutes(1), 1).expect("claimed").remove(0);
                let (_, whole) = answered("delivery", &delivery);
                assert!(shows(&serde_json::from_str(text).expect("JSON"), &whole), "{text}\n{whole:#}");
                let kept = whole["receipt"].to_string();
                let receipt: Receipt = read("receipt", kept.as_bytes()).expect("a receipt");
                assert!(engine.acknowledge(&receipt).expect("acknowledged"));
            }
            call_with => {
                last = call(&engine, call_with, text).unwrap_or_else(|error| answered("error", &error.report()));
                let refusal = examples.get(place + 1).is_some_and(|(next, _)| next == "error");
                assert_eq!(last.0 == "error", refusal, "{text}\n{:#}", last.1);
            }
        }
    }
}

#[test]
fn s12_1_the_guide_to_documents_lists_all_of_them() {
    for name in schema_names() {
        assert!(GUIDE.contains(&format!("`{name}`")), "{name}");
    }
    let inquiry = schema("inquiry").expect("published");
    for choice in inquiry["$defs"]["Question"]["oneOf"].as_array().expect("choices") {
        let words = choice["enum"].as_array().into_iter().flatten().chain(choice.get("const"));
        let tags = choice["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        for name in words.filter_map(Value::as_str).chain(tags) {
            assert!(GUIDE.contains(&format!("`{name}`")), "{name}");
        }
    }
}
