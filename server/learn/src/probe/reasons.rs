//! What each word adds, by way of the vector and by way of n-grams, both of which come up out of nothing together.

use super::{Probe, dense, kernel::Kernel, ridge, words};
use crate::{
    Control, Encode, Matrix,
    encoder::fade::Faded,
    ngrams,
    reasons::{Reasons, Tally, rule},
};

/// Tokens that are looked at in all, and points of the way, at least and at most: sixteen are within 5% of the integral for nearly all texts, and
/// more words have more time than anyone waits for.
const TOKENS: usize = 512;
const FEWEST: usize = 4;
const MOST: usize = 20;

/// One label's score of a text on its way.
struct Way<'a> {
    probe: &'a Probe,
    /// The label's column of the weights.
    class: usize,
    steepness: f32,
    /// Of the whole text's words, to landmarks.
    by_words: Vec<f32>,
}

impl Probe {
    pub(super) fn decided(&self, text: &str, label: u32, control: &Control) -> Option<Reasons> {
        let class = self.active.iter().position(|active| *active == label)?;
        let encoder = self.embeddings.encoder().trainable()?;
        let faded = Faded::of(encoder, text)?;
        let landmarks = self.kernel.as_deref().map(|kernel| &kernel.landmarks);
        let reads = landmarks.filter(|landmarks| landmarks.share > 0.0);
        let (by_words, grams) = reads.map(|landmarks| landmarks.by_words(text)).unwrap_or_default();
        let way = Way { probe: self, class, steepness: self.link.steepness(label), by_words };

        let ends = faded.vectors(&[0.0, 1.0], control).ok()?;
        let (nothing, whole) = ends.split_at(ends.len() / 2);
        let total = way.score(whole, 1.0) - way.score(nothing, 0.0);
        let rule = rule((TOKENS / faded.tokens()).clamp(FEWEST, MOST));
        let points: Vec<f32> = rule.iter().map(|(point, _)| *point).collect();
        let along_vector = |place: usize, vector: &[f32]| {
            let mut slope = way.along_vector(vector, points[place]);
            slope.iter_mut().for_each(|value| *value *= rule[place].1);
            slope
        };
        let (added, vectors) = faded.add_up(&points, along_vector, control).ok()?;
        let mut tally = Tally::new(text);
        for (bytes, weight) in faded.bytes.iter().zip(added) {
            tally.add(bytes.clone(), weight);
        }
        if let Some(landmarks) = reads {
            // All along the way, what a landmark's likeness is worth.
            let mut worth = vec![0.0; landmarks.len()];
            for ((point, weight), vector) in rule.iter().zip(vectors.chunks_exact(encoder.width())) {
                dense::add(&mut worth, weight * landmarks.share, &way.along_likenesses(vector, *point));
            }
            let counted = ngrams::Reader::default().read(words::start(text)).counts.to_vec();
            let each = grams
                .iter()
                .zip(counted)
                .map(|(&(gram, weight), (_, count))| (gram, landmarks.worth((gram, weight), &worth) / count as f32));
            let each: rustc_hash::FxHashMap<u32, f32> = each.collect();
            ngrams::locate(words::start(text), &mut |gram, bytes| {
                if let Some(&weight) = each.get(&gram) {
                    tally.add(bytes.start as u32..bytes.end as u32, weight);
                }
            });
        }
        Some(tally.reasons(total))
    }
}

impl Way<'_> {
    fn estimates(&self, vector: &[f32], share: f32) -> Vec<f32> {
        let row = |values: Vec<f32>| Matrix { columns: values.len(), values };
        let seen = match self.probe.kernel.as_deref() {
            Some(kernel) => self.likenesses(kernel, vector, share),
            None => vector.to_vec(),
        };
        dense::affine(&row(seen), &self.probe.weights).values
    }

    fn likenesses(&self, kernel: &Kernel, vector: &[f32], share: f32) -> Vec<f32> {
        let landmarks = &kernel.landmarks;
        let mut alike = dense::rows_product(vector, &landmarks.vectors.values, landmarks.vectors.columns);
        alike.iter_mut().for_each(|value| *value = landmarks.by_vectors(*value));
        dense::add(&mut alike, landmarks.share * share, &self.by_words);
        alike
    }

    /// Where a share of the text has come up.
    fn score(&self, vector: &[f32], share: f32) -> f32 {
        let mut scores = self.estimates(vector, share);
        if self.probe.kernel.is_some() {
            ridge::link(&mut scores, self.of_sets());
        }
        let others = if self.of_sets() { 0.0 } else { scores.iter().sum::<f32>() / scores.len() as f32 };
        self.steepness * (scores[self.class] - others)
    }

    fn of_sets(&self) -> bool {
        self.probe.link.thresholds().is_some()
    }

    /// The slope of the score along each class's estimate.
    fn along_estimates(&self, vector: &[f32], share: f32) -> Vec<f32> {
        let estimates = self.estimates(vector, share);
        let mut slopes = match self.probe.kernel.is_some() {
            true => ridge::steepness(&estimates, self.of_sets()),
            false => vec![1.0; estimates.len()],
        };
        let others = if self.of_sets() { 0.0 } else { 1.0 / slopes.len() as f32 };
        for (class, slope) in slopes.iter_mut().enumerate() {
            *slope *= self.steepness * (f32::from(u8::from(class == self.class)) - others);
        }
        slopes
    }

    /// Along each value that the weights are of.
    fn along_likenesses(&self, vector: &[f32], share: f32) -> Vec<f32> {
        let weights = &self.probe.weights;
        let mut slopes = vec![0.0; weights.columns - 1];
        for (row, slope) in weights.values.chunks_exact(weights.columns).zip(self.along_estimates(vector, share)) {
            dense::add(&mut slopes, slope, row);
        }
        slopes
    }

    fn along_vector(&self, vector: &[f32], share: f32) -> Vec<f32> {
        let slopes = self.along_likenesses(vector, share);
        let Some(kernel) = self.probe.kernel.as_deref() else { return slopes };
        let landmarks = &kernel.landmarks;
        let products = dense::rows_product(vector, &landmarks.vectors.values, landmarks.vectors.columns);
        let mut along = vec![0.0; vector.len()];
        for ((slope, product), row) in
            slopes.iter().zip(products).zip(landmarks.vectors.values.chunks_exact(vector.len()))
        {
            dense::add(&mut along, slope * 2.0 * landmarks.gamma * landmarks.by_vectors(product), row);
        }
        along
    }
}
