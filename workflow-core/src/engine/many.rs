//! Thousands of commands at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::Scope;

use super::commit::{Prepared, Work};
use super::committer::{Committer, Fate};
use super::load::{Ahead, Overlay};
use super::session::{Known, Session};
use super::{Engine, Outcome};
use crate::catalog::Catalog;
use crate::command::{Command, Request};
use crate::decide::check_limit;
use crate::error::{Error, Rejection};
use crate::id::{FirmId, IdempotencyKey, SequentialIds};
use crate::limits;
use crate::store::{Chain, FollowUp, FollowUpWork, LogPosition, Settle};

/// How many commands are decided over one another, and share a commit or a few: enough that the disk's
/// share of each is small, few enough that others are not kept waiting.
pub(super) const CHUNK: usize = 1_024;

/// For how many commands of a chunk records are read together at first; then for twice as many each
/// time. A chunk can end early, and then what was read for the rest of it was read in vain.
const READ_AHEAD: usize = 4;

type Answer = Result<Outcome, Error>;

/// Where a command of a chunk stands when all of them are decided.
enum Standing {
    /// Answered already: it was done before under its key.
    Answered(Answer),
    /// Its batch is handed over to be committed.
    HandedOver(Box<Prepared>),
    /// There is nothing to commit.
    Void(Box<Prepared>),
    Refused(Rejection),
    /// To be carried out by itself.
    Alone,
}

/// Who batches are handed over to, and where it may start a thread.
#[derive(Clone, Copy)]
struct Aside<'scope, 'env> {
    committer: &'env Committer<'env>,
    scope: &'scope Scope<'scope, 'env>,
}

impl Engine {
    /// Carries out many commands in order, each by itself: one that is refused does not keep the
    /// others from being done. Many share one synchronisation of the store with its disk. Some stores
    /// commit the first on a thread that ends before the call does, while the next are decided
    /// ([`Transact::commits_aside`](crate::store::Transact::commits_aside)).
    ///
    /// Answers come in the order of the requests, when all are committed. More than
    /// [`limits::BULK`] are all refused.
    #[must_use]
    pub fn execute_many(&self, requests: &[Request]) -> Vec<Answer> {
        if let Err(rejection) = check_limit("BULK", limits::BULK, requests.len(), "the number of commands") {
            return requests.iter().map(|_| Err(rejection.clone().into())).collect();
        }
        let mut answers = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while let Some(first) = rest.first() {
            // What a firm sets up changes how everything after it is decided, and a bulk is many
            // commands already: they stand by themselves.
            let together = rest
                .iter()
                .take(CHUNK)
                .take_while(|request| request.firm == first.firm && request.command.is_bulkable())
                .count();
            if together <= 1 {
                answers.push(self.execute(first));
                rest = rest.get(1..).unwrap_or_default();
            } else {
                let chunk = rest.get(..together).unwrap_or(rest);
                let done = self.execute_chunk(first.firm, chunk);
                rest = rest.get(done.len().max(1)..).unwrap_or_default();
                answers.extend(done);
            }
        }
        answers
    }

    /// Splits a bulk in which each command is by itself.
    pub(super) fn execute_each(&self, request: &Request, commands: &[Command]) -> Answer {
        check_limit("BULK", limits::BULK, commands.len(), "the number of commands")?;
        let mut requests = Vec::with_capacity(commands.len());
        for (place, command) in commands.iter().enumerate() {
            if !command.is_bulkable() {
                let why = format!("`{}` cannot be part of a bulk command", command.name());
                return Err(Rejection::invalid(format!("commands[{place}]"), why).into());
            }
            let key = request.key.as_ref().map(|key| IdempotencyKey::new(format!("{key}#{place}")));
            let key = key.transpose().map_err(|error| {
                Rejection::invalid("key", format!("each command gets a key of its own from it: {error}"))
            })?;
            requests.push(Request { firm: request.firm, actor: request.actor.clone(), key, command: command.clone() });
        }
        let each = self.execute_many(&requests);
        let replayed = !each.is_empty() && each.iter().all(|answer| matches!(answer, Ok(outcome) if outcome.replayed));
        let position = each.iter().filter_map(|answer| answer.as_ref().ok()?.position).max();
        let changed = each.iter().any(|answer| matches!(answer, Ok(outcome) if outcome.unchanged.is_none()));
        let unchanged = (!changed).then(|| "nothing changed".to_owned());
        Ok(Outcome { entries: Vec::new(), position, replayed, unchanged, warnings: Vec::new(), each })
    }

