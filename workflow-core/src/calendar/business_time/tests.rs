use chrono::Timelike;
use proptest::prelude::*;

use super::*;

const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn every_day(spans: &[&str]) -> Arc<BusinessHours> {
    let day: Vec<HoursSpan> = spans.iter().map(|span| span.parse().expect("hours")).collect();
    Arc::new(BusinessHours {
        mon: day.clone(),
        tue: day.clone(),
        wed: day.clone(),
        thu: day.clone(),
        fri: day.clone(),
        sat: day.clone(),
        sun: day,
    })
}

fn time(zone: &str, week: &[Weekday], closed: &[&str], spans: &[&str]) -> BusinessTime {
    let calendar = BusinessCalendar::new(week, closed.iter().map(|day| date(day))).expect("working days");
    BusinessTime::new(Zone::named(zone).expect("a zone"), calendar, every_day(spans))
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

#[test]
fn s9_1_business_time_passes_within_the_hours_of_open_days() {
    let office = time("America/New_York", &WORKDAYS, &["2026-05-25"], &["09:00-12:00", "13:00-17:00"]);
    for (from, count, to) in [
        // Friday before Memorial Day, 16:00: an hour that day, and Tuesday morning.
        ("2026-05-22T20:00:00Z", 60, "2026-05-22T21:00:00Z"),
        ("2026-05-22T20:00:00Z", 61, "2026-05-26T13:01:00Z"),
        // Over lunch; up to lunch; within lunch.
        ("2026-06-01T15:30:00Z", 60, "2026-06-01T17:30:00Z"),
        ("2026-06-01T15:30:00Z", 30, "2026-06-01T16:00:00Z"),
        ("2026-06-01T16:30:00Z", 15, "2026-06-01T17:15:00Z"),
        // From the night, and five weeks.
        ("2026-06-06T03:00:00Z", 1, "2026-06-08T13:01:00Z"),
        ("2026-06-01T13:00:00Z", 5 * 5 * 7 * 60, "2026-07-03T21:00:00Z"),
        // Backwards: the latest instant.
        ("2026-05-26T13:30:00Z", -30, "2026-05-26T13:00:00Z"),
        ("2026-05-26T13:30:00Z", -31, "2026-05-22T20:59:00Z"),
        ("2026-06-06T03:00:00Z", -60, "2026-06-05T20:00:00Z"),
        ("2026-06-06T03:00:00Z", 0, "2026-06-06T03:00:00Z"),
    ] {
        let from = instant(from);
        assert_eq!(office.add(from, minutes(count)), Some(instant(to)), "{from} {count}");
        assert_eq!(office.between(from, instant(to)), minutes(count), "{from} {count}");
    }
    assert!(office.is_within(instant("2026-06-01T13:00:00Z")) && !office.is_within(instant("2026-06-01T16:00:00Z")));
    assert!(!office.is_within(instant("2026-05-25T15:00:00Z")));
}

/// Zone, day, and how many minutes its hours from 00:00 to 06:00 and from 00:00 to 24:00 last.
const LENGTHS: &[(&str, &str, i64, i64)] = &[
    ("America/New_York", "2026-03-08", 300, 1380),
    ("America/New_York", "2026-11-01", 420, 1500),
    ("Europe/London", "2026-03-29", 300, 1380),
    ("Australia/Sydney", "2026-10-04", 300, 1380),
    ("Australia/Sydney", "2026-04-05", 420, 1500),
    ("Australia/Lord_Howe", "2026-10-04", 330, 1410),
    ("Australia/Lord_Howe", "2026-04-05", 390, 1470),
    ("Pacific/Chatham", "2026-09-27", 300, 1380),
    ("Antarctica/Troll", "2026-03-29", 240, 1320),
    ("Antarctica/Troll", "2026-10-25", 480, 1560),
    ("Africa/Casablanca", "2026-02-15", 420, 1500),
    ("America/Havana", "2026-03-08", 300, 1380),
    ("America/Santiago", "2026-04-04", 360, 1500),
    ("America/Santiago", "2026-04-05", 360, 1440),
    ("America/Santiago", "2026-09-06", 300, 1380),
    ("Asia/Kathmandu", "1986-01-01", 345, 1425),
    ("America/Caracas", "2016-05-01", 330, 1410),
    ("Pacific/Apia", "2011-12-29", 360, 1440),
    ("Pacific/Apia", "2011-12-30", 0, 0),
    ("Pacific/Apia", "2011-12-31", 360, 1440),
    ("America/Vancouver", "2026-11-01", 360, 1440),
    ("UTC", "2026-03-29", 360, 1440),
];

#[test]
fn s9_1_hours_are_as_long_as_they_last_where_clocks_change() {
    let week = SUNDAY_FIRST;
    for (zone, day, night, all) in LENGTHS {
        let number = day_number(date(day));
        for (span, expected) in [("00:00-06:00", night), ("00:00-24:00", all)] {
            let time = time(zone, &week, &[], &[span]);
            assert_eq!(time.real(number), expected * 60, "{zone} {day} {span}");
            assert_eq!(time.measure(number, number + 1), expected * 60, "{zone} {day} {span}");
        }
    }
}

#[test]
fn s9_1_far_away_is_as_quick_as_near() {
    let time = time("America/New_York", &SUNDAY_FIRST, &[], &["00:00-24:00"]);
    let from = instant("2026-01-01T00:00:00Z");
    // Open day and night, business time is time.
    for years in [1, 100, 7_000] {
        let far = TimeDelta::days(365 * years) + TimeDelta::microseconds(7);
        assert_eq!(time.add(from, far), Some(from + far), "{years}");
        assert_eq!(time.between(from, from + far), far, "{years}");
        assert_eq!(time.add(from, -far), Some(from - far), "{years}");
    }
    assert_eq!(time.add(from, TimeDelta::MAX), None);
    assert_eq!(time.add(from, TimeDelta::MIN), None);
    for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let _ = (time.add(end, TimeDelta::hours(1)), time.add(end, TimeDelta::hours(-1)), time.is_within(end));
        assert_eq!(time.between(end, from), -time.between(from, end));
    }
    let never = BusinessTime::new(time.zone.clone(), time.calendar.clone(), every_day(&[]));
    assert_eq!(never.add(from, TimeDelta::hours(1)), None);
    assert_eq!(never.between(from, from + TimeDelta::days(9)), TimeDelta::zero());
}

