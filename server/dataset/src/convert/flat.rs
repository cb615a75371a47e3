//! Rows of JSON with a field for the text and fields for what was said of it: Gloss's own JSON Lines, and many others'.
//!
//! Which fields those are is found out from the first rows: well-known names, then the shape of the values.

use super::{
    Fields, Json, Part, Reader, Record, Writer, json_lines,
    spans::{self, RawSpan},
    values::Said,
};
use crate::{
    Offsets,
    detect::{LABEL_NAMES, TEXT_NAMES, is_named},
};

/// At most this many rows are looked at to find out about fields.
const SAMPLE: usize = 300;
/// Fields that hold what was said beside the field of the label.
const BESIDE: [&str; 4] = ["spans", "entities", "cats", "labels"];

/// In the order of [`Reader::faults`].
const UNITS: [Offsets; 3] = [Offsets::CodePoints, Offsets::Utf16, Offsets::Bytes];

/// Which fields are which.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    pub(super) text: Vec<String>,
    pub(super) said: Vec<String>,
}

impl Roles {
    pub(super) fn find(rows: &[(usize, Fields)], text: Option<&str>, label: Option<&str>) -> Roles {
        let rows = &rows[..rows.len().min(SAMPLE)];
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in rows.iter().flat_map(|(_, fields)| fields) {
            if names.len() < 256 && !names.contains(&&**name) {
                names.push(name);
            }
        }
        let holds_text = |name: &&&str| {
            let texts = values(rows, name).filter(|value| text_of(value).is_some()).count();
            texts > 0 && 2 * texts >= values(rows, name).filter(|value| **value != Json::Null).count()
        };
        let known = |known: &&str| -> Option<Vec<String>> {
            let part =
                |part| names.iter().filter(holds_text).find(|name| is_named(name, part)).map(ToString::to_string);
            known.split('+').map(part).collect()
        };
        let text: Vec<String> = match text {
            Some(text) => vec![text.into()],
            None => TEXT_NAMES
                .iter()
                .find_map(known)
                .unwrap_or_else(|| longest(&names, rows).or_else(|| only(&names, rows)).into_iter().collect()),
        };
        let candidates = || names.iter().filter(|name| !text.iter().any(|text| text == *name));
        let holds_labels = |name: &&&str| {
            let said = values(rows, name).map(|value| Said::of(value, &[], &mut Vec::new()));
            let (mut fits, mut wrong) = (0, 0);
            for said in said {
                fits += usize::from(!matches!(said, Said::Other | Said::Nothing));
                wrong += usize::from(said == Said::Other);
            }
            wrong <= fits
        };
        let mut said: Vec<String> = match label {
            Some(label) => vec![label.into()],
            None => {
                let named = |known: &&str| candidates().filter(holds_labels).find(|name| is_named(name, known));
                let found = LABEL_NAMES.iter().find_map(named);
                found
                    .or_else(|| candidates().filter(holds_labels).find(|name| ends_in_label(name)))
                    .map(ToString::to_string)
                    .into_iter()
                    .collect()
            }
        };
        // A word of both kinds has been chosen above already.
        let beside = candidates().filter(|name| BESIDE.contains(*name) && holds_labels(name));
        let beside: Vec<_> =
            beside.filter(|name| !said.iter().any(|said| said == *name)).map(ToString::to_string).collect();
        said.extend(beside);
        Roles { text, said }
    }

    /// A record of these fields; `Err` says why it is none.
    pub(super) fn record(&self, reader: &mut Reader, line: usize, fields: Fields) -> Option<Record> {
        let mut parts: Vec<(usize, String)> = Vec::new();
        let mut record = Record { line, ..Record::default() };
        let mut raw: Option<Vec<RawSpan>> = None;
        let mut others = Vec::new();
        for (name, value) in fields {
            if let Some(place) = self.text.iter().position(|text| *text == name) {
                match text_of(&value) {
                    Some(text) if !text.trim().is_empty() => parts.push((place, text)),
                    _ => {}
                }
                continue;
            }
            if !self.said.contains(&name) {
                record.rest.push((name, value));
                continue;
            }
            match Said::of(&value, &reader.options.names, &mut others) {
                Said::Nothing => {}
                Said::Empty if name == "spans" || name == "entities" => {
                    raw.get_or_insert_default();
                }
                Said::Empty => {
                    record.labels.get_or_insert_default();
                }
                Said::Labels(labels) => labels.iter().for_each(|label| record.add_label(label)),
                Said::Spans(spans) => raw.get_or_insert_default().extend(spans),
                Said::Other => {
                    reader.remarks.row(Part::Labels, line, format!("`{name}` holds no label that can be read"));
                    record.rest.push((name, value));
                }
            }
        }
        if let [first, .., last] = &self.text[..] {
            reader.remarks.once(
                Part::File,
                format!("the text is made of the fields `{first}` to `{last}`, joined by line breaks"),
            );
        }
        parts.sort();
        record.text = parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
        if record.text.is_empty() {
            let why = match &self.text[..] {
                [] => "no field was recognised as the text; --text names one".into(),
                wanted => format!("there is no text in `{}`: left out", wanted.join("`, `")),
            };
            reader.remarks.row(Part::Row, line, why);
            return None;
        }
        if let Some(raw) = raw {
            record.spans = Some(reader.measure(&record.text, &raw, line));
        }
        reader.say_others(&others);
        Some(record)
    }
}

