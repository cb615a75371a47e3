//! One record, and what is wrong with one.
//!
//! A data set may hold a million rows, so a [`Row`] is small: where it starts, the rest relative to that, and the hash of
//! its text. The text itself stays in the source and is decoded when asked for ([`crate::Document::text`]).

use std::{ops::Range, sync::Arc};

use catalogue::Phrase;
use xxhash_rust::xxh3::xxh3_64;

use crate::{Answer, label::Written};

/// A record of a data set: where it stands, what is read, which label a person gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub(crate) start: u32,
    pub(crate) len: u32,
    /// Start and length, relative to the row's start; so is `label_at`.
    pub(crate) text_at: (u32, u32),
    pub(crate) label_at: (u32, u32),
    pub(crate) written: Written,
    pub(crate) answer: Option<Answer>,
    pub(crate) text_key: u64,
}

impl Row {
    /// The bytes of the row, without its line end. In a JSON array this is the object; in JSON Lines and fastText the
    /// blanks around the record do not count; a CSV record with quoted line breaks spans lines.
    pub fn range(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.len as usize
    }

    /// What a person says of the text (decoded; integer labels by name where names are configured). `None`: unlabelled.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    pub fn is_labelled(&self) -> bool {
        self.answer.is_some()
    }

    /// The label, where rows have one.
    pub fn label(&self) -> Option<&Arc<str>> {
        match &self.answer {
            Some(Answer::One(label)) => Some(label),
            _ => None,
        }
    }

    /// The bytes of the label value as written (with its quotes; in fastText with its `__label__`; of several, from the first to
    /// the last), or, where the field is missing, the empty range at which a label would be added.
    pub fn label_range(&self) -> Range<usize> {
        self.absolute(self.label_at)
    }

    /// The bytes that stand for the label: those of its value, or of the row where no value stands in it.
    pub fn label_site(&self) -> Range<usize> {
        if self.has_label_site() { self.label_range() } else { self.range() }
    }

    /// Whether a label value (even `null` or `""`) stands in the row.
    pub fn has_label_site(&self) -> bool {
        self.written != Written::Missing
    }

    /// The bytes of the text value as written (of the first text field where several are joined).
    pub fn text_range(&self) -> Range<usize> {
        self.absolute(self.text_at)
    }

    /// [`text_key`] of the decoded text: names the text in caches and finds duplicates.
    pub fn text_key(&self) -> u64 {
        self.text_key
    }

    fn absolute(&self, (start, len): (u32, u32)) -> Range<usize> {
        let start = self.start as usize + start as usize;
        start..start + len as usize
    }

    /// Whether both say the same to a person, wherever they stand.
    pub(crate) fn says_the_same(&self, other: &Row) -> bool {
        self.len == other.len
            && self.text_at == other.text_at
            && self.label_at == other.label_at
            && self.written == other.written
            && self.answer == other.answer
            && self.text_key == other.text_key
    }
}

/// The name of a text in caches and stores: xxh3-64 of its UTF-8 bytes. Stable across runs and machines.
pub fn text_key(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// Something in the file that cannot be read as it was meant. The other rows go on working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The offending part; not empty.
    pub range: Range<usize>,
    /// Says what was found, what was expected and what to do; plain and short.
    pub message: Phrase,
}

impl Problem {
    pub(crate) fn new(range: Range<usize>, message: Phrase) -> Problem {
        Problem { range, message }
    }
}
