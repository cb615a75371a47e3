//! A JSON array of objects, pretty-printed or on one line.
//!
//! An item is an element with the blanks before it and the comma behind it. When an element cannot be read, reading goes
//! on at the next one: for an element that starts on a line of its own, at the next `{` or `]` that starts a line and is
//! indented no deeper; otherwise behind the next `}`, comma, `{`. A `]` that something follows is reported and ignored, so
//! that a stray one does not hide the rows behind it.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{Item, State, Style, Syntax, Value, bom, json_members, json_row::ObjectReader, scan::Scanner};
use crate::{Mention, Problem, Schema, TextEdit, label::Wanted, text_map::Piece};

/// Behind the `[`: an element or the end may follow.
const OPEN: State = State(2);
/// Behind an element: a comma was expected and is not there, so the end should come.
const CLOSE: State = State(3);
/// Behind the closing `]`, or where nothing was opened.
const DONE: State = State(4);

/// No word of JSON is longer; what an error saw may reach this far behind its place.
const LOOKAHEAD: usize = 12;

pub(super) struct JsonArray<'s> {
    objects: ObjectReader<'s>,
}

impl<'s> JsonArray<'s> {
    pub(super) fn new(schema: &'s Schema) -> JsonArray<'s> {
        JsonArray { objects: ObjectReader::new(schema) }
    }

    fn element<'a>(&mut self, src: &'a [u8], at: usize, start: usize, state: State) -> Item<'a> {
        let mut item = Item::gap(at, at, State::BODY);
        let mut scanner = Scanner::new(src, start);
        let read = if src[start] == b'{' {
            self.objects.read(src, &mut scanner, &mut item.problems).map(|(range, row, left_out)| {
                (item.row, item.left_out) = (row, left_out);
                item.record = Some(range);
            })
        } else {
            scanner.value().map(|value| {
                let message = phrase!("expected-object", found = value.kind.name());
                item.problems.push(Problem::new(value.range(), message));
                item.record = Some(value.range());
                item.sound = false;
            })
        };
        if let Err(mut problem) = read {
            let looked = scanner.at + LOOKAHEAD;
            // What is blank before the place of the error does not belong to the element.
            let stop = start + src[start..scanner.at.min(src.len())].trim_ascii_end().len();
            let (end, reach, state) = recover(src, at, start, stop.max(start + 1));
            let mut record_end = start + src[start..end].trim_ascii_end().len();
            if record_end > start + 1 && src[record_end - 1] == b',' {
                record_end -= 1;
            }
            if problem.range.start >= end {
                problem.range = super::char_at(src, end, end);
            }
            item.problems = vec![problem];
            item.sound = false;
            item.record = Some(start..record_end);
            return Item { end, reach: reach.max(looked).min(src.len() + 1), state, ..item };
        }
        if state == CLOSE {
            item.problems.insert(0, Problem::new(start..start + 1, phrase!("comma-between-elements")));
        }
        let next = skip_blanks(src, scanner.at);
        let (end, reach, state) = match src.get(next) {
            Some(b',') => (next + 1, next + 1, State::BODY),
            _ => (next, next + 1, CLOSE),
        };
        Item { end, reach, state, ..item }
    }
}

