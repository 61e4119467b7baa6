//! Opening: what is asked for is what is there, and what is not ours stays as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use workflow_core::engine::Engine;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::{Durability, Transact};
use workflow_store::sqlite::{SCHEMA_VERSION, SqliteOptions, SqliteStore};

use crate::kit::{Home, comment, quick, request, whole};

fn refused(path: &Path) -> StoreError {
    SqliteStore::open(path, SqliteOptions::default()).expect_err("an error")
}

#[test]
fn s12_2_settings_are_read_back() {
    for (durability, synchronous) in [(Durability::PowerCut, "FULL"), (Durability::Process, "NORMAL")] {
        let home = Home::new();
        let busy_timeout = Duration::from_millis(1_234);
        let options = SqliteOptions { durability, busy_timeout, ..SqliteOptions::default() };
        let store = SqliteStore::open(home.database(), options).expect("a store");
        let settings = store.settings();
        assert_eq!((settings.journal_mode.as_str(), settings.synchronous.as_str()), ("wal", synchronous));
        assert_eq!((settings.schema_version, settings.busy_timeout), (SCHEMA_VERSION, busy_timeout));
        assert_eq!(settings.sqlite_version, rusqlite::version());
        assert_eq!(settings.foreign_sqlite, None);
        assert_eq!(store.capabilities().durability, durability);
        // The file itself says so too.
        let other = Connection::open(home.database()).expect("a connection");
        let mode: String = other.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("a mode");
        assert_eq!(mode, "wal");
    }
    let home = Home::new();
    let nothing = SqliteOptions { durability: Durability::None, ..SqliteOptions::default() };
    let error = SqliteStore::open(home.database(), nothing).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn s10_3_a_writer_waits_as_long_as_it_is_told_to() {
    let home = Home::new();
    let timeout = Duration::from_millis(300);
    let (_, engine) = home.office(SqliteOptions { busy_timeout: timeout, ..quick() });
    let other = Connection::open(home.database()).expect("a connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("the write lock");
    let began = Instant::now();
    let error = engine.execute(&request(comment(1, "late"))).expect_err("the file is being written");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Busy, true));
    assert!(error.to_string().contains("busy_timeout"), "{error}");
    let waited = began.elapsed();
    assert!(waited >= timeout && waited < Duration::from_secs(20), "{waited:?}");
    // Who waits long enough comes to its turn.
    std::thread::scope(|scope| {
        let late = scope.spawn(|| engine.execute(&request(comment(1, "in time"))));
        std::thread::sleep(Duration::from_millis(50));
        other.execute_batch("ROLLBACK").expect("released");
        late.join().expect("no panic").expect("a comment");
    });
}

#[test]
fn s12_2_no_time_is_too_long_to_wait() {
    let home = Home::new();
    let options = SqliteOptions { busy_timeout: Duration::MAX, ..quick() };
    let (store, engine) = home.office(options);
    assert!(store.settings().busy_timeout >= Duration::from_secs(1_000_000));
    engine.execute(&request(comment(1, "soon"))).expect("a comment");
    let none = SqliteOptions { busy_timeout: Duration::ZERO, ..quick() };
    SqliteStore::open(home.database(), none).expect("a store that does not wait");
}

#[test]
fn s12_2_a_closed_store_leaves_one_file() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    assert_eq!(engine.verify(crate::kit::firm()).expect("readable").differences, Vec::<String>::new());
    drop((store, engine));
    assert_eq!(home.names(), ["practice.db"]);
    whole(&home.database());
    assert_eq!(home.names(), ["practice.db"]);
}

