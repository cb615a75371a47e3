//! Kernel ridge regression: least squares onto one-hot labels, or onto those of a set, for all columns at once.
//!
//! What must stay true: whether all labelled texts are landmarks ([`exact`]) or some of them ([`nystrom`]), the same is computed; no
//! labels are kept from one fit for the next.

mod exact;
mod gaps;
mod nystrom;

use std::sync::Arc;

use self::{
    exact::Exact,
    nystrom::{Nystrom, Points},
};
use super::{course::Course, dense, kernel::Kernel};
use crate::{Matrix, folds, sigmoid};

/// Floats kept at most from one fit for the next.
const KEPT: usize = 10 << 20;
/// Sharpness of the floor under probabilities that least squares give.
const SHARPNESS: f32 = 10.0;
/// Brings temperatures near 1, where their prior expects them.
const SCALE: f32 = 2.5;

/// Least squares estimate probabilities, now and then less than nothing: softly floored, their logarithms are scores. Many classes
/// need this: a softmax of the estimates themselves cannot be sure of one of 77.
///
/// Of sets each estimate is the logarithm of the odds of two such: that its label applies, and that it does not.
pub(super) fn link(estimates: &mut [f32], of_sets: bool) {
    if of_sets {
        let floored = |estimate: f32| sigmoid::softplus(SHARPNESS * estimate).max(f32::MIN_POSITIVE).ln();
        estimates.iter_mut().for_each(|estimate| *estimate = floored(*estimate) - floored(1.0 - *estimate));
        return;
    }
    let even = 1.0 / estimates.len() as f32;
    for estimate in estimates {
        *estimate = SCALE * sigmoid::softplus(SHARPNESS * (*estimate + even)).max(f32::MIN_POSITIVE).ln();
    }
}

/// How steeply [`link`] rises at these estimates.
pub(super) fn steepness(estimates: &[f32], of_sets: bool) -> Vec<f32> {
    // Of ln softplus; far below nothing it is a straight line.
    let rise = |estimate: f32| {
        let x = SHARPNESS * estimate;
        SHARPNESS * if x < -20.0 { 1.0 } else { sigmoid::sigmoid(x) / sigmoid::softplus(x) }
    };
    let even = 1.0 / estimates.len() as f32;
    let of = |&estimate: &f32| match of_sets {
        true => rise(estimate) + rise(1.0 - estimate),
        false => SCALE * rise(estimate + even),
    };
    estimates.iter().map(of).collect()
}

/// What serves ridges of all penalties.
pub(super) enum Ground {
    Exact,
    Points(Points),
}

/// All but labels.
#[derive(Debug)]
pub(super) enum Ridge {
    Exact(Exact),
    Nystrom(Nystrom),
}

pub(super) struct Solved {
    /// Out-of-fold, linked.
    pub(super) scores: Matrix,
    /// Of likenesses: a row a class, the intercept last.
    pub(super) weights: Matrix,
}

impl Ground {
    /// `None` when cancelled, as all below.
    pub(super) fn of(course: &Course, kernel: &Kernel) -> Option<Ground> {
        if kernel.knows(course.labelled()) {
            Some(Ground::Exact)
        } else {
            Points::of(course, kernel).map(Ground::Points)
        }
    }

    pub(super) fn ridge(&self, course: &Course, kernel: &Arc<Kernel>, penalty: f32) -> Option<Ridge> {
        match self {
            Ground::Exact => Exact::of(course, kernel, penalty, None).map(Ridge::Exact),
            Ground::Points(points) => points.ridge(kernel, penalty, course.control).map(Ridge::Nystrom),
        }
    }
}

