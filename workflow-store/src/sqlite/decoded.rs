//! Documents that were read or written lately.
//!
//! A document is answered without its row being read as long as nobody but the connection that writes has
//! changed the file since it read or wrote it: SQLite keeps its own pages in memory by the same sign
//! (`PRAGMA data_version`). After that, and for connections that only read, a document is recognised by its
//! body: one that is the same, byte for byte, is the same document, and comparing it costs a fraction of
//! reading it anew.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use workflow_core::id::FirmId;
use workflow_core::store::{DocId, Record, Revision};

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
    /// What SQLite last called the data that the connection that writes saw.
    version: Option<i64>,
    spell: Spell,
}

/// A time in which nobody but the connection that writes changed the file. They are numbered from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spell(u64);

struct Known {
    body: Box<[u8]>,
    record: Record,
    /// In which spell the connection that writes read or wrote it; none when another connection read it.
    seen: Option<Spell>,
}

#[derive(Default)]
pub(super) struct Decoded(Mutex<Generations>);

impl Decoded {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The spell that it is, by the version of the data that the connection that writes sees now. To be asked, and
    /// used, by whoever holds that connection.
    pub(super) fn spell(&self, version: i64) -> Spell {
        let mut generations = self.lock();
        if generations.version.replace(version) != Some(version) {
            generations.begin_spell();
        }
        generations.spell
    }

    /// Begins a spell: it is not known any more what the file holds.
    pub(super) fn doubt(&self) {
        self.lock().begin_spell();
    }

    /// Documents that are known to be what the file holds now.
    pub(super) fn current(&self, firm: FirmId, ids: &[DocId], spell: Spell) -> Vec<Option<Record>> {
        let mut generations = self.lock();
        ids.iter().map(|id| generations.current((firm, id.clone()), spell)).collect()
    }

    /// The revision of a document that is known to be what the file holds now.
    pub(super) fn revision(&self, key: &(FirmId, DocId), spell: Spell) -> Option<Revision> {
        let generations = self.lock();
        let known = generations.young.get(key).or_else(|| generations.old.get(key))?;
        (known.seen == Some(spell)).then_some(known.record.revision)
    }

    /// The document of a row that was read, if it is known.
    pub(super) fn find(&self, firm: FirmId, id: &DocId, row: (Revision, &[u8]), seen: Option<Spell>) -> Option<Record> {
        let (revision, body) = row;
        let key = (firm, id.clone());
        let mut generations = self.lock();
        let known = generations.find(key)?;
        if *known.body != *body {
            return None;
        }
        if seen.is_some() {
            (known.record.revision, known.seen) = (revision, seen);
        }
        Some(Record { revision, document: known.record.document.clone() })
    }

    /// Remembers a document with its body.
    pub(super) fn keep(&self, firm: FirmId, id: DocId, record: Record, body: Vec<u8>, seen: Option<Spell>) {
        if body.len() > LARGEST {
            // What was known under that name is not it any more.
            return self.forget(firm, id);
        }
        self.lock().keep((firm, id), Known { body: body.into_boxed_slice(), record, seen });
    }

    /// Remembers what the connection that writes has committed.
    pub(super) fn written(&self, firm: FirmId, id: DocId, record: Record, body: Vec<u8>) {
        let spell = self.lock().spell;
        self.keep(firm, id, record, body, Some(spell));
    }

    /// Forgets a document.
    pub(super) fn forget(&self, firm: FirmId, id: DocId) {
        self.lock().remove(&(firm, id));
    }
}

impl Generations {
    fn begin_spell(&mut self) {
        self.spell = Spell(self.spell.0.saturating_add(1));
    }

    /// What is known of a document, which is then young.
    fn find(&mut self, key: (FirmId, DocId)) -> Option<&mut Known> {
        if !self.young.contains_key(&key) {
            let known = self.old.remove(&key)?;
            self.keep(key.clone(), known);
        }
        self.young.get_mut(&key).or_else(|| self.old.get_mut(&key))
    }

    fn current(&mut self, key: (FirmId, DocId), spell: Spell) -> Option<Record> {
        let known = self.find(key).filter(|known| known.seen == Some(spell))?;
        Some(known.record.clone())
    }

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

