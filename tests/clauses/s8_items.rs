//! Items: linked to any number of jobs, reported on by id or by the host's own reference.

use serde_json::json;
use workflow_core::command::{Command, ItemRef, Request};
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::Actor;
use workflow_core::id::{ItemId, JobId};
use workflow_core::model::{AttentionReason, ItemProgress};

use crate::kit::{Office, account, command, firm, key, names, plain};

fn automove() -> serde_json::Value {
    json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true }, { "key": "two" }, { "key": "three" }] })
}

fn organizer(office: &Office, job: JobId, external: &str) -> ItemId {
    office.new_item(json!({ "job": job, "kind": "organizer", "title": "2025 organizer", "external": external }))
}

fn link(item: ItemId, job: JobId) -> Command {
    Command::LinkItem { item: ItemRef::Id(item), job }
}

fn report(external: &str, status: &str) -> Command {
    Command::ReportItem { item: ItemRef::External(key(external)), status: key(status) }
}

#[test]
fn s8_1_an_item_of_several_jobs_moves_them_all() {
    let office = Office::with(automove());
    let jobs = [office.job(), office.job(), office.job()];
    let item = organizer(&office, jobs[0], "org-1");
    office.run(link(item, jobs[1]));
    office.run(link(item, jobs[2]));
    assert!(office.run(link(item, jobs[2])).unchanged.is_some());
    assert_eq!(office.get_item(item).jobs, jobs.into());
    office.run(report("org-1", "submitted"));
    assert_eq!(jobs.map(|job| office.stage(job)), ["two", "two", "two"]);
    assert_eq!(office.get_item(item).progress, ItemProgress::Done);
}

#[test]
fn s8_1_a_job_holds_any_number_of_items() {
    let office = Office::with(automove());
    let job = office.job();
    let items: Vec<ItemId> = (0..30).map(|number| organizer(&office, job, &format!("org-{number}"))).collect();
    for number in 0..29 {
        office.run(report(&format!("org-{number}"), "submitted"));
    }
    assert_eq!(office.stage(job), "one");
    office.run(report("org-29", "submitted"));
    assert_eq!(office.stage(job), "two");
    assert_eq!(office.get(job).items.iter().map(|link| link.item).collect::<Vec<_>>(), items);
}

#[test]
fn s8_1_unlinking_never_deletes() {
    let office = Office::with(plain());
    let (first, second) = (office.job(), office.job());
    let item = organizer(&office, first, "org-1");
    office.run(link(item, second));
    let unlink = |job| Command::UnlinkItem { item: ItemRef::External(key("org-1")), job };
    office.run(unlink(first));
    assert!(office.run(unlink(first)).unchanged.is_some());
    assert_eq!(office.get_item(item).jobs, [second].into());
    office.run(unlink(second));
    assert!(office.get_item(item).jobs.is_empty());
    // It is still reported on, and can be linked again with all that is known of it.
    office.run(report("org-1", "submitted"));
    office.run(link(item, first));
    assert_eq!(office.get(first).items[0].progress, ItemProgress::Done);
}

#[test]
fn s8_1_a_deleted_job_leaves_its_items() {
    let office = Office::with(plain());
    let (first, second) = (office.job(), office.job());
    let item = organizer(&office, first, "org-1");
    office.run(link(item, second));
    office.run(Command::DeleteJob { job: first });
    assert_eq!(office.get_item(item).jobs, [second].into());
    office.run(report("org-1", "submitted"));
    assert_eq!(office.get(second).items[0].progress, ItemProgress::Done);
}

#[test]
fn s8_1_a_report_names_the_item_by_id_or_by_the_host_s_reference() {
    let office = Office::with(automove());
    let (first, second) = (office.job(), office.job());
    let by_id = office.new_item(json!({ "job": first, "kind": "organizer", "title": "a" }));
    let by_name = office.new_item(json!({ "job": second, "kind": "organizer", "title": "b" }));
    office.run(Command::ReportItem { item: ItemRef::Id(by_id), status: key("submitted") });
    assert_eq!(office.refused(report("org-2", "submitted")).to_string(), "there is no item `org-2` in this firm");
    let name = |item, name: &str| Command::NameItem { item, external: key(name) };
    office.run(name(by_name, "org-2"));
    assert!(office.run(name(by_name, "org-2")).unchanged.is_some());
    office.run(report("org-2", "submitted"));
    assert_eq!((office.stage(first), office.stage(second)), ("two".into(), "two".into()));
    assert_eq!(office.refused(name(by_id, "org-2")), Rejection::Exists { what: "item", name: "org-2".into() });
    // A name that was given up is free again.
    office.run(name(by_name, "org-3"));
    office.run(name(by_id, "org-2"));
    let taken = json!({ "create_item": { "kind": "note", "title": "n", "external": "org-3" } });
    assert_eq!(office.refused(command(taken)).kind(), ErrorKind::Exists);
    let unknown = Command::ReportItem { item: ItemRef::Id(ItemId(uuid::Uuid::from_u128(9))), status: key("paid") };
    assert_eq!(office.refused(unknown).kind(), ErrorKind::NotFound);
}

