//! A schema made ready to be gone by quickly: whether a tree is right, and nothing more.
//!
//! Nearly every document is right, and machines write many. [`Shape::fits`] looks at a tree once,
//! without making words of anything; only a tree that it does not let through is held against the
//! schema by [`super::check`], which tells what is wrong. It never lets through what the check
//! complains of: it is made of the same schema by the same rules, and a test holds them together.

use std::collections::HashMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value as Json;

use super::check::{Texts, bad_key, bounds, is_choice, resolve, types};
use super::choice::tag_of;
use super::tree::{Entry, Node, Value};

/// A list this long or shorter is looked through for a text given twice without a table.
const FEW: usize = 8;

/// A schema, made ready.
#[derive(Debug)]
pub(super) struct Shape {
    /// Those that refer to each other, by their places.
    parts: Vec<Part>,
    root: usize,
}

/// What a value may be.
#[derive(Debug)]
enum Part {
    /// Anything.
    Any,
    Value(Box<Kinds>),
    Choice(Box<Choice>),
}

/// What a value of each kind has to be like; of a kind that is absent there may be none.
#[derive(Debug, Default)]
struct Kinds {
    null: bool,
    flag: bool,
    number: Option<Number>,
    text: Option<Text>,
    list: Option<List>,
    object: Option<Object>,
}

#[derive(Debug)]
struct Number {
    /// Whether it may have a fraction.
    fraction: bool,
    least: Option<i128>,
    most: Option<i128>,
    least_fraction: Option<f64>,
    most_fraction: Option<f64>,
}

#[derive(Debug)]
enum Text {
    Key,
    Other { format: Option<Texts>, least: Option<u64>, most: Option<u64> },
}

#[derive(Debug)]
struct List {
    first: Vec<usize>,
    items: Option<usize>,
    unique: bool,
    least: Option<u64>,
    most: Option<u64>,
}

#[derive(Debug)]
enum Object {
    /// The names are the user's own.
    Names(Option<usize>),
    Fields {
        fields: FxHashMap<Box<str>, Field>,
        rest: Option<usize>,
        /// How many have to be there.
        required: usize,
        /// Whether one has to be there that is none of the fields.
        never: bool,
    },
}

#[derive(Debug)]
struct Field {
    part: usize,
    required: bool,
}

#[derive(Debug, Default)]
struct Choice {
    words: FxHashSet<Box<str>>,
    tags: FxHashMap<Box<str>, usize>,
    kinds: Vec<usize>,
    nullable: bool,
}

impl Shape {
    /// Makes a schema ready.
    pub(super) fn new(schema: &Json) -> Self {
        let mut maker = Maker { root: schema, parts: Vec::new(), made: HashMap::new() };
        let root = maker.part(schema);
        Self { parts: maker.parts, root }
    }

    /// Whether the check has nothing to say of a tree.
    pub(super) fn fits(&self, tree: &Node) -> bool {
        self.part(self.root, &tree.value)
    }

    fn part(&self, place: usize, value: &Value) -> bool {
        match self.parts.get(place) {
            Some(Part::Any) => !matches!(value, Value::Broken),
            Some(Part::Value(kinds)) => self.kinds(kinds, value),
            Some(Part::Choice(choice)) => self.choice(choice, value),
            None => false,
        }
    }

    fn kinds(&self, kinds: &Kinds, value: &Value) -> bool {
        match value {
            Value::Null => kinds.null,
            Value::Bool(_) => kinds.flag,
            Value::Int(number) => kinds.number.as_ref().is_some_and(|of| {
                of.least.is_none_or(|least| *number >= least) && of.most.is_none_or(|most| *number <= most)
            }),
            Value::Float(number) => kinds.number.as_ref().is_some_and(|of| {
                of.fraction
                    && of.least_fraction.is_none_or(|least| *number >= least)
                    && of.most_fraction.is_none_or(|most| *number <= most)
            }),
            Value::Text(text) => kinds.text.as_ref().is_some_and(|of| of.fits(text)),
            Value::List(items) => kinds.list.as_ref().is_some_and(|of| self.list(of, items)),
            Value::Map(entries) => kinds.object.as_ref().is_some_and(|of| self.object(of, entries)),
            Value::Broken => false,
        }
    }

