//! Texts that are nearly the same.
//!
//! Two texts are near if the sets of their features ([`crate::ngrams`]) have a Jaccard similarity of [`NEAR`] or more. Candidates come
//! from MinHash (Broder 1997): a hash's least value is the same in two sets with the probability of their similarity. 64 of them,
//! a byte each (b-bit minwise hashing: Li and König 2010), are a text's sketch; texts are compared that agree in one of 16 bands of 4
//! bytes, which those of similarity s do with probability 1 - (1 - s⁴)¹⁶: 99% at 0.7, 34% at 0.4. The similarity that is told is exact.
//!
//! What must stay true: time and memory grow with the number of texts, not with its square, however alike they are: where many
//! share a band, each is compared with a few of them. Same texts in the same order: same pairs, whatever the number of threads.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::{
    Control, FitError, Text,
    ngrams::{Reader, is_space, is_unspaced},
};

/// Texts of this Jaccard similarity are near: about one word in seven may be another one.
pub const NEAR: f32 = 0.7;
/// Characters that a text has at least, white space aside; those of scripts without spaces say as much as two others. Of a shorter
/// one, a single word is too much of it.
const SHORTEST: usize = 20;

const BANDS: usize = 16;
/// Hashes of a band: a byte each, a key of 4 bytes.
const WIDTH: usize = 4;
const HASHES: usize = BANDS * WIDTH;
/// So many hashes go through the features of a text at once: they and what they need stay in registers.
const LANES: usize = 16;
/// Bytes that two sketches share at least for their texts to be compared: texts of similarity 0.7 share 45, with a standard deviation of 3.7.
const SHARED: usize = 30;

/// Of the texts that share a band, each is compared with the first and so many before it.
const BEFORE: usize = 4;
/// A text is compared with so many texts before it, those with the likest sketches.
const COMPARED: usize = 4;
/// So many texts are read before a cancel is heard.
const PIECE: usize = 256;

/// Two texts, by their places, the earlier first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub texts: [usize; 2],
    /// Jaccard similarity of their features, [`NEAR`] to 1: those that differ in nothing but case have 1.
    pub similarity: f32,
    /// They differ in nothing but case, punctuation and spaces.
    pub same_words: bool,
}

/// The pairs of texts that are near, in order of the later text. Of equal texts only the first counts. The error is a cancel.
pub fn pairs(texts: &[Text], control: &Control) -> Result<Vec<Pair>, FitError> {
    let mut met = FxHashSet::default();
    let places: Vec<usize> = (0..texts.len()).filter(|&place| met.insert(texts[place].key)).collect();
    drop(met);
    let is_long = |place: &usize| is_long(&texts[*place].body);
    let mut places: Vec<usize> = places.into_par_iter().filter(is_long).collect();
    // Candidates are numbered by 32 bits.
    places.truncate(u32::MAX as usize);
    let bodies: Vec<&str> = places.iter().map(|&place| &*texts[place].body).collect();
    let candidates = candidates(&sketches(&bodies, control)?, control)?;
    let compared = candidates.par_chunk_by(|a, b| a.text == b.text).map_init(Comparer::default, |comparer, group| {
        if control.is_cancelled() { Err(FitError::Cancelled) } else { Ok(comparer.compare(&bodies, group)) }
    });
    let compared: Vec<Vec<Pair>> = compared.collect::<Result<_, _>>()?;
    let place = |pair: Pair| Pair { texts: pair.texts.map(|text| places[text]), ..pair };
    Ok(compared.into_iter().flatten().map(place).collect())
}

fn is_long(text: &str) -> bool {
    let weight = |c: char| match u32::from(c) {
        c if is_space(c) => 0,
        c if is_unspaced(c) => 2,
        _ => 1,
    };
    let mut left = SHORTEST;
    text.chars().any(|c| {
        left = left.saturating_sub(weight(c));
        left == 0
    })
}

