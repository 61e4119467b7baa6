//! Threads of the library's that do what is due when it is due.

use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use workflow_core::engine::{Runner, RunnerOptions};

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{ask, call, within};
use crate::document;
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::handle::{keep, look_up, take};
use crate::host::{HostNotifier, workflow_log_level, workflow_notifier};
use crate::input::{Place, Versioned, versioned};

/// Threads that do what is due when it is due. May be used by many threads at once.
pub struct workflow_runner {
    _private: [u8; 0],
}

/// How a runner runs. Zero stands for what is usual.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_runner_options {
    /// `sizeof(workflow_runner_options)`.
    pub struct_size: u32,
    /// WORKFLOW_ABI_VERSION.
    pub abi_version: u32,
    /// How many threads work. Where there are two or more, one is kept free of deliveries.
    pub workers: u32,
    /// How many notifications a thread takes at once. It finishes them before it stops.
    pub in_hand: u32,
    /// How long it sleeps at most, in milliseconds: that is how late it notices what other processes
    /// have made due.
    pub longest_sleep: u64,
    /// How long it pauses at most after failures of the store, in milliseconds.
    pub longest_pause: u64,
    /// Delivers notifications; when NULL they are left to the host. The runner keeps it.
    pub notifier: *const workflow_notifier,
}

// SAFETY: numbers, and a pointer that is looked at only through `versioned`.
unsafe impl Versioned for workflow_runner_options {
    const NAME: &'static str = "workflow_runner_options";
    const FIRST: usize = size_of::<Self>();
}

pub(crate) struct RunnerHandle(Runner);

/// Options as they were given, and the notifier among them.
///
/// # Safety
/// `given` is NULL or points to options.
unsafe fn options(
    given: *const workflow_runner_options,
    engine: &Arc<crate::engine::EngineHandle>,
) -> Result<(RunnerOptions, Option<Arc<HostNotifier>>), crate::failure::Failure> {
    let mut options = RunnerOptions::default();
    let log = Arc::downgrade(engine);
    options.on_error = Some(Box::new(move |queue, error| {
        if let Some(engine) = log.upgrade() {
            engine.log(workflow_log_level::Warning, &format!("the runner, {queue:?}: {error}"));
        }
    }));
    if given.is_null() {
        return Ok((options, None));
    }
    // SAFETY: as the caller's.
    let given = unsafe { versioned(given) }?;
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    if given.workers > 0 {
        options.workers = count(given.workers);
    }
    if given.in_hand > 0 {
        options.in_hand = count(given.in_hand);
    }
    if given.longest_sleep > 0 {
        options.longest_sleep = Duration::from_millis(given.longest_sleep);
    }
    if given.longest_pause > 0 {
        options.longest_pause = Duration::from_millis(given.longest_pause);
    }
    let notifier = match given.notifier.is_null() {
        true => None,
        // SAFETY: as the caller's.
        false => Some(Arc::new(unsafe { HostNotifier::new(given.notifier, engine.tag) }?)),
    };
    options.notifier = notifier.clone().map(|notifier| notifier as _);
    Ok((options, notifier))
}

/// Starts threads that do what is due, take up what was left for other jobs, and deliver notifications
/// when the options have a notifier. They sleep until the next of them is due. Failures go to the
/// engine's log, and it goes on. `options` may be NULL.
///
/// The runner keeps the store open, also when the engine is freed, until it is freed itself. The
/// notifier's callbacks come from the runner's threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_runner_start(
    engine: *const workflow_engine,
    options: *const workflow_runner_options,
    runner: *mut *mut workflow_runner,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(runner, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("runner")?;
            let (options, notifier) = self::options(options, engine)?;
            place.set(keep(RunnerHandle(engine.engine.start_runner(options)?))?);
            if let Some(notifier) = notifier {
                notifier.keep();
            }
            Ok(())
        })
    }
}

/// Makes a runner look at once at what is due: when a clock was set, or another process has worked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_runner_wake(runner: *const workflow_runner, error: *mut *mut workflow_error) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            look_up::<RunnerHandle>(runner)?.0.wake();
            Ok(())
        })
    }
}

/// What a runner has done so far, and what it is at: the answer's document.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_runner_status(
    runner: *const workflow_runner,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("answer")?;
            let status = document::write(&look_up::<RunnerHandle>(runner)?.0.status());
            place.set(AnswerHandle::keep(Content::Document(status))?);
            Ok(())
        })
    }
}

/// Stops a runner and waits until it is through with what it holds, no longer than `millis`.
/// `finished` becomes 1 if it is; if it becomes 0, it goes on finishing by itself, and this may be
/// called again. From one of its own threads, in a callback, it does not wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_runner_stop(
    runner: *const workflow_runner,
    millis: u64,
    finished: *mut i32,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(finished, 0) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            let runner = look_up::<RunnerHandle>(runner)?;
            place.set(i32::from(runner.0.stop_within(Duration::from_millis(millis))));
            Ok(())
        })
    }
}

/// Stops a runner when it is through with what it holds, and frees it. From one of its own threads, in
/// a callback, it does not wait. NULL, and what is no runner any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_runner_free(runner: *mut workflow_runner) {
    ask((), || {
        drop(take::<RunnerHandle>(runner));
        Ok(())
    });
}
