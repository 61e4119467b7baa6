//! Stores for the workflow engine.
//!
//! ```
//! use workflow_core::engine::Engine;
//!
//! let folder = tempfile::tempdir()?;
//! let url = format!("sqlite:{}?durability=process", folder.path().join("practice.db").display());
//! let engine = Engine::new(workflow_store::open(&url)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

use std::sync::Arc;

use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::Store;

pub mod carry;
pub mod export;
mod file;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod group;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

/// Opens a store by its address: `memory:`, `sqlite:PATH`, or `postgres://…`. A plain path is a SQLite
/// file. After `?` an address says what the options of its store say, as in
/// `sqlite:practice.db?durability=process&create=false`; `docs/sqlite.md` and `docs/postgres.md` have all.
///
/// # Errors
/// When the address makes no sense, the store was left out of this build, or it cannot be opened.
pub fn open(address: &str) -> Result<Arc<dyn Store>, StoreError> {
    if address == "memory:" {
        return Ok(Arc::new(workflow_core::store::memory::MemoryStore::new()));
    }
    let rest = match address.split_once(':') {
        Some(("sqlite", rest)) => rest,
        Some(("postgres" | "postgresql", _)) => return open_postgres(address),
        // One letter before a colon is a drive.
        Some((scheme, _)) if scheme.len() > 1 && !scheme.contains(['/', '\\', '.']) => {
            let why = format!("there is no store `{scheme}:` here; write `sqlite:PATH` or `memory:`");
            return Err(StoreError::new(ErrorKind::Unsupported, why));
        }
        _ => address,
    };
    open_sqlite(rest)
}

#[cfg(feature = "postgres")]
fn open_postgres(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(postgres::PostgresStore::open(url, postgres::PostgresOptions::default())?))
}

#[cfg(not(feature = "postgres"))]
fn open_postgres(_: &str) -> Result<Arc<dyn Store>, StoreError> {
    let why = "this build has no PostgreSQL store; turn the feature `postgres` on";
    Err(StoreError::new(ErrorKind::Unsupported, why))
}

#[cfg(feature = "sqlite")]
fn open_sqlite(rest: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(sqlite::SqliteStore::open_address(rest)?))
}

#[cfg(not(feature = "sqlite"))]
fn open_sqlite(_: &str) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::new(ErrorKind::Unsupported, "this build has no SQLite store; turn the feature `sqlite` on"))
}
