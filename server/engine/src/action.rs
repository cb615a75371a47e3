//! Edits that are offered: accept a suggestion, correct a label, keep one, accept many.

use std::ops::Range;

use dataset::TextEdit;

use crate::{
    corpus,
    finding::{grouped, percent},
    nearest::nearest,
    project::{Place, Project},
};

/// How many candidates are offered for one row.
const CANDIDATES: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    QuickFix,
    /// Every suggestion of the file that is sure enough.
    FixAll,
    /// Every suggestion of the selection that is sure enough.
    Rewrite,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    pub title: String,
    pub kind: Kind,
    pub preferred: bool,
    /// Of the file asked about.
    pub edits: Vec<TextEdit>,
    /// A decision to remember: (text, label).
    pub keep: Option<(String, String)>,
}

/// What is offered for these bytes of a file: best candidate first.
pub fn actions(project: &Project, file: usize, range: Range<usize>) -> Vec<Action> {
    let document = &project.files[file].document;
    let rows = document.rows_in(range.clone());
    let mut actions = Vec::new();
    if let Some(row) = document.row_at(range.start).or(rows.clone().next()) {
        of_row(project, Place { file, row }, &mut actions);
    }
    if rows.len() > 1 {
        actions.extend(accept(project, file, rows, Kind::Rewrite));
    }
    actions.extend(accept(project, file, 0..document.rows().len(), Kind::FixAll));
    actions
}

/// Accepts every suggestion of these rows that is at least as sure as gloss.toml asks.
pub fn accept(project: &Project, file: usize, rows: Range<usize>, kind: Kind) -> Option<Action> {
    let learned = project.learned.as_ref()?;
    let threshold = project.config.accept_above;
    let document = &project.files[file].document;
    let edits: Vec<TextEdit> = rows
        .filter(|row| document.rows()[*row].label().is_none())
        .filter_map(|row| {
            let glance = learned.glances.get(&document.rows()[row].text_key())?;
            (glance.probability >= threshold)
                .then(|| document.label_edit(row, Some(learned.label(glance.label))).ok())?
        })
        .collect();
    let (count, plural) = (grouped(edits.len()), if edits.len() == 1 { "" } else { "s" });
    let title = format!("Accept {count} suggestion{plural} at {} or more", percent(threshold));
    (!edits.is_empty()).then_some(Action { title, kind, preferred: false, edits, keep: None })
}

fn of_row(project: &Project, place: Place, actions: &mut Vec<Action>) {
    let file = &project.files[place.file];
    let row = &file.document.rows()[place.row];
    let edit = |label: &str| file.document.label_edit(place.row, Some(label)).ok().map(|edit| vec![edit]);
    let quick = |title: String, preferred, edits| Action { title, kind: Kind::QuickFix, preferred, edits, keep: None };
    if let Some(label) = row.label().filter(|label| !project.allows(label)) {
        let names = project.config.labels.iter().map(|(name, _)| name.as_str());
        if let Some(near) = nearest(label, names)
            && let Some(edits) = edit(near)
        {
            actions.push(quick(format!("Replace `{label}` by `{near}`"), true, edits));
        }
        return;
    }
    let Some(learned) = &project.learned else { return };
    let suspect = row.label().filter(|label| {
        let doubt = learned.doubts.get(&row.text_key());
        doubt.is_some_and(|doubt| learned.label(doubt.given) == *label)
            && !project.kept.contains(row.text_key(), label)
            && !file.held_out
    });
    if row.label().is_some() && suspect.is_none() {
        return;
    }
    let text = corpus::text(&file.document, place.row);
    let ranked = match learned.doubts.get(&text.key).filter(|_| suspect.is_some()) {
        // The classifier that serves has seen this row with its label; the doubt has not.
        Some(doubt) => vec![(learned.label(doubt.label).clone(), doubt.probability)],
        None => learned.ranked(&text),
    };
    let mut first = true;
    for (label, probability) in ranked.iter().take(CANDIDATES) {
        if let Some(edits) = edit(label) {
            actions.push(quick(format!("Label as `{label}` ({})", percent(*probability)), first, edits));
            first = false;
        }
    }
    if let Some(label) = suspect {
        let keep = Some((text.body.to_string(), label.to_string()));
        let title = format!("Keep `{label}`");
        actions.push(Action { title, kind: Kind::QuickFix, preferred: false, edits: Vec::new(), keep });
    }
}
