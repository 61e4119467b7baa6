//! What is wrong with what a document says.

use serde_json::{Value, json};
use workflow_core::error::Rejection;
use workflow_core::limits;

use crate::kit::{Office, Reader, codes, command, pipeline, problems, settings, template};

/// A document that is good but for one place, for every kind; with the place's path.
fn with(what: &str) -> Vec<(&'static str, Reader, String, &'static str)> {
    vec![
        (
            "pipeline",
            pipeline,
            format!("{{\"key\":\"q\",\"name\":\"Q\",\"stages\":[{{\"key\":\"a\"}},{{\"key\":\"b\"}}],{what}}}"),
            "",
        ),
        ("template", template, format!("{{\"task\":{{\"key\":\"t\",\"title\":\"T\",{what}}}}}"), "task."),
        ("firm", settings, format!("{{\"name\":\"F\",{what}}}"), ""),
        (
            "command",
            command,
            format!(
                "{{\"create_job\":{{\"account\":\"00000000-0000-0000-0000-00000000ac01\",\"pipeline\":\"p\",{what}}}}}"
            ),
            "create_job.",
        ),
    ]
}

/// As YAML of the block kind, by way of the tree.
fn yaml_of(json: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    Some(workflow_core::document::to_yaml(&value))
}

#[test]
fn s12_2_unknown_fields_are_named_with_a_suggestion() {
    let office = Office::new();
    let misspelt =
        [("stauses", "statuses"), ("chekclist", "checklist"), ("time_zonee", "time_zone"), ("prioritty", "priority")];
    for (place, (wrong, right)) in misspelt.into_iter().enumerate() {
        let (kind, reader, text, under) = with(&format!("\"{wrong}\":[]")).swap_remove(place);
        for text in [Some(text.clone()), yaml_of(&text)].into_iter().flatten() {
            let rejection = office.refuse(kind, reader, text.as_bytes());
            let Rejection::Document(found) = rejection else { panic!("another refusal") };
            let problem = found.iter().find(|problem| problem.code == "unknown_field").expect("an unknown field");
            assert_eq!(problem.path, format!("{under}{wrong}"));
            assert!(problem.message.contains(&format!("did you mean `{right}`?")), "{}", problem.message);
        }
    }
}

#[test]
fn s12_2_fields_given_twice_are_named() {
    let office = Office::new();
    for (kind, reader, text, under) in with("\"zz\":1,\"zz\":2") {
        let rejection = office.refuse(kind, reader, text.as_bytes());
        let Rejection::Document(found) = rejection else { panic!("another refusal") };
        let twice: Vec<&str> = found
            .iter()
            .filter(|problem| problem.code == "duplicate_key")
            .map(|problem| problem.path.as_str())
            .collect();
        assert_eq!(twice, [format!("{under}zz")], "{kind}");
    }
    // One that is written otherwise is the same.
    let found = problems(command(b"{\"comment_job\": {\"text\": \"a\", \"te\\u0078t\": \"b\", \"job\": \"x\"}}"));
    assert!(found.iter().any(|problem| (problem.path.as_str(), problem.code) == ("comment_job.text", "duplicate_key")));
    let found = problems(settings(b"name: F\n\"na\\x6de\": G\n'name': H\n"));
    assert_eq!(found.iter().filter(|problem| problem.code == "duplicate_key").count(), 2);
}

