//! What commands and queries answer.

use std::ffi::c_char;
use std::ptr;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;
use workflow_core::engine::{Deliveries, Outcome, Results, Ticked};
use workflow_core::error::Error;
use workflow_core::query::Answer;
use workflow_core::store::Integrity;
use workflow_core::store::conformance::Report;

use crate::call::{ask, call};
use crate::code::workflow_code;
use crate::document;
use crate::error::{ErrorHandle, workflow_error};
use crate::failure::Failure;
use crate::handle::{keep, look_up, take};
use crate::id::workflow_id;
use crate::input::Place;
use crate::outbox::Claimed;
use crate::text::{self, Text};

/// What a command or a query answered. Belongs to whoever asked for it and is freed with
/// `workflow_answer_free`. May be looked into by many threads.
pub struct workflow_answer {
    _private: [u8; 0],
}

/// What there is in an answer.
pub(crate) enum Content {
    /// Of a command.
    Outcome(Box<Outcome>),
    /// Of many commands.
    Results(Vec<Result<Outcome, Error>>),
    /// One of many, or one of a bulk.
    Part(Arc<Content>, usize),
    /// Of a question.
    Answer(Box<Answer>),
    /// Of a tick.
    Ticked(Box<Ticked>),
    /// Of a claim.
    Deliveries(Claimed),
    /// Of a notifier.
    Delivered(Deliveries),
    /// A document that is written already.
    Document(Text),
    /// Of a check of a host's store.
    Report(Box<Report>),
    /// Of a look through the store's file.
    Integrity(Integrity),
}

impl Content {
    /// What became of one of the commands that were carried out together.
    fn part(&self, index: usize) -> Option<Result<&Outcome, &Error>> {
        match self {
            Self::Results(results) => results.get(index).map(Result::as_ref),
            Self::Ticked(ticked) => ticked.outcomes.get(index).map(Ok),
            Self::Outcome(outcome) => outcome.each.get(index).map(Result::as_ref),
            Self::Part(..) => self.outcome()?.each.get(index).map(Result::as_ref),
            _ => None,
        }
    }

    fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Outcome(outcome) => Some(outcome),
            Self::Part(whole, place) => whole.part(*place)?.ok(),
            _ => None,
        }
    }

    /// How many of what it is a list of.
    fn count(&self) -> usize {
        match self {
            Self::Answer(answer) => answer.rows(),
            Self::Ticked(ticked) => ticked.outcomes.len(),
            Self::Deliveries(claimed) => claimed.deliveries().len(),
            Self::Delivered(deliveries) => deliveries.delivered,
            Self::Document(_) => 1,
            Self::Report(report) => report.passed.len(),
            Self::Integrity(integrity) => integrity.problems.len(),
            Self::Results(results) => results.len(),
            Self::Outcome(_) | Self::Part(..) => self.outcome().map_or(0, |outcome| outcome.each.len()),
        }
    }

    fn json(&self) -> Text {
        match self {
            Self::Outcome(outcome) => document::write(outcome),
            Self::Results(results) => document::write(&Results(results)),
            Self::Part(..) => document::write(&self.outcome()),
            Self::Answer(answer) => document::write(answer),
            Self::Ticked(ticked) => document::write(ticked),
            Self::Deliveries(claimed) => document::write(&claimed.deliveries()),
            Self::Delivered(deliveries) => document::write(deliveries),
            Self::Document(json) => json.again(),
            Self::Report(report) => document::write(report),
            Self::Integrity(integrity) => document::write(integrity),
        }
    }

    /// The text that the answer is, where it is one.
    fn plain(&self) -> String {
        match self {
            Self::Report(report) => report.to_string(),
            Self::Integrity(integrity) => integrity.problems.join("\n"),
            Self::Answer(answer) => match &**answer {
                Answer::Graph(text) => text.clone(),
                _ => String::new(),
            },
            _ => self.outcome().and_then(|outcome| outcome.unchanged.clone()).unwrap_or_default(),
        }
    }
}

pub(crate) struct AnswerHandle {
    content: Arc<Content>,
    json: OnceLock<Text>,
    plain: OnceLock<Text>,
}

impl AnswerHandle {
    pub(crate) fn keep(content: Content) -> Result<*mut workflow_answer, Failure> {
        keep(Self { content: Arc::new(content), json: OnceLock::new(), plain: OnceLock::new() })
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    fn outcome(&self) -> Result<&Outcome, Failure> {
        let none = || Failure::boundary(workflow_code::NotFound, "this is no answer to a command");
        self.content.outcome().ok_or_else(none)
    }
}

/// The answer as a JSON document: outcome.schema.json for a command, results.schema.json for many,
/// answer.schema.json for a question, ticked.schema.json, and so on. Valid until the answer is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_json(answer: *const workflow_answer, len: *mut usize) -> *const c_char {
    // SAFETY: as the caller's.
    unsafe {
        text::lend(len, |len| {
            let answer = look_up::<AnswerHandle>(answer)?;
            // Written by the first who asks.
            let json = answer.json.get_or_init(|| answer.content.json());
            Ok(json.lend(len))
        })
    }
}

/// The text that the answer is, where it is one: a graph; the report on a store; of a command that
/// changed nothing, why. Else it is empty. Valid until the answer is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_text(answer: *const workflow_answer, len: *mut usize) -> *const c_char {
    // SAFETY: as the caller's.
    unsafe {
        text::lend(len, |len| {
            let answer = look_up::<AnswerHandle>(answer)?;
            Ok(answer.plain.get_or_init(|| Text::new(&answer.content.plain())).lend(len))
        })
    }
}

