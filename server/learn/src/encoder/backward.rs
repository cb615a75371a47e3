//! From the gradient of a loss with respect to vectors to its gradient with respect to every parameter: the blocks of [`super::net`]
//! backwards.
//!
//! What must stay true: gradients of parameters are added to what is there; activations and probabilities are made again from
//! the tapes, masks of dropout from their hash, so that a pass leaves no more than a tape a block.

use std::ops::Range;

use super::{
    kernels::{
        add, add_columns,
        dropout::Site,
        norm::{norm_again, norm_backward, norm_parameters},
        product::{Onto, View, product},
        softmax::softmax_backward,
    },
    layout::Pair,
    net::{Net, Pack, Scratch, Tape, room},
};

/// Gradients of the parameters from `start` on; of none, where only slopes along states are asked for.
pub(crate) struct Gradients<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) start: usize,
}

impl Gradients<'_> {
    pub(crate) fn none() -> Gradients<'static> {
        Gradients { values: &mut [], start: 0 }
    }

    /// Adds those of a LayerNorm.
    fn norm(&mut self, pair: &Pair, normal: &[f32], gradient: &[f32]) {
        if !self.values.is_empty() {
            let (weight, bias) = self.pair(pair);
            norm_parameters(normal, gradient, weight, bias);
        }
    }

    fn at(&mut self, range: &Range<usize>) -> &mut [f32] {
        &mut self.values[range.start - self.start..range.end - self.start]
    }

    /// Weight and bias, which lie end to end.
    fn pair(&mut self, (weight, bias): &Pair) -> (&mut [f32], &mut [f32]) {
        self.at(&(weight.start..bias.end)).split_at_mut(weight.len())
    }
}

/// Buffers of a backward pass.
#[derive(Default)]
pub(crate) struct Slopes {
    /// Along the states between two blocks.
    pub(crate) states: Vec<f32>,
    scratch: Scratch,
    hidden: Vec<f32>,
    inner: Vec<f32>,
    qkv: Vec<f32>,
    dropped: Vec<f32>,
    scores: Vec<f32>,
}

