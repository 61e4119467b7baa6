//! A thread of the library's that does what is due when it is due.

use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use workflow_core::engine::{Runner, RunnerOptions};

use crate::call::{EngineTag, Outward, ask, call, within};
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::handle::{keep, look_up, take};
use crate::host::{HostNotifier, workflow_log_level, workflow_notifier};
use crate::input::Place;

/// A thread that does what is due when it is due. May be woken by many threads at once.
pub struct workflow_runner {
    _private: [u8; 0],
}

pub(crate) struct RunnerHandle {
    engine: EngineTag,
    runner: Mutex<Option<Runner>>,
}

/// Starts a thread that ticks, takes up what was left for other jobs, and delivers notifications when
/// `notifier` is not NULL. It sleeps until the next is due, but no longer than `longest_sleep_millis`:
/// that is how late it notices what other processes have made due. Failures go to the engine's log,
/// and it tries again.
///
/// The runner keeps the store open, also when the engine is freed, until it is freed itself. The
/// notifier is the library's then; its callbacks come from the runner's thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_runner_start(
    engine: *const workflow_engine,
    notifier: *const workflow_notifier,
    longest_sleep_millis: u64,
    runner: *mut *mut workflow_runner,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(runner, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("runner")?;
            let notifier = match notifier.is_null() {
                true => None,
                false => Some(Arc::new(HostNotifier::new(notifier, engine.tag)?)),
            };
            let kept = notifier.clone();
            let log = Arc::downgrade(engine);
            let options = RunnerOptions {
                notifier: notifier.map(|notifier| notifier as _),
                longest_sleep: Duration::from_millis(longest_sleep_millis.max(1)),
                on_error: Some(Box::new(move |error| {
                    if let Some(engine) = log.upgrade() {
                        engine.log(workflow_log_level::Warning, &format!("the runner: {error}"));
                    }
                })),
            };
            let started = engine.engine.start_runner(options)?;
            place.set(keep(RunnerHandle { engine: engine.tag, runner: Mutex::new(Some(started)) })?);
            if let Some(notifier) = kept {
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
            let runner = look_up::<RunnerHandle>(runner)?;
            if let Some(runner) = &*runner.runner.lock().unwrap_or_else(PoisonError::into_inner) {
                runner.wake();
            }
            Ok(())
        })
    }
}

/// Stops a runner when it is through with what it is doing, and frees it. From a callback of its
/// engine it stops after that has returned. NULL, and what is no runner any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_runner_free(runner: *mut workflow_runner) {
    ask((), || {
        let Some(handle) = take::<RunnerHandle>(runner) else { return Ok(()) };
        let running = handle.runner.lock().unwrap_or_else(PoisonError::into_inner).take();
        if Outward::holds(handle.engine) {
            // The runner's own thread cannot wait for itself.
            drop(std::thread::Builder::new().spawn(move || drop(running)));
        } else {
            drop(running);
        }
        Ok(())
    });
}
