//! How a data set stands: what a panel beside the rows shows of labels, confusions, probabilities, and which rows ask for a person.
//!
//! Plain data of one moment. The runs of the past lie in the store, which is read by who asks for them, aside from the engine's thread.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{
    finding::Code,
    project::{Place, Project},
    symbols::{self, Bin, Measured},
};

/// Rows named of each kind.
const ROWS: usize = 200;
/// Rows named of which a label is rightly said: of each label, and of all, but one of each.
const RIGHT: usize = 20;
const RIGHT_IN_ALL: usize = 2_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Those of [labels] in its order, then the others by name.
    pub labels: Vec<OfLabel>,
    /// Most frequent first.
    pub confusions: Vec<Confused>,
    pub bins: Vec<Bin>,
    /// Rows to label next, with the label suggested.
    pub next: Vec<Asking>,
    /// Suspects, with the label given.
    pub suspects: Vec<Asking>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OfLabel {
    pub label: Arc<str>,
    /// That have it now, held-out files included.
    pub rows: usize,
    /// Of what was learned last, if that knows the label.
    pub measured: Option<Measured>,
    /// Some of the rows that have it, and of which models that had not seen them say it.
    pub right: Vec<Place>,
}

/// Rows with one label, of which models that had not seen them say another.
#[derive(Clone, Debug, PartialEq)]
pub struct Confused {
    pub given: Arc<str>,
    pub instead: Arc<str>,
    pub count: usize,
    /// Some of the rows, that still have the label.
    pub rows: Vec<Place>,
}

/// A row that asks for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    pub place: Place,
    /// `None`: nothing can be said of it yet, or not by one label.
    pub label: Option<Arc<str>>,
}

impl Report {
    pub fn of(project: &Project) -> Report {
        let measured = |label: &Arc<str>| {
            let learned = project.learned.as_ref()?;
            let column = learned.classifier.labels().iter().position(|known| known == label)?;
            learned.tally.measured.get(column).copied()
        };
        let mut confusions = Vec::new();
        for confusion in project.learned.iter().flat_map(|learned| &learned.tally.confusions) {
            let Some(learned) = &project.learned else { break };
            let given = learned.label(confusion.given).clone();
            confusions.push(Confused {
                rows: project.examples(&confusion.examples, &given, confusion.examples.len()),
                instead: learned.label(confusion.instead).clone(),
                count: confusion.count as usize,
                given,
            });
        }
        let mut right = right(project);
        let of_label = |(label, rows): (Arc<str>, usize)| OfLabel {
            measured: measured(&label),
            right: right.remove(&label).unwrap_or_default(),
            rows,
            label,
        };
        Report {
            labels: labels(project).map(of_label).collect(),
            confusions,
            bins: project.learned.iter().flat_map(|learned| learned.tally.bins).collect(),
            next: asking(project, Code::LabelNext),
            suspects: asking(project, Code::SuspectLabel),
        }
    }
}

/// Every label with the rows that have it: those of [labels] in its order, then the others by name.
pub(crate) fn labels(project: &Project) -> impl Iterator<Item = (Arc<str>, usize)> {
    let mut counts = symbols::labels(project);
    let listed: Vec<(Arc<str>, usize)> = project
        .config
        .labels
        .iter()
        .map(|(name, _)| {
            let name: Arc<str> = name.as_str().into();
            let rows = counts.remove(&name).unwrap_or(0);
            (name, rows)
        })
        .collect();
    listed.into_iter().chain(counts)
}

/// Of each label rows of which it is rightly said.
fn right(project: &Project) -> FxHashMap<Arc<str>, Vec<Place>> {
    let mut right: FxHashMap<Arc<str>, Vec<Place>> = FxHashMap::default();
    let Some(learned) = &project.learned else { return right };
    let each = RIGHT_IN_ALL.div_ceil(learned.classifier.labels().len().max(1)).min(RIGHT);
    for (file, data) in project.files.iter().enumerate() {
        for (row, content) in data.document.rows().iter().enumerate() {
            let Some(answer) = content.answer() else { continue };
            let Some(verdict) = learned.verdicts.get(&content.text_key()) else { continue };
            for label in verdict.right(learned, answer) {
                let places = right.entry(label.clone()).or_default();
                if places.len() < each {
                    places.push(Place { file, row });
                }
            }
        }
    }
    right
}

fn asking(project: &Project, code: Code) -> Vec<Asking> {
    let rows = (0..project.files.len()).flat_map(|file| {
        let rows = project.files[file].rows_with(code).map(move |row| Place { file, row });
        rows.take(ROWS)
    });
    let label = |place: Place| match project.answer(place) {
        Some(answer) => answer.labels().into_iter().next().cloned(),
        None => {
            let key = project.files[place.file].document.rows()[place.row].text_key();
            let (label, _) = *project.glance(key)?.labels().first()?;
            Some(project.learned.as_ref()?.label(label).clone())
        }
    };
    rows.take(ROWS).map(|place| Asking { place, label: label(place) }).collect()
}

impl Project {
    /// How many rows of all files this is said of.
    pub fn count(&self, code: Code) -> usize {
        self.files.iter().map(|file| file.rows_with(code).count()).sum()
    }
}
