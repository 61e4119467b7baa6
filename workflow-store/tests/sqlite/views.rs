//! The views for reports say what the records say.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::event::{Actor, Event};
use workflow_core::id::{FirmId, PipelineKey};
use workflow_core::store::{DocId, Document, Queue, QueuedState, Transact};
use workflow_store::sqlite::SqliteStore;

use crate::kit::{Home, account, job, key, log, quick};

fn firm(number: u128) -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf0 + number))
}

struct Office {
    _home: Home,
    store: Arc<SqliteStore>,
    engine: Engine,
    reports: Connection,
}

type Row = BTreeMap<String, Value>;

impl Office {
    /// Two firms, the first with jobs of all sorts.
    fn new() -> Self {
        let home = Home::new();
        let store = Arc::new(SqliteStore::open(home.database(), quick()).expect("a store"));
        let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00.25Z".parse().expect("an instant")));
        let engine = Engine::deterministic(Arc::clone(&store) as _, Arc::clone(&clock) as _, 7);
        let reports = Connection::open(home.database()).expect("a connection");
        let office = Self { _home: home, store, engine, reports };
        office.first_firm(&clock);
        for command in [
            json!({ "save_firm": { "name": "Other & Sons" } }),
            json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "end" }] } } }),
            json!({ "save_account": { "id": account(1), "name": "Elsewhere" } }),
            json!({ "create_job": { "id": job(1), "account": account(1), "pipeline": "p" } }),
        ] {
            office.give(2, command);
        }
        office
    }

    fn first_firm(&self, clock: &ManualClock) {
        let ann = uuid::Uuid::from_u128(0xb1);
        let task = |title: &str| {
            json!({ "create_task": { "key": title, "title": title, "assign": { "members": [ann] }, "budget_minutes": 45,
                    "due": "2026-03-02" } })
        };
        for command in [
            json!({ "save_firm": { "name": "Ledger & Sons", "time_zone": "America/New_York", "roles": ["preparer"] } }),
            json!({ "save_member": { "id": ann, "name": "Ann", "admin": true, "active": true } }),
            json!({ "publish_pipeline": { "definition": {
                "key": "p", "name": "P", "statuses": [{ "key": "missing" }],
                "stages": [
                    { "key": "one", "automove": true, "on_entry": [
                        { "key": "start", "do": [task("call"), task("write"), { "request": { "kind": "invoice", "title": "Bill" } }] },
                        { "key": "fail", "if": { "account_tags": { "all": ["odd"] } }, "do": [{ "create_task": {
                            "key": "x", "title": "X", "assign": { "roles": ["preparer"] } } }] }] },
                    { "key": "two" }, { "key": "end" }
                ],
            } } }),
            json!({ "save_account": { "id": account(1), "name": "Jane \"Q\" Doe", "external": "crm-1",
                    "fields": { "state": "NY", "dependents": 2 } } }),
            json!({ "save_account": { "id": account(2), "name": "Zoë's Bakery" } }),
            json!({ "tag_account": { "account": account(1), "add": ["vip", "1040"] } }),
            json!({ "tag_account": { "account": account(2), "add": ["odd"] } }),
            json!({ "create_job": { "id": job(1), "account": account(1), "pipeline": "p", "name": "Return", "priority": "high",
                    "start": "2026-02-03", "due": "2026-01-31", "statutory": "2026-04-15",
                    "extended": "2026-10-15", "budget_minutes": 120, "assign": { "members": [ann] } } }),
            json!({ "create_job": { "id": job(2), "account": account(2), "pipeline": "p", "priority": "urgent" } }),
            json!({ "create_job": { "id": job(3), "account": account(1), "pipeline": "p", "stage": "two", "priority": "low" } }),
            json!({ "create_job": { "id": job(4), "account": account(1), "pipeline": "p", "stage": "two" } }),
            json!({ "set_status": { "job": job(3), "status": "missing" } }),
            json!({ "comment_job": { "job": job(1), "text": "Called" } }),
            json!({ "create_task": { "account": account(2), "task": { "key": "loose", "title": "Loose" } } }),
            json!({ "create_item": { "job": job(4), "kind": "organizer", "title": "Questions", "external": "org-1" } }),
        ] {
            self.give(1, command);
            clock.advance(chrono::TimeDelta::minutes(7));
        }
        let Some(Document::Job(first)) = self.document(DocId::Job(job(1))) else { panic!("a job") };
        self.give(1, json!({ "set_task_state": { "task": first.tasks[0].task, "state": "completed" } }));
        self.give(1, json!({ "set_status": { "job": job(4), "status": "completed" } }));
        self.give(1, json!({ "archive_job": { "job": job(4) } }));
        // Of the notifications one is dead, one is to be tried again, and one is leased.
        let deliveries =
            self.engine.claim_notifications(Some(firm(1)), chrono::TimeDelta::seconds(60), 10).expect("notifications");
        assert_eq!(deliveries.len(), 2);
        self.engine.reject(&deliveries[0].receipt, "no such address").expect("dead");
        let later = Some("2026-02-03T00:00:00Z".parse().expect("an instant"));
        self.engine.fail(&deliveries[1].receipt, "try later", later).expect("later");
    }

    #[track_caller]
    fn give(&self, number: u128, written: Value) {
        let command: Command = serde_json::from_value(written).expect("a command");
        self.engine.execute(&Request::new(firm(number), Actor::system("test"), command)).expect("a command that works");
    }

    fn document(&self, id: DocId) -> Option<Document> {
        self.store.get(firm(1), &[id]).expect("readable").pop().flatten().map(|record| record.document)
    }

    /// The rows of a query, with NULLs left out and JSON texts as they are.
    fn rows(&self, sql: &str) -> Vec<Row> {
        let mut statement = self.reports.prepare(sql).expect("a query");
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> {
            let mut cells = Row::new();
            for (place, name) in names.iter().enumerate() {
                let value = match row.get::<_, Sql>(place)? {
                    Sql::Null => continue,
                    Sql::Integer(number) => json!(number),
                    Sql::Real(number) => json!(number),
                    Sql::Text(text) => json!(text),
                    Sql::Blob(_) => panic!("{name}: bytes in a report"),
                };
                cells.insert(name.clone(), value);
            }
            Ok(cells)
        };
        statement.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("rows")
    }

    /// A view's rows of the first firm by their identifier.
    fn by_id(&self, view: &str) -> BTreeMap<String, Row> {
        let rows = self.rows(&format!("SELECT * FROM {view} WHERE firm = '{}'", firm(1)));
        rows.into_iter().map(|row| (row["id"].as_str().expect("an id").to_owned(), row)).collect()
    }

    /// The records of a kind in the first firm with their revisions, as JSON.
    fn records(&self, ids: impl IntoIterator<Item = DocId>) -> Vec<(u64, Value)> {
        let ids: Vec<DocId> = ids.into_iter().collect();
        let found = self.store.get(firm(1), &ids).expect("readable").into_iter().flatten();
        let value = |document: &Document| match document {
            Document::Job(job) => serde_json::to_value(job),
            Document::Task(task) => serde_json::to_value(task),
            Document::Item(item) => serde_json::to_value(item),
            Document::Account(account) => serde_json::to_value(account),
            other => panic!("not asked for: {other:?}"),
        };
        found.map(|record| (record.revision, value(&record.document).expect("json"))).collect()
    }

    fn created(&self, of: impl Fn(&Event) -> Option<DocId>) -> Vec<DocId> {
        let entries = log(&self.store);
        entries.iter().flat_map(|logged| &logged.entry.events).filter_map(|recorded| of(&recorded.event)).collect()
    }
}