/// How many of what the answer is a list of: rows of a page, commands of many or of a bulk,
/// deliveries, records that a tick did something to, checks that a store passed.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.content.count()))
}

/// What became of one command of many or of a bulk, or of one record of a tick, from 0: the code that
/// it would have answered by itself, with its answer or its error. Both are the caller's to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_part(
    answer: *const workflow_answer,
    index: usize,
    part: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(part, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            let answer = look_up::<AnswerHandle>(answer)?;
            match answer.content.part(index) {
                Some(Ok(_)) => {
                    if place.wanted() {
                        place.set(AnswerHandle::keep(Content::Part(Arc::clone(&answer.content), index))?);
                    }
                    Ok(())
                }
                Some(Err(error)) => Err(Failure::Told(Box::new(ErrorHandle::of(error)))),
                None => Err(Failure::boundary(workflow_code::OutOfRange, "the answer has not so many parts")),
            }
        })
    }
}

/// The revision of the record that the command was about, after it; 0 when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_revision(answer: *const workflow_answer) -> u64 {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.revision()))
}

/// Where the command's last entry is in the firm's log; 0 when nothing had to be written.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_position(answer: *const workflow_answer) -> u64 {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.position.map_or(0, |position| position.0)))
}

/// 1 when an earlier command under the same idempotency key did all this; else 0.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_replayed(answer: *const workflow_answer) -> i32 {
    ask(0, || Ok(i32::from(look_up::<AnswerHandle>(answer)?.outcome()?.replayed)))
}

/// 1 when the command changed nothing; `workflow_answer_text` says why. Else 0.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_unchanged(answer: *const workflow_answer) -> i32 {
    ask(0, || Ok(i32::from(look_up::<AnswerHandle>(answer)?.outcome()?.unchanged.is_some())))
}

/// How many events the command caused.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_event_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.events().len()))
}

/// How many notifications the command caused.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_notification_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.notifications().len()))
}

/// How many warnings a definition that was published got.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_warning_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.warnings.len()))
}

/// How many tasks the command created.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_task_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.tasks_created().len()))
}

/// How many items the command created.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_item_count(answer: *const workflow_answer) -> usize {
    ask(0, || Ok(look_up::<AnswerHandle>(answer)?.outcome()?.items_created().len()))
}

/// Puts an identifier of an outcome in its place.
///
/// # Safety
/// `id` is NULL or may be written to until the call ends.
unsafe fn identifier(
    answer: *const workflow_answer,
    id: *mut workflow_id,
    find: impl FnOnce(&Outcome) -> Option<Uuid>,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(id, workflow_id::default()) };
    // SAFETY: no place for an error.
    unsafe {
        call(ptr::null_mut(), || {
            place.needed("id")?;
            let answer = look_up::<AnswerHandle>(answer)?;
            let found = find(answer.outcome()?);
            place.set(found.ok_or_else(|| Failure::boundary(workflow_code::NotFound, "there is none"))?.into());
            Ok(())
        })
    }
}

/// The job that the command was about; WORKFLOW_CODE_NOT_FOUND when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_job(answer: *const workflow_answer, id: *mut workflow_id) -> i32 {
    // SAFETY: as the caller's.
    unsafe { identifier(answer, id, |outcome| outcome.job().map(|job| job.0)) }
}

/// The last series that the command created; WORKFLOW_CODE_NOT_FOUND when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_series(answer: *const workflow_answer, id: *mut workflow_id) -> i32 {
    // SAFETY: as the caller's.
    unsafe { identifier(answer, id, |outcome| outcome.series().map(|series| series.0)) }
}

/// A task that the command created, from 0; WORKFLOW_CODE_NOT_FOUND when there are not so many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_task(
    answer: *const workflow_answer,
    index: usize,
    id: *mut workflow_id,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe { identifier(answer, id, |outcome| outcome.tasks_created().get(index).map(|task| task.0)) }
}

/// An item that the command created, from 0; WORKFLOW_CODE_NOT_FOUND when there are not so many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_answer_item(
    answer: *const workflow_answer,
    index: usize,
    id: *mut workflow_id,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe { identifier(answer, id, |outcome| outcome.items_created().get(index).map(|item| item.0)) }
}

/// When the next timer is due, in the answer of a tick: microseconds since 1970, not after the tick's
/// time when its limit left some undone. INT64_MAX when none is.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_next_due(answer: *const workflow_answer) -> i64 {
    ask(i64::MAX, || {
        let answer = look_up::<AnswerHandle>(answer)?;
        let Content::Ticked(ticked) = answer.content() else { return Ok(i64::MAX) };
        Ok(ticked.next.map_or(i64::MAX, |next| next.timestamp_micros()))
    })
}

/// How many records a tick could not do anything to, or how many checks a store did not pass; the
/// document tells which and why.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_failure_count(answer: *const workflow_answer) -> usize {
    ask(0, || {
        let answer = look_up::<AnswerHandle>(answer)?;
        Ok(match answer.content() {
            Content::Ticked(ticked) => ticked.failures.len(),
            Content::Report(report) => report.failed.len(),
            _ => 0,
        })
    })
}

/// Frees an answer. NULL, and what is no answer any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_free(answer: *mut workflow_answer) {
    ask((), || {
        drop(take::<AnswerHandle>(answer).map(Arc::into_inner));
        Ok(())
    });
}
