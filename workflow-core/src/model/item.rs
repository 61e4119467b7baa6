//! Items: what is linked to jobs and lives in the host.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DoneRule, FirmSettings};
use crate::definition::is_default;
use crate::id::{AccountId, ExternalRef, ItemId, ItemKindKey, JobId, StatusKey, TemplateKey};

/// Something linked to jobs that lives in the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Its identifier.
    pub id: ItemId,
    /// What kind.
    pub kind: ItemKind,
    /// The account it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The jobs it is linked to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub jobs: BTreeSet<JobId>,
    /// What it is called.
    pub title: Arc<str>,
    /// The host's template it was requested from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// How the host's own system calls it; unique in the firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalRef>,
    /// The last status the host reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusKey>,
    /// Every status the host has reported.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reached: BTreeSet<StatusKey>,
    /// How far it has come.
    pub progress: ItemProgress,
    /// For an invoice: a submitted payment is enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payment_submitted_is_done: bool,
    /// For a proposal: it has no one-time invoice, a signature is enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_invoice: bool,
    /// When it was requested or linked first.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub created: DateTime<Utc>,
    /// When it last changed.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub updated: DateTime<Utc>,
}

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemProgress {
    /// Somebody still has to do something.
    Open,
    /// Done.
    Done,
    /// The client said no. It blocks on, and somebody should look.
    Declined,
    /// Withdrawn; blocks nothing.
    Cancelled,
    /// Of a kind with which nobody has to do anything.
    NotActionable,
}

macro_rules! item_kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal;)+) => {
        /// A kind of item: a built-in one, or one that the host defines (any other word).
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ItemKind {
            $($(#[doc = $doc])+ $variant,)+
            /// A kind that the host defined in the firm's settings.
            Host(ItemKindKey),
        }

        impl ItemKind {
            /// Every built-in kind.
            pub const BUILT_IN: &[ItemKind] = &[$(Self::$variant),+];

            /// How it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Host(key) => key.as_str(),
                }
            }

            /// Reads it as it is written.
            #[must_use]
            pub fn from_key(key: ItemKindKey) -> Self {
                match key.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Host(key),
                }
            }
        }
    };
}

item_kinds! {
    /// A questionnaire; done when submitted.
    Organizer = "organizer";
    /// A proposal or engagement letter; done when signed and its one-time invoice paid.
    Proposal = "proposal";
    /// An invoice; done when paid.
    Invoice = "invoice";
    /// A message in the client portal.
    Message = "message";
    /// An email.
    Email = "email";
    /// A text message.
    Sms = "sms";
    /// A document asked for; done when accepted.
    Document = "document";
    /// A request for signatures; done when everybody signed.
    SignatureRequest = "signature_request";
    /// A conversation; done when resolved.
    Chat = "chat";
    /// A payment.
    Payment = "payment";
    /// A note.
    Note = "note";
    /// A time entry.
    TimeEntry = "time_entry";
    /// A wiki page.
    WikiPage = "wiki_page";
    /// Another job.
    Job = "job";
}

impl ItemKind {
    /// When an item of this kind counts as done. `None` for a host-defined kind that the firm
    /// has not registered.
    #[must_use]
    pub fn done_rule(&self, settings: &FirmSettings) -> Option<DoneRule> {
        Some(match self {
            Self::Organizer => DoneRule::Any(&["submitted"]),
            Self::Proposal => DoneRule::All(&["signed", "paid"]),
            Self::Invoice => DoneRule::Any(&["paid"]),
            Self::Document => DoneRule::Any(&["accepted"]),
            Self::SignatureRequest => DoneRule::Any(&["signed"]),
            Self::Chat => DoneRule::Any(&["resolved"]),
            Self::Message
            | Self::Email
            | Self::Sms
            | Self::Payment
            | Self::Note
            | Self::TimeEntry
            | Self::WikiPage
            | Self::Job => DoneRule::NotActionable,
            Self::Host(key) => match settings.item_kinds.get(key)? {
                definition if definition.actionable => DoneRule::Host(definition.clone()),
                _ => DoneRule::NotActionable,
            },
        })
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ItemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ItemKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_key(ItemKindKey::deserialize(deserializer)?))
    }
}

impl JsonSchema for ItemKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ItemKind".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let known: Vec<&str> = Self::BUILT_IN.iter().map(Self::as_str).collect();
        schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 120, "examples": known })
    }
}
