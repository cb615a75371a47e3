//! Before there is enough to learn from: suggestions from what labels are called ([`learn::from_names`]).
//!
//! They are made while some label of the closed set has no row and there are fewer than two rows a label; then rows teach more than names
//! do. What must stay true: what comes from names says so wherever it is shown, doubts no label, is not accepted in bulk, and is not
//! stored.

use std::sync::Arc;

use catalogue::{Phrase, phrase};
use learn::{Control, Embeddings, Estimate, FitError, Lesson, Text};
use rustc_hash::FxHashSet;

use crate::{
    climb,
    corpus::{self, Corpus},
    learned::{Learned, Subject},
};

/// Rows a label from which on names are not asked, whatever they are.
const ROWS: usize = 2;

/// As messages say it.
pub fn origin() -> Phrase {
    phrase!("from-label-names")
}

/// Whether names are to speak: `closed` are labels with their guidelines, `given` the labels that rows have.
pub(crate) fn are_due<'a>(closed: &[(String, String)], given: impl Iterator<Item = &'a str>) -> bool {
    let allowed: FxHashSet<&str> = closed.iter().map(|(name, _)| name.as_str()).collect();
    let mut missing = allowed.clone();
    let mut rows = 0;
    for label in given.filter(|label| allowed.contains(label)) {
        missing.remove(label);
        rows += 1;
        if missing.is_empty() || rows >= ROWS * allowed.len() {
            return false;
        }
    }
    allowed.len() > 1
}

/// What else can be done where nothing is labelled and no label is known.
pub(crate) fn advise(why: FitError, lesson: &Lesson) -> FitError {
    match why {
        FitError::TooLittle(what) if lesson.labels.is_empty() => FitError::TooLittle(phrase!("or-list-labels", what)),
        why => why,
    }
}

/// What each label is called, in the order of the lesson's.
pub(crate) fn of(corpus: &Corpus) -> Vec<Text> {
    let mut closed: Vec<&(String, String)> = corpus.closed.iter().collect();
    closed.sort();
    closed.into_iter().map(|(name, guideline)| corpus::text_of(&described(name, guideline))).collect()
}

/// "card arrival: When a card will come".
fn described(name: &str, guideline: &str) -> String {
    let name = words(name);
    match guideline.trim() {
        "" => name,
        guideline => format!("{name}: {guideline}"),
    }
}

/// A name as people would write it: "card_arrival", "card-arrival", "CardArrival" and "cardArrival" are "card arrival".
fn words(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let letters: Vec<char> = name.chars().collect();
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let is_start = letter.is_uppercase()
            && before.is_some_and(|before| {
                // "HTTPError" is "http error".
                let next_is_small = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
                before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && next_is_small)
            });
        if is_start {
            out.push(' ');
        }
        if letter.is_alphanumeric() { out.extend(letter.to_lowercase()) } else { out.push(' ') }
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    // A name without any letter stays what it is.
    if words.is_empty() { name.to_owned() } else { words.join(" ") }
}

/// What names and the texts at hand come to.
pub(crate) fn learn(subject: &Subject, embeddings: &Arc<Embeddings>, control: &Control) -> Result<Learned, FitError> {
    let classifier = learn::from_names(&subject.lesson, &subject.names, embeddings, control)?;
    // Of texts that are not embedded yet, nothing speaks.
    let mut learned =
        Learned::unmeasured(subject, classifier, learn::lexical(), (Estimate::of(&Default::default(), &[]), 0));
    learned.from_names = true;
    learned.look_around(subject, control)?;
    Ok(learned)
}

/// A job that embeds all texts.
pub(crate) struct Naming {
    pub(crate) corpus: Corpus,
    pub(crate) version: u64,
    pub(crate) embeddings: Arc<Embeddings>,
    /// Keys of texts near where a person last looked.
    pub(crate) near: FxHashSet<u64>,
}

impl Naming {
    /// `tell` hears of every gain, the last of which is the answer.
    pub(crate) fn run(self, control: &Control, tell: &dyn Fn(Arc<Learned>)) -> Result<Arc<Learned>, FitError> {
        let (subject, quiet) = (Subject::of(self.corpus, self.version), control.quiet());
        let mut order: Vec<&Text> = subject.lesson.examples.iter().map(|example| &example.text).collect();
        order.sort_by_key(|text| !self.near.contains(&text.key));
        order.extend(subject.held_out_texts());
        climb::embed(&self.embeddings, order, control, || {
            if let Ok(learned) = learn(&subject, &self.embeddings, &quiet) {
                tell(Arc::new(learned));
            }
        })?;
        let learned = Arc::new(learn(&subject, &self.embeddings, &quiet)?);
        tell(learned.clone());
        Ok(learned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_would_write_them() {
        for (name, read) in [
            ("card_arrival", "card arrival"),
            ("GetWeather", "get weather"),
            ("parseHTTPError2", "parse http error2"),
            ("science/technology", "science technology"),
            ("DESC", "desc"),
            ("+", "+"),
            ("退款", "退款"),
        ] {
            assert_eq!(words(name), read);
        }
        assert_eq!(described("card-arrival", " When it comes "), "card arrival: When it comes");
        assert_eq!(described("refund", ""), "refund");
    }

    #[test]
    fn names_speak_until_rows_say_more() {
        let closed = |names: &[&str]| names.iter().map(|name| (name.to_string(), String::new())).collect::<Vec<_>>();
        let due = |closed: &[(String, String)], given: &[&str]| are_due(closed, given.iter().copied());
        let abc = closed(&["a", "b", "c"]);
        assert!(due(&abc, &[]) && due(&abc, &["a", "a", "b"]) && due(&abc, &["x", "y", "z", "a", "b"]));
        assert!(!due(&abc, &["a", "b", "c"]), "every label has a row");
        assert!(!due(&abc, &["a", "a", "b", "b", "a", "b"]), "two rows a label");
        assert!(!due(&closed(&["a"]), &[]) && !due(&[], &[]), "nothing to choose from");
    }
}
