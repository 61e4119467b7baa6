//! Callers that come at the same time share a transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use workflow_core::engine::Engine;
use workflow_core::error::ErrorKind;
use workflow_core::store::{Batch, Check, Conflict, DocId, Transact};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

use crate::kit::{Home, comment, comments, firm, log, quick, request, whole};

/// How many transactions the log of a database holds: its frames that end one.
fn transactions(home: &Home) -> usize {
    let bytes = &home.files()["practice.db-wal"];
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (page, salt) = (number(8) as usize, bytes[16..24].to_vec());
    let frames = (32..bytes.len().saturating_sub(24 + page - 1)).step_by(24 + page);
    frames.filter(|at| bytes[at + 8..at + 16] == salt && number(at + 4) != 0).count()
}

/// Keeps the log from being begun anew, so that its transactions can be counted.
fn reader(home: &Home) -> Connection {
    let reader = Connection::open(home.database()).expect("a connection");
    reader.execute_batch("BEGIN; SELECT count(*) FROM wf_log").expect("a reader");
    reader
}

const THREADS: u128 = 8;

#[test]
fn s5_5_eight_threads_lose_nothing() {
    let home = Home::new();
    let (store, engine) = home.office(SqliteOptions::default());
    let _reader = reader(&home);
    let before = transactions(&home);
    let each = 25;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let engine = &engine;
            scope.spawn(move || {
                for number in 0..each {
                    // Each on its own job: nothing to be tried again.
                    let command = comment(thread, &format!("{thread}-{number}"));
                    engine.execute(&request(command)).expect("a comment");
                }
            });
        }
    });
    let count = transactions(&home) - before;
    let commands = usize::try_from(THREADS * each).expect("a small number");
    assert!(count > 0 && count < commands, "{count} transactions for {commands} commands");
    let mut found = comments(&log(&store));
    let mut wanted: Vec<String> =
        (0..THREADS).flat_map(|thread| (0..each).map(move |number| format!("{thread}-{number}"))).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "each is there, and once");
    drop((store, engine));
    assert_eq!(comments(&whole(&home.database())).len(), commands);
}

/// Lets all of them queue up behind a lock, then lets them go. Answers in how many transactions
/// they were written.
fn together<T: Send>(home: &Home, work: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> (usize, Vec<T>) {
    let _reader = reader(home);
    let lock = Connection::open(home.database()).expect("a connection");
    let before = transactions(home);
    let answers = std::thread::scope(|scope| {
        lock.execute_batch("BEGIN IMMEDIATE").expect("the write lock");
        let all: Vec<_> = work.into_iter().map(|one| scope.spawn(one)).collect();
        std::thread::sleep(Duration::from_millis(700));
        lock.execute_batch("ROLLBACK").expect("released");
        all.into_iter().map(|one| one.join().expect("no panic")).collect()
    });
    (transactions(home) - before, answers)
}

fn boxed<'a, T>(work: impl FnOnce() -> T + Send + 'a) -> Box<dyn FnOnce() -> T + Send + 'a> {
    Box::new(work)
}

#[test]
fn s5_5_those_who_wait_share_the_next_transaction() {
    let home = Home::new();
    let (store, engine) = home.office(SqliteOptions::default());
    let engine = &engine;
    let say = |thread: u128| {
        boxed(move || engine.execute(&request(comment(thread, &format!("{thread}")))).expect("a comment").position)
    };
    let (count, positions) = together(&home, (0..THREADS).map(say).collect());
    // Whoever came first had begun already.
    assert!(count <= 4, "{count} transactions for {THREADS} commands");
    let positions: std::collections::BTreeSet<_> = positions.into_iter().flatten().collect();
    assert_eq!(positions.len() as u128, THREADS, "each has a place of its own in the log");
    assert_eq!(comments(&log(&store)).len() as u128, THREADS);
}

fn good(engine: &Engine, thread: u128) -> Result<(), ErrorKind> {
    engine.execute(&request(comment(thread, &format!("good {thread}")))).map(drop).map_err(|error| error.kind())
}

#[test]
fn s5_5_a_batch_that_conflicts_hurts_no_other_in_its_group() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    let (store, engine) = (&store, &engine);
    let mut work: Vec<_> = (0..THREADS).map(|thread| boxed(move || good(engine, thread))).collect();
    work.insert(
        4,
        boxed(move || {
            let mut batch = Batch::new(firm());
            batch.checks.push(Check { id: DocId::Firm, expected: Some(999) });
            // A sound one in the same call is committed all the same.
            let answers = store.commit(&[batch, Batch::new(firm())]).expect("an answer");
            assert!(matches!(&answers[..], [Err(Conflict::Document(DocId::Firm)), Ok(_)]), "{answers:?}");
            Ok(())
        }),
    );
    let (count, answers) = together(&home, work);
    assert_eq!(answers, vec![Ok(()); answers.len()]);
    assert!(count <= 4, "{count} transactions");
    assert_eq!(comments(&log(store)).len() as u128, THREADS);
    assert_eq!(engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
}

#[test]
fn s5_5_a_batch_that_fails_hurts_no_other_in_its_group() {
    let home = Home::new();
    let (store, engine) = home.office(quick());
    // What only one of them meets.
    let host = Connection::open(home.database()).expect("a connection");
    host.execute_batch(
        "CREATE TRIGGER bad BEFORE INSERT ON wf_comments WHEN instr(new.body, 'poison') BEGIN
             SELECT RAISE(ABORT, 'not this one');
         END",
    )
    .expect("a trigger");
    let engine = &engine;
    let mut work: Vec<_> = (0..THREADS - 1).map(|thread| boxed(move || good(engine, thread))).collect();
    for place in [2, 6] {
        work.insert(
            place,
            boxed(move || {
                // On a job of its own, so that it does not conflict instead.
                let error = engine.execute(&request(comment(THREADS - 1, "poison"))).expect_err("an error");
                assert!(error.to_string().contains("not this one"), "{error}");
                Ok(())
            }),
        );
    }
    let (_, answers) = together(&home, work);
    assert_eq!(answers, vec![Ok(()); answers.len()], "the others are committed");
    let mut found = comments(&log(&store));
    found.sort();
    assert_eq!(found, (0..THREADS - 1).map(|thread| format!("good {thread}")).collect::<Vec<_>>());
    assert_eq!(engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
}

/// A store that is at it all the time does not keep another out.
#[test]
fn s10_3_writers_take_turns() {
    let home = Home::new();
    let (_, busy) = home.office(SqliteOptions::default());
    let other = Engine::new(Arc::new(SqliteStore::open(home.database(), quick()).expect("a store")));
    let end = Instant::now() + Duration::from_millis(2_500);
    let turns = std::thread::scope(|scope| {
        for thread in 0..6 {
            let busy = &busy;
            scope.spawn(move || {
                while Instant::now() < end {
                    busy.execute(&request(comment(thread, "busy"))).expect("a comment");
                }
            });
        }
        let mut turns = 0;
        while Instant::now() < end {
            other.execute(&request(comment(7, "other"))).expect("a comment");
            turns += 1;
        }
        turns
    });
    assert!(turns >= 10, "the other came to {turns} turns");
}
