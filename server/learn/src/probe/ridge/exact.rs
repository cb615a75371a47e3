//! Ridge regression of rows that are all landmarks: nothing is approximated.
//!
//! With K how alike the rows are, `M = (K + 1 1ᵀ + λ)⁻¹ = Wᵀ W`, where W is lower triangular and 1 1ᵀ the intercept's part, the rows'
//! weights are `α = M Y`, y being `e[label] − 1/classes`. What a model that had not seen the rows B of a fold says of them follows
//! without a model of its own: `Y_B − (M_BB)⁻¹ α_B`.
//!
//! What must stay true: labels touch no W, so that it serves again, whatever labels change; a row more is a row more of W, and no
//! other is touched.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Solved, hold_out, targets};
use crate::{
    Control, Matrix, Text,
    encoder::kernels::product::{Onto, View, product},
    probe::{
        cholesky::{Lower, inverse_of_square, root_of_square},
        course::Course,
        dense,
        kernel::Kernel,
    },
};

/// Rows added at once.
const BLOCK: usize = 64;
/// Rows of a product that one task works on.
const TASK: usize = 256;

#[derive(Debug)]
pub(in crate::probe) struct Exact {
    penalty: f32,
    /// Texts of the rows, in the order in which they came.
    keys: Vec<u64>,
    inverse: Triangle,
}

/// A lower triangular matrix, a row a row; its rows may be longer than they are many.
#[derive(Debug, Default)]
struct Triangle {
    order: usize,
    step: usize,
    values: Vec<f32>,
}

impl Exact {
    /// Begins with what is known already, if all rows of that are still there. `None` when cancelled, as all below.
    pub(super) fn of(course: &Course, kernel: &Kernel, penalty: f32, known: Option<&Exact>) -> Option<Exact> {
        let keys = course.labelled();
        let begun = known.filter(|known| known.penalty == penalty);
        let begun = begun.and_then(|known| Some((&known.inverse, places(&known.keys, keys)?)));
        let none = Triangle::default();
        let (known, rows) = begun.unwrap_or_else(|| (&none, (0..keys.len() as u32).collect()));
        let keys: Vec<u64> = rows.iter().map(|&row| keys[row as usize]).collect();
        let new: Vec<Text> = rows[known.order..].iter().map(|&row| course.texts[row as usize].clone()).collect();
        let likeness = kernel.likenesses(&new, course.embeddings, course.control)?;
        let landmarks = kernel.places(&keys);
        let alike = |row: usize, other: usize| likeness.row(row - known.order)[landmarks[other] as usize] + 1.0;
        let inverse = known.extended(keys.len(), penalty, alike, course.control)?;
        Some(Exact { penalty, keys, inverse })
    }

    /// Whether it is that of these texts.
    pub(super) fn serves(&self, keys: &[u64], penalty: f32) -> bool {
        self.penalty == penalty && self.keys.len() == keys.len() && places(&self.keys, keys).is_some()
    }

    pub(super) fn floats(&self) -> usize {
        self.inverse.values.len()
    }

    pub(super) fn solve(&self, course: &Course, kernel: &Kernel) -> Option<Solved> {
        let (classes, control) = (course.classes.len(), course.control);
        let rows = places(&self.keys, course.labelled())?;
        let targets = targets(course, &rows);
        let weights = self.inverse.transposed_times(&self.inverse.times(&targets, control)?, control)?;

        let judged = (0..course.folds as u32).into_par_iter().map(|fold| {
            let is_held = |row: &u32| course.fold_of[rows[*row as usize] as usize] == fold;
            let held: Vec<u32> = (0..rows.len() as u32).filter(is_held).collect();
            let mut errors = weights.of_rows(&held);
            let root = Lower::of_columns(&self.inverse.columns(&held), control)?.root(control)?;
            root.forward(&mut errors, control)?;
            root.backward(&mut errors, control)?;
            let mut judged = targets.of_rows(&held);
            dense::add(&mut judged.values, -1.0, &errors.values);
            Some((held.iter().map(|&row| rows[row as usize]).collect(), judged))
        });
        let judged: Vec<(Vec<u32>, Matrix)> = judged.collect::<Option<_>>()?;
        let scores = hold_out(course, &judged);

        let landmarks = kernel.places(&self.keys);
        let features = kernel.keys.len() + 1;
        let mut flat = Matrix { columns: features, values: vec![0.0; classes * features] };
        for (&landmark, weights) in landmarks.iter().zip(weights.values.chunks_exact(classes)) {
            for (flat, weight) in flat.values.chunks_exact_mut(features).zip(weights) {
                flat[landmark as usize] += weight;
                flat[features - 1] += weight;
            }
        }
        Some(Solved { scores, weights: flat })
    }
}

