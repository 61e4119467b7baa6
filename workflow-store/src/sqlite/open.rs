//! Opening a database file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::Durability;

use super::checkpoint::Checkpoints;
use super::fault::fault;
use super::guard::beside;
use super::schema::{self, APPLICATION_ID, Found};
use super::{SqliteOptions, SqliteSettings};

/// The oldest SQLite that several connections can checkpoint together without harm.
const OLDEST: i32 = 3_051_003;

/// Statements kept prepared per connection: more than the store has.
const STATEMENTS: usize = 256;

/// The least bytes of a database that has anything in it: one page of the smallest size.
const SMALLEST: u64 = 512;

/// SQLite counts milliseconds in 31 bits.
pub(super) const LONGEST_WAIT: Duration = Duration::from_millis(i32::MAX as u64);

/// How many links may lead from one to the next.
const LINKS: usize = 40;

/// The path of the file itself, from the root and without links: the log and the shared memory lie
/// beside the file, not beside a link to it, and connections that are opened later must find the
/// same one though the process has changed its working folder.
pub(super) fn place(path: &Path) -> PathBuf {
    // Not names of files to SQLite.
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        return path.to_owned();
    }
    let mut place = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if !cfg!(unix) {
        return place;
    }
    // A link may lead to where the file is yet to be made.
    for _ in 0..LINKS {
        match (std::fs::read_link(&place), place.parent()) {
            (Ok(target), Some(folder)) => place = folder.join(target),
            _ => break,
        }
    }
    match (place.parent().map(std::fs::canonicalize), place.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => place,
    }
}

/// Looks at the file without changing it, and refuses one that is not ours or too new.
pub(super) fn inspect(path: &Path, options: &SqliteOptions) -> Result<Found, StoreError> {
    if rusqlite::version_number() < OLDEST {
        let why = format!("SQLite {} can corrupt a file that several connections use", rusqlite::version());
        return Err(StoreError::new(ErrorKind::Unsupported, format!("{why}; link 3.51.3 or later")));
    }
    let size = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let message = format!("`{}` is a folder; name a file in it", path.display());
            return Err(StoreError::new(ErrorKind::Unavailable, message));
        }
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if options.create {
                return Ok(Found::Empty);
            }
            let message = format!("there is no file `{}`, and it is not to be created", path.display());
            return Err(StoreError::new(ErrorKind::Unavailable, message));
        }
        Err(error) => {
            return Err(
                StoreError::new(ErrorKind::Unavailable, format!("`{}`: {error}", path.display())).caused_by(error)
            );
        }
    };
    let log_size = std::fs::metadata(beside(path, "-wal")).map_or(0, |metadata| metadata.len());
    if size == 0 && log_size == 0 {
        return Ok(Found::Empty);
    }
    // SQLite takes a file of one byte for an empty one, and would write over it.
    if (1..SMALLEST).contains(&size) {
        return Err(not_a_database(path));
    }
    // INVARIANT: the file is looked at through SQLite alone. Opening and closing it by ourselves
    // would take the locks of other connections of this process away.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let name = uri(path, if log_size == 0 { "immutable=1" } else { "mode=ro" });
    let connection = Connection::open_with_flags(name, flags).map_err(|error| refuse(path, error))?;
    connection.busy_timeout(options.busy_timeout).map_err(|error| refuse(path, error))?;
    let found = schema::look(&connection).map_err(|error| match error.kind() {
        ErrorKind::NotAStore => not_a_database(path),
        _ => error,
    })?;
    schema::check(found, &path.display().to_string(), options.inside_host_database)?;
    Ok(found)
}

fn not_a_database(path: &Path) -> StoreError {
    let message = format!("`{}` is not a database at all; it was not touched", path.display());
    StoreError::new(ErrorKind::NotAStore, message)
}

fn refuse(path: &Path, error: rusqlite::Error) -> StoreError {
    fault(&format!("opening `{}`", path.display()), error)
}

/// A path as SQLite's URI.
fn uri(path: &Path, query: &str) -> String {
    // With an empty authority, so that a path that begins with two slashes names none.
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = String::from(if bytes.starts_with(b"/") { "file://" } else { "file:" });
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{text}?{query}")
}

/// Opens the connection that writes, and brings the schema up to date.
pub(super) fn writer(
    path: &Path,
    found: Found,
    options: &SqliteOptions,
) -> Result<(Connection, Checkpoints, SqliteSettings), StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut connection = Connection::open_with_flags(path, flags).map_err(|error| refuse(path, error))?;
    let failed = |error| fault("setting the connection up", error);
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    let journal_mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if journal_mode != "wal" {
        let why = format!("the file cannot be put in WAL mode (it stays in `{journal_mode}`)");
        return Err(StoreError::new(ErrorKind::Unsupported, format!("{why}; keep it on a local disk")));
    }
    let wanted = if options.durability == Durability::PowerCut { "FULL" } else { "NORMAL" };
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = {wanted}; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;"
        ))
        .map_err(failed)?;
    if found != Found::Workflow(schema::SCHEMA_VERSION) {
        prepare(&connection, found, path, options)?;
    }
    let number: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(failed)?;
    let synchronous = match number {
        1 => "NORMAL",
        2 => "FULL",
        3 => "EXTRA",
        _ => "OFF",
    };
    if synchronous != wanted {
        let why = format!("asked for synchronous = {wanted}, SQLite says {synchronous}");
        return Err(StoreError::new(ErrorKind::Unsupported, why));
    }
    let busy_timeout: i64 = connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0)).map_err(failed)?;
    // From here on the writer itself waits for its turn: SQLite's own waiting pauses longer and
    // longer, up to a tenth of a second, while a busy process takes one turn after the other.
    connection.busy_timeout(Duration::ZERO).map_err(failed)?;
    let checkpoints = Checkpoints::take_over(&mut connection, path, wanted).map_err(failed)?;
    let settings = SqliteSettings {
        journal_mode,
        synchronous: synchronous.to_owned(),
        busy_timeout: Duration::from_millis(busy_timeout.unsigned_abs()),
        sqlite_version: rusqlite::version().to_owned(),
        schema_version: schema::SCHEMA_VERSION,
        foreign_sqlite: super::guard::other_copy(),
    };
    Ok((connection, checkpoints, settings))
}

fn prepare(connection: &Connection, found: Found, path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    let failed = |error| fault("preparing the database", error);
    // An empty database may be being prepared by several processes at once: one does it.
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let result = schema::look(connection)
        .and_then(|now| schema::check(now, &path.display().to_string(), options.inside_host_database).map(|()| now))
        .and_then(|now| schema::migrate(connection).map(|()| now))
        .and_then(|now| {
            if now == Found::Empty && found == Found::Empty && !options.inside_host_database {
                connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}")).map_err(failed)?;
            }
            connection.execute_batch("COMMIT").map_err(failed)
        });
    if result.is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
    result
}

/// Opens a connection that reads.
pub(super) fn reader(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| refuse(path, error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(busy_timeout).map_err(|error| refuse(path, error))?;
    connection
        .execute_batch("PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA query_only = 1;")
        .map_err(|error| refuse(path, error))?;
    Ok(connection)
}
