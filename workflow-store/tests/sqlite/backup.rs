//! Copies of a database that is worked on.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use workflow_core::error::ErrorKind;

use crate::kit::{Home, comment, comments, log, quick, request, whole};

#[test]
fn s10_3_backups_while_writers_run_are_each_one_moment() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let over = AtomicBool::new(false);
    let backups: Vec<PathBuf> = (0..6).map(|number| home.at(&format!("backup-{number}.db"))).collect();
    std::thread::scope(|scope| {
        for thread in 0..3u128 {
            let (engine, over) = (&engine, &over);
            scope.spawn(move || {
                let mut number = 0;
                while !over.load(Ordering::SeqCst) {
                    let text = format!("{thread}-{number}");
                    engine.execute(&request(comment(number % 8, &text))).expect("a comment");
                    number += 1;
                }
            });
        }
        for backup in &backups {
            std::thread::sleep(std::time::Duration::from_millis(40));
            store.backup_to(backup).expect("a backup");
        }
        over.store(true, Ordering::SeqCst);
    });
    let all = log(&store);
    let mut before = 0;
    for backup in &backups {
        let copied = whole(backup);
        assert!(copied.len() > before, "each has what was written since the one before it");
        assert_eq!(copied[..], all[..copied.len()], "a copy is what the log was at a moment");
        before = copied.len();
    }
    drop((store, engine));
    let mut names: Vec<String> = (0..6).map(|number| format!("backup-{number}.db")).collect();
    names.push("practice.db".to_owned());
    assert_eq!(home.names(), names, "nothing else is left");
}

#[test]
fn s10_3_two_backups_to_one_file_do_not_write_into_each_others() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let target = home.at("backup.db");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| store.backup_to(&target).expect("a backup"));
        }
    });
    assert_eq!(whole(&target), log(&store));
    drop((store, engine));
    assert_eq!(home.names(), ["backup.db", "practice.db"]);
}

#[test]
fn s10_3_a_backup_takes_the_place_of_a_file() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let target = home.at("backup.db");
    std::fs::write(&target, "an older backup, or something else").expect("a file");
    store.backup_to(&target).expect("a backup");
    let first = whole(&target);
    engine.execute(&request(comment(1, "new"))).expect("a comment");
    store.backup_to(&target).expect("a backup over a backup");
    let second = whole(&target);
    assert_eq!(second.len(), first.len() + 1);
    assert_eq!(comments(&second), ["new"]);
}

#[test]
fn s12_2_a_backup_onto_itself_is_refused() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let folder = home.folder().file_name().expect("a name").to_string_lossy().into_owned();
    let mut targets = vec![
        home.database(),
        home.at("practice.db-wal"),
        home.at("practice.db-shm"),
        home.at(&format!("../{folder}/practice.db")),
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(home.database(), home.at("link.db")).expect("a link");
        std::fs::hard_link(home.database(), home.at("second-name.db")).expect("a second name");
        targets.extend([home.at("link.db"), home.at("second-name.db")]);
    }
    let names = home.names();
    for target in targets {
        let error = store.backup_to(&target).expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{}: {error}", target.display());
        assert!(error.to_string().contains("own file"), "{error}");
    }
    assert_eq!(home.names(), names);
    engine.execute(&request(comment(1, "it goes on"))).expect("a comment");
    drop((store, engine));
    assert_eq!(comments(&whole(&home.database())), ["it goes on"]);
}

/// The log of a database that is open would be taken for the copy's.
#[test]
fn s12_2_a_backup_onto_a_database_in_use_is_refused() {
    let home = Home::new();
    let (store, _) = home.office(quick());
    let other = Home::new();
    let (others, engine) = other.office(quick());
    engine.execute(&request(comment(1, "theirs"))).expect("a comment");
    let error = store.backup_to(other.database()).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("practice.db-wal"), "{error}");
    drop((others, engine));
    assert_eq!(comments(&whole(&other.database())), ["theirs"]);
    // Once it is closed it is a file like another.
    store.backup_to(other.database()).expect("a backup");
    assert_eq!(whole(&other.database()), log(&store));
}

#[test]
fn s12_2_a_backup_that_cannot_be_written_leaves_nothing() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    std::fs::create_dir(home.at("folder")).expect("a folder");
    let names = home.names();
    for target in ["missing/backup.db", "folder", "practice.db/backup.db", ""] {
        let target = if target.is_empty() { PathBuf::new() } else { home.at(target) };
        let error = store.backup_to(&target).expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}: {error}", target.display());
    }
    assert_eq!(home.names(), names);
    engine.execute(&request(comment(1, "it goes on"))).expect("a comment");
}
