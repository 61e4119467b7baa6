//! Which library this is.

use std::ffi::c_char;

/// The version of the binary interface that a program is compiled for. It goes up when a program
/// that was linked with the library before could no longer run with it.
pub const WORKFLOW_ABI_VERSION: u32 = 1;

/// The library's version, such as `0.1.0`. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The library's WORKFLOW_ABI_VERSION, to be compared with the header's.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_abi_version() -> u32 {
    WORKFLOW_ABI_VERSION
}
