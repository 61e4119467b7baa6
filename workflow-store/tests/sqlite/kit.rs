//! A small firm in a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use workflow_core::command::{Command, NewJob, Request};
use workflow_core::engine::Engine;
use workflow_core::event::{AccountRecord, Actor, Event};
use workflow_core::id::{AccountId, FirmId, JobId};
use workflow_core::model::FirmSettings;
use workflow_core::store::{Durability, LogBy, LogScan, Logged, Transact};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};

pub(crate) fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

pub(crate) fn account(number: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(0xac00 + number))
}

pub(crate) fn job(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(0x10b00 + number))
}

pub(crate) fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a key")
}

pub(crate) fn request(command: Command) -> Request {
    Request::new(firm(), Actor::system("test"), command)
}

pub(crate) fn comment(number: u128, text: &str) -> Command {
    Command::CommentJob { job: job(number), text: text.to_owned() }
}

pub(crate) fn quick() -> SqliteOptions {
    SqliteOptions { durability: Durability::Process, ..SqliteOptions::default() }
}

/// A folder with a database in it.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.at("practice.db")
    }

    /// A store with a firm of eight jobs, and an engine on it.
    pub(crate) fn office(&self, options: SqliteOptions) -> (Arc<SqliteStore>, Engine) {
        let store = Arc::new(SqliteStore::open(self.database(), options).expect("a store"));
        let engine = Engine::new(Arc::clone(&store) as _);
        set_up(&engine);
        (store, engine)
    }

    /// The names of the files in the folder, with what is in them.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, if path.is_file() { std::fs::read(&path).expect("readable") } else { Vec::new() })
        };
        std::fs::read_dir(self.folder()).expect("the folder").map(entry).collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }
}

pub(crate) fn set_up(engine: &Engine) {
    let run = |command| {
        engine.execute(&request(command)).expect("a command that works");
    };
    run(Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons"))));
    let definition = json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "on_entry": [{ "key": "hello", "do": [{ "signal": { "name": "hello" } }] }] },
            { "key": "two" }, { "key": "three" }
        ]
    });
    let definition = serde_json::from_value(definition).expect("a definition");
    run(Command::PublishPipeline { definition, mapping: [].into() });
    let (id, name, fields, roles) = (account(1), "Jane Doe".to_owned(), [].into(), [].into());
    run(Command::SaveAccount(AccountRecord { id, name, external: None, fields, roles, linked: vec![] }));
    for number in 0..8 {
        let new = NewJob { id: Some(job(number)), ..NewJob::new(account(1), key("p")) };
        run(Command::CreateJob(Box::new(new)));
    }
}

/// Opens a file and checks that it is whole. Answers its log.
pub(crate) fn whole(path: &Path) -> Vec<Logged> {
    let store = Arc::new(SqliteStore::open(path, quick()).expect("a store"));
    assert_eq!(store.integrity_check().expect("a check"), Vec::<String>::new());
    let found = Engine::new(Arc::clone(&store) as _).verify(firm()).expect("readable");
    assert_eq!(found.differences, Vec::<String>::new());
    log(&store)
}

pub(crate) fn log(store: &SqliteStore) -> Vec<Logged> {
    let (mut scan, mut found) = (LogScan::new(LogBy::Firm, 1_000), Vec::new());
    loop {
        let page = store.log(firm(), &scan).expect("the log");
        let Some(last) = page.last() else { return found };
        scan.after = Some(last.position);
        found.extend(page);
    }
}

/// The comments in a log.
pub(crate) fn comments(log: &[Logged]) -> Vec<String> {
    let events = log.iter().flat_map(|logged| &logged.entry.events);
    let text = |event: &Event| match event {
        Event::JobCommented(comment) => Some(comment.text.clone()),
        _ => None,
    };
    events.filter_map(|recorded| text(&recorded.event)).collect()
}
