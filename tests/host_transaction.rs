//! Commands inside a transaction of the host's own, on the engine's file or on the host's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};
use workflow_core::command::{BulkMode, Command, MoveJob, NewJob, Request};
use workflow_core::engine::{Engine, Outcome};
use workflow_core::error::{Error, ErrorKind};
use workflow_core::event::{AccountRecord, Actor};
use workflow_core::id::{AccountId, FirmId, IdempotencyKey, JobId, MemberId};
use workflow_core::model::{FirmSettings, Job, Member};
use workflow_core::store::{Batch, Delete, DocId, Document, LogBy, LogScan, Put, Queue, QueuedState, Record, Transact};
use workflow_store::sqlite::{SCHEMA_VERSION, SqliteOptions, SqliteStore, SqliteTransaction};

fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number))
}

fn job(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(0x10b00 + number))
}

fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a key")
}

fn request(command: Command) -> Request {
    Request::new(firm(), Actor::system("host"), command)
}

/// Entering `one` and tags on the account send signals.
fn pipeline(name: &str, first: &str) -> Command {
    let definition = json!({
        "key": name, "name": name,
        "stages": [
            { "key": first, "on_entry": [{ "key": "hello", "do": [{ "signal": { "name": "hello" } }] }] },
            { "key": "two" }, { "key": "three" }
        ],
        "automations": [{ "key": "tagged", "on": { "account_tag_added": {} }, "do": [{ "add_job_tags": ["seen"] }] }]
    });
    let definition = serde_json::from_value(definition).expect("a definition");
    Command::PublishPipeline { definition, mapping: [].into() }
}

fn create(number: u128, pipeline: &str) -> Command {
    Command::CreateJob(Box::new(NewJob { id: Some(job(number)), ..NewJob::new(account(1), key(pipeline)) }))
}

fn tag(tag: &str) -> Command {
    Command::TagAccount { account: account(1), add: [key(tag)].into(), remove: [].into() }
}

/// Everything that a store holds, to compare.
#[derive(Debug, PartialEq)]
struct Contents(Vec<(String, Vec<Vec<rusqlite::types::Value>>)>);

/// A firm with one account and a pipeline `p`, on a file where the host has a table of its own.
struct Office {
    _home: tempfile::TempDir,
    path: PathBuf,
    store: Arc<SqliteStore>,
    engine: Engine,
    host: Connection,
}

impl Office {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("practice.db");
        let options = SqliteOptions { busy_timeout: Duration::from_millis(100), ..SqliteOptions::default() };
        let store = Arc::new(SqliteStore::open(&path, options).expect("a store"));
        let engine = Engine::new(Arc::clone(&store) as _);
        let host = Connection::open(&path).expect("a connection");
        host.execute_batch("CREATE TABLE invoices (number INTEGER PRIMARY KEY, job TEXT)").expect("a table");
        let office = Self { _home: home, path, store, engine, host };
        office.run(Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons"))));
        let (id, name, fields, roles) = (account(1), "Jane Doe".to_owned(), [].into(), [].into());
        office.run(Command::SaveAccount(AccountRecord { id, name, external: None, fields, roles, linked: vec![] }));
        office.run(pipeline("p", "one"));
        office
    }

    #[track_caller]
    fn run(&self, command: Command) -> Outcome {
        self.engine.execute(&request(command)).expect("a command that works")
    }

    fn record(&self, id: DocId) -> Option<Record> {
        self.store.get(firm(), &[id]).expect("readable").pop().expect("an answer")
    }

    fn find(&self, number: u128) -> Option<Arc<Job>> {
        match self.record(DocId::Job(job(number)))?.document {
            Document::Job(job) => Some(job),
            _ => None,
        }
    }

    fn entries(&self) -> usize {
        self.store.log(firm(), &LogScan::new(LogBy::Firm, 1_000)).expect("the log").len()
    }

    fn queued(&self, queue: Queue) -> usize {
        self.engine.queued(queue, firm(), QueuedState::Waiting, None, 1_000).expect("rows").len()
    }

    fn invoices(&self) -> i64 {
        count(&self.host, "SELECT count(*) FROM invoices")
    }

