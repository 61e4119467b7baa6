//! The lines of an iCalendar file, by RFC 5545 section 3.1: unfolded, split, with their places.

use crate::error::Problem;
use crate::limits::{DOCUMENT_BYTES, ICS_LINES};

/// `NAME;PARAM=value:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContentLine {
    /// Where it begins in the file, from 1.
    pub(super) line: u32,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals; values without their quotes.
    pub(super) params: Vec<(String, String)>,
    pub(super) value: String,
}

impl ContentLine {
    /// The value of a parameter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// All lines, and what is wrong with the others. Stops at the limits.
pub(super) fn read(bytes: &[u8]) -> (Vec<ContentLine>, Vec<Problem>) {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    if bytes.len() > DOCUMENT_BYTES {
        let message = format!("the file has {} bytes; the limit is {DOCUMENT_BYTES} (DOCUMENT_BYTES)", bytes.len());
        return (lines, vec![Problem::error("", "too_big", message).at_line(Some(1))]);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (line, bytes) in unfold(bytes) {
        if lines.len() >= ICS_LINES {
            let message = format!("the file has more lines than the limit ICS_LINES of {ICS_LINES}");
            problems.push(Problem::error("", "too_big", message).at_line(Some(line)));
            break;
        }
        match std::str::from_utf8(&bytes) {
            Err(_) => {
                let message = "this line is not valid UTF-8; save the file as UTF-8";
                problems.push(Problem::error("", "syntax", message).at_line(Some(line)));
            }
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => match split(text, line) {
                Some(content) => lines.push(content),
                None => {
                    let message = "this is no content line; write a name, a colon and a value";
                    problems.push(Problem::error("", "syntax", message).at_line(Some(line)));
                }
            },
        }
    }
    (lines, problems)
}

/// Lines that begin with a space or tab continue the one before, without that sign. It can be in
/// the middle of a character.
fn unfold(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut unfolded: Vec<(u32, Vec<u8>)> = Vec::new();
    for (number, line) in (1u32..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.split_first(), unfolded.last_mut()) {
            (Some((b' ' | b'\t', rest)), Some((_, before))) => before.extend_from_slice(rest),
            _ => unfolded.push((number, line.to_vec())),
        }
    }
    unfolded
}

/// A line in its parts; `None` when it has no name or no value.
fn split(text: &str, line: u32) -> Option<ContentLine> {
    let mut parts: Vec<&str> = Vec::new();
    let (mut start, mut quoted) = (0, false);
    let mut value = None;
    for (place, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' | ':' if !quoted => {
                parts.push(text.get(start..place)?);
                start = place.checked_add(1)?;
                if character == ':' {
                    value = text.get(start..);
                    break;
                }
            }
            _ => {}
        }
    }
    let (name, params) = parts.split_first()?;
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let params = params
        .iter()
        .map(|param| {
            let (name, value) = param.split_once('=')?;
            is_name(name).then(|| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        })
        .collect::<Option<Vec<_>>>()?;
    let value = value?.to_owned();
    is_name(name).then(|| ContentLine { line, name: name.to_ascii_uppercase(), params, value })
}

/// A text value without its escapes.
pub(super) fn text(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(escaped) => plain.push(escaped),
                None => plain.push('\\'),
            },
            other if other.is_control() => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain.trim().to_owned()
}
