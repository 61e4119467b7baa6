//! The way in: every function that can fail goes through [`call`] or [`within`].

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crate::code::workflow_code;
use crate::engine::{EngineHandle, workflow_engine};
use crate::error::{ErrorHandle, workflow_error};
use crate::failure::Failure;
use crate::handle::{keep, look_up};
use crate::input::Place;

/// Which engine a callback belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EngineTag(u64);

impl EngineTag {
    /// One that no other engine of the process has.
    pub(crate) fn new() -> Self {
        static TAGS: AtomicU64 = AtomicU64::new(0);
        Self(TAGS.fetch_add(1, Ordering::Relaxed))
    }
}

thread_local! {
    /// The engines whose host this thread is calling, the latest last.
    static OUTWARD: RefCell<Vec<EngineTag>> = const { RefCell::new(Vec::new()) };
}

/// While it lives, this thread is in a callback of an engine.
pub(crate) struct Outward(());

impl Outward {
    pub(crate) fn of(engine: EngineTag) -> Self {
        // A thread that is ending calls nobody back.
        let _ = OUTWARD.try_with(|outward| outward.borrow_mut().push(engine));
        Self(())
    }

    pub(crate) fn holds(engine: EngineTag) -> bool {
        OUTWARD.try_with(|outward| outward.borrow().contains(&engine)).unwrap_or(false)
    }
}

impl Drop for Outward {
    fn drop(&mut self) {
        let _ = OUTWARD.try_with(|outward| outward.borrow_mut().pop());
    }
}

/// What a panic said.
fn words_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing is known of it")
}

fn panicked(panic: Box<dyn Any + Send>) -> Failure {
    let why = format!("the library panicked, which is a bug in it: {}", words_of(&*panic));
    // What was thrown may do anything when it is dropped.
    std::mem::forget(panic);
    Failure::boundary(workflow_code::Panicked, why)
}

/// Runs the body of a function: answers its code, and an error where one is wanted.
///
/// # Safety
/// `error` is NULL or may be written to until the call ends.
pub(crate) unsafe fn call(error: *mut *mut workflow_error, body: impl FnOnce() -> Result<(), Failure>) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(error, std::ptr::null_mut()) };
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(panicked(panic)));
    let Err(failure) = outcome else { return workflow_code::Ok as i32 };
    let code = failure.code();
    if place.wanted() {
        let kept = catch_unwind(AssertUnwindSafe(|| keep(ErrorHandle::new(failure))));
        // Where there is no room for an error, its code must do.
        if let Ok(Ok(handle)) = kept {
            place.set(handle);
        }
    }
    code
}

/// Runs the body of a function of an engine.
///
/// # Safety
/// As [`call`].
pub(crate) unsafe fn within(
    engine: *const workflow_engine,
    error: *mut *mut workflow_error,
    body: impl FnOnce(&Arc<EngineHandle>) -> Result<(), Failure>,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe { call(error, || guarded(&look_up::<EngineHandle>(engine)?, body)) }
}

/// The engine that a handle was made from, if it was not freed.
pub(crate) fn still_open(engine: &Weak<EngineHandle>) -> Result<Arc<EngineHandle>, Failure> {
    let freed = || Failure::boundary(workflow_code::InvalidHandle, "the engine that this was made from was freed");
    engine.upgrade().filter(|engine| !engine.is_freed()).ok_or_else(freed)
}

/// Runs something on an engine that is well and not in a callback; a panic poisons it.
pub(crate) fn guarded<T>(
    engine: &Arc<EngineHandle>,
    body: impl FnOnce(&Arc<EngineHandle>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if engine.is_poisoned() {
        let why = "a call on this engine panicked before: free it and open it anew";
        return Err(Failure::boundary(workflow_code::Poisoned, why));
    }
    if Outward::holds(engine.tag) {
        let why = "the engine was called from a callback of its own: do it when the callback has returned";
        return Err(Failure::boundary(workflow_code::Reentrant, why));
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| body(engine))).unwrap_or_else(|panic| {
        engine.poison();
        Err(panicked(panic))
    });
    if let Err(failure) = &outcome {
        engine.note(failure);
    }
    outcome
}

/// Answers a value that needs no code: what was asked, or something harmless.
pub(crate) fn ask<T>(harmless: T, body: impl FnOnce() -> Result<T, Failure>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        _ => harmless,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use workflow_core::error::StoreError;
    use workflow_core::id::{FirmId, PipelineKey, StageKey};
    use workflow_core::store::{
        Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Durability, Hit, LogScan, Logged, Queue,
        QueueScan, Record, Scan, StageTally, Transact, Waiting,
    };

    use super::*;
    use crate::handle::take;

    /// A store with a bug.
    struct Broken;

    impl Transact for Broken {
        fn capabilities(&self) -> Capabilities {
            Capabilities { name: "broken".to_owned(), durability: Durability::None, shared: false }
        }
        fn get(&self, _: FirmId, _: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
            panic!("it is broken")
        }
        fn scan(&self, _: FirmId, _: &Scan) -> Result<Vec<Hit>, StoreError> {
            panic!("it is broken")
        }
        fn count(&self, _: FirmId, _: &Scan) -> Result<usize, StoreError> {
            panic!("it is broken")
        }
        fn tallies(&self, _: FirmId, _: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
            panic!("it is broken")
        }
        fn log(&self, _: FirmId, _: &LogScan) -> Result<Vec<Logged>, StoreError> {
            panic!("it is broken")
        }
        fn commit(&self, _: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
            panic!("it is broken")
        }
        fn claim(&self, _: &Claim) -> Result<Vec<Claimed>, StoreError> {
            panic!("it is broken")
        }
        fn next_due(&self, _: Queue, _: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
            panic!("it is broken")
        }
        fn queued(&self, _: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
            panic!("it is broken")
        }
    }

    #[test]
    fn c2_a_panic_is_a_code_and_poisons_the_engine() {
        let engine = keep(EngineHandle::over(Arc::new(Broken))).expect("a handle");
        let mut codes = Vec::new();
        for _ in 0..2 {
            let (mut answer, mut error) = (std::ptr::null_mut(), std::ptr::null_mut());
            // SAFETY: the places are the test's own.
            let code = unsafe {
                crate::workflow_engine_claim(engine, std::ptr::null(), 1, 1, &raw mut answer, &raw mut error)
            };
            assert!(!error.is_null());
            crate::workflow_error_free(error);
            codes.push(code);
        }
        assert_eq!(codes, [workflow_code::Panicked as i32, workflow_code::Poisoned as i32]);
        assert!(take::<EngineHandle>(engine).is_some_and(|engine| engine.is_poisoned()));
    }

    /// A panic in what the host is told of a failure is no more than one anywhere else.
    #[test]
    fn c2_what_was_thrown_may_panic_when_it_is_dropped() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let code = unsafe {
            // SAFETY: no place for an error.
            call(std::ptr::null_mut(), || std::panic::panic_any(Bomb))
        };
        assert_eq!(code, workflow_code::Panicked as i32);
    }
}
