//! What is read from fixtures/formats, format by format, and what is said of it.

use std::{fmt::Write, fs, path::Path};

use dataset::{
    Offsets,
    convert::{self, FormatName, Options, Reading, Source},
};

fn read(name: &str, options: &Options) -> Result<Reading, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/formats").join(name);
    let bytes = fs::read(&path).map_err(|e| e.to_string())?;
    let beside = fs::read(path.with_extension("ann")).ok().filter(|_| name.ends_with(".txt"));
    convert::read(Source { name, bytes: &bytes, beside: beside.as_deref() }, None, options)
}

/// A line a row: its line, labels, spans, text and other fields; then the remarks.
fn picture(reading: &Reading) -> String {
    let mut out = format!("{} {:?}\n", reading.format.name(), reading.dataset.task);
    for record in &reading.dataset.records {
        let labels = record.labels.as_ref().map_or("-".into(), |labels| format!("{{{}}}", labels.join(",")));
        write!(out, "{} {labels}", record.line).unwrap();
        for span in record.spans.iter().flatten() {
            write!(out, " {}={:?}", span.label, &record.text[span.start as usize..span.end as usize]).unwrap();
        }
        write!(out, " {:?}", record.text).unwrap();
        for (key, value) in &record.rest {
            write!(out, " {key}:{value}").unwrap();
        }
        out.push('\n');
    }
    for remark in &reading.remarks {
        writeln!(out, "{remark}").unwrap();
    }
    out
}

#[test]
fn show() {
    for name in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/formats"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .chain(["hugging-face/train.jsonl".into()])
    {
        if let Ok(reading) = read(&name, &Options::default()) {
            println!("== {name}\n{}", picture(&reading))
        }
    }
}