/// The fields of a record that a row should have under the same names.
fn expected(record: &Value, revision: u64, names: &[&str]) -> Row {
    let mut row: Row = names
        .iter()
        .filter_map(|name| {
            record.get(name).filter(|value| !value.is_null()).map(|value| ((*name).to_owned(), value.clone()))
        })
        .collect();
    row.insert("revision".to_owned(), json!(revision));
    row.insert("firm".to_owned(), json!(firm(1)));
    row
}

fn length(record: &Value, name: &str) -> Value {
    json!(record.get(name).and_then(Value::as_array).map_or(0, Vec::len))
}

/// A cell that holds JSON, read.
fn read_json(row: &mut Row, names: &[&str]) {
    for name in names {
        if let Some(Value::String(text)) = row.get(*name) {
            let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
            row.insert((*name).to_owned(), value);
        }
    }
}

#[test]
fn s11_1_jobs() {
    let office = Office::new();
    let rows = office.by_id("wf_report_jobs");
    let records = office.records((1..=4).map(|number| DocId::Job(job(number))));
    assert_eq!((rows.len(), records.len()), (4, 4));
    for (revision, record) in records {
        let same = [
            "id",
            "account",
            "name",
            "pipeline",
            "stage",
            "status",
            "start",
            "due",
            "statutory",
            "extended",
            "budget_minutes",
            "created",
            "updated",
            "completed",
            "archived",
        ];
        let mut wanted = expected(&record, revision, &same);
        for count in ["assignees", "attention", "tasks", "items"] {
            wanted.insert(count.to_owned(), length(&record, count));
        }
        wanted.insert("priority".to_owned(), record.get("priority").cloned().unwrap_or(json!("medium")));
        let visits = record["visits"].as_array().expect("visits");
        wanted.insert("stage_since".to_owned(), visits[visits.len() - 1]["entered"].clone());
        assert_eq!(rows[record["id"].as_str().expect("an id")], wanted);
    }
    // And so that the comparison itself is worth something:
    let row = &rows[&job(1).to_string()];
    assert_eq!((&row["priority"], &row["due"], &row["tasks"]), (&json!("high"), &json!("2026-01-31"), &json!(2)));
    let priorities: Vec<&Value> = (1..=4).map(|number| &rows[&job(number).to_string()]["priority"]).collect();
    assert_eq!(priorities, ["high", "urgent", "low", "medium"]);
    let statuses: Vec<&Value> = (1..=4).map(|number| &rows[&job(number).to_string()]["status"]).collect();
    assert_eq!(statuses, ["active", "active", "missing", "archived"]);
    // An action failed on it.
    assert_eq!(rows[&job(2).to_string()]["attention"], json!(1));
}

