//! Given spans that out-of-fold answers contradict, and spans that they miss.
//!
//! As confident learning has it for labels (Northcutt, Jiang and Chuang 2021): a label's threshold is the mean probability that its own given
//! spans get, and a span that nobody gave is believed when it reaches its label's. A given span is in doubt when such a span stands in its
//! place, or when it is all but certain that nothing does. The most suspicious first: by the odds that somebody erred.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{HeldOut, Span, Tagged};

/// A given span that gets no more, where no other span is believed in its place, is in doubt.
const HARDLY: f32 = 0.02;
/// What is so probable is believed, however sure a tagger is of the label's other spans.
const SURE: f32 = 0.8;
/// No probability is less: odds are finite.
const LEAST: f32 = 1e-6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Nothing is given where this span probably is.
    Missing(Span),
    Wrong {
        given: Span,
        /// What it is probably labelled as, its edges being right.
        label: Option<u32>,
        /// The span that is probably right, where edges differ. Neither: there is probably no span.
        instead: Option<Span>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// Place of the row among the labelled ones.
    pub row: usize,
    pub kind: Kind,
    /// Of what is said to be right.
    pub probability: f32,
    /// The most suspicious has the highest.
    pub score: f32,
}

/// Doubts of all labelled rows; `answers` are their given spans, in the lesson's order. Most suspicious first.
pub fn find(held_out: &HeldOut, answers: &[Arc<[Span]>]) -> Vec<Doubt> {
    let thresholds = Thresholds::of(held_out, answers);
    let mut doubts = Vec::new();
    for (row, ((given, tags), beliefs)) in answers.iter().zip(&held_out.tags).zip(&held_out.given).enumerate() {
        let believed = |tagged: &&Tagged| thresholds.reach(tagged.span.label, tagged.probability);
        for (&span, &belief) in given.iter().zip(beliefs) {
            let other = |tagged: &&Tagged| tagged.span.overlaps(&span) && tagged.span != span;
            let found = tags.spans.iter().filter(other).filter(believed).filter(|tagged| tagged.probability > belief);
            let best = found.max_by(|a, b| a.probability.total_cmp(&b.probability));
            let (kind, probability) = match best {
                // What stands beside it is given as well: it is not instead of this one.
                Some(tagged) if given.contains(&tagged.span) => continue,
                Some(Tagged { span: other, probability }) if other.has_edges_of(&span) => {
                    (Kind::Wrong { given: span, label: Some(other.label), instead: None }, *probability)
                }
                Some(Tagged { span: other, probability }) => {
                    (Kind::Wrong { given: span, label: None, instead: Some(*other) }, *probability)
                }
                None if belief <= HARDLY
                    && thresholds.is_known(span.label)
                    && tags.spans.iter().all(|found| !found.span.overlaps(&span)) =>
                {
                    (Kind::Wrong { given: span, label: None, instead: None }, 1.0 - belief)
                }
                None => continue,
            };
            // Without another span in its place it is the tagger that may know too little: its label's threshold says how often it does.
            let nothing = matches!(kind, Kind::Wrong { label: None, instead: None, .. });
            let against = if nothing { probability * thresholds.of_label(span.label) } else { probability };
            doubts.push(Doubt { row, kind, probability, score: odds(against, belief) });
        }
        let alone = |tagged: &&Tagged| given.iter().all(|span| !span.overlaps(&tagged.span));
        for tagged in tags.spans.iter().filter(alone).filter(believed).filter(|tagged| tagged.probability > 0.5) {
            let score = odds(tagged.probability, 1.0 - tagged.probability);
            doubts.push(Doubt { row, kind: Kind::Missing(tagged.span), probability: tagged.probability, score });
        }
    }
    // Stable: of equals the first row comes first.
    doubts.sort_by(|a, b| b.score.total_cmp(&a.score));
    doubts
}

fn odds(against: f32, belief: f32) -> f32 {
    (against.max(LEAST) / belief.max(LEAST)).ln()
}

