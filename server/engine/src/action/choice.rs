//! A row as it is labelled by keys: what accepting it does, and its labels by number.

use std::sync::Arc;

use catalogue::Phrase;
use dataset::{Answer, Task, TextEdit};

use super::{Kind, actions};
use crate::{
    corpus,
    finding::Code,
    project::{Place, Project},
    report,
};

/// As many as there are digits to choose by.
const CHOICES: usize = 9;

#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    pub row: usize,
    /// What the preferred action does, where the row asks for one: it has no label, or a doubtful one.
    pub accept: Option<(Phrase, Vec<TextEdit>)>,
    /// The decision to remember that the row is right: (text, label).
    pub keep: Option<(String, String)>,
    /// Where labels are no more than digits they keep their numbers: in the order of [labels], or by name. Else the most probable first.
    /// Of spans: what can be done to those of the range.
    pub choices: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub name: Phrase,
    /// `None`: nothing was learned yet.
    pub probability: Option<f32>,
    /// The row has it. Of several labels, choosing it takes it away.
    pub given: bool,
    pub edits: Vec<TextEdit>,
}

/// Of the row where these bytes of a file begin.
pub fn choices(project: &Project, file: usize, range: std::ops::Range<usize>) -> Option<Choices> {
    let data = &project.files[file];
    let row = data.document.row_at(range.start)?;
    let place = Place { file, row };
    let offered: Vec<_> = actions(project, file, range, false)
        .into_iter()
        .filter(|action| action.kind == Kind::QuickFix && action.config_edits.is_empty())
        .collect();
    let keep = offered.iter().find_map(|action| action.keep.clone());
    let asks = project.answer(place).is_none() || data.marks[row].says(Code::SuspectLabel);
    let preferred = offered.iter().find(|action| asks && action.preferred && !action.edits.is_empty());
    let accept = preferred.map(|action| (action.title.clone(), action.edits.clone()));
    let choices = if data.document.schema().task == Task::Spans {
        let edits = offered.into_iter().filter(|action| !action.edits.is_empty());
        let choice =
            |action: super::Action| Choice { name: action.title, probability: None, given: false, edits: action.edits };
        edits.map(choice).take(CHOICES).collect()
    } else {
        numbered(project, place)
    };
    Some(Choices { row, accept, keep, choices })
}

fn numbered(project: &Project, place: Place) -> Vec<Choice> {
    let document = &project.files[place.file].document;
    let given: Vec<Arc<str>> = project.answer(place).iter().flat_map(|answer| answer.labels()).cloned().collect();
    let ranked = project.ranked(&corpus::text(document, place.row));
    let mut labels: Vec<Arc<str>> = report::labels(project).map(|(label, _)| label).collect();
    if labels.len() > CHOICES && !ranked.is_empty() {
        labels = ranked.iter().map(|(label, _)| label.clone()).collect();
    }
    labels.truncate(CHOICES);
    let choice = |label: Arc<str>| {
        let is_given = given.contains(&label);
        let answer = match document.schema().task {
            Task::Multi if is_given => Answer::Set(given.iter().filter(|one| **one != label).cloned().collect()),
            Task::Multi => Answer::Set(given.iter().chain([&label]).cloned().collect()),
            _ => Answer::One(label.clone()),
        };
        let edits = document.answer_edits(place.row, Some(&answer)).ok()?;
        let probability = ranked.iter().find(|(known, _)| *known == label).map(|(_, probability)| *probability);
        Some(Choice { name: Phrase::verbatim(&*label), probability, given: is_given, edits })
    };
    labels.into_iter().filter_map(choice).collect()
}
