//! Problems as they are found.

use crate::error::Problem;
use crate::limits;

/// Problems as they are found: errors before warnings, no more than one answer lists.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Findings {
    /// Notes a problem that refuses the document. The message is made only if it will be listed:
    /// looking for near names costs time.
    pub(crate) fn error(&mut self, path: &str, code: &'static str, message: impl FnOnce() -> String) {
        if self.errors.len() < limits::PROBLEMS {
            self.errors.push(Problem::error(path, code, message()));
        }
    }

    /// Notes a problem worth a look.
    pub(crate) fn warning(&mut self, path: &str, code: &'static str, message: impl FnOnce() -> String) {
        if self.warnings.len() < limits::PROBLEMS {
            self.warnings.push(Problem::warning(path, code, message()));
        }
    }

    /// The answer. Errors come first, so that warnings never crowd one out.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.errors;
        problems.extend(self.warnings);
        problems.truncate(limits::PROBLEMS);
        problems
    }
}