impl Reader<'_> {
    pub(super) fn measure(&mut self, text: &str, raw: &[RawSpan], line: usize) -> Vec<crate::Span> {
        if !text.is_ascii() {
            for (place, offsets) in UNITS.into_iter().enumerate() {
                self.faults[place] += spans::faults(text, raw, offsets);
            }
        }
        spans::measure(text, raw, self.options.offsets, line, &mut self.remarks)
    }

    /// Where offsets are wrong that would be right in other units, that is said.
    pub(super) fn say_units(&mut self) {
        let of =
            |offsets: Offsets| UNITS.iter().position(|unit| *unit == offsets).map_or(0, |place| self.faults[place]);
        let now = of(self.options.offsets);
        let better = UNITS.into_iter().find(|unit| now > 0 && of(*unit) == 0);
        if let Some(better) = better {
            let message =
                format!("offsets look as if they counted {0}: --offsets {0} makes all of them right", better.name());
            self.remarks.file(Part::File, message);
        }
    }

    /// Says what spans hold besides what a record has, once a name.
    pub(super) fn say_others(&mut self, others: &[String]) {
        for other in others {
            self.remarks
                .once(Part::File, format!("`{other}` of spans is left out; a span has a start, an end and a label"));
        }
    }
}

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let rows = reader.json_objects();
    let roles = Roles::find(&rows, reader.options.text.as_deref(), reader.options.label.as_deref());
    rows.into_iter().filter_map(|(line, fields)| roles.record(reader, line, fields)).collect()
}

pub(super) fn write(writer: &mut Writer) -> String {
    let records = &writer.dataset.records;
    json_lines(
        records
            .iter()
            .map(|record| {
                let mut fields = vec![("text".into(), Json::text(&record.text))];
                if let Some(labels) = labels(writer, record) {
                    fields.push(("label".into(), labels));
                }
                if let Some(spans) = &record.spans {
                    fields.push(("spans".into(), spans::objects(&record.text, spans, writer.options.offsets)));
                }
                fields.extend(writer.rest(record, &["text", "label", "labels", "spans", "entities", "cats"]));
                fields
            })
            .collect::<Vec<_>>(),
    )
}

/// One label, or a list of them where the data set is one of several.
pub(super) fn labels(writer: &Writer, record: &Record) -> Option<Json> {
    let labels = record.labels.as_ref()?;
    Some(match &labels[..] {
        [label] if writer.dataset.task != crate::Task::Multi => Json::text(&**label),
        labels => Json::List(labels.iter().map(|label| Json::text(&**label)).collect()),
    })
}

fn values<'r>(rows: &'r [(usize, Fields)], name: &str) -> impl Iterator<Item = &'r Json> {
    rows.iter().filter_map(move |(_, fields)| get(fields, name))
}

pub(super) fn get<'a>(fields: &'a Fields, name: &str) -> Option<&'a Json> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// A text, or a list of texts as lines.
pub(super) fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::Text(text) => Some(text.clone()),
        Json::List(list) if !list.is_empty() => {
            let texts: Option<Vec<_>> = list.iter().map(Json::as_text).collect();
            texts.map(|texts| texts.join("\n"))
        }
        _ => None,
    }
}

/// The field whose texts are the longest, if they are like prose: of several words, and nearly all different.
fn longest(names: &[&str], rows: &[(usize, Fields)]) -> Option<String> {
    let mean = |name: &&&str| {
        let texts: Vec<&str> = rows.iter().filter_map(|(_, fields)| get(fields, name)?.as_text()).collect();
        let wordy = texts.iter().filter(|text| text.trim().contains(char::is_whitespace) || !text.is_ascii()).count();
        let distinct = texts.iter().collect::<rustc_hash::FxHashSet<_>>().len();
        let like = !texts.is_empty() && 10 * wordy >= 8 * texts.len() && 10 * distinct >= 8 * texts.len();
        like.then(|| texts.iter().map(|text| text.chars().count()).sum::<usize>() / texts.len())
    };
    let shaped = names.iter().rev().filter(|name| !names_label(name)).filter_map(|name| Some((mean(&name)?, name)));
    shaped.max_by_key(|(mean, _)| *mean).map(|(_, name)| name.to_string())
}

/// The only field of texts, if they are no addresses.
fn only(names: &[&str], rows: &[(usize, Fields)]) -> Option<String> {
    let texts = |name: &&&str| {
        let mut found = values(rows, name).peekable();
        let plain = |text: &str| !text.contains("://") && !text.starts_with('/');
        found.peek().is_some() && found.all(|value| value.as_text().is_some_and(plain))
    };
    let mut fields = names.iter().filter(|name| !names_label(name)).filter(texts);
    let first = fields.next()?;
    fields.next().is_none().then(|| first.to_string())
}

fn names_label(name: &str) -> bool {
    ends_in_label(name) || LABEL_NAMES.iter().any(|known| is_named(name, known))
}

/// `my_label`, `Labels`
pub(super) fn ends_in_label(name: &str) -> bool {
    name.to_lowercase().trim_end_matches('s').ends_with("label")
}