#[test]
fn s12_2_a_file_may_be_called_anything() {
    let home = Home::new();
    std::fs::create_dir(home.at("a folder?x=1#y")).expect("a folder");
    let mut paths: Vec<PathBuf> =
        ["with space.db", "a%20b.db", "q?mode=memory.db", "h#ash.db", "ü–☃.db", "a folder?x=1#y/&.db"]
            .iter()
            .map(|name| home.at(name))
            .collect();
    // Two slashes at the beginning are one.
    paths.push(PathBuf::from(format!("/{}", home.at("slashes.db").display())));
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        paths.push(home.folder().join(std::ffi::OsStr::from_bytes(b"not \xff utf-8.db")));
    }
    for path in paths {
        let only = SqliteOptions { create: false, ..quick() };
        assert_eq!(SqliteStore::open(&path, only.clone()).expect_err("not there").kind(), ErrorKind::Unavailable);
        drop(SqliteStore::open(&path, quick()).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        assert!(path.is_file(), "{}", path.display());
        drop(SqliteStore::open(&path, only).unwrap_or_else(|error| panic!("again {}: {error}", path.display())));
    }
    for nowhere in ["", ":memory:", "file::memory:?cache=shared"] {
        let error = SqliteStore::open(nowhere, SqliteOptions { create: false, ..quick() }).expect_err("no file");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "`{nowhere}`: {error}");
    }
    assert_eq!(refused(Path::new(":memory:")).kind(), ErrorKind::Unsupported);
}

#[test]
fn s12_2_what_is_not_there_is_not_made_up() {
    let home = Home::new();
    let only = SqliteOptions { create: false, ..SqliteOptions::default() };
    let error = SqliteStore::open(home.database(), only).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("practice.db") && error.to_string().contains("not to be created"), "{error}");

    let error = refused(&home.at("missing/practice.db"));
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("missing/practice.db"), "{error}");
    assert!(error.to_string().contains("folder exists"), "{error}");
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn s12_2_a_file_stays_the_same_when_the_process_changes_its_folder() {
    // A process of its own: the working folder is the whole process's.
    const HERE: &str = "WORKFLOW_RELATIVE";
    if let Some(folder) = std::env::var_os(HERE) {
        std::env::set_current_dir(&folder).expect("a folder");
        let store = Arc::new(SqliteStore::open("practice.db", quick()).expect("a store"));
        let engine = Engine::new(Arc::clone(&store) as _);
        std::fs::create_dir("elsewhere").expect("a folder");
        std::env::set_current_dir("elsewhere").expect("a folder");
        crate::kit::set_up(&engine);
        assert_eq!(engine.verify(crate::kit::firm()).expect("readable").differences, Vec::<String>::new());
        return;
    }
    let home = Home::new();
    let name = "open::s12_2_a_file_stays_the_same_when_the_process_changes_its_folder";
    let output = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name])
        .env(HERE, home.folder())
        .output()
        .expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(home.names(), ["elsewhere", "practice.db"]);
    assert_eq!(std::fs::read_dir(home.at("elsewhere")).expect("a folder").count(), 0);
}

#[test]
#[cfg(unix)]
fn s12_2_a_link_is_the_file_that_it_leads_to() {
    let home = Home::new();
    let link = home.at("link.db");
    // Before there is a file, and after.
    std::os::unix::fs::symlink("practice.db", &link).expect("a link");
    drop(SqliteStore::open(&link, quick()).expect("a store"));
    assert!(home.database().is_file());
    let (store, _) = home.office(quick());
    assert_eq!(home.names(), ["link.db", "practice.db", "practice.db-shm", "practice.db-wal"]);
    // A newer version is noticed though it is still in the log, which lies beside the file itself.
    let newer = Connection::open(home.database()).expect("a connection");
    newer.execute("UPDATE wf_meta SET value = 99 WHERE name = 'schema_version'", []).expect("newer");
    assert_eq!(refused(&link).kind(), ErrorKind::NewerVersion);
    drop((store, newer));
    // A link to itself leads nowhere.
    std::os::unix::fs::symlink("loop.db", home.at("loop.db")).expect("a link");
    assert_eq!(refused(&home.at("loop.db")).kind(), ErrorKind::Unavailable);
}

#[test]
fn s12_2_a_folder_is_no_database() {
    let home = Home::new();
    std::fs::create_dir(home.database()).expect("a folder");
    let error = refused(&home.database());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("is a folder"), "{error}");
    // A file on the way is no folder.
    std::fs::write(home.at("file"), "x").expect("a file");
    assert_eq!(refused(&home.at("file/practice.db")).kind(), ErrorKind::Unavailable);
    assert_eq!(home.names(), ["file", "practice.db"]);
}

