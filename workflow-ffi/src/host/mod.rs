//! What the host brings: its store, clock, log and notifier, as tables of callbacks.

mod clock;
mod log;
mod notifier;
mod reply;
mod store;

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

pub use clock::workflow_clock;
pub use log::{workflow_log, workflow_log_level};
pub use notifier::{workflow_notifier, workflow_verdict};
pub use reply::*;
pub use store::{workflow_change, workflow_durability, workflow_range, workflow_store, workflow_store_check};

pub(crate) use clock::HostClock;
pub(crate) use log::HostLog;
pub(crate) use notifier::HostNotifier;
pub(crate) use reply::ReplyHandle;
pub(crate) use store::HostStore;

use crate::call::{EngineTag, Outward};

/// What a table of callbacks carries for the host, and gives back once.
pub(crate) struct Owned {
    data: *mut c_void,
    destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    /// Whether it is the library's by now.
    ours: AtomicBool,
    pub(crate) engine: EngineTag,
}

// SAFETY: the host promises that its callbacks may be called from any thread, which is all that the
// pointer is used for.
unsafe impl Send for Owned {}
// SAFETY: as above.
unsafe impl Sync for Owned {}

impl Owned {
    /// What is the host's until [`Owned::keep`].
    pub(crate) const fn lent(
        data: *mut c_void,
        destroy: Option<unsafe extern "C" fn(*mut c_void)>,
        engine: EngineTag,
    ) -> Self {
        Self { data, destroy, ours: AtomicBool::new(false), engine }
    }

    /// The library's from now on: `destroy` is called when it is dropped.
    pub(crate) fn keep(&self) {
        self.ours.store(true, Ordering::Release);
    }

    /// Calls the host.
    pub(crate) fn call<T>(&self, callback: impl FnOnce(*mut c_void) -> T) -> T {
        let _outward = Outward::of(self.engine);
        callback(self.data)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy.filter(|_| *self.ours.get_mut()) {
            // SAFETY: the host's own function on the host's own pointer, called this once.
            self.call(|data| unsafe { destroy(data) });
        }
    }
}
