//! What can go wrong, told so that a caller can act on it.
//!
//! A [`Rejection`] is the caller's to fix: the command is wrong, forbidden, or against a rule, and
//! nothing was changed. A [`StoreError`] is a failure of the store, and says whether trying again
//! can help. [`Error`] is either. Each has a [`ErrorKind`] that never changes its meaning.

mod report;

use std::error::Error as StdError;
use std::fmt;

pub use report::{PassedLimit, Report, StageJobs};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{IdempotencyKey, InvalidId, InvalidKey, StageKey};

/// A problem in a document, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Where, such as `stages[2].on_entry[0].do[1].request.kind`; empty for the document itself.
    pub path: String,
    /// Line in the text, from 1, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Whether it refuses the document or only warns.
    pub severity: Severity,
    /// Which check found it; stable, such as `unknown_field` or `unreachable_stage`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; does not refuse.
    Warning,
    /// Refuses the document.
    Error,
}

impl Problem {
    /// A problem that refuses the document.
    #[must_use]
    pub fn error(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, severity: Severity::Error, code, message: message.into() }
    }

    /// A problem worth a look.
    #[must_use]
    pub fn warning(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, code, message) }
    }

    /// The same problem at a line of the text.
    #[must_use]
    pub fn at_line(mut self, line: Option<u32>) -> Self {
        self.line = line;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Why a command, query or document was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Something named in the command does not exist in this firm.
    #[error("there is no {what} `{name}` in this firm{near}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// How it was named.
        name: String,
        /// What may have been meant: `; did you mean …?`, or nothing.
        near: String,
    },
    /// Something that should be new exists already.
    #[error("the {what} `{name}` exists already")]
    Exists {
        /// What kind of thing.
        what: &'static str,
        /// How it was named.
        name: String,
    },
    /// A value in the command is not acceptable.
    #[error("`{field}` is not acceptable: {why}")]
    Invalid {
        /// Which part of the command.
        field: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// A document has problems; all are listed.
    #[error("the document has {} problem{}: {}", .0.len(), if .0.len() == 1 { "" } else { "s" }, Problems(.0))]
    Document(Vec<Problem>),
    /// The actor may not do or see this.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// A rule of the pipeline, the firm or the engine stands against it.
    #[error("refused: {why}")]
    Refused {
        /// Which rule; stable, such as `exit_requirement`, `wip_limit` or `task_waits`.
        rule: &'static str,
        /// What is wrong and what to do.
        why: String,
    },
    /// A dependency would close a circle.
    #[error("this would make a circle of dependencies: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A new version drops stages that hold jobs, and says not where they go.
    #[error("stages that hold jobs would disappear: {}; add a stage mapping for each", StageCounts(.0))]
    StagesHoldJobs(Vec<(StageKey, u64)>),
    /// A limit is exceeded.
    #[error("{what} is past the limit {limit} of {max} (it is {actual})")]
    Limit {
        /// The limit's name in [`crate::limits`].
        limit: &'static str,
        /// Its value.
        max: u64,
        /// The value that exceeds it.
        actual: u64,
        /// What it counts.
        what: String,
    },
    /// An idempotency key was used for a different command before.
    #[error("the idempotency key `{0}` was used for another command; use a new key for a new command")]
    KeyReused(IdempotencyKey),
}

struct Problems<'a>(&'a [Problem]);

impl fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

struct StageCounts<'a>(&'a [(StageKey, u64)]);

impl fmt::Display for StageCounts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (stage, jobs)) in self.0.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}`{stage}` ({jobs} {})", if *jobs == 1 { "job" } else { "jobs" })?;
        }
        Ok(())
    }
}

impl Rejection {
    /// A value in the command is not acceptable.
    #[must_use]
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), why: why.into() }
    }

    /// A rule stands against it.
    #[must_use]
    pub fn refused(rule: &'static str, why: impl Into<String>) -> Self {
        Self::Refused { rule, why: why.into() }
    }

    /// Something named does not exist.
    #[must_use]
    pub fn not_found(what: &'static str, name: impl fmt::Display) -> Self {
        Self::NotFound { what, name: name.to_string(), near: String::new() }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. } => ErrorKind::Exists,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::Document(_) => ErrorKind::Document,
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::Refused { .. } | Self::StagesHoldJobs(_) => ErrorKind::Refused,
            Self::Cycle(_) => ErrorKind::Cycle,
            Self::Limit { .. } => ErrorKind::Limit,
            Self::KeyReused(_) => ErrorKind::KeyReused,
        }
    }
}

impl From<InvalidKey> for Rejection {
    fn from(error: InvalidKey) -> Self {
        Self::invalid("key", error.to_string())
    }
}

impl From<InvalidId> for Rejection {
    fn from(error: InvalidId) -> Self {
        Self::invalid("id", error.to_string())
    }
}

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    kind: ErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// A failure of a kind, in words.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same with the error behind it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// Anything that an engine call can answer instead of a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller's to fix; nothing was changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(rejection) => rejection.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    /// Whether the same call can succeed later without being changed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.kind().retryable()
    }
}

/// The kinds of error, the same in every language. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value is not acceptable.
    Invalid,
    /// A document has problems.
    Document,
    /// Something named does not exist.
    NotFound,
    /// Something that should be new exists already.
    Exists,
    /// The actor may not.
    Forbidden,
    /// A rule stands against it.
    Refused,
    /// A circle of dependencies.
    Cycle,
    /// A limit is exceeded.
    Limit,
    /// An idempotency key was used for another command.
    KeyReused,
    /// Others changed the same records, again and again.
    Conflict,
    /// The store is in use by another and did not come free in time.
    Busy,
    /// The store cannot be reached, read or written.
    Unavailable,
    /// What the store holds cannot be what the engine wrote.
    Corrupt,
    /// The store was written by a newer version of this library.
    NewerVersion,
    /// The store holds something else than workflow data.
    NotAStore,
    /// The store cannot do this.
    Unsupported,
    /// It is not known whether a commit happened. Repeat the command with its idempotency key.
    Ambiguous,
}

impl ErrorKind {
    /// Its number across the C boundary, where 0 is success.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Invalid => 100,
            Self::Document => 101,
            Self::NotFound => 102,
            Self::Exists => 103,
            Self::Forbidden => 104,
            Self::Refused => 105,
            Self::Cycle => 106,
            Self::Limit => 107,
            Self::KeyReused => 108,
            Self::Conflict => 200,
            Self::Busy => 201,
            Self::Unavailable => 202,
            Self::Corrupt => 203,
            Self::NewerVersion => 204,
            Self::NotAStore => 205,
            Self::Unsupported => 206,
            Self::Ambiguous => 207,
        }
    }

    /// Whether the same call can succeed later without being changed.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(self, Self::Conflict | Self::Busy | Self::Unavailable | Self::Ambiguous)
    }
}
