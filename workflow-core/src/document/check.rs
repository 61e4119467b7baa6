//! Holds a tree against a JSON Schema, as far as the generated schemas go, and collects every
//! problem with its place. What the schema lets through, serde reads.

use std::collections::HashSet;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::closest::{advice, closest};
use super::path::{Path, quote};
use super::schema::KEY_PATTERN;
use super::tree::{Entry, Node, Problems, Value};
use crate::calendar::HoursSpan;
use crate::dates::{DATE_FORMAT, DateExpression, SPAN_FORMAT, Span};
use crate::limits::KEY_BYTES;
use crate::recurrence::{RULE_FORMAT, Rule};

/// References that lead to references, before the walk gives up on a schema.
const HOPS: usize = 16;

/// Every problem of a tree under a schema.
pub(super) fn check(schema: &Json, tree: &Node, problems: &mut Problems) {
    Checker { root: schema, problems, path: Path::default() }.node(schema, tree);
}

pub(super) struct Checker<'a> {
    root: &'a Json,
    problems: &'a mut Problems,
    path: Path,
}

impl<'a> Checker<'a> {
    /// One value under one schema.
    pub(super) fn node(&mut self, schema: &'a Json, node: &Node) {
        if self.problems.full() || matches!(node.value, Value::Broken) {
            return;
        }
        let schema = self.resolve(schema);
        if is_choice(schema) {
            self.choice(schema, node);
            return;
        }
        let types = types(schema);
        if types.is_empty() {
            return;
        }
        let Some(found) = types.iter().find(|name| fits(name, &node.value)) else {
            self.wrong_type(&node.value, node.line, &words(&types));
            return;
        };
        match (*found, &node.value) {
            ("object", Value::Map(entries)) => self.object(schema, entries, node.line),
            ("array", Value::List(items)) => self.list(schema, items, node.line),
            ("string", Value::Text(text)) => self.text(schema, text, node.line),
            ("integer" | "number", value) => self.number(schema, value, node.line),
            _ => {}
        }
    }

    /// The same under the name of a field.
    pub(super) fn field(&mut self, schema: &'a Json, entry: &Entry) {
        let before = self.path.push_key(&entry.key);
        self.node(schema, &entry.node);
        self.path.back(before);
    }

    /// A problem at the present place.
    pub(super) fn problem(&mut self, line: u32, code: &'static str, message: impl Into<String>) {
        self.problems.add(self.path.as_str(), line, code, message);
    }

    /// A problem at the name of a field.
    pub(super) fn field_problem(&mut self, key: &str, line: u32, code: &'static str, message: impl Into<String>) {
        let before = self.path.push_key(key);
        self.problem(line, code, message);
        self.path.back(before);
    }

