use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

const ADJUSTMENTS: [Adjustment; 6] = [
    Adjustment::Exact,
    Adjustment::Following,
    Adjustment::Preceding,
    Adjustment::ModifiedFollowing,
    Adjustment::ModifiedPreceding,
    Adjustment::Nearest,
];

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn closed_on(days: &[&str]) -> BusinessCalendar {
    BusinessCalendar::new(&WORKDAYS, days.iter().map(|day| date(day))).expect("working days")
}

#[test]
fn s9_2_a_closed_date_is_adjusted() {
    // Saturday 2026-01-31: February begins on a Sunday.
    let calendar = closed_on(&["2026-05-25"]);
    for (day, adjustment, expected) in [
        ("2026-01-31", "exact", "2026-01-31"),
        ("2026-01-31", "following", "2026-02-02"),
        ("2026-01-31", "preceding", "2026-01-30"),
        ("2026-01-31", "modified following", "2026-01-30"),
        ("2026-02-01", "modified preceding", "2026-02-02"),
        ("2026-01-31", "nearest", "2026-01-30"),
        ("2026-02-01", "nearest", "2026-02-02"),
        // Monday the 25th is closed: Sunday is two days from Friday and two from Tuesday.
        ("2026-05-24", "nearest", "2026-05-26"),
        ("2026-05-23", "nearest", "2026-05-22"),
        ("2026-05-25", "nearest", "2026-05-26"),
        ("2026-05-25", "modified following", "2026-05-26"),
        ("2026-05-26", "following", "2026-05-26"),
    ] {
        let found = calendar.adjust(date(day), adjustment.parse().expect("a word"));
        assert_eq!(found, Some(date(expected)), "{day} {adjustment}");
    }
}

#[test]
fn s9_2_adjustments_are_read_as_they_are_written() {
    for adjustment in ADJUSTMENTS {
        assert_eq!(adjustment.to_string().parse(), Ok(adjustment));
        let json = serde_json::to_string(&adjustment).expect("json");
        assert_eq!(json, format!("\"{}\"", adjustment.to_string().replace(' ', "_")));
    }
    let error = "modifiedfollowing".parse::<Adjustment>().expect_err("refused").to_string();
    assert!(error.contains("`modifiedfollowing`") && error.contains("`modified following`"), "{error}");
    for (word, roll) in [("forward", Roll::Following), ("backward", Roll::Preceding), ("nat", Roll::Nat)] {
        assert_eq!(word.parse(), Ok(roll));
    }
    assert!("nearest".parse::<Roll>().is_err());
}

#[test]
fn s9_2_an_offset_rolls_its_start_as_numpy_does() {
    let calendar = closed_on(&["2026-11-26"]);
    let saturday = date("2026-10-31");
    assert_eq!(calendar.offset(saturday, 1, Roll::Raise), Err(NotOpen(saturday)));
    assert_eq!(calendar.offset(saturday, 1, Roll::Nat), Ok(None));
    for (day, n, roll, expected) in [
        ("2026-10-31", 1, "following", "2026-11-03"),
        ("2026-10-31", 1, "preceding", "2026-11-02"),
        ("2026-10-31", 0, "modifiedfollowing", "2026-10-30"),
        ("2026-10-31", -1, "following", "2026-10-30"),
        ("2026-11-01", 0, "modifiedpreceding", "2026-11-02"),
        ("2026-11-26", -1, "backward", "2026-11-24"),
        ("2026-11-25", 1, "raise", "2026-11-27"),
        ("2026-11-25", 2, "nat", "2026-11-30"),
    ] {
        let found = calendar.offset(date(day), n, roll.parse().expect("a roll"));
        assert_eq!(found, Ok(Some(date(expected))), "{day} {n} {roll}");
    }
}

