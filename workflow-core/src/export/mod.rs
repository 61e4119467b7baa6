//! What leaves the engine for other programs: event logs, tables, diagrams.
//!
//! [`Queries::export`] writes what an actor may see: events as XES or OCEL 2.0 for process miners,
//! tables as CSV. It is written as it is read, some records at a time, so that the largest firm needs
//! no more memory than a small one. Pipelines are drawn by [`to_dot`] and [`to_mermaid`].

mod csv;
mod diagram;
mod happening;
mod log;
mod ocel;
mod order;
mod out;
mod source;
mod table;
mod things;
mod word;
mod xes;
mod xml;

use std::io::Write;

pub use diagram::{to_dot, to_mermaid};
pub use order::{ExportDetail, ExportFormat, ExportQuery, Exported, ExportedTable};
use out::Out;
use source::Source;

use crate::error::{Error, ErrorKind};
use crate::query::Queries;
use crate::store::Transact;

impl Queries<'_> {
    /// Writes what the actor may see, as events for process miners or as a table.
    ///
    /// What is written is of one moment, also while the firm is worked on, where the store can show
    /// one ([`Transact::at_one_moment`]); elsewhere a record that changes meanwhile may be as it was
    /// before or after. It is written as it is read, in small pieces: give it a buffered writer.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use workflow_core::engine::Engine;
    /// use workflow_core::event::Actor;
    /// use workflow_core::export::{ExportFormat, ExportQuery, ExportedTable};
    /// use workflow_core::model::FirmSettings;
    /// use workflow_core::store::memory::MemoryStore;
    ///
    /// let engine = Engine::new(Arc::new(MemoryStore::new()));
    /// let firm = engine.acting("01890a5d-ac96-774b-bcce-b302099a8057".parse()?, Actor::system("report"));
    /// firm.save_firm(FirmSettings::named("Ledger & Sons"))?;
    /// let mut file = Vec::new();
    /// let order = ExportQuery::new(ExportFormat::Csv(ExportedTable::Accounts));
    /// let written = firm.query()?.export(&order, &mut file)?;
    /// assert_eq!(written.rows, 0);
    /// assert_eq!(file, b"id,name,external,tags,roles,fields,created,updated\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// For a client; when the pipeline is not there or not open to the actor, or the stretch of days
    /// makes no sense; when the store failed, or `to` did ([`ErrorKind::Unavailable`]). What was written
    /// by then has no end.
    pub fn export(&self, query: &ExportQuery, to: &mut dyn Write) -> Result<Exported, Error> {
        self.for_the_firm()?;
        query.check()?;
        if let Some(pipeline) = &query.pipeline {
            self.open_pipeline(pipeline)?;
        }
        let mut out = Out::new(to);
        let mut written = None;
        let shown = self.store.at_one_moment(self.firm, &mut |moment| {
            written = Some(self.write_export(query, moment, &mut out));
            Ok(())
        });
        match (shown, written) {
            (Err(error), None) if error.kind() == ErrorKind::Unsupported => {
                self.write_export(query, self.store, &mut out)
            }
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(written)) => written,
            (Ok(()), None) => self.write_export(query, self.store, &mut out),
        }
    }

    fn write_export(&self, query: &ExportQuery, store: &dyn Transact, out: &mut Out<'_>) -> Result<Exported, Error> {
        let source = Source::new(self, store, query)?;
        let exported = match query.format {
            ExportFormat::Xes => xes::write(&source, out)?,
            ExportFormat::Ocel => ocel::write(&source, out)?,
            ExportFormat::Csv(table) => table::write(&source, table, out)?,
        };
        out.flush()?;
        Ok(exported)
    }
}
