//! Text that goes out.

use std::ffi::c_char;

use crate::call::ask;
use crate::failure::Failure;
use crate::input::Place;

/// A text of the library's, kept by a handle. Ends in a NUL, and has none before.
#[derive(Debug)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        // A NUL would end the text early for those who look for one.
        let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() };
        let mut bytes = text.into_bytes();
        bytes.push(0);
        Self(bytes)
    }

    /// JSON, in which a NUL is never written as such.
    pub(crate) fn of_json(mut json: Vec<u8>) -> Self {
        json.push(0);
        Self(json)
    }

    /// A copy.
    pub(crate) fn again(&self) -> Self {
        Self(self.0.clone())
    }

    pub(crate) fn data(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    /// Bytes without the NUL.
    pub(crate) fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Lends it to the host: its address, and its length where that is wanted.
    pub(crate) fn lend(&self, len: Place<usize>) -> *const c_char {
        len.set(self.len());
        self.data()
    }
}

/// Text where there is none.
pub(crate) fn nothing() -> *const c_char {
    c"".as_ptr()
}

/// Answers a text that a handle keeps; an empty one when there is none.
///
/// # Safety
/// `len` is NULL or may be written to until the call ends.
pub(crate) unsafe fn lend(
    len: *mut usize,
    body: impl FnOnce(Place<usize>) -> Result<*const c_char, Failure>,
) -> *const c_char {
    // SAFETY: as the caller's.
    let len = unsafe { Place::clear(len, 0) };
    ask(nothing(), || body(len))
}
