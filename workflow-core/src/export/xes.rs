//! Event logs in XES: IEEE 1849.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid, Variant, Version};

use super::Exported;
use super::happening::{ATTRIBUTES, Happening, happenings, resource, seats};
use super::out::Out;
use super::source::{HISTORIES_AT_ONCE, Source, Step};
use super::things::Things;
use super::word::{field_text, priority_word};
use super::xml::{attribute, name};
use crate::error::Error;
use crate::event::{Actor, Event};
use crate::id::{StageKey, Tag};
use crate::model::{Account, FieldValue, Job, Restored};
use crate::store::Logged;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Identity" prefix="identity" uri="http://www.xes-standard.org/identity.xesext"/>
<global scope="trace">
<string key="concept:name" value=""/>
<id key="identity:id" value="00000000-0000-0000-0000-000000000000"/>
</global>
<global scope="event">
<string key="concept:name" value=""/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000000+00:00"/>
<string key="lifecycle:transition" value="complete"/>
<string key="org:resource" value=""/>
<id key="identity:id" value="00000000-0000-0000-0000-000000000000"/>
<string key="event" value=""/>
<string key="stage" value=""/>
</global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Transition" keys="concept:name lifecycle:transition"/>
<classifier name="Stage" keys="stage"/>
<classifier name="Resource" keys="org:resource"/>
"#;

/// Writes a trace for each job, in the order of accounts and creation.
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) -> Result<Exported, Error> {
    out.text(HEAD)?;
    let firm = source.queries.catalog.firm.as_ref().map(|(_, firm)| firm.settings.name.clone());
    let mut line = String::new();
    put(&mut line, "string", "concept:name", &firm.unwrap_or_default());
    put(&mut line, "string", "lifecycle:model", "standard");
    put(&mut line, "id", "identity:id", &source.queries.firm.to_string());
    out.text(&line)?;
    let mut exported = Exported::default();
    source.walk(&mut |step| {
        let Step::Jobs(account, jobs) = step else { return Ok(()) };
        for jobs in jobs.chunks(HISTORIES_AT_ONCE) {
            let first = source.first_entries(jobs)?;
            let things = Things::of(source, first.iter().flatten())?;
            for (job, first) in jobs.iter().zip(first) {
                let mut trace = Trace { source, out, account, job, stage: None, events: 0 };
                trace.write(first, &things)?;
                exported.traces = exported.traces.saturating_add(u64::from(trace.events > 0));
                exported.events = exported.events.saturating_add(trace.events);
            }
        }
        Ok(())
    })?;
    out.text("</log>\n")?;
    Ok(exported)
}

/// A job as it is written.
struct Trace<'t, 'w> {
    source: &'t Source<'t>,
    out: &'t mut Out<'w>,
    account: &'t Account,
    job: &'t Arc<Job>,
    /// The stage that the job was in when it happened.
    stage: Option<StageKey>,
    events: u64,
}

impl Trace<'_, '_> {
    /// Writes the job, of which some entries are read, with what they are about.
    fn write(&mut self, first: Vec<Logged>, about_first: &Things) -> Result<(), Error> {
        let source = self.source;
        let mut about_first = Some(about_first);
        source.each_entry_of(self.job.id, first, &mut |entries| match about_first.take() {
            Some(things) => entries.iter().try_for_each(|logged| self.entry(logged, things)),
            None => {
                let things = Things::of(source, entries)?;
                entries.iter().try_for_each(|logged| self.entry(logged, &things))
            }
        })?;
        if self.events > 0 {
            self.out.text("</trace>\n")?;
        }
        Ok(())
    }

