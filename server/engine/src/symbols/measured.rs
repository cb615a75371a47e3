//! How a label fares on rows that models had not seen: counted once, when a fit ends, and kept with what was learned.

use std::cmp::Reverse;

use learn::{Fit, spans};
use rustc_hash::FxHashMap;

use crate::{learned::Subject, verdict::said};

/// Labels that one is confused with, kept of each.
const PARTNERS: usize = 3;
/// Confusions kept in all, beyond those: all that 45 labels can have.
const CONFUSIONS: usize = 2_000;
/// Rows kept of each confusion.
const EXAMPLES: usize = 20;
/// Bins of equal width, of probabilities.
pub(crate) const BINS: usize = 10;

/// Of each label, in the classifier's order. Empty: nothing was held out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub measured: Vec<Measured>,
    /// Most frequent first.
    pub confusions: Vec<Confusion>,
    /// By how probable they were held, from 0 to 1: what is said of rows with one label, each label of rows with several, spans found.
    pub bins: [Bin; BINS],
}

/// Decisions that were held about equally probable.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    pub count: u32,
    /// Of which are right.
    pub right: u32,
    /// Sum of their probabilities.
    pub sum: f32,
}

/// Held-out rows (of spans: spans) with one label, or the labels of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// That have it.
    pub given: u32,
    /// Of which models say it.
    pub predicted: u32,
    /// Both.
    pub hits: u32,
}

/// Rows that have one label, and of which models say another that they do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    pub given: u32,
    pub instead: u32,
    pub count: u32,
    /// Keys of some of the texts.
    pub examples: Vec<u64>,
}

impl Measured {
    /// Whether models say what is given, and nothing else.
    pub fn is_exact(self) -> bool {
        self.given == self.hits && self.predicted == self.hits
    }

    /// `None`: models never say it.
    pub fn precision(self) -> Option<f32> {
        (self.predicted > 0).then(|| self.hits as f32 / self.predicted as f32)
    }

    /// `None`: no held-out row has it.
    pub fn recall(self) -> Option<f32> {
        (self.given > 0).then(|| self.hits as f32 / self.given as f32)
    }

    /// `None`: neither has it.
    pub fn f1(self) -> Option<f32> {
        let both = self.given + self.predicted;
        (both > 0).then(|| 2.0 * self.hits as f32 / both as f32)
    }
}

/// What is counted, row by row.
#[derive(Default)]
struct Count {
    measured: Vec<Measured>,
    confusions: FxHashMap<(u32, u32), (u32, Vec<u64>)>,
    bins: [Bin; BINS],
}

impl Count {
    /// A row, or a part of it, that has some labels and of which models say others.
    fn add(&mut self, key: u64, given: &[u32], predicted: &[u32]) {
        let mut of =
            |label: &u32, add: fn(&mut Measured)| self.measured.get_mut(*label as usize).into_iter().for_each(add);
        given.iter().for_each(|label| of(label, |one| one.given += 1));
        predicted.iter().for_each(|label| of(label, |one| one.predicted += 1));
        given.iter().filter(|label| predicted.contains(label)).for_each(|label| of(label, |one| one.hits += 1));
        for missed in given.iter().filter(|label| !predicted.contains(label)) {
            for wrong in predicted.iter().filter(|label| !given.contains(label)) {
                let (count, examples) = self.confusions.entry((*missed, *wrong)).or_default();
                *count += 1;
                if examples.len() < EXAMPLES {
                    examples.push(key);
                }
            }
        }
    }

    fn weigh(&mut self, probability: f32, is_right: bool) {
        let bin = &mut self.bins[((probability * BINS as f32) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.right += u32::from(is_right);
        bin.sum += probability;
    }

    /// What is held of a row with one label, or of each label of a row with several.
    fn weigh_row(&mut self, given: &[u32], probabilities: &[f32], several: bool) {
        if several {
            for (label, probability) in (0..).zip(probabilities) {
                self.weigh(*probability, given.contains(&label));
            }
        } else if let Some((label, probability)) = (0..).zip(probabilities).max_by(|a, b| a.1.total_cmp(b.1)) {
            self.weigh(*probability, given.contains(&label));
        }
    }

    fn tally(self) -> Tally {
        let confusion = |((given, instead), (count, examples))| Confusion { given, instead, count, examples };
        let mut confusions: Vec<Confusion> = self.confusions.into_iter().map(confusion).collect();
        confusions.sort_by_key(|one| (Reverse(one.count), one.given, one.instead));
        // The most frequent ones, in all and of each label, both ways.
        let (mut partners, mut place) = (vec![0; self.measured.len()], 0);
        confusions.retain(|one| {
            let pair = [one.given as usize, one.instead as usize];
            place += 1;
            let is_wanted = place <= CONFUSIONS || pair.iter().any(|&label| partners[label] < 2 * PARTNERS);
            pair.into_iter().for_each(|label| partners[label] += 1);
            is_wanted
        });
        Tally { measured: self.measured, confusions, bins: self.bins }
    }
}

impl Tally {
    pub(crate) fn of(subject: &Subject, fit: &Fit) -> Tally {
        let held_out = &fit.held_out;
        let rows: Vec<_> = subject.labelled().collect();
        let mut count = Count { measured: vec![Measured::default(); subject.lesson.labels.len()], ..Count::default() };
        for &row in &held_out.judged {
            let Some((text, target)) = rows.get(row as usize) else { continue };
            match (&held_out.spans, fit.classifier.thresholds()) {
                (Some(spans), _) => {
                    let Some(tags) = spans.tags.get(row as usize) else { continue };
                    let found: Vec<spans::Span> = tags.spans.iter().map(|tagged| tagged.span).collect();
                    count.add_spans(text.key, target.spans(), &found);
                    for tagged in &tags.spans {
                        count.weigh(tagged.probability, target.spans().contains(&tagged.span));
                    }
                }
                (None, thresholds) => {
                    let probabilities = held_out.probabilities.row(row as usize);
                    count.add(text.key, target.labels(), &said(probabilities, thresholds));
                    count.weigh_row(target.labels(), probabilities, thresholds.is_some());
                }
            }
        }
        count.tally()
    }

    /// Of a label, what it is most confused with, whichever of both the rows have: the most frequent first.
    pub(crate) fn partners(&self, label: u32) -> Vec<Partner<'_>> {
        let mut partners: Vec<Partner> = Vec::new();
        for confusion in &self.confusions {
            let other = match (confusion.given == label, confusion.instead == label) {
                (true, _) => confusion.instead,
                (_, true) => confusion.given,
                _ => continue,
            };
            match partners.iter_mut().find(|partner| partner.label == other) {
                Some(partner) => {
                    partner.count += confusion.count;
                    partner.of.push(confusion);
                }
                None => partners.push(Partner { label: other, count: confusion.count, of: vec![confusion] }),
            }
        }
        partners.sort_by_key(|partner| Reverse(partner.count));
        partners.truncate(PARTNERS);
        partners
    }
}

/// A label that another is confused with.
pub(crate) struct Partner<'a> {
    pub(crate) label: u32,
    pub(crate) count: u32,
    /// One way, and the other.
    pub(crate) of: Vec<&'a Confusion>,
}

