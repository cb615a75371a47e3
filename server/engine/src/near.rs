//! Texts of a data set that are nearly the same ([`learn::near`]): what near duplicates, conflicts and leaks are found by.
//!
//! What must stay true: this is of texts alone, so that labelling a row, renaming a label or moving a row leaves it as it is; it is
//! searched anew in the background, once other texts are saved. It says nothing of where a text stands: the rows do ([`crate::twins`]).

use std::sync::Arc;

use dataset::{Answer, Document};
use learn::{Control, FitError, Text, near};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::corpus;

/// Of the texts near to one, the nearest so many are kept.
const KEPT: usize = 8;
/// From this similarity on, who has learned one text has learned the other: less alike, it may be another one from the same template.
const ALIKE: f32 = 0.9;

/// A text that is near to another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near {
    pub(crate) key: u64,
    /// See [`near::Pair`].
    pub(crate) similarity: f32,
    pub(crate) same_words: bool,
}

impl Near {
    /// Whether one of the two gives the other away.
    pub(crate) fn is_alike(&self) -> bool {
        self.same_words || self.similarity >= ALIKE
    }
}

/// What is near to what, by text key.
#[derive(Clone, Debug, Default)]
pub struct Nears {
    /// Of all texts that were searched.
    searched: u64,
    /// The nearest first.
    of: FxHashMap<u64, Vec<Near>>,
}

impl Nears {
    /// Searches all rows, held-out ones included. The error is a cancel.
    pub fn search(documents: &[Document], control: &Control) -> Result<Nears, FitError> {
        let mut met = FxHashSet::default();
        let mut texts: Vec<Text> = Vec::new();
        for document in documents {
            let rows = document.rows().iter().enumerate().filter(|(_, row)| met.insert(row.text_key()));
            texts.extend(rows.map(|(row, _)| corpus::text(document, row)));
        }
        let mut of: FxHashMap<u64, Vec<Near>> = FxHashMap::default();
        for pair in near::pairs(&texts, control)? {
            let [a, b] = pair.texts.map(|text| texts[text].key);
            for (text, key) in [(a, b), (b, a)] {
                of.entry(text).or_default().push(Near {
                    key,
                    similarity: pair.similarity,
                    same_words: pair.same_words,
                });
            }
        }
        for nears in of.values_mut() {
            nears.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
            nears.truncate(KEPT);
        }
        Ok(Nears { searched: texts_of(documents.iter()), of })
    }

    pub(crate) fn is_of(&self, searched: u64) -> bool {
        self.searched == searched
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub(crate) fn of(&self, key: u64) -> &[Near] {
        self.of.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn has(&self, key: u64) -> bool {
        self.of.contains_key(&key)
    }
}

/// Equal for the same texts, however often each stands, in whatever order, and however it is labelled.
pub(crate) fn texts_of<'a>(documents: impl Iterator<Item = &'a Document>) -> u64 {
    let mut met = FxHashSet::default();
    let keys = documents.flat_map(|document| document.rows()).map(|row| row.text_key());
    // Keys are hashes; a sum of them has no order.
    keys.filter(|key| met.insert(*key)).fold(0, u64::wrapping_add)
}

/// What an answer says, wherever its spans stand: texts that are nearly the same have theirs a few characters further on.
pub(crate) fn gist(answer: &Answer) -> Vec<&Arc<str>> {
    let mut labels = answer.labels();
    labels.sort();
    labels
}
