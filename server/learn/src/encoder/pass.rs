//! A pass of one pack through an encoder, and back.
//!
//! What must stay true: blocks below the first trained one are computed without dropout, so that their states may be kept; a cancel
//! is heard before each block, both ways.

use super::{
    backward::{Gradients, Slopes},
    kernels::norm::norm_again,
    net::{Drops, Net, Pack, Scratch, Tape, room},
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
    /// Of unit length, a row a sequence.
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
    gradient: Vec<f32>,
}

impl Net<'_> {
    /// The number of the first trained block.
    pub(crate) fn first(&self) -> usize {
        self.layout.layers.iter().take_while(|layer| layer.qkv.0.start < self.trained).count()
    }

    pub(crate) fn trains_embeddings(&self) -> bool {
        self.trained == 0
    }
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
        drops: Drops,
        desk: &mut Desk,
        control: &Control,
    ) -> Result<(), FitError> {
        let drops = if net.trains_embeddings() { drops } else { Drops::default() };
        net.embed(pack, drops, &mut self.embedding, &mut self.states);
        for number in 0..net.first() {
            heard(control)?;
            let Desk { tape, scratch, .. } = desk;
            net.block(number, pack, Drops::default(), &self.states, tape, scratch, &mut self.next);
            std::mem::swap(&mut self.states, &mut self.next);
        }
        Ok(())
    }

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
        drops: Drops,
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
            net.block(number, pack, drops, &self.states, tape, &mut desk.scratch, &mut self.next);
            std::mem::swap(&mut self.states, &mut self.next);
        }
        (self.pooled, self.lengths) = net.pool(pack, &self.states);
        Ok(())
    }

    /// Adds to `gradients`, given the loss's slopes along the pooled vectors. Where embeddings are trained, `embeddings` hears of the
    /// slopes along their sums.
    pub(crate) fn backward(
        &mut self,
        net: Net<'_>,
        pack: &Pack,
        drops: Drops,
        slopes: &[f32],
        desk: &mut Desk,
        gradients: &mut Gradients<'_>,
        control: &Control,
    ) -> Result<(), FitError> {
        let gradient = &mut desk.gradient;
        net.pool_backward(pack, &self.pooled, &self.lengths, slopes, gradient);
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
            let on = place > 0 || net.trains_embeddings();
            let tape = &self.tapes[place];
            net.block_backward(number, pack, drops, input, tape, &mut desk.slopes, gradients, gradient, on);
        }
        if net.trains_embeddings() {
            net.embed_backward(pack, drops, &self.embedding, gradients, gradient);
            // The states are no longer needed: the trainer scatters from here, in the order of samples.
            std::mem::swap(&mut self.states, gradient);
        }
        Ok(())
    }

    /// After [`Pass::backward`], where embeddings are trained.
    pub(crate) fn scatter(&self, net: Net<'_>, pack: &Pack, gradients: &mut Gradients<'_>) {
        net.scatter(pack, &self.states, gradients);
    }
}