#[test]
fn s12_2_an_empty_file_becomes_a_store() {
    let home = Home::new();
    std::fs::write(home.database(), "").expect("a file");
    home.office(quick());
    assert!(!whole(&home.database()).is_empty());
}

#[test]
fn s12_2_files_of_others_are_refused_and_not_touched() {
    let database = |sql: &str| {
        let home = Home::new();
        let connection = Connection::open(home.database()).expect("a database");
        connection.execute_batch(sql).expect("made");
        drop(connection);
        std::fs::read(home.database()).expect("readable")
    };
    let page = [b"SQLite format 3\0".as_slice(), &[0; 4_080]].concat();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a text", b"Dear client,\nplease find enclosed\n".to_vec(), "not a database"),
        ("one byte", b"S".to_vec(), "not a database"),
        ("zeros", vec![0; 8_192], "not a database"),
        ("noise", (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(), "not a database"),
        ("the first words of a database", b"SQLite format 3\0".to_vec(), ""),
        ("a database's head and no body", page, ""),
        ("a table", database("CREATE TABLE invoices (number)"), "another program"),
        ("a mark", database("PRAGMA application_id = 4711; CREATE TABLE t (x); DROP TABLE t"), "another program"),
        ("a table in WAL mode", database("PRAGMA journal_mode = WAL; CREATE TABLE t (x)"), "another program"),
        ("a view", database("CREATE VIEW v AS SELECT 1"), "another program"),
        ("a table of our name", database("CREATE TABLE wf_meta (name, value)"), "schema version"),
        ("a version that is no number", version("'new'"), ""),
        ("a version below zero", version("-1"), ""),
        ("a version past counting", version("9223372036854775807"), ""),
    ];
    for (what, bytes, words) in cases {
        let home = Home::new();
        std::fs::write(home.database(), &bytes).expect("written");
        let error = refused(&home.database());
        assert!(
            matches!(error.kind(), ErrorKind::NotAStore | ErrorKind::Corrupt),
            "{what}: {:?} {error}",
            error.kind()
        );
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert!(home.files() == [("practice.db".to_owned(), bytes)].into(), "{what}: the file was touched");
    }
}

/// A database of ours with this for its version.
fn version(value: &str) -> Vec<u8> {
    let home = Home::new();
    home.office(quick());
    let connection = Connection::open(home.database()).expect("a connection");
    connection.execute_batch("CREATE TABLE loose AS SELECT * FROM wf_meta; DROP TABLE wf_meta").expect("loose");
    let sql = format!(
        "ALTER TABLE loose RENAME TO wf_meta; UPDATE wf_meta SET value = {value}; PRAGMA journal_mode = DELETE"
    );
    connection.execute_batch(&sql).expect("changed");
    drop(connection);
    std::fs::read(home.database()).expect("readable")
}

#[test]
fn s12_2_a_newer_file_is_refused_and_not_one_byte_changes() {
    let home = Home::new();
    home.office(quick());
    let newer = Connection::open(home.database()).expect("a connection");
    newer.execute("UPDATE wf_meta SET value = ?1", [SCHEMA_VERSION + 1]).expect("a newer version");
    let check = |when: &str| {
        let before = home.files();
        for options in [SqliteOptions::default(), SqliteOptions { inside_host_database: true, ..quick() }] {
            let error = SqliteStore::open(home.database(), options).expect_err("an error");
            assert_eq!(error.kind(), ErrorKind::NewerVersion, "{when}");
            let text = error.to_string();
            let (theirs, ours) = (format!("version {}", SCHEMA_VERSION + 1), format!("up to {SCHEMA_VERSION}"));
            assert!(text.contains(&theirs) && text.contains(&ours), "{when}: {text}");
            assert!(text.contains("practice.db"), "{when}: {text}");
        }
        let mut after = home.files();
        // Processes that look at a log share an index of it, which holds no data.
        after.remove("practice.db-shm");
        let mut before = before;
        before.remove("practice.db-shm");
        assert!(after == before, "{when}: bytes changed, or files came or went: {:?}", home.names());
    };
    check("while the newer one works on it");
    // As a killed one leaves it: with a log and without the index.
    let files = home.files();
    assert!(!files["practice.db-wal"].is_empty());
    drop(newer);
    std::fs::write(home.database(), &files["practice.db"]).expect("written");
    std::fs::write(home.at("practice.db-wal"), &files["practice.db-wal"]).expect("written");
    check("after the newer one was killed");
    std::fs::remove_file(home.at("practice.db-wal")).expect("removed");
    drop(std::fs::remove_file(home.at("practice.db-shm")));
    let closed = Connection::open(home.database()).expect("a connection");
    closed.execute("UPDATE wf_meta SET value = ?1", [SCHEMA_VERSION + 1]).expect("a newer version");
    drop(closed);
    assert_eq!(home.names(), ["practice.db"]);
    check("after the newer one was closed");
    assert_eq!(home.names(), ["practice.db"]);
}

