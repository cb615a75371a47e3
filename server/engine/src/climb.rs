//! What goes on in the background after a save was answered: texts are embedded in the order of need, the steps of the ladder
//! are measured on the same held-out rows, and the better one takes over.
//!
//! What must stay true: a cancel loses nothing but the fit that runs, since embeddings are kept; going on costs what is left.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use learn::{Control, Embeddings, Fit, FitError, HeldOut, Step, Text};
use rustc_hash::FxHashSet;

use crate::{
    corpus::Corpus,
    learned::{Learned, Subject},
};

/// What was embedded is told this often.
const PAUSE: Duration = Duration::from_secs(2);
const EMBEDDING: &str = "Embedding";

pub(crate) struct Climb {
    pub(crate) corpus: Corpus,
    pub(crate) learned: Arc<Learned>,
    pub(crate) embeddings: Arc<Embeddings>,
    /// Keys of texts near where a person last looked.
    pub(crate) near: FxHashSet<u64>,
}

impl Climb {
    /// `tell` hears of every gain; the answer is the last of them, if there was one.
    pub(crate) fn run(self, control: &Control, tell: &dyn Fn(Arc<Learned>)) -> Result<Option<Arc<Learned>>, FitError> {
        let subject = Subject::of(self.corpus, self.learned.version);
        // A fit's own course is not this job's: the bar would go to and fro.
        let quiet = Control { cancel: control.cancel.clone(), on_progress: None };
        let embeddings = &self.embeddings;
        embeddings.recall(subject.lesson.examples.iter().map(|example| &example.text));
        let (mut learned, mut gained) = (self.learned, None);
        // Rows that were edited and not saved are embedded, not learned from.
        let settled = subject.fingerprint == learned.fingerprint;
        if settled && !learned.compared {
            let labelled: Vec<&Text> = subject.labelled().map(|(text, _)| text).collect();
            embed(embeddings, labelled, control, |_| {})?;
            learned = Arc::new(judge(&subject, &learned, embeddings, control, &quiet)?);
            tell(learned.clone());
            gained = Some(learned.clone());
        }
        if learned.classifier.step() == Step::Lexical {
            return Ok(gained);
        }
        let unlabelled = subject.unlabelled();
        let mut order: Vec<&Text> = unlabelled.iter().collect();
        order.sort_by_key(|text| (!self.near.contains(&text.key), !learned.queue.contains(&text.key)));
        order.extend(subject.labelled().map(|(text, _)| text));
        order.extend(subject.held_out_texts());
        let is_news = !embeddings.missing(order.iter().copied()).is_empty();
        let mut told = Instant::now();
        embed(embeddings, order, control, |done| {
            if told.elapsed() >= PAUSE && !done {
                told = Instant::now();
                let mut seen = (*learned).clone();
                if seen.look_at_all(&subject, control).is_ok() {
                    tell(Arc::new(seen));
                }
            }
        })?;
        if is_news {
            let mut last = (*learned).clone();
            if settled {
                // Now that all texts are known, the classifier may learn from those without a label, too.
                let fit = last.classifier.fit(&subject.lesson, &quiet)?;
                last = Learned { compared: last.compared, ..Learned::of(&subject, &fit, last.lexical, &quiet)? };
            } else {
                last.look_at_all(&subject, control)?;
            }
            let last = Arc::new(last);
            tell(last.clone());
            gained = Some(last);
        }
        Ok(gained)
    }
}

/// How far up the ladder a one-time job goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// To the best step that there is, each measured.
    Best,
    /// To this one, whatever the others would do.
    Only(Step),
}

/// All that jobs of the engine do one after the other, at once. A cancel after the first fit answers with what was reached.
pub fn learn_at_once(
    corpus: Corpus,
    aim: Aim,
    embeddings: Option<&Arc<Embeddings>>,
    version: u64,
    control: &Control,
) -> Result<Learned, FitError> {
    match (aim, embeddings) {
        (Aim::Only(Step::Probe), Some(embeddings)) => {
            let subject = Subject::of(corpus, version);
            let texts = subject.lesson.examples.iter().map(|example| &example.text).chain(subject.held_out_texts());
            embed(embeddings, texts.collect(), control, |_| {})?;
            let fit = learn::probe(embeddings).fit(&subject.lesson, control)?;
            Learned::of(&subject, &fit, learn::lexical(), control)
        }
        (Aim::Best, Some(embeddings)) => {
            let first = Arc::new(Learned::learn(corpus.clone(), None, version, control)?);
            let best = Mutex::new(first.clone());
            let tell = |learned| *best.lock().unwrap_or_else(PoisonError::into_inner) = learned;
            let embeddings = embeddings.clone();
            let climb = Climb { corpus, learned: first, embeddings, near: FxHashSet::default() };
            match climb.run(control, &tell) {
                Ok(_) | Err(FitError::Cancelled) => {}
                Err(why) => return Err(why),
            }
            let best = best.into_inner().unwrap_or_else(PoisonError::into_inner);
            Ok((*best).clone())
        }
        _ => Learned::learn(corpus, None, version, control),
    }
}

