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

use catalogue::phrase;
use rustc_hash::FxHashMap;

use crate::{
    Classifier, Control, Embeddings, Encode, Fit, FitError, HeldOut, Lesson, Matrix, Renames, Step, Task, Text,
    bytes::{self, Body, Bytes, damaged},
    calibration::Link,
    classifier::Trained,
    export::Head,
    lesson::Labelled,
    probe::Probe,
    reasons::Reasons,
    spans,
    tuning::{
        Bench, Plan,
        course::{Course, Outcome},
        matter::Matter,
        signature::{differs, renamed, signature},
        texts::Texts,
    },
};

const MAGIC: &[u8; 8] = b"glosstun";
/// To be raised whenever this format changes its meaning.
const VERSION: u32 = 3;
/// A held-out probability is taken to be no lower, as a score.
const LEAST: f32 = 1e-6;
/// Labelled rows of two classes that ask for a temperature of 2.
const FEW: f64 = 38.0;

pub(crate) struct Tuned {
    below: Arc<dyn Classifier>,
    embeddings: Arc<Embeddings>,
    probe: Arc<dyn Classifier>,
    /// From the probe's probabilities, as scores, to others.
    link: Link,
    judged: Arc<Judged>,
}

/// What encoders said of rows that they had not seen, at the last training.
#[derive(Default)]
struct Judged {
    /// How many encoders did.
    folds: usize,
    labels: Vec<Arc<str>>,
    /// Probabilities as scores ([`score`]), by the text's key.
    scores: FxHashMap<u64, Box<[f32]>>,
}

/// The rows of a training as [`is_due`] knows them, after labels of the lesson got other names.
pub fn renamed_rows(rows: &[u64], names: &Renames, lesson: &Lesson) -> Vec<u64> {
    renamed(rows, names, lesson)
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
    match lesson.task {
        Task::Spans => train::<spans::Parts>(embeddings, lesson, plan, bench, control, |outcome| {
            spans::tuned(outcome, below, lesson, control)
        }),
        Task::Single | Task::Multi => {
            train::<Texts>(embeddings, lesson, plan, bench, control, |outcome| learn(outcome, below, lesson, control))
        }
    }
}

/// `learn` makes a classifier of what was trained.
fn train<M: Matter>(
    embeddings: &Arc<Embeddings>,
    lesson: &Lesson,
    plan: Plan,
    bench: &Bench,
    control: &Control,
    learn: impl FnOnce(Outcome<M::Said>) -> Result<Fit, FitError>,
) -> Result<Option<FineTuned>, FitError> {
    let waiting = bench.take::<M>().filter(|course| course.suits(embeddings, lesson, plan));
    let course = waiting.or_else(|| Some(Box::new(Course::<M>::new(embeddings, lesson, plan)?)));
    let Some(mut course) = course else { return Ok(None) };
    let result = course.go_on(control).and_then(learn);
    let rows = course.signature();
    // Also when it has ended: what is done with its result may be stopped, too.
    if matches!(result, Ok(_) | Err(FitError::Cancelled)) {
        bench.leave(course);
    }
    Ok(Some(FineTuned { fit: result?, rows }))
}

/// From a trained encoder to a classifier.
fn learn(outcome: Outcome<Box<[f32]>>, below: &Fit, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
    let quiet = control.quiet();
    let labelled = outcome.keys.iter().zip(&outcome.held_out);
    let scores: FxHashMap<u64, Box<[f32]>> = labelled
        .filter_map(|(&key, row)| {
            let mut scores = row.clone()?;
            score(&mut scores, lesson.task, LEAST);
            Some((key, scores))
        })
        .collect();
    let judged = Arc::new(Judged { folds: outcome.folds, labels: lesson.labels.clone(), scores });
    let some = outcome.probed(lesson);
    let probe = Probe::of_vectors(&outcome.embeddings).fit(&some, &quiet)?.classifier;
    let tuned =
        Tuned { below: below.classifier.clone(), embeddings: outcome.embeddings, probe, link: Link::default(), judged };
    tuned.judge(lesson, &below.held_out)
}

/// Probabilities, no less than `least`, to what a link makes them of again: logarithms, or, of labels that do not exclude each other,
/// those of odds.
fn score(probabilities: &mut [f32], task: Task, least: f32) {
    for p in probabilities {
        *p = match task {
            Task::Single => p.max(least).ln(),
            Task::Multi | Task::Spans => p.max(least).ln() - (1.0 - *p).max(least).ln(),
        };
    }
}

