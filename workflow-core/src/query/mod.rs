//! Queries: what users look at, paged and sorted by index.
//!
//! [`Engine::ask`] answers a [`Question`], which is a document, with an [`Answer`], which is one
//! too. [`Engine::query`] has a method for each.
//!
//! [`Engine::query`] answers in the name of an actor and leaves out what the actor may not see.
//! Pages are told apart by a [`Cursor`] that names the last row, not a number of rows, so that
//! nothing is shown twice or missed because rows came or went before it.

mod activity;
mod answer;
mod ask;
mod board;
mod calendar;
mod causes;
mod client;
mod cursor;
mod explain_automation;
mod explain_job;
mod forecasts;
mod job_at;
mod job_measures;
mod jobs;
mod measures;
mod pager;
mod people;
mod question;
mod series;
mod tasks;
#[cfg(test)]
mod tests;
mod view;
mod weeks;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use activity::{ActivityOf, ActivityQuery};
pub use answer::Answer;
pub use board::{Board, BoardColumn, Count};
pub use calendar::{CalendarDay, CalendarQuery};
pub use client::ClientJob;
pub use cursor::Cursor;
pub use forecasts::{Basis, JobForecast};
pub use job_at::{JobAt, When};
pub use job_measures::{JobMeasures, PartyTime, StageTime, StatusTime};
pub use jobs::{JobQuery, JobRow, JobScope};
pub use measures::{Interval, Measures, MeasuresQuery, PartyMeasures, StageMeasures, StatusMeasures, Throughput};
pub use people::{AccountQuery, MemberLoad, PipelineRow};
pub use question::{Inquiry, Notation, Question};
pub use series::{LedgerOf, LedgerQuery, PlannedOccurrence, PlannedRow, SeriesQuery, SeriesView};
pub use tasks::{TaskQuery, TaskRow, TaskScope};
pub use view::JobView;
pub use weeks::{MemberWeek, WorkloadQuery};

use crate::access::may_see;
use crate::catalog::Catalog;
use crate::compile::Compiled;
use crate::definition::Access;
use crate::engine::Engine;
use crate::error::{Error, Rejection};
use crate::event::Actor;
use crate::id::{AccountId, FirmId, PipelineKey};
use crate::limits;
use crate::model::{Account, Job, Member};
use crate::store::{DocId, Document, Store};

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins. A page can be short, or even empty, and have a next one: when
    /// many rows had to be looked at to find those that were asked for.
    pub next: Option<Cursor>,
}

/// Which page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageRequest {
    /// No more rows than this, 1 to [`limits::PAGE`].
    pub limit: usize,
    /// After this row: the `next` of the page before, of the same query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: 50, after: None }
    }
}

impl PageRequest {
    /// The first page, of so many rows.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { limit, after: None }
    }

    /// The page after another.
    #[must_use]
    pub fn after(limit: usize, cursor: Cursor) -> Self {
        Self { limit, after: Some(cursor) }
    }

    fn check(&self) -> Result<(), Rejection> {
        if self.limit == 0 {
            return Err(Rejection::invalid("limit", "a page has at least one row"));
        }
        crate::decide::check_limit("PAGE", limits::PAGE, self.limit, "the number of rows of a page")
    }
}

/// Refuses a stretch of days that is the wrong way round, or longer than a limit.
fn check_days(from: NaiveDate, to: NaiveDate, name: &'static str, most: usize) -> Result<(), Rejection> {
    let Ok(days) = usize::try_from(to.signed_duration_since(from).num_days()) else {
        return Err(Rejection::invalid("to", "the last day is before the first"));
    };
    crate::decide::check_limit(name, most, days.saturating_add(1), "the number of days")
}

