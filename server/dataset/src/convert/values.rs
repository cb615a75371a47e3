//! What a JSON value says about a text, in any of the shapes in which tools write labels and spans.

use super::spans::RawSpan;
use crate::{format::Json, label::is_unlabelled};

/// What a field says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// An empty list.
    Empty,
    Labels(Vec<String>),
    Spans(Vec<RawSpan>),
    /// It cannot be a label.
    Other,
}

impl Said {
    /// `names` are those of integer labels. What objects of spans hold besides is put into `others`.
    pub(super) fn of(value: &Json, names: &[String], others: &mut Vec<String>) -> Said {
        match value {
            Json::Null => Said::Nothing,
            Json::List(list) if list.is_empty() => Said::Empty,
            Json::List(list) if list.iter().all(RawSpan::fits) => {
                Said::Spans(list.iter().filter_map(|span| RawSpan::all(span, others)).flatten().collect())
            }
            Json::List(list) => {
                let labels: Option<Vec<_>> = list.iter().map(|label| scalar(label, names)).collect();
                labels.map_or(Said::Other, |labels| Said::Labels(labels.into_iter().flatten().collect()))
            }
            // As Label Studio writes several choices.
            Json::Object(fields) if fields.len() == 1 && fields[0].0 == "choices" => {
                Said::of(&fields[0].1, names, others)
            }
            Json::Object(scores) if !scores.is_empty() => {
                let applies = |value: &Json| match value {
                    Json::Bool(applies) => Some(*applies),
                    value => value.as_float().map(|score| score >= 0.5),
                };
                if scores.iter().any(|(_, score)| applies(score).is_none()) {
                    return Said::Other;
                }
                let labels = scores.iter().filter(|(_, score)| applies(score) == Some(true));
                let labels: Vec<_> = labels.map(|(label, _)| label.trim().to_string()).collect();
                if labels.is_empty() { Said::Empty } else { Said::Labels(labels) }
            }
            Json::Object(_) => Said::Nothing,
            value => match scalar(value, names) {
                Some(Some(label)) => Said::Labels(vec![label]),
                Some(None) => Said::Nothing,
                None => Said::Other,
            },
        }
    }
}

/// A label that is one value; `Some(None)`: it says that there is none.
pub(super) fn scalar(value: &Json, names: &[String]) -> Option<Option<String>> {
    match value {
        Json::Null => Some(None),
        Json::Text(text) => Some(label(text, names)),
        Json::Bool(value) => Some(Some(value.to_string())),
        Json::Number(_) => Some(by_index(value.as_integer()?, names)),
        _ => None,
    }
}

/// The label that a value stands for: an integer, where integers have names, stands for its name.
pub(super) fn label(value: &str, names: &[String]) -> Option<String> {
    let value = value.trim();
    if is_unlabelled(value) {
        return None;
    }
    if names.is_empty() || names.iter().any(|name| name == value) {
        return Some(value.into());
    }
    match value.parse::<i64>() {
        Ok(index) => by_index(index, names),
        Err(_) => Some(value.into()),
    }
}

/// The name of an integer label; where integers have names, -1 is none.
fn by_index(index: i64, names: &[String]) -> Option<String> {
    if index == -1 && !names.is_empty() {
        return None;
    }
    let name = usize::try_from(index).ok().and_then(|index| names.get(index));
    Some(name.cloned().unwrap_or_else(|| index.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: &str) -> Said {
        let names = ["no".to_string(), "yes".to_string()];
        Said::of(&Json::parse(source).unwrap(), &names, &mut Vec::new())
    }

    fn labels<const N: usize>(labels: [&str; N]) -> Said {
        Said::Labels(labels.map(String::from).into())
    }

    #[test]
    fn every_shape_of_labels() {
        for (source, expected) in [
            (r#"" maybe ""#, labels(["maybe"])),
            ("1", labels(["yes"])),
            ("1.0", labels(["yes"])),
            ("7", labels(["7"])),
            ("-1", Said::Nothing),
            ("null", Said::Nothing),
            (r#""unlabelled""#, Said::Nothing),
            ("1.5", Said::Other),
            ("[]", Said::Empty),
            (r#"["a", 0, "b"]"#, labels(["a", "no", "b"])),
            (r#"{"a": 0.9, "b": 0, "c": true}"#, labels(["a", "c"])),
            (r#"{"a": 0.1}"#, Said::Empty),
            (r#"{"choices": ["a", "b"]}"#, labels(["a", "b"])),
            (r#"{"a": "x"}"#, Said::Other),
        ] {
            assert_eq!(said(source), expected, "{source}");
        }
    }

    #[test]
    fn every_shape_of_spans() {
        let span = Said::Spans(vec![RawSpan { start: 0, end: 4, label: "city".into() }]);
        for source in [
            r#"[[0, 4, "city"]]"#,
            r#"[{"start": 0, "end": 4, "label": "city"}]"#,
            r#"[{"id": 3, "start_offset": 0, "end_offset": 4, "label": "city"}]"#,
            r#"[{"start": 0, "end": 4, "text": "Rome", "labels": ["city"]}]"#,
            r#"[{"start": 0, "end": 4, "value": "Rome", "entity": "city"}]"#,
        ] {
            assert_eq!(said(source), span, "{source}");
        }
    }
}
