//! fastText: one row a line, `__label__x text`. Blank lines are skipped.
//!
//! fastText takes any word that begins with `__label__` for a label. Here they are read at the start and at the end of the
//! line; anywhere else such a word is part of the text.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{Item, Record, State, Style, Syntax, Value, bom, line, text_of};
use crate::{
    Mention, Problem, Schema, Task, TextEdit,
    label::{self, Label, Spelled, Wanted, Written},
    mention::Form,
    text_map::Piece,
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
            _ if self.schema.task == Task::Multi => {
                let mut set = Vec::with_capacity(labels.len());
                for token in labels {
                    match self.read(src, token) {
                        Label::Given(label, _) if !set.contains(&label) => set.push(label),
                        _ => {}
                    }
                }
                if set.is_empty() { Label::None(Written::Empty) } else { Label::Set(set, Written::Text) }
            }
            [token] => self.read(src, token),
            [_, rest @ ..] => {
                let range = rest[0].start..rest[rest.len() - 1].end;
                problems.push(Problem::new(range, phrase!("several-fasttext-labels")));
                Label::Invalid
            }
        }
    }

    fn read<'a>(&self, src: &'a [u8], token: &Range<usize>) -> Label<'a> {
        let name = text_of(&src[token.start + PREFIX.len()..token.end]);
        let written = label::written(&name);
        label::read(name, written, &self.schema.labels)
    }
}

/// A label as a word of its own.
fn word(label: Spelled) -> Result<String, String> {
    let label = label.bare();
    if label.bytes().any(is_blank) {
        let instead = label.split_ascii_whitespace().collect::<Vec<_>>().join("_");
        return Err(format!("A fastText label cannot hold blanks, as `{label}` does. Write it like `{instead}`."));
    }
    Ok(label.into_owned())
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
            item.problems.push(Problem::new(row, phrase!("row-without-text")));
            return item;
        }
        let label = self.label(src, &labels, &mut item.problems);
        let label_range = match (&labels[..], self.schema.task) {
            ([first, .., last], Task::Multi) if last.end <= text.start => first.start..last.end,
            ([first, ..], _) => first.clone(),
            ([], _) => row.start..row.start,
        };
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

    fn set_answer(&mut self, src: &str, at: usize, answer: Option<&Wanted>, _: Style) -> Result<Vec<TextEdit>, String> {
        let bytes = src.as_bytes();
        let Some(Parts { row, labels, text }) = parts(bytes, at, line(bytes, at).0) else {
            return Err("The row is empty; give it a text first.".into());
        };
        let mut missing = match answer {
            None => Vec::new(),
            Some(Wanted::One(label)) => vec![word(*label)?],
            Some(Wanted::Set(labels)) if labels.is_empty() => {
                return Err(
                    "fastText cannot say that no label applies: without any, a row counts as unlabelled.".into()
                );
            }
            Some(Wanted::Set(labels)) => labels.iter().map(|(_, label)| word(*label)).collect::<Result<_, _>>()?,
            Some(Wanted::Spans(_)) => return Err("fastText cannot hold spans.".into()),
        };
        let kept: Vec<bool> = labels
            .iter()
            .map(|token| {
                let known =
                    missing.iter().position(|label| label.as_bytes() == &bytes[token.start + PREFIX.len()..token.end]);
                known.map(|known| missing.remove(known)).is_some()
            })
            .collect();
        let mut coming = missing.into_iter();
        let mut edits = Vec::new();
        for (index, token) in labels.iter().enumerate().filter(|(index, _)| !kept[*index]) {
            // What comes takes the place of what goes.
            edits.push(match coming.next() {
                Some(text) => TextEdit { range: token.start + PREFIX.len()..token.end, text },
                None if token.start < text.start => {
                    let next = labels.get(index + 1).map_or(text.start, |next| next.start.min(text.start));
                    TextEdit { range: token.start..next, text: String::new() }
                }
                None => {
                    let before = index.checked_sub(1).map_or(text.end, |before| labels[before].end.max(text.end));
                    TextEdit { range: before..token.end, text: String::new() }
                }
            });
        }
        let added: String = coming.map(|label| format!("__label__{label} ")).collect();
        if !added.is_empty() {
            // Behind the labels at the start of the line.
            let place = if labels.iter().any(|token| token.start < text.start) { text.start } else { row.start };
            edits.push(TextEdit { range: place..place, text: added });
        }
        Ok(edits)
    }

    fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>> {
        let Some(parts) = parts(src, at, line(src, at).0) else { return Vec::new() };
        let mut seen = Vec::new();
        let new = |token: &Range<usize>| match self.read(src, token) {
            Label::Given(label, _) if !seen.contains(&label) => {
                seen.push(label);
                true
            }
            _ => false,
        };
        parts.labels.into_iter().filter(new).collect()
    }

    fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        let labels = parts(src, at, line(src, at).0).map(|parts| parts.labels).unwrap_or_default();
        let mention = |token: Range<usize>| {
            let range = token.start + PREFIX.len()..token.end;
            let Label::Given(label, _) = self.read(src, &token) else { return None };
            let form = if label == text_of(&src[range.clone()]) { Form::Word } else { Form::Number };
            Some(Mention { range, label: label.into(), is_given: true, form })
        };
        labels.into_iter().filter_map(mention).collect()
    }

    fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece> {
        let parts = parts(src, at, line(src, at).0);
        parts.map(|parts| Piece { len: parts.text.len(), source: parts.text }).into_iter().collect()
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
