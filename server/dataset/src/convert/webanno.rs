//! WebAnno's and INCEpTION's TSV 3: a token a line with its offsets, and columns of annotations; a sentence is a row.
//!
//! - Spans are read from all layers of spans but those that tag every token (lemma, part of speech, morphology).
//! - A span's label is the first of its values; one without a value has the last word of its layer's name.
//! - Relations, chains and links are left out, and said. Offsets count UTF-16 units from the start of the document.

use super::{
    Part, Reader, Record,
    lines::numbered,
    spans::{self, RawSpan},
};
use crate::Offsets;

pub(super) const MARK: &str = "#FORMAT=WebAnno TSV 3";

/// The columns of a layer.
struct Layer {
    /// `None`: its spans are not read.
    name: Option<String>,
    columns: usize,
}

#[derive(Default)]
struct Sentence {
    line: usize,
    text: String,
    /// Where it starts in the document.
    start: Option<i64>,
    raw: Vec<(Option<u32>, RawSpan)>,
}

pub(super) fn read(reader: &mut Reader) -> Result<Vec<Record>, String> {
    if !reader.text.trim_start_matches('\u{feff}').starts_with(MARK) {
        return Err(format!("Expected `{MARK}` in the first line. Let the tool export that version, or CoNLL."));
    }
    let mut layers = Vec::new();
    let mut records = Vec::new();
    let mut sentence = Sentence::default();
    for (line, content) in numbered(reader.text).chain([(0, "")]) {
        if let Some(text) = content.strip_prefix("#Text=") {
            if sentence.start.is_some() || sentence.text.is_empty() {
                flush(reader, &mut sentence, &mut records);
                sentence = Sentence { line, ..Sentence::default() };
            } else {
                // A sentence over several lines.
                sentence.text.push('\n');
            }
            sentence.text += &unescaped(text);
        } else if let Some(layer) = content.strip_prefix("#T_") {
            layers.push(layer_of(reader, line, layer));
        } else if content.is_empty() {
            if sentence.start.is_some() || line == 0 {
                flush(reader, &mut sentence, &mut records);
            }
        } else if !content.starts_with('#') && !token(&mut sentence, &layers, content) {
            reader.remarks.row(Part::Spans, line, "expected a token with its offsets: left out");
        }
    }
    Ok(records)
}

fn layer_of(reader: &mut Reader, line: usize, layer: &str) -> Layer {
    let (kind, rest) = layer.split_once('=').unwrap_or((layer, ""));
    let mut parts = rest.split('|');
    let full = parts.next().unwrap_or_default();
    // A link has its target in a column of its own.
    let features: Vec<&str> = parts.collect();
    let columns = features.len().max(1);
    let links = features.iter().any(|feature| feature.starts_with("ROLE_"));
    let tags_tokens = full.contains(".lexmorph.") || full.contains(".segmentation.");
    if kind != "SP" || links {
        reader.remarks.row(Part::Fields, line, "relations, chains and links are left out");
    } else if tags_tokens {
        reader.remarks.row(Part::Fields, line, "layers that tag every token are left out");
    }
    let name = (kind == "SP" && !tags_tokens && !links).then(|| full.rsplit('.').next().unwrap_or(full).to_string());
    Layer { name, columns }
}

