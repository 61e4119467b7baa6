use super::super::{Adjustment, BuiltIn};
use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn read(text: &str) -> HolidaySet {
    HolidaySet::read(text.as_bytes()).expect("a set")
}

/// Closed weekdays of a year, as month and day.
fn weekdays(set: &HolidaySet, year: i32) -> Vec<String> {
    let mut days: Vec<NaiveDate> =
        set.in_year(year).into_iter().map(|day| day.date).filter(|day| !is_weekend(*day)).collect();
    days.dedup();
    days.into_iter().map(|day| day.format("%m-%d").to_string()).collect()
}

#[test]
fn s9_2_federal_holidays_are_those_of_each_years_law() {
    let federal = &BuiltIn::named("us-federal").expect("built in").set;
    for (year, expected) in [
        // Before the Monday holidays.
        (1970, "01-01 02-23 05-29 07-03 09-07 11-11 11-26 12-25"),
        (1971, "01-01 02-15 05-31 07-05 09-06 10-11 10-25 11-25 12-24 12-31"),
        (1977, "02-21 05-30 07-04 09-05 10-10 10-24 11-24 12-26"),
        (1978, "01-02 02-20 05-29 07-04 09-04 10-09 11-10 11-23 12-25"),
        (1985, "01-01 02-18 05-27 07-04 09-02 10-14 11-11 11-28 12-25"),
        (1986, "01-01 01-20 02-17 05-26 07-04 09-01 10-13 11-11 11-27 12-25"),
        (2010, "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2020, "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"),
        (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
        // Saturdays were not moved, Thanksgiving was.
        (1939, "01-02 02-22 05-30 07-04 09-04 11-23 12-25"),
        (1941, "01-01 05-30 07-04 09-01 11-11 11-20 12-25"),
        (1942, "01-01 02-23 09-07 11-11 11-26 12-25"),
    ] {
        assert_eq!(weekdays(federal, year).join(" "), expected, "{year}");
    }
}

#[test]
fn s9_2_due_dates_wait_for_the_holidays_of_the_district() {
    let dc = &BuiltIn::named("us-dc").expect("built in").calendar;
    for (year, due) in [
        (2005, "04-15"),
        (2006, "04-17"),
        (2007, "04-17"),
        (2011, "04-18"),
        (2012, "04-17"),
        (2016, "04-18"),
        (2017, "04-18"),
        (2018, "04-17"),
        (2022, "04-18"),
        (2023, "04-18"),
        (2024, "04-15"),
        (2025, "04-15"),
        (2026, "04-15"),
    ] {
        let found = dc.adjust(date(&format!("{year}-04-15")), Adjustment::Following);
        assert_eq!(found, Some(date(&format!("{year}-{due}"))));
    }
    // Inauguration: a Sunday goes to Monday, a Saturday nowhere, and other years have none.
    for (day, open) in [
        ("2021-01-20", false),
        ("2022-01-20", true),
        ("1985-01-21", false),
        ("2001-01-19", true),
        ("2025-01-20", false),
        ("1933-01-20", true),
        ("1937-01-20", false),
    ] {
        assert_eq!(dc.is_open(date(day)), open, "{day}");
    }
}

#[test]
fn s9_2_bank_holidays_of_england_and_wales_are_those_published() {
    let uk = &BuiltIn::named("uk-england-wales").expect("built in").set;
    for (year, expected) in [
        (1995, "01-02 04-14 04-17 05-08 05-29 08-28 12-25 12-26"),
        (1999, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28 12-31"),
        (2002, "01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26"),
        (2011, "01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27"),
        (2012, "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26"),
        (2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"),
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"),
        (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
    ] {
        assert_eq!(weekdays(uk, year).join(" "), expected, "{year}");
    }
    let days = uk.in_year(2022);
    let substitute = days.iter().find(|day| day.date == date("2022-12-27")).expect("closed");
    assert_eq!((substitute.name, substitute.in_lieu), ("Christmas Day", true));
}

#[test]
fn s9_2_every_rule_makes_its_days() {
    let set = read(
        "holidays:
- {name: a, on: {weekday_on_or_after: {weekday: Sat, date: {month: 6, day: 20}}}}
- {name: b, on: {weekday_on_or_before: {weekday: Mon, date: {month: 5, day: 24}}}}
- {name: c, on: {nth_weekday: {nth: 5, weekday: Fri, month: 1}}}
- {name: d, on: {fixed: {month: 2, day: 29}}}
- {name: e, on: {easter: 49}}
- {name: f, on: {fixed: {month: 8, day: 1}}, observed: next_monday}
- {name: g, on: {fixed: {month: 9, day: 9}}, from: 2024, until: 2030, every: 3, except: [2027]}
- {name: h, on: {dates: ['2026-07-15', '2027-07-15']}, until: 2026}\n",
    );
    let found = |year| -> Vec<String> {
        set.in_year(year).into_iter().map(|day| format!("{} {}", day.name, day.date.format("%m-%d"))).collect()
    };
    // Midsummer is Saturday the 20th; Victoria Day is Monday before the 25th; five Fridays.
    assert_eq!(found(2026), ["c 01-30", "b 05-18", "e 05-24", "a 06-20", "h 07-15", "f 08-01", "f 08-03"]);
    assert_eq!(found(2027), ["c 01-29", "e 05-16", "b 05-24", "a 06-26", "f 08-01", "f 08-02"]);
    assert_eq!(found(2028), ["d 02-29", "b 05-22", "e 06-04", "a 06-24", "f 08-01"]);
    assert_eq!(found(2024).iter().filter(|day| day.starts_with('g')).count(), 1);
    assert_eq!(found(2030).iter().filter(|day| day.starts_with('g')).count(), 1);
}

#[test]
fn s12_1_rules_hold_between_the_first_and_the_last_year() {
    let set = read("holidays: [{name: a, on: {fixed: {month: 1, day: 1}}, observed: friday_or_monday}]");
    assert!(set.in_year(HOLIDAY_FIRST_YEAR - 1).is_empty() && set.in_year(HOLIDAY_LAST_YEAR + 1).is_empty());
    assert!(set.in_year(i32::MIN).is_empty() && set.in_year(i32::MAX).is_empty());
    let all = set.dates();
    assert_eq!(all.first(), Some(&date("1900-01-01")));
    assert_eq!(all.last(), Some(&date("2200-01-01")));
}

#[test]
fn s9_2_a_set_is_told_every_mistake_of_form() {
    let text = "nam: x
holidays:
- {name: a, on: {fixed: {month: 13, day: 1}}}
- {name: b, on: {nth_weekday: {nth: 6, weekday: Mo, month: 1}}}
- {name: c, on: {eastern: 1}, observed: monday}
- {on: {dates: ['2026-02-30']}, from: 1800}
";
    let Err(Rejection::Document(problems)) = HolidaySet::read(text.as_bytes()) else { panic!("not refused") };
    let found: Vec<_> = problems.iter().map(|problem| (problem.path.as_str(), problem.line)).collect();
    let at = |line| Some(line);
    for expected in [
        ("nam", at(1)),
        ("holidays[0].on.fixed.month", at(3)),
        ("holidays[1].on.nth_weekday.nth", at(4)),
        ("holidays[1].on.nth_weekday.weekday", at(4)),
        ("holidays[2].on.eastern", at(5)),
        ("holidays[2].observed", at(5)),
        ("holidays[3].name", at(6)),
        ("holidays[3].on.dates[0]", at(6)),
        ("holidays[3].from", at(6)),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
}

#[test]
fn s9_2_a_set_is_told_every_mistake_of_sense() {
    let text = "name: ' '
holidays:
- {name: a, on: {fixed: {month: 2, day: 30}}}
- {name: b, on: {easter: 1}, from: 2010, until: 2009}
- {name: c, on: {easter: 1}, every: 4}
- {name: d, on: {dates: []}}
- {name: e, on: {dates: ['1899-12-31']}, except: [2300]}
";
    let Err(Rejection::Document(problems)) = HolidaySet::read(text.as_bytes()) else { panic!("not refused") };
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.path.as_str(), problem.code, problem.line.unwrap_or(0))).collect();
    let expected = [
        ("name", "invalid", 1),
        ("holidays[0].on.fixed", "invalid", 3),
        ("holidays[1].until", "invalid", 4),
        ("holidays[2].every", "missing_field", 5),
        ("holidays[3].on.dates", "invalid", 6),
        ("holidays[4].except", "out_of_range", 7),
        ("holidays[4].on.dates", "out_of_range", 7),
    ];
    assert_eq!(found, expected);
}

#[test]
fn s9_2_a_set_is_written_as_it_is_read() {
    for built_in in BuiltIn::all() {
        let text = crate::document::to_yaml(&built_in.set);
        assert_eq!(read(&text), built_in.set);
    }
}
