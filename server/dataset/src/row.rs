//! One record, and what is wrong with one.

use std::{ops::Range, sync::Arc};

/// A record of a data set: where it stands, what is read, which label a person gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    // private compact representation: `start` absolute, the rest relative u32 (see the accessors)
}

impl Row {
    /// The bytes of the row, without its line end.
    pub fn range(&self) -> Range<usize> {
        todo!()
    }
    /// The label as a person reads it (decoded; integer labels by name where names are configured). `None`: unlabelled.
    pub fn label(&self) -> Option<&Arc<str>> {
        todo!()
    }
    /// The bytes of the label value as written (with its quotes), or, where the field is missing, the empty range at
    /// which a label would be added.
    pub fn label_range(&self) -> Range<usize> {
        todo!()
    }
    /// Whether a label value (even `null` or `""`) stands in the row. If not, a diagnostic is put on the row.
    pub fn has_label_site(&self) -> bool {
        todo!()
    }
    /// The bytes of the text value as written (of the first text field where several are joined).
    pub fn text_range(&self) -> Range<usize> {
        todo!()
    }
    /// [`text_key`] of the decoded text: names the text in caches and finds duplicates.
    pub fn text_key(&self) -> u64 {
        todo!()
    }
}

/// The name of a text in caches and stores: xxh3-64 of its UTF-8 bytes. Stable across runs and machines.
pub fn text_key(_text: &str) -> u64 {
    todo!()
}

/// Something in the file that cannot be read as a row. The other rows go on working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The offending part.
    pub range: Range<usize>,
    /// Says what was found, what was expected and what to do; plain and short.
    pub message: String,
}
