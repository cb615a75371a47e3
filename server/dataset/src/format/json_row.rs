//! A JSON object as a row: shared by JSON Lines and JSON arrays.
//!
//! Where a key stands twice, the last one counts, as for most readers of JSON; for the text and the label that is reported.

use std::{borrow::Cow, ops::Range};

use super::{
    Record, Style, Value, escape, listed,
    scan::{Kind, Scanner, Token},
    text_of,
};
use crate::{
    Problem, Schema, TextEdit,
    label::{self, Label, Spelled, Written},
};

/// Where Prodigy writes what was chosen. Whether the choice was confirmed stands beside it, in `answer`.
const ACCEPT: &str = "accept";

/// Reads objects with one schema.
pub(super) struct ObjectReader<'s> {
    schema: &'s Schema,
    /// What was found of each text field; kept to save allocations.
    texts: Vec<Option<Token>>,
}

impl<'s> ObjectReader<'s> {
    pub(super) fn new(schema: &'s Schema) -> ObjectReader<'s> {
        ObjectReader { schema, texts: Vec::new() }
    }

    /// Reads the object at the scanner's place. `Err`: it is not sound JSON. Problems of its content go to `problems`.
    pub(super) fn read<'a>(
        &mut self,
        src: &'a [u8],
        scanner: &mut Scanner<'a>,
        problems: &mut Vec<Problem>,
    ) -> Result<(Range<usize>, Option<Record<'a>>), Problem> {
        self.texts.clear();
        self.texts.resize(self.schema.text.len(), None);
        let mut label = None;
        let mut left_out = false;
        let mut last_end = scanner.at + 1;
        let object = scanner.object(|key, value| {
            for (field, found) in self.schema.text.iter().zip(&mut self.texts) {
                if is_key(src, key, field) && found.replace(value).is_some() {
                    problems.push(twice(key, field));
                }
            }
            if is_key(src, key, &self.schema.label) && label.replace(value).is_some() {
                problems.push(twice(key, &self.schema.label));
            }
            if self.schema.label == ACCEPT && is_key(src, key, "answer") {
                left_out = matches!(&src[value.range()], b"\"reject\"" | b"\"ignore\"");
            }
            last_end = value.end;
        })?;
        if left_out {
            problems.clear();
            return Ok((object.range(), None));
        }
        let Some((text, text_range)) = self.text(src, object, problems) else {
            problems.sort_by_key(|problem| problem.range.start);
            return Ok((object.range(), None));
        };
        let only = label.filter(|_| self.schema.listed).and_then(|value| alone(src, value));
        let (label, label_range) = match (label, only) {
            (_, Some(only)) => {
                let label = match self.label(src, only, problems) {
                    Label::Given(label, _) => Label::Given(label, Written::List),
                    Label::None(_) => Label::None(Written::List),
                    Label::Invalid => Label::Invalid,
                };
                (label, only.range())
            }
            (Some(value), None) => (self.label(src, value, problems), value.range()),
            (None, None) => (Label::None(Written::Missing), last_end..last_end),
        };
        problems.sort_by_key(|problem| problem.range.start);
        Ok((object.range(), Some(Record { text, text_range, label, label_range })))
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
                    let message = format!("The text field `{field}` holds {found}; expected a string.");
                    problems.push(Problem::new(value.range(), message));
                }
            }
        }
        if wrong {
            return None;
        }
        if text.is_none() {
            problems.push(match (blank, &self.schema.text[..]) {
                (Some(value), _) => Problem::new(value.range(), "The text is empty. Fill it in, or delete the row."),
                (None, []) => Problem::new(object.range(), "No field of this row was recognised as its text. Name the \
                     field in gloss.toml under [dataset] text."),
                (None, [field]) => Problem::new(
                    object.range(),
                    format!("The text field `{field}` is missing. Add it, or name another field in gloss.toml under [dataset] text."),
                ),
                (None, fields) => Problem::new(
                    object.range(),
                    format!("The text fields {} are missing. Add one, or name other fields in gloss.toml under [dataset] text.", listed(fields)),
                ),
            });
        }
        text
    }

    fn label<'a>(&self, src: &'a [u8], value: Token, problems: &mut Vec<Problem>) -> Label<'a> {
        let names = &self.schema.labels;
        let (text, written) = match value.kind {
            Kind::Null => return Label::None(Written::Empty),
            Kind::String { escaped } => (string(src, value, escaped, problems), Written::Text),
            Kind::True => (Cow::Borrowed("true"), Written::Boolean),
            Kind::False => (Cow::Borrowed("false"), Written::Boolean),
            Kind::Number => match whole(&src[value.range()]) {
                Some(number) => (number, Written::Integer),
                None => {
                    let message = format!(
                        "The label `{}` is a fraction; expected a string or a whole number.",
                        text_of(&src[value.range()])
                    );
                    problems.push(Problem::new(value.range(), message));
                    return Label::Invalid;
                }
            },
            Kind::Array if self.schema.listed => match &elements(src, value)[..] {
                [] => return Label::None(Written::List),
                labels => {
                    let message = match labels.len() {
                        1 => "The list holds something other than a string; expected one label.".to_owned(),
                        many => format!("{many} labels, but this is a single-label data set: keep one."),
                    };
                    problems.push(Problem::new(value.range(), message));
                    return Label::Invalid;
                }
            },
            Kind::Array | Kind::Object => {
                let message = format!(
                    "The label field `{}` holds {}, but this is a single-label data set: expected one string.",
                    self.schema.label,
                    value.kind.name()
                );
                problems.push(Problem::new(value.range(), message));
                return Label::Invalid;
            }
        };
        label::read(text, written, names)
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
                    Err(_) => Value::Other,
                },
                Kind::Number | Kind::Object => Value::Other,
            };
            fields.push((name, value));
        });
        fields
    }

    pub(super) fn set_label(
        &self,
        src: &str,
        at: usize,
        label: Option<Spelled<'_>>,
        style: Style,
    ) -> Result<TextEdit, String> {
        let mut last = None;
        let mut members = Members::default();
        let read = Scanner::new(src.as_bytes(), at).object(|key, value| {
            if is_key(src.as_bytes(), key, &self.schema.label) {
                last = Some(value);
            }
            members.note(key, value);
        });
        let Ok(object) = read else { return Err("The row is not sound JSON; mend it first.".into()) };
        let written = match label {
            None => "null".to_string(),
            Some(Spelled::Text(text)) => escape::encode(text, style),
            Some(Spelled::Integer(number)) => number.to_string(),
            Some(Spelled::Boolean(value)) => value.to_string(),
            Some(Spelled::Listed(text)) => format!("[{}]", escape::encode(text, style)),
        };
        match (last, label) {
            (Some(value), Some(Spelled::Text(text) | Spelled::Listed(text)))
                if let Some(only) = alone(src.as_bytes(), value) =>
            {
                Ok(TextEdit { range: only.range(), text: escape::encode(text, style) })
            }
            (Some(value), None) if self.schema.listed && value.kind == Kind::Array => {
                Ok(TextEdit { range: value.range(), text: "[]".into() })
            }
            (Some(value), _) => Ok(TextEdit { range: value.range(), text: written }),
            (None, None) => Ok(TextEdit { range: object.end..object.end, text: String::new() }),
            (None, Some(_)) => {
                let key = escape::encode(&self.schema.label, style);
                let (place, text) = members.addition(src.as_bytes(), object, &key, &written);
                let text = String::from_utf8(text).map_err(|_| "The row is not UTF-8; mend it first.".to_string())?;
                Ok(TextEdit { range: place..place, text })
            }
        }
    }
}

