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
use rustc_hash::FxHashSet;

use super::{
    Plan,
    matter::{Ground, Matter},
    recipe::Recipe,
    sampler::Sampler,
    signature::{differs, signature},
    trainer::{Loss, of_samples},
};
use crate::{Control, Embeddings, Encoder, Epoch, Example, FitError, Lesson, backend::Training as Steps, folds};

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
/// Where one training is all, tokens of the rows that the classifier on it learns from, at most: on a trained encoder some speak for all.
const PROBED: usize = 40_000;
/// Of a training, at most.
const REPORTS: usize = 6;
/// Held-out rows that can tell a better moment of a training from a worse one, and tokens that are embedded for it at most.
const ENOUGH: usize = 50;
pub(crate) const GLANCE: usize = 4096;

pub(crate) struct Course<M: Matter> {
    base: Arc<Embeddings>,
    encoder: Encoder,
    plan: Plan,
    /// Labelled rows only.
    lesson: Lesson,
    ground: Ground,
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
    held_out: Vec<Option<M::Said>>,
    served: Option<Arc<Embeddings>>,
}

pub(crate) struct Training {
    pub(crate) trainer: Box<dyn Steps>,
    sampler: Sampler,
    /// Of the lesson.
    pub(crate) rows: Vec<usize>,
    pub(crate) held_out: Vec<usize>,
    /// Of the step that is under way, or was stopped.
    batch: Vec<usize>,
    step: usize,
    /// Since the last report.
    loss: f32,
    since: Instant,
    steps: usize,
    /// Cost and trained parameters of the best moment so far.
    best: Option<(f64, Vec<f32>)>,
}

struct Trained {
    embeddings: Arc<Embeddings>,
    /// Of the lesson.
    rows: Vec<usize>,
    held_out: Vec<usize>,
}

/// What a course comes to.
pub(crate) struct Outcome<S> {
    pub(crate) embeddings: Arc<Embeddings>,
    /// Of the texts of the labelled rows.
    pub(crate) keys: Vec<u64>,
    /// Rows, in rising order, that the classifier on its vectors may learn from.
    pub(crate) probed: Vec<usize>,
    /// Encoders that judged rows.
    pub(crate) folds: usize,
    /// What was said of those that were held out.
    pub(crate) held_out: Vec<Option<S>>,
}

impl<S> Outcome<S> {
    /// What of a lesson the classifier on the trained encoder learns from: of its labelled rows these alone.
    pub(crate) fn probed(&self, lesson: &Lesson) -> Lesson {
        let known: FxHashSet<u64> = self.probed.iter().map(|&row| self.keys[row]).collect();
        let is_known = |example: &&Example| example.target.is_none() || known.contains(&example.text.key);
        let examples = lesson.examples.iter().filter(is_known).cloned().collect();
        Lesson { task: lesson.task, examples, labels: lesson.labels.clone(), seed: lesson.seed }
    }
}

