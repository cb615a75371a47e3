//! What a classifier learns from.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use catalogue::{Phrase, phrase};

use crate::{FitError, spans::Span};

/// A text and the key that names it in caches (equal texts have equal keys).
#[derive(Clone, Debug)]
pub struct Text {
    pub key: u64,
    pub body: Arc<str>,
}

/// What the labels of a text are to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Task {
    /// They exclude each other: a text has one.
    #[default]
    Single,
    /// Each applies or does not, whatever the others do.
    Multi,
    /// They are those of parts of the text.
    Spans,
}

/// What applies to a text: indices into [`Lesson::labels`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    One(u32),
    /// Sorted, without repetition. May be empty: somebody says that no label applies.
    Set(Arc<[u32]>),
    /// In the order of the text. May be empty: somebody says that there is none.
    Spans(Arc<[Span]>),
}

impl Target {
    /// All that apply to the text as a whole, sorted.
    pub fn labels(&self) -> &[u32] {
        match self {
            Target::One(label) => std::slice::from_ref(label),
            Target::Set(labels) => labels,
            Target::Spans(_) => &[],
        }
    }

    pub fn one(&self) -> Option<u32> {
        match self {
            Target::One(label) => Some(*label),
            Target::Set(_) | Target::Spans(_) => None,
        }
    }

    pub fn spans(&self) -> &[Span] {
        match self {
            Target::Spans(spans) => spans,
            Target::One(_) | Target::Set(_) => &[],
        }
    }
}

#[derive(Clone, Debug)]
pub struct Example {
    pub text: Text,
    /// `None`: unlabelled, to learn from without a label.
    pub target: Option<Target>,
}

#[derive(Clone, Debug, Default)]
pub struct Lesson {
    pub task: Task,
    /// The classes, sorted, without repetition. Some may have no example.
    pub labels: Vec<Arc<str>>,
    pub examples: Vec<Example>,
    pub seed: u64,
}

/// The labelled rows of a lesson, as models see them.
pub(crate) struct Labelled<'a> {
    pub(crate) examples: Vec<&'a Example>,
    /// The labels of each.
    pub(crate) labels: Targets,
    /// The labels that rows can tell from others, which are the columns of a model: those that have rows, at least two; of sets, those that
    /// some rows have and others have not, at least one.
    pub(crate) active: Vec<u32>,
    /// The columns of each row.
    pub(crate) targets: Targets,
}

/// What applies to each of some rows.
#[derive(Clone, Debug)]
pub(crate) enum Targets {
    One(Vec<u32>),
    /// Each sorted, without repetition.
    Sets(Vec<Arc<[u32]>>),
}

impl Targets {
    pub(crate) fn len(&self) -> usize {
        match self {
            Targets::One(targets) => targets.len(),
            Targets::Sets(targets) => targets.len(),
        }
    }

    pub(crate) fn are_sets(&self) -> bool {
        matches!(self, Targets::Sets(_))
    }

    /// All that apply to a row; none where there is no such row.
    pub(crate) fn of(&self, row: usize) -> &[u32] {
        match self {
            Targets::One(targets) => targets.get(row).map_or(&[], std::slice::from_ref),
            Targets::Sets(targets) => targets.get(row).map_or(&[], |target| target),
        }
    }

    pub(crate) fn of_rows(&self, rows: &[u32]) -> Targets {
        match self {
            Targets::One(targets) => Targets::One(rows.iter().map(|&row| targets[row as usize]).collect()),
            Targets::Sets(targets) => Targets::Sets(rows.iter().map(|&row| targets[row as usize].clone()).collect()),
        }
    }

    /// How many of some rows have each column.
    pub(crate) fn counts(&self, rows: impl Iterator<Item = u32>, columns: usize) -> Vec<usize> {
        let mut counts = vec![0; columns];
        rows.for_each(|row| self.of(row as usize).iter().for_each(|&column| counts[column as usize] += 1));
        counts
    }

    /// A class of each row by which rows are spread evenly: of a set the rarest of its labels, and one more class for empty sets.
    pub(crate) fn strata(&self, columns: usize) -> Cow<'_, [u32]> {
        match self {
            Targets::One(targets) => targets.into(),
            Targets::Sets(targets) => {
                let counts = self.counts(0..targets.len() as u32, columns);
                let rarest = |target: &Arc<[u32]>| target.iter().copied().min_by_key(|&label| counts[label as usize]);
                targets.iter().map(|target| rarest(target).unwrap_or(columns as u32)).collect()
            }
        }
    }

    fn with_columns(&self, column_of: &[Option<u32>]) -> Targets {
        let columns = |labels: &[u32]| labels.iter().filter_map(|&label| column_of[label as usize]).collect();
        match self {
            Targets::One(labels) => Targets::One(columns(labels)),
            Targets::Sets(sets) => Targets::Sets(sets.iter().map(|set| columns(set)).map(Arc::<[u32]>::from).collect()),
        }
    }
}

