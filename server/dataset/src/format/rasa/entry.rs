//! The entries under `nlu`: which lines are one, the name of its intent, and where its examples stand.
//!
//! YAML is read by lines, as far as training data goes: keys of one column, and literal blocks, in which nothing but indentation
//! has a meaning. What is written in another way is a problem, never a guess.

use std::ops::Range;

use catalogue::phrase;
use saphyr_parser::{Event, Parser};

use super::super::{line, text_of};
use crate::Problem;

/// What an entry without an intent may be, which has no examples of any.
const OTHERS: [&[u8]; 3] = [b"synonym", b"regex", b"lookup"];

/// A line without its indentation and the blanks at its end.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) column: usize,
    pub(super) content: Range<usize>,
    pub(super) next: usize,
}

/// An element of the list under `nlu`.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) end: usize,
    pub(super) reach: usize,
    /// Where the next line starts behind the last one that is not blank.
    pub(super) filled: usize,
    /// The columns of its dash and of its keys.
    pub(super) dash: usize,
    pub(super) keys: usize,
    /// `None`: it has none, or none that can be read.
    pub(super) intent: Option<String>,
    /// Where that stands.
    pub(super) name: Range<usize>,
    /// From its dash on, if it has one.
    pub(super) examples: Vec<Range<usize>>,
    /// Where an example can be added; `None`: they are no plain block.
    pub(super) room: Option<Room>,
    pub(super) problems: Vec<Problem>,
}

/// The place behind the last example, and the column of the dash that may stand there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) place: usize,
    pub(super) column: usize,
}

impl Line {
    pub(super) fn at(src: &[u8], start: usize) -> Line {
        let (end, next, _) = line(src, start);
        let column = src[start..end].iter().take_while(|byte| **byte == b' ').count();
        let content = start + column..start + column + src[start + column..end].trim_ascii_end().len();
        Line { start, column, content, next }
    }

    pub(super) fn bytes<'a>(&self, src: &'a [u8]) -> &'a [u8] {
        &src[self.content.clone()]
    }

    /// Whether it is blank or a comment.
    pub(super) fn is_bare(&self, src: &[u8]) -> bool {
        matches!(self.bytes(src).trim_ascii_start(), [] | [b'#', ..])
    }

    /// Whether an element of a list starts here.
    pub(super) fn is_element(&self, src: &[u8]) -> bool {
        matches!(self.bytes(src), [b'-'] | [b'-', b' ' | b'\t', ..])
    }

    /// What stands behind the dash, as a line of its own.
    fn element(&self, src: &[u8]) -> Line {
        let rest = &src[self.content.start + 1..self.content.end];
        let start = self.content.end - rest.trim_ascii_start().len();
        Line { column: start - self.start, content: start..self.content.end, ..self.clone() }
    }

    /// The key of a line `key: value`, and the value, without a comment where it is nothing else.
    fn member<'a>(&self, src: &'a [u8]) -> Option<(&'a [u8], Range<usize>)> {
        let bytes = self.bytes(src);
        let colon = bytes.iter().position(|byte| *byte == b':')?;
        let rest = &bytes[colon + 1..];
        if !matches!(rest, [] | [b' ' | b'\t', ..]) {
            return None;
        }
        let value = self.content.end - rest.trim_ascii_start().len()..self.content.end;
        let value = if src[value.clone()].starts_with(b"#") { value.start..value.start } else { value };
        Some((bytes[..colon].trim_ascii_end(), value))
    }
}

/// The header of a literal block: by how much more its lines are indented, if it says so. `None`: it is another value.
fn block_header(value: &[u8]) -> Option<Option<usize>> {
    let rest = value.strip_prefix(b"|")?;
    let marks = rest.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(rest.len());
    let (marks, comment) = rest.split_at(marks);
    let is_bare = matches!(comment.trim_ascii_start(), [] | [b'#', ..]);
    let indent = marks.iter().find(|byte| byte.is_ascii_digit()).map(|digit| usize::from(digit - b'0'));
    let is_sound = marks.len() <= 2 && marks.iter().all(|byte| matches!(byte, b'+' | b'-' | b'1'..=b'9'));
    (is_bare && is_sound).then_some(indent)
}

/// A scalar on one line, as YAML reads it.
fn scalar(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?;
    let mut found = None;
    for event in Parser::new_from_str(value) {
        match event.ok()?.0 {
            Event::Scalar(text, ..) => found = Some(text.into_owned()),
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
            _ => return None,
        }
    }
    found.filter(|name| !name.trim().is_empty())
}

/// Reads an entry's lines.
struct Reader<'a> {
    src: &'a [u8],
    lines: Vec<Line>,
    next: usize,
    entry: Entry,
}

/// The entry whose dash stands in the line at `at`.
pub(super) fn entry(src: &[u8], at: usize) -> Entry {
    let first = Line::at(src, at);
    let dash = first.column;
    let (mut lines, mut end, mut filled) = (vec![first.element(src)], first.next, first.next);
    let mut reach = end;
    while end < src.len() {
        let line = Line::at(src, end);
        if !line.is_bare(src) && line.column <= dash {
            // As far as it shows that it is not blank.
            reach = line.content.end - line.bytes(src).trim_ascii_start().len() + 1;
            break;
        }
        (end, reach) = (line.next, line.next);
        if !line.content.is_empty() {
            filled = line.next;
        }
        lines.push(line);
    }
    if end == src.len() {
        reach = end + 1;
    }
    let keys = lines.iter().find(|line| !line.is_bare(src)).map_or(dash + 2, |line| line.column);
    let (intent, examples, problems) = (None, Vec::new(), Vec::new());
    let entry = Entry { end, reach, filled, dash, keys, intent, name: at..at, examples, room: None, problems };
    let mut reader = Reader { src, lines, next: 0, entry };
    reader.read(at);
    reader.entry.problems.sort_by_key(|problem| problem.range.start);
    reader.entry
}

