//! Instants in JSON: as chrono writes and reads them, in a fraction of the time.
//!
//! Every record has some, so that writing them through a formatter was a tenth of the cost of a
//! command. Whatever is out of the ordinary is left to chrono.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `2026-02-02T15:00:00`, in bytes.
const SECONDS: usize = 19;

/// Writes an instant.
pub(crate) fn write<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = [0; SECONDS + 8];
    match written(instant, &mut text) {
        Some(text) => serializer.serialize_str(text),
        None => instant.serialize(serializer),
    }
}

/// Writes an instant that may be missing.
pub(crate) fn write_some<S: Serializer>(instant: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => serializer.serialize_some(&Instant(*instant)),
        None => serializer.serialize_none(),
    }
}

/// Reads an instant.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    Instant::deserialize(deserializer).map(|instant| instant.0)
}

/// Reads an instant that may be missing.
pub(crate) fn read_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(Option::<Instant>::deserialize(deserializer)?.map(|instant| instant.0))
}

struct Instant(DateTime<Utc>);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Instant;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instant such as 2026-02-02T15:00:00Z")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
                parsed(text.as_bytes()).map_or_else(|| text.parse().map_err(E::custom), Ok).map(Instant)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Digits of a number, most significant first.
fn digits<const N: usize>(mut number: u32) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    digits
}

fn written<'a>(instant: &DateTime<Utc>, text: &'a mut [u8; SECONDS + 8]) -> Option<&'a str> {
    let (date, time) = (instant.date_naive(), instant.time());
    let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9_999)?;
    let nanoseconds = time.nanosecond();
    // Finer than the engine counts, or a leap second.
    if nanoseconds % 1_000 != 0 || nanoseconds >= 1_000_000_000 {
        return None;
    }
    let ([y1, y2, y3, y4], [m1, m2], [d1, d2]) = (digits(year), digits(date.month()), digits(date.day()));
    let ([h1, h2], [n1, n2], [s1, s2]) = (digits(time.hour()), digits(time.minute()), digits(time.second()));
    let [f1, f2, f3, f4, f5, f6] = digits(nanoseconds / 1_000);
    *text = [
        y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3, f4, f5,
        f6, b'Z',
    ];
    let end = match (nanoseconds, nanoseconds % 1_000_000) {
        (0, _) => SECONDS,
        (_, 0) => SECONDS + 4,
        _ => SECONDS + 7,
    };
    *text.get_mut(end)? = b'Z';
    std::str::from_utf8(text.get(..=end)?).ok()
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

fn parsed(text: &[u8]) -> Option<DateTime<Utc>> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, rest @ ..] = text else {
        return None;
    };
    let micros = match rest {
        b"Z" => 0,
        [b'.', f1, f2, f3, b'Z'] => number(&[*f1, *f2, *f3])?.checked_mul(1_000)?,
        [b'.', f1, f2, f3, f4, f5, f6, b'Z'] => number(&[*f1, *f2, *f3, *f4, *f5, *f6])?,
        _ => return None,
    };
    let two = |first: &u8, second: &u8| number(&[*first, *second]);
    let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, two(m1, m2)?, two(d1, d2)?)?;
    Some(date.and_hms_micro_opt(two(h1, h2)?, two(n1, n2)?, two(s1, s2)?, micros)?.and_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Record {
        #[serde(serialize_with = "write", deserialize_with = "read")]
        at: DateTime<Utc>,
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "write_some",
            deserialize_with = "read_some"
        )]
        left: Option<DateTime<Utc>>,
    }

    /// The same, as chrono does it.
    #[derive(Serialize, Deserialize)]
    struct Plain {
        at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<DateTime<Utc>>,
    }

    fn same(at: DateTime<Utc>) {
        for left in [None, Some(at)] {
            let text = serde_json::to_string(&Record { at, left }).expect("json");
            assert_eq!(text, serde_json::to_string(&Plain { at, left }).expect("json"));
            assert_eq!(serde_json::from_str::<Record>(&text).expect("a record"), Record { at, left });
        }
    }

    fn instants() -> impl Strategy<Value = DateTime<Utc>> {
        let seconds = DateTime::<Utc>::MIN_UTC.timestamp()..=DateTime::<Utc>::MAX_UTC.timestamp();
        let seconds = prop_oneof![4 => -70_000_000_000i64..260_000_000_000, 1 => seconds];
        let fraction = prop_oneof![Just(0u32), (0u32..1_000).prop_map(|n| n * 1_000_000), 0u32..2_000_000_000];
        (seconds, fraction, any::<bool>()).prop_filter_map("a leap second", |(seconds, nanoseconds, fine)| {
            let nanoseconds = if fine { nanoseconds } else { nanoseconds / 1_000 * 1_000 };
            DateTime::from_timestamp(seconds, nanoseconds)
        })
    }

    proptest! {
        #[test]
        fn s9_1_instants_are_written_and_read_as_chrono_does(at in instants()) {
            same(at);
        }

        #[test]
        fn s9_1_any_text_is_read_as_chrono_reads_it(
            text in "[0-9+-]{0,2}[0-9]{3,5}-[0-9]{2}-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{0,9})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})"
        ) {
            let text = format!("{{\"at\":\"{text}\"}}");
            let (ours, theirs) = (serde_json::from_str::<Record>(&text), serde_json::from_str::<Plain>(&text));
            prop_assert_eq!(ours.ok().map(|record| record.at), theirs.ok().map(|record| record.at), "{}", text);
        }
    }

    #[test]
    fn s9_1_instants_at_the_edges() {
        for text in ["2026-02-02T15:00:00Z", "1969-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
        {
            let at: DateTime<Utc> = text.parse().expect("an instant");
            same(at);
            same(at + TimeDelta::microseconds(1));
            same(at - TimeDelta::nanoseconds(1));
        }
        same(DateTime::<Utc>::MIN_UTC);
        same(DateTime::<Utc>::MAX_UTC);
        let error = serde_json::from_str::<Record>("{\"at\":5}").expect_err("an error");
        assert!(error.to_string().contains("an instant such as"), "{error}");
        assert!(serde_json::from_str::<Record>("{\"at\":\"2026-02-30T00:00:00Z\"}").is_err());
        assert!(serde_json::from_str::<Record>("{\"at\":\"\"}").is_err());
    }
}
