//! Commands, read and checked: what `workflow_py.commands` makes.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use uuid::Uuid;
use workflow_core::command as core;
use workflow_core::document::read;
use workflow_core::error::Rejection;
use workflow_core::id::{AutomationKey, ExternalRef, ItemId, JobId, PipelineKey, StageKey, StatusKey, TaskId};
use workflow_core::model::TaskState;

use crate::document::json;
use crate::failure::Failure;

/// A command that can be given.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Command(pub(crate) Arc<core::Command>);

impl From<core::Command> for Command {
    fn from(command: core::Command) -> Self {
        Self(Arc::new(command))
    }
}

impl Command {
    fn text(&self) -> String {
        serde_json::to_string(&*self.0).unwrap_or_default()
    }
}

#[pymethods]
impl Command {
    /// Its name.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// It as a JSON document.
    fn to_json<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>, Failure> {
        json(py, &*self.0)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.text().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("<Command: {}>", self.text())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let made_by = py.import("workflow_py._native")?.getattr("command")?;
        Ok((made_by, (self.to_json(py)?,)))
    }
}

/// Reads a command from its JSON document.
#[pyfunction]
pub(crate) fn command(document: &[u8]) -> Result<Command, Failure> {
    Ok(read::<core::Command>("command", document)?.into())
}

fn key<T>(field: &'static str, text: &str) -> Result<T, Failure>
where
    T: for<'a> TryFrom<&'a str, Error = workflow_core::id::InvalidKey>,
{
    T::try_from(text).map_err(|error| Rejection::invalid(field, error.to_string()).into())
}

fn keys(field: &'static str, texts: Option<Vec<String>>) -> Result<BTreeSet<AutomationKey>, Failure> {
    texts.unwrap_or_default().iter().map(|text| key(field, text)).collect()
}

/// Moves a job.
#[pyfunction]
#[pyo3(signature = (job, to, pipeline=None, reenter=false, leave_out=None, fire_jumped=false, override_rules=false))]
pub(crate) fn move_job(
    job: Uuid,
    to: &str,
    pipeline: Option<&str>,
    reenter: bool,
    leave_out: Option<Vec<String>>,
    fire_jumped: bool,
    override_rules: bool,
) -> Result<Command, Failure> {
    let order = core::MoveJob {
        job: JobId(job),
        to: key::<StageKey>("to", to)?,
        pipeline: pipeline.map(|text| key::<PipelineKey>("pipeline", text)).transpose()?,
        reenter,
        leave_out: keys("leave_out", leave_out)?,
        fire_jumped,
        override_rules,
    };
    Ok(core::Command::MoveJob(order).into())
}

/// Sets a task's state.
#[pyfunction]
#[pyo3(signature = (task, state, custom=None, override_rules=false))]
pub(crate) fn set_task_state(
    task: Uuid,
    state: &str,
    custom: Option<&str>,
    override_rules: bool,
) -> Result<Command, Failure> {
    let state = match state {
        "planned" => TaskState::Planned,
        "in_progress" => TaskState::InProgress,
        "completed" => TaskState::Completed,
        "cancelled" => TaskState::Cancelled,
        other => {
            let why = format!("`{other}` is no state of a task: write planned, in_progress, completed or cancelled");
            return Err(Rejection::invalid("state", why).into());
        }
    };
    let custom = custom.map(|text| key::<StatusKey>("custom", text)).transpose()?;
    Ok(core::Command::SetTaskState { task: TaskId(task), state, custom, override_rules }.into())
}

/// Reports the status of an item, by one of its names.
#[pyfunction]
#[pyo3(signature = (status, id=None, external=None))]
pub(crate) fn report_item(status: &str, id: Option<Uuid>, external: Option<&str>) -> Result<Command, Failure> {
    let item = match (id, external) {
        (Some(id), None) => core::ItemRef::Id(ItemId(id)),
        (None, Some(name)) => core::ItemRef::External(key::<ExternalRef>("external", name)?),
        _ => return Err(Rejection::invalid("item", "name the item once: by its identifier, or by the host's").into()),
    };
    Ok(core::Command::ReportItem { item, status: key("status", status)? }.into())
}
