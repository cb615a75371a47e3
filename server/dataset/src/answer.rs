//! What a row is labelled with: one label, a set of them, or parts of its text.

use std::{ops::Range, sync::Arc};

/// What is written to a row, and read from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    One(Arc<str>),
    /// In the order of the file, without repetition. Empty: somebody says that no label applies.
    Set(Arc<[Arc<str>]>),
    /// In the order of the text. Empty: somebody says that there is none.
    Spans(Arc<[Span]>),
}

/// A labelled part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Bytes of the decoded text, at the edges of characters; not empty.
    pub start: u32,
    pub end: u32,
    pub label: Arc<str>,
}

impl Span {
    /// Bytes of the text.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Answer {
    /// The labels that are given: one, or those of the set; those of the spans, a label a span.
    pub fn labels(&self) -> Vec<&Arc<str>> {
        match self {
            Answer::One(label) => vec![label],
            Answer::Set(labels) => labels.iter().collect(),
            Answer::Spans(spans) => spans.iter().map(|span| &span.label).collect(),
        }
    }
}
