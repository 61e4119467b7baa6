//! Pipeline documents: good ones, wrong ones and hostile ones.

use std::time::{Duration, Instant};

use workflow_core::command::Command;
use workflow_core::dates::Span;
use workflow_core::definition::{
    Action, Condition, DateAnchor, DateExpression, PipelineDefinition, Refire, Template, Trigger, WipMode,
};
use workflow_core::document::{pipeline_to_json, pipeline_to_yaml, read, read_pipeline, schema, to_json, to_yaml};
use workflow_core::error::{Problem, Rejection, Severity};
use workflow_core::limits::{DOCUMENT_BYTES, PROBLEMS};
use workflow_core::model::{FieldValue, ItemKind, Priority};

const GOOD: &str = include_str!("documents/individual-return.yaml");

fn problems<T: std::fmt::Debug>(answer: Result<T, Rejection>) -> Vec<Problem> {
    match answer.expect_err("it is refused") {
        Rejection::Document(problems) => problems,
        other => panic!("another refusal: {other}"),
    }
}

/// Path, code and line of every problem.
fn places(text: &str) -> Vec<(String, &'static str, u32)> {
    problems(read_pipeline(text.as_bytes()))
        .into_iter()
        .map(|problem| (problem.path, problem.code, problem.line.expect("a line")))
        .collect()
}

/// The one problem of a document.
fn only(text: &str) -> Problem {
    let mut all = problems(read_pipeline(text.as_bytes()));
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A pipeline with something under its only stage.
fn stage(rest: &str) -> String {
    format!("key: p\nname: P\nstages:\n  - key: a\n{rest}")
}

#[test]
fn s2_1_a_real_pipeline_is_read() {
    let pipeline = read_pipeline(GOOD.as_bytes()).expect("it is good");
    assert_eq!(pipeline.stages.len(), 6);
    let intake = &pipeline.stages[0];
    assert!(intake.automove);
    assert!(matches!(&intake.on_entry[0].actions[0], Action::Request(r) if r.kind == ItemKind::Organizer));
    assert!(matches!(&intake.on_entry[0].actions[1], Action::AddAccountTags(tags) if tags.len() == 2));
    assert_eq!(intake.time_limit, Some(Span::business_days(10)));
    assert!(matches!(&pipeline.stages[1].when, Some(Condition::Any(tests)) if tests.len() == 2));
    assert!(matches!(&pipeline.stages[2].wip_limit, Some(limit) if limit.max == 25 && limit.mode == WipMode::Refuse));
    assert_eq!(pipeline.stages[2].on_entry[0].refire, Refire::ForwardOnly);
    assert!(
        matches!(&pipeline.automations[0].on, Some(Trigger::ItemReached { status, .. }) if status.as_str() == "paid")
    );
    assert!(matches!(&pipeline.automations[1].on, Some(Trigger::ByHand)));
    let defaults = pipeline.job_defaults.as_ref().expect("defaults");
    assert_eq!(defaults.priority, Some(Priority::High));
    assert!(
        matches!(&defaults.due, Some(due) if *due == DateExpression::from(DateAnchor::Statutory).before(Span::business_days(5)))
    );
    assert!(matches!(defaults.fields["fee"], FieldValue::Decimal(fee) if fee == 450.0));
    assert!(matches!(defaults.fields["year"], FieldValue::Integer(2026)));
    assert!(matches!(&defaults.fields["opened"], FieldValue::Text(day) if day == "2026-01-15"));
}

#[test]
fn s2_7_a_real_pipeline_is_exported_and_read_back() {
    let pipeline = read_pipeline(GOOD.as_bytes()).expect("it is good");
    let yaml = pipeline_to_yaml(&pipeline);
    assert!(yaml.starts_with("key: individual-return\nname: "), "fields stand in declared order: {yaml}");
    assert_eq!(read_pipeline(yaml.as_bytes()).expect("yaml"), pipeline);
    assert_eq!(read_pipeline(pipeline_to_json(&pipeline).as_bytes()).expect("json"), pipeline);
}

#[test]
fn s2_1_ten_mistakes_get_ten_errors_in_one_answer() {
    let text = include_str!("documents/ten-mistakes.yaml");
    let found = places(text);
    let expected = [
        ("descripton", "unknown_field", 3),
        ("complete_at_final", "wrong_type", 4),
        ("stages[0].on_entry[0].do[0].request.kind", "missing_field", 11),
        ("stages[0].on_entry[0].do[1].add_acount_tags", "unknown_variant", 12),
        ("stages[0].time_limit", "invalid", 13),
        ("stages[0].wip_limit.max", "out_of_range", 15),
        ("stages[1].when.date.before", "invalid", 20),
        ("stages[1].key", "duplicate_key", 21),
        ("stages[2].key", "invalid", 22),
        ("access.only.members[0]", "invalid", 25),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, code, line)| (path.to_owned(), code, line)).collect();
    assert_eq!(found, expected);
    let all = problems(read_pipeline(text.as_bytes()));
    assert!(all.iter().all(|problem| problem.severity == Severity::Error && !problem.message.is_empty()));
    assert!(all[0].message.contains("did you mean `description`?"));
    assert!(all[3].message.contains("did you mean `add_account_tags`?"));
    assert!(all[4].message.contains("did you mean `business`?"));
}

