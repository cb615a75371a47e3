//! CSV as decoded cells, for formats that are read whole.

use super::{
    csv,
    csv_cells::{Fault, Lexer},
    text_of,
};

/// The records of a table, one after another. Blank ones are left out.
pub(crate) struct Cells<'a> {
    src: &'a [u8],
    at: usize,
    delimiter: u8,
    lexer: Lexer,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(source: &'a str, delimiter: u8) -> Cells<'a> {
        let src = source.as_bytes();
        Cells { src, at: super::bom(src), delimiter, lexer: Lexer::default() }
    }
}

impl Iterator for Cells<'_> {
    /// Where the record starts, and its cells or why it has none.
    type Item = (usize, Result<Vec<String>, &'static str>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.src.len() {
            let start = self.at;
            let ended = self.lexer.record(self.src, start, self.delimiter);
            self.at = ended.next;
            match ended.fault {
                Some(Fault::Open(_)) => return Some((start, Err("a quote is not closed"))),
                Some(Fault::Behind(_)) => {
                    return Some((start, Err("something stands behind a closing quote; a quote in a cell is doubled")));
                }
                None => {}
            }
            let cells = self.lexer.cells.iter().map(|cell| {
                let text = text_of(&self.src[cell.inner()]);
                if cell.doubled { text.replace("\"\"", "\"") } else { text.into_owned() }
            });
            let cells: Vec<String> = cells.collect();
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some((start, Ok(cells)));
            }
        }
        None
    }
}

/// The delimiter that makes most of the first records as long as the header.
pub(crate) fn delimiter(source: &str) -> u8 {
    let fits = |delimiter: &u8| csv::fit(source.as_bytes(), *delimiter).0;
    // Of those that fit equally well the first is taken, hence the reverse order.
    b",;\t|".iter().rev().copied().max_by_key(fits).unwrap_or(b',')
}
