//! A JSON object as a row: shared by JSON Lines and JSON arrays.
//!
//! Where a key stands twice, the last one counts, as for most readers of JSON; for the text and the label that is reported.

use std::{borrow::Cow, ops::Range};

use catalogue::{Phrase, phrase};

use super::{
    Record, Value, escape, json_answer, listed,
    scan::{Kind, Scanner, Token},
    tasks::Parts,
    text_of,
};
use crate::{
    Problem, Schema, Shape, Task,
    detect::RESPONSES,
    label::{self, Label, Written},
    text_map::Piece,
};

/// Whether a choice was confirmed, as Prodigy writes it beside what was chosen.
const CONFIRMED: &str = "answer";

/// Reads objects with one schema.
pub(super) struct ObjectReader<'s> {
    pub(super) schema: &'s Schema,
    /// What was found of each text field; kept to save allocations.
    texts: Vec<Option<Token>>,
    /// The same of each field that is a label's own.
    flags: Vec<Option<Token>>,
}

/// What an object comes to: its bytes, its row, and why it is none where nothing is wrong with it.
pub(super) type Object<'a> = (Range<usize>, Option<Record<'a>>, Option<Phrase>);

impl<'s> ObjectReader<'s> {
    pub(super) fn new(schema: &'s Schema) -> ObjectReader<'s> {
        ObjectReader { schema, texts: Vec::new(), flags: Vec::new() }
    }

    /// Reads the object at the scanner's place. `Err`: it is not sound JSON. Problems of its content go to `problems`.
    pub(super) fn read<'a>(
        &mut self,
        src: &'a [u8],
        scanner: &mut Scanner<'a>,
        problems: &mut Vec<Problem>,
    ) -> Result<Object<'a>, Problem> {
        let schema = self.schema;
        let own = json_answer::own_fields(schema);
        let (mut label, mut left_out, mut discarded) = (None, false, false);
        let mut last_end = scanner.at + 1;
        self.texts.clear();
        self.texts.resize(schema.text.len(), None);
        self.flags.clear();
        self.flags.resize(own.len(), None);
        let object = scanner.object(|key, value| {
            let fields = schema.text.iter().zip(&mut self.texts).chain(own.iter().zip(&mut self.flags));
            for (field, found) in fields {
                if is_key(src, key, field) && found.replace(value).is_some() {
                    problems.push(twice(key, field));
                }
            }
            if own.is_empty() && is_key(src, key, &schema.label) && label.replace(value).is_some() {
                problems.push(twice(key, &schema.label));
            }
            if is_key(src, key, CONFIRMED) {
                left_out = matches!(&src[value.range()], b"\"reject\"" | b"\"ignore\"");
            } else if is_discarded(src, key, value, &schema.label) {
                discarded = true;
            }
            last_end = value.end;
        })?;
        let mut parts = None;
        if matches!(schema.shape, Shape::Tasks { .. }) {
            let found = Parts::of(src, object, &schema.label);
            label = if schema.task == Task::Spans { found.result } else { found.choices };
            self.find_texts(src, found.data.map(|data| data.start));
            parts = Some(found);
        }
        if discarded {
            problems.clear();
            return Ok((object.range(), None, Some(phrase!("row-discarded"))));
        }
        if left_out && schema.label != CONFIRMED {
            problems.clear();
            return Ok((object.range(), None, Some(phrase!("row-left-out"))));
        }
        let Some((text, text_range)) = self.text(src, object, problems) else {
            problems.sort_by_key(|problem| problem.range.start);
            return Ok((object.range(), None, None));
        };
        let (label, label_range) = match label {
            _ if !own.is_empty() => json_answer::flags(schema, src, &self.flags, problems)
                .unwrap_or((Label::None(Written::Missing), last_end..last_end)),
            Some(value) => json_answer::read(schema, src, value, &text, problems),
            // Somebody looked, and chose nothing.
            None if schema.task == Task::Multi && parts.is_some_and(|parts| parts.result.is_some()) => {
                (Label::Set(Vec::new(), Written::Missing), last_end..last_end)
            }
            None => (Label::None(Written::Missing), last_end..last_end),
        };
        problems.sort_by_key(|problem| problem.range.start);
        Ok((object.range(), Some(Record { text, text_range, label, label_range }), None))
    }

    /// The text fields of the object that starts there.
    fn find_texts(&mut self, src: &[u8], at: Option<usize>) {
        self.texts.clear();
        self.texts.resize(self.schema.text.len(), None);
        let Some(at) = at else { return };
        // One that breaks off was reported with the object around it.
        let _ = Scanner::new(src, at).object(|key, value| {
            for (field, found) in self.schema.text.iter().zip(&mut self.texts) {
                if is_key(src, key, field) {
                    *found = Some(value);
                }
            }
        });
    }

    /// The text of the object at `at`; empty if it has none.
    pub(super) fn text_of(&mut self, src: &[u8], at: usize) -> String {
        let read = self.read(src, &mut Scanner::new(src, at), &mut Vec::new());
        read.ok().and_then(|(_, record, _)| record).map_or(String::new(), |record| record.text.into_owned())
    }

    /// What the text of the object at `at` is made of.
    pub(super) fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece> {
        let Ok(object) = Scanner::new(src, at).object(|_, _| {}) else { return Vec::new() };
        let holder = match self.schema.shape {
            Shape::Tasks { .. } => Parts::of(src, object, "").data,
            _ => Some(object),
        };
        self.find_texts(src, holder.map(|holder| holder.start));
        let mut pieces = Vec::new();
        for &value in self.texts.iter().flatten() {
            if texts_of(src, value, &mut Vec::new()).is_ok_and(|part| part.trim().is_empty()) {
                continue;
            }
            let strings = if value.kind == Kind::Array { elements(src, value) } else { vec![value] };
            for string in strings {
                if !pieces.is_empty() {
                    let end = string.start;
                    pieces.push(Piece { len: 1, source: end..end });
                }
                escape::pieces(src, string.inner(), &mut pieces);
            }
        }
        pieces
    }

    fn text<'a>(
        &self,
        src: &'a [u8],
        object: Token,
        problems: &mut Vec<Problem>,
    ) -> Option<(Cow<'a, str>, Range<usize>)> {
        let mut text: Option<(Cow<str>, Range<usize>)> = None;
        let mut blank = None;
        let mut wrong = false;
        for (field, found) in self.schema.text.iter().zip(&self.texts) {
            let Some(value) = *found else { continue };
            match texts_of(src, value, problems) {
                Ok(part) if part.trim().is_empty() => blank = blank.or(Some(value)),
                Ok(part) => match &mut text {
                    None => text = Some((part, value.range())),
                    Some((text, _)) => {
                        let text = text.to_mut();
                        text.push('\n');
                        text.push_str(&part);
                    }
                },
                Err(found) => {
                    wrong = true;
                    let message = phrase!("text-wrong-type", field, found);
                    problems.push(Problem::new(value.range(), message));
                }
            }
        }
        if wrong {
            return None;
        }
        if text.is_none() {
            problems.push(match (blank, &self.schema.text[..]) {
                (Some(value), _) => Problem::new(value.range(), phrase!("text-empty")),
                (None, []) => Problem::new(object.range(), phrase!("text-not-recognised")),
                (None, [field]) => Problem::new(object.range(), phrase!("text-field-missing", field)),
                (None, fields) => Problem::new(object.range(), phrase!("text-fields-missing", fields = listed(fields))),
            });
        }
        text
    }

    /// The fields of the object at `at`.
    pub(super) fn fields<'a>(src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        let mut fields = Vec::new();
        let mut scanner = Scanner::new(src, at);
        // An object that breaks off still tells about the fields before.
        let _ = scanner.object(|key, value| {
            let Kind::String { escaped } = key.kind else { return };
            let name = escape::decode(&src[key.inner()], escaped).0;
            let value = match value.kind {
                Kind::String { escaped } => match escape::decode(&src[value.inner()], escaped).0 {
                    text if label::is_unlabelled(&text) => Value::Blank,
                    text => Value::Text(text),
                },
                Kind::True | Kind::False => Value::Scalar(&src[value.range()]),
                Kind::Number if whole(&src[value.range()]).is_some() => Value::Scalar(&src[value.range()]),
                Kind::Null => Value::Blank,
                Kind::Array => match texts_of(src, value, &mut Vec::new()) {
                    Ok(text) => Value::Texts { strings: elements(src, value).len(), chars: text.chars().count() },
                    Err(_) => json_answer::value_of_list(src, value),
                },
                Kind::Object => json_answer::value_of_object(src, value),
                Kind::Number => Value::Other,
            };
            fields.push((name, value));
        });
        fields
    }
}

