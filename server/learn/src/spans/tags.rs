//! Spans as tags of tokens, in the scheme BIO: outside, beginning, inside (Ramshaw and Marcus 1995).
//!
//! What must stay true: every sequence that the chain allows - inside a label only after that label's beginning or inside - is one set of
//! spans that do not overlap, and the other way round.

use std::ops::Range;

use super::Span;

/// The tag of a token: 0 is outside; then the beginnings of all labels, then their insides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scheme {
    pub(super) labels: usize,
}

impl Scheme {
    pub(super) fn tags(self) -> usize {
        1 + 2 * self.labels
    }

    pub(super) fn begin(self, label: usize) -> usize {
        1 + label
    }

    pub(super) fn inside(self, label: usize) -> usize {
        1 + self.labels + label
    }

    /// Tags that may follow any tag: outside and the beginnings.
    pub(super) fn entries(self) -> usize {
        1 + self.labels
    }

    /// The best tag of those that may follow another.
    pub(super) fn best_after(self, before: u16, scores: &[f32]) -> u16 {
        let before = usize::from(before);
        let label = before.checked_sub(1).map(|tag| tag % self.labels);
        let may_follow = |&tag: &usize| tag < self.entries() || label == Some(tag - self.entries());
        let best = (0..self.tags()).filter(may_follow).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        best.unwrap_or(0) as u16
    }

    /// Parts of tokens, and the label of each, from tags.
    pub(super) fn spans(self, tags: &[u16]) -> Vec<(Range<usize>, usize)> {
        let mut spans: Vec<(Range<usize>, usize)> = Vec::new();
        for (token, &tag) in tags.iter().enumerate() {
            let tag = usize::from(tag);
            if (1..self.entries()).contains(&tag) {
                spans.push((token..token + 1, tag - 1));
            } else if let (true, Some((range, _))) = (tag != 0, spans.last_mut()) {
                range.end = token + 1;
            }
        }
        spans
    }
}

/// The spans that are learned: the longest first, then the first, of those that do not overlap one before. In the order of the text.
pub(super) fn apart(text: &str, spans: &[Span]) -> Vec<Span> {
    let is_part = |span: &&Span| {
        let (start, end) = (span.start as usize, span.end as usize);
        start < end && text.is_char_boundary(start) && text.is_char_boundary(end)
    };
    let mut sorted: Vec<Span> = spans.iter().filter(is_part).copied().collect();
    sorted.sort_by_key(|span| (std::cmp::Reverse(span.end - span.start), *span));
    let mut kept: Vec<Span> = Vec::new();
    for span in sorted {
        // Spans kept so far, by their place: a neighbour is all that can overlap.
        let place = kept.partition_point(|kept| kept.start < span.start);
        let clear =
            |place: Option<usize>| place.and_then(|place| kept.get(place)).is_none_or(|kept| !kept.overlaps(&span));
        if clear(place.checked_sub(1)) && clear(Some(place)) {
            kept.insert(place, span);
        }
    }
    kept
}

/// The tokens that a span covers, if it begins and ends where tokens do (white space at its edges does not matter).
pub(super) fn covered(tokens: &[Range<u32>], span: &Span) -> Option<Range<usize>> {
    let from = tokens.partition_point(|token| token.end <= span.start);
    let to = tokens.partition_point(|token| token.start < span.end);
    let whole = from < to && tokens[from].start >= span.start && tokens[to - 1].end <= span.end;
    whole.then_some(from..to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32, label: u32) -> Span {
        Span { start, end, label }
    }

    #[test]
    fn tags_are_read_as_spans() {
        let scheme = Scheme { labels: 2 };
        // B0 I0 B0 O B1 I1 I1
        assert_eq!(scheme.spans(&[1, 3, 1, 0, 2, 4, 4]), [(0..2, 0), (2..3, 0), (4..7, 1)]);
        assert_eq!(scheme.spans(&[]), []);
    }

    #[test]
    fn of_overlapping_spans_the_longest_is_learned() {
        let text = "New York City Hall é";
        let given = [span(0, 8, 0), span(0, 13, 1), span(9, 18, 2), span(14, 18, 3), span(14, 18, 4)];
        assert_eq!(apart(text, &given), [span(0, 13, 1), span(14, 18, 3)]);
        // Empty, beyond the end, inside a character.
        assert_eq!(apart(text, &[span(3, 3, 0), span(19, 40, 0), span(19, 20, 0), span(9, 2, 0)]), []);
    }

    #[test]
    fn a_span_covers_whole_tokens() {
        let tokens = [0..3, 4..8];
        assert_eq!(covered(&tokens, &span(0, 8, 0)), Some(0..2));
        assert_eq!(covered(&tokens, &span(3, 9, 0)), Some(1..2));
        assert_eq!(covered(&tokens, &span(1, 8, 0)), None);
        assert_eq!(covered(&tokens, &span(3, 4, 0)), None);
    }
}
