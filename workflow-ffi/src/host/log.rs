//! The host's log.

use std::ffi::{c_char, c_void};

use super::Owned;
use crate::call::EngineTag;
use crate::failure::Failure;
use crate::input::{Versioned, versioned};

/// How much a line of the log matters.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_log_level {
    /// A bug, or a store that is damaged.
    Error = 1,
    /// The store failed, or is busy.
    Warning = 2,
    /// The engine was opened or closed.
    Info = 3,
    /// A call was refused.
    Debug = 4,
}

/// Is told what goes wrong.
///
/// The library keeps `user_data` once the engine is open, and calls `destroy` once when it is closed.
/// When the engine cannot be opened it is not called. Callbacks may come from any thread.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_log {
    /// `sizeof(workflow_log)`.
    pub struct_size: u32,
    /// WORKFLOW_ABI_VERSION.
    pub abi_version: u32,
    /// Given to every callback.
    pub user_data: *mut c_void,
    /// Frees `user_data`. May be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    /// One line, of a `workflow_log_level`. The text is the library's, and gone when the callback
    /// has returned. Needed.
    pub write: Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, text: *const c_char, len: usize)>,
}

// SAFETY: numbers, pointers that are not followed, and functions that may be NULL.
unsafe impl Versioned for workflow_log {
    const NAME: &'static str = "workflow_log";
    const FIRST: usize = size_of::<Self>();
}

pub(crate) struct HostLog {
    owned: Owned,
    write: unsafe extern "C" fn(*mut c_void, i32, *const c_char, usize),
}

impl HostLog {
    /// # Safety
    /// As [`versioned`].
    pub(crate) unsafe fn new(given: *const workflow_log, engine: EngineTag) -> Result<Self, Failure> {
        // SAFETY: as the caller's.
        let log = unsafe { versioned(given) }?;
        let write = log.write.ok_or_else(|| Failure::null("workflow_log.write"))?;
        Ok(Self { owned: Owned::lent(log.user_data, log.destroy, engine), write })
    }

    pub(crate) fn keep(&self) {
        self.owned.keep();
    }

    pub(crate) fn write(&self, level: workflow_log_level, text: &str) {
        // Text that goes out ends in a NUL.
        let line = crate::text::Text::new(text);
        // SAFETY: the host's own function on the host's own pointer, and a text that outlives it.
        self.owned.call(|data| unsafe { (self.write)(data, level as i32, line.data(), line.len()) });
    }
}