#[test]
fn s2_1_the_same_mistakes_in_json_have_the_same_paths() {
    let text = "{\n\"key\": \"p\",\n\"name\": 7,\n\"stages\": [\n{\"key\": \"a\", \"automoove\": true},\n{\"key\": \"\"}\n]\n}";
    let expected =
        [("name", "wrong_type", 3), ("stages[0].automoove", "unknown_field", 5), ("stages[1].key", "invalid", 6)];
    let expected: Vec<_> = expected.into_iter().map(|(path, code, line)| (path.to_owned(), code, line)).collect();
    assert_eq!(places(text), expected);
}

#[test]
fn s12_2_a_misspelt_field_is_one_error_and_its_content_is_checked() {
    let found = places("key: p\nnmae: P\nstages:\n- key: a\n  onEntry:\n  - key: b\n    do:\n    - move_to: 5\n");
    assert_eq!(
        found,
        [
            ("nmae".to_owned(), "unknown_field", 2),
            ("stages[0].onEntry".to_owned(), "unknown_field", 5),
            ("stages[0].onEntry[0].do[0].move_to".to_owned(), "wrong_type", 8),
        ]
    );
}

#[test]
fn s12_2_unknown_fields_of_variants_are_errors_too() {
    let problem = only("key: p\nname: P\nstages: [{key: a}]\naccess:\n  only: {role: [Preparer]}\n");
    assert_eq!((problem.path.as_str(), problem.code), ("access.only.role", "unknown_field"));
    assert!(problem.message.contains("did you mean `roles`?"));
    let problem =
        only(&stage("    on_entry:\n    - key: x\n      do:\n      - move_to_pipeline: {pipeline: q, colour: red}\n"));
    assert_eq!(problem.path, "stages[0].on_entry[0].do[0].move_to_pipeline.colour");
    assert!(problem.message.contains("the fields are `pipeline`, `stage`"), "{}", problem.message);
}

