//! Reads date expressions.
//!
//! ```text
//! expression = point [", keeping month end"] [", " adjustment] ["on" calendar]
//! point      = date | anchor | form
//!            | span ("before" | "after") point
//!            | day "of" window
//! day        = ordinal ["day"] | "last day"
//!            | (ordinal | "first" | "last") ("business day" | weekday)
//! window     = "the period"
//!            | "the" ("month" | "year") ("of" | "after" | "before") point
//!            | "the" ordinal ("month" | "year") ("after" | "before") point
//! anchor     = "creation" | "start" | "due" | "statutory" | "extended" | "stage entry"
//!            | "period start" | "period end" | "completion of task" name
//!            | ["yearly"] ("account." | "job.") name
//! form       = ["extended"] "due date of" ["payment" number "of"] "form" name
//! ```
//!
//! Every rule begins with a word of its own, so that one word ahead decides (`due` and `extended`
//! take a second one). Names are bare words, or stand in double quotes when they hold spaces,
//! commas or quotes. The words of the language have no case.

use std::str::FromStr;

use chrono::NaiveDate;

use super::expression::LAST_OF_YEAR;
use super::print::{ADJUSTMENTS, WEEKDAYS};
use super::read::{Kind, Reader};
use super::{DateAnchor, DateExpression, DatePoint, Day, Direction, FormDate, InvalidDate, Span, Window};
use crate::calendar::Adjustment;
use crate::definition::FieldScope;
use crate::document::quote;
use crate::id::{CalendarKey, FieldKey, InvalidKey, TemplateKey};
use crate::limits;

/// Words that a point may begin with.
const BEGINNINGS: [&str; 14] = [
    "creation",
    "start",
    "due",
    "statutory",
    "extended",
    "stage entry",
    "period start",
    "period end",
    "completion",
    "first",
    "last",
    "yearly",
    "account",
    "job",
];

impl FromStr for DateExpression {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let mut reader = Reader::new("a date", text)?;
        let mut expression = Self::new(point(&mut reader, limits::DATE_DEPTH)?);
        modifiers(&mut reader, &mut expression)?;
        Ok(expression)
    }
}

impl FromStr for DateAnchor {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let mut reader = Reader::new("a date to count from", text)?;
        match anchor_or_form(&mut reader)? {
            DatePoint::Anchor(anchor) => {
                reader.finish("the end of the text", &[])?;
                Ok(anchor)
            }
            _ => Err(reader.wrong_at(1, "the due date of a form is none that others can watch")),
        }
    }
}

/// What is said of the whole expression.
fn modifiers(reader: &mut Reader<'_>, expression: &mut DateExpression) -> Result<(), InvalidDate> {
    let mut more = reader.take_comma();
    if more && reader.take("keeping") {
        reader.expect("month", "`keeping month end`")?;
        reader.expect("end", "`keeping month end`")?;
        expression.keep_month_end = true;
        more = reader.take_comma();
    }
    if more {
        expression.adjustment = adjustment(reader)?;
    }
    if reader.take("on") {
        let at = reader.here();
        let name = reader.name("the name of a calendar")?;
        expression.calendar = Some(key(reader, at, CalendarKey::new(name))?);
    }
    reader.finish("the end of the date, `, following` or `on` a calendar", &["on"])
}

fn adjustment(reader: &mut Reader<'_>) -> Result<Adjustment, InvalidDate> {
    let words = ["following", "preceding", "nearest", "modified", "keeping"];
    let expected = "`following`, `preceding`, `modified following`, `modified preceding` or `nearest`";
    let found = if reader.take("modified") {
        match reader.word() {
            "following" => Adjustment::ModifiedFollowing,
            "preceding" => Adjustment::ModifiedPreceding,
            _ => return Err(reader.unexpected("`following` or `preceding`", &["following", "preceding"])),
        }
    } else {
        match ADJUSTMENTS.iter().find(|(_, word)| *word == reader.word()) {
            Some((adjustment, _)) => *adjustment,
            None => return Err(reader.unexpected(expected, &words)),
        }
    };
    reader.step();
    Ok(found)
}

fn point(reader: &mut Reader<'_>, depth: usize) -> Result<DatePoint, InvalidDate> {
    let Some(below) = depth.checked_sub(1) else {
        let max = limits::DATE_DEPTH;
        return Err(reader.wrong(format!("it is nested deeper than the limit DATE_DEPTH of {max}")));
    };
    if let Some(date) = date(reader)? {
        return Ok(DatePoint::On(date));
    }
    let word = reader.word();
    if matches!(word, "a" | "an" | "one") || (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())) {
        return counted(reader, below);
    }
    if matches!(word, "first" | "last") || ordinal(word).is_some() {
        return day_of(reader, below);
    }
    anchor_or_form(reader)
}

