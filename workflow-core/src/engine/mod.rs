//! The engine: decisions, carried out on a store.
//!
//! [`Engine::execute`] loads what a command needs, decides, and commits records, log entry,
//! notifications and follow-ups as one batch. When another host was faster it loads anew and
//! decides again. The engine holds no state of its own but caches of what firms have set up.

mod acting;
mod acting_series;
mod alarm;
mod carry;
mod catalogs;
mod clock;
mod commit;
mod committer;
mod follow;
mod load;
mod many;
mod outbox;
mod outcome;
mod recur;
mod round;
mod runner;
mod seal;
mod session;
mod shift;
mod tick;
mod undo;
mod verify;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub use acting::Acting;
pub use carry::Carried;
pub use clock::{Clock, ManualClock, SystemClock};
pub use outbox::{DeadLetter, Delivered, Deliveries, Delivery, Notifier, Receipt};
pub use outcome::{Outcome, Preview, Results};
pub use runner::{OnError, Runner, RunnerOptions, RunnerStatus, WorkStatus};
pub use seal::{Alteration, AlterationKind, KnownSeal, LogVerification};
pub use session::Session;
pub(crate) use session::back_off;
pub use shift::ShiftPreview;
pub use tick::{Ticked, TimerFailure};
pub use verify::Verification;

use crate::catalog::Catalog;
use crate::command::{BulkMode, Command, Request};
use crate::compile::Compiled;
use crate::definition::PipelineDefinition;
use crate::error::{Error, Problem, Rejection};
use crate::id::{FirmId, PipelineKey, SequentialIds};
use crate::store::{Chain, Lease, Store};
use alarm::Alarm;
use catalogs::Catalogs;
use commit::Work;

/// How long a host may take over work it has begun before another may take it up.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A workflow engine over a store. Cheap to clone and to share: clones use the same caches.
///
/// ```
/// use std::sync::Arc;
/// use workflow_core::command::{Command, Request};
/// use workflow_core::engine::Engine;
/// use workflow_core::event::Actor;
/// use workflow_core::model::FirmSettings;
/// use workflow_core::store::memory::MemoryStore;
///
/// let engine = Engine::new(Arc::new(MemoryStore::new()));
/// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// let settings = Box::new(FirmSettings::named("Ledger & Sons"));
/// let outcome = engine.execute(&Request::new(firm, Actor::system("setup"), Command::SaveFirm(settings)))?;
/// assert_eq!(outcome.events().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    /// The time it is, where that is not the clock's to say.
    at: Option<DateTime<Utc>>,
}

