//! The quick look and the check are of one mind.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};

use super::super::check::check;
use super::super::schema::{Schema, bare};
use super::super::tree::{Bounds, Node, Problems};
use super::super::{json, schema_names};

fn tree(text: &str) -> Option<Node> {
    let mut problems = Problems::default();
    json::read(text, Bounds::DOCUMENT, &mut problems).ok().filter(|_| problems.is_empty())
}

/// Whether the check lets a tree through, after seeing that the quick look says the same.
fn agree(schema: &Schema, text: &str) -> bool {
    let Some(tree) = tree(text) else { return false };
    let mut problems = Problems::default();
    check(&schema.json, &tree, &mut problems);
    assert_eq!(schema.shape.fits(&tree), problems.is_empty(), "{text}: {:?}", problems.list());
    problems.is_empty()
}

/// Documents that are right, of every kind that is read.
fn right() -> Vec<(&'static str, Json)> {
    let firm = "0190a5d0-0000-7000-8000-000000000001";
    let job = "0190a5d0-0000-7000-8000-000000000002";
    let stages = json!([
        { "key": "a", "when": { "all": [{ "account_tags": { "any": ["x"] } }, { "field": { "scope": "job", "field": "fee",
            "is": { "at_least": 2.5 } } }] }, "wip_limit": { "max": 3, "mode": "refuse" }, "time_limit": "5 days",
          "on_entry": [{ "key": "go", "do": [{ "request": { "kind": "email", "title": "Hello", "remind": { "every": "3 days", "at_most": 2 } } },
            { "add_job_tags": ["t", "u"] }, { "create_task": { "key": "call", "title": "Call", "due": "3 business days before due" } }] }] },
        { "key": "b" }
    ]);
    let pipeline = json!({ "key": "p", "name": "P", "stages": stages });
    let request = |command: Json| json!({ "firm": firm, "actor": { "system": "s" }, "key": "k", "command": command });
    let inquiry = |question: Json| json!({ "firm": firm, "actor": { "member": job }, "question": question });
    vec![
        ("pipeline", pipeline.clone()),
        ("template", json!({ "task": { "key": "call", "title": "Call", "checklist": ["a", "b"] } })),
        (
            "settings",
            json!({ "name": "L", "working_days": ["Mon", "Tue"], "holidays": ["2026-01-01"],
            "business_hours": { "mon": ["09:00-12:00", "13:00-17:00"] },
            "item_kinds": { "letter": { "actionable": true, "done": ["read"] } },
            "own_holiday_sets": { "town": { "name": "Town", "holidays": [{ "name": "Fair", "on": { "nth_weekday": { "nth": 2, "weekday": "Mon", "month": 5 } }, "from": 1950 }] } } }),
        ),
        ("member", json!({ "id": job, "name": "Ann", "admin": true, "weekly_minutes": 2400 })),
        (
            "account",
            json!({ "id": job, "name": "Jane", "fields": { "fee": 1, "big": 18446744073709551615u64, "rate": 0.5,
            "ok": true, "many": ["a", "a"] }, "roles": { "preparer": [firm] }, "linked": [{ "relation": "spouse", "account": firm }] }),
        ),
        ("receipt", json!({ "firm": firm, "notification": job, "generation": 3, "attempts": 1, "job": null })),
        ("request", request(json!({ "move_job": { "job": job, "to": "b" } }))),
        ("request", request(json!({ "publish_pipeline": { "definition": pipeline, "mapping": { "x": "a" } } }))),
        (
            "request",
            request(json!({ "bulk": { "mode": "each", "commands": [
            { "signal_job": { "job": job, "name": "s", "payload": { "a": [1, null, { "b": 2.5 }] } } },
            { "set_task_state": { "task": job, "state": "completed", "override": true } }] } })),
        ),
        (
            "request",
            request(json!({ "create_series": { "name": "Books", "makes": { "job": { "pipeline": "p" } },
            "schedule": { "preset": { "monthly": { "day": "last" } }, "start": "2026-01-10", "at": "09:00:00" }, "lead": "10 days" } })),
        ),
        (
            "request",
            request(json!({ "create_series": { "name": "Books", "makes": { "job": { "pipeline": "p" } },
            "schedule": { "rule": "FREQ=MONTHLY;BYMONTHDAY=1", "start": "2026-01-10" } } })),
        ),
        ("inquiry", inquiry(json!("today"))),
        (
            "inquiry",
            inquiry(
                json!({ "jobs": { "query": { "scope": { "account": job }, "tags": ["a", "b"], "due_from": "2026-01-01" },
            "page": { "limit": 20, "after": null } } }),
            ),
        ),
        ("inquiry", inquiry(json!({ "queued": { "queue": "timers", "state": "dead" } }))),
    ]
}

