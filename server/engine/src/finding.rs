//! What is to be said of rows: every diagnostic of Gloss is made here, once, as plain data.

mod labels;
mod spans;

use std::{cmp::Reverse, ops::Range};

use catalogue::{Phrase, phrase};
use dataset::{Problem, Task};
use serde_json::{Value, json};

use crate::{
    beginning,
    mark::{self, Mark},
    project::{Place, Project},
    slices::Slice,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    InvalidConfig,
    InvalidRow,
    UnknownLabel,
    ConflictingDuplicate,
    Disagreement,
    NearConflict,
    SuspectLabel,
    LeakedRow,
    NearLeak,
    LabelNext,
    Suggestion,
    Duplicate,
    NearDuplicate,
    CutWord,
    Span,
    UnusedLabel,
    WeakSlice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Information,
    Hint,
}

impl Code {
    pub const ALL: [Code; 17] = [
        Code::InvalidConfig,
        Code::InvalidRow,
        Code::UnknownLabel,
        Code::ConflictingDuplicate,
        Code::Disagreement,
        Code::NearConflict,
        Code::SuspectLabel,
        Code::LeakedRow,
        Code::NearLeak,
        Code::LabelNext,
        Code::Suggestion,
        Code::Duplicate,
        Code::NearDuplicate,
        Code::CutWord,
        Code::Span,
        Code::UnusedLabel,
        Code::WeakSlice,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Code::InvalidConfig => "invalid-config",
            Code::InvalidRow => "invalid-row",
            Code::UnknownLabel => "unknown-label",
            Code::ConflictingDuplicate => "conflicting-duplicate",
            Code::Disagreement => "disagreement",
            Code::NearConflict => "near-conflict",
            Code::SuspectLabel => "suspect-label",
            Code::LeakedRow => "leaked-row",
            Code::NearLeak => "near-leak",
            Code::LabelNext => "label-next",
            Code::Suggestion => "suggestion",
            Code::Duplicate => "duplicate",
            Code::NearDuplicate => "near-duplicate",
            Code::CutWord => "cut-word",
            Code::Span => "span",
            Code::UnusedLabel => "unused-label",
            Code::WeakSlice => "weak-slice",
        }
    }

    /// Its name for people.
    pub fn says(self) -> Phrase {
        phrase!("code", code = self.name())
    }

    pub fn severity(self) -> Severity {
        match self {
            Code::InvalidConfig | Code::InvalidRow | Code::UnknownLabel => Severity::Error,
            Code::ConflictingDuplicate
            | Code::NearConflict
            | Code::SuspectLabel
            | Code::LeakedRow
            | Code::NearLeak
            | Code::CutWord => Severity::Warning,
            Code::LabelNext | Code::Disagreement | Code::WeakSlice => Severity::Information,
            Code::Suggestion | Code::Duplicate | Code::NearDuplicate | Code::Span | Code::UnusedLabel => Severity::Hint,
        }
    }
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
            Severity::Hint => "hint",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub code: Code,
    /// Bytes of the document, or of gloss.toml.
    pub range: Range<usize>,
    pub message: Phrase,
    pub data: Option<Data>,
    /// The row that this one repeats or contradicts.
    pub related: Option<Place>,
}

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Model {
        /// What the model says; where that is several labels or none, a list of them.
        label: Value,
        probability: f32,
        classifier: &'static str,
        version: u64,
    },
    /// How similar the texts of two rows are.
    Near {
        similarity: f32,
    },
    Slice(Box<Slice>),
}

impl Data {
    /// As programs are told it.
    pub fn to_json(&self) -> Value {
        match self {
            Data::Model { label, probability, classifier, version } => {
                json!({"label": label, "probability": probability, "classifier": classifier, "model_version": version})
            }
            Data::Near { similarity } => json!({"similarity": similarity}),
            Data::Slice(slice) => {
                json!({"by": slice.by.name(), "value": slice.value, "rows": slice.rows, "accuracy": slice.accuracy,
                       "others": slice.others, "f1": slice.f1, "chance": slice.chance})
            }
        }
    }
}

/// At most how many findings of a code are given for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub suspects: usize,
    pub label_next: usize,
    pub suggestions: usize,
    /// Of every other code.
    pub others: usize,
}

impl Limits {
    pub const NONE: Limits =
        Limits { suspects: usize::MAX, label_next: usize::MAX, suggestions: usize::MAX, others: usize::MAX };

    pub fn of(&self, code: Code) -> usize {
        match code {
            Code::SuspectLabel => self.suspects,
            Code::LabelNext => self.label_next,
            Code::Suggestion => self.suggestions,
            _ => self.others,
        }
    }
}

impl Default for Limits {
    /// What editors bear: VS Code keeps 1,000 diagnostics a file and drops hints first.
    fn default() -> Limits {
        Limits { suspects: 200, label_next: 20, suggestions: 300, others: 200 }
    }
}

/// The findings of one file in document order, and how many more there are of a code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    pub shown: Vec<Finding>,
    pub omitted: Vec<(Code, usize)>,
}

impl Findings {
    /// Of a code with more than its limit: the most suspicious suspects, and of the others those nearest to the row that
    /// was last edited or looked at.
    pub fn of(project: &Project, file: usize, limits: &Limits) -> Findings {
        let data = &project.files[file];
        let (document, problems) = (&data.document, data.document.problems());
        let mut rows = data.rows_by_code();
        let mut findings = Findings { omitted: omitted(problems.len(), &rows, limits), ..Findings::default() };
        for problem in problems.iter().take(limits.of(Code::InvalidRow)) {
            findings.shown.push(of_problem(Code::InvalidRow, problem));
        }
        for code in Code::ALL {
            let (rows, limit) = (&mut rows[code as usize], limits.of(code));
            let chosen = match code {
                Code::SuspectLabel => most_suspicious(rows, &data.marks, limit),
                _ => nearest_rows(rows, data.focus, limit),
            };
            let found = chosen.iter().flat_map(|row| Finding::of(project, Place { file, row: *row }, code));
            findings.shown.extend(found);
        }
        debug_assert_eq!(data.marks.len(), document.rows().len());
        findings.shown.sort_by_key(|finding| (finding.range.start, Reverse(finding.range.end), finding.code));
        findings
    }

