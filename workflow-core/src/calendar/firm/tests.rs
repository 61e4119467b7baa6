use std::collections::BTreeSet;

use chrono::{Datelike, Weekday};
use proptest::prelude::*;

use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn in_zone(zone: &str) -> FirmCalendar {
    let mut settings = FirmSettings::named("Firm");
    settings.time_zone = zone.to_owned();
    FirmCalendar::new(&settings).expect("a calendar")
}

fn open_on(working_days: Vec<Weekday>, holidays: BTreeSet<NaiveDate>) -> FirmCalendar {
    let settings = FirmSettings { working_days, holidays, ..FirmSettings::named("Firm") };
    FirmCalendar::new(&settings).expect("a calendar")
}

/// A weekmask as numpy writes it, from Monday.
fn weekmask(mask: &str) -> Vec<Weekday> {
    let week = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    mask.chars().zip(week).filter_map(|(works, day)| (works == '1').then_some(day)).collect()
}

#[test]
fn s9_1_an_unknown_time_zone_is_refused_with_a_near_name() {
    for (wrong, near) in [
        ("America/New York", "America/New_York"),
        ("America/Los_Angelos", "America/Los_Angeles"),
        ("chicago", "America/Chicago"),
        ("Europe/Berln", "Europe/Berlin"),
    ] {
        let settings = FirmSettings { time_zone: wrong.to_owned(), ..FirmSettings::named("Firm") };
        let error = FirmCalendar::new(&settings).expect_err("refused").to_string();
        assert!(error.contains(&format!("did you mean `{near}`?")), "{error}");
    }
    for wrong in ["", "Etc/Unknown", "xxxxxxxxxxxxxxxxxxxx", &"y".repeat(10_000)] {
        let settings = FirmSettings { time_zone: wrong.to_owned(), ..FirmSettings::named("Firm") };
        let error = FirmCalendar::new(&settings).expect_err("refused").to_string();
        assert!(error.contains("America/New_York") && error.len() < 300, "{error}");
    }
    assert_eq!(in_zone("Asia/Kathmandu").time_zone(), "Asia/Kathmandu");
}

#[test]
fn s9_2_a_firm_that_never_works_is_refused() {
    let settings = FirmSettings { working_days: Vec::new(), ..FirmSettings::named("Firm") };
    assert!(FirmCalendar::new(&settings).expect_err("refused").to_string().contains("working_days"));
}

#[test]
fn s9_1_civil_dates_follow_the_zone_across_daylight_saving() {
    for (zone, instant, day) in [
        // New York springs forward on 2026-03-08 and falls back on 2026-11-01.
        ("America/New_York", "2026-03-08T04:59:59Z", "2026-03-07"),
        ("America/New_York", "2026-03-08T05:00:00Z", "2026-03-08"),
        ("America/New_York", "2026-03-09T03:59:59Z", "2026-03-08"),
        ("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09"),
        ("America/New_York", "2026-11-02T04:59:59Z", "2026-11-01"),
        ("America/New_York", "2026-11-02T05:00:00Z", "2026-11-02"),
        // Half an hour, and the southern summer.
        ("Australia/Lord_Howe", "2026-01-01T12:59:59Z", "2026-01-01"),
        ("Australia/Lord_Howe", "2026-01-01T13:00:00Z", "2026-01-02"),
        ("Asia/Kathmandu", "2026-01-01T18:14:59Z", "2026-01-01"),
        ("Asia/Kathmandu", "2026-01-01T18:15:00Z", "2026-01-02"),
        // Havana changes at midnight.
        ("America/Havana", "2026-03-08T04:59:59Z", "2026-03-07"),
        ("America/Havana", "2026-03-08T05:00:00Z", "2026-03-08"),
        // Either side of the date line, 25 hours apart.
        ("Pacific/Kiritimati", "2026-01-01T10:00:00Z", "2026-01-02"),
        ("Pacific/Niue", "2026-01-01T10:59:59Z", "2025-12-31"),
        ("Pacific/Niue", "2026-01-01T11:00:00Z", "2026-01-01"),
        // Samoa had no 2011-12-30.
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
        // Before 1970.
        ("Europe/London", "1969-12-31T23:30:00Z", "1970-01-01"),
    ] {
        let instant: DateTime<Utc> = instant.parse().expect("an instant");
        assert_eq!(in_zone(zone).civil_date(instant), date(day), "{zone} at {instant}");
    }
}

