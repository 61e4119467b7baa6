//! Copying a database while it is worked on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use uuid::Uuid;
use workflow_core::error::{ErrorKind, StoreError};

use super::fault::fault;
use super::guard::beside;

/// Copies what a connection sees to a file that appears when it is complete.
pub(super) fn to(connection: &Connection, source: &Path, target: &Path) -> Result<(), StoreError> {
    refuse(source, target)?;
    // A name of its own, so that two backups to one file do not write into each other's.
    let partial = beside(target, &format!(".{}.partial", Uuid::now_v7()));
    let result = copy(connection, &partial).and_then(|()| put_in_place(&partial, target).map_err(unwritten));
    if result.is_err() {
        drop(fs::remove_file(&partial));
    }
    result
}

/// Refuses to put the copy over a database that somebody has open: a file that is replaced takes
/// the log beside it for its own.
fn refuse(source: &Path, target: &Path) -> Result<(), StoreError> {
    let refused = |why: String| Err(StoreError::new(ErrorKind::Unsupported, why));
    let own = [source.to_owned(), beside(source, "-wal"), beside(source, "-shm")];
    if own.iter().any(|own| is_same(own, target)) {
        return refused(format!("`{}` is the store's own file; back it up to another", target.display()));
    }
    for suffix in ["-wal", "-journal"] {
        let log = beside(target, suffix);
        if fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0) {
            let why = "a database that is in use or was not closed; back up to another file";
            return refused(format!("`{}` belongs to {why}", log.display()));
        }
    }
    Ok(())
}

/// Whether two paths are one file, as far as can be told.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| -> Option<PathBuf> {
        fs::canonicalize(path).ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
        })
    };
    one == other || place(one).is_some_and(|one| place(other) == Some(one)) || is_same_inode(one, other)
}

#[cfg(unix)]
fn is_same_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    id(one).is_some_and(|one| id(other) == Some(one))
}

#[cfg(not(unix))]
fn is_same_inode(_: &Path, _: &Path) -> bool {
    false
}

fn copy(connection: &Connection, partial: &Path) -> Result<(), StoreError> {
    let failed = |error| fault("backing up", error);
    let mut copy = Connection::open(partial).map_err(failed)?;
    {
        let backup = rusqlite::backup::Backup::new(connection, &mut copy).map_err(failed)?;
        // All in one step: a step sees one moment, and readers do not hold the writer up.
        backup.run_to_completion(i32::MAX, Duration::from_millis(5), None).map_err(failed)?;
    }
    copy.close().map_err(|(_, error)| failed(error))
}

fn put_in_place(partial: &Path, target: &Path) -> std::io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, target)?;
    // So that the new name survives a power cut too.
    #[cfg(unix)]
    if let Some(folder) = target.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn unwritten(error: std::io::Error) -> StoreError {
    StoreError::new(ErrorKind::Unavailable, format!("the backup cannot be written: {error}")).caused_by(error)
}
