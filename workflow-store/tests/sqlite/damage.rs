//! Damaged files: a clear error or a store that says what is wrong with it, never a panic.

use std::sync::Arc;

use workflow_core::engine::{AlterationKind, Engine};
use workflow_core::error::ErrorKind;
use workflow_core::event::Actor;
use workflow_core::store::{LogBy, LogScan, Transact};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

use crate::kit::{Home, comment, comments, firm, key, quick, request, whole};

/// A database that was worked on, as it is on the disk once it was closed.
fn sound() -> Vec<u8> {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    for number in 0..40 {
        engine.execute(&request(comment(number % 8, &format!("comment {number}")))).expect("a comment");
    }
    drop((store, engine));
    std::fs::read(home.database()).expect("readable")
}

/// What became of a damaged file.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Fate {
    Refused,
    Noticed,
    Sound,
}

/// Opens a damaged file and does all sorts of things with it.
fn work_with(bytes: &[u8], what: &str) -> Fate {
    let home = Home::new();
    std::fs::write(home.database(), bytes).expect("written");
    let store = match SqliteStore::open(home.database(), SqliteOptions::default()) {
        Ok(store) => Arc::new(store),
        Err(error) => {
            let kinds = [ErrorKind::Corrupt, ErrorKind::NotAStore, ErrorKind::NewerVersion, ErrorKind::Unsupported];
            assert!(kinds.contains(&error.kind()), "{what}: {:?} {error}", error.kind());
            assert!(error.to_string().len() > 20, "{what}: {error}");
            assert!(home.files() == [("practice.db".to_owned(), bytes.to_vec())].into(), "{what}: it was touched");
            return Fate::Refused;
        }
    };
    let engine = Engine::new(Arc::clone(&store) as _);
    let checked = store.integrity_check();
    let verified = engine.verify(firm());
    let sound = checked.is_ok_and(|lines| lines.is_empty()) && verified.is_ok_and(|found| found.differences.is_empty());
    // Whatever comes of these, they answer.
    drop(engine.execute(&request(comment(1, "one more"))));
    drop(engine.query(firm(), Actor::system("test")).and_then(|queries| queries.board(&key("p"), 10)));
    let scan = LogScan::new(LogBy::Job(crate::kit::job(1)), 100);
    drop(store.log(firm(), &scan));
    drop(engine.claim_notifications(None, chrono::TimeDelta::seconds(60), 10));
    drop(engine.run_follow_ups(10));
    drop(store.backup_to(home.at("backup.db")));
    if sound { Fate::Sound } else { Fate::Noticed }
}

#[test]
fn s12_2_a_truncated_file_is_noticed() {
    let bytes = sound();
    let half = bytes.len() / 2;
    let lengths = [1, 15, 16, 50, 99, 100, 101, 512, 1_000, 4_095, 4_096, 4_097, 8_192, 20_000, half, half + 1];
    for length in lengths.into_iter().chain([bytes.len() - 4_096, bytes.len() - 1]) {
        let fate = work_with(&bytes[..length], &format!("the first {length} of {} bytes", bytes.len()));
        assert_ne!(fate, Fate::Sound, "the first {length} of {} bytes", bytes.len());
    }
    assert_eq!(work_with(&bytes, "all"), Fate::Sound);
}

#[test]
fn s12_2_no_bit_that_flips_makes_a_panic() {
    let bytes = sound();
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).expect("small")
    };
    let mut fates = Vec::new();
    // The head and the schema's page, then anywhere.
    let places: Vec<usize> = (0..100).step_by(3).chain((0..30).map(|_| next(4_096))).collect();
    for place in places.into_iter().chain((0..60).map(|_| next(bytes.len()))).collect::<Vec<_>>() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        fates.push(work_with(&damaged, &format!("bit {} of byte {place}", place % 8)));
    }
    // Whole pages of noise.
    for _ in 0..20 {
        let mut damaged = bytes.clone();
        let page = next(bytes.len() / 4_096) * 4_096;
        for byte in &mut damaged[page..page + 4_096] {
            *byte = u8::try_from(next(256)).expect("a byte");
        }
        let fate = work_with(&damaged, &format!("noise at {page}"));
        assert_ne!(fate, Fate::Sound, "noise at {page}");
        fates.push(fate);
    }
    for fate in [Fate::Refused, Fate::Noticed] {
        assert!(fates.contains(&fate), "some files are {fate:?}");
    }
}

/// What a log holds up to the damage is there, and nothing of what comes after it.
#[test]
fn s5_5_of_a_damaged_log_whole_commits_are_kept() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    for number in 0..30 {
        engine.execute(&request(comment(number % 8, &format!("comment {number}")))).expect("a comment");
    }
    let files = home.files();
    drop((store, engine));
    let log = &files["practice.db-wal"];
    let mut kept = Vec::new();
    for place in [40, 5_000, log.len() / 4, log.len() / 2, log.len() - 30_000, log.len() - 1] {
        for cut in [false, true] {
            let mut damaged = log.clone();
            damaged[place] ^= 0x10;
            damaged.truncate(if cut { place } else { damaged.len() });
            let copy = Home::new();
            std::fs::write(copy.database(), &files["practice.db"]).expect("written");
            std::fs::write(copy.at("practice.db-wal"), &damaged).expect("written");
            let said = comments(&whole_or_empty(&copy));
            let wanted: Vec<String> = (0..said.len()).map(|number| format!("comment {number}")).collect();
            assert_eq!(said, wanted, "byte {place}, cut {cut}");
            kept.push(said.len());
        }
    }
    assert_eq!(kept.iter().min(), Some(&0));
    assert!(kept.iter().max() > Some(&10), "{kept:?}");
}

fn whole_or_empty(home: &Home) -> Vec<workflow_core::store::Logged> {
    whole(&home.database())
}

#[test]
fn s11_5_a_row_of_the_log_that_was_altered_in_the_file_is_named() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    for number in 0..40 {
        engine.execute(&request(comment(number % 8, &format!("comment {number}.")))).expect("a comment");
    }
    engine.acting(firm(), Actor::system("audit")).seal_log().expect("sealed");
    let known = engine.verify_log(firm(), None).expect("read").last;
    let log = crate::kit::log(&store);
    let said = |text: &str| {
        let holds =
            |logged: &&workflow_core::store::Logged| comments(&[(*logged).clone()]).iter().any(|said| said == text);
        log.iter().find(holds).expect("it was said").clone()
    };
    let alter = |sql: &str| {
        let connection = rusqlite::Connection::open(home.database()).expect("a connection");
        assert_eq!(connection.execute(sql, []).expect("changed"), 1, "{sql}");
        engine.verify_log(firm(), known.as_ref()).expect("read").altered.expect("noticed")
    };
    let found =
        alter("UPDATE wf_log SET body = replace(body, 'comment 30.', 'comment X.') WHERE body LIKE '%comment 30.%'");
    assert_eq!((found.kind, found.entry), (AlterationKind::Altered, Some(said("comment 30.").entry.id)));
    let found = alter("DELETE FROM wf_log WHERE body LIKE '%comment 7.%'");
    assert_eq!((found.kind, found.entry), (AlterationKind::Missing, Some(said("comment 8.").entry.id)));
    assert_eq!(found.position, Some(said("comment 8.").position));
}
