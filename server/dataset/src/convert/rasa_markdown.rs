//! Rasa's training data in Markdown, as its first version had it: `## intent:name`, then an example a line behind a dash.

use super::{Part, Reader, Record, Writer, lines::numbered, rasa};

pub(super) fn read(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    // The heading that governs: an intent's name, or something else.
    let mut intent: Option<String> = None;
    let mut comment = false;
    for (line, content) in numbered(reader.text) {
        let content = content.trim().trim_start_matches('\u{feff}');
        if comment || content.starts_with("<!--") {
            comment = !content.ends_with("-->");
            continue;
        }
        if let Some(heading) = content.strip_prefix("##") {
            let (kind, name) = heading.split_once(':').unwrap_or((heading, ""));
            intent = (kind.trim() == "intent").then(|| name.trim().to_string());
            if intent.is_none() {
                rasa::left_out(reader, line, kind.trim());
            }
            continue;
        }
        let example = content.strip_prefix(['-', '*', '+']).filter(|rest| rest.starts_with([' ', '\t']));
        match (&intent, example) {
            (Some(intent), Some(example)) => records.extend(rasa::record(reader, line, intent, example)),
            (Some(_), None) if !content.is_empty() => {
                reader.remarks.row(Part::Row, line, "an example starts with a dash: left out");
            }
            _ => {}
        }
    }
    rasa::finish(records)
}

pub(super) fn write(writer: &mut Writer) -> String {
    let mut out = String::new();
    for (intent, examples) in rasa::intents(writer) {
        out += &format!("{}## intent:{intent}\n", if out.is_empty() { "" } else { "\n" });
        for example in examples {
            out += &format!("- {example}\n");
        }
    }
    out
}
