//! Notifications on their way to the host: claimed and settled, or pushed to a notifier.

use std::ffi::c_char;
use std::ptr;

use chrono::TimeDelta;
use uuid::Uuid;
use workflow_core::engine::{Delivery, Receipt};
use workflow_core::id::{FirmId, JobId, NotificationId};
use workflow_core::model::{Intent, Notification};

use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{ask, within};
use crate::document;
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::handle::look_up;
use crate::host::{HostNotifier, workflow_notifier};
use crate::id::{self, workflow_id};
use crate::input::{self, Place};
use crate::text::{self, Text};
use crate::time::instant;

/// What the host is asked to do. Texts are the library's, end in a NUL, are never NULL, and are
/// empty where there is none; so are identifiers, which are all zero. `intent` says which there are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_notification {
    /// Its identifier, which is also its idempotency key: the same however often it comes.
    pub id: workflow_id,
    /// Of which firm.
    pub firm: workflow_id,
    /// About which job.
    pub job: workflow_id,
    /// About which account.
    pub account: workflow_id,
    /// When the change that caused it was made: microseconds since 1970.
    pub at: i64,
    /// What is asked: `request_item`, `complete_item`, `cancel_item`, `remind_of_item`,
    /// `remind_of_task`, `apply_folder_template`, `update_account_access`, `signal`. More may come.
    pub intent: *const c_char,
    /// Of an item: the engine's record of it, by which its status is reported.
    pub item: workflow_id,
    /// Of an item: its kind, such as `email` or `organizer`.
    pub kind: *const c_char,
    /// The host's template.
    pub template_name: *const c_char,
    /// What the item or task is called, or the signal's name.
    pub title: *const c_char,
    /// The text that goes with it.
    pub body: *const c_char,
    /// Of a task: which.
    pub task: workflow_id,
    /// All of it as a JSON document, by notification.schema.json.
    pub json: *const c_char,
    /// Bytes of it.
    pub json_len: usize,
}

/// Names a delivery. Good as long as its lease, and in any process: it may be kept as it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_receipt {
    /// Of which firm.
    pub firm: workflow_id,
    /// Which notification.
    pub notification: workflow_id,
    /// About which job; all zero for none.
    pub job: workflow_id,
    /// Counts the leases that it had.
    pub generation: u64,
    /// How often it was handed out.
    pub attempts: u32,
    /// Zero.
    pub reserved: u32,
}

/// A notification that was handed out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_delivery {
    /// What is to be done.
    pub notification: workflow_notification,
    /// By which it is acknowledged, failed or rejected.
    pub receipt: workflow_receipt,
}

/// A notification with its texts, for as long as they are lent.
pub(crate) struct Written {
    fixed: workflow_notification,
    json: Text,
    kind: Text,
    template: Text,
    title: Text,
    body: Text,
    intent: Text,
}

// SAFETY: `fixed` holds no pointers of its own; they are put in when it is lent.
unsafe impl Send for Written {}
// SAFETY: as above.
unsafe impl Sync for Written {}

/// The parts of an intent that a host looks at most.
#[derive(Default)]
struct Parts<'a> {
    item: Option<Uuid>,
    task: Option<Uuid>,
    kind: &'a str,
    template: &'a str,
    title: &'a str,
    body: &'a str,
}

fn parts(intent: &Intent) -> Parts<'_> {
    match intent {
        Intent::RequestItem { item, kind, template, title, body } => Parts {
            item: Some(item.0),
            kind: kind.as_str(),
            template: template.as_ref().map_or("", |key| key.as_str()),
            title,
            body: body.as_deref().unwrap_or_default(),
            ..Parts::default()
        },
        Intent::CompleteItem { item, kind } | Intent::CancelItem { item, kind } => {
            Parts { item: Some(item.0), kind: kind.as_str(), ..Parts::default() }
        }
        Intent::RemindOfItem { item, kind, title, .. } => {
            Parts { item: Some(item.0), kind: kind.as_str(), title, ..Parts::default() }
        }
        Intent::RemindOfTask { task, title, .. } => Parts { task: Some(task.0), title, ..Parts::default() },
        Intent::ApplyFolderTemplate { template } => Parts { template: template.as_str(), ..Parts::default() },
        Intent::Signal { name, .. } => Parts { title: name.as_str(), ..Parts::default() },
        // What is to be done is in the document.
        _ => Parts::default(),
    }
}

