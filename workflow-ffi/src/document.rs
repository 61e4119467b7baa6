//! JSON documents, in and out. Their shapes are the core's.

use std::ffi::c_char;
use std::ptr;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use workflow_core::error::Rejection;

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::call;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::input::{self, Place};
use crate::text::Text;

/// Reads a document.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(what: &'static str, bytes: &[u8]) -> Result<T, Failure> {
    Ok(workflow_core::document::read(what, bytes)?)
}

/// Reads a list of documents.
pub(crate) fn read_many<T: DeserializeOwned + JsonSchema>(what: &'static str, bytes: &[u8]) -> Result<Vec<T>, Failure> {
    Ok(workflow_core::document::read_many(what, bytes)?)
}

/// Writes a document on one line.
pub(crate) fn write(value: &impl Serialize) -> Text {
    let mut json = Vec::with_capacity(1024);
    workflow_core::document::write(value, &mut json);
    Text::of_json(json)
}

/// The JSON Schema of a document: `request`, `command`, `inquiry`, `outcome`, `results`, `answer`,
/// `error`, `pipeline`, `template`, `notification`, `ticked`, and the others that are installed beside
/// this header. The answer's document is it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_schema(
    name: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("answer")?;
            let name = input::text("name", name, len)?;
            let schema = workflow_core::document::schema(name).ok_or_else(|| Rejection::not_found("schema", name))?;
            place.set(AnswerHandle::keep(Content::Document(write(&schema)))?);
            Ok(())
        })
    }
}
