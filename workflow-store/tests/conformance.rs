//! The SQLite store keeps the contract of the persistence port.
#![cfg(feature = "sqlite")]

use std::sync::Arc;

use workflow_core::store::{Durability, conformance};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

#[test]
fn the_sqlite_store_conforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions { durability: Durability::Process, ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(folder.path().join("conformance.db"), options).expect("a store"));
    conformance::run(&|| Arc::clone(&store) as _).assert();
    assert_eq!(store.integrity_check().expect("a check"), Vec::<String>::new());
}
