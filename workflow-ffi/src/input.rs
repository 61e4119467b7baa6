//! What comes in: text by pointer and length, structs by pointer and size.
//!
//! Every function here trusts what C makes everyone trust: that a pointer which is not NULL points
//! to as much as was said. Lengths past a bound are refused before anything is read.

use std::ffi::c_char;
use std::{ptr, slice, str};

use crate::code::workflow_code;
use crate::failure::Failure;

/// Bytes of the longest text that any function reads.
pub(crate) const LONGEST: usize = 64_000_000;

/// Bytes that must be there.
///
/// # Safety
/// `data` is NULL or points to `len` bytes that nobody writes to before `'a` ends.
pub(crate) unsafe fn bytes<'a>(what: &str, data: *const c_char, len: usize) -> Result<&'a [u8], Failure> {
    if data.is_null() {
        return Err(Failure::null(what));
    }
    if len > LONGEST {
        let why = format!("`{what}` is said to be {len} bytes long; nothing longer than {LONGEST} is read");
        return Err(Failure::boundary(workflow_code::TooLong, why));
    }
    // SAFETY: not NULL, and as long as the caller says, which is less than half the address space.
    Ok(unsafe { slice::from_raw_parts(data.cast::<u8>(), len) })
}

/// A text that must be there.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(what: &str, data: *const c_char, len: usize) -> Result<&'a str, Failure> {
    // SAFETY: as the caller's.
    let bytes = unsafe { bytes(what, data, len) }?;
    str::from_utf8(bytes).map_err(|error| {
        let why = format!("`{what}` is not UTF-8 from byte {} on", error.valid_up_to());
        Failure::boundary(workflow_code::InvalidText, why)
    })
}

/// A text that may be NULL.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn optional_text<'a>(
    what: &str,
    data: *const c_char,
    len: usize,
) -> Result<Option<&'a str>, Failure> {
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller's.
    unsafe { text(what, data, len) }.map(Some)
}

/// A text among others.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_text {
    /// UTF-8.
    pub data: *const c_char,
    /// Bytes of it.
    pub len: usize,
}

/// Most values of one list.
const LONGEST_LIST: usize = 100_000;

/// Whether so many values can be there.
pub(crate) fn count<T>(what: &str, count: usize) -> Result<(), Failure> {
    if count <= LONGEST_LIST && count.checked_mul(size_of::<T>()).is_some() {
        return Ok(());
    }
    let why = format!("`{what}` is said to be {count} values; no more than {LONGEST_LIST} are read");
    Err(Failure::boundary(workflow_code::TooLong, why))
}

/// Texts of a list, which may be NULL when it has none.
///
/// # Safety
/// `list` is NULL or points to `len` texts, each as [`bytes`].
pub(crate) unsafe fn texts<'a>(what: &str, list: *const workflow_text, len: usize) -> Result<Vec<&'a str>, Failure> {
    if len == 0 {
        return Ok(Vec::new());
    }
    if list.is_null() {
        return Err(Failure::null(what));
    }
    count::<workflow_text>(what, len)?;
    let text = |place: usize| {
        // SAFETY: as the caller's.
        unsafe {
            let given = list.wrapping_add(place).read_unaligned();
            text(what, given.data, given.len)
        }
    };
    (0..len).map(text).collect()
}

/// A place for a result. It is cleared when the call begins.
pub(crate) struct Place<T>(*mut T);

impl<T: Copy> Place<T> {
    /// Clears a place, if there is one.
    ///
    /// # Safety
    /// `place` is NULL or may be written to until the call ends.
    pub(crate) unsafe fn clear(place: *mut T, empty: T) -> Self {
        if !place.is_null() {
            // SAFETY: not NULL, and the caller's to write to; whatever is there needs no dropping.
            unsafe { place.write(empty) };
        }
        Self(place)
    }

    /// The place, which must be there.
    pub(crate) fn needed(&self, what: &str) -> Result<(), Failure> {
        if self.0.is_null() { Err(Failure::null(what)) } else { Ok(()) }
    }

    /// Whether anybody wants the result.
    pub(crate) fn wanted(&self) -> bool {
        !self.0.is_null()
    }

    pub(crate) fn set(self, value: T) {
        if !self.0.is_null() {
            // SAFETY: as at the beginning of the call.
            unsafe { self.0.write(value) };
        }
    }
}

/// A struct of the host's that begins with its size and the version it was compiled for.
///
/// # Safety
/// All bits zero is a value, and so is every pattern of bits that a C program can write.
pub(crate) unsafe trait Versioned: Copy {
    /// How it is called in messages.
    const NAME: &'static str;
    /// Bytes of its first version: what every host must give.
    const FIRST: usize;
}

/// More than any struct will ever have.
const LARGEST_STRUCT: usize = 4096;

/// Copies a struct of the host's, of this version or another.
///
/// What an older host does not know of is zero. What a newer host knows and this library does not
/// must be zero.
///
/// # Safety
/// `given` is NULL or points to a struct that begins with its size in bytes and is that long.
pub(crate) unsafe fn versioned<T: Versioned>(given: *const T) -> Result<T, Failure> {
    if given.is_null() {
        return Err(Failure::null(T::NAME));
    }
    // SAFETY: the struct begins with two `uint32_t`.
    let [size, abi] = unsafe { given.cast::<[u32; 2]>().read_unaligned() };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let wrong = |why: String| Err(Failure::boundary(workflow_code::AbiMismatch, why));
    if abi != crate::WORKFLOW_ABI_VERSION {
        return wrong(format!(
            "`{}` is of ABI version {abi}; this library has {}",
            T::NAME,
            crate::WORKFLOW_ABI_VERSION
        ));
    }
    if size < T::FIRST || size > LARGEST_STRUCT {
        return wrong(format!("`struct_size` of `{}` is {size}; it is {} here", T::NAME, size_of::<T>()));
    }
    // SAFETY: as long as its size says, as the caller promises.
    let all = unsafe { slice::from_raw_parts(given.cast::<u8>(), size) };
    if all.iter().skip(size_of::<T>()).any(|byte| *byte != 0) {
        return wrong(format!("`{}` uses what this version of the library does not have", T::NAME));
    }
    // SAFETY: all bits zero is a value of the type.
    let mut value: T = unsafe { std::mem::zeroed() };
    // SAFETY: both are at least this long, and the value is the function's own.
    unsafe { ptr::copy_nonoverlapping(all.as_ptr(), (&raw mut value).cast::<u8>(), size.min(size_of::<T>())) };
    Ok(value)
}
