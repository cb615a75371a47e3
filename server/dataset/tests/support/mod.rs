//! Small data sets as pictures: what is read from a source, line by line.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::Path;

use dataset::{Document, Hints, TextEdit};

pub(crate) fn open(name: &str, source: &str) -> Document {
    open_with(name, source, &Hints::default())
}

pub(crate) fn open_with(name: &str, source: &str, hints: &Hints) -> Document {
    Document::open(Path::new(name), source.to_string(), hints).unwrap_or_else(|| panic!("{name} is a data file"))
}

pub(crate) fn hints(text: &[&str], label: Option<&str>, labels: &[&str]) -> Hints {
    let strings = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Hints { text: strings(text), label: label.map(Into::into), labels: strings(labels), ..Hints::default() }
}

/// A line a row, `text => label`, and a line a problem, `! part: message`.
pub(crate) fn picture(document: &Document) -> String {
    let mut lines = Vec::new();
    for (index, row) in document.rows().iter().enumerate() {
        let label = row.label().map_or("(none)".into(), |label| label.to_string());
        let site = if row.has_label_site() { &document.source()[row.label_range()] } else { "-" };
        lines.push((row.range().start, format!("{:?} => {label} at {site}", document.text(index))));
    }
    for problem in document.problems() {
        let part = &document.source()[problem.range.clone()];
        lines.push((problem.range.start, format!("! {part:?}: {}", problem.message)));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

pub(crate) fn edited(source: &str, edit: &TextEdit) -> String {
    let mut edited = source.to_string();
    edited.replace_range(edit.range.clone(), &edit.text);
    edited
}

/// The source after giving a row a label.
pub(crate) fn labelled(document: &Document, row: usize, label: Option<&str>) -> String {
    match document.label_edit(row, label) {
        Ok(edit) => edited(document.source(), &edit),
        Err(message) => format!("! {message}"),
    }
}
