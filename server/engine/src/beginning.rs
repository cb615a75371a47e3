//! Which rows to label first, while nothing can be learned and labels' names do not speak.
//!
//! What must stay true: texts alone tell, those that are like many others; once something is learned, its queue takes their place.
//! They are not stored.

use std::sync::Arc;

use catalogue::phrase;
use learn::{
    Control, Embeddings, FitError, Text,
    queue::{self, Ground},
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    climb, corpus,
    finding::{Code, Finding},
    learned::QUEUE,
    project::{Place, Project},
};

/// Texts that are compared: few enough to be embedded soon.
const COMPARED: usize = 500;

/// A job that finds them.
pub(crate) struct Beginning {
    texts: Vec<Text>,
    embeddings: Option<Arc<Embeddings>>,
}

impl Beginning {
    /// `None`: there is something better to go by, or nothing to label.
    pub(crate) fn of(project: &Project) -> Option<Beginning> {
        if project.learned.is_some() {
            return None;
        }
        let mut places = FxHashMap::default();
        for file in project.files.iter().filter(|file| !file.held_out) {
            let rows = file.document.rows().iter().enumerate().filter(|(_, row)| row.answer().is_none());
            places.extend(rows.map(|(row, of)| (of.text_key(), (&file.document, row))));
        }
        // Which ones, chance of their keys decides.
        let mut places: Vec<_> = places.into_iter().collect();
        places.sort_unstable_by_key(|(key, _)| *key);
        places.truncate(COMPARED);
        let texts: Vec<Text> = places.into_iter().map(|(_, (document, row))| corpus::text(document, row)).collect();
        (!texts.is_empty()).then(|| Beginning { texts, embeddings: project.embeddings.clone() })
    }

    /// `tell` hears of keys of texts: at once by n-grams, if vectors have yet to be made, and then by vectors.
    pub(crate) fn run(self, control: &Control, tell: &dyn Fn(FxHashSet<u64>)) -> Result<(), FitError> {
        let first = |embeddings: Option<&Embeddings>| {
            let ground = Ground { unlabelled: &self.texts, embeddings, ..Ground::default() };
            tell(queue::first(&ground, QUEUE).into_iter().map(|place| self.texts[place].key).collect());
        };
        let Some(embeddings) = &self.embeddings else {
            first(None);
            return Ok(());
        };
        embeddings.recall(&self.texts);
        if !embeddings.missing(&self.texts).is_empty() {
            first(None);
            climb::embed(embeddings, self.texts.iter().collect(), control, || {})?;
        }
        first(Some(embeddings));
        Ok(())
    }
}

/// What is said of such a row.
pub(crate) fn finding(project: &Project, place: Place) -> Finding {
    let row = &project.files[place.file].document.rows()[place.row];
    Finding::plain(Code::LabelNext, row.label_site(), phrase!("label-first"))
}