impl Net<'_> {
    /// Of a block: `slopes.states`, along what came out, become those along what went in, if something below is trained.
    pub(crate) fn block_backward(
        &self,
        number: usize,
        pack: &Pack,
        input: &[f32],
        tape: &Tape,
        slopes: &mut Slopes,
        gradients: &mut Gradients<'_>,
    ) {
        let gradient = &mut slopes.states;
        let layer = self.layer(number);
        let (hidden, inner, tokens) = (self.config.hidden, self.config.inner, pack.tokens());

        // What came out = LayerNorm(drop(active down' + bias) + middle).
        gradients.norm(&layer.output_norm, &tape.output, gradient);
        norm_backward(&tape.output, &tape.output_inverse, self.values.at(&layer.output_norm.0), gradient);
        let dense = room(&mut slopes.hidden, tokens * hidden);
        dense.copy_from_slice(gradient);
        self.drop(pack, Site::Output, number, dense);
        let active = room(&mut slopes.scratch.inner, tokens * inner);
        self.config.gelu.forward(&tape.inner, active);
        self.parameters(&layer.down, active, dense, gradients);
        let before = room(&mut slopes.inner, tokens * inner);
        self.through(&layer.down, dense, before, Onto::Replace);

        // Active = gelu(middle up' + bias).
        self.config.gelu.backward(&tape.inner, before);
        let middle = room(&mut slopes.scratch.hidden, tokens * hidden);
        let (weight, bias) = self.pair(&layer.attention_norm);
        norm_again(&tape.attention, weight, bias, middle);
        self.parameters(&layer.up, middle, before, gradients);
        self.through(&layer.up, before, gradient, Onto::Add);

        // Middle = LayerNorm(drop(context projection' + bias) + input).
        gradients.norm(&layer.attention_norm, &tape.attention, gradient);
        norm_backward(&tape.attention, &tape.attention_inverse, self.values.at(&layer.attention_norm.0), gradient);
        dense.copy_from_slice(gradient);
        self.drop(pack, Site::Projection, number, dense);
        self.parameters(&layer.projection, &tape.context, dense, gradients);
        let context = middle;
        self.through(&layer.projection, dense, context, Onto::Replace);

        self.attention_backward(number, pack, tape, slopes);
        self.parameters(&layer.qkv, input, &slopes.qkv, gradients);
        if number > self.first() || self.trains_embeddings() {
            self.through(&layer.qkv, &slopes.qkv, &mut slopes.states, Onto::Add);
        }
    }

    /// From the gradient of the context, in `slopes.scratch.hidden`, to that of query, key and value.
    fn attention_backward(&self, number: usize, pack: &Pack, tape: &Tape, slopes: &mut Slopes) {
        let (hidden, size) = (self.config.hidden, self.size());
        let wide = 3 * hidden;
        let to = room(&mut slopes.qkv, pack.tokens() * wide);
        let context = &slopes.scratch.hidden;
        for (span, &sample) in pack.spans.iter().zip(&pack.samples) {
            let length = span.len();
            let probabilities = room(&mut slopes.scratch.scores, length * length);
            let dropped = room(&mut slopes.dropped, length * length);
            let scores = room(&mut slopes.scores, length * length);
            for head in 0..self.config.heads {
                let [query, key, value] = self.qkv(&tape.qkv, span, head);
                let context = View::strided(&context[span.start * hidden + head * size..], length, size, hidden);
                let start = span.start * wide + head * size;
                self.look(&tape.qkv, span, head, probabilities);
                dropped.copy_from_slice(probabilities);
                self.drop_scores(pack, dropped, length, (sample, number, head));
                let seen = View::new(dropped, length, length).transposed();
                product(&mut to[start + 2 * hidden..], wide, seen, context, 1.0, Onto::Replace);
                product(scores, length, context, value.transposed(), 1.0, Onto::Replace);
                self.drop_scores(pack, scores, length, (sample, number, head));
                softmax_backward(probabilities, scores, length);
                let scores = View::new(scores, length, length);
                product(&mut to[start..], wide, scores, key, self.scale(), Onto::Replace);
                product(&mut to[start + hidden..], wide, scores.transposed(), query, self.scale(), Onto::Replace);
            }
        }
    }

    /// Adds the gradients of a dense layer's weight and bias.
    fn parameters(&self, pair: &Pair, input: &[f32], gradient: &[f32], gradients: &mut Gradients<'_>) {
        if gradients.values.is_empty() {
            return;
        }
        let outputs = pair.1.len();
        let inputs = pair.0.len() / outputs;
        let tokens = gradient.len() / outputs;
        let (weight, bias) = gradients.pair(pair);
        let transposed = View::new(gradient, tokens, outputs).transposed();
        product(weight, inputs, transposed, View::new(input, tokens, inputs), 1.0, Onto::Add);
        add_columns(gradient, bias);
    }

    /// From the gradient of what came out of a dense layer to that of what went in.
    fn through(&self, pair: &Pair, gradient: &[f32], to: &mut [f32], onto: Onto) {
        let weight = self.values.at(&pair.0);
        let outputs = pair.1.len();
        let inputs = weight.len() / outputs;
        let gradient = View::new(gradient, to.len() / inputs, outputs);
        product(to, inputs, gradient, View::new(weight, outputs, inputs), 1.0, onto);
    }

    /// Of [`Net::embed`]: adds the gradients of its LayerNorm, and leaves in `gradient` that of the sums of embeddings.
    pub(crate) fn embed_backward(&self, pack: &Pack, tape: &Tape, gradients: &mut Gradients<'_>, gradient: &mut [f32]) {
        self.drop(pack, Site::Embedding, 0, gradient);
        gradients.norm(&self.layout.norm, &tape.output, gradient);
        norm_backward(&tape.output, &tape.output_inverse, self.values.at(&self.layout.norm.0), gradient);
    }

    /// Adds to the tables of embeddings.
    pub(crate) fn scatter(&self, pack: &Pack, gradient: &[f32], gradients: &mut Gradients<'_>) {
        let hidden = self.config.hidden;
        let row = |table: &Range<usize>, row: usize| table.start + row * hidden..table.start + (row + 1) * hidden;
        for span in &pack.spans {
            let rows = gradient[span.start * hidden..span.end * hidden].chunks_exact(hidden);
            for ((slope, &id), position) in rows.zip(&pack.ids[span.clone()]).zip(self.config.first_position..) {
                add(gradients.at(&row(&self.layout.words, id as usize)), slope);
                add(gradients.at(&row(&self.layout.positions, position)), slope);
                if self.config.types > 0 {
                    add(gradients.at(&row(&self.layout.types, 0)), slope);
                }
            }
        }
    }

    /// Of [`Net::pool`]: from the gradient of vectors to that of states.
    pub(crate) fn pool_backward(
        &self,
        pack: &Pack,
        pooled: &[f32],
        lengths: &[f32],
        slopes: &[f32],
        gradient: &mut Vec<f32>,
    ) {
        let hidden = self.config.hidden;
        gradient.clear();
        gradient.resize(pack.tokens() * hidden, 0.0);
        if let Some(read) = &pack.read {
            for ((&token, slope), length) in read.iter().zip(slopes.chunks_exact(hidden)).zip(lengths) {
                let state = &mut gradient[token * hidden..][..hidden];
                state.iter_mut().zip(slope).for_each(|(to, slope)| *to += slope / length);
            }
            return;
        }
        let vectors = pooled.chunks_exact(hidden).zip(slopes.chunks_exact(hidden)).zip(lengths);
        for (span, ((vector, slope), length)) in pack.spans.iter().zip(vectors) {
            // A vector that is not made unit may change along itself, too.
            let along: f32 = if self.config.unit { vector.iter().zip(slope).map(|(v, s)| v * s).sum() } else { 0.0 };
            let seen = self.pooled(span);
            for state in gradient[seen.start * hidden..seen.end * hidden].chunks_exact_mut(hidden) {
                for ((to, slope), value) in state.iter_mut().zip(slope).zip(vector) {
                    *to = (slope - value * along) / length;
                }
            }
        }
    }
}
