//! Near names for a word that is not known.

/// "; did you mean `x`?" for the known word that looks most like this one, or nothing.
pub(crate) fn near<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let wanted = text.to_lowercase();
    let score = |word: &&str| strsim::normalized_damerau_levenshtein(&wanted, &word.to_lowercase());
    let best = known.into_iter().map(|word| (score(&word), word)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, word)) if score >= 0.6 => format!("; did you mean `{word}`?"),
        _ => String::new(),
    }
}
