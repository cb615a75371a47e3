//! Writing an answer into a row, and where its parts stand.

use std::ops::Range;

use super::Document;
use crate::{
    Answer, Format, Shape, Span, Task, TextEdit, TextMap,
    format::{self, Style},
    label::{self, Wanted, Written},
};

/// How a file writes labels, for rows that do not show it themselves.
#[derive(Clone, Debug)]
pub(super) struct Habit {
    written: Written,
    style: Style,
}

impl Document {
    /// The smallest edit that gives the row this label (`None`: takes it away). The error says why a format cannot hold it.
    pub fn label_edit(&self, row: usize, label: Option<&str>) -> Result<TextEdit, String> {
        let answer = label.map(|label| Answer::One(label.into()));
        let mut edits = self.answer_edits(row, answer.as_ref())?;
        let nothing = || {
            let at = self.rows()[row].label_range().end;
            TextEdit { range: at..at, text: String::new() }
        };
        Ok(edits.pop().unwrap_or_else(nothing))
    }

    /// The smallest edits that give the row this answer (`None`: take it away), in the order of the file, apart from each other.
    /// The error says why the row cannot hold it.
    pub fn answer_edits(&self, row: usize, answer: Option<&Answer>) -> Result<Vec<TextEdit>, String> {
        let record = self.rows().get(row).ok_or("The row is not there any more.")?;
        let habit = self.habit.get_or_init(|| self.find_habit());
        let written = match record.written {
            Written::Missing | Written::Empty => habit.written,
            written => written,
        };
        let names = &self.schema().labels;
        let wanted = match (answer, self.schema().task) {
            (None, _) => None,
            (Some(Answer::One(label)), Task::Single) => Some(Wanted::One(label::spell(label, names, written)?)),
            (Some(Answer::Set(labels)), Task::Multi) => {
                // Of a list, the elements are spelled.
                let element = if written == Written::List { Written::Text } else { written };
                let spelled = labels.iter().map(|label| Ok((label.trim(), label::spell(label, names, element)?)));
                Some(Wanted::Set(spelled.collect::<Result<_, String>>()?))
            }
            (Some(Answer::Spans(spans)), Task::Spans) => {
                self.check_spans(row, spans)?;
                Some(Wanted::Spans(spans))
            }
            (Some(_), task) => return Err(format!("The data set's task is {}: this is no answer to it.", task.name())),
        };
        let style = Style { written, ..habit.style };
        let edits = self.layout.syntax().set_answer(&self.source, record.range().start, wanted.as_ref(), style)?;
        Ok(merged(edits))
    }

    fn check_spans(&self, row: usize, spans: &[Span]) -> Result<(), String> {
        let text = self.text(row);
        for span in spans {
            if text.get(span.start as usize..span.end as usize).is_none_or(str::is_empty) {
                return Err("The span lies outside of the text.".into());
            }
            label::spell(&span.label, &[], Written::Text)?;
        }
        Ok(())
    }

    /// Where each label or span of the row's answer is written, in the order of the answer.
    pub fn sites(&self, row: usize) -> Vec<Range<usize>> {
        let Some(record) = self.rows().get(row).filter(|row| row.is_labelled()) else { return Vec::new() };
        if self.schema().task == Task::Single {
            return vec![record.label_range()];
        }
        self.layout.syntax().sites(self.source.as_bytes(), record.range().start)
    }

    /// Where the characters of the row's text stand.
    pub fn text_map(&self, row: usize) -> TextMap {
        let Some(record) = self.rows().get(row) else { return TextMap::default() };
        TextMap::new(self.layout.syntax().text_pieces(self.source.as_bytes(), record.range().start))
    }

    fn find_habit(&self) -> Habit {
        let written = self.rows().iter().map(|row| row.written);
        let written = written.into_iter().find(|written| !matches!(written, Written::Missing | Written::Empty));
        let json = matches!(self.schema().format, Format::Json | Format::JsonLines);
        let escape_non_ascii = json && self.source.is_ascii() && format::has_wide_escape(&self.source);
        let unwritten = match (&self.schema().shape, self.schema().task) {
            (Shape::List, _) => Written::List,
            (Shape::Flags(_) | Shape::Scores, _) => Written::Integer,
            _ => Written::Text,
        };
        let written = written.unwrap_or(unwritten);
        Habit { written, style: Style { escape_non_ascii, written, triples: self.writes_triples() } }
    }

    /// How strings are written. Found once: it takes a look at the whole file.
    pub(super) fn style(&self) -> Style {
        self.habit.get_or_init(|| self.find_habit()).style
    }

    /// Whether spans stand as `[0, 4, "city"]`: as the first one does; else as doccano has it, in its field.
    fn writes_triples(&self) -> bool {
        let mut syntax = self.layout.syntax();
        let has_spans = |answer: &Answer| matches!(answer, Answer::Spans(spans) if !spans.is_empty());
        let first = self.rows().iter().find(|row| row.answer().is_some_and(has_spans));
        let site = first.and_then(|row| syntax.sites(self.source.as_bytes(), row.range().start).into_iter().next());
        match site {
            Some(site) => self.source.as_bytes()[site.start] == b'[',
            None => matches!(self.schema().label.as_str(), "label" | "labels"),
        }
    }
}

/// In their order, with those that touch as one: some editors refuse two edits at one place.
fn merged(mut edits: Vec<TextEdit>) -> Vec<TextEdit> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut merged: Vec<TextEdit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match merged.last_mut() {
            Some(last) if last.range.end == edit.range.start => {
                last.range.end = edit.range.end;
                last.text += &edit.text;
            }
            _ => merged.push(edit),
        }
    }
    merged
}
