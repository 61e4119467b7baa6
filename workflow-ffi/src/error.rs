//! Errors as handles.

use std::ffi::c_char;
use std::sync::{Arc, OnceLock};

use crate::call::ask;
use crate::code::workflow_code;
use crate::document;
use crate::failure::Failure;
use crate::handle::{look_up, take};
use crate::text::{self, Text};

/// Why a call did nothing. Belongs to whoever asked for it and is freed with
/// `workflow_error_free`. May be looked into by many threads.
pub struct workflow_error {
    _private: [u8; 0],
}

/// What is known of a failure.
pub(crate) struct ErrorHandle {
    failure: Failure,
    message: OnceLock<Text>,
    json: OnceLock<Text>,
}

impl ErrorHandle {
    pub(crate) fn new(failure: Failure) -> Self {
        Self { failure, message: OnceLock::new(), json: OnceLock::new() }
    }
}

/// The code that the call answered; WORKFLOW_CODE_INVALID_HANDLE when `error` is none.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_code(error: *const workflow_error) -> i32 {
    ask(workflow_code::InvalidHandle as i32, || Ok(look_up::<ErrorHandle>(error)?.failure.code()))
}

/// 1 when the same call can succeed later without being changed, best under the same idempotency
/// key; else 0.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_retryable(error: *const workflow_error) -> i32 {
    ask(0, || Ok(i32::from(look_up::<ErrorHandle>(error)?.failure.retryable())))
}

/// The kind of error in a word, such as `not_found`: the same for every code. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_kind(error: *const workflow_error) -> *const c_char {
    ask(text::nothing(), || Ok(workflow_code_name(look_up::<ErrorHandle>(error)?.failure.code())))
}

/// What was wrong, where, and what to do, in words. Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_error_message(error: *const workflow_error, len: *mut usize) -> *const c_char {
    // SAFETY: as the caller's.
    unsafe {
        text::lend(len, |len| {
            let error = look_up::<ErrorHandle>(error)?;
            Ok(error.message.get_or_init(|| Text::new(&error.failure.to_string())).lend(len))
        })
    }
}

/// The error as a JSON document, by error.schema.json: code, kind, retryable, message, and by kind
/// the field, rule, limit, problems, … Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_error_json(error: *const workflow_error, len: *mut usize) -> *const c_char {
    // SAFETY: as the caller's.
    unsafe {
        text::lend(len, |len| {
            let error = look_up::<ErrorHandle>(error)?;
            Ok(error.json.get_or_init(|| Text::new(&document::of_failure(&error.failure))).lend(len))
        })
    }
}

/// Frees an error. NULL, and what is no error any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_free(error: *mut workflow_error) {
    ask((), || {
        drop(take::<ErrorHandle>(error).map(Arc::into_inner));
        Ok(())
    });
}

/// What a code means, in a word, such as `not_found`; `unknown` for a number that is no code of this
/// version. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_code_name(code: i32) -> *const c_char {
    match workflow_code::of(code) {
        Some(code) => code.name().as_ptr(),
        None => c"unknown".as_ptr(),
    }
}
