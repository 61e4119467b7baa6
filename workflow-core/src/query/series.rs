//! Series, what they have made, and what they are to make.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pager::fingerprint;
use super::{Page, PageRequest, Queries, check_days};
use crate::decide::check_limit;
use crate::definition::is_default;
use crate::error::{Error, Rejection};
use crate::id::{AccountId, PeriodKey, PipelineKey, SeriesId};
use crate::limits;
use crate::model::{Account, Occurrence, OccurrenceOutcome, Series, SeriesState};
use crate::recurrence::Period;
use crate::series::{Plan, Planned};
use crate::store::{Cell, DocId, Document, Hit, IndexName, Revision, Scan};

/// A list of series, by name. Filters that are absent let every series through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesQuery {
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<SeriesState>,
    /// That make jobs in this pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineKey>,
    /// That this account belongs to, by name or by a tag that it has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Whose name has this text in it, whatever the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One series with what it is to make.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SeriesView {
    /// The series.
    pub series: Arc<Series>,
    /// Its revision.
    pub revision: Revision,
    /// Its next occurrences, in the order of their dates. None while it is ended.
    pub upcoming: Vec<PlannedOccurrence>,
}

/// An occurrence that has not had its turn.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PlannedOccurrence {
    /// The day by the rule, by which commands name it.
    pub day: NaiveDate,
    /// The day by the calendar, or the one it was put on by hand.
    pub date: NaiveDate,
    /// When its work is made.
    pub opens: Option<DateTime<Utc>>,
    /// What it is about.
    pub period: Period,
    /// The name of that.
    pub key: PeriodKey,
    /// Whether it was put on its day by hand.
    #[serde(skip_serializing_if = "is_default")]
    pub moved: bool,
    /// Whether it makes something else than the rest.
    #[serde(skip_serializing_if = "is_default")]
    pub changed: bool,
    /// Whether it is left out.
    #[serde(skip_serializing_if = "is_default")]
    pub skip: bool,
    /// For how many accounts it is left out.
    #[serde(skip_serializing_if = "is_default")]
    pub skipped_accounts: usize,
}

/// What a series has planned for a day.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PlannedRow {
    /// Which series.
    pub series: SeriesId,
    /// What it is called.
    pub name: String,
    /// The pipeline of its jobs; absent when it makes tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineKey>,
    /// How many accounts it names. Those that belong to it by a tag are not counted.
    pub accounts: usize,
    /// Which time of it.
    pub occurrence: PlannedOccurrence,
}

/// Whose ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LedgerOf {
    /// A series', by period.
    Series(SeriesId),
    /// An account's, by day.
    Account(AccountId),
    /// That of the firm itself, by day.
    Firm,
}

/// Lines of the ledger of series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    /// Whose.
    pub of: LedgerOf,
    /// Only what could not be made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refused: bool,
    /// The newest first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub descending: bool,
}

