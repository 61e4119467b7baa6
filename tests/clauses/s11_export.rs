//! Event logs and tables for other programs. What real readers make of them is tried from Python.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::document::{check, read};
use workflow_core::engine::Engine;
use workflow_core::error::{Error, ErrorKind, Rejection, StoreError};
use workflow_core::event::{Actor, Event, Recorded};
use workflow_core::export::{ExportDetail, ExportFormat, ExportQuery, Exported, ExportedTable};
use workflow_core::id::{EntryId, FirmId, JobId};
use workflow_core::limits;
use workflow_core::model::FirmSettings;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Batch, Committed, Conflict, Hit, LogBy, LogScan, ReadMoment, Scan, Transact};
use workflow_suites::around::{Around, Hand};

use crate::crowd::{Crowd, Records, lookers};
use crate::exported::{column, ids, is_sound, list, ocel, rows, text, told, traces};
use crate::kit::{Office, account, command, firm, key, member};

const TABLES: [ExportedTable; 7] = [
    ExportedTable::Accounts,
    ExportedTable::Jobs,
    ExportedTable::Tasks,
    ExportedTable::Items,
    ExportedTable::Events,
    ExportedTable::Measures,
    ExportedTable::StageTimes,
];

fn formats() -> impl Iterator<Item = ExportFormat> {
    [ExportFormat::Xes, ExportFormat::Ocel].into_iter().chain(TABLES.map(ExportFormat::Csv))
}

fn attempt(engine: &Engine, actor: Actor, query: &ExportQuery) -> Result<(String, Exported), Error> {
    let mut file = Vec::new();
    let written = engine.query(firm(), actor)?.export(query, &mut file)?;
    Ok((String::from_utf8(file).expect("UTF-8"), written))
}

fn export_as(engine: &Engine, actor: Actor, query: &ExportQuery) -> (String, Exported) {
    attempt(engine, actor, query).expect("an export")
}

fn export(office: &Office, query: &ExportQuery) -> (String, Exported) {
    export_as(&office.engine, Actor::system("report"), query)
}

fn of(format: ExportFormat) -> ExportQuery {
    ExportQuery::new(format)
}

fn table(table: ExportedTable) -> ExportQuery {
    of(ExportFormat::Csv(table))
}

fn detailed(format: ExportFormat, detail: ExportDetail) -> ExportQuery {
    ExportQuery { detail, ..of(format) }
}

/// A client is asked, somebody prepares, somebody reviews.
fn pipeline() -> Value {
    json!({ "key": "p", "name": "Tax return",
        "statuses": [{ "key": "missing", "name": "Missing documents" }],
        "task_templates": [{ "key": "prepare", "title": "Prepare for {{ account.name }}", "assign": { "roles": ["preparer"] } }],
        "stages": [
            { "key": "intake", "name": "Intake", "automove": true,
                "on_entry": [{ "key": "ask", "do": [{ "request": { "kind": "organizer" } }] }] },
            { "key": "prepare", "name": "Preparation", "automove": true,
                "on_entry": [{ "key": "work", "do": [{ "create_tasks": ["prepare"] }] }] },
            { "key": "done", "name": "Done" }
        ] })
}

fn story(office: &Office) -> JobId {
    let job = office.job();
    let later = |hours| office.advance(TimeDelta::hours(hours));
    later(26);
    office.report(job, "organizer", "submitted");
    later(2);
    office.set_status(job, "missing");
    later(24);
    office.set_status(job, "active");
    let task = office.get(job).tasks[0].task;
    office.as_member(1, command(json!({ "set_task_state": { "task": task, "state": "in_progress" } }))).expect("begun");
    later(2);
    office.as_member(1, command(json!({ "set_task_state": { "task": task, "state": "completed" } }))).expect("done");
    job
}

