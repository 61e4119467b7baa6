//! PostgreSQL's errors in the engine's words.

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};
use workflow_core::error::{ErrorKind, StoreError};

use super::link::Failure;

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// A statement did not find what a batch expects: look what stands against it.
    Unexpected,
    /// Another transaction was in the way: begin anew.
    Again,
    /// The connection is gone and nothing was changed: begin anew on another.
    Lost,
    /// The connection is gone, and it is not known whether the commit happened.
    Doubtful,
    /// The rest.
    Fatal,
}

/// Of which nature a failure is.
pub(super) fn nature(failure: &Failure) -> Nature {
    if failure.in_doubt {
        return Nature::Doubtful;
    }
    let Some(error) = &failure.error else { return Nature::Lost };
    match error.as_db_error() {
        None if is_gone(error) => Nature::Lost,
        None => Nature::Fatal,
        Some(error) => match error.code() {
            code if *code == SqlState::DIVISION_BY_ZERO || *code == SqlState::UNIQUE_VIOLATION => Nature::Unexpected,
            _ if is_passing(error) => Nature::Again,
            code if is_lost(code) => Nature::Lost,
            _ => Nature::Fatal,
        },
    }
}

/// Another transaction was in the way, or a statement that was prepared is no longer valid.
fn is_passing(error: &DbError) -> bool {
    let codes =
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::INVALID_SQL_STATEMENT_NAME];
    codes.contains(error.code())
        || (*error.code() == SqlState::FEATURE_NOT_SUPPORTED && error.message().contains("cached plan"))
}

/// The server ended the connection, or does not take any just now.
fn is_lost(code: &SqlState) -> bool {
    code.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code)
}

/// Whether an error that the server did not report is the connection's end.
pub(super) fn is_gone(error: &Error) -> bool {
    error.is_closed() || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// The failure that an error is, met while doing something.
pub(super) fn fault(doing: &str, error: Error) -> StoreError {
    let (kind, advice) = kind(&error);
    let told = match error.as_db_error() {
        Some(error) => told(error),
        None => match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    };
    StoreError::new(kind, format!("postgres failed while {doing}: {told}{advice}")).caused_by(error)
}

fn told(error: &DbError) -> String {
    let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{detail} [{}]", error.message(), error.code().code())
}

fn kind(error: &Error) -> (ErrorKind, &'static str) {
    let Some(code) = error.code() else {
        return match is_gone(error) || error.to_string().starts_with("error connecting") {
            true => (ErrorKind::Unavailable, "; see that the server runs and can be reached, and try again"),
            false => (ErrorKind::Unavailable, ""),
        };
    };
    let is = |codes: &[SqlState]| codes.contains(code);
    if is(&[SqlState::INSUFFICIENT_PRIVILEGE]) {
        return (ErrorKind::Unavailable, "; grant the role what `roles.sql` of the store grants");
    }
    if is(&[SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE]) {
        return (ErrorKind::Busy, "; try again, or raise statement_timeout");
    }
    if is(&[SqlState::READ_ONLY_SQL_TRANSACTION]) {
        return (ErrorKind::Unavailable, "; connect to the primary");
    }
    match code.code().get(..2).unwrap_or_default() {
        "40" => (ErrorKind::Busy, "; try again"),
        "28" => (ErrorKind::Unavailable, "; see to the user, the password and pg_hba.conf"),
        "3D" => (ErrorKind::Unavailable, "; create the database first"),
        "08" | "57" | "58" => (ErrorKind::Unavailable, "; try again"),
        "53" => (ErrorKind::Unavailable, "; make room, or raise the server's limits, and try again"),
        "22" | "54" => (ErrorKind::Unsupported, ""),
        "42" | "3F" => (ErrorKind::Corrupt, "; the schema is not as the store left it"),
        "XX" | "23" => (ErrorKind::Corrupt, "; check the database and restore a backup"),
        _ => (ErrorKind::Unavailable, ""),
    }
}

/// What a failure comes to, when nothing more is tried.
pub(super) fn report(doing: &str, failure: Failure) -> StoreError {
    let nature = nature(&failure);
    let Some(error) = failure.error else {
        let (kind, what) = match failure.in_doubt {
            true => (ErrorKind::Ambiguous, "it is not known whether the commit happened"),
            false => (ErrorKind::Unavailable, "try again"),
        };
        return StoreError::new(kind, format!("the connection ended while {doing}; {what}"));
    };
    match nature {
        Nature::Doubtful => {
            let message = format!(
                "the connection was lost while committing, and it is not known whether the commit happened: {error}; \
                 repeat the command with its idempotency key"
            );
            StoreError::new(ErrorKind::Ambiguous, message).caused_by(error)
        }
        Nature::Again => {
            let message = format!("others were in the way while {doing}, again and again: {error}");
            StoreError::new(ErrorKind::Busy, message).caused_by(error)
        }
        _ => fault(doing, error),
    }
}