/// A token's line. `false`: it is none.
fn token(sentence: &mut Sentence, layers: &[Layer], content: &str) -> bool {
    let mut columns = content.split('\t');
    let (_, Some(place), Some(word)) = (columns.next(), columns.next(), columns.next()) else { return false };
    let number = |digits: &str| digits.parse::<i64>().ok();
    let place = place.split_once('-').and_then(|(start, end)| Some((number(start)?, number(end)?)));
    let Some((start, end)) = place else { return false };
    // Blanks may stand in front of the first token.
    let lead = || sentence.text.find(&unescaped(word)).map_or(0, |at| sentence.text[..at].encode_utf16().count());
    let first = sentence.start.unwrap_or_else(|| start.saturating_sub(lead() as i64));
    sentence.start = Some(first);
    let (start, end) = (start.saturating_sub(first), end.saturating_sub(first));
    let cells: Vec<&str> = columns.collect();
    let mut at = 0;
    for layer in layers {
        let values = cells.get(at..at + layer.columns).unwrap_or_default();
        at += layer.columns;
        let Some(name) = &layer.name else { continue };
        let stacked = values.iter().map(|cell| stacked_in(cell).len()).max().unwrap_or(0);
        for place in 0..stacked {
            let values: Vec<&str> = values.iter().filter_map(|cell| stacked_in(cell).get(place).copied()).collect();
            if values.iter().all(|value| *value == "_") {
                continue;
            }
            let id = values.iter().find_map(|value| id_of(value));
            let named = values.iter().map(|value| bare(value)).find(|value| !matches!(*value, "*" | "_" | ""));
            let label = unescaped(named.unwrap_or(name)).trim().to_string();
            let open =
                sentence.raw.iter_mut().rev().find(|(known, raw)| id.is_some() && *known == id && raw.label == label);
            match open {
                Some((_, raw)) => raw.end = end,
                None => sentence.raw.push((id, RawSpan { start, end, label })),
            }
        }
    }
    true
}

/// The values of a cell: those of spans that lie over one another have a bar between.
fn stacked_in(cell: &str) -> Vec<&str> {
    let mut values = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, byte) in cell.bytes().enumerate() {
        if byte == b'|' && !escaped {
            values.push(&cell[start..at]);
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    values.push(&cell[start..]);
    values
}

/// The number in `value[3]`, by which the tokens of a span belong together.
fn id_of(value: &str) -> Option<u32> {
    value.strip_suffix(']')?.rsplit_once('[')?.1.parse().ok()
}

fn bare(value: &str) -> &str {
    match id_of(value) {
        Some(_) => value.rsplit_once('[').map_or(value, |(bare, _)| bare),
        None => value,
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        match (ch, if ch == '\\' { chars.next() } else { None }) {
            (_, Some('t')) => out.push('\t'),
            (_, Some('n')) => out.push('\n'),
            (_, Some('r')) => out.push('\r'),
            (_, Some(other)) => out.push(other),
            (ch, None) => out.push(ch),
        }
    }
    out
}

fn flush(reader: &mut Reader, sentence: &mut Sentence, records: &mut Vec<Record>) {
    let Sentence { line, text, raw, .. } = std::mem::take(sentence);
    if text.trim().is_empty() {
        return;
    }
    let raw: Vec<RawSpan> = raw.into_iter().map(|(_, raw)| raw).collect();
    let spans = spans::measure(&text, &raw, Offsets::Utf16, line, &mut reader.remarks);
    records.push(Record { text, spans: Some(spans), line, ..Record::default() });
}

#[cfg(test)]
mod tests {
    use super::super::{FormatName, Options, Source, read};

    #[test]
    fn sentences_have_blanks_in_front_breaks_within_and_spans_over_spans() {
        let source = concat!(
            "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.b.Name|value\n#T_RL=a.b.Rel|BT_a.b.Name\n\n",
            "#Text=  😀 New\n#Text=York\\tnow\n1-1\t12-14\t😀\t_\t_\t\n1-2\t15-18\tNew\tCITY[1]|a\\|b[2]\t_\t\n",
            "1-3\t19-23\tYork\tCITY[1]\t_\t\n1-4\t24-27\tnow\t*\t1-2\t\n",
        );
        let source = Source { name: "a.tsv", bytes: source.as_bytes(), beside: None };
        let reading = read(source, None, &Options::default()).unwrap();
        assert_eq!(reading.format, FormatName::WebAnno);
        let record = &reading.dataset.records[0];
        assert_eq!(record.text, "  😀 New\nYork\tnow");
        let spans = record.spans.iter().flatten();
        let spans: Vec<_> =
            spans.map(|span| (&record.text[span.start as usize..span.end as usize], &*span.label)).collect();
        assert_eq!(spans, [("New", "a|b"), ("New\nYork", "CITY"), ("now", "Name")]);
        let said: Vec<_> = reading.remarks.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["line 3: relations, chains and links are left out."]);
    }
}
