//! Spans whose offsets do not fit the text, and what could be meant instead.

use super::{
    super::{
        Style,
        json_row::{ObjectReader, elements, string},
        json_spans::span_tokens,
        scan::Kind,
        tasks::Parts,
    },
    Fate, Target,
    spans::FileSpan,
};
use crate::{
    Shape, Task,
    edit::merged,
    mending::{Mending, Misfit, Near, nearest, offsets_that_fit},
    offsets::Ruler,
};

impl ObjectReader<'_> {
    /// What is wrong with the spans of the object at `at`.
    pub(crate) fn mending(&mut self, src: &str, at: usize, style: Style) -> Mending {
        if self.schema.task != Task::Spans {
            return Mending::default();
        }
        let text = self.text_of(src.as_bytes(), at);
        let Ok(mut target) = self.target(src, at, style) else { return Mending::default() };
        if matches!(self.schema.shape, Shape::Tasks { .. }) {
            target.values = vec![Parts::of(src.as_bytes(), target.object, &self.schema.label).result];
        }
        target.mending(&text)
    }
}

impl Target<'_> {
    fn mending(&self, text: &str) -> Mending {
        let Some(list) = self.value().filter(|value| value.kind == Kind::Array) else { return Mending::default() };
        let present = elements(self.bytes(), list);
        let mut ruler = Ruler::new(text, self.schema.offsets);
        let (mut misfits, mut edges) = (Vec::new(), Vec::new());
        for (index, &element) in present.iter().enumerate() {
            let (Some((tokens, span)), Some(parts)) = (self.read_span(element), span_tokens(self.bytes(), element))
            else {
                continue;
            };
            edges.push((span.start, span.end));
            if span.start < span.end && ruler.byte(span.start).is_some() && ruler.byte(span.end).is_some() {
                continue;
            }
            let said = parts.text.map(|token| {
                string(self.bytes(), token, matches!(token.kind, Kind::String { escaped: true }), &mut Vec::new())
            });
            let instead = nearest(text, (span.start, span.end), self.schema.offsets, said.as_deref());
            let instead = instead.map(|part| {
                let is =
                    FileSpan { start: ruler.unit(part.start), end: ruler.unit(part.end), label: span.label.clone() };
                let edits = match self.changed(tokens, &span, &is, text) {
                    Fate::Changed(edits) => merged(edits),
                    _ => Vec::new(),
                };
                Near { start: is.start, end: is.end, part: text[part].to_owned(), edits }
            });
            let fate = |at| if at == index { Fate::Gone } else { Fate::Kept };
            let removal = self.change_list(Some(list), &present, (0..present.len()).map(fate).collect(), Vec::new());
            misfits.push(Misfit {
                range: element.range(),
                label: span.label,
                start: span.start,
                end: span.end,
                instead,
                removal: merged(removal.unwrap_or_default()),
            });
        }
        Mending { misfits, offsets: offsets_that_fit(text, &edges, self.schema.offsets) }
    }
}