#[test]
fn s12_2_numbers_that_cannot_be_are_refused() {
    let office = Office::new();
    let digits = "9".repeat(1_000_000);
    let numbers = [
        "1e999",
        "-1e999",
        "-1",
        "4294967296",
        "99999999999999999999999999999999999999999999",
        "1.5",
        "1e3.5",
        "NaN",
        "Infinity",
        "-Infinity",
        "0x10",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "--1",
        "null",
        "\"7\"",
        "true",
        "[7]",
        &digits,
    ];
    let bad = |text: &str, fields: &[(&str, Reader, &str)]| {
        for (name, reader, document) in fields {
            let written = document.replace("NUMBER", text);
            let shown: String = text.chars().take(40).collect();
            office.refuse(&format!("{name}: {shown}"), *reader, written.as_bytes());
        }
    };
    let in_json: [(&str, Reader, &str); 3] = [
        ("budget", template, "{\"task\":{\"key\":\"t\",\"title\":\"T\",\"budget_minutes\":NUMBER,\"x\":1}}"),
        (
            "step",
            command,
            "{\"check_task\":{\"task\":\"00000000-0000-0000-0000-000000000001\",\"step\":NUMBER,\"done\":true}}",
        ),
        (
            "limit",
            pipeline,
            "{\"key\":\"q\",\"name\":\"Q\",\"stages\":[{\"key\":\"a\",\"wip_limit\":{\"max\":NUMBER}},{\"key\":\"b\"}]}",
        ),
    ];
    for number in numbers {
        bad(number, &in_json);
    }
    let in_yaml: [(&str, Reader, &str); 2] = [
        ("step", command, "check_task:\n  task: 00000000-0000-0000-0000-000000000001\n  step: NUMBER\n  done: true\n"),
        ("limit", pipeline, "key: q\nname: Q\nstages:\n- key: a\n  wip_limit: {max: NUMBER}\n- key: b\n"),
    ];
    for number in
        [".nan", ".NaN", ".inf", "-.inf", "NaN", "1e999", "-1", "4294967296", "1_000", "0b1", "0xffffffffffff", &digits]
    {
        bad(number, &in_yaml);
    }
    // A custom field takes any number there is, and none that is not.
    for number in [".nan", "-.inf", "1e999", &digits] {
        let text = format!(
            "set_account_field:\n  account: 00000000-0000-0000-0000-00000000ac01\n  field: f\n  value: {number}\n"
        );
        let rejection = office.refuse("field", command, text.as_bytes());
        assert!(rejection.to_string().contains("set_account_field.value"), "{rejection}");
    }
}

#[test]
fn s12_2_control_characters_are_refused() {
    let office = Office::new();
    for code in (0u32..0x20).chain([0x7f, 0x80, 0x9f]) {
        let letter = char::from_u32(code).expect("a letter");
        // As they are, in JSON.
        if code < 0x20 {
            let text = format!(
                "{{\"comment_job\":{{\"job\":\"00000000-0000-0000-0000-000000000001\",\"text\":\"a{letter}b\"}}}}"
            );
            let rejection = office.refuse(&format!("bare {code}"), command, text.as_bytes());
            assert_eq!(codes(&rejection), ["syntax"], "{code}");
        }
        // As escapes, in what is a key.
        for (name, reader, text) in [
            (
                "stage",
                pipeline as Reader,
                format!(
                    "{{\"key\":\"q\",\"name\":\"Q\",\"stages\":[{{\"key\":\"a\\u{code:04x}b\"}},{{\"key\":\"b\"}}]}}"
                ),
            ),
            (
                "tag",
                command,
                format!(
                    "tag_account:\n  account: 00000000-0000-0000-0000-00000000ac01\n  add: [\"a\\x{code:02x}b\"]\n"
                ),
            ),
            ("role", settings, format!("{{\"name\":\"F\",\"roles\":[\"a\\u{code:04x}b\"]}}")),
            (
                "field",
                command,
                format!(
                    "{{\"save_account\":{{\"id\":\"00000000-0000-0000-0000-00000000ac01\",\"name\":\"J\",\"fields\":{{\"a\\u{code:04x}b\":1}}}}}}"
                ),
            ),
        ] {
            let rejection = office.refuse(&format!("{name} {code}"), reader, text.as_bytes());
            assert!(rejection.to_string().contains("control character"), "{name} {code}: {rejection}");
        }
        // As a field that there is not: the error shows it harmlessly.
        let rejection = office.refuse("unknown", command, format!("{{\"a\\u{code:04x}b\": 1}}").as_bytes());
        assert!(codes(&rejection).contains(&"unknown_variant"), "{rejection}");
    }
}

