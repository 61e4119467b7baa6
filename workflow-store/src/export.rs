//! Event logs and tables in files of the disk.

use std::path::Path;

use workflow_core::engine::Engine;
use workflow_core::error::Error;
use workflow_core::event::Actor;
use workflow_core::export::{ExportQuery, Exported};
use workflow_core::id::FirmId;

use crate::file::write_whole;

/// Writes what an actor may see of a firm to a file, as events for process miners or as a table: see
/// [`Queries::export`](workflow_core::query::Queries::export). The file appears under its name when it
/// is complete and on the disk, over one that may be there; until then it is written beside it, as
/// `PATH.part`, which is removed should it fail.
///
/// ```
/// use workflow_core::engine::Engine;
/// use workflow_core::event::Actor;
/// use workflow_core::export::{ExportFormat, ExportQuery};
/// use workflow_core::model::FirmSettings;
///
/// let folder = tempfile::tempdir()?;
/// let engine = Engine::new(workflow_store::open("memory:")?);
/// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// let report = Actor::system("report");
/// engine.acting(firm, report.clone()).save_firm(FirmSettings::named("Ledger & Sons"))?;
/// let file = folder.path().join("firm.xes");
/// let order = ExportQuery::new(ExportFormat::Xes);
/// let written = workflow_store::export::to_file(&engine, firm, report, &order, &file)?;
/// assert_eq!(written.traces, 0);
/// assert!(std::fs::read_to_string(&file)?.contains("Ledger &amp; Sons"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`Engine::query`] and of [`Queries::export`](workflow_core::query::Queries::export);
/// [`ErrorKind::Unavailable`](workflow_core::error::ErrorKind::Unavailable) when the file cannot be
/// written. What was there under its name is left as it was.
pub fn to_file(
    engine: &Engine,
    firm: FirmId,
    actor: Actor,
    query: &ExportQuery,
    path: &Path,
) -> Result<Exported, Error> {
    let queries = engine.query(firm, actor)?;
    write_whole(path, |file| queries.export(query, file))
}
