//! Texts compared by their n-grams, beside their vectors: an encoder blurs what single words tell, such as who, how many, or not.
//!
//! The n-grams of a text ([`crate::ngrams`]) weigh `1 + ln count`; characters are scaled to unit length, words to the share of the text
//! that is read as words, and both together to unit length again. Two texts are as alike as the product of these says: 0 to 1.
//!
//! What must stay true: how alike two texts are depends on nothing but these two.

use rayon::prelude::*;

use crate::ngrams::{CHARACTERS, Reader};

/// Bytes of a text that are read.
const READ: usize = 4 << 10;

/// The n-grams of landmarks, each with the landmarks that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// By n-gram, then by landmark.
    entries: Vec<Entry>,
    /// Where the entries begin whose n-grams begin with these bits; one more than there are beginnings.
    starts: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    gram: u32,
    landmark: u32,
    weight: f32,
}

/// Room to read texts with.
#[derive(Default)]
pub(super) struct Scratch {
    reader: Reader,
    point: Vec<(u32, f32)>,
}

impl Scratch {
    /// The n-grams of a text and what they weigh.
    fn read(&mut self, text: &str) -> &[(u32, f32)] {
        let features = self.reader.read(&text[..text.floor_char_boundary(READ)]);
        let mut squares = [0.0f32; 2];
        self.point.clear();
        for &(gram, count) in features.counts {
            let weight = 1.0 + (count as f32).ln();
            squares[(gram & CHARACTERS) as usize] += weight * weight;
            self.point.push((gram, weight));
        }
        let scale = |square: f32, length: f32| if square > 0.0 { length / square.sqrt() } else { 0.0 };
        let scales = [scale(squares[0], features.words), scale(squares[1], 1.0)];
        let length = scales.iter().zip(squares).map(|(scale, square)| scale * scale * square).sum::<f32>().sqrt();
        for (gram, weight) in &mut self.point {
            *weight *= scales[(*gram & CHARACTERS) as usize] / length;
        }
        &self.point
    }
}

impl Default for Words {
    fn default() -> Words {
        Words::sorted(Vec::new())
    }
}

impl Words {
    /// With more landmarks, of which the first has this number.
    pub(super) fn with(&self, texts: &[&str], first: usize) -> Words {
        let read = |scratch: &mut Scratch, (place, text): (usize, &&str)| -> Vec<Entry> {
            let entry = |&(gram, weight): &(u32, f32)| Entry { gram, landmark: (first + place) as u32, weight };
            scratch.read(text).iter().map(entry).collect()
        };
        let read: Vec<Vec<Entry>> = texts.par_iter().enumerate().map_init(Scratch::default, read).collect();
        let mut entries = self.entries.clone();
        entries.extend(read.into_iter().flatten());
        // Two runs: what was there is in order already, which this sort makes use of.
        entries[self.entries.len()..].sort_unstable_by_key(|entry| (entry.gram, entry.landmark));
        entries.sort_by_key(|entry| (entry.gram, entry.landmark));
        Words::sorted(entries)
    }

    fn sorted(entries: Vec<Entry>) -> Words {
        // About 8 entries a beginning.
        let bits = (entries.len() / 8).next_power_of_two().trailing_zeros();
        let mut starts = vec![0; (1 << bits) + 1];
        entries.iter().for_each(|entry| starts[beginning(entry.gram, bits) + 1] += 1);
        (1..starts.len()).for_each(|place| starts[place] += starts[place - 1]);
        Words { entries, starts }
    }

    /// Adds how alike a text is to each landmark from `first` on.
    pub(super) fn add(&self, text: &str, first: usize, scratch: &mut Scratch, to: &mut [f32]) {
        for &(gram, weight) in scratch.read(text) {
            for entry in self.entries_of(gram) {
                if let Some(to) = (entry.landmark as usize).checked_sub(first).and_then(|place| to.get_mut(place)) {
                    *to += weight * entry.weight;
                }
            }
        }
    }

    fn entries_of(&self, gram: u32) -> &[Entry] {
        let bits = (self.starts.len() - 1).trailing_zeros();
        let place = beginning(gram, bits);
        let among = &self.entries[self.starts[place] as usize..self.starts[place + 1] as usize];
        let start = among.partition_point(|entry| entry.gram < gram);
        let end = start + among[start..].partition_point(|entry| entry.gram == gram);
        &among[start..end]
    }

