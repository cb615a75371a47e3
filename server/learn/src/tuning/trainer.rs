//! Steps of gradient descent: a batch forward, its loss, back, and AdamW.
//!
//! A batch is cut into packs, and packs are dealt to one worker a core, each with buffers and a gradient of its own.
//!
//! What must stay true: parameters below the first trained one stay bit for bit as they were; equal seeds and equal numbers of
//! workers give equal bits; a cancelled step changes nothing.

use half::{f16, slice::HalfFloatSliceExt};
use rayon::prelude::*;

use super::{
    adamw::{AdamW, Group},
    lora::Lora,
    loss::{self, Head},
    recipe::Recipe,
};
use crate::{
    Control, Encoder, FitError, Matrix,
    backend::{Samples, Training, cpu, diverged},
    encoder::{
        backward::Gradients,
        kernels::dropout::Dropout,
        net::{Drops, Net, Pack, Values},
        packs,
        pass::{Desk, Pass},
    },
    lesson::Targets,
};

/// Tokens of a pack: a cancel waits for one block of so many.
const TOKENS: usize = 256;
/// States of frozen blocks are kept up to so many bytes.
const KEPT: usize = 256 << 20;
/// Gradients are made no longer than this.
pub(crate) const LONGEST: f32 = 1.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Loss {
    /// Cross-entropy through the head; of sets, of each label by itself.
    Classes { smoothing: f32 },
    /// Cosines of pairs; the head stays as it is.
    Pairs,
}

/// How parameters are treated that are not all alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rates {
    pub(crate) decay: f32,
    /// Of the head, in rates of the encoder.
    pub(crate) head: f32,
    /// Each block's rate is so much of that of the block above.
    pub(crate) layers: f32,
}

/// What a step changes.
enum Tuner {
    All(AdamW),
    Adapters(Lora),
}

#[derive(Default)]
struct Worker {
    packs: Vec<Pack>,
    passes: Vec<Pass>,
    desk: Desk,
    loss: f32,
}

pub(crate) struct Trainer {
    encoder: Encoder,
    /// The first trained parameter.
    start: usize,
    /// Trained parameters of the encoder, then those of the head.
    values: Vec<f32>,
    samples: Samples,
    scale: f32,
    dropout: f32,
    seed: u64,
    tuner: Tuner,
    gradients: Vec<Vec<f32>>,
    workers: Vec<Worker>,
    /// Of each sequence, before the first trained block, once it was met.
    states: Option<Vec<Option<Box<[f16]>>>>,
    steps: u64,
}

impl Trainer {
    /// Trains the last blocks of an encoder (all and the embeddings, if there are not so many), and a head over the samples' classes,
    /// which begins at [`Samples::biases`].
    pub(crate) fn new(encoder: &Encoder, recipe: &Recipe, samples: Samples, seed: u64) -> Trainer {
        let start = recipe.start(encoder);
        let mut values = encoder.values().from(start);
        let trained = values.len();
        let head = Head::len(samples.classes, encoder.layout().hidden());
        values.reserve_exact(head);
        values.resize(trained + head, 0.0);
        let biases = values.len() - samples.classes;
        values[biases..].copy_from_slice(&samples.biases());
        let tuner = match recipe.adapters {
            None => Tuner::All(AdamW::new(groups(encoder, start, values.len(), recipe.rates))),
            Some(adapters) => Tuner::Adapters(Lora::new(encoder, start, head, adapters, recipe.rates, seed)),
        };
        let kept = keeps_states(encoder, start, &samples.sequences);
        let workers = rayon::current_num_threads();
        Trainer {
            encoder: encoder.clone(),
            start,
            scale: recipe.scale,
            dropout: recipe.dropout,
            seed,
            tuner,
            gradients: vec![vec![0.0; values.len()]; workers],
            workers: (0..workers).map(|_| Worker::default()).collect(),
            states: kept.then(|| vec![None; samples.sequences.len()]),
            samples,
            values,
            steps: 0,
        }
    }

    fn trained(&self) -> usize {
        self.encoder.layout().len - self.start
    }

