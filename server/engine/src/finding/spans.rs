//! What is said of a row with spans, each on its very characters.

use std::ops::Range;

use catalogue::{Phrase, phrase};
use dataset::{Answer, Span, words};
use learn::spans;
use serde_json::json;

use super::{Code, Finding, labels::site, percent};
use crate::{
    doubt::About,
    glance::written,
    project::{Place, Project},
};

/// A row whose text is at hand.
struct Row<'a> {
    project: &'a Project,
    place: Place,
    text: String,
}

pub(super) fn of(project: &Project, place: Place, code: Code) -> Vec<Finding> {
    let text = project.files[place.file].document.text(place.row);
    let row = Row { project, place, text };
    match code {
        Code::Span => {
            row.given(code, |_| true, |row, span| phrase!("span-there", label = &span.label, part = row.part(span)))
        }
        Code::CutWord => row.given(code, |span| words::are_cut(&row.text, span.range()), |row, span| row.cut(span)),
        Code::SuspectLabel => row.suspects(),
        Code::LabelNext | Code::Suggestion => row.suggestions(code),
        _ => Vec::new(),
    }
}

impl Row<'_> {
    fn part(&self, span: &Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Where characters of the text stand.
    fn on(&self, range: Range<usize>) -> Range<usize> {
        self.project.files[self.place.file].document.text_map(self.place.row).source(range)
    }

    /// A finding of each span that stands there and is one of those.
    fn given(&self, code: Code, is_one: impl Fn(&Span) -> bool, says: fn(&Row, &Span) -> Phrase) -> Vec<Finding> {
        let Some(Answer::Spans(spans)) = self.project.answer(self.place) else { return Vec::new() };
        let find = |span: &Span| Finding::plain(code, self.on(span.range()), says(self, span));
        spans.iter().filter(|span| is_one(span)).map(find).collect()
    }

    fn cut(&self, span: &Span) -> Phrase {
        let whole = &self.text[words::whole(&self.text, span.range())];
        phrase!("cut-word", part = self.part(span), whole)
    }

    fn suspects(&self) -> Vec<Finding> {
        let Some(learned) = &self.project.learned else { return Vec::new() };
        let mut findings = Vec::new();
        for doubt in self.project.doubts(self.place) {
            let About::Span { given, instead } = doubt.about else { continue };
            let sure = percent(doubt.probability);
            let named = |span: spans::Span| written(span, learned);
            let (on, message) = match (given.map(named), instead.map(named)) {
                (Some(given), Some(instead)) if given.range() == instead.range() => {
                    let (part, label, other) = (self.part(&given), &given.label, &instead.label);
                    let message = phrase!("suspect-span-label", part, label, other, sure);
                    (given, message)
                }
                (Some(given), Some(instead)) => {
                    let (part, label) = (self.part(&given), &given.label);
                    let (other, with) = (self.part(&instead), &instead.label);
                    let message = phrase!("suspect-span-edges", part, label, other, with, sure);
                    (given, message)
                }
                (None, Some(missing)) => {
                    let (part, label) = (self.part(&missing), &missing.label);
                    let message = phrase!("suspect-span-missing", part, label, sure);
                    (missing, message)
                }
                (Some(given), None) => {
                    let (part, label) = (self.part(&given), &given.label);
                    let unsure = percent(1.0 - doubt.probability);
                    let message = phrase!("suspect-span-wrong", part, label, unsure);
                    (given, message)
                }
                (None, None) => continue,
            };
            let label = instead.or(given).map_or(json!(null), |span| json!(&**learned.label(span.label)));
            let data = self.project.model_data(label, doubt.probability, learned.classifier.step());
            let finding = Finding::plain(Code::SuspectLabel, self.on(on.range()), message);
            findings.push(Finding { data: Some(data), ..finding });
        }
        findings
    }

    fn suggestions(&self, code: Code) -> Vec<Finding> {
        let key = dataset::text_key(&self.text);
        let (Some(glance), Some(learned)) = (self.project.glance(key), &self.project.learned) else {
            return Vec::new();
        };
        let says = |what: Phrase, probability: f32| match code {
            Code::LabelNext => phrase!("label-next-of-spans", what, sure = percent(probability)),
            _ => phrase!("sure", what, sure = percent(probability)),
        };
        if glance.spans().is_empty() {
            let message = says(phrase!("no-span"), glance.probability);
            let data = self.project.model_data(json!([]), glance.probability, glance.step);
            let finding = Finding::plain(code, site(self.project, self.place), message);
            return vec![Finding { data: Some(data), ..finding }];
        }
        let find = |tagged: &spans::Tagged| {
            let span = written(tagged.span, learned);
            let message = says(phrase!("quoted", text = &span.label), tagged.probability);
            let data = self.project.model_data(json!(&*span.label), tagged.probability, glance.step);
            Finding { data: Some(data), ..Finding::plain(code, self.on(span.range()), message) }
        };
        glance.spans().iter().map(find).collect()
    }
}
