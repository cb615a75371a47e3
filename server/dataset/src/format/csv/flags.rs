//! A column a label, of 0 and 1.

use std::ops::Range;

use super::{super::Style, Csv, decoded};
use crate::{
    Problem, TextEdit,
    label::{
        Label, Wanted, Written,
        flags::{self, Own, flag},
    },
};

impl Csv<'_> {
    pub(super) fn flags<'a>(
        &self,
        src: &'a [u8],
        fields: &[String],
        columns: &[Option<usize>],
        problems: &mut Vec<Problem>,
    ) -> Option<(Label<'a>, Range<usize>)> {
        let own = fields.iter().zip(columns).filter_map(|(field, column)| {
            let cell = *self.lexer.cells.get((*column)?)?;
            let value = decoded(src, cell);
            let written = match value.trim() {
                "true" | "false" => Written::Boolean,
                "True" | "False" => Written::Text,
                _ => Written::Integer,
            };
            Some(Own { field, range: cell.range(), value, written })
        });
        flags::read(own, problems)
    }

    pub(super) fn set_flags(
        &self,
        src: &str,
        content: usize,
        fields: &[String],
        answer: Option<&Wanted>,
        style: Style,
    ) -> Result<Vec<TextEdit>, String> {
        let labels = match answer {
            Some(Wanted::Set(labels)) => &labels[..],
            _ => &[],
        };
        let columns = &self.layout.header.flags;
        let has_column =
            |label: &str| fields.iter().zip(columns).any(|(field, column)| field == label && column.is_some());
        if let Some((label, _)) = labels.iter().find(|(label, _)| !has_column(label)) {
            return Err(format!("The file has no column `{label}`. Add it first."));
        }
        let mut edits = Vec::new();
        let mut tail: Vec<(usize, &str)> = Vec::new();
        for (field, column) in fields.iter().zip(columns) {
            let Some(column) = *column else { continue };
            let is_given = labels.iter().any(|(label, _)| label == field);
            let text = match (answer, style.written, is_given) {
                (None, _, _) => "",
                (_, Written::Boolean, true) => "true",
                (_, Written::Boolean, false) => "false",
                (_, Written::Text, true) => "True",
                (_, Written::Text, false) => "False",
                (_, _, true) => "1",
                (_, _, false) => "0",
            };
            match self.lexer.cells.get(column) {
                Some(cell) => {
                    let says = flag(&decoded(src.as_bytes(), *cell));
                    if answer.is_none() || says != Some(is_given) {
                        edits.push(TextEdit { range: cell.range(), text: text.into() });
                    }
                }
                None if answer.is_some() => tail.push((column, text)),
                None => {}
            }
        }
        tail.sort_unstable();
        let (mut cells, mut text) = (self.lexer.cells.len(), String::new());
        for (column, value) in tail {
            text += &self.padding(cells, column);
            text += value;
            cells = column + 1;
        }
        if !text.is_empty() {
            edits.push(TextEdit { range: content..content, text });
        }
        Ok(edits)
    }
}
