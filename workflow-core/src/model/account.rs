//! Clients of the firm.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FieldValue, Seats};
use crate::id::{AccountId, ExternalRef, FieldKey, MemberId, RoleKey, Tag};

/// A client. The host owns its clients; this is the light record that the engine needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Its identifier.
    pub id: AccountId,
    /// What it is called.
    pub name: String,
    /// How the host's own system calls it; unique in the firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalRef>,
    /// Custom fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Who holds which seat.
    #[serde(default, skip_serializing_if = "Seats::is_empty")]
    #[schemars(with = "BTreeMap<RoleKey, BTreeSet<MemberId>>")]
    pub roles: Seats,
    /// Related accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<LinkedAccount>,
    /// Members that automations gave access to the account; the host enforces it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub access: BTreeSet<MemberId>,
    /// When the engine first heard of it.
    pub created: DateTime<Utc>,
    /// When it last changed.
    pub updated: DateTime<Utc>,
}

/// A relation from one account to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedAccount {
    /// What the other is to this one, such as `spouse` or `partner`.
    pub relation: String,
    /// The other account.
    pub account: AccountId,
}
