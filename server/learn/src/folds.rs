//! Which labelled rows are held out together: stratified, equal texts in one fold, and stable: a changed label moves
//! no other row, since a row's fold depends on its text and the seed alone.

/// Folds for this many distinct texts: more where there are few, so that each model sees nearly all of them.
pub(crate) fn count(rows: usize, classes: usize) -> usize {
    match rows {
        0..200 => 10.min(rows).max(2),
        _ if rows * classes > 200_000 => 3,
        _ => 5,
    }
}

/// The fold of each row. Rows of one class are dealt out in the order of their hashed keys.
pub(crate) fn assign(keys: &[u64], targets: &[u32], folds: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    let shuffled =
        |row: usize| (keys[row] ^ seed.wrapping_mul(0x9E37_79B9)).wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(32);
    order.sort_by_key(|&row| (targets[row], shuffled(row), row));
    let mut fold_of_key = rustc_hash::FxHashMap::default();
    let mut assigned = vec![0; keys.len()];
    for (position, row) in order.into_iter().enumerate() {
        assigned[row] = *fold_of_key.entry(keys[row]).or_insert(position % folds);
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_fold_and_classes_are_spread() {
        let keys: Vec<u64> = (0..100).map(|i| i / 2 * 977).collect();
        let targets: Vec<u32> = (0..100).map(|i| (i / 2 % 2) as u32).collect();
        let folds = assign(&keys, &targets, 5, 1);
        assert!(keys.chunks(2).zip(folds.chunks(2)).all(|(_, pair)| pair[0] == pair[1]));
        for fold in 0..5 {
            for class in 0..2 {
                assert!((0..100).any(|row| folds[row] == fold && targets[row] == class));
            }
        }
    }
}