    /// Carries out commands from the beginning of a chunk, one at least, and answers for these.
    pub(super) fn execute_chunk(&self, firm: FirmId, requests: &[Request]) -> Vec<Answer> {
        self.execute_chunk_settling(firm, requests, &[])
    }

    /// The same, each with the queued work that it settles in its commit, if there is any.
    pub(super) fn execute_chunk_settling(&self, firm: FirmId, requests: &[Request], settles: &[Settle]) -> Vec<Answer> {
        let session = self.session(self.now());
        // Looked at once for all of them: by an old one they would all be decided in vain.
        let catalog = match self.fresh_catalog(firm) {
            Ok(catalog) => catalog,
            Err(_) => return requests.iter().map(|request| self.execute(request)).collect(),
        };
        let committer = self.committer();
        let (standings, fates) = std::thread::scope(|scope| {
            let _closing = committer.closing();
            let aside = Aside { committer: &committer, scope };
            let standings = self.prepare(&session, &catalog, requests, settles, aside);
            (standings, committer.finish())
        });
        let mut fates = fates.into_iter();
        // What is answered uncommitted counts when all that it was decided by was committed, and is still so.
        let uncommitted = |standing: &Standing| match standing {
            Standing::Refused(_) | Standing::Void(_) => true,
            Standing::Answered(_) | Standing::HandedOver(_) | Standing::Alone => false,
        };
        let judged = standings.iter().any(|(standing, _)| uncommitted(standing));
        let mut sound = !judged || session.is_fresh(firm, &catalog);
        let mut follow_ups: Vec<(FirmId, Arc<FollowUp>)> = Vec::new();
        let mut answers: Vec<(Option<Answer>, SequentialIds)> = Vec::with_capacity(standings.len());
        for ((standing, ids), request) in standings.into_iter().zip(requests) {
            let answer = match standing {
                Standing::Answered(answer) => Some(answer),
                Standing::Void(prepared) => sound.then(|| Ok(prepared.untouched().outcome)),
                Standing::HandedOver(prepared) => {
                    let position: Option<Result<LogPosition, Error>> = match fates.next() {
                        Some(Fate::Committed(done)) => Some(Ok(done.position)),
                        Some(Fate::Unknown(error)) => Some(match session.find(request, &prepared) {
                            Some(logged) => Ok(logged.position),
                            None => Err(error.into()),
                        }),
                        Some(Fate::Left) | None => None,
                    };
                    sound &= matches!(position, Some(Ok(_)));
                    position.map(|position| {
                        let done = prepared.done(position?);
                        follow_ups.extend(done.follow_ups);
                        Ok(done.outcome)
                    })
                }
                Standing::Refused(rejection) => sound.then(|| Err(rejection.into())),
                Standing::Alone => None,
            };
            answers.push((answer, ids));
        }
        let alone = |(place, ((answer, ids), request)): (usize, ((Option<Answer>, SequentialIds), &Request))| {
            answer.unwrap_or_else(|| self.execute_as(request, ids, settles.get(place)))
        };
        let answers = answers.into_iter().zip(requests).enumerate().map(alone).collect();
        self.follow(follow_ups);
        answers
    }