#[test]
fn s11_1_tasks() {
    let office = Office::new();
    let rows = office.by_id("wf_report_tasks");
    let ids = office.created(|event| match event {
        Event::TaskCreated { task, .. } => Some(DocId::Task(task.id)),
        _ => None,
    });
    assert_eq!((ids.len(), rows.len()), (5, 5));
    for (revision, record) in office.records(ids) {
        let same = [
            "id",
            "job",
            "account",
            "title",
            "state",
            "custom_status",
            "start",
            "due",
            "budget_minutes",
            "assignees",
            "created",
            "updated",
            "completed",
        ];
        let mut wanted = expected(&record, revision, &same);
        let ended = matches!(record["state"].as_str(), Some("completed" | "cancelled"));
        wanted.insert("ended".to_owned(), json!(i32::from(ended)));
        let mut row = rows[record["id"].as_str().expect("an id")].clone();
        read_json(&mut row, &["assignees"]);
        assert_eq!(row, wanted);
    }
    let ended = rows.values().filter(|row| row["ended"] == json!(1)).count();
    let loose = rows.values().filter(|row| !row.contains_key("job")).count();
    assert_eq!((ended, loose), (1, 1));
    assert!(rows.values().any(|row| row["due"] == json!("2026-03-02")));
}

#[test]
fn s11_1_accounts() {
    let office = Office::new();
    let rows = office.by_id("wf_report_accounts");
    assert_eq!(rows.len(), 2);
    for (revision, record) in office.records([1, 2].map(|number| DocId::Account(account(number)))) {
        let wanted = expected(&record, revision, &["id", "name", "external", "tags", "fields", "created", "updated"]);
        let mut row = rows[record["id"].as_str().expect("an id")].clone();
        read_json(&mut row, &["tags", "fields"]);
        assert_eq!(row, wanted);
    }
    let first = &rows[&account(1).to_string()];
    assert_eq!((&first["name"], &first["external"]), (&json!("Jane \"Q\" Doe"), &json!("crm-1")));
    // SQL reads the JSON.
    let sql = "SELECT a.name, t.value AS tag FROM wf_report_accounts a, json_each(a.tags) t WHERE t.value = 'vip'";
    assert_eq!(office.rows(sql).len(), 1);
}

