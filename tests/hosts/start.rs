//! Hosts that start at once.

use std::sync::{Arc, Mutex};

use workflow_core::engine::{Clock, SystemClock};
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{Host, Said, eventually};
use crate::look::schema_of;

const HOSTS: usize = 10;

/// Notes every table and view that is made, with the transaction that makes it.
const NOTES: &str = "CREATE TABLE public.made (what text); \
    CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
    INSERT INTO public.made SELECT object_identity FROM pg_event_trigger_ddl_commands(); END $$; \
    CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE VIEW') \
    EXECUTE FUNCTION public.note()";

fn ten_processes_migrate_once(more: &str) {
    let server = Server::start(&Options::default());
    drop(server.sql(NOTES));
    let url = format!("{}{more}", server.fresh());
    let said = Arc::new(Mutex::new(Said::default()));
    let mut hosts: Vec<Host> =
        (0..HOSTS as u128).map(|number| Host::start("open", number, &url, SystemClock.now(), &said)).collect();
    eventually("all are ready", || said.lock().expect("not poisoned").ready == HOSTS);
    hosts.iter_mut().for_each(Host::tell_to_end);
    hosts.into_iter().for_each(Host::end);
    assert_eq!(said.lock().expect("not poisoned").ended, HOSTS);
    let firms = format!("SELECT count(*) FROM {}.firms", schema_of(&url));
    assert_eq!(server.sql(&firms), HOSTS.to_string());
    assert_eq!(server.sql("SELECT count(*) > 30 FROM public.made"), "t");
    let again = "SELECT what FROM public.made GROUP BY what HAVING count(*) > 1";
    assert_eq!(server.sql(again), "", "made more than once");
}

#[test]
fn s10_3_ten_processes_that_start_at_once_migrate_once() {
    ten_processes_migrate_once("");
}

#[test]
fn s10_3_ten_processes_migrate_once_with_plain_transactional_sql_alone() {
    ten_processes_migrate_once("&portable=true");
}
