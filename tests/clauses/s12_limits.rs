//! Limits that refuse: each names itself, its value and what was found, and changes nothing.

use serde_json::{Value, json};
use workflow_core::command::{BulkMode, Command, MoveJob, Request};
use workflow_core::document;
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::Actor;
use workflow_core::id::{ItemId, JobId, TaskId};
use workflow_core::limits;
use workflow_core::model::{AttentionReason, ItemProgress, TaskState, Visit};
use workflow_core::query::{CalendarQuery, Interval, JobQuery, MeasuresQuery, PageRequest};
use workflow_core::store::{Batch, DocId, Document, LogBy, LogScan, Put, Transact};

use crate::kit::{Office, account, command, firm, key, member, plain, set_task};

/// Limits whose excess is refused, proved here.
const REFUSED: &[&str] = &[
    "KEY_BYTES",
    "NAME_BYTES",
    "TEXT_BYTES",
    "DOCUMENT_BYTES",
    "DOCUMENT_DEPTH",
    "DOCUMENT_NODES",
    "STAGES",
    "AUTOMATIONS",
    "ACTIONS",
    "WAIT_DEPTH",
    "RECURRENCE_RULE_BYTES",
    "RECURRENCE_COUNT",
    "RECURRENCE_DATES",
    "RECURRENCE_TIMES",
    "DATE_OFFSET",
    "DATE_BYTES",
    "DATE_DEPTH",
    "STATUSES",
    "CONDITION_DEPTH",
    "CONDITION_NODES",
    "TAGS",
    "FIELDS",
    "FIELD_LIST",
    "ROLE_HOLDERS",
    "SETTINGS",
    "CALENDARS",
    "HOLIDAY_RULES",
    "HOLIDAY_FIRST_YEAR",
    "HOLIDAY_LAST_YEAR",
    "HOURS_SPANS",
    "ICS_LINES",
    "ICS_DAYS",
    "ASSIGNEES",
    "CHECKLIST",
    "JOB_TASKS",
    "JOB_ITEMS",
    "ITEM_JOBS",
    "PREREQUISITES",
    "AWAITED_BY",
    "ITEM_STATUSES",
    "DEPENDENCY_WALK",
    "VISITS",
    "BULK",
    "LOAD_ROUNDS",
    "PAGE",
    "CALENDAR_DAYS",
    "MEASURED_DAYS",
    "EXPLAINED",
    "HISTORY_ENTRIES",
    "UNDO_ENTRIES",
    "TEMPLATE_FUEL",
    "PAYLOAD_BYTES",
    "PAYLOAD_DEPTH",
    "SERIES_ACCOUNTS",
    "SERIES_EXCEPTIONS",
    "SERIES_UPCOMING",
    "EXPORT_LINE_BYTES",
    "EXPORT_COMMIT_BYTES",
    "EXPORT_ROWS",
    "RUNNER_WORKERS",
];

#[test]
fn s12_1_every_limit_has_a_test() {
    let listed: Vec<&str> = limits::TABLE.iter().map(|(name, _, _)| *name).collect();
    let mut tested: Vec<&str> = REFUSED.iter().chain(crate::s12_bounds::BOUNDED).copied().collect();
    let (mut expected, before) = (listed.clone(), tested.len());
    expected.sort_unstable();
    tested.sort_unstable();
    tested.dedup();
    assert_eq!(tested, expected);
    assert_eq!(before, tested.len(), "each is in one place");
    for (name, value, meaning) in limits::TABLE {
        assert!(*value > 0 && meaning.len() > 10, "{name}");
    }
}

fn value_of(limit: &str) -> u64 {
    limits::TABLE.iter().find(|(name, _, _)| *name == limit).map(|(_, value, _)| *value).expect("a limit")
}

fn log_length(office: &Office) -> usize {
    office.store.log(firm(), &LogScan::new(LogBy::Firm, 100_000)).expect("a log").len()
}

/// What a command can be about.
struct Ids {
    job: JobId,
    task: TaskId,
    item: ItemId,
}

/// Many different words.
fn words(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("w{number}")).collect()
}

fn fields(count: usize) -> Value {
    words(count).into_iter().map(|word| (word, json!(1))).collect::<serde_json::Map<_, _>>().into()
}

fn edit(ids: &Ids, changes: Value) -> Value {
    json!({ "edit_job": { "job": ids.job, "changes": changes } })
}

/// Of each: the limit, what is counted, and a command that has so many of it.
type Case = (&'static str, &'static str, fn(&Ids, usize) -> Value);