#[test]
fn s12_2_a_choice_says_how_to_write_it() {
    let action = |rest: &str| stage(&format!("    on_entry:\n    - key: x\n      do:\n      - {rest}\n"));
    for (text, code, says) in [
        ("move_to", "wrong_type", "`move_to` needs a value"),
        ("archive: yes", "wrong_type", "write just `archive`"),
        ("archiv", "unknown_variant", "did you mean `archive`?"),
        ("{archiv: 1}", "unknown_variant", "did you mean `archive`?"),
        ("{move_to: a, set_priority: high}", "invalid", "begin a new entry"),
        ("{request: {kind: email}, template: t}", "unknown_field", "indent it under `request`"),
        ("set_priority: hihg", "unknown_variant", "did you mean `high`?"),
        ("{}", "missing_field", "the choices are"),
        ("7", "wrong_type", "the choices are"),
        ("request:", "wrong_type", "expected an object, found nothing"),
        ("add_account_tags: vip", "wrong_type", "put it in `[` and `]`"),
        ("add_account_tags: [vip, vip]", "invalid", "twice"),
        ("set_field: {scope: job, field: f, value: {a: 1}}", "wrong_type", "expected true or false, or a whole number"),
        ("set_field: {scope: job, field: f, value: [a, 1]}", "wrong_type", "expected a text, found the number `1`"),
        ("set_date: {date: due, to: 20000 days after due}", "invalid", "past the limit DATE_OFFSET of 10000"),
        ("set_date: {date: due, to: 2026-02-30}", "invalid", "no date that exists"),
        ("set_date: {date: due, to: 2026-2-3}", "invalid", "written `YYYY-MM-DD`"),
        ("assign: {members: [joe]}", "invalid", "a UUID such as"),
        ("create_task: {key: t, title: T, budget_minutes: -1}", "out_of_range", "from 0 to 4294967295"),
        ("create_task: {key: t, title: T, budget_minutes: 1.5}", "wrong_type", "a whole number"),
        ("create_task: {key: t, title: T, budget_minutes: \"5\"}", "wrong_type", "without quotes"),
        ("create_task: {key: t, title: 2026}", "wrong_type", "in double quotes"),
        ("set_status: \" done\"", "invalid", "begins or ends with a space"),
        ("\"set_status\": \"a\\u0007b\"", "invalid", "control character"),
        ("request: {kind: email, payment_submitted_is_done: yes}", "wrong_type", "write `true`"),
    ] {
        let problem = only(&action(text));
        assert_eq!(problem.code, code, "{text}: {problem}");
        assert!(problem.message.contains(says), "{text}: {problem}");
        assert!(problem.path.starts_with("stages[0].on_entry[0].do[0]"), "{text}: {problem}");
    }
    let long = "é".repeat(100);
    assert_eq!(only(&action(&format!("set_status: {long}"))).code, "too_long");
}

#[test]
fn s12_2_syntax_errors_name_their_line() {
    for (text, line) in [
        ("key: p\nname: [a\nstages: []\n", 3),
        ("key: p\n\tname: x\n", 2),
        ("key: p\nname: \"x\n", 2),
        ("{\n\"key\": \"p\",\n}", 3),
        ("{\n\"key\": \"p\"\n\"name\": 1}", 3),
        ("{\"key\": \"p\"}\n}", 2),
        ("{\"key\": tru}", 1),
        ("{\"key\": \"\\q\"}", 1),
        ("{\"key\": 01}", 1),
        ("key: p\n---\nkey: q\n", 2),
        ("? [a]\n: b\n", 1),
    ] {
        let problem = only(text);
        assert_eq!((problem.code, problem.line), ("syntax", Some(line)), "{text:?}: {problem}");
    }
}

#[test]
fn s12_2_an_empty_document_is_an_error() {
    for text in ["", "  \n", "# nothing\n", "---\n", "~"] {
        assert!(only(text).message.contains("write a pipeline"), "{text:?}");
    }
    assert_eq!(only("[1]").code, "wrong_type");
    assert_eq!(only("hello").code, "wrong_type");
    assert_eq!(places("{}").len(), 3);
}

#[test]
fn s12_2_duplicate_keys_are_errors_with_their_path() {
    let problem = only("key: p\nname: P\nname: Q\nstages: []\n");
    assert_eq!((problem.path.as_str(), problem.code, problem.line), ("name", "duplicate_key", Some(3)));
    let problem = only("{\"key\":\"p\",\"name\":\"P\",\"stages\":[{\"key\":\"a\",\"k\\u0065y\":{\"x\":1}}]}");
    assert_eq!((problem.path.as_str(), problem.code), ("stages[0].key", "duplicate_key"));
}

