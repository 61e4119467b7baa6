//! Files that are not what was written, and imports that end early.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use workflow_core::engine::Engine;
use workflow_core::error::{Error, ErrorKind, Rejection, StoreError};
use workflow_core::store::{Batch, Committed, Conflict, DocId, Queue, QueuedState, Store, Transact};
use workflow_suites::around::{Around, Hand};

use crate::kit::{Office, engine, export, in_memory, rows, verified};

/// Whether there is nothing of the firm to anybody but an import.
#[track_caller]
fn hidden(there: &Engine, office: &Office) {
    let firm = office.season.firm;
    assert_eq!(there.store().get(firm, &[DocId::Firm]).expect("readable"), [None]);
    for queue in Queue::ALL {
        assert_eq!(rows(there, firm, queue, QueuedState::Waiting), []);
        assert_eq!(rows(there, firm, queue, QueuedState::Dead), []);
    }
    let year = there.now() + TimeDelta::days(365);
    let ticked = there.tick(year, 1_000).expect("ticked");
    assert!(ticked.outcomes.is_empty() && ticked.failures.is_empty());
    assert_eq!(there.run_follow_ups(1_000).expect("run"), 0);
    let command = office.request(serde_json::json!({ "comment_job": { "job": office.jobs[0], "text": "Hello" } }));
    let refused = there.execute(&command).expect_err("there is no firm");
    assert_eq!(refused.kind(), ErrorKind::NotFound, "{refused}");
    assert_eq!(there.export_firm(firm, Vec::new()).expect_err("there is no firm").kind(), ErrorKind::NotFound);
}

#[test]
fn s10_3_a_file_that_is_cut_off_is_refused_and_the_whole_one_goes_on() {
    let office = Office::new(in_memory());
    let (written, carried) = office.export();
    let ends: Vec<usize> = (0..written.len()).filter(|place| written[*place] == b'\n').map(|place| place + 1).collect();
    assert!(ends.len() > 120, "{} lines", ends.len());
    // At the end of some lines, in the middle of others; the last line alone missing among them.
    let mut cuts: Vec<usize> =
        ends.iter().copied().step_by(25).chain(ends.iter().map(|end| end - 9).step_by(31)).collect();
    cuts.push(ends[ends.len() - 2]);
    let mut continued = 0;
    for cut in cuts {
        let there = engine(in_memory(), &office.clock, 2);
        let error = there.import_firm(&written[..cut]).expect_err("it has no end");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "cut at {cut}: {error}");
        hidden(&there, &office);
        let whole = there.import_firm(written.as_slice()).expect("the whole file");
        assert_eq!((whole.entries, &whole.sha256), (carried.entries, &carried.sha256));
        continued += usize::from(whole.already_there > 0);
        verified(&there, office.season.firm);
        assert_eq!(export(&there, office.season.firm).0, written, "cut at {cut}");
    }
    assert!(continued > 3, "only {continued} went on from what was there");
}

#[test]
fn s10_3_an_altered_file_is_noticed_and_nothing_altered_is_written() {
    let office = Office::new(in_memory());
    let (written, _) = office.export();
    let text = String::from_utf8(written.clone()).expect("text");
    let step = written.len() / 24;
    for place in (5..written.len()).step_by(step) {
        let mut altered = written.clone();
        altered[place] = if altered[place] == b'1' { b'2' } else { b'1' };
        let there = engine(in_memory(), &office.clock, 2);
        let error = there.import_firm(altered.as_slice()).expect_err("it was altered");
        let kinds = [ErrorKind::Corrupt, ErrorKind::NotAStore, ErrorKind::NewerVersion];
        assert!(kinds.contains(&error.kind()), "byte {place}: {error}");
        hidden(&there, &office);
        // What was written before is as it was: the file itself goes on from there.
        there.import_firm(written.as_slice()).unwrap_or_else(|error| panic!("byte {place}: {error}"));
        assert_eq!(export(&there, office.season.firm).0, written);
    }
    let lines: Vec<&str> = text.lines().collect();
    let without = |left_out: usize| {
        let kept = lines.iter().enumerate().filter(|(place, _)| *place != left_out);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let swapped = text.replacen(&format!("{}\n{}\n", lines[5], lines[6]), &format!("{}\n{}\n", lines[6], lines[5]), 1);
    let twice = format!("{text}{text}");
    let files = [without(1), without(40), without(lines.len() - 3), swapped, twice, format!("{text}\n")];
    for (number, file) in files.iter().enumerate() {
        let there = engine(in_memory(), &office.clock, 2);
        let error = there.import_firm(file.as_bytes()).expect_err("it was altered");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "file {number}: {error}");
        hidden(&there, &office);
    }
}

