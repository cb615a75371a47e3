//! SARIF 2.1.0 (OASIS), for code scanning. Results are written as they are found, so that memory stays flat.

use std::io::{self, Write};

use engine::{Code, Severity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Report, json};
use crate::places::Entry;

#[derive(Default)]
pub(super) struct Sarif {
    results: usize,
}

impl Report for Sarif {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let rules: Vec<Value> = Code::ALL.into_iter().map(rule).collect();
        let driver = json!({"name": "gloss", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
        let schema = "https://json.schemastore.org/sarif-2.1.0.json";
        write!(out, r#"{{"$schema":"{schema}","version":"2.1.0","runs":[{{"tool":{{"driver":{driver}}},"#)?;
        write!(out, r#""columnKind":"unicodeCodePoints","results":["#)
    }

    fn entry(&mut self, entry: &Entry, _denied: bool, out: &mut dyn Write) -> io::Result<()> {
        let (start, end) = (entry.place.start, entry.place.end);
        let mut result = json!({
            "ruleId": entry.code.name(),
            "ruleIndex": entry.code as usize,
            "level": level(entry.severity()),
            "message": {"text": entry.message},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": uri(&entry.path)},
                "region": {"startLine": start.line + 1, "startColumn": start.column + 1,
                           "endLine": end.line + 1, "endColumn": end.column + 1},
            }}],
        });
        if entry.data.is_some() {
            result["properties"] = json::data(entry);
        }
        let separator = if self.results == 0 { "\n" } else { ",\n" };
        self.results += 1;
        write!(out, "{separator}{result}")
    }

    fn end(&mut self, _files: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n]}}]}}")
    }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(), "shortDescription": {"text": description(code)},
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

fn description(code: Code) -> &'static str {
    match code {
        Code::InvalidConfig => "gloss.toml holds something that cannot be used.",
        Code::Suggestion => "An unlabelled row and its predicted label.",
        Code::LabelNext => "A suggestion among the rows most worth labelling next.",
        Code::SuspectLabel => "Models that had not seen the row contradict its label.",
        Code::UnknownLabel => "The label is not in [labels] of gloss.toml.",
        Code::InvalidRow => "The row cannot be read; the others go on working.",
        Code::ConflictingDuplicate => "The same text stands elsewhere with another label.",
        Code::Disagreement => "Another person gave the same text another label.",
        Code::NearConflict => "Nearly the same text stands elsewhere with another label.",
        Code::NearLeak => "A held-out text nearly stands in the training rows.",
        Code::NearDuplicate => "Nearly the same text stands elsewhere with the same label.",
        Code::Duplicate => "The same text and label stand elsewhere.",
        Code::LeakedRow => "A held-out text also stands in the training rows.",
        Code::CutWord => "The span begins or ends within a word.",
        Code::Span => "A labelled part of the text.",
        Code::UnusedLabel => "No row has the label.",
        Code::WeakSlice => "Models do worse in this part of the rows than in the others.",
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "note",
    }
}

/// What may stand in a path as it is (RFC 3986, unreserved), and the slashes. A colon would make a scheme of what is before it.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Relative for a relative path.
fn uri(path: &str) -> String {
    let encoded = utf8_percent_encode(path, ESCAPED);
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("data/train.jsonl"), "data/train.jsonl");
        assert_eq!(uri("a b/50%:#é.csv"), "a%20b/50%25%3A%23%C3%A9.csv");
        assert_eq!(uri("/tmp/x.csv"), "file:///tmp/x.csv");
    }

    #[test]
    fn a_result_names_its_rule_by_index() {
        assert!(Code::ALL.into_iter().enumerate().all(|(index, code)| code as usize == index));
    }
}
