//! Argilla: records as its Python client writes them, flat (`label.responses`) or nested (`fields`, `responses`), and those of its
//! earlier versions (`annotation`, `prediction`, `status`), also as its server sends them.
//!
//! The first response that was submitted counts; a record that was discarded is left out.

use rustc_hash::FxHashSet;

use super::{
    Fields, Json, Part, Reader, Record, Writer,
    flat::{Roles, get},
    json_lines, spans,
    values::Said,
};

const RESPONSES: &str = ".responses";

struct Row {
    line: usize,
    /// Text and others.
    fields: Fields,
    /// A question and what was answered.
    answers: Vec<(String, Json)>,
}

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut problems = Vec::new();
    let sent = crate::format::elements(reader.text, &["results", "records"], &mut problems);
    let objects = match sent {
        Some(values) => {
            reader.problems(problems);
            let mut objects = Vec::new();
            for (at, value) in values {
                if let Json::Object(fields) = value {
                    objects.push((reader.lines.of(at), fields));
                }
            }
            objects
        }
        None => reader.json_objects(),
    };
    let mut rows = Vec::new();
    for (line, fields) in objects {
        rows.extend(row(reader, line, fields));
    }
    let said = |answer: &Json| Said::of(answer, &[], &mut Vec::new());
    let questions: FxHashSet<&str> = rows
        .iter()
        .flat_map(|row| &row.answers)
        .filter(|(_, answer)| matches!(said(answer), Said::Labels(_)))
        .map(|(question, _)| &**question)
        .collect();
    let several = questions.len() > 1 && reader.options.label.is_none();
    if several {
        let message = "several questions have labels: a label is `question: answer`; --label names the one that counts";
        reader.remarks.file(Part::File, message);
    }
    let data: Vec<_> = rows.iter().map(|row| (row.line, row.fields.clone())).collect();
    let roles = Roles { said: Vec::new(), ..Roles::find(&data, reader.options.text.as_deref(), None) };
    let mut records = Vec::new();
    for row in rows {
        let Some(mut record) = roles.record(reader, row.line, row.fields) else { continue };
        let mut others = Vec::new();
        for (question, answer) in row.answers {
            if reader.options.label.as_ref().is_some_and(|wanted| *wanted != question) {
                reader.remarks.row(
                    Part::Labels,
                    row.line,
                    format!("answers to `{question}` are left out, as --label says"),
                );
                continue;
            }
            match Said::of(&answer, &reader.options.names, &mut others) {
                Said::Labels(labels) if several => {
                    labels.iter().for_each(|label| record.add_label(&format!("{question}: {label}")));
                }
                Said::Labels(labels) => labels.iter().for_each(|label| record.add_label(label)),
                Said::Spans(raw) => {
                    let spans = reader.measure(&record.text, &raw, row.line);
                    record.spans.get_or_insert_default().extend(spans);
                }
                Said::Empty if question == "spans" => {
                    record.spans.get_or_insert_default();
                }
                Said::Empty => {
                    record.labels.get_or_insert_default();
                }
                Said::Nothing => {}
                Said::Other => {
                    reader.remarks.row(
                        Part::Labels,
                        row.line,
                        format!("the answer to `{question}` is no label: left out"),
                    );
                }
            }
        }
        reader.say_others(&others);
        records.push(record);
    }
    records
}

fn row(reader: &mut Reader, line: usize, fields: Fields) -> Option<Row> {
    let mut row = Row { line, fields: Fields::new(), answers: Vec::new() };
    let mut discarded =
        get(&fields, "status").and_then(Json::as_text).is_some_and(|status| status.eq_ignore_ascii_case("discarded"));
    let statuses = fields.clone();
    for (name, value) in fields {
        match (&*name, value) {
            ("fields" | "inputs", Json::Object(texts)) => row.fields.extend(texts),
            ("responses", Json::Object(questions)) => {
                for (question, responses) in questions {
                    let values = responses.as_list().unwrap_or_default();
                    row.answers
                        .extend(values.iter().find_map(|one| one.get("value").cloned()).map(|value| (question, value)));
                }
            }
            // The server has a record's words beside it.
            ("raw_text", text @ Json::Text(_)) => row.fields.push(("text".into(), text)),
            ("annotation", annotation) => row.answers.extend(annotated(annotation)),
            (key, Json::List(values)) if key.ends_with(RESPONSES) => {
                let status = get(&statuses, &format!("{key}.status")).and_then(Json::as_list).unwrap_or_default();
                let is = |place: usize, wanted: &str| status.get(place).and_then(Json::as_text) == Some(wanted);
                discarded |= !values.is_empty() && (0..values.len()).all(|place| is(place, "discarded"));
                let submitted = (0..values.len()).find(|place| is(*place, "submitted") || status.is_empty());
                if values.iter().any(|value| Some(value) != values.first()) {
                    reader.remarks.row(Part::Labels, line, "responses differ; the first that was submitted counts");
                }
                let question = key[..key.len() - RESPONSES.len()].to_string();
                row.answers
                    .extend(submitted.and_then(|place| values.get(place).cloned()).map(|value| (question, value)));
            }
            (key, _) if key.ends_with(".responses.status") => {}
            ("prediction" | "annotation_agent" | "status", Json::Null) => {}
            ("metadata", Json::Object(empty)) if empty.is_empty() => {}
            (_, value) => row.fields.push((name, value)),
        }
    }
    if discarded {
        reader.remarks.row(Part::Row, line, "the record was discarded: left out");
        return None;
    }
    Some(row)
}

/// The annotation of an earlier version: a label, labels, `[label, start, end]` each, or an object of the server.
fn annotated(annotation: Json) -> Option<(String, Json)> {
    let question = |spans: bool| if spans { "spans".to_string() } else { "label".to_string() };
    if let Some(labels) = annotation.get("labels").and_then(Json::as_list) {
        let names = labels.iter().filter_map(|label| label.get("class").cloned()).collect();
        return Some((question(false), Json::List(names)));
    }
    if let Some(entities) = annotation.get("entities") {
        return Some((question(true), entities.clone()));
    }
    let Json::List(list) = &annotation else {
        return (annotation != Json::Null).then(|| (question(false), annotation));
    };
    let turned: Option<Vec<Json>> = list
        .iter()
        .map(|span| match span.as_list()? {
            [label @ Json::Text(_), start, end, ..] => {
                Some(Json::List(vec![start.clone(), end.clone(), label.clone()]))
            }
            _ => None,
        })
        .collect();
    Some(match turned {
        Some(spans) if !spans.is_empty() => (question(true), Json::List(spans)),
        _ => (question(false), annotation),
    })
}

pub(super) fn write(writer: &mut Writer) -> String {
    let records = &writer.dataset.records;
    let rows: Vec<Fields> = records
        .iter()
        .map(|record| {
            let mut fields = vec![("text".into(), Json::text(&record.text))];
            let mut answer = |question: &str, value: Json| {
                fields.push((format!("{question}.responses"), Json::List(vec![value])));
                fields.push((format!("{question}.responses.status"), Json::List(vec![Json::text("submitted")])));
            };
            if let Some(labels) = super::flat::labels(writer, record) {
                answer("label", labels);
            }
            if let Some(spans) = &record.spans {
                answer("spans", spans::objects(&record.text, spans, writer.options.offsets));
            }
            let taken = [
                "text",
                "label.responses",
                "label.responses.status",
                "spans.responses",
                "spans.responses.status",
                "annotation",
                "fields",
                "inputs",
                "responses",
            ];
            fields.extend(writer.rest(record, &taken));
            fields
        })
        .collect();
    json_lines(rows)
}
