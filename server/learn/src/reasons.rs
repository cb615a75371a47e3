//! Why a label: what each word of a text adds to it.
//!
//! What is added are nats. Where labels exclude each other, to how far the label's score is above the mean of all labels' (what a softmax
//! makes a probability of); else to the log odds that the label applies. Where a classifier is linear in what it reads, that is exact. Through an encoder
//! it is the integrated gradient (Sundararajan et al. 2017) from a text whose words say nothing to the text as it is.
//!
//! What must stay true: words are in order and do not overlap; whatever a text holds, what its words add is what the text does, and
//! [`Reasons::error`] says how near it came by itself.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::{ngrams, spans::tokens};

/// Tokens that are looked at in all, and points of the way, at least and at most.
const TOKENS: usize = 512;
const FEWEST: usize = 4;
const MOST: usize = 20;
/// Steps of Newton's method to a root.
const ITERATIONS: usize = 20;
/// Nats that errors are shares of, at least.
const LEAST: f32 = 1e-3;

/// A word, or a single character of a script written without spaces.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Of the text.
    pub bytes: Range<u32>,
    /// Nats; below 0 where it speaks against the label.
    pub weight: f32,
}

/// What speaks for a label, and against it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    /// All words, in order.
    pub words: Vec<Reason>,
    /// What the text as a whole adds, in nats: the sum of what its words add.
    pub total: f32,
    /// What was missing of that, or too much, as a share of it, before it was shared among the words: an integral is a sum over a few points.
    pub error: f32,
}

impl Reasons {
    /// In other units.
    pub(crate) fn scaled(mut self, factor: f32) -> Reasons {
        self.words.iter_mut().for_each(|word| word.weight *= factor);
        self.total *= factor;
        self
    }
}

/// Adds up what parts of a text add, by the words that they stand in.
pub(crate) struct Tally(Vec<Reason>);

impl Tally {
    pub(crate) fn new(text: &str) -> Tally {
        Tally(tokens(text).into_iter().map(|bytes| Reason { bytes, weight: 0.0 }).collect())
    }

    /// A part that stands in several words is shared among them, by their bytes of it; one in no word is the next word's.
    pub(crate) fn add(&mut self, bytes: Range<u32>, weight: f32) {
        let first = self.0.partition_point(|word| word.bytes.end <= bytes.start);
        let met = self.0[first..].partition_point(|word| word.bytes.start < bytes.end);
        let Some(met) = self.0.get_mut(first..first + met).filter(|met| !met.is_empty()) else {
            let next = first.min(self.0.len().saturating_sub(1));
            self.0.get_mut(next).into_iter().for_each(|word| word.weight += weight);
            return;
        };
        let shared = |word: &Reason| (word.bytes.end.min(bytes.end) - word.bytes.start.max(bytes.start)) as f32;
        let all: f32 = met.iter().map(shared).sum();
        met.iter_mut().for_each(|word| word.weight += weight * shared(word) / all);
    }

    /// What n-grams add, each where it stands: in equal parts, where it stands several times.
    pub(crate) fn add_grams(&mut self, text: &str, grams: &FxHashMap<u32, f32>) {
        let (mut places, mut counts) = (Vec::new(), FxHashMap::<u32, f32>::default());
        ngrams::locate(text, &mut |gram, bytes| {
            if let Some(&weight) = grams.get(&gram) {
                *counts.entry(gram).or_default() += 1.0;
                places.push((gram, bytes, weight));
            }
        });
        for (gram, bytes, weight) in places {
            self.add(bytes.start as u32..bytes.end as u32, weight / counts[&gram]);
        }
    }

    /// Where the text as a whole adds so much. What words do not add up to is theirs by how much each adds.
    pub(crate) fn reasons(mut self, total: f32) -> Reasons {
        let (sum, size) =
            self.0.iter().fold((0.0, 0.0), |(sum, size), word| (sum + word.weight, size + word.weight.abs()));
        let missing = total - sum;
        if size > 0.0 {
            self.0.iter_mut().for_each(|word| word.weight += missing * word.weight.abs() / size);
        }
        Reasons { words: self.0, total, error: missing.abs() / total.abs().max(LEAST) }
    }
}

/// Points of the way of a text of so many tokens: sixteen are within 5% of the integral for nearly all texts, and more words have more time than
/// anyone waits for.
pub(crate) fn points(tokens: usize) -> usize {
    (TOKENS / tokens).clamp(FEWEST, MOST)
}

/// Points between 0 and 1, and weights whose sum is 1, for an integral as a sum (Gauss and Legendre).
pub(crate) fn rule(points: usize) -> Vec<(f32, f32)> {
    let one = |place: usize| {
        // A root of the Legendre polynomial, by Newton's method from near it.
        let mut x = (std::f64::consts::PI * (place as f64 + 0.75) / (points as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..ITERATIONS {
            let (mut value, mut before) = (1.0, 0.0);
            for degree in 0..points {
                let degree = degree as f64;
                (value, before) = (((2.0 * degree + 1.0) * x * value - degree * before) / (degree + 1.0), value);
            }
            slope = points as f64 * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        (((1.0 - x) / 2.0) as f32, (1.0 / ((1.0 - x * x) * slope * slope)) as f32)
    };
    (0..points).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_integrates_polynomials() {
        for points in 1..=16usize {
            for power in 0..2 * points as i32 {
                let sum: f32 = rule(points).iter().map(|(x, weight)| weight * x.powi(power)).sum();
                assert!((sum - 1.0 / (power + 1) as f32).abs() < 1e-5, "{points} {power}: {sum}");
            }
        }
    }

    #[test]
    fn parts_are_shared_by_the_words_that_they_stand_in() {
        let mut tally = Tally::new("so bad, 慢");
        tally.add(0..6, 5.0);
        tally.add(6..7, -1.0);
        // White space is the next word's, and what is behind all words the last one's.
        tally.add(7..8, 0.5);
        tally.add(90..91, 0.25);
        let found =
            |reasons: &Reasons| reasons.words.iter().map(|word| (word.bytes.start, word.weight)).collect::<Vec<_>>();
        let reasons = tally.reasons(4.75);
        assert_eq!((found(&reasons), reasons.error), (vec![(0, 2.0), (3, 3.0), (6, -1.0), (8, 0.75)], 0.0));
        let mut tally = Tally::new("a b");
        tally.add(0..1, 3.0);
        tally.add(2..3, -1.0);
        let reasons = tally.reasons(4.0);
        assert_eq!((found(&reasons), reasons.error), (vec![(0, 4.5), (2, -0.5)], 0.5));
        Tally::new(" ").add(0..1, 1.0);
    }
}
