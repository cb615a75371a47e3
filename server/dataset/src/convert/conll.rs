//! CoNLL and BIO: a token a line, its tag in the last of two or more columns (tab or blanks between); a blank line ends a
//! sentence, which is a row. `-DOCSTART-` and comments are skipped.

use super::{
    Part, Reader, Record, Writer,
    lines::numbered,
    tags::{self, Tagged},
};
use crate::{Span, format::tag::is_tag};

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    let mut sentence = Tagged::default();
    let mut start = 1;
    for (line, content) in numbered(reader.text).chain([(0, "")]) {
        if content.trim().is_empty() {
            if !sentence.is_empty() {
                records.push(std::mem::take(&mut sentence).record(start, &mut reader.remarks));
            }
            continue;
        }
        let Some((token, tag)) = columns(content) else {
            if !content.starts_with('#') {
                reader.remarks.row(
                    Part::Text,
                    line,
                    "a line with one column is left out; expected a token and its tag",
                );
            }
            continue;
        };
        if token == DOCUMENT || is_comment(content, tag) {
            continue;
        }
        if sentence.is_empty() {
            start = line;
        }
        sentence.push(token, tag);
    }
    records
}

const DOCUMENT: &str = "-DOCSTART-";

/// The first column and the last.
fn columns(content: &str) -> Option<(&str, &str)> {
    let content = content.trim_end();
    if content.contains('\t') {
        let (token, rest) = content.split_once('\t')?;
        let tag = rest.rsplit('\t').next().unwrap_or(rest);
        let token = token.trim();
        return (!token.is_empty()).then_some((token, tag.trim()));
    }
    let mut words = content.split_whitespace();
    Some((words.next()?, words.next_back()?))
}

/// `# id = 3` is a comment; `#` with a tag is a token.
fn is_comment(content: &str, tag: &str) -> bool {
    content.starts_with('#') && !is_tag(tag)
}

pub(super) fn write(writer: &mut Writer) -> String {
    let mut out = String::new();
    for record in &writer.dataset.records {
        let mut spans: Vec<Span> = Vec::new();
        for span in record.spans() {
            if record.text[span.start as usize..span.end as usize].trim().is_empty() {
                writer.lose(Part::Spans, record, "spans of blanks are left out; CoNLL has words");
            } else if spans.last().is_some_and(|last| span.start < last.end) {
                writer.lose(Part::Spans, record, "spans that lie within or over others are left out; CoNLL holds none");
            } else if span.label.contains(char::is_whitespace) {
                writer.lose(Part::Spans, record, "blanks in labels are written as `_`");
                let label = span.label.split_whitespace().collect::<Vec<_>>().join("_");
                spans.push(Span { label: label.into(), ..span.clone() });
            } else {
                spans.push(span.clone());
            }
        }
        if record.spans.is_none() {
            writer.lose(Part::Empty, record, "that nobody has looked for spans is written as if there were none");
        }
        writer.lose_labels(record);
        writer.lose_rest(record);
        let tokens = tags::tokens(&record.text, &spans.iter().collect::<Vec<_>>());
        if tokens.is_empty() {
            writer.lose(Part::Row, record, "the text is blank: left out");
            continue;
        }
        let mut sentence = Tagged::default();
        let mut block = String::new();
        for (token, tag) in &tokens {
            sentence.push(token, tag);
            block += &format!("{token}\t{tag}\n");
        }
        if tokens.iter().any(|(token, _)| *token == DOCUMENT) {
            writer.lose(Part::Row, record, "`-DOCSTART-` in a text means something else in CoNLL: left out");
            continue;
        }
        let read = sentence.record(record.line, &mut super::Remarks::default());
        if read.text != record.text {
            writer.lose(
                Part::Text,
                record,
                "the text becomes its words with one blank between, cut where a span starts or ends",
            );
        } else if read.spans() != spans {
            writer.lose(Part::Spans, record, "blanks at the edges of spans are left out");
        }
        out += &block;
        out.push('\n');
    }
    out
}
