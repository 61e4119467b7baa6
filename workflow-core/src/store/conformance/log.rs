//! The log.

use std::sync::Arc;

use super::fixture::{account, entry, key, keyed};
use super::probe::{Outcome, Probe, delete, insert, same};
use super::samples;
use crate::event::{Actor, Entry};
use crate::id::{AccountId, EntryId, JobId, MemberId};
use crate::store::{Conflict, Document, LogBy, LogPosition, LogScan, Logged, Store, encode_entry};

area! {
    "log":
    positions_ascend_in_the_order_of_commits,
    entries_are_found_by_what_they_are_about,
    entries_outlive_what_they_are_about,
    a_reader_goes_on_after_a_position,
    after_names_a_place_and_not_an_entry,
    a_limit_bounds_the_answer,
    entries_round_trip,
    a_key_that_the_log_has_conflicts,
    an_identifier_that_the_log_has_conflicts,
    entries_of_one_batch_cannot_share_a_key,
    keys_are_compared_by_their_bytes,
    entries_without_a_key_do_not_collide,
}

fn append(probe: &Probe<'_>, entries: Vec<Entry>) -> Result<Vec<Arc<Entry>>, String> {
    let mut batch = probe.batch();
    batch.entries = entries.into_iter().map(Arc::new).collect();
    probe.done(&batch)?;
    Ok(batch.entries)
}

fn ids(entries: &[Arc<Entry>]) -> Vec<EntryId> {
    entries.iter().map(|entry| entry.id).collect()
}

fn positions_ascend_in_the_order_of_commits(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    same("entries of a firm that did nothing", probe.logged(LogBy::Firm)?.len(), 0)?;
    let mut written = Vec::new();
    for size in [3, 1, 0, 4] {
        written.extend(append(&probe, (0..size).map(|_| entry(&probe)).collect())?);
    }
    let log = probe.log(&LogScan::new(LogBy::Firm, 100))?;
    let found: Vec<EntryId> = log.iter().map(|logged| logged.entry.id).collect();
    same("entries in the order they were committed", found, ids(&written))?;
    let mut pairs = log.iter().zip(log.iter().skip(1));
    let steady = pairs.all(|(before, after)| before.position < after.position);
    ensure!(steady, "positions do not ascend: {:?}", log.iter().map(|logged| logged.position).collect::<Vec<_>>());
    Ok(())
}

/// Entries about two jobs, accounts and members, mixed.
struct Mixed {
    entries: Vec<Arc<Entry>>,
    by: Vec<(LogBy, Vec<EntryId>)>,
}

fn mixed(probe: &Probe<'_>) -> Result<Mixed, String> {
    let (jobs, accounts, members) =
        ([probe.uuid(), probe.uuid()], [probe.uuid(), probe.uuid()], [probe.uuid(), probe.uuid()]);
    let mut entries = Vec::new();
    for number in 0..16usize {
        let pick = |from: &[uuid::Uuid; 2], place: usize| from.get(place % 3).copied();
        let actor = match number % 4 {
            0 => pick(&members, 0).map_or(Actor::Automation, |id| Actor::Member(MemberId(id))),
            1 => pick(&members, 1).map_or(Actor::Automation, |id| Actor::Member(MemberId(id))),
            // A client of the same UUID as a member is not that member.
            2 => pick(&members, 0).map_or(Actor::Automation, |id| Actor::Client(AccountId(id))),
            _ => Actor::system("host"),
        };
        entries.push(Entry {
            actor,
            job: pick(&jobs, number).map(JobId),
            account: pick(&accounts, number / 2).map(AccountId),
            cause: (number % 2 == 1).then(|| EntryId(probe.uuid())),
            ..if number % 5 == 0 { keyed(probe, &format!("key {number}"))? } else { entry(probe) }
        });
    }
    let mut committed = Vec::new();
    for some in entries.chunks(3) {
        committed.extend(append(probe, some.to_vec())?);
    }
    let of = |belongs: &dyn Fn(&Entry) -> bool| -> Vec<EntryId> {
        committed.iter().filter(|entry| belongs(entry)).map(|entry| entry.id).collect()
    };
    let mut by = vec![(LogBy::Firm, ids(&committed))];
    for id in jobs {
        by.push((LogBy::Job(JobId(id)), of(&|entry| entry.job == Some(JobId(id)))));
    }
    for id in accounts {
        by.push((LogBy::Account(AccountId(id)), of(&|entry| entry.account == Some(AccountId(id)))));
    }
    for id in members {
        by.push((LogBy::Member(MemberId(id)), of(&|entry| entry.actor == Actor::Member(MemberId(id)))));
    }
    for entry in &committed {
        by.push((LogBy::Entry(entry.id), vec![entry.id]));
        by.extend(entry.key.iter().map(|key| (LogBy::Key(key.clone()), vec![entry.id])));
    }
    let nobody = probe.uuid();
    let nothing = [
        LogBy::Job(JobId(nobody)),
        LogBy::Account(AccountId(nobody)),
        LogBy::Member(MemberId(nobody)),
        LogBy::Entry(EntryId(nobody)),
        LogBy::Key(key("nobody's")?),
    ];
    by.extend(nothing.into_iter().map(|by| (by, Vec::new())));
    Ok(Mixed { entries: committed, by })
}