#[test]
fn s11_7_a_trace_of_xes_is_what_happened_to_a_job() {
    let office = Office::with(pipeline());
    let job = story(&office);
    let (text, written) = export(&office, &of(ExportFormat::Xes));
    let found = traces(&text);
    let [(trace, events)] = found.as_slice() else { panic!("{text}") };
    assert_eq!((written.traces, written.events as usize), (1, events.len()));
    for (name, value) in [
        ("concept:name", job.to_string().as_str()),
        ("identity:id", &job.to_string()),
        ("account", "Jane Doe"),
        ("pipeline", "p"),
        ("pipeline_name", "Tax return"),
        ("status", "completed"),
        ("current_stage", "done"),
        ("completed", "2026-02-04T21:00:00.000000+00:00"),
    ] {
        assert_eq!(trace[name], value, "{name}");
    }
    let expected = [
        ("Job created", "complete", "intake"),
        ("Intake", "complete", "intake"),
        ("Automation ran: ask", "complete", "intake"),
        ("Item requested: organizer", "complete", "intake"),
        ("Item reported: organizer submitted", "complete", "intake"),
        ("Preparation", "complete", "prepare"),
        ("Automation ran: work", "complete", "prepare"),
        ("Task: prepare", "schedule", "prepare"),
        ("Status: Missing documents", "complete", "prepare"),
        ("Job activated", "complete", "prepare"),
        ("Task: prepare", "start", "prepare"),
        ("Task: prepare", "complete", "prepare"),
        ("Done", "complete", "done"),
        ("Job completed", "complete", "done"),
    ];
    let transitions = told(events, "lifecycle:transition");
    let stages = told(events, "stage");
    let found: Vec<_> =
        told(events, "concept:name").into_iter().zip(transitions).zip(stages).map(|((a, b), c)| (a, b, c)).collect();
    assert_eq!(found, expected);
    let begun = &events[10];
    assert_eq!((begun["org:resource"].as_str(), begun["org:role"].as_str()), ("Ann", "preparer"));
    assert_eq!((begun["actor"].as_str(), begun["actor_id"].clone()), ("member", member(1).to_string()));
    assert_eq!(begun["time:timestamp"], "2026-02-04T19:00:00.000000+00:00");
    assert_eq!((begun["event"].as_str(), begun["task_title"].as_str()), ("task_started", "Prepare for Jane Doe"));
    assert_eq!(begun["concept:instance"], events[7]["concept:instance"], "of one task");
    assert_eq!((events[7]["automation"].as_str(), events[7]["org:resource"].as_str()), ("work", "test"));
    assert_eq!((events[12]["from_stage"].as_str(), events[12]["how"].as_str()), ("prepare", "automove"));
    let ids: BTreeSet<&str> = told(events, "identity:id").into_iter().collect();
    assert_eq!(ids.len(), events.len());
    assert_eq!(export(&office, &of(ExportFormat::Xes)).0, text, "the same again");
}

#[test]
fn s11_7_only_stages_or_everything_can_be_asked_for() {
    let office = Office::with(pipeline());
    let job = story(&office);
    office.give(json!({ "comment_job": { "job": job, "text": "for the firm's eyes" } }));
    let names = |detail| {
        let (text, _) = export(&office, &detailed(ExportFormat::Xes, detail));
        let events = traces(&text).remove(0).1;
        told(&events, "concept:name").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(ExportDetail::Stages), ["Intake", "Preparation", "Done"]);
    assert!(!names(ExportDetail::Work).contains(&"Job commented".to_owned()));
    assert!(names(ExportDetail::All).contains(&"Job commented".to_owned()));
    for format in formats() {
        let (text, _) = export(&office, &detailed(format, ExportDetail::All));
        assert!(!text.contains("for the firm's eyes"), "what a comment says is in no export: {format:?}");
    }
}