    fn contents(&self) -> Contents {
        contents(&Connection::open(&self.path).expect("a connection"))
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let found = self.engine.verify(firm()).expect("readable");
            assert_eq!(found.differences, Vec::<String>::new(), "the records are not what the log says");
            assert_eq!(self.store.integrity_check().expect("a check"), Vec::<String>::new());
        }
    }
}

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).expect("a number")
}

fn contents(connection: &Connection) -> Contents {
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut statement = connection.prepare(names).expect("a query");
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("names");
    let table = |name: String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a query");
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|place| row.get(place)).collect();
        let rows = statement.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("rows");
        (name, rows)
    };
    Contents(names.into_iter().map(table).collect())
}

fn immediate(connection: &mut Connection) -> rusqlite::Transaction<'_> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).expect("a transaction")
}

fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.expect_err("an error").kind()
}

#[test]
fn s5_5_a_command_is_committed_with_the_hosts_own_rows() {
    let mut office = Office::new();
    let before = office.entries();
    let transaction = immediate(&mut office.host);
    transaction.execute("INSERT INTO invoices VALUES (1, 'first')", []).expect("a row");
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    let outcome = office.engine.within(&tables).execute(&request(create(1, "p"))).expect("a job");
    assert_eq!(outcome.job(), Some(job(1)));
    assert_eq!(outcome.notifications().len(), 1);
    transaction.commit().expect("committed");

    assert_eq!(office.invoices(), 1);
    assert_eq!(office.find(1).expect("the job").stage.as_str(), "one");
    assert_eq!((office.entries(), office.queued(Queue::Outbox)), (before + 1, 1));
    let delivery = office.engine.claim_notifications(None, chrono::TimeDelta::seconds(60), 10).expect("notifications");
    assert_eq!(delivery[0].notification, *outcome.notifications()[0]);
}

#[test]
fn s5_5_nobody_sees_it_before_the_hosts_commit() {
    let mut office = Office::new();
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    let session = office.engine.within(&tables);
    session.execute(&request(create(1, "p"))).expect("a job");
    assert!(tables.get(firm(), &[DocId::Job(job(1))]).expect("readable")[0].is_some(), "the transaction sees it");
    let outside = office.store.get(firm(), &[DocId::Job(job(1))]).expect("readable").pop();
    assert_eq!(outside, Some(None), "others do not");
    assert!(office.engine.claim_notifications(None, chrono::TimeDelta::seconds(60), 10).expect("none").is_empty());
    // Who wants to write meanwhile waits, and then gets an error that can be tried again.
    let busy = office.engine.execute(&request(create(2, "p"))).expect_err("the file is being written");
    assert_eq!((busy.kind(), busy.retryable()), (ErrorKind::Busy, true));
    transaction.commit().expect("committed");
    office.run(create(2, "p"));
    assert!(office.find(1).is_some() && office.find(2).is_some());
}

#[test]
fn s5_5_what_is_rolled_back_leaves_nothing() {
    let mut office = Office::new();
    office.run(create(1, "p"));
    let before = office.contents();
    let keyed = || request(create(2, "p")).keyed(IdempotencyKey::new("once").expect("a key"));
    {
        let transaction = immediate(&mut office.host);
        transaction.execute("INSERT INTO invoices VALUES (1, 'first')", []).expect("a row");
        let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
        let session = office.engine.within(&tables);
        assert!(!session.execute(&keyed()).expect("a job").replayed);
        assert!(session.execute(&keyed()).expect("a job").replayed, "the key is known inside");
        session.execute(&request(tag("vip"))).expect("a tag");
        session.execute(&request(Command::MoveJob(MoveJob::to(job(1), key("two"))))).expect("a move");
        assert_eq!(tables.queued(&scan(Queue::FollowUps)).expect("rows").len(), 1);
        assert_eq!(tables.queued(&scan(Queue::Outbox)).expect("rows").len(), 2);
        transaction.rollback().expect("rolled back");
    }
    assert_eq!(office.contents(), before, "records, log, queues, keys, counts and the host's rows");
    assert_eq!(office.engine.run_follow_ups(100).expect("none"), 0);
    let anew = office.engine.execute(&keyed()).expect("a job");
    assert!(!anew.replayed, "the key is free again");
    assert_eq!(office.find(1).expect("the job").stage.as_str(), "one");
}

