//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use workflow_core::error::{Error, ErrorKind, StoreError};

/// Writes a file beside its name, as `PATH.part`, and gives it the name when it is complete and on the
/// disk. Should that fail, what was there under the name stays, and the part is removed.
pub(crate) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut part = path.to_path_buf().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = BufWriter::new(File::create(&part).map_err(|error| unavailable(&part, error))?);
    let written = write(&mut file).and_then(|told| {
        let whole = file.flush().and_then(|()| file.get_ref().sync_all());
        whole.and_then(|()| std::fs::rename(&part, path)).map_err(|error| unavailable(path, error))?;
        Ok(told)
    });
    if written.is_err() {
        drop(std::fs::remove_file(&part));
    }
    written
}

/// Why a file cannot be written or read.
pub(crate) fn unavailable(path: &Path, error: std::io::Error) -> StoreError {
    StoreError::new(ErrorKind::Unavailable, format!("`{}`: {error}", path.display())).caused_by(error)
}
