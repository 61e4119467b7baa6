//! What holds for every rule.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Weekday};
use proptest::prelude::*;

use crate::recurrence::days::seconds_down;
use crate::recurrence::expand::Expansion;
use crate::recurrence::{Frequency, Recurrence, Rule, RuleDay, RuleEnd, RuleParts, Until};

fn lists<T: std::fmt::Debug + Clone + 'static>(one: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Vec<T>> {
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(one, 1..4)].boxed()
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0u8..7).prop_map(|day| Weekday::try_from(day).unwrap())
}

fn signed(most: i16) -> impl Strategy<Value = i16> {
    (1..=most, any::<bool>()).prop_map(|(number, minus)| if minus { -number } else { number })
}

fn small(number: i16) -> i8 {
    i8::try_from(number).unwrap()
}

pub(super) fn rules() -> impl Strategy<Value = Rule> {
    let frequency =
        prop::sample::select(vec![Frequency::Daily, Frequency::Weekly, Frequency::Monthly, Frequency::Yearly]);
    let day = (prop::option::of(signed(5)), weekday())
        .prop_map(|(ordinal, weekday)| RuleDay { ordinal: ordinal.map(small), weekday });
    let end = prop_oneof![
        2 => Just(None),
        1 => (1u32..300).prop_map(|count| Some(RuleEnd::Count(count))),
        1 => (0i64..9_000).prop_map(|days| {
            let time = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap().and_hms_opt(8, 30, 0).unwrap();
            Some(RuleEnd::Until(Until::DateTime(time + TimeDelta::days(days))))
        }),
    ];
    let by = (lists(1u8..=12), lists(signed(53)), lists(signed(366)), lists(signed(31)), lists(day));
    let times = (lists(0u8..24), lists(0u8..60), lists(0u8..=60), lists(signed(9)));
    (frequency, prop_oneof![3 => 1u32..5, 1 => 1u32..500], end, by, times, weekday()).prop_map(
        |(frequency, interval, end, (months, weeks, year_days, month_days, days), times, week_start)| {
            let yearly = frequency == Frequency::Yearly;
            let weeks: Vec<i8> = if yearly { weeks.into_iter().map(small).collect() } else { Vec::new() };
            let numbers = matches!(frequency, Frequency::Monthly | Frequency::Yearly) && weeks.is_empty();
            let plain = |day: RuleDay| RuleDay { ordinal: day.ordinal.filter(|_| numbers), ..day };
            let (hours, minutes, seconds, positions) = times;
            let parts = RuleParts {
                frequency,
                interval,
                end,
                months,
                weeks,
                year_days: if yearly { year_days } else { Vec::new() },
                month_days: if frequency == Frequency::Weekly {
                    Vec::new()
                } else {
                    month_days.into_iter().map(small).collect()
                },
                days: days.into_iter().map(plain).collect(),
                hours,
                minutes,
                seconds,
                positions,
                week_start,
            };
            Rule::new(parts.clone())
                .or_else(|_| Rule::new(RuleParts { positions: Vec::new(), month_days: Vec::new(), ..parts }))
                .unwrap()
        },
    )
}

fn times() -> impl Strategy<Value = NaiveDateTime> {
    (0i64..20_000, 0i64..86_400).prop_map(|(days, seconds)| {
        let first = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        first + TimeDelta::days(days) + TimeDelta::seconds(seconds)
    })
}

