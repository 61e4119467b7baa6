//! Handles: numbers in the shape of pointers, looked up in one table.
//!
//! A handle says of which type it is, which place of the table it means, and how often that place
//! was used before. So a handle of another type, one that was freed and one that never was are all
//! noticed without following a pointer that the host gave. Values that a call works with are
//! counted references: another thread may free a handle meanwhile, and the value goes when the
//! last call with it is done.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::acting::ActingHandle;
use crate::answer::AnswerHandle;
use crate::code::workflow_code;
use crate::cursor::CursorHandle;
use crate::engine::EngineHandle;
use crate::error::ErrorHandle;
use crate::failure::Failure;
use crate::host::ReplyHandle;
use crate::runner::RunnerHandle;

/// How the bits of a handle are used, from the lowest: a one (so that it is aligned to nothing), the
/// type, the shard, the place in it, and the generation. They fit the 47 bits that languages which
/// tag pointers leave, and the 32 of small machines.
#[cfg(target_pointer_width = "64")]
mod bits {
    pub(super) const KIND: u32 = 4;
    pub(super) const SHARD: u32 = 4;
    pub(super) const PLACE: u32 = 16;
    pub(super) const GENERATION: u32 = 22;
}
#[cfg(not(target_pointer_width = "64"))]
mod bits {
    pub(super) const KIND: u32 = 4;
    pub(super) const SHARD: u32 = 3;
    pub(super) const PLACE: u32 = 12;
    pub(super) const GENERATION: u32 = 12;
}

const SHARDS: usize = 1 << bits::SHARD;
const PLACES: usize = 1 << bits::PLACE;
const GENERATIONS: usize = 1 << bits::GENERATION;

/// A value behind a handle.
enum Object {
    Engine(Arc<EngineHandle>),
    Answer(Arc<AnswerHandle>),
    Error(Arc<ErrorHandle>),
    Acting(Arc<ActingHandle>),
    Cursor(Arc<CursorHandle>),
    Reply(Arc<ReplyHandle>),
    Runner(Arc<RunnerHandle>),
}

/// A type that handles can mean.
pub(crate) trait Handled: Sized {
    /// What the host knows of it.
    type Opaque;
    /// Its number; never that of another type.
    const KIND: usize;
    /// How it is called in messages.
    const NAME: &'static str;
    #[doc(hidden)]
    fn pack(value: Arc<Self>) -> Packed;
    #[doc(hidden)]
    fn unpack(packed: &Packed) -> Option<&Arc<Self>>;
    #[doc(hidden)]
    fn take(packed: Packed) -> Option<Arc<Self>>;
}

/// A value in the table.
pub(crate) struct Packed(Object);

macro_rules! handled {
    ($($variant:ident($type:ty) as $opaque:ty = $kind:literal;)+) => {$(
        impl Handled for $type {
            type Opaque = $opaque;
            const KIND: usize = $kind;
            const NAME: &'static str = stringify!($opaque);
            fn pack(value: Arc<Self>) -> Packed {
                Packed(Object::$variant(value))
            }
            fn unpack(packed: &Packed) -> Option<&Arc<Self>> {
                if let Object::$variant(value) = &packed.0 { Some(value) } else { None }
            }
            fn take(packed: Packed) -> Option<Arc<Self>> {
                if let Object::$variant(value) = packed.0 { Some(value) } else { None }
            }
        }
    )+};
}

use crate::acting::workflow_acting;
use crate::answer::workflow_answer;
use crate::cursor::workflow_cursor;
use crate::engine::workflow_engine;
use crate::error::workflow_error;
use crate::host::workflow_reply;
use crate::runner::workflow_runner;

handled! {
    Engine(EngineHandle) as workflow_engine = 1;
    Answer(AnswerHandle) as workflow_answer = 3;
    Error(ErrorHandle) as workflow_error = 4;
    Acting(ActingHandle) as workflow_acting = 2;
    Cursor(CursorHandle) as workflow_cursor = 5;
    Reply(ReplyHandle) as workflow_reply = 6;
    Runner(RunnerHandle) as workflow_runner = 7;
}

#[derive(Default)]
struct Slot {
    /// How often the place was used before.
    generation: usize,
    object: Option<Packed>,
}

#[derive(Default)]
struct Shard {
    slots: Vec<Slot>,
    /// Places to use again, the one that is free the longest first.
    free: VecDeque<usize>,
}

