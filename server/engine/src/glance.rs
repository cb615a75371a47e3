//! What a classifier says of a text, small enough to be kept for every text of a large file.

use std::sync::Arc;

use catalogue::{Argument, Phrase, phrase};
use dataset::{Answer, Span};
use learn::{
    Step,
    spans::{self, Tagged, Tags},
};
use rustc_hash::FxHashMap;

use crate::{finding::percent, learned::Learned};

/// The labels that a classifier gives a text, and how sure it is. Labels are indices into the classifier's.
#[derive(Clone, Debug, PartialEq)]
pub struct Glance {
    pub guess: Guess,
    /// That all of it is right; of several labels, as if they were independent.
    pub probability: f32,
    /// How far it is from saying something else.
    pub margin: f32,
    /// Of the classifier that says so.
    pub step: Step,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Guess {
    One {
        label: u32,
        /// The best itself where a classifier knows only one.
        second: u32,
        second_probability: f32,
    },
    Set {
        /// Most probable first.
        given: Arc<[(u32, f32)]>,
        /// The label that is nearest to its threshold.
        nearest: u32,
        nearest_probability: f32,
    },
    /// In the order of the text.
    Spans(Arc<[Tagged]>),
}

pub type Glances = FxHashMap<u64, Glance>;

impl Glance {
    /// `thresholds`: from which probability on each label is given, where they do not exclude each other. `None`: no label is known.
    pub fn of(probabilities: &[f32], thresholds: Option<&[f32]>, step: Step) -> Option<Glance> {
        match thresholds {
            None => Glance::of_one(probabilities, step),
            Some(thresholds) => Glance::of_set(probabilities, thresholds, step),
        }
    }

    fn of_one(probabilities: &[f32], step: Step) -> Option<Glance> {
        let best = |but: Option<usize>| {
            let others = probabilities.iter().copied().enumerate().filter(|(label, _)| Some(*label) != but);
            others.max_by(|a, b| a.1.total_cmp(&b.1))
        };
        let (label, probability) = best(None)?;
        let (second, second_probability) = best(Some(label)).unwrap_or((label, 0.0));
        let guess = Guess::One { label: label as u32, second: second as u32, second_probability };
        Some(Glance { guess, probability, margin: probability - second_probability, step })
    }

    fn of_set(probabilities: &[f32], thresholds: &[f32], step: Step) -> Option<Glance> {
        let labels = || (0u32..).zip(probabilities.iter().copied().zip(thresholds.iter().copied()));
        let mut given: Vec<(u32, f32)> =
            labels().filter(|(_, (p, threshold))| p >= threshold).map(|(label, (p, _))| (label, p)).collect();
        given.sort_by(|a, b| b.1.total_cmp(&a.1));
        let distance = |(p, threshold): (f32, f32)| (p - threshold).abs();
        let (nearest, at) = labels().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        let right = |(_, (p, threshold)): (u32, (f32, f32))| if p >= threshold { p } else { 1.0 - p };
        let probability = labels().map(right).product();
        let guess = Guess::Set { given: given.into(), nearest, nearest_probability: at.0 };
        Some(Glance { guess, probability, margin: distance(at), step })
    }

    pub(crate) fn of_tags(tags: &Tags, step: Step) -> Glance {
        let guess = Guess::Spans(tags.spans.as_slice().into());
        Glance { guess, probability: tags.certainty, margin: tags.certainty, step }
    }

    /// The label by which the queue takes turns: the best, or the least certain.
    pub(crate) fn turn(&self) -> u32 {
        match &self.guess {
            Guess::One { label, .. } => *label,
            Guess::Set { nearest, .. } => *nearest,
            Guess::Spans(spans) => {
                let least = spans.iter().min_by(|a, b| a.probability.total_cmp(&b.probability));
                least.map_or(0, |tagged| tagged.span.label)
            }
        }
    }

