//! What the boundary costs: steps of the reference workload through the C functions beside the same
//! steps in Rust, and a store behind callbacks beside the same store without. `make bench-c`.
//!
//! Each way has an engine of its own on a copy of one firm; they take a round of steps in turn, so that
//! what else the machine does falls on all of them.

#![allow(missing_docs, unsafe_code, reason = "a program that calls C functions")]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_void};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;
use workflow::*;
use workflow_core::command::{Command, ItemRef, Request};
use workflow_core::engine::Engine;
use workflow_core::error::StoreError;
use workflow_core::store::keyed::{Change, KeyRange, KeyTransaction, KeyedStore, Keyspace};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{Capabilities, Durability, Store};
use workflow_suites::season::{Season, next_of};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const JOBS: usize = 2_000;

/// What is done next on each job, and how it is done.
trait Way {
    fn name(&self) -> &'static str;
    /// Carries a command out. Answers how long that took, and what is to be done next.
    fn step(&mut self, request: &Request) -> (Duration, Option<Command>);
}

struct Direct(Engine);

impl Way for Direct {
    fn name(&self) -> &'static str {
        "Rust"
    }
    fn step(&mut self, request: &Request) -> (Duration, Option<Command>) {
        let began = Instant::now();
        let outcome = self.0.execute(request).expect("a step");
        let revision = std::hint::black_box(outcome.revision());
        let taken = began.elapsed();
        assert!(revision > 0);
        (taken, next_of(&outcome))
    }
}

/// What `next_of` finds, in an outcome's document.
fn next_in(json: &[u8]) -> Option<Command> {
    let outcome: Value = serde_json::from_slice(json).expect("JSON");
    let entries = outcome["entries"].as_array()?.iter();
    let found = entries.flat_map(|entry| entry["events"].as_array()).flatten().find_map(|event| {
        let event = &event["event"];
        if let Some(id) = event["task_created"]["task"]["id"].as_str() {
            return Some(serde_json::json!({ "set_task_state": { "task": id, "state": "completed" } }));
        }
        let item = &event["item_created"];
        let status = match item["kind"].as_str()? {
            "organizer" => "submitted",
            "invoice" => "paid",
            _ => "signed",
        };
        let open = item["progress"] == "open";
        open.then(|| serde_json::json!({ "report_item": { "item": { "id": item["id"] }, "status": status } }))
    });
    found.map(|command| serde_json::from_value(command).expect("a command"))
}

fn json_of(answer: *const workflow_answer) -> &'static [u8] {
    let mut len = 0;
    // SAFETY: the text is as long as it is said to be, and is looked at before the answer is freed.
    unsafe { std::slice::from_raw_parts(workflow_answer_json(answer, &raw mut len).cast(), len) }
}

/// By the typed functions.
struct Typed(*mut workflow_acting);

impl Way for Typed {
    fn name(&self) -> &'static str {
        "typed"
    }
    fn step(&mut self, request: &Request) -> (Duration, Option<Command>) {
        let (mut answer, mut error) = (ptr::null_mut(), ptr::null_mut());
        let began;
        // SAFETY: what is pointed to lives, and the places are ours.
        let code = unsafe {
            match &request.command {
                Command::SetTaskState { task, .. } => {
                    let id = workflow_id::from(task.0);
                    began = Instant::now();
                    workflow_acting_complete_task(self.0, &id, ptr::null(), 0, &raw mut answer, &raw mut error)
                }
                Command::ReportItem { item: ItemRef::Id(item), status } => {
                    let (id, status) = (workflow_id::from(item.0), status.as_str());
                    began = Instant::now();
                    let (data, len) = (status.as_ptr().cast(), status.len());
                    workflow_acting_report_item(self.0, &id, data, len, ptr::null(), 0, &raw mut answer, &raw mut error)
                }
                other => panic!("no step: {other:?}"),
            }
        };
        let revision = std::hint::black_box(workflow_answer_revision(answer));
        let taken = began.elapsed();
        assert!(code == 0 && revision > 0);
        let next = next_in(json_of(answer));
        let freeing = Instant::now();
        workflow_answer_free(answer);
        (taken + freeing.elapsed(), next)
    }
}

