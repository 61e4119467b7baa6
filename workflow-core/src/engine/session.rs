//! One command from request to commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::catalogs::Catalogs;
use super::commit::{Prepared, Runs, Work};
use super::committer::Committer;
use super::load::{Ahead, Loader, Overlay};
use super::{Engine, Outcome, Preview};
use crate::catalog::Catalog;
use crate::command::{BulkMode, Command, Request};
use crate::decide::{Decision, Outlook, Situation, Undecided, decide, preview};
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::event::Entry;
use crate::id::{EntryId, FirmId, SequentialIds};
use crate::limits;
use crate::state::State;
use crate::store::{Chain, Conflict, DocId, FollowUp, LogBy, LogScan, Logged, Transact};

/// Commands on one store or inside one transaction, at one time.
pub struct Session<'a> {
    pub(super) engine: &'a Engine,
    pub(super) store: &'a dyn Transact,
    catalogs: Source<'a>,
    pub(super) now: DateTime<Utc>,
}

/// Where catalogs come from.
enum Source<'a> {
    /// The engine's, shared.
    Shared(&'a Catalogs),
    /// The session's own: what a transaction of the host's reads may never be committed.
    Own(Catalogs),
}

/// What is known before the store is asked.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// What earlier decisions of the same commit have changed.
    pub(super) overlay: Option<&'a Overlay>,
    /// What was read for several commands together.
    pub(super) ahead: Option<&'a Ahead>,
    /// Who commits what the overlay has.
    pub(super) committer: Option<&'a Committer<'a>>,
}

/// What a command came to.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) follow_ups: Vec<(FirmId, Arc<FollowUp>)>,
    /// How often automations have run along the chain by now.
    pub(super) runs: Runs,
    /// Whether the queued work that it was to settle was gone already.
    pub(super) lost_lease: bool,
}

impl<'a> Session<'a> {
    pub(super) fn own(engine: &'a Engine, now: DateTime<Utc>) -> Self {
        let shared = &engine.shared;
        Self { engine, store: &*shared.store, catalogs: Source::Shared(&shared.catalogs), now }
    }

    pub(super) fn foreign(engine: &'a Engine, store: &'a dyn Transact, now: DateTime<Utc>) -> Self {
        Self { engine, store, catalogs: Source::Own(Catalogs::default()), now }
    }

    pub(super) fn catalogs(&self) -> &Catalogs {
        match &self.catalogs {
            Source::Shared(catalogs) => catalogs,
            Source::Own(catalogs) => catalogs,
        }
    }

    /// Carries out a command inside the transaction. Its follow-ups wait for
    /// [`Engine::run_follow_ups`] after the host's commit.
    ///
    /// # Errors
    /// As [`Engine::execute`]. A bulk in which each is by itself is refused here: the host's
    /// transaction is all or nothing already.
    pub fn execute(&self, request: &Request) -> Result<Outcome, Error> {
        if matches!(&request.command, Command::Bulk { mode: BulkMode::Each, .. }) {
            let why = "inside a transaction everything is committed together: use `all_or_nothing`";
            return Err(Rejection::invalid("mode", why).into());
        }
        let work = Work { request, chain: &Chain::default(), settle: Vec::new(), lease: None };
        self.carry_out(&work).map(|done| done.outcome)
    }

    /// Loads, decides and commits, again and again while others are faster.
    pub(super) fn carry_out(&self, work: &Work<'_>) -> Result<Done, Error> {
        self.carry_out_as(work, &self.engine.ids(self.now))
    }

