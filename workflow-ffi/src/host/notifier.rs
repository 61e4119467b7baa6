//! The host's notifier: notifications are pushed to it.

use std::ffi::c_void;

use workflow_core::engine::{Delivered, Notifier};
use workflow_core::model::Notification;

use super::Owned;
use super::reply::{Reply, workflow_reply};
use crate::call::EngineTag;
use crate::failure::Failure;
use crate::input::{Versioned, versioned};
use crate::outbox::{Written, workflow_notification};

/// What became of a notification.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_verdict {
    /// It was delivered.
    Done = 0,
    /// It could not be delivered now: it comes again, at `workflow_reply_retry_at` or after a while
    /// that grows with every try, and in the end becomes a dead letter.
    Retry = 1,
    /// It can never be delivered: it becomes a dead letter, and its job is marked for attention.
    Reject = 2,
}

/// Delivers notifications.
///
/// The library calls `destroy` once when it does not need the notifier any more; not when the
/// function that it was given to fails. Callbacks must neither throw nor `longjmp`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_notifier {
    /// `sizeof(workflow_notifier)`.
    pub struct_size: u32,
    /// WORKFLOW_ABI_VERSION.
    pub abi_version: u32,
    /// Given to every callback.
    pub user_data: *mut c_void,
    /// Frees `user_data`. May be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    /// Delivers one, and answers a `workflow_verdict`; any other number counts as
    /// WORKFLOW_VERDICT_RETRY. It may come again under the same `id`: deliver it once all the same.
    /// The notification is gone when the callback has returned. Why it failed goes into
    /// `workflow_reply_error`. Needed.
    pub deliver: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            notification: *const workflow_notification,
            reply: *mut workflow_reply,
        ) -> i32,
    >,
}

// SAFETY: numbers, pointers that are not followed, and functions that may be NULL.
unsafe impl Versioned for workflow_notifier {
    const NAME: &'static str = "workflow_notifier";
    const FIRST: usize = size_of::<Self>();
}

pub(crate) struct HostNotifier {
    owned: Owned,
    deliver: unsafe extern "C" fn(*mut c_void, *const workflow_notification, *mut workflow_reply) -> i32,
}

impl HostNotifier {
    /// # Safety
    /// As [`versioned`].
    pub(crate) unsafe fn new(given: *const workflow_notifier, engine: EngineTag) -> Result<Self, Failure> {
        // SAFETY: as the caller's.
        let notifier = unsafe { versioned(given) }?;
        let deliver = notifier.deliver.ok_or_else(|| Failure::null("workflow_notifier.deliver"))?;
        Ok(Self { owned: Owned::lent(notifier.user_data, notifier.destroy, engine), deliver })
    }

    pub(crate) fn keep(&self) {
        self.owned.keep();
    }
}

impl Notifier for HostNotifier {
    fn deliver(&self, notification: &Notification) -> Delivered {
        let written = Written::of(notification);
        let asked = written.lend();
        let reply = match Reply::new() {
            Ok(reply) => reply,
            Err(failure) => return Delivered::Retry { at: None, why: failure.to_string() },
        };
        let (verdict, why, at) = reply.told(|reply| {
            // SAFETY: the host's function on the host's pointer; the notification outlives it.
            self.owned.call(|data| unsafe { (self.deliver)(data, &raw const asked, reply) })
        });
        match verdict {
            0 => Delivered::Done,
            2 => Delivered::Reject { why },
            _ => Delivered::Retry { at, why },
        }
    }
}
