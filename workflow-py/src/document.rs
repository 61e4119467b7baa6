//! Documents in and out.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use workflow_core::document::{self as core, read_pipeline};
use workflow_core::error::{ErrorKind, StoreError};

use crate::failure::Failure;

/// A value as JSON for Python.
pub(crate) fn json<'py>(py: Python<'py>, value: &impl Serialize) -> Result<Bound<'py, PyBytes>, Failure> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| StoreError::new(ErrorKind::Corrupt, "an answer cannot be written as JSON").caused_by(error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The names of the documents that have a schema.
#[pyfunction]
pub(crate) fn schema_names() -> Vec<&'static str> {
    core::schema_names().collect()
}

/// The schema of a document as JSON; None when there is no such document.
#[pyfunction]
pub(crate) fn schema(name: &str) -> Option<String> {
    core::schema(name).map(|schema| schema.to_string())
}

/// Holds a document against the schema of a name.
#[pyfunction]
pub(crate) fn check(name: &str, document: &[u8]) -> Result<(), Failure> {
    Ok(core::check(name, document)?)
}

/// Reads a pipeline from YAML or JSON and writes it as JSON.
#[pyfunction]
pub(crate) fn pipeline_document<'py>(py: Python<'py>, document: &[u8]) -> Result<Bound<'py, PyBytes>, Failure> {
    json(py, &read_pipeline(document)?)
}

/// Writes a pipeline as YAML.
#[pyfunction]
pub(crate) fn to_yaml(document: &[u8]) -> Result<String, Failure> {
    Ok(core::pipeline_to_yaml(&read_pipeline(document)?))
}

/// Draws a pipeline as a Mermaid diagram.
#[pyfunction]
pub(crate) fn to_mermaid(document: &[u8]) -> Result<String, Failure> {
    Ok(workflow_core::export::to_mermaid(&read_pipeline(document)?))
}
