//! A firm carried from one store to another.

use std::ffi::c_char;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::ptr;

use workflow_core::error::{ErrorKind, StoreError};

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::within;
use crate::document;
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::id::{self, workflow_id};
use crate::input::{self, Place};

fn unavailable(path: &Path, error: std::io::Error) -> Failure {
    let why = format!("{}: {error}", path.display());
    StoreError::new(ErrorKind::Unavailable, why).caused_by(error).into()
}

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
            let mut part = path.clone().into_os_string();
            part.push(".part");
            let part = PathBuf::from(part);
            let mut file = BufWriter::new(File::create(&part).map_err(|error| unavailable(&part, error))?);
            let written = engine.engine.export_firm(firm, &mut file).map_err(Failure::from).and_then(|carried| {
                let whole = file.flush().and_then(|()| file.get_ref().sync_all());
                whole.and_then(|()| std::fs::rename(&part, &path)).map_err(|error| unavailable(&path, error))?;
                Ok(carried)
            });
            if written.is_err() {
                drop(std::fs::remove_file(&part));
            }
            let carried = written?;
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
            let file = File::open(&path).map_err(|error| unavailable(&path, error))?;
            let carried = engine.engine.import_firm(BufReader::new(file))?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Document(document::write(&carried)))?);
            }
            Ok(())
        })
    }
}
