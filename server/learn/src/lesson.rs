//! What a classifier learns from.

use std::sync::Arc;

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

/// The labelled rows of a lesson of [`Task::Single`], as models see them.
pub(crate) struct Labelled<'a> {
    pub(crate) examples: Vec<&'a Example>,
    /// The label of each.
    pub(crate) labels: Vec<u32>,
    /// The labels that have rows, at least two: the columns of a model.
    pub(crate) active: Vec<u32>,
    /// The column of each row.
    pub(crate) targets: Vec<u32>,
}

impl<'a> Labelled<'a> {
    pub(crate) fn of(lesson: &'a Lesson) -> Result<Labelled<'a>, FitError> {
        if lesson.task != Task::Single {
            return Err(FitError::Failed("Several labels a text are not learned by this step.".into()));
        }
        let (mut examples, mut labels) = (Vec::new(), Vec::new());
        for example in &lesson.examples {
            match &example.target {
                Some(Target::One(label)) => labels.push(*label),
                Some(Target::Set(_) | Target::Spans(_)) => {
                    return Err(FitError::Failed("A row has a set of labels, where each is to have one.".into()));
                }
                None => continue,
            }
            examples.push(example);
        }
        let active = active(lesson, &labels)?;
        let mut column_of = vec![0; lesson.labels.len()];
        for (column, &label) in active.iter().enumerate() {
            column_of[label as usize] = column as u32;
        }
        let targets = labels.iter().map(|&label| column_of[label as usize]).collect();
        Ok(Labelled { examples, labels, active, targets })
    }
}

/// The labels that have rows; at least two.
fn active(lesson: &Lesson, labels: &[u32]) -> Result<Vec<u32>, FitError> {
    let mut rows = vec![0usize; lesson.labels.len()];
    for &label in labels {
        match rows.get_mut(label as usize) {
            Some(rows) => *rows += 1,
            None => {
                return Err(FitError::Failed(format!(
                    "A row has label number {label}, but there are {} labels.",
                    lesson.labels.len()
                )));
            }
        }
    }
    let active: Vec<u32> = (0..lesson.labels.len() as u32).filter(|&label| rows[label as usize] > 0).collect();
    match active[..] {
        [] => Err(FitError::TooLittle("Label a few rows of at least two classes: no row has a label yet.".into())),
        [only] => {
            let (name, count) = (&lesson.labels[only as usize], labels.len());
            let all = if count == 1 { "the only label is".into() } else { format!("all {count} labels are") };
            Err(FitError::TooLittle(format!("Label rows of at least one more class: {all} `{name}`.")))
        }
        _ => Ok(active),
    }
}
