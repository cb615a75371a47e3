//! Why a label: the words that decided, and the labelled rows most like this one.
//!
//! What must stay true: a [`Question`] is asked on the engine's thread and costs nothing there; its answer may take a moment, and is found from
//! the rows and the classifier as they were then.

use std::{ops::Range, path::PathBuf, sync::Arc};

use catalogue::{Argument, Phrase, phrase};
use dataset::{Answer, Document, Span, position::Encoding};
use learn::{Control, Reason, Text};
use rustc_hash::FxHashSet;

use crate::{
    corpus,
    doubt::About,
    glance::{quoted, written},
    learned::Learned,
    project::{Place, Project},
    view,
};

/// Labelled rows that are compared, at most; and shown.
const COMPARED: usize = 20_000;
const NEIGHBOURS: usize = 3;
/// Words that are shown, at most, and what share of the one that adds most another adds at least.
const WORDS: usize = 6;
const LEAST: f32 = 0.1;
/// Where an integral was further off than this, that is said.
const ROUGH: f32 = 0.05;
/// Characters of another row's text.
const SHOWN: usize = 60;

/// Which label to explain, and all that an answer needs.
pub struct Question {
    learned: Arc<Learned>,
    files: Vec<(PathBuf, Document, bool)>,
    place: Place,
    text: Text,
    /// `None`: what is labelled are parts of the text, and none is meant.
    label: Option<Arc<str>>,
    /// The part that has it.
    part: Option<Range<usize>>,
}

/// A word of a row's text, or several characters of a script written without spaces.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    /// Of the file.
    pub bytes: Range<usize>,
    /// What it adds, in nats; below 0 where it speaks against the label.
    pub weight: f32,
}

/// A labelled row.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    pub path: PathBuf,
    /// The line where it begins, from 0 on.
    pub line: u32,
    pub answer: Answer,
    /// The cosine of both: of vectors, or of n-grams.
    pub likeness: f32,
    pub text: String,
}

#[derive(Clone, Debug, Default)]
pub struct Explanation {
    pub label: Option<Arc<str>>,
    /// That the text has this label, or the part.
    pub probability: f32,
    /// Those that decided, for and against, the one that added most first.
    pub words: Vec<Word>,
    /// What all words add, in nats.
    pub total: f32,
    /// How far the integral was off, as a share of that ([`learn::Reasons::error`]).
    pub error: f32,
    pub neighbours: Vec<Neighbour>,
}

/// About the row at this offset, or the span: the label that is doubted to be missing or wrong, or suggested, or given. None: no model, no row, or
/// nothing to say.
pub fn question(project: &Project, file: usize, offset: usize) -> Option<Question> {
    let learned = project.learned.clone()?;
    let document = &project.files[file].document;
    let place = Place { file, row: document.row_at(offset)? };
    let text = corpus::text(document, place.row);
    let (label, part) = if learned.classifier.task() == learn::Task::Spans {
        let span = of_part(project, place, &document.text(place.row), offset);
        span.map(|span| (span.label.clone(), span.range())).unzip()
    } else {
        (Some(of_row(project, place)?), None)
    };
    let files = project.files.iter().map(|file| (file.path.clone(), file.document.clone(), file.held_out)).collect();
    Some(Question { learned, files, place, text, label, part })
}

fn of_row(project: &Project, place: Place) -> Option<Arc<str>> {
    let learned = project.learned.as_ref()?;
    let row = &project.files[place.file].document.rows()[place.row];
    let doubted = project.doubts(place).next().and_then(|doubt| match doubt.about {
        About::Other { label, .. } | About::Missing { label } | About::Wrong { label } => {
            Some(learned.label(label).clone())
        }
        About::Span { .. } => None,
    });
    let given = || row.answer().and_then(|answer| answer.labels().into_iter().next().cloned());
    let suggested = || {
        let glance = project.glance(row.text_key()).filter(|_| !row.is_labelled())?;
        Some(learned.label(glance.turn()).clone())
    };
    doubted.or_else(suggested).or_else(given)
}

