//! A place where a file names a label, and how another name is written there.

use std::{ops::Range, sync::Arc};

/// A label as it is named in a row, or in the header of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The bytes of the name alone, without quotes, prefix or mark; of a number that stands for a name, the number.
    pub range: Range<usize>,
    /// As it is read.
    pub label: Arc<str>,
    /// Whether the row is given the label here. Else it is only named: with a score of 0, by a later token of a span, in a header.
    pub is_given: bool,
    pub(crate) form: Form,
}

/// What stands around a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The quotes of a JSON string.
    Quoted,
    /// Nothing: it is a JSON value, such as `3`.
    Value,
    /// The edges of a table's cell, or other labels in it.
    Cell { quoted: bool },
    /// Blanks or a prefix.
    Word,
    /// It is a number, and its name stands elsewhere.
    Number,
}

impl Mention {
    /// Whether the name itself stands here.
    pub fn is_name(&self) -> bool {
        self.form != Form::Number
    }
}
