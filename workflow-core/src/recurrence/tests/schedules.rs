//! Schedules: presets, adjustments, ends, and what is refused.

use chrono::{NaiveDate, Weekday};
use proptest::prelude::*;

use crate::calendar::{Adjustment, BusinessCalendar, Zone};
use crate::recurrence::{Occurrence, Schedule};

const WORKING: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn weekdays() -> BusinessCalendar {
    BusinessCalendar::new(&WORKING, [date("2026-05-25"), date("2026-07-03"), date("2026-12-25")]).unwrap()
}

fn read(json: &str) -> Schedule {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"))
}

fn preset(preset: &str, start: &str) -> Schedule {
    read(&format!(r#"{{"preset": {preset}, "start": "{start}"}}"#))
}

#[test]
fn s9_3_presets_are_rules() {
    for (written, start, rule, days) in [
        (r#"{"weekly": {"on": ["Mon", "Thu"]}}"#, "2026-01-01", "FREQ=WEEKLY;BYDAY=MO,TH", "01-01 01-05 01-08"),
        (r#"{"weekly": {}}"#, "2026-01-02", "FREQ=WEEKLY;BYDAY=FR", "01-02 01-09 01-16"),
        (r#"{"biweekly": {"on": ["Fri"]}}"#, "2026-01-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "01-02 01-16 01-30"),
        (r#"{"semi_monthly": {}}"#, "2026-01-02", "FREQ=MONTHLY;BYMONTHDAY=1,15", "01-15 02-01 02-15"),
        (
            r#"{"semi_monthly": {"days": [15, "last"]}}"#,
            "2026-01-31",
            "FREQ=MONTHLY;BYMONTHDAY=-1,15",
            "01-31 02-15 02-28",
        ),
        (
            r#"{"semi_monthly": {"days": [30, 15]}}"#,
            "2026-02-01",
            "FREQ=MONTHLY;BYMONTHDAY=15,28,29,30;BYSETPOS=-1,1",
            "02-15 02-28 03-15 03-30 04-15 04-30",
        ),
        (r#"{"monthly": {"day": 31}}"#, "2026-01-01", "FREQ=MONTHLY;BYMONTHDAY=-1", "01-31 02-28 03-31 04-30"),
        (r#"{"monthly": {}}"#, "2026-01-30", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "01-30 02-28 03-30 04-30"),
        (r#"{"monthly": {"day": "last"}}"#, "2026-02-01", "FREQ=MONTHLY;BYMONTHDAY=-1", "02-28 03-31"),
        (
            r#"{"nth_weekday": {"nth": 2, "weekday": "Tue"}}"#,
            "2026-01-01",
            "FREQ=MONTHLY;BYDAY=2TU",
            "01-13 02-10 03-10",
        ),
        (r#"{"nth_weekday": {"nth": -1, "weekday": "Fri"}}"#, "2026-01-01", "FREQ=MONTHLY;BYDAY=-1FR", "01-30 02-27"),
        (
            r#"{"quarterly": {"month": 10, "day": 31}}"#,
            "2026-01-01",
            "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=-1",
            "01-31 04-30 07-31 10-31",
        ),
        (
            r#"{"quarterly": {"month": 2, "day": 29}}"#,
            "2026-01-01",
            "FREQ=MONTHLY;BYMONTH=2,5,8,11;BYMONTHDAY=28,29;BYSETPOS=-1",
            "02-28 05-29 08-29 11-29",
        ),
        (r#"{"semi_annual": {}}"#, "2026-08-05", "FREQ=MONTHLY;BYMONTH=2,8;BYMONTHDAY=5", "08-05 02-05 08-05"),
        (r#"{"annual": {"month": 4, "day": 15}}"#, "2026-01-01", "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=15", "04-15 04-15"),
    ] {
        let schedule = preset(written, start);
        let compiled = schedule.compile().unwrap();
        assert_eq!(compiled.recurrence().rule().to_string(), rule, "{written}");
        let expected: Vec<&str> = days.split(' ').collect();
        let found: Vec<String> = compiled
            .recurrence()
            .occurrences()
            .take(expected.len())
            .map(|time| time.format("%m-%d").to_string())
            .collect();
        assert_eq!(found, expected, "{written}");
        let text = serde_json::to_string(&schedule).unwrap();
        assert_eq!(read(&text), schedule, "{text}");
    }
}

#[test]
fn s9_3_the_last_business_day() {
    let compiled = preset(r#""last_business_day""#, "2026-01-01").compile().unwrap();
    let all: Vec<Occurrence> = compiled.occurrences(&weekdays()).take(5).collect();
    let days: Vec<String> = all.iter().map(|occurrence| occurrence.date.to_string()).collect();
    assert_eq!(days, ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"]);
    assert_eq!(all[0].nominal, date("2026-01-31"));
    assert_eq!(all[0].key, "2026-01");
}

#[test]
fn s9_3_adjusted_days_keep_their_period_and_are_found_by_themselves() {
    let mut schedule = preset(r#"{"monthly": {"day": "last"}}"#, "2026-01-01");
    schedule.adjust = Adjustment::Following;
    schedule.at = chrono::NaiveTime::from_hms_opt(17, 30, 0);
    let compiled = schedule.compile().unwrap();
    let january = compiled.resolve(date("2026-01-31"), &weekdays()).unwrap();
    assert_eq!(january.at.to_string(), "2026-02-02 17:30:00");
    assert_eq!((january.key.as_str(), january.period.end), ("2026-01", date("2026-01-31")));
    assert_eq!(compiled.resolve(date("2026-02-02"), &weekdays()), None);
    let firm = Zone::named("America/New_York").unwrap();
    assert_eq!(compiled.instant_of(&january, &firm), "2026-02-02T22:30:00Z".parse().ok());
    schedule.time_zone = Some("Europe/London".to_owned());
    assert_eq!(schedule.compile().unwrap().instant_of(&january, &firm), "2026-02-02T17:30:00Z".parse().ok());
    let keys = |from: &str, to: &str| -> Vec<String> {
        compiled.between(date(from), date(to), &weekdays()).map(|occurrence| occurrence.key).collect()
    };
    assert_eq!(keys("2026-02-01", "2026-03-03"), ["2026-01", "2026-02"]);
    assert_eq!(keys("2026-02-03", "2026-03-02"), [""; 0]);
    assert_eq!(compiled.previous_before(date("2026-02-28"), &weekdays()), Some(january));
}

#[test]
fn s9_3_ends_of_schedules() {
    let mut schedule = preset(r#"{"monthly": {"day": 10}}"#, "2026-01-01");
    schedule.end = Some(date("2026-03-10"));
    assert_eq!(schedule.compile().unwrap().recurrence().occurrences().count(), 3);
    schedule.end = None;
    schedule.count = Some(4);
    schedule.except = vec![date("2026-02-10")];
    schedule.add = vec![date("2026-02-11")];
    assert_eq!(schedule.compile().unwrap().recurrence().occurrences().count(), 4);
}

#[test]
fn s9_3_mistakes_in_schedules_are_told_by_their_field() {
    for (written, part) in [
        (r#"{"start": "2026-01-01"}"#, "rule"),
        (r#"{"rule": "FREQ=DAILY", "preset": "last_business_day", "start": "2026-01-01"}"#, "preset"),
        (r#"{"rule": "FREQ=DAILY", "start": "2026-01-01", "end": "2026-02-01", "count": 2}"#, "count"),
        (r#"{"rule": "FREQ=DAILY;COUNT=3", "start": "2026-01-01", "end": "2026-02-01"}"#, "end"),
        (r#"{"rule": "FREQ=DAILY", "start": "2026-01-01", "end": "2025-02-01"}"#, "end"),
        (r#"{"rule": "FREQ=DAILY", "start": "2026-01-01", "count": 0}"#, "count"),
        (r#"{"rule": "FREQ=DAILY;BYHOUR=9", "start": "2026-01-01"}"#, "BYHOUR"),
        (r#"{"rule": "FREQ=DAILY;UNTIL=20270101T000000", "start": "2026-01-01"}"#, "UNTIL"),
        (r#"{"rule": "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12", "start": "2026-02-01"}"#, "INTERVAL"),
        (r#"{"preset": "last_business_day", "adjust": "following", "start": "2026-01-01"}"#, "adjust"),
        (r#"{"preset": {"semi_monthly": {"days": [29, "last"]}}, "start": "2026-01-01"}"#, "days"),
        (r#"{"preset": {"semi_monthly": {"days": [5, 5]}}, "start": "2026-01-01"}"#, "days"),
        (r#"{"preset": {"nth_weekday": {"nth": 6, "weekday": "Mon"}}, "start": "2026-01-01"}"#, "nth"),
        (r#"{"preset": {"annual": {"month": 13}}, "start": "2026-01-01"}"#, "month"),
        (r#"{"rule": "FREQ=DAILY", "start": "2026-01-01", "fiscal_year_end": 0}"#, "fiscal_year_end"),
        (r#"{"rule": "FREQ=DAILY", "start": "2026-01-01", "time_zone": "Mars/Olympus"}"#, "time_zone"),
    ] {
        let refused = read(written).compile().expect_err(written);
        assert_eq!(refused.part(), part, "{written}: {refused}");
    }
    assert!(
        serde_json::from_str::<Schedule>(r#"{"preset": {"monthly": {"day": 32}}, "start": "2026-01-01"}"#).is_err()
    );
    assert!(serde_json::from_str::<Schedule>(r#"{"rule": "FREQ=HOURLY", "start": "2026-01-01"}"#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn s9_3_adjusting_never_reorders_and_names_stay(
        rule in prop::sample::select(vec!["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU,MO", "FREQ=MONTHLY;BYMONTHDAY=-1,1", "FREQ=MONTHLY"]),
        adjust in prop::sample::select(vec![
            Adjustment::Exact, Adjustment::Following, Adjustment::Preceding,
            Adjustment::ModifiedFollowing, Adjustment::ModifiedPreceding, Adjustment::Nearest,
        ]),
        // Long runs of closed days, whole months among them.
        runs in prop::collection::vec((0u64..400, 0usize..80), 0..5),
        window in (0u64..400, 0u64..60),
    ) {
        let start = date("2026-01-01");
        let closed = runs.iter().flat_map(|(from, days)| (start + chrono::Days::new(*from)).iter_days().take(*days));
        let calendar = BusinessCalendar::new(&WORKING, closed).unwrap();
        let mut schedule = Schedule::by_rule(rule.parse().unwrap(), start);
        let plain: Vec<String> = schedule.compile().unwrap().occurrences(&calendar).take(600).map(|occurrence| occurrence.key).collect();
        schedule.adjust = adjust;
        let compiled = schedule.compile().unwrap();
        let all: Vec<Occurrence> = compiled.occurrences(&calendar).take(600).collect();
        prop_assert!(all.is_sorted_by_key(|occurrence| occurrence.date));
        prop_assert!(all.is_sorted_by(|one, next| one.nominal < next.nominal));
        prop_assert_eq!(plain, all.iter().map(|occurrence| occurrence.key.clone()).collect::<Vec<_>>());
        let from = start + chrono::Days::new(window.0);
        let to = from + chrono::Days::new(window.1);
        let expected: Vec<Occurrence> = all.iter().filter(|occurrence| occurrence.date >= from && occurrence.date < to).cloned().collect();
        prop_assert_eq!(compiled.between(from, to, &calendar).collect::<Vec<_>>(), expected);
    }
}
