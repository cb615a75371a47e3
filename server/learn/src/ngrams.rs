//! Text to hashed n-grams.
//!
//! What must stay true: equal texts under NFKC and lower case give equal features, characters that nobody sees make no
//! difference, no language is assumed, and the work for one text is bounded by [`READ`] bytes whatever its length.
//!
//! Two blocks, told apart by the lowest bit of a feature so that each can be normalised by itself:
//! - **words** (bit 0): runs of letters, digits and marks, single and in pairs, and punctuation marks as words of their own;
//! - **characters** (bit 1): 3-5-grams inside each piece between white space, with a mark at both of its edges. A piece that
//!   holds a script written without spaces gives 1-3-grams instead, so that Chinese, Japanese and Thai need no tokenizer.
//!
//! Characters of scripts written without spaces are in no word. How much of a text the words speak for is told beside the
//! features: in a Chinese text they are a few punctuation marks, which must not weigh as much as all the rest.

mod locate;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

pub(crate) use self::locate::locate;

/// Bytes of a text that are read: what a text is about shows in its first 64 KiB.
pub(crate) const READ: usize = 64 * 1024;
/// Stands at both edges of a piece, as no character of a text can.
const EDGE: u32 = u32::MAX;

pub(crate) const CHARACTERS: u32 = 1;

/// What a text says.
pub(crate) struct Features<'a> {
    /// Distinct features with their counts, in the order in which they are met.
    pub(crate) counts: &'a [(u32, u32)],
    /// The share of the text that is read as words, of its characters other than white space: 1 where there are none.
    pub(crate) words: f32,
}

/// Scratch space: reading text after text allocates nothing once it has grown.
#[derive(Default)]
pub(crate) struct Reader {
    characters: Vec<u32>,
    piece: Vec<u32>,
    bag: Bag,
}

impl Reader {
    pub(crate) fn read(&mut self, text: &str) -> Features<'_> {
        self.bag.clear();
        normalise(text, &mut self.characters);
        read(&self.characters, &mut self.piece, &mut |feature, _| self.bag.add(feature));
        Features { counts: &self.bag.met, words: share_of_words(&self.characters) }
    }

    /// Counts what a counter asks for.
    pub(crate) fn count<'a>(
        &mut self,
        text: &str,
        counter: &'a mut Counter,
    ) -> impl Iterator<Item = (usize, u32)> + 'a {
        counter.clear();
        normalise(text, &mut self.characters);
        read(&self.characters, &mut self.piece, &mut |feature, _| counter.add(feature));
        counter.met.iter().map(|&place| (place as usize, counter.counts[place as usize]))
    }
}

/// Counts features that are asked for, and no others.
pub(crate) struct Counter {
    asked: Vec<u32>,
    counts: Vec<u32>,
    /// Places in `asked` of what was met.
    met: Vec<u32>,
    /// 1 + a place in `asked`; 0: free. A power of two long, at most a quarter full.
    slots: Vec<u32>,
}

impl Counter {
    pub(crate) fn new(asked: Vec<u32>) -> Counter {
        let mut slots = vec![0; (asked.len() * 4).next_power_of_two()];
        for (place, &feature) in (1..).zip(&asked) {
            let slot = free_slot(&slots, feature);
            slots[slot] = place;
        }
        Counter { counts: vec![0; asked.len()], asked, met: Vec::new(), slots }
    }

    fn clear(&mut self) {
        self.met.drain(..).for_each(|place| self.counts[place as usize] = 0);
    }

