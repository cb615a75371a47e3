//! What a JSON value says as a label or as several.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{
    Value, escape,
    json_row::{elements, string, whole},
    json_spans::{self, span_tokens},
    scan::{Kind, Scanner, Token},
    text_of,
};
use crate::{
    Problem, Schema, Shape, Task,
    label::{
        self, Label, Written,
        flags::{self, Own},
    },
};

/// The fields that are a label's own; none where labels stand in one field.
pub(super) fn own_fields(schema: &Schema) -> &[String] {
    match &schema.shape {
        Shape::Flags(fields) => fields,
        _ => &[],
    }
}

/// What stands in the label field, and where a label would be replaced.
pub(super) fn read<'a>(
    schema: &Schema,
    src: &'a [u8],
    value: Token,
    text: &str,
    problems: &mut Vec<Problem>,
) -> (Label<'a>, Range<usize>) {
    let label = match (&schema.shape, schema.task) {
        (_, Task::Spans) => json_spans::read(schema, src, value, text, problems),
        (Shape::Scores, _) => scores(schema, src, value, problems),
        (_, Task::Multi) => set(schema, src, value, problems),
        (shape, Task::Single)
            if shape.has_lists()
                && let Some(only) = alone(src, value) =>
        {
            let label = match single(schema, src, only, problems) {
                Label::Given(label, _) => Label::Given(label, Written::List),
                Label::None(_) => Label::None(Written::List),
                other => other,
            };
            return (label, only.range());
        }
        (_, Task::Single) => single(schema, src, value, problems),
    };
    (label, value.range())
}

fn single<'a>(schema: &Schema, src: &'a [u8], value: Token, problems: &mut Vec<Problem>) -> Label<'a> {
    let (text, written) = match value.kind {
        Kind::Null => return Label::None(Written::Empty),
        Kind::String { escaped } => (string(src, value, escaped, problems), Written::Text),
        Kind::True => (Cow::Borrowed("true"), Written::Boolean),
        Kind::False => (Cow::Borrowed("false"), Written::Boolean),
        Kind::Number => match whole(&src[value.range()]) {
            Some(number) => (number, Written::Integer),
            None => {
                let found = text_of(&src[value.range()]);
                let message = phrase!("label-is-fraction", found);
                problems.push(Problem::new(value.range(), message));
                return Label::Invalid;
            }
        },
        Kind::Array if schema.shape.has_lists() => match &elements(src, value)[..] {
            [] => return Label::None(Written::List),
            labels => {
                let message = match labels.len() {
                    1 => phrase!("list-of-no-string"),
                    many => phrase!("several-labels", count = many),
                };
                problems.push(Problem::new(value.range(), message));
                return Label::Invalid;
            }
        },
        Kind::Array | Kind::Object => {
            let message = phrase!("label-wrong-type", field = &schema.label, found = value.kind.name());
            problems.push(Problem::new(value.range(), message));
            return Label::Invalid;
        }
    };
    label::read(text, written, &schema.labels)
}

/// A list of labels, or one string with several in it.
fn set<'a>(schema: &Schema, src: &'a [u8], value: Token, problems: &mut Vec<Problem>) -> Label<'a> {
    let labels = match value.kind {
        Kind::Null => return Label::None(Written::Empty),
        Kind::Array => elements(src, value),
        Kind::String { escaped } if let Shape::Separated(separator) = &schema.shape => {
            let all = string(src, value, escaped, problems);
            return label::separated(all, separator, &schema.labels);
        }
        _ => vec![value],
    };
    if labels.is_empty() {
        return empty(schema);
    }
    let mut set: Vec<Cow<str>> = Vec::with_capacity(labels.len());
    let mut written = Written::List;
    for &element in &labels {
        if !matches!(element.kind, Kind::String { .. } | Kind::Number) {
            let found = element.kind.name();
            let message = phrase!("labels-wrong-type", field = &schema.label, found);
            problems.push(Problem::new(element.range(), message));
            return Label::Invalid;
        }
        match single(schema, src, element, problems) {
            Label::Given(label, Written::Integer) => {
                written = Written::Integers;
                set.push(label);
            }
            Label::Given(label, _) if set.contains(&label) => {
                let message = phrase!("label-twice", label);
                problems.push(Problem::new(element.range(), message));
            }
            Label::Given(label, _) => set.push(label),
            Label::None(_) => {}
            _ => return Label::Invalid,
        }
    }
    match set.is_empty() {
        true => Label::None(Written::Empty),
        false if value.kind == Kind::Array => Label::Set(set, written),
        false => Label::Set(set, Written::Text),
    }
}

pub(super) fn empty<'a>(schema: &Schema) -> Label<'a> {
    match (schema.empty_is_unlabelled, schema.task) {
        (true, _) => Label::None(Written::List),
        (false, Task::Spans) => Label::Spans(Vec::new(), Written::List),
        (false, _) => Label::Set(Vec::new(), Written::List),
    }
}

