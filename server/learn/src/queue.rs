//! The rows most worth labelling next.
//!
//! A model learns most from rows that it is unsure about (uncertainty sampling), and twenty rows that are unsure for one reason teach little
//! more than one of them. So rows are spread: over the labels that they seem to have, and by [`Strategy::Mixed`] over what they say, too.
//!
//! What must stay true: equal texts are asked once; the same candidates give the same rows, whatever the order in which vectors came; the
//! work beyond one look at each candidate is bounded ([`MOST`]).

mod ground;
mod spread;

use std::{cmp::Ordering, collections::BTreeMap};

use rustc_hash::FxHashSet;

pub use self::ground::Ground;
use crate::{Matrix, Text, metrics};

/// By [`Strategy::Mixed`], so many unsure rows are spread for each that is asked.
const PER_ROW: usize = 10;
/// By [`Strategy::Mixed`], one row of so many is there by chance.
const CHANCE: usize = 4;
/// Texts that are compared with each other at most, and labelled texts that these are compared with.
const MOST: usize = 2_000;

/// How rows are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Three of four are from every part of what rows with small margins say; one is there by chance: where labels are hard to tell,
    /// doubtful rows alone teach less than any rows do.
    #[default]
    Mixed,
    /// The two best labels are nearest to each other (Scheffer et al. 2001).
    Margin,
    /// All labels together are least certain.
    Entropy,
    /// The best label is least certain (Lewis and Gale 1994).
    Confidence,
    /// What is least like anything labelled (k-center, greedily: Sener and Savarese 2018). Asks no model.
    KCenter,
}

impl Strategy {
    /// How sure a model with one label a text is of a text: rows that are least sure are asked first.
    pub fn sureness(self, probabilities: &[f32]) -> f32 {
        let (best, confidence) = metrics::top(probabilities);
        match self {
            Strategy::Entropy => probabilities.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum(),
            Strategy::Confidence => confidence,
            Strategy::Mixed | Strategy::Margin | Strategy::KCenter => {
                let others = probabilities.iter().enumerate().filter(|(label, _)| *label != best);
                confidence - others.map(|(_, p)| *p).fold(0.0, f32::max)
            }
        }
    }
}

/// An unlabelled row as its prediction sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Of its text among [`Ground::unlabelled`].
    pub place: usize,
    /// The text's key: equal texts are asked once.
    pub key: u64,
    /// The best label; with several labels a text, the one that is nearest its threshold.
    pub label: u32,
    /// As [`Strategy::sureness`] has it; with several labels a text, how far that of `label` is from its threshold.
    pub sureness: f32,
}

/// Places of at most `count` rows, least sure first. Of equal texts the first row counts.
pub fn choose(strategy: Strategy, candidates: &[Candidate], ground: &Ground, count: usize) -> Vec<usize> {
    let mut chosen = match strategy {
        Strategy::Margin | Strategy::Entropy | Strategy::Confidence => in_turns(candidates, count),
        Strategy::Mixed => spread_out(candidates, ground, count),
        Strategy::KCenter => far_off(candidates, ground, count),
    };
    chosen.sort_by(by_sureness);
    chosen.into_iter().map(|candidate| candidate.place).collect()
}

/// Where nothing but what they say tells rows apart: at most `count`, one from the middle of every cluster.
pub fn first(ground: &Ground, count: usize) -> Vec<usize> {
    let places = ground.sample(0..ground.unlabelled.len(), MOST);
    let texts: Vec<&Text> = places.iter().map(|&place| &ground.unlabelled[place]).collect();
    one_each(&ground.vectors(&texts), count).into_iter().map(|row| places[row]).collect()
}

/// Least sure first, spread over predicted labels: each label's least sure row comes before any label's second one, and so on; a label with
/// few rows leaves its turns to the others.
fn in_turns(candidates: &[Candidate], count: usize) -> Vec<Candidate> {
    let mut turns: BTreeMap<u32, usize> = BTreeMap::new();
    let turn = |candidate: Candidate| {
        let turn = turns.entry(candidate.label).or_default();
        *turn += 1;
        (*turn, candidate)
    };
    let mut asked: Vec<(usize, Candidate)> = least_sure(candidates).into_iter().map(turn).collect();
    // Stable: within a turn the least sure stays first.
    asked.sort_by_key(|(turn, _)| *turn);
    asked.truncate(count);
    asked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Every text once.
fn least_sure(candidates: &[Candidate]) -> Vec<Candidate> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by(by_sureness);
    let mut keys = FxHashSet::default();
    sorted.retain(|candidate| keys.insert(candidate.key));
    sorted
}

/// Of many unsure rows, the middle one of each cluster; and some rows by chance.
fn spread_out(candidates: &[Candidate], ground: &Ground, count: usize) -> Vec<Candidate> {
    let by_chance = count / CHANCE;
    let mut unsure = in_turns(candidates, (PER_ROW * count).min(MOST));
    unsure.sort_by(by_sureness);
    let texts: Vec<&Text> = unsure.iter().map(|candidate| &ground.unlabelled[candidate.place]).collect();
    let rows = one_each(&ground.vectors(&texts), count - by_chance);
    let mut chosen: Vec<Candidate> = rows.into_iter().map(|row| unsure[row]).collect();
    let mut keys: FxHashSet<u64> = chosen.iter().map(|candidate| candidate.key).collect();
    // Keys are hashes: their order has nothing to do with what texts say.
    let mut others = candidates.to_vec();
    others.sort_unstable_by_key(|candidate| (candidate.key, candidate.place));
    let others = others.into_iter().filter(|candidate| keys.insert(candidate.key));
    chosen.extend(others.take(count - chosen.len()));
    chosen
}

fn far_off(candidates: &[Candidate], ground: &Ground, count: usize) -> Vec<Candidate> {
    let of: BTreeMap<usize, &Candidate> = candidates.iter().map(|candidate| (candidate.place, candidate)).collect();
    let places = ground.sample(of.keys().copied(), MOST);
    let mut texts: Vec<&Text> = places.iter().map(|&place| &ground.unlabelled[place]).collect();
    texts.extend(ground.labelled_sample(MOST));
    let mut vectors = ground.vectors(&texts);
    let known = vectors.values.split_off(places.len() * vectors.columns);
    let known = Matrix { columns: vectors.columns, values: known };
    spread::farthest(&vectors, &known, count).into_iter().map(|row| *of[&places[row]]).collect()
}

/// The middle row of each of `count` clusters, and the first rows where there are fewer of these.
fn one_each(vectors: &Matrix, count: usize) -> Vec<usize> {
    let clusters = spread::clusters(vectors, count);
    let mut rows: Vec<usize> = clusters.iter().filter_map(|cluster| cluster.first().copied()).collect();
    let others: Vec<usize> = (0..vectors.rows()).filter(|row| !rows.contains(row)).collect();
    rows.extend(others);
    rows.truncate(count);
    rows
}

fn by_sureness(a: &Candidate, b: &Candidate) -> Ordering {
    a.sureness.total_cmp(&b.sureness).then(a.place.cmp(&b.place))
}

#[cfg(test)]
mod tests;