#[test]
fn s9_2_months_have_first_last_and_nth_open_days() {
    let calendar = closed_on(&["2026-01-01", "2026-05-25", "2026-12-31"]);
    for (month, n, expected) in [
        ("2026-01-15", 1, Some("2026-01-02")),
        ("2026-05-31", -1, Some("2026-05-29")),
        ("2026-12-01", -1, Some("2026-12-30")),
        ("2026-05-01", 17, Some("2026-05-26")),
        ("2026-05-01", 20, Some("2026-05-29")),
        ("2026-05-01", 21, None),
        ("2026-05-01", -20, Some("2026-05-01")),
        ("2026-05-01", -21, None),
        ("2026-05-01", 0, None),
        ("2026-05-01", i32::MAX, None),
        ("2026-05-01", i32::MIN, None),
    ] {
        assert_eq!(calendar.nth_open_of_month(date(month), n), expected.map(date), "{month} {n}");
    }
    assert_eq!(calendar.first_open_of_month(date("2026-02-28")), Some(date("2026-02-02")));
    assert_eq!(calendar.last_open_of_month(date("2026-01-01")), Some(date("2026-01-30")));
    let closed = BusinessCalendar::new(&WORKDAYS, date("2026-02-01").iter_days().take(28)).expect("working days");
    assert_eq!(closed.first_open_of_month(date("2026-02-10")), None);
    assert_eq!(closed.add_months(date("2026-01-30"), 1, EndOfMonth::LastOpen), Some(date("2026-02-28")));
}

#[test]
fn s9_2_months_keep_their_end_when_asked() {
    let calendar = closed_on(&[]);
    for (day, n, end, expected) in [
        ("2026-02-28", 1, EndOfMonth::Clamp, "2026-03-28"),
        ("2026-02-28", 1, EndOfMonth::Last, "2026-03-31"),
        ("2028-02-28", 1, EndOfMonth::Last, "2028-03-28"),
        ("2028-02-29", 12, EndOfMonth::Last, "2029-02-28"),
        ("2026-01-31", 1, EndOfMonth::Clamp, "2026-02-28"),
        ("2026-06-30", -4, EndOfMonth::Last, "2026-02-28"),
        // Friday the 29th is the last open day of May 2026; July ends on a Friday.
        ("2026-05-29", 2, EndOfMonth::LastOpen, "2026-07-31"),
        ("2026-05-31", 1, EndOfMonth::LastOpen, "2026-06-30"),
        ("2026-05-28", 2, EndOfMonth::LastOpen, "2026-07-28"),
        ("2026-07-31", -2, EndOfMonth::LastOpen, "2026-05-29"),
        ("2026-07-31", -2, EndOfMonth::Last, "2026-05-31"),
    ] {
        assert_eq!(calendar.add_months(date(day), n, end), Some(date(expected)), "{day} {n} {end:?}");
    }
}

#[test]
fn s12_2_the_ends_of_the_calendar_answer_none() {
    let calendar = closed_on(&[]);
    for adjustment in ADJUSTMENTS {
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            let _ = calendar.adjust(day, adjustment);
        }
    }
    for end in [EndOfMonth::Clamp, EndOfMonth::Last, EndOfMonth::LastOpen] {
        assert_eq!(calendar.add_months(NaiveDate::MAX, 1, end), None);
        assert_eq!(calendar.add_months(NaiveDate::MIN, i32::MIN, end), None);
    }
    assert_eq!(calendar.offset(NaiveDate::MAX, i32::MAX, Roll::Following), Ok(None));
    assert!(BusinessCalendar::new(&[], []).is_none());
}

/// Calendars with at least one working weekday and holes that can close whole months.
fn calendars() -> impl Strategy<Value = BusinessCalendar> {
    let holes = prop::collection::vec((-60i64..120, 1usize..40), 0..6);
    (1u8..128, holes).prop_map(|(mask, holes)| {
        let week = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
        let working: Vec<Weekday> =
            week.into_iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, day)| day).collect();
        let closed = holes
            .into_iter()
            .flat_map(|(start, length)| (date("2026-06-01") + TimeDelta::days(start)).iter_days().take(length));
        BusinessCalendar::new(&working, closed).expect("a working day")
    })
}