    /// Trained parameters of the encoder.
    fn parameters(&self) -> &[f32] {
        &self.values[..self.trained()]
    }

    /// The loss of a batch; its gradient is what the workers' sum to.
    fn slope(&mut self, batch: &[usize], loss: Loss, control: &Control) -> Result<f32, FitError> {
        self.deal(batch);
        let loss = match loss {
            Loss::Classes { smoothing } => self.classes(self.samples.count(batch), smoothing, control),
            Loss::Pairs => self.pairs(batch, control),
        }?;
        self.scatter();
        Ok(loss)
    }

    /// Packs to workers, the longest first, each to the worker with the fewest tokens.
    fn deal(&mut self, batch: &[usize]) {
        let drops = self.drops();
        let lengths: Vec<usize> = batch.iter().map(|&sample| self.samples.sequences[sample].len()).collect();
        let mut tokens = vec![0; self.workers.len()];
        self.workers.iter_mut().for_each(|worker| worker.packs.clear());
        for pack in packs::packs(&lengths, TOKENS, self.workers.len()) {
            let sequences = pack.iter().map(|&place| (batch[place], &*self.samples.sequences[batch[place]]));
            let mut pack = Pack::new(sequences, drops);
            if let Some(read) = &self.samples.read {
                pack = pack.reading(|sample| read.of(sample));
            }
            let idle = tokens.iter().enumerate().min_by_key(|(_, tokens)| **tokens).map_or(0, |(worker, _)| worker);
            tokens[idle] += pack.tokens();
            self.workers[idle].packs.push(pack);
        }
    }

    fn drops(&self) -> Drops {
        let drops = Dropout::new(self.dropout, self.seed, self.steps);
        Drops { hidden: drops, attention: drops }
    }

    fn classes(&mut self, of: usize, smoothing: f32, control: &Control) -> Result<f32, FitError> {
        let (own, head_values) = self.values.split_at(self.encoder.layout().len - self.start);
        let net = net(&self.encoder, own, self.start);
        let head = Head { values: head_values, classes: self.samples.classes, scale: self.scale };
        let (start, samples, states) = (self.start, &self.samples, &self.states);
        let work = |(worker, gradient): (&mut Worker, &mut Vec<f32>)| -> Result<(), FitError> {
            let Worker { packs, passes, desk, loss } = worker;
            passes.resize_with(packs.len().max(1), Pass::default);
            *loss = 0.0;
            let (of_encoder, of_head) = gradient.split_at_mut(own.len());
            let gradients = &mut Gradients { values: of_encoder, start };
            for (number, pack) in packs.iter().enumerate() {
                // The states of embeddings are needed until the step ends; other packs share one pass.
                let pass = &mut passes[if net.trains_embeddings() { number } else { 0 }];
                forward(pass, net, pack, desk, states.as_deref(), control)?;
                let targets = samples.targets_of(&pack.samples);
                let (share, slopes) = head.cross_entropy(&pass.pooled, &targets, of, smoothing, of_head);
                *loss += share;
                pass.backward(net, pack, &slopes, desk, gradients, control)?;
            }
            Ok(())
        };
        self.workers.par_iter_mut().zip(&mut self.gradients).with_max_len(1).map(work).collect::<Result<(), _>>()?;
        Ok(self.workers.iter().map(|worker| worker.loss).sum())
    }

