//! Object-centric event logs: OCEL 2.0, as JSON.
//!
//! Objects are written first, account by account, then what happened, as the log has it; which types
//! of event there are is known when all are written, and comes last. Values are texts and the types
//! of attributes say what they are, as the schema of the standard asks.

mod history;
mod objects;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Exported;
use super::happening::{ATTRIBUTES, Happening, resource, seats};
use super::log::each_happening;
use super::out::Out;
use super::source::Source;
use super::things::Things;
use crate::error::Error;
use crate::event::Actor;
use crate::limits;
use crate::model::Job;
use objects::Objects;

/// A type of object or event.
#[derive(Serialize)]
struct Type<'t> {
    name: &'t str,
    attributes: Vec<Declared>,
}

/// An attribute as its type has it.
#[derive(Serialize)]
struct Declared {
    name: &'static str,
    r#type: &'static str,
}

/// An object.
#[derive(Serialize)]
struct Object {
    id: String,
    r#type: &'static str,
    attributes: Vec<Value>,
    relationships: Vec<Relationship>,
}

/// What an attribute of an object is from an instant on.
#[derive(Clone, Serialize)]
struct Value {
    name: &'static str,
    value: String,
    time: String,
}

/// What something has to do with an object.
#[derive(Serialize)]
struct Relationship {
    #[serde(rename = "objectId")]
    object: String,
    qualifier: String,
}

impl Relationship {
    fn new(object: impl ToString, qualifier: impl Into<String>) -> Self {
        Self { object: object.to_string(), qualifier: qualifier.into() }
    }
}

/// An event.
#[derive(Serialize)]
struct Event<'e> {
    id: String,
    r#type: &'e str,
    time: String,
    attributes: Vec<Told<'e>>,
    relationships: Vec<Relationship>,
}

/// What an attribute of an event is.
#[derive(Serialize)]
struct Told<'e> {
    name: &'static str,
    value: &'e str,
}

/// The attributes that every event has, or can have, besides [`ATTRIBUTES`].
const OF_EVENTS: [&str; 7] = ["event", "stage", "resource", "role", "actor", "command", "transition"];

/// A list that is written element by element.
struct List<'o, 'w> {
    out: &'o mut Out<'w>,
    buffer: Vec<u8>,
    written: u64,
}

impl<'o, 'w> List<'o, 'w> {
    fn begin(out: &'o mut Out<'w>) -> Self {
        Self { out, buffer: Vec::new(), written: 0 }
    }

    fn add(&mut self, element: &impl Serialize) -> Result<(), Error> {
        self.buffer.clear();
        self.buffer.extend_from_slice(if self.written == 0 { b"\n" } else { b",\n" });
        crate::document::write(element, &mut self.buffer);
        self.written = self.written.saturating_add(1);
        self.out.bytes(&self.buffer)
    }
}

/// Writes the log.
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) -> Result<Exported, Error> {
    out.text("{\"objectTypes\":[")?;
    let mut types = List::begin(out);
    objects::types().try_for_each(|of| types.add(&of))?;
    out.text("\n],\n\"objects\":[")?;
    let mut objects = Objects { source, list: List::begin(out) };
    objects.write()?;
    let written = objects.list.written;
    out.text("\n],\n\"events\":[")?;
    let mut types = Types::default();
    let mut events = List::begin(out);
    each_happening(source, &mut |happening, job, things| {
        event(source, &mut events, &mut types, happening, job, things)
    })?;
    let exported = Exported { objects: written, events: events.written, ..Exported::default() };
    out.text("\n],\n\"eventTypes\":[")?;
    let mut list = List::begin(out);
    types.0.keys().try_for_each(|name| list.add(&Type { name, attributes: declared_of_events() }))?;
    out.text("\n]}\n")?;
    Ok(exported)
}

/// The types of event that there are.
#[derive(Default)]
struct Types(BTreeMap<String, ()>);

impl Types {
    /// The type of a happening: what it is called. When there are too many to be kept, its word.
    fn of<'h>(&mut self, happening: &'h Happening<'_>) -> &'h str {
        if self.0.contains_key(&happening.label) {
            return &happening.label;
        }
        let name = if self.0.len() < limits::EXPORT_ACTIVITIES { &happening.label } else { happening.word };
        self.0.insert(name.to_owned(), ());
        name
    }
}

fn declared_of_events() -> Vec<Declared> {
    let names = OF_EVENTS.into_iter().chain(ATTRIBUTES);
    names.map(|name| Declared { name, r#type: "string" }).collect()
}

/// Writes what happened, unless it happened to nothing that is an object.
fn event(
    source: &Source<'_>,
    list: &mut List<'_, '_>,
    types: &mut Types,
    happening: &Happening<'_>,
    job: Option<&Job>,
    things: &Things,
) -> Result<(), Error> {
    let entry = happening.entry;
    if entry.job.is_some() && job.is_none() {
        return Ok(());
    }
    let mut relationships = Vec::new();
    relationships.extend(job.map(|job| Relationship::new(job.id, "job")));
    let account = job.map(|job| job.account).or(entry.account);
    relationships.extend(account.map(|account| Relationship::new(account, "account")));
    let task = happening.about.task.and_then(|task| things.task(source, task));
    relationships.extend(task.map(|task| Relationship::new(task.id, "task")));
    let item = happening.about.item.and_then(|item| things.item(source, item));
    relationships.extend(item.map(|item| Relationship::new(item.id, "item")));
    if relationships.is_empty() {
        return Ok(());
    }
    let known = |member: &&crate::id::MemberId| source.queries.catalog.member(**member).is_some();
    let assigned = happening.about.assigned.iter().filter(known);
    relationships.extend(assigned.map(|member| Relationship::new(member, "assigned")));
    if let Actor::Member(member) = &entry.actor
        && known(&member)
        && !happening.about.assigned.contains(member)
    {
        relationships.push(Relationship::new(member, "by"));
    }
    let (name, kind) = resource(source, &entry.actor);
    let seats = job.and_then(|job| things.accounts.get(&job.account)).and_then(|account| seats(&entry.actor, account));
    let stage = happening.about.entered.map(|(_, stage)| stage.as_str());
    let common = [
        Some(happening.word),
        stage,
        Some(&*name),
        seats.as_deref(),
        Some(kind),
        Some(&*entry.command),
        Some(happening.transition),
    ];
    let values = OF_EVENTS.into_iter().zip(common).chain(ATTRIBUTES.into_iter().zip(happening.attributes()));
    let attributes = values.filter_map(|(name, value)| value.map(|value| Told { name, value })).collect();
    let second = if happening.second { "b" } else { "" };
    list.add(&Event {
        id: format!("{}/{}{second}", entry.id, happening.place),
        r#type: types.of(happening),
        time: instant(entry.at),
        attributes,
        relationships,
    })
}

/// An instant, always with as many digits.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
