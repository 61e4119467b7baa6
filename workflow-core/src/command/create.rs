//! What is to be created by hand.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::{Assignment, DateExpression, TaskTemplate, is_default};
use crate::id::{AccountId, ExternalRef, FieldKey, ItemId, JobId, PipelineKey, StageKey, Tag, TaskId, TemplateKey};
use crate::model::{FieldValue, ItemKind, Priority};

/// A job to create. What it leaves out comes from its template, then from the pipeline's defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// Its identifier; made by the engine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<JobId>,
    /// For whom.
    pub account: AccountId,
    /// In which pipeline.
    pub pipeline: PipelineKey,
    /// In which stage; the first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageKey>,
    /// From which template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// What it is called; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is to be done; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Who is responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Assignment>,
    /// When work should begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateExpression>,
    /// When the firm wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateExpression>,
    /// When the law wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statutory: Option<DateExpression>,
    /// When the law wants it done after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<DateExpression>,
    /// First day of the period it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<NaiveDate>,
    /// Last day of the period it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<NaiveDate>,
    /// Time budgeted, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// Its tags, besides the template's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Its custom fields, over the template's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldValue>,
}

impl NewJob {
    /// A job of which everything else comes from templates.
    #[must_use]
    pub fn new(account: AccountId, pipeline: PipelineKey) -> Self {
        Self {
            id: None,
            account,
            pipeline,
            stage: None,
            template: None,
            name: None,
            description: None,
            priority: None,
            assign: None,
            start: None,
            due: None,
            statutory: None,
            extended: None,
            period_start: None,
            period_end: None,
            budget_minutes: None,
            tags: BTreeSet::new(),
            fields: BTreeMap::new(),
        }
    }
}

/// A task to create by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// Its identifier; made by the engine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TaskId>,
    /// For which job. It counts as linked by hand during the present visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// For which account, when it has no job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// From which of the firm's or the pipeline's templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// What it is, when it comes from no template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Box<TaskTemplate>>,
    /// Tasks it waits for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub waits_for: BTreeSet<TaskId>,
}

/// An item to link by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// Its identifier; made by the engine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ItemId>,
    /// To which job it is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// For which account, when it has no job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What kind.
    pub kind: ItemKind,
    /// What it is called.
    pub title: String,
    /// How the host's own system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalRef>,
    /// For an invoice: a submitted payment is enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payment_submitted_is_done: bool,
    /// For a proposal: it has no one-time invoice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_invoice: bool,
}
