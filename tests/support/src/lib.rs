//! What suites of several crates start and stop.

pub mod postgres;
