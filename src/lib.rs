//! What the suites, benches and examples of the workflow engine share. Not published.

pub mod season;