/// What stands in a list.
pub(super) fn elements(src: &[u8], list: Token) -> Vec<Token> {
    let mut elements = Vec::new();
    // A list that breaks off was reported with its object.
    let _ = Scanner::new(src, list.start).array(|element| elements.push(element));
    elements
}

/// Whether somebody discarded the response, as Argilla writes it beside: `"label.responses.status": ["discarded"]`.
fn is_discarded(src: &[u8], key: Token, value: Token, label: &str) -> bool {
    let Kind::String { escaped: false } = key.kind else { return false };
    let status = label.ends_with(RESPONSES).then(|| src[key.inner()].strip_prefix(label.as_bytes())).flatten();
    status == Some(b".status") && memchr::memmem::find(&src[value.range()], b"\"discarded\"").is_some()
}

fn twice(key: Token, name: &str) -> Problem {
    Problem::new(key.range(), phrase!("key-twice", name))
}

pub(super) fn is_key(src: &[u8], key: Token, name: &str) -> bool {
    match key.kind {
        Kind::String { escaped: false } => src[key.inner()] == *name.as_bytes(),
        _ => escape::decode(&src[key.inner()], true).0 == name,
    }
}

pub(super) fn string<'a>(src: &'a [u8], value: Token, escaped: bool, problems: &mut Vec<Problem>) -> Cow<'a, str> {
    let (text, lone) = escape::decode(&src[value.inner()], escaped);
    if let Some(lone) = lone {
        let start = value.inner().start + lone;
        let found = text_of(&src[start..start + 6]);
        problems.push(Problem::new(start..start + 6, phrase!("half-a-pair", found)));
    }
    text
}

