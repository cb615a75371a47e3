//! The rows most worth labelling next.

use rustc_hash::FxHashSet;

/// An unlabelled row as its prediction sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The caller's name for the row.
    pub id: usize,
    /// The text's key: equal texts are asked once.
    pub key: u64,
    pub label: u32,
    /// Probability of the best label less that of the second.
    pub margin: f32,
}

/// At most `count`, smallest margin first, spread over predicted labels: each label's surest doubt is asked before any
/// label's second.
pub fn select(candidates: &[Candidate], count: usize) -> Vec<Candidate> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by(|a, b| a.margin.total_cmp(&b.margin).then(a.id.cmp(&b.id)));
    let mut seen = FxHashSet::default();
    sorted.retain(|candidate| seen.insert(candidate.key));
    let mut turns = rustc_hash::FxHashMap::<u32, usize>::default();
    let mut in_turn: Vec<(usize, Candidate)> = sorted
        .into_iter()
        .map(|candidate| {
            let turn = turns.entry(candidate.label).or_default();
            *turn += 1;
            (*turn, candidate)
        })
        .collect();
    in_turn.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.margin.total_cmp(&b.1.margin)));
    in_turn.into_iter().take(count).map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_sure_first_one_a_label_and_each_text_once() {
        let candidate = |id, key, label, margin| Candidate { id, key, label, margin };
        let chosen = select(
            &[candidate(0, 7, 0, 0.3), candidate(1, 8, 0, 0.1), candidate(2, 8, 0, 0.1), candidate(3, 9, 1, 0.5)],
            3,
        );
        assert_eq!(chosen.iter().map(|c| c.id).collect::<Vec<_>>(), [1, 3, 0]);
    }
}
