//! This machine's cores: packed sequences and hand-written passes over the `gemm` crate.

use rayon::prelude::*;

use super::{Backend, Samples, Training};
use crate::{
    Control, Encoder, FitError,
    encoder::{
        net::{Drops, Pack, Values},
        packs,
        pass::{Desk, Pass},
    },
    tuning::{recipe::Recipe, trainer::Trainer},
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
        samples: Samples,
        seed: u64,
    ) -> Result<Box<dyn Training>, FitError> {
        Ok(Box::new(Trainer::new(encoder, recipe, samples, seed)))
    }
}
