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
                let place = u64::from(span.start) << 32 | u64::from(span.end);
                folds::order(folds::order(so_far, place), hash(span.label))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Example, Task, Text, spans::Span};

    fn lesson(labels: &[&str], spans: &[(u32, u32, u32)]) -> Lesson {
        let spans = spans.iter().map(|&(start, end, label)| Span { start, end, label });
        let target = Some(Target::Spans(spans.collect()));
        let text = Text { key: 7, body: "Ada met Grace in Paris".into() };
        let labels = labels.iter().map(|label| Arc::from(*label)).collect();
        Lesson { task: Task::Spans, examples: vec![Example { text, target }], labels, seed: 0 }
    }

    #[test]
    fn a_row_is_another_once_one_of_its_spans_is() {
        let labels = ["city", "person"];
        let before = signature(&lesson(&labels, &[(0, 3, 1), (17, 22, 0)]));
        assert_eq!(signature(&lesson(&labels, &[(0, 3, 1), (17, 22, 0)])), before);
        for other in [&[(0, 3, 0), (17, 22, 0)][..], &[(0, 4, 1), (17, 22, 0)], &[(0, 3, 1)], &[(0, 3, 1), (8, 13, 1)]]
        {
            assert_ne!(signature(&lesson(&labels, other)), before, "{other:?}");
        }
        let names = Renames::new(vec![("city".into(), "place".into())]);
        let now = lesson(&["person", "place"], &[(0, 3, 0), (17, 22, 1)]);
        assert_eq!(renamed(&before, &names, &now), signature(&now), "the same rows by other names");
    }
}
