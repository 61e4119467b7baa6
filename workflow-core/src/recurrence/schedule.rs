//! What a definition says about when something recurs, and its occurrences on a firm's calendar.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compiled::{Occurrences, Recurrence};
use super::error::InvalidRecurrence;
use super::period::{Covers, Period, PeriodLength, Periods};
use super::preset::Preset;
use super::rule::{Rule, RuleEnd, Until};
use crate::calendar::{Adjustment, BusinessCalendar, Zone};
use crate::id::CalendarKey;
use crate::limits::RECURRENCE_DATES;

/// When something recurs, as a document says it. [`Schedule::compile`] makes it ready to be asked.
///
/// ```
/// use workflow_core::recurrence::Schedule;
///
/// let schedule: Schedule = serde_json::from_str(
///     r#"{"preset": {"monthly": {"day": 10}}, "start": "2026-01-01", "adjust": "following", "covers": "previous"}"#,
/// )?;
/// let compiled = schedule.compile()?;
/// assert_eq!(compiled.recurrence().rule().to_string(), "FREQ=MONTHLY;BYMONTHDAY=10");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// An RFC 5545 rule, such as `FREQ=MONTHLY;BYMONTHDAY=-1`. This or `preset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// A recurrence by name. This or `rule`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// The first day that may be an occurrence. Intervals are counted from it.
    pub start: NaiveDate,
    /// The last day that may be one, before any adjustment. This or `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<NaiveDate>,
    /// How many occurrences there are, excepted ones counted, added ones not. This or `end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: Option<u32>,
    /// Days beside those of the rule (RDATE). The period of each is the day itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = RECURRENCE_DATES))]
    pub add: Vec<NaiveDate>,
    /// Days that are left out (EXDATE), as they are before any adjustment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = RECURRENCE_DATES))]
    pub except: Vec<NaiveDate>,
    /// What becomes of an occurrence on a closed day.
    #[serde(default)]
    pub adjust: Adjustment,
    /// The calendar that says which days are open; the firm's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarKey>,
    /// The time zone of `at`; the firm's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The time of day; midnight when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<NaiveTime>,
    /// How long the period of an occurrence is; by the rule when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodLength>,
    /// Which period an occurrence is about.
    #[serde(default)]
    pub covers: Covers,
    /// The month, 1 to 12, with which fiscal years end; December when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    pub fiscal_year_end: Option<u8>,
}

/// A schedule that is ready to be asked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CompiledSchedule {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    recurrence: Recurrence,
    /// The rule alone: days that it does not have were added.
    ruled: Recurrence,
    adjust: Adjustment,
    at: NaiveTime,
    zone: Option<Zone>,
    periods: Periods,
}

/// One time of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The day by the rule, before any adjustment. No two occurrences of a schedule share it.
    pub nominal: NaiveDate,
    /// The day by the calendar. It never descends from one occurrence to the next.
    pub date: NaiveDate,
    /// The local time on that day.
    pub at: NaiveDateTime,
    /// What it is about.
    pub period: Period,
    /// The period's name, by which the ledger knows the occurrence: `2026-04`, `2026-Q2`. No two
    /// occurrences of a schedule share it, and no adjustment changes it.
    pub key: String,
}

impl Schedule {
    /// A schedule by a rule, with nothing else said.
    #[must_use]
    pub fn by_rule(rule: Rule, start: NaiveDate) -> Self {
        Self { rule: Some(rule), ..Self::bare(start) }
    }

    /// A schedule by a preset, with nothing else said.
    #[must_use]
    pub fn by_preset(preset: Preset, start: NaiveDate) -> Self {
        Self { preset: Some(preset), ..Self::bare(start) }
    }

    fn bare(start: NaiveDate) -> Self {
        Self {
            rule: None,
            preset: None,
            start,
            end: None,
            count: None,
            add: Vec::new(),
            except: Vec::new(),
            adjust: Adjustment::Exact,
            calendar: None,
            time_zone: None,
            at: None,
            period: None,
            covers: Covers::This,
            fiscal_year_end: None,
        }
    }

