//! Shortcodes: `{{ account.name }}`, `{{ period.end | date("%B %Y") }}` in names and texts.
//!
//! A [`Text`] is parsed once. One without shortcodes costs nothing to write, one with plain ones
//! is put together directly, and only one with filters or conditions goes through the template
//! engine, with a bound on its work.

mod filters;
mod words;

use std::sync::Arc;

use minijinja::Environment;

use crate::limits;
pub(crate) use words::Words;
use words::{is_known, sample, suggestion};

/// A text with shortcodes, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Text(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Plain(Arc<str>),
    Parts(Vec<Part>),
    Template(Arc<Environment<'static>>),
}

#[derive(Debug, Clone)]
enum Part {
    Text(Box<str>),
    Word(Box<str>),
}

/// Why a text cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortcodeError {
    /// A stable word for what is wrong.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) message: String,
}

const TEMPLATE: &str = "text";

/// What a shortcode begins with.
const MARKS: [&str; 3] = ["{{", "{%", "{#"];

impl Text {
    /// Parses a text.
    ///
    /// # Errors
    /// When a shortcode is unknown, with a suggestion where one is near, or not well formed.
    pub(crate) fn compile(source: &str) -> Result<Self, ShortcodeError> {
        if source.len() > limits::TEXT_BYTES {
            let message = format!("the text is {} bytes, the limit TEXT_BYTES is {}", source.len(), limits::TEXT_BYTES);
            return Err(ShortcodeError { code: "too_long", message });
        }
        if !MARKS.iter().any(|mark| source.contains(mark)) {
            return Ok(Self(Kind::Plain(source.into())));
        }
        if let Some(parts) = plain_words(source) {
            for part in &parts {
                if let Part::Word(word) = part {
                    check(word)?;
                }
            }
            return Ok(Self(Kind::Parts(parts)));
        }
        Self::compile_template(source)
    }

    fn compile_template(source: &str) -> Result<Self, ShortcodeError> {
        let failed = |error: &minijinja::Error| ShortcodeError {
            code: "shortcode",
            message: match filters::too_much_work(error) {
                Some(why) => why,
                None => format!("the shortcodes are not well formed: {error}{}", filters::suggestion(error)),
            },
        };
        let mut environment = filters::environment();
        environment.add_template_owned(TEMPLATE, source.to_owned()).map_err(|error| failed(&error))?;
        let template = environment.get_template(TEMPLATE).map_err(|error| failed(&error))?;
        let mut words: Vec<String> = template.undeclared_variables(true).into_iter().collect();
        words.sort();
        words.iter().try_for_each(|word| check(word))?;
        // Filters and their arguments are only looked at when a text is written: try it out.
        template.render(sample()).map_err(|error| failed(&error))?;
        Ok(Self(Kind::Template(Arc::new(environment))))
    }

    /// Writes the text with the words filled in. A word without a value leaves nothing.
    ///
    /// # Errors
    /// In words, when a filter does not fit its value, the text becomes too long, or it asks for
    /// too much work.
    pub(crate) fn render(&self, words: &Words<'_>) -> Result<Arc<str>, String> {
        let text: Arc<str> = match &self.0 {
            Kind::Plain(text) => return Ok(Arc::clone(text)),
            Kind::Parts(parts) => {
                let mut out = String::with_capacity(64);
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Word(word) => words.write(word, &mut out),
                    }
                }
                out.into()
            }
            Kind::Template(environment) => {
                let template = environment.get_template(TEMPLATE).map_err(|error| error.to_string())?;
                let written = template.render(words.context());
                let why =
                    |error| filters::too_much_work(&error).unwrap_or_else(|| format!("a shortcode failed: {error}"));
                written.map_err(why)?.into()
            }
        };
        if text.len() > limits::TEXT_BYTES {
            let max = limits::TEXT_BYTES;
            return Err(format!("the text comes out as {} bytes, the limit TEXT_BYTES is {max}", text.len()));
        }
        Ok(text)
    }

    /// The roles that the text names.
    #[must_use]
    pub(crate) fn roles_used(&self) -> Vec<String> {
        let words: Vec<String> = match &self.0 {
            Kind::Plain(_) => Vec::new(),
            Kind::Parts(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Word(word) => Some(word.to_string()),
                    Part::Text(_) => None,
                })
                .collect(),
            Kind::Template(environment) => environment
                .get_template(TEMPLATE)
                .map(|template| template.undeclared_variables(true).into_iter().collect())
                .unwrap_or_default(),
        };
        words.iter().filter_map(|word| word.strip_prefix("role.")).map(str::to_owned).collect()
    }
}

/// A source that is written as this text, whatever it looks like.
pub(crate) fn as_it_is(text: &str) -> String {
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return text.to_owned();
    }
    // Strings of templates are escaped as those of JSON are.
    format!("{{{{ {} }}}}", serde_json::Value::from(text))
}

fn check(word: &str) -> Result<(), ShortcodeError> {
    if is_known(word) {
        return Ok(());
    }
    let message = format!("there is no shortcode `{word}`{}", suggestion(word));
    Err(ShortcodeError { code: "unknown_shortcode", message })
}

/// The parts of a text whose shortcodes are all plain words; `None` when it takes more.
fn plain_words(source: &str) -> Option<Vec<Part>> {
    if source.contains("{%") || source.contains("{#") {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, further) = after.split_once("}}")?;
        let word = inside.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if word.is_empty() || !word.chars().all(plain) || word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if !before.is_empty() {
            parts.push(Part::Text(before.into()));
        }
        parts.push(Part::Word(word.into()));
        rest = further;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    Some(parts)
}

#[cfg(test)]
mod tests;
