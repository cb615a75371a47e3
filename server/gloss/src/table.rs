//! What `gloss watch` and `gloss train` print of a data set after a fit.

use std::{cmp::Reverse, collections::HashMap};

use engine::{Answer, Code, Estimate, Learned, Limits, Project, Step, finding::grouped, learned::Counts, names, view};
use unicode_width::UnicodeWidthStr;

use crate::{
    places::{self, Entry},
    terminal::{BAD, FAINT, GOOD, STRONG, plain, shown, style_of, styled},
};

/// How many labels are listed, and how many rows of each section.
const LABELS: usize = 12;
const LISTED: usize = 10;

/// Errors first, then what to look at, then what to do next.
const SECTIONS: [(&str, Code); 8] = [
    ("broken rows", Code::InvalidRow),
    ("unknown labels", Code::UnknownLabel),
    ("conflicting duplicates", Code::ConflictingDuplicate),
    ("near conflicts", Code::NearConflict),
    ("leaked rows", Code::LeakedRow),
    ("near leaks", Code::NearLeak),
    ("suspects", Code::SuspectLabel),
    ("label next", Code::LabelNext),
];

/// The whole report; `outcome` is what came of the fit.
pub(crate) fn of(project: &Project, outcome: &str) -> String {
    let Counts { rows, labelled } = project.counts();
    let name = match shown(&project.root) {
        here if here == "." => project.root.file_name().map_or(here, |name| name.to_string_lossy().into_owned()),
        path => path,
    };
    let mut text = format!("\n{}\n", styled(STRONG, &plain(&name)));
    text += &line("rows", &format!("{} labelled of {}", grouped(labelled), grouped(rows)));
    text += &labels(project);
    text += outcome;
    text += &section("gloss.toml", &places::in_config(project), 0);
    for ((title, _), Found { entries, more }) in SECTIONS.iter().zip(found(project)) {
        text += &section(title, &entries, more);
    }
    text
}

/// An accuracy (of several labels a row, a micro F1), and whether it is of the rows that a training of the encoder held out, or else of all, by cross-validation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    value: f64,
    of_training: bool,
}

impl Measured {
    /// `None`: what comes from names is not measured.
    pub(crate) fn of(learned: &Learned) -> Option<Measured> {
        let of_training = learned.classifier.step() == Step::FineTuned;
        (!learned.from_names).then_some(Measured { value: view::measure(learned, &learned.estimate).1, of_training })
    }

    /// `None`: the two are of other rows, so that their difference tells nothing.
    fn since(self, before: Measured) -> Option<f64> {
        (self.of_training == before.of_training).then_some(self.value - before.value)
    }
}

/// `before`: the last fit.
pub(crate) fn learned(project: &Project, before: Option<Measured>) -> String {
    let Some(learned) = &project.learned else { return String::new() };
    let of_names = if learned.from_names { format!(" {}", names::origin()) } else { String::new() };
    let of = |estimate: &Estimate, from: &str| {
        let (low, high) = (estimate.low * 100.0, estimate.high * 100.0);
        let value = view::measure(learned, estimate).1;
        let accuracy = styled(STRONG, &format!("{:.1}%", value * 100.0));
        format!("{accuracy} ({low:.1} to {high:.1}), {from} {} rows", grouped(estimate.rows))
    };
    let mut accuracy = match learned.folds {
        _ if learned.from_names => "unknown: what comes from label names is not measured on training rows".to_owned(),
        0 | 1 => of(&learned.estimate, "a held-out part of"),
        folds => of(&learned.estimate, &format!("{folds}-fold cross-validation of")),
    };
    let change = Measured::of(learned).zip(before).and_then(|(now, before)| now.since(before));
    if let Some(change) = change {
        accuracy += &format!(", {}", points(change));
    }
    let mut text = line(&view::measure(learned, &learned.estimate).0.to_string(), &accuracy);
    if let Some(test) = &learned.test {
        text += &line("test", &of(test, "held-out files,"));
    }
    let step = learned.classifier.step().name();
    text + &line("learned", &format!("{step} classifier{of_names} in {:.2} s", learned.seconds))
}

