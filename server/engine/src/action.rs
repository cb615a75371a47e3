//! Edits that are offered: accept a suggestion, correct a label, keep one, accept many.

mod choice;
mod mending;
mod set;
mod spans;

use std::ops::Range;

use catalogue::{Count, Phrase, phrase};
use dataset::{Answer, Task, TextEdit, edit};

pub use self::choice::{Choice, Choices, choices};

use crate::{
    corpus,
    doubt::{About, Doubt},
    finding::{Code, percent},
    nearest::nearest,
    project::{Place, Project, Ranked},
    symbols,
};

/// How many candidates are offered for one row.
const CANDIDATES: usize = 5;
/// So many edits are made for an offer that may never be taken: editors ask at each move of the cursor.
const AT_ONCE: usize = 1000;

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
    pub title: Phrase,
    pub kind: Kind,
    pub preferred: bool,
    /// Of the file asked about. Empty for [`Kind::FixAll`]: there are many, made when the offer is taken.
    pub edits: Vec<TextEdit>,
    /// Of gloss.toml.
    pub config_edits: Vec<TextEdit>,
    /// A decision to remember: (text, label).
    pub keep: Option<(String, String)>,
}

/// What is offered for these bytes of a file: best candidate first. `whole`: someone asks for what changes the whole file,
/// and so for its edits, however many they are; else an offer of very many stands without them ([`accept`] makes them).
pub fn actions(project: &Project, file: usize, range: Range<usize>, whole: bool) -> Vec<Action> {
    let document = &project.files[file].document;
    let rows = document.rows_in(range.clone());
    let mut actions = Vec::new();
    if let Some(row) = document.row_at(range.start).or(rows.clone().next()) {
        let place = Place { file, row };
        match document.schema().task {
            Task::Single => of_row(project, place, &mut actions),
            Task::Multi => set::of_row(project, place, range.start, &mut actions),
            Task::Spans => spans::of_row(project, place, range.clone(), &mut actions),
        }
        if project.files[file].marks[row].says(Code::UnknownLabel) {
            actions.extend(add_all_to_config(project));
        }
    }
    if document.schema().task == Task::Spans {
        mending::of_spans(project, file, &range, &mut actions);
    }
    if rows.len() > 1 {
        actions.extend(accept(project, file, rows, Kind::Rewrite));
    }
    let all = 0..document.rows().len();
    let count = if whole { 0 } else { sure(project, file, all.clone()).count() };
    if count > AT_ONCE {
        actions.push(Action::new(accept_title(project, count), Kind::FixAll));
    } else {
        actions.extend(accept(project, file, all, Kind::FixAll));
    }
    actions
}

/// Accepts every suggestion of these rows that is at least as sure as gloss.toml asks.
pub fn accept(project: &Project, file: usize, rows: Range<usize>, kind: Kind) -> Option<Action> {
    let document = &project.files[file].document;
    let sure: Vec<(usize, Answer)> = sure(project, file, rows).collect();
    let title = accept_title(project, sure.len());
    let edits: Vec<TextEdit> =
        sure.iter().filter_map(|(row, answer)| document.answer_edits(*row, Some(answer)).ok()).flatten().collect();
    let edits = edit::merged(edits);
    (!edits.is_empty()).then(|| Action { edits, ..Action::new(title, kind) })
}

/// The unlabelled rows among these with a suggestion that is sure enough, and what it says.
fn sure(project: &Project, file: usize, rows: Range<usize>) -> impl Iterator<Item = (usize, Answer)> {
    let all = project.files[file].document.rows();
    // Nobody has measured what comes from names.
    let is_measured = project.learned.as_ref().is_some_and(|learned| !learned.from_names);
    let rows = if is_measured { rows } else { 0..0 };
    rows.filter(|row| !all[*row].is_labelled()).filter_map(|row| {
        let glance = project.glance(all[row].text_key())?;
        let is_sure = glance.probability >= project.config.accept_above;
        is_sure.then_some((row, glance.answer(project.learned.as_ref()?)))
    })
}

