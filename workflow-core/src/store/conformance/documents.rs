//! Documents and their revisions.

use std::sync::Arc;

use super::fixture::{Wrap, account, firm, item, job, job_template, key, pipeline, task, task_template};
use super::probe::{Outcome, Probe, delete, insert, same, update};
use super::samples;
use crate::model::{Account, Job, PipelineVersion, Visit};
use crate::store::{Check, Conflict, DocId, Document, Kind, Record, Revision, Store};

area! {
    "documents":
    a_store_says_what_it_is,
    get_answers_in_the_order_asked,
    get_takes_many_keys_at_once,
    an_insert_makes_revision_one,
    an_insert_of_what_exists_conflicts,
    an_update_counts_the_revision_up,
    an_update_at_another_revision_conflicts,
    an_update_of_what_is_absent_conflicts,
    a_delete_makes_it_absent,
    a_delete_at_another_revision_conflicts,
    what_was_deleted_begins_again_at_revision_one,
    checks_that_hold_change_nothing,
    a_check_that_does_not_hold_conflicts,
    every_kind_round_trips_with_all_fields_set,
    large_documents_round_trip,
    keys_of_different_kinds_do_not_collide,
    keys_are_compared_by_their_bytes,
}

fn a_store_says_what_it_is(store: &dyn Store) -> Outcome {
    let told = store.capabilities();
    ensure!(!told.name.trim().is_empty(), "the store's name in its capabilities is empty");
    same("the capabilities, asked again", &store.capabilities(), &told)?;
    Ok(())
}

fn named(probe: &Probe<'_>, name: &str) -> Document {
    account(probe.uuid(), name).doc()
}

/// The same account under another name.
fn renamed(document: &Document, name: &str) -> Document {
    match document {
        Document::Account(account) => Account { name: name.to_owned(), ..Account::clone(account) }.doc(),
        other => other.clone(),
    }
}

fn get_answers_in_the_order_asked(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let (a, b) = (named(&probe, "a"), named(&probe, "b"));
    let (c, d) = (task(probe.uuid()).doc(), firm(&probe, 1));
    probe.insert(&[b.clone(), d.clone(), a.clone(), c.clone()])?;
    let absent = DocId::Account(probe.uuid().into());
    let asked = [c.id(), absent.clone(), a.id(), d.id(), c.id(), b.id(), absent, a.id()];
    let there = |document: &Document| Some(Record { revision: 1, document: document.clone() });
    let wanted = vec![there(&c), None, there(&a), there(&d), there(&c), there(&b), None, there(&a)];
    same("get of present, absent and repeated keys", probe.get(&asked)?, wanted)?;
    same("get of no keys", probe.get(&[])?, Vec::<Option<Record>>::new())?;
    same("get in a firm without anything", probe.another().get(&[a.id(), DocId::Firm])?, vec![None::<Record>, None])
}

fn get_takes_many_keys_at_once(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let held: Vec<Document> = (0..700).map(|number| named(&probe, &format!("n{number}"))).collect();
    probe.insert(&held)?;
    let mut asked = Vec::new();
    for document in held.iter().rev() {
        asked.extend([document.id(), DocId::Account(probe.uuid().into()), DocId::Task(probe.uuid().into())]);
    }
    let found = probe.get(&asked)?;
    for (place, (id, record)) in asked.iter().zip(&found).enumerate() {
        ensure!(record.is_some() == (place % 3 == 0), "get of 2100 keys is wrong about {id}, the key at {place}");
        ensure!(record.as_ref().is_none_or(|record| record.document.id() == *id), "get answers another than {id}");
    }
    Ok(())
}

fn an_insert_makes_revision_one(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = named(&probe, "a");
    probe.lacks(&document.id())?;
    probe.insert(std::slice::from_ref(&document))?;
    probe.holds(&document, 1)
}

