//! What must hold for any bytes; the targets only choose the format. How to run them: server/docs/fuzzing.md.

use std::path::Path;

use dataset::{
    Document, Format, Hints, Offsets, Row, Task, TextEdit,
    convert::{self, FormatName, Options, Source},
    position::Encoding,
    stream::{self, Rows},
};

fn hints(data: &[u8]) -> Hints {
    // With and without detection, with spans, and with names for integers, all on the same corpus.
    let given = Hints { text: vec!["text".into()], label: Some("label".into()), ..Hints::default() };
    match data.len() % 4 {
        0 => Hints::default(),
        1 => given,
        2 => Hints { task: Some(Task::Spans), ..Hints::default() },
        _ => Hints { labels: vec!["no".into(), "yes".into()], ..given },
    }
}

/// Reads bytes as a file of this name, labels each row, and streams it.
pub fn parse(name: &str, data: &[u8]) {
    let hints = hints(data);
    if let Some(document) = Document::from_bytes(Path::new(name), data.to_vec(), &hints) {
        check(&document);
        mend(&document);
        // Behind an unclosed quote of CSV a label's own quotes matter to the rows before, so only sound files are labelled.
        let sound = document.problems().is_empty() || !matches!(document.schema().format, Format::Csv { .. });
        for row in 0..document.rows().len().min(if sound { 20 } else { 0 }) {
            label(&document, row);
        }
    }
    let Ok(rows) = Rows::named(data, Path::new(name), &hints) else { return };
    let schema = rows.schema().clone();
    let (mut all, mut predicted) = (Vec::new(), Vec::new());
    for row in rows {
        let row = row.expect("memory can be read");
        all.extend_from_slice(&row.bytes);
        stream::with_prediction(&schema, &row, Some("{\"label\": \"a, b\"}"), &mut predicted);
    }
    assert_eq!(all, data);
    assert!(predicted.len() >= data.len());
}

/// The first bytes are edits, the rest is the file: after each edit the document is as if opened afresh.
pub fn edit(data: &[u8]) {
    let Some((&[format, edits], mut data)) = data.split_first_chunk::<2>() else { return };
    let name = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.ft", "a.yml"][usize::from(format) % 6];
    let mut script = Vec::new();
    for _ in 0..edits % 8 {
        let Some((&[high, low, len, insert], rest)) = data.split_first_chunk::<4>() else { return };
        let (text, rest) = rest.split_at(rest.len().min(usize::from(insert % 24)));
        script.push((usize::from(u16::from_be_bytes([high, low])), usize::from(len), text));
        data = rest;
    }
    let hints = Hints { text: vec!["text".into()], label: Some("label".into()), ..Hints::default() };
    let source = String::from_utf8_lossy(data).into_owned();
    let Some(mut document) = Document::open(Path::new(name), source, &hints) else { return };
    for (at, len, text) in script {
        let start = at % (document.source().len() + 1);
        document.edit(&TextEdit { range: start..start + len, text: String::from_utf8_lossy(text).into_owned() });
        check(&document);
        let Some(fresh) = Document::open(Path::new(name), document.source().to_string(), &hints) else { continue };
        // What is detected may be something else by now; what was detected at first stays.
        if fresh.schema() == document.schema() {
            assert_eq!(document.rows(), fresh.rows());
            assert_eq!(document.problems(), fresh.problems());
            assert_eq!(document.lines(), fresh.lines());
        }
    }
}

/// Each edit that mends a span leaves a file with as many rows or more.
fn mend(document: &Document) {
    let rows = document.rows().iter().map(|row| row.range().start);
    let places = rows.chain(document.problems().iter().map(|problem| problem.range.start)).take(20);
    for misfit in places.flat_map(|place| document.mending(place).misfits) {
        for edits in [misfit.removal, misfit.instead.map_or(Vec::new(), |near| near.edits)] {
            let mut after = document.clone();
            for edit in edits.iter().rev() {
                after.edit(edit);
            }
            assert!(after.rows().len() >= document.rows().len());
        }
    }
}