/// The temperature that a probe needs whose encoder has seen the labels that it learns from: it takes the rows for further apart
/// than others are, the more so the fewer rows there are, and between two classes more than among many. The form and its two numbers are
/// from 3 seeds each of trec, agnews and sst2 with 8, 16 and 64 labels a class.
fn expected(labelled: &Labelled) -> f64 {
    // Each label of a set is told from one other class: all else.
    let classes = if labelled.targets.are_sets() { 2 } else { labelled.active.len() };
    1.0 + (FEW / labelled.targets.len().max(1) as f64).powf(0.75) / (classes.max(2) - 1) as f64
}

/// Labels that become one are as probable as both together; of several labels a text, as the likelier.
fn merge(into: &mut f32, score: f32, task: Task) {
    *into = match task {
        Task::Single => {
            let most = into.max(score);
            most + ((*into - most).exp() + (score - most).exp()).ln()
        }
        Task::Multi | Task::Spans => into.max(score),
    };
}

impl Judged {
    /// Places of judged rows among all labelled rows, and their scores in the lesson's order; none where labels are others now.
    fn rows(&self, lesson: &Lesson, labelled: &Labelled) -> (Vec<u32>, Vec<Box<[f32]>>) {
        let column = |label| self.labels.iter().position(|known| known == label);
        let columns: Option<Vec<usize>> = lesson.labels.iter().map(column).collect();
        let Some(columns) = columns.filter(|columns| columns.len() == self.labels.len()) else {
            return (Vec::new(), Vec::new());
        };
        let keys = (0..).zip(&labelled.examples).map(|(place, example)| (place, example.text.key));
        let row = |(place, key)| {
            let scores = self.scores.get(&key)?;
            Some((place, columns.iter().map(|&column| scores[column]).collect()))
        };
        keys.filter_map(row).unzip()
    }

    fn renamed(&self, names: &Renames, task: Task) -> Judged {
        let mut labels: Vec<Arc<str>> = Vec::with_capacity(self.labels.len());
        let column = |label: &Arc<str>| {
            let name = names.name(label);
            labels.iter().position(|known| *known == name).unwrap_or_else(|| {
                labels.push(name);
                labels.len() - 1
            })
        };
        let columns: Vec<usize> = self.labels.iter().map(column).collect();
        let row = |key: u64, scores: &[f32]| {
            let mut merged: Vec<Option<f32>> = vec![None; labels.len()];
            for (&column, &score) in columns.iter().zip(scores) {
                match &mut merged[column] {
                    Some(into) => merge(into, score, task),
                    none => *none = Some(score),
                }
            }
            (key, merged.into_iter().flatten().collect())
        };
        let scores = self.scores.iter().map(|(&key, scores)| row(key, scores)).collect();
        Judged { folds: self.folds, scores, labels }
    }

    /// What the judged rows ask for, and where they are few, what is to be expected.
    fn link(&self, lesson: &Lesson, labelled: &Labelled) -> Link {
        let (places, scores) = self.rows(lesson, labelled);
        let number = lesson.labels.len();
        let scores = Matrix { columns: number, values: scores.concat() };
        let labels: Vec<u32> = (0..number as u32).collect();
        let rows: Vec<u32> = (0..places.len() as u32).collect();
        let targets = labelled.labels.of_rows(&places);
        Link::fit_near(expected(labelled), &scores, &targets, &labels, (&labelled.labels, number), &rows)
    }

    /// `below`, but for the judged rows; the estimate is of those alone, if there are some.
    fn held_out(&self, lesson: &Lesson, labelled: &Labelled, below: &HeldOut, link: &Link) -> HeldOut {
        let mut held_out = below.clone();
        let columns = lesson.labels.len();
        let labels: Vec<u32> = (0..columns as u32).collect();
        let (judged, scores) = self.rows(lesson, labelled);
        for (&place, mut scores) in judged.iter().zip(scores) {
            let row = &mut held_out.probabilities.values[place as usize * columns..][..columns];
            link.spread(&mut scores, &labels, row);
        }
        if !judged.is_empty() {
            held_out.estimate = link.estimate(&held_out.probabilities, &labelled.labels, &judged);
            (held_out.folds, held_out.judged) = (self.folds, judged);
            held_out.doubting = None;
        }
        held_out
    }
}

impl Tuned {
    /// Once its probes have learned the lesson: how sure it may be, and what is held out.
    fn judge(mut self, lesson: &Lesson, below: &HeldOut) -> Result<Fit, FitError> {
        let labelled = Labelled::of(lesson)?;
        self.link = self.judged.link(lesson, &labelled);
        let held_out = self.judged.held_out(lesson, &labelled, below, &self.link);
        Ok(Fit { classifier: Arc::new(self), held_out })
    }

