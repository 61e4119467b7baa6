//! The engine in the hands of one actor: what is done often, without documents.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_char;
use std::ptr;
use std::sync::{Arc, Weak};

use workflow_core::command::{Command, ItemRef, MoveJob, NewJob, Request};
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, FirmId, IdempotencyKey, JobId, MemberId, Tag};
use workflow_core::model::TaskState;
use workflow_core::query::{Inquiry, Notation, Question};

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{ask, call, guarded, still_open, within};
use crate::code::workflow_code;
use crate::document;
use crate::engine::{EngineHandle, workflow_engine};
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::handle::{keep, look_up, take};
use crate::id::{self, workflow_id};
use crate::input::{self, Place, workflow_text};

/// An engine in the hands of one actor of one firm: whoever does things through it does them in that
/// name. May be used by many threads at once. When the engine is freed it can do nothing any more,
/// but is still to be freed.
///
/// Its functions that change something take an idempotency key: given twice under one key, a
/// command has one effect. It may be NULL.
pub struct workflow_acting {
    _private: [u8; 0],
}

pub(crate) struct ActingHandle {
    pub(crate) engine: Weak<EngineHandle>,
    pub(crate) firm: FirmId,
    pub(crate) actor: Actor,
}

/// Who gives commands and asks questions.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_actor {
    /// The host's own system, by a name of its choice. It may do everything.
    System = 0,
    /// A member of the firm, by identifier.
    Member = 1,
    /// A client, through the host's portal: by the identifier of the account they act for.
    Client = 2,
}

/// How a job is moved; to be combined with `|`.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_move {
    /// As usual.
    Plainly = 0,
    /// Enter the stage anew if the job is in it already.
    Reenter = 1,
    /// Also run the entry automations of the stages jumped over.
    FireJumped = 2,
    /// Leave although the exit requirements do not hold, and enter although the stage is full.
    Override = 4,
}

/// In which state a task is.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_task_state {
    /// To be done.
    Planned = 0,
    /// Being done.
    InProgress = 1,
    /// Done.
    Completed = 2,
    /// Not to be done.
    Cancelled = 3,
}

/// In which notation a graph is drawn.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_notation {
    /// Graphviz, to be drawn with `dot -Tsvg`.
    Dot = 0,
    /// Mermaid, for Markdown.
    Mermaid = 1,
}

fn unknown(what: &str, number: impl std::fmt::Display) -> Failure {
    Failure::boundary(workflow_code::OutOfRange, format!("`{what}` of {number} means nothing here"))
}

/// Puts an engine in the hands of an actor of a firm, a `workflow_actor`: a system by `name`, a
/// member or a client by `id`. What is not asked for may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_new(
    engine: *const workflow_engine,
    firm: *const workflow_id,
    actor: i32,
    id: *const workflow_id,
    name: *const c_char,
    name_len: usize,
    acting: *mut *mut workflow_acting,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(acting, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("acting")?;
            let firm = id::needed("firm", firm)?;
            let actor = match actor {
                0 => Actor::system(input::text("name", name, name_len)?),
                1 => Actor::Member(MemberId(id::needed("id", id)?)),
                2 => Actor::Client(AccountId(id::needed("id", id)?)),
                other => return Err(unknown("actor", other)),
            };
            place.set(keep(ActingHandle { engine: Arc::downgrade(engine), firm, actor })?);
            Ok(())
        })
    }
}

/// Frees it. NULL, and what is no `workflow_acting` any more, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_acting_free(acting: *mut workflow_acting) {
    ask((), || {
        drop(take::<ActingHandle>(acting).map(Arc::into_inner));
        Ok(())
    });
}