/// A byte of each hash's least value.
type Sketch = [u8; HASHES];

fn sketches(bodies: &[&str], control: &Control) -> Result<Vec<Sketch>, FitError> {
    let pieces = bodies.par_chunks(PIECE).map_init(Reader::default, |reader, piece| match control.is_cancelled() {
        true => Err(FitError::Cancelled),
        false => Ok(piece.iter().map(|body| sketch(reader.read(body).counts)).collect()),
    });
    let pieces: Vec<Vec<Sketch>> = pieces.collect::<Result<_, _>>()?;
    Ok(pieces.concat())
}

/// Of a hash: what a feature is multiplied by, which is odd, and what the product is changed by. Features are hashes themselves.
const HASH: [[[i32; LANES]; 2]; HASHES / LANES] = {
    let (mut hash, mut at, mut state) = ([[[0; LANES]; 2]; HASHES / LANES], 0, 0x9e37_79b9_7f4a_7c15_u64);
    while at < 2 * HASHES {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let (of, lane) = (at % 2, at / 2);
        hash[lane / LANES][of][lane % LANES] = (state >> 32) as i32 | (of == 0) as i32;
        at += 1;
    }
    hash
};

fn sketch(features: &[(u32, u32)]) -> Sketch {
    let mut sketch = [0; HASHES];
    for ([factors, masks], bytes) in HASH.iter().zip(sketch.chunks_exact_mut(LANES)) {
        let mut least = [i32::MAX; LANES];
        for &(feature, _) in features {
            for lane in 0..LANES {
                let hashed = feature.cast_signed().wrapping_mul(factors[lane]) ^ masks[lane];
                least[lane] = least[lane].min(hashed);
            }
        }
        // The upper byte of a product depends on all bits.
        let folded = least.map(|least| (least.cast_unsigned().wrapping_mul(0x9e37_79b1) >> 24) as u8);
        bytes.copy_from_slice(&folded);
    }
    sketch
}

/// Two texts that may be near; in the order of the later one, the likest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    text: u32,
    /// Bytes of their sketches that differ.
    differ: u8,
    before: u32,
}

fn candidates(sketches: &[Sketch], control: &Control) -> Result<Vec<Candidate>, FitError> {
    let mut found: Vec<Candidate> = Vec::new();
    for band in 0..BANDS {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        // A key and whose it is, so that texts with one key stand beside each other, in order.
        let key = |(text, sketch): (usize, &Sketch)| {
            let bytes = &sketch[band * WIDTH..][..WIDTH];
            bytes.iter().fold(0, |key, byte| key << 8 | u64::from(*byte)) << 32 | text as u64
        };
        let mut keyed: Vec<u64> = sketches.par_iter().enumerate().map(key).collect();
        keyed.par_sort_unstable();
        let sharing = keyed.par_chunk_by(|a, b| a >> 32 == b >> 32).filter(|texts| texts.len() > 1);
        found.par_extend(sharing.flat_map_iter(|texts| {
            (1..texts.len()).flat_map(move |at| {
                let first = (at > BEFORE).then_some(0);
                let before = first.into_iter().chain(at.saturating_sub(BEFORE)..at);
                before.filter_map(move |before| candidate(sketches, texts[before] as u32, texts[at] as u32))
            })
        }));
        found.par_sort_unstable();
        found.dedup();
        let (mut text, mut kept) = (u32::MAX, 0);
        found.retain(|candidate| {
            kept = if candidate.text == text { kept + 1 } else { 1 };
            text = candidate.text;
            kept <= COMPARED
        });
    }
    Ok(found)
}

fn candidate(sketches: &[Sketch], before: u32, text: u32) -> Option<Candidate> {
    let (a, b) = (&sketches[before as usize], &sketches[text as usize]);
    let shared = a.iter().zip(b).filter(|(a, b)| a == b).count();
    (shared >= SHARED).then_some(Candidate { text, differ: (HASHES - shared) as u8, before })
}

