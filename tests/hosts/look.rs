//! Looks at what hosts have left: nothing lost, nothing twice, and all of it what the log says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use workflow_core::engine::{Delivered, Engine, ManualClock, Notifier};
use workflow_core::event::{Entry, Event};
use workflow_core::id::{JobId, NotificationId};
use workflow_core::model::{Intent, Notification, WaitEnd};
use workflow_core::store::{LogBy, LogPosition, LogScan, Queue, QueuedState, Transact};
use workflow_test_support::postgres::Server;

use crate::kit::{Said, firm, long_after, open};

/// Entries after a position, in order, with the last position.
pub(crate) fn log(store: &dyn Transact, after: Option<LogPosition>) -> (Vec<Arc<Entry>>, Option<LogPosition>) {
    let (mut scan, mut found) = (LogScan { after, ..LogScan::new(LogBy::Firm, 500) }, Vec::new());
    while let Ok(page) = store.log(firm(), &scan) {
        let Some(last) = page.last() else { break };
        scan.after = Some(last.position);
        found.extend(page.into_iter().map(|logged| logged.entry));
    }
    (found, scan.after)
}

/// Delivers everything, and remembers what.
#[derive(Default)]
struct Heard(Mutex<Vec<NotificationId>>);

impl Notifier for Heard {
    fn deliver(&self, notification: &Notification) -> Delivered {
        self.0.lock().expect("not poisoned").push(notification.id);
        Delivered::Done
    }
}

/// The events of entries, of one kind.
fn events<'a, T>(entries: &'a [Arc<Entry>], of: impl Fn(&'a Event) -> Option<T> + 'a) -> impl Iterator<Item = T> + 'a {
    entries.iter().flat_map(|entry| &entry.events).filter_map(move |recorded| of(&recorded.event))
}

/// Lets a host that lives finish what dead ones held, and looks whether everything is there, once.
/// Answers the log.
pub(crate) fn look(server: &Server, url: &str, since: DateTime<Utc>, said: &mut Said) -> Vec<Arc<Entry>> {
    let store = Arc::new(open(url).expect("a store"));
    let engine = Engine::with_clock(Arc::clone(&store) as _, Arc::new(ManualClock::at(long_after(since))));
    let found = engine.verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new(), "before a living host takes over");
    finish(&engine, said);
    let found = engine.verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new(), "after a living host has taken over");
    let (entries, _) = log(&*store, None);
    assert_eq!(entries.len(), found.entries);
    commands_are_there_once(&entries, said);
    each_timer_fired_once(&entries);
    notifications_came_in_order(&entries, said);
    a_serial_replay_is_the_same(server, url, &engine);
    entries
}

fn finish(engine: &Engine, said: &mut Said) {
    let heard = Heard::default();
    loop {
        let now = engine.now();
        let ticked = engine.tick(now, 500).expect("ticked");
        assert!(ticked.failures.is_empty(), "{:?}", ticked.failures);
        let follow_ups = engine.run_follow_ups(100).expect("run");
        let delivered = engine.deliver(&heard, 10_000).expect("delivered").delivered;
        if ticked.outcomes.is_empty() && follow_ups + delivered == 0 {
            break;
        }
    }
    for queue in Queue::ALL {
        for state in [QueuedState::Waiting, QueuedState::Dead] {
            let left = engine.queued(queue, firm(), state, None, 10).expect("listed");
            assert_eq!(left, [], "{queue:?} {state:?}");
        }
    }
    for (place, id) in heard.0.into_inner().expect("not poisoned").into_iter().enumerate() {
        // After everything that the hosts delivered, in its order.
        said.delivered.entry(id).or_insert(u128::MAX - 1_000_000 + place as u128);
    }
}

/// Every acknowledged command is in the log, none is there twice, and each has left what it leaves.
fn commands_are_there_once(entries: &[Arc<Entry>], said: &Said) {
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), entries.len(), "an entry is in the log twice");
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for key in entries.iter().filter_map(|entry| entry.key.as_ref()) {
        *keys.entry(key.as_str()).or_default() += 1;
    }
    assert_eq!(keys.iter().find(|(_, times)| **times != 1), None, "a key is in the log twice");
    for (key, firsts) in &said.acknowledged {
        assert!(keys.contains_key(key.as_str()), "the acknowledged command `{key}` is missing");
        assert!(*firsts <= 1, "`{key}` was said to be carried out {firsts} times");
    }
    let mut comments: BTreeMap<&str, usize> = BTreeMap::new();
    for comment in events(entries, |event| if let Event::JobCommented(comment) = event { Some(comment) } else { None })
    {
        *comments.entry(&comment.text).or_default() += 1;
    }
    for (text, times) in &comments {
        assert!(*times <= 2, "`{text}` has left {times} comments");
        assert!(keys.contains_key(text), "comments of `{text}`, whose command is not in the log");
    }
    assert!(!said.acknowledged.is_empty());
}

