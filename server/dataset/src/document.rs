//! A document in motion: its source, its rows, its problems, kept in step edit by edit.
//!
//! What must stay true: after any edits a document equals one that reads the edited source with the same schema. The
//! schema stays as it was found when the document was opened, but is looked for again on an edit while a field was not yet
//! seen, while there are no rows, and when a CSV header changes.

mod answering;
mod codes;
mod renaming;

use std::{
    ops::Range,
    path::Path,
    sync::{Arc, OnceLock},
};

use catalogue::phrase;

use self::codes::Codes;
use crate::{
    Format, Hints, Problem, Row, Schema, TextEdit,
    convert::encoding::foreign,
    detect::{Detected, detect},
    format::{Layout, State, Style, Value},
    position::{LineIndex, Units},
    reading::{Interner, Reading},
};

/// Offsets are kept in 32 bits. A longer file has no rows, and one problem that says so.
pub(crate) const MAX_LEN: usize = u32::MAX as usize - 2;

/// Cheap to clone: a clone is a snapshot that later edits do not touch.
#[derive(Clone, Debug)]
pub struct Document {
    path: Arc<Path>,
    hints: Arc<Hints>,
    source: Arc<String>,
    lines: Arc<LineIndex>,
    layout: Arc<Layout>,
    reading: Arc<Reading>,
    /// Whether detection has nothing more to find.
    settled: bool,
    interner: Interner,
    habits: Habits,
}

/// How the file writes labels; found when first asked for.
#[derive(Clone, Debug, Default)]
struct Habits {
    style: OnceLock<Style>,
    codes: OnceLock<Arc<Codes>>,
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
    pub fn open(path: &Path, source: String, hints: &Hints) -> Option<Document> {
        let format = Format::detect(path, &source)?;
        let Detected { schema, settled } = detect(source.as_bytes(), format, hints);
        let mut document = Document::with_schema(path, source, hints, schema);
        document.settled = settled;
        Some(document)
    }

    fn with_schema(path: &Path, source: String, hints: &Hints, schema: Schema) -> Document {
        let interner = Interner::default();
        let layout = Layout::new(schema, source.as_bytes());
        let reading = read(&layout, &source, &interner);
        Document {
            path: path.into(),
            hints: Arc::new(hints.clone()),
            lines: Arc::new(LineIndex::new(&source)),
            source: Arc::new(source),
            layout: Arc::new(layout),
            reading: Arc::new(reading),
            settled: true,
            interner,
            habits: Habits::default(),
        }
    }

