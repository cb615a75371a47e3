//! An encoder as tensors, and its forward pass.
//!
//! What must stay true: it computes what `encoder/net.rs` computes; parameters from the first trained one on are variables, those below
//! are not, so that no graph is kept for them.

use std::{f64::consts::SQRT_2, ops::Range};

use candle_core::{D, Result as Made, Tensor, Var};
use rustc_hash::FxHashMap;

use super::{
    Place, Stop, TOKENS,
    batch::{Batch, chunks},
    heard,
};
use crate::{
    Control, Encoder,
    backend::Read,
    encoder::{
        config::Config,
        kernels::{dropout::Site, gelu::Gelu},
        layout::{Layer, Layout, Pair},
        net::Drops,
    },
};

/// sqrt(2 / pi), and the factor of the cube, of the tanh formula.
const ROOT: f64 = 0.797_884_560_802_865_4;
const CUBE: f64 = 0.044_715;

/// Weight and bias.
#[derive(Debug)]
struct Dense(Tensor, Tensor);

#[derive(Debug)]
struct Block {
    qkv: Dense,
    projection: Dense,
    attention_norm: Dense,
    up: Dense,
    down: Dense,
    output_norm: Dense,
}

#[derive(Debug)]
pub(super) struct Model {
    config: Config,
    words: Tensor,
    positions: Tensor,
    types: Option<Tensor>,
    norm: Dense,
    blocks: Vec<Block>,
    /// Those that are trained, where they lie among all parameters.
    pub(super) variables: Vec<(Range<usize>, Var)>,
    /// The first trained block.
    pub(super) first: usize,
    trains_embeddings: bool,
}

/// Makes tensors of an encoder's parameters.
struct Maker<'a> {
    encoder: &'a Encoder,
    trained: usize,
    place: &'a Place,
    variables: Vec<(Range<usize>, Var)>,
}

impl Maker<'_> {
    fn tensor(&mut self, range: &Range<usize>, shape: &[usize]) -> Made<Tensor> {
        let tensor = self.place.tensor(self.encoder.values().at(range).to_vec(), shape)?;
        if range.start < self.trained {
            return Ok(tensor);
        }
        let variable = Var::from_tensor(&tensor)?;
        let tensor = variable.as_tensor().clone();
        self.variables.push((range.clone(), variable));
        Ok(tensor)
    }

    /// A weight's columns follow from how long it is: none but that of a norm has one row only.
    fn dense(&mut self, (weight, bias): &Pair) -> Made<Dense> {
        let rows = bias.len();
        Ok(Dense(self.tensor(weight, &[rows, weight.len() / rows])?, self.tensor(bias, &[rows])?))
    }

    fn norm(&mut self, (weight, bias): &Pair) -> Made<Dense> {
        Ok(Dense(self.tensor(weight, &[weight.len()])?, self.tensor(bias, &[bias.len()])?))
    }

    fn table(&mut self, table: &Range<usize>, hidden: usize) -> Made<Tensor> {
        self.tensor(table, &[table.len() / hidden, hidden])
    }

    fn block(&mut self, layer: &Layer) -> Made<Block> {
        Ok(Block {
            qkv: self.dense(&layer.qkv)?,
            projection: self.dense(&layer.projection)?,
            attention_norm: self.norm(&layer.attention_norm)?,
            up: self.dense(&layer.up)?,
            down: self.dense(&layer.down)?,
            output_norm: self.norm(&layer.output_norm)?,
        })
    }
}

impl Dense {
    /// A row a token.
    fn apply(&self, rows: &Tensor) -> Made<Tensor> {
        rows.matmul(&self.0.t()?)?.broadcast_add(&self.1)
    }