impl Written {
    pub(crate) fn of(notification: &Notification) -> Self {
        let parts = parts(&notification.intent);
        let some = |id: Option<Uuid>| workflow_id::from(id.unwrap_or_default());
        let nothing = text::nothing();
        let fixed = workflow_notification {
            id: notification.id.0.into(),
            firm: notification.firm.0.into(),
            job: some(notification.job.map(|job| job.0)),
            account: some(notification.account.map(|account| account.0)),
            at: notification.at.timestamp_micros(),
            intent: nothing,
            item: some(parts.item),
            kind: nothing,
            template_name: nothing,
            title: nothing,
            body: nothing,
            task: some(parts.task),
            json: nothing,
            json_len: 0,
        };
        Self {
            fixed,
            json: document::write(notification),
            kind: Text::new(parts.kind),
            template: Text::new(parts.template),
            title: Text::new(parts.title),
            body: Text::new(parts.body),
            intent: Text::new(notification.intent.name()),
        }
    }

    /// As the host sees it, while this lives.
    pub(crate) fn lend(&self) -> workflow_notification {
        workflow_notification {
            intent: self.intent.data(),
            kind: self.kind.data(),
            template_name: self.template.data(),
            title: self.title.data(),
            body: self.body.data(),
            json: self.json.data(),
            json_len: self.json.len(),
            ..self.fixed
        }
    }
}

/// Deliveries of one claim, with their texts.
pub(crate) struct Claimed {
    deliveries: Vec<Delivery>,
    _texts: Vec<Written>,
    lent: Vec<workflow_delivery>,
}

// SAFETY: what `lent` points to is in `_texts`, is never written to, and lives as long.
unsafe impl Send for Claimed {}
// SAFETY: as above.
unsafe impl Sync for Claimed {}

impl Claimed {
    fn of(deliveries: Vec<Delivery>) -> Self {
        let texts: Vec<Written> = deliveries.iter().map(|delivery| Written::of(&delivery.notification)).collect();
        let lent = texts.iter().zip(&deliveries).map(|(written, delivery)| workflow_delivery {
            notification: written.lend(),
            receipt: delivery.receipt.into(),
        });
        Self { lent: lent.collect(), _texts: texts, deliveries }
    }

    pub(crate) fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }
}

impl From<Receipt> for workflow_receipt {
    fn from(receipt: Receipt) -> Self {
        Self {
            firm: receipt.firm.0.into(),
            notification: receipt.notification.0.into(),
            job: receipt.job.map_or(Uuid::nil(), |job| job.0).into(),
            generation: receipt.generation,
            attempts: receipt.attempts,
            reserved: 0,
        }
    }
}

/// A receipt that must be there.
///
/// # Safety
/// `receipt` is NULL or points to one.
unsafe fn receipt(given: *const workflow_receipt) -> Result<Receipt, Failure> {
    if given.is_null() {
        return Err(Failure::null("receipt"));
    }
    // SAFETY: as the caller's; any bits are a receipt.
    let given = unsafe { given.read_unaligned() };
    let job = Uuid::from(given.job);
    Ok(Receipt {
        firm: FirmId(given.firm.into()),
        notification: NotificationId(given.notification.into()),
        generation: given.generation,
        attempts: given.attempts,
        job: (!job.is_nil()).then_some(JobId(job)),
    })
}

/// Hands out notifications that are due, one per job at a time, the oldest first: of one firm, or
/// of all when `firm` is NULL. For `lease_millis` nobody else gets them. The answer has
/// `workflow_answer_count` of them, each a `workflow_answer_delivery`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_claim(
    engine: *const workflow_engine,
    firm: *const workflow_id,
    lease_millis: u64,
    limit: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            place.needed("answer")?;
            let firm: Option<FirmId> = id::optional(firm);
            let lease = TimeDelta::try_milliseconds(i64::try_from(lease_millis).unwrap_or(i64::MAX));
            let lease = lease.unwrap_or(TimeDelta::MAX);
            let claimed = Claimed::of(engine.engine.claim_notifications(firm, lease, limit)?);
            place.set(AnswerHandle::keep(Content::Deliveries(claimed))?);
            Ok(())
        })
    }
}