impl<'a> Labelled<'a> {
    pub(crate) fn of(lesson: &'a Lesson) -> Result<Labelled<'a>, FitError> {
        if lesson.task == Task::Spans {
            return Err(FitError::Failed(phrase!("spans-of-their-own")));
        }
        let examples: Vec<&Example> = lesson.examples.iter().filter(|example| example.target.is_some()).collect();
        let all = || examples.iter().filter_map(|example| example.target.as_ref());
        let beyond = all().flat_map(Target::labels).find(|&&label| label as usize >= lesson.labels.len());
        if let Some(label) = beyond {
            let known = lesson.labels.len();
            return Err(FitError::Failed(phrase!("label-number-unknown", label = *label, count = known)));
        }
        let labels = match lesson.task {
            Task::Single => Targets::One(
                all()
                    .map(Target::one)
                    .collect::<Option<_>>()
                    .ok_or_else(|| FitError::Failed(phrase!("set-of-labels")))?,
            ),
            Task::Multi | Task::Spans => Targets::Sets(all().map(set).collect()),
        };
        let rows = labels.len();
        let counts = labels.counts(0..rows as u32, lesson.labels.len());
        let active = match lesson.task {
            Task::Single => classes(lesson, &counts)?,
            Task::Multi | Task::Spans => told_apart(lesson, &counts, rows)?,
        };
        let mut column_of = vec![None; lesson.labels.len()];
        for (column, &label) in active.iter().enumerate() {
            column_of[label as usize] = Some(column as u32);
        }
        let targets = labels.with_columns(&column_of);
        Ok(Labelled { examples, labels, active, targets })
    }
}

/// Sorted and without repetition, whoever made it.
fn set(target: &Target) -> Arc<[u32]> {
    match target {
        Target::Set(labels) if labels.is_sorted_by(|a, b| a < b) => labels.clone(),
        target => target.labels().iter().copied().collect::<BTreeSet<u32>>().into_iter().collect(),
    }
}

/// The labels that have rows; at least two.
fn classes(lesson: &Lesson, rows: &[usize]) -> Result<Vec<u32>, FitError> {
    let active: Vec<u32> = (0..rows.len() as u32).filter(|&label| rows[label as usize] > 0).collect();
    match active[..] {
        [] => Err(FitError::TooLittle(phrase!("no-class-yet"))),
        [only] => {
            let (name, count) = (&lesson.labels[only as usize], rows[only as usize]);
            Err(FitError::TooLittle(phrase!("one-class", count, label = name)))
        }
        _ => Ok(active),
    }
}

/// The labels that some of the rows have and others have not; at least one.
fn told_apart(lesson: &Lesson, having: &[usize], rows: usize) -> Result<Vec<u32>, FitError> {
    let too_little = |what: Phrase| Err(FitError::TooLittle(what));
    let active: Vec<u32> =
        (0..having.len() as u32).filter(|&label| (1..rows).contains(&having[label as usize])).collect();
    match (rows, having.iter().position(|&having| having > 0)) {
        _ if !active.is_empty() => Ok(active),
        (0, _) => too_little(phrase!("no-labels-yet")),
        (_, None) => too_little(phrase!("no-label-applies-yet", rows)),
        (_, Some(label)) => too_little(phrase!("label-applies-always", label = &lesson.labels[label], rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(task: Task, targets: &[&[u32]]) -> Lesson {
        let example = |(row, target): (usize, &&[u32])| Example {
            text: Text { key: row as u64, body: "".into() },
            target: Some(match task {
                Task::Single => Target::One(target[0]),
                Task::Multi | Task::Spans => Target::Set((*target).into()),
            }),
        };
        let examples = targets.iter().enumerate().map(example).collect();
        Lesson { task, labels: ["a", "b", "c"].map(Arc::from).to_vec(), examples, seed: 0 }
    }

    #[test]
    fn what_is_missing_is_said() {
        let missing = |targets: &[&[u32]]| Labelled::of(&lesson(Task::Multi, targets)).err().map(|why| why.to_string());
        let said = |what: &str| Some(what.to_owned());
        assert_eq!(missing(&[]), said("Label a few rows: no row has labels yet."));
        let none = said("Label a few rows to which a label applies: none does to the 2 rows yet.");
        assert_eq!(missing(&[&[], &[]]), none);
        assert_eq!(missing(&[&[1]]), said("Label a few rows to which `b` does not apply: it does to the only row."));
        let all = said("Label a few rows to which `b` does not apply: it does to all 2 rows.");
        assert_eq!(missing(&[&[1, 2], &[1, 2]]), all);
        assert_eq!(missing(&[&[1], &[]]), None);
        assert_eq!(missing(&[&[1], &[3]]), said("A row has label number 3, but there are 3 labels."));
    }

    #[test]
    fn columns_are_the_labels_that_rows_tell_apart() {
        let lesson = lesson(Task::Multi, &[&[2, 1], &[1], &[1, 2, 2]]);
        let labelled = Labelled::of(&lesson).ok();
        let labelled = labelled.as_ref();
        assert_eq!(labelled.map(|labelled| &labelled.active[..]), Some(&[2][..]));
        let of = |row| labelled.map(|labelled| (labelled.labels.of(row), labelled.targets.of(row)));
        assert_eq!(of(0), Some((&[1, 2][..], &[0][..])));
        assert_eq!(of(1), Some((&[1][..], &[][..])));
        assert_eq!(of(2), of(0));
    }

    #[test]
    fn a_set_is_spread_by_its_rarest_label() {
        let sets = Targets::Sets([[0, 1].as_slice(), &[0], &[], &[0]].map(Arc::from).to_vec());
        assert_eq!(*sets.strata(2), [1, 0, 2, 0]);
    }
}
