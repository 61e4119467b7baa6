//! Commands on series.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Change;
use crate::dates::Span;
use crate::definition::is_default;
use crate::id::{AccountId, SeriesId, Tag};
use crate::model::{Audience, CatchUp, SeriesTurn, SeriesWork};
use crate::recurrence::Schedule;

/// A series to create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeries {
    /// Its identifier; made by the engine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SeriesId>,
    /// What it is called in the firm.
    pub name: String,
    /// What it makes.
    pub makes: SeriesWork,
    /// For whom. Nobody yet when absent: accounts can join later.
    #[serde(default, rename = "for", skip_serializing_if = "is_default")]
    pub audience: Audience,
    /// When it occurs.
    pub schedule: Schedule,
    /// How long before an occurrence its work is made, in days, business days, weeks, months or
    /// years; on the day itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Span>,
    /// What becomes of occurrences whose day has gone by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub catch_up: CatchUp,
    /// Also catches up with occurrences whose day had gone by when the series was created. Else it
    /// begins with the first whose day has not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub backfill: bool,
}

impl NewSeries {
    /// A series with nothing else said.
    #[must_use]
    pub fn new(name: impl Into<String>, makes: SeriesWork, schedule: Schedule) -> Self {
        Self {
            id: None,
            name: name.into(),
            makes,
            audience: Audience::default(),
            schedule,
            lead: None,
            catch_up: CatchUp::default(),
            backfill: false,
        }
    }
}

/// Which occurrences of a series an edit is about. Occurrences are named by their day by the rule,
/// before any adjustment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeriesScope {
    /// This one alone.
    This(NaiveDate),
    /// This one and those after it: another series goes on from here.
    ThisAndFollowing(NaiveDate),
    /// All that have not had their turn.
    All,
}

/// What to change of a series. Absent parts stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesChanges {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes: Option<SeriesWork>,
    /// When it occurs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How long before an occurrence its work is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Change<Span>>,
    /// What becomes of occurrences whose day has gone by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_up: Option<CatchUp>,
    /// Accounts with any of these tags belong to it, besides those named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeSet<Tag>>,
    /// The day that one occurrence is put on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Change<NaiveDate>>,
}

/// What a series makes for one account. Given by the engine to itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeOccurrence {
    /// Which series.
    pub series: SeriesId,
    /// For which account; for the firm itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Which time of it.
    pub turn: Arc<SeriesTurn>,
    /// Try again what was refused, and make what was skipped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub again: bool,
    /// It could not be made, for this reason: that is to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
