//! Spans that come, go, or change: those that stay keep their bytes, and one that changes is changed where it differs.

use super::{
    super::{
        escape,
        json_answer::name,
        json_row::{elements, whole},
        json_spans::{SpanTokens, span_tokens},
        scan::{Kind, Token},
    },
    Fate, Target,
};
use crate::{Shape, Span, TextEdit, offsets::Ruler};

impl Target<'_> {
    pub(super) fn set_spans(&self, spans: &[Span], text: &str) -> Result<Vec<TextEdit>, String> {
        let list = self.value().filter(|value| value.kind == Kind::Array);
        let present = list.map_or(Vec::new(), |list| elements(self.bytes(), list));
        let mut missing = self.file_spans(spans, text);
        let known: Vec<Option<(SpanTokens, FileSpan)>> =
            present.iter().map(|element| self.read_span(*element)).collect();
        let mut fates: Vec<Option<Fate>> = present.iter().map(|_| None).collect();
        // First those that stay, then those of which only the label or only the edges change.
        let likeness: [fn(&FileSpan, &FileSpan) -> bool; 3] = [
            |a, b| a == b,
            |a, b| (a.start, a.end) == (b.start, b.end),
            |a, b| a.label == b.label && a.start < b.end && b.start < a.end,
        ];
        for alike in likeness {
            for (fate, known) in fates.iter_mut().zip(&known) {
                let Some((tokens, was)) = known.as_ref().filter(|_| fate.is_none()) else { continue };
                let Some(found) = missing.iter().position(|span| alike(was, span)) else { continue };
                *fate = Some(self.changed(*tokens, was, &missing.remove(found), text));
            }
        }
        let mut added: Vec<(usize, String)> = Vec::new();
        for span in missing {
            let behind = known.iter().position(|known| {
                known.as_ref().is_some_and(|(_, known)| (known.start, known.end) > (span.start, span.end))
            });
            added.push((behind.unwrap_or(present.len()), self.written_span(&span, text)));
        }
        // What is no span is not asked about.
        let left = |known: &Option<_>| if known.is_some() { Fate::Gone } else { Fate::Kept };
        let fates = fates.into_iter().zip(&known).map(|(fate, known)| fate.unwrap_or_else(|| left(known))).collect();
        self.change_list(list, &present, fates, added)
    }

    pub(super) fn file_spans(&self, spans: &[Span], text: &str) -> Vec<FileSpan> {
        let mut ruler = Ruler::new(text, self.schema.offsets);
        spans.iter().map(|span| FileSpan::of(span, &mut ruler)).collect()
    }

    pub(super) fn read_span(&self, element: Token) -> Option<(SpanTokens, FileSpan)> {
        let tokens = span_tokens(self.bytes(), element)?;
        let number = |token: Token| whole(&self.bytes()[token.range()])?.parse().ok();
        let label = name(self.bytes(), tokens.label).trim().to_owned();
        Some((tokens, FileSpan { start: number(tokens.start)?, end: number(tokens.end)?, label }))
    }

    pub(super) fn changed(&self, tokens: SpanTokens, was: &FileSpan, is: &FileSpan, text: &str) -> Fate {
        let mut edits = Vec::new();
        let mut change = |differs: bool, token: Token, text: String| {
            if differs {
                edits.push(TextEdit { range: token.range(), text });
            }
        };
        change(was.start != is.start, tokens.start, is.start.to_string());
        change(was.end != is.end, tokens.end, is.end.to_string());
        change(was.label != is.label, tokens.label, escape::encode(&is.label, self.style));
        if let Some(repeated) = tokens.text {
            change((was.start, was.end) != (is.start, is.end), repeated, self.characters(is, text));
        }
        if edits.is_empty() { Fate::Kept } else { Fate::Changed(edits) }
    }

    /// The characters of the span, as a string.
    fn characters(&self, span: &FileSpan, text: &str) -> String {
        let mut ruler = Ruler::new(text, self.schema.offsets);
        let (start, end) = (ruler.byte(span.start), ruler.byte(span.end));
        let part = start.zip(end).and_then(|(start, end)| text.get(start..end));
        escape::encode(part.unwrap_or_default(), self.style)
    }

    pub(super) fn written_span(&self, span: &FileSpan, text: &str) -> String {
        let label = escape::encode(&span.label, self.style);
        let (comma, colon) = if self.is_tight() { (",", ":") } else { (", ", ": ") };
        if let Shape::Tasks { object } = &self.schema.shape {
            let (start, end, part) = (span.start, span.end, self.characters(span, text));
            let value = format!("\"start\": {start}, \"end\": {end}, \"text\": {part}, \"labels\": [{label}]");
            self.result(object, "labels", &value)
        } else if self.style.triples {
            format!("[{}{comma}{}{comma}{label}]", span.start, span.end)
        } else {
            let (start, end) = (span.start, span.end);
            format!("{{\"start\"{colon}{start}{comma}\"end\"{colon}{end}{comma}\"label\"{colon}{label}}}")
        }
    }
}

/// A span as a file counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileSpan {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) label: String,
}

impl FileSpan {
    fn of(span: &Span, ruler: &mut Ruler) -> FileSpan {
        let (start, end) = (ruler.unit(span.start as usize), ruler.unit(span.end as usize));
        FileSpan { start, end, label: span.label.trim().to_owned() }
    }
}