fn an_insert_of_what_exists_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = named(&probe, "a");
    probe.insert(std::slice::from_ref(&document))?;
    let mut batch = probe.batch();
    batch.puts.push(insert(&renamed(&document, "b")));
    probe.conflicts("an insert of what exists", &batch, &Conflict::Document(document.id()))?;
    probe.holds(&document, 1)
}

fn an_update_counts_the_revision_up(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut document = named(&probe, "0");
    probe.insert(std::slice::from_ref(&document))?;
    for revision in 1..=5u64 {
        let next = renamed(&document, &revision.to_string());
        probe.update(revision, &document, &next)?;
        probe.holds(&next, revision.saturating_add(1))?;
        document = next;
    }
    // One that changes nothing counts too.
    probe.update(6, &document, &document)?;
    probe.holds(&document, 7)
}

fn an_update_at_another_revision_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let first = named(&probe, "a");
    let second = renamed(&first, "b");
    probe.insert(std::slice::from_ref(&first))?;
    probe.update(1, &first, &second)?;
    for wrong in [0, 1, 3, Revision::MAX] {
        let mut batch = probe.batch();
        batch.puts.push(update(wrong, &second, &renamed(&first, "c")));
        let what = format!("an update at revision {wrong} of what is at 2");
        probe.conflicts(&what, &batch, &Conflict::Document(first.id()))?;
        probe.holds(&second, 2)?;
    }
    Ok(())
}

fn an_update_of_what_is_absent_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = named(&probe, "a");
    for expected in [0, 1, 2] {
        let mut batch = probe.batch();
        batch.puts.push(update(expected, &document, &renamed(&document, "b")));
        probe.conflicts("an update of what is absent", &batch, &Conflict::Document(document.id()))?;
        probe.lacks(&document.id())?;
    }
    Ok(())
}

fn a_delete_makes_it_absent(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for kind in Kind::ALL {
        let document = samples::document(&probe, kind)?;
        probe.insert(std::slice::from_ref(&document))?;
        let mut batch = probe.batch();
        batch.deletes.push(delete(1, &document));
        probe.done(&batch)?;
        probe.lacks(&document.id())?;
    }
    Ok(())
}

fn a_delete_at_another_revision_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let first = named(&probe, "a");
    let second = renamed(&first, "b");
    let refused = |what: &str, revision: Revision| {
        let mut batch = probe.batch();
        batch.deletes.push(delete(revision, &second));
        probe.conflicts(what, &batch, &Conflict::Document(first.id()))
    };
    refused("a delete of what is absent", 1)?;
    probe.insert(std::slice::from_ref(&first))?;
    probe.update(1, &first, &second)?;
    for wrong in [0, 1, 3, Revision::MAX] {
        refused(&format!("a delete at revision {wrong} of what is at 2"), wrong)?;
        probe.holds(&second, 2)?;
    }
    Ok(())
}

fn what_was_deleted_begins_again_at_revision_one(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let first = named(&probe, "a");
    let second = renamed(&first, "b");
    probe.insert(std::slice::from_ref(&first))?;
    probe.update(1, &first, &second)?;
    let mut batch = probe.batch();
    batch.deletes.push(delete(2, &second));
    probe.done(&batch)?;
    let mut late = probe.batch();
    late.puts.push(update(2, &second, &first));
    probe.conflicts("an update of what was deleted", &late, &Conflict::Document(first.id()))?;
    probe.insert(std::slice::from_ref(&first))?;
    probe.holds(&first, 1)
}

fn checks_that_hold_change_nothing(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let document = named(&probe, "a");
    probe.insert(std::slice::from_ref(&document))?;
    let absent = DocId::Task(probe.uuid().into());
    let mut batch = probe.batch();
    batch.checks.push(Check { id: document.id(), expected: Some(1) });
    batch.checks.push(Check { id: absent.clone(), expected: None });
    batch.checks.push(Check { id: DocId::Firm, expected: None });
    probe.done(&batch)?;
    probe.holds(&document, 1)?;
    probe.lacks(&absent)
}

