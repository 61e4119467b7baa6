//! SQLite's errors in the engine's words.

use rusqlite::{Error, ErrorCode, ffi};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::Conflict;

/// What ends the writing of a batch before its end.
pub(super) enum Stop {
    /// The batch conflicts.
    Conflict(Conflict),
    /// The store failed.
    Fault(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fault(fault("writing", error))
    }
}

impl From<Conflict> for Stop {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

/// The failure that an error of SQLite's is, met while doing something.
pub(super) fn fault(doing: &str, error: Error) -> StoreError {
    let kind = kind(&error);
    let advice = match kind {
        ErrorKind::Busy => "; another connection holds the database: try again, or raise busy_timeout",
        ErrorKind::Corrupt => "; check the file with integrity_check and restore a backup",
        _ => match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "; make room on the disk and try again",
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                "; let this process write the file and its folder"
            }
            Some(ErrorCode::CannotOpen) => "; see that the folder exists and may be written",
            _ => "",
        },
    };
    StoreError::new(kind, format!("sqlite failed while {doing}: {error}{advice}")).caused_by(error)
}

/// Of which kind an error of SQLite's is.
fn kind(error: &Error) -> ErrorKind {
    let Some(code) = error.sqlite_error_code() else { return ErrorKind::Corrupt };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ErrorKind::Busy,
        ErrorCode::NotADatabase => ErrorKind::NotAStore,
        ErrorCode::TooBig => ErrorKind::Unsupported,
        ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::ReadOnly
        | ErrorCode::PermissionDenied
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::OperationAborted
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::NoLargeFileSupport => ErrorKind::Unavailable,
        _ => ErrorKind::Corrupt,
    }
}

/// What an error at COMMIT means. The frames of a transaction may have reached the disk, its
/// commit mark among them, before the sync that failed.
pub(super) fn commit_fault(error: Error) -> StoreError {
    if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
        let message = format!(
            "sqlite failed while committing, and it is not known whether the commit happened: {error}; repeat the \
             command with its idempotency key"
        );
        return StoreError::new(ErrorKind::Ambiguous, message).caused_by(error);
    }
    fault("committing", error)
}

/// Whether somebody else holds the lock that was asked for.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// A row that a constraint refused.
pub(super) enum Clash {
    /// Its primary key exists.
    Key,
    /// Another unique index has it. In SQLite's words, with the columns.
    Unique(String),
}

/// Which uniqueness an insert or update broke, if it broke one.
pub(super) fn clash(error: &Error) -> Option<Clash> {
    let Error::SqliteFailure(failure, message) = error else { return None };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => Some(Clash::Key),
        ffi::SQLITE_CONSTRAINT_UNIQUE => Some(Clash::Unique(message.clone().unwrap_or_default())),
        _ => None,
    }
}
