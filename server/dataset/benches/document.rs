//! What opening and typing cost on 100,000 rows, 20 MB of JSON Lines, made here.
//!
//! `cargo bench -p gloss-dataset`

use std::{hint::black_box, io::Cursor, path::Path};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dataset::{Document, Format, Hints, TextEdit, stream};

const ROWS: usize = 100_000;

const WORDS: &[&str] = &[
    "the",
    "parcel",
    "never",
    "came",
    "although",
    "tracking",
    "says",
    "it",
    "was",
    "delivered",
    "on",
    "Monday",
    "refund",
    "please",
    "账单",
    "错误",
    "naïve",
    "\\\"quoted\\\"",
    "invoice",
    "twice",
    "charged",
    "card",
    "again",
    "😀",
];

fn json_lines() -> String {
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut source = String::new();
    for row in 0..ROWS {
        source += &format!("{{\"id\": {row}, \"text\": \"");
        for _ in 0..20 + next(16) {
            source += WORDS[next(WORDS.len())];
            source.push(' ');
        }
        source += "\"";
        if row % 2 == 0 {
            source += &format!(", \"label\": \"{}\"", ["billing", "delivery", "refund", "praise"][next(4)]);
        }
        source += "}\n";
    }
    source
}

fn csv() -> String {
    let mut csv = String::from("id,text,label\n");
    for (row, line) in json_lines().lines().enumerate() {
        csv += &format!("{row},\"{}\",{}\n", line.replace('"', "\"\""), ["a", "b", ""][row % 3]);
    }
    csv
}

fn open(name: &str, source: String) -> Document {
    Document::open(Path::new(name), source, &Hints::default()).expect("a data file")
}

fn documents(criterion: &mut Criterion) {
    let source = json_lines();
    let mut group = criterion.benchmark_group("document");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(source.len() as u64));
    for (name, source) in [("a.jsonl", source.clone()), ("a.csv", csv())] {
        group.bench_function(format!("open {name}"), |bencher| {
            bencher.iter_batched(|| source.clone(), |source| open(name, source), BatchSize::PerIteration);
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("keystroke");
    for (name, source) in [("a.jsonl", source.clone()), ("a.csv", csv())] {
        // A letter typed into a text somewhere, and taken away again.
        let mut document = open(name, source);
        let mut row = 0;
        let mut type_letter = |document: &mut Document| {
            row = (row + 7_919) % document.rows().len();
            let at = document.rows()[row].text_range().start + 1;
            black_box(document.edit(&TextEdit { range: at..at, text: "x".into() }));
            black_box(document.edit(&TextEdit { range: at..at + 1, text: String::new() }));
        };
        group.bench_function(format!("two in {name}"), |bencher| bencher.iter(|| type_letter(&mut document)));
        group.bench_function(format!("two in {name}, the first behind a snapshot"), |bencher| {
            bencher.iter(|| {
                let snapshot = document.clone();
                type_letter(&mut document);
                snapshot
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("stream");
    group.sample_size(10);
    for (name, source) in [("a.jsonl", source), ("a.csv", csv())] {
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let format = Format::detect(Path::new(name), &source);
                let rows = stream::Rows::new(Cursor::new(&source), format, &Hints::default()).expect("a data file");
                rows.map(|row| row.expect("in memory").text.map_or(0, |text| text.len())).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, documents);
criterion_main!(benches);
