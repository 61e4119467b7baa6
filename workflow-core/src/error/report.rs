//! Errors as documents, the same for a host in any language.

use std::error::Error as StdError;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, ErrorKind, Problem, Rejection, StoreError};
use crate::id::{IdempotencyKey, StageKey};

/// How many errors behind an error are told.
const CAUSES: usize = 16;

/// An error as a document.
///
/// What it always has is enough to act on. The rest tells, by kind, what a program needs to
/// point at the place: it is absent where it says nothing.
///
/// ```
/// use workflow_core::error::{Error, Rejection};
///
/// let error = Error::from(Rejection::not_found("job", "0190a5d0"));
/// let report = serde_json::to_value(error.report())?;
/// assert_eq!(report["code"], 102);
/// assert_eq!(report["kind"], "not_found");
/// assert_eq!(report["what"], "job");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The number of its kind: see [`ErrorKind::code`].
    pub code: i32,
    /// Its kind.
    pub kind: ErrorKind,
    /// Whether the same call can succeed later without being changed.
    pub retryable: bool,
    /// What is wrong and what to do, in words.
    pub message: String,
    /// The rule that stands against it, when it is `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// The part of the call that is not acceptable, when it is `invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The sort of thing that is missing or there already, when it is `not_found` or `exists`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<&'static str>,
    /// And how it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The limit that was passed, when it is `limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<PassedLimit>,
    /// The key that was used before, when it is `key_reused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<IdempotencyKey>,
    /// Every problem of the document, when it is `document`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// What would wait for each other, when it is `cycle`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cycle: Vec<String>,
    /// Stages that would disappear with jobs in them, under the rule `stages_hold_jobs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageJobs>,
    /// The errors behind it, the nearest first, when the store failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

/// A limit that was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PassedLimit {
    /// Its name in [`crate::limits`].
    pub name: &'static str,
    /// Its value.
    pub max: u64,
    /// The value that exceeds it.
    pub actual: u64,
    /// What it counts.
    pub counts: String,
}

/// A stage and how many jobs are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageJobs {
    /// Which stage.
    pub stage: StageKey,
    /// How many jobs.
    pub jobs: u64,
}

impl Report {
    fn new(kind: ErrorKind, message: String) -> Self {
        Self {
            code: kind.code(),
            kind,
            retryable: kind.retryable(),
            message,
            rule: None,
            field: None,
            what: None,
            name: None,
            limit: None,
            key: None,
            problems: Vec::new(),
            cycle: Vec::new(),
            stages: Vec::new(),
            causes: Vec::new(),
        }
    }
}

impl Error {
    /// It as a document.
    #[must_use]
    pub fn report(&self) -> Report {
        match self {
            Self::Rejected(rejection) => rejection.report(),
            Self::Store(error) => error.report(),
        }
    }
}

impl Rejection {
    /// It as a document.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report::new(self.kind(), self.to_string());
        match self {
            Self::NotFound { what, name, .. } | Self::Exists { what, name } => {
                report.what = Some(what);
                report.name = Some(name.clone());
            }
            Self::Invalid { field, .. } => report.field = Some(field.clone()),
            Self::Document(problems) => report.problems.clone_from(problems),
            Self::Forbidden(_) => {}
            Self::Refused { rule, .. } => report.rule = Some(rule),
            Self::Cycle(names) => report.cycle.clone_from(names),
            Self::StagesHoldJobs(stages) => {
                report.rule = Some("stages_hold_jobs");
                report.stages =
                    stages.iter().map(|(stage, jobs)| StageJobs { stage: stage.clone(), jobs: *jobs }).collect();
            }
            Self::Limit { limit, max, actual, what } => {
                report.limit = Some(PassedLimit { name: limit, max: *max, actual: *actual, counts: what.clone() });
            }
            Self::KeyReused(key) => report.key = Some(key.clone()),
        }
        report
    }
}

impl StoreError {
    /// It as a document.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report::new(self.kind(), self.to_string());
        let causes = std::iter::successors(self.source(), |error| (*error).source());
        report.causes = causes.take(CAUSES).map(ToString::to_string).collect();
        report
    }
}
