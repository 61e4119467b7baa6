//! What comes with a signal: any JSON, within bounds.

use serde_json::Value;

/// How deep the lists and objects of a payload are nested.
///
/// What is kept is read again by a reader that gives up at some depth, so a payload that is nested
/// deeper must not get in. It is counted without recursion: the depth is not known to be small.
pub(crate) fn depth(payload: &Value) -> usize {
    let mut deepest = 0;
    let mut left = vec![(payload, 0usize)];
    while let Some((value, around)) = left.pop() {
        let inside = around.saturating_add(1);
        match value {
            Value::Array(values) => left.extend(values.iter().map(|value| (value, inside))),
            Value::Object(fields) => left.extend(fields.values().map(|value| (value, inside))),
            _ => continue,
        }
        deepest = deepest.max(inside);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn s12_1_the_depth_of_a_payload_is_that_of_its_deepest_part() {
        let cases =
            [(json!(1), 0), (json!([]), 1), (json!({ "a": [1, { "b": [] }], "c": 1 }), 4), (json!([[], [[1]]]), 3)];
        for (payload, expected) in cases {
            assert_eq!(depth(&payload), expected, "{payload}");
        }
    }
}
