//! What each word adds, by way of the vector and by way of n-grams, both of which come up out of nothing together.

use super::{Probe, dense, landmarks::Landmarks, ridge, words};
use crate::{
    Control, Matrix,
    encoder::fade::Faded,
    reasons::{Reasons, Tally, points, rule},
};

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
        let rule = rule(points(faded.tokens()));
        let places: Vec<f32> = rule.iter().map(|(point, _)| *point).collect();
        let slope = |place: usize, vector: &[f32]| {
            let (point, weight) = rule[place];
            way.slopes(vector, point).map(|mut slopes| {
                slopes.iter_mut().for_each(|slope| *slope *= weight);
                slopes
            })
        };
        let (added, along) = faded.add_up(&places, slope, control).ok()?;
        let mut tally = Tally::new(text);
        for (bytes, weight) in faded.bytes.iter().zip(added) {
            tally.add(bytes.clone(), weight);
        }
        if let Some(landmarks) = reads {
            // All along the way, what a landmark's likeness is worth.
            let mut worth = vec![0.0; landmarks.len()];
            along.iter().for_each(|slopes| dense::add(&mut worth, landmarks.share, slopes));
            let grams = grams.into_iter().map(|(gram, weight)| (gram, landmarks.worth((gram, weight), &worth)));
            tally.add_grams(words::start(text), &grams.collect());
        }
        Some(tally.reasons(total))
    }
}

impl Way<'_> {
    fn kernel(&self) -> Option<&Landmarks> {
        self.probe.kernel.as_deref().map(|kernel| &kernel.landmarks)
    }

    /// Of a vector with each landmark.
    fn products(&self, vector: &[f32]) -> Vec<f32> {
        let vectors = self.kernel().map(|landmarks| &landmarks.vectors);
        vectors.map(|vectors| dense::rows_product(vector, &vectors.values, vectors.columns)).unwrap_or_default()
    }

    /// Of the classes, where a share of the text has come up.
    fn estimates(&self, vector: &[f32], products: &[f32], share: f32) -> Vec<f32> {
        let values = match self.kernel() {
            Some(landmarks) => {
                let mut alike: Vec<f32> = products.iter().map(|product| landmarks.by_vectors(*product)).collect();
                dense::add(&mut alike, landmarks.share * share, &self.by_words);
                alike
            }
            None => vector.to_vec(),
        };
        dense::affine(&Matrix { columns: values.len(), values }, &self.probe.weights).values
    }

    fn score(&self, vector: &[f32], share: f32) -> f32 {
        let mut scores = self.estimates(vector, &self.products(vector), share);
        if self.probe.kernel.is_some() {
            ridge::link(&mut scores, self.of_sets());
        }
        let others = if self.of_sets() { 0.0 } else { scores.iter().sum::<f32>() / scores.len() as f32 };
        self.steepness * (scores[self.class] - others)
    }

    fn of_sets(&self) -> bool {
        self.probe.link.thresholds().is_some()
    }

    /// Of the score: along the vector, and along what the weights are of.
    fn slopes(&self, vector: &[f32], share: f32) -> [Vec<f32>; 2] {
        let products = self.products(vector);
        let weights = &self.probe.weights;
        let mut along = vec![0.0; weights.columns - 1];
        let along_estimates = self.along(&self.estimates(vector, &products, share));
        for (row, slope) in weights.values.chunks_exact(weights.columns).zip(along_estimates) {
            dense::add(&mut along, slope, row);
        }
        let Some(landmarks) = self.kernel() else { return [along.clone(), along] };
        let mut along_vector = vec![0.0; vector.len()];
        let rows = landmarks.vectors.values.chunks_exact(vector.len());
        for ((slope, product), row) in along.iter().zip(products).zip(rows) {
            dense::add(&mut along_vector, slope * 2.0 * landmarks.gamma * landmarks.by_vectors(product), row);
        }
        [along_vector, along]
    }

    /// The slope of the score along each class's estimate.
    fn along(&self, estimates: &[f32]) -> Vec<f32> {
        let mut slopes = match self.probe.kernel.is_some() {
            true => ridge::steepness(estimates, self.of_sets()),
            false => vec![1.0; estimates.len()],
        };
        let others = if self.of_sets() { 0.0 } else { 1.0 / slopes.len() as f32 };
        for (class, slope) in slopes.iter_mut().enumerate() {
            *slope *= self.steepness * (f32::from(u8::from(class == self.class)) - others);
        }
        slopes
    }
}