/// Carries out a command in the actor's name.
///
/// # Safety
/// As every export: `key` is NULL or points to `key_len` bytes, `answer` and `error` are NULL or may
/// be written to.
unsafe fn act(
    acting: *const workflow_acting,
    (key, key_len): (*const c_char, usize),
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
    command: impl FnOnce() -> Result<Command, Failure>,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            let acting = look_up::<ActingHandle>(acting)?;
            guarded(&still_open(&acting.engine)?, |engine| {
                let key = input::optional_text("key", key, key_len)?.map(IdempotencyKey::new).transpose()?;
                let request = Request { firm: acting.firm, actor: acting.actor.clone(), key, command: command()? };
                let outcome = engine.engine.execute(&request)?;
                if place.wanted() {
                    place.set(AnswerHandle::keep(Content::Outcome(Box::new(outcome)))?);
                }
                Ok(())
            })
        })
    }
}

/// Asks a question in the actor's name.
///
/// # Safety
/// As [`act`].
unsafe fn inquire(
    acting: *const workflow_acting,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
    question: impl FnOnce() -> Result<Question, Failure>,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("answer")?;
            let acting = look_up::<ActingHandle>(acting)?;
            guarded(&still_open(&acting.engine)?, |engine| {
                let inquiry = Inquiry::new(acting.firm, acting.actor.clone(), question()?);
                place.set(AnswerHandle::keep(Content::Answer(Box::new(engine.engine.ask(&inquiry)?)))?);
                Ok(())
            })
        })
    }
}

/// Carries out a command, by command.schema.json.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_execute(
    acting: *const workflow_acting,
    command: *const c_char,
    len: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || document::read("command", input::bytes("command", command, len)?))
    }
}

/// Answers a question: the `question` of inquiry.schema.json, such as `{"job": {"job": "…"}}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_query(
    acting: *const workflow_acting,
    question: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe { inquire(acting, answer, error, || document::read("question", input::bytes("question", question, len)?)) }
}

/// Publishes a pipeline, or a new version of one that drops no stage with jobs in it: a document in
/// YAML or JSON, by pipeline.schema.json. Every problem is in the error's document; warnings are in
/// the answer's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_publish(
    acting: *const workflow_acting,
    pipeline: *const c_char,
    len: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let definition = workflow_core::document::read_pipeline(input::bytes("pipeline", pipeline, len)?)?;
            Ok(Command::PublishPipeline { definition: Box::new(definition), mapping: BTreeMap::new() })
        })
    }
}

/// Everything that is wrong or worth a look in a pipeline document, as publishing it would find: the
/// answer has `workflow_answer_count` problems.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_lint(
    acting: *const workflow_acting,
    pipeline: *const c_char,
    len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        inquire(acting, answer, error, || {
            let definition = workflow_core::document::read_pipeline(input::bytes("pipeline", pipeline, len)?)?;
            Ok(Question::Lint { definition: Box::new(definition) })
        })
    }
}

/// The newest version of a pipeline, drawn in a `workflow_notation`: `workflow_answer_text` is it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_graph(
    acting: *const workflow_acting,
    pipeline: *const c_char,
    len: usize,
    notation: i32,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        inquire(acting, answer, error, || {
            let notation = match notation {
                0 => Notation::Dot,
                1 => Notation::Mermaid,
                other => return Err(unknown("notation", other)),
            };
            Ok(Question::Graph { pipeline: input::text("pipeline", pipeline, len)?.try_into()?, notation })
        })
    }
}

/// Creates a job of an account in a pipeline, with the pipeline's defaults. `workflow_answer_job` is
/// it. What else a job can be given goes through `workflow_acting_execute`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_create_job(
    acting: *const workflow_acting,
    account: *const workflow_id,
    pipeline: *const c_char,
    pipeline_len: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let account: AccountId = id::needed("account", account)?;
            let pipeline = input::text("pipeline", pipeline, pipeline_len)?.try_into()?;
            Ok(Command::CreateJob(Box::new(NewJob::new(account, pipeline))))
        })
    }
}

/// Moves a job to a stage of its pipeline. `flags` are of `workflow_move`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_move_job(
    acting: *const workflow_acting,
    job: *const workflow_id,
    stage: *const c_char,
    stage_len: usize,
    flags: u32,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let job: JobId = id::needed("job", job)?;
            let to = input::text("stage", stage, stage_len)?.try_into()?;
            if flags > 7 {
                return Err(unknown("flags", flags));
            }
            Ok(Command::MoveJob(MoveJob {
                reenter: flags & 1 != 0,
                fire_jumped: flags & 2 != 0,
                override_rules: flags & 4 != 0,
                ..MoveJob::to(job, to)
            }))
        })
    }
}

