//! The JSON Schemas of documents: what editors complete by, and what the reader checks by.

use std::any::type_name;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value as Json, json};

use crate::command::Command;
use crate::definition::{PipelineDefinition, Template};
use crate::limits::KEY_BYTES;

/// The pattern of every key: no space at either end. It also tells the reader that a text is one.
pub(super) const KEY_PATTERN: &str = r"^\S(.*\S)?$";

static SCHEMAS: LazyLock<RwLock<HashMap<&'static str, Arc<Json>>>> = LazyLock::new(RwLock::default);

/// The schema of a pipeline document.
///
/// ```
/// let schema = workflow_core::document::pipeline_schema();
/// assert_eq!(schema["title"], "Pipeline");
/// ```
#[must_use]
pub fn pipeline_schema() -> Json {
    published::<PipelineDefinition>("pipeline", "Pipeline")
}

/// The schema of a command.
#[must_use]
pub fn command_schema() -> Json {
    published::<Command>("command", "Command")
}

/// The schema of a firm's template of a task or job.
#[must_use]
pub fn template_schema() -> Json {
    published::<Template>("template", "Template")
}

fn published<T: JsonSchema>(file: &str, title: &str) -> Json {
    let mut schema = Json::clone(&schema_of::<T>());
    if let Some(fields) = schema.as_object_mut() {
        let id = format!("{}/docs/schema/{file}.schema.json", env!("CARGO_PKG_REPOSITORY"));
        fields.insert("$id".to_owned(), id.into());
        fields.insert("title".to_owned(), title.into());
    }
    schema
}

/// The schema of a type, made once.
pub(super) fn schema_of<T: JsonSchema>() -> Arc<Json> {
    let name = type_name::<T>();
    if let Some(schema) = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Arc::clone(schema);
    }
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    tighten(&mut schema);
    let schema = Arc::new(schema);
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
