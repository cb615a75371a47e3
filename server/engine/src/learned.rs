//! What a training job found out, ready to be looked up by text.

use std::{sync::Arc, time::Instant};

use learn::{
    Classifier, Control, Estimate, FitError, Matrix, Text,
    queue::{self, Candidate},
    suspects,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::corpus::Corpus;

/// How many rows the queue holds.
pub const QUEUE: usize = 20;
/// Texts are predicted in pieces of this many, so that a cancel is heard.
const PIECE: usize = 1024;

/// The two best labels of a text and how sure they are. Labels are indices into the classifier's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    pub label: u32,
    pub probability: f32,
    /// The best itself where a classifier knows only one.
    pub second: u32,
    pub second_probability: f32,
}

impl Glance {
    pub fn of(probabilities: &[f32]) -> Option<Glance> {
        let best = |but: Option<usize>| {
            let others = probabilities.iter().copied().enumerate().filter(|(label, _)| Some(*label) != but);
            others.max_by(|a, b| a.1.total_cmp(&b.1))
        };
        let (label, probability) = best(None)?;
        let (second, second_probability) = best(Some(label)).unwrap_or((label, 0.0));
        Some(Glance { label: label as u32, probability, second: second as u32, second_probability })
    }

    pub fn margin(&self) -> f32 {
        self.probability - self.second_probability
    }
}

pub type Glances = FxHashMap<u64, Glance>;

/// A label that models which had not seen its text contradict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// The label that stands in the row.
    pub given: u32,
    pub label: u32,
    pub probability: f32,
    /// Higher: more suspicious.
    pub score: f32,
}

/// How much was learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that may be learned from, held-out files aside.
    pub rows: usize,
    pub labelled: usize,
}

/// Does not change once it is made; texts that are met later are predicted into a map of their own.
#[derive(Clone, Debug)]
pub struct Learned {
    pub classifier: Arc<dyn Classifier>,
    /// Counts the fits of this data set; in the `data` of every diagnostic that comes from the model.
    pub version: u64,
    /// Of what was learned: texts, labels, and which of them are held out.
    pub fingerprint: u64,
    pub counts: Counts,
    /// Cross-validated, of the labelled rows.
    pub estimate: Estimate,
    pub folds: usize,
    /// Of the held-out files, where there are some.
    pub test: Option<Estimate>,
    pub seconds: f32,
    /// By text key, for every unlabelled text of the lesson.
    pub glances: Glances,
    pub doubts: FxHashMap<u64, Doubt>,
    /// The texts most worth labelling next.
    pub queue: FxHashSet<u64>,
}

impl Learned {
    /// Fits, estimates and predicts. `before` is where the fit starts from. The corpus is let go once its texts are read.
    pub fn learn(
        corpus: Corpus,
        before: Arc<dyn Classifier>,
        version: u64,
        control: &Control,
    ) -> Result<Learned, FitError> {
        let started = Instant::now();
        let lesson = corpus.lesson();
        let test = corpus.held_out(&lesson.labels);
        let fingerprint = corpus.fingerprint();
        drop(corpus);
        let fit = before.fit(&lesson, control)?;
        let labelled: Vec<_> = lesson.examples.iter().filter_map(|e| Some((e.text.key, e.target?))).collect();
        let targets: Vec<u32> = labelled.iter().map(|(_, target)| *target).collect();
        let counts = Counts { rows: lesson.examples.len(), labelled: labelled.len() };
        let mut learned = Learned {
            classifier: fit.classifier,
            version,
            fingerprint,
            counts,
            estimate: fit.held_out.estimate,
            folds: fit.held_out.folds,
            test: None,
            seconds: 0.0,
            glances: Glances::default(),
            doubts: FxHashMap::default(),
            queue: FxHashSet::default(),
        };
        // Models that know no more than how often each label occurs are in no position to contradict.
        let suspects = if learned.estimate.log_loss < entropy(&targets) {
            suspects::find(&fit.held_out.probabilities, &targets)
        } else {
            Vec::new()
        };
        for suspect in suspects {
            let (key, given) = labelled[suspect.row];
            let doubt = Doubt { given, label: suspect.label, probability: suspect.probability, score: suspect.score };
            learned.doubts.insert(key, doubt);
        }
        let unlabelled: Vec<Text> =
            lesson.examples.into_iter().filter(|e| e.target.is_none()).map(|e| e.text).collect();
        learned.glances = learned.glance_at(&unlabelled, control)?;
        let candidates: Vec<_> = unlabelled
            .iter()
            .enumerate()
            .filter_map(|(id, text)| {
                let glance = learned.glances.get(&text.key)?;
                Some(Candidate { id, key: text.key, label: glance.label, margin: glance.margin() })
            })
            .collect();
        learned.queue = queue::select(&candidates, QUEUE).into_iter().map(|candidate| candidate.key).collect();
        if !test.texts.is_empty() {
            learned.test = Some(Estimate::of(&learned.predict(&test.texts), &test.targets));
        }
        learned.seconds = started.elapsed().as_secs_f32();
        Ok(learned)
    }

    /// Predicts texts; the error is a cancel.
    pub fn glance_at(&self, texts: &[Text], control: &Control) -> Result<Glances, FitError> {
        let mut glances = Glances::default();
        glances.reserve(texts.len());
        for piece in texts.chunks(PIECE) {
            if control.is_cancelled() {
                return Err(FitError::Cancelled);
            }
            let probabilities = self.classifier.predict(piece);
            for (index, text) in piece.iter().enumerate() {
                if let Some(glance) = Glance::of(probabilities.row(index)) {
                    glances.insert(text.key, glance);
                }
            }
        }
        Ok(glances)
    }

    pub fn predict(&self, texts: &[Text]) -> Matrix {
        self.classifier.predict(texts)
    }

    pub fn label(&self, index: u32) -> &Arc<str> {
        &self.classifier.labels()[index as usize]
    }

    /// Labels with their probabilities, best first.
    pub fn ranked(&self, text: &Text) -> Vec<(Arc<str>, f32)> {
        let probabilities = self.predict(std::slice::from_ref(text));
        let mut ranked: Vec<_> =
            self.classifier.labels().iter().cloned().zip(probabilities.values.iter().copied()).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

/// Of the label frequencies, in nats: the log loss of who always answers with them.
fn entropy(targets: &[u32]) -> f64 {
    let mut counts: FxHashMap<u32, f64> = FxHashMap::default();
    targets.iter().for_each(|target| *counts.entry(*target).or_default() += 1.0);
    let rows = targets.len() as f64;
    counts.values().map(|count| -(count / rows) * (count / rows).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_sees_the_two_best() {
        let glance = Glance::of(&[0.25, 0.625, 0.125]).unwrap();
        assert_eq!((glance.label, glance.second, glance.margin()), (1, 0, 0.375));
        assert_eq!(Glance::of(&[1.0]).map(|glance| glance.margin()), Some(1.0));
        assert_eq!(Glance::of(&[]), None);
    }
}
