//! The log is folded into the file beside those who commit.

use std::fs;

use rusqlite::Connection;

use crate::kit::{Home, comment, comments, log, quick, request, whole};

/// How long the log may become while somebody commits without a pause: 16,000 pages, what one command adds, and what
/// is added until the next commit looks.
const LONGEST: u64 = 17_000 * 4_120;

fn log_bytes(home: &Home) -> u64 {
    fs::metadata(home.at("practice.db-wal")).expect("a log").len()
}

/// What tells one log from the next that is written over it. (SQLite's locks are on other files: to close this one
/// drops none.)
fn salt(home: &Home) -> Vec<u8> {
    use std::io::Read as _;
    let mut head = [0; 32];
    fs::File::open(home.at("practice.db-wal")).and_then(|mut log| log.read_exact(&mut head)).expect("a log");
    head[16..24].to_vec()
}

#[test]
fn s10_3_the_log_stays_bounded_and_nothing_is_lost_while_it_is_folded_in() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let text = "x".repeat(8_000);
    let (mut written, mut begun, mut last) = (0, 0, salt(&home));
    // Until the log was begun anew three times.
    while begun < 3 {
        engine.execute(&request(comment(written % 8, &format!("{written} {text}")))).expect("a comment");
        written += 1;
        assert!(written < 20_000, "the log is never begun anew; it has {} bytes", log_bytes(&home));
        if written % 50 == 0 {
            assert!(log_bytes(&home) < LONGEST, "{} bytes after {written} commands", log_bytes(&home));
        }
        if written % 20 == 0 {
            let now = salt(&home);
            begun += usize::from(last != now);
            last = now;
        }
    }
    let found = comments(&log(&store));
    assert_eq!(found.len(), usize::try_from(written).expect("a small number"));
    drop((store, engine));
    assert_eq!(home.names(), ["practice.db"], "folded in and tidied away");
    assert_eq!(comments(&whole(&home.database())), found);
}

/// A reader holds on to what is in the log: it cannot be begun anew, and grows. When the reader is through, it is.
#[test]
fn s10_3_after_a_long_reader_the_log_is_begun_anew() {
    let home = Home::new();
    let (_store, engine) = home.office(quick());
    let text = "x".repeat(8_000);
    let reader = Connection::open(home.database()).expect("a connection");
    reader.execute_batch("BEGIN; SELECT count(*) FROM wf_log").expect("a reader");
    let before = salt(&home);
    let mut written = 0;
    let mut write = || {
        engine.execute(&request(comment(written % 8, &text))).expect("a comment");
        written += 1;
    };
    while log_bytes(&home) < 6_000 * 4_120 {
        write();
    }
    assert_eq!(salt(&home), before, "the reader's moment is in it");
    let count: i64 =
        reader.query_row("SELECT count(*) FROM wf_comments", [], |row| row.get(0)).expect("the reader's moment");
    assert_eq!(count, 0, "the reader still sees its moment");
    reader.execute_batch("COMMIT").expect("through");
    for _ in 0..4_000 {
        write();
        if salt(&home) != before {
            return;
        }
    }
    panic!("the log is never begun anew; it has {} bytes", log_bytes(&home));
}

/// Works until the log was folded in once.
#[cfg(target_os = "linux")]
fn until_folded(home: &Home, engine: &workflow_core::engine::Engine) {
    let (text, before) = ("x".repeat(8_000), salt(home));
    for written in 0..20_000 {
        engine.execute(&request(comment(written % 8, &text))).expect("a comment");
        if written % 20 == 0 && salt(home) != before {
            return;
        }
    }
    panic!("the log is never begun anew");
}

/// The files that this process has open, by their names.
#[cfg(target_os = "linux")]
fn open_files() -> Vec<String> {
    let links =
        fs::read_dir("/proc/self/fd").expect("descriptors").filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.map(|link| link.to_string_lossy().into_owned()).collect()
}

/// The file is written to the disk through a descriptor that is not SQLite's. Were that closed, the host's own
/// connection would lose its lock, and the next to come would take itself for the only one.
#[cfg(target_os = "linux")]
#[test]
fn s10_3_who_folds_in_leaves_the_locks_of_the_hosts_connections() {
    use std::os::unix::fs::MetadataExt as _;
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let host = Connection::open(home.database()).expect("a connection");
    let count = || -> i64 { host.query_row("SELECT count(*) FROM wf_log", [], |row| row.get(0)).expect("a count") };
    let before = count();
    until_folded(&home, &engine);
    drop((store, engine));
    assert!(count() > before);
    let file = format!(":{} ", fs::metadata(home.database()).expect("a file").ino());
    let own = format!(" {} ", std::process::id());
    let locks = fs::read_to_string("/proc/locks").expect("locks");
    let held = locks.lines().any(|line| line.contains("POSIX") && line.contains(&own) && line.contains(&file));
    assert!(held, "the host's connection has lost its lock on the file:\n{locks}");
}

#[cfg(target_os = "linux")]
#[test]
fn s10_3_a_file_that_is_removed_is_not_kept_open() {
    let folded = || {
        let home = Home::new();
        let (store, engine) = home.office(quick());
        until_folded(&home, &engine);
        drop((store, engine));
        home
    };
    let home = folded();
    let database = home.database().to_string_lossy().into_owned();
    assert!(open_files().contains(&database), "what was written through stays open as long as the file is there");
    drop(home);
    let _another = folded();
    assert!(!open_files().iter().any(|name| name.starts_with(&database)), "{:?}", open_files());
}