    /// A value of another kind than expected.
    pub(super) fn wrong_type(&mut self, value: &Value, line: u32, expected: &str) {
        let found = value.describe();
        let hint = match value {
            Value::Null => "; give a value or take it out",
            Value::Bool(_) | Value::Int(_) | Value::Float(_) if expected.contains("a text") => {
                "; write it in double quotes"
            }
            Value::Text(text) if expected.contains("true or false") => match text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => "; write `true` without quotes",
                "no" | "off" | "n" | "false" => "; write `false` without quotes",
                _ => "",
            },
            Value::Text(text) if expected.contains("number") && text.parse::<f64>().is_ok() => {
                "; write it without quotes"
            }
            Value::Text(_) if expected.contains("a list") => "; put it in `[` and `]`",
            _ => "",
        };
        self.problem(line, "wrong_type", format!("expected {expected}, found {found}{hint}"));
    }

    /// What a reference refers to.
    pub(super) fn resolve(&self, schema: &'a Json) -> &'a Json {
        resolve(self.root, schema)
    }

    fn object(&mut self, schema: &'a Json, entries: &[Entry], line: u32) {
        let Some(fields) = schema.get("properties").and_then(Json::as_object) else {
            self.names(schema, entries);
            return;
        };
        let present: HashSet<&str> = entries.iter().map(|entry| &*entry.key).collect();
        let mut meant: HashSet<&str> = HashSet::new();
        for entry in entries {
            if self.problems.full() {
                return;
            }
            if let Some(field) = fields.get(&*entry.key) {
                self.field(field, entry);
            } else if let Some(rest) = schema.get("additionalProperties").filter(|rest| rest.is_object()) {
                self.field(rest, entry);
            } else {
                meant.extend(self.unknown_field(fields, &present, entry));
            }
        }
        for name in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            if !meant.contains(name) && !present.contains(name) {
                self.field_problem(name, line, "missing_field", format!("`{name}` is missing; add it"));
            }
        }
    }

    /// Complains of a field, and looks into it as the absent one that was probably meant. Answers
    /// that one, so that it is not reported as missing too.
    fn unknown_field(
        &mut self,
        fields: &'a Map<String, Json>,
        present: &HashSet<&str>,
        entry: &Entry,
    ) -> Option<&'a str> {
        let meant = closest(&entry.key, fields.keys().map(String::as_str).filter(|name| !present.contains(name)));
        let advice = match meant {
            Some(name) => format!("did you mean `{name}`?"),
            None => advice(&entry.key, "the fields are", fields.keys().map(String::as_str)),
        };
        let message = format!("there is no field {} here; {advice}", quote(&entry.key));
        self.field_problem(&entry.key, entry.line, "unknown_field", message);
        if let Some((name, field)) = meant.and_then(|name| Some((name, fields.get(name)?))) {
            let before = self.path.push_key(&entry.key);
            self.problems.misspelt.push((self.path.as_str().to_owned(), name.to_owned()));
            self.path.back(before);
            self.field(field, entry);
        }
        meant
    }

    /// An object whose names are the user's own: all of them are keys.
    fn names(&mut self, schema: &'a Json, entries: &[Entry]) {
        let Some(rest) = schema.get("additionalProperties").filter(|rest| rest.is_object()) else { return };
        for entry in entries {
            if let Some(why) = bad_key(&entry.key) {
                self.field_problem(&entry.key, entry.line, why.0, why.1);
            }
            self.field(rest, entry);
        }
    }

    fn list(&mut self, schema: &'a Json, items: &[Node], line: u32) {
        let first = schema.get("prefixItems").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let unique = schema.get("uniqueItems").and_then(Json::as_bool) == Some(true);
        let mut seen: HashSet<&str> = HashSet::new();
        for (place, item) in items.iter().enumerate() {
            if self.problems.full() {
                return;
            }
            let before = self.path.push_index(place);
            if let Some(inner) = first.get(place).or_else(|| schema.get("items")) {
                self.node(inner, item);
            }
            if let Value::Text(text) = &item.value
                && unique
                && !seen.insert(text)
            {
                self.problem(item.line, "invalid", format!("{} is in this list twice; keep one of them", quote(text)));
            }
            self.path.back(before);
        }
        let count = items.len() as u64;
        if schema.get("minItems").and_then(Json::as_u64).is_some_and(|least| count < least) {
            self.problem(line, "out_of_range", "the list has too few entries");
        }
        if schema.get("maxItems").and_then(Json::as_u64).is_some_and(|most| count > most) {
            self.problem(line, "too_long", "the list has too many entries");
        }
    }

    fn text(&mut self, schema: &Json, text: &str, line: u32) {
        if is_key(schema) {
            if let Some((code, message)) = bad_key(text) {
                self.problem(line, code, message);
            }
            return;
        }
        let format = Texts::of(schema);
        let why = format.and_then(|format| format.complaint(text));
        if let (Some(error), true) = (&why, format.is_some_and(Texts::has_grammar)) {
            self.problem(line, "invalid", error);
            return;
        }
        let length = text.chars().count() as u64;
        if schema.get("minLength").and_then(Json::as_u64).is_some_and(|least| length < least) {
            self.problem(line, "invalid", format!("{} is too short", quote(text)));
        }
        if let Some(most) = schema.get("maxLength").and_then(Json::as_u64).filter(|most| length > *most) {
            self.problem(line, "too_long", format!("the text has {length} characters; shorten it to {most}"));
        }
        if let Some(why) = why {
            self.problem(line, "invalid", why);
        }
    }

    fn number(&mut self, schema: &Json, value: &Value, line: u32) {
        let (least, most) = bounds(schema);
        let (low, high) = match value {
            Value::Int(number) => (least.is_some_and(|least| *number < least), most.is_some_and(|most| *number > most)),
            Value::Float(number) => (
                schema.get("minimum").and_then(Json::as_f64).is_some_and(|least| *number < least),
                schema.get("maximum").and_then(Json::as_f64).is_some_and(|most| *number > most),
            ),
            _ => return,
        };
        if low || high {
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("of {least} or more"),
                (None, Some(most)) => format!("of {most} or less"),
                (None, None) => return,
            };
            self.problem(line, "out_of_range", format!("expected a number {range}, found {}", value.describe()));
        }
    }
}

/// What a reference refers to.
pub(super) fn resolve<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let mut schema = schema;
    for _ in 0..HOPS {
        let Some(target) = schema.get("$ref").and_then(Json::as_str) else { break };
        match target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}

/// Whether the texts of a schema are keys.
pub(super) fn is_key(schema: &Json) -> bool {
    schema.get("pattern").and_then(Json::as_str) == Some(KEY_PATTERN)
}

/// What a text has to be written like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    Day,
    Instant,
    Hours,
    Uuid,
    DateExpression,
    Span,
    Rule,
}

impl Texts {
    /// What those of a schema are.
    pub(super) fn of(schema: &Json) -> Option<Self> {
        Some(match schema.get("format").and_then(Json::as_str)? {
            "date" => Self::Day,
            "date-time" => Self::Instant,
            "hours" => Self::Hours,
            "uuid" => Self::Uuid,
            DATE_FORMAT => Self::DateExpression,
            SPAN_FORMAT => Self::Span,
            RULE_FORMAT => Self::Rule,
            _ => return None,
        })
    }

