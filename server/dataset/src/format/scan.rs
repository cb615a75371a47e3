//! Reads JSON where it stands: exact byte ranges, strict about RFC 8259, one pass, no tree, no recursion.

use std::ops::Range;

use super::{char_at, text_of};
use catalogue::{Phrase, phrase};

use crate::Problem;

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With escapes in it or without.
    String {
        escaped: bool,
    },
    Number,
    True,
    False,
    Null,
    Array,
    Object,
}

impl Kind {
    /// With its article, for messages.
    pub(super) fn name(self) -> Phrase {
        match self {
            Kind::String { .. } => phrase!("a-string"),
            Kind::Number => phrase!("a-number"),
            Kind::True | Kind::False => phrase!("a-boolean"),
            Kind::Null => phrase!("null"),
            Kind::Array => phrase!("an-array"),
            Kind::Object => phrase!("an-object"),
        }
    }
}

/// A value as it stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// What stands between the quotes of a string.
    pub(super) fn inner(&self) -> Range<usize> {
        self.start + 1..self.end - 1
    }
}

/// Reads from `at` on, and not beyond the end of `src`.
pub(super) struct Scanner<'a> {
    src: &'a [u8],
    pub(super) at: usize,
}

type Scan<T> = Result<T, Problem>;

impl<'a> Scanner<'a> {
    pub(super) fn new(src: &'a [u8], at: usize) -> Scanner<'a> {
        Scanner { src, at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.src.get(self.at).copied()
    }

    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Any value, with all that is in it.
    pub(super) fn value(&mut self) -> Scan<Token> {
        match self.peek() {
            Some(b'{' | b'[') => self.nested(),
            _ => self.scalar(),
        }
    }

    /// The members of an object, one after another.
    pub(super) fn object(&mut self, mut each: impl FnMut(Token, Token)) -> Scan<Token> {
        let start = self.at;
        if self.peek() != Some(b'{') {
            return Err(self.expected(phrase!("an-object-in-braces")));
        }
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Token { kind: Kind::Object, start, end: self.at });
        }
        loop {
            let key = self.key()?;
            let value = self.value()?;
            each(key, value);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.expected(phrase!("comma-or-brace"))),
            }
            self.skip_blanks();
        }
        self.at += 1;
        Ok(Token { kind: Kind::Object, start, end: self.at })
    }

    /// The elements of an array.
    pub(super) fn array(&mut self, mut each: impl FnMut(Token)) -> Scan<Token> {
        let start = self.at;
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Token { kind: Kind::Array, start, end: self.at });
        }
        loop {
            each(self.value()?);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.expected(phrase!("comma-or-bracket"))),
            }
            self.skip_blanks();
        }
        self.at += 1;
        Ok(Token { kind: Kind::Array, start, end: self.at })
    }

    /// A key, its colon and the blanks around that.
    fn key(&mut self) -> Scan<Token> {
        if self.peek() != Some(b'"') {
            return Err(self.expected(phrase!("a-key")));
        }
        let key = self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.expected(phrase!("a-colon")));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(key)
    }

    /// An array or an object. What is open is a stack of bits, so that depth costs no memory.
    fn nested(&mut self) -> Scan<Token> {
        let start = self.at;
        let kind = if self.peek() == Some(b'{') { Kind::Object } else { Kind::Array };
        let mut objects = [0u64; MAX_DEPTH / 64];
        let mut depth = 0;
        loop {
            // A value is expected here.
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if depth == MAX_DEPTH {
                        let range = char_at(self.src, self.at, self.src.len());
                        return Err(Problem::new(range, phrase!("too-deep", levels = MAX_DEPTH)));
                    }
                    let (word, bit) = (depth / 64, 1 << (depth % 64));
                    if open == b'{' {
                        objects[word] |= bit;
                    } else {
                        objects[word] &= !bit;
                    }
                    depth += 1;
                    self.at += 1;
                    self.skip_blanks();
                    match (open, self.peek()) {
                        (b'{', Some(b'}')) | (b'[', Some(b']')) => {}
                        (b'{', _) => {
                            self.key()?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                _ => {
                    self.scalar()?;
                }
            }
            // A value has ended, or an empty array or object is about to.
            loop {
                self.skip_blanks();
                let in_object = objects[(depth - 1) / 64] & (1 << ((depth - 1) % 64)) != 0;
                match (self.peek(), in_object) {
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        depth -= 1;
                        if depth == 0 {
                            return Ok(Token { kind, start, end: self.at });
                        }
                    }
                    (Some(b','), _) => {
                        self.at += 1;
                        self.skip_blanks();
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    (_, true) => return Err(self.expected(phrase!("comma-or-brace"))),
                    (_, false) => return Err(self.expected(phrase!("comma-or-bracket"))),
                }
            }
        }
    }

    fn scalar(&mut self) -> Scan<Token> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'"') => return self.string(),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Kind::Number
            }
            Some(b't') if self.word(b"true") => Kind::True,
            Some(b'f') if self.word(b"false") => Kind::False,
            Some(b'n') if self.word(b"null") => Kind::Null,
            _ => return Err(self.expected(phrase!("a-value"))),
        };
        Ok(Token { kind, start, end: self.at })
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let rest = &self.src[self.at..];
        let whole = rest.starts_with(word) && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric);
        if whole {
            self.at += word.len();
        }
        whole
    }

    fn number(&mut self) -> Scan<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let integer = self.at;
        let mut sound = self.digits() > 0 && (self.src[integer] != b'0' || self.at == integer + 1);
        if self.peek() == Some(b'.') {
            self.at += 1;
            sound &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            sound &= self.digits() > 0;
        }
        if sound {
            return Ok(());
        }
        let found = text_of(&self.src[start..self.at]);
        Err(Problem::new(start..self.at, phrase!("no-json-number", found)))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Scan<Token> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Token { kind: Kind::String { escaped }, start, end: self.at });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                None | Some(b'\n' | b'\r') => {
                    return Err(Problem::new(start..self.at, phrase!("open-string-in-line")));
                }
                Some(b'\t') => {
                    return Err(Problem::new(self.at..self.at + 1, phrase!("tab-in-string")));
                }
                Some(control) => {
                    let (upper, lower) = (format!("{control:04X}"), format!("{control:04x}"));
                    let message = phrase!("control-character", upper, lower);
                    return Err(Problem::new(self.at..self.at + 1, message));
                }
            }
        }
    }

    /// Moves to the next quote, backslash or control character, eight bytes at a time.
    fn skip_plain(&mut self) {
        const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
        const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
        let mut rest = &self.src[self.at..];
        while let Some((word, behind)) = rest.split_first_chunk::<8>() {
            let word = u64::from_le_bytes(*word);
            let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
            let quotes = zero_bytes(word ^ (ONES * u64::from(b'"')));
            let backslashes = zero_bytes(word ^ (ONES * u64::from(b'\\')));
            let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
            let found = quotes | backslashes | controls;
            if found != 0 {
                // Above the first true hit a borrow may fake others; the first is always true.
                self.at = self.src.len() - rest.len() + found.trailing_zeros() as usize / 8;
                return;
            }
            rest = behind;
        }
        let plain = rest.iter().take_while(|byte| **byte >= 0x20 && !matches!(byte, b'"' | b'\\')).count();
        self.at = self.src.len() - rest.len() + plain;
    }

    fn escape(&mut self) -> Scan<()> {
        let start = self.at;
        match self.src.get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let digits = self.src[start + 2..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
                if digits == 4 {
                    self.at += 6;
                    return Ok(());
                }
                Err(Problem::new(start..start + 2 + digits, phrase!("four-hex-digits")))
            }
            Some(_) => {
                let end = char_at(self.src, start + 1, self.src.len()).end;
                let found = text_of(&self.src[start..end]);
                Err(Problem::new(start..end, phrase!("no-escape", found)))
            }
            None => Err(Problem::new(start..start + 1, phrase!("open-string"))),
        }
    }

    /// What was expected at this place, and what stands there.
    pub(super) fn expected(&self, expected: Phrase) -> Problem {
        let range = char_at(self.src, self.at, self.src.len());
        let found = match self.src.get(range.clone()) {
            Some(found) if self.at < self.src.len() => match found {
                b"\n" | b"\r" => phrase!("end-of-line"),
                b"'" => phrase!("single-quote"),
                [control] if *control < 0x20 => Phrase::verbatim(format!("U+{control:04X}")),
                found => phrase!("quoted", text = text_of(found)),
            },
            _ => phrase!("the-end"),
        };
        Problem::new(range, phrase!("expected-found", expected, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Result<Token, String> {
        let mut scanner = Scanner::new(source.as_bytes(), 0);
        let token = scanner.value().map_err(|problem| format!("{} @{:?}", problem.message, problem.range))?;
        assert_eq!(token.end, scanner.at);
        Ok(token)
    }

    #[test]
    fn accepts_what_the_standard_accepts() {
        for source in [
            r#"{"a": [1, -0.5e+7, true, {"b": null}, []], "c": {}}"#,
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83d""#,
            "\"12345678 then\u{2028}a\u{7f}z 😀 of more\"",
            "0",
            "-0",
            "[[[]]]",
        ] {
            assert_eq!(value(source).map(|token| token.end), Ok(source.len()), "{source}");
        }
    }

    #[test]
    fn says_what_was_expected_and_where() {
        for (source, message) in [
            ("{\"a\" 1}", "Expected `:` after the key, found `1`. @5..6"),
            ("{\"a\": 1 \"b\": 2}", "Expected `,` or `}`, found `\"`. @8..9"),
            ("{\"a\": 1,}", "Expected a key in double quotes, found `}`. @8..9"),
            ("{\"a\": [[1, 2}]", "Expected `,` or `]`, found `}`. @12..13"),
            ("{\"a\": tru}", "Expected a value, found `t`. @6..7"),
            ("{\"a\": 差}", "Expected a value, found `差`. @6..9"),
            ("{\"a\": 01}", "`01` is not a JSON number. Put it in double quotes. @6..8"),
            ("{\"a\": ", "Expected a value, found the end. @5..6"),
            ("\"a\\x\"", "`\\x` is not an escape. A backslash is written `\\\\`. @2..4"),
            ("\"a\u{1}\"", "The control character U+0001 must be written `\\u0001`. @2..3"),
            ("", "Expected a value, found the end. @0..0"),
        ] {
            assert_eq!(value(source), Err(message.to_string()), "{source}");
        }
    }

    #[test]
    fn depth_has_an_end() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(value(&deep(MAX_DEPTH)).is_ok());
        assert!(value(&deep(MAX_DEPTH + 1)).unwrap_err().contains("deeper than 512"));
        assert!(value(&"[{\"a\":".repeat(1_000_000)).is_err());
    }

    /// Against the obvious way, at every alignment.
    #[test]
    fn plain_stretches_end_at_the_first_special_byte() {
        let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        for byte in 0..=255u8 {
            for lead in 0..20 {
                let mut source = vec![b'a'; lead];
                source.extend([byte, byte.wrapping_add(1), b'!', b'"', byte]);
                source.extend([0xFF; 9]);
                let mut scanner = Scanner::new(&source, 0);
                scanner.skip_plain();
                assert_eq!(scanner.at, source.iter().position(|byte| special(*byte)).unwrap());
            }
        }
    }
}
