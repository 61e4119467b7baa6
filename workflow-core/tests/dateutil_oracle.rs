//! Recurrences are those of python-dateutil, rule by rule. What it gets wrong is mended, and told,
//! in `tests/oracle/recurrence.py`.

mod oracle;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use oracle::Draw;
use serde_json::{Value, json};
use workflow_core::recurrence::{Frequency, Recurrence, Rule, RuleDay, RuleEnd, RuleParts, Start, Until};

const CASES: usize = 3_000;
const MOST: usize = 200;
const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

impl Draw {
    fn chance(&mut self, of_ten: u64) -> bool {
        self.below(10) < of_ten
    }

    fn number<T: TryFrom<i64>>(&mut self, least: i64, most: i64) -> T {
        let span = u64::try_from(most - least + 1).expect("a range");
        T::try_from(least + i64::try_from(self.below(span)).expect("small")).ok().expect("in range")
    }

    /// 1 to 3 numbers, or, for signed ones, minus as many.
    fn numbers<T: TryFrom<i64>>(&mut self, of_ten: u64, least: i64, most: i64, signed: bool) -> Vec<T> {
        if !self.chance(of_ten) {
            return Vec::new();
        }
        (0..self.below(3) + 1)
            .map(|_| {
                let number: i64 = self.number(least, most);
                let number = if signed && self.chance(3) { -number } else { number };
                T::try_from(number).ok().expect("in range")
            })
            .collect()
    }

    fn days(&mut self, frequency: Frequency, weeks: bool) -> Vec<RuleDay> {
        let numbered = matches!(frequency, Frequency::Monthly | Frequency::Yearly) && !weeks;
        let far = if frequency == Frequency::Yearly && self.chance(5) { 53 } else { 5 };
        let numbers = if numbered { self.below(4) } else { 0 };
        (0..self.below(4) + 1)
            .map(|place| {
                let weekday = WEEK[self.number::<usize>(0, 6)];
                // All with numbers, some, or none.
                let with = numbers == 3 || numbers == 2 && place % 2 == 0;
                let number: i8 = self.number(1, far);
                let ordinal = with.then(|| if self.chance(3) { -number } else { number });
                RuleDay { ordinal, weekday }
            })
            .collect()
    }

    fn start(&mut self) -> Start {
        let year = if self.chance(1) { self.number(1600, 9000) } else { self.number(1950, 2060) };
        let date = NaiveDate::from_ymd_opt(year, 1, 1).expect("a year") + TimeDelta::days(self.number(0, 365));
        if self.chance(3) {
            return Start::Date(date);
        }
        let seconds = if self.chance(5) { self.number::<u32>(0, 23) * 3600 } else { self.number(0, 86_399) };
        Start::DateTime(date.and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).expect("a time")))
    }

    fn rule(&mut self, start: Start) -> Option<Rule> {
        let frequency =
            [Frequency::Daily, Frequency::Weekly, Frequency::Monthly, Frequency::Yearly][self.number::<usize>(0, 3)];
        let yearly = frequency == Frequency::Yearly;
        let weeks: Vec<i8> = if yearly { self.numbers(2, 1, 53, true) } else { Vec::new() };
        let timed = matches!(start, Start::DateTime(_));
        let by_day = self.chance(4);
        let interval = if self.chance(1) { self.number(1, 400) } else { self.number(1, 4) };
        let mut parts = RuleParts {
            frequency,
            interval,
            months: self.numbers(3, 1, 12, false),
            year_days: if yearly { self.numbers(2, 1, 366, true) } else { Vec::new() },
            month_days: if frequency == Frequency::Weekly { Vec::new() } else { self.numbers(3, 1, 31, true) },
            days: if by_day { self.days(frequency, !weeks.is_empty()) } else { Vec::new() },
            hours: if timed { self.numbers(2, 0, 23, false) } else { Vec::new() },
            minutes: if timed { self.numbers(1, 0, 59, false) } else { Vec::new() },
            seconds: if timed { self.numbers(1, 0, 59, false) } else { Vec::new() },
            positions: self.numbers(3, 1, 8, true),
            week_start: if self.chance(5) { Weekday::Mon } else { WEEK[self.number::<usize>(0, 6)] },
            weeks,
            ..RuleParts::default()
        };
        let (day, time) = match start {
            Start::Date(date) => (date, None),
            Start::DateTime(time) => (time.date(), Some(time.time())),
        };
        parts.end = match self.below(4) {
            0 => Some(RuleEnd::Count(self.number(1, 60))),
            1 => {
                let until = day + TimeDelta::days(self.number(0, 4_000));
                Some(RuleEnd::Until(time.map_or(Until::Date(until), |time| Until::DateTime(until.and_time(time)))))
            }
            _ => None,
        };
        Rule::new(parts).ok()
    }
}