impl<M: Matter> Course<M> {
    /// `None`: the encoder cannot be trained, or rows are too few.
    pub(crate) fn new(base: &Arc<Embeddings>, lesson: &Lesson, plan: Plan) -> Option<Course<M>> {
        let encoder = base.encoder().trainable()?.clone();
        let ground = M::ground(&encoder, lesson)?;
        let examples: Vec<&Example> = lesson.examples.iter().filter(|example| example.target.is_some()).collect();
        if examples.len() < 3 * JUDGED {
            return None;
        }
        let keys: Vec<u64> = examples.iter().map(|example| example.text.key).collect();
        let number = PARTS.max(folds::distinct(&keys).div_ceil(MOST));
        let fold_of = folds::assign(&keys, &ground.kinds.strata(ground.labels), number, lesson.seed);
        let tokens: usize = ground.samples.sequences.iter().map(|sequence| sequence.len()).sum();
        let mean = tokens as f32 / examples.len() as f32;
        let recipe = M::recipe(&plan, encoder.layout().layers.len(), examples.len(), ground.labels, mean);
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
            ground,
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
    pub(crate) fn go_on(&mut self, control: &Control) -> Result<Outcome<M::Said>, FitError> {
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
        // The trainer goes before a classifier is fitted: its gradients and moments are most of the memory that a course takes.
        let encoder = training.trainer.into_encoder(training.best.map(|(_, own)| own))?;
        let embeddings = Arc::new(M::embeddings(self.serves().then_some(&*self.base), encoder));
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
        let Ground { samples, kinds, labels } = &self.ground;
        let strata = of_samples(kinds, &rows).strata(*labels).into_owned();
        let (encoder, seed) = (&self.encoder, self.lesson.seed);
        let mut trainer = encoder.backend().training(encoder, &self.recipe, samples.clone(), seed)?;
        trainer.keep_states(control)?;
        let sampler = Sampler::new(&strata, labels + 1, seed);
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
            let embedded = (folds * of_a_judgement + last * of_all) as f64 * (1.0 + M::UPKEEP);
            let passed = embedded + (trainings * of_reports) as f64;
            ((budget - passed * of_a_token) / of_a_step).max(0.0) as usize / trainings
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
        let some = |rows: &[usize], tokens: usize| self.some(rows, tokens);
        let told = enough.then(|| M::glance(training, &self.ground, &some, control)).transpose()?;
        if let Some((cost, _)) = told
            && training.best.as_ref().is_none_or(|(least, _)| cost < *least)
        {
            training.best = Some((cost, training.trainer.own()?));
        }
        let seconds = training.since.elapsed().as_secs_f32() / training.steps.max(1) as f32;
        control.epoch(&Epoch {
            training: self.judged + 1,
            trainings: self.trainings(),
            step: training.step,
            steps: self.recipe.steps,
            epochs: (training.step * self.recipe.batch) as f32 / training.rows.len() as f32,
            loss: training.loss / training.steps.max(1) as f32,
            held_out: told.map(|(_, estimate)| estimate),
            rows_per_second: self.recipe.batch as f32 / seconds,
            left: Duration::from_secs_f32(seconds * (self.recipe.steps - training.step) as f32),
        });
        (training.loss, training.steps, training.since) = (0.0, 0, Instant::now());
        Ok(())
    }

    /// What a classifier on the trained encoder, that learned from the same rows as it, says of the rows of the fold.
    fn judge(&mut self, trained: &Trained, control: &Control) -> Result<(), FitError> {
        let examples = self.probed(&trained.rows).iter().map(|&row| self.lesson.examples[row].clone()).collect();
        let lesson =
            Lesson { task: self.lesson.task, examples, labels: self.lesson.labels.clone(), seed: self.lesson.seed };
        let rows: Vec<&Example> = trained.held_out.iter().map(|&row| &self.lesson.examples[row]).collect();
        let said = M::judge(&trained.embeddings, &lesson, &rows, &control.quiet())?;
        trained.held_out.iter().zip(said).for_each(|(&row, said)| self.held_out[row] = Some(said));
        Ok(())
    }

    /// Of these rows, those that a classifier on a trained encoder learns from, in rising order.
    fn probed(&self, rows: &[usize]) -> Vec<usize> {
        let mut probed = if self.recipe.once { self.some(rows, PROBED) } else { rows.to_vec() };
        probed.sort_unstable();
        probed
    }

    /// As many of these rows, chosen by chance, as have so many tokens.
    fn some(&self, rows: &[usize], tokens: usize) -> Vec<usize> {
        let mut left = tokens;
        let fits = |row: &&usize| {
            left = left.saturating_sub(self.ground.samples.sequences[**row].len());
            left > 0
        };
        let mut order = rows.to_vec();
        order.sort_by_cached_key(|&row| folds::order(row as u64, self.lesson.seed));
        order.iter().take_while(fits).copied().collect()
    }

    fn tokens(&self, rows: &[usize]) -> usize {
        rows.iter().map(|&row| self.ground.samples.sequences[row].len()).sum()
    }
}
