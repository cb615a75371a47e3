//! From ids to vectors: embeddings, then block after block of attention and feed-forward (Vaswani et al. 2017; Devlin et al. 2019).
//!
//! What must stay true: sequences of a pack lie end to end and do not see each other; what a sequence becomes depends on it
//! alone, but for the last bits. Inference and training run the same forward pass: what the backward pass needs is left in a
//! [`Tape`], everything else is made again there ([`super::backward`]).

use std::ops::Range;

use super::{
    config::{Config, Pooling},
    kernels::{
        add, add_to_rows,
        dropout::{Dropout, Site},
        norm::norm,
        product::{Onto, View, product},
        softmax::softmax,
    },
    layout::{Layer, Layout, Pair},
};

/// An encoder, borrowed for a pass.
#[derive(Clone, Copy)]
pub(crate) struct Net<'a> {
    pub(crate) config: &'a Config,
    pub(crate) layout: &'a Layout,
    pub(crate) values: Values<'a>,
    /// The first parameter that is being trained; behind all of them at inference.
    pub(crate) trained: usize,
}

/// Parameters: from `start` on, those of a trainer stand for those of the checkpoint.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) frozen: &'a [f32],
    pub(crate) own: &'a [f32],
    pub(crate) start: usize,
}

impl<'a> Values<'a> {
    /// All from this one on; it must not lie behind `start`.
    pub(crate) fn from(self, place: usize) -> Vec<f32> {
        [&self.frozen[place..self.start], self.own].concat()
    }

    pub(crate) fn at(self, range: &Range<usize>) -> &'a [f32] {
        match range.start.checked_sub(self.start) {
            Some(start) => &self.own[start..start + range.len()],
            None => &self.frozen[range.clone()],
        }
    }
}

/// Sequences end to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pack {
    pub(crate) ids: Vec<u32>,
    pub(crate) spans: Vec<Range<usize>>,
    /// Which of a batch each sequence is.
    pub(crate) samples: Vec<usize>,
    /// Tokens whose last states are asked for, instead of a vector for each sequence.
    pub(crate) read: Option<Vec<usize>>,
    /// Of what is trained.
    drops: Drops,
    /// How much of its word each token shows, and what it shows of this one instead; empty: all.
    shares: Vec<f32>,
    blank: u32,
}

impl Pack {
    pub(crate) fn new<'a>(sequences: impl IntoIterator<Item = (usize, &'a [u32])>, drops: Drops) -> Pack {
        let mut pack = Pack { drops, ..Pack::default() };
        for (sample, ids) in sequences {
            let start = pack.ids.len();
            pack.ids.extend_from_slice(ids);
            pack.spans.push(start..pack.ids.len());
            pack.samples.push(sample);
        }
        pack
    }

    /// With so much of each token's word, and the rest of this one.
    pub(crate) fn showing(self, shares: Vec<f32>, blank: u32) -> Pack {
        Pack { shares, blank, ..self }
    }

    /// Asks for states instead of vectors: those of the tokens at these places of each sequence, given its sample.
    pub(crate) fn reading<'a>(self, places: impl Fn(usize) -> &'a [u32]) -> Pack {
        let of = |(span, &sample): (&Range<usize>, &usize)| {
            let start = span.start;
            places(sample).iter().map(move |&place| start + place as usize)
        };
        let read = self.spans.iter().zip(&self.samples).flat_map(of).collect();
        Pack { read: Some(read), ..self }
    }

    pub(crate) fn tokens(&self) -> usize {
        self.ids.len()
    }
}

/// Dropout of this step; none at inference.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Drops {
    pub(crate) hidden: Option<Dropout>,
    pub(crate) attention: Option<Dropout>,
}

/// What a block leaves for its backward pass; a row a token. Buffers keep their room from pack to pack.
#[derive(Default)]
pub(crate) struct Tape {
    /// Query, key and value side by side.
    pub(crate) qkv: Vec<f32>,
    pub(crate) context: Vec<f32>,
    /// What went into each LayerNorm, made to mean 0 and variance 1, and the inverse of what a row was divided by.
    pub(crate) attention: Vec<f32>,
    pub(crate) attention_inverse: Vec<f32>,
    /// Before GELU.
    pub(crate) inner: Vec<f32>,
    pub(crate) output: Vec<f32>,
    pub(crate) output_inverse: Vec<f32>,
}

/// Buffers that no one needs after a block.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) hidden: Vec<f32>,
    pub(crate) inner: Vec<f32>,
    /// Of one sequence and head: a row a token that looks, a column a token that is looked at.
    pub(crate) scores: Vec<f32>,
}

