//! Hugging Face data sets as JSON Lines: labels are integers, whose names stand in the card beside the file ([`super::card`]);
//! tokens with integer tags are read, too.

use super::{Fields, Json, Part, Reader, Record, Writer, flat, flat::Roles, json_lines, spans, tags::Tagged};
use crate::Task;

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    // A file may be one object with the rows in `data`.
    let mut problems = Vec::new();
    let nested = crate::format::elements(reader.text, &["data"], &mut problems);
    let rows = match nested {
        Some(values) if values.iter().all(|(_, row)| row.as_object().is_some()) && !values.is_empty() => {
            reader.problems(problems);
            let object = |(at, row)| match row {
                Json::Object(fields) => Some((reader.lines.of(at), fields)),
                _ => None,
            };
            values.into_iter().filter_map(object).collect()
        }
        _ => reader.json_objects(),
    };
    let tags = ["ner_tags", "tags", "labels"].into_iter().find(|name| {
        rows.iter().any(|(_, fields)| {
            is_tokens(fields) && flat::get(fields, name).is_some_and(|tags| tags.as_list().is_some())
        })
    });
    if let Some(tags) = tags {
        return rows.into_iter().filter_map(|(line, fields)| tokens(reader, line, fields, tags)).collect();
    }
    let roles = Roles::find(&rows, reader.options.text.as_deref(), reader.options.label.as_deref());
    let records: Vec<_> = rows.into_iter().filter_map(|(line, fields)| roles.record(reader, line, fields)).collect();
    let numbers = records.iter().flat_map(Record::labels).any(|label| label.parse::<i64>().is_ok());
    if numbers && reader.options.names.is_empty() {
        reader.remarks.file(
            Part::File,
            "labels are numbers without names; --labels names a file that has them, such as the data set's README.md",
        );
    }
    records
}

fn is_tokens(fields: &Fields) -> bool {
    flat::get(fields, "tokens")
        .and_then(Json::as_list)
        .is_some_and(|tokens| tokens.iter().all(|token| token.as_text().is_some()))
}

/// A row of tokens and tags, which are numbers or names.
fn tokens(reader: &mut Reader, line: usize, mut fields: Fields, tags: &str) -> Option<Record> {
    let names = &reader.options.names;
    let texts: Vec<&str> = flat::get(&fields, "tokens")?.as_list()?.iter().filter_map(Json::as_text).collect();
    let name = |tag: &Json| match tag.as_integer().and_then(|index| names.get(usize::try_from(index).ok()?)) {
        Some(name) => Some(name.clone()),
        None => tag.as_text().map(String::from),
    };
    let given = flat::get(&fields, tags).and_then(Json::as_list).unwrap_or_default();
    let named: Option<Vec<String>> = given.iter().map(name).collect();
    let Some(named) = named.filter(|named| named.len() == texts.len()) else {
        reader.remarks.row(
            Part::Row,
            line,
            format!(
                "`{tags}` does not name a tag for each token; --labels names a file with the names of tags: left out"
            ),
        );
        return None;
    };
    let mut tagged = Tagged::default();
    for (token, tag) in texts.iter().zip(&named) {
        tagged.push(token, tag);
    }
    let mut record = tagged.record(line, &mut reader.remarks);
    fields.retain(|(key, _)| key != "tokens" && key != tags);
    record.rest = fields;
    Some(record)
}

pub(super) fn write(writer: &mut Writer) -> String {
    let labels = writer.dataset.labels();
    let integer = |label| Json::number(labels.iter().position(|known| known == label).unwrap_or_default());
    let multi = writer.dataset.task == Task::Multi;
    let records = &writer.dataset.records;
    let rows: Vec<Fields> = records
        .iter()
        .map(|record| {
            let mut fields = vec![("text".into(), Json::text(&record.text))];
            match &record.labels {
                Some(labels) if multi => {
                    fields.push(("label".into(), Json::List(labels.iter().map(integer).collect())))
                }
                Some(labels) => fields.extend(labels.first().map(|label| ("label".into(), integer(label)))),
                // A column of integers has no null in many loaders.
                None if !multi && !labels.is_empty() => fields.push(("label".into(), Json::Number("-1".into()))),
                None => {}
            }
            if let Some(spans) = &record.spans {
                fields.push(("spans".into(), spans::objects(&record.text, spans, writer.options.offsets)));
            }
            fields.extend(writer.rest(record, &["text", "label", "labels", "spans", "entities", "cats"]));
            fields
        })
        .collect();
    if !labels.is_empty() {
        let names: Vec<_> = labels.iter().enumerate().map(|(index, label)| format!("{index} {label}")).collect();
        writer.losses.file(Part::File, format!("labels are written as numbers: {}", names.join(", ")));
    }
    json_lines(rows)
}
