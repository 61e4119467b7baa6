//! Time and memory of what runs here, counted by thread.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: isize) {
    // A thread that ends counts no more.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
    });
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new may both be there for a moment.
        count(signed(size));
        count(-signed(layout.size()));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A few times the size of the document, and never less than what the largest tree takes.
const TIMES: usize = 6;
const FLOOR: usize = 32 << 20;
/// Far more than any takes, on a machine that has other things to do.
const TIME: Duration = Duration::from_secs(15);

/// Runs something on a document of a size, within its bounds.
#[track_caller]
pub(crate) fn bounded<T>(name: &str, size: usize, run: impl FnOnce() -> T) -> T {
    let before = NOW.with(Cell::get);
    PEAK.with(|peak| peak.set(before));
    let began = Instant::now();
    let answer = run();
    let took = began.elapsed();
    let peak = usize::try_from(PEAK.with(Cell::get) - before).unwrap_or(0);
    assert!(took < TIME, "{name}: it took {took:?}");
    assert!(peak < TIMES * size + FLOOR, "{name}: {peak} bytes of memory for a document of {size}");
    answer
}

#[test]
fn s12_1_memory_is_counted() {
    let before = NOW.with(Cell::get);
    PEAK.with(|peak| peak.set(before));
    drop(vec![0u8; 1 << 20]);
    assert!(PEAK.with(Cell::get) - before >= 1 << 20);
    assert!(NOW.with(Cell::get) - before < 1 << 10);
}
