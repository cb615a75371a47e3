//! Labels that out-of-fold predictions contradict: confident learning (Northcutt, Jiang and Chuang 2021).

use crate::Matrix;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Row of the matrix.
    pub row: usize,
    /// The label that is probably meant.
    pub label: u32,
    pub probability: f32,
    /// The most suspicious has the highest.
    pub score: f32,
}

/// Most suspicious first.
pub fn find(_held_out: &Matrix, _targets: &[u32]) -> Vec<Suspect> {
    todo!()
}

/// Suspicion of every labelled row (higher: more suspicious), for ranking benches.
pub fn scores(_held_out: &Matrix, _targets: &[u32]) -> Vec<f32> {
    todo!()
}
