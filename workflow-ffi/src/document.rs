//! JSON documents, in and out. Their shapes are the core's.

use serde::de::DeserializeOwned;
use serde_json::json;
use workflow_core::error::{Problem, Rejection};

use crate::code::workflow_code;
use crate::failure::Failure;

/// Reads a document.
pub(crate) fn read<T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(json).map_err(|error| {
        let problem = Problem::error("", "syntax", format!("this is no {what}: {error}"));
        Rejection::Document(vec![problem]).into()
    })
}

/// A failure as a document.
pub(crate) fn of_failure(failure: &Failure) -> String {
    let code = failure.code();
    let kind = workflow_code::of(code).map(workflow_code::name).unwrap_or(c"unknown").to_string_lossy();
    json!({ "code": code, "kind": kind, "retryable": failure.retryable(), "message": failure.to_string() }).to_string()
}
