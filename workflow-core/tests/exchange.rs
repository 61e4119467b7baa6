//! What goes between a host and the engine as documents: requests, receipts, outcomes, errors.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::document::{check, read, read_many, schema_names, write};
use workflow_core::engine::{Delivered, Deliveries, Engine, ManualClock, Notifier, Outcome, Receipt, Results};
use workflow_core::error::{Error, ErrorKind, Problem, Rejection, StoreError};
use workflow_core::event::AccountRecord;
use workflow_core::limits::{BULK, DOCUMENT_BYTES, PROBLEMS};
use workflow_core::model::{FirmSettings, Member, Notification};
use workflow_core::query::Inquiry;
use workflow_core::store::memory::MemoryStore;

const FIRM: &str = "0190a5d0-0000-7000-8000-000000000001";
const JANE: &str = "0190a5d0-0000-7000-8000-0000000000aa";
const JOB: &str = "0190a5d0-0000-7000-8000-0000000000bb";

fn request(command: Value) -> String {
    json!({ "firm": FIRM, "actor": { "system": "host" }, "command": command }).to_string()
}

struct House {
    engine: Engine,
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
}

impl House {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
        let house = Self { engine: Engine::with_clock(Arc::clone(&store) as _, Arc::clone(&clock) as _), clock, store };
        for command in [
            json!({ "save_firm": { "name": "Ledger & Sons" } }),
            json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P", "stages": [
                { "key": "a", "time_limit": "2 days",
                  "on_entry": [{ "key": "ask", "do": [{ "request": { "kind": "email", "title": "Hello" } }] }] },
                { "key": "b" }] } } }),
            json!({ "save_account": { "id": JANE, "name": "Jane" } }),
            json!({ "create_job": { "id": JOB, "account": JANE, "pipeline": "p" } }),
        ] {
            house.give(command).expect("set up");
        }
        house
    }

    fn give(&self, command: Value) -> Result<Outcome, Error> {
        self.engine.execute(&read::<Request>("request", request(command).as_bytes())?)
    }
}

