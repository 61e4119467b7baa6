//! Alternatives: enums written as a word or under a tag, optional values, and field values.
//!
//! A validator would say "no alternative matches". Here the tag or the kind of value picks the
//! alternative, and the problems are those inside it.

use serde_json::Value as Json;

use super::check::{Checker, fits, is_choice, types, words};
use super::closest::advice;
use super::path::quote;
use super::tree::{Entry, Node, Value};

/// The alternatives of a schema, sorted out.
#[derive(Default)]
struct Choices<'a> {
    /// Words that stand for themselves.
    words: Vec<&'a str>,
    /// Tags and what belongs under them.
    tags: Vec<(&'a str, &'a Json)>,
    /// Told apart by the kind of value.
    kinds: Vec<&'a Json>,
    /// Whether nothing will do.
    nullable: bool,
}

impl Choices<'_> {
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.words.iter().copied().chain(self.tags.iter().map(|(name, _)| *name))
    }
}

impl<'a> Checker<'a> {
    /// One value under a schema with alternatives.
    pub(super) fn choice(&mut self, schema: &'a Json, node: &Node) {
        let mut choices = Choices::default();
        self.sort(schema, false, &mut choices);
        if choices.nullable && matches!(node.value, Value::Null) {
            return;
        }
        if choices.words.is_empty() && choices.tags.is_empty() {
            self.by_kind(&choices, node);
            return;
        }
        match &node.value {
            Value::Text(text) => self.word(&choices, text, node.line),
            Value::Map(entries) if !choices.tags.is_empty() => self.tagged(&choices, entries, node.line),
            // A number beside words, such as the day of a month or `last`.
            other if choices.kinds.iter().any(|kind| types(kind).iter().any(|name| fits(name, other))) => {
                self.by_kind(&choices, node);
            }
            other => {
                let expected = match (choices.words.is_empty(), choices.tags.is_empty()) {
                    (false, true) => "a text",
                    (true, false) => "an object with one field",
                    _ => "a text, or an object with one field",
                };
                let names = advice("", "the choices are", choices.names());
                self.wrong_type(other, node.line, &format!("{expected} ({names})"));
            }
        }
    }

    /// Sorts a schema's alternatives out. An enum is a `oneOf`, anything else an `anyOf`, and only
    /// the objects of an enum are tags.
    fn sort(&self, schema: &'a Json, of_enum: bool, into: &mut Choices<'a>) {
        let schema = self.resolve(schema);
        if let Some(word) = schema.get("const").and_then(Json::as_str) {
            into.words.push(word);
        } else if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            into.words.extend(words.iter().filter_map(Json::as_str));
            into.nullable |= words.contains(&Json::Null);
        } else if is_choice(schema) {
            for (word, of_enum) in [("oneOf", true), ("anyOf", false)] {
                for inner in schema.get(word).and_then(Json::as_array).into_iter().flatten() {
                    self.sort(inner, of_enum, into);
                }
            }
        } else if types(schema) == ["null"] {
            into.nullable = true;
        } else if let Some(tag) = tag_of(schema).filter(|_| of_enum) {
            into.tags.push(tag);
        } else {
            into.kinds.push(schema);
        }
    }

    fn by_kind(&mut self, choices: &Choices<'a>, node: &Node) {
        if let [only] = choices.kinds.as_slice() {
            self.node(only, node);
            return;
        }
        // A whole number too large for the first alternative may still fit a later one.
        let mut fitting = choices.kinds.iter().filter(|kind| types(kind).iter().any(|name| fits(name, &node.value)));
        let (first, last) = (fitting.next(), fitting.next_back());
        match (first, last) {
            (Some(_), Some(last)) => self.node(last, node),
            (Some(only), None) => self.node(only, node),
            (None, _) => {
                let names: Vec<&str> = choices.kinds.iter().flat_map(|kind| types(kind)).collect();
                self.wrong_type(&node.value, node.line, &words(&names));
            }
        }
    }

    fn word(&mut self, choices: &Choices<'a>, text: &str, line: u32) {
        if choices.words.contains(&text) {
            return;
        }
        if choices.tags.iter().any(|(name, _)| *name == text) {
            self.problem(line, "wrong_type", format!("`{text}` needs a value; write `{text}: …`"));
            return;
        }
        let advice = advice(text, "the choices are", choices.names());
        self.problem(line, "unknown_variant", format!("{} is not one of the choices; {advice}", quote(text)));
    }

    fn tagged(&mut self, choices: &Choices<'a>, entries: &[Entry], line: u32) {
        let mut chosen: Option<&str> = None;
        for entry in entries {
            let key = &*entry.key;
            if choices.words.contains(&key) {
                let message = format!("`{key}` takes no value; write just `{key}`");
                self.field_problem(key, entry.line, "wrong_type", message);
                chosen = chosen.or(Some(key));
            } else if let Some((_, inner)) = choices.tags.iter().find(|(name, _)| *name == key) {
                if let Some(other) = chosen {
                    let message =
                        format!("only one may stand here, and {} does already; begin a new entry", quote(other));
                    self.field_problem(key, entry.line, "invalid", message);
                }
                chosen = Some(key);
                self.field(inner, entry);
            } else if entries.len() == 1 {
                let advice = advice(key, "the choices are", choices.names());
                let message = format!("{} is not one of the choices; {advice}", quote(key));
                self.field_problem(key, entry.line, "unknown_variant", message);
                return;
            }
        }
        if entries.len() > 1 || chosen.is_none() {
            self.strays(choices, entries, chosen, line);
        }
    }

    /// Names beside the chosen one, or instead of it, that stand for nothing.
    fn strays(&mut self, choices: &Choices<'a>, entries: &[Entry], chosen: Option<&str>, line: u32) {
        let known = |key: &str| choices.names().any(|name| name == key);
        for entry in entries.iter().filter(|entry| !known(&entry.key)) {
            let key = quote(&entry.key);
            let (code, message) = match chosen {
                Some(chosen) => (
                    "unknown_field",
                    format!("there is no {key} beside `{chosen}`; indent it under `{chosen}` if it belongs there"),
                ),
                None => {
                    let advice = advice(&entry.key, "the choices are", choices.names());
                    ("unknown_variant", format!("{key} is not one of the choices; {advice}"))
                }
            };
            self.field_problem(&entry.key, entry.line, code, message);
        }
        if entries.is_empty() {
            let advice = advice("", "the choices are", choices.names());
            self.problem(line, "missing_field", format!("this object is empty; {advice}"));
        }
    }
}

/// The tag of an object with exactly one field, and what belongs under it.
pub(super) fn tag_of(schema: &Json) -> Option<(&str, &Json)> {
    let fields = schema.get("properties")?.as_object()?;
    let required = schema.get("required")?.as_array()?;
    let closed = schema.get("additionalProperties").and_then(Json::as_bool) == Some(false);
    match (fields.iter().next(), required.as_slice()) {
        (Some((name, inner)), [only]) if closed && fields.len() == 1 && only.as_str() == Some(name) => {
            Some((name, inner))
        }
        _ => None,
    }
}
