//! How cells, instants and numbers are given to SQLite and taken from it.

use chrono::{DateTime, Utc};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use uuid::Uuid;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::Cell;

/// A cell as a parameter, without a copy.
pub(super) struct Bound<'a>(pub(super) &'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Int(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
        }))
    }
}

/// A UUID as a parameter: its 16 bytes.
pub(super) struct Id(pub(super) Uuid);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

/// JSON as a parameter: text, as SQLite keeps it.
pub(super) struct Body<'a>(pub(super) &'a [u8]);

impl ToSql for Body<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

/// An instant as a parameter: microseconds since 1970.
pub(super) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// The cell of a value in a row.
pub(super) fn cell(value: ValueRef<'_>) -> Result<Cell, StoreError> {
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(number) => Ok(Cell::Int(number)),
        ValueRef::Text(_) => Ok(Cell::Text(text(value)?.into())),
        ValueRef::Blob(_) => Ok(Cell::Uuid(uuid(value)?)),
        ValueRef::Real(_) => Err(corrupt("a number that is not whole")),
    }
}

/// The UUID of a value.
pub(super) fn uuid(value: ValueRef<'_>) -> Result<Uuid, StoreError> {
    match value {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).map_err(|_| corrupt("an identifier that is not a UUID")),
        _ => Err(corrupt("an identifier that is not a UUID")),
    }
}

/// The instant of a value.
pub(super) fn instant(value: ValueRef<'_>) -> Result<DateTime<Utc>, StoreError> {
    let ValueRef::Integer(micros) = value else { return Err(corrupt("an instant that is not a number")) };
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("an instant out of range"))
}

/// The count of a value: not negative.
pub(super) fn count<T: TryFrom<i64>>(value: ValueRef<'_>) -> Result<T, StoreError> {
    let ValueRef::Integer(number) = value else { return Err(corrupt("a count that is not a number")) };
    T::try_from(number).map_err(|_| corrupt("a count out of range"))
}

/// The text of a value.
pub(super) fn text(value: ValueRef<'_>) -> Result<&str, StoreError> {
    std::str::from_utf8(bytes(value)?).map_err(|_| corrupt("a text that is not UTF-8"))
}

/// The bytes of a text.
pub(super) fn bytes(value: ValueRef<'_>) -> Result<&[u8], StoreError> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err(corrupt("a number where a text should be")),
    }
}

fn corrupt(what: &str) -> StoreError {
    StoreError::new(
        ErrorKind::Corrupt,
        format!("the database holds {what}; check it with integrity_check and restore a backup"),
    )
}
