//! Hands a checked tree to serde, and keeps the place of whatever it still refuses.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::path::Path;
use super::tree::{Entry, Node, Value};

/// What serde refused, and where.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    line: Option<u32>,
    /// From the inside out.
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Failure {
    /// Where, in words.
    pub(super) fn path(&self) -> String {
        let mut path = Path::default();
        for step in self.steps.iter().rev() {
            match step {
                Step::Key(key) => path.push_key(key),
                Step::Index(index) => path.push_index(*index),
            };
        }
        path.into_string()
    }

    /// The line, where it is known.
    pub(super) fn line(&self) -> Option<u32> {
        self.line
    }

    fn under(mut self, step: Step, line: u32) -> Self {
        self.line = self.line.or(Some(line));
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self { message: message.to_string(), line: None, steps: Vec::new() }
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.value {
            Value::Null | Value::Broken => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Int(number) => match (u64::try_from(*number), i64::try_from(*number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_i128(*number),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => visitor.visit_seq(Items { items, next: 0 }),
            Value::Map(entries) => visitor.visit_map(Fields { entries, open: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if matches!(self.value, Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Map(entries) => match entries.as_slice() {
                [only] => visitor.visit_enum(Tagged(only)),
                _ => Err(de::Error::custom("expected an object with one field")),
            },
            other => Err(de::Error::custom(format!("expected one of the choices, found {}", other.describe()))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de> {
    items: &'de [Node],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        let place = self.next;
        self.next = self.next.saturating_add(1);
        seed.deserialize(item).map(Some).map_err(|failure| failure.under(Step::Index(place), item.line))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len().saturating_sub(self.next))
    }
}

struct Fields<'de> {
    entries: &'de [Entry],
    open: Option<&'de Entry>,
}

impl<'de> de::MapAccess<'de> for Fields<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((entry, rest)) = self.entries.split_first() else { return Ok(None) };
        self.entries = rest;
        self.open = Some(entry);
        let key = BorrowedStrDeserializer::new(&entry.key);
        seed.deserialize(key)
            .map(Some)
            .map_err(|failure: Failure| failure.under(Step::Key(entry.key.to_string()), entry.line))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some(entry) = self.open.take() else { return Err(de::Error::custom("a value without a name")) };
        seed.deserialize(&entry.node)
            .map_err(|failure| failure.under(Step::Key(entry.key.to_string()), entry.node.line))
    }
}

struct Tagged<'de>(&'de Entry);

impl<'de> de::EnumAccess<'de> for Tagged<'de> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failure> {
        let key = BorrowedStrDeserializer::new(&self.0.key);
        let variant = seed.deserialize(key).map_err(|failure| self.place(failure))?;
        Ok((variant, self))
    }
}

impl Tagged<'_> {
    fn place(&self, failure: Failure) -> Failure {
        failure.under(Step::Key(self.0.key.to_string()), self.0.node.line)
    }
}

impl<'de> de::VariantAccess<'de> for Tagged<'de> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        de::Deserialize::deserialize(&self.0.node).map_err(|failure| self.place(failure))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(&self.0.node).map_err(|failure| self.place(failure))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.0.node.deserialize_any(visitor).map_err(|failure| self.place(failure))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Failure> {
        self.0.node.deserialize_any(visitor).map_err(|failure| self.place(failure))
    }
}
