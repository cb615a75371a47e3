//! What a classifier learns from.

use std::sync::Arc;

use crate::FitError;

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

/// The labels that have rows; at least two.
pub(crate) fn active(lesson: &Lesson, labelled: &[(&Example, u32)]) -> Result<Vec<u32>, FitError> {
    let mut rows = vec![0usize; lesson.labels.len()];
    for &(_, label) in labelled {
        match rows.get_mut(label as usize) {
            Some(rows) => *rows += 1,
            None => {
                return Err(FitError::Failed(format!(
                    "A row has label number {label}, but there are {} labels.",
                    lesson.labels.len()
                )));
            }
        }
    }
    let active: Vec<u32> = (0..lesson.labels.len() as u32).filter(|&label| rows[label as usize] > 0).collect();
    match active[..] {
        [] => Err(FitError::TooLittle("Label a few rows of at least two classes: no row has a label yet.".into())),
        [only] => {
            let (name, count) = (&lesson.labels[only as usize], labelled.len());
            let all = if count == 1 { "the only label is".into() } else { format!("all {count} labels are") };
            Err(FitError::TooLittle(format!("Label rows of at least one more class: {all} `{name}`.")))
        }
        _ => Ok(active),
    }
}
