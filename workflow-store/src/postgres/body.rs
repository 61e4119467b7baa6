//! Bodies: JSON that PostgreSQL can search, and the exact text where that would be another.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The body of a record.
///
/// `jsonb` keeps what JSON means, not always what it says: a number like `1e16` comes back without
/// its exponent and so as a whole number, `-0.0` loses its sign, and the character U+0000 cannot be
/// kept at all. Records must be, to the last digit, what the log says. A body with one of these is
/// kept as text as well; that is rare.
#[derive(Debug)]
pub(super) struct Body {
    text: Vec<u8>,
    plain: Plain,
}

#[derive(Debug)]
enum Plain {
    /// The text survives as it is.
    Same,
    /// It has to be kept exactly.
    Exact,
    /// So has this one, and what PostgreSQL can search is another.
    Without(Vec<u8>),
}

impl Body {
    pub(super) fn new(text: Vec<u8>) -> Self {
        let plain = match look(&text) {
            (false, false) => Plain::Same,
            (true, false) => Plain::Exact,
            (_, true) => Plain::Without(without_nul(&text).into_owned()),
        };
        Self { text, plain }
    }

    pub(super) fn json(&self) -> &[u8] {
        match &self.plain {
            Plain::Same | Plain::Exact => &self.text,
            Plain::Without(text) => text,
        }
    }

    pub(super) fn exact(&self) -> Option<&[u8]> {
        match self.plain {
            Plain::Same => None,
            Plain::Exact | Plain::Without(_) => Some(&self.text),
        }
    }
}

/// Whether a JSON text has a number that changes its form, and whether it has the character U+0000.
fn look(text: &[u8]) -> (bool, bool) {
    let (mut numbers, mut nul) = (false, false);
    let mut rest = text;
    while !rest.is_empty() {
        let (outside, string) = rest.split_at(memchr(b'"', rest).unwrap_or(rest.len()));
        numbers |= outside.windows(2).any(|pair| match pair {
            [before, b'e' | b'E'] => before.is_ascii_digit(),
            pair => pair == b"-0",
        });
        rest = string.get(1..).unwrap_or_default();
        // To the end of the string, past what is escaped.
        while let Some(place) = memchr2(b'"', b'\\', rest) {
            let (found, tail) = rest.split_at(place).1.split_at(1);
            rest = tail;
            if found == b"\"" {
                break;
            }
            nul |= tail.starts_with(b"u0000");
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    (numbers, nul)
}

/// The text with U+FFFD in the place of U+0000.
fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            plain.push(*byte);
        } else if let Some(after) = tail.strip_prefix(b"u0000") {
            plain.extend_from_slice(b"\\ufffd");
            rest = after;
        } else {
            plain.push(*byte);
            plain.extend(tail.first());
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (String, Option<String>) {
        let body = Body::new(text.as_bytes().to_vec());
        let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (string(body.json()), body.exact().map(string))
    }

    #[test]
    fn what_survives_is_kept_once() {
        for text in [r#"{"a":"1e16 -0 \\u0000","b":[-1,0.5,10,true,false,null]}"#, "{}", r#""\"e""#] {
            assert_eq!(shown(text), (text.to_owned(), None));
        }
    }

    #[test]
    fn numbers_that_change_their_form_are_kept_exactly() {
        for text in [r#"{"a":1e16}"#, "[2.5e-8]", "[-0.0]"] {
            assert_eq!(shown(text), (text.to_owned(), Some(text.to_owned())));
        }
    }

    #[test]
    fn the_character_that_jsonb_cannot_hold_is_kept_beside_it() {
        let text = r#"{"a":"x\u0000\\u0000\u0000"}"#;
        let (json, exact) = shown(text);
        assert_eq!(json, r#"{"a":"x\ufffd\\u0000\ufffd"}"#);
        assert_eq!(exact.as_deref(), Some(text));
    }
}
