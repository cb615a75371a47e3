//! The space in which texts are points: which features count, what each weighs, and rows of it.
//!
//! TF-IDF as Salton and Buckley (1988) with sublinear term frequency: `(1 + ln tf) (1 + ln((1 + n) / (1 + df)))`. Characters are
//! scaled to unit length, and words to the share of the text that is read as words, so that neither drowns the other: that is
//! unit length, too, unless the text has a script written without spaces.

use rayon::prelude::*;

use super::frequencies::Frequencies;
use crate::{
    Control, Example,
    ngrams::{CHARACTERS, Features, Reader},
};

/// Rows in a block: the grain of parallel work.
const BLOCK: usize = 256;
const FREE: u32 = u32::MAX;

/// Sparse rows in blocks.
#[derive(Default)]
pub(super) struct Rows {
    blocks: Vec<Block>,
}

#[derive(Default)]
struct Block {
    /// One more than rows; in entries of this block.
    starts: Vec<u32>,
    /// Features, later their dimensions.
    ids: Vec<u32>,
    /// Counts, later weights.
    values: Vec<f32>,
    /// [`Features::words`] of each row; empty once there are weights.
    words: Vec<f32>,
}

impl Rows {
    pub(super) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let block = &self.blocks[row / BLOCK];
        let (from, to) = (block.starts[row % BLOCK] as usize, block.starts[row % BLOCK + 1] as usize);
        (&block.ids[from..to], &block.values[from..to])
    }
}

/// The features that count, by dimension, and how to find them.
#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    pub(super) features: Vec<u32>,
    pub(super) idf: Vec<f32>,
    /// (feature, dimension); open addressing, a power of two long, at most half full.
    slots: Vec<(u32, u32)>,
}

impl Space {
    /// The space of these examples' features - at most `dimensions`, the most frequent - and the examples in it.
    /// `None` when cancelled.
    pub(super) fn of(
        examples: &[&Example],
        frequencies: &Frequencies,
        dimensions: usize,
        control: &Control,
    ) -> Option<(Space, Rows)> {
        let blocks: Option<Vec<Block>> = examples
            .par_chunks(BLOCK)
            .map_init(Reader::default, |reader, part| {
                if control.is_cancelled() {
                    return None;
                }
                let mut block = Block { starts: vec![0], ..Block::default() };
                for example in part {
                    let features = reader.read(&example.text.body);
                    block.words.push(features.words);
                    for &(feature, count) in features.counts {
                        block.ids.push(feature);
                        block.values.push(count as f32);
                    }
                    block.starts.push(block.ids.len() as u32);
                }
                Some(block)
            })
            .collect();
        let mut rows = Rows { blocks: blocks? };
        let space = Space::choose(&rows, frequencies, dimensions);
        rows.blocks.par_iter_mut().for_each(|block| space.weigh_block(block));
        (!control.is_cancelled()).then_some((space, rows))
    }

    fn choose(rows: &Rows, frequencies: &Frequencies, dimensions: usize) -> Space {
        let mut chosen = Space::with_slots(1 << 12);
        // A feature of a single text says nothing of any other.
        let least = if frequencies.texts() > FEW_TEXTS { 2 } else { 1 };
        for &feature in rows.blocks.iter().flat_map(|block| &block.ids) {
            if frequencies.of_feature(feature) >= least {
                chosen.insert(feature);
            }
        }
        if chosen.features.len() > dimensions {
            let mut features = std::mem::take(&mut chosen.features);
            features.sort_by_cached_key(|&feature| (std::cmp::Reverse(frequencies.of_feature(feature)), feature));
            features.truncate(dimensions);
            chosen = Space::from_features(features, Vec::new());
        }
        let texts = frequencies.texts() as f32;
        let idf = |&feature: &u32| ((1.0 + texts) / (1.0 + frequencies.of_feature(feature) as f32)).ln() + 1.0;
        chosen.idf = chosen.features.iter().map(idf).collect();
        chosen
    }

    fn with_slots(slots: usize) -> Space {
        Space { slots: vec![(0, FREE); slots], ..Space::default() }
    }

    pub(super) fn from_features(features: Vec<u32>, idf: Vec<f32>) -> Space {
        let mut space = Space::with_slots((features.len() * 2).next_power_of_two().max(16));
        for feature in features {
            space.insert(feature);
        }
        Space { idf, ..space }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.features.len()
    }

    fn insert(&mut self, feature: u32) {
        let slot = self.slot(feature);
        if self.slots[slot].1 != FREE {
            return;
        }
        self.slots[slot] = (feature, self.features.len() as u32);
        self.features.push(feature);
        if self.features.len() * 2 > self.slots.len() {
            let mut wider = Space::with_slots(self.slots.len() * 2);
            for (dimension, &feature) in self.features.iter().enumerate() {
                let slot = wider.slot(feature);
                wider.slots[slot] = (feature, dimension as u32);
            }
            self.slots = wider.slots;
        }
    }

    /// Where the feature stands, or the free slot where it would.
    fn slot(&self, feature: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (feature >> 1) as usize & mask;
        while self.slots[slot].1 != FREE && self.slots[slot].0 != feature {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Of a feature that counts.
    pub(super) fn dimension(&self, feature: u32) -> Option<u32> {
        Some(self.slots[self.slot(feature)].1).filter(|dimension| *dimension != FREE)
    }

    /// The point of a text: dimensions and weights, in place of what `point` held.
    pub(super) fn locate(&self, features: &Features<'_>, point: &mut Vec<(u32, f32)>) {
        point.clear();
        let mut squares = [0.0f32; 2];
        for &(feature, count) in features.counts {
            let (_, dimension) = self.slots[self.slot(feature)];
            if dimension != FREE {
                let weight = (1.0 + (count as f32).ln()) * self.idf[dimension as usize];
                let block = feature & CHARACTERS;
                squares[block as usize] += weight * weight;
                // The sign carries the block to the loop below.
                point.push((dimension, if block == CHARACTERS { -weight } else { weight }));
            }
        }
        let [words, characters] = squares.map(|square| if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 });
        let words = words * features.words;
        for (_, weight) in point {
            *weight = if *weight < 0.0 { -*weight * characters } else { *weight * words };
        }
    }

    /// Turns features and counts into dimensions and weights, in place.
    fn weigh_block(&self, block: &mut Block) {
        let (mut counts, mut point) = (Vec::new(), Vec::new());
        let (mut from, mut kept) = (0, 0);
        for row in 1..block.starts.len() {
            let to = block.starts[row] as usize;
            counts.clear();
            counts.extend(block.ids[from..to].iter().zip(&block.values[from..to]).map(|(&id, &n)| (id, n as u32)));
            self.locate(&Features { counts: &counts, words: block.words[row - 1] }, &mut point);
            for &(dimension, weight) in &point {
                block.ids[kept] = dimension;
                block.values[kept] = weight;
                kept += 1;
            }
            block.starts[row] = kept as u32;
            from = to;
        }
        block.words = Vec::new();
        block.ids.truncate(kept);
        block.values.truncate(kept);
        block.ids.shrink_to_fit();
        block.values.shrink_to_fit();
    }
}

/// Up to so many texts, features of a single one are kept: there is too little to choose from.
const FEW_TEXTS: usize = 200;
