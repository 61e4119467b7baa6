//! Firms that move to PostgreSQL, and back.

use std::sync::Arc;

use workflow_core::store::Store;
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_test_support::postgres::Server;

use crate::busy::is_of_one_moment;
use crate::kit::{Office, engine, export, in_a_file};
use crate::round_trip::same;

/// The two ways in which the store writes.
const MODES: [&str; 2] = ["", "&portable=true"];

fn in_postgres(more: &str) -> Arc<dyn Store> {
    let url = format!("{}{more}", Server::shared().fresh());
    Arc::new(PostgresStore::open(&url, PostgresOptions::default()).expect("opened"))
}

#[test]
fn s10_3_a_firm_goes_from_a_file_to_postgres_and_back_and_is_the_same() {
    for more in MODES {
        let (file, _folder) = in_a_file();
        let office = Office::new(file);
        let (written, carried) = office.export();
        let there = engine(in_postgres(more), &office.clock, 2);
        assert_eq!(there.import_firm(written.as_slice()).expect("imported"), carried);
        same(&office.season.engine, &there, &office);
        let (again, _) = export(&there, office.season.firm);
        assert_eq!(again, written, "byte by byte");
        let (file, _folder) = in_a_file();
        let back = engine(file, &office.clock, 3);
        back.import_firm(again.as_slice()).expect("imported");
        same(&office.season.engine, &back, &office);
        assert_eq!(export(&back, office.season.firm).0, written, "byte by byte");
    }
}

#[test]
fn s10_3_a_firm_that_began_in_postgres_goes_to_a_file_and_back() {
    let office = Office::new(in_postgres(""));
    let (written, carried) = office.export();
    assert!(carried.dead >= 3 && carried.follow_ups >= 2 && carried.outbox > 10, "{carried:?}");
    let (file, _folder) = in_a_file();
    let there = engine(file, &office.clock, 2);
    there.import_firm(written.as_slice()).expect("imported");
    same(&office.season.engine, &there, &office);
    let back = engine(in_postgres(""), &office.clock, 3);
    back.import_firm(export(&there, office.season.firm).0.as_slice()).expect("imported");
    same(&office.season.engine, &back, &office);
    assert_eq!(export(&back, office.season.firm).0, written, "byte by byte");
}

#[test]
fn s10_3_an_export_of_a_busy_firm_is_of_one_moment_in_postgres() {
    for more in MODES {
        is_of_one_moment(in_postgres(more));
    }
}
