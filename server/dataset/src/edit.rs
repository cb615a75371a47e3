//! A change to a document: a byte range and what takes its place.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// Bytes of the document to replace.
    pub range: Range<usize>,
    pub text: String,
}

/// In the order of the file, with those that touch as one: some editors refuse two edits at one place. Those of one place stay in
/// their order.
pub fn merged(mut edits: Vec<TextEdit>) -> Vec<TextEdit> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut merged: Vec<TextEdit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match merged.last_mut() {
            Some(last) if last.range.end == edit.range.start => {
                last.range.end = edit.range.end;
                last.text += &edit.text;
            }
            _ => merged.push(edit),
        }
    }
    merged
}
