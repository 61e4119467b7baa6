//! The firm itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ItemKind;
use crate::calendar::{BusinessHours, CalendarDefinition, HolidaySet};
use crate::definition::is_default;
use crate::id::{CalendarKey, FirmId, ItemKindKey, RoleKey, StatusKey, Tag, TemplateKey};

/// A firm and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Firm {
    /// Its identifier.
    pub id: FirmId,
    /// What it set up.
    pub settings: FirmSettings,
    /// Counts changes of settings, members, templates and pipelines, so that a host notices when
    /// what it remembers of them is old.
    pub definitions: u64,
    /// When it was set up.
    pub created: DateTime<Utc>,
}

/// What a firm sets up for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirmSettings {
    /// The firm's name.
    pub name: String,
    /// IANA name of the time zone that its dates are in, such as `America/New_York`.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Days on which it is open.
    #[serde(default = "monday_to_friday")]
    #[schemars(with = "BTreeSet<String>")]
    pub working_days: Vec<Weekday>,
    /// Days on which it is closed although the weekday is a working one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<NaiveDate>,
    /// Sets of holidays that the default calendar observes besides: built-in ones such as `us-dc`,
    /// and the firm's own.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holiday_sets: BTreeSet<CalendarKey>,
    /// The firm's own sets of holidays.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own_holiday_sets: BTreeMap<CalendarKey, HolidaySet>,
    /// Business calendars besides the default one, which is made of the working days, holidays and
    /// holiday sets above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calendars: BTreeMap<CalendarKey, CalendarDefinition>,
    /// When it works, in local time, on days that are open; 09:00 to 17:00 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<BusinessHours>,
    /// The seats that accounts have.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<RoleKey>,
    /// Kinds of item besides the built-in ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub item_kinds: BTreeMap<ItemKindKey, ItemKindDefinition>,
    /// The host's templates per kind of item. A kind that is listed accepts only these; a request
    /// for another template fails, and lint warns of it. A kind not listed accepts any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub host_templates: BTreeMap<ItemKind, BTreeSet<TemplateKey>>,
    /// The host's folder templates; any is accepted when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder_templates: Option<BTreeSet<TemplateKey>>,
    /// The tags that the host puts on accounts. Lint warns of conditions on others that no
    /// automation puts there; when absent it says nothing of account tags. Any tag can be put on
    /// an account all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_tags: Option<BTreeSet<Tag>>,
    /// Custom task statuses and the state that each stands for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub task_statuses: BTreeMap<StatusKey, super::TaskState>,
    /// Whether a submitted payment counts as an invoice paid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payment_submitted_is_done: bool,
}

/// A kind of item that the host defines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemKindDefinition {
    /// Whether somebody has to do something with it, so that it can block a job.
    #[serde(default)]
    pub actionable: bool,
    /// The statuses that mean done.
    #[serde(default)]
    pub done: BTreeSet<StatusKey>,
    /// The statuses that mean declined.
    #[serde(default)]
    pub declined: BTreeSet<StatusKey>,
}

/// When an item of a kind counts as done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoneRule {
    /// Never blocks.
    NotActionable,
    /// Every one of these statuses has been reported.
    All(&'static [&'static str]),
    /// One of these statuses has been reported.
    Any(&'static [&'static str]),
    /// One of the host's own statuses has been reported.
    Host(ItemKindDefinition),
}

fn utc() -> String {
    "UTC".to_owned()
}

pub(crate) fn monday_to_friday() -> Vec<Weekday> {
    vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri]
}

impl FirmSettings {
    /// Settings of a firm that has only a name: UTC, open Monday to Friday from 09:00 to 17:00, no holidays.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            time_zone: utc(),
            working_days: monday_to_friday(),
            holidays: BTreeSet::new(),
            holiday_sets: BTreeSet::new(),
            own_holiday_sets: BTreeMap::new(),
            calendars: BTreeMap::new(),
            business_hours: None,
            roles: BTreeSet::new(),
            item_kinds: BTreeMap::new(),
            host_templates: BTreeMap::new(),
            folder_templates: None,
            account_tags: None,
            task_statuses: BTreeMap::new(),
            payment_submitted_is_done: false,
        }
    }
}
