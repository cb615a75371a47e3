//! Softmax regression on dense points, each with a weight of its own, or logistic regression of each label by itself, solved in its dual
//! ([`crate::softmax`], [`crate::sigmoid`]).
//!
//! Primal: minimise over W  `|W|² / 2C + Σᵢ wᵢ (logsumexp(W xᵢ) − (W xᵢ)[yᵢ])`; dual: `W = C Σᵢ wᵢ (e[yᵢ] − pᵢ) xᵢᵀ`, so that row i's
//! step is solved with `q = C wᵢ |xᵢ|²`.
//!
//! What must stay true: W is always the sum above; one thread solves one problem, so that the result does not depend on how many
//! there are.

use super::dense::{add, dot};
use crate::{
    Control, Matrix,
    lesson::Targets,
    sigmoid,
    softmax::{divergence, improve, shuffle},
};

/// A fit ends when the duality gap is at most this for a row of weight 1, in nats, and no row's part is more than [`WORST`].
const GAP: f64 = 1e-3;
const WORST: f64 = 1e-2;
const PASSES: usize = 100;
/// A label of a row that lacks less is left as it is.
const LABEL_GAP: f32 = 2e-5;

/// Rows of members between two looks at whether they are still wanted.
const PORTION: usize = 64;

/// Vectors, each with a last value of 1 for the intercept.
#[derive(Debug)]
pub(super) struct Points {
    pub(super) matrix: Matrix,
    squares: Vec<f32>,
}

impl Points {
    pub(super) fn of(vectors: &Matrix) -> Points {
        let columns = vectors.columns + 1;
        let mut values = Vec::with_capacity(vectors.rows() * columns);
        let mut squares = Vec::with_capacity(vectors.rows());
        for row in 0..vectors.rows() {
            values.extend(vectors.row(row));
            values.push(1.0);
            squares.push(dot(vectors.row(row), vectors.row(row)) + 1.0);
        }
        Points { matrix: Matrix { columns, values }, squares }
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        self.matrix.row(row)
    }
}

/// A row that is learned from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) row: u32,
    /// Instead of the targets of the row.
    pub(super) pseudo: Option<u32>,
    pub(super) weight: f32,
}

impl Member {
    pub(super) fn wanted<'a>(&'a self, targets: &'a Targets) -> &'a [u32] {
        self.pseudo.as_ref().map_or_else(|| targets.of(self.row as usize), std::slice::from_ref)
    }
}

pub(super) struct Problem<'a> {
    pub(super) points: &'a Points,
    pub(super) targets: &'a Targets,
    pub(super) classes: usize,
    /// C: the larger, the weaker the penalty.
    pub(super) strength: f32,
    pub(super) control: &'a Control,
}

impl Problem<'_> {
    /// Solves for the members, starting from `duals` (`classes` values for each row of `points`), which are left at the optimum.
    /// Weights: a row a class. `None` when cancelled.
    pub(super) fn solve(&self, members: &[Member], duals: &mut [f32], seed: u64) -> Option<Matrix> {
        let &Problem { points, targets, classes, strength, control } = self;
        let columns = points.matrix.columns;
        let mut weights = Matrix { columns, values: vec![0.0; classes * columns] };
        let mut step = vec![0.0; classes];
        for member in members {
            let row = member.row as usize;
            let dual = &duals[row * classes..][..classes];
            for (step, dual) in step.iter_mut().zip(dual) {
                *step = -strength * member.weight * dual;
            }
            member.wanted(targets).iter().for_each(|&target| step[target as usize] += strength * member.weight);
            take(&mut weights, &step, points.row(row));
        }
        let mut scores = vec![0.0; classes];
        let mut order: Vec<u32> = (0..members.len() as u32).collect();
        let mut random = seed | 1;
        let whole: f64 = members.iter().map(|member| f64::from(member.weight)).sum();
        for _ in 0..PASSES {
            shuffle(&mut order, &mut random);
            let (mut gap, mut worst) = (0.0, 0.0f64);
            for (turn, &place) in order.iter().enumerate() {
                if turn % PORTION == 0 && control.is_cancelled() {
                    return None;
                }
                let member = members[place as usize];
                let row = member.row as usize;
                let point = points.row(row);
                for (class, score) in scores.iter_mut().enumerate() {
                    *score = dot(weights.row(class), point);
                }
                let dual = &mut duals[row * classes..][..classes];
                let scale = strength * member.weight;
                if targets.are_sets() {
                    let lacks = sigmoid::improve(dual, &scores, scale * points.squares[row], LABEL_GAP, &mut step);
                    step.iter_mut().for_each(|step| *step *= scale);
                    take(&mut weights, &step, point);
                    gap += lacks * f64::from(member.weight);
                    worst = worst.max(lacks * f64::from(member.weight));
                    continue;
                }
                let divergence = divergence(dual, &scores);
                gap += divergence * f64::from(member.weight);
                worst = worst.max(divergence * f64::from(member.weight));
                if divergence < GAP / 10.0 {
                    continue;
                }
                step.copy_from_slice(dual);
                improve(dual, &scores, scale * points.squares[row]);
                for (step, dual) in step.iter_mut().zip(&*dual) {
                    *step = scale * (*step - dual);
                }
                take(&mut weights, &step, point);
            }
            if gap <= GAP * whole && worst <= WORST {
                break;
            }
        }
        Some(weights)
    }
}

/// Adds the outer product of a step and a point.
fn take(weights: &mut Matrix, step: &[f32], point: &[f32]) {
    for (row, &step) in weights.values.chunks_exact_mut(point.len()).zip(step) {
        // With many classes most of them have no say in a row.
        if step.abs() > 1e-6 {
            add(row, step, point);
        }
    }
}