#[test]
fn s11_7_objects_of_ocel_have_their_values_over_time_and_events_their_objects() {
    let office = Office::with(pipeline());
    let job = story(&office);
    let (text_of, written) = export(&office, &of(ExportFormat::Ocel));
    let log = ocel(&text_of);
    let (objects, events) = (list(&log, "objects"), list(&log, "events"));
    assert_eq!((written.objects as usize, written.events as usize), (objects.len(), events.len()));
    let kinds: Vec<&str> = objects.iter().map(|object| text(&object["type"])).collect();
    assert_eq!(kinds, ["pipeline", "member", "member", "member", "account", "job", "task", "item"]);
    let values = |object: &Value, name: &str| {
        let of = list(object, "attributes").iter().filter(|value| value["name"] == name);
        of.map(|value| (text(&value["value"]).to_owned(), text(&value["time"]).to_owned())).collect::<Vec<_>>()
    };
    let found = &objects[5];
    assert_eq!(found["id"], job.to_string());
    let pair = |value: &str, time: &str| (value.to_owned(), time.to_owned());
    assert_eq!(
        values(found, "stage"),
        [
            pair("intake", "2026-02-02T15:00:00.000000Z"),
            pair("prepare", "2026-02-03T17:00:00.000000Z"),
            pair("done", "2026-02-04T21:00:00.000000Z"),
        ]
    );
    assert_eq!(values(found, "status").len(), 4);
    assert_eq!(values(&objects[6], "state").len(), 3);
    assert_eq!(values(&objects[7], "progress").last().expect("progress").0, "done");
    let ties = |thing: &Value| {
        let ties = list(thing, "relationships").iter();
        ties.map(|tie| (text(&tie["qualifier"]).to_owned(), text(&tie["objectId"]).to_owned())).collect::<Vec<_>>()
    };
    let account = account(1).to_string();
    assert_eq!(ties(found), [pair("for", &account), pair("in", "pipeline/p")]);
    let task = text(&objects[6]["id"]).to_owned();
    assert_eq!(ties(&objects[6]), [pair("part of", &job.to_string()), pair("assigned", &member(1).to_string())]);
    let done = events.iter().find(|event| event["type"] == "Task completed: prepare").expect("completed");
    let ann = member(1).to_string();
    assert_eq!(
        ties(done),
        [pair("job", &job.to_string()), pair("account", &account), pair("task", &task), pair("by", &ann)]
    );
    let types: Vec<&str> = list(&log, "eventTypes").iter().map(|of| text(&of["name"])).collect();
    let used: BTreeSet<&str> = events.iter().map(|event| text(&event["type"])).collect();
    assert_eq!(types, used.into_iter().collect::<Vec<_>>());
    assert!(types.contains(&"Preparation"), "stages are activities");
}

#[test]
fn s11_7_an_actor_gets_what_they_may_see_and_nothing_else() {
    for seed in [117, 118] {
        let crowd = Crowd::new(seed, 60);
        let records = Records::of(&crowd.office);
        let engine = &crowd.office.engine;
        for (actor, pipeline) in lookers().into_iter().flat_map(|actor| [(actor.clone(), None), (actor, Some("p"))]) {
            let with = |format| ExportQuery { pipeline: pipeline.map(key), detail: ExportDetail::All, ..of(format) };
            let there = |job: &workflow_core::model::Job| {
                records.sees_job(&actor, job) && pipeline.is_none_or(|key| job.pipeline.as_str() == key)
            };
            let jobs: BTreeSet<String> =
                records.jobs.values().filter(|(_, job)| there(job)).map(|(_, job)| job.id.to_string()).collect();
            let tasks: BTreeSet<String> = (records.tasks.values().map(|(_, task)| task))
                .filter(|task| task.job.map_or(pipeline.is_none(), |job| there(&records.jobs[&job].1)))
                .map(|task| task.id.to_string())
                .collect();
            let items: BTreeSet<String> = (records.items.iter())
                .filter(|item| {
                    let mut here = item.jobs.iter().filter_map(|job| records.jobs.get(job)).peekable();
                    (here.peek().is_none() && pipeline.is_none()) || here.any(|(_, job)| there(job))
                })
                .map(|item| item.id.to_string())
                .collect();
            let (text_of, written) = export_as(engine, actor.clone(), &with(ExportFormat::Xes));
            let traces = traces(&text_of);
            assert_eq!(written.traces as usize, traces.len());
            let found: BTreeSet<String> = traces.iter().map(|(trace, _)| trace["identity:id"].clone()).collect();
            assert_eq!(found, jobs, "{actor:?} {pipeline:?}");
            for (_, events) in &traces {
                assert!(told(events, "time:timestamp").is_sorted());
                assert!(!told(events, "stage").contains(&""));
            }
            let log = ocel(&export_as(engine, actor.clone(), &with(ExportFormat::Ocel)).0);
            is_sound(&log);
            assert_eq!(ids(&log, "job"), jobs, "{actor:?} {pipeline:?}");
            assert_eq!(ids(&log, "task"), tasks, "{actor:?} {pipeline:?}");
            assert_eq!(ids(&log, "item"), items, "{actor:?} {pipeline:?}");
            let csv = |of| export_as(engine, actor.clone(), &with(ExportFormat::Csv(of))).0;
            assert_eq!(column(&csv(ExportedTable::Jobs), "id"), jobs);
            assert_eq!(column(&csv(ExportedTable::Tasks), "id"), tasks);
            assert_eq!(column(&csv(ExportedTable::Items), "id"), items);
            assert_eq!(column(&csv(ExportedTable::Measures), "job"), jobs);
            assert_eq!(column(&csv(ExportedTable::Accounts), "id"), ids(&log, "account"));
            let of_jobs: BTreeSet<String> =
                rows(&csv(ExportedTable::Events)).into_iter().map(|row| row["job"].clone()).collect();
            let gone = of_jobs.iter().filter(|job| !job.is_empty() && !jobs.contains(*job));
            let all = matches!(actor, Actor::System(_)) || actor == Actor::Member(member(1));
            let gone: Vec<&String> = gone.collect();
            assert!(gone.is_empty() || (all && pipeline.is_none()), "{actor:?}: {gone:?}");
            let known: BTreeSet<String> = records.jobs.keys().map(ToString::to_string).collect();
            assert!(gone.iter().all(|job| !known.contains(*job)), "only deleted jobs");
        }
    }
}