    /// LayerNorm, over the last dimension.
    fn normalise(&self, values: &Tensor, epsilon: f32) -> Made<Tensor> {
        let centred = values.broadcast_sub(&values.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let normal = centred.broadcast_div(&(variance + f64::from(epsilon))?.sqrt()?)?;
        normal.broadcast_mul(&self.0)?.broadcast_add(&self.1)
    }
}

/// Over the last dimension. What is subtracted first changes nothing, so that it needs no slope.
fn softmax(scores: &Tensor) -> Made<Tensor> {
    let above = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?.exp()?;
    above.broadcast_div(&above.sum_keepdim(D::Minus1)?)
}

fn gelu(gelu: Gelu, x: &Tensor) -> Made<Tensor> {
    let gate = match gelu {
        Gelu::Exact => (x / SQRT_2)?.erf()?,
        Gelu::Tanh => ((x + (x.mul(&x.sqr()?)? * CUBE)?)? * ROOT)?.tanh()?,
    };
    x.mul(&gate.affine(0.5, 0.5)?)
}

impl Model {
    /// Parameters from `trained` on are variables.
    pub(super) fn new(encoder: &Encoder, trained: usize, place: &Place) -> Made<Model> {
        let layout: &Layout = encoder.layout();
        let hidden = layout.hidden();
        let mut maker = Maker { encoder, trained, place, variables: Vec::new() };
        let words = maker.table(&layout.words, hidden)?;
        let positions = maker.table(&layout.positions, hidden)?;
        let types = match layout.types.is_empty() {
            true => None,
            false => Some(maker.table(&layout.types, hidden)?),
        };
        let norm = maker.norm(&layout.norm)?;
        let blocks = layout.layers.iter().map(|layer| maker.block(layer)).collect::<Made<_>>()?;
        Ok(Model {
            config: encoder.config().clone(),
            words,
            positions,
            types,
            norm,
            blocks,
            variables: maker.variables,
            first: layout.layers.iter().take_while(|layer| layer.qkv.0.start < trained).count(),
            trains_embeddings: trained == 0,
        })
    }

    /// A vector for each of these sequences, end to end, in their order; or a state for each of their tokens that are read.
    pub(super) fn vectors(
        &self,
        samples: &[usize],
        all: &[Box<[u32]>],
        read: Option<&Read>,
        place: &Place,
        control: &Control,
    ) -> Result<Vec<f32>, Stop> {
        let hidden = self.config.hidden;
        let mut vectors: FxHashMap<usize, Vec<f32>> = FxHashMap::default();
        for chunk in chunks(samples, all, TOKENS) {
            let batch = Batch::new(&chunk, all, read, Drops::default(), place)?;
            let states = self.start(&batch, control)?;
            let made = place.values(&self.finish(states, &batch, control)?)?;
            let mut rest = &made[..];
            for &sample in &chunk {
                let rows = read.map_or(1, |read| read.of(sample).len());
                let own = rest.split_off(..rows * hidden).unwrap_or_default();
                vectors.insert(sample, own.to_vec());
            }
        }
        Ok(samples.iter().filter_map(|sample| vectors.get(sample)).flatten().copied().collect())
    }

    /// For each token of each sequence, end to end, the mean of what these layers make of it: 0 is its embedding, others are blocks,
    /// counted from 1.
    pub(super) fn survey(
        &self,
        layers: &Range<usize>,
        sequences: &[Box<[u32]>],
        place: &Place,
        control: &Control,
    ) -> Result<Vec<f32>, Stop> {
        let hidden = self.config.hidden;
        let mut states: Vec<Vec<f32>> = vec![Vec::new(); sequences.len()];
        for chunk in chunks(&(0..sequences.len()).collect::<Vec<_>>(), sequences, TOKENS) {
            let batch = Batch::new(&chunk, sequences, None, Drops::default(), place)?;
            let mut state = self.embed(&batch)?;
            let mut sum = if layers.start == 0 { state.clone() } else { state.zeros_like()? };
            for number in 0..layers.end.saturating_sub(1) {
                heard(control)?;
                state = self.block(number, state, &batch)?;
                if layers.contains(&(number + 1)) {
                    sum = (sum + &state)?;
                }
            }
            let made = place.values(&(sum / layers.len().max(1) as f64)?)?;
            for (&index, padded) in chunk.iter().zip(made.chunks_exact(batch.longest * hidden)) {
                states[index] = padded[..sequences[index].len() * hidden].to_vec();
            }
        }
        Ok(states.concat())
    }

