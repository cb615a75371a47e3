//! What can be gained in the background, without a new label.

use learn::Embeddings;
use rustc_hash::FxHashSet;

use super::Project;
use crate::{climb::Training, corpus::Corpus, names::Naming, power};

impl Project {
    /// Whether what was learned can still be bettered without a new label.
    pub(crate) fn can_climb(&self) -> bool {
        let (Some(learned), true) = (&self.learned, self.embeddings.is_some()) else { return false };
        let settled = learned.fingerprint == self.fingerprint();
        let undecided = !learned.is_decided(self.config.plan().is_some())
            || (learned.considered != Some(learned.fingerprint) && self.training().is_some());
        (settled && undecided) || learned.classifier.embeddings().is_some_and(|embeddings| self.lacks(embeddings))
    }

    /// How the encoder may be trained, if it can and may be.
    pub(crate) fn training(&self) -> Option<Training> {
        let plan = self.config.plan()?;
        let trainable = self.embeddings.as_ref()?.encoder().trainable().is_some();
        (trainable && !power::on_battery()).then(|| Training { plan, bench: self.bench.clone() })
    }

    /// What labels' names have to say that is not said, if they are to speak.
    pub(crate) fn naming(&self, near: impl FnOnce() -> FxHashSet<u64>) -> Option<Naming> {
        let embeddings = self.embeddings.clone()?;
        let news = match &self.learned {
            None => true,
            Some(learned) if learned.from_names => self.lacks(&embeddings),
            // One that has learned from rows that are gone, or elsewhere, knows more.
            Some(learned) => learned.classifier.embeddings().is_none(),
        };
        let corpus = news.then(|| self.snapshot()).filter(Corpus::asks_names)?;
        Some(Naming { corpus, version: self.versions, embeddings, near: near() })
    }

    /// Whether some text is not embedded that there is room for.
    fn lacks(&self, embeddings: &Embeddings) -> bool {
        if embeddings.is_full() {
            return false;
        }
        let mut rows = self.files.iter().flat_map(|file| file.document.rows());
        rows.any(|row| !embeddings.has(row.text_key()))
    }
}
