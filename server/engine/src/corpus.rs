//! From rows to examples: a snapshot of a project that a training job works on.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use dataset::Document;
use learn::{Example, Lesson, Target, Text};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::names;

/// The documents as they were when the job was asked for; later edits do not touch them.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// With whether each is held out.
    pub documents: Vec<(Document, bool)>,
    /// The closed set of labels with their guidelines, or empty.
    pub closed: Vec<(String, String)>,
    pub seed: u64,
}

impl Corpus {
    /// Every row that may be learned from. Rows with a label outside the closed set are left out: they are errors.
    pub fn lesson(&self) -> Lesson {
        let mut labels: Vec<Arc<str>> = self.closed.iter().map(|(name, _)| Arc::from(name.as_str())).collect();
        if labels.is_empty() {
            let mut seen = FxHashSet::default();
            for (document, _) in self.training() {
                seen.extend(document.rows().iter().filter_map(|row| row.label().cloned()));
            }
            labels.extend(seen);
        }
        labels.sort();
        labels.dedup();
        let mut examples = Vec::new();
        for (document, _) in self.training() {
            for (index, row) in document.rows().iter().enumerate() {
                let target = match row.label() {
                    Some(label) => match labels.binary_search(label) {
                        Ok(target) => Some(Target::One(target as u32)),
                        Err(_) => continue,
                    },
                    None => None,
                };
                examples.push(Example { text: text(document, index), target });
            }
        }
        Lesson { labels, examples, seed: self.seed, ..Lesson::default() }
    }

    /// Whether it is too little to learn from, and labels' names are to speak.
    pub(crate) fn asks_names(&self) -> bool {
        let rows = self.training().flat_map(|(document, _)| document.rows());
        names::are_due(&self.closed, rows.filter_map(|row| row.label().map(|label| &**label)))
    }

    /// The labelled rows of the held-out files.
    pub fn held_out(&self, labels: &[Arc<str>]) -> Judged {
        Judged::of(self.documents.iter().filter(|(_, held_out)| *held_out).map(|(document, _)| document), labels)
    }

    /// Of all that a lesson is made of. Equal fingerprints: there is nothing new to learn.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.closed, self.documents.iter().map(|(document, held_out)| (document, *held_out)))
    }

    fn training(&self) -> impl Iterator<Item = &(Document, bool)> {
        self.documents.iter().filter(|(_, held_out)| !held_out)
    }
}

/// Labelled rows that a classifier is judged by.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub texts: Vec<Text>,
    /// Columns of the classifier; a label that it does not know is a column beyond them, so it is always missed.
    pub targets: Vec<u32>,
    /// How many rows have such a label.
    pub unknown: usize,
}

impl Judged {
    pub fn of<'a>(documents: impl Iterator<Item = &'a Document>, labels: &[Arc<str>]) -> Judged {
        let mut columns: FxHashMap<Arc<str>, u32> = labels.iter().cloned().zip(0..).collect();
        let mut judged = Judged::default();
        for document in documents {
            for (index, row) in document.rows().iter().enumerate() {
                let Some(label) = row.label() else { continue };
                let next = columns.len() as u32;
                let target = *columns.entry(label.clone()).or_insert(next);
                judged.unknown += usize::from(target as usize >= labels.len());
                judged.texts.push(text(document, index));
                judged.targets.push(target);
            }
        }
        judged
    }
}

pub(crate) fn fingerprint<'a>(
    closed: &[(String, String)],
    documents: impl Iterator<Item = (&'a Document, bool)>,
) -> u64 {
    let mut all = FxHasher::default();
    // Guidelines teach nothing once there are rows.
    closed.iter().map(|(name, _)| name).collect::<Vec<_>>().hash(&mut all);
    // A sum does not depend on the order of rows: moving one teaches nothing new.
    let mut rows = 0u64;
    for (document, held_out) in documents {
        for row in document.rows() {
            let mut hasher = FxHasher::default();
            (held_out, row.text_key(), row.label()).hash(&mut hasher);
            rows = rows.wrapping_add(hasher.finish());
        }
    }
    rows.hash(&mut all);
    all.finish()
}

/// A row's text as a classifier reads it.
pub fn text(document: &Document, row: usize) -> Text {
    Text { key: document.rows()[row].text_key(), body: document.text(row).into() }
}

/// A text that stands in no document.
pub fn text_of(body: &str) -> Text {
    Text { key: dataset::text_key(body), body: body.into() }
}