const COMMANDS: &[Case] = &[
    ("NAME_BYTES", "job name", |ids, n| edit(ids, json!({ "name": "x".repeat(n) }))),
    (
        "NAME_BYTES",
        "task title",
        |ids, n| json!({ "edit_task": { "task": ids.task, "changes": { "title": "x".repeat(n) } } }),
    ),
    (
        "NAME_BYTES",
        "item title",
        |ids, n| json!({ "create_item": { "job": ids.job, "kind": "chat", "title": "x".repeat(n) } }),
    ),
    (
        "NAME_BYTES",
        "checklist step",
        |ids, n| json!({ "set_checklist": { "task": ids.task, "steps": ["x".repeat(n)] } }),
    ),
    (
        "NAME_BYTES",
        "member name",
        |_, n| json!({ "save_member": { "id": member(3), "name": "x".repeat(n), "admin": false, "active": true } }),
    ),
    (
        "NAME_BYTES",
        "member email",
        |_, n| json!({ "save_member": { "id": member(3), "name": "Cy", "email": "x".repeat(n), "admin": false, "active": true } }),
    ),
    ("NAME_BYTES", "account name", |_, n| json!({ "save_account": { "id": account(1), "name": "x".repeat(n) } })),
    ("NAME_BYTES", "relation", |_, n| {
        json!({ "save_account": { "id": account(1), "name": "A",
            "linked": [{ "relation": "x".repeat(n), "account": account(1) }] } })
    }),
    ("NAME_BYTES", "firm name", |_, n| json!({ "save_firm": { "name": "x".repeat(n) } })),
    ("TEXT_BYTES", "job description", |ids, n| edit(ids, json!({ "description": { "to": "x".repeat(n) } }))),
    ("TEXT_BYTES", "client-facing status", |ids, n| edit(ids, json!({ "client_status": { "to": "x".repeat(n) } }))),
    (
        "TEXT_BYTES",
        "description of a new job",
        |_, n| json!({ "create_job": { "account": account(1), "pipeline": "p", "description": "x".repeat(n) } }),
    ),
    ("TEXT_BYTES", "job field", |ids, n| edit(ids, json!({ "fields": { "f": { "to": "x".repeat(n) } } }))),
    ("TEXT_BYTES", "text of a list field", |ids, n| edit(ids, json!({ "fields": { "f": { "to": ["x".repeat(n)] } } }))),
    (
        "TEXT_BYTES",
        "account field",
        |_, n| json!({ "set_account_field": { "account": account(1), "field": "f", "value": "x".repeat(n) } }),
    ),
    ("TEXT_BYTES", "comment", |ids, n| json!({ "comment_job": { "job": ids.job, "text": "x".repeat(n) } })),
    (
        "TEXT_BYTES",
        "task description",
        |ids, n| json!({ "edit_task": { "task": ids.task, "changes": { "description": "x".repeat(n) } } }),
    ),
    (
        "TEXT_BYTES",
        "why a notification is refused",
        |ids, n| json!({ "reject_notification": { "job": ids.job, "notification": ids.item, "why": "x".repeat(n) } }),
    ),
    ("TAGS", "job tags", |ids, n| json!({ "tag_job": { "job": ids.job, "add": words(n) } })),
    (
        "TAGS",
        "tags of a new job",
        |_, n| json!({ "create_job": { "account": account(1), "pipeline": "p", "tags": words(n) } }),
    ),
    ("TAGS", "account tags", |_, n| json!({ "tag_account": { "account": account(1), "add": words(n) } })),
    ("TAGS", "task tags", |ids, n| json!({ "edit_task": { "task": ids.task, "changes": { "tags": words(n) } } })),
    (
        "FIELDS",
        "account fields",
        |_, n| json!({ "save_account": { "id": account(1), "name": "A", "fields": fields(n) } }),
    ),
    (
        "FIELDS",
        "fields of a new job",
        |_, n| json!({ "create_job": { "account": account(1), "pipeline": "p", "fields": fields(n) } }),
    ),
    ("FIELDS", "job fields", |ids, n| {
        let set = words(n).into_iter().map(|word| (word, json!({ "to": 1 }))).collect::<serde_json::Map<_, _>>();
        edit(ids, json!({ "fields": set }))
    }),
    ("FIELD_LIST", "texts of a job field", |ids, n| edit(ids, json!({ "fields": { "f": { "to": words(n) } } }))),
    (
        "FIELD_LIST",
        "texts of an account field",
        |_, n| json!({ "set_account_field": { "account": account(1), "field": "f", "value": words(n) } }),
    ),
    ("ROLE_HOLDERS", "roles", |_, n| {
        let roles = words(n).into_iter().map(|word| (word, json!([member(1)]))).collect::<serde_json::Map<_, _>>();
        json!({ "save_account": { "id": account(1), "name": "A", "roles": roles } })
    }),
    ("ROLE_HOLDERS", "holders", |_, n| {
        let holders: Vec<_> = (1..=n as u128).map(member).collect();
        json!({ "save_account": { "id": account(1), "name": "A", "roles": { "preparer": holders } } })
    }),
    ("ROLE_HOLDERS", "linked accounts", |_, n| {
        let linked: Vec<_> = (0..n as u128).map(|n| json!({ "relation": "kin", "account": account(n) })).collect();
        json!({ "save_account": { "id": account(1), "name": "A", "linked": linked } })
    }),
    ("SETTINGS", "roles", |_, n| json!({ "save_firm": { "name": "F", "roles": words(n) } })),
    ("SETTINGS", "holidays of a calendar", |_, n| {
        let first = chrono::NaiveDate::default();
        let days: Vec<_> = first.iter_days().take(n).collect();
        json!({ "save_firm": { "name": "F", "calendars": { "c": { "holidays": days } } } })
    }),
    ("CALENDARS", "calendars", |_, n| {
        let calendars: serde_json::Map<_, _> = words(n).into_iter().map(|word| (word, json!({}))).collect();
        json!({ "save_firm": { "name": "F", "calendars": calendars } })
    }),
    ("CALENDARS", "sets of holidays", |_, n| {
        let sets: serde_json::Map<_, _> = words(n).into_iter().map(|word| (word, json!({ "holidays": [] }))).collect();
        json!({ "save_firm": { "name": "F", "own_holiday_sets": sets } })
    }),
    ("HOLIDAY_RULES", "holidays by rules", |_, n| {
        // Those of all sets and calendars count together.
        let rule = |word: String| json!({ "name": word, "on": { "fixed": { "month": 1, "day": 1 } } });
        let rules: Vec<_> = words(n - 1).into_iter().map(rule).collect();
        json!({ "save_firm": { "name": "F", "own_holiday_sets": { "s": { "holidays": rules } },
            "calendars": { "c": { "rules": [rule("last".into())] } } } })
    }),
    ("SETTINGS", "folder templates", |_, n| json!({ "save_firm": { "name": "F", "folder_templates": words(n) } })),
    (
        "SETTINGS",
        "host templates",
        |_, n| json!({ "save_firm": { "name": "F", "host_templates": { "email": words(n) } } }),
    ),
    (
        "SETTINGS",
        "statuses of a kind",
        |_, n| json!({ "save_firm": { "name": "F", "item_kinds": { "k": { "actionable": true, "done": words(n) } } } }),
    ),
    ("ASSIGNEES", "of a job", |ids, n| {
        let members: Vec<_> = (1..=n as u128).map(member).collect();
        json!({ "assign_job": { "job": ids.job, "mode": "replace", "who": { "members": members } } })
    }),
    ("ASSIGNEES", "of a task", |ids, n| {
        let members: Vec<_> = (1..=n as u128).map(member).collect();
        json!({ "assign_task": { "task": ids.task, "mode": "replace", "who": { "members": members } } })
    }),
    ("ASSIGNEES", "of a new job", |_, n| {
        let members: Vec<_> = (1..=n as u128).map(member).collect();
        json!({ "create_job": { "account": account(1), "pipeline": "p", "assign": { "members": members } } })
    }),
    ("CHECKLIST", "steps", |ids, n| json!({ "set_checklist": { "task": ids.task, "steps": words(n) } })),
    ("PAYLOAD_BYTES", "of a signal", |ids, n| {
        // With its quotes.
        json!({ "signal_job": { "job": ids.job, "name": "s", "payload": "x".repeat(n - 2) } })
    }),
    (
        "PAYLOAD_DEPTH",
        "of a signal",
        |ids, n| json!({ "signal_job": { "job": ids.job, "name": "s", "payload": wrapped(n) } }),
    ),
];

