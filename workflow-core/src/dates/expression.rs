//! Date expressions: a day, fixed or counted from others.

use chrono::{NaiveDate, Weekday};

use super::Span;
use crate::calendar::Adjustment;
use crate::definition::{FieldScope, JobDate};
use crate::id::{CalendarKey, FieldKey, TemplateKey};
use crate::limits;

/// A day as a rule gives it: fixed, or counted from a date of the job, its account or the law.
///
/// In documents it is a text that reads like English, such as
/// `15th of the 4th month after account.fiscal_year_end, following on us-dc`; the grammar is that of
/// [`FromStr`](std::str::FromStr), and [`Display`](std::fmt::Display) writes the one text that
/// stands for it. `docs/dates.md` has a table of examples.
///
/// ```
/// use workflow_core::calendar::Adjustment;
/// use workflow_core::dates::{DateAnchor, DateExpression, Day, Span, Window};
///
/// let due: DateExpression = "3 business days before statutory".parse()?;
/// assert_eq!(due, DateExpression::from(DateAnchor::Statutory).before(Span::business_days(3)));
///
/// let filed = DateExpression::day(Day::Nth(15), Window::month_after(4, DateAnchor::PeriodEnd))
///     .adjusted(Adjustment::Following)
///     .on_calendar("us-dc".parse().expect("a key"));
/// assert_eq!(filed.to_string(), "15th of the 4th month after period end, following on us-dc");
/// # Ok::<(), workflow_core::dates::InvalidDate>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateExpression {
    /// The day, before it is adjusted.
    pub point: DatePoint,
    /// Whether months and years counted from a month's last day end on a last day.
    pub keep_month_end: bool,
    /// What becomes of it on a closed day.
    pub adjustment: Adjustment,
    /// Whose open days count; the firm's default calendar when absent.
    pub calendar: Option<CalendarKey>,
}

/// A day without what is said of the whole expression.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatePoint {
    /// This day: `2026-04-15`.
    On(NaiveDate),
    /// A date of the job or its account: `statutory`, `account.fiscal_year_end`.
    Anchor(DateAnchor),
    /// So far from another: `3 business days before statutory`.
    Counted {
        /// How far. Only of days, weeks, months and years.
        span: Span,
        /// In which direction.
        direction: Direction,
        /// From where.
        from: Box<DatePoint>,
    },
    /// A day of a month, a year or the job's period: `last business day of the period`.
    DayOf {
        /// Which day.
        day: Day,
        /// Of what.
        of: Window,
    },
    /// A deadline of the law: `extended due date of form 1040`.
    Form(FormDate),
}

/// A deadline that [`crate::statutory`] knows, for the job's period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormDate {
    /// The form, such as `1040`.
    pub form: String,
    /// Which of its payments, counted from 1; that of the job's period when absent.
    pub payment: Option<u8>,
    /// The deadline after an extension.
    pub extended: bool,
}

/// A date that others count from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DateAnchor {
    /// The day the job or task was created: `creation`.
    Creation,
    /// The job's start date: `start`.
    Start,
    /// The job's due date: `due`.
    Due,
    /// The job's statutory deadline: `statutory`.
    Statutory,
    /// The job's extended deadline: `extended`.
    Extended,
    /// The day the job entered its present stage, or a task's: `stage entry`.
    StageEntry,
    /// The first day of the job's period: `period start`.
    PeriodStart,
    /// The last day of the job's period: `period end`.
    PeriodEnd,
    /// The day the job's task of a template was completed, the last time: `completion of task review`.
    Completion(TemplateKey),
    /// A custom field that holds a date, or a month and day: `account.fiscal_year_end`.
    Field {
        /// Of the account or of the job.
        scope: FieldScope,
        /// Which field.
        field: FieldKey,
        /// Of its date, only month and day count: `yearly account.founded`.
        yearly: bool,
    },
}

/// Before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Earlier.
    Before,
    /// Later.
    After,
}

/// A day of a window. One that the window does not have is its last of that sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// By its number from 1: `15th of`.
    Nth(u16),
    /// `last day of`.
    Last,
    /// An open day by its number from 1: `first business day of`, `3rd business day of`.
    NthBusiness(u16),
    /// `last business day of`.
    LastBusiness,
    /// A weekday by its number from 1: `3rd Monday of`.
    NthWeekday(u16, Weekday),
    /// `last Friday of`.
    LastWeekday(Weekday),
}

