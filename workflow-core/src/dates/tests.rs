//! The text of dates, and what days they come to.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::prelude::*;

use super::*;
use crate::calendar::{Adjustment, FirmCalendar};
use crate::definition::FieldScope;
use crate::id::{CalendarKey, FieldKey, TemplateKey};
use crate::limits;
use crate::model::{FieldValue, FirmSettings};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn read(text: &str) -> DateExpression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn calendar() -> FirmCalendar {
    let mut settings = FirmSettings::named("Firm");
    settings.holidays = ["2026-02-16", "2026-07-03"].map(day).into();
    FirmCalendar::new(&settings).expect("a calendar")
}

/// A job for 2025: every anchor has a date.
fn anchors(anchor: &DateAnchor) -> Option<NaiveDate> {
    let field = |text: &str, yearly| field_date(&FieldValue::Text(text.to_owned()), yearly, Some(day("2025-12-31")));
    match anchor {
        DateAnchor::Creation => Some(day("2026-01-05")),
        DateAnchor::Start => Some(day("2026-01-31")),
        DateAnchor::Due => Some(day("2026-04-01")),
        DateAnchor::Statutory => Some(day("2026-04-15")),
        DateAnchor::Extended => Some(day("2026-10-15")),
        DateAnchor::StageEntry => Some(day("2026-02-02")),
        DateAnchor::PeriodStart => Some(day("2025-01-01")),
        DateAnchor::PeriodEnd => Some(day("2025-12-31")),
        DateAnchor::Completion(template) => (template.as_str() == "review").then(|| day("2026-03-06")),
        DateAnchor::Field { field: key, yearly, .. } => match key.as_str() {
            "fiscal_year_end" => field("06-30", *yearly),
            "hearing date" => field("2026-05-20", *yearly),
            "founded" => field("1998-11-15", *yearly),
            _ => None,
        },
    }
}

