//! What is asked for, and what an export was.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::is_default;
use crate::error::Rejection;
use crate::id::PipelineKey;

/// What is exported, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// In which form.
    pub format: ExportFormat,
    /// Only jobs that are in this pipeline now, and what belongs to them; everything when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineKey>,
    /// Only events of this day of the firm's or a later one. For what consists of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Only events of this day of the firm's or an earlier one. For what consists of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// Which events.
    #[serde(default, skip_serializing_if = "is_default")]
    pub detail: ExportDetail,
    /// In CSV: texts just as they are, also those that a spreadsheet would take for a formula. Else
    /// they get an apostrophe before them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub raw: bool,
}

impl ExportQuery {
    /// Everything in some form.
    #[must_use]
    pub fn new(format: ExportFormat) -> Self {
        Self { format, pipeline: None, from: None, to: None, detail: ExportDetail::default(), raw: false }
    }

    pub(super) fn check(&self) -> Result<(), Rejection> {
        let of_events = !matches!(self.format, ExportFormat::Csv(table) if table != ExportedTable::Events);
        for (field, day) in [("from", self.from), ("to", self.to)] {
            if day.is_some() && !of_events {
                return Err(Rejection::invalid(field, "the table shows what is so now; only events are of a day"));
            }
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => Err(Rejection::invalid("to", "the last day is before the first")),
            _ => Ok(()),
        }
    }
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// An event log in XES (IEEE 1849): a trace for each job.
    Xes,
    /// An object-centric event log in OCEL 2.0, as JSON.
    Ocel,
    /// A table as CSV (RFC 4180), in UTF-8.
    Csv(ExportedTable),
}

/// A table that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportedTable {
    /// The accounts.
    Accounts,
    /// The jobs, archived ones too.
    Jobs,
    /// The tasks, ended ones too.
    Tasks,
    /// The items.
    Items,
    /// What happened.
    Events,
    /// How long each job took.
    Measures,
    /// How long each job was in each of its stages.
    StageTimes,
}

/// Which events are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportDetail {
    /// Jobs entering stages.
    Stages,
    /// These, and what work consists of: jobs created and their statuses, tasks, items, signals, and
    /// automations that ran.
    #[default]
    Work,
    /// Everything, but for the engine's bookkeeping of timers.
    All,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exported {
    /// Traces of XES: jobs.
    pub traces: u64,
    /// Objects of OCEL.
    pub objects: u64,
    /// Events of XES or OCEL.
    pub events: u64,
    /// Rows of CSV, the header left out.
    pub rows: u64,
}
