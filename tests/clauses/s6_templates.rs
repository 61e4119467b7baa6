//! Defaults of jobs: what templates give, the dates they count, the roles they fill, the words they write.

use chrono::NaiveDate;
use serde_json::{Value, json};
use workflow_core::command::{Command, NewJob};
use workflow_core::definition::{JobTemplate, PipelineDefinition};
use workflow_core::error::{Error, Problem, Rejection};
use workflow_core::id::JobId;
use workflow_core::limits;
use workflow_core::model::{AttentionReason, Intent, Job, Priority};

use crate::kit::{Office, account, command, counted, firm, key, member, plain};

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().expect("a day"))
}

fn save_template(office: &Office, defaults: &Value) {
    office.give(json!({ "save_template": { "job": { "key": "t", "defaults": defaults } } }));
}

/// A job from the template `t`, with more said of it.
fn from_template(office: &Office, more: Value) -> JobId {
    let mut new = json!({ "account": account(1), "pipeline": "p", "template": "t" });
    for (field, value) in more.as_object().expect("an object") {
        new[field] = value.clone();
    }
    office.give(json!({ "create_job": new })).job().expect("a job")
}

fn full() -> Value {
    json!({ "name": "N", "description": "D", "priority": "high", "assign": { "members": [member(3)] },
        "start": "2026-03-01", "due": "2026-04-01", "statutory": "2026-04-15",
        "extended": "2026-10-15", "budget_minutes": 30, "tags": ["a"], "fields": { "x": 1 },
        "client_status": "C" })
}

#[test]
fn s6_2_a_template_gives_defaults_for_every_field() {
    // The list is that of the type: a field added to templates has to be added here too.
    let fields = serde_json::to_value(serde_json::from_value::<JobTemplate>(full()).expect("a template"));
    assert_eq!(fields.expect("json").as_object().map(serde_json::Map::len), full().as_object().map(|map| map.len()));
    let office = Office::with(plain());
    save_template(&office, &full());
    let mut in_pipeline = plain();
    in_pipeline["key"] = json!("q");
    in_pipeline["job_defaults"] = full();
    office.publish(in_pipeline);
    for job in [office.get(from_template(&office, json!({}))), office.get(office.job_of(1, "q"))] {
        assert_eq!((&*job.name, job.description.as_deref()), ("N", Some("D")));
        assert_eq!((job.priority, &job.assignees), (Priority::High, &[member(3)].into()));
        assert_eq!((job.start, job.due), (day("2026-03-01"), day("2026-04-01")));
        assert_eq!((job.statutory, job.extended), (day("2026-04-15"), day("2026-10-15")));
        assert_eq!((job.budget_minutes, &job.tags), (Some(30), &[key("a")].into()));
        assert_eq!(serde_json::to_value(&job.fields).expect("json"), json!({ "x": 1 }));
        assert_eq!(job.client_status.as_deref(), Some("C"));
    }
}

#[test]
fn s6_2_the_command_comes_before_the_template_and_that_before_the_pipeline() {
    let office = Office::new();
    save_template(
        &office,
        &json!({ "priority": "high", "tags": ["template"], "fields": { "x": 2, "y": 2 },
        "budget_minutes": 20, "due": "2026-05-02", "description": "template" }),
    );
    let mut pipeline = plain();
    pipeline["job_defaults"] = json!({ "priority": "low", "tags": ["pipeline"], "fields": { "x": 3, "y": 3, "z": 3 },
        "budget_minutes": 30, "due": "2026-05-03", "start": "2026-05-03", "description": "pipeline" });
    office.publish(pipeline);
    let job = office.get(from_template(
        &office,
        json!({ "priority": "urgent", "tags": ["command"], "fields": { "x": 1 }, "due": "2026-05-01" }),
    ));
    assert_eq!(
        (job.priority, job.budget_minutes, job.description.as_deref()),
        (Priority::Urgent, Some(20), Some("template"))
    );
    assert_eq!((job.due, job.start), (day("2026-05-01"), day("2026-05-03")));
    assert_eq!(job.tags, [key("command"), key("pipeline"), key("template")].into());
    assert_eq!(serde_json::to_value(&job.fields).expect("json"), json!({ "x": 1, "y": 2, "z": 3 }));
    assert_eq!(&*job.name, "Jane Doe – P", "without a name it is called after account and pipeline");
}

fn relative(from: &str, offset: i32, unit: &str) -> Value {
    json!(counted(from, offset, unit))
}