/// Days in a row that a day is picked from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// The job's period: `the period`.
    Period,
    /// A month: `the month of …`, `the 4th month after …`.
    Month {
        /// So many months after that of the date; negative is before it.
        shift: i32,
        /// The date.
        of: Box<DatePoint>,
    },
    /// A year of the calendar: `the year of …`, `the year after …`.
    Year {
        /// So many years after that of the date; negative is before it.
        shift: i32,
        /// The date.
        of: Box<DatePoint>,
    },
}

impl Window {
    /// The month that a date is in.
    #[must_use]
    pub fn month_of(date: impl Into<DatePoint>) -> Self {
        Self::Month { shift: 0, of: Box::new(date.into()) }
    }

    /// The nth month after the one that a date is in; negative is before it.
    #[must_use]
    pub fn month_after(n: i32, date: impl Into<DatePoint>) -> Self {
        Self::Month { shift: n, of: Box::new(date.into()) }
    }

    /// The year that a date is in.
    #[must_use]
    pub fn year_of(date: impl Into<DatePoint>) -> Self {
        Self::Year { shift: 0, of: Box::new(date.into()) }
    }
}

impl DateExpression {
    /// A point as it is: exact, in the firm's default calendar.
    #[must_use]
    pub fn new(point: DatePoint) -> Self {
        Self { point, keep_month_end: false, adjustment: Adjustment::Exact, calendar: None }
    }

    /// This day.
    #[must_use]
    pub fn on(date: NaiveDate) -> Self {
        Self::new(DatePoint::On(date))
    }

    /// A day of a window.
    #[must_use]
    pub fn day(day: Day, of: Window) -> Self {
        Self::new(DatePoint::DayOf { day, of })
    }

    /// The due date of a form for the job's period.
    #[must_use]
    pub fn due_of_form(form: impl Into<String>) -> Self {
        Self::new(DatePoint::Form(FormDate { form: form.into(), payment: None, extended: false }))
    }

    /// The extended due date of a form for the job's period.
    #[must_use]
    pub fn extended_due_of_form(form: impl Into<String>) -> Self {
        Self::new(DatePoint::Form(FormDate { form: form.into(), payment: None, extended: true }))
    }

    /// So far before it.
    #[must_use]
    pub fn before(self, span: Span) -> Self {
        self.counted(span, Direction::Before)
    }

    /// So far after it.
    #[must_use]
    pub fn after(self, span: Span) -> Self {
        self.counted(span, Direction::After)
    }

    fn counted(self, span: Span, direction: Direction) -> Self {
        Self { point: DatePoint::Counted { span, direction, from: Box::new(self.point) }, ..self }
    }

    /// Moved off closed days.
    #[must_use]
    pub fn adjusted(mut self, adjustment: Adjustment) -> Self {
        self.adjustment = adjustment;
        self
    }

    /// By the open days of one of the firm's calendars.
    #[must_use]
    pub fn on_calendar(mut self, calendar: CalendarKey) -> Self {
        self.calendar = Some(calendar);
        self
    }

    /// With months and years from a month's last day to a last day.
    #[must_use]
    pub fn keeping_month_end(mut self) -> Self {
        self.keep_month_end = true;
        self
    }

    /// What it counts from in the end: a date of the job or account, if it is neither fixed nor
    /// of a form.
    #[must_use]
    pub fn anchor(&self) -> Option<&DateAnchor> {
        self.point.anchor()
    }

    /// The form whose deadline it counts from.
    #[must_use]
    pub fn form(&self) -> Option<&FormDate> {
        match self.point.innermost() {
            DatePoint::Form(form) => Some(form),
            _ => None,
        }
    }

