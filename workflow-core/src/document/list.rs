//! Many documents in one text.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::tree::{Problems, Stop};
use super::{parse_as, read, read_tree};
use crate::decide::check_limit;
use crate::error::{Problem, Rejection};
use crate::limits::{BULK, PROBLEMS};

/// Reads many documents of one type, written in one of three ways: as a list in JSON, whose first
/// sign is `[`; as JSON lines, one document a line, whose first sign is `{`; or as a list in YAML.
///
/// A list is one document with the limits of one. Of JSON lines each line is: they are for
/// thousands. Lines that are empty count for nothing.
///
/// ```
/// use workflow_core::{command::Command, document::read_many};
///
/// let lines = br#"{"delete_job": {"job": "0190a5d0-0000-7000-8000-000000000001"}}
/// {"delete_job": {"jbo": "0190a5d0-0000-7000-8000-000000000002"}}"#;
/// let refused = read_many::<Command>("command", lines).unwrap_err();
/// assert!(refused.to_string().contains("line 2: [1].delete_job.jbo: "));
/// ```
///
/// # Errors
/// [`Rejection::Document`] with every problem, [`Rejection::Limit`] past [`BULK`] documents.
pub fn read_many<T: DeserializeOwned + JsonSchema>(what: &'static str, bytes: &[u8]) -> Result<Vec<T>, Rejection> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        return lines(what, bytes);
    }
    let mut problems = Problems::default();
    let tree = parse_as(what, bytes, &['['], &mut problems).map_err(|Stop| ());
    let list: Vec<T> = read_tree(tree, what, problems, |_, _, _| Vec::new())?;
    check_limit("BULK", BULK, list.len(), "the number of documents")?;
    Ok(list)
}

fn lines<T: DeserializeOwned + JsonSchema>(what: &'static str, bytes: &[u8]) -> Result<Vec<T>, Rejection> {
    let written = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    let mut read_so_far = Vec::new();
    let mut problems = Vec::new();
    for (place, (number, line)) in written.enumerate() {
        check_limit("BULK", BULK, place.saturating_add(1), "the number of documents")?;
        if line.trim_ascii_start().first() != Some(&b'{') {
            let message = "each line is a document in JSON, which begins with `{`";
            problems.push(in_line(Problem::error("", "syntax", message), place, number));
            continue;
        }
        match read(what, line) {
            Ok(document) if problems.is_empty() => read_so_far.push(document),
            Ok(_) => {}
            Err(Rejection::Document(found)) => {
                problems.extend(found.into_iter().map(|found| in_line(found, place, number)))
            }
            Err(rejection) => return Err(rejection),
        }
        if problems.len() >= PROBLEMS {
            problems.truncate(PROBLEMS);
            break;
        }
    }
    if problems.is_empty() { Ok(read_so_far) } else { Err(Rejection::Document(problems)) }
}

/// A problem of one of many documents, with its place among them.
fn in_line(problem: Problem, place: usize, line: usize) -> Problem {
    let dot = if problem.path.is_empty() || problem.path.starts_with('[') { "" } else { "." };
    Problem {
        path: format!("[{place}]{dot}{}", problem.path),
        line: u32::try_from(line.saturating_add(1)).ok(),
        ..problem
    }
}
