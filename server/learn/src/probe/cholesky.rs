//! Symmetric positive matrices and their lower triangular roots (Cholesky), kept and worked on in panels of [`PANEL`] columns, so
//! that nearly all work is matrix products.
//!
//! What must stay true: a cancel is heard between two products, none of which takes more than a few milliseconds for the orders
//! that a probe has; every number is made by one thread, so that results do not depend on how many there are.

use rayon::prelude::*;

use super::dense;
use crate::{
    Control, Matrix,
    encoder::kernels::product::{Onto, View, product},
};

const PANEL: usize = 64;
/// Rows summed into a panel at once.
const ROWS: usize = 1_024;
/// Rows turned at once.
const ROWS_TURNED: usize = 128;
/// Rows of a panel that one task works on.
const TASK: usize = 256;
/// What a pivot is at least: rounding may leave less of a matrix that is hardly positive.
const LEAST: f32 = 1e-5;

/// The lower half of a symmetric matrix. A panel holds its columns' rows from the diagonal on.
#[derive(Clone, Debug)]
pub(super) struct Lower {
    order: usize,
    panels: Vec<Vec<f32>>,
}

/// `L` of `L Lᵀ`, with the inverse of each panel's square on the diagonal.
#[derive(Clone, Debug)]
pub(super) struct Root {
    lower: Lower,
    inverses: Vec<Vec<f32>>,
}

impl Lower {
    /// `x xᵀ`: the dot products of the rows.
    pub(super) fn of_rows(x: &Matrix, control: &Control) -> Option<Lower> {
        let (order, width) = (x.rows(), x.columns);
        Lower::build(order, control, |first, columns, panel| {
            let (rows, square) = (&x.values[first * width..], &x.values[first * width..][..columns * width]);
            let square = View::new(square, columns, width).transposed();
            product(panel, columns, View::new(rows, order - first, width), square, 1.0, Onto::Replace);
        })
    }

    /// `xᵀ x`: the dot products of the columns.
    pub(super) fn of_columns(x: &Matrix, control: &Control) -> Option<Lower> {
        let order = x.columns;
        Lower::build(order, control, |first, columns, panel| {
            for part in x.values.chunks(ROWS * order) {
                if control.is_cancelled() {
                    return;
                }
                let (rows, part) = (part.len() / order, &part[first..]);
                let left = View::strided(part, rows, order - first, order).transposed();
                product(panel, columns, left, View::strided(part, rows, columns, order), 1.0, Onto::Add);
            }
        })
    }

    fn build(order: usize, control: &Control, fill: impl Fn(usize, usize, &mut [f32]) + Sync) -> Option<Lower> {
        let panel = |place: usize| {
            let first = place * PANEL;
            let columns = PANEL.min(order - first);
            let mut panel = vec![0.0; (order - first) * columns];
            if !control.is_cancelled() {
                fill(first, columns, &mut panel);
            }
            (!control.is_cancelled()).then_some(panel)
        };
        let panels = (0..order.div_ceil(PANEL)).into_par_iter().map(panel).collect::<Option<_>>()?;
        Some(Lower { order, panels })
    }

    pub(super) fn map(&mut self, change: impl Fn(f32) -> f32) {
        self.panels.iter_mut().flatten().for_each(|value| *value = change(*value));
    }

    /// Adds `scale` times these rows, of which each ends at the diagonal.
    pub(super) fn add(&mut self, scale: f32, rows: &[Vec<f32>]) {
        for (panel, first) in self.panels.iter_mut().zip((0..self.order).step_by(PANEL)) {
            let columns = PANEL.min(self.order - first);
            for (to, row) in panel.chunks_exact_mut(columns).zip(&rows[first..]) {
                // In the square on the diagonal, rows are shorter than the panel; above it nothing is kept.
                to.iter_mut().zip(&row[first..]).for_each(|(to, value)| *to += scale * value);
            }
        }
    }