    /// Whether it is a fixed day, which nothing can change.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        matches!(self.point, DatePoint::On(_)) && self.adjustment == Adjustment::Exact
    }

    /// Whether the job's period takes part in it.
    #[must_use]
    pub fn looks_at_period(&self) -> bool {
        match self.point.innermost() {
            DatePoint::Form(_) | DatePoint::DayOf { of: Window::Period, .. } => true,
            // A month and day is that of the period.
            DatePoint::Anchor(anchor) => {
                matches!(anchor, DateAnchor::PeriodStart | DateAnchor::PeriodEnd | DateAnchor::Field { .. })
            }
            _ => false,
        }
    }

    /// The anchors whose change can change it, in their plain form: a yearly field is the field.
    #[must_use]
    pub fn watched(&self) -> Vec<DateAnchor> {
        let mut watched = Vec::new();
        match self.anchor() {
            Some(DateAnchor::Field { scope, field, .. }) => {
                watched.push(DateAnchor::Field { scope: *scope, field: field.clone(), yearly: false });
            }
            // The day of creation never changes.
            Some(DateAnchor::Creation) | None => {}
            Some(anchor) => watched.push(anchor.clone()),
        }
        if self.looks_at_period() {
            for anchor in [DateAnchor::PeriodStart, DateAnchor::PeriodEnd] {
                if !watched.contains(&anchor) {
                    watched.push(anchor);
                }
            }
        }
        watched
    }

    /// Whether it counts from another date of the job.
    #[must_use]
    pub fn counts_from(&self, date: JobDate) -> bool {
        self.anchor().is_some_and(|anchor| *anchor == DateAnchor::from(date))
    }

    /// What is wrong with it that its types let through: how far it counts and how deep it is
    /// nested, and units that are no days. What is read from a text has none of these.
    ///
    /// # Errors
    /// In words.
    pub fn check(&self) -> Result<(), String> {
        let mut point = &self.point;
        for _ in 0..limits::DATE_DEPTH {
            match point {
                DatePoint::Counted { span, .. } => {
                    if span.unit.is_of_hours() {
                        return Err(format!("{span} are no days: count a date in days, weeks, months or years"));
                    }
                    check_count("its offset", span.count)?;
                }
                DatePoint::DayOf { day, of } => {
                    if let Day::Nth(n) | Day::NthBusiness(n) | Day::NthWeekday(n, _) = day
                        && !(1..=LAST_OF_YEAR).contains(n)
                    {
                        return Err(format!("there is no day {n}: days are counted from 1 to {LAST_OF_YEAR}"));
                    }
                    if let Window::Month { shift, .. } | Window::Year { shift, .. } = of {
                        check_count("the number of its month or year", shift.unsigned_abs())?;
                    }
                }
                DatePoint::Form(form) => return crate::statutory::check(form),
                DatePoint::On(_) | DatePoint::Anchor(_) => {}
            }
            match point.inner() {
                Some(inner) => point = inner,
                None => return Ok(()),
            }
        }
        Err(format!("it is nested deeper than the limit DATE_DEPTH of {}", limits::DATE_DEPTH))
    }
}

/// A year has no more days than this.
pub(super) const LAST_OF_YEAR: u16 = 366;

fn check_count(what: &str, count: u32) -> Result<(), String> {
    let max = limits::DATE_OFFSET;
    if count <= max { Ok(()) } else { Err(format!("{what} is past the limit DATE_OFFSET of {max} (it is {count})")) }
}

impl DatePoint {
    /// What it is counted from or picked by.
    #[must_use]
    pub fn inner(&self) -> Option<&Self> {
        match self {
            Self::Counted { from, .. } => Some(from),
            Self::DayOf { of: Window::Month { of, .. } | Window::Year { of, .. }, .. } => Some(of),
            _ => None,
        }
    }

    /// What it counts from in the end.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        let mut point = self;
        while let Some(inner) = point.inner() {
            point = inner;
        }
        point
    }

    fn anchor(&self) -> Option<&DateAnchor> {
        match self.innermost() {
            Self::Anchor(anchor) => Some(anchor),
            _ => None,
        }
    }
}

impl From<NaiveDate> for DatePoint {
    fn from(date: NaiveDate) -> Self {
        Self::On(date)
    }
}

impl From<DateAnchor> for DatePoint {
    fn from(anchor: DateAnchor) -> Self {
        Self::Anchor(anchor)
    }
}

impl From<JobDate> for DateAnchor {
    fn from(date: JobDate) -> Self {
        match date {
            JobDate::Start => Self::Start,
            JobDate::Due => Self::Due,
            JobDate::Statutory => Self::Statutory,
            JobDate::Extended => Self::Extended,
        }
    }
}

impl From<DateAnchor> for DateExpression {
    fn from(anchor: DateAnchor) -> Self {
        Self::new(anchor.into())
    }
}

impl From<NaiveDate> for DateExpression {
    fn from(date: NaiveDate) -> Self {
        Self::on(date)
    }
}

impl DateAnchor {
    /// A custom field of the account.
    #[must_use]
    pub fn account_field(field: FieldKey) -> Self {
        Self::Field { scope: FieldScope::Account, field, yearly: false }
    }

    /// A custom field of the job.
    #[must_use]
    pub fn job_field(field: FieldKey) -> Self {
        Self::Field { scope: FieldScope::Job, field, yearly: false }
    }
}
