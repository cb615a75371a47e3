//! Which rows a training learned from, and whether so many are others now that another one may pay.

use crate::{Lesson, Target, folds};

/// A number for each labelled row: of its text and its labels.
pub(crate) fn signature(lesson: &Lesson) -> Vec<u64> {
    let hash = |label: u32| {
        xxhash_rust::xxh3::xxh3_64(lesson.labels.get(label as usize).map_or(&b""[..], |label| label.as_bytes()))
    };
    let labelled = lesson.examples.iter().filter_map(|example| Some((example.text.key, example.target.as_ref()?)));
    let mut all: Vec<u64> = labelled
        .map(|(key, target)| match target {
            Target::One(label) => folds::order(key, hash(*label)),
            // Names stand in their order: that of a set does not depend on what other labels there are.
            Target::Spans(spans) => spans.iter().fold(key, |so_far, span| {
                folds::order(so_far, hash(span.start ^ span.end.rotate_left(16) ^ (span.label << 8)))
            }),
            Target::Set(labels) => labels.iter().fold(key, |so_far, &label| folds::order(so_far, hash(label))),
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
