//! Reads the words of dates and durations, one after the other.

use super::InvalidDate;
use crate::document::quote;
use crate::limits;
use crate::suggest::near;

/// A word of the text, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// As it is written.
    pub(super) text: String,
    /// As it is written, in small letters: the words of the language have no case.
    pub(super) small: String,
    /// Its first character, counted from 1.
    position: usize,
    /// Whether it follows the token before without a space.
    glued: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Quoted,
    Comma,
    /// After the last word.
    End,
}

/// Reads a text token by token.
pub(super) struct Reader<'t> {
    what: &'static str,
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    end: Token,
}

impl<'t> Reader<'t> {
    /// Splits a text into words; `what` names it in errors, such as `a date`.
    pub(super) fn new(what: &'static str, text: &'t str) -> Result<Self, InvalidDate> {
        if text.len() > limits::DATE_BYTES {
            let (max, is) = (limits::DATE_BYTES, text.len());
            let why = format!("its length in bytes is past the limit DATE_BYTES of {max} (it is {is})");
            return Err(InvalidDate::new(what, text, 0, why));
        }
        let end = Token {
            kind: Kind::End,
            text: String::new(),
            small: String::new(),
            position: text.chars().count().saturating_add(1),
            glued: false,
        };
        let mut reader = Self { what, text, tokens: Vec::new(), at: 0, end };
        reader.split()?;
        Ok(reader)
    }

    fn split(&mut self) -> Result<(), InvalidDate> {
        let mut letters = self.text.chars().zip(1usize..).peekable();
        let mut glued = false;
        while let Some((letter, position)) = letters.next() {
            if letter.is_whitespace() {
                glued = false;
                continue;
            }
            let mut word = String::new();
            let kind = match letter {
                ',' => {
                    word.push(letter);
                    Kind::Comma
                }
                '"' => {
                    loop {
                        match letters.next() {
                            Some(('"', _)) => break,
                            Some(('\\', _)) => word.extend(letters.next().map(|(letter, _)| letter)),
                            Some((letter, _)) => word.push(letter),
                            None => {
                                let why = "a name in quotes is not closed; add the missing `\"`";
                                return Err(InvalidDate::new(self.what, self.text, position, why));
                            }
                        }
                    }
                    Kind::Quoted
                }
                letter => {
                    word.push(letter);
                    let more = |next: &(char, usize)| !next.0.is_whitespace() && !matches!(next.0, ',' | '"');
                    while let Some((letter, _)) = letters.next_if(more) {
                        word.push(letter);
                    }
                    Kind::Word
                }
            };
            self.tokens.push(Token { kind, small: word.to_lowercase(), text: word, position, glued });
            glued = true;
        }
        Ok(())
    }

    /// The next token, which stays the next.
    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&self.end)
    }

    /// The next word in small letters, or nothing when no word is next.
    pub(super) fn word(&self) -> &str {
        let token = self.peek();
        if token.kind == Kind::Word { &token.small } else { "" }
    }

    /// The word after the next.
    pub(super) fn word_after(&self) -> &str {
        match self.tokens.get(self.at.saturating_add(1)) {
            Some(token) if token.kind == Kind::Word => &token.small,
            _ => "",
        }
    }

    pub(super) fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        if found {
            self.step();
        }
        found
    }

    /// Takes the next words if they are these two.
    pub(super) fn take_two(&mut self, first: &str, second: &str) -> bool {
        let found = self.word() == first && self.word_after() == second;
        if found {
            self.step();
            self.step();
        }
        found
    }

    pub(super) fn take_comma(&mut self) -> bool {
        let found = self.peek().kind == Kind::Comma;
        if found {
            self.step();
        }
        found
    }

    /// Takes this word or says that it was expected.
    pub(super) fn expect(&mut self, word: &str, expected: &str) -> Result<(), InvalidDate> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected(expected, &[word])) }
    }

    /// Takes a name: a bare word, or any text in double quotes.
    pub(super) fn name(&mut self, expected: &str) -> Result<String, InvalidDate> {
        let token = self.peek();
        if !matches!(token.kind, Kind::Word | Kind::Quoted) {
            return Err(self.unexpected(expected, &[]));
        }
        let name = token.text.clone();
        self.step();
        Ok(name)
    }

    /// Takes the rest of a name that began with `prefix`: of the same word, or in quotes right after.
    pub(super) fn name_after(&mut self, prefix: &str, expected: &str) -> Result<String, InvalidDate> {
        let rest = self.peek().text.get(prefix.len()..).unwrap_or_default().to_owned();
        if !rest.is_empty() {
            self.step();
            return Ok(rest);
        }
        self.step();
        if self.peek().kind == Kind::Quoted && self.peek().glued {
            return self.name(expected);
        }
        Err(self.unexpected(expected, &[]))
    }

    /// A number without sign or fraction.
    pub(super) fn number(&mut self, most: u32, what: &str) -> Result<u32, InvalidDate> {
        let text = self.word();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected("a number", &[]));
        }
        let number = text.parse::<u32>().ok().filter(|number| *number <= most);
        let Some(number) = number else {
            return Err(self.wrong(format!("{} {what}", quote(self.word()))));
        };
        self.step();
        Ok(number)
    }

    /// An error at the next token, which is not what was expected. `words` are what it may have
    /// been meant to be.
    pub(super) fn unexpected(&self, expected: &str, words: &[&str]) -> InvalidDate {
        let token = self.peek();
        let found = match token.kind {
            Kind::End => "the text ends".to_owned(),
            Kind::Comma => "there is a `,`".to_owned(),
            Kind::Word | Kind::Quoted => format!("there is {}", quote(&token.text)),
        };
        let hint = if token.kind == Kind::Word { near(&token.text, words.iter().copied()) } else { String::new() };
        self.wrong(format!("{found} where {expected} is expected{hint}"))
    }

    /// The same, where the next two words may be one of `words`.
    pub(super) fn unexpected_pair(&self, expected: &str, words: &[&str]) -> InvalidDate {
        let second = self.word_after();
        let known = |text: &str| !near(text, words.iter().copied()).is_empty();
        let (token, pair) = (self.peek(), format!("{} {second}", self.peek().small));
        if token.kind != Kind::Word || second.is_empty() || known(&token.text) || !known(&pair) {
            return self.unexpected(expected, words);
        }
        let hint = near(&pair, words.iter().copied());
        self.wrong(format!("there is {} where {expected} is expected{hint}", quote(&token.text)))
    }

    /// The character at which the next token begins.
    pub(super) fn here(&self) -> usize {
        self.peek().position
    }

    /// An error at an earlier place.
    pub(super) fn wrong_at(&self, position: usize, why: impl Into<String>) -> InvalidDate {
        InvalidDate::new(self.what, self.text, position, why)
    }

    /// An error at the next token.
    pub(super) fn wrong(&self, why: impl Into<String>) -> InvalidDate {
        InvalidDate::new(self.what, self.text, self.peek().position, why)
    }

    /// Whether the text is read to its end.
    pub(super) fn finish(&self, expected: &str, words: &[&str]) -> Result<(), InvalidDate> {
        if self.peek().kind == Kind::End { Ok(()) } else { Err(self.unexpected(expected, words)) }
    }
}