fn accept_title(project: &Project, count: usize) -> Phrase {
    phrase!("accept-all-sure", count = Count(count), threshold = percent(project.config.accept_above))
}

impl Action {
    fn new(title: Phrase, kind: Kind) -> Action {
        Action { title, kind, preferred: false, edits: Vec::new(), config_edits: Vec::new(), keep: None }
    }

    fn quick(title: Phrase, edits: Vec<TextEdit>) -> Action {
        Action { edits, ..Action::new(title, Kind::QuickFix) }
    }
}

fn of_row(project: &Project, place: Place, actions: &mut Vec<Action>) {
    let file = &project.files[place.file];
    let row = &file.document.rows()[place.row];
    let unknown = row.label().filter(|label| !project.allows(label));
    let doubt = project.doubts(place).next();
    if row.label().is_some() && unknown.is_none() && doubt.is_none() {
        let label = row.label().filter(|_| {
            file.marks[place.row].says(Code::NearConflict) || file.marks[place.row].says(Code::Disagreement)
        });
        actions.extend(label.map(|label| keep(project, place, label, phrase!("keep", label))));
        return;
    }
    let edit = |label: &str| file.document.answer_edits(place.row, Some(&Answer::One(label.into()))).ok();
    let first = actions.len();
    let mut taken: Vec<&str> = row.label().into_iter().map(|label| &**label).collect();
    if let Some(label) = unknown
        && let Some(near) = nearest(label, project.config.labels.iter().map(|(name, _)| name.as_str()))
        && let Some(edits) = edit(near)
    {
        actions.push(Action::quick(phrase!("replace-label", label, near), edits));
        taken.push(near);
    }
    for (label, probability) in candidates(project, place) {
        if !taken.contains(&&*label)
            && let Some(edits) = edit(&label)
        {
            let title = phrase!("label-as", label = phrase!("quoted", text = &label), sure = percent(probability));
            actions.push(Action::quick(title, edits));
        }
    }
    if let Some(best) = actions.get_mut(first) {
        best.preferred = true;
    }
    if let Some(label) = unknown {
        actions.extend(add_to_config(project, label));
    }
    if let Some(label) = row.label().filter(|_| doubt.is_some()) {
        actions.push(keep(project, place, label, phrase!("keep", label)));
    }
}

fn add_to_config(project: &Project, label: &str) -> Option<Action> {
    let edit = project.config_file.as_ref()?.add_labels(&[label])?;
    let title = phrase!("add-to-labels", label);
    Some(Action { config_edits: vec![edit], ..Action::new(title, Kind::QuickFix) })
}

/// All labels of the data set that are not in [labels], where there are several.
fn add_all_to_config(project: &Project) -> Option<Action> {
    let unknown = symbols::unknown(project);
    let labels: Vec<&str> = unknown.iter().map(|label| &**label).collect();
    let edit = project.config_file.as_ref().filter(|_| labels.len() > 1)?.add_labels(&labels)?;
    let title = phrase!("add-all-to-labels", count = labels.len());
    Some(Action { config_edits: vec![edit], ..Action::new(title, Kind::QuickFix) })
}

/// Remembers that the row is right about this label.
fn keep(project: &Project, place: Place, label: &str, title: Phrase) -> Action {
    let text = project.files[place.file].document.text(place.row);
    Action { keep: Some((text, label.to_owned())), ..Action::new(title, Kind::QuickFix) }
}

/// Labels for a row, best first.
fn candidates(project: &Project, place: Place) -> Ranked {
    let Some(learned) = &project.learned else { return Vec::new() };
    if let Some(Doubt { about: About::Other { label, .. }, probability, rivals, .. }) = project.doubts(place).next() {
        // The classifier that serves has seen this row with its label; those that doubt it have not.
        let named = |(label, probability): (u32, f32)| (learned.label(label).clone(), probability);
        let rivals = rivals.iter().copied().filter(|(label, _)| project.offers(*label));
        return [(*label, *probability)].into_iter().chain(rivals).map(named).collect();
    }
    let mut ranked = project.ranked(&corpus::text(&project.files[place.file].document, place.row));
    ranked.truncate(CANDIDATES);
    ranked
}
