//! Engines: opening, executing, the passing of time, freeing.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use workflow_core::command::Request;
use workflow_core::engine::{Clock, Engine, SystemClock};
use workflow_core::store::Store;
use workflow_core::store::keyed::KeyedStore;

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{EngineTag, ask, call, within};
use crate::code::workflow_code;
use crate::document;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::handle::{keep, take};
use crate::host::{HostClock, HostLog, HostStore, workflow_clock, workflow_log, workflow_log_level, workflow_store};
use crate::input::{self, Place, Versioned, versioned};
use crate::time::instant;

/// An engine over a store. May be used by many threads at once, and freed while they use it: the
/// store is closed when the last call is done.
pub struct workflow_engine {
    _private: [u8; 0],
}

/// How an engine is opened. All zero but the first two is how it is opened without.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_options {
    /// `sizeof(workflow_options)`.
    pub struct_size: u32,
    /// WORKFLOW_ABI_VERSION.
    pub abi_version: u32,
    /// The host's clock; NULL for the system's.
    pub clock: *const workflow_clock,
    /// The host's log; NULL for none.
    pub log: *const workflow_log,
    /// Identifiers follow from this when it is not 0: the same commands at the same times give the
    /// same records. For tests; two engines of one seed make the same identifiers.
    pub seed: u64,
}

// SAFETY: numbers and pointers that are looked at only through `versioned`.
unsafe impl Versioned for workflow_options {
    const NAME: &'static str = "workflow_options";
    const FIRST: usize = size_of::<Self>();
}

pub(crate) struct EngineHandle {
    pub(crate) engine: Engine,
    pub(crate) tag: EngineTag,
    log: Option<HostLog>,
    poisoned: AtomicBool,
    freed: AtomicBool,
}

impl EngineHandle {
    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Relaxed)
    }

    pub(crate) fn poison(&self) {
        self.poisoned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_freed(&self) -> bool {
        self.freed.load(Ordering::Relaxed)
    }

    pub(crate) fn log(&self, level: workflow_log_level, text: &str) {
        if let Some(log) = &self.log {
            log.write(level, text);
        }
    }

    /// Tells the host's log of a failure.
    pub(crate) fn note(&self, failure: &Failure) {
        if self.log.is_none() {
            return;
        }
        let level = match failure.code() {
            code if code == workflow_code::Panicked as i32 => workflow_log_level::Error,
            203..=205 => workflow_log_level::Error,
            200..=299 => workflow_log_level::Warning,
            _ => workflow_log_level::Debug,
        };
        self.log(level, &format!("{} ({})", failure, failure.code()));
    }

    #[cfg(test)]
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        let (poisoned, freed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { engine: Engine::new(store), tag: EngineTag::new(), log: None, poisoned, freed }
    }
}

/// Options as they were given, with what they point to.
struct Options {
    clock: Option<Arc<HostClock>>,
    log: Option<HostLog>,
    seed: u64,
}

/// # Safety
/// `given` is NULL or points to options.
unsafe fn options(given: *const workflow_options, tag: EngineTag) -> Result<Options, Failure> {
    if given.is_null() {
        return Ok(Options { clock: None, log: None, seed: 0 });
    }
    // SAFETY: as the caller's.
    unsafe {
        let given = versioned(given)?;
        let clock = if given.clock.is_null() { None } else { Some(Arc::new(HostClock::new(given.clock, tag)?)) };
        let log = if given.log.is_null() { None } else { Some(HostLog::new(given.log, tag)?) };
        Ok(Options { clock, log, seed: given.seed })
    }
}

/// Makes an engine, and what the host gave with it the library's.
fn open(store: Arc<dyn Store>, options: Options, tag: EngineTag) -> Result<*mut workflow_engine, Failure> {
    let kept = options.clock.clone();
    let clock: Arc<dyn Clock> = match options.clock {
        Some(clock) => clock,
        None => Arc::new(SystemClock),
    };
    let engine = match options.seed {
        0 => Engine::with_clock(store, clock),
        seed => Engine::deterministic(store, clock, seed),
    };
    if let Some(log) = &options.log {
        log.write(workflow_log_level::Info, &format!("opened {:?}", engine.store().capabilities()));
    }
    let (poisoned, freed) = (AtomicBool::new(false), AtomicBool::new(false));
    let handle = EngineHandle { engine, tag, log: options.log, poisoned, freed };
    let handle = keep(handle)?;
    // From here on nothing fails.
    if let Some(clock) = kept {
        clock.keep();
    }
    if let Ok(engine) = crate::handle::look_up::<EngineHandle>(handle)
        && let Some(log) = &engine.log
    {
        log.keep();
    }
    Ok(handle)
}

