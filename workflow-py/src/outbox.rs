//! Notifications, handed out and settled.

use std::sync::Arc;

use chrono::TimeDelta;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use uuid::Uuid;
use workflow_core::document::read;
use workflow_core::engine::{Deliveries, Receipt};
use workflow_core::id::{FirmId, NotificationId};

use crate::call::released;
use crate::document::json;
use crate::engine::Shared;
use crate::failure::Failure;
use crate::host::HostNotifier;
use crate::instant::Instant;

fn receipt(document: &[u8]) -> Result<Receipt, Failure> {
    Ok(read("receipt", document)?)
}

/// The outbox of an engine.
#[pyclass(frozen, module = "workflow_py._native")]
pub(crate) struct Outbox(pub(crate) Arc<Shared>);

#[pymethods]
impl Outbox {
    /// Hands out notifications that are due, as a JSON list.
    #[pyo3(signature = (firm=None, lease_seconds=60.0, limit=100))]
    fn claim_notifications<'py>(
        &self,
        py: Python<'py>,
        firm: Option<Uuid>,
        lease_seconds: f64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let engine = self.0.engine()?;
        // A float past what fits saturates.
        let lease = TimeDelta::milliseconds((lease_seconds * 1_000.0) as i64);
        let claimed =
            released(py, self.0.clock(), || Ok(engine.claim_notifications(firm.map(FirmId), lease, limit)?))?;
        Ok(json(py, &claimed)?)
    }

    /// Says that a notification was delivered.
    fn acknowledge(&self, py: Python<'_>, document: &[u8]) -> PyResult<bool> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.acknowledge(&receipt(document)?)?))
    }

    /// Says that many notifications were delivered.
    fn acknowledge_many(&self, py: Python<'_>, documents: Vec<Vec<u8>>) -> PyResult<Vec<bool>> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || {
            let receipts: Vec<Receipt> = documents.iter().map(|bytes| receipt(bytes)).collect::<Result<_, _>>()?;
            Ok(engine.acknowledge_many(&receipts)?)
        })
    }

    /// Says that a delivery failed and is to be tried again.
    #[pyo3(signature = (document, why, at=None))]
    fn fail(&self, py: Python<'_>, document: &[u8], why: &str, at: Option<Instant>) -> PyResult<bool> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.fail(&receipt(document)?, why, at.map(|at| at.0))?))
    }

    /// Says that a notification can never be delivered.
    fn reject(&self, py: Python<'_>, document: &[u8], why: &str) -> PyResult<bool> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.reject(&receipt(document)?, why)?))
    }

    /// Sends a dead letter again.
    fn send_again(&self, py: Python<'_>, firm: Uuid, notification: Uuid) -> PyResult<()> {
        let engine = self.0.engine()?;
        released(py, self.0.clock(), || Ok(engine.send_again(FirmId(firm), NotificationId(notification))?))
    }

    /// Delivers notifications that are due through a function of the host's: how many were
    /// delivered, are to be tried again, and are dead.
    ///
    /// One at a time: what the function raises ends the round at once, when the engine has been
    /// told that this one is to be tried again, and is raised as it is.
    #[pyo3(signature = (notifier, limit=1_000))]
    fn deliver(&self, py: Python<'_>, notifier: Py<PyAny>, limit: usize) -> PyResult<(usize, usize, usize)> {
        let engine = self.0.engine()?;
        let notifier = HostNotifier::new(notifier);
        let mut sum = Deliveries::default();
        for _ in 0..limit {
            let done = released(py, self.0.clock(), || Ok(engine.deliver(&notifier, 1)?))?;
            if let Some(raised) = notifier.raised() {
                return Err(raised);
            }
            if done == Deliveries::default() {
                break;
            }
            sum.delivered = sum.delivered.saturating_add(done.delivered);
            sum.retried = sum.retried.saturating_add(done.retried);
            sum.rejected = sum.rejected.saturating_add(done.rejected);
        }
        Ok((sum.delivered, sum.retried, sum.rejected))
    }
}
