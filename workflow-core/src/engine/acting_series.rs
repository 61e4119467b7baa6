//! Series as one actor of one firm works on them.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Acting, Outcome};
use crate::command::{Change, Command, NewSeries, SeriesChanges, SeriesScope};
use crate::error::Error;
use crate::id::{AccountId, SeriesId};

impl Acting<'_> {
    /// Creates a series. [`Outcome::series`] names it.
    ///
    /// # Errors
    /// As [`super::Engine::execute`]; a schedule that is illegal or never occurs is refused with the
    /// reason.
    pub fn create_series(&self, series: NewSeries) -> Result<Outcome, Error> {
        self.execute(Command::CreateSeries(Box::new(series)))
    }

    /// Changes one occurrence of a series, it and those that follow, or all.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn edit_series(&self, series: SeriesId, scope: SeriesScope, changes: SeriesChanges) -> Result<Outcome, Error> {
        self.execute(Command::EditSeries { series, scope, changes: Box::new(changes) })
    }

    /// Puts one occurrence of a series on another day.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn move_occurrence(&self, series: SeriesId, day: NaiveDate, to: NaiveDate) -> Result<Outcome, Error> {
        let changes = SeriesChanges { date: Some(Change::To(to)), ..SeriesChanges::default() };
        self.edit_series(series, SeriesScope::This(day), changes)
    }

    /// Lets accounts join a series and leave it.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn change_series_accounts(
        &self,
        series: SeriesId,
        add: BTreeSet<AccountId>,
        remove: BTreeSet<AccountId>,
    ) -> Result<Outcome, Error> {
        self.execute(Command::ChangeSeriesAccounts { series, add, remove })
    }

    /// Leaves an occurrence of a series out, or takes it in again; for all its accounts when none
    /// are named.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn skip_occurrence(
        &self,
        series: SeriesId,
        day: NaiveDate,
        accounts: BTreeSet<AccountId>,
        skip: bool,
    ) -> Result<Outcome, Error> {
        self.execute(Command::SkipOccurrence { series, day, accounts, skip })
    }

    /// Makes the work of an occurrence now, also again where it was refused or skipped; for all its
    /// accounts when none are named.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn run_occurrence(
        &self,
        series: SeriesId,
        day: NaiveDate,
        accounts: BTreeSet<AccountId>,
    ) -> Result<Outcome, Error> {
        self.execute(Command::RunOccurrence { series, day, accounts })
    }

    /// Pauses a series, or resumes it.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn pause_series(&self, series: SeriesId, paused: bool) -> Result<Outcome, Error> {
        self.execute(Command::PauseSeries { series, paused })
    }

    /// Ends a series for good.
    ///
    /// # Errors
    /// As [`super::Engine::execute`].
    pub fn end_series(&self, series: SeriesId) -> Result<Outcome, Error> {
        self.execute(Command::EndSeries { series })
    }
}
