//! Engines: opening, executing, freeing.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use workflow_core::command::Request;
use workflow_core::engine::Engine;

use crate::answer::{AnswerHandle, workflow_answer};
use crate::call::{EngineTag, ask, call, within};
use crate::document;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::handle::{keep, take};
use crate::input::{self, Place};

/// An engine over a store. May be used by many threads at once, and freed while they use it: the
/// store is closed when the last call is done.
pub struct workflow_engine {
    _private: [u8; 0],
}

pub(crate) struct EngineHandle {
    pub(crate) engine: Engine,
    pub(crate) tag: EngineTag,
    poisoned: AtomicBool,
}

impl EngineHandle {
    pub(crate) fn new(engine: Engine, tag: EngineTag) -> Self {
        Self { engine, tag, poisoned: AtomicBool::new(false) }
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Relaxed)
    }

    pub(crate) fn poison(&self) {
        self.poisoned.store(true, Ordering::Relaxed);
    }

    /// Tells the host's log of a failure.
    pub(crate) fn note(&self, _failure: &Failure) {}
}

/// Opens an engine over a store by its address: `memory:`, or `sqlite:PATH`, with
/// `?durability=process` or `?durability=power_cut` (the default) after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_open(
    address: *const c_char,
    len: usize,
    engine: *mut *mut workflow_engine,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(engine, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("engine")?;
            let store = workflow_store::open(input::text("address", address, len)?)?;
            place.set(keep(EngineHandle::new(Engine::new(store), EngineTag::new()))?);
            Ok(())
        })
    }
}

/// Carries out a command, by command.schema.json, and what it leaves for other jobs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_execute(
    engine: *const workflow_engine,
    command: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let request: Request = document::read("command", input::bytes("command", command, len)?)?;
            let outcome = engine.engine.execute(&request)?;
            if place.wanted() {
                place.set(keep(AnswerHandle::of_command(outcome))?);
            }
            Ok(())
        })
    }
}

/// Frees an engine. Calls that other threads are in are finished first. NULL, and what is no engine
/// any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_engine_free(engine: *mut workflow_engine) {
    ask((), || {
        drop(take::<EngineHandle>(engine).map(Arc::into_inner));
        Ok(())
    });
}
