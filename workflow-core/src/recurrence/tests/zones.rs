//! Occurrences as instants, over changes of the clocks.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::calendar::Zone;
use crate::recurrence::{Recurrence, Zoned};

/// Both hemispheres, half hours, a zone that left a day out, and zones that moved for good.
const ZONES: [&str; 14] = [
    "UTC",
    "America/New_York",
    "America/Vancouver",
    "America/Edmonton",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Europe/London",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Auckland",
];

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn zoned(start: &str, rule: &str, name: &str) -> Zoned {
    let start: NaiveDateTime = start.parse().unwrap();
    Zoned::new(&Recurrence::new(start, &rule.parse().unwrap()).unwrap(), zone(name))
}

fn texts(zoned: &Zoned, most: usize) -> Vec<String> {
    zoned.instants().take(most).map(|at| at.format("%m-%d %H:%M").to_string()).collect()
}

#[test]
fn s9_3_times_that_are_left_out_and_times_that_come_twice() {
    let gap = zoned("2026-03-07T02:30:00", "FREQ=DAILY", "America/New_York");
    assert_eq!(texts(&gap, 3), ["03-07 07:30", "03-08 07:30", "03-09 06:30"]);
    let twice = zoned("2026-10-31T01:30:00", "FREQ=DAILY", "America/New_York");
    assert_eq!(texts(&twice, 3), ["10-31 05:30", "11-01 05:30", "11-02 06:30"]);
    // 02:30 becomes 03:30, which is there already.
    let both = zoned("2026-03-08T00:00:00", "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,30", "America/New_York");
    assert_eq!(texts(&both, 4), ["03-08 07:15", "03-08 07:30", "03-09 06:15", "03-09 06:30"]);
    // Samoa had no December 30, 2011: its noon is that of the 31st.
    let samoa = zoned("2011-12-29T12:00:00", "FREQ=DAILY;COUNT=4", "Pacific/Apia");
    assert_eq!(texts(&samoa, 9), ["12-29 22:00", "12-30 22:00", "12-31 22:00"]);
}

#[test]
fn s9_3_instants_ascend_and_none_is_lost() {
    for name in ZONES {
        for (start, rule) in [
            ("2025-12-31T02:30:00", "FREQ=DAILY;COUNT=400"),
            ("2011-10-01T01:00:00", "FREQ=DAILY;COUNT=700;BYHOUR=1,2;BYMINUTE=0,30"),
            ("1999-01-01T23:45:00", "FREQ=MONTHLY;COUNT=400;BYMONTHDAY=-1"),
        ] {
            let zoned = zoned(start, rule, name);
            let found: Vec<DateTime<Utc>> = zoned.instants().collect();
            assert!(found.is_sorted_by(|one, next| one < next), "{name} {rule}");
            let recurrence = Recurrence::new(start.parse::<NaiveDateTime>().unwrap(), &rule.parse().unwrap()).unwrap();
            let place = zone(name);
            let mut expected: Vec<DateTime<Utc>> =
                recurrence.occurrences().map(|time| place.instant_of(time.date(), time.time()).unwrap()).collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(found, expected, "{name} {rule}");
            for pair in found.windows(2) {
                assert_eq!(zoned.next_after(pair[1] - TimeDelta::nanoseconds(1)), Some(pair[1]), "{name} {rule}");
            }
        }
    }
}