/// Compares texts feature by feature.
#[derive(Default)]
struct Comparer {
    reader: Reader,
    own: Vec<u32>,
    other: Vec<u32>,
}

impl Comparer {
    /// `group`: candidates of one text.
    fn compare(&mut self, bodies: &[&str], group: &[Candidate]) -> Vec<Pair> {
        let Some(first) = group.first() else { return Vec::new() };
        features(&mut self.reader, bodies[first.text as usize], &mut self.own);
        let near = |candidate: &Candidate| {
            features(&mut self.reader, bodies[candidate.before as usize], &mut self.other);
            let similarity = jaccard(&self.own, &self.other);
            let texts = [candidate.before as usize, candidate.text as usize];
            let same_words = || letters(bodies[texts[0]]).eq(letters(bodies[texts[1]]));
            (similarity >= NEAR).then(|| Pair { texts, similarity, same_words: same_words() })
        };
        group.iter().filter_map(near).collect()
    }
}

/// The distinct features of a text, sorted.
fn features(reader: &mut Reader, text: &str, into: &mut Vec<u32>) {
    into.clear();
    into.extend(reader.read(text).counts.iter().map(|(feature, _)| feature));
    into.sort_unstable();
}

/// A text without what may differ in one that says the same: in lower case, and nothing of it is white space or punctuation.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let is_mark = |c: &char| {
        c.is_ascii_punctuation()
            || matches!(c, '\u{2010}'..='\u{2027}' | '\u{3001}'..='\u{3011}' | '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF1F}')
    };
    text.chars().filter(move |c| !is_space(u32::from(*c)) && !is_mark(c)).flat_map(char::to_lowercase)
}