/// `done` hears after each portion whether it was the last.
fn embed(
    embeddings: &Embeddings,
    texts: Vec<&Text>,
    control: &Control,
    mut done: impl FnMut(bool),
) -> Result<(), FitError> {
    embeddings.embed(texts, control, |count, of| {
        control.progress(EMBEDDING, count as f32 / of as f32);
        done(count == of);
    })
}

/// Fits the steps that are not measured yet, and has the better one serve.
fn judge(
    subject: &Subject,
    learned: &Learned,
    embeddings: &Arc<Embeddings>,
    control: &Control,
    quiet: &Control,
) -> Result<Learned, FitError> {
    control.progress("Comparing", 0.0);
    let fitted = |step: Step| -> Result<Fit, FitError> {
        let serves = learned.classifier.step() == step;
        match &learned.held_out {
            Some(held_out) if serves => {
                Ok(Fit { classifier: learned.classifier.clone(), held_out: (**held_out).clone() })
            }
            _ if serves => learned.classifier.fit(&subject.lesson, quiet),
            _ if step == Step::Lexical => learned.lexical.fit(&subject.lesson, quiet),
            _ => learn::probe(embeddings).fit(&subject.lesson, quiet),
        }
    };
    let lexical = fitted(Step::Lexical)?;
    let probe = fitted(Step::Probe)?;
    let targets: Vec<u32> = subject.labelled().map(|(_, target)| target).collect();
    let better = if beats(&probe.held_out, &lexical.held_out, &targets) { &probe } else { &lexical };
    let mut judged = Learned::of(subject, better, lexical.classifier.clone(), quiet)?;
    judged.compared = true;
    control.progress("Comparing", 1.0);
    Ok(judged)
}

/// Whether one does better on the same rows: more of those that the two disagree about are right, by more than chance would
/// give one time in six; or, where that cannot be told, its log loss is lower.
fn beats(one: &HeldOut, other: &HeldOut, targets: &[u32]) -> bool {
    let (mut for_one, mut for_other) = (0.0f64, 0.0f64);
    for (row, &target) in targets.iter().enumerate() {
        let right = |held_out: &HeldOut| {
            let of_target = held_out.probabilities.row(row)[target as usize];
            held_out
                .probabilities
                .row(row)
                .iter()
                .enumerate()
                .all(|(label, &p)| label as u32 == target || p < of_target)
        };
        match (right(one), right(other)) {
            (true, false) => for_one += 1.0,
            (false, true) => for_other += 1.0,
            _ => {}
        }
    }
    // One standard deviation of the difference, if each such row were a coin's throw.
    match for_one - for_other {
        difference if difference.abs() > (for_one + for_other).sqrt() => difference > 0.0,
        _ => one.estimate.log_loss < other.estimate.log_loss,
    }
}

#[cfg(test)]
mod tests {
    use learn::{Estimate, Matrix};

    use super::*;

    fn held_out(values: &[f32], targets: &[u32]) -> HeldOut {
        let probabilities = Matrix { columns: 2, values: values.iter().flat_map(|p| [*p, 1.0 - *p]).collect() };
        HeldOut { folds: 2, estimate: Estimate::of(&probabilities, targets), probabilities }
    }

    #[test]
    fn more_right_rows_win_and_where_that_is_chance_the_log_loss() {
        let targets = [0; 10];
        let one = held_out(&[0.6; 10], &targets);
        let worse = held_out(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4], &targets);
        assert!(beats(&one, &worse, &targets) && !beats(&worse, &one, &targets));
        let surer = held_out(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.4], &targets);
        assert!(beats(&surer, &one, &targets), "one row is chance; the log loss tells");
        assert!(!beats(&one, &one, &targets), "what is no better takes over nothing");
    }
}
