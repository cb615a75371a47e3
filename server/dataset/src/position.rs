//! Lines and columns: the one place where encodings exist.
//!
//! What must stay true: a lookup costs the same on a line of ten megabytes as on a short one (a mark every few kilobytes
//! knows how many units stand before it), and an edit moves the index instead of building it again.

use std::ops::Range;

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

/// How far apart marks are set, in bytes. A gap may grow to twice that before a mark is set into it.
const STRIDE: usize = 8 * 1024;

/// Where the lines of a document start. Lines end at `\n`, `\r\n` or `\r`, as in LSP. The first 4 GiB are indexed; what
/// lies beyond counts to the last line.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// First byte of each line; the first is always 0.
    starts: Vec<u32>,
    /// Sorted by offset; the first stands at 0.
    marks: Vec<Mark>,
}

/// How many units stand before a place in the document.
#[derive(Clone, Copy, Debug)]
struct Mark {
    offset: u32,
    units: Units,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Units {
    utf16: u32,
    chars: u32,
}

impl Units {
    pub(crate) fn count(bytes: &[u8]) -> Units {
        let mut units = Units::default();
        // Sums of at most 128 fit into a byte, which lets the compiler count many bytes at once.
        for chunk in bytes.chunks(128) {
            let (mut chars, mut pairs) = (0u8, 0u8);
            for &byte in chunk {
                chars += u8::from(byte & 0xC0 != 0x80);
                pairs += u8::from(byte >= 0xF0);
            }
            units.chars += u32::from(chars);
            units.utf16 += u32::from(chars) + u32::from(pairs);
        }
        units
    }

    fn plus(self, other: Units) -> Units {
        Units { utf16: self.utf16 + other.utf16, chars: self.chars + other.chars }
    }

    fn in_encoding(self, encoding: Encoding) -> u32 {
        if encoding == Encoding::Utf32 { self.chars } else { self.utf16 }
    }
}

/// Two indices are equal when they say the same; where their marks stand does not matter.
impl PartialEq for LineIndex {
    fn eq(&self, other: &LineIndex) -> bool {
        self.starts == other.starts
    }
}

impl Eq for LineIndex {}

impl LineIndex {
    pub fn new(source: &str) -> LineIndex {
        let bytes = &source.as_bytes()[..source.floor_char_boundary(u32::MAX as usize)];
        let mut starts = vec![0];
        starts
            .extend(memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1).filter_map(|at| line_start(bytes, at)));
        let mut index = LineIndex { starts, marks: vec![Mark { offset: 0, units: Units::default() }] };
        index.fill_gap(source, 0, bytes.len());
        index
    }

    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line without its terminator; `None` beyond the last line.
    pub fn line_range(&self, source: &str, line: u32) -> Option<Range<usize>> {
        let start = *self.starts.get(line as usize)? as usize;
        let Some(next) = self.starts.get(line as usize + 1) else { return Some(start..source.len()) };
        let next = *next as usize;
        let terminator = if source.as_bytes().get(start..next)?.ends_with(b"\r\n") { 2 } else { 1 };
        Some(start..next - terminator)
    }

    /// An offset inside a character counts as that character's start; beyond the end, as the end.
    pub fn position(&self, source: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = source.floor_char_boundary(offset);
        let line = self.line_of(offset);
        let start = self.starts[line] as usize;
        let column = if encoding == Encoding::Utf8 {
            u32::try_from(offset - start).unwrap_or(u32::MAX)
        } else if offset - start <= 2 * STRIDE {
            Units::count(&source.as_bytes()[start..offset]).in_encoding(encoding)
        } else {
            let before = |at| self.units_before(source, at).in_encoding(encoding);
            before(offset) - before(start)
        };
        Position { line: line as u32, column }
    }

    /// A column beyond the line's end counts as the line's end (before its terminator), a line beyond the last as the
    /// document's end, a column inside a character as that character's start.
    pub fn offset(&self, source: &str, position: Position, encoding: Encoding) -> usize {
        let Some(Range { start, end }) = self.line_range(source, position.line) else { return source.len() };
        if encoding == Encoding::Utf8 {
            return source.floor_char_boundary(end.min(start.saturating_add(position.column as usize)));
        }
        let (mut at, mut left) = (start, position.column);
        if end - start > 2 * STRIDE {
            let target = self.units_before(source, start).in_encoding(encoding).saturating_add(left);
            let later = |mark: &Mark| mark.offset as usize <= end && mark.units.in_encoding(encoding) <= target;
            let mark = self.marks[self.marks.partition_point(later) - 1];
            if mark.offset as usize > start {
                at = mark.offset as usize;
                left = target - mark.units.in_encoding(encoding);
            }
        }
        for ch in source[at..end].chars() {
            let width = if encoding == Encoding::Utf32 { 1 } else { ch.len_utf16() as u32 };
            if left < width {
                break;
            }
            left -= width;
            at += ch.len_utf8();
        }
        at
    }

