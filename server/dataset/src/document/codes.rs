//! A number that repeats the label in another field, as CLUE has it: `"label": "102", "label_desc": "news_story"`.
//!
//! What must stay true: both are written together, and the number is the one that other rows of the file have for the label.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Document;
use crate::{
    Answer, Schema, TextEdit,
    format::{Layout, State, Style},
    label::{self, Label, Wanted, Written},
};

/// The number of each label, as the first row that has both writes it.
pub(super) type Codes = FxHashMap<Arc<str>, (String, Written)>;

impl Document {
    /// The edits that keep the label's number beside its name, as other rows have it.
    pub(super) fn code_edits(
        &self,
        field: &str,
        at: usize,
        answer: Option<&Answer>,
        style: Style,
    ) -> Result<Vec<TextEdit>, String> {
        let layout = self.layout_of_codes(field);
        let Some(Answer::One(label)) = answer else {
            return layout.syntax().set_answer(&self.source, at, None, style);
        };
        let codes = self.habits.codes.get_or_init(|| Arc::new(self.find_codes(&layout)));
        let Some((code, written)) = codes.get(label.trim()) else {
            return Err(format!(
                "No row says which number `{label}` has in the field `{field}`. Write both into one row by hand."
            ));
        };
        let code = label::spell(code, &[], *written)?;
        layout.syntax().set_answer(&self.source, at, Some(&Wanted::One(code)), Style { written: *written, ..style })
    }

    /// Reads the number as if it were the label.
    fn layout_of_codes(&self, field: &str) -> Layout {
        let schema = Schema { label: field.into(), labels: Vec::new(), code: None, ..self.schema().clone() };
        Layout::new(schema, self.source.as_bytes())
    }

    fn find_codes(&self, layout: &Layout) -> Codes {
        let mut syntax = layout.syntax();
        let mut codes = Codes::default();
        for row in self.rows() {
            let Some(Answer::One(label)) = row.answer().filter(|answer| !codes.contains_key(answer.labels()[0])) else {
                continue;
            };
            let item = syntax.next(self.source.as_bytes(), row.range().start, State::BODY);
            if let Some(Label::Given(code, written)) = item.row.map(|record| record.label) {
                codes.insert(label.clone(), (code.into_owned(), written));
            }
        }
        codes
    }
}
