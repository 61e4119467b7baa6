//! Engines: opening, documents in and out, time, closing.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use uuid::Uuid;
use workflow_core::command::Request;
use workflow_core::document::read;
use workflow_core::engine as core;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::FirmId;
use workflow_core::query::Inquiry;
use workflow_core::store::Store;

use crate::acting::{Acting, listed, request};
use crate::call::released;
use crate::document::json;
use crate::failure::Failure;
use crate::host::{HostClock, clock_of, store_of};
use crate::instant::Instant;
use crate::outbox::Outbox;
use crate::outcome::Outcome;
use crate::runner::{Orders, Runner};

/// An engine that the Python objects over it share, until it is closed.
pub(crate) struct Shared {
    engine: RwLock<Option<core::Engine>>,
    clock: Option<HostClock>,
}

impl Shared {
    /// The engine, while it is open.
    pub(crate) fn engine(&self) -> Result<core::Engine, Failure> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner).clone();
        engine.ok_or_else(|| StoreError::new(ErrorKind::Unavailable, "the engine was closed").into())
    }

    /// The host's own clock, if it has one.
    pub(crate) fn clock(&self) -> Option<&HostClock> {
        self.clock.as_ref()
    }
}

/// An engine over a store.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Engine(pub(crate) Arc<Shared>);

#[pymethods]
impl Engine {
    /// Opens a store: by its address, or one of the host's own.
    #[new]
    #[pyo3(signature = (store, clock=None, seed=None))]
    fn new(
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        clock: Option<&Bound<'_, PyAny>>,
        seed: Option<u64>,
    ) -> PyResult<Self> {
        let store: Arc<dyn Store> = match store.extract::<String>() {
            Ok(address) => released(py, None, || Ok(workflow_store::open(&address)?))?,
            Err(_) => store_of(store)?,
        };
        let (time, host) = clock_of(clock);
        let engine = match seed {
            Some(seed) => core::Engine::deterministic(store, time, seed),
            None => core::Engine::with_clock(store, time),
        };
        Ok(Self(Arc::new(Shared { engine: RwLock::new(Some(engine)), clock: host })))
    }

    /// Lets go of the store. What others are doing is finished first.
    fn close(&self, py: Python<'_>) {
        let engine = self.0.engine.write().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(engine));
    }

    #[getter]
    fn closed(&self) -> bool {
        self.0.engine().is_err()
    }

    /// The store's name, what its commits survive, and whether processes share it.
    fn capabilities(&self) -> PyResult<(String, String, bool)> {
        let found = self.0.engine()?.store().capabilities();
        let durability = serde_json::to_value(found.durability).unwrap_or_default();
        Ok((found.name, durability.as_str().unwrap_or_default().to_owned(), found.shared))
    }

    fn now(&self, py: Python<'_>) -> PyResult<DateTime<Utc>> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.now()))
    }

    /// The engine in the hands of an actor, given as JSON.
    fn acting(&self, firm: Uuid, actor: &[u8]) -> Result<Acting, Failure> {
        Acting::new(Arc::clone(&self.0), firm, actor)
    }

    /// Carries out a request, given as JSON.
    fn execute(&self, py: Python<'_>, document: &[u8]) -> PyResult<Outcome> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.execute(&request(document)?)?.into()))
    }

    /// Carries out many requests, given as JSON each: a list of outcomes and exceptions.
    fn execute_many<'py>(&self, py: Python<'py>, documents: Vec<Vec<u8>>) -> PyResult<Bound<'py, PyList>> {
        let engine = self.0.engine()?;
        let results = released(py, self.0.clock(), || {
            let requests: Vec<Request> = documents.iter().map(|bytes| request(bytes)).collect::<Result<_, _>>()?;
            Ok(engine.execute_many(&requests))
        })?;
        listed(py, results)
    }

    /// Answers an inquiry, given as JSON, as JSON.
    fn ask<'py>(&self, py: Python<'py>, document: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.0.engine()?;
        let answer = released(py, self.0.clock(), || {
            let inquiry: Inquiry = read("inquiry", document)?;
            Ok(serde_json::to_vec(&engine.ask(&inquiry)?).unwrap_or_default())
        })?;
        Ok(PyBytes::new(py, &answer))
    }

    /// Does what is due, as JSON.
    #[pyo3(signature = (now=None, limit=1_000))]
    fn tick<'py>(&self, py: Python<'py>, now: Option<Instant>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.0.engine()?;
        let ticked =
            released(py, self.0.clock(), || Ok(engine.tick(now.map_or_else(|| engine.now(), |now| now.0), limit)?))?;
        Ok(json(py, &ticked)?)
    }

    /// Runs follow-ups that nobody holds.
    #[pyo3(signature = (limit=1_000))]
    fn run_follow_ups(&self, py: Python<'_>, limit: usize) -> PyResult<usize> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.run_follow_ups(limit)?))
    }

    /// Its outbox.
    fn outbox(&self) -> Outbox {
        Outbox(Arc::clone(&self.0))
    }

    /// Starts threads that do what is due.
    fn start_runner(&self, orders: Orders) -> PyResult<Runner> {
        Ok(Runner::start(&self.0.engine()?, orders)?)
    }

    /// Copies the store to a file, as it is at one moment.
    fn backup_to(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.store().backup_to(&path)?))
    }

    /// What is wrong with the store, in its own words.
    fn integrity_check(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.store().integrity_check()?.problems))
    }

    /// Writes a firm into a file, as it is at one moment; what was written, as JSON. The file appears
    /// under its name when it is complete.
    fn export_firm<'py>(&self, py: Python<'py>, firm: Uuid, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.0.engine()?;
        let carried =
            released(py, self.0.clock(), || Ok(workflow_store::carry::export_to_file(&engine, FirmId(firm), &path)?))?;
        Ok(json(py, &carried)?)
    }

    /// Brings a firm from a file into the store; what was read, as JSON.
    fn import_firm<'py>(&self, py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.0.engine()?;
        let carried = released(py, self.0.clock(), || Ok(workflow_store::carry::import_from_file(&engine, &path)?))?;
        Ok(json(py, &carried)?)
    }
}
