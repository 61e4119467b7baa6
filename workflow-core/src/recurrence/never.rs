//! Why a rule never occurs: which of its parts is in the way.

use super::error::InvalidRecurrence;
use super::expand::Expansion;
use super::plan::LAST_YEAR;
use super::rule::{Rule, RuleEnd, RuleParts};

type Without = fn(&mut RuleParts);

/// Parts, the likeliest culprits first, and how each is taken out.
const PARTS: [(&str, Without); 8] = [
    ("BYSETPOS", |parts| parts.positions.clear()),
    ("INTERVAL", |parts| parts.interval = 1),
    ("BYWEEKNO", |parts| parts.weeks.clear()),
    ("BYYEARDAY", |parts| parts.year_days.clear()),
    ("BYMONTHDAY", |parts| parts.month_days.clear()),
    ("BYDAY", |parts| parts.days.clear()),
    ("BYMONTH", |parts| parts.months.clear()),
    ("UNTIL", |parts| parts.end = None),
];

/// The refusal of a rule that has no occurrence from its start to the end of time.
pub(super) fn explain(rule: &Rule, start: i64) -> InvalidRecurrence {
    let begins = super::days::to_time(start).map(|time| time.date().to_string()).unwrap_or_default();
    let occurs = |parts: &RuleParts| {
        Rule::new(parts.clone()).and_then(|rule| Expansion::new(&rule, start)).is_ok_and(|found| !found.is_empty())
    };
    let until = PARTS.last().map(|(_, without)| *without);
    let mut endless = rule.parts().clone();
    if let Some(without) = until.filter(|_| matches!(endless.end, Some(RuleEnd::Until(_)))) {
        without(&mut endless);
        if occurs(&endless) {
            return InvalidRecurrence::new(
                "UNTIL",
                format!(
                    "it never occurs: there is no occurrence from {begins} up to the end of the rule; end later, or start earlier"
                ),
            );
        }
    }
    for (part, without) in PARTS {
        let mut fewer = endless.clone();
        without(&mut fewer);
        if fewer != endless && occurs(&fewer) {
            return InvalidRecurrence::new(part, reason(part, rule, &begins));
        }
    }
    InvalidRecurrence::new(
        "RRULE",
        format!(
            "it never occurs: no day from {begins} to the end of {LAST_YEAR} fits all of its parts; leave some of them out"
        ),
    )
}

fn reason(part: &str, rule: &Rule, begins: &str) -> String {
    let period = match rule.parts().frequency {
        super::rule::Frequency::Daily => "day",
        super::rule::Frequency::Weekly => "week",
        super::rule::Frequency::Monthly => "month",
        super::rule::Frequency::Yearly => "year",
    };
    match part {
        "BYSETPOS" => {
            format!("it never occurs: no {period} has so many occurrences to choose from; write a smaller position")
        }
        "INTERVAL" => format!(
            "it never occurs: counting every {} {period}s from {begins} meets no day that fits; change the interval or the start",
            rule.parts().interval
        ),
        _ => format!(
            "it never occurs from {begins} to the end of {LAST_YEAR}, and would without this part; change it, or leave it out"
        ),
    }
}
