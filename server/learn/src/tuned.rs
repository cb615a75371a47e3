//! The fine-tuned classifier: an encoder that was trained on the labels ([`crate::tuning`]), and a probe on its vectors.
//!
//! Training takes long and happens now and then ([`fine_tune`]); a save is answered by the probe alone, which learns from the new
//! labels in moments ([`Classifier::fit`]).
//!
//! What must stay true: the encoder has seen the labels that the probe is cross-validated on, so nothing is believed of that;
//! rows are judged by what encoders said that had not seen them, or else by the classifier below, on the pretrained encoder.

use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    Classifier, Control, Embeddings, Encode, Estimate, Example, Fit, FitError, HeldOut, Lesson, Matrix, Step, Text,
    bytes::{self, Body, Bytes, damaged},
    classifier::Trained,
    export::Head,
    probe::Probe,
    temperature,
    tuning::{
        Bench, Plan,
        course::{Course, Outcome},
        signature::{differs, signature},
    },
};

const MAGIC: &[u8; 8] = b"glosstun";
/// To be raised whenever this format changes its meaning.
const VERSION: u32 = 2;
/// A held-out probability is taken to be no lower, as a score.
const LEAST: f32 = 1e-6;
/// Labelled rows of two classes that ask for a temperature of 2.
const FEW: f64 = 38.0;

pub(crate) struct Tuned {
    below: Arc<dyn Classifier>,
    embeddings: Arc<Embeddings>,
    probe: Arc<dyn Classifier>,
    /// Of the probe's probabilities.
    temperature: f32,
    judged: Arc<Judged>,
}

/// What encoders said of rows that they had not seen, at the last training.
#[derive(Default)]
struct Judged {
    /// How many encoders did.
    folds: usize,
    labels: Vec<Arc<str>>,
    /// Logarithms of probabilities, by the text's key.
    scores: FxHashMap<u64, Box<[f32]>>,
}

/// What came of a training.
pub struct FineTuned {
    pub fit: Fit,
    /// The rows that were learned from, for [`is_due`].
    pub rows: Vec<u64>,
}

/// Whether so much has changed since a training on `rows` that another one may pay: more than one labelled row in ten.
pub fn is_due(rows: &[u64], lesson: &Lesson) -> bool {
    differs(rows, &signature(lesson))
}

/// Trains the encoder of `embeddings`, or goes on with the training on the bench if that is about nearly the same rows. `below` is the
/// fit of the classifier on the encoder as it was. `None`: this encoder cannot be trained, or rows are too few. What was
/// stopped, or has ended, waits on the bench.
pub fn fine_tune(
    embeddings: &Arc<Embeddings>,
    below: &Fit,
    lesson: &Lesson,
    plan: Plan,
    bench: &Bench,
    control: &Control,
) -> Result<Option<FineTuned>, FitError> {
    let waiting = bench.take().filter(|course| course.suits(embeddings, lesson, plan));
    let Some(mut course) = waiting.or_else(|| Course::new(embeddings, lesson, plan)) else { return Ok(None) };
    let result = course.go_on(control).and_then(|outcome| learn(outcome, below, lesson, control));
    let rows = course.signature();
    // Also when it has ended: what is done with its result may be stopped, too.
    if matches!(result, Ok(_) | Err(FitError::Cancelled)) {
        bench.leave(course);
    }
    Ok(Some(FineTuned { fit: result?, rows }))
}

/// From a trained encoder to a classifier.
fn learn(outcome: Outcome, below: &Fit, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
    let quiet = control.quiet();
    let labelled = outcome.keys.iter().zip(&outcome.held_out);
    let scores: FxHashMap<u64, Box<[f32]>> = labelled
        .filter_map(|(&key, row)| Some((key, row.as_ref()?.iter().map(|p| p.max(LEAST).ln()).collect())))
        .collect();
    let judged = Arc::new(Judged { folds: outcome.folds, labels: lesson.labels.clone(), scores });
    let known: FxHashSet<u64> = outcome.probed.iter().map(|&row| outcome.keys[row]).collect();
    let is_known = |example: &&Example| example.target.is_none() || known.contains(&example.text.key);
    let some = Lesson {
        examples: lesson.examples.iter().filter(is_known).cloned().collect(),
        task: lesson.task,
        labels: lesson.labels.clone(),
        seed: lesson.seed,
    };
    let probe = Probe::of_vectors(&outcome.embeddings).fit(&some, &quiet)?.classifier;
    let tuned =
        Tuned { below: below.classifier.clone(), embeddings: outcome.embeddings, probe, temperature: 1.0, judged };
    Ok(tuned.judge(lesson, &below.held_out))
}

