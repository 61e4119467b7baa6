//! The store that an engine works on: what it is, copies of it, whether it is sound.

use std::ffi::c_char;
use std::path::Path;
use std::ptr;

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::within;
use crate::document;
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::input::{self, Place};

/// What the engine's store is: its name, what an acknowledged commit survives, and whether several
/// processes may work on it. The answer's document is by capabilities.schema.json.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_capabilities(
    engine: *const workflow_engine,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("answer")?;
            let found = engine.engine.store().capabilities();
            place.set(AnswerHandle::keep(Content::Document(document::write(&found)))?);
            Ok(())
        })
    }
}

/// Copies the engine's SQLite database to a file, as it is at one moment while others may work on it.
/// The file appears under its name when it is complete, over one that may be there; the store's own
/// file is refused, and so is one that is in use. WORKFLOW_CODE_UNSUPPORTED from a store that is no
/// file: its database has tools of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_backup(
    engine: *const workflow_engine,
    path: *const c_char,
    path_len: usize,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let path = input::text("path", path, path_len)?;
            Ok(engine.engine.store().backup_to(Path::new(path))?)
        })
    }
}

/// Looks through the whole file of the engine's store. `workflow_answer_count` says how many problems
/// there are, none when all is well; the answer's document, by integrity.schema.json, says which. The
/// question `verify` compares a firm's records with its log. WORKFLOW_CODE_UNSUPPORTED as
/// `workflow_engine_backup`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_integrity_check(
    engine: *const workflow_engine,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("answer")?;
            let found = engine.engine.store().integrity_check()?;
            place.set(AnswerHandle::keep(Content::Integrity(found))?);
            Ok(())
        })
    }
}
