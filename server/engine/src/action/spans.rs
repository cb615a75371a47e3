//! What is offered for a row with spans: accept those suggested, label a selection, relabel, grow or remove a span.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use catalogue::{Phrase, phrase};
use dataset::{Answer, Span, words};

use super::{Action, CANDIDATES, add_to_config, keep};
use crate::{
    corpus,
    doubt::About,
    finding::percent,
    glance::written,
    nearest::nearest,
    project::{Place, Project},
};

/// So much of a part of the text stands in a title.
const SHOWN: usize = 40;

/// A row as it is offered to be changed.
struct Row<'a> {
    project: &'a Project,
    place: Place,
    text: String,
    spans: Vec<Span>,
    /// What of the text the cursor is on, or the selection takes in; empty where that is elsewhere in the row.
    part: Range<usize>,
    /// Whether somebody selected that.
    is_selected: bool,
}

/// `range`: bytes of the file that are selected, or where the cursor is.
pub(super) fn of_row(project: &Project, place: Place, range: Range<usize>, actions: &mut Vec<Action>) {
    let document = &project.files[place.file].document;
    let text = document.text(place.row);
    let answer = project.answer(place);
    let spans = match answer {
        Some(Answer::Spans(spans)) => spans.to_vec(),
        _ => Vec::new(),
    };
    let is_selected = !range.is_empty();
    let map = document.text_map(place.row);
    let part = words::trimmed(&text, map.text(range.start..range.end.max(range.start + 1)));
    let row = Row { project, place, text, spans, part, is_selected };
    let first = actions.len();
    row.doubts(actions);
    row.cut_words(actions);
    row.unknown(actions);
    if answer.is_none() {
        row.suggested(actions);
    }
    if row.part.is_empty() {
        // On a span that is written elsewhere in the row.
        let sites = document.sites(place.row);
        let here = sites.iter().position(|site| (site.start..=site.end).contains(&range.start));
        if let Some(span) = here.and_then(|here| row.spans.get(here)) {
            row.change(span, actions);
        }
    } else {
        let touched: Vec<&Span> = row.spans.iter().filter(|span| row.touches(span.range())).collect();
        match touched[..] {
            [] => row.label(actions),
            [one] if row.is_selected && one.range() != row.part => row.moved(one, actions),
            _ => touched.iter().for_each(|span| row.change(span, actions)),
        }
    }
    if let Some(best) = actions[first..].iter_mut().find(|action| !action.edits.is_empty()) {
        best.preferred = true;
    }
}

/// The characters in quotes, cut where they are many.
pub(super) fn quoted(part: &str) -> String {
    let part = part.replace(['\n', '\r'], " ");
    match part.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &part[..end]),
        None => format!("`{part}`"),
    }
}

/// "Label `Vienna` as `city` (93%)".
fn with_sure(title: Phrase, sure: Option<String>) -> Phrase {
    match sure {
        Some(sure) => phrase!("sure", what = title, sure),
        None => title,
    }
}

