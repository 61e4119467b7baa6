//! "Did you mean …?"

use super::path::quote;

/// Words longer than this are nobody's typing mistake.
const LONGEST: usize = 60;
/// Choices that a message lists at most.
const LISTED: usize = 16;

/// The choice that was probably meant.
pub(super) fn closest<'a>(word: &str, choices: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = snake_case(word);
    let allowed = (word.chars().count() / 3).max(1);
    let mut best: Option<((usize, usize), &'a str)> = None;
    for choice in choices {
        let letters = strsim::osa_distance(&word, choice);
        // An abbreviation or a longer form of it is as good as one wrong letter.
        let part = word.len() >= 3 && choice.len() >= 3 && (choice.starts_with(&word) || word.starts_with(choice));
        let distance = (if part { letters.min(1) } else { letters }, letters);
        if distance.0 <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, choice));
        }
    }
    best.map(|(_, choice)| choice)
}

/// The end of a message: what was probably meant, or what there is to choose from.
pub(crate) fn advice<'a>(word: &str, what: &str, choices: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(choice) = closest(word, choices.clone()) {
        return format!("did you mean `{choice}`?");
    }
    let listed: Vec<String> = choices.clone().take(LISTED).map(quote).collect();
    if listed.is_empty() {
        return "take it out".to_owned();
    }
    let more = if choices.count() > LISTED { ", …" } else { "" };
    format!("{what} {}{more}", listed.join(", "))
}

/// `onEntry`, `On-Entry` and `on entry` as `on_entry`.
fn snake_case(word: &str) -> String {
    let mut snake = String::with_capacity(word.len());
    let mut after_small = false;
    for character in word.chars() {
        if matches!(character, '-' | ' ' | '.') {
            snake.push('_');
            after_small = false;
            continue;
        }
        if character.is_uppercase() && after_small {
            snake.push('_');
        }
        after_small = character.is_lowercase() || character.is_ascii_digit();
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn s12_2_a_suggestion_is_close_or_none() {
        let fields = || ["on_entry", "on_exit", "description", "name", "key"].into_iter();
        assert_eq!(closest("onEntry", fields()), Some("on_entry"));
        assert_eq!(closest("on_entyr", fields()), Some("on_entry"));
        assert_eq!(closest("desc", fields()), Some("description"));
        assert_eq!(closest("nmae", fields()), Some("name"));
        assert_eq!(closest("colour", fields()), None);
        assert_eq!(closest(&"k".repeat(1_000_000), fields()), None);
    }
}
