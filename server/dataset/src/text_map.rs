//! Where the characters of a row's text stand in its file: through escapes, doubled quotes, and fields that are joined.

use std::ops::Range;

/// A stretch of the decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the text.
    pub(crate) len: usize,
    /// What they are written as: the same bytes, or an escape, all of which stands for all of them. Empty for what joins two fields.
    pub(crate) source: Range<usize>,
}

impl Piece {
    fn is_literal(&self) -> bool {
        self.len == self.source.len()
    }
}

/// In the order of the text, without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextMap {
    /// Each with the byte of the text at which it starts.
    pieces: Vec<(usize, Piece)>,
}

impl TextMap {
    pub(crate) fn new(pieces: Vec<Piece>) -> TextMap {
        let mut start = 0;
        let starts = pieces.into_iter().map(|piece| {
            let at = start;
            start += piece.len;
            (at, piece)
        });
        TextMap { pieces: starts.collect() }
    }

    /// The bytes of the file that stand for these bytes of the text. What is only part of an escape counts as all of it.
    pub fn source(&self, text: Range<usize>) -> Range<usize> {
        let start = self.pieces.iter().rev().find(|(at, piece)| *at <= text.start && !piece.source.is_empty());
        let end = self.pieces.iter().find(|(at, piece)| text.end <= at + piece.len && !piece.source.is_empty());
        let start = start.map_or(0, |(at, piece)| {
            let within = (text.start - at).min(piece.len);
            piece.source.start + if piece.is_literal() { within } else { 0 }
        });
        let end = end.or(self.pieces.last()).map_or(0, |(at, piece)| {
            let behind = (at + piece.len).saturating_sub(text.end);
            piece.source.end - if piece.is_literal() { behind.min(piece.len) } else { 0 }
        });
        start..end.max(start)
    }

    /// The bytes of the text that these bytes of the file touch; empty if it is none.
    pub fn text(&self, source: Range<usize>) -> Range<usize> {
        let touched = |piece: &Piece| piece.source.start < source.end && source.start < piece.source.end;
        let start = self.pieces.iter().find(|(_, piece)| touched(piece)).map(|(at, piece)| {
            at + if piece.is_literal() { source.start.saturating_sub(piece.source.start) } else { 0 }
        });
        let end = self.pieces.iter().rev().find(|(_, piece)| touched(piece)).map(|(at, piece)| {
            at + piece.len - if piece.is_literal() { piece.source.end.saturating_sub(source.end) } else { 0 }
        });
        start.zip(end).map_or(0..0, |(start, end)| start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_whole_and_joints_are_nowhere() {
        // Source: `ab\ncd` at 10, then another field `ef` at 30; text "ab\ncd" + "\n" + "ef".
        let piece = |len: usize, source: Range<usize>| Piece { len, source };
        let map = TextMap::new(vec![
            piece(2, 10..12),
            piece(1, 12..14),
            piece(2, 14..16),
            piece(1, 16..16),
            piece(2, 30..32),
        ]);
        assert_eq!(map.source(0..2), 10..12);
        assert_eq!(map.source(1..3), 11..14);
        assert_eq!(map.source(2..4), 12..15);
        assert_eq!(map.source(3..8), 14..32);
        assert_eq!(map.source(6..7), 30..31);
        assert_eq!(map.text(11..13), 1..3, "half of an escape is all of it");
        assert_eq!(map.text(15..31), 4..7);
        assert_eq!(map.text(20..25), 0..0);
        assert_eq!(TextMap::default().source(0..3), 0..0);
    }
}