/// As JSON, after holding it against its schema.
#[track_caller]
fn written(name: &str, document: &impl serde::Serialize) -> Value {
    let mut bytes = Vec::new();
    write(document, &mut bytes);
    assert_eq!(bytes, serde_json::to_vec(document).expect("JSON"), "{name}");
    check(name, &bytes).unwrap_or_else(|why| panic!("{name}: {why}\n{}", String::from_utf8_lossy(&bytes)));
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn s6_7_an_outcome_tells_what_happened_and_where() {
    let house = House::new();
    let outcome = house.give(json!({ "move_job": { "job": JOB, "to": "b" } })).expect("moved");
    let told = written("outcome", &outcome);
    assert_eq!((&told["job"], told["replayed"].as_bool()), (&json!(JOB), Some(false)));
    assert_eq!(told["revision"], outcome.revision());
    assert_eq!(told["position"], outcome.position.expect("a position").0);
    assert_eq!(told["entries"].as_array().expect("entries").len(), 1);
    assert_eq!(told["entries"][0]["events"][0]["event"]["job_moved"]["to"], "b");
    let again = house.give(json!({ "tag_job": { "job": JOB, "add": [] } })).expect("nothing to do");
    let told = written("outcome", &again);
    assert!(told["unchanged"].is_string() && told.get("position").is_none(), "{told}");
}

#[test]
fn s6_7_a_bulk_tells_what_became_of_each() {
    let house = House::new();
    let nobody = "0190a5d0-0000-7000-8000-0000000000ff";
    let outcome = house.give(json!({ "bulk": { "commands": [
        { "move_job": { "job": JOB, "to": "b" } }, { "move_job": { "job": nobody, "to": "b" } } ] } }));
    let told = written("outcome", &outcome.expect("a bulk"));
    assert_eq!(told["each"][0]["outcome"]["job"], JOB);
    assert_eq!((&told["each"][1]["error"]["code"], &told["each"][1]["error"]["what"]), (&json!(102), &json!("job")));
    let lines = [json!({ "comment_job": { "job": JOB, "text": "hello" } }), json!({ "delete_job": { "job": nobody } })];
    let lines = lines.map(request).join("\n");
    let requests = read_many::<Request>("request", lines.as_bytes()).expect("two");
    let told = written("results", &Results(&house.engine.execute_many(&requests)));
    assert!(told[0]["outcome"]["revision"].as_u64() > Some(1) && told[1]["error"]["kind"] == "not_found", "{told}");
}

#[test]
fn s10_1_a_receipt_survives_as_a_text_in_another_process() {
    let house = House::new();
    let delivery = house.engine.claim_notifications(None, TimeDelta::minutes(5), 9).expect("claimed").remove(0);
    let told = written("delivery", &delivery);
    assert_eq!(told["notification"]["intent"]["request_item"]["title"], "Hello");
    let mut kept = Vec::new();
    write(&delivery.receipt, &mut kept);
    check("receipt", &kept).expect("a receipt");
    // Another engine stands for another process: nothing but the store and the text is shared.
    let other = Engine::with_clock(Arc::clone(&house.store) as _, Arc::clone(&house.clock) as _);
    let receipt: Receipt = read("receipt", &kept).expect("the same");
    assert_eq!(receipt, delivery.receipt);
    assert!(other.acknowledge(&receipt).expect("acknowledged"));
    assert!(!other.acknowledge(&receipt).expect("settled already"));
}

#[test]
fn s10_1_a_receipt_of_an_older_lease_settles_nothing_however_it_was_kept() {
    let house = House::new();
    let first = house.engine.claim_notifications(None, TimeDelta::minutes(1), 9).expect("claimed").remove(0);
    house.clock.advance(TimeDelta::minutes(2));
    let second = house.engine.claim_notifications(None, TimeDelta::minutes(1), 9).expect("claimed").remove(0);
    let kept = written("receipt", &first.receipt).to_string();
    let receipt: Receipt = read("receipt", kept.as_bytes()).expect("a receipt");
    assert!(!house.engine.acknowledge(&receipt).expect("answered"));
    assert!(house.engine.acknowledge(&second.receipt).expect("answered"));
}

#[test]
fn s10_1_deliveries_and_notifications_are_documents() {
    struct Failing;
    impl Notifier for Failing {
        fn deliver(&self, notification: &Notification) -> Delivered {
            written("notification", notification);
            Delivered::Reject { why: "no such address".into() }
        }
    }
    let house = House::new();
    let sum = house.engine.deliver(&Failing, 10).expect("delivered");
    assert_eq!(sum, Deliveries { delivered: 0, retried: 0, rejected: 1 });
    assert_eq!(written("deliveries", &sum), json!({ "delivered": 0, "retried": 0, "rejected": 1 }));
}

#[test]
fn s5_8_a_tick_tells_what_it_did() {
    let house = House::new();
    let idle = house.engine.tick(house.engine.now(), 10).expect("a tick");
    let told = written("ticked", &idle);
    assert!(told["outcomes"].as_array().is_some_and(Vec::is_empty) && told["next"].is_string(), "{told}");
    let later = house.engine.now() + TimeDelta::days(30);
    let told = written("ticked", &house.engine.tick(later, 10).expect("a tick"));
    assert_eq!(told["outcomes"][0]["job"], JOB);
}

/// One of every kind of error, and of every sort of rejection.
fn errors() -> Vec<Error> {
    let rejections = [
        Rejection::not_found("job", "x"),
        Rejection::Exists { what: "account", name: "x".into() },
        Rejection::invalid("due", "it is not"),
        Rejection::Document(vec![Problem::error("a.b", "unknown_field", "no").at_line(Some(3))]),
        Rejection::Forbidden("not yours".into()),
        Rejection::refused("wip_limit", "it is full"),
        Rejection::Cycle(vec!["a".into(), "b".into()]),
        Rejection::StagesHoldJobs(vec![("a".parse().expect("a key"), 3)]),
        Rejection::Limit { limit: "PAGE", max: 1_000, actual: 1_001, what: "the number of rows".into() },
        Rejection::KeyReused("k".parse().expect("a key")),
    ];
    let kinds = [
        ErrorKind::Conflict,
        ErrorKind::Busy,
        ErrorKind::Unavailable,
        ErrorKind::Corrupt,
        ErrorKind::NewerVersion,
        ErrorKind::NotAStore,
        ErrorKind::Unsupported,
        ErrorKind::Ambiguous,
    ];
    let disk = || std::io::Error::other(std::io::Error::other("no space left"));
    let failures = kinds.map(|kind| StoreError::new(kind, "it failed").caused_by(disk()).into());
    rejections.map(Error::from).into_iter().chain(failures).collect()
}

#[test]
fn s12_1_every_error_is_a_document() {
    let errors = errors();
    let mut kinds = std::collections::BTreeSet::new();
    for error in &errors {
        let told = written("error", &error.report());
        assert_eq!(told["code"], error.kind().code());
        assert_eq!(told["retryable"], error.retryable());
        assert_eq!(told["message"], error.to_string());
        kinds.insert(told["kind"].as_str().expect("a word").to_owned());
    }
    assert_eq!(kinds.len(), 17);
    let told: Vec<Value> = errors.iter().map(|error| written("error", &error.report())).collect();
    assert_eq!(
        told[3]["problems"][0],
        json!({ "path": "a.b", "line": 3, "severity": "error", "code": "unknown_field", "message": "no" })
    );
    assert_eq!((&told[5]["rule"], &told[7]["rule"]), (&json!("wip_limit"), &json!("stages_hold_jobs")));
    assert_eq!(told[7]["stages"], json!([{ "stage": "a", "jobs": 3 }]));
    assert_eq!(
        told[8]["limit"],
        json!({ "name": "PAGE", "max": 1000, "actual": 1001, "counts": "the number of rows" })
    );
    assert_eq!(told[6]["cycle"], json!(["a", "b"]));
    assert_eq!(told[9]["key"], "k");
    assert_eq!(told[10]["causes"], json!(["no space left"]));
}

/// What machines write, in their own order and spacing, is read for what serde reads it for.
#[test]
fn s12_2_a_document_is_read_for_the_same_value_as_by_serde() {
    let spaced = format!(
        "\n{{ \"command\" : {{\"edit_job\": {{\"changes\": {{\"fields\": {{\"fee\": {{\"to\": 2.5}}, \"n\": {{\"to\": -7}}, \"name\": {{\"to\": \"J\\u00f6rg \\ud83d\\ude00\"}}}}}}, \"job\": \"{JOB}\"}}}},\r\n\t\"actor\": \"automation\", \"firm\": \"{}\", \"key\": null }}\n",
        FIRM.to_uppercase()
    );
    let plain = [
        spaced,
        request(json!({ "move_job": { "job": JOB, "to": "b" } })),
        request(json!({ "set_account_field": { "account": JANE, "field": "f", "value": 18446744073709551615u64 } })),
        request(json!({ "signal_job": { "job": JOB, "name": "s", "payload": { "a": [1, null, -2.5e-3, {}] } } })),
        request(json!({ "set_task_dates": { "task": JOB, "due": "2026-04-15" } })),
    ];
    for text in plain {
        let with_serde: Request = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read::<Request>("request", text.as_bytes()).unwrap_or_else(|why| panic!("{why}")), with_serde);
    }
}

