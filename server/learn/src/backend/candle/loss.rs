//! The losses of `tuning/loss.rs`, as tensors.

use candle_core::{D, Result as Made, Tensor, Var};

use super::Place;
use crate::{
    lesson::Targets,
    tuning::loss::{likeness, pair_shares, wanted},
};

/// A linear layer over vectors: classes x hidden, and a bias a class.
pub(super) struct Head {
    pub(super) weight: Var,
    pub(super) bias: Var,
    pub(super) scale: f64,
}

impl Head {
    /// A row a vector, a column a class.
    pub(super) fn scores(&self, vectors: &Tensor) -> Made<Tensor> {
        (vectors.matmul(&self.weight.t()?)? * self.scale)?.broadcast_add(&self.bias)
    }

    /// A share of the mean over `of` vectors.
    pub(super) fn cross_entropy(
        &self,
        vectors: &Tensor,
        targets: &Targets,
        of: usize,
        smoothing: f32,
        place: &Place,
    ) -> Made<Tensor> {
        let scores = self.scores(vectors)?;
        let classes = scores.dim(1)?;
        let wanted: Vec<f32> = (0..targets.len()).flat_map(|row| wanted(targets, row, classes, smoothing)).collect();
        let wanted = place.tensor(wanted, &[targets.len(), classes])?;
        if targets.are_sets() {
            // ln (1 + exp s), in a form that no score overflows.
            let softplus = (scores.relu()? + (scores.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
            return (softplus - wanted.mul(&scores)?)?.sum_all()? * (1.0 / of as f64);
        }
        let above = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?;
        let logarithms = above.broadcast_sub(&above.exp()?.sum_keepdim(D::Minus1)?.log()?)?;
        wanted.mul(&logarithms)?.sum_all()? * (-1.0 / of as f64)
    }
}

/// Over all pairs of vectors.
pub(super) fn pairs(vectors: &Tensor, targets: &Targets, place: &Place) -> Made<Tensor> {
    let rows = targets.len();
    let shares = pair_shares(targets);
    let (mut weights, mut wanted) = (vec![0.0; rows * rows], vec![0.0; rows * rows]);
    for row in 0..rows {
        for other in 0..rows {
            let alike = likeness(targets, row, other);
            wanted[row * rows + other] = alike;
            weights[row * rows + other] = if row == other { 0.0 } else { shares[usize::from(alike > 0.0)] };
        }
    }
    let off = (vectors.matmul(&vectors.t()?)? - place.tensor(wanted, &[rows, rows])?)?;
    off.sqr()?.mul(&place.tensor(weights, &[rows, rows])?)?.sum_all()
}
