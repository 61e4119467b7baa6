//! The engine in the hands of one actor of one firm.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use uuid::Uuid;
use workflow_core::command::{Command as CoreCommand, Request};
use workflow_core::document::{self, read};
use workflow_core::error::Error;
use workflow_core::event::Actor;
use workflow_core::export::ExportQuery;
use workflow_core::id::{FirmId, IdempotencyKey};
use workflow_core::query::{Inquiry, Question};

use crate::call::released;
use crate::command::Command;
use crate::document::json;
use crate::engine::Shared;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// The engine in the hands of one actor of one firm.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Acting {
    shared: Arc<Shared>,
    firm: FirmId,
    actor: Actor,
}

impl Acting {
    pub(crate) fn new(shared: Arc<Shared>, firm: Uuid, actor: &[u8]) -> Result<Self, Failure> {
        Ok(Self { shared, firm: FirmId(firm), actor: read_actor(actor)? })
    }

    fn request(&self, command: CoreCommand, key: Option<&str>) -> Result<Request, Failure> {
        let key = key.map(IdempotencyKey::new).transpose().map_err(workflow_core::error::Rejection::from)?;
        Ok(Request { firm: self.firm, actor: self.actor.clone(), key, command })
    }
}

/// Reads an actor: a text or an object.
fn read_actor(bytes: &[u8]) -> Result<Actor, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|error| workflow_core::error::Rejection::invalid("actor", error.to_string()).into())
}

#[pymethods]
impl Acting {
    /// Carries out a command.
    #[pyo3(signature = (command, key=None))]
    fn execute(&self, py: Python<'_>, command: &Command, key: Option<&str>) -> PyResult<Outcome> {
        let request = self.request((*command.0).clone(), key)?;
        let engine = self.shared.engine()?;
        released(py, self.shared.clock(), || Ok(engine.execute(&request)?.into()))
    }

    /// Carries out many commands, each by itself: a list of outcomes and exceptions.
    fn execute_many<'py>(&self, py: Python<'py>, commands: Vec<PyRef<'py, Command>>) -> PyResult<Bound<'py, PyList>> {
        let requests: Vec<Request> =
            commands.iter().map(|command| self.request((*command.0).clone(), None)).collect::<Result<_, _>>()?;
        drop(commands);
        let engine = self.shared.engine()?;
        let results = released(py, self.shared.clock(), || Ok(engine.execute_many(&requests)))?;
        listed(py, results)
    }

    /// Tells what a command would do, as JSON.
    fn preview<'py>(&self, py: Python<'py>, command: &Command) -> PyResult<Bound<'py, PyBytes>> {
        let request = self.request((*command.0).clone(), None)?;
        let engine = self.shared.engine()?;
        let preview = released(py, self.shared.clock(), || Ok(engine.preview(&request)?))?;
        Ok(json(py, &preview)?)
    }

    /// Answers a question of a name, given as JSON, as JSON.
    fn ask<'py>(&self, py: Python<'py>, question: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.shared.engine()?;
        let bytes = released(py, self.shared.clock(), || {
            let question: Question = read("question", question)?;
            let answer = engine.ask(&Inquiry::new(self.firm, self.actor.clone(), question))?;
            Ok(serde_json::to_vec(&answer).unwrap_or_default())
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Writes what the actor may see into a file, by a document; how much, as JSON. The file appears
    /// under its name when it is complete.
    fn export<'py>(&self, py: Python<'py>, query: &[u8], path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.shared.engine()?;
        let exported = released(py, self.shared.clock(), || {
            let query: ExportQuery = read("export", query)?;
            Ok(workflow_store::export::to_file(&engine, self.firm, self.actor.clone(), &query, &path)?)
        })?;
        Ok(json(py, &exported)?)
    }
}

/// Outcomes and exceptions as a list.
pub(crate) fn listed(
    py: Python<'_>,
    results: Vec<Result<workflow_core::engine::Outcome, Error>>,
) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for result in results {
        match result {
            Ok(outcome) => list.append(Outcome::from(outcome))?,
            Err(error) => list.append(PyErr::from(Failure::from(error)).into_value(py))?,
        }
    }
    Ok(list)
}

/// Reads a question or another type from a document.
pub(crate) fn request(bytes: &[u8]) -> Result<Request, Failure> {
    Ok(document::read("request", bytes)?)
}
