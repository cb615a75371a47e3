//! From rows to examples: a snapshot of a project that a training job works on.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use dataset::{Answer, Document, Row, Span, Task};
use learn::{Example, Lesson, Target, Text, queue, spans};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::names;

/// The documents as they were when the job was asked for; later edits do not touch them.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// With whether each is held out.
    pub documents: Vec<(Document, bool)>,
    /// The closed set of labels with their guidelines, or empty.
    pub closed: Vec<(String, String)>,
    /// How the rows are chosen that are to be labelled next.
    pub queue: queue::Strategy,
    pub seed: u64,
}

impl Corpus {
    /// What most labelled rows are labelled with.
    pub fn task(&self) -> Task {
        task_of(self.documents.iter().map(|(document, _)| document))
    }

    /// Every row that may be learned from. Rows with a label outside the closed set are left out: they are errors.
    pub fn lesson(&self) -> Lesson {
        let mut labels: Vec<Arc<str>> = self.closed.iter().map(|(name, _)| Arc::from(name.as_str())).collect();
        if labels.is_empty() {
            let mut seen: FxHashSet<&Arc<str>> = FxHashSet::default();
            for (document, _) in self.training() {
                seen.extend(document.rows().iter().filter_map(Row::answer).flat_map(Answer::labels));
            }
            labels.extend(seen.into_iter().cloned());
        }
        labels.sort();
        labels.dedup();
        let task = in_learning(self.task());
        let mut examples = Vec::new();
        for (document, _) in self.training() {
            for (index, row) in document.rows().iter().enumerate() {
                let target = match row.answer() {
                    Some(answer) => {
                        match target(answer, task, |label| Some(labels.binary_search(label).ok()? as u32)) {
                            None => continue,
                            target => target,
                        }
                    }
                    None => None,
                };
                examples.push(Example { text: text(document, index), target });
            }
        }
        Lesson { task, labels, examples, seed: self.seed }
    }

    /// Whether it is too little to learn from, and labels' names are to speak.
    pub(crate) fn asks_names(&self) -> bool {
        let rows = self.training().flat_map(|(document, _)| document.rows());
        self.task() == Task::Single
            && names::are_due(&self.closed, rows.filter_map(|row| row.label().map(|label| &**label)))
    }

    /// The labelled rows of the held-out files.
    pub fn held_out(&self, labels: &[Arc<str>]) -> Judged {
        Judged::of(self.documents.iter().filter(|(_, held_out)| *held_out).map(|(document, _)| document), labels)
    }

    /// Of all that a lesson is made of. Equal fingerprints: there is nothing new to learn.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.closed, self.documents.iter().map(|(document, held_out)| (document, *held_out)))
    }

    fn training(&self) -> impl Iterator<Item = &(Document, bool)> {
        self.documents.iter().filter(|(_, held_out)| !held_out)
    }
}

/// Labelled rows that a classifier is judged by.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub texts: Vec<Text>,
    /// Columns of the classifier; a label that it does not know is a column beyond them, so it is always missed.
    pub targets: Vec<Target>,
    /// How many rows have such a label.
    pub unknown: usize,
}

impl Judged {
    pub fn of<'a>(documents: impl Iterator<Item = &'a Document>, labels: &[Arc<str>]) -> Judged {
        let mut columns: FxHashMap<Arc<str>, u32> = labels.iter().cloned().zip(0..).collect();
        let mut judged = Judged::default();
        for document in documents {
            let task = in_learning(document.schema().task);
            for (index, row) in document.rows().iter().enumerate() {
                let column = |label: &Arc<str>| {
                    let next = columns.len() as u32;
                    Some(*columns.entry(label.clone()).or_insert(next))
                };
                let Some(target) = row.answer().and_then(|answer| target(answer, task, column)) else { continue };
                let spans = target.spans().iter().map(|span| span.label);
                let beyond = |label: u32| label as usize >= labels.len();
                judged.unknown += usize::from(target.labels().iter().copied().chain(spans).any(beyond));
                judged.texts.push(text(document, index));
                judged.targets.push(target);
            }
        }
        judged
    }
}

/// What most labelled rows of these documents are labelled with; where none is, what the first one looks like.
pub fn task_of<'a>(documents: impl Iterator<Item = &'a Document> + Clone) -> Task {
    let labelled = |document: &&Document| document.rows().iter().filter(|row| row.is_labelled()).count();
    let mut counts = [Task::Single, Task::Multi, Task::Spans].map(|task| (task, 0));
    for document in documents.clone() {
        let of_task = counts.iter_mut().find(|(task, _)| *task == document.schema().task);
        of_task.into_iter().for_each(|(_, count)| *count += labelled(&document));
    }
    match counts.into_iter().max_by_key(|(_, count)| *count) {
        Some((task, count)) if count > 0 => task,
        _ => documents.into_iter().next().map_or(Task::Single, |document| document.schema().task),
    }
}

/// An answer as classifiers see it. `None`: it is none to this task, or has a label of which there is no number.
fn target(answer: &Answer, task: learn::Task, mut number: impl FnMut(&Arc<str>) -> Option<u32>) -> Option<Target> {
    match (answer, task) {
        (Answer::One(label), learn::Task::Single) => Some(Target::One(number(label)?)),
        (Answer::Set(labels), learn::Task::Multi) => {
            let mut numbers = labels.iter().map(number).collect::<Option<Vec<u32>>>()?;
            numbers.sort_unstable();
            numbers.dedup();
            Some(Target::Set(numbers.into()))
        }
        (Answer::Spans(spans), learn::Task::Spans) => {
            let number =
                |span: &Span| Some(spans::Span { start: span.start, end: span.end, label: number(&span.label)? });
            Some(Target::Spans(spans.iter().map(number).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

pub(crate) fn in_learning(task: Task) -> learn::Task {
    match task {
        Task::Single => learn::Task::Single,
        Task::Multi => learn::Task::Multi,
        Task::Spans => learn::Task::Spans,
    }
}

pub(crate) fn fingerprint<'a>(
    closed: &[(String, String)],
    documents: impl Iterator<Item = (&'a Document, bool)>,
) -> u64 {
    let mut all = FxHasher::default();
    // Guidelines teach nothing once there are rows.
    closed.iter().map(|(name, _)| name).collect::<Vec<_>>().hash(&mut all);
    // A sum does not depend on the order of rows: moving one teaches nothing new.
    let mut rows = 0u64;
    for (document, held_out) in documents {
        for row in document.rows() {
            let mut hasher = FxHasher::default();
            (held_out, row.text_key()).hash(&mut hasher);
            sorted(row.answer()).hash(&mut hasher);
            rows = rows.wrapping_add(hasher.finish());
        }
    }
    rows.hash(&mut all);
    all.finish()
}

/// An answer whose order says nothing.
pub(crate) fn sorted(answer: Option<&Answer>) -> Option<Answer> {
    match answer {
        Some(Answer::Set(labels)) if !labels.is_sorted() => {
            let mut labels = labels.to_vec();
            labels.sort();
            Some(Answer::Set(labels.into()))
        }
        answer => answer.cloned(),
    }
}

/// A text on one line, cut after so many characters.
pub(crate) fn beginning(text: &str, characters: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A row's text as a classifier reads it.
pub fn text(document: &Document, row: usize) -> Text {
    Text { key: document.rows()[row].text_key(), body: document.text(row).into() }
}

/// A text that stands in no document.
pub fn text_of(body: &str) -> Text {
    Text { key: dataset::text_key(body), body: body.into() }
}
