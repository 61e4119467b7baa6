//! Descriptors of files on which SQLite has locks.
//!
//! To close any descriptor of a file takes away all locks that the process has on it: SQLite's, and those of
//! other connections of the host's. So a file is opened once for all who need it here, and closed only when it
//! has no name any more and nobody uses it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What tells a file from all others: its device, and its number there.
pub(super) type FileId = (u64, u64);

static OPEN: Mutex<BTreeMap<FileId, Arc<File>>> = Mutex::new(BTreeMap::new());

fn id_of(metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

/// Which file has a name now.
pub(super) fn id(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().as_ref().map(id_of)
}

/// A descriptor of a file that is there, to read with. None is opened while so many are already: those of
/// files that stay where they are are never closed.
pub(super) fn of(path: &Path, most: usize) -> Option<Arc<File>> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_gone = |file: &File| file.metadata().is_ok_and(|metadata| metadata.nlink() == 0);
    open.retain(|_, file| Arc::strong_count(file) > 1 || !is_gone(file));
    if let Some(known) = open.get(&id(path)?) {
        return Some(Arc::clone(known));
    }
    if open.len() >= most {
        return None;
    }
    let file = File::open(path).ok()?;
    // Another file may have got the name meanwhile, one that is open already.
    match file.metadata().map(|metadata| open.entry(id_of(&metadata))) {
        Ok(Entry::Vacant(place)) => Some(Arc::clone(place.insert(Arc::new(file)))),
        Ok(Entry::Occupied(known)) => {
            std::mem::forget(file);
            Some(Arc::clone(known.get()))
        }
        Err(_) => {
            std::mem::forget(file);
            None
        }
    }
}
