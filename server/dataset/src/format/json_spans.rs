//! Spans in JSON: `[{"start": 0, "end": 4, "label": "city"}]`, `[[0, 4, "city"]]`.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{
    json_answer::{self, alone},
    json_row::{elements, is_key, string, whole},
    scan::{Kind, Scanner, Token},
};
use crate::{
    Problem, Schema, Shape,
    label::{self, Label, Part, Written},
    offsets::Ruler,
};

/// Names of a span's members, in any of the spellings that tools have.
const STARTS: &[&str] = &["start", "start_offset", "start_char", "begin", "from"];
const ENDS: &[&str] = &["end", "end_offset", "end_char", "stop", "to"];
const TEXTS: &[&str] = &["text", "value"];
const NAMES: &[&str] = &["label", "entity", "type", "tag", "name", "category"];

/// Where the parts of a span stand.
#[derive(Clone, Copy)]
pub(super) struct SpanTokens {
    pub(super) start: Token,
    pub(super) end: Token,
    pub(super) label: Token,
    /// The characters themselves, where they are repeated.
    pub(super) text: Option<Token>,
}

/// `[0, 4, "city"]` or `{"start": 0, "end": 4, "label": "city"}`; of Label Studio
/// `{"value": {"start": 0, "end": 4, "labels": ["city"]}}`. A member that follows these is nothing to Gloss.
pub(super) fn span_tokens(src: &[u8], element: Token) -> Option<SpanTokens> {
    let (mut start, mut end, mut label, mut text) = (None, None, None, None);
    match element.kind {
        Kind::Array => match elements(src, element)[..] {
            [first, second, third, ..] => (start, end, label) = (Some(first), Some(second), Some(third)),
            _ => return None,
        },
        Kind::Object => {
            let is = |key: Token, names: &[&str]| names.iter().position(|name| is_key(src, key, name));
            let mut best = NAMES.len();
            let mut region = None;
            let _ = Scanner::new(src, element.start).object(|key, value| {
                if value.kind == Kind::Object && is_key(src, key, "value") {
                    region = Some(value);
                } else if matches!(value.kind, Kind::String { .. }) && is(key, TEXTS).is_some() {
                    text = Some(value);
                } else if value.kind == Kind::Array && is_key(src, key, "labels") {
                    (label, best) = (alone(src, value).or(label), 0);
                } else if is(key, STARTS).is_some() {
                    start = start.or(Some(value));
                } else if is(key, ENDS).is_some() {
                    end = end.or(Some(value));
                } else if let Some(rank) = is(key, NAMES).filter(|rank| *rank < best) {
                    // `label` counts before `type`, wherever it stands.
                    (label, best) = (Some(value), rank);
                }
            });
            if let Some(region) = region {
                return span_tokens(src, region);
            }
        }
        _ => return None,
    }
    let tokens = SpanTokens { start: start?, end: end?, label: label?, text };
    let counts = |token: Token| token.kind == Kind::Number && count(src, token).is_some();
    let fits = counts(tokens.start) && counts(tokens.end) && matches!(tokens.label.kind, Kind::String { .. });
    fits.then_some(tokens)
}

fn count(src: &[u8], token: Token) -> Option<usize> {
    whole(&src[token.range()])?.parse().ok()
}

pub(super) fn read<'a>(
    schema: &Schema,
    src: &'a [u8],
    value: Token,
    text: &str,
    problems: &mut Vec<Problem>,
) -> Label<'a> {
    match value.kind {
        Kind::Null => return Label::None(Written::Empty),
        Kind::Array => {}
        kind => {
            let found = kind.name();
            let message = phrase!("spans-wrong-type", field = &schema.label, found);
            problems.push(Problem::new(value.range(), message));
            return Label::Invalid;
        }
    }
    let mut parts = Vec::new();
    let mut is_sound = true;
    let mut ruler = Ruler::new(text, schema.offsets);
    let mut units = None;
    // Other controls give other results.
    let is_mixed = matches!(schema.shape, Shape::Tasks { .. });
    for element in elements(src, value) {
        if is_mixed && span_tokens(src, element).is_none() {
            continue;
        }
        let part = span(src, element, &mut ruler, problems).unwrap_or_else(|(start, end)| {
            let units = *units.get_or_insert_with(|| ruler.clone().unit(text.len()));
            let what = if start >= end {
                phrase!("span-empty", start, end)
            } else {
                phrase!("span-outside", start, end, count = units, units = schema.offsets.name())
            };
            problems.push(Problem::new(element.range(), what));
            None
        });
        is_sound &= part.is_some();
        parts.extend(part);
    }
    if !is_sound {
        return Label::Invalid;
    }
    if parts.is_empty() {
        return json_answer::empty(schema);
    }
    parts.sort_by_key(|part: &Part| (part.start, part.end));
    Label::Spans(parts, Written::List)
}

/// One span. `Ok(None)`: it is none, and a problem says so. The error is of offsets that do not fit.
fn span<'a>(
    src: &'a [u8],
    element: Token,
    ruler: &mut Ruler,
    problems: &mut Vec<Problem>,
) -> Result<Option<Part<'a>>, (usize, usize)> {
    let Some(SpanTokens { start, end, label, .. }) = span_tokens(src, element) else {
        problems.push(Problem::new(element.range(), phrase!("expected-span")));
        return Ok(None);
    };
    let name = string(src, label, matches!(label.kind, Kind::String { escaped: true }), problems);
    if label::is_unlabelled(&name) {
        problems.push(Problem::new(label.range(), phrase!("span-without-label")));
        return Ok(None);
    }
    let (Some(from), Some(to)) = (count(src, start), count(src, end)) else { return Ok(None) };
    if from >= to {
        return Err((from, to));
    }
    let (Some(start), Some(end)) = (ruler.byte(from), ruler.byte(to)) else { return Err((from, to)) };
    let label = match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    };
    Ok(Some(Part { start, end, label }))
}

/// Where each span of the list stands, in the order in which [`read`] has them.
pub(super) fn sites(src: &[u8], list: Token) -> Vec<Range<usize>> {
    let place = |element: &Token| {
        let SpanTokens { start, end, .. } = span_tokens(src, *element)?;
        Some((count(src, start)?, count(src, end)?, element.range()))
    };
    let mut found: Vec<(usize, usize, Range<usize>)> = elements(src, list).iter().filter_map(place).collect();
    found.sort_by_key(|(start, end, _)| (*start, *end));
    found.into_iter().map(|(_, _, range)| range).collect()
}
