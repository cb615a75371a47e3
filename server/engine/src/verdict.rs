//! What models that had not seen a labelled text say of it: kept a text, so that rows can be asked for it long after the fit.
//!
//! What must stay true: it is of the rows that tell how new texts fare ([`learn::HeldOut::judged`]) alone, and by text, so that it stands
//! however rows are labelled or moved since.

use std::sync::Arc;

use dataset::Answer;
use learn::{Fit, spans};
use rustc_hash::FxHashMap;

use crate::{
    learned::{Learned, Subject},
    near,
    symbols::Measured,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    One(u32),
    /// Sorted.
    Set(Arc<[u32]>),
    /// How the spans that models find agree with those that stood there at the fit.
    Spans(Measured),
}

/// By text key.
pub type Verdicts = FxHashMap<u64, Verdict>;

impl Verdict {
    /// Whether this is what an answer says; of spans nothing is known but of those that stood there.
    pub(crate) fn agrees(&self, learned: &Learned, answer: &Answer) -> bool {
        match self {
            Verdict::One(label) => answer.labels() == [learned.label(*label)],
            Verdict::Set(said) => said.iter().map(|label| learned.label(*label)).eq(near::gist(answer)),
            Verdict::Spans(measured) => measured.is_exact(),
        }
    }

    /// The labels of an answer that models say, too; of spans all of a row in which nothing else is found, else none.
    pub(crate) fn right<'a>(&self, learned: &Learned, answer: &'a Answer) -> Vec<&'a Arc<str>> {
        let mut labels = answer.labels();
        match self {
            Verdict::One(label) => labels.retain(|given| *given == learned.label(*label)),
            Verdict::Set(said) => labels.retain(|given| said.iter().any(|label| *given == learned.label(*label))),
            Verdict::Spans(measured) if measured.is_exact() => {
                labels.sort_unstable();
                labels.dedup();
            }
            Verdict::Spans(_) => labels.clear(),
        }
        labels
    }
}

pub(crate) fn of(subject: &Subject, fit: &Fit) -> Verdicts {
    let held_out = &fit.held_out;
    let rows: Vec<_> = subject.labelled().collect();
    let verdict = |row: &u32| {
        let (text, target) = rows.get(*row as usize)?;
        let verdict = match (&held_out.spans, fit.classifier.thresholds()) {
            (Some(spans), _) => {
                let found: Vec<spans::Span> = spans.tags.get(*row as usize)?.spans.iter().map(|one| one.span).collect();
                let hits = target.spans().iter().filter(|span| found.contains(span)).count();
                let [given, predicted, hits] = [target.spans().len(), found.len(), hits].map(|count| count as u32);
                Verdict::Spans(Measured { given, predicted, hits })
            }
            (None, thresholds) => {
                let labels = said(held_out.probabilities.row(*row as usize), thresholds);
                match thresholds {
                    Some(_) => Verdict::Set(labels.into()),
                    None => Verdict::One(*labels.first()?),
                }
            }
        };
        Some((text.key, verdict))
    };
    held_out.judged.iter().filter_map(verdict).collect()
}

/// The labels that probabilities amount to.
pub(crate) fn said(probabilities: &[f32], thresholds: Option<&[f32]>) -> Vec<u32> {
    match thresholds {
        Some(thresholds) => {
            let given = (0..).zip(probabilities.iter().zip(thresholds)).filter(|(_, (p, threshold))| p >= threshold);
            given.map(|(label, _)| label).collect()
        }
        None => {
            let best = (0..).zip(probabilities).max_by(|a, b| a.1.total_cmp(b.1));
            best.map(|(label, _)| label).into_iter().collect()
        }
    }
}
