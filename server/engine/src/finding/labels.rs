//! What is said of a row with one label or several.

use std::{ops::Range, sync::Arc};

use catalogue::{Phrase, phrase};
use dataset::Answer;
use serde_json::json;

use super::{Code, Data, Finding, percent};
use crate::{
    doubt::About,
    glance::{Guess, quoted},
    mark, names,
    nearest::nearest,
    project::{Place, Project},
};

/// The label value of a row, or the row where it is missing.
pub(super) fn site(project: &Project, place: Place) -> Range<usize> {
    project.files[place.file].document.rows()[place.row].label_site()
}

/// An answer of the file, for people.
pub(crate) fn said(answer: &Answer) -> Phrase {
    quoted(answer.labels().into_iter().map(|label| &**label))
}

pub(super) fn unknown_labels(project: &Project, place: Place) -> Vec<Finding> {
    let document = &project.files[place.file].document;
    let Some(answer) = project.answer(place) else { return Vec::new() };
    let labels = answer.labels().into_iter().zip(document.sites(place.row));
    let unknown = labels.filter(|(label, _)| !project.allows(label));
    let find = |(label, site): (&Arc<str>, Range<usize>)| {
        let message = match nearest(label, project.config.labels.iter().map(|(name, _)| name.as_str())) {
            Some(near) => phrase!("unknown-label-near", label, near),
            None => phrase!("unknown-label", label),
        };
        Finding::plain(Code::UnknownLabel, site, message)
    };
    unknown.map(find).collect()
}

/// What models doubt of a label, or of several.
pub(super) fn suspects(project: &Project, place: Place) -> Vec<Finding> {
    let document = &project.files[place.file].document;
    let (Some(learned), Some(answer)) = (&project.learned, project.answer(place)) else { return Vec::new() };
    let mut findings = Vec::new();
    for doubt in project.doubts(place) {
        let sure = percent(doubt.probability);
        let mut find = |label: u32, range: Range<usize>, message: Phrase| {
            let data = project.model_data(json!(&**learned.label(label)), doubt.probability, learned.classifier.step());
            findings.push(Finding { data: Some(data), ..Finding::plain(Code::SuspectLabel, range, message) });
        };
        match doubt.about {
            About::Other { given, label } => {
                let (given, suggested) = (learned.label(given), learned.label(label));
                find(label, site(project, place), phrase!("suspect-other", given, other = suggested, sure));
            }
            About::Missing { label } => {
                let name = learned.label(label);
                find(label, site(project, place), phrase!("suspect-missing", label = name, sure));
            }
            About::Wrong { label } => {
                let name = learned.label(label);
                let at = answer.labels().into_iter().position(|given| given == name);
                let own = at.and_then(|at| document.sites(place.row).get(at).cloned());
                let unsure = percent(1.0 - doubt.probability);
                let message = phrase!("suspect-wrong", label = name, unsure);
                find(label, own.unwrap_or_else(|| site(project, place)), message);
            }
            About::Span { .. } => {}
        }
    }
    findings
}

/// What is to be said of a row with nearly the text of another.
pub(super) fn near(project: &Project, place: Place, code: Code) -> Option<Finding> {
    let row = project.files[place.file].document.rows()[place.row].range();
    let (range, (other, near)) = match code {
        Code::NearConflict => (site(project, place), mark::near_contradiction(project, place)?),
        Code::NearLeak => (row, mark::near_leak(project, place)?),
        _ => (row, mark::near_repetition(project, place)?),
    };
    // What is not the same is never said to be 100% so.
    let (there, similar) = (project.describe(other), percent(near.similarity.min(0.99)));
    let message = match code {
        Code::NearConflict => {
            phrase!("near-conflict", similar, labels = said(project.answer(other)?), there)
        }
        Code::NearLeak => phrase!("near-leak", similar, there),
        _ => phrase!("near-duplicate", similar, there),
    };
    let data = Some(Data::Near { similarity: near.similarity });
    Some(Finding { data, related: Some(other), ..Finding::plain(code, range, message) })
}

pub(super) fn suggestion(project: &Project, place: Place, code: Code) -> Option<Finding> {
    let row = &project.files[place.file].document.rows()[place.row];
    let (glance, learned) = (project.glance(row.text_key())?, project.learned.as_ref()?);
    let (label, sure) = (glance.says(learned), percent(glance.probability));
    let message = match (code, &glance.guess) {
        (Code::LabelNext, Guess::One { second, second_probability, .. }) => {
            let (second, less_sure) = (learned.label(*second), percent(*second_probability));
            phrase!("label-next-of-two", label, sure, second, less_sure)
        }
        (Code::LabelNext, Guess::Set { nearest, nearest_probability, .. }) => {
            let (nearest, unsure) = (learned.label(*nearest), percent(*nearest_probability));
            phrase!("label-next-of-set", labels = label, sure, nearest, unsure)
        }
        (_, Guess::Set { given, .. }) if !given.is_empty() => glance.hint(learned),
        _ => phrase!("sure", what = label, sure),
    };
    let message = match (learned.from_names, code) {
        (false, _) => message,
        (true, Code::LabelNext) => phrase!("aside", what = message, note = names::origin()),
        (true, _) => phrase!("noted", what = message, note = names::origin()),
    };
    let data = match glance.answer(learned) {
        Answer::One(label) => json!(&*label),
        answer => answer.labels().into_iter().map(|label| &**label).collect(),
    };
    Some(Finding {
        data: Some(project.model_data(data, glance.probability, glance.step)),
        ..Finding::plain(code, site(project, place), message)
    })
}
