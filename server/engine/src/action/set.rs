//! What is offered for a row with several labels: accept those suggested, add one, remove one.

use std::sync::Arc;

use catalogue::{Phrase, phrase};
use dataset::Answer;

use super::{Action, CANDIDATES, add_to_config, keep};
use crate::{
    doubt::About,
    finding::percent,
    nearest::nearest,
    project::{Place, Project},
};

/// A row as it is offered to be changed.
struct Row<'a> {
    project: &'a Project,
    place: Place,
    labels: Vec<Arc<str>>,
}

/// `offset`: where the cursor is.
pub(super) fn of_row(project: &Project, place: Place, offset: usize, actions: &mut Vec<Action>) {
    let document = &project.files[place.file].document;
    let answer = project.answer(place);
    let labels = answer.iter().flat_map(|answer| answer.labels()).cloned().collect();
    let row = Row { project, place, labels };
    let first = actions.len();
    if answer.is_none() {
        actions.extend(row.accept());
        actions.extend(row.additions());
    } else {
        row.doubts(actions);
        row.unknown(actions);
        let site = document.rows()[place.row].label_site();
        if (site.start..=site.end).contains(&offset) {
            actions.extend(row.removal(offset));
            actions.extend(row.additions());
        }
    }
    // Of two that change the same label the first is enough.
    let mut known = Vec::new();
    actions.retain(|action| {
        let is_new = known.len() < first || !known.contains(&action.edits) || action.edits.is_empty();
        known.push(action.edits.clone());
        is_new
    });
    let offers_change = |action: &&mut Action| !action.edits.is_empty();
    if let Some(best) = actions[first..].iter_mut().find(offers_change) {
        best.preferred = true;
    }
}

impl Row<'_> {
    fn with(&self, title: Phrase, labels: Vec<Arc<str>>) -> Option<Action> {
        let document = &self.project.files[self.place.file].document;
        let edits = document.answer_edits(self.place.row, Some(&Answer::Set(labels.into()))).ok()?;
        Some(Action::quick(title, edits))
    }

    fn accept(&self) -> Option<Action> {
        let (file, learned) = (&self.project.files[self.place.file], self.project.learned.as_ref()?);
        let glance = self.project.glance(file.document.rows()[self.place.row].text_key())?;
        let title = phrase!("label-as", label = glance.says(learned), sure = percent(glance.probability));
        let labels = glance.labels().into_iter().map(|(label, _)| learned.label(label).clone()).collect();
        self.with(title, labels)
    }

    /// The most probable labels that the row does not have, each to be added.
    fn additions(&self) -> Vec<Action> {
        let text = crate::corpus::text(&self.project.files[self.place.file].document, self.place.row);
        let missing = self.project.ranked(&text).into_iter().filter(|(label, _)| !self.labels.contains(label));
        let add = |(label, probability): (Arc<str>, f32)| self.addition(&label, probability);
        missing.take(CANDIDATES).filter_map(add).collect()
    }

    fn addition(&self, label: &Arc<str>, probability: f32) -> Option<Action> {
        let labels = self.labels.iter().chain([label]).cloned().collect();
        self.with(phrase!("add-label", label, sure = percent(probability)), labels)
    }

    /// The label under the cursor, to be removed.
    fn removal(&self, offset: usize) -> Option<Action> {
        let sites = self.project.files[self.place.file].document.sites(self.place.row);
        // Several that stand in one value are not told apart.
        let is_here = |(_, site): &(usize, &std::ops::Range<usize>)| (site.start..=site.end).contains(&offset);
        let mut here = sites.iter().enumerate().filter(is_here).map(|(at, _)| at);
        match (here.next(), here.next()) {
            (Some(at), None) => self.without(&self.labels.get(at)?.clone()),
            _ => None,
        }
    }

    fn without(&self, label: &Arc<str>) -> Option<Action> {
        let labels = self.labels.iter().filter(|own| *own != label).cloned().collect();
        self.with(phrase!("remove-label", label), labels)
    }

    fn doubts(&self, actions: &mut Vec<Action>) {
        let Some(learned) = &self.project.learned else { return };
        let mut kept = Vec::new();
        for doubt in self.project.doubts(self.place) {
            let (label, action, title) = match doubt.about {
                About::Missing { label } => {
                    let label = learned.label(label);
                    (label, self.addition(label, doubt.probability), phrase!("keep-without", label))
                }
                About::Wrong { label } => {
                    let label = learned.label(label);
                    (label, self.without(label), phrase!("keep", label))
                }
                About::Other { .. } | About::Span { .. } => continue,
            };
            actions.extend(action);
            kept.push(keep(self.project, self.place, label, title));
        }
        actions.extend(kept);
    }

    fn unknown(&self, actions: &mut Vec<Action>) {
        let config = &self.project.config;
        for label in self.labels.iter().filter(|label| !self.project.allows(label)) {
            if let Some(near) = nearest(label, config.labels.iter().map(|(name, _)| name.as_str())) {
                let replace = |own: &Arc<str>| if own == label { Arc::from(near) } else { own.clone() };
                let mut labels: Vec<Arc<str>> = Vec::new();
                for label in self.labels.iter().map(replace) {
                    if !labels.contains(&label) {
                        labels.push(label);
                    }
                }
                actions.extend(self.with(phrase!("replace-label", label, near), labels));
            }
            actions.extend(self.without(label));
            actions.extend(add_to_config(self.project, label));
        }
    }
}
