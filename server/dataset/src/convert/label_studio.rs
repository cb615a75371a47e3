//! Label Studio: tasks with `data`, `annotations` (in older exports `completions`) and `predictions`.
//!
//! - Choices are labels, labelled parts of the text are spans; what other controls gave is said and left out.
//! - Of several annotations of a task the first counts that was not cancelled, one of the ground truth before others.
//! - Where several controls gave choices, a label is `control: choice`, unless [`super::Options::label`] names one.

use rustc_hash::FxHashSet;

use super::{
    Fields, Json, Part, Reader, Record, Writer,
    flat::{Roles, get},
    json_array,
    spans::{self, RawSpan},
};
use crate::offsets::Ruler;

/// Of a task, besides what Label Studio keeps for itself.
const KEPT: [&str; 3] = ["id", "meta", "predictions"];

#[derive(Default)]
struct Task {
    line: usize,
    data: Fields,
    kept: Fields,
    annotated: bool,
    /// With the control that gave them.
    choices: Vec<(String, String)>,
    spans: Vec<RawSpan>,
}

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut tasks: Vec<Task> = Vec::new();
    for (line, fields) in reader.json_objects() {
        tasks.push(task(reader, line, fields));
    }
    let data: Vec<_> = tasks.iter().map(|task| (task.line, task.data.clone())).collect();
    let roles = Roles { said: Vec::new(), ..Roles::find(&data, reader.options.text.as_deref(), None) };
    let controls: FxHashSet<&str> =
        tasks.iter().flat_map(|task| &task.choices).map(|(control, _)| &**control).collect();
    let wanted = reader.options.label.clone();
    let several = controls.len() > 1 && wanted.is_none();
    if several {
        let message = "several controls gave choices: a label is `control: choice`; --label names the one that counts";
        reader.remarks.file(Part::File, message);
    }
    let spanned = tasks.iter().any(|task| !task.spans.is_empty());
    let labelled = tasks.iter().any(|task| !task.choices.is_empty());
    let mut records = Vec::new();
    for task in tasks {
        let Some(mut record) = roles.record(reader, task.line, task.data) else { continue };
        for (control, choice) in &task.choices {
            match &wanted {
                Some(wanted) if wanted != control => {
                    reader.remarks.row(
                        Part::Labels,
                        task.line,
                        format!("choices of `{control}` are left out, as --label says"),
                    );
                }
                _ if several => record.add_label(&format!("{control}: {choice}")),
                _ => record.add_label(choice),
            }
        }
        if task.annotated {
            if labelled || !spanned {
                record.labels.get_or_insert_default();
            }
            if spanned {
                record.spans = Some(reader.measure(&record.text, &task.spans, task.line));
            }
        }
        record.rest.splice(0..0, task.kept);
        records.push(record);
    }
    records
}

fn task(reader: &mut Reader, line: usize, fields: Fields) -> Task {
    let mut task = Task { line, ..Task::default() };
    let annotations = ["annotations", "completions"].iter().find_map(|name| get(&fields, name)?.as_list());
    let annotations: Vec<&Json> =
        annotations.unwrap_or_default().iter().filter(|one| !is(one, "was_cancelled")).collect();
    if let Some(chosen) = annotations.iter().find(|one| is(one, "ground_truth")).or(annotations.first()) {
        task.annotated = true;
        let result = |one: &Json| one.get("result").and_then(Json::as_list).map(<[Json]>::to_vec).unwrap_or_default();
        let chosen = result(chosen);
        for result in &chosen {
            task.result(reader, result);
        }
        if annotations.iter().any(|other| values(&result(other)) != values(&chosen)) {
            reader.remarks.row(Part::Labels, line, "annotations differ; one of them counts");
        }
    }
    let nested = get(&fields, "data").is_some_and(|data| data.as_object().is_some());
    for (name, value) in fields {
        match (&*name, value) {
            ("annotations" | "completions" | "drafts", _) => {}
            ("data", Json::Object(data)) => task.data = data,
            ("meta" | "predictions", Json::Object(empty)) if empty.is_empty() => {}
            ("meta" | "predictions", Json::List(empty)) if empty.is_empty() => {}
            (kept, value) if KEPT.contains(&kept) => task.kept.push((name, value)),
            // A task may be written without `data`.
            (_, value) if !nested => task.data.push((name, value)),
            _ => reader.remarks.once(Part::Fields, format!("`{name}` of tasks is left out")),
        }
    }
    task
}

fn is(annotation: &Json, flag: &str) -> bool {
    annotation.get(flag) == Some(&Json::Bool(true))
}

