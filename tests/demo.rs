//! The demo, killed at random moments and started again: it ends like one that was left alone, and
//! what it leaves is whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use workflow_core::engine::Engine;
use workflow_core::event::Event;
use workflow_core::id::FirmId;
use workflow_core::store::{LogBy, LogScan, Queue, QueueScan, QueuedState, Transact};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_test_support::postgres::Server;

/// The program, which cargo builds along with the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this program's path");
    let folder = test.parent().and_then(Path::parent).expect("the profile's folder");
    folder.join("examples").join(format!("tax_season{}", std::env::consts::EXE_SUFFIX))
}

/// The demo's data with the first clients only.
fn few_clients(folder: &Path, clients: usize) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let data = folder.join("data");
    std::fs::create_dir_all(data.join("pipelines")).expect("a folder");
    for name in ["firm.json", "team.json"] {
        std::fs::copy(source.join(name), data.join(name)).expect("a copy");
    }
    for entry in std::fs::read_dir(source.join("pipelines")).expect("pipelines") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, data.join("pipelines").join(path.file_name().expect("a name"))).expect("a copy");
    }
    let text = std::fs::read_to_string(source.join("clients.csv")).expect("clients");
    let few: Vec<&str> = text.lines().take(clients + 1).collect();
    std::fs::write(data.join("clients.csv"), few.join("\n")).expect("written");
    data
}

fn command(data: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("--quiet").arg("--data").arg(data).arg("--folder").arg(folder);
    command.arg("--acknowledged").arg(folder.join("acknowledged"));
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// Runs it to the end; answers what it says of the final state.
fn finish(data: &Path, folder: &Path) -> String {
    finish_as(&mut command(data, folder))
}

fn finish_as(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).output().expect("the demo");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "the demo failed:\n{text}");
    passed_a_year(&text);
    text.lines().last().expect("a last line").to_owned()
}

/// Time did things by itself, work came again, and deadlines had their fates.
fn passed_a_year(text: &str) {
    let timed = text.lines().find(|line| line.contains(" timers fired")).expect("what time did");
    assert!(timed.split(", ").all(|part| !part.starts_with("0 ")), "{timed}");
    let numbers = |name: &str| -> Vec<usize> {
        let row = text.lines().rev().find(|line| line.starts_with(&format!("  {name} "))).expect("a row");
        row.trim_start_matches(&format!("  {name}")).split_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    // Jobs, those that came again, then deadlines met, extended, missed and ahead.
    let books = numbers("Monthly Bookkeeping");
    assert_eq!(books[0], books[1], "only the series makes them");
    assert!(books[0] > 0 && books[0].is_multiple_of(13), "twelve months, and what opens on 31 December: {books:?}");
    let returns = numbers("Individual 1040");
    assert!(returns[1] == 0 && returns[2] > 0, "returns do not come again, and some are in time: {returns:?}");
}

/// The identifiers in a text, one a line. A line that a killed process left half written is none.
fn whole_lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    text[..whole].lines().map(str::to_owned).collect()
}

/// The notifications that the host has got, by their keys.
fn delivered(folder: &Path) -> Vec<String> {
    let id = |line: String| {
        let value: serde_json::Value = serde_json::from_str(&line).expect("a notification");
        value["id"].as_str().expect("an id").to_owned()
    };
    whole_lines(&folder.join("outbox").join("notifications.jsonl")).into_iter().map(id).collect()
}

fn assert_unique(ids: &[String], what: &str) -> BTreeSet<String> {
    let unique: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(unique.len(), ids.len(), "{what} is there twice");
    unique
}

