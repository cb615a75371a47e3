//! One fit of an encoder, from labelled rows to a trained encoder and what it is worth.
//!
//! With few rows, several encoders are trained, each without one fold of the rows, by which it is judged, and then one on all
//! rows, which serves. With many, one is trained without a part of them, judged by it, and serves.
//!
//! What must stay true: a stop loses at most the step, or the judgement, that was going on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Plan, recipe::Recipe, sampler::Sampler, trainer::Loss};
use crate::{
    Classifier, Control, Embeddings, Encoder, Epoch, Estimate, FitError, Lesson, Matrix, Text,
    backend::Training as Steps, folds, lesson::Labelled, probe::Probe,
};

/// Folds of the rows, and rows of a fold at most; folds that are judged at most.
const PARTS: usize = 4;
const MOST: usize = 500;
const JUDGED: usize = 3;
/// Fewer steps teach nothing.
const FEWEST: usize = 12;
/// Steps after which it is known how long they take.
const TRIAL: usize = 2;
/// Share of the time left that steps may take; the rest goes to judging and embedding.
const TRAINING: f32 = 0.7;
/// Of a training, at most.
const REPORTS: usize = 8;
/// Held-out rows that can tell a better moment of a training from a worse one, and tokens that are embedded for it at most.
const ENOUGH: usize = 50;
const GLANCE: usize = 4096;
/// Cosines are multiplied by this before they become probabilities, in reports.
const SHARPNESS: f32 = 15.0;
const STAGE: &str = "Fine-tuning";

pub(crate) struct Course {
    base: Arc<Embeddings>,
    encoder: Encoder,
    plan: Plan,
    /// Labelled rows only.
    lesson: Lesson,
    sequences: Arc<[Box<[u32]>]>,
    /// By class that has rows.
    targets: Arc<[u32]>,
    classes: usize,
    fold_of: Vec<u32>,
    recipe: Recipe,
    /// Folds to be judged, and those that were.
    folds: usize,
    judged: usize,
    timed: bool,
    spent: Duration,
    training: Option<Training>,
    /// What was said of each judged row by an encoder that had not seen it.
    held_out: Vec<Option<Box<[f32]>>>,
    served: Option<Arc<Embeddings>>,
}

struct Training {
    trainer: Box<dyn Steps>,
    sampler: Sampler,
    /// Of the lesson.
    rows: Vec<usize>,
    held_out: Vec<usize>,
    /// Of the step that is under way, or was stopped.
    batch: Vec<usize>,
    step: usize,
    /// Since the last report.
    loss: f32,
    since: Instant,
    steps: usize,
    /// Log loss and parameters of the best moment so far.
    best: Option<(f64, Encoder)>,
}

/// What a course comes to.
pub(crate) struct Outcome {
    pub(crate) embeddings: Arc<Embeddings>,
    /// Of the texts of the labelled rows.
    pub(crate) keys: Vec<u64>,
    /// Probabilities, over the lesson's labels, of those that were held out.
    pub(crate) held_out: Vec<Option<Box<[f32]>>>,
}

impl Course {
    /// `None`: the encoder cannot be trained, or rows are too few.
    pub(crate) fn new(base: &Arc<Embeddings>, lesson: &Lesson, plan: Plan) -> Option<Course> {
        let encoder = base.encoder().trainable()?.clone();
        let Labelled { examples, active, targets, .. } = Labelled::of(lesson).ok()?;
        if examples.len() < 3 * JUDGED {
            return None;
        }
        let keys: Vec<u64> = examples.iter().map(|example| example.text.key).collect();
        let number = PARTS.max(folds::distinct(&keys).div_ceil(MOST));
        let fold_of = folds::assign(&keys, &targets, number, lesson.seed);
        let bodies: Vec<&str> = examples.iter().map(|example| &*example.text.body).collect();
        let sequences = encoder.tokenize(&bodies);
        let tokens: usize = sequences.iter().map(|sequence| sequence.len()).sum();
        let mean = tokens as f32 / sequences.len() as f32;
        let recipe = Recipe::new(&plan, encoder.layout().layers.len(), examples.len(), active.len(), mean);
        Some(Course {
            base: base.clone(),
            encoder,
            plan,
            classes: active.len(),
            held_out: vec![None; examples.len()],
            lesson: Lesson {
                examples: examples.into_iter().cloned().collect(),
                labels: lesson.labels.clone(),
                seed: lesson.seed,
            },
            sequences: sequences.into(),
            targets: targets.into(),
            fold_of,
            folds: if recipe.once { 1 } else { JUDGED },
            recipe,
            judged: 0,
            timed: false,
            spent: Duration::ZERO,
            training: None,
            served: None,
        })
    }

    /// Whether it is about these rows, or nearly: no more than one in ten is new, gone or has another label.
    pub(crate) fn suits(&self, base: &Arc<Embeddings>, lesson: &Lesson, plan: Plan) -> bool {
        self.lesson.labels == lesson.labels
            && self.plan == plan
            && self.base.encoder().id() == base.encoder().id()
            && !differs(&self.signature(), &signature(lesson))
    }

