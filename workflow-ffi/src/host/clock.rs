//! The host's clock.

use std::ffi::c_void;

use chrono::{DateTime, Utc};
use workflow_core::engine::Clock;

use super::Owned;
use crate::call::EngineTag;
use crate::failure::Failure;
use crate::input::{Versioned, versioned};

/// Tells the time instead of the system's clock.
///
/// The library keeps `user_data` once the engine is open, and calls `destroy` once when it is closed.
/// When the engine cannot be opened it is not called. Callbacks may come from any thread.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_clock {
    /// `sizeof(workflow_clock)`.
    pub struct_size: u32,
    /// WORKFLOW_ABI_VERSION.
    pub abi_version: u32,
    /// Given to every callback.
    pub user_data: *mut c_void,
    /// Frees `user_data`. May be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    /// Microseconds since 1970-01-01T00:00:00Z. Needed.
    pub now: Option<unsafe extern "C" fn(user_data: *mut c_void) -> i64>,
}

// SAFETY: numbers, pointers that are not followed, and functions that may be NULL.
unsafe impl Versioned for workflow_clock {
    const NAME: &'static str = "workflow_clock";
    const FIRST: usize = size_of::<Self>();
}

pub(crate) struct HostClock {
    owned: Owned,
    now: unsafe extern "C" fn(*mut c_void) -> i64,
}

impl HostClock {
    /// # Safety
    /// As [`versioned`].
    pub(crate) unsafe fn new(given: *const workflow_clock, engine: EngineTag) -> Result<Self, Failure> {
        // SAFETY: as the caller's.
        let clock = unsafe { versioned(given) }?;
        let now = clock.now.ok_or_else(|| Failure::null("workflow_clock.now"))?;
        Ok(Self { owned: Owned::lent(clock.user_data, clock.destroy, engine), now })
    }

    pub(crate) fn keep(&self) {
        self.owned.keep();
    }
}

impl Clock for HostClock {
    fn now(&self) -> DateTime<Utc> {
        // SAFETY: the host's own function on the host's own pointer.
        let micros = self.owned.call(|data| unsafe { (self.now)(data) });
        // What is no instant is the nearest that there is.
        let end = if micros < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_micros(micros).unwrap_or(end)
    }
}
