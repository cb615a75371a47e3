//! Texts that others are compared with: what a kernel ridge regression knows of the world.

use super::{
    cholesky::Lower,
    dense,
    words::{Scratch, Words},
};
use crate::{Control, Matrix, Text};

/// How alike a text x is to a landmark z: `(1 - share) exp(-γ |x - z|²)` of their vectors, and `share` times their words.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks {
    pub gamma: f32,
    /// Of words; 0: vectors alone.
    pub share: f32,
    /// Of unit length, a row each.
    pub vectors: Matrix,
    pub words: Words,
    /// Those that came last, from this number on, by themselves: all texts are compared with them, and such a small index is quick.
    pub(crate) last: Option<(usize, Words)>,
}

impl Landmarks {
    /// Of texts and their vectors.
    pub fn new(gamma: f32, share: f32, vectors: Matrix, texts: &[Text]) -> Landmarks {
        Landmarks { gamma, share, vectors, words: Words::default(), last: None }.with_words(texts, 0)
    }

    /// Whether its numbers may come from a file.
    pub(crate) fn is_sound(&self) -> bool {
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        self.gamma.is_finite() && self.gamma >= 0.0 && (0.0..=1.0).contains(&self.share) && finite(&self.vectors.values)
    }

    pub fn len(&self) -> usize {
        self.vectors.rows()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn with(&self, vectors: &Matrix, texts: &[Text]) -> Landmarks {
        let mut all = self.clone();
        all.vectors.values.extend(&vectors.values);
        all.with_words(texts, self.len())
    }

    fn with_words(self, texts: &[Text], first: usize) -> Landmarks {
        if self.share == 0.0 {
            return self;
        }
        let bodies: Vec<&str> = texts.iter().map(|text| &*text.body).collect();
        let last = (first > 0).then(|| (first, Words::default().with(&bodies, first)));
        Landmarks { words: self.words.with(&bodies, first), last, ..self }
    }

    /// How alike texts are to the landmarks from `first` on, a row a text.
    pub(super) fn alike(&self, texts: &[Text], vectors: &Matrix, first: usize) -> Matrix {
        let columns = self.len() - first;
        let landmarks = &self.vectors.values[first * vectors.columns..];
        let mut values = dense::rows_product(&vectors.values, landmarks, vectors.columns);
        values.iter_mut().for_each(|value| *value = self.by_vectors(*value));
        if self.share > 0.0 {
            let words = match &self.last {
                Some((from, last)) if first >= *from => last,
                _ => &self.words,
            };
            let (mut scratch, mut by_words) = (Scratch::default(), vec![0.0; columns]);
            for (row, text) in values.chunks_exact_mut(columns.max(1)).zip(texts) {
                by_words.fill(0.0);
                words.add(&text.body, first, &mut scratch, &mut by_words);
                dense::add(row, self.share, &by_words);
            }
        }
        Matrix { columns, values }
    }

    /// How alike they are among themselves. `None` when cancelled.
    pub(super) fn kernel(&self, control: &Control) -> Option<Lower> {
        let mut kernel = Lower::of_rows(&self.vectors, control)?;
        kernel.map(|product| self.by_vectors(product));
        if self.share > 0.0 {
            kernel.add(self.share, &self.words.among_themselves(self.len()));
        }
        Some(kernel)
    }

    /// The part of two vectors with this dot product.
    fn by_vectors(&self, product: f32) -> f32 {
        (1.0 - self.share) * (2.0 * self.gamma * (product - 1.0)).exp().min(1.0)
    }
}