    /// The labels that it gives, most probable first.
    pub fn labels(&self) -> Vec<(u32, f32)> {
        match &self.guess {
            Guess::One { label, .. } => vec![(*label, self.probability)],
            Guess::Set { given, .. } => given.to_vec(),
            Guess::Spans(spans) => spans.iter().map(|tagged| (tagged.span.label, tagged.probability)).collect(),
        }
    }

    /// The spans that it finds.
    pub fn spans(&self) -> &[Tagged] {
        match &self.guess {
            Guess::Spans(spans) => spans,
            Guess::One { .. } | Guess::Set { .. } => &[],
        }
    }

    /// As it is written into a row.
    pub fn answer(&self, learned: &Learned) -> Answer {
        match &self.guess {
            Guess::One { label, .. } => Answer::One(learned.label(*label).clone()),
            Guess::Set { given, .. } => {
                Answer::Set(given.iter().map(|(label, _)| learned.label(*label).clone()).collect())
            }
            Guess::Spans(spans) => Answer::Spans(spans.iter().map(|tagged| written(tagged.span, learned)).collect()),
        }
    }

    /// "`billing`", "`card`, `fee`", "no label", "no span".
    pub fn says(&self, learned: &Learned) -> Phrase {
        if matches!(&self.guess, Guess::Spans(spans) if spans.is_empty()) {
            return phrase!("no-span");
        }
        quoted(self.labels().into_iter().map(|(label, _)| &**learned.label(label)))
    }

    /// "billing 93%", "card 93%, fee 71%", "no label 80%".
    pub fn hint(&self, learned: &Learned) -> Phrase {
        let labels = self.labels();
        if labels.is_empty() {
            return phrase!("beside", what = self.says(learned), note = percent(self.probability));
        }
        let one = |(label, probability): (u32, f32)| format!("{} {}", learned.label(label), percent(probability));
        Phrase::verbatim(Argument::list(labels.into_iter().map(one)))
    }
}

/// A span of a classifier, as a row has it.
pub(crate) fn written(span: spans::Span, learned: &Learned) -> Span {
    Span { start: span.start, end: span.end, label: learned.label(span.label).clone() }
}

/// "`card`, `fee`"; "no label" of none.
pub(crate) fn quoted<'a>(labels: impl Iterator<Item = &'a str>) -> Phrase {
    let labels: Vec<Phrase> = labels.map(|label| phrase!("quoted", text = label)).collect();
    if labels.is_empty() { phrase!("no-label") } else { Phrase::verbatim(Argument::list(labels)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_sees_the_two_best() {
        let glance = Glance::of(&[0.25, 0.625, 0.125], None, Step::Lexical).unwrap();
        assert_eq!(glance.guess, Guess::One { label: 1, second: 0, second_probability: 0.25 });
        assert_eq!((glance.probability, glance.margin), (0.625, 0.375));
        assert_eq!(Glance::of(&[1.0], None, Step::Lexical).map(|glance| glance.margin), Some(1.0));
        assert_eq!(Glance::of(&[], None, Step::Lexical), None);
    }

    #[test]
    fn a_glance_at_several_labels_sees_those_above_their_thresholds() {
        let glance = Glance::of(&[0.5, 0.75, 0.25], Some(&[0.5, 0.5, 0.375]), Step::Probe).unwrap();
        let Guess::Set { given, nearest, nearest_probability } = &glance.guess else { panic!("{glance:?}") };
        assert_eq!((&given[..], *nearest, *nearest_probability), (&[(1, 0.75), (0, 0.5)][..], 0, 0.5));
        assert_eq!((glance.probability, glance.margin), (0.5 * 0.75 * 0.75, 0.0));
        let none = Glance::of(&[0.25], Some(&[0.5]), Step::Probe).unwrap();
        assert_eq!((none.labels(), none.probability), (vec![], 0.75));
        assert_eq!(Glance::of(&[], Some(&[]), Step::Probe), None);
    }
}
