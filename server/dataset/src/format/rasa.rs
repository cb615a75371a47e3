//! Rasa's training data in YAML: under `nlu` an `intent` with `examples`, a literal block with a dash before each.
//!
//! An example is a row. Its label is the intent, which stands once for all of the block: another label moves the line to the block
//! of that intent. Or its entities are spans, marked in the text itself. An entry is one item, so that each row is read with its intent.

mod entry;
mod marks;

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use self::{
    entry::{Entry, Line, entry, entry_of_first, parts},
    marks::marked,
};
use super::{Item, Json, Record, State, Style, Syntax, Value, bom, rasa_markup, text_of};
use crate::{
    Mention, Problem, Schema, Task, TextEdit,
    label::{self, Label, Part, Wanted, Written},
    mention::Form,
    text_map::Piece,
};

/// The intent of examples that nobody has labelled.
pub(crate) const NO_INTENT: &str = "unlabelled";

/// Intents that are several are joined by it.
const JOINT: &str = "+";

/// Outside and inside of the list under `nlu`.
const OUTSIDE: State = State(2);
const INSIDE: State = State(3);

pub(super) struct Rasa<'s> {
    schema: &'s Schema,
}

impl<'s> Rasa<'s> {
    pub(super) fn new(schema: &'s Schema) -> Rasa<'s> {
        Rasa { schema }
    }

    /// The row of the example at `at`.
    fn record<'a>(
        &self,
        src: &'a [u8],
        at: usize,
        intent: Option<&str>,
        problems: &mut Vec<Problem>,
    ) -> (Range<usize>, Record<'a>) {
        let (range, text_range) = parts(src, at);
        let source = text_of(&src[text_range.clone()]);
        let (text, label) = if self.schema.task == Task::Spans {
            let example = rasa_markup::parse(&source);
            let label = self.spans(&example, text_range.start, problems);
            (example.text.into(), label)
        } else {
            let text = if source.contains('[') { rasa_markup::parse(&source).text.into() } else { source };
            (text, intent.map_or(Label::Invalid, |intent| self.intent(intent)))
        };
        let label_range = match &label {
            Label::Spans(..) => text_range.clone(),
            _ => range.start..range.start,
        };
        (range, Record { text, text_range, label, label_range })
    }

    fn intent<'a>(&self, intent: &str) -> Label<'a> {
        let (intent, names) = (Cow::Owned(intent.to_owned()), &self.schema.labels);
        let label = match self.schema.task {
            Task::Multi => label::separated(intent, JOINT, names),
            _ => label::read(intent, Written::Text, names),
        };
        // It does not stand in the row.
        match label {
            Label::Given(label, _) => Label::Given(label, Written::Missing),
            Label::Set(labels, _) => Label::Set(labels, Written::Missing),
            _ => Label::None(Written::Missing),
        }
    }

    fn spans<'a>(&self, example: &rasa_markup::Example, base: usize, problems: &mut Vec<Problem>) -> Label<'a> {
        if example.entities.is_empty() && self.schema.empty_is_unlabelled {
            return Label::None(Written::Missing);
        }
        let mut spans = Vec::new();
        for entity in &example.entities {
            let (start, end) = (entity.start, entity.start + entity.covered.len());
            for (label, name) in &entity.labels {
                if label::is_unlabelled(label) {
                    let place = base + name.start..base + name.end;
                    problems.push(Problem::new(place, phrase!("span-without-label")));
                    return Label::Invalid;
                }
                spans.push(Part { start, end, label: label.clone().into() });
            }
        }
        Label::Spans(spans, Written::Text)
    }

