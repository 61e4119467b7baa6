//! A server that dies, and comes back or is replaced.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use workflow_core::engine::{Clock, Engine, SystemClock};
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{Hasty, Host, Said, eventually, open, set_up};
use crate::look::look;

const HOSTS: u128 = 3;

/// Hosts at work.
struct Work {
    since: DateTime<Utc>,
    said: Arc<Mutex<Said>>,
    hosts: Vec<Host>,
}

impl Work {
    fn begin(url: &str) -> Self {
        let since = SystemClock.now();
        let clock = Arc::new(Hasty { since });
        set_up(&Engine::with_clock(Arc::new(open(url).expect("a store")), clock));
        let said = Arc::new(Mutex::new(Said::default()));
        let hosts = (0..HOSTS).map(|number| Host::start("storm", number, url, since, &said)).collect();
        Self { since, said, hosts }
    }

    fn acknowledged(&self) -> usize {
        self.said.lock().expect("not poisoned").acknowledged.len()
    }

    /// Waits until so many more commands were acknowledged.
    #[track_caller]
    fn goes_on(&self, more: usize) {
        let enough = self.acknowledged() + more;
        eventually("commands are acknowledged", || self.acknowledged() >= enough);
    }

    /// Ends the work, and looks at what it came to.
    fn end(self, server: &Server, url: &str) {
        self.hosts.into_iter().for_each(Host::end);
        let mut said = std::mem::take(&mut *self.said.lock().expect("not poisoned"));
        let entries = look(server, url, self.since, &mut said);
        println!("{} commands acknowledged, {} entries", said.acknowledged.len(), entries.len());
    }
}

#[test]
fn s10_3_a_server_that_is_killed_and_comes_back_has_lost_nothing_acknowledged() {
    let server = Server::start(&Options { sync: true, ..Options::default() });
    let url = server.fresh();
    let work = Work::begin(&url);
    for _ in 0..3 {
        work.goes_on(40);
        server.kill();
        server.start_again();
    }
    work.goes_on(40);
    work.end(&server, &url);
}

#[test]
fn s10_3_a_standby_that_takes_over_has_lost_nothing_acknowledged() {
    let primary = Server::start(&Options { sync: true, ..Options::default() });
    let standby = primary.synchronous_standby();
    let url = primary.address_of_either(&standby, "practice");
    let work = Work::begin(&url);
    work.goes_on(60);
    primary.kill();
    standby.promote();
    work.goes_on(60);
    work.end(&standby, &url);
}
