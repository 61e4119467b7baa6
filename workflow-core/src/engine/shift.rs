//! Deadlines of many jobs moved at once: which jobs, found in the store.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::round::{Held, Round};
use super::{Acting, Engine};
use crate::command::{Reaction, ShiftDeadlines};
use crate::decide::shifts;
use crate::definition::JobDate;
use crate::error::Error;
use crate::id::{AccountId, FirmId};
use crate::limits;
use crate::model::Account;
use crate::store::{Cell, Document, IndexName, Scan, SettleHow};

/// What moving deadlines would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShiftPreview {
    /// Accounts with at least one job whose deadlines move.
    pub accounts: usize,
    /// Jobs whose deadlines move.
    pub jobs: usize,
    /// How many dates of each sort move; those that follow from them are not counted.
    pub dates: BTreeMap<JobDate, usize>,
}

impl Acting<'_> {
    /// What an order would move at this moment. Nothing is changed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn preview_shift(&self, order: &ShiftDeadlines) -> Result<ShiftPreview, Error> {
        let (engine, firm) = (self.engine, self.firm);
        let catalog = engine.fresh_catalog(firm)?;
        let (now, calendar) = (engine.now(), catalog.calendar());
        let today = calendar.civil_date(now);
        let mut preview = ShiftPreview::default();
        for account in engine.accounts_of(firm, order)? {
            let before = preview.jobs;
            engine.each_job_of(firm, account.id, &mut |job| {
                let shifts = shifts(job, &account, order, now, calendar, today);
                preview.jobs = preview.jobs.saturating_add(usize::from(!shifts.is_empty()));
                for (date, _) in shifts {
                    let count = preview.dates.entry(date).or_default();
                    *count = count.saturating_add(1);
                }
                Ok(())
            })?;
            preview.accounts = preview.accounts.saturating_add(usize::from(preview.jobs > before));
        }
        Ok(preview)
    }
}

impl Engine {
    /// Moves the deadlines of every job that an order is about, each in a commit of its own and
    /// once however often the follow-up is run.
    pub(super) fn shift_deadlines(
        &self,
        held: &Held,
        order: &ShiftDeadlines,
        at: DateTime<Utc>,
        round: &mut Round,
    ) -> Result<(), Error> {
        let catalog = self.fresh_catalog(held.firm)?;
        let today = catalog.calendar().civil_date(at);
        let mut told = 0;
        for account in self.accounts_of(held.firm, order)? {
            self.each_job_of(held.firm, account.id, &mut |job| {
                if shifts(job, &account, order, at, catalog.calendar(), today).is_empty() {
                    return Ok(());
                }
                let reaction = Reaction::ShiftDeadlines { job: job.id, order: Box::new(order.clone()), at };
                self.tell_next(held, reaction, &mut told, round)
            })?;
        }
        self.settle(held.firm, held.settle(SettleHow::Done))?;
        Ok(())
    }

    /// The accounts that an order may be about, by their tags.
    fn accounts_of(&self, firm: FirmId, order: &ShiftDeadlines) -> Result<Vec<Account>, Error> {
        let by_tag =
            |tag: &crate::id::Tag| Scan::all(IndexName::AccountTags, vec![Cell::Text(tag.shared())], limits::PAGE);
        let scans: Vec<Scan> = match order.accounts.all.first() {
            Some(tag) => vec![by_tag(tag)],
            None if !order.accounts.any.is_empty() => order.accounts.any.iter().map(by_tag).collect(),
            None => vec![Scan::all(IndexName::Accounts, Vec::new(), limits::PAGE)],
        };
        let mut seen: BTreeSet<AccountId> = BTreeSet::new();
        let mut accounts = Vec::new();
        for scan in scans {
            self.each_document(firm, scan, &mut |document| {
                if let Document::Account(account) = document
                    && crate::evaluate::tags_hold(&order.accounts, &account.tags)
                    && seen.insert(account.id)
                {
                    accounts.push((**account).clone());
                }
                Ok(())
            })?;
        }
        Ok(accounts)
    }

    fn each_job_of(
        &self,
        firm: FirmId,
        account: AccountId,
        visit: &mut dyn FnMut(&crate::model::Job) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let scan = Scan::all(IndexName::JobAccounts, vec![Cell::Uuid(account.0)], limits::PAGE);
        self.each_document(firm, scan, &mut |document| match document {
            Document::Job(job) => visit(job),
            _ => Ok(()),
        })
    }
}
