//! doccano: `label` (or `labels`) as a list of labels or of `[start, end, label]`; `entities` and `cats` where a row has both;
//! in older exports `annotations`, a list of objects with the user who made each.
//!
//! doccano writes `[]` where nobody has looked, too.

use super::{Fields, Json, Part, Reader, Record, Writer, flat::Roles, json_lines, spans};

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut rows = reader.json_objects();
    for (line, fields) in &mut rows {
        old_shape(reader, *line, fields);
        let before = fields.len();
        fields.retain(|(key, value)| key != "relations" || *value == Json::List(Vec::new()));
        if fields.len() < before {
            reader.remarks.row(Part::Fields, *line, "relations are left out; Gloss has none");
        }
        // Written by every export, saying nothing.
        fields.retain(|(key, value)| key != "annotation_approver" || *value != Json::Null);
    }
    let roles = Roles::find(&rows, reader.options.text.as_deref(), reader.options.label.as_deref());
    let mut records: Vec<Record> =
        rows.into_iter().filter_map(|(line, fields)| roles.record(reader, line, fields)).collect();
    let spanned = records.iter().any(|record| !record.spans().is_empty());
    for record in &mut records {
        if record.labels.as_ref().is_some_and(Vec::is_empty) {
            record.labels = None;
            if spanned && record.spans.is_none() {
                record.spans = Some(Vec::new());
            }
        }
    }
    records
}

/// `annotations` as `label` and `entities`, as newer exports have them.
fn old_shape(reader: &mut Reader, line: usize, fields: &mut Fields) {
    let Some(at) = fields.iter().position(|(key, _)| key == "annotations") else { return };
    let Json::List(annotations) = &fields[at].1 else { return };
    let users = annotations.iter().filter_map(|annotation| annotation.get("user")?.as_integer());
    let several = users.collect::<std::collections::BTreeSet<_>>().len() > 1;
    let (mut labels, mut entities) = (Vec::new(), Vec::new());
    for annotation in annotations {
        let label = annotation.get("label");
        match (label, annotation.get("start_offset"), annotation.get("end_offset")) {
            (Some(label), Some(start), Some(end)) => {
                entities.push(Json::List(vec![start.clone(), end.clone(), label.clone()]));
            }
            (Some(label), ..) => labels.push(label.clone()),
            // Texts that were written, as for translation: no label.
            (None, ..) => return,
        }
    }
    if several {
        reader.remarks.row(Part::File, line, "annotations of several people are taken together");
    }
    fields.remove(at);
    if entities.is_empty() || !labels.is_empty() {
        fields.push(("label".into(), Json::List(labels)));
    }
    if !entities.is_empty() {
        fields.push(("entities".into(), Json::List(entities)));
    }
}

pub(super) fn write(writer: &mut Writer) -> String {
    let records = &writer.dataset.records;
    let labelled = records.iter().any(|record| !record.labels().is_empty());
    let spanned = records.iter().any(|record| !record.spans().is_empty());
    let rows = records.iter().map(|record| {
        let labels = || Json::List(record.labels().iter().map(|label| Json::text(&**label)).collect());
        let triples = || spans::triples(&record.text, record.spans(), writer.options.offsets);
        let said: Fields = match (labelled, spanned) {
            (true, true) => vec![("entities".into(), triples()), ("cats".into(), labels())],
            (false, true) => vec![("label".into(), triples())],
            _ => vec![("label".into(), labels())],
        };
        // An empty list of labels is read as "nobody looked", one of spans as "there are none".
        if (labelled || !spanned) && record.labels.as_ref().is_some_and(Vec::is_empty) {
            writer.blur_empty(record);
        }
        if !spanned && !labelled && record.spans.is_some() {
            writer.blur_empty(record);
        }
        if spanned && record.spans.is_none() {
            writer.lose(Part::Empty, record, "that nobody has looked for spans is written as if there were none");
        }
        let mut fields = vec![("text".into(), Json::text(&record.text))];
        fields.extend(said);
        fields.extend(
            writer.rest(record, &["text", "label", "labels", "spans", "entities", "cats", "annotations", "relations"]),
        );
        fields
    });
    json_lines(rows.collect::<Vec<_>>())
}
