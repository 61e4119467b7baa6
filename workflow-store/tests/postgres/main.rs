//! The store in PostgreSQL, on a real server.

mod conforming;
