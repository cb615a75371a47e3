//! Which rows a training learned from, and whether so many are others now that another one may pay.

use std::sync::Arc;

use crate::{Lesson, Renames, Target, folds};

/// A number for each labelled row: of its text and its labels.
pub(crate) fn signature(lesson: &Lesson) -> Vec<u64> {
    let mut all = numbers(lesson, &lesson.labels);
    all.sort_unstable();
    all
}

/// In the order of the rows, with these names for the lesson's labels.
fn numbers(lesson: &Lesson, names: &[Arc<str>]) -> Vec<u64> {
    let hash =
        |label: u32| xxhash_rust::xxh3::xxh3_64(names.get(label as usize).map_or(&b""[..], |label| label.as_bytes()));
    let labelled = lesson.examples.iter().filter_map(|example| Some((example.text.key, example.target.as_ref()?)));
    labelled
        .map(|(key, target)| match target {
            Target::One(label) => folds::order(key, hash(*label)),
            // Names stand in their order: that of a set does not depend on what other labels there are.
            Target::Spans(spans) => spans.iter().fold(key, |so_far, span| {
                folds::order(so_far, hash(span.start ^ span.end.rotate_left(16) ^ (span.label << 8)))
            }),
            Target::Set(labels) => {
                let mut labels = labels.to_vec();
                labels.sort_unstable_by_key(|&label| names.get(label as usize));
                labels.iter().fold(key, |so_far, &label| folds::order(so_far, hash(label)))
            }
        })
        .collect()
}

/// The numbers of rows that were learned from before labels got other names, as they are now.
pub(crate) fn renamed(rows: &[u64], renames: &Renames, lesson: &Lesson) -> Vec<u64> {
    let mut now = rows.to_vec();
    let mut follow = |renames: &[(Arc<str>, Arc<str>)]| {
        let old = |label: &Arc<str>| renames.iter().find(|(_, new)| new == label).map_or(label, |(old, _)| old).clone();
        let names: Vec<Arc<str>> = lesson.labels.iter().map(old).collect();
        for (before, after) in numbers(lesson, &names).into_iter().zip(numbers(lesson, &lesson.labels)) {
            if let Ok(at) = rows.binary_search(&before) {
                now[at] = after;
            }
        }
    };
    // Of several that became one, each is looked for by itself, too.
    follow(renames.pairs());
    renames.pairs().chunks(1).for_each(follow);
    now.sort_unstable();
    now
}

/// Whether more than one row in ten is new, gone or has another label.
pub(crate) fn differs(before: &[u64], now: &[u64]) -> bool {
    let common = now.iter().filter(|row| before.binary_search(row).is_ok()).count();
    (before.len().max(now.len()) - common) * 10 > before.len().max(now.len())
}
