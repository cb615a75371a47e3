//! Tokens as vectors of an encoder that is not trained, and the weights of such a vector: a row a tag, added to the tags' scores.
//!
//! What must stay true: how vectors are scaled depends on texts alone, never on spans; a text without vectors has scores of its features
//! alone; same vectors, same order: same weights.

use super::tags::Scheme;
use crate::embeddings::packed::Packed;

/// A step's length, along a vector whose length is about 1. The weights of 40 features move [`super::solve`]'s rate each.
const RATE: f32 = 10.0;
/// What squares of gradients start with.
const CALM: f32 = 0.1;
/// Slopes of a score nearer to 0 than this move nothing.
const FLAT: f32 = 1e-3;

/// Has all directions of vectors count alike: to mean 0, and to a length of about 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scale {
    pub(super) means: Vec<f32>,
    pub(super) factors: Vec<f32>,
}

impl Scale {
    pub(super) fn of(texts: &[Packed], width: usize) -> Scale {
        let (mut sums, mut squares, mut count) = (vec![0.0f64; width], vec![0.0f64; width], 0usize);
        let mut row = vec![0.0; width];
        for (text, word) in texts.iter().flat_map(|text| (0..text.words(width)).map(move |word| (text, word))) {
            text.read(word, &mut row);
            count += 1;
            for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(&row) {
                *sum += f64::from(value);
                *square += f64::from(value * value);
            }
        }
        let count = count.max(1) as f64;
        let means: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        let spreads: Vec<f64> =
            squares.iter().zip(&means).map(|(square, mean)| (square / count - mean * mean).max(0.0)).collect();
        // Of a few tokens a direction may show no spread that it has.
        let least = 0.25 * spreads.iter().sum::<f64>() / width.max(1) as f64 + 1e-12;
        let factor = |spread: &f64| (1.0 / (spread.max(least) * width as f64).sqrt()) as f32;
        let means = means.iter().map(|&mean| mean as f32).collect();
        Scale { means, factors: spreads.iter().map(factor).collect() }
    }

    pub(super) fn width(&self) -> usize {
        self.means.len()
    }

    /// The vectors of these tokens of a text, scaled; zero where there is none.
    pub(super) fn apply(&self, vectors: &Packed, tokens: impl ExactSizeIterator<Item = usize>, to: &mut Vec<f32>) {
        let width = self.width();
        to.clear();
        to.resize(tokens.len() * width, 0.0);
        let words = vectors.words(width);
        for (token, row) in tokens.zip(to.chunks_exact_mut(width.max(1))).filter(|(token, _)| *token < words) {
            vectors.read(token, row);
            let scales = self.means.iter().zip(&self.factors);
            row.iter_mut().zip(scales).for_each(|(value, (mean, factor))| *value = (*value - mean) * factor);
        }
    }

    /// Whether it may come from a file.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        let all = || self.means.iter().chain(&self.factors);
        self.means.len() == width && self.factors.len() == width && all().all(|value| value.is_finite())
    }
}

/// Vectors of the tokens of all rows that are learned from.
pub(super) struct Sight<'a> {
    pub(super) scale: &'a Scale,
    pub(super) rows: &'a [Packed],
}

impl Sight<'_> {
    /// The vectors of these tokens of a row, scaled; zero where there is none.
    pub(super) fn look(&self, row: usize, tokens: &[u32], to: &mut Vec<f32>) {
        let none = Packed::default();
        let tokens = tokens.iter().map(|&token| token as usize);
        self.scale.apply(self.rows.get(row).unwrap_or(&none), tokens, to);
    }
}

/// Adds what `weights`, a row a tag, say of a vector.
pub(super) fn add_scores(weights: &[f32], vector: &[f32], scores: &mut [f32]) {
    for (score, weights) in scores.iter_mut().zip(weights.chunks_exact(vector.len().max(1))) {
        *score += dot(weights, vector);
    }
}

