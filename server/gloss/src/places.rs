//! Findings with their places as people count them, from rows and from gloss.toml alike.

use std::ops::Range;

use engine::{
    Code, Finding, Project, Severity,
    finding::Data,
    position::{Encoding, LineIndex, Position},
    slices,
};

/// What is to be said of a place in a file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// From where one works; see [`crate::terminal::shown`].
    pub(crate) path: String,
    /// Zero-based, columns in characters.
    pub(crate) place: Range<Position>,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) data: Option<Data>,
}

impl Entry {
    pub(crate) fn of(project: &Project, file: usize, path: &str, finding: Finding) -> Entry {
        let document = &project.files[file].document;
        Entry::at(path, place(document.lines(), document.source(), &finding.range), finding)
    }

    fn at(path: &str, place: Range<Position>, finding: Finding) -> Entry {
        Entry {
            path: path.to_owned(),
            place,
            code: finding.code,
            message: finding.message.to_string(),
            data: finding.data,
        }
    }

    pub(crate) fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// "tickets.jsonl:42".
    pub(crate) fn line(&self) -> String {
        format!("{}:{}", self.path, self.place.start.line + 1)
    }
}

/// What is wrong in a data set's gloss.toml, in the order of the file.
pub(crate) fn in_config(project: &Project) -> Vec<Entry> {
    let Some(config) = &project.config_file else { return Vec::new() };
    let path = crate::terminal::shown(&config.path);
    let findings = config.findings().into_iter();
    findings.map(|finding| Entry::at(&path, place(config.lines(), config.source(), &finding.range), finding)).collect()
}

/// What is to be said of the labels there.
pub(crate) fn of_labels(project: &Project) -> Vec<Entry> {
    let Some(config) = &project.config_file else { return Vec::new() };
    let path = crate::terminal::shown(&config.path);
    let findings = project.label_findings().into_iter();
    findings.map(|finding| Entry::at(&path, place(config.lines(), config.source(), &finding.range), finding)).collect()
}

/// Where models do worse.
pub(crate) fn of_slices(project: &Project) -> Vec<Entry> {
    let findings = slices::findings(project).into_iter();
    findings
        .map(|(file, finding)| Entry::of(project, file, &crate::terminal::shown(&project.files[file].path), finding))
        .collect()
}

fn place(lines: &LineIndex, source: &str, range: &Range<usize>) -> Range<Position> {
    let at = |offset| lines.position(source, offset, Encoding::Utf32);
    at(range.start)..at(range.end)
}