fn values(result: &[Json]) -> Vec<Option<&Json>> {
    result.iter().map(|one| one.get("value")).collect()
}

impl Task {
    fn result(&mut self, reader: &mut Reader, result: &Json) {
        let kind = result.get("type").and_then(Json::as_text).unwrap_or_default();
        let control = result.get("from_name").and_then(Json::as_text).unwrap_or_default();
        let value = result.get("value");
        let list = |name: &str| value.and_then(|value| value.get(name)?.as_list()).unwrap_or_default();
        let known = match kind {
            "choices" => {
                let choices = list("choices").iter().filter_map(Json::as_text);
                self.choices.extend(choices.map(|choice| (control.to_string(), choice.trim().to_string())));
                true
            }
            "taxonomy" => {
                let paths = list("taxonomy").iter().filter_map(Json::as_list);
                let joined = paths.map(|path| path.iter().filter_map(Json::as_text).collect::<Vec<_>>().join(" / "));
                self.choices.extend(joined.map(|choice| (control.to_string(), choice)));
                true
            }
            "labels" | "hypertextlabels" => {
                let place = value.and_then(|value| value.get("globalOffsets")).or(value);
                let offset = |name: &str| place.and_then(|place| place.get(name)?.as_integer());
                let (start, end) = (offset("start"), offset("end"));
                let labels = if kind == "labels" { list("labels") } else { list("hypertextlabels") };
                for label in labels.iter().filter_map(Json::as_text) {
                    if let (Some(start), Some(end)) = (start, end) {
                        self.spans.push(RawSpan { start, end, label: label.trim().into() });
                    }
                }
                start.is_some() && end.is_some()
            }
            _ => false,
        };
        if !known {
            let message = format!("a result of the kind `{kind}` is left out; it is no label of a text");
            reader.remarks.row(Part::Labels, self.line, message);
        }
    }
}

pub(super) fn write(writer: &mut Writer) -> String {
    let records = &writer.dataset.records;
    let spanned = records.iter().any(|record| !record.spans().is_empty());
    let labelled = records.iter().any(|record| !record.labels().is_empty());
    let rows: Vec<Json> = records
        .iter()
        .map(|record| {
            if !spanned && !labelled && record.spans.is_some() {
                writer.blur_empty(record);
            }
            if spanned && labelled && record.spans.is_some() != record.labels.is_some() {
                writer.lose(
                    Part::Empty,
                    record,
                    "an annotation is of labels and spans at once: what nobody looked at is written as if none applied",
                );
            }
            let mut task = Fields::new();
            task.extend(record.rest("id").map(|id| ("id".into(), id.clone())));
            let mut others = record.clone();
            others.rest.retain(|(key, _)| !KEPT.contains(&&**key));
            let mut data = vec![("text".into(), Json::text(&record.text))];
            data.extend(writer.rest(&others, &["text"]));
            task.push(("data".into(), Json::Object(data)));
            task.push(("annotations".into(), Json::List(annotation(writer, record).into_iter().collect())));
            for name in ["meta", "predictions"] {
                task.extend(record.rest(name).map(|value| (name.into(), value.clone())));
            }
            Json::Object(task)
        })
        .collect();
    json_array(rows)
}

fn annotation(writer: &Writer, record: &Record) -> Option<Json> {
    if record.labels.is_none() && record.spans.is_none() {
        return None;
    }
    let result = |name: &str, kind: &str, value: Fields| {
        let pair = |key: &str, value: &str| (key.to_string(), Json::text(value));
        let mut fields = vec![pair("from_name", name), pair("to_name", "text"), pair("type", kind)];
        fields.push(("value".into(), Json::Object(value)));
        Json::Object(fields)
    };
    let mut results = Vec::new();
    if let Some(labels) = &record.labels
        && !labels.is_empty()
    {
        let choices = Json::List(labels.iter().map(|label| Json::text(&**label)).collect());
        results.push(result("label", "choices", vec![("choices".into(), choices)]));
    }
    let mut ruler = Ruler::new(&record.text, writer.options.offsets);
    for span in record.spans() {
        let (start, end) = spans::units(&mut ruler, span);
        let text = Json::text(&record.text[span.start as usize..span.end as usize]);
        let labels = Json::List(vec![Json::text(&*span.label)]);
        let value =
            vec![("start".into(), start), ("end".into(), end), ("text".into(), text), ("labels".into(), labels)];
        results.push(result("spans", "labels", value));
    }
    Some(Json::Object(vec![("result".into(), Json::List(results))]))
}
