//! From any format to any other and back: what the first holds survives, but for what the losses say.

use std::{collections::BTreeSet, sync::Arc};

use dataset::{
    Span, Task,
    convert::{self, Dataset, FormatName, Json, Options, Part, Record, Remark, Source},
};
use proptest::{collection::vec, prelude::*, sample::select};

const TEXTS: &[&str] = &[
    "where is my parcel",
    "差评 物流太慢了",
    "😀 ok",
    "e\u{301}te\u{301}",
    "a  b",
    "\"quoted\", really",
    "line\nbreak",
    "tab\there",
    "[Rome](city)",
    "[x]",
    "]",
    "{\"a\": 1}",
    "__label__z",
    "-DOCSTART-",
    "# note",
    "a: b",
    "- dash",
    "'",
    "it's|so;on,#",
    " ",
    "\r",
    "\u{2028}",
    "\u{85}",
    "\u{1}",
    "\u{a0}x",
    "null",
    "?",
];
const LABELS: &[&str] = &[
    "refund",
    "card",
    "lost card",
    "差评",
    "C++",
    "no: it",
    "1",
    "a|b",
    "it's",
    "B-loc",
    "x#y",
    "a+b",
    "yes",
    "#1",
    "O",
];
const KINDS: &[&str] = &["city", "per son", "a:b", "地点", "B-x", "(y)"];

fn label() -> impl Strategy<Value = Arc<str>> {
    select(LABELS).prop_map(Arc::from)
}

fn rest() -> impl Strategy<Value = Vec<(String, Json)>> {
    let field = select(vec![
        ("id", "7"),
        ("meta", "{\"source\": \"a, b\"}"),
        ("note", "\"checked\""),
        ("note", "\"\""),
        ("seen", "null"),
        ("score", "0.50"),
        ("annotations", "[1, 2]"),
        ("sentence", "\"one two\""),
        ("words", "[\"a\", \"b\"]"),
    ]);
    vec(field, 0..3).prop_map(|fields| {
        let mut rest: Vec<(String, Json)> = Vec::new();
        for (key, value) in fields {
            if !rest.iter().any(|(known, _)| known == key) {
                rest.push((key.into(), Json::parse(value).unwrap()));
            }
        }
        rest
    })
}

/// Spans as pairs of places among the characters of the text.
fn spans(text: &str, places: &[(usize, usize, &str)]) -> Vec<Span> {
    let edges: Vec<u32> = text.char_indices().map(|(at, _)| at as u32).chain([text.len() as u32]).collect();
    let span = |(from, len, label): &(usize, usize, &str)| {
        let start = from % (edges.len() - 1);
        let end = (start + 1 + len).min(edges.len() - 1);
        Span { start: edges[start], end: edges[end], label: (*label).into() }
    };
    places.iter().map(span).collect()
}

/// `labels` and `spanned`: what the data set is about.
fn record(labels: usize, spanned: bool) -> impl Strategy<Value = Record> {
    let places = vec((0usize..40, 0usize..9, select(KINDS)), 0..4);
    let given = (proptest::option::of(vec(label(), 0..=labels)), proptest::option::of(places));
    (vec(select(TEXTS), 0..4), given, rest()).prop_map(move |(words, (labels, places), rest)| {
        let text = words.iter().fold(String::from("r"), |text, word| text + " " + word);
        let mut record = Record { text, rest, ..Record::default() };
        record.labels = labels.map(|mut labels| {
            let mut seen = BTreeSet::new();
            labels.retain(|label| seen.insert(label.clone()));
            labels
        });
        record.spans = places.filter(|_| spanned).map(|places| spans(&record.text, &places));
        record
    })
}

fn dataset() -> impl Strategy<Value = Dataset> {
    (select(vec![0, 1, 3]), any::<bool>()).prop_flat_map(|(labels, spanned)| {
        vec(record(labels, spanned), 1..6).prop_map(|mut records| {
            for (index, record) in records.iter_mut().enumerate() {
                // Every text begins with a word of its own, by which rows are found again.
                let name = format!("r{index}");
                let shift = (name.len() - 1) as u32;
                record.text = format!("{name}{}", &record.text[1..]);
                for span in record.spans.iter_mut().flatten() {
                    span.start += if span.start > 0 { shift } else { 0 };
                    span.end += shift;
                }
            }
            numbered(Dataset::new(records, Vec::new()))
        })
    })
}

fn numbered(mut dataset: Dataset) -> Dataset {
    for (index, record) in dataset.records.iter_mut().enumerate() {
        record.line = index + 1;
    }
    dataset
}

fn written() -> Vec<FormatName> {
    FormatName::ALL.into_iter().filter(|format| format.is_written()).collect()
}

