//! The host's store: ordered keys and values, changed in transactions.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::keyed::{Change, KeyRange, KeyTransaction, KeyedStore, Keyspace};
use workflow_core::store::{Capabilities, Durability, Store, conformance};

use super::Owned;
use super::reply::{Expects, Reply, Rows, workflow_reply};
use crate::answer::{AnswerHandle, Content, workflow_answer};
use crate::call::{EngineTag, call};
use crate::code::workflow_code;
use crate::error::workflow_error;
use crate::failure::Failure;
use crate::input::{Place, Versioned, versioned};

/// What an acknowledged commit survives.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum workflow_durability {
    /// Nothing: it is gone with the process.
    None = 0,
    /// The death of the process, not always a power cut.
    Process = 1,
    /// A power cut.
    PowerCut = 2,
}

/// A part of a store's keys.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_range {
    /// From this key on.
    pub from: *const u8,
    /// Bytes of it.
    pub from_len: usize,
    /// Up to this key, which is not part of it.
    pub to: *const u8,
    /// Bytes of it.
    pub to_len: usize,
    /// No more rows than this: 1 to 1000.
    pub limit: usize,
    /// 1 when the greatest key comes first, else 0.
    pub descending: u32,
    /// 1 when the values are not looked at and may be left out, else 0.
    pub keys_only: u32,
}

/// A key to write or to delete.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_change {
    /// The key.
    pub key: *const u8,
    /// Bytes of it: 1 to some thousands.
    pub key_len: usize,
    /// What it holds from now on; NULL when the key is deleted, if it is there.
    pub value: *const u8,
    /// Bytes of it: 0 to some millions.
    pub value_len: usize,
}

/// A store of the host's: byte strings by byte strings, in the order of their bytes (as `memcmp`
/// orders them, a shorter one before a longer one that begins with it), changed in transactions.
/// Everything else, from indexes to queues, the library lays over it.
///
/// An ordered map behind a lock is one, and so is a table of two columns in a SQL database:
/// `CREATE TABLE kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID`. examples/c/host_store.c
/// and examples/c/legacy_host.c are both, in full.
///
/// # What a transaction promises
/// - All of its reads are of one instant, not before it began: they see every commit that was
///   acknowledged before, and nothing of one that has not happened.
/// - What a writing transaction has read is still so when it commits. One lock, or one writer at a
///   time, does it; a store that finds out at the commit answers WORKFLOW_CODE_CONFLICT, and the
///   library tries again from the beginning.
/// - `commit` makes all changes or none, and ends the transaction whatever it answers.
///   WORKFLOW_CODE_AMBIGUOUS says that it is not known which, and nothing else does.
/// - A transaction that is not committed is ended by `abort`. It has changed nothing.
///
/// # Callbacks
/// Each answers 0, or one of the codes 200 to 207 with `workflow_reply_error` for words; any other
/// code counts as WORKFLOW_CODE_UNAVAILABLE. They may come from many threads at once, one
/// transaction from one thread, and must neither throw nor `longjmp`.
///
/// The library keeps `user_data` once the engine is open, and calls `destroy` once when it is
/// closed. When the engine cannot be opened it is not called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct workflow_store {
    /// `sizeof(workflow_store)`.
    pub struct_size: u32,
    /// WORKFLOW_ABI_VERSION.
    pub abi_version: u32,
    /// Given to every callback.
    pub user_data: *mut c_void,
    /// Frees `user_data`. May be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    /// Begins a transaction: to write too when `write` is 1, else only to read. What it puts into
    /// `transaction`, which may be NULL, is given to the others. Needed.
    pub begin: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            write: u32,
            transaction: *mut *mut c_void,
            reply: *mut workflow_reply,
        ) -> i32,
    >,
    /// Answers what a key holds with `workflow_reply_value`; without it the key holds nothing.
    /// Needed.
    pub get: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            transaction: *mut c_void,
            key: *const u8,
            key_len: usize,
            reply: *mut workflow_reply,
        ) -> i32,
    >,
    /// Answers the rows of a range with `workflow_reply_row`, in order. Needed.
    pub range: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            transaction: *mut c_void,
            range: *const workflow_range,
            reply: *mut workflow_reply,
        ) -> i32,
    >,
    /// Makes all changes, which are in the order of their keys and of different keys. Needed.
    pub commit: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            transaction: *mut c_void,
            changes: *const workflow_change,
            count: usize,
            reply: *mut workflow_reply,
        ) -> i32,
    >,
    /// Ends a transaction that is not committed. Needed.
    pub abort: Option<unsafe extern "C" fn(user_data: *mut c_void, transaction: *mut c_void)>,
    /// What a commit survives: a `workflow_durability`.
    pub durability: i32,
    /// 1 when several processes may work on it at once, else 0.
    pub shared: u32,
    /// 1 when transactions that only read keep nobody waiting, however long they last, else 0. Only
    /// then can a firm be exported while others work.
    pub reads_without_waiting: u32,
    /// Zero.
    pub reserved: u32,
}

