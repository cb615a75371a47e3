//! Lines and columns: the one place where encodings exist.

/// How a column counts within its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    /// Code points: what the command line prints.
    Utf32,
}

/// Zero-based line and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Where the lines of a document start. Lines end at `\n`, `\r\n` or `\r`, as in LSP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {}

impl LineIndex {
    pub fn new(_source: &str) -> LineIndex {
        todo!()
    }
    pub fn line_count(&self) -> usize {
        todo!()
    }
    /// An offset inside a character counts as that character's start; beyond the end, as the end.
    pub fn position(&self, _source: &str, _offset: usize, _encoding: Encoding) -> Position {
        todo!()
    }
    /// A column beyond the line's end counts as the line's end (before its terminator), a line beyond the last as the
    /// document's end, a column inside a character as that character's start.
    pub fn offset(&self, _source: &str, _position: Position, _encoding: Encoding) -> usize {
        todo!()
    }
}
