//! What the classifier says, as far as its labels are still those of the rows.
//!
//! What must stay true: nothing is offered that [labels] does not list or, without that, that no row has any more. A label that got another
//! name is called so at once, before anything is learned from the rows as they are now.

use std::{ops::Range, sync::Arc};

use dataset::Answer;
use learn::Text;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Place, Project};
use crate::{
    corpus,
    doubt::{About, Doubt},
    glance::Glance,
};

/// Labels with their probabilities, the most probable first.
pub(crate) type Ranked = Vec<(Arc<str>, f32)>;

impl Project {
    /// What the model in force says of an unlabelled text.
    pub fn glance(&self, key: u64) -> Option<&Glance> {
        let is_offered = |glance: &&Glance| glance.labels().iter().all(|(label, _)| self.offers(*label));
        self.predicted(key).filter(|glance| self.withdrawn.is_empty() || is_offered(glance))
    }

    /// Whether a label of the classifier is one of the rows.
    pub(crate) fn offers(&self, label: u32) -> bool {
        !self.withdrawn.contains(&label)
    }

    pub(super) fn predicted(&self, key: u64) -> Option<&Glance> {
        self.learned.as_ref()?.glances.get(&key).or_else(|| self.newer.get(&key))
    }

    /// The labels that a text may have; none where nothing was learned.
    pub(crate) fn ranked(&self, text: &Text) -> Ranked {
        self.offered(self.learned.as_ref().map(|learned| learned.ranked(text)))
    }

    /// The labels that a part of a text may have; none where nothing was learned.
    pub(crate) fn ranked_part(&self, text: &Text, part: Range<usize>) -> Ranked {
        self.offered(self.learned.as_ref().map(|learned| learned.ranked_part(text, part)))
    }

    fn offered(&self, ranked: Option<Ranked>) -> Ranked {
        let mut ranked = ranked.unwrap_or_default();
        if let Some(learned) = self.learned.as_ref().filter(|_| !self.withdrawn.is_empty()) {
            ranked.retain(|(label, _)| learned.column(label).is_none_or(|column| self.offers(column as u32)));
        }
        ranked
    }

    /// What is doubted of a row's answer, the most suspicious first, but for what a person decided to keep.
    pub fn doubts(&self, place: Place) -> impl Iterator<Item = &Doubt> {
        let file = &self.files[place.file];
        let row = &file.document.rows()[place.row];
        let learned = self.learned.as_deref().filter(|_| !file.held_out);
        let doubts = learned.and_then(|learned| learned.doubts.get(&row.text_key()));
        let holds = move |doubt: &&Doubt| {
            let (Some(learned), Some(answer)) = (learned, row.answer()) else { return false };
            let is_kept = || {
                let decision = doubt.about.decision(learned, || file.document.text(place.row));
                self.kept.contains(row.text_key(), &decision)
            };
            let is_known = doubt.about.instead().is_none_or(|label| self.offers(label));
            is_known && doubt.about.holds(learned, answer) && (self.kept.is_empty() || !is_kept())
        };
        doubts.into_iter().flatten().filter(holds)
    }

    /// Calls the classifier's labels as the rows do now. Answers whether something else is offered since.
    pub(crate) fn follow_names(&mut self) -> bool {
        let Some(learned) = self.learned.clone() else { return !std::mem::take(&mut self.withdrawn).is_empty() };
        let mut gone = self.gone(learned.classifier.labels());
        let mut is_renamed = false;
        if !gone.is_empty() {
            let names = learned.witnesses.renames(corpus::in_learning(self.task()), |tell| {
                for (key, answer) in self.answers() {
                    answer.labels().into_iter().filter(|label| self.allows(label)).for_each(|label| tell(key, label));
                }
            });
            if !names.is_empty() {
                let renamed = learned.called(&names, &self.snapshot().lesson());
                gone = self.gone(renamed.classifier.labels());
                is_renamed = renamed.classifier.labels() != learned.classifier.labels();
                self.learned = Some(Arc::new(renamed));
            }
        }
        let before = std::mem::replace(&mut self.withdrawn, gone);
        is_renamed || before != self.withdrawn
    }

    /// Those of these labels that [labels] does not list or, without that, that no row has.
    fn gone(&self, labels: &[Arc<str>]) -> FxHashSet<u32> {
        let mut left: FxHashMap<&str, u32> = labels.iter().map(|label| &**label).zip(0..).collect();
        if self.config.labels.is_empty() {
            let mut given = self.answers().flat_map(|(_, answer)| answer.labels());
            while !left.is_empty()
                && let Some(label) = given.next()
            {
                left.remove(&**label);
            }
        } else {
            left.retain(|label, _| !self.allows(label));
        }
        left.into_values().collect()
    }

    /// What may be learned from, by the keys of the texts.
    fn answers(&self) -> impl Iterator<Item = (u64, &Answer)> {
        let rows = self.files.iter().filter(|file| !file.held_out).flat_map(|file| file.document.rows());
        rows.filter_map(|row| Some((row.text_key(), row.answer()?)))
    }
}

impl About {
    /// The label that should stand there.
    fn instead(self) -> Option<u32> {
        match self {
            About::Other { label, .. } | About::Missing { label } => Some(label),
            About::Wrong { .. } => None,
            About::Span { instead, .. } => instead.map(|span| span.label),
        }
    }
}
