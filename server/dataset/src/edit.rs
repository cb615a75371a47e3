//! A change to a document: a byte range and what takes its place.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// Bytes of the document to replace.
    pub range: Range<usize>,
    pub text: String,
}
