//! Cells of one CSV record after RFC 4180, with exact ranges.
//!
//! A quote that is never closed must not swallow the file: such a record ends at its first line break. To find that out
//! means to look ahead, at most [`MAX_QUOTED`] bytes. Many such quotes would make reading quadratic, but two records that
//! are both inside quotes at the same line break share their fate from there on. So it is enough to remember the last such
//! stretch ([`Lexer::stuck`]) and to jump to its end.

use std::ops::Range;

/// How far a cell in quotes may go on behind the start of its record once it has left the first line.
pub(super) const MAX_QUOTED: usize = 1 << 20;

/// A cell as it stands in the source, with its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
    /// Whether there are doubled quotes in it.
    pub(super) doubled: bool,
}

impl Cell {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Without its quotes.
    pub(super) fn inner(&self) -> Range<usize> {
        if self.quoted { self.start + 1..self.end - 1 } else { self.range() }
    }
}

/// Where a record ends.
#[derive(Debug)]
pub(super) struct Ended {
    /// The end of the content and of the line end behind it.
    pub(super) content: usize,
    pub(super) next: usize,
    pub(super) reach: usize,
    pub(super) fault: Option<Fault>,
}

/// Both places are in the first line of the record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The quote at this place is not closed, or not in a way that makes sense.
    Open(usize),
    /// The quote at this place closes a cell, and then comes neither a delimiter nor a line end.
    Behind(usize),
}

#[derive(Debug, Default)]
pub(super) struct Lexer {
    pub(super) cells: Vec<Cell>,
    /// From a line break inside quotes to a later place that is inside quotes too, with every line break between.
    stuck: Option<Range<usize>>,
}

impl Lexer {
    /// Reads the record at `at` into `cells`.
    pub(super) fn record(&mut self, src: &[u8], at: usize, delimiter: u8) -> Ended {
        let stuck = self.stuck.clone();
        self.attempt(src, at, delimiter, stuck).unwrap_or_else(|| {
            // The jump led out of the quotes, so the cells on the way are wanted after all.
            let ended = self.attempt(src, at, delimiter, None);
            ended.unwrap_or(Ended { content: src.len(), next: src.len(), reach: src.len() + 1, fault: None })
        })
    }

    /// `None`: the record is sound, but a jump was taken.
    fn attempt(&mut self, src: &[u8], at: usize, delimiter: u8, stuck: Option<Range<usize>>) -> Option<Ended> {
        self.cells.clear();
        let mut pos = at;
        let mut jumped = false;
        // The first line break inside quotes, and the quote that opened its cell.
        let mut first_break: Option<(usize, usize)> = None;
        loop {
            let start = pos;
            if src.get(pos) != Some(&b'"') {
                let end = memchr::memchr3(delimiter, b'\n', b'\r', &src[pos..]).map_or(src.len(), |found| pos + found);
                self.cells.push(Cell { start, end, quoted: false, doubled: false });
                pos = end;
            } else {
                let mut doubled = false;
                pos += 1;
                let fault = loop {
                    let Some(found) = memchr::memchr3(b'"', b'\n', b'\r', &src[pos..]).map(|found| pos + found) else {
                        pos = src.len();
                        break Some(Fault::Open(start));
                    };
                    pos = found;
                    if src[pos] != b'"' {
                        first_break.get_or_insert((pos, start));
                        if pos - at > MAX_QUOTED {
                            break Some(Fault::Open(start));
                        }
                        match &stuck {
                            Some(stuck) if stuck.contains(&pos) => {
                                jumped = true;
                                pos = stuck.end;
                            }
                            _ => pos += 1,
                        }
                        continue;
                    }
                    match src.get(pos + 1) {
                        Some(b'"') => {
                            doubled = true;
                            pos += 2;
                        }
                        Some(behind) if *behind != delimiter && !matches!(behind, b'\n' | b'\r') => {
                            break Some(Fault::Behind(pos));
                        }
                        _ => break None,
                    }
                };
                if let Some(mut fault) = fault {
                    if let Some((first_break, quote)) = first_break {
                        self.stuck = Some(first_break..pos);
                        fault = Fault::Open(quote);
                    }
                    return Some(self.fall_back(src, at, pos, fault));
                }
                pos += 1;
                self.cells.push(Cell { start, end: pos, quoted: true, doubled });
            }
            match src.get(pos) {
                Some(byte) if *byte == delimiter => pos += 1,
                _ if jumped => return None,
                _ => {
                    let (content, next, reach) = super::line(src, pos);
                    return Some(Ended { content, next, reach, fault: None });
                }
            }
        }
    }

    /// A record that cannot be read ends with its first line.
    fn fall_back(&mut self, src: &[u8], at: usize, looked: usize, fault: Fault) -> Ended {
        let (content, next, reach) = super::line(src, at);
        self.cells.clear();
        Ended { content, next, reach: reach.max((looked + 2).min(src.len() + 1)), fault: Some(fault) }
    }
}