/// By documents, the answer's included.
struct Documents(*mut workflow_engine);

impl Way for Documents {
    fn name(&self) -> &'static str {
        "JSON"
    }
    fn step(&mut self, request: &Request) -> (Duration, Option<Command>) {
        let request = serde_json::to_vec(request).expect("JSON");
        let (mut answer, mut error) = (ptr::null_mut(), ptr::null_mut());
        let began = Instant::now();
        // SAFETY: what is pointed to lives, and the places are ours.
        let code = unsafe {
            workflow_engine_execute(self.0, request.as_ptr().cast(), request.len(), &raw mut answer, &raw mut error)
        };
        let json = json_of(answer);
        let taken = began.elapsed();
        assert!(code == 0 && json.len() > 100);
        let next = next_in(json);
        let freeing = Instant::now();
        workflow_answer_free(answer);
        (taken + freeing.elapsed(), next)
    }
}

fn ok(code: i32, error: *mut workflow_error) {
    // SAFETY: text of the library's ends in a NUL.
    assert!(code == 0, "{:?}", unsafe { CStr::from_ptr(workflow_error_message(error, ptr::null_mut())) });
}

fn opened(file: &Path) -> *mut workflow_engine {
    let (mut engine, mut error) = (ptr::null_mut(), ptr::null_mut());
    let path = file.to_str().expect("a path");
    // SAFETY: what is pointed to lives, and the places are ours.
    unsafe {
        ok(workflow_engine_open(c"memory:".as_ptr(), 7, ptr::null(), &raw mut engine, &raw mut error), error);
        let (data, len) = (path.as_ptr().cast(), path.len());
        ok(workflow_engine_import_firm(engine, data, len, ptr::null_mut(), &raw mut error), error);
    }
    engine
}

/// Takes every step of all jobs, in rounds, each way in turn. Prints the ratios to the first.
/// Answers how many steps there were, and how many nanoseconds one took longer in the last way than in Rust.
fn compare(season: &Season, firsts: &[Option<Command>], ways: &mut [Box<dyn Way>]) -> (usize, f64) {
    let mut next: Vec<Vec<Option<Command>>> = ways.iter().map(|_| firsts.to_vec()).collect();
    let mut rounds: Vec<Vec<Duration>> = ways.iter().map(|_| Vec::new()).collect();
    let mut steps = 0;
    loop {
        let mut any = false;
        // A few jobs at a time, so that the ways are measured within the same moment.
        for group in 0..JOBS / 100 {
            for (place, way) in ways.iter_mut().enumerate() {
                let mut spent = Duration::ZERO;
                for slot in next[place].iter_mut().skip(group * 100).take(100) {
                    let Some(command) = slot.take() else { continue };
                    let (taken, then) = way.step(&season.request(command));
                    (spent, *slot, any) = (spent + taken, then, true);
                    steps += usize::from(place == 0);
                }
                rounds[place].push(spent);
            }
        }
        if !any {
            break;
        }
    }
    let total = |place: usize| rounds[place].iter().sum::<Duration>();
    println!("{steps} steps each");
    let mut longer = 0.0;
    for (place, way) in ways.iter().enumerate() {
        let mut ratios: Vec<f64> = rounds[place]
            .iter()
            .zip(&rounds[0])
            .filter(|(_, base)| !base.is_zero())
            .map(|(own, base)| own.as_secs_f64() / base.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios[ratios.len() / 2];
        let each = total(place) / u32::try_from(steps).expect("few");
        println!("  {:<12} {each:>10.2?} a step, {median:.2} times Rust (median of the rounds)", way.name());
        longer = (median - 1.0) * total(0).as_secs_f64() * 1e9 / steps as f64;
    }
    (steps, longer)
}

/// A map behind a lock, in Rust.
#[derive(Default)]
struct Map(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);

struct Locked<'a>(MutexGuard<'a, BTreeMap<Vec<u8>, Vec<u8>>>);

