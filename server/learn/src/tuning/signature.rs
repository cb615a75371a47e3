//! Which rows a training learned from, and whether so many are others now that another one may pay.

use crate::{Lesson, folds};

/// A number for each labelled row: of its text and its label.
pub(crate) fn signature(lesson: &Lesson) -> Vec<u64> {
    let labelled = lesson.examples.iter().filter_map(|example| Some((example.text.key, example.target?)));
    let mut all: Vec<u64> = labelled
        .map(|(key, target)| {
            let label = lesson.labels.get(target as usize).map_or(&b""[..], |label| label.as_bytes());
            folds::order(key, xxhash_rust::xxh3::xxh3_64(label))
        })
        .collect();
    all.sort_unstable();
    all
}

/// Whether more than one row in ten is new, gone or has another label.
pub(crate) fn differs(before: &[u64], now: &[u64]) -> bool {
    let common = now.iter().filter(|row| before.binary_search(row).is_ok()).count();
    (before.len().max(now.len()) - common) * 10 > before.len().max(now.len())
}
