//! Rows from a reader, one at a time: memory does not grow with the file. For `gloss predict`.

use std::io::{self, BufRead};

use crate::{Format, Hints, Problem, Schema};

/// One record as it stands in the file.
#[derive(Debug)]
pub struct StreamedRow {
    /// The record's bytes with its line end and, before the first, whatever precedes it (BOM, CSV header, `[`).
    pub bytes: Vec<u8>,
    /// Its decoded text, or why it has none.
    pub text: Result<String, Problem>,
    /// Zero-based line on which the record starts.
    pub line: u64,
}

/// Iterates over all bytes of the input: concatenating every `bytes` gives the input back.
pub struct Rows<R> {
    _reader: R,
}

impl<R: BufRead> Rows<R> {
    /// Peeks at the first rows to detect the format (where `format` is `None`) and the fields.
    pub fn new(_reader: R, _format: Option<Format>, _hints: &Hints) -> io::Result<Rows<R>> {
        todo!()
    }
    pub fn schema(&self) -> &Schema {
        todo!()
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<StreamedRow>;
    fn next(&mut self) -> Option<Self::Item> {
        todo!()
    }
}

/// The row with a "prediction" added in its format's way (`json` is one JSON object): a last field in JSON, a last column
/// in CSV (header too), a tab and the object in fastText. Every other byte is kept. `None` in `json` leaves a row without one
/// (in CSV an empty cell).
pub fn with_prediction(_schema: &Schema, _row: &StreamedRow, _json: Option<&str>, _out: &mut Vec<u8>) {
    todo!()
}
