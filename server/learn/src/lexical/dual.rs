//! Softmax regression, or logistic regression of each label by itself, with an L2 penalty, solved in its dual.
//!
//! Primal: minimise over W  `|W|² / 2C + Σᵢ (logsumexp(W xᵢ) − (W xᵢ)[yᵢ])`, as scikit-learn counts C, with the intercept as one
//! more, constant feature. Dual: every row holds a distribution pᵢ over the classes, and `W = C Σᵢ (e[yᵢ] − pᵢ) xᵢᵀ`. At the
//! optimum pᵢ is what W predicts for the row. Blockwise coordinate ascent (Yu, Huang and Lin 2011) visits the rows in random order
//! and solves each row's pᵢ exactly ([`crate::softmax`]).
//!
//! Of labels that do not exclude each other, W has a row a label, and pᵢ a probability of each, by itself ([`crate::sigmoid`]):
//! as many problems, which share the reading of the rows.
//!
//! What must stay true: W is always the sum above, so that the duality gap is `Σᵢ KL(pᵢ ‖ softmax(W xᵢ))`, or that of sigmoids, and bounds how far the
//! objective is from its minimum. One thread solves one problem: the result does not depend on how many there are.
//! The p of a row does not depend on its label's name or on the space: they are what a warm start keeps.

use super::space::Rows;
use crate::{
    Control,
    lesson::Targets,
    sigmoid,
    softmax::{divergence, improve, shuffle},
};

/// Value of the constant feature: large enough that its share of the penalty does not matter.
const INTERCEPT: f32 = 1.0;
/// A fit ends when the duality gap is at most this a row, in nats, and no row's part is more than [`WORST`]: a changed label that
/// is not yet believed is no more than one row of many.
pub(super) const GAP: f64 = 1e-3;
const WORST: f64 = 1e-2;
const PASSES: usize = 200;
/// A label of a row that lacks less is left as it is: there are many labels a row.
const LABEL_GAP: f32 = 2e-5;

/// Weights by dimension, the classes of one together; the last dimension is the intercept.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    /// Floats from one dimension to the next: the classes and what fills up a vector register.
    stride: usize,
    values: Vec<f32>,
}

impl Weights {
    pub(super) fn zero(dimensions: usize, classes: usize) -> Weights {
        let stride = stride(classes);
        Weights { stride, values: vec![0.0; (dimensions + 1) * stride] }
    }

    /// `None` when there are not as many values as the shape needs.
    pub(super) fn from_values(dimensions: usize, classes: usize, values: Vec<f32>) -> Option<Weights> {
        let stride = stride(classes);
        ((dimensions + 1).checked_mul(stride)? == values.len()).then_some(Weights { stride, values })
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Scores of a point; `scores` is as long as the stride.
    pub(super) fn score(&self, point: impl Iterator<Item = (u32, f32)>, scores: &mut [f32]) {
        let intercept = self.values.len() - self.stride;
        for (score, weight) in scores.iter_mut().zip(&self.values[intercept..]) {
            *score = INTERCEPT * weight;
        }
        match self.stride {
            2 => score::<2>(&self.values, point, scores),
            4 => score::<4>(&self.values, point, scores),
            8 => score::<8>(&self.values, point, scores),
            _ => {
                for (dimension, value) in point {
                    let from = dimension as usize * self.stride;
                    add(scores, value, &self.values[from..from + self.stride]);
                }
            }
        }
    }

    /// What a dimension adds to each class.
    pub(super) fn of(&self, dimension: u32) -> &[f32] {
        &self.values[dimension as usize * self.stride..][..self.stride]
    }

    /// Adds the outer product of a step and a point.
    fn step(&mut self, ids: &[u32], values: &[f32], step: &[f32]) {
        let intercept = self.values.len() - self.stride;
        add(&mut self.values[intercept..], INTERCEPT, step);
        match self.stride {
            2 => add_outer::<2>(&mut self.values, ids, values, step),
            4 => add_outer::<4>(&mut self.values, ids, values, step),
            8 => add_outer::<8>(&mut self.values, ids, values, step),
            stride => {
                for (&dimension, &value) in ids.iter().zip(values) {
                    let from = dimension as usize * stride;
                    add(&mut self.values[from..from + stride], value, step);
                }
            }
        }
    }
}

pub(super) fn stride(classes: usize) -> usize {
    if classes <= 8 { classes.next_power_of_two().max(2) } else { classes.next_multiple_of(8) }
}

fn score<const N: usize>(weights: &[f32], point: impl Iterator<Item = (u32, f32)>, scores: &mut [f32]) {
    let weights = weights.as_chunks::<N>().0;
    let mut sums = [0.0f32; N];
    for (dimension, value) in point {
        let weights = &weights[dimension as usize];
        for c in 0..N {
            sums[c] += value * weights[c];
        }
    }
    for (score, sum) in scores.iter_mut().zip(sums) {
        *score += sum;
    }
}

fn add_outer<const N: usize>(weights: &mut [f32], ids: &[u32], values: &[f32], step: &[f32]) {
    let weights = weights.as_chunks_mut::<N>().0;
    let Some(step) = step.first_chunk::<N>() else { return };
    for (&dimension, &value) in ids.iter().zip(values) {
        let weights = &mut weights[dimension as usize];
        for c in 0..N {
            weights[c] += value * step[c];
        }
    }
}

fn add(to: &mut [f32], factor: f32, of: &[f32]) {
    let (to, to_rest) = to.as_chunks_mut::<8>();
    let (of, of_rest) = of.as_chunks::<8>();
    for (to, of) in to.iter_mut().zip(of) {
        for c in 0..8 {
            to[c] += factor * of[c];
        }
    }
    for (to, of) in to_rest.iter_mut().zip(of_rest) {
        *to += factor * of;
    }
}

pub(super) struct Problem<'a> {
    pub(super) rows: &'a Rows,
    pub(super) targets: &'a Targets,
    pub(super) classes: usize,
    pub(super) dimensions: usize,
    /// C: the larger, the weaker the penalty.
    pub(super) strength: f32,
}

