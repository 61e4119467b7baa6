//! Benches of calendars: `cargo bench --bench calendar`.

#![allow(missing_docs, reason = "criterion makes public functions without docs")]

use std::hint::black_box;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use workflow_core::calendar::{BuiltIn, FirmCalendar, Roll};
use workflow_core::model::FirmSettings;

const MANY: u64 = 1_000_000;

fn firm() -> FirmSettings {
    FirmSettings {
        time_zone: "America/New_York".to_owned(),
        holiday_sets: BuiltIn::all().iter().take(1).map(|built_in| built_in.key.clone()).collect(),
        ..FirmSettings::named("Ledger & Sons")
    }
}

fn offsets(criterion: &mut Criterion) {
    let calendar = FirmCalendar::new(&firm()).expect("a calendar");
    let business = calendar.business(None).expect("the default calendar");
    let first = NaiveDate::from_ymd_opt(2020, 1, 1).expect("a date");
    let dates: Vec<NaiveDate> = first.iter_days().take(4_096).collect();
    let mut group = criterion.benchmark_group("business_days");
    group.throughput(Throughput::Elements(MANY)).sample_size(10);
    group.bench_function("1M offsets", |bencher| {
        bencher.iter(|| {
            for (date, n) in dates.iter().cycle().zip(0..1_000_000) {
                let _ = black_box(business.offset(black_box(*date), n % 500 - 250, Roll::Following));
            }
        });
    });
    group.bench_function("1M counts", |bencher| {
        bencher.iter(|| {
            for (date, other) in dates.iter().cycle().zip(dates.iter().rev().cycle()).take(1_000_000) {
                black_box(business.count(black_box(*date), black_box(*other)));
            }
        });
    });
    group.finish();
}

fn hours(criterion: &mut Criterion) {
    let calendar = FirmCalendar::new(&firm()).expect("a calendar");
    let start: DateTime<Utc> = "2026-03-06T20:00:00Z".parse().expect("an instant");
    let mut group = criterion.benchmark_group("business_time");
    for (name, hours) in [("add 4 hours", 4), ("add 2,000 hours", 2_000), ("add 200,000 hours", 200_000)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| calendar.add_business_time(black_box(start), TimeDelta::hours(hours)));
        });
    }
    group.bench_function("between, a year", |bencher| {
        bencher.iter(|| calendar.business_time_between(black_box(start), start + TimeDelta::days(365)));
    });
    group.finish();
}

fn compile(criterion: &mut Criterion) {
    let (plain, with_set) = (FirmSettings::named("F"), firm());
    criterion.bench_function("compile/no sets", |bencher| bencher.iter(|| FirmCalendar::new(black_box(&plain))));
    criterion.bench_function("compile/us-federal", |bencher| bencher.iter(|| FirmCalendar::new(black_box(&with_set))));
}

criterion_group!(benches, offsets, hours, compile);
criterion_main!(benches);
