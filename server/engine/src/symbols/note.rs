//! What is to be said of a label.

use std::sync::Arc;

use catalogue::{Argument, Count, Phrase, phrase};

use super::{Measured, rows_with};
use crate::{
    finding::percent,
    project::{Place, Project},
};

/// Rows named of each confusion.
const EXAMPLES: usize = 3;

#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub label: Arc<str>,
    /// Empty: there is none.
    pub guideline: String,
    /// As they are now, in so many files.
    pub rows: usize,
    pub files: usize,
    /// Of what was learned last, if that knows the label.
    pub measured: Option<Measured>,
    /// The most frequent first.
    pub confused: Vec<Confused>,
}

/// A label that another is confused with.
#[derive(Clone, Debug, PartialEq)]
pub struct Confused {
    pub label: Arc<str>,
    pub count: usize,
    /// Some of the rows, that still have one of both.
    pub examples: Vec<Place>,
}

pub fn note(project: &Project, label: &Arc<str>) -> Note {
    let counts = project.files.iter().map(|file| rows_with(&file.document, label).count());
    let counts: Vec<usize> = counts.filter(|count| *count > 0).collect();
    let known = project.learned.as_ref().and_then(|learned| {
        let column = learned.column(label)?;
        Some((learned, column as u32, learned.tally.measured.get(column).copied()?))
    });
    let mut confused = Vec::new();
    if let Some((learned, column, _)) = known {
        for partner in learned.tally.partners(column) {
            let mut examples = Vec::new();
            for confusion in partner.of {
                let left = EXAMPLES.saturating_sub(examples.len());
                examples.extend(project.examples(&confusion.examples, learned.label(confusion.given), left));
            }
            confused.push(Confused {
                label: learned.label(partner.label).clone(),
                count: partner.count as usize,
                examples,
            });
        }
    }
    Note {
        label: label.clone(),
        guideline: project.config.guideline(label).unwrap_or_default().to_owned(),
        rows: counts.iter().sum(),
        files: counts.len(),
        measured: known.map(|(_, _, measured)| measured),
        confused,
    }
}

impl Note {
    /// Lines of Markdown. `link` makes the address of a row.
    pub fn lines(&self, project: &Project, link: impl Fn(Place) -> Option<String>) -> Vec<Phrase> {
        let mut lines = vec![Phrase::verbatim(match self.guideline.as_str() {
            "" => format!("**{}**  ", self.label),
            guideline => format!("**{}**: {guideline}  ", self.label),
        })];
        lines.push(phrase!("label-rows", count = Count(self.rows), files = Count(self.files)));
        if let Some(measured) = self.measured.filter(|measured| measured.f1().is_some()) {
            let share = |share: Option<f32>| share.map_or_else(|| "–".to_owned(), percent);
            lines.push(phrase!(
                "label-measured",
                precision = share(measured.precision()),
                recall = share(measured.recall()),
                f1 = share(measured.f1()),
                count = measured.given,
            ));
        }
        for Confused { label, count, examples } in &self.confused {
            let named = |place: &Place| {
                let name = project.describe(*place);
                Phrase::verbatim(match link(*place) {
                    Some(address) => format!("[{name}]({address})"),
                    None => name,
                })
            };
            let rows = Argument::list(examples.iter().map(named));
            lines.push(match examples.is_empty() {
                true => phrase!("label-confused", label, count = *count),
                false => phrase!("label-confused-in", label, count = *count, rows),
            });
        }
        lines
    }
}
