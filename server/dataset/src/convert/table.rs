//! CSV and TSV: a column of texts, a column of labels, and what else there is. Several labels stand in a cell with a
//! separator between; doccano's is `#`.

use super::{Fields, Json, Part, Reader, Record, Writer, flat::ends_in_label, lines::Lines, values};
use crate::{
    Format, Hints, Schema, Task,
    detect::{LABEL_NAMES, TEXT_NAMES, is_named},
    format::{Cells, delimiter},
};

/// Separators to choose from, where none is given: the first that stands in no label.
const SEPARATORS: [&str; 6] = ["|", ";", ",", "#", "/", " & "];

pub(super) fn read(reader: &mut Reader, delimited: Option<u8>, separator: Option<&str>) -> Result<Vec<Record>, String> {
    let source = reader.text;
    let delimited = delimited.unwrap_or_else(|| delimiter(source));
    let mut rows = Cells::new(source, delimited);
    let header: Vec<String> = match rows.next() {
        Some((_, Ok(header))) => header.iter().map(|name| name.trim().to_string()).collect(),
        Some((_, Err(why))) => return Err(format!("The header cannot be read: {why}.")),
        None => return Err("The file is empty.".into()),
    };
    let (text, label) = columns(reader, &header, delimited);
    let Some(text) = text else {
        return Err(format!(
            "No column was recognised as the text. Found `{}`; --text names one.",
            header.join("`, `")
        ));
    };
    let mut lines = Lines::new(source);
    let mut records = Vec::new();
    for (at, cells) in rows {
        let line = lines.of(at);
        let cells = match cells {
            Ok(cells) => cells,
            Err(why) => {
                reader.remarks.row(Part::Row, line, format!("{why}: left out"));
                continue;
            }
        };
        if cells.len() > header.len() {
            reader.remarks.row(
                Part::Row,
                line,
                "there are more cells than in the header: left out; a cell with a delimiter needs quotes",
            );
            continue;
        }
        let mut record = Record { line, ..Record::default() };
        for (column, cell) in cells.into_iter().enumerate() {
            if column == text {
                record.text = cell;
            } else if Some(column) == label {
                let parts: Vec<&str> = match separator {
                    Some(separator) if !separator.is_empty() => cell.split(separator).collect(),
                    _ => vec![&cell],
                };
                for part in parts {
                    if let Some(label) = values::label(part, &reader.options.names) {
                        record.add_label(&label);
                    }
                }
            } else if !cell.is_empty() {
                record.rest.push((header[column].clone(), Json::Text(cell)));
            }
        }
        if record.text.trim().is_empty() {
            reader.remarks.row(Part::Row, line, format!("there is no text in `{}`: left out", header[text]));
        } else {
            records.push(record);
        }
    }
    Ok(records)
}

/// The columns of text and label: given, well known, or found by their shape.
fn columns(reader: &mut Reader, header: &[String], delimiter: u8) -> (Option<usize>, Option<usize>) {
    let column = |name: &str| header.iter().position(|column| column == name);
    let known =
        |names: &[&str]| names.iter().find_map(|known| header.iter().position(|column| is_named(column, known)));
    let hints = Hints { text: reader.options.text.iter().cloned().collect(), ..Hints::default() };
    let shaped = || Schema::detect(reader.text, Format::Csv { delimiter }, &hints);
    let text = match &reader.options.text {
        Some(name) => column(name),
        None => known(TEXT_NAMES).or_else(|| column(shaped().text.first()?)),
    };
    let ends_so = || header.iter().position(|name| ends_in_label(name));
    let label = match &reader.options.label {
        Some(name) => column(name),
        None => {
            known(LABEL_NAMES).or_else(ends_so).or_else(|| column(&shaped().label)).filter(|label| Some(*label) != text)
        }
    };
    if let (None, Some(name)) = (label, &reader.options.label) {
        reader.remarks.file(Part::Labels, format!("there is no column `{name}`; rows are read without labels"));
    }
    (text, label)
}

pub(super) fn write(writer: &mut Writer, delimiter: u8, separator: Option<String>) -> Result<String, String> {
    let records = &writer.dataset.records;
    let labels = writer.dataset.labels();
    let holds = |separator: &str| labels.iter().any(|label| label.contains(separator));
    let several = writer.dataset.task == Task::Multi;
    // A cell may be cut at a separator that is known, even where no row has several labels.
    let cut = several || separator.is_some();
    let separator = match separator {
        Some(separator) if separator.is_empty() => return Err("The separator is empty; give one, such as `;`.".into()),
        Some(separator) => separator,
        None => SEPARATORS.into_iter().find(|separator| !holds(separator)).unwrap_or("|").to_string(),
    };
    if several {
        let message = format!(
            "several labels stand in a cell with `{separator}` between; reading them back needs --separator '{separator}'"
        );
        writer.losses.file(Part::File, message);
    }
    let mut others: Vec<&str> = Vec::new();
    let mut seen = rustc_hash::FxHashSet::default();
    for (key, _) in records.iter().flat_map(|record| &record.rest) {
        if key != "text" && key != "label" && seen.insert(&**key) {
            others.push(key);
        }
    }
    let mut out = String::new();
    row(&mut out, delimiter, ["text", "label"].into_iter().chain(others.iter().copied()));
    for record in records {
        writer.lose_spans(record);
        if record.text.trim().is_empty() {
            writer.lose(Part::Row, record, "the text is blank: left out");
            continue;
        }
        if record.labels.is_some() && record.labels().is_empty() {
            writer.blur_empty(record);
        }
        if cut && record.labels().iter().any(|label| label.contains(&separator)) {
            writer.lose(Part::Labels, record, "a label holds the separator; --separator names another");
        }
        let label = record.labels().iter().map(|label| &**label).collect::<Vec<_>>().join(&separator);
        let rest = writer.rest(record, &["text", "label"]);
        let cells: Vec<String> = others.iter().map(|name| cell(writer, record, &rest, name)).collect();
        row(&mut out, delimiter, [&*record.text, &*label].into_iter().chain(cells.iter().map(|cell| &**cell)));
    }
    Ok(out)
}

fn cell(writer: &mut Writer, record: &Record, rest: &Fields, name: &str) -> String {
    match super::flat::get(rest, name) {
        Some(Json::Text(text)) if !text.is_empty() => text.clone(),
        None => String::new(),
        Some(value) => {
            writer.lose(Part::Fields, record, "numbers, lists and objects of other fields are written as text");
            if matches!(value, Json::Null | Json::Text(_)) { String::new() } else { value.to_string() }
        }
    }
}

fn row<'c>(out: &mut String, delimiter: u8, cells: impl Iterator<Item = &'c str>) {
    let delimiter = char::from(delimiter);
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(delimiter);
        }
        if cell.contains([delimiter, '"', '\n', '\r']) || cell.starts_with('\u{feff}') {
            *out += &format!("\"{}\"", cell.replace('"', "\"\""));
        } else {
            *out += cell;
        }
    }
    out.push('\n');
}
