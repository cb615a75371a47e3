//! Texts compared by their n-grams, beside their vectors: an encoder blurs what single words tell, such as who, how many, or not.
//!
//! The n-grams of a text ([`crate::ngrams`]) weigh `1 + ln count`; characters are scaled to unit length, words to the share of the text
//! that is read as words, and both together to unit length again. Two texts are as alike as the product of these says: 0 to 1.
//!
//! What must stay true: how alike two texts are depends on nothing but these two.

use std::fmt;

use rayon::prelude::*;

use crate::ngrams::{CHARACTERS, Counter, Reader};

/// Bytes of a text that are read.
const READ: usize = 4 << 10;

/// The n-grams of landmarks, each with the landmarks that have it.
#[derive(Clone, PartialEq)]
pub(crate) struct Words {
    /// N-grams in rising order, once for each landmark that has them.
    grams: Vec<u32>,
    /// Of the same places, by landmark where n-grams are the same.
    marks: Vec<Mark>,
    /// Where the n-grams begin that begin with these bits; one more than there are beginnings.
    starts: Vec<u32>,
}

/// That a landmark has an n-gram.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    landmark: u32,
    weight: f32,
}

/// Room to read texts with.
#[derive(Default)]
pub(crate) struct Scratch {
    reader: Reader,
    point: Vec<(u32, f32)>,
}

/// What the weights of a text's words and of its characters are multiplied with.
pub(crate) type Scales = [f32; 2];

impl Scratch {
    /// The n-grams of a text and what they weigh.
    pub(crate) fn read(&mut self, text: &str) -> (&[(u32, f32)], Scales) {
        let features = self.reader.read(start(text));
        let mut squares = [0.0f32; 2];
        for &(gram, count) in features.counts {
            squares[(gram & CHARACTERS) as usize] += weight(count) * weight(count);
        }
        let scale = |square: f32, length: f32| if square > 0.0 { length / square.sqrt() } else { 0.0 };
        let scales = [scale(squares[0], features.words), scale(squares[1], 1.0)];
        let length = scales.iter().zip(squares).map(|(scale, square)| scale * scale * square).sum::<f32>().sqrt();
        let scales = scales.map(|scale| if length > 0.0 { scale / length } else { 0.0 });
        self.point.clear();
        let weights = features.counts.iter().map(|&(gram, count)| (gram, weight(count) * scale_of(gram, scales)));
        self.point.extend(weights);
        (&self.point, scales)
    }
}

/// What is read of a text.
pub(super) fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ)]
}

fn weight(count: u32) -> f32 {
    if count == 1 { 1.0 } else { 1.0 + (count as f32).ln() }
}

fn scale_of(gram: u32, scales: Scales) -> f32 {
    scales[(gram & CHARACTERS) as usize]
}

/// Compares texts that were read before with some landmarks: nothing else that they say needs to be counted.
pub(super) struct Again<'a> {
    first: usize,
    reader: Reader,
    grams: Counter,
    /// Of each n-gram.
    marks: Vec<(u32, &'a [Mark])>,
}

impl Again<'_> {
    /// Adds how alike a text is to each landmark.
    pub(super) fn add(&mut self, text: &str, scales: Scales, to: &mut [f32]) {
        for (place, count) in self.reader.count(start(text), &mut self.grams) {
            let (gram, marks) = self.marks[place];
            let weight = weight(count) * scale_of(gram, scales);
            marks.iter().for_each(|mark| to[mark.landmark as usize - self.first] += weight * mark.weight);
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("marks", &self.marks.len()).finish_non_exhaustive()
    }
}

impl Default for Words {
    fn default() -> Words {
        Words::sorted(Vec::new(), Vec::new())
    }
}

