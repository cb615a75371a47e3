//! What a token says: a fixed number of hashed features, one a template.
//!
//! The usual ones of named entity recognition (Ratinov and Roth 2009): the word, its case, its beginning and end, its shape, its
//! neighbours, and pairs of these. What must stay true: features are a function of the text and its tokens alone, and are bounded by the
//! text's length; no language is assumed.

use std::ops::Range;

/// Features of each token.
pub(super) const TEMPLATES: usize = 40;
/// For each template the tokens that it is of, by how far they are from here.
pub(super) const SOURCES: [&[isize]; TEMPLATES] = [
    &[],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0],
    &[0, 1],
    &[0],
    &[-1],
    &[1],
    &[-2],
    &[2],
    &[-1],
    &[1],
    &[-2],
    &[2],
    &[-1, 0],
    &[0, 1],
    &[-2, -1],
    &[1, 2],
    &[-1, 1],
    &[-1, 0],
    &[0, 1],
    &[-1, 0, 1],
    &[-1, 0],
    &[0, 1],
    &[-1],
    &[1],
    &[-1, 0],
    &[-2, -1, 0],
    &[-3],
    &[3],
    &[],
];
/// Tokens beyond the text.
const EDGE: u64 = 0x5bd1_e995_9d1b_58d3;

/// Hashes of one token's aspects, from which features are put together.
#[derive(Clone, Copy)]
struct Aspects {
    word: u64,
    lower: u64,
    /// Upper, lower, digit or other, a character each; and with runs as one.
    shape: u64,
    outline: u64,
    starts: [u64; 4],
    ends: [u64; 4],
    /// Whether no white space stands before it.
    glued: u64,
}

const BEYOND: Aspects =
    Aspects { word: EDGE, lower: EDGE, shape: EDGE, outline: EDGE, starts: [EDGE; 4], ends: [EDGE; 4], glued: 2 };

impl Aspects {
    fn of(text: &str, token: &Range<u32>, before: Option<&Range<u32>>) -> Aspects {
        let word = &text[token.start as usize..token.end as usize];
        let lower: Vec<u64> = word.chars().flat_map(char::to_lowercase).map(u64::from).collect();
        let (mut shape, mut outline, mut last) = (1, 2, 0);
        for kind in word.chars().map(kind) {
            shape = mix(shape, kind);
            if kind != last {
                outline = mix(outline, kind);
            }
            last = kind;
        }
        let part = |part: &[u64]| part.iter().fold(3, |hash, &c| mix(hash, c));
        Aspects {
            word: word.chars().fold(4, |hash, c| mix(hash, c.into())),
            lower: part(&lower),
            shape,
            outline,
            starts: [1, 2, 3, 4].map(|length| part(&lower[..length.min(lower.len())])),
            ends: [1, 2, 3, 4].map(|length| part(&lower[lower.len().saturating_sub(length)..])),
            glued: u64::from(before.is_some_and(|before| before.end == token.start)),
        }
    }
}

/// Features of all tokens, [`TEMPLATES`] each.
pub(super) fn features(text: &str, tokens: &[Range<u32>]) -> Vec<u32> {
    let before = std::iter::once(None).chain(tokens.iter().map(Some));
    let aspects: Vec<Aspects> =
        tokens.iter().zip(before).map(|(token, before)| Aspects::of(text, token, before)).collect();
    let manner = manner(text, tokens);
    let mut features = Vec::with_capacity(tokens.len() * TEMPLATES);
    for place in 0..tokens.len() {
        let at =
            |offset: isize| place.checked_add_signed(offset).and_then(|place| aspects.get(place)).unwrap_or(&BEYOND);
        let (here, left, right) = (at(0), at(-1), at(1));
        let (further_left, further_right) = (at(-2), at(2));
        let hashes: [u64; TEMPLATES] = [
            0,
            here.word,
            here.lower,
            here.shape,
            here.outline,
            here.starts[0],
            here.starts[1],
            here.starts[2],
            here.starts[3],
            here.ends[0],
            here.ends[1],
            here.ends[2],
            here.ends[3],
            mix(here.glued, right.glued),
            mix(here.outline, manner),
            left.lower,
            right.lower,
            further_left.lower,
            further_right.lower,
            left.outline,
            right.outline,
            further_left.outline,
            further_right.outline,
            mix(left.lower, here.lower),
            mix(here.lower, right.lower),
            mix(further_left.lower, left.lower),
            mix(right.lower, further_right.lower),
            mix(left.lower, right.lower),
            mix(left.outline, here.outline),
            mix(here.outline, right.outline),
            mix(mix(left.outline, here.outline), right.outline),
            mix(mix(left.lower, here.glued), here.outline),
            mix(mix(right.lower, right.glued), here.outline),
            left.ends[2],
            right.ends[2],
            mix(left.lower, here.shape),
            mix(further_left.lower, mix(left.lower, here.outline)),
            at(-3).lower,
            at(3).lower,
            (place as u64).min(3),
        ];
        features.extend(hashes.iter().zip(1..).map(|(&hash, template)| (mix(hash, template << 32) >> 32) as u32));
    }
    features
}

