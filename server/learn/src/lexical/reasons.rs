//! What each word adds, which a linear model says exactly.

use super::{Lexical, Scratch};
use crate::reasons::{Reasons, Tally};

impl Lexical {
    pub(super) fn decided(&self, text: &str, label: u32) -> Option<Reasons> {
        let class = self.active.iter().position(|active| *active == label)?;
        let Scratch { mut reader, mut point, .. } = Scratch::default();
        let features = reader.read(text);
        self.space.locate(&features, &mut point);
        let classes = self.active.len();
        let steepness = self.link.steepness(label);
        let adds = |dimension: u32| {
            let weights = &self.weights.of(dimension)[..classes];
            let others =
                if self.link.thresholds().is_some() { 0.0 } else { weights.iter().sum::<f32>() / classes as f32 };
            steepness * (weights[class] - others)
        };
        // The features of the point, in its order.
        let known = features.counts.iter().filter(|(feature, _)| self.space.dimension(*feature).is_some());
        let added = point.iter().map(|&(dimension, weight)| weight * adds(dimension));
        let grams = known.map(|(feature, _)| *feature).zip(added.clone()).collect();
        let mut tally = Tally::new(text);
        tally.add_grams(text, &grams);
        Some(tally.reasons(added.sum()))
    }
}