/// A delivery of `workflow_engine_claim`, from 0. NULL when there are not so many. Valid until the
/// answer is freed.
#[unsafe(no_mangle)]
pub extern "C" fn workflow_answer_delivery(answer: *const workflow_answer, index: usize) -> *const workflow_delivery {
    ask(ptr::null(), || {
        let answer = look_up::<AnswerHandle>(answer)?;
        let Content::Deliveries(claimed) = answer.content() else { return Ok(ptr::null()) };
        Ok(claimed.lent.get(index).map_or(ptr::null(), ptr::from_ref))
    })
}

/// Says that a notification was delivered. `held` becomes 1, or 0 when the lease had run out and
/// another may deliver it once more; it may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_acknowledge(
    engine: *const workflow_engine,
    receipt: *const workflow_receipt,
    held: *mut i32,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(held, 0) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let kept = engine.engine.acknowledge(&self::receipt(receipt)?)?;
            place.set(i32::from(kept));
            Ok(())
        })
    }
}

/// Says that many notifications were delivered, with one synchronisation of the store. `held`, when
/// it is not NULL, has room for `count` numbers: each becomes what `workflow_engine_acknowledge`
/// says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_acknowledge_many(
    engine: *const workflow_engine,
    receipts: *const workflow_receipt,
    count: usize,
    held: *mut i32,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            input::count::<workflow_receipt>("receipts", count)?;
            if receipts.is_null() {
                return Err(Failure::null("receipts"));
            }
            let receipts: Result<Vec<Receipt>, _> =
                (0..count).map(|place| receipt(receipts.wrapping_add(place))).collect();
            let kept = engine.engine.acknowledge_many(&receipts?)?;
            if !held.is_null() {
                for (place, kept) in kept.into_iter().enumerate().take(count) {
                    held.wrapping_add(place).write_unaligned(i32::from(kept));
                }
            }
            Ok(())
        })
    }
}

/// Says that a delivery failed, and why. It is tried again at `retry_at`, microseconds since 1970;
/// with 0, after a while that grows with every try, until it becomes a dead letter. `held` as in
/// `workflow_engine_acknowledge`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_fail(
    engine: *const workflow_engine,
    receipt: *const workflow_receipt,
    why: *const c_char,
    why_len: usize,
    retry_at: i64,
    held: *mut i32,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(held, 0) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let receipt = self::receipt(receipt)?;
            let why = input::text("why", why, why_len)?;
            let at = if retry_at == 0 { None } else { Some(instant("retry_at", retry_at)?) };
            place.set(i32::from(engine.engine.fail(&receipt, why, at)?));
            Ok(())
        })
    }
}

/// Says that a notification can never be delivered, and why: it becomes a dead letter, and its job
/// is marked for attention. `held` as in `workflow_engine_acknowledge`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_reject(
    engine: *const workflow_engine,
    receipt: *const workflow_receipt,
    why: *const c_char,
    why_len: usize,
    held: *mut i32,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(held, 0) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let receipt = self::receipt(receipt)?;
            let kept = engine.engine.reject(&receipt, input::text("why", why, why_len)?)?;
            place.set(i32::from(kept));
            Ok(())
        })
    }
}

/// Sends a dead letter again, at the end of what waits for its job.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_send_again(
    engine: *const workflow_engine,
    firm: *const workflow_id,
    notification: *const workflow_id,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let firm = id::needed("firm", firm)?;
            Ok(engine.engine.send_again(firm, id::needed("notification", notification)?)?)
        })
    }
}

/// Delivers notifications that are due through a notifier, until none is left or `limit` were
/// tried. The answer, by deliveries.schema.json, counts them. The notifier is used during the call
/// alone, and its `destroy` is called before it ends, unless the call fails before it begins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_engine_deliver(
    engine: *const workflow_engine,
    notifier: *const workflow_notifier,
    limit: usize,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        within(engine, error, |engine| {
            let notifier = HostNotifier::new(notifier, engine.tag)?;
            notifier.keep();
            let deliveries = engine.engine.deliver(&notifier, limit)?;
            if place.wanted() {
                place.set(AnswerHandle::keep(Content::Delivered(deliveries))?);
            }
            Ok(())
        })
    }
}