    /// How many more findings a file has than are shown, without making any.
    pub fn omitted(project: &Project, file: usize, limits: &Limits) -> Vec<(Code, usize)> {
        let data = &project.files[file];
        omitted(data.document.problems().len(), &data.rows_by_code(), limits)
    }
}

fn most_suspicious<'a>(rows: &'a mut [usize], marks: &[Mark], limit: usize) -> &'a [usize] {
    if (1..rows.len()).contains(&limit) {
        rows.select_nth_unstable_by(limit - 1, |a, b| {
            marks[*b].suspicion.total_cmp(&marks[*a].suspicion).then(a.cmp(b))
        });
    }
    &rows[..limit.min(rows.len())]
}

/// Of rows in order, those nearest to one of the file's.
pub(crate) fn nearest_rows(rows: &[usize], to: usize, limit: usize) -> &[usize] {
    let mut start = rows.partition_point(|row| *row < to);
    let mut end = start;
    while end - start < limit.min(rows.len()) {
        let before = start.checked_sub(1).map(|at| to - rows[at]);
        let behind = rows.get(end).map(|row| row - to);
        match (before, behind) {
            (Some(before), Some(behind)) if before <= behind => start -= 1,
            (Some(_), None) => start -= 1,
            _ => end += 1,
        }
    }
    &rows[start..end]
}

/// The rows that each code is said of, in order.
pub(crate) type RowsByCode = [Vec<usize>; Code::ALL.len()];

fn omitted(problems: usize, rows: &RowsByCode, limits: &Limits) -> Vec<(Code, usize)> {
    let count = |code: Code| rows[code as usize].len() + if code == Code::InvalidRow { problems } else { 0 };
    let more = |code: Code| Some((code, count(code).checked_sub(limits.of(code)).filter(|more| *more > 0)?));
    Code::ALL.into_iter().filter_map(more).collect()
}

/// A problem in a file as a finding.
pub fn of_problem(code: Code, problem: &Problem) -> Finding {
    Finding { code, range: problem.range.clone(), message: problem.message.clone(), data: None, related: None }
}

impl Finding {
    pub(crate) fn plain(code: Code, range: Range<usize>, message: Phrase) -> Finding {
        Finding { code, range, message, data: None, related: None }
    }

    /// What this code says of a row whose mark has it.
    fn of(project: &Project, place: Place, code: Code) -> Vec<Finding> {
        let document = &project.files[place.file].document;
        let row = &document.rows()[place.row];
        let related =
            |range, message: Phrase, other| Finding { related: other, ..Finding::plain(code, range, message) };
        let found = match code {
            Code::InvalidConfig | Code::InvalidRow | Code::UnusedLabel | Code::WeakSlice => None,
            Code::LeakedRow => Some(related(row.range(), phrase!("leaked-row"), mark::leak(project, place))),
            Code::UnknownLabel => return labels::unknown_labels(project, place),
            Code::ConflictingDuplicate => mark::contradiction(project, place).and_then(|other| {
                let (theirs, there) = (project.answer(other)?, project.describe(other));
                let message = phrase!("conflicting-duplicate", labels = labels::said(theirs), there);
                Some(related(labels::site(project, place), message, Some(other)))
            }),
            Code::Disagreement => mark::disagreement(project, place).and_then(|other| {
                let (theirs, there) = (project.answer(other)?, project.describe(other));
                let message =
                    phrase!("disagreement", who = project.annotator(other)?, labels = labels::said(theirs), there);
                Some(related(labels::site(project, place), message, Some(other)))
            }),
            Code::Duplicate => mark::repetition(project, place)
                .map(|first| related(row.range(), phrase!("duplicate", there = project.describe(first)), Some(first))),
            Code::NearConflict | Code::NearLeak | Code::NearDuplicate => labels::near(project, place, code),
            Code::Span | Code::CutWord => return spans::of(project, place, code),
            Code::LabelNext if project.learned.is_none() => Some(beginning::finding(project, place)),
            Code::SuspectLabel | Code::LabelNext | Code::Suggestion if document.schema().task == Task::Spans => {
                return spans::of(project, place, code);
            }
            Code::SuspectLabel => return labels::suspects(project, place),
            Code::LabelNext | Code::Suggestion => labels::suggestion(project, place, code),
        };
        found.into_iter().collect()
    }
}

/// "93%".
pub fn percent(probability: f32) -> String {
    format!("{:.0}%", probability * 100.0)
}

/// "1,204".
pub fn grouped(number: usize) -> String {
    catalogue::grouped(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_around_one() {
        let rows = [1, 4, 5, 9, 20];
        assert_eq!(nearest_rows(&rows, 5, 3), [1, 4, 5]);
        assert_eq!(nearest_rows(&rows, 6, 2), [4, 5]);
        assert_eq!(nearest_rows(&rows, 30, 2), [9, 20]);
        assert_eq!(nearest_rows(&rows, 0, 9), rows);
        assert_eq!(nearest_rows(&rows, 7, 0), [0; 0]);
    }

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(percent(0.934), "93%");
    }
}