/// A value with so many lists around it.
fn wrapped(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

fn staffed() -> (Office, Ids) {
    let office = Office::with(plain());
    for number in 4..=limits::ASSIGNEES as u128 + 1 {
        let record = json!({ "id": member(number), "name": format!("M{number}"), "admin": false, "active": true });
        office.give(json!({ "save_member": record }));
    }
    let job = office.job();
    let task = office.new_task(json!({ "job": job, "task": { "key": "t", "title": "T" } }));
    let item = office.new_item(json!({ "job": job, "kind": "organizer", "title": "O" }));
    (office, Ids { job, task, item })
}

#[track_caller]
fn check_limit(rejection: &Rejection, name: &str, found: u64, about: &str) {
    let value = value_of(name);
    match rejection {
        Rejection::Limit { limit, max, actual, .. } => {
            assert_eq!((*limit, *max, *actual), (name, value, found), "{about}");
        }
        other => panic!("{about}: {other}"),
    }
    let words = rejection.to_string();
    assert!(words.contains(&format!("{name} of {value} (it is {found})")), "{about}: {words}");
    assert_eq!((rejection.kind(), rejection.kind().code()), (ErrorKind::Limit, 107));
}

#[test]
fn s12_1_a_command_past_a_limit_names_it_and_changes_nothing() {
    for (limit, about, written) in COMMANDS {
        let (office, ids) = staffed();
        let max = value_of(limit) as usize;
        let before = (log_length(&office), office.get(ids.job), office.get_task(ids.task));
        let rejection = office.refused(command(written(&ids, max + 1)));
        check_limit(&rejection, limit, max as u64 + 1, about);
        let after = (log_length(&office), office.get(ids.job), office.get_task(ids.task));
        assert_eq!(after, before, "{about}");
        // Up to the limit all is well.
        office.run(command(written(&ids, max)));
    }
}

#[test]
fn s12_1_a_full_record_can_still_be_changed() {
    let (office, ids) = staffed();
    let full = fields(limits::FIELDS);
    let set = |count: usize, to: i32| {
        let set = words(count).into_iter().map(|word| (word, json!({ "to": to }))).collect::<serde_json::Map<_, _>>();
        edit(&ids, json!({ "fields": set }))
    };
    office.give(set(limits::FIELDS, 1));
    office.give(set(limits::FIELDS, 2));
    office.give(json!({ "save_account": { "id": account(1), "name": "A", "fields": full } }));
    office.give(json!({ "set_account_field": { "account": account(1), "field": "w0", "value": 2 } }));
    office.give(json!({ "tag_job": { "job": ids.job, "add": words(limits::TAGS) } }));
    office.give(json!({ "tag_job": { "job": ids.job, "add": ["another"], "remove": ["w0"] } }));
    check_limit(&office.refused(command(set(limits::FIELDS + 1, 2))), "FIELDS", 201, "one more");
    let one_more = json!({ "set_account_field": { "account": account(1), "field": "more", "value": 2 } });
    check_limit(&office.refused(command(one_more)), "FIELDS", 201, "one more");
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(json!({ "role_filled": "preparer" }), |inner, _| json!({ "not": inner }))
}

/// A pipeline with so many of what the limit counts.
fn definition(limit: &str, n: usize) -> Value {
    let mut pipeline = plain();
    let automation = |number: usize| json!({ "key": format!("a{number}"), "on": "by_hand", "do": ["archive"] });
    match limit {
        "STAGES" => pipeline["stages"] = words(n).into_iter().map(|word| json!({ "key": word })).collect(),
        "STATUSES" => pipeline["statuses"] = words(n).into_iter().map(|word| json!({ "key": word })).collect(),
        "AUTOMATIONS" => pipeline["automations"] = (0..n).map(automation).collect(),
        "ACTIONS" => {
            let actions: Vec<Value> = (0..n).map(|n| json!({ "signal": { "name": format!("s{n}") } })).collect();
            pipeline["automations"] = json!([{ "key": "a", "on": "by_hand", "do": actions }]);
        }
        "WAIT_DEPTH" => {
            let within = |inner: Value, _| {
                let test = json!({ "role_filled": "preparer" });
                json!({ "wait": { "condition": test, "at_most": "1 day", "otherwise": [inner] } })
            };
            let actions = (0..n).fold(json!("archive"), within);
            pipeline["automations"] = json!([{ "key": "a", "on": "by_hand", "do": [actions] }]);
        }
        "RECURRENCE_DATES" => {
            let days: Vec<_> = chrono::NaiveDate::default().iter_days().take(n).collect();
            let schedule = json!({ "rule": "FREQ=DAILY", "start": "1960-01-01", "except": days });
            pipeline["automations"] = json!([{ "key": "a", "on": { "schedule": schedule }, "do": ["archive"] }]);
        }
        "CONDITION_DEPTH" => pipeline["stages"][1]["when"] = nested(n),
        "CONDITION_NODES" => {
            let tests: Vec<Value> = (1..n).map(|_| json!({ "role_filled": "preparer" })).collect();
            pipeline["stages"][1]["when"] = json!({ "any": tests });
        }
        "NAME_BYTES" => pipeline["stages"][1]["name"] = json!("x".repeat(n)),
        "TEXT_BYTES" => pipeline["description"] = json!("x".repeat(n)),
        "TAGS" => pipeline["job_defaults"] = json!({ "tags": words(n) }),
        "FIELDS" => pipeline["job_defaults"] = json!({ "fields": fields(n) }),
        "FIELD_LIST" => {
            pipeline["stages"][1]["when"] =
                json!({ "field": { "scope": "job", "field": "f", "is": { "one_of": words(n) } } });
        }
        "CHECKLIST" => pipeline["task_templates"] = json!([{ "key": "t", "title": "T", "checklist": words(n) }]),
        "PREREQUISITES" => pipeline["task_templates"] = json!([{ "key": "t", "title": "T", "after": words(n) }]),
        "ROLE_HOLDERS" => pipeline["job_defaults"] = json!({ "assign": { "roles": words(n) } }),
        "ASSIGNEES" => {
            let members: Vec<_> = (1..=n as u128).map(member).collect();
            pipeline["access"] = json!({ "only": { "members": members } });
        }
        "JOB_TASKS" => {
            pipeline["automations"] = json!([{ "key": "a", "on": "by_hand", "do": [{ "create_tasks": words(n) }] }]);
        }
        "PAYLOAD_BYTES" => {
            let signal = json!({ "signal": { "name": "s", "payload": "x".repeat(n - 2) } });
            pipeline["automations"] = json!([{ "key": "a", "on": "by_hand", "do": [signal] }]);
        }
        "PAYLOAD_DEPTH" => {
            let signal = json!({ "signal": { "name": "s", "payload": wrapped(n) } });
            pipeline["automations"] = json!([{ "key": "a", "on": "by_hand", "do": [signal] }]);
        }
        other => panic!("{other}"),
    }
    pipeline
}

#[test]
fn s12_1_a_definition_past_a_limit_names_it_with_its_path_and_is_not_published() {
    for limit in [
        "STAGES",
        "STATUSES",
        "AUTOMATIONS",
        "ACTIONS",
        "WAIT_DEPTH",
        "RECURRENCE_DATES",
        "CONDITION_DEPTH",
        "CONDITION_NODES",
        "NAME_BYTES",
        "TEXT_BYTES",
        "TAGS",
        "FIELDS",
        "FIELD_LIST",
        "CHECKLIST",
        "PREREQUISITES",
        "ROLE_HOLDERS",
        "ASSIGNEES",
        "JOB_TASKS",
        "PAYLOAD_BYTES",
        "PAYLOAD_DEPTH",
    ] {
        let office = Office::new();
        office.save_firm(json!({ "name": "F" }));
        let max = value_of(limit);
        let before = log_length(&office);
        let problems = match office.try_publish(definition(limit, max as usize + 1), json!({})) {
            Err(Error::Rejected(Rejection::Document(problems))) => problems,
            other => panic!("{limit}: {other:?}"),
        };
        let named: Vec<_> = problems.iter().filter(|problem| problem.message.contains(limit)).collect();
        assert_eq!(named.len(), 1, "{limit}: {problems:?}");
        assert!(named[0].message.contains(&format!("{limit} of {max}")), "{}", named[0]);
        if limit != "CONDITION_DEPTH" {
            assert!(named[0].message.contains(&format!("(it is {})", max + 1)), "{}", named[0]);
        }
        assert!(!named[0].path.is_empty());
        assert_eq!(log_length(&office), before);
        // Up to the limit nothing is said of it.
        if let Err(error) = office.try_publish(definition(limit, max as usize), json!({})) {
            assert!(!error.to_string().contains(limit), "{error}");
        }
    }
}

#[test]
fn s12_1_a_recurrence_past_a_limit_is_not_read() {
    let (bytes, count, times) = (limits::RECURRENCE_RULE_BYTES, limits::RECURRENCE_COUNT, limits::RECURRENCE_TIMES);
    let all = |bound: usize| (0..bound).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    for (limit, text, good) in [
        ("RECURRENCE_RULE_BYTES", format!("{}FREQ=DAILY", " ".repeat(bytes)), "FREQ=DAILY".to_owned()),
        ("RECURRENCE_COUNT", format!("FREQ=DAILY;COUNT={}", count + 1), format!("FREQ=DAILY;COUNT={count}")),
        (
            "RECURRENCE_TIMES",
            format!("FREQ=DAILY;BYHOUR={};BYMINUTE={};BYSECOND=0,30", all(24), all(60)),
            format!("FREQ=DAILY;BYHOUR={};BYMINUTE={}", all(24), all(60)),
        ),
    ] {
        let read = |text: &str| {
            let rule = text.parse::<workflow_core::recurrence::Rule>()?;
            workflow_core::recurrence::Recurrence::new(chrono::NaiveDateTime::default(), &rule)
        };
        let error = read(&text).expect_err("past the limit").to_string();
        assert!(error.contains(&format!("{limit} of {}", value_of(limit))), "{error}");
        read(&good).expect("within the limit");
    }
    assert_eq!(times, 24 * 60);
}

#[test]
fn s12_1_a_date_past_a_limit_is_not_read() {
    let (offset, bytes, depth) = (limits::DATE_OFFSET, limits::DATE_BYTES, limits::DATE_DEPTH);
    let deep = |depth: usize| format!("{}due", "1 day after ".repeat(depth - 1));
    let long = |bytes: usize| format!("due{}", " ".repeat(bytes - 3));
    for (limit, text, good) in [
        ("DATE_OFFSET", format!("{} days after due", offset + 1), format!("{offset} days after due")),
        ("DATE_BYTES", long(bytes + 1), long(bytes)),
        ("DATE_DEPTH", deep(depth + 1), deep(depth)),
    ] {
        let document =
            |date: &str| format!("key: p\nname: P\nstages: [{{key: a}}]\njob_defaults: {{start: \"{date}\"}}\n");
        let Err(Rejection::Document(problems)) = document::read_pipeline(document(&text).as_bytes()) else {
            panic!("{limit}")
        };
        assert_eq!(problems.len(), 1, "{limit}");
        let message = &problems[0].message;
        assert!(message.contains(&format!("{limit} of {}", value_of(limit))), "{message}");
        assert_eq!(problems[0].path, "job_defaults.start");
        assert!(document::read_pipeline(document(&good).as_bytes()).is_ok(), "{good}");
    }
}

#[test]
fn s12_1_a_document_past_a_limit_is_not_read() {
    let bytes = limits::DOCUMENT_BYTES;
    let stages = |count: usize| format!("{{\"key\":\"p\",\"name\":\"P\",\"stages\":[{}]}}", vec!["0"; count].join(","));
    let deep = |depth: usize| format!("{{\"key\":{}0{}}}", "[".repeat(depth), "]".repeat(depth));
    for (limit, text) in [
        ("DOCUMENT_BYTES", " ".repeat(bytes + 1)),
        ("DOCUMENT_NODES", stages(limits::DOCUMENT_NODES + 1)),
        ("DOCUMENT_NODES", format!("stages:\n{}", "- 0\n".repeat(limits::DOCUMENT_NODES + 1))),
        ("DOCUMENT_DEPTH", deep(limits::DOCUMENT_DEPTH + 1)),
        ("DOCUMENT_DEPTH", format!("key: {}0{}", "[".repeat(65), "]".repeat(65))),
    ] {
        let Err(Rejection::Document(problems)) = document::read_pipeline(text.as_bytes()) else { panic!("{limit}") };
        assert_eq!(problems.len(), 1, "{limit}");
        let message = &problems[0].message;
        assert!(message.contains(limit) && message.contains(&value_of(limit).to_string()), "{message}");
    }
    // Up to the limit the document is read, and then told what it lacks.
    for text in [" ".repeat(bytes), deep(limits::DOCUMENT_DEPTH - 2)] {
        let error = document::read_pipeline(text.as_bytes()).expect_err("it lacks much").to_string();
        assert!(!error.contains("DOCUMENT_"), "{error}");
    }
}

#[test]
fn s12_1_a_key_past_its_size_names_the_limit() {
    let long = "k".repeat(limits::KEY_BYTES + 1);
    let expected = "KEY_BYTES of 120 (it is 121)";
    let error = long.parse::<workflow_core::id::Tag>().expect_err("too long").to_string();
    assert!(error.contains(expected), "{error}");
    let written = json!({ "tag_job": { "job": JobId(uuid::Uuid::nil()), "add": [long] } });
    let error = serde_json::from_value::<Command>(written.clone()).expect_err("too long").to_string();
    assert!(error.contains(expected), "{error}");
    let error = document::read::<Command>("command", written.to_string().as_bytes()).expect_err("too long").to_string();
    assert!(error.contains("KEY_BYTES") && error.contains("120") && error.contains("121"), "{error}");
    assert!("k".repeat(limits::KEY_BYTES).parse::<workflow_core::id::Tag>().is_ok());
}

#[test]
fn s12_1_shortcodes_that_work_without_end_or_write_too_much_are_stopped() {
    let (office, ids) = staffed();
    let before = office.get(ids.job);
    let repeated = |times: u32, text: &str| {
        let again = |inner: String, n| format!("{{% for v{n} in '1234567890' %}}{inner}{{% endfor %}}");
        (0..times).fold(text.to_owned(), again)
    };
    let (endless, long) = (repeated(6, "x"), repeated(2, &"x".repeat(201)));
    for (source, limit, value) in [(&endless, "TEMPLATE_FUEL", "20000"), (&long, "TEXT_BYTES", "20000")] {
        let rejection = office.refused(command(edit(&ids, json!({ "description": { "to": source } }))));
        let words = rejection.to_string();
        assert!(words.contains(limit) && words.contains(value), "{words}");
    }
    let mut pipeline = plain();
    pipeline["job_defaults"] = json!({ "name": endless });
    let error = office.try_publish(pipeline, json!({})).expect_err("refused at publish too").to_string();
    assert!(error.contains("TEMPLATE_FUEL of 20000"), "{error}");
    assert_eq!(office.get(ids.job), before);
}

fn all_or_nothing(office: &Office, commands: impl Iterator<Item = Value>) {
    let commands = commands.map(command).collect();
    office.run(Command::Bulk { mode: BulkMode::AllOrNothing, commands });
}

#[test]
fn s12_1_a_job_has_so_many_tasks_and_items() {
    let (office, ids) = staffed();
    let task = || json!({ "create_task": { "job": ids.job, "task": { "key": "t", "title": "T" } } });
    let item = || json!({ "create_item": { "job": ids.job, "kind": "note", "title": "N" } });
    all_or_nothing(&office, (1..limits::JOB_TASKS).map(|_| task()));
    all_or_nothing(&office, (1..limits::JOB_ITEMS).map(|_| item()));
    let before = log_length(&office);
    check_limit(&office.refused(command(task())), "JOB_TASKS", 1_001, "a new task");
    check_limit(&office.refused(command(item())), "JOB_ITEMS", 1_001, "a new item");
    assert_eq!(log_length(&office), before);
    // Linking one that is there counts as well.
    let loose = office.new_task(json!({ "account": account(1), "task": { "key": "t", "title": "T" } }));
    let link = json!({ "link_task": { "task": loose, "job": ids.job } });
    check_limit(&office.refused(command(link)), "JOB_TASKS", 1_001, "a task linked");
    let loose = office.new_item(json!({ "account": account(1), "kind": "note", "title": "N" }));
    let link = json!({ "link_item": { "item": { "id": loose }, "job": ids.job } });
    check_limit(&office.refused(command(link)), "JOB_ITEMS", 1_001, "an item linked");
    assert_eq!((office.get(ids.job).tasks.len(), office.get(ids.job).items.len()), (1_000, 1_000));
}

/// So many jobs more, in one command.
fn jobs(office: &Office, count: usize) -> Vec<JobId> {
    let new = json!({ "create_job": { "account": account(1), "pipeline": "p" } });
    let commands = (0..count).map(|_| command(new.clone())).collect();
    let outcome = office.run(Command::Bulk { mode: BulkMode::Each, commands });
    outcome.each.iter().map(|one| one.as_ref().expect("done").job().expect("a job")).collect()
}

fn wait(job: JobId, on: JobId) -> Value {
    json!({ "add_job_dependency": { "job": job, "on": on } })
}

#[test]
fn s12_1_an_item_has_so_many_jobs_and_a_job_waits_for_so_many() {
    let (office, ids) = staffed();
    let others = jobs(&office, limits::PREREQUISITES + 1);
    let (last, fit) = others.split_last().expect("jobs");
    let link = |job: JobId| json!({ "link_item": { "item": { "id": ids.item }, "job": job } });
    all_or_nothing(&office, fit.iter().skip(1).map(|job| link(*job)));
    check_limit(&office.refused(command(link(*last))), "ITEM_JOBS", 201, "jobs of an item");
    all_or_nothing(&office, fit.iter().map(|job| wait(ids.job, *job)));
    check_limit(&office.refused(command(wait(ids.job, *last))), "PREREQUISITES", 201, "jobs waited for");
    assert_eq!(office.get(ids.job).waits_for.len(), 200);

    let new = |_| json!({ "create_task": { "account": account(1), "task": { "key": "t", "title": "T" } } });
    let commands = (0..=limits::PREREQUISITES).map(new).map(command).collect();
    let outcome = office.run(Command::Bulk { mode: BulkMode::Each, commands });
    let tasks: Vec<TaskId> = outcome.each.iter().map(|one| one.as_ref().expect("done").tasks_created()[0]).collect();
    let wait = |on: TaskId| json!({ "add_task_dependency": { "task": ids.task, "on": on } });
    all_or_nothing(&office, tasks[1..].iter().map(|task| wait(*task)));
    check_limit(&office.refused(command(wait(tasks[0]))), "PREREQUISITES", 201, "tasks waited for");
    let all =
        json!({ "create_task": { "account": account(1), "waits_for": tasks, "task": { "key": "t", "title": "T" } } });
    check_limit(&office.refused(command(all)), "PREREQUISITES", 201, "tasks a new one waits for");
}

#[test]
fn s12_1_so_many_jobs_wait_for_one_and_an_item_goes_through_so_many_statuses() {
    let (office, ids) = staffed();
    let others = jobs(&office, limits::AWAITED_BY + 1);
    let (last, fit) = others.split_last().expect("jobs");
    all_or_nothing(&office, fit.iter().map(|job| wait(*job, ids.job)));
    check_limit(&office.refused(command(wait(*last, ids.job))), "AWAITED_BY", 1_001, "jobs that wait");
    assert_eq!(office.get(ids.job).awaited_by.len(), limits::AWAITED_BY);
    // When one of them waits no longer there is room for another.
    office.give(json!({ "remove_job_dependency": { "job": fit[0], "on": ids.job } }));
    office.give(wait(*last, ids.job));

    let report = |status: &str| json!({ "report_item": { "item": { "id": ids.item }, "status": status } });
    all_or_nothing(&office, words(limits::ITEM_STATUSES).iter().map(|word| report(word)));
    check_limit(&office.refused(command(report("one-more"))), "ITEM_STATUSES", 201, "statuses of an item");
    // Those that were there before come again, and what happens to an item in the end always may.
    office.give(report("w0"));
    office.give(report("submitted"));
    assert_eq!(office.get_item(ids.item).progress, ItemProgress::Done);
    office.give(report("reopened"));
    office.give(report("one-more"));
}

#[test]
fn s12_1_a_search_for_circles_has_an_end() {
    let office = Office::with(plain());
    // A hub that waits for 150 jobs, each of which waits for fourteen of its own: 2,251 to walk.
    let all = jobs(&office, 1 + 150 + 150 * 14 + 1);
    let (hub, rest) = all.split_first().expect("jobs");
    let (asks, rest) = rest.split_last().expect("jobs");
    let (middle, leaves) = rest.split_at(150);
    let leaf = leaves.iter().enumerate().map(|(n, leaf)| wait(middle[n / 14], *leaf));
    let commands = middle.iter().map(|job| wait(*hub, *job)).chain(leaf).map(command).collect();
    let outcome = office.run(Command::Bulk { mode: BulkMode::Each, commands });
    assert!(outcome.each.iter().all(Result::is_ok));
    let before = log_length(&office);
    let rejection = office.refused(command(wait(*asks, *hub)));
    let Rejection::Limit { limit, max, actual, .. } = rejection else { panic!("{rejection}") };
    assert!((limit, max) == ("DEPENDENCY_WALK", 2_000) && actual > 2_000, "{limit} {actual}");
    assert_eq!(log_length(&office), before);
}

#[test]
fn s12_1_a_decision_loads_in_so_many_rounds() {
    let office = Office::with(plain());
    // A chain longer than there are rounds: each round finds the next of it.
    let chain = jobs(&office, limits::LOAD_ROUNDS as usize + 10);
    all_or_nothing(&office, chain.windows(2).map(|pair| wait(pair[0], pair[1])));
    let job = office.job();
    let rejection = office.refused(command(wait(job, chain[0])));
    check_limit(&rejection, "LOAD_ROUNDS", 65, "a long chain");
    assert!(office.get(job).waits_for.is_empty());
    office.run(command(wait(job, chain[20])));
}

#[test]
fn s12_1_a_job_makes_so_many_visits() {
    let mut pipeline = plain();
    pipeline["stages"][1]["automove"] = json!(true);
    let office = Office::with(pipeline);
    let job = office.job();
    let record = office.store.get(firm(), &[DocId::Job(job)]).expect("readable").remove(0).expect("a job");
    let Document::Job(found) = &record.document else { panic!("no job") };
    let mut found = (**found).clone();
    let now = office.now();
    found.visits.extend((1..limits::VISITS).map(|number| Visit {
        pipeline: None,
        stage: key(["one", "two"][number % 2]),
        entered: now,
        left: Some(now),
    }));
    found.stage = key("two");
    let mut batch = Batch::new(firm());
    batch.puts.push(Put {
        expected: Some(record.revision),
        document: Document::Job(found.into()),
        previous: Some(record.document),
    });
    office.store.commit(&[batch]).expect("readable").remove(0).expect("committed");
    let rejection = office.refused(Command::MoveJob(MoveJob::to(job, key("one"))));
    check_limit(&rejection, "VISITS", 5_001, "a move");
    assert_eq!(office.get(job).visits.len(), 5_000);
    // Moving by itself it is held, and says why.
    let task = office.new_task(json!({ "job": job, "task": { "key": "t", "title": "T" } }));
    office.run(set_task(task, TaskState::Completed));
    let held = office.get(job);
    assert_eq!((held.stage.as_str(), held.visits.len()), ("two", 5_000));
    assert_eq!(held.attention[0].reason, AttentionReason::Held(key("three")));
    assert!(held.attention[0].text.contains("VISITS of 5000"), "{:?}", held.attention);
    // The log knows nothing of these visits.
    office.leave();
}

#[test]
fn s12_1_a_bulk_has_so_many_commands() {
    let (office, ids) = staffed();
    let before = log_length(&office);
    let tag = command(json!({ "tag_job": { "job": ids.job, "add": ["x"] } }));
    let commands = vec![tag.clone(); limits::BULK + 1];
    for mode in [BulkMode::Each, BulkMode::AllOrNothing] {
        let rejection = office.refused(Command::Bulk { mode, commands: commands.clone() });
        check_limit(&rejection, "BULK", 100_001, "a bulk");
    }
    let requests = vec![Request::new(firm(), Actor::system("t"), tag); limits::BULK + 1];
    let answers = office.engine.execute_many(&requests);
    assert_eq!(answers.len(), requests.len());
    let Err(Error::Rejected(rejection)) = &answers[0] else { panic!("not refused") };
    check_limit(rejection, "BULK", 100_001, "many");
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(log_length(&office), before);
}

#[test]
fn s12_1_a_page_has_so_many_rows_and_a_calendar_so_many_days() {
    let office = Office::with(plain());
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let Err(Error::Rejected(rejection)) = query.jobs(&JobQuery::default(), &PageRequest::first(limits::PAGE + 1))
    else {
        panic!("not refused")
    };
    check_limit(&rejection, "PAGE", 1_001, "a page");
    let from = query.today();
    let days = |count: i64| CalendarQuery { from, to: from + chrono::TimeDelta::days(count - 1), member: None };
    let Err(Error::Rejected(rejection)) = query.calendar(&days(401)) else { panic!("not refused") };
    check_limit(&rejection, "CALENDAR_DAYS", 401, "a calendar");
    assert!(query.calendar(&days(400)).is_ok());
}

#[test]
fn s12_1_explanations_tell_so_many_runs_and_look_through_so_many_entries() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "two" }],
        "automations": [{ "key": "echo", "on": { "signal": { "name": "ping" } }, "do": [{ "add_job_tags": ["pinged"] }] }] }));
    let job = office.job();
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let told = |limit| query.explain_automation(job, &key("echo"), limit);
    let Err(Error::Rejected(rejection)) = told(101) else { panic!("not refused") };
    check_limit(&rejection, "EXPLAINED", 101, "runs");
    for _ in 0..103 {
        office.give(json!({ "signal_job": { "job": job, "name": "ping" } }));
    }
    assert_eq!((told(100).expect("told").occasions.len(), told(2).expect("told").occasions.len()), (100, 2));
    // Entries of the job past the log of commands, so that there are many quickly.
    let last = office.store.log(firm(), &LogScan::new(LogBy::Job(job), 1_000)).expect("a log");
    let last = last.last().expect("an entry").entry.clone();
    let known = office.store.log(firm(), &LogScan::new(LogBy::Account(account(1)), 1_000)).expect("a log").len();
    let more = limits::HISTORY_ENTRIES - known;
    let mut batch = workflow_core::store::Batch::new(firm());
    let entry = |number: usize| {
        let id = workflow_core::id::EntryId(uuid::Uuid::from_u128(0x9000_0000 + number as u128));
        std::sync::Arc::new(workflow_core::event::Entry { id, events: Vec::new(), ..(*last).clone() })
    };
    batch.entries = (0..more).map(entry).collect();
    office.store.commit(&[batch]).expect("readable").remove(0).expect("committed");
    let at = workflow_core::query::When::At(office.now());
    assert!(query.job_at(job, at).is_ok() && told(1).is_ok(), "just as many");
    office.give(json!({ "comment_job": { "job": job, "text": "one more" } }));
    let Err(Error::Rejected(rejection)) = told(1) else { panic!("not refused") };
    check_limit(&rejection, "HISTORY_ENTRIES", limits::HISTORY_ENTRIES as u64 + 1, "entries of the account");
    office.give(json!({ "comment_job": { "job": job, "text": "and another" } }));
    let Err(Error::Rejected(rejection)) = query.job_at(job, at) else { panic!("not refused") };
    check_limit(&rejection, "HISTORY_ENTRIES", limits::HISTORY_ENTRIES as u64 + 1, "entries of the job");
    office.leave();
}

