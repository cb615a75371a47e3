//! The formats, a file each, behind one trait.
//!
//! What must stay true:
//! - [`Syntax::next`] answers from the bytes behind `at` and the [`State`] alone. What it remembers between calls saves
//!   time and never changes an answer. So a reader can start at the edge of any item, which makes edits cheap.
//! - Items tile the file: each ends where the next begins, and none is empty.
//! - An item says how far it looked ([`Item::reach`]): bytes behind that can change without changing the item.

mod conll;
mod csv;
mod csv_cells;
mod escape;
mod fasttext;
mod json;
mod json_answer;
mod json_edit;
mod json_members;
mod json_mentions;
mod json_row;
mod json_spans;
mod jsonl;
mod scan;
mod sniff;
mod table;
pub(crate) mod tasks;
mod tree;

pub(crate) use escape::{encode_inner, has_wide_escape};
use std::{borrow::Cow, ops::Range};
pub(crate) use table::{Cells, delimiter};
pub use tree::{Fields, Json};
pub(crate) use tree::{elements, values};

use catalogue::{Argument, Phrase, phrase};

use crate::{
    Mention, Problem, Schema, TextEdit,
    label::{Label, Wanted, Written},
    text_map::Piece,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    JsonLines,
    /// A JSON array of objects.
    Json,
    /// RFC 4180 with a header; the delimiter is one of `,` `;` tab `|`.
    Csv {
        delimiter: u8,
    },
    FastText,
    /// A token a line, with its tag.
    Conll,
}

impl Format {
    /// "JSON Lines", "CSV" ...
    pub fn name(self) -> &'static str {
        match self {
            Format::JsonLines => "JSON Lines",
            Format::Json => "JSON",
            Format::Csv { delimiter: b'\t' } => "TSV",
            Format::Csv { .. } => "CSV",
            Format::FastText => "fastText",
            Format::Conll => "CoNLL",
        }
    }
}

/// What precedes an item. Every format starts in `START` and knows `BODY`; a JSON array has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(pub(crate) u8);

impl State {
    pub(crate) const START: State = State(0);
    /// A record may start here. [`Syntax::next`] reads any row again from its start in this state.
    pub(crate) const BODY: State = State(1);
}

/// A stretch of the file: a record with its line end, a header, blank lines.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) end: usize,
    /// The end of the bytes that were looked at; one more than the length of the source if its end was seen.
    pub(crate) reach: usize,
    pub(crate) state: State,
    /// The record's bytes. `None` for gaps and headers.
    pub(crate) record: Option<Range<usize>>,
    /// Whether the record's syntax is sound, whatever is in it.
    pub(crate) sound: bool,
    pub(crate) row: Option<Record<'a>>,
    /// In order of their start; each starts within the item.
    pub(crate) problems: Vec<Problem>,
    /// Why a sound record without a problem is no row.
    pub(crate) left_out: Option<Phrase>,
}

impl<'a> Item<'a> {
    pub(crate) fn gap(end: usize, reach: usize, state: State) -> Item<'a> {
        Item { end, reach, state, record: None, sound: true, row: None, problems: Vec::new(), left_out: None }
    }
}

/// A record that has a text.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) text_range: Range<usize>,
    pub(crate) label: Label<'a>,
    pub(crate) label_range: Range<usize>,
}

/// A field's value, as far as finding out about fields needs it.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    /// An integer or a boolean as written.
    Scalar(&'a [u8]),
    /// A list of strings only: how many, and of how many characters.
    Texts {
        strings: usize,
        chars: usize,
    },
    /// A list of integers only, and of more than none.
    Integers {
        count: usize,
    },
    /// A list of labelled parts of the text, and of more than none.
    Spans,
    /// An object with a number a name: how many say yes.
    Scores {
        given: usize,
    },
    Blank,
    Other,
}

/// How bytes of the source are to be written into it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// JSON: write what is not ASCII as `\uXXXX`.
    pub(crate) escape_non_ascii: bool,
    /// As other rows have their labels.
    pub(crate) written: Written,
    /// Spans as `[0, 4, "city"]`, not as objects.
    pub(crate) triples: bool,
}