#[test]
fn s6_2_dates_count_from_every_anchor_in_every_unit() {
    let office = Office::with(plain());
    // The firm is closed on Presidents' Day and open Monday to Friday.
    office.save_firm(json!({ "name": "F", "time_zone": "America/New_York", "holidays": ["2026-02-16"] }));
    // It is Monday, 2 February 2026. The job starts on Saturday, 31 January, and is due on Wednesday, 15 April.
    for (from, offset, unit, expected) in [
        ("creation", 0, "days", "2026-02-02"),
        ("creation", 10, "days", "2026-02-12"),
        ("creation", -2, "days", "2026-01-31"),
        ("creation", 9, "business_days", "2026-02-13"),
        ("creation", 10, "business_days", "2026-02-17"),
        ("creation", -1, "business_days", "2026-01-30"),
        ("creation", 2, "weeks", "2026-02-16"),
        ("creation", 1, "months", "2026-03-02"),
        ("start", 1, "months", "2026-02-28"),
        ("start", 0, "business_days", "2026-02-02"),
        ("start", 1, "business_days", "2026-02-03"),
        ("start", -1, "business_days", "2026-01-29"),
        ("due", -5, "business_days", "2026-04-08"),
        ("due", -2, "weeks", "2026-04-01"),
        ("due", 6, "months", "2026-10-15"),
        ("due", 30, "days", "2026-05-15"),
        ("stage_entry", 3, "days", "2026-02-05"),
        ("stage_entry", 3, "business_days", "2026-02-05"),
        ("stage_entry", 1, "weeks", "2026-02-09"),
        ("stage_entry", 12, "months", "2027-02-02"),
        ("period_end", 15, "days", "2026-01-15"),
        ("period_end", 2, "business_days", "2026-01-02"),
        ("period_end", 1, "weeks", "2026-01-07"),
        ("period_end", 2, "months", "2026-02-28"),
        ("period_end", 26, "months", "2028-02-29"),
    ] {
        save_template(
            &office,
            &json!({ "start": "2026-01-31", "due": "2026-04-15",
            "statutory": relative(from, offset, unit) }),
        );
        let job = from_template(&office, json!({ "period_end": "2025-12-31" }));
        assert_eq!(office.get(job).statutory, day(expected), "{offset} {unit} from {from}");
    }
}

#[test]
fn s6_2_dates_of_a_job_count_from_each_other_in_any_order() {
    let office = Office::with(plain());
    save_template(
        &office,
        &json!({ "start": relative("due", -10, "days"), "due": relative("extended", -10, "days"),
        "extended": relative("statutory", 6, "months"), "statutory": relative("period_end", 4, "months") }),
    );
    let job = office.get(from_template(&office, json!({ "period_end": "2025-12-31" })));
    assert_eq!((job.statutory, job.extended), (day("2026-04-30"), day("2026-10-30")));
    assert_eq!((job.due, job.start), (day("2026-10-20"), day("2026-10-10")));
    // Without the period there is nothing to count from.
    let job = office.get(from_template(&office, json!({})));
    assert_eq!((job.statutory, job.extended, job.due, job.start), (None, None, None, None));
}

#[test]
fn s6_2_the_day_of_creation_is_the_firm_s_own() {
    let office = Office::with(plain());
    save_template(&office, &json!({ "due": relative("creation", 0, "days") }));
    for (now, expected) in [
        ("2026-02-03T04:59:59Z", "2026-02-02"),
        ("2026-02-03T05:00:00Z", "2026-02-03"),
        // In summer the day begins an hour earlier by UTC.
        ("2026-07-03T03:59:59Z", "2026-07-02"),
        ("2026-07-03T04:00:00Z", "2026-07-03"),
    ] {
        office.clock.set(now.parse().expect("an instant"));
        assert_eq!(office.get(from_template(&office, json!({}))).due, day(expected), "{now}");
    }
}

#[test]
fn s6_2_stage_entry_is_that_of_the_present_stage() {
    let office = Office::with(plain());
    let job = office.job();
    office.advance(chrono::TimeDelta::days(3));
    office.move_to(job, "two");
    let changes = json!({ "dates": { "due": { "to": relative("stage_entry", 1, "days") },
        "start": { "to": relative("creation", 1, "days") } } });
    office.give(json!({ "edit_job": { "job": job, "changes": changes } }));
    let job: std::sync::Arc<Job> = office.get(job);
    assert_eq!((job.start, job.due), (day("2026-02-03"), day("2026-02-06")));
}

