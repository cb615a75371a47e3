//! Texts that stand in more than one row, or are near to others: what duplicates, contradictions and leaks are found by.
//!
//! What must stay true: after any edits the index says what one says that was built from the rows as they are. An edit of a
//! few rows costs as much as there are rows with twins, not as much as there are rows.

use std::ops::Range;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{near::Nears, project::Place};

/// An edit of more rows than this builds the index anew.
const FEW: usize = 256;

#[derive(Clone, Debug, Default)]
pub(crate) struct Twins {
    /// Text keys by file and row.
    keys: Vec<Vec<u64>>,
    /// In how many rows a text stands.
    counts: FxHashMap<u64, u32>,
    /// The rows, in order, of texts that stand in at least two, and of those that are near to another one.
    places: FxHashMap<u64, Vec<Place>>,
    nears: Arc<Nears>,
}

impl Twins {
    /// `keys`: of the rows of each file.
    pub(crate) fn of_files(keys: Vec<Vec<u64>>, nears: Arc<Nears>) -> Twins {
        let mut counts = FxHashMap::default();
        counts.reserve(keys.iter().map(Vec::len).sum());
        for key in keys.iter().flatten() {
            *counts.entry(*key).or_insert(0u32) += 1;
        }
        let mut places: FxHashMap<u64, Vec<Place>> = FxHashMap::default();
        for (file, keys) in keys.iter().enumerate() {
            for (row, key) in keys.iter().enumerate().filter(|(_, key)| counts[key] > 1 || nears.has(**key)) {
                places.entry(*key).or_default().push(Place { file, row });
            }
        }
        Twins { keys, counts, places, nears }
    }

    /// The rows of a text that stands in several, or is near to another one; empty for any other.
    pub(crate) fn of(&self, key: u64) -> &[Place] {
        self.places.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Rows `removed` of a file gave way to rows with the texts `fresh`. Answers with the rows whose standing may have
    /// changed: the new ones, and those that share a text with one that came or went, or nearly so.
    pub(crate) fn splice(&mut self, file: usize, removed: Range<usize>, fresh: &[u64]) -> Vec<Place> {
        let gone = self.keys[file][removed.clone()].to_vec();
        let added = removed.start..removed.start + fresh.len();
        if gone.len() + fresh.len() > FEW {
            let mut keys = std::mem::take(&mut self.keys);
            keys[file].splice(removed, fresh.iter().copied());
            *self = Twins::of_files(keys, self.nears.clone());
        } else {
            for (row, key) in removed.clone().zip(&gone) {
                self.forget(*key, Place { file, row });
            }
            self.keys[file].splice(removed.clone(), fresh.iter().copied());
            if added.end != removed.end {
                let behind = |place: &&mut Place| place.file == file && place.row >= removed.end;
                for place in self.places.values_mut().flatten().filter(behind) {
                    place.row = place.row + added.end - removed.end;
                }
            }
            for (row, key) in added.clone().zip(fresh) {
                // The new rows behind this one are not counted yet.
                self.note(*key, Place { file, row }, row + 1..added.end);
            }
        }
        let mut changed: Vec<Place> = added.map(|row| Place { file, row }).collect();
        for key in gone.iter().chain(fresh) {
            match self.counts.get(key) {
                // A row that has lost its twins is found by looking for it.
                Some(1) if !fresh.contains(key) => changed.extend(self.search(*key, |_| true)),
                _ => changed.extend(self.of(*key)),
            }
            let nears = self.nears.of(*key).iter();
            changed.extend(nears.flat_map(|near| self.of(near.key)));
        }
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    fn forget(&mut self, key: u64, place: Place) {
        match self.counts.get_mut(&key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.counts.remove(&key)),
        }
        if let Some(places) = self.places.get_mut(&key) {
            places.retain(|other| *other != place);
            if places.is_empty() || (places.len() < 2 && !self.nears.has(key)) {
                self.places.remove(&key);
            }
        }
    }

    fn note(&mut self, key: u64, place: Place, not_counted: Range<usize>) {
        let count = self.counts.entry(key).or_insert(0);
        *count += 1;
        if *count == 1 && !self.nears.has(key) {
            return;
        }
        let counted = |other: Place| other != place && !(other.file == place.file && not_counted.contains(&other.row));
        if *count == 2 && !self.nears.has(key) {
            let first = self.search(key, counted);
            self.places.insert(key, first.into_iter().collect());
        }
        let places = self.places.entry(key).or_default();
        let at = places.partition_point(|other| *other < place);
        places.insert(at, place);
    }

    /// The first row with this text.
    fn search(&self, key: u64, is_it: impl Fn(Place) -> bool) -> Option<Place> {
        self.keys.iter().enumerate().find_map(|(file, keys)| {
            let rows = keys.iter().enumerate().filter(|(_, other)| **other == key);
            rows.map(|(row, _)| Place { file, row }).find(|place| is_it(*place))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few texts over and over, so that twins come and go; a generator of its own, so that a failure can be repeated.
    #[test]
    fn any_edits_leave_what_building_anew_gives() {
        let mut state = 7u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut keys: Vec<Vec<u64>> = vec![Vec::new(), Vec::new()];
        let mut twins = Twins::of_files(keys.clone(), Arc::default());
        for turn in 0..2000 {
            let file = random(2);
            let rows = keys[file].len();
            let start = random(rows + 1);
            let removed = start..(start + random(4)).min(rows);
            let many = if turn % 500 == 499 { FEW + 1 } else { 4 };
            let fresh: Vec<u64> = (0..random(many)).map(|_| random(12) as u64).collect();
            let before: Vec<_> = (0..12).map(|key| twins.of(key).to_vec()).collect();
            keys[file].splice(removed.clone(), fresh.iter().copied());
            let changed = twins.splice(file, removed.clone(), &fresh);
            let expected = Twins::of_files(keys.clone(), Arc::default());
            assert_eq!(twins.counts, expected.counts, "turn {turn}");
            assert_eq!(twins.places, expected.places, "turn {turn}");
            for key in 0..12 {
                // Whoever has another number of twins than before is among those that changed.
                let standing: Vec<Place> =
                    twins.search(key, |_| true).into_iter().chain(twins.of(key).to_vec()).collect();
                if before[key as usize].len() != twins.of(key).len() {
                    assert!(standing.iter().all(|place| changed.contains(place)), "turn {turn}, text {key}");
                }
            }
        }
    }
}
