//! Kernel ridge regression: least squares from points onto one-hot labels, for all classes at once.
//!
//! With `A = Σ x xᵀ + λ = L Lᵀ` over all labelled points and `z = L⁻¹ x`, the weights of all rows are `L⁻ᵀ u`, `u = Σ z yᵀ`, y being
//! `e[label] − 1/classes`. What a model that had not seen the rows B of a fold says of them follows without a model of its own:
//! `Y_B − (1 − Z_B Z_Bᵀ)⁻¹ (Y_B − Z_B u)`; so it does from `(1 − Z_Bᵀ Z_B)⁻¹ (u − Z_Bᵀ Y_B)`, for folds of more rows than a point has
//! values (both by the identity of Woodbury).
//!
//! What must stay true: labels touch neither L nor z, so that these serve again, whatever labels change, as long as the same texts
//! have labels.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    cholesky::{Lower, Root},
    course::Course,
    dense,
    kernel::Kernel,
};
use crate::{Control, Matrix, folds};

/// Floats kept at most.
const KEPT: usize = 7 << 20;
/// Sharpness of the floor under probabilities that least squares give.
const SHARPNESS: f32 = 10.0;
/// Brings temperatures near 1, where their prior expects them.
const SCALE: f32 = 2.5;

/// Least squares estimate probabilities, now and then less than nothing: softly floored, their logarithms are scores. Many classes
/// need this: a softmax of the estimates themselves cannot be sure of one of 77.
pub(super) fn link(estimates: &mut [f32]) {
    let even = 1.0 / estimates.len() as f32;
    for estimate in estimates {
        let x = SHARPNESS * (*estimate + even);
        *estimate = SCALE * (x.max(0.0) + (-x.abs()).exp().ln_1p()).max(f32::MIN_POSITIVE).ln();
    }
}

/// Points before a penalty is chosen.
pub(super) struct Points {
    kernel: Arc<Kernel>,
    keys: Vec<u64>,
    points: Matrix,
    /// `Σ x xᵀ`
    gram: Lower,
}

/// All but labels.
#[derive(Debug)]
pub(super) struct Ridge {
    pub(super) kernel: Arc<Kernel>,
    keys: Vec<u64>,
    penalty: f32,
    root: Root,
    /// z of each labelled row.
    points: Matrix,
}

pub(super) struct Solved {
    /// Out-of-fold, linked.
    pub(super) scores: Matrix,
    /// A row a value of a point, a column a class.
    pub(super) weights: Matrix,
}

/// Rows that a fold holds out.
struct HeldOut {
    rows: Vec<u32>,
    points: Matrix,
    targets: Matrix,
}

impl Points {
    /// `None` when cancelled, as all below.
    pub(super) fn of(course: &Course, kernel: &Arc<Kernel>) -> Option<Points> {
        let labelled = course.targets.len();
        let points = kernel.points(&course.texts[..labelled], course.embeddings, course.control)?;
        let gram = Lower::of_columns(&points, course.control)?;
        Some(Points { kernel: kernel.clone(), keys: course.keys[..labelled].to_vec(), points, gram })
    }

    pub(super) fn ridge(&self, penalty: f32, control: &Control) -> Option<Ridge> {
        let mut gram = self.gram.clone();
        gram.add_to_diagonal(penalty);
        let root = gram.root(control)?;
        let points = root.turn(&self.points, control)?;
        Some(Ridge { kernel: self.kernel.clone(), keys: self.keys.clone(), penalty, root, points })
    }
}

impl Ridge {
    /// Whether it is that of a course's texts.
    pub(super) fn serves(&self, course: &Course, kernel: &Arc<Kernel>, penalty: f32) -> bool {
        Arc::ptr_eq(&self.kernel, kernel) && self.penalty == penalty && self.keys == course.keys[..course.targets.len()]
    }

    /// Itself, if it is worth its memory.
    pub(super) fn kept(self) -> Option<Arc<Ridge>> {
        let order = self.points.columns;
        (self.points.values.len() + order * order / 2 <= KEPT).then(|| Arc::new(self))
    }

    pub(super) fn solve(&self, course: &Course) -> Option<Solved> {
        let (classes, control) = (course.classes.len(), course.control);
        let folds = (0..course.folds as u32).into_par_iter().map(|fold| self.held_out(course, fold));
        let folds: Vec<HeldOut> = folds.collect();
        let right = |fold: &HeldOut| (!control.is_cancelled()).then(|| dense::inner(&fold.points, &fold.targets));
        let rights: Vec<Matrix> = folds.par_iter().map(right).collect::<Option<_>>()?;
        let mut whole = Matrix { columns: classes, values: vec![0.0; self.points.columns * classes] };
        rights.iter().for_each(|right| dense::add(&mut whole.values, 1.0, &right.values));
        let pairs = folds.par_iter().zip(&rights);
        let judged = pairs.map(|(fold, right)| fold.judged(&whole, right, control)).collect::<Option<Vec<Matrix>>>()?;

        let mut scores = Matrix { columns: classes, values: vec![0.0; course.targets.len() * classes] };
        for (number, (fold, judged)) in (0..).zip(folds.iter().zip(&judged)) {
            let learned: Vec<u32> =
                (0..course.targets.len() as u32).filter(|&row| course.fold_of[row as usize] != number).collect();
            let priors = folds::priors(&course.targets, &learned, classes);
            for (&row, judged) in fold.rows.iter().zip(judged.values.chunks_exact(classes)) {
                let to = &mut scores.values[row as usize * classes..][..classes];
                to.copy_from_slice(judged);
                link(to);
                dense::add(to, 1.0, &priors);
            }
        }
        self.root.backward(&mut whole, control)?;
        Some(Solved { scores, weights: whole })
    }

    fn held_out(&self, course: &Course, fold: u32) -> HeldOut {
        let classes = course.classes.len();
        let rows: Vec<u32> =
            (0..course.targets.len() as u32).filter(|&row| course.fold_of[row as usize] == fold).collect();
        let points = rows.iter().flat_map(|&row| self.points.row(row as usize)).copied().collect();
        let mut targets = Matrix { columns: classes, values: vec![-1.0 / classes as f32; rows.len() * classes] };
        for (row, values) in rows.iter().zip(targets.values.chunks_exact_mut(classes)) {
            values[course.targets[*row as usize] as usize] += 1.0;
        }
        HeldOut { rows, points: Matrix { columns: self.points.columns, values: points }, targets }
    }
}

impl HeldOut {
    /// What the other folds' model says, given `Σ z yᵀ` of all rows and of these.
    fn judged(&self, whole: &Matrix, right: &Matrix, control: &Control) -> Option<Matrix> {
        let by_rows = self.rows.len() <= self.points.columns;
        let products = if by_rows { Lower::of_rows } else { Lower::of_columns };
        let mut rest = products(&self.points, control)?;
        rest.map(|product| -product);
        rest.add_to_diagonal(1.0);
        let root = rest.root(control)?;
        if by_rows {
            let mut errors = self.targets.clone();
            dense::add(&mut errors.values, -1.0, &dense::times(&self.points, whole).values);
            root.forward(&mut errors, control)?;
            root.backward(&mut errors, control)?;
            let mut judged = self.targets.clone();
            dense::add(&mut judged.values, -1.0, &errors.values);
            return Some(judged);
        }
        let mut weights = whole.clone();
        dense::add(&mut weights.values, -1.0, &right.values);
        root.forward(&mut weights, control)?;
        root.backward(&mut weights, control)?;
        Some(dense::times(&self.points, &weights))
    }
}