    /// How alike each landmark is to those up to itself, a row each.
    pub(super) fn among_themselves(&self, landmarks: usize) -> Vec<Vec<f32>> {
        // For each landmark, the n-grams that it has: the entries of those with lower numbers, and its own weight.
        let mut known: Vec<Vec<(usize, usize)>> = vec![Vec::new(); landmarks];
        let mut start = 0;
        for (place, entry) in self.entries.iter().enumerate() {
            if self.entries[start].gram != entry.gram {
                start = place;
            }
            known[entry.landmark as usize].push((start, place));
        }
        let row = |(landmark, known): (usize, Vec<(usize, usize)>)| {
            let mut row = vec![0.0; landmark + 1];
            for (start, own) in known {
                let weight = self.entries[own].weight;
                for entry in &self.entries[start..=own] {
                    row[entry.landmark as usize] += weight * entry.weight;
                }
            }
            row
        };
        known.into_par_iter().enumerate().map(row).collect()
    }

    /// N-grams, landmarks and weights, an entry each.
    pub(crate) fn parts(&self) -> (Vec<u32>, Vec<u32>, Vec<f32>) {
        let entries = || self.entries.iter();
        (
            entries().map(|entry| entry.gram).collect(),
            entries().map(|entry| entry.landmark).collect(),
            entries().map(|entry| entry.weight).collect(),
        )
    }

    /// `None` if these are not the parts of so many landmarks.
    pub(crate) fn of_parts(grams: &[u32], marks: &[u32], weights: &[f32], landmarks: usize) -> Option<Words> {
        let parts = grams.iter().zip(marks).zip(weights);
        let entries: Vec<Entry> =
            parts.map(|((&gram, &landmark), &weight)| Entry { gram, landmark, weight }).collect();
        let fits = entries.len() == grams.len()
            && entries.len() == marks.len()
            && entries.len() == weights.len()
            && u32::try_from(entries.len()).is_ok()
            && entries.is_sorted_by_key(|entry| (entry.gram, entry.landmark))
            && entries.iter().all(|entry| (entry.landmark as usize) < landmarks && entry.weight.is_finite());
        fits.then(|| Words::sorted(entries))
    }
}

fn beginning(gram: u32, bits: u32) -> usize {
    (u64::from(gram) >> (32 - bits)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 5] = ["How many people live here?", "how many live", "外卖很慢", "", "How many people live here?"];

    fn alike(words: &Words, text: &str, landmarks: usize) -> Vec<f32> {
        let mut to = vec![0.0; landmarks];
        words.add(text, 0, &mut Scratch::default(), &mut to);
        to
    }

    #[test]
    fn a_text_is_wholly_alike_to_itself_and_not_at_all_to_one_that_shares_nothing() {
        let words = Words::default().with(&TEXTS, 0);
        let found = alike(&words, TEXTS[0], 5);
        assert!((found[0] - 1.0).abs() < 1e-5 && (found[4] - 1.0).abs() < 1e-5, "{found:?}");
        assert!(found[1] > 0.4 && found[1] < 0.9, "{found:?}");
        assert_eq!(found[2..4], [0.0, 0.0]);
        assert!((alike(&words, TEXTS[2], 5)[2] - 1.0).abs() < 1e-5);
        assert_eq!(alike(&words, "", 5), [0.0; 5]);
        assert_eq!(alike(&Words::default(), TEXTS[0], 5), [0.0; 5]);
    }

    #[test]
    fn more_landmarks_change_nothing_about_the_others() {
        let (few, all) = (Words::default().with(&TEXTS[..2], 0), Words::default().with(&TEXTS, 0));
        let more = few.with(&TEXTS[2..], 2);
        assert_eq!(more, all);
        for text in TEXTS {
            assert_eq!(alike(&few, text, 2), alike(&all, text, 5)[..2]);
            let mut rest = [0.0; 3];
            all.add(text, 2, &mut Scratch::default(), &mut rest);
            assert_eq!(rest, alike(&all, text, 5)[2..]);
        }
    }

    #[test]
    fn landmarks_are_alike_among_themselves_as_texts_are_to_them() {
        let words = Words::default().with(&TEXTS, 0);
        for (landmark, row) in words.among_themselves(5).iter().enumerate() {
            for (a, b) in row.iter().zip(alike(&words, TEXTS[landmark], 5)) {
                assert!((a - b).abs() < 1e-6);
            }
            assert_eq!(row.len(), landmark + 1);
        }
    }

    #[test]
    fn parts_come_back_and_unfit_ones_do_not() {
        let words = Words::default().with(&TEXTS, 0);
        let (grams, landmarks, weights) = words.parts();
        assert_eq!(Words::of_parts(&grams, &landmarks, &weights, 5), Some(words));
        assert_eq!(Words::of_parts(&grams, &landmarks, &weights, 4), None);
        assert_eq!(Words::of_parts(&grams[1..], &landmarks, &weights, 5), None);
        let backwards: Vec<u32> = grams.iter().rev().copied().collect();
        assert_eq!(Words::of_parts(&backwards, &landmarks, &weights, 5), None);
        assert_eq!(Words::of_parts(&[], &[], &[], 0), Some(Words::default()));
    }
}
