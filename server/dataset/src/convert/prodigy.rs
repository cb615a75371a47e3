//! Prodigy: a task a line. `answer` says whether a person took it (`accept`), refused it (`reject`) or skipped it
//! (`ignore`); `accept` lists the choices; `label` is that of the whole text; `spans` are its parts.
//!
//! What must stay true: a row that was refused or skipped is no example of its label: it is left out, and counted.

use super::{
    Fields, Json, Part, Reader, Record, Writer,
    flat::{self, Roles},
    json_lines, spans,
};
use crate::Task;

const TAKEN: [&str; 7] = ["text", "label", "spans", "accept", "options", "answer", "_view_id"];

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut rows = reader.json_objects();
    rows.retain_mut(|(line, fields)| {
        let answer = take(fields, "answer");
        let refused = match answer.as_ref().and_then(Json::as_text) {
            Some("reject") => "the answer is `reject`: left out",
            Some("ignore") => "the answer is `ignore`: left out",
            _ => {
                accepted_spans(reader, *line, fields);
                name_options(reader, fields);
                return true;
            }
        };
        reader.remarks.row(Part::Row, *line, refused);
        false
    });
    // Prodigy names its fields itself; others are found out.
    let has = |name: &str| rows.iter().any(|(_, fields)| flat::get(fields, name).is_some());
    let said = ["accept", "label", "spans"].into_iter().filter(|name| has(name)).map(String::from).collect();
    let roles = match (has("text"), &reader.options.text, &reader.options.label) {
        (true, None, None) => Roles { text: vec!["text".into()], said },
        (_, text, label) => Roles::find(&rows, text.as_deref(), label.as_deref()),
    };
    rows.into_iter().filter_map(|(line, fields)| roles.record(reader, line, fields)).collect()
}

fn take(fields: &mut Fields, name: &str) -> Option<Json> {
    let at = fields.iter().position(|(key, _)| key == name)?;
    Some(fields.remove(at).1)
}

/// Options that say no more than their names are written anew from these.
fn name_options(reader: &mut Reader, fields: &mut Fields) {
    let Some(at) = fields.iter().position(|(key, _)| key == "options") else { return };
    let Some(options) = fields[at].1.as_list() else { return };
    let plain = |option: &Json| {
        let (id, text) = (option.get("id")?.as_text()?, option.get("text")?.as_text()?);
        (id == text && option.as_object()?.len() == 2).then(|| id.to_string())
    };
    if let Some(names) = options.iter().map(plain).collect::<Option<Vec<_>>>() {
        names.iter().for_each(|name| reader.name(name));
        fields.remove(at);
    }
}

/// Single spans may have been refused.
fn accepted_spans(reader: &mut Reader, line: usize, fields: &mut Fields) {
    let Some((_, Json::List(spans))) = fields.iter_mut().find(|(key, _)| key == "spans") else { return };
    let all = spans.len();
    spans.retain(|span| !matches!(span.get("answer").and_then(Json::as_text), Some("reject" | "ignore")));
    if spans.len() < all {
        reader.remarks.row(Part::Spans, line, "spans with the answer `reject` or `ignore` are left out");
    }
}

pub(super) fn write(writer: &mut Writer) -> String {
    let records = &writer.dataset.records;
    let option = |label| Json::Object(vec![("id".into(), Json::text(label)), ("text".into(), Json::text(label))]);
    let options = Json::List(writer.dataset.labels().iter().map(|label| option(&**label)).collect());
    let rows = records.iter().map(|record| {
        let mut fields = vec![("text".into(), Json::text(&record.text))];
        if let Some(spans) = &record.spans {
            fields.push(("spans".into(), spans::objects(&record.text, spans, writer.options.offsets)));
        }
        if writer.dataset.task == Task::Multi {
            // The options are kept as they were, if they came from Prodigy.
            fields.push(("options".into(), record.rest("options").unwrap_or(&options).clone()));
        }
        match &record.labels {
            Some(labels) if writer.dataset.task == Task::Multi => {
                fields.push(("accept".into(), Json::List(labels.iter().map(|label| Json::text(&**label)).collect())));
            }
            Some(_) => fields.extend(flat::labels(writer, record).map(|label| ("label".into(), label))),
            None => {}
        }
        let options_stay = writer.dataset.task == Task::Multi && record.rest("options").is_some();
        let mut rest = record.clone();
        rest.rest.retain(|(key, _)| !(options_stay && key == "options"));
        fields.extend(writer.rest(&rest, &TAKEN[..6]));
        if record.labels.is_some() || record.spans.is_some() {
            fields.push(("answer".into(), Json::text("accept")));
        }
        fields
    });
    json_lines(rows.collect::<Vec<_>>())
}