/// What should stand in the place of the span at this offset, or that span.
fn of_part(project: &Project, place: Place, text: &str, offset: usize) -> Option<Span> {
    let span = view::part_at(project, place, text, offset)?;
    let learned = project.learned.as_ref()?;
    let instead = project.doubts(place).find_map(|doubt| match doubt.about {
        About::Span { given: Some(given), instead: Some(instead) } if written(given, learned) == span => Some(instead),
        _ => None,
    });
    Some(instead.map_or(span, |instead| written(instead, learned)))
}

impl Question {
    pub fn document(&self) -> &Document {
        &self.files[self.place.file].1
    }

    /// In bytes of the document.
    pub fn row(&self) -> Range<usize> {
        self.document().rows()[self.place.row].range()
    }

    pub fn answer(&self, control: &Control) -> Explanation {
        let classifier = self.learned.serving(&self.text);
        let mut explanation = Explanation { label: self.label.clone(), ..Explanation::default() };
        let column = self.label.as_ref().and_then(|label| classifier.labels().iter().position(|other| other == label));
        if let Some(column) = column {
            explanation.probability = self.probability(&**classifier, column);
            let reasons = match &self.part {
                Some(part) => classifier.reasons_of_part(&self.text, part.clone(), column as u32, control),
                None => classifier.reasons(&self.text, column as u32, control),
            };
            if let Some(reasons) = reasons {
                (explanation.total, explanation.error) = (reasons.total, reasons.error);
                explanation.words = self.decisive(&reasons.words);
            }
        }
        if !control.is_cancelled() {
            explanation.neighbours = self.neighbours(&**classifier);
        }
        explanation
    }

    fn probability(&self, classifier: &dyn learn::Classifier, column: usize) -> f32 {
        match &self.part {
            Some(part) => {
                let ranked = classifier.rank(&self.text, part.clone());
                ranked
                    .into_iter()
                    .find(|(label, _)| *label as usize == column)
                    .map_or(0.0, |(_, probability)| probability)
            }
            None => classifier.predict(std::slice::from_ref(&self.text)).values[column],
        }
    }

    /// The words worth showing, where they stand in the file.
    fn decisive(&self, words: &[Reason]) -> Vec<Word> {
        let joined = joined(&self.text.body, words);
        let most = joined.iter().map(|word| word.weight.abs()).fold(0.0, f32::max);
        let mut shown: Vec<&Reason> = joined.iter().filter(|word| word.weight.abs() >= LEAST * most).collect();
        shown.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        shown.truncate(WORDS);
        let map = self.document().text_map(self.place.row);
        let word = |word: &&Reason| {
            let bytes = word.bytes.start as usize..word.bytes.end as usize;
            let text = self.text.body.get(bytes.clone()).unwrap_or_default().to_owned();
            Word { text, bytes: map.source(bytes), weight: word.weight }
        };
        shown.iter().map(word).collect()
    }

    fn neighbours(&self, classifier: &dyn learn::Classifier) -> Vec<Neighbour> {
        let mut met = FxHashSet::from_iter([self.text.key]);
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (file, (_, document, _)) in self.files.iter().enumerate().filter(|(_, (.., held_out))| !held_out) {
            let labelled = document.rows().iter().enumerate().filter(|(_, row)| row.is_labelled());
            rows.extend(labelled.filter(|(_, row)| met.insert(row.text_key())).map(|(row, _)| (file, row)));
        }
        let stride = rows.len().div_ceil(COMPARED).max(1);
        let rows: Vec<(usize, usize)> = rows.into_iter().step_by(stride).collect();
        let texts: Vec<Text> = rows.iter().map(|&(file, row)| corpus::text(&self.files[file].1, row)).collect();
        let neighbour = |(place, likeness): (usize, f32)| {
            let (file, row) = rows[place];
            let (path, document, _) = &self.files[file];
            let record = &document.rows()[row];
            let line = document.lines().position(document.source(), record.range().start, Encoding::Utf8).line;
            let text = corpus::beginning(&texts[place].body, SHOWN);
            Some(Neighbour { path: path.clone(), line, answer: record.answer()?.clone(), likeness, text })
        };
        learn::nearest(classifier, &self.text, &texts, NEIGHBOURS).into_iter().filter_map(neighbour).collect()
    }
}