    /// The states that the first trained block starts from, sequences x longest x hidden; they depend on no dropout, unless
    /// everything is trained.
    pub(super) fn start(&self, batch: &Batch, control: &Control) -> Result<Tensor, Stop> {
        let mut states = self.embed(batch)?;
        for number in 0..self.first {
            heard(control)?;
            states = self.block(number, states, batch)?;
        }
        Ok(states)
    }

    fn embed(&self, batch: &Batch) -> Made<Tensor> {
        let shape = (batch.sequences, batch.longest, self.config.hidden);
        let words = self.words.index_select(&batch.ids, 0)?.reshape(shape)?;
        let positions = self.positions.narrow(0, self.config.first_position, batch.longest)?;
        let mut sums = words.broadcast_add(&positions)?;
        if let Some(types) = &self.types {
            sums = sums.broadcast_add(&types.narrow(0, 0, 1)?)?;
        }
        let mut states = self.norm.normalise(&sums, self.config.epsilon)?;
        if self.trains_embeddings {
            states = batch.drop(states, Site::Embedding, 0)?;
        }
        Ok(states)
    }

    /// From there to the pooled vectors, sequences x hidden, or to the states that are read.
    pub(super) fn finish(&self, mut states: Tensor, batch: &Batch, control: &Control) -> Result<Tensor, Stop> {
        for number in self.first..self.blocks.len() {
            heard(control)?;
            states = self.block(number, states, batch)?;
        }
        if let Some(read) = &batch.read {
            let hidden = self.config.hidden;
            let rows = states.reshape((batch.sequences * batch.longest, hidden))?;
            return Ok((rows.index_select(read, 0)? / (hidden as f64).sqrt())?);
        }
        let sums = batch.pool(&states, self.config.pooling)?;
        let vectors = if self.config.unit {
            // Dividing by the number of tokens would change nothing. What is added keeps the root of nothing from having no slope.
            let squares = sums.sqr()?.sum_keepdim(1)?;
            sums.broadcast_div(&(squares + 1e-24)?.sqrt()?)?
        } else {
            (sums / (self.config.hidden as f64).sqrt())?
        };
        Ok(vectors)
    }

    fn block(&self, number: usize, input: Tensor, batch: &Batch) -> Made<Tensor> {
        let block = &self.blocks[number];
        let (sequences, longest, hidden) = input.dims3()?;
        let (rows, shape) = ((sequences * longest, hidden), (sequences, longest, hidden));
        let drop = |values: Tensor, site: Site| match number < self.first {
            true => Ok(values),
            false => batch.drop(values, site, number),
        };

        let qkv = block.qkv.apply(&input.reshape(rows)?)?;
        let split = (sequences, longest, self.config.heads, hidden / self.config.heads);
        let third = |third: usize| {
            qkv.narrow(1, third * hidden, hidden)?.contiguous()?.reshape(split)?.transpose(1, 2)?.contiguous()
        };
        let (query, key, value) = (third(0)?, third(1)?, third(2)?);
        let scale = 1.0 / (split.3 as f64).sqrt();
        let scores = (query.matmul(&key.transpose(2, 3)?.contiguous()?)? * scale)?;
        let mut seen = softmax(&scores.broadcast_add(&batch.unseen)?)?;
        if number >= self.first {
            seen = batch.drop_scores(seen, number)?;
        }
        let context = seen.matmul(&value)?.transpose(1, 2)?.contiguous()?.reshape(rows)?;

        let projected = block.projection.apply(&context)?.reshape(shape)?;
        let middle = drop(projected, Site::Projection)?.add(&input)?;
        let middle = block.attention_norm.normalise(&middle, self.config.epsilon)?;
        let active = gelu(self.config.gelu, &block.up.apply(&middle.reshape(rows)?)?)?;
        let output = block.down.apply(&active)?.reshape(shape)?;
        let output = drop(output, Site::Output)?.add(&middle)?;
        block.output_norm.normalise(&output, self.config.epsilon)
    }
}