    pub(super) fn add_to_diagonal(&mut self, value: f32) {
        for (panel, first) in self.panels.iter_mut().zip((0..self.order).step_by(PANEL)) {
            let columns = PANEL.min(self.order - first);
            (0..columns).for_each(|place| panel[place * columns + place] += value);
        }
    }

    /// `None` when cancelled.
    pub(super) fn root(mut self, control: &Control) -> Option<Root> {
        let order = self.order;
        let mut inverses = Vec::new();
        for (place, first) in (0..order).step_by(PANEL).enumerate() {
            let columns = PANEL.min(order - first);
            let (known, panel) = self.panels.split_at_mut(place);
            let panel = &mut panel[0];
            if control.is_cancelled() {
                return None;
            }
            panel.par_chunks_mut(TASK * columns).enumerate().for_each(|(task, to)| {
                for (place, known) in known.iter().enumerate() {
                    let known = &known[(first - place * PANEL) * PANEL..];
                    let square = View::new(&known[..columns * PANEL], columns, PANEL).transposed();
                    let rows = View::new(&known[task * TASK * PANEL..], to.len() / columns, PANEL);
                    product(to, columns, rows, square, -1.0, Onto::Add);
                }
            });
            let (square, below) = panel.split_at_mut(columns * columns);
            root_of_square(square, columns);
            let inverse = inverse_of_square(square, columns);
            let known = below.to_vec();
            let known = View::new(&known, order - first - columns, columns);
            product(below, columns, known, View::new(&inverse, columns, columns).transposed(), 1.0, Onto::Replace);
            inverses.push(inverse);
        }
        Some(Root { lower: self, inverses })
    }
}

impl Root {
    pub(super) fn order(&self) -> usize {
        self.lower.order
    }

    /// Replaces b by x of `L x = b`; a row of b for each of L. `None` when cancelled.
    pub(super) fn forward(&self, b: &mut Matrix, control: &Control) -> Option<()> {
        let width = b.columns;
        for (place, first, columns) in self.places() {
            if control.is_cancelled() {
                return None;
            }
            let (panel, inverse) = (&self.lower.panels[place][columns * columns..], &self.inverses[place]);
            let (head, rest) = b.values[first * width..].split_at_mut(columns * width);
            let known = head.to_vec();
            let inverse = View::new(inverse, columns, columns);
            product(head, width, inverse, View::new(&known, columns, width), 1.0, Onto::Replace);
            let below = View::new(panel, self.order() - first - columns, columns);
            product(rest, width, below, View::new(head, columns, width), -1.0, Onto::Add);
        }
        Some(())
    }

    /// Replaces b by x of `Lᵀ x = b`.
    pub(super) fn backward(&self, b: &mut Matrix, control: &Control) -> Option<()> {
        let width = b.columns;
        for (place, first, columns) in self.places().rev() {
            if control.is_cancelled() {
                return None;
            }
            let (panel, inverse) = (&self.lower.panels[place][columns * columns..], &self.inverses[place]);
            let (head, rest) = b.values[first * width..].split_at_mut(columns * width);
            let rows = self.order() - first - columns;
            let below = View::new(panel, rows, columns).transposed();
            product(head, width, below, View::new(rest, rows, width), -1.0, Onto::Add);
            let known = head.to_vec();
            let inverse = View::new(inverse, columns, columns).transposed();
            product(head, width, inverse, View::new(&known, columns, width), 1.0, Onto::Replace);
        }
        Some(())
    }

    /// `L⁻¹ x` of each row x; parts of the rows side by side.
    pub(super) fn turn(&self, x: &Matrix, control: &Control) -> Option<Matrix> {
        let mut values = vec![0.0; x.values.len()];
        let length = ROWS_TURNED * x.columns.max(1);
        let parts = values.par_chunks_mut(length).zip(x.values.par_chunks(length));
        let done: Option<()> = parts
            .map(|(to, part)| {
                let mut turned = dense::transposed(&Matrix { columns: x.columns, values: part.to_vec() });
                self.forward(&mut turned, control)?;
                to.copy_from_slice(&dense::transposed(&turned).values);
                Some(())
            })
            .collect();
        done.map(|()| Matrix { columns: x.columns, values })
    }

