//! Writing an answer into a row, and where its parts stand.

use std::ops::Range;

use super::Document;
use crate::{
    Answer, Format, Mending, Shape, Span, Task, TextEdit, TextMap, edit,
    format::{self, Style},
    label::{self, Wanted, Written},
};

impl Document {
    /// The smallest edit that gives the row this label (`None`: takes it away), over all that changes where that is several
    /// places. The error says why a format cannot hold it.
    pub fn label_edit(&self, row: usize, label: Option<&str>) -> Result<TextEdit, String> {
        let answer = label.map(|label| Answer::One(label.into()));
        let edits = self.answer_edits(row, answer.as_ref())?;
        let Some((first, last)) = edits.first().zip(edits.last()) else {
            let at = self.rows()[row].label_range().end;
            return Ok(TextEdit { range: at..at, text: String::new() });
        };
        let (range, mut text, mut at) = (first.range.start..last.range.end, String::new(), first.range.start);
        for edit in &edits {
            text += &self.source[at..edit.range.start];
            text += &edit.text;
            at = edit.range.end;
        }
        Ok(TextEdit { range, text })
    }

    /// The smallest edits that give the row this answer (`None`: take it away), in the order of the file, apart from each other.
    /// The error says why the row cannot hold it.
    pub fn answer_edits(&self, row: usize, answer: Option<&Answer>) -> Result<Vec<TextEdit>, String> {
        let record = self.rows().get(row).ok_or("The row is not there any more.")?;
        let style = self.style();
        let written = match record.written {
            Written::Missing | Written::Empty => style.written,
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
        let style = Style { written, ..style };
        let at = record.range().start;
        let mut edits = self.layout.syntax().set_answer(&self.source, at, wanted.as_ref(), style)?;
        if let Some(field) = &self.schema().code {
            edits.extend(self.code_edits(field, at, answer, style)?);
        }
        Ok(edit::merged(edits))
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

    /// Where each label or span of the row's answer is written, in the order of the answer; the row, where that is elsewhere.
    pub fn sites(&self, row: usize) -> Vec<Range<usize>> {
        let Some(record) = self.rows().get(row) else { return Vec::new() };
        let Some(answer) = record.answer() else { return Vec::new() };
        if self.schema().task == Task::Single || !record.has_label_site() {
            return vec![record.label_site(); answer.labels().len()];
        }
        self.layout.syntax().sites(self.source.as_bytes(), record.range().start)
    }

    /// Where the characters of the row's text stand.
    pub fn text_map(&self, row: usize) -> TextMap {
        let Some(record) = self.rows().get(row) else { return TextMap::default() };
        TextMap::new(self.layout.syntax().text_pieces(self.source.as_bytes(), record.range().start))
    }

    /// What is wrong with the spans of the record around this offset, whether it is a row or has a problem.
    pub fn mending(&self, offset: usize) -> Mending {
        let source = self.source.as_bytes();
        let Some((at, state)) = self.reading.item_at(offset) else { return Mending::default() };
        let mut syntax = self.layout.syntax();
        let Some(record) = syntax.next(source, at, state).record else { return Mending::default() };
        syntax.mending(&self.source, record.start, self.style())
    }

    /// How the file writes labels, for rows that do not show it themselves.
    fn find_style(&self) -> Style {
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
        Style { escape_non_ascii, written, triples: self.writes_triples() }
    }

    /// How strings are written. Found once: it takes a look at the whole file.
    pub(super) fn style(&self) -> Style {
        *self.habits.style.get_or_init(|| self.find_style())
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
