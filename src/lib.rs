//! What the suites, benches and examples of the workflow engine share. Not published.

pub mod around;
pub mod recurring;
pub mod season;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
