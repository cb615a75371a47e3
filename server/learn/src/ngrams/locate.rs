//! Where the n-grams of a text stand.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::{READ, is_invisible, normalise, read};

/// Calls back with each feature of a text and the bytes where it stands, as often as it stands there.
pub(crate) fn locate(text: &str, met: &mut impl FnMut(u32, Range<usize>)) {
    let (characters, origins) = traced(text);
    read(&characters, &mut Vec::new(), &mut |feature, places| {
        if let Some(origins) = origins.get(places) {
            let start = origins.first().map_or(0, |origin| origin.start);
            met(feature, start..origins.last().map_or(start, |origin| origin.end));
        }
    });
}

/// What [`normalise`] makes of a text, and the bytes that each character is of.
fn traced(text: &str) -> (Vec<u32>, Vec<Range<usize>>) {
    let text = &text[..text.floor_char_boundary(READ)];
    let mut characters = Vec::new();
    normalise(text, &mut characters);
    if text.is_ascii() {
        return (characters, (0..text.len()).map(|at| at..at + 1).collect());
    }
    // Normalised by themselves, parts that begin with what nothing composes with are what they are in the whole.
    let starts = text.char_indices().filter(|&(_, c)| !composes(c) && !is_invisible(c)).map(|(at, _)| at);
    let starts: Vec<usize> = starts.skip_while(|at| *at == 0).chain([text.len()]).collect();
    let (mut origins, mut start, mut part) = (Vec::with_capacity(characters.len()), 0, Vec::new());
    for end in starts {
        normalise(&text[start..end], &mut part);
        origins.extend(part.iter().map(|_| start..end));
        start = end;
    }
    if origins.len() != characters.len() {
        origins = vec![0..text.len(); characters.len()];
    }
    (characters, origins)
}

/// Whether a character may become one with those before it.
fn composes(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{1161}'..='\u{1175}' | '\u{11a8}'..='\u{11c2}' | '\u{ff9e}' | '\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::{super::tests::features, *};

    #[test]
    fn features_are_located_where_they_stand() {
        let text = "An ice-cold ÉTÉ, ﬁne e\u{301}te\u{301}";
        let (all, mut met) = (features(text), std::collections::HashMap::new());
        locate(text, &mut |feature, bytes| met.entry(feature).or_insert_with(Vec::new).push(bytes));
        assert!(all.iter().all(|(feature, count)| met[feature].len() == *count as usize) && met.len() == all.len());
        // By the one feature of words that a word has alone. A ligature cannot be cut.
        let words = |word: &str| features(word).into_iter().find(|f| f.0 & 1 == 0).map(|f| f.0).unwrap();
        let place_of = |word: &str| met[&words(word)].iter().map(|bytes| &text[bytes.clone()]).collect::<Vec<_>>();
        assert_eq!(place_of("cold"), ["cold"]);
        assert_eq!(place_of("été"), ["ÉTÉ", "e\u{301}te\u{301}"]);
        assert_eq!(place_of("fine"), ["ﬁne"]);
    }

    #[test]
    fn every_character_is_traced() {
        for text in ["カ\u{ff9e}", "각", "한\u{1161}", "a\u{200d}\u{301}b", "東京 e\u{34f}\u{301}", "\u{fdfa}"] {
            let (characters, origins) = traced(text);
            assert_eq!(characters.len(), origins.len(), "{text}");
            let all = |bytes: &Range<usize>| text.is_char_boundary(bytes.start) && text.is_char_boundary(bytes.end);
            assert!(origins.iter().all(all) && origins.is_sorted_by_key(|bytes| bytes.start), "{text}");
        }
    }
}