/// `{"refund": 1, "card": 0}`
fn scores<'a>(schema: &Schema, src: &'a [u8], value: Token, problems: &mut Vec<Problem>) -> Label<'a> {
    match value.kind {
        Kind::Null => return Label::None(Written::Empty),
        Kind::Object => {}
        kind => {
            let found = kind.name();
            let message = phrase!("scores-wrong-type", field = &schema.label, found);
            problems.push(Problem::new(value.range(), message));
            return Label::Invalid;
        }
    }
    let mut set = Vec::new();
    let mut wrong = None;
    let (mut any, mut written) = (false, Written::Integer);
    let _ = Scanner::new(src, value.start).object(|key, value| {
        any = true;
        match score(src, value) {
            Some(given) if given >= 0.5 => set.push(name(src, key)),
            Some(_) => {}
            None => wrong = wrong.or(Some(value)),
        }
        if matches!(value.kind, Kind::True | Kind::False) {
            written = Written::Boolean;
        }
    });
    if let Some(wrong) = wrong {
        problems.push(Problem::new(wrong.range(), phrase!("no-score", found = wrong.kind.name())));
        return Label::Invalid;
    }
    match (schema.task, set.len()) {
        _ if !any => Label::None(Written::Empty),
        (Task::Multi | Task::Spans, _) => Label::Set(set, written),
        (Task::Single, 0) => Label::None(written),
        (Task::Single, 1) => set.pop().map_or(Label::Invalid, |label| Label::Given(label, written)),
        (Task::Single, many) => {
            let message = phrase!("several-labels", count = many);
            problems.push(Problem::new(value.range(), message));
            Label::Invalid
        }
    }
}

pub(super) fn score(src: &[u8], value: Token) -> Option<f64> {
    match value.kind {
        Kind::True => Some(1.0),
        Kind::False => Some(0.0),
        Kind::Number => text_of(&src[value.range()]).parse().ok(),
        _ => None,
    }
}

pub(super) fn name(src: &[u8], key: Token) -> Cow<'_, str> {
    let Kind::String { escaped } = key.kind else { return Cow::Borrowed("") };
    escape::decode(&src[key.inner()], escaped).0
}

/// The fields of labels; `None` if none is there.
pub(super) fn flags<'a>(
    schema: &Schema,
    src: &'a [u8],
    found: &[Option<Token>],
    problems: &mut Vec<Problem>,
) -> Option<(Label<'a>, Range<usize>)> {
    let own = own_fields(schema).iter().zip(found).filter_map(|(field, value)| {
        let token = (*value)?;
        let (value, written) = match token.kind {
            Kind::Null => ("".into(), Written::Integer),
            Kind::String { escaped } => (escape::decode(&src[token.inner()], escaped).0, Written::Text),
            Kind::True | Kind::False => (text_of(&src[token.range()]), Written::Boolean),
            _ => (text_of(&src[token.range()]), Written::Integer),
        };
        Some(Own { field, range: token.range(), value, written })
    });
    flags::read(own, problems)
}

/// Where each label or span of the value stands, in the order in which [`read`] has them.
pub(super) fn sites(schema: &Schema, src: &[u8], value: Token) -> Vec<Range<usize>> {
    match (value.kind, schema.task) {
        (Kind::Array, Task::Spans) => json_spans::sites(src, value),
        (Kind::Array, _) => {
            let mut seen: Vec<Cow<str>> = Vec::new();
            let mut sites = Vec::new();
            for element in elements(src, value) {
                if let Label::Given(label, _) = single(schema, src, element, &mut Vec::new())
                    && !seen.contains(&label)
                {
                    seen.push(label);
                    sites.push(element.range());
                }
            }
            sites
        }
        (Kind::Object, _) => {
            let mut sites = Vec::new();
            let _ = Scanner::new(src, value.start).object(|key, value| {
                if score(src, value).is_some_and(|given| given >= 0.5) {
                    sites.push(key.start..value.end);
                }
            });
            sites
        }
        // Several labels in one value stand there, each.
        _ => match read(schema, src, value, "", &mut Vec::new()).0 {
            Label::Set(labels, _) => vec![value.range(); labels.len()],
            _ => vec![value.range()],
        },
    }
}

/// The string that is alone in a list.
pub(super) fn alone(src: &[u8], value: Token) -> Option<Token> {
    match (value.kind == Kind::Array).then(|| elements(src, value))?[..] {
        [only @ Token { kind: Kind::String { .. }, .. }] => Some(only),
        _ => None,
    }
}

/// A list that is not one of strings, as detection sees it.
pub(super) fn value_of_list<'a>(src: &[u8], list: Token) -> Value<'a> {
    let elements = elements(src, list);
    let all = |fits: &dyn Fn(&Token) -> bool| !elements.is_empty() && elements.iter().all(fits);
    if all(&|element| span_tokens(src, *element).is_some()) {
        Value::Spans
    } else if all(&|element| element.kind == Kind::Number && whole(&src[element.range()]).is_some()) {
        Value::Integers { count: elements.len() }
    } else {
        Value::Other
    }
}

/// An object, as detection sees it.
pub(super) fn value_of_object<'a>(src: &[u8], object: Token) -> Value<'a> {
    let (mut given, mut count, mut is_scores) = (0, 0, true);
    let _ = Scanner::new(src, object.start).object(|_, value| {
        let score = score(src, value).filter(|score| (0.0..=1.0).contains(score));
        count += 1;
        is_scores &= score.is_some();
        given += usize::from(score.is_some_and(|score| score >= 0.5));
    });
    match (is_scores, count) {
        (_, 0) => Value::Blank,
        (true, _) => Value::Scores { given },
        (false, _) => Value::Other,
    }
}
