//! Definitions that are well written and mean harm.

use serde_json::{Value, json};
use workflow_core::command::Command;
use workflow_core::error::Rejection;

use crate::bounds::bounded;
use crate::kit::{Office, pipeline, plain, template};

fn with(field: &str, value: Value) -> Value {
    let mut document = plain();
    document["key"] = json!("q");
    document[field] = value;
    document
}

fn stages(count: usize) -> Value {
    (0..count).map(|number| json!({ "key": format!("s{number}") })).collect()
}

fn nested(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |inner, _| json!({ "not": inner }))
}

fn automation(condition: Value) -> Value {
    json!([{ "key": "a", "on": "by_hand", "if": condition, "do": ["archive"] }])
}

#[test]
fn s12_1_definitions_past_a_limit_are_refused_by_its_name() {
    let office = Office::new();
    let leaf = json!({ "role_filled": "preparer" });
    let many = |count: usize| -> Value { (0..count).map(|_| leaf.clone()).collect() };
    let automations = |count: usize| -> Value {
        (0..count).map(|number| json!({ "key": format!("a{number}"), "on": "by_hand", "do": ["archive"] })).collect()
    };
    let actions: Value = (0..101).map(|_| json!("archive")).collect();
    let statuses: Value = (0..101).map(|number| json!({ "key": format!("s{number}") })).collect();
    let tags: Value = (0..201).map(|number| json!(format!("t{number}"))).collect();
    let text = "x".repeat(20_001);
    for (limit, document) in [
        ("STAGES", with("stages", stages(201))),
        ("STAGES", with("stages", stages(20_000))),
        ("AUTOMATIONS", with("automations", automations(1_001))),
        ("ACTIONS", with("automations", json!([{ "key": "a", "on": "by_hand", "do": actions }]))),
        ("STATUSES", with("statuses", statuses)),
        ("CONDITION_DEPTH", with("automations", automation(nested(20, leaf.clone())))),
        ("CONDITION_NODES", with("automations", automation(json!({ "any": many(201) })))),
        ("CONDITION_NODES", with("automations", automation(json!({ "any": many(50_000) })))),
        ("TAGS", with("automations", json!([{ "key": "a", "on": "by_hand", "do": [{ "add_job_tags": tags }] }]))),
        ("TEXT_BYTES", with("description", json!(text))),
        ("NAME_BYTES", with("name", json!("x".repeat(501)))),
    ] {
        let text = document.to_string();
        let rejection = office.refuse(limit, pipeline, text.as_bytes());
        assert!(rejection.to_string().contains(limit), "{limit}: {rejection}");
    }
}

/// The largest webs that fit, with everything connected to everything.
#[test]
fn s12_1_tangled_definitions_are_looked_through_in_time() {
    let office = Office::new();
    let keys = |count: usize| (0..count).map(|number| format!("s{number}"));
    let transitions: Vec<Value> = keys(200)
        .flat_map(|from| keys(200).map(move |to| (from.clone(), to)))
        .filter(|(from, to)| from != to)
        .map(|(from, to)| json!({ "from": from, "to": to }))
        .collect();
    let mut each_to_each = with("stages", stages(200));
    each_to_each["transitions"] = json!(transitions);
    // And with a condition on every stage that may have one.
    let mut conditional = each_to_each.clone();
    for number in 1..199 {
        conditional["stages"][number]["when"] = json!({ "role_filled": "preparer" });
        conditional["stages"][number]["automove"] = json!(true);
    }
    let tags =
        |first: usize, count: usize| (first..first + count).map(|number| format!("t{number}")).collect::<Vec<_>>();
    // Every automation sets all others off.
    let storm: Value = (0..1_000)
        .map(|number| {
            let (add, remove) = (tags(number / 2 % 100, 90), tags((number + 50) % 100, 90));
            json!({ "key": format!("a{number}"), "on": { "job_tag_added": {} },
                    "do": [{ "add_job_tags": add }, { "remove_job_tags": remove }] })
        })
        .collect();
    // Every stage moves on to every other under some condition.
    let moves: Value = keys(200)
        .enumerate()
        .map(|(place, key)| {
            let on_entry: Vec<Value> = (0..4)
                .map(|number| {
                    let to = format!("s{}", (place * 7 + number * 13 + 1) % 200);
                    json!({ "key": format!("m{place}-{number}"), "if": { "job_tags": { "any": [format!("t{number}")] } },
                            "do": [{ "move_to": to }, { "add_job_tags": [format!("t{}", number + 1)] }] })
                })
                .collect();
            json!({ "key": key, "on_entry": on_entry })
        })
        .collect();
    let sure: Value = keys(200)
        .enumerate()
        .map(|(place, key)| {
            let to = format!("s{}", (place + 1) % 200);
            json!({ "key": key, "on_entry": [{ "key": format!("m{place}"), "do": [{ "move_to": to }] }] })
        })
        .collect();
    for (name, document, circles) in [
        ("each stage leads to each", each_to_each, false),
        ("each may lead to each", conditional, false),
        ("a storm of tags", with("automations", storm), true),
        ("moves everywhere", with("stages", moves), true),
        ("a circle of two hundred", with("stages", sure), true),
    ] {
        let text = document.to_string();
        let definition = workflow_core::document::read_pipeline(text.as_bytes())
            .unwrap_or_else(|rejection| panic!("{name}: {rejection}"));
        // Linted only, so that nothing is changed.
        let found = bounded(name, text.len(), || office.engine.lint(crate::kit::firm(), &definition)).expect("a lint");
        assert_eq!(found.iter().any(|problem| problem.code.contains("loop")), circles, "{name}: {found:?}");
        let said: usize = found.iter().map(|problem| problem.message.len()).sum();
        assert!(said < 2_000_000, "{name}: {said} bytes of messages");
    }
}

