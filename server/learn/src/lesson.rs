//! What a classifier learns from.

use std::sync::Arc;

/// A text and the key that names it in caches (equal texts have equal keys).
#[derive(Clone, Debug)]
pub struct Text {
    pub key: u64,
    pub body: Arc<str>,
}

#[derive(Clone, Debug)]
pub struct Example {
    pub text: Text,
    /// Index into [`Lesson::labels`]; `None`: unlabelled, to learn from without a label.
    pub target: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Lesson {
    /// The classes, sorted, without repetition. Some may have no example.
    pub labels: Vec<Arc<str>>,
    pub examples: Vec<Example>,
    pub seed: u64,
}