#[test]
fn s9_1_zones_are_the_current_ones() {
    // British Columbia keeps summer time since 2026: noon in winter is UTC-7.
    assert_eq!(
        in_zone("America/Vancouver").civil_date("2027-01-10T07:30:00Z".parse().expect("ok")),
        date("2027-01-10")
    );
}

#[test]
fn s9_1_a_day_starts_at_the_first_instant_that_is_of_it() {
    for (zone, day, start) in [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("UTC", "2026-01-01", "2026-01-01T00:00:00Z"),
    ] {
        assert_eq!(in_zone(zone).day_start(date(day)), start.parse().ok(), "{zone} on {day}");
    }
    assert_eq!(in_zone("UTC").day_start(NaiveDate::MAX), None);
}

#[test]
fn s9_2_counts_as_numpy_does() {
    let holidays: BTreeSet<NaiveDate> = NUMPY_HOLIDAYS.iter().map(|day| date(day)).collect();
    for (mask, from, n, expected, to, count) in NUMPY {
        let calendar = open_on(weekmask(mask), holidays.clone());
        assert_eq!(calendar.add_business_days(date(from), *n), Some(date(expected)), "{mask} {from} {n}");
        assert_eq!(calendar.count_business_days(date(from), date(to)), *count, "{mask} {from} {to}");
    }
}

#[test]
fn s9_2_months_clamp_to_the_end() {
    let calendar = in_zone("UTC");
    for (from, offset, expected) in [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-31", 13, "2027-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2028-02-29", 12, "2029-02-28"),
    ] {
        assert_eq!(calendar.add(date(from), offset, DateUnit::Months), Some(date(expected)));
    }
    assert_eq!(calendar.add(date("2026-04-15"), -2, DateUnit::Weeks), Some(date("2026-04-01")));
    assert_eq!(calendar.add(date("2026-04-18"), 0, DateUnit::BusinessDays), Some(date("2026-04-20")));
}

#[test]
fn s12_2_extreme_dates_answer_none() {
    let calendar = in_zone("Pacific/Kiritimati");
    for unit in [DateUnit::Days, DateUnit::BusinessDays, DateUnit::Weeks, DateUnit::Months] {
        for offset in [i32::MIN, -1, 1, i32::MAX] {
            for day in [NaiveDate::MIN, NaiveDate::MAX] {
                let _ = calendar.add(day, offset, unit);
            }
            assert_eq!(calendar.add(NaiveDate::MAX, offset.saturating_abs(), unit), None);
        }
    }
    assert!(calendar.count_business_days(NaiveDate::MIN, NaiveDate::MAX) > 100_000_000);
    assert!(calendar.count_business_days(NaiveDate::MAX, NaiveDate::MIN) < -100_000_000);
    let _ = (calendar.is_open(NaiveDate::MIN), calendar.is_open(NaiveDate::MAX));
    assert_eq!(calendar.civil_date(DateTime::<Utc>::MAX_UTC), NaiveDate::MAX);
    assert!(calendar.civil_date(DateTime::<Utc>::MIN_UTC) < date("0001-01-01"));
}

fn calendars() -> impl Strategy<Value = FirmCalendar> {
    let days = prop::collection::btree_set(-40i64..80, 0..40);
    (prop::collection::vec(any::<bool>(), 7), days).prop_filter_map("one working day", |(mask, days)| {
        let mask: String = mask.iter().map(|works| if *works { '1' } else { '0' }).collect();
        let holidays = days.iter().map(|days| date("2026-06-01") + TimeDelta::days(*days)).collect();
        mask.contains('1').then(|| open_on(weekmask(&mask), holidays))
    })
}