/// The temperature that a probe needs whose encoder has seen the labels that it learns from: it takes the rows for further apart
/// than others are, the more so the fewer rows there are, and between two classes more than among many. The form and its two numbers are
/// from 3 seeds each of trec, agnews and sst2 with 8, 16 and 64 labels a class.
fn expected(lesson: &Lesson) -> f64 {
    let targets: Vec<u32> = ones(lesson).map(|(_, target)| target).collect();
    let classes = targets.iter().collect::<FxHashSet<_>>().len().max(2);
    1.0 + (FEW / targets.len().max(1) as f64).powf(0.75) / (classes - 1) as f64
}

/// Keys of rows that have one label, with that label.
fn ones(lesson: &Lesson) -> impl Iterator<Item = (u64, u32)> {
    lesson.examples.iter().filter_map(|example| Some((example.text.key, example.target.as_ref()?.one()?)))
}

impl Judged {
    /// Judged rows of a lesson, with their labels and their places among all labelled rows; none where labels are others now.
    fn rows<'a>(&'a self, lesson: &'a Lesson) -> Vec<(usize, u32, &'a [f32])> {
        if self.labels != lesson.labels {
            return Vec::new();
        }
        let judged = ones(lesson)
            .enumerate()
            .filter_map(|(place, (key, target))| self.scores.get(&key).map(|scores| (place, target, &**scores)));
        judged.collect()
    }

    /// What the judged rows ask for, and where they are few, what is to be expected.
    fn temperature(&self, lesson: &Lesson) -> f32 {
        let rows = self.rows(lesson);
        let values = rows.iter().flat_map(|(_, _, scores)| scores.iter().copied()).collect();
        let targets: Vec<u32> = rows.iter().map(|(_, target, _)| *target).collect();
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let scores = Matrix { columns: lesson.labels.len(), values };
        temperature::fit_near(expected(lesson), &scores, &targets, &all)
    }

    /// `below`, but for the judged rows; the estimate is of those alone, if there are some.
    fn held_out(&self, lesson: &Lesson, below: &HeldOut, temperature: f32) -> HeldOut {
        let mut held_out = below.clone();
        let columns = lesson.labels.len();
        let (mut values, mut targets, mut judged) = (Vec::new(), Vec::new(), Vec::new());
        for (place, target, scores) in self.rows(lesson) {
            let row = &mut held_out.probabilities.values[place * columns..][..columns];
            row.copy_from_slice(scores);
            temperature::soften(row, temperature);
            values.extend_from_slice(row);
            targets.push(target);
            judged.push(place as u32);
        }
        if !targets.is_empty() {
            (held_out.folds, held_out.judged) = (self.folds, judged);
            held_out.estimate = Estimate::of(&Matrix { columns, values }, &targets);
        }
        held_out
    }
}

impl Tuned {
    /// Once its probes have learned the lesson: how sure it may be, and what is held out.
    fn judge(mut self, lesson: &Lesson, below: &HeldOut) -> Fit {
        self.temperature = self.judged.temperature(lesson);
        let held_out = self.judged.held_out(lesson, below, self.temperature);
        Fit { classifier: Arc::new(self), held_out }
    }