impl Ridge {
    /// That of a course's rows, which makes use of another, and is that other where the rows are the same. `ground`: what was made before for
    /// another penalty, or is now.
    pub(super) fn after(
        known: Option<&Arc<Ridge>>,
        course: &Course,
        kernel: &Arc<Kernel>,
        penalty: f32,
        ground: &mut Option<Ground>,
    ) -> Option<Arc<Ridge>> {
        let keys = course.labelled();
        let serves = |ridge: &&Arc<Ridge>| match &***ridge {
            Ridge::Exact(exact) => exact.serves(keys, penalty),
            Ridge::Nystrom(nystrom) => nystrom.serves(keys, kernel, penalty),
        };
        if let Some(ridge) = known.filter(serves) {
            return Some(ridge.clone());
        }
        let ridge = match known.map(|ridge| &**ridge) {
            Some(Ridge::Exact(exact)) if kernel.knows(keys) => {
                Ridge::Exact(Exact::of(course, kernel, penalty, Some(exact))?)
            }
            _ => {
                if ground.is_none() {
                    *ground = Some(Ground::of(course, kernel)?);
                }
                ground.as_ref()?.ridge(course, kernel, penalty)?
            }
        };
        Some(Arc::new(ridge))
    }

    pub(super) fn is_worth_its_memory(&self) -> bool {
        let floats = match self {
            Ridge::Exact(exact) => exact.floats(),
            Ridge::Nystrom(nystrom) => nystrom.floats(),
        };
        floats <= KEPT
    }

    pub(super) fn solve(&self, course: &Course, kernel: &Kernel) -> Option<Solved> {
        match self {
            Ridge::Exact(exact) => exact.solve(course, kernel),
            Ridge::Nystrom(nystrom) => nystrom.solve(course, true),
        }
    }

    /// As quick as can be: where some texts are landmarks and others are not, scores of landmarks are worse than they should be.
    pub(super) fn sketch(&self, course: &Course, kernel: &Kernel) -> Option<Solved> {
        match self {
            Ridge::Exact(exact) => exact.solve(course, kernel),
            Ridge::Nystrom(nystrom) => nystrom.solve(course, false),
        }
    }
}

/// What least squares are to say of some rows: 1 for what applies; less `1/classes`, where one does.
fn targets(course: &Course, rows: &[u32]) -> Matrix {
    let classes = course.classes.len();
    let even = if course.targets.are_sets() { 0.0 } else { -1.0 / classes as f32 };
    let mut targets = Matrix { columns: classes, values: vec![even; rows.len() * classes] };
    for (row, values) in rows.iter().zip(targets.values.chunks_exact_mut(classes)) {
        course.targets.of(*row as usize).iter().for_each(|&target| values[target as usize] += 1.0);
    }
    targets
}