#[test]
fn s11_1_items() {
    let office = Office::new();
    let rows = office.by_id("wf_report_items");
    let ids = office.created(|event| match event {
        Event::ItemCreated(item) => Some(DocId::Item(item.id)),
        _ => None,
    });
    assert_eq!((ids.len(), rows.len()), (3, 3));
    for (revision, record) in office.records(ids) {
        let mut wanted = expected(&record, revision, &["id", "account", "kind", "external", "created"]);
        wanted.insert("body".to_owned(), record.clone());
        let mut row = rows[record["id"].as_str().expect("an id")].clone();
        read_json(&mut row, &["body"]);
        assert_eq!(row, wanted);
    }
    assert!(rows.values().any(|row| row["kind"] == json!("organizer") && row["external"] == json!("org-1")));
}

#[test]
fn s11_1_events() {
    let office = Office::new();
    let rows = office.rows("SELECT * FROM wf_report_events ORDER BY position, place");
    let mut wanted = Vec::new();
    for number in [1, 2] {
        let scan = workflow_core::store::LogScan::new(workflow_core::store::LogBy::Firm, 1_000);
        for logged in office.store.log(firm(number), &scan).expect("the log") {
            let entry = serde_json::to_value(&*logged.entry).expect("json");
            for (place, recorded) in entry["events"].as_array().expect("events").iter().enumerate() {
                let (event, detail) = match &recorded["event"] {
                    Value::Object(one) => one.iter().next().map(|(name, detail)| (json!(name), detail.clone())),
                    name => Some((name.clone(), Value::Null)),
                }
                .expect("an event");
                let row = json!({
                    "position": logged.position, "place": place, "firm": firm(number), "entry": entry["id"], "at": entry["at"],
                    "command": entry["command"], "actor": entry["actor"], "job": entry["job"], "account": entry["account"],
                    "definition": entry["definition"], "event": event, "detail": detail, "automation": recorded["by"],
                    "caused_by": recorded["of"],
                });
                let Value::Object(row) = row else { panic!("an object") };
                wanted.push(row.into_iter().filter(|(_, value)| !value.is_null()).collect::<Row>());
            }
        }
    }
    assert!(wanted.len() > 30);
    assert_eq!(rows.len(), wanted.len());
    for (mut row, wanted) in rows.into_iter().zip(wanted) {
        // A detail that is a text stays one.
        if !wanted.get("detail").is_some_and(Value::is_string) {
            read_json(&mut row, &["detail"]);
        }
        read_json(&mut row, &["actor"]);
        assert_eq!(row, wanted);
    }
    let sql = "SELECT event, automation FROM wf_report_events WHERE automation = 'start' AND event = 'task_created'";
    assert_eq!(office.rows(sql).len(), 4, "two jobs entered the stage, two tasks each");
}