impl Words {
    /// Of landmarks, of which the first has this number.
    pub(crate) fn of(texts: &[&str], first: usize) -> Words {
        let read = |scratch: &mut Scratch, (place, text): (usize, &&str)| -> Vec<(u32, Mark)> {
            let mark = |&(gram, weight): &(u32, f32)| (gram, Mark { landmark: (first + place) as u32, weight });
            scratch.read(text).0.iter().map(mark).collect()
        };
        let read: Vec<Vec<(u32, Mark)>> = texts.par_iter().enumerate().map_init(Scratch::default, read).collect();
        let mut all = read.concat();
        all.sort_unstable_by_key(|(gram, mark)| (*gram, mark.landmark));
        let (grams, marks) = all.into_iter().unzip();
        Words::sorted(grams, marks)
    }

    /// With other landmarks, which come after its own.
    pub(super) fn joined(&self, later: &Words) -> Words {
        let pairs = |words: &Words| -> Vec<(u32, Mark)> {
            words.grams.iter().copied().zip(words.marks.iter().copied()).collect()
        };
        let mut all = pairs(self);
        all.extend(pairs(later));
        // Stable, and quick with two runs that are in order.
        all.sort_by_key(|(gram, _)| *gram);
        let (grams, marks) = all.into_iter().unzip();
        Words::sorted(grams, marks)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grams.is_empty()
    }

    fn sorted(grams: Vec<u32>, marks: Vec<Mark>) -> Words {
        // About 8 a beginning.
        let bits = (grams.len() / 8).next_power_of_two().trailing_zeros();
        let mut starts = vec![0; (1 << bits) + 1];
        grams.iter().for_each(|gram| starts[beginning(*gram, bits) + 1] += 1);
        (1..starts.len()).for_each(|place| starts[place] += starts[place - 1]);
        Words { grams, marks, starts }
    }

    /// Adds how alike a text, by its n-grams, is to each landmark.
    pub(crate) fn add(&self, point: &[(u32, f32)], to: &mut [f32]) {
        for &(gram, weight) in point {
            self.marks_of(gram).iter().for_each(|mark| to[mark.landmark as usize] += weight * mark.weight);
        }
    }

    /// What an n-gram of this weight is worth, where each landmark's likeness is worth so much.
    pub(super) fn worth(&self, (gram, weight): (u32, f32), values: &[f32]) -> f32 {
        self.marks_of(gram).iter().map(|mark| weight * mark.weight * values[mark.landmark as usize]).sum()
    }

    /// For texts that were read before and lack the landmarks from `first` on.
    pub(super) fn again(&self, first: usize) -> Again<'_> {
        let mut marks = Vec::new();
        let mut rest = &self.marks[..];
        for grams in self.grams.chunk_by(|a, b| a == b) {
            let (own, others) = rest.split_at(grams.len());
            let known = own.partition_point(|mark| (mark.landmark as usize) < first);
            if known < own.len() {
                marks.push((grams[0], &own[known..]));
            }
            rest = others;
        }
        let grams = Counter::new(marks.iter().map(|(gram, _)| *gram).collect());
        Again { first, reader: Reader::default(), grams, marks }
    }

    fn marks_of(&self, gram: u32) -> &[Mark] {
        let place = beginning(gram, (self.starts.len() - 1).trailing_zeros());
        let range = self.starts[place] as usize..self.starts[place + 1] as usize;
        let (grams, marks) = (&self.grams[range.clone()], &self.marks[range]);
        let start = grams.partition_point(|&other| other < gram);
        let end = start + grams[start..].partition_point(|&other| other == gram);
        &marks[start..end]
    }

    /// How alike each landmark is to those up to itself, a row each.
    pub(super) fn among_themselves(&self, landmarks: usize) -> Vec<Vec<f32>> {
        // For each landmark and n-gram that it has, the place of the first landmark that has it, and its own.
        let mut known: Vec<Vec<(usize, usize)>> = vec![Vec::new(); landmarks];
        let mut start = 0;
        for (place, mark) in self.marks.iter().enumerate() {
            if self.grams[start] != self.grams[place] {
                start = place;
            }
            known[mark.landmark as usize].push((start, place));
        }
        let row = |(landmark, known): (usize, Vec<(usize, usize)>)| {
            let mut row = vec![0.0; landmark + 1];
            for (start, own) in known {
                let weight = self.marks[own].weight;
                for mark in &self.marks[start..=own] {
                    row[mark.landmark as usize] += weight * mark.weight;
                }
            }
            row
        };
        known.into_par_iter().enumerate().map(row).collect()
    }

    /// N-grams in rising order, once for each landmark that has them; the landmarks; and what the n-grams weigh there.
    pub(crate) fn parts(&self) -> (Vec<u32>, Vec<u32>, Vec<f32>) {
        let (landmarks, weights) = self.marks.iter().map(|mark| (mark.landmark, mark.weight)).unzip();
        (self.grams.clone(), landmarks, weights)
    }

    /// `None` if these are not the parts of so many landmarks.
    pub(crate) fn of_parts(grams: Vec<u32>, marks: &[u32], weights: &[f32], landmarks: usize) -> Option<Words> {
        if marks.len() != grams.len() || weights.len() != grams.len() {
            return None;
        }
        let marks: Vec<Mark> =
            marks.iter().zip(weights).map(|(&landmark, &weight)| Mark { landmark, weight }).collect();
        let fits = u32::try_from(marks.len()).is_ok()
            && grams.iter().zip(&marks).is_sorted_by_key(|(gram, mark)| (*gram, mark.landmark))
            && marks.iter().all(|mark| (mark.landmark as usize) < landmarks && mark.weight.is_finite());
        fits.then(|| Words::sorted(grams, marks))
    }
}

