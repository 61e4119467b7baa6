//! Notifiers of the host's.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use workflow_core::engine::{Delivered, Notifier};
use workflow_core::model::Notification;

use crate::instant::Instant;

/// A notifier that is a Python callable. It is given the notification as JSON, and answers None when
/// it was delivered, or whether it is to be tried again, why, and when.
pub(crate) struct HostNotifier {
    notify: Py<PyAny>,
    raised: Mutex<Option<PyErr>>,
}

type Told = Option<(bool, String, Option<Instant>)>;

impl HostNotifier {
    pub(crate) fn new(notify: Py<PyAny>) -> Self {
        Self { notify, raised: Mutex::new(None) }
    }

    /// What it raised since this was asked.
    pub(crate) fn raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn ask(&self, py: Python<'_>, notification: &Notification) -> PyResult<Delivered> {
        let document = crate::document::json(py, notification)?;
        let told: Told = self.notify.bind(py).call1((document,))?.extract()?;
        Ok(match told {
            None => Delivered::Done,
            Some((true, why, at)) => Delivered::Retry { at: at.map(|at| at.0), why },
            Some((false, why, _)) => Delivered::Reject { why },
        })
    }
}

impl Notifier for HostNotifier {
    fn deliver(&self, notification: &Notification) -> Delivered {
        Python::attach(|py| {
            self.ask(py, notification).unwrap_or_else(|raised| {
                let why = raised.to_string();
                *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
                Delivered::Retry { at: None, why }
            })
        })
    }
}
