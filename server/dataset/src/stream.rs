//! Rows from a reader, one at a time: memory does not grow with the file. For `gloss predict`.
//!
//! What must stay true: a file is cut into the same rows as by [`crate::Document`] (both go through the same readers), and
//! all bytes come out again. A window of the input is kept; where an item looked beyond it, the window grows.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
    iter::once,
    ops::Range,
    path::Path,
    sync::Arc,
};

use catalogue::phrase;

use crate::{
    Format, Hints, Problem, Schema,
    format::{Item, Layout, State},
};

/// How much is read ahead to find the format and the fields.
const PEEK: usize = 1 << 20;
/// How much is read at a time.
const WINDOW: usize = 1 << 18;

/// One record as it stands in the file.
#[derive(Debug)]
pub struct StreamedRow {
    /// The record's bytes with its line end and, before the first, whatever precedes it (BOM, CSV header, `[`). Blank lines
    /// belong to the row behind them, or at the end of the file to the row before.
    pub bytes: Vec<u8>,
    /// Its decoded text, or why it has none (the problem's range counts within `bytes`).
    pub text: Result<String, Problem>,
    /// Zero-based line on which the record starts.
    pub line: u64,
    layout: Arc<Layout>,
    /// Where in `bytes` the record starts, if its syntax is sound.
    record: Option<usize>,
    has_header: bool,
}

/// Iterates over all bytes of the input: concatenating every `bytes` gives the input back.
pub struct Rows<R> {
    reader: R,
    layout: Arc<Layout>,
    /// What was read and not yet cut into rows.
    window: Vec<u8>,
    ended: bool,
    state: State,
    line: u64,
    /// What stands before the next row.
    gap: Vec<u8>,
    header_pending: bool,
    /// The last one is held back while blank lines may still follow it.
    ready: VecDeque<StreamedRow>,
}

impl<R: BufRead> Rows<R> {
    /// Peeks at the first rows to detect the format (where `format` is `None`) and the fields. An input in none of the
    /// formats is an error of kind `InvalidData`.
    pub fn new(reader: R, format: Option<Format>, hints: &Hints) -> io::Result<Rows<R>> {
        Rows::start(reader, hints, |source| format.or_else(|| Format::detect(Path::new(""), source)))
    }

    /// As [`Rows::new`], with the format found by the file's name and its first rows.
    pub fn named(reader: R, path: &Path, hints: &Hints) -> io::Result<Rows<R>> {
        Rows::start(reader, hints, |source| Format::detect(path, source))
    }