    fn task(&self) -> Task {
        if self.link.thresholds().is_some() { Task::Multi } else { Task::Single }
    }

    pub(crate) fn load(from: &mut dyn Read, base: &Arc<Embeddings>, trained: Trained<'_>) -> io::Result<Tuned> {
        let body = bytes::read(MAGIC, VERSION, "a fine-tuned classifier", from)?;
        let mut body = Bytes::new(&body);
        let unfit = || damaged("its parts do not fit together");
        let &[id, folds] = &body.array(u64::from_le_bytes)?[..] else { return Err(unfit()) };
        let link = Link::read(&mut body)?;
        let encoder = base.encoder().trainable().ok_or_else(|| damaged("its encoder cannot be trained"))?;
        let encoder = encoder.read_tuned(&mut trained(id)?)?;
        if encoder.id() != id {
            return Err(unfit());
        }
        let embeddings = Arc::new(base.of_encoder(encoder));
        let below = Probe::load(&mut &body.array(|[byte]| byte)?[..], base)?;
        let probe = Probe::load(&mut &body.array(|[byte]| byte)?[..], &embeddings)?;
        let labels = body.names()?;
        let keys = body.array(u64::from_le_bytes)?;
        let scores = body.floats()?;
        let tasks = [probe.thresholds(), below.thresholds()].map(|thresholds| thresholds.is_some());
        let fits = link.is_sound(probe.labels().len()) && tasks == [link.thresholds().is_some(); 2];
        if !fits || !body.is_empty() || keys.len().checked_mul(labels.len()) != Some(scores.len()) {
            return Err(unfit());
        }
        let scores = keys.into_iter().zip(scores.chunks_exact(labels.len().max(1)).map(Into::into)).collect();
        Ok(Tuned {
            below: Arc::new(below),
            embeddings,
            probe: Arc::new(probe),
            link,
            judged: Arc::new(Judged { folds: folds as usize, labels, scores }),
        })
    }
}

impl fmt::Debug for Tuned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuned")
            .field("probe", &self.probe)
            .field("link", &self.link)
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
        if lesson.task == Task::Spans {
            // The data set has become another.
            return self.below.fit(lesson, control);
        }
        let quiet = control.quiet();
        control.progress(phrase!("stage-fitting"), 0.0);
        let below = self.below.fit(lesson, &quiet)?;
        control.progress(phrase!("stage-fitting"), 0.5);
        let probe = self.probe.fit(lesson, &quiet)?.classifier;
        let tuned = Tuned {
            below: below.classifier,
            embeddings: self.embeddings.clone(),
            probe,
            link: self.link.clone(),
            judged: self.judged.clone(),
        };
        control.progress(phrase!("stage-fitting"), 1.0);
        tuned.judge(lesson, &below.held_out)
    }

    fn renamed(&self, names: &Renames) -> Arc<dyn Classifier> {
        Arc::new(Tuned {
            below: self.below.renamed(names),
            embeddings: self.embeddings.clone(),
            probe: self.probe.renamed(names),
            link: self.link.clone(),
            judged: Arc::new(self.judged.renamed(names, self.task())),
        })
    }

    /// Embeds what is not at hand.
    fn predict(&self, texts: &[Text]) -> Matrix {
        let mut probabilities = self.probe.predict(texts);
        if probabilities.columns > 0 {
            let labels: Vec<u32> = (0..probabilities.columns as u32).collect();
            for row in probabilities.values.chunks_exact_mut(probabilities.columns) {
                let mut scores = row.to_vec();
                score(&mut scores, self.task(), 0.0);
                self.link.spread(&mut scores, &labels, row);
            }
        }
        probabilities
    }

    fn thresholds(&self) -> Option<&[f32]> {
        self.link.thresholds()
    }

    fn reasons(&self, text: &Text, label: u32, control: &Control) -> Option<Reasons> {
        Some(self.probe.reasons(text, label, control)?.scaled(self.link.steepness(label)))
    }

    fn get_ready(&self, texts: &[Text], control: &Control) {
        self.probe.get_ready(texts, control);
    }

    fn at_hand(&self, text: &Text) -> bool {
        self.probe.at_hand(text)
    }

    /// A softmax at one temperature, then one of its logarithms at another, is a softmax at their product.
    fn parts(&self) -> Option<(Arc<dyn Encode>, Head)> {
        let Link::Softmax(temperature) = self.link else { return None };
        let (encoder, head) = self.probe.parts()?;
        Some((encoder, Head { temperature: head.temperature * temperature, ..head }))
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
        self.link.write(&mut body);
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