#[cfg(unix)]
#[test]
fn s12_2_a_file_that_may_not_be_written_is_a_clear_error() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.office(quick());
    std::fs::set_permissions(home.database(), std::fs::Permissions::from_mode(0o444)).expect("read only");
    let before = home.files();
    // Some users may write all the same.
    let may = std::fs::OpenOptions::new().append(true).open(home.database()).is_ok();
    match SqliteStore::open(home.database(), SqliteOptions::default()) {
        Ok(store) => {
            assert!(may, "a store that cannot be written was opened");
            Engine::new(std::sync::Arc::new(store)).execute(&request(comment(1, "written"))).expect("a comment");
        }
        Err(error) => {
            assert!(!may, "{error}");
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.to_string().contains("let this process write"), "{error}");
            assert!(home.files() == before);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn s10_3_opening_and_closing_uses_nothing_up() {
    let open_files = || std::fs::read_dir("/proc/self/fd").expect("descriptors").count();
    let home = Home::new();
    home.office(quick());
    let before = open_files();
    for _ in 0..60 {
        drop(SqliteStore::open(home.database(), quick()).expect("a store"));
    }
    // Other tests of this program open files meanwhile.
    assert!(open_files() < before + 40, "{} descriptors, then {}", before, open_files());
}

/// Makes a file as version 1 of the schema left it: without the tables that came later.
fn to_version_1(path: &Path) {
    let old = Connection::open(path).expect("a connection");
    old.execute_batch(
        "DROP VIEW wf_report_series; DROP VIEW wf_report_occurrences;
         DROP TABLE wf_timers; DROP TABLE wf_series; DROP TABLE wf_occurrences;
         UPDATE wf_meta SET value = 1 WHERE name = 'schema_version';",
    )
    .expect("an older file");
}

#[test]
fn s12_2_a_file_of_the_first_version_becomes_one_of_this_and_loses_nothing() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    for number in 0..5 {
        engine.execute(&request(comment(1, &format!("comment {number}")))).expect("a command");
    }
    drop((store, engine));
    to_version_1(&home.database());
    let before = entries_of(&home.database());
    let store = Arc::new(SqliteStore::open(home.database(), quick()).expect("a store"));
    let engine = Engine::new(Arc::clone(&store) as _);
    assert_eq!(store.settings().schema_version, SCHEMA_VERSION);
    assert_eq!(store.integrity_check().expect("a check"), Vec::<String>::new());
    assert_eq!(crate::kit::log(&store).len(), before);
    let found = engine.verify(crate::kit::firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
    // What came later works in it.
    let edit =
        serde_json::json!({ "edit_job": { "job": crate::kit::job(1), "changes": { "description": { "to": "x" } } } });
    engine.execute(&request(serde_json::from_value(edit).expect("a command"))).expect("a command");
    assert!(engine.tick(engine.now(), 10).expect("a tick").outcomes.is_empty());
    drop((store, engine));
    // Once is enough.
    let store = SqliteStore::open(home.database(), quick()).expect("a store");
    assert_eq!(store.settings().schema_version, SCHEMA_VERSION);
}

/// How many entries the log of an older file has.
fn entries_of(path: &Path) -> usize {
    let old = Connection::open(path).expect("a connection");
    let count: i64 = old.query_row("SELECT count(*) FROM wf_log", [], |row| row.get(0)).expect("a count");
    usize::try_from(count).expect("few")
}
