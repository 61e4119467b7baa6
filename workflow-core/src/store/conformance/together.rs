//! Several reads in one call.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fixture::{Wrap, account, called, delta, entry, item, job, key, task};
use super::probe::{Outcome, Probe, insert, same};
use crate::id::JobId;
use crate::model::{Item, Task};
use crate::store::{DocId, Document, Found, IndexName, LogBy, LogScan, Read, Record, Scan, StageTally, Store};

area! {
    "together":
    reads_together_find_what_each_finds,
    documents_come_with_no_others_than_their_owners,
    reads_of_nothing_find_nothing,
}

/// Reads, and what they find.
fn ask(probe: &Probe<'_>, reads: &[Read]) -> Result<Vec<Found>, String> {
    let found = probe.store.read(probe.firm, reads).map_err(|error| format!("read failed: {error}"))?;
    same("the number of answers of read", found.len(), reads.len())?;
    Ok(found)
}

fn documents(found: Option<&Found>) -> Result<BTreeMap<DocId, Option<Record>>, String> {
    match found {
        Some(Found::Documents(documents)) => Ok(documents.iter().cloned().collect()),
        other => Err(format!("expected documents, got {other:?}")),
    }
}

fn reads_together_find_what_each_finds(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (a, b) = (called(probe.uuid(), "a", "x")?, account(probe.uuid(), "b").doc());
    let mut batch = probe.batch();
    batch.puts = vec![insert(&a), insert(&b)];
    batch.tallies.push(delta("p", "s", 3)?);
    batch.entries.push(Arc::new(entry(&probe)));
    probe.done(&batch)?;
    let absent = DocId::Account(probe.uuid().into());
    let by_name = |limit| Scan::all(IndexName::Accounts, Vec::new(), limit);
    let external = Scan::all(IndexName::AccountExternal, vec!["x".into()], 1);
    let by_log = LogScan::new(LogBy::Firm, 10);
    let reads = [
        Read::Scan(by_name(1)),
        Read::Documents(vec![b.id(), absent.clone(), a.id()]),
        Read::Tallies(key("p")?),
        Read::Scan(external.clone()),
        Read::Log(by_log.clone()),
        Read::Tallies(key("another")?),
        Read::Scan(by_name(10)),
    ];
    let found = ask(&probe, &reads)?;
    let there = |document: &Document| Some(Record { revision: 1, document: document.clone() });
    let wanted = BTreeMap::from([(a.id(), there(&a)), (b.id(), there(&b)), (absent, None)]);
    same("documents among other reads", documents(found.get(1))?, wanted)?;
    let jobs = StageTally { jobs: 3, ..StageTally::default() };
    let wanted = [
        (0, Found::Hits(probe.scan(&by_name(1))?)),
        (2, Found::Tallies(vec![(key("s")?, jobs)])),
        (3, Found::Hits(probe.scan(&external)?)),
        (4, Found::Log(probe.log(&by_log)?)),
        (5, Found::Tallies(Vec::new())),
        (6, Found::Hits(probe.scan(&by_name(10))?)),
    ];
    wanted.iter().try_for_each(|(place, wanted)| same(format!("read {place}"), found.get(*place), Some(wanted)))
}

/// Whatever comes along is as the store holds it, and belongs to what was asked for.
fn documents_come_with_no_others_than_their_owners(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (account_id, job_id) = (probe.uuid(), probe.uuid());
    let (client, work) = (account(account_id, "client").doc(), job(job_id, account_id)?.doc());
    let owned = Task { job: Some(JobId(job_id)), account: Some(account_id.into()), ..task(probe.uuid()) }.doc();
    let alone = task(probe.uuid()).doc();
    let linked = Item { jobs: [JobId(job_id)].into(), ..item(probe.uuid()) }.doc();
    let stranger = account(probe.uuid(), "stranger").doc();
    let all = [client, work, owned.clone(), alone.clone(), linked.clone(), stranger];
    probe.insert(&all)?;
    let asked = [owned, alone, linked];
    let found = ask(&probe, &[Read::Documents(asked.iter().map(Document::id).collect())])?;
    let found = documents(found.first())?;
    for document in &asked {
        ensure!(found.contains_key(&document.id()), "{} was asked for and is not answered", document.id());
    }
    let mut related: Vec<DocId> = asked.iter().map(Document::id).collect();
    for document in all.iter().take(3).chain(&asked) {
        related.extend(document.owners());
    }
    for (id, record) in found {
        ensure!(related.contains(&id), "{id} came along and owns nothing that was asked for");
        same(format!("{id}, which came along"), record, probe.one(&id)?)?;
    }
    Ok(())
}

fn reads_of_nothing_find_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    same("no reads", ask(&probe, &[])?, Vec::<Found>::new())?;
    let too_narrow = Read::Scan(Scan::all(IndexName::Board, Vec::new(), 10));
    same("a scan of half a partition", ask(&probe, &[too_narrow])?, vec![Found::Hits(Vec::new())])
}