/// Looks at what a killed process left. Answers how many commands it had acknowledged.
fn look(folder: &Path) -> usize {
    let file = folder.join("practice.db");
    if !file.exists() {
        return 0;
    }
    let store = Arc::new(SqliteStore::open(&file, SqliteOptions::default()).expect("a store"));
    assert_eq!(store.integrity_check().expect("a check"), Vec::<String>::new());
    let firm: FirmId = "0190a5d0-0000-7000-8000-000000000001".parse().expect("an id");
    let found = Engine::new(Arc::clone(&store) as _).verify(firm).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());

    let (mut entries, mut notifications) = (Vec::new(), Vec::new());
    let mut scan = LogScan::new(LogBy::Firm, 1_000);
    loop {
        let page = store.log(firm, &scan).expect("the log");
        let Some(last) = page.last() else { break };
        scan.after = Some(last.position);
        for logged in &page {
            entries.push(logged.entry.id.to_string());
            notifications.extend(logged.entry.events.iter().filter_map(|recorded| match &recorded.event {
                Event::NotificationQueued(notification) => Some(notification.id.to_string()),
                _ => None,
            }));
        }
    }
    let entries = assert_unique(&entries, "an entry");
    let acknowledged = whole_lines(&folder.join("acknowledged"));
    for id in acknowledged.iter().filter(|id| id.len() == 36) {
        assert!(entries.contains(id), "the acknowledged command of entry {id} is missing");
    }
    let notifications = assert_unique(&notifications, "a notification's key");
    let mut waiting = Vec::new();
    let mut scan = QueueScan { queue: Queue::Outbox, firm, state: QueuedState::Waiting, after: None, limit: 1_000 };
    loop {
        let page = store.queued(&scan).expect("the outbox");
        let Some(last) = page.last() else { break };
        scan.after = Some(last.sequence);
        waiting.extend(page.iter().map(|row| row.id.to_string()));
    }
    let waiting = assert_unique(&waiting, "a waiting notification");
    let delivered = assert_unique(&delivered(folder), "a delivered notification");
    assert_eq!(&waiting | &delivered, notifications, "notifications that wait or were delivered, and those in the log");
    acknowledged.len()
}

#[test]
fn s5_5_a_demo_that_is_killed_ends_like_one_that_is_not() {
    let rounds: u64 = std::env::var("WORKFLOW_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let home = tempfile::tempdir().expect("a folder");
    let data = few_clients(home.path(), 40);
    let began = Instant::now();
    let wanted = finish(&data, &home.path().join("whole"));
    let whole = began.elapsed();
    let mut random = 0x2545_f491_4f6c_dd1du64 ^ u64::from(std::process::id());
    let (mut killed, mut season) = (0, 0);
    // A season that has come to its end is no place to be killed in any more: then another begins.
    while killed < rounds {
        season += 1;
        let folder = home.path().join(format!("killed {season}"));
        let mut acknowledged = 0;
        while killed < rounds {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut child = command(&data, &folder).stdout(Stdio::null()).spawn().expect("the demo");
            // Anywhere between the first moments and a good part of a whole run.
            let life = whole.mul_f64((random % 1_000) as f64 / 1_000.0 * 0.5) + Duration::from_millis(5);
            std::thread::sleep(life);
            if let Some(status) = child.try_wait().expect("a child") {
                assert!(status.success(), "{status}");
                break;
            }
            child.kill().expect("killed");
            child.wait().expect("gone");
            killed += 1;
            let now = look(&folder);
            assert!(now >= acknowledged, "what was acknowledged is written down for good");
            acknowledged = now;
        }
        assert_eq!(finish(&data, &folder), wanted, "an interrupted season ended in another state");
        assert!(look(&folder) > 1_000, "a season has more commands");
        assert!(!delivered(&folder).is_empty());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
    println!("killed {killed} times in {season} seasons");
}

#[test]
fn it_ends_on_postgres_as_on_a_file_also_when_it_was_killed() {
    let home = tempfile::tempdir().expect("a folder");
    let data = few_clients(home.path(), 40);
    let on_file = finish(&data, &home.path().join("file"));
    let folder = home.path().join("server");
    let url = Server::shared().address("wf", "postgres");
    let on_server = || {
        let mut command = command(&data, &folder);
        command.args(["--store", &url]);
        command
    };
    for enough in [50, 400] {
        let mut child = on_server().stdout(Stdio::null()).spawn().expect("the demo");
        while whole_lines(&folder.join("acknowledged")).len() < enough {
            assert!(child.try_wait().expect("its state").is_none(), "it ended before it was killed");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("it can be killed");
        child.wait().expect("it is gone");
    }
    assert_eq!(finish_as(&mut on_server()), on_file);
    let delivered = delivered(&folder);
    assert!(assert_unique(&delivered, "a delivered notification").len() > 100);
}
