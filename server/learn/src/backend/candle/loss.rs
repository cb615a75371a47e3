//! The losses of `tuning/loss.rs`, as tensors.

use candle_core::{D, Result as Made, Tensor, Var};

use super::Place;
use crate::tuning::loss::pair_shares;

/// A linear layer over vectors: classes x hidden, and a bias a class.
pub(super) struct Head {
    pub(super) weight: Var,
    pub(super) bias: Var,
    pub(super) scale: f64,
}

impl Head {
    /// A share of the mean over `of` vectors.
    pub(super) fn cross_entropy(
        &self,
        vectors: &Tensor,
        targets: &[u32],
        of: usize,
        smoothing: f32,
        place: &Place,
    ) -> Made<Tensor> {
        let scores = (vectors.matmul(&self.weight.t()?)? * self.scale)?.broadcast_add(&self.bias)?;
        let classes = scores.dim(1)?;
        let above = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?;
        let logarithms = above.broadcast_sub(&above.exp()?.sum_keepdim(D::Minus1)?.log()?)?;
        let mut wanted = vec![smoothing / classes as f32; targets.len() * classes];
        for (row, &target) in wanted.chunks_exact_mut(classes).zip(targets) {
            row[target as usize] += 1.0 - smoothing;
        }
        let wanted = place.tensor(wanted, &[targets.len(), classes])?;
        wanted.mul(&logarithms)?.sum_all()? * (-1.0 / of as f64)
    }
}

/// Over all pairs of vectors.
pub(super) fn pairs(vectors: &Tensor, targets: &[u32], place: &Place) -> Made<Tensor> {
    let rows = targets.len();
    let shares = pair_shares(targets);
    let (mut weights, mut wanted) = (vec![0.0; rows * rows], vec![0.0; rows * rows]);
    for (row, target) in targets.iter().enumerate() {
        for (other, its) in targets.iter().enumerate() {
            let same = usize::from(target == its);
            wanted[row * rows + other] = same as f32;
            weights[row * rows + other] = if row == other { 0.0 } else { shares[same] };
        }
    }
    let off = (vectors.matmul(&vectors.t()?)? - place.tensor(wanted, &[rows, rows])?)?;
    off.sqr()?.mul(&place.tensor(weights, &[rows, rows])?)?.sum_all()
}
