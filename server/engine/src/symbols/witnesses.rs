//! Labels that got another name, told by the rows that have them: whoever renamed them, in whatever way, one after the other or at once.
//!
//! Of each label some texts are remembered. A label that no row has any more, while most of its texts have one other label now, is that
//! one. A label that is gone is remembered for a while: the files of a rename come one after the other.

use std::{collections::BTreeSet, sync::Arc};

use learn::{Lesson, Renames, Target, Task};
use rustc_hash::{FxHashMap, FxHashSet};

/// Texts remembered of each label.
const EACH: usize = 24;
/// Labels that are gone and still remembered.
const GONE: usize = 100;

/// Keys of texts, by label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Witnesses(pub(crate) Vec<(Arc<str>, Vec<u64>)>);

impl Witnesses {
    pub(crate) fn of(lesson: &Lesson) -> Witnesses {
        let mut keys: Vec<Vec<u64>> = vec![Vec::new(); lesson.labels.len()];
        for example in &lesson.examples {
            for label in example.target.iter().flat_map(labels) {
                if let Some(keys) = keys.get_mut(label as usize) {
                    keys.push(example.text.key);
                }
            }
        }
        // Those with the smallest keys: the same ones, as long as they stay.
        let chosen = |mut keys: Vec<u64>| {
            keys.sort_unstable();
            keys.dedup();
            keys.truncate(EACH);
            keys
        };
        let all = lesson.labels.iter().cloned().zip(keys.into_iter().map(chosen));
        Witnesses(all.filter(|(_, keys)| !keys.is_empty()).collect())
    }

    /// With those of labels that were there before and are gone.
    pub(crate) fn after(mut self, before: &Witnesses) -> Witnesses {
        let known: FxHashSet<Arc<str>> = self.0.iter().map(|(label, _)| label.clone()).collect();
        self.0.extend(before.0.iter().filter(|(label, _)| !known.contains(label)).take(GONE).cloned());
        self
    }

    /// The same texts under the names that labels got; of labels that became one, those of the one that was called so.
    pub(crate) fn renamed(&self, names: &Renames) -> Witnesses {
        let mut all = self.0.clone();
        all.retain(|(label, _)| {
            let name = names.name(label);
            name == *label || !self.0.iter().any(|(other, _)| *other == name && names.name(other) == name)
        });
        all.iter_mut().for_each(|(label, _)| *label = names.name(label));
        let mut known = FxHashSet::default();
        all.retain(|(label, _)| known.insert(label.clone()));
        Witnesses(all)
    }

    /// What got another name since. `each` tells every label of every row, with the key of its text. Of several labels a text, only a
    /// name that is new is taken for that of a label that is gone.
    pub(crate) fn renames(&self, task: Task, each: impl Fn(&mut dyn FnMut(u64, &Arc<str>))) -> Renames {
        let mut gone: FxHashMap<&str, &Vec<u64>> = self.0.iter().map(|(label, keys)| (&**label, keys)).collect();
        each(&mut |_, label| {
            gone.remove(&**label);
        });
        if gone.is_empty() {
            return Renames::default();
        }
        let wanted: FxHashSet<u64> = gone.values().copied().flatten().copied().collect();
        let mut now: FxHashMap<u64, BTreeSet<Arc<str>>> = FxHashMap::default();
        each(&mut |key, label| {
            if wanted.contains(&key) {
                now.entry(key).or_default().insert(label.clone());
            }
        });
        let known: FxHashSet<&str> = self.0.iter().map(|(label, _)| &**label).collect();
        let mut pairs = Vec::new();
        for (label, keys) in self.0.iter().filter(|(label, _)| gone.contains_key(&**label)) {
            let mut counts: FxHashMap<&Arc<str>, usize> = FxHashMap::default();
            for other in keys.iter().filter_map(|key| now.get(key)).flatten() {
                *counts.entry(other).or_default() += 1;
            }
            let is_new = |other: &Arc<str>| !known.contains(&**other);
            let most = counts
                .into_iter()
                .filter(|(other, count)| 2 * count > keys.len() && (task == Task::Single || is_new(other)));
            if let Some((other, _)) = most.max_by_key(|(other, count)| (is_new(other), *count, *other)) {
                pairs.push((label.clone(), other.clone()));
            }
        }
        Renames::new(pairs)
    }
}

