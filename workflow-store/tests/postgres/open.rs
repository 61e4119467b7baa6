//! Opening: what is made, what is refused untouched, who makes it of several.

use std::thread;

use workflow_core::error::ErrorKind;
use workflow_core::store::{Durability, Queue, QueuedState, Transact};
use workflow_store::postgres::{PostgresOptions, PostgresStore, SCHEMA_VERSION};
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{engine, firm, open, schema_of, set_up};

fn tables(schema: &str) -> String {
    Server::shared().sql(&format!(
        "SELECT string_agg(c.relname || ':' || c.relkind::text, ' ' ORDER BY c.relname, c.relkind) FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}'"
    ))
}

#[test]
fn one_address_opens_a_store_whoever_asks() {
    let url = Server::shared().fresh();
    let store = workflow_store::open(&url).expect("a store");
    assert_eq!(store.capabilities().name, "postgres");
    assert!(store.capabilities().shared);
    drop(store);
    let scheme = url.replacen("postgres://", "postgresql://", 1);
    workflow_store::open(&scheme).expect("the same store");
    let version = format!("SELECT value FROM {}.workflow_meta WHERE name = 'schema_version'", schema_of(&url));
    assert_eq!(Server::shared().sql(&version), SCHEMA_VERSION.to_string());
}

/// Ten hosts that start at once on an empty database.
#[test]
fn ten_openers_at_once_migrate_once() {
    for more in ["", "&portable=true"] {
        let url = format!("{}{more}", Server::shared().fresh());
        thread::scope(|scope| {
            let openers: Vec<_> = (0..10).map(|_| scope.spawn(|| open(&url).map(drop))).collect();
            for opener in openers {
                opener.join().expect("no panic").expect("a store");
            }
        });
        let store = std::sync::Arc::new(open(&url).expect("a store"));
        let engine = engine(store);
        set_up(&engine, 1, 1);
        assert!(engine.verify(firm(1)).expect("readable").differences.is_empty());
    }
}

#[test]
fn a_schema_of_a_newer_version_is_refused_untouched() {
    let url = Server::shared().fresh();
    drop(open(&url).expect("a store"));
    let schema = schema_of(&url);
    drop(Server::shared().sql(&format!("UPDATE {schema}.workflow_meta SET value = 99 WHERE name = 'schema_version'")));
    let before = tables(schema);
    let error = open(&url).expect_err("newer");
    assert_eq!(error.kind(), ErrorKind::NewerVersion);
    assert!(error.to_string().contains("99"), "{error}");
    assert_eq!(tables(schema), before);
}

#[test]
fn a_schema_of_the_first_version_is_brought_up_to_date_with_what_is_in_it() {
    let url = Server::shared().fresh();
    let engine_of = || engine(std::sync::Arc::new(open(&url).expect("a store")));
    set_up(&engine_of(), 1, 5);
    let schema = schema_of(&url);
    let indexes = || {
        let all = format!(
            "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = '{schema}'"
        );
        Server::shared().sql(&all)
    };
    // How the bodies of jobs and of the log are compressed: by LZ4, where the server can.
    let can = "SELECT count(*) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";
    let wanted = if Server::shared().sql(can) == "1" { "ll" } else { "" };
    let compressed = || {
        if wanted.is_empty() {
            return String::new();
        }
        Server::shared().sql(&format!(
            "SELECT string_agg(attcompression, '') FROM pg_attribute WHERE attname = 'body' \
             AND attrelid IN ('{schema}.jobs'::regclass, '{schema}.log'::regclass)"
        ))
    };
    assert_eq!(compressed(), wanted);
    let now = indexes();
    if wanted == "ll" {
        drop(Server::shared().sql(&format!(
            "ALTER TABLE {schema}.jobs ALTER COLUMN body SET COMPRESSION default; \
             ALTER TABLE {schema}.log ALTER COLUMN body SET COMPRESSION default"
        )));
        assert_eq!(compressed(), "");
    }
    drop(Server::shared().sql(&format!(
        "DROP INDEX {schema}.outbox_waiting, {schema}.outbox_dead, {schema}.follow_ups_waiting, \
         {schema}.follow_ups_dead, {schema}.timers_waiting, {schema}.timers_dead; \
         CREATE INDEX timers_by_sequence ON {schema}.timers (firm, state, sequence); \
         CREATE INDEX outbox_by_sequence ON {schema}.outbox (firm, state, sequence); \
         CREATE INDEX follow_ups_by_sequence ON {schema}.follow_ups (firm, state, sequence); \
         UPDATE {schema}.workflow_meta SET value = 1 WHERE name = 'schema_version'"
    )));
    let engine = engine_of();
    assert_eq!((indexes(), compressed().as_str()), (now, wanted));
    assert!(engine.verify(firm(1)).expect("readable").differences.is_empty());
    assert_eq!(engine.queued(Queue::Outbox, firm(1), QueuedState::Waiting, None, 100).expect("readable").len(), 5);
}

