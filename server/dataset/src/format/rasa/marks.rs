//! Writing entities into an example: those that stay keep their bytes, one that moves takes its description along.

use super::{super::rasa_markup, parts};
use crate::{Span, TextEdit, TextMap, format::Json};

/// The smallest edits after which the example at `at` has these entities.
pub(super) fn marked(src: &str, at: usize, spans: &[Span]) -> Result<Vec<TextEdit>, String> {
    let (_, range) = parts(src.as_bytes(), at);
    let source = &src[range.clone()];
    let example = rasa_markup::parse(source);
    let mut missing: Vec<&Span> = spans.iter().collect();
    missing.sort();
    let wanted: Vec<Span> =
        missing.iter().map(|span| Span { label: span.label.trim().into(), ..(*span).clone() }).collect();
    let mut edits = Vec::new();
    let mut gone = Vec::new();
    for entity in &example.entities {
        let edges = (entity.start, entity.start + entity.covered.len());
        let is_here = |span: &&Span| (span.start as usize, span.end as usize) == edges;
        let here: Vec<&Span> = missing.iter().copied().filter(is_here).collect();
        let says = |span: &Span| entity.labels.iter().any(|(label, _)| *label == *span.label.trim());
        match (&here[..], &entity.labels[..]) {
            (here, labels) if here.len() == labels.len() && here.iter().all(|span| says(span)) => {}
            ([one], [(_, name)]) => {
                let is_json = source.as_bytes()[name.start] == b'"';
                let label = one.label.trim();
                let text = if is_json { Json::text(label).to_string() } else { label.to_owned() };
                edits.push(TextEdit { range: name.clone(), text });
            }
            ([], _) => {
                let (open, close) = (entity.whole.start..entity.covered.start, entity.covered.end..entity.whole.end);
                edits.extend([open, close].map(|range| TextEdit { range, text: String::new() }));
                gone.push(entity);
            }
            _ => return Err("The entity has several labels. Change them by hand.".into()),
        }
        missing.retain(|span| !is_here(span));
    }
    let map = TextMap::new(example.pieces(0, source.len()));
    for span in missing {
        let overlaps = |entity: &&&rasa_markup::Entity| {
            entity.start < span.end as usize && (span.start as usize) < entity.start + entity.covered.len()
        };
        let before = gone
            .iter()
            .filter(overlaps)
            .find(|entity| matches!(&entity.labels[..], [(label, _)] if *label == *span.label.trim()));
        let description = match before {
            Some(entity) => source[entity.covered.end + 1..entity.whole.end].to_owned(),
            None => rasa_markup::described(span.label.trim()),
        };
        let place = map.source(span.range());
        edits.push(TextEdit { range: place.start..place.start, text: "[".into() });
        edits.push(TextEdit { range: place.end..place.end, text: format!("]{description}") });
    }
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut after = source.to_owned();
    for edit in edits.iter().rev() {
        after.replace_range(edit.range.clone(), &edit.text);
    }
    let read = rasa_markup::parse(after.trim());
    let mut spans = read.spans();
    spans.sort();
    if read.text != example.text || spans != wanted {
        return Err("Rasa's markup cannot hold this: an entity has one pair of brackets, and none within them.".into());
    }
    for edit in &mut edits {
        edit.range = range.start + edit.range.start..range.start + edit.range.end;
    }
    Ok(edits)
}