#[test]
fn s6_3_shortcodes_that_eat_time_or_memory_are_refused_or_bounded() {
    let office = Office::new();
    let bombs = [
        "{% for a in range(1000000000) %}{% for b in range(1000000000) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 4000000000 }}",
        "{{ ('x' * 100000) * 100000 }}",
        "{{ range(100000) | list | join('x' * 100000) }}",
        "{% set a = 'xxxxxxxxxx' %}{% for i in range(1000) %}{% set a = a ~ a %}{% endfor %}{{ a }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ firm.name | center(4000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ 9 ** 999999999 }}",
        "{% include 'x' %}",
        "{{ firm.name | indent(4000000000) }}",
        "{{ [[[[[[[[firm.name]]]]]]]] | string * 1000000 }}",
        "{{ today | add_days(9223372036854775807) }}",
        "{{ today | add_months(-9223372036854775808) }}",
        "{{ today | add_business_days(2147483647) }}",
        "{{",
        "{% if %}",
        "{{ account.nmae }}",
    ];
    for bomb in bombs {
        let document = json!({ "task": { "key": "t", "title": bomb } }).to_string();
        let answer = bounded(bomb, document.len(), || template(document.as_bytes()));
        // What may be written down must not do harm when it is used: that is tried on another firm.
        let used = bounded(bomb, document.len(), || answer.map(use_it));
        if let Err(rejection) = used {
            assert!(matches!(rejection, Rejection::Document(_)), "{bomb}: {rejection}");
        }
    }
    let long = "x".repeat(1_000_000);
    for (name, code) in [
        ("brackets", format!("{}firm.name{}", "(".repeat(9_000), ")".repeat(9_000))),
        ("nots", "not ".repeat(4_000) + "firm.name"),
        ("a word", long.clone()),
        ("a field", format!("account.{long}")),
        ("a role", format!("role.{long}")),
        ("a filter", format!("firm.name | {long}")),
        ("a text", format!("'{long}'")),
    ] {
        let document = json!({ "task": { "key": "t", "title": format!("{{{{ {code} }}}}") } }).to_string();
        office.refuse(name, template, document.as_bytes());
        let mut document = plain();
        document["stages"][0]["on_entry"] =
            json!([{ "key": "a", "do": [{ "set_client_status": format!("{{{{ {code} }}}}") }] }]);
        document["key"] = json!("q");
        office.refuse(name, pipeline, document.to_string().as_bytes());
    }
}

/// Saves a template on a firm of its own and makes a task of it.
fn use_it(save: Command) {
    let office = std::mem::ManuallyDrop::new(Office::new());
    if office.give(save).is_ok() {
        let create = json!({ "create_task": { "account": uuid::Uuid::from_u128(0xac01), "template": "t" } });
        // It may be refused; it may not take for ever.
        drop(office.give(serde_json::from_value(create).expect("a command")));
        for logged in office.log() {
            assert!(serde_json::to_vec(&*logged.entry).expect("json").len() < 200_000, "a text without bounds");
        }
    }
    let found = office.engine.verify(crate::kit::firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
}