/// A date that begins like one must be one.
fn date(reader: &mut Reader<'_>) -> Result<Option<NaiveDate>, InvalidDate> {
    let word = reader.word();
    let shaped = word.split('-').count() == 3 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !shaped {
        return Ok(None);
    }
    let date = if word.len() == 10 { NaiveDate::from_str(word).ok() } else { None };
    let Some(date) = date else {
        let why = format!("{} is no date that exists, written `YYYY-MM-DD`", quote(&reader.peek().text));
        return Err(reader.wrong(why));
    };
    reader.step();
    Ok(Some(date))
}

fn counted(reader: &mut Reader<'_>, depth: usize) -> Result<DatePoint, InvalidDate> {
    let at = reader.here();
    let span = Span::read(reader)?;
    if span.unit.is_of_hours() {
        let why = format!("a date is counted in whole days, not in {}s; write days or weeks", span.unit.singular());
        return Err(reader.wrong_at(at, why));
    }
    let direction = match reader.word() {
        "before" => Direction::Before,
        "after" => Direction::After,
        _ => return Err(reader.unexpected("`before` or `after`", &["before", "after"])),
    };
    reader.step();
    Ok(DatePoint::Counted { span, direction, from: Box::new(point(reader, depth)?) })
}

fn day_of(reader: &mut Reader<'_>, depth: usize) -> Result<DatePoint, InvalidDate> {
    let day = day(reader)?;
    reader.expect("of", "`of`")?;
    let of = window(reader, depth)?;
    Ok(DatePoint::DayOf { day, of })
}

fn day(reader: &mut Reader<'_>) -> Result<Day, InvalidDate> {
    let last = reader.word() == "last";
    let n = ordinal(reader.word()).and_then(|n| u16::try_from(n).ok()).filter(|n| (1..=LAST_OF_YEAR).contains(n));
    let Some(n) = n.or(last.then_some(1)) else {
        return Err(reader.wrong(format!("days are counted from `1st` to `{LAST_OF_YEAR}th`")));
    };
    reader.step();
    let word = reader.word();
    let weekday = WEEKDAYS.iter().find(|(_, name)| name.to_lowercase() == word).map(|(weekday, _)| *weekday);
    let day = match (weekday, word, last) {
        (Some(weekday), _, true) => Day::LastWeekday(weekday),
        (Some(weekday), _, false) => Day::NthWeekday(n, weekday),
        (None, "business", last) => {
            reader.step();
            if reader.word() != "day" {
                return Err(reader.unexpected("`day`", &["day"]));
            }
            if last { Day::LastBusiness } else { Day::NthBusiness(n) }
        }
        (None, "day", true) => Day::Last,
        (None, "day", false) => Day::Nth(n),
        (None, "of", false) => return Ok(Day::Nth(n)),
        (None, _, last) => {
            let expected =
                if last { "`day`, `business day` or a weekday" } else { "`of`, `business day` or a weekday" };
            let days = WEEKDAYS.map(|(_, name)| name);
            let words: Vec<&str> = ["of", "day", "business"].into_iter().chain(days).collect();
            return Err(reader.unexpected(expected, &words));
        }
    };
    reader.step();
    Ok(day)
}

fn window(reader: &mut Reader<'_>, depth: usize) -> Result<Window, InvalidDate> {
    reader.expect("the", "`the month`, `the year` or `the period`")?;
    if reader.take("period") {
        return Ok(Window::Period);
    }
    let at = reader.here();
    let n = ordinal(reader.word());
    if n.is_some() {
        reader.step();
    }
    let year = match reader.word() {
        "month" => false,
        "year" => true,
        _ => {
            let expected = if n.is_some() { "`month` or `year`" } else { "`month`, `year`, `period` or a number" };
            return Err(reader.unexpected(expected, &["month", "year", "period"]));
        }
    };
    reader.step();
    let n = match n {
        Some(n) if n == 0 || n > limits::DATE_OFFSET => {
            let max = limits::DATE_OFFSET;
            return Err(reader.wrong_at(at, format!("months and years are counted from `1st` to `{max}th`")));
        }
        n => n.and_then(|n| i32::try_from(n).ok()),
    };
    let shift = match (reader.word(), n) {
        ("of", None) => 0,
        ("after", n) => n.unwrap_or(1),
        ("before", n) => n.unwrap_or(1).saturating_neg(),
        (_, Some(_)) => return Err(reader.unexpected("`after` or `before`", &["after", "before"])),
        (_, None) => return Err(reader.unexpected("`of`, `after` or `before`", &["of", "after", "before"])),
    };
    reader.step();
    let of = Box::new(point(reader, depth)?);
    Ok(if year { Window::Year { shift, of } } else { Window::Month { shift, of } })
}