#[test]
fn s12_2_anchors_aliases_and_tags_are_refused() {
    let found = places("key: &k p\nname: *k\nstages: &s\n- key: !!str 5\n- key: !mine x\n- key: !!int x\n");
    let expected = [
        ("key", "alias", 1),
        ("name", "alias", 2),
        ("stages", "alias", 3),
        ("stages[1].key", "invalid", 5),
        ("stages[2].key", "invalid", 6),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, code, line)| (path.to_owned(), code, line)).collect();
    assert_eq!(found, expected);
    assert_eq!(only("a: *nobody").code, "alias");
    assert_eq!(only("*nobody : 1").code, "alias");
}

#[test]
fn s12_2_signs_of_editors_are_no_trouble() {
    let crlf = GOOD.replace('\n', "\r\n");
    let pipeline = read_pipeline(GOOD.as_bytes()).expect("good");
    assert_eq!(read_pipeline(crlf.as_bytes()).expect("windows line ends"), pipeline);
    assert_eq!(read_pipeline(format!("\u{feff}{GOOD}").as_bytes()).expect("byte order mark"), pipeline);
    let json = format!("\u{feff} \n{}", pipeline_to_json(&pipeline));
    assert_eq!(read_pipeline(json.as_bytes()).expect("json with a byte order mark"), pipeline);
}

/// Refused with this code, in under two seconds.
fn hostile(name: &str, bytes: &[u8], code: &str) {
    let start = Instant::now();
    let found = problems(read_pipeline(bytes));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{name} took {took:?}");
    assert!(found.len() <= PROBLEMS, "{name}");
    assert!(found.iter().any(|problem| problem.code == code), "{name}: {:?}", found.first());
    let size: usize = found.iter().map(|problem| problem.path.len() + problem.message.len()).sum();
    assert!(size < 1_000_000, "{name} answers with {size} bytes");
}

#[test]
fn s12_2_ten_megabytes_are_refused_unread() {
    hostile("10 MB of text", "x".repeat(10_000_000).as_bytes(), "too_big");
    hostile("10 MB of yaml", "a: 1\n".repeat(2_000_000).as_bytes(), "too_big");
    let found = problems(read_pipeline(&vec![b'['; DOCUMENT_BYTES + 1]));
    assert!(found[0].message.contains("DOCUMENT_BYTES"));
}

#[test]
fn s12_2_depth_is_refused() {
    for (name, unit) in [("sequences", "["), ("mappings", "[{a: "), ("dashes", "- ")] {
        hostile(name, unit.repeat(10_000).as_bytes(), "too_deep");
        let most = DOCUMENT_BYTES / unit.len();
        hostile(name, unit.repeat(most.min(100_000)).as_bytes(), "too_deep");
    }
    hostile("marks", "? ".repeat(100_000).as_bytes(), "syntax");
    hostile("json lists", format!("{{\"a\":{}", "[".repeat(10_000)).as_bytes(), "too_deep");
    hostile("json objects", "{\"a\":".repeat(10_000).as_bytes(), "too_deep");
    let indented: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    hostile("indentation", indented.as_bytes(), "too_deep");
    let condition = format!("{}all: []{}", "not: {".repeat(100), "}".repeat(100));
    hostile("a condition", stage(&format!("    when: {{{condition}}}\n")).as_bytes(), "too_deep");
}

#[test]
fn s12_2_sixty_levels_are_read_without_trouble() {
    let condition = format!("{}{{all: []}}{}", "{not: ".repeat(50), "}".repeat(50));
    let pipeline = read_pipeline(stage(&format!("    when: {condition}\n")).as_bytes()).expect("deep but allowed");
    assert_eq!(read_pipeline(pipeline_to_yaml(&pipeline).as_bytes()).expect("again"), pipeline);
}

