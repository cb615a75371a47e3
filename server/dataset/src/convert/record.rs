//! A row as any of the formats may hold it.

use std::sync::Arc;

use super::remarks::Remark;
use crate::{
    Answer, Span, Task,
    format::{Fields, Json},
};

/// A text and what was said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub text: String,
    /// What the whole text is labelled with, in order and without repetition. `None`: nobody looked; empty: none applies.
    pub labels: Option<Vec<Arc<str>>>,
    /// Labelled parts of the text, in its order. `None`: nobody looked; empty: there are none.
    pub spans: Option<Vec<Span>>,
    /// Ids, meta and other fields, in the order of the file.
    pub rest: Fields,
    /// The line of the file on which it starts, from 1.
    pub line: usize,
}

impl Record {
    /// What the row is labelled with, as a data set of this task has it.
    pub fn answer(&self, task: Task) -> Option<Answer> {
        match task {
            Task::Single => self.labels.as_ref()?.first().cloned().map(Answer::One),
            Task::Multi => self.labels.as_ref().map(|labels| Answer::Set(labels.as_slice().into())),
            Task::Spans => self.spans.as_ref().map(|spans| Answer::Spans(spans.as_slice().into())),
        }
    }

    pub(super) fn add_label(&mut self, label: &str) {
        let labels = self.labels.get_or_insert_default();
        if !label.is_empty() && !labels.iter().any(|known| **known == *label) {
            labels.push(label.into());
        }
    }

    /// Its labels, or none if nobody looked.
    pub(super) fn labels(&self) -> &[Arc<str>] {
        self.labels.as_deref().unwrap_or_default()
    }

    pub(super) fn spans(&self) -> &[Span] {
        self.spans.as_deref().unwrap_or_default()
    }

    pub(super) fn rest(&self, name: &str) -> Option<&Json> {
        self.rest.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Records with what they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    pub records: Vec<Record>,
    /// What most of it is about: labels of whole texts come before spans.
    pub task: Task,
    /// The labels of whole texts that the file or the options name, in their order; others may stand in the rows.
    pub names: Vec<Arc<str>>,
}

impl Dataset {
    /// Finds the task, and drops what means nothing in it: a missing single label is the same as none.
    pub fn new(mut records: Vec<Record>, names: Vec<Arc<str>>) -> Dataset {
        let labelled = records.iter().any(|record| !record.labels().is_empty());
        let spanned = records.iter().any(|record| !record.spans().is_empty());
        let task = match () {
            () if records.iter().any(|record| record.labels().len() > 1) => Task::Multi,
            () if labelled || !records.iter().any(|record| record.spans.is_some()) => Task::Single,
            () => Task::Spans,
        };
        for record in &mut records {
            if task != Task::Multi && record.labels().is_empty() {
                record.labels = None;
            }
            if labelled && !spanned {
                record.spans = None;
            }
            if let Some(spans) = &mut record.spans {
                spans.sort();
                spans.dedup();
            }
        }
        Dataset { records, task, names }
    }

    /// Those that were named, then those of the rows, in order of appearance.
    pub fn labels(&self) -> Vec<Arc<str>> {
        let mut seen: rustc_hash::FxHashSet<&Arc<str>> = self.names.iter().collect();
        let mut labels = self.names.clone();
        for label in self.records.iter().flat_map(|record| record.labels()) {
            if seen.insert(label) {
                labels.push(label.clone());
            }
        }
        labels
    }
}

/// What a file says, and what had to be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub dataset: Dataset,
    pub format: super::FormatName,
    /// "UTF-8", "GBK" ...
    pub encoding: &'static str,
    pub remarks: Vec<Remark>,
}

/// A file's bytes, and what the format could not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub bytes: Vec<u8>,
    pub losses: Vec<Remark>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(labels: &[&str]) -> Record {
        let labels = labels.iter().map(|label| Arc::from(*label)).collect();
        Record { text: "a".into(), labels: Some(labels), ..Record::default() }
    }

    #[test]
    fn the_rows_say_the_task_and_the_task_what_an_empty_answer_means() {
        let span = Span { start: 0, end: 1, label: "x".into() };
        let spanned = Record { text: "a".into(), spans: Some(vec![span.clone(), span.clone()]), ..Record::default() };

        let multi = Dataset::new(vec![labelled(&["x", "y"]), labelled(&[])], Vec::new());
        assert_eq!(multi.records[1].answer(multi.task), Some(Answer::Set([].into())));
        assert_eq!((multi.task, multi.labels().len()), (Task::Multi, 2));

        let single = Dataset::new(vec![labelled(&["x"]), labelled(&[]), spanned.clone()], Vec::new());
        assert_eq!(single.records[0].answer(single.task), Some(Answer::One("x".into())));
        assert_eq!((single.task, single.records[1].answer(single.task)), (Task::Single, None));

        let spans = Dataset::new(vec![spanned], Vec::new());
        assert_eq!(
            spans.records[0].answer(spans.task),
            Some(Answer::Spans([span].into())),
            "sorted, without repetition"
        );
    }
}