/// In lanes, so that it is quick whatever the compiler may reorder.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (a, rest_a) = a.as_chunks::<16>();
    let (b, rest_b) = b.as_chunks::<16>();
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

/// Weights in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Dense {
    /// A row a tag.
    pub(super) weights: Vec<f32>,
    /// For each tag, the sum of the squared lengths of its gradients: one for a whole row, since all directions count alike.
    pub(super) squares: Vec<f32>,
}

impl Dense {
    pub(super) fn new(scheme: Scheme, width: usize) -> Dense {
        let tags = if width == 0 { 0 } else { scheme.tags() };
        Dense { weights: vec![0.0; tags * width], squares: vec![CALM; tags] }
    }

    pub(super) fn row(&mut self, tag: usize, width: usize) -> &mut [f32] {
        &mut self.weights[tag * width..][..width]
    }
}

/// What a step of [`Dense`] needs.
#[derive(Default)]
pub(super) struct Steps {
    gradients: Vec<f32>,
    touched: Vec<bool>,
    /// The step in which each tag's row was last made smaller.
    seen: Vec<u32>,
}

impl Steps {
    pub(super) fn of(dense: &Dense) -> Steps {
        let tags = dense.squares.len();
        Steps { gradients: vec![0.0; dense.weights.len()], touched: vec![false; tags], seen: vec![0; tags] }
    }

    /// Adds the slopes of one token's scores.
    pub(super) fn add(&mut self, slopes: &[f32], vector: &[f32]) {
        let rows = self.gradients.chunks_exact_mut(vector.len().max(1)).zip(&mut self.touched);
        for ((row, touched), &slope) in rows.zip(slopes) {
            if slope.abs() > FLAT {
                row.iter_mut().zip(vector).for_each(|(gradient, value)| *gradient += slope * value);
                *touched = true;
            }
        }
    }

    /// Makes up for the steps since each tag's row was last made smaller.
    pub(super) fn catch_up(&mut self, dense: &mut Dense, step: u32, decay: f32) {
        let width = self.gradients.len() / self.touched.len().max(1);
        let rows = dense.weights.chunks_exact_mut(width.max(1)).zip(&dense.squares).zip(&mut self.seen);
        for ((weights, squares), seen) in rows.filter(|(_, seen)| **seen < step) {
            let shrunk = 1.0 / (1.0 + RATE / squares.sqrt() * decay * (step - *seen) as f32);
            weights.iter_mut().for_each(|weight| *weight *= shrunk);
            *seen = step;
        }
    }

