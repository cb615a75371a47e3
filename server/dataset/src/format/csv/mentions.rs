//! Where a table names labels: in cells, or in the header where each label has a column.

use std::ops::Range;

use super::{super::csv_cells::Cell, Csv, add_pieces, decoded, header};
use crate::{
    Mention, Shape, Task, TextMap,
    label::{self, Label, Written},
    mention::Form,
};

impl Csv<'_> {
    pub(super) fn named(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        let (layout, task) = (self.layout, self.layout.schema.task);
        self.lexer.record(src, at, self.delimiter);
        let Some(cell) = layout.header.label.and_then(|column| self.lexer.cells.get(column)).copied() else {
            return Vec::new();
        };
        let text = decoded(src, cell);
        let named = |piece| self.part(src, cell, &text, piece);
        match &layout.schema.shape {
            Shape::Flags(_) => Vec::new(),
            Shape::Separated(separator) if task == Task::Multi => {
                label::pieces(&text, separator).filter_map(named).collect()
            }
            _ => named(0..text.len()).into_iter().collect(),
        }
    }

    /// The label that is these bytes of a decoded cell.
    fn part(&self, src: &[u8], cell: Cell, text: &str, piece: Range<usize>) -> Option<Mention> {
        let piece = label::trimmed(text, piece);
        let written = &text[piece.clone()];
        let Label::Given(label, _) = label::read(written.into(), Written::Text, &self.layout.schema.labels) else {
            return None;
        };
        let form = if label == written { Form::Cell { quoted: cell.quoted } } else { Form::Number };
        let mut pieces = Vec::new();
        add_pieces(src, cell, &mut pieces);
        Some(Mention { range: TextMap::new(pieces).source(piece), label: label.into(), is_given: true, form })
    }

    pub(super) fn named_in_header(&mut self, src: &[u8]) -> Vec<Mention> {
        let Shape::Flags(fields) = &self.layout.schema.shape else { return Vec::new() };
        let (_, Some(_)) = header(&mut self.lexer, src, self.delimiter) else { return Vec::new() };
        let columns = fields.iter().zip(&self.layout.header.flags);
        let mention = |(field, column): (&String, &Option<usize>)| {
            let cell = self.lexer.cells.get((*column)?)?;
            let form = Form::Cell { quoted: cell.quoted };
            Some(Mention { range: cell.inner(), label: field.as_str().into(), is_given: false, form })
        };
        columns.filter_map(mention).collect()
    }
}
