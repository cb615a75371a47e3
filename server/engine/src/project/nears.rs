//! Texts of the data set that are nearly the same.

use std::sync::Arc;

use dataset::Document;
use learn::{Control, FitError};

use super::{Place, Project};
use crate::near::{self, Near, Nears};

impl Project {
    /// The texts near to that of this row, the nearest first, with the rows where each stands.
    pub(crate) fn near_to(&self, place: Place) -> impl Iterator<Item = (&Near, &[Place])> {
        let key = self.files[place.file].document.rows()[place.row].text_key();
        self.nears.of(key).iter().map(|near| (near, self.twins.of(near.key)))
    }

    /// Whether texts were saved among which nobody has looked for near ones. What is being typed waits for its save.
    pub(crate) fn seeks_nears(&self) -> bool {
        !self.has_news() && !self.nears.is_of(near::texts_of(self.files.iter().map(|file| &file.document)))
    }

    /// Looks for texts that are nearly the same. The error is a cancel.
    pub fn find_nears(&mut self, control: &Control) -> Result<(), FitError> {
        let documents: Vec<Document> = self.files.iter().map(|file| file.document.clone()).collect();
        self.take_nears(Nears::search(&documents, control)?.into());
        Ok(())
    }

    /// Answers whether there is something else to be said of rows.
    pub fn take_nears(&mut self, nears: Arc<Nears>) -> bool {
        let are_new = !nears.is_empty() || !self.nears.is_empty();
        self.nears = nears;
        self.stale |= are_new;
        self.refresh();
        are_new
    }
}
