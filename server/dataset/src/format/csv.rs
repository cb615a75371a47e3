//! CSV and TSV: RFC 4180 with a header, any of four delimiters.
//!
//! - A quote opens a cell only as its first character; elsewhere in a cell without quotes it is a plain character.
//! - A row may be shorter than the header as long as the text is there; a longer one is a problem.
//! - Blank lines and rows of empty cells are skipped.

mod flags;
mod mentions;

use std::{borrow::Cow, iter, ops::Range};

use catalogue::phrase;

use super::{
    Item, Layout, Record, State, Style, Syntax, Value, bom,
    csv_cells::{Cell, Ended, Fault, Lexer},
    listed, text_of,
};
use crate::{
    Mention, Problem, Schema, Shape, Task, TextEdit,
    label::{self, Label, Wanted, Written, flag},
    text_map::Piece,
};

/// Which column is which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    names: Vec<String>,
    text: Vec<usize>,
    label: Option<usize>,
    /// Where each label has one.
    flags: Vec<Option<usize>>,
}

impl Header {
    pub(super) fn read(src: &[u8], delimiter: u8, schema: &Schema) -> Header {
        let names = names(src, delimiter);
        let column = |name: &String| names.iter().position(|column| column == name);
        let text = schema.text.iter().filter_map(column).collect();
        let label = column(&schema.label);
        let flags = match &schema.shape {
            Shape::Flags(fields) => fields.iter().map(column).collect(),
            _ => Vec::new(),
        };
        Header { names, text, label, flags }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}

/// The names in the first line that is not blank.
fn names(src: &[u8], delimiter: u8) -> Vec<String> {
    let mut lexer = Lexer::default();
    let (_, ended) = header(&mut lexer, src, delimiter);
    if ended.is_none() {
        return Vec::new();
    }
    lexer.cells.iter().map(|cell| decoded(src, *cell).trim().to_string()).collect()
}

/// Where the header starts and ends; `None` if the file is blank.
fn header(lexer: &mut Lexer, src: &[u8], delimiter: u8) -> (usize, Option<Ended>) {
    let mut at = bom(src);
    while at < src.len() {
        let ended = lexer.record(src, at, delimiter);
        if ended.fault.is_some() || !is_blank(src, &lexer.cells) {
            return (at, Some(ended));
        }
        at = ended.next;
    }
    (at, None)
}

fn is_blank(src: &[u8], cells: &[Cell]) -> bool {
    cells.iter().all(|cell| src[cell.inner()].trim_ascii().is_empty())
}

fn decoded(src: &[u8], cell: Cell) -> Cow<'_, str> {
    let text = text_of(&src[cell.inner()]);
    if cell.doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { text }
}

/// What the decoded cell is made of.
fn add_pieces(src: &[u8], cell: Cell, pieces: &mut Vec<Piece>) {
    let inner = cell.inner();
    let mut at = inner.start;
    let doubled = memchr::memmem::find_iter(&src[inner.clone()], b"\"\"").filter(|_| cell.doubled);
    for quote in doubled.map(|quote| inner.start + quote) {
        pieces.extend([Piece { len: quote - at, source: at..quote }, Piece { len: 1, source: quote..quote + 2 }]);
        at = quote + 2;
    }
    pieces.push(Piece { len: inner.end - at, source: at..inner.end });
}

pub(super) struct Csv<'l> {
    layout: &'l Layout,
    delimiter: u8,
    lexer: Lexer,
}

impl<'l> Csv<'l> {
    pub(super) fn new(layout: &'l Layout, delimiter: u8) -> Csv<'l> {
        Csv { layout, delimiter, lexer: Lexer::default() }
    }

    fn header_item(&mut self, src: &[u8]) -> Item<'static> {
        let (start, Some(ended)) = header(&mut self.lexer, src, self.delimiter) else {
            return Item::gap(src.len(), src.len() + 1, State::START);
        };
        let mut item = Item::gap(ended.next, ended.reach, State::BODY);
        let range = start..ended.content;
        if let Some(fault) = ended.fault {
            item.problems.push(self.fault(src, fault));
            return item;
        }
        let header = &self.layout.header;
        let schema = &self.layout.schema;
        if header.text.is_empty() {
            let found = listed(&header.names);
            let message = match &schema.text[..] {
                [] => phrase!("no-text-column", found),
                wanted => phrase!("column-missing", columns = listed(wanted), found),
            };
            item.problems.push(Problem::new(range, message));
        }
        item
    }

    fn fault(&self, src: &[u8], fault: Fault) -> Problem {
        match fault {
            Fault::Open(at) => Problem::new(at..at + 1, phrase!("quote-open")),
            Fault::Behind(at) => {
                let found = super::char_at(src, at + 1, src.len());
                let message = phrase!("behind-quote", delimiter = self.delimiter_name(), found = text_of(&src[found]));
                Problem::new(at..at + 1, message)
            }
        }
    }

