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

use catalogue::phrase;

use super::{
    Plan,
    glance::{self, Part},
    recipe::Recipe,
    sampler::Sampler,
    signature::{differs, signature},
    trainer::{Loss, of_samples},
};
use crate::{
    Classifier, Control, Embeddings, Encoder, Epoch, Estimate, FitError, Lesson, Text,
    backend::{Samples, Training as Steps},
    folds,
    lesson::Labelled,
    probe::Probe,
};

/// Folds of the rows, and rows of a fold at most; folds that are judged at most.
const PARTS: usize = 4;
const MOST: usize = 500;
const JUDGED: usize = 3;
/// Fewer steps teach nothing.
const FEWEST: usize = 12;
/// Steps after which it is known how long they take.
const TRIAL: usize = 2;
/// Share of the time left that is planned with.
const PLANNED: f32 = 0.9;
/// Where one training is all, tokens of the rows that its probe learns from, at most: on a trained encoder some speak for all.
const PROBED: usize = 40_000;
/// Of a training, at most.
const REPORTS: usize = 6;
/// Held-out rows that can tell a better moment of a training from a worse one, and tokens that are embedded for it at most.
const ENOUGH: usize = 50;
const GLANCE: usize = 4096;

pub(crate) struct Course {
    base: Arc<Embeddings>,
    encoder: Encoder,
    plan: Plan,
    /// Labelled rows only.
    lesson: Lesson,
    /// Its rows, by class that has some.
    samples: Samples,
    fold_of: Vec<u32>,
    recipe: Recipe,
    /// Folds to be judged, and those that were.
    folds: usize,
    judged: usize,
    timed: bool,
    spent: Duration,
    training: Option<Training>,
    /// What a training came to, until it was judged.
    trained: Option<Trained>,
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
    /// Log loss and trained parameters of the best moment so far.
    best: Option<(f64, Vec<f32>)>,
}

struct Trained {
    embeddings: Arc<Embeddings>,
    /// Of the lesson.
    rows: Vec<usize>,
    held_out: Vec<usize>,
}

