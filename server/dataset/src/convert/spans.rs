//! Spans as files write them: offsets in some unit, to be checked against the text.

use crate::{
    Offsets, Span,
    convert::remarks::{Part, Remarks},
    format::Json,
    offsets::Ruler,
};

/// A span as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawSpan {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) label: String,
}

impl RawSpan {
    /// `[start, end, label]`, or an object with these members under any of their usual names; one with several labels is
    /// several spans. What else an object has is put into `others`.
    pub(super) fn all(value: &Json, others: &mut Vec<String>) -> Option<Vec<RawSpan>> {
        let (start, end, label) = match value {
            Json::List(list) => match &list[..] {
                [start, end, label, ..] => (start, end, label),
                _ => return None,
            },
            Json::Object(fields) => {
                let member = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, value.get(name)?)));
                let start = member(&["start", "start_offset"])?;
                let end = member(&["end", "end_offset"])?;
                let label = member(&["label", "labels", "entity", "type"])?;
                for (key, _) in fields {
                    if ![start.0, end.0, label.0].contains(&&**key) && !others.contains(key) {
                        others.push(key.clone());
                    }
                }
                (start.1, end.1, label.1)
            }
            _ => return None,
        };
        let labels = match label {
            Json::List(labels) => labels.iter().map(name).collect::<Option<Vec<_>>>()?,
            label => vec![name(label)?],
        };
        let (start, end) = (start.as_integer()?, end.as_integer()?);
        Some(labels.into_iter().map(|label| RawSpan { start, end, label }).collect())
    }

    /// Whether a value looks like one, for finding out about a field.
    pub(super) fn fits(value: &Json) -> bool {
        RawSpan::all(value, &mut Vec::new()).is_some()
    }
}

fn name(label: &Json) -> Option<String> {
    match label {
        Json::Text(label) => Some(label.trim().to_string()),
        Json::Number(digits) => Some(digits.to_string()),
        _ => None,
    }
}

/// The spans with byte offsets. What lies wrong is left out, what cuts a word is kept; both are said.
pub(super) fn measure(text: &str, raw: &[RawSpan], offsets: Offsets, line: usize, remarks: &mut Remarks) -> Vec<Span> {
    let mut ruler = Ruler::new(text, offsets);
    let mut spans = Vec::with_capacity(raw.len());
    for RawSpan { start, end, label } in raw {
        let mut wrong = |why: &str| {
            let message = format!("the span {start} to {end} of `{label}` {why}: left out");
            remarks.row(Part::Spans, line, message);
        };
        if label.is_empty() {
            wrong("has no label");
            continue;
        }
        if start >= end {
            wrong(if start == end { "is empty" } else { "ends before it starts" });
            continue;
        }
        let mut byte = |unit: i64| usize::try_from(unit).ok().and_then(|unit| ruler.byte(unit));
        let (Some(from), Some(to)) = (byte(*start), byte(*end)) else {
            let len = Ruler::new(text, offsets).unit(text.len());
            let outside = *start < 0 || usize::try_from(*end).is_ok_and(|end| end > len);
            wrong(if outside { "lies outside of the text" } else { "starts or ends within a character" });
            continue;
        };
        if cuts(text, from) || cuts(text, to) {
            remarks.row(Part::File, line, format!("the span `{}` cuts a word", &text[from..to]));
        }
        spans.push(Span { start: from as u32, end: to as u32, label: label.as_str().into() });
    }
    spans
}

/// How many of the spans would be wrong or cut a word if offsets counted these units.
pub(super) fn faults(text: &str, raw: &[RawSpan], offsets: Offsets) -> usize {
    let mut ruler = Ruler::new(text, offsets);
    let mut byte = |unit: i64| usize::try_from(unit).ok().and_then(|unit| ruler.byte(unit));
    let sound = |raw: &&RawSpan| match (byte(raw.start), byte(raw.end)) {
        (Some(from), Some(to)) => from < to && !cuts(text, from) && !cuts(text, to),
        _ => false,
    };
    raw.len() - raw.iter().filter(sound).count()
}

