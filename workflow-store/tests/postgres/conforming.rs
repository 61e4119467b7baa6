//! The conformance suite, in both modes.

use std::sync::Arc;

use workflow_core::store::{Store, conformance};
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_test_support::postgres::Server;

fn passes(more: &str) {
    let url = format!("{}{more}", Server::shared().fresh());
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&url, PostgresOptions::default()).expect("opens"));
    let report = conformance::run(&|| Arc::clone(&store));
    println!("{report}");
    report.assert();
}

#[test]
fn it_keeps_the_contract() {
    passes("");
}

#[test]
fn it_keeps_the_contract_with_plain_transactional_sql_alone() {
    passes("&portable=true");
}
