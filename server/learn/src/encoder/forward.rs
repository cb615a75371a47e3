//! From ids to vectors: embeddings, then block after block of attention and feed-forward (Vaswani et al. 2017; Devlin et al. 2019).
//!
//! What must stay true: sequences of a pack lie end to end and do not see each other; what a sequence becomes depends on it
//! alone, but for the last bits.

use std::ops::Range;

use super::{
    config::{Config, Pooling},
    kernels::{
        add, add_to_rows, norm,
        product::{Onto, View, product},
        softmax::softmax,
    },
    layout::{Layer, Layout, Pair},
    packs,
};
use crate::{Control, FitError};

/// An encoder, borrowed for a pass.
pub(super) struct Blocks<'a> {
    pub(super) config: &'a Config,
    pub(super) layout: &'a Layout,
    pub(super) parameters: &'a [f32],
}

/// Buffers of one worker, grown to what a pack needs and used again.
#[derive(Default)]
pub(super) struct Workspace {
    /// A row a token, as all below but the last two.
    states: Vec<f32>,
    mixed: Vec<f32>,
    /// Query, key and value side by side.
    qkv: Vec<f32>,
    context: Vec<f32>,
    inner: Vec<f32>,
    active: Vec<f32>,
    /// Of one sequence and head: a row a token that looks, a column a token that is looked at.
    attention: Vec<f32>,
}

impl Workspace {
    fn fit(&mut self, tokens: usize, longest: usize, config: &Config) {
        let grow = |buffer: &mut Vec<f32>, len: usize| buffer.resize(len, 0.0);
        for buffer in [&mut self.states, &mut self.mixed, &mut self.context] {
            grow(buffer, tokens * config.hidden);
        }
        grow(&mut self.qkv, tokens * config.hidden * 3);
        grow(&mut self.inner, tokens * config.inner);
        grow(&mut self.active, tokens * config.inner);
        grow(&mut self.attention, longest * longest);
    }
}

impl Blocks<'_> {
    /// A pooled vector for each sequence, end to end: of unit length, or as [`Config::unit`] says.
    pub(super) fn embed(
        &self,
        sequences: &[&[u32]],
        space: &mut Workspace,
        control: &Control,
    ) -> Result<Vec<f32>, FitError> {
        let spans = packs::spans(sequences.iter().map(|sequence| sequence.len()));
        let tokens = spans.last().map_or(0, |span| span.end);
        let longest = spans.iter().map(|span| span.len()).max().unwrap_or(0);
        space.fit(tokens, longest, self.config);
        self.look_up(sequences, space);
        for layer in &self.layout.layers {
            if control.is_cancelled() {
                return Err(FitError::Cancelled);
            }
            self.attend(layer, &spans, space);
            self.feed_forward(layer, space);
        }
        Ok(self.pool(&spans, &space.states))
    }

    fn look_up(&self, sequences: &[&[u32]], space: &mut Workspace) {
        let (hidden, layout) = (self.config.hidden, self.layout);
        let row = |table: &Range<usize>, index: usize| &self.parameters[table.start + index * hidden..][..hidden];
        let mut rows = space.mixed.chunks_exact_mut(hidden);
        for sequence in sequences {
            for (place, (&id, sum)) in sequence.iter().zip(&mut rows).enumerate() {
                sum.copy_from_slice(row(&layout.words, id as usize));
                add(sum, row(&layout.positions, self.config.first_position + place));
                if self.config.types > 0 {
                    add(sum, row(&layout.types, 0));
                }
            }
        }
        self.normalise(&layout.norm, space);
    }

    fn attend(&self, layer: &Layer, spans: &[Range<usize>], space: &mut Workspace) {
        let (hidden, wide) = (self.config.hidden, self.config.hidden * 3);
        let size = hidden / self.config.heads;
        let scale = 1.0 / (size as f32).sqrt();
        self.linear(&space.states, &layer.qkv, &mut space.qkv);
        for span in spans {
            let length = span.len();
            let attention = &mut space.attention[..length * length];
            for head in 0..self.config.heads {
                let part = |third: usize| {
                    let start = span.start * wide + third * hidden + head * size;
                    View::strided(&space.qkv[start..], length, size, wide)
                };
                product(attention, length, part(0), part(1).transposed(), scale, Onto::Replace);
                softmax(attention, length);
                let context = &mut space.context[span.start * hidden + head * size..];
                product(context, hidden, View::new(attention, length, length), part(2), 1.0, Onto::Replace);
            }
        }
        self.linear(&space.context, &layer.projection, &mut space.mixed);
        add(&mut space.mixed, &space.states);
        self.normalise(&layer.attention_norm, space);
    }

    fn feed_forward(&self, layer: &Layer, space: &mut Workspace) {
        self.linear(&space.states, &layer.up, &mut space.inner);
        self.config.gelu.forward(&space.inner, &mut space.active);
        self.linear(&space.active, &layer.down, &mut space.mixed);
        add(&mut space.mixed, &space.states);
        self.normalise(&layer.output_norm, space);
    }

    /// `to = from weight' + bias`, a row a token.
    fn linear(&self, from: &[f32], (weight, bias): &Pair, to: &mut [f32]) {
        let outputs = bias.len();
        let (inputs, tokens) = (weight.len() / outputs, to.len() / outputs);
        let weight = View::new(&self.parameters[weight.clone()], outputs, inputs).transposed();
        product(to, outputs, View::new(from, tokens, inputs), weight, 1.0, Onto::Replace);
        add_to_rows(to, &self.parameters[bias.clone()]);
    }

    /// LayerNorm, from `mixed` to `states`.
    fn normalise(&self, (weight, bias): &Pair, space: &mut Workspace) {
        let (weight, bias) = (&self.parameters[weight.clone()], &self.parameters[bias.clone()]);
        norm::norm(&mut space.mixed, weight, bias, self.config.epsilon, &mut space.states);
    }

    fn pool(&self, spans: &[Range<usize>], states: &[f32]) -> Vec<f32> {
        let hidden = self.config.hidden;
        let mut pooled = vec![0.0; spans.len() * hidden];
        for (span, vector) in spans.iter().zip(pooled.chunks_exact_mut(hidden)) {
            let seen = match self.config.pooling {
                Pooling::Mean => span.clone(),
                Pooling::Cls => span.start..span.start + 1,
            };
            states[seen.start * hidden..seen.end * hidden].chunks_exact(hidden).for_each(|state| add(vector, state));
            let length = if self.config.unit {
                // Dividing by the number of tokens would change nothing.
                vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12)
            } else {
                (hidden as f32).sqrt()
            };
            vector.iter_mut().for_each(|value| *value /= length);
        }
        pooled
    }
}