fn account_with(office: &Office, preparers: &[u128]) {
    let preparers: Vec<_> = preparers.iter().map(|number| member(*number)).collect();
    office.give(json!({ "save_account": { "id": account(1), "name": "Jane Doe",
        "roles": { "preparer": preparers, "reviewer": [member(2)] } } }));
}

#[test]
fn s6_2_roles_become_all_their_holders_when_the_job_is_created() {
    let office = Office::with(plain());
    account_with(&office, &[1, 3]);
    save_template(&office, &json!({ "assign": { "roles": ["preparer"] } }));
    let job = from_template(&office, json!({}));
    assert_eq!(office.get(job).assignees, [member(1), member(3)].into());
    // Who holds the seat later does not matter, until it is asked for.
    account_with(&office, &[2]);
    assert_eq!(office.get(job).assignees, [member(1), member(3)].into());
    office.run(Command::ResolveRoles { job });
    assert_eq!(office.get(job).assignees, [member(2)].into());
    assert!(office.run(Command::ResolveRoles { job }).unchanged.is_some());
}

#[test]
fn s6_2_who_was_assigned_by_name_stays_when_roles_are_resolved_again() {
    let office = Office::with(plain());
    save_template(&office, &json!({ "assign": { "roles": ["preparer"], "members": [member(3)] } }));
    let job = from_template(&office, json!({}));
    assert_eq!(office.get(job).assignees, [member(1), member(3)].into());
    account_with(&office, &[2]);
    office.run(Command::ResolveRoles { job });
    let found = office.get(job).assignees.clone();
    assert!(found.contains(&member(2)) && found.contains(&member(3)), "{found:?}");
}

#[test]
fn s6_2_a_role_nobody_holds_marks_the_job_until_somebody_does() {
    let office = Office::with(plain());
    account_with(&office, &[]);
    save_template(&office, &json!({ "assign": { "roles": ["preparer"] } }));
    let job = from_template(&office, json!({}));
    let reasons = || office.get(job).attention.iter().map(|a| a.reason.clone()).collect::<Vec<_>>();
    assert_eq!(reasons(), [AttentionReason::UnfilledRole(key("preparer"))]);
    assert!(office.get(job).assignees.is_empty());
    account_with(&office, &[3]);
    office.run(Command::ResolveRoles { job });
    assert_eq!((office.get(job).assignees.clone(), reasons()), ([member(3)].into(), vec![]));
}

#[test]
fn s6_2_resolved_again_with_a_seat_empty_nobody_is_taken_off() {
    let office = Office::with(plain());
    save_template(&office, &json!({ "assign": { "roles": ["preparer", "reviewer"] } }));
    let job = from_template(&office, json!({}));
    assert_eq!(office.get(job).assignees, [member(1), member(2)].into());
    office.give(
        json!({ "save_account": { "id": account(1), "name": "Jane Doe", "roles": { "reviewer": [member(3)] } } }),
    );
    office.run(Command::ResolveRoles { job });
    assert_eq!(office.get(job).assignees, [member(1), member(2), member(3)].into());
    let reasons = || office.get(job).attention.iter().map(|a| a.reason.clone()).collect::<Vec<_>>();
    assert_eq!(reasons(), [AttentionReason::UnfilledRole(key("preparer"))]);
    // Once everybody is there again, the mark is gone.
    office.give(json!({ "save_account": { "id": account(1), "name": "Jane Doe",
        "roles": { "preparer": [member(1)], "reviewer": [member(2), member(3)] } } }));
    let outcome = office.run(Command::ResolveRoles { job });
    assert_eq!((outcome.unchanged, reasons()), (None, vec![]));
    assert!(office.run(Command::ResolveRoles { job }).unchanged.is_some());
}

#[test]
fn s6_2_a_template_deleted_or_changed_does_not_touch_what_was_made_from_it() {
    let office = Office::with(plain());
    save_template(&office, &json!({ "priority": "high" }));
    let job = from_template(&office, json!({}));
    save_template(&office, &json!({ "priority": "low" }));
    assert_eq!(office.get(job).priority, Priority::High);
    office.give(json!({ "delete_template": { "kind": "job", "key": "t" } }));
    assert_eq!(office.get(job).priority, Priority::High);
    let new = json!({ "create_job": { "account": account(1), "pipeline": "p", "template": "t" } });
    assert!(matches!(office.refused(command(new)), Rejection::NotFound { what: "job template", .. }));
}