/// A member to be written, by a number.
fn member(number: u128) -> Document {
    let (id, name) = (MemberId(uuid::Uuid::from_u128(number)), format!("Member {number}"));
    Document::Member(Arc::new(Member { id, name, email: None, admin: false, weekly_minutes: None, active: true }))
}

#[test]
fn s5_5_a_batch_that_conflicts_takes_neither_the_others_nor_the_hosts_rows_with_it() {
    let mut office = Office::new();
    let transaction = immediate(&mut office.host);
    transaction.execute("INSERT INTO invoices VALUES (1, 'first')", []).expect("a row");
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    let batch = |numbers: &[u128]| {
        let mut batch = Batch::new(firm());
        let puts = numbers.iter().map(|number| Put { expected: None, document: member(*number), previous: None });
        batch.puts.extend(puts);
        batch
    };
    let fit = |batches: &[Batch]| -> Vec<bool> {
        tables.commit(batches).expect("a store that works").iter().map(Result::is_ok).collect()
    };
    assert_eq!(fit(&[batch(&[1]), batch(&[2])]), [true, true]);
    assert_eq!(fit(&[batch(&[3]), batch(&[4, 2]), batch(&[5])]), [true, false, true]);
    assert_eq!(fit(&[batch(&[6, 1])]), [false]);
    transaction.commit().expect("committed");
    assert_eq!(office.invoices(), 1);
    let there: Vec<u128> = (1..=6).filter(|number| office.record(member(*number).id()).is_some()).collect();
    assert_eq!(there, [1, 2, 3, 5]);
    // No entry tells of these members: they are not to be found by who compares the records with the log.
    let mut batch = Batch::new(firm());
    batch.deletes.extend(there.into_iter().map(|number| Delete { expected: 1, previous: member(number) }));
    assert!(office.store.commit(&[batch]).expect("a store that works")[0].is_ok());
}

/// Some errors end the transaction, so that there is no savepoint left to return to.
#[test]
fn s12_2_what_stopped_the_writing_is_told_where_it_ended_the_transaction() {
    let mut office = Office::new();
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON wf_members BEGIN SELECT RAISE(ROLLBACK, 'not here'); END";
    office.host.execute_batch(trigger).expect("a trigger");
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    let mut batch = Batch::new(firm());
    batch.puts.push(Put { expected: None, document: member(1), previous: None });
    let error = tables.commit(&[batch]).expect_err("the host's trigger refuses");
    assert!(error.to_string().contains("not here"), "{error}");
}

fn scan(queue: Queue) -> workflow_core::store::QueueScan {
    workflow_core::store::QueueScan { queue, firm: firm(), state: QueuedState::Waiting, after: None, limit: 100 }
}

#[test]
fn s5_5_the_engine_does_not_believe_in_definitions_that_were_rolled_back() {
    let mut office = Office::new();
    {
        let transaction = immediate(&mut office.host);
        let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
        let session = office.engine.within(&tables);
        session.execute(&request(pipeline("q", "gone"))).expect("published");
        session.execute(&request(create(1, "q"))).expect("a job in it");
        session.execute(&request(pipeline("p", "gone"))).expect("a second version of p");
        session.execute(&request(create(2, "p"))).expect("a job in that");
        transaction.rollback().expect("rolled back");
    }
    assert_eq!(kind(office.engine.execute(&request(create(1, "q")))), ErrorKind::NotFound);
    let stage = |number| office.find(number).expect("the job").stage.to_string();
    office.run(create(2, "p"));
    assert_eq!(stage(2), "one", "p has its first version alone");
    // Other definitions get the versions and revisions that were never committed.
    office.run(pipeline("q", "real"));
    office.run(pipeline("p", "one"));
    office.run(create(3, "q"));
    office.run(create(4, "p"));
    assert_eq!((stage(3), stage(4)), ("real".to_owned(), "one".to_owned()));
}