impl Problem<'_> {
    /// Solves for the rows in `members`, starting from their `duals` (a row of the problem after the other, `classes` each), which
    /// are left at the optimum. `None` when cancelled.
    pub(super) fn solve(
        &self,
        members: &[u32],
        duals: &mut [f32],
        seed: u64,
        control: &Control,
        on_pass: &mut dyn FnMut(f64),
    ) -> Option<Weights> {
        let mut weights = self.weights(members, duals);
        let (mut scores, mut step) = (vec![0.0; weights.stride], vec![0.0; weights.stride]);
        let mut order = members.to_vec();
        let mut random = seed | 1;
        for _ in 0..PASSES {
            if control.is_cancelled() {
                return None;
            }
            shuffle(&mut order, &mut random);
            let (mut gap, mut worst) = (0.0, 0.0f64);
            for &row in &order {
                let (ids, values) = self.rows.row(row as usize);
                let dual = &mut duals[row as usize * self.classes..][..self.classes];
                weights.score(ids.iter().copied().zip(values.iter().copied()), &mut scores);
                let square = || INTERCEPT * INTERCEPT + values.iter().map(|value| value * value).sum::<f32>();
                let lacks = if self.targets.are_sets() {
                    sigmoid::improve(dual, &scores, self.strength * square(), LABEL_GAP, &mut step[..self.classes])
                } else {
                    let divergence = divergence(dual, &scores);
                    if divergence >= GAP / 10.0 {
                        step[..self.classes].copy_from_slice(dual);
                        improve(dual, &scores, self.strength * square());
                        step.iter_mut().zip(&*dual).for_each(|(step, dual)| *step -= dual);
                    } else {
                        step.fill(0.0);
                    }
                    divergence
                };
                gap += lacks;
                worst = worst.max(lacks);
                if step.iter().any(|step| *step != 0.0) {
                    step.iter_mut().for_each(|step| *step *= self.strength);
                    weights.step(ids, values, &step);
                }
            }
            gap /= members.len().max(1) as f64;
            on_pass(gap);
            if gap <= GAP && worst <= WORST {
                break;
            }
        }
        Some(weights)
    }

    /// `C Σ (e[y] − p) xᵀ`
    fn weights(&self, members: &[u32], duals: &[f32]) -> Weights {
        let mut weights = Weights::zero(self.dimensions, self.classes);
        let mut step = vec![0.0; weights.stride];
        for &row in members {
            let dual = &duals[row as usize * self.classes..][..self.classes];
            for (step, dual) in step.iter_mut().zip(dual) {
                *step = -self.strength * dual;
            }
            self.targets.of(row as usize).iter().for_each(|&target| step[target as usize] += self.strength);
            if step.iter().all(|step| *step == 0.0) {
                continue;
            }
            let (ids, values) = self.rows.row(row as usize);
            weights.step(ids, values, &step);
        }
        weights
    }
}
