//! Findings with their places as people count them, from rows and from gloss.toml alike.

use std::{fs, ops::Range};

use engine::{
    Code, Finding, Project, Severity,
    finding::ModelData,
    position::{Encoding, LineIndex, Position},
};

/// The code of what is wrong in gloss.toml. An error, as what is meant there does not count.
pub(crate) const INVALID_CONFIG: &str = "invalid-config";

/// What is to be said of a place in a file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// From where one works; see [`crate::terminal::shown`].
    pub(crate) path: String,
    /// Zero-based, columns in characters.
    pub(crate) place: Range<Position>,
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) data: Option<ModelData>,
}

impl Entry {
    pub(crate) fn of(project: &Project, file: usize, path: &str, finding: Finding) -> Entry {
        let document = &project.files[file].document;
        Entry {
            path: path.to_owned(),
            place: place(document.lines(), document.source(), &finding.range),
            code: finding.code.name(),
            severity: finding.code.severity(),
            message: finding.message,
            data: finding.data,
        }
    }

    /// "tickets.jsonl:42".
    pub(crate) fn line(&self) -> String {
        format!("{}:{}", self.path, self.place.start.line + 1)
    }
}

/// What is wrong in a data set's gloss.toml, in the order of the file.
pub(crate) fn in_config(project: &Project) -> Vec<Entry> {
    let Some(path) = project.config_path().filter(|_| !project.config_problems.is_empty()) else { return Vec::new() };
    let source = fs::read_to_string(&path).unwrap_or_default();
    let lines = LineIndex::new(&source);
    let path = crate::terminal::shown(&path);
    let entries = project.config_problems.iter().map(|problem| Entry {
        path: path.clone(),
        place: place(&lines, &source, &problem.range),
        code: INVALID_CONFIG,
        severity: Severity::Error,
        message: problem.message.clone(),
        data: None,
    });
    let mut entries: Vec<Entry> = entries.collect();
    entries.sort_by_key(|entry| entry.place.start);
    entries
}

/// Every code that a finding may have.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.name()).filter(|name| *name != INVALID_CONFIG).chain([INVALID_CONFIG])
}

fn place(lines: &LineIndex, source: &str, range: &Range<usize>) -> Range<Position> {
    let at = |offset| lines.position(source, offset, Encoding::Utf32);
    at(range.start)..at(range.end)
}
