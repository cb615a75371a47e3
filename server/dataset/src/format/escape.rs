//! What stands between the quotes of a JSON string: decoding it and writing it.

use std::{borrow::Cow, ops::Range};

use super::{Style, text_of};
use crate::text_map::Piece;

/// Decodes the inside of a string that the scanner accepted. Half of a surrogate pair becomes U+FFFD; where the first
/// such escape stands (relative to `inner`) comes along.
pub(super) fn decode(inner: &[u8], escaped: bool) -> (Cow<'_, str>, Option<usize>) {
    if !escaped {
        return (text_of(inner), None);
    }
    let mut text = String::with_capacity(inner.len());
    let mut lone = None;
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &inner[at..]).map(|found| at + found) {
        text += &text_of(&inner[at..next]);
        let (ch, len) = unescape(&inner[next..]);
        if ch.is_none() {
            lone.get_or_insert(next);
        }
        text.push(ch.unwrap_or(char::REPLACEMENT_CHARACTER));
        at = next + len;
    }
    text += &text_of(&inner[at..]);
    (Cow::Owned(text), lone)
}

/// What the decoded string is made of: stretches that stand as they are, and escapes, one a piece.
pub(super) fn pieces(src: &[u8], inner: Range<usize>, pieces: &mut Vec<Piece>) {
    let mut at = inner.start;
    while at < inner.end {
        let next = memchr::memchr(b'\\', &src[at..inner.end]).map_or(inner.end, |found| at + found);
        if next > at {
            pieces.push(Piece { len: next - at, source: at..next });
        }
        if next == inner.end {
            break;
        }
        let (ch, len) = unescape(&src[next..inner.end]);
        at = next + len;
        pieces.push(Piece { len: ch.unwrap_or(char::REPLACEMENT_CHARACTER).len_utf8(), source: next..at });
    }
}

/// One escape and its length in bytes; two `\u` that form a pair are one. `None`: half of a pair.
fn unescape(escape: &[u8]) -> (Option<char>, usize) {
    let ch = match escape.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let first = hex(escape.get(2..6));
            if (0xD800..0xDC00).contains(&first) && escape.get(6..8) == Some(b"\\u") {
                let second = hex(escape.get(8..12));
                if (0xDC00..0xE000).contains(&second) {
                    return (char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)), 12);
                }
            }
            return (char::from_u32(first), 6);
        }
        Some(other) => char::from(*other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (Some(ch), 2)
}

/// Four hexadecimal digits, which the scanner has seen; anything else counts as half of a pair.
fn hex(digits: Option<&[u8]>) -> u32 {
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0xD800)
}

/// Whether an escape stands for a character that is not ASCII: the sign of a file that was written to be ASCII only.
pub(crate) fn has_wide_escape(source: &str) -> bool {
    memchr::memmem::find_iter(source.as_bytes(), b"\\u").any(|at| {
        source.get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok()).is_some_and(|ch| ch > 0x7F)
    })
}

/// A string in its quotes, escaping only what must be.
pub(super) fn encode(text: &str, style: Style) -> String {
    format!("\"{}\"", encode_inner(text, style))
}

/// What stands between the quotes.
pub(crate) fn encode_inner(text: &str, style: Style) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for ch in text.chars() {
        match ch {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            ch if u32::from(ch) < 0x20 => out += &format!("\\u{:04x}", u32::from(ch)),
            ch if !ch.is_ascii() && style.escape_non_ascii => {
                for unit in ch.encode_utf16(&mut [0; 2]) {
                    out += &format!("\\u{unit:04x}");
                }
            }
            ch => out.push(ch),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(inner: &str) -> (String, Option<usize>) {
        let (text, lone) = decode(inner.as_bytes(), inner.contains('\\'));
        (text.into_owned(), lone)
    }

    #[test]
    fn escapes() {
        assert_eq!(text("plain 差😀"), ("plain 差😀".into(), None));
        assert_eq!(text(r#"\"\\\/\b\f\n\r\té"#), ("\"\\/\u{8}\u{c}\n\r\té".into(), None));
        assert_eq!(text(r"\ud83d\ude00\u0041"), ("😀A".into(), None));
    }

    #[test]
    fn half_pairs_are_replaced_and_reported() {
        assert_eq!(text(r"a\ud83d b"), ("a\u{fffd} b".into(), Some(1)));
        assert_eq!(text(r"\ude00"), ("\u{fffd}".into(), Some(0)));
        assert_eq!(text(r"\ud83d\u0041"), ("\u{fffd}A".into(), Some(0)));
        assert_eq!(text(r"\ud83d\ud83d\ude00"), ("\u{fffd}😀".into(), Some(0)));
    }

    #[test]
    fn writing_escapes_what_must_be() {
        assert_eq!(encode("a \"b\" \\ \n\u{1} 差😀", Style::default()), r#""a \"b\" \\ \n\u0001 差😀""#);
        assert_eq!(encode("差😀", Style { escape_non_ascii: true, ..Style::default() }), r#""\u5dee\ud83d\ude00""#);
    }
}
