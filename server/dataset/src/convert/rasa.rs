//! What Rasa's YAML and Markdown have in common: intents with examples, whose entities are marked in the text.

use std::sync::Arc;

use super::{Part, Reader, Record, Writer, plain::one_line};
use crate::{
    format::{NO_INTENT, rasa_markup},
    label::is_unlabelled,
};

/// An example of an intent.
pub(super) fn record(reader: &mut Reader, line: usize, intent: &str, example: &str) -> Option<Record> {
    let example = rasa_markup::parse(example.trim());
    let (mut spans, text, more) = (example.spans(), example.text, example.more);
    if text.is_empty() {
        reader.remarks.row(Part::Row, line, "the example is empty: left out");
        return None;
    }
    if more {
        reader.remarks.row(Part::Spans, line, "values, roles and groups of entities are left out; a span has a label");
    }
    spans.sort();
    let mut record = Record { text, spans: Some(spans), line, ..Record::default() };
    if !is_unlabelled(intent) {
        record.add_label(intent.trim());
    }
    Some(record)
}

/// Where no example has an entity, nobody has looked for them.
pub(super) fn finish(mut records: Vec<Record>) -> Vec<Record> {
    if records.iter().all(|record| record.spans().is_empty()) {
        records.iter_mut().for_each(|record| record.spans = None);
    }
    records
}

/// Says of a synonym, a regular expression or a lookup table that it is left out.
pub(super) fn left_out(reader: &mut Reader, line: usize, kind: &str) {
    reader.remarks.row(Part::File, line, format!("`{kind}` is left out; it is no example"));
}

/// Intents in order of appearance, with their examples.
pub(super) fn intents(writer: &mut Writer) -> Vec<(String, Vec<String>)> {
    let mut intents: Vec<(String, Vec<String>)> = Vec::new();
    let mut grouped = true;
    let mut held = Vec::new();
    for record in &writer.dataset.records {
        held.extend(example(writer, record).map(|example| (record, example)));
    }
    let spanned = held.iter().any(|(record, _)| !record.spans().is_empty());
    for (record, example) in held {
        match (&record.spans, spanned) {
            (None, true) => {
                writer.lose(Part::Empty, record, "that nobody has looked for spans is written as if there were none");
            }
            (Some(_), false) => writer.blur_empty(record),
            _ => {}
        }
        let intent = intent(writer, record);
        writer.lose_rest(record);
        match intents.iter().position(|(known, _)| *known == intent) {
            Some(place) => {
                grouped &= place + 1 == intents.len();
                intents[place].1.push(example);
            }
            None => intents.push((intent, vec![example])),
        }
    }
    if !grouped {
        writer.losses.file(Part::Order, "rows come in the order of their labels");
    }
    intents
}

fn intent(writer: &mut Writer, record: &Record) -> String {
    let name = |label: &Arc<str>| label.split_whitespace().collect::<Vec<_>>().join(" ");
    match record.labels() {
        [] => {
            if record.labels.is_some() {
                writer.blur_empty(record);
            }
            NO_INTENT.into()
        }
        [label] => {
            if name(label) != **label {
                writer.lose(Part::Labels, record, "line breaks in labels are written as blanks");
            }
            name(label)
        }
        labels => {
            writer.lose(Part::Labels, record, "several labels are joined by `+`; Rasa holds one");
            labels.iter().map(name).collect::<Vec<_>>().join("+")
        }
    }
}

fn example(writer: &mut Writer, record: &Record) -> Option<String> {
    let text = one_line(writer, record)?;
    if text.contains(|ch: char| ch.is_control() && ch != '\t') || text.contains(['\u{feff}', '\u{fffe}', '\u{ffff}']) {
        writer.lose(Part::Row, record, "a text with control characters is left out");
        return None;
    }
    let (example, skipped) = rasa_markup::write(&text, record.spans());
    if skipped > 0 {
        writer.lose(Part::Spans, record, "spans that lie within or over others are left out; Rasa holds none");
    }
    let trimmed = example.trim();
    let read = rasa_markup::parse(trimmed);
    if read.text != text {
        if read.text != text.trim() {
            writer.lose(Part::Row, record, "a text that Rasa would read as an entity's markup is left out");
            return None;
        }
        writer.lose(Part::Text, record, "blanks around the text are left out");
    } else if skipped == 0 && read.spans() != record.spans() {
        writer.lose(Part::Row, record, "a text that Rasa would read as an entity's markup is left out");
        return None;
    }
    Some(trimmed.into())
}