/// Queries in the name of an actor.
pub struct Queries<'a> {
    engine: &'a Engine,
    pub(crate) store: &'a dyn Store,
    pub(crate) firm: FirmId,
    actor: Actor,
    pub(crate) catalog: Arc<Catalog>,
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl Engine {
    /// Queries of a firm in the name of an actor. What they answer is as old as the reads they
    /// make; what the firm has set up is read when this is called.
    ///
    /// # Errors
    /// [`Rejection::NotFound`] when the firm is not set up, [`Rejection::Forbidden`] when the actor
    /// is not a working member of it.
    pub fn query(&self, firm: FirmId, actor: Actor) -> Result<Queries<'_>, Error> {
        let catalog = self.fresh_catalog(firm)?;
        if catalog.firm.is_none() {
            return Err(Rejection::not_found("firm", firm).into());
        }
        if let Actor::Member(id) = &actor
            && !catalog.member(*id).is_some_and(|member| member.active)
        {
            return Err(Rejection::Forbidden(format!("`{id}` is not a working member of the firm")).into());
        }
        let now = self.now();
        let today = catalog.calendar().civil_date(now);
        Ok(Queries { engine: self, store: &**self.store(), firm, actor, catalog, now, today })
    }
}

impl Queries<'_> {
    /// The day it is for the firm.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    fn member(&self) -> Option<&Member> {
        match &self.actor {
            Actor::Member(id) => self.catalog.member(*id).map(|member| &**member),
            _ => None,
        }
    }

    /// Refuses a client what is for the firm's eyes.
    pub(crate) fn for_the_firm(&self) -> Result<(), Rejection> {
        match self.actor {
            Actor::Client(_) => Err(Rejection::Forbidden("a client sees its own jobs and nothing else".to_owned())),
            _ => Ok(()),
        }
    }

    /// Whether the actor sees every job of a pipeline.
    fn sees_all_of(&self, pipeline: &PipelineKey) -> bool {
        let all = match &self.actor {
            Actor::System(_) | Actor::Automation => true,
            Actor::Client(_) => false,
            Actor::Member(_) => self.member().is_some_and(|member| member.admin),
        };
        all || (self.member().is_some()
            && self.catalog.newest(pipeline).is_some_and(|newest| newest.definition().access == Access::Everyone))
    }

    /// Whether the actor may have anything to do with a pipeline: not when it is for others by
    /// name. Whether a seat that it names is the actor's is told account by account.
    fn may_open(&self, pipeline: &PipelineKey) -> bool {
        self.sees_all_of(pipeline)
            || match (self.catalog.newest(pipeline).map(|newest| &newest.definition().access), &self.actor) {
                (Some(Access::Only { members, roles }), Actor::Member(id)) => !roles.is_empty() || members.contains(id),
                _ => false,
            }
    }

    /// The newest version of a pipeline, which must exist and be open to the actor.
    pub(crate) fn open_pipeline(&self, pipeline: &PipelineKey) -> Result<&Arc<Compiled>, Rejection> {
        let newest = self.catalog.newest(pipeline).ok_or_else(|| Rejection::not_found("pipeline", pipeline))?;
        if !self.may_open(pipeline) {
            return Err(Rejection::Forbidden(format!("the pipeline `{pipeline}` is not open to you")));
        }
        Ok(newest)
    }

    /// Whether the actor sees every job of the firm.
    pub(crate) fn sees_all(&self) -> bool {
        match &self.actor {
            Actor::System(_) | Actor::Automation => true,
            Actor::Client(_) => false,
            Actor::Member(_) => {
                self.member().is_some_and(|member| member.admin)
                    || self.catalog.newest.keys().all(|pipeline| self.sees_all_of(pipeline))
            }
        }
    }

    /// Whether the actor sees a job of an account.
    pub(crate) fn sees(&self, job: &Job, account: Option<&Account>) -> bool {
        if self.sees_all_of(&job.pipeline) {
            return true;
        }
        let (Some(newest), Some(account)) = (self.catalog.newest(&job.pipeline), account) else { return false };
        may_see(&newest.definition().access, &self.actor, self.member(), account)
    }

    fn documents(&self, ids: &[DocId]) -> Result<Vec<Option<Document>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let records = self.store.get(self.firm, ids)?;
        Ok(records.into_iter().map(|record| record.map(|record| record.document)).collect())
    }

    /// Accounts by identifier; those that are missing are left out.
    fn accounts_of(
        &self,
        ids: impl IntoIterator<Item = AccountId>,
    ) -> Result<BTreeMap<AccountId, Arc<Account>>, Error> {
        let mut wanted: Vec<DocId> = ids.into_iter().map(DocId::Account).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let account = |document| match document {
            Some(Document::Account(account)) => Some((account.id, account)),
            _ => None,
        };
        Ok(self.documents(&wanted)?.into_iter().filter_map(account).collect())
    }
}