impl Keyspace for Map {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "map".to_owned(), durability: Durability::None, shared: false }
    }
    fn begin(&self, _: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
        Ok(Box::new(Locked(self.0.lock().expect("no panic"))))
    }
}

impl KeyTransaction for Locked<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(key).cloned())
    }
    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let mut rows = self.0.range(range.from.clone()..range.to.clone());
        for _ in 0..range.limit {
            let found = if range.descending { rows.next_back() } else { rows.next() };
            let Some((key, value)) = found else { break };
            row(key, value);
        }
        Ok(())
    }
    fn commit(mut self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
        for Change { key, value } in changes {
            match value {
                Some(value) => drop(self.0.insert(key.clone(), value.clone())),
                None => drop(self.0.remove(key)),
            }
        }
        Ok(())
    }
}

/// The same map behind the callbacks of `workflow_store`.
mod callbacks {
    use super::*;

    pub(super) static CALLS: AtomicU64 = AtomicU64::new(0);

    type Held = Locked<'static>;

    unsafe fn held<'a>(transaction: *mut c_void) -> &'a mut Held {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: made by `begin`, and not ended yet.
        unsafe { &mut *transaction.cast::<Held>() }
    }

    unsafe fn slice<'a>(data: *const u8, len: usize) -> &'a [u8] {
        // SAFETY: as the library promises.
        unsafe { std::slice::from_raw_parts(data, len) }
    }

    unsafe extern "C" fn begin(
        data: *mut c_void,
        _: u32,
        transaction: *mut *mut c_void,
        _: *mut workflow_reply,
    ) -> i32 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the map outlives the engine.
        unsafe {
            let map: &'static Map = &*data.cast::<Map>();
            *transaction = Box::into_raw(Box::new(Locked(map.0.lock().expect("no panic")))).cast();
        }
        0
    }

    unsafe extern "C" fn get(
        _: *mut c_void,
        transaction: *mut c_void,
        key: *const u8,
        len: usize,
        reply: *mut workflow_reply,
    ) -> i32 {
        // SAFETY: as the library promises.
        unsafe {
            match held(transaction).0.get(slice(key, len)) {
                Some(value) => workflow_reply_value(reply, value.as_ptr(), value.len()),
                None => 0,
            }
        }
    }

    unsafe extern "C" fn range(
        _: *mut c_void,
        transaction: *mut c_void,
        range: *const workflow_range,
        reply: *mut workflow_reply,
    ) -> i32 {
        // SAFETY: as the library promises.
        unsafe {
            let range = &*range;
            let (from, to) = (slice(range.from, range.from_len).to_vec(), slice(range.to, range.to_len).to_vec());
            let mut rows = held(transaction).0.range(from..to);
            for _ in 0..range.limit {
                let found = if range.descending != 0 { rows.next_back() } else { rows.next() };
                let Some((key, value)) = found else { break };
                workflow_reply_row(reply, key.as_ptr(), key.len(), value.as_ptr(), value.len());
            }
        }
        0
    }

    unsafe extern "C" fn commit(
        _: *mut c_void,
        transaction: *mut c_void,
        changes: *const workflow_change,
        count: usize,
        _: *mut workflow_reply,
    ) -> i32 {
        // SAFETY: as the library promises.
        unsafe {
            let mut held = Box::from_raw(transaction.cast::<Held>());
            CALLS.fetch_add(1, Ordering::Relaxed);
            for change in std::slice::from_raw_parts(changes, count) {
                let key = slice(change.key, change.key_len);
                if change.value.is_null() {
                    held.0.remove(key);
                } else {
                    held.0.insert(key.to_vec(), slice(change.value, change.value_len).to_vec());
                }
            }
        }
        0
    }

    unsafe extern "C" fn abort(_: *mut c_void, transaction: *mut c_void) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: made by `begin`, and ended here.
        drop(unsafe { Box::from_raw(transaction.cast::<Held>()) });
    }

    pub(super) fn store(map: &'static Map) -> workflow_store {
        workflow_store {
            struct_size: u32::try_from(size_of::<workflow_store>()).expect("small"),
            abi_version: WORKFLOW_ABI_VERSION,
            user_data: ptr::from_ref(map).cast_mut().cast(),
            destroy: None,
            begin: Some(begin),
            get: Some(get),
            range: Some(range),
            commit: Some(commit),
            abort: Some(abort),
            durability: 0,
            shared: 0,
            reads_without_waiting: 0,
            reserved: 0,
        }
    }
}