/// Makes room. What was there may stay: it is overwritten.
pub(crate) fn room(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.capacity() < len {
        // No more than was asked for, and without a copy: tapes are most of what a step of pairs needs.
        buffer.clear();
        buffer.reserve_exact(len);
    }
    buffer.resize(len, 0.0);
    buffer
}

impl Net<'_> {
    /// The sum of the embeddings of word, position and type, through LayerNorm.
    pub(crate) fn embed(&self, pack: &Pack, tape: &mut Tape, to: &mut Vec<f32>) {
        let (hidden, layout) = (self.config.hidden, self.layout);
        let (words, positions) = (self.values.at(&layout.words), self.values.at(&layout.positions));
        let types = self.values.at(&layout.types);
        let sums = room(&mut tape.output, pack.tokens() * hidden);
        let mut shares = pack.shares.iter();
        for span in &pack.spans {
            let rows = sums[span.start * hidden..span.end * hidden].chunks_exact_mut(hidden);
            for ((row, &id), position) in rows.zip(&pack.ids[span.clone()]).zip(self.config.first_position..) {
                row.copy_from_slice(&words[id as usize * hidden..][..hidden]);
                if let Some(share) = shares.next() {
                    let blank = &words[pack.blank as usize * hidden..][..hidden];
                    row.iter_mut()
                        .zip(blank)
                        .for_each(|(value, blank)| *value = share * *value + (1.0 - share) * blank);
                }
                add(row, &positions[position * hidden..][..hidden]);
                add(row, types.get(..hidden).unwrap_or_default());
            }
        }
        self.normalise(&layout.norm, sums, &mut tape.output_inverse, to);
        self.drop(pack, Site::Embedding, 0, to);
    }

    /// The block of this number, from `input` to `to`.
    pub(crate) fn block(
        &self,
        number: usize,
        pack: &Pack,
        input: &[f32],
        tape: &mut Tape,
        scratch: &mut Scratch,
        to: &mut Vec<f32>,
    ) {
        let layer = &self.layout.layers[number];
        let (hidden, inner, tokens) = (self.config.hidden, self.config.inner, pack.tokens());
        self.linear(input, &layer.qkv, room(&mut tape.qkv, tokens * 3 * hidden));
        self.attend(number, pack, tape, scratch);

        let sums = room(&mut tape.attention, tokens * hidden);
        self.linear(&tape.context, &layer.projection, sums);
        self.drop(pack, Site::Projection, number, sums);
        add(sums, input);
        self.normalise(&layer.attention_norm, sums, &mut tape.attention_inverse, &mut scratch.hidden);

        let before = room(&mut tape.inner, tokens * inner);
        self.linear(&scratch.hidden, &layer.up, before);
        self.config.gelu.forward(before, room(&mut scratch.inner, tokens * inner));

        let sums = room(&mut tape.output, tokens * hidden);
        self.linear(&scratch.inner, &layer.down, sums);
        self.drop(pack, Site::Output, number, sums);
        add(sums, &scratch.hidden);
        self.normalise(&layer.output_norm, sums, &mut tape.output_inverse, to);
    }

    /// Softmax(query key' / sqrt(size of a head)) value, a sequence and a head at a time.
    fn attend(&self, number: usize, pack: &Pack, tape: &mut Tape, scratch: &mut Scratch) {
        let hidden = self.config.hidden;
        let context = room(&mut tape.context, pack.tokens() * hidden);
        for (span, &sample) in pack.spans.iter().zip(&pack.samples) {
            let length = span.len();
            let scores = room(&mut scratch.scores, length * length);
            for head in 0..self.config.heads {
                self.look(&tape.qkv, span, head, scores);
                self.drop_scores(pack, scores, length, (sample, number, head));
                let [_, _, value] = self.qkv(&tape.qkv, span, head);
                let to = &mut context[span.start * hidden + head * self.size()..];
                product(to, hidden, View::new(scores, length, length), value, 1.0, Onto::Replace);
            }
        }
    }

    /// Where a head looks: probabilities.
    pub(crate) fn look(&self, qkv: &[f32], span: &Range<usize>, head: usize, scores: &mut [f32]) {
        let [query, key, _] = self.qkv(qkv, span, head);
        product(scores, span.len(), query, key.transposed(), self.scale(), Onto::Replace);
        softmax(scores, span.len());
    }

    /// Query, key and value of a head.
    pub(crate) fn qkv<'v>(&self, qkv: &'v [f32], span: &Range<usize>, head: usize) -> [View<'v>; 3] {
        let wide = 3 * self.config.hidden;
        [0, 1, 2].map(|third| {
            let start = span.start * wide + third * self.config.hidden + head * self.size();
            View::strided(&qkv[start..], span.len(), self.size(), wide)
        })
    }

    /// Numbers of a head.
    pub(crate) fn size(&self) -> usize {
        self.config.hidden / self.config.heads
    }

    pub(crate) fn scale(&self) -> f32 {
        1.0 / (self.size() as f32).sqrt()
    }

    /// Drops from rows of hidden numbers, a row a token.
    pub(crate) fn drop(&self, pack: &Pack, site: Site, number: usize, values: &mut [f32]) {
        let trained = if site == Site::Embedding { self.trains_embeddings() } else { number >= self.first() };
        let Some(dropout) = pack.drops.hidden.filter(|_| trained) else { return };
        let hidden = self.config.hidden;
        for (span, &sample) in pack.spans.iter().zip(&pack.samples) {
            let rows = values[span.start * hidden..span.end * hidden].chunks_exact_mut(hidden);
            rows.enumerate().for_each(|(row, values)| dropout.apply(values, site, sample, number, row));
        }
    }

    /// `to = from weight' + bias`, a row a token.
    fn linear(&self, from: &[f32], pair: &Pair, to: &mut [f32]) {
        let (weight, bias) = self.pair(pair);
        let outputs = bias.len();
        let (inputs, tokens) = (weight.len() / outputs, to.len() / outputs);
        let weight = View::new(weight, outputs, inputs).transposed();
        product(to, outputs, View::new(from, tokens, inputs), weight, 1.0, Onto::Replace);
        add_to_rows(to, bias);
    }

    fn normalise(&self, pair: &Pair, from: &mut [f32], inverse: &mut Vec<f32>, to: &mut Vec<f32>) {
        let (weight, bias) = self.pair(pair);
        let (inverse, to) = (room(inverse, from.len() / weight.len()), room(to, from.len()));
        norm(from, inverse, weight, bias, self.config.epsilon, to);
    }

    /// Weight and bias.
    pub(crate) fn pair(&self, (weight, bias): &Pair) -> (&[f32], &[f32]) {
        (self.values.at(weight), self.values.at(bias))
    }

    pub(crate) fn layer(&self, number: usize) -> &Layer {
        &self.layout.layers[number]
    }

    /// A vector for each sequence, end to end, and what each was divided by: its length, or as [`Config::unit`] says; or a state for each
    /// token that is read, by a constant.
    pub(crate) fn pool(&self, pack: &Pack, states: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let hidden = self.config.hidden;
        if let Some(read) = &pack.read {
            let length = (hidden as f32).sqrt();
            let state = |&token: &usize| states[token * hidden..][..hidden].iter().map(|value| value / length);
            return (read.iter().flat_map(state).collect(), vec![length; read.len()]);
        }
        let mut pooled = vec![0.0; pack.spans.len() * hidden];
        let mut lengths = Vec::with_capacity(pack.spans.len());
        for (span, vector) in pack.spans.iter().zip(pooled.chunks_exact_mut(hidden)) {
            let seen = self.pooled(span);
            states[seen.start * hidden..seen.end * hidden].chunks_exact(hidden).for_each(|state| add(vector, state));
            let length = if self.config.unit {
                // Dividing by the number of tokens would change nothing.
                vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12)
            } else {
                (hidden as f32).sqrt()
            };
            vector.iter_mut().for_each(|value| *value /= length);
            lengths.push(length);
        }
        (pooled, lengths)
    }

    /// The tokens whose states a sequence's vector is made of.
    pub(crate) fn pooled(&self, span: &Range<usize>) -> Range<usize> {
        match self.config.pooling {
            Pooling::Mean => span.clone(),
            Pooling::Cls => span.start..span.start + 1,
        }
    }

    /// Drops from the probabilities of a head, or from their gradient.
    pub(crate) fn drop_scores(
        &self,
        pack: &Pack,
        scores: &mut [f32],
        length: usize,
        (sample, number, head): (usize, usize, usize),
    ) {
        let Some(dropout) = pack.drops.attention.filter(|_| number >= self.first()) else { return };
        for (row, values) in scores.chunks_exact_mut(length).enumerate() {
            dropout.apply(values, Site::Attention, sample, number, head << 24 | row);
        }
    }

    /// The number of the first trained block.
    pub(crate) fn first(&self) -> usize {
        self.layout.layers.iter().take_while(|layer| layer.qkv.0.start < self.trained).count()
    }

    pub(crate) fn trains_embeddings(&self) -> bool {
        self.trained == 0
    }
}