    /// The same, with identifiers that were made already.
    pub(super) fn carry_out_as(&self, work: &Work<'_>, ids: &SequentialIds) -> Result<Done, Error> {
        let request = work.request;
        let mut catalog = self.catalogs().of(self.store, request.firm)?;
        for attempt in 0..=limits::CONFLICT_RETRIES {
            let mut ids = ids.clone();
            let decided = self.decide(&catalog, Known::default(), work, &mut ids);
            let prepared = match decided {
                Ok(decision) => Prepared::new(work, &catalog, decision, self.now, &mut ids),
                Err(error @ Error::Rejected(_)) => {
                    if let Some(done) = self.replay(request)? {
                        return Ok(done);
                    }
                    if self.refresh(request, &mut catalog)? {
                        continue;
                    }
                    return Err(error);
                }
                Err(error) => return Err(error),
            };
            if prepared.is_void() {
                if self.refresh(request, &mut catalog)? {
                    continue;
                }
                return Ok(done(prepared, None));
            }
            if prepared.unchanged.is_some()
                && let Some(done) = self.replay(request)?
            {
                return Ok(done);
            }
            let committed = match self.store.commit(std::slice::from_ref(&prepared.batch)) {
                Ok(mut results) => results.pop().unwrap_or(Err(Conflict::Lease)),
                Err(error) if error.kind() == ErrorKind::Ambiguous => match self.find(request, &prepared) {
                    Some(logged) => return Ok(done(prepared, Some(logged.position))),
                    None => return Err(error.into()),
                },
                Err(error) => return Err(error.into()),
            };
            match committed {
                Ok(committed) => {
                    self.engine.shared.alarm.note(&prepared.batch);
                    return Ok(done(prepared, Some(committed.position)));
                }
                Err(Conflict::Key(_)) => {
                    if let Some(done) = self.replay(request)? {
                        return Ok(done);
                    }
                }
                Err(Conflict::Lease) if !work.settle.is_empty() => return Ok(lost_lease()),
                // Whichever of the firm's definitions a store finds changed first, all are read anew.
                Err(Conflict::Document(
                    DocId::Firm
                    | DocId::Member(_)
                    | DocId::Template(..)
                    | DocId::Pipeline(_)
                    | DocId::PipelineVersion(..),
                )) => catalog = self.catalogs().load(self.store, request.firm)?,
                Err(_) => {}
            }
            back_off(attempt);
        }
        let why = format!(
            "other commands were faster more than {} times (CONFLICT_RETRIES); try again",
            limits::CONFLICT_RETRIES
        );
        Err(StoreError::new(ErrorKind::Conflict, why).into())
    }

    /// Whether a catalog is still what the store has; not when that cannot be told.
    pub(super) fn is_fresh(&self, firm: FirmId, catalog: &Catalog) -> bool {
        Catalogs::is_fresh(self.store, firm, catalog).unwrap_or(false)
    }

    /// Loads the catalog anew if it is old. Answers whether it was.
    pub(super) fn refresh(&self, request: &Request, catalog: &mut Arc<Catalog>) -> Result<bool, Error> {
        if Catalogs::is_fresh(self.store, request.firm, catalog)? {
            return Ok(false);
        }
        *catalog = self.catalogs().load(self.store, request.firm)?;
        Ok(true)
    }

    /// Loads what a command needs and decides it.
    pub(super) fn decide(
        &self,
        catalog: &Catalog,
        known: Known<'_>,
        work: &Work<'_>,
        ids: &mut SequentialIds,
    ) -> Result<Decision, Error> {
        self.rounds(catalog, known, work, |situation| {
            // Every round makes the same identifiers: the last one's count.
            let mut fresh = ids.clone();
            let decision = decide(situation, work.request, &mut fresh)?;
            *ids = fresh;
            Ok(decision)
        })
    }

    pub(super) fn preview(&self, request: &Request) -> Result<Preview, Error> {
        if self.replay(request)?.is_some() {
            let unchanged = Some("this was done before under the same key".to_owned());
            return Ok(Preview { events: Vec::new(), outlook: Outlook::default(), unchanged, warnings: Vec::new() });
        }
        let mut catalog = self.catalogs().of(self.store, request.firm)?;
        let work = Work { request, chain: &Chain::default(), settle: Vec::new(), lease: None };
        self.refresh(request, &mut catalog)?;
        let ids = self.engine.ids(self.now);
        let found: Result<(Decision, Outlook), Error> =
            self.rounds(&catalog, Known::default(), &work, |situation| preview(situation, request, &mut ids.clone()));
        let (decision, outlook) = found?;
        let unchanged = decision.unchanged();
        let events = decision.parts.into_iter().flat_map(|part| part.events).collect();
        Ok(Preview { events, outlook, unchanged, warnings: decision.warnings })
    }

