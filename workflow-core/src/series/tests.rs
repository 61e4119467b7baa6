use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::Plan;
use crate::calendar::{Adjustment, FirmCalendar};
use crate::dates::Span;
use crate::error::Rejection;
use crate::id::SeriesId;
use crate::limits;
use crate::model::{Audience, CatchUp, FirmSettings, Series, SeriesException, SeriesState, SeriesWork};
use crate::recurrence::{DayOfMonth, Preset, Schedule};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn calendar() -> FirmCalendar {
    FirmCalendar::new(&FirmSettings::named("Firm")).expect("a calendar")
}

/// The 15th of every month from January 2026, moved to the next open day.
fn monthly(catch_up: CatchUp) -> Series {
    let preset = Preset::Monthly { day: Some(DayOfMonth::Day(15)) };
    let schedule = Schedule { adjust: Adjustment::Following, ..Schedule::by_preset(preset, day("2026-01-01")) };
    Series {
        id: SeriesId(Uuid::nil()),
        name: "Monthly".to_owned(),
        makes: SeriesWork::Task(Box::default()),
        audience: Audience::default(),
        schedule,
        lead: None,
        catch_up,
        state: SeriesState::Active,
        cursor: None,
        through: None,
        exceptions: BTreeMap::new(),
        continues: None,
        continued_by: None,
        next: None,
        created: at("2026-01-01T00:00:00Z"),
        updated: at("2026-01-01T00:00:00Z"),
    }
}

fn plan(series: &Series) -> Plan {
    Plan::of(series, &calendar()).expect("a plan")
}

fn due(series: &Series, now: &str) -> (Vec<String>, Option<NaiveDate>) {
    let due = plan(series).due(series, at(now));
    (due.turns.iter().map(|turn| turn.key.to_string()).collect(), due.cursor)
}

#[test]
fn s9_4_a_turn_comes_the_lead_time_before_the_adjusted_day() {
    // February 15, 2026 is a Sunday: Monday the 16th it is.
    let series = Series { cursor: Some(day("2026-01-15")), ..monthly(CatchUp::Latest) };
    assert_eq!(plan(&series).next(&series), Some(at("2026-02-16T00:00:00Z")));
    let ahead = |lead| Series { lead: Some(lead), ..series.clone() };
    let next = |series: &Series| plan(series).next(series);
    assert_eq!(next(&ahead(Span::days(10))), Some(at("2026-02-06T00:00:00Z")));
    assert_eq!(next(&ahead(Span::business_days(5))), Some(at("2026-02-09T00:00:00Z")));
    assert_eq!(next(&ahead(Span::months(1))), Some(at("2026-01-16T00:00:00Z")));
    let hours = Plan::of(&ahead(Span::hours(5)), &calendar()).err().expect("refused");
    assert!(matches!(hours, Rejection::Invalid { ref field, .. } if field == "lead"), "{hours}");
}

#[test]
fn s9_4_catching_up_follows_the_policy() {
    let now = "2027-03-20T12:00:00Z";
    let (all, cursor) = due(&monthly(CatchUp::All), now);
    assert_eq!((all.len(), all[0].as_str(), cursor), (15, "2026-01", Some(day("2027-03-15"))));
    assert_eq!(due(&monthly(CatchUp::Latest), now), (vec!["2027-03".to_owned()], Some(day("2027-03-15"))));
    assert_eq!(due(&monthly(CatchUp::None), now), (vec![], Some(day("2027-03-15"))));
    // On its day nothing is missed yet. What was missed before it is left out by both.
    for policy in [CatchUp::Latest, CatchUp::None] {
        assert_eq!(due(&monthly(policy), "2027-03-15T23:00:00Z").0, ["2027-03"]);
    }
    let left_out = plan(&monthly(CatchUp::Latest)).due(&monthly(CatchUp::Latest), at(now)).left_out;
    assert_eq!(left_out, Some((day("2026-01-15"), day("2027-03-15"))));
}

#[test]
fn s9_4_a_long_way_is_caught_up_in_bounded_steps() {
    let mut series = monthly(CatchUp::All);
    let mut made = 0;
    for _ in 0..100 {
        let due = plan(&series).due(&series, at("2126-01-01T00:00:00Z"));
        assert!(due.turns.len() <= limits::SERIES_AT_ONCE);
        made += due.turns.len();
        series.cursor = due.cursor;
    }
    assert_eq!(made, 1_200);
}

