//! What the rules come to, year by year.
//!
//! The dates were worked out by hand from the law and the calendar. In 2020 and 2021 notices moved
//! some of them: what stands here is what the law would have said.

use chrono::NaiveDate;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn period(start: &str, end: &str) -> Period {
    Period { start: day(start), end: day(end) }
}

fn year(year: i32) -> Period {
    Period::year(year).expect("a year")
}

#[track_caller]
fn check(form: &str, period: Period, original: &str, extended: &str) {
    let found = due(form, period).unwrap_or_else(|why| panic!("{form}: {why}"));
    assert_eq!(found.original, day(original), "{form} for {period:?}");
    assert_eq!(found.extended, extended.parse().ok(), "{form} extended for {period:?}");
}

#[test]
fn s6_2_the_table_is_read_and_every_rule_has_sources() {
    let keys: Vec<&str> = forms().iter().map(|form| form.key.as_str()).collect();
    assert_eq!(keys, ["1040", "1065", "1120", "1120-S", "1041", "990", "941", "FBAR", "1040-ES", "1120-W"]);
    for form in forms() {
        assert!(!form.rules.is_empty() && !form.title.is_empty());
        for rule in &form.rules {
            assert!(!rule.sources.is_empty(), "{}", form.key);
            assert_eq!(rule.original.is_none(), form.period == PeriodKind::Payments, "{}", form.key);
            assert_eq!(rule.payments.is_empty(), form.period != PeriodKind::Payments, "{}", form.key);
            for rule in rule.original.iter().chain(&rule.extended).chain(&rule.payments) {
                // A rule that counted from another form would never end.
                assert!(rule.form().is_none() && rule.looks_at_period(), "{rule}");
                assert!(rule.to_string().ends_with(", following on us-dc"), "{rule}");
            }
        }
    }
}

#[test]
fn s6_2_form_1040() {
    for (tax_year, original, extended) in [
        (2018, "2019-04-15", "2019-10-15"),
        (2019, "2020-04-15", "2020-10-15"),
        (2020, "2021-04-15", "2021-10-15"),
        // 15 April was Emancipation Day, observed.
        (2021, "2022-04-18", "2022-10-17"),
        // 15 April a Saturday, the 17th Emancipation Day, observed.
        (2022, "2023-04-18", "2023-10-16"),
        (2023, "2024-04-15", "2024-10-15"),
        (2024, "2025-04-15", "2025-10-15"),
        (2025, "2026-04-15", "2026-10-15"),
        (2026, "2027-04-15", "2027-10-15"),
        (2027, "2028-04-18", "2028-10-16"),
    ] {
        check("1040", year(tax_year), original, extended);
    }
    check("1040", period("2024-07-01", "2025-06-30"), "2025-10-15", "2026-04-15");
}

#[test]
fn s6_2_forms_1065_and_1120_s() {
    for form in ["1065", "1120-S"] {
        for (tax_year, original, extended) in [
            (2018, "2019-03-15", "2019-09-16"),
            (2019, "2020-03-16", "2020-09-15"),
            (2020, "2021-03-15", "2021-09-15"),
            (2021, "2022-03-15", "2022-09-15"),
            (2022, "2023-03-15", "2023-09-15"),
            (2023, "2024-03-15", "2024-09-16"),
            (2024, "2025-03-17", "2025-09-15"),
            (2025, "2026-03-16", "2026-09-15"),
            (2026, "2027-03-15", "2027-09-15"),
        ] {
            check(form, year(tax_year), original, extended);
        }
        check(form, period("2024-10-01", "2025-09-30"), "2025-12-15", "2026-06-15");
    }
}

#[test]
fn s6_2_form_1120_by_fiscal_year_end() {
    for (tax_year, original, extended) in [
        (2018, "2019-04-15", "2019-10-15"),
        (2021, "2022-04-18", "2022-10-17"),
        (2022, "2023-04-18", "2023-10-16"),
        (2024, "2025-04-15", "2025-10-15"),
        (2025, "2026-04-15", "2026-10-15"),
    ] {
        check("1120", year(tax_year), original, extended);
    }
    check("1120", period("2024-10-01", "2025-09-30"), "2026-01-15", "2026-07-15");
    check("1120", period("2024-04-01", "2025-03-31"), "2025-07-15", "2026-01-15");
    // Years that end in June and begin before 2026 keep the third month, and seven months more.
    check("1120", period("2017-07-01", "2018-06-30"), "2018-09-17", "2019-04-15");
    check("1120", period("2023-07-01", "2024-06-30"), "2024-09-16", "2025-04-15");
    check("1120", period("2024-07-01", "2025-06-30"), "2025-09-15", "2026-04-15");
    check("1120", period("2025-07-01", "2026-06-30"), "2026-09-15", "2027-04-15");
    // The first one after that has the fourth month, and six months more.
    check("1120", period("2026-07-01", "2027-06-30"), "2027-10-15", "2028-04-18");
    // A short year that ends in June.
    check("1120", period("2025-01-01", "2025-06-15"), "2025-09-15", "2026-04-15");
    assert!(due("1120", period("2015-01-01", "2015-12-31")).expect_err("before").contains("not known"));
}

