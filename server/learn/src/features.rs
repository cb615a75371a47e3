//! A text as hashed counts of its word 1-2-grams and character n-grams; no language is assumed.
//!
//! Words are runs of letters and digits after NFKC and lower-casing. Inside a word, with a boundary mark on both sides,
//! character 3-5-grams count; across runs of scripts that put no spaces between words, character 1-3-grams.

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

/// Of a longer text, the rest is not read: memory and time stay bounded.
const LONGEST: usize = 100_000;
/// Grams of words and of characters are weighed apart; the lowest bit of a hash tells them.
const WORD: u32 = 0;
const CHARACTER: u32 = 1;

/// Distinct hashed n-grams with their counts, sorted by hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Grams(pub(crate) Box<[(u32, u16)]>);

impl Grams {
    pub(crate) fn of(text: &str) -> Grams {
        let characters: Vec<char> = text.nfkc().take(LONGEST).flat_map(char::to_lowercase).collect();
        let mut hashes = Vec::with_capacity(characters.len() * 4);
        let mut before: Option<u64> = None;
        let mut padded = Vec::new();
        for run in characters.chunk_by(|a, b| kind(*a) == kind(*b)) {
            match kind(run[0]) {
                Kind::Other => continue,
                Kind::Spaceless => grams(run, 1..=3, &mut hashes),
                Kind::Word => {
                    let word = hash(run);
                    if run.len() > 1 {
                        hashes.push(mix(word, WORD));
                        if let Some(before) = before {
                            hashes.push(mix(before.rotate_left(23) ^ word, WORD));
                        }
                        before = Some(word);
                    }
                    padded.clear();
                    padded.push(' ');
                    padded.extend_from_slice(run);
                    padded.push(' ');
                    grams(&padded, 3..=5, &mut hashes);
                }
            }
        }
        hashes.sort_unstable();
        let counted = hashes.chunk_by(|a, b| a == b).map(|same| (same[0], same.len().min(u16::MAX as usize) as u16));
        Grams(counted.collect())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Word,
    Spaceless,
    Other,
}

fn kind(character: char) -> Kind {
    match character as u32 {
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Kind::Spaceless,
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => Kind::Spaceless,
        // Emoji and other pictures carry feeling: each counts by itself.
        0x2600..=0x27BF | 0x1F300..=0x1FAFF => Kind::Spaceless,
        _ if character.is_alphanumeric() || character == '_' => Kind::Word,
        // Exclamation and question marks tell intents and feelings apart.
        _ if matches!(character, '!' | '?') => Kind::Spaceless,
        _ => Kind::Other,
    }
}

fn grams(characters: &[char], lengths: std::ops::RangeInclusive<usize>, hashes: &mut Vec<u32>) {
    for length in lengths {
        hashes.extend(characters.windows(length).map(|window| mix(hash(window), CHARACTER)));
        if characters.len() < length {
            break;
        }
    }
}

fn hash(characters: &[char]) -> u64 {
    characters.iter().fold(0xcbf2_9ce4_8422_2325, |state, character| {
        (state ^ u64::from(*character as u32)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
    })
}

fn mix(hash: u64, kind: u32) -> u32 {
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 32) as u32 & !1) | kind
}

/// Which hashed n-grams count, and how much: smooth inverse document frequency.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    pub(crate) index: FxHashMap<u32, u32>,
    pub(crate) idf: Vec<f32>,
}

/// At most this many n-grams count; the rarest are left out.
const MOST_FEATURES: usize = 1 << 19;

impl Vocabulary {
    /// Of the n-grams of labelled texts, weighed by how many of all texts have them.
    pub(crate) fn of<'a>(labelled: &[&Grams], all: impl ExactSizeIterator<Item = &'a Grams>) -> Vocabulary {
        let texts = all.len() as f32;
        let mut frequencies: FxHashMap<u32, u32> = FxHashMap::default();
        for grams in labelled {
            for (gram, _) in &grams.0 {
                frequencies.entry(*gram).or_default();
            }
        }
        for grams in all {
            for (gram, _) in &grams.0 {
                if let Some(frequency) = frequencies.get_mut(gram) {
                    *frequency += 1;
                }
            }
        }
        let mut chosen: Vec<(u32, u32)> = frequencies.into_iter().collect();
        chosen.sort_unstable_by_key(|(gram, frequency)| (std::cmp::Reverse(*frequency), *gram));
        chosen.truncate(MOST_FEATURES);
        let idf = chosen.iter().map(|(_, frequency)| ((1.0 + texts) / (1.0 + *frequency as f32)).ln() + 1.0).collect();
        let index = chosen.iter().enumerate().map(|(index, (gram, _))| (*gram, index as u32)).collect();
        Vocabulary { index, idf }
    }

    /// TF-IDF with sublinear counts, word and character blocks each of unit length.
    pub(crate) fn vector(&self, grams: &Grams) -> Vec<(u32, f32)> {
        let mut squares = [0.0f32; 2];
        let mut vector = Vec::with_capacity(grams.0.len());
        let mut blocks = Vec::with_capacity(grams.0.len());
        for (gram, count) in &grams.0 {
            if let Some(&feature) = self.index.get(gram) {
                let value = (1.0 + f32::from(*count).ln()) * self.idf[feature as usize];
                let block = (gram & 1) as usize;
                squares[block] += value * value;
                vector.push((feature, value));
                blocks.push(block);
            }
        }
        let scale = squares.map(|square| if square > 0.0 { square.sqrt().recip() } else { 0.0 });
        for ((_, value), block) in vector.iter_mut().zip(blocks) {
            *value *= scale[block];
        }
        vector
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compatible_forms_and_cases_are_one_text() {
        assert_eq!(Grams::of("ＡＢＣ ﬁne"), Grams::of("abc FINE"));
        assert_ne!(Grams::of("refund"), Grams::of("refunds"));
    }

    #[test]
    fn scripts_without_spaces_share_inner_grams() {
        let (a, b) = (Grams::of("这家店很好吃"), Grams::of("真的很好吃啊"));
        assert!(a.0.iter().any(|(gram, _)| b.0.iter().any(|(other, _)| other == gram)));
    }

    #[test]
    fn nothing_and_very_much_are_texts_too() {
        assert_eq!(Grams::of(" \u{0}\t"), Grams::default());
        assert!(Grams::of(&"word ".repeat(1_000_000)).0.len() < 100);
    }
}
