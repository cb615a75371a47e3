//! This machine's cores: packed sequences and hand-written passes over the `gemm` crate.

use std::ops::Range;

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

/// By these parameters, end to end, in their order: a vector for each sequence, or the last states of the tokens at these places of each.
pub(crate) fn embed(
    encoder: &Encoder,
    values: Values<'_>,
    sequences: &[&[u32]],
    read: Option<&[&[u32]]>,
    control: &Control,
) -> Result<Vec<f32>, FitError> {
    let net = encoder.net(values, encoder.layout().len);
    let rows = |index: usize| read.map_or(1, |read| read[index].len());
    pass_all(encoder, sequences, rows, |pack, pass, desk| {
        let pack = match read {
            Some(read) => &pack.reading(|index| read[index]),
            None => &pack,
        };
        pass.start(net, pack, desk, control)?;
        pass.finish(net, pack, desk, control)?;
        Ok(std::mem::take(&mut pass.pooled))
    })
}

/// What is made of packs, end to end, in the order of the sequences, given how many rows are made of each.
fn pass_all(
    encoder: &Encoder,
    sequences: &[&[u32]],
    rows: impl Fn(usize) -> usize,
    make: impl Fn(Pack, &mut Pass, &mut Desk) -> Result<Vec<f32>, FitError> + Sync,
) -> Result<Vec<f32>, FitError> {
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
    let packs = packs::packs(&lengths, packs::TOKENS, rayon::current_num_threads());
    let one = |(pass, desk): &mut (Pass, Desk), pack: &Vec<usize>| {
        make(Pack::new(pack.iter().map(|&index| (index, sequences[index])), Drops::default()), pass, desk)
    };
    let made: Vec<Vec<f32>> =
        packs.par_iter().with_max_len(1).map_init(Default::default, one).collect::<Result<_, FitError>>()?;
    let mut of: Vec<&[f32]> = vec![&[]; sequences.len()];
    for (pack, made) in packs.iter().zip(&made) {
        let mut rest = &made[..];
        for &index in pack {
            (of[index], rest) = rest.split_at(rows(index) * encoder.config().hidden);
        }
    }
    Ok(of.concat())
}

impl Backend for Cpu {
    fn embed(&self, encoder: &Encoder, sequences: &[Box<[u32]>], control: &Control) -> Result<Vec<f32>, FitError> {
        let sequences: Vec<&[u32]> = sequences.iter().map(|sequence| &**sequence).collect();
        embed(encoder, encoder.values(), &sequences, None, control)
    }

    fn states(
        &self,
        encoder: &Encoder,
        layers: &Range<usize>,
        sequences: &[Box<[u32]>],
        control: &Control,
    ) -> Result<Vec<f32>, FitError> {
        let sequences: Vec<&[u32]> = sequences.iter().map(|sequence| &**sequence).collect();
        let net = encoder.net(encoder.values(), encoder.layout().len);
        let rows = |index: usize| sequences[index].len();
        pass_all(encoder, &sequences, rows, |pack, pass, desk| pass.survey(net, layers, &pack, desk, control))
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
