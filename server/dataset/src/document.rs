//! A document in motion: its source, its rows, its problems, kept in step edit by edit.

use std::{ops::Range, path::Path, sync::Arc};

use crate::{Hints, Problem, Row, Schema, TextEdit, position::LineIndex};

/// Cheap to clone: a clone is a snapshot that later edits do not touch.
#[derive(Clone, Debug)]
pub struct Document {
    schema: Arc<Schema>,
}

/// What an edit did to the rows: `removed` (indices before the edit) gave way to `inserted` rows at `removed.start`;
/// the rows before are untouched and those after only moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    pub removed: Range<usize>,
    pub inserted: usize,
}

impl Document {
    /// `None`: by its name and content this is not a data file.
    pub fn open(_path: &Path, _source: String, _hints: &Hints) -> Option<Document> {
        todo!()
    }

    /// As read from a disk. Bytes that are not UTF-8 become U+FFFD with a problem on each such row; UTF-16 and other
    /// encodings are one problem that says what to do.
    pub fn from_bytes(_path: &Path, _bytes: Vec<u8>, _hints: &Hints) -> Option<Document> {
        todo!()
    }

    pub fn source(&self) -> &str {
        todo!()
    }
    pub fn lines(&self) -> &LineIndex {
        todo!()
    }
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
    /// In document order, not overlapping.
    pub fn rows(&self) -> &[Row] {
        todo!()
    }
    /// In document order.
    pub fn problems(&self) -> &[Problem] {
        todo!()
    }
    /// The decoded text of a row.
    pub fn text(&self, _row: usize) -> String {
        todo!()
    }
    /// The row at this offset (its end counts as inside; line ends and gaps belong to no row).
    pub fn row_at(&self, _offset: usize) -> Option<usize> {
        todo!()
    }
    /// The rows that touch these bytes.
    pub fn rows_in(&self, _range: Range<usize>) -> Range<usize> {
        todo!()
    }

    /// Applies an edit and re-reads only the rows it touches. Equal to opening the edited source with the same schema.
    pub fn edit(&mut self, _edit: &TextEdit) -> Splice {
        todo!()
    }

    /// Reads everything again with other hints (gloss.toml changed).
    pub fn reread(&mut self, _hints: &Hints) {
        todo!()
    }

    /// The smallest edit that gives the row this label (`None`: takes it away). The error says why a format cannot hold it.
    pub fn label_edit(&self, _row: usize, _label: Option<&str>) -> Result<TextEdit, String> {
        todo!()
    }
}
