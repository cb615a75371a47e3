//! Training an encoder by gradient descent, so that texts of equal labels lie near each other.
//!
//! A [`course`] is one fit: it trains on all rows but some, to see what training is worth, then on all of them; a [`recipe`] says how, and a
//! [`matter`] what is to be told: labels of [`texts`], or spans in them ([`crate::spans`]).
//! [`trainer`] makes the steps: a batch ([`sampler`]), its [`loss`], the way back, [`adamw`].
//!
//! What must stay true: a course that was stopped goes on where it was; what a row is judged by has not seen its label.

pub(crate) mod adamw;
pub(crate) mod course;
mod glance;
mod lora;
pub(crate) mod loss;
pub(crate) mod matter;
pub(crate) mod recipe;
mod sampler;
pub(crate) mod signature;
pub(crate) mod texts;
pub(crate) mod trainer;

use std::{
    any::Any,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

pub use self::recipe::Strategy;
use self::{
    adamw::{AdamW, Group},
    course::Course,
    matter::Matter,
    recipe::Recipe,
};
use crate::{Control, Encoder, FitError, backend::Samples, lesson::Targets};

/// What a person, or a program for them, wants of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    pub strategy: Strategy,
    /// How often each row is seen; none: as the rows and the budget have it.
    pub epochs: Option<usize>,
    /// The most time of one fit.
    pub budget: Duration,
    /// When it must have ended, what follows the training included.
    pub until: Option<Instant>,
    /// The learning rate of each layer, in rates of the layer above; above 0, at most 1.
    pub layer_decay: f32,
    /// Share of a label that all labels share in cross-entropy; from 0 to below 1.
    pub label_smoothing: f32,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            strategy: Strategy::Auto,
            epochs: None,
            budget: Duration::from_secs(60),
            until: None,
            layer_decay: 1.0,
            label_smoothing: 0.0,
        }
    }
}

/// Where a training that was stopped waits to be gone on with.
#[derive(Default)]
pub struct Bench(Mutex<Option<Box<dyn Any + Send>>>);

impl Bench {
    /// `None`: there is none, or it is about something else.
    pub(crate) fn take<M: Matter>(&self) -> Option<Box<Course<M>>> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.and_then(|waiting| waiting.downcast().ok())
    }

    pub(crate) fn leave<M: Matter>(&self, course: Box<Course<M>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(course);
    }
}

/// How long steps take, for benches: each batch is sequences of ids with their targets; cross-entropy through a head over `classes`
/// trains the last `blocks` blocks (all of them and the embeddings, if there are not so many).
pub fn time_steps(
    encoder: &Encoder,
    batches: &[(Vec<Vec<u32>>, Vec<u32>)],
    classes: usize,
    blocks: usize,
    steps: usize,
) -> Result<Vec<Duration>, FitError> {
    let plan = Plan { strategy: Strategy::All, ..Plan::default() };
    let recipe = Recipe { blocks, steps, ..Recipe::new(&plan, blocks, steps, classes, 1.0) };
    let sequences = batches.iter().flat_map(|(sequences, _)| sequences.iter().map(|ids| ids.clone().into())).collect();
    let targets = Targets::One(batches.iter().flat_map(|(_, targets)| targets.iter().copied()).collect()).into();
    let mut trainer =
        encoder.backend().training(encoder, &recipe, Samples { sequences, read: None, targets, classes }, 0)?;
    let control = Control::default();
    trainer.keep_states(&control)?;
    let mut start = 0;
    let places: Vec<Vec<usize>> = batches
        .iter()
        .map(|(sequences, _)| {
            start += sequences.len();
            (start - sequences.len()..start).collect()
        })
        .collect();
    let step = |number: usize| {
        let started = Instant::now();
        trainer.step(&places[number % places.len()], recipe.loss, recipe.rate, &control)?;
        Ok(started.elapsed())
    };
    (0..steps).map(step).collect()
}

/// How long a forward pass over sequences of ids takes, for benches.
pub fn time_embedding(encoder: &Encoder, sequences: &[Box<[u32]>]) -> Result<Duration, FitError> {
    let started = Instant::now();
    encoder.backend().embed(encoder, sequences, &Control::default())?;
    Ok(started.elapsed())
}

/// How long steps of AdamW alone take, for benches: over so many parameters, with a gradient from each of so many workers.
pub fn time_adamw(parameters: usize, workers: usize, steps: usize) -> Vec<Duration> {
    let mut adamw = AdamW::new(vec![Group { range: 0..parameters, rate: 1.0, decay: 0.01 }]);
    let (mut values, mut gradients) = (vec![0.1; parameters], vec![vec![0.0; parameters]; workers]);
    let mut step = || {
        // They are zero after a step; filled, they are in memory and in no cache, as those of a backward pass are.
        gradients.iter_mut().for_each(|gradient| gradient.fill(1e-3));
        let started = Instant::now();
        adamw.step(&mut values, &mut gradients, 1e-4, 1.0);
        started.elapsed()
    };
    (0..steps).map(|_| step()).collect()
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bench")
    }
}
