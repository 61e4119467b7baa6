//! What series make, account by account.
//!
//! A follow-up makes the work of one occurrence for all accounts of its series. It may be run any
//! number of times, by several hosts at once: the line of the ledger that comes with each piece of
//! work is there once at most.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Engine;
use super::many::CHUNK;
use super::round::{Held, Round};
use crate::command::{Command, MakeOccurrence, Request};
use crate::error::Error;
use crate::event::Actor;
use crate::id::{AccountId, FirmId, SeriesId, Tag};
use crate::limits;
use crate::model::{OccurrenceId, OccurrenceOutcome, Series, SeriesState, SeriesTurn};
use crate::store::{Cell, DocId, Document, FollowUpWork, IndexName, Scan, Settle, SettleHow};

/// One occurrence of a series that is being made.
struct Making<'a> {
    held: &'a Held,
    series: SeriesId,
    turn: &'a Arc<SeriesTurn>,
    again: bool,
}

impl Engine {
    /// Makes the work of one occurrence of a series.
    pub(super) fn make_occurrences(
        &self,
        held: &Held,
        series: SeriesId,
        turn: &Arc<SeriesTurn>,
        accounts: &[AccountId],
        again: bool,
    ) -> Result<(), Error> {
        let making = Making { held, series, turn, again };
        let found = self.shared.store.get(held.firm, &[DocId::Series(series)])?.into_iter().flatten().next();
        if let Some(Document::Series(series)) = found.map(|record| record.document) {
            if series.audience.firm {
                self.make_page(&making, &[None])?;
            } else if accounts.is_empty() {
                let named: Vec<AccountId> = series.audience.accounts.iter().copied().collect();
                self.make_for(&making, &named)?;
                self.make_for_tagged(&making, &series)?;
            } else {
                self.make_for(&making, accounts)?;
            }
        }
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Makes the work of occurrences that are for one account each in shared commits, which settle
    /// their follow-ups too. Answers the follow-ups that are left, to be run one by one.
    pub(super) fn make_sole(&self, follow_ups: Vec<Held>) -> Vec<Held> {
        let (sole, mut left): (Vec<Held>, Vec<Held>) =
            follow_ups.into_iter().partition(|held| sole(&held.follow_up.work).is_some());
        if sole.len() < 2 {
            left.extend(sole);
            return left;
        }
        for of_firm in sole.chunk_by(|a, b| a.firm == b.firm) {
            let mut rest = of_firm;
            while let Some(first) = rest.first() {
                let chunk = rest.get(..CHUNK.min(rest.len())).unwrap_or(rest);
                let requests: Vec<Request> =
                    chunk.iter().filter_map(|held| Some(order(held.firm, sole_order(&held.follow_up.work)?))).collect();
                let settles: Vec<Settle> = chunk.iter().map(|held| held.settle(SettleHow::Done)).collect();
                let answers = self.execute_chunk_settling(first.firm, &requests, &settles);
                let done = answers.len().max(1);
                let failed = chunk.iter().zip(answers).filter(|(_, answer)| answer.is_err());
                left.extend(failed.map(|(held, _)| held.clone()));
                rest = rest.get(done..).unwrap_or_default();
            }
        }
        left
    }

    fn make_for(&self, making: &Making<'_>, accounts: &[AccountId]) -> Result<(), Error> {
        for (place, page) in accounts.chunks(CHUNK).enumerate() {
            if place > 0 {
                self.renew(making.held)?;
            }
            let page: Vec<Option<AccountId>> = page.iter().copied().map(Some).collect();
            self.make_page(making, &page)?;
        }
        Ok(())
    }

    /// Accounts that belong to the series by a tag and not by name.
    fn make_for_tagged(&self, making: &Making<'_>, series: &Series) -> Result<(), Error> {
        let audience = &series.audience;
        let mut earlier: BTreeSet<&Tag> = BTreeSet::new();
        for tag in &audience.tags {
            let mut scan = Scan::all(IndexName::AccountTags, vec![Cell::Text(tag.shared())], CHUNK);
            loop {
                let hits = self.shared.store.scan(making.held.firm, &scan)?;
                scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
                let belongs = |document: &Document| match document {
                    Document::Account(account) => {
                        let known = audience.accounts.contains(&account.id)
                            || audience.except.contains(&account.id)
                            || earlier.iter().any(|tag| account.tags.contains(*tag));
                        (!known).then_some(Some(account.id))
                    }
                    _ => None,
                };
                let page: Vec<Option<AccountId>> =
                    hits.iter().filter_map(|hit| belongs(&hit.record.document)).collect();
                self.make_page(making, &page)?;
                self.renew(making.held)?;
                if hits.len() < scan.limit {
                    break;
                }
            }
            earlier.insert(tag);
        }
        Ok(())
    }

    /// Makes the work of some accounts in shared commits. One that is refused is in the ledger with
    /// its reason, and keeps nobody from theirs.
    fn make_page(&self, making: &Making<'_>, accounts: &[Option<AccountId>]) -> Result<(), Error> {
        let firm = making.held.firm;
        let wanted = self.unmade(making, accounts)?;
        let request = |account: Option<AccountId>, refused: Option<String>| {
            let turn = Arc::clone(making.turn);
            order(firm, MakeOccurrence { series: making.series, account, turn, again: making.again, refused })
        };
        let requests: Vec<Request> = wanted.iter().map(|account| request(*account, None)).collect();
        let mut refused = Vec::new();
        for (account, answer) in wanted.into_iter().zip(self.execute_chunks(firm, &requests)) {
            match answer {
                Ok(_) => {}
                Err(Error::Rejected(rejection)) => {
                    let why: String = rejection.to_string().chars().take(limits::REASON_CHARS).collect();
                    refused.push(request(account, Some(why)));
                }
                Err(error) => return Err(error),
            }
        }
        self.execute_chunks(firm, &refused).into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// Those of some accounts of which the ledger says nothing yet, or of which it is to be tried
    /// again.
    fn unmade(&self, making: &Making<'_>, accounts: &[Option<AccountId>]) -> Result<Vec<Option<AccountId>>, Error> {
        let id = |account: &Option<AccountId>| OccurrenceId {
            period: making.turn.key.clone(),
            series: making.series,
            account: *account,
        };
        let ids: Vec<DocId> = accounts.iter().map(|account| DocId::Occurrence(Arc::new(id(account)))).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.shared.store.get(making.held.firm, &ids)?;
        let open = |record: &Option<crate::store::Record>| match record.as_ref().map(|record| &record.document) {
            Some(Document::Occurrence(known)) => making.again && !known.outcome.is_made(),
            _ => true,
        };
        Ok(accounts.iter().zip(known).filter(|(_, record)| open(record)).map(|(account, _)| *account).collect())
    }

    /// Lets every series of the firm that runs look at its time again.
    pub(super) fn retime_series(&self, held: &Held, round: &mut Round) -> Result<(), Error> {
        let mut scan = Scan::all(IndexName::Series, Vec::new(), limits::PAGE);
        loop {
            let hits = self.shared.store.scan(held.firm, &scan)?;
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            for hit in &hits {
                let Document::Series(series) = &hit.record.document else { continue };
                if series.state != SeriesState::Active {
                    continue;
                }
                match self.give(held, Command::AdvanceSeries { series: series.id }, None, Vec::new(), round) {
                    Ok(()) | Err(Error::Rejected(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            self.renew(held)?;
            if hits.len() < scan.limit {
                break;
            }
        }
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// Carries out commands of the engine's own in shared commits.
    pub(super) fn execute_chunks(&self, firm: FirmId, requests: &[Request]) -> Vec<Result<super::Outcome, Error>> {
        let mut answers = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while !rest.is_empty() {
            let chunk = rest.get(..CHUNK.min(rest.len())).unwrap_or(rest);
            let done = self.execute_chunk(firm, chunk);
            rest = rest.get(done.len().max(1)..).unwrap_or_default();
            answers.extend(done);
        }
        answers
    }
}

fn order(firm: FirmId, order: MakeOccurrence) -> Request {
    Request::new(firm, Actor::Automation, Command::MakeOccurrence(Box::new(order)))
}

/// The one account that a follow-up makes the work of an occurrence for.
fn sole(work: &FollowUpWork) -> Option<AccountId> {
    match work {
        FollowUpWork::Occurrence { accounts, .. } => match accounts.as_slice() {
            [account] => Some(*account),
            _ => None,
        },
        _ => None,
    }
}

fn sole_order(work: &FollowUpWork) -> Option<MakeOccurrence> {
    let FollowUpWork::Occurrence { series, turn, again, .. } = work else { return None };
    let account = Some(sole(work)?);
    Some(MakeOccurrence { series: *series, account, turn: Arc::clone(turn), again: *again, refused: None })
}

impl OccurrenceOutcome {
    /// What it was refused for, if it was.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            _ => None,
        }
    }
}
