//! Periods of occurrences and their names.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::laws::rules;
use crate::calendar::BusinessCalendar;
use crate::recurrence::{Covers, PeriodLength, Rule, RuleParts, Schedule};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn every_day() -> BusinessCalendar {
    let week = [0u8, 1, 2, 3, 4, 5, 6].map(|day| chrono::Weekday::try_from(day).unwrap());
    BusinessCalendar::new(&week, []).unwrap()
}

fn keys(schedule: &Schedule, most: usize) -> Vec<String> {
    schedule.compile().unwrap().occurrences(&every_day()).take(most).map(|occurrence| occurrence.key).collect()
}

#[test]
fn s9_4_periods_are_as_long_as_the_rule_suggests() {
    let start = date("2026-01-01");
    for (rule, length, first) in [
        ("FREQ=YEARLY", PeriodLength::Year, "2026"),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=15", PeriodLength::Year, "2026"),
        ("FREQ=YEARLY;BYDAY=20MO", PeriodLength::Year, "2026"),
        ("FREQ=MONTHLY;INTERVAL=12", PeriodLength::Year, "2026"),
        ("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=-1", PeriodLength::Half, "2026-H1"),
        ("FREQ=MONTHLY;BYMONTH=1,7;BYMONTHDAY=-1", PeriodLength::Half, "2026-H1"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", PeriodLength::Quarter, "2026-Q1"),
        ("FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1", PeriodLength::Quarter, "2026-Q1"),
        // Estimated payments: April and June lie in one quarter.
        ("FREQ=YEARLY;BYMONTH=1,4,6,9;BYMONTHDAY=15", PeriodLength::Month, "2026-01"),
        ("FREQ=MONTHLY", PeriodLength::Month, "2026-01"),
        ("FREQ=MONTHLY;INTERVAL=2", PeriodLength::Month, "2026-01"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", PeriodLength::Month, "2026-01"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", PeriodLength::Day, "2026-01-01"),
        ("FREQ=MONTHLY;BYDAY=MO", PeriodLength::Day, "2026-01-05"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", PeriodLength::Day, "2026-03-05"),
        ("FREQ=WEEKLY;INTERVAL=2", PeriodLength::Week, "2026-W01"),
        ("FREQ=WEEKLY;BYDAY=MO,TH", PeriodLength::Day, "2026-01-01"),
        ("FREQ=DAILY", PeriodLength::Day, "2026-01-01"),
        ("FREQ=DAILY;INTERVAL=7", PeriodLength::Week, "2026-W01"),
        ("FREQ=DAILY;BYMONTHDAY=10", PeriodLength::Month, "2026-01"),
    ] {
        let schedule = Schedule::by_rule(rule.parse().unwrap(), start);
        assert_eq!(schedule.compile().unwrap().period_length(), length, "{rule}");
        let keys = keys(&schedule, 400);
        assert_eq!(keys[0], first, "{rule}");
        let mut once = keys.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), keys.len(), "{rule} names a period twice");
    }
}

#[test]
fn s9_4_the_period_before() {
    let mut schedule = Schedule::by_rule("FREQ=MONTHLY;BYMONTHDAY=10".parse().unwrap(), date("2026-01-01"));
    schedule.covers = Covers::Previous;
    let compiled = schedule.compile().unwrap();
    let january = compiled.next_from(date("2026-01-01"), &every_day()).unwrap();
    assert_eq!((january.period.start, january.period.end), (date("2025-12-01"), date("2025-12-31")));
    assert_eq!(january.key, "2025-12");

    let mut weekly = Schedule::by_rule("FREQ=WEEKLY;BYDAY=MO".parse().unwrap(), date("2026-01-01"));
    weekly.covers = Covers::Previous;
    let monday = weekly.compile().unwrap().next_from(date("2026-01-01"), &every_day()).unwrap();
    assert_eq!(
        (monday.nominal, monday.period.start, monday.period.end),
        (date("2026-01-05"), date("2025-12-29"), date("2026-01-04"))
    );
    assert_eq!(monday.key, "2026-W01");
    weekly.rule = Some("FREQ=WEEKLY;BYDAY=MO,TU".parse().unwrap());
    assert_eq!(weekly.compile().unwrap_err().part(), "covers");
}