impl Syntax for JsonArray<'_> {
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a> {
        let start = skip_blanks(src, if state == State::START { at + bom(&src[at..]) } else { at });
        let mut item = match (src.get(start), state) {
            (None, State::START) => Item::gap(src.len(), src.len() + 1, DONE),
            (None, _) => Item::gap(src.len(), src.len() + 1, state),
            (Some(b'['), State::START) => Item::gap(start + 1, start + 1, OPEN),
            (Some(_), State::START | DONE) => {
                let problem = Problem::new(super::char_at(src, start, src.len()), phrase!("expected-array"));
                Item { problems: vec![problem], ..Item::gap(src.len(), src.len() + 1, DONE) }
            }
            (Some(b']'), _) => {
                let next = skip_blanks(src, start + 1);
                let mut item = match src.get(next) {
                    None => Item::gap(next, next + 1, DONE),
                    Some(b',') => Item::gap(next + 1, next + 1, State::BODY),
                    Some(_) => Item::gap(next, next + 1, State::BODY),
                };
                if item.state != DONE {
                    item.problems.push(Problem::new(start..start + 1, phrase!("array-ends-early")));
                } else if state == State::BODY {
                    item.problems.push(Problem::new(start..start + 1, phrase!("comma-before-bracket")));
                }
                item
            }
            (Some(b','), _) => {
                let problem = Problem::new(start..start + 1, phrase!("object-before-comma"));
                Item { problems: vec![problem], ..Item::gap(start + 1, start + 1, State::BODY) }
            }
            (Some(_), _) => self.element(src, at, start, state),
        };
        if item.end == src.len() {
            item.reach = src.len() + 1;
            if item.state != DONE {
                let last = super::char_at(src, src.len(), src.len());
                item.problems.push(Problem::new(last, phrase!("array-not-closed")));
                item.problems.sort_by_key(|problem| problem.range.start);
            }
        }
        item
    }

    fn fields<'a>(&mut self, src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        ObjectReader::fields(src, at)
    }

    fn set_answer(
        &mut self,
        src: &str,
        at: usize,
        answer: Option<&Wanted>,
        style: Style,
    ) -> Result<Vec<TextEdit>, String> {
        self.objects.set_answer(src, at, answer, style)
    }

    fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>> {
        self.objects.sites(src, at)
    }

    fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        self.objects.mentions(src, at)
    }

    fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece> {
        self.objects.text_pieces(src, at)
    }

    fn add_prediction(&mut self, src: &[u8], at: usize, json: Option<&str>) -> Option<(usize, Vec<u8>)> {
        json_members::add_member(src, at, "prediction", json?)
    }
}

fn skip_blanks(src: &[u8], at: usize) -> usize {
    let mut scanner = Scanner::new(src, at);
    scanner.skip_blanks();
    scanner.at
}

/// Where an item ends whose element breaks off at `stop`, how far was looked for that, and what follows.
fn recover(src: &[u8], at: usize, start: usize, stop: usize) -> (usize, usize, State) {
    let found = match src[at..start].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(line_end) => next_on_own_line(src, start, stop, start - (at + line_end + 1)),
        None => next_behind_comma(src, stop),
    };
    if let Some(found) = found {
        return found;
    }
    // The rest of the file; a `]` at its end is taken for the array's.
    let end = src.trim_ascii_end().len();
    if end > stop && src[end - 1] == b']' {
        return (end - 1, src.len() + 1, CLOSE);
    }
    (src.len(), src.len() + 1, CLOSE)
}

fn next_on_own_line(src: &[u8], start: usize, stop: usize, indent: usize) -> Option<(usize, usize, State)> {
    let mut from = stop;
    loop {
        let line_end = from + memchr::memchr2(b'\n', b'\r', &src[from..])?;
        let first = skip_blanks(src, line_end);
        let open = *src.get(first)?;
        let line_start = line_end + src[line_end..first].iter().rposition(|byte| matches!(byte, b'\n' | b'\r'))? + 1;
        if matches!(open, b'{' | b']') && first - line_start <= indent {
            let end = start + 1 + src[start + 1..line_end].trim_ascii_end().len();
            let state = if open == b'{' { State::BODY } else { CLOSE };
            return Some((end, first + 1, state));
        }
        from = first + 1;
    }
}

fn next_behind_comma(src: &[u8], stop: usize) -> Option<(usize, usize, State)> {
    memchr::memchr_iter(b'}', &src[stop - 1..]).find_map(|brace| {
        let comma = skip_blanks(src, stop + brace);
        let open = skip_blanks(src, comma + 1);
        (src.get(comma) == Some(&b',') && src.get(open) == Some(&b'{')).then_some((comma + 1, open + 1, State::BODY))
    })
}

/// Whether the file starts like an array of objects.
pub(super) fn starts_like_array_of_objects(src: &[u8]) -> bool {
    let open = skip_blanks(src, bom(src));
    src.get(open) == Some(&b'[') && matches!(src.get(skip_blanks(src, open + 1)), Some(b'{' | b']') | None)
}
