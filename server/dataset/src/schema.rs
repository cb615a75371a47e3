//! Which fields hold the text and the label, given or detected.

use catalogue::{Phrase, phrase};

use crate::{
    Offsets, detect,
    format::{Format, listed},
};

/// What a data set is labelled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Task {
    /// One label a row.
    #[default]
    Single,
    /// Any number of labels a row, each of which applies or does not.
    Multi,
    /// Labelled parts of the text.
    Spans,
}

/// How a row's label, labels or spans stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// `"refund"`, a cell, `__label__refund`; in fastText several of them.
    #[default]
    Value,
    /// `["refund"]`, where `[]` is no label; several: `["refund", "card"]`; spans: `[{"start": 0, "end": 4, "label": "city"}]`, `[[0, 4, "city"]]`.
    List,
    /// Several in one value, with this between them: `refund|card`.
    Separated(String),
    /// A field a label, of 0 and 1.
    Flags(Vec<String>),
    /// An object with a number a label, as spaCy's `cats`.
    Scores,
    /// A tag a token.
    Tags(Scheme),
    /// Label Studio's tasks; the label is the name of a control.
    Tasks {
        /// The name of what it labels.
        object: String,
    },
}

/// How tags of tokens say where spans begin and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// BIO2: `B-` begins every span.
    #[default]
    Bio,
    /// `B-` begins a span only right behind one of the same type.
    Iob1,
    Bioes,
    Bilou,
}

/// What is configured; everything left out is detected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    pub text: Vec<String>,
    pub label: Option<String>,
    pub shape: Option<Shape>,
    pub task: Option<Task>,
    pub offsets: Offsets,
    /// Whether an empty list of labels or spans means that nobody looked at the row; else, that none applies.
    pub empty_is_unlabelled: bool,
    /// Names of integer labels: `labels[3]` is what the value `3` means.
    pub labels: Vec<String>,
}

/// How the rows of one document are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub format: Format,
    pub task: Task,
    /// Text fields; several are joined by newlines.
    pub text: Vec<String>,
    /// The first field, where each label has one.
    pub label: String,
    /// A field that repeats the label as a number, as in CLUE; both are written together.
    pub code: Option<String>,
    pub shape: Shape,
    /// What spans count.
    pub offsets: Offsets,
    pub empty_is_unlabelled: bool,
    /// Names of integer labels.
    pub labels: Vec<String>,
    /// Whether the text (the label) field was found by looking rather than configured.
    pub text_detected: bool,
    pub label_detected: bool,
    /// Whether the document looks like an annotated data set even where nothing was configured: a text field was found
    /// in most of its rows and (for formats used for anything: .json, .csv, .tsv) a label field too.
    pub annotated: bool,
}

impl Task {
    /// As gloss.toml has it.
    pub fn name(self) -> &'static str {
        match self {
            Task::Single => "single",
            Task::Multi => "multi",
            Task::Spans => "spans",
        }
    }

    pub fn named(name: &str) -> Option<Task> {
        [Task::Single, Task::Multi, Task::Spans].into_iter().find(|task| task.name() == name)
    }
}

impl Shape {
    /// Whether a label stands in a list, alone or with others.
    pub(crate) fn has_lists(&self) -> bool {
        matches!(self, Shape::List | Shape::Tasks { .. })
    }
}

impl Schema {
    /// Looks at the first rows (at most a few hundred) of `source`.
    pub fn detect(source: &str, format: Format, hints: &Hints) -> Schema {
        detect::detect(source.as_bytes(), format, hints).schema
    }

    /// One sentence for people: "Text from `sentence`, label from `intent` (detected)."
    pub fn describe(&self) -> Phrase {
        if self.format == Format::FastText {
            return phrase!("described-fasttext", task = self.task.name());
        }
        if self.format == Format::Conll {
            return phrase!("described-conll");
        }
        if self.format == Format::Rasa {
            return phrase!("described-rasa", task = self.task.name());
        }
        let text = if self.text.is_empty() { phrase!("no-field").into() } else { listed(&self.text) };
        let detected = match (self.text_detected, self.label_detected) {
            (true, true) => "both",
            (true, false) => "text",
            (false, true) => "label",
            (false, false) => "none",
        };
        phrase!("described", text, labels = self.describe_label(), detected)
    }

    fn describe_label(&self) -> Phrase {
        let field = &self.label;
        let empty = if self.empty_is_unlabelled { "unlabelled" } else { "none" };
        match (self.task, &self.shape) {
            (Task::Spans, Shape::Tasks { .. }) => phrase!("regions-of-tasks", field),
            (_, Shape::Tasks { .. }) => phrase!("choices-of-tasks", field),
            (Task::Spans, _) => phrase!("spans-from", field, offsets = self.offsets.name(), empty),
            (_, Shape::Flags(fields)) => phrase!("labels-from-fields", count = fields.len(), field),
            (Task::Multi, Shape::Separated(separator)) => phrase!("labels-from-separated", field, separator),
            (Task::Multi, Shape::List) => phrase!("labels-from-list", field, empty),
            (Task::Multi, _) => phrase!("labels-from", field),
            (Task::Single, Shape::List) => phrase!("label-from-list", field),
            (Task::Single, _) if let Some(code) = &self.code => phrase!("label-with-number", field, code),
            (Task::Single, _) => phrase!("label-from", field),
        }
    }
}
