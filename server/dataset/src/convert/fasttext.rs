//! fastText: a row a line, a word `__label__x` for each label, in front of the text or behind it.

use super::{Part, Reader, Record, Writer, lines::numbered, plain::one_line};
use crate::label::is_unlabelled;

const PREFIX: &str = "__label__";

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    for (line, content) in numbered(reader.text) {
        if content.trim().is_empty() {
            continue;
        }
        let record = parse(content, line);
        if record.text.is_empty() {
            reader.remarks.row(Part::Row, line, "there is no text behind the label: left out");
        } else {
            records.push(record);
        }
    }
    records
}

fn parse(content: &str, line: usize) -> Record {
    let mut record = Record { line, ..Record::default() };
    let mut text = content.trim();
    let mut behind = Vec::new();
    while text.starts_with(PREFIX) {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        add(&mut record, word);
        text = rest.trim_start();
    }
    while let Some(at) = text.rfind(char::is_whitespace)
        && let word = text[at..].trim_start()
        && word.starts_with(PREFIX)
    {
        behind.push(word);
        text = text[..at].trim_end();
    }
    for word in behind.into_iter().rev() {
        add(&mut record, word);
    }
    record.text = text.into();
    record
}

fn add(record: &mut Record, word: &str) {
    let label = &word[PREFIX.len()..];
    if !is_unlabelled(label) {
        record.add_label(label);
    }
}

pub(super) fn write(writer: &mut Writer) -> String {
    let mut out = String::new();
    for record in &writer.dataset.records {
        let Some(text) = one_line(writer, record) else { continue };
        let mut line = String::new();
        for label in record.labels() {
            let word = label.split_whitespace().collect::<Vec<_>>().join("_");
            if word != **label {
                writer.lose(Part::Labels, record, "blanks in labels are written as `_`");
            }
            line += &format!("{PREFIX}{word} ");
        }
        if record.labels.is_some() && record.labels().is_empty() {
            writer.blur_empty(record);
        }
        line += text.trim();
        let read = parse(&line, 0);
        if read.text != record.text && !record.text.contains(['\n', '\r']) {
            let message = if text.trim() == read.text {
                "blanks around the text are left out"
            } else {
                "words of the text that start with `__label__` become labels"
            };
            writer.lose(Part::Text, record, message);
        }
        if read.labels().len() > record.labels().len() {
            writer.lose(Part::Labels, record, "words of the text that start with `__label__` become labels");
        }
        writer.lose_spans(record);
        writer.lose_rest(record);
        out += &line;
        out.push('\n');
    }
    out
}

/// Whether a line is one of this format.
pub(super) fn is_labelled(line: &str) -> bool {
    line.trim_start().starts_with(PREFIX)
}
