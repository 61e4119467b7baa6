//! Business days are those that numpy counts, case by case; Easter is when python-dateutil says it is.

mod oracle;

use chrono::{NaiveDate, TimeDelta, Weekday};
use oracle::Draw;
use serde_json::{Value, json};
use workflow_core::calendar::{BusinessCalendar, HolidaySet, Roll};
use workflow_core::limits::{HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR};

const CALENDARS: u64 = 200;
const CASES: u64 = 5_000;
const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
const ROLLS: [&str; 8] =
    ["raise", "nat", "forward", "following", "backward", "preceding", "modifiedfollowing", "modifiedpreceding"];

impl Draw {
    fn signed(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(2 * bound + 1)).expect("small") - i64::try_from(bound).expect("small")
    }

    /// Mostly near the holidays, now and then centuries away.
    fn date(&mut self) -> NaiveDate {
        let reach = if self.below(10) == 0 { 150_000 } else { 500 };
        NaiveDate::from_ymd_opt(2026, 6, 1).expect("a date") + TimeDelta::days(self.signed(reach))
    }

    /// A weekmask and holidays; some have weeks and months without an open day.
    fn calendar(&mut self) -> (u64, Vec<NaiveDate>) {
        let mask = if self.below(3) == 0 { 0b001_1111 } else { self.below(127) + 1 };
        let mut holidays: Vec<NaiveDate> = (0..self.below(40)).map(|_| self.date()).collect();
        for _ in 0..self.below(4) {
            let length = usize::try_from(self.below(70)).expect("small");
            holidays.extend(self.date().iter_days().take(length));
        }
        (mask, holidays)
    }
}

fn compile((mask, holidays): &(u64, Vec<NaiveDate>)) -> BusinessCalendar {
    let working: Vec<Weekday> =
        WEEK.into_iter().zip(0..).filter(|(_, bit)| mask >> bit & 1 == 1).map(|(day, _)| day).collect();
    BusinessCalendar::new(&working, holidays.iter().copied()).expect("a working day")
}

#[test]
fn s9_2_offsets_and_counts_are_numpys() {
    let mut draw = Draw(9_2);
    let calendars: Vec<_> = (0..CALENDARS).map(|_| draw.calendar()).collect();
    let offsets: Vec<_> = (0..CASES)
        .map(|case| {
            let reach = if case % 7 == 0 { 100_000 } else { 30 };
            let roll = ROLLS[usize::try_from(draw.below(8)).expect("small")];
            (draw.below(CALENDARS), draw.date(), draw.signed(reach), roll)
        })
        .collect();
    let counts: Vec<_> = (0..CASES).map(|_| (draw.below(CALENDARS), draw.date(), draw.date())).collect();
    let written: Vec<Value> = calendars
        .iter()
        .map(|(mask, holidays)| {
            let weekmask: String = (0..7).map(|bit| if mask >> bit & 1 == 1 { '1' } else { '0' }).collect();
            json!({ "weekmask": weekmask, "holidays": holidays })
        })
        .collect();
    let question = json!({ "calendars": written, "offsets": offsets, "counts": counts });
    let Some(answer) = oracle::ask("busday.py", &question) else { return };

    let compiled: Vec<BusinessCalendar> = calendars.iter().map(compile).collect();
    let at = |place: u64| &compiled[usize::try_from(place).expect("small")];
    let (mut raised, mut none) = (0, 0);
    for (place, (calendar, date, n, roll)) in offsets.iter().enumerate() {
        let rolled: Roll = roll.parse().expect("a roll of numpy's");
        let found = match at(*calendar).offset(*date, i32::try_from(*n).expect("small"), rolled) {
            Ok(Some(found)) => json!(found),
            Ok(None) => {
                none += 1;
                Value::Null
            }
            Err(_) => {
                raised += 1;
                json!("raise")
            }
        };
        assert_eq!(found, answer["offsets"][place], "{date} and {n}, {roll}, in {}", written[*calendar as usize]);
    }
    for (place, (calendar, from, to)) in counts.iter().enumerate() {
        let found = at(*calendar).count(*from, *to);
        assert_eq!(json!(found), answer["counts"][place], "{from} to {to} in {}", written[*calendar as usize]);
    }
    assert!(raised > 100 && none > 100, "closed starts are among the cases: {raised} raised, {none} had no answer");
    assert_eq!(answer["offsets"].as_array().map(Vec::len), Some(offsets.len()));
    println!("{} offsets and {} counts as numpy {}", offsets.len(), counts.len(), answer["numpy"]);
}

#[test]
fn s9_2_easter_is_the_gregorian_one() {
    let set = HolidaySet::read(b"holidays: [{name: Easter, on: {easter: 0}}]").expect("a set");
    let years: Vec<i32> = (HOLIDAY_FIRST_YEAR..=HOLIDAY_LAST_YEAR).collect();
    let Some(answer) = oracle::ask("easter.py", &json!(years)) else { return };
    assert_eq!(json!(set.dates()), answer);
    assert_eq!(set.dates().len(), years.len());
}