    /// Moves the line of the example to the end of an intent's block, or of a new one behind all others.
    fn moved(&self, src: &str, at: usize, answer: Option<&Wanted>) -> Result<Vec<TextEdit>, String> {
        let joined;
        let intent: &str = match answer {
            None => NO_INTENT,
            Some(Wanted::One(spelled)) => {
                joined = spelled.bare();
                &joined
            }
            Some(Wanted::Set(labels)) => {
                joined = label::joined(labels, JOINT)?.into();
                &joined
            }
            Some(Wanted::Spans(_)) => return Err("This file holds intents here, no spans.".into()),
        };
        let bytes = src.as_bytes();
        let entries = entries(bytes);
        let is_it = |entry: &&Entry| entry.intent.as_ref().is_some_and(|name| name.trim() == intent);
        let own = entries.iter().find(|entry| entry.examples.iter().any(|example| example.start == at));
        let Some(own) = own else { return Err("The row is not there any more.".into()) };
        if is_it(&own) {
            return Ok(Vec::new());
        }
        let Some(own_room) = own.room else {
            return Err("The example has fields of its own. Move it to the other intent by hand.".into());
        };
        if !own.problems.is_empty() {
            return Err("Something is wrong with the examples of the intent. Mend that first.".into());
        }
        let (range, _) = parts(bytes, at);
        let line_start = bytes[..at].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
        let gone = line_start..Line::at(bytes, at).next;
        let line_end = if src.contains("\r\n") { "\r\n" } else { "\n" };
        let example = &src[range];
        let blanks = |count: usize| " ".repeat(count);
        let is_sound = |entry: &&Entry| entry.problems.is_empty();
        let room = entries.iter().filter(is_it).filter(is_sound).find_map(|entry| entry.room);
        let (place, lines) = match room {
            Some(room) => (room.place, format!("{}{example}", blanks(room.column))),
            None => {
                let place = entries.iter().map(|entry| entry.filled).max().unwrap_or(src.len());
                let (dash, keys) = (blanks(own.dash), blanks(own.keys));
                let (gap, column) = (blanks(own.keys - own.dash - 1), blanks(own_room.column));
                let name = intent_name(intent);
                let head = format!("{dash}-{gap}intent: {name}{line_end}{keys}examples: |{line_end}");
                (place, format!("{head}{column}{example}"))
            }
        };
        // The last line may have no end.
        let is_open = place == src.len() && !src.ends_with(['\n', '\r']) && gone.end != place;
        let text = if is_open { format!("{line_end}{lines}") } else { format!("{lines}{line_end}") };
        Ok(vec![TextEdit { range: gone, text: String::new() }, TextEdit { range: place..place, text }])
    }
}

/// The entries under `nlu`, in the order of the file.
fn entries(src: &[u8]) -> Vec<Entry> {
    let (mut at, mut state, mut entries) = (0, State::START, Vec::new());
    while at < src.len() {
        let step = step(src, at, state);
        (at, state) = (step.end, step.state);
        entries.extend(step.entry);
    }
    entries
}

/// A line, or an entry of several.
struct Step {
    end: usize,
    reach: usize,
    state: State,
    entry: Option<Entry>,
    problem: Option<Problem>,
}

fn step(src: &[u8], at: usize, state: State) -> Step {
    let start = if state == State::START { at + bom(&src[at..]) } else { at };
    let is_inside = state == INSIDE;
    let line = Line::at(src, start);
    if is_inside && line.is_element(src) {
        let entry = entry(src, start);
        return Step { end: entry.end, reach: entry.reach, state: INSIDE, entry: Some(entry), problem: None };
    }
    let reach = if line.next == src.len() { src.len() + 1 } else { line.next + 1 };
    let mut step = Step { end: line.next.max(at + 1).min(src.len()), reach, state, entry: None, problem: None };
    let bytes = line.bytes(src);
    let key = bytes.iter().position(|byte| *byte == b':').filter(|_| line.column == 0);
    let key = key.filter(|colon| matches!(bytes[colon + 1..], [] | [b' ' | b'\t', ..]));
    step.state = if is_inside { INSIDE } else { OUTSIDE };
    match key.map(|colon| (bytes[..colon].trim_ascii(), bytes[colon + 1..].trim_ascii_start())) {
        _ if line.is_bare(src) => {}
        Some((b"nlu", [] | [b'#', ..])) => step.state = INSIDE,
        Some((b"nlu", _)) => step.problem = Some(Problem::new(line.content, phrase!("rasa-nlu"))),
        Some(_) => step.state = OUTSIDE,
        None if matches!(bytes, b"---" | b"...") => step.state = OUTSIDE,
        None if is_inside => step.problem = Some(Problem::new(line.content, phrase!("rasa-line"))),
        None => {}
    }
    step
}

/// Whether an intent stands under `nlu`.
pub(super) fn has_intents(src: &[u8]) -> bool {
    let (mut at, mut state) = (0, State::START);
    while at < src.len() {
        let step = step(src, at, state);
        if step.entry.is_some_and(|entry| entry.intent.is_some()) {
            return true;
        }
        (at, state) = (step.end, step.state);
    }
    false
}

