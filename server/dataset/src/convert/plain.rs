//! Plain lines: a text a line, without labels. Blank lines are skipped.

use super::{Part, Reader, Record, Writer, lines::numbered};

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let lines = numbered(reader.text).filter(|(_, text)| !text.trim().is_empty());
    lines.map(|(line, text)| Record { text: text.into(), line, ..Record::default() }).collect()
}

pub(super) fn write(writer: &mut Writer) -> String {
    let mut out = String::new();
    for record in &writer.dataset.records {
        writer.lose_labels(record);
        writer.lose_spans(record);
        writer.lose_rest(record);
        if let Some(text) = one_line(writer, record) {
            out += &text;
            out.push('\n');
        }
    }
    out
}

/// The text with blanks for line breaks. `None`: nothing would be left.
pub(super) fn one_line(writer: &mut Writer, record: &Record) -> Option<String> {
    if record.text.trim().is_empty() {
        writer.lose(Part::Row, record, "the text is blank: left out");
        return None;
    }
    if !record.text.contains(['\n', '\r']) {
        return Some(record.text.clone());
    }
    writer.lose(Part::Text, record, "line breaks in the text are written as blanks");
    // Blank by blank, so that offsets stay.
    Some(record.text.replace(['\n', '\r'], " "))
}