/// A string, or a list of strings joined by line breaks; null is an empty one. `Err` names what was found instead.
fn texts_of<'a>(src: &'a [u8], value: Token, problems: &mut Vec<Problem>) -> Result<Cow<'a, str>, Phrase> {
    match value.kind {
        Kind::String { escaped } => Ok(string(src, value, escaped, problems)),
        Kind::Null => Ok(Cow::Borrowed("")),
        Kind::Array => {
            let mut text = String::new();
            let mut wrong = None;
            let mut first = true;
            let read = Scanner::new(src, value.start).array(|element| match element.kind {
                Kind::String { escaped } => {
                    if !std::mem::take(&mut first) {
                        text.push('\n');
                    }
                    text += &string(src, element, escaped, problems);
                }
                _ => wrong = Some(phrase!("mixed-list")),
            });
            match (wrong, read) {
                (Some(wrong), _) => Err(wrong),
                (None, Ok(_)) => Ok(Cow::Owned(text)),
                (None, Err(_)) => Err(phrase!("broken-list")),
            }
        }
        kind => Err(kind.name()),
    }
}

/// A JSON number as a whole number, if it is one: `1`, `-2`, `3.0`, `1e3`.
pub(super) fn whole(number: &[u8]) -> Option<Cow<'_, str>> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    let number = std::str::from_utf8(number).ok()?;
    if number != "-0" && number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(number));
    }
    let value: f64 = number.parse().ok()?;
    (value.fract() == 0.0 && value.abs() <= EXACT).then(|| Cow::Owned((value as i64).to_string()))
}
