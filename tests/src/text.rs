//! Text as an editor holds it: positions in the agreed encoding, edits as the protocol defines them. Written apart from
//! the server's own, so that the two check each other.

use std::ops::Range;

use serde_json::{Value, json};

/// How the column of a position counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Encoding> {
        [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32].into_iter().find(|encoding| encoding.name() == name)
    }

    fn width(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// The lines of a text without their ends, each with the offset at which it starts. A text that ends with a line end has
/// a last empty line.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let at = start?;
        let rest = &text[at..];
        let Some(end) = rest.find(['\n', '\r']) else {
            start = None;
            return Some((at, rest));
        };
        let ending = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        start = Some(at + end + ending);
        Some((at, &rest[..end]))
    })
}

/// The position of a byte offset.
///
/// # Panics
/// If it lies outside the text or inside a character: that would be a fault of the test.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> Value {
    assert!(text.is_char_boundary(offset), "offset {offset} is no place in this text");
    let (line, (start, content)) =
        lines(text).enumerate().take_while(|(_, (start, _))| *start <= offset).last().expect("a text has a line");
    // Between `\r` and `\n` is no position: it counts as the end of the line.
    let before = &content[..(offset - start).min(content.len())];
    json!({ "line": line, "character": before.chars().map(|c| encoding.width(c)).sum::<usize>() })
}

pub fn range(text: &str, bytes: Range<usize>, encoding: Encoding) -> Value {
    json!({ "start": position(text, bytes.start, encoding), "end": position(text, bytes.end, encoding) })
}

/// The byte offset of a position. Stricter than the protocol, which lets a column run beyond its line: a server that
/// knows the text has no reason to send one.
pub fn offset(text: &str, position: &Value, encoding: Encoding) -> Result<usize, String> {
    let number = |name: &str| position[name].as_u64().ok_or_else(|| format!("{position} is no position"));
    let (line, column) = (number("line")? as usize, number("character")? as usize);
    let (start, content) = lines(text).nth(line).ok_or_else(|| format!("{position} is beyond the last line"))?;
    let mut width = 0;
    for (at, character) in content.char_indices() {
        if width == column {
            return Ok(start + at);
        }
        if width > column {
            return Err(format!("{position} is inside a character of {content:?} ({})", encoding.name()));
        }
        width += encoding.width(character);
    }
    match width == column {
        true => Ok(start + content.len()),
        false => Err(format!("{position} is beyond its line {content:?} ({})", encoding.name())),
    }
}

pub fn bytes(text: &str, range: &Value, encoding: Encoding) -> Result<Range<usize>, String> {
    let (start, end) = (offset(text, &range["start"], encoding)?, offset(text, &range["end"], encoding)?);
    if start > end { Err(format!("{range} ends before it starts")) } else { Ok(start..end) }
}

/// Bytes to replace, and by what.
pub type Edit = (Range<usize>, String);

/// Reads `TextEdit`s that all refer to this text, and answers them from the last to the first, which is an order in which
/// they can be made one by one. Overlaps are errors; insertions at one place stay in their order.
pub fn edits(text: &str, edits: &Value, encoding: Encoding) -> Result<Vec<Edit>, String> {
    let edits = edits.as_array().ok_or_else(|| format!("{edits} is no list of edits"))?;
    let mut read = Vec::new();
    for edit in edits {
        let new = edit["newText"].as_str().ok_or_else(|| format!("{edit} has no newText"))?;
        read.push((bytes(text, &edit["range"], encoding)?, new.to_owned()));
    }
    read.sort_by_key(|(range, _)| (range.start, range.end)); // stable
    for pair in read.windows(2) {
        if pair[1].0.start < pair[0].0.end {
            return Err(format!("edits overlap: {:?} and {:?}", pair[0], pair[1]));
        }
    }
    read.reverse();
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a😀é\r\n中\rlast\n";
    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    fn at(line: u32, character: u32) -> Value {
        json!({ "line": line, "character": character })
    }

    fn applied(text: &str, list: Value) -> Result<String, String> {
        let mut text = text.to_owned();
        for (range, new) in edits(&text.clone(), &list, Encoding::Utf16)? {
            text.replace_range(range, &new);
        }
        Ok(text)
    }

    #[test]
    fn columns_count_in_their_encoding() {
        let after_emoji = TEXT.find('é').unwrap();
        let columns = ENCODINGS.map(|encoding| position(TEXT, after_emoji, encoding));
        assert_eq!(columns, [at(0, 5), at(0, 3), at(0, 2)]);
        assert_eq!(position(TEXT, TEXT.find("last").unwrap() + 2, Encoding::Utf16), at(2, 2));
        assert_eq!(position(TEXT, TEXT.len(), Encoding::Utf16), at(3, 0));
        assert_eq!(position("", 0, Encoding::Utf8), at(0, 0));
    }

    #[test]
    fn offset_undoes_position() {
        for encoding in ENCODINGS {
            for (there, _) in TEXT.char_indices().chain([(TEXT.len(), ' ')]) {
                let inside_line_end = TEXT[..there].ends_with('\r') && TEXT[there..].starts_with('\n');
                if !inside_line_end {
                    assert_eq!(offset(TEXT, &position(TEXT, there, encoding), encoding), Ok(there));
                }
            }
        }
    }

    #[test]
    fn places_that_are_none_are_errors() {
        for (place, encoding) in [
            (at(0, 2), Encoding::Utf16), // inside the emoji
            (at(0, 3), Encoding::Utf8),
            (at(0, 5), Encoding::Utf16), // beyond the line
            (at(3, 1), Encoding::Utf16),
            (at(4, 0), Encoding::Utf16),
            (json!({ "line": -1, "character": 0 }), Encoding::Utf16),
            (Value::Null, Encoding::Utf16),
        ] {
            assert!(offset(TEXT, &place, encoding).is_err(), "{place}");
        }
        assert!(bytes(TEXT, &json!({ "start": at(1, 0), "end": at(0, 0) }), Encoding::Utf16).is_err());
    }

    #[test]
    fn edits_refer_to_the_text_before_all_of_them() {
        let edit = |from: u32, to: u32, new: &str| json!({ "range": { "start": at(0, from), "end": at(0, to) }, "newText": new });
        assert_eq!(applied("abcdef", json!([edit(0, 1, "AAA"), edit(4, 5, "")])), Ok("AAAbcdf".into()));
        assert_eq!(applied("abcdef", json!([edit(4, 5, ""), edit(0, 1, "AAA")])), Ok("AAAbcdf".into()));
        assert_eq!(applied("ab", json!([edit(1, 1, "1"), edit(1, 1, "2"), edit(1, 2, "")])), Ok("a12".into()));
        assert_eq!(applied("a😀b", json!([edit(1, 3, "-")])), Ok("a-b".into()));
        assert!(applied("abcdef", json!([edit(0, 3, ""), edit(2, 4, "")])).is_err());
        assert!(applied("abcdef", json!([{ "range": { "start": at(0, 0), "end": at(0, 0) } }])).is_err());
    }
}