#[test]
fn s11_7_what_is_not_the_actors_to_export_is_refused() {
    let crowd = Crowd::new(3, 6);
    let engine = &crowd.office.engine;
    for format in formats() {
        let refused = attempt(engine, Actor::Client(account(1)), &of(format)).expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
        let closed = ExportQuery { pipeline: Some(key("r")), ..of(format) };
        assert_eq!(
            attempt(engine, Actor::Member(member(2)), &closed).expect_err("refused").kind(),
            ErrorKind::Forbidden
        );
        let unknown = ExportQuery { pipeline: Some(key("nowhere")), ..of(format) };
        let refused = attempt(engine, Actor::system("t"), &unknown).expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
    let day = |text: &str| Some(text.parse().expect("a day"));
    let backwards = ExportQuery { from: day("2026-02-03"), to: day("2026-02-02"), ..of(ExportFormat::Xes) };
    let of_a_day = ExportQuery { from: day("2026-02-03"), ..table(ExportedTable::Jobs) };
    for (query, field) in [(backwards, "to"), (of_a_day, "from")] {
        let refused = attempt(engine, Actor::system("t"), &query).expect_err("refused");
        assert_eq!(refused.report().field.as_deref(), Some(field));
    }
}

const HOSTILE: &str =
    "=HYPERLINK(\"http://x\",\"y\") <&> ]]> \u{1}\u{8}\u{b}\u{1b}\u{fffe}\u{ffff}\0 'a' \t\r\n 🧾 \u{202e}é";

#[test]
fn s11_7_names_of_any_kind_come_through() {
    let office =
        Office::with(json!({ "key": "p", "name": HOSTILE, "stages": [{ "key": "in ]]> <\"&", "name": HOSTILE },
        { "key": "done" }] }));
    office.account(2, HOSTILE);
    let job = office.give(json!({ "create_job": { "account": account(2), "pipeline": "p", "name": HOSTILE,
        "tags": ["+1, \"2\""], "fields": { "=f": HOSTILE, "a_b c_x0020_ö": "other" } } }));
    let job = job.job().expect("a job");
    office.new_task(json!({ "job": job, "task": { "key": "t", "title": HOSTILE } }));

    let (text_of, _) = export(&office, &detailed(ExportFormat::Xes, ExportDetail::All));
    let plain = HOSTILE.replace(['\0', '\u{1}', '\u{8}', '\u{b}', '\u{1b}', '\u{fffe}', '\u{ffff}'], "\u{fffd}");
    let found = traces(&text_of);
    assert_eq!((&found[0].0["job"], &found[0].0["account"], &found[0].0["field._x003D_f"]), (&plain, &plain, &plain));
    assert_eq!(found[0].0["field.a_b_x0020_c_x005F_x0020_ö"], "other", "no two keys become one");
    assert_eq!(found[0].1[1]["concept:name"], plain);
    assert_eq!(found[0].1[1]["stage"], "in ]]> <\"&");
    assert!(!text_of.contains(|letter: char| letter.is_control() && letter != '\n'));
    assert!(!text_of.contains("]]>"));

    let log = ocel(&export(&office, &of(ExportFormat::Ocel)).0);
    is_sound(&log);
    let accounts = list(&log, "objects").iter().filter(|object| object["type"] == "account");
    assert!(accounts.flat_map(|account| list(account, "attributes")).any(|value| value["value"] == HOSTILE));

    let shown = HOSTILE.replace('\0', "\u{fffd}");
    for raw in [false, true] {
        let (text_of, _) = export(&office, &ExportQuery { raw, ..table(ExportedTable::Jobs) });
        let row = rows(&text_of).remove(0);
        let name = if raw { shown.clone() } else { format!("'{shown}") };
        assert_eq!((&row["name"], &row["account_name"], &row["stage_name"]), (&name, &name, &name));
        assert_eq!(row["tags"], if raw { "+1, \"2\"" } else { "'+1, \"2\"" });
        assert_eq!(row["fields"], json!({ "=f": HOSTILE, "a_b c_x0020_ö": "other" }).to_string());
        assert!(text_of.ends_with("\r\n") && !text_of.starts_with('\u{feff}'));
    }
}

#[test]
fn s11_7_no_cell_begins_a_formula() {
    let office = Office::with(pipeline());
    for (number, name) in
        (2..).zip(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", "1=1", "a\n=1", "'=1", "(-1)"])
    {
        office.account(number, name);
    }
    let (text_of, _) = export(&office, &table(ExportedTable::Accounts));
    let names = column(&text_of, "name");
    let begins = |name: &&String| name.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']);
    assert_eq!(names.iter().filter(begins).count(), 0, "{names:?}");
    for name in ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'＝1", " =1", "1=1", "a\n=1", "'=1", "(-1)"] {
        assert!(names.contains(name), "{name:?} of {names:?}");
    }
    let (text_of, _) = export(&office, &ExportQuery { raw: true, ..table(ExportedTable::Accounts) });
    assert!(column(&text_of, "name").contains("=1+1"));
}

#[test]
fn s11_7_a_firm_in_which_nothing_happened_is_exported_too() {
    let engine = Engine::new(Arc::new(MemoryStore::new()));
    engine.acting(firm(), Actor::system("t")).save_firm(FirmSettings::named("New")).expect("a firm");
    for format in formats() {
        let (text_of, written) = export_as(&engine, Actor::system("t"), &of(format));
        assert_eq!(written, Exported::default(), "{format:?}");
        match format {
            ExportFormat::Xes => assert!(traces(&text_of).is_empty() && text_of.ends_with("</log>\n")),
            ExportFormat::Ocel => is_sound(&ocel(&text_of)),
            ExportFormat::Csv(_) => assert_eq!(text_of.lines().count(), 1),
        }
    }
    let nobody = Engine::new(Arc::new(MemoryStore::new()));
    assert_eq!(nobody.query(firm(), Actor::system("t")).err().map(|error| error.kind()), Some(ErrorKind::NotFound));
}

#[test]
fn s11_7_events_are_of_the_firms_days() {
    let office = Office::with(pipeline());
    story(&office);
    office.job();
    office.advance(TimeDelta::hours(8)); // 16:00 and 8 hours: past midnight in New York
    office.job();
    let day = |text: &str| Some(text.parse().expect("a day"));
    let between =
        |format, from, to| ExportQuery { from: day(from), to: day(to), ..detailed(format, ExportDetail::Stages) };
    let starts = |from, to| {
        let (text_of, written) = export(&office, &between(ExportFormat::Xes, from, to));
        let found = traces(&text_of);
        assert!(found.iter().all(|(_, events)| !events.is_empty()));
        let rows = rows(&export(&office, &between(ExportFormat::Csv(ExportedTable::Events), from, to)).0);
        assert_eq!(rows.len() as u64, written.events);
        let log = ocel(&export(&office, &between(ExportFormat::Ocel, from, to)).0);
        assert_eq!(list(&log, "events").len(), rows.len());
        assert_eq!(ids(&log, "job").len(), 3, "objects are as they are, whatever the days");
        (found.len(), written.events)
    };
    assert_eq!(starts("2026-02-02", "2026-02-02"), (1, 1));
    assert_eq!(starts("2026-02-03", "2026-02-03"), (1, 1));
    assert_eq!(starts("2026-02-04", "2026-02-04"), (2, 2));
    assert_eq!(starts("2026-02-05", "2026-02-05"), (1, 1));
    assert_eq!(starts("2026-02-06", "2027-02-06"), (0, 0));
    assert_eq!(starts("2026-01-01", "2026-12-31"), (3, 5));
}

#[test]
fn s11_7_tables_have_the_columns_that_they_always_had() {
    let office = Office::with(pipeline());
    story(&office);
    let header = |of| export(&office, &table(of)).0.lines().next().expect("a header").to_owned();
    assert_eq!(header(ExportedTable::Accounts), "id,name,external,tags,roles,fields,created,updated");
    assert_eq!(
        header(ExportedTable::Tasks),
        "id,title,job,job_name,pipeline,account,state,custom_status,priority,assignees,assignee_names,start,due,\
         overdue,tags,steps,steps_done,budget_minutes,template,created,updated,completed"
    );
    let measures = rows(&export(&office, &table(ExportedTable::Measures)).0).remove(0);
    assert_eq!((measures["lead_seconds"].as_str(), measures["cycle_business_seconds"].as_str()), ("194400", "43200"));
    assert_eq!((measures["client_seconds"].as_str(), measures["age_seconds"].as_str()), ("93600", ""));
    let times = rows(&export(&office, &table(ExportedTable::StageTimes)).0);
    let times: Vec<_> = times.iter().map(|row| (row["stage_name"].as_str(), row["seconds"].as_str())).collect();
    assert_eq!(times, [("Intake", "93600"), ("Preparation", "100800"), ("Done", "0")]);
    let events = rows(&export(&office, &table(ExportedTable::Events)).0);
    let begun = events.iter().find(|row| row["event"] == "task_started").expect("begun");
    assert_eq!((begun["resource"].as_str(), begun["label"].as_str()), ("Ann", "Task started: prepare"));
    let tasks = rows(&export(&office, &table(ExportedTable::Tasks)).0);
    assert_eq!((tasks[0]["assignee_names"].as_str(), tasks[0]["state"].as_str()), ("Ann", "completed"));
}

/// A store that can be told not to show moments, and that counts how much it was asked for at once.
struct Modest {
    store: Arc<MemoryStore>,
    moments: bool,
    most: AtomicUsize,
}

impl Hand for Modest {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.store.commit(batches)
    }
    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        let hits = self.store.scan(firm, scan)?;
        self.most.fetch_max(hits.len(), Ordering::Relaxed);
        Ok(hits)
    }
    fn at_one_moment(&self, firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        if self.moments {
            return self.store.at_one_moment(firm, read);
        }
        Err(StoreError::new(ErrorKind::Unsupported, "no moments"))
    }
}