fn found(probe: &Probe<'_>, scan: &LogScan) -> Result<Vec<EntryId>, String> {
    Ok(probe.log(scan)?.into_iter().map(|logged| logged.entry.id).collect())
}

fn entries_are_found_by_what_they_are_about(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mixed = mixed(&probe)?;
    for (by, wanted) in mixed.by {
        let scan = LogScan::new(by, 100);
        same(format!("the log by {:?}", scan.by), found(&probe, &scan)?, wanted.clone())?;
        let backwards = LogScan { descending: true, ..scan };
        let wanted: Vec<_> = wanted.into_iter().rev().collect();
        same(format!("the log by {:?}, newest first", backwards.by), found(&probe, &backwards)?, wanted)?;
    }
    let all = probe.logged(LogBy::Firm)?;
    same("whole entries", all, mixed.entries)
}

fn entries_outlive_what_they_are_about(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let id = AccountId(probe.uuid());
    let (account, by) = (Document::Account(Arc::new(account(id.0, "a"))), LogBy::Account(id));
    let about = || Entry { account: Some(id), ..entry(&probe) };
    let mut written = append(&probe, vec![about()])?;
    probe.lacks(&account.id())?;
    for _ in 0..2 {
        let (mut comes, mut goes) = (probe.batch(), probe.batch());
        comes.puts.push(insert(&account));
        comes.entries.push(Arc::new(about()));
        probe.done(&comes)?;
        probe.holds(&account, 1)?;
        goes.deletes.push(delete(1, &account));
        goes.entries.push(Arc::new(about()));
        probe.done(&goes)?;
        probe.lacks(&account.id())?;
        written.extend(comes.entries.into_iter().chain(goes.entries));
        same("the log of what was deleted", ids(&probe.logged(by.clone())?), ids(&written))?;
    }
    Ok(())
}

/// Reads page by page.
fn pages(probe: &Probe<'_>, scan: &LogScan) -> Result<Vec<Logged>, String> {
    let mut found: Vec<Logged> = Vec::new();
    let mut scan = scan.clone();
    loop {
        let page = probe.log(&scan)?;
        ensure!(page.len() <= scan.limit, "a page of {} holds {} entries", scan.limit, page.len());
        let Some(last) = page.last() else { return Ok(found) };
        scan.after = Some(last.position);
        found.extend(page);
        ensure!(found.len() < 200, "reading the log by {:?} in pages does not come to an end", scan.by);
    }
}

fn a_reader_goes_on_after_a_position(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for (by, wanted) in mixed(&probe)?.by {
        for limit in [1, 2, 5] {
            for descending in [false, true] {
                let scan = LogScan { descending, ..LogScan::new(by.clone(), limit) };
                let found: Vec<_> = pages(&probe, &scan)?.into_iter().map(|logged| logged.entry.id).collect();
                let mut wanted = wanted.clone();
                if descending {
                    wanted.reverse();
                }
                same(format!("the log by {by:?} in pages of {limit}, descending: {descending}"), found, wanted)?;
            }
        }
    }
    Ok(())
}

