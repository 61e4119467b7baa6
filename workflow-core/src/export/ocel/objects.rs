//! The objects: pipelines, members, accounts, jobs, tasks and items.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::history::History;
use super::{Declared, List, Object, Relationship, Type, Value, instant};
use crate::error::Error;
use crate::export::source::{HISTORIES_AT_ONCE, Source, Step};
use crate::export::things::Things;
use crate::export::word::progress_word;
use crate::id::{AccountId, MemberId, Tag};
use crate::model::{Account, Item, Job, Task};
use crate::store::{Cell, DocId, Document, Hit, IndexName, Logged};

/// Tasks and items that are read in one go.
const AT_ONCE: usize = 100;
/// Tasks, items and awaited jobs of several jobs that are read in one go.
const BELONGINGS: usize = 400;
/// The instant of what does not change: so the standard has it.
const EVER: &str = "1970-01-01T00:00:00Z";

/// The types of object, with their attributes. Days are days of the firm's, not instants.
pub(super) fn types() -> impl Iterator<Item = Type<'static>> {
    let of: [(_, &[(_, _)]); 6] = [
        ("pipeline", &[("name", "string")]),
        ("member", &[("name", "string"), ("admin", "boolean"), ("active", "boolean")]),
        ("account", &[("name", "string"), ("external", "string"), ("tags", "string")]),
        (
            "job",
            &[
                ("name", "string"),
                ("pipeline", "string"),
                ("stage", "string"),
                ("status", "string"),
                ("priority", "string"),
                ("due", "string"),
                ("statutory", "string"),
                ("tags", "string"),
                ("budget_minutes", "integer"),
                ("created", "time"),
            ],
        ),
        (
            "task",
            &[
                ("title", "string"),
                ("template", "string"),
                ("state", "string"),
                ("due", "string"),
                ("budget_minutes", "integer"),
                ("created", "time"),
            ],
        ),
        (
            "item",
            &[
                ("title", "string"),
                ("kind", "string"),
                ("template", "string"),
                ("external", "string"),
                ("status", "string"),
                ("progress", "string"),
                ("created", "time"),
            ],
        ),
    ];
    of.into_iter().map(|(name, attributes)| Type {
        name,
        attributes: attributes.iter().map(|(name, r#type)| Declared { name, r#type }).collect(),
    })
}

fn ever(name: &'static str, value: impl Into<String>) -> Value {
    Value { name, value: value.into(), time: EVER.to_owned() }
}

fn since(at: DateTime<Utc>, name: &'static str, value: impl Into<String>) -> Value {
    Value { name, value: value.into(), time: instant(at) }
}

fn tags(tags: &BTreeSet<Tag>, at: DateTime<Utc>, attributes: &mut Vec<Value>) {
    if !tags.is_empty() {
        let tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
        attributes.push(since(at, "tags", tags.join("; ")));
    }
}

/// The records that are told with a job.
fn belongings(job: &Job) -> impl Iterator<Item = DocId> {
    let tasks = job.tasks.iter().map(|link| DocId::Task(link.task));
    let items = job.items.iter().map(|link| DocId::Item(link.item));
    tasks.chain(items).chain(job.waits_for.keys().copied().map(DocId::Job))
}

/// Objects as they are written.
pub(super) struct Objects<'o, 'w> {
    pub(super) source: &'o Source<'o>,
    pub(super) list: List<'o, 'w>,
}

impl Objects<'_, '_> {
    /// Writes all of them.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        let source = self.source;
        let everything = source.query.pipeline.is_none();
        for pipeline in source.queries.pipelines()? {
            let key = pipeline.head.key.as_str();
            if source.query.pipeline.as_ref().is_none_or(|asked| asked.as_str() == key) {
                let attributes = vec![ever("name", pipeline.name)];
                self.add(format!("pipeline/{key}"), "pipeline", attributes, Vec::new())?;
            }
        }
        for member in source.queries.members()? {
            let flag = |name, value: bool| ever(name, if value { "true" } else { "false" });
            let attributes =
                vec![ever("name", &*member.name), flag("admin", member.admin), flag("active", member.active)];
            self.add(member.id.to_string(), "member", attributes, Vec::new())?;
        }
        source.walk(&mut |step| match step {
            Step::Account(account) => self.account(account, everything),
            Step::Jobs(account, jobs) => jobs.chunks(HISTORIES_AT_ONCE).try_for_each(|jobs| self.jobs(account, jobs)),
        })?;
        if everything {
            self.loose_tasks()?;
            self.loose_items(Cell::Null)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        id: String,
        r#type: &'static str,
        attributes: Vec<Value>,
        relationships: Vec<Relationship>,
    ) -> Result<(), Error> {
        self.list.add(&Object { id, r#type, attributes, relationships })
    }

    /// Writes an account, and with everything else the items of it that no job has.
    fn account(&mut self, account: &Account, everything: bool) -> Result<(), Error> {
        let mut attributes = vec![since(account.created, "name", account.name.as_str())];
        attributes.extend(account.external.as_ref().map(|external| ever("external", external.as_str())));
        tags(&account.tags, account.updated, &mut attributes);
        let mut relationships = Vec::new();
        for (role, holders) in account.roles.iter() {
            let holders = holders.iter().filter(|member| self.knows(**member));
            relationships.extend(holders.map(|member| Relationship::new(member, role.as_str())));
        }
        if everything {
            let there = self.source.accounts(account.linked.iter().map(|linked| linked.account))?;
            let linked = account.linked.iter().filter(|linked| there.contains_key(&linked.account));
            relationships.extend(linked.map(|linked| Relationship::new(linked.account, linked.relation.as_str())));
        }
        self.add(account.id.to_string(), "account", attributes, relationships)?;
        if everything { self.loose_items(Cell::Uuid(account.id.0)) } else { Ok(()) }
    }

    fn knows(&self, member: MemberId) -> bool {
        self.source.queries.catalog.member(member).is_some()
    }

    fn assigned(&self, members: &BTreeSet<MemberId>) -> impl Iterator<Item = Relationship> {
        let known = members.iter().filter(|member| self.knows(**member));
        known.map(|member| Relationship::new(member, "assigned")).collect::<Vec<_>>().into_iter()
    }

    /// Writes some jobs with their tasks and items, which are read in one go unless they are too many.
    fn jobs(&mut self, account: &Account, jobs: &[Arc<Job>]) -> Result<(), Error> {
        let source = self.source;
        let wanted: Vec<DocId> = jobs.iter().flat_map(|job| belongings(job)).collect();
        if jobs.len() > 1 && wanted.len() > BELONGINGS {
            return jobs.iter().try_for_each(|job| self.jobs(account, std::slice::from_ref(job)));
        }
        let things = Things::with(source, wanted)?;
        for (job, first) in jobs.iter().zip(source.first_entries(jobs)?) {
            self.job(account, job, first, &things)?;
        }
        Ok(())
    }

    fn job(&mut self, account: &Account, job: &Job, first: Vec<Logged>, things: &Things) -> Result<(), Error> {
        let source = self.source;
        let mut history = History::default();
        source.each_entry_of(job.id, first, &mut |entries| {
            entries.iter().for_each(|logged| history.follow(job.id, &logged.entry));
            Ok(())
        })?;
        let mut attributes: Vec<Value> = history.take(job.id.0).collect();
        attributes.extend(job.statutory.map(|day| since(job.updated, "statutory", day.to_string())));
        tags(&job.tags, job.updated, &mut attributes);
        attributes.extend(job.budget_minutes.map(|minutes| since(job.updated, "budget_minutes", minutes.to_string())));
        attributes.push(ever("created", instant(job.created)));
        let mut relationships = vec![Relationship::new(account.id, "for")];
        if source.queries.catalog.pipeline(&job.pipeline).is_some() {
            relationships.push(Relationship::new(format!("pipeline/{}", job.pipeline), "in"));
        }
        relationships.extend(self.assigned(&job.assignees));
        let others = job.waits_for.keys().filter(|other| things.job(source, **other).is_some());
        relationships.extend(others.map(|other| Relationship::new(other, "waits for")));
        self.add(job.id.to_string(), "job", attributes, relationships)?;
        for task in job.tasks.iter().filter_map(|link| things.tasks.get(&link.task)) {
            let states = history.take(task.id.0).collect();
            self.task(task, states)?;
        }
        let items = job.items.iter().filter_map(|link| things.items.get(&link.item));
        for item in items.filter(|item| things.home(source, item) == Some(job.id)) {
            let values = history.take(item.id.0).collect();
            self.item(item, values, things)?;
        }
        Ok(())
    }

    fn task(&mut self, task: &Task, mut attributes: Vec<Value>) -> Result<(), Error> {
        if attributes.is_empty() {
            attributes.push(since(task.updated, "state", task.state.as_str()));
        }
        attributes.push(since(task.created, "title", &*task.title));
        attributes.extend(task.template.as_ref().map(|template| ever("template", template.as_str())));
        attributes.extend(task.due.map(|day| since(task.updated, "due", day.to_string())));
        attributes
            .extend(task.budget_minutes.map(|minutes| since(task.updated, "budget_minutes", minutes.to_string())));
        attributes.push(ever("created", instant(task.created)));
        let mut relationships = Vec::new();
        match (task.job, task.account) {
            (Some(job), _) => relationships.push(Relationship::new(job, "part of")),
            (None, Some(account)) if self.has(account)? => relationships.push(Relationship::new(account, "for")),
            _ => {}
        }
        relationships.extend(self.assigned(&task.assignees));
        self.add(task.id.to_string(), "task", attributes, relationships)
    }

    fn item(&mut self, item: &Item, mut attributes: Vec<Value>, things: &Things) -> Result<(), Error> {
        if attributes.is_empty() {
            attributes.push(since(item.updated, "progress", progress_word(item.progress)));
            attributes.extend(item.status.as_ref().map(|status| since(item.updated, "status", status.as_str())));
        }
        attributes.push(since(item.created, "title", &*item.title));
        attributes.push(ever("kind", item.kind.as_str()));
        attributes.extend(item.template.as_ref().map(|template| ever("template", template.as_str())));
        attributes.extend(item.external.as_ref().map(|external| ever("external", external.as_str())));
        attributes.push(ever("created", instant(item.created)));
        let source = self.source;
        let jobs = item.jobs.iter().filter(|job| things.job(source, **job).is_some());
        let mut relationships: Vec<Relationship> = jobs.map(|job| Relationship::new(job, "part of")).collect();
        if let Some(account) = item.account
            && relationships.is_empty()
            && self.has(account)?
        {
            relationships.push(Relationship::new(account, "for"));
        }
        self.add(item.id.to_string(), "item", attributes, relationships)
    }

    fn has(&self, account: AccountId) -> Result<bool, Error> {
        Ok(!self.source.accounts([account])?.is_empty())
    }

    /// Writes the tasks that belong to no job.
    fn loose_tasks(&mut self) -> Result<(), Error> {
        let source = self.source;
        for ended in [0, 1] {
            source.each_page(IndexName::Tasks, vec![Cell::Int(ended)], AT_ONCE, &mut |hits| {
                let task = |hit: &Hit| match &hit.record.document {
                    Document::Task(task) if task.job.is_none() => Some(Arc::clone(task)),
                    _ => None,
                };
                hits.iter().filter_map(task).try_for_each(|task| self.task(&task, Vec::new()))
            })?;
        }
        Ok(())
    }

    /// Writes the items of an account, or of none, that no job has.
    fn loose_items(&mut self, account: Cell) -> Result<(), Error> {
        let source = self.source;
        source.each_page(IndexName::ItemAccounts, vec![account], AT_ONCE, &mut |hits| {
            let things = Things::with(source, hits.iter().map(|hit| hit.record.document.id()).collect())?;
            for item in things.items.values().filter(|item| things.home(source, item).is_none()) {
                if things.item(source, item.id).is_some() {
                    self.item(item, Vec::new(), &things)?;
                }
            }
            Ok(())
        })
    }
}
