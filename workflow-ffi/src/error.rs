//! Errors as handles.

use std::ffi::c_char;
use std::sync::Arc;

use serde::Serialize;
use workflow_core::error::Error;

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
#[derive(Debug)]
pub(crate) struct ErrorHandle {
    code: i32,
    message: Text,
    json: Text,
    retryable: bool,
}

/// A failure of this boundary as a document: as those of the engine.
#[derive(Serialize)]
struct Report<'a> {
    code: i32,
    kind: &'a str,
    retryable: bool,
    message: &'a str,
}

impl ErrorHandle {
    pub(crate) fn new(failure: Failure) -> Self {
        match failure {
            Failure::Told(error) => *error,
            Failure::Engine(error) => Self::of(&error),
            Failure::Boundary { code, message } => {
                let kind = code.name().to_str().unwrap_or_default();
                let report = Report { code: code as i32, kind, retryable: false, message: &message };
                Self::written(report.code, false, &message, document::write(&report))
            }
        }
    }

    pub(crate) fn of(error: &Error) -> Self {
        let report = error.report();
        let json = document::write(&report);
        Self::written(report.code, report.retryable, &report.message, json)
    }

    pub(crate) fn code(&self) -> i32 {
        self.code
    }

    fn written(code: i32, retryable: bool, message: &str, json: Text) -> Self {
        Self { code, message: Text::new(message), json, retryable }
    }
}

/// The code that the call answered; WORKFLOW_CODE_INVALID_HANDLE when `error` is none.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_code(error: *const workflow_error) -> i32 {
    ask(workflow_code::InvalidHandle as i32, || Ok(look_up::<ErrorHandle>(error)?.code))
}

/// 1 when the same call can succeed later without being changed, best under the same idempotency
/// key; else 0.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_retryable(error: *const workflow_error) -> i32 {
    ask(0, || Ok(i32::from(look_up::<ErrorHandle>(error)?.retryable)))
}

/// The kind of error in a word, such as `not_found`: the same for every code. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_error_kind(error: *const workflow_error) -> *const c_char {
    ask(text::nothing(), || Ok(workflow_code_name(look_up::<ErrorHandle>(error)?.code)))
}

/// What was wrong, where, and what to do, in words. Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_error_message(error: *const workflow_error, len: *mut usize) -> *const c_char {
    // SAFETY: as the caller's.
    unsafe { text::lend(len, |len| Ok(look_up::<ErrorHandle>(error)?.message.lend(len))) }
}

/// The error as a JSON document, by error.schema.json: code, kind, retryable, message, and by kind
/// the field, rule, limit, problems, … Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_error_json(error: *const workflow_error, len: *mut usize) -> *const c_char {
    // SAFETY: as the caller's.
    unsafe { text::lend(len, |len| Ok(look_up::<ErrorHandle>(error)?.json.lend(len))) }
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