struct Case {
    start: Start,
    rule: Rule,
    added: Vec<NaiveDateTime>,
    excepted: Vec<NaiveDateTime>,
    last_year: i32,
}

fn moment(start: Start) -> NaiveDateTime {
    match start {
        Start::Date(date) => date.and_time(NaiveTime::MIN),
        Start::DateTime(time) => time,
    }
}

impl Case {
    fn draw(draw: &mut Draw) -> Self {
        let start = draw.start();
        let rule = loop {
            if let Some(rule) = draw.rule(start) {
                break rule;
            }
        };
        let years = match rule.parts().frequency {
            Frequency::Daily => 8,
            Frequency::Weekly => 15,
            Frequency::Monthly => 25,
            Frequency::Yearly => 40,
        };
        let interval = i32::try_from(rule.parts().interval).expect("small");
        let last_year = (moment(start).year() + years * interval).min(9_990);
        let (mut added, mut excepted) = (Vec::new(), Vec::new());
        if draw.chance(3)
            && let Ok(plain) = Recurrence::new(start, &rule)
        {
            // Some are occurrences of the rule, some are not, some are both added and excepted.
            for list in [&mut added, &mut excepted] {
                list.extend(plain.occurrences().take(30).filter(|_| draw.chance(2)));
                list.extend((0..draw.below(5)).map(|_| moment(start) + TimeDelta::days(draw.number(-40, 400))));
            }
            excepted.extend(added.iter().copied().filter(|_| draw.chance(2)));
        }
        Self { start, rule, added, excepted, last_year }
    }

    fn json(&self) -> Value {
        json!({
            "start": moment(self.start), "rule": self.rule.to_string(), "add": self.added, "except": self.excepted,
            "last_year": self.last_year, "most": MOST,
        })
    }

    fn compile(&self) -> Result<Recurrence, String> {
        let builder = Recurrence::builder(self.start, &self.rule);
        let builder = self.added.iter().copied().fold(builder, workflow_core::recurrence::RecurrenceBuilder::adding);
        let builder =
            self.excepted.iter().copied().fold(builder, workflow_core::recurrence::RecurrenceBuilder::excepting);
        builder.build().map_err(|refused| refused.to_string())
    }
}

/// What is found from any one of them is what stands beside it.
fn agrees(recurrence: &Recurrence, expected: &[NaiveDateTime], case: &Value) {
    let second = TimeDelta::seconds(1);
    assert_eq!(recurrence.first(), expected.first().copied(), "the first of {case}");
    for pair in expected.windows(2) {
        let [one, next] = *pair else { continue };
        assert_eq!(recurrence.next_after(one), Some(next), "after {one} in {case}");
        assert_eq!(recurrence.next_from(one + second), Some(next), "from {one} in {case}");
        assert_eq!(recurrence.next_from(next), Some(next), "at {next} in {case}");
        assert_eq!(recurrence.previous_before(next), Some(one), "before {next} in {case}");
        if one != next - second {
            assert_eq!(recurrence.previous_before(next - second), Some(one), "before {next} in {case}");
        }
    }
}

#[test]
fn s9_3_occurrences_are_dateutils() {
    let mut draw = Draw(9_3);
    let cases: Vec<Case> = (0..CASES).map(|_| Case::draw(&mut draw)).collect();
    let written: Vec<Value> = cases.iter().map(Case::json).collect();
    let Some(answer) = oracle::ask("recurrence.py", &json!({ "cases": written })) else { return };
    let (mut never, mut with_dates, mut compared) = (0, 0, 0);
    for (place, case) in cases.iter().enumerate() {
        let expected: Vec<NaiveDateTime> = serde_json::from_value(answer["cases"][place].clone()).expect("local times");
        let recurrence = match case.compile() {
            Ok(recurrence) => recurrence,
            Err(refused) => {
                assert!(expected.is_empty(), "{refused}, but dateutil has {expected:?} for {}", written[place]);
                assert!(refused.contains("never occurs") || refused.contains("before the start"), "{refused}");
                never += 1;
                continue;
            }
        };
        let within = recurrence.occurrences().take_while(|time| time.year() <= case.last_year);
        let found: Vec<NaiveDateTime> = within.take(MOST).collect();
        assert_eq!(found, expected, "{}", written[place]);
        if !expected.is_empty() {
            agrees(&recurrence, &expected, &written[place]);
        }
        with_dates += usize::from(!case.added.is_empty() && !case.excepted.is_empty());
        compared += expected.len();
    }
    let mended = answer["mended"].as_array().expect("rules");
    assert!(CASES - never >= 2_000 && with_dates >= 300, "{never} never occur, {with_dates} have dates");
    println!(
        "{} rules ({never} of them never occur, {with_dates} with added and excepted dates), {compared} occurrences as \
         python-dateutil {}; it was mended for {}, such as {:?}",
        CASES,
        answer["dateutil"],
        mended.len(),
        mended.iter().take(6).collect::<Vec<_>>()
    );
}