    /// As read from a disk. Bytes that are not UTF-8 become U+FFFD with a problem on each such row (offsets then count in
    /// the text so mended); UTF-16 and other encodings are one problem that says what to do.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>, hints: &Hints) -> Option<Document> {
        let bytes = match String::from_utf8(bytes) {
            Ok(source) if !looks_like_utf16(source.as_bytes()) => return Document::open(path, source, hints),
            Ok(source) => source.into_bytes(),
            Err(error) => error.into_bytes(),
        };
        let foreign = if looks_like_utf16(&bytes) { Some("UTF-16") } else { foreign(&bytes) };
        if let Some(encoding) = foreign {
            let empty = Document::open(path, String::new(), hints);
            let mut document = empty.or_else(|| {
                // A name that says nothing without the content, such as .json.
                let known = Format::detect(path, "[{")?;
                Some(Document::with_schema(path, String::new(), hints, detect(b"", known, hints).schema))
            })?;
            let source = String::from_utf8_lossy(&bytes).into_owned();
            let end = source.find(['\n', '\r']).unwrap_or(source.len()).max(1);
            document.lines = Arc::new(LineIndex::new(&source));
            document.source = Arc::new(source);
            document.reading =
                Arc::new(Reading::unreadable(Problem::new(0..end, phrase!("file-is-other-encoding", encoding))));
            document.settled = false;
            return Some(document);
        }
        let mut source = String::with_capacity(bytes.len() + bytes.len() / 16);
        let mut mended = Vec::new();
        for chunk in bytes.utf8_chunks() {
            source += chunk.valid();
            if !chunk.invalid().is_empty() {
                mended.push(source.len());
                source.push(char::REPLACEMENT_CHARACTER);
            }
        }
        drop(bytes);
        let mut document = Document::open(path, source, hints)?;
        document.report_mended(&mended);
        Some(document)
    }

    /// One problem a row (or a place between rows) for characters that stand for bytes that were not UTF-8.
    fn report_mended(&mut self, mended: &[usize]) {
        let mut fresh: Vec<Problem> = Vec::new();
        let mut last = None;
        for &at in mended {
            let row = self.row_at(at);
            if row.is_some() && row == last {
                continue;
            }
            last = row;
            let range = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            fresh.push(Problem::new(range, phrase!("bytes-are-not-utf-8")));
        }
        let problems = &mut Arc::make_mut(&mut self.reading).problems;
        problems.extend(fresh);
        problems.sort_by_key(|problem| problem.range.start);
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    pub fn schema(&self) -> &Schema {
        &self.layout.schema
    }

    /// In document order, not overlapping.
    pub fn rows(&self) -> &[Row] {
        &self.reading.rows
    }

    /// In document order.
    pub fn problems(&self) -> &[Problem] {
        &self.reading.problems
    }

    /// The decoded text of a row; empty if there is no such row.
    pub fn text(&self, row: usize) -> String {
        let Some(row) = self.rows().get(row) else { return String::new() };
        let mut syntax = self.layout.syntax();
        let item = syntax.next(self.source.as_bytes(), row.range().start, State::BODY);
        item.row.map_or(String::new(), |record| record.text.into_owned())
    }

    /// What a field of a row says, if it is a text, an integer or a boolean; `None`: it says something else, or nothing.
    pub fn field(&self, row: usize, name: &str) -> Option<String> {
        let row = self.rows().get(row)?;
        let mut syntax = self.layout.syntax();
        let fields = syntax.fields(self.source.as_bytes(), row.range().start);
        match fields.into_iter().find(|(field, _)| field == name)?.1 {
            Value::Text(text) => Some(text.into_owned()),
            Value::Scalar(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
            _ => None,
        }
    }

    /// The row at this offset (its end counts as inside; line ends and gaps belong to no row).
    pub fn row_at(&self, offset: usize) -> Option<usize> {
        let row = self.rows().partition_point(|row| row.range().start <= offset).checked_sub(1)?;
        (offset <= self.rows()[row].range().end).then_some(row)
    }

    /// The rows that touch these bytes.
    pub fn rows_in(&self, range: Range<usize>) -> Range<usize> {
        let first = self.rows().partition_point(|row| row.range().end < range.start);
        let last = self.rows().partition_point(|row| row.range().start <= range.end);
        first..last.max(first)
    }

    /// Applies an edit and re-reads only the rows it touches. Equal to opening the edited source with the same schema.
    /// A range that does not fit is cut to the document and to whole characters.
    pub fn edit(&mut self, edit: &TextEdit) -> Splice {
        let start = self.source.floor_char_boundary(edit.range.start);
        let range = start..self.source.floor_char_boundary(edit.range.end.max(start));
        let units = Units::count(&self.source.as_bytes()[range.clone()]);
        replace_in(&mut self.source, range.clone(), &edit.text);
        Arc::make_mut(&mut self.lines).edit(&self.source, range.clone(), units, edit.text.len());
        self.habits = Habits::default();

        if (!self.settled || self.rows().is_empty() || !self.header_is_same())
            && let Some(splice) = self.detect_again()
        {
            return splice;
        }
        if self.source.len() > MAX_LEN || !self.reading.covers(self.source.len() + range.len() - edit.text.len()) {
            return self.read_again();
        }
        let reading = Arc::make_mut(&mut self.reading);
        reading.edit(&self.layout, &self.source, range, edit.text.len(), &self.interner)
    }

    /// Whether a CSV header still says the same after an edit. (It may look far ahead for a quote, so any edit counts.)
    fn header_is_same(&self) -> bool {
        self.layout.header_in(self.source.as_bytes()) == self.layout.header
    }

    /// Looks for the fields again. `None`: they are as they were.
    fn detect_again(&mut self) -> Option<Splice> {
        let format = Format::detect(&self.path, &self.source).unwrap_or(self.schema().format);
        let Detected { schema, settled } = detect(self.source.as_bytes(), format, &self.hints);
        let layout = Layout::new(schema, self.source.as_bytes());
        self.settled = settled;
        if layout == *self.layout {
            return None;
        }
        self.layout = Arc::new(layout);
        Some(self.read_again())
    }

    fn read_again(&mut self) -> Splice {
        let removed = 0..self.rows().len();
        self.reading = Arc::new(read(&self.layout, &self.source, &self.interner));
        Splice { removed, inserted: self.rows().len() }
    }

    /// The same source, read with other hints.
    pub fn read_with(mut self, hints: &Hints) -> Document {
        self.reread(hints);
        self
    }

    /// Reads everything again with other hints (gloss.toml changed).
    pub fn reread(&mut self, hints: &Hints) {
        self.hints = Arc::new(hints.clone());
        self.habits = Habits::default();
        self.interner = Interner::default();
        if self.detect_again().is_none() {
            self.read_again();
        }
    }
}

fn read(layout: &Layout, source: &str, interner: &Interner) -> Reading {
    if source.len() > MAX_LEN {
        let end = source.ceil_char_boundary(1);
        return Reading::unreadable(Problem::new(0..end, phrase!("file-too-large")));
    }
    Reading::read(layout, source, interner)
}

/// Replaces without giving a string that grows by a character twice its memory.
fn replace_in(source: &mut Arc<String>, range: Range<usize>, text: &str) {
    let len = source.len() - range.len() + text.len();
    match Arc::get_mut(source) {
        Some(source) if source.capacity() >= len => source.replace_range(range, text),
        _ => {
            let mut edited = String::with_capacity(len + len / 64 + 1024);
            edited.push_str(&source[..range.start]);
            edited.push_str(text);
            edited.push_str(&source[range.end..]);
            *source = Arc::new(edited);
        }
    }
}

/// By its byte order mark, or by the zero bytes that nearly every second byte is in UTF-16 of ASCII.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1024)];
    let zeros = start.iter().filter(|byte| **byte == 0).count();
    start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) || (zeros > 8 && 3 * zeros > start.len())
}
