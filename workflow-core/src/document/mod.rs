//! Documents: pipelines, templates and commands as YAML or JSON, with their JSON Schemas.
//!
//! Reading answers every problem at once, each with its path and line, at most
//! [`PROBLEMS`](crate::limits::PROBLEMS) of them. It goes in three steps: the text becomes a tree,
//! within the limits of size, depth and count; the tree is held against the schema of the type;
//! and serde reads what passed. Whether the parts of a pipeline make sense together is asked when
//! it is published; only of one that has problems of form already, [`read_pipeline`] tells those of
//! sense too, as far as they are sure.
//!
//! The codes of the problems are stable: `syntax`, `duplicate_key`, `unknown_field`,
//! `missing_field`, `wrong_type`, `unknown_variant`, `out_of_range`, `too_long`, `too_deep`,
//! `too_big`, `alias` and `invalid`.
//!
//! Decisions:
//! - A text whose first sign is `{` is JSON, anything else is YAML 1.2 with the core schema: `on`,
//!   `yes` and `2026-04-15` are texts.
//! - Anchors, aliases, foreign tags and several documents in one text are refused.
//! - A field given twice is an error, and so is a word given twice in a list that is a set.
//! - A misspelt field is also checked as the one that was probably meant.

mod check;
mod choice;
mod closest;
mod emit;
mod json;
mod list;
mod mend;
mod path;
mod read;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use closest::advice;
pub use list::read_many;
pub(crate) use path::{Path, quote};
pub use schema::{schema, schema_names};

use crate::definition::PipelineDefinition;
use crate::error::{Problem, Rejection};
use crate::limits::DOCUMENT_BYTES;
use tree::{Bounds, Node, Problems, Stop, Value};

/// Reads a pipeline from YAML or JSON.
///
/// ```
/// use workflow_core::document::read_pipeline;
///
/// let pipeline = read_pipeline(b"key: return\nname: Tax return\nstages:\n  - key: intake\n  - key: done\n")?;
/// assert_eq!(pipeline.stages.len(), 2);
///
/// let refused = read_pipeline(b"key: return\nnmae: Tax return\nstages: []\n").unwrap_err();
/// assert!(refused.to_string().contains("did you mean `name`?"));
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
///
/// # Errors
/// [`Rejection::Document`] with every problem of the document.
pub fn read_pipeline(bytes: &[u8]) -> Result<PipelineDefinition, Rejection> {
    read_or(bytes, "pipeline", mend::sense_of)
}

/// Reads any type that has a schema from YAML or JSON; `what` names it in messages.
///
/// ```
/// use workflow_core::{definition::Template, document::read};
///
/// let template: Template = read("template", b"task: {key: call, title: Call the client}")?;
/// assert_eq!(template.key().as_str(), "call");
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
///
/// # Errors
/// [`Rejection::Document`] with every problem of the document.
pub fn read<T: DeserializeOwned + JsonSchema>(what: &'static str, bytes: &[u8]) -> Result<T, Rejection> {
    read_or(bytes, what, |_, _, _| Vec::new())
}

/// Reads a type like [`read`], and then asks what is wrong with its sense; what is found gets the
/// line that its path leads to.
pub(crate) fn read_with<T: DeserializeOwned + JsonSchema>(
    what: &'static str,
    bytes: &[u8],
    sense: impl FnOnce(&T) -> Vec<Problem>,
) -> Result<T, Rejection> {
    let value = read(what, bytes)?;
    let mut found = Problems::default();
    found.extend(sense(&value));
    if found.is_empty() {
        return Ok(value);
    }
    let tree = parse(what, bytes, &mut Problems::default()).ok();
    let place = |problem: Problem| match &tree {
        Some(tree) => {
            let line = mend::line_of(tree, &problem.path);
            problem.at_line(Some(line))
        }
        None => problem,
    };
    let mut placed = Problems::default();
    placed.extend(found.into_sorted().into_iter().map(place).collect());
    Err(Rejection::Document(placed.into_sorted()))
}

/// Reads a document; when its form has problems, asks what else is wrong with it.
fn read_or<T: DeserializeOwned + JsonSchema>(
    bytes: &[u8],
    what: &'static str,
    further: impl FnOnce(&Node, &[Problem], &[mend::Misspelt]) -> Vec<Problem>,
) -> Result<T, Rejection> {
    let mut problems = Problems::default();
    let tree = parse(what, bytes, &mut problems).map_err(|Stop| ());
    read_tree(tree, what, problems, further)
}

