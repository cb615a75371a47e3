//! JSON as a tree, for formats that are read whole and written anew.
//!
//! What must stay true: a value that is read and written says the same: members keep their order, numbers their digits.
//! Where a key stands twice the last one counts.

use rustc_hash::FxHashSet;

use super::{
    Style, escape, line,
    scan::{Kind, Scanner},
};
use catalogue::phrase;

use crate::Problem;

/// The members of an object, in the order of the file.
pub type Fields = Vec<(String, Json)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Box<str>),
    Text(String),
    List(Vec<Json>),
    Object(Fields),
}

impl Json {
    pub fn text(value: impl Into<String>) -> Json {
        Json::Text(value.into())
    }

    pub fn number(value: usize) -> Json {
        Json::Number(value.to_string().into())
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Json]> {
        match self {
            Json::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&Fields> {
        match self {
            Json::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// A whole number, also where it is written `3.0`.
    pub fn as_integer(&self) -> Option<i64> {
        let Json::Number(digits) = self else { return None };
        let whole = match digits.split_once('.') {
            Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
            _ => digits,
        };
        whole.parse().ok()
    }

    pub fn as_float(&self) -> Option<f64> {
        match self {
            Json::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.as_object()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The one value that `source` holds.
    pub fn parse(source: &str) -> Result<Json, Problem> {
        let mut scanner = Scanner::new(source.as_bytes(), 0);
        scanner.skip_blanks();
        let token = scanner.value()?;
        scanner.skip_blanks();
        if scanner.peek().is_some() {
            return Err(scanner.expected(phrase!("the-end")));
        }
        Ok(build(source.as_bytes(), &mut token.range().start.clone()))
    }

    /// On one line, as Python writes it: `{"text": "a", "n": [1, 2]}`.
    pub fn write(&self, out: &mut String) {
        match self {
            Json::Null => *out += "null",
            Json::Bool(value) => *out += if *value { "true" } else { "false" },
            Json::Number(digits) => *out += digits,
            Json::Text(text) => *out += &escape::encode(text, Style::default()),
            Json::List(list) => {
                out.push('[');
                for (index, value) in list.iter().enumerate() {
                    *out += if index == 0 { "" } else { ", " };
                    value.write(out);
                }
                out.push(']');
            }
            Json::Object(fields) => {
                out.push('{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    *out += if index == 0 { "" } else { ", " };
                    *out += &escape::encode(key, Style::default());
                    *out += ": ";
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

/// Values one after another, a line each or over several lines, with the offset at which each starts. Behind one that
/// cannot be read, reading goes on at the next line that starts with a bracket.
pub(crate) fn values(source: &str, problems: &mut Vec<Problem>) -> Vec<(usize, Json)> {
    let src = source.as_bytes();
    let mut found = Vec::new();
    let mut scanner = Scanner::new(src, super::bom(src));
    loop {
        scanner.skip_blanks();
        if scanner.peek().is_none() {
            return found;
        }
        let start = scanner.at;
        match scanner.value() {
            Ok(token) => found.push((start, build(src, &mut token.range().start.clone()))),
            Err(problem) => {
                problems.push(problem);
                scanner.at = next_bracket(src, start);
            }
        }
    }
}

/// The next line behind `at` that starts with a bracket, or the end.
fn next_bracket(src: &[u8], at: usize) -> usize {
    let mut at = line(src, at).1;
    while at < src.len() && !matches!(src[at], b'{' | b'[') {
        at = line(src, at).1;
    }
    at
}

/// The elements of the array at the end of this path of keys, with their offsets; with an empty path, of the file's own array.
/// `None`: there is none. What stands behind an element that cannot be read is a problem and not read.
pub(crate) fn elements(source: &str, path: &[&str], problems: &mut Vec<Problem>) -> Option<Vec<(usize, Json)>> {
    let src = source.as_bytes();
    let mut at = super::bom(src);
    for key in path {
        let mut scanner = Scanner::new(src, at);
        scanner.skip_blanks();
        let mut found = None;
        let _ = scanner.object(|name, value| {
            if let Kind::String { escaped } = name.kind
                && escape::decode(&src[name.inner()], escaped).0 == *key
            {
                found = Some(value.start);
            }
        });
        at = found?;
    }
    let mut scanner = Scanner::new(src, at);
    scanner.skip_blanks();
    if scanner.peek() != Some(b'[') {
        return None;
    }
    let mut list = Vec::new();
    if let Err(problem) =
        scanner.array(|element| list.push((element.start, build(src, &mut element.range().start.clone()))))
    {
        problems.push(problem);
    }
    Some(list)
}

/// The value at `at`, which the scanner has accepted; `at` moves behind it. Nesting is bounded by the scanner.
fn build(src: &[u8], at: &mut usize) -> Json {
    match src.get(*at) {
        Some(b'{') => {
            let mut fields = Fields::new();
            while next_member(src, at, b'}') {
                let key = string(src, at);
                next_value(src, at);
                let value = build(src, at);
                fields.push((key, value));
            }
            Json::Object(last_of_each(fields))
        }
        Some(b'[') => {
            let mut list = Vec::new();
            while next_member(src, at, b']') {
                list.push(build(src, at));
            }
            Json::List(list)
        }
        Some(b'"') => Json::Text(string(src, at)),
        _ => {
            let rest = &src[*at..];
            let len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
            let word = super::text_of(&rest[..len]);
            // Never nothing: whoever calls has seen a value here.
            *at += len.max(1);
            match &*word {
                "null" => Json::Null,
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                number => Json::Number(number.into()),
            }
        }
    }
}

fn last_of_each(mut fields: Fields) -> Fields {
    let mut seen = FxHashSet::default();
    let counts: Vec<bool> = fields.iter().rev().map(|(key, _)| seen.insert(key.clone())).collect();
    let mut counts = counts.into_iter().rev();
    fields.retain(|_| counts.next().unwrap_or(true));
    fields
}

/// Moves over brackets, commas and blanks to the next member. `false`: behind the closing bracket.
fn next_member(src: &[u8], at: &mut usize, close: u8) -> bool {
    // The opening bracket, or a comma, or nothing behind the last member.
    if src.get(*at) != Some(&close) && matches!(src.get(*at), Some(b'{' | b'[' | b',')) {
        *at += 1;
    }
    skip(src, at);
    if src.get(*at) == Some(&b',') {
        *at += 1;
        skip(src, at);
    }
    match src.get(*at) {
        Some(byte) if *byte == close => {
            *at += 1;
            false
        }
        Some(_) => true,
        None => false,
    }
}

fn next_value(src: &[u8], at: &mut usize) {
    skip(src, at);
    *at += usize::from(src.get(*at) == Some(&b':'));
    skip(src, at);
}

fn skip(src: &[u8], at: &mut usize) {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = src.get(*at) {
        *at += 1;
    }
}

fn string(src: &[u8], at: &mut usize) -> String {
    let start = (*at + 1).min(src.len());
    let mut end = start;
    let mut escaped = false;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &src[end..]).map(|found| end + found) {
        if src[found] == b'"' {
            *at = found + 1;
            return escape::decode(&src[start..found], escaped).0.into_owned();
        }
        escaped = true;
        end = (found + 2).min(src.len());
    }
    *at = src.len();
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_written_as_it_was_read() {
        let source = r#"{"b": [1.50, -2e3, [], {}, [[]]], "a": {"差": "q\"\n"}, "c": [true, false, null], "": ""}"#;
        let tree = Json::parse(source).unwrap();
        assert_eq!(tree.to_string(), source);
        assert_eq!(
            Json::parse(" { \"a\" :1 , \"b\":[ [ ] , { } , 2 ] }").unwrap().to_string(),
            r#"{"a": 1, "b": [[], {}, 2]}"#
        );
    }

    #[test]
    fn the_last_of_two_keys_counts_and_numbers_may_be_whole() {
        let tree = Json::parse(r#"{"a": 1, "b": 3.0, "a": 2.5}"#).unwrap();
        assert_eq!(tree.to_string(), r#"{"b": 3.0, "a": 2.5}"#);
        assert_eq!(tree.get("b").and_then(Json::as_integer), Some(3));
        assert_eq!(tree.get("a").and_then(Json::as_integer), None);
    }

    #[test]
    fn values_over_lines_and_beyond_a_broken_one() {
        let mut problems = Vec::new();
        let source = "{\n \"a\": 1\n}\n{\"b\": tru}\n  \"c\"\n[2]\n";
        let found: Vec<_> = values(source, &mut problems).iter().map(|(at, value)| format!("{at} {value}")).collect();
        assert_eq!((found, problems.len()), (vec!["0 {\"a\": 1}".to_string(), "29 [2]".to_string()], 1));
    }

    #[test]
    fn arrays_are_found_by_their_path() {
        let source = r#"{"x": 1, "results": {"records": [{"a": 1}, 2]}}"#;
        let found = elements(source, &["results", "records"], &mut Vec::new()).unwrap();
        assert_eq!(found[1], (43, Json::Number("2".into())));
        assert_eq!(elements(source, &["results", "none"], &mut Vec::new()), None);
        assert_eq!(elements("[1]", &[], &mut Vec::new()).map(|list| list.len()), Some(1));
    }
}