/// Where the texts of `known` are among `keys`, in their order, then where the others are. `None` if some are not there.
fn places(known: &[u64], keys: &[u64]) -> Option<Vec<u32>> {
    let mut of_key: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
    for (place, &key) in keys.iter().enumerate().rev() {
        of_key.entry(key).or_default().push(place as u32);
    }
    let mut places: Vec<u32> = known.iter().map(|key| of_key.get_mut(key)?.pop()).collect::<Option<_>>()?;
    let first = places.len();
    places.extend(of_key.into_values().flatten());
    places[first..].sort_unstable();
    Some(places)
}

impl Triangle {
    /// The inverse root with rows up to `order`, given how alike each new one is to those up to itself.
    fn extended(
        &self,
        order: usize,
        penalty: f32,
        alike: impl Fn(usize, usize) -> f32,
        control: &Control,
    ) -> Option<Triangle> {
        let mut all = Triangle { order: self.order, step: order, values: vec![0.0; order * order] };
        for (to, row) in all.values.chunks_exact_mut(order).zip(self.values.chunks_exact(self.step.max(1))) {
            to[..self.step].copy_from_slice(row);
        }
        while all.order < order {
            all.add(BLOCK.min(order - all.order), penalty, &alike, control)?;
        }
        Some(all)
    }

    fn add(&mut self, rows: usize, penalty: f32, alike: impl Fn(usize, usize) -> f32, control: &Control) -> Option<()> {
        let first = self.order;
        let above = (0..first).flat_map(|other| (first..first + rows).map(move |row| (row, other)));
        let above = Matrix { columns: rows, values: above.map(|(row, other)| alike(row, other)).collect() };
        // The rows of the root that belong to these, transposed.
        let root = self.times(&above, control)?;
        let mut square = vec![0.0; rows * rows];
        for row in 0..rows {
            (0..=row).for_each(|other| square[row * rows + other] = alike(first + row, first + other));
            square[row * rows + row] += penalty;
        }
        let known = View::new(&root.values, first, rows);
        product(&mut square, rows, known.transposed(), known, -1.0, Onto::Add);
        root_of_square(&mut square, rows);
        let inverse = inverse_of_square(&square, rows);

        let back = self.transposed_times(&root, control)?;
        let to = &mut self.values[first * self.step..];
        let (left, right) = (View::new(&inverse, rows, rows), View::new(&back.values, first, rows).transposed());
        product(to, self.step, left, right, -1.0, Onto::Replace);
        for (to, row) in to.chunks_exact_mut(self.step).zip(inverse.chunks_exact(rows)) {
            to[first..first + rows].copy_from_slice(row);
        }
        self.order += rows;
        Some(())
    }

    /// `W b`
    fn times(&self, b: &Matrix, control: &Control) -> Option<Matrix> {
        self.in_parts(b, control, |first, rows, to| {
            let left = View::strided(&self.values[first * self.step..], rows, first + rows, self.step);
            let right = View::new(&b.values, first + rows, b.columns);
            product(to, b.columns, left, right, 1.0, Onto::Replace);
        })
    }

    /// `Wᵀ b`
    fn transposed_times(&self, b: &Matrix, control: &Control) -> Option<Matrix> {
        self.in_parts(b, control, |first, rows, to| {
            let below = View::strided(&self.values[first * self.step + first..], self.order - first, rows, self.step);
            let right = View::new(&b.values[first * b.columns..], self.order - first, b.columns);
            product(to, b.columns, below.transposed(), right, 1.0, Onto::Replace);
        })
    }

    /// A product of as many rows, whose parts are made side by side.
    fn in_parts(
        &self,
        b: &Matrix,
        control: &Control,
        fill: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) -> Option<Matrix> {
        let columns = b.columns;
        let mut values = vec![0.0; self.order * columns];
        values.par_chunks_mut(TASK * columns.max(1)).enumerate().for_each(|(part, to)| {
            if !control.is_cancelled() {
                fill(part * TASK, to.len() / columns, to);
            }
        });
        (!control.is_cancelled()).then_some(Matrix { columns, values })
    }

    /// Some columns.
    fn columns(&self, which: &[u32]) -> Matrix {
        let rows = self.values.chunks_exact(self.step.max(1));
        let values = rows.flat_map(|row| which.iter().map(|&column| row[column as usize])).collect();
        Matrix { columns: which.len(), values }
    }
}