/// A job of which every word has a value.
fn wordy() -> (Office, JobId) {
    let office = Office::new();
    let mut pipeline = plain();
    pipeline["name"] = json!("Personal");
    pipeline["stages"][0] = json!({ "key": "one", "name": "Intake", "client_name": "Welcome" });
    office.publish(pipeline);
    office.give(json!({ "save_member": { "id": member(2), "name": "Bob", "email": "bob@firm.example",
        "admin": false, "active": true } }));
    office.give(json!({ "save_account": { "id": account(1), "name": "Jane Doe", "external": "crm-7",
        "fields": { "state": "NY", "Tax ID": "12-3", "dependents": 2, "ratio": 0.5, "vip": true, "kids": ["A", "B"] },
        "roles": { "preparer": [member(1), member(3)], "reviewer": [member(2)] } } }));
    office.give(json!({ "tag_account": { "account": account(1), "add": ["1040", "vip"] } }));
    let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "name": "Return",
        "description": "All of it", "priority": "high", "tags": ["rush"], "fields": { "fee": 450 },
        "assign": { "members": [member(1), member(2)] }, "start": "2026-03-01",
        "due": "2026-04-01", "statutory": "2026-04-15", "extended": "2026-10-15",
        "period_start": "2025-10-01", "period_end": "2025-12-31" } }));
    let job = job.job().expect("a job");
    office.give(json!({ "edit_job": { "job": job, "changes": { "client_status": { "to": "Soon" } } } }));
    (office, job)
}

const WORDS: &[(&str, &str)] = &[
    ("{{ account.name }}", "Jane Doe"),
    ("{{ account.external }}", "crm-7"),
    ("{{ account.tags }}", "1040, vip"),
    ("{{ account.field.state }}", "NY"),
    ("{{ account.field['Tax ID'] }}", "12-3"),
    ("{{ account.field.dependents }}", "2"),
    ("{{ account.field.ratio }}", "0.5"),
    ("{{ account.field.vip }}", "yes"),
    ("{{ account.field.kids }}", "A, B"),
    ("[{{ account.field.none }}]", "[]"),
    ("{{ assignees }}", "Ann, Bob"),
    ("{{ role.preparer }}", "Ann, Cy"),
    ("{{ role.reviewer }}", "Bob"),
    ("[{{ role.partner }}]", "[]"),
    ("{{ firm.name }}", "Ledger & Sons"),
    ("{{ pipeline.name }}", "Personal"),
    ("{{ stage.name }}", "Intake"),
    ("{{ stage.client_name }}", "Welcome"),
    ("{{ member.name }}", "Bob"),
    ("{{ member.email }}", "bob@firm.example"),
    ("{{ today }}", "2026-02-02"),
    ("{{ job.name }}", "Return"),
    ("{{ job.description }}", "All of it"),
    ("{{ job.client_status }}", "Soon"),
    ("{{ job.status }}", "active"),
    ("{{ job.priority }}", "high"),
    ("{{ job.tags }}", "rush"),
    ("{{ job.field.fee }}", "450"),
    ("{{ job.created }}", "2026-02-02"),
    ("{{ job.start }}", "2026-03-01"),
    ("{{ job.due }}", "2026-04-01"),
    ("{{ job.statutory }}", "2026-04-15"),
    ("{{ job.extended }}", "2026-10-15"),
    ("{{ period.start }}", "2025-10-01"),
    ("{{ period.end }}", "2025-12-31"),
    ("{{ period.year }}", "2025"),
    ("{{ period.quarter }}", "Q4"),
    ("{{ period.month }}", "12"),
    ("{{ period.end | date('%B %Y') }}", "December 2025"),
    ("{{ job.due | date('%m/%d/%Y') }}", "04/01/2026"),
    ("{{ job.due | add_days(-1) }}", "2026-03-31"),
    ("{{ job.due | add_weeks(2) }}", "2026-04-15"),
    ("{{ period.end | add_months(2) }}", "2026-02-28"),
    ("{{ today | add_business_days(5) | date('%a %e') }}", "Mon  9"),
    ("{{ account.name | upper }}", "JANE DOE"),
    ("{% if account.field.state == 'NY' %}East{% else %}West{% endif %}", "East"),
    ("100% {plain} & <b>", "100% {plain} & <b>"),
];

#[test]
fn s6_3_every_word_is_filled_in_in_texts_of_a_job() {
    let (office, job) = wordy();
    for (source, expected) in WORDS {
        // By a member's command the words of the acting member have a value.
        let changes = json!({ "client_status": { "to": source } });
        let edit = command(json!({ "edit_job": { "job": job, "changes": changes } }));
        office.as_member(2, edit).expect("an edit");
        assert_eq!(office.get(job).client_status.as_deref(), Some(*expected), "{source}");
        let back = json!({ "client_status": { "to": "Soon" } });
        office.give(json!({ "edit_job": { "job": job, "changes": back } }));
    }
}

