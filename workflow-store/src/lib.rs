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

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

/// Opens a store by its address: `memory:`, or `sqlite:PATH`, with `?durability=process` or
/// `?durability=power_cut` (the default) after it. A plain path is a SQLite file.
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
    use workflow_core::store::Durability;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut options = sqlite::SqliteOptions::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        options.durability = match pair {
            "durability=process" => Durability::Process,
            "durability=power_cut" => Durability::PowerCut,
            other => {
                let why = format!("`{other}` means nothing; write `durability=process` or `durability=power_cut`");
                return Err(StoreError::new(ErrorKind::Unsupported, why));
            }
        };
    }
    Ok(Arc::new(sqlite::SqliteStore::open(path, options)?))
}

#[cfg(not(feature = "sqlite"))]
fn open_sqlite(_: &str) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::new(ErrorKind::Unsupported, "this build has no SQLite store; turn the feature `sqlite` on"))
}
