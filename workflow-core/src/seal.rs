//! Seals: by which the log tells whether it was altered.
//!
//! A seal is an event of the log. It holds a digest of every entry since the seal before, and one that
//! takes in all seals up to it, its head. An entry that is altered, taken away or put in afterwards no
//! longer agrees with its seal, nor that seal with the next one. Who alters entries and makes all
//! later seals anew is found out by a head that was written down outside.
//!
//! Seals are made when somebody asks for them, not at each commit, so that commands cost nothing more.
//! What was altered before it was sealed is not noticed.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::event::Entry;
use crate::id::{EntryId, FirmId};

/// Bytes of an entry's digest that a seal keeps: too many to find another entry that has them too.
const KEPT: usize = 16;

/// A SHA-256.
pub(crate) type Sum = [u8; 32];

/// What closes a stretch of a firm's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The how many-eth of the firm, from 1.
    pub number: u64,
    /// The last entry that it covers. The first is the one after the last of the seal before.
    pub through: EntryId,
    /// The first 16 bytes of the SHA-256 of each entry, as 32 hexadecimal digits, one after the other in the
    /// order of the log. What is summed is the entry as JSON without spaces.
    pub digests: String,
    /// SHA-256 in hexadecimal digits of the head of the seal before, the number, and the whole sums of these
    /// entries: it stands for the log from its beginning.
    pub head: String,
}

impl Seal {
    /// The identifier of the entry that holds a firm's seal of this number: so that it is found by it,
    /// and no two hosts make the same one.
    #[must_use]
    pub fn entry(firm: FirmId, number: u64) -> EntryId {
        let mut sum = Sha256::new();
        sum.update(b"seal");
        sum.update(firm.0.as_bytes());
        sum.update(number.to_be_bytes());
        let sum = sum.finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(sum).for_each(|(byte, digest)| *byte = digest);
        EntryId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// How many entries it covers.
    #[must_use]
    pub fn covers(&self) -> usize {
        self.digests.len() / (2 * KEPT)
    }

    /// The digest of the entry at a place among those that it covers.
    pub(crate) fn digest(&self, place: usize) -> Option<&str> {
        let from = place.checked_mul(2 * KEPT)?;
        self.digests.get(from..from.checked_add(2 * KEPT)?)
    }
}

/// A seal in the making.
pub(crate) struct Sealing {
    number: u64,
    head: Sha256,
    digests: String,
    through: Option<EntryId>,
}

impl Sealing {
    /// The one of this number, after a seal with this head.
    pub(crate) fn after(number: u64, head: Option<&str>) -> Self {
        let mut sum = Sha256::new();
        sum.update(head.unwrap_or_default());
        sum.update(number.to_be_bytes());
        Self { number, head: sum, digests: String::new(), through: None }
    }

    /// Takes in the next entry.
    pub(crate) fn take(&mut self, entry: &Entry, sum: &Sum) {
        self.head.update(sum);
        self.digests.push_str(&kept(sum));
        self.through = Some(entry.id);
    }

    /// The seal, when it covers anything.
    pub(crate) fn close(self) -> Option<Seal> {
        let Self { number, head, digests, through } = self;
        Some(Seal { number, through: through?, digests, head: hexadecimal(&head.finalize()) })
    }
}

/// The sum of an entry.
///
/// INVARIANT: an entry that was written by any version of this library is written the same by every
/// later one, or what was sealed no longer agrees with its seal: fields that are added are left out where
/// they are not set.
pub(crate) fn sum(entry: &Entry) -> serde_json::Result<Sum> {
    Ok(Sha256::digest(crate::json::to_vec(entry)?).into())
}

/// What a seal keeps of a sum.
pub(crate) fn kept(sum: &Sum) -> String {
    let (kept, _) = sum.split_at(KEPT);
    hexadecimal(kept)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
