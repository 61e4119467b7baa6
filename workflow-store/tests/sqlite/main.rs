//! The SQLite store: opening, backup, views, group commit, and other copies of SQLite.

mod backup;
mod checkpoint;
mod damage;
mod group_commit;
mod kit;
mod open;
mod remembered;
mod two_copies;
mod views;