    /// Goes down what was added up, and forgets it. A tag that nothing was added for is made smaller when it next is.
    pub(super) fn step(&mut self, dense: &mut Dense, step: u32, decay: f32) {
        let width = self.gradients.len() / self.touched.len().max(1);
        let rows = dense.weights.chunks_exact_mut(width.max(1)).zip(&mut dense.squares);
        let gradients = self.gradients.chunks_exact_mut(width.max(1));
        let steps = gradients.zip(&mut self.touched).zip(&mut self.seen);
        for ((weights, squares), ((gradients, touched), seen)) in rows.zip(steps) {
            if !std::mem::take(touched) {
                continue;
            }
            *squares += dot(gradients, gradients);
            let rate = RATE / squares.sqrt();
            let shrunk = 1.0 / (1.0 + rate * decay * (step + 1 - *seen) as f32);
            *seen = step + 1;
            for (weight, gradient) in weights.iter_mut().zip(gradients) {
                *weight = (*weight - rate * *gradient) * shrunk;
                *gradient = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        embeddings::packed::pack,
        folds,
        spans::{
            chain::{Factors, Passes},
            weights::Links,
        },
    };

    const SCHEME: Scheme = Scheme { labels: 2 };
    const WIDTH: usize = 19;

    fn drawn(count: usize, seed: u64) -> Vec<f32> {
        (0..count as u64).map(|place| (folds::order(place, seed) >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    /// Of these tags, for these weights; and the probabilities of all tags.
    fn loss(weights: &[f32], vectors: &[f32], given: &[usize]) -> (f64, Vec<f32>) {
        let tags = SCHEME.tags();
        let mut scores = vec![0.0; given.len() * tags];
        let rows = scores.chunks_exact_mut(tags).zip(vectors.chunks_exact(WIDTH));
        rows.for_each(|(scores, vector)| add_scores(weights, vector, scores));
        let factors = Factors::of(SCHEME, &Links::zero(SCHEME));
        let mut passes = Passes::default();
        passes.run(&factors, &scores);
        let mut marginals = Vec::new();
        passes.expect(&factors, &mut marginals, &mut Links::zero(SCHEME));
        let score = given.iter().enumerate().map(|(token, tag)| f64::from(scores[token * tags + tag])).sum::<f64>();
        (passes.log_sum - score, marginals)
    }

    #[test]
    fn slopes_are_those_of_the_loss() {
        let given = [0, 1, 3, 2];
        let (tags, vectors) = (SCHEME.tags(), drawn(given.len() * WIDTH, 1));
        let weights = drawn(tags * WIDTH, 2);
        let mut marginals = loss(&weights, &vectors, &given).1;
        given.iter().enumerate().for_each(|(token, tag)| marginals[token * tags + tag] -= 1.0);
        let mut steps = Steps::of(&Dense::new(SCHEME, WIDTH));
        let rows = marginals.chunks_exact(tags).zip(vectors.chunks_exact(WIDTH));
        rows.for_each(|(slopes, vector)| steps.add(slopes, vector));
        for place in 0..weights.len() {
            let moved = |by: f32| {
                let mut weights = weights.clone();
                weights[place] += by;
                loss(&weights, &vectors, &given).0
            };
            let slope = (moved(0.01) - moved(-0.01)) / 0.02;
            let found = f64::from(steps.gradients[place]);
            assert!((slope - found).abs() < 4.0 * f64::from(FLAT), "{place}: {slope} {found}");
        }
    }

    #[test]
    fn scaled_vectors_have_mean_0_and_length_1() {
        let packed = |values: Vec<f32>| {
            let values: Vec<f32> = values.iter().map(|value| 3.0 * value + 1.0).collect();
            Packed::from(pack(&values, WIDTH))
        };
        let texts = [packed(drawn(300 * WIDTH, 3)), packed(Vec::new()), packed(drawn(200 * WIDTH, 4))];
        let scale = Scale::of(&texts, WIDTH);
        let (mut all, mut text) = (Vec::new(), Vec::new());
        for vectors in &texts {
            scale.apply(vectors, 0..vectors.words(WIDTH), &mut text);
            all.extend_from_slice(&text);
        }
        let sums = all.chunks_exact(WIDTH).fold(vec![0.0; WIDTH], |mut sums, row| {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            sums
        });
        assert!(sums.iter().all(|sum| (sum / 500.0).abs() < 1e-3), "{sums:?}");
        let length = (all.iter().map(|value| value * value).sum::<f32>() / 500.0).sqrt();
        assert!((length - 1.0).abs() < 0.01, "{length}");
        assert!(Scale::of(&[], WIDTH).is_sound(WIDTH) && Scale::default().is_sound(0));
    }

    #[test]
    fn a_token_that_a_span_cuts_is_seen_whole() {
        let texts = [Packed::from(pack(&[1.0, 5.0], 1))];
        let sight = Sight { scale: &Scale { means: vec![1.0], factors: vec![0.5] }, rows: &texts };
        let mut seen = Vec::new();
        sight.look(0, &[0, 1, 1, 2], &mut seen);
        seen.iter_mut().for_each(|value| *value = (*value * 100.0).round() / 100.0);
        assert_eq!(seen, [0.0, 2.0, 2.0, 0.0]);
    }
}
