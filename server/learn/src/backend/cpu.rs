//! This machine's cores: packed sequences and hand-written passes over the `gemm` crate.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Backend, Training};
use crate::{
    Control, Encoder, FitError, Matrix,
    encoder::{
        net::{Drops, Pack, Values},
        packs,
        pass::{Desk, Pass},
    },
    tuning::{
        recipe::Recipe,
        trainer::{Loss, Trainer},
    },
};

#[derive(Debug)]
pub(crate) struct Cpu;

/// A vector for each sequence, end to end, in their order, by these parameters.
pub(crate) fn embed(
    encoder: &Encoder,
    values: Values<'_>,
    sequences: &[&[u32]],
    control: &Control,
) -> Result<Vec<f32>, FitError> {
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
    let packs = packs::packs(&lengths, packs::TOKENS, rayon::current_num_threads());
    let net = encoder.net(values, encoder.layout().len);
    let embed = |(pass, desk): &mut (Pass, Desk), pack: &Vec<usize>| {
        let pack = Pack::new(pack.iter().map(|&index| (index, sequences[index])), Drops::default());
        pass.start(net, &pack, desk, control)?;
        pass.finish(net, &pack, desk, control)?;
        Ok::<_, FitError>(std::mem::take(&mut pass.pooled))
    };
    let pooled: Vec<Vec<f32>> =
        packs.par_iter().with_max_len(1).map_init(Default::default, embed).collect::<Result<_, _>>()?;
    let columns = encoder.config().hidden;
    let mut vectors = vec![0.0; sequences.len() * columns];
    for (pack, pooled) in packs.iter().zip(&pooled) {
        for (&index, vector) in pack.iter().zip(pooled.chunks_exact(columns)) {
            vectors[index * columns..][..columns].copy_from_slice(vector);
        }
    }
    Ok(vectors)
}

impl Backend for Cpu {
    fn embed(&self, encoder: &Encoder, sequences: &[Box<[u32]>], control: &Control) -> Result<Vec<f32>, FitError> {
        let sequences: Vec<&[u32]> = sequences.iter().map(|sequence| &**sequence).collect();
        embed(encoder, encoder.values(), &sequences, control)
    }

    fn training(
        &self,
        encoder: &Encoder,
        recipe: &Recipe,
        sequences: Arc<[Box<[u32]>]>,
        targets: Arc<[u32]>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn Training>, FitError> {
        Ok(Box::new(Trainer::new(encoder, recipe, sequences, targets, classes, seed)))
    }
}

impl Training for Trainer {
    fn keep_states(&mut self, control: &Control) -> Result<(), FitError> {
        Trainer::keep_states(self, control)
    }

    fn step(&mut self, batch: &[usize], loss: Loss, rate: f32, control: &Control) -> Result<f32, FitError> {
        Trainer::step(self, batch, loss, rate, control)
    }

    fn embed(&self, samples: &[usize], control: &Control) -> Result<Matrix, FitError> {
        Trainer::embed(self, samples, control)
    }

    fn own(&self) -> Result<Vec<f32>, FitError> {
        Ok(Trainer::own(self).to_vec())
    }

    fn into_encoder(self: Box<Self>, own: Option<Vec<f32>>) -> Result<Encoder, FitError> {
        Ok(Trainer::into_encoder(*self, own))
    }
}
