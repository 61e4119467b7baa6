//! The words that shortcodes know, and their values.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{Datelike, NaiveDate};
use minijinja::Value;

use super::filters::CalendarValue;
use crate::catalog::Catalog;
use crate::compile::Compiled;
use crate::event::Actor;
use crate::id::MemberId;
use crate::model::{Account, FieldValue, Job};
use crate::recurrence::Period;

/// Every word but those that name a custom field or a role.
const WORDS: &[&str] = &[
    "account.external",
    "account.name",
    "account.tags",
    "assignees",
    "firm.name",
    "job.client_status",
    "job.created",
    "job.description",
    "job.due",
    "job.extended",
    "job.name",
    "job.priority",
    "job.start",
    "job.status",
    "job.statutory",
    "job.tags",
    "member.email",
    "member.name",
    "period.end",
    "period.month",
    "period.quarter",
    "period.start",
    "period.year",
    "pipeline.name",
    "stage.client_name",
    "stage.name",
    "today",
];

/// Words that are followed by a key of the firm's own.
const PREFIXES: &[&str] = &["account.field", "job.field", "role"];

/// Whether a word is one that has a value.
pub(super) fn is_known(word: &str) -> bool {
    let keyed = PREFIXES.iter().any(|prefix| {
        word == *prefix
            || word.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).is_some_and(|key| !key.is_empty())
    });
    // A template may take hold of a whole group, such as `account`, and look into it later.
    keyed || WORDS.contains(&word) || WORDS.iter().any(|known| known.split('.').next() == Some(word))
}

pub(super) fn suggestion(word: &str) -> String {
    crate::suggest::near(word, WORDS.iter().copied().chain(["account.field.x", "job.field.x", "role.x"]))
}

/// Where the values of shortcodes come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    /// What the firm has set up.
    pub(crate) catalog: &'a Catalog,
    /// The account.
    pub(crate) account: Option<&'a Account>,
    /// The job.
    pub(crate) job: Option<&'a Job>,
    /// The job's pipeline.
    pub(crate) pipeline: Option<&'a Compiled>,
    /// Who gives the command.
    pub(crate) actor: &'a Actor,
    /// The day it is for the firm.
    pub(crate) today: NaiveDate,
    /// The period of the series that makes this, when it has no job.
    pub(crate) period: Option<Period>,
}

