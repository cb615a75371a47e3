//! Where nothing teaches enough yet: labels' names.

use rustc_hash::FxHashSet;

use super::Project;
use crate::names::{self, Naming};

impl Project {
    /// Whether rows teach too little, and labels' names are to speak.
    pub(crate) fn asks_names(&self) -> bool {
        let rows = self.files.iter().filter(|file| !file.held_out).flat_map(|file| file.document.rows());
        names::are_due(&self.config.labels, rows.filter_map(|row| row.label().map(|label| &**label)))
    }

    /// What labels' names have to say that is not said, if they are to speak.
    pub(crate) fn naming(&self, near: impl FnOnce() -> FxHashSet<u64>) -> Option<Naming> {
        let embeddings = self.embeddings.clone()?;
        let news = match &self.learned {
            None => true,
            Some(learned) if learned.from_names => {
                let mut rows = self.files.iter().flat_map(|file| file.document.rows());
                rows.any(|row| !embeddings.has(row.text_key()))
            }
            // One that has learned from rows that are gone, or elsewhere, knows more.
            Some(learned) => learned.classifier.embeddings().is_none(),
        };
        (news && self.asks_names()).then(|| Naming {
            corpus: self.snapshot(),
            version: self.versions,
            embeddings,
            near: near(),
        })
    }
}
