//! What firms have set up, remembered between commands.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::catalog::{Catalog, CatalogParts};
use crate::compile::Compiled;
use crate::definition::TemplateKind;
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::id::{FirmId, PipelineKey};
use crate::limits;
use crate::model::PipelineHead;
use crate::store::{Cell, DocId, Document, Hit, IndexName, Record, Revision, Scan, Transact};

/// Catalogs of firms and compiled versions of pipelines, as many as fit.
#[derive(Debug, Default)]
pub(super) struct Catalogs {
    firms: Mutex<Bounded<FirmId, Arc<Catalog>>>,
    versions: Mutex<Bounded<(FirmId, PipelineKey, u32), Arc<Compiled>>>,
}

/// A map that forgets what was put in first when it is full.
#[derive(Debug)]
struct Bounded<K, V> {
    map: FxHashMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self { map: FxHashMap::default(), order: VecDeque::new() }
    }
}

impl<K: Clone + Eq + std::hash::Hash, V> Bounded<K, V> {
    fn insert(&mut self, key: K, value: V, most: usize) {
        if self.map.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.map.len() > most
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Catalogs {
    /// The firm's catalog, remembered or loaded.
    pub(super) fn of(&self, store: &dyn Transact, firm: FirmId) -> Result<Arc<Catalog>, Error> {
        if let Some(known) = lock(&self.firms).map.get(&firm) {
            return Ok(Arc::clone(known));
        }
        self.load(store, firm)
    }

    /// Whether a catalog is still what the store has.
    pub(super) fn is_fresh(store: &dyn Transact, firm: FirmId, catalog: &Catalog) -> Result<bool, StoreError> {
        let record = store.get(firm, &[DocId::Firm])?.into_iter().flatten().next();
        Ok(record.map(|record| record.revision) == catalog.revision())
    }

    /// Loads the firm's catalog anew.
    pub(super) fn load(&self, store: &dyn Transact, firm: FirmId) -> Result<Arc<Catalog>, Error> {
        for _ in 0..limits::CONFLICT_RETRIES {
            let parts = self.parts(store, firm)?;
            let catalog = Arc::new(Catalog::new(parts)?);
            // The parts were read one after the other: they belong together when nothing changed
            // meanwhile.
            if Self::is_fresh(store, firm, &catalog)? {
                lock(&self.firms).insert(firm, Arc::clone(&catalog), limits::CACHED_FIRMS);
                return Ok(catalog);
            }
        }
        Err(StoreError::new(ErrorKind::Conflict, "the firm's definitions keep changing; try again").into())
    }

    fn parts(&self, store: &dyn Transact, firm: FirmId) -> Result<CatalogParts, Error> {
        let mut parts = CatalogParts::default();
        if let Some(Some(Record { revision, document: Document::Firm(record) })) =
            store.get(firm, &[DocId::Firm])?.into_iter().next()
        {
            parts.firm = Some((revision, record));
        }
        for (revision, document) in all(store, firm, IndexName::Members, Vec::new())? {
            if let Document::Member(member) = document {
                parts.members.push((revision, member));
            }
        }
        for kind in [TemplateKind::Task, TemplateKind::Job] {
            let partition = vec![Cell::from(match kind {
                TemplateKind::Task => "task",
                TemplateKind::Job => "job",
            })];
            for (revision, document) in all(store, firm, IndexName::Templates, partition)? {
                if let Document::Template(template) = document {
                    parts.templates.push((revision, template));
                }
            }
        }
        for (revision, document) in all(store, firm, IndexName::Pipelines, Vec::new())? {
            if let Document::Pipeline(head) = document {
                let newest = self.version(store, firm, &head.key, head.newest)?;
                parts.pipelines.push(((revision, head as Arc<PipelineHead>), newest));
            }
        }
        Ok(parts)
    }

    /// A version of a pipeline, remembered or loaded and compiled. Versions never change.
    pub(super) fn version(
        &self,
        store: &dyn Transact,
        firm: FirmId,
        key: &PipelineKey,
        version: u32,
    ) -> Result<Arc<Compiled>, Error> {
        let place = (firm, key.clone(), version);
        if let Some(known) = lock(&self.versions).map.get(&place) {
            return Ok(Arc::clone(known));
        }
        let id = DocId::PipelineVersion(key.clone(), version);
        let Some(Some(Record { document: Document::PipelineVersion(record), .. })) =
            store.get(firm, std::slice::from_ref(&id))?.into_iter().next()
        else {
            let why = format!("the store has no version {version} of the pipeline `{key}`");
            return Err(StoreError::new(ErrorKind::Corrupt, why).into());
        };
        let compiled = Compiled::new(Arc::clone(&record.definition), version).map_err(Rejection::Document)?;
        let compiled = Arc::new(compiled);
        lock(&self.versions).insert(place, Arc::clone(&compiled), limits::COMPILED_VERSIONS);
        Ok(compiled)
    }
}

/// Every document of a partition.
fn all(
    store: &dyn Transact,
    firm: FirmId,
    index: IndexName,
    partition: Vec<Cell>,
) -> Result<Vec<(Revision, Document)>, StoreError> {
    let mut scan = Scan::all(index, partition, limits::PAGE);
    let mut found = Vec::new();
    loop {
        let hits = store.scan(firm, &scan)?;
        let full = hits.len() == scan.limit;
        scan.after = hits.last().map(|Hit { sort, record }| (sort.clone(), record.document.id().cell()));
        found.extend(hits.into_iter().map(|hit| (hit.record.revision, hit.record.document)));
        if !full {
            return Ok(found);
        }
    }
}