impl Words<'_> {
    /// Writes the value of a word, or nothing when it has none.
    pub(super) fn write(&self, word: &str, out: &mut String) {
        match word.split_once('.') {
            Some(("account", rest)) => self.write_account(rest, out),
            Some(("job", rest)) => self.write_job(rest, out),
            Some(("role", role)) => {
                let holders = self.account.and_then(|account| account.roles.holders(role));
                self.write_members(holders.into_iter().flatten(), out);
            }
            Some(("period", rest)) => self.write_period(rest, out),
            Some(("firm", "name")) => {
                if let Some((_, firm)) = &self.catalog.firm {
                    out.push_str(&firm.settings.name);
                }
            }
            Some(("member", part)) => {
                let Actor::Member(id) = self.actor else { return };
                if let Some(member) = self.catalog.member(*id) {
                    out.push_str(if part == "email" { member.email.as_deref().unwrap_or("") } else { &member.name });
                }
            }
            Some(("pipeline", "name")) => {
                if let Some(pipeline) = self.pipeline {
                    out.push_str(&pipeline.definition().name);
                }
            }
            Some(("stage", part)) => self.write_stage(part, out),
            None if word == "today" => write_date(Some(self.today), out),
            None if word == "assignees" => {
                let members = self.job.map(|job| &job.assignees);
                self.write_members(members.into_iter().flatten(), out);
            }
            _ => {}
        }
    }

    fn write_account(&self, word: &str, out: &mut String) {
        let Some(account) = self.account else { return };
        match word {
            "name" => out.push_str(&account.name),
            "external" => out.push_str(account.external.as_ref().map_or("", |external| external.as_str())),
            "tags" => write_list(account.tags.iter().map(|tag| tag.as_str()), out),
            other => write_field(other.strip_prefix("field.").and_then(|key| account.fields.get(key)), out),
        }
    }

    fn write_job(&self, word: &str, out: &mut String) {
        let Some(job) = self.job else { return };
        match word {
            "name" => out.push_str(&job.name),
            "description" => out.push_str(job.description.as_deref().unwrap_or("")),
            "client_status" => out.push_str(job.client_status.as_deref().unwrap_or("")),
            "status" => out.push_str(job.status.as_str()),
            "priority" => out.push_str(&format!("{:?}", job.priority).to_lowercase()),
            "tags" => write_list(job.tags.iter().map(|tag| tag.as_str()), out),
            "start" => write_date(job.start, out),
            "due" => write_date(job.due, out),
            "statutory" => write_date(job.statutory, out),
            "extended" => write_date(job.extended, out),
            "created" => write_date(Some(self.catalog.calendar().civil_date(job.created)), out),
            other => write_field(other.strip_prefix("field.").and_then(|key| job.fields.get(key)), out),
        }
    }

    fn write_period(&self, word: &str, out: &mut String) {
        let (start, end) = match (self.job, self.period) {
            (Some(job), _) => (job.period_start, job.period_end),
            (None, Some(period)) => (Some(period.start), Some(period.end)),
            (None, None) => return,
        };
        match (word, end.or(start)) {
            ("start", _) => write_date(start, out),
            ("end", _) => write_date(end, out),
            ("year", Some(end)) => {
                let _ = write!(out, "{}", end.year());
            }
            ("month", Some(end)) => {
                let _ = write!(out, "{}", end.month());
            }
            ("quarter", Some(end)) => {
                let _ = write!(out, "Q{}", end.month0() / 3 + 1);
            }
            _ => {}
        }
    }

    fn write_stage(&self, word: &str, out: &mut String) {
        let stage = self.job.and_then(|job| self.pipeline?.stage_named(&job.stage));
        if let Some((_, stage)) = stage {
            let name = stage.name.as_deref().unwrap_or(stage.key.as_str());
            out.push_str(if word == "client_name" { stage.client_name.as_deref().unwrap_or(name) } else { name });
        }
    }

    fn write_members<'b>(&self, members: impl Iterator<Item = &'b MemberId>, out: &mut String) {
        write_list(members.filter_map(|id| self.catalog.member(*id)).map(|member| member.name.as_str()), out);
    }

    /// Every word with its value, for the template engine.
    pub(super) fn context(&self) -> Value {
        let mut groups: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
        let mut context: BTreeMap<String, Value> = BTreeMap::new();
        for word in WORDS {
            let mut value = String::new();
            self.write(word, &mut value);
            match word.split_once('.') {
                Some((group, part)) => drop(groups.entry(group).or_default().insert(part.to_owned(), value.into())),
                None => drop(context.insert((*word).to_owned(), value.into())),
            }
        }
        let fields =
            [("account", self.account.map(|account| &account.fields)), ("job", self.job.map(|job| &job.fields))];
        for (group, fields) in fields {
            let field = |(key, value): (&crate::id::FieldKey, &FieldValue)| {
                let mut text = String::new();
                write_field(Some(value), &mut text);
                (key.to_string(), Value::from(text))
            };
            let fields: BTreeMap<String, Value> = fields.into_iter().flatten().map(field).collect();
            groups.entry(group).or_default().insert("field".to_owned(), Value::from(fields));
        }
        let roles = self.account.into_iter().flat_map(|account| account.roles.iter());
        for (role, holders) in roles {
            let mut names = String::new();
            self.write_members(holders.iter(), &mut names);
            groups.entry("role").or_default().insert(role.to_string(), names.into());
        }
        groups.entry("role").or_default();
        context.extend(groups.into_iter().map(|(group, parts)| (group.to_owned(), Value::from(parts))));
        context.insert(CalendarValue::NAME.to_owned(), CalendarValue::of(self.catalog.calendar().clone()));
        Value::from(context)
    }
}

/// Values to try a text out with.
pub(super) fn sample() -> Value {
    const DATES: &[&str] = &["created", "due", "end", "extended", "start", "statutory"];
    let mut groups: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
    let mut context: BTreeMap<String, Value> = BTreeMap::new();
    for word in WORDS {
        match word.split_once('.') {
            Some((group, part)) => {
                let value = if DATES.contains(&part) { "2026-04-15" } else { "sample" };
                groups.entry(group).or_default().insert(part, value.into());
            }
            None => drop(context.insert((*word).to_owned(), "2026-04-15".into())),
        }
    }
    for group in ["account", "job"] {
        groups.entry(group).or_default().insert("field", Value::from(BTreeMap::<String, Value>::new()));
    }
    groups.entry("role").or_default();
    context.extend(groups.into_iter().map(|(group, parts)| (group.to_owned(), Value::from(parts))));
    Value::from(context)
}

fn write_date(date: Option<NaiveDate>, out: &mut String) {
    if let Some(date) = date {
        let _ = write!(out, "{date}");
    }
}

fn write_list<'a>(texts: impl Iterator<Item = &'a str>, out: &mut String) {
    for (place, text) in texts.enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        out.push_str(text);
    }
}

fn write_field(value: Option<&FieldValue>, out: &mut String) {
    match value {
        None => {}
        Some(FieldValue::Flag(flag)) => out.push_str(if *flag { "yes" } else { "no" }),
        Some(FieldValue::Integer(number)) => {
            let _ = write!(out, "{number}");
        }
        Some(FieldValue::Decimal(number)) => {
            let _ = write!(out, "{number}");
        }
        Some(FieldValue::Text(text)) => out.push_str(text),
        Some(FieldValue::List(texts)) => write_list(texts.iter().map(String::as_str), out),
    }
}
