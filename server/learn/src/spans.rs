//! Labelled parts of texts.

use std::sync::Arc;

use crate::Estimate;

/// A labelled part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Bytes of the text, at the edges of characters; not empty.
    pub start: u32,
    pub end: u32,
    pub label: u32,
}

/// A span that a classifier finds, and the calibrated probability that it is exactly right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tagged {
    pub span: Span,
    pub probability: f32,
}

/// What a classifier finds in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// In the order of the text, not overlapping.
    pub spans: Vec<Tagged>,
    /// Calibrated probability that all of it is right.
    pub certainty: f32,
}

/// Something in an answer that models which had not seen its text contradict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// Index into the answers.
    pub row: usize,
    /// What stands there; `None`: a span is missing.
    pub given: Option<Span>,
    /// What should stand in its place; `None`: nothing.
    pub instead: Option<Span>,
    /// That it is so.
    pub probability: f32,
    /// Higher: more suspicious.
    pub score: f32,
}

pub fn find(_tags: &[Tags], _answers: &[Arc<[Span]>]) -> Vec<Doubt> {
    Vec::new()
}

pub fn estimate(_answers: &[Arc<[Span]>], _tags: &[Tags], _labels: usize) -> Estimate {
    Estimate::default()
}