/// How the text uses capitals: where all words have them, or none, they say little.
fn manner(text: &str, tokens: &[Range<u32>]) -> u64 {
    let (mut upper, mut title, mut words) = (0, 0, 0);
    for token in tokens {
        let mut kinds = text[token.start as usize..token.end as usize].chars().map(kind);
        let first = kinds.next();
        if matches!(first, Some(UPPER | LOWER)) {
            words += 1;
            title += usize::from(first == Some(UPPER));
            upper += usize::from(first == Some(UPPER) && kinds.next() == Some(UPPER));
        }
    }
    match words {
        _ if title == 0 => 0,
        _ if upper * 2 > words => 1,
        _ if title * 2 > words => 2,
        _ => 3,
    }
}

const UPPER: u64 = 1;
const LOWER: u64 = 2;

fn kind(c: char) -> u64 {
    match c {
        _ if c.is_uppercase() => UPPER,
        _ if c.is_lowercase() => LOWER,
        _ if c.is_numeric() => 3,
        // A letter without case; marks are told apart.
        _ if c.is_alphabetic() => 4,
        _ => u64::from(c),
    }
}

fn mix(hash: u64, value: u64) -> u64 {
    let mixed = (hash.rotate_left(23) ^ value).wrapping_mul(0xf135_7aea_2e62_a9c5);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::tokens::tokens;

    fn of(text: &str) -> Vec<u32> {
        features(text, &tokens(text))
    }

    #[test]
    fn a_token_far_away_makes_no_difference() {
        let (one, other) = (of("one two six ten red Far"), of("one two six ten red Off"));
        assert_eq!(one[..TEMPLATES], other[..TEMPLATES]);
        assert_ne!(one[4 * TEMPLATES..], other[4 * TEMPLATES..]);
    }

    #[test]
    fn a_feature_is_of_the_tokens_that_it_is_said_to_be_of() {
        let words = ["one", "two", "six", "ten", "red", "far", "off"];
        let (here, whole) = (3, of(&words.join(" ")));
        for (place, _) in words.iter().enumerate() {
            let mut others = words;
            others[place] = "3D";
            let other = of(&others.join(" "));
            for (template, sources) in SOURCES.iter().enumerate() {
                let at = here * TEMPLATES + template;
                let is_source = sources.contains(&(place as isize - here as isize));
                // Both words stand alone: what tells that is the same.
                assert_eq!(whole[at] != other[at], is_source && template != 13, "{template} at {place}");
            }
        }
    }

    #[test]
    fn case_is_one_aspect_of_many() {
        let same = of("in paris today").iter().zip(of("in Paris today")).filter(|(one, other)| **one == *other).count();
        assert!((TEMPLATES..3 * TEMPLATES - 10).contains(&same), "{same}");
    }

    #[test]
    fn templates_do_not_meet() {
        let mut hashes = of("a");
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), TEMPLATES);
    }

    #[test]
    fn nothing_is_read_too() {
        assert!(of("").is_empty());
        assert_eq!(of("\u{301}").len(), TEMPLATES);
    }
}
