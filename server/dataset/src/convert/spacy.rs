//! spaCy: rows with `cats` (a number a label), and pairs of a text and its `entities` and `cats`.

use std::sync::Arc;

use super::{
    Fields, Json, Part, Reader, Record, Writer,
    flat::{Roles, get},
    json_array, json_lines, spans,
};

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    let roles = Roles { text: vec!["text".into()], said: vec!["entities".into(), "cats".into()] };
    for (line, row) in reader.json_rows() {
        let fields = match row {
            Json::List(pair) => match <[Json; 2]>::try_from(pair) {
                Ok([text @ Json::Text(_), Json::Object(said)]) => {
                    let mut fields = vec![("text".into(), text)];
                    fields.extend(said);
                    fields
                }
                _ => {
                    reader.remarks.row(Part::Row, line, "expected `[text, {...}]`: left out");
                    continue;
                }
            },
            Json::Object(fields) => fields,
            _ => {
                reader.remarks.row(Part::Row, line, "expected `[text, {...}]`: left out");
                continue;
            }
        };
        declare(reader, &fields);
        records.extend(roles.record(reader, line, fields));
    }
    records
}

pub(super) fn read_cats(reader: &mut Reader) -> Vec<Record> {
    let rows = reader.json_objects();
    rows.iter().for_each(|(_, fields)| declare(reader, fields));
    let roles = Roles::find(&rows, reader.options.text.as_deref(), reader.options.label.as_deref());
    rows.into_iter().filter_map(|(line, fields)| roles.record(reader, line, fields)).collect()
}

/// The names of all labels stand in every row.
fn declare(reader: &mut Reader, fields: &Fields) {
    for (label, _) in get(fields, "cats").and_then(Json::as_object).into_iter().flatten() {
        reader.name(label.trim());
    }
}

/// `{"refund": 1.0, "card": 0.0}`
fn cats(labels: &[Arc<str>], record: &Record) -> Json {
    let score = |label: &Arc<str>| if record.labels().contains(label) { "1.0" } else { "0.0" };
    Json::Object(labels.iter().map(|label| (label.to_string(), Json::Number(score(label).into()))).collect())
}

fn said(writer: &mut Writer, record: &Record, labels: &[Arc<str>]) -> Fields {
    let mut said = Fields::new();
    if let Some(spans) = &record.spans {
        said.push(("entities".into(), spans::triples(&record.text, spans, writer.options.offsets)));
    }
    if record.labels.is_some() {
        said.push(("cats".into(), cats(labels, record)));
    }
    said.extend(writer.rest(record, &["text", "entities", "cats", "spans", "labels"]));
    said
}

pub(super) fn write(writer: &mut Writer) -> String {
    let labels = writer.dataset.labels();
    let rows = writer
        .dataset
        .records
        .iter()
        .map(|record| Json::List(vec![Json::text(&record.text), Json::Object(said(writer, record, &labels))]));
    json_array(rows.collect::<Vec<_>>())
}

pub(super) fn write_cats(writer: &mut Writer) -> String {
    let labels = writer.dataset.labels();
    let rows = writer.dataset.records.iter().map(|record| {
        let mut fields = vec![("text".into(), Json::text(&record.text))];
        fields.extend(said(writer, record, &labels));
        fields
    });
    json_lines(rows.collect::<Vec<_>>())
}
