//! A pass of one pack through an encoder, and back.
//!
//! What must stay true: blocks below the first trained one are computed without dropout, so that their states may be kept; a cancel
//! is heard before each block, both ways.

use std::ops::Range;

use super::{
    backward::{Gradients, Slopes},
    kernels::{add, norm::norm_again},
    net::{Net, Pack, Scratch, Tape, room},
};
use crate::{Control, FitError};

/// Buffers of a pass, which keep their room from pack to pack.
#[derive(Default)]
pub(crate) struct Pass {
    embedding: Tape,
    /// What went into the first trained block.
    input: Vec<f32>,
    /// Of the trained blocks.
    tapes: Vec<Tape>,
    states: Vec<f32>,
    next: Vec<f32>,
    /// A row a sequence, or a row a token that is read.
    pub(crate) pooled: Vec<f32>,
    lengths: Vec<f32>,
}

/// Buffers that passes of one worker share.
#[derive(Default)]
pub(crate) struct Desk {
    tape: Tape,
    scratch: Scratch,
    slopes: Slopes,
    input: Vec<f32>,
}

fn heard(control: &Control) -> Result<(), FitError> {
    if control.is_cancelled() { Err(FitError::Cancelled) } else { Ok(()) }
}

impl Pass {
    /// Leaves the states that the first trained block starts from; what they are depends on no dropout.
    pub(crate) fn start(
        &mut self,
        net: Net<'_>,
        pack: &Pack,
        desk: &mut Desk,
        control: &Control,
    ) -> Result<(), FitError> {
        net.embed(pack, &mut self.embedding, &mut self.states);
        for number in 0..net.first() {
            heard(control)?;
            let Desk { tape, scratch, .. } = desk;
            net.block(number, pack, &self.states, tape, scratch, &mut self.next);
            std::mem::swap(&mut self.states, &mut self.next);
        }
        Ok(())
    }

    /// For each token, the mean of what these layers make of it: 0 is its embedding, others are blocks, counted from 1.
    pub(crate) fn survey(
        &mut self,
        net: Net<'_>,
        layers: &Range<usize>,
        pack: &Pack,
        desk: &mut Desk,
        control: &Control,
    ) -> Result<Vec<f32>, FitError> {
        net.embed(pack, &mut self.embedding, &mut self.states);
        let mut sums = vec![0.0; self.states.len()];
        if layers.start == 0 {
            sums.clone_from(&self.states);
        }
        for number in 0..layers.end.saturating_sub(1) {
            heard(control)?;
            let Desk { tape, scratch, .. } = desk;
            net.block(number, pack, &self.states, tape, scratch, &mut self.next);
            std::mem::swap(&mut self.states, &mut self.next);
            if layers.contains(&(number + 1)) {
                add(&mut sums, &self.states);
            }
        }
        let share = 1.0 / layers.len().max(1) as f32;
        sums.iter_mut().for_each(|sum| *sum *= share);
        Ok(sums)
    }

    /// The states; after [`Pass::backward`], where embeddings are trained, the slopes along the sums of embeddings.
    pub(crate) fn states(&self) -> &[f32] {
        &self.states
    }

    /// Instead of [`Pass::start`]: states that it left before.
    pub(crate) fn start_from(&mut self, states: impl Iterator<Item = f32>) {
        self.states.clear();
        self.states.extend(states);
    }

    /// From there to the pooled vectors.
    pub(crate) fn finish(
        &mut self,
        net: Net<'_>,
        pack: &Pack,
        desk: &mut Desk,
        control: &Control,
    ) -> Result<(), FitError> {
        let (first, blocks) = (net.first(), net.layout.layers.len());
        self.tapes.resize_with(blocks - first, Tape::default);
        if first < blocks {
            self.input.clone_from(&self.states);
        }
        for (number, tape) in (first..blocks).zip(&mut self.tapes) {
            heard(control)?;
            net.block(number, pack, &self.states, tape, &mut desk.scratch, &mut self.next);
            std::mem::swap(&mut self.states, &mut self.next);
        }
        (self.pooled, self.lengths) = net.pool(pack, &self.states);
        Ok(())
    }

    /// Adds to `gradients`, given the loss's slopes along the pooled vectors. Where embeddings are trained, the slopes
    /// along their sums are left for [`Pass::scatter`].
    pub(crate) fn backward(
        &mut self,
        net: Net<'_>,
        pack: &Pack,
        slopes: &[f32],
        desk: &mut Desk,
        gradients: &mut Gradients<'_>,
        control: &Control,
    ) -> Result<(), FitError> {
        net.pool_backward(pack, &self.pooled, &self.lengths, slopes, &mut desk.slopes.states);
        let first = net.first();
        for (place, number) in (first..net.layout.layers.len()).enumerate().rev() {
            heard(control)?;
            let input = match place.checked_sub(1) {
                None => &self.input,
                Some(below) => {
                    let normal = &self.tapes[below].output;
                    let (weight, bias) = net.pair(&net.layer(number - 1).output_norm);
                    norm_again(normal, weight, bias, room(&mut desk.input, normal.len()));
                    &desk.input
                }
            };
            net.block_backward(number, pack, input, &self.tapes[place], &mut desk.slopes, gradients);
        }
        if net.trains_embeddings() {
            let slopes = &mut desk.slopes.states;
            net.embed_backward(pack, &self.embedding, gradients, slopes);
            // The states are no longer needed: the trainer scatters from here.
            std::mem::swap(&mut self.states, slopes);
        }
        Ok(())
    }

    /// After [`Pass::backward`], where embeddings are trained.
    pub(crate) fn scatter(&self, net: Net<'_>, pack: &Pack, gradients: &mut Gradients<'_>) {
        net.scatter(pack, &self.states, gradients);
    }
}
