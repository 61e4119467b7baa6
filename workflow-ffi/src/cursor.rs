//! Pages of a query, one after the other.

use std::ffi::c_char;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use workflow_core::query::Inquiry;

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{ask, call, guarded, still_open, within};
use crate::document;
use crate::engine::{EngineHandle, workflow_engine};
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::handle::{keep, look_up, take};
use crate::input::{self, Place};

/// Walks through the pages of a query. Threads that use one at once take turns: each gets another
/// page.
pub struct workflow_cursor {
    _private: [u8; 0],
}

pub(crate) struct CursorHandle {
    engine: Weak<EngineHandle>,
    /// The question for the next page; nothing when there is none.
    next: Mutex<Option<Inquiry>>,
}

/// Answers a question, by inquiry.schema.json. One for a list answers its first page; where the next
/// begins is in its document, under `next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_query(
    engine: *const workflow_engine,
    inquiry: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("answer")?;
            let inquiry: Inquiry = document::read("inquiry", input::bytes("inquiry", inquiry, len)?)?;
            place.set(AnswerHandle::keep(Content::Answer(Box::new(engine.engine.ask(&inquiry)?)))?);
            Ok(())
        })
    }
}

/// Begins to walk through the pages of a question, by inquiry.schema.json, from the page that it
/// names on. Nothing is asked yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_cursor_open(
    engine: *const workflow_engine,
    inquiry: *const c_char,
    len: usize,
    cursor: *mut *mut workflow_cursor,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(cursor, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("cursor")?;
            let inquiry: Inquiry = document::read("inquiry", input::bytes("inquiry", inquiry, len)?)?;
            place.set(keep(CursorHandle { engine: Arc::downgrade(engine), next: Mutex::new(Some(inquiry)) })?);
            Ok(())
        })
    }
}

/// Asks for the next page. After the last one the answer is NULL and the call succeeds. A page that
/// could not be asked for is asked for again by the next call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_cursor_next(
    cursor: *const workflow_cursor,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("answer")?;
            let cursor = look_up::<CursorHandle>(cursor)?;
            guarded(&still_open(&cursor.engine)?, |engine| {
                // Not held while the engine is asked: the host may be called meanwhile.
                let taken = cursor.next.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some(mut inquiry) = taken else { return Ok(()) };
                let put_back = |inquiry| {
                    *cursor.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(inquiry);
                };
                let found = match engine.engine.ask(&inquiry) {
                    Ok(found) => found,
                    Err(error) => {
                        put_back(inquiry);
                        return Err(Failure::from(error));
                    }
                };
                if let (Some(page), Some(next)) = (inquiry.question.page_mut(), found.next()) {
                    page.after = Some(next.clone());
                    put_back(inquiry);
                }
                place.set(AnswerHandle::keep(Content::Answer(Box::new(found)))?);
                Ok(())
            })
        })
    }
}

/// Frees a cursor. NULL, and what is no cursor any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_cursor_free(cursor: *mut workflow_cursor) {
    ask((), || {
        drop(take::<CursorHandle>(cursor).map(Arc::into_inner));
        Ok(())
    });
}
