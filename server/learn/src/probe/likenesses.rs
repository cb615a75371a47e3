//! Likenesses of known texts to landmarks, kept between fits and predictions: making them is nearly all the work of predicting.
//!
//! What must stay true: bounded; a row is read as far as its landmarks are those that are asked for. A fit that was stopped may have
//! added landmarks which the next one lacks.

use std::sync::{PoisonError, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::words::Scales;
use crate::Text;

/// Values kept, of two bytes each.
const KEPT: usize = 12 << 20;
/// Rows have room for a multiple of so many values: landmarks come one by one.
const ROOM: usize = 64;
/// A likeness is kept as so many parts of 1.
const PARTS: f32 = 65_535.0;

#[derive(Debug, Default)]
pub(super) struct Likenesses(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Texts of the landmarks, in the order of the rows' values.
    landmarks: Vec<u64>,
    rows: FxHashMap<u64, Row>,
    values: usize,
}

#[derive(Debug)]
struct Row {
    scales: Scales,
    parts: Vec<u16>,
}

/// What is known of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Known {
    pub(super) columns: usize,
    pub(super) scales: Scales,
}

/// What reading returns of what was kept.
pub(super) fn round(likeness: f32) -> f32 {
    f32::from(parts(likeness)) / PARTS
}

fn parts(likeness: f32) -> u16 {
    (likeness * PARTS + 0.5) as u16
}

impl Likenesses {
    /// Writes what is known into rows, a value a landmark.
    pub(super) fn read(&self, texts: &[Text], landmarks: &[u64], to: &mut [f32]) -> Vec<Known> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let common = kept.common(landmarks);
        let mut known = vec![Known::default(); texts.len()];
        for ((text, known), to) in texts.iter().zip(&mut known).zip(to.chunks_exact_mut(landmarks.len().max(1))) {
            if let Some(row) = kept.rows.get(&text.key) {
                to.iter_mut().zip(&row.parts).take(common).for_each(|(to, &parts)| *to = f32::from(parts) / PARTS);
                *known = Known { columns: row.parts.len().min(common), scales: row.scales };
            }
        }
        known
    }

    /// How many likenesses of each text are known, and how many more there is room for.
    pub(super) fn columns(&self, texts: &[Text], landmarks: &[u64]) -> (Vec<usize>, usize) {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let common = kept.common(landmarks);
        let columns = texts.iter().map(|text| kept.rows.get(&text.key).map_or(0, |row| row.parts.len().min(common)));
        (columns.collect(), KEPT - kept.values)
    }

    /// Rows of a value a landmark.
    pub(super) fn keep<'a>(&self, landmarks: &[u64], rows: impl Iterator<Item = (u64, Scales, &'a [f32])>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.follow(landmarks);
        for (key, scales, row) in rows {
            let known = kept.rows.get(&key).map_or(0, |row| row.parts.len());
            // Another classifier may have kept more by now.
            if known < row.len() && kept.values + row.len() - known <= KEPT {
                let parts = &mut kept.rows.entry(key).or_insert_with(|| Row { scales, parts: Vec::new() }).parts;
                parts.reserve_exact(row.len().next_multiple_of(ROOM) - known);
                parts.extend(row[known..].iter().map(|&likeness| self::parts(likeness)));
                kept.values += row.len() - known;
            }
        }
    }

    pub(super) fn retain(&self, keys: &FxHashSet<u64>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.rows.retain(|key, _| keys.contains(key));
        kept.values = kept.rows.values().map(|row| row.parts.len()).sum();
    }
}

impl Kept {
    /// How many landmarks, from the first on, are the same.
    fn common(&self, landmarks: &[u64]) -> usize {
        self.landmarks.iter().zip(landmarks).take_while(|(own, other)| own == other).count()
    }

    /// Forgets what is of other landmarks than these.
    fn follow(&mut self, landmarks: &[u64]) {
        let common = self.common(landmarks);
        if common == landmarks.len() {
            return;
        }
        if common < self.landmarks.len() {
            self.rows.values_mut().for_each(|row| row.parts.truncate(common));
            self.rows.retain(|_, row| !row.parts.is_empty());
            self.values = self.rows.values().map(|row| row.parts.len()).sum();
        }
        self.landmarks.truncate(common);
        self.landmarks.extend(&landmarks[common..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_far_as_they_are_known() {
        let likenesses = Likenesses::default();
        let texts: Vec<Text> = (1..=2).map(|key| Text { key, body: "".into() }).collect();
        let known = |columns: usize, scale: f32| Known { columns, scales: [scale; 2] };
        likenesses.keep(&[7, 8], [(1, [0.7; 2], &[0.25, 1.0][..])].into_iter());
        assert_eq!(likenesses.columns(&texts, &[7, 8, 9]), (vec![2, 0], KEPT - 2));
        let mut to = [9.0; 6];
        assert_eq!(likenesses.read(&texts, &[7, 8, 9], &mut to), [known(2, 0.7), known(0, 0.0)]);
        assert_eq!(to, [round(0.25), 1.0, 9.0, 9.0, 9.0, 9.0]);
        // Fewer landmarks: those of a classifier that still serves. What is known better stays.
        likenesses.keep(&[7], [(1, [0.7; 2], &[0.5][..])].into_iter());
        assert_eq!(likenesses.read(&texts, &[7], &mut to[..2]), [known(1, 0.7), known(0, 0.0)]);
        assert_eq!(to[0], round(0.25));
        // Another landmark in place of the last: what was known of that is nobody's.
        assert_eq!(likenesses.columns(&texts, &[7, 9]).0, [1, 0]);
        likenesses.keep(&[7, 9], [(2, [0.7; 2], &[0.5, 0.5][..])].into_iter());
        assert_eq!(likenesses.columns(&texts, &[7, 8]), (vec![1, 1], KEPT - 3));
        likenesses.retain(&FxHashSet::from_iter([3]));
        assert_eq!(likenesses.read(&texts, &[7, 8, 9], &mut to), [known(0, 0.0), known(0, 0.0)]);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let likenesses = Likenesses::default();
        let row = vec![0.5; KEPT / 2];
        let landmarks: Vec<u64> = (0..row.len() as u64).collect();
        likenesses.keep(&landmarks, (1..=3).map(|key| (key, Scales::default(), &row[..])));
        assert_eq!(likenesses.0.read().unwrap().rows.len(), 2);
    }
}