/// Every wait that was begun has ended once, and those whose time had come have sent their signal.
fn each_timer_fired_once(entries: &[Arc<Entry>]) {
    let begun: Vec<(JobId, u32)> = events(entries, |event| match event {
        Event::WaitBegun { job, wait } => Some((*job, wait.number)),
        _ => None,
    })
    .collect();
    let ended: Vec<(JobId, u32, &WaitEnd)> = events(entries, |event| match event {
        Event::WaitEnded { job, number, how, .. } => Some((*job, *number, how)),
        _ => None,
    })
    .collect();
    let unique: BTreeSet<_> = begun.iter().copied().collect();
    assert_eq!(unique.len(), begun.len());
    let over: BTreeSet<_> = ended.iter().map(|(job, number, _)| (*job, *number)).collect();
    assert_eq!(over.len(), ended.len(), "a wait has ended twice");
    assert_eq!(over, unique, "waits that have ended, and that were begun");
    let elapsed = ended.iter().filter(|(.., how)| **how == WaitEnd::Elapsed).count();
    let signals = events(entries, |event| match event {
        Event::NotificationQueued(notification) => match &notification.intent {
            Intent::Signal { name, .. } if name.as_str() == "later" => Some(()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(signals.count(), elapsed, "signals after waits");
    assert!(elapsed > 0, "no timer fired");
}

/// Each notification was delivered under its one key, and those of a job first in the order in which
/// they were queued, whichever hosts delivered them.
fn notifications_came_in_order(entries: &[Arc<Entry>], said: &Said) {
    assert_eq!(said.twice, [], "acknowledged twice");
    let mut lanes: BTreeMap<Option<JobId>, Vec<NotificationId>> = BTreeMap::new();
    for notification in events(entries, |event| match event {
        Event::NotificationQueued(notification) => Some(notification),
        _ => None,
    }) {
        lanes.entry(notification.job).or_default().push(notification.id);
    }
    let known: BTreeSet<NotificationId> = lanes.values().flatten().copied().collect();
    assert_eq!(known.len(), lanes.values().map(Vec::len).sum::<usize>(), "two notifications of one key");
    let delivered: BTreeSet<NotificationId> = said.delivered.keys().copied().collect();
    assert_eq!(delivered, known, "what was delivered, and what was queued");
    for (job, queued) in lanes.iter().filter(|(job, _)| job.is_some()) {
        let times: Vec<u128> = queued.iter().map(|id| said.delivered[id]).collect();
        assert!(times.is_sorted(), "notifications of {job:?} were delivered out of order");
    }
}

/// The tables of a firm's records, without what is the store's own.
const TABLES: [&str; 20] = [
    "firms",
    "members",
    "templates",
    "pipelines",
    "pipeline_versions",
    "accounts",
    "account_tags",
    "jobs",
    "job_assignees",
    "job_attention",
    "tasks",
    "task_assignees",
    "task_roles",
    "items",
    "comments",
    "series",
    "occurrences",
    "stage_tallies",
    "log",
    "timers",
];

/// A hash of everything that a schema holds of records, indexes, counts and log.
fn hash(server: &Server, schema: &str) -> String {
    let of = |table: &&str| {
        let (columns, rows) = match *table {
            "log" => ("id, key, job, account, member, at, command, body, exact", ""),
            "stage_tallies" => ("t.*", "WHERE jobs <> 0 OR attention <> 0 OR open_blockers <> 0 OR done_blockers <> 0"),
            "timers" => ("id, due, state, body", ""),
            _ => ("t.*", ""),
        };
        format!(
            "(SELECT md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), '')) FROM (SELECT {columns} \
             FROM {schema}.{table} AS t {rows}) AS r)"
        )
    };
    let parts: Vec<String> = TABLES.iter().map(of).collect();
    server.sql(&format!("SELECT {}", parts.join(" || ' ' || ")))
}

/// The log, carried out again entry by entry in another schema, comes to the same.
fn a_serial_replay_is_the_same(server: &Server, url: &str, engine: &Engine) {
    let mut file = Vec::new();
    engine.export_firm(firm(), &mut file).expect("exported");
    let replayed = format!("{}_replayed", schema_of(url));
    let other = url.replace(&format!("schema={}", schema_of(url)), &format!("schema={replayed}"));
    let there = Engine::new(Arc::new(open(&other).expect("a store")));
    there.import_firm(file.as_slice()).expect("imported");
    assert_eq!(hash(server, schema_of(url)), hash(server, &replayed), "by table");
}

/// The schema that an address names.
pub(crate) fn schema_of(url: &str) -> &str {
    url.split_once("schema=").map_or("workflow", |(_, rest)| rest.split('&').next().unwrap_or(rest))
}
