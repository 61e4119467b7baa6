//! How cells, numbers and bodies are given to PostgreSQL and taken from it.

use std::error::Error as StdError;
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::{Cell, CellType, Column};

use super::body::Body;

type Answer<T> = Result<T, Box<dyn StdError + Sync + Send>>;

/// A UUID as 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id(pub(super) Uuid);

impl ToSql for Id {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Answer<IsNull> {
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Id {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Answer<Self> {
        Ok(Self(Uuid::from_slice(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }
}

/// JSON of the type `jsonb`: a version before the text.
#[derive(Debug)]
struct Json<'a>(&'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Answer<IsNull> {
        out.put_u8(1);
        out.put_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }

    to_sql_checked!();
}

/// A text that is kept as bytes.
#[derive(Debug)]
struct Utf8<'a>(&'a [u8]);

impl ToSql for Utf8<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Answer<IsNull> {
        out.put_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TEXT
    }

    to_sql_checked!();
}

/// The bytes of a value as they come: of a text, or of JSON without its version.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Answer<Self> {
        match (*ty == Type::JSONB, raw) {
            (false, raw) | (true, [1, raw @ ..]) => Ok(Self(raw)),
            (true, _) => Err("JSON of another version".into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::JSONB | Type::TEXT | Type::JSON)
    }
}

/// A parameter of a statement.
#[derive(Debug)]
pub(super) enum Param {
    Id(Uuid),
    Int(i64),
    Text(Arc<str>),
    Ids(Vec<Option<Id>>),
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<Arc<str>>>),
    /// Of bodies, what PostgreSQL can search.
    Json(Arc<Vec<Body>>),
    /// Of bodies, the exact text where that is another.
    Exact(Arc<Vec<Body>>),
    /// The same of one of them.
    JsonOf(Arc<Vec<Body>>, usize),
    ExactOf(Arc<Vec<Body>>, usize),
}

/// A text without a copy.
#[derive(Debug)]
struct Shared<'a>(&'a str);

impl ToSql for Shared<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Answer<IsNull> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <&str as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

/// The value of a column that has one row.
fn only<T: ToSql>(column: &[Option<T>], ty: &Type, out: &mut BytesMut) -> Answer<IsNull> {
    match column.first() {
        Some(Some(value)) => value.to_sql_checked(ty, out),
        _ => Ok(IsNull::Yes),
    }
}

impl ToSql for Param {
    /// A column of one row is given as an array or by itself, whichever the statement asks for.
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Answer<IsNull> {
        match self {
            Self::Ids(ids) if *ty == Type::UUID => only(ids, ty, out),
            Self::Ints(numbers) if *ty == Type::INT8 => only(numbers, ty, out),
            Self::Texts(texts) if *ty == Type::TEXT => match texts.first() {
                Some(Some(text)) => Shared(text).to_sql_checked(ty, out),
                _ => Ok(IsNull::Yes),
            },
            Self::JsonOf(bodies, row) => match bodies.get(*row) {
                Some(body) => Json(body.json()).to_sql_checked(ty, out),
                None => Ok(IsNull::Yes),
            },
            Self::ExactOf(bodies, row) => match bodies.get(*row).and_then(Body::exact) {
                Some(text) => Utf8(text).to_sql_checked(ty, out),
                None => Ok(IsNull::Yes),
            },
            Self::Id(id) => Id(*id).to_sql_checked(ty, out),
            Self::Int(number) => number.to_sql_checked(ty, out),
            Self::Text(text) => Shared(text).to_sql_checked(ty, out),
            Self::Ids(ids) => ids.to_sql_checked(ty, out),
            Self::Ints(numbers) => numbers.to_sql_checked(ty, out),
            Self::Texts(texts) => {
                let texts: Vec<Option<Shared<'_>>> = texts.iter().map(|text| text.as_deref().map(Shared)).collect();
                texts.to_sql_checked(ty, out)
            }
            Self::Json(bodies) => {
                let bodies: Vec<Json<'_>> = bodies.iter().map(|body| Json(body.json())).collect();
                bodies.to_sql_checked(ty, out)
            }
            Self::Exact(bodies) => {
                let bodies: Vec<Option<Utf8<'_>>> = bodies.iter().map(|body| body.exact().map(Utf8)).collect();
                bodies.to_sql_checked(ty, out)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Param {
    /// A cell by itself. There is none for null: statements say `IS NULL` instead.
    pub(super) fn cell(cell: &Cell) -> Result<Option<Self>, StoreError> {
        Ok(match cell {
            Cell::Null => None,
            Cell::Int(number) => Some(Self::Int(*number)),
            Cell::Text(text) => Some(Self::Text(storable(text)?)),
            Cell::Uuid(uuid) => Some(Self::Id(*uuid)),
        })
    }

    /// Texts, none of them null.
    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a Arc<str>>) -> Result<Self, StoreError> {
        texts.into_iter().map(|text| storable(text).map(Some)).collect::<Result<_, _>>().map(Self::Texts)
    }

    /// How many rows it is a column of.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Ints(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
            Self::Json(bodies) | Self::Exact(bodies) => bodies.len(),
            Self::Id(_) | Self::Int(_) | Self::Text(_) | Self::JsonOf(..) | Self::ExactOf(..) => 1,
        }
    }

    /// What it has in one row.
    pub(super) fn row(&self, row: usize) -> Self {
        match self {
            Self::Id(id) => Self::Id(*id),
            Self::Int(number) => Self::Int(*number),
            Self::Text(text) => Self::Text(Arc::clone(text)),
            Self::Ids(ids) => Self::Ids(ids.get(row).copied().into_iter().collect()),
            Self::Ints(numbers) => Self::Ints(numbers.get(row).copied().into_iter().collect()),
            Self::Texts(texts) => Self::Texts(texts.get(row).cloned().into_iter().collect()),
            Self::Json(bodies) => Self::JsonOf(Arc::clone(bodies), row),
            Self::Exact(bodies) => Self::ExactOf(Arc::clone(bodies), row),
            Self::JsonOf(bodies, row) => Self::JsonOf(Arc::clone(bodies), *row),
            Self::ExactOf(bodies, row) => Self::ExactOf(Arc::clone(bodies), *row),
        }
    }

    /// UUIDs, none of them null.
    pub(super) fn ids(ids: impl IntoIterator<Item = Uuid>) -> Self {
        Self::Ids(ids.into_iter().map(|id| Some(Id(id))).collect())
    }

    /// Numbers, none of them null.
    pub(super) fn ints(numbers: impl IntoIterator<Item = i64>) -> Self {
        Self::Ints(numbers.into_iter().map(Some).collect())
    }
}

/// A text as PostgreSQL can keep it.
fn storable(text: &Arc<str>) -> Result<Arc<str>, StoreError> {
    if text.contains('\0') {
        let why = "PostgreSQL cannot keep the character U+0000 in a name or reference; leave it out";
        return Err(StoreError::new(ErrorKind::Unsupported, why));
    }
    Ok(Arc::clone(text))
}

/// Whether a cell can stand in a column of a type.
pub(super) fn fits(cell: &Cell, ty: CellType) -> bool {
    matches!(
        (cell, ty),
        (Cell::Null, _)
            | (Cell::Int(_), CellType::Int)
            | (Cell::Text(_), CellType::Text)
            | (Cell::Uuid(_), CellType::Uuid)
    )
}

/// Columns of several rows, as one array each.
#[derive(Debug)]
pub(super) struct Columns(Vec<Param>);

impl Columns {
    pub(super) fn new(types: impl IntoIterator<Item = CellType>) -> Self {
        let empty = |ty| match ty {
            CellType::Int => Param::Ints(Vec::new()),
            CellType::Text => Param::Texts(Vec::new()),
            CellType::Uuid => Param::Ids(Vec::new()),
        };
        Self(types.into_iter().map(empty).collect())
    }