impl Row<'_> {
    fn touches(&self, range: Range<usize>) -> bool {
        self.part.start < range.end && range.start < self.part.end
    }

    fn quoted(&self, range: Range<usize>) -> String {
        quoted(self.text.get(range).unwrap_or_default())
    }

    fn answered(&self, title: Phrase, mut spans: Vec<Span>) -> Option<Action> {
        spans.sort();
        spans.dedup();
        let document = &self.project.files[self.place.file].document;
        let edits = document.answer_edits(self.place.row, Some(&Answer::Spans(spans.into()))).ok()?;
        Some(Action::quick(title, edits))
    }

    /// With `new` in the place of `old`.
    fn replaced(&self, title: Phrase, old: Option<&Span>, new: Option<Span>) -> Option<Action> {
        let kept = self.spans.iter().filter(|span| Some(*span) != old).cloned();
        self.answered(title, kept.chain(new).collect())
    }

    /// Labels for a part of the text, most probable first; without order, where nothing was learned.
    fn candidates(&self, part: Range<usize>) -> Vec<(Arc<str>, Option<String>)> {
        let text = corpus::text_of(&self.text);
        let ranked = self.project.ranked_part(&text, part);
        if !ranked.is_empty() {
            let said = |(label, probability)| (label, Some(percent(probability)));
            return ranked.into_iter().map(said).collect();
        }
        let document = &self.project.files[self.place.file].document;
        let given = document.rows().iter().filter_map(|row| row.answer()).flat_map(Answer::labels);
        let given: BTreeSet<&Arc<str>> = given.collect();
        let closed = self.project.config.labels.iter().map(|(name, _)| Arc::from(name.as_str()));
        let closed: Vec<Arc<str>> = closed.collect();
        let known = if closed.is_empty() { given.into_iter().cloned().collect() } else { closed };
        known.into_iter().map(|label| (label, None)).collect()
    }

    /// The selection, or the word under the cursor.
    fn label(&self, actions: &mut Vec<Action>) {
        let part = if self.is_selected { self.part.clone() } else { words::whole(&self.text, self.part.clone()) };
        let is_word = self.text[part.clone()].chars().any(char::is_alphanumeric);
        if !self.is_selected && !is_word {
            return;
        }
        let quoted = self.quoted(part.clone());
        for (label, sure) in self.candidates(part.clone()).into_iter().take(CANDIDATES) {
            let title = with_sure(phrase!("label-part", part = &quoted, label = &label), sure);
            let span = Span { start: part.start as u32, end: part.end as u32, label };
            actions.extend(self.replaced(title, None, Some(span)));
        }
    }

    fn change(&self, span: &Span, actions: &mut Vec<Action>) {
        let quoted = self.quoted(span.range());
        for (label, sure) in
            self.candidates(span.range()).into_iter().filter(|(label, _)| *label != span.label).take(CANDIDATES)
        {
            let title = with_sure(phrase!("relabel-part", part = &quoted, label = &label), sure);
            actions.extend(self.replaced(title, Some(span), Some(Span { label, ..span.clone() })));
        }
        actions.extend(self.replaced(
            phrase!("remove-from-part", label = &span.label, part = quoted),
            Some(span),
            None,
        ));
    }

    fn moved(&self, span: &Span, actions: &mut Vec<Action>) {
        let title = phrase!("move-to-part", label = &span.label, part = self.quoted(self.part.clone()));
        let moved = Span { start: self.part.start as u32, end: self.part.end as u32, label: span.label.clone() };
        actions.extend(self.replaced(title, Some(span), Some(moved)));
        self.change(span, actions);
    }

    fn cut_words(&self, actions: &mut Vec<Action>) {
        for span in self.spans.iter().filter(|span| words::are_cut(&self.text, span.range())) {
            if self.part.is_empty() || self.touches(span.range()) {
                let whole = words::whole(&self.text, span.range());
                let title = phrase!("grow-to-part", label = &span.label, part = self.quoted(whole.clone()));
                let grown = Span { start: whole.start as u32, end: whole.end as u32, label: span.label.clone() };
                actions.extend(self.replaced(title, Some(span), Some(grown)));
            }
        }
    }

    fn suggested(&self, actions: &mut Vec<Action>) {
        let Some(learned) = &self.project.learned else { return };
        let Some(glance) = self.project.glance(dataset::text_key(&self.text)) else { return };
        let sure = percent(glance.probability);
        let title = match glance.spans().len() {
            0 => phrase!("label-as-no-span", sure),
            count => phrase!("accept-spans", count, sure),
        };
        let spans: Vec<Span> = glance.spans().iter().map(|tagged| written(tagged.span, learned)).collect();
        let all = self.answered(title, spans.clone());
        let probabilities = glance.spans().iter().map(|tagged| tagged.probability);
        for (span, probability) in spans.iter().zip(probabilities).filter(|(span, _)| self.touches(span.range())) {
            let title = phrase!("label-part", part = self.quoted(span.range()), label = &span.label);
            let title = with_sure(title, Some(percent(probability)));
            actions.extend(self.replaced(title, None, Some(span.clone())));
        }
        actions.extend(all);
    }

    fn doubts(&self, actions: &mut Vec<Action>) {
        let Some(learned) = &self.project.learned else { return };
        let mut kept = Vec::new();
        for doubt in self.project.doubts(self.place) {
            let About::Span { given, instead } = doubt.about else { continue };
            let (given, instead) =
                (given.map(|span| written(span, learned)), instead.map(|span| written(span, learned)));
            let is_here = [&given, &instead].into_iter().flatten().any(|span| self.touches(span.range()));
            if !is_here && !self.part.is_empty() {
                continue;
            }
            let sure = percent(doubt.probability);
            let title = match (&given, &instead) {
                (_, Some(span)) => {
                    let title = phrase!("label-part", part = self.quoted(span.range()), label = &span.label);
                    with_sure(title, Some(sure))
                }
                (Some(span), None) => {
                    phrase!("remove-from-part", label = &span.label, part = self.quoted(span.range()))
                }
                (None, None) => continue,
            };
            actions.extend(self.replaced(title, given.as_ref(), instead.clone()));
            let title = match (&given, &instead) {
                (Some(span), _) => phrase!("keep-on-part", label = &span.label, part = self.quoted(span.range())),
                (None, Some(span)) => phrase!("keep-part-unlabelled", part = self.quoted(span.range())),
                (None, None) => continue,
            };
            let decision = doubt.about.decision(learned, || self.text.clone());
            kept.push(keep(self.project, self.place, &decision, title));
        }
        actions.extend(kept);
    }

    fn unknown(&self, actions: &mut Vec<Action>) {
        let config = &self.project.config;
        for span in self.spans.iter().filter(|span| !self.project.allows(&span.label)) {
            if let Some(near) = nearest(&span.label, config.labels.iter().map(|(name, _)| name.as_str())) {
                let title = phrase!("replace-label", label = &span.label, near);
                actions.extend(self.replaced(title, Some(span), Some(Span { label: near.into(), ..span.clone() })));
            }
            actions.extend(add_to_config(self.project, &span.label));
        }
    }
}
