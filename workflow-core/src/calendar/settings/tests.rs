use serde_json::json;

use super::*;
use crate::calendar::FirmCalendar;
use crate::document::read;

fn settings(value: serde_json::Value) -> FirmSettings {
    serde_json::from_value(value).expect("settings")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn s9_2_a_firm_has_calendars_of_several_kinds() {
    let settings = settings(json!({
        "name": "F", "time_zone": "America/New_York", "holidays": ["2026-12-24"], "holiday_sets": ["us-federal", "house"],
        "own_holiday_sets": { "house": { "holidays": [{ "name": "Retreat", "on": { "dates": ["2026-06-12"] } }] } },
        "calendars": {
            "courts": { "holiday_sets": ["us-dc"], "rules": [
                { "name": "Day after Thanksgiving", "on": { "weekday_on_or_after": { "weekday": "Fri", "date": { "month": 11, "day": 23 } } } },
            ] },
            "weekend desk": { "working_days": ["Sat", "Sun"], "business_hours": { "sat": ["10:00-14:00"] } },
        },
    }));
    assert_eq!(FirmCalendar::problems(&settings), []);
    let calendar = FirmCalendar::new(&settings).expect("a calendar");
    let key = |name: &str| CalendarKey::new(name).expect("a key");
    let open =
        |name: Option<&str>, day| calendar.business(name.map(key).as_ref()).expect("a calendar").is_open(date(day));
    for (name, day, expected) in [
        (None, "2026-12-24", false),
        (None, "2026-06-12", false),
        (None, "2026-07-03", false),
        (None, "2025-04-16", true),
        (None, "2026-11-27", true),
        (Some("courts"), "2026-12-24", true),
        (Some("courts"), "2025-04-16", false),
        (Some("courts"), "2026-11-27", false),
        (Some("weekend desk"), "2026-07-04", true),
        (Some("weekend desk"), "2026-07-06", false),
        (Some("uk-england-wales"), "2026-08-31", false),
    ] {
        assert_eq!(open(name, day), expected, "{name:?} {day}");
    }
    assert!(calendar.business(Some(&key("nothing"))).is_none());
    // Saturday from 10:00, and Sunday has no hours.
    let desk = calendar.business_time(Some(&key("weekend desk"))).expect("a calendar");
    let friday = "2026-07-03T12:00:00Z".parse().expect("an instant");
    assert_eq!(desk.add(friday, chrono::TimeDelta::hours(5)), "2026-07-11T15:00:00Z".parse().ok());
    let dc = calendar.business_time(Some(&key("us-dc"))).expect("built in");
    assert_eq!(dc.add(friday, chrono::TimeDelta::hours(1)), "2026-07-06T14:00:00Z".parse().ok());
}

#[test]
fn s9_2_every_mistake_of_the_settings_is_told() {
    let settings = settings(json!({
        "name": "F", "time_zone": "Mars/Olympus", "working_days": [], "holiday_sets": ["us-federl", "zzz"],
        "own_holiday_sets": { "us-dc": { "holidays": [] }, "our own": { "holidays": [{ "name": "", "on": { "easter": 999 } }] } },
        "calendars": {
            "a": { "working_days": [], "holiday_sets": ["our owm"] },
            "b": { "business_hours": { "sun": ["09:00-10:00"] }, "rules": [{ "name": "r", "on": { "easter": 1 }, "every": 2 }] },
        },
        "business_hours": { "mon": ["09:00-12:00", "11:00-13:00"] },
    }));
    let problems = FirmCalendar::problems(&settings);
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let expected = [
        "time_zone",
        "working_days",
        "holiday_sets[0]",
        "holiday_sets[1]",
        "own_holiday_sets[\"our own\"].holidays[0].name",
        "own_holiday_sets[\"our own\"].holidays[0].on.easter",
        "own_holiday_sets.us-dc",
        "calendars.a.working_days",
        "calendars.a.holiday_sets[0]",
        "calendars.b.rules[0].every",
        "calendars.b.business_hours",
        "business_hours.mon[1]",
        "business_hours",
    ];
    assert_eq!(paths, expected);
    assert!(problems[2].message.contains("did you mean `us-federal`?"), "{}", problems[2].message);
    assert!(problems[3].message.contains("`uk-england-wales`"), "{}", problems[3].message);
    assert!(problems[8].message.contains("did you mean `our own`?"), "{}", problems[8].message);
}

#[test]
fn s9_1_hours_in_a_document_are_told_with_the_rest() {
    let text =
        b"name: F\nbusiness_hours:\n  mon: ['9-5', '13:00-17:00']\n  tues: ['09:00-17:00']\n  fri: ['22:00-02:00']\n";
    let Err(crate::error::Rejection::Document(problems)) = read::<FirmSettings>("firm", text) else {
        panic!("not refused")
    };
    let found: Vec<_> = problems.iter().map(|problem| (problem.path.as_str(), problem.line)).collect();
    let expected =
        [("business_hours.mon[0]", Some(3)), ("business_hours.tues", Some(4)), ("business_hours.fri[0]", Some(5))];
    assert_eq!(found, expected);
}
