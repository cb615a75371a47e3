//! What a client colours: each label where it is named, and the parts of texts that have it, in a colour of the label's own.
//!
//! What must stay true: in order, not overlapping, and none beyond the end of its line.

use std::{ops::Range, sync::Arc};

use dataset::{Answer, Document};

use super::labels;
use crate::project::Project;

/// Colours that are told apart; the label after the last has the first one again.
pub const COLOURS: usize = 8;
/// A file with more rows is coloured by the part that is looked at.
pub const WHOLE: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coloured {
    pub range: Range<usize>,
    /// Below [`COLOURS`].
    pub colour: usize,
}

/// In the rows that touch these bytes of a file.
pub fn coloured(project: &Project, file: usize, within: Range<usize>) -> Vec<Coloured> {
    let document = &project.files[file].document;
    let names: Vec<Arc<str>> = match &project.learned {
        Some(learned) => learned.classifier.labels().to_vec(),
        None => labels(project).into_keys().collect(),
    };
    // A label that is new is the next of those known.
    let colour =
        |label: &str| names.binary_search_by(|name| (**name).cmp(label)).unwrap_or_else(|place| place) % COLOURS;
    let mut all = Vec::new();
    for row in document.rows_in(within) {
        all.extend(named(document, row).into_iter().map(|(range, label)| Coloured { range, colour: colour(&label) }));
    }
    all.sort_by_key(|one| (one.range.start, one.range.end));
    let mut end = 0;
    all.retain(|one| {
        let is_apart = one.range.start >= end && is_on_one_line(document.source(), &one.range);
        end = if is_apart { one.range.end } else { end };
        is_apart
    });
    all
}

/// In a row.
fn named(document: &Document, row: usize) -> Vec<(Range<usize>, Arc<str>)> {
    let Some(answer) = document.rows()[row].answer() else { return Vec::new() };
    let mentions = document.mentions(row);
    if let Answer::Spans(spans) = answer {
        let (text, map) = (document.text(row), document.text_map(row));
        let words =
            spans.iter().flat_map(|span| words(&text, span.range()).map(|word| (map.source(word), span.label.clone())));
        return words.chain(mentions.into_iter().map(|mention| (mention.range, mention.label))).collect();
    }
    if mentions.is_empty() {
        let labels = answer.labels().into_iter().cloned();
        return document.sites(row).into_iter().zip(labels).collect();
    }
    mentions.into_iter().filter(|mention| mention.is_given).map(|mention| (mention.range, mention.label)).collect()
}

/// What stands between white space, which may be an end of a line in the file.
fn words(text: &str, within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let start = within.start;
    let part = text.get(within).unwrap_or_default();
    part.split_whitespace().map(move |word| {
        let at = start + (word.as_ptr().addr() - part.as_ptr().addr());
        at..at + word.len()
    })
}

fn is_on_one_line(source: &str, range: &Range<usize>) -> bool {
    source.get(range.clone()).is_some_and(|part| !part.is_empty() && !part.contains(['\n', '\r']))
}
