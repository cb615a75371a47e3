//! What is to be said of rows: every diagnostic of Gloss is made here, once, as plain data.

use std::{cmp::Reverse, ops::Range, path::Path};

use crate::{
    nearest::nearest,
    project::{Place, Project},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    InvalidRow,
    UnknownLabel,
    ConflictingDuplicate,
    SuspectLabel,
    LeakedRow,
    LabelNext,
    Suggestion,
    Duplicate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Information,
    Hint,
}

impl Code {
    pub const ALL: [Code; 8] = [
        Code::InvalidRow,
        Code::UnknownLabel,
        Code::ConflictingDuplicate,
        Code::SuspectLabel,
        Code::LeakedRow,
        Code::LabelNext,
        Code::Suggestion,
        Code::Duplicate,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Code::InvalidRow => "invalid-row",
            Code::UnknownLabel => "unknown-label",
            Code::ConflictingDuplicate => "conflicting-duplicate",
            Code::SuspectLabel => "suspect-label",
            Code::LeakedRow => "leaked-row",
            Code::LabelNext => "label-next",
            Code::Suggestion => "suggestion",
            Code::Duplicate => "duplicate",
        }
    }

    pub fn severity(self) -> Severity {
        match self {
            Code::InvalidRow | Code::UnknownLabel => Severity::Error,
            Code::ConflictingDuplicate | Code::SuspectLabel | Code::LeakedRow => Severity::Warning,
            Code::LabelNext => Severity::Information,
            Code::Suggestion | Code::Duplicate => Severity::Hint,
        }
    }
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
            Severity::Hint => "hint",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub code: Code,
    /// Bytes of the document.
    pub range: Range<usize>,
    pub message: String,
    /// Where it comes from the model.
    pub data: Option<ModelData>,
    /// The row that this one repeats or contradicts.
    pub related: Option<Place>,
    /// What the ranking within one code goes by: higher is more useful.
    rank: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelData {
    pub label: String,
    pub probability: f32,
    pub classifier: &'static str,
    pub version: u64,
}

/// At most how many findings of a code are given for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub suspects: usize,
    pub suggestions: usize,
    /// Of every other code.
    pub others: usize,
}

impl Limits {
    pub const NONE: Limits = Limits { suspects: usize::MAX, suggestions: usize::MAX, others: usize::MAX };

    fn of(&self, code: Code) -> usize {
        match code {
            Code::SuspectLabel => self.suspects,
            Code::Suggestion => self.suggestions,
            _ => self.others,
        }
    }
}

impl Default for Limits {
    /// What editors bear: VS Code keeps 1,000 diagnostics a file and drops hints first.
    fn default() -> Limits {
        Limits { suspects: 200, suggestions: 300, others: 200 }
    }
}

/// The findings of one file in document order, and how many more there were of a code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    pub shown: Vec<Finding>,
    pub omitted: Vec<(Code, usize)>,
}

impl Findings {
    /// Suggestions nearest to the file's focus come first, other codes by their rank.
    pub fn of(project: &Project, file: usize, limits: &Limits) -> Findings {
        let mut found = Vec::new();
        let document = &project.files[file].document;
        for problem in document.problems() {
            found.push(plain(Code::InvalidRow, problem.range.clone(), problem.message.clone(), None));
        }
        for row in 0..document.rows().len() {
            of_row(project, Place { file, row }, &mut found);
        }
        let mut findings = Findings::default();
        for code in Code::ALL {
            let (mut of_code, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|finding| finding.code == code);
            found = rest;
            let limit = limits.of(code);
            if of_code.len() > limit {
                of_code.sort_by(|a, b| b.rank.total_cmp(&a.rank));
                findings.omitted.push((code, of_code.len() - limit));
                of_code.truncate(limit);
            }
            findings.shown.append(&mut of_code);
        }
        findings.shown.sort_by_key(|finding| (finding.range.start, Reverse(finding.range.end), finding.code));
        findings
    }
}

