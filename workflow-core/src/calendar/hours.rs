//! Business hours as a firm writes them: spans of local time for each weekday.

use std::fmt;
use std::str::FromStr;

use chrono::Weekday;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::document::quote;
use crate::error::Problem;
use crate::limits::HOURS_SPANS;

const MINUTES_OF_A_DAY: u16 = 1_440;

/// The hours of each weekday, in local time. A weekday that is left out has none.
///
/// They count on days that the calendar has open; see [`BusinessTime`](super::BusinessTime).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// Monday's hours, in order and apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<HoursSpan>,
    /// Tuesday's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<HoursSpan>,
    /// Wednesday's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<HoursSpan>,
    /// Thursday's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<HoursSpan>,
    /// Friday's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<HoursSpan>,
    /// Saturday's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<HoursSpan>,
    /// Sunday's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<HoursSpan>,
}

/// A span of one day, to the minute: written `09:00-17:30`. The day's end is `24:00`.
///
/// ```
/// use workflow_core::calendar::HoursSpan;
///
/// let span: HoursSpan = "13:30-24:00".parse()?;
/// assert_eq!(span.minutes(), 630);
/// assert_eq!(span.to_string(), "13:30-24:00");
/// assert!("17:00-09:00".parse::<HoursSpan>().is_err());
/// # Ok::<(), workflow_core::calendar::InvalidHours>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoursSpan {
    from: u16,
    to: u16,
}

/// Text that is no span of hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} are no hours: {why}", quote(.text))]
pub struct InvalidHours {
    text: String,
    why: &'static str,
}

impl Default for BusinessHours {
    /// 09:00 to 17:00 on every weekday; the calendar says which of them are open.
    fn default() -> Self {
        let day = vec![HoursSpan { from: 9 * 60, to: 17 * 60 }];
        Self {
            mon: day.clone(),
            tue: day.clone(),
            wed: day.clone(),
            thu: day.clone(),
            fri: day.clone(),
            sat: day.clone(),
            sun: day,
        }
    }
}

impl BusinessHours {
    /// The hours of a weekday.
    #[must_use]
    pub fn on(&self, weekday: Weekday) -> &[HoursSpan] {
        match weekday {
            Weekday::Mon => &self.mon,
            Weekday::Tue => &self.tue,
            Weekday::Wed => &self.wed,
            Weekday::Thu => &self.thu,
            Weekday::Fri => &self.fri,
            Weekday::Sat => &self.sat,
            Weekday::Sun => &self.sun,
        }
    }

    /// What is wrong with them; paths begin with `at`.
    pub(super) fn problems(&self, at: &str) -> Vec<Problem> {
        let days = [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ];
        let mut problems = Vec::new();
        for (day, spans) in days {
            if spans.len() > HOURS_SPANS {
                let message = format!("this is past the limit HOURS_SPANS of {HOURS_SPANS}");
                problems.push(Problem::error(format!("{at}.{day}"), "too_long", message));
            }
            for (place, (before, span)) in spans.iter().zip(spans.iter().skip(1)).enumerate().take(HOURS_SPANS) {
                if span.from < before.to {
                    let message = format!("`{span}` begins before `{before}` has ended; write them in order and apart");
                    let place = place.saturating_add(1);
                    problems.push(Problem::error(format!("{at}.{day}[{place}]"), "invalid", message));
                }
            }
        }
        problems
    }
}

impl HoursSpan {
    /// How long it is by the clock, in minutes.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.to.saturating_sub(self.from)
    }

    /// Where it begins and ends, in seconds of the day.
    pub(super) fn seconds(self) -> (i64, i64) {
        (i64::from(self.from) * 60, i64::from(self.to) * 60)
    }
}

impl FromStr for HoursSpan {
    type Err = InvalidHours;

    fn from_str(text: &str) -> Result<Self, InvalidHours> {
        let wrong = |why| InvalidHours { text: text.chars().take(60).collect(), why };
        let form = "write them like `09:00-17:30`, from 00:00 to 24:00";
        let (from, to) = text.split_once('-').ok_or_else(|| wrong(form))?;
        let (from, to) = (minutes(from).ok_or_else(|| wrong(form))?, minutes(to).ok_or_else(|| wrong(form))?);
        if from >= to {
            return Err(wrong("they end before they begin; write hours past midnight as hours of the next day"));
        }
        Ok(Self { from, to })
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse::<u16>().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let all = hours.saturating_mul(60).saturating_add(minutes);
    (minutes < 60 && all <= MINUTES_OF_A_DAY).then_some(all)
}

impl fmt::Display for HoursSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

impl fmt::Debug for HoursSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for HoursSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HoursSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for HoursSpan {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HoursSpan".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A span of one day, to the minute, such as `09:00-17:30`. The day's end is `24:00`.",
            "type": "string",
            "format": "hours",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_1_hours_are_read_as_they_are_written() {
        for text in ["00:00-24:00", "09:00-17:00", "23:59-24:00", "00:00-00:01"] {
            assert_eq!(text.parse::<HoursSpan>().map(|span| span.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "9:00-17:00", "09:00", "09:00-09:00", "09:60-10:00", "17:00-24:01", "22:00-06:00", "09:00 - 17:00"]
        {
            let error = text.parse::<HoursSpan>().expect_err(text).to_string();
            assert!(error.contains(&quote(text)), "{error}");
        }
    }

    #[test]
    fn s9_1_hours_of_a_day_are_in_order_and_apart() {
        let span = |text: &str| text.parse().expect("hours");
        let hours = BusinessHours {
            mon: vec![span("09:00-12:00"), span("12:00-13:00")],
            tue: vec![span("13:00-17:00"), span("09:00-12:00")],
            sun: vec![span("09:00-12:00"); HOURS_SPANS + 1],
            ..BusinessHours::default()
        };
        let found: Vec<String> = hours.problems("h").into_iter().map(|problem| problem.path).take(3).collect();
        assert_eq!(found, ["h.tue[1]", "h.sun", "h.sun[1]"]);
    }
}