/// In quotes where it could be read as anything but this name.
pub(crate) fn intent_name(intent: &str) -> String {
    let plain = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '/' | '+' | '.');
    let word = intent.chars().all(plain) && intent.starts_with(char::is_alphabetic);
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if word && !reserved.contains(&&*intent.to_lowercase()) { intent.into() } else { Json::text(intent).to_string() }
}

/// How many bytes a plain or single-quoted name takes at the start of what was found; 0: it is written in another way.
fn scalar_len(found: &str, name: &str) -> usize {
    let quoted = format!("'{name}'");
    [name, &quoted].into_iter().find(|written| found.starts_with(written)).map_or(0, str::len)
}

impl Syntax for Rasa<'_> {
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a> {
        if state == State::BODY {
            let mut problems = Vec::new();
            let (range, record) = self.record(src, at, None, &mut problems);
            let end = Line::at(src, at).next;
            return Item { record: Some(range), row: Some(record), problems, ..Item::gap(end, end, INSIDE) };
        }
        let step = step(src, at, state);
        let mut item = Item::gap(step.end, step.reach, step.state);
        item.problems.extend(step.problem);
        let Some(entry) = step.entry else { return item };
        item.problems.extend(entry.problems);
        let intent = entry.intent.as_deref();
        let mut records =
            entry.examples.iter().map(|example| self.record(src, example.start, intent, &mut item.problems));
        if let Some((range, record)) = records.next() {
            (item.record, item.row) = (Some(range), Some(record));
            item.more = records.collect();
        }
        item.problems.sort_by_key(|problem| problem.range.start);
        item
    }

    /// They are always the same.
    fn fields<'a>(&mut self, _: &'a [u8], _: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        Vec::new()
    }

    fn set_answer(&mut self, src: &str, at: usize, answer: Option<&Wanted>, _: Style) -> Result<Vec<TextEdit>, String> {
        if self.schema.task != Task::Spans {
            return self.moved(src, at, answer);
        }
        match answer {
            Some(Wanted::Spans(spans)) => marked(src, at, spans),
            None if self.schema.empty_is_unlabelled => marked(src, at, &[]),
            _ => Err(
                "An example without entities says that there are none, unless gloss.toml has empty = \"unlabelled\"."
                    .into(),
            ),
        }
    }

    fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>> {
        // Intents do not stand in the row.
        if self.schema.task != Task::Spans {
            return Vec::new();
        }
        let (_, text) = parts(src, at);
        let place = |name: &Range<usize>| text.start + name.start..text.start + name.end;
        let example = rasa_markup::parse(&text_of(&src[text.clone()]));
        example.entities.iter().flat_map(|entity| &entity.labels).map(|(_, name)| place(name)).collect()
    }

    /// An intent is named once for all of its examples: in the row of the first one.
    fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        if self.schema.task == Task::Spans {
            let (_, text) = parts(src, at);
            let example = rasa_markup::parse(&text_of(&src[text.clone()]));
            let labels = example.entities.into_iter().flat_map(|entity| entity.labels);
            let mention = |(label, name): (String, Range<usize>)| {
                let range = text.start + name.start..text.start + name.end;
                // In an object it is a string.
                let (range, form) = match src[range.clone()] {
                    [b'"', .., b'"'] => (range.start + 1..range.end - 1, Form::Quoted),
                    _ => (range, Form::Word),
                };
                Mention { range, label: label.into(), is_given: true, form }
            };
            return labels.map(mention).collect();
        }
        let Some(entry) = entry_of_first(src, at) else { return Vec::new() };
        let (name, range) = (entry.intent.unwrap_or_default(), entry.name);
        let found = text_of(&src[range.clone()]);
        let (range, form) = match found.strip_prefix('"') {
            // Without a comment behind it, or escapes in it.
            Some(rest) if rest.strip_suffix('"') == Some(&name) => (range.start + 1..range.end - 1, Form::Quoted),
            _ => (range.start..range.start + scalar_len(&found, &name), Form::Scalar),
        };
        if range.is_empty() || self.schema.task == Task::Multi {
            return Vec::new();
        }
        vec![Mention { range, label: name.trim().into(), is_given: true, form }]
    }

    fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece> {
        let (_, text) = parts(src, at);
        rasa_markup::parse(&text_of(&src[text.clone()])).pieces(text.start, text.len())
    }

    /// An example has no place for what is said of it.
    fn add_prediction(&mut self, _: &[u8], _: usize, _: Option<&str>) -> Option<(usize, Vec<u8>)> {
        None
    }
}