    /// Whether a text is written so.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::Day => is_date(text),
            Self::Instant => DateTime::parse_from_rfc3339(text).is_ok(),
            Self::Hours => text.parse::<HoursSpan>().is_ok(),
            Self::Uuid => Uuid::parse_str(text).is_ok(),
            Self::DateExpression => text.parse::<DateExpression>().is_ok(),
            Self::Span => text.parse::<Span>().is_ok(),
            Self::Rule => text.parse::<Rule>().is_ok(),
        }
    }

    /// Whether it is a small language, whose errors say more than that the text is wrong.
    fn has_grammar(self) -> bool {
        matches!(self, Self::DateExpression | Self::Span | Self::Rule)
    }

    /// What is wrong with a text.
    fn complaint(self, text: &str) -> Option<String> {
        if self.fits(text) {
            return None;
        }
        let wanted = match self {
            Self::Day => "a date that exists, written `YYYY-MM-DD`",
            Self::Instant => "an instant such as `2026-04-15T09:30:00Z`",
            Self::Hours => "hours such as `09:00-17:30`, from 00:00 to 24:00",
            Self::Uuid => "a UUID such as `01890a5d-ac96-774b-bcce-b302099a8057`",
            Self::DateExpression => return text.parse::<DateExpression>().err().map(|error| error.to_string()),
            Self::Span => return text.parse::<Span>().err().map(|error| error.to_string()),
            Self::Rule => return text.parse::<Rule>().err().map(|error| error.to_string()),
        };
        Some(format!("expected {wanted}, found {}", quote(text)))
    }
}

/// Whether a schema lists alternatives.
pub(super) fn is_choice(schema: &Json) -> bool {
    ["oneOf", "anyOf", "const", "enum"].iter().any(|word| schema.get(word).is_some())
}

/// The types that a schema names.
pub(super) fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(name)) => vec![name],
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value is of a type.
pub(super) fn fits(name: &str, value: &Value) -> bool {
    matches!(
        (name, value),
        ("null", Value::Null)
            | ("boolean", Value::Bool(_))
            | ("integer", Value::Int(_))
            | ("number", Value::Int(_) | Value::Float(_))
            | ("string", Value::Text(_))
            | ("array", Value::List(_))
            | ("object", Value::Map(_))
    )
}

/// Types in words; that nothing is allowed too goes without saying.
pub(super) fn words(types: &[&str]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in types {
        let word = match *name {
            "boolean" => "true or false",
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "a text",
            "array" => "a list",
            "object" => "an object",
            _ => continue,
        };
        if !names.contains(&word) {
            names.push(word);
        }
    }
    if names.is_empty() { "nothing".to_owned() } else { names.join(", or ") }
}

/// The range of a number, by the schema's bounds and by how many bits it has.
pub(super) fn bounds(schema: &Json) -> (Option<i128>, Option<i128>) {
    let range = match schema.get("format").and_then(Json::as_str) {
        Some("uint8") => Some((0, i128::from(u8::MAX))),
        Some("uint16") => Some((0, i128::from(u16::MAX))),
        Some("uint32") => Some((0, i128::from(u32::MAX))),
        Some("uint64" | "uint") => Some((0, i128::from(u64::MAX))),
        Some("int8") => Some((i128::from(i8::MIN), i128::from(i8::MAX))),
        Some("int16") => Some((i128::from(i16::MIN), i128::from(i16::MAX))),
        Some("int32") => Some((i128::from(i32::MIN), i128::from(i32::MAX))),
        Some("int64" | "int") => Some((i128::from(i64::MIN), i128::from(i64::MAX))),
        _ => None,
    };
    let bound =
        |name: &str| schema.get(name).and_then(|b| b.as_i64().map(i128::from).or_else(|| b.as_u64().map(i128::from)));
    (bound("minimum").or(range.map(|r| r.0)), bound("maximum").or(range.map(|r| r.1)))
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && NaiveDate::from_str(text).is_ok()
}

/// What keeps a text from being a key: the same rules as those of the types in [`crate::id`].
pub(super) fn bad_key(text: &str) -> Option<(&'static str, String)> {
    if text.is_empty() {
        Some(("invalid", "this name is empty; write 1 to 120 bytes".to_owned()))
    } else if text.len() > KEY_BYTES {
        Some(("too_long", format!("{} has {} bytes; shorten it to {KEY_BYTES} (KEY_BYTES)", quote(text), text.len())))
    } else if text.trim() != text {
        Some(("invalid", format!("{} begins or ends with a space; take it out", quote(text))))
    } else if text.chars().any(char::is_control) {
        Some(("invalid", format!("{} holds a control character; take it out", quote(text))))
    } else {
        None
    }
}
