//! Where gloss.toml names labels.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Symbol;

/// The keys of `[labels]`, without their quotes, in the order of the file.
pub(crate) fn keys(source: &str) -> Vec<Symbol> {
    let (table, _) = DeTable::parse_recoverable(source);
    let labels = table.get_ref().get("labels").and_then(|labels| labels.get_ref().as_table());
    let mut keys: Vec<Symbol> = labels
        .into_iter()
        .flatten()
        .filter(|(_, guideline)| guideline.get_ref().is_str())
        .map(|(key, _)| Symbol { label: key.get_ref().as_ref().into(), range: inner(source, key.span()) })
        .collect();
    keys.sort_by_key(|key| key.range.start);
    keys
}

/// The fields in `[dataset] label` that are a label each.
pub(crate) fn strings(source: &str) -> Vec<Symbol> {
    let (table, _) = DeTable::parse_recoverable(source);
    let dataset = table.get_ref().get("dataset").and_then(|dataset| dataset.get_ref().as_table());
    let fields = dataset.and_then(|dataset| dataset.get("label")).map(Spanned::get_ref);
    let Some(DeValue::Array(fields)) = fields.filter(|fields| fields.as_array().is_some_and(|all| all.len() > 1))
    else {
        return Vec::new();
    };
    let symbol = |field: &Spanned<DeValue>| {
        Some(Symbol { label: field.get_ref().as_str()?.into(), range: inner(source, field.span()) })
    };
    fields.iter().filter_map(symbol).collect()
}

/// The lines of a label's entry, with their end; `None`: it is not there.
pub(super) fn line_of(source: &str, label: &str) -> Option<Range<usize>> {
    let (table, _) = DeTable::parse_recoverable(source);
    let labels = table.get_ref().get("labels")?.get_ref().as_table()?;
    let (key, guideline) = labels.iter().find(|(key, _)| key.get_ref() == label)?;
    let start = source[..key.span().start].rfind('\n').map_or(0, |at| at + 1);
    let end = guideline.span().end;
    Some(start..source[end..].find('\n').map_or(source.len(), |at| end + at + 1))
}

/// A name with its quotes, if it has some.
pub(super) fn outer(source: &str, range: Range<usize>) -> Range<usize> {
    let is_quote = |at: Option<&u8>| matches!(at, Some(b'"' | b'\''));
    let bytes = source.as_bytes();
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let is_quoted = is_quote(before) && before == bytes.get(range.end);
    if is_quoted { range.start - 1..range.end + 1 } else { range }
}

/// What stands between quotes, if there are some.
fn inner(source: &str, range: Range<usize>) -> Range<usize> {
    let text = &source[range.clone()];
    let quote =
        text.chars().next().filter(|quote| matches!(quote, '"' | '\'') && text.len() > 1 && text.ends_with(*quote));
    if quote.is_some() { range.start + 1..range.end - 1 } else { range }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_however_they_are_written() {
        let source = "[dataset]\nlabel = [\"x\", 'y']\n[labels]\nbilling = \"Charges\"\n\"退款 \\\"now\\\"\" = ''\n'a.b' = \"\"\n";
        let shown = |symbols: Vec<Symbol>| {
            symbols.into_iter().map(|one| (one.label.to_string(), source[one.range].to_owned())).collect::<Vec<_>>()
        };
        let pair = |label: &str, written: &str| (label.to_owned(), written.to_owned());
        assert_eq!(
            shown(keys(source)),
            [pair("billing", "billing"), pair("退款 \"now\"", "退款 \\\"now\\\""), pair("a.b", "a.b")]
        );
        assert_eq!(shown(strings(source)), [pair("x", "x"), pair("y", "y")]);
        assert_eq!(keys("labels.a = \"\"\n").len(), 1);
        assert_eq!(keys("[labels\n"), []);
    }
}