/// An engine on the host's map, through the typed functions.
struct Behind(Typed);

impl Way for Behind {
    fn name(&self) -> &'static str {
        "callbacks"
    }
    fn step(&mut self, request: &Request) -> (Duration, Option<Command>) {
        self.0.step(request)
    }
}

fn acting(engine: *const workflow_engine, season: &Season) -> *mut workflow_acting {
    let (mut acting, mut error) = (ptr::null_mut(), ptr::null_mut());
    let firm = workflow_id::from(season.firm.0);
    // SAFETY: what is pointed to lives, and the places are ours.
    unsafe {
        let (name, len) = (c"season".as_ptr(), 6);
        ok(workflow_acting_new(engine, &firm, 0, ptr::null(), name, len, &raw mut acting, &raw mut error), error);
    }
    acting
}

fn main() {
    // One firm, its jobs at their first stage, carried to every engine.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("firm.wf");
    let season = Season::new(Engine::new(Arc::new(MemoryStore::new())), JOBS).expect("a season");
    let firsts: Vec<Option<Command>> = season.start().expect("jobs").into_iter().map(|runner| runner.next).collect();
    season.engine.export_firm(season.firm, std::fs::File::create(&file).expect("a file")).expect("written");
    let imported = |store: Arc<dyn Store>| {
        let engine = Engine::new(store);
        engine.import_firm(std::io::BufReader::new(std::fs::File::open(&file).expect("a file"))).expect("read");
        engine
    };

    println!("one step, memory store");
    let (typed, documents) = (opened(&file), opened(&file));
    let direct = imported(Arc::new(MemoryStore::new()));
    let mut ways: [Box<dyn Way>; 3] =
        [Box::new(Direct(direct)), Box::new(Typed(acting(typed, &season))), Box::new(Documents(documents))];
    compare(&season, &firsts, &mut ways);

    println!("one step, an ordered map of the host's");
    let map: &'static Map = Box::leak(Box::default());
    let (mut engine, mut error) = (ptr::null_mut(), ptr::null_mut());
    let path = file.to_str().expect("a path");
    // SAFETY: what is pointed to lives, and the places are ours.
    unsafe {
        let store = callbacks::store(map);
        ok(workflow_engine_open_host(&store, ptr::null(), &raw mut engine, &raw mut error), error);
        let (data, len) = (path.as_ptr().cast(), path.len());
        ok(workflow_engine_import_firm(engine, data, len, ptr::null_mut(), &raw mut error), error);
    }
    let direct = imported(Arc::new(KeyedStore::open(Map::default()).expect("a store")));
    let before = callbacks::CALLS.load(Ordering::Relaxed);
    let mut ways: [Box<dyn Way>; 2] = [Box::new(Direct(direct)), Box::new(Behind(Typed(acting(engine, &season))))];
    let (steps, longer) = compare(&season, &firsts, &mut ways);
    let calls = (callbacks::CALLS.load(Ordering::Relaxed) - before) as f64 / steps as f64;
    println!("  {calls:.1} callbacks a step; each costs {:.0} ns there and back", longer / calls);
}