#[test]
fn s12_2_masses_are_refused() {
    let fill = |unit: &str| unit.repeat((DOCUMENT_BYTES - 100) / unit.len());
    hostile("values in json", format!("{{\"a\":[{}0]}}", fill("0,")).as_bytes(), "too_big");
    hostile("values in yaml", format!("[{}]", fill("0,")).as_bytes(), "too_big");
    hostile("block values", fill("- 0\n").as_bytes(), "too_big");
    hostile("flow lists", format!("[{}]", fill("[],")).as_bytes(), "too_big");
    hostile("flow pairs", format!("[{}]", fill("a: b,")).as_bytes(), "too_big");
    hostile("colons", format!("{{{}", fill(": ")).as_bytes(), "syntax");
    hostile("colons", format!("[{}", fill(": ")).as_bytes(), "too_big");
    hostile("quotes", format!("[{}", fill("\"\" ")).as_bytes(), "too_big");
    hostile("bare words", format!("a: [{}", fill("a\n\n")).as_bytes(), "syntax");
    let keys: String = (0..150_000).map(|n| format!("k{n}: 1\n")).collect();
    hostile("unknown fields", keys.as_bytes(), "unknown_field");
    hostile("one key again and again", fill("name: 1\n").as_bytes(), "duplicate_key");
    hostile("the same in json", format!("{{{}\"a\":1}}", fill("\"name\": 1,")).as_bytes(), "duplicate_key");
    hostile("a long key", format!("{}: 1\n", "k".repeat(900)).as_bytes(), "unknown_field");
    hostile("a longer key", format!("{{\"{}\": 1}}", fill("k")).as_bytes(), "unknown_field");
    hostile("a long number", format!("key: {}\n", fill("9")).as_bytes(), "out_of_range");
    hostile("a long comment", format!("#{}", fill("#")).as_bytes(), "missing_field");
    hostile("blank lines", fill("\n").as_bytes(), "missing_field");
    hostile("blanks", format!("key:{}", fill(" ")).as_bytes(), "missing_field");
    hostile("a long text", format!("key: \"{}\"", fill("x\n ")).as_bytes(), "too_long");
    hostile("a long block", format!("key: |\n{}", fill(" x\n")).as_bytes(), "too_long");
    hostile("directives", fill("%YAML 1.2\n").as_bytes(), "syntax");
    hostile("tags", fill("!a ").as_bytes(), "too_big");
    hostile("documents", fill("---\n").as_bytes(), "syntax");
    let tags = (0..150_000).map(|n| format!("t{n}")).collect::<Vec<_>>().join(", ");
    let start = Instant::now();
    let many = stage(&format!("    on_entry: [{{key: x, do: [{{add_account_tags: [{tags}]}}]}}]\n"));
    assert!(read_pipeline(many.as_bytes()).is_ok());
    // Not by the square of its length: that would take minutes, also where others keep the machine busy.
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn s12_2_alias_bombs_and_circles_are_refused() {
    let mut bomb = "a0: &a0 [lol, lol, lol]\n".to_owned();
    for level in 1..40 {
        let before = level - 1;
        bomb += &format!("a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n");
    }
    hostile("billion laughs", bomb.as_bytes(), "alias");
    hostile("a circle", b"key: &a [*a]\nname: &b {b: *b}\n", "alias");
    let many: String = (0..200_000).map(|n| format!("- &a{n} x\n")).collect();
    hostile("many anchors", many.as_bytes(), "alias");
    hostile("a merge", b"base: &b {x: 1}\n<<: *b\n", "alias");
}

#[test]
fn s12_2_invalid_utf8_is_refused_with_its_line() {
    let found = problems(read_pipeline(b"key: p\nname: \"\xff\xfe\"\n"));
    assert_eq!((found[0].code, found[0].line), ("syntax", Some(2)));
    assert!(found[0].message.contains("byte 14"));
    hostile("utf-16", b"\xff\xfek\0e\0y\0", "syntax");
    hostile("a null byte", b"key: a\0b\n", "syntax");
    hostile("half a surrogate", br#"{"key": "\ud800"}"#, "syntax");
    hostile("infinity", b"key: 1e999\nname: .inf\n", "out_of_range");
}

#[test]
fn s12_2_other_documents_are_read_the_same_way() {
    let text = "task:\n  key: call\n  title: Call\n  due: 2 days after creation\n";
    let template: Template = read("template", text.as_bytes()).expect("good");
    assert_eq!(read::<Template>("template", to_yaml(&template).as_bytes()).expect("again"), template);
    assert_eq!(read::<Template>("template", to_json(&template).as_bytes()).expect("again"), template);

    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let good = format!("{{\"move_job\": {{\"job\": \"{id}\", \"to\": \"review\", \"override\": true}}}}");
    assert!(matches!(read::<Command>("command", good.as_bytes()), Ok(Command::MoveJob(m)) if m.override_rules));
    let wrong = "bulk:\n  commands:\n  - move_job: {job: x, too: review}\n  - archive_jop: {job: y}\n";
    let paths: Vec<String> =
        problems(read::<Command>("command", wrong.as_bytes())).into_iter().map(|problem| problem.path).collect();
    assert_eq!(
        paths,
        ["bulk.commands[0].move_job.job", "bulk.commands[0].move_job.too", "bulk.commands[1].archive_jop"]
    );

    // What the schema cannot say is still found with its place.
    let wrong = format!("edit_job:\n  job: {id}\n  changes:\n    dates:\n      dew: clear\n");
    let found = problems(read::<Command>("command", wrong.as_bytes()));
    assert_eq!((found[0].path.as_str(), found[0].line), ("edit_job.changes.dates.dew", Some(5)));
    let wrong = "save_firm:\n  name: F\n  working_days: [Mon, Tuesdy]\n";
    let found = problems(read::<Command>("command", wrong.as_bytes()));
    assert_eq!((found[0].path.as_str(), found[0].line), ("save_firm.working_days[1]", Some(3)));
}

#[test]
fn s12_2_no_answer_lists_more_problems_than_the_limit() {
    let stages: String = (0..PROBLEMS * 2).map(|n| format!("- {{key: s{n}, colour: red}}\n")).collect();
    let found = places(&format!("key: p\nname: P\nstages:\n{stages}"));
    assert_eq!(found.len(), PROBLEMS);
    assert_eq!(found[0].0, "stages[0].colour");
}

#[test]
fn s2_1_names_of_fields_may_be_anything() {
    let text = "key: p\nname: P\nstages: [{key: a}]\njob_defaults:\n  fields:\n    2026: true\n    \"a.b c\": {}\n";
    assert_eq!(only(text).path, "job_defaults.fields[\"a.b c\"]");
    let padded = "key: p\nname: P\nstages: [{key: a}]\njob_defaults: {fields: {\" a\": 1}}\n";
    assert_eq!(only(padded).path, "job_defaults.fields[\" a\"]");
    let pipeline: PipelineDefinition =
        read("pipeline", text.replace("{}", "[x]").as_bytes()).expect("good with a list of texts");
    assert_eq!(pipeline.job_defaults.expect("defaults").fields["2026"], FieldValue::Flag(true));
    assert!(schema("pipeline").expect("published")["properties"]["job_defaults"].is_object());
}

#[test]
fn s9_3_a_day_of_the_month_is_a_number_or_a_word() {
    let series = |day: &str| {
        let text = format!(
            r#"{{"create_series": {{"name": "Books", "makes": {{"job": {{"pipeline": "p"}}}},
            "schedule": {{"preset": {{"monthly": {{"day": {day}}}}}, "start": "2026-01-10"}}}}}}"#
        );
        read::<Command>("command", text.as_bytes())
    };
    assert!(series("10").is_ok() && series("\"last\"").is_ok());
    let why = |day: &str| series(day).expect_err("refused").to_string();
    assert!(why("32").contains("from 1 to 31"), "{}", why("32"));
    assert!(why("\"first\"").contains("`last`"), "{}", why("\"first\""));
    assert!(why("true").contains("expected a text"), "{}", why("true"));
}
