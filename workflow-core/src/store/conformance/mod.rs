//! The conformance suite: what every store has to pass.
//!
//! Each [`Check`] proves one clause of the contract that [`Transact`](super::Transact) and the
//! types around it state. A check makes a firm of its own, so that all of them may run on one
//! database, one after the other and again later; it leaves its firm behind. Only one check looks
//! beyond its firms: it claims work of all firms, at an instant long before any real work is due.
//!
//! The checks of concurrency start threads. They try again when a store answers
//! [`ErrorKind::Busy`](crate::error::ErrorKind::Busy) or
//! [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict), up to a bound; anywhere else an
//! error of the store fails the check.
//!
//! ```
//! use std::sync::Arc;
//! use workflow_core::store::conformance;
//! use workflow_core::store::memory::MemoryStore;
//!
//! let report = conformance::run(&|| Arc::new(MemoryStore::new()));
//! report.assert();
//! ```
//!
//! A host that wants a test for each check, or to leave one out, goes through [`checks`]:
//!
//! ```
//! use workflow_core::store::conformance;
//! use workflow_core::store::memory::MemoryStore;
//!
//! let store = MemoryStore::new();
//! for check in conformance::checks().iter().filter(|check| check.name.starts_with("log/")) {
//!     assert_eq!((check.run)(&store), Ok(()), "{}", check.name);
//! }
//! ```

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use super::Store;

/// Lists the functions of a file as checks, under the area's name.
macro_rules! area {
    ($area:literal: $($name:ident),+ $(,)?) => {
        pub(super) const CHECKS: &[super::Check] =
            &[$(super::Check { name: concat!($area, "/", stringify!($name)), run: $name }),+];
    };
}

/// Ends a check with a reason unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err(format!($($why)+));
        }
    };
}

mod batches;
mod concurrency;
mod documents;
mod fixture;
mod hostile;
mod indexes;
mod isolation;
mod leases;
mod log;
mod moments;
mod paging;
mod probe;
mod queues;
mod restores;
mod samples;
mod shadow;
mod tallies;
mod timers;
mod together;
mod unique;

/// One clause of the contract and how it is proved.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name: the area, a slash, and what must be true. Stable, so that a host can leave one out.
    pub name: &'static str,
    /// Proves it on a store. The error says what was expected and what the store did instead.
    pub run: fn(&dyn Store) -> Result<(), String>,
}

/// A check that a store does not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The check's name.
    pub check: &'static str,
    /// What was expected and what the store did instead.
    pub why: String,
}

/// What became of every check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Names of the checks that the store passes.
    pub passed: Vec<&'static str>,
    /// The checks that it does not pass.
    pub failed: Vec<Failure>,
}

impl Report {
    /// Nothing when every check passed.
    ///
    /// # Panics
    /// When a check failed, with the list of all that did: this is for tests.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is how a test fails")]
    pub fn assert(&self) {
        if !self.failed.is_empty() {
            panic!("{self}");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.passed.len().saturating_add(self.failed.len());
        write!(f, "{} of {all} checks passed", self.passed.len())?;
        for failure in &self.failed {
            write!(f, "\n  {}: {}", failure.check, failure.why)?;
        }
        Ok(())
    }
}

/// Every check, in the order [`run`] goes through them.
#[must_use]
pub fn checks() -> Vec<Check> {
    [
        documents::CHECKS,
        batches::CHECKS,
        indexes::CHECKS,
        paging::CHECKS,
        unique::CHECKS,
        tallies::CHECKS,
        log::CHECKS,
        queues::CHECKS,
        leases::CHECKS,
        timers::CHECKS,
        restores::CHECKS,
        moments::CHECKS,
        together::CHECKS,
        isolation::CHECKS,
        hostile::CHECKS,
        concurrency::CHECKS,
    ]
    .concat()
}

/// Runs every check. `open` is called once for each; it may answer a new store or always the same.
/// A panic of the store fails the check that met it, and the others go on.
pub fn run(open: &dyn Fn() -> Arc<dyn Store>) -> Report {
    let mut report = Report::default();
    for check in checks() {
        let store = open();
        let outcome = catch_unwind(AssertUnwindSafe(|| (check.run)(&*store)));
        match outcome.unwrap_or_else(|panic| Err(format!("it panicked: {}", words_of(&*panic)))) {
            Ok(()) => report.passed.push(check.name),
            Err(why) => report.failed.push(Failure { check: check.name, why }),
        }
    }
    report
}

/// What a panic said.
fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing is known of it")
}