fn days() -> impl Strategy<Value = NaiveDate> {
    (-60i64..120).prop_map(|days| date("2026-06-01") + TimeDelta::days(days))
}

/// Business days walked one by one.
fn walk(calendar: &FirmCalendar, mut day: NaiveDate, n: i32) -> NaiveDate {
    let step = TimeDelta::days(if n < 0 { -1 } else { 1 });
    while !calendar.is_open(day) {
        day += step;
    }
    for _ in 0..n.abs() {
        day += step;
        while !calendar.is_open(day) {
            day += step;
        }
    }
    day
}

proptest! {
    #[test]
    fn s9_2_business_days_are_those_walked(calendar in calendars(), day in days(), n in -60i32..60) {
        prop_assert_eq!(calendar.add_business_days(day, n), Some(walk(&calendar, day, n)));
    }

    #[test]
    fn s9_2_counts_are_those_walked(calendar in calendars(), from in days(), to in days()) {
        let open = |from: NaiveDate, to: NaiveDate| {
            i64::try_from(from.iter_days().take_while(|day| *day < to).filter(|day| calendar.is_open(*day)).count())
        };
        let one = TimeDelta::days(1);
        let expected = if from <= to { open(from, to) } else { open(to + one, from + one).map(|count| -count) };
        prop_assert_eq!(Ok(calendar.count_business_days(from, to)), expected);
    }

    #[test]
    fn s9_2_an_offset_and_its_inverse_cancel(calendar in calendars(), day in days(), n in -10_000i32..10_000) {
        let open = calendar.add_business_days(day, 0).expect("near");
        let there = calendar.add_business_days(open, n).expect("near");
        prop_assert_eq!(calendar.add_business_days(there, -n), Some(open));
        prop_assert_eq!(calendar.count_business_days(open, there), i64::from(n));
    }

    #[test]
    fn s9_2_months_keep_the_day_or_clamp_it(day in days(), n in -500i32..500) {
        let there = in_zone("UTC").add(day, n, DateUnit::Months).expect("near");
        let months = |date: NaiveDate| date.year() * 12 + i32::try_from(date.month0()).expect("small");
        prop_assert_eq!(months(there) - months(day), n);
        let last = there.succ_opt().is_some_and(|next| next.day() == 1);
        prop_assert!(there.day() == day.day() || (there.day() < day.day() && last));
    }

    #[test]
    fn s9_1_a_day_start_is_of_the_day(seconds in -2_000_000_000i64..4_000_000_000, zone in 0usize..5) {
        let zones = ["America/New_York", "Pacific/Apia", "Europe/London", "Asia/Beirut", "UTC"];
        let calendar = in_zone(zones[zone]);
        let day = calendar.civil_date(DateTime::from_timestamp(seconds, 0).expect("near"));
        let start = calendar.day_start(day).expect("near");
        prop_assert_eq!(calendar.civil_date(start), day);
        prop_assert!(calendar.civil_date(start - TimeDelta::seconds(1)) < day);
    }
}

const NUMPY_HOLIDAYS: &[&str] = &[
    "2026-01-01",
    "2026-01-19",
    "2026-05-25",
    "2026-07-03",
    "2026-07-04",
    "2026-11-26",
    "2026-12-24",
    "2026-12-25",
    "2026-12-28",
    "2026-12-29",
];

