//! What commands and queries answer.

use std::sync::Arc;

use uuid::Uuid;
use workflow_core::engine::Outcome;

use crate::call::{ask, call};
use crate::code::workflow_code;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::handle::{look_up, take};
use crate::id::workflow_id;
use crate::input::Place;

/// What a command or a query answered. Belongs to whoever asked for it and is freed with
/// `workflow_answer_free`. May be looked into by many threads.
pub struct workflow_answer {
    _private: [u8; 0],
}

pub(crate) struct AnswerHandle {
    outcome: Outcome,
}

impl AnswerHandle {
    pub(crate) fn of_command(outcome: Outcome) -> Self {
        Self { outcome }
    }
}

/// The revision of the record that the command was about, after it; 0 when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_revision(answer: *const workflow_answer) -> u64 {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome.revision()))
}

/// 1 when an earlier command under the same idempotency key did all this; else 0.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_replayed(answer: *const workflow_answer) -> i32 {
    ask(0, || Ok(i32::from(look_up::<AnswerHandle>(answer)?.outcome.replayed)))
}

/// How many events the command caused.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_event_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome.events().len()))
}

/// The job that the command was about. WORKFLOW_CODE_NOT_FOUND when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_job(
    answer: *const workflow_answer,
    job: *mut workflow_id,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(job, workflow_id::from(Uuid::nil())) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("job")?;
            let answer = look_up::<AnswerHandle>(answer)?;
            let found = answer.outcome.job();
            let found =
                found.ok_or_else(|| Failure::boundary(workflow_code::NotFound, "the command was about no job"))?;
            place.set(found.0.into());
            Ok(())
        })
    }
}

/// Frees an answer. NULL, and what is no answer any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_free(answer: *mut workflow_answer) {
    ask((), || {
        drop(take::<AnswerHandle>(answer).map(Arc::into_inner));
        Ok(())
    });
}