#[test]
fn a_schema_of_another_program_is_refused_untouched() {
    let url = Server::shared().fresh();
    let schema = schema_of(&url);
    drop(Server::shared().sql(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.jobs (id int)")));
    let before = tables(schema);
    for more in ["", "&portable=true"] {
        let error = open(&format!("{url}{more}")).expect_err("another's");
        assert_eq!(error.kind(), ErrorKind::NotAStore);
        assert!(error.to_string().contains(schema), "{error}");
    }
    assert_eq!(tables(schema), before);
}

#[test]
fn an_empty_schema_is_taken_and_a_name_may_be_odd() {
    let url = Server::shared().fresh();
    let name = format!("My \"Firm's\" {}", schema_of(&url));
    drop(Server::shared().sql(&format!("CREATE SCHEMA \"{}\"", name.replace('"', "\"\""))));
    let (base, _) = url.split_once('?').expect("a query");
    let options = PostgresOptions { schema: name, ..PostgresOptions::default() };
    let store = std::sync::Arc::new(PostgresStore::open(base, options).expect("a store"));
    set_up(&engine(store), 1, 1);
}

#[test]
fn a_host_that_is_not_to_migrate_says_so() {
    let url = Server::shared().fresh();
    let error = open(&format!("{url}&migrate=false")).expect_err("nothing there");
    assert_eq!(error.kind(), ErrorKind::NotAStore);
    drop(open(&url).expect("a store"));
    open(&format!("{url}&migrate=false")).expect("it is there now");
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let error = open("postgres://nobody@127.0.0.1:1/none?connect_timeout=2").expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.kind().retryable());
    let database = Server::shared().address("wf", "no_such_database");
    let error = open(&database).expect_err("no such database");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("no_such_database"), "{error}");
}

/// What an acknowledged commit survives is what the server says, not what was hoped for.
#[test]
fn a_store_says_what_its_server_keeps() {
    // The shared server does not sync.
    assert_eq!(open(&Server::shared().fresh()).expect("a store").capabilities().durability, Durability::Process);
    let settings = vec!["synchronous_commit = off".to_owned()];
    let server = Server::start(&Options { sync: true, settings, ..Options::default() });
    let store = open(&server.fresh()).expect("a store");
    assert_eq!(store.capabilities().durability, Durability::PowerCut, "it asks for what the server leaves out");
    let store = open(&format!("{}&durability=process", server.fresh())).expect("a store");
    assert_eq!(store.capabilities().durability, Durability::Process);
}

/// A store may be opened, used and dropped on a thread of a runtime of the host's.
#[test]
fn a_host_inside_a_runtime_can_use_it() {
    let url = Server::shared().fresh();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = std::sync::Arc::new(open(&url).expect("a store"));
        set_up(&engine(store), 1, 1);
    });
}

/// Every primary key and every index is led by the firm, but for those that ask what is due anywhere.
#[test]
fn s1_1_the_firm_leads_every_index() {
    let url = Server::shared().fresh();
    drop(open(&url).expect("a store"));
    let others = Server::shared().sql(&format!(
        "SELECT string_agg(i.relname, ' ' ORDER BY i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
         JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] \
         WHERE n.nspname = '{}' AND a.attname <> 'firm'",
        schema_of(&url)
    ));
    assert_eq!(others, "follow_ups_ready outbox_ready timers_ready workflow_meta_pkey");
}