    fn delimiter_name(&self) -> String {
        if self.delimiter == b'\t' { "tab".into() } else { char::from(self.delimiter).into() }
    }

    fn row<'a>(&self, src: &'a [u8], range: Range<usize>, problems: &mut Vec<Problem>) -> Option<Record<'a>> {
        let cells = &self.lexer.cells;
        let header = &self.layout.header;
        if header.text.is_empty() {
            return None;
        }
        if cells.len() > header.names.len() {
            let extra = cells[header.names.len()].start..range.end;
            let message = phrase!(
                "too-many-cells",
                cells = cells.len(),
                columns = header.names.len(),
                delimiter = self.delimiter_name()
            );
            problems.push(Problem::new(if extra.is_empty() { range } else { extra }, message));
            return None;
        }
        let mut text: Option<(Cow<str>, Range<usize>)> = None;
        for cell in header.text.iter().filter_map(|column| cells.get(*column)) {
            let part = decoded(src, *cell);
            if part.trim().is_empty() {
                continue;
            }
            match &mut text {
                None => text = Some((part, cell.range())),
                Some((text, _)) => {
                    let text = text.to_mut();
                    text.push('\n');
                    text.push_str(&part);
                }
            }
        }
        let Some((text, text_range)) = text else {
            let names: Vec<_> = header.text.iter().map(|column| header.names[*column].clone()).collect();
            let message = phrase!("cells-empty", columns = listed(&names));
            problems.push(Problem::new(range, message));
            return None;
        };
        let (label, label_range) = self.label(src, &range, problems);
        Some(Record { text, text_range, label, label_range })
    }

    fn label<'a>(&self, src: &'a [u8], row: &Range<usize>, problems: &mut Vec<Problem>) -> (Label<'a>, Range<usize>) {
        let Header { label, flags, .. } = &self.layout.header;
        let Schema { shape, task, labels: names, .. } = &self.layout.schema;
        let missing = (Label::None(Written::Missing), row.end..row.end);
        if let Shape::Flags(fields) = shape {
            return self.flags(src, fields, flags, problems).unwrap_or(missing);
        }
        let Some(cell) = label.and_then(|column| self.lexer.cells.get(column)) else { return missing };
        let value = decoded(src, *cell);
        let label = match (task, shape) {
            (Task::Single, _) => {
                let written = label::written(&value);
                label::read(value, written, names)
            }
            (Task::Multi, Shape::Separated(separator)) => label::separated(value, separator, names),
            (Task::Multi, _) => match label::read(value, Written::Text, names) {
                Label::Given(label, written) => Label::Set(vec![label], written),
                other => other,
            },
            (Task::Spans, _) => {
                problems.push(Problem::new(
                    if cell.start < cell.end { cell.range() } else { row.clone() },
                    phrase!("table-of-spans"),
                ));
                Label::Invalid
            }
        };
        (label, cell.range())
    }

    /// The value as a cell; in quotes where it must be.
    fn cell(&self, value: &str, quoted: bool) -> String {
        let special = |byte| byte == self.delimiter || matches!(byte, b'"' | b'\n' | b'\r');
        if quoted || value.bytes().any(special) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.into() }
    }

    /// The delimiters that a row of `cells` cells needs before a cell in this column.
    fn padding(&self, cells: usize, column: usize) -> String {
        iter::repeat_n(char::from(self.delimiter), (column + 1).saturating_sub(cells)).collect()
    }
}