/// One shard for a few threads each, so that they seldom meet.
static TABLE: [Mutex<Shard>; SHARDS] =
    [const { Mutex::new(Shard { slots: Vec::new(), free: VecDeque::new() }) }; SHARDS];

/// What a handle says.
struct Address {
    kind: usize,
    shard: usize,
    place: usize,
    generation: usize,
}

impl Address {
    fn read(handle: usize) -> Option<Self> {
        if handle & 1 == 0 {
            return None;
        }
        let mut rest = handle >> 1;
        let mut part = |bits: u32| {
            let value = rest & ((1 << bits) - 1);
            rest >>= bits;
            value
        };
        let (kind, shard) = (part(bits::KIND), part(bits::SHARD));
        let (place, generation) = (part(bits::PLACE), part(bits::GENERATION));
        (rest == 0).then_some(Self { kind, shard, place, generation })
    }

    fn write(&self) -> usize {
        let mut handle = self.generation;
        handle = handle << bits::PLACE | self.place;
        handle = handle << bits::SHARD | self.shard;
        handle = handle << bits::KIND | self.kind;
        handle << 1 | 1
    }
}

fn shard(number: usize) -> Option<MutexGuard<'static, Shard>> {
    // Nothing in here can panic half-way through a change.
    TABLE.get(number).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The shard in which a thread keeps its handles.
fn home() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static HOME: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let counted = || THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS;
    // A thread that is ending has no place to remember it: any shard does.
    let known = HOME.try_with(|home| {
        let shard = home.get().unwrap_or_else(counted);
        home.set(Some(shard));
        shard
    });
    known.unwrap_or_default()
}

/// Keeps a value and makes a handle to it.
pub(crate) fn keep<T: Handled>(value: T) -> Result<*mut T::Opaque, Failure> {
    let mut packed = Some(T::pack(Arc::new(value)));
    let home = home();
    for step in 0..SHARDS {
        let number = (home + step) % SHARDS;
        let Some(mut shard) = shard(number) else { continue };
        let place = match shard.free.pop_front() {
            Some(place) => place,
            None if shard.slots.len() < PLACES => {
                shard.slots.push(Slot::default());
                shard.slots.len() - 1
            }
            None => continue,
        };
        let Some(slot) = shard.slots.get_mut(place) else { continue };
        slot.object = packed.take();
        let address = Address { kind: T::KIND, shard: number, place, generation: slot.generation };
        return Ok(ptr::without_provenance_mut(address.write()));
    }
    Err(Failure::boundary(workflow_code::TooManyHandles, "there are more handles than the library keeps: free some"))
}

/// The value that a handle means.
pub(crate) fn look_up<T: Handled>(handle: *const T::Opaque) -> Result<Arc<T>, Failure> {
    if handle.is_null() {
        return Err(Failure::null(T::NAME));
    }
    peek(handle.addr(), |packed| T::unpack(packed).map(Arc::clone)).ok_or_else(|| stale(T::NAME))
}

fn peek<T: Handled>(handle: usize, read: impl FnOnce(&Packed) -> Option<Arc<T>>) -> Option<Arc<T>> {
    let address = Address::read(handle).filter(|address| address.kind == T::KIND)?;
    let shard = shard(address.shard)?;
    let slot = shard.slots.get(address.place).filter(|slot| slot.generation == address.generation)?;
    read(slot.object.as_ref()?)
}

/// Takes a value out of the table; its handle means nothing any more. `None` for what is no handle
/// of this type, or was freed before.
pub(crate) fn take<T: Handled>(handle: *mut T::Opaque) -> Option<Arc<T>> {
    let address = Address::read(handle.addr()).filter(|address| address.kind == T::KIND)?;
    let mut shard = shard(address.shard)?;
    let slot = shard.slots.get_mut(address.place).filter(|slot| slot.generation == address.generation)?;
    let packed = slot.object.take()?;
    slot.generation = (slot.generation + 1) % GENERATIONS;
    shard.free.push_back(address.place);
    drop(shard);
    T::take(packed)
}

fn stale(name: &str) -> Failure {
    let why = format!("this is no `{name}`: it is of another type, was freed, or never was one");
    Failure::boundary(workflow_code::InvalidHandle, why)
}
