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

/// The same numbers at every run.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}