    fn remove(&mut self, key: &(FirmId, DocId)) {
        if let Some(known) = self.young.remove(key) {
            self.young_bytes = self.young_bytes.saturating_sub(known.body.len());
        }
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use workflow_core::model::Member;
    use workflow_core::store::Document;

    use super::*;

    fn member(number: u128, name: &str) -> (DocId, Record) {
        let id = workflow_core::id::MemberId(uuid::Uuid::from_u128(number));
        let name = name.to_owned();
        let member = Member { id, name, email: None, admin: false, weekly_minutes: None, active: true };
        (DocId::Member(id), Record { revision: 1, document: Document::Member(Arc::new(member)) })
    }

    fn firm(number: u128) -> FirmId {
        FirmId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_body_is_known_by_its_bytes_within_its_firm() {
        let decoded = Decoded::default();
        let (id, ann) = member(1, "Ann");
        decoded.keep(firm(1), id.clone(), ann.clone(), b"ann".to_vec(), None);
        assert_eq!(decoded.find(firm(1), &id, (1, b"ann"), None), Some(ann.clone()));
        let again = decoded.find(firm(1), &id, (3, b"ann"), None);
        assert_eq!(again, Some(Record { revision: 3, ..ann }), "the row's own revision");
        assert_eq!(decoded.find(firm(1), &id, (1, b"bob"), None), None, "another body under the same identifier");
        assert_eq!(decoded.find(firm(2), &id, (1, b"ann"), None), None, "another firm");
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_used_stays() {
        let decoded = Decoded::default();
        let (used, document) = member(0, "used");
        decoded.keep(firm(1), used.clone(), document, b"used".to_vec(), None);
        for number in 1..=4_000 {
            let (id, document) = member(number, "other");
            decoded.keep(firm(1), id, document, vec![7; 4_000], None);
            assert!(decoded.find(firm(1), &used, (1, b"used"), None).is_some(), "after {number}");
        }
        let generations = decoded.lock();
        let held: usize =
            generations.young.values().chain(generations.old.values()).map(|known| known.body.len()).sum();
        assert!(held <= BYTES + LARGEST, "{held}");
        drop(generations);
        let (large, document) = member(9_999, "large");
        decoded.keep(firm(1), large.clone(), document, vec![7; LARGEST + 1], None);
        assert!(decoded.find(firm(1), &large, (1, &vec![7; LARGEST + 1]), None).is_none());
    }

    #[test]
    fn a_document_is_current_in_the_spell_in_which_the_writing_connection_saw_it() {
        let decoded = Decoded::default();
        let (id, ann) = member(1, "Ann");
        let current = |spell| decoded.current(firm(1), std::slice::from_ref(&id), spell).remove(0);
        let first = decoded.spell(7);
        decoded.keep(firm(1), id.clone(), ann.clone(), b"ann".to_vec(), None);
        assert_eq!(current(first), None, "read by another connection, which may see an older moment");
        assert!(decoded.find(firm(1), &id, (2, b"ann"), Some(first)).is_some());
        assert_eq!(current(first), Some(Record { revision: 2, ..ann.clone() }), "confirmed with its revision");
        assert_eq!(decoded.spell(7), first, "nobody else changed the file");
        let second = decoded.spell(8);
        assert_eq!(current(second), None, "somebody did");
        decoded.written(firm(1), id.clone(), ann.clone(), b"ann".to_vec());
        assert_eq!(current(second), Some(ann.clone()));
        decoded.keep(firm(1), id.clone(), ann.clone(), b"older".to_vec(), None);
        assert_eq!(current(second), None, "what another connection read takes its place, and is not trusted");
        decoded.written(firm(1), id.clone(), ann.clone(), b"ann".to_vec());
        decoded.forget(firm(1), id.clone());
        assert_eq!(current(second), None, "deleted");
        decoded.written(firm(1), id.clone(), ann.clone(), b"ann".to_vec());
        decoded.written(firm(1), id.clone(), ann.clone(), vec![7; LARGEST + 1]);
        assert_eq!(current(second), None, "too large to be kept, and the one before is not it any more");
        decoded.written(firm(1), id.clone(), ann, b"ann".to_vec());
        decoded.doubt();
        assert_eq!(current(decoded.spell(8)), None, "a commit that may or may not have been kept");
    }
}