/// A recurrence with some dates added and some of its own left out; none when the rule never occurs.
fn recurrences() -> impl Strategy<Value = Option<Recurrence>> {
    let dates = (prop::collection::vec(times(), 0..4), prop::collection::vec(0usize..40, 0..6));
    (rules(), times(), dates).prop_map(|(rule, start, (added, left_out))| {
        let plain = Recurrence::new(start, &rule).ok()?;
        let mut builder = Recurrence::builder(start, &rule);
        for time in added {
            builder = builder.adding(time);
        }
        let first: Vec<NaiveDateTime> = plain.occurrences().take(40).collect();
        for time in left_out.iter().filter_map(|place| first.get(*place)) {
            builder = builder.excepting(*time);
        }
        Some(builder.build().unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn s9_3_text_and_rule_are_inverse(rule in rules()) {
        let text = rule.to_string();
        let read: Rule = text.parse().unwrap();
        prop_assert_eq!(&read, &rule);
        prop_assert_eq!(read.to_string(), text.clone());
        let json = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule.clone());
        prop_assert_eq!(format!("rrule:{}", text.to_lowercase()).parse::<Rule>().unwrap(), rule);
    }

    #[test]
    fn s9_3_occurrences_ascend_and_every_way_to_ask_agrees(recurrence in recurrences(), probes in prop::collection::vec(times(), 8)) {
        let Some(recurrence) = recurrence else { return Ok(()) };
        let all: Vec<NaiveDateTime> = recurrence.occurrences().take(400).collect();
        prop_assert!(all.is_sorted_by(|one, next| one < next));
        for (place, pair) in all.windows(2).enumerate() {
            prop_assert_eq!(recurrence.next_after(pair[0]), Some(pair[1]));
            prop_assert_eq!(recurrence.previous_before(pair[1]), Some(pair[0]));
            prop_assert!(recurrence.contains(pair[0]));
            if place % 50 == 0 {
                prop_assert_eq!(recurrence.nth(place), Some(pair[0]));
            }
        }
        prop_assert_eq!(recurrence.previous_before(all.first().copied().unwrap_or(NaiveDateTime::MAX)), None);
        let Some(end) = all.last().copied() else { return Ok(()) };
        for probe in probes.into_iter().filter(|probe| *probe < end) {
            let after = all.iter().copied().find(|time| *time > probe);
            prop_assert_eq!(recurrence.next_after(probe), after);
            let from = all.iter().copied().find(|time| *time >= probe);
            prop_assert_eq!(recurrence.next_from(probe), from);
            let before = all.iter().copied().rev().find(|time| *time < probe);
            prop_assert_eq!(recurrence.previous_before(probe), before);
            let between: Vec<NaiveDateTime> = recurrence.between(probe, end).collect();
            let expected: Vec<NaiveDateTime> = all.iter().copied().filter(|time| *time >= probe && *time < end).collect();
            prop_assert_eq!(between, expected);
        }
        // Fractions of a second lie between occurrences.
        let just_before = end - TimeDelta::nanoseconds(1);
        prop_assert_eq!(recurrence.next_after(just_before), Some(end));
        prop_assert_eq!(recurrence.previous_before(end + TimeDelta::nanoseconds(1)), Some(end));
    }

    #[test]
    fn s9_3_a_count_is_that_many_of_the_endless_rule(rule in rules(), start in times(), count in 1u32..200) {
        let endless = rule.ending(None).unwrap();
        let Ok(all) = Recurrence::new(start, &endless) else { return Ok(()) };
        let counted = Recurrence::new(start, &rule.ending(Some(RuleEnd::Count(count))).unwrap()).unwrap();
        let expected: Vec<NaiveDateTime> = all.occurrences().take(usize::try_from(count).unwrap()).collect();
        prop_assert_eq!(counted.last(), expected.last().copied());
        prop_assert_eq!(counted.next_after(*expected.last().unwrap()), None);
        prop_assert_eq!(counted.occurrences().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn s9_3_the_work_for_one_answer_is_bounded(rule in rules(), start in times(), years in prop::collection::vec(1900i32..2900, 30)) {
        let Ok(expansion) = Expansion::new(&rule, seconds_down(start)) else { return Ok(()) };
        for year in years {
            let moment = seconds_down(NaiveDate::from_ymd_opt(year, 3, 1).unwrap().into());
            prop_assert!(expansion.units(moment) <= 600, "{} units in {year} for {rule}", expansion.units(moment));
        }
    }

    #[test]
    fn s9_3_texts_of_any_sort_are_refused_in_peace(text in "(FREQ=(YEARLY|DAILY);)?[A-Z0-9=;,+-]{0,40}") {
        if let Err(refused) = text.parse::<Rule>() {
            prop_assert!(!refused.why().is_empty());
        }
    }
}

#[test]
fn s9_3_a_hundred_years_of_days() {
    let start = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap();
    let daily = Recurrence::new(start, &"FREQ=DAILY;UNTIL=20491231".parse().unwrap()).unwrap();
    assert_eq!(daily.occurrences().count(), 36_525);
    assert_eq!(daily.last().unwrap().to_string(), "2049-12-31 00:00:00");
}

#[test]
fn s9_3_rare_days_are_found_from_any_moment() {
    let start = NaiveDate::from_ymd_opt(1600, 1, 1).unwrap();
    for rule in ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"] {
        let leap_mondays = Recurrence::new(start, &rule.parse().unwrap()).unwrap();
        let days: Vec<String> = leap_mondays
            .between(start.and_hms_opt(0, 0, 0).unwrap(), NaiveDate::from_ymd_opt(1800, 1, 1).unwrap().into())
            .map(|time| time.date().to_string())
            .collect();
        let expected: Vec<String> = start
            .iter_days()
            .take(73_049)
            .filter(|day| day.format("%m-%d %a").to_string() == "02-29 Mon")
            .map(|day| day.to_string())
            .collect();
        assert_eq!(days, expected, "{rule}");
    }
}

#[test]
fn s9_3_the_edges_of_the_years() {
    let rule: Rule = "FREQ=YEARLY".parse().unwrap();
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let years = Recurrence::new(first, &rule).unwrap();
    assert_eq!(years.occurrences().count(), 9_999);
    assert_eq!(years.last(), NaiveDate::from_ymd_opt(9999, 1, 1).map(Into::into));
    assert_eq!(years.next_after(NaiveDateTime::MAX), None);
    assert_eq!(years.next_after(NaiveDateTime::MIN), Some(first.into()));
    assert_eq!(years.previous_before(NaiveDateTime::MIN), None);
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    assert_eq!(Recurrence::new(last, &"FREQ=WEEKLY".parse().unwrap()).unwrap().occurrences().count(), 1);
    let far: Rule = "FREQ=MONTHLY;INTERVAL=4294967295".parse().unwrap();
    assert_eq!(Recurrence::new(first, &far).unwrap().occurrences().count(), 1);
    let refused = Recurrence::new(NaiveDate::from_ymd_opt(0, 12, 31).unwrap(), &rule).unwrap_err();
    assert_eq!(refused.part(), "DTSTART");
}

#[test]
fn s9_3_runs_of_excepted_dates_are_passed_in_one_step() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let mut builder = Recurrence::builder(start, &"FREQ=DAILY".parse().unwrap());
    for day in start.iter_days().skip(1).take(5_000) {
        builder = builder.excepting(day.into());
    }
    let recurrence = builder.clone().build().unwrap();
    let after = start + TimeDelta::days(5_001);
    assert_eq!(recurrence.next_after(start.into()), Some(after.into()));
    assert_eq!(recurrence.previous_before(after.into()), Some(start.into()));
    let refused = builder.excepting(start.into()).build().unwrap_err();
    assert!(refused.why().contains("RECURRENCE_DATES"), "{refused}");
}
