//! Documents that were read or written lately, to be recognised by their bodies.
//!
//! A body that is the same, byte for byte, is the same document: comparing it costs a fraction of
//! reading it anew, and no other process, restored file or reused identifier can make the answer
//! wrong. The row is always read.

use std::mem;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use workflow_core::id::FirmId;
use workflow_core::store::{DocId, Document};

/// How many bytes of bodies are kept at most. The documents beside them take two or three times
/// as much.
const BYTES: usize = 4 << 20;

/// Bodies larger than this are not kept: one would drive a hundred others out.
const LARGEST: usize = BYTES / 256;

/// Those used since the last turn, and those used between the two turns before it. When the first
/// are half of what may be kept, the second go, and the first take their place: whatever was used
/// lately stays, without a list to be kept in order.
#[derive(Default)]
struct Generations {
    young: FxHashMap<(FirmId, DocId), Known>,
    old: FxHashMap<(FirmId, DocId), Known>,
    young_bytes: usize,
}

struct Known {
    body: Box<[u8]>,
    document: Document,
}

#[derive(Default)]
pub(super) struct Decoded(Mutex<Generations>);

impl Decoded {
    /// The document that this body is, if it is known.
    pub(super) fn find(&self, firm: FirmId, id: &DocId, body: &[u8]) -> Option<Document> {
        let key = (firm, id.clone());
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = generations.young.get(&key) {
            return (*known.body == *body).then(|| known.document.clone());
        }
        let known = generations.old.remove(&key).filter(|known| *known.body == *body)?;
        let document = known.document.clone();
        generations.keep(key, known);
        Some(document)
    }

    /// Remembers documents with their bodies.
    pub(super) fn keep(&self, firm: FirmId, id: DocId, body: Vec<u8>, document: Document) {
        if body.len() > LARGEST {
            return;
        }
        let known = Known { body: body.into_boxed_slice(), document };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep((firm, id), known);
    }
}

impl Generations {
    fn keep(&mut self, key: (FirmId, DocId), known: Known) {
        self.young_bytes = self.young_bytes.saturating_add(known.body.len());
        if let Some(before) = self.young.insert(key, known) {
            self.young_bytes = self.young_bytes.saturating_sub(before.body.len());
        }
        if self.young_bytes > BYTES / 2 {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use workflow_core::model::Member;

    use super::*;

    fn member(number: u128, name: &str) -> (DocId, Document) {
        let id = workflow_core::id::MemberId(uuid::Uuid::from_u128(number));
        let name = name.to_owned();
        let member = Member { id, name, email: None, admin: false, weekly_minutes: None, active: true };
        (DocId::Member(id), Document::Member(Arc::new(member)))
    }

    fn firm(number: u128) -> FirmId {
        FirmId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_body_is_known_by_its_bytes_within_its_firm() {
        let decoded = Decoded::default();
        let (id, ann) = member(1, "Ann");
        decoded.keep(firm(1), id.clone(), b"ann".to_vec(), ann.clone());
        assert_eq!(decoded.find(firm(1), &id, b"ann"), Some(ann));
        assert_eq!(decoded.find(firm(1), &id, b"bob"), None, "another body under the same identifier");
        assert_eq!(decoded.find(firm(2), &id, b"ann"), None, "another firm");
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_used_stays() {
        let decoded = Decoded::default();
        let (used, document) = member(0, "used");
        decoded.keep(firm(1), used.clone(), b"used".to_vec(), document);
        for number in 1..=4_000 {
            let (id, document) = member(number, "other");
            decoded.keep(firm(1), id, vec![7; 4_000], document);
            assert!(decoded.find(firm(1), &used, b"used").is_some(), "after {number}");
        }
        let generations = decoded.0.lock().unwrap();
        let held: usize =
            generations.young.values().chain(generations.old.values()).map(|known| known.body.len()).sum();
        assert!(held <= BYTES + LARGEST, "{held}");
        drop(generations);
        let (large, document) = member(9_999, "large");
        decoded.keep(firm(1), large.clone(), vec![7; LARGEST + 1], document);
        assert!(decoded.find(firm(1), &large, &vec![7; LARGEST + 1]).is_none());
    }
}
