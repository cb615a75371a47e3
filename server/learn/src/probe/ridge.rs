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
const KEPT: usize = 10 << 20;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embeddings, Encode, FitError, Text};

    const ROWS: usize = 33;

    /// A text's key is a place on a circle.
    #[derive(Debug)]
    struct Circle;

    impl Encode for Circle {
        fn id(&self) -> u64 {
            1
        }
        fn width(&self) -> usize {
            2
        }
        fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
            let values = texts.iter().flat_map(|text| {
                let angle = text.len() as f32 * 0.7;
                [angle.cos(), angle.sin()]
            });
            Ok(Matrix { columns: 2, values: values.collect() })
        }
    }

    fn with_course<T>(check: impl FnOnce(&Course) -> T) -> T {
        let text = |row| Text { key: row as u64 + 1, body: "x".repeat(row).into() };
        let texts: Vec<Text> = (0..ROWS).map(text).collect();
        let control = Control::default();
        let embeddings = Embeddings::new(Arc::new(Circle), None);
        embeddings.of(&texts, &control).expect("vectors");
        check(&Course {
            classes: ["a", "b", "c"].map(Arc::from).to_vec(),
            keys: texts.iter().map(|text| text.key).collect(),
            texts,
            targets: (0..ROWS).map(|row| (row % 7 % 3) as u32).collect(),
            folds: 3,
            fold_of: (0..ROWS).map(|row| (row / 2 % 3) as u32).collect(),
            seed: 0,
            embeddings: &embeddings,
            control: &control,
        })
    }

    /// `(Σ x xᵀ + λ)⁻¹ Σ x yᵀ` over the rows that are learned from, by elimination.
    fn direct(points: &Matrix, targets: &[u32], penalty: f64, learned: impl Fn(usize) -> bool) -> Vec<[f64; 3]> {
        let n = points.columns;
        let mut a = vec![vec![0.0; n + 3]; n];
        for row in (0..points.rows()).filter(|&row| learned(row)) {
            let x = points.row(row);
            for i in 0..n {
                (0..n).for_each(|j| a[i][j] += f64::from(x[i] * x[j]));
                let y = |class| f64::from(u8::from(targets[row] == class as u32)) - 1.0 / 3.0;
                (0..3).for_each(|class| a[i][n + class] += f64::from(x[i]) * y(class));
            }
        }
        (0..n).for_each(|i| a[i][i] += penalty);
        for i in 0..n {
            let pivot = a[i].clone();
            for (j, row) in a.iter_mut().enumerate().filter(|(j, _)| *j != i) {
                let factor = row[i] / pivot[i];
                assert!(j < n);
                row.iter_mut().zip(&pivot).for_each(|(to, from)| *to -= factor * from);
            }
        }
        (0..n).map(|i| [0, 1, 2].map(|class| a[i][n + class] / a[i][i])).collect()
    }

    #[test]
    fn scores_and_weights_are_those_of_models_solved_one_by_one() {
        with_course(|course| {
            // All texts as landmarks: folds have fewer rows than points have values; and few landmarks: they have more.
            for landmarks in [ROWS, 5] {
                let kernel = Arc::new(Kernel::of(&course.texts[..landmarks], 0.2, course.embeddings, 0));
                let known = Points::of(course, &kernel).expect("no cancel");
                let solved = known.ridge(0.3, course.control).and_then(|ridge| ridge.solve(course)).expect("no cancel");
                let truth = direct(&known.points, &course.targets, 0.3, |_| true);
                for (weights, truth) in solved.weights.values.chunks(3).zip(&truth) {
                    weights.iter().zip(truth).for_each(|(a, b)| assert!((f64::from(*a) - b).abs() < 1e-3));
                }
                for row in 0..ROWS {
                    let fold = course.fold_of[row];
                    let learned = |row: usize| course.fold_of[row] != fold;
                    let weights = direct(&known.points, &course.targets, 0.3, learned);
                    let x = known.points.row(row);
                    let mut truth = [0, 1, 2]
                        .map(|class| x.iter().zip(&weights).map(|(x, w)| f64::from(*x) * w[class]).sum::<f64>() as f32);
                    link(&mut truth);
                    let rows: Vec<u32> = (0..ROWS as u32).filter(|&row| learned(row as usize)).collect();
                    dense::add(&mut truth, 1.0, &folds::priors(&course.targets, &rows, 3));
                    for (score, truth) in solved.scores.row(row).iter().zip(truth) {
                        assert!((score - truth).abs() < 1e-2, "{score} {truth} in row {row}, {landmarks} landmarks");
                    }
                }
            }
        });
    }

    #[test]
    fn with_all_texts_as_landmarks_the_kernel_is_exact() {
        with_course(|course| {
            let kernel = Kernel::of(&course.texts, 0.2, course.embeddings, 0);
            let points = kernel.points(&course.texts, course.embeddings, course.control).expect("no cancel");
            let likeness = kernel.likeness(&course.texts, course.embeddings);
            let products = dense::rows_product(&points.values, &points.values, points.columns);
            for (product, likeness) in products.iter().zip(&likeness.values) {
                assert!((product - 1.0 - likeness).abs() < 3e-3, "{product} {likeness}");
            }
        });
    }

    #[test]
    fn links_keep_the_order_and_are_finite() {
        let mut estimates = [-1e9, -0.4, 0.0, 0.5, 1.2, 1e9];
        link(&mut estimates);
        assert!(estimates.is_sorted() && estimates.iter().all(|score| score.is_finite()), "{estimates:?}");
    }
}
