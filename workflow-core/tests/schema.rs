//! The JSON Schemas in `docs/schema` are those of the code. Run with `WORKFLOW_REGENERATE=1` to
//! write them anew.

use std::path::PathBuf;

use serde_json::Value;
use workflow_core::document::{schema, schema_names};

fn published() -> impl Iterator<Item = (&'static str, Value)> {
    schema_names().map(|name| (name, schema(name).expect("published")))
}

#[test]
fn s2_1_the_published_schemas_are_fresh() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    let regenerate = std::env::var_os("WORKFLOW_REGENERATE").is_some_and(|value| value == "1");
    for (name, schema) in published() {
        let file = folder.join(format!("{name}.schema.json"));
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        if regenerate {
            std::fs::create_dir_all(&folder).expect("the folder");
            std::fs::write(&file, &text).expect("the schema");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == text, "{} is old; run this test with WORKFLOW_REGENERATE=1", file.display());
    }
}

#[test]
fn s2_1_schemas_say_what_they_are() {
    for (name, schema) in published() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["$id"].as_str().is_some_and(|id| id.ends_with(&format!("/{name}.schema.json"))));
        assert!(schema["title"].as_str().is_some_and(|title| title.eq_ignore_ascii_case(name)));
    }
}

/// An editor is told of unknown fields too: every object with fields is closed.
#[test]
fn s12_2_schemas_allow_no_unknown_fields() {
    fn walk(schema: &Value, objects: &mut usize) {
        match schema {
            Value::Object(fields) => {
                if fields.get("type").is_some_and(|kind| kind == "object") && fields.contains_key("properties") {
                    *objects += 1;
                    assert_eq!(fields.get("additionalProperties"), Some(&Value::Bool(false)), "{schema}");
                }
                fields.values().for_each(|inner| walk(inner, objects));
            }
            Value::Array(items) => items.iter().for_each(|inner| walk(inner, objects)),
            _ => {}
        }
    }
    for (_, schema) in published() {
        let mut objects = 0;
        walk(&schema, &mut objects);
        assert!(objects > 0);
    }
}
