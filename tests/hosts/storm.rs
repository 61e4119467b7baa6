//! Eight processes on the same jobs, some of which die.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use workflow_core::engine::{Clock, Engine, SystemClock};
use workflow_test_support::postgres::Server;

use crate::kit::{Hasty, Host, Said, eventually, open, set_up};
use crate::look::{log, look};

const HOSTS: u128 = 8;

/// For how long: ten seconds, or as `make hosts` says.
fn lasting() -> Duration {
    let seconds = std::env::var("WORKFLOW_STORM_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(10))
}

/// Hosts of eight processes, while every half a second one of them is killed, or some connections are
/// ended.
fn a_storm(name: &str, more: &str) {
    let server = Server::shared();
    // Two storms share the server: each ends connections of its own hosts alone.
    let url = format!("{}{more}&application_name={name}", server.fresh());
    let since = SystemClock.now();
    {
        let clock = Arc::new(Hasty { since });
        set_up(&Engine::with_clock(Arc::new(open(&url).expect("a store")), clock));
    }
    let said = Arc::new(Mutex::new(Said::default()));
    let mut hosts: Vec<Host> = (0..HOSTS).map(|number| Host::start("storm", number, &url, since, &said)).collect();
    eventually("all hosts are ready", || said.lock().expect("not poisoned").ready == HOSTS as usize);
    let (over, mut killed) = (AtomicBool::new(false), 0);
    let read_along = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            // A reader that remembers its place, as a feed for others would.
            let store = open(&url).expect("a store");
            let (mut all, mut place) = (Vec::new(), None);
            while !over.load(Ordering::Relaxed) {
                let (entries, last) = log(&store, place);
                (all, place) = ([all, entries].concat(), last);
                std::thread::sleep(Duration::from_millis(3));
            }
            all
        });
        let end = Instant::now() + lasting();
        for round in 0u128.. {
            std::thread::sleep(Duration::from_millis(500));
            if Instant::now() >= end {
                break;
            }
            if round % 2 == 0 {
                let one = (round / 2 * 3 % HOSTS) as usize;
                let next = Host::start("storm", HOSTS + round, &url, since, &said);
                std::mem::replace(&mut hosts[one], next).kill();
                killed += 1;
            } else {
                drop(server.sql(&format!(
                    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity \
                     WHERE application_name = '{name}' ORDER BY random() LIMIT 4) AS them",
                )));
            }
        }
        hosts.iter_mut().for_each(Host::tell_to_end);
        hosts.into_iter().for_each(Host::end);
        over.store(true, Ordering::Relaxed);
        reader.join().expect("no panic")
    });
    let mut said = std::mem::take(&mut *said.lock().expect("not poisoned"));
    assert_eq!(said.ended, HOSTS as usize);
    let entries = look(server, &url, since, &mut said);
    assert!(!read_along.is_empty() && read_along.iter().zip(&entries).all(|(seen, entry)| seen.id == entry.id));
    let hosts = |key: &str| key.split('-').next().map(str::to_owned);
    let acknowledged_by: std::collections::BTreeSet<_> =
        said.acknowledged.keys().filter_map(|key| hosts(key)).collect();
    assert!(acknowledged_by.len() >= HOSTS as usize, "commands of only {} hosts", acknowledged_by.len());
    println!(
        "{} commands acknowledged by {} hosts, {killed} of them killed; {} entries; {} notifications delivered {} times",
        said.acknowledged.len(),
        acknowledged_by.len(),
        entries.len(),
        said.delivered.len(),
        said.deliveries
    );
}

#[test]
fn s10_3_eight_hosts_work_on_the_same_jobs_while_some_die() {
    a_storm("storm", "");
}

#[test]
fn s10_3_eight_hosts_work_with_plain_transactional_sql_alone() {
    a_storm("plain-storm", "&portable=true");
}