/// Reads what a text was made into, when it could be.
fn read_tree<T: DeserializeOwned + JsonSchema>(
    tree: Result<Node, ()>,
    what: &'static str,
    mut problems: Problems,
    further: impl FnOnce(&Node, &[Problem], &[mend::Misspelt]) -> Vec<Problem>,
) -> Result<T, Rejection> {
    if let Ok(tree) = &tree {
        let schema = schema::schema_of::<T>();
        // What a document is right in is seen quickly; what is wrong with it is told at leisure.
        if !problems.is_empty() || !schema.shape.fits(tree) {
            check::check(&schema.json, tree, &mut problems);
        }
    }
    match tree {
        Ok(tree) if problems.is_empty() => T::deserialize(&tree).map_err(|failure| {
            let message = format!("this cannot be read as a {what}: {failure}");
            Rejection::Document(vec![Problem::error(failure.path(), "invalid", message).at_line(failure.line())])
        }),
        tree => {
            if let Ok(tree) = &tree {
                let further = further(tree, problems.list(), &problems.misspelt);
                problems.extend(further);
            }
            Err(Rejection::Document(problems.into_sorted()))
        }
    }
}

/// Holds a document against the schema of this name, one of [`schema_names`], and tells every
/// problem. What the engine writes has none.
///
/// ```
/// use workflow_core::document::check;
///
/// let refused = check("receipt", b"{}").unwrap_err();
/// assert!(refused.to_string().contains("`firm` is missing"));
/// ```
///
/// # Errors
/// [`Rejection::Document`] with every problem, [`Rejection::NotFound`] when there is no such schema.
pub fn check(name: &str, bytes: &[u8]) -> Result<(), Rejection> {
    let schema = schema::bare(name).ok_or_else(|| Rejection::not_found("schema", name))?;
    let mut problems = Problems::default();
    if let Ok(tree) = parse_as(name, bytes, &['{', '['], &mut problems) {
        check::check(&schema.json, &tree, &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(Rejection::Document(problems.into_sorted())) }
}

/// Writes a pipeline as YAML. Reading it back gives the same pipeline.
#[must_use]
pub fn pipeline_to_yaml(pipeline: &PipelineDefinition) -> String {
    to_yaml(pipeline)
}

/// Writes a pipeline as JSON, indented. Reading it back gives the same pipeline.
#[must_use]
pub fn pipeline_to_json(pipeline: &PipelineDefinition) -> String {
    to_json(pipeline)
}

/// Writes a template, command or other document type as YAML, fields in declared order.
#[must_use]
pub fn to_yaml<T: Serialize>(value: &T) -> String {
    let json = to_json(value);
    // What serde wrote is JSON; were it ever not, the text itself is the better answer.
    match json::read(&json, Bounds::NONE, &mut Problems::default()) {
        Ok(tree) => emit::emit(&tree),
        Err(Stop) => json,
    }
}

/// Writes a document as JSON on one line, at the end of a buffer, which can be used again and
/// again.
///
/// ```
/// use workflow_core::{document::write, event::Actor};
///
/// let mut buffer = Vec::new();
/// write(&Actor::system("import"), &mut buffer);
/// assert_eq!(buffer, br#"{"system":"import"}"#);
/// ```
pub fn write<T: Serialize>(value: &T, buffer: &mut Vec<u8>) {
    // It fails as `to_json` does; then there is nothing, which is better than half of it.
    let _ = crate::json::write(value, buffer);
}

/// Writes a template, command or other document type as indented JSON.
#[must_use]
pub fn to_json<T: Serialize>(value: &T) -> String {
    // It fails for types that the documents do not have: maps whose names are not texts.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn parse(what: &str, bytes: &[u8], problems: &mut Problems) -> Result<Node, Stop> {
    parse_as(what, bytes, &['{'], problems)
}

/// Reads a text as JSON when it begins with one of these signs, else as YAML.
fn parse_as(what: &str, bytes: &[u8], of_json: &[char], problems: &mut Problems) -> Result<Node, Stop> {
    if bytes.len() > DOCUMENT_BYTES {
        let message = format!("the document has {} bytes; the limit is {DOCUMENT_BYTES} (DOCUMENT_BYTES)", bytes.len());
        problems.add("", 1, "too_big", message);
        return Err(Stop);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        let message = format!("byte {} is not valid UTF-8; save the document as UTF-8", good.len());
        problems.add("", u32::try_from(line).unwrap_or(u32::MAX), "syntax", message);
        Stop
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = if text.trim_start().starts_with(of_json) {
        json::read(text, Bounds::DOCUMENT, problems)?
    } else {
        yaml::read(text, Bounds::DOCUMENT, problems)?
    };
    if matches!(tree.value, Value::Null) {
        problems.add("", tree.line, "missing_field", format!("the document is empty; write a {what}"));
        return Err(Stop);
    }
    Ok(tree)
}