    /// Panels with their first columns and how many they have.
    fn places(&self) -> impl DoubleEndedIterator<Item = (usize, usize, usize)> + use<> {
        let order = self.order();
        (0..order.div_ceil(PANEL)).map(move |place| (place, place * PANEL, PANEL.min(order - place * PANEL)))
    }
}

pub(super) fn root_of_square(a: &mut [f32], n: usize) {
    for i in 0..n {
        let (above, row) = a.split_at_mut(i * n);
        for j in 0..i {
            let other = &above[j * n..][..n];
            row[j] = (row[j] - dot(&row[..j], other)) / other[j];
        }
        row[i] = (row[i] - dot(&row[..i], &row[..i])).max(LEAST).sqrt();
        row[i + 1..n].fill(0.0);
    }
}

pub(super) fn inverse_of_square(root: &[f32], n: usize) -> Vec<f32> {
    let mut inverse = vec![0.0; n * n];
    for i in 0..n {
        let (above, row) = inverse.split_at_mut(i * n);
        let diagonal = root[i * n + i];
        for (known, other) in root[i * n..][..i].iter().zip(above.chunks_exact(n)) {
            dense::add(&mut row[..i], -known / diagonal, other);
        }
        row[i] = 1.0 / diagonal;
    }
    inverse
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    dense::dot(a, &b[..a.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn numbers(rows: usize, columns: usize) -> Matrix {
        let values = (1..=rows * columns).map(|i| (i as f32 * 0.618_034).fract() - 0.5).collect();
        Matrix { columns, values }
    }

    #[test]
    fn a_root_solves() {
        for order in [1, 3, PANEL, PANEL + 1, 3 * PANEL - 5] {
            let (control, x) = (Control::default(), numbers(order, 2 * order));
            let mut a = Lower::of_rows(&x, &control).expect("no cancel");
            a.add_to_diagonal(1.0);
            let root = a.root(&control).expect("no cancel");
            let truth = numbers(order, 5);
            // b = (x xᵀ + 1) truth
            let mut b = truth.clone();
            for i in 0..order {
                for j in 0..order {
                    let product: f32 = x.row(i).iter().zip(x.row(j)).map(|(a, b)| a * b).sum();
                    (0..5).for_each(|column| b.values[i * 5 + column] += product * truth.row(j)[column]);
                }
            }
            root.forward(&mut b, &control).expect("no cancel");
            root.backward(&mut b, &control).expect("no cancel");
            let far = b.values.iter().zip(&truth.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 1e-3, "{far} at {order}");
        }
    }

    #[test]
    fn products_of_columns_are_those_of_the_transpose() {
        let (order, rows) = (PANEL + 9, 20);
        let x = numbers(rows, order);
        let transposed = (0..order * rows).map(|i| x.row(i % rows)[i / rows]).collect();
        let transposed = Matrix { columns: rows, values: transposed };
        let control = Control::default();
        let columns = Lower::of_columns(&x, &control).expect("no cancel");
        let rows = Lower::of_rows(&transposed, &control).expect("no cancel");
        let pairs = columns.panels.iter().flatten().zip(rows.panels.iter().flatten());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-4));
    }

    #[test]
    fn a_matrix_that_is_not_positive_has_a_finite_root_and_a_cancel_is_heard() {
        let control = Control::default();
        let x = Matrix { columns: 1, values: vec![1.0; 2 * PANEL] };
        let root = Lower::of_rows(&x, &control).and_then(|a| a.root(&control)).expect("no cancel");
        assert!(root.lower.panels.iter().flatten().all(|value| value.is_finite()));
        control.cancel.cancel();
        assert!(root.forward(&mut x.clone(), &control).is_none() && root.backward(&mut x.clone(), &control).is_none());
        assert!(Lower::of_rows(&x, &control).is_none());
    }
}
