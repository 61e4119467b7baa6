//! Hosts remember definitions, and never decide by one older than what was committed when a command
//! began.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use workflow_core::engine::{Engine, Outcome};
use workflow_core::event::Event;
use workflow_core::model::Intent;
use workflow_test_support::postgres::Server;

use crate::kit::{account, open, run};

/// Publishes a version whose entry stage sends a signal with the version's number.
fn publish(engine: &Engine, version: u32) {
    run(
        engine,
        json!({ "publish_pipeline": { "definition": { "key": "p", "name": "P", "stages": [
        { "key": "one", "on_entry": [{ "key": "say", "do": [{ "signal": { "name": format!("v{version}") } }] }] },
        { "key": "two" } ] } } }),
    );
}

/// The version by which a new job was decided.
fn decided_by(outcome: &Outcome) -> u32 {
    let signal = outcome.entries.iter().flat_map(|entry| &entry.events).find_map(|recorded| match &recorded.event {
        Event::NotificationQueued(notification) => match &notification.intent {
            Intent::Signal { name, .. } => Some(name.as_str().to_owned()),
            _ => None,
        },
        _ => None,
    });
    signal.expect("a signal").trim_start_matches('v').parse().expect("a number")
}

fn create(engine: &Engine) -> u32 {
    decided_by(&run(engine, json!({ "create_job": { "account": account(0), "pipeline": "p" } })))
}

fn two_hosts(more: &str) -> [Engine; 2] {
    let url = format!("{}{more}", Server::shared().fresh());
    let hosts = [(); 2].map(|()| Engine::new(Arc::new(open(&url).expect("a store"))));
    run(&hosts[0], json!({ "save_firm": { "name": "Ledger & Sons" } }));
    run(&hosts[0], json!({ "save_account": { "id": account(0), "name": "Jane Doe" } }));
    hosts
}

#[test]
fn s2_3_what_one_host_publishes_another_decides_by_at_once() {
    for more in ["", "&portable=true"] {
        let hosts = two_hosts(more);
        for version in 1..=20u32 {
            let (publisher, other) = (&hosts[version as usize % 2], &hosts[(version as usize + 1) % 2]);
            publish(publisher, version);
            assert_eq!(create(other), version);
            assert_eq!(create(publisher), version);
        }
    }
}

#[test]
fn s2_3_a_host_never_decides_by_what_was_replaced_before_a_command_began() {
    for more in ["", "&portable=true"] {
        let [publisher, other] = two_hosts(more);
        publish(&publisher, 1);
        let published = AtomicU32::new(1);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for version in 2..=40 {
                    publish(&publisher, version);
                    published.store(version, Ordering::SeqCst);
                }
            });
            while published.load(Ordering::SeqCst) < 40 {
                let at_least = published.load(Ordering::SeqCst);
                let used = create(&other);
                assert!(used >= at_least, "decided by version {used} when {at_least} was published");
            }
        });
        assert_eq!(create(&other), 40);
    }
}