    fn pairs(&mut self, batch: &[usize], control: &Control) -> Result<f32, FitError> {
        let own = &self.values[..self.encoder.layout().len - self.start];
        let net = net(&self.encoder, own, self.start);
        let states = &self.states;
        let forward = |worker: &mut Worker| -> Result<(), FitError> {
            let Worker { packs, passes, desk, .. } = worker;
            passes.resize_with(packs.len().max(1), Pass::default);
            let mut pairs = passes.iter_mut().zip(packs);
            pairs.try_for_each(|(pass, pack)| forward(pass, net, pack, desk, states.as_deref(), control))
        };
        self.workers.par_iter_mut().with_max_len(1).map(forward).collect::<Result<(), _>>()?;
        let hidden = self.encoder.layout().hidden();
        let packs = || self.workers.iter().flat_map(|worker| worker.packs.iter().zip(&worker.passes));
        let vectors: Vec<f32> = packs().flat_map(|(_, pass)| pass.pooled.iter().copied()).collect();
        let samples: Vec<usize> = packs().flat_map(|(pack, _)| pack.samples.iter().copied()).collect();
        let targets = of_samples(&self.samples.targets, &samples);
        debug_assert_eq!(targets.len(), batch.len());
        let (loss, slopes) = loss::pairs(&vectors, &targets);
        let mut left = &slopes[..];
        let mut shares = Vec::new();
        for worker in &self.workers {
            let rows: usize = worker.packs.iter().map(|pack| pack.spans.len()).sum();
            shares.push(left.split_off(..rows * hidden).unwrap_or_default());
        }
        let start = self.start;
        let work = |((worker, gradient), mut slopes): ((&mut Worker, &mut Vec<f32>), &[f32])| {
            let Worker { packs, passes, desk, .. } = worker;
            let gradients = &mut Gradients { values: &mut gradient[..own.len()], start };
            passes.iter_mut().zip(packs).try_for_each(|(pass, pack)| {
                let slopes = slopes.split_off(..pack.spans.len() * hidden).unwrap_or_default();
                pass.backward(net, pack, slopes, desk, gradients, control)
            })
        };
        let workers = self.workers.par_iter_mut().zip(&mut self.gradients).zip(shares);
        workers.with_max_len(1).map(work).collect::<Result<(), _>>()?;
        Ok(loss)
    }

    /// Slopes along embeddings to their tables, by one thread, worker after worker.
    fn scatter(&mut self) {
        let trained = self.trained();
        let net = net(&self.encoder, &self.values[..trained], self.start);
        if !net.trains_embeddings() {
            return;
        }
        let Some(gradient) = self.gradients.first_mut() else { return };
        let gradients = &mut Gradients { values: &mut gradient[..trained], start: 0 };
        for worker in &self.workers {
            worker.passes.iter().zip(&worker.packs).for_each(|(pass, pack)| pass.scatter(net, pack, gradients));
        }
    }
}

impl Training for Trainer {
    fn keep_states(&mut self, control: &Control) -> Result<(), FitError> {
        let net = net(&self.encoder, &self.values[..self.encoder.layout().len - self.start], self.start);
        let (Some(states), hidden) = (&mut self.states, self.encoder.layout().hidden()) else { return Ok(()) };
        let lengths: Vec<usize> = self.samples.sequences.iter().map(|sequence| sequence.len()).collect();
        let packs = packs::packs(&lengths, packs::TOKENS, rayon::current_num_threads());
        let sequences = &self.samples.sequences;
        let made: Vec<Vec<(usize, Box<[f16]>)>> = packs
            .par_iter()
            .with_max_len(1)
            .map_init(<(Pass, Desk)>::default, |(pass, desk), pack| {
                let pack = Pack::new(pack.iter().map(|&sample| (sample, &*sequences[sample])), Drops::default());
                pass.start(net, &pack, desk, control)?;
                let halves = pack.spans.iter().map(|span| {
                    let states = &pass.states()[span.start * hidden..span.end * hidden];
                    let mut halves = vec![f16::ZERO; states.len()];
                    halves.convert_from_f32_slice(states);
                    halves.into_boxed_slice()
                });
                Ok(pack.samples.iter().copied().zip(halves).collect())
            })
            .collect::<Result<_, FitError>>()?;
        made.into_iter().flatten().for_each(|(sample, kept)| states[sample] = Some(kept));
        Ok(())
    }

    fn step(&mut self, batch: &[usize], loss: Loss, rate: f32, control: &Control) -> Result<f32, FitError> {
        let result = self.slope(batch, loss, control);
        if result.is_err() {
            self.gradients.par_iter_mut().for_each(|gradient| gradient.fill(0.0));
        }
        let loss = result?;
        let (values, gradients) = (&mut self.values[..], &mut self.gradients[..]);
        let length = match &mut self.tuner {
            Tuner::All(adamw) => adamw.step(values, gradients, rate, LONGEST),
            Tuner::Adapters(lora) => lora.step(&self.encoder, self.start, values, gradients, rate, LONGEST),
        };
        self.steps += 1;
        match (loss + length).is_finite() {
            true => Ok(loss),
            false => Err(diverged()),
        }
    }

