//! Clauses 9.1 and 9.2: what a firm's settings say of days and hours, through the engine.

use serde_json::{Value, json};
use workflow_core::calendar::{FirmCalendar, HolidaySet};
use workflow_core::command::Command;
use workflow_core::error::Rejection;
use workflow_core::limits;
use workflow_core::model::FirmSettings;
use workflow_core::store::{DocId, Document, Transact};

use crate::kit::{Office, account, command, firm, plain};

fn settings(value: Value) -> Box<FirmSettings> {
    Box::new(serde_json::from_value(value).expect("settings"))
}

fn refused(office: &Office, value: Value) -> Vec<(String, &'static str, String)> {
    match office.refused(Command::SaveFirm(settings(value))) {
        Rejection::Document(problems) => {
            problems.into_iter().map(|problem| (problem.path, problem.code, problem.message)).collect()
        }
        other => panic!("another refusal: {other}"),
    }
}

#[test]
fn s9_2_due_dates_pass_over_the_sets_that_the_firm_observes() {
    let office = Office::with(plain());
    let due = |settings: Value| {
        office.save_firm(settings);
        office.give(json!({ "save_template": { "job": { "key": "t",
            "defaults": { "due": "10 business days after creation" } } } }));
        let outcome = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "template": "t" } }));
        office.get(outcome.job().expect("a job")).due.map(|date| date.to_string())
    };
    // It is Monday, 2 February 2026; the 16th is Washington's Birthday.
    assert_eq!(due(json!({ "name": "F" })).as_deref(), Some("2026-02-16"));
    assert_eq!(due(json!({ "name": "F", "holiday_sets": ["us-federal"] })).as_deref(), Some("2026-02-17"));
    let own = json!({ "name": "F", "holiday_sets": ["us-federal", "ours"],
        "own_holiday_sets": { "ours": { "holidays": [{ "name": "Founding", "on": { "fixed": { "month": 2, "day": 4 } } }] } } });
    assert_eq!(due(own).as_deref(), Some("2026-02-18"));
}

#[test]
fn s9_2_settings_are_refused_with_every_mistake_and_change_nothing() {
    let office = Office::new();
    let before = office.store.get(firm(), &[DocId::Firm]).expect("read");
    let found = refused(
        &office,
        json!({ "name": "F", "time_zone": "America/Now_York", "working_days": [], "holiday_sets": ["us-dv"],
            "calendars": { "us-dc": {}, "c": { "rules": [{ "name": "x", "on": { "fixed": { "month": 2, "day": 30 } } }] } },
            "business_hours": { "sun": ["09:00-17:00"] } }),
    );
    let paths: Vec<&str> = found.iter().map(|(path, ..)| path.as_str()).collect();
    let expected = [
        "time_zone",
        "working_days",
        "holiday_sets[0]",
        "calendars.c.rules[0].on.fixed",
        "calendars.us-dc",
        "business_hours",
    ];
    assert_eq!(paths, expected);
    assert!(found[0].2.contains("did you mean `America/New_York`?") && found[2].2.contains("`us-dc`"), "{found:?}");
    let after = office.store.get(firm(), &[DocId::Firm]).expect("read");
    assert_eq!(
        after.iter().map(|slot| slot.as_ref().map(|v| v.revision)).collect::<Vec<_>>(),
        before.iter().map(|slot| slot.as_ref().map(|v| v.revision)).collect::<Vec<_>>()
    );
}

#[test]
fn s9_2_settings_come_back_as_they_were_saved() {
    let office = Office::new();
    let written = json!({ "name": "F", "time_zone": "Europe/London", "holiday_sets": ["uk-england-wales"],
        "calendars": { "courts": { "working_days": ["Mon", "Tue"], "holidays": ["2026-06-01"], "holiday_sets": ["us-dc"] } },
        "business_hours": { "mon": ["09:00-12:30", "13:30-18:00"], "fri": ["09:00-15:00"] } });
    office.save_firm(written.clone());
    let stored = office.store.get(firm(), &[DocId::Firm]).expect("read").remove(0).expect("a firm");
    let Document::Firm(record) = &stored.document else { panic!("not a firm") };
    let again = serde_json::to_value(&record.settings).expect("json");
    for (field, value) in written.as_object().expect("fields") {
        assert_eq!(&again[field], value, "{field}");
    }
    let calendar = FirmCalendar::new(&record.settings).expect("a calendar");
    // Monday's four hours and a half after half past one, and Friday's six.
    let monday = "2026-06-01T12:30:00Z".parse().expect("an instant");
    let friday = "2026-06-05T08:30:00Z".parse().expect("an instant");
    assert_eq!(calendar.business_time_between(monday, friday).num_minutes(), 4 * 60 + 30 + 30);
}

#[test]
fn s12_1_years_and_spans_past_their_limits_are_refused() {
    let office = Office::new();
    for (year, fits) in [
        (limits::HOLIDAY_FIRST_YEAR, true),
        (limits::HOLIDAY_LAST_YEAR, true),
        (limits::HOLIDAY_FIRST_YEAR - 1, false),
        (limits::HOLIDAY_LAST_YEAR + 1, false),
    ] {
        for holiday in [
            json!({ "name": "h", "on": { "easter": 1 }, "from": year }),
            json!({ "name": "h", "on": { "dates": [format!("{year}-01-02")] } }),
        ] {
            let value = json!({ "name": "F", "own_holiday_sets": { "s": { "holidays": [holiday] } } });
            if fits {
                office.run(Command::SaveFirm(settings(value)));
            } else {
                let found = refused(&office, value);
                assert!(found[0].2.contains("HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR"), "{found:?}");
            }
        }
    }
    let hours = |count: usize| {
        let spans: Vec<String> = (0..count).map(|hour| format!("{hour:02}:00-{hour:02}:30")).collect();
        json!({ "name": "F", "business_hours": { "mon": spans } })
    };
    office.run(Command::SaveFirm(settings(hours(limits::HOURS_SPANS))));
    let found = refused(&office, hours(limits::HOURS_SPANS + 1));
    assert!(found[0].2.contains(&format!("HOURS_SPANS of {}", limits::HOURS_SPANS)), "{found:?}");
}

#[test]
fn s12_1_calendar_files_past_a_limit_name_it() {
    let lines = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", "A:b\n".repeat(limits::ICS_LINES));
    let event = "BEGIN:VEVENT\nDTSTART:19000101\nDURATION:P15D\nRRULE:FREQ=YEARLY\nEND:VEVENT\n";
    let days = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event.repeat(limits::ICS_DAYS / (301 * 15) + 1));
    for (limit, text) in [("ICS_LINES", lines), ("ICS_DAYS", days)] {
        let error = HolidaySet::from_ics(text.as_bytes(), 1900..=2200).expect_err(limit).to_string();
        assert!(error.contains(&format!("{limit} of ")), "{error}");
    }
}

/// A command as a document reaches the checks of the settings too.
#[test]
fn s9_2_a_firm_written_as_a_command_is_checked() {
    let office = Office::new();
    let rejection = office.refused(command(json!({ "save_firm": { "name": "F", "holiday_sets": ["nothing"] } })));
    assert!(rejection.to_string().contains("holiday_sets[0]"), "{rejection}");
}