/// The longest stretch that a writer was given at once.
struct Longest(usize, u64);

impl Write for Longest {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.max(bytes.len());
        self.1 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn s11_7_a_large_firm_is_written_in_small_pieces_and_nothing_of_it_is_missed() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [{ "key": "in" }, { "key": "done" }] }));
    (2..=70).for_each(|number| office.account(number, &format!("Client {number}")));
    // More jobs of one account, and more entries of one job, than are read in one go.
    let jobs: Vec<JobId> =
        (0..150).map(|number| office.job_of(if number < 90 { 1 } else { number - 80 }, "p")).collect();
    for number in 0..450u32 {
        let note = json!({ "edit_job": { "job": jobs[7], "changes": { "priority": if number % 2 == 0 { "low" } else { "high" } } } });
        office.give(note);
    }
    for number in 0..250 {
        let task = json!({ "key": "t", "title": format!("Loose {number}") });
        office.new_task(json!({ "account": account(number % 9 + 1), "task": task }));
    }
    for moments in [true, false] {
        let modest = Arc::new(Around(Modest { store: Arc::clone(&office.store), moments, most: AtomicUsize::new(0) }));
        let engine = Engine::new(Arc::clone(&modest) as _);
        for (format, expected) in [
            (ExportFormat::Xes, Exported { traces: 150, events: 150 * 2 + 450, ..Exported::default() }),
            (ExportFormat::Csv(ExportedTable::Jobs), Exported { rows: 150, ..Exported::default() }),
            (ExportFormat::Csv(ExportedTable::Accounts), Exported { rows: 70, ..Exported::default() }),
            (ExportFormat::Csv(ExportedTable::Tasks), Exported { rows: 250, ..Exported::default() }),
            (ExportFormat::Csv(ExportedTable::Measures), Exported { rows: 150, ..Exported::default() }),
        ] {
            let mut longest = Longest(0, 0);
            let queries = engine.query(firm(), Actor::system("t")).expect("a firm");
            let written = queries.export(&detailed(format, ExportDetail::All), &mut longest).expect("an export");
            assert_eq!(written, expected, "{format:?}");
            assert!(longest.0 < 4_000, "{format:?}: {} bytes at once of {}", longest.0, longest.1);
        }
        let (text_of, written) =
            export_as(&engine, Actor::system("t"), &detailed(ExportFormat::Ocel, ExportDetail::All));
        is_sound(&ocel(&text_of));
        assert_eq!(written.objects, 1 + 3 + 70 + 150 + 250);
        assert_eq!(ids(&ocel(&text_of), "task").len(), 250);
        let most = modest.0.most.load(Ordering::Relaxed);
        assert!(most <= 100, "{most} rows at once");
    }
}

