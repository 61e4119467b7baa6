//! A series on a firm's calendar.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::calendar::{BusinessCalendar, FirmCalendar, Zone};
use crate::dates::{Span, SpanUnit};
use crate::document::quote;
use crate::error::Rejection;
use crate::id::PeriodKey;
use crate::limits;
use crate::model::{CatchUp, Series, SeriesException, SeriesTurn};
use crate::recurrence::{CompiledSchedule, InvalidRecurrence, Occurrence, Schedule};

/// A series' schedule, compiled, on the calendar it goes by.
pub(crate) struct Plan {
    schedule: CompiledSchedule,
    firm: FirmCalendar,
    business: BusinessCalendar,
    zone: Zone,
    at: NaiveTime,
    lead: Option<Span>,
}

/// The turns that have come.
#[derive(Debug, Default)]
pub(crate) struct DueTurns {
    /// Those whose work is to be made, in order.
    pub(crate) turns: Vec<SeriesTurn>,
    /// Those that were skipped.
    pub(crate) skipped: Vec<NaiveDate>,
    /// The first and the last of those that the catch-up policy leaves out.
    pub(crate) left_out: Option<(NaiveDate, NaiveDate)>,
    /// How far the series has come with that.
    pub(crate) cursor: Option<NaiveDate>,
}

/// A turn that has not come yet.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) turn: SeriesTurn,
    pub(crate) skip: bool,
    pub(crate) opens: Option<DateTime<Utc>>,
}

impl Plan {
    /// # Errors
    /// When the schedule is illegal or never occurs, or its calendar or time zone are unknown.
    pub(crate) fn new(schedule: &Schedule, lead: Option<Span>, firm: &FirmCalendar) -> Result<Self, Rejection> {
        let compiled = schedule.compile().map_err(|refused| refusal(&refused))?;
        if compiled.recurrence().first().is_none() {
            return Err(Rejection::invalid("schedule", "it never occurs: every day of it is excepted"));
        }
        let Some(business) = firm.business(schedule.calendar.as_ref()) else {
            let name = schedule.calendar.as_ref().map(|key| quote(key.as_str())).unwrap_or_default();
            return Err(Rejection::invalid("schedule.calendar", format!("there is no business calendar {name}")));
        };
        let zone = match &schedule.time_zone {
            Some(name) => {
                Zone::named(name).map_err(|unknown| Rejection::invalid("schedule.time_zone", unknown.to_string()))?
            }
            None => firm.zone().clone(),
        };
        if let Some(lead) = lead.filter(|lead| lead.unit.is_of_hours()) {
            let why = format!("`{lead}` is less than a day: write days, business days, weeks, months or years");
            return Err(Rejection::invalid("lead", why));
        }
        let at = schedule.at.unwrap_or(NaiveTime::MIN);
        Ok(Self { schedule: compiled, firm: firm.clone(), business: business.clone(), zone, at, lead })
    }

    /// The plan of a series.
    pub(crate) fn of(series: &Series, firm: &FirmCalendar) -> Result<Self, Rejection> {
        Self::new(&series.schedule, series.lead, firm)
    }

    /// When the turn of what is on a day comes: the lead time before it.
    pub(crate) fn opens(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let day = match self.lead {
            None => Some(date),
            Some(Span { count, unit: SpanUnit::BusinessDays }) => {
                i32::try_from(count).ok().and_then(|count| self.business.add(date, count.saturating_neg()))
            }
            Some(lead) => self.firm.shift(date, lead, true),
        };
        self.zone.instant_of(day.unwrap_or(date), self.at)
    }

    fn has_come(&self, date: NaiveDate, now: DateTime<Utc>) -> bool {
        self.opens(date).is_some_and(|opens| opens <= now)
    }

