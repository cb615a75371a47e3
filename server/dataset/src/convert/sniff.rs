//! Finding out the format of a file: by the ending of its name, then by what stands in it.

use super::{FormatName, Json, Options, fasttext, values::Said, webanno};

use crate::{
    detect::{LABEL_NAMES, TEXT_NAMES, is_named},
    format::{Cells, delimiter, tag::is_tag},
};

/// At most this many lines or rows are looked at.
const LOOK_AT: usize = 50;

pub(super) fn format(name: &str, text: &str, options: &Options) -> Result<FormatName, String> {
    use FormatName::*;
    let text = text.trim_start_matches('\u{feff}');
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let start = text.trim_start();
    if start.starts_with(webanno::MARK) {
        return Ok(WebAnno);
    }
    if start.starts_with("#FORMAT=WebAnno")
        || (start.lines().any(|line| line.starts_with("#id=")) && start.lines().any(|line| line.starts_with("#text=")))
    {
        return Err(
            "This is WebAnno's TSV of an older version. Let the tool export TSV 3 or CoNLL, and convert that.".into()
        );
    }
    let json = start.starts_with(['{', '[']);
    match &*ending {
        "yml" | "yaml" => return Ok(RasaYaml),
        "md" | "markdown" => return Ok(RasaMarkdown),
        "ann" => return Ok(Brat),
        "conll" | "bio" | "iob" | "iob2" | "conll03" => return Ok(Conll),
        "csv" | "psv" => return Ok(Csv),
        "tsv" | "tab" if looks_tagged(text) => return Ok(Conll),
        "tsv" | "tab" => return Ok(Tsv),
        "ft" | "fasttext" => return Ok(FastText),
        "json" | "jsonl" | "ndjson" | "jsonlines" => return of_json(text, options),
        _ => {}
    }
    match () {
        () if json => of_json(text, options),
        () if text.lines().take(LOOK_AT).any(fasttext::is_labelled) => Ok(FastText),
        () if looks_tagged(text) => Ok(Conll),
        () if start.starts_with("## intent:") => Ok(RasaMarkdown),
        () if text.lines().take(LOOK_AT).any(|line| line.starts_with("nlu:")) => Ok(RasaYaml),
        () if ending.is_empty() && has_header(text) => Ok(Csv),
        () if ending.is_empty() => {
            Err("The format is not plain from the name or the content; --from says what it is.".into())
        }
        () => Ok(Lines),
    }
}

/// The first record names a text and a label, as the header of a table does.
fn has_header(text: &str) -> bool {
    let Some((_, Ok(header))) = Cells::new(text, delimiter(text)).next() else { return false };
    let has = |known: &[&str]| header.iter().any(|name| known.iter().any(|known| is_named(name, known)));
    has(TEXT_NAMES) && has(LABEL_NAMES)
}

/// Most lines are a word and a tag, as in CoNLL.
fn looks_tagged(text: &str) -> bool {
    let lines = || text.lines().take(LOOK_AT).filter(|line| !line.trim().is_empty());
    let tagged = lines().filter(|line| {
        let mut words = line.split_whitespace();
        words.next().is_some() && words.next_back().is_some_and(is_tag) && words.count() <= 8
    });
    let (tagged, all) = (tagged.count(), lines().count());
    tagged > 0 && 2 * tagged > all
}

fn of_json(text: &str, options: &Options) -> Result<FormatName, String> {
    use FormatName::*;
    let list = |path: &[&str]| crate::format::elements(text, path, &mut Vec::new());
    if list(&["rasa_nlu_data", "common_examples"]).is_some() {
        return Ok(RasaJson);
    }
    if list(&["results", "records"]).is_some() {
        return Ok(Argilla);
    }
    let mut values = crate::format::values(text, &mut Vec::new());
    if let [(_, Json::List(rows))] = &values[..]
        && rows.iter().all(|row| matches!(row, Json::Object(_) | Json::List(_)))
    {
        values = rows.iter().map(|row| (0, row.clone())).take(LOOK_AT).collect();
    } else if values.is_empty() {
        values = list(&[]).unwrap_or_default();
    }
    let rows: Vec<&Json> = values.iter().map(|(_, row)| row).take(LOOK_AT).collect();
    let any = |test: &dyn Fn(&Json) -> bool| rows.iter().any(|row| test(row));
    let has = |name: &str| any(&|row| row.get(name).is_some());
    let said = |name: &str| {
        let found = rows.iter().filter_map(|row| row.get(name));
        found.map(|value| Said::of(value, &[], &mut Vec::new())).collect::<Vec<_>>()
    };
    let spans = |name: &str| said(name).iter().any(|said| matches!(said, Said::Spans(_)));
    if has("_context") && has("_views") {
        return Err(
            "This is UIMA CAS JSON, which is not read. Let INCEpTION export WebAnno TSV 3 or CoNLL, and convert that."
                .into(),
        );
    }
    if has("action") && has("layers") {
        return Err(
            "This is an editor's message of INCEpTION, not an export. Let it export WebAnno TSV 3, and convert that."
                .into(),
        );
    }
    let results = |row: &Json| {
        let annotations = ["annotations", "completions"].iter().find_map(|name| row.get(name)?.as_list());
        annotations.is_some_and(|list| list.iter().any(|one| one.get("result").is_some()))
    };
    let in_data = |row: &Json| row.get("data").is_some_and(|data| data.as_object().is_some());
    let answered =
        |row: &Json| matches!(row.get("answer").and_then(Json::as_text), Some("accept" | "reject" | "ignore"));
    let ends = |ending: &str| {
        any(&|row| row.as_object().is_some_and(|fields| fields.iter().any(|(key, _)| key.ends_with(ending))))
    };
    let lists_everywhere = rows.iter().all(|row| row.get("label").is_some_and(|label| label.as_list().is_some()));
    let annotations = |row: &Json| row.get("annotations").is_some_and(|list| list.as_list().is_some());
    Ok(match () {
        () if any(&|row| matches!(row.as_list(), Some([Json::Text(_), Json::Object(_)]))) => Spacy,
        () if any(&results) || any(&in_data) => LabelStudio,
        () if any(&answered) || has("_task_hash") || has("_input_hash") || (has("accept") && has("options")) => Prodigy,
        () if has("label_desc") => Clue,
        () if ends(".responses") || ends(".suggestion") || (has("fields") && has("responses")) => Argilla,
        () if has("annotation") && (has("prediction") || has("inputs") || has("annotation_agent")) => Argilla,
        () if has("tokens") && (has("ner_tags") || has("tags")) => HuggingFace,
        () if has("annotation_id") && has("lead_time") => LabelStudioMin,
        () if any(&annotations) || has("annotation_approver") => Doccano,
        () if spans("label")
            || spans("labels")
            || (has("entities") && has("cats"))
            || (spans("entities") && has("text")) =>
        {
            Doccano
        }
        () if has("id") && lists_everywhere && !has("spans") => Doccano,
        () if has("cats") => SpacyCats,
        () if has("data") || !options.names.is_empty() => HuggingFace,
        () => Gloss,
    })
}
