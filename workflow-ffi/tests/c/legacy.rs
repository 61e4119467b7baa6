//! An existing program takes the engine into its own SQLite file: `examples/c/legacy_host.c`, linked
//! with a SQLite of its own and killed at every statement.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::compiler::{Language, Link, Program, Told, repository, sanitized, valgrind};

/// The source of the SQLite that the program brings, and where its header is.
fn sqlite_source() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"]);
    let output = cargo.arg(repository().join("Cargo.toml")).output().expect("cargo");
    assert!(output.status.success(), "{}", Told(&output));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let sqlite = packages.iter().find(|package| package["name"] == "libsqlite3-sys").expect("SQLite");
    let manifest = Path::new(sqlite["manifest_path"].as_str().expect("a path"));
    manifest.with_file_name("sqlite3")
}

/// The program's own SQLite, compiled once.
fn sqlite() -> &'static Path {
    static COMPILED: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let compile = || {
        let folder = tempfile::tempdir().expect("a folder");
        let object = folder.path().join("sqlite3.o");
        let output = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
            .args(["-c", "-O0", "-DSQLITE_OMIT_LOAD_EXTENSION", "-o"])
            .arg(&object)
            .arg(sqlite_source().join("sqlite3.c"))
            .output()
            .expect("a compiler");
        assert!(output.status.success(), "{}", Told(&output));
        (folder, object)
    };
    &COMPILED.get_or_init(compile).1
}

struct Host {
    program: Program,
}

impl Host {
    fn build(language: Language) -> Self {
        let object = sqlite();
        let include = format!("-isystem{}", sqlite_source().display());
        let source = repository().join("examples/c/legacy_host.c");
        let arguments = [include.as_str(), object.to_str().expect("a path"), "-ldl", "-lm"];
        Self { program: Program::build_with(&source, language, Link::Shared, &arguments) }
    }

    /// Runs it on the files of a name; killed at a statement if one is named. Answers whether it came
    /// to its end.
    fn run(&self, files: &str, hour: u32, client: Option<(&str, &str)>, kill_at: Option<u32>) -> bool {
        let (database, mailbox, hour) = (format!("{files}.db"), format!("{files}.mbox"), hour.to_string());
        let mut arguments = vec![database.as_str(), mailbox.as_str(), hour.as_str()];
        if let Some((name, email)) = client {
            arguments.extend([name, email]);
        }
        let mut command = self.program.command(&arguments);
        if let Some(kill_at) = kill_at {
            command.env("LEGACY_HOST_KILL_AT", kill_at.to_string());
        }
        let output = command.output().expect("the program");
        let killed = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
        assert!(output.status.success() || (killed && kill_at.is_some()), "{}", Told(&output));
        output.status.success()
    }

    /// What was sent, by message: how often, and what.
    fn mails(&self, files: &str) -> BTreeMap<String, (usize, String)> {
        let text = std::fs::read_to_string(self.program.folder().join(format!("{files}.mbox"))).unwrap_or_default();
        let mut mails = BTreeMap::new();
        for line in text.lines() {
            let (message, what) = line.strip_prefix("Message-ID: ").expect("a mail").split_once(' ').expect("a client");
            let mail = mails.entry(message.to_owned()).or_insert((0, what.to_owned()));
            assert_eq!(mail.1, what, "one message, two mails");
            mail.0 += 1;
        }
        mails
    }

    /// Looks at the program's own tables.
    fn rows(&self, files: &str, sql: &str) -> Vec<Vec<String>> {
        let database = rusqlite::Connection::open(self.program.folder().join(format!("{files}.db"))).expect("a file");
        let mut statement = database.prepare(sql).expect("a statement");
        let columns = statement.column_count();
        let cell = |row: &rusqlite::Row<'_>, place| row.get::<_, rusqlite::types::Value>(place).map(|v| text(&v));
        let rows = statement.query_map([], |row| (0..columns).map(|place| cell(row, place)).collect()).expect("rows");
        rows.collect::<Result<_, _>>().expect("rows")
    }
}

fn text(value: &rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

const CLIENT: (&str, &str) = ("Jane \"JD\" Doe", "jane@example.com");

/// Everything of one client is there once.
fn complete(host: &Host, files: &str) {
    let mails = host.mails(files);
    let what: Vec<&str> = mails.values().map(|(_, what)| what.as_str()).collect();
    let expected = ["client 1 subject Welcome, Jane \"JD\" Doe", "client 1 subject What happens next"];
    let mut sorted = what.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "{files}");
    assert_eq!(host.rows(files, "SELECT id, name FROM clients"), [["1", CLIENT.0]]);
    let noted = host.rows(files, "SELECT message_id, state FROM mails ORDER BY 1");
    let sent: Vec<Vec<String>> = mails.keys().map(|message| vec![message.clone(), "sent".to_owned()]).collect();
    assert_eq!(noted, sent, "every mail has its trace, and every trace its mail");
}

#[test]
fn c3_a_legacy_program_keeps_everything_in_one_file() {
    for language in Language::ALL {
        let host = Host::build(language);
        assert!(host.run("calm", 0, Some(CLIENT), None));
        complete(&host, "calm");
        assert!(host.mails("calm").values().all(|(times, _)| *times == 1));
        // Once more changes nothing.
        assert!(host.run("calm", 1, Some(CLIENT), None));
        complete(&host, "calm");
        assert!(host.run("calm", 2, Some(("John Roe", "john@example.com")), None));
        assert_eq!(host.mails("calm").len(), 4);
    }
}

#[test]
fn c3_a_legacy_program_killed_at_any_statement_loses_nothing() {
    if sanitized() || valgrind() {
        // Hundreds of processes: their own statements were looked at in the calm.
        return;
    }
    let host = Host::build(Language::C11);
    let mut kills = 0;
    for at in (1..).step_by(stride()) {
        let files = format!("killed-{at}");
        if host.run(&files, 0, Some(CLIENT), Some(at)) {
            break;
        }
        kills += 1;
        // Before it is run again: what is there of a client is all there, or nothing.
        let clients = if tables(&host, &files) { host.rows(&files, "SELECT count(*) FROM clients") } else { vec![] };
        let sent = host.mails(&files).len();
        assert!(sent == 0 || clients == [["1"]], "a mail to a client that is not there");
        if at % 2 == 0 {
            // Killed again, on the way back.
            host.run(&files, 1, Some(CLIENT), Some(at / 2 + 1));
        }
        assert!(host.run(&files, 3, Some(CLIENT), None));
        complete(&host, &files);
        for end in ["db", "db-wal", "db-shm", "mbox"] {
            drop(std::fs::remove_file(host.program.folder().join(format!("{files}.{end}"))));
        }
    }
    assert!(kills > 200 / stride(), "{kills}");
}

/// Every statement in `make test-c`; a part of them in every run.
fn stride() -> usize {
    if std::env::var_os("WORKFLOW_C_WHOLE").is_some_and(|value| value == "1") { 1 } else { 9 }
}

fn tables(host: &Host, files: &str) -> bool {
    !host.rows(files, "SELECT name FROM sqlite_master WHERE name = 'clients'").is_empty()
}