/// What given spans of each label get in the mean.
struct Thresholds {
    /// Their sum and number.
    labels: FxHashMap<u32, (f64, usize)>,
}

impl Thresholds {
    fn of(held_out: &HeldOut, answers: &[Arc<[Span]>]) -> Thresholds {
        let mut labels: FxHashMap<u32, (f64, usize)> = FxHashMap::default();
        for (span, &belief) in
            answers.iter().zip(&held_out.given).flat_map(|(given, beliefs)| given.iter().zip(beliefs))
        {
            let label = labels.entry(span.label).or_default();
            label.0 += f64::from(belief);
            label.1 += 1;
        }
        Thresholds { labels }
    }

    fn of_label(&self, label: u32) -> f32 {
        self.labels.get(&label).map_or(1.0, |&(sum, count)| (sum / count as f64) as f32)
    }

    /// A label of a single span has no model that could contradict it.
    fn is_known(&self, label: u32) -> bool {
        self.labels.get(&label).is_some_and(|label| label.1 > 1)
    }

    fn reach(&self, label: u32, probability: f32) -> bool {
        probability >= self.of_label(label).min(SURE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::{Estimate, Tags};

    fn span(start: u32, end: u32, label: u32) -> Span {
        Span { start, end, label }
    }

    /// Rows of given spans with what they get, and of found spans with their probabilities.
    type Rows<'a> = &'a [(&'a [(Span, f32)], &'a [(Span, f32)])];

    fn doubts(rows: Rows<'_>) -> Vec<Doubt> {
        let answers: Vec<Arc<[Span]>> = rows.iter().map(|row| row.0.iter().map(|given| given.0).collect()).collect();
        let tagged = |&(span, probability): &(Span, f32)| Tagged { span, probability };
        let held_out = HeldOut {
            folds: 5,
            tags: rows.iter().map(|row| Tags { spans: row.1.iter().map(tagged).collect(), certainty: 0.5 }).collect(),
            given: rows.iter().map(|row| row.0.iter().map(|given| given.1).collect()).collect(),
            judged: (0..rows.len() as u32).collect(),
            estimate: Estimate::default(),
        };
        find(&held_out, &answers)
    }

    #[test]
    fn each_kind_is_told() {
        let (city, firm) = (span(0, 5, 0), span(0, 5, 1));
        let right: (&[_], &[_]) = (&[(city, 0.9)], &[(city, 0.9)]);
        let firms: (&[_], &[_]) = (&[(firm, 0.8)], &[(firm, 0.8)]);
        let found = doubts(&[
            right,
            right,
            right,
            firms,
            firms,
            (&[(city, 0.1)], &[(firm, 0.88)]),
            (&[(city, 0.05)], &[(span(0, 9, 0), 0.9)]),
            (&[], &[(span(3, 8, 1), 0.95)]),
            (&[(city, 0.001)], &[]),
            (&[], &[(span(3, 8, 1), 0.4)]),
        ]);
        let kinds: Vec<(usize, Kind)> = found.iter().map(|doubt| (doubt.row, doubt.kind)).collect();
        assert_eq!(
            kinds,
            [
                (8, Kind::Wrong { given: city, label: None, instead: None }),
                (7, Kind::Missing(span(3, 8, 1))),
                (6, Kind::Wrong { given: city, label: None, instead: Some(span(0, 9, 0)) }),
                (5, Kind::Wrong { given: city, label: Some(1), instead: None }),
            ]
        );
        assert!(found.windows(2).all(|two| two[0].score >= two[1].score));
    }

    #[test]
    fn what_a_tagger_hardly_knows_is_no_doubt() {
        // The only span of its label, and one that is believed as much as others.
        assert_eq!(doubts(&[(&[(span(0, 5, 0), 0.0)], &[])]), []);
        assert_eq!(doubts(&[(&[(span(0, 5, 0), 0.3)], &[]), (&[(span(0, 4, 0), 0.3)], &[])]), []);
        assert_eq!(doubts(&[]), []);
    }
}