fn after_names_a_place_and_not_an_entry(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let entries = mixed(&probe)?.entries;
    let all = probe.log(&LogScan::new(LogBy::Firm, 100))?;
    let job = entries.iter().find_map(|entry| entry.job).ok_or("no entry is about a job")?;
    let mut places: Vec<LogPosition> = all.iter().map(|logged| logged.position).collect();
    places.extend([LogPosition(0), LogPosition(u64::MAX)]);
    for after in places {
        for by in [LogBy::Firm, LogBy::Job(job)] {
            for descending in [false, true] {
                let scan = LogScan { after: Some(after), descending, ..LogScan::new(by.clone(), 100) };
                let mut wanted: Vec<Logged> = all.clone();
                wanted.retain(|logged| by == LogBy::Firm || logged.entry.job == Some(job));
                wanted.retain(|logged| if descending { logged.position < after } else { logged.position > after });
                if descending {
                    wanted.reverse();
                }
                let what = format!("the log by {by:?} after {after}, descending: {descending}");
                same(what, probe.log(&scan)?, wanted)?;
            }
        }
    }
    Ok(())
}

fn a_limit_bounds_the_answer(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for (by, wanted) in mixed(&probe)?.by {
        for limit in [0, 1, 3, usize::MAX] {
            let found = found(&probe, &LogScan::new(by.clone(), limit))?;
            let wanted: Vec<_> = wanted.iter().copied().take(limit).collect();
            same(format!("the log by {by:?}, limit {limit}"), found, wanted)?;
        }
    }
    Ok(())
}

fn entries_round_trip(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let written = append(&probe, vec![samples::entry(&probe)?, entry(&probe)])?;
    let read = probe.logged(LogBy::Firm)?;
    same("entries with all fields set, and with none", &read, &written)?;
    for (read, written) in read.iter().zip(&written) {
        let bytes = |entry: &Entry| encode_entry(entry).map_err(|error| error.to_string());
        same("the bytes of an entry", bytes(read)? == bytes(written)?, true)?;
    }
    Ok(())
}

fn a_key_that_the_log_has_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let first = append(&probe, vec![keyed(&probe, "key")?])?;
    let mut batch = probe.batch();
    batch.entries = vec![Arc::new(entry(&probe)), Arc::new(keyed(&probe, "key")?)];
    probe.conflicts("an entry under a key that was used", &batch, &Conflict::Key(key("key")?))?;
    same("the log", ids(&probe.logged(LogBy::Firm)?), ids(&first))?;
    same("the entry of the key", ids(&probe.logged(LogBy::Key(key("key")?))?), ids(&first))
}

fn an_identifier_that_the_log_has_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let first = append(&probe, vec![entry(&probe)])?;
    for twin in &first {
        let mut batch = probe.batch();
        batch.entries = vec![Arc::new(entry(&probe)), Arc::clone(twin)];
        let answer = probe.commit(&batch)?;
        ensure!(answer.is_err(), "an entry whose identifier the log has is committed again");
    }
    same("the log", ids(&probe.logged(LogBy::Firm)?), ids(&first))
}

/// The log would hold two entries of one key, whichever of them came first.
fn entries_of_one_batch_cannot_share_a_key(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut batch = probe.batch();
    batch.entries = vec![Arc::new(keyed(&probe, "key")?), Arc::new(keyed(&probe, "key")?)];
    probe.conflicts("two entries of one key", &batch, &Conflict::Key(key("key")?))?;
    same("entries of the log", probe.logged(LogBy::Firm)?.len(), 0)
}

fn keys_are_compared_by_their_bytes(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let texts = ["key", "Key", "KEY", "é", "e\u{301}", "1", "01", "1.0", "k%y", "k_y", "k'y"];
    for text in texts {
        append(&probe, vec![keyed(&probe, text)?])?;
    }
    for text in texts {
        let found = probe.logged(LogBy::Key(key(text)?))?;
        same(
            format!("entries of `{text}`"),
            found.iter().filter_map(|entry| entry.key.clone()).collect::<Vec<_>>(),
            vec![key(text)?],
        )?;
    }
    Ok(())
}

fn entries_without_a_key_do_not_collide(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut written = append(&probe, (0..3).map(|_| entry(&probe)).collect())?;
    written.extend(append(&probe, vec![entry(&probe)])?);
    same("the log", ids(&probe.logged(LogBy::Firm)?), ids(&written))
}
