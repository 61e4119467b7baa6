//! Holidays from iCalendar files (RFC 5545), as governments and calendar programs publish them.

mod event;
mod lines;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::holidays::{Holiday, HolidayRule, HolidaySet};
use crate::document::quote;
use crate::error::{Problem, Rejection, Severity};
use crate::limits::{
    DOCUMENT_DEPTH, HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR, HOLIDAY_RULES, ICS_DAYS, NAME_BYTES, PROBLEMS,
};
use event::{Event, Window};
use lines::ContentLine;

/// What an iCalendar file says of holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedHolidays {
    /// One holiday for each event that has days in the years asked for, as a list of dates.
    pub set: HolidaySet,
    /// Events that were left out because they have times, as warnings with their lines.
    pub left_out: Vec<Problem>,
}

impl HolidaySet {
    /// Reads the whole-day events of an iCalendar file as holidays of a range of years.
    ///
    /// Recurring events (RRULE, RDATE, EXDATE, changed instances by RECURRENCE-ID) become the dates
    /// they have in those years; DTSTART is always one of them. Cancelled events are left out
    /// without a word, and events with times are left out with a warning.
    ///
    /// ```
    /// use workflow_core::calendar::HolidaySet;
    ///
    /// let file = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200704\r\n\
    ///     RRULE:FREQ=YEARLY\r\nSUMMARY:Independence Day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    /// let imported = HolidaySet::from_ics(file, 2026..=2030)?;
    /// assert_eq!(imported.set.in_year(2028)[0].date.to_string(), "2028-07-04");
    /// # Ok::<(), workflow_core::error::Rejection>(())
    /// ```
    ///
    /// # Errors
    /// [`Rejection::Document`] with every problem and its line; [`Rejection::Invalid`] when the
    /// range is empty or outside the years for which holidays are given.
    pub fn from_ics(bytes: &[u8], years: RangeInclusive<i32>) -> Result<ImportedHolidays, Rejection> {
        let window = Window::of(&years).ok_or_else(|| {
            Rejection::invalid(
                "years",
                format!(
                    "{} to {} is no range within {HOLIDAY_FIRST_YEAR} to {HOLIDAY_LAST_YEAR} \
                     (HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR)",
                    years.start(),
                    years.end()
                ),
            )
        })?;
        let (lines, mut problems) = lines::read(bytes);
        if let Some(too_big) = problems.iter().find(|problem| problem.code == "too_big") {
            return Err(Rejection::Document(vec![too_big.clone()]));
        }
        let file = File::of(lines, &mut problems);
        let set = file.holidays(&window, &mut problems);
        problems.sort_by_key(|problem| problem.line);
        let (errors, left_out): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.severity == Severity::Error);
        let cut = |mut problems: Vec<Problem>| {
            problems.truncate(PROBLEMS);
            problems
        };
        if errors.is_empty() {
            Ok(ImportedHolidays { set, left_out: cut(left_out) })
        } else {
            Err(Rejection::Document(cut(errors)))
        }
    }
}

/// A file's events, each with its own lines, and its name.
#[derive(Default)]
struct File {
    name: Option<String>,
    events: Vec<(u32, Vec<ContentLine>)>,
}

impl File {
    fn of(lines: Vec<ContentLine>, problems: &mut Vec<Problem>) -> Self {
        let mut file = Self::default();
        let mut open: Vec<(String, u32)> = Vec::new();
        let mut wrong = |line: u32, message: String| {
            problems.push(Problem::error("", "syntax", message).at_line(Some(line)));
        };
        for line in lines {
            match line.name.as_str() {
                "BEGIN" if open.len() >= DOCUMENT_DEPTH => {
                    wrong(line.line, format!("components are nested deeper than DOCUMENT_DEPTH, {DOCUMENT_DEPTH}"));
                    return file;
                }
                "BEGIN" => {
                    let component = line.value.trim().to_ascii_uppercase();
                    if open.is_empty() && component != "VCALENDAR" {
                        wrong(line.line, format!("expected BEGIN:VCALENDAR, found {}", quote(&component)));
                    }
                    if component == "VEVENT" {
                        file.events.push((line.line, Vec::new()));
                    }
                    open.push((component, line.line));
                }
                "END" => {
                    let component = line.value.trim().to_ascii_uppercase();
                    match open.iter().rposition(|(begun, _)| *begun == component) {
                        None => wrong(line.line, format!("{} ends and was never begun", quote(&component))),
                        Some(place) => {
                            for (begun, at) in open.drain(place..).skip(1) {
                                let message = format!("{} of line {at} is not ended before this", quote(&begun));
                                wrong(line.line, message);
                            }
                        }
                    }
                }
                _ => match open.last().map(|(component, _)| component.as_str()) {
                    Some("VEVENT") => file.events.last_mut().into_iter().for_each(|event| event.1.push(line.clone())),
                    Some("VCALENDAR") if line.name == "X-WR-CALNAME" => {
                        file.name =
                            Some(lines::text(&line.value)).filter(|name| (1..=NAME_BYTES).contains(&name.len()));
                    }
                    Some(_) => {}
                    None => wrong(
                        line.line,
                        format!("{} stands outside BEGIN:VCALENDAR and END:VCALENDAR", quote(&line.name)),
                    ),
                },
            }
        }
        if let Some((begun, at)) = open.last() {
            wrong(*at, format!("{} is begun and never ended; the file may be cut off", quote(begun)));
        }
        file
    }

    fn holidays(&self, window: &Window, problems: &mut Vec<Problem>) -> HolidaySet {
        if self.events.len() > HOLIDAY_RULES {
            let (line, count) = (self.events.get(HOLIDAY_RULES).map(|(line, _)| *line), self.events.len());
            let message = format!("the file has {count} events, past the limit HOLIDAY_RULES of {HOLIDAY_RULES}");
            problems.push(Problem::error("", "too_long", message).at_line(line));
            return HolidaySet::default();
        }
        let events: Vec<Event> = self
            .events
            .iter()
            .enumerate()
            .filter_map(|(place, (line, lines))| Event::of(place, *line, lines, problems))
            .collect();
        // Instances that an event of their own stands for.
        let mut changed: BTreeMap<&str, BTreeSet<NaiveDate>> = BTreeMap::new();
        for event in &events {
            if let (Some(uid), Some(instance)) = (&event.uid, event.instance) {
                changed.entry(uid).or_default().insert(instance);
            }
        }
        let none = BTreeSet::new();
        let (mut holidays, mut days) = (Vec::new(), 0usize);
        for event in events.iter().filter(|event| !event.cancelled) {
            let uid = event.uid.as_deref().filter(|_| event.instance.is_none());
            let changed = uid.and_then(|uid| changed.get(uid)).unwrap_or(&none);
            let dates = event.dates(window, changed, problems);
            days = days.saturating_add(dates.len());
            if days > ICS_DAYS {
                let message = format!("the events have more days in these years than the limit ICS_DAYS of {ICS_DAYS}");
                problems.push(Problem::error("", "too_long", message).at_line(Some(event.line)));
                break;
            }
            if !dates.is_empty() {
                holidays.push(Holiday::new(event.name.clone(), HolidayRule::Dates(dates)));
            }
        }
        HolidaySet { name: self.name.clone(), sources: Vec::new(), holidays }
    }
}
