//! What is asked through documents is answered as the typed calls answer it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Answer, Inquiry, Notation, PageRequest, Question, When};
use crate::command::{Command, Request};
use crate::document::{check, read, write};
use crate::engine::{Engine, ManualClock};
use crate::error::{Error, ErrorKind};
use crate::event::Actor;
use crate::export::{to_dot, to_mermaid};
use crate::id::FirmId;
use crate::store::memory::MemoryStore;

fn id(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn firm() -> FirmId {
    FirmId(id(0xf1))
}

fn system() -> Actor {
    Actor::system("test")
}

fn give(engine: &Engine, command: Json) {
    let command: Command = read("command", command.to_string().as_bytes()).unwrap_or_else(|why| panic!("{why}"));
    engine.execute(&Request::new(firm(), system(), command)).expect("a command that works");
}

/// A firm with something of everything that can be asked for.
fn seeded() -> Engine {
    let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
    let engine = Engine::deterministic(Arc::new(MemoryStore::new()), clock, 7);
    let pipeline = json!({ "key": "p", "name": "Returns", "stages": [
        { "key": "one", "wip_limit": { "max": 3 }, "on_entry": [{ "key": "ask", "if": { "role_filled": "preparer" },
            "do": [{ "request": { "kind": "organizer", "title": "Organizer" } }] }] },
        { "key": "two" }] });
    for command in [
        json!({ "save_firm": { "name": "Ledger & Sons", "roles": ["preparer"] } }),
        json!({ "save_member": { "id": id(0xb1), "name": "Ann", "admin": true, "weekly_minutes": 2400 } }),
        json!({ "save_member": { "id": id(0xb2), "name": "Bob" } }),
        json!({ "save_template": { "task": { "key": "call", "title": "Call" } } }),
        json!({ "publish_pipeline": { "definition": pipeline } }),
    ] {
        give(&engine, command);
    }
    for number in 1..=5_u128 {
        let (account, job) = (id(0xac00 + number), id(0x1000 + number));
        for command in [
            json!({ "save_account": { "id": account, "name": format!("Client {number}"),
                "external": format!("client-{number}"), "roles": { "preparer": [id(0xb1)] } } }),
            json!({ "tag_account": { "account": account, "add": ["vip"] } }),
            json!({ "create_job": { "id": job, "account": account, "pipeline": "p", "due": "2026-04-15",
                "fields": { "fee": 12.5, "form": "1040" }, "assign": { "roles": ["preparer"] } } }),
            json!({ "create_task": { "id": id(0x2000 + number), "job": job, "task": { "key": "a", "title": "Call",
                "due": "2026-02-01", "budget_minutes": 30, "assign": { "roles": ["preparer"] } } } }),
            json!({ "comment_job": { "job": job, "text": "A remark" } }),
        ] {
            give(&engine, command);
        }
    }
    give(
        &engine,
        json!({ "create_series": { "id": id(0x3001), "name": "Books",
        "for": { "accounts": [id(0xac01)] }, "schedule": { "preset": { "monthly": { "day": 10 } },
        "start": "2026-01-10" }, "makes": { "job": { "pipeline": "p" } } } }),
    );
    give(&engine, json!({ "run_occurrence": { "series": id(0x3001), "day": "2026-01-10" } }));
    for (place, delivery) in
        engine.claim_notifications(None, chrono::TimeDelta::minutes(1), 3).expect("claimed").iter().enumerate()
    {
        if place < 2 {
            engine.reject(&delivery.receipt, "no such address").expect("rejected");
        }
    }
    engine
}

/// Every question, several of some.
fn questions() -> Vec<Question> {
    let written = json!([
        "today", "firm", "members", "pipelines", "workload", "verify",
        { "templates": {} }, { "templates": { "kind": "job" } },
        { "definition": { "pipeline": "p" } },
        { "graph": { "pipeline": "p" } }, { "graph": { "pipeline": "p", "notation": "mermaid" } },
        { "board": { "pipeline": "p", "cards": 2 } },
        { "column": { "pipeline": "p", "stage": "one", "page": { "limit": 2 } } },
        { "jobs": {} }, { "jobs": { "query": { "text": "client", "descending": true }, "page": { "limit": 2 } } },
        { "job": { "job": id(0x1001) } },
        { "tasks": { "query": { "overdue": true } } },
        { "accounts": { "query": { "tag": "vip" }, "page": { "limit": 3 } } },
        { "account": { "account": id(0xac01) } },
        { "account_by_external": { "external": "client-2" } }, { "account_by_external": { "external": "nobody" } },
        { "client_jobs": { "account": id(0xac01) } },
        { "workload_by_week": { "query": { "from": "2026-02-01", "to": "2026-02-20" } } },
        { "calendar": { "query": { "from": "2026-01-01", "to": "2026-04-30" } } },
        { "series_list": {} },
        { "series": { "series": id(0x3001), "upcoming": 3 } },
        { "planned": { "from": "2026-02-01", "to": "2026-04-30" } },
        { "ledger": { "query": { "of": { "series": id(0x3001) } } } },
        { "activity": { "page": { "limit": 7 } } },
        { "preview": { "command": { "move_job": { "job": id(0x1001), "to": "two" } } } },
        { "preview_shift": { "order": { "postpone": { "to": "2026-05-15" }, "reason": "relief" } } },
        { "lint": { "definition": { "key": "q", "name": "Q", "stages": [
            { "key": "a", "on_entry": [{ "key": "go", "if": { "account_tags": { "any": ["odd"] } }, "do": [{ "move_to": "c" }] }] },
            { "key": "b" }] } } },
        { "dead_letters": { "page": { "limit": 1 } } },
        { "queued": { "queue": "outbox" } }, { "queued": { "queue": "timers", "page": { "limit": 1 } } },
        { "queued": { "queue": "follow_ups", "state": "dead" } },
    ]);
    let measures = json!([
        { "job_measures": { "query": { "archived": true }, "page": { "limit": 2 } } },
        { "measures": { "query": { "pipeline": "p", "from": "2026-01-01", "to": "2026-12-31", "by": "month" } } },
        { "forecasts": { "query": { "scope": { "pipeline": { "pipeline": "p" } } } } },
    ]);
    let kept = json!([{ "verify_log": {} }, { "verify_log": { "known": { "number": 1, "head": "0" } } }]);
    let past = json!([
        { "job_at": { "job": id(0x1001), "at": "2026-02-02T15:00:00Z" } },
        { "job_at": { "job": id(0x1002), "position": 1_000 } },
        { "explain_job": { "job": id(0x1001) } },
        { "explain_automation": { "job": id(0x1001), "automation": "ask" } },
    ]);
    let lists = [written, measures, past, kept];
    lists.iter().flat_map(|list| list.as_array().expect("a list")).map(read_question).collect()
}

fn read_question(written: &Json) -> Question {
    let inquiry = json!({ "firm": firm(), "actor": { "system": "test" }, "question": written });
    let inquiry: Inquiry = read("inquiry", inquiry.to_string().as_bytes()).unwrap_or_else(|why| panic!("{why}"));
    inquiry.question
}

/// The typed call's answer, as JSON. A new question has to be added here before this compiles.
fn typed(engine: &Engine, question: &Question) -> Result<Json, Error> {
    let queries = engine.query(firm(), system())?;
    let all = PageRequest::first(100);
    Ok(match question {
        Question::Today => to_json(queries.today()),
        Question::Firm => to_json(queries.firm()?),
        Question::Members => to_json(queries.members()?),
        Question::Templates { kind } => to_json(queries.templates(*kind)?),
        Question::Pipelines => to_json(queries.pipelines()?),
        Question::Definition { pipeline } => to_json(queries.definition(pipeline)?),
        Question::Graph { pipeline, notation: Notation::Dot } => to_json(to_dot(&*queries.definition(pipeline)?)),
        Question::Graph { pipeline, notation: Notation::Mermaid } => {
            to_json(to_mermaid(&*queries.definition(pipeline)?))
        }
        Question::Board { pipeline, cards } => to_json(queries.board(pipeline, *cards)?),
        Question::Column { pipeline, stage, page } => to_json(queries.column(pipeline, stage, page)?),
        Question::Jobs { query, page } => to_json(queries.jobs(query, page)?),
        Question::Job { job } => to_json(queries.job(*job)?),
        Question::JobAt { job, at, position } => {
            to_json(queries.job_at(*job, at.map_or_else(|| When::Position(position.expect("either")), When::At))?)
        }
        Question::ExplainJob { job } => to_json(queries.explain_job(*job)?),
        Question::ExplainAutomation { job, automation, limit } => {
            to_json(queries.explain_automation(*job, automation, *limit)?)
        }
        Question::Tasks { query, page } => to_json(queries.tasks(query, page)?),
        Question::Accounts { query, page } => to_json(queries.accounts(query, page)?),
        Question::Account { account } => to_json(queries.account(*account)?),
        Question::AccountByExternal { external } => to_json(queries.account_by_external(external)?),
        Question::ClientJobs { account, page } => to_json(queries.client_jobs(*account, page)?),
        Question::Workload => to_json(queries.workload()?),
        Question::WorkloadByWeek { query } => to_json(queries.workload_by_week(query)?),
        Question::Calendar { query } => to_json(queries.calendar(query)?),
        Question::SeriesList { query, page } => to_json(queries.series_list(query, page)?),
        Question::Series { series, upcoming } => to_json(queries.series(*series, *upcoming)?),
        Question::Planned { from, to, account } => to_json(queries.planned(*from, *to, *account)?),
        Question::Ledger { query, page } => to_json(queries.ledger(query, page)?),
        Question::Activity { query, page } => to_json(queries.activity(query, page)?),
        Question::JobMeasures { query, page } => to_json(queries.job_measures(query, page)?),
        Question::Measures { query } => to_json(queries.measures(query)?),
        Question::Forecasts { query, page } => to_json(queries.forecasts(query, page)?),
        // What it would create gets other identifiers each time.
        Question::Preview { command } => to_json(engine.acting(firm(), system()).preview((**command).clone())?),
        Question::PreviewShift { order } => to_json(engine.acting(firm(), system()).preview_shift(order)?),
        Question::Lint { definition } => to_json(engine.lint(firm(), definition)?),
        Question::DeadLetters { .. } => to_json(engine.dead_letters(firm(), None, all.limit)?),
        Question::Queued { queue, state, .. } => to_json(engine.queued(*queue, firm(), *state, None, all.limit)?),
        Question::Verify => to_json(engine.verify(firm())?),
        Question::VerifyLog { known } => to_json(engine.verify_log(firm(), known.as_ref())?),
    })
}

fn to_json(value: impl Serialize) -> Json {
    serde_json::to_value(value).expect("JSON")
}

fn ask(engine: &Engine, question: &Question) -> Result<Answer, Error> {
    engine.ask(&Inquiry::new(firm(), system(), question.clone()))
}

#[test]
fn s11_1_every_question_is_answered_as_the_typed_call_answers_it() {
    let engine = seeded();
    let mut asked = std::collections::BTreeSet::new();
    for question in questions() {
        let name = question.name();
        asked.insert(name);
        let answer = ask(&engine, &question).expect(name);
        let written = serde_json::to_vec(&answer).expect("JSON");
        let mut buffer = b"before ".to_vec();
        write(&answer, &mut buffer);
        assert_eq!(buffer, [&b"before "[..], &written].concat(), "{name}");
        check("answer", &written).unwrap_or_else(|why| panic!("{name}: {why}"));
        let mut answer: Json = serde_json::from_slice(&written).expect("JSON");
        let answer = answer.get_mut(name).expect("under its name").take();
        let mut expected = typed(&engine, &question).expect(name);
        if let Question::DeadLetters { page } | Question::Queued { page, .. } = &question {
            // The typed call answers a list and leaves the paging to the caller.
            let rows = expected.as_array_mut().expect("a list");
            assert_eq!(answer["next"].is_null(), rows.len() < page.limit, "{name}");
            rows.truncate(page.limit);
            expected = json!({ "rows": rows, "next": answer["next"] });
        }
        let empty = ["queued"];
        assert!(
            empty.contains(&name) || has_content(&expected) || question_asks_for_nothing(&question),
            "{name} answers nothing: {expected}"
        );
        assert_eq!(answer, expected, "{name}");
    }
    let known = schema_names_of_questions();
    assert_eq!(asked.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>(), known);
}

/// Whether an answer holds anything, so that two empty ones do not pass for equal.
fn has_content(answer: &Json) -> bool {
    match answer {
        Json::Null => false,
        Json::Array(rows) => !rows.is_empty(),
        Json::Object(fields) => fields.get("rows").is_none_or(has_content),
        _ => true,
    }
}

fn question_asks_for_nothing(question: &Question) -> bool {
    match question {
        Question::Templates { kind } => kind.is_some(),
        Question::AccountByExternal { external } => external.as_str() == "nobody",
        _ => false,
    }
}

/// The names of the questions, by the schema.
fn schema_names_of_questions() -> std::collections::BTreeSet<String> {
    let schema = crate::document::schema("inquiry").expect("published");
    let mut names = std::collections::BTreeSet::new();
    for choice in schema["$defs"]["Question"]["oneOf"].as_array().expect("choices") {
        let words = choice["enum"].as_array().into_iter().flatten().chain(choice.get("const"));
        names.extend(words.filter_map(Json::as_str).map(str::to_owned));
        names.extend(choice["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
    names
}

#[test]
fn s11_1_pages_follow_each_other_by_their_cursors_as_texts() {
    let engine = seeded();
    for written in [
        json!({ "jobs": { "page": { "limit": 2 } } }),
        json!({ "activity": { "page": { "limit": 4 } } }),
        json!({ "job_measures": { "page": { "limit": 2 } } }),
        json!({ "forecasts": { "page": { "limit": 2 } } }),
        json!({ "queued": { "queue": "outbox", "page": { "limit": 1 } } }),
        json!({ "dead_letters": { "page": { "limit": 1 } } }),
    ] {
        let (name, body) = written.as_object().expect("tagged").iter().next().expect("one");
        let all = {
            let mut all = body.clone();
            all["page"]["limit"] = json!(100);
            to_json(ask(&engine, &read_question(&json!({ name: all }))).expect(name))[name]["rows"].take()
        };
        let mut rows = Vec::new();
        let mut body = body.clone();
        loop {
            let mut page = to_json(ask(&engine, &read_question(&json!({ name: body }))).expect(name))[name].take();
            rows.append(page["rows"].as_array_mut().expect("rows"));
            let Some(next) = page["next"].as_str() else { break };
            body["page"]["after"] = json!(next);
        }
        assert!(rows.len() > 1, "{name}");
        assert_eq!(Json::from(rows), all, "{name}");
    }
}

#[test]
fn s11_1_a_cursor_of_another_question_is_refused() {
    let engine = seeded();
    let page = to_json(ask(&engine, &read_question(&json!({ "jobs": { "page": { "limit": 1 } } }))).expect("jobs"));
    let after = &page["jobs"]["next"];
    for other in [
        json!({ "tasks": { "page": { "after": after } } }),
        json!({ "queued": { "queue": "timers", "page": { "after": after } } }),
        json!({ "dead_letters": { "page": { "after": after } } }),
        json!({ "activity": { "page": { "after": after } } }),
    ] {
        let refused = ask(&engine, &read_question(&other)).expect_err("refused");
        assert_eq!(refused.report().field.as_deref(), Some("after"), "{other}");
    }
}

#[test]
fn s11_3_what_shows_the_whole_firm_is_for_those_who_run_it() {
    let engine = seeded();
    let questions = [
        json!("verify"),
        json!({ "verify_log": {} }),
        json!({ "dead_letters": {} }),
        json!({ "queued": { "queue": "timers" } }),
        json!({ "preview_shift": { "order": { "postpone": { "to": "2026-05-15" }, "reason": "relief" } } }),
    ];
    let ask = |actor: Actor, written: &Json| engine.ask(&Inquiry::new(firm(), actor, read_question(written)));
    for written in &questions {
        ask(Actor::Member(id(0xb1).into()), written).expect("an admin");
        for actor in [Actor::Member(id(0xb2).into()), Actor::Client(id(0xac01).into())] {
            assert_eq!(ask(actor, written).expect_err("forbidden").kind(), ErrorKind::Forbidden, "{written}");
        }
    }
    for written in
        [json!("firm"), json!("members"), json!({ "templates": {} }), json!({ "graph": { "pipeline": "p" } })]
    {
        let client = Actor::Client(id(0xac01).into());
        assert_eq!(ask(client, &written).expect_err("forbidden").kind(), ErrorKind::Forbidden, "{written}");
    }
}

#[test]
fn s11_2_the_command_that_sets_a_firm_up_can_be_previewed() {
    let engine = Engine::new(Arc::new(MemoryStore::new()));
    let question = read_question(&json!({ "preview": { "command": { "save_firm": { "name": "New" } } } }));
    let answer = to_json(ask(&engine, &question).expect("a preview"));
    assert_eq!(answer["preview"]["events"][0]["event"]["firm_created"]["settings"]["name"], "New");
    assert_eq!(ask(&engine, &Question::Today).expect_err("no firm").kind(), ErrorKind::NotFound);
}

/// Every method of [`super::Queries`] that answers something is a question: found in the text of
/// the modules, so that none is forgotten.
#[test]
fn s11_1_every_query_can_be_asked_as_a_question() {
    let modules = [
        include_str!("mod.rs"),
        include_str!("activity.rs"),
        include_str!("board.rs"),
        include_str!("calendar.rs"),
        include_str!("client.rs"),
        include_str!("explain_automation.rs"),
        include_str!("explain_job.rs"),
        include_str!("forecasts.rs"),
        include_str!("job_at.rs"),
        include_str!("job_measures.rs"),
        include_str!("jobs.rs"),
        include_str!("measures.rs"),
        include_str!("people.rs"),
        include_str!("series.rs"),
        include_str!("tasks.rs"),
        include_str!("view.rs"),
        include_str!("weeks.rs"),
    ];
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/query")).expect("the folder").count();
    // Besides them: answer, ask, causes, cursor, pager, question, tests.
    assert_eq!(files, modules.len() + 7, "a module is not in this list");
    let known = schema_names_of_questions();
    let mut queries = 0;
    for module in modules {
        for (before, after) in module.match_indices("    pub fn ").map(|(at, _)| module.split_at(at)) {
            let inside = before.rfind("\nimpl").is_some_and(|at| before[at..].starts_with("\nimpl Queries"));
            let name = after.trim_start_matches("    pub fn ").split('(').next().expect("a name");
            if inside {
                queries += 1;
                assert!(known.contains(name), "`{name}` cannot be asked");
            }
        }
    }
    assert!(queries >= 22, "{queries}");
}