/// Whether a word goes on over this place. Scripts without blanks between words are not judged.
pub(super) fn cuts(text: &str, at: usize) -> bool {
    let spaced = |ch: char| ch.is_alphanumeric() && !is_unspaced(ch);
    let before = text[..at].chars().next_back();
    before.is_some_and(spaced) && text[at..].chars().next().is_some_and(spaced)
}

fn is_unspaced(ch: char) -> bool {
    // Thai and Lao, Burmese, Khmer, Chinese and Japanese.
    let ranges = [0x0E00..=0x0EFF, 0x1000..=0x109F, 0x1780..=0x17FF, 0x2E80..=0xA4CF, 0xF900..=0xFAFF, 0xFF66..=0xFF9F];
    let code = u32::from(ch);
    code >= 0x20000 || ranges.iter().any(|range| range.contains(&code))
}

/// Start and end as a file in these units has them.
pub(super) fn units(ruler: &mut Ruler, span: &Span) -> (Json, Json) {
    let start = ruler.unit(span.start as usize);
    (Json::number(start), Json::number(ruler.unit(span.end as usize)))
}

/// `{"start": 0, "end": 4, "label": "city"}` each.
pub(super) fn objects(text: &str, spans: &[Span], offsets: Offsets) -> Json {
    let mut ruler = Ruler::new(text, offsets);
    let object = |span: &Span| {
        let (start, end) = units(&mut ruler, span);
        Json::Object(vec![("start".into(), start), ("end".into(), end), ("label".into(), Json::text(&*span.label))])
    };
    Json::List(spans.iter().map(object).collect())
}

/// `[0, 4, "city"]` each.
pub(super) fn triples(text: &str, spans: &[Span], offsets: Offsets) -> Json {
    let mut ruler = Ruler::new(text, offsets);
    let triple = |span: &Span| {
        let (start, end) = units(&mut ruler, span);
        Json::List(vec![start, end, Json::text(&*span.label)])
    };
    Json::List(spans.iter().map(triple).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(start: i64, end: i64) -> RawSpan {
        RawSpan { start, end, label: "city".into() }
    }

    #[test]
    fn offsets_are_measured_and_wrong_ones_said() {
        let text = "to 😀 Wien, bitte";
        let mut remarks = Remarks::default();
        let given = [raw(5, 9), raw(5, 7), raw(9, 5), raw(5, 5), raw(5, 99), raw(-1, 2)];
        let spans = measure(text, &given, Offsets::CodePoints, 7, &mut remarks);
        assert_eq!(
            spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect::<Vec<_>>(),
            ["Wien", "Wi"]
        );
        let said: Vec<_> = remarks.into_list().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "line 7: the span `Wi` cuts a word.",
                "line 7: the span 9 to 5 of `city` ends before it starts: left out.",
                "line 7: the span 5 to 5 of `city` is empty: left out.",
                "line 7: the span 5 to 99 of `city` lies outside of the text: left out.",
                "line 7: the span -1 to 2 of `city` lies outside of the text: left out.",
            ]
        );
        let mut remarks = Remarks::default();
        assert_eq!(measure(text, &[raw(4, 10)], Offsets::Utf16, 1, &mut remarks), []);
        assert!(remarks.into_list()[0].to_string().contains("within a character"));
        let utf16 = measure(text, &[raw(6, 10)], Offsets::Utf16, 1, &mut Remarks::default());
        assert_eq!(
            objects(text, &utf16, Offsets::CodePoints).to_string(),
            r#"[{"start": 5, "end": 9, "label": "city"}]"#
        );
        assert_eq!(triples(text, &utf16, Offsets::Bytes).to_string(), r#"[[8, 12, "city"]]"#);
    }

    #[test]
    fn chinese_words_are_not_judged() {
        assert!(!cuts("我在北京工作", "我在北".len()));
        assert!(cuts("München", 1) && !cuts("in München", 3));
    }
}
