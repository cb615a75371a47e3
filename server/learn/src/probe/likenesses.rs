//! Likenesses of known texts to landmarks, kept between fits and predictions: making them is nearly all the work of predicting.
//!
//! What must stay true: bounded; a text's row begins with the same landmarks however many there are by now.

use std::sync::{PoisonError, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Text;

/// Values kept, of two bytes each.
const KEPT: usize = 12 << 20;
/// A likeness is kept as so many parts of 1.
const PARTS: f32 = 65_535.0;

#[derive(Debug, Default)]
pub(super) struct Likenesses(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    rows: FxHashMap<u64, Box<[u16]>>,
    values: usize,
}

/// What reading returns of what was kept.
pub(super) fn round(likeness: f32) -> f32 {
    f32::from(parts(likeness)) / PARTS
}

fn parts(likeness: f32) -> u16 {
    (likeness * PARTS + 0.5) as u16
}

impl Likenesses {
    /// Writes what is known into rows of `columns`, and says how much of each that is.
    pub(super) fn read(&self, texts: &[Text], columns: usize, to: &mut [f32]) -> Vec<usize> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut known = vec![0; texts.len()];
        for ((text, known), to) in texts.iter().zip(&mut known).zip(to.chunks_exact_mut(columns.max(1))) {
            if let Some(row) = kept.rows.get(&text.key) {
                to.iter_mut().zip(row).for_each(|(to, &parts)| *to = f32::from(parts) / PARTS);
                *known = row.len().min(columns);
            }
        }
        known
    }

    pub(super) fn keep<'a>(&self, rows: impl Iterator<Item = (u64, &'a [f32])>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, row) in rows {
            let known = kept.rows.get(&key).map_or(0, |row| row.len());
            // Another classifier may have kept more by now.
            if known < row.len() && kept.values + row.len() - known <= KEPT {
                kept.rows.insert(key, row.iter().map(|&likeness| parts(likeness)).collect());
                kept.values += row.len() - known;
            }
        }
    }

    pub(super) fn retain(&self, keys: &FxHashSet<u64>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.rows.retain(|key, _| keys.contains(key));
        kept.values = kept.rows.values().map(|row| row.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_far_as_they_are_known() {
        let likenesses = Likenesses::default();
        let texts: Vec<Text> = (1..=2).map(|key| Text { key, body: "".into() }).collect();
        likenesses.keep([(1, &[0.25, 1.0][..])].into_iter());
        let mut to = [9.0; 6];
        assert_eq!(likenesses.read(&texts, 3, &mut to), [2, 0]);
        assert_eq!(to, [round(0.25), 1.0, 9.0, 9.0, 9.0, 9.0]);
        // Fewer landmarks: those of a classifier that still serves. What is known better stays.
        likenesses.keep([(1, &[0.5][..])].into_iter());
        assert_eq!(likenesses.read(&texts, 1, &mut to[..2]), [1, 0]);
        assert_eq!(to[0], round(0.25));
        likenesses.retain(&FxHashSet::from_iter([2]));
        assert_eq!(likenesses.read(&texts, 3, &mut to), [0, 0]);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let likenesses = Likenesses::default();
        let row = vec![0.5; KEPT / 2];
        likenesses.keep((1..=3).map(|key| (key, &row[..])));
        assert_eq!(likenesses.0.read().unwrap().rows.len(), 2);
    }
}
