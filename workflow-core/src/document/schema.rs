//! The JSON Schemas of documents: what editors complete by, and what the reader checks by.

use std::any::type_name;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value as Json, json};

use super::shape::Shape;
use crate::command::{Command, Request};
use crate::definition::{PipelineDefinition, Template};
use crate::engine::{Carried, Deliveries, Delivery, Outcome, Receipt, Results, Ticked};
use crate::error::Report;
use crate::event::AccountRecord;
use crate::export::{ExportQuery, Exported};
use crate::limits::KEY_BYTES;
use crate::model::{FirmSettings, Member, Notification};
use crate::query::{Answer, Inquiry};
use crate::store::{Capabilities, Integrity};

/// The pattern of every key: no space at either end. It also tells the reader that a text is one.
pub(super) const KEY_PATTERN: &str = r"^\S(.*\S)?$";

type Known = HashMap<(&'static str, Way), Arc<Schema>>;

static SCHEMAS: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// It is read: fields that have a default may be absent.
    Read,
    /// It is written: fields that are always there are required.
    Written,
}

/// A schema, and the same made ready.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) json: Json,
    pub(super) shape: Shape,
}

/// A type of document whose schema is published.
struct Published {
    /// What it is called in messages, and the name of its file.
    name: &'static str,
    title: &'static str,
    schema: fn() -> Arc<Schema>,
}

/// Those that people and hosts write, then those that the engine writes.
const PUBLISHED: &[Published] = &[
    Published { name: "pipeline", title: "Pipeline", schema: schema_of::<PipelineDefinition> },
    Published { name: "template", title: "Template", schema: schema_of::<Template> },
    Published { name: "settings", title: "Settings", schema: schema_of::<FirmSettings> },
    Published { name: "member", title: "Member", schema: schema_of::<Member> },
    Published { name: "account", title: "Account", schema: schema_of::<AccountRecord> },
    Published { name: "command", title: "Command", schema: schema_of::<Command> },
    Published { name: "request", title: "Request", schema: schema_of::<Request> },
    Published { name: "inquiry", title: "Inquiry", schema: schema_of::<Inquiry> },
    Published { name: "export", title: "Export", schema: schema_of::<ExportQuery> },
    Published { name: "receipt", title: "Receipt", schema: schema_of::<Receipt> },
    Published { name: "outcome", title: "Outcome", schema: written::<Outcome> },
    Published { name: "results", title: "Results", schema: written::<Results<'static>> },
    Published { name: "answer", title: "Answer", schema: written::<Answer> },
    Published { name: "ticked", title: "Ticked", schema: written::<Ticked> },
    Published { name: "delivery", title: "Delivery", schema: written::<Delivery> },
    Published { name: "deliveries", title: "Deliveries", schema: written::<Deliveries> },
    Published { name: "notification", title: "Notification", schema: written::<Notification> },
    Published { name: "carried", title: "Carried", schema: written::<Carried> },
    Published { name: "exported", title: "Exported", schema: written::<Exported> },
    Published { name: "capabilities", title: "Capabilities", schema: written::<Capabilities> },
    Published { name: "integrity", title: "Integrity", schema: written::<Integrity> },
    Published { name: "error", title: "Error", schema: written::<Report> },
];

/// The names of the documents that have a schema: `pipeline`, `request`, `answer`, …
///
/// ```
/// use workflow_core::document::{schema, schema_names};
///
/// assert!(schema_names().all(|name| schema(name).is_some()));
/// ```
pub fn schema_names() -> impl Iterator<Item = &'static str> {
    PUBLISHED.iter().map(|document| document.name)
}

/// The schema of the document that is called so; `None` when there is none.
///
/// ```
/// let schema = workflow_core::document::schema("request").expect("published");
/// assert_eq!(schema["title"], "Request");
/// ```
#[must_use]
pub fn schema(name: &str) -> Option<Json> {
    let document = PUBLISHED.iter().find(|document| document.name == name)?;
    let mut schema = (document.schema)().json.clone();
    if let Some(fields) = schema.as_object_mut() {
        let id = format!("{}/docs/schema/{name}.schema.json", env!("CARGO_PKG_REPOSITORY"));
        fields.insert("$id".to_owned(), id.into());
        fields.insert("title".to_owned(), document.title.into());
    }
    Some(schema)
}

/// The schema of the document that is called so, as the reader goes by it.
pub(super) fn bare(name: &str) -> Option<Arc<Schema>> {
    PUBLISHED.iter().find(|document| document.name == name).map(|document| (document.schema)())
}

/// The schema of a type as it is read, made once.
pub(super) fn schema_of<T: JsonSchema>() -> Arc<Schema> {
    made_once::<T>(Way::Read)
}

/// The schema of a type as it is written, made once.
fn written<T: JsonSchema>() -> Arc<Schema> {
    made_once::<T>(Way::Written)
}

fn made_once<T: JsonSchema>(way: Way) -> Arc<Schema> {
    let name = (type_name::<T>(), way);
    if let Some(schema) = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
        return Arc::clone(schema);
    }
    let settings = match way {
        Way::Read => SchemaSettings::draft2020_12(),
        Way::Written => SchemaSettings::draft2020_12().for_serialize(),
    };
    let mut json = settings.into_generator().into_root_schema_for::<T>().to_value();
    tighten(&mut json);
    let schema = Arc::new(Schema { shape: Shape::new(&json), json });
    SCHEMAS.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::clone(&schema));
    schema
}

/// Says what serde cannot tell the generator: no object has fields besides those listed, also
/// that of an enum's variant, and keys have no space at either end.
fn tighten(schema: &mut Json) {
    match schema {
        Json::Object(fields) => {
            let is = |name: &str| fields.get("type").and_then(Json::as_str) == Some(name);
            if is("object") && fields.get("properties").is_some_and(Json::is_object) {
                fields.entry("additionalProperties").or_insert(json!(false));
            } else if is("string") && fields.get("maxLength") == Some(&json!(KEY_BYTES)) {
                fields.entry("pattern").or_insert(json!(KEY_PATTERN));
            }
            fields.values_mut().for_each(tighten);
        }
        Json::Array(items) => items.iter_mut().for_each(tighten),
        _ => {}
    }
}
