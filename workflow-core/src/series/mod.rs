//! When the turns of a series come: which are due, which are next, which are to come.
//!
//! All of it follows from the series and the firm's calendar: nothing is stored but how far the
//! series has come ([`Series::cursor`]) and what is not as the rest ([`Series::exceptions`]).

mod plan;

pub(crate) use plan::{Plan, Planned};

#[cfg(test)]
mod tests;