pub(crate) fn not_learned(why: &str) -> String {
    line("learned", &format!("{}. {}", styled(BAD, "nothing yet"), plain(why)))
}

fn line(name: &str, value: &str) -> String {
    format!("  {name:<10}{value}\n")
}

/// "+1.2 points".
fn points(change: f64) -> String {
    // What rounds to nothing is nothing, whatever its sign.
    let tenths = (change * 1000.0).round() / 10.0;
    match tenths {
        0.0 => styled(FAINT, "as before"),
        up if up > 0.0 => styled(GOOD, &format!("+{up:.1} points")),
        down => styled(BAD, &format!("{down:.1} points")),
    }
}

/// The labels with their rows, most frequent first, numbers under numbers.
fn labels(project: &Project) -> String {
    let mut counts: HashMap<&str, usize> = project.config.labels.iter().map(|(name, _)| (name.as_str(), 0)).collect();
    let rows = project.files.iter().filter(|file| !file.held_out).flat_map(|file| file.document.rows());
    for label in rows.filter_map(|row| row.answer()).flat_map(Answer::labels) {
        *counts.entry(label).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(label, count)| (Reverse(count), label));
    let more = counts.len().saturating_sub(LABELS);
    counts.truncate(LABELS);
    let counts: Vec<_> = counts.into_iter().map(|(label, count)| (plain(label), grouped(count))).collect();
    let widest = counts.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    let digits = counts.iter().map(|(_, count)| count.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (label, count) in counts {
        let title = if text.is_empty() { "labels" } else { "" };
        let gap = " ".repeat(widest - label.width());
        text += &line(title, &format!("{label}{gap}  {count:>digits$}"));
    }
    if more > 0 {
        text += &line("", &format!("and {} more", grouped(more)));
    }
    text
}

/// The most useful findings of a code in all files, and how many more there are.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    more: usize,
}

/// In the order of [`SECTIONS`].
fn found(project: &Project) -> [Found; SECTIONS.len()] {
    let limits = Limits { suspects: LISTED, label_next: LISTED, suggestions: 0, others: LISTED };
    let mut sections: [Found; SECTIONS.len()] = Default::default();
    let section_of = |code| SECTIONS.iter().position(|(_, of)| *of == code);
    for file in 0..project.files.len() {
        let path = shown(&project.files[file].path);
        let findings = project.findings(file, &limits);
        for (code, count) in findings.omitted {
            if let Some(section) = section_of(code) {
                sections[section].more += count;
            }
        }
        for finding in findings.shown {
            if let Some(section) = section_of(finding.code) {
                match sections[section].entries.len() {
                    LISTED => sections[section].more += 1,
                    _ => sections[section].entries.push(Entry::of(project, file, &path, finding)),
                }
            }
        }
    }
    sections
}

fn section(title: &str, entries: &[Entry], more: usize) -> String {
    let Some(first) = entries.first() else { return String::new() };
    let mut text = format!("  {}\n", styled(style_of(first.severity()), title));
    let widest = entries.iter().map(|entry| entry.line().width()).max().unwrap_or(0);
    for entry in entries {
        let place = entry.line();
        let gap = " ".repeat(widest - place.width());
        text += &format!("    {}{gap}  {}\n", styled(STRONG, &plain(&place)), plain(&entry.message));
    }
    if more > 0 {
        text += &format!("    and {} more\n", grouped(more));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_in_points() {
        let bare = |change| anstream::adapter::strip_str(&points(change)).to_string();
        assert_eq!([0.012, -0.0301, -0.0001, 0.0].map(bare), ["+1.2 points", "-3.0 points", "as before", "as before"]);
    }

    #[test]
    fn accuracies_of_other_rows_are_not_compared() {
        let measured = |value, of_training| Measured { value, of_training };
        for of_training in [false, true] {
            assert_eq!(measured(0.75, of_training).since(measured(0.5, of_training)), Some(0.25));
            assert_eq!(measured(0.75, of_training).since(measured(0.5, !of_training)), None);
        }
    }
}
