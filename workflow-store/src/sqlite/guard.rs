//! Notices when another copy of SQLite in the same process has pulled the file from under us.
//!
//! POSIX locks belong to the process. When a second copy of SQLite (a Python module's, say) opens
//! the same file and closes it, the locks of this copy vanish, and it can even take the last close
//! for its own and delete the write-ahead log that this copy goes on writing to: what is committed
//! from then on is lost. The guard looks, around every commit, whether the lock that this copy
//! holds is still there and the log is still the one that it opened.

use std::path::{Path, PathBuf};

use workflow_core::error::{ErrorKind, StoreError};

/// Watches the files of one database.
#[derive(Debug)]
pub(super) struct LockGuard {
    #[cfg(target_os = "linux")]
    watched: Option<linux::Watched>,
}

impl LockGuard {
    /// Begins to watch a database that was just opened in WAL mode.
    pub(super) fn new(database: &Path) -> Self {
        #[cfg(target_os = "linux")]
        {
            Self { watched: linux::Watched::new(database) }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = database;
            Self {}
        }
    }

    /// Before a commit, while the write lock is held.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        #[cfg(target_os = "linux")]
        if let Some(watched) = &self.watched
            && !(watched.log_is_ours() && watched.lock_is_held())
        {
            return Err(pulled(ErrorKind::Corrupt, "nothing of this commit was written"));
        }
        Ok(())
    }

    /// After a commit: whether it went to a log that others see.
    pub(super) fn confirm(&self) -> Result<(), StoreError> {
        #[cfg(target_os = "linux")]
        if let Some(watched) = &self.watched
            && !watched.log_is_ours()
        {
            return Err(pulled(ErrorKind::Ambiguous, "it is not known whether this commit is kept"));
        }
        Ok(())
    }

    /// An error that may come from a log that was pulled away.
    pub(super) fn explain(&self, error: StoreError) -> StoreError {
        #[cfg(target_os = "linux")]
        if let Some(watched) = &self.watched
            && !watched.log_is_ours()
        {
            return pulled(ErrorKind::Corrupt, "what is read here is not what is there").caused_by(error);
        }
        error
    }
}

#[cfg(target_os = "linux")]
fn pulled(kind: ErrorKind, what: &str) -> StoreError {
    let why = "another copy of SQLite in this process has opened and closed the database file, which took this \
               copy's locks away";
    StoreError::new(kind, format!("{why}; {what}; open the store anew, and keep other copies off its file"))
}

/// A file that belongs to a database: its path with something after it.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Another copy of SQLite that is loaded in this process, as far as can be seen: by the name of a
/// library. One that is linked into something else has no name of its own.
pub(super) fn other_copy() -> Option<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path = |line: &str| line.split_whitespace().nth(5).map(str::to_owned);
    let named = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.starts_with("libsqlite3") || name.starts_with("_sqlite3") || name.starts_with("libsqlcipher")
    };
    maps.lines().filter_map(path).find(named)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    use super::super::descriptor::{self, FileId, id};
    use super::beside;

    /// Where SQLite's shared-memory file has the byte whose lock is the right to write.
    const WRITE_LOCK_BYTE: i64 = 120;

    #[derive(Debug)]
    pub(super) struct Watched {
        log: PathBuf,
        log_id: FileId,
        shared_memory: Arc<File>,
    }

    impl Watched {
        pub(super) fn new(database: &Path) -> Option<Self> {
            let log = beside(database, "-wal");
            let memory = beside(database, "-shm");
            // To look at the lock through. SQLite removes the file with the last connection.
            let shared_memory = descriptor::of(&memory, usize::MAX)?;
            Some(Self { log_id: id(&log)?, log, shared_memory })
        }

        pub(super) fn log_is_ours(&self) -> bool {
            id(&self.log) == Some(self.log_id)
        }

        /// Whether somebody holds the lock: while this process is writing, that is this process.
        pub(super) fn lock_is_held(&self) -> bool {
            let mut lock = libc::flock {
                l_type: narrow(libc::F_WRLCK),
                l_whence: narrow(libc::SEEK_SET),
                l_start: WRITE_LOCK_BYTE,
                l_len: 1,
                l_pid: 0,
            };
            match fcntl(&*self.shared_memory, FcntlArg::F_OFD_GETLK(&mut lock)) {
                Ok(_) => lock.l_type != narrow(libc::F_UNLCK),
                // A system that cannot tell does not speak against it.
                Err(_) => true,
            }
        }
    }

    fn narrow(number: i32) -> libc::c_short {
        libc::c_short::try_from(number).unwrap_or_default()
    }
}
