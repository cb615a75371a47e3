//! Spans whose offsets do not fit their text: what is wrong, and what may have been meant.

use std::ops::Range;

use crate::{Offsets, TextEdit, offsets::Ruler, words};

/// What can be done about the spans of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mending {
    pub misfits: Vec<Misfit>,
    /// What the offsets of the row seem to count: with it all its spans are of whole words, which they are not now.
    pub offsets: Option<Offsets>,
}

/// A span that is outside of the text, empty, reversed, or begins or ends within a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where it is written.
    pub range: Range<usize>,
    pub label: String,
    /// As it is written.
    pub start: usize,
    pub end: usize,
    /// The nearest characters; `None`: there are none.
    pub instead: Option<Near>,
    /// The edits that take it away.
    pub removal: Vec<TextEdit>,
}

/// Characters that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// As the file counts.
    pub start: usize,
    pub end: usize,
    pub part: String,
    /// The edits that write these offsets.
    pub edits: Vec<TextEdit>,
}

/// The bytes of the text that are nearest to these offsets. `said`: the characters as the span repeats them.
pub(crate) fn nearest(
    text: &str,
    (start, end): (usize, usize),
    offsets: Offsets,
    said: Option<&str>,
) -> Option<Range<usize>> {
    let mut ruler = Ruler::new(text, offsets);
    if let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) {
        let found = text.match_indices(said).min_by_key(|(at, _)| ruler.unit(*at).abs_diff(start));
        if let Some((at, _)) = found {
            return Some(at..at + said.len());
        }
    }
    let part = ruler.around(start.min(end)).0..ruler.around(start.max(end)).1;
    let part = words::trimmed(text, part.clone());
    let part = if part.is_empty() { words::whole(text, part) } else { part };
    (!part.is_empty()).then_some(part)
}

/// Other offsets, with which all of these are edges of whole words, where with `offsets` they are not.
pub(crate) fn offsets_that_fit(text: &str, edges: &[(usize, usize)], offsets: Offsets) -> Option<Offsets> {
    let fit = |offsets: &Offsets| {
        let mut ruler = Ruler::new(text, *offsets);
        !edges.is_empty()
            && edges.iter().all(|(start, end)| match (ruler.byte(*start), ruler.byte(*end)) {
                (Some(start), Some(end)) => start < end && !words::are_cut(text, start..end),
                _ => false,
            })
    };
    if fit(&offsets) { None } else { Offsets::ALL.into_iter().find(fit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(text: &'static str, start: usize, end: usize) -> Option<&'static str> {
        nearest(text, (start, end), Offsets::Utf16, None).map(|part| &text[part])
    }

    #[test]
    fn the_nearest_characters_are_found() {
        let text = "to 😀 Rome";
        assert_eq!(near(text, 6, 99), Some("Rome"));
        assert_eq!(near(text, 10, 6), Some("Rome"), "reversed");
        assert_eq!(near(text, 4, 10), Some("😀 Rome"), "from within a character");
        assert_eq!(near(text, 2, 4), Some("😀"), "to within one, without the blank before it");
        assert_eq!(near(text, 8, 8), Some("Rome"), "empty, in a word");
        assert_eq!(near(text, 5, 6), None, "nothing but a blank");
        assert_eq!(near("a b ", 99, 120), None);
        let said = nearest("Rome or Rome", (9, 99), Offsets::CodePoints, Some("Rome"));
        assert_eq!(said, Some(8..12), "of those that it repeats, the nearest");
        assert_eq!(nearest("Oslo", (0, 9), Offsets::CodePoints, Some("Rome")), Some(0..4));
    }

    #[test]
    fn what_offsets_count_shows_in_the_words() {
        let text = "差评 😀 from Rome to Oslo";
        let unit = |offsets: Offsets, part: &str| {
            let at = text.find(part).unwrap();
            let mut ruler = Ruler::new(text, offsets);
            (ruler.unit(at), ruler.unit(at + part.len()))
        };
        for counted in Offsets::ALL {
            let edges = [unit(counted, "Rome"), unit(counted, "Oslo")];
            for assumed in Offsets::ALL {
                let expected = (counted != assumed).then_some(counted);
                assert_eq!(offsets_that_fit(text, &edges, assumed), expected, "{counted:?} read as {assumed:?}");
            }
        }
        assert_eq!(offsets_that_fit(text, &[(0, 99)], Offsets::CodePoints), None);
        assert_eq!(offsets_that_fit(text, &[], Offsets::CodePoints), None);
    }
}