    /// The day it is where the series goes by.
    fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        self.zone.civil_date(now)
    }

    fn after(&self, series: &Series, cursor: Option<NaiveDate>) -> Option<Occurrence> {
        let next = match cursor {
            Some(day) => self.schedule.next_after(day, &self.business),
            None => self.schedule.next_from(NaiveDate::MIN, &self.business),
        };
        next.filter(|next| series.through.is_none_or(|through| next.nominal <= through))
    }

    /// The last occurrence whose day has gone by. The ones after it have not had their day.
    pub(crate) fn last_missed(&self, now: DateTime<Utc>) -> Option<Occurrence> {
        let current = self.schedule.between(self.today(now), NaiveDate::MAX, &self.business).next();
        let before = current.map_or(NaiveDate::MAX, |current| current.nominal);
        self.schedule.previous_before(before, &self.business)
    }

    /// The occurrence of a day by the rule, as the series has it.
    pub(crate) fn turn(&self, series: &Series, day: NaiveDate) -> Option<SeriesTurn> {
        let own = series.through.is_none_or(|through| day <= through);
        self.schedule.resolve(day, &self.business).filter(|_| own).and_then(|found| turn(series, found))
    }

    /// When the series next has something to do.
    pub(crate) fn next(&self, series: &Series) -> Option<DateTime<Utc>> {
        let moved = moved(series).filter_map(|(_, date)| self.opens(date)).min();
        let mut cursor = series.cursor;
        let swept = loop {
            let Some(next) = self.after(series, cursor) else { break None };
            if !series.exceptions.get(&next.nominal).is_some_and(is_out_of_line) {
                break self.opens(next.date);
            }
            cursor = Some(next.nominal);
        };
        moved.into_iter().chain(swept).min()
    }

    /// The turns that have come, as the catch-up policy has it; a bounded number of them.
    pub(crate) fn due(&self, series: &Series, now: DateTime<Utc>) -> DueTurns {
        let mut due = DueTurns { cursor: series.cursor, ..DueTurns::default() };
        // What was put on its day by hand is made whatever the policy.
        for (day, _) in moved(series).filter(|(_, date)| self.has_come(*date, now)) {
            due.turns.extend(self.turn(series, day));
        }
        if series.catch_up != CatchUp::All {
            self.pass_over(series, now, &mut due);
        }
        while due.turns.len().saturating_add(due.skipped.len()) < limits::SERIES_AT_ONCE {
            let Some(next) = self.after(series, due.cursor) else { break };
            if !self.has_come(next.date, now) {
                break;
            }
            let exception = series.exceptions.get(&next.nominal);
            due.cursor = Some(next.nominal);
            match exception {
                Some(exception) if exception.skip => due.skipped.push(next.nominal),
                Some(exception) if exception.date.is_some() => {}
                _ => due.turns.extend(turn(series, next)),
            }
        }
        due.turns.sort_by_key(|turn| (turn.date, turn.day));
        due
    }

    /// Passes over what has been missed; the latest of it is made under [`CatchUp::Latest`] when
    /// nothing else has come.
    fn pass_over(&self, series: &Series, now: DateTime<Utc>, due: &mut DueTurns) {
        let missed = |day: NaiveDate| series.cursor.is_none_or(|cursor| day > cursor);
        let through = |day: NaiveDate| series.through.is_none_or(|through| day <= through);
        let mut last = self.last_missed(now);
        while let Some(late) = last.take_if(|late| !through(late.nominal)) {
            last = self.schedule.previous_before(late.nominal, &self.business);
        }
        let Some(last) = last.filter(|last| missed(last.nominal)) else { return };
        let first = self.after(series, series.cursor).map_or(last.nominal, |first| first.nominal);
        due.cursor = Some(last.nominal);
        let current = self.after(series, due.cursor).is_some_and(|current| self.has_come(current.date, now));
        let mut latest = Some(last.clone());
        while let Some(candidate) =
            latest.take_if(|candidate| series.exceptions.get(&candidate.nominal).is_some_and(is_out_of_line))
        {
            let before = self.schedule.previous_before(candidate.nominal, &self.business);
            latest = before.filter(|before| missed(before.nominal));
        }
        let made = latest.filter(|_| series.catch_up == CatchUp::Latest && !current && due.turns.is_empty());
        if made.as_ref().is_none_or(|made| made.nominal != first) {
            due.left_out = Some((first, last.nominal));
        }
        due.turns.extend(made.and_then(|made| turn(series, made)));
    }

    /// Turns that have not come, up to a number of them and a day, in the order of their dates.
    pub(crate) fn upcoming(&self, series: &Series, count: usize, until: Option<NaiveDate>) -> Vec<Planned> {
        let mut planned: Vec<Planned> = Vec::new();
        let mut cursor = series.cursor;
        let is_past = |date: NaiveDate| until.is_some_and(|until| date > until);
        let mut seen: BTreeSet<NaiveDate> = BTreeSet::new();
        while planned.len() < count {
            let Some(next) = self.after(series, cursor) else { break };
            if is_past(next.date) {
                break;
            }
            cursor = Some(next.nominal);
            seen.insert(next.nominal);
            planned.extend(self.planned(series, next));
        }
        for (day, _) in moved(series) {
            if !seen.contains(&day)
                && let Some(found) = self.schedule.resolve(day, &self.business)
            {
                planned.extend(self.planned(series, found));
            }
        }
        planned.retain(|planned| !is_past(planned.turn.date));
        planned.sort_by_key(|planned| (planned.turn.date, planned.turn.day));
        planned.truncate(count);
        planned
    }

    fn planned(&self, series: &Series, occurrence: Occurrence) -> Option<Planned> {
        let skip = series.exceptions.get(&occurrence.nominal).is_some_and(|exception| exception.skip);
        let turn = turn(series, occurrence)?;
        Some(Planned { opens: self.opens(turn.date), skip, turn })
    }
}

/// Whether an occurrence has no part in the order of the others.
fn is_out_of_line(exception: &SeriesException) -> bool {
    exception.skip || exception.date.is_some()
}

/// Occurrences that were put on a day by hand, with that day.
fn moved(series: &Series) -> impl Iterator<Item = (NaiveDate, NaiveDate)> {
    let pending = series.exceptions.iter().filter(|(_, exception)| !exception.skip);
    pending.filter_map(|(day, exception)| Some((*day, exception.date?)))
}

/// An occurrence as the series has it.
fn turn(series: &Series, occurrence: Occurrence) -> Option<SeriesTurn> {
    let exception = series.exceptions.get(&occurrence.nominal);
    let by_hand = exception.and_then(|exception| exception.date);
    Some(SeriesTurn {
        day: occurrence.nominal,
        date: by_hand.unwrap_or(occurrence.date),
        moved: by_hand.is_some(),
        period: occurrence.period,
        key: PeriodKey::new(&occurrence.key).ok()?,
        makes: exception.and_then(|exception| exception.makes.clone()),
        skip_accounts: exception.map(|exception| exception.skip_accounts.clone()).unwrap_or_default(),
    })
}

/// What is wrong with a schedule, where it is in the series.
fn refusal(refused: &InvalidRecurrence) -> Rejection {
    let part = refused.part();
    if part.chars().all(|letter| letter.is_ascii_uppercase()) {
        Rejection::invalid("schedule.rule", refused.to_string())
    } else {
        Rejection::invalid(format!("schedule.{part}"), refused.why())
    }
}