#[test]
fn s9_4_what_was_put_on_a_day_by_hand_comes_then() {
    let mut series = Series { cursor: Some(day("2026-01-15")), ..monthly(CatchUp::None) };
    let moved = SeriesException { date: Some(day("2026-04-01")), ..SeriesException::default() };
    series.exceptions.insert(day("2026-02-15"), moved);
    assert_eq!(plan(&series).next(&series), Some(at("2026-03-16T00:00:00Z")));
    assert_eq!(due(&series, "2026-03-16T00:00:00Z"), (vec!["2026-03".to_owned()], Some(day("2026-03-15"))));
    series.cursor = Some(day("2026-03-15"));
    assert_eq!(plan(&series).next(&series), Some(at("2026-04-01T00:00:00Z")));
    // Late or not, it is made.
    assert_eq!(due(&series, "2026-04-10T00:00:00Z").0, ["2026-02"]);
}

#[test]
fn s9_4_what_is_skipped_is_passed_over() {
    let mut series = Series { cursor: Some(day("2026-01-15")), ..monthly(CatchUp::All) };
    series.exceptions.insert(day("2026-02-15"), SeriesException { skip: true, ..SeriesException::default() });
    assert_eq!(plan(&series).next(&series), Some(at("2026-03-16T00:00:00Z")));
    let due = plan(&series).due(&series, at("2026-03-16T00:00:00Z"));
    assert_eq!((due.skipped, due.turns.len()), (vec![day("2026-02-15")], 1));
    let shown = plan(&series).upcoming(&series, 2, None);
    assert_eq!(
        shown.iter().map(|planned| (planned.turn.key.as_str(), planned.skip)).collect::<Vec<_>>(),
        [("2026-02", true), ("2026-03", false)]
    );
}

#[test]
fn s9_3_what_never_occurs_is_refused_with_the_reason() {
    let refused = |schedule: Schedule| {
        let plan = Plan::new(&schedule, None, &calendar());
        plan.err().expect("refused").to_string()
    };
    let rule = |text: &str| Schedule::by_rule(text.parse().expect("a rule"), day("2026-01-01"));
    let never = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".parse::<crate::recurrence::Rule>();
    assert!(never.expect_err("no such day").to_string().contains("never occurs"));
    let early = Schedule { end: Some(day("2026-02-01")), ..rule("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1") };
    let early = refused(early);
    assert!(early.contains("schedule"), "{early}");
    let excepted = Schedule { count: Some(1), except: vec![day("2026-01-01")], ..rule("FREQ=DAILY") };
    assert!(refused(excepted).contains("never occurs"));
    let stranger = Schedule { calendar: Some("moon".parse().expect("a key")), ..rule("FREQ=DAILY") };
    assert!(refused(stranger).contains("`moon`"));
    let nowhere = Schedule { time_zone: Some("Mars/Olympus".to_owned()), ..rule("FREQ=DAILY") };
    assert!(refused(nowhere).contains("Mars"));
}

proptest! {
    /// Ticks at any times, under any lead, make each occurrence once under `all`, and never one
    /// twice or before its turn under any policy.
    #[test]
    fn s9_4_turns_come_once_each_however_time_passes(
        mut days in prop::collection::vec(0u64..1_500, 1..30),
        lead in 0u32..60,
        policy in prop_oneof![Just(CatchUp::All), Just(CatchUp::Latest), Just(CatchUp::None)],
    ) {
        days.sort_unstable();
        let mut series = Series { lead: Some(Span::days(lead)), ..monthly(policy) };
        let plan = plan(&series);
        let mut made = Vec::new();
        let mut last = at("2026-01-01T00:00:00Z");
        for passed in days {
            last = at("2026-01-01T00:00:00Z") + chrono::TimeDelta::days(i64::try_from(passed).expect("small"));
            loop {
                let due = plan.due(&series, last);
                if due.cursor == series.cursor && due.turns.is_empty() {
                    break;
                }
                prop_assert!(due.turns.iter().all(|turn| plan.opens(turn.date).is_some_and(|opens| opens <= last)));
                made.extend(due.turns.into_iter().map(|turn| turn.day));
                series.cursor = due.cursor;
            }
            prop_assert!(plan.next(&series).is_none_or(|next| next > last));
        }
        let mut once = made.clone();
        once.dedup();
        prop_assert_eq!(&once, &made);
        if policy == CatchUp::All {
            let wanted = plan.upcoming(&Series { cursor: None, ..series.clone() }, 500, None);
            let wanted: Vec<NaiveDate> = wanted
                .into_iter()
                .filter(|planned| planned.opens.is_some_and(|opens| opens <= last))
                .map(|planned| planned.turn.day)
                .collect();
            prop_assert_eq!(made, wanted);
        }
    }
}
