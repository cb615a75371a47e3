//! The rows most worth labelling next.
//!
//! Margin sampling (Scheffer et al. 2001): rows between two labels teach most. Labels take turns, so that a confusion of two
//! does not fill the queue by itself.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

/// An unlabelled row as its prediction sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The caller's name for the row.
    pub id: usize,
    /// The text's key: equal texts are asked once.
    pub key: u64,
    /// The best label; with several labels a text, the one that is nearest its threshold.
    pub label: u32,
    /// Probability of the best label less that of the second; with several labels a text, how far that of `label` is from its
    /// threshold.
    pub margin: f32,
}

/// At most `count`, smallest margin first, spread over predicted labels: the rows with each label's smallest margin come before
/// any label's second row, and so on; a label with few rows leaves its turns to the others. Of equal texts the first row counts.
pub fn select(candidates: &[Candidate], count: usize) -> Vec<Candidate> {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|a, b| a.margin.total_cmp(&b.margin).then(a.id.cmp(&b.id)));
    let mut keys = FxHashSet::default();
    let mut turns: BTreeMap<u32, usize> = BTreeMap::new();
    let mut asked: Vec<(usize, Candidate)> = Vec::new();
    for candidate in sorted {
        if keys.insert(candidate.key) {
            let turn = turns.entry(candidate.label).or_default();
            asked.push((*turn, *candidate));
            *turn += 1;
        }
    }
    // Stable: within a turn the smallest margin stays first.
    asked.sort_by_key(|&(turn, _)| turn);
    asked.truncate(count);
    let mut chosen: Vec<Candidate> = asked.into_iter().map(|(_, candidate)| candidate).collect();
    chosen.sort_by(|a, b| a.margin.total_cmp(&b.margin).then(a.id.cmp(&b.id)));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select_ids(rows: &[(u64, u32, f32)], count: usize) -> Vec<usize> {
        let candidates: Vec<Candidate> =
            rows.iter().enumerate().map(|(id, &(key, label, margin))| Candidate { id, key, label, margin }).collect();
        select(&candidates, count).iter().map(|candidate| candidate.id).collect()
    }

    #[test]
    fn smallest_margins_of_each_label_come_first() {
        let rows = [(0, 0, 0.1), (1, 0, 0.2), (2, 0, 0.3), (3, 1, 0.8), (4, 2, 0.5), (5, 2, 0.05)];
        assert_eq!(select_ids(&rows, 3), [5, 0, 3]);
        assert_eq!(select_ids(&rows, 4), [5, 0, 1, 3]);
        assert_eq!(select_ids(&rows, 9), [5, 0, 1, 2, 4, 3]);
        assert!(select_ids(&rows, 0).is_empty());
    }

    #[test]
    fn equal_texts_are_asked_once() {
        assert_eq!(select_ids(&[(7, 0, 0.1), (7, 0, 0.1), (8, 0, 0.2)], 3), [0, 2]);
    }

    #[test]
    fn not_a_number_comes_last() {
        assert_eq!(select_ids(&[(0, 0, f32::NAN), (1, 0, 0.9)], 2), [1, 0]);
    }
}
