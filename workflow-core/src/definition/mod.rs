//! What a firm writes down: pipelines with their stages, statuses, automations and templates.
//!
//! These types are the document. They serialize to YAML or JSON and back, and the JSON Schema is
//! generated from them. A [`PipelineDefinition`] in hand is well formed; whether it makes sense as
//! a whole is what [`crate::lint`] tells.

mod action;
mod automation;
mod condition;
mod date_unit;
mod delay;
mod pipeline;
mod template;

pub use crate::dates::{DateAnchor, DateExpression};
pub use action::{
    AccessChange, AccessMode, AccountTarget, Action, Assignment, CreateJob, EndItems, EndTasks, FieldScope, JobDate,
    ReplaceTags, RequestItem, SendSignal, SetDate, SetField,
};
pub use automation::{Automation, Refire, Trigger, WatchedDate};
pub use condition::{
    Compare, Condition, DateTest, FieldTest, ItemTest, NumberTest, PriorityTest, TagTest, TaskTest, VisitTest, Within,
};
pub use date_unit::DateUnit;
pub use delay::{Delay, Reminders};
pub(crate) use delay::{after, count, numbered};
pub use pipeline::{
    Access, JobSort, MoveRule, OnEmpty, Party, PipelineDefinition, Stage, Status, Transition, Versioning, WipLimit,
    WipMode,
};
pub use template::{ChecklistStep, JobTemplate, TaskTemplate, Template, TemplateKind};

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(crate) fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn is_true(value: &bool) -> bool {
    *value
}