    /// Makes it ready to be asked.
    ///
    /// # Errors
    /// [`InvalidRecurrence`], whose part is the field or the part of the rule that is wrong, when
    /// there is not one of `rule` and `preset`, more than one end, a rule that never occurs or
    /// names times, an unknown time zone, too many dates, or a `period` that can hold two occurrences.
    pub fn compile(&self) -> Result<CompiledSchedule, InvalidRecurrence> {
        let rule = self.ended_rule()?;
        let midnight = |date: &NaiveDate| date.and_time(NaiveTime::MIN);
        let with = |add: &[NaiveDate], except: &[NaiveDate]| {
            let builder = Recurrence::builder(self.start, &rule);
            let builder = add.iter().map(midnight).fold(builder, super::RecurrenceBuilder::adding);
            except.iter().map(midnight).fold(builder, super::RecurrenceBuilder::excepting).build()
        };
        for (field, dates) in [("add", &self.add), ("except", &self.except)] {
            if dates.len() > RECURRENCE_DATES {
                return Err(InvalidRecurrence::new(
                    field,
                    format!(
                        "the number of dates is past the limit RECURRENCE_DATES of {RECURRENCE_DATES} (it is {})",
                        dates.len()
                    ),
                ));
            }
        }
        let ruled = with(&[], &[])?;
        let recurrence =
            if self.add.is_empty() && self.except.is_empty() { ruled.clone() } else { with(&self.add, &self.except)? };
        let at = self.at.unwrap_or(NaiveTime::MIN);
        let zone = match &self.time_zone {
            None => None,
            Some(name) => {
                Some(Zone::named(name).map_err(|unknown| InvalidRecurrence::new("time_zone", unknown.to_string()))?)
            }
        };
        let (adjust, periods) = (self.adjustment()?, self.periods(&rule)?);
        Ok(CompiledSchedule { inner: Arc::new(Inner { recurrence, ruled, adjust, at, zone, periods }) })
    }

    fn ended_rule(&self) -> Result<Rule, InvalidRecurrence> {
        let rule = match (&self.rule, &self.preset) {
            (Some(rule), None) => rule.clone(),
            (None, Some(preset)) => preset.rule(self.start)?,
            (Some(_), Some(_)) => {
                return Err(InvalidRecurrence::new("preset", "there is a `rule` too: leave one of them out"));
            }
            (None, None) => {
                return Err(InvalidRecurrence::new(
                    "rule",
                    "it is missing: write a `rule` such as `FREQ=MONTHLY;BYMONTHDAY=-1`, or a `preset`",
                ));
            }
        };
        let parts = rule.parts();
        for (part, list) in [("BYHOUR", &parts.hours), ("BYMINUTE", &parts.minutes), ("BYSECOND", &parts.seconds)] {
            if !list.is_empty() {
                return Err(InvalidRecurrence::new(part, "a schedule has one time of day: write it as `at`"));
            }
        }
        let end = match (self.end, self.count) {
            (Some(_), Some(_)) => {
                return Err(InvalidRecurrence::new("count", "there is an `end` too: leave one of them out"));
            }
            (None, None) => return Ok(rule),
            (Some(end), None) if end < self.start => {
                return Err(InvalidRecurrence::new("end", format!("`{end}` lies before the start: end later")));
            }
            (Some(end), None) => ("end", RuleEnd::Until(Until::Date(end))),
            (None, Some(count)) => ("count", RuleEnd::Count(count)),
        };
        if parts.end.is_some() {
            return Err(InvalidRecurrence::new(end.0, "the rule has its own COUNT or UNTIL: leave one of them out"));
        }
        rule.ending(Some(end.1)).map_err(|refused| InvalidRecurrence::new(end.0, refused.why()))
    }

    fn adjustment(&self) -> Result<Adjustment, InvalidRecurrence> {
        match (&self.preset, self.adjust) {
            (Some(Preset::LastBusinessDay), Adjustment::Exact | Adjustment::Preceding) => Ok(Adjustment::Preceding),
            (Some(Preset::LastBusinessDay), _) => Err(InvalidRecurrence::new(
                "adjust",
                "the preset `last_business_day` is on an open day already: leave the adjustment out",
            )),
            (_, adjust) => Ok(adjust),
        }
    }

    fn periods(&self, rule: &Rule) -> Result<Periods, InvalidRecurrence> {
        let year_end = self.fiscal_year_end.unwrap_or(12);
        if !(1..=12).contains(&year_end) {
            return Err(InvalidRecurrence::new("fiscal_year_end", format!("`{year_end}` is no month: write 1 to 12")));
        }
        let length = match self.period {
            None => PeriodLength::suggested(rule, self.start, year_end),
            Some(length) if length.fits(rule, self.start, year_end) => length,
            Some(length) => {
                return Err(InvalidRecurrence::new(
                    "period",
                    format!(
                        "one `{}` can have several occurrences of this rule: write a shorter period",
                        length.name()
                    ),
                ));
            }
        };
        if length == PeriodLength::Day && self.covers == Covers::Previous {
            return Err(InvalidRecurrence::new(
                "covers",
                "`previous` wants a period of a week or longer, and this rule's are days: leave it out",
            ));
        }
        Ok(Periods { length, covers: self.covers, year_end })
    }
}