impl Queries<'_> {
    /// Series, by name.
    ///
    /// # Errors
    /// When the cursor is not of this query, there is no such account, a limit is passed, or the
    /// store failed.
    pub fn series_list(&self, query: &SeriesQuery, page: &PageRequest) -> Result<Page<Arc<Series>>, Error> {
        self.for_the_firm()?;
        let account = query.account.map(|id| self.account(id)).transpose()?;
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        let passes = |series: &Series| {
            query.state.is_none_or(|state| series.state == state)
                && (query.pipeline.is_none() || series.pipeline() == query.pipeline.as_ref())
                && account.as_ref().is_none_or(|account| belongs(series, account))
                && text.as_ref().is_none_or(|text| series.name.to_lowercase().contains(text))
                && self.sees_series(series)
        };
        let scan = Scan::all(IndexName::Series, Vec::new(), 0);
        self.page(fingerprint(query), &[vec![scan]], page, |hits| {
            let row = |hit: &Hit| match &hit.record.document {
                Document::Series(series) => passes(series).then(|| Arc::clone(series)),
                _ => None,
            };
            Ok(hits.iter().map(row).collect())
        })
    }

    /// One series, with so many of its next occurrences; nothing is made by looking.
    ///
    /// # Errors
    /// When there is no such series, the actor may not see it, more than
    /// [`limits::SERIES_UPCOMING`] are asked for, or the store failed.
    pub fn series(&self, id: SeriesId, upcoming: usize) -> Result<SeriesView, Error> {
        self.for_the_firm()?;
        check_limit("SERIES_UPCOMING", limits::SERIES_UPCOMING, upcoming, "the number of occurrences")?;
        let record = self.store.get(self.firm, &[DocId::Series(id)])?.into_iter().flatten().next();
        let Some((revision, Document::Series(series))) = record.map(|record| (record.revision, record.document)) else {
            return Err(Rejection::not_found("series", id).into());
        };
        if !self.sees_series(&series) {
            return Err(Rejection::Forbidden("the pipeline of the series is not open to you".to_owned()).into());
        }
        let upcoming = match series.state {
            SeriesState::Ended => Vec::new(),
            _ => {
                let plan = Plan::of(&series, self.catalog.calendar())?;
                plan.upcoming(&series, upcoming, None).into_iter().map(PlannedOccurrence::from).collect()
            }
        };
        Ok(SeriesView { series, revision, upcoming })
    }

    /// What the active series are to make that is on these days, both included, in the order of
    /// the days; for one account, perhaps. Nothing is made by looking.
    ///
    /// No more than [`limits::SCAN`] series are looked at, and of each no more than
    /// [`limits::SERIES_UPCOMING`] occurrences.
    ///
    /// # Errors
    /// When the stretch is the wrong way round or longer than [`limits::CALENDAR_DAYS`], there is
    /// no such account, or the store failed.
    pub fn planned(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        account: Option<AccountId>,
    ) -> Result<Vec<PlannedRow>, Error> {
        self.for_the_firm()?;
        check_days(from, to, "CALENDAR_DAYS", limits::CALENDAR_DAYS)?;
        let account = account.map(|id| self.account(id)).transpose()?;
        let mut rows = Vec::new();
        let mut scan = Scan::all(IndexName::Series, Vec::new(), limits::PAGE);
        let mut looked_at = 0usize;
        loop {
            let hits = self.store.scan(self.firm, &scan)?;
            looked_at = looked_at.saturating_add(hits.len());
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            for hit in &hits {
                let Document::Series(series) = &hit.record.document else { continue };
                let wanted = series.state == SeriesState::Active
                    && account.as_ref().is_none_or(|account| belongs(series, account))
                    && self.sees_series(series);
                if wanted {
                    self.plan_rows(series, (from, to), account.as_deref(), &mut rows);
                }
            }
            if hits.len() < scan.limit || looked_at >= limits::SCAN {
                break;
            }
        }
        rows.sort_by(|a, b| (a.occurrence.date, &a.name, a.series).cmp(&(b.occurrence.date, &b.name, b.series)));
        Ok(rows)
    }

    fn plan_rows(
        &self,
        series: &Series,
        (from, to): (NaiveDate, NaiveDate),
        account: Option<&Account>,
        rows: &mut Vec<PlannedRow>,
    ) {
        // A series whose calendar is gone has nothing planned until it is given another.
        let Ok(plan) = Plan::of(series, self.catalog.calendar()) else { return };
        for planned in plan.upcoming(series, limits::SERIES_UPCOMING, Some(to)) {
            let skipped = account.is_some_and(|account| planned.turn.skip_accounts.contains(&account.id));
            if planned.turn.date < from || skipped {
                continue;
            }
            rows.push(PlannedRow {
                series: series.id,
                name: series.name.clone(),
                pipeline: series.pipeline().cloned(),
                accounts: series.audience.accounts.len(),
                occurrence: planned.into(),
            });
        }
    }

    /// Lines of the ledger of series.
    ///
    /// # Errors
    /// When the cursor is not of this query, the series is not open to the actor, a limit is
    /// passed, or the store failed.
    pub fn ledger(&self, query: &LedgerQuery, page: &PageRequest) -> Result<Page<Arc<Occurrence>>, Error> {
        self.for_the_firm()?;
        let (index, cell) = match query.of {
            LedgerOf::Series(id) => {
                self.series(id, 0)?;
                (IndexName::SeriesLedger, Cell::Uuid(id.0))
            }
            LedgerOf::Account(id) => (IndexName::AccountLedger, Cell::Uuid(id.0)),
            LedgerOf::Firm => (IndexName::AccountLedger, Cell::Null),
        };
        let mut scan = Scan::all(index, vec![cell], 0);
        scan.descending = query.descending;
        self.page(fingerprint(query), &[vec![scan]], page, |hits| {
            let line = |hit: &Hit| match &hit.record.document {
                Document::Occurrence(line) => Some(Arc::clone(line)),
                _ => None,
            };
            let lines: Vec<Option<Arc<Occurrence>>> = hits.iter().map(line).collect();
            let hidden = self.hidden_series(lines.iter().flatten().map(|line| line.id.series))?;
            let passes = |line: &Arc<Occurrence>| {
                let refused = matches!(line.outcome, OccurrenceOutcome::Refused(_));
                (refused || !query.refused) && !hidden.contains(&line.id.series)
            };
            Ok(lines.into_iter().map(|line| line.filter(passes)).collect())
        })
    }

    /// Those of some series that the actor does not see.
    fn hidden_series(&self, ids: impl Iterator<Item = SeriesId>) -> Result<Vec<SeriesId>, Error> {
        if self.sees_all() {
            return Ok(Vec::new());
        }
        let mut wanted: Vec<DocId> = ids.map(DocId::Series).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let hidden = |document: Option<Document>| match document {
            Some(Document::Series(series)) => (!self.sees_series(&series)).then_some(series.id),
            _ => None,
        };
        Ok(self.documents(&wanted)?.into_iter().filter_map(hidden).collect())
    }

    /// Whether the actor sees a series: with the pipeline of its jobs.
    fn sees_series(&self, series: &Series) -> bool {
        series.pipeline().is_none_or(|pipeline| self.sees_all_of(pipeline) || self.may_open(pipeline))
    }
}

/// Whether an account belongs to a series.
fn belongs(series: &Series, account: &Account) -> bool {
    let audience = &series.audience;
    audience.accounts.contains(&account.id)
        || !audience.except.contains(&account.id) && !audience.tags.is_disjoint(&account.tags)
}

impl From<Planned> for PlannedOccurrence {
    fn from(planned: Planned) -> Self {
        let Planned { turn, skip, opens } = planned;
        Self {
            day: turn.day,
            date: turn.date,
            opens,
            period: turn.period,
            key: turn.key,
            moved: turn.moved,
            changed: turn.makes.is_some(),
            skip,
            skipped_accounts: turn.skip_accounts.len(),
        }
    }
}
