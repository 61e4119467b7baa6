//! Stores of the host's: ordered keys and values in Python.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::keyed::{Change, KeyRange, KeyTransaction, KeyedStore, Keyspace};
use workflow_core::store::{Capabilities, Durability, Store};

use crate::failure::{Failure, store_error};

/// A `workflow_py.Keyspace`.
struct HostKeyspace {
    host: Py<PyAny>,
    capabilities: Capabilities,
}

/// The store over a keyspace of the host's.
pub(crate) fn store_of(host: &Bound<'_, PyAny>) -> PyResult<Arc<dyn Store>> {
    let (name, durability, shared): (String, String, bool) = host.call_method0("_capabilities")?.extract()?;
    let durability: Durability = serde_json::from_value(durability.into()).map_err(|error| {
        Failure::from(StoreError::new(ErrorKind::Unsupported, "no such durability").caused_by(error))
    })?;
    let keyspace =
        HostKeyspace { host: host.clone().unbind(), capabilities: Capabilities { name, durability, shared } };
    let store = host.py().detach(|| KeyedStore::open(keyspace)).map_err(Failure::from)?;
    Ok(Arc::new(store))
}

impl Keyspace for HostKeyspace {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn begin(&self, write: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
        Python::attach(|py| {
            let host = self.host.bind(py).call_method1("begin", (write,));
            host.map(|host| Box::new(HostTransaction(Some(host.unbind()))) as Box<dyn KeyTransaction>)
                .map_err(|raised| store_error(py, raised))
        })
    }
}

/// A `workflow_py.KeyTransaction`, until it is committed.
struct HostTransaction(Option<Py<PyAny>>);

impl HostTransaction {
    fn with<T>(&self, body: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T, StoreError> {
        Python::attach(|py| {
            let Some(host) = &self.0 else {
                return Err(StoreError::new(ErrorKind::Unavailable, "the transaction has ended"));
            };
            body(host.bind(py)).map_err(|raised| store_error(py, raised))
        })
    }
}

impl KeyTransaction for HostTransaction {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|host| host.call_method1("get", (PyBytes::new(host.py(), key),))?.extract())
    }

    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.with(|host| {
            let py = host.py();
            let (from, to) = (PyBytes::new(py, &range.from), PyBytes::new(py, &range.to));
            let rows = host.call_method1("range", (from, to, range.descending, range.limit, range.keys_only))?;
            for found in rows.try_iter()?.take(range.limit) {
                let (key, value): (Bound<'_, PyBytes>, Bound<'_, PyBytes>) = found?.extract()?;
                row(key.as_bytes(), value.as_bytes());
            }
            Ok(())
        })
    }

    fn commit(mut self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
        self.with(|host| {
            let py = host.py();
            let list = PyList::empty(py);
            for Change { key, value } in changes {
                let value = value.as_deref().map(|value| PyBytes::new(py, value));
                list.append((PyBytes::new(py, key), value))?;
            }
            host.call_method1("commit", (list,)).map(drop)
        })?;
        // Ended: there is nothing to abandon. Without the lock the reference is let go of later.
        self.0 = None;
        Ok(())
    }
}

impl Drop for HostTransaction {
    fn drop(&mut self) {
        let Some(host) = self.0.take() else { return };
        Python::attach(|py| {
            let host = host.into_bound(py);
            if let Err(raised) = host.call_method0("abandon") {
                raised.write_unraisable(py, Some(&host));
            }
        });
    }
}
