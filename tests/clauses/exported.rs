//! What is in event logs and tables, read as simply as they are written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The attributes of an element of XES.
pub(crate) type Attributes = BTreeMap<String, String>;

fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (written, meant) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#9;", "\t"),
        ("&#10;", "\n"),
        ("&#13;", "\r"),
        ("&amp;", "&"),
    ] {
        text = text.replace(written, meant);
    }
    text
}

fn attribute(line: &str) -> (String, String) {
    let mut parts = line.split('"');
    let mut value = || unescaped(parts.nth(1).expect("quoted"));
    (value(), value())
}

/// The traces of XES, each with its attributes and events.
pub(crate) fn traces(text: &str) -> Vec<(Attributes, Vec<Attributes>)> {
    let mut traces: Vec<(Attributes, Vec<Attributes>)> = Vec::new();
    let mut inside = "log";
    for line in text.lines() {
        match (line, inside) {
            ("<trace>", _) => {
                traces.push(Default::default());
                inside = "trace";
            }
            ("<event>", _) => {
                traces.last_mut().expect("a trace").1.push(Attributes::new());
                inside = "event";
            }
            ("</event>", _) => inside = "trace",
            ("</trace>", _) => inside = "log",
            (line, "trace") => traces.last_mut().expect("a trace").0.extend([attribute(line)]),
            (line, "event") => {
                let (_, events) = traces.last_mut().expect("a trace");
                events.last_mut().expect("an event").extend([attribute(line)]);
            }
            _ => {}
        }
    }
    traces
}

/// The rows of CSV by the names of their columns.
pub(crate) fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row of the header's length")).collect()
}

pub(crate) fn ocel(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

pub(crate) fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().expect("a list")
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// What the standard asks of a log: everything declared, nothing twice, nothing that is not there.
pub(crate) fn is_sound(log: &Value) {
    let mut known = BTreeSet::new();
    let declared = |types: &str| -> BTreeMap<String, BTreeSet<String>> {
        let types = list(log, types).iter();
        let names = |of: &Value| list(of, "attributes").iter().map(|name| text(&name["name"]).to_owned()).collect();
        types.map(|of| (text(&of["name"]).to_owned(), names(of))).collect()
    };
    let (objects, events) = (declared("objectTypes"), declared("eventTypes"));
    for object in list(log, "objects") {
        assert!(known.insert(text(&object["id"])), "{object} is there twice");
    }
    for (thing, types) in
        list(log, "objects").iter().map(|o| (o, &objects)).chain(list(log, "events").iter().map(|e| (e, &events)))
    {
        let names = &types[text(&thing["type"])];
        for value in list(thing, "attributes") {
            assert!(names.contains(text(&value["name"])) && value["value"].is_string(), "{value}");
        }
        for tie in list(thing, "relationships") {
            assert!(known.contains(text(&tie["objectId"])), "{tie} of {thing}");
        }
    }
    let events: Vec<&str> = list(log, "events").iter().map(|event| text(&event["id"])).collect();
    assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), events.len());
    let times: Vec<&str> = list(log, "events").iter().map(|event| text(&event["time"])).collect();
    assert!(times.is_sorted());
}

pub(crate) fn ids(log: &Value, kind: &str) -> BTreeSet<String> {
    let of = list(log, "objects").iter().filter(|object| object["type"] == kind);
    of.map(|object| text(&object["id"]).to_owned()).collect()
}

pub(crate) fn column(text: &str, name: &str) -> BTreeSet<String> {
    let rows = rows(text);
    let found: BTreeSet<String> = rows.iter().map(|row| row[name].clone()).collect();
    assert_eq!(found.len(), rows.len(), "a row twice");
    found
}

pub(crate) fn told<'e>(events: &'e [Attributes], name: &str) -> Vec<&'e str> {
    events.iter().map(|event| event.get(name).map_or("", String::as_str)).collect()
}