fn a_check_that_does_not_hold_conflicts(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let first = named(&probe, "a");
    let second = renamed(&first, "b");
    probe.insert(std::slice::from_ref(&first))?;
    probe.update(1, &first, &second)?;
    let absent = DocId::Job(probe.uuid().into());
    let wrong =
        [(first.id(), None), (first.id(), Some(1)), (first.id(), Some(3)), (absent, Some(1)), (DocId::Firm, Some(1))];
    for (id, expected) in wrong {
        let written = named(&probe, "c");
        let mut batch = probe.batch();
        batch.checks.push(Check { id: id.clone(), expected });
        let what = format!("a check that {id} is at {expected:?}");
        probe.conflicts(&what, &batch, &Conflict::Document(id.clone()))?;
        batch.puts.push(insert(&written));
        probe.conflicts(&format!("{what}, with a put"), &batch, &Conflict::Document(id))?;
        probe.lacks(&written.id())?;
    }
    probe.holds(&second, 2)
}

fn every_kind_round_trips_with_all_fields_set(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut documents = vec![samples::of_task_template()?];
    for kind in Kind::ALL {
        documents.push(samples::document(&probe, kind)?);
    }
    probe.insert(&documents)?;
    for document in &documents {
        probe.holds(document, 1)?;
        probe.update(1, document, document)?;
        probe.holds(document, 2)?;
    }
    Ok(())
}

fn large_documents_round_trip(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let Document::Job(sample) = samples::document(&probe, Kind::Job)? else {
        return Err("the sample is not a job".to_owned());
    };
    let visit = sample.visits.last().cloned().ok_or("the sample has no visit")?;
    let visits: Vec<Visit> = vec![visit; crate::limits::VISITS];
    let description: Arc<str> = samples::AWKWARD.repeat(300).into();
    let large = Job { visits, description: Some(description), ..Job::clone(&sample) }.doc();
    probe.insert(std::slice::from_ref(&large))?;
    probe.holds(&large, 1)
}

fn keys_of_different_kinds_do_not_collide(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let id = probe.uuid();
    let documents = [
        account(id, "a").doc(),
        job(id, id)?.doc(),
        task(id).doc(),
        item(id).doc(),
        super::fixture::member(id, "a").doc(),
        super::fixture::comment(id, id, super::probe::at(0)).doc(),
        task_template("firm")?.doc(),
        job_template("firm")?.doc(),
        pipeline("firm")?.doc(),
        firm(&probe, 1),
    ];
    probe.insert(&documents)?;
    for document in &documents {
        probe.holds(document, 1)?;
    }
    let Some(gone) = documents.first() else { return Ok(()) };
    let mut batch = probe.batch();
    batch.deletes.push(delete(1, gone));
    probe.done(&batch)?;
    probe.lacks(&gone.id())?;
    documents.iter().skip(1).try_for_each(|document| probe.holds(document, 1))
}

fn keys_are_compared_by_their_bytes(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let long = "k".repeat(crate::limits::KEY_BYTES);
    let names =
        ["review", "Review", "REVIEW", "é", "e\u{301}", "ß", "ss", "a/1", "a", "a%", "a_", "a'b", "日本", &long];
    let Document::PipelineVersion(version) = samples::document(&probe, Kind::PipelineVersion)? else {
        return Err("the sample is not a version".to_owned());
    };
    let mut documents = Vec::new();
    for name in names {
        documents.extend([task_template(name)?.doc(), job_template(name)?.doc(), pipeline(name)?.doc()]);
        for number in [1, 2, 11, u32::MAX] {
            let version = PipelineVersion { key: key(name)?, version: number, ..PipelineVersion::clone(&version) };
            documents.push(version.doc());
        }
    }
    probe.insert(&documents)?;
    documents.iter().try_for_each(|document| probe.holds(document, 1))
}
