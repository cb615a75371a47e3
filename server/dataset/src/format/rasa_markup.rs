//! Entities in Rasa's examples: `to [Rome](city)`, `to [Rome](city:value)`, `to [Rome]{"entity": "city", "role": "to"}`.

use std::ops::Range;

use super::{
    Json,
    json_answer::name,
    json_row::{elements, is_key},
    scan::{Kind, Scanner, Token},
};
use crate::{Span, text_map::Piece};

/// An example without its markup.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) text: String,
    /// In the order of the text.
    pub(crate) entities: Vec<Entity>,
    /// Whether entities have values, roles or groups, which spans have not.
    pub(crate) more: bool,
}

/// What is marked in an example; ranges are bytes of the example as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entity {
    /// The brackets, what stands in them, and the description.
    pub(crate) whole: Range<usize>,
    /// The characters between the brackets.
    pub(crate) covered: Range<usize>,
    /// Where they stand in the text.
    pub(crate) start: usize,
    /// At least one.
    pub(crate) labels: Vec<Named>,
}

/// A label, and where its name stands; in JSON that is a string.
pub(crate) type Named = (String, Range<usize>);

impl Example {
    pub(crate) fn spans(&self) -> Vec<Span> {
        let spans = self.entities.iter().flat_map(|entity| {
            let (start, end) = (entity.start as u32, (entity.start + entity.covered.len()) as u32);
            entity.labels.iter().map(move |(label, _)| Span { start, end, label: label.as_str().into() })
        });
        spans.collect()
    }

    /// What the text is made of, where the example starts at `base` and is so long.
    pub(super) fn pieces(&self, base: usize, len: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut add = |range: Range<usize>| {
            if !range.is_empty() {
                pieces.push(Piece { len: range.len(), source: base + range.start..base + range.end });
            }
        };
        let mut at = 0;
        for entity in &self.entities {
            add(at..entity.whole.start);
            add(entity.covered.clone());
            at = entity.whole.end;
        }
        add(at..len);
        pieces
    }
}

pub(crate) fn parse(source: &str) -> Example {
    let mut example = Example { text: String::new(), entities: Vec::new(), more: false };
    let (mut at, mut copied) = (0, 0);
    // Behind this place no bracket closes, so that none is looked for again.
    let mut closes = true;
    while let Some(open) = source[at..].find('[').map(|open| at + open) {
        let close = if closes { source[open..].find(']').map(|close| open + close) } else { None };
        closes = close.is_some();
        let described = close.filter(|close| *close > open + 1).and_then(|close| description(source, close + 1));
        let (Some(close), Some((labels, end, more))) = (close, described) else {
            at = open + 1;
            continue;
        };
        example.text += &source[copied..open];
        let (covered, start) = (open + 1..close, example.text.len());
        example.text += &source[covered.clone()];
        example.entities.push(Entity { whole: open..end, covered, start, labels });
        example.more |= more;
        (at, copied) = (end, end);
    }
    example.text += &source[copied..];
    example
}

/// The labels of the description at this place with where they stand, its end, and whether it says more.
fn description(source: &str, at: usize) -> Option<(Vec<Named>, usize, bool)> {
    let bytes = source.as_bytes();
    match bytes.get(at)? {
        b'(' => {
            let end = at + source[at..].find([')', '\n']).filter(|end| bytes[at + end] == b')')?;
            let (name, value) = source[at + 1..end].split_once(':').unwrap_or((&source[at + 1..end], ""));
            let label = name.trim();
            let start = at + 1 + name.len() - name.trim_start().len();
            (!label.is_empty())
                .then(|| (vec![(label.to_string(), start..start + label.len())], end + 1, !value.is_empty()))
        }
        b'{' | b'[' => {
            let json = Scanner::new(bytes, at).value().ok()?;
            let objects = if json.kind == Kind::Array { elements(bytes, json) } else { vec![json] };
            let mut more = false;
            let labels = objects.into_iter().map(|object| entity_of(bytes, object, &mut more));
            let labels: Vec<_> = labels.collect::<Option<_>>()?;
            (!labels.is_empty()).then_some((labels, json.end, more))
        }
        _ => None,
    }
}

/// The label that an object of a description gives, and whether the object says more.
fn entity_of(source: &[u8], object: Token, more: &mut bool) -> Option<Named> {
    let (mut label, mut members) = (None, 0);
    Scanner::new(source, object.start)
        .object(|key, value| {
            members += 1;
            if is_key(source, key, "entity") {
                label = matches!(value.kind, Kind::String { .. }).then_some(value);
            }
        })
        .ok()?;
    *more |= members > 1;
    let token = label?;
    let label = name(source, token).trim().to_string();
    (!label.is_empty()).then_some((label, token.range()))
}

/// The text with its spans marked. Those that start before the last one ends are left out, and counted.
pub(crate) fn write(text: &str, spans: &[Span]) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut skipped) = (0, 0);
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        if start < at {
            skipped += 1;
            continue;
        }
        out += &format!("{}[{}]{}", &text[at..start], &text[start..end], described(&span.label));
        at = end;
    }
    out += &text[at..];
    (out, skipped)
}

/// What stands behind the brackets.
pub(super) fn described(label: &str) -> String {
    if !label.contains(['(', ')', ':', '\n']) {
        return format!("({label})");
    }
    Json::Object(vec![("entity".to_string(), Json::text(label))]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let example = parse(source);
        let spans = example.spans();
        let spans = spans.iter().map(|span| format!("{}={}", span.label, &example.text[span.range()]));
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
        assert_eq!(parse(&source).spans(), [spans[0].clone(), spans[2].clone()]);
    }

    #[test]
    fn names_and_characters_are_found_in_the_source() {
        let source = r#"to [北京]{"role": "to", "entity": "a\u0062"} and [x]( y :z)!"#;
        let example = parse(source);
        let shown = |entity: &Entity| {
            let (label, name) = &entity.labels[0];
            (source[entity.covered.clone()].to_string(), label.clone(), source[name.clone()].to_string())
        };
        let own = |covered: &str, label: &str, name: &str| (covered.to_string(), label.to_string(), name.to_string());
        let all: Vec<_> = example.entities.iter().map(shown).collect();
        assert_eq!(all, [own("北京", "ab", r#""a\u0062""#), own("x", "y", "y")]);
        let pieces = example.pieces(10, source.len());
        let text: String = pieces.iter().map(|piece| &source[piece.source.start - 10..piece.source.end - 10]).collect();
        assert_eq!(text, example.text);
    }
}
