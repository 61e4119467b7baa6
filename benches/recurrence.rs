//! Recurrence: `cargo bench --bench recurrence`.
//!
//! Prints first, for each rule, the cost of compiling it and of one question at 20,000 moments from
//! 1900 to 2900, in nanoseconds: the median, and the worst of all of them. A moment counts with the
//! best of five tries, so that what the machine does meanwhile is left out.

#![allow(missing_docs, reason = "criterion makes public functions without docs")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use criterion::{Criterion, criterion_group, criterion_main};
use workflow_core::recurrence::{Recurrence, Rule};

const MOMENTS: i64 = 20_000;
const TRIES: usize = 5;
const START: &str = "1900-01-01T09:00:00";

const RULES: [&str; 18] = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=DAILY;INTERVAL=29;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=DAILY;INTERVAL=97;BYMONTHDAY=31;BYDAY=SU",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=52;BYMONTH=1",
    "FREQ=WEEKLY;INTERVAL=313;BYMONTH=7",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=7;BYDAY=FR;BYMONTHDAY=13",
    "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=15",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR;BYMONTH=1",
    "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=3;BYDAY=SA",
    "FREQ=YEARLY;BYDAY=-1MO,20TU,WE;BYSETPOS=1,5,-3",
    "FREQ=YEARLY;BYHOUR=0,6,12,18;BYMINUTE=0,10,20,30,40,50;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1,366,100",
];

fn compile(rule: &str) -> Recurrence {
    let rule: Rule = rule.parse().expect("a rule");
    Recurrence::new(START.parse::<NaiveDateTime>().expect("a time"), &rule).expect("it occurs")
}

fn best(mut ask: impl FnMut()) -> Duration {
    let time = |ask: &mut dyn FnMut()| {
        let began = Instant::now();
        ask();
        began.elapsed()
    };
    (0..TRIES).map(|_| time(&mut ask)).min().unwrap_or_default()
}

fn sweep() {
    let from = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a date").and_hms_opt(0, 0, 0).expect("a time");
    let to = NaiveDate::from_ymd_opt(2900, 1, 1).expect("a date").and_hms_opt(0, 0, 0).expect("a time");
    let step = TimeDelta::seconds((to - from).num_seconds() / MOMENTS);
    println!("{:>9} {:>7} {:>7} {:>7} {:>7}  rule", "compile", "next", "worst", "before", "worst");
    for rule in RULES {
        let recurrence = compile(rule);
        let compiling = best(|| {
            black_box(compile(black_box(rule)));
        });
        let (mut next, mut before) = (Vec::new(), Vec::new());
        for place in 0..MOMENTS {
            let moment = from + step * i32::try_from(place).expect("small");
            next.push(best(|| {
                black_box(recurrence.next_after(black_box(moment)));
            }));
            before.push(best(|| {
                black_box(recurrence.previous_before(black_box(moment)));
            }));
        }
        let figures = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            (times[times.len() / 2].as_nanos(), times[times.len() - 1].as_nanos())
        };
        let ((next, next_worst), (before, before_worst)) = (figures(&mut next), figures(&mut before));
        println!("{:>9} {next:>7} {next_worst:>7} {before:>7} {before_worst:>7}  {rule}", compiling.as_nanos());
    }
}

fn recurrence(criterion: &mut Criterion) {
    sweep();
    let mut group = criterion.benchmark_group("recurrence");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    let daily = compile("FREQ=DAILY");
    let now: NaiveDateTime = "2026-04-15T12:00:00".parse().expect("a time");
    group.bench_function("next_after_daily_since_1900", |bencher| bencher.iter(|| daily.next_after(black_box(now))));
    let ends = compile("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1");
    group.bench_function("next_after_last_weekday_since_1900", |bencher| {
        bencher.iter(|| ends.next_after(black_box(now)))
    });
    let century = compile("FREQ=DAILY;UNTIL=19991231T235959");
    group.bench_function("hundred_years_of_days", |bencher| bencher.iter(|| century.occurrences().count()));
    group
        .bench_function("compile_monthly", |bencher| bencher.iter(|| compile(black_box("FREQ=MONTHLY;BYMONTHDAY=-1"))));
    group.bench_function("compile_count_of_100000", |bencher| {
        bencher.iter(|| compile(black_box("FREQ=DAILY;COUNT=100000")));
    });
    group.finish();
}

criterion_group!(benches, recurrence);
criterion_main!(benches);