    fn add(&mut self, feature: u32) {
        let mut slot = slot_of(feature, self.slots.len());
        while let Some(place) = self.slots[slot].checked_sub(1) {
            if self.asked[place as usize] == feature {
                let count = &mut self.counts[place as usize];
                if *count == 0 {
                    self.met.push(place);
                }
                *count += 1;
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// `add` hears each feature and which characters it is of.
fn read(characters: &[u32], piece: &mut Vec<u32>, add: &mut impl FnMut(u32, Range<usize>)) {
    words(characters, add);
    pieces(characters, piece, add);
}

/// NFKC and lower case, without characters that nobody sees.
fn normalise(text: &str, into: &mut Vec<u32>) {
    let text = &text[..text.floor_char_boundary(READ)];
    into.clear();
    if text.is_ascii() {
        into.extend(text.bytes().map(|byte| u32::from(byte.to_ascii_lowercase())));
    } else {
        let seen = text.chars().filter(|&c| !is_invisible(c));
        into.extend(seen.nfkc().flat_map(char::to_lowercase).map(u32::from));
    }
}

fn words(characters: &[u32], add: &mut impl FnMut(u32, Range<usize>)) {
    let mut previous = Hash::new(2);
    // Of the word before.
    let mut before = None;
    let mut at = 0;
    while at < characters.len() {
        let first = characters[at];
        if is_space(first) || is_unspaced(first) {
            at += 1;
            continue;
        }
        let mut word = Hash::new(1).with(first);
        let start = at;
        at += 1;
        if is_word(first) {
            while at < characters.len() && is_word(characters[at]) && !is_unspaced(characters[at]) {
                word = word.with(characters[at]);
                at += 1;
            }
        }
        add(word.feature(0), start..at);
        if let Some(before) = before {
            add(previous.with_hash(word).feature(0), before..at);
        }
        previous = word;
        before = Some(start);
    }
}

fn share_of_words(characters: &[u32]) -> f32 {
    let (mut unspaced, mut all) = (0u32, 0u32);
    for &c in characters {
        unspaced += u32::from(is_unspaced(c));
        all += u32::from(!is_space(c));
    }
    if all > 0 { (all - unspaced) as f32 / all as f32 } else { 1.0 }
}

fn pieces(characters: &[u32], piece: &mut Vec<u32>, add: &mut impl FnMut(u32, Range<usize>)) {
    let mut next = 0;
    for run in characters.split(|&c| is_space(c)) {
        let first = next;
        let end = first + run.len();
        next = end + 1;
        if run.is_empty() {
            continue;
        }
        piece.clear();
        if run.iter().any(|&c| is_unspaced(c)) {
            piece.extend_from_slice(run);
            grams(piece, 1, 3, &mut |feature, of: Range<usize>| add(feature, first + of.start..first + of.end));
        } else {
            piece.push(EDGE);
            piece.extend_from_slice(run);
            piece.push(EDGE);
            // Without the edges, which are no characters.
            let place = |of: usize| (first + of).saturating_sub(1).clamp(first, end);
            grams(piece, 3, 5, &mut |feature, of: Range<usize>| add(feature, place(of.start)..place(of.end)));
        }
    }
}

fn grams(piece: &[u32], shortest: usize, longest: usize, add: &mut impl FnMut(u32, Range<usize>)) {
    for start in 0..(piece.len() + 1).saturating_sub(shortest) {
        let mut hash = Hash::new(3);
        for (length, &c) in (1..=longest).zip(&piece[start..]) {
            hash = hash.with(c);
            if length >= shortest {
                add(hash.feature(CHARACTERS), start..start + length);
            }
        }
    }
}

/// White space, and the space of no width that Khmer, Lao and Myanmar texts put between words.
pub(crate) fn is_space(c: u32) -> bool {
    if c < 0x80 { c <= 0x20 } else { c == 0x200b || char::from_u32(c).is_some_and(char::is_whitespace) }
}

/// Characters that only shape or order their neighbours and are typed or left out at will, as NFKC_Casefold drops them (UAX 31):
/// soft hyphens, joiners and non-joiners (Persian, Indic scripts, emoji), marks of direction, variation selectors, byte order marks.
pub(crate) fn is_invisible(c: char) -> bool {
    c >= '\u{ad}'
        && matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

/// Letters, digits, and the marks that scripts from Arabic to Tamil write above, below and after letters (vowels, viramas).
pub(crate) fn is_word(c: u32) -> bool {
    if c < 0x80 {
        (c as u8).is_ascii_alphanumeric() || c == u32::from(b'_')
    } else {
        char::from_u32(c).is_some_and(|c| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c))
    }
}

/// Scripts written without spaces between words: Thai to Tibetan, Myanmar, Khmer and kin, kana, bopomofo, Han.
pub(crate) fn is_unspaced(c: u32) -> bool {
    c >= 0x0e00
        && matches!(c,
            0x0e00..=0x0fff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x1950..=0x19ff | 0x1a20..=0x1aaf | 0x2e80..=0x2fdf
            | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3040..=0x312f | 0x31a0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
            | 0xa9e0..=0xa9ff | 0xaa60..=0xaadf | 0xf900..=0xfaff | 0x1b000..=0x1b16f | 0x20000..=0x3ffff)
}

/// A rolling hash: a multiplication a character, no memory.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn new(kind: u64) -> Hash {
        Hash(kind.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn with(self, c: u32) -> Hash {
        self.mixed(u64::from(c))
    }

    fn with_hash(self, other: Hash) -> Hash {
        self.mixed(other.0 ^ 0x5851_f42d_4c95_7f2d)
    }

    fn mixed(self, value: u64) -> Hash {
        let mixed = (self.0.rotate_left(23) ^ value).wrapping_mul(0xf135_7aea_2e62_a9c5);
        Hash(mixed ^ (mixed >> 32))
    }

    fn feature(self, block: u32) -> u32 {
        ((self.0.wrapping_mul(0x9fb2_1c65_1e98_df25) >> 32) as u32) & !1 | block
    }
}

/// Counts features: an open-addressed table of places in `met`, cleared by what was met.
#[derive(Default)]
struct Bag {
    met: Vec<(u32, u32)>,
    /// 1 + index into `met`; 0: free. A power of two long, at most half full.
    slots: Vec<u32>,
}

impl Bag {
    fn clear(&mut self) {
        if self.slots.is_empty() {
            self.slots.resize(1024, 0);
        }
        if self.met.len() * 8 > self.slots.len() {
            self.slots.fill(0);
        } else {
            for &(feature, _) in &self.met {
                // Every slot of a chain from its start is emptied: what lies in between belongs to what is cleared, too.
                let mut slot = slot_of(feature, self.slots.len());
                while self.slots[slot] != 0 {
                    self.slots[slot] = 0;
                    slot = (slot + 1) & (self.slots.len() - 1);
                }
            }
        }
        self.met.clear();
    }

    fn add(&mut self, feature: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = slot_of(feature, self.slots.len());
        loop {
            match self.slots[slot] {
                0 => break,
                place => {
                    let met = &mut self.met[place as usize - 1];
                    if met.0 == feature {
                        met.1 += 1;
                        return;
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
        self.met.push((feature, 1));
        self.slots[slot] = self.met.len() as u32;
        if self.met.len() * 2 > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let length = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(length, 0);
        for (place, &(feature, _)) in self.met.iter().enumerate() {
            let slot = free_slot(&self.slots, feature);
            self.slots[slot] = place as u32 + 1;
        }
    }
}

/// The first free slot of a feature's chain.
fn free_slot(slots: &[u32], feature: u32) -> usize {
    let mut slot = slot_of(feature, slots.len());
    while slots[slot] != 0 {
        slot = (slot + 1) & (slots.len() - 1);
    }
    slot
}

fn slot_of(feature: u32, slots: usize) -> usize {
    (feature >> 1) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn features(text: &str) -> Vec<(u32, u32)> {
        let mut features = Reader::default().read(text).counts.to_vec();
        features.sort_unstable();
        features
    }

    #[test]
    fn compatibility_forms_and_case_are_one() {
        assert_eq!(features("ﬁne Ａ１ café"), features("FINE a1 cafe\u{301}"));
        assert_ne!(features("fine"), features("fire"));
    }

    #[test]
    fn a_counter_counts_what_it_is_asked_for() {
        let text = "How many people live in 東京都, how many?";
        let all = features(text);
        let asked: Vec<(u32, u32)> = all.iter().step_by(3).copied().collect();
        let mut counter = Counter::new(asked.iter().map(|feature| feature.0).chain([8]).collect());
        for _ in 0..2 {
            let mut counts = vec![0; asked.len()];
            Reader::default().count(text, &mut counter).for_each(|(place, count)| counts[place] = count);
            assert!(counts.iter().eq(asked.iter().map(|feature| &feature.1)));
        }
        assert_eq!(Reader::default().count(text, &mut Counter::new(Vec::new())).count(), 0);
    }

    #[test]
    fn counts_repetitions() {
        // "a": the word, the pair (a, a), and the one piece "·a·".
        let mut counts: Vec<u32> = features("a a a").iter().map(|f| f.1).collect();
        counts.sort_unstable();
        assert_eq!(counts, [2, 3, 3]);
    }

    #[test]
    fn scripts_without_spaces_give_short_grams() {
        // 4 characters: 4 + 3 + 2 grams; neither words nor edges.
        for text in ["外卖很慢", "ไม่ดี"] {
            let n = text.nfkc().count();
            assert_eq!(features(text).iter().map(|f| f.1 as usize).sum::<usize>(), 3 * n - 3, "{text}");
            assert!(features(text).iter().all(|f| f.0 & 1 == CHARACTERS));
        }
        // A part that two texts share is found wherever it stands.
        let shared = features("送餐很慢").iter().filter(|f| features("外卖很慢").iter().any(|g| g.0 == f.0)).count();
        assert_eq!(shared, 3);
    }

    #[test]
    fn a_word_with_marks_is_one_word() {
        for word in [
            "हिन्दी",
            "ক্ষ",
            "മലയാളം",
            "தமிழ்",
            "ਪੰਜਾਬੀ",
            "සිංහල",
            "كِتَابٌ",
            "שָׁלוֹם",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "Việt",
            "s\u{332}o\u{332}",
            "co\u{ad}operate",
            "\u{feff}first",
            "abc\u{200e}",
        ] {
            let words = features(word).iter().filter(|f| f.0 & 1 == 0).count();
            assert_eq!(words, 1, "{word:?}");
        }
    }

    #[test]
    fn what_nobody_sees_makes_no_difference() {
        assert_eq!(features("می\u{200c}خواهم"), features("میخواهم"));
        assert_eq!(features("❤\u{fe0f} co\u{ad}op"), features("❤ coop"));
        assert_eq!(features("e\u{34f}\u{301}"), features("é"));
        // Marks that are seen do: two words of Hebrew and two of Hindi.
        assert_ne!(features("שָׁלוֹם"), features("שלום"));
        assert_ne!(features("दिन"), features("दीन"));
    }

    #[test]
    fn spaces_of_no_width_divide_words() {
        assert_eq!(features("ខ្ញុំ\u{200b}ស្រឡាញ់"), features("ខ្ញុំ ស្រឡាញ់"));
    }

    #[test]
    fn the_share_of_words_is_that_of_scripts_with_spaces() {
        let share = |text: &str| Reader::default().read(text).words;
        assert_eq!([share("plain words, and marks!"), share("हिन्दी"), share(""), share(" \u{3000}")], [1.0; 4]);
        assert_eq!([share("外卖慢！"), share("好吃ok"), share("外卖")], [0.25, 0.5, 0.0]);
    }

    #[test]
    fn nothing_emoji_and_lone_marks_are_read() {
        assert!(features("").is_empty());
        assert!(features(" \t\n\u{3000}").is_empty());
        assert!(!features("🙂").is_empty());
        assert!(!features("\u{301}").is_empty());
        assert_ne!(features("🙂"), features("🙁"));
    }

    #[test]
    fn long_texts_are_bounded() {
        let long = "ab cé ".repeat(2_000_000);
        let read = Reader::default().read(&long).counts.iter().map(|f| f.1 as usize).sum::<usize>();
        assert!(read < 8 * READ, "{read}");
    }

    #[test]
    fn a_reader_forgets_the_text_before() {
        let mut reader = Reader::default();
        let varied: String = (0..4000u32).map(|i| char::from_u32(0x4e00 + i).unwrap()).collect();
        for text in ["one two", &varied, "three", &varied, "one two", ""] {
            let mut read = reader.read(text).counts.to_vec();
            read.sort_unstable();
            assert_eq!(read, features(text));
        }
    }
}