/// Tells each label of each labelled example by its name, with the key of the text.
pub(crate) fn names_of(lesson: &Lesson, tell: &mut dyn FnMut(u64, &Arc<str>)) {
    for example in &lesson.examples {
        for label in example.target.iter().flat_map(labels) {
            tell(example.text.key, &lesson.labels[label as usize]);
        }
    }
}

fn labels(target: &Target) -> Vec<u32> {
    match target {
        Target::One(label) => vec![*label],
        Target::Set(labels) => labels.to_vec(),
        Target::Spans(spans) => spans.iter().map(|span| span.label).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use learn::{Example, Text};

    /// Rows by their labels, "" for none, in their order.
    fn lesson(task: Task, rows: &[&[&str]]) -> Lesson {
        let mut names: Vec<Arc<str>> = rows.iter().copied().flatten().map(|label| Arc::from(*label)).collect();
        names.sort();
        names.dedup();
        let number = |label: &&str| names.iter().position(|name| &**name == *label).unwrap() as u32;
        let example = |(key, row): (usize, &&[&str])| Example {
            text: Text { key: key as u64, body: "".into() },
            target: match task {
                Task::Single => row.first().map(|label| Target::One(number(label))),
                _ => Some(Target::Set(row.iter().map(number).collect())),
            },
        };
        let examples = rows.iter().enumerate().map(example).collect();
        Lesson { task, examples, labels: names, seed: 0 }
    }

    /// What those got, by which the labels of other rows were remembered.
    fn renames(witnesses: &Witnesses, lesson: &Lesson) -> Renames {
        witnesses.renames(lesson.task, |tell| names_of(lesson, tell))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Renames {
        Renames::new(pairs.iter().map(|&(old, new)| (old.into(), new.into())).collect())
    }

    #[test]
    fn a_label_is_known_by_its_rows() {
        let single = |rows: &[&[&str]]| lesson(Task::Single, rows);
        let before = Witnesses::of(&single(&[&["a"], &["a"], &["a"], &["b"], &["b"], &[]]));
        let said = |rows: &[&[&str]]| renames(&before, &single(rows));
        assert!(said(&[&["a"], &["a"], &["b"], &["b"], &["b"], &["c"]]).is_empty());
        assert_eq!(said(&[&["z"], &["z"], &["z"], &["b"], &["b"], &[]]), pairs(&[("a", "z")]));
        assert_eq!(said(&[&["z"], &["z"], &["b"], &["b"], &["b"], &["z"]]), pairs(&[("a", "z")]), "most rows tell");
        assert_eq!(said(&[&["b"], &["b"], &["b"], &["b"], &["b"], &[]]), pairs(&[("a", "b")]));
        assert_eq!(said(&[&["x"], &["x"], &["x"], &["y"], &["y"], &[]]), pairs(&[("a", "x"), ("b", "y")]));
        assert!(said(&[&[], &[], &["b"], &["b"], &["b"], &[]]).is_empty(), "it was given up");
    }

    #[test]
    fn files_that_come_one_after_the_other_are_one_rename() {
        let single = |rows: &[&[&str]]| lesson(Task::Single, rows);
        let before = Witnesses::of(&single(&[&["a"], &["a"], &["b"]]));
        // The rows of "a" are left out, as their new name is in no closed set yet.
        let between = single(&[&[], &[], &["b"]]);
        assert!(renames(&before, &between).is_empty());
        let between = Witnesses::of(&between).after(&before);
        assert_eq!(renames(&between, &single(&[&["z"], &["z"], &["b"]])), pairs(&[("a", "z")]));
    }

    #[test]
    fn among_several_labels_a_new_name_is_told_from_those_beside_it() {
        let multi = |rows: &[&[&str]]| lesson(Task::Multi, rows);
        let before = Witnesses::of(&multi(&[&["a", "b"], &["a", "b"], &["a"], &["b"]]));
        assert_eq!(renames(&before, &multi(&[&["z", "b"], &["z", "b"], &["z"], &["b"]])), pairs(&[("a", "z")]));
        assert!(renames(&before, &multi(&[&["b"], &["b"], &["b"], &["b"]])).is_empty());
    }
}
