//! What a callback answers besides its code: written into the library's own memory.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use workflow_core::error::StoreError;
use workflow_core::limits;

use crate::call::call;
use crate::code::{store_kind, workflow_code};
use crate::failure::Failure;
use crate::handle::{keep, look_up, take};
use crate::input;

/// Where a callback writes what it answers. The library's: good until the callback returns, on
/// whatever thread; afterwards it is answered with WORKFLOW_CODE_INVALID_HANDLE.
pub struct workflow_reply {
    _private: [u8; 0],
}

/// What a callback may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// Only why it failed.
    Nothing,
    /// One value.
    Value,
    /// Rows, in order.
    Rows,
}

/// Rows that were asked for, as far as they have come.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) from: Vec<u8>,
    pub(super) to: Vec<u8>,
    pub(super) descending: bool,
    pub(super) limit: usize,
    pub(super) found: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug)]
struct State {
    /// What the callback that runs now may write; nothing at all between callbacks.
    expects: Option<Expects>,
    value: Option<Vec<u8>>,
    rows: Rows,
    why: Option<String>,
    retry_at: Option<DateTime<Utc>>,
    /// What the callback wrote that it must not: what it answers counts for nothing.
    garbage: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct ReplyHandle(Mutex<State>);

impl ReplyHandle {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Between callbacks nothing can be written.
    fn write<T>(&self, write: impl FnOnce(&mut State) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut state = self.state();
        if state.expects.is_none() {
            let why = "the callback that this reply is of has returned";
            return Err(Failure::boundary(workflow_code::InvalidHandle, why));
        }
        write(&mut state)
    }
}

/// A reply, from the library's side.
pub(super) struct Reply {
    handle: *mut workflow_reply,
    reply: Arc<ReplyHandle>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        drop(take::<ReplyHandle>(self.handle));
    }
}

impl Reply {
    pub(super) fn new() -> Result<Self, Failure> {
        let state =
            State { expects: None, value: None, rows: Rows::default(), why: None, retry_at: None, garbage: None };
        let handle = keep(ReplyHandle(Mutex::new(state)))?;
        Ok(Self { handle, reply: look_up(handle)? })
    }

    /// Lets a callback write into it, and tells what became of that.
    pub(super) fn during(
        &self,
        expects: Expects,
        rows: Rows,
        callback: impl FnOnce(*mut workflow_reply) -> i32,
    ) -> Result<(), StoreError> {
        {
            let mut state = self.reply.state();
            let fresh = State { expects: Some(expects), value: None, rows, why: None, retry_at: None, garbage: None };
            *state = fresh;
        }
        let code = callback(self.handle);
        let mut state = self.reply.state();
        state.expects = None;
        if code != workflow_code::Ok as i32 {
            let why = state.why.take().unwrap_or_else(|| format!("the host's callback answered {code}"));
            return Err(StoreError::new(store_kind(code), why));
        }
        // A callback that was asked for nothing has done what it was asked for, whatever else it wrote.
        match state.garbage.filter(|_| expects != Expects::Nothing) {
            Some(what) => {
                let why = format!("the host's callback answered what it was not asked for: {what}");
                Err(StoreError::new(workflow_core::error::ErrorKind::Corrupt, why))
            }
            None => Ok(()),
        }
    }

    /// The same for a callback whose code is no failure.
    pub(super) fn told(
        &self,
        callback: impl FnOnce(*mut workflow_reply) -> i32,
    ) -> (i32, String, Option<DateTime<Utc>>) {
        self.reply.state().expects = Some(Expects::Nothing);
        let code = callback(self.handle);
        let mut state = self.reply.state();
        state.expects = None;
        let why = state.why.take().unwrap_or_else(|| format!("the host's callback answered {code}"));
        (code, why, state.retry_at.take())
    }

    pub(super) fn value(&self) -> Option<Vec<u8>> {
        self.reply.state().value.take()
    }

    pub(super) fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        std::mem::take(&mut self.reply.state().rows.found)
    }
}

/// Bytes that come from a callback; NULL where there are none.
unsafe fn bytes<'a>(what: &str, data: *const u8, len: usize) -> Result<&'a [u8], Failure> {
    if data.is_null() && len == 0 {
        return Ok(&[]);
    }
    // SAFETY: as the caller's.
    unsafe { input::bytes(what, data.cast::<c_char>(), len) }
}

/// Answers the value of a key, in `workflow_store.get`. Without it the key holds nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_reply_value(reply: *mut workflow_reply, value: *const u8, len: usize) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        call(std::ptr::null_mut(), || {
            let value = bytes("value", value, len)?;
            look_up::<ReplyHandle>(reply)?.write(|state| {
                if state.expects != Some(Expects::Value) {
                    state.garbage = Some("a value");
                    return Err(Failure::boundary(workflow_code::OutOfRange, "no value was asked for"));
                }
                state.value = Some(value.to_vec());
                Ok(())
            })
        })
    }
}

/// Answers a row, in `workflow_store.range`: rows come in the order that was asked for, are within
/// the range, and are no more than its limit. WORKFLOW_CODE_LIMIT says that there are enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_reply_row(
    reply: *mut workflow_reply,
    key: *const u8,
    key_len: usize,
    value: *const u8,
    value_len: usize,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        call(std::ptr::null_mut(), || {
            let (key, value) = (bytes("key", key, key_len)?, bytes("value", value, value_len)?);
            look_up::<ReplyHandle>(reply)?.write(|state| {
                let refused = |state: &mut State, what| {
                    state.garbage = Some(what);
                    Err(Failure::boundary(workflow_code::OutOfRange, what))
                };
                if state.expects != Some(Expects::Rows) {
                    return refused(state, "a row");
                }
                let rows = &state.rows;
                if rows.found.len() >= rows.limit {
                    return Err(Failure::boundary(workflow_code::Limit, "there are enough rows"));
                }
                if key < rows.from.as_slice() || key >= rows.to.as_slice() {
                    return refused(state, "a row outside of the range");
                }
                let in_order = rows.found.last().is_none_or(|(last, _)| match rows.descending {
                    true => key < last.as_slice(),
                    false => key > last.as_slice(),
                });
                if !in_order {
                    return refused(state, "rows out of their order");
                }
                state.rows.found.push((key.to_vec(), value.to_vec()));
                Ok(())
            })
        })
    }
}

/// Says why a callback fails, in words; the code that it returns says how.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_reply_error(reply: *mut workflow_reply, message: *const c_char, len: usize) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        call(std::ptr::null_mut(), || {
            // What a database says is not always UTF-8.
            let words = String::from_utf8_lossy(input::bytes("message", message, len)?);
            let words = words.chars().take(limits::REASON_CHARS).collect();
            look_up::<ReplyHandle>(reply)?.write(|state| {
                state.why = Some(words);
                Ok(())
            })
        })
    }
}

/// Says when a notification is to be tried again, in `workflow_notifier.deliver`: microseconds since
/// 1970. Without it the library waits longer after every try.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_reply_retry_at(reply: *mut workflow_reply, micros: i64) -> i32 {
    // SAFETY: no pointer but the handle.
    unsafe {
        call(std::ptr::null_mut(), || {
            let at = crate::time::instant("micros", micros)?;
            look_up::<ReplyHandle>(reply)?.write(|state| {
                state.retry_at = Some(at);
                Ok(())
            })
        })
    }
}