    pub(crate) fn load(from: &mut dyn Read, base: &Arc<Embeddings>, trained: Trained<'_>) -> io::Result<Tuned> {
        let body = bytes::read(MAGIC, VERSION, "a fine-tuned classifier", from)?;
        let mut body = Bytes::new(&body);
        let unfit = || damaged("its parts do not fit together");
        let (&[id, folds], &[temperature]) = (&body.array(u64::from_le_bytes)?[..], &body.floats()?[..]) else {
            return Err(unfit());
        };
        let encoder = base.encoder().trainable().ok_or_else(|| damaged("its encoder cannot be trained"))?;
        let encoder = encoder.read_tuned(&mut trained(id)?)?;
        if encoder.id() != id || !(temperature > 0.0 && temperature.is_finite()) {
            return Err(unfit());
        }
        let embeddings = Arc::new(base.of_encoder(encoder));
        let below = Probe::load(&mut &body.array(|[byte]| byte)?[..], base)?;
        let probe = Probe::load(&mut &body.array(|[byte]| byte)?[..], &embeddings)?;
        let labels = body.names()?;
        let keys = body.array(u64::from_le_bytes)?;
        let scores = body.floats()?;
        if !body.is_empty() || keys.len().checked_mul(labels.len()) != Some(scores.len()) {
            return Err(unfit());
        }
        let scores = keys.into_iter().zip(scores.chunks_exact(labels.len().max(1)).map(Into::into)).collect();
        Ok(Tuned {
            below: Arc::new(below),
            embeddings,
            probe: Arc::new(probe),
            temperature,
            judged: Arc::new(Judged { folds: folds as usize, labels, scores }),
        })
    }
}

impl fmt::Debug for Tuned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuned")
            .field("probe", &self.probe)
            .field("temperature", &self.temperature)
            .field("judged", &self.judged.scores.len())
            .finish_non_exhaustive()
    }
}

impl Classifier for Tuned {
    fn step(&self) -> Step {
        Step::FineTuned
    }

    fn labels(&self) -> &[Arc<str>] {
        self.probe.labels()
    }

    /// The probes learn; the encoder stays as it is.
    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
        let quiet = control.quiet();
        control.progress("Fitting", 0.0);
        let below = self.below.fit(lesson, &quiet)?;
        control.progress("Fitting", 0.5);
        let probe = self.probe.fit(lesson, &quiet)?.classifier;
        let tuned = Tuned {
            below: below.classifier,
            embeddings: self.embeddings.clone(),
            probe,
            temperature: self.temperature,
            judged: self.judged.clone(),
        };
        control.progress("Fitting", 1.0);
        Ok(tuned.judge(lesson, &below.held_out))
    }

    /// Embeds what is not at hand.
    fn predict(&self, texts: &[Text]) -> Matrix {
        let mut probabilities = self.probe.predict(texts);
        if probabilities.columns > 0 {
            for row in probabilities.values.chunks_exact_mut(probabilities.columns) {
                row.iter_mut().for_each(|p| *p = p.ln());
                temperature::soften(row, self.temperature);
            }
        }
        probabilities
    }

    fn thresholds(&self) -> Option<&[f32]> {
        None
    }

    fn get_ready(&self, texts: &[Text], control: &Control) {
        self.probe.get_ready(texts, control);
    }

    fn at_hand(&self, text: &Text) -> bool {
        self.probe.at_hand(text)
    }

    /// A softmax at one temperature, then one of its logarithms at another, is a softmax at their product.
    fn parts(&self) -> Option<(Arc<dyn Encode>, Head)> {
        let (encoder, head) = self.probe.parts()?;
        Some((encoder, Head { temperature: head.temperature * self.temperature, ..head }))
    }

    fn below(&self) -> Option<&Arc<dyn Classifier>> {
        Some(&self.below)
    }

    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        Some(&self.embeddings)
    }

    fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut body = Body::default();
        body.array(&[self.embeddings.encoder().id(), self.judged.folds as u64], u64::to_le_bytes);
        body.floats(&[self.temperature]);
        for classifier in [&self.below, &self.probe] {
            let mut bytes = Vec::new();
            classifier.save(&mut bytes)?;
            body.array(&bytes, |byte| [byte]);
        }
        body.names(&self.judged.labels);
        let mut rows: Vec<(&u64, &Box<[f32]>)> = self.judged.scores.iter().collect();
        rows.sort_unstable_by_key(|(key, _)| **key);
        body.array(&rows, |(key, _)| key.to_le_bytes());
        body.floats(&rows.iter().flat_map(|(_, scores)| scores.iter().copied()).collect::<Vec<_>>());
        body.write(MAGIC, VERSION, to)
    }
}
