//! Writes a tree as YAML that every YAML reader, old or new, takes for the same values.

use std::fmt::Write as _;

use super::tree::{Entry, Node, Value};

/// A key written longer than this needs the `? ` form.
const SIMPLE_KEY: usize = 1_000;

/// A tree as YAML, fields in their order.
pub(super) fn emit(tree: &Node) -> String {
    let mut text = String::new();
    match &tree.value {
        Value::Map(entries) if !entries.is_empty() => fields(&mut text, entries, 0, false),
        Value::List(items) if !items.is_empty() => list(&mut text, items, 0, false),
        other => {
            scalar(&mut text, other);
            text.push('\n');
        }
    }
    text
}

/// Fields, one a line. The first stands behind a dash already if `inline`.
fn fields(text: &mut String, entries: &[Entry], depth: usize, inline: bool) {
    for (place, entry) in entries.iter().enumerate() {
        if place > 0 || !inline {
            indent(text, depth);
        }
        let mut key = String::new();
        string(&mut key, &entry.key);
        if key.len() > SIMPLE_KEY {
            let _ = writeln!(text, "? {key}");
            indent(text, depth);
        } else {
            text.push_str(&key);
        }
        text.push(':');
        match &entry.node.value {
            Value::Map(inner) if !inner.is_empty() => {
                text.push('\n');
                fields(text, inner, depth.saturating_add(1), false);
            }
            Value::List(items) if !items.is_empty() => {
                text.push('\n');
                list(text, items, depth.saturating_add(1), false);
            }
            other => {
                text.push(' ');
                scalar(text, other);
                text.push('\n');
            }
        }
    }
}

/// Entries of a list, each behind a dash.
fn list(text: &mut String, items: &[Node], depth: usize, inline: bool) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 || !inline {
            indent(text, depth);
        }
        text.push_str("- ");
        match &item.value {
            Value::Map(entries) if !entries.is_empty() => fields(text, entries, depth.saturating_add(1), true),
            Value::List(inner) if !inner.is_empty() => list(text, inner, depth.saturating_add(1), true),
            other => {
                scalar(text, other);
                text.push('\n');
            }
        }
    }
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

fn scalar(text: &mut String, value: &Value) {
    let _ = match value {
        Value::Null | Value::Broken => write!(text, "null"),
        Value::Bool(flag) => write!(text, "{flag}"),
        Value::Int(number) => write!(text, "{number}"),
        // With a point and a signed exponent, which YAML 1.1 readers ask of a number.
        Value::Float(number) => write!(text, "{}", decimal(*number)),
        Value::Text(content) => {
            string(text, content);
            Ok(())
        }
        Value::List(_) => write!(text, "[]"),
        Value::Map(_) => write!(text, "{{}}"),
    };
}

fn decimal(number: f64) -> String {
    let written = format!("{number:?}");
    match written.split_once('e') {
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
        None => written,
    }
}

/// A text, bare where no reader could take it for anything else.
fn string(text: &mut String, content: &str) {
    if is_plain(content) {
        text.push_str(content);
        return;
    }
    text.push('"');
    for character in content.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            control if control.is_control() => {
                let _ = write!(text, "\\x{:02x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

fn is_plain(content: &str) -> bool {
    const WORDS: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    content.chars().next().is_some_and(char::is_alphabetic)
        && !content.ends_with(' ')
        && content.chars().all(|character| character.is_alphanumeric() || " _-./()+".contains(character))
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(content))
}