/// Scores of all rows from what the other folds' models say of each fold's.
fn hold_out(course: &Course, folds: &[(Vec<u32>, Matrix)]) -> Matrix {
    let classes = course.classes.len();
    let mut scores = Matrix { columns: classes, values: vec![0.0; course.targets.len() * classes] };
    for (number, (rows, judged)) in (0..).zip(folds) {
        let learned: Vec<u32> =
            (0..course.targets.len() as u32).filter(|&row| course.fold_of[row as usize] != number).collect();
        let priors = folds::priors(&course.targets, &learned, classes);
        for (&row, judged) in rows.iter().zip(judged.values.chunks_exact(classes)) {
            let to = &mut scores.values[row as usize * classes..][..classes];
            to.copy_from_slice(judged);
            link(to, course.targets.are_sets());
            dense::add(to, 1.0, &priors);
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Control, Embeddings, Encode, FitError, Text, lesson::Targets};

    const ROWS: usize = 33;
    const TARGETS: [u32; ROWS] = {
        let mut targets = [0; ROWS];
        let mut row = 0;
        while row < ROWS {
            targets[row] = (row % 7 % 3) as u32;
            row += 1;
        }
        targets
    };

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
            targets: Targets::One(TARGETS.to_vec()),
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
            // All texts as landmarks; and few of them: folds have more rows than points have values.
            for landmarks in [ROWS, 5, 20] {
                let kernel = Arc::new(Kernel::of(&course.texts[..landmarks], 0.2, course.embeddings, 0));
                let ridge = Ridge::after(None, course, &kernel, 0.3, &mut None).expect("no cancel");
                assert_eq!(matches!(*ridge, Ridge::Exact(_)), landmarks == ROWS);
                let solved = ridge.solve(course, &kernel).expect("no cancel");
                let points = |texts: &[Text]| {
                    let kernel = Kernel::of(texts, 0.2, course.embeddings, 0);
                    kernel.points(&course.texts, course.embeddings, course.control).expect("no cancel")
                };
                let says = |points: &Matrix, weights: &[[f64; 3]], row: usize| {
                    let x = points.row(row);
                    [0, 1, 2].map(|class| x.iter().zip(weights).map(|(x, w)| f64::from(*x) * w[class]).sum::<f64>())
                };
                let estimates = dense::affine(&kernel.likeness(&course.texts, course.embeddings), &solved.weights);
                let all = points(&course.texts[..landmarks]);
                let truth = direct(&all, &TARGETS, 0.3, |_| true);
                for row in 0..ROWS {
                    for (estimate, truth) in estimates.row(row).iter().zip(says(&all, &truth, row)) {
                        assert!((f64::from(*estimate) - truth).abs() < 3e-3, "{estimate} {truth} in row {row}");
                    }
                    let fold = course.fold_of[row];
                    let learned = |row: usize| course.fold_of[row] != fold;
                    // Of a landmark that is held out nothing is known, not even that it is there.
                    let known: Vec<Text> = (0..landmarks)
                        .filter(|&other| row >= landmarks || learned(other))
                        .map(|other| course.texts[other].clone())
                        .collect();
                    let points = points(&known);
                    let weights = direct(&points, &TARGETS, 0.3, learned);
                    let mut truth = says(&points, &weights, row).map(|estimate| estimate as f32);
                    link(&mut truth, false);
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
    fn rows_that_come_later_end_where_all_at_once_do() {
        with_course(|course| {
            // The last text twice.
            let mut course = course.clone();
            course.texts.push(course.texts[ROWS - 1].clone());
            course.keys.push(course.keys[ROWS - 1]);
            course.targets = Targets::One([&TARGETS[..], &[1]].concat());
            course.fold_of.push(course.fold_of[ROWS - 1]);
            let kernel = Arc::new(Kernel::of(&course.texts, 0.2, course.embeddings, 0));
            let all = Ridge::after(None, &course, &kernel, 0.3, &mut None).expect("no cancel");
            let truth = all.solve(&course, &kernel).expect("no cancel");
            let mut some = course.clone();
            some.targets = Targets::One(TARGETS[..20].to_vec());
            some.fold_of.truncate(20);
            let begun = Ridge::after(None, &some, &kernel, 0.3, &mut None).expect("no cancel");
            let ridge = Ridge::after(Some(&begun), &course, &kernel, 0.3, &mut None).expect("no cancel");
            let solved = ridge.solve(&course, &kernel).expect("no cancel");
            let near = |a: &Matrix, b: &Matrix| a.values.iter().zip(&b.values).all(|(a, b)| (a - b).abs() < 1e-3);
            assert!(near(&solved.weights, &truth.weights) && near(&solved.scores, &truth.scores));
            // The same rows: nothing is made anew. A row less: all is.
            let same = Ridge::after(Some(&ridge), &course, &kernel, 0.3, &mut None).expect("no cancel");
            assert!(Arc::ptr_eq(&same, &ridge));
            let fewer = Ridge::after(Some(&ridge), &some, &kernel, 0.3, &mut None).expect("no cancel");
            let (fewer, begun) = (fewer.solve(&some, &kernel), begun.solve(&some, &kernel));
            assert!(near(&fewer.expect("no cancel").weights, &begun.expect("no cancel").weights));
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
    fn links_rise_as_steeply_as_is_said() {
        for of_sets in [false, true] {
            let estimates = [-2.5, -0.2, 0.1, 0.6, 1.1];
            let linked = |by: f32| {
                let mut estimates = estimates.map(|estimate| estimate + by);
                link(&mut estimates, of_sets);
                estimates
            };
            let (above, below) = (linked(1e-2), linked(-1e-2));
            for (place, rise) in steepness(&estimates, of_sets).into_iter().enumerate() {
                let found = (above[place] - below[place]) / 2e-2;
                assert!((rise - found).abs() < 0.02 * found + 0.1, "{}: {rise} {found}", estimates[place]);
            }
        }
    }

    #[test]
    fn links_keep_the_order_and_are_finite() {
        let mut estimates = [-1e9, -0.4, 0.0, 0.5, 1.2, 1e9];
        link(&mut estimates, false);
        assert!(estimates.is_sorted() && estimates.iter().all(|score| score.is_finite()), "{estimates:?}");
    }
}