fn beginning(gram: u32, bits: u32) -> usize {
    (u64::from(gram) >> (32 - bits)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 5] =
        ["How many people live here?", "how many live", "外卖很慢", "", "How many people live here?"];

    fn alike(words: &Words, text: &str, landmarks: usize) -> Vec<f32> {
        let mut to = vec![0.0; landmarks];
        words.add(Scratch::default().read(text).0, &mut to);
        to
    }

    #[test]
    fn a_text_is_wholly_alike_to_itself_and_not_at_all_to_one_that_shares_nothing() {
        let words = Words::of(&TEXTS, 0);
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
        let (few, all) = (Words::of(&TEXTS[..2], 0), Words::of(&TEXTS, 0));
        let more = few.joined(&Words::of(&TEXTS[2..], 2));
        assert_eq!(more, all);
        for text in TEXTS {
            assert_eq!(alike(&few, text, 2), alike(&all, text, 5)[..2]);
            let mut rest = [0.0; 3];
            all.again(2).add(text, Scratch::default().read(text).1, &mut rest);
            let truth = alike(&all, text, 5);
            assert!(rest.iter().zip(&truth[2..]).all(|(a, b)| (a - b).abs() < 1e-6), "{rest:?} {truth:?}");
        }
    }

    #[test]
    fn landmarks_are_alike_among_themselves_as_texts_are_to_them() {
        let words = Words::of(&TEXTS, 0);
        for (landmark, row) in words.among_themselves(5).iter().enumerate() {
            for (a, b) in row.iter().zip(alike(&words, TEXTS[landmark], 5)) {
                assert!((a - b).abs() < 1e-6);
            }
            assert_eq!(row.len(), landmark + 1);
        }
    }

    #[test]
    fn parts_come_back_and_unfit_ones_do_not() {
        let words = Words::of(&TEXTS, 0);
        let (grams, landmarks, weights) = words.parts();
        assert_eq!(Words::of_parts(grams.clone(), &landmarks, &weights, 5), Some(words));
        assert_eq!(Words::of_parts(grams.clone(), &landmarks, &weights, 4), None);
        assert_eq!(Words::of_parts(grams[1..].to_vec(), &landmarks, &weights, 5), None);
        let backwards: Vec<u32> = grams.iter().rev().copied().collect();
        assert_eq!(Words::of_parts(backwards, &landmarks, &weights, 5), None);
        assert_eq!(Words::of_parts(Vec::new(), &[], &[], 0), Some(Words::default()));
    }
}