/// Adds a last member to the object at `at`.
pub(super) fn add_member(src: &[u8], at: usize, key: &str, value: &str) -> Option<(usize, Vec<u8>)> {
    let mut members = Members::default();
    let object = Scanner::new(src, at).object(|key, value| members.note(key, value)).ok()?;
    Some(members.addition(src, object, &escape::encode(key, Style::default()), value))
}

/// The last two members of an object, whose spacing a further one follows.
#[derive(Default)]
struct Members {
    before_last: Option<(Token, Token)>,
    last: Option<(Token, Token)>,
}

impl Members {
    fn note(&mut self, key: Token, value: Token) {
        self.before_last = self.last.replace((key, value));
    }

    /// Where a further member goes and how it is written: with the bytes that stand between the last two members and
    /// between the last key and its value.
    fn addition(&self, src: &[u8], object: Token, key: &str, value: &str) -> (usize, Vec<u8>) {
        let Some((last_key, last_value)) = self.last else {
            return (object.start + 1, format!("{key}: {value}").into_bytes());
        };
        let colon = &src[last_key.end..last_value.start];
        let mut out = match self.before_last {
            Some((_, value)) => src[value.end..last_key.start].to_vec(),
            None => {
                // A lone member: on a line of its own, a further one is too.
                let lead = &src[object.start + 1..last_key.start];
                let spaced = colon.ends_with(b" ");
                let space: &[u8] = if lead.contains(&b'\n') || lead.contains(&b'\r') {
                    lead
                } else if spaced {
                    b" "
                } else {
                    b""
                };
                [b",", space].concat()
            }
        };
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(colon);
        out.extend_from_slice(value.as_bytes());
        (last_value.end, out)
    }
}

