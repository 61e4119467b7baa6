//! The schema, and how an older one becomes the present one.

use rusqlite::{Connection, OptionalExtension};
use workflow_core::error::{ErrorKind, StoreError};

use super::fault::fault;

/// Every version of the schema: what makes the one before it this one. Forward only.
const MIGRATIONS: &[(u32, &str)] =
    &[(1, include_str!("schema_v1.sql")), (2, include_str!("schema_v2.sql")), (3, include_str!("schema_v3.sql"))];

/// Views hold no data: they are dropped and made anew with every migration.
const VIEWS: &str = include_str!("views.sql");

/// "wflo": marks a file that is a workflow database and nothing else.
pub(super) const APPLICATION_ID: i32 = 0x7766_6c6f;

/// The newest version of the schema.
pub const SCHEMA_VERSION: u32 = 3;

/// What a database turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing in it yet.
    Empty,
    /// A workflow database, or another's database with the engine's tables in it.
    Workflow(u32),
    /// Another's database.
    Other,
}

/// What a database is, without changing it.
pub(super) fn look(connection: &Connection) -> Result<Found, StoreError> {
    let failed = |error| fault("looking at the database", error);
    let meta: Option<String> = connection
        .query_row("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'wf_meta'", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if meta.is_some() {
        let version: Option<u32> = connection
            .query_row("SELECT value FROM wf_meta WHERE name = 'schema_version'", [], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        return version.map(Found::Workflow).ok_or_else(|| {
            StoreError::new(ErrorKind::Corrupt, "the table `wf_meta` says no schema version; restore a backup")
        });
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(failed)?;
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)?;
    Ok(if tables == 0 && application == 0 { Found::Empty } else { Found::Other })
}

/// Refuses what this version cannot work on.
pub(super) fn check(found: Found, name: &str, inside_host_database: bool) -> Result<(), StoreError> {
    match found {
        Found::Workflow(version) if version > SCHEMA_VERSION => Err(StoreError::new(
            ErrorKind::NewerVersion,
            format!(
                "`{name}` has schema version {version}, this library knows versions up to {SCHEMA_VERSION}: use a newer \
                 one; the file was not touched"
            ),
        )),
        Found::Other if !inside_host_database => Err(StoreError::new(
            ErrorKind::NotAStore,
            format!("`{name}` is a database of another program, not a workflow database; it was not touched"),
        )),
        Found::Empty | Found::Other | Found::Workflow(_) => Ok(()),
    }
}

/// Brings the schema to the present version, inside a transaction that the caller has begun.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let failed = |error| fault("migrating the schema", error);
    // Another process may have done it while this one waited for the lock.
    let present = match look(connection)? {
        Found::Workflow(version) => version,
        Found::Empty | Found::Other => {
            connection
                .execute_batch(
                    "CREATE TABLE wf_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
                )
                .map_err(failed)?;
            0
        }
    };
    if present >= SCHEMA_VERSION {
        return Ok(());
    }
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > present) {
        connection.execute_batch(sql).map_err(failed)?;
        connection
            .execute("INSERT OR REPLACE INTO wf_meta (name, value) VALUES ('schema_version', ?1)", [version])
            .map_err(failed)?;
    }
    connection.execute_batch(VIEWS).map_err(failed)
}
