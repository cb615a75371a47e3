//! Where candidates lie: the texts, and what tells how alike they are.

use rustc_hash::FxHashSet;

use super::spread;
use crate::{Embeddings, Matrix, Text, probe::words::Scratch};

/// Values of a text's sketch.
const SKETCH: usize = 256;

/// The texts that rows are chosen from.
#[derive(Clone, Debug, Default)]
pub struct Ground<'a> {
    pub unlabelled: &'a [Text],
    pub labelled: Vec<&'a Text>,
    /// Those of the classifier that is asked. Without them, and while some are not at hand, n-grams tell how alike texts are.
    pub embeddings: Option<&'a Embeddings>,
}

impl<'a> Ground<'a> {
    /// Places of unlabelled texts, each text once: at most so many, preferably with vectors at hand, which ones by chance of their keys.
    pub(super) fn sample(&self, places: impl Iterator<Item = usize>, most: usize) -> Vec<usize> {
        let mut keys = FxHashSet::default();
        let mut places: Vec<usize> = places.filter(|&place| keys.insert(self.unlabelled[place].key)).collect();
        places.sort_by_cached_key(|&place| self.turn(&self.unlabelled[place]));
        places.truncate(most);
        places
    }

    pub(super) fn labelled_sample(&self, most: usize) -> Vec<&'a Text> {
        let mut texts = self.labelled.clone();
        texts.sort_by_cached_key(|text| self.turn(text));
        texts.truncate(most);
        texts
    }

    fn turn(&self, text: &Text) -> (bool, u64) {
        (!self.embeddings.is_some_and(|embeddings| embeddings.has(text.key)), text.key)
    }

    /// A row of unit length a text, all of one kind; zero where nothing tells.
    pub(super) fn vectors(&self, texts: &[&Text]) -> Matrix {
        let at_hand = |embeddings: &&Embeddings| texts.iter().all(|text| embeddings.has(text.key));
        let mut vectors = match self.embeddings.filter(at_hand) {
            Some(embeddings) => embeddings.at_hand(&texts.iter().copied().cloned().collect::<Vec<Text>>()),
            None => sketches(texts),
        };
        spread::to_unit(&mut vectors);
        vectors
    }
}

/// Signed sums of hashed n-grams: their dot products are near to those of the n-grams themselves.
fn sketches(texts: &[&Text]) -> Matrix {
    let mut values = vec![0.0; texts.len() * SKETCH];
    let mut scratch = Scratch::default();
    for (text, sketch) in texts.iter().zip(values.chunks_exact_mut(SKETCH)) {
        for &(gram, weight) in scratch.read(&text.body).0 {
            let hash = gram.wrapping_mul(0x9e37_79b1);
            let sign = if hash & 1 << 16 == 0 { 1.0 } else { -1.0 };
            sketch[(hash >> 24) as usize] += sign * weight;
        }
    }
    Matrix { columns: SKETCH, values }
}