/// What serde alone would take, or take for something else.
#[test]
fn s12_2_what_serde_lets_pass_is_refused_all_the_same() {
    let around = |command: &str| format!(r#"{{"firm": "{FIRM}", "actor": "automation", "command": {command}}}"#);
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let many = format!("[{}0]", "0,".repeat(210_000));
    for (text, code) in [
        (around(&format!(r#"{{"tag_job": {{"job": "{JOB}", "add": ["a", "a"]}}}}"#)), "invalid"),
        (around(&format!(r#"{{"tag_job": ["{JOB}", ["a"]]}}"#)), "wrong_type"),
        (
            around(&format!(r#"{{"edit_job": {{"job": "{JOB}", "changes": {{"fields": {{"a": 1, "a": 2}}}}}}}}"#)),
            "duplicate_key",
        ),
        (
            around(&format!(r#"{{"signal_job": {{"job": "{JOB}", "name": "s", "payload": {{"a": 1, "a": 2}}}}}}"#)),
            "duplicate_key",
        ),
        (around(&format!(r#"{{"signal_job": {{"job": "{JOB}", "name": "s", "payload": {deep}}}}}"#)), "too_deep"),
        (around(&format!(r#"{{"signal_job": {{"job": "{JOB}", "name": "s", "payload": {many}}}}}"#)), "too_big"),
        (around(&format!(r#"{{"set_task_dates": {{"task": "{JOB}", "due": "2026-4-15"}}}}"#)), "invalid"),
        (
            format!(
                r#"{{"firm": "{FIRM}", "actor": {{"automation": null}}, "command": {{"delete_job": {{"job": "{JOB}"}}}}}}"#
            ),
            "wrong_type",
        ),
        (format!(r#"["{FIRM}", "automation", null, {{"delete_job": {{"job": "{JOB}"}}}}]"#), "wrong_type"),
        (around(&format!(r#"{{"delete_job": {{"job": "{JOB}", "job": "{JOB}"}}}}"#)), "duplicate_key"),
        (around(&format!(r#"{{"delete_job": {{"job": "{JOB}"}}}} x"#)), "syntax"),
        (around(&format!(r#"{{"delete_job": {{"job": "{JOB}"}}, "delete_task": {{"task": "{JOB}"}}}}"#)), "invalid"),
    ] {
        let Err(Rejection::Document(problems)) = read::<Request>("request", text.as_bytes()) else {
            panic!("read: {}", &text[..text.len().min(200)]);
        };
        assert!(problems.iter().any(|problem| problem.code == code), "{code}: {problems:?}");
    }
}

#[test]
fn s12_2_wrong_inquiries_and_receipts_say_where_and_what() {
    let inquiry = |question: Value| {
        let text = json!({ "firm": FIRM, "actor": { "system": "s" }, "question": question }).to_string();
        read::<Inquiry>("inquiry", text.as_bytes()).expect_err("refused").to_string()
    };
    assert!(inquiry(json!({ "jobz": {} })).contains("did you mean `jobs`?"));
    assert!(inquiry(json!({ "jobs": { "page": { "limmit": 3 } } })).contains("question.jobs.page.limmit"));
    assert!(
        inquiry(json!({ "jobs": { "page": { "after": "zz" } } })).contains("it is not a cursor that a query answered")
    );
    assert!(inquiry(json!({ "jobs": { "page": { "limit": -1 } } })).contains("question.jobs.page.limit"));
    assert!(inquiry(json!({ "board": {} })).contains("`pipeline` is missing"));
    assert!(inquiry(json!("board")).contains("`board` needs a value"));
    assert!(inquiry(json!({ "today": {} })).contains("`today` takes no value"));
    let receipt = read::<Receipt>("receipt", br#"{"firm": "x", "generation": 1.5}"#).expect_err("refused");
    let Rejection::Document(problems) = receipt else { panic!("not of a document") };
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["firm", "generation", "notification", "attempts"]);
}

#[test]
fn s12_2_what_a_firm_sets_up_is_read_strictly_too() {
    read::<FirmSettings>("settings", br#"{"name": "Ledger & Sons", "time_zone": "America/New_York"}"#)
        .expect("settings");
    read::<Member>("member", format!(r#"{{"id": "{JANE}", "name": "Ann"}}"#).as_bytes()).expect("a member");
    read::<AccountRecord>("account", format!(r#"{{"id": "{JANE}", "name": "Jane"}}"#).as_bytes()).expect("an account");
    read::<Notification>("notification", b"{}").expect_err("not one");
    let why = read::<FirmSettings>("settings", br#"{"nam": "Ledger & Sons"}"#).expect_err("refused");
    assert!(why.to_string().contains("did you mean `name`?"));
}

#[test]
fn s6_8_many_requests_are_read_from_an_array_from_lines_and_from_yaml() {
    let one = request(json!({ "delete_job": { "job": JOB } }));
    let yaml = format!("- firm: {FIRM}\n  actor: {{system: host}}\n  command: {{delete_job: {{job: {JOB}}}}}\n");
    let expected: Request = read("request", one.as_bytes()).expect("a request");
    for text in [
        format!("[{one},{one}]"),
        format!("{one}\n{one}"),
        format!("\u{feff}\n{one}\r\n\n  {one}\n"),
        format!(" [ {one}\n, {one} ] "),
        format!("{yaml}{yaml}"),
    ] {
        let read = read_many::<Request>("request", text.as_bytes()).unwrap_or_else(|why| panic!("{why}\n{text}"));
        assert_eq!(read, [expected.clone(), expected.clone()]);
    }
    assert_eq!(read_many::<Request>("request", b"[]").expect("none"), []);
}

#[test]
fn s12_2_problems_of_many_requests_name_the_request() {
    let good = request(json!({ "delete_job": { "job": JOB } }));
    let bad = good.replace("delete_job", "delete_jbo");
    let refused = |text: String| match read_many::<Request>("request", text.as_bytes()) {
        Err(Rejection::Document(problems)) => problems,
        other => panic!("not refused: {other:?}"),
    };
    let problems = refused(format!("[{good},\n{bad}]"));
    assert_eq!((&*problems[0].path, problems[0].line), ("[1].command.delete_jbo", Some(2)));
    let problems = refused(format!("{good}\n\n{bad}\n{good}\nnothing"));
    assert_eq!((&*problems[0].path, problems[0].line), ("[1].command.delete_jbo", Some(3)));
    assert_eq!((&*problems[1].path, problems[1].line, problems[1].code), ("[3]", Some(5), "syntax"));
    assert!(refused(format!("{bad}\n").repeat(300)).len() <= PROBLEMS);
    assert_eq!(refused(String::new())[0].code, "missing_field");
    assert_eq!(refused("{".to_owned())[0].code, "syntax");
    let long = format!("[{}]", vec![good.as_str(); DOCUMENT_BYTES / good.len() + 1].join(","));
    assert_eq!(refused(long)[0].code, "too_big");
}

#[test]
fn s12_2_no_more_lines_are_read_than_a_bulk_may_have() {
    let line = json!({ "delete_job": { "job": JOB } }).to_string() + "\n";
    let read = read_many::<Command>("command", line.repeat(BULK).as_bytes()).expect("as many as there may be");
    assert_eq!(read.len(), BULK);
    let refused = read_many::<Command>("command", line.repeat(BULK + 1).as_bytes()).expect_err("one too many");
    assert_eq!(refused.kind(), ErrorKind::Limit);
}

#[test]
fn s12_2_a_document_is_checked_by_the_name_of_its_schema() {
    assert_eq!(schema_names().count(), 22);
    assert_eq!(check("nothing", b"{}").expect_err("no schema").kind(), ErrorKind::NotFound);
    assert_eq!(check("error", b"{\"code\": 1}").expect_err("half an error").kind(), ErrorKind::Document);
}