/// Sets a job's status: `active`, `completed`, or a custom one of its pipeline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_set_status(
    acting: *const workflow_acting,
    job: *const workflow_id,
    status: *const c_char,
    status_len: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let job = id::needed("job", job)?;
            let status = input::text("status", status, status_len)?.try_into()?;
            Ok(Command::SetStatus { job, status, leave_out: BTreeSet::new() })
        })
    }
}

/// Archives a job when `archived` is 1, or takes it out of the archive with the status it had when
/// it is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_archive_job(
    acting: *const workflow_acting,
    job: *const workflow_id,
    archived: u32,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let job = id::needed("job", job)?;
            match archived {
                0 | 1 => Ok(Command::ArchiveJob { job, archived: archived == 1 }),
                other => Err(unknown("archived", other)),
            }
        })
    }
}

/// Completes a task.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_complete_task(
    acting: *const workflow_acting,
    task: *const workflow_id,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        let state = workflow_task_state::Completed as i32;
        workflow_acting_set_task_state(acting, task, state, key, key_len, answer, error)
    }
}

/// Sets a task's state, a `workflow_task_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_set_task_state(
    acting: *const workflow_acting,
    task: *const workflow_id,
    state: i32,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let state = match state {
                0 => TaskState::Planned,
                1 => TaskState::InProgress,
                2 => TaskState::Completed,
                3 => TaskState::Cancelled,
                other => return Err(unknown("state", other)),
            };
            let task = id::needed("task", task)?;
            Ok(Command::SetTaskState { task, state, custom: None, override_rules: false })
        })
    }
}

/// Reports that an item has reached a status, such as `submitted` or `paid`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_report_item(
    acting: *const workflow_acting,
    item: *const workflow_id,
    status: *const c_char,
    status_len: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let item = ItemRef::Id(id::needed("item", item)?);
            Ok(Command::ReportItem { item, status: input::text("status", status, status_len)?.try_into()? })
        })
    }
}

/// The same for an item by the host's own reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_report_external(
    acting: *const workflow_acting,
    reference: *const c_char,
    reference_len: usize,
    status: *const c_char,
    status_len: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let item = ItemRef::External(input::text("reference", reference, reference_len)?.try_into()?);
            Ok(Command::ReportItem { item, status: input::text("status", status, status_len)?.try_into()? })
        })
    }
}

/// Tags that come in.
///
/// # Safety
/// `tags` is NULL or points to `count` texts, each NULL or of its length.
unsafe fn tags(what: &str, tags: *const workflow_text, count: usize) -> Result<BTreeSet<Tag>, Failure> {
    // SAFETY: as the caller's.
    let texts = unsafe { input::texts(what, tags, count) }?;
    texts.into_iter().map(|tag| Ok(Tag::new(tag)?)).collect()
}

/// Puts tags on a job and takes others off. Either list may be NULL when its count is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_tag_job(
    acting: *const workflow_acting,
    job: *const workflow_id,
    add: *const workflow_text,
    add_count: usize,
    remove: *const workflow_text,
    remove_count: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let job = id::needed("job", job)?;
            let (add, remove) = (tags("add", add, add_count)?, tags("remove", remove, remove_count)?);
            Ok(Command::TagJob { job, add, remove })
        })
    }
}

/// Puts tags on an account and takes others off. Either list may be NULL when its count is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_acting_tag_account(
    acting: *const workflow_acting,
    account: *const workflow_id,
    add: *const workflow_text,
    add_count: usize,
    remove: *const workflow_text,
    remove_count: usize,
    key: *const c_char,
    key_len: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        act(acting, (key, key_len), answer, error, || {
            let account = id::needed("account", account)?;
            let (add, remove) = (tags("add", add, add_count)?, tags("remove", remove, remove_count)?);
            Ok(Command::TagAccount { account, add, remove })
        })
    }
}
