//! The conformance suite, run on a store from Python.

use pyo3::prelude::*;
use workflow_core::store::conformance;

use crate::call::released;
use crate::failure::Failure;
use crate::host::store_of;

/// The names of the checks.
#[pyfunction]
pub(crate) fn store_checks() -> Vec<&'static str> {
    conformance::checks().iter().map(|check| check.name).collect()
}

/// Runs one check on a store: None when the store passes, else what it did wrong.
#[pyfunction]
pub(crate) fn check_store(py: Python<'_>, store: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<String>> {
    let store = match store.extract::<String>() {
        Ok(address) => workflow_store::open(&address).map_err(Failure::from)?,
        Err(_) => store_of(store)?,
    };
    let Some(check) = conformance::checks().into_iter().find(|check| check.name == name) else {
        return Err(Failure::from(workflow_core::error::Rejection::not_found("check", name)).into());
    };
    released(py, None, move || Ok((check.run)(&*store).err()))
}
