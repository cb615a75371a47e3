//! Lines for people, in the manner of compilers.

use std::io::{self, Write};

use engine::{
    Severity,
    agreement::{Agreement, Pair},
    finding::grouped,
};

use super::Report;
use crate::{
    places::Entry,
    terminal::{FAINT, STRONG, counted, plain, style_of, styled},
};

/// Of the pairs of people, so many are listed.
const PAIRS: usize = 10;

#[derive(Default)]
pub(super) struct Text {
    /// In the order of [`SEVERITIES`].
    counts: [usize; SEVERITIES.len()],
    unlisted: bool,
    /// Lines about data sets, behind what is found.
    agreements: String,
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

    fn agreement(&mut self, agreement: &Agreement) {
        let number = |value: Option<f64>| value.map_or("undefined".to_owned(), |value| format!("{value:.2}"));
        let texts = counted(agreement.texts, "text", "texts");
        let alpha = number(agreement.alpha);
        let differing = grouped(agreement.differing);
        self.agreements +=
            &format!("Agreement on {texts}: Krippendorff's alpha {alpha}; people differ about {differing}.\n");
        // Who agrees least with another comes first.
        let mut pairs: Vec<_> = agreement.pairs.iter().collect();
        pairs.sort_by(|a, b| a.kappa.unwrap_or(1.0).total_cmp(&b.kappa.unwrap_or(1.0)));
        for Pair { people: [one, another], texts, kappa } in pairs.iter().take(PAIRS) {
            let (one, another, texts) = (plain(one), plain(another), counted(*texts, "text", "texts"));
            self.agreements += &format!("  {one} and {another}: Cohen's kappa {} on {texts}\n", number(*kappa));
        }
        if pairs.len() > PAIRS {
            self.agreements += &format!("  and {} more\n", counted(pairs.len() - PAIRS, "pair", "pairs"));
        }
    }

    fn end(&mut self, files: usize, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.agreements)?;
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