#[test]
fn s12_1_long_keys_are_refused_without_being_repeated() {
    let office = Office::new();
    for length in [limits::KEY_BYTES + 1, 5_000, 1_000_000] {
        let long = "k".repeat(length);
        for (kind, reader, text) in [
            (
                "pipeline",
                pipeline as Reader,
                json!({ "key": long, "name": "Q", "stages": [{ "key": "a" }, { "key": "b" }] }),
            ),
            ("stage", pipeline, json!({ "key": "q", "name": "Q", "stages": [{ "key": long }, { "key": "b" }] })),
            (
                "field",
                pipeline,
                json!({ "key": "q", "name": "Q", "stages": [{ "key": "a" }, { "key": "b" }], "job_defaults": { "fields": { &long: 1 } } }),
            ),
            (
                "unknown",
                pipeline,
                json!({ "key": "q", "name": "Q", "stages": [{ "key": "a" }, { "key": "b" }], &long: 1 }),
            ),
            ("template", template, json!({ "task": { "key": long, "title": "T" } })),
            ("role", settings, json!({ "name": "F", "roles": [long] })),
            ("kind", settings, json!({ "name": "F", "item_kinds": { &long: { "actionable": true } } })),
            ("command", command, json!({ &long: {} })),
            ("tag", command, json!({ "tag_account": { "account": uuid::Uuid::from_u128(0xac01), "add": [long] } })),
            ("id", command, json!({ "comment_job": { "job": long, "text": "x" } })),
            ("nested", command, json!({ &long: { &long: { &long: { &long: 1 } } } })),
        ] {
            let text = text.to_string();
            let rejection = office.refuse(&format!("{kind} of {length}"), reader, text.as_bytes());
            assert!(rejection.to_string().len() < 5_000, "{kind} of {length}: {} bytes", rejection.to_string().len());
            if let Some(yaml) = yaml_of(&text) {
                office.refuse(&format!("{kind} of {length} in YAML"), reader, yaml.as_bytes());
            }
        }
    }
}

#[test]
fn s2_1_ten_mistakes_get_ten_errors_in_documents_of_every_kind() {
    let firm = "name: 7\ntime_zonne: x\nholidays: [2026-02-30]\nroles: [preparer, '']\nroles: []\n\
                item_kinds:\n  letter: {actionable: maybe}\n  'a ': {}\nhost_templates: 5\nfolder_templates: {}\n\
                task_statuses: {odd: unheard}\n";
    let task = "task:\n  key: ' t'\n  titel: x\n  priority: highest\n  assign: {members: [joe]}\n  start: never\n\
                    \x20 due: 1.5 days after birth\n  tags: [a, a]\n  budget_minutes: -5\n\
                    \x20 checklist: [1]\n  after: 5\n";
    let job = "create_job:\n  id: x\n  account: y\n  pipline: p\n  pipeline: ''\n  stage: 5\n  priority: 9\n\
                   \x20 due: 2026-13-01\n  period_start: soon\n  budget_minutes: many\n  tags: x\n  fields: {a: {}}\n";
    let kinds: [(&str, Reader, &str, &[&str]); 3] = [
        (
            "firm",
            settings,
            firm,
            &[
                "name",
                "time_zonne",
                "holidays[0]",
                "roles[1]",
                "roles",
                "item_kinds.letter.actionable",
                "item_kinds[\"a \"]",
                "host_templates",
                "folder_templates",
                "task_statuses.odd",
            ],
        ),
        (
            "template",
            template,
            task,
            &[
                "task.key",
                "task.titel",
                "task.priority",
                "task.assign.members[0]",
                "task.start",
                "task.due",
                "task.after",
                "task.tags[1]",
                "task.budget_minutes",
                "task.checklist[0]",
            ],
        ),
        (
            "command",
            command,
            job,
            &[
                "create_job.id",
                "create_job.account",
                "create_job.pipline",
                "create_job.pipeline",
                "create_job.stage",
                "create_job.priority",
                "create_job.due",
                "create_job.period_start",
                "create_job.budget_minutes",
                "create_job.tags",
                "create_job.fields.a",
            ],
        ),
    ];
    for (kind, reader, text, paths) in kinds {
        let found = problems(reader(text.as_bytes()));
        let mut at: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
        at.dedup();
        for path in paths {
            assert!(at.contains(path), "{kind}: nothing is said of `{path}`: {found:#?}");
        }
        assert!(paths.len() >= 10 && found.iter().all(|problem| problem.line.is_some()), "{kind}");
    }
}

#[test]
fn s9_1_time_zones_that_are_none_are_refused() {
    let office = Office::new();
    let long = "x".repeat(1_000_000);
    for zone in
        ["", " ", "Nowhere/Atlantis", "../../../../etc/passwd", "/etc/localtime", "UTC\0", "America/New_York ", &long]
    {
        let text = json!({ "name": "F", "time_zone": zone }).to_string();
        let rejection = office.refuse("zone", settings, text.as_bytes());
        assert!(rejection.to_string().contains("time_zone"), "{rejection}");
        assert!(rejection.to_string().len() < 5_000, "{} bytes", rejection.to_string().len());
    }
}
