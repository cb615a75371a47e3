//! Which fields hold the text and the label, given or detected.

use crate::{
    detect,
    format::{Format, listed},
};

/// What a data set is labelled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// One label a row.
    #[default]
    Single,
    /// Any number of labels a row, each of which applies or does not.
    Multi,
    /// Labelled parts of the text.
    Spans,
}

/// What is configured; everything left out is detected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    pub text: Vec<String>,
    pub label: Option<String>,
    /// Whether the label stands in a list, alone ([`Schema::listed`]).
    pub listed: Option<bool>,
    pub task: Task,
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
    pub label: String,
    /// Whether the label stands in a list, alone: `["refund"]`; `[]` is no label.
    pub listed: bool,
    /// Names of integer labels.
    pub labels: Vec<String>,
    /// Whether the text (the label) field was found by looking rather than configured.
    pub text_detected: bool,
    pub label_detected: bool,
    /// Whether the document looks like an annotated data set even where nothing was configured: a text field was found
    /// in most of its rows and (for formats used for anything: .json, .csv, .tsv) a label field too.
    pub annotated: bool,
}

impl Schema {
    /// Looks at the first rows (at most a few hundred) of `source`.
    pub fn detect(source: &str, format: Format, hints: &Hints) -> Schema {
        detect::detect(source.as_bytes(), format, hints).schema
    }

    /// One sentence for people: "Text from `sentence`, label from `intent` (detected)."
    pub fn describe(&self) -> String {
        if self.format == Format::FastText {
            return "Text and label in fastText's form, `__label__x text`.".into();
        }
        let text = if self.text.is_empty() { "no field".into() } else { listed(&self.text) };
        let note = match (self.text_detected, self.label_detected) {
            (true, true) => " (detected)",
            (true, false) => " (text detected)",
            (false, true) => " (label detected)",
            (false, false) => "",
        };
        let listed = if self.listed { ", lists of one" } else { "" };
        format!("Text from {text}, label from `{}`{listed}{note}.", self.label)
    }
}
