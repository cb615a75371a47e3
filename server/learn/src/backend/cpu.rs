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
    let columns = encoder.config().hidden;
    let net = encoder.net(values, encoder.layout().len);
    let packs = packed(sequences);
    let pooled = pass_all(sequences, &packs, |pack, pass, desk| {
        pass.start(net, pack, desk, control)?;
        pass.finish(net, pack, desk, control)?;
        Ok(std::mem::take(&mut pass.pooled))
    })?;
    let mut vectors = vec![0.0; sequences.len() * columns];
    for (pack, pooled) in packs.iter().zip(&pooled) {
        for (&index, vector) in pack.iter().zip(pooled.chunks_exact(columns)) {
            vectors[index * columns..][..columns].copy_from_slice(vector);
        }
    }
    Ok(vectors)
}

fn packed(sequences: &[&[u32]]) -> Vec<Vec<usize>> {
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
    packs::packs(&lengths, packs::TOKENS, rayon::current_num_threads())
}

/// What is made of each pack.
fn pass_all(
    sequences: &[&[u32]],
    packs: &[Vec<usize>],
    make: impl Fn(&Pack, &mut Pass, &mut Desk) -> Result<Vec<f32>, FitError> + Sync,
) -> Result<Vec<Vec<f32>>, FitError> {
    let one = |(pass, desk): &mut (Pass, Desk), pack: &Vec<usize>| {
        let pack = Pack::new(pack.iter().map(|&index| (index, sequences[index])), Drops::default());
        make(&pack, pass, desk)
    };
    packs.par_iter().with_max_len(1).map_init(Default::default, one).collect()
}

impl Backend for Cpu {
    fn embed(&self, encoder: &Encoder, sequences: &[Box<[u32]>], control: &Control) -> Result<Vec<f32>, FitError> {
        let sequences: Vec<&[u32]> = sequences.iter().map(|sequence| &**sequence).collect();
        embed(encoder, encoder.values(), &sequences, control)
    }

    fn states(&self, encoder: &Encoder, sequences: &[Box<[u32]>], control: &Control) -> Result<Vec<f32>, FitError> {
        let columns = encoder.config().hidden;
        let sequences: Vec<&[u32]> = sequences.iter().map(|sequence| &**sequence).collect();
        let packs = packed(&sequences);
        let net = encoder.net(encoder.values(), encoder.layout().len);
        let made =
            |pack: &Pack, pass: &mut Pass, desk: &mut Desk| pass.survey(net, encoder.surveyed(), pack, desk, control);
        let taken = pass_all(&sequences, &packs, made)?;
        let mut of: Vec<&[f32]> = vec![&[]; sequences.len()];
        for (pack, states) in packs.iter().zip(&taken) {
            let mut rest = &states[..];
            for &index in pack {
                (of[index], rest) = rest.split_at(sequences[index].len() * columns);
            }
        }
        Ok(of.concat())
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