/// Through a format, with what it lost. `None`: no row could be held.
fn through(dataset: &Dataset, format: FormatName) -> Option<(Dataset, Vec<Remark>)> {
    let mut options = Options::default();
    let written = convert::write(dataset, format, &options).unwrap();
    match format {
        FormatName::HuggingFace => options.names = dataset.labels().iter().map(ToString::to_string).collect(),
        // As the remark says.
        FormatName::Csv | FormatName::Tsv if dataset.task == Task::Multi => {
            let said = written.losses.iter().find_map(|loss| loss.message.split_once("--separator '"));
            options.separator = said.map(|(_, said)| said.trim_end_matches('\'').to_string());
        }
        _ => {}
    }
    let source = Source { name: "x", bytes: &written.bytes, beside: None };
    match convert::read(source, Some(format), &options) {
        Ok(reading) => {
            for remark in &reading.remarks {
                assert!(remark.part == Part::File, "{format:?}: {remark}\n{}", String::from_utf8_lossy(&written.bytes));
            }
            Some((numbered(reading.dataset), written.losses))
        }
        Err(why) => {
            let rows: usize =
                written.losses.iter().filter(|loss| loss.part == Part::Row).map(|loss| loss.lines.len()).sum();
            assert_eq!(rows, dataset.records.len(), "{format:?}: {why}\n{}", String::from_utf8_lossy(&written.bytes));
            None
        }
    }
}

fn name(record: &Record) -> &str {
    record.text.split_whitespace().next().unwrap()
}

/// The parts that were lost of the row of this name.
fn lost(dataset: &Dataset, losses: &[Remark], wanted: &str) -> Vec<Part> {
    let Some(row) = dataset.records.iter().find(|record| name(record) == wanted) else { return Vec::new() };
    losses.iter().filter(|loss| loss.lines.contains(&row.line)).map(|loss| loss.part).collect()
}

/// Spans as what they cover, without blanks.
fn covered(record: &Record) -> Vec<(String, &str)> {
    let words =
        |span: &Span| record.text[span.start as usize..span.end as usize].split_whitespace().collect::<String>();
    let mut spans: Vec<_> = record.spans.iter().flatten().map(|span| (words(span), &*span.label)).collect();
    spans.sort();
    spans.dedup();
    spans
}

fn check(dataset: &Dataset, first: FormatName, second: FormatName) {
    let Some((before, _)) = through(dataset, first) else { return };
    let Some((between, lost_there)) = through(&before, second) else { return };
    let Some((after, lost_back)) = through(&between, first) else { return };
    let mixed = before.records.iter().any(|record| record.labels.as_ref().is_some_and(|labels| !labels.is_empty()));
    for record in &before.records {
        let mut parts = lost(&before, &lost_there, name(record));
        parts.extend(lost(&between, &lost_back, name(record)));
        let has = |part: Part| parts.contains(&part);
        let found = after.records.iter().find(|other| name(other) == name(record));
        let Some(found) = found else {
            assert!(has(Part::Row), "{first:?} {second:?}: {record:?} is gone, but only {parts:?} were said");
            continue;
        };
        let context = || format!("{first:?} {second:?}, said {parts:?}\n{record:?}\n{found:?}");
        if !has(Part::Text) {
            assert_eq!(record.text, found.text, "{}", context());
        }
        if !has(Part::Labels) {
            // spaCy has its labels in an order of its own.
            let set = |record: &Record| record.labels.iter().flatten().cloned().collect::<BTreeSet<_>>();
            assert_eq!(set(record), set(found), "{}", context());
            let same = record.labels.is_some() == found.labels.is_some();
            assert!(same || has(Part::Empty) || after.task != Task::Multi, "{}", context());
        }
        if !has(Part::Spans) {
            let same = if has(Part::Text) {
                covered(record) == covered(found)
            } else {
                record.spans.iter().flatten().eq(found.spans.iter().flatten())
            };
            assert!(same, "{}", context());
            assert!(mixed || has(Part::Empty) || record.spans.is_some() == found.spans.is_some(), "{}", context());
        }
        if !has(Part::Fields) {
            // Others may have come in between, such as the codes of CLUE.
            for field in &record.rest {
                assert!(found.rest.contains(field), "{}", context());
            }
        }
    }
    let ordered =
        before.records.iter().map(name).filter(|wanted| after.records.iter().any(|record| name(record) == *wanted));
    let regrouped = lost_there.iter().chain(&lost_back).any(|loss| loss.part == Part::Order);
    assert!(regrouped || after.records.iter().map(name).eq(ordered), "{first:?} {second:?}: another order");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_format_to_any_other_and_back(dataset in dataset(), first in select(written())) {
        for second in written() {
            check(&dataset, first, second);
        }
    }
}