#[test]
fn s5_5_a_new_session_after_a_savepoint_was_taken_back_sees_what_is_left() {
    let mut office = Office::new();
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    transaction.execute_batch("SAVEPOINT host").expect("a savepoint");
    let session = office.engine.within(&tables);
    session.execute(&request(pipeline("q", "gone"))).expect("published");
    session.execute(&request(create(1, "q"))).expect("a job");
    transaction.execute_batch("ROLLBACK TO host").expect("taken back");
    let session = office.engine.within(&tables);
    assert_eq!(kind(session.execute(&request(create(1, "q")))), ErrorKind::NotFound);
    session.execute(&request(pipeline("q", "real"))).expect("published");
    session.execute(&request(create(1, "q"))).expect("a job");
    transaction.commit().expect("committed");
    assert_eq!(office.find(1).expect("the job").stage.as_str(), "real");
}

#[test]
fn s5_5_several_commands_share_a_transaction_each_seeing_those_before_it() {
    let mut office = Office::new();
    let before = office.entries();
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    let session = office.engine.within(&tables);
    session.execute(&request(pipeline("q", "one"))).expect("published");
    session.execute(&request(create(1, "q"))).expect("a job");
    transaction.execute("INSERT INTO invoices VALUES (1, 'between')", []).expect("a row");
    // Another session on the same transaction, and a bulk.
    let other = office.engine.within(&tables);
    let commands = vec![create(2, "q"), Command::MoveJob(MoveJob::to(job(1), key("two")))];
    other.execute(&request(Command::Bulk { mode: BulkMode::AllOrNothing, commands })).expect("both");
    let unchanged = session.execute(&request(Command::MoveJob(MoveJob::to(job(1), key("two"))))).expect("nothing");
    assert!(unchanged.unchanged.is_some(), "it is there already");
    transaction.commit().expect("committed");
    assert_eq!(office.find(1).expect("the job").stage.as_str(), "two");
    assert_eq!(office.find(2).expect("the job").stage.as_str(), "one");
    assert_eq!(office.entries(), before + 4, "one entry for each, two for the bulk, none for nothing");
    assert_eq!(office.queued(Queue::Outbox), 2);
    // The engine itself goes on from there.
    office.run(Command::MoveJob(MoveJob::to(job(1), key("three"))));
}

#[test]
fn s5_5_follow_ups_run_after_the_hosts_commit() {
    let mut office = Office::new();
    office.run(create(1, "p"));
    office.run(create(2, "p"));
    let seen =
        |office: &Office, number| office.find(number).expect("the job").tags.iter().any(|tag| tag.as_str() == "seen");
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    office.engine.within(&tables).execute(&request(tag("vip"))).expect("a tag");
    transaction.commit().expect("committed");
    assert!(!seen(&office, 1) && !seen(&office, 2));
    assert_eq!(office.queued(Queue::FollowUps), 1);
    assert_eq!(office.engine.run_follow_ups(100).expect("one"), 1, "without waiting for a lease");
    assert!(seen(&office, 1) && seen(&office, 2));
    assert_eq!(office.engine.run_follow_ups(100).expect("none"), 0);
    assert_eq!(office.queued(Queue::FollowUps), 0);
}

#[test]
fn s12_2_errors_inside_leave_the_hosts_transaction_usable() {
    let mut office = Office::new();
    office.run(create(1, "p"));
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    let session = office.engine.within(&tables);
    transaction.execute("INSERT INTO invoices VALUES (1, 'before')", []).expect("a row");
    session.execute(&request(create(2, "p")).keyed(key("k"))).expect("a job");
    let move_to = |number, stage| Command::MoveJob(MoveJob::to(job(number), key(stage)));
    let each = Command::Bulk { mode: BulkMode::Each, commands: vec![move_to(1, "two")] };
    let half = vec![move_to(1, "two"), move_to(9, "two")];
    let refused: Vec<(Request, ErrorKind)> = vec![
        (request(create(2, "p")), ErrorKind::Exists),
        (request(create(3, "nowhere")), ErrorKind::NotFound),
        (request(move_to(1, "nowhere")), ErrorKind::NotFound),
        (request(tag("vip")).keyed(key("k")), ErrorKind::KeyReused),
        (request(each), ErrorKind::Invalid),
        (request(Command::Bulk { mode: BulkMode::AllOrNothing, commands: half }), ErrorKind::Document),
        (Request::new(firm(), Actor::Client(account(1)), move_to(1, "two")), ErrorKind::Forbidden),
    ];
    for (request, expected) in refused {
        assert_eq!(kind(session.execute(&request)), expected, "{}", request.command.name());
        assert!(!transaction.is_autocommit(), "the transaction goes on");
    }
    session.execute(&request(move_to(2, "two"))).expect("a move");
    transaction.execute("INSERT INTO invoices VALUES (2, 'after')", []).expect("a row");
    transaction.commit().expect("committed");
    assert_eq!(office.invoices(), 2);
    assert_eq!(office.find(2).expect("the job").stage.as_str(), "two");
    assert_eq!(office.find(1).expect("the job").stage.as_str(), "one");
    assert!(office.find(3).is_none());
}

