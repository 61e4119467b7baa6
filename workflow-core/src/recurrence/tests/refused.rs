//! Rules that are refused, each with its reason.

use chrono::NaiveDate;

use crate::recurrence::{Recurrence, Rule};

fn part_of(text: &str) -> String {
    match text.parse::<Rule>() {
        Ok(rule) => panic!("`{rule}` was taken"),
        Err(refused) => format!("{} {}", refused.part(), refused.why()),
    }
}

#[test]
fn s9_3_illegal_rules_are_refused_by_their_part() {
    for (text, part) in [
        ("", "RRULE"),
        ("FREQ=DAILY;", "RRULE"),
        ("FREQ=HOURLY", "FREQ"),
        ("FREQ=SECONDLY", "FREQ"),
        ("FREQ=FORTNIGHTLY", "FREQ"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=x", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=1000000", "COUNT"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260101T000000Z", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ"),
        ("FREQ=DAILY;BYMONT=1", "RRULE"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH"),
        ("FREQ=DAILY;BYMONTH=", "BYMONTH"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO"),
        ("FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY"),
        ("FREQ=WEEKLY;BYYEARDAY=3", "BYYEARDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY"),
        ("FREQ=DAILY;BYDAY=-1MO", "BYDAY"),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=XX", "BYDAY"),
        ("FREQ=YEARLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;WKST=1", "WKST"),
        ("FREQ=YEARLY;BYEASTER=1", "RRULE"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31,-31", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY"),
    ] {
        let said = part_of(text);
        assert!(said.starts_with(&format!("{part} ")), "`{text}`: {said}");
    }
    assert!(part_of("FREQ=DAILY;BYMONT=1").contains("did you mean `BYMONTH`?"));
}

#[test]
fn s9_3_rules_that_never_occur_are_refused_with_what_is_in_the_way() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    for (text, part) in [
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "INTERVAL"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=2", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "INTERVAL"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=11", "BYSETPOS"),
        ("FREQ=DAILY;BYMONTHDAY=1;BYSETPOS=2", "BYSETPOS"),
        ("FREQ=YEARLY;BYMONTH=3;BYYEARDAY=1", "BYYEARDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20260115", "UNTIL"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20251231", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20261231T000000", "UNTIL"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR"),
    ] {
        let rule: Rule = text.parse().unwrap();
        let refused = Recurrence::new(start, &rule).expect_err(text);
        assert_eq!(refused.part(), part, "`{text}`: {refused}");
    }
}
