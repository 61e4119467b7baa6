//! What commands answer, kept as it is until somebody looks.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use uuid::Uuid;
use workflow_core::engine as core;

use crate::document::json;
use crate::failure::Failure;

/// What a command did.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Outcome(pub(crate) Arc<core::Outcome>);

impl From<core::Outcome> for Outcome {
    fn from(outcome: core::Outcome) -> Self {
        Self(Arc::new(outcome))
    }
}

#[pymethods]
impl Outcome {
    #[getter]
    fn job(&self) -> Option<Uuid> {
        self.0.job().map(|job| job.0)
    }

    #[getter]
    fn revision(&self) -> u64 {
        self.0.revision()
    }

    #[getter]
    fn position(&self) -> Option<u64> {
        self.0.position.map(|position| position.0)
    }

    #[getter]
    fn replayed(&self) -> bool {
        self.0.replayed
    }

    #[getter]
    fn unchanged(&self) -> Option<&str> {
        self.0.unchanged.as_deref()
    }

    #[getter]
    fn series(&self) -> Option<Uuid> {
        self.0.series().map(|series| series.0)
    }

    #[getter]
    fn tasks_created(&self) -> Vec<Uuid> {
        self.0.tasks_created().iter().map(|task| task.0).collect()
    }

    #[getter]
    fn items_created(&self) -> Vec<Uuid> {
        self.0.items_created().iter().map(|item| item.0).collect()
    }

    /// It as a JSON document.
    fn to_json<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>, Failure> {
        json(py, &*self.0)
    }
}