    /// Decides commands over what those before them changed, with the identifiers of each. Stops
    /// after one that leaves work for other jobs, which comes before what is next, and before one
    /// whose key is that of another in the chunk.
    fn prepare(
        &self,
        session: &Session<'_>,
        catalog: &Arc<Catalog>,
        requests: &[Request],
        settles: &[Settle],
        aside: Aside<'_, '_>,
    ) -> Vec<(Standing, SequentialIds)> {
        let mut overlay = Overlay::default();
        let mut keys: BTreeSet<&IdempotencyKey> = BTreeSet::new();
        let mut standings = Vec::with_capacity(requests.len());
        let (mut ahead, mut read, mut further) = (None, 0usize, READ_AHEAD);
        for (place, request) in requests.iter().enumerate() {
            if place == read {
                let next = requests.iter().skip(place).take(further);
                // Were it to fail, each command would meet the failure by itself.
                ahead = Ahead::read(session.store, request.firm, next, &overlay).ok();
                (read, further) = (read.saturating_add(further), further.saturating_mul(2));
            }
            if request.key.as_ref().is_some_and(|key| !keys.insert(key)) {
                break;
            }
            let ids = self.ids(session.now);
            let settle = settles.get(place);
            let known = Known { overlay: Some(&overlay), ahead: ahead.as_ref(), committer: Some(aside.committer) };
            let (standing, stop) = match self.prepare_one(session, catalog, known, (request, settle), ids.clone()) {
                Ok(mut prepared) => {
                    // What series make may come after what is next.
                    let first = |work: &FollowUpWork| !matches!(work, FollowUpWork::Occurrence { .. });
                    let stop = prepared.follow_ups.iter().any(|(_, follow_up)| first(&follow_up.work));
                    if prepared.is_void() {
                        (Standing::Void(prepared), stop)
                    } else {
                        overlay.absorb(&prepared.batch);
                        let more = !stop && place.saturating_add(1) < requests.len();
                        aside.committer.add(prepared.hand_over(), more, aside.scope);
                        (Standing::HandedOver(prepared), stop)
                    }
                }
                Err(standing) => {
                    let stop = matches!(standing, Standing::Alone);
                    (standing, stop)
                }
            };
            standings.push((standing, ids));
            if stop {
                break;
            }
        }
        standings
    }

    /// Decides a command. Where there is nothing to prepare, answers where the command stands.
    fn prepare_one(
        &self,
        session: &Session<'_>,
        catalog: &Catalog,
        known: Known<'_>,
        (request, settle): (&Request, Option<&Settle>),
        mut ids: SequentialIds,
    ) -> Result<Box<Prepared>, Standing> {
        let looked_up = request.key.as_ref().zip(known.ahead).and_then(|(key, ahead)| ahead.logged(key));
        let replayed = match looked_up {
            Some(logged) => session.replay_of(request, logged),
            None => session.replay(request),
        };
        match replayed {
            Ok(Some(done)) => return Err(Standing::Answered(Ok(done.outcome))),
            Ok(None) => {}
            Err(error @ Error::Rejected(_)) => return Err(Standing::Answered(Err(error))),
            Err(_) => return Err(Standing::Alone),
        }
        let chain = Chain::default();
        let settle = settle.cloned().into_iter().collect();
        let work = Work { request, chain: &chain, settle, lease: Some(self.lease(session.now)) };
        match session.decide(catalog, known, &work, &mut ids) {
            Ok(decision) => Ok(Box::new(Prepared::new(&work, catalog, decision, session.now, &mut ids))),
            Err(Error::Rejected(rejection)) => Err(Standing::Refused(rejection)),
            Err(_) => Err(Standing::Alone),
        }
    }

    /// Carries out a command of which the identifiers were made already.
    fn execute_as(&self, request: &Request, ids: SequentialIds, settle: Option<&Settle>) -> Answer {
        let now = self.now();
        let settle = settle.cloned().into_iter().collect();
        let work = Work { request, chain: &Chain::default(), settle, lease: Some(self.lease(now)) };
        let done = self.session(now).carry_out_as(&work, &ids)?;
        self.follow(done.follow_ups);
        Ok(done.outcome)
    }
}
