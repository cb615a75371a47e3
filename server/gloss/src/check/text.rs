//! Lines for people, in the manner of compilers.

use std::io::{self, Write};

use engine::{Severity, finding::grouped};

use super::Report;
use crate::{
    places::Entry,
    terminal::{FAINT, STRONG, counted, plain, style_of, styled},
};

#[derive(Default)]
pub(super) struct Text {
    /// In the order of [`SEVERITIES`].
    counts: [usize; SEVERITIES.len()],
    unlisted: bool,
}

const SEVERITIES: [(Severity, &str, &str); 4] = [
    (Severity::Error, "error", "errors"),
    (Severity::Warning, "warning", "warnings"),
    (Severity::Information, "information", "information"),
    (Severity::Hint, "hint", "hints"),
];

impl Report for Text {
    fn entry(&mut self, entry: &Entry, denied: bool, out: &mut dyn Write) -> io::Result<()> {
        for (count, (severity, ..)) in self.counts.iter_mut().zip(SEVERITIES) {
            *count += usize::from(severity == entry.severity());
        }
        if entry.severity() == Severity::Hint && !denied {
            self.unlisted = true;
            return Ok(());
        }
        let path = styled(STRONG, &plain(&entry.path));
        let (line, column) = (entry.place.start.line + 1, entry.place.start.column + 1);
        let severity = styled(style_of(entry.severity()), entry.severity().name());
        let code = styled(FAINT, &format!("[{}]", entry.code.name()));
        writeln!(out, "{path}:{line}:{column}: {severity}{code}: {}", plain(&entry.message))
    }

    fn end(&mut self, files: usize, out: &mut dyn Write) -> io::Result<()> {
        let files = counted(files, "file", "files");
        let found: Vec<String> = self
            .counts
            .iter()
            .zip(SEVERITIES)
            .filter(|(count, _)| **count > 0)
            .map(|(count, (severity, one, many))| {
                styled(style_of(severity), &format!("{} {}", grouped(*count), if *count == 1 { one } else { many }))
            })
            .collect();
        if found.is_empty() {
            return writeln!(out, "No findings in {files}.");
        }
        let note = if self.unlisted { " Hints are not listed; --format json lists them." } else { "" };
        writeln!(out, "{} in {files}.{note}", found.join(", "))
    }
}
