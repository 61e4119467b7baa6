//! Reads YAML 1.2 (core schema) into a tree with lines.
//!
//! Anchors, aliases, tags of one's own and several documents in one text are refused: a pipeline
//! needs none of them, and they are what makes YAML dangerous.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::path::quote;
use super::tree::{Bounds, Builder, Node, Problems, Stop, Value};
use crate::limits::DOCUMENT_NODES;

/// How much may begin or end in a document. The parser keeps a whole flow collection in memory
/// before it hands out its first piece, so the signs of such pieces are counted beforehand. A value
/// in quotes under a name in quotes comes to four.
const SIGNS: usize = DOCUMENT_NODES * 4;

/// Reads one YAML text.
pub(super) fn read(text: &str, bounds: Bounds, problems: &mut Problems) -> Result<Node, Stop> {
    let mut tree = Builder::new(bounds, problems);
    if signs(text) > SIGNS {
        let message = format!("the document has more than {DOCUMENT_NODES} values (DOCUMENT_NODES); split it");
        return Err(tree.stop(1, "too_big", message));
    }
    let mut documents = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(&mut tree, text, &error))?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        match event {
            Event::DocumentStart(_) => {
                documents = documents.saturating_add(1);
                if documents > 1 {
                    return Err(tree.stop(
                        line,
                        "syntax",
                        "a second document begins here; put one document in one text",
                    ));
                }
            }
            Event::Alias(_) => {
                alias(&mut tree, line, "aliases (`*name`) are not allowed; write the value out")?;
                if tree.wants_key() {
                    return Err(Stop);
                }
                tree.scalar(Value::Broken, line)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                decorated(&mut tree, line, anchor)?;
                if tree.wants_key() {
                    tree.key(&text, line)?;
                } else {
                    let value = scalar(&mut tree, line, &text, style, tag.as_deref());
                    tree.scalar(value, line)?;
                }
            }
            Event::SequenceStart(anchor, tag) => {
                collection(&mut tree, line, anchor, tag.as_deref(), "seq")?;
                tree.open_list(line)?;
            }
            Event::MappingStart(anchor, tag) => {
                collection(&mut tree, line, anchor, tag.as_deref(), "map")?;
                tree.open_map(line)?;
            }
            Event::SequenceEnd | Event::MappingEnd => tree.close(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    Ok(tree.finish())
}

/// Signs of structure, and half as many quotes, since those come in pairs.
fn signs(text: &str) -> usize {
    let (signs, quotes) = text.bytes().fold((0_usize, 0_usize), |(signs, quotes), byte| match byte {
        b',' | b'[' | b']' | b'{' | b'}' | b':' | b'?' | b'&' | b'*' | b'!' => (signs.saturating_add(1), quotes),
        b'"' | b'\'' => (signs, quotes.saturating_add(1)),
        _ => (signs, quotes),
    });
    signs.saturating_add(quotes / 2)
}

fn syntax(tree: &mut Builder<'_>, text: &str, error: &ScanError) -> Stop {
    let line = error.marker().line();
    let info = error.info();
    let at = u32::try_from(line).unwrap_or(u32::MAX);
    if info.contains("unknown anchor") {
        return tree.stop(at, "alias", "aliases (`*name`) are not allowed; write the value out");
    }
    if info.contains("recursion limit") {
        return tree.stop(at, "too_deep", "brackets are nested too deeply; flatten the document");
    }
    // The parser points at the value before the tab, which helps nobody.
    let tabbed = |text: &str| text.trim_start_matches(' ').starts_with('\t');
    let below = text.lines().skip(line.saturating_sub(1)).take(3).position(tabbed);
    if let Some(below) = below.filter(|_| info.contains("tab")) {
        let at = u32::try_from(line.saturating_add(below)).unwrap_or(u32::MAX);
        return tree.stop(at, "syntax", "this line is indented with a tab; YAML wants spaces");
    }
    let column = error.marker().col().saturating_add(1);
    tree.stop(at, "syntax", format!("this is not valid YAML, at column {column}: {info}"))
}

fn alias(tree: &mut Builder<'_>, line: u32, message: &str) -> Result<(), Stop> {
    tree.problem(line, "alias", message);
    if tree.full() { Err(Stop) } else { Ok(()) }
}

fn decorated(tree: &mut Builder<'_>, line: u32, anchor: usize) -> Result<(), Stop> {
    if anchor == 0 { Ok(()) } else { alias(tree, line, "anchors (`&name`) are not allowed; take it out") }
}

fn collection(tree: &mut Builder<'_>, line: u32, anchor: usize, tag: Option<&Tag>, own_tag: &str) -> Result<(), Stop> {
    if tree.wants_key() {
        return Err(tree.stop(line, "syntax", "a key must be a text, not a list or an object"));
    }
    decorated(tree, line, anchor)?;
    if let Some(tag) = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == own_tag)) {
        foreign(tree, line, tag);
    }
    if tree.full() { Err(Stop) } else { Ok(()) }
}

fn foreign(tree: &mut Builder<'_>, line: u32, tag: &Tag) {
    tree.problem(line, "invalid", format!("the tag {} is not allowed here; take it out", quote(&tag.to_string())));
}

fn scalar(tree: &mut Builder<'_>, line: u32, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let value = match tag {
        None if style == ScalarStyle::Plain => plain(text),
        None => return Value::Text(text.to_owned()),
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => return Value::Text(text.to_owned()),
        Some(tag) if tag.is_yaml_core_schema() => {
            let value = plain(text);
            match (tag.suffix.as_str(), &value) {
                ("str", _) => return Value::Text(text.to_owned()),
                ("null", Value::Null) | ("bool", Value::Bool(_)) | ("int", Value::Int(_)) => value,
                ("float", Value::Float(_) | Value::Int(_)) => value,
                _ => {
                    foreign(tree, line, tag);
                    Value::Broken
                }
            }
        }
        Some(tag) => {
            foreign(tree, line, tag);
            Value::Broken
        }
    };
    if matches!(value, Value::Broken) && tag.is_none() {
        tree.problem(
            line,
            "out_of_range",
            format!("the number {} has no finite value; write it in quotes for a text", quote(text)),
        );
    }
    value
}

/// What a plain scalar stands for in the core schema; broken for a number without finite value.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Broken,
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Value::Broken;
    }
    if let Some(value) = based(text, "0o", 8).or_else(|| based(text, "0x", 16)) {
        return value;
    }
    if is_digits(unsigned) {
        return Value::number(text.parse().ok(), text).unwrap_or(Value::Broken);
    }
    if is_float(unsigned) {
        return Value::number(None, text).unwrap_or(Value::Broken);
    }
    Value::Text(text.to_owned())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn based(text: &str, prefix: &str, radix: u32) -> Option<Value> {
    let digits = text.strip_prefix(prefix)?;
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = u64::from_str_radix(digits, radix).map(i128::from);
    Some(number.map_or(Value::Broken, Value::Int))
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then perhaps an exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let good_exponent = exponent.is_none_or(|text| is_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    let good_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    good_mantissa && good_exponent
}
