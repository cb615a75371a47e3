//! What must hold for any file and any edit. A failing case prints its smallest form; keep it as a test of
//! its own.

mod support;

use std::{io::BufReader, path::Path};

use dataset::{
    Document, Format, Hints, TextEdit,
    position::{Encoding, LineIndex},
    stream::{self, Rows},
};
use proptest::{collection::vec, prelude::*, sample::select};
use support::{edited, hints};

/// Those that hold one label a row.
const LABELLED: [&str; 5] = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.ft"];
const NAMES: [&str; 6] = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.ft", "a.conll"];

/// Pieces from which sources and edits are made: what has a meaning somewhere, and what is often got wrong.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\"",
    "\"\"",
    "\\",
    "\\\"",
    "\\n",
    "\\ud83d",
    "\\ude00",
    "\\u5dee",
    ",",
    ", ",
    ";",
    "\t",
    "|",
    ":",
    "{",
    "}",
    "[",
    "]",
    "},\n",
    "},{",
    "\"},\n  {",
    "]\n",
    "  {",
    "{\"text\": \"",
    "{\"text\": \"a b\", \"label\": \"x\"}",
    "{\"text\": \"a b\", \"label\": \"x\"},\n",
    "\"text\": ",
    "\"label\": ",
    "null",
    "1",
    "-1",
    "1.5",
    "true",
    "text",
    "label",
    "text,label\n",
    "a,b\n",
    "\"a\nb\",x\n",
    "x\",\"y\n",
    ",\"",
    "\",",
    "__label__",
    "__label__x ",
    "__label__y two\n",
    " ",
    "  ",
    "",
    "a",
    "word",
    "差评",
    "😀",
    "e\u{301}",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "\0",
    "\u{c}",
    "é",
];

fn pieces(most: usize) -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..most).prop_map(|pieces| pieces.concat())
}

/// A sound row of a format, as a person or a program would write it.
fn row(name: &'static str) -> impl Strategy<Value = String> {
    let text = select(vec!["one two", "差评 😀", "a \\\"quote\\\" here", "x", "caf\\u00e9", "e\u{301} \\ud83d b"]);
    let label = select(vec![None, Some(""), Some("x"), Some("1"), Some("a b"), Some("差")]);
    (text, label, any::<bool>(), any::<bool>()).prop_map(move |(text, label, wide, listed)| {
        let (comma, colon) = if wide { (", ", ": ") } else { (",", ":") };
        match name {
            "a.jsonl" | "a.json" => match label {
                Some(label) => {
                    let label = if listed { format!("[\"{label}\"]") } else { format!("\"{label}\"") };
                    format!("{{\"text\"{colon}\"{text}\"{comma}\"label\"{colon}{label}}}")
                }
                None => format!("{{\"text\"{colon}\"{text}\"}}"),
            },
            "a.ft" => label.map_or(text.into(), |label| format!("__label__{} {text}", label.replace(' ', "_"))),
            "a.conll" => {
                let tag = label.map_or("O".into(), |label| format!("B-{}", label.replace(' ', "_")));
                text.split(' ').map(|word| format!("{word} {tag}\n")).collect::<String>()
            }
            _ => {
                let delimiter = if name == "a.tsv" { "\t" } else { "," };
                let text = text.replace("\\\"", "\"\"");
                let text = if wide { format!("\"{text}\n, more\"") } else { text.replace('"', "'") };
                label.map_or(text.clone(), |label| format!("{text}{delimiter}{label}"))
            }
        }
    })
}

fn sound_source(name: &'static str) -> impl Strategy<Value = String> {
    let line_end = select(vec!["\n", "\r\n"]);
    (vec(row(name), 0..12), line_end, any::<bool>(), any::<bool>()).prop_map(move |(rows, line_end, bom, last)| {
        let (open, between, close) = match name {
            "a.json" => (format!("[{line_end}  "), format!(",{line_end}  "), format!("{line_end}]")),
            "a.csv" => (format!("text,label{line_end}"), line_end.into(), String::new()),
            "a.tsv" => (format!("text\tlabel{line_end}"), line_end.into(), String::new()),
            _ => (String::new(), line_end.to_string(), String::new()),
        };
        let bom = if bom { "\u{feff}" } else { "" };
        format!("{bom}{open}{}{close}{}", rows.join(&between), if last { line_end } else { "" })
    })
}