    fn list(&self, of: &List, items: &[Node]) -> bool {
        let count = items.len() as u64;
        let inside = |(place, item): (usize, &Node)| match of.first.get(place).copied().or(of.items) {
            Some(part) => self.part(part, &item.value),
            None => true,
        };
        of.least.is_none_or(|least| count >= least)
            && of.most.is_none_or(|most| count <= most)
            && items.iter().enumerate().all(inside)
            && (!of.unique || all_different(items))
    }

    fn object(&self, of: &Object, entries: &[Entry]) -> bool {
        match of {
            Object::Names(None) => true,
            Object::Names(Some(part)) => {
                entries.iter().all(|entry| bad_key(&entry.key).is_none() && self.part(*part, &entry.node.value))
            }
            Object::Fields { fields, rest, required, never } => {
                let mut present = 0_usize;
                let inside = |entry: &Entry| match (fields.get(&*entry.key), rest) {
                    (Some(field), _) => {
                        present = present.saturating_add(usize::from(field.required));
                        self.part(field.part, &entry.node.value)
                    }
                    (None, Some(rest)) => self.part(*rest, &entry.node.value),
                    (None, None) => false,
                };
                !never && entries.iter().all(inside) && present == *required
            }
        }
    }

    fn choice(&self, choice: &Choice, value: &Value) -> bool {
        match value {
            Value::Broken => return false,
            Value::Null if choice.nullable => return true,
            Value::Text(text) if choice.has_names() => return choice.words.contains(&**text),
            Value::Map(entries) if !choice.tags.is_empty() => {
                return match entries.as_slice() {
                    [only] => choice.tags.get(&*only.key).is_some_and(|part| self.part(*part, &only.node.value)),
                    _ => false,
                };
            }
            _ => {}
        }
        if let [only] = choice.kinds.as_slice()
            && !choice.has_names()
        {
            return self.part(*only, value);
        }
        // A whole number too large for the first alternative may still fit a later one.
        let last = choice.kinds.iter().rev().find(|kind| self.is_of(**kind, value));
        last.is_some_and(|kind| self.part(*kind, value))
    }

    /// Whether a value is of a kind that a part names.
    fn is_of(&self, place: usize, value: &Value) -> bool {
        let Some(Part::Value(kinds)) = self.parts.get(place) else { return false };
        match value {
            Value::Null => kinds.null,
            Value::Bool(_) => kinds.flag,
            Value::Int(_) => kinds.number.is_some(),
            Value::Float(_) => kinds.number.as_ref().is_some_and(|of| of.fraction),
            Value::Text(_) => kinds.text.is_some(),
            Value::List(_) => kinds.list.is_some(),
            Value::Map(_) => kinds.object.is_some(),
            Value::Broken => false,
        }
    }
}

impl Choice {
    fn has_names(&self) -> bool {
        !self.words.is_empty() || !self.tags.is_empty()
    }
}

impl Text {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Key => bad_key(text).is_none(),
            Self::Other { format, least, most } => {
                let short = least.is_none() && most.is_none();
                let length = if short { 0 } else { text.chars().count() as u64 };
                least.is_none_or(|least| length >= least)
                    && most.is_none_or(|most| length <= most)
                    && format.is_none_or(|format| format.fits(text))
            }
        }
    }
}

/// Whether no text stands in a list twice.
fn all_different(items: &[Node]) -> bool {
    let text = |item: &Node| match &item.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    if items.len() <= FEW {
        let twice = |(place, item): (usize, &Node)| {
            matches!(item.value, Value::Text(_)) && items.iter().take(place).any(|before| before.value == item.value)
        };
        return !items.iter().enumerate().any(twice);
    }
    let mut seen = FxHashSet::default();
    items.iter().filter_map(text).all(|text| seen.insert(text))
}

/// Makes parts of a schema's parts, each once: schemas refer to themselves.
struct Maker<'a> {
    root: &'a Json,
    parts: Vec<Part>,
    /// By where they are in memory.
    made: HashMap<*const Json, usize>,
}