    fn rounds<T>(
        &self,
        catalog: &Catalog,
        known: Known<'_>,
        work: &Work<'_>,
        mut attempt: impl FnMut(&Situation<'_>) -> Result<T, Undecided>,
    ) -> Result<T, Error> {
        let loader = Loader { store: self.store, catalogs: self.catalogs(), firm: work.request.firm, known };
        let (mut state, mut versions) = (State::default(), BTreeMap::new());
        loader.prefetch(&work.request.command, &mut state)?;
        for _ in 0..limits::LOAD_ROUNDS {
            let situation = Situation { catalog, versions: &versions, state: &state, now: self.now, chain: work.chain };
            match attempt(&situation) {
                Ok(decided) => return Ok(decided),
                Err(Undecided::Rejected(rejection)) => return Err(rejection.into()),
                Err(Undecided::Needs(needs)) => loader.fill(needs, &mut state, &mut versions)?,
            }
        }
        let (what, max) = ("the number of rounds of loading".to_owned(), u64::from(limits::LOAD_ROUNDS));
        Err(Rejection::Limit { limit: "LOAD_ROUNDS", max, actual: max.saturating_add(1), what }.into())
    }

    /// What a command under this key did before, if it did.
    pub(super) fn replay(&self, request: &Request) -> Result<Option<Done>, Error> {
        let Some(key) = &request.key else { return Ok(None) };
        let scan = LogScan::new(LogBy::Key(key.clone()), 1);
        let last = self.store.log(request.firm, &scan)?.into_iter().next();
        self.replay_of(request, last)
    }

    /// The same, when the log's entry of the key was looked up already.
    pub(super) fn replay_of(&self, request: &Request, last: Option<Logged>) -> Result<Option<Done>, Error> {
        let (Some(key), Some(last)) = (&request.key, last) else { return Ok(None) };
        if last.entry.fingerprint != request.command.fingerprint() || last.entry.actor != request.actor {
            return Err(Rejection::KeyReused(key.clone()).into());
        }
        let entries = self.whole(request, &last)?;
        let position = Some(last.position);
        let unchanged = entries.iter().all(|entry| entry.events.is_empty()).then(|| "nothing changed".to_owned());
        let outcome = Outcome { entries, position, replayed: true, unchanged, warnings: Vec::new(), each: Vec::new() };
        Ok(Some(Done { outcome, follow_ups: Vec::new(), runs: Runs::new(), lost_lease: false }))
    }

    /// The entries of the commit that this one is the last of.
    fn whole(&self, request: &Request, last: &Logged) -> Result<Vec<Arc<Entry>>, Error> {
        let mut entries = vec![Arc::clone(&last.entry)];
        if !matches!(request.command, Command::Bulk { .. } | Command::Undo { .. }) {
            return Ok(entries);
        }
        let mut scan = LogScan { by: LogBy::Firm, after: Some(last.position), descending: true, limit: limits::PAGE };
        loop {
            let page = self.store.log(request.firm, &scan)?;
            let Some(oldest) = page.last() else { break };
            scan.after = Some(oldest.position);
            let before = entries.len();
            entries.extend(page.iter().take_while(|logged| logged.entry.more).map(|logged| Arc::clone(&logged.entry)));
            if entries.len().saturating_sub(before) < page.len() {
                break;
            }
        }
        entries.reverse();
        Ok(entries)
    }

    /// Looks for a commit whose answer was lost.
    pub(super) fn find(&self, request: &Request, prepared: &Prepared) -> Option<Logged> {
        let id: EntryId = prepared.batch.entries.last()?.id;
        let scan = LogScan::new(LogBy::Entry(id), 1);
        (0..5).find_map(|attempt| {
            back_off(attempt);
            self.store.log(request.firm, &scan).ok()?.into_iter().next()
        })
    }
}

fn done(prepared: Prepared, position: Option<crate::store::LogPosition>) -> Done {
    let Prepared { batch, warnings, unchanged, follow_ups, runs } = prepared;
    let outcome = Outcome { entries: batch.entries, position, replayed: false, unchanged, warnings, each: Vec::new() };
    Done { outcome, follow_ups, runs, lost_lease: false }
}

impl Prepared {
    pub(super) fn done(self, position: crate::store::LogPosition) -> Done {
        done(self, Some(position))
    }

    /// What it comes to when there is nothing to commit.
    pub(super) fn untouched(self) -> Done {
        done(self, None)
    }
}

fn lost_lease() -> Done {
    let unchanged = Some("another host has done this".to_owned());
    let outcome = Outcome {
        entries: Vec::new(),
        position: None,
        replayed: true,
        unchanged,
        warnings: Vec::new(),
        each: Vec::new(),
    };
    Done { outcome, follow_ups: Vec::new(), runs: Runs::new(), lost_lease: true }
}

/// Lets others finish, longer after each try.
pub(crate) fn back_off(attempt: u32) {
    if attempt > 2 {
        std::thread::sleep(Duration::from_micros(50u64.saturating_mul(1 << attempt.min(8))));
    }
}
