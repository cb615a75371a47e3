//! Sequences packed end to end, without padding: which are computed together.
//!
//! What must stay true: each sequence is in exactly one pack; packs and their order depend on lengths alone.

/// Tokens computed at once: a cancel waits for a layer of so many.
pub(crate) const TOKENS: usize = 512;

/// Indices of sequences that are computed together, the longest first. At most `limit` tokens, or one sequence. At least
/// `workers` packs, if there are so many sequences, of nearly the same number of tokens.
pub(crate) fn packs(lengths: &[usize], limit: usize, workers: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(lengths[*index]));
    let total: usize = lengths.iter().sum();
    let workers = workers.max(1);
    let count = total.div_ceil(limit.max(1)).max(1).next_multiple_of(workers);
    let target = total.div_ceil(count).max(1);
    let mut packs: Vec<Vec<usize>> = Vec::new();
    // What is placed must not fall behind what is wanted by so many packs, or the last one would be longest.
    let (mut placed, mut held) = (0, 0);
    for index in order {
        let length = lengths[index];
        let full = held + length > limit || placed + length / 2 > target * packs.len();
        if packs.is_empty() || (full && held > 0) {
            packs.push(Vec::new());
            held = 0;
        }
        held += length;
        placed += length;
        if let Some(pack) = packs.last_mut() {
            pack.push(index);
        }
    }
    packs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(lengths: &[usize], packs: &[Vec<usize>]) -> Vec<usize> {
        packs.iter().map(|pack| pack.iter().map(|index| lengths[*index]).sum()).collect()
    }

    #[test]
    fn a_short_batch_is_shared() {
        let lengths = [10, 12, 14, 8, 9, 11, 10, 10];
        let packs = packs(&lengths, TOKENS, 2);
        assert_eq!(tokens(&lengths, &packs), [47, 37]);
        assert_eq!(packs.concat().len(), 8);
        assert_eq!(packs[0][0], 2);
    }

    #[test]
    fn packs_keep_to_the_limit() {
        let lengths: Vec<usize> = (0..200).map(|index| 1 + index * 7 % 97).chain([700, 512]).collect();
        let packs = packs(&lengths, TOKENS, 2);
        let tokens = tokens(&lengths, &packs);
        assert_eq!((tokens[0], tokens[1]), (700, 512));
        assert!(tokens[2..].iter().all(|tokens| *tokens <= TOKENS), "{tokens:?}");
        // One after those that are too long, and the last.
        assert!(tokens.iter().filter(|tokens| **tokens < 400).count() <= 2, "{tokens:?}");
        let mut all = packs.concat();
        all.sort_unstable();
        assert_eq!(all, (0..202).collect::<Vec<_>>());
        assert!(super::packs(&[], TOKENS, 2).is_empty());
    }
}