impl<'a> Maker<'a> {
    fn part(&mut self, schema: &'a Json) -> usize {
        let schema = resolve(self.root, schema);
        if let Some(place) = self.made.get(&std::ptr::from_ref(schema)) {
            return *place;
        }
        let place = self.parts.len();
        self.made.insert(schema, place);
        self.parts.push(Part::Any);
        let part = if is_choice(schema) {
            let mut choice = Choice::default();
            self.sort(schema, false, &mut choice);
            Part::Choice(Box::new(choice))
        } else if types(schema).is_empty() {
            Part::Any
        } else {
            Part::Value(Box::new(self.kinds(schema)))
        };
        if let Some(kept) = self.parts.get_mut(place) {
            *kept = part;
        }
        place
    }

    fn kinds(&mut self, schema: &'a Json) -> Kinds {
        let mut kinds = Kinds::default();
        for name in types(schema) {
            match name {
                "null" => kinds.null = true,
                "boolean" => kinds.flag = true,
                "integer" | "number" => {
                    let fraction = name == "number" || kinds.number.as_ref().is_some_and(|number| number.fraction);
                    kinds.number = Some(number(schema, fraction));
                }
                "string" => kinds.text = Some(text(schema)),
                "array" => kinds.list = Some(self.list(schema)),
                "object" => kinds.object = Some(self.object(schema)),
                _ => {}
            }
        }
        kinds
    }

    fn list(&mut self, schema: &'a Json) -> List {
        let first = schema.get("prefixItems").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        List {
            first: first.iter().map(|schema| self.part(schema)).collect(),
            items: schema.get("items").map(|schema| self.part(schema)),
            unique: schema.get("uniqueItems").and_then(Json::as_bool) == Some(true),
            least: schema.get("minItems").and_then(Json::as_u64),
            most: schema.get("maxItems").and_then(Json::as_u64),
        }
    }

    fn object(&mut self, schema: &'a Json) -> Object {
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        let rest = rest.map(|schema| self.part(schema));
        let Some(properties) = schema.get("properties").and_then(Json::as_object) else { return Object::Names(rest) };
        let mut fields: FxHashMap<Box<str>, Field> = properties
            .iter()
            .map(|(name, schema)| (name.as_str().into(), Field { part: self.part(schema), required: false }))
            .collect();
        let mut never = false;
        for name in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            match fields.get_mut(name) {
                Some(field) => field.required = true,
                None => never = true,
            }
        }
        let required = fields.values().filter(|field| field.required).count();
        Object::Fields { fields, rest, required, never }
    }

    /// The alternatives of a schema, sorted out as the check does.
    fn sort(&mut self, schema: &'a Json, of_enum: bool, into: &mut Choice) {
        let schema = resolve(self.root, schema);
        if let Some(word) = schema.get("const").and_then(Json::as_str) {
            into.words.insert(word.into());
        } else if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            into.words.extend(words.iter().filter_map(Json::as_str).map(Box::from));
            into.nullable |= words.contains(&Json::Null);
        } else if is_choice(schema) {
            for (word, of_enum) in [("oneOf", true), ("anyOf", false)] {
                for inner in schema.get(word).and_then(Json::as_array).into_iter().flatten() {
                    self.sort(inner, of_enum, into);
                }
            }
        } else if types(schema) == ["null"] {
            into.nullable = true;
        } else if let Some((tag, inner)) = tag_of(schema).filter(|_| of_enum) {
            let part = self.part(inner);
            into.tags.insert(tag.into(), part);
        } else {
            let part = self.part(schema);
            into.kinds.push(part);
        }
    }
}

fn number(schema: &Json, fraction: bool) -> Number {
    let (least, most) = bounds(schema);
    let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
    Number { fraction, least, most, least_fraction: bound("minimum"), most_fraction: bound("maximum") }
}

fn text(schema: &Json) -> Text {
    if super::check::is_key(schema) {
        return Text::Key;
    }
    let bound = |name: &str| schema.get(name).and_then(Json::as_u64);
    Text::Other { format: Texts::of(schema), least: bound("minLength"), most: bound("maxLength") }
}

#[cfg(test)]
mod tests;