#[test]
fn s6_3_words_are_filled_in_wherever_they_may_stand() {
    let office = Office::new();
    let text = |place: &str| {
        format!("{place}: {{{{ account.name }}}} {{{{ job.due | date('%Y') }}}} by {{{{ role.preparer }}}}")
    };
    let mut pipeline = plain();
    pipeline["job_defaults"] = json!({ "name": text("name"), "description": text("description"),
        "client_status": text("client"), "due": "2026-04-15" });
    pipeline["task_templates"] = json!([{ "key": "kept", "title": text("kept"), "description": text("what") }]);
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "go", "do": [
        { "create_task": { "key": "a", "title": text("title"), "description": text("task") } },
        { "create_tasks": ["kept"] },
        { "request": { "kind": "email", "title": text("subject"), "body": text("body") } },
    ] }]);
    pipeline["stages"][1]["on_entry"] = json!([{ "key": "tell", "do": [{ "set_client_status": text("status") }] }]);
    office.publish(pipeline);
    let outcome = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p" } }));
    let filled = |place: &str| format!("{place}: Jane Doe 2026 by Ann");
    let job = office.get(outcome.job().expect("a job"));
    assert_eq!((&*job.name, job.description.as_deref()), (&*filled("name"), Some(&*filled("description"))));
    assert_eq!(job.client_status.as_deref(), Some(&*filled("client")));
    for (title, description) in [("title", "task"), ("kept", "what")] {
        let tasks = office.tasks(job.id, &filled(title));
        assert_eq!(tasks.len(), 1, "{title}");
        assert_eq!(tasks[0].description.as_deref(), Some(&*filled(description)));
    }
    let notifications = outcome.notifications();
    let Intent::RequestItem { title, body, .. } = &notifications[0].intent else { panic!("{notifications:?}") };
    assert_eq!((&**title, body.as_deref()), (&*filled("subject"), Some(&*filled("body"))));
    office.move_to(job.id, "two");
    assert_eq!(office.get(job.id).client_status.as_deref(), Some(&*filled("status")));
    // By hand too.
    let hand = json!({ "job": job.id, "task": { "key": "b", "title": text("hand") } });
    let task = office.new_task(hand);
    assert_eq!(&*office.get_task(task).title, &*filled("hand"));
}

/// Where a text with shortcodes may stand in a definition.
const PLACES: &[&str] = &[
    "/job_defaults/name",
    "/job_defaults/description",
    "/job_defaults/client_status",
    "/task_templates/0/title",
    "/task_templates/0/description",
    "/stages/0/on_entry/0/do/0/create_task/title",
    "/stages/0/on_entry/0/do/0/create_task/description",
    "/stages/0/on_entry/0/do/1/request/title",
    "/stages/0/on_entry/0/do/1/request/body",
    "/stages/0/on_entry/0/do/2/set_client_status",
    "/stages/0/on_entry/0/do/3/create_job/name",
];

fn texts() -> Value {
    let mut pipeline = plain();
    pipeline["job_defaults"] = json!({ "name": "a", "description": "a", "client_status": "a" });
    pipeline["task_templates"] = json!([{ "key": "kept", "title": "a", "description": "a" }]);
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "go", "do": [
        { "create_task": { "key": "a", "title": "a", "description": "a" } },
        { "request": { "kind": "email", "title": "a", "body": "a" } },
        { "set_client_status": "a" },
        { "create_job": { "pipeline": "q", "name": "a" } },
    ] }]);
    pipeline
}

fn problems(result: Result<workflow_core::engine::Outcome, Error>) -> Vec<Problem> {
    match result {
        Err(Error::Rejected(Rejection::Document(problems))) => problems,
        other => panic!("not refused with problems: {other:?}"),
    }
}

