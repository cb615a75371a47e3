//! Low-rank adaptation (Hu et al. 2021): in place of a matrix W, the product of two thin ones is learned that is added to it,
//! W + alpha / rank * B A.
//!
//! The sum stands among the encoder's parameters, so that passes, and what is saved, are as without it. A step takes the gradient G of
//! the sum: that of A is alpha / rank * B' G, that of B is alpha / rank * G A'.
//!
//! What must stay true: B begins at zero, so that the encoder begins as it was; only the matrices that have adapters change, each by
//! no more than the rank.

use std::ops::Range;

use super::{
    adamw::{AdamW, Group, sum},
    trainer::Rates,
};
use crate::{
    Encoder,
    encoder::kernels::product::{Onto, View, product},
    folds,
};

/// The size of adapters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Adapters {
    pub(crate) rank: usize,
    pub(crate) alpha: f32,
}

/// Adapters of query and value of the trained blocks, and the head.
pub(crate) struct Lora {
    sites: Vec<Site>,
    scale: f32,
    /// Of each site, A and then B; then the head.
    pub(super) values: Vec<f32>,
    /// As the values; one, as there is nothing to gather.
    gradients: [Vec<f32>; 1],
    adamw: AdamW,
}

/// A matrix that has an adapter.
struct Site {
    /// Among the encoder's parameters.
    range: Range<usize>,
    /// A: a row a rank, a column an input. B: a row an output, a column a rank.
    a: Range<usize>,
    b: Range<usize>,
    inputs: usize,
    outputs: usize,
    rank: usize,
}

impl Lora {
    /// Of an encoder whose parameters from `start` on are trained, with a head of so many numbers, which begin at zero.
    pub(super) fn new(
        encoder: &Encoder,
        start: usize,
        head: usize,
        adapters: Adapters,
        rates: Rates,
        seed: u64,
    ) -> Lora {
        let layout = encoder.layout();
        let hidden = layout.hidden();
        let rank = adapters.rank.clamp(1, hidden);
        let (mut sites, mut groups) = (Vec::new(), Vec::new());
        let mut end = 0;
        let mut room = |len: usize| {
            end += len;
            end - len..end
        };
        for (above, layer) in layout.layers.iter().rev().enumerate().rev() {
            let query = layer.qkv.0.start;
            for first in [query, query + 2 * hidden * hidden].into_iter().filter(|first| *first >= start) {
                let (a, b) = (room(rank * hidden), room(hidden * rank));
                groups.push(Group { range: a.start..b.end, rate: rates.layers.powi(above as i32), decay: rates.decay });
                let range = first..first + hidden * hidden;
                sites.push(Site { range, a, b, inputs: hidden, outputs: hidden, rank });
            }
        }
        groups.push(Group { range: room(head), rate: rates.head, decay: rates.decay });
        let mut values = vec![0.0; end];
        for site in &sites {
            // Even between -1 / sqrt(inputs) and that.
            let bound = 1.0 / (site.inputs as f32).sqrt();
            for place in site.a.clone() {
                let chance = (folds::order(place as u64, seed) >> 40) as f32 / (1 << 24) as f32;
                values[place] = bound * (2.0 * chance - 1.0);
            }
        }
        Lora {
            sites,
            scale: adapters.alpha / rank as f32,
            gradients: [vec![0.0; end]],
            values,
            adamw: AdamW::new(groups),
        }
    }

    /// As [`AdamW::step`]: what changes are the adapters and the head; `values`, the encoder's from `start` on and then the head's,
    /// follow.
    pub(super) fn step(
        &mut self,
        encoder: &Encoder,
        start: usize,
        values: &mut [f32],
        gradients: &mut [Vec<f32>],
        rate: f32,
        longest: f32,
    ) -> f32 {
        let length = sum(gradients);
        let Some(gradient) = gradients.first_mut() else { return length };
        if length.is_finite() {
            self.project(start, gradient);
        }
        gradient.fill(0.0);
        if !length.is_finite() {
            return length;
        }
        let length = self.adamw.step(&mut self.values, &mut self.gradients, rate, longest);
        self.renew(encoder, start, values);
        length
    }

    /// From the gradient of the sums to that of the adapters.
    pub(super) fn project(&mut self, start: usize, gradient: &[f32]) {
        let head = self.head();
        let [to] = &mut self.gradients;
        for site in &self.sites {
            let Site { outputs, inputs, rank, .. } = *site;
            let whole = View::new(&gradient[site.range.start - start..site.range.end - start], outputs, inputs);
            let a = View::new(&self.values[site.a.clone()], rank, inputs);
            let b = View::new(&self.values[site.b.clone()], outputs, rank);
            product(&mut to[site.a.clone()], inputs, b.transposed(), whole, self.scale, Onto::Replace);
            product(&mut to[site.b.clone()], rank, whole, a.transposed(), self.scale, Onto::Replace);
        }
        let from = gradient.len() - head.len();
        to[head].copy_from_slice(&gradient[from..]);
    }

    /// Writes what the adapters make of the encoder's matrices, and the head.
    pub(super) fn renew(&self, encoder: &Encoder, start: usize, values: &mut [f32]) {
        for site in &self.sites {
            let Site { outputs, inputs, rank, .. } = *site;
            let to = &mut values[site.range.start - start..site.range.end - start];
            to.copy_from_slice(encoder.values().at(&site.range));
            let a = View::new(&self.values[site.a.clone()], rank, inputs);
            let b = View::new(&self.values[site.b.clone()], outputs, rank);
            product(to, inputs, b, a, self.scale, Onto::Add);
        }
        let head = &self.values[self.head()];
        let from = values.len() - head.len();
        values[from..].copy_from_slice(head);
    }

    fn head(&self) -> Range<usize> {
        self.sites.last().map_or(0, |site| site.b.end)..self.values.len()
    }

    #[cfg(test)]
    pub(super) fn gradient(&self) -> &[f32] {
        &self.gradients[0]
    }
}
