//! Firms in files of the disk.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use workflow_core::engine::{Carried, Engine};
use workflow_core::error::Error;
use workflow_core::id::FirmId;

use crate::file::{unavailable, write_whole};

/// Writes a firm to a file, as it is at one moment: see [`Engine::export_firm`]. The file appears under
/// its name when it is complete and on the disk, over one that may be there; until then it is written
/// beside it, as `PATH.part`, which is removed should it fail.
///
/// ```
/// use workflow_core::engine::Engine;
/// use workflow_core::event::Actor;
/// use workflow_core::model::FirmSettings;
///
/// let folder = tempfile::tempdir()?;
/// let here = Engine::new(workflow_store::open("memory:")?);
/// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// here.acting(firm, Actor::system("setup")).save_firm(FirmSettings::named("Ledger & Sons"))?;
/// let file = folder.path().join("firm.jsonl");
/// let written = workflow_store::carry::export_to_file(&here, firm, &file)?;
/// let there = Engine::new(workflow_store::open("memory:")?);
/// assert_eq!(workflow_store::carry::import_from_file(&there, &file)?.sha256, written.sha256);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`Engine::export_firm`];
/// [`ErrorKind::Unavailable`](workflow_core::error::ErrorKind::Unavailable) when the file cannot be
/// written. What was there under its name is left as it was.
pub fn export_to_file(engine: &Engine, firm: FirmId, path: &Path) -> Result<Carried, Error> {
    write_whole(path, |file| engine.export_firm(firm, file))
}

/// Reads a firm from such a file into a store that does not have it: see [`Engine::import_firm`].
///
/// # Errors
/// Those of [`Engine::import_firm`];
/// [`ErrorKind::Unavailable`](workflow_core::error::ErrorKind::Unavailable) when the file cannot be
/// opened.
pub fn import_from_file(engine: &Engine, path: &Path) -> Result<Carried, Error> {
    let file = File::open(path).map_err(|error| unavailable(path, error))?;
    engine.import_firm(BufReader::new(file))
}