    fn embed(&self, samples: &[usize], control: &Control) -> Result<Matrix, FitError> {
        let sequences: Vec<&[u32]> = samples.iter().map(|&sample| &*self.samples.sequences[sample]).collect();
        let values = Values { own: self.parameters(), start: self.start, ..self.encoder.values() };
        let read = self.samples.read.as_ref();
        let read: Option<Vec<&[u32]>> = read.map(|read| samples.iter().map(|&sample| read.of(sample)).collect());
        let vectors = cpu::embed(&self.encoder, values, &sequences, read.as_deref(), control)?;
        Ok(Matrix { columns: self.encoder.layout().hidden(), values: vectors })
    }

    fn scores(&self, vectors: &Matrix) -> Result<Matrix, FitError> {
        let values = &self.values[self.trained()..];
        let head = Head { values, classes: self.samples.classes, scale: self.scale };
        Ok(Matrix { columns: head.classes, values: head.scores(&vectors.values) })
    }

    fn own(&self) -> Result<Vec<f32>, FitError> {
        Ok(self.parameters().to_vec())
    }

    fn into_encoder(mut self: Box<Self>, own: Option<Vec<f32>>) -> Result<Encoder, FitError> {
        let trained = self.trained();
        self.values.truncate(trained);
        Ok(self.encoder.tuned(self.start, own.unwrap_or(self.values)))
    }
}

/// Whether there are frozen blocks, and room for what they make of these sequences.
pub(crate) fn keeps_states(encoder: &Encoder, start: usize, sequences: &[Box<[u32]>]) -> bool {
    let tokens: usize = sequences.iter().map(|sequence| sequence.len()).sum();
    start > encoder.start_of_last(encoder.layout().layers.len())
        && tokens.saturating_mul(encoder.layout().hidden() * size_of::<f16>()) <= KEPT
}

/// Those of the samples of these numbers, in this order.
pub(crate) fn of_samples(targets: &Targets, samples: &[usize]) -> Targets {
    targets.of_rows(&samples.iter().map(|&sample| sample as u32).collect::<Vec<u32>>())
}

/// With trained parameters `own`.
fn net<'a>(encoder: &'a Encoder, own: &'a [f32], start: usize) -> Net<'a> {
    encoder.net(Values { own, start, ..encoder.values() }, start)
}

/// Forward, from kept states where there are some.
fn forward(
    pass: &mut Pass,
    net: Net<'_>,
    pack: &Pack,
    desk: &mut Desk,
    states: Option<&[Option<Box<[f16]>>]>,
    control: &Control,
) -> Result<(), FitError> {
    let kept: Option<Vec<&[f16]>> =
        states.and_then(|states| pack.samples.iter().map(|&sample| states[sample].as_deref()).collect());
    match kept {
        Some(kept) => pass.start_from(kept.into_iter().flatten().map(|half| half.to_f32())),
        None => pass.start(net, pack, desk, control)?,
    }
    pass.finish(net, pack, desk, control)
}

/// Decay for matrices only; rates that fall from block to block downwards.
pub(crate) fn groups(encoder: &Encoder, start: usize, end: usize, rates: Rates) -> Vec<Group> {
    let layout = &encoder.layout();
    let blocks = layout.layers.len();
    let above = |place: usize| blocks - layout.layers.iter().take_while(|layer| layer.qkv.0.start <= place).count();
    let parts = layout.parts.iter().filter(|part| part.range.start >= start);
    let mut groups: Vec<Group> = parts
        .map(|part| Group {
            range: part.range.start - start..part.range.end - start,
            rate: rates.layers.powi(above(part.range.start) as i32),
            decay: if part.shape.len() > 1 { rates.decay } else { 0.0 },
        })
        .collect();
    let head = layout.len - start..end;
    groups.push(Group { range: head, rate: rates.head, decay: rates.decay });
    groups
}

#[cfg(test)]
pub(crate) mod tests;