// SAFETY: numbers, pointers that are not followed, and functions that may be NULL.
unsafe impl Versioned for workflow_store {
    const NAME: &'static str = "workflow_store";
    const FIRST: usize = size_of::<Self>();
}

/// The callbacks, all of them there.
struct Callbacks {
    begin: unsafe extern "C" fn(*mut c_void, u32, *mut *mut c_void, *mut workflow_reply) -> i32,
    get: unsafe extern "C" fn(*mut c_void, *mut c_void, *const u8, usize, *mut workflow_reply) -> i32,
    range: unsafe extern "C" fn(*mut c_void, *mut c_void, *const workflow_range, *mut workflow_reply) -> i32,
    commit: unsafe extern "C" fn(*mut c_void, *mut c_void, *const workflow_change, usize, *mut workflow_reply) -> i32,
    abort: unsafe extern "C" fn(*mut c_void, *mut c_void),
}

pub(crate) struct HostStore {
    owned: Arc<Owned>,
    callbacks: Callbacks,
    durability: Durability,
    shared: bool,
    reads_without_waiting: bool,
}

impl HostStore {
    /// # Safety
    /// As [`versioned`].
    pub(crate) unsafe fn new(given: *const workflow_store, engine: EngineTag) -> Result<Self, Failure> {
        // SAFETY: as the caller's.
        let store = unsafe { versioned(given) }?;
        let callbacks = Callbacks {
            begin: store.begin.ok_or_else(|| Failure::null("workflow_store.begin"))?,
            get: store.get.ok_or_else(|| Failure::null("workflow_store.get"))?,
            range: store.range.ok_or_else(|| Failure::null("workflow_store.range"))?,
            commit: store.commit.ok_or_else(|| Failure::null("workflow_store.commit"))?,
            abort: store.abort.ok_or_else(|| Failure::null("workflow_store.abort"))?,
        };
        let durability = match store.durability {
            0 => Durability::None,
            1 => Durability::Process,
            2 => Durability::PowerCut,
            other => {
                let why = format!("`workflow_store.durability` of {other} is no `workflow_durability`");
                return Err(Failure::boundary(workflow_code::OutOfRange, why));
            }
        };
        let owned = Arc::new(Owned::lent(store.user_data, store.destroy, engine));
        let (shared, reads_without_waiting) = (store.shared != 0, store.reads_without_waiting != 0);
        Ok(Self { owned, callbacks, durability, shared, reads_without_waiting })
    }

    /// What the host gives with it.
    pub(crate) fn owned(&self) -> Arc<Owned> {
        Arc::clone(&self.owned)
    }
}

fn of_boundary(failure: Failure) -> StoreError {
    match failure {
        Failure::Engine(workflow_core::error::Error::Store(error)) => error,
        failure => StoreError::new(ErrorKind::Unavailable, failure.to_string()),
    }
}