#[test]
fn s8_1_a_report_under_a_key_counts_once() {
    let office = Office::with(automove());
    let job = office.job();
    let item = organizer(&office, job, "org-1");
    let give = |command: Command| {
        office.engine.execute(&Request::new(firm(), Actor::system("portal"), command).keyed(key("hook-17")))
    };
    let first = give(report("org-1", "submitted")).expect("reported");
    assert!(!first.replayed);
    // The client reopened it meanwhile: the webhook that comes again does not submit it anew.
    office.run(report("org-1", "reopened"));
    let again = give(report("org-1", "submitted")).expect("known");
    assert!(again.replayed);
    assert_eq!(again.entries, first.entries);
    assert_eq!(office.get_item(item).progress, ItemProgress::Open);
    let Err(Error::Rejected(reused)) = give(report("org-1", "declined")) else { panic!("not refused") };
    assert_eq!(reused, Rejection::KeyReused(key("hook-17")));
}

#[test]
fn s8_1_an_item_stays_with_its_account() {
    let office = Office::with(plain());
    office.account(2, "Acme");
    let (jane, acme) = (office.job(), office.job_of(2, "p"));
    let item = organizer(&office, jane, "org-1");
    let refused = office.refused(link(item, acme));
    assert_eq!(refused.to_string(), "refused: the item belongs to another account");
    let of_account = office.new_item(json!({ "account": account(2), "kind": "invoice", "title": "i" }));
    office.run(link(of_account, acme));
    let of_nobody = office.new_item(json!({ "kind": "wiki_page", "title": "w" }));
    office.run(link(of_nobody, acme));
    office.run(link(of_nobody, jane));
    assert_eq!(office.get_item(of_nobody).jobs, [jane, acme].into());
}

#[test]
fn s8_1_declined_in_every_job_until_it_is_made_up() {
    let office = Office::with(automove());
    let (first, second) = (office.job(), office.job());
    let item = organizer(&office, first, "org-1");
    office.run(link(item, second));
    office.run(report("org-1", "declined"));
    for job in [first, second] {
        assert_eq!(office.get(job).attention[0].reason, AttentionReason::Declined(item));
        assert_eq!(office.stage(job), "one");
    }
    office.run(report("org-1", "submitted"));
    for job in [first, second] {
        assert!(office.get(job).attention.is_empty());
        assert_eq!(office.stage(job), "two");
    }
}

#[test]
fn s4_5_an_item_declined_before_it_is_linked_raises_attention_too() {
    let office = Office::with(automove());
    let first = office.job();
    organizer(&office, first, "org-1");
    office.run(report("org-1", "declined"));
    let second = office.job();
    let item = office.get(first).items[0].item;
    office.run(link(item, second));
    assert_eq!(office.get(second).attention[0].reason, AttentionReason::Declined(item));
    assert_eq!(office.get(second).attention[0].text, office.get(first).attention[0].text);
    office.run(report("org-1", "submitted"));
    assert!(office.get(second).attention.is_empty());
    assert_eq!(office.stage(second), "two");
}

#[test]
fn s8_1_a_client_reports_on_its_own_items_and_does_nothing_else() {
    let office = Office::with(automove());
    office.account(2, "Acme");
    let job = office.job();
    let item = organizer(&office, job, "org-1");
    let refused = |number: u128, command: Command| match office.as_actor(Actor::Client(account(number)), command) {
        Err(Error::Rejected(rejection)) => rejection.kind(),
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(refused(2, report("org-1", "submitted")), ErrorKind::Forbidden);
    assert_eq!(refused(1, Command::DeleteJob { job }), ErrorKind::Forbidden);
    assert_eq!(refused(1, link(item, job)), ErrorKind::Forbidden);
    let mode = workflow_core::command::BulkMode::AllOrNothing;
    assert_eq!(refused(1, Command::Bulk { mode, commands: vec![report("org-1", "paid")] }), ErrorKind::Forbidden);
    let outcome = office.as_actor(Actor::Client(account(1)), report("org-1", "submitted")).expect("its own");
    assert_eq!(names(&outcome)[..2], ["item_reported", "job_item_changed"]);
    assert_eq!(office.stage(job), "two");
}