#[test]
fn s11_1_stage_counts() {
    let office = Office::new();
    let p: PipelineKey = key("p");
    for number in [1, 2] {
        let sql = format!(
            "SELECT * FROM wf_report_stage_counts WHERE firm = '{}' AND pipeline = 'p' ORDER BY stage",
            firm(number)
        );
        let mut rows = office.rows(&sql);
        rows.retain(|row| row["jobs"] != json!(0));
        let mut wanted: Vec<Row> = Vec::new();
        for (stage, tally) in office.store.tallies(firm(number), &p).expect("tallies") {
            let tally = serde_json::to_value(json!({
                "firm": firm(number), "pipeline": "p", "stage": stage, "jobs": tally.jobs, "attention": tally.attention,
                "open_blockers": tally.open_blockers, "done_blockers": tally.done_blockers,
            }));
            let Ok(Value::Object(row)) = tally else { panic!("an object") };
            wanted.push(row.into_iter().collect());
        }
        wanted.retain(|row| row["jobs"] != json!(0));
        wanted.sort_by_key(|row| row["stage"].to_string());
        assert_eq!(rows, wanted);
    }
    // Counted by hand: two jobs in `one`, each with two tasks and an invoice, one task done.
    let sql = format!("SELECT * FROM wf_report_stage_counts WHERE firm = '{}' AND stage = 'one'", firm(1));
    let one = &office.rows(&sql)[0];
    let numbers: Vec<&Value> = ["jobs", "open_blockers", "done_blockers"].iter().map(|name| &one[*name]).collect();
    assert_eq!(numbers, [&json!(2), &json!(5), &json!(1)]);
}

#[test]
fn s11_1_outbox() {
    let office = Office::new();
    let rows = office.by_id("wf_report_outbox");
    let mut states = Vec::new();
    for (state, word) in [(QueuedState::Waiting, "waiting"), (QueuedState::Dead, "dead")] {
        for waiting in office.engine.queued(Queue::Outbox, firm(1), state, None, 100).expect("rows") {
            let workflow_core::store::QueuedBody::Notification(notification) = &waiting.body else { panic!("one") };
            let mut row = rows[&waiting.id.to_string()].clone();
            read_json(&mut row, &["intent"]);
            assert_eq!(row["state"], json!(word));
            assert_eq!(row["intent"], serde_json::to_value(&notification.intent).expect("json"));
            assert_eq!(row["job"], json!(notification.job));
            assert_eq!(row.get("account"), notification.account.map(|account| json!(account)).as_ref());
            assert_eq!((&row["sequence"], &row["attempts"]), (&json!(waiting.sequence), &json!(waiting.attempts)));
            let due = row["due"].as_str().expect("an instant").parse::<chrono::DateTime<chrono::Utc>>().expect("ISO");
            assert_eq!(due.timestamp_millis(), waiting.due.timestamp_millis());
            assert_eq!(row.get("error"), waiting.error.map(|error| json!(error)).as_ref());
            assert_eq!(row.contains_key("leased_until"), waiting.leased_until.is_some());
            states.push((word, row.get("error").cloned().unwrap_or_default()));
        }
    }
    assert_eq!(states.len(), rows.len());
    assert!(states.contains(&("dead", json!("no such address"))));
    assert!(states.contains(&("waiting", json!("try later"))));
}

/// The example of the documentation, on the day that the tests are run: both dates are past.
#[test]
fn s11_1_the_documented_query_runs() {
    let office = Office::new();
    let text = include_str!("../../../docs/sqlite.md");
    let sql = text.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let rows = office.rows(sql.trim().trim_end_matches(';'));
    assert_eq!(rows.len(), 1, "one job is late");
    assert_eq!((&rows[0]["pipeline"], &rows[0]["count(*)"]), (&json!("p"), &json!(1)));
    // Every view is named there, and no other.
    let mut named: Vec<&str> = text.split('`').filter(|word| word.starts_with("wf_report_")).collect();
    named.sort_unstable();
    let views = office.rows("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name");
    let views: Vec<&str> = views.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(views, named);
}