/// A format that reads records and writes labels into them.
pub(crate) trait Syntax {
    /// The item that starts at `at < src.len()`.
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a>;

    /// The fields of the record at `at`, for finding out which is the text and which the label.
    fn fields<'a>(&mut self, src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)>;

    /// The smallest edits that give the record at `at` this answer.
    fn set_answer(
        &mut self,
        src: &str,
        at: usize,
        answer: Option<&Wanted<'_>>,
        style: Style,
    ) -> Result<Vec<TextEdit>, String>;

    /// Where each label or span of the record at `at` stands, in the order in which they are read.
    fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>>;

    /// Where the record at `at` names labels.
    fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention>;

    /// Where the header does, if the format has one.
    fn header_mentions(&mut self, _src: &[u8]) -> Vec<Mention> {
        Vec::new()
    }

    /// What the text of the record at `at` is made of.
    fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece>;

    /// What to insert, and where, so that the record at `at` carries a prediction (one JSON object). `None`: the record
    /// stays as it is.
    fn add_prediction(&mut self, src: &[u8], at: usize, json: Option<&str>) -> Option<(usize, Vec<u8>)>;

    /// What to insert into the header, if the format has one.
    fn add_prediction_header(&self, _src: &[u8]) -> Option<(usize, Vec<u8>)> {
        None
    }
}

/// A schema together with what the file's header says: all that reading a record needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) schema: Schema,
    pub(crate) header: csv::Header,
}

impl Layout {
    pub(crate) fn new(schema: Schema, src: &[u8]) -> Layout {
        let mut layout = Layout { schema, header: csv::Header::default() };
        layout.header = layout.header_in(src);
        layout
    }

    pub(crate) fn header_in(&self, src: &[u8]) -> csv::Header {
        match self.schema.format {
            Format::Csv { delimiter } => csv::Header::read(src, delimiter, &self.schema),
            _ => csv::Header::default(),
        }
    }

    pub(crate) fn syntax(&self) -> Box<dyn Syntax + '_> {
        match self.schema.format {
            Format::JsonLines => Box::new(jsonl::JsonLines::new(&self.schema)),
            Format::Json => Box::new(json::JsonArray::new(&self.schema)),
            Format::Csv { delimiter } => Box::new(csv::Csv::new(self, delimiter)),
            Format::FastText => Box::new(fasttext::FastText::new(&self.schema)),
            Format::Conll => Box::new(conll::Conll::new(&self.schema)),
        }
    }
}

/// The length of a UTF-8 byte order mark at the start of the file.
fn bom(src: &[u8]) -> usize {
    if src.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 }
}

/// A line from `at` on: the end of its content, the start of the next line, how far was looked.
fn line(src: &[u8], at: usize) -> (usize, usize, usize) {
    match memchr::memchr2(b'\n', b'\r', &src[at..]).map(|found| at + found) {
        None => (src.len(), src.len(), src.len() + 1),
        Some(end) if src[end] == b'\n' => (end, end + 1, end + 1),
        Some(end) if src.get(end + 1) == Some(&b'\n') => (end, end + 2, end + 2),
        Some(end) => (end, end + 1, end + 2),
    }
}

/// The range of the whole character at `at`, or of the last one before `end` if `at` is not before it.
fn char_at(src: &[u8], at: usize, end: usize) -> Range<usize> {
    let mut start = at.min(end.saturating_sub(1));
    while start > 0 && src[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    let mut stop = (start + 1).min(src.len());
    while stop < src.len() && src[stop] & 0xC0 == 0x80 {
        stop += 1;
    }
    start..stop
}

/// Bytes as text; what is not UTF-8 becomes U+FFFD.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// "`a`, `b` and `c`"
pub(crate) fn listed(names: &[String]) -> Argument {
    let quoted = |name: &String| phrase!("quoted", text = name);
    match names {
        [first @ .., last] if !first.is_empty() => {
            let list = Argument::list(first.iter().map(quoted));
            phrase!("list-and", list, last = quoted(last)).into()
        }
        names => Argument::list(names.iter().map(quoted)),
    }
}
