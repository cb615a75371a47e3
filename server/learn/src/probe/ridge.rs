//! Kernel ridge regression: least squares from points onto one-hot labels, the same for every fold, so that one Cholesky a fold
//! solves for all classes.
//!
//! With `A = Σ x xᵀ + λ` over the points learned from, the weights are `A⁻¹ Σ x (e[y] − 1/classes)ᵀ`. A label that changed touches
//! the right side alone: roots of A that were kept give its refit in moments.
//!
//! What must stay true: a fold's model never learns from what it holds out; roots serve again only for the same texts in the same
//! folds, landmarks and penalty.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    cholesky::{Lower, Root},
    course::Course,
    dense,
    kernel::Kernel,
};
use crate::{Matrix, folds};

/// Floats of roots and points that are kept at most.
const KEPT: usize = 9 << 19;
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

/// What the next fit need not make again.
#[derive(Debug)]
pub(super) struct Kept {
    kernel: Arc<Kernel>,
    keys: Vec<u64>,
    fold_of: Vec<u32>,
    penalty: f32,
    points: Arc<Matrix>,
    /// The folds', then that of all rows.
    roots: Vec<Root>,
}

pub(super) struct Ridge<'a> {
    course: &'a Course<'a>,
    kernel: &'a Arc<Kernel>,
    points: Arc<Matrix>,
    /// `Σ x xᵀ` of what each fold holds out.
    grams: Vec<Lower>,
}

pub(super) struct Solved {
    /// Out-of-fold, linked.
    pub(super) scores: Matrix,
    /// A row a value of a point, a column a class.
    pub(super) weights: Matrix,
}

impl<'a> Ridge<'a> {
    /// `None` when cancelled, as all below.
    pub(super) fn new(course: &'a Course<'a>, kernel: &'a Arc<Kernel>) -> Option<Ridge<'a>> {
        let texts = &course.texts[..course.targets.len()];
        let points = Arc::new(kernel.points(texts, course.embeddings, course.control)?);
        let gram = |fold| Lower::of_columns(&held_out(course, &points, fold), course.control);
        let grams = (0..course.folds as u32).into_par_iter().map(gram).collect::<Option<_>>()?;
        Some(Ridge { course, kernel, points, grams })
    }

    pub(super) fn roots(&self, penalty: f32) -> Option<Vec<Root>> {
        let (first, others) = self.grams.split_first()?;
        let mut whole = first.clone();
        others.iter().for_each(|gram| whole.add(1.0, gram));
        whole.add_to_diagonal(penalty);
        let folds = 0..self.grams.len() + 1;
        let root = |fold: usize| {
            let mut gram = whole.clone();
            if let Some(held_out) = self.grams.get(fold) {
                gram.add(-1.0, held_out);
            }
            gram.root(self.course.control)
        };
        folds.into_par_iter().map(root).collect()
    }

    pub(super) fn solve(&self, roots: &[Root]) -> Option<Solved> {
        solve(self.course, &self.points, roots)
    }

    /// What is worth its memory.
    pub(super) fn keep(self, penalty: f32, roots: Vec<Root>) -> Option<Arc<Kept>> {
        let size = roots.iter().map(Root::size).sum::<usize>() + self.points.values.len();
        let kept = || Kept {
            kernel: self.kernel.clone(),
            keys: self.course.keys[..self.course.targets.len()].to_vec(),
            fold_of: self.course.fold_of.clone(),
            penalty,
            points: self.points,
            roots,
        };
        (size <= KEPT).then(|| Arc::new(kept()))
    }
}

impl Kept {
    /// Whether these are the roots of a course's problems.
    pub(super) fn serves(&self, course: &Course, kernel: &Arc<Kernel>, penalty: f32) -> bool {
        Arc::ptr_eq(&self.kernel, kernel)
            && self.penalty == penalty
            && self.keys == course.keys[..course.targets.len()]
            && self.fold_of == course.fold_of
    }

    pub(super) fn solve(&self, course: &Course) -> Option<Solved> {
        solve(course, &self.points, &self.roots)
    }
}

fn rows(course: &Course, fold: u32) -> impl Iterator<Item = usize> + Clone {
    (0..course.targets.len()).filter(move |&row| course.fold_of[row] == fold)
}

/// Points that a fold holds out.
fn held_out(course: &Course, points: &Matrix, fold: u32) -> Matrix {
    let values = rows(course, fold).flat_map(|row| points.row(row)).copied().collect();
    Matrix { columns: points.columns, values }
}

fn solve(course: &Course, points: &Matrix, roots: &[Root]) -> Option<Solved> {
    let (classes, control) = (course.classes.len(), course.control);
    let even = 1.0 / classes as f32;
    let folds = course.folds as u32;
    let right = |fold| {
        let mut targets = Matrix { columns: classes, values: Vec::new() };
        for row in rows(course, fold) {
            targets.values.resize(targets.values.len() + classes, -even);
            let end = targets.values.len();
            targets.values[end - classes + course.targets[row] as usize] += 1.0;
        }
        let points = held_out(course, points, fold);
        (!control.is_cancelled()).then(|| dense::inner(&points, &targets))
    };
    let rights: Vec<Matrix> = (0..folds).into_par_iter().map(right).collect::<Option<_>>()?;
    let mut whole = Matrix { columns: classes, values: vec![0.0; points.columns * classes] };
    rights.iter().for_each(|right| dense::add(&mut whole.values, 1.0, &right.values));
    let solve = |(fold, root): (usize, &Root)| {
        let mut weights = whole.clone();
        if let Some(held_out) = rights.get(fold) {
            dense::add(&mut weights.values, -1.0, &held_out.values);
        }
        root.forward(&mut weights, control)?;
        root.backward(&mut weights, control)?;
        Some(weights)
    };
    let mut models: Vec<Matrix> = roots.par_iter().enumerate().map(solve).collect::<Option<_>>()?;
    let weights = models.pop()?;
    let mut scores = Matrix { columns: classes, values: vec![0.0; course.targets.len() * classes] };
    for (fold, weights) in (0..folds).zip(&models) {
        let judged = dense::times(&held_out(course, points, fold), weights);
        let learned: Vec<u32> =
            (0..course.targets.len() as u32).filter(|&row| course.fold_of[row as usize] != fold).collect();
        let priors = folds::priors(&course.targets, &learned, classes);
        for (row, judged) in rows(course, fold).zip(judged.values.chunks_exact(classes)) {
            let to = &mut scores.values[row * classes..][..classes];
            to.copy_from_slice(judged);
            link(to);
            dense::add(to, 1.0, &priors);
        }
    }
    Some(Solved { scores, weights })
}
