//! Small data sets as pictures: what is read from a source, line by line.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{path::Path, sync::Arc};

use dataset::{Answer, Document, Hints, Span, TextEdit};

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
        let site = if row.has_label_site() { &document.source()[row.label_range()] } else { "-" };
        lines.push((row.range().start, format!("{:?} => {} at {site}", document.text(index), said(document, index))));
    }
    for problem in document.problems() {
        let part = &document.source()[problem.range.clone()];
        lines.push((problem.range.start, format!("! {part:?}: {}", problem.message)));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

/// `x`; `{x, y}`; `one [two](x) three`, as the file has it.
pub(crate) fn said(document: &Document, row: usize) -> String {
    match document.rows()[row].answer() {
        None => "(none)".into(),
        Some(Answer::One(label)) => label.to_string(),
        Some(Answer::Set(labels)) => {
            let labels: Vec<&str> = labels.iter().map(|label| &**label).collect();
            format!("{{{}}}", labels.join(", "))
        }
        Some(Answer::Spans(spans)) => {
            let map = document.text_map(row);
            let part = |span: &Span| {
                let place = map.source(span.start as usize..span.end as usize);
                format!("[{}]({})", &document.source()[place], span.label)
            };
            format!("<{}>", spans.iter().map(part).collect::<Vec<_>>().join(" "))
        }
    }
}

/// The source after giving a row an answer.
pub(crate) fn answered(document: &Document, row: usize, answer: Option<&Answer>) -> String {
    let mut source = document.source().to_string();
    match document.answer_edits(row, answer) {
        Ok(edits) => edits.iter().rev().for_each(|edit| source.replace_range(edit.range.clone(), &edit.text)),
        Err(message) => return format!("! {message}"),
    }
    source
}

pub(crate) fn set(labels: &[&str]) -> Answer {
    Answer::Set(labels.iter().map(|label| Arc::from(*label)).collect())
}

pub(crate) fn spans(parts: &[(u32, u32, &str)]) -> Answer {
    Answer::Spans(parts.iter().map(|&(start, end, label)| Span { start, end, label: label.into() }).collect())
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
