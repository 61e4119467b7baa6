//! What is written to files and read from them: a firm carried from one store to another, event logs
//! and tables for other programs.

use std::ffi::c_char;
use std::path::PathBuf;
use std::ptr;

use workflow_core::export::ExportQuery;

use crate::acting::{ActingHandle, workflow_acting};
use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{call, guarded, still_open, within};
use crate::document;
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::handle::look_up;
use crate::id::{self, workflow_id};
use crate::input::{self, Place};

/// Writes a firm to a file, as it is at one moment while others may work on it. The file appears
/// under its name when it is complete, over one that may be there. The answer's document, by
/// carried.schema.json, says what is in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_export_firm(
    engine: *const workflow_engine,
    firm: *const workflow_id,
    path: *const c_char,
    path_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let firm = id::needed("firm", firm)?;
            let path = PathBuf::from(input::text("path", path, path_len)?);
            let carried = workflow_store::carry::export_to_file(&engine.engine, firm, &path)?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Document(document::write(&carried)))?);
            }
            Ok(())
        })
    }
}

/// Reads a firm from a file of `workflow_engine_export_firm` into a store that does not have it. One
/// that was interrupted goes on where it was. The answer's document, by carried.schema.json, says what
/// was read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_import_firm(
    engine: *const workflow_engine,
    path: *const c_char,
    path_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let path = PathBuf::from(input::text("path", path, path_len)?);
            let carried = workflow_store::carry::import_from_file(&engine.engine, &path)?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Document(document::write(&carried)))?);
            }
            Ok(())
        })
    }
}

/// Writes what the actor may see to a file, by export.schema.json: events for process miners, such as
/// `{"format": "xes"}` or `{"format": "ocel"}`, or a table, such as `{"format": {"csv": "jobs"}}`. The
/// file appears under its name when it is complete, over one that may be there. The answer's document,
/// by exported.schema.json, says how much was written. It takes as long as reading all of that does,
/// and keeps nobody else waiting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_export(
    acting: *const workflow_acting,
    query: *const c_char,
    len: usize,
    path: *const c_char,
    path_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            let acting = look_up::<ActingHandle>(acting)?;
            guarded(&still_open(&acting.engine)?, |engine| {
                let query: ExportQuery = document::read("export", input::bytes("query", query, len)?)?;
                let path = PathBuf::from(input::text("path", path, path_len)?);
                let actor = acting.actor.clone();
                let exported = workflow_store::export::to_file(&engine.engine, acting.firm, actor, &query, &path)?;
                if place.wanted() {
                    place.set(AnswerHandle::keep(Content::Document(document::write(&exported)))?);
                }
                Ok(())
            })
        })
    }
}