impl Syntax for Csv<'_> {
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a> {
        if state == State::START {
            return self.header_item(src);
        }
        let Ended { content, next, reach, fault } = self.lexer.record(src, at, self.delimiter);
        let mut item = Item::gap(next, reach, State::BODY);
        let range = at..content;
        if let Some(fault) = fault {
            item.problems.push(self.fault(src, fault));
            item.sound = false;
            item.record = Some(range);
        } else if !is_blank(src, &self.lexer.cells) {
            item.row = self.row(src, range.clone(), &mut item.problems);
            item.record = Some(range);
            item.left_out = self.layout.header.text.is_empty().then(|| phrase!("row-without-text-column"));
        }
        item
    }

    fn fields<'a>(&mut self, src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        self.lexer.record(src, at, self.delimiter);
        let cells = self.layout.header.names.iter().zip(&self.lexer.cells);
        cells
            .map(|(name, cell)| {
                let text = decoded(src, *cell);
                let value = match label::written(&text) {
                    _ if label::is_unlabelled(&text) => Value::Blank,
                    Written::Integer => Value::Scalar(&src[cell.inner()]),
                    _ => Value::Text(text),
                };
                (name.clone().into(), value)
            })
            .collect()
    }

    fn set_answer(
        &mut self,
        src: &str,
        at: usize,
        answer: Option<&Wanted>,
        style: Style,
    ) -> Result<Vec<TextEdit>, String> {
        let schema = &self.layout.schema;
        let ended = self.lexer.record(src.as_bytes(), at, self.delimiter);
        if ended.fault.is_some() {
            return Err("The row's quotes do not match; mend them first.".into());
        }
        if let Shape::Flags(fields) = &schema.shape {
            return self.set_flags(src, ended.content, fields, answer, style);
        }
        let Some(column) = self.layout.header.label else {
            return Err(format!(
                "The file has no column `{0}`. Add `{1}{0}` at the end of its first line.",
                schema.label,
                char::from(self.delimiter)
            ));
        };
        let label = match (answer, &schema.shape) {
            (None, _) => String::new(),
            (Some(Wanted::One(label)), _) => label.bare().into_owned(),
            (Some(Wanted::Set(labels)), Shape::Separated(separator)) => label::joined(labels, separator)?,
            (Some(Wanted::Set(labels)), _) => match labels[..] {
                [(_, label)] => label.bare().into_owned(),
                _ => {
                    return Err("Say what stands between two labels of a cell: separator = \"|\" under [dataset] in gloss.toml.".into());
                }
            },
            (Some(Wanted::Spans(_)), _) => return Err("A table cannot hold spans.".into()),
        };
        Ok(vec![match self.lexer.cells.get(column) {
            Some(cell) => {
                let text = self.cell(&label, cell.quoted && !label.is_empty());
                TextEdit { range: cell.range(), text }
            }
            None if label.is_empty() => TextEdit { range: ended.content..ended.content, text: label },
            None => {
                let text = self.padding(self.lexer.cells.len(), column) + &self.cell(&label, false);
                TextEdit { range: ended.content..ended.content, text }
            }
        }])
    }

    fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>> {
        self.lexer.record(src, at, self.delimiter);
        let Header { label, flags, .. } = &self.layout.header;
        let cell = |column: usize| self.lexer.cells.get(column).copied();
        if matches!(self.layout.schema.shape, Shape::Flags(_)) {
            let given = flags.iter().flatten().filter_map(|column| cell(*column));
            return given.filter(|cell| flag(&decoded(src, *cell)) == Some(true)).map(|cell| cell.range()).collect();
        }
        let Some(cell) = label.and_then(cell) else { return Vec::new() };
        let row = cell.range();
        match self.label(src, &row, &mut Vec::new()).0 {
            // Several labels in one cell stand there, each.
            Label::Set(labels, _) => vec![cell.range(); labels.len()],
            _ => vec![cell.range()],
        }
    }

    fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        self.named(src, at)
    }

    fn header_mentions(&mut self, src: &[u8]) -> Vec<Mention> {
        self.named_in_header(src)
    }

    fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece> {
        self.lexer.record(src, at, self.delimiter);
        let mut pieces = Vec::new();
        for cell in self.layout.header.text.iter().filter_map(|column| self.lexer.cells.get(*column)) {
            if decoded(src, *cell).trim().is_empty() {
                continue;
            }
            if !pieces.is_empty() {
                pieces.push(Piece { len: 1, source: cell.start..cell.start });
            }
            add_pieces(src, *cell, &mut pieces);
        }
        pieces.retain(|piece| piece.len > 0);
        pieces
    }

    fn add_prediction(&mut self, src: &[u8], at: usize, json: Option<&str>) -> Option<(usize, Vec<u8>)> {
        let ended = self.lexer.record(src, at, self.delimiter);
        if ended.fault.is_some() {
            return None;
        }
        let column = self.layout.header.names.len();
        let text =
            self.padding(self.lexer.cells.len(), column) + &json.map_or(String::new(), |json| self.cell(json, false));
        Some((ended.content, text.into_bytes()))
    }

    fn add_prediction_header(&self, src: &[u8]) -> Option<(usize, Vec<u8>)> {
        let (_, ended) = header(&mut Lexer::default(), src, self.delimiter);
        let ended = ended.filter(|ended| ended.fault.is_none())?;
        Some((ended.content, format!("{}prediction", char::from(self.delimiter)).into_bytes()))
    }
}

/// How well a delimiter fits the first records: the number of records with as many cells as the header has, if that is
/// more than one; and the header's names.
pub(super) fn fit(src: &[u8], delimiter: u8) -> (usize, Vec<String>) {
    const LOOK_AT: usize = 50;
    let names = names(src, delimiter);
    if names.len() < 2 {
        return (0, names);
    }
    let mut lexer = Lexer::default();
    let (_, Some(ended)) = header(&mut lexer, src, delimiter) else { return (0, names) };
    let mut at = ended.next;
    let mut fitting = 1;
    for _ in 0..LOOK_AT {
        if at >= src.len() {
            break;
        }
        let ended = lexer.record(src, at, delimiter);
        fitting += usize::from(ended.fault.is_none() && lexer.cells.len() == names.len());
        at = ended.next;
    }
    (fitting, names)
}
