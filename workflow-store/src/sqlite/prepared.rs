//! Statements that are kept at hand while many rows are written.

use std::collections::hash_map::Entry;

use rusqlite::{CachedStatement, Connection};
use rustc_hash::FxHashMap;

/// Statements of a connection, found by where their SQL lies, not by what it says: looking one up
/// in the connection's own cache, and giving it back, takes a good part of what writing a small row does.
pub(super) struct Prepared<'a> {
    connection: &'a Connection,
    statements: FxHashMap<(*const u8, usize), CachedStatement<'a>>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, statements: FxHashMap::default() }
    }

    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// The statement of this SQL.
    pub(super) fn get(&mut self, sql: &'static str) -> rusqlite::Result<&mut CachedStatement<'a>> {
        match self.statements.entry((sql.as_ptr(), sql.len())) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(self.connection.prepare_cached(sql)?)),
        }
    }
}
