//! JSON Lines: one object a line. Blank lines are skipped.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{Item, State, Style, Syntax, Value, bom, json_members, json_row::ObjectReader, line, scan::Scanner};
use crate::{Mention, Schema, TextEdit, label::Wanted, text_map::Piece};

pub(super) struct JsonLines<'s> {
    objects: ObjectReader<'s>,
}

impl<'s> JsonLines<'s> {
    pub(super) fn new(schema: &'s Schema) -> JsonLines<'s> {
        JsonLines { objects: ObjectReader::new(schema) }
    }
}

impl Syntax for JsonLines<'_> {
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a> {
        let start = if state == State::START { at + bom(&src[at..]) } else { at };
        let (content_end, end, reach) = line(src, start);
        let mut item = Item::gap(end, reach, State::BODY);
        let content = &src[..content_end];
        let mut scanner = Scanner::new(content, start);
        scanner.skip_blanks();
        if scanner.at == content_end {
            return item;
        }
        let record_start = scanner.at;
        match self.objects.read(content, &mut scanner, &mut item.problems) {
            Ok((range, row, left_out)) => {
                scanner.skip_blanks();
                item.record = Some(range);
                (item.row, item.left_out) = (row, left_out);
                if scanner.at < content_end {
                    item.sound = false;
                    item.row = None;
                    item.record = Some(record_start..trimmed(src, record_start, content_end));
                    item.problems = vec![scanner.expected(phrase!("end-of-line-after-object"))];
                }
            }
            Err(problem) => {
                item.sound = false;
                item.record = Some(record_start..trimmed(src, record_start, content_end));
                item.problems = vec![problem];
            }
        }
        item
    }

    fn fields<'a>(&mut self, src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        ObjectReader::fields(&src[..line(src, at).0], at)
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

/// The end of what is not blank.
fn trimmed(src: &[u8], start: usize, end: usize) -> usize {
    start + src[start..end].trim_ascii_end().len()
}

/// Whether the first line that is not blank holds one sound object and nothing else.
pub(super) fn starts_with_object(src: &[u8]) -> bool {
    let mut scanner = Scanner::new(src, bom(src));
    scanner.skip_blanks();
    let content_end = line(src, scanner.at).0;
    let mut scanner = Scanner::new(&src[..content_end], scanner.at);
    let sound = scanner.object(|_, _| {}).is_ok();
    scanner.skip_blanks();
    sound && scanner.at == content_end
}