fn anchor_or_form(reader: &mut Reader<'_>) -> Result<DatePoint, InvalidDate> {
    if reader.take_two("extended", "due") {
        return form(reader, true);
    }
    if reader.word() == "due" && reader.word_after() == "date" {
        reader.step();
        return form(reader, false);
    }
    let simple = match (reader.word(), reader.word_after()) {
        ("creation", _) => (1, DateAnchor::Creation),
        ("start", _) => (1, DateAnchor::Start),
        ("due", _) => (1, DateAnchor::Due),
        ("statutory", _) => (1, DateAnchor::Statutory),
        ("extended", _) => (1, DateAnchor::Extended),
        ("stage", "entry") => (2, DateAnchor::StageEntry),
        ("period", "start") => (2, DateAnchor::PeriodStart),
        ("period", "end") => (2, DateAnchor::PeriodEnd),
        _ => return Ok(DatePoint::Anchor(long_anchor(reader)?)),
    };
    for _ in 0..simple.0 {
        reader.step();
    }
    Ok(DatePoint::Anchor(simple.1))
}

fn long_anchor(reader: &mut Reader<'_>) -> Result<DateAnchor, InvalidDate> {
    match reader.word() {
        "stage" => {
            reader.step();
            Err(reader.unexpected("`entry`", &["entry"]))
        }
        "period" => {
            reader.step();
            Err(reader.unexpected("`start` or `end`", &["start", "end"]))
        }
        "completion" => {
            reader.step();
            reader.expect("of", "`of task` and a template's key")?;
            reader.expect("task", "`task` and a template's key")?;
            let at = reader.here();
            let name = reader.name("the key of a task template")?;
            Ok(DateAnchor::Completion(key(reader, at, TemplateKey::new(name))?))
        }
        "yearly" => {
            reader.step();
            field(reader, true)
        }
        _ => field(reader, false),
    }
}

fn field(reader: &mut Reader<'_>, yearly: bool) -> Result<DateAnchor, InvalidDate> {
    let scopes = [("account.", FieldScope::Account), ("job.", FieldScope::Job)];
    let found = scopes.into_iter().find(|(prefix, _)| reader.word().starts_with(prefix));
    let Some((prefix, scope)) = found else {
        if yearly {
            return Err(reader.unexpected("a field such as `account.fiscal_year_end`", &["account", "job"]));
        }
        // The end of a text is not where a word is wrong.
        let expected = if reader.peek().kind == Kind::End {
            "a date such as `due`, `period end` or `2026-04-15`"
        } else {
            "a date, or a date to count from such as `due` or `period end`,"
        };
        return Err(reader.unexpected_pair(expected, &BEGINNINGS));
    };
    let at = reader.here();
    let name = reader.name_after(prefix, "the name of a field")?;
    Ok(DateAnchor::Field { scope, field: key(reader, at, FieldKey::new(name))?, yearly })
}

fn form(reader: &mut Reader<'_>, extended: bool) -> Result<DatePoint, InvalidDate> {
    reader.expect("date", "`date of form` and a form's name")?;
    reader.expect("of", "`of form` and a form's name")?;
    let payment = if reader.take("payment") {
        let number =
            u8::try_from(reader.number(u32::from(u8::MAX), "is more than a form has payments")?).unwrap_or(u8::MAX);
        reader.expect("of", "`of form`")?;
        Some(number)
    } else {
        None
    };
    reader.expect("form", "`form` and its name")?;
    let at = reader.here();
    let mut form = FormDate { form: reader.name("the name of a form")?, payment, extended };
    crate::statutory::recognize(&mut form);
    crate::statutory::check(&form).map_err(|why| reader.wrong_at(at, why))?;
    Ok(DatePoint::Form(form))
}

/// A key, or an error at the place where it began.
fn key<K>(reader: &Reader<'_>, at: usize, key: Result<K, InvalidKey>) -> Result<K, InvalidDate> {
    key.map_err(|error| reader.wrong_at(at, error.to_string()))
}

/// The number of `4th` or `fourth`.
fn ordinal(word: &str) -> Option<u32> {
    const WORDS: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
        "twelfth",
    ];
    if let Some(place) = WORDS.iter().position(|known| *known == word) {
        return u32::try_from(place.saturating_add(1)).ok();
    }
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|suffix| word.strip_suffix(suffix))?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number that is too large is refused where its bounds are known.
    Some(digits.parse().unwrap_or(u32::MAX))
}
