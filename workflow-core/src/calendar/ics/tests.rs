use proptest::prelude::*;

use super::*;
use crate::limits::{ICS_LINES, SETTINGS};

fn file(events: &[&str]) -> String {
    let events: String = events
        .iter()
        .map(|event| format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", event.replace('\n', "\r\n")))
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Bank holidays\r\n{events}END:VCALENDAR\r\n")
}

fn import(events: &[&str]) -> ImportedHolidays {
    HolidaySet::from_ics(file(events).as_bytes(), 2025..=2028).expect("holidays")
}

fn days(set: &HolidaySet) -> Vec<String> {
    let days = (2000..=2040).flat_map(|year| set.in_year(year));
    days.map(|day| format!("{} {}", day.date, day.name)).collect()
}

fn refused(text: &[u8]) -> Vec<(String, &'static str, u32)> {
    match HolidaySet::from_ics(text, 2025..=2028) {
        Err(Rejection::Document(problems)) => {
            problems.into_iter().map(|problem| (problem.path, problem.code, problem.line.expect("a line"))).collect()
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn s9_2_whole_days_of_a_calendar_file_are_holidays() {
    // As gov.uk publishes them, with a folded line, a changed day and an alarm inside.
    let imported = import(&[
        "DTEND;VALUE=DATE:20261229\nDTSTART;VALUE=DATE:20261228\nSUMMARY:Boxing Day\\, in place of\n  the 26th\nUID:a@gov.uk\nTRANSP:TRANSPARENT",
        "DTSTART:20251224\nDURATION:P3D\nSUMMARY:Shut\nBEGIN:VALARM\nTRIGGER:-PT15M\nSUMMARY:other\nEND:VALARM",
        "DTSTART;VALUE=DATE:20260401\nSTATUS:CANCELLED\nSUMMARY:Not held",
        "DTSTART;TZID=\"Europe/London\":20260402T090000\nSUMMARY:A meeting",
        "DTSTART;VALUE=DATE:19990101\nSUMMARY:Long ago",
        "DTSTART;VALUE=DATE:20270101",
    ]);
    let expected = [
        "2025-12-24 Shut",
        "2025-12-25 Shut",
        "2025-12-26 Shut",
        "2026-12-28 Boxing Day, in place of the 26th",
        "2027-01-01 Holiday",
    ];
    assert_eq!(days(&imported.set), expected);
    assert_eq!(imported.set.name.as_deref(), Some("Bank holidays"));
    let [left_out] = imported.left_out.as_slice() else { panic!("{:?}", imported.left_out) };
    assert_eq!(
        (left_out.path.as_str(), left_out.line, left_out.severity),
        ("VEVENT[3].DTSTART", Some(27), Severity::Warning)
    );
    assert_eq!(imported.set.problems(""), []);
}

#[test]
fn s9_2_recurring_events_become_their_dates() {
    let imported = import(&[
        "UID:1\nDTSTART;VALUE=DATE:19760704\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260704\nSUMMARY:Fourth",
        "UID:2\nDTSTART;VALUE=DATE:20000117\nRRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=3MO;UNTIL=20270101T000000Z\nSUMMARY:King",
        "UID:3\nDTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;COUNT=2\nRDATE;VALUE=DATE:20280630,20280630\nSUMMARY:Turn",
        "UID:4\nDTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY;COUNT=3\nSUMMARY:May",
        "UID:4\nRECURRENCE-ID;VALUE=DATE:20260501\nDTSTART;VALUE=DATE:20260504\nSUMMARY:May moved",
        "UID:4\nRECURRENCE-ID;VALUE=DATE:20270501\nDTSTART;VALUE=DATE:20270501\nSTATUS:CANCELLED\nSUMMARY:May",
    ]);
    let expected = [
        "2025-01-20 King",
        "2025-05-01 May",
        "2025-07-04 Fourth",
        "2025-12-31 Turn",
        "2026-01-01 Turn",
        "2026-01-19 King",
        "2026-05-04 May moved",
        "2026-12-31 Turn",
        "2027-01-01 Turn",
        "2027-07-04 Fourth",
        "2028-06-30 Turn",
        "2028-07-01 Turn",
        "2028-07-04 Fourth",
    ];
    assert_eq!(days(&imported.set), expected);
}

#[test]
fn s9_2_instances_that_overlap_have_each_day_once() {
    let imported = import(&["DTSTART:20250101\nDURATION:P366D\nRRULE:FREQ=DAILY;COUNT=700"]);
    assert_eq!(imported.set.dates().len(), 366 + 699);
}

#[test]
fn s9_2_every_mistake_of_a_calendar_file_has_its_line() {
    let text = file(&[
        "SUMMARY:no start",
        "DTSTART;VALUE=DATE:20260230",
        "DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260228\nRRULE:FREQ=HOURLY",
        "DTSTART;VALUE=DATE:20260301\nDTEND:20260302\nDURATION:P1D\nEXDATE:20260303T120000Z",
        "DTSTART:20260301\nDTSTART:20260302\nDURATION:PT24H\nEXRULE:FREQ=DAILY",
        "DTSTART:20260301\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:20260301\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260301\nnonsense",
    ]);
    let found = refused(text.as_bytes());
    let found: Vec<_> = found.iter().map(|(path, code, line)| (path.as_str(), *code, *line)).collect();
    let expected = [
        ("VEVENT[0].DTSTART", "missing_field", 4),
        ("VEVENT[1].DTSTART", "invalid", 8),
        ("VEVENT[2].DTEND", "out_of_range", 12),
        ("VEVENT[2].RRULE", "invalid", 13),
        ("VEVENT[3].DURATION", "invalid", 18),
        ("VEVENT[3].EXDATE", "invalid", 19),
        ("VEVENT[4].DTSTART", "duplicate_key", 23),
        ("VEVENT[4].DURATION", "invalid", 24),
        ("VEVENT[4].EXRULE", "invalid", 25),
        ("VEVENT[5].RRULE", "invalid", 29),
        ("VEVENT[6].RECURRENCE-ID", "invalid", 33),
        ("", "syntax", 34),
    ];
    assert_eq!(found, expected);
}

#[test]
fn s9_2_the_frame_of_a_calendar_file_is_looked_at() {
    for (text, line) in [
        ("BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n", 1),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\n", 2),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\nEND:VCALENDAR\n", 4),
        ("END:VCALENDAR\n", 1),
        ("VERSION:2.0\n", 1),
    ] {
        assert_eq!(
            refused(text.as_bytes()).first().map(|(_, code, line)| (*code, *line)),
            Some(("syntax", line)),
            "{text}"
        );
    }
    assert!(HolidaySet::from_ics(b"BEGIN:VCALENDAR\nX-A:\xff\nEND:VCALENDAR", 2025..=2025).is_err());
    for years in [RangeInclusive::new(2026, 2025), 1899..=2000, 2000..=2201, i32::MIN..=i32::MAX] {
        assert!(matches!(HolidaySet::from_ics(b"", years), Err(Rejection::Invalid { .. })));
    }
}

#[test]
fn s12_1_calendar_files_are_bounded() {
    let mut long = "BEGIN:VCALENDAR\n".to_owned();
    long.push_str(&"X-A:b\n".repeat(ICS_LINES));
    assert_eq!(refused(long.as_bytes()).first().map(|(_, code, _)| *code), Some("too_big"));
    let deep = "BEGIN:VCALENDAR\n".repeat(DOCUMENT_DEPTH + 1);
    assert_eq!(refused(deep.as_bytes()).first().map(|(_, _, line)| *line), u32::try_from(DOCUMENT_DEPTH + 1).ok());
    let many = file(&vec!["DTSTART:20260101"; HOLIDAY_RULES + 1]);
    assert_eq!(refused(many.as_bytes()).first().map(|(_, code, _)| *code), Some("too_long"));
    let daily = file(&["DTSTART:19000101\nRRULE:FREQ=DAILY"]);
    let Err(Rejection::Document(problems)) = HolidaySet::from_ics(daily.as_bytes(), 1900..=2200) else { panic!("no") };
    assert!(problems[0].message.contains(&format!("SETTINGS of {SETTINGS}")), "{}", problems[0]);
    let yearly = file(&vec!["DTSTART:19000101\nDURATION:P10D\nRRULE:FREQ=YEARLY"; 17]);
    assert!(
        HolidaySet::from_ics(yearly.as_bytes(), 1900..=2200)
            .is_err_and(|error| error.to_string().contains("ICS_DAYS of 50000"))
    );
    let weeks = format!("DTSTART:20250101\nDURATION:P{}W\nRRULE:FREQ=DAILY", 53);
    assert_eq!(refused(file(&[&weeks]).as_bytes()).first().map(|(_, code, _)| *code), Some("out_of_range"));
}

proptest! {
    #[test]
    fn s12_2_no_calendar_file_breaks_the_reader(
        lines in prop::collection::vec(prop_oneof![
            "(BEGIN|END):(VCALENDAR|VEVENT|VALARM)",
            "(DTSTART|DTEND|RDATE|EXDATE|RECURRENCE-ID)(;VALUE=DATE)?:[0-9]{4}(0[1-9]|1[0-2])[0-3][0-9](T[0-9]{6}Z?)?",
            "RRULE:FREQ=(YEARLY|MONTHLY|DAILY);(COUNT|INTERVAL|BYMONTH|BYMONTHDAY)=-?[0-9]{1,3}",
            "DURATION:-?P[0-9]{0,3}[DWT]",
            "[ -~]{0,30}",
            "\\PC{0,10}",
        ], 0..40),
    ) {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}\n", lines.join("\n"));
        if let Ok(imported) = HolidaySet::from_ics(text.as_bytes(), 1990..=2040) {
            prop_assert_eq!(imported.set.problems(""), []);
        }
    }

    #[test]
    fn s9_2_a_line_is_the_same_however_it_is_folded(summary in "[a-zA-Zé€ ]{1,60}", cuts in prop::collection::vec(1usize..20, 1..8)) {
        let line = format!("SUMMARY:x{summary}x");
        let (mut folded, mut rest) = (Vec::new(), line.as_bytes());
        for cut in cuts.iter().cycle() {
            let (head, tail) = rest.split_at((*cut).min(rest.len()));
            folded.extend_from_slice(head);
            rest = tail;
            if rest.is_empty() {
                break;
            }
            folded.extend_from_slice(b"\r\n ");
        }
        let mut text = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101\r\n".to_vec();
        text.extend_from_slice(&folded);
        text.extend_from_slice(b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        let imported = HolidaySet::from_ics(&text, 2026..=2026).expect("holidays");
        prop_assert_eq!(&imported.set.holidays[0].name, &format!("x{summary}x"));
    }
}