/// Zones with days near which their clocks change.
const CHANGES: &[(&str, &str)] = &[
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Europe/London", "2026-10-25"),
    ("Australia/Sydney", "2026-10-04"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Pacific/Chatham", "2026-09-27"),
    ("Antarctica/Troll", "2026-03-29"),
    ("Antarctica/Troll", "2026-10-25"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("America/Havana", "2026-11-01"),
    ("America/Santiago", "2026-04-05"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("Asia/Kathmandu", "1986-01-01"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Pyongyang", "2018-05-05"),
    ("America/Caracas", "2016-05-01"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kwajalein", "1993-08-21"),
    ("America/Vancouver", "2026-11-01"),
];

/// Hours that neither begin nor end within times that these zones repeat.
const SPANS: &[&[&str]] = &[
    &["00:00-24:00"],
    &["00:00-06:00"],
    &["04:00-12:00", "13:00-17:30"],
    &["06:00-06:45", "22:00-24:00"],
    &["00:00-04:15", "04:15-04:30"],
];

fn cases() -> impl Strategy<Value = (BusinessTime, DateTime<Utc>)> {
    let places = (0..CHANGES.len(), 0..SPANS.len(), 1u8..128, prop::collection::vec(-15i64..15, 0..6), -960i64..960);
    places.prop_map(|(place, spans, mask, closed, quarters)| {
        let (zone, day) = CHANGES[place];
        let week: Vec<Weekday> =
            SUNDAY_FIRST.into_iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, day)| day).collect();
        let closed = closed.into_iter().map(|days| date(day) + TimeDelta::days(days));
        let calendar = BusinessCalendar::new(&week, closed).expect("working days");
        let time = BusinessTime::new(Zone::named(zone).expect("a zone"), calendar, every_day(SPANS[spans]));
        let noon = date(day).and_hms_opt(12, 0, 0).expect("noon").and_utc();
        (time, noon + minutes(15 * quarters))
    })
}

/// Whether a quarter of an hour is within hours, by what the clocks show when it begins.
fn by_the_clock(time: &BusinessTime, at: DateTime<Utc>) -> bool {
    let local = time.zone.local(at);
    let seconds = i64::from(local.num_seconds_from_midnight());
    let spans = time.hours.on(local.weekday()).iter().map(|span| span.seconds());
    time.calendar.is_open(local.date()) && spans.into_iter().any(|(from, to)| (from..to).contains(&seconds))
}

proptest! {
    #[test]
    fn s9_1_business_time_is_that_walked((time, from) in cases(), quarters in 0i64..1_500) {
        let to = from + minutes(15 * quarters);
        let walked = (0..quarters).filter(|n| by_the_clock(&time, from + minutes(15 * n))).count();
        prop_assert_eq!(time.between(from, to), minutes(15 * i64::try_from(walked).expect("small")));
        prop_assert_eq!(time.between(to, from), -time.between(from, to));
        prop_assert_eq!(time.is_within(from), by_the_clock(&time, from));
    }

    #[test]
    fn s9_1_business_time_adds_up((time, from) in cases(), a in 1i64..20_000, b in 1i64..20_000) {
        let there = time.add(from, minutes(a)).expect("near");
        prop_assert_eq!(time.between(from, there), minutes(a));
        prop_assert_eq!(time.add(there, minutes(b)), time.add(from, minutes(a + b)));
        // It is the earliest such instant.
        prop_assert_eq!(time.between(from, there - TimeDelta::seconds(1)), minutes(a) - TimeDelta::seconds(1));
        let back = time.add(from, minutes(-a)).expect("near");
        prop_assert_eq!(time.between(back, from), minutes(a));
        prop_assert_eq!(time.add(back, minutes(-b)), time.add(from, minutes(-a - b)));
        // And this is the latest.
        prop_assert_eq!(time.between(back + TimeDelta::seconds(1), from), minutes(a) - TimeDelta::seconds(1));
    }

    #[test]
    fn s9_1_business_time_never_goes_back((time, from) in cases(), a in -20_000i64..20_000, b in 0i64..20_000, later in 0i64..3_000) {
        let more = time.add(from, minutes(a + b)).expect("near");
        prop_assert!(time.add(from, minutes(a)).expect("near") <= more);
        let moved = time.add(from + minutes(later), minutes(a)).expect("near");
        // An instant between hours stays where it is when nothing is added.
        prop_assert!(a == 0 || time.add(from, minutes(a)).expect("near") <= moved);
        let (x, y) = (from + minutes(a), from + minutes(a + b));
        prop_assert!(time.between(from, x) <= time.between(from, y));
        prop_assert_eq!(time.between(from, x) + time.between(x, y), time.between(from, y));
    }
}
