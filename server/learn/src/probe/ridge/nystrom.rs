//! Ridge regression of points, where landmarks are fewer than the rows (or others than these).
//!
//! With `A = Σ x xᵀ + λ = L Lᵀ` over all labelled points and `z = L⁻¹ x`, the weights of all rows are `L⁻ᵀ u`, `u = Σ z yᵀ`, y being
//! `e[label] − 1/classes`. What a model that had not seen the rows B of a fold says of them follows without a model of its own:
//! `Y_B − (1 − Z_B Z_Bᵀ)⁻¹ (Y_B − Z_B u)`; so it does from `(1 − Z_Bᵀ Z_B)⁻¹ (u − Z_Bᵀ Y_B)`, for folds of more rows than a point has
//! values (both by the identity of Woodbury).
//!
//! What must stay true: labels touch neither L nor z, so that these serve again, whatever labels change, as long as the same texts
//! have labels.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{
    Solved,
    gaps::{Gap, Rest},
    hold_out, targets,
};
use crate::{
    Control, Matrix,
    probe::{
        cholesky::{Lower, Root},
        course::Course,
        dense,
        kernel::Kernel,
    },
};

/// Points before a penalty is chosen.
pub(in crate::probe) struct Points {
    keys: Vec<u64>,
    points: Matrix,
    /// `Σ x xᵀ`
    gram: Lower,
}

/// All but labels.
#[derive(Debug)]
pub(in crate::probe) struct Nystrom {
    kernel: Arc<Kernel>,
    keys: Vec<u64>,
    penalty: f32,
    root: Root,
    /// z of each labelled row.
    points: Matrix,
    /// Of the folds that were last asked for.
    gaps: Mutex<FxHashMap<u32, Arc<Gap>>>,
}

/// Rows that a fold holds out.
struct HeldOut {
    fold: u32,
    rows: Vec<u32>,
    points: Matrix,
    targets: Matrix,
}

impl Points {
    /// `None` when cancelled, as all below.
    pub(super) fn of(course: &Course, kernel: &Kernel) -> Option<Points> {
        let labelled = course.targets.len();
        let points = kernel.points(&course.texts[..labelled], course.embeddings, course.control)?;
        let gram = Lower::of_columns(&points, course.control)?;
        Some(Points { keys: course.keys[..labelled].to_vec(), points, gram })
    }

    pub(super) fn ridge(&self, kernel: &Arc<Kernel>, penalty: f32, control: &Control) -> Option<Nystrom> {
        let mut gram = self.gram.clone();
        gram.add_to_diagonal(penalty);
        let root = gram.root(control)?;
        let points = root.turn(&self.points, control)?;
        let (kernel, keys) = (kernel.clone(), self.keys.clone());
        Some(Nystrom { kernel, keys, penalty, root, points, gaps: Mutex::default() })
    }
}

impl Nystrom {
    /// Whether it is that of these texts.
    pub(super) fn serves(&self, keys: &[u64], kernel: &Arc<Kernel>, penalty: f32) -> bool {
        Arc::ptr_eq(&self.kernel, kernel) && self.penalty == penalty && self.keys == keys
    }

    pub(super) fn floats(&self) -> usize {
        let of_gaps: usize = self.gaps().values().map(|gap| gap.floats()).sum();
        self.points.values.len() + self.points.columns * self.points.columns / 2 + of_gaps
    }

    /// `with_landmarks`: landmarks that a fold holds out are judged as unseen texts would be, which takes a while; else their scores are not.
    pub(super) fn solve(&self, course: &Course, with_landmarks: bool) -> Option<Solved> {
        let (classes, control) = (course.classes.len(), course.control);
        let folds = (0..course.folds as u32).into_par_iter().map(|fold| self.held_out(course, fold));
        let folds: Vec<HeldOut> = folds.collect();
        let right = |fold: &HeldOut| (!control.is_cancelled()).then(|| dense::inner(&fold.points, &fold.targets));
        let rights: Vec<Matrix> = folds.par_iter().map(right).collect::<Option<_>>()?;
        let mut whole = Matrix { columns: classes, values: vec![0.0; self.points.columns * classes] };
        rights.iter().for_each(|right| dense::add(&mut whole.values, 1.0, &right.values));
        let pairs = folds.into_par_iter().zip(&rights);
        let judged = pairs.map(|(fold, right)| {
            let rest = Rest::of(&fold.points, control)?;
            let (mut judged, weights) = fold.judged(&rest, &whole, right, control)?;
            if with_landmarks {
                self.gap(course, &fold, &rest)?.mend(&mut judged, &self.flat(weights, control)?);
            }
            Some((fold.rows, judged))
        });
        let judged: Vec<(Vec<u32>, Matrix)> = judged.collect::<Option<_>>()?;
        Some(Solved { scores: hold_out(course, &judged), weights: self.flat(whole, control)? })
    }

    fn held_out(&self, course: &Course, fold: u32) -> HeldOut {
        let rows: Vec<u32> =
            (0..course.targets.len() as u32).filter(|&row| course.fold_of[row as usize] == fold).collect();
        HeldOut { fold, points: self.points.of_rows(&rows), targets: targets(course, &rows), rows }
    }

    /// Weights of z as weights of likenesses: a row a class, the intercept last.
    fn flat(&self, mut weights: Matrix, control: &Control) -> Option<Matrix> {
        self.root.backward(&mut weights, control)?;
        self.kernel.flatten(weights, control)
    }

    fn gaps(&self) -> MutexGuard<'_, FxHashMap<u32, Arc<Gap>>> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gap(&self, course: &Course, fold: &HeldOut, rest: &Rest) -> Option<Arc<Gap>> {
        if let Some(gap) = self.gaps().get(&fold.fold).filter(|gap| gap.is_of(&fold.rows)) {
            return Some(gap.clone());
        }
        let known: FxHashMap<u64, u32> = self.kernel.keys.iter().copied().zip(0..).collect();
        let landmark = |row: &u32| known.get(&self.keys[*row as usize]).copied();
        let read = |landmarks: &[u32]| {
            let mut readers = self.kernel.readers(landmarks, course.control)?;
            self.root.forward(&mut readers, course.control)?;
            Some(readers)
        };
        let landmark_of = fold.rows.iter().map(landmark).collect();
        let gap = Arc::new(Gap::of(&fold.rows, landmark_of, read, &fold.points, rest, course.control)?);
        self.gaps().insert(fold.fold, gap.clone());
        Some(gap)
    }
}

impl HeldOut {
    /// What the other folds' model says, and that model's weights, given `Σ z yᵀ` of all rows and of these.
    fn judged(&self, rest: &Rest, whole: &Matrix, right: &Matrix, control: &Control) -> Option<(Matrix, Matrix)> {
        let mut weights = whole.clone();
        if rest.by_rows {
            let mut errors = self.targets.clone();
            dense::add(&mut errors.values, -1.0, &dense::times(&self.points, whole).values);
            rest.root.forward(&mut errors, control)?;
            rest.root.backward(&mut errors, control)?;
            let mut judged = self.targets.clone();
            dense::add(&mut judged.values, -1.0, &errors.values);
            dense::add(&mut weights.values, -1.0, &dense::inner(&self.points, &errors).values);
            return Some((judged, weights));
        }
        dense::add(&mut weights.values, -1.0, &right.values);
        rest.root.forward(&mut weights, control)?;
        rest.root.backward(&mut weights, control)?;
        Some((dense::times(&self.points, &weights), weights))
    }
}
