//! Rows to measure with, made from real ones.

use std::{fs, path::Path};

use serde_json::{Value, json};

pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) label: String,
}

pub(crate) fn read(path: &Path) -> Result<Vec<Example>, String> {
    let source = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let example = |line: &str| {
        let row: Value = serde_json::from_str(line).ok()?;
        Some(Example { text: row["text"].as_str()?.to_owned(), label: row["label"].as_str()?.to_owned() })
    };
    let examples: Vec<_> = source.lines().filter_map(example).collect();
    if examples.is_empty() { Err(format!("{} holds no rows", path.display())) } else { Ok(examples) }
}

/// A line of a data set. Labels are written as an annotator would leave them: the field is there or it is not.
pub(crate) fn row(text: &str, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("{{\"text\": {}, \"label\": \"{label}\"}}\n", json!(text)),
        None => format!("{{\"text\": {}}}\n", json!(text)),
    }
}