#[test]
fn s12_1_types_of_event_are_bounded() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [{ "key": "in" }, { "key": "done" }] }));
    let job = office.job();
    let log = office.store.log(firm(), &LogScan::new(LogBy::Job(job), 1)).expect("a log");
    let mut entry = (*log[0].entry).clone();
    // As many signals as nobody sends, past the engine.
    entry.id = EntryId(uuid::Uuid::from_u128(0xe1));
    let signal = |number| Recorded {
        event: Event::SignalReceived { job, name: key(&format!("signal {number}")), payload: None },
        by: None,
        of: None,
    };
    entry.events = (0..limits::EXPORT_ACTIVITIES + 50).map(signal).collect();
    let mut batch = Batch::new(firm());
    batch.entries.push(Arc::new(entry));
    office.store.commit(&[batch]).expect("writable").remove(0).expect("committed");
    let log = ocel(&export(&office, &of(ExportFormat::Ocel)).0);
    is_sound(&log);
    let types = list(&log, "eventTypes");
    assert_eq!(types.len(), limits::EXPORT_ACTIVITIES + 1, "the last ones go by what they are");
    let last = list(&log, "events").last().expect("an event");
    assert_eq!(last["type"], "signal_received");
    assert_eq!(
        list(last, "attributes").iter().find(|value| value["name"] == "value").expect("named")["value"],
        format!("signal {}", limits::EXPORT_ACTIVITIES + 49)
    );
    office.leave();
}

