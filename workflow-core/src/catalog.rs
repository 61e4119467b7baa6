//! What a firm has set up, made ready to decide by: settings, members, templates and pipelines.
//!
//! A catalog is remembered between commands. Every commit checks that the firm's counter of
//! definitions is the one the catalog was made at, so that no command goes by an old one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calendar::FirmCalendar;
use crate::compile::{Compiled, Texts, job_texts, task_texts};
use crate::definition::{JobTemplate, TaskTemplate, Template, TemplateKind};
use crate::error::Rejection;
use crate::id::{MemberId, PipelineKey, TemplateKey};
use crate::model::{Firm, Member, PipelineHead};
use crate::store::Revision;

type Kept<T> = (Revision, Arc<T>);

/// What a firm has set up.
#[derive(Debug)]
pub struct Catalog {
    pub(crate) firm: Option<Kept<Firm>>,
    pub(crate) calendar: FirmCalendar,
    pub(crate) members: BTreeMap<MemberId, Kept<Member>>,
    pub(crate) templates: BTreeMap<(TemplateKind, TemplateKey), Kept<Template>>,
    pub(crate) pipelines: BTreeMap<PipelineKey, Kept<PipelineHead>>,
    /// The newest version of each pipeline.
    pub(crate) newest: BTreeMap<PipelineKey, Arc<Compiled>>,
    texts: Texts,
    watches_account_tags: bool,
    watches_account_fields: bool,
}

/// What a catalog is made of.
#[derive(Debug, Default)]
pub struct CatalogParts {
    /// The firm; absent before it is set up.
    pub firm: Option<Kept<Firm>>,
    /// All members.
    pub members: Vec<Kept<Member>>,
    /// All templates.
    pub templates: Vec<Kept<Template>>,
    /// All pipelines, each with its newest version.
    pub pipelines: Vec<(Kept<PipelineHead>, Arc<Compiled>)>,
}

impl Catalog {
    /// Makes the parts ready.
    ///
    /// # Errors
    /// When the firm's time zone or working days make no sense.
    pub fn new(parts: CatalogParts) -> Result<Self, Rejection> {
        let calendar = match &parts.firm {
            Some((_, firm)) => FirmCalendar::new(&firm.settings)?,
            None => FirmCalendar::new(&crate::model::FirmSettings::named("a new firm"))?,
        };
        let mut texts = Texts::default();
        // Texts were checked when the template was saved. One that is not understood any more
        // fails where it is used, with its reason.
        let mut problems = Vec::new();
        for (_, template) in &parts.templates {
            match &**template {
                Template::Task(task) => task_texts(&mut texts, "", task, &mut problems),
                Template::Job { defaults, .. } => job_texts(&mut texts, "", defaults, &mut problems),
            }
        }
        let newest: BTreeMap<_, _> =
            parts.pipelines.iter().map(|((_, head), compiled)| (head.key.clone(), Arc::clone(compiled))).collect();
        Ok(Self {
            calendar,
            texts,
            watches_account_tags: newest.values().any(|compiled| compiled.watches_account_tags()),
            watches_account_fields: newest.values().any(|compiled| compiled.watches_account_fields()),
            members: parts.members.into_iter().map(|kept| (kept.1.id, kept)).collect(),
            templates: parts.templates.into_iter().map(|kept| ((kept.1.kind(), kept.1.key().clone()), kept)).collect(),
            pipelines: parts.pipelines.into_iter().map(|(head, _)| (head.1.key.clone(), head)).collect(),
            newest,
            firm: parts.firm,
        })
    }

    /// The revision of the firm's record that this was made at; `None` before it is set up.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.firm.as_ref().map(|(revision, _)| *revision)
    }

    /// A member.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&Arc<Member>> {
        self.members.get(&id).map(|(_, member)| member)
    }

    /// A pipeline, whatever its version.
    #[must_use]
    pub fn pipeline(&self, key: &PipelineKey) -> Option<&Arc<PipelineHead>> {
        self.pipelines.get(key).map(|(_, head)| head)
    }

    /// The newest version of a pipeline.
    #[must_use]
    pub fn newest(&self, key: &PipelineKey) -> Option<&Arc<Compiled>> {
        self.newest.get(key)
    }

    /// The firm's calendar.
    #[must_use]
    pub fn calendar(&self) -> &FirmCalendar {
        &self.calendar
    }

    pub(crate) fn task_template(&self, key: &TemplateKey) -> Option<&TaskTemplate> {
        match &**self.templates.get(&(TemplateKind::Task, key.clone())).map(|(_, template)| template)? {
            Template::Task(task) => Some(task),
            Template::Job { .. } => None,
        }
    }

    pub(crate) fn job_template(&self, key: &TemplateKey) -> Option<&JobTemplate> {
        match &**self.templates.get(&(TemplateKind::Job, key.clone())).map(|(_, template)| template)? {
            Template::Job { defaults, .. } => Some(defaults),
            Template::Task(_) => None,
        }
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Whether a change of an account's tags can matter to any job.
    pub(crate) fn watches_account_tags(&self) -> bool {
        self.watches_account_tags
    }

    /// Whether a change of an account's fields can matter to any job.
    pub(crate) fn watches_account_fields(&self) -> bool {
        self.watches_account_fields
    }
}
