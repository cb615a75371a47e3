//! Which fold a labelled row is held out in.
//!
//! What must stay true: equal texts share a fold; a fold is a function of keys, labels and seed; one changed label leaves the
//! folds of other classes' rows as they were, and of its own classes' rows when these are large, so that a refit starts warm.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::lesson::Targets;

/// A class of more texts than this is spread by chance alone, which is even enough; a smaller one is dealt out in turn.
const DEALT: usize = 40;

/// How many texts there are, by their keys.
pub(crate) fn distinct(keys: &[u64]) -> usize {
    keys.iter().collect::<FxHashSet<_>>().len()
}

/// Folds by the number of distinct labelled texts: few texts can spare none, many need no more.
pub(crate) fn number(texts: usize) -> usize {
    match texts {
        0..=400 => texts.min(10),
        401..=5_000 => 5,
        5_001..=20_000 => 4,
        _ => 3,
    }
}

/// A fold for each row, given its text's key and class.
pub(crate) fn assign(keys: &[u64], targets: &[u32], folds: usize, seed: u64) -> Vec<u32> {
    let mut class_of: FxHashMap<u64, u32> = FxHashMap::default();
    let mut by_class: FxHashMap<u32, Vec<u64>> = FxHashMap::default();
    for (&key, &target) in keys.iter().zip(targets) {
        class_of.entry(key).or_insert_with(|| {
            by_class.entry(target).or_default().push(key);
            target
        });
    }
    let mut fold_of: FxHashMap<u64, u32> = FxHashMap::default();
    for (class, mut keys) in by_class {
        if keys.len() > DEALT {
            fold_of.extend(keys.iter().map(|&key| (key, (order(key, seed) % folds as u64) as u32)));
        } else {
            keys.sort_unstable_by_key(|&key| (order(key, seed), key));
            // Classes begin at different folds, so that many small ones do not all crowd the first.
            fold_of.extend(keys.iter().zip(class as usize..).map(|(&key, turn)| (key, (turn % folds) as u32)));
        }
    }
    keys.iter().map(|key| fold_of[key]).collect()
}

/// A place in a random order of all texts.
pub(crate) fn order(key: u64, seed: u64) -> u64 {
    let mut mixed = key ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Rows of the first folds whose class was met by the model that judges them: the others say nothing about how sure models
/// are. Of sets all rows of those folds: one label that was not met says nothing of the others.
pub(crate) fn judged(targets: &Targets, fold_of: &[u32], folds: usize) -> Vec<u32> {
    let held_out = |row: &u32| (fold_of[*row as usize] as usize) < folds;
    let Targets::One(targets) = targets else {
        return (0..targets.len() as u32).filter(held_out).collect();
    };
    let mut counts: FxHashMap<(u32, u32), usize> = FxHashMap::default();
    let mut totals: FxHashMap<u32, usize> = FxHashMap::default();
    for (&target, &fold) in targets.iter().zip(fold_of) {
        *counts.entry((target, fold)).or_default() += 1;
        *totals.entry(target).or_default() += 1;
    }
    let met = |row: &u32| {
        let (target, fold) = (targets[*row as usize], fold_of[*row as usize]);
        counts[&(target, fold)] < totals[&target]
    };
    (0..targets.len() as u32).filter(|row| held_out(row) && met(row)).collect()
}

/// What is added to scores of a model that learned from `members` alone, by class, so that it expects classes as often as all
/// rows have them: `ln(rows / rows learned from)` (King and Zeng 2001). Where a class has few rows, a model that lacks one of
/// them would expect less of just the class that it is then asked about. Of sets, it is what the odds of each label differ by.
pub(crate) fn priors(targets: &Targets, members: &[u32], classes: usize) -> Vec<f32> {
    let all = targets.counts(0..targets.len() as u32, classes);
    let learned = targets.counts(members.iter().copied(), classes);
    let odds = |having: usize, of: usize| ((having as f32 + 0.5) / ((of - having) as f32 + 0.5)).ln();
    let prior = |(&all, &learned): (&usize, &usize)| match (targets.are_sets(), learned) {
        (true, _) => odds(all, targets.len()) - odds(learned, members.len()),
        // A class that was not met at all cannot be expected.
        (false, 0) => 0.0,
        (false, _) => (all as f32 / learned as f32).ln(),
    };
    all.iter().zip(&learned).map(prior).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_fold_and_classes_are_spread() {
        let keys: Vec<u64> = (0..600).map(|i| i % 500).collect();
        let targets: Vec<u32> = (0..600).map(|i| if i % 500 < 40 { (i % 500 / 8) as u32 } else { 5 }).collect();
        let folds = assign(&keys, &targets, 5, 7);
        for row in 500..600 {
            assert_eq!(folds[row], folds[row - 500]);
        }
        for class in 0..5 {
            let mut counts = [0; 5];
            (0..500).filter(|&row| targets[row] == class).for_each(|row| counts[folds[row] as usize] += 1);
            assert!(counts.iter().all(|&count| count == 1 || count == 2), "{counts:?}");
        }
        let large = (0..5).map(|fold| (0..500).filter(|&row| folds[row] == fold).count());
        assert!(large.clone().all(|count| (70..130).contains(&count)), "{:?}", large.collect::<Vec<_>>());
    }

    #[test]
    fn one_changed_label_moves_few_rows() {
        let keys: Vec<u64> = (0..1000).collect();
        let mut targets: Vec<u32> = (0..1000).map(|i| i % 4).collect();
        let before = assign(&keys, &targets, 5, 0);
        targets[17] = 2;
        assert_eq!(before, assign(&keys, &targets, 5, 0));
    }

    #[test]
    fn two_rows_are_held_out_in_turn() {
        let folds = assign(&[3, 4], &[0, 1], number(2), 0);
        assert_ne!(folds[0], folds[1]);
    }
}