impl Reader<'_> {
    fn read(&mut self, at: usize) {
        let (mut has_intent, mut has_examples, mut is_other) = (false, false, false);
        let mut goes_on = false;
        while let Some(line) = self.lines.get(self.next).cloned() {
            self.next += 1;
            if line.is_bare(self.src) || (goes_on && line.column > self.entry.keys) {
                continue;
            }
            // The list of a member may stand in the column of its key.
            if goes_on && line.column == self.entry.keys && line.is_element(self.src) {
                continue;
            }
            let Some((key, value)) = line.member(self.src).filter(|_| line.column == self.entry.keys) else {
                self.problem(line.content, phrase!("rasa-line"));
                continue;
            };
            let is_twice = (key == b"intent" && has_intent) || (key == b"examples" && has_examples);
            goes_on = is_twice || !matches!(key, b"intent" | b"examples");
            match key {
                _ if is_twice => self.problem(line.content, phrase!("rasa-key-twice", name = text_of(key))),
                b"intent" => {
                    has_intent = true;
                    self.entry.intent = scalar(&self.src[value.clone()]);
                    self.entry.name = value;
                    if self.entry.intent.is_none() {
                        self.problem(line.content, phrase!("rasa-intent"));
                    }
                }
                b"examples" => {
                    has_examples = true;
                    self.examples(&line, value);
                }
                other => is_other |= OTHERS.contains(&other),
            }
        }
        let place = Line::at(self.src, at).content;
        match (has_intent, has_examples) {
            (true, false) => self.problem(place, phrase!("rasa-no-examples")),
            (false, _) if is_other => {
                self.entry.examples.clear();
                self.entry.problems.clear();
            }
            (false, _) => self.problem(place, phrase!("rasa-no-intent")),
            (true, true) => {}
        }
    }

    fn problem(&mut self, range: Range<usize>, message: catalogue::Phrase) {
        self.entry.problems.push(Problem::new(range, message));
    }

    fn examples(&mut self, line: &Line, value: Range<usize>) {
        if value.is_empty() {
            self.list();
            return;
        }
        let Some(indent) = block_header(&self.src[value.clone()]) else {
            let found = text_of(&self.src[value.clone()]);
            self.problem(value, phrase!("rasa-examples", found));
            return;
        };
        let examples = self.block(line.column, indent);
        let column = examples.first().map_or(line.column + indent.unwrap_or(2), |first| first.column);
        self.entry.room = Some(Room { place: examples.last().unwrap_or(line).next, column });
        for line in examples {
            match self.src[line.content.start] {
                b'-' if line.column == column => self.example(line.content),
                _ => self.problem(line.content, phrase!("rasa-no-dash")),
            }
        }
    }

    fn example(&mut self, range: Range<usize>) {
        let (_, text) = parts(self.src, range.start);
        match text.is_empty() {
            true => self.problem(range, phrase!("rasa-empty")),
            false => self.entry.examples.push(range),
        }
    }

    /// The lines of a block that are not blank; `key`: the column of the key whose value it is.
    fn block(&mut self, key: usize, indent: Option<usize>) -> Vec<Line> {
        let mut column = indent.map(|indent| key + indent);
        let mut block = Vec::new();
        while let Some(line) = self.lines.get(self.next) {
            if !line.content.is_empty() {
                let least = *column.get_or_insert(line.column.max(key + 1));
                if line.column < least {
                    break;
                }
                block.push(line.clone());
            }
            self.next += 1;
        }
        block
    }

    /// Examples with members of their own: `- text: |`, and below it one example.
    fn list(&mut self) {
        let mut keys = None;
        while let Some(line) = self.lines.get(self.next).cloned() {
            let is_element = line.is_element(self.src);
            if !(line.is_bare(self.src) || line.column > self.entry.keys || is_element) {
                return;
            }
            self.next += 1;
            let line = if is_element { line.element(self.src) } else { line };
            if is_element {
                keys = Some(line.column);
            }
            let member = line.member(self.src).filter(|_| keys == Some(line.column));
            match member {
                Some((b"text", value)) => match block_header(&self.src[value.clone()]) {
                    Some(indent) => self.text(&line, indent),
                    None => self.problem(line.content, phrase!("rasa-text")),
                },
                None if is_element && !line.is_bare(self.src) => self.problem(line.content, phrase!("rasa-text")),
                _ => {}
            }
        }
    }

    fn text(&mut self, line: &Line, indent: Option<usize>) {
        match &self.block(line.column, indent)[..] {
            [only] => self.example(only.content.clone()),
            _ => self.problem(line.content.clone(), phrase!("rasa-text")),
        }
    }
}

/// The entry of which the first example starts at `at`.
pub(super) fn entry_of_first(src: &[u8], at: usize) -> Option<Entry> {
    let start_of = |at: usize| src[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut start = start_of(at);
    let own = Line::at(src, start);
    while start > 0 {
        start = start_of(start - 1);
        let line = Line::at(src, start);
        if !line.is_bare(src) && line.is_element(src) {
            let entry = (line.column < own.column).then(|| entry(src, start))?;
            return Some(entry).filter(|entry| entry.examples.first().is_some_and(|first| first.start == at));
        }
    }
    None
}

/// The example that starts at `at`, from its dash on, and its text.
pub(super) fn parts(src: &[u8], at: usize) -> (Range<usize>, Range<usize>) {
    let end = at + src[at..line(src, at).0].trim_ascii_end().len();
    let behind = at + usize::from(src.get(at) == Some(&b'-'));
    let start = end - src[behind.min(end)..end].trim_ascii_start().len();
    (at..end, start..end)
}