/// What a course comes to.
pub(crate) struct Outcome {
    pub(crate) embeddings: Arc<Embeddings>,
    /// Of the texts of the labelled rows.
    pub(crate) keys: Vec<u64>,
    /// Rows, in rising order, that the probe on its vectors may learn from.
    pub(crate) probed: Vec<usize>,
    /// Encoders that judged rows.
    pub(crate) folds: usize,
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
        let fold_of = folds::assign(&keys, &targets.strata(active.len()), number, lesson.seed);
        let bodies: Vec<&str> = examples.iter().map(|example| &*example.text.body).collect();
        let sequences = encoder.tokenize(&bodies);
        let tokens: usize = sequences.iter().map(|sequence| sequence.len()).sum();
        let mean = tokens as f32 / sequences.len() as f32;
        let recipe = Recipe::new(&plan, encoder.layout().layers.len(), examples.len(), active.len(), mean);
        Some(Course {
            base: base.clone(),
            encoder,
            plan,
            held_out: vec![None; examples.len()],
            lesson: Lesson {
                task: lesson.task,
                examples: examples.into_iter().cloned().collect(),
                labels: lesson.labels.clone(),
                seed: lesson.seed,
            },
            samples: Samples { sequences: sequences.into(), targets: targets.into(), classes: active.len() },
            fold_of,
            folds: if recipe.once { 1 } else { JUDGED },
            recipe,
            judged: 0,
            timed: false,
            spent: Duration::ZERO,
            training: None,
            trained: None,
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
                control.progress(phrase!("stage-fine-tuning"), 1.0);
                let keys = self.lesson.examples.iter().map(|example| example.text.key).collect();
                return Ok(Outcome {
                    embeddings: embeddings.clone(),
                    keys,
                    probed: self.probed(&(0..self.fold_of.len()).collect::<Vec<_>>()),
                    folds: self.folds,
                    held_out: self.held_out.clone(),
                });
            }
            let trained = match self.trained.take() {
                Some(trained) => trained,
                None => self.trained(control)?,
            };
            if let Err(why) = self.end(&trained, control) {
                self.trained = Some(trained);
                return Err(why);
            }
        }
    }

    /// Begins a training, or goes on with one, to its end.
    fn trained(&mut self, control: &Control) -> Result<Trained, FitError> {
        let mut training = match self.training.take() {
            Some(training) => training,
            None => self.start((self.judged < self.folds).then_some(self.judged as u32), control)?,
        };
        training.since = Instant::now();
        if let Err(why) = self.train(&mut training, control) {
            self.training = Some(training);
            return Err(why);
        }
        // The trainer goes before a probe is fitted: its gradients and moments are most of the memory that a course takes.
        let encoder = training.trainer.into_encoder(training.best.map(|(_, own)| own))?;
        let embeddings = Arc::new(match self.serves() {
            true => self.base.of_encoder(encoder),
            false => Embeddings::new(Arc::new(encoder), None),
        });
        Ok(Trained { embeddings, rows: training.rows, held_out: training.held_out })
    }

    /// Whether the encoder that is being trained, or was trained last, is to serve.
    fn serves(&self) -> bool {
        self.judged == self.folds || self.recipe.once
    }

    /// What was trained is judged, or serves, or both.
    fn end(&mut self, trained: &Trained, control: &Control) -> Result<(), FitError> {
        let serves = self.serves();
        if self.judged < self.folds {
            self.judge(trained, control)?;
            self.judged += 1;
        }
        self.served = serves.then(|| trained.embeddings.clone());
        Ok(())
    }

    /// Without the rows of a fold; with all of them.
    fn start(&self, fold: Option<u32>, control: &Control) -> Result<Training, FitError> {
        let (held_out, rows): (Vec<usize>, Vec<usize>) =
            (0..self.fold_of.len()).partition(|&row| Some(self.fold_of[row]) == fold);
        let classes = self.samples.classes;
        let strata = of_samples(&self.samples.targets, &rows).strata(classes).into_owned();
        let (encoder, seed) = (&self.encoder, self.lesson.seed);
        let mut trainer = encoder.backend().training(encoder, &self.recipe, self.samples.clone(), seed)?;
        trainer.keep_states(control)?;
        let sampler = Sampler::new(&strata, classes + 1, seed);
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

    fn train(&mut self, training: &mut Training, control: &Control) -> Result<(), FitError> {
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
                self.fit_in(self.spent / TRIAL as u32, training)?;
            }
            let done = self.judged as f32 + training.step as f32 / self.recipe.steps as f32;
            control.progress(phrase!("stage-fine-tuning"), done / self.trainings() as f32);
            let pause = self.recipe.steps.div_ceil(REPORTS);
            if training.step.is_multiple_of(pause) || training.step == self.recipe.steps {
                self.report(training, control)?;
            }
        }
        Ok(())
    }

    /// Takes fewer trainings, then fewer steps, where the budget asks for it.
    fn fit_in(&mut self, of_a_step: Duration, training: &Training) -> Result<(), FitError> {
        if self.plan.epochs.is_some() {
            return Ok(());
        }
        let left = self.plan.until.map(|until| until.saturating_duration_since(Instant::now()));
        let budget = self.plan.budget.min(left.unwrap_or(Duration::MAX)).mul_f32(PLANNED).as_secs_f64();
        let of_a_step = of_a_step.as_secs_f64().max(1e-6);
        // A step goes through all blocks, and back through those that are trained, which takes twice as long.
        let all: Vec<usize> = (0..self.fold_of.len()).collect();
        let of_all = self.tokens(&all);
        let mean = of_all as f64 / all.len() as f64;
        let trained = self.recipe.blocks as f64 / self.encoder.layout().layers.len() as f64;
        let of_a_token = of_a_step / (mean * self.recipe.batch as f64 * (1.0 + 2.0 * trained));
        let of_a_judgement = self.tokens(&self.probed(&training.rows)) + self.tokens(&training.held_out);
        let last = usize::from(!self.recipe.once);
        let glances = if training.held_out.len() < ENOUGH { 0 } else { REPORTS };
        let of_reports = glances * GLANCE.min(of_all);
        // Steps of each training.
        let affordable = |folds: usize| {
            let trainings = folds + last;
            let embedded = folds * of_a_judgement + last * of_all + trainings * of_reports;
            ((budget - embedded as f64 * of_a_token) / of_a_step).max(0.0) as usize / trainings
        };
        let mut folds = self.folds;
        while folds > 1 && affordable(folds) < self.recipe.steps {
            folds -= 1;
        }
        self.folds = folds;
        self.recipe.steps = self.recipe.steps.min(affordable(folds));
        match self.recipe.steps {
            FEWEST.. => Ok(()),
            _ => Err(FitError::TooLittle(phrase!("too-little-time"))),
        }
    }

    /// Tells how the training goes, and keeps its best moment.
    fn report(&self, training: &mut Training, control: &Control) -> Result<(), FitError> {
        let enough = training.held_out.len() >= ENOUGH;
        let held_out = enough.then(|| self.glance(training, control)).transpose()?;
        if let Some(Estimate { log_loss, .. }) = held_out
            && training.best.as_ref().is_none_or(|(least, _)| log_loss < *least)
        {
            training.best = Some((log_loss, training.trainer.own()?));
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
    fn glance(&self, training: &Training, control: &Control) -> Result<Estimate, FitError> {
        let part = |rows: &[usize]| -> Result<Part, FitError> {
            let rows = self.some(rows, GLANCE / 2);
            let targets = of_samples(&self.samples.targets, &rows);
            Ok(Part { vectors: training.trainer.embed(&rows, control)?, targets })
        };
        Ok(glance::by_means(&part(&training.rows)?, &part(&training.held_out)?, self.samples.classes))
    }

    /// What a probe on the trained encoder, that learned from the same rows as it, says of the rows of the fold.
    fn judge(&mut self, trained: &Trained, control: &Control) -> Result<(), FitError> {
        let (quiet, embeddings) = (control.quiet(), &trained.embeddings);
        let examples = self.probed(&trained.rows).iter().map(|&row| self.lesson.examples[row].clone()).collect();
        let lesson =
            Lesson { task: self.lesson.task, examples, labels: self.lesson.labels.clone(), seed: self.lesson.seed };
        let fit = Probe::of_vectors(embeddings).fit(&lesson, &quiet)?;
        let texts: Vec<Text> = trained.held_out.iter().map(|&row| self.lesson.examples[row].text.clone()).collect();
        embeddings.embed(&texts, &quiet, |_, _| {})?;
        let probabilities = fit.classifier.predict(&texts);
        for (place, &row) in trained.held_out.iter().enumerate() {
            self.held_out[row] = Some(probabilities.row(place).into());
        }
        Ok(())
    }

    /// Of these rows, those that a probe on a trained encoder learns from, in rising order.
    fn probed(&self, rows: &[usize]) -> Vec<usize> {
        let mut probed = if self.recipe.once { self.some(rows, PROBED) } else { rows.to_vec() };
        probed.sort_unstable();
        probed
    }

    /// As many of these rows, chosen by chance, as have so many tokens.
    fn some(&self, rows: &[usize], tokens: usize) -> Vec<usize> {
        let mut left = tokens;
        let fits = |row: &&usize| {
            left = left.saturating_sub(self.samples.sequences[**row].len());
            left > 0
        };
        let mut order = rows.to_vec();
        order.sort_by_cached_key(|&row| folds::order(row as u64, self.lesson.seed));
        order.iter().take_while(fits).copied().collect()
    }

    fn tokens(&self, rows: &[usize]) -> usize {
        rows.iter().map(|&row| self.samples.sequences[row].len()).sum()
    }
}
