//! Entities in Rasa's examples: `to [Rome](city)`, `to [Rome](city:value)`, `to [Rome]{"entity": "city", "role": "to"}`.

use crate::{Span, format::Json};

/// An example without its markup.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Example {
    pub(super) text: String,
    pub(super) spans: Vec<Span>,
    /// Whether entities have values, roles or groups, which spans have not.
    pub(super) more: bool,
}

pub(super) fn parse(source: &str) -> Example {
    let mut example = Example { text: String::new(), spans: Vec::new(), more: false };
    let mut rest = source;
    // Behind this place in `rest` no bracket closes, so that none is looked for again.
    let mut closes = true;
    while let Some(open) = rest.find('[') {
        example.text += &rest[..open];
        rest = &rest[open..];
        let close = if closes { rest.find(']') } else { None };
        closes = close.is_some();
        let entity = close.filter(|close| *close > 1).and_then(|close| {
            let (labels, len, more) = entity(&rest[close + 1..])?;
            Some((&rest[1..close], labels, close + 1 + len, more))
        });
        let Some((covered, labels, len, more)) = entity else {
            example.text.push('[');
            rest = &rest[1..];
            continue;
        };
        let start = example.text.len() as u32;
        example.text += covered;
        let end = example.text.len() as u32;
        example.spans.extend(labels.into_iter().map(|label| Span { start, end, label: label.into() }));
        example.more |= more;
        rest = &rest[len..];
    }
    example.text += rest;
    example
}

/// The labels of an entity's description, its length, and whether it says more.
fn entity(source: &str) -> Option<(Vec<String>, usize, bool)> {
    match source.as_bytes().first()? {
        b'(' => {
            let end = source.find([')', '\n'])?;
            let inner = source[..end + 1].strip_prefix('(')?.strip_suffix(')')?;
            let (label, value) = inner.split_once(':').unwrap_or((inner, ""));
            let label = label.trim();
            (!label.is_empty()).then(|| (vec![label.to_string()], end + 1, !value.is_empty()))
        }
        b'{' | b'[' => {
            let (len, json) = first_value(source)?;
            let objects = match &json {
                Json::List(list) => list.as_slice(),
                object => std::slice::from_ref(object),
            };
            let name = |object: &Json| object.get("entity")?.as_text().map(|label| label.trim().to_string());
            let labels: Vec<String> = objects.iter().map(name).collect::<Option<_>>()?;
            let more = objects.iter().any(|object| object.as_object().is_some_and(|fields| fields.len() > 1));
            (!labels.is_empty() && labels.iter().all(|label| !label.is_empty())).then_some((labels, len, more))
        }
        _ => None,
    }
}

/// The JSON value with which a text starts.
fn first_value(source: &str) -> Option<(usize, Json)> {
    let close = if source.starts_with('{') { '}' } else { ']' };
    let ends = source.match_indices(close).map(|(at, _)| at + 1);
    // A bracket may stand in a string, but hardly many.
    ends.take(8).find_map(|end| Some((end, Json::parse(&source[..end]).ok()?)))
}

/// The text with its spans marked. Those that start before the last one ends are left out, and counted.
pub(super) fn write(text: &str, spans: &[Span]) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut skipped) = (0, 0);
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        if start < at {
            skipped += 1;
            continue;
        }
        out += &text[at..start];
        out += &format!("[{}]", &text[start..end]);
        if span.label.contains(['(', ')', ':', '\n']) {
            let entity = vec![("entity".to_string(), Json::text(&*span.label))];
            Json::Object(entity).write(&mut out);
        } else {
            out += &format!("({})", span.label);
        }
        at = end;
    }
    out += &text[at..];
    (out, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let example = parse(source);
        let spans = example.spans.iter();
        let spans =
            spans.map(|span| format!("{}={}", span.label, &example.text[span.start as usize..span.end as usize]));
        [example.text.clone()].into_iter().chain(spans).collect()
    }

    #[test]
    fn every_form_of_an_entity() {
        assert_eq!(
            shown("from [Rome](city) to [Wien](city:vienna)!"),
            ["from Rome to Wien!", "city=Rome", "city=Wien"]
        );
        assert_eq!(shown(r#"[罗马]{"entity": "city", "role": "to"} 去"#), ["罗马 去", "city=罗马"]);
        assert_eq!(shown(r#"[a][{"entity": "x"}, {"entity": "y"}]"#), ["a", "x=a", "y=a"]);
    }

    #[test]
    fn brackets_that_mark_nothing_stay() {
        for source in ["a [b] c", "a [b](", "[]()", "[x]( )", "[a", "]", "[x]{\"entity\": 1}", "[x]{", "a [b](c\n)"] {
            assert_eq!(shown(source), [source]);
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let span = |start, end, label: &str| Span { start, end, label: label.into() };
        let spans = [span(0, 4, "city"), span(0, 2, "x"), span(5, 8, "a:b")];
        let (source, skipped) = write("Rome now", &spans);
        assert_eq!((source.as_str(), skipped), (r#"[Rome](city) [now]{"entity": "a:b"}"#, 1));
        assert_eq!(parse(&source).spans, [spans[0].clone(), spans[2].clone()]);
    }
}
