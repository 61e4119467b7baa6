//! Encrypted connections.

use std::sync::Arc;

use workflow_core::error::ErrorKind;
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{engine, open, set_up};

#[test]
fn a_connection_is_encrypted_and_the_server_is_who_it_says() {
    let server = Server::start(&Options { tls: true, ..Options::default() });
    let url = server.fresh();
    let trusted = format!("{url}&sslmode=require&sslrootcert={}", server.certificate().display());
    let store = Arc::new(open(&trusted).expect("a store"));
    set_up(&engine(Arc::clone(&store) as _), 1, 1);
    let told = server.sql(
        "SELECT bool_and(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'workflow'",
    );
    assert_eq!(told, "t");
    // Nobody whom the system trusts vouches for it.
    let error = open(&format!("{url}&sslmode=require")).expect_err("a stranger");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    // It is `localhost`, and is not believed to be another.
    let other = trusted.replacen("localhost", "127.0.0.2", 1);
    assert_eq!(open(&other).map(drop).expect_err("another name").kind(), ErrorKind::Unavailable);
    let error = open(&format!("{url}&sslmode=require&sslrootcert=/no/such/file")).expect_err("no certificates");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
