//! The kinds of document, and a firm that none of them may change.

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::definition::Template;
use workflow_core::document::{read, read_pipeline};
use workflow_core::engine::{Engine, ManualClock};
use workflow_core::error::{Error, Problem, Rejection, Severity};
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::limits;
use workflow_core::model::FirmSettings;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{LogBy, LogScan, Logged, Transact};

use crate::bounds::bounded;

pub(crate) type Reader = fn(&[u8]) -> Result<Command, Rejection>;

pub(crate) fn pipeline(bytes: &[u8]) -> Result<Command, Rejection> {
    let definition = Box::new(read_pipeline(bytes)?);
    Ok(Command::PublishPipeline { definition, mapping: [].into() })
}

pub(crate) fn template(bytes: &[u8]) -> Result<Command, Rejection> {
    Ok(Command::SaveTemplate(Box::new(read::<Template>("template", bytes)?)))
}

pub(crate) fn settings(bytes: &[u8]) -> Result<Command, Rejection> {
    Ok(Command::SaveFirm(Box::new(read::<FirmSettings>("firm", bytes)?)))
}

pub(crate) fn command(bytes: &[u8]) -> Result<Command, Rejection> {
    read::<Command>("command", bytes)
}

pub(crate) fn whole_request(bytes: &[u8]) -> Result<Command, Rejection> {
    Ok(read::<Request>("request", bytes)?.command)
}

pub(crate) const READERS: [(&str, Reader); 5] = [
    ("pipeline", pipeline),
    ("template", template),
    ("firm", settings),
    ("command", command),
    ("request", whole_request),
];

pub(crate) struct Office {
    store: Arc<MemoryStore>,
    pub(crate) engine: Engine,
    before: Vec<Logged>,
}

pub(crate) fn firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf1))
}

impl Office {
    pub(crate) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at("2026-02-02T15:00:00Z".parse().expect("an instant")));
        let engine = Engine::deterministic(Arc::clone(&store) as _, clock, 7);
        let mut office = Self { store, engine, before: Vec::new() };
        for written in [
            json!({ "save_firm": { "name": "Ledger & Sons", "roles": ["preparer"] } }),
            json!({ "publish_pipeline": { "definition": plain() } }),
            json!({ "save_account": { "id": uuid::Uuid::from_u128(0xac01), "name": "Jane Doe" } }),
        ] {
            office.give(serde_json::from_value(written).expect("a command")).expect("it works");
        }
        office.before = office.log();
        office
    }

    pub(crate) fn give(&self, command: Command) -> Result<(), Error> {
        self.engine.execute(&Request::new(firm(), Actor::system("test"), command)).map(drop)
    }

    pub(crate) fn log(&self) -> Vec<Logged> {
        self.store.log(firm(), &LogScan::new(LogBy::Firm, 1_000)).expect("the log")
    }

    /// Reads a document and carries it out; it must be refused. Answers the refusal.
    #[track_caller]
    pub(crate) fn refuse(&self, name: &str, reader: Reader, bytes: &[u8]) -> Rejection {
        let answer = bounded(name, bytes.len(), || match reader(bytes) {
            Ok(command) => self.give(command),
            Err(rejection) => Err(rejection.into()),
        });
        let rejection = match answer {
            Err(Error::Rejected(rejection)) => rejection,
            other => panic!("{name}: not refused: {other:?}"),
        };
        clear(name, &rejection);
        rejection
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.log(), self.before, "something was changed");
            let found = self.engine.verify(firm()).expect("readable");
            assert_eq!(found.differences, Vec::<String>::new());
        }
    }
}

/// A refusal says where and what, and does not repeat the document.
#[track_caller]
pub(crate) fn clear(name: &str, rejection: &Rejection) {
    let text = rejection.to_string();
    assert!(text.len() < 150_000, "{name}: an error of {} bytes", text.len());
    assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{name}: {text:?}");
    let Rejection::Document(problems) = rejection else { return };
    assert!(!problems.is_empty() && problems.len() <= limits::PROBLEMS, "{name}: {} problems", problems.len());
    for problem in problems {
        assert_eq!(problem.severity, Severity::Error, "{name}: {problem:?}");
        assert!(problem.message.len() > 10 && problem.message.len() < 2_000, "{name}: {problem:?}");
        assert!(problem.path.len() < 2_000, "{name}: a path of {} bytes", problem.path.len());
    }
}

pub(crate) fn codes(rejection: &Rejection) -> Vec<&'static str> {
    match rejection {
        Rejection::Document(problems) => problems.iter().map(|problem| problem.code).collect(),
        other => panic!("another refusal: {other}"),
    }
}

pub(crate) fn problems<T: Debug>(answer: Result<T, Rejection>) -> Vec<Problem> {
    match answer.expect_err("it is refused") {
        Rejection::Document(problems) => problems,
        other => panic!("another refusal: {other}"),
    }
}

pub(crate) fn plain() -> Value {
    json!({ "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "two" }] })
}