/// What two sorted sets share, of all that is in one of them.
fn jaccard(a: &[u32], b: &[u32]) -> f32 {
    let (mut at, mut shared) = (0, 0);
    for feature in a {
        while b.get(at).is_some_and(|other| other < feature) {
            at += 1;
        }
        shared += usize::from(b.get(at) == Some(feature));
    }
    let all = a.len() + b.len() - shared;
    if all > 0 { shared as f32 / all as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(bodies: &[&str]) -> Vec<Text> {
        let text = |body: &&str| Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: (*body).into() };
        bodies.iter().map(text).collect()
    }

    fn found(bodies: &[&str]) -> Vec<[usize; 2]> {
        let pairs = pairs(&texts(bodies), &Control::default()).unwrap();
        pairs.into_iter().map(|pair| pair.texts).collect()
    }

    fn similarity(a: &str, b: &str) -> f32 {
        let mut reader = Reader::default();
        let (mut own, mut other) = (Vec::new(), Vec::new());
        features(&mut reader, a, &mut own);
        features(&mut reader, b, &mut other);
        jaccard(&own, &other)
    }

    #[test]
    fn texts_are_near_that_people_would_call_so() {
        for (a, b) in [
            ("My card was charged twice this month.", "my card was charged twice this month"),
            (
                "My card was charged twice for the same order last week",
                "Hello, my card was charged twice for the same order last week",
            ),
            (
                "The parcel should have come on Monday and is not here",
                "The parcel should have come on Tuesday and is not here",
            ),
            (
                "I cannot log in since the last update of the app, please help",
                "I cannot login since the last update of the app, please help",
            ),
            ("外卖送得太慢了，等了一个多小时还没到", "外卖送得太慢了，等了一个多小时还没有到"),
        ] {
            assert!(similarity(a, b) >= NEAR, "{}: {a} / {b}", similarity(a, b));
            assert_eq!(found(&[a, b]), [[0, 1]], "{a} / {b}");
        }
        for (a, b) in [
            ("My card was charged twice this month.", "My card was declined twice this week."),
            ("I was charged twice for one order", "I ordered twice and was charged once"),
            ("Please cancel my order of last week", "Please cancel my subscription as of today"),
            ("外卖送得太慢了，等了一个多小时还没到", "外卖很好吃，送得也很快，下次还点"),
        ] {
            assert!(similarity(a, b) < NEAR, "{}: {a} / {b}", similarity(a, b));
        }
    }

    #[test]
    fn equal_and_short_texts_are_none() {
        let text = "The parcel should have come on Monday and is not here";
        let near = "The parcel should have come on Monday and is not here!";
        assert_eq!(found(&[text, text]), [[0; 2]; 0]);
        assert_eq!(found(&[text, text, near, near]), [[0, 2]]);
        assert_eq!(found(&["Too short, Sir!", "Too short, sir!"]), [[0; 2]; 0]);
        // Of Chinese, ten characters say as much as twenty of others.
        assert_eq!(found(&["这个月我被收了两次钱", "这个月我被收了两次钱！"]), [[0, 1]]);
        assert!(!is_long("\u{3000}这个月我被收了两次") && !is_long(""));
    }

    #[test]
    fn a_template_costs_no_more_than_other_texts() {
        let bodies: Vec<String> =
            (0..2000).map(|n| format!("Your order with the number {n} is on its way to you")).collect();
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        let pairs = pairs(&texts(&bodies), &Control::default()).unwrap();
        assert!(pairs.len() <= COMPARED * bodies.len());
        let mut has_one = vec![false; bodies.len()];
        pairs.iter().flat_map(|pair| pair.texts).for_each(|text| has_one[text] = true);
        assert!(has_one.into_iter().all(|has| has));
    }

    #[test]
    fn a_cancel_is_heard() {
        let control = Control::default();
        control.cancel.cancel();
        let text = ["The parcel should have come on Monday and is not here"; 1];
        assert!(matches!(pairs(&texts(&text), &control), Err(FitError::Cancelled)));
    }

    #[test]
    fn sketches_share_as_much_as_texts() {
        // Sets of 300 features, half of them shared.
        let mut state = 1u32;
        let mut feature = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state.wrapping_mul(0x9e37_79b1), 1)
        };
        let (mut shared, sets) = (0, 200);
        for _ in 0..sets {
            let all: Vec<(u32, u32)> = (0..400).map(|_| feature()).collect();
            let (a, b) = (sketch(&all[..300]), sketch(&all[100..]));
            shared += a.iter().zip(&b).filter(|(a, b)| a == b).count();
        }
        // 0.5, and the 256th part of the rest.
        let share = shared as f64 / (sets * HASHES) as f64;
        assert!((share - 0.502).abs() < 0.015, "{share}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_texts_have_pairs_of_their_similarity_whatever_the_threads(
            words in proptest::collection::vec(proptest::collection::vec(0usize..12, 8..16), 2..40),
            swaps in proptest::collection::vec((0usize..40, 0usize..16), 0..40),
        ) {
            let known = ["order", "parcel", "card", "refund", "twice", "Monday", "app", "login", "退款很慢", "été", "🙂", "no-one"];
            let mut rows: Vec<Vec<&str>> = words.iter().map(|row| row.iter().map(|word| known[*word]).collect()).collect();
            for (row, word) in swaps {
                let mut copy = rows[row % rows.len()].clone();
                let at = word % copy.len();
                copy[at] = "another";
                rows.push(copy);
            }
            let bodies: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
            let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
            let texts = texts(&bodies);
            let found = pairs(&texts, &Control::default()).unwrap();
            for pair in &found {
                let [a, b] = pair.texts;
                prop_assert!(a < b && texts[a].key != texts[b].key && pair.similarity >= NEAR);
                prop_assert_eq!(pair.similarity, similarity(bodies[a], bodies[b]));
            }
            let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            prop_assert_eq!(one.install(|| pairs(&texts, &Control::default())).unwrap(), found);
        }
    }
}
