//! Identifiers as sixteen bytes.

use std::ffi::c_char;

use uuid::Uuid;
use workflow_core::id::InvalidId;

use crate::call::call;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::input::{self, Place};

/// The identifier of a firm, account, member, job, task, item, …: the sixteen bytes of a UUID, most
/// significant first.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub struct workflow_id {
    /// The bytes.
    pub bytes: [u8; 16],
}

impl From<Uuid> for workflow_id {
    fn from(uuid: Uuid) -> Self {
        Self { bytes: *uuid.as_bytes() }
    }
}

impl From<workflow_id> for Uuid {
    fn from(id: workflow_id) -> Self {
        Self::from_bytes(id.bytes)
    }
}

/// An identifier that may be NULL.
///
/// # Safety
/// `id` is NULL or points to an identifier.
pub(crate) unsafe fn optional<T: From<Uuid>>(id: *const workflow_id) -> Option<T> {
    // SAFETY: as the caller's.
    unsafe { needed("id", id) }.ok()
}

/// An identifier that must be there.
///
/// # Safety
/// `id` is NULL or points to an identifier.
pub(crate) unsafe fn needed<T: From<Uuid>>(what: &str, id: *const workflow_id) -> Result<T, Failure> {
    if id.is_null() {
        return Err(Failure::null(what));
    }
    // SAFETY: as the caller's; sixteen bytes of any value.
    Ok(Uuid::from_bytes(unsafe { id.read_unaligned() }.bytes).into())
}

/// Reads an identifier, such as `01890a5d-ac96-774b-bcce-b302099a8057`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_id_parse(
    text: *const c_char,
    len: usize,
    id: *mut workflow_id,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(id, workflow_id::default()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("id")?;
            let text = input::text("text", text, len)?;
            let id: workflow_core::id::JobId = text.parse().map_err(|error: InvalidId| Failure::from(error))?;
            place.set(id.0.into());
            Ok(())
        })
    }
}

/// Writes an identifier as 36 characters and a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_id_format(id: *const workflow_id, text: *mut c_char) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        call(std::ptr::null_mut(), || {
            let id: Uuid = needed("id", id)?;
            if text.is_null() {
                return Err(Failure::null("text"));
            }
            let mut written = [0; 37];
            id.hyphenated().encode_lower(&mut written);
            text.cast::<[u8; 37]>().write_unaligned(written);
            Ok(())
        })
    }
}