/// Weekmask, day, offset, `busday_offset`, another day, `busday_count`: answered by numpy 2.4.6.
const NUMPY: &[(&str, &str, i32, &str, &str, i64)] = &[
    ("1111100", "2026-12-24", 0, "2026-12-30", "2026-10-19", -46),
    ("1111100", "2026-12-28", -1, "2026-12-22", "2026-08-21", -87),
    ("1111100", "2026-01-07", -21, "2025-12-08", "2025-12-19", -12),
    ("1111100", "2026-08-06", 0, "2026-08-06", "2026-01-03", -151),
    ("1111100", "2026-06-30", 0, "2026-06-30", "2026-03-23", -70),
    ("1111100", "2026-01-05", 5, "2026-01-12", "2025-12-20", -10),
    ("1111100", "2026-09-05", -1, "2026-09-03", "2026-10-08", 23),
    ("1111100", "2026-10-07", 0, "2026-10-07", "2026-09-11", -18),
    ("1111100", "2026-09-15", 0, "2026-09-15", "2026-03-13", -130),
    ("1111100", "2025-12-13", -10000, "1987-08-14", "2026-01-27", 29),
    ("1111100", "2026-04-17", 1, "2026-04-20", "2026-08-23", 89),
    ("1111100", "2026-01-19", 2, "2026-01-22", "2026-09-02", 159),
    ("1111110", "2026-12-24", 0, "2026-12-26", "2026-01-11", -292),
    ("1111110", "2026-12-28", -1, "2026-12-23", "2026-02-24", -256),
    ("1111110", "2026-05-29", 21, "2026-06-23", "2026-11-19", 147),
    ("1111110", "2025-12-22", 0, "2025-12-22", "2026-10-02", 239),
    ("1111110", "2026-03-05", 260, "2027-01-12", "2026-08-19", 140),
    ("1111110", "2026-06-26", -2, "2026-06-24", "2026-07-16", 15),
    ("1111110", "2026-09-15", -2, "2026-09-12", "2026-04-22", -122),
    ("1111110", "2026-03-27", -260, "2025-05-26", "2026-12-24", 229),
    ("1111110", "2026-03-24", -21, "2026-02-27", "2026-04-22", 25),
    ("1111110", "2026-08-15", 106, "2026-12-18", "2026-05-14", -77),
    ("1111110", "2026-11-28", 2, "2026-12-01", "2026-09-27", -53),
    ("1111110", "2025-12-27", 21, "2026-01-23", "2026-06-22", 148),
    ("0000011", "2026-12-24", 0, "2026-12-26", "2026-02-05", -91),
    ("0000011", "2026-12-28", -1, "2026-12-26", "2026-10-28", -18),
    ("0000011", "2025-12-29", 21, "2026-03-15", "2026-09-09", 71),
    ("0000011", "2026-12-29", -2, "2026-12-20", "2026-11-10", -14),
    ("0000011", "2026-05-18", -5, "2026-05-02", "2026-09-12", 31),
    ("0000011", "2027-01-02", 0, "2027-01-02", "2026-01-06", -102),
    ("0000011", "2026-04-07", -260, "2023-10-08", "2026-10-26", 57),
    ("0000011", "2025-12-23", -260, "2023-06-25", "2026-11-14", 91),
    ("0000011", "2026-04-27", -21, "2026-02-14", "2026-11-03", 53),
    ("0000011", "2026-07-06", -260, "2024-01-06", "2026-06-05", -9),
    ("0000011", "2026-10-28", 0, "2026-10-31", "2026-07-14", -30),
    ("0000011", "2026-05-20", -21, "2026-03-07", "2026-01-18", -34),
    ("1011101", "2026-12-24", 0, "2026-12-27", "2026-12-18", -3),
    ("1011101", "2026-12-28", -1, "2026-12-23", "2026-03-26", -192),
    ("1011101", "2026-06-11", 0, "2026-06-11", "2026-08-01", 36),
    ("1011101", "2025-12-31", -5, "2025-12-24", "2026-06-13", 115),
    ("1011101", "2026-08-28", -116, "2026-03-16", "2026-01-29", -149),
    ("1011101", "2027-01-13", -10000, "1988-09-02", "2026-08-28", -94),
    ("1011101", "2026-04-11", 5, "2026-04-19", "2026-05-22", 29),
    ("1011101", "2026-11-04", -1, "2026-11-02", "2026-02-05", -192),
    ("1011101", "2026-01-01", 1, "2026-01-04", "2026-03-18", 52),
    ("1011101", "2026-10-23", 0, "2026-10-23", "2026-07-26", -64),
    ("1011101", "2026-09-17", 2, "2026-09-20", "2026-04-13", -110),
    ("1011101", "2025-11-22", 5, "2025-11-30", "2026-08-20", 189),
];