fn plain(code: Code, range: Range<usize>, message: String, related: Option<Place>) -> Finding {
    Finding { code, range, message, data: None, related, rank: 0.0 }
}

fn of_row(project: &Project, place: Place, found: &mut Vec<Finding>) {
    let file = &project.files[place.file];
    let row = &file.document.rows()[place.row];
    let key = row.text_key();
    let site = if row.has_label_site() { row.label_range() } else { row.range() };
    if file.held_out
        && let Some(other) = project.same_text(place).find(|other| !project.files[other.file].held_out)
    {
        let message = "This held-out text also stands in the training rows: scores on it say nothing. Remove one.";
        found.push(plain(Code::LeakedRow, row.range(), message.into(), Some(other)));
    }
    let Some(label) = row.label() else {
        suggestion(project, place, site, found);
        return;
    };
    if !project.allows(label) {
        let names = project.config.labels.iter().map(|(name, _)| name.as_str());
        let advice = match nearest(label, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "choose one of [labels] in gloss.toml, or add it there.".to_owned(),
        };
        found.push(plain(Code::UnknownLabel, site, format!("Unknown label `{label}`; {advice}"), None));
        return;
    }
    let other_label = |other: &Place| project.label(*other).is_some_and(|theirs| theirs != label);
    if let Some(other) = project.same_text(place).find(other_label) {
        let theirs = project.label(other).map_or("", |label| label);
        let message = format!("The same text is labelled `{theirs}` in {}.", project.describe(other));
        found.push(plain(Code::ConflictingDuplicate, site.clone(), message, Some(other)));
    } else if let Some(first) =
        project.same_text(place).find(|other| *other < place && project.label(*other) == Some(label))
    {
        let message = format!("The same text and label stand in {}.", project.describe(first));
        found.push(plain(Code::Duplicate, row.range(), message, Some(first)));
    }
    if let (Some(learned), false) = (&project.learned, file.held_out || project.kept.contains(key, label))
        && let Some(doubt) = learned.doubts.get(&key)
        && learned.label(doubt.given) == label
    {
        let suggested = learned.label(doubt.label);
        let percent = percent(doubt.probability);
        found.push(Finding {
            code: Code::SuspectLabel,
            range: site,
            message: format!("Labelled `{label}`; a model trained without this row says `{suggested}` ({percent})."),
            data: Some(project.model_data(suggested, doubt.probability)),
            related: None,
            rank: doubt.score,
        });
    }
}

fn suggestion(project: &Project, place: Place, site: Range<usize>, found: &mut Vec<Finding>) {
    let file = &project.files[place.file];
    let key = file.document.rows()[place.row].text_key();
    let Some(learned) = &project.learned else { return };
    let Some(glance) = learned.glances.get(&key) else { return };
    let label = learned.label(glance.label);
    let next = learned.queue.contains(&key) && !file.held_out;
    let (code, message) = if next {
        let message =
            format!("Label this next: the model is least sure here. `{label}`? ({})", percent(glance.probability));
        (Code::LabelNext, message)
    } else {
        (Code::Suggestion, format!("`{label}` ({})", percent(glance.probability)))
    };
    found.push(Finding {
        code,
        range: site,
        message,
        data: Some(project.model_data(label, glance.probability)),
        related: None,
        rank: -(place.row.abs_diff(file.focus) as f32),
    });
}

/// "93%".
pub fn percent(probability: f32) -> String {
    format!("{:.0}%", probability * 100.0)
}

/// "1,204".
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A file and one-based line for people.
pub fn place_of(path: &Path, line: u32) -> String {
    format!("{}:{line}", path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(
            ["0", "999", "1,204", "1,000,000"],
            [0, 999, 1204, 1_000_000].map(grouped).each_ref().map(|s| s.as_str())
        );
        assert_eq!(percent(0.934), "93%");
    }
}