#[test]
fn s9_4_fiscal_years_have_their_own_names() {
    let mut schedule = Schedule::by_rule("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1".parse().unwrap(), date("2026-04-01"));
    schedule.fiscal_year_end = Some(6);
    assert_eq!(keys(&schedule, 4), ["FY2026-Q4", "FY2027-Q1", "FY2027-Q2", "FY2027-Q3"]);
    schedule.rule = Some("FREQ=YEARLY;BYMONTH=9".parse().unwrap());
    let compiled = schedule.compile().unwrap();
    let autumn = compiled.next_from(date("2026-04-01"), &every_day()).unwrap();
    assert_eq!((autumn.period.start, autumn.period.end), (date("2026-07-01"), date("2027-06-30")));
    assert_eq!(autumn.key, "FY2027");
    // About July 1: two such days can lie in one fiscal year, though never in one calendar year.
    schedule.rule = Some("FREQ=YEARLY;BYDAY=26WE".parse().unwrap());
    assert_eq!(schedule.compile().unwrap().period_length(), PeriodLength::Month);
    schedule.period = Some(PeriodLength::Year);
    assert_eq!(schedule.compile().unwrap_err().part(), "period");
}

#[test]
fn s9_4_added_days_are_named_by_themselves() {
    let mut schedule = Schedule::by_rule("FREQ=MONTHLY;BYMONTHDAY=10".parse().unwrap(), date("2026-01-01"));
    schedule.add = vec![date("2026-02-20"), date("2026-01-10"), date("2026-02-20")];
    schedule.except = vec![date("2026-03-10")];
    assert_eq!(keys(&schedule, 4), ["2026-01", "2026-02", "2026-02-20", "2026-04"]);
}

#[test]
fn s9_4_a_period_that_can_hold_two_is_refused() {
    let mut schedule = Schedule::by_rule("FREQ=MONTHLY;BYMONTHDAY=1,15".parse().unwrap(), date("2026-01-01"));
    for length in [PeriodLength::Week, PeriodLength::Month, PeriodLength::Quarter, PeriodLength::Year] {
        schedule.period = Some(length);
        assert_eq!(schedule.compile().unwrap_err().part(), "period");
    }
    schedule.rule = Some("FREQ=MONTHLY".parse().unwrap());
    assert_eq!(schedule.compile().unwrap_err().part(), "period");
    schedule.period = Some(PeriodLength::Day);
    assert_eq!(keys(&schedule, 2), ["2026-01-01", "2026-02-01"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn s9_4_no_two_occurrences_share_a_name(
        rule in rules(),
        day in 0i64..3_000,
        year_end in 1u8..=12,
        length in prop::option::weighted(0.7, prop::sample::select(vec![
            PeriodLength::Week, PeriodLength::Month, PeriodLength::Quarter, PeriodLength::Half, PeriodLength::Year,
        ])),
        added in prop::collection::vec(0i64..1_000, 0..4),
        previous in any::<bool>(),
    ) {
        let parts = RuleParts { hours: vec![], minutes: vec![], seconds: vec![], end: None, ..rule.parts().clone() };
        let Ok(rule) = Rule::new(parts) else { return Ok(()) };
        let start = date("2020-01-01") + TimeDelta::days(day);
        let mut schedule = Schedule::by_rule(rule.clone(), start);
        schedule.fiscal_year_end = Some(year_end);
        schedule.period = length;
        schedule.covers = if previous { Covers::Previous } else { Covers::This };
        schedule.add = added.iter().map(|days| start + TimeDelta::days(*days)).collect();
        let Ok(compiled) = schedule.compile() else { return Ok(()) };
        let mut seen = BTreeSet::new();
        for occurrence in compiled.occurrences(&every_day()).take(300) {
            prop_assert!(occurrence.period.start <= occurrence.period.end);
            if !previous {
                prop_assert!(occurrence.period.start <= occurrence.nominal && occurrence.nominal <= occurrence.period.end);
            } else if occurrence.period.start != occurrence.nominal {
                prop_assert!(occurrence.period.end < occurrence.nominal);
            }
            prop_assert!(seen.insert(occurrence.key.clone()), "{} twice in {rule}, {:?}", occurrence.key, compiled.period_length());
        }
    }
}
