//! Identifiers and keys: nothing in a signature is a bare string or integer.
//!
//! Records made by the engine are named by UUIDv7 ([`JobId`], [`TaskId`], …), which sort by the
//! time they were made. What people write in a document is named by a key ([`StageKey`],
//! [`Tag`], …): a short piece of text that is cheap to copy.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::limits::KEY_BYTES;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId {
                    what: stringify!($name),
                    text: text.chars().take(60).collect(),
                })
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    )+};
}

ids! {
    /// A firm: the tenant that every record belongs to.
    FirmId;
    /// A client of the firm.
    AccountId;
    /// A person on the firm's team.
    MemberId;
    /// One service for one account.
    JobId;
    /// A piece of work for members.
    TaskId;
    /// Something linked to a job that lives in the host.
    ItemId;
    /// A remark that a member left on a job.
    CommentId;
    /// One entry of the log: everything one command changed.
    EntryId;
    /// A notification for the host to carry out.
    NotificationId;
    /// A piece of work that one command left for later.
    FollowUpId;
    /// A series: work that comes again, period after period.
    SeriesId;
}

/// Text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: write a UUID such as `01890a5d-ac96-774b-bcce-b302099a8057`")]
pub struct InvalidId {
    what: &'static str,
    text: String,
}

/// Text that cannot be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be a {what}: {why}")]
pub struct InvalidKey {
    what: &'static str,
    text: String,
    why: String,
}

fn check_key(what: &'static str, text: &str) -> Result<(), InvalidKey> {
    let why = if text.is_empty() {
        "it is empty".to_owned()
    } else if text.len() > KEY_BYTES {
        format!("its length in bytes is past the limit KEY_BYTES of {KEY_BYTES} (it is {})", text.len())
    } else if text.trim() != text {
        "it begins or ends with a space".to_owned()
    } else if text.chars().any(char::is_control) {
        "it holds a control character".to_owned()
    } else {
        return Ok(());
    };
    Err(InvalidKey { what, text: text.chars().take(60).collect(), why })
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// 1 to 120 bytes of UTF-8, without control characters and without spaces at either end.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and wraps a text.
            ///
            /// # Errors
            /// [`InvalidKey`] when the text is empty, too long, padded or holds control characters.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidKey> {
                check_key(stringify!($name), text.as_ref())?;
                Ok(Self(text.as_ref().into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The shared text, for those who keep it without copying.
            #[must_use]
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidKey;
            fn from_str(text: &str) -> Result<Self, InvalidKey> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidKey;
            fn try_from(text: &str) -> Result<Self, InvalidKey> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidKey;
            fn try_from(text: String) -> Result<Self, InvalidKey> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 120 })
            }
        }
    )+};
}

keys! {
    /// Names a pipeline in its firm.
    PipelineKey;
    /// Names a stage in its pipeline.
    StageKey;
    /// Names an automation in its pipeline.
    AutomationKey;
    /// Names a seat on an account, such as `Preparer`.
    RoleKey;
    /// Names a custom job status in its pipeline, or a task or item status.
    StatusKey;
    /// A tag on an account, job or task.
    Tag;
    /// Names a template, of the engine's or of the host's.
    TemplateKey;
    /// Names a custom field.
    FieldKey;
    /// Names a signal between the host and the engine.
    SignalKey;
    /// Names a kind of item that the host defines.
    ItemKindKey;
    /// Names a business calendar or a set of holidays, of the firm's or built in.
    CalendarKey;
    /// Names a period of a series in its ledger: `2026-04`, `2026-Q2`.
    PeriodKey;
    /// How the host's own system calls a record.
    ExternalRef;
    /// Chosen by the caller so that a repeated command has one effect.
    IdempotencyKey;
}

/// Where new identifiers come from. Injected, so that a decision draws no randomness itself.
pub trait IdSource {
    /// A UUID never answered before.
    fn next_uuid(&mut self) -> Uuid;
}

/// UUIDv7 identifiers of one command: one base drawn at random, the rest counted up from it, so
/// that they sort in the order they were made and cost no randomness each.
#[derive(Debug, Clone)]
pub struct SequentialIds {
    next: u128,
}

impl SequentialIds {
    /// Starts from a millisecond timestamp and 52 random bits.
    ///
    /// The layout is that of RFC 9562: 48 bits of time, version, 12 random bits, variant,
    /// 40 random bits, then a 22-bit counter that starts at zero.
    #[must_use]
    pub fn new(unix_millis: i64, random: u64) -> Self {
        let millis = u128::from(unix_millis.max(0).unsigned_abs()) & 0xffff_ffff_ffff;
        let high = u128::from(random & 0xfff);
        let low = u128::from((random >> 12) & 0xff_ffff_ffff);
        Self { next: millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 22 }
    }
}

impl IdSource for SequentialIds {
    fn next_uuid(&mut self) -> Uuid {
        let uuid = Uuid::from_u128(self.next);
        self.next = self.next.wrapping_add(1);
        uuid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_ids_are_version_seven_and_sort() {
        let mut ids = SequentialIds::new(1_790_000_000_000, u64::MAX);
        let (a, b) = (ids.next_uuid(), ids.next_uuid());
        assert_eq!(a.get_version_num(), 7);
        assert!(a < b);
        assert_eq!(b.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn s12_1_a_key_has_a_size_and_no_control_characters() {
        assert!(Tag::new("").is_err());
        assert!(Tag::new(" vip").is_err());
        assert!(Tag::new("a\u{7}b").is_err());
        assert!(Tag::new("x".repeat(121)).is_err());
        assert_eq!(Tag::new("Übersee").expect("valid").as_str(), "Übersee");
    }
}
