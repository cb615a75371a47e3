//! Texts that others are compared with: what a kernel ridge regression knows of the world.

use std::borrow::Cow;

use super::{
    cholesky::Lower,
    dense,
    words::{Scales, Scratch, Words},
};
use crate::{Control, Matrix, Text};

/// Landmarks whose words are kept apart: what all texts are looked up in when a landmark comes must be small.
const LATE: usize = 64;

/// How alike a text x is to a landmark z: `(1 - share) exp(-γ |x - z|²)` of their vectors, and `share` times their words.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks {
    pub gamma: f32,
    /// Of words; 0: vectors alone.
    pub share: f32,
    /// Of unit length, a row each.
    pub vectors: Matrix,
    words: Words,
    /// Those of the landmarks from this number on, which came last.
    late: (usize, Words),
}

impl Landmarks {
    /// Of texts and their vectors.
    pub fn new(gamma: f32, share: f32, vectors: Matrix, texts: &[Text]) -> Landmarks {
        let words = if share > 0.0 { Words::of(&bodies(texts), 0) } else { Words::default() };
        Landmarks::of_parts(gamma, share, vectors, words)
    }

    pub(crate) fn of_parts(gamma: f32, share: f32, vectors: Matrix, words: Words) -> Landmarks {
        Landmarks { gamma, share, late: (vectors.rows(), Words::default()), vectors, words }
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

    /// The n-grams of all.
    pub(crate) fn words(&self) -> Cow<'_, Words> {
        if self.late.1.is_empty() { Cow::Borrowed(&self.words) } else { Cow::Owned(self.words.joined(&self.late.1)) }
    }

    pub(super) fn with(&self, vectors: &Matrix, texts: &[Text]) -> Landmarks {
        let mut all = self.clone();
        all.vectors.values.extend(&vectors.values);
        if self.share == 0.0 {
            return all;
        }
        all.late.1 = self.late.1.joined(&Words::of(&bodies(texts), self.len()));
        if all.len() - all.late.0 > LATE {
            all.words = all.words().into_owned();
            all.late = (all.len(), Words::default());
        }
        all
    }

    /// How alike texts are to all landmarks, a row a text, and their scales.
    pub(super) fn alike(&self, texts: &[Text], vectors: &Matrix) -> (Matrix, Vec<Scales>) {
        let mut scales = vec![Scales::default(); texts.len()];
        let mut scratch = Scratch::default();
        let alike = self.compared(vectors, 0, |text, to| {
            let (point, of_text) = scratch.read(&texts[text].body);
            scales[text] = of_text;
            self.words.add(point, to);
            self.late.1.add(point, to);
        });
        (alike, scales)
    }

    /// Texts of these scales with the landmarks from `first` on, of which none is before [`Landmarks::late`].
    pub(super) fn alike_late(&self, texts: &[Text], vectors: &Matrix, scales: &[Scales], first: usize) -> Matrix {
        let mut late = self.late.1.again(first);
        self.compared(vectors, first, |text, to| late.add(&texts[text].body, scales[text], to))
    }

    /// The first of those that texts can be compared with by themselves.
    pub(super) fn late(&self) -> usize {
        if self.share > 0.0 { self.late.0 } else { 0 }
    }

    /// Adds to what vectors say what words say, text by text.
    fn compared(&self, vectors: &Matrix, first: usize, mut add_words: impl FnMut(usize, &mut [f32])) -> Matrix {
        let columns = self.len() - first;
        let landmarks = &self.vectors.values[first * vectors.columns..];
        let mut values = dense::rows_product(&vectors.values, landmarks, vectors.columns);
        values.iter_mut().for_each(|value| *value = self.by_vectors(*value));
        if self.share > 0.0 {
            let mut by_words = vec![0.0; columns];
            for (text, row) in values.chunks_exact_mut(columns.max(1)).enumerate() {
                by_words.fill(0.0);
                add_words(text, &mut by_words);
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
            kernel.add(self.share, &self.words().among_themselves(self.len()));
        }
        Some(kernel)
    }

    /// How alike a text's words are to each landmark's, before [`Landmarks::share`], and its n-grams.
    pub(super) fn by_words(&self, text: &str) -> (Vec<f32>, Vec<(u32, f32)>) {
        let mut alike = vec![0.0; self.len()];
        let mut scratch = Scratch::default();
        let (point, _) = scratch.read(text);
        self.words.add(point, &mut alike);
        self.late.1.add(point, &mut alike);
        (alike, point.to_vec())
    }

    /// What an n-gram of this weight is worth, where each landmark's likeness is worth so much.
    pub(super) fn worth(&self, gram: (u32, f32), values: &[f32]) -> f32 {
        self.words.worth(gram, values) + self.late.1.worth(gram, values)
    }

    /// The part of two vectors with this dot product.
    pub(super) fn by_vectors(&self, product: f32) -> f32 {
        (1.0 - self.share) * (2.0 * self.gamma * (product - 1.0)).exp().min(1.0)
    }
}

fn bodies(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(|text| &*text.body).collect()
}