/// Opens an engine over a store by its address: `memory:`, `sqlite:PATH`, or `postgres://…` where the
/// library was built with the feature `postgres`. After `?` an address says how: of a SQLite file
/// `durability=process` or `durability=power_cut` (the default), `busy_timeout=` in milliseconds (10000),
/// `readers=`, `create=false`, `inside_host_database=true`, joined by `&`. `options` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_open(
    address: *const c_char,
    len: usize,
    options: *const workflow_options,
    engine: *mut *mut workflow_engine,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(engine, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("engine")?;
            let tag = EngineTag::new();
            let options = self::options(options, tag)?;
            let store = ::workflow_store::open(input::text("address", address, len)?)?;
            place.set(open(store, options, tag)?);
            Ok(())
        })
    }
}

/// Opens an engine over a store of the host's. `options` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_open_host(
    store: *const workflow_store,
    options: *const workflow_options,
    engine: *mut *mut workflow_engine,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(engine, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("engine")?;
            let tag = EngineTag::new();
            let options = self::options(options, tag)?;
            let store = HostStore::new(store, tag)?;
            let owned = store.owned();
            place.set(open(Arc::new(KeyedStore::open(store)?), options, tag)?);
            owned.keep();
            Ok(())
        })
    }
}

/// Frees an engine. Calls that other threads are in are finished first; then the store is closed.
/// NULL, and what is no engine any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_engine_free(engine: *mut workflow_engine) {
    ask((), || {
        if let Some(engine) = take::<EngineHandle>(engine) {
            engine.freed.store(true, Ordering::Relaxed);
            engine.log(workflow_log_level::Info, "closed");
            drop(engine);
        }
        Ok(())
    });
}

/// Carries out a command, by request.schema.json, and what it leaves for other jobs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_execute(
    engine: *const workflow_engine,
    request: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let request: Request = document::read("request", input::bytes("request", request, len)?)?;
            let outcome = engine.engine.execute(&request)?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Outcome(Box::new(outcome)))?);
            }
            Ok(())
        })
    }
}

/// Carries out many commands in order, each by itself: an array of request.schema.json. Many share
/// one synchronisation of the store with its disk. The call succeeds when all could be read; what
/// became of each is a `workflow_answer_part`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_execute_many(
    engine: *const workflow_engine,
    requests: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let requests: Vec<Request> = document::read_many("request", input::bytes("requests", requests, len)?)?;
            let results = engine.engine.execute_many(&requests);
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Results(results))?);
            }
            Ok(())
        })
    }
}

/// Carries out a command, by request.schema.json, inside a transaction of the host's own: what it
/// does is committed or rolled back with that.
///
/// `transaction` is a store whose `begin` joins the transaction that the host has open, whose
/// `commit` writes the changes and leaves it open, and whose `abort` does nothing. It is used during
/// the call alone; its `destroy` is not called. What the command leaves for other jobs waits for
/// `workflow_engine_run_follow_ups` after the host's commit, and so do timers for the next tick.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_execute_within(
    engine: *const workflow_engine,
    transaction: *const workflow_store,
    request: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let request: Request = document::read("request", input::bytes("request", request, len)?)?;
            let inside = KeyedStore::open(HostStore::new(transaction, engine.tag)?)?;
            let outcome = engine.engine.within(&inside).execute(&request)?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Outcome(Box::new(outcome)))?);
            }
            Ok(())
        })
    }
}

/// Does what is due by `now`, microseconds since 1970, on no more than `limit` records, the oldest
/// first. Tick again at `workflow_answer_next_due`; at once when that is not past `now`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_tick(
    engine: *const workflow_engine,
    now: i64,
    limit: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let ticked = engine.engine.tick(instant("now", now)?, limit)?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Ticked(Box::new(ticked)))?);
            }
            Ok(())
        })
    }
}

/// Takes up what commands left for other jobs and no living engine holds, no more than `limit`:
/// after a crash, and after `workflow_engine_execute_within`. `count` becomes how many were run,
/// those that followed from them included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_run_follow_ups(
    engine: *const workflow_engine,
    limit: usize,
    count: *mut usize,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(count, 0) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.set(engine.engine.run_follow_ups(limit)?);
            Ok(())
        })
    }
}

/// Now, by the engine's clock: microseconds since 1970. 0 when this is no engine.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_engine_now(engine: *const workflow_engine) -> i64 {
    ask(0, || {
        let engine = crate::handle::look_up::<EngineHandle>(engine)?;
        crate::call::guarded(&engine, |engine| Ok(engine.engine.now().timestamp_micros()))
    })
}
