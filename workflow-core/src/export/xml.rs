//! XML, as little as an event log needs: elements with attributes, and nothing else.

use std::fmt::Write as _;

/// Adds ` name="value"` to a text.
pub(super) fn attribute(text: &mut String, name: &str, value: &str) {
    text.push(' ');
    text.push_str(name);
    text.push_str("=\"");
    escape(text, value);
    text.push('"');
}

/// Adds a value as it stands between quotes. White space that a reader would turn into spaces is
/// written by its number; what XML 1.0 cannot hold at all, such as most control characters, becomes
/// the replacement character.
fn escape(text: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                // Writing to a string does not fail.
                let _ = write!(text, "&#{};", u32::from(letter));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => text.push('\u{fffd}'),
            letter => text.push(letter),
        }
    }
}

/// A text as part of an XML name: letters that a name cannot hold everywhere become their numbers, as in
/// `due_x0020_soon`. No two texts become one name.
pub(super) fn name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let is_plain =
            letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ');
        // An underline that would read as a number is written by its own.
        let is_underline = letter == '_' && !text.get(at..).is_some_and(|rest| rest.starts_with("_x"));
        if is_plain || is_underline {
            name.push(letter);
        } else {
            let _ = write!(name, "_x{:04X}_", u32::from(letter));
        }
    }
    name
}