#[test]
fn s6_2_forms_1041_and_990() {
    for (tax_year, original, extended) in [
        (2021, "2022-04-18", "2022-09-30"),
        (2022, "2023-04-18", "2023-10-02"),
        (2023, "2024-04-15", "2024-09-30"),
        (2024, "2025-04-15", "2025-09-30"),
        (2025, "2026-04-15", "2026-09-30"),
    ] {
        check("1041", year(tax_year), original, extended);
    }
    for (end, original, extended) in [
        ("2021-12-31", "2022-05-16", "2022-11-15"),
        ("2022-12-31", "2023-05-15", "2023-11-15"),
        ("2023-12-31", "2024-05-15", "2024-11-15"),
        ("2024-12-31", "2025-05-15", "2025-11-17"),
        ("2025-12-31", "2026-05-15", "2026-11-16"),
        ("2025-06-30", "2025-11-17", "2026-05-15"),
        ("2025-09-30", "2026-02-17", "2026-08-17"),
    ] {
        let start = day(end).checked_sub_months(Months::new(12)).and_then(|day| day.succ_opt()).expect("a date");
        check("990", Period { start, end: day(end) }, original, extended);
    }
}

#[test]
fn s6_2_form_941_by_quarter() {
    for (start, end, original) in [
        ("2024-10-01", "2024-12-31", "2025-01-31"),
        ("2025-01-01", "2025-03-31", "2025-04-30"),
        ("2025-04-01", "2025-06-30", "2025-07-31"),
        ("2025-07-01", "2025-09-30", "2025-10-31"),
        ("2025-10-01", "2025-12-31", "2026-02-02"),
        ("2026-01-01", "2026-03-31", "2026-04-30"),
        ("2020-10-01", "2020-12-31", "2021-02-01"),
        ("2021-07-01", "2021-09-30", "2021-11-01"),
    ] {
        check("941", period(start, end), original, "");
    }
    for wrong in [year(2025), period("2025-02-01", "2025-04-30"), period("2025-01-01", "2025-03-30")] {
        assert!(due("941", wrong).expect_err("no quarter").contains("a quarter of the calendar"));
    }
}

#[test]
fn s6_2_fbar() {
    check("FBAR", year(2021), "2022-04-18", "2022-10-17");
    check("FBAR", year(2024), "2025-04-15", "2025-10-15");
    check("FinCEN 114", year(2025), "2026-04-15", "2026-10-15");
    // It is for the calendar year in which the job's period ends.
    check("114", period("2024-07-01", "2025-06-30"), "2026-04-15", "2026-10-15");
}

#[test]
fn s6_2_estimated_payments() {
    let payments = |form: &str, period: Period| -> Vec<String> {
        (1..=4).map(|n| payment_due(form, n, period).expect("it is known").to_string()).collect()
    };
    for (tax_year, expected) in [
        (2021, ["2021-04-15", "2021-06-15", "2021-09-15", "2022-01-18"]),
        (2022, ["2022-04-18", "2022-06-15", "2022-09-15", "2023-01-17"]),
        (2023, ["2023-04-18", "2023-06-15", "2023-09-15", "2024-01-16"]),
        (2024, ["2024-04-15", "2024-06-17", "2024-09-16", "2025-01-15"]),
        (2025, ["2025-04-15", "2025-06-16", "2025-09-15", "2026-01-15"]),
        (2026, ["2026-04-15", "2026-06-15", "2026-09-15", "2027-01-15"]),
    ] {
        assert_eq!(payments("1040-ES", year(tax_year)), expected);
    }
    let corporate = payments("1120-W", year(2025));
    assert_eq!(corporate, ["2025-04-15", "2025-06-16", "2025-09-15", "2025-12-15"]);
    let fiscal = payments("1120-W", period("2025-07-01", "2026-06-30"));
    assert_eq!(fiscal, ["2025-10-15", "2025-12-15", "2026-03-16", "2026-06-15"]);
    // A short period stands for one payment of the calendar year in which it ends.
    for (start, end, expected) in [
        ("2025-01-01", "2025-03-31", "2025-04-15"),
        ("2025-04-01", "2025-05-31", "2025-06-16"),
        ("2025-06-01", "2025-08-31", "2025-09-15"),
        ("2025-09-01", "2025-12-31", "2026-01-15"),
        ("2025-10-01", "2025-12-31", "2026-01-15"),
    ] {
        check("1040-ES", period(start, end), expected, "");
    }
    assert!(due("1040-ES", year(2025)).expect_err("which").contains("due date of payment 1 of form 1040-ES"));
    assert!(payment_due("1040-ES", 5, year(2025)).is_err());
}

#[test]
fn s12_2_forms_and_periods_that_are_not_known_say_so() {
    assert!(due("1065B", year(2025)).expect_err("none").contains("did you mean `1065`?"));
    assert!(due("1040", period("2024-01-01", "2025-12-31")).expect_err("two years").contains("a tax year"));
    assert!(due("1040", period("2025-12-31", "2025-01-01")).expect_err("backwards").contains("a tax year"));
    // Fifty-three weeks are one.
    assert!(due("1120", period("2024-12-29", "2026-01-03")).is_ok());
}
