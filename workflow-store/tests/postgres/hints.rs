//! Hints: a runner of one host hears at once of what another queued.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use workflow_core::engine::{Delivered, Engine, Notifier, RunnerOptions};
use workflow_test_support::postgres::Server;

use crate::kit::{account, give, job, open, set_up};

/// Tells of every delivery.
struct Told(Mutex<Sender<()>>);

impl Notifier for Told {
    fn deliver(&self, _: &workflow_core::model::Notification) -> Delivered {
        self.0.lock().expect("no panic").send(()).expect("the test listens");
        Delivered::Done
    }
}

fn told() -> (Arc<Told>, Receiver<()>) {
    let (tell, heard) = channel();
    (Arc::new(Told(Mutex::new(tell))), heard)
}

/// The runner would look again by itself after an hour.
#[test]
fn s10_2_a_runner_hears_of_what_another_host_queued_also_after_its_connection_was_lost() {
    let url = format!("{}&hints=true&application_name=hinted", Server::shared().fresh());
    let host = || Engine::new(Arc::new(open(&url).expect("a store")));
    let (office, listener) = (host(), host());
    set_up(&office, 1, 0);
    let (notifier, heard) = told();
    let options = RunnerOptions {
        notifier: Some(notifier),
        longest_sleep: Duration::from_secs(3_600),
        ..RunnerOptions::default()
    };
    let runner = listener.start_runner(options).expect("threads");
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hinted' AND query LIKE 'LISTEN%'";
    let listens = || {
        (0..400).any(|_| {
            std::thread::sleep(Duration::from_millis(25));
            Server::shared().sql(listening) == "2" && runner.status().idle
        })
    };
    for round in 0..4u128 {
        assert!(listens(), "both hosts listen, and the runner sleeps");
        give(&office, 1, json!({ "create_job": { "id": job(round), "account": account(1), "pipeline": "p" } }));
        heard.recv_timeout(Duration::from_secs(20)).expect("delivered long before the runner looks by itself");
        if round == 1 {
            let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hinted' \
                         AND query LIKE 'LISTEN%'";
            assert_eq!(Server::shared().sql(ended), "2");
        }
    }
    assert!(runner.stop_within(Duration::from_secs(20)));
}