fn check(document: &Document) {
    let source = document.source();
    let mut end = 0;
    for (index, row) in document.rows().iter().enumerate() {
        let range = row.range();
        assert!(end <= range.start && range.start < range.end);
        end = range.end;
        for part in [row.label_range(), row.text_range()] {
            assert!(range.start <= part.start && part.end <= range.end);
            assert!(source.get(part).is_some());
        }
        assert_eq!(row.text_key(), dataset::text_key(&document.text(index)));
        assert_eq!(document.row_at(range.start), Some(index));
        let position = document.lines().position(source, range.start, Encoding::Utf16);
        assert_eq!(document.lines().offset(source, position, Encoding::Utf16), range.start);
    }
    let mut start = 0;
    for problem in document.problems() {
        assert!(start <= problem.range.start);
        start = problem.range.start;
        assert!(source.get(problem.range.clone()).is_some_and(|part| !part.is_empty()));
    }
}

fn label(document: &Document, row: usize) {
    for label in [Some("a \"b\", c\n差😀"), Some("1"), Some("ab"), None] {
        let Ok(edit) = document.label_edit(row, label) else { continue };
        let mut after = document.clone();
        after.edit(&edit);
        if after.source().starts_with('\u{feff}') && !document.source().starts_with('\u{feff}') {
            // What was the first character of a text is now the file's byte order mark.
            continue;
        }
        if document.schema().format == Format::Rasa {
            moved(document, &after, row, label);
            continue;
        }
        let read = after.rows().get(row).expect("the row is still there").label();
        let expected = match (label, document.schema().labels.get(1)) {
            (Some("1"), Some(name)) => Some(name.as_str()),
            _ => label,
        };
        assert_eq!(read.map(|label| &**label), expected);
        assert_eq!(after.rows().len(), document.rows().len());
        assert_eq!(after.text(row), document.text(row));
    }
}

/// The row has its label, wherever it stands now, and the others keep theirs.
fn moved(before: &Document, after: &Document, row: usize, label: Option<&str>) {
    let all = |document: &Document| -> Vec<(String, Option<String>)> {
        let label = |row: &Row| row.label().map(|label| label.to_string());
        document.rows().iter().enumerate().map(|(at, row)| (document.text(at), label(row))).collect()
    };
    let (mut expected, mut found) = (all(before), all(after));
    expected[row].1 = match (label, before.schema().labels.get(1)) {
        (Some("1"), Some(name)) => Some(name.clone()),
        _ => label.map(str::to_owned),
    };
    expected.sort();
    found.sort();
    assert_eq!(expected, found);
}

/// The first bytes choose the format and the options, the rest is the file.
pub fn convert(data: &[u8]) {
    let Some((&[format, options], data)) = data.split_first_chunk::<2>() else { return };
    let format = FormatName::ALL[usize::from(format) % FormatName::ALL.len()];
    let (bytes, beside) = match data.iter().position(|byte| *byte == 0) {
        Some(at) if format == FormatName::Brat => (&data[..at], Some(&data[at + 1..])),
        _ => (data, None),
    };
    converts(Source { name: "a", bytes, beside }, Some(format), options);
}

/// The format is found out.
pub fn convert_found(data: &[u8]) {
    let names = ["a", "a.json", "a.jsonl", "a.csv", "a.tsv", "a.txt", "a.yml", "a.md", "a.conll"];
    let Some((&[name, options], bytes)) = data.split_first_chunk::<2>() else { return };
    converts(Source { name: names[usize::from(name) % names.len()], bytes, beside: None }, None, options);
}

/// What is read has sound spans, and can be written in any format and read again.
fn converts(source: Source, format: Option<FormatName>, options: u8) {
    let offsets = [Offsets::CodePoints, Offsets::Utf16, Offsets::Bytes][usize::from(options) % 3];
    let names = if options & 4 == 0 { Vec::new() } else { vec!["no".into(), "yes".into()] };
    let separator = (options & 8 != 0).then(|| "|".to_string());
    let options = Options { offsets, names, separator, ..Options::default() };
    let Ok(reading) = convert::read(source, format, &options) else { return };
    for record in &reading.dataset.records {
        assert!(record.line > 0 && !record.text.is_empty());
        for span in record.spans.iter().flatten() {
            assert!(span.start < span.end && !span.label.is_empty());
            assert!(record.text.get(span.start as usize..span.end as usize).is_some());
        }
        let labels = record.labels.iter().flatten();
        assert!(labels.clone().all(|label| !label.is_empty()));
    }
    for format in FormatName::ALL.into_iter().filter(|format| format.is_written()) {
        let written = convert::write(&reading.dataset, format, &options).expect("a format that is written");
        let again = Source { name: "a", bytes: &written.bytes, beside: None };
        let _ = convert::read(again, Some(format), &options);
    }
}