    fn start(reader: R, hints: &Hints, format: impl FnOnce(&str) -> Option<Format>) -> io::Result<Rows<R>> {
        let layout = Layout::new(Schema::detect("", Format::JsonLines, hints), b"");
        let mut rows = Rows {
            reader,
            layout: Arc::new(layout),
            window: Vec::new(),
            ended: false,
            state: State::START,
            line: 0,
            gap: Vec::new(),
            header_pending: true,
            ready: VecDeque::new(),
        };
        rows.read_up_to(PEEK)?;
        let mut peek = &rows.window[..];
        if !rows.ended {
            // A row that is cut off would look broken.
            peek = &peek[..memchr::memrchr(b'\n', peek).map_or(peek.len(), |at| at + 1)];
        }
        let source = String::from_utf8_lossy(peek);
        let format = format(&source).ok_or_else(|| {
            let message =
                "This is not a data set: expected JSON Lines, a JSON array of objects, CSV with a header, or fastText.";
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        rows.layout = Arc::new(Layout::new(Schema::detect(&source, format, hints), peek));
        Ok(rows)
    }

    pub fn schema(&self) -> &Schema {
        &self.layout.schema
    }

    /// Reads until the window holds `len` bytes or the input ends.
    fn read_up_to(&mut self, len: usize) -> io::Result<()> {
        while self.window.len() < len && !self.ended {
            match self.reader.fill_buf() {
                Ok([]) => self.ended = true,
                Ok(bytes) => {
                    let taken = bytes.len().min(len - self.window.len());
                    self.window.extend_from_slice(&bytes[..taken]);
                    self.reader.consume(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Cuts the window into rows, reading on until there are some that need not be held back.
    fn advance(&mut self) -> io::Result<()> {
        while self.ready.len() < 2 && !(self.ended && self.window.is_empty()) {
            // Where nothing came of the whole window, it is doubled, so that a long row is not read again too often.
            self.read_up_to(WINDOW.max(2 * self.window.len()))?;
            let window = std::mem::take(&mut self.window);
            let layout = self.layout.clone();
            let mut syntax = layout.syntax();
            let mut at = 0;
            while at < window.len() {
                let item = syntax.next(&window, at, self.state);
                if item.reach > window.len() && !self.ended {
                    break;
                }
                let end = item.end;
                self.take(&window[at..end], at, item);
                at = end;
            }
            drop(syntax);
            self.window = window;
            self.window.drain(..at);
        }
        if self.ended && self.window.is_empty() && !self.gap.is_empty() {
            self.finish();
        }
        Ok(())
    }

    /// `bytes` are the item's, which starts at `at` in the window.
    fn take(&mut self, bytes: &[u8], at: usize, item: Item) {
        self.state = item.state;
        let Some(record) = item.record else {
            self.line += line_ends(bytes);
            self.gap.extend_from_slice(bytes);
            return;
        };
        let within = |range: Range<usize>| range.start - at..range.end - at;
        let first = (within(record), item.row);
        let mut rows =
            once(first).chain(item.more.into_iter().map(|(range, row)| (within(range), Some(row)))).peekable();
        let (mut from, mut problems) = (0, item.problems);
        while let Some((record, row)) = rows.next() {
            // The lines up to the next row go with this one.
            let end = rows.peek().map_or(bytes.len(), |(next, _)| line_start(bytes, next.start));
            let text = match (std::str::from_utf8(&bytes[from..end]), row) {
                (Err(error), _) => {
                    let bad = error.valid_up_to() + self.gap.len();
                    Err(Problem::new(bad..bad + 1, phrase!("row-is-not-utf-8")))
                }
                (Ok(_), Some(row)) => Ok(row.text.into_owned()),
                (Ok(_), None) => {
                    let before = self.gap.len();
                    let why = |problem: Problem| {
                        let place = |place: usize| place.saturating_sub(at) + before;
                        Problem::new(place(problem.range.start)..place(problem.range.end), problem.message)
                    };
                    let left_out = item.left_out.clone().unwrap_or_else(|| phrase!("no-text"));
                    let plain = || Problem::new(before + record.start..before + record.end, left_out);
                    Err(std::mem::take(&mut problems).into_iter().next().map_or_else(plain, why))
                }
            };
            let bytes = &bytes[from..end];
            let start = record.start - from;
            let line = self.line + line_ends(&bytes[..start]);
            self.line += line_ends(bytes);
            let mut all = Vec::with_capacity(self.gap.len() + bytes.len());
            all.append(&mut self.gap);
            let record = item.sound.then_some(all.len() + start);
            all.extend_from_slice(bytes);
            let has_header = std::mem::take(&mut self.header_pending);
            let layout = self.layout.clone();
            self.ready.push_back(StreamedRow { bytes: all, text, line, layout, record, has_header });
            from = end;
        }
    }

    /// What stands behind the last row goes with it.
    fn finish(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        match self.ready.back_mut() {
            Some(last) => last.bytes.extend(gap),
            None => {
                let text = Err(Problem::new(0..gap.len(), phrase!("no-rows")));
                let layout = self.layout.clone();
                self.ready.push_back(StreamedRow {
                    bytes: gap,
                    text,
                    line: 0,
                    layout,
                    record: None,
                    has_header: self.header_pending,
                });
            }
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<StreamedRow>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.len() < 2
            && let Err(error) = self.advance()
        {
            // What could not be read will not be read better the next time.
            self.ended = true;
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}

/// The row with a "prediction" added in its format's way (`json` is one JSON object): a last field in JSON, a last column
/// in CSV (header too), a tab and the object in fastText. Every other byte is kept. `None` in `json` leaves a row without one
/// (in CSV an empty cell). A row whose syntax is broken stays as it is.
pub fn with_prediction(schema: &Schema, row: &StreamedRow, json: Option<&str>, out: &mut Vec<u8>) {
    debug_assert_eq!(*schema, row.layout.schema, "a row is written as it was read");
    let mut syntax = row.layout.syntax();
    let mut from = 0;
    let mut insert = |addition: Option<(usize, Vec<u8>)>| {
        if let Some((place, text)) = addition {
            out.extend_from_slice(&row.bytes[from..place]);
            out.extend_from_slice(&text);
            from = place;
        }
    };
    if row.has_header {
        insert(syntax.add_prediction_header(&row.bytes));
    }
    insert(row.record.and_then(|record| syntax.add_prediction(&row.bytes, record, json)));
    out.extend_from_slice(&row.bytes[from..]);
}

/// Where the line starts that has this byte.
fn line_start(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |end| end + 1)
}

/// How many lines end in these bytes.
fn line_ends(bytes: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let lone = memchr::memchr_iter(b'\r', bytes).filter(|at| bytes.get(at + 1) != Some(&b'\n')).count();
    (feeds + lone) as u64
}