    /// Follows an edit: `after` is the new source, in which `inserted` bytes stand where `removed` stood, whose content
    /// had `units`.
    pub(crate) fn edit(&mut self, after: &str, removed: Range<usize>, units: Units, inserted: usize) {
        let Range { start, end } = removed;
        let new_end = start + inserted;
        let bytes = after.as_bytes();

        // Whether a line starts at a place depends on the byte before and the byte there.
        let first = self.starts.partition_point(|line| (*line as usize) < start.max(1));
        let last = self.starts.partition_point(|line| *line as usize <= end.max(start));
        let last = last.max(first);
        let fresh: Vec<u32> = (start.max(1)..=new_end).filter_map(|at| line_start(bytes, at)).collect();
        let moved = first + fresh.len();
        self.starts.splice(first..last, fresh);
        for line in &mut self.starts[moved..] {
            *line = shifted(*line, end, new_end);
        }

        let inserted_units = Units::count(&bytes[start..new_end]);
        let first = self.marks.partition_point(|mark| mark.offset as usize <= start);
        let last = self.marks.partition_point(|mark| mark.offset as usize <= end).max(first);
        self.marks.drain(first..last);
        for mark in &mut self.marks[first..] {
            mark.offset = shifted(mark.offset, end, new_end);
            mark.units.utf16 = mark.units.utf16 - units.utf16 + inserted_units.utf16;
            mark.units.chars = mark.units.chars - units.chars + inserted_units.chars;
        }
        let next = self.marks.get(first).map_or(bytes.len(), |mark| mark.offset as usize);
        self.fill_gap(after, first - 1, next);
    }

    /// Sets marks between the mark at `index` and `end`, where the next one stands.
    fn fill_gap(&mut self, source: &str, index: usize, end: usize) {
        let mut mark = self.marks[index];
        let mut fresh = Vec::new();
        while end.saturating_sub(mark.offset as usize) > 2 * STRIDE {
            let offset = source.floor_char_boundary(mark.offset as usize + STRIDE);
            let units = mark.units.plus(Units::count(&source.as_bytes()[mark.offset as usize..offset]));
            mark = Mark { offset: offset as u32, units };
            fresh.push(mark);
        }
        self.marks.splice(index + 1..index + 1, fresh);
    }

    /// The index of the line that holds this offset.
    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset) - 1
    }

    fn units_before(&self, source: &str, offset: usize) -> Units {
        let mark = self.marks[self.marks.partition_point(|mark| mark.offset as usize <= offset) - 1];
        mark.units.plus(Units::count(&source.as_bytes()[mark.offset as usize..offset]))
    }
}

/// The place itself, if a line starts there. It must not be 0.
fn line_start(bytes: &[u8], at: usize) -> Option<u32> {
    let ends_before = match bytes.get(at - 1)? {
        b'\n' => true,
        b'\r' => bytes.get(at) != Some(&b'\n'),
        _ => false,
    };
    ends_before.then(|| u32::try_from(at).ok()).flatten()
}

fn shifted(place: u32, from: usize, to: usize) -> u32 {
    (place as usize - from + to) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    #[test]
    fn columns_count_in_their_encoding() {
        let source = "a差😀e\u{301}\nz";
        let index = LineIndex::new(source);
        let offset = source.find('\n').unwrap();
        assert_eq!(index.position(source, offset, Encoding::Utf8), at(0, 11));
        assert_eq!(index.position(source, offset, Encoding::Utf16), at(0, 6));
        assert_eq!(index.position(source, offset, Encoding::Utf32), at(0, 5));
        assert_eq!(index.offset(source, at(0, 3), Encoding::Utf16), 4, "inside the emoji's pair: its start");
        assert_eq!(index.position(source, 6, Encoding::Utf16), at(0, 2), "inside the emoji's bytes: its start");
    }

    #[test]
    fn all_three_line_ends() {
        let source = "a\nb\r\nc\rd\r\r\n";
        let index = LineIndex::new(source);
        let lines: Vec<_> = (0..9).map_while(|line| index.line_range(source, line)).map(|line| &source[line]).collect();
        assert_eq!(lines, ["a", "b", "c", "d", "", ""]);
        assert_eq!(index.line_count(), 6);
        assert_eq!(index.offset(source, at(1, 99), Encoding::Utf16), 3, "a column too far: before the line's end");
        assert_eq!(index.offset(source, at(99, 0), Encoding::Utf16), source.len());
        assert_eq!(index.position(source, 99, Encoding::Utf16), at(5, 0));
        assert_eq!(LineIndex::new("").position("", 0, Encoding::Utf16), at(0, 0));
    }

    #[test]
    fn long_lines_have_marks() {
        let source = format!("x\n{}\ny", "差😀a".repeat(20_000));
        let index = LineIndex::new(&source);
        for encoding in ENCODINGS {
            for (offset, _) in source.char_indices().step_by(997) {
                let position = index.position(&source, offset, encoding);
                assert_eq!(index.offset(&source, position, encoding), offset);
            }
        }
        let end = 2 + 20_000 * 8;
        assert_eq!(index.position(&source, end, Encoding::Utf16), at(1, 80_000));
        assert_eq!(index.offset(&source, at(1, u32::MAX), Encoding::Utf16), end);
    }
}