    pub(super) fn of(columns: &[Column]) -> Self {
        Self::new(columns.iter().map(|column| column.cell))
    }

    /// Adds a row: a cell for each column.
    pub(super) fn push<'a>(&mut self, cells: impl IntoIterator<Item = &'a Cell>) -> Result<(), StoreError> {
        for (column, cell) in self.0.iter_mut().zip(cells) {
            match (column, cell) {
                (Param::Ints(column), Cell::Int(number)) => column.push(Some(*number)),
                (Param::Texts(column), Cell::Text(text)) => column.push(Some(storable(text)?)),
                (Param::Ids(column), Cell::Uuid(uuid)) => column.push(Some(Id(*uuid))),
                (Param::Ints(column), _) => column.push(None),
                (Param::Texts(column), _) => column.push(None),
                (Param::Ids(column), _) => column.push(None),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn into_params(self) -> Vec<Param> {
        self.0
    }
}

/// A number as PostgreSQL's, which has a sign.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An instant as a number: microseconds since 1970.
pub(super) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

// Reading.

/// A value of a row.
pub(super) fn value<'a, T: FromSql<'a>>(row: &'a Row, place: usize) -> Result<T, StoreError> {
    row.try_get(place).map_err(|error| corrupt(&error.to_string()))
}

/// A count: not negative.
pub(super) fn count<T: TryFrom<i64>>(row: &Row, place: usize) -> Result<T, StoreError> {
    T::try_from(value::<i64>(row, place)?).map_err(|_| corrupt("a count out of range"))
}

pub(super) fn uuid(row: &Row, place: usize) -> Result<Uuid, StoreError> {
    Ok(value::<Id>(row, place)?.0)
}

/// An instant.
pub(super) fn instant(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("an instant out of range"))
}

/// The cell of a column of a type.
pub(super) fn cell(row: &Row, place: usize, ty: CellType) -> Result<Cell, StoreError> {
    Ok(match ty {
        CellType::Int => value::<Option<i64>>(row, place)?.map_or(Cell::Null, Cell::Int),
        CellType::Text => value::<Option<&str>>(row, place)?.map_or(Cell::Null, |text| Cell::Text(text.into())),
        CellType::Uuid => value::<Option<Id>>(row, place)?.map_or(Cell::Null, |id| Cell::Uuid(id.0)),
    })
}

/// A body, from its two columns.
pub(super) fn body(row: &Row, place: usize) -> Result<&[u8], StoreError> {
    match value::<Option<Bytes<'_>>>(row, place + 1)? {
        Some(exact) => Ok(exact.0),
        None => Ok(value::<Bytes<'_>>(row, place)?.0),
    }
}

pub(super) fn corrupt(what: &str) -> StoreError {
    let why = format!("the database holds what the engine did not write: {what}; restore a backup");
    StoreError::new(ErrorKind::Corrupt, why)
}