fn days() -> impl Strategy<Value = NaiveDate> {
    (-90i64..200).prop_map(|days| date("2026-06-01") + TimeDelta::days(days))
}

fn walk(calendar: &BusinessCalendar, from: NaiveDate, step: i64) -> NaiveDate {
    let mut day = from;
    while !calendar.is_open(day) {
        day += TimeDelta::days(step);
    }
    day
}

proptest! {
    #[test]
    fn s9_2_adjusted_days_are_open_and_those_walked(calendar in calendars(), day in days()) {
        let (before, after) = (walk(&calendar, day, -1), walk(&calendar, day, 1));
        for adjustment in ADJUSTMENTS {
            let found = calendar.adjust(day, adjustment).expect("near");
            let expected = match adjustment {
                Adjustment::Exact => day,
                Adjustment::Following => after,
                Adjustment::Preceding => before,
                Adjustment::ModifiedFollowing => if after.month() == day.month() { after } else { before },
                Adjustment::ModifiedPreceding => if before.month() == day.month() { before } else { after },
                Adjustment::Nearest => if after - day <= day - before { after } else { before },
            };
            prop_assert_eq!(found, expected, "{}", adjustment);
            prop_assert!(adjustment == Adjustment::Exact || calendar.is_open(found));
            // Adjusting again changes nothing.
            prop_assert_eq!(calendar.adjust(found, adjustment), Some(found));
        }
    }

    #[test]
    fn s9_2_offsets_compose_and_invert(calendar in calendars(), day in days(), a in -5_000i32..5_000, b in -5_000i32..5_000) {
        let start = calendar.offset(day, 0, Roll::Following).expect("rolled").expect("near");
        let move_by = |from, n| calendar.offset(from, n, Roll::Raise).expect("open").expect("near");
        prop_assert_eq!(move_by(move_by(start, a), b), move_by(start, a + b));
        prop_assert_eq!(move_by(move_by(start, a), -a), start);
        prop_assert_eq!(calendar.count(start, move_by(start, a)), i64::from(a));
        prop_assert!(calendar.is_open(move_by(start, a)));
    }

    #[test]
    fn s9_2_counts_add_up(calendar in calendars(), a in days(), b in days(), c in days()) {
        let mut order = [a, b, c];
        order.sort_unstable();
        let [a, b, c] = order;
        prop_assert_eq!(calendar.count(a, b) + calendar.count(b, c), calendar.count(a, c));
        let walked = a.iter_days().take_while(|day| *day < c).filter(|day| calendar.is_open(*day)).count();
        prop_assert_eq!(Ok(calendar.count(a, c)), i64::try_from(walked));
    }

    #[test]
    fn s9_2_nth_days_of_a_month_are_those_walked(calendar in calendars(), day in days(), n in -32i32..33) {
        let first = day.with_day(1).expect("a first");
        let open: Vec<NaiveDate> = first
            .iter_days()
            .take_while(|other| other.month() == day.month())
            .filter(|day| calendar.is_open(*day))
            .collect();
        let place = match n {
            0 => None,
            n if n > 0 => usize::try_from(n - 1).ok(),
            n => open.len().checked_sub(n.unsigned_abs() as usize),
        };
        prop_assert_eq!(calendar.nth_open_of_month(day, n), place.and_then(|place| open.get(place).copied()));
    }

    #[test]
    fn s9_2_ends_of_months_stay_ends(calendar in calendars(), day in days(), n in -40i32..40) {
        let last = last_of_month(day).expect("an end");
        let there = calendar.add_months(last, n, EndOfMonth::Last).expect("near");
        prop_assert_eq!(last_of_month(there), Some(there));
        prop_assert_eq!(calendar.add_months(there, -n, EndOfMonth::Last), Some(last));
    }
}