impl Explanation {
    /// Lines of Markdown. `link` makes an address of a neighbour.
    pub fn says(&self, link: impl Fn(&Neighbour) -> Option<String>) -> Vec<Phrase> {
        let mut lines = Vec::new();
        if let Some(label) = self.label.as_ref().filter(|_| !self.words.is_empty()) {
            let weighed = |word: &Word| {
                let stress = if word.weight > 0.0 { "**" } else { "*" };
                format!("{stress}{}{stress} {:+.1}", escaped(&word.text), word.weight)
            };
            let words = Argument::list(self.words.iter().map(weighed));
            lines.push(match self.error > ROUGH {
                true => phrase!(
                    "words-decided-roughly",
                    label = &**label,
                    words,
                    error = crate::finding::percent(self.error)
                ),
                false => phrase!("words-decided", label = &**label, words),
            });
            lines.push(Phrase::verbatim(""));
        }
        if !self.neighbours.is_empty() {
            lines.push(phrase!("nearest-rows"));
            lines.push(Phrase::verbatim(""));
        }
        for neighbour in &self.neighbours {
            let labels = quoted(neighbour.answer.labels().into_iter().map(|label| &**label));
            let text = match link(neighbour) {
                Some(address) => format!("[{}]({address})", escaped(&neighbour.text)),
                None => escaped(&neighbour.text),
            };
            lines.push(phrase!("nearest-row", labels, likeness = format!("{:.2}", neighbour.likeness), text));
        }
        lines
    }
}

/// Neighbouring characters of scripts written without spaces that speak for the same are one.
fn joined(text: &str, words: &[Reason]) -> Vec<Reason> {
    // Other scripts have words of more than a letter, or spaces between them.
    let unspaced = |at: u32| text.get(at as usize..).and_then(|rest| rest.chars().next()).is_some_and(is_unspaced);
    let mut joined: Vec<Reason> = Vec::new();
    let mut before = false;
    for word in words {
        let is_unspaced = unspaced(word.bytes.start);
        match joined.last_mut().filter(|last| before && is_unspaced && last.bytes.end == word.bytes.start) {
            Some(last) if (last.weight > 0.0) == (word.weight > 0.0) => {
                last.bytes.end = word.bytes.end;
                last.weight += word.weight;
            }
            _ => joined.push(word.clone()),
        }
        before = is_unspaced;
    }
    joined
}

/// Letters from Thai on.
fn is_unspaced(c: char) -> bool {
    c.is_alphabetic() && c >= '\u{e00}'
}

/// For Markdown.
fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_speak_for_the_same_are_one() {
        let text = "退款ok慢啊";
        let words = [(0, 3, 1.0), (3, 6, 0.5), (6, 8, 0.25), (8, 11, -0.5), (11, 14, -0.25)];
        let words = words.map(|(start, end, weight)| Reason { bytes: start..end, weight });
        let found: Vec<(&str, f32)> = joined(text, &words)
            .iter()
            .map(|word| (&text[word.bytes.start as usize..word.bytes.end as usize], word.weight))
            .collect();
        assert_eq!(found, [("退款", 1.5), ("ok", 0.25), ("慢啊", -0.75)]);
    }

    #[test]
    fn what_others_wrote_is_no_markdown() {
        assert_eq!(escaped("[a](b) *c* `d` <i>"), r"\[a\](b) \*c\* \`d\` \<i\>");
        assert_eq!(corpus::beginning(&"ab \n".repeat(50), SHOWN).chars().count(), SHOWN + 1);
    }
}
