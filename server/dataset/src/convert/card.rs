//! Names of integer labels: from a data set's card (README.md), a model's config.json, or a list.

use saphyr_parser::{Event, Parser};

use crate::format::Json;

/// The names that a file gives to integer labels, in their order: a card with `names:` under `class_label:`, JSON with
/// `id2label` or a list of names, or a name a line. The error says what was expected.
pub fn label_names(source: &str) -> Result<Vec<String>, String> {
    let source = source.trim_start_matches('\u{feff}');
    let names = match source.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => Json::parse(source).ok().and_then(|json| of_json(&json)),
        _ if source.starts_with("---") || source.contains("class_label:") => of_card(front_matter(source)),
        _ => Some(source.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect()),
    };
    names.filter(|names: &Vec<String>| !names.is_empty()).ok_or_else(|| {
        "No names of labels were found. Expected a data set's README.md with `names:` under \
         `class_label:`, JSON with `id2label`, or a name a line."
            .into()
    })
}

/// A card with these names.
pub fn card(names: &[&str], several: bool) -> String {
    let mut out =
        String::from("---\ndataset_info:\n  features:\n    - name: text\n      dtype: string\n    - name: label\n");
    let (lead, deep) = if several {
        ("      sequence:\n        class_label:\n", "          ")
    } else {
        ("      dtype:\n        class_label:\n", "          ")
    };
    out += lead;
    out += deep;
    out += "names:\n";
    for (index, name) in names.iter().enumerate() {
        out += &format!("{deep}  '{index}': {}\n", Json::text(*name));
    }
    out + "---\n"
}

fn of_json(json: &Json) -> Option<Vec<String>> {
    let names = ["id2label", "names", "labels", "int2str"].iter().find_map(|key| json.get(key)).unwrap_or(json);
    match names {
        Json::List(names) => names.iter().map(|name| name.as_text().map(String::from)).collect(),
        Json::Object(names) => {
            let pairs: Option<Vec<(usize, String)>> = names
                .iter()
                .map(|(index, name)| Some((index.trim().parse().ok()?, name.as_text()?.to_string())))
                .collect();
            in_order(pairs?)
        }
        _ => None,
    }
}

/// The names, if their indices are 0, 1, 2 ...
fn in_order(mut pairs: Vec<(usize, String)>) -> Option<Vec<String>> {
    pairs.sort();
    pairs
        .iter()
        .enumerate()
        .all(|(place, (index, _))| place == *index)
        .then(|| pairs.into_iter().map(|(_, name)| name).collect())
}

/// What stands between the lines of three dashes.
fn front_matter(source: &str) -> &str {
    let Some(matter) = source.strip_prefix("---") else { return source };
    matter.find("\n---").map_or(matter, |end| &matter[..end + 1])
}

/// The `names` of the first class label: a mapping of indices, or a list.
fn of_card(yaml: &str) -> Option<Vec<String>> {
    let mut events = Parser::new_from_str(yaml).map_while(Result::ok).map(|(event, _)| event);
    events.find(|event| matches!(event, Event::Scalar(key, ..) if key == "class_label"))?;
    events.find(|event| matches!(event, Event::Scalar(key, ..) if key == "names"))?;
    let mapping = match events.next()? {
        Event::MappingStart(..) => true,
        Event::SequenceStart(..) => false,
        _ => return None,
    };
    let mut scalars = Vec::new();
    for event in events {
        match event {
            Event::Scalar(value, ..) => scalars.push(value.into_owned()),
            Event::MappingEnd | Event::SequenceEnd => break,
            _ => return None,
        }
    }
    if !mapping {
        return Some(scalars);
    }
    let pair = |pair: &[String]| Some((pair.first()?.trim().parse().ok()?, pair.get(1)?.clone()));
    in_order(scalars.chunks(2).map(pair).collect::<Option<Vec<_>>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_every_kind_of_file() {
        let card = "---\nlicense: mit\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': no\n          '1': \"yes: it is\"\n---\n# A card\n";
        assert_eq!(label_names(card).unwrap(), ["no", "yes: it is"]);
        let list = "class_label:\n  names:\n  - a\n  - b\n";
        assert_eq!(label_names(list).unwrap(), ["a", "b"]);
        assert_eq!(label_names(r#"{"id2label": {"1": "b", "0": "a"}}"#).unwrap(), ["a", "b"]);
        assert_eq!(label_names(r#"["a", "b"]"#).unwrap(), ["a", "b"]);
        assert_eq!(label_names("a\r\nb c\r\n").unwrap(), ["a", "b c"]);
        for nothing in ["", "---\nlicense: mit\n---\n# A card\n", "{}", r#"{"2": "b", "0": "a"}"#] {
            assert!(label_names(nothing).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn a_card_that_is_written_is_read() {
        let names = ["a: b", "it's", "差评", "- \"x\" #1"];
        for several in [false, true] {
            assert_eq!(label_names(&card(&names, several)).unwrap(), names);
        }
    }
}
