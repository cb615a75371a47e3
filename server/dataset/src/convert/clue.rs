//! CLUE's TNEWS: `{"label": "102", "label_desc": "news_story", "sentence": "...", "keywords": "..."}`. The description is the
//! label; the code goes along as the field `label_code`.

use rustc_hash::FxHashMap;

use super::{Json, Part, Reader, Record, Writer, flat::Roles, json_lines};

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut rows = reader.json_objects();
    for (_, fields) in &mut rows {
        for (key, _) in fields.iter_mut().filter(|(key, _)| key == "label") {
            *key = "label_code".into();
        }
    }
    let text = reader.options.text.clone().unwrap_or_else(|| "sentence".into());
    let roles = Roles { text: vec![text], said: vec!["label_desc".into()] };
    rows.into_iter().filter_map(|(line, fields)| roles.record(reader, line, fields)).collect()
}

pub(super) fn write(writer: &mut Writer) -> String {
    let codes = codes(writer);
    let mut rows = Vec::new();
    for record in &writer.dataset.records {
        if record.labels().len() > 1 {
            writer.lose(Part::Row, record, "a row with several labels is left out; CLUE JSON Lines holds one");
            continue;
        }
        writer.lose_spans(record);
        let mut fields = Vec::new();
        match &record.labels {
            Some(labels) => {
                if let Some(label) = labels.first() {
                    let code = record.rest("label_code").cloned().unwrap_or_else(|| codes[&**label].clone());
                    fields.push(("label".into(), code));
                    fields.push(("label_desc".into(), Json::text(&**label)));
                } else {
                    writer.blur_empty(record);
                }
            }
            None => fields.extend(record.rest("label_code").map(|code| ("label".into(), code.clone()))),
        }
        fields.push(("sentence".into(), Json::text(&record.text)));
        let mut others = record.clone();
        others.rest.retain(|(key, _)| key != "label_code");
        fields.extend(writer.rest(&others, &["sentence", "label", "label_desc"]));
        rows.push(fields);
    }
    json_lines(rows)
}

/// The codes that rows bring; a label without one gets the next from 100 on that is free.
fn codes(writer: &Writer) -> FxHashMap<String, Json> {
    let mut codes = FxHashMap::default();
    for record in &writer.dataset.records {
        if let ([label], Some(code)) = (record.labels(), record.rest("label_code")) {
            codes.entry(label.to_string()).or_insert_with(|| code.clone());
        }
    }
    let mut next = 100;
    for label in writer.dataset.labels() {
        if !codes.contains_key(&*label) {
            while codes.values().any(|code| code.as_text() == Some(&next.to_string())) {
                next += 1;
            }
            codes.insert(label.to_string(), Json::text(next.to_string()));
            next += 1;
        }
    }
    codes
}
