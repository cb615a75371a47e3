//! Rasa's training data in JSON: `rasa_nlu_data`, `common_examples`, each with a text, an intent and entities.

use super::{Fields, Json, Part, Reader, Record, Writer, flat::Roles, spans};

const PATH: [&str; 2] = ["rasa_nlu_data", "common_examples"];

pub(super) fn read(reader: &mut Reader) -> Result<Vec<Record>, String> {
    let mut problems = Vec::new();
    let Some(examples) = crate::format::elements(reader.text, &PATH, &mut problems) else {
        return Err(
            "There is no list `common_examples` under `rasa_nlu_data`, so this is no training data of Rasa.".into()
        );
    };
    reader.problems(problems);
    let roles = Roles { text: vec!["text".into()], said: vec!["intent".into(), "entities".into()] };
    let mut records = Vec::new();
    for (at, example) in examples {
        let line = reader.lines.of(at);
        match example {
            Json::Object(fields) => records.extend(roles.record(reader, line, fields)),
            _ => reader.remarks.row(Part::Row, line, "the example is no object: left out"),
        }
    }
    Ok(records)
}

pub(super) fn write(writer: &mut Writer) -> String {
    let mut examples = Vec::new();
    for record in &writer.dataset.records {
        if record.labels().len() > 1 {
            writer.lose(Part::Row, record, "a row with several labels is left out; Rasa JSON holds one");
            continue;
        }
        let mut fields: Fields = vec![("text".into(), Json::text(&record.text))];
        match record.labels() {
            [label] => fields.push(("intent".into(), Json::text(&**label))),
            _ if record.labels.is_some() => writer.blur_empty(record),
            _ => {}
        }
        if let Some(spans) = &record.spans {
            fields.push(("entities".into(), entities(writer, record, spans)));
        }
        fields.extend(writer.rest(record, &["text", "intent", "entities"]));
        examples.push(Json::Object(fields));
    }
    let array = super::json_array(examples);
    format!("{{\"rasa_nlu_data\": {{\"common_examples\": {}}}}}\n", array.trim_end())
}

fn entities(writer: &Writer, record: &Record, given: &[crate::Span]) -> Json {
    let mut ruler = crate::offsets::Ruler::new(&record.text, writer.options.offsets);
    let entity = |span: &crate::Span| {
        let (start, end) = spans::units(&mut ruler, span);
        let value = Json::text(&record.text[span.start as usize..span.end as usize]);
        let label = Json::text(&*span.label);
        Json::Object(vec![
            ("start".into(), start),
            ("end".into(), end),
            ("value".into(), value),
            ("entity".into(), label),
        ])
    };
    Json::List(given.iter().map(entity).collect())
}
