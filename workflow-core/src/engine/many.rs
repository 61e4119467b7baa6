//! Thousands of commands at once.

use std::sync::Arc;

use super::commit::{Prepared, Work};
use super::load::Overlay;
use super::session::Session;
use super::{Engine, Outcome};
use crate::catalog::Catalog;
use crate::command::{Command, Request};
use crate::decide::check_limit;
use crate::error::{Error, Rejection};
use crate::id::{FirmId, IdempotencyKey};
use crate::limits;
use crate::store::{Batch, Chain, FollowUp};

/// How many commands share a commit: enough that the disk's share of each is small, few enough
/// that others are not kept waiting.
const CHUNK: usize = 256;

type Answer = Result<Outcome, Error>;

/// Where a command of a chunk stands before the chunk is committed.
enum Standing {
    Prepared(Box<Prepared>),
    Refused(Rejection),
    /// To be carried out by itself.
    Alone,
}

impl Engine {
    /// Carries out many commands in order, each by itself: one that is refused does not keep the
    /// others from being done. Many share one synchronisation of the store with its disk.
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
                let (chunk, further) = rest.split_at(together.min(rest.len()));
                answers.extend(self.execute_chunk(first.firm, chunk));
                rest = further;
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

    fn execute_chunk(&self, firm: FirmId, requests: &[Request]) -> Vec<Answer> {
        let session = self.session(self.now());
        let catalog = match session.catalogs().of(session.store, firm) {
            Ok(catalog) => catalog,
            Err(_) => return requests.iter().map(|request| self.execute(request)).collect(),
        };
        let mut standings = self.prepare(&session, &catalog, requests);
        let batches: Vec<Batch> = standings
            .iter_mut()
            .filter_map(|standing| match standing {
                Standing::Prepared(prepared) if !prepared.is_void() => Some(prepared.batch.clone()),
                _ => None,
            })
            .collect();
        let mut committed = match session.store.commit(&batches) {
            Ok(results) => results.into_iter(),
            // Whether something of it happened is told by each command for itself.
            Err(_) => Vec::new().into_iter(),
        };
        // A refusal counts when all that it was decided by was committed, and is still so.
        let mut sound = session.is_fresh(firm, &catalog);
        let mut follow_ups: Vec<(FirmId, Arc<FollowUp>)> = Vec::new();
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(requests.len());
        for standing in standings {
            answers.push(match standing {
                Standing::Prepared(prepared) if prepared.is_void() => None,
                Standing::Prepared(prepared) => match committed.next() {
                    Some(Ok(done)) => {
                        let done = prepared.done(done.position);
                        follow_ups.extend(done.follow_ups);
                        Some(Ok(done.outcome))
                    }
                    _ => {
                        sound = false;
                        None
                    }
                },
                Standing::Refused(rejection) if sound => Some(Err(rejection.into())),
                Standing::Refused(_) | Standing::Alone => None,
            });
        }
        let answers = answers
            .into_iter()
            .zip(requests)
            .map(|(answer, request)| answer.unwrap_or_else(|| self.execute(request)))
            .collect();
        self.follow(follow_ups);
        answers
    }

    /// Decides each command over what those before it changed.
    fn prepare(&self, session: &Session<'_>, catalog: &Arc<Catalog>, requests: &[Request]) -> Vec<Standing> {
        let mut overlay = Overlay::default();
        let chain = Chain::default();
        let mut prepare = |request: &Request| {
            let lease = Some(self.lease(session.now));
            let work = Work { request, chain: &chain, settle: Vec::new(), lease };
            let mut ids = self.ids(session.now);
            match session.decide(catalog, Some(&overlay), &work, &mut ids) {
                Ok(decision) => {
                    let prepared = Prepared::new(&work, catalog, decision, session.now, &mut ids);
                    if prepared.unchanged.is_some() {
                        // It may have been done before under its key.
                        return Standing::Alone;
                    }
                    overlay.absorb(&prepared.batch);
                    Standing::Prepared(Box::new(prepared))
                }
                Err(Error::Rejected(rejection)) if request.key.is_none() => Standing::Refused(rejection),
                Err(_) => Standing::Alone,
            }
        };
        requests.iter().map(&mut prepare).collect()
    }
}