    fn entry(&mut self, logged: &Logged, things: &Things) -> Result<(), Error> {
        let job = Arc::clone(self.job);
        let mut told = happenings(self.source, &logged.entry, Some(&job), things).into_iter().peekable();
        for (place, recorded) in logged.entry.events.iter().enumerate() {
            // Where the job is, is followed also through what is not told.
            let of_this = |happening: &Happening<'_>| happening.place == place;
            match &recorded.event {
                Event::JobCreated(created) => self.stage = Some(created.stage.clone()),
                Event::JobMoved { to, .. } => self.stage = Some(to.clone()),
                Event::RecordRestored(Restored::Job(restored)) => self.stage = Some(restored.stage.clone()),
                _ => {}
            }
            while let Some(happening) = told.next_if(of_this) {
                if self.events == 0 {
                    self.begin()?;
                }
                self.event(&happening)?;
                self.events = self.events.saturating_add(1);
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        let (job, account) = (self.job, self.account);
        let mut text = "<trace>\n".to_owned();
        // Jobs may be called alike, and cases may not.
        put(&mut text, "string", "concept:name", &job.id.to_string());
        put(&mut text, "id", "identity:id", &job.id.to_string());
        put(&mut text, "string", "job", &job.name);
        put(&mut text, "string", "account", &account.name);
        put(&mut text, "id", "account_id", &account.id.to_string());
        put(&mut text, "string", "pipeline", job.pipeline.as_str());
        put(&mut text, "string", "pipeline_name", &self.source.pipeline_name(&job.pipeline));
        put(&mut text, "string", "current_stage", job.stage.as_str());
        put(&mut text, "string", "status", job.status.as_str());
        put(&mut text, "string", "priority", priority_word(job.priority));
        put(&mut text, "date", "created", &instant(job.created));
        for (name, at) in [("completed", job.completed), ("archived", job.archived)] {
            if let Some(at) = at {
                put(&mut text, "date", name, &instant(at));
            }
        }
        let dates = [("start", job.start), ("due", job.due), ("statutory", job.statutory), ("extended", job.extended)];
        for (name, day) in dates {
            if let Some(day) = day {
                // A day of the firm's, not an instant.
                put(&mut text, "string", name, &day.to_string());
            }
        }
        if !job.tags.is_empty() {
            let tags: Vec<&str> = job.tags.iter().map(Tag::as_str).collect();
            put(&mut text, "string", "tags", &tags.join("; "));
        }
        for (field, value) in &job.fields {
            let name = format!("field.{}", name(field.as_str()));
            let kind = match value {
                FieldValue::Flag(_) => "boolean",
                FieldValue::Integer(_) => "int",
                FieldValue::Decimal(_) => "float",
                FieldValue::Text(_) | FieldValue::List(_) => "string",
            };
            put(&mut text, kind, &name, &field_text(value));
        }
        self.out.text(&text)
    }

    fn event(&mut self, happening: &Happening<'_>) -> Result<(), Error> {
        let entry = happening.entry;
        let mut text = "<event>\n".to_owned();
        put(&mut text, "string", "concept:name", &happening.activity);
        if let Some(of) = happening.about.task.map(|task| task.0).or(happening.about.item.map(|item| item.0)) {
            put(&mut text, "string", "concept:instance", &of.to_string());
        }
        put(&mut text, "date", "time:timestamp", &instant(entry.at));
        put(&mut text, "string", "lifecycle:transition", happening.transition);
        let (name, kind) = resource(self.source, &entry.actor);
        put(&mut text, "string", "org:resource", &name);
        if let Some(seats) = seats(&entry.actor, self.account) {
            put(&mut text, "string", "org:role", &seats);
        }
        put(&mut text, "id", "identity:id", &identity(happening).to_string());
        put(&mut text, "string", "event", happening.word);
        put(&mut text, "string", "stage", self.stage.as_ref().map_or("", StageKey::as_str));
        put(&mut text, "string", "actor", kind);
        if let Actor::Member(member) = &entry.actor {
            put(&mut text, "id", "actor_id", &member.to_string());
        }
        put(&mut text, "string", "command", &entry.command);
        for (name, value) in ATTRIBUTES.iter().zip(happening.attributes()) {
            if let Some(value) = value {
                put(&mut text, "string", name, value);
            }
        }
        text.push_str("</event>\n");
        self.out.text(&text)
    }
}

/// Adds an attribute of XES.
fn put(text: &mut String, kind: &str, key: &str, value: &str) {
    text.push('<');
    text.push_str(kind);
    attribute(text, "key", key);
    attribute(text, "value", value);
    text.push_str("/>\n");
}

/// An instant with its offset, always with as many digits, which readers of tables count on.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// The identifier of a happening: made of its entry's and its place in it, so that it is the same in
/// every export.
fn identity(happening: &Happening<'_>) -> Uuid {
    let mut sum = Sha256::new();
    sum.update(happening.entry.id.0.as_bytes());
    sum.update((happening.place as u64).to_be_bytes());
    sum.update([u8::from(happening.second)]);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(sum.finalize()).for_each(|(byte, of)| *byte = of);
    Builder::from_bytes(bytes).with_variant(Variant::RFC4122).with_version(Version::Custom).into_uuid()
}
