//! Tokens with a tag each: BIO and its kin, read into spans and written from them.
//!
//! The text is the tokens joined by one blank, so offsets come from that. All schemes are read; BIO2 is written.

use super::{Part, Record, remarks::Remarks};
use crate::{Span, format::tag::Tag};

/// Tokens of one text as they come.
#[derive(Debug, Default)]
pub(super) struct Tagged {
    text: String,
    spans: Vec<Span>,
    /// Whether the last span may go on.
    open: bool,
    strange: Vec<String>,
}

impl Tagged {
    pub(super) fn push(&mut self, token: &str, tag: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.len() as u32;
        self.text += token;
        let end = self.text.len() as u32;
        let Some(read) = Tag::parse(tag) else {
            if !matches!(tag, "O" | "" | "_" | "-") && !self.strange.iter().any(|known| known == tag) {
                self.strange.push(tag.into());
            }
            self.open = false;
            return;
        };
        match self.spans.last_mut() {
            Some(last) if self.open && read.continues(&last.label) => last.end = end,
            _ => self.spans.push(Span { start, end, label: read.kind.into() }),
        }
        self.open = !read.ends;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn record(self, line: usize, remarks: &mut Remarks) -> Record {
        for tag in &self.strange {
            remarks.row(Part::Spans, line, format!("`{tag}` is no tag such as `B-city` or `O`: read as `O`"));
        }
        Record { text: self.text, spans: Some(self.spans), line, ..Record::default() }
    }
}

/// The tokens of a text with their tags in BIO2: words between blanks, cut where a span starts or ends. The spans must not
/// overlap.
pub(super) fn tokens<'t>(text: &'t str, spans: &[&Span]) -> Vec<(&'t str, String)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut plain = |from: usize, to: usize, label: Option<&str>| {
        let mut first = true;
        for word in text.get(from..to).unwrap_or_default().split_whitespace() {
            let tag = match label {
                None => "O".to_string(),
                Some(label) => format!("{}-{label}", if first { 'B' } else { 'I' }),
            };
            first = false;
            tokens.push((word, tag));
        }
    };
    for span in spans {
        plain(at, span.start as usize, None);
        plain(span.start as usize, span.end as usize, Some(&span.label));
        at = span.end as usize;
    }
    plain(at, text.len(), None);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spans as `label=text`.
    fn spans(tags: &[&str]) -> Vec<String> {
        let mut tagged = Tagged::default();
        for (index, tag) in tags.iter().enumerate() {
            tagged.push(&format!("w{index}"), tag);
        }
        let record = tagged.record(1, &mut Remarks::default());
        let shown = |span: &Span| format!("{}={}", span.label, &record.text[span.start as usize..span.end as usize]);
        record.spans().iter().map(shown).collect()
    }

    #[test]
    fn every_scheme_says_the_same() {
        for tags in [
            ["B-a", "I-a", "B-a", "O", "B-b"],
            ["I-a", "I-a", "B-a", "O", "I-b"],
            ["B-a", "E-a", "S-a", "O", "S-b"],
            ["B-a", "L-a", "U-a", "O", "U-b"],
        ] {
            assert_eq!(spans(&tags), ["a=w0 w1", "a=w2", "b=w4"], "{tags:?}");
        }
        assert_eq!(spans(&["B-a", "I-b", "E-b", "I-b"]), ["a=w0", "b=w1 w2", "b=w3"]);
    }

    #[test]
    fn strange_tags_are_said() {
        let mut tagged = Tagged::default();
        tagged.push("a", "NN");
        let mut remarks = Remarks::default();
        assert_eq!(tagged.record(4, &mut remarks).spans(), []);
        assert_eq!(remarks.into_list()[0].to_string(), "line 4: `NN` is no tag such as `B-city` or `O`: read as `O`.");
    }

    #[test]
    fn tokens_are_cut_at_spans() {
        let span = Span { start: 3, end: 10, label: "city".into() };
        let tokens: Vec<_> =
            tokens("to New  York, now", &[&span]).into_iter().map(|(word, tag)| format!("{word}/{tag}")).collect();
        assert_eq!(tokens, ["to/O", "New/B-city", "Yo/I-city", "rk,/O", "now/O"]);
    }
}