#[test]
fn s12_1_values_over_time_are_bounded() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [{ "key": "in" }, { "key": "done" }] }));
    let job = office.job();
    for number in 0..limits::EXPORT_CHANGES + 10 {
        office.give(json!({ "edit_job": { "job": job, "changes": { "priority": if number % 2 == 0 { "low" } else { "high" } } } }));
    }
    let log = ocel(&export(&office, &of(ExportFormat::Ocel)).0);
    let found = list(&log, "objects").iter().find(|object| object["type"] == "job").expect("the job");
    let changes = list(found, "attributes").iter().filter(|value| value["name"] == "priority").count();
    assert_eq!(changes, limits::EXPORT_CHANGES, "the latest ones");
}

/// A writer during whose writing somebody works.
struct Interrupted<'o> {
    office: &'o Office,
    left: usize,
    written: Vec<u8>,
}

impl Write for Interrupted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left > 0 {
            self.left -= 1;
            let job = self.office.job();
            self.office.new_task(json!({ "job": job, "task": { "key": "t", "title": "Late" } }));
        }
        self.written.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn s11_7_an_export_is_of_one_moment_while_others_work() {
    for format in formats() {
        let office = Office::with(pipeline());
        story(&office);
        let (before, _) = export(&office, &of(format));
        let mut file = Interrupted { office: &office, left: 12, written: Vec::new() };
        let queries = office.engine.query(firm(), Actor::system("report")).expect("a firm");
        queries.export(&of(format), &mut file).expect("an export");
        assert_eq!(String::from_utf8(file.written).expect("UTF-8"), before, "{format:?}");
    }
}