fn resolved(text: &str) -> NaiveDate {
    read(text).resolve(&calendar(), &anchors).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// Texts in their one form, with the day they come to for the job of [`anchors`].
const EXAMPLES: &[(&str, &str)] = &[
    ("2026-04-15", "2026-04-15"),
    ("creation", "2026-01-05"),
    ("start", "2026-01-31"),
    ("due", "2026-04-01"),
    ("statutory", "2026-04-15"),
    ("extended", "2026-10-15"),
    ("stage entry", "2026-02-02"),
    ("period start", "2025-01-01"),
    ("period end", "2025-12-31"),
    ("completion of task review", "2026-03-06"),
    ("account.fiscal_year_end", "2025-06-30"),
    ("job.\"hearing date\"", "2026-05-20"),
    ("account.founded", "1998-11-15"),
    ("yearly account.founded", "2025-11-15"),
    ("3 business days before statutory", "2026-04-10"),
    ("10 days after creation", "2026-01-15"),
    ("2 weeks before due", "2026-03-18"),
    ("1 month after period end", "2026-01-31"),
    ("2 months after period end", "2026-02-28"),
    ("1 year before period end", "2024-12-31"),
    ("1 business day after completion of task review", "2026-03-09"),
    ("0 business days after start", "2026-02-02"),
    ("0 business days before start", "2026-01-30"),
    // Presidents' Day is a holiday of the firm.
    ("1 business day after 2026-02-13", "2026-02-17"),
    ("1 day after 2 weeks after due", "2026-04-16"),
    ("last business day of the month of period end", "2025-12-31"),
    ("last business day of the month of start", "2026-01-30"),
    ("last business day of the period", "2025-12-31"),
    ("first business day of the period", "2025-01-01"),
    ("first business day of the month after start", "2026-02-02"),
    ("3rd business day of the month after period end", "2026-01-05"),
    ("99th business day of the month of start", "2026-01-30"),
    ("last day of the period", "2025-12-31"),
    ("last day of the 3rd month after period end", "2026-03-31"),
    ("last day of the year of due", "2026-12-31"),
    ("first business day of the year after period end", "2026-01-01"),
    ("last day of the month before period start", "2024-12-31"),
    ("31st of the 2nd month after period end", "2026-02-28"),
    ("1st of the month of due", "2026-04-01"),
    ("2nd Tuesday of the month of due", "2026-04-14"),
    ("last Friday of the month of due", "2026-04-24"),
    ("9th Monday of the month of due", "2026-04-27"),
    ("15th of the month after period end", "2026-01-15"),
    ("15th of the 4th month after account.fiscal_year_end, following", "2025-10-15"),
    ("15th of the 2nd month after period end, following", "2026-02-17"),
    ("15th of the 2nd month after period end, preceding", "2026-02-13"),
    ("15th of the 2nd month after period end, nearest", "2026-02-17"),
    ("start, modified following", "2026-01-30"),
    ("2026-02-01, modified preceding", "2026-02-02"),
    ("16th of the 4th month after period end, following on us-dc", "2026-04-17"),
    ("1 month after 2026-02-28, keeping month end", "2026-03-31"),
    ("1 month after 2026-02-28", "2026-03-28"),
    ("1 month after 2026-02-28, keeping month end, following on us-federal", "2026-03-31"),
    ("due date of form 1040", "2026-04-15"),
    ("extended due date of form 1040", "2026-10-15"),
    ("10 business days before due date of form 1120-S", "2026-03-02"),
    ("due date of payment 4 of form 1040-ES", "2026-01-15"),
];

#[test]
fn s6_2_dates_are_written_in_words_and_come_to_days() {
    let mut wrong = Vec::new();
    for (text, expected) in EXAMPLES {
        let expression = read(text);
        assert_eq!(expression.to_string(), *text);
        assert_eq!(expression.check(), Ok(()), "{text}");
        let found = resolved(text);
        if found != day(expected) {
            wrong.push(format!("{text}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn s6_2_other_ways_to_write_a_date_have_one_form() {
    for (text, form) in [
        ("  3   Business  Days BEFORE Statutory ", "3 business days before statutory"),
        ("a month after period end", "1 month after period end"),
        ("1 months after due", "1 month after due"),
        ("3 business day before due", "3 business days before due"),
        ("fifteenth of the month of due", ""),
        ("first of the month of due", "1st of the month of due"),
        ("15th day of the fourth month after due", "15th of the 4th month after due"),
        ("15th of the 1st month after due", "15th of the month after due"),
        ("1st business day of the period", "first business day of the period"),
        ("third friday of the month of due", "3rd Friday of the month of due"),
        ("due,following", "due, following"),
        ("due , following on \"us-dc\"", "due, following on us-dc"),
        ("due date of form 1120s", "due date of form 1120-S"),
        ("due date of form fbar", "due date of form FBAR"),
        ("due date of form \"FinCEN 114\"", "due date of form FBAR"),
        ("account.\"fiscal_year_end\"", "account.fiscal_year_end"),
    ] {
        match text.parse::<DateExpression>() {
            Ok(expression) => assert_eq!(expression.to_string(), form),
            Err(error) => assert!(form.is_empty(), "{error}"),
        }
    }
}

#[test]
fn s12_2_a_wrong_date_says_where_and_what_was_expected() {
    let mut wrong = Vec::new();
    for (text, position, parts) in [
        ("", 1, vec!["the text ends", "a date such as `due`"]),
        ("deu", 1, vec!["there is `deu`", "did you mean `due`?"]),
        ("statutary", 1, vec!["did you mean `statutory`?"]),
        ("3 busines days before due", 3, vec!["`busines`", "did you mean `business`?"]),
        ("3 business das before due", 12, vec!["`das`", "did you mean `days`?"]),
        ("3 business days befor due", 17, vec!["`befor`", "did you mean `before`?"]),
        ("3 business days before", 23, vec!["the text ends where"]),
        ("3 hours before due", 1, vec!["whole days"]),
        ("-3 days before due", 1, vec!["`-3`"]),
        ("20000 days after due", 1, vec!["DATE_OFFSET of 10000"]),
        ("stage entri", 7, vec!["`entry`"]),
        ("perod end", 1, vec!["did you mean `period end`?"]),
        ("period", 7, vec!["`start` or `end`"]),
        ("15th of month after due", 9, vec!["`the month`"]),
        ("15th of the 0th month after due", 13, vec!["counted from `1st`"]),
        ("400th of the year of due", 1, vec!["counted from `1st` to `366th`"]),
        ("last busines day of the period", 6, vec!["did you mean `business`?"]),
        ("last day of the perod", 17, vec!["did you mean `period`?"]),
        ("due, folowing", 6, vec!["did you mean `following`?"]),
        ("due following", 5, vec!["`following`", "`, following`"]),
        ("due, following in us-dc", 16, vec!["`in`"]),
        ("due, following on", 18, vec!["the name of a calendar"]),
        ("due, following, keeping month end", 15, vec!["`,`"]),
        ("2026-02-30", 1, vec!["no date that exists", "YYYY-MM-DD"]),
        ("2026-2-3", 1, vec!["YYYY-MM-DD"]),
        ("account.", 9, vec!["the name of a field"]),
        ("account.\"x", 9, vec!["not closed"]),
        ("completion of task", 19, vec!["the key of a task template"]),
        ("due date of form 1041x", 18, vec!["did you mean `1041`?"]),
        ("due date of form 9999999", 18, vec!["the forms are 1040, 1065"]),
        ("extended due date of form 941", 27, vec!["no extension"]),
        ("due date of payment 5 of form 1040-ES", 31, vec!["from 1 to 4"]),
        ("due date of payment 1 of form 1040", 31, vec!["no payments"]),
        ("1 day after 1 day after 1 day after 1 day after 1 day after 1 day after due", 73, vec!["DATE_DEPTH of 6"]),
    ] {
        let error = text.parse::<DateExpression>().expect_err(text);
        let says = |part: &&str| error.to_string().contains(part);
        if error.position() != position || !parts.iter().all(says) {
            wrong.push(error.to_string());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let error = "d".repeat(limits::DATE_BYTES + 1).parse::<DateExpression>().expect_err("too long");
    assert!(error.to_string().contains("DATE_BYTES of 1000 (it is 1001)") && error.to_string().len() < 300, "{error}");
}

#[test]
fn s5_8_durations_are_written_in_words() {
    for (text, span) in [
        ("90 minutes", Span::minutes(90)),
        ("1 hour", Span::hours(1)),
        ("4 business hours", Span::new(4, SpanUnit::BusinessHours)),
        ("3 days", Span::days(3)),
        ("2 business days", Span::business_days(2)),
        ("1 week", Span::weeks(1)),
        ("1 month", Span::months(1)),
        ("2 years", Span::years(2)),
        ("0 days", Span::days(0)),
    ] {
        assert_eq!(text.parse::<Span>(), Ok(span));
        assert_eq!(span.to_string(), text);
        let json = serde_json::to_value(span).expect("json");
        assert_eq!(json, text);
        assert_eq!(serde_json::from_value::<Span>(json).expect("a span"), span);
    }
    for (text, position, part) in [
        ("", 1, "a number"),
        ("3", 2, "a unit such as"),
        ("3 dasy", 3, "did you mean `days`?"),
        ("three days", 1, "a number"),
        ("2 business weeks", 12, "`days` or `hours`"),
        ("3 days ago", 8, "the end of the duration"),
        ("3.5 days", 1, "a number"),
        ("10001 days", 1, "DATE_OFFSET of 10000"),
    ] {
        let error = text.parse::<Span>().expect_err(text);
        assert_eq!(error.position(), position, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn s6_2_a_date_without_its_anchor_says_which_is_missing() {
    let none = |_: &DateAnchor| None;
    let why = |text: &str| read(text).resolve(&calendar(), &none).expect_err(text).to_string();
    assert_eq!(why("3 days after account.\"x y\""), "`account.\"x y\"`, which it counts from, is not set");
    assert_eq!(why("last business day of the period"), "`period end`, which it counts from, is not set");
    assert!(why("due date of form 1040").contains("`period start`"));
    assert!(why("2026-01-01, following on nowhere").contains("no calendar `nowhere`"));
    assert!(why("10000 years after 2026-01-01").contains("out of range"));
    // A period that has only an end has a last day.
    let end_only = |anchor: &DateAnchor| (*anchor == DateAnchor::PeriodEnd).then(|| day("2025-12-31"));
    let last = read("last business day of the period").resolve(&calendar(), &end_only);
    assert_eq!(last, Ok(day("2025-12-31")));
    // A period without an open day has no last one.
    let weekend = |anchor: &DateAnchor| match anchor {
        DateAnchor::PeriodStart => Some(day("2026-01-03")),
        DateAnchor::PeriodEnd => Some(day("2026-01-04")),
        _ => None,
    };
    let closed = read("first business day of the period").resolve(&calendar(), &weekend);
    assert_eq!(closed, Err(Unresolved::NoOpenDay(Window::Period)));
}

#[test]
fn s6_2_fields_hold_dates_or_months_and_days() {
    let field = |text: &str, yearly, end: &str| {
        field_date(&FieldValue::Text(text.to_owned()), yearly, end.parse().ok()).map(|date| date.to_string())
    };
    for (text, yearly, end, expected) in [
        ("2024-02-29", false, "2025-12-31", Some("2024-02-29")),
        ("2024-02-29", false, "", Some("2024-02-29")),
        ("2024-02-29", true, "2025-12-31", Some("2025-02-28")),
        ("2024-02-29", true, "", None),
        ("12-31", false, "2025-12-31", Some("2025-12-31")),
        ("12-31", false, "2025-12-30", Some("2024-12-31")),
        ("06-30", false, "2025-12-31", Some("2025-06-30")),
        ("06-30", false, "2025-06-30", Some("2025-06-30")),
        ("06-30", false, "2025-06-29", Some("2024-06-30")),
        ("02-29", false, "2024-12-31", Some("2024-02-29")),
        ("02-29", false, "2025-12-31", Some("2025-02-28")),
        ("12-31", false, "", None),
        ("13-01", false, "2025-12-31", None),
        ("2025-13-01", false, "2025-12-31", None),
        ("soon", false, "2025-12-31", None),
        ("", false, "2025-12-31", None),
    ] {
        assert_eq!(field(text, yearly, end).as_deref(), expected, "{text} {yearly} {end}");
    }
    assert_eq!(field_date(&FieldValue::Integer(1231), false, Some(day("2025-12-31"))), None);
}

#[test]
fn s6_2_dates_say_what_they_watch() {
    let watched = |text: &str| read(text).watched().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    assert_eq!(watched("2026-04-15"), "");
    assert_eq!(watched("3 days after creation"), "");
    assert_eq!(watched("3 days after 1 week before due"), "due");
    assert_eq!(watched("15th of the month after yearly account.x"), "account.x, period start, period end");
    assert_eq!(watched("last day of the period"), "period start, period end");
    assert_eq!(watched("due date of form 1065"), "period start, period end");
    assert_eq!(watched("completion of task \"a b\""), "completion of task \"a b\"");
}

fn text_key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z0-9_.-]{0,12}", "[!-~é]([ -~é]{0,8}[!-~é])?", "\\PC{1,8}"]
}

fn key<K: for<'a> TryFrom<&'a str> + std::fmt::Debug>() -> impl Strategy<Value = K> {
    text_key().prop_filter_map("a key", |text| K::try_from(text.as_str()).ok())
}

fn date() -> impl Strategy<Value = NaiveDate> {
    (1..=9_999_i32, 1..=366_u32).prop_filter_map("a date", |(year, ordinal)| NaiveDate::from_yo_opt(year, ordinal))
}

fn span() -> impl Strategy<Value = Span> {
    let units = [SpanUnit::Days, SpanUnit::BusinessDays, SpanUnit::Weeks, SpanUnit::Months, SpanUnit::Years];
    (prop_oneof![0..5_u32, 0..=10_000_u32], prop::sample::select(units.to_vec()))
        .prop_map(|(n, unit)| Span::new(n, unit))
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0..7_u8).prop_map(|day| Weekday::try_from(day).expect("a weekday"))
}

fn anchor() -> impl Strategy<Value = DateAnchor> {
    let scope = prop_oneof![Just(FieldScope::Account), Just(FieldScope::Job)];
    prop_oneof![
        prop::sample::select(vec![
            DateAnchor::Creation,
            DateAnchor::Start,
            DateAnchor::Due,
            DateAnchor::Statutory,
            DateAnchor::Extended,
            DateAnchor::StageEntry,
            DateAnchor::PeriodStart,
            DateAnchor::PeriodEnd,
        ]),
        key::<TemplateKey>().prop_map(DateAnchor::Completion),
        (scope, key::<FieldKey>(), any::<bool>()).prop_map(|(scope, field, yearly)| DateAnchor::Field {
            scope,
            field,
            yearly
        }),
    ]
}

fn picked() -> impl Strategy<Value = Day> {
    prop_oneof![
        (1..=366_u16).prop_map(Day::Nth),
        Just(Day::Last),
        (1..=366_u16).prop_map(Day::NthBusiness),
        Just(Day::LastBusiness),
        (1..=366_u16, weekday()).prop_map(|(n, weekday)| Day::NthWeekday(n, weekday)),
        weekday().prop_map(Day::LastWeekday),
    ]
}

fn form() -> impl Strategy<Value = DatePoint> {
    let form =
        |(form, payment, extended): (&str, Option<u8>, bool)| FormDate { form: form.to_owned(), payment, extended };
    let forms = [("1040", None, false), ("FBAR", None, true), ("1040-ES", Some(3), false), ("941", None, false)];
    prop::sample::select(forms.map(form).to_vec()).prop_map(DatePoint::Form)
}

fn point() -> impl Strategy<Value = DatePoint> {
    let leaf = prop_oneof![
        date().prop_map(DatePoint::On),
        anchor().prop_map(DatePoint::Anchor),
        form(),
        picked().prop_map(|day| DatePoint::DayOf { day, of: Window::Period }),
    ];
    leaf.prop_recursive(4, 5, 1, |inner| {
        let inner = inner.prop_map(Box::new);
        prop_oneof![
            (span(), any::<bool>(), inner.clone()).prop_map(|(span, after, from)| {
                let direction = if after { Direction::After } else { Direction::Before };
                DatePoint::Counted { span, direction, from }
            }),
            (picked(), -40..40_i32, any::<bool>(), inner).prop_map(|(day, shift, year, of)| {
                let of = if year { Window::Year { shift, of } } else { Window::Month { shift, of } };
                DatePoint::DayOf { day, of }
            }),
        ]
    })
}

fn adjustment() -> impl Strategy<Value = Adjustment> {
    prop::sample::select(vec![
        Adjustment::Exact,
        Adjustment::Following,
        Adjustment::Preceding,
        Adjustment::ModifiedFollowing,
        Adjustment::ModifiedPreceding,
        Adjustment::Nearest,
    ])
}

fn expression() -> impl Strategy<Value = DateExpression> {
    let calendar = prop_oneof![
        2 => Just(None),
        1 => Just(Some("us-dc".parse().expect("a key"))),
        1 => key::<CalendarKey>().prop_map(Some),
    ];
    (point(), any::<bool>(), adjustment(), calendar).prop_map(|(point, keep_month_end, adjustment, calendar)| {
        DateExpression { point, keep_month_end, adjustment, calendar }
    })
}

proptest! {
    #[test]
    fn s6_2_what_is_written_is_read_back(expression in expression()) {
        let text = expression.to_string();
        prop_assert!(text.len() <= limits::DATE_BYTES);
        prop_assert_eq!(expression.check(), Ok(()), "{}", text);
        let read = text.parse::<DateExpression>();
        prop_assert_eq!(read.as_ref(), Ok(&expression), "{}", text);
        // JSON carries the same text.
        let json = serde_json::to_value(&expression).expect("json");
        prop_assert_eq!(serde_json::from_value::<DateExpression>(json).expect("a date"), expression);
    }

    #[test]
    fn s6_2_whatever_is_read_has_one_form(text in prop_oneof![
        "\\PC{0,40}",
        "(a|3|15th|last|first|the|of|day|business|month|year|period|end|after|before|due|date|form|1040|,|on|following|account.x| ){0,14}",
        "(3|15th|last) (day|days|business day|business days|months) (of the month of|of the 2nd month after|before|after) (due|period end|extended|the period)(, following| on us-dc)?",
    ]) {
        if let Ok(expression) = text.parse::<DateExpression>() {
            let form = expression.to_string();
            prop_assert_eq!(form.parse::<DateExpression>().map(|again| again.to_string()), Ok(form));
        }
        if let Ok(span) = text.parse::<Span>() {
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }
    }

    #[test]
    fn s6_2_whatever_is_resolved_never_panics_and_is_adjusted(expression in expression(), base in date()) {
        let calendar = calendar();
        if let Ok(date) = expression.resolve(&calendar, &|_| Some(base)) {
            prop_assert!((1..=9_999).contains(&date.year()));
            let open = calendar.business(expression.calendar.as_ref()).expect("it resolved").is_open(date);
            prop_assert!(open || expression.adjustment == Adjustment::Exact);
        }
    }

    #[test]
    fn s6_2_days_and_weeks_shift_and_come_back(base in date(), n in 0..2_000_u32, m in 0..2_000_u32) {
        let calendar = calendar();
        let at = |expression: DateExpression| expression.resolve(&calendar, &|_| Some(base));
        let due = || DateExpression::from(DateAnchor::Due);
        if let Ok(date) = at(due().after(Span::days(n)).before(Span::days(n))) {
            prop_assert_eq!(date, base);
        }
        prop_assert_eq!(at(due().after(Span::weeks(n))), at(due().after(Span::days(7 * n))));
        prop_assert_eq!(at(due().after(Span::years(n))), at(due().after(Span::months(12 * n))));
        if let (Ok(both), Ok(sum)) = (at(due().after(Span::days(n)).after(Span::days(m))), at(due().after(Span::days(n + m)))) {
            prop_assert_eq!(both, sum);
        }
        // Business days add up, once the first step has found an open day.
        let steps = at(due().after(Span::business_days(n)).after(Span::business_days(m)));
        if let (Ok(steps), Ok(sum)) = (steps, at(due().after(Span::business_days(n + m)))) {
            prop_assert_eq!(steps, sum);
        }
        // Later is never earlier.
        if let (Ok(one), Ok(more)) = (at(due().after(Span::months(n))), at(due().after(Span::months(n + 1)))) {
            prop_assert!(one < more);
            prop_assert!(one.day() <= base.day());
        }
    }

    #[test]
    fn s6_2_a_day_of_a_month_lies_in_it(base in date(), day in picked(), shift in -40..40_i32) {
        let calendar = calendar();
        let of = |day| DateExpression::day(day, Window::month_after(shift, DateAnchor::Due));
        let at = |day| of(day).resolve(&calendar, &|_| Some(base));
        if let (Ok(first), Ok(date), Ok(last)) = (at(Day::Nth(1)), at(day), at(Day::Last)) {
            prop_assert!(first <= date && date <= last);
            prop_assert_eq!(first.day(), 1);
            prop_assert_eq!(last.checked_add_days(Days::new(1)).map_or(1, |next| next.day()), 1);
            let months = (first.year() - base.year()) * 12 + first.month() as i32 - base.month() as i32;
            prop_assert_eq!(months, shift);
        }
    }
}