#[test]
fn s10_3_a_transaction_that_read_too_early_gets_an_error_and_not_a_lost_update() {
    let mut office = Office::new();
    office.run(create(1, "p"));
    let transaction = office.host.transaction().expect("a deferred transaction");
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    assert!(tables.get(firm(), &[DocId::Job(job(1))]).expect("readable")[0].is_some());
    // Others write what it has read.
    office.engine.execute(&request(Command::MoveJob(MoveJob::to(job(1), key("two"))))).expect("a move");
    let late = Command::MoveJob(MoveJob::to(job(1), key("three")));
    assert_eq!(kind(office.engine.within(&tables).execute(&request(late))), ErrorKind::Busy);
    transaction.rollback().expect("rolled back");
    assert_eq!(office.find(1).expect("the job").stage.as_str(), "two");
}

#[test]
fn s12_2_without_a_transaction_or_tables_there_is_a_clear_error() {
    let office = Office::new();
    let error = SqliteTransaction::new(&office.host).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("begin a transaction first"), "{error}");
    assert!(SqliteTransaction::initialize(&office.host).is_err());

    let mut other = Connection::open_in_memory().expect("a database");
    let transaction = immediate(&mut other);
    let error = SqliteTransaction::new(&transaction).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::NotAStore);
    assert!(error.to_string().contains("initialize"), "{error}");
}

/// A database of the host's with a table, an index, a trigger and marks of its own.
fn hosts_database(path: &Path) -> Connection {
    let host = Connection::open(path).expect("a database");
    host.execute_batch(
        "PRAGMA application_id = 4711; PRAGMA user_version = 12;
         CREATE TABLE clients (name TEXT NOT NULL, note BLOB);
         CREATE UNIQUE INDEX clients_by_name ON clients (name);
         CREATE TABLE audit (name TEXT);
         CREATE TRIGGER watch AFTER INSERT ON clients BEGIN INSERT INTO audit VALUES (new.name); END;
         CREATE VIEW known AS SELECT name FROM clients;
         INSERT INTO clients VALUES ('Jane Doe', x'00ff'), ('John Roe', NULL);",
    )
    .expect("tables");
    host
}

/// What is the host's own in a database.
fn own(connection: &Connection) -> (Vec<(String, Option<String>)>, Contents, i64, i64) {
    let sql = "SELECT name, sql FROM sqlite_master WHERE substr(name, 1, 3) <> 'wf_' \
               AND substr(tbl_name, 1, 3) <> 'wf_' ORDER BY name";
    let mut statement = connection.prepare(sql).expect("a query");
    let schema = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("rows");
    let Contents(mut tables) = contents(connection);
    tables.retain(|(name, _)| !name.starts_with("wf_"));
    let pragma = |name: &str| count(connection, &format!("PRAGMA {name}"));
    (schema, Contents(tables), pragma("application_id"), pragma("user_version"))
}

fn engine_tables(connection: &Connection) -> i64 {
    count(connection, "SELECT count(*) FROM sqlite_master WHERE substr(name, 1, 3) = 'wf_'")
}

