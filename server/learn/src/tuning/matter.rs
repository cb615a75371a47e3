//! What a course does not know: what its encoder is trained to tell, and how well that is told.
//!
//! What must stay true: rows of a ground are the labelled rows of its lesson, in their order.

use std::sync::Arc;

use super::{Plan, course::Training, recipe::Recipe};
use crate::{Control, Embeddings, Encoder, Estimate, Example, FitError, Lesson, backend::Samples, lesson::Targets};

/// What an encoder is trained to tell: labels of texts ([`super::texts`]), or of parts of them ([`crate::spans`]).
pub(crate) trait Matter: 'static {
    /// What is said of a row by what had not seen it.
    type Said: Clone + Send;

    /// What a classifier on vectors takes to learn from them, in times of what it takes to make them.
    const UPKEEP: f64;

    /// `None`: rows are too few.
    fn ground(encoder: &Encoder, lesson: &Lesson) -> Option<Ground>;

    /// For so many labelled rows of so many labels and, in the mean, tokens.
    fn recipe(plan: &Plan, blocks: usize, rows: usize, labels: usize, tokens: f32) -> Recipe;

    /// Of a trained encoder; `base` is that of the pretrained one, if it is to serve.
    fn embeddings(base: Option<&Embeddings>, encoder: Encoder) -> Embeddings;

    /// How well held-out rows are told as a training is now, and what is to be least in its best moment: quick, and good enough to compare
    /// moments of one training. `some` chooses as many rows as have so many tokens.
    fn glance(
        training: &Training,
        ground: &Ground,
        some: &dyn Fn(&[usize], usize) -> Vec<usize>,
        control: &Control,
    ) -> Result<(f64, Estimate), FitError>;

    /// What a classifier on a trained encoder that learned from this lesson says of other rows.
    fn judge(
        embeddings: &Arc<Embeddings>,
        lesson: &Lesson,
        rows: &[&Example],
        control: &Control,
    ) -> Result<Vec<Self::Said>, FitError>;
}

/// What there is to learn from.
pub(crate) struct Ground {
    /// A sequence a labelled row, in their order.
    pub(crate) samples: Samples,
    /// Labels of each row, by which rows are spread evenly, and how many there are.
    pub(crate) kinds: Arc<Targets>,
    pub(crate) labels: usize,
}
