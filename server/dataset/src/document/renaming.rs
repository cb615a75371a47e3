//! Where rows name labels, and giving a label another name.
//!
//! What must stay true: a rename touches the bytes of the name alone, wherever that says what is meant; a row that had both labels ends
//! with one.

use std::sync::Arc;

use catalogue::{Phrase, phrase};

use super::Document;
use crate::{
    Answer, Format, Mention, Shape, Span, TextEdit,
    format::{encode_inner, intent_name},
    label::is_unlabelled,
    mention::Form,
};

impl Document {
    /// Where the row names labels, in the order of the file.
    pub fn mentions(&self, row: usize) -> Vec<Mention> {
        let Some(record) = self.rows().get(row) else { return Vec::new() };
        let mut mentions = self.layout.syntax().mentions(self.source.as_bytes(), record.range().start);
        mentions.sort_by_key(|mention| mention.range.start);
        mentions
    }

    /// Where the header names labels: those that have a column each.
    pub fn header_mentions(&self) -> Vec<Mention> {
        self.layout.syntax().header_mentions(self.source.as_bytes())
    }

    /// Whether a label may be called so in this file. The error is for people.
    pub fn check_name(&self, name: &str) -> Result<(), Phrase> {
        let name = name.trim();
        let schema = self.schema();
        let stands_for_none = name == "-1" && !schema.labels.is_empty();
        if name.is_empty() {
            return Err(phrase!("name-empty"));
        } else if is_unlabelled(name) || stands_for_none {
            return Err(phrase!("name-means-none", name));
        } else if name.contains(char::is_control) {
            return Err(phrase!("name-of-lines"));
        }
        let holds_words = matches!(schema.format, Format::FastText | Format::Conll);
        if holds_words && name.contains(char::is_whitespace) {
            let instead = name.split_whitespace().collect::<Vec<_>>().join("_");
            return Err(phrase!("name-with-blanks", name, instead, format = schema.format.name()));
        }
        match &schema.shape {
            Shape::Separated(separator) if name.contains(separator.as_str()) => {
                Err(phrase!("name-with-separator", name, separator))
            }
            _ => Ok(()),
        }
    }

    /// Whether each label has a field of its own, so that two cannot become one by a new name.
    pub fn has_fields_of_labels(&self) -> bool {
        matches!(self.schema().shape, Shape::Flags(_) | Shape::Scores)
    }

    /// The smallest edits that call a label of the row by another name, which [`Document::check_name`] allows. None where the row has only
    /// a number for it.
    pub fn rename_edits(&self, row: usize, from: &str, to: &str) -> Result<Vec<TextEdit>, String> {
        let mentions: Vec<Mention> =
            self.mentions(row).into_iter().filter(|mention| &*mention.label == from && mention.is_name()).collect();
        if mentions.is_empty() {
            return Ok(Vec::new());
        }
        let to = to.trim();
        let answer = self.rows()[row].answer();
        let renamed = answer.map(|answer| renamed(answer, from, to));
        let is_merged = answer.zip(renamed.as_ref()).is_some_and(|(old, new)| old.labels().len() != new.labels().len());
        let needs_quotes = |mention: &Mention| mention.form == Form::Cell { quoted: false } && self.is_special(to);
        if !self.has_fields_of_labels() && (is_merged || mentions.iter().any(needs_quotes)) {
            return self.answer_edits(row, renamed.as_ref());
        }
        Ok(mentions.iter().map(|mention| self.written(mention, to)).collect())
    }

    /// The same for the header.
    pub fn rename_header_edits(&self, from: &str, to: &str) -> Vec<TextEdit> {
        let to = to.trim();
        let mentions = self.header_mentions().into_iter().filter(|mention| &*mention.label == from);
        mentions.map(|mention| self.written(&mention, to)).collect()
    }

    fn written(&self, mention: &Mention, name: &str) -> TextEdit {
        let style = self.style();
        let text = match mention.form {
            Form::Quoted => encode_inner(name, style),
            Form::Value => format!("\"{}\"", encode_inner(name, style)),
            Form::Scalar => intent_name(name),
            Form::Cell { quoted: true } => name.replace('"', "\"\""),
            Form::Cell { quoted: false } if self.is_special(name) => format!("\"{}\"", name.replace('"', "\"\"")),
            Form::Cell { quoted: false } | Form::Word | Form::Number => name.to_owned(),
        };
        TextEdit { range: mention.range.clone(), text }
    }

    /// Whether a cell with this in it needs quotes.
    fn is_special(&self, name: &str) -> bool {
        let Format::Csv { delimiter } = self.schema().format else { return false };
        name.bytes().any(|byte| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r'))
    }
}

/// The answer with another name for a label.
fn renamed(answer: &Answer, from: &str, to: &str) -> Answer {
    let name = |label: &Arc<str>| if &**label == from { Arc::from(to) } else { label.clone() };
    match answer {
        Answer::One(label) => Answer::One(name(label)),
        Answer::Set(labels) => {
            let mut set: Vec<Arc<str>> = Vec::with_capacity(labels.len());
            for label in labels.iter().map(name) {
                if !set.contains(&label) {
                    set.push(label);
                }
            }
            Answer::Set(set.into())
        }
        Answer::Spans(spans) => {
            let mut spans: Vec<Span> =
                spans.iter().map(|span| Span { label: name(&span.label), ..span.clone() }).collect();
            spans.sort();
            spans.dedup();
            Answer::Spans(spans.into())
        }
    }
}
