//! Where a page ends.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::error::Rejection;
use crate::store::Cell;

/// A cursor longer than this is none.
const CURSOR_BYTES: usize = 4_096;

/// Where a page ends, and the next begins. A text to be handed back as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Of which query: one query's cursor means nothing to another.
    pub(super) query: u64,
    /// In which of the query's stretches.
    pub(super) stretch: usize,
    /// The last row's sort cell and key; at the beginning of the stretch when absent.
    pub(super) last: Option<(Cell, Cell)>,
}

impl JsonSchema for Cursor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cursor".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": CURSOR_BYTES, "description": "Where a page ends, and the next begins. A text to be handed back as it is." })
    }
}

#[derive(Serialize, Deserialize)]
enum Mark {
    N,
    I(i64),
    T(String),
    U(Uuid),
}

type Body = (u64, usize, Option<(Mark, Mark)>);

fn mark(cell: &Cell) -> Mark {
    match cell {
        Cell::Null => Mark::N,
        Cell::Int(number) => Mark::I(*number),
        Cell::Text(text) => Mark::T(text.to_string()),
        Cell::Uuid(uuid) => Mark::U(*uuid),
    }
}

fn cell(mark: Mark) -> Cell {
    match mark {
        Mark::N => Cell::Null,
        Mark::I(number) => Cell::Int(number),
        Mark::T(text) => Cell::Text(text.into()),
        Mark::U(uuid) => Cell::Uuid(uuid),
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.last.as_ref().map(|(sort, key)| (mark(sort), mark(key)));
        let body: Body = (self.query, self.stretch, last);
        let bytes = serde_json::to_vec(&body).map_err(|_| fmt::Error)?;
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = Rejection;

    fn from_str(text: &str) -> Result<Self, Rejection> {
        let wrong = || Rejection::invalid("after", "it is not a cursor that a query answered");
        if text.len() > CURSOR_BYTES || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return Err(wrong());
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let byte = |pair: &[u8]| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        };
        let bytes: Vec<u8> = text.as_bytes().chunks(2).map(byte).collect::<Option<_>>().ok_or_else(wrong)?;
        let (query, stretch, last): Body = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        Ok(Self { query, stretch, last: last.map(|(sort, key)| (cell(sort), cell(key))) })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells() -> impl Strategy<Value = Cell> {
        prop_oneof![
            Just(Cell::Null),
            any::<i64>().prop_map(Cell::Int),
            ".{0,20}".prop_map(|text| Cell::Text(text.into())),
            any::<u128>().prop_map(|bits| Cell::Uuid(Uuid::from_u128(bits))),
        ]
    }

    proptest! {
        #[test]
        fn s11_1_a_cursor_reads_what_it_writes(query: u64, stretch in 0usize..9, last in proptest::option::of((cells(), cells()))) {
            let cursor = Cursor { query, stretch, last };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().expect("a cursor"), cursor);
        }

        #[test]
        fn s12_2_what_is_no_cursor_is_refused(text in ".{0,40}") {
            prop_assert!(text.parse::<Cursor>().is_err());
        }
    }
}
