//! What is to be said of a row, small enough to be kept for every row of a large file.
//!
//! What must stay true: a mark depends on its row, on rows with the same text or a near one, on gloss.toml, on the decisions kept and on
//! what was learned, and on nothing else. Whoever changes one of these makes the marks that depend on it again.

use dataset::{Answer, words};

use crate::{
    corpus::sorted,
    finding::Code,
    near::{self, Near},
    project::{Place, Project},
};

/// Of the rows with one text, this many are compared with each other.
const COMPARED: usize = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mark {
    codes: u32,
    /// Of a suspect: higher is more suspicious.
    pub(crate) suspicion: f32,
}

impl Mark {
    pub(crate) fn says(self, code: Code) -> bool {
        self.codes & bit(code) != 0
    }

    /// Most rows have one code or none: only the bits that are set are looked at.
    pub(crate) fn codes(self) -> impl Iterator<Item = Code> {
        let mut left = self.codes;
        std::iter::from_fn(move || {
            let code = Code::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*code)
        })
    }

    fn add(&mut self, code: Code) {
        self.codes |= bit(code);
    }

    pub(crate) fn of(project: &Project, place: Place) -> Mark {
        let mut mark = Mark::default();
        let file = &project.files[place.file];
        let row = &file.document.rows()[place.row];
        if leak(project, place).is_some() {
            mark.add(Code::LeakedRow);
        } else if near_leak(project, place).is_some() {
            mark.add(Code::NearLeak);
        }
        let Some(answer) = row.answer() else {
            let next = !file.held_out && project.is_next(row.text_key());
            if next || project.glance(row.text_key()).is_some() {
                mark.add(if next { Code::LabelNext } else { Code::Suggestion });
            }
            return mark;
        };
        if let Answer::Spans(spans) = answer
            && !spans.is_empty()
        {
            mark.add(Code::Span);
            let text = file.document.text(place.row);
            if spans.iter().any(|span| words::are_cut(&text, span.range())) {
                mark.add(Code::CutWord);
            }
        }
        if answer.labels().into_iter().any(|label| !project.allows(label)) {
            mark.add(Code::UnknownLabel);
            return mark;
        }
        if contradiction(project, place).is_some() {
            mark.add(Code::ConflictingDuplicate);
        } else if disagreement(project, place).is_some() {
            mark.add(Code::Disagreement);
        } else if near_contradiction(project, place).is_some() {
            mark.add(Code::NearConflict);
        } else if repetition(project, place).is_some() {
            mark.add(Code::Duplicate);
        } else if near_repetition(project, place).is_some() {
            mark.add(Code::NearDuplicate);
        }
        if let Some(doubt) = project.doubts(place).next() {
            mark.add(Code::SuspectLabel);
            mark.suspicion = doubt.score;
        }
        mark
    }
}

fn bit(code: Code) -> u32 {
    1 << code as u16
}

/// The training row that a held-out row repeats.
pub(crate) fn leak(project: &Project, place: Place) -> Option<Place> {
    let held_out = |file: usize| project.files[file].held_out;
    held_out(place.file).then(|| twins(project, place).find(|other| !held_out(other.file)))?
}

/// A row with the same text and another label, or other labels, that is not another person's.
pub(crate) fn contradiction(project: &Project, place: Place) -> Option<Place> {
    others(project, place).find(|other| !project.are_of_two_people(place, *other))
}

/// A row with the same text that another person gave another label, or other labels, unless it was decided to keep those of this one.
pub(crate) fn disagreement(project: &Project, place: Place) -> Option<Place> {
    let found = others(project, place).find(|other| project.are_of_two_people(place, *other))?;
    (!is_kept(project, place)).then_some(found)
}

/// Rows with the same text that say something else.
fn others(project: &Project, place: Place) -> impl Iterator<Item = Place> {
    let ours = sorted(project.answer(place));
    twins(project, place)
        .filter(move |other| project.answer(*other).is_some() && sorted(project.answer(*other)) != ours)
}

/// The first row with the same text and label, if it stands before this one and is not another person's.
pub(crate) fn repetition(project: &Project, place: Place) -> Option<Place> {
    let ours = sorted(project.answer(place));
    twins(project, place)
        .take_while(|other| *other < place)
        .find(|other| sorted(project.answer(*other)) == ours && !project.are_of_two_people(place, *other))
}

/// Whether a person decided to keep all labels of a row.
fn is_kept(project: &Project, place: Place) -> bool {
    let key = project.files[place.file].document.rows()[place.row].text_key();
    let labels = project.answer(place).map_or(Vec::new(), Answer::labels);
    !labels.is_empty() && labels.into_iter().all(|label| project.kept.contains(key, label))
}

/// The training row that a held-out row repeats but for a trifle.
pub(crate) fn near_leak(project: &Project, place: Place) -> Option<(Place, &Near)> {
    let held_out = |file: usize| project.files[file].held_out;
    held_out(place.file)
        .then(|| neighbours(project, place).find(|(other, near)| near.is_alike() && !held_out(other.file)))?
}

/// A row with nearly the same text and another label, or other labels, where nothing tells the two apart: they are the same word for
/// word, or models that had not seen this text would label it as the other one is. Not if a person decided to keep the labels of this one.
///
/// One word may well decide ("set an alarm for", "delete the alarm for"): who has other rows to learn that word from is not contradicted.
pub(crate) fn near_contradiction(project: &Project, place: Place) -> Option<(Place, &Near)> {
    let ours = project.answer(place)?;
    let key = project.files[place.file].document.rows()[place.row].text_key();
    let verdict = project.learned.as_deref().and_then(|learned| Some((learned, learned.verdicts.get(&key)?)));
    let sides_with = |other: &Answer| {
        verdict.is_some_and(|(learned, verdict)| verdict.agrees(learned, other) && !verdict.agrees(learned, ours))
    };
    let contradicts =
        |near: &Near, other: &Answer| near::gist(other) != near::gist(ours) && (near.same_words || sides_with(other));
    let found = neighbours(project, place)
        .find(|(other, near)| project.answer(*other).is_some_and(|answer| contradicts(near, answer)))?;
    (!is_kept(project, place)).then_some(found)
}

/// A row with the same text, word for word, and the same label, that stands before this one.
pub(crate) fn near_repetition(project: &Project, place: Place) -> Option<(Place, &Near)> {
    let ours = near::gist(project.answer(place)?);
    let agrees = |other: &Answer| near::gist(other) == ours;
    neighbours(project, place)
        .find(|(other, near)| near.same_words && *other < place && project.answer(*other).is_some_and(agrees))
}

/// Rows with nearly the same text, the nearest first.
fn neighbours(project: &Project, place: Place) -> impl Iterator<Item = (Place, &Near)> {
    project.near_to(place).flat_map(|(near, places)| places.iter().take(COMPARED).map(move |other| (*other, near)))
}

fn twins(project: &Project, place: Place) -> impl Iterator<Item = Place> + '_ {
    project.same_text(place).iter().copied().take(COMPARED).filter(move |other| *other != place)
}