    /// The rows that it learns from.
    pub(crate) fn signature(&self) -> Vec<u64> {
        signature(&self.lesson)
    }

    fn trainings(&self) -> usize {
        self.folds + usize::from(!self.recipe.once)
    }

    /// Trains until the end, or until it is stopped.
    pub(crate) fn go_on(&mut self, control: &Control) -> Result<Outcome, FitError> {
        loop {
            if let Some(embeddings) = &self.served {
                control.progress(STAGE, 1.0);
                let keys = self.lesson.examples.iter().map(|example| example.text.key).collect();
                return Ok(Outcome { embeddings: embeddings.clone(), keys, held_out: self.held_out.clone() });
            }
            let mut training = match self.training.take() {
                Some(training) => training,
                None => self.start((self.judged < self.folds).then_some(self.judged as u32), control)?,
            };
            training.since = Instant::now();
            if let Err(why) = self.end(&mut training, control) {
                self.training = Some(training);
                return Err(why);
            }
        }
    }

    /// Brings a training to its end: its encoder is judged, or serves, or both.
    fn end(&mut self, training: &mut Training, control: &Control) -> Result<(), FitError> {
        let encoder = self.train(training, control)?;
        let last = self.judged == self.folds;
        let serves = last || self.recipe.once;
        let embeddings = Arc::new(match serves {
            true => self.base.of_encoder(encoder),
            false => Embeddings::new(Arc::new(encoder), None),
        });
        if !last {
            self.judge(training, &embeddings, control)?;
            self.judged += 1;
        }
        self.served = serves.then_some(embeddings);
        Ok(())
    }

    /// Without the rows of a fold; with all of them.
    fn start(&self, fold: Option<u32>, control: &Control) -> Result<Training, FitError> {
        let (held_out, rows): (Vec<usize>, Vec<usize>) =
            (0..self.fold_of.len()).partition(|&row| Some(self.fold_of[row]) == fold);
        let targets: Vec<u32> = rows.iter().map(|&row| self.targets[row]).collect();
        let (sequences, all) = (self.sequences.clone(), self.targets.clone());
        let (encoder, seed) = (&self.encoder, self.lesson.seed);
        let mut trainer = encoder.backend().training(encoder, &self.recipe, sequences, all, self.classes, seed)?;
        trainer.keep_states(control)?;
        let sampler = Sampler::new(&targets, self.classes, self.lesson.seed);
        let since = Instant::now();
        Ok(Training {
            trainer,
            sampler,
            rows,
            held_out,
            batch: Vec::new(),
            step: 0,
            loss: 0.0,
            since,
            steps: 0,
            best: None,
        })
    }

    fn train(&mut self, training: &mut Training, control: &Control) -> Result<Encoder, FitError> {
        while training.step < self.recipe.steps {
            let started = Instant::now();
            if training.batch.is_empty() {
                let batch = match self.recipe.loss {
                    Loss::Pairs => training.sampler.balanced(self.recipe.batch),
                    Loss::Classes { .. } => training.sampler.next(self.recipe.batch),
                };
                training.batch = batch.into_iter().map(|place| training.rows[place]).collect();
            }
            let rate = self.recipe.rate_of(training.step);
            training.loss += training.trainer.step(&training.batch, self.recipe.loss, rate, control)?;
            training.batch.clear();
            training.step += 1;
            training.steps += 1;
            self.spent += started.elapsed();
            if !self.timed && training.step == TRIAL {
                self.timed = true;
                self.fit_in(self.spent / TRIAL as u32)?;
            }
            let done = self.judged as f32 + training.step as f32 / self.recipe.steps as f32;
            control.progress(STAGE, done / self.trainings() as f32);
            let pause = self.recipe.steps.div_ceil(REPORTS);
            if training.step.is_multiple_of(pause) || training.step == self.recipe.steps {
                self.report(training, control)?;
            }
        }
        let best = training.best.take().map(|(_, encoder)| encoder);
        best.map_or_else(|| training.trainer.encoder(), Ok)
    }

    /// Takes fewer trainings, then fewer steps, where the budget asks for it.
    fn fit_in(&mut self, of_a_step: Duration) -> Result<(), FitError> {
        if self.plan.epochs.is_some() {
            return Ok(());
        }
        let left = self.plan.until.map(|until| until.saturating_duration_since(Instant::now()).mul_f32(TRAINING));
        let budget = self.plan.budget.min(left.unwrap_or(Duration::MAX));
        let affordable = (budget.as_secs_f64() / of_a_step.as_secs_f64().max(1e-6)) as usize;
        while self.folds > 1 && affordable < self.trainings() * self.recipe.steps {
            self.folds -= 1;
        }
        self.recipe.steps = self.recipe.steps.min(affordable / self.trainings());
        match self.recipe.steps {
            FEWEST.. => Ok(()),
            _ => Err(FitError::TooLittle(
                "There is too little time to train the encoder: raise `budget` under [train].".into(),
            )),
        }
    }

