//! What models that had not seen a row's text contradict in its answer.

use std::sync::Arc;

use dataset::Answer;
use learn::{
    Fit, HeldOut, Target, Task,
    spans::{self, Span},
    suspects::{self, SetSuspect},
};
use rustc_hash::FxHashMap;

use crate::{
    glance::written,
    learned::{Learned, Subject, sets},
};

/// How many labels are offered beside the one that probably is meant.
const RIVALS: usize = 4;

/// Something in a row's answer that models which had not seen its text contradict.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    pub about: About,
    /// Of what they say: that the other label is right, that the missing one applies, that the one which stands there does not.
    pub probability: f32,
    /// Higher: more suspicious.
    pub score: f32,
    /// What they say of the labels that come next, the most probable first, where labels exclude each other.
    pub rivals: Arc<[(u32, f32)]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The row has one label and should have another.
    Other { given: u32, label: u32 },
    /// A label that applies is not among those of the row.
    Missing { label: u32 },
    /// A label that stands there does not apply.
    Wrong { label: u32 },
    /// A span that stands there, or is missing, and what should stand in its place, if something should.
    Span { given: Option<Span>, instead: Option<Span> },
}

/// By text key; the most suspicious first.
pub type Doubts = FxHashMap<u64, Vec<Doubt>>;

impl About {
    /// Whether the answer still says what is doubted.
    pub(crate) fn holds(self, learned: &Learned, answer: &Answer) -> bool {
        let has = |label: u32| answer.labels().contains(&learned.label(label));
        let stands = |span: Span| matches!(answer, Answer::Spans(spans) if spans.contains(&written(span, learned)));
        match self {
            About::Other { given: label, .. } | About::Wrong { label } => has(label),
            About::Missing { label } => !has(label),
            About::Span { given, instead } => given.is_none_or(stands) && !instead.is_some_and(stands),
        }
    }

    /// What a person decides about, as the file of decisions has it: a label, or "city: Paris".
    pub(crate) fn decision(self, learned: &Learned, text: impl FnOnce() -> String) -> String {
        match self {
            About::Other { given: label, .. } | About::Wrong { label } | About::Missing { label } => {
                learned.label(label).to_string()
            }
            About::Span { given, instead } => given.or(instead).map_or(String::new(), |span| {
                let text = text();
                let part = text.get(span.start as usize..span.end as usize).unwrap_or_default();
                format!("{}: {part}", learned.label(span.label))
            }),
        }
    }
}

impl Subject {
    pub(crate) fn doubts(&self, fit: &Fit) -> Doubts {
        let (held_out, targets) = (&fit.held_out, self.targets());
        if self.lesson.task == Task::Spans {
            return self.doubts_of_spans(held_out, &targets);
        }
        // Models that know no more than how often each label occurs are in no position to contradict.
        if held_out.estimate.log_loss >= entropy(self.lesson.task, &targets) {
            return Doubts::default();
        }
        let keys: Vec<u64> = self.labelled().map(|(text, _)| text.key).collect();
        let mut doubts = Doubts::default();
        let mut add = |row: usize, doubt| doubts.entry(keys[row]).or_default().push(doubt);
        match fit.classifier.thresholds() {
            None => {
                let given: Vec<u32> = targets.iter().filter_map(Target::one).collect();
                for suspects::Suspect { row, label, probability, score } in suspects::find(held_out.doubts(), &given) {
                    let rivals = rivals(held_out.doubts().row(row), [given[row], label]);
                    let about = About::Other { given: given[row], label };
                    add(row, Doubt { about, probability, score, rivals });
                }
            }
            Some(thresholds) => {
                for suspect in suspects::find_in_sets(&held_out.probabilities, &sets(&targets), thresholds) {
                    let SetSuspect { row, label, is_given, probability, score } = suspect;
                    let (about, probability) = match is_given {
                        true => (About::Wrong { label }, 1.0 - probability),
                        false => (About::Missing { label }, probability),
                    };
                    add(row, Doubt { about, probability, score, rivals: Arc::default() });
                }
            }
        }
        doubts
    }

    fn doubts_of_spans(&self, held_out: &HeldOut, targets: &[Target]) -> Doubts {
        let answers: Vec<Arc<[Span]>> = targets.iter().map(|target| target.spans().into()).collect();
        let keys: Vec<u64> = self.labelled().map(|(text, _)| text.key).collect();
        let mut doubts = Doubts::default();
        for spans::Doubt { row, kind, probability, score } in
            held_out.spans.iter().flat_map(|held_out| spans::find(held_out, &answers))
        {
            let (given, instead) = match kind {
                spans::Kind::Missing(missing) => (None, Some(missing)),
                spans::Kind::Wrong { given, label: Some(label), .. } => (Some(given), Some(Span { label, ..given })),
                spans::Kind::Wrong { given, instead, .. } => (Some(given), instead),
            };
            let about = About::Span { given, instead };
            let doubt = Doubt { about, probability, score, rivals: Arc::default() };
            doubts.entry(keys[row]).or_default().push(doubt);
        }
        doubts
    }
}

/// The most probable labels but for these.
fn rivals(probabilities: &[f32], but: [u32; 2]) -> Arc<[(u32, f32)]> {
    let others = (0..).zip(probabilities.iter().copied()).filter(|(label, _)| !but.contains(label));
    let mut others: Vec<(u32, f32)> = others.collect();
    others.sort_by(|a, b| b.1.total_cmp(&a.1));
    others.truncate(RIVALS);
    others.into()
}

/// Of the label frequencies, in nats: the log loss of who always answers with them.
fn entropy(task: Task, targets: &[Target]) -> f64 {
    let mut counts: FxHashMap<u32, f64> = FxHashMap::default();
    targets.iter().flat_map(Target::labels).for_each(|label| *counts.entry(*label).or_default() += 1.0);
    let rows = targets.len() as f64;
    let of_share = |share: f64| if share > 0.0 { -share * share.ln() } else { 0.0 };
    let shares = counts.values().map(|count| count / rows);
    match task {
        Task::Single | Task::Spans => shares.map(of_share).sum(),
        Task::Multi => shares.map(|share| of_share(share) + of_share(1.0 - share)).sum(),
    }
}