/// Works on a host's file with the store itself.
fn work_on(path: &Path) {
    let options = SqliteOptions { inside_host_database: true, ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(path, options).expect("a store"));
    assert_eq!(store.settings().schema_version, SCHEMA_VERSION);
    let engine = Engine::new(Arc::clone(&store) as _);
    for command in [Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons"))), pipeline("p", "one")] {
        engine.execute(&request(command)).expect("a command that works");
    }
    assert_eq!(engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
    assert_eq!(store.integrity_check().expect("a check"), Vec::<String>::new());
}

#[test]
fn s5_5_a_hosts_tables_survive_that_the_store_moves_in() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("host.db");
    let host = hosts_database(&path);
    let before = own(&host);
    let refused = SqliteStore::open(&path, SqliteOptions::default()).expect_err("somebody else's file");
    assert_eq!(refused.kind(), ErrorKind::NotAStore);
    assert_eq!((engine_tables(&host), own(&host)), (0, before));
    let before = own(&host);
    work_on(&path);
    assert!(engine_tables(&host) > 10);
    assert_eq!(own(&host), before);
    // And once more, with the tables there.
    work_on(&path);
    assert_eq!(own(&host), before);
}

#[test]
fn s5_5_a_hosts_tables_survive_a_migration() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("host.db");
    let mut host = hosts_database(&path);
    // What a version before the first would have left.
    host.execute_batch(
        "CREATE TABLE wf_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         INSERT INTO wf_meta VALUES ('schema_version', 0);",
    )
    .expect("an old schema");
    let before = own(&host);
    {
        let transaction = immediate(&mut host);
        let old = SqliteTransaction::new(&transaction).err().expect("an older version is not worked on");
        assert_eq!(old.kind(), ErrorKind::NotAStore);
        SqliteTransaction::initialize(&transaction).expect("migrated");
        transaction.rollback().expect("rolled back");
    }
    assert_eq!(engine_tables(&host), 1, "a migration is rolled back with the host's transaction");
    work_on(&path);
    assert_eq!(own(&host), before);
    let version = count(&host, "SELECT value FROM wf_meta WHERE name = 'schema_version'");
    assert_eq!(version, i64::from(SCHEMA_VERSION));
}

#[test]
fn s5_5_tables_made_inside_a_transaction_come_and_go_with_it() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("host.db");
    let mut host = hosts_database(&path);
    let before = own(&host);
    // An engine over some store lends its clock and its identifiers.
    let engine = Engine::new(Arc::new(workflow_core::store::memory::MemoryStore::new()));
    let save = request(Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons"))));
    for commits in [false, true] {
        let transaction = immediate(&mut host);
        let tables = SqliteTransaction::initialize(&transaction).expect("tables");
        engine.within(&tables).execute(&save).expect("a firm");
        if commits {
            transaction.commit().expect("committed");
        } else {
            transaction.rollback().expect("rolled back");
        }
        assert_eq!(engine_tables(&host) > 0, commits);
        assert_eq!(own(&host), before);
    }
    let transaction = immediate(&mut host);
    let tables = SqliteTransaction::initialize(&transaction).expect("they are there");
    assert!(tables.get(firm(), &[DocId::Firm]).expect("readable")[0].is_some());
    // The tables of a newer version are not worked on.
    transaction.execute("UPDATE wf_meta SET value = value + 1 WHERE name = 'schema_version'", []).expect("newer");
    for newer in [SqliteTransaction::new(&transaction), SqliteTransaction::initialize(&transaction)] {
        assert_eq!(newer.err().expect("refused").kind(), ErrorKind::NewerVersion);
    }
}

#[test]
fn s2_6_a_lint_outside_does_not_see_an_uncommitted_template() {
    let mut office = Office::new();
    let definition: Value = json!({
        "key": "r", "name": "R",
        "stages": [{ "key": "one", "on_entry": [{ "key": "a", "do": [{ "create_tasks": ["call"] }] }] }, { "key": "two" }]
    });
    let definition = serde_json::from_value(definition).expect("a definition");
    let template = serde_json::from_value(json!({ "task": { "key": "call", "title": "Call" } })).expect("a template");
    let transaction = immediate(&mut office.host);
    let tables = SqliteTransaction::new(&transaction).expect("the engine's tables");
    office.engine.within(&tables).execute(&request(Command::SaveTemplate(template))).expect("saved");
    let names = |engine: &Engine| -> Vec<&'static str> {
        engine.lint(firm(), &definition).expect("a lint").iter().map(|problem| problem.code).collect()
    };
    assert_eq!(names(&office.engine).len(), 1, "there is no such template");
    transaction.commit().expect("committed");
    assert!(names(&office.engine).is_empty());
}
