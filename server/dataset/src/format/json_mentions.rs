//! Where a JSON object names labels.

use std::ops::Range;

use super::{
    escape,
    json_answer::{name, own_fields, score},
    json_row::{ObjectReader, elements, is_key, whole},
    json_spans::span_tokens,
    scan::{Kind, Scanner, Token},
};
use crate::{
    Mention, Schema, Shape, Task, TextMap,
    label::{self, Label, Written},
    mention::Form,
};

impl ObjectReader<'_> {
    pub(super) fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        let schema = self.schema;
        let own = own_fields(schema);
        if !own.is_empty() {
            let mut mentions = Vec::new();
            let _ = Scanner::new(src, at).object(|key, value| {
                let Some(field) = own.iter().find(|field| is_key(src, key, field)) else { return };
                let text = String::from_utf8_lossy(&src[value.range()]);
                let is_given = label::flag(text.trim_matches('"')) == Some(true);
                mentions.push(Mention {
                    range: key.inner(),
                    label: field.as_str().into(),
                    is_given,
                    form: Form::Quoted,
                });
            });
            return mentions;
        }
        let Some(value) = self.value_of_label(src, at) else { return Vec::new() };
        match (value.kind, schema.task, &schema.shape) {
            (Kind::Array, Task::Spans, _) => {
                let labels = elements(src, value).into_iter().filter_map(|element| span_tokens(src, element));
                labels.filter_map(|tokens| in_span(src, tokens.label)).collect()
            }
            (Kind::Array, _, _) => {
                elements(src, value).into_iter().filter_map(|element| one(schema, src, element)).collect()
            }
            (Kind::Object, _, _) => {
                let mut mentions = Vec::new();
                let _ = Scanner::new(src, value.start).object(|key, value| {
                    let is_given = score(src, value).is_some_and(|score| score >= 0.5);
                    let label = name(src, key).into();
                    mentions.push(Mention { range: key.inner(), label, is_given, form: Form::Quoted });
                });
                mentions
            }
            (Kind::String { .. }, Task::Multi, Shape::Separated(separator)) => several(schema, src, value, separator),
            _ => one(schema, src, value).into_iter().collect(),
        }
    }
}

/// A value that is a label.
fn one(schema: &Schema, src: &[u8], value: Token) -> Option<Mention> {
    if matches!(value.kind, Kind::String { .. }) {
        let text = name(src, value).into_owned();
        return part(schema, src, value, &text, 0..text.len());
    }
    let text = match value.kind {
        Kind::True => "true".into(),
        Kind::False => "false".into(),
        Kind::Number => whole(&src[value.range()])?,
        _ => return None,
    };
    let Label::Given(label, _) = label::read(text.clone(), Written::Text, &schema.labels) else { return None };
    let form = if label == text { Form::Value } else { Form::Number };
    Some(Mention { range: value.range(), label: label.into(), is_given: true, form })
}

/// A string with several labels in it.
fn several(schema: &Schema, src: &[u8], value: Token, separator: &str) -> Vec<Mention> {
    let text = name(src, value).into_owned();
    label::pieces(&text, separator).filter_map(|piece| part(schema, src, value, &text, piece)).collect()
}

/// The label that is these bytes of a decoded string.
fn part(schema: &Schema, src: &[u8], value: Token, text: &str, piece: Range<usize>) -> Option<Mention> {
    let piece = label::trimmed(text, piece);
    let written = text[piece.clone()].to_owned();
    let Label::Given(label, _) = label::read(written.as_str().into(), Written::Text, &schema.labels) else {
        return None;
    };
    let form = if *label == written { Form::Quoted } else { Form::Number };
    Some(Mention { range: source_of(src, value, piece), label: label.into(), is_given: true, form })
}

fn in_span(src: &[u8], value: Token) -> Option<Mention> {
    let text = name(src, value);
    if label::is_unlabelled(&text) {
        return None;
    }
    let piece = label::trimmed(&text, 0..text.len());
    let label = text[piece.clone()].into();
    Some(Mention { range: source_of(src, value, piece), label, is_given: true, form: Form::Quoted })
}

/// Where bytes of a decoded string stand.
fn source_of(src: &[u8], value: Token, piece: Range<usize>) -> Range<usize> {
    let mut pieces = Vec::new();
    escape::pieces(src, value.inner(), &mut pieces);
    TextMap::new(pieces).source(piece)
}
