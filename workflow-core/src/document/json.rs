//! Reads JSON (RFC 8259) into a tree with lines. Works on the builder's stack, never recurses.

use std::borrow::Cow;

use super::path::quote;
use super::tree::{Bounds, Builder, Node, Problems, Stop, Value};

/// Reads one JSON text.
pub(super) fn read(text: &str, bounds: Bounds, problems: &mut Problems) -> Result<Node, Stop> {
    let mut reader = Reader { text, at: 0, line: 1, tree: Builder::new(bounds, problems) };
    reader.document()?;
    Ok(reader.tree.finish())
}

struct Reader<'t, 'p> {
    text: &'t str,
    at: usize,
    line: u32,
    tree: Builder<'p>,
}

impl<'t> Reader<'t, '_> {
    fn document(&mut self) -> Result<(), Stop> {
        loop {
            // A value begins here.
            if self.opened()? {
                continue;
            }
            // A value ended here.
            loop {
                if self.tree.at_top() {
                    self.space();
                    return if self.peek().is_none() {
                        Ok(())
                    } else {
                        Err(self.unexpected("the end of the document"))
                    };
                }
                if !self.closed()? {
                    break;
                }
            }
        }
    }

    /// Reads a value, or the opening of one together with the first key. Answers whether
    /// another value begins right after.
    fn opened(&mut self) -> Result<bool, Stop> {
        self.space();
        let line = self.line;
        match self.peek() {
            Some(b'{') => {
                self.step();
                self.tree.open_map(line)?;
                self.space();
                if self.peek() == Some(b'}') {
                    self.step();
                    self.tree.close();
                    return Ok(false);
                }
                self.key()?;
                Ok(true)
            }
            Some(b'[') => {
                self.step();
                self.tree.open_list(line)?;
                self.space();
                if self.peek() == Some(b']') {
                    self.step();
                    self.tree.close();
                    return Ok(false);
                }
                Ok(true)
            }
            Some(b'"') => {
                let text = self.string()?;
                self.tree.scalar(Value::Text(text.into_owned()), line)?;
                Ok(false)
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| false),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word().map(|()| false),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Reads what follows a value in a list or object. Answers whether that closed it.
    fn closed(&mut self) -> Result<bool, Stop> {
        self.space();
        let map = self.tree.in_map();
        match self.peek() {
            Some(b',') => {
                self.step();
                self.space();
                if matches!(self.peek(), Some(b'}' | b']')) {
                    return Err(self.tree.stop(
                        self.line,
                        "syntax",
                        "there is a comma after the last entry; take it out",
                    ));
                }
                if map {
                    self.key()?;
                }
                Ok(false)
            }
            Some(b'}') if map => {
                self.step();
                self.tree.close();
                Ok(true)
            }
            Some(b']') if !map => {
                self.step();
                self.tree.close();
                Ok(true)
            }
            _ => Err(self.unexpected(if map { "`,` or `}`" } else { "`,` or `]`" })),
        }
    }

    fn key(&mut self) -> Result<(), Stop> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let line = self.line;
        let key = self.string()?;
        self.tree.key(&key, line)?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.step();
        Ok(())
    }

    fn word(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            self.step();
        }
        let value = match self.text.get(start..self.at).unwrap_or_default() {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => {
                let message = format!("{} is no JSON value; write texts in double quotes", quote(other));
                return Err(self.tree.stop(self.line, "syntax", message));
            }
        };
        self.tree.scalar(value, self.line)
    }

    fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.step();
        }
        let first = self.peek();
        let mut good = self.digits() > 0;
        if first == Some(b'0') && self.text.get(start..self.at).unwrap_or_default().trim_start_matches('-').len() > 1 {
            good = false;
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.step();
            whole = false;
            good &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.step();
            whole = false;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.step();
            }
            good &= self.digits() > 0;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if !good {
            return Err(self.tree.stop(self.line, "syntax", format!("{} is no JSON number", quote(text))));
        }
        let value = Value::number(if whole { text.parse().ok() } else { None }, text).unwrap_or_else(|| {
            self.tree.problem(self.line, "out_of_range", format!("the number {} is too large", quote(text)));
            Value::Broken
        });
        self.tree.scalar(value, self.line)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.step();
        }
        self.at.saturating_sub(start)
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Stop> {
        self.step();
        // Most texts hold no escape, and are a piece of the document.
        let mut text = Cow::Borrowed("");
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte != b'"' && byte != b'\\' && byte >= b' ') {
                self.step();
            }
            text += self.text.get(start..self.at).unwrap_or_default();
            match self.peek() {
                Some(b'"') => {
                    self.step();
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.step();
                    let character = self.escape()?;
                    text.to_mut().push(character);
                }
                Some(_) => {
                    let message =
                        "a text holds a bare line break or control character; write it as an escape, such as `\\n`";
                    return Err(self.tree.stop(self.line, "syntax", message));
                }
                None => return Err(self.tree.stop(self.line, "syntax", "a text is not closed; add the missing `\"`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Stop> {
        let letter = self.peek();
        self.step();
        Ok(match letter {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.hex()?;
                let code = if (0xd800..0xdc00).contains(&high)
                    && self.text.get(self.at..).is_some_and(|t| t.starts_with("\\u"))
                {
                    self.at = self.at.saturating_add(2);
                    let low = self.hex()?;
                    // A second half out of its range makes no character, and is caught below.
                    low.checked_sub(0xdc00)
                        .filter(|low| *low < 0x400)
                        .map_or(high, |low| 0x1_0000 + ((high - 0xd800) << 10) + low)
                } else {
                    high
                };
                match char::from_u32(code) {
                    Some(character) => character,
                    None => {
                        return Err(self.tree.stop(
                            self.line,
                            "syntax",
                            "a `\\u` escape is half of a pair; write both halves",
                        ));
                    }
                }
            }
            _ => {
                return Err(self.tree.stop(
                    self.line,
                    "syntax",
                    "there is no such escape after `\\`; write `\\\\` for a backslash",
                ));
            }
        })
    }

    fn hex(&mut self) -> Result<u32, Stop> {
        let end = self.at.saturating_add(4);
        let digits = self.text.get(self.at..end).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|text| u32::from_str_radix(text, 16).ok()) {
            Some(code) => {
                self.at = end;
                Ok(code)
            }
            None => Err(self.tree.stop(self.line, "syntax", "a `\\u` escape needs four hexadecimal digits")),
        }
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            if byte == b'\n' {
                self.line = self.line.saturating_add(1);
            }
            self.step();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn unexpected(&mut self, expected: &str) -> Stop {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(character) => quote(character.encode_utf8(&mut [0; 4])),
            None => "the end of the document".to_owned(),
        };
        self.tree.stop(self.line, "syntax", format!("expected {expected}, found {found}"))
    }
}