impl CompiledSchedule {
    /// The days of the schedule, before any adjustment, as midnights.
    #[must_use]
    pub fn recurrence(&self) -> &Recurrence {
        &self.inner.recurrence
    }

    /// How long its periods are.
    #[must_use]
    pub fn period_length(&self) -> PeriodLength {
        self.inner.periods.length
    }

    /// The occurrence of a day by the rule. `None` when the schedule does not occur then.
    #[must_use]
    pub fn resolve(&self, nominal: NaiveDate, calendar: &BusinessCalendar) -> Option<Occurrence> {
        let midnight = nominal.and_time(NaiveTime::MIN);
        if !self.inner.recurrence.contains(midnight) {
            return None;
        }
        self.occurrence(midnight, calendar)
    }

    /// The first occurrence whose day by the rule comes after this one.
    #[must_use]
    pub fn next_after(&self, nominal: NaiveDate, calendar: &BusinessCalendar) -> Option<Occurrence> {
        self.occurrence(self.inner.recurrence.next_after(nominal.and_time(NaiveTime::MIN))?, calendar)
    }

    /// The first occurrence whose day by the rule is this one or a later one.
    #[must_use]
    pub fn next_from(&self, nominal: NaiveDate, calendar: &BusinessCalendar) -> Option<Occurrence> {
        self.occurrence(self.inner.recurrence.next_from(nominal.and_time(NaiveTime::MIN))?, calendar)
    }

    /// The last occurrence whose day by the rule comes before this one.
    #[must_use]
    pub fn previous_before(&self, nominal: NaiveDate, calendar: &BusinessCalendar) -> Option<Occurrence> {
        self.occurrence(self.inner.recurrence.previous_before(nominal.and_time(NaiveTime::MIN))?, calendar)
    }

    /// Every occurrence in order.
    pub fn occurrences(&self, calendar: &BusinessCalendar) -> impl Iterator<Item = Occurrence> + use<> {
        self.all(self.inner.recurrence.occurrences(), calendar)
    }

    /// The occurrences whose adjusted day is `from` or later, and before `to`.
    pub fn between(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        calendar: &BusinessCalendar,
    ) -> impl Iterator<Item = Occurrence> + use<> {
        // Adjusting never reorders and leaves open days alone: what lies up to the last open day
        // before `from` stays before it, and what lies after the first open day from `to` on, after.
        let before = from.pred_opt().and_then(|day| calendar.adjust(day, Adjustment::Preceding));
        let after = calendar.adjust(to, Adjustment::Following);
        let days = self.inner.recurrence.between(
            before.unwrap_or(NaiveDate::MIN).and_time(NaiveTime::MIN),
            after.unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN),
        );
        self.all(days, calendar).filter(move |occurrence| occurrence.date >= from && occurrence.date < to)
    }

    /// When an occurrence is, in the schedule's time zone, or the firm's where it names none.
    /// Occurrences that are adjusted to one day share an instant. `None` outside the years.
    #[must_use]
    pub fn instant_of(&self, occurrence: &Occurrence, firm: &Zone) -> Option<DateTime<Utc>> {
        let zone = self.inner.zone.as_ref().unwrap_or(firm);
        zone.instant_of(occurrence.at.date(), occurrence.at.time())
    }

    fn all(&self, days: Occurrences, calendar: &BusinessCalendar) -> impl Iterator<Item = Occurrence> + use<> {
        let (schedule, calendar) = (self.clone(), calendar.clone());
        days.filter_map(move |day| schedule.occurrence(day, &calendar))
    }

    fn occurrence(&self, midnight: NaiveDateTime, calendar: &BusinessCalendar) -> Option<Occurrence> {
        let inner = &self.inner;
        let nominal = midnight.date();
        let date = calendar.adjust(nominal, inner.adjust)?;
        // An added day is about itself: its name is never that of a period of the rule.
        let periods = if inner.ruled.contains(midnight) {
            inner.periods
        } else {
            Periods { length: PeriodLength::Day, ..inner.periods }
        };
        let period = periods.of(nominal)?;
        Some(Occurrence { nominal, date, at: date.and_time(inner.at), period, key: periods.key(period) })
    }
}
