//! Roles with no more rights than they need, and hosts that see one firm only.

use std::sync::{Arc, OnceLock};

use serde_json::json;
use workflow_core::engine::Engine;
use workflow_core::error::ErrorKind;
use workflow_core::store::{Claim, DocId, Lease, LogBy, LogScan, Queue, Transact};
use workflow_store::postgres::{PostgresStore, roles_sql, row_level_security_sql};
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{account, engine, firm, give, job, open, schema_of, set_up, try_give};

/// Roles belong to a server, so these tests have their own.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&Options::default()))
}

/// A schema with two firms, the scripts run, and a login role for each purpose.
struct Vendor {
    schema: String,
    owner: Engine,
}

impl Vendor {
    fn new() -> Self {
        let url = server().fresh();
        let schema = schema_of(&url).to_owned();
        let owner = engine(Arc::new(open(&url).expect("a store")));
        set_up(&owner, 1, 1);
        set_up(&owner, 2, 2);
        for script in [roles_sql(&schema), row_level_security_sql(&schema)] {
            // Both may be run again.
            let script = script.expect("a script");
            drop(server().sql(&script));
            drop(server().sql(&script));
        }
        let login = |name: &str, group: &str| {
            drop(server().sql(&format!("CREATE ROLE {schema}_{name} LOGIN IN ROLE {group}")));
        };
        login("portal", "workflow_engine");
        login("reader", "workflow_reports");
        login("one", "workflow_firm");
        login("nobody", "workflow_firm");
        let seat = format!("INSERT INTO {schema}.firm_roles VALUES ('{}', '{schema}_one')", firm(1));
        drop(server().sql(&seat));
        Self { schema, owner }
    }

    fn user(&self, name: &str) -> String {
        format!("{}_{name}", self.schema)
    }

    fn open(&self, name: &str) -> Arc<PostgresStore> {
        let address = server().address(&self.user(name), "postgres");
        Arc::new(open(&format!("{address}?schema={}", self.schema)).expect("a store"))
    }

    fn ask(&self, name: &str, sql: &str) -> Result<String, String> {
        server().sql_as(&self.user(name), &sql.replace("{s}", &self.schema))
    }
}

#[test]
fn a_host_needs_no_right_to_make_tables() {
    let vendor = Vendor::new();
    let store = vendor.open("portal");
    let engine = engine(Arc::clone(&store) as _);
    for number in [1, 2] {
        give(&engine, number, json!({ "create_job": { "id": job(9), "account": account(1), "pipeline": "p" } }));
        give(&engine, number, json!({ "move_job": { "job": job(9), "to": "two" } }));
        give(&engine, number, json!({ "delete_job": { "job": job(9) } }));
        assert_eq!(engine.verify(firm(number)).expect("readable").differences, Vec::<String>::new());
    }
    for deed in
        ["CREATE TABLE {s}.mine (id int)", "DROP TABLE {s}.jobs", "DELETE FROM {s}.log", "UPDATE {s}.log SET at = 0"]
    {
        let told = vendor.ask("portal", deed).expect_err(deed);
        assert!(told.contains("permission denied") || told.contains("must be owner"), "{deed}: {told}");
    }
}

#[test]
fn a_host_without_rights_is_told_what_it_lacks() {
    let vendor = Vendor::new();
    let address = server().address(&vendor.user("reader"), "postgres");
    let store = Arc::new(open(&format!("{address}?schema={}", vendor.schema)).expect("it may look"));
    let engine = engine(store);
    let error = try_give(&engine, 1, json!({ "tag_job": { "job": job(1), "add": ["a"], "remove": [] } }))
        .expect_err("it may not write");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("permission denied"), "{error}");
    assert!(error.to_string().contains("roles.sql"), "{error}");
    // Nor may a stranger make the tables of a schema of its own.
    let error = open(&format!("{address}?schema=elsewhere")).expect_err("it may not make tables");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[test]
fn reports_see_everything_and_change_nothing() {
    let vendor = Vendor::new();
    assert_eq!(vendor.ask("reader", "SELECT count(*) FROM {s}.report_jobs").as_deref(), Ok("3"));
    let told = vendor.ask("reader", "DELETE FROM {s}.jobs").expect_err("a deed");
    assert!(told.contains("permission denied"), "{told}");
}

/// By no query of its own, by no view, by no setting, and not through the engine.
#[test]
fn s1_1_a_host_of_one_firm_reads_nothing_of_another() {
    let vendor = Vendor::new();
    let tables = server().sql(&format!(
        "SELECT string_agg(DISTINCT c.table_name, ' ') FROM information_schema.columns AS c \
         WHERE c.table_schema = '{}' AND c.column_name = 'firm'",
        vendor.schema
    ));
    assert!(tables.split(' ').count() >= 32, "{tables}");
    for table in tables.split(' ') {
        let others = format!("SELECT count(*) FROM {{s}}.{table} WHERE firm <> '{}'", firm(1));
        let own = format!("SELECT count(*) > 0 FROM {{s}}.{table} WHERE firm = '{}'", firm(1));
        assert_eq!(vendor.ask("one", &others).as_deref(), Ok("0"), "{table}");
        assert_eq!(vendor.ask("nobody", &format!("SELECT count(*) FROM {{s}}.{table}")).as_deref(), Ok("0"), "{table}");
        if ["jobs", "log", "report_jobs", "report_events", "outbox", "heads"].contains(&table) {
            assert_eq!(vendor.ask("one", &own).as_deref(), Ok("t"), "{table}");
        }
    }
    for deed in [
        format!("INSERT INTO {{s}}.heads VALUES ('{}', 1, 1)", uuid::Uuid::from_u128(77)),
        format!("INSERT INTO {{s}}.firm_roles VALUES ('{}', current_user)", firm(2)),
        "ALTER TABLE {s}.jobs DISABLE ROW LEVEL SECURITY".to_owned(),
        "SET ROLE workflow_engine".to_owned(),
        "SET row_security = off; SELECT * FROM {s}.jobs".to_owned(),
    ] {
        vendor.ask("one", &deed).expect_err(&deed);
    }
    let moved = format!("UPDATE {{s}}.jobs SET firm = '{}'", firm(2));
    assert!(vendor.ask("one", &moved).expect_err("a row may not leave").contains("row-level security"));
}

#[test]
fn s1_1_an_engine_of_one_firm_works_for_that_firm_alone() {
    let vendor = Vendor::new();
    let store = vendor.open("one");
    let engine = engine(Arc::clone(&store) as _);
    give(&engine, 1, json!({ "move_job": { "job": job(1), "to": "two" } }));
    assert_eq!(engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
    assert_eq!(store.get(firm(2), &[DocId::Firm, DocId::Job(job(1).into())]).expect("readable"), [None, None]);
    assert!(store.log(firm(2), &LogScan::new(LogBy::Firm, 10)).expect("readable").is_empty());
    let now = "2030-01-01T00:00:00Z".parse().expect("an instant");
    let lease = Lease { owner: uuid::Uuid::nil(), until: now };
    let claim = Claim { queue: Queue::Outbox, firm: None, now, lease, limit: 100 };
    let claimed = store.claim(&claim).expect("claimed");
    assert!(!claimed.is_empty() && claimed.iter().all(|row| row.firm == firm(1)));
    // The other firm's work is still there for its own host.
    let claimed = vendor.owner.claim_notifications(Some(firm(2)), chrono::TimeDelta::seconds(1), 100);
    assert!(!claimed.expect("claimed").is_empty());
}
