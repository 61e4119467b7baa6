//! Commands inside a transaction of the host's own.

use std::sync::Arc;

use postgres::{Client, NoTls};
use serde_json::json;
use workflow_core::engine::Engine;
use workflow_core::error::ErrorKind;
use workflow_core::store::Transact;
use workflow_store::postgres::{PostgresStore, PostgresTransaction};
use workflow_test_support::postgres::Server;

use crate::kit::{account, engine, firm, give, job, job_of, open, request, schema_of, set_up};

/// A firm, and a host with a table of its own in the same database.
struct Office {
    store: Arc<PostgresStore>,
    engine: Engine,
    host: Client,
    schema: String,
    rows: String,
}

impl Office {
    fn new() -> Self {
        let url = Server::shared().fresh();
        let schema = schema_of(&url).to_owned();
        let store = Arc::new(open(&url).expect("a store"));
        let engine = engine(Arc::clone(&store) as _);
        set_up(&engine, 1, 2);
        let mut host = client();
        let rows = format!("host_{schema}");
        host.batch_execute(&format!("CREATE TABLE {rows} (number int)")).expect("a table");
        Self { store, engine, host, schema, rows }
    }

    fn invoices(&mut self) -> i64 {
        self.host.query_one(&format!("SELECT count(*) FROM {}", self.rows), &[]).expect("a count").get(0)
    }

    /// Runs commands beside a row of the host's, and commits or rolls back.
    fn beside(&mut self, commands: &[serde_json::Value], commit: bool) -> Result<(), workflow_core::error::Error> {
        let mut transaction = self.host.transaction().expect("a transaction");
        transaction.execute(&format!("INSERT INTO {} VALUES (1)", self.rows), &[]).expect("a row");
        let within = PostgresTransaction::new(&mut transaction, &self.schema).expect("the engine's tables");
        let session = self.engine.within(&within);
        let done = commands.iter().try_for_each(|command| session.execute(&request(1, command.clone())).map(drop));
        drop(within);
        if commit { transaction.commit() } else { transaction.rollback() }.expect("it ends");
        done
    }
}

fn client() -> Client {
    Client::connect(&Server::shared().address("wf", "postgres"), NoTls).expect("a connection")
}

fn go(to: &str) -> serde_json::Value {
    json!({ "move_job": { "job": job(1), "to": to } })
}

#[test]
fn it_is_committed_with_the_hosts_rows() {
    let mut office = Office::new();
    office
        .beside(&[go("two"), json!({ "tag_job": { "job": job(1), "add": ["vip"], "remove": [] } })], true)
        .expect("done");
    assert_eq!(office.invoices(), 1);
    let job = job_of(&*office.store, 1, 1);
    assert_eq!((job.stage.as_str(), job.tags.len()), ("two", 1));
    assert_eq!(office.engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
}

#[test]
fn it_is_rolled_back_with_the_hosts_rows() {
    let mut office = Office::new();
    let before = office.store.log(firm(1), &workflow_core::store::LogScan::new(workflow_core::store::LogBy::Firm, 100));
    office.beside(&[go("two"), go("end")], false).expect("done");
    assert_eq!(office.invoices(), 0);
    assert_eq!(job_of(&*office.store, 1, 1).stage.as_str(), "one");
    let after = office.store.log(firm(1), &workflow_core::store::LogScan::new(workflow_core::store::LogBy::Firm, 100));
    assert_eq!(before.expect("readable"), after.expect("readable"));
}

/// A command that is refused, and a batch that conflicts, leave the host's transaction as it was.
#[test]
fn what_is_refused_does_not_end_the_hosts_transaction() {
    let mut office = Office::new();
    let taken = json!({ "save_account": { "id": account(5), "name": "Double", "external": "crm-1" } });
    let error = office.beside(&[taken, go("two")], true).expect_err("the name is taken");
    assert_eq!(error.kind(), ErrorKind::Exists, "{error}");
    assert_eq!(office.invoices(), 1, "the host's own row was committed");
    // The session ended at the refusal; another goes on.
    office.beside(&[go("two")], true).expect("done");
    assert_eq!(office.engine.verify(firm(1)).expect("readable").differences, Vec::<String>::new());
}

/// Other hosts see nothing of it before the host commits, and wait for it where they write.
#[test]
fn others_see_it_when_the_host_has_committed() {
    let mut office = Office::new();
    let mut transaction = office.host.transaction().expect("a transaction");
    let within = PostgresTransaction::new(&mut transaction, &office.schema).expect("the engine's tables");
    office.engine.within(&within).execute(&request(1, go("two"))).expect("done");
    assert_eq!(job_of(&*office.store, 1, 1).stage.as_str(), "one");
    assert_eq!(job_of(&within, 1, 1).stage.as_str(), "two");
    drop(within);
    std::thread::scope(|scope| {
        let engine = &office.engine;
        let other =
            scope.spawn(|| give(engine, 1, json!({ "tag_job": { "job": job(1), "add": ["late"], "remove": [] } })));
        transaction.commit().expect("committed");
        other.join().expect("no panic");
    });
    let job = job_of(&*office.store, 1, 1);
    assert_eq!((job.stage.as_str(), job.tags.len()), ("two", 1));
}

#[test]
fn the_tables_can_be_made_in_the_hosts_transaction() {
    let schema = Server::shared().fresh_name();
    let mut host = client();
    let mut transaction = host.transaction().expect("a transaction");
    let none = PostgresTransaction::new(&mut transaction, &schema).map(drop).expect_err("nothing is there");
    assert_eq!(none.kind(), ErrorKind::NotAStore);
    drop(PostgresTransaction::initialize(&mut transaction, &schema).expect("made"));
    transaction.rollback().expect("rolled back");
    let mut transaction = host.transaction().expect("a transaction");
    drop(PostgresTransaction::initialize(&mut transaction, &schema).expect("made"));
    transaction.commit().expect("committed");
    let url = format!("{}?schema={schema}&migrate=false", Server::shared().address("wf", "postgres"));
    set_up(&engine(Arc::new(open(&url).expect("a store"))), 1, 1);
}