#[test]
fn s6_3_an_unknown_word_is_refused_at_publish_with_its_path_and_a_suggestion() {
    let office = Office::new();
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "in" }, { "key": "out" }] }));
    office.try_publish(texts(), json!({})).expect("without shortcodes all is well");
    for place in PLACES {
        for (source, wanted) in [
            ("{{ acount.name }}", "did you mean `account.name`?"),
            ("Due {{ job.dued }}!", "did you mean `job.due`?"),
            ("{{ today | dat('%Y') }}", "did you mean `date`?"),
            ("{{ account.name", "not well formed"),
            ("{{ today | date('%Q!') }}", "not a format for dates"),
        ] {
            let mut pipeline = texts();
            *pipeline.pointer_mut(place).expect("the place") = json!(source);
            let found = problems(office.try_publish(pipeline, json!({})));
            assert_eq!(found.len(), 1, "{place}: {found:?}");
            assert!(found[0].message.contains(wanted), "{place}: {}", found[0].message);
            // The same way, written `a.b[0].c` in a problem.
            let path = found[0].path.replace('[', "/").replace(']', "").replace('.', "/");
            assert_eq!(format!("/{path}"), *place);
        }
    }
    let heads = office.engine.query(firm(), workflow_core::event::Actor::system("t")).expect("a firm");
    let version = heads.board(&key("p"), 1).expect("a board").version;
    assert_eq!(version, 1, "what is refused is not published");
}

#[test]
fn s6_3_lint_finds_them_without_publishing() {
    let office = Office::new();
    let mut pipeline = texts();
    pipeline["stages"][0]["on_entry"][0]["do"][3]["create_job"] = json!({});
    pipeline["job_defaults"]["name"] = json!("{{ accounts.name }}");
    let definition: PipelineDefinition = serde_json::from_value(pipeline).expect("a definition");
    let found = office.engine.lint(firm(), &definition).expect("problems");
    assert!(found.iter().any(|problem| problem.code == "unknown_shortcode"), "{found:?}");
}

#[test]
fn s6_3_an_unknown_word_in_a_template_or_command_is_refused() {
    let office = Office::with(plain());
    let job = office.job();
    let before = office.get(job);
    let bad = "{{ acount.name }}";
    for written in [
        json!({ "save_template": { "job": { "key": "t", "defaults": { "name": bad } } } }),
        json!({ "save_template": { "task": { "key": "t", "title": bad } } }),
        json!({ "create_job": { "account": account(1), "pipeline": "p", "name": bad } }),
        json!({ "edit_job": { "job": job, "changes": { "description": { "to": bad } } } }),
        json!({ "edit_job": { "job": job, "changes": { "client_status": { "to": bad } } } }),
        json!({ "create_task": { "job": job, "task": { "key": "t", "title": bad } } }),
    ] {
        let rejection = office.refused(command(written.clone()));
        assert!(rejection.to_string().contains("did you mean `account.name`?"), "{written}: {rejection}");
    }
    assert_eq!(office.get(job), before);
}

#[test]
fn s6_3_a_title_that_comes_out_too_long_fails_its_action() {
    let mut pipeline = plain();
    let title = "{{ job.description }}";
    pipeline["stages"][1]["on_entry"] = json!([
        { "key": "task", "do": [{ "create_task": { "key": "t", "title": title } }] },
        { "key": "item", "do": [{ "request": { "kind": "email", "title": title } }] }
    ]);
    let office = Office::with(pipeline);
    let of_length = |length: usize| {
        let new = json!({ "account": account(1), "pipeline": "p", "description": "x".repeat(length) });
        office.give(json!({ "create_job": new })).job().expect("a job")
    };
    let job = of_length(limits::NAME_BYTES);
    office.move_to(job, "two");
    assert_eq!((office.get(job).tasks.len(), office.get(job).items.len()), (1, 1));
    let job = of_length(limits::NAME_BYTES + 1);
    office.move_to(job, "two");
    assert_eq!((office.get(job).tasks.len(), office.get(job).items.len()), (0, 0));
    for failure in &office.get(job).failed {
        assert!(failure.why.contains("NAME_BYTES of 500 (it is 501)"), "{}", failure.why);
    }
    assert_eq!(office.get(job).failed.len(), 2);
    let task = json!({ "job": job, "task": { "key": "t", "title": title } });
    let rejection = office.refused(command(json!({ "create_task": task })));
    assert!(rejection.to_string().contains("NAME_BYTES"), "{rejection}");
}

#[test]
fn s6_3_a_name_that_comes_out_empty_or_too_long_is_refused() {
    let office = Office::with(plain());
    for name in ["{{ account.field.none }}", "{% for i in range(100) %}{{ account.name }}{% endfor %}"] {
        let mut new = NewJob::new(account(1), key("p"));
        new.name = Some(name.into());
        let rejection = office.refused(Command::CreateJob(Box::new(new)));
        assert!(rejection.to_string().contains("name"), "{rejection}");
    }
}