    /// Tells how the training goes, and keeps its best moment.
    fn report(&self, training: &mut Training, control: &Control) -> Result<(), FitError> {
        let enough = training.held_out.len() >= ENOUGH;
        let encoder = enough.then(|| training.trainer.encoder()).transpose()?;
        let held_out = encoder.as_ref().map(|encoder| self.glance(training, encoder, control)).transpose()?;
        if let (Some(estimate), Some(encoder)) = (&held_out, encoder) {
            let better = training.best.as_ref().is_none_or(|(least, _)| estimate.log_loss < *least);
            if better {
                training.best = Some((estimate.log_loss, encoder));
            }
        }
        let seconds = training.since.elapsed().as_secs_f32() / training.steps.max(1) as f32;
        control.epoch(&Epoch {
            training: self.judged + 1,
            trainings: self.trainings(),
            step: training.step,
            steps: self.recipe.steps,
            epochs: (training.step * self.recipe.batch) as f32 / training.rows.len() as f32,
            loss: training.loss / training.steps.max(1) as f32,
            held_out,
            rows_per_second: self.recipe.batch as f32 / seconds,
            left: Duration::from_secs_f32(seconds * (self.recipe.steps - training.step) as f32),
        });
        (training.loss, training.steps, training.since) = (0.0, 0, Instant::now());
        Ok(())
    }

    /// How well some held-out rows are told by the means of some other rows' classes: quick, and good enough to compare moments
    /// of one training.
    fn glance(&self, training: &Training, encoder: &Encoder, control: &Control) -> Result<Estimate, FitError> {
        let some = |rows: &[usize]| -> Vec<usize> {
            let mut left = GLANCE / 2;
            let fits = |row: &&usize| {
                left = left.saturating_sub(self.sequences[**row].len());
                left > 0
            };
            let mut order = rows.to_vec();
            order.sort_by_cached_key(|&row| folds::order(row as u64, self.lesson.seed));
            order.iter().take_while(fits).copied().collect()
        };
        let (known, asked) = (some(&training.rows), some(&training.held_out));
        let embed = |rows: &[usize]| {
            let bodies: Vec<&str> = rows.iter().map(|&row| &*self.lesson.examples[row].text.body).collect();
            crate::Encode::embed(encoder, &bodies, control)
        };
        let (known_vectors, asked_vectors) = (embed(&known)?, embed(&asked)?);
        let width = known_vectors.columns;
        let mut means = vec![0.0; self.classes * width];
        for (place, &row) in known.iter().enumerate() {
            let mean = &mut means[self.targets[row] as usize * width..][..width];
            mean.iter_mut().zip(known_vectors.row(place)).for_each(|(mean, value)| *mean += value);
        }
        for mean in means.chunks_exact_mut(width) {
            let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-9);
            mean.iter_mut().for_each(|value| *value *= SHARPNESS / length);
        }
        let mut values = Vec::with_capacity(asked.len() * self.classes);
        for place in 0..asked.len() {
            let vector = asked_vectors.row(place);
            let mut scores: Vec<f32> =
                means.chunks_exact(width).map(|mean| mean.iter().zip(vector).map(|(a, b)| a * b).sum()).collect();
            crate::temperature::soften(&mut scores, 1.0);
            values.extend(scores);
        }
        let targets: Vec<u32> = asked.iter().map(|&row| self.targets[row]).collect();
        Ok(Estimate::of(&Matrix { columns: self.classes, values }, &targets))
    }

    /// What a probe on the trained encoder, that learned from the same rows as it, says of the rows of the fold.
    fn judge(&mut self, training: &Training, embeddings: &Arc<Embeddings>, control: &Control) -> Result<(), FitError> {
        let quiet = control.quiet();
        let examples = training.rows.iter().map(|&row| self.lesson.examples[row].clone()).collect();
        let lesson = Lesson { examples, labels: self.lesson.labels.clone(), seed: self.lesson.seed };
        let fit = Probe::blank(embeddings).fit(&lesson, &quiet)?;
        let texts: Vec<Text> = training.held_out.iter().map(|&row| self.lesson.examples[row].text.clone()).collect();
        embeddings.embed(&texts, &quiet, |_, _| {})?;
        let probabilities = fit.classifier.predict(&texts);
        for (place, &row) in training.held_out.iter().enumerate() {
            self.held_out[row] = Some(probabilities.row(place).into());
        }
        Ok(())
    }
}

/// A number for each labelled row: of its text and its label.
pub(crate) fn signature(lesson: &Lesson) -> Vec<u64> {
    let labelled = lesson.examples.iter().filter_map(|example| Some((example.text.key, example.target?)));
    let mut all: Vec<u64> = labelled
        .map(|(key, target)| {
            let label = lesson.labels.get(target as usize).map_or(&b""[..], |label| label.as_bytes());
            folds::order(key, xxhash_rust::xxh3::xxh3_64(label))
        })
        .collect();
    all.sort_unstable();
    all
}

/// Whether more than one row in ten is new, gone or has another label.
pub(crate) fn differs(before: &[u64], now: &[u64]) -> bool {
    let common = now.iter().filter(|row| before.binary_search(row).is_ok()).count();
    (before.len().max(now.len()) - common) * 10 > before.len().max(now.len())
}
