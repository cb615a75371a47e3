//! From offsets to lines.

/// Counts line breaks as far as it is asked; offsets that rise cost one pass in all.
pub(super) struct Lines<'a> {
    source: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a str) -> Lines<'a> {
        Lines { source: source.as_bytes(), at: 0, line: 1 }
    }

    /// The line of an offset, from 1.
    pub(super) fn of(&mut self, offset: usize) -> usize {
        let offset = offset.min(self.source.len());
        if offset < self.at {
            (self.at, self.line) = (0, 1);
        }
        self.line += memchr::memchr_iter(b'\n', &self.source[self.at..offset]).count();
        self.at = offset;
        self.line
    }
}

/// The lines of a text with their numbers, without their line ends.
pub(super) fn numbered(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.split('\n').enumerate().map(|(index, line)| (index + 1, line.strip_suffix('\r').unwrap_or(line)))
}
