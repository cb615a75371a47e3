//! A tagger as a step of the ladder.

use std::{
    io::{self, Write},
    ops::Range,
    sync::Arc,
};

use super::{Estimate, Example, HeldOut, Lesson, Span, Tagger, Tags};
use crate::{
    self as learn, Classifier, Control, Embeddings, FitError, Matrix, Reasons, Renames, Step, Target, Task, Text,
    classifier, lexical as of_texts,
};

#[derive(Debug)]
struct OfSpans(Arc<dyn Tagger>);

/// The step that a tagger is.
pub(crate) fn classifier(tagger: Arc<dyn Tagger>) -> Arc<dyn Classifier> {
    Arc::new(OfSpans(tagger))
}

/// What a tagger makes of a lesson of [`Task::Spans`].
pub(crate) fn fit(tagger: &dyn Tagger, lesson: &learn::Lesson, control: &Control) -> Result<classifier::Fit, FitError> {
    let fit = tagger.fit(&of_spans(lesson), control)?;
    Ok(classifier::Fit { classifier: classifier(fit.tagger), held_out: held_out(lesson, fit.held_out) })
}

/// A lesson of [`Task::Spans`].
pub(super) fn of_spans(lesson: &learn::Lesson) -> Lesson {
    let example = |example: &learn::Example| Example {
        text: example.text.clone(),
        spans: example.target.as_ref().map(|target| target.spans().into()),
    };
    let examples = lesson.examples.iter().map(example).collect();
    Lesson { labels: lesson.labels.clone(), examples, seed: lesson.seed }
}

/// As any step has it.
pub(super) fn held_out(lesson: &learn::Lesson, spans: HeldOut) -> classifier::HeldOut {
    let targets: Vec<&Target> = lesson.examples.iter().filter_map(|example| example.target.as_ref()).collect();
    let loss = |&row: &u32| log_loss(&spans.tags[row as usize], targets[row as usize].spans());
    let log_loss = spans.judged.iter().map(loss).sum::<f64>() / spans.judged.len().max(1) as f64;
    classifier::HeldOut {
        folds: spans.folds,
        judged: spans.judged.clone(),
        estimate: in_general(&spans.estimate, log_loss),
        probabilities: Matrix::default(),
        doubting: None,
        spans: Some(spans),
    }
}

/// How well answers meet the spans of rows that were not learned from.
pub fn estimate(answers: &[Arc<[Span]>], tags: &[Tags], labels: usize) -> learn::Estimate {
    let losses = answers.iter().zip(tags).map(|(answer, tags)| log_loss(tags, answer));
    let log_loss = losses.sum::<f64>() / answers.len().max(1) as f64;
    in_general(&Estimate::of(answers, tags, labels), log_loss)
}

fn in_general(estimate: &Estimate, log_loss: f64) -> learn::Estimate {
    learn::Estimate {
        rows: estimate.rows,
        accuracy: estimate.exact,
        low: estimate.low,
        high: estimate.high,
        macro_f1: estimate.macro_f1,
        micro_f1: estimate.f1,
        ece: estimate.ece,
        log_loss,
    }
}

/// Of the answer to a text as a whole, in nats.
fn log_loss(tags: &Tags, answer: &[Span]) -> f64 {
    let mut answer = answer.to_vec();
    answer.sort_unstable();
    let is_right = tags.spans.iter().map(|tagged| tagged.span).eq(answer);
    let sure = f64::from(if is_right { tags.certainty } else { 1.0 - tags.certainty });
    -sure.max(1e-9).ln()
}

impl Classifier for OfSpans {
    fn step(&self) -> Step {
        self.0.step()
    }

    fn labels(&self) -> &[Arc<str>] {
        self.0.labels()
    }

    fn task(&self) -> Task {
        Task::Spans
    }

    fn fit(&self, lesson: &learn::Lesson, control: &Control) -> Result<classifier::Fit, FitError> {
        match lesson.task {
            Task::Spans => fit(&*self.0, lesson, control),
            // The data set has become another.
            Task::Single | Task::Multi => of_texts().fit(lesson, control),
        }
    }

    fn renamed(&self, names: &Renames) -> Arc<dyn Classifier> {
        classifier(self.0.renamed(names))
    }

    /// Nothing is said of a text as a whole.
    fn predict(&self, _texts: &[Text]) -> Matrix {
        Matrix::default()
    }

    fn thresholds(&self) -> Option<&[f32]> {
        None
    }

    fn tag(&self, texts: &[Text]) -> Vec<Tags> {
        self.0.predict(texts)
    }

    fn rank(&self, text: &Text, part: Range<usize>) -> Vec<(u32, f32)> {
        self.0.rank(text, part)
    }

    fn reasons_of_part(&self, text: &Text, part: Range<usize>, label: u32, control: &Control) -> Option<Reasons> {
        self.0.reasons(text, part, label, control)
    }

    fn at_hand(&self, text: &Text) -> bool {
        self.0.at_hand(text)
    }

    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        self.0.embeddings()
    }

    fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.save(to)
    }
}
