//! What the readers and the writer owe each other.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::tree::{Bounds, Node, Problems, Value};
use super::{emit, json, read, schema, schema_names, to_yaml, yaml};
use crate::command::Command;
use crate::error::Rejection;

fn from_json(text: &str) -> Option<Node> {
    let mut problems = Problems::default();
    json::read(text, Bounds::DOCUMENT, &mut problems).ok().filter(|_| problems.is_empty())
}

fn from_yaml(text: &str) -> Option<Node> {
    let mut problems = Problems::default();
    yaml::read(text, Bounds::DOCUMENT, &mut problems).ok().filter(|_| problems.is_empty())
}

/// The tree without its lines.
fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null | Value::Broken => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Int(number) => i64::try_from(*number).map_or_else(|_| json!(*number as u64), |number| json!(number)),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.to_string(), plain(&entry.node))).collect(),
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        "[ -~\n\t]{0,12}".prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        prop::sample::select(vec![
            "yes", "~", "1e3", "-", "? a", "a: b", "#", "a #", "0x1", "<<", "=", "on", "- a", "|"
        ])
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map("[ -~é\n]{0,8}", inner, 0..5)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn s2_7_any_json_survives_both_readers(value in any_json()) {
        let compact = value.to_string();
        let tree = from_json(&compact).expect("what serde wrote is read");
        prop_assert_eq!(&plain(&tree), &value);
        let pretty = serde_json::to_string_pretty(&value).expect("json");
        prop_assert_eq!(&plain(&from_json(&pretty).expect("pretty json")), &value);
        let yaml = emit::emit(&tree);
        let again = from_yaml(&yaml);
        prop_assert!(again.is_some(), "unreadable: {yaml}");
        prop_assert_eq!(&plain(&again.expect("checked")), &value, "{}", yaml);
    }

    #[test]
    fn s12_2_the_json_reader_accepts_what_json_is(text in "[\\[\\]{},:\"\\\\ a-fu0-9.eE+\\-tn]{0,24}") {
        // Ours takes `-0` for the whole number that it is.
        prop_assume!(!text.contains("-0"));
        // Ours refuses what serde takes only for repeated keys and numbers without finite value.
        let theirs: Result<Json, _> = serde_json::from_str(&text);
        match (from_json(&text), theirs) {
            (Some(ours), Ok(theirs)) => prop_assert_eq!(plain(&ours), theirs),
            (Some(ours), Err(error)) => prop_assert!(false, "accepted {text:?} as {ours:?}: {error}"),
            (None, Ok(theirs)) => {
                let mut problems = Problems::default();
                let _ = json::read(&text, Bounds::DOCUMENT, &mut problems);
                prop_assert!(
                    problems.into_sorted().iter().all(|problem| problem.code == "duplicate_key"),
                    "refused {text:?}, which is {theirs}"
                );
            }
            (None, Err(_)) => {}
        }
    }

    #[test]
    fn s12_2_no_text_makes_the_yaml_reader_panic(text in "[-?:,\\[\\]{}#&*!|>'\"%@` \n\t~a-c0-2.]{0,60}") {
        let mut problems = Problems::default();
        let read = yaml::read(&text, Bounds::DOCUMENT, &mut problems);
        prop_assert!(read.is_ok() || !problems.is_empty(), "refused without a reason: {text:?}");
    }

    #[test]
    fn s12_2_bytes_of_any_kind_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let refused = read::<Command>("command", &bytes).expect_err("noise is no command");
        prop_assert!(matches!(refused, Rejection::Document(problems) if !problems.is_empty()));
    }
}

#[test]
fn s2_1_yaml_scalars_follow_the_core_schema() {
    let text = "[~, null, true, False, 7, -7, +7, 0o17, 0xff, 1.5, .5, 1., 1e3, -2E-1, yes, on, 2026-04-15, 1_000, '7', \"~\"]";
    let tree = from_yaml(text).expect("yaml");
    let expected = json!([
        null,
        null,
        true,
        false,
        7,
        -7,
        7,
        15,
        255,
        1.5,
        0.5,
        1.0,
        1000.0,
        -0.2,
        "yes",
        "on",
        "2026-04-15",
        "1_000",
        "7",
        "~"
    ]);
    assert_eq!(plain(&tree), expected);
}

#[test]
fn s12_2_lines_are_those_of_the_text() {
    for text in ["{\n \"a\": [\n  1,\n  2\n ],\n \"b\": 3\n}", "a:\n-\n  1\n- 2\n\nb: 3\n"] {
        let tree = if text.starts_with('{') { from_json(text) } else { from_yaml(text) }.expect("good");
        let Value::Map(entries) = &tree.value else { panic!("an object") };
        let Value::List(items) = &entries[0].node.value else { panic!("a list") };
        let lines: Vec<u32> = items.iter().map(|item| item.line).chain([entries[1].line]).collect();
        assert_eq!(lines, [3, 4, 6], "{text}");
    }
}

#[test]
fn s2_7_yaml_quotes_whatever_is_ambiguous() {
    let value =
        json!({"a": "yes", "b": "Tax return", "c": "1040", "d": "x: y", "e": "# no", "f": [], "g": {}, "on": null});
    let expected = "a: \"yes\"\nb: Tax return\nc: \"1040\"\nd: \"x: y\"\ne: \"# no\"\nf: []\ng: {}\n\"on\": null\n";
    assert_eq!(to_yaml(&value), expected);
    let long = json!({ "k".repeat(2_000): {"a": [1]} });
    assert_eq!(plain(&from_yaml(&to_yaml(&long)).expect("long keys")), long);
}

/// Every word of the schemas is one that the check understands, or is for people.
#[test]
fn s12_2_the_check_leaves_no_part_of_the_schemas_out() {
    fn words(schema: &Json, found: &mut Vec<String>) {
        let Json::Object(fields) = schema else { return };
        for (word, inner) in fields {
            found.push(word.clone());
            match (word.as_str(), inner) {
                ("properties" | "$defs", Json::Object(inner)) => inner.values().for_each(|inner| words(inner, found)),
                ("oneOf" | "anyOf" | "prefixItems", Json::Array(inner)) => {
                    inner.iter().for_each(|inner| words(inner, found))
                }
                ("items" | "additionalProperties", inner) => words(inner, found),
                ("pattern", pattern) => assert_eq!(pattern, super::schema::KEY_PATTERN),
                ("format", format) => {
                    let known = [
                        "date",
                        "date-time",
                        "hours",
                        "uuid",
                        "uint",
                        "uint8",
                        "uint16",
                        "uint32",
                        "uint64",
                        "int16",
                        "int32",
                        "int64",
                        "double",
                        "date-expression",
                        "span",
                        "recurrence-rule",
                        "int8",
                        "int16",
                        "partial-time",
                    ];
                    assert!(known.contains(&format.as_str().expect("a text")), "{format}");
                }
                ("const", word) => assert!(word.is_string()),
                _ => {}
            }
        }
    }
    let checked = [
        "$defs",
        "$ref",
        "oneOf",
        "anyOf",
        "const",
        "enum",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "uniqueItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "format",
    ];
    let for_people = ["$schema", "$id", "title", "description", "default", "examples"];
    for schema in schema_names().filter_map(schema) {
        let mut found = Vec::new();
        words(&schema, &mut found);
        assert!(!found.is_empty());
        for word in found {
            assert!(checked.contains(&&*word) || for_people.contains(&&*word), "the check does not know `{word}`");
        }
    }
}