#[test]
fn s12_2_what_is_right_is_let_through_at_once() {
    for (name, document) in right() {
        let text = document.to_string();
        super::super::check(name, text.as_bytes()).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(agree(&bare(name).expect("published"), &text), "{name}");
    }
}

#[test]
fn s12_2_every_schema_is_made_ready_whole() {
    for name in schema_names() {
        let schema = bare(name).expect("published");
        assert!(!schema.shape.fits(&tree("[[null]]").expect("a tree")), "{name}");
        assert!(!schema.shape.fits(&tree("{\"no such field\": 1}").expect("a tree")), "{name}");
    }
}

/// Puts a value in the place of some value of a document, takes one out, or adds one.
fn changed(document: &mut Json, at: usize, how: u8, with: &Json) {
    fn places(json: &Json) -> usize {
        let inner = match json {
            Json::Array(items) => items.iter().map(places).sum(),
            Json::Object(fields) => fields.values().map(places).sum(),
            _ => 0,
        };
        1 + inner
    }
    fn walk(json: &mut Json, mut at: usize, how: u8, with: &Json) {
        if at == 0 {
            match (how, &mut *json) {
                (0, Json::Object(fields)) => {
                    let first = fields.keys().next().cloned();
                    first.map(|key| fields.remove(&key));
                }
                (1, Json::Object(fields)) => {
                    fields.insert("surplus".to_owned(), with.clone());
                }
                (2, Json::Array(items)) => {
                    let again = items.first().cloned();
                    items.extend(again);
                }
                (3, Json::Array(items)) => items.clear(),
                (4, Json::String(text)) => text.push(' '),
                (5, json) => *json = json!([json.clone()]),
                (_, json) => *json = with.clone(),
            }
            return;
        }
        at -= 1;
        let inner: Vec<&mut Json> = match json {
            Json::Array(items) => items.iter_mut().collect(),
            Json::Object(fields) => fields.values_mut().collect(),
            _ => Vec::new(),
        };
        for inner in inner {
            let count = places(inner);
            if at < count {
                return walk(inner, at, how, with);
            }
            at -= count;
        }
    }
    let at = at % places(document);
    walk(document, at, how, with);
}

fn odd() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(99_999_999_999_i64),
        json!(2.5),
        json!(u64::MAX),
        json!(""),
        json!(" a"),
        json!("a"),
        json!("active"),
        json!("last"),
        json!("2026-2-3"),
        json!("2026-02-30"),
        json!("2026-02-03"),
        json!("2026-04-15 09:30:00Z"),
        json!("2026-04-15T09:30:00Z"),
        json!("0190a5d0-0000-7000-8000-00000000000"),
        json!("0190a5d0000070008000000000000003"),
        json!("x".repeat(121)),
        json!([]),
        json!({}),
        json!(["a", "a"]),
        json!({ "all": [] }),
        json!({ "today": null }),
        json!({ "automation": null }),
        json!({ "member": "0190a5d0-0000-7000-8000-000000000002", "client": 1 }),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// However a document is spoilt, what the quick look lets through the check lets through, and
    /// the other way round.
    #[test]
    fn s12_2_the_quick_look_and_the_check_agree(
        which: Index, changes in prop::collection::vec((any::<usize>(), 0u8..9, odd()), 1..4),
    ) {
        let documents = right();
        let (name, mut document) = documents[which.index(documents.len())].clone();
        for (at, how, with) in &changes {
            changed(&mut document, *at, *how, with);
        }
        agree(&bare(name).expect("published"), &document.to_string());
    }
}
