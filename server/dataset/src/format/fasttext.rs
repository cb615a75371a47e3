//! fastText: one row a line, `__label__x text`. Blank lines are skipped.
//!
//! fastText takes any word that begins with `__label__` for a label. Here they are read at the start and at the end of the
//! line; anywhere else such a word is part of the text.

use std::{borrow::Cow, ops::Range};

use super::{Item, Record, State, Style, Syntax, Value, bom, line, text_of};
use crate::{
    Problem, Schema, TextEdit,
    label::{self, Label, Spelled, Written},
};

const PREFIX: &[u8] = b"__label__";

pub(super) struct FastText<'s> {
    schema: &'s Schema,
}

/// The parts of a line that is not blank.
struct Parts {
    row: Range<usize>,
    labels: Vec<Range<usize>>,
    /// Empty if there is no text.
    text: Range<usize>,
}

impl<'s> FastText<'s> {
    pub(super) fn new(schema: &'s Schema) -> FastText<'s> {
        FastText { schema }
    }

    fn label<'a>(&self, src: &'a [u8], labels: &[Range<usize>], problems: &mut Vec<Problem>) -> Label<'a> {
        match labels {
            [] => Label::None(Written::Missing),
            [token] => {
                let name = text_of(&src[token.start + PREFIX.len()..token.end]);
                let written = label::written(&name);
                label::read(name, written, &self.schema.labels)
            }
            [_, rest @ ..] => {
                let range = rest[0].start..rest[rest.len() - 1].end;
                let message = "The row has several labels, but this is a single-label data set. Keep one.";
                problems.push(Problem::new(range, message));
                Label::Invalid
            }
        }
    }
}

impl Syntax for FastText<'_> {
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a> {
        let start = if state == State::START { at + bom(&src[at..]) } else { at };
        let (content_end, end, reach) = line(src, start);
        let mut item = Item::gap(end, reach, State::BODY);
        let Some(Parts { row, labels, text }) = parts(src, start, content_end) else { return item };
        item.record = Some(row.clone());
        let content = text_of(&src[text.clone()]);
        if content.trim().is_empty() {
            item.problems.push(Problem::new(row, "The row has no text. Add it behind the label, or delete the row."));
            return item;
        }
        let label = self.label(src, &labels, &mut item.problems);
        let label_range = labels.first().cloned().unwrap_or(row.start..row.start);
        item.row = Some(Record { text: content, text_range: text, label, label_range });
        item
    }

    fn fields<'a>(&mut self, src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        let Some(parts) = parts(src, at, line(src, at).0) else { return Vec::new() };
        let mut fields = vec![("text".into(), Value::Text(text_of(&src[parts.text])))];
        fields.extend(parts.labels.into_iter().map(|token| {
            let name = text_of(&src[token.start + PREFIX.len()..token.end]);
            ("label".into(), if label::is_unlabelled(&name) { Value::Blank } else { Value::Text(name) })
        }));
        fields
    }

    fn set_label(&mut self, src: &str, at: usize, label: Option<Spelled>, _: Style) -> Result<TextEdit, String> {
        let bytes = src.as_bytes();
        let Some(Parts { row, labels, text }) = parts(bytes, at, line(bytes, at).0) else {
            return Err("The row is empty; give it a text first.".into());
        };
        let label = match label {
            None => {
                let range = match labels.first() {
                    None => row.start..row.start,
                    Some(token) if token.start < text.start => token.start..text.start,
                    Some(token) => text.end..token.end,
                };
                return Ok(TextEdit { range, text: String::new() });
            }
            Some(Spelled::Text(text) | Spelled::Listed(text)) => Cow::Borrowed(text),
            Some(Spelled::Integer(number)) => number.to_string().into(),
            Some(Spelled::Boolean(value)) => value.to_string().into(),
        };
        if label.bytes().any(is_blank) {
            let instead = label.split_ascii_whitespace().collect::<Vec<_>>().join("_");
            return Err(format!("A fastText label cannot hold blanks, as `{label}` does. Write it like `{instead}`."));
        }
        Ok(match labels.first() {
            Some(token) => TextEdit { range: token.start + PREFIX.len()..token.end, text: label.into_owned() },
            None => TextEdit { range: row.start..row.start, text: format!("__label__{label} ") },
        })
    }

    fn add_prediction(&mut self, src: &[u8], at: usize, json: Option<&str>) -> Option<(usize, Vec<u8>)> {
        let place = line(src, at).0;
        Some((place, format!("\t{}", json?).into_bytes()))
    }
}

/// What fastText takes for the space between words, line ends included.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0)
}

fn parts(src: &[u8], start: usize, end: usize) -> Option<Parts> {
    let first = start + src[start..end].iter().position(|byte| !is_blank(*byte))?;
    let last = start + src[start..end].iter().rposition(|byte| !is_blank(*byte))? + 1;
    let row = first..last;
    let mut labels = Vec::new();
    let mut text = row.clone();
    while src[text.clone()].starts_with(PREFIX) {
        let token = src[text.clone()].iter().position(|byte| is_blank(*byte)).map_or(last, |len| text.start + len);
        labels.push(text.start..token);
        text.start = src[token..last].iter().position(|byte| !is_blank(*byte)).map_or(last, |len| token + len);
    }
    let leading = labels.len();
    loop {
        let token = src[text.clone()].iter().rposition(|byte| is_blank(*byte)).map(|at| text.start + at + 1);
        let Some(token) = token.filter(|token| src[*token..text.end].starts_with(PREFIX)) else { break };
        labels.push(token..text.end);
        let before = src[text.start..token].iter().rposition(|byte| !is_blank(*byte));
        text.end = before.map_or(text.start, |at| text.start + at + 1);
    }
    labels[leading..].reverse();
    Some(Parts { row, labels, text })
}
