//! Where the firm is kept: in a SQLite file, or on a PostgreSQL server.

use std::path::Path;
use std::sync::Arc;

use workflow_core::engine::Engine;
use workflow_core::id::FirmId;
use workflow_core::store::Store;
use workflow_store::postgres::{PostgresOptions, PostgresStore};
use workflow_store::sqlite::{SqliteOptions, SqliteStore};
use workflow_test_support::postgres::Server;

use crate::Outcome;
use crate::diary::Diary;

/// Where the firm is kept.
pub(crate) struct Place {
    kept: Kept,
    /// Stopped and removed when the demo ends.
    _server: Option<Server>,
}

enum Kept {
    File(Arc<SqliteStore>),
    Server(Arc<PostgresStore>),
}

impl Place {
    /// Opens the store and the office's diary beside it. `store` is nothing or `sqlite` for a file in
    /// the folder, the address of a PostgreSQL database, or `postgres`: the one that `DATABASE_URL`
    /// names, or a server of its own for as long as the demo runs.
    pub(crate) fn open(store: Option<&str>, folder: &Path) -> Outcome<(Self, Diary)> {
        match store {
            None | Some("sqlite") => Self::file(&folder.join("practice.db")),
            Some("postgres") => match std::env::var("DATABASE_URL") {
                Ok(url) => Self::server(&url, None, folder),
                Err(_) => {
                    let server = Server::start(&workflow_test_support::postgres::Options {
                        sync: true,
                        ..workflow_test_support::postgres::Options::default()
                    });
                    Self::server(&server.address("wf", "postgres"), Some(server), folder)
                }
            },
            Some(url) if url.starts_with("postgres") => Self::server(url, None, folder),
            Some(other) => Err(format!("`{other}` is no store: write `sqlite`, `postgres` or postgres://…").into()),
        }
    }

    fn file(path: &Path) -> Outcome<(Self, Diary)> {
        let again = path.exists();
        let store = Arc::new(SqliteStore::open(path, SqliteOptions::default())?);
        let settings = store.settings();
        println!(
            "{} {} (SQLite {}, {}, synchronous {})",
            if again { "Going on with" } else { "A new file," },
            path.display(),
            settings.sqlite_version,
            settings.journal_mode,
            settings.synchronous
        );
        Ok((Self { kept: Kept::File(store), _server: None }, Diary::in_file(path)?))
    }

    fn server(url: &str, server: Option<Server>, folder: &Path) -> Outcome<(Self, Diary)> {
        let store = Arc::new(PostgresStore::open(url, PostgresOptions::default())?);
        let diary = Diary::on_server(url)?;
        let again = diary.read()?.is_some();
        if !again {
            // A firm that begins has sent nothing: what lies here is another's.
            let sent = folder.join("outbox");
            if sent.exists() {
                std::fs::remove_dir_all(sent)?;
            }
        }
        let whose = if server.is_some() { "a server of its own" } else { "a server" };
        println!("{} on {whose} (PostgreSQL)", if again { "Going on" } else { "A new firm" });
        Ok((Self { kept: Kept::Server(store), _server: server }, diary))
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match &self.kept {
            Kept::File(store) => Arc::clone(store) as _,
            Kept::Server(store) => Arc::clone(store) as _,
        }
    }

    /// What is wrong with what was kept, in words.
    pub(crate) fn faults(&self, engine: &Engine, firm: FirmId) -> Outcome<Vec<String>> {
        match &self.kept {
            Kept::File(store) => Ok(store.integrity_check()?),
            Kept::Server(_) => Ok(engine.verify(firm)?.differences),
        }
    }
}
