//! In how many texts a feature occurs.
//!
//! What must stay true: the counts are a function of the texts alone, whatever the number of threads; memory is bounded whatever
//! the number of texts. A refit over the same texts shares the counts of the fit before.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{Control, Example, ngrams::Reader};

/// Texts that are counted at most, evenly spread over the lesson: more would not move the weights, and a count fits 16 bits.
const COUNTED: usize = 50_000;
const FEWEST_SLOTS: usize = 1 << 12;
const MOST_SLOTS: usize = 1 << 22;

/// Counts by a part of the feature's bits: a few rare features share one, which makes them look a little less rare.
#[derive(Clone, Debug, Default)]
pub(super) struct Frequencies {
    counts: Arc<Vec<u16>>,
    texts: usize,
    /// Of the keys of the counted texts, in any order.
    signature: u64,
}

impl Frequencies {
    /// Counts the lesson's texts, labelled or not; gives `known` back when it counted the same ones. `None` when cancelled.
    pub(super) fn of(examples: &[Example], known: &Frequencies, control: &Control) -> Option<Frequencies> {
        let stride = examples.len().div_ceil(COUNTED).max(1);
        let counted: Vec<&Example> = examples.iter().step_by(stride).collect();
        let signature = counted.iter().fold(counted.len() as u64, |sum, example| {
            let key = (example.text.key ^ (example.text.key >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            sum.wrapping_add(key ^ (key >> 32))
        });
        if signature == known.signature && counted.len() == known.texts {
            return Some(known.clone());
        }
        let bytes: usize = counted.iter().map(|example| example.text.body.len()).sum();
        let slots = (2 * bytes).next_power_of_two().clamp(FEWEST_SLOTS, MOST_SLOTS);
        // Each part has a table of its own, so there are few parts; sums do not depend on how texts are split.
        let parts = rayon::current_num_threads().min(4);
        let counts = counted
            .par_chunks(counted.len().div_ceil(parts).max(1))
            .map(|part| {
                let mut reader = Reader::default();
                let mut counts = vec![0u16; slots];
                for (read, example) in part.iter().enumerate() {
                    if read % 256 == 0 && control.is_cancelled() {
                        break;
                    }
                    for &(feature, _) in reader.read(&example.text.body).counts {
                        let count = &mut counts[slot(feature, slots)];
                        *count = count.saturating_add(1);
                    }
                }
                counts
            })
            .reduce_with(|mut sum, part| {
                for (sum, count) in sum.iter_mut().zip(part) {
                    *sum = sum.saturating_add(count);
                }
                sum
            })
            .unwrap_or_else(|| vec![0; slots]);
        (!control.is_cancelled()).then(|| Frequencies { counts: Arc::new(counts), texts: counted.len(), signature })
    }

    pub(super) fn texts(&self) -> usize {
        self.texts
    }

    pub(super) fn of_feature(&self, feature: u32) -> usize {
        usize::from(self.counts[slot(feature, self.counts.len())])
    }
}

fn slot(feature: u32, slots: usize) -> usize {
    // Bits other than those by which the vocabulary looks up first.
    (feature.rotate_right(9) as usize) & (slots - 1)
}