struct Shared {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    catalogs: Catalogs,
    owner: Uuid,
    seed: u64,
    counter: AtomicU64,
    alarm: Alarm,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("store", &self.shared.store.capabilities()).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over a store, on the system's clock.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with_clock(store, Arc::new(SystemClock))
    }

    /// An engine over a store, on a clock of the host's.
    #[must_use]
    pub fn with_clock(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let owner = Uuid::now_v7();
        // The low half of a version 7 UUID is random.
        let seed = u64::try_from(owner.as_u128() & u128::from(u64::MAX)).unwrap_or(1);
        Self::build(store, clock, owner, seed)
    }

    /// An engine whose identifiers follow from a seed: the same commands at the same times give
    /// the same records. For tests; two engines of one seed make the same identifiers.
    #[must_use]
    pub fn deterministic(store: Arc<dyn Store>, clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::build(store, clock, Uuid::from_u128(u128::from(seed)), seed)
    }

    fn build(store: Arc<dyn Store>, clock: Arc<dyn Clock>, owner: Uuid, seed: u64) -> Self {
        let catalogs = Catalogs::default();
        let alarm = Alarm::default();
        let shared = Shared { store, clock, catalogs, owner, seed, counter: AtomicU64::new(0), alarm };
        Self { shared: Arc::new(shared), at: None }
    }

    /// The same engine, for which it is this time.
    fn at(&self, now: DateTime<Utc>) -> Self {
        Self { shared: Arc::clone(&self.shared), at: Some(now) }
    }

    /// The store it works on.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// Now, by the engine's clock, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.at.unwrap_or_else(|| self.shared.clock.now());
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Carries out a command, and what it leaves for other jobs.
    ///
    /// With an idempotency key, a command that was carried out before changes nothing and answers
    /// with the first result. A bulk of [`BulkMode::Each`] answers an outcome without events of
    /// its own; each of its commands has one in [`Outcome::each`].
    ///
    /// # Errors
    /// [`Error::Rejected`] when the command is refused: nothing changed. [`Error::Store`] when the
    /// store failed; [`Error::retryable`] says whether to try again, best under the same key.
    pub fn execute(&self, request: &Request) -> Result<Outcome, Error> {
        if let Command::Bulk { mode: BulkMode::Each, commands } = &request.command {
            return self.execute_each(request, commands);
        }
        let now = self.now();
        let work = Work { request, chain: &Chain::default(), settle: Vec::new(), lease: Some(self.lease(now)) };
        let done = self.session(now).carry_out(&work)?;
        self.follow(done.follow_ups);
        Ok(done.outcome)
    }

    /// Tells what a command would do, and does not do it.
    ///
    /// Identifiers of records that it would create are made up anew when it is carried out.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub fn preview(&self, request: &Request) -> Result<Preview, Error> {
        self.session(self.now()).preview(request)
    }

    /// Everything that is wrong or worth a look in a definition, as publishing it would find.
    ///
    /// # Errors
    /// When the firm is not set up, or the store failed.
    pub fn lint(&self, firm: FirmId, definition: &PipelineDefinition) -> Result<Vec<Problem>, Error> {
        let catalog = self.fresh_catalog(firm)?;
        if catalog.firm.is_none() {
            return Err(Rejection::not_found("firm", firm).into());
        }
        Ok(crate::decide::problems(&catalog, definition))
    }

    /// Works inside a transaction of the host's own: what the session does is committed or rolled
    /// back with it.
    ///
    /// What commands leave for other jobs is committed with the transaction too and waits for
    /// [`Engine::run_follow_ups`].
    ///
    /// A session remembers the definitions that it has seen. After rolling back to a savepoint
    /// that is older than the session, go on with a new one.
    #[must_use]
    pub fn within<'a>(&'a self, transaction: &'a dyn crate::store::Transact) -> Session<'a> {
        Session::foreign(self, transaction, self.now())
    }

    /// The firm's catalog as the store has it now.
    pub(crate) fn fresh_catalog(&self, firm: FirmId) -> Result<Arc<Catalog>, Error> {
        let store = &*self.shared.store;
        let catalog = self.shared.catalogs.of(store, firm)?;
        if Catalogs::is_fresh(store, firm, &catalog)? {
            return Ok(catalog);
        }
        self.shared.catalogs.load(store, firm)
    }

    /// A version of a pipeline, remembered or loaded.
    pub(crate) fn version(&self, firm: FirmId, key: &PipelineKey, version: u32) -> Result<Arc<Compiled>, Error> {
        self.shared.catalogs.version(&*self.shared.store, firm, key, version)
    }

    fn session(&self, now: DateTime<Utc>) -> Session<'_> {
        Session::own(self, now)
    }

    fn lease(&self, now: DateTime<Utc>) -> Lease {
        Lease { owner: self.shared.owner, until: clock::after(now, LEASE) }
    }

    /// Identifiers for one command: enough for everything it creates, and never the same again.
    fn ids(&self, now: DateTime<Utc>) -> SequentialIds {
        let count = self.shared.counter.fetch_add(1, Ordering::Relaxed);
        // splitmix64: spreads a counter over all bits, and never repeats within 2^64 steps.
        let mut z = self.shared.seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        SequentialIds::new(now.timestamp_millis(), z ^ (z >> 31))
    }
}