impl Keyspace for HostStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "host".to_owned(), durability: self.durability, shared: self.shared }
    }

    fn reads_without_waiting(&self) -> bool {
        self.reads_without_waiting
    }

    fn begin(&self, write: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
        let reply = Reply::new().map_err(of_boundary)?;
        let mut transaction = ptr::null_mut();
        reply.during(Expects::Nothing, Rows::default(), |reply| {
            // SAFETY: the host's function on the host's pointer; the rest outlives it.
            self.owned
                .call(|data| unsafe { (self.callbacks.begin)(data, u32::from(write), &raw mut transaction, reply) })
        })?;
        Ok(Box::new(Transaction { store: self, transaction, reply, open: true }))
    }
}

struct Transaction<'a> {
    store: &'a HostStore,
    transaction: *mut c_void,
    reply: Reply,
    /// Whether `abort` has to end it.
    open: bool,
}

impl KeyTransaction for Transaction<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reply.during(Expects::Value, Rows::default(), |reply| {
            // SAFETY: the host's function on the host's pointers; the key outlives it.
            self.store.owned.call(|data| unsafe {
                (self.store.callbacks.get)(data, self.transaction, key.as_ptr(), key.len(), reply)
            })
        })?;
        Ok(self.reply.value())
    }

    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let asked = workflow_range {
            from: range.from.as_ptr(),
            from_len: range.from.len(),
            to: range.to.as_ptr(),
            to_len: range.to.len(),
            limit: range.limit,
            descending: u32::from(range.descending),
            keys_only: u32::from(range.keys_only),
        };
        let KeyRange { from, to, descending, limit, .. } = range.clone();
        let rows = Rows { from, to, descending, limit, found: Vec::new() };
        self.reply.during(Expects::Rows, rows, |reply| {
            // SAFETY: the host's function on the host's pointers; the range outlives it.
            self.store
                .owned
                .call(|data| unsafe { (self.store.callbacks.range)(data, self.transaction, &raw const asked, reply) })
        })?;
        for (key, value) in self.reply.rows() {
            row(&key, &value);
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
        self.open = false;
        let change = |change: &Change| workflow_change {
            key: change.key.as_ptr(),
            key_len: change.key.len(),
            value: change.value.as_ref().map_or(ptr::null(), Vec::as_ptr),
            value_len: change.value.as_ref().map_or(0, Vec::len),
        };
        let changes: Vec<workflow_change> = changes.iter().map(change).collect();
        self.reply.during(Expects::Nothing, Rows::default(), |reply| {
            // SAFETY: the host's function on the host's pointers; the changes outlive it.
            self.store.owned.call(|data| unsafe {
                (self.store.callbacks.commit)(data, self.transaction, changes.as_ptr(), changes.len(), reply)
            })
        })
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // SAFETY: the host's function on the host's pointers, called this once.
            self.store.owned.call(|data| unsafe { (self.store.callbacks.abort)(data, self.transaction) });
        }
    }
}

/// Tells whether a store of the host's keeps its promises: runs the suite that every store of the
/// library passes, which leaves firms of its own behind and takes some seconds. The answer has
/// `workflow_answer_count` checks that it passed and `workflow_answer_failure_count` that it did not;
/// `workflow_answer_text` says what was expected and what it did instead. `destroy` is called before
/// the call ends, unless it fails before it begins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn workflow_store_check(
    store: *const workflow_store,
    answer: *mut *mut workflow_answer,
    error: *mut *mut workflow_error,
) -> i32 {
    // SAFETY: as the caller's.
    let place = unsafe { Place::clear(answer, ptr::null_mut()) };
    // SAFETY: as the caller's.
    unsafe {
        call(error, || {
            place.needed("answer")?;
            let store = HostStore::new(store, EngineTag::new())?;
            let owned = store.owned();
            let store: Arc<dyn Store> = Arc::new(KeyedStore::open(store)?);
            owned.keep();
            let report = conformance::run(&|| Arc::clone(&store));
            place.set(AnswerHandle::keep(Content::Report(Box::new(report)))?);
            Ok(())
        })
    }
}