#[test]
fn s11_7_a_store_that_shows_no_moments_has_sound_logs_too() {
    let office = Office::with(pipeline());
    story(&office);
    let store = Around(Modest { store: Arc::clone(&office.store), moments: false, most: AtomicUsize::new(0) });
    let engine = Engine::new(Arc::new(store));
    for format in formats() {
        assert_eq!(export_as(&engine, Actor::system("report"), &of(format)), export(&office, &of(format)));
    }
    let mut file = Interrupted { office: &office, left: 12, written: Vec::new() };
    let queries = engine.query(firm(), Actor::system("report")).expect("a firm");
    queries.export(&of(ExportFormat::Ocel), &mut file).expect("an export");
    is_sound(&serde_json::from_slice(&file.written).expect("JSON"));
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn s11_7_a_file_is_there_whole_or_not_at_all() {
    let office = Office::with(pipeline());
    story(&office);
    let queries = office.engine.query(firm(), Actor::system("report")).expect("a firm");
    let failed = queries.export(&of(ExportFormat::Xes), &mut Full).expect_err("a full disk");
    assert_eq!(failed.kind(), ErrorKind::Unavailable);

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.csv");
    std::fs::write(&path, "what was there").expect("written");
    let to_file = |actor: Actor, query: &ExportQuery| {
        workflow_store::export::to_file(&office.engine, firm(), actor, query, &path)
    };
    let refused = ExportQuery { pipeline: Some(key("nowhere")), ..table(ExportedTable::Jobs) };
    assert!(matches!(to_file(Actor::system("t"), &refused), Err(Error::Rejected(Rejection::NotFound { .. }))));
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "what was there");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no part is left");
    assert_eq!(to_file(Actor::system("report"), &table(ExportedTable::Jobs)).expect("written").rows, 1);
    assert_eq!(std::fs::read_to_string(&path).expect("there"), export(&office, &table(ExportedTable::Jobs)).0);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn s11_7_what_is_exported_is_asked_for_by_a_document() {
    let query: ExportQuery = read(
        "export",
        br#"{"format": {"csv": "events"}, "pipeline": "p", "from": "2026-02-02", "detail": "all", "raw": true}"#,
    )
    .expect("a document");
    assert_eq!(
        (query.format, query.detail, query.raw),
        (ExportFormat::Csv(ExportedTable::Events), ExportDetail::All, true)
    );
    assert_eq!(read::<ExportQuery>("export", br#"{"format": "xes"}"#).expect("a document"), of(ExportFormat::Xes));
    for wrong in
        [r#"{}"#, r#"{"format": "csv"}"#, r#"{"format": {"xes": "jobs"}}"#, r#"{"format": "xes", "detial": "all"}"#]
    {
        assert!(read::<ExportQuery>("export", wrong.as_bytes()).is_err(), "{wrong}");
    }
    let written = serde_json::to_vec(&Exported::default()).expect("JSON");
    check("exported", &written).expect("by its schema");
}
