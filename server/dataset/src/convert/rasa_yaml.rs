//! Rasa's training data in YAML: under `nlu` an `intent` with `examples`, a block of lines that start with a dash.
//!
//! YAML is read through the events of saphyr-parser, which has lines for its errors and little beneath it.

use saphyr_parser::{Event, Parser};

use super::{Part, Reader, Record, Writer, lines::numbered, rasa};
use crate::format::intent_name;

/// Values nested deeper are refused; training data has four levels.
const MAX_DEPTH: usize = 32;

#[derive(Debug)]
struct Node {
    line: usize,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }

    fn list(&self) -> &[Node] {
        match &self.value {
            Value::List(list) => list,
            _ => &[],
        }
    }

    fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }
}

/// The first document as a tree.
fn parse(source: &str) -> Result<Option<Node>, String> {
    // What is open: a node, and in a map the key that waits for its value.
    let mut open: Vec<(Node, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(source.trim_start_matches('\u{feff}')) {
        let (event, span) =
            event.map_err(|error| format!("Line {}: this is no YAML: {}.", error.marker().line(), error.info()))?;
        let line = span.start.line();
        let node = match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if open.len() == MAX_DEPTH {
                    return Err(format!("Line {line}: values are nested deeper than {MAX_DEPTH} levels."));
                }
                let map = matches!(event, Event::MappingStart(..));
                open.push((
                    Node { line, value: if map { Value::Map(Vec::new()) } else { Value::List(Vec::new()) } },
                    None,
                ));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some((node, _)) => node,
                None => continue,
            },
            // The line of a block is that of its first content.
            Event::Scalar(text, ..) => Node { line, value: Value::Scalar(text.into_owned()) },
            Event::Alias(_) => Node { line, value: Value::Scalar(String::new()) },
            Event::DocumentEnd => return Ok(None),
            _ => continue,
        };
        let Some((parent, key)) = open.last_mut() else { return Ok(Some(node)) };
        match &mut parent.value {
            Value::List(list) => list.push(node),
            Value::Map(fields) => match (key.take(), node.value) {
                (None, Value::Scalar(name)) => *key = Some(name),
                (None, _) => *key = Some(String::new()),
                (Some(name), value) => fields.push((name, Node { line: node.line, value })),
            },
            Value::Scalar(..) => {}
        }
    }
    Ok(None)
}

pub(super) fn read(reader: &mut Reader) -> Result<Vec<Record>, String> {
    let tree = parse(reader.text)?;
    let Some(nlu) = tree.as_ref().and_then(|tree| tree.get("nlu")) else {
        return Err("There is no `nlu` in this YAML, so it is no training data of Rasa. Other YAML is not read.".into());
    };
    let mut records = Vec::new();
    for item in nlu.list() {
        let intent = item.get("intent").and_then(Node::text);
        let (Some(intent), Some(examples)) = (intent, item.get("examples")) else {
            let kind = ["synonym", "regex", "lookup"].into_iter().find(|kind| item.get(kind).is_some());
            rasa::left_out(reader, item.line, kind.unwrap_or("an item without intent and examples"));
            continue;
        };
        match &examples.value {
            Value::Scalar(block) => lines_of(reader, &mut records, intent, block, examples.line),
            Value::List(list) => {
                for example in list {
                    let text = example.get("text").unwrap_or(example);
                    if let Some(other) = ["metadata", "sentiment"].into_iter().find(|name| example.get(name).is_some())
                    {
                        reader.remarks.row(Part::Fields, example.line, format!("`{other}` of examples is left out"));
                    }
                    match text.text() {
                        Some(words) if words.trim_start().starts_with("- ") => {
                            lines_of(reader, &mut records, intent, words, text.line);
                        }
                        Some(words) => {
                            records.extend(rasa::record(reader, text.line, intent, &words.replace('\n', " ")))
                        }
                        None => reader.remarks.row(Part::Row, text.line, "the example has no text: left out"),
                    }
                }
            }
            Value::Map(_) => reader.remarks.row(Part::Row, examples.line, "expected examples, a line each: left out"),
        }
    }
    Ok(rasa::finish(records))
}

/// The examples of a block: its lines that start with a dash.
fn lines_of(reader: &mut Reader, records: &mut Vec<Record>, intent: &str, block: &str, first: usize) {
    for (index, content) in numbered(block) {
        let (line, content) = (first + index - 1, content.trim());
        match content.strip_prefix('-') {
            Some(example) => records.extend(rasa::record(reader, line, intent, example)),
            None if content.is_empty() => {}
            None => reader.remarks.row(Part::Row, line, "an example starts with a dash: left out"),
        }
    }
}

pub(super) fn write(writer: &mut Writer) -> String {
    let mut out = String::from("version: \"3.1\"\nnlu:\n");
    for (intent, examples) in rasa::intents(writer) {
        out += &format!("- intent: {}\n  examples: |\n", intent_name(&intent));
        for example in examples {
            out += &format!("    - {example}\n");
        }
    }
    out
}
