//! Why a call did nothing.

use std::fmt;

use workflow_core::error::{Error, Rejection, StoreError};
use workflow_core::id::{InvalidId, InvalidKey};

use crate::code::workflow_code;
use crate::error::ErrorHandle;

/// Why a call did nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something is wrong with the call itself.
    Boundary {
        /// What.
        code: workflow_code,
        /// In words.
        message: String,
    },
    /// The engine's answer.
    Engine(Error),
    /// One that was told before.
    Told(Box<ErrorHandle>),
}

impl Failure {
    pub(crate) fn boundary(code: workflow_code, message: impl Into<String>) -> Self {
        Self::Boundary { code, message: message.into() }
    }

    pub(crate) fn null(what: &str) -> Self {
        Self::boundary(workflow_code::NullPointer, format!("`{what}` is NULL"))
    }

    /// The number that the call answers.
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::Boundary { code, .. } => *code as i32,
            Self::Engine(error) => error.kind().code(),
            Self::Told(error) => error.code(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boundary { message, .. } => f.write_str(message),
            Self::Engine(error) => error.fmt(f),
            Self::Told(error) => write!(f, "error {}", error.code()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Engine(rejection.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<InvalidKey> for Failure {
    fn from(error: InvalidKey) -> Self {
        Rejection::from(error).into()
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Rejection::from(error).into()
    }
}