#[test]
fn s12_2_other_files_and_newer_formats_are_told() {
    let office = Office::new(in_memory());
    let text = String::from_utf8(office.export().0).expect("text");
    let there = engine(in_memory(), &office.clock, 2);
    let kind = |file: &str| there.import_firm(file.as_bytes()).expect_err("refused");
    for other in ["", "\n", "{}\n", "[1,2]\n", "{\"format\":\"XES\"}\n", "SQLite format 3\0\n"] {
        assert_eq!(kind(other).kind(), ErrorKind::NotAStore, "{other:?}");
    }
    let newer = kind(&text.replacen("\"version\":1", "\"version\":2,\"and\":\"more\"", 1));
    assert_eq!(newer.kind(), ErrorKind::NewerVersion);
    assert!(newer.to_string().contains("format version 2"), "{newer}");
    assert_eq!(kind(&text.replacen("\"version\":1", "\"version\":0", 1)).kind(), ErrorKind::Corrupt);
    hidden(&there, &office);
    // A reader that fails is not a file that is damaged.
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the network is gone"))
        }
    }
    let half = &text.as_bytes()[..text.len() / 2];
    let failed = there.import_firm(BufReader::new(half.chain(Fails))).expect_err("it failed");
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    assert!(failed.to_string().contains("the network is gone"), "{failed}");
}

#[test]
fn s10_3_another_log_of_the_firm_is_not_gone_on_with() {
    let office = Office::new(in_memory());
    let other = Office::begun(in_memory(), crate::kit::begin() + TimeDelta::days(1));
    let (ours, theirs) = (office.export().0, other.export().0);
    let there = engine(in_memory(), &office.clock, 2);
    there.import_firm(&theirs[..theirs.len() - 1]).expect_err("it has no end");
    let refused = there.import_firm(ours.as_slice()).expect_err("another log");
    assert!(matches!(refused, Error::Rejected(Rejection::Refused { rule: "other_log", .. })), "{refused:?}");
    hidden(&there, &office);
    assert!(there.import_firm(theirs.as_slice()).expect("its own").already_there > 0);
    verified(&there, office.season.firm);
}

/// An earlier export of the firm is the beginning of a later one, not the other way round.
#[test]
fn s10_3_a_later_export_of_the_firm_is_gone_on_with() {
    let office = Office::new(in_memory());
    let early = office.export().0;
    office.run(serde_json::json!({ "tag_job": { "job": office.jobs[11], "add": ["late"] } }));
    let late = office.export().0;
    let there = engine(in_memory(), &office.clock, 2);
    there.import_firm(&early[..early.len() - 1]).expect_err("it has no end");
    assert!(there.import_firm(late.as_slice()).expect("the later one").already_there > 0);
    assert_eq!(export(&there, office.season.firm).0, late);
}

/// A store whose commits fail at one of them: before it is done, or after, with the answer lost.
struct Dies {
    store: Arc<dyn Store>,
    left: AtomicUsize,
    done: bool,
}

impl Hand for Dies {
    fn store(&self) -> &dyn Transact {
        &*self.store
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        if self.left.fetch_sub(1, Ordering::SeqCst) != 0 {
            return self.store.commit(batches);
        }
        if self.done {
            drop(self.store.commit(batches));
        }
        Err(StoreError::new(ErrorKind::Ambiguous, "the connection was lost"))
    }
}

#[test]
fn s10_3_an_import_that_was_interrupted_anywhere_goes_on() {
    let office = Office::new(in_memory());
    let (written, _) = office.export();
    for done in [false, true] {
        for left in 0..7 {
            let store = in_memory();
            let dies = Dies { store: Arc::clone(&store), left: AtomicUsize::new(left), done };
            let first = engine(Arc::new(Around(dies)), &office.clock, 2).import_firm(written.as_slice());
            let there = engine(store, &office.clock, 3);
            match first {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Ambiguous);
                    hidden(&there, &office);
                    there.import_firm(written.as_slice()).expect("it goes on");
                }
                // The last commit was done, and found to be.
                Ok(_) => assert!(done || left > 0),
            }
            assert_eq!(export(&there, office.season.firm).0, written, "died at {left}");
        }
    }
}
