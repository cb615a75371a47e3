//! Sequences side by side, padded to the longest, and what is dropped of them.

use candle_core::{DType, Result as Made, Tensor};
use rayon::prelude::*;

use super::Place;
use crate::{
    backend::Read,
    encoder::{
        config::Pooling,
        kernels::dropout::{Dropout, Site},
        net::Drops,
    },
};

/// What is added to the scores of padding: no probability is left of it in single precision.
const NEVER: f32 = -1e30;

pub(super) struct Batch {
    place: Place,
    pub(super) sequences: usize,
    /// Tokens of the longest.
    pub(super) longest: usize,
    /// A row a sequence, end to end.
    pub(super) ids: Tensor,
    /// sequences x longest x 1: which tokens there are.
    there: Tensor,
    /// sequences x 1 x 1 x longest: added to scores.
    pub(super) unseen: Tensor,
    /// Of sequences x longest tokens, those whose states are asked for instead of a vector for each sequence.
    pub(super) read: Option<Tensor>,
    /// Which of all sequences each is, by which its masks are made.
    samples: Vec<usize>,
    lengths: Vec<usize>,
    drops: Drops,
}

impl Batch {
    pub(super) fn new(
        samples: &[usize],
        all: &[Box<[u32]>],
        read: Option<&Read>,
        drops: Drops,
        place: &Place,
    ) -> Made<Batch> {
        let lengths: Vec<usize> = samples.iter().map(|&sample| all[sample].len()).collect();
        let (sequences, longest) = (samples.len(), lengths.iter().copied().max().unwrap_or(0));
        let mut ids = vec![0u32; sequences * longest];
        let mut there = vec![0f32; sequences * longest];
        let rows = ids.chunks_exact_mut(longest.max(1)).zip(there.chunks_exact_mut(longest.max(1)));
        for ((ids, there), &sample) in rows.zip(samples) {
            let length = all[sample].len();
            ids[..length].copy_from_slice(&all[sample]);
            there[..length].fill(1.0);
        }
        let of_all = |read: &Read| {
            let of = |(sequence, &sample): (usize, &usize)| {
                read.of(sample).iter().map(move |token| (sequence * longest) as u32 + token)
            };
            let tokens: Vec<u32> = samples.iter().enumerate().flat_map(of).collect();
            let count = tokens.len();
            Tensor::from_vec(tokens, count, &place.device)
        };
        let read = read.map(of_all).transpose()?;
        let unseen = there.iter().map(|there| (1.0 - there) * NEVER).collect();
        Ok(Batch {
            sequences,
            longest,
            ids: Tensor::from_vec(ids, sequences * longest, &place.device)?,
            there: place.tensor(there, &[sequences, longest, 1])?,
            unseen: place.tensor(unseen, &[sequences, 1, 1, longest])?,
            read,
            samples: samples.to_vec(),
            lengths,
            drops,
            place: place.clone(),
        })
    }

    /// Drops from states, sequences x longest x hidden.
    pub(super) fn drop(&self, states: Tensor, site: Site, number: usize) -> Made<Tensor> {
        let Some(dropout) = self.drops.hidden else { return Ok(states) };
        let hidden = states.dim(2)?;
        self.masked(states, dropout, self.longest * hidden, |sequence, sample, mask| {
            let rows = mask.chunks_exact_mut(hidden).take(self.lengths[sequence]);
            rows.enumerate().for_each(|(row, mask)| dropout.apply(mask, site, sample, number, row));
        })
    }

    /// Drops from probabilities, sequences x heads x longest x longest.
    pub(super) fn drop_scores(&self, scores: Tensor, number: usize) -> Made<Tensor> {
        let Some(dropout) = self.drops.attention else { return Ok(scores) };
        let (heads, longest) = (scores.dim(1)?, self.longest);
        self.masked(scores, dropout, heads * longest * longest, |sequence, sample, mask| {
            let length = self.lengths[sequence];
            for (head, mask) in mask.chunks_exact_mut(longest * longest).enumerate() {
                for (row, mask) in mask.chunks_exact_mut(longest).take(length).enumerate() {
                    dropout.apply(&mut mask[..length], Site::Attention, sample, number, head << 24 | row);
                }
            }
        })
    }

    /// By a mask that is made sequence by sequence: ones, from which `drop` drops. A byte a number goes to the device.
    fn masked(
        &self,
        values: Tensor,
        dropout: Dropout,
        size: usize,
        drop: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) -> Made<Tensor> {
        let mut kept = vec![0u8; self.sequences * size];
        let work = |((sequence, &sample), kept): ((usize, &usize), &mut [u8])| {
            let mut mask = vec![1.0; size];
            drop(sequence, sample, &mut mask);
            kept.iter_mut().zip(&mask).for_each(|(kept, mask)| *kept = u8::from(*mask != 0.0));
        };
        self.samples.par_iter().enumerate().zip(kept.par_chunks_exact_mut(size.max(1))).for_each(work);
        let kept = Tensor::from_vec(kept, values.dims(), &self.place.device)?.to_dtype(self.place.dtype)?;
        values.mul(&(kept * f64::from(dropout.scale()))?)
    }

    /// The sum of the states that a sequence's vector is made of, sequences x hidden.
    pub(super) fn pool(&self, states: &Tensor, pooling: Pooling) -> Made<Tensor> {
        match pooling {
            Pooling::Mean => states.broadcast_mul(&self.there)?.sum(1),
            Pooling::Cls => states.narrow(1, 0, 1)?.squeeze(1),
        }
    }
}

impl Place {
    pub(super) fn tensor(&self, values: Vec<f32>, shape: &[usize]) -> Made<Tensor> {
        Tensor::from_vec(values, shape, &self.device)?.to_dtype(self.dtype)
    }

    /// Back again.
    pub(super) fn values(&self, tensor: &Tensor) -> Made<Vec<f32>> {
        tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
    }
}

/// Samples that are computed together, of like lengths, the longest first: at most `limit` tokens, padding included, or one sequence.
pub(super) fn chunks(samples: &[usize], all: &[Box<[u32]>], limit: usize) -> Vec<Vec<usize>> {
    let mut order = samples.to_vec();
    order.sort_by_key(|&sample| std::cmp::Reverse(all[sample].len()));
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    for sample in order {
        match chunks.last_mut() {
            Some(chunk) if (chunk.len() + 1) * all[chunk[0]].len() <= limit => chunk.push(sample),
            _ => chunks.push(vec![sample]),
        }
    }
    chunks
}