fn any_source(name: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        sound_source(name),
        pieces(40),
        (sound_source(name), pieces(3), any::<prop::sample::Index>()).prop_map(|(source, junk, at)| {
            let at = source.floor_char_boundary(at.index(source.len() + 1));
            edited(&source, &TextEdit { range: at..at, text: junk })
        }),
    ]
}

fn any_document() -> impl Strategy<Value = (&'static str, String)> {
    select(&NAMES).prop_flat_map(|name| any_source(name).prop_map(move |source| (name, source)))
}

/// Everything configured, so that a schema does not depend on the content.
fn given() -> Hints {
    hints(&["text"], Some("label"), &[])
}

fn open(name: &str, source: &str, hints: &Hints) -> Option<Document> {
    Document::open(Path::new(name), source.to_string(), hints)
}

const PREDICTION: &str = r#"{"label": "x, \"y\""}"#;

/// What a document says, all of it.
fn said(document: &Document) -> impl PartialEq + std::fmt::Debug {
    let texts: Vec<_> = (0..document.rows().len()).map(|row| document.text(row)).collect();
    (document.source().to_string(), document.rows().to_vec(), document.problems().to_vec(), texts)
}

fn well_formed(document: &Document) -> Result<(), TestCaseError> {
    let source = document.source();
    let mut end = 0;
    for (index, row) in document.rows().iter().enumerate() {
        let range = row.range();
        prop_assert!(range.start >= end && range.start < range.end && range.end <= source.len());
        end = range.end;
        for part in [row.label_range(), row.text_range()] {
            prop_assert!(range.start <= part.start && part.end <= range.end, "{part:?} in {range:?}");
            prop_assert!(source.get(part).is_some());
        }
        prop_assert!(source.get(range.clone()).is_some());
        prop_assert_eq!(document.row_at(range.start), Some(index));
        prop_assert_eq!(row.text_key(), dataset::text_key(&document.text(index)));
        prop_assert!(!document.text(index).trim().is_empty());
    }
    let mut start = 0;
    for problem in document.problems() {
        prop_assert!(problem.range.start >= start, "{:?} before {start}", problem);
        prop_assert!(source.get(problem.range.clone()).is_some_and(|part| !part.is_empty()), "{problem:?}");
        start = problem.range.start;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// After each edit a document says what one says that was opened with the edited source.
    #[test]
    fn an_edit_is_a_full_parse(
        (name, source) in any_document(),
        edits in vec((any::<prop::sample::Index>(), 0..12usize, pieces(4)), 1..8),
        detected in any::<bool>(),
    ) {
        let hints = if detected { Hints::default() } else { given() };
        let Some(mut document) = open(name, &source, &hints) else { return Ok(()) };
        well_formed(&document)?;
        for (at, len, text) in edits {
            let start = at.index(document.source().len() + 1);
            let start = document.source().floor_char_boundary(start);
            let end = document.source().floor_char_boundary(start + len);
            let before = document.clone();
            let edit = TextEdit { range: start..end, text };
            let splice = document.edit(&edit);
            prop_assert_eq!(document.source(), edited(before.source(), &edit));
            well_formed(&document)?;

            // The same format and fields as the document has, whatever a fresh look would find.
            let same = Hints { text: document.schema().text.clone(), label: Some(document.schema().label.clone()), shape: Some(document.schema().shape.clone()), task: Some(document.schema().task), ..hints.clone() };
            let fresh = open(name, document.source(), &same);
            if let Some(fresh) = fresh.filter(|fresh| fresh.schema().format == document.schema().format) {
                if !same.text.is_empty() {
                    prop_assert_eq!(said(&document), said(&fresh));
                }
                prop_assert_eq!(document.lines(), fresh.lines());
            }

            // Outside of the splice, rows are as they were.
            prop_assert!(splice.removed.end <= before.rows().len());
            let kept = before.rows().len() - splice.removed.end;
            prop_assert_eq!(document.rows().len(), splice.removed.start + splice.inserted + kept);
            prop_assert_eq!(&document.rows()[..splice.removed.start], &before.rows()[..splice.removed.start]);
            for back in 1..=kept {
                let (was, is) = (before.rows().len() - back, document.rows().len() - back);
                prop_assert_eq!(before.rows()[was].label(), document.rows()[is].label());
                prop_assert_eq!(before.text(was), document.text(is));
            }
        }
    }

    /// A label that was set is read again, and every other byte stays.
    #[test]
    fn a_label_set_is_a_label_read(
        (name, source) in select(&LABELLED).prop_flat_map(|name| sound_source(name).prop_map(move |source| (name, source))),
        label in prop_oneof![pieces(4), Just("1".to_string()), Just("true".to_string()), any::<String>()],
        at in any::<prop::sample::Index>(),
    ) {
        let document = open(name, &source, &given()).expect("a data file");
        prop_assume!(!document.rows().is_empty());
        let index = at.index(document.rows().len());
        let row = &document.rows()[index];
        for label in [Some(label.trim()), None] {
            let Ok(edit) = document.label_edit(index, label) else {
                let cannot = |label: &str| {
                    dataset::label::is_unlabelled(label)
                        || (name == "a.ft" && label.bytes().any(|byte| byte <= b' '))
                };
                prop_assert!(label.is_some_and(cannot), "{label:?} was refused");
                continue;
            };
            prop_assert!(row.range().start <= edit.range.start && edit.range.end <= row.range().end);
            if row.has_label_site() && label.is_some() {
                prop_assert!(row.label_range().start <= edit.range.start && edit.range.end <= row.label_range().end);
            } else if label.is_some() {
                prop_assert!(edit.range.is_empty(), "adding takes nothing away");
            }
            let mut after = document.clone();
            after.edit(&edit);
            prop_assert_eq!(after.rows().len(), document.rows().len());
            prop_assert_eq!(after.rows()[index].label().map(|label| &**label), label);
            prop_assert_eq!(after.problems().len(), document.problems().len());
            for other in 0..document.rows().len() {
                prop_assert_eq!(after.text(other), document.text(other));
                if other != index {
                    prop_assert_eq!(after.rows()[other].label(), document.rows()[other].label());
                }
            }
        }
    }

    /// Each character of a text stands where the map says.
    #[test]
    fn a_text_is_where_its_map_says((name, source) in any_document()) {
        let Some(document) = open(name, &source, &given()) else { return Ok(()) };
        for row in 0..document.rows().len() {
            let (text, map) = (document.text(row), document.text_map(row));
            for (at, ch) in text.char_indices() {
                let place = map.source(at..at + ch.len_utf8());
                let written = document.source().get(place.clone());
                prop_assert!(written.is_some(), "{place:?}");
                let written = written.unwrap_or_default();
                let is_itself = written.chars().eq([ch]);
                let is_escape = written.starts_with('\\') || written == "\"\"";
                let joins = ch == '\n' || (name == "a.conll" && ch == ' ');
                prop_assert!(is_itself || is_escape || joins, "{ch:?} is {written:?}");
                if (is_itself || is_escape) && !place.is_empty() {
                    prop_assert_eq!(map.text(place), at..at + ch.len_utf8());
                }
            }
        }
    }

    /// Streaming gives the same rows, and all bytes.
    #[test]
    fn a_stream_is_a_document((name, source) in any_document(), capacity in 1..64usize) {
        let Some(document) = open(name, &source, &given()) else { return Ok(()) };
        let reader = BufReader::with_capacity(capacity, source.as_bytes());
        let rows = Rows::new(reader, Some(document.schema().format), &given()).expect("from memory");
        let schema = rows.schema().clone();
        let (mut bytes, mut texts, mut unchanged) = (Vec::<u8>::new(), Vec::new(), Vec::new());
        for row in rows {
            let row = row.expect("from memory");
            if let Err(problem) = &row.text {
                prop_assert!(row.bytes.get(problem.range.clone()).is_some());
            }
            bytes.extend(&row.bytes);
            if !matches!(document.schema().format, Format::Csv { .. }) {
                stream::with_prediction(&schema, &row, None, &mut unchanged);
            }
            let line = document.lines().line_range(&source, row.line as u32).expect("the row's line");
            if let Ok(text) = row.text {
                texts.push((line.start, text));
            }
        }
        prop_assert_eq!(&bytes, source.as_bytes());
        if !matches!(document.schema().format, Format::Csv { .. }) {
            prop_assert_eq!(&unchanged, source.as_bytes());
        }
        // A row whose label is invalid is none for a document, but has a text.
        let mut texts = texts.into_iter();
        for (index, row) in document.rows().iter().enumerate() {
            let position = document.lines().position(&source, row.range().start, Encoding::Utf8);
            let line = document.lines().line_range(&source, position.line).expect("the row's line");
            let same = (line.start, document.text(index));
            prop_assert!(texts.any(|streamed| streamed == same), "{same:?} was not streamed");
        }
    }

    /// A prediction is added to the row and to nothing else.
    #[test]
    fn a_prediction_is_added(
        (name, source) in select(&LABELLED).prop_flat_map(|name| sound_source(name).prop_map(move |source| (name, source))),
    ) {
        let document = open(name, &source, &given()).expect("a data file");
        let rows = Rows::new(source.as_bytes(), Some(document.schema().format), &given()).expect("from memory");
        let schema = rows.schema().clone();
        let mut out = Vec::new();
        for row in rows {
            stream::with_prediction(&schema, &row.expect("from memory"), Some(PREDICTION), &mut out);
        }
        let out = String::from_utf8(out).expect("as the source");
        let predicted = Document::open(Path::new(name), out.clone(), &hints(&["text"], Some("prediction"), &[])).expect("the same format");
        let read = open(name, &out, &given()).expect("the same format");
        prop_assert_eq!(read.rows().len(), document.rows().len());
        for row in 0..document.rows().len() {
            if schema.format == Format::FastText {
                let whole = read.text(row);
                prop_assert!(whole.ends_with(PREDICTION), "{whole:?}");
                continue;
            }
            prop_assert_eq!(read.text(row), document.text(row));
            prop_assert_eq!(read.rows()[row].label(), document.rows()[row].label());
            if name != "a.json" && name != "a.jsonl" {
                prop_assert_eq!(predicted.rows()[row].label().map(|label| &**label), Some(PREDICTION));
            }
        }
    }

    /// Any bytes at all, under any name.
    #[test]
    fn nothing_panics(bytes in vec(any::<u8>(), 0..200), name in select(&NAMES)) {
        if let Some(document) = Document::from_bytes(Path::new(name), bytes.clone(), &given()) {
            for problem in document.problems() {
                prop_assert!(document.source().get(problem.range.clone()).is_some());
            }
        }
        if let Ok(rows) = Rows::named(&bytes[..], Path::new(name), &given()) {
            let all: Vec<u8> = rows.flat_map(|row| row.expect("from memory").bytes).collect();
            prop_assert_eq!(all, bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Offsets and positions lead to each other, also on long lines and after edits.
    #[test]
    fn positions_round_trip(
        source in (pieces(60), 0..3usize, pieces(6)).prop_map(|(head, long, tail)| head + &"差😀a\u{301}".repeat(long * 2_500) + &tail),
        edits in vec((any::<prop::sample::Index>(), 0..30_000usize, pieces(6), 0..2usize), 0..3),
    ) {
        let mut document = open("a.ft", &source, &given()).expect("a data file");
        for (at, len, text, long) in edits {
            let start = at.index(document.source().len() + 1);
            document.edit(&TextEdit { range: start..start + len, text: text.repeat(1 + long * 300) });
        }
        let (source, lines) = (document.source(), document.lines());
        prop_assert_eq!(lines, &LineIndex::new(source));
        let offsets: Vec<usize> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
        for &offset in offsets.iter().step_by(1 + offsets.len() / 40) {
            let line_start = source[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let position = lines.position(source, offset, encoding);
                let before = &source[line_start..offset];
                let expected = match encoding {
                    Encoding::Utf8 => before.len(),
                    Encoding::Utf16 => before.encode_utf16().count(),
                    Encoding::Utf32 => before.chars().count(),
                };
                if source[..offset].ends_with('\r') && source[offset..].starts_with('\n') {
                    continue;
                }
                prop_assert_eq!(position.column as usize, expected);
                prop_assert_eq!(lines.offset(source, position, encoding), offset);
            }
        }
    }
}
