//! Another copy of SQLite in the process: closing any descriptor of a file drops every POSIX lock
//! that the process holds on it, and that is all that the other copy has to do.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use workflow_core::command::{BulkMode, Command};
use workflow_core::engine::Engine;
use workflow_core::error::{Error, ErrorKind};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

use crate::kit::{Home, comment, comments, firm, quick, request, whole};

const FILE: &str = "WORKFLOW_OTHER_PROCESS";

/// Not a test: a process that opens a database, reads it and closes it, as a report would.
#[test]
fn other_process() {
    if let Some(path) = std::env::var_os(FILE) {
        let connection = Connection::open(PathBuf::from(path)).expect("a connection");
        let count: i64 =
            connection.query_row("SELECT count(*) FROM wf_report_events", [], |row| row.get(0)).expect("a count");
        assert!(count > 0);
        connection.close().expect("closed");
    }
}

fn let_another_process_look(path: &Path) {
    let status = Process::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "two_copies::other_process"])
        .env(FILE, path)
        .stdout(Stdio::null())
        .status()
        .expect("a process");
    assert!(status.success());
}

/// What another copy of SQLite does to this one's locks when it closes the database.
fn drop_locks(home: &Home) {
    for name in ["practice.db", "practice.db-shm", "practice.db-wal"] {
        drop(File::open(home.at(name)).expect("a file"));
    }
}

fn pulled(result: Result<impl std::fmt::Debug, Error>) -> Error {
    let error = result.expect_err("the commit is refused");
    let text = error.to_string();
    assert!(text.contains("another copy of SQLite") && text.contains("open the store anew"), "{text}");
    error
}

#[test]
fn s10_3_a_store_that_was_opened_through_a_link_notices_too() {
    let home = Home::new();
    drop(home.office(quick()));
    std::os::unix::fs::symlink(home.database(), home.at("link.db")).expect("a link");
    let store = Arc::new(SqliteStore::open(home.at("link.db"), quick()).expect("a store"));
    let engine = Engine::new(Arc::clone(&store) as _);
    engine.execute(&request(comment(1, "before"))).expect("a comment");
    std::fs::remove_file(home.at("practice.db-wal")).expect("removed");
    pulled(engine.execute(&request(comment(1, "after"))));
}

#[test]
fn s10_3_other_processes_are_harmless() {
    let home = Home::new();
    let (store, engine) = home.office(SqliteOptions::default());
    for number in 0..3 {
        let_another_process_look(&home.database());
        engine.execute(&request(comment(1, &format!("comment {number}")))).expect("a comment");
    }
    assert_eq!(store.settings().foreign_sqlite, None);
    drop((store, engine));
    assert_eq!(comments(&whole(&home.database())).len(), 3);
}

/// Without its locks the log is deleted by the next process that closes the file, which thinks it
/// is the last.
#[test]
fn s10_3_a_log_that_was_taken_away_is_noticed_before_the_commit() {
    let home = Home::new();
    let (store, engine) = home.office(SqliteOptions::default());
    engine.execute(&request(comment(1, "kept"))).expect("a comment");
    drop_locks(&home);
    let_another_process_look(&home.database());
    assert!(!home.at("practice.db-wal").exists(), "the other process has tidied the log away");
    for _ in 0..2 {
        let error = pulled(engine.execute(&request(comment(1, "refused"))));
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("nothing of this commit was written"), "{error}");
    }
    // Opened anew, everything that was acknowledged is there.
    drop((store, engine));
    assert_eq!(comments(&whole(&home.database())), ["kept"]);
    let engine = Engine::new(Arc::new(SqliteStore::open(home.database(), quick()).expect("a store")));
    engine.execute(&request(comment(1, "goes on"))).expect("a comment");
    assert_eq!(engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
}

#[test]
fn s10_3_a_log_that_another_has_begun_anew_is_noticed() {
    let home = Home::new();
    let (store, engine) = home.office(SqliteOptions::default());
    drop_locks(&home);
    let_another_process_look(&home.database());
    // Another store makes a log of the same name.
    let next = Engine::new(Arc::new(SqliteStore::open(home.database(), quick()).expect("a store")));
    next.execute(&request(comment(2, "next"))).expect("a comment");
    assert!(home.at("practice.db-wal").exists());
    assert_eq!(pulled(engine.execute(&request(comment(1, "refused")))).kind(), ErrorKind::Corrupt);
    next.execute(&request(comment(2, "and next"))).expect("a comment");
    drop((store, engine, next));
    assert_eq!(comments(&whole(&home.database())), ["next", "and next"]);
}

/// Locks that vanish in the middle of a transaction: somebody else could have written as well.
#[test]
fn s10_3_a_lock_that_vanished_while_writing_is_noticed() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let many = |round: usize| {
        let commands = (0..300).map(|number| comment(number % 8, &format!("{round}"))).collect();
        request(Command::Bulk { mode: BulkMode::AllOrNothing, commands })
    };
    let over = AtomicBool::new(false);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                drop(File::open(home.at("practice.db-shm")));
            }
        });
        for round in 0..20 {
            match engine.execute(&many(round)) {
                Ok(_) => acknowledged.push(round),
                error => {
                    assert_eq!(pulled(error).kind(), ErrorKind::Corrupt);
                    refused += 1;
                }
            }
        }
        over.store(true, Ordering::SeqCst);
    });
    assert!(refused > 0, "no loss of a lock was noticed");
    drop((store, engine));
    let found = comments(&whole(&home.database()));
    let wanted: Vec<String> = acknowledged.iter().flat_map(|round| vec![format!("{round}"); 300]).collect();
    assert_eq!(found, wanted, "what was acknowledged is there, what was refused is not");
}

/// The store's own looking at locks takes none away: another process still sees them.
#[test]
fn s10_3_opening_stores_of_one_file_side_by_side_keeps_the_locks() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    for _ in 0..3 {
        drop(SqliteStore::open(home.database(), quick()).expect("a second store"));
        let_another_process_look(&home.database());
        engine.execute(&request(comment(1, "still there"))).expect("a comment");
    }
    assert!(home.at("practice.db-wal").exists(), "the other process saw that the file is in use");
    drop((store, engine));
    assert_eq!(comments(&whole(&home.database())).len(), 3);
}
