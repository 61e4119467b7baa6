//! CSV as RFC 4180 has it: a header, lines that end with CR LF, quotes where they are needed.

use std::borrow::Cow;
use std::fmt::Display;

use super::out::Out;
use crate::error::Error;

/// A row that is being written. Its text is used again for the next one.
pub(super) struct Rows<'o, 'w> {
    out: &'o mut Out<'w>,
    line: String,
    cells: usize,
    raw: bool,
    pub(super) written: u64,
}

impl<'o, 'w> Rows<'o, 'w> {
    /// Begins a table with the names of its columns.
    pub(super) fn begin(out: &'o mut Out<'w>, columns: &[&str], raw: bool) -> Result<Self, Error> {
        out.text(&columns.join(","))?;
        out.text("\r\n")?;
        Ok(Self { out, line: String::new(), cells: 0, raw, written: 0 })
    }

    /// Adds a cell.
    pub(super) fn cell(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.text(text.as_ref())
    }

    fn text(&mut self, text: &str) -> &mut Self {
        if self.cells > 0 {
            self.line.push(',');
        }
        self.cells = self.cells.saturating_add(1);
        let text = if self.raw { Cow::Borrowed(text) } else { harmless(text) };
        let is_special = |letter| matches!(letter, ',' | '"' | '\r' | '\n');
        if text.contains(is_special) || text.starts_with(' ') || text.ends_with(' ') {
            self.line.push('"');
            self.line.push_str(&text.replace('"', "\"\""));
            self.line.push('"');
        } else {
            self.line.push_str(&text);
        }
        self
    }

    /// Adds a cell, empty when there is nothing.
    pub(super) fn maybe(&mut self, value: Option<impl Display>) -> &mut Self {
        self.shown(value.as_ref().map(|value| value as &dyn Display))
    }

    fn shown(&mut self, value: Option<&dyn Display>) -> &mut Self {
        match value {
            Some(value) => self.text(&value.to_string()),
            None => self.text(""),
        }
    }

    /// Ends the row.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.line.push_str("\r\n");
        self.out.text(&self.line.replace('\0', "\u{fffd}"))?;
        self.line.clear();
        self.cells = 0;
        self.written = self.written.saturating_add(1);
        Ok(())
    }
}

/// A text that no spreadsheet takes for a formula: with an apostrophe before what would begin one.
fn harmless(text: &str) -> Cow<'_, str> {
    let begins_formula =
        |letter| matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.starts_with(begins_formula) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}