#[test]
fn s12_1_measures_are_taken_over_so_many_days() {
    let office = Office::with(plain());
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let from = query.today();
    let days = |count: i64| MeasuresQuery {
        pipeline: key("p"),
        from,
        to: from + chrono::TimeDelta::days(count - 1),
        by: Interval::Day,
    };
    let Err(Error::Rejected(rejection)) = query.measures(&days(4_001)) else { panic!("not refused") };
    check_limit(&rejection, "MEASURED_DAYS", 4_001, "measures");
    assert_eq!(query.measures(&days(4_000)).expect("measures").throughput.len(), 4_000);
}

#[test]
fn s12_1_series_have_so_many_accounts_and_exceptions_and_show_so_many_occurrences() {
    let office = Office::with(plain());
    let series = |accounts: Value| {
        json!({ "create_series": { "name": "S", "makes": { "job": { "pipeline": "p" } }, "for": { "accounts": accounts },
            "schedule": { "rule": "FREQ=DAILY", "start": "2026-02-03" } } })
    };
    let crowd: Vec<_> = (0..5_001).map(account).collect();
    let refused = office.refused(command(series(json!(crowd))));
    check_limit(&refused, "SERIES_ACCOUNTS", 5_001, "the accounts of a series");
    let id = office.give(series(json!([account(1)]))).series().expect("a series");
    let join = json!({ "change_series_accounts": { "series": id, "add": crowd } });
    check_limit(&office.refused(command(join)), "SERIES_ACCOUNTS", 5_001, "those who join");
    let day = |number: i64| {
        let first: chrono::NaiveDate = "2026-02-03".parse().expect("a date");
        json!({ "skip_occurrence": { "series": id, "day": first + chrono::TimeDelta::days(number) } })
    };
    for number in 0..1_000 {
        office.give(day(number));
    }
    check_limit(&office.refused(command(day(1_000))), "SERIES_EXCEPTIONS", 1_001, "what is not as the rest");
    let query = office.engine.query(firm(), Actor::system("test")).expect("the firm");
    let Err(Error::Rejected(rejection)) = query.series(id, 501) else { panic!("not refused") };
    check_limit(&rejection, "SERIES_UPCOMING", 501, "what is to come");
    assert_eq!(query.series(id, 500).expect("the series").upcoming.len(), 500);
}

#[test]
fn s12_1_a_runner_has_a_number_of_workers() {
    use workflow_core::engine::RunnerOptions;
    let office = Office::new();
    let start = |workers| office.engine.start_runner(RunnerOptions { workers, ..RunnerOptions::default() });
    assert_eq!(start(0).expect_err("nobody works").kind(), workflow_core::error::ErrorKind::Invalid);
    let max = limits::RUNNER_WORKERS;
    start(max).expect("as many as there may be").stop();
    let error = start(max + 1).expect_err("too many");
    assert!(error.to_string().contains("RUNNER_WORKERS"), "{error}");
}
