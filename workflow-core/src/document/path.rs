//! Where in a document something is, such as `stages[2].on_entry[0].do[1].request.kind`.

use std::fmt::Write as _;

/// Characters of the document that a message repeats at most.
const QUOTED: usize = 60;

/// A path that grows and shrinks as a walk goes down and up.
#[derive(Debug, Default)]
pub(crate) struct Path {
    text: String,
}

impl Path {
    /// Goes to a named value. Answers what [`Path::back`] needs to return.
    pub(crate) fn push_key(&mut self, key: &str) -> usize {
        let before = self.text.len();
        let plain = !key.is_empty()
            && key.len() <= QUOTED
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if plain {
            if before > 0 {
                self.text.push('.');
            }
            self.text.push_str(key);
        } else {
            let shown: String = key.chars().take(QUOTED).collect();
            let _ = write!(self.text, "[{shown:?}]");
        }
        before
    }

    /// Goes to a value by its place in a list, from 0.
    pub(super) fn push_index(&mut self, index: usize) -> usize {
        let before = self.text.len();
        let _ = write!(self.text, "[{index}]");
        before
    }

    /// Goes back to where a push was made.
    pub(super) fn back(&mut self, before: usize) {
        self.text.truncate(before);
    }

    /// As it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// As it is written, to keep.
    pub(crate) fn into_string(self) -> String {
        self.text
    }
}

/// A piece of the document in backticks, short and on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (place, character) in text.chars().enumerate() {
        if place == QUOTED {
            quoted.push('…');
            break;
        }
        if character.is_control() {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('`');
    quoted
}