impl Count {
    /// A span is right with its edges and its label. One that shares characters with another is said in its place.
    fn add_spans(&mut self, key: u64, given: &[spans::Span], found: &[spans::Span]) {
        let overlaps = |a: &spans::Span, b: &spans::Span| a.start < b.end && b.start < a.end;
        let mut taken = vec![false; found.len()];
        for span in given {
            let exact = found.iter().position(|other| other == span);
            let other = found.iter().position(|other| overlaps(span, other) && !given.contains(other));
            let said = exact.or(other.filter(|at| !taken[*at]));
            let label = said.map(|at| {
                taken[at] = true;
                found[at].label
            });
            match (exact, label) {
                // With other edges the right label is not right.
                (None, Some(label)) if label == span.label => {
                    self.add(key, &[span.label], &[]);
                    self.add(key, &[], &[label]);
                }
                (_, label) => self.add(key, &[span.label], label.as_slice()),
            }
        }
        for (span, _) in found.iter().zip(taken).filter(|(_, taken)| !taken) {
            self.add(key, &[], &[span.label]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_and_confusions_known_both_ways() {
        let mut count = Count { measured: vec![Measured::default(); 3], ..Count::default() };
        for (key, given, predicted) in [(1, 0, 0), (2, 0, 1), (3, 1, 0), (4, 1, 1), (5, 0, 2)] {
            count.add(key, &[given], &[predicted]);
        }
        let tally = count.tally();
        assert_eq!(tally.measured[0], Measured { given: 3, predicted: 2, hits: 1 });
        assert_eq!((tally.measured[0].precision(), tally.measured[2].recall()), (Some(0.5), None));
        assert_eq!(tally.measured[0].f1(), Some(0.4));
        let partners: Vec<(u32, u32)> =
            tally.partners(0).iter().map(|partner| (partner.label, partner.count)).collect();
        assert_eq!(partners, [(1, 2), (2, 1)]);
        assert_eq!(tally.partners(0)[0].of.iter().flat_map(|of| &of.examples).copied().collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn probabilities_are_weighed_by_what_became_of_them() {
        let mut count = Count::default();
        count.weigh_row(&[0], &[0.9, 0.1], false);
        count.weigh_row(&[1], &[0.95, 0.05], false);
        count.weigh_row(&[0], &[1.0, 0.02], true);
        let bins = count.tally().bins;
        assert_eq!((bins[9].count, bins[9].right), (3, 2));
        assert!((bins[9].sum - 2.85).abs() < 1e-6);
        assert_eq!((bins[0].count, bins[0].right), (1, 0));
    }

    #[test]
    fn of_sets_what_is_missed_is_confused_with_what_is_wrong() {
        let mut count = Count { measured: vec![Measured::default(); 3], ..Count::default() };
        count.add(1, &[0, 1], &[1, 2]);
        let tally = count.tally();
        assert_eq!(tally.measured[1], Measured { given: 1, predicted: 1, hits: 1 });
        assert_eq!(tally.confusions, [Confusion { given: 0, instead: 2, count: 1, examples: vec![1] }]);
    }

    #[test]
    fn spans_are_right_with_their_edges() {
        let span = |start, end, label| spans::Span { start, end, label };
        let mut count = Count { measured: vec![Measured::default(); 2], ..Count::default() };
        count.add_spans(
            1,
            &[span(0, 4, 0), span(5, 9, 0), span(10, 12, 1)],
            &[span(0, 4, 0), span(5, 8, 0), span(10, 12, 0)],
        );
        count.add_spans(2, &[], &[span(0, 1, 1)]);
        let tally = count.tally();
        assert_eq!(
            tally.measured,
            [Measured { given: 2, predicted: 3, hits: 1 }, Measured { given: 1, predicted: 1, hits: 0 }]
        );
        assert_eq!(tally.confusions, [Confusion { given: 1, instead: 0, count: 1, examples: vec![1] }]);
    }
}
