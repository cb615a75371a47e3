//! Which fields hold the text and the label, given or detected.

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
    pub fn describe(&self) -> String {
        if self.format == Format::FastText {
            let labels = if self.task == Task::Multi { "labels" } else { "label" };
            return format!("Text and {labels} in fastText's form, `__label__x text`.");
        }
        if self.format == Format::Conll {
            return "Sentences of tokens, spans from their tags.".into();
        }
        let text = if self.text.is_empty() { "no field".into() } else { listed(&self.text) };
        let note = match (self.text_detected, self.label_detected) {
            (true, true) => " (detected)",
            (true, false) => " (text detected)",
            (false, true) => " (label detected)",
            (false, false) => "",
        };
        format!("Text from {text}, {}{note}.", self.describe_label())
    }

    fn describe_label(&self) -> String {
        let field = format!("`{}`", self.label);
        let empty = if self.empty_is_unlabelled { "no label" } else { "that none applies" };
        match (self.task, &self.shape) {
            (Task::Spans, Shape::Tasks { .. }) => format!("regions of {field} in Label Studio's tasks"),
            (_, Shape::Tasks { .. }) => format!("choices of {field} in Label Studio's tasks"),
            (Task::Spans, _) => format!("spans from {field} in {} (`[]` means {empty})", self.offsets.name()),
            (_, Shape::Flags(fields)) => format!("labels from {} fields, {field} and on", fields.len()),
            (Task::Multi, Shape::Separated(separator)) => {
                format!("labels from {field}, with `{separator}` between them")
            }
            (Task::Multi, Shape::List) => format!("labels from {field} (`[]` means {empty})"),
            (Task::Multi, _) => format!("labels from {field}"),
            (Task::Single, Shape::List) => format!("label from {field}, lists of one"),
            (Task::Single, _) => format!("label from {field}"),
        }
    }
}
