//! How durations are spread.

use schemars::JsonSchema;
use serde::Serialize;

use super::Elapsed;

/// How long many things took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spread {
    /// How many they are.
    pub count: u64,
    /// In seconds that went by. Absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Quantiles>,
    /// In seconds of business hours. Absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business: Option<Quantiles>,
}

/// What durations have in common, in seconds. A share's duration is the shortest that so many of
/// them do not exceed: one of those that were measured, not a value between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Quantiles {
    /// Their mean.
    pub mean: i64,
    /// Half of them took no longer.
    pub p50: i64,
    /// 85 of 100 took no longer.
    pub p85: i64,
    /// 95 of 100 took no longer.
    pub p95: i64,
    /// The longest.
    pub max: i64,
}

impl Spread {
    /// Of these durations.
    #[must_use]
    pub fn of(durations: &[Elapsed]) -> Self {
        Self {
            count: durations.len() as u64,
            calendar: Quantiles::of(durations.iter().map(|elapsed| elapsed.seconds).collect()),
            business: Quantiles::of(durations.iter().map(|elapsed| elapsed.business_seconds).collect()),
        }
    }
}

impl Quantiles {
    fn of(mut seconds: Vec<i64>) -> Option<Self> {
        seconds.sort_unstable();
        let max = *seconds.last()?;
        let count = seconds.len();
        let sum: i128 = seconds.iter().map(|second| i128::from(*second)).sum();
        let mean = i64::try_from(sum / i128::try_from(count).ok()?).ok()?;
        // The nearest rank: the smallest place that has `share` hundredths at or before it.
        let at = |share: usize| {
            let rank = count.saturating_mul(share).div_ceil(100).max(1);
            seconds.get(rank.saturating_sub(1)).copied().unwrap_or(max)
        };
        Some(Self { mean, p50: at(50), p85: at(85), p95: at(95), max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_shortest_that_so_many_do_not_exceed() {
        assert_eq!(Quantiles::of(Vec::new()), None);
        assert_eq!(Quantiles::of(vec![7]), Some(Quantiles { mean: 7, p50: 7, p85: 7, p95: 7, max: 7 }));
        let hundred = Quantiles::of((1..=100).rev().collect()).expect("some");
        assert_eq!(hundred, Quantiles { mean: 50, p50: 50, p85: 85, p95: 95, max: 100 });
        let three = Quantiles::of(vec![30, 10, 20]).expect("some");
        assert_eq!((three.p50, three.p85, three.p95, three.mean), (20, 30, 30, 20));
    }
}
