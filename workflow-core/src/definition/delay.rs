//! Actions that wait, and reminders.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Condition, DateExpression, is_default};
use crate::dates::Span;

/// Lets some time pass before the actions after it: a duration, a date, or until something holds.
///
/// One of `for`, `until` and `condition` says for what it waits. A wait ends without going on when
/// the job leaves the stage, is put away, or is no longer active.
///
/// ```
/// use workflow_core::definition::Delay;
///
/// let delay: Delay = serde_json::from_str(r#"{"for": "3 business days"}"#)?;
/// assert!(delay.span.is_some() && !delay.keep);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// For how long. Days are counted on the firm's calendar and end at the time of day at which
    /// the wait began.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Until the beginning of this day. A day that has come, or a date that is not set, is not
    /// waited for: the first goes on at once, the second fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateExpression>,
    /// Until this holds; if it does already, it goes on at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Waits no longer than this for the condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Span>,
    /// What is done when the condition did not hold in time, instead of the actions after the
    /// wait. Those are done all the same when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Vec<Action>>,
    /// Goes on waiting when the job leaves the stage or is held up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep: bool,
}

impl Delay {
    /// Waits for this long.
    #[must_use]
    pub fn lasting(span: Span) -> Self {
        Self { span: Some(span), ..Self::default() }
    }

    /// Waits until this day begins.
    #[must_use]
    pub fn until(day: DateExpression) -> Self {
        Self { until: Some(day), ..Self::default() }
    }

    /// Waits until this holds, no longer than the span.
    #[must_use]
    pub fn until_holds(condition: Condition, at_most: Option<Span>) -> Self {
        Self { condition: Some(condition), at_most, ..Self::default() }
    }

    /// Does this instead when the condition did not hold in time.
    #[must_use]
    pub fn otherwise(mut self, actions: Vec<Action>) -> Self {
        self.otherwise = Some(actions);
        self
    }

    /// Goes on waiting when the job leaves the stage or is held up.
    #[must_use]
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }
}

/// Reminds of something until it is done.
///
/// The host gets a notification for each reminder. They stop when the item or task is done, and
/// pause while the job is not active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reminders {
    /// How long after the last one, or after the beginning.
    pub every: Span,
    /// How long after the beginning the first one comes, if not `every`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Span>,
    /// How many there are at most.
    #[schemars(range(min = 1, max = 1_000))]
    pub at_most: u32,
}

impl Action {
    /// The actions written within this one.
    #[must_use]
    pub fn within(&self) -> &[Action] {
        match self {
            Self::Wait(delay) => delay.otherwise.as_deref().unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Every action of a list with its number: its place among all actions in the order they are
/// written, those written within others included.
pub(crate) fn numbered(actions: &[Action]) -> Vec<(u32, &Action)> {
    fn gather<'a>(actions: &'a [Action], found: &mut Vec<(u32, &'a Action)>) {
        for action in actions {
            found.push((u32::try_from(found.len()).unwrap_or(u32::MAX), action));
            gather(action.within(), found);
        }
    }
    let mut found = Vec::with_capacity(actions.len());
    gather(actions, &mut found);
    found
}

/// How many actions a list holds, those written within others included.
pub(crate) fn count(actions: &[Action]) -> u32 {
    actions.iter().fold(0u32, |sum, action| sum.saturating_add(1).saturating_add(count(action.within())))
}

/// The actions that come after the one of a number in its own list, with the number of the first.
pub(crate) fn after(actions: &[Action], number: u32) -> Option<(&[Action], u32)> {
    let mut next = 0u32;
    for (place, action) in actions.iter().enumerate() {
        let within = next.saturating_add(1);
        let end = within.saturating_add(count(action.within()));
        if number == next {
            return Some((actions.get(place.saturating_add(1)..).unwrap_or_default(), end));
        }
        if number < end {
            return after(action.within(), number.saturating_sub(within))
                .map(|(rest, at)| (rest, at.saturating_add(within)));
        }
        next = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(otherwise: Vec<Action>) -> Action {
        Action::Wait(Box::new(Delay::lasting(Span::days(1)).otherwise(otherwise)))
    }

    #[test]
    fn s5_8_actions_within_a_wait_are_numbered_where_they_are_written() {
        let actions = vec![
            Action::MoveNext,
            wait(vec![Action::Archive, wait(vec![Action::MoveNext]), Action::Archive]),
            Action::Archive,
        ];
        let numbers: Vec<u32> = numbered(&actions).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(count(&actions), 7);
        let rest = |number| after(&actions, number).map(|(rest, first)| (rest.len(), first));
        assert_eq!(rest(0), Some((2, 1)));
        assert_eq!(rest(1), Some((1, 6)), "after the wait: what is written below it");
        assert_eq!(rest(2), Some((2, 3)));
        assert_eq!(rest(3), Some((1, 5)), "after the inner wait");
        assert_eq!(rest(4), Some((0, 5)));
        assert_eq!(rest(6), Some((0, 7)));
        assert_eq!(rest(7), None);
        for (number, action) in numbered(&actions) {
            let (rest, first) = after(&actions, number).expect("each has a place");
            assert_eq!(first, number + 1 + count(action.within()));
            for (next, (number, _)) in rest.iter().zip(numbered(&actions).into_iter().filter(|(n, _)| *n == first)) {
                assert_eq!(numbered(&actions)[number as usize].1, next);
            }
        }
    }
}