/// What stands in a list.
fn elements(src: &[u8], list: Token) -> Vec<Token> {
    let mut elements = Vec::new();
    // A list that breaks off was reported with its object.
    let _ = Scanner::new(src, list.start).array(|element| elements.push(element));
    elements
}

/// The string that is alone in a list.
fn alone(src: &[u8], value: Token) -> Option<Token> {
    match (value.kind == Kind::Array).then(|| elements(src, value))?[..] {
        [only @ Token { kind: Kind::String { .. }, .. }] => Some(only),
        _ => None,
    }
}

fn twice(key: Token, name: &str) -> Problem {
    Problem::new(
        key.range(),
        format!("The key `{name}` stands twice in this row. The last one counts; delete the other."),
    )
}

fn is_key(src: &[u8], key: Token, name: &str) -> bool {
    match key.kind {
        Kind::String { escaped: false } => src[key.inner()] == *name.as_bytes(),
        _ => escape::decode(&src[key.inner()], true).0 == name,
    }
}

fn string<'a>(src: &'a [u8], value: Token, escaped: bool, problems: &mut Vec<Problem>) -> Cow<'a, str> {
    let (text, lone) = escape::decode(&src[value.inner()], escaped);
    if let Some(lone) = lone {
        let start = value.inner().start + lone;
        let found = text_of(&src[start..start + 6]);
        let message =
            format!("`{found}` is half of a surrogate pair; it is read as U+FFFD. Write both halves or delete it.");
        problems.push(Problem::new(start..start + 6, message));
    }
    text
}

/// A string, or a list of strings joined by line breaks; null is an empty one. `Err` names what was found instead.
fn texts_of<'a>(src: &'a [u8], value: Token, problems: &mut Vec<Problem>) -> Result<Cow<'a, str>, &'static str> {
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
                _ => wrong = Some("a list with something other than strings in it"),
            });
            match (wrong, read) {
                (Some(wrong), _) => Err(wrong),
                (None, Ok(_)) => Ok(Cow::Owned(text)),
                (None, Err(_)) => Err("a broken list"),
            }
        }
        kind => Err(kind.name()),
    }
}

/// A JSON number as a whole number, if it is one: `1`, `-2`, `3.0`, `1e3`.
fn whole(number: &[u8]) -> Option<Cow<'_, str>> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    let number = std::str::from_utf8(number).ok()?;
    if number != "-0" && number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(number));
    }
    let value: f64 = number.parse().ok()?;
    (value.fract() == 0.0 && value.abs() <= EXACT).then(|| Cow::Owned((value as i64).to_string()))
}
