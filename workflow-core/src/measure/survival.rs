//! What is to be expected of durations when some of them are not over yet.

/// The share of things that are done within a time: the Kaplan-Meier estimate, which learns also
/// from those that are not done, as far as they have come. Leaving them out would make work look
/// quicker than it is, for what takes long is what is not done.
#[derive(Debug, Clone)]
pub(crate) struct Survival {
    /// After how many seconds the share of those still open falls, and to what, in order.
    steps: Vec<(i64, f64)>,
    /// How many were seen to their end.
    ended: usize,
}

impl Survival {
    /// From how long each took, or was seen to take without having ended.
    pub(crate) fn of(mut seen: Vec<(i64, bool)>) -> Self {
        // Of equal times those that ended come first: the others were still open then.
        seen.sort_unstable_by_key(|(seconds, ended)| (*seconds, !*ended));
        let mut steps: Vec<(i64, f64)> = Vec::new();
        let (mut open, mut count) = (1.0, 0usize);
        for (before, (seconds, ended)) in seen.iter().enumerate() {
            if !ended {
                continue;
            }
            count = count.saturating_add(1);
            let at_risk = seen.len().saturating_sub(before) as f64;
            open *= 1.0 - 1.0 / at_risk;
            match steps.last_mut() {
                Some(last) if last.0 == *seconds => last.1 = open,
                _ => steps.push((*seconds, open)),
            }
        }
        Self { steps, ended: count }
    }

    /// How many of what it was made of had ended.
    pub(crate) fn ended(&self) -> usize {
        self.ended
    }

    /// The share that is done within so many seconds, 0 to 1.
    pub(crate) fn done_within(&self, seconds: i64) -> f64 {
        let passed = self.steps.partition_point(|(at, _)| *at <= seconds);
        match passed.checked_sub(1).and_then(|last| self.steps.get(last)) {
            Some((_, open)) => 1.0 - open,
            None => 0.0,
        }
    }

    /// After how many seconds a share, 0 to 1, is done; nothing when that was never seen.
    pub(crate) fn until(&self, share: f64) -> Option<i64> {
        // A share is reached also when adding fractions has left a crumb.
        self.steps.iter().find(|(_, open)| 1.0 - open >= share - 1e-9).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_textbook_case() {
        // Ended at 6, 6, 6, 7, 10, 13, 16, 22, 23; still open at 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35
        // (remission of 21 patients; Freireich and others, 1963).
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|at| (at, true));
        let open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|at| (at, false));
        let survival = Survival::of(ended.into_iter().chain(open).collect());
        let published = [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)];
        for (at, open) in published {
            assert!((1.0 - survival.done_within(at) - open).abs() < 0.0005, "{at}: {}", survival.done_within(at));
        }
        assert_eq!(survival.until(0.5), Some(23));
        assert_eq!(survival.until(0.9), None);
        assert_eq!(survival.done_within(5).to_bits(), 0f64.to_bits());
    }

    proptest! {
        /// Where all have ended it is the plain share.
        #[test]
        fn without_open_ones_it_is_the_share(times in proptest::collection::vec(0i64..50, 1..40), at in 0i64..60) {
            let survival = Survival::of(times.iter().map(|time| (*time, true)).collect());
            let share = times.iter().filter(|time| **time <= at).count() as f64 / times.len() as f64;
            prop_assert!((survival.done_within(at) - share).abs() < 1e-9);
        }

        #[test]
        fn it_never_falls_and_stays_a_share(seen in proptest::collection::vec((0i64..50, any::<bool>()), 0..40)) {
            let survival = Survival::of(seen);
            let mut last = 0.0;
            for at in -1..60 {
                let share = survival.done_within(at);
                prop_assert!((last..=1.0 + 1e-9).contains(&share));
                last = share;
            }
            for share in [0.25, 0.5, 0.85, 1.0] {
                if let Some(at) = survival.until(share) {
                    prop_assert!(survival.done_within(at) >= share - 1e-9);
                    prop_assert!(survival.done_within(at.saturating_sub(1)) < share);
                }
            }
        }
    }
}
